"""Captured answers of object stores, in the shapes that their tools print, against the
bytes at hand; checksums are computed here by python."""

import base64
import hashlib
import json
import unittest
import zlib

from verify_kit import VerifyCase

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

    def test_malformed(self):
        self.judge('{"ObjectLockMode": "COMPLIANCE", ', verdict="incomplete", arguments=())


if __name__ == "__main__":
    unittest.main()
