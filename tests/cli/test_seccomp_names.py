"""The names beside the numbers of a seccomp program, against libseccomp's own resolver (it is on every Debian, apt needs
it) and against what the kernel's headers say here."""
import ctypes
import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from made_checkpoint import image, make_processes, message, regular  # noqa: E402
from test_checkpoint_rules import APP, CODE, registers  # noqa: E402

EXHIBIT = os.environ["EXHIBIT"]
ARCHITECTURES = {"x86_64": 0xC000003E, "i386": 0x40000003, "aarch64": 0xC00000B7}
LD_NUMBER, LD_ARCH, JEQ, JGE, JA, RET, AND = 0x20, 0x20, 0x15, 0x35, 0x05, 0x06, 0x54
ALLOW = 0x7FFF0000


def step(code, k, yes=0, no=0):
    return struct.pack("<HBBI", code, yes, no, k)


def lines(*programs):
    """What is shown for each program."""
    with tempfile.TemporaryDirectory() as root:
        make_processes(root, {1: {**APP, "registers": message(f1=0, f2=registers(CODE))}},
                       [regular(1, b"/usr/bin/app")])
        pathlib.Path(root, "checkpoint/seccomp.img").write_bytes(image(0x64413049, message(
            f1=[message(f1=p) for p in programs])))
        done = subprocess.run([EXHIBIT, "checkpoint", root, "seccomp", "--json"], check=True, stdout=subprocess.PIPE)
        return [f["program"] for f in json.loads(done.stdout)]


def name(line):
    return line.partition("  ; ")[2] or None


class Names(unittest.TestCase):
    def table(self, arch, numbers=range(470)):
        program = step(LD_ARCH, 4) + step(JEQ, ARCHITECTURES[arch], 1) + step(RET, 0) + step(LD_NUMBER, 0)
        (shown,) = lines(program + b"".join(step(JEQ, n) for n in numbers) + step(RET, ALLOW))
        self.assertEqual(name(shown[1]), arch)
        return {n: name(line) for n, line in zip(numbers, shown[4:]) if name(line)}

    def test_they_are_libseccomps(self):
        try:
            resolve = ctypes.CDLL("libseccomp.so.2").seccomp_syscall_resolve_num_arch
        except OSError:
            self.skipTest("no libseccomp")
        resolve.restype = ctypes.c_void_p
        for arch, value in ARCHITECTURES.items():
            told, wrong = self.table(arch), {}
            for n in range(470):
                found = resolve(ctypes.c_uint32(value), n)
                want = ctypes.string_at(found).decode() if found else None
                if want and told.get(n) != want:
                    wrong[n] = (told.get(n), want)
            with self.subTest(arch):
                self.assertEqual(wrong, {})
                self.assertGreater(len(told), 300)

    def test_they_are_the_headers(self):
        for arch, header in (("x86_64", "64"), ("i386", "32")):
            path = pathlib.Path(f"/usr/include/x86_64-linux-gnu/asm/unistd_{header}.h")
            if not path.exists():
                self.skipTest("another machine's headers")
            said = {int(n): s for s, n in re.findall(r"^#define __NR_(\w+) (\d+)$", path.read_text(), re.M)}
            told = self.table(arch)
            self.assertEqual({n: told.get(n) for n in said}, said)

    def test_a_number_is_named_for_the_architecture_that_it_is_reached_for(self):
        both = (step(LD_ARCH, 4) + step(JEQ, ARCHITECTURES["i386"], 2) + step(JEQ, ARCHITECTURES["aarch64"], 3) +
                step(RET, 0) + step(LD_NUMBER, 0) + step(JEQ, 11, 3, 3) + step(LD_NUMBER, 0) + step(JEQ, 221, 1, 1) +
                step(RET, 0) + step(RET, ALLOW))
        own = step(LD_NUMBER, 0) + step(JGE, 59, 0, 1) + step(JEQ, 0x40000000 | 59) + step(RET, ALLOW)
        argument = step(LD_NUMBER, 16) + step(JEQ, 59) + step(RET, ALLOW)
        masked = step(LD_NUMBER, 0) + step(AND, 0xFF) + step(JEQ, 59) + step(RET, ALLOW)
        meeting = step(LD_NUMBER, 0) + step(JEQ, 1, 0, 1) + step(LD_NUMBER, 16) + step(JEQ, 59) + step(RET, ALLOW)
        beyond = step(LD_NUMBER, 0) + step(JA, 0xFFFFFFFF) + step(JEQ, 59)
        shown = [[name(l) for l in p] for p in lines(both, own, argument, masked, meeting, beyond)]
        self.assertEqual(shown[0], [None, "i386", "aarch64", None, None, "execve", None, "execve", None, None])
        self.assertEqual(shown[1:], [[None, "execve", None, None], [None] * 3, [None] * 4,
                                     [None, "write", None, None, None], [None] * 3])


if __name__ == "__main__":
    unittest.main()
