"""What exhibit diff says of the contents of changed files, against python, readelf, file."""
import collections
import hashlib
import json
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from layer_truth import diff, run


def apply_patch(before, patch):
    """What patch(1) does, for a diff that fits exactly."""
    old, out, at = before.split("\n"), [], 0
    trailing = old[-1] == ""
    if trailing:
        old.pop()
    lines = patch.split("\n")[2:-1]
    ends = True
    for i, line in enumerate(lines):
        if line.startswith("@@"):
            start, _, count = line.split()[1][1:].partition(",")
            start = int(start) - (count != "0")
            out += old[at:start]
            at = start
        elif line.startswith("\\"):
            ends = not lines[i - 1].startswith(("+", " ")) and ends
        elif line[0] in " -":
            assert old[at] == line[1:], (old[at], line)
            at += 1
            if line[0] == " ":
                out.append(line[1:])
        else:
            out.append(line[1:])
    if at < len(old):
        out += old[at:]
        ends = trailing
    return "\n".join(out) + ("\n" if ends and out else "")


def read(path):
    with open(path, "rb") as f:
        return f.read()


class Contents(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.dir)

    def put(self, side, name, data, mode=0o644):
        path = os.path.join(self.dir, side, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data.encode() if isinstance(data, str) else data)
        os.chmod(path, mode)
        return path

    def changes(self, *options):
        document = diff(os.path.join(self.dir, "base"), os.path.join(self.dir, "layer"),
                        "--as", "layer", *options)
        return {c["path"]: c for c in document["changes"]}

    def test_patches_turn_one_text_into_the_other(self):
        choice = random.Random(5)
        pairs = {}
        for i in range(120):
            old = ["line %d" % choice.randrange(12) for _ in range(choice.randrange(60))]
            new = list(old)
            for _ in range(choice.randrange(1, 9)):
                at = choice.randrange(len(new) + 1)
                new[at:at + choice.randrange(4)] = ["new %d" % choice.randrange(9)
                                                    for _ in range(choice.randrange(4))]
            texts = ["\n".join(t) + ("\n" if t and choice.random() < 0.8 else "")
                     for t in (old, new)]
            if texts[0] != texts[1]:
                pairs["/t/%d" % i] = texts
        for path, (old, new) in pairs.items():
            self.put("base", path[1:], old)
            self.put("layer", path[1:], new)
        changes = self.changes()
        for path, (old, new) in pairs.items():
            patch = changes[path]["diff"]
            self.assertTrue(patch.startswith(f"--- {path}\n+++ {path}\n@@ -"), patch)
            self.assertEqual(apply_patch(old, patch), new, patch)

    @unittest.skipUnless(shutil.which("diff"), "needs diff")
    def test_no_longer_than_what_diff_prints(self):
        choice = random.Random(7)
        old = [str(choice.randrange(9)) for _ in range(400)]
        new = [x for x in old if choice.random() > 0.1]
        a = self.put("base", "t", "\n".join(old) + "\n")
        b = self.put("layer", "t", "\n".join(new) + "\n")
        theirs = subprocess.run(["diff", "-d", a, b], capture_output=True, text=True).stdout
        count = lambda text, signs: sum(1 for l in text.split("\n")[2:] if l[:1] in signs and l)
        self.assertEqual(count(self.changes()["/t"]["diff"], "+-"),
                         count("\n\n" + theirs, "<>"))

    def test_new_texts_are_shown_whole_and_long_ones_are_not(self):
        self.put("base", "x", "x")
        self.put("layer", "etc/cron.d/job", "* * * * * root /tmp/x\n")
        self.put("layer", "long", "a line\n" * 2000)
        changes = self.changes()
        self.assertEqual(changes["/etc/cron.d/job"]["diff"], "--- /dev/null\n+++ /etc/cron.d/job\n"
                         "@@ -0,0 +1 @@\n+* * * * * root /tmp/x\n")
        self.assertNotIn("diff", changes["/long"])

    def test_a_diff_without_end_is_cut_and_says_so(self):
        self.put("base", "t", "".join("old %d\n" % i for i in range(9000)))
        self.put("layer", "t", "".join("new %d\n" % i for i in range(9000)))
        patch = self.changes()["/t"]["diff"]
        self.assertLess(len(patch), 40000)
        self.assertIn("9000 lines added, 9000 removed in all", patch)

    def test_credentials_and_controls_do_not_leave(self):
        key = subprocess.run(["openssl", "genrsa", "1024"], capture_output=True,
                             text=True).stdout
        self.put("base", "etc/shadow", "root:*:1:0:9:7:::\n")
        self.put("layer", "etc/shadow", "root:$6$saltsalt$" + "a" * 86 + ":1:0:9:7:::\n")
        self.put("layer", "key.pem", key + "after\x1b[2J\n")
        text = run(os.path.join(self.dir, "base"), os.path.join(self.dir, "layer"), "--as",
                   "layer", "--patch").decode()
        self.assertNotIn("a" * 86, text)
        self.assertNotIn(key.split("\n")[3], text)
        self.assertNotIn("\x1b", text)
        # The number of lines stays what it was.
        self.assertIn("@@ -0,0 +1,%d @@" % (key.count("\n") + 1), text)
        shown = json.dumps(self.changes("--reveal"))
        self.assertIn("a" * 86, shown)

    def test_entropy_is_shannons(self):
        for name, data in (("zeros", bytes(5000)), ("random", random.Random(1).randbytes(70000)),
                           ("text", b"to be or not to be " * 50)):
            self.put("layer", name, data)
        self.put("base", "x", "x")
        for path, change in self.changes().items():
            with open(self.dir + "/layer" + path, "rb") as f:
                data = f.read()
            truth = -sum(n / len(data) * math.log2(n / len(data))
                         for n in collections.Counter(data).values())
            self.assertAlmostEqual(change["after"]["entropy"], truth, delta=0.01)

    @unittest.skipUnless(shutil.which("file"), "needs file")
    def test_types_are_those_of_file(self):
        self.put("base", "x", "x")
        self.put("layer", "s.sh", "#!/bin/sh\necho\n", 0o755)
        self.put("layer", "p.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x10\x08\x06\0\0\0")
        for path, change in self.changes().items():
            truth = subprocess.run(["file", "-b", self.dir + "/layer" + path],
                                   capture_output=True, text=True).stdout.strip()
            self.assertEqual(change["after"]["file_type"], truth)

    def test_sections_of_elf_files(self):
        tool = self.put("base", "bin/tool", read("/bin/true"), 0o755)
        new = self.put("layer", "bin/tool", read(tool), 0o755)
        added, text = self.put("t", "added", "payload"), self.put("t", "ro", b"")
        subprocess.run(["objcopy", "-O", "binary", "--only-section=.text", tool, text], check=True)
        data = bytearray(read(text))
        data[100] ^= 0xff
        with open(text, "wb") as f:
            f.write(data)
        subprocess.run(["objcopy", "--update-section", ".text=" + text, "--add-section",
                        ".evil=" + added, "--remove-section", ".gnu_debuglink", new], check=True)
        change = self.changes()["/bin/tool"]
        sections = {s["name"]: s for s in change["elf_sections"]}

        def listed(path):
            """{name: (size, digest)} by readelf."""
            out, data = {}, read(path)
            for line in subprocess.run(["readelf", "-SW", path], capture_output=True,
                                       text=True).stdout.split("\n"):
                f = line.split("]", 1)[-1].split()
                if line.startswith("  [") and len(f) > 5 and f[0].startswith("."):
                    at, size = int(f[3], 16), int(f[4], 16)
                    body = b"" if f[1] == "NOBITS" else data[at:at + size]
                    out[f[0]] = (size, hashlib.sha256(body).hexdigest())
            return out
        a, b = listed(tool), listed(new)
        truth = {n: "removed" if n not in b else "added" if n not in a else "changed"
                 for n in a.keys() | b.keys() if a.get(n) != b.get(n)}
        self.assertEqual({n: s["change"] for n, s in sections.items()}, truth)
        self.assertEqual(truth[".text"], "changed")
        self.assertEqual(sections[".evil"]["size_after"], 7)
        self.assertEqual(change["after"]["elf"]["needed"], ["libc.so.6"])
        self.assertTrue(change["after"]["elf"]["stripped"])

    def test_nothing_is_read_where_that_is_asked(self):
        self.put("base", "t", "old\n")
        self.put("layer", "t", "new\n")
        change = self.changes("--no-contents")["/t"]
        self.assertNotIn("diff", change)
        self.assertNotIn("entropy", change["after"])
        text = run(os.path.join(self.dir, "base"), os.path.join(self.dir, "layer"), "--as",
                   "layer").decode()
        self.assertNotIn("+new", text)

    def test_members_of_archives_are_read_again(self):
        self.put("base", "d/t", "old\n")
        self.put("layer", "d/t", "new\n")
        for side in ("base", "layer"):
            subprocess.run(["tar", "-C", f"{self.dir}/{side}", "-czf",
                            f"{self.dir}/{side}.tar.gz", "."], check=True)
        document = diff(self.dir + "/base.tar.gz", self.dir + "/layer.tar.gz", "--as", "layer")
        change = [c for c in document["changes"] if c["path"] == "/d/t"][0]
        self.assertEqual(change["diff"], "--- /d/t\n+++ /d/t\n@@ -1 +1 @@\n-old\n+new\n")


if __name__ == "__main__":
    unittest.main()
