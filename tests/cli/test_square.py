"""Evidence of which a careless reader does the square of the work: each is read in time that
grows with its bytes. VerifyCase's verify() waits two minutes; the square of these takes longer."""

import hashlib
import json
import unittest

from tar_kit import END, header, member
from verify_kit import EXHIBIT, VerifyCase, sha256

EMPTY = sha256(b"")


@unittest.skipIf("/san/" in EXHIBIT, "a sanitizer's time says nothing of ours")
class Square(VerifyCase):
    def judge(self, verdict="incomplete"):
        return self.assert_verdict(verdict)

    def whys(self, document, kind):
        return {f["arguments"].get("why") or f["arguments"].get("fault")
                for f in document["findings"] if f["id"] == kind}

    def test_one_file_listed_again_and_again(self):
        """Neither the square of the lines nor the file's bytes for each of them."""
        log, times = b"x" * (4 << 20), 100_000
        self.files({"big.log": log})
        for name, digest in (("MD5SUMS", hashlib.md5), ("SHA1SUMS", hashlib.sha1),
                             ("SHA256SUMS", hashlib.sha256)):
            line = f"{digest(log).hexdigest()}  big.log\n"
            (self.package / name).write_text(line * times)
        claims = self.item(self.judge("unsealed"), "big.log")["claims"]
        self.assertEqual([c["line"] for c in claims if c["manifest"] == "SHA256SUMS"],
                         list(range(1, times + 1)))
        self.assertEqual({c["verdict"] for c in claims}, {"verified"})
        self.assertEqual(len(claims), 3 * times)

    def test_member_with_very_many_attributes(self):
        records = b""
        for i in reversed(range(30_000)):
            rest = b" SCHILY.xattr.user.%05d=v\n" % i
            records += b"%d" % (len(rest) + 2) + rest
        one = member(b"pax", records, kind=b"x") + header(b"f")
        self.package.mkdir()
        (self.package / "a.tar").write_bytes(one * 60 + END)
        self.assertNotIn("integrity.fault", {f["id"] for f in self.judge()["findings"]
                                             if f["arguments"].get("fault") != "duplicate-entry"})

    def test_bag_that_fetches_very_many_files(self):
        paths = [f"data/{i}" for i in range(100_000)]
        self.files({"bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
                    "data/a": b"",
                    "manifest-sha256.txt": "".join(
                        f"{EMPTY}  {p}\n" for p in ["data/a", *paths]).encode(),
                    "fetch.txt": "".join(f"http://x/ 0 {p}\n" for p in paths).encode()})
        self.assertEqual(self.whys(self.judge(), "integrity.unfetched"),
                         {"not in the bag, to be fetched; exhibit fetches nothing"})

    def test_more_bags_than_a_package_has(self):
        self.files({f"{i:03}/{name}": data for i in range(300) for name, data in (
            ("bagit.txt", b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"),
            ("data/a", b""), ("manifest-sha256.txt", f"{EMPTY}  data/a\n".encode()))})
        document = self.judge()
        self.assertEqual({f["subject"] for f in document["findings"]
                          if f["id"] == "integrity.limit"}, {"256/bagit.txt"})

    def test_mtree_of_very_many_folders_in_each_other(self):
        self.files({"a": b"", "list.mtree": b"#mtree\n" + b"d type=dir\n" * 200_000
                    + b"..\n" * 200_000 + f"a sha256digest={EMPTY}\n".encode()})
        document = self.judge("unsealed")
        self.assertEqual(self.item(document, "a")["verdict"], "verified")

    def test_mtree_whose_names_are_long_when_put_together(self):
        folder = b"d" * 250 + b" type=dir\n"
        self.files({"a": b"", "list.mtree": b"#mtree\n" + folder * 400 + b"b type=file\n" * 2000})
        document = self.judge()
        self.assertIn("limit", " ".join(map(str, self.whys(
            document, "integrity.malformed-manifest"))))

    def test_mtree_line_of_very_many_lines(self):
        self.files({"a": b"", "list.mtree": b"#mtree\na \\\n" + b" \\\n" * 3_000_000
                    + f" sha256digest={EMPTY}\n".encode()})
        document = self.judge("unsealed")
        self.assertEqual(self.item(document, "a")["verdict"], "verified")

    def test_statement_of_very_many_subjects(self):
        subjects = [{"name": f"q{i}", "digest": {"sha512": f"{i:0128x}"}}
                    for i in range(30_000)]
        subjects.append({"name": "other", "digest": {
            "sha512": hashlib.sha512(b"%d" % 17).hexdigest()}})
        self.files({f"f{i}": b"%d" % i for i in range(1000)})
        (self.package / "s.json").write_text(json.dumps({
            "_type": "https://in-toto.io/Statement/v1", "predicateType": "x",
            "subject": subjects}))
        document = self.judge()
        self.assertEqual(self.item(document, "f17")["claims"][0]["algorithm"], "sha512")
        self.assertEqual(self.item(document, "f17")["claims"][0]["verdict"], "verified")

    def test_names_that_begin_with_very_many_folders(self):
        lines = (f"{EMPTY}  /{'y/' * 1000}{i}\n" for i in range(4000))
        self.files({"a": b"", "manifest.sha256": "".join(lines).encode()})
        self.assertEqual(self.whys(self.judge(), "integrity.limit"),
                         {"its names were not looked for in every folder above it"})

    def test_very_many_images_of_one_layer(self):
        """Each manifest and each config speaks of it; of one index all manifests stand in it."""
        times, blobs = 20_000, []

        def blob(data, kind):
            digest = hashlib.sha256(data).hexdigest()
            blobs.append(member(f"blobs/sha256/{digest}".encode(), data))
            return {"mediaType": f"application/vnd.oci.image.{kind}", "size": len(data),
                    "digest": f"sha256:{digest}"}

        content = member(b"a", b"x") + END
        layer = blob(content, "layer.v1.tar")
        manifests = []
        for i in range(times):
            config = {"architecture": "amd64", "os": "linux", "author": str(i), "rootfs": {
                "type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(content).hexdigest()}"]}}
            manifests.append(blob(json.dumps({"schemaVersion": 2, "layers": [layer], "config": blob(
                json.dumps(config).encode(), "config.v1+json")}).encode(), "manifest.v1+json"))
        index = json.dumps({"schemaVersion": 2, "manifests": manifests}).encode()
        self.package.mkdir()
        (self.package / "image.tar").write_bytes(b"".join(blobs) + member(b"index.json", index)
                                                 + END)
        item = self.item(self.judge(), f"image.tar//blobs/{layer['digest'].replace(':', '/')}")
        self.assertEqual(len(item["claims"]), 2 * times)
        self.assertEqual({c["verdict"] for c in item["claims"]}, {"verified"})

    def test_listing_with_a_reason_for_each_object(self):
        """Each lock has ended: a finding for each, and a reason for a thousand of them."""
        self.files({"a": b"", "versions.json": json.dumps({"Versions": [
            {"Key": f"k{i}", "ETag": f'"{i:032x}"', "Size": 1, "VersionId": "v",
             "ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": "2020-01-01T00:00:00Z"}
            for i in range(60_000)]}).encode()})
        self.assertEqual(len([r for r in self.judge("failed")["reasons"]
                              if r.startswith("the lock of k")]), 1000)

    def test_listing_with_very_many_checksums_of_parts_of_one_file(self):
        """8 GiB at 16 MiB a time are 512 sizes of parts that are tried, not a million."""
        size = 16 << 20
        self.files({"a": b"x" * size, "list.json": json.dumps({"Versions": [
            {"Key": "a", "ETag": f'"{i:032x}-{i % 8 + 2}"', "Size": size,
             "VersionId": "v", "ObjectLockMode": "COMPLIANCE",
             "ObjectLockRetainUntilDate": "2040-01-01T00:00:00Z"}
            for i in range(30_000)]}).encode()})
        whys = [r["why"] for r in self.judge()["retention"]]
        self.assertEqual(len(whys), 30_000)
        self.assertIn("or too many", whys[-1])


if __name__ == "__main__":
    unittest.main()
