"""A Sigstore instance of our own: an authority for certificates, a log of certificates, a
log of signatures and a time-stamp authority, from the specifications (RFC 5280, RFC 6962,
C2SP signed-note, sigstore/protobuf-specs) and openssl's keys; nothing of exhibit."""

import base64
import datetime
import hashlib
import json

from der import (bits, common_name, context, der, extension, generalized_time, integer,
                 octets, oid, sequence)
from verify_kit import run

ECDSA_SHA256 = sequence(oid("1.2.840.10045.4.3.2"))
START = datetime.datetime(2025, 3, 1, 12, 0, 0, tzinfo=datetime.timezone.utc)
SIGNER = "https://example.org/custodians/17"
ISSUER = "https://login.example.org"


def b64(data):
    return base64.b64encode(data).decode()


def sha256(data):
    return hashlib.sha256(data).digest()


class Key:
    def __init__(self, folder, name, kind=("-algorithm", "EC", "-pkeyopt",
                                           "ec_paramgen_curve:P-256")):
        self.path = folder / f"{name}.key"
        self.work = folder
        run("openssl", "genpkey", *kind, "-out", self.path)
        self.public = run("openssl", "pkey", "-in", self.path, "-pubout", "-outform", "DER")
        self.is_ed25519 = "ED25519" in kind

    def sign(self, data):
        (self.work / "data").write_bytes(data)
        digest = () if self.is_ed25519 else ("-digest", "sha256")
        return run("openssl", "pkeyutl", "-sign", "-rawin", *digest, "-inkey", self.path,
                   "-in", self.work / "data")


# RFC 6962, 2.1: by its recursive definitions.

def split(n):
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def tree_hash(leaves):
    if len(leaves) == 1:
        return sha256(b"\0" + leaves[0])
    k = split(len(leaves))
    return sha256(b"\1" + tree_hash(leaves[:k]) + tree_hash(leaves[k:]))


def audit_path(m, leaves):
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return audit_path(m, leaves[:k]) + [tree_hash(leaves[k:])]
    return audit_path(m - k, leaves[k:]) + [tree_hash(leaves[:k])]


class Instance:
    def __init__(self, folder):
        self.folder = folder
        self.authority, self.log = Key(folder, "authority"), Key(folder, "log")
        self.certificate_log = Key(folder, "ctlog")
        self.name = common_name("Instance CA")
        self.root = self.certificate(self.authority.public, self.name, (
            extension("2.5.29.19", sequence(der(1, b"\xff")), True),
            extension("2.5.29.15", der(3, b"\1\6"), True)), 1,
            START - datetime.timedelta(30), START + datetime.timedelta(3650))
        self.host = "rekor.example.org"

    def certificate(self, public, subject, extensions, serial, start, end):
        tbs = self.tbs(public, subject, extensions, serial, start, end)
        return sequence(tbs, ECDSA_SHA256, bits(self.authority.sign(tbs)))

    def tbs(self, public, subject, extensions, serial, start, end):
        return sequence(context(0, integer(2)), integer(serial), ECDSA_SHA256, self.name,
                        sequence(generalized_time(start), generalized_time(end)), subject,
                        public, context(3, sequence(*extensions)))

    def sign_certificate(self, key, *, identity=SIGNER, usage="1.3.6.1.5.5.7.3.3",
                         start=START, logged=True, log=None):
        """Ten minutes, with the certificate log's timestamp in it."""
        extensions = [
            extension("2.5.29.15", der(3, b"\7\x80"), True),
            extension("2.5.29.37", sequence(oid(usage))),
            extension("2.5.29.17", sequence(der(0x86, identity.encode())), True),
            extension("1.3.6.1.4.1.57264.1.8", der(12, ISSUER.encode()))]
        form = (key.public, sequence(), 2, start, start + datetime.timedelta(minutes=10))
        tbs = self.tbs(form[0], form[1], extensions, *form[2:])
        log = log or self.certificate_log
        stamp = int(start.timestamp() * 1000).to_bytes(8, "big")
        value = log.sign(b"\0\0" + stamp + b"\0\1" + sha256(self.authority.public)
                         + len(tbs).to_bytes(3, "big") + tbs + b"\0\0")
        sct = (b"\0" + sha256(log.public) + stamp + b"\0\0\4\3"
               + len(value).to_bytes(2, "big") + value)
        listed = len(sct).to_bytes(2, "big") + sct
        listed = len(listed).to_bytes(2, "big") + listed
        if logged:
            extensions.append(extension("1.3.6.1.4.1.11129.2.4.2", octets(listed)))
        return self.certificate(form[0], form[1], extensions, *form[2:])

    def trusted_root(self, **changes):
        valid = {"start": "2025-01-01T00:00:00Z"}

        def log(key, host):
            return {"baseUrl": f"https://{host}/", "hashAlgorithm": "SHA2_256",
                    "publicKey": {"rawBytes": b64(key.public), "validFor": valid,
                                  "keyDetails": "PKIX_ECDSA_P256_SHA_256"},
                    "logId": {"keyId": b64(sha256(key.public))}}
        document = {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [log(self.log, self.host)],
            "ctlogs": [log(self.certificate_log, "ct.example.org")],
            "certificateAuthorities": [{
                "uri": "https://fulcio.example.org", "validFor": valid,
                "certChain": {"certificates": [{"rawBytes": b64(self.root)}]}}],
            **changes}
        path = self.folder / "trusted_root.json"
        path.write_text(json.dumps(document))
        return path

    def entry(self, body, *, others=6, at=3, time=START, key=None, name=None):
        """The log's entry with promise and proof, among others in the tree."""
        key = key or self.log
        leaves = [b"another entry %d" % i for i in range(others)]
        leaves.insert(at, body)
        root = tree_hash(leaves)
        seconds = int(time.timestamp())
        promise = json.dumps({"body": b64(body), "integratedTime": seconds,
                              "logID": sha256(key.public).hex(), "logIndex": 1000 + at},
                             separators=(",", ":")).encode()
        text = (f"{self.host} - 17\n{len(leaves)}\n{b64(root)}\n").encode()
        value = sha256(key.public)[:4] + key.sign(text)
        note = text.decode() + f"\n— {name or self.host} {b64(value)}\n"
        return {"logIndex": str(1000 + at), "logId": {"keyId": b64(sha256(key.public))},
                "kindVersion": {"kind": "hashedrekord", "version": "0.0.1"},
                "integratedTime": str(seconds),
                "inclusionPromise": {"signedEntryTimestamp": b64(key.sign(promise))},
                "inclusionProof": {"logIndex": str(at), "rootHash": b64(root),
                                   "treeSize": str(len(leaves)),
                                   "hashes": [b64(h) for h in audit_path(at, leaves)],
                                   "checkpoint": {"envelope": note}},
                "canonicalizedBody": b64(body)}

    @staticmethod
    def pem(certificate):
        text = b64(certificate)
        lines = [text[i:i + 64] for i in range(0, len(text), 64)]
        return "\n".join(["-----BEGIN CERTIFICATE-----", *lines,
                          "-----END CERTIFICATE-----", ""]).encode()

    def body(self, data, value, certificate):
        """hashedrekord 0.0.1."""
        return json.dumps({
            "apiVersion": "0.0.1", "kind": "hashedrekord", "spec": {
                "data": {"hash": {"algorithm": "sha256", "value": sha256(data).hex()}},
                "signature": {"content": b64(value), "publicKey": {
                    "content": b64(self.pem(certificate))}}}},
            separators=(",", ":")).encode()

    def bundle(self, data, **options):
        key = Key(self.folder, "signer")
        certificate = self.sign_certificate(key, **options)
        value = key.sign(data)
        return {"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
                "verificationMaterial": {
                    "certificate": {"rawBytes": b64(certificate)},
                    "tlogEntries": [self.entry(self.body(data, value, certificate))]},
                "messageSignature": {
                    "messageDigest": {"algorithm": "SHA2_256", "digest": b64(sha256(data))},
                    "signature": b64(value)}}
