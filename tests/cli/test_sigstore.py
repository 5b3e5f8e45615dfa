"""Sigstore bundles by certificate, offline: made by an instance of our own (sigstore_kit),
each link of the chain then broken alone."""

import base64
import copy
import datetime
import json
import pathlib
import shutil
import tempfile

from sigstore_kit import (ISSUER, SIGNER, START, Instance, Key, b64, sha256)
from verify_kit import VerifyCase, run, verify

MANIFEST = "manifest.sha256"


class Sigstore(VerifyCase):
    @classmethod
    def setUpClass(cls):
        cls.pki = pathlib.Path(tempfile.mkdtemp(prefix="exhibit-sigstore-"))
        cls.addClassCleanup(shutil.rmtree, cls.pki, ignore_errors=True)
        cls.instance = Instance(cls.pki)

    def setUp(self):
        super().setUp()
        self.files()
        self.target = self.manifest()
        self.data = self.target.read_bytes()
        self.path = self.package / (MANIFEST + ".sigstore.json")
        self.root = self.instance.trusted_root()
        self.who = ("--identity", SIGNER, "--identity-issuer", ISSUER)

    def judge(self, bundle, verdict, *options, root=None):
        self.path.write_text(json.dumps(bundle))
        options = options or self.who
        document = self.assert_verdict(verdict, "--trusted-root", root or self.root,
                                       *options)
        return document["signatures"][0]

    def refused(self, bundle, words, verdict="failed", **options):
        seal = self.judge(bundle, "failed", **options)
        self.assertEqual(seal["verdict"], verdict, seal["why"])
        self.assertIn(words, seal["why"])

    def entry_of(self, bundle):
        return bundle["verificationMaterial"]["tlogEntries"][0]

    def test_everything_holds(self):
        seal = self.judge(self.instance.bundle(self.data), "verified")
        self.assertEqual((seal["signer"], seal["issuer"], seal["over"], seal["time"],
                          seal["time_basis"]),
                         (SIGNER, ISSUER, MANIFEST, "2025-03-01T12:00:00Z", "verified"))

    def test_each_place_in_trees_of_each_size(self):
        """Inclusion proofs have another shape for every index and size."""
        bundle = self.instance.bundle(self.data)
        body = base64.b64decode(self.entry_of(bundle)["canonicalizedBody"])
        for others in (0, 1, 2, 4, 7):
            for at in range(others + 1):
                with self.subTest(others=others, at=at):
                    entry = self.instance.entry(body, others=others, at=at)
                    bundle["verificationMaterial"]["tlogEntries"] = [entry]
                    self.judge(bundle, "verified")

    def test_without_a_root_it_is_not_examined(self):
        self.path.write_text(json.dumps(self.instance.bundle(self.data)))
        seal = self.assert_verdict("unsealed")["signatures"][0]
        self.assertIn("--trusted-root", seal["why"])

    def test_nobody_is_expected(self):
        """Anybody can get a certificate: the name must be the examiner's choice."""
        bundle = self.instance.bundle(self.data)
        self.path.write_text(json.dumps(bundle))
        seal = self.assert_verdict("failed", "--trusted-root", self.root)["signatures"][0]
        self.assertEqual(seal["verdict"], "untrusted")
        self.assertIn(f"--identity {SIGNER}", seal["why"])

    def test_another_is_expected(self):
        bundle = self.instance.bundle(self.data)
        for options in (("--identity", "mallory@example.org"),
                        ("--identity", SIGNER, "--identity-issuer", "https://other.org")):
            self.assertEqual(self.judge(bundle, "failed", *options)["verdict"],
                             "untrusted")

    def test_policy_names_the_signer(self):
        policy = self.folder / "policy.json"
        policy.write_text(json.dumps({"signers": [SIGNER]}))
        self.judge(self.instance.bundle(self.data), "verified", "--policy", policy)

    def test_other_bytes(self):
        bundle = self.instance.bundle(self.data)
        self.target.write_bytes(self.data + b"# more\n")
        self.refused(bundle, "digest that it states")
        del bundle["messageSignature"]["messageDigest"]
        self.refused(bundle, "not made over these bytes")

    def test_found_by_its_digest(self):
        bundle = self.instance.bundle(self.data)
        self.path = self.package / "custodian.sigstore.json"
        self.assertEqual(self.judge(bundle, "verified")["over"], MANIFEST)

    def test_certificate_of_another_authority(self):
        other = Instance(pathlib.Path(tempfile.mkdtemp(dir=self.folder)))
        other.certificate_log, other.log = self.instance.certificate_log, self.instance.log
        self.refused(other.bundle(self.data), "chain", "untrusted")

    def test_certificate_for_something_else(self):
        self.refused(self.instance.bundle(self.data, usage="1.3.6.1.5.5.7.3.1"),
                     "code signing", "untrusted")

    def test_certificate_that_was_not_logged(self):
        self.refused(self.instance.bundle(self.data, logged=False), "SCT", "untrusted")
        self.refused(self.instance.bundle(self.data, log=Key(self.folder, "l")),
                     "names no log", "untrusted")

    def test_certificate_log_timestamp_that_the_log_did_not_make(self):
        impostor = Key(self.folder, "l")
        impostor.public = self.instance.certificate_log.public
        self.refused(self.instance.bundle(self.data, log=impostor), "(SCT) does not hold")

    def test_signed_after_the_certificate_ended(self):
        bundle = self.instance.bundle(self.data)
        body = base64.b64decode(self.entry_of(bundle)["canonicalizedBody"])
        for minutes, words in ((11, "ended"), (-1, "begins")):
            time = START + datetime.timedelta(minutes=minutes)
            bundle["verificationMaterial"]["tlogEntries"] = [
                self.instance.entry(body, time=time)]
            self.refused(bundle, words, "untrusted")

    def test_no_proof_of_the_time(self):
        bundle = self.instance.bundle(self.data)
        del self.entry_of(bundle)["inclusionPromise"]
        self.refused(bundle, "nothing that can be relied on proves when", "untrusted")
        bundle["verificationMaterial"]["tlogEntries"] = []
        self.refused(bundle, "proves when", "untrusted")

    def test_each_part_of_the_entry_counts(self):
        good = self.instance.bundle(self.data)

        def flip(text, at=5):
            raw = bytearray(base64.b64decode(text))
            raw[at] ^= 1
            return b64(raw)
        for words, change in (
                ("promise", lambda e: e["inclusionPromise"].update(
                    signedEntryTimestamp=flip(e["inclusionPromise"]
                                              ["signedEntryTimestamp"], 20))),
                ("promise", lambda e: e.update(integratedTime="1740830405")),
                ("promise", lambda e: e.update(logIndex="7")),
                ("inclusion proof does not hold", lambda e: e["inclusionProof"].update(
                    logIndex="2")),
                ("inclusion proof does not hold", lambda e: e["inclusionProof"].update(
                    rootHash=flip(e["inclusionProof"]["rootHash"]))),
                ("inclusion proof does not hold", lambda e: e["inclusionProof"].update(
                    hashes=e["inclusionProof"]["hashes"][:-1])),
                ("inclusion proof does not hold", lambda e: e["inclusionProof"].update(
                    hashes=e["inclusionProof"]["hashes"] + [b64(bytes(32))])),
                ("inclusion proof does not hold", lambda e: e["inclusionProof"]["hashes"]
                 .__setitem__(0, flip(e["inclusionProof"]["hashes"][0]))),
                ("checkpoint", lambda e: e["inclusionProof"]["checkpoint"].update(
                    envelope=e["inclusionProof"]["checkpoint"]["envelope"].replace(
                        "- 17", "- 18"))),
                ("no checkpoint", lambda e: e["inclusionProof"].pop("checkpoint")),
                ("no inclusion proof", lambda e: e.pop("inclusionProof")),
                ("cannot be read", lambda e: None)):
            bundle = copy.deepcopy(good)
            change(self.entry_of(bundle))
            if words == "cannot be read":
                self.entry_of(bundle)["logIndex"] = "-1"
            with self.subTest(words):
                seal = self.judge(bundle, "failed")
                self.assertEqual(seal["verdict"], "failed", seal["why"])

    def test_entry_about_something_else(self):
        bundle = self.instance.bundle(self.data)
        value = base64.b64decode(bundle["messageSignature"]["signature"])
        certificate = base64.b64decode(
            bundle["verificationMaterial"]["certificate"]["rawBytes"])
        other = self.instance.sign_certificate(Key(self.folder, "o"))
        for body, words in (
                (self.instance.body(b"other", value, certificate), "other bytes"),
                (self.instance.body(self.data, value[:-1] + bytes([value[-1] ^ 1]), certificate),
                 "another signature or key"),
                (self.instance.body(self.data, value, other), "another signature or key"),
                (b'{"kind":"helm","apiVersion":"0.0.1","spec":{}}', "of a kind")):
            bundle["verificationMaterial"]["tlogEntries"] = [self.instance.entry(body)]
            self.refused(bundle, words)

    def test_another_log(self):
        bundle = self.instance.bundle(self.data)
        body = base64.b64decode(self.entry_of(bundle)["canonicalizedBody"])
        bundle["verificationMaterial"]["tlogEntries"] = [
            self.instance.entry(body, key=Key(self.folder, "l"))]
        self.refused(bundle, "does not name the log", "untrusted")

    def test_root_that_is_not_valid_then(self):
        bundle = self.instance.bundle(self.data)
        document = json.loads(self.root.read_text())
        for part, words in (("tlogs", "does not name the log"),
                            ("certificateAuthorities", "no authority"),
                            ("ctlogs", "certificate's log for that time")):
            changed = copy.deepcopy(document)
            holder = changed[part][0].get("publicKey", changed[part][0])
            holder["validFor"] = {"start": "2025-01-01T00:00:00Z",
                                  "end": "2025-02-01T00:00:00Z"}
            path = self.folder / "old_root.json"
            path.write_text(json.dumps(changed))
            self.refused(bundle, words, "untrusted", root=path)

    def test_root_that_cannot_be_read(self):
        bundle = self.instance.bundle(self.data)
        self.path.write_text(json.dumps(bundle))
        for text in ("{}", "[]", "x", '{"tlogs":[{"publicKey":{"validFor":{}}}]}'):
            path = self.folder / "bad_root.json"
            path.write_text(text)
            with self.assertRaisesRegex(AssertionError, "--trusted-root"):
                verify("--trusted-root", path, self.package)

    def test_bundles_that_are_none(self):
        good = self.instance.bundle(self.data)
        for change in (lambda b: b.update(mediaType="application/vnd.dev.sigstore.bundle"
                                                    "+json;version=0.9"),
                       lambda b: b["messageSignature"].update(signature="!!"),
                       lambda b: b.pop("messageSignature"),
                       lambda b: b["verificationMaterial"].pop("certificate"),
                       lambda b: b["verificationMaterial"]["certificate"].update(
                           rawBytes="AAAA"),
                       lambda b: b["verificationMaterial"]["certificate"].update(
                           rawBytes=b64(self.instance.root))):
            bundle = copy.deepcopy(good)
            change(bundle)
            self.assertEqual(self.judge(bundle, "failed")["verdict"], "failed")

    def test_time_stamp_instead_of_the_promise(self):
        """As Rekor's second version does: its entries state no time."""
        now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        made = self.instance
        bundle = made.bundle(self.data, start=now - datetime.timedelta(minutes=2))
        entry = self.entry_of(bundle)
        del entry["inclusionPromise"], entry["integratedTime"]
        value = self.folder / "value"
        value.write_bytes(base64.b64decode(bundle["messageSignature"]["signature"]))
        token = self.stamp(value, self.folder / "token.tsr").read_bytes()
        bundle["verificationMaterial"]["timestampVerificationData"] = {
            "rfc3161Timestamps": [{"signedTimestamp": b64(token)}]}
        self.path.write_text(json.dumps(bundle))
        pki = pathlib.Path(__file__).resolve().parents[2] / "corpus/pki"
        chain = [run("openssl", "x509", "-in", pki / f"{n}.pem", "-outform", "DER")
                 for n in ("tsa", "ca")]
        root = made.trusted_root(timestampAuthorities=[{
            "validFor": {"start": "2025-01-01T00:00:00Z"}, "certChain": {
                "certificates": [{"rawBytes": b64(c)} for c in chain]}}])
        document = self.assert_verdict("verified", "--trusted-root", root, *self.who,
                                       at=None)
        self.assertEqual(document["signatures"][0]["time_basis"], "verified")
        self.assertEqual(document["timestamps"][0]["authority"], "CN=Lab TSA,O=Lab Evidence")
        # A token over other bytes proves nothing about this signature.
        value.write_bytes(b"other")
        token = self.stamp(value, self.folder / "token.tsr").read_bytes()
        bundle["verificationMaterial"]["timestampVerificationData"] = {
            "rfc3161Timestamps": [{"signedTimestamp": b64(token)}]}
        self.path.write_text(json.dumps(bundle))
        document = self.assert_verdict("failed", "--trusted-root", root, *self.who, at=None)
        self.assertIn("proves when", document["signatures"][0]["why"])

    def statement(self, **names):
        return json.dumps({
            "_type": "https://in-toto.io/Statement/v1", "predicateType": "x",
            "subject": [{"name": names.get(n[0], n), "digest": {"sha256": sha256(
                (self.package / n).read_bytes()).hex()}} for n in ("a.bin", "b.bin")]
        }).encode()

    def enveloped(self, payload):
        made, kind = self.instance, "application/vnd.in-toto+json"
        key = Key(self.folder, "signer")
        certificate = made.sign_certificate(key)
        pae = f"DSSEv1 {len(kind)} {kind} {len(payload)} ".encode() + payload
        value = key.sign(pae)
        body = json.dumps({
            "apiVersion": "0.0.1", "kind": "dsse", "spec": {
                "envelopeHash": {"algorithm": "sha256", "value": "0" * 64},
                "payloadHash": {"algorithm": "sha256", "value": sha256(payload).hex()},
                "signatures": [{"signature": b64(value),
                                "verifier": b64(made.pem(certificate))}]}}).encode()
        return {"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
                "verificationMaterial": {"certificate": {"rawBytes": b64(certificate)},
                                         "tlogEntries": [made.entry(body)]},
                "dsseEnvelope": {"payload": b64(payload), "payloadType": kind,
                                 "signatures": [{"sig": b64(value)}]}}

    def test_statement_in_a_bundle_is_the_manifest(self):
        self.target.unlink()
        bundle = self.enveloped(self.statement())
        self.judge(bundle, "verified")
        (self.package / "a.bin").write_bytes(b"changed\n")
        document = self.assert_verdict("failed", "--trusted-root", self.root, *self.who)
        self.assertEqual(self.findings(document), {("integrity.mismatch", "a.bin")})

    def test_subject_by_its_digest_under_another_name(self):
        self.target.unlink()
        bundle = self.enveloped(self.statement(a="registry/a@1"))
        self.judge(bundle, "verified")
        document = self.assert_verdict("verified", "--trusted-root", self.root, *self.who)
        self.assertIn(("integrity.odd-name", "registry/a@1"),
                      {(f["id"], f["subject"]) for f in document["findings"]})

    def old_form(self, bundle):
        """What cosign sign-blob --bundle wrote before bundles were a format."""
        material = bundle["verificationMaterial"]
        entry = material["tlogEntries"][0]
        return {"base64Signature": bundle["messageSignature"]["signature"],
                "cert": b64(self.instance.pem(base64.b64decode(
                    material["certificate"]["rawBytes"]))),
                "rekorBundle": {
                    "SignedEntryTimestamp": entry["inclusionPromise"][
                        "signedEntryTimestamp"],
                    "Payload": {"body": entry["canonicalizedBody"],
                                "integratedTime": int(entry["integratedTime"]),
                                "logIndex": int(entry["logIndex"]),
                                "logID": base64.b64decode(entry["logId"]["keyId"]).hex()}}}

    def test_bundles_of_old_cosign(self):
        good = self.old_form(self.instance.bundle(self.data))
        seal = self.judge(good, "verified")
        self.assertEqual((seal["signer"], seal["format"]), (SIGNER, "sigstore"))
        for words, change in (
                ("promise", lambda b: b["rekorBundle"]["Payload"].update(logIndex=1)),
                ("promise", lambda b: b["rekorBundle"]["Payload"].update(
                    integratedTime=1740830401)),
                ("proves when", lambda b: b.pop("rekorBundle"))):
            bundle = copy.deepcopy(good)
            change(bundle)
            seal = self.judge(bundle, "failed")
            self.assertIn(words, seal["why"])
        self.target.write_bytes(self.data + b"# more\n")
        self.refused(good, "not made over these bytes")

    def test_bundle_of_old_cosign_by_key(self):
        key = Key(self.folder, "k")
        run("openssl", "pkey", "-in", key.path, "-pubout", "-out", self.folder / "k.pub")
        self.path.write_text(json.dumps({"base64Signature": b64(key.sign(self.data))}))
        self.assert_verdict("verified", "--key", self.folder / "k.pub")

    def test_two_signatures_in_an_envelope(self):
        self.target.unlink()
        bundle = self.enveloped(self.statement())
        bundle["dsseEnvelope"]["signatures"] *= 2
        self.assertEqual(self.judge(bundle, "failed")["verdict"], "failed")


if __name__ == "__main__":
    import unittest
    unittest.main()
