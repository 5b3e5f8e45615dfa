"""Policy files: what is demanded, and what is refused."""

import json
import subprocess
import unittest

from verify_kit import EXHIBIT, INVENTORY, PKI, VerifyCase

TRUST = ("--trust", PKI / "ca.pem")
CUSTODIAN = "CN=Evidence Custodian,O=Lab Evidence"


class Policy(VerifyCase):
    def judge(self, verdict, policy, words="", arguments=TRUST):
        if not self.package.exists():
            self.inventory()
        path = self.folder / "policy.json"
        path.write_text(json.dumps(dict(policy, schema="exhibit.policy/1")))
        document = self.assert_verdict(verdict, *arguments, "--policy", path)
        self.assertIn(words, " ".join(document["reasons"]))
        return document

    def test_signers(self):
        self.judge("verified", {"signers": [CUSTODIAN]})
        self.judge("failed", {"signers": ["CN=Somebody Else"]}, "does not name this signer")

    def test_signer_by_fingerprint(self):
        fingerprint = subprocess.run(
            ["openssl", "x509", "-in", PKI / "custodian.pem", "-noout", "-fingerprint",
             "-sha256"], capture_output=True, check=True).stdout.decode()
        digest = fingerprint.split("=")[1].strip().replace(":", "").lower()
        self.judge("verified", {"signers": [digest]})

    def test_authorities_and_their_policies(self):
        self.judge("verified", {"authorities": ["CN=Lab TSA,O=Lab Evidence"],
                                "timestamp_policies": ["1.2.3.4.1"]})
        self.judge("failed", {"authorities": ["CN=Other TSA"]}, "authority")
        self.judge("failed", {"timestamp_policies": ["1.2.3.4.2"]}, "rules under which")

    def test_usages(self):
        self.judge("failed", {"signer_usages": ["1.3.6.1.5.5.7.3.36"]}, "extended key usage")
        self.inventory_sealed_by_other()
        self.judge("verified", {"signer_usages": ["1.3.6.1.5.5.7.3.3"]})

    def inventory_sealed_by_other(self):
        self.sign(self.package / "manifest.sha256", "other")

    def test_algorithms(self):
        self.judge("verified", {"algorithms": ["sha256"]})
        self.judge("incomplete", {"algorithms": ["sha512"]}, "weak digest only")

    def test_artefacts(self):
        self.judge("verified", {"artefacts": {"criu-checkpoint": "required"}})
        (self.package / "timeline.md").unlink()
        document = self.judge("incomplete", {"artefacts": {"written-timeline": "optional"}})
        self.assertNotIn("no written-timeline", " ".join(document["reasons"]))
        self.judge("incomplete", {}, "no written-timeline")

    def test_artefacts_of_any_package_when_asked(self):
        self.files()
        self.manifest()
        self.judge("incomplete", {"artefacts": {"audit-log": "required"}}, "no audit-log",
                   arguments=())

    def test_required_seals(self):
        self.judge("verified", {"require": ["signature", "timestamp", "retention"]})
        (self.package / "manifest.sha256.p7s").unlink()
        self.judge("incomplete", {"require": ["signature"]}, "no accepted signature")
        self.judge("verified", {"require": ["timestamp"]})

    def test_retention(self):
        self.judge("verified", {"retention": {"until": "2033-01-01", "governance": False,
                                              "legal_hold": True}})
        self.judge("failed", {"retention": {"until": "2034-01-01"}}, "is demanded")
        self.judge("verified", {"retention": {"days": 2000}})
        self.judge("failed", {"retention": {"days": 4000}}, "is demanded")

    def test_expired_certificate_with_a_time_stamp_over_the_content(self):
        """Not enough by default; a policy may let it count."""
        self.inventory()
        late = "2040-01-01"
        document = self.assert_verdict("failed", *TRUST, at=late)
        self.assertIn("no time-stamp over the signature", " ".join(document["reasons"]))
        path = self.folder / "policy.json"
        path.write_text('{"content_timestamp_dates_signature": true}')
        document = self.assert_verdict("failed", *TRUST, "--policy", path, at=late)
        self.assertEqual([r for r in document["reasons"] if "signature" in r], [])

    def test_mistakes_are_refused(self):
        path = self.folder / "policy.json"
        for text, words in (("[]", b"expected an object"), ("{", b"line 1"),
                            ('{"signer": []}', b"not a member"),
                            ('{"schema": "x/2"}', b"exhibit.policy/1"),
                            ('{"algorithms": ["md5"]}', b"cannot carry"),
                            ('{"artefacts": {"pods": "required"}}', b"not a role"),
                            ('{"artefacts": {"audit-log": "yes"}}', b"required"),
                            ('{"require": ["luck"]}', b"signature"),
                            ('{"retention": {"days": -1}}', b"number of days"),
                            ('{"retention": {"days": "7"}}', b"number of days"),
                            ('{"retention": {"until": "soon"}}', b"a date or time"),
                            ('{"retention": {"governance": "no"}}', b"true or false"),
                            ('{"retention": {"legal_hold": 1}}', b"true or false"),
                            ('{"signers": [""]}', b"not empty"),
                            ('{"signer_usages": ["codeSigning"]}', b"dotted"),
                            ('{"timestamp_policies": ["1..2"]}', b"dotted"),
                            ('{"signers": [], "signers": []}', b"duplicate")):
            with self.subTest(text):
                path.write_text(text)
                done = subprocess.run([EXHIBIT, "verify", "--policy", path, INVENTORY],
                                      capture_output=True, check=False)
                self.assertEqual(done.returncode, 2)
                self.assertIn(words, done.stderr)

    def test_policies_as_windows_writes_them(self):
        """PowerShell's > is UTF-16, its Out-File -Encoding utf8 has a mark."""
        self.inventory()
        path = self.folder / "policy.json"
        text = '{"retention": {"until": "2100-01-01"}}\r\n'
        for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-be"):
            with self.subTest(encoding):
                mark = "\ufeff" if encoding == "utf-16-be" else ""
                path.write_bytes((mark + text).encode(encoding))
                document = self.assert_verdict("failed", *TRUST, "--policy", path)
                self.assertIn("2100-01-01", " ".join(document["reasons"]))
        path.write_bytes(text.encode("utf-16") + b"\x00")
        done = subprocess.run([EXHIBIT, "verify", "--policy", path, INVENTORY],
                              capture_output=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"not valid in its encoding", done.stderr)

    def test_policy_that_cannot_be_opened(self):
        done = subprocess.run([EXHIBIT, "verify", "--policy", self.folder / "none", INVENTORY],
                              capture_output=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"No such file or directory", done.stderr)
        self.assertNotIn(b"line", done.stderr)


if __name__ == "__main__":
    unittest.main()
