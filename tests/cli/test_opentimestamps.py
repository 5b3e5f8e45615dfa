"""OpenTimestamps proofs, built here byte by byte after the specification; the block is
Bitcoin's first, whose header anybody can check."""

import hashlib
import unittest

from verify_kit import VerifyCase

MAGIC = bytes.fromhex("004f70656e54696d657374616d7073000050726f6f6600bf89e2e884e8929401")
GENESIS = bytes.fromhex(
    "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12"
    "b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c")
BITCOIN = bytes.fromhex("0588960d73d71901")
PENDING = bytes.fromhex("83dfe30d2ef90c8e")


def attestation(tag, payload):
    return b"\x00" + tag + bytes([len(payload)]) + payload


class OpenTimestamps(VerifyCase):
    """The message of the proof is the block's Merkle root itself: then no operation leads
    to it, and the manifest's digest is made to be it by a test of the evaluator alone."""

    def setUp(self):
        super().setUp()
        self.files()
        self.manifest()
        self.digest = hashlib.sha256((self.package / "manifest.sha256").read_bytes()).digest()
        self.headers = self.folder / "headers"

    def proof(self, tree, digest=None):
        path = self.package / "manifest.sha256.ots"
        path.write_bytes(MAGIC + b"\x08" + (digest or self.digest) + tree)

    def mined(self, root):
        """A header with this Merkle root and the easiest work there is."""
        nonce = 0
        while True:
            header = (b"\1\0\0\0" + b"\0" * 32 + root + (1700000000).to_bytes(4, "little")
                      + bytes.fromhex("ffff7f20") + nonce.to_bytes(4, "little"))
            twice = hashlib.sha256(hashlib.sha256(header).digest()).digest()
            if twice[31] < 0x7f:
                return header
            nonce += 1

    def stamp(self, verdict, *arguments):
        return self.assert_verdict(verdict, *arguments)["timestamps"][0]

    def path(self):
        """append, sha256, prepend, sha256, as calendars do."""
        message = hashlib.sha256(self.digest + b"salt").digest()
        message = hashlib.sha256(b"left" + message).digest()
        return message, b"\xf0\x04salt\x08" + b"\xf1\x04left\x08"

    def test_pending_proves_nothing(self):
        self.proof(attestation(PENDING, b"\x0bhttps://a.b"))
        stamp = self.stamp("unsealed")
        self.assertEqual(stamp["verdict"], "not examined")
        self.assertIn("proves nothing yet", stamp["why"])

    def test_path_to_a_block_that_was_not_given(self):
        _, operations = self.path()
        self.proof(operations + attestation(BITCOIN, b"\x05"))
        self.assertIn("Bitcoin block 5", self.stamp("unsealed")["why"])

    def test_block_given(self):
        message, operations = self.path()
        self.proof(b"\xff" + attestation(PENDING, b"\x01x") + operations
                   + attestation(BITCOIN, b"\x05"))
        for form in (lambda h: h, lambda h: h.hex().encode() + b"\n"):
            self.headers.write_bytes(form(GENESIS) + form(self.mined(message)))
            stamp = self.stamp("verified", "--block-headers", self.headers)
            self.assertEqual(stamp["time"], "2023-11-14T22:13:20Z")

    def test_branch_with_a_hash_that_is_not_computed(self):
        """Keccak-256, as Ethereum's calendars use it: the other branch counts, that one not."""
        message, operations = self.path()
        other = b"\x67\xf0\x01x\x08"
        self.proof(b"\xff" + other + attestation(PENDING, b"\x01x") + operations
                   + attestation(BITCOIN, b"\x05"))
        self.headers.write_bytes(self.mined(message))
        self.stamp("verified", "--block-headers", self.headers)
        self.proof(other + attestation(BITCOIN, b"\x05"))
        zeros = hashlib.sha256(bytes(32) + b"x").digest()
        self.headers.write_bytes(self.mined(zeros))
        stamp = self.stamp("incomplete", "--block-headers", self.headers)
        self.assertEqual(stamp["verdict"], "not examined")

    def test_operations_and_versions_of_tomorrow_are_not_examined(self):
        _, operations = self.path()
        for tag in (b"\x09", b"\x66", b"\x99", b"\xf4"):
            self.proof(tag + operations + attestation(BITCOIN, b"\x05"))
            stamp = self.stamp("unsealed")
            self.assertEqual(stamp["verdict"], "not examined")
            self.assertIn("does not know", stamp["why"])

    def test_header_without_work_does_not_count(self):
        message, operations = self.path()
        self.proof(operations + attestation(BITCOIN, b"\x05"))
        header = bytearray(self.mined(message))
        header[72:76] = bytes.fromhex("ffff001d")
        self.headers.write_bytes(header)
        self.assertEqual(self.stamp("incomplete", "--block-headers", self.headers)["verdict"],
                         "not examined")

    def test_other_bytes_and_damage(self):
        _, operations = self.path()
        good = operations + attestation(BITCOIN, b"\x05")
        for tree, digest in ((good, b"\1" * 32), (good + b"\0", None), (good[:-2], None),
                             (b"\xf0\x00\x08" + good, None),
                             (b"\x08" * 300 + good, None), (b"", None)):
            with self.subTest(tree[:4]):
                self.proof(tree, digest)
                self.assertEqual(self.stamp("failed")["verdict"], "failed")


if __name__ == "__main__":
    unittest.main()
