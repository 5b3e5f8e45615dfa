"""The record of a verification: --seal, its certificate, and the chain of --custody."""

import json
import subprocess
import unittest

from verify_kit import AT, EXHIBIT, INVENTORY, PKI, VerifyCase, run, sha256


class Record(VerifyCase):
    def run_verify(self, *arguments, package=INVENTORY):
        return subprocess.run([EXHIBIT, "verify", "--at", AT, *map(str, arguments),
                               str(package)], capture_output=True, check=False)

    def log(self, *arguments, **more):
        return self.run_verify("--custody", self.folder / "log.jsonl", "--examiner",
                               "J. Doe", *arguments, **more)

    def test_seal_is_verified_by_openssl(self):
        out = self.folder / "out"
        done = self.run_verify("--trust", PKI / "ca.pem", "--seal", PKI / "custodian.key",
                               PKI / "custodian.pem", "-o", out)
        self.assertEqual(done.returncode, 0, done.stderr)
        for name in ("verdict.json", "certificate.txt", "certificate.html"):
            run("openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in",
                out / f"{name}.p7s", "-content", out / name, "-CAfile", PKI / "ca.pem",
                "-attime", "1796000000")
        verdict = json.loads((out / "verdict.json").read_text())
        self.assertEqual(verdict["verdict"], "verified")
        text = (out / "certificate.txt").read_text()
        self.assertIn(verdict["package"]["listing_sha256"], text)
        self.assertIn(sha256((INVENTORY / "audit.log").read_bytes()), text)
        self.assertIn(run("sha256sum", EXHIBIT).split()[0].decode(), text)
        self.assertIn("Signature:", text)

    def test_seal_mistakes(self):
        out = self.folder / "out"
        for arguments in (("--seal", PKI / "custodian.key", PKI / "other.pem", "-o", out),
                          ("--seal", PKI / "ca.pem", PKI / "custodian.pem", "-o", out),
                          ("--seal", PKI / "custodian.key", PKI / "custodian.pem")):
            with self.subTest(arguments):
                self.assertEqual(self.run_verify(*arguments).returncode, 2)

    def test_nothing_is_written_into_the_package(self):
        self.inventory()
        for arguments in (("--custody", self.package / "log.jsonl"),
                          ("--seal", PKI / "custodian.key", PKI / "custodian.pem", "-o",
                           self.package / "out")):
            self.assertEqual(self.run_verify(*arguments, package=self.package).returncode, 2)
        self.assertEqual(sorted(p.name for p in self.package.iterdir()),
                         sorted(p.name for p in INVENTORY.iterdir()))

    def entries(self, n):
        for _ in range(n):
            self.assertEqual(self.log().returncode, 0)
        return self.folder / "log.jsonl"

    def test_entries_are_chained(self):
        lines = self.entries(3).read_text().splitlines()
        self.assertEqual(len(lines), 3)
        self.assertIsNone(json.loads(lines[0])["previous"])
        for before, line in zip(lines, lines[1:]):
            self.assertEqual(json.loads(line)["previous"], sha256(before.encode()))
        entry = json.loads(lines[2])
        self.assertEqual((entry["sequence"], entry["who"], entry["verdict"]),
                         (3, "J. Doe", "unsealed"))
        self.assertEqual(entry["tool"]["sha256"],
                         run("sha256sum", EXHIBIT).split()[0].decode())

    def damage(self, change):
        path = self.entries(4)
        lines = path.read_text().splitlines(True)
        path.write_text("".join(change(lines)))
        return path

    CHANGES = {
        "edit": lambda l: [l[0], l[1].replace("J. Doe", "M. Roe"), l[2], l[3]],
        "last edited": lambda l: [*l[:3], l[3].replace("J. Doe", "M. Roe")],
        "removed": lambda l: [l[0], l[2], l[3]],
        "first removed": lambda l: l[1:],
        "swapped": lambda l: [l[0], l[2], l[1], l[3]],
        "truncated": lambda l: l[:3],
        "cut": lambda l: [*l[:3], l[3][:40]],
        "emptied": lambda l: [],
        "repeated": lambda l: [*l, l[3]],
        "garbage": lambda l: [*l, "{}\n"],
    }

    def test_damage_is_found_before_anything_is_appended(self):
        for name, change in self.CHANGES.items():
            with self.subTest(name):
                path = self.damage(change)
                before = path.read_bytes()
                self.assertEqual(self.log().returncode, 2)
                self.assertEqual(path.read_bytes(), before)
                path.unlink()
                (self.folder / "log.jsonl.head").unlink()

    def test_log_in_a_package(self):
        self.files()
        self.manifest()
        for name, change in (("whole", lambda l: l), *self.CHANGES.items()):
            with self.subTest(name):
                path = self.damage(change)
                for source in (path, self.folder / "log.jsonl.head"):
                    (self.package / source.name).write_bytes(source.read_bytes())
                path.unlink()
                (self.folder / "log.jsonl.head").unlink()
                document = self.assert_verdict("unsealed" if name == "whole" else "failed")
                self.assertEqual(document["custody"][0]["verdict"],
                                 "verified" if name == "whole" else "failed")

    def test_log_that_went_through_powershell(self):
        """Get-Content log | Set-Content log: CR LF, in UTF-16 or with a byte order mark."""
        self.files()
        self.manifest()
        log, head = self.entries(3), self.folder / "log.jsonl.head"
        for encoding in ("utf-8-sig", "utf-16"):
            for changed, verdict in (("", "unsealed"), ("J. Doe", "failed")):
                with self.subTest(encoding, changed=changed):
                    for path in (log, head):
                        text = path.read_text().replace(changed or "\0", "M. Roe", 1)
                        (self.package / path.name).write_bytes(
                            text.replace("\n", "\r\n").encode(encoding))
                    (got,) = self.assert_verdict(verdict)["custody"]
                    self.assertEqual((got["verdict"], got["entries"]),
                                     ("failed", 1) if changed else ("verified", 3))
        # Ours is not written on by half: what has a mark was written anew by another.
        log.write_bytes(b"\xef\xbb\xbf" + log.read_bytes())
        before = log.read_bytes()
        done = self.log()
        self.assertEqual((done.returncode, log.read_bytes()), (2, before))
        self.assertIn(b"byte order mark", done.stderr)

    def test_log_of_any_name_and_what_only_has_the_name_of_a_head(self):
        self.files()
        self.manifest()
        log = self.entries(2)
        (self.package / "chain.txt").write_bytes(log.read_bytes())
        (self.package / "chain.txt.head").write_bytes(
            (self.folder / "log.jsonl.head").read_bytes())
        document = self.assert_verdict("unsealed")
        self.assertEqual([c["verdict"] for c in document["custody"]], ["verified"])
        # No place to hide a file that no manifest lists.
        (self.package / "x.jsonl.head").write_text("payload")
        self.assert_verdict("incomplete")

    def test_log_without_its_head(self):
        self.files()
        self.manifest()
        lines = self.entries(3).read_text().splitlines(True)
        (self.package / "log.jsonl").write_text("".join(lines[:2]))
        document = self.assert_verdict("unsealed")
        self.assertIn("cut off", document["custody"][0]["why"])
        self.assertIn("integrity.custody-open", {f["id"] for f in document["findings"]})


if __name__ == "__main__":
    unittest.main()
