"""Answers as the AWS CLI prints them for people. What stands in corpus/samples/aws-printed
was printed by its releases 1.45.11 and 2.9.19 for one object of 900 bytes; each form must
say what the same release said as JSON, and its checksums are computed here by python."""

import base64
import hashlib
import shutil
import unittest
import zlib

from verify_kit import ROOT, VerifyCase

PRINTED = ROOT / "corpus/samples/aws-printed"
RELEASES = ("1.45.11", "2.9.19")
DATA = b"evidence\n" * 100
NAMED = ("object", "version", "provider", "mode", "retain_until", "legal_hold", "over", "verdict")


class Printed(VerifyCase):
    def judge(self, text, name, *arguments, data=DATA, verdict="unsealed"):
        shutil.rmtree(self.package, ignore_errors=True)
        self.files({"b.bin": data})
        self.manifest()
        (self.package / name).write_text(text, newline="")
        return self.assert_verdict(verdict, *arguments)["retention"]

    def sample(self, release, answer, form):
        with open(PRINTED / release / f"{answer}.{form}", newline="", encoding="utf-8") as f:
            return f.read()

    def forms(self, answer):
        for release in RELEASES:
            for form in ("json", "text", "table", "yaml"):
                if (PRINTED / release / f"{answer}.{form}").exists():
                    with self.subTest(f"{release} {form}"):
                        yield release, form, self.sample(release, answer, form)

    def test_head_object(self):
        for _, _, text in self.forms("head-object"):
            got = self.judge(text, "b.bin.head.txt", "--retain-until", "2033-01-01")
            self.assertEqual(len(got), 1)
            self.assertEqual([got[0][k] for k in NAMED[1:]],
                             ["3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY", "s3", "compliance",
                              "2033-01-01T00:00:00Z", True, "b.bin", "asserted"])
            self.assertIn("agree with the bytes", got[0]["why"])

    def test_head_object_of_other_bytes(self):
        for _, _, text in self.forms("head-object"):
            got = self.judge(text, "b.bin.head.txt", data=DATA[::-1], verdict="failed")
            self.assertIn("differs", got[0]["why"])

    def test_head_object_without_a_lock(self):
        for _, _, text in self.forms("head-object-plain"):
            got = self.judge(text, "b.bin.head.txt", "--retain-until", "2030-01-01",
                             verdict="failed")
            self.assertEqual(got[0]["mode"], "none")

    def test_retention_and_hold(self):
        for _, _, text in self.forms("get-object-retention"):
            got = self.judge(text, "b.bin.retention.txt")[0]
            self.assertEqual((got["mode"], got["retain_until"], got["verdict"]),
                             ("compliance", "2033-01-01T00:00:00Z", "asserted"))
        for _, _, text in self.forms("get-object-legal-hold"):
            got = self.judge(text, "b.bin.hold.txt")[0]
            self.assertEqual((got["legal_hold"], got["verdict"]), (True, "asserted"))

    def test_default_of_the_bucket(self):
        for answer in ("get-object-lock-configuration", "get-object-lock-configuration-years"):
            for _, _, text in self.forms(answer):
                got = self.judge(text, "bucket.txt", "--retain-until", "2030-01-01",
                                 verdict="failed")
                self.assertEqual(got[0]["mode"], "governance")
                self.assertIn("default", got[0]["why"])

    def test_attributes_with_the_checksums_of_parts(self):
        for _, _, text in self.forms("get-object-attributes"):
            got = self.judge(text, "b.bin.attributes.txt")[0]
            self.assertEqual(got["version"], "v9")
            self.assertIn("3 checksums of it agree", got["why"])
        for _, _, text in self.forms("get-object-attributes"):
            part = base64.b64encode(hashlib.sha256(DATA[500:]).digest()).decode()
            other = base64.b64encode(hashlib.sha256(b"").digest()).decode()
            self.assertIn(part, text)
            got = self.judge(text.replace(part, other), "b.bin.attributes.txt", verdict="failed")
            self.assertIn("differs", got[0]["why"])

    def test_versions(self):
        for _, _, text in self.forms("list-object-versions"):
            got = self.judge(text, "versions.txt")
            self.assertEqual(
                sorted((g["object"].rsplit("/", 1)[1], g["version"]) for g in got),
                [("a b.bin", "v2"), ("b.bin", "v1"), ("b.bin", "v3")])
            marker = next(g for g in got if g["version"] == "v3")
            self.assertIn("delete marker hides", marker["why"])

    def test_several_answers_in_one_file(self):
        for release in RELEASES:
            for form in ("text", "table"):
                with self.subTest(f"{release} {form}"):
                    text = "".join(self.sample(release, a, form) for a in (
                        "head-object-plain", "get-object-retention", "get-object-legal-hold",
                        "get-object-lock-configuration"))
                    got = self.judge(text, "b.bin.answers.txt", "--retain-until", "2033-01-01")
                    self.assertEqual([(g["mode"], g["legal_hold"]) for g in got],
                                     [("compliance", True)])

    def test_lines_of_windows(self):
        for release in RELEASES:
            for form in ("text", "table"):
                text = self.sample(release, "head-object", form).replace("\n", "\r\n")
                got = self.judge(text, "b.bin.head.txt", "--retain-until", "2033-01-01")
                self.assertEqual(got[0]["verdict"], "asserted")

    def test_a_checksum_that_two_columns_could_be_is_not_taken_for_either(self):
        etag = hashlib.md5(DATA).hexdigest()
        crc32 = base64.b64encode(zlib.crc32(DATA).to_bytes(4, "big")).decode()
        for value in (crc32, "AAAAAA=="):
            line = "\t".join(("bytes", value, "900", "text/plain", f'"{etag}"',
                              "2026-11-23T10:02:11+00:00", "v1"))
            got = self.judge(line + "\n", "b.bin.head.txt")
            self.assertIn("1 checksum of it agrees", got[0]["why"])
        both = "\t".join(("bytes", crc32, "AAAAAA==", "900", "text/plain", f'"{etag}"',
                          "2026-11-23T10:02:11+00:00", "v1"))
        got = self.judge(both + "\n", "b.bin.head.txt", verdict="failed")
        self.assertIn("crc32c differs", got[0]["why"])

    def test_headers_of_the_owner_do_not_move_the_columns(self):
        etag = hashlib.md5(DATA).hexdigest()
        line = "\t".join((
            "bytes", "max-age=3600", "attachment; filename=x", "gzip", "de", "900", "text/plain",
            f'"{etag}"', "2026-11-23T10:02:11+00:00", "OFF", "GOVERNANCE",
            "2033-01-01T00:00:00+00:00", "AES256", "v7"))
        got = self.judge(line + "\nMETADATA\tCOMPLIANCE\tON\n", "b.bin.head.txt")[0]
        self.assertEqual((got["mode"], got["legal_hold"], got["version"]),
                         ("governance", False, "v7"))

    def test_other_lines_between_tabs_are_none(self):
        for text in ("a\tb\tc\n", "RETENTION\tFOREVER\t2033-01-01\n", "bytes\t900\n",
                     "OWNER\tme\n", "None\n", "---\n| Title |\n"):
            self.assertEqual(self.judge(text, "b.bin.txt", verdict="incomplete"), [])

    def test_a_line_that_fits_nothing_is_told(self):
        text = self.sample("2.9.19", "head-object", "text") + "RETENTION\tFOREVER\t2033-01-01\n"
        self.judge(text, "b.bin.head.txt", verdict="incomplete")


if __name__ == "__main__":
    unittest.main()
