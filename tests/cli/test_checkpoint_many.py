"""Checkpoints of many processes, and packages of several checkpoints."""
import json
import os
import pathlib
import re
import resource
import subprocess
import tempfile
import unittest

from made_checkpoint import MAGIC, PAGE, STACK, area, image, inventory, make_processes, message, regular, write_images

EXHIBIT = os.environ["EXHIBIT"]
SANITIZED = "/san/" in EXHIBIT
MANY = 400
LIBRARY = 0x7F0000000000


def workers(count, name):
    """As a web server has them: each with its environment, descriptors, libraries and memory of its own."""
    files = [regular(1, b"/usr/bin/python3"), regular(2, b"/usr/lib/libc.so.6")]
    files += [regular(100 + i, b"/var/lib/app/file-%d" % i) for i in range(50)]
    areas = [area(LIBRARY + k * 0x10000, LIBRARY + k * 0x10000 + 0x4000, 5 if k % 4 == 0 else 1, 2, 0x41, 0, 2)
             for k in range(150)]
    return {pid: dict(exe=1, comm=name, argv=[b"python3", b"--worker=%d" % pid], areas=areas, ppid=pid > 1,
                      env=[b"VARIABLE_%d=value-%d" % (i, i) for i in range(60)],
                      fds={k: (1, 100 + k) for k in range(50)})
            for pid in range(1, count + 1)}, files


def analyze(package, out):
    subprocess.run([EXHIBIT, "analyze", package, "-o", out], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return json.loads(pathlib.Path(out, "processes.json").read_text())["processes"]


def write_large(root, argv, env, above):
    """Two processes with 2 MB below the command line, and so many pages above it."""
    images = {"inventory": inventory(),
              "pstree": image(MAGIC["pstree"], *[message(f1=p, f2=p - 1, f3=1, f4=1, f5=p) for p in (1, 2)])}
    for pid in (1, 2):
        given = b"".join(s + b"\0" for s in argv + [b"%d" % pid])
        strings = given + b"".join(s + b"\0" for s in env)
        pages = -(-len(strings) // PAGE) + above
        heap, end = 0x7F1000000000, STACK + len(given)
        images[f"mm__{pid}"] = image(MAGIC["mm"], message(
            f8=STACK, f9=end, f10=end, f11=STACK + len(strings), f12=0,
            f14=[area(heap, heap + 512 * PAGE), area(STACK, STACK + pages * PAGE)]))
        images[f"core__{pid}"] = image(MAGIC["core"], message(f1=1, f3=message(f1=1, f2=0, f6=b"made")))
        images[f"pagemap__{pid}"] = image(MAGIC["pagemap"], message(f1=pid), message(f1=heap, f2=0, f4=4, f5=512),
                                          message(f1=STACK, f2=0, f4=4, f5=pages))
        images[f"pages__{pid}"] = b"%4095d\n" % pid * 512 + strings.ljust(pages * PAGE, b"\0")
    write_images(os.path.join(root, "checkpoint"), **images)


class Many(unittest.TestCase):
    def test_memory_does_not_grow_with_their_number(self):
        with tempfile.TemporaryDirectory() as there:
            make_processes(there + "/package", *workers(MANY, b"python3"))
            processes = analyze(there + "/package", there + "/out")
            used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
            self.assertEqual([p["pid"] for p in processes], list(range(1, MANY + 1)))
            self.assertEqual(processes[-1]["argv"], ["python3", "--worker=%d" % MANY])
            size = os.path.getsize(there + "/out/processes.json")
            self.assertGreater(size, 25 << 20)
            if not SANITIZED:  # which keeps what is freed
                self.assertLess(used >> 10, 160)  # MiB; as one tree of JSON it took 600

    def test_two_checkpoints_are_two_trees(self):
        with tempfile.TemporaryDirectory() as there:
            for name in (b"first", b"second"):
                make_processes(os.path.join(there, "package", name.decode()), *workers(3, name))
            processes = analyze(there + "/package", there + "/out")
            self.assertEqual([(p["checkpoint"], p["pid"], p["comm"]) for p in processes],
                             [(k, pid, name) for k, name in ((0, "first"), (1, "second")) for pid in (1, 2, 3)])
            page = pathlib.Path(there, "out/report.html").read_text()
            shown = re.findall(r'<span class="pid">(\d+)</span>', page)
            self.assertEqual(shown, ["1", "2", "3", "1", "2", "3"])

    def test_command_lines_are_the_same_wherever_they_stand(self):
        """Of large pages in an archive the end is kept: in it, before it, and across where it begins."""
        for size, above in ((10, 0), (9000, 0), (10, 15), (10, 16), (10, 40), (9000, 12)):
            argv, env = [b"server", b"--name"], [b"NUMBER_%d=%d" % (i, i) for i in range(size)]
            with self.subTest(size=size, above=above), tempfile.TemporaryDirectory() as there:
                write_large(there + "/folder", argv, env, above)
                for suffix, option in (("tar", ""), ("tar.zst", "--zstd"), ("tar.gz", "-z")):
                    os.mkdir(there + "/" + suffix)
                    subprocess.run(["tar", *option.split(), "-cf", f"{there}/{suffix}/checkpoint.{suffix}",
                                    "-C", there + "/folder", "checkpoint"], check=True)
                for form in ("folder", "tar", "tar.zst", "tar.gz"):
                    processes = analyze(f"{there}/{form}", f"{there}/out-{form}")
                    self.assertEqual([p["argv"] for p in processes],
                                     [["server", "--name", str(pid)] for pid in (1, 2)], form)
                    names = ["NUMBER_%d" % i for i in range(size)]
                    self.assertEqual([[e["name"] for e in p["environment"]] for p in processes], [names, names], form)

    def test_pids_that_occur_often_are_shown_once_each(self):
        """Each generation of two hostile records doubled the page."""
        with tempfile.TemporaryDirectory() as there:
            processes, files = workers(30, b"twin")
            for pid, p in processes.items():
                p["ppid"] = pid - 1
            make_processes(there + "/package", processes, files)
            tree = pathlib.Path(there, "package/checkpoint/pstree.img")
            tree.write_bytes(tree.read_bytes() + tree.read_bytes()[8:])
            self.assertEqual(len(analyze(there + "/package", there + "/out")), 60)
            page = pathlib.Path(there, "out/report.html").read_text()
            self.assertEqual(len(re.findall(r'<span class="pid">', page)), 60)


if __name__ == "__main__":
    unittest.main()
