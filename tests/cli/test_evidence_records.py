"""Evidence records (RFC 4998) with chains of renewals. No tool of Debian writes them: they
are put together here by the RFC's own steps, around tokens of chosen times."""

import datetime
import hashlib
import unittest

import der
from seal_kit import MANIFEST, SealCase, algorithm_id, token_at
from verify_kit import verify

UTC = datetime.timezone.utc


def year(n, month=6):
    return datetime.datetime(n, month, 1, tzinfo=UTC)


def digest(data, algorithm="sha256"):
    return hashlib.new(algorithm, data).digest()


def tree(leaf, *siblings, algorithm="sha256"):
    """The reduced hash tree of a leaf with these siblings on its way up, and the root."""
    lists, root = [[leaf]], leaf
    for i, level in enumerate(siblings):
        if i == 0:
            lists[0] = [leaf, *level]
            root = digest(b"".join(sorted(lists[0])), algorithm)
        else:
            lists.append(list(level))
            root = digest(b"".join(sorted([root, *level])), algorithm)
    return lists, root


class EvidenceRecords(SealCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name, end in (("old", "20250101000000Z"), ("middle", "20270101000000Z"),
                          ("young", "20400101000000Z")):
            cls.authority.issue(name, "tsa", end=end)

    def setUp(self):
        super().setUp()
        self.data = self.target.read_bytes()
        self.path = self.package / (MANIFEST + ".ers")

    def token(self, signer, imprint, when, algorithm="sha256"):
        return token_at(self.pki, signer, imprint, when, algorithm=algorithm)

    def stamp(self, token, lists=None, algorithm="sha256", named=True):
        """ArchiveTimeStamp; the tags of its members are implicit."""
        name = der.read(algorithm_id(algorithm))[1]
        return der.sequence(
            der.context(0, name) if named else b"",
            der.context(2, *(der.sequence(*map(der.octets, one)) for one in lists))
            if lists else b"", token)

    def record(self, *chains, algorithms=("sha256",), extra=b""):
        return der.sequence(der.integer(1), der.sequence(*map(algorithm_id, algorithms)),
                            extra, der.sequence(*chains))

    def judged(self, record, verdict, at="2026-06-01", trust=None):
        self.path.write_bytes(record)
        document = self.assert_verdict(verdict, *(trust or self.trust), at=at)
        return document["timestamps"][0]

    def refused(self, record, words, verdict="failed", at="2026-06-01"):
        stamp = self.judged(record, "failed", at)
        self.assertEqual(stamp["verdict"], verdict, stamp["why"])
        self.assertIn(words, stamp["why"])

    def first(self, signer="middle", when=year(2024)):
        token = self.token(signer, digest(self.data), when)
        return token, self.stamp(token)

    def renewal(self, token, signer="young", when=year(2026, 1), algorithm="sha256"):
        new = self.token(signer, digest(token, algorithm), when, algorithm)
        return new, self.stamp(new, algorithm=algorithm)

    # -- one archive time-stamp ------------------------------------------------------

    def test_one_file(self):
        _, stamp = self.first()
        found = self.judged(self.record(der.sequence(stamp)), "verified")
        self.assertEqual((found["format"], found["over"], found["time"], found["authority"],
                          found["renewals"]),
                         ("rfc4998", MANIFEST, "2024-06-01T00:00:00Z", "CN=middle", 0))

    def test_not_asked(self):
        _, stamp = self.first()
        self.path.write_bytes(self.record(der.sequence(stamp)))
        found = self.assert_verdict("unsealed", at="2026-06-01")["timestamps"][0]
        self.assertEqual(found["verdict"], "not examined")

    def test_hash_trees(self):
        others = [digest(b"%d" % i) for i in range(9)]
        leaf = digest(self.data)
        for siblings in ([], [others[:1]], [others[:4]], [others[:1], others[1:2]],
                         [others[:1], others[1:3], others[3:4], others[4:9]]):
            lists, root = tree(leaf, *siblings)
            with self.subTest([len(level) for level in lists]):
                token = self.token("middle", root, year(2024))
                self.judged(self.record(der.sequence(self.stamp(token, lists))), "verified")
                self.judged(self.record(der.sequence(self.stamp(
                    token, lists, named=False))), "verified")
                bad = [list(level) for level in lists]
                bad[-1][-1] = digest(b"something else")
                self.refused(self.record(der.sequence(self.stamp(token, bad))),
                             "other bytes" if bad[0][0] == leaf else "hash tree")

    def test_longer_digests(self):
        for algorithm in ("sha384", "sha512"):
            lists, root = tree(digest(self.data, algorithm), [digest(b"x", algorithm)],
                               algorithm=algorithm)
            token = self.token("middle", root, year(2024), algorithm)
            self.judged(self.record(der.sequence(self.stamp(token, lists, algorithm)),
                                    algorithms=(algorithm,)), "verified")

    def test_weak_digest(self):
        token = self.token("middle", digest(self.data, "sha1"), year(2024), "sha1")
        self.refused(self.record(der.sequence(self.stamp(token, algorithm="sha1")),
                                 algorithms=("sha1",)), "weak")

    def test_leaf_of_another_file(self):
        lists, root = tree(digest(b"other"), [digest(b"x")])
        token = self.token("middle", root, year(2024))
        self.refused(self.record(der.sequence(self.stamp(token, lists))), "hash tree")

    def test_file_was_changed(self):
        _, stamp = self.first()
        self.target.write_bytes(self.data + b"# more\n")
        self.refused(self.record(der.sequence(stamp)), "other bytes")

    def test_found_by_its_digest(self):
        self.path = self.package / "archive.ers"
        lists, root = tree(digest(self.data), [digest(b"x"), digest(b"y")])
        token = self.token("middle", root, year(2024))
        found = self.judged(self.record(der.sequence(self.stamp(token, lists))), "verified")
        self.assertEqual(found["over"], MANIFEST)

    def test_found_by_another_digest_and_among_many(self):
        """Of a file that is no manifest only the SHA-256 is known at first."""
        self.path = self.package / "archive.ers"
        data = (self.package / "a.bin").read_bytes()
        others = [digest(b"%d" % i, "sha512") for i in range(20000)]
        for siblings in ([], [others[:1]], [others]):
            lists, root = tree(digest(data, "sha512"), *siblings, algorithm="sha512")
            token = self.token("middle", root, year(2024), "sha512")
            self.path.write_bytes(self.record(der.sequence(self.stamp(token, lists, "sha512")),
                                              algorithms=("sha512",)))
            document = self.assert_verdict("incomplete", *self.trust, at="2026-06-01")
            (found,) = document["timestamps"]
            self.assertEqual((found["over"], found["verdict"]), ("a.bin", "verified"))

    def test_algorithm_of_tree_and_token_differ(self):
        token = self.token("middle", digest(self.data), year(2024))
        self.refused(self.record(der.sequence(self.stamp(token, algorithm="sha512"))),
                     "another digest algorithm")

    # -- renewals --------------------------------------------------------------------

    def test_last_certificate_ended(self):
        _, stamp = self.first()
        record = self.record(der.sequence(stamp))
        self.judged(record, "verified", "2026-12-31")
        self.refused(record, "2027-01-01", "untrusted", "2027-02-01")

    def test_renewed_time_stamp(self):
        token, stamp = self.first()
        _, again = self.renewal(token)
        found = self.judged(self.record(der.sequence(stamp, again)), "verified",
                            "2039-01-01")
        self.assertEqual((found["time"], found["renewals"], found["renewed"]),
                         ("2024-06-01T00:00:00Z", 1, "2026-01-01T00:00:00Z"))

    def test_renewed_with_others_in_a_tree(self):
        token, stamp = self.first()
        lists, root = tree(digest(token), [digest(b"another token")], [digest(b"z")])
        again = self.stamp(self.token("young", root, year(2026, 1)), lists)
        self.judged(self.record(der.sequence(stamp, again)), "verified", "2039-01-01")

    def test_renewed_too_late(self):
        token, stamp = self.first("old")
        _, again = self.renewal(token)
        self.refused(self.record(der.sequence(stamp, again)), "2025-01-01", "untrusted")

    def test_renewal_of_another_token(self):
        _, stamp = self.first()
        _, again = self.renewal(self.token("middle", digest(self.data), year(2023)))
        self.refused(self.record(der.sequence(stamp, again)), "other bytes")

    def test_renewal_before_what_it_renews(self):
        token, stamp = self.first()
        _, again = self.renewal(token, when=year(2023))
        self.refused(self.record(der.sequence(stamp, again)), "earlier time")

    def test_algorithm_changes_inside_a_chain(self):
        token, stamp = self.first()
        _, again = self.renewal(token, algorithm="sha512")
        self.refused(self.record(der.sequence(stamp, again),
                                 algorithms=("sha256", "sha512")), "inside a chain")

    def hashed_again(self, *chains, algorithm="sha512", data=None, when=year(2026, 1)):
        """RFC 4998, 5.2: H(H(data) || H(the older chains))."""
        both = (digest(data or self.data, algorithm)
                + digest(der.sequence(*chains), algorithm))
        lists, root = tree(digest(both, algorithm), [digest(b"x", algorithm)],
                           algorithm=algorithm)
        token = self.token("young", root, when, algorithm)
        return token, self.stamp(token, lists, algorithm)

    def test_renewed_hash_tree(self):
        token, stamp = self.first("old", year(2023))
        _, again = self.renewal(token, "middle", year(2024))
        chain = der.sequence(stamp, again)
        _, new = self.hashed_again(chain)
        record = self.record(chain, der.sequence(new), algorithms=("sha256", "sha512"))
        found = self.judged(record, "verified", "2039-01-01")
        self.assertEqual((found["time"], found["renewals"]), ("2023-06-01T00:00:00Z", 2))
        self.target.write_bytes(self.data + b"# more\n")
        self.refused(record, "other bytes", at="2039-01-01")

    def test_three_chains_with_renewals(self):
        token, stamp = self.first("old", year(2023))
        one = der.sequence(stamp)
        token, new = self.hashed_again(one, algorithm="sha384", when=year(2024))
        _, again = self.renewal(token, when=year(2025), algorithm="sha384")
        two = der.sequence(new, again)
        _, last = self.hashed_again(one, two)
        record = self.record(one, two, der.sequence(last),
                             algorithms=("sha256", "sha384", "sha512"))
        self.assertEqual(self.judged(record, "verified", "2039-01-01")["renewals"], 3)

    def test_renewed_hash_tree_of_other_data_or_chains(self):
        _, stamp = self.first()
        chain = der.sequence(stamp)
        for made in (self.hashed_again(chain, data=b"other"),
                     self.hashed_again(der.sequence(self.first("old", year(2023))[1]))):
            self.refused(self.record(chain, der.sequence(made[1])), "renewal in it")

    # -- hostile ---------------------------------------------------------------------

    def test_other_authority(self):
        _, stamp = self.first()
        found = self.judged(self.record(der.sequence(stamp)), "failed",
                            trust=("--trust", self.pki / "old.pem"))
        self.assertEqual(found["verdict"], "untrusted")

    def test_made_over_encrypted_files(self):
        _, stamp = self.first()
        encryption = der.context(1, der.sequence(der.oid("1.2.3")), b"")
        found = self.judged(self.record(der.sequence(stamp), extra=encryption),
                            "incomplete")
        self.assertEqual(found["verdict"], "not examined")

    def test_malformed(self):
        token, stamp = self.first()
        good = self.record(der.sequence(stamp))
        for bad in (good + b"\0", good[:-1], self.record(), self.record(der.sequence()),
                    self.record(der.sequence(der.sequence())),
                    self.record(der.sequence(self.stamp(token, [[b"short"]]))),
                    self.record(der.sequence(self.stamp(token, [[]]))),
                    self.record(*[der.sequence(stamp)] * 65),
                    good.replace(b"\x02\x01\x01\x30", b"\x02\x01\x02\x30", 1)):
            self.path.write_bytes(bad)
            code, document = verify(*self.trust, self.package, at="2026-06-01")
            self.assertEqual((code, document["timestamps"][0]["verdict"]), (1, "failed"))

    def test_each_changed_byte_is_seen(self):
        """Before the last archive time-stamp, which covers all of the one before."""
        token, stamp = self.first()
        _, again = self.renewal(token)
        good = self.record(der.sequence(stamp, again))
        for at in range(0, len(good) - len(again), 31):
            bad = bytearray(good)
            bad[at] ^= 0x55
            self.path.write_bytes(bad)
            self.assertEqual(verify(*self.trust, self.package, at="2039-01-01")[0], 1, at)


if __name__ == "__main__":
    unittest.main()
