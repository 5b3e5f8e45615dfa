"""Dumps that stand on earlier ones: each page comes from the newest dump that has it."""
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from made_checkpoint import MAGIC, PAGE, area, image, inventory, make_dump, message, write_images

EXHIBIT = os.environ["EXHIBIT"]
AT = 0x7F0000000000
PARENT, PRESENT = 1, 4
SHMEM = 50


def entries(base, kinds):
    return [message(f1=base + i * PAGE, f2=0, f4=kind, f5=1) for i, kind in enumerate(kinds)]


def page(letter):
    return letter.encode() * PAGE


class Chain(unittest.TestCase):
    def setUp(self):
        self.there = tempfile.TemporaryDirectory()
        self.root = self.there.name

    def tearDown(self):
        self.there.cleanup()

    def layer(self, name, pages, parent=None, last=False):
        """pages: one letter for each page of the dump's own, "." for one of its parent."""
        kinds = [PARENT if c == "." else PRESENT for c in pages]
        own = b"".join(page(c) for c in pages if c != ".")
        more = {}
        if last:
            areas = [area(AT, AT + len(pages) * PAGE),
                     area(AT + 64 * PAGE, AT + (64 + len(pages)) * PAGE, 3, 0x21, 0x101, 0, SHMEM)]
            more = {"pstree": image(MAGIC["pstree"], message(f1=1, f2=0, f3=1, f4=1, f5=1)),
                    "core__1": image(MAGIC["core"], message(f1=1, f3=message(f1=1, f2=0, f6=b"made"))),
                    "mm__1": image(MAGIC["mm"], message(f12=0, f14=areas))}
        write_images(os.path.join(self.root, name), inventory=inventory(),
                     pagemap__1=image(MAGIC["pagemap"], message(f1=1), *entries(AT, kinds)), pages__1=own,
                     pagemap__shmem__50=image(MAGIC["pagemap"], message(f1=2), *entries(0, kinds)), pages__2=own.lower(),
                     **more)
        if parent:
            os.symlink("../" + parent, os.path.join(self.root, name, "parent"))

    def extract(self, pages=3, at=AT):
        return subprocess.run([EXHIBIT, "checkpoint", self.root, "extract", "%x-%x" % (at, at + pages * PAGE),
                               "--pid", "1", "--dump", self.number], stdout=subprocess.PIPE)

    def findings(self):
        out = subprocess.run([EXHIBIT, "checkpoint", self.root, "findings", "--json", "--dump", self.number],
                             stdout=subprocess.PIPE, timeout=60).stdout
        return [(f["id"], f["subject"]) for f in json.loads(out)
                if f["id"] in ("checkpoint.parent-missing", "checkpoint.pages-size")]

    number = "0"  # "a-last" sorts before the others

    def test_three_dumps(self):
        self.layer("b-first", "ABC")
        self.layer("b-second", ".D.", "b-first")
        self.layer("a-last", "..E", "b-second", last=True)
        self.assertEqual(self.extract().stdout, page("A") + page("D") + page("E"))
        self.assertEqual(self.extract(at=AT + 64 * PAGE).stdout, page("a") + page("d") + page("e"))
        self.assertEqual(self.findings(), [])

    def test_deduplicated(self):
        """--auto-dedup punches holes where a later dump has the page: they are never shown."""
        self.layer("b-first", "ABC")
        self.layer("a-last", ".D.", "b-first", last=True)
        with open(self.root + "/b-first/pages-1.img", "r+b") as f:
            f.seek(PAGE)
            f.write(bytes(PAGE))
        self.assertEqual(self.extract().stdout, page("A") + page("D") + page("C"))
        self.assertEqual(self.findings(), [])

    def test_first_dump_of_three_is_missing(self):
        self.layer("b-second", ".D.", "b-first")
        self.layer("a-last", "..E", "b-second", last=True)
        got = self.extract()
        self.assertNotIn(b"A", got.stdout)
        self.assertEqual(got.stdout[PAGE:], page("D") + page("E"))
        self.assertEqual(got.returncode, 1)
        self.assertIn(("checkpoint.parent-missing", "pagemap-1.img"), self.findings())

    def test_chain_that_closes(self):
        self.layer("b-first", ".BC", "a-last")
        self.layer("a-last", "..E", "b-first", last=True)
        self.assertEqual(self.extract().stdout[PAGE:], page("B") + page("E"))
        self.assertIn(("checkpoint.parent-missing", "pagemap-1.img"), self.findings())

    def test_cut_pages_of_an_earlier_dump(self):
        self.layer("b-first", "ABC")
        self.layer("a-last", "..E", "b-first", last=True)
        with open(self.root + "/b-first/pages-1.img", "r+b") as f:
            f.truncate(2 * PAGE)
        self.assertEqual(self.findings(), [("checkpoint.pages-size", "pagemap-1.img")])


class OnceThroughTheArchive(unittest.TestCase):
    """Tools store the members of an archive in the order of the directory, or by name, where pages-10 stands before
    pages-2. Reading them process by process would decompress all of it for each of them."""

    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.dump = os.path.join(self.folder, "checkpoint")
        make_dump(self.dump, 12, processes=12)
        names = sorted(os.listdir(self.dump), key=lambda n: hashlib.sha256(n.encode()).digest())
        self.archive = os.path.join(self.folder, "checkpoint.tar.zst")
        subprocess.run(["tar", "--zstd", "-C", self.folder, "-cf", self.archive, *["checkpoint/" + n for n in names]],
                       check=True)

    def hits(self, where, *wrap):
        # The leak checker cannot be traced.
        traced = dict(os.environ, ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0")
        run = subprocess.run([*wrap, EXHIBIT, "checkpoint", "--json", where, "search", "auditID"],
                             env=traced, capture_output=True, text=True, timeout=120, check=True)
        return sorted((h["pid"], h["address"]) for h in map(json.loads, run.stdout.splitlines()))

    def test_each_reading_goes_through_it_once(self):
        trace = os.path.join(self.folder, "trace")
        hits = self.hits(self.archive, "strace", "-f", "-y", "-o", trace, "-e", "trace=pread64")
        self.assertEqual(hits, self.hits(self.dump))
        self.assertEqual({pid for pid, _ in hits}, set(range(1, 13)))
        with open(trace, encoding="utf-8", errors="replace") as f:
            read = sum(int(m[1]) for m in re.finditer(r"checkpoint\.tar\.zst>.* = (\d+)$", f.read(), re.M))
        # The walk, the command lines, the search; and a little, to see what it is.
        self.assertLess(read, 3.3 * os.path.getsize(self.archive))


if __name__ == "__main__":
    unittest.main()
