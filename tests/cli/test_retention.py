"""Captured answers of object stores, in the shapes that their tools print, against the
bytes at hand; checksums are computed here by python."""

import base64
import hashlib
import json
import subprocess
import unittest
import zlib

from verify_kit import EXHIBIT, VerifyCase

DATA = bytes(range(256)) * 90000  # 23 MB: three parts of 8 MiB
PAST, UNTIL = "2025-01-01T00:00:00Z", "2033-01-01T00:00:00Z"


def b64(data):
    return base64.b64encode(data).decode()


def crc(data, polynomial, width):
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (polynomial if value & 1 else 0)
        table.append(value)
    value = mask = (1 << width) - 1
    for byte in data:
        value = value >> 8 ^ table[(value ^ byte) & 0xFF]
    return (value ^ mask).to_bytes(width // 8, "big")


class Retention(VerifyCase):
    def setUp(self):
        super().setUp()
        self.small = b"evidence\n" * 100
        self.files({"a.bin": self.small})
        self.manifest()

    def judge(self, *documents, verdict="unsealed", arguments=("--retain-until", "2030-01-01"),
              name="retention.json", joiner="\n"):
        text = joiner.join(d if isinstance(d, str) else json.dumps(d, indent=1)
                           for d in documents)
        (self.package / name).write_text(text)
        return self.assert_verdict(verdict, *arguments)["retention"]

    def head(self, **changes):
        head = {"AcceptRanges": "bytes", "LastModified": "2026-11-23T10:02:11+00:00",
                "ContentLength": len(self.small), "VersionId": "v1", "Metadata": {},
                "ETag": f'"{hashlib.md5(self.small).hexdigest()}"',
                "ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": UNTIL,
                "ObjectLockLegalHoldStatus": "OFF"}
        head.update(changes)
        return {k: v for k, v in head.items() if v is not None}

    def test_head_object_named_by_its_file(self):
        got = self.judge(self.head(), name="a.bin.retention.json")[0]
        self.assertEqual((got["over"], got["mode"], got["verdict"], got["provider"]),
                         ("a.bin", "compliance", "asserted", "s3"))

    def test_objects_without_a_lock_are_listed(self):
        self.files({"b.bin": b"beta\n", "c.bin": b"gamma\n"})
        self.manifest()
        self.judge(self.head(Bucket="e", Key="case/a.bin"),
                   self.head(Bucket="e", Key="case/b.bin", ContentLength=5, ETag=None,
                             ObjectLockMode=None, ObjectLockRetainUntilDate=None),
                   verdict="failed")
        document = self.assert_verdict("failed", "--retain-until", "2030-01-01")
        self.assertEqual([u["path"] for u in document["unlocked"]],
                         ["b.bin", "c.bin", "manifest.sha256"])
        (self.package / "retention.json").unlink()
        self.assertEqual(self.assert_verdict("unsealed")["unlocked"], [])

    def test_head_object_with_bucket_and_key(self):
        got = self.judge({"HeadObject": self.head(), "Bucket": "b", "Key": "case/1/a.bin"})[0]
        self.assertEqual((got["object"], got["over"]), ("b/case/1/a.bin", "a.bin"))

    def test_a_hold_of_which_nothing_is_said_is_not_off(self):
        for status, told, words in (("ON", True, b", legal hold on,"),
                                    ("OFF", False, b", legal hold off,"), (None, None, None)):
            with self.subTest(status):
                got = self.judge(self.head(Bucket="e", Key="case/a.bin",
                                           ObjectLockLegalHoldStatus=status))[0]
                self.assertIs(got["legal_hold"], told)
                text = subprocess.run([EXHIBIT, "verify", self.package],
                                      stdout=subprocess.PIPE, check=False).stdout
                self.assertEqual(b"legal hold" in text, words is not None)
                self.assertIn(words or b", until 2033-01-01", text)

    def faults(self, document):
        return [f for f in document["findings"] if f["id"] == "integrity.fault"]

    def test_a_value_that_no_store_has_is_not_off(self):
        for changes in ({"ObjectLockLegalHoldStatus": "ENABLED"},
                        {"ObjectLockLegalHoldStatus": 1}, {"ObjectLockMode": "FOREVER"}):
            with self.subTest(changes):
                (got,) = self.judge(self.head(Bucket="e", Key="case/a.bin", **changes),
                                    verdict="incomplete", arguments=())
                if "ObjectLockMode" not in changes:
                    self.assertEqual((got["verdict"], got["legal_hold"]), ("asserted", None))
                    text = subprocess.run([EXHIBIT, "verify", self.package],
                                          stdout=subprocess.PIPE, check=False).stdout
                    self.assertIn(b"legal hold unreadable", text)
                (fault,) = self.faults(self.assert_verdict("incomplete"))
                self.assertEqual(fault["spans"][0]["offset"], 0)
        # Of Google's two holds the one that cannot be read may be on.
        got = self.judge(self.gcs(temporaryHold="maybe", eventBasedHold=False),
                         verdict="incomplete", arguments=())[0]
        self.assertIsNone(got["legal_hold"])

    def test_utf16_that_is_cut_is_told(self):
        self.judge(self.head(Bucket="e", Key="case/a.bin"))
        at = self.package / "retention.json"
        whole = at.read_text().encode("utf-16") + b"}"
        at.write_bytes(whole)
        document = self.assert_verdict("incomplete")
        (fault,) = self.faults(document)
        self.assertIn("encoding", fault["arguments"]["why"])
        self.assertEqual(fault["spans"][0]["offset"], len(whole) - 1)

    def test_documents_as_windows_writes_them(self):
        """PowerShell's > is UTF-16, its Out-File UTF-8 with a mark."""
        plain = self.judge(self.head(Bucket="e", Key="case/a.bin"))[0]
        at = self.package / "retention.json"
        text = at.read_text()
        for encoding in ("utf-8-sig", "utf-16", "utf-16-be"):
            with self.subTest(encoding):
                mark = "\ufeff" if encoding == "utf-16-be" else ""
                at.write_bytes((mark + text).encode(encoding))
                (got,) = self.assert_verdict("unsealed")["retention"]
                whole = encoding != "utf-8-sig"
                self.assertEqual((got["mode"], got["over"], got["offset"], got["length"]),
                                 (plain["mode"], "a.bin", 0 if whole else plain["offset"] + 3,
                                  at.stat().st_size if whole else plain["length"]))

    def test_forms_of_time(self):
        for text in ("2033-01-01T00:00:00.000Z", "2033-01-01T00:00:00.482000+00:00",
                     "2033-01-01T05:30:00+05:30", "Sat, 01 Jan 2033 00:00:00 GMT"):
            with self.subTest(text):
                got = self.judge(self.head(ObjectLockRetainUntilDate=text),
                                 name="a.bin.json")[0]
                self.assertTrue(got["retain_until"].startswith("2033-01-01T00:00:00"))

    def test_separate_answers_one_after_the_other(self):
        head = self.head(ObjectLockMode=None, ObjectLockRetainUntilDate=None,
                         ObjectLockLegalHoldStatus=None)
        records = self.judge(
            head, {"Retention": {"Mode": "COMPLIANCE", "RetainUntilDate": UNTIL}},
            {"LegalHold": {"Status": "ON"}},
            {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled", "Rule": {
                "DefaultRetention": {"Mode": "GOVERNANCE", "Days": 30}}}},
            name="a.bin.retention.json", joiner="")
        self.assertEqual(len(records), 1)
        self.assertEqual((records[0]["mode"], records[0]["legal_hold"]), ("compliance", True))

    def test_lock_that_is_over_short_or_absent(self):
        for changes, verdict in (
                ({"ObjectLockRetainUntilDate": PAST}, "failed"),
                ({"ObjectLockRetainUntilDate": "2029-12-31T23:59:59Z"}, "failed"),
                ({"ObjectLockMode": None, "ObjectLockRetainUntilDate": None}, "failed"),
                ({"ObjectLockMode": None, "ObjectLockRetainUntilDate": None,
                  "ObjectLockLegalHoldStatus": "ON"}, "failed"),
                ({"ObjectLockRetainUntilDate": None}, "failed")):
            with self.subTest(changes):
                self.judge(self.head(**changes), verdict=verdict, name="a.bin.json")

    def test_without_demand_only_a_lock_that_is_over_fails(self):
        self.judge(self.head(ObjectLockMode=None, ObjectLockRetainUntilDate=None),
                   arguments=(), name="a.bin.json")
        self.judge(self.head(ObjectLockRetainUntilDate=PAST), arguments=(),
                   verdict="failed", name="a.bin.json")

    def test_governance_can_be_bypassed_and_that_is_said(self):
        self.judge(self.head(ObjectLockMode="GOVERNANCE"), name="a.bin.json")
        document = self.assert_verdict("unsealed", "--retain-until", "2030-01-01")
        self.assertIn("BypassGovernanceRetention", document["retention"][0]["why"])
        self.assertIn("integrity.lock-liftable", {f["id"] for f in document["findings"]})

    def test_bucket_default_locks_nothing_that_is_there(self):
        self.judge({"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled", "Rule": {
            "DefaultRetention": {"Mode": "COMPLIANCE", "Years": 7}}}}, verdict="failed")

    def test_version_that_is_not_pinned(self):
        got = self.judge(self.head(VersionId=None), name="a.bin.json")[0]
        self.assertIn("no version is named", got["why"])

    def test_stored_object_differs(self):
        for changes in ({"ContentLength": 1}, {"ETag": '"' + "0" * 32 + '"'},
                        {"ChecksumSHA256": b64(b"\0" * 32)}, {"ChecksumCRC32": b64(b"\0" * 4)},
                        {"ChecksumSHA1": b64(b"\0" * 20)}, {"ChecksumCRC32C": "!!"}):
            with self.subTest(changes):
                got = self.judge(self.head(**changes), verdict="failed", name="a.bin.json")[0]
                self.assertIn("differs", got["why"])

    def test_every_checksum(self):
        got = self.judge(self.head(
            ChecksumSHA256=b64(hashlib.sha256(self.small).digest()),
            ChecksumSHA1=b64(hashlib.sha1(self.small).digest()),
            ChecksumCRC32=b64(zlib.crc32(self.small).to_bytes(4, "big")),
            ChecksumCRC32C=b64(crc(self.small, 0x82F63B78, 32)),
            ChecksumCRC64NVME=b64(crc(self.small, 0x9A6C9329AC4BC9B5, 64)),
            ChecksumType="FULL_OBJECT"), name="a.bin.json")[0]
        self.assertIn("6 checksums of it agree", got["why"])

    def test_encrypted_etag_is_opaque(self):
        self.judge(self.head(ETag='"' + "ab" * 16 + '"', ServerSideEncryption="aws:kms"),
                   name="a.bin.json")

    def test_multipart(self):
        self.files({"a.bin": DATA})
        self.manifest()
        parts = [DATA[i:i + (8 << 20)] for i in range(0, len(DATA), 8 << 20)]
        etag = hashlib.md5(b"".join(hashlib.md5(p).digest() for p in parts)).hexdigest()
        sums = hashlib.sha256(b"".join(hashlib.sha256(p).digest() for p in parts)).digest()
        head = self.head(ContentLength=len(DATA), ETag=f'"{etag}-{len(parts)}"')
        self.assertIn("agree", self.judge(head, name="a.bin.json")[0]["why"])
        attributes = {"ETag": f"{etag}-{len(parts)}", "ObjectSize": len(DATA),
                      "Checksum": {"ChecksumSHA256": b64(sums), "ChecksumType": "COMPOSITE"},
                      "ObjectParts": {"TotalPartsCount": len(parts), "IsTruncated": False,
                                      "Parts": [{"PartNumber": i + 1, "Size": len(p)}
                                                for i, p in enumerate(parts)]}}
        got = self.judge(self.head(ContentLength=len(DATA), ETag=None), attributes,
                         name="a.bin.json")[0]
        self.assertIn("2 checksums", got["why"])
        attributes["Checksum"]["ChecksumSHA256"] = b64(hashlib.sha256(DATA).digest())
        self.judge(self.head(ContentLength=len(DATA), ETag=None), attributes,
                   verdict="failed", name="a.bin.json")

    def attributes(self, parts, **changes):
        """Of DATA, without a checksum of the whole but what `changes` has."""
        return dict({"ObjectSize": len(DATA), "VersionId": "v1", "ObjectParts": {
            "TotalPartsCount": -(-len(DATA) // (8 << 20)), "IsTruncated": False,
            "Parts": parts}}, **changes)

    def test_checksums_of_the_parts(self):
        self.files({"a.bin": DATA})
        self.manifest()
        cut = [DATA[i:i + (8 << 20)] for i in range(0, len(DATA), 8 << 20)]
        parts = [{"PartNumber": i + 1, "Size": len(p),
                  "ChecksumSHA256": b64(hashlib.sha256(p).digest()),
                  "ChecksumCRC32": b64(zlib.crc32(p).to_bytes(4, "big"))}
                 for i, p in enumerate(cut)]
        name = "a.bin.attributes.json"
        got = self.judge(self.attributes(parts), arguments=(), name=name)[0]
        self.assertIn("2 checksums of it agree", got["why"])
        for member, size in (("ChecksumSHA256", 32), ("ChecksumCRC32", 4)):
            with self.subTest(member):
                changed = [dict(p) for p in parts]
                changed[1][member] = b64(bytes(size))
                got = self.judge(self.attributes(changed), arguments=(), verdict="failed",
                                 name=name)[0]
                self.assertIn("of part 2 differs", got["why"])

    def test_one_page_of_the_parts(self):
        """1000 parts are listed at a time: a page is no contradiction of the object."""
        self.files({"a.bin": DATA})
        self.manifest()
        size = (5 << 20) + 4096
        cut = [DATA[i:i + size] for i in range(0, len(DATA), size)]
        sums = hashlib.sha256(b"".join(hashlib.sha256(p).digest() for p in cut)).digest()
        page = [{"PartNumber": 1, "Size": size,
                 "ChecksumSHA256": b64(hashlib.sha256(cut[0]).digest())}]
        answer = self.attributes(page, Checksum={"ChecksumType": "COMPOSITE",
                                                 "ChecksumSHA256": f"{b64(sums)}-{len(cut)}"})
        answer["ObjectParts"].update(TotalPartsCount=len(cut), IsTruncated=True)
        got = self.judge(answer, arguments=(), name="a.bin.attributes.json")[0]
        self.assertIn("1 checksum of it agrees", got["why"])

    def test_list_object_versions_and_delete_marker(self):
        versions = {"Versions": [
            {"ETag": f'"{hashlib.md5(self.small).hexdigest()}"', "Size": len(self.small),
             "Key": "case/a.bin", "VersionId": "v2", "IsLatest": True},
            {"ETag": '"00000000000000000000000000000000"', "Size": 3, "Key": "case/a.bin",
             "VersionId": "v1", "IsLatest": False}],
            "DeleteMarkers": [{"Key": "case/a.bin", "VersionId": "v3", "IsLatest": True}]}
        self.judge(versions, arguments=())
        document = self.assert_verdict("unsealed")
        self.assertIn(("integrity.object-deleted", "case/a.bin"), self.findings(document))

    def test_minio(self):
        got = self.judge({"status": "success", "urlpath": "lab/evidence/case/a.bin",
                          "versionID": "x", "mode": "COMPLIANCE", "until": UNTIL})[0]
        self.assertEqual((got["provider"], got["object"], got["over"]),
                         ("minio", "evidence/case/a.bin", "a.bin"))
        self.judge({"status": "success", "urlpath": "lab/evidence/case/a.bin",
                    "versionID": "x", "mode": "GOVERNANCE", "until": PAST},
                   verdict="failed")

    def gcs(self, **changes):
        document = {"kind": "storage#object", "name": "case/a.bin", "bucket": "b",
                    "generation": "1700000000000000", "size": str(len(self.small)),
                    "md5Hash": b64(hashlib.md5(self.small).digest()),
                    "crc32c": b64(crc(self.small, 0x82F63B78, 32)),
                    "timeCreated": "2026-11-23T10:00:00.000Z",
                    "retention": {"mode": "Locked", "retainUntilTime": UNTIL}}
        document.update(changes)
        return {k: v for k, v in document.items() if v is not None}

    def test_google(self):
        got = self.judge(self.gcs())[0]
        self.assertEqual((got["provider"], got["mode"], got["over"]),
                         ("gcs", "compliance", "a.bin"))
        self.assertIn("2 checksums", got["why"])
        self.judge(self.gcs(crc32c=b64(b"\0\0\0\0")), verdict="failed")
        got = self.judge(self.gcs(retention={"mode": "Unlocked", "retainUntilTime": UNTIL}))[0]
        self.assertEqual(got["mode"], "unlocked")
        got = self.judge(self.gcs(retention=None, temporaryHold=True,
                                  retentionExpirationTime=UNTIL))[0]
        self.assertTrue(got["legal_hold"])

    def test_azure(self):
        blob = {"name": "case/a.bin", "container": "evidence", "versionId": "x",
                "hasLegalHold": True,
                "immutabilityPolicy": {"expiryTime": UNTIL, "policyMode": "Locked"},
                "properties": {"contentLength": len(self.small), "contentSettings": {
                    "contentMd5": b64(hashlib.md5(self.small).digest())}}}
        got = self.judge(blob)[0]
        self.assertEqual((got["provider"], got["mode"], got["legal_hold"], got["over"]),
                         ("azure", "compliance", True, "a.bin"))
        blob["immutabilityPolicy"]["policyMode"] = "Unlocked"
        self.assertEqual(self.judge(blob)[0]["mode"], "unlocked")
        blob["immutabilityPolicy"] = {"expiryTime": None, "policyMode": None}
        self.judge(blob, verdict="failed")

    def test_one_file_for_each_object(self):
        self.files({"b.bin": b"b"})
        self.manifest()
        for name, until in (("a.bin.retention.json", UNTIL), ("b.bin.retention.json", PAST)):
            (self.package / name).write_text(json.dumps(
                {"Retention": {"Mode": "COMPLIANCE", "RetainUntilDate": until}}))
        (self.package / "manifest.sha256").unlink()
        from verify_kit import run
        (self.package / "manifest.sha256").write_bytes(
            run("sha256sum", "a.bin", "b.bin", cwd=self.package))
        document = self.assert_verdict("failed", "--retain-until", "2030-01-01")
        self.assertEqual({r["over"]: r["verdict"] for r in document["retention"]},
                         {"a.bin": "asserted", "b.bin": "failed"})

    def test_one_file_for_each_question(self):
        """get-object-legal-hold alone is silent about the lock, not against it."""
        for hold, legal in (("ON", True), ("OFF", False)):
            with self.subTest(hold):
                (self.package / "a.bin.retention.json").write_text(json.dumps(
                    {"Retention": {"Mode": "COMPLIANCE", "RetainUntilDate": UNTIL}}))
                records = self.judge({"LegalHold": {"Status": hold}},
                                     name="a.bin.legal-hold.json")
                self.assertEqual([(r["mode"], r["verdict"], r["over"]) for r in records],
                                 [("unknown", "not examined", "a.bin"),
                                  ("compliance", "asserted", "a.bin")])
                self.assertIn("a.bin.retention.json", records[0]["why"])
                policy = self.folder / "policy.json"
                policy.write_text('{"retention": {"legal_hold": true}}')
                self.assert_verdict("unsealed" if legal else "failed", "--policy", policy)
        (self.package / "a.bin.retention.json").unlink()
        self.judge({"LegalHold": {"Status": "ON"}}, verdict="failed",
                   name="a.bin.legal-hold.json")

    def test_answers_without_a_name_are_told_by_their_checksums(self):
        # Neither version nor key, one size: only the ETags tell that these are two.
        other = self.small[::-1]
        self.files({"b.bin": other})
        self.manifest()
        head = self.head(VersionId=None)
        records = self.judge(head, self.head(
            VersionId=None, ETag=f'"{hashlib.md5(other).hexdigest()}"'), name="heads.json")
        self.assertEqual([r["over"] for r in records], ["a.bin", "b.bin"])
        self.assertEqual({r["verdict"] for r in records}, {"asserted"})

    def test_attributes_alone_say_that_the_bytes_agree(self):
        got = self.judge({"VersionId": "v1", "ETag": hashlib.md5(self.small).hexdigest(),
                          "Checksum": {"ChecksumCRC64NVME": b64(crc(
                              self.small, 0x9A6C9329AC4BC9B5, 64)),
                              "ChecksumType": "FULL_OBJECT"},
                          "StorageClass": "STANDARD", "ObjectSize": len(self.small)},
                         arguments=(), name="a.bin.attributes.json")[0]
        self.assertEqual(got["verdict"], "not examined")
        self.assertIn("2 checksums of it agree", got["why"])

    def multipart(self, size, name="ETag", one=hashlib.md5):
        """A multipart checksum of DATA without a word of how it was cut."""
        parts = [DATA[i:i + size] for i in range(0, len(DATA), size)]
        whole = one(b"".join(one(p).digest() for p in parts))
        value = f'"{whole.hexdigest()}-{len(parts)}"' if name == "ETag" else (
            f"{b64(whole.digest())}-{len(parts)}")
        head = self.head(**{"ContentLength": len(DATA), "ETag": None, name: value})
        return self.judge(head, name="a.bin.json")[0]["why"]

    def test_part_sizes_that_nobody_tells(self):
        """size/count <= p < size/(count-1): of the sizes in between, the round ones."""
        self.files({"a.bin": DATA})
        self.manifest()
        for size in (7 << 20, 9 << 20, 11 << 20, 6_000_000, 7_000_000, -(-len(DATA) // 3),
                     len(DATA), 30 << 20):
            with self.subTest(size):
                self.assertIn("1 checksum of it agrees", self.multipart(size))
                self.assertIn("1 checksum of it agrees", self.multipart(
                    size, "ChecksumSHA256", hashlib.sha256))

    def test_part_sizes_that_cannot_be_guessed(self):
        self.files({"a.bin": DATA})
        self.manifest()
        why = self.multipart((6 << 20) + 12345)
        self.assertNotIn("agree", why)
        self.assertIn("not examined", why)

    def test_composite_checksums_of_every_kind(self):
        self.files({"a.bin": DATA})
        self.manifest()
        parts = [DATA[i:i + (8 << 20)] for i in range(0, len(DATA), 8 << 20)]

        def whole(one):
            return b64(one(b"".join(one(p) for p in parts)))
        sums = {"ChecksumCRC32": whole(lambda b: zlib.crc32(b).to_bytes(4, "big")),
                "ChecksumSHA1": whole(lambda b: hashlib.sha1(b).digest()),
                "ChecksumSHA256": whole(lambda b: hashlib.sha256(b).digest())}
        for name, value in sums.items():
            with self.subTest(name):
                head = self.head(ContentLength=len(DATA), ETag=None, ChecksumType="COMPOSITE",
                                 **{name: f"{value}-{len(parts)}"})
                self.assertIn("1 checksum of it agrees",
                              self.judge(head, name="a.bin.json")[0]["why"])
        attributes = {"ObjectSize": len(DATA), "Checksum": {
            "ChecksumCRC32": b64(zlib.crc32(DATA).to_bytes(4, "big")),
            "ChecksumType": "COMPOSITE"}, "ObjectParts": {"TotalPartsCount": len(parts), "Parts": [
                {"PartNumber": i + 1, "Size": len(p)} for i, p in enumerate(parts)]}}
        got = self.judge(self.head(ContentLength=len(DATA), ETag=None), attributes,
                         verdict="failed", name="a.bin.json")[0]
        self.assertIn("crc32 differs", got["why"])

    def test_a_delete_marker_that_is_not_the_latest_hides_nothing(self):
        self.judge({"Versions": [{"Key": "case/a.bin", "VersionId": "v2", "IsLatest": True,
                                  "Size": len(self.small)}],
                    "DeleteMarkers": [{"Key": "case/a.bin", "VersionId": "v1",
                                       "IsLatest": False}]},
                   self.head(Key="case/a.bin", VersionId="v2"))
        document = self.assert_verdict("unsealed", "--retain-until", "2030-01-01")
        self.assertNotIn("integrity.object-deleted", {f["id"] for f in document["findings"]})

    def stat(self, **changes):
        """What `mc stat --json` prints."""
        document = {"status": "success", "name": "a.bin", "size": len(self.small),
                    "lastModified": "2026-11-23T10:02:11Z", "type": "file",
                    "etag": hashlib.md5(self.small).hexdigest(), "versionID": "5c1e",
                    "metadata": {"Content-Type": "application/octet-stream",
                                 "X-Amz-Object-Lock-Legal-Hold": "ON",
                                 "X-Amz-Object-Lock-Mode": "COMPLIANCE",
                                 "X-Amz-Object-Lock-Retain-Until-Date": UNTIL},
                    "checksum": {"CRC32C": b64(crc(self.small, 0x82F63B78, 32))}}
        document.update(changes)
        return document

    def test_minio_stat(self):
        got = self.judge(self.stat(), name="stat.json")[0]
        self.assertEqual((got["provider"], got["mode"], got["legal_hold"], got["over"]),
                         ("minio", "compliance", True, "a.bin"))
        self.assertIn("2 checksums of it agree", got["why"])
        self.judge(self.stat(etag="0" * 32), verdict="failed", name="stat.json")
        self.judge(self.stat(checksum={"CRC32C": "AAAAAA=="}), verdict="failed",
                   name="stat.json")

    def test_minio_retention_and_legal_hold(self):
        retention = {"mode": "COMPLIANCE", "until": UNTIL, "versionID": "v",
                     "urlpath": "lab/evidence/case/a.bin", "status": "success", "error": None}
        hold = {"legalhold": "ON", "urlpath": "https://store:9000/evidence/case/a.bin",
                "key": "a.bin", "versionID": "v", "status": "success"}
        records = self.judge(retention, hold, name="mc.json")
        self.assertEqual([(r["object"], r["mode"], r["legal_hold"]) for r in records],
                         [("evidence/case/a.bin", "compliance", True)])
        got = self.judge(dict(retention, mode="", until="0001-01-01T00:00:00Z"),
                         verdict="failed", name="mc.json")[0]
        self.assertEqual(got["mode"], "none")
        got = self.judge({"op": "info", "enabled": "Enabled", "mode": "GOVERNANCE",
                          "validity": "30DAYS", "status": "success"}, verdict="failed",
                         name="mc.json")[0]
        self.assertEqual((got["mode"], got["verdict"]), ("governance", "not examined"))

    def gcloud(self, **changes):
        """What `gcloud storage objects describe` prints."""
        members = {"bucket": "evidence", "content_type": "application/octet-stream",
                   "crc32c_hash": b64(crc(self.small, 0x82F63B78, 32)),
                   "creation_time": "2026-11-23T10:00:00+0000", "etag": "CLeC3oLfnYADEAE=",
                   "generation": "'1700000000000000'",
                   "md5_hash": b64(hashlib.md5(self.small).digest()), "metageneration": 1,
                   "name": "case/a.bin", "retention_expiration": "2033-01-01T00:00:00+0000",
                   "retention_settings": "\n  mode: Locked\n  retainUntilTime: "
                                         "'2033-01-01T00:00:00+00:00'",
                   "size": len(self.small),
                   "storage_url": "gs://evidence/case/a.bin#1700000000000000"}
        members.update(changes)
        return "".join(f"{k}: {v}\n" for k, v in members.items() if v is not None)

    def test_gcloud_yaml(self):
        got = self.judge(self.gcloud(temporary_hold="true"), name="describe.yaml")[0]
        self.assertEqual((got["provider"], got["object"], got["version"], got["mode"],
                          got["legal_hold"], got["over"]),
                         ("gcs", "evidence/case/a.bin", "1700000000000000", "compliance", True,
                          "a.bin"))
        self.assertIn("2 checksums of it agree", got["why"])
        self.judge(self.gcloud(crc32c_hash="AAAAAA=="), verdict="failed",
                   name="describe.yaml")
        self.judge(self.gcloud(retention_expiration="2029-01-01T00:00:00+0000",
                               retention_settings=None), verdict="failed",
                   name="describe.yaml")

    def test_gcloud_yaml_of_several_objects_in_one_file(self):
        other = b"beta"
        self.files({"b.bin": other})
        self.manifest()
        for joiner in ("", "---\n"):
            with self.subTest(joiner):
                records = self.judge(self.gcloud(), self.gcloud(
                    name="case/b.bin", size=len(other), generation="'18'",
                    crc32c_hash=b64(crc(other, 0x82F63B78, 32)),
                    md5_hash=b64(hashlib.md5(other).digest()),
                    storage_url="gs://evidence/case/b.bin#18"), name="describe.yaml",
                    joiner=joiner)
                self.assertEqual([(r["over"], r["verdict"]) for r in records],
                                 [("a.bin", "asserted"), ("b.bin", "asserted")])

    def test_google_bucket_lock_decides(self):
        # The object has a date only; whether it can be shortened stands in the bucket's.
        document = self.gcs(retention=None, retentionExpirationTime=UNTIL)
        self.assertEqual(self.judge(document)[0]["mode"], "unlocked")
        bucket = {"kind": "storage#bucket", "name": "b", "retentionPolicy": {
            "retentionPeriod": "220752000", "isLocked": True}, "etag": "CAE="}
        for name, locked in (("b", "compliance"), ("another", "unlocked")):
            (self.package / "bucket.json").write_text(json.dumps(dict(bucket, name=name)))
            self.manifest()
            modes = {r["object"]: r["mode"] for r in self.judge(document)}
            self.assertEqual(modes["b/case/a.bin"], locked)

    def test_metadata_of_the_owner_is_no_lock(self):
        self.judge(self.gcs(retention=None, metadata={
            "X-Amz-Object-Lock-Mode": "COMPLIANCE",
            "X-Amz-Object-Lock-Retain-Until-Date": UNTIL}), verdict="failed")
        self.judge(self.head(ObjectLockMode=None, ObjectLockRetainUntilDate=None, Metadata={
            "ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": UNTIL}),
            verdict="failed", name="a.bin.json")

    def test_azure_container(self):
        blob = {"name": "case/a.bin", "container": "evidence", "versionId": None,
                "hasLegalHold": None, "metadata": {}, "isCurrentVersion": True,
                "immutabilityPolicy": {"expiryTime": None, "policyMode": None},
                "properties": {"contentLength": len(self.small),
                               "creationTime": "2026-11-23T10:00:00+00:00",
                               "lease": {"state": "available", "status": "unlocked"},
                               "contentSettings": {"contentMd5": b64(
                                   hashlib.md5(self.small).digest())}}}
        policy = {"etag": '"8d8"', "immutabilityPeriodSinceCreationInDays": 3650,
                  "id": "/subscriptions/s/resourceGroups/r/providers/Microsoft.Storage/"
                        "storageAccounts/a/blobServices/default/containers/evidence/"
                        "immutabilityPolicies/default", "name": "default", "state": "Locked"}
        hold = {"allowProtectedAppendWritesAll": None, "hasLegalHold": True,
                "tags": ["case17"]}
        self.judge(blob, verdict="failed", name="az.json")
        got = self.judge(blob, policy, hold, name="az.json")[0]
        self.assertEqual((got["mode"], got["legal_hold"], got["verdict"]),
                         ("compliance", True, "asserted"))
        # 3,650 days after it was made, by python's calendar.
        self.assertTrue(got["retain_until"].startswith("2036-11-20T10:00:00"))
        self.assertEqual(self.judge(blob, dict(policy, state="Unlocked"),
                                    name="az.json")[0]["mode"], "unlocked")
        self.judge(policy, verdict="failed", name="az.json")
        self.judge(blob, dict(policy, immutabilityPeriodSinceCreationInDays=3000000000),
                   verdict="failed", name="az.json")  # beyond every calendar here

    def test_azure_version_that_is_not_the_current_one(self):
        blob = {"name": "case/a.bin", "container": "evidence", "versionId": "x",
                "isCurrentVersion": False, "hasLegalHold": False,
                "immutabilityPolicy": {"expiryTime": UNTIL, "policyMode": "Locked"},
                "properties": {"contentLength": len(self.small), "contentSettings": {
                    "contentMd5": b64(hashlib.md5(self.small).digest())}}}
        self.assertIn("a later version is the current one", self.judge(blob)[0]["why"])
        blob["properties"]["contentLength"] = 1
        self.assertEqual(self.judge(blob, arguments=())[0]["verdict"], "not examined")

    def test_aws_yaml(self):
        got = self.judge("AcceptRanges: bytes\n"
                         f"ContentLength: {len(self.small)}\n"
                         f"ETag: '\"{hashlib.md5(self.small).hexdigest()}\"'\n"
                         "Metadata: {}\nObjectLockLegalHoldStatus: 'ON'\n"
                         "ObjectLockMode: GOVERNANCE\n"
                         "ObjectLockRetainUntilDate: '2033-01-01T00:00:00+00:00'\n"
                         "VersionId: v1\n", name="a.bin.head.yaml")[0]
        self.assertEqual((got["mode"], got["legal_hold"], got["over"]),
                         ("governance", True, "a.bin"))
        self.assertIn("BypassGovernanceRetention", got["why"])

    def test_malformed(self):
        self.judge('{"ObjectLockMode": "COMPLIANCE", ', verdict="incomplete", arguments=())


if __name__ == "__main__":
    unittest.main()
