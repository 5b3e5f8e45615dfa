"""OpenPGP signatures: made by gpg, which is asked as well whether they hold, and, of the
forms that it does not write, by hand from RFC 9580 with openssl's keys."""

import base64
import hashlib
import pathlib
import shutil
import subprocess
import tempfile
import time

from seal_kit import MANIFEST
from verify_kit import EXHIBIT, VerifyCase, run, verify

NOW = "2026-11-26T12:00:00Z"
MADE = "20261124T120000"  # of keys
SIGNED = "20261125T120000"


class OpenPgpCase(VerifyCase):
    def setUp(self):
        super().setUp()
        self.package.mkdir()
        (self.package / "a.bin").write_bytes(b"evidence")
        (self.package / "- b.bin").write_bytes(b"more")
        self.target = self.package / MANIFEST
        self.list = "".join(
            f"{hashlib.sha256((self.package / n).read_bytes()).hexdigest()}  {n}\n"
            for n in ("a.bin", "- b.bin")).encode()
        self.target.write_bytes(self.list)
        self.seal_file = self.package / (MANIFEST + ".asc")

    def judged(self, verdict, *arguments, at=NOW):
        document = self.assert_verdict(verdict, *arguments, at=at)
        return document["signatures"][0]

    def refused(self, verdict, why, *arguments, at=NOW):
        seal = self.judged("failed", *arguments, at=at)
        self.assertEqual(seal["verdict"], verdict)
        self.assertIn(why, seal["why"])


class Gpg(OpenPgpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The agent's socket wants a short path.
        cls.home = pathlib.Path(tempfile.mkdtemp(dir="/tmp"))
        cls.addClassCleanup(cls.end_agent)

    @classmethod
    def end_agent(cls):
        subprocess.run(["gpgconf", "--homedir", cls.home, "--kill", "all"], check=False)
        shutil.rmtree(cls.home, ignore_errors=True)

    @classmethod
    def gpg(cls, *arguments, when=SIGNED, stdin=None):
        return run("gpg", "--homedir", cls.home, "--batch", "--yes", "--quiet", "--no-tty",
                   "--pinentry-mode", "loopback", "--passphrase", "", "--trust-model",
                   "always", "--faked-system-time", when + "!", *arguments, stdin=stdin)

    @classmethod
    def key(cls, name, algorithm="ed25519", usage="sign", until="0"):
        """A new key in a file as gpg exports it; its fingerprint."""
        user = f"{name} <{name}@lab.example>"
        cls.gpg("--quick-generate-key", user, algorithm, usage, until, when=MADE)
        listed = cls.gpg("--with-colons", "--list-keys", f"={user}").decode()
        fingerprint = next(l for l in listed.splitlines() if l.startswith("fpr")).split(":")[9]
        return fingerprint

    def public(self, fingerprint, *options):
        path = self.folder / f"{fingerprint}.pub"
        path.write_bytes(self.gpg("--export", *options, fingerprint))
        return path

    def sign(self, fingerprint, *how, when=SIGNED):
        self.gpg("--local-user", fingerprint + "!", "--output", self.seal_file,
                 *(how or ("--armor", "--detach-sign")), self.target, when=when)

    def gpg_agrees(self, holds):
        done = subprocess.run(["gpg", "--homedir", str(self.home), "--batch", "--verify",
                               str(self.seal_file), str(self.target)],
                              capture_output=True, check=False)
        self.assertEqual(done.returncode == 0, holds, done.stderr)

    def test_algorithms_and_forms(self):
        for algorithm in ("rsa2048", "dsa2048", "ed25519", "nistp256", "nistp384",
                          "nistp521", "brainpoolP256r1", "secp256k1"):
            fingerprint = self.key(algorithm, algorithm)
            for form in (("--armor", "--detach-sign"), ("--detach-sign",),
                         ("--textmode", "--armor", "--detach-sign"),
                         ("--digest-algo", "SHA512", "--detach-sign")):
                with self.subTest(algorithm, form=form):
                    self.target.write_bytes(self.list)
                    self.sign(fingerprint, *form)
                    self.gpg_agrees(True)
                    for exported in ((), ("--armor",)):
                        key = self.public(fingerprint, *exported)
                        seal = self.judged("verified", "--key", key)
                        self.assertEqual(
                            (seal["format"], seal["time"], seal["time_basis"],
                             seal["signer"]),
                            ("openpgp", "2026-11-25T12:00:00Z", "asserted",
                             f"{algorithm} <{algorithm}@lab.example> "
                             f"(OpenPGP key {fingerprint})"))
                    self.target.write_bytes(self.list.replace(b"a.bin", b"A.bin"))
                    self.gpg_agrees(False)
                    self.refused("failed", "not made over these bytes", "--key", key)

    def test_text_with_other_ends_of_lines(self):
        """A signature over text holds over CRLF too, one over octets does not."""
        fingerprint = self.key("lines")
        key = self.public(fingerprint)
        for form, holds in (("--textmode",), True), ((), False):
            self.target.write_bytes(self.list)
            self.sign(fingerprint, *form, "--detach-sign")
            self.target.write_bytes(self.list.replace(b"\n", b"\r\n"))
            self.gpg_agrees(holds)
            self.assertEqual(self.judged("verified" if holds else "failed", "--key", key)
                             ["verdict"], "verified" if holds else "failed")

    def clear_signed(self, text, fingerprint):
        self.target.write_bytes(text)
        signed = self.gpg("--local-user", fingerprint, "--clear-sign", "--output", "-",
                          self.target)
        self.target.write_bytes(signed)
        return signed

    def test_clear_signed_list(self):
        fingerprint = self.key("clear")
        key = self.public(fingerprint)
        # Blanks at ends of lines are not signed, lines with a dash first are escaped.
        signed = self.clear_signed(self.list + b"# end  \t\n",
                                   fingerprint)
        self.judged("verified", "--key", key)
        for change in (lambda s: s.replace(b"\n", b"\r\n"),
                       lambda s: s.replace(b"a.bin\n", b"a.bin \t\n"),
                       lambda s: s + self.list.replace(b"a.bin", b"other")):
            self.target.write_bytes(change(signed))
            seal = self.judged("verified", "--key", key)
            self.assertEqual(seal["over"], MANIFEST)
        for change in (lambda s: s.replace(b"# end", b"# End"),
                       lambda s: s.replace(b"# end", self.list.splitlines()[0] + b"\n# end"),
                       lambda s: s.replace(b"a.bin\n", b"a.bin\f\n"),
                       lambda s: s.replace(b"# end", b"# end\v"),
                       lambda s: s.replace(b"\n\n", b"\n\n\n", 1)):
            self.target.write_bytes(change(signed))
            self.refused("failed", "not made over these bytes", "--key", key)

    def test_dashes_are_unescaped_before_the_list_is_read(self):
        """What is escaped is read as it was signed: no line can be hidden by an escape."""
        fingerprint = self.key("dash")
        signed = self.clear_signed(self.list, fingerprint)
        self.target.write_bytes(signed.replace(self.list[:64], b"- " + self.list[:64]))
        document = self.assert_verdict("verified", "--key", self.public(fingerprint), at=NOW)
        self.assertEqual(document["manifests"][0]["claims"], 2)

    def test_subkey_signs(self):
        fingerprint = self.key("primary", usage="cert")
        self.gpg("--quick-add-key", fingerprint, "ed25519", "sign", "2027-01-01", when=MADE)
        self.gpg("--quick-add-key", fingerprint, "cv25519", "encr", when=MADE)
        self.gpg("--local-user", fingerprint, "--output", self.seal_file, "--detach-sign",
                 self.target)
        key = self.public(fingerprint)
        seal = self.judged("verified", "--key", key)
        self.assertIn(fingerprint, seal["signer"])
        self.assertEqual(seal["certificate_until"][:10], "2027-01-01")
        self.refused("untrusted", "its key was good until 2027-01-01", "--key", key,
                     at="2027-01-02T00:00:00Z")
        # Without the subkey's own word anybody could adopt it.
        packets = key.read_bytes()
        at = packets.index(bytes([0x04, 0x19, 22]))
        key.write_bytes(packets[:at] + b"\x04\x00" + packets[at + 2:])
        self.refused("untrusted", "has not signed that it belongs", "--key", key)
        # Nor does a binding that was changed hold.
        at = packets.index(bytes([0x04, 0x18, 22])) + 8
        key.write_bytes(packets[:at] + bytes([packets[at] ^ 1]) + packets[at + 1:])
        self.refused("untrusted", "no signature that holds binds its subkey", "--key", key)

    def test_end_of_a_key_can_be_moved(self):
        fingerprint = self.key("short", until="2026-12-01")
        self.sign(fingerprint)
        old = self.public(fingerprint)
        self.judged("verified", "--key", old)
        self.refused("untrusted", "its key was good until 2026-12-01", "--key", old,
                     at="2026-12-05T00:00:00Z")
        self.gpg("--quick-set-expire", fingerprint, "2028-01-01", when="20261126T000000")
        self.judged("verified", "--key", self.public(fingerprint), at="2026-12-05T00:00:00Z")

    def revoke(self, fingerprint, reason, when):
        done = subprocess.run(
            ["gpg", "--homedir", self.home, "--no-tty", "--pinentry-mode", "loopback",
             "--passphrase", "", "--faked-system-time", when + "!", "--command-fd", "0",
             "--output", self.folder / "revocation", "--yes", "--gen-revoke", fingerprint],
            input=f"y\n{reason}\n\ny\n".encode(), capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.gpg("--import", self.folder / "revocation")

    def test_revoked_keys(self):
        """One that was superseded was good before; one that was stolen never was."""
        for name, reason, before in (("stolen", 1, False), ("superseded", 2, True),
                                     ("retired", 3, True), ("silent", 0, False)):
            with self.subTest(name):
                fingerprint = self.key(name)
                self.sign(fingerprint)
                self.judged("verified", "--key", self.public(fingerprint))
                self.revoke(fingerprint, reason, "20261126T060000")
                key = self.public(fingerprint)
                self.refused("untrusted", "its key was revoked", "--key", key)
                if before:
                    self.judged("verified", "--key", key, at="2026-11-26T00:00:00Z")
                else:
                    self.refused("untrusted", "its key was revoked", "--key", key,
                                 at="2026-11-26T00:00:00Z")

    def test_weak_digests_and_keys(self):
        fingerprint = self.key("weak", "rsa2048")
        self.sign(fingerprint, "--digest-algo", "SHA1", "--detach-sign")
        self.refused("failed", "weak digest", "--key", self.public(fingerprint))
        fingerprint = self.key("small", "rsa1024")
        self.sign(fingerprint)
        done = subprocess.run([EXHIBIT, "verify", "--key", self.public(fingerprint),
                               self.package], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("the key is of an algorithm or a length", done.stderr)

    def test_who_is_trusted(self):
        mine, other = self.key("mine"), self.key("other")
        self.sign(mine)
        self.assertEqual(self.judged("unsealed")["verdict"], "not examined")
        self.refused("untrusted", "no given key", "--key", self.public(other))
        both = self.folder / "ring"
        both.write_bytes(self.public(other).read_bytes() + self.public(mine).read_bytes())
        self.judged("verified", "--key", both)
        armoured = self.folder / "both.asc"
        armoured.write_bytes(self.public(other, "--armor").read_bytes()
                             + self.public(mine, "--armor").read_bytes())
        self.judged("verified", "--key", armoured)
        policy = self.folder / "policy.json"
        for signer, verdict in ((mine, "verified"), ("mine <mine@lab.example>", "verified"),
                                (other, "failed"), ("mine", "failed")):
            self.policy(policy, signer)
            self.judged(verdict, "--policy", policy, "--key", both)

    @staticmethod
    def policy(path, signer):
        artefacts = ("pod-manifest", "writable-layer", "container-log", "falco-alerts",
                     "audit-log", "network-policy", "written-timeline", "criu-checkpoint")
        path.write_text('{"schema": "exhibit.policy/1", "signers": ["%s"], "artefacts": {%s}}'
                        % (signer, ", ".join(f'"{a}": "optional"' for a in artefacts)))

    def test_a_key_in_the_package_vouches_for_nobody(self):
        mine, other = self.key("inside"), self.key("outside")
        self.sign(mine)
        (self.package / "key.asc").write_bytes(self.public(mine, "--armor").read_bytes())
        document = self.assert_verdict("failed", "--key", self.public(other), at=NOW)
        item = next(i for i in document["items"] if i["path"] == "key.asc")
        self.assertIn("vouches for nobody", str(document) + str(item))

    def test_several_signatures_in_one_file(self):
        mine, other = self.key("first"), self.key("second")
        self.sign(mine, "--local-user", other, "--detach-sign")
        for trusted in (mine, other):
            self.assertIn(trusted, self.judged("verified", "--key", self.public(trusted))
                          ["signer"])

    def message(self, fingerprint, *how, stdin=None):
        """Without --detach-sign or --clear-sign; the list alone, or from a pipe."""
        self.gpg("--local-user", fingerprint, "--output", self.seal_file, *how, "--sign",
                 *(() if stdin else (self.target,)), stdin=stdin)

    def test_message_that_holds_the_list(self):
        mine, other = self.key("holder"), self.key("nobody")
        key = self.public(mine)
        for how in ((), ("--armor",), ("-z", "0"), ("--compress-algo", "zlib"),
                    ("--textmode",)):
            for stdin in (None, self.list):
                with self.subTest(how, piped=stdin is not None):
                    self.target.write_bytes(self.list)
                    self.message(mine, *how, stdin=stdin)
                    self.target.unlink()
                    seal = self.judged("verified", "--key", key)
                    self.assertEqual(seal["over"], MANIFEST + ".asc")
                    self.refused("untrusted", "no given key", "--key", self.public(other))
                    (self.package / "a.bin").write_bytes(b"Evidence")
                    self.assert_verdict("failed", "--key", key, at=NOW)
                    (self.package / "a.bin").write_bytes(b"evidence")

    def test_message_whose_content_was_changed(self):
        mine = self.key("changed")
        self.message(mine, "-z", "0")
        self.target.unlink()
        whole = self.seal_file.read_bytes()
        self.seal_file.write_bytes(whole.replace(b"a.bin", b"A.bin"))
        self.refused("failed", "not made over these bytes", "--key", self.public(mine))
        for n in range(0, len(whole) - 1, 7):
            self.seal_file.write_bytes(whole[:n])
            self.assertNotEqual(verify(self.package, "--key", self.public(mine), at=NOW)[1]
                                ["verdict"], "verified", n)
        self.seal_file.write_bytes(whole + whole)
        self.assertNotEqual(verify(self.package, "--key", self.public(mine), at=NOW)[1]["verdict"],
                            "verified")

    def test_message_of_something_else_is_no_seal(self):
        """It would be a file that nobody lists."""
        mine, note = self.key("else"), self.package / "note.gpg"
        self.sign(mine)
        self.gpg("--local-user", mine, "--output", note, "--sign", self.package / "a.bin")
        document = self.assert_verdict("incomplete", at=NOW)
        self.assertEqual([i["path"] for i in document["items"] if i["verdict"] == "unlisted"],
                         ["note.gpg"])
        (self.folder / "zeros").write_bytes(bytes(4000000))  # more than a list would grow by
        self.gpg("--local-user", mine, "--output", note, "--sign", self.folder / "zeros")
        document = self.assert_verdict("incomplete", at=NOW)
        self.assertEqual([i["path"] for i in document["items"] if i["verdict"] == "unlisted"],
                         ["note.gpg"])

    def test_encrypted_message_is_told_as_one(self):
        self.gpg("--passphrase", "x", "--armor", "--symmetric", "--output", self.seal_file, self.target)
        document = self.assert_verdict("incomplete", at=NOW)
        self.assertIn("encrypted message", document["signatures"][0]["why"])

    def test_several_armours_in_one_file(self):
        """Custodians who sign one after the other; one armour of them is damaged."""
        mine, other = self.key("above"), self.key("below")
        armours = []
        for fingerprint in (mine, other):
            self.sign(fingerprint)
            armours.append(self.seal_file.read_bytes())
        begin, end = armours[0].splitlines()[0], armours[0].splitlines()[-1]
        damaged = b"\n".join((begin, b"", b"####", end)) + b"\n"
        self.seal_file.write_bytes(b"signed twice\n".join((armours[0], damaged, armours[1])))
        for trusted in (mine, other):
            self.assertIn(trusted, self.judged("verified", "--key", self.public(trusted))
                          ["signer"])
        self.target.write_bytes(self.list + b"\n")
        for trusted in (mine, other):
            self.judged("failed", "--key", self.public(trusted))

    def test_named_after_nothing(self):
        mine = self.key("nameless")
        self.sign(mine)
        self.seal_file.rename(self.package / "custodian.asc")
        self.assertEqual(self.judged("verified", "--key", self.public(mine))["over"], MANIFEST)

    def test_headers_of_a_clear_signed_list(self):
        """What stands above the empty line is not signed: gpg takes nothing but names of
        digests there."""
        fingerprint = self.key("headers")
        key = self.public(fingerprint)
        signed = self.clear_signed(self.list, fingerprint)
        for header in (b"Comment: x", self.list.splitlines()[0], b"Hash: SHA512, " + b"0" * 64,
                       b"NotDashEscaped: You need GnuPG to verify this message"):
            with self.subTest(header):
                self.target.write_bytes(signed.replace(b"\n\n", b"\n" + header + b"\n\n", 1))
                self.seal_file = self.target
                self.gpg_agrees_alone(False)
                _, document = verify("--key", key, self.package, at=NOW)
                self.assertNotIn("verified", [s["verdict"] for s in document["signatures"]])
                self.assertNotEqual(document["verdict"], "verified")
        self.target.write_bytes(signed.replace(b"SIGNED MESSAGE-----", b"SIGNED MESSAGE----- x"))
        _, document = verify("--key", key, self.package, at=NOW)
        self.assertNotEqual(document["verdict"], "verified")
        self.target.write_bytes(signed.replace(b"Hash: SHA512", b"Hash: SHA256,SHA512"))
        self.judged("verified", "--key", key)

    def test_two_clear_signed_texts_in_one_file(self):
        fingerprint = self.key("twice")
        self.target.write_bytes(self.clear_signed(self.list, fingerprint) * 2)
        self.gpg_agrees_alone(False)
        _, document = verify("--key", self.public(fingerprint), self.package, at=NOW)
        self.assertNotEqual(document["verdict"], "verified")

    def gpg_agrees_alone(self, holds):
        done = subprocess.run(["gpg", "--homedir", str(self.home), "--batch", "--verify",
                               str(self.target)], capture_output=True, check=False)
        self.assertEqual(done.returncode == 0, holds, done.stderr)

    def test_armour_spoken_of_in_a_signed_text(self):
        fingerprint = self.key("quotes")
        self.clear_signed(self.list + b"# before -----BEGIN PGP SIGNATURE-----\n", fingerprint)
        self.gpg_agrees_alone(True)
        self.judged("verified", "--key", self.public(fingerprint))

    def test_revocation_behind_a_subkey(self):
        """Who adds it to a file puts it at its end, where no subkey is meant."""
        fingerprint = self.key("appended")
        self.gpg("--quick-add-key", fingerprint, "cv25519", "encr", when=MADE)
        self.sign(fingerprint)
        key = self.public(fingerprint)
        self.judged("verified", "--key", key)
        before = key.read_bytes()
        self.revoke(fingerprint, 1, "20261126T060000")
        revocation = self.gpg("--dearmor", stdin=(self.folder / "revocation").read_bytes())
        key.write_bytes(before + revocation)
        self.refused("untrusted", "its key was revoked", "--key", key)

    def test_two_states_of_one_certificate(self):
        """Both are given: the older does not know of the revocation."""
        for reason, why in (1, "not only because"), (2, "was revoked at 2026-11-26"):
            fingerprint = self.key(f"states{reason}")
            self.sign(fingerprint)
            old = self.public(fingerprint).read_bytes()
            self.revoke(fingerprint, reason, "20261126T060000")
            new = self.public(fingerprint).read_bytes()
            ring = self.folder / "ring"
            for both in (old + new, new + old):
                ring.write_bytes(both)
                self.refused("untrusted", why, "--key", ring)

    def test_certificate_that_is_cut_off(self):
        """What is missing, or cannot be read, may be a revocation."""
        fingerprint = self.key("cut")
        key = self.public(fingerprint)
        whole = key.read_bytes()
        for more in (b"\x88\x75\x04\x20", b"\xc2\xe8\x04\x20", b"garbage"):
            key.write_bytes(whole + more)
            done = subprocess.run([EXHIBIT, "verify", "--key", key, self.package],
                                  capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 2)
            self.assertIn("cut off or damaged", done.stderr)

    def test_what_is_no_key(self):
        mine = self.key("what")
        keybox = self.folder / "pubring.kbx"
        keybox.write_bytes((self.home / "pubring.kbx").read_bytes())
        secret = self.folder / "secret.asc"
        secret.write_bytes(self.gpg("--export-secret-keys", "--armor", mine))
        damaged = bytearray(self.public(mine).read_bytes())
        damaged[-1] ^= 1
        (self.folder / "damaged").write_bytes(damaged)
        for path, why in ((keybox, "a keybox of GnuPG"), (secret, "a private key"),
                          (self.folder / "damaged", "no signature of its own that holds")):
            done = subprocess.run([EXHIBIT, "verify", "--key", path, self.package],
                                  capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 2)
            self.assertIn(why, done.stderr)


class HandCase(OpenPgpCase):
    """Keys and signatures written from RFC 9580 with openssl's keys."""

    algorithm = 22  # of version 4

    def setUp(self):
        super().setUp()
        self.secret = self.folder / "ed25519.pem"
        run("openssl", "genpkey", "-algorithm", "ed25519", "-out", self.secret)
        self.point = run("openssl", "pkey", "-in", self.secret, "-pubout", "-outform",
                         "DER")[-32:]
        self.made = int(time.mktime((2026, 11, 24, 12, 0, 0, 0, 0, 0)) - time.timezone)

    @staticmethod
    def packet(kind, body):
        return bytes([0xc0 | kind, 255]) + len(body).to_bytes(4, "big") + body

    def key_body(self, version):
        made = self.made.to_bytes(4, "big")
        if version == 6:
            return bytes([6]) + made + bytes([27]) + (32).to_bytes(4, "big") + self.point
        return (bytes([4]) + made + bytes([22, 9]) + bytes.fromhex("2b06010401da470f01")
                + (263).to_bytes(2, "big") + b"\x40" + self.point)

    def hashed_key(self, version):
        body = self.key_body(version)
        if version == 6:
            return b"\x9b" + len(body).to_bytes(4, "big") + body
        return b"\x99" + len(body).to_bytes(2, "big") + body

    def fingerprint(self, version):
        h = hashlib.sha256 if version == 6 else hashlib.sha1
        return h(self.hashed_key(version)).digest()

    def value(self, digest, version):
        (self.folder / "digest").write_bytes(digest)
        raw = run("openssl", "pkeyutl", "-sign", "-rawin", "-inkey", self.secret, "-in",
                  self.folder / "digest")
        if version == 6:
            return raw
        numbers = b""
        for half in (raw[:32], raw[32:]):
            half = half.lstrip(b"\0")
            bits = len(half) * 8 - (8 - half[0].bit_length())
            numbers += bits.to_bytes(2, "big") + half
        return numbers

    @staticmethod
    def subpacket(kind, body):
        return bytes([len(body) + 1, kind]) + body

    def signature(self, version, kind, over, *more, unsigned=b""):
        """A packet over what stands in `over`; `more` are further signed subpackets."""
        made = (self.made + 60).to_bytes(4, "big")
        algorithm = 27 if version == 6 else self.algorithm
        if version == 3:
            head, salt = bytes([kind]) + made, b""
            digest = hashlib.sha512(over + head).digest()
            body = (bytes([3, 5]) + head + self.fingerprint(4)[-8:] + bytes([22, 10])
                    + digest[:2] + self.value(digest, 4))
            return self.packet(2, body)
        hashed = (self.subpacket(2, made) + self.subpacket(
            33, bytes([version]) + self.fingerprint(version)) + b"".join(more))
        size = 4 if version == 6 else 2
        head = bytes([version, kind, algorithm, 10]) + len(hashed).to_bytes(size, "big") + hashed
        salt = bytes(range(32)) if version == 6 else b""
        trailer = bytes([version, 255]) + len(head).to_bytes(4, "big")
        digest = hashlib.sha512(salt + over + head + trailer).digest()
        return self.packet(2, head + len(unsigned).to_bytes(size, "big") + unsigned + digest[:2]
                           + (bytes([len(salt)]) + salt if version == 6 else b"")
                           + self.value(digest, version))

    def certificate(self, version, *more):
        user = b"By hand <hand@lab.example>"
        key = self.hashed_key(version)
        named = key + b"\xb4" + len(user).to_bytes(4, "big") + user
        flags = self.subpacket(27, b"\x03")
        direct = self.signature(version, 0x1f, key, flags, *more) if version == 6 else b""
        path = self.folder / "key"
        path.write_bytes(self.packet(6, self.key_body(version)) + direct + self.packet(13, user)
                         + self.signature(version, 0x13, named, flags, *more))
        return path


class ByHand(HandCase):
    """Keys and signatures of version 6, which gpg does not write, signatures of version 3,
    which nobody writes any more, and wrong ones."""

    def test_version_6(self):
        key = self.certificate(6)
        self.seal_file.write_bytes(self.signature(6, 0, self.list))
        seal = self.judged("verified", "--key", key)
        self.assertIn(self.fingerprint(6).hex().upper(), seal["signer"])
        packet = bytearray(self.seal_file.read_bytes())
        packet[-65] ^= 1  # of the salt
        self.seal_file.write_bytes(packet)
        self.refused("failed", "not made over these bytes", "--key", key)
        ends = self.subpacket(9, (86400).to_bytes(4, "big"))
        self.seal_file.write_bytes(self.signature(6, 0, self.list))
        self.refused("untrusted", "its key was good until 2026-11-25T12:00:00Z", "--key",
                     self.certificate(6, ends))

    def test_versions_3_and_4(self):
        key = self.certificate(4)
        for version in (3, 4):
            with self.subTest(version):
                self.seal_file.write_bytes(self.signature(version, 0, self.list))
                self.judged("verified", "--key", key)
                self.seal_file.write_bytes(self.signature(version, 0, self.list + b"\n"))
                self.refused("failed", "not made over these bytes", "--key", key)

    def test_what_must_be_understood(self):
        key = self.certificate(4)
        for kind, holds in ((0x80 | 100, False), (100, True), (0x80 | 20, False), (20, True),
                            (0x80 | 28, True), (3, False)):
            with self.subTest(kind):
                self.seal_file.write_bytes(
                    self.signature(4, 0, self.list, self.subpacket(kind, b"12345678")))
                if holds:
                    self.judged("verified", "--key", key)
                else:
                    self.refused("failed", "must be understood", "--key", key)

    def test_times(self):
        key = self.certificate(4)
        hour = self.subpacket(3, (3600).to_bytes(4, "big"))
        self.seal_file.write_bytes(self.signature(4, 0, self.list, hour))
        self.refused("untrusted", "by its own word it was good until 2026-11-24T13:01:00Z",
                     "--key", key)
        self.judged("verified", "--key", key, at="2026-11-24T13:00:00Z")
        self.seal_file.write_bytes(self.signature(4, 0, self.list))
        self.refused("untrusted", "made later", "--key", key, at="2026-11-20T00:00:00Z")
        # A time outside of what is signed is nobody's.
        self.made -= 7200
        early = self.signature(4, 0, self.list)
        self.made += 7200
        self.seal_file.write_bytes(early)
        self.refused("untrusted", "no given key", "--key", key)

    def test_key_that_may_not_sign(self):
        """The flags say: only to certify, and to encrypt."""
        user = b"u"
        named = self.hashed_key(4) + b"\xb4" + len(user).to_bytes(4, "big") + user
        path = self.folder / "key"
        path.write_bytes(self.packet(6, self.key_body(4)) + self.packet(13, user) +
                         self.signature(4, 0x13, named, self.subpacket(27, b"\x0d")))
        self.seal_file.write_bytes(self.signature(4, 0, self.list))
        self.refused("untrusted", "not one for signing", "--key", path)

    def test_not_over_a_document(self):
        """A certification whose bytes are those of a file is none of the file."""
        key = self.certificate(4)
        for kind in (0x10, 0x1f, 0x40):
            self.seal_file.write_bytes(self.signature(4, kind, self.list))
            self.refused("failed", "not a signature over a document", "--key", key)

    def test_salt_of_another_length(self):
        """Its length is not hashed: else the first lines of a list would go into it."""
        key = self.certificate(6)
        whole = self.signature(6, 0, self.list)[6:]
        head, salt, value = whole[:-97], whole[-96:-64], whole[-64:]
        first = self.list.index(b"\n") + 1
        (self.package / "a.bin").unlink()
        for salt, rest in ((salt + self.list[:first], self.list[first:]),
                           (salt[:16], salt[16:] + self.list), (b"", salt + self.list)):
            self.target.write_bytes(rest)
            self.seal_file.write_bytes(
                self.packet(2, head + bytes([len(salt)]) + salt + value))
            self.refused("failed", "salt of this length", "--key", key)

    def test_versions_of_key_and_signature_differ(self):
        """RFC 9580, 5.2: what a key of version 6 signs has a salt, and a trailer that says
        so."""
        key = self.certificate(6)
        name = self.fingerprint(6)
        self.algorithm, self.fingerprint = 27, lambda version: name
        self.value = lambda digest, version: HandCase.value(self, digest, 6)
        self.seal_file.write_bytes(self.signature(4, 0, self.list))
        self.refused("untrusted", "no given key", "--key", key)

    def test_revoked_user_id(self):
        """Who took a name back does not sign under it any more; the key still counts."""
        key = self.certificate(4)
        user = b"By hand <hand@lab.example>"
        named = self.hashed_key(4) + b"\xb4" + len(user).to_bytes(4, "big") + user
        self.seal_file.write_bytes(self.signature(4, 0, self.list))
        policy = self.folder / "policy.json"
        Gpg.policy(policy, user.decode())
        self.judged("verified", "--policy", policy, "--key", key)
        key.write_bytes(key.read_bytes() + self.signature(4, 0x30, named))
        self.refused("untrusted", "policy does not name", "--policy", policy, "--key", key)
        Gpg.policy(policy, self.fingerprint(4).hex().upper())
        seal = self.judged("verified", "--policy", policy, "--key", key)
        self.assertNotIn("By hand", seal["signer"])

    def test_revocations_of_subkeys(self):
        """One that stands behind another subkey counts; one of another subkey does not."""
        primary = self.hashed_key(4)
        self.made += 1  # a second key: its fingerprint is over its time
        subkey, hashed = self.packet(14, self.key_body(4)), self.hashed_key(4)
        back = self.signature(4, 0x19, primary + hashed)[6:]
        self.seal_file.write_bytes(self.signature(4, 0, self.list))
        self.made += 1
        other, hashed_other = self.packet(14, self.key_body(4)), self.hashed_key(4)
        self.made -= 2
        binds = self.signature(4, 0x18, primary + hashed, self.subpacket(27, b"\x02"),
                               self.subpacket(32, back))
        key = self.certificate(4)
        whole = key.read_bytes() + subkey + binds + other
        key.write_bytes(whole)
        self.judged("verified", "--key", key)
        key.write_bytes(whole + self.signature(4, 0x28, primary + hashed_other))
        self.judged("verified", "--key", key)
        key.write_bytes(whole + self.signature(4, 0x28, primary + hashed))
        self.refused("untrusted", "its key was revoked", "--key", key)
        self.made += 1  # by the subkey itself, which cannot
        by_subkey = self.signature(4, 0x28, primary + hashed)
        self.made -= 1
        key.write_bytes(whole + by_subkey)
        self.judged("verified", "--key", key)

    def test_end_that_only_the_direct_signature_tells(self):
        key = self.certificate(4)
        ends = self.subpacket(9, (86400).to_bytes(4, "big"))
        direct = self.signature(4, 0x1f, self.hashed_key(4), ends)
        key.write_bytes(key.read_bytes() + direct)
        self.seal_file.write_bytes(self.signature(4, 0, self.list))
        self.refused("untrusted", "its key was good until 2026-11-25T12:00:00Z", "--key", key)

    def test_many_signatures_that_do_not_hold(self):
        """Each costs a reading of all that it is over."""
        key = self.certificate(4)
        good, bad = self.signature(4, 0, self.list), self.signature(4, 0, b"other")
        self.seal_file.write_bytes(bad * 15 + good)
        self.judged("verified", "--key", key)
        self.seal_file.write_bytes(bad * 16 + good)
        self.assertEqual(self.judged("failed", "--key", key)["verdict"], "failed")

    def test_many_self_signatures(self):
        key = self.certificate(4)
        bad = self.signature(4, 0x20, b"other")
        self.seal_file.write_bytes(self.signature(4, 0, self.list))
        whole = key.read_bytes()
        key.write_bytes(whole + bad * 99)
        self.judged("verified", "--key", key)
        key.write_bytes(whole + bad * 100)
        done = subprocess.run([EXHIBIT, "verify", "--key", key, self.package],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("too many signatures", done.stderr)
        key.write_bytes(whole + self.signature(4, 0x1f, self.hashed_key(4)) * 5000)
        done = subprocess.run([EXHIBIT, "verify", "--key", key, self.package],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)

    def test_truncated_everywhere(self):
        """No shorter packet holds, and none ends exhibit."""
        key = self.certificate(4)
        whole = self.signature(4, 0, self.list)[6:]
        for n in range(0, len(whole), 7):
            armour = base64.b64encode(self.packet(2, whole[:n])).decode()
            self.seal_file.write_text(f"-----BEGIN PGP SIGNATURE-----\n\n{armour}\n"
                                      "-----END PGP SIGNATURE-----\n")
            status, document = verify("--key", key, self.package, at=NOW)
            self.assertIn(status, (0, 1))
            self.assertNotEqual(document["verdict"], "verified", n)


class Rsa(HandCase):
    """What gpg does not make of keys of RSA."""

    algorithm, exponent, padding = 1, 65537, "pkcs1"

    def setUp(self):
        super().setUp()
        run("openssl", "genrsa", "-out", self.secret, "2048")
        text = run("openssl", "rsa", "-in", self.secret, "-noout", "-modulus").decode()
        self.modulus = bytes.fromhex(text.strip().split("=")[1])

    @staticmethod
    def number(octets):
        octets = octets.lstrip(b"\0")
        return (len(octets) * 8 - 8 + octets[0].bit_length()).to_bytes(2, "big") + octets

    def key_body(self, version):
        return (bytes([4]) + self.made.to_bytes(4, "big") + bytes([1])
                + self.number(self.modulus) + self.number(self.exponent.to_bytes(9, "big")))

    def value(self, digest, version):
        if self.exponent == 1:
            # RFC 8017, 9.2: with such an exponent the padded digest is its own signature.
            told = bytes.fromhex("3051300d060960864801650304020305000440") + digest
            return self.number(b"\0\1" + b"\xff" * (256 - 3 - len(told)) + b"\0" + told)
        (self.folder / "digest").write_bytes(digest)
        return self.number(run("openssl", "pkeyutl", "-sign", "-inkey", self.secret, "-pkeyopt",
                               "digest:sha512", "-pkeyopt", "rsa_padding_mode:" + self.padding,
                               "-in", self.folder / "digest"))

    def test_padding(self):
        """OpenPGP knows only that of PKCS #1 v1.5 (RFC 9580, 5.2.3.1)."""
        key = self.certificate(4)
        self.seal_file.write_bytes(self.signature(4, 0, self.list))
        self.judged("verified", "--key", key)
        self.padding = "pss"
        self.seal_file.write_bytes(self.signature(4, 0, self.list))
        self.refused("failed", "not made over these bytes", "--key", key)

    def test_exponent_of_one(self):
        """Anybody signs for such a key."""
        self.exponent = 1
        key = self.certificate(4)
        self.seal_file.write_bytes(self.signature(4, 0, self.list))
        done = subprocess.run([EXHIBIT, "verify", "--key", key, self.package],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("the key is of an algorithm or a length", done.stderr)
