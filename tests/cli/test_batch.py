"""exhibit batch and exhibit search over small packages made here."""
import hashlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest

EXHIBIT = os.environ["EXHIBIT"]
SANITIZED = "/san/" in EXHIBIT  # shadow memory does not fit under a memory limit
LIMITS = ["--memory-limit", "0"] if SANITIZED else []
INVENTORY = os.path.abspath("corpus/packages/inventory")
TRUST = ["--trust", os.path.abspath("corpus/pki/ca.pem")]
FIXED = dict(os.environ, SOURCE_DATE_EPOCH="1795430000")


def batch(*arguments, **options):
    return subprocess.run([EXHIBIT, "batch", *arguments], capture_output=True, text=True,
                          env=FIXED, timeout=300, **options)


def package(path, files):
    os.makedirs(path)
    lines = []
    for name, content in sorted(files.items()):
        with open(os.path.join(path, name), "wb") as f:
            f.write(content)
        lines.append(f"{hashlib.sha256(content).hexdigest()}  {name}\n")
    with open(os.path.join(path, "SHA256SUMS"), "w") as f:
        f.writelines(lines)


def tree(path):
    """Digest of every output file but the databases and logs."""
    found = {}
    for folder, _, names in os.walk(path):
        for name in names:
            full = os.path.join(folder, name)
            if name.endswith((".json", ".html", ".jsonl", ".csv")):
                with open(full, "rb") as f:
                    found[os.path.relpath(full, path)] = hashlib.sha256(f.read()).hexdigest()
    return found


class Batch(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.root = os.path.join(self.folder, "root")
        self.out = os.path.join(self.folder, "out")
        os.makedirs(self.root)

    def small(self, count, size=0):
        for i in range(count):
            content = f"case {i}\n".encode() + bytes(size)
            package(os.path.join(self.root, f"{i % 7}/case {i:03}"), {"note.txt": content})

    def index(self, out=None):
        with open(os.path.join(out or self.out, "index.json")) as f:
            return json.load(f)

    def cases(self):
        return {c["path"]: c for c in self.index()["cases"]}

    def test_list_says_what_is_a_package(self):
        package(os.path.join(self.root, "a/b/c"), {"x": b"12345"})
        package(os.path.join(self.root, ".hidden/c"), {"x": b"1"})
        subprocess.run(["tar", "-cf", os.path.join(self.root, "d.tar"), "-C", self.root, "a"],
                       check=True)
        os.symlink(INVENTORY, os.path.join(self.root, "link"))
        with open(os.path.join(self.root, "README"), "w") as f:
            f.write("not a package\n")
        result = batch(self.root, "--list")
        self.assertEqual(result.returncode, 0)
        lines = result.stdout.splitlines()
        self.assertEqual([line.split(None, 3)[1:] for line in lines[:-1]],
                         [["archive", "work", "d.tar"], ["directory", "work", "a/b/c"]])
        self.assertTrue(lines[-1].startswith("2 packages"))
        self.assertFalse(os.path.exists(self.out))

    def test_verdicts_status_and_index(self):
        shutil.copytree(INVENTORY, os.path.join(self.root, "good"))
        bad = os.path.join(self.root, "bad")
        shutil.copytree(INVENTORY, bad)
        with open(os.path.join(bad, "api-0.log"), "ab") as f:
            f.write(b"x")
        result = batch(self.root, "-o", self.out, *TRUST, *LIMITS)
        self.assertEqual(result.returncode, 1, result.stderr)
        cases = self.cases()
        self.assertEqual(cases["good"]["verdict"], "verified")
        self.assertEqual(cases["bad"]["verdict"], "failed")
        # The listing digest is what sha256sum gives, as DESIGN describes it.
        sums = subprocess.run("find . -type f -printf '%P\\0' | LC_ALL=C sort -z | "
                              "xargs -0 sha256sum | sha256sum", shell=True, text=True,
                              cwd=INVENTORY, capture_output=True).stdout
        self.assertEqual(cases["good"]["listing_sha256"], sums.split()[0])
        for report in ("report.html", "case.db", "verdict.json"):
            self.assertTrue(os.path.exists(os.path.join(self.out, "cases/good", report)))
        with open(os.path.join(self.out, "index.html")) as f:
            page = f.read()
        self.assertIn("cases/good/report.html", page)
        self.assertNotIn("<script", page)
        # Both cases have the same attacker's file in their findings.
        self.assertTrue(any(s["kind"] == "digest" and s["cases"] == ["bad", "good"]
                            for s in self.index()["shared"]))

    def test_nothing_is_done_twice(self):
        self.small(3)
        self.assertEqual(batch(self.root, "-o", self.out, *LIMITS).returncode, 0)
        first = batch(self.root, "-o", self.out, *LIMITS)
        self.assertIn("0 done now, 3 were done before", first.stdout)
        changed = os.path.join(self.root, "1/case 001/note.txt")
        with open(changed, "ab") as f:
            f.write(b"more")
        second = batch(self.root, "-o", self.out, *LIMITS)
        self.assertIn("1 done now, 2 were done before", second.stdout)
        self.assertEqual(second.returncode, 1)
        self.assertEqual(self.cases()["1/case 001"]["verdict"], "failed")
        other = batch(self.root, "-o", self.out, *LIMITS, *TRUST)
        self.assertIn("3 done now", other.stdout)

    def test_killed_and_resumed(self):
        """Killed at random moments; in the end as if nothing had happened."""
        self.small(40)
        calm = os.path.join(self.folder, "calm")
        self.assertEqual(batch(self.root, "-o", calm, *LIMITS).returncode, 0)
        chance = random.Random(7)
        for _ in range(10):
            p = subprocess.Popen([EXHIBIT, "batch", self.root, "-o", self.out, *LIMITS],
                                 env=FIXED, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
            time.sleep(chance.uniform(0.01, 0.15))
            p.send_signal(signal.SIGKILL)
            p.wait()
        last = batch(self.root, "-o", self.out, *LIMITS)
        self.assertEqual(last.returncode, 0, last.stdout + last.stderr)
        self.assertEqual(tree(self.out), tree(calm))
        self.assertEqual(len(self.cases()), 40)
        with sqlite3.connect(os.path.join(self.out, "journal.db")) as db:
            states = db.execute("SELECT state, count(*) FROM work GROUP BY state").fetchall()
        self.assertEqual(states, [(1, 40)])

    def child_of(self, parent):
        for _ in range(500):
            try:
                with open(f"/proc/{parent}/task/{parent}/children") as f:
                    for pid in f.read().split():
                        with open(f"/proc/{pid}/cmdline", "rb") as c:
                            if b"big" in c.read():
                                return int(pid)
            except OSError:
                pass
            time.sleep(0.01)
        self.fail("no child was seen")

    def disturb(self, sign, *options):
        """Sends a signal to the process of the case "big" while it works."""
        os.makedirs(os.path.join(self.root, "big"))
        with open(os.path.join(self.root, "big/data"), "wb") as f:
            f.truncate(3 << 30)  # sparse: seconds of hashing
        self.small(4)
        p = subprocess.Popen([EXHIBIT, "batch", self.root, "-o", self.out, "-j", "2", *LIMITS,
                              *options], env=FIXED, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True)
        os.kill(self.child_of(p.pid), sign)
        out, _ = p.communicate(timeout=120)
        cases = self.cases()
        self.assertEqual(p.returncode, 3, out)
        self.assertEqual(cases["big"]["state"], "failed")
        self.assertEqual(sum(c["state"] == "done" for c in cases.values()), 4)
        self.assertFalse(os.path.exists(os.path.join(self.out, "cases/big")))
        return cases["big"]["reason"]

    def test_a_case_that_crashes(self):
        self.assertIn("signal 9", self.disturb(signal.SIGKILL))

    def test_a_case_that_hangs(self):
        self.assertIn("time limit", self.disturb(signal.SIGSTOP, "--time-limit", "2"))

    @unittest.skipIf(SANITIZED, "shadow memory does not fit under a memory limit")
    def test_a_case_that_eats_memory(self):
        shutil.copytree(INVENTORY, os.path.join(self.root, "hungry"))
        result = batch(self.root, "-o", self.out, "--memory-limit", "2M")
        self.assertEqual(result.returncode, 3, result.stdout)
        self.assertEqual(self.cases()["hungry"]["state"], "failed")
        again = batch(self.root, "-o", self.out)
        self.assertIn("0 done now, 0 were done before, 1 could not be done", again.stdout)
        retried = batch(self.root, "-o", self.out, "--retry")
        self.assertEqual(retried.returncode, 0, retried.stdout)
        self.assertEqual(self.cases()["hungry"]["state"], "done")

    def test_shards_give_the_same_index(self):
        self.small(9)
        shutil.copytree(INVENTORY, os.path.join(self.root, "inventory"))
        whole = os.path.join(self.folder, "whole")
        batch(self.root, "-o", whole, *LIMITS)
        self.assertEqual(batch(self.root, "-o", self.out, "--plan").returncode, 0)
        for part in ("2/3", "1/3", "3/3"):
            result = batch(self.root, "-o", self.out, "--shard", part, *LIMITS)
            self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(batch("--merge", "-o", self.out).returncode, 0)
        for name in ("index.json", "index.html"):
            with open(os.path.join(whole, name), "rb") as a, \
                    open(os.path.join(self.out, name), "rb") as b:
                self.assertEqual(a.read(), b.read())

    def test_a_plan_stays_under_its_root(self):
        os.makedirs(self.out)
        for line in ("1 0 d ../../etc", "1 0 d /etc", "1 0 d %2e%2e/x", "nonsense"):
            with open(os.path.join(self.out, "plan"), "w") as f:
                f.write(line + "\n")
            result = batch(self.root, "-o", self.out, "--shard", "1/1")
            self.assertEqual(result.returncode, 2, line)

    def test_reverify_finds_bit_rot_and_ending_locks(self):
        shutil.copytree(INVENTORY, os.path.join(self.root, "case"))
        batch(self.root, "-o", self.out, *TRUST, *LIMITS)
        again = [self.root, "-o", self.out, "--reverify", *TRUST, *LIMITS]
        # As of now, on the clock that FIXED gives, nothing ends within 90 days.
        self.assertEqual(batch(*again).returncode, 0)
        near = batch(*again, "--at", "2033-10-01T00:00:00Z")
        self.assertEqual(near.returncode, 1)
        self.assertIn("retention-ends", near.stdout)
        with open(os.path.join(self.root, "case/api-0.log"), "r+b") as f:
            byte = f.read(1)
            f.seek(0)
            f.write(bytes([byte[0] ^ 1]))
        rotten = batch(*again)
        self.assertEqual(rotten.returncode, 1)
        self.assertIn("file-changed: api-0.log", rotten.stdout)
        self.assertIn("verdict: failed, was verified", rotten.stdout)

    def test_search(self):
        shutil.copytree(INVENTORY, os.path.join(self.root, "case"))
        batch(self.root, "-o", self.out, *LIMITS)
        with open(os.path.join(INVENTORY, "audit.log"), "rb") as f:
            digest = hashlib.sha256(f.read()).hexdigest()

        def search(place, query):
            r = subprocess.run([EXHIBIT, "search", "--json", place, query],
                               capture_output=True, text=True)
            return r.returncode, [json.loads(line) for line in r.stdout.splitlines()]

        for place in (self.out, os.path.join(self.out, "cases/case/case.db")):
            for query in (digest, digest[:12] + "*", "digest:" + digest):
                status, hits = search(place, query)
                self.assertEqual(status, 0, (place, query))
                self.assertEqual((hits[0]["value"], hits[0]["item"]), (digest, "audit.log"))
            self.assertEqual(search(place, "path:" + digest), (1, []))
            self.assertEqual(search(place, "digest:0000*")[0], 1)
            self.assertEqual(search(place, 'no " such OR words')[0], 1)
        status, hits = search(self.out, "path:/etc/ld.so.preload")
        self.assertEqual(status, 0)
        self.assertTrue(hits[0]["flagged"])
        self.assertEqual(search(os.path.join(INVENTORY, "rbac.json"), "x")[0], 2)

    def test_two_at_once_are_refused(self):
        os.makedirs(os.path.join(self.root, "big"))
        with open(os.path.join(self.root, "big/data"), "wb") as f:
            f.truncate(3 << 30)
        p = subprocess.Popen([EXHIBIT, "batch", self.root, "-o", self.out, *LIMITS], env=FIXED,
                             stdout=subprocess.DEVNULL)
        self.child_of(p.pid)
        second = batch(self.root, "-o", self.out, *LIMITS)
        p.kill()
        p.wait()
        self.assertEqual(second.returncode, 2)
        self.assertIn("another batch", second.stderr)

    def test_usage(self):
        self.assertEqual(batch().returncode, 2)
        self.assertEqual(batch(self.root).returncode, 2)
        self.assertEqual(batch(self.root, "-o", self.out, "-j", "0").returncode, 2)
        self.assertEqual(batch(self.root, "-o", self.out, "--shard", "3/2").returncode, 2)
        self.assertEqual(batch(self.root + "/none", "-o", self.out).returncode, 2)
        self.assertIn("examples:", batch("--help").stdout)


if __name__ == "__main__":
    unittest.main()
