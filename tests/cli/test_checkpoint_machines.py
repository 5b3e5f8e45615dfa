"""Dumps of other processors: made by hand from CRIU's own messages, read back by a
debugger for that processor."""
import json
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile
import unittest

from made_checkpoint import MAGIC, area, image, inventory, message, write_images

EXHIBIT = os.environ["EXHIBIT"]
PAGE = 0x10000  # what aarch64 and ppc64 may have
START = 0x7FFF0000  # what a 32-bit task can have as well
TEXT = b"MARKER-OF-ANOTHER-PROCESSOR\0"


def dump(folder, machine, thread_info):
    """One process with two threads and two pages of 64 KiB."""
    auxv = [6, PAGE, 33, 0, 16, 0x3040 if machine == 2 else 0, 0, 0]  # AT_PAGESZ; AT_HWCAP: VFP of ARM
    threads = {f"core__{tid}": image(MAGIC["core"], message(
        f1=machine, **thread_info(tid), **({"f3": message(f1=1, f2=0, f6=b"made")} if tid == 7 else {})))
        for tid in (7, 8)}
    write_images(
        folder, inventory=inventory(), pstree=image(MAGIC["pstree"], message(f1=7, f2=0, f3=7, f4=7, f5=[7, 8])),
        mm__7=image(MAGIC["mm"], message(f12=0, f13=auxv, f14=area(START, START + 2 * PAGE))),
        pagemap__7=image(MAGIC["pagemap"], message(f1=1), message(f1=START, f2=0, f4=4, f5=2)),
        pages__1=bytes(PAGE - 10) + TEXT + bytes(PAGE + 10 - len(TEXT)), **threads)


def turned(image):
    """The same image as a machine of the other order writes it: its headers and sizes."""
    magics = 1 if image[:4] == struct.pack("<I", MAGIC["inventory"]) else 2
    out = b"".join(image[i:i + 4][::-1] for i in range(0, 4 * magics, 4))
    at = 4 * magics
    while at < len(image):
        (size,) = struct.unpack_from("<I", image, at)
        out += struct.pack(">I", size) + image[at + 4:at + 4 + size]
        at += 4 + size
    return out


def aarch64(tid):
    registers = message(f1=[0x1000 + tid * 0x100 + i for i in range(31)], f2=START + 0x200, f3=START + 0x40 + tid,
                        f4=0x60001000)
    floating = message(f1=[i * 0x0101010101010101 & 2**64 - 1 for i in range(64)], f2=0x10, f3=0x3000000)
    return {"f8": message(f1=0, f2=START + 0x700, f3=registers, f4=floating)}


def riscv64(tid):
    registers = message(**{"f%d" % (i + 1): (START + 0x40 + tid if i == 0 else START + 0x200 if i == 2 else 0x1000 + i)
                           for i in range(32)})
    return {"f13": message(f1=0, f2=0, f3=registers, f4=message(f1=list(range(32)), f2=1))}


def s390x(tid):
    registers = message(f1=0x0705000180000000, f2=START + 0x40 + tid, f3=[0x1000 + tid * 0x100 + i for i in range(15)] + [
        START + 0x200], f4=[0x20 + i for i in range(16)], f5=7, f6=0)
    return {"f10": message(f1=0, f2=registers, f3=message(f1=0x880000, f2=[i << 32 for i in range(16)]),
                           f4=message(f1=[i + 1 for i in range(16)]), f5=message(f1=[i + 5 for i in range(32)]))}


def arm(tid):
    values = [0x1000 + tid * 0x100 + i for i in range(18)]
    values[13], values[15], values[16] = START + 0x200, START + 0x40 + 4 * tid, 0x60000010
    registers = message(**{"f%d" % (i + 1): v for i, v in enumerate(values)})
    floating = message(f1=[0x3FF0000000000000 + i for i in range(32)], f2=0x10, f3=0, f4=0, f5=0)
    return {"f6": message(f1=0, f2=START + 0x700, f3=registers, f4=floating)}


def mips64(tid):
    values = {"f%d" % (i + 1): 0x1000 + tid * 0x100 + i for i in range(38)}
    values |= {"f30": START + 0x200, "f35": START + 0x40 + tid}
    return {"f11": message(f1=0, f2=0, f3=message(**values))}


@unittest.skipUnless(shutil.which("gdb-multiarch"), "gdb-multiarch is not installed")
class Cores(unittest.TestCase):
    def debug(self, machine, thread_info, *commands, order="<"):
        with tempfile.TemporaryDirectory() as there:
            dump(os.path.join(there, "images"), machine, thread_info)
            if order == ">":
                for path in pathlib.Path(there, "images").iterdir():
                    if not path.name.startswith("pages"):
                        path.write_bytes(turned(path.read_bytes()))
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

    def test_s390x(self):
        """Everything is the other way round, also CRIU's own headers."""
        out = self.debug(5, s390x, "info threads", "p/x $pc", "p/x $r3", "p/x $r15", "p/x $pswm", "p/x $fpc", "p/x $v17.uint64",
                         "p/x $acr2", "x/s %d" % (START + PAGE - 10), "thread 2", "p/x $r3", "info auxv", order=">")
        for want in ("LWP 7", "LWP 8", "= 0x%x" % (START + 0x47), "= 0x1703", "= 0x%x" % (START + 0x200),
                     "= 0x705000180000000", "= 0x880000", "= 0x22", TEXT[:-1].decode(), "= 0x1803", "65536"):
            self.assertIn(want, out)

    def test_arm(self):
        out = self.debug(2, arm, "info threads", "p/x $pc", "p/x $r3", "p/x $sp", "p/x $cpsr", "info registers d1",
                         "x/s %d" % (START + PAGE - 10), "thread 2", "p/x $r3")
        for want in ("LWP 7", "LWP 8", "= 0x%x" % (START + 0x5C), "= 0x1703", "= 0x%x" % (START + 0x200), "= 0x60000010",
                     "0x3ff0000000000001", TEXT[:-1].decode(), "= 0x1803"):
            self.assertIn(want, out)

    def test_mips64(self):
        out = self.debug(6, mips64, "info threads", "p/x $pc", "p/x $a0", "p/x $sp", "x/s %d" % (START + PAGE - 10))
        for want in ("LWP 7", "LWP 8", "= 0x%x" % (START + 0x47), "= 0x1704", "= 0x%x" % (START + 0x200), TEXT[:-1].decode()):
            self.assertIn(want, out)


@unittest.skipUnless(shutil.which("gdb-multiarch"), "gdb-multiarch is not installed")
class Narrow(unittest.TestCase):
    """A real 32-bit task of x86: CRIU has its auxiliary vector in pairs of 32 bits."""
    DUMP = "corpus/checkpoints/criu-i386.tar.zst"
    PID, MARKER, HEAP = pathlib.Path("corpus/checkpoints/criu-i386.truth.txt").read_text().split()

    def test_core(self):
        with tempfile.TemporaryDirectory() as there:
            core = os.path.join(there, "core")
            subprocess.run([EXHIBIT, "checkpoint", self.DUMP, "core", "--pid", self.PID, "-o", core], check=True)
            commands = ["info threads", "x/s " + self.MARKER, "x/s " + self.HEAP, "p/c $xmm1.v16_int8[4]",
                        "thread 2", "p/x $ebx", "p/x $esi", "info auxv"]
            out = subprocess.run(["gdb-multiarch", "-nx", "-batch", "-c", core, *[x for c in commands for x in ("-ex", c)]],
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout.decode()
            header = subprocess.run(["readelf", "-h", core], stdout=subprocess.PIPE).stdout.decode()
        for want in ("LWP " + self.PID, "MARKER-OF-A-32-BIT-TASK", "HEAP-OF-32-BITS",
                     "Core was generated by `./narrow one two'", "79 'O'", "= 0x11223344", "= 0x55667788",
                     'AT_PLATFORM          String identifying platform', '"i686"', '"./narrow"'):
            self.assertIn(want, out)
        self.assertIn("ELF32", header)
        self.assertEqual(out.count("[New LWP"), 2)

    def test_auxiliary_vector(self):
        out = subprocess.run([EXHIBIT, "checkpoint", self.DUMP, "ps", "--json", "--reveal"], stdout=subprocess.PIPE).stdout
        (p,) = json.loads(out)["processes"]
        self.assertEqual((p["auxv"]["pagesz"], p["auxv"]["phent"], p["execfn"]), ("0x1000", "0x20", "./narrow"))
        self.assertEqual([(e["name"], e["value"]) for e in p["environment"]], [("NAME", "VALUE")])


if __name__ == "__main__":
    unittest.main()
