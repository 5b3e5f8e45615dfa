"""`exhibit verify` on the reference package and on what an intruder could make of it."""

import json
import os
import resource
import shutil
import subprocess
import unittest

from verify_kit import EXHIBIT, INVENTORY, PKI, VerifyCase, run, sha256, verify

TRUST = ("--trust", PKI / "ca.pem")
MANIFEST = "manifest.sha256"
STORED = "lab-evidence/case-inventory/" + MANIFEST
EVIDENCE = sorted(line.split("  ", 1)[1]
                  for line in (INVENTORY / MANIFEST).read_text().splitlines())


class Reference(VerifyCase):
    def test_verified_with_trust(self):
        self.inventory()
        document = self.assert_verdict("verified", *TRUST)
        self.assertEqual(self.findings(document), set())
        self.assertEqual(document["signatures"][0]["signer"],
                         "CN=Evidence Custodian,O=Lab Evidence")
        self.assertEqual(document["timestamps"][0]["time"], "2026-11-23T09:48:54Z")
        self.assertEqual(document["timestamps"][0]["policy"], "1.2.3.4.1")
        self.assertEqual(document["retention"][0]["verdict"], "asserted")

    def test_unsealed_without_trust(self):
        self.inventory()
        document = self.assert_verdict("unsealed")
        self.assertEqual({s["verdict"] for s in document["signatures"]}, {"not examined"})

    def test_listing_digest_is_that_of_find_sort_sha256sum(self):
        self.inventory()
        listing = run("bash", "-c", "find . -type f -printf '%P\\0' | LC_ALL=C sort -z | "
                      "xargs -0 sha256sum | sha256sum", cwd=self.package)
        document = self.assert_verdict("verified", *TRUST)
        self.assertEqual(document["package"]["listing_sha256"], listing.split()[0].decode())

    def test_archives_give_the_same_verdict(self):
        self.inventory()
        listing = self.assert_verdict("verified", *TRUST)["package"]["listing_sha256"]
        for name, command in (
                ("p.tar", ("tar", "-cf", "p.tar", "package")),
                ("p.tar.gz", ("tar", "-czf", "p.tar.gz", "package")),
                ("p.tar.zst", ("tar", "--zstd", "-cf", "p.tar.zst", "package")),
                ("p.zip", ("zip", "-qr", "p.zip", "package"))):
            with self.subTest(name):
                run(*command, cwd=self.folder)
                code, document = verify(*TRUST, self.folder / name)
                self.assertEqual((code, document["verdict"]), (0, "verified"))
                self.assertEqual(document["package"]["listing_sha256"], listing)

    def test_several_packages_worst_status(self):
        self.inventory()
        (self.package / "audit.log").write_bytes(b"")
        done = subprocess.run([EXHIBIT, "verify", *map(str, TRUST), str(INVENTORY),
                               str(self.package)], stdout=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"inventory: verified", done.stdout)
        self.assertIn(b"package: failed", done.stdout)

    def many_files(self, soft, hard, threads):
        """`verify` of 2,000 files by a process that may have so many descriptors."""
        self.files({f"{i:04}": b"%d\n" % i for i in range(2000)} |
                   {f"large-{i:02}": b"%d\n" % i * 40000 for i in range(99)})
        self.manifest()
        return subprocess.run(
            [EXHIBIT, "verify", "--json", "--threads", str(threads), self.package],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, preexec_fn=lambda:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard)))

    def test_many_readers_with_the_usual_limit_on_descriptors(self):
        done = self.many_files(64, 4096, 48)
        self.assertEqual(json.loads(done.stdout)["verdict"], "unsealed")

    def test_no_descriptor_left_is_our_failure_and_not_the_evidences(self):
        done = self.many_files(6, 6, 1)
        self.assertEqual((done.returncode, done.stdout), (3, b""))
        self.assertIn(b"Too many open files", done.stderr)

    def test_same_output_whatever_threads_locale_zone(self):
        outputs = set()
        for threads, zone, locale in (("1", "UTC", "C"), ("8", "Asia/Tokyo", "de_DE.UTF-8")):
            environment = dict(os.environ, TZ=zone, LC_ALL=locale,
                               SOURCE_DATE_EPOCH="1795478400")
            outputs.add(subprocess.run(
                [EXHIBIT, "verify", "--json", "--threads", threads, *map(str, TRUST),
                 str(INVENTORY)], env=environment, stdout=subprocess.PIPE, check=True).stdout)
        self.assertEqual(len(outputs), 1)

    def test_claims_cite_the_manifest_line(self):
        self.inventory()
        document = self.assert_verdict("verified", *TRUST)
        manifest = (INVENTORY / MANIFEST).read_bytes()
        for name in EVIDENCE:
            claim = self.item(document, name)["claims"][0]
            line = manifest[claim["offset"]:claim["offset"] + claim["length"]].decode()
            self.assertEqual(line, f"{claim['digest']}  {name}")
            self.assertEqual(manifest[:claim["offset"]].count(b"\n") + 1, claim["line"])


class Tampered(VerifyCase):
    """Each is told with what and why, and nothing else is blamed."""

    def check(self, expected, verdict, *arguments):
        document = self.assert_verdict(verdict, *TRUST, *arguments)
        self.assertEqual(self.findings(document), expected)
        return document

    def test_one_byte_changed_in_each_file(self):
        for name in EVIDENCE:
            with self.subTest(name):
                shutil.rmtree(self.package, ignore_errors=True)
                path = self.inventory() / name
                data = bytearray(path.read_bytes())
                data[len(data) // 2] ^= 1
                path.write_bytes(data)
                document = self.assert_verdict("failed", *TRUST)
                mismatches = {f["subject"] for f in document["findings"]
                              if f["id"] == "integrity.mismatch"}
                self.assertEqual(mismatches, {name})
                self.assertEqual(self.item(document, name)["verdict"], "mismatch")
                good = [i["path"] for i in document["items"]
                        if i["verdict"] == "verified" and "//" not in i["path"]]
                self.assertEqual(len(good), len(EVIDENCE) - 1 + 1)  # and the manifest

    def test_file_removed(self):
        (self.inventory() / "describe.txt").unlink()
        document = self.check({("integrity.missing", "describe.txt")}, "incomplete")
        self.assertEqual(self.item(document, "describe.txt")["verdict"], "missing")

    def test_file_added(self):
        (self.inventory() / "notes.txt").write_bytes(b"nothing to see\n")
        self.check({("integrity.unlisted", "notes.txt")}, "incomplete")

    def test_link_added(self):
        (self.inventory() / "link.txt").symlink_to("audit.log")
        self.assertIn(("integrity.unlisted", "link.txt"),
                      self.findings(self.assert_verdict("incomplete", *TRUST)))

    def test_two_files_swapped(self):
        self.inventory()
        a, b = self.package / "describe.txt", self.package / "timeline.md"
        first, second = a.read_bytes(), b.read_bytes()
        a.write_bytes(second)
        b.write_bytes(first)
        self.check({("integrity.mismatch", "describe.txt"),
                    ("integrity.mismatch", "timeline.md")}, "failed")

    def test_file_renamed(self):
        self.inventory()
        (self.package / "rbac.json").rename(self.package / "roles.json")
        document = self.check({("integrity.missing", "rbac.json"),
                               ("integrity.unlisted", "roles.json")}, "incomplete")
        missing = next(f for f in document["findings"] if f["id"] == "integrity.missing")
        self.assertEqual(missing["arguments"]["same_content_as"], "roles.json")

    def test_manifest_line_removed(self):
        manifest = self.inventory() / MANIFEST
        lines = manifest.read_bytes().splitlines(True)
        manifest.write_bytes(b"".join(lines[1:]))
        self.check({("integrity.unlisted", "api-0.log"),
                    ("integrity.signature-failed", MANIFEST + ".p7s"),
                    ("integrity.timestamp-failed", MANIFEST + ".tsr"),
                    ("integrity.stored-differs", STORED)}, "failed")

    def test_signature_by_another_key_of_the_same_authority(self):
        self.inventory()
        self.sign(self.package / MANIFEST, "other")
        document = self.check({("integrity.signature-untrusted", MANIFEST + ".p7s")},
                              "failed")
        self.assertIn("Not The Custodian", document["signatures"][0]["signer"])
        self.assertIn("extended key usage", document["signatures"][0]["why"])

    def test_signature_over_other_bytes(self):
        self.inventory()
        self.sign(self.package / "audit.log", out=self.package / (MANIFEST + ".p7s"))
        self.check({("integrity.signature-failed", MANIFEST + ".p7s")}, "failed")

    def test_token_over_other_bytes(self):
        self.inventory()
        self.stamp(self.package / "audit.log", out=self.package / (MANIFEST + ".tsr"))
        document = self.check({("integrity.timestamp-failed", MANIFEST + ".tsr")}, "failed")
        self.assertEqual(document["timestamps"][0]["why"], "it was made over other bytes")

    def test_retain_until_in_the_past(self):
        path = self.inventory() / "retention.json"
        path.write_text(path.read_text().replace("2033-11-23", "2026-11-01"))
        self.check({("integrity.lock-short", STORED)}, "failed")

    def test_retention_shorter_than_demanded(self):
        self.inventory()
        self.check(set(), "verified", "--retain-until", "2033-11-23")
        self.check({("integrity.lock-short", STORED)}, "failed", "--retain-until",
                   "2033-11-24")

    def test_demanded_lock_without_any_document(self):
        (self.inventory() / "retention.json").unlink()
        self.assert_verdict("verified", *TRUST)
        self.check(set(), "incomplete", "--retain-until", "2030-01-01")

    def test_no_seal_at_all(self):
        self.inventory()
        for suffix in (".p7s", ".tsr"):
            (self.package / (MANIFEST + suffix)).unlink()
        self.check(set(), "incomplete")
        self.assert_verdict("unsealed")

    def test_time_stamp_alone_is_a_seal(self):
        (self.inventory() / (MANIFEST + ".p7s")).unlink()
        self.check(set(), "verified")

    def test_another_authority_is_not_trusted(self):
        self.inventory()
        key, certificate = self.folder / "k.pem", self.folder / "c.pem"
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", certificate,
            "-subj", "/CN=Lab Root CA/O=Lab Evidence", "-days", "30")
        document = self.assert_verdict("failed", "--trust", certificate)
        self.assertEqual({s["verdict"] for s in document["signatures"]}, {"untrusted"})

    def test_manifest_of_an_added_file_without_seal(self):
        """An intruder's own manifest lists his file; only the sealed one counts."""
        self.inventory()
        (self.package / "notes.txt").write_bytes(b"planted\n")
        (self.package / "more.sha256").write_text(f"{sha256(b'planted' + bytes([10]))}"
                                                  "  notes.txt\n")
        document = self.check(set(), "incomplete")
        self.assertIn("no seal covers", " ".join(document["reasons"]))

    def test_everything_altered_without_trust_still_fails(self):
        (self.inventory() / "audit.log").write_bytes(b"{}\n")
        document = self.assert_verdict("failed")
        self.assertIn(("integrity.mismatch", "audit.log"), self.findings(document))


class Usage(VerifyCase):
    def run_verify(self, *arguments):
        return subprocess.run([EXHIBIT, "verify", *map(str, arguments)],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)

    def test_help_has_examples(self):
        done = self.run_verify("--help")
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"examples:", done.stdout)

    def test_wrong_use_is_2_and_says_why(self):
        for arguments, words in (
                ((), b"needs a PACKAGE"),
                (("/nonexistent/package",), b"No such file"),
                (("--trust", "/nonexistent.pem", INVENTORY), b"No such file"),
                (("--trust", INVENTORY / "audit.log", INVENTORY), b"no X.509 certificate"),
                (("--crl", PKI / "ca.pem", INVENTORY), b"no certificate revocation list"),
                (("--retain-until", "tomorrow", INVENTORY), b"expected a date"),
                (("--at", "noon", INVENTORY), b"expected a date"),
                (("--frobnicate", INVENTORY), b"--help")):
            with self.subTest(arguments):
                done = self.run_verify(*arguments)
                self.assertEqual(done.returncode, 2)
                self.assertIn(words, done.stderr)
                self.assertEqual(done.stdout, b"")


if __name__ == "__main__":
    unittest.main()
