"""Records that are later than the time-stamp that covers them: the token is made here over the
manifest, or over its signature, at chosen times."""
import datetime
import hashlib
import json
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent))

from made_cases import Case, account, lines  # noqa: E402
from seal_kit import LATER, MANIFEST, SealCase, token_at  # noqa: E402
from verify_kit import EXHIBIT  # noqa: E402

RULE = "coverage.after-seal"


class AfterSeal(SealCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.authority.issue("signer")
        cls.authority.issue("tsa", "tsa")

    def setUp(self):
        super().setUp()
        c = Case("one", "2026-06-20")  # its records begin at 10:00
        for i in range(0, 3600, 60):
            c.request(i, account("shop", "api"), "get", "configmaps shop/settings")
        self.records = list(c.records())
        (self.package / "audit.log").write_text(lines(self.records))
        (self.package / MANIFEST).unlink()
        self.manifest()

    def told(self, day, hour=0, over=MANIFEST, year=2026):
        when = datetime.datetime(year, 6, day, hour, tzinfo=datetime.timezone.utc)
        data = (self.package / over).read_bytes()
        (self.package / (over + ".tsr")).write_bytes(
            token_at(self.pki, "tsa", hashlib.sha256(data).digest(), when))
        out = self.folder / "out"
        subprocess.run([EXHIBIT, "analyze", "--quiet", self.package, "-o", out, *self.trust,
                        "--at", LATER], check=False, capture_output=True)
        found = json.loads((out / "findings.json").read_text())["findings"]
        return [f for f in found if f["rule"] == RULE]

    def test_a_token_of_days_before(self):
        told = self.told(18)
        self.assertEqual([(f["subject"], f["severity"]) for f in told], [("audit.log", "high")])
        self.assertEqual(told[0]["arguments"]["time-stamp"], "2026-06-18T00:00:00Z")
        self.assertEqual(told[0]["arguments"]["the time-stamp is"], "verified")
        text = (self.package / "audit.log").read_bytes()
        last = told[0]["spans"][0]
        record = json.loads(text[last["offset"]:last["offset"] + last["length"]])
        self.assertEqual(record["auditID"], self.records[-1]["auditID"])

    def test_over_the_signature(self):
        self.cms("signer")
        self.assertEqual(len(self.told(18, over=MANIFEST + ".p7s")), 1)

    def test_within_what_zones_and_clocks_may_differ_by_and_afterwards(self):
        self.assertEqual(self.told(19, 20), [])
        self.assertEqual(self.told(21), [])

    def test_times_at_both_ends_of_what_is_held(self):
        """A record of 1677, and one of 2262 with a token of 1700."""
        for time, year, told in (("1677-09-21T01:00:00Z", 2026, 0), ("2262-04-10T00:00:00Z", 1700, 1)):
            for record in self.records:
                record["requestReceivedTimestamp"] = record["stageTimestamp"] = time
            (self.package / "audit.log").write_text(lines(self.records))
            (self.package / MANIFEST).unlink()
            (self.package / (MANIFEST + ".tsr")).unlink(missing_ok=True)
            self.manifest()
            self.assertEqual(len(self.told(18, year=year)), told, time)

    def test_what_the_manifest_does_not_list(self):
        (self.package / MANIFEST).write_text("".join(
            line for line in (self.package / MANIFEST).read_text().splitlines(True)
            if "audit.log" not in line))
        self.assertEqual(self.told(18), [])


if __name__ == "__main__":
    unittest.main()
