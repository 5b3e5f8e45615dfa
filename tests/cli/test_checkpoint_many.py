"""Checkpoints of many processes, and packages of several checkpoints."""
import json
import os
import pathlib
import re
import resource
import subprocess
import tempfile
import unittest

from made_checkpoint import area, make_processes, regular

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
