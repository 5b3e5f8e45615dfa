"""Seals in every coding that tools and mail give them, bare signatures by every kind of key, and
what lies beside a seal without being evidence. All of it made with openssl, ssh-keygen, minisign
and signify."""

import base64
import pathlib
import shutil
import subprocess
import unittest

from verify_kit import AT, EXHIBIT, PKI, VerifyCase, run, verify

MANIFEST = "manifest.sha256"


def pem(label, der):
    return (f"-----BEGIN {label}-----\n".encode() + base64.encodebytes(der) +
            f"-----END {label}-----\n".encode())


CODINGS = {"octets": lambda b: b, "one line": base64.b64encode,
           "lines": base64.encodebytes, "crlf": lambda b: base64.encodebytes(b).replace(
               b"\n", b"\r\n")}


class BareSignatures(VerifyCase):
    KINDS = {
        "rsa": ("RSA", "-pkeyopt", "rsa_keygen_bits:2048"),
        "rsa-3072": ("RSA", "-pkeyopt", "rsa_keygen_bits:3072"),
        "rsa-pss": ("RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"),
        "p-256": ("EC", "-pkeyopt", "ec_paramgen_curve:P-256"),
        "p-384": ("EC", "-pkeyopt", "ec_paramgen_curve:P-384"),
        "p-521": ("EC", "-pkeyopt", "ec_paramgen_curve:P-521"),
        "ed25519": ("ED25519",), "ed448": ("ED448",)}
    PSS = ("-sigopt", "rsa_padding_mode:pss")

    def setUp(self):
        super().setUp()
        self.files()
        self.target = self.manifest()

    def key(self, kind, name="key"):
        secret, public = self.folder / f"{name}.pem", self.folder / f"{name}.pub"
        run("openssl", "genpkey", "-algorithm", *self.KINDS[kind], "-out", secret)
        run("openssl", "pkey", "-in", secret, "-pubout", "-out", public)
        return secret, public

    def dgst(self, secret, digest, *options):
        return run("openssl", "dgst", f"-{digest}", "-sign", secret, *options, self.target)

    def whole(self, secret, path=None):
        return run("openssl", "pkeyutl", "-sign", "-rawin", "-inkey", secret, "-in",
                   path or self.target)

    def signatures(self, kind, secret):
        if kind.startswith("ed"):
            yield "whole", self.whole(secret)
            return
        for digest in ("sha256", "sha384", "sha512"):
            if kind != "rsa-pss":
                yield digest, self.dgst(secret, digest)
            if kind.startswith("rsa"):
                for salt in ("digest", "max", "20", "0"):
                    yield f"pss {digest} {salt}", self.dgst(
                        secret, digest, *self.PSS, "-sigopt", f"rsa_pss_saltlen:{salt}")

    def test_every_key_and_padding(self):
        path = self.package / f"{MANIFEST}.sig"
        for kind in self.KINDS:
            secret, public = self.key(kind)
            _, other = self.key(kind, "other")
            for what, value in self.signatures(kind, secret):
                with self.subTest(kind=kind, what=what):
                    path.write_bytes(value)
                    document = self.assert_verdict("verified", "--key", public)
                    self.assertEqual(document["signatures"][0]["format"], "raw")
                    self.assert_verdict("failed", "--key", other)
                    path.write_bytes(value[:-1] + bytes([value[-1] ^ 1]))
                    self.assert_verdict("failed", "--key", public)

    def test_codings_and_names(self):
        secret, public = self.key("rsa")
        small, small_public = self.key("ed25519", "small")
        for name in (".sig", ".sign", ".signature", ".sig.b64", ".sig.base64"):
            for what, code in CODINGS.items():
                path = self.package / f"{MANIFEST}{name}"
                with self.subTest(name=name, what=what):
                    path.write_bytes(code(self.dgst(secret, "sha512", *self.PSS)))
                    self.assert_verdict("verified", "--key", public)
                    path.write_bytes(code(self.whole(small)))
                    self.assert_verdict("verified", "--key", small_public)
                    path.unlink()

    def test_keys_that_are_too_short(self):
        secret, public = self.folder / "short.pem", self.folder / "short.pub"
        run("openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024",
            "-out", secret)
        run("openssl", "pkey", "-in", secret, "-pubout", "-out", public)
        (self.package / f"{MANIFEST}.sig").write_bytes(self.dgst(secret, "sha256"))
        done = subprocess.run([EXHIBIT, "verify", "--key", public, self.package],
                              capture_output=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"less than 2048 bits", done.stderr)
        _, other = self.key("rsa")
        self.assert_verdict("failed", "--key", other)

    def test_large_files(self):
        """Ed25519 signs the message itself: what is too large is told, and not called false."""
        target = self.package / "memory.bin"
        for megabytes, outcome in ((70, "not examined"), (60, "verified")):
            with open(target, "wb") as f:
                f.truncate(megabytes << 20)
            self.manifest()
            secret, public = self.key("ed25519")
            (self.package / "memory.bin.sig").write_bytes(self.whole(secret, target))
            document = self.assert_verdict("incomplete", "--key", public)
            self.assertEqual(document["signatures"][0]["verdict"], outcome)
            secret, public = self.key("rsa")
            (self.package / "memory.bin.sig").write_bytes(
                run("openssl", "dgst", "-sha384", "-sign", secret, target))
            document = self.assert_verdict("incomplete", "--key", public)
            self.assertEqual(document["signatures"][0]["verdict"], "verified")
            (self.package / "memory.bin.sig").unlink()


class SealsAsText(VerifyCase):
    TRUST = ("--trust", PKI / "ca.pem")

    def setUp(self):
        super().setUp()
        self.files()
        self.target = self.manifest()

    def coded(self, der, label):
        yield from ((what, code(der)) for what, code in CODINGS.items())
        yield "pem", pem(label, der)
        yield "pem with text before it", b"From the custodian:\n" + pem(label, der)

    def test_time_stamps(self):
        token = self.stamp(self.target, self.folder / "token.tsr").read_bytes()
        bare = run("openssl", "ts", "-reply", "-in", self.folder / "token.tsr", "-token_out")
        for der, label in ((token, "TIMESTAMP RESPONSE"), (bare, "TIMESTAMP TOKEN"),
                           (bare, "PKCS7"), (bare, "CMS")):
            for what, data in self.coded(der, label):
                for name in (".tsr", ".tsr.b64", ".tsr.txt"):
                    with self.subTest(label=label, what=what, name=name):
                        path = self.package / f"{MANIFEST}{name}"
                        path.write_bytes(data)
                        document = self.assert_verdict("verified", *self.TRUST, at=None)
                        self.assertEqual(document["timestamps"][0]["verdict"], "verified")
                        path.unlink()

    def test_signatures(self):
        der = self.sign(self.target, out=self.folder / "s.p7s").read_bytes()
        for what, data in self.coded(der, "CMS"):
            for name in (".p7s", ".p7s.b64"):
                with self.subTest(what=what, name=name):
                    path = self.package / f"{MANIFEST}{name}"
                    path.write_bytes(data)
                    self.assert_verdict("verified", *self.TRUST)
                    path.unlink()

    def test_small_structures_are_no_bare_signatures(self):
        """A CMS structure without certificates is as long as an RSA signature may be."""
        der = self.sign(self.target, "custodian", self.folder / "s.p7s", "-nocerts",
                        "-noattr").read_bytes()
        self.assertLess(len(der), 1024)
        shutil.copy(PKI / "custodian.pem", self.package)
        (self.package / f"{MANIFEST}.sig").write_bytes(base64.b64encode(der))
        document = self.assert_verdict("verified", *self.TRUST)
        self.assertEqual(document["signatures"][0]["format"], "cms")

    def test_seals_of_no_files_name_with_longer_digests(self):
        """Of a file that is no manifest only the SHA-256 is known at first."""
        data = self.package / "a.bin"
        self.sign(data, "custodian", self.package / "first.p7s", "-md", "sha512")
        self.stamp(data, self.package / "second.tsr", "sha384")
        for package in (self.package, self.folder / "package.tar.gz"):
            if package != self.package:
                run("tar", "-czf", package, "-C", self.package, ".")
            _, document = verify(*self.TRUST, package, at=None)
            for seal in document["signatures"] + document["timestamps"]:
                self.assertEqual((seal["over"], seal["verdict"]), ("a.bin", "verified"))

    def test_what_follows_is_found_in_text_too(self):
        der = self.sign(self.target, out=self.folder / "s.p7s").read_bytes()
        (self.package / f"{MANIFEST}.p7s").write_bytes(base64.b64encode(der + b"more"))
        self.assert_verdict("failed", *self.TRUST)


class Attachments(VerifyCase):
    """What lies beside a seal is told, and makes no package incomplete; nothing else does that."""

    def setUp(self):
        super().setUp()
        self.files()
        self.target = self.manifest()

    def add(self, name, data):
        (self.package / name).write_bytes(
            data if isinstance(data, bytes) else pathlib.Path(data).read_bytes())

    def check(self, attachments, *options, verdict="verified", at=AT):
        """With and without what the seal is to be checked with."""
        for arguments, expected in ((options, verdict), ((), "unsealed")):
            document = self.assert_verdict(expected, *arguments, at=at)
            self.assertEqual({f["subject"] for f in document["findings"]
                              if f["id"] == "integrity.seal-attachment"}, set(attachments))
            self.assertEqual(self.findings(document), set())

    def bare(self):
        secret, public = self.folder / "key.pem", self.folder / "key.pub"
        run("openssl", "genpkey", "-algorithm", "RSA", "-out", secret)
        run("openssl", "pkey", "-in", secret, "-pubout", "-out", public)
        self.add(f"{MANIFEST}.sig", run("openssl", "dgst", "-sha256", "-sign", secret, self.target))
        return secret, public

    def test_public_key_of_a_bare_signature(self):
        _, public = self.bare()
        self.add("custodian.pub", public)
        self.check({"custodian.pub"}, "--key", public)

    def test_a_package_does_not_vouch_for_itself(self):
        _, public = self.bare()
        self.add("custodian.pub", public)
        (self.folder / "link.pub").symlink_to(self.package / "custodian.pub")
        (self.folder / "policy.json").write_text("{}")
        shutil.copy(self.folder / "policy.json", self.package)
        for option, name in (("--key", self.package / "custodian.pub"),
                             ("--key", self.folder / "link.pub"),
                             ("--policy", self.package / "policy.json")):
            for package, told in ((self.package, True), (self.folder / "other", False)):
                (self.folder / "other").mkdir(exist_ok=True)
                _, document = verify(option, name, package)
                found = [f["subject"] for f in document["findings"]
                         if f["id"] == "integrity.own-trust"]
                self.assertEqual(found, [str(name)] if told else [])
            done = subprocess.run([EXHIBIT, "analyze", "--quiet", option, name, self.package, "-o",
                                   self.folder / "out"], capture_output=True, check=False)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn("integrity.own-trust",
                          (self.folder / "out/findings.json").read_text())

    def test_private_keys_and_other_keys_are_not(self):
        secret, public = self.bare()
        self.add("other.pem", PKI / "other.pem")
        self.add("key.txt", secret)
        document = self.assert_verdict("incomplete", "--key", public)
        self.assertEqual(self.findings(document),
                         {("integrity.unlisted", "other.pem"), ("integrity.unlisted", "key.txt")})

    def test_minisign_and_signify_keys(self):
        for tool, keys, sign in (
                ("minisign", ("-G", "-W"), ("-S", "-m", self.target)),
                ("signify-openbsd", ("-G", "-n"), ("-S", "-m", self.target))):
            with self.subTest(tool):
                public, secret = self.folder / f"{tool}.pub", self.folder / f"{tool}.sec"
                run(tool, *keys, "-p", public, "-s", secret)
                out = self.package / f"{MANIFEST}.{'minisig' if tool == 'minisign' else 'sig'}"
                run(tool, *sign, "-s", secret, "-x", out)
                self.add(f"{tool}.pub", public)
                self.check({f"{tool}.pub"}, "--key", public)
                out.unlink()
                (self.package / f"{tool}.pub").unlink()

    def test_allowed_signers_and_ssh_key(self):
        key = self.folder / "id"
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "jane@lab", "-f", key)
        run("ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", "file", self.target)
        public = (self.folder / "id.pub").read_bytes()
        self.add("allowed_signers", b"jane@lab namespaces=\"file\" " + public)
        self.add("jane.pub", public)
        signers = self.folder / "signers"
        shutil.copy(self.package / "allowed_signers", signers)
        self.check({"allowed_signers", "jane.pub"}, "--allowed-signers", signers)

    def test_certificates_of_signature_and_time_stamp(self):
        self.sign(self.target)
        self.stamp(self.target)
        for name in ("custodian.pem", "tsa.pem", "ca.pem"):
            self.add(name, PKI / name)
        self.check({"custodian.pem", "tsa.pem", "ca.pem"}, "--trust", PKI / "ca.pem", at=None)
        self.add("other.pem", PKI / "other.pem")
        document = self.assert_verdict("incomplete", "--trust", PKI / "ca.pem", at=None)
        self.assertEqual(self.findings(document), {("integrity.unlisted", "other.pem")})

    def test_revocation_list(self):
        ca = self.folder / "ca"
        ca.mkdir()
        (ca / "index.txt").write_text("")
        (ca / "crlnumber").write_text("01\n")
        (ca / "ca.cnf").write_text(
            f"[ca]\ndefault_ca=d\n[d]\ndatabase={ca}/index.txt\ncrlnumber={ca}/crlnumber\n"
            "default_md=sha256\ndefault_crl_days=30\n")
        for name in ("mine", "foreign"):
            run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}",
                "-days", "30", "-keyout", ca / f"{name}.key", "-out", ca / f"{name}.pem")
            run("openssl", "ca", "-config", ca / "ca.cnf", "-gencrl", "-keyfile",
                ca / f"{name}.key", "-cert", ca / f"{name}.pem", "-out", ca / f"{name}.crl")
        run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=jane", "-keyout",
            ca / "jane.key", "-out", ca / "jane.csr")
        run("openssl", "x509", "-req", "-in", ca / "jane.csr", "-CA", ca / "mine.pem", "-CAkey",
            ca / "mine.key", "-CAcreateserial", "-days", "20", "-out", ca / "jane.pem")
        run("openssl", "cms", "-sign", "-binary", "-in", self.target, "-signer", ca / "jane.pem",
            "-inkey", ca / "jane.key", "-outform", "DER", "-out",
            self.package / f"{MANIFEST}.p7s")
        self.add("mine.crl", ca / "mine.crl")
        der = run("openssl", "crl", "-in", ca / "mine.crl", "-outform", "DER")
        self.add("mine.der", der)
        self.check({"mine.crl", "mine.der"}, "--trust", ca / "mine.pem", at=None)
        self.add("foreign.crl", ca / "foreign.crl")
        document = self.assert_verdict("incomplete", "--trust", ca / "mine.pem", at=None)
        self.assertEqual(self.findings(document), {("integrity.unlisted", "foreign.crl")})

    def test_a_key_without_a_seal_is_a_file_like_any_other(self):
        _, public = self.bare()
        (self.package / f"{MANIFEST}.sig").unlink()
        self.add("custodian.pub", public)
        self.assert_verdict("incomplete")

    def test_a_key_of_a_signature_that_does_not_hold(self):
        _, public = self.bare()
        self.add("custodian.pub", public)
        (self.package / "a.bin").write_bytes(b"changed\n")
        self.assert_verdict("failed", "--key", public)
        self.target.write_bytes(self.target.read_bytes() + b"\n")
        self.assert_verdict("failed", "--key", public)

    def test_many_keys_take_bounded_work(self):
        _, public = self.bare()
        for i in range(300):
            self.add(f"key-{i:03}.pub", public)
        document = self.assert_verdict("incomplete", "--key", public)
        told = [f for f in document["findings"] if f["id"] == "integrity.seal-attachment"]
        self.assertLessEqual(len(told), 100)


if __name__ == "__main__":
    unittest.main()
