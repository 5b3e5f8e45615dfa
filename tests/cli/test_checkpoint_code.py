"""Hooked code and replaced programs, decided against the files of the package."""
import io
import json
import os
import random
import struct
import subprocess
import tarfile
import tempfile
import unittest

from made_checkpoint import MAGIC, PAGE, area, image, inventory, message, records, write_images

EXHIBIT = os.environ["EXHIBIT"]
START = 0x7F0000000000
FILE_PRIVATE, EXECUTABLE = 0x41, 5
BUILD_ID = bytes(range(1, 21))
NOTE = struct.pack("<III", 4, 20, 3) + b"GNU\0" + BUILD_ID
LIBRARY = bytearray(random.Random(5).randbytes(5 * PAGE + 100))
LIBRARY[:6] = b"\x7fELF\2\1"
LIBRARY[0x200:0x200 + len(NOTE)] = NOTE


def words(octets):
    return list(struct.unpack("<%dI" % (len(octets) // 4), octets))


def regular(id, path, **more):
    file = message(f1=id, f2=0o100000, f3=0, f5=message(f1=0, f2=0, f3=0, f4=0, f5=0), f6=path, f7=-1, **more)
    return message(f1=1, f2=id, f3=file)


class Code(unittest.TestCase):
    def setUp(self):
        self.there = tempfile.TemporaryDirectory()
        self.package = os.path.join(self.there.name, "case")
        os.mkdir(self.package)

    def tearDown(self):
        self.there.cleanup()

    def dump(self, pages, path=b"/usr/lib/libx.so", size=len(LIBRARY), **images):
        """A process whose program is mapped from its second page on, with so many pages of
        its own: {number of the page in the mapping: bytes}."""
        runs = [message(f1=START + n * PAGE, f2=0, f4=4, f5=1) for n in sorted(pages)]
        code = area(START, START + 5 * PAGE, EXECUTABLE, 2, FILE_PRIVATE, PAGE, 5)
        write_images(
            os.path.join(self.package, "images"), inventory=inventory(),
            pstree=image(MAGIC["pstree"], message(f1=9, f2=0, f3=9, f4=9, f5=9)),
            core__9=image(MAGIC["core"], message(f1=1, f3=message(f1=1, f2=0, f6=b"made"))),
            mm__9=image(MAGIC["mm"], message(f12=5, f14=code)),
            files=image(MAGIC["files"], regular(5, path, f8=size, f11=words(BUILD_ID))),
            pagemap__9=image(MAGIC["pagemap"], message(f1=1), *runs),
            pages__1=b"".join(pages[n] for n in sorted(pages)), **images)

    def layer(self, files):
        with tarfile.open(os.path.join(self.package, "layer.tar"), "w") as tar:
            for name, content in files.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))

    def findings(self, which):
        out = subprocess.run([EXHIBIT, "checkpoint", self.package, "findings", "--json"],
                             stdout=subprocess.PIPE, check=True).stdout
        return [f for f in json.loads(out) if f["id"] == which]

    @staticmethod
    def page(n, *patches):
        """Page n of the mapping as the file has it, with bytes written over it."""
        page = bytearray(LIBRARY[(n + 1) * PAGE:(n + 2) * PAGE].ljust(PAGE, b"\0"))
        for at, octets in patches:
            page[at:at + len(octets)] = octets
        return bytes(page)

    def test_each_page_is_decided(self):
        jump = b"\xe9\x01\x02\x03\x04"
        self.dump({0: self.page(0), 1: self.page(1), 2: self.page(2, (0x123, jump)), 4: self.page(4)})
        self.layer({"usr/lib/libx.so": LIBRARY})
        (f,) = self.findings("process.code-modified")
        a = f["arguments"]
        self.assertFalse(f["not_decidable"])
        self.assertEqual((a["pages_that_differ"], a["pages_as_in_the_file"], a["pages_without_a_file_to_compare"]),
                         ("1", "3", "0"))
        differ = sum(x != y for x, y in zip(self.page(2), self.page(2, (0x123, jump))))
        first = next(i for i, (x, y) in enumerate(zip(self.page(2), self.page(2, (0x123, jump)))) if x != y)
        self.assertEqual(a["pages"], "0x%x (+0x%x, %d bytes from 0x%x)" % (
            START + 2 * PAGE, 3 * PAGE, differ, START + 2 * PAGE + first))
        self.assertEqual([(s["offset"], s["length"]) for s in f["spans"] if s["offset"] == 2 * PAGE], [(2 * PAGE, PAGE)])

    def test_pages_equal_to_the_file_are_no_finding(self):
        self.dump({0: self.page(0), 3: self.page(3), 4: self.page(4)})
        self.layer({"usr/lib/libx.so": LIBRARY})
        self.assertEqual(self.findings("process.code-modified"), [])
        self.assertEqual(self.findings("process.exe-replaced"), [])

    def test_a_hook_in_the_page_that_criu_touches(self):
        self.dump({0: self.page(0, (8, b"HOOK"))})
        self.layer({"usr/lib/libx.so": LIBRARY})
        (f,) = self.findings("process.code-modified")
        self.assertEqual(f["arguments"]["pages_that_differ"], "1")

    def test_without_a_file_it_is_not_decided(self):
        """And the page that CRIU touches is in every dump: nothing is said of it."""
        self.dump({0: self.page(0)})
        self.assertEqual(self.findings("process.code-modified"), [])
        self.dump({0: self.page(0), 2: self.page(2)})
        (f,) = self.findings("process.code-modified")
        self.assertTrue(f["not_decidable"])
        self.assertEqual(f["arguments"]["pages_without_a_file_to_compare"], "1")

    def test_of_several_files_the_right_one_counts(self):
        self.dump({2: self.page(2)})
        self.layer({"old/usr/lib/libx.so": bytes(len(LIBRARY)), "new/usr/lib/libx.so": LIBRARY})
        self.assertEqual(self.findings("process.code-modified"), [])

    def test_deleted_library_is_compared_with_its_ghost(self):
        ghost = struct.pack("<II", 0x54564319, 0x52583605) + records(
            message(f1=0, f2=0, f3=0o100755, f10=len(LIBRARY))) + bytes(LIBRARY)
        remap = image(0x59133954, message(f1=5, f2=1, f3=1))
        self.dump({1: self.page(1), 2: self.page(2, (7, b"HOOK"))}, ghost_file__1=ghost, remap_fpath=remap)
        (f,) = self.findings("process.code-modified")
        self.assertEqual((f["arguments"]["pages_that_differ"], f["arguments"]["pages_as_in_the_file"]), ("1", "1"))

    def test_replaced_program(self):
        """By its size, by its build-id, and under a deleted program's path."""
        self.dump({0: self.page(0)})
        self.layer({"usr/lib/libx.so": LIBRARY + b"more"})
        self.assertEqual(len(self.findings("process.exe-replaced")), 1)
        other = bytes(LIBRARY).replace(BUILD_ID, bytes(20))
        self.layer({"usr/lib/libx.so": other})
        (f,) = self.findings("process.exe-replaced")
        self.assertEqual(f["arguments"]["exe"], "/usr/lib/libx.so")
        self.layer({"usr/lib/other.so": other})
        self.assertEqual(self.findings("process.exe-replaced"), [])
        self.dump({0: self.page(0)}, remap_fpath=image(0x59133954, message(f1=5, f2=1, f3=1)))
        self.layer({"usr/lib/libx.so": LIBRARY})
        self.assertEqual(len(self.findings("process.exe-replaced")), 1)


if __name__ == "__main__":
    unittest.main()
