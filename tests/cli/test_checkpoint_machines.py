"""Dumps of other processors: made by hand from CRIU's own messages, read back by a
debugger for that processor."""
import os
import shutil
import subprocess
import tempfile
import unittest

from made_checkpoint import MAGIC, area, image, inventory, message, write_images

EXHIBIT = os.environ["EXHIBIT"]
PAGE = 0x10000  # what aarch64 and ppc64 may have
START = 0xFFFF80000000
TEXT = b"MARKER-OF-ANOTHER-PROCESSOR\0"


def dump(folder, machine, thread_info):
    """One process with two threads and two pages of 64 KiB."""
    auxv = [6, PAGE, 33, 0, 0, 0]  # AT_PAGESZ tells the size of pages
    threads = {f"core__{tid}": image(MAGIC["core"], message(
        f1=machine, **thread_info(tid), **({"f3": message(f1=1, f2=0, f6=b"made")} if tid == 7 else {})))
        for tid in (7, 8)}
    write_images(
        folder, inventory=inventory(), pstree=image(MAGIC["pstree"], message(f1=7, f2=0, f3=7, f4=7, f5=[7, 8])),
        mm__7=image(MAGIC["mm"], message(f12=0, f13=auxv, f14=area(START, START + 2 * PAGE))),
        pagemap__7=image(MAGIC["pagemap"], message(f1=1), message(f1=START, f2=0, f4=4, f5=2)),
        pages__1=bytes(PAGE - 10) + TEXT + bytes(PAGE + 10 - len(TEXT)), **threads)


def aarch64(tid):
    registers = message(f1=[0x1000 + tid * 0x100 + i for i in range(31)], f2=START + 0x200, f3=START + 0x40 + tid,
                        f4=0x60001000)
    floating = message(f1=[i * 0x0101010101010101 & 2**64 - 1 for i in range(64)], f2=0x10, f3=0x3000000)
    return {"f8": message(f1=0, f2=START + 0x700, f3=registers, f4=floating)}


def riscv64(tid):
    registers = message(**{"f%d" % (i + 1): (START + 0x40 + tid if i == 0 else START + 0x200 if i == 2 else 0x1000 + i)
                           for i in range(32)})
    return {"f13": message(f1=0, f2=0, f3=registers, f4=message(f1=list(range(32)), f2=1))}


@unittest.skipUnless(shutil.which("gdb-multiarch"), "gdb-multiarch is not installed")
class Cores(unittest.TestCase):
    def debug(self, machine, thread_info, *commands):
        with tempfile.TemporaryDirectory() as there:
            dump(os.path.join(there, "images"), machine, thread_info)
            core = os.path.join(there, "core")
            r = subprocess.run([EXHIBIT, "checkpoint", there, "core", "--pid", "7", "-o", core],
                               stderr=subprocess.PIPE)
            self.assertEqual(r.returncode, 0, r.stderr)
            arguments = [x for c in commands for x in ("-ex", c)]
            return subprocess.run(["gdb-multiarch", "-nx", "-batch", "-c", core, *arguments],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout.decode()

    def test_aarch64(self):
        out = self.debug(3, aarch64, "info threads", "p/x $pc", "p/x $x3", "p/x $sp", "p/x $cpsr", "p/x $tpidr",
                         "p/x $v1.d.u[0]", "x/s %d" % (START + PAGE - 10), "thread 2", "p/x $x3", "info auxv")
        for want in ("LWP 7", "LWP 8", "= 0x%x" % (START + 0x47), "= 0x1703", "= 0x%x" % (START + 0x200),
                     "= 0x60001000", "= 0x%x" % (START + 0x700), "= 0x202020202020202", TEXT[:-1].decode(), "= 0x1803",
                     "65536"):
            self.assertIn(want, out)

    def test_riscv64(self):
        out = self.debug(8, riscv64, "info threads", "p/x $pc", "p/x $a0", "x/s %d" % (START + PAGE - 10))
        for want in ("LWP 7", "LWP 8", "= 0x%x" % (START + 0x47), "= 0x100a", TEXT[:-1].decode()):
            self.assertIn(want, out)


if __name__ == "__main__":
    unittest.main()
