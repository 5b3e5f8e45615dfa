"""What other tools get wrong on dumps, one named test each: checkpointctl, crit (Python and
Go), criu-coredump. The defects were seen in those tools or read in their source."""
import json
import os
import pathlib
import struct
import subprocess
import tempfile
import unittest

from made_checkpoint import MAGIC, area, image, inventory, make_dump, message, write_images

EXHIBIT = os.environ["EXHIBIT"]
ZOO = "corpus/checkpoints/criu-zoo.tar.zst"
LOOP = "corpus/checkpoints/podman-loop.tar.gz"
TRUTH = json.loads(pathlib.Path("corpus/checkpoints/criu-zoo.truth.json").read_text())
MADE = TRUTH["made"]


def run(path, *arguments, right=(0,)):
    r = subprocess.run([EXHIBIT, "checkpoint", path, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert r.returncode in right, (arguments, r.returncode, r.stderr)
    return r.stdout


def processes(path, **more):
    return {p["pid"]: p for p in json.loads(run(path, "ps", "--json", **more))["processes"]}


class Checkpointctl(unittest.TestCase):
    def unpack(self, archive):
        self.there = tempfile.TemporaryDirectory()
        self.addCleanup(self.there.cleanup)
        subprocess.run(["tar", "xf", archive, "-C", self.there.name], check=True)
        return self.there.name

    def test_environment_without_equals_sign_does_not_stop_it(self):
        names = [e["name"] for e in processes(ZOO)[MADE["pid"]]["environment"]]
        self.assertEqual(names, ["PATH", "NOEQUALS", "DB_PASSWORD", "DUP", "DUP", "EMPTY"])

    def test_missing_core_or_file_fails_nothing_else(self):
        there = self.unpack(LOOP)
        whole = processes(there)
        images = os.path.join(there, "checkpoint")
        child = max(whole)
        os.remove(os.path.join(images, f"core-{child}.img"))
        os.remove(os.path.join(images, f"fs-{child}.img"))
        left = processes(there)
        for key in ("argv", "environment", "state", "uid", "capabilities"):
            self.assertEqual(left[1][key], whole[1][key])
        self.assertEqual(left[child]["argv"], whole[child]["argv"])

    def test_orphan_parent_is_no_crash(self):
        there = self.unpack(LOOP)
        tree = os.path.join(there, "checkpoint/pstree.img")
        pathlib.Path(tree).write_bytes(image(MAGIC["pstree"], *[
            message(f1=p["pid"], f2=4242, f3=1, f4=1, f5=p["pid"]) for p in processes(there).values()]))
        self.assertEqual(len(processes(there)), 2)
        self.assertIn(b"parent not in the dump", run(there, "ps"))

    def test_cut_off_archive_shows_what_is_there(self):
        """Of a plain tar that ends early, every image before the end."""
        there = self.unpack(LOOP)
        tar = os.path.join(there, "cut.tar")
        images = os.path.join(there, "checkpoint")
        names = sorted(os.listdir(images), key=lambda n: n.startswith("pages-"))
        subprocess.run(["tar", "cf", tar, "-C", there, *["checkpoint/" + n for n in names]], check=True)
        size = sum((os.path.getsize(os.path.join(images, n)) + 1023) // 512 * 512
                   for n in names if not n.startswith("pages-"))
        pathlib.Path(tar).write_bytes(pathlib.Path(tar).read_bytes()[:size + 512 + 5000])
        self.assertEqual({p["comm"] for p in processes(tar).values()}, {"sh", "sleep"})
        self.assertIn(b"checkpoint.pages-size", run(tar, "findings"))

    def test_search_finds_a_text_over_the_border_of_pagemap_entries(self):
        """The two pages of the marker are two entries of the pagemap here."""
        with tempfile.TemporaryDirectory() as there:
            start = 0x7F0000000000
            pages = bytes(4090) + b"BORDER" + b"-MARKER" + bytes(4089)
            write_images(there, inventory=inventory(), pstree=image(MAGIC["pstree"], message(f1=5, f2=0, f3=5, f4=5, f5=5)),
                         core__5=image(MAGIC["core"], message(f1=1, f3=message(f1=1, f2=0, f6=b"x"))),
                         mm__5=image(MAGIC["mm"], message(f12=0, f14=area(start, start + 8192))),
                         pagemap__5=image(MAGIC["pagemap"], message(f1=1), message(f1=start, f2=0, f4=4, f5=1),
                                          message(f1=start + 4096, f2=0, f4=4, f5=1)), pages__1=pages)
            hit = json.loads(run(there, "search", "BORDER-MARKER", "--json"))
            self.assertEqual(int(hit["address"], 16), start + 4090)

    def test_bytes_that_are_not_printable_stay_told_apart(self):
        """\\x7f and \\x00, not two question marks."""
        hit = run(ZOO, "search", "ELF-NOT-REALLY", "--json").splitlines()[0]
        self.assertIn("\\x00\\x7FELF-NOT-REALLY", json.loads(hit)["text"])

    def test_pages_of_the_parent_dump_are_read(self):
        entries = json.loads(run(ZOO, "decode", "images/pagemap-%d.img" % MADE["pid"]))["entries"]
        self.assertTrue(any(e.get("flags") == 1 for e in entries[1:]))  # PE_PARENT
        hits = [json.loads(l) for l in run(ZOO, "search", "BORDER-MARKER-ACROSS", "--json").splitlines()]
        self.assertIn(MADE["border"], [int(h["address"], 16) for h in hits])

    def test_page_size_is_the_dump_s_own(self):
        """64 KiB pages, read on a machine of 4 KiB."""
        with tempfile.TemporaryDirectory() as there:
            start, size = 0x10000000, 0x10000
            write_images(there, inventory=inventory(), pstree=image(MAGIC["pstree"], message(f1=5, f2=0, f3=5, f4=5, f5=5)),
                         core__5=image(MAGIC["core"], message(f1=3, f3=message(f1=1, f2=0, f6=b"x"))),
                         mm__5=image(MAGIC["mm"], message(f12=0, f13=[6, size, 0, 0], f14=area(start, start + 2 * size))),
                         pagemap__5=image(MAGIC["pagemap"], message(f1=1), message(f1=start + size, f2=0, f4=4, f5=1)),
                         pages__1=bytes(size - 8) + b"LASTWORD")
            hit = json.loads(run(there, "search", "LASTWORD", "--json"))
            self.assertEqual(int(hit["address"], 16), start + 2 * size - 8)

    def test_zombie_breaks_nothing(self):
        zombie = processes(ZOO)[MADE["zombie"]]
        self.assertEqual((zombie["state"], zombie["exit_status"]), ("dead", 7))


class LargePages(unittest.TestCase):
    """Pages of a folder that are not kept in memory: read when they are asked for."""

    def setUp(self):
        self.there = tempfile.TemporaryDirectory()
        self.addCleanup(self.there.cleanup)
        self.dump = os.path.join(self.there.name, "dump")
        self.size = make_dump(self.dump, 4, 2) // 2
        self.pages = pathlib.Path(self.dump, "pages-2.img")

    def test_search_of_the_last_page(self):
        self.pages.write_bytes(self.pages.read_bytes()[:-20] + b"MARKER-AT-THE-VERY-E")
        hit = json.loads(run(self.dump, "search", "MARKER-AT-THE", "--json"))
        self.assertEqual((hit["pid"], int(hit["address"], 16)), (2, 0x7F1000000000 + self.size - 20))
        self.assertEqual((hit["span"]["offset"], hit["span"]["length"]), (self.size - 20, 13))

    def test_folder_and_archive_say_the_same(self):
        tar = os.path.join(self.there.name, "dump.tar")
        subprocess.run(["tar", "cf", tar, "-C", self.there.name, "dump"], check=True)
        def told(path):
            found = json.loads(run(path, "findings", "--json"))
            return sorted((f["id"], f["arguments"].get("kind"), f["arguments"].get("address"), f["arguments"].get("times"))
                          for f in found)
        self.assertEqual(told(self.dump), told(tar))
        self.assertGreater(len(told(tar)), 5)

    def test_cut_off(self):
        self.pages.write_bytes(self.pages.read_bytes()[:-4096])
        self.assertIn(b"checkpoint.pages-size", run(self.dump, "findings"))


class Crit(unittest.TestCase):
    def test_states_have_their_own_names(self):
        """3 is stopped, 2 a zombie; crit shows them the other way round."""
        all = processes(ZOO)
        self.assertEqual([all[MADE[k]]["state"] for k in ("stopped", "zombie")], ["stopped", "dead"])

    def test_tree_marks_who_does_not_run(self):
        marks = {"zombie": "[zombie]", "stopped": "[stopped]", "filtered": None}
        lines = {int(x.split()[0]): x for x in run(ZOO, "ps").decode().splitlines()[1:]}
        for name, mark in marks.items():
            for each in ("[zombie]", "[stopped]"):
                self.assertEqual(each in lines[MADE[name]], each == mark, (name, each))

    def test_both_fields_of_page_counts(self):
        """CRIU 4.2 counts in field 5 and writes 0 to field 2; before that there is only field 2."""
        for count in ({"f2": 2}, {"f2": 0, "f5": 2}):
            with tempfile.TemporaryDirectory() as there:
                start = 0x7F0000000000
                write_images(there, inventory=inventory(), pstree=image(MAGIC["pstree"], message(f1=5, f2=0, f3=5, f4=5, f5=5)),
                             core__5=image(MAGIC["core"], message(f1=1, f3=message(f1=1, f2=0, f6=b"x"))),
                             mm__5=image(MAGIC["mm"], message(f12=0, f14=area(start, start + 8192))),
                             pagemap__5=image(MAGIC["pagemap"], message(f1=1), message(f1=start, f4=4, **count)),
                             pages__1=bytes(8000) + b"SECOND-PAGE".ljust(192, b"\0"))
                hit = json.loads(run(there, "search", "SECOND-PAGE", "--json"))
                self.assertEqual(int(hit["address"], 16), start + 8000)
                self.assertNotIn(b"pages-size", run(there, "findings"))

    def test_all_chunks_of_a_file_with_holes(self):
        holes = bytearray(300000)
        holes[20000:20011] = b"FIRST-CHUNK"
        holes[250000:250012] = b"SECOND-CHUNK"
        self.assertEqual(run(ZOO, "extract", "/srv/zoo/work/holes"), bytes(holes))

    def test_plain_ghost_has_no_padding(self):
        self.assertEqual(run(ZOO, "extract", "/srv/zoo/work/ghost"), b"GHOST-CONTENT-OF-A-DELETED-FILE\n")

    def test_streams_messages_and_segments_are_decoded(self):
        """What the Go version cannot decode."""
        names = subprocess.run(["tar", "tf", ZOO], stdout=subprocess.PIPE).stdout.decode().split()
        wanted = [n for n in names if any(s in n for s in ("tcp-stream", "ipcns-msg", "ipcns-shm"))]
        self.assertGreaterEqual(len(wanted), 6)
        for name in wanted:
            entries = json.loads(run(ZOO, "decode", name))["entries"]
            self.assertIn("extra", entries[0])

    @unittest.skipIf("/san/" in EXHIBIT, "shadow memory does not fit under a memory limit")
    def test_size_from_an_image_is_not_trusted(self):
        """A record that claims 4 GiB costs neither memory nor the rest."""
        with tempfile.TemporaryDirectory() as there:
            write_images(there, inventory=inventory(), pstree=image(MAGIC["pstree"], message(f1=5, f2=0, f3=5, f4=5, f5=5))
                         + struct.pack("<I", 0xFFFFFFF0) + b"x")
            r = subprocess.run(["sh", "-c", "ulimit -v 1000000; exec %s checkpoint %s ps --json" % (EXHIBIT, there)],
                               stdout=subprocess.PIPE, env={k: v for k, v in os.environ.items() if "SAN" not in k})
            self.assertEqual([p["pid"] for p in json.loads(r.stdout)["processes"]], [5])


class Coredump(unittest.TestCase):
    def test_mapped_files_of_the_examiner_s_machine_are_not_read(self):
        """A page that is not in the dump is not in the core, though /lib has such a file here."""
        with tempfile.TemporaryDirectory() as there:
            core = os.path.join(there, "core")
            run(ZOO, "core", "--pid", str(MADE["pid"]), "-o", core)
            headers = subprocess.run(["readelf", "-lW", core], stdout=subprocess.PIPE).stdout.decode()
        loads = [l.split() for l in headers.splitlines() if l.strip().startswith("LOAD")]
        libc = [m for m in TRUTH["processes"][str(MADE["pid"])]["maps"] if m[-1].endswith("libc.so.6") and m[1] == "r-xp"]
        start = int(libc[0][0].split("-")[0], 16)
        (sizes,) = [(l[4], l[5]) for l in loads if int(l[2], 16) == start]
        self.assertEqual(int(sizes[0], 16), 0)
        self.assertGreater(int(sizes[1], 16), 4096)

    def test_zombie_has_no_core(self):
        r = subprocess.run([EXHIBIT, "checkpoint", ZOO, "core", "--pid", str(MADE["zombie"])],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual((r.returncode, r.stdout), (1, b""))
        self.assertIn(b"no memory", r.stderr)


if __name__ == "__main__":
    unittest.main()
