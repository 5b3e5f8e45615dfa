"""Dumps of old CRIU: one image for each kind of file, and for what now stands in core and mm.

The dump of criu-zoo is written anew in that form, record by record; everything must be told
of it as of the one it was made from."""
import json
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile
import unittest

from made_checkpoint import image, message, varint

EXHIBIT = os.environ["EXHIBIT"]
ZOO = "corpus/checkpoints/criu-zoo.tar.zst"
COMMON = 8  # bytes of class word and magic
# Field of file_entry: the image that the kind had, and its magic.
SPLIT = {3: ("reg-files", 0x50363636), 4: ("inetsk", 0x56443851), 5: ("ns-files", 0x61394011),
         6: ("packetsk", 0x60454618), 7: ("netlinksk", 0x58005614), 8: ("eventfd", 0x44523722),
         9: ("eventpoll", 0x45023858), 10: ("signalfd", 0x57323820), 12: ("timerfd", 0x50493712),
         13: ("inotify", 0x48424431), 16: ("unixsk", 0x54373943), 17: ("fifo", 0x58364939),
         18: ("pipes", 0x56513555), 19: ("tty", 0x59433025), 22: ("pidfd", 0x54435556)}  # fmt: skip
TFD, WD, VMAS, CREDS, SIGACT, RLIMIT, ITIMERS, POSIX, SIGNAL = (
    0x44433746, 0x54562009, 0x54123737, 0x54023547, 0x55344201, 0x57113925, 0x57464056, 0x52603957, 0x59255647)


def records(content):
    at = COMMON
    while at < len(content):
        (n,) = struct.unpack_from("<I", content, at)
        yield content[at + 4:at + 4 + n]
        at += 4 + n


def fields(m):
    """(number, value, bytes of the whole field); nested messages are bytes."""
    at = 0

    def number():
        nonlocal at
        n = shift = 0
        while True:
            n, shift, at = n | (m[at] & 127) << shift, shift + 7, at + 1
            if m[at - 1] < 128:
                return n

    while at < len(m):
        start, key = at, number()
        if key & 7 == 0:
            value = number()
        else:
            n = number() if key & 7 == 2 else 8 if key & 7 == 1 else 4
            value, at = m[at:at + n], at + n
        yield key >> 3, value, m[start:at]


def without(m, *numbers):
    return b"".join(whole for number, _, whole in fields(m) if number not in numbers)


def all_of(m, number):
    return [v for n, v, _ in fields(m) if n == number]


def nested(number, m):
    return varint(number << 3 | 2) + varint(len(m)) + m


def owned(file, number):
    """Parts of a file, each with the file's number, which they have only when they stand apart."""
    return [message(f1=all_of(file, 1)[0]) + without(part, 1) for part in all_of(file, number)]


class Old(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.there = tempfile.TemporaryDirectory()
        for name in ("today", "before"):
            os.mkdir(os.path.join(cls.there.name, name))
            subprocess.run(["tar", "xf", ZOO, "-C", os.path.join(cls.there.name, name)], check=True)
        cls.old = pathlib.Path(cls.there.name, "before/images")
        cls.split_files()
        for path in sorted(cls.old.glob("core-*.img")):
            cls.split_core(path, int(path.stem[5:]))
        for path in sorted(cls.old.glob("mm-*.img")):
            (mm,) = records(path.read_bytes())
            cls.write("vmas-" + path.stem[3:], VMAS, all_of(mm, 14))
            path.write_bytes(image(0x57492820, without(mm, 14)))

    @classmethod
    def tearDownClass(cls):
        cls.there.cleanup()

    @classmethod
    def write(cls, name, magic, messages):
        if messages:
            pathlib.Path(cls.old, name + ".img").write_bytes(image(magic, *messages))

    @classmethod
    def split_files(cls):
        path = cls.old / "files.img"
        kinds, rest, tfd, wd = {}, [], [], []
        for entry in records(path.read_bytes()):
            ((number, value),) = [(n, v) for n, v, _ in fields(entry) if n > 2]
            if number == 9:
                tfd += owned(value, 4)
                value = without(value, 4)
            if number == 13:
                wd += owned(value, 5)
                value = without(value, 5)
            if number in SPLIT:
                kinds.setdefault(number, []).append(value)
            else:
                rest.append(entry)
        for number, messages in kinds.items():
            cls.write(*SPLIT[number], messages)
        cls.write("eventpoll-tfd", TFD, tfd)
        cls.write("inotify-wd", WD, wd)
        path.write_bytes(image(0x56303138, *rest))

    @classmethod
    def split_core(cls, path, number):
        (core,) = records(path.read_bytes())
        task, thread = (b"".join(all_of(core, n)) for n in (3, 5))
        timers = b"".join(all_of(task, 7))
        queue = lambda m, n: [s for q in all_of(m, n) for s in all_of(q, 1)]
        if task:
            cls.write("creds-%d" % number, CREDS, all_of(thread, 10))
            cls.write("sigacts-%d" % number, SIGACT, all_of(task, 15))
            cls.write("rlimit-%d" % number, RLIMIT, queue(task, 8))
            cls.write("itimers-%d" % number, ITIMERS, [m for n in (1, 2, 3) for m in all_of(timers, n)])
            cls.write("posix-timers-%d" % number, POSIX, all_of(timers, 4))
            cls.write("signal-s-%d" % number, SIGNAL, queue(task, 10))
        cls.write("signal-p-%d" % number, SIGNAL, queue(thread, 9))
        # The mode of seccomp was the task's.
        mode = [message(**{"f%d" % n: v}) for n in (11, 12) for v in all_of(thread, n)]
        keep = without(core, 3, 5)
        if task:
            keep += nested(3, without(task, 7, 8, 10, 15) + b"".join(mode))
        if thread:
            keep += nested(5, without(thread, 9, 11, 12, *([10] if task else [])))
        path.write_bytes(image(0x55053847, keep))

    def plain(self, o):
        """Without places."""
        if isinstance(o, dict):
            return {k: self.plain(v) for k, v in o.items() if not k.endswith("span")}
        return [self.plain(v) for v in o] if isinstance(o, list) else o

    def ask(self, which, what):
        out = subprocess.run([EXHIBIT, "checkpoint", os.path.join(self.there.name, which), what, "--json", "--reveal"],
                             stdout=subprocess.PIPE, check=True).stdout
        return self.plain(json.loads(out))

    def same(self, a, b, at):
        """Equal, or the first place that is not."""
        if isinstance(a, dict) and isinstance(b, dict):
            self.assertEqual(sorted(a), sorted(b), at)
            for key in a:
                self.same(a[key], b[key], "%s.%s" % (at, key))
        elif isinstance(a, list) and isinstance(b, list):
            self.assertEqual(len(a), len(b), at)
            for i, pair in enumerate(zip(a, b)):
                self.same(*pair, "%s[%d]" % (at, i))
        else:
            self.assertEqual(a, b, at)

    def test_everything_is_told_alike(self):
        for what in ("ps", "sockets", "threads", "maps"):
            self.same(self.ask("before", what), self.ask("today", what), what)

    def found(self, which):
        return [(f["id"], f["subject"], f["arguments"].get("what")) for f in self.ask(which, "findings")]

    def test_the_same_is_found(self):
        self.assertEqual(self.found("before"), self.found("today"))

    def test_lists_of_a_task_that_is_not_there(self):
        before = os.path.join(self.there.name, "before")
        own = next(pathlib.Path(before).rglob("sigacts-*.img"))
        stranger = own.with_name("sigacts-4242.img")
        shutil.copy(own, stranger)
        stale = [subject for id, subject, _ in self.found("before") if id == "checkpoint.stale-image"]
        stranger.unlink()
        self.assertEqual(stale, ["sigacts-4242.img"])

    def test_images_of_the_first_version(self):
        """They have their type's magic alone."""
        there = os.path.join(self.there.name, "first")
        os.mkdir(there)
        subprocess.run(["tar", "xf", ZOO, "-C", there], check=True)
        for path in pathlib.Path(there).rglob("*"):
            content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
            if content.startswith(struct.pack("<I", 0x54564319)):
                path.write_bytes(content[4:])
        for what in ("ps", "sockets", "maps"):
            self.same(self.ask("first", what), self.ask("today", what), what)
        self.assertEqual(self.found("first"), self.found("today"))


if __name__ == "__main__":
    unittest.main()
