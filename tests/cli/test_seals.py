"""Signatures and time-stamps of every format, made by openssl, ssh-keygen, minisign and
signify, at chosen times; and what must not pass."""

import base64
import hashlib
import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from seal_kit import LATER, MANIFEST, Authority, SealCase, in_days
from verify_kit import AT, EXHIBIT, PKI, VerifyCase, run, verify

class Cms(SealCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name, extensions in (("seal", "seal"), ("code", "code"), ("plain", "plain"),
                                 ("document", "document"), ("encrypt", "encrypt"),
                                 ("tsa", "tsa"), ("inter", "inter")):
            cls.authority.issue(name, extensions)
        cls.authority.issue("rsa", key=("rsa", "rsa_keygen_bits:2048"))
        cls.authority.issue("rsa1024", key=("rsa", "rsa_keygen_bits:1024"))
        cls.authority.issue("p384", key=("ec", "ec_paramgen_curve:P-384"))
        cls.authority.issue("ed25519", key=("ed25519",))
        cls.authority.issue("past", end="20261101000000Z")
        cls.authority.issue("future", start="20280101000000Z")
        cls.authority.issue("soon", end=in_days(2))
        cls.authority.issue("leaf", issuer="inter")

    def test_keys_and_paddings(self):
        for signer, options in (("seal", ()), ("rsa", ()), ("p384", ("-md", "sha384")),
                                ("rsa", ("-keyopt", "rsa_padding_mode:pss")),
                                ("rsa", ("-md", "sha512")), ("seal", ("-cades",)),
                                ("seal", ("-keyid",)), ("rsa", ("-noattr",)),
                                ("seal", ("-noattr",)), ("document", ()), ("plain", ())):
            with self.subTest(signer=signer, options=options):
                self.cms(signer, *options)
                seal = self.seal("verified")
                self.assertEqual(seal["signer"], f"CN={signer}")
                self.assertEqual(seal["format"], "cms")
                data = bytearray(self.target.read_bytes())
                data[0] ^= 1
                good = self.target.read_bytes()
                self.target.write_bytes(data)
                self.assertEqual(self.seal("failed")["verdict"], "failed")
                self.target.write_bytes(good)

    def test_ed25519(self):
        """RFC 8419; openssl 3.0 cannot write it, so the structure is put together here."""
        def der(tag, *parts):
            body = b"".join(parts)
            n = len(body)
            size = bytes([n]) if n < 128 else b"\x82" + n.to_bytes(2, "big")
            return bytes([tag]) + size + body

        def oid(text):
            return der(6, bytes.fromhex(text))
        content = self.target.read_bytes()
        sha512 = der(0x30, oid("608648016503040203"))
        attributes = sorted([
            der(0x30, oid("2a864886f70d010903"), der(0x31, oid("2a864886f70d010701"))),
            der(0x30, oid("2a864886f70d010904"),
                der(0x31, der(4, hashlib.sha512(content).digest())))])
        (self.folder / "attributes").write_bytes(der(0x31, *attributes))
        value = run("openssl", "pkeyutl", "-sign", "-rawin", "-inkey",
                    self.pki / "ed25519.key", "-in", self.folder / "attributes")
        certificate = run("openssl", "x509", "-in", self.pki / "ed25519.pem", "-outform",
                          "DER")
        serial_text = run("openssl", "x509", "-in", self.pki / "ed25519.pem", "-noout",
                      "-serial").decode().strip().split("=")[1]
        serial = bytes.fromhex(serial_text)
        name = der(0x30, der(0x31, der(0x30, oid("550403"), der(12, b"Test CA"))))
        signer = der(0x30, der(2, b"\x01"),
                     der(0x30, name, der(2, (b"\0" if serial[0] > 127 else b"") + serial)),
                     sha512, der(0xa0, *attributes), der(0x30, oid("2b6570")),
                     der(4, value))
        signed = der(0x30, der(2, b"\x01"), der(0x31, sha512),
                     der(0x30, oid("2a864886f70d010701")), der(0xa0, certificate),
                     der(0x31, signer))
        whole = der(0x30, oid("2a864886f70d010702"), der(0xa0, signed))
        path = self.package / (MANIFEST + ".p7s")
        path.write_bytes(whole)
        self.assertEqual(self.seal("verified")["signer"], "CN=ed25519")
        path.write_bytes(whole.replace(value, value[:-1] + bytes([value[-1] ^ 1])))
        self.assertEqual(self.seal("failed")["verdict"], "failed")

    def test_pem_form(self):
        self.cms("seal", form="PEM")
        self.seal("verified")

    def test_certificates_left_out_come_from_trust(self):
        self.cms("seal", "-nocerts")
        self.assertEqual(self.seal("incomplete")["verdict"], "not examined")
        self.assert_verdict("verified", "--trust", self.pki / "ca.pem", "--trust",
                            self.pki / "seal.pem")

    def test_certificates_left_out_lie_in_the_package(self):
        """In files of their own, PEM or DER, the issuer's too; they are part of the seal."""
        self.stranger()
        for signer, files in (("seal", ("seal",)), ("leaf", ("inter", "leaf"))):
            for form in ("PEM", "DER"):
                with self.subTest(signer, form=form):
                    self.cms(signer, "-nocerts")
                    for name in files:
                        run("openssl", "x509", "-in", self.pki / f"{name}.pem", "-outform",
                            form, "-out", self.package / f"{name}.crt")
                    self.assertEqual(self.seal("verified")["verdict"], "verified")
                    # One that has nothing to do with it is not.
                    other = self.package / "other.crt"
                    other.write_bytes((self.pki / "stranger.pem").read_bytes())
                    self.assertEqual(self.findings(self.assert_verdict(
                        "incomplete", *self.trust)), {("integrity.unlisted", "other.crt")})
                    for path in self.package.glob("*.crt"):
                        path.unlink()

    def test_a_root_in_the_package_vouches_for_nothing(self):
        self.stranger()
        self.cms("stranger")
        (self.package / "ca.pem").write_bytes((self.pki / "stranger.pem").read_bytes())
        self.assertEqual(self.seal("failed")["verdict"], "untrusted")

    def stranger(self):
        """A certificate that signed itself."""
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=seal",
            "-keyout", self.pki / "stranger.key", "-out", self.pki / "stranger.pem",
            "-days", "3650")

    def test_another_signature_by_somebody_unknown(self):
        """Who trusts the custodian need not know who signed as well; a second signature
        over other bytes is another matter."""
        self.stranger()
        self.cms("seal")
        self.cms("stranger", out=self.package / (MANIFEST + ".second.p7s"))
        document = self.assert_verdict("verified", *self.trust)
        self.assertIn(("integrity.signature-untrusted", MANIFEST + ".second.p7s"),
                      self.findings(document))
        (self.package / (MANIFEST + ".p7s")).unlink()
        self.assertEqual(self.seal("failed")["verdict"], "untrusted")
        self.cms("seal")
        other = self.folder / "other"
        other.write_bytes(b"other bytes")
        self.target, keep = other, self.target
        self.cms("stranger", out=self.package / (MANIFEST + ".second.p7s"))
        self.target = keep
        self.seal("failed")

    def test_mail_forms(self):
        """`openssl cms` and `openssl smime` as they write unless told otherwise: S/MIME,
        over the text with CRLF."""
        for tool in ("cms", "smime"):
            for options in ((), ("-binary",), ("-outform", "DER"), ("-outform", "PEM"),
                            ("-text",)):
                with self.subTest(tool, options=options):
                    run("openssl", tool, "-sign", "-in", self.target, "-signer",
                        self.pki / "seal.pem", "-inkey", self.pki / "seal.key", "-out",
                        self.package / (MANIFEST + ".p7s"), *options)
                    if options == ("-text",):  # MIME headers were signed too
                        self.assertEqual(self.seal("failed")["verdict"], "failed")
                        continue
                    self.assertEqual(self.seal("verified")["verdict"], "verified")
                    document = self.assert_verdict("verified", *self.trust)
                    self.assertEqual("integrity.signed-as-text" in
                                     {f["id"] for f in document["findings"]},
                                     options != ("-binary",))
                    whole = self.target.read_bytes()
                    self.target.write_bytes(whole.replace(b"a.bin", b"A.bin"))
                    self.seal("failed")
                    self.target.write_bytes(whole)

    def test_intermediate_in_the_signature(self):
        self.cms("leaf", "-certfile", self.pki / "inter.pem")
        self.seal("verified")
        self.cms("leaf")
        self.assertIn("no trust anchor vouches", self.seal("failed")["why"])
        self.assert_verdict("verified", "--trust", self.pki / "inter.pem")

    def test_usages_that_do_not_seal_evidence(self):
        for signer, words in (("code", "extended key usage"), ("encrypt", "key usage"),
                              ("tsa", "extended key usage")):
            with self.subTest(signer):
                self.cms(signer)
                seal = self.seal("failed")
                self.assertEqual(seal["verdict"], "untrusted")
                self.assertIn(words, seal["why"])

    def test_a_pinned_signer_is_accepted_for_what_it_is(self):
        self.cms("code")
        self.assert_verdict("verified", "--trust", self.pki / "code.pem")

    def test_short_rsa_key(self):
        self.cms("rsa1024")
        self.assertEqual(self.seal("failed")["verdict"], "untrusted")

    def test_sha1_signature(self):
        self.cms("rsa", "-md", "sha1")
        self.assertIn("weak", self.seal("failed")["why"])

    def test_trailing_bytes_after_the_der(self):
        path = self.cms("seal")
        path.write_bytes(path.read_bytes() + b"\0")
        self.assertIn("bytes follow", self.seal("failed")["why"])

    def test_cut_and_random(self):
        path = self.cms("seal")
        whole = path.read_bytes()
        for data in (whole[:-1], whole[:60], b"\x30\x82" + b"\xff" * 100, b"garbage"):
            with self.subTest(data[:8]):
                path.write_bytes(data)
                self.assertEqual(verify(*self.trust, self.package)[0], 1)

    def test_each_flipped_byte_fails(self):
        path = self.cms("seal")
        whole = path.read_bytes()
        for at in range(4, len(whole), 37):
            data = bytearray(whole)
            data[at] ^= 0x55
            path.write_bytes(data)
            code, document = verify(*self.trust, self.package)
            if code == 0:  # only what is outside of the signature may change
                self.assertNotEqual(document["signatures"][0]["verdict"], "failed")

    def test_content_inside_that_is_the_file(self):
        self.cms("seal", "-nodetach")
        self.seal("verified")

    def test_content_inside_that_is_another(self):
        path = self.cms("seal", "-nodetach")
        self.target.write_bytes(self.target.read_bytes() + b"\n")
        self.assertIn("other bytes", self.seal("failed")["why"])
        self.assertTrue(path.exists())

    def test_enveloping_signature_is_the_manifest(self):
        self.cms("seal", "-nodetach", out=self.package / "sealed.p7m")
        self.target.unlink()
        document = self.assert_verdict("verified", *self.trust)
        self.assertEqual(document["manifests"][0]["path"], "sealed.p7m")
        claim = self.item(document, "a.bin")["claims"][0]
        content = (self.package / "sealed.p7m").read_bytes()
        self.assertIn(b"a.bin", content[claim["offset"]:claim["offset"] + claim["length"]])
        (self.package / "a.bin").write_bytes(b"changed")
        self.seal("failed")

    def test_two_signers_must_both_hold(self):
        self.cms("seal", "-signer", self.pki / "rsa.pem", "-inkey", self.pki / "rsa.key")
        self.seal("verified")
        self.cms("seal", "-signer", self.pki / "code.pem", "-inkey", self.pki / "code.key")
        self.assertEqual(self.seal("failed")["verdict"], "untrusted")

    def test_signature_of_a_name_of_its_own_is_found_by_digest(self):
        self.cms("seal", out=self.package / "custodian.p7s")
        self.assertEqual(self.seal("verified")["over"], MANIFEST)

    def test_expired_certificate(self):
        self.cms("past")
        seal = self.seal("failed")
        self.assertEqual(seal["verdict"], "untrusted")
        self.assertIn("2026-11-01", seal["why"])
        self.assertIn("no time-stamp over the signature", seal["why"])
        self.seal("verified", at="2026-10-01T00:00:00Z")

    def test_not_yet_valid(self):
        self.cms("future")
        self.assertIn("begins", self.seal("failed")["why"])

    def test_time_stamp_over_the_signature_outlives_the_certificate(self):
        path = self.cms("soon")
        self.assertEqual(self.seal("failed", at=LATER)["verdict"],
                         "untrusted")
        # Over the manifest alone: it says when that existed, not when it was signed.
        self.token(self.target, self.package / (MANIFEST + ".tsr"))
        self.seal("failed", at=LATER)
        self.token(path, self.package / (MANIFEST + ".p7s.tsr"))
        seal = self.seal("verified", at=LATER)
        self.assertEqual(seal["time_basis"], "verified")

    def test_revocation_against_the_time_of_signing(self):
        """OpenSSL calls all four revoked or not yet valid."""
        self.authority.issue("revoked")
        run("openssl", "ca", "-config", "ca.cnf", "-revoke", "revoked.pem",
            "-crl_reason", "superseded", cwd=self.pki)
        revoked_now = self.authority.crl("now.crl", "20270101000000Z", "20400101000000Z")
        path = self.cms("revoked")
        when = LATER
        self.assertEqual(self.seal("verified", at=when)["verdict"], "verified")
        seal = self.seal("failed", "--crl", revoked_now, at=when)
        self.assertIn("revoked since", seal["why"])
        # Proven to be older than the revocation: entry's date moved into the future.
        index = (self.pki / "index.txt").read_text()
        line = next(l for l in index.splitlines() if "CN=revoked" in l)
        fields = line.split("\t")
        fields[2] = "300101000000Z,superseded"
        (self.pki / "index.txt").write_text(index.replace(line, "\t".join(fields)))
        later = self.authority.crl("later.crl", "20310101000000Z", "20400101000000Z")
        self.seal("failed", "--crl", later, at=when)
        self.token(path, self.package / (MANIFEST + ".p7s.tsr"))
        self.seal("verified", "--crl", later, at=when)
        (self.pki / "index.txt").write_text(index)

    def test_stale_revocation_list(self):
        self.cms("seal")
        stale = self.authority.crl("stale.crl", "20250101000000Z", "20250201000000Z")
        self.assertIn("ended on", self.seal("failed", "--crl", stale)["why"])
        fresh = self.authority.crl("fresh.crl", "20261101000000Z", "20271101000000Z")
        self.seal("verified", "--crl", fresh)

    def test_revocation_list_of_another_key_is_ignored(self):
        other = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        impostor = Authority(other)
        impostor.issue("seal")
        run("openssl", "ca", "-config", "ca.cnf", "-revoke", "seal.pem", cwd=other)
        fake = impostor.crl("fake.crl", "20261101000000Z", "20271101000000Z")
        self.cms("seal")
        self.seal("verified", "--crl", fake)

    @staticmethod
    def openpgp_packet():
        """RFC 4880, 5.2.3: version 4, RSA with SHA-256, made 2026-11-23T10:00:00Z."""
        hashed = (bytes([5, 2]) + (1795428000).to_bytes(4, "big")
                  + bytes([22, 33, 4]) + bytes(range(20)))
        body = (bytes([4, 0, 1, 8]) + len(hashed).to_bytes(2, "big") + hashed
                + (10).to_bytes(2, "big") + bytes([9, 16]) + bytes(range(12, 20))
                + b"\xab\xcd" + (16).to_bytes(2, "big") + b"\x80\x01")
        return bytes([0x88, len(body)]) + body

    def test_openpgp_is_present_not_checked(self):
        self.cms("seal")
        packet = self.openpgp_packet()
        armour = ("-----BEGIN PGP SIGNATURE-----\nComment: x\n\n"
                  + base64.b64encode(packet).decode() + "\n=abcd\n"
                  "-----END PGP SIGNATURE-----\n").encode()
        clear = (b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n" +
                 self.target.read_bytes() + armour)
        for name, content in ((".asc", armour), (".sig", packet), (".gpg", packet),
                              (".asc", clear)):
            path = self.package / (MANIFEST + name)
            path.write_bytes(content)
            with self.subTest(name):
                document = self.assert_verdict("verified", *self.trust)
                found = next(s for s in document["signatures"] if s["format"] == "openpgp")
                self.assertEqual(
                    (found["verdict"], found["signer"], found["time"], found["time_basis"]),
                    ("not examined", "OpenPGP key " + bytes(range(20)).hex(),
                     "2026-11-23T10:00:00Z", "asserted"))
                self.assertIn("present, not checked", found["why"])
                self.assertIn("RSA with SHA-256", found["why"])
            path.unlink()

    def test_clear_signed_list_is_the_manifest(self):
        armour = ("-----BEGIN PGP SIGNATURE-----\n\n" + base64.b64encode(
            self.openpgp_packet()).decode() + "\n-----END PGP SIGNATURE-----\n").encode()
        text = (b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n" +
                self.target.read_bytes() + armour)
        self.target.unlink()
        (self.package / "SHA256SUMS").write_bytes(text)
        self.assert_verdict("unsealed")
        (self.package / "a.bin").write_bytes(b"changed")
        self.assertEqual(self.findings(self.assert_verdict("failed")),
                         {("integrity.mismatch", "a.bin")})

    def test_signer_is_not_picked_by_position(self):
        """Other certificates stand before and behind the signer's in the structure."""
        for name in ("seal", "rsa", "p384"):
            path = self.package / (MANIFEST + ".p7s")
            bundle = self.folder / "others.pem"
            bundle.write_text("".join((self.pki / f"{n}.pem").read_text()
                                      for n in ("code", "document", "plain", "inter")))
            run("openssl", "cms", "-sign", "-binary", "-in", self.target, "-signer",
                self.pki / f"{name}.pem", "-inkey", self.pki / f"{name}.key", "-certfile",
                bundle, "-outform", "DER", "-out", path)
            self.assertEqual(self.seal("verified")["signer"], f"CN={name}")


class TimeStamps(SealCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.authority.issue("tsa", "tsa")
        cls.authority.issue("badtsa", "badtsa")
        cls.authority.issue("seal")
        cls.authority.issue("shorttsa", "tsa", end=in_days(2))

    def stamp_of(self, verdict, *arguments, at=AT):
        document = self.assert_verdict(verdict, *self.trust, *arguments, at=at)
        return document["timestamps"][0]

    def tsr(self, **options):
        return self.token(self.target, self.package / (MANIFEST + ".tsr"), **options)

    def test_imprints(self):
        for algorithm in ("sha256", "sha384", "sha512"):
            with self.subTest(algorithm):
                self.tsr(algorithm=algorithm)
                stamp = self.stamp_of("verified", at=LATER)
                self.assertEqual((stamp["policy"], stamp["accuracy_ns"]),
                                 ("1.2.3.4.5", 2000000000))

    def test_weak_imprint(self):
        self.tsr(algorithm="sha1")
        self.assertIn("weak", self.stamp_of("failed", at=LATER)["why"])

    def test_ess_certificate_id_v1_and_v2(self):
        for algorithm in ("sha1", "sha256", "sha384"):
            with self.subTest(algorithm):
                self.tsr(config=f"ess_cert_id_alg={algorithm}\n")
                self.stamp_of("verified", at=LATER)

    def test_nonce_name_ordering(self):
        self.tsr(config="tsa_name=yes\nordering=yes\ness_cert_id_alg=sha256\n",
                 query=("-no_nonce",))
        self.stamp_of("verified", at=LATER)

    def test_ess_attribute_that_names_the_whole_chain(self):
        self.tsr(config="ess_cert_id_alg=sha256\ness_cert_id_chain=yes\n")
        self.stamp_of("verified", at=LATER)

    def test_token_answers_the_archived_request(self):
        path = self.tsr()
        shutil.copy(self.folder / "q.tsq", self.package / (MANIFEST + ".tsq"))
        stamp = self.stamp_of("verified", at=LATER)
        text = run("openssl", "ts", "-query", "-in", self.folder / "q.tsq", "-text").decode()
        nonce = text.split("Nonce: 0x")[1].split()[0]
        self.assertEqual(int(stamp["nonce"], 16), int(nonce, 16))
        # Another answer for the same bytes, of another day: not what was asked for.
        run("openssl", "ts", "-query", "-data", self.target, "-sha256", "-cert", "-out",
            self.package / (MANIFEST + ".tsq"))
        self.assertIn("does not answer the request", self.stamp_of("failed", at=LATER)["why"])
        # Of several requests one must be it.
        shutil.copy(self.folder / "q.tsq", self.package / "first.tsq")
        self.stamp_of("verified", at=LATER)
        # Without a nonce the token cannot answer a request that has one.
        self.tsr(query=("-no_nonce",))
        (self.package / "first.tsq").unlink()
        self.assertIn("the token none", self.stamp_of("failed", at=LATER)["why"])
        run("openssl", "ts", "-query", "-data", self.target, "-sha256", "-no_nonce", "-out",
            self.package / (MANIFEST + ".tsq"))
        self.stamp_of("verified", at=LATER)
        self.assertTrue(path.exists())

    def test_request_for_other_bytes_says_nothing(self):
        self.tsr()
        run("openssl", "ts", "-query", "-data", self.package / "a.bin", "-sha256", "-out",
            self.package / "other.tsq")
        document = self.assert_verdict("verified", *self.trust, at=LATER)
        self.assertEqual(len(document["timestamps"]), 1)

    def test_token_in_pem(self):
        response = self.token(self.target, self.folder / "r.tsr")
        run("openssl", "ts", "-reply", "-in", response, "-token_out", "-out",
            self.folder / "t.der")
        for name in (MANIFEST + ".tst", "timestamp.pem"):
            with self.subTest(name):
                path = self.package / name
                path.write_bytes(run("openssl", "pkcs7", "-inform", "DER", "-in",
                                     self.folder / "t.der"))
                document = self.assert_verdict("verified", *self.trust, at=None)
                self.assertEqual([t["verdict"] for t in document["timestamps"]], ["verified"])
                self.assertEqual(document["signatures"], [])
                path.unlink()

    def test_bare_token(self):
        path = self.tsr()
        run("openssl", "ts", "-reply", "-in", path, "-token_out", "-out", path)
        self.stamp_of("verified", at=LATER)

    def test_certificates_put_into_a_token_change_nothing(self):
        """Injected before the signer's: the signer is who the token names, by hash."""
        self.authority.issue("injected", "tsa")
        for certs in (("injected", "ca"), ("ca", "injected")):
            (self.pki / "more.pem").write_text("".join(
                (self.pki / f"{n}.pem").read_text() for n in certs))
            self.tsr(config="ess_cert_id_alg=sha256\ncerts=more.pem\n")
            self.assertEqual(self.stamp_of("verified", at=LATER)["authority"], "CN=tsa")

    def test_several_tokens(self):
        self.tsr()
        self.token(self.target, self.package / (MANIFEST + ".2.tsr"), algorithm="sha512")
        document = self.assert_verdict("verified", *self.trust, at=LATER)
        self.assertEqual([t["verdict"] for t in document["timestamps"]], ["verified"] * 2)

    def test_judged_at_its_own_time_not_now(self):
        self.tsr(signer="shorttsa")
        self.stamp_of("verified", at=LATER)

    def test_token_from_after_the_moment_of_judgement(self):
        self.tsr()
        self.assertIn("after the moment", self.stamp_of("failed", at="2020-06-01")["why"])

    def test_authority_without_the_right_usage(self):
        try:
            self.tsr(signer="badtsa")
        except AssertionError:
            self.skipTest("openssl refuses to make it")
        self.assertEqual(self.stamp_of("failed", at=LATER)["verdict"], "untrusted")

    def test_other_authority(self):
        self.tsr()
        document = self.assert_verdict("failed", "--trust", PKI / "ca.pem", at=LATER)
        self.assertEqual(document["timestamps"][0]["verdict"], "untrusted")

    def test_trailing_bytes_and_cut(self):
        path = self.tsr()
        whole = path.read_bytes()
        path.write_bytes(whole + b"\0")
        self.assertIn("bytes follow", self.stamp_of("failed", at=LATER)["why"])
        path.write_bytes(whole[:-3])
        self.assertEqual(verify(*self.trust, self.package, at=LATER)[0], 1)

    def test_refusal_is_no_token(self):
        path = self.package / (MANIFEST + ".tsr")
        query = self.folder / "bad.tsq"
        run("openssl", "ts", "-query", "-data", self.target, "-md5", "-out", query)
        self.tsr()
        subprocess.run(["openssl", "ts", "-reply", "-config", "tsa.cnf", "-queryfile",
                        str(query), "-out", str(path)], cwd=self.pki, check=False,
                       capture_output=True)
        self.assertEqual(verify(*self.trust, self.package, at=LATER)[0], 1)

    def test_a_signature_that_is_no_token(self):
        run("openssl", "cms", "-sign", "-binary", "-in", self.target, "-signer",
            self.pki / "seal.pem", "-inkey", self.pki / "seal.key", "-outform", "DER",
            "-out", self.package / (MANIFEST + ".tsr"))
        self.assertEqual(verify(*self.trust, self.package, at=LATER)[1]
                         ["signatures"][0]["verdict"], "verified")


class SshSignatures(VerifyCase):
    def setUp(self):
        super().setUp()
        self.files()
        self.manifest()

    def key(self, kind="ed25519", name="k", bits=()):
        path = self.folder / name
        run("ssh-keygen", "-q", "-t", kind, *bits, "-N", "", "-C", name, "-f", path)
        return path

    def sign(self, key, namespace="file", *options):
        run("ssh-keygen", "-Y", "sign", "-q", "-f", key, "-n", namespace, *options,
            self.package / MANIFEST)
        return self.package / (MANIFEST + ".sig")

    def allowed(self, key, principal="custodian@example.org", options=""):
        path = self.folder / "allowed"
        public = key.with_suffix(".pub").read_text()
        path.write_text(f"# custodians\n{principal} {options} {public}")
        return "--allowed-signers", path

    def test_kinds_of_keys(self):
        for kind, bits in (("ed25519", ()), ("rsa", ("-b", "2048")),
                           ("ecdsa", ("-b", "256")), ("ecdsa", ("-b", "384")),
                           ("ecdsa", ("-b", "521"))):
            for hashed in ("sha256", "sha512"):
                with self.subTest(kind=kind, bits=bits, hashed=hashed):
                    key = self.key(kind, f"{kind}{len(bits) and bits[1]}{hashed}", bits)
                    (self.package / (MANIFEST + ".sig")).unlink(missing_ok=True)
                    self.sign(key, "file", "-O", f"hashalg={hashed}")
                    seal = self.assert_verdict("verified", *self.allowed(key))["signatures"][0]
                    self.assertEqual((seal["format"], seal["signer"], seal["issuer"]),
                                     ("sshsig", "custodian@example.org", "namespace file"))

    def test_of_a_name_of_its_own(self):
        """It does not say what it is over: one of the manifests, or nobody can tell."""
        key = self.key()
        path = self.sign(key).rename(self.package / "seal.txt")
        seal = self.assert_verdict("verified", *self.allowed(key))["signatures"][0]
        self.assertEqual(seal["over"], MANIFEST)
        with open(self.package / MANIFEST, "ab") as f:
            f.write(b"# more\n")
        seal = self.assert_verdict("incomplete", *self.allowed(key))["signatures"][0]
        self.assertEqual((seal["verdict"], seal["over"]), ("not examined", None))
        self.assertTrue(path.exists())

    def test_with_a_bare_public_key(self):
        key = self.key()
        self.sign(key)
        self.assert_verdict("verified", "--key", key.with_suffix(".pub"))

    def test_not_asked(self):
        self.sign(self.key())
        document = self.assert_verdict("unsealed")
        self.assertEqual(document["signatures"][0]["verdict"], "not examined")

    def test_other_bytes(self):
        key = self.key()
        self.sign(key)
        with open(self.package / MANIFEST, "ab") as f:
            f.write(b"# more\n")
        self.assert_verdict("failed", *self.allowed(key))
        self.assert_verdict("failed")

    def test_other_key(self):
        self.sign(self.key())
        seal = self.assert_verdict("failed", *self.allowed(self.key(name="o")))
        self.assertEqual(seal["signatures"][0]["verdict"], "untrusted")

    def test_namespaces(self):
        key = self.key()
        self.sign(key, "git")
        self.assert_verdict("failed", *self.allowed(key, options='namespaces="file,evidence"'))
        self.assert_verdict("verified", *self.allowed(key, options='namespaces="g*"'))

    def test_validity(self):
        key = self.key()
        self.sign(key)
        good = 'valid-after="20260101",valid-before="20270101Z"'
        self.assert_verdict("verified", *self.allowed(key, options=good))
        for bad in ('valid-after="20270101"', 'valid-before="202601010000"'):
            self.assert_verdict("failed", *self.allowed(key, options=bad))

    def test_each_part_of_the_blob_counts(self):
        key = self.key()
        path = self.sign(key)
        lines = path.read_text().splitlines()
        blob = base64.b64decode("".join(lines[1:-1]))
        for at in range(6, len(blob), 11):
            data = bytearray(blob)
            data[at] ^= 1
            path.write_text("\n".join([lines[0], base64.b64encode(data).decode(),
                                       lines[-1]]) + "\n")
            self.assertEqual(verify(*self.allowed(key), self.package)[0], 1, at)

    def test_wrong_allowed_signers_file(self):
        path = self.folder / "bad"
        path.write_text("custodian ssh-ed25519 AAAA\n")
        done = subprocess.run([EXHIBIT, "verify", "--allowed-signers", path, self.package],
                              capture_output=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"line 1", done.stderr)


class Minisign(VerifyCase):
    def setUp(self):
        super().setUp()
        self.files()
        self.manifest()
        self.public = self.folder / "m.pub"
        run("minisign", "-G", "-W", "-p", self.public, "-s", self.folder / "m.key")

    def sign(self, *options):
        run("minisign", "-S", "-s", self.folder / "m.key", "-m", self.package / MANIFEST,
            "-t", "case 17, sealed by the custodian", *options)
        return self.package / (MANIFEST + ".minisig")

    def test_of_a_name_of_its_own(self):
        self.sign().rename(self.package / "seal.minisig")
        seal = self.assert_verdict("verified", "--key", self.public)["signatures"][0]
        self.assertEqual(seal["over"], MANIFEST)

    def test_prehashed_and_legacy(self):
        for options in ((), ("-l",)):
            with self.subTest(options):
                self.sign(*options)
                seal = self.assert_verdict("verified", "--key", self.public)["signatures"][0]
                self.assertEqual(seal["format"], "minisign")

    def test_other_bytes(self):
        self.sign()
        with open(self.package / MANIFEST, "ab") as f:
            f.write(b"\n")
        self.assert_verdict("failed", "--key", self.public)

    def test_trusted_comment_counts_untrusted_does_not(self):
        path = self.sign()
        text = path.read_text()
        path.write_text(text.replace("case 17", "case 18"))
        document = self.assert_verdict("failed", "--key", self.public)
        self.assertIn("trusted comment", document["signatures"][0]["why"])
        path.write_text(text.replace("untrusted comment: ", "untrusted comment: changed "))
        self.assert_verdict("verified", "--key", self.public)

    def test_other_key(self):
        self.sign()
        other = self.folder / "o.pub"
        run("minisign", "-G", "-W", "-p", other, "-s", self.folder / "o.key")
        document = self.assert_verdict("failed", "--key", other)
        self.assertEqual(document["signatures"][0]["verdict"], "untrusted")

    def test_a_key_is_no_anchor_and_the_error_says_where_it_belongs(self):
        pem = self.folder / "public.pem"
        run("openssl", "genpkey", "-algorithm", "ed25519", "-out", self.folder / "p.key")
        run("openssl", "pkey", "-in", self.folder / "p.key", "-pubout", "-out", pem)
        text = self.folder / "text"
        text.write_text("nothing\n")
        for path, hint in ((self.public, True), (pem, True), (text, False)):
            done = subprocess.run([EXHIBIT, "verify", "--trust", path, self.package],
                                  capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 2)
            self.assertIn("holds no X.509 certificate", done.stderr)
            self.assertEqual("--key" in done.stderr, hint, path)

    def test_key_of_small_order_is_refused(self):
        """With it OpenSSL takes R = key, S = 0 as a signature of any message."""
        for point in ("01" + "00" * 31, "00" * 32, "ec" + "ff" * 30 + "7f",
                      "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                      "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
                      "ed" + "ff" * 30 + "7f"):
            with self.subTest(point):
                packet = b"Ed" + b"\1" * 8 + bytes.fromhex(point)
                self.public.write_text("untrusted comment: key\n"
                                       + base64.b64encode(packet).decode() + "\n")
                done = subprocess.run([EXHIBIT, "verify", "--key", self.public,
                                       self.package], capture_output=True, check=False)
                self.assertEqual(done.returncode, 2)
                self.assertIn(b"small order", done.stderr)


@unittest.skipUnless(shutil.which("signify-openbsd"), "signify is not installed")
class Signify(VerifyCase):
    def setUp(self):
        super().setUp()
        self.files()
        self.manifest()
        self.public = self.folder / "s.pub"
        self.secret = self.folder / "s.sec"
        run("signify-openbsd", "-G", "-n", "-p", self.public, "-s", self.secret)

    def test_detached(self):
        run("signify-openbsd", "-S", "-s", self.secret, "-m", self.package / MANIFEST, "-x",
            self.package / (MANIFEST + ".sig"))
        seal = self.assert_verdict("verified", "--key", self.public)["signatures"][0]
        self.assertEqual(seal["format"], "signify")
        with open(self.package / MANIFEST, "ab") as f:
            f.write(b"\n")
        self.assert_verdict("failed", "--key", self.public)

    def test_embedded_list_is_the_manifest(self):
        lines = run("sha256sum", "--tag", "a.bin", "b.bin", cwd=self.package)
        (self.package / MANIFEST).unlink()
        listing = self.folder / "SHA256"
        listing.write_bytes(lines)
        out = self.package / "SHA256.sig"
        run("signify-openbsd", "-S", "-e", "-s", self.secret, "-m", listing, "-x", out)
        self.assert_verdict("verified", "--key", self.public)
        out.write_bytes(out.read_bytes().replace(b"(a.bin)", b"(c.bin)"))
        self.assert_verdict("failed", "--key", self.public)


class KeysAndEnvelopes(VerifyCase):
    KINDS = (("ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
             ("rsa", "-pkeyopt", "rsa_keygen_bits:2048"), ("ed25519",))

    def setUp(self):
        super().setUp()
        self.files()

    def key(self, kind):
        secret, public = self.folder / "key.pem", self.folder / "key.pub"
        run("openssl", "genpkey", "-algorithm", *kind, "-out", secret)
        run("openssl", "pkey", "-in", secret, "-pubout", "-out", public)
        return secret, public

    def raw(self, secret, data, kind):
        path = self.folder / "data"
        path.write_bytes(data)
        options = ("-rawin",) + (() if kind == "ed25519" else ("-digest", "sha256"))
        return run("openssl", "pkeyutl", "-sign", "-inkey", secret, *options, "-in", path)

    def statement(self):
        return json.dumps({"_type": "https://in-toto.io/Statement/v1", "predicateType": "x",
                           "subject": [
                               {"name": n, "digest": {"sha256": run(
                                   "sha256sum", self.package / n).split()[0].decode()}}
                               for n in ("a.bin", "b.bin")]}).encode()

    def envelope(self, secret, kind, payload, kind_of="application/vnd.in-toto+json"):
        pae = f"DSSEv1 {len(kind_of)} {kind_of} {len(payload)} ".encode() + payload
        return {"payload": base64.b64encode(payload).decode(), "payloadType": kind_of,
                "signatures": [{"keyid": "", "sig": base64.b64encode(
                    self.raw(secret, pae, kind)).decode()}]}

    def test_dsse_statement(self):
        path = self.package / "evidence.dsse.json"
        for kind in self.KINDS:
            with self.subTest(kind[0]):
                secret, public = self.key(kind)
                good = self.envelope(secret, kind[0], self.statement())
                path.write_text(json.dumps(good))
                document = self.assert_verdict("verified", "--key", public)
                self.assertEqual(document["manifests"][0]["format"], "in-toto")
                self.assert_verdict("unsealed")
                path.write_text(json.dumps(dict(good, payloadType="text/plain")))
                self.assert_verdict("failed", "--key", public)
                changed = self.statement().replace(b'"x"', b'"y"')
                path.write_text(json.dumps(dict(
                    good, payload=base64.b64encode(changed).decode())))
                self.assert_verdict("failed", "--key", public)
                path.unlink()

    def test_dsse_one_good_signature_of_two(self):
        secret, public = self.key(self.KINDS[0])
        good = self.envelope(secret, "ec", self.statement())
        good["signatures"].insert(0, {"sig": base64.b64encode(b"x" * 70).decode()})
        (self.package / "e.json").write_text(json.dumps(good))
        self.assert_verdict("verified", "--key", public)

    def test_dsse_statement_about_changed_file(self):
        secret, public = self.key(self.KINDS[0])
        (self.package / "e.json").write_text(
            json.dumps(self.envelope(secret, "ec", self.statement())))
        (self.package / "a.bin").write_bytes(b"changed\n")
        self.assertEqual(self.findings(self.assert_verdict("failed", "--key", public)),
                         {("integrity.mismatch", "a.bin")})

    def test_detached_base64_signature(self):
        self.manifest()
        target = self.package / MANIFEST
        for kind in self.KINDS:
            with self.subTest(kind[0]):
                secret, public = self.key(kind)
                value = self.raw(secret, target.read_bytes(), kind[0])
                (self.package / (MANIFEST + ".sig")).write_bytes(base64.b64encode(value))
                self.assert_verdict("verified", "--key", public)
                _, other = self.key(kind)
                self.assert_verdict("failed", "--key", other)

    def test_detached_octets(self):
        """`openssl dgst -sign` and `openssl pkeyutl -sign -rawin` write no base64."""
        self.manifest()
        target = self.package / MANIFEST
        for kind in self.KINDS:
            with self.subTest(kind[0]):
                secret, public = self.key(kind)
                value = self.raw(secret, target.read_bytes(), kind[0])
                (self.package / (MANIFEST + ".sig")).write_bytes(value)
                self.assert_verdict("verified", "--key", public)
                self.assert_verdict("unsealed")
                _, other = self.key(kind)
                self.assert_verdict("failed", "--key", other)

    def test_sigstore_bundle_by_key(self):
        self.manifest()
        target = self.package / MANIFEST
        path = self.package / (MANIFEST + ".sigstore.json")
        for kind in self.KINDS[:2]:
            with self.subTest(kind[0]):
                secret, public = self.key(kind)
                value = base64.b64encode(self.raw(secret, target.read_bytes(), kind[0]))
                bundle = {"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
                          "verificationMaterial": {"publicKey": {"hint": "x"}},
                          "messageSignature": {"signature": value.decode(),
                                               "messageDigest": {"algorithm": "SHA2_256",
                                                                 "digest": ""}}}
                path.write_text(json.dumps(bundle))
                self.assert_verdict("verified", "--key", public)
                self.assert_verdict("unsealed")
                _, other = self.key(kind)
                self.assert_verdict("failed", "--key", other)
                bundle["verificationMaterial"] = {"certificate": {"rawBytes": "AA=="}}
                path.write_text(json.dumps(bundle))
                document = self.assert_verdict("failed")
                self.assertIn("cannot be read", document["signatures"][0]["why"])


if __name__ == "__main__":
    unittest.main()
