"""Packages altered by somebody who knows how they are verified: what he took away or put
in must show, whatever it looks like. The truth is known because each package was first
sealed and then altered here."""

import datetime
import hashlib
import json
import struct
import sys
import unittest
import zipfile
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from seal_kit import LATER, MANIFEST, SealCase, in_days, token_at  # noqa: E402
from verify_kit import PKI, VerifyCase, run, sha256, verify  # noqa: E402

TRUST = ("--trust", PKI / "ca.pem")


class Sealed(VerifyCase):
    def sealed(self, content=None, manifest="manifest.sha256"):
        self.files(content)
        for old in self.package.glob(manifest + "*"):
            old.unlink()
        self.sign(self.manifest(manifest))
        self.assert_verdict("verified", *TRUST)
        return self.package

    def missing(self, document):
        return {f["subject"] for f in document["findings"] if f["id"] == "integrity.missing"}


class Twins(Sealed):
    """A file that is gone had the same content as one that is still there."""

    def test_that_differs_in_letter_case(self):
        self.sealed({"Log.txt": b"same\n", "log.txt": b"same\n"})
        (self.package / "Log.txt").unlink()
        document = self.assert_verdict("incomplete", *TRUST)
        self.assertEqual(self.missing(document), {"Log.txt"})
        self.assertEqual(self.item(document, "log.txt")["verdict"], "verified")
        self.assertNotIn("integrity.confusable-names",
                         {f["id"] for f in document["findings"]})

    def test_that_differs_in_unicode_form(self):
        self.sealed({"\u00e9.txt": b"", "e\u0301.txt": b""})
        (self.package / "e\u0301.txt").unlink()
        self.assertEqual(self.missing(self.assert_verdict("incomplete", *TRUST)),
                         {"e\u0301.txt"})

    def test_that_has_a_backslash_in_its_name(self):
        self.sealed({"d/x": b"same\n", "d\\x": b"same\n"})
        (self.package / "d\\x").unlink()
        self.assertEqual(self.missing(self.assert_verdict("incomplete", *TRUST)), {"d\\x"})

    def sign_list(self, names):
        path = self.package / "manifest.sha256"
        path.write_text("".join(f"{sha256(d)}  {n}\n" for n, d in names.items()))
        self.sign(path)

    def test_both_in_other_spellings(self):
        """One file cannot be two of the list, though neither is named as it is here."""
        self.files({"log.txt": b"same\n"})
        self.sign_list({"LOG.txt": b"same\n", "Log.txt": b"same\n"})
        self.assertEqual(self.missing(self.assert_verdict("incomplete", *TRUST)), {"Log.txt"})

    def test_with_digests_of_two_algorithms(self):
        same = b"same\n"
        self.files({"log.txt": same})
        path = self.package / "manifest.txt"
        path.write_text(f"SHA512 (Log.txt) = {hashlib.sha512(same).hexdigest()}\n"
                        f"SHA256 (log.txt) = {sha256(same)}\n")
        self.sign(path)
        document = self.assert_verdict("incomplete", *TRUST)
        self.assertEqual(self.missing(document), {"Log.txt"})
        self.assertEqual([c["algorithm"] for c in self.item(document, "log.txt")["claims"]],
                         ["sha256"])

    def statement(self, subjects):
        path = self.package / "statement.json"
        path.write_text(json.dumps({
            "_type": "https://in-toto.io/Statement/v1", "predicateType": "x", "predicate": {},
            "subject": [{"name": n, "digest": {"sha256": sha256(d)}} for n, d in subjects]}))
        self.sign(path)

    def test_subjects_of_one_digest(self):
        self.files({"a.bin": b"same\n", "b.bin": b"b\n"})
        self.statement([("copy.bin", b"same\n"), ("a.bin", b"same\n"), ("b.bin", b"b\n")])
        self.assertEqual(self.missing(self.assert_verdict("incomplete", *TRUST)),
                         {"copy.bin"})

    def test_subjects_whose_names_are_none_of_files(self):
        """A digest says what is meant: an image has several names, and none is a file's."""
        self.files({"a.bin": b"same\n", "b.bin": b"b\n"})
        self.statement([("registry/a:1", b"same\n"), ("registry/a:latest", b"same\n"),
                        ("b.bin", b"b\n")])
        self.assert_verdict("verified", *TRUST)

    def test_the_same_name_twice_is_one_file(self):
        self.files({"log.txt": b"same\n", "d/x": b"x\n"})
        self.sign_list({"log.txt": b"same\n", "./log.txt": b"same\n", "d/x": b"x\n",
                        "d/../d/x": b"x\n"})
        self.assertEqual(self.findings(self.assert_verdict("verified", *TRUST)),
                         {("integrity.duplicate-claim", "./log.txt"),
                          ("integrity.duplicate-claim", "d/../d/x")})


class CalledASeal(Sealed):
    """Seals need not be listed. What was put in and only looks like one must be."""

    def put(self, name, content):
        self.sealed()
        path = self.package / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        document = self.assert_verdict("incomplete", *TRUST)
        self.assertIn(("integrity.unlisted", name), self.findings(document))
        code, document = verify(self.package)  # nor where nobody asks for a seal
        self.assertEqual((code, document["verdict"]), (1, "incomplete"))
        path.unlink()

    def test_text_called_a_signature(self):
        for name in ("a.bin.sig", "new.sig", "a.bin.p7s", "x.minisig", "x.sign",
                     "logs/x.signature", "a.bin.sig.b64"):
            with self.subTest(name):
                self.put(name, b"2026-11-23T09:45:32Z GET /report 200\n" * 100)

    def test_answer_about_retention_that_says_nothing_of_it(self):
        for content in (b'{"note": "kept"}', b"[]", b'"x"', b'{"events": [{"verb": "get"}]}'):
            with self.subTest(content):
                self.put("retention.json", content)

    def test_documents_of_an_image_that_is_not_there(self):
        for name, content in (
                ("oci-layout", b'{"imageLayoutVersion": "1.0.0", "events": ["x"]}'),
                ("notes.json", b'{"imageLayoutVersion": "1.0.0"}'),
                ("config.json", b'{"rootfs": {"diff_ids": []}, "history": ["x"]}')):
            with self.subTest(name):
                self.put(name, content)

    def test_an_answer_of_a_store_that_no_seal_covers(self):
        """Whoever writes into the package can write that an object is locked."""
        answer = json.dumps({"ContentLength": 6, "ETag": '"' + hashlib.md5(b"alpha\n").hexdigest() + '"',
                             "ObjectLockMode": "COMPLIANCE", "VersionId": "v1",
                             "ObjectLockRetainUntilDate": "2099-01-01T00:00:00+00:00"}).encode()
        self.sealed()
        (self.package / "a.bin.retention.json").write_bytes(answer)
        document = self.assert_verdict("verified", *TRUST)
        self.assertEqual([r["verdict"] for r in document["retention"]], ["asserted"])
        self.assertIn("no seal covers the document", document["retention"][0]["why"])
        self.sealed()
        document = self.assert_verdict("verified", *TRUST)
        self.assertNotIn("no seal", document["retention"][0]["why"])


class WhoVouches(Sealed):
    def test_an_anchor_from_the_package(self):
        """Whoever changed the files could have made an authority and signed again."""
        self.files({"a.bin": b"altered\n", "ca.pem": (PKI / "ca.pem").read_bytes()})
        self.sign(self.manifest())
        self.assert_verdict("verified", *TRUST)
        document = self.assert_verdict("incomplete", "--trust", self.package / "ca.pem")
        self.assertIn("which it brings itself", " ".join(document["reasons"]))
        link = self.folder / "ca.pem"
        link.symlink_to(self.package / "ca.pem")
        self.assert_verdict("incomplete", "--trust", link)

    def test_a_signature_over_another_file_of_the_package(self):
        self.sealed()
        self.sign(self.package / "b.bin", "custodian", self.package / "a.bin.p7s")
        document = self.assert_verdict("failed", *TRUST)
        got = next(s for s in document["signatures"] if s["path"] == "a.bin.p7s")
        self.assertEqual((got["verdict"], got["why"]),
                         ("failed", "it was made over other bytes: those of b.bin"))


class Locks(VerifyCase):
    """What answers of a store say that is not so of the files here, or of each other."""

    ALPHA = b"alpha\n"
    UNTIL = "2033-01-01T00:00:00Z"

    def judge(self, answers, *arguments, verdict="unsealed"):
        self.files({"a.bin": self.ALPHA})
        self.manifest()
        for name, answer in answers.items():
            (self.package / name).write_text(json.dumps(answer))
        document = self.assert_verdict(verdict, *arguments)
        for name in answers:
            (self.package / name).unlink()
        return document

    def head(self, **changes):
        return {"ContentLength": 6, "VersionId": "v1", "ObjectLockMode": "COMPLIANCE",
                "ObjectLockRetainUntilDate": self.UNTIL,
                "ETag": f'"{hashlib.md5(self.ALPHA).hexdigest()}"', **changes}

    def test_of_an_object_that_is_not_here_meet_no_demand(self):
        """An object that was overwritten before it was collected has a lock, too."""
        other = {"retention.json": {"Bucket": "b", "Key": "other.bin", **self.head()}}
        self.judge(other)
        document = self.judge(other, "--retain-until", "2030-01-01", verdict="incomplete")
        self.assertIn("objects that are not in the package", " ".join(document["reasons"]))
        self.judge({"a.bin.retention.json": self.head()}, "--retain-until", "2030-01-01")

    def test_hold_that_another_answer_denies(self):
        answers = {"a.bin.retention.json": self.head(ObjectLockLegalHoldStatus="ON"),
                   "a.bin.hold.retention.json": {"LegalHold": {"Status": "OFF"}}}
        got = {r["path"]: r for r in self.judge(answers)["retention"]}
        self.assertIn("a.bin.hold.retention.json says that it is off",
                      got["a.bin.retention.json"]["why"])
        policy = self.folder / "policy.json"
        policy.write_text(json.dumps({
            "schema": "exhibit.policy/1", "retention": {"legal_hold": True},
            "artefacts": {name: "optional" for name in (
                "pod-manifest", "writable-layer", "container-log", "falco-alerts",
                "audit-log", "network-policy", "written-timeline")}}))
        document = self.judge(answers, "--policy", policy, verdict="failed")
        self.assertIn(("integrity.lock-short", "a.bin.retention.json"),
                      self.findings(document))
        del answers["a.bin.hold.retention.json"]
        self.judge(answers, "--policy", policy)

    def test_etag_of_a_single_part(self):
        """One part has the size of the whole: nothing is left to be guessed."""
        of_part = hashlib.md5(hashlib.md5(self.ALPHA).digest()).hexdigest()
        got = self.judge({"a.bin.retention.json": self.head(ETag=f'"{of_part}-1"')})
        self.assertIn("1 checksum of it agrees", got["retention"][0]["why"])
        document = self.judge({"a.bin.retention.json": self.head(ETag=f'"{"0" * 32}-1"')},
                              verdict="failed")
        self.assertIn("integrity.stored-differs", {f["id"] for f in document["findings"]})

    def versions(self, *etags):
        return {"retention.json": {"Versions": [
            {"Key": "a.bin", "VersionId": f"v{i}", "IsLatest": i == 0, "Size": 6,
             "ETag": f'"{etag}"'} for i, etag in enumerate(etags)]}}

    def test_etag_where_the_encryption_is_not_told(self):
        """With SSE-KMS an ETag is no MD5, and lists of versions do not say that it is on.
        Where another version has the file's MD5, it is off."""
        mine, other = hashlib.md5(self.ALPHA).hexdigest(), "5" * 32
        got = self.judge(self.versions(other))["retention"][0]
        self.assertIn("not examined", got["why"])
        self.judge(self.versions(mine))
        self.judge(self.versions(other, mine), verdict="failed")
        self.judge({"a.bin.retention.json": self.head(ETag=f'"{other}"')}, verdict="failed")
        self.judge({"a.bin.retention.json": self.head(
            ETag=f'"{other}"', ServerSideEncryption="aws:kms")})

    def test_a_date_that_no_count_of_nanoseconds_has(self):
        """400 years is what Azure allows."""
        for until in ("2426-11-23T00:00:00+00:00", "9999-12-31T23:59:59Z", "2400-02-29"):
            got = self.judge({"a.bin.retention.json": self.head(
                ObjectLockRetainUntilDate=until)}, "--retain-until", "2200-01-01")
            self.assertIn("later than can be counted", got["retention"][0]["why"])
        for until in ("9999-13-31T00:00:00Z", "9999-12-31 or so", "soon"):
            self.judge({"a.bin.retention.json": self.head(ObjectLockRetainUntilDate=until)},
                       verdict="failed")


class BehindTheEnd(Sealed):
    """What stands behind an archive's end is of no member: nobody vouches for it, and it
    may be another archive, which some readers go on with."""

    def packed(self):
        """{name: its bytes}, by the tools of each format."""
        self.sealed()
        tar = run("tar", "-cf", "-", "-C", self.package, ".")
        seven = self.folder / "case.7z"
        run("7z", "a", "-bd", seven, ".", cwd=self.package)
        return {"case.7z": seven.read_bytes(),
                "case.tar.bz2": run("bzip2", "-c", stdin=tar),
                "case.tar.xz": run("xz", "-c", stdin=tar),
                "case.tar.lz4": run("lz4", "-c", stdin=tar),
                "case.tar.zst": run("zstd", "-c", stdin=tar),
                "case.tar.gz": run("gzip", "-c", stdin=tar), "case.tar": tar,
                "case.cpio": run("bsdtar", "-cf", "-", "--format", "newc", "-C", self.package, ".")}

    def test_of_every_form(self):
        packed = self.packed()
        for name, octets in packed.items():
            with self.subTest(name):
                self.package = self.folder / name
                self.package.write_bytes(octets)
                self.assert_verdict("verified", *TRUST)
                self.package.write_bytes(octets + b"EVIDENCE OF MINE" * 4)
                document = self.assert_verdict("incomplete", *TRUST)
                places = {s["offset"] for f in document["findings"] for s in f["spans"]
                          if f["id"] == "integrity.fault"}
                self.assertTrue(places)
                if name in ("case.7z", "case.tar.bz2"):
                    self.assertEqual(places, {len(octets)})

    def test_a_second_stream_goes_on_with_the_first(self):
        """bzip2 and lz4 decompress what was concatenated as one."""
        packed = self.packed()
        tar = packed["case.tar"]
        for tool, ending in (("bzip2", "bz2"), ("lz4", "lz4")):
            with self.subTest(tool):
                self.package = self.folder / f"two.tar.{ending}"
                self.package.write_bytes(run(tool, "-c", stdin=tar[:2000]) +
                                         run(tool, "-c", stdin=tar[2000:]))
                self.assert_verdict("verified", *TRUST)


class ZipNames(Sealed):
    """Field 0x7075 gives a member a second name (APPNOTE 4.6.9). Info-ZIP's unzip and
    libarchive take it, others do not: they see other files."""

    def archive(self, names):
        """{name in the header: name in the field, or None}"""
        self.sealed()
        path = self.folder / "case.zip"
        with zipfile.ZipFile(path, "w") as out:
            for file in sorted(self.package.iterdir()):
                header, field = names.get(file.name, (file.name, None))
                info = zipfile.ZipInfo(header)
                raw = info._encodeFilenameFlags()[0]
                if field is not None:
                    data = struct.pack("<BI", 1, zlib.crc32(raw)) + field.encode()
                    info.extra = struct.pack("<HH", 0x7075, len(data)) + data
                out.writestr(info, file.read_bytes())
        self.package = path

    def test_that_contradicts_the_header(self):
        for header in ("other.bin", "\u00e4.bin"):
            with self.subTest(header):
                self.archive({"a.bin": (header, "a.bin")})
                document = self.assert_verdict("incomplete", *TRUST)
                self.assertIn("integrity.fault", {f["id"] for f in document["findings"]})
                self.package = self.folder / "package"

    def test_that_says_the_same(self):
        self.archive({"a.bin": ("a.bin", "a.bin")})
        self.assert_verdict("verified", *TRUST)

    def test_for_a_name_that_the_header_only_stands_for(self):
        """So Info-ZIP writes what its code page lacks: no contradiction."""
        self.archive({"a.bin": ("#U00e9.bin", "\u00e9.bin")})
        _, document = verify(self.package)
        self.assertNotIn("integrity.fault", {f["id"] for f in document["findings"]})


class OtherAlgorithms(VerifyCase):
    """A digest of an algorithm that is not computed here says nothing against the file."""

    def list(self, name, text, verdict):
        self.files()
        (self.package / name).write_bytes(text)
        document = self.assert_verdict(verdict)
        (self.package / name).unlink()
        return document

    def test_named_after_it(self):
        text = b""
        for name in ("a.bin", "b.bin"):
            self.files()
            text += run("b2sum", "-l", "256", name, cwd=self.package)
        for name in ("B2SUMS", "manifest.b2", "files.blake2b-256.txt", "manifest.b3"):
            with self.subTest(name):
                document = self.list(name, text, "incomplete")
                self.assertEqual({i for i, _ in self.findings(document)},
                                 {"integrity.unknown-digest"})
                self.assertEqual({c["verdict"] for c in self.item(document, "a.bin")["claims"]},
                                 {"unchecked"})

    def test_named_after_it_and_yet_of_one_that_is_computed(self):
        self.files()
        text = run("sha256sum", "a.bin", "b.bin", cwd=self.package)
        self.list("node-b2sums.txt", text, "unsealed")
        self.list("B2SUMS", run("b2sum", "a.bin", "b.bin", cwd=self.package), "unsealed")
        self.files({"a.bin": b"ALPHA\n"})
        self.package.joinpath("B2SUMS").write_bytes(text)
        self.assertIn(("integrity.mismatch", "a.bin"),  # b.bin shows what it is a list of
                      self.findings(self.assert_verdict("failed")))
        self.files({"b.bin": b"BETA\n"})
        self.assert_verdict("incomplete")  # never intact: only not examined

    def test_tagged(self):
        digest = hashlib.blake2s(b"alpha\n").hexdigest()
        document = self.list("SHA256SUMS", f"BLAKE2s (a.bin) = {digest}\nSHA256 (b.bin) = "
                             f"{sha256(b'beta' + bytes([10]))}\n".encode(), "incomplete")
        self.assertIn(("integrity.unknown-digest", "a.bin"), self.findings(document))
        self.assertNotIn("integrity.malformed-manifest",
                         {i for i, _ in self.findings(document)})

    def test_when_no_line_holds_that_is_said(self):
        self.files()
        text = run("b2sum", "-l", "256", "a.bin", "b.bin", cwd=self.package)
        document = self.list("manifest.txt", text, "failed")
        self.assertIn("no digest in manifest.txt holds", " ".join(document["reasons"]))
        mixed = run("sha256sum", "a.bin", cwd=self.package) + text.splitlines(True)[1]
        document = self.list("manifest.txt", mixed, "failed")
        self.assertNotIn("no digest in", " ".join(document["reasons"]))


class Times(SealCase):
    """What the signer says of the time proves nothing; that it cannot be is told."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.authority.issue("signer")
        cls.authority.issue("tsa", "tsa")
        cls.authority.issue("young", start=in_days(2))

    def order(self, document):
        return [next(iter(f["arguments"].values())) if isinstance(f["arguments"], dict)
                else f["arguments"] for f in document["findings"]
                if f["id"] == "integrity.time-order"]

    def stamped(self, when):
        seal = self.cms("signer")
        imprint = hashlib.sha256(seal.read_bytes()).digest()
        seal.with_name(seal.name + ".tsr").write_bytes(
            token_at(self.pki, "tsa", imprint, when))
        return self.assert_verdict("verified", *self.trust, at=LATER)

    def test_stamped_before_it_was_signed(self):
        now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        told = self.order(self.stamped(now - datetime.timedelta(days=300)))
        self.assertEqual(len(told), 1)
        self.assertIn("a time-stamp over it proves that it was there at "
                      + (now - datetime.timedelta(days=300)).strftime("%Y-%m-%dT%H:%M:%SZ"),
                      told[0])
        self.assertEqual(self.order(self.stamped(now - datetime.timedelta(minutes=2))), [])
        self.assertEqual(self.order(self.stamped(now + datetime.timedelta(days=300))), [])

    def test_time_stamp_over_the_manifest_may_come_first(self):
        imprint = hashlib.sha256(self.target.read_bytes()).digest()
        self.target.with_name(MANIFEST + ".tsr").write_bytes(token_at(
            self.pki, "tsa", imprint, datetime.datetime(2021, 1, 1)))
        self.cms("signer")
        self.assertEqual(self.order(self.assert_verdict("verified", *self.trust, at=LATER)), [])

    def test_signed_before_its_certificate_began(self):
        self.cms("young")
        told = self.order(self.assert_verdict("verified", *self.trust, at=LATER))
        self.assertEqual(len(told), 1)
        self.assertIn("and its certificate began at", told[0])


if __name__ == "__main__":
    unittest.main()
