"""--index of diff and analyze: the second run says the same as the first, and a record that somebody
changed says nothing."""
import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from layer_truth import EXHIBIT, diff
from test_diff import DIR, layout_of, sha, tar_of

LAYERS = [tar_of(("etc", DIR, b""), ("etc/a", {"uid": 7, "mode": 0o4755}, b"one"),
                 ("etc/x", {"pax_headers": {"SCHILY.xattr.user.note": "v",
                                            "mtime": "1700000000.123456789"}}, b"x"),
                 ("etc/inner.tar", {}, tar_of(("q", {}, b"q")))),
          tar_of(("etc/b", {}, b"two"), ("etc/l", {"type": b"1", "linkname": "etc/b"}, b""))]


class Index(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.dir)
        self.index = self.path("index")
        self.base = layout_of(self.path("base.tar"), LAYERS, squeeze=gzip.compress)
        with open(self.path("l.tar"), "wb") as f:
            f.write(tar_of(("etc/a", {}, b"new"), ("etc/copy", {}, b"two")))

    def path(self, name):
        return os.path.join(self.dir, name)

    def diff(self, base=None, status=0):
        """The document without what the index adds to it, and how many layers came from it."""
        document = diff("--index", self.index, base or self.base, self.path("l.tar"),
                        status=status)
        known = [l.pop("from_index", False) for l in document["base"]["layers"]]
        return document, sum(known)

    def records(self):
        return sorted(n for n in os.listdir(self.index) if n.endswith(".index"))

    def unpack(self):
        os.mkdir(self.path("base"))
        subprocess.run(["tar", "-xf", self.base, "-C", self.path("base")], check=True)
        return self.path("base")

    def test_the_second_diff_says_the_same(self):
        plain = diff(self.base, self.path("l.tar"))
        self.assertEqual(self.diff(), (plain, 0))
        self.assertEqual(self.diff(), (plain, 2))
        # The same layers in another form of the image are known as well.
        base = self.unpack()
        document, known = self.diff(base)
        self.assertEqual(known, 2)
        self.assertEqual(document["changes"][0]["before"], plain["changes"][0]["before"])

    def test_analyze_says_the_same_with_it_and_knows_what_diff_kept(self):
        os.mkdir(self.path("case"))
        shutil.copy(self.path("l.tar"), self.path("case/pod-layer.tar"))
        said = []
        self.diff()
        for n, options in enumerate(((), ("--index", self.index), ("--index", self.path("new")),
                                     ("--index", self.path("new")))):
            out = self.path(f"out{n}")
            run = subprocess.run([EXHIBIT, "analyze", self.path("case"), "--base", self.base,
                                  "-o", out, "--quiet", "--at", "2026-01-01T00:00:00Z", *options],
                                 capture_output=True, timeout=120)
            self.assertIn(run.returncode, (0, 1), run.stderr)
            with open(out + "/diff.json") as f:
                document = json.load(f)
            known = [l.pop("from_index", False) for l in document["base"]["layers"]]
            self.assertEqual(known, [n in (1, 3)] * 2)
            with open(out + "/findings.json") as f:
                said.append((document, f.read()))
        self.assertEqual(said[1:], said[:1] * 3)

    def test_analyze_wants_an_image_for_it_and_never_writes_into_evidence(self):
        os.mkdir(self.path("case"))
        for options, why in ((("--index", self.index), b"--base"),
                             (("--index", self.path("case/i"), "--base", self.base), b"inside")):
            run = subprocess.run([EXHIBIT, "analyze", self.path("case"), "-o", self.path("out"),
                                  *options], capture_output=True, timeout=120)
            self.assertEqual(run.returncode, 2)
            self.assertIn(why, run.stderr)
        self.assertEqual(os.listdir(self.path("case")), [])

    def test_databases_of_packages_are_remembered(self):
        status = b"Package: tool\nStatus: install ok installed\nVersion: 1\n"
        layer = tar_of(("usr/bin/tool", {"mode": 0o755}, b"tool"),
                       ("var/lib/dpkg/status", {}, status),
                       ("var/lib/dpkg/info/tool.list", {}, b"/usr/bin/tool\n"))
        base = layout_of(self.path("packages.tar"), [layer], squeeze=gzip.compress)
        with open(self.path("l.tar"), "wb") as f:
            f.write(tar_of(("usr/bin/tool", {"mode": 0o755}, b"other")))
        for known in (0, 1):
            document = diff("--index", self.index, "--no-contents", base, self.path("l.tar"))
            self.assertEqual(document["base"]["layers"][0].get("from_index", False), bool(known))
            self.assertEqual(document["changes"][0]["package"]["name"], "tool")

    def test_what_was_changed_is_passed_over_and_written_anew(self):
        plain, _ = self.diff()
        for at in (0, 30, 60, 100, 200, -1):
            with self.subTest(at):
                path = os.path.join(self.index, self.records()[0])
                with open(path, "rb") as f:
                    data = bytearray(f.read())
                good = bytes(data)
                data[at] ^= 1
                with open(path, "wb") as f:
                    f.write(data)
                self.assertEqual(self.diff(), (plain, 1))
                with open(path, "rb") as f:
                    self.assertEqual(f.read(), good)
        for data in (b"", good[:70], good[:-10], good + b"x"):
            with open(path, "wb") as f:
                f.write(data)
            self.assertEqual(self.diff(), (plain, 1))

    def test_a_record_under_another_name_says_nothing(self):
        plain, _ = self.diff()
        a, b = (os.path.join(self.index, n) for n in self.records())
        shutil.copy(a, b)
        self.assertEqual(self.diff(), (plain, 1))

    def test_a_record_under_another_key_says_nothing(self):
        plain, _ = self.diff()
        kept = os.path.join(self.index, self.records()[0])
        shutil.copy(kept, self.path("kept"))
        shutil.rmtree(self.index)
        self.diff()
        shutil.copy(self.path("kept"), kept)
        self.assertEqual(self.diff(), (plain, 1))

    def test_a_damaged_blob_is_not_hidden_by_its_record(self):
        base = self.unpack()
        self.diff(base)
        blob = os.path.join(base, "blobs", sha(gzip.compress(LAYERS[0])).replace(":", "/"))
        for name in os.listdir(os.path.join(base, "blobs/sha256")):
            path = os.path.join(base, "blobs/sha256", name)
            with open(path, "rb") as f:
                data = f.read()
            if data[:2] == b"\x1f\x8b" and b"one" in gzip.decompress(data):
                blob = path
        with open(blob, "wb") as f:
            f.write(gzip.compress(LAYERS[0].replace(b"one", b"0ne")))
        document, known = self.diff(base, status=1)
        self.assertEqual(known, 0)
        self.assertEqual(document["base"]["layers"][0]["digest_check"], "mismatch")
        change = [c for c in document["changes"] if c["path"] == "/etc/a"][0]
        self.assertEqual(change["before"]["sha256"], sha(b"0ne")[7:])

    def test_where_it_may_lie(self):
        base = self.unpack()
        open_to_all = self.path("open")
        os.mkdir(open_to_all)
        os.chmod(open_to_all, 0o777)
        for place, why in ((os.path.join(base, "index"), b"evidence"),
                           (open_to_all, b"others may write"),
                           ("/dev/null/x", b"cannot be")):
            out = subprocess.run([EXHIBIT, "diff", "--index", place, base, self.path("l.tar")],
                                 capture_output=True)
            self.assertEqual(out.returncode, 2)
            self.assertIn(why, out.stderr)
        self.assertFalse(os.path.exists(os.path.join(base, "index")))

    def test_files_are_closed_to_others(self):
        self.diff()
        for name in os.listdir(self.index):
            self.assertEqual(os.stat(os.path.join(self.index, name)).st_mode & 0o777, 0o600)
        os.chmod(os.path.join(self.index, "key"), 0o644)
        out = subprocess.run([EXHIBIT, "diff", "--index", self.index, self.base,
                              self.path("l.tar")], capture_output=True)
        self.assertEqual(out.returncode, 2)
        self.assertIn(b"key", out.stderr)


if __name__ == "__main__":
    unittest.main()
