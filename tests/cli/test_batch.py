"""exhibit batch and exhibit search over small packages made here."""
import contextlib
import glob
import hashlib
import json
import os
import pathlib
import pty
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "batch"))
import cases  # noqa: E402
import schema_kit  # noqa: E402
import thousand  # noqa: E402

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

    def test_split_archives_are_packages(self):
        """By their first part, zip's volumes by the last; loose files that only have such
        names make their folder one."""
        package(os.path.join(self.folder, "case"), {"note.txt": os.urandom(300_000)})
        tar = os.path.join(self.folder, "case.tar.zst")
        subprocess.run(["tar", "-I", "zstd", "-cf", tar, "case"], cwd=self.folder, check=True)
        for name in ("a", "b"):
            os.mkdir(os.path.join(self.root, name))
        subprocess.run(["split", "-b", "90000", "-d", "-a3", "--numeric-suffixes=1", tar,
                        os.path.join(self.root, "a/case.tar.zst.")], check=True)
        subprocess.run(["split", "-b", "90000", "-d", "-a1", "--numeric-suffixes=1", tar,
                        os.path.join(self.root, "a/two.tar.zst.part")], check=True)
        subprocess.run(["zip", "-q", "-r", "-s", "100k", os.path.join(self.root, "b/x.zip"),
                        "case"], cwd=self.folder, check=True)
        package(os.path.join(self.root, "c"), {"audit.log.01": b"1\n", "audit.log.02": b"2\n"})
        done = batch(self.root, "-o", self.out, *LIMITS)
        found = {c["path"]: c for c in self.index()["cases"]}
        self.assertEqual(set(found), {"a/case.tar.zst.001", "a/two.tar.zst.part1",
                                      "b/x.zip", "c"}, done.stderr)
        self.assertEqual({c["verdict"] for c in found.values()}, {"unsealed"})
        # Another byte in a later part makes it another package.
        part = os.path.join(self.root, "a/case.tar.zst.003")
        with open(part, "r+b") as f:
            f.seek(1000)
            f.write(b"changed")
        done = batch(self.root, "-o", self.out, *LIMITS)
        found = {c["path"]: c["verdict"] for c in self.index()["cases"]}
        self.assertNotEqual(found["a/case.tar.zst.001"], "unsealed", done.stderr)

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

    def run_counts(self, *options):
        """Done now, and before."""
        result = batch(self.root, "-o", self.out, *LIMITS, *options)
        words = result.stdout.split("packages: ")[1].split()
        return int(words[0]), int(words[3])

    def test_nothing_is_done_twice(self):
        self.small(3)
        self.assertEqual(batch(self.root, "-o", self.out, *LIMITS).returncode, 0)
        self.assertEqual(self.run_counts(), (0, 3))
        changed = os.path.join(self.root, "1/case 001/note.txt")
        with open(changed, "ab") as f:
            f.write(b"more")
        self.assertEqual(self.run_counts(), (1, 2))
        self.assertEqual(self.cases()["1/case 001"]["verdict"], "failed")
        self.assertEqual(self.run_counts(*TRUST), (3, 0))

    def test_unchanged_is_what_has_the_same_listing_digest(self):
        self.small(2)
        self.assertEqual(self.run_counts(), (2, 0))
        note = os.path.join(self.root, "0/case 000/note.txt")
        os.utime(note, (1, 1))  # other times, the same bytes
        self.assertEqual(self.run_counts(), (0, 2))
        shutil.copytree(os.path.join(self.root, "1"), os.path.join(self.folder, "copy"))
        shutil.rmtree(os.path.join(self.root, "1"))
        shutil.move(os.path.join(self.folder, "copy"), os.path.join(self.root, "1"))
        self.assertEqual(self.run_counts(), (0, 2))
        before = os.stat(note)
        with open(note, "r+b") as f:  # the same name, size and time, another byte
            f.write(b"C")
        os.utime(note, ns=(before.st_atime_ns, before.st_mtime_ns))
        self.assertEqual(self.run_counts(), (1, 1))
        self.assertEqual(self.cases()["0/case 000"]["verdict"], "failed")
        os.symlink("note.txt", os.path.join(self.root, "1/case 001/link"))
        self.assertEqual(self.run_counts(), (1, 1))

    def test_only_times_that_can_be_relied_on_are(self):
        self.small(1)
        self.assertEqual(self.run_counts(), (1, 0))
        look = [self.root, "-o", self.out, "--list"]
        # Changed a moment ago, it could have changed again within the grain of the clock.
        self.assertIn("compare", batch(*look).stdout)
        time.sleep(3)
        self.assertEqual(self.run_counts(), (0, 1))
        self.assertIn("keep", batch(*look).stdout)
        self.assertIn("compare", batch(*look, "--rehash").stdout)
        self.assertEqual(self.run_counts("--rehash"), (0, 1))

    def test_what_an_option_names_counts_by_its_content(self):
        self.small(1)
        trust = os.path.join(self.folder, "ca.pem")
        shutil.copy("corpus/pki/ca.pem", trust)
        self.assertEqual(self.run_counts("--trust", trust), (1, 0))
        self.assertEqual(self.run_counts("--trust", trust), (0, 1))
        moved = os.path.join(self.folder, "moved.pem")
        shutil.move(trust, moved)
        self.assertEqual(self.run_counts("--trust", moved), (0, 1))
        shutil.copy("corpus/pki/other.pem", moved)
        self.assertEqual(self.run_counts("--trust", moved), (1, 0))

    def test_options_are_looked_at_before_anything_starts(self):
        self.small(1)
        for wrong in (["--trust", "/no/such"], ["--fail-on", "very"], ["--rules"], ["--nothing"],
                      ["--rules", "/no/such"], ["--yara", "/no/such"],
                      ["--verify-only", "--reveal"], ["--since", "noon"], ["more"]):
            result = batch(self.root, "-o", self.out, *wrong)
            self.assertEqual(result.returncode, 2, wrong)
            self.assertFalse(os.path.exists(os.path.join(self.out, "journal.db")), wrong)

    def test_outputs_stay_out_of_the_evidence(self):
        self.small(1)
        link = os.path.join(self.folder, "link")
        os.symlink(self.root, link)
        for root, out in ((self.root, self.root + "/out"), (self.root, link + "/a/b"),
                          (self.root, self.root), (self.root, self.folder)):
            result = batch(root, "-o", out)
            self.assertEqual(result.returncode, 2, out)
            self.assertIn("never written to", result.stderr)
        self.assertEqual(os.listdir(self.root), ["0"])
        # A root that is reached through a link is a root like any.
        self.assertEqual(batch(link, "-o", self.out, *LIMITS).returncode, 0)
        self.assertEqual(list(self.cases()), ["0/case 000"])

    def test_a_package_that_went_is_missed(self):
        self.small(2)
        self.assertEqual(self.run_counts(), (2, 0))
        away = os.path.join(self.folder, "away")
        shutil.move(os.path.join(self.root, "1"), away)
        result = batch(self.root, "-o", self.out, *LIMITS)
        self.assertEqual(result.returncode, 1)
        self.assertIn("gone", result.stdout)
        self.assertTrue(self.cases()["1/case 001"]["gone"])
        self.assertEqual(self.cases()["1/case 001"]["verdict"], "unsealed")  # as it was
        shutil.move(away, os.path.join(self.root, "1"))
        self.assertEqual(self.run_counts(), (0, 2))
        self.assertFalse(self.cases()["1/case 001"]["gone"])
        # Nothing at all is no archive whose cases all went: a disk is not mounted.
        shutil.move(self.root, away)
        os.makedirs(self.root)
        self.assertEqual(batch(self.root, "-o", self.out).returncode, 2)
        self.assertFalse(self.cases()["1/case 001"]["gone"])

    def test_a_package_that_goes_while_it_waits(self):
        self.small(2)
        self.assertEqual(batch(self.root, "-o", self.out, "--plan").returncode, 0)
        shutil.rmtree(os.path.join(self.root, "1"))
        self.assertEqual(batch(self.root, "-o", self.out, "--shard", "1/1", *LIMITS).returncode, 3)
        self.assertEqual(batch("--merge", "-o", self.out).returncode, 3)
        self.assertEqual(self.cases()["1/case 001"]["state"], "failed")
        self.assertIn("No such file", self.cases()["1/case 001"]["reason"])
        self.assertEqual(self.cases()["0/case 000"]["state"], "done")

    def test_directories_that_cannot_be_read_are_told(self):
        self.small(2)
        os.chmod(os.path.join(self.root, "1"), 0)
        # Root reads what its mode forbids, unless it lacks the capabilities for that.
        result = subprocess.run(
            ["setpriv", "--bounding-set=-dac_override,-dac_read_search", EXHIBIT, "batch",
             self.root, "-o", self.out, *LIMITS], capture_output=True, text=True, env=FIXED)
        os.chmod(os.path.join(self.root, "1"), 0o755)
        self.assertEqual(result.returncode, 3, result.stderr)
        self.assertIn("root/1: Permission denied", result.stderr)
        self.assertEqual(list(self.cases()), ["0/case 000"])

    def test_names_that_could_collide(self):
        names = ["x", "x.log/x", "x.part", "x.tar", "y/case.db", "y/z", "log.txt/a", "a\udcff",
                 cases.HOSTILE, "-o", "--help", "new\nline"]
        for i, name in enumerate(names):
            path = os.fsencode(os.path.join(self.root, name))
            if name != "x.tar":
                package(os.fsdecode(path), {"note.txt": b"%d" % i})
        subprocess.run(["tar", "-cf", self.root + "/x.tar", "-C", self.root, "x"], check=True)
        result = batch(self.root, "-o", self.out, *LIMITS)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual(len(self.cases()), len(names))
        for name in names:
            self.assertTrue(os.path.exists(os.path.join(self.out, "cases", name, "case.db")))
        self.assertEqual(self.run_counts(), (0, len(names)))

    def test_told_to_stop(self):
        os.makedirs(os.path.join(self.root, "big"))
        with open(os.path.join(self.root, "big/data"), "wb") as f:
            f.truncate(3 << 30)
        self.small(3)
        for sign in (signal.SIGTERM, signal.SIGINT):
            p = subprocess.Popen([EXHIBIT, "batch", self.root, "-o", self.out, "-j", "2", *LIMITS],
                                 env=FIXED, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                 text=True)
            worker = self.child_of(p.pid)
            time.sleep(0.3)
            p.send_signal(sign)
            said = p.communicate(timeout=60)[1]
            self.assertEqual(p.returncode, -sign)
            self.assertIn("the same command goes on", said)
            self.assertFalse(os.path.exists(f"/proc/{worker}"))
            self.assertFalse(os.path.exists(os.path.join(self.out, "work")))
        shutil.rmtree(os.path.join(self.root, "big"))
        self.assertEqual(sum(self.run_counts()), 3)

    def test_the_journal_says_done_when_the_outputs_are_on_the_disk(self):
        """The order of the calls that a loss of power could come between."""
        self.small(20)
        trace = os.path.join(self.folder, "trace")
        # The leak checker cannot be traced.
        traced = dict(FIXED, ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0")
        subprocess.run(["strace", "-f", "-y", "-o", trace, "-e",
                        "trace=syncfs,fsync,fdatasync,rename", EXHIBIT, "batch", self.root, "-o",
                        self.out, *LIMITS], env=traced, capture_output=True, check=True)
        steps = []
        with open(trace) as f:
            for line in f:
                call = line.split(maxsplit=1)[1]  # a call's end, told apart, says "<... resumed"
                if call.startswith("syncfs"):
                    steps.append("sync")
                elif call.startswith("rename") and '/cases/' in line:
                    steps.append("place")
                elif "journal.db-wal" in line:
                    steps.append("journal")
        self.assertEqual(steps.count("place"), 20)
        # sync, places, sync, journal; then the next group.
        for i, step in enumerate(steps):
            if step == "place":
                self.assertIn(steps[i - 1], ("sync", "place"), steps)
                rest = [s for s in steps[i:] if s != "place"]
                self.assertEqual(rest[:2], ["sync", "journal"], steps)

    def test_a_disk_that_is_full(self):
        """Stops, blames no case, and goes on when there is room."""
        self.small(30)
        os.makedirs(self.out)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=7m", "none", self.out], check=True)
        self.addCleanup(subprocess.run, ["umount", self.out], check=True)
        result = batch(self.root, "-o", self.out, "-j", "2", *LIMITS)
        self.assertEqual(result.returncode, 3, result.stdout)
        self.assertIn("is full", result.stderr)
        subprocess.run(["mount", "-o", "remount,size=200m", self.out], check=True)
        result = batch(self.root, "-o", self.out, *LIMITS)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual({c["state"] for c in self.cases().values()}, {"done"})

    def search_content(self):
        path = os.path.join(self.out, "search.db")
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            return [db.execute(question).fetchall() for question in (
                "SELECT name FROM source ORDER BY name",
                "SELECT kind, value, count(*), sum(times) FROM term GROUP BY 1, 2 ORDER BY 1, 2",
                "SELECT count(*) FROM place", "SELECT count(*) FROM words")]

    def test_a_disk_that_is_full_at_any_page_of_the_search_index(self):
        """Nothing of the attempt stays in it: what is made once there is room is what is
        made when there always was."""
        self.small(30)
        os.makedirs(self.out)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "none", self.out], check=True)
        self.addCleanup(subprocess.run, ["umount", self.out], check=True)
        self.assertEqual(batch(self.root, "-o", self.out, *LIMITS).returncode, 0)
        calm = self.search_content()
        filler = os.path.join(self.out, "filler")
        failed = 0
        for free in range(1, 30):
            for made in glob.glob(os.path.join(self.out, "search.db*")):
                os.unlink(made)
            room = os.statvfs(self.out)
            with open(filler, "wb") as f:
                os.posix_fallocate(f.fileno(), 0, (room.f_bavail - free) * room.f_bsize)
            failed += batch("--merge", "-o", self.out).returncode == 3
            os.unlink(filler)
            result = batch("--merge", "-o", self.out)
            self.assertEqual(result.returncode, 0, f"{free} pages: {result.stderr}")
            self.assertEqual(self.search_content(), calm, f"{free} pages")
        self.assertGreater(failed, 10)

    def test_progress_on_a_terminal(self):
        self.small(8)
        leader, follower = pty.openpty()
        p = subprocess.Popen([EXHIBIT, "batch", self.root, "-o", self.out, *LIMITS], env=FIXED,
                             stdout=subprocess.DEVNULL, stderr=follower)
        os.close(follower)
        said = b""
        try:
            while block := os.read(leader, 4096):
                said += block
        except OSError:  # the other end is closed
            pass
        os.close(leader)
        self.assertEqual(p.wait(), 0)
        self.assertRegex(said.decode(), r"\d of 8 cases, \d+ running, .* GiB")

    @unittest.skipIf(SANITIZED, "a library cannot be loaded before the sanitizer's")
    def test_killed_and_resumed(self):
        """Killed at random moments; in the end as if nothing had happened. Among the cases
        are one that crashes, one that hangs, one that eats memory, and a bomb."""
        archive = thousand.Archive(EXHIBIT, self.folder, 60, time_limit=8)
        calm = os.path.join(self.folder, "calm")
        archive.start(calm).communicate()
        self.assertEqual(thousand.wrong_outcomes(calm), [])
        index = pathlib.Path(calm, "index.json")
        self.assertEqual(schema_kit.problems([(schema_kit.SCHEMAS / "index.json", index)]), {})
        thousand.run_disturbed(archive, self.out, 6, 0.7)
        self.assertEqual(thousand.differences(self.out, calm), [])

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

    def start_big(self, *options):
        """A run of five cases, of which "big" takes a while."""
        os.makedirs(os.path.join(self.root, "big"))
        with open(os.path.join(self.root, "big/data"), "wb") as f:
            f.truncate(3 << 30)  # sparse: seconds of hashing
        self.small(4)
        p = subprocess.Popen([EXHIBIT, "batch", self.root, "-o", self.out, "-j", "2", *LIMITS,
                              *options], env=FIXED, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True)
        return p

    def disturb(self, sign, *options):
        """Sends a signal to the process of "big" while it works."""
        p = self.start_big(*options)
        os.kill(self.child_of(p.pid), sign)
        out, _ = p.communicate(timeout=120)
        cases = self.cases()
        self.assertEqual(p.returncode, 3, out)
        self.assertEqual(cases["big"]["state"], "failed")
        self.assertEqual(sum(c["state"] == "done" for c in cases.values()), 4)
        self.assertFalse(os.path.exists(os.path.join(self.out, "cases/big")))
        return cases["big"]["reason"]

    def test_a_case_that_crashes(self):
        self.assertIn("signal 6", self.disturb(signal.SIGABRT))

    def test_a_case_that_somebody_killed_is_done_again_once(self):
        p = self.start_big()
        first = self.child_of(p.pid)
        os.kill(first, signal.SIGKILL)
        self.assertEqual((p.communicate(timeout=120), p.returncode)[1], 1)
        self.assertEqual(self.cases()["big"]["state"], "done")

    def test_a_case_that_is_killed_each_time(self):
        p = self.start_big()
        for _ in range(2):
            child = self.child_of(p.pid)
            os.kill(child, signal.SIGKILL)
            while os.path.exists(f"/proc/{child}"):
                time.sleep(0.01)
        p.communicate(timeout=120)
        self.assertEqual(p.returncode, 3)
        self.assertIn("signal 9", self.cases()["big"]["reason"])

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

    def test_more_shards_than_cases(self):
        self.small(2)
        self.assertEqual(batch(self.root, "-o", self.out, "--plan").returncode, 0)
        for part in range(1, 6):
            result = batch(self.root, "-o", self.out, "--shard", f"{part}/5", *LIMITS)
            self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(batch("--merge", "-o", self.out).returncode, 0)
        self.assertEqual({c["state"] for c in self.cases().values()}, {"done"})
        # Other parts of the same plan find what those have done.
        result = batch(self.root, "-o", self.out, "--shard", "1/2", *LIMITS)
        self.assertIn("1 packages: 0 done now, 1 were done before", result.stdout)

    def test_a_damaged_search_index_is_made_again(self):
        self.small(2)
        self.assertEqual(self.run_counts(), (2, 0))
        with open(os.path.join(self.out, "search.db"), "r+b") as f:
            f.write(b"not a database")
        search = [EXHIBIT, "search", self.out, "path:note.txt"]
        self.assertEqual(subprocess.run(search, capture_output=True).returncode, 3)
        self.assertEqual(self.run_counts(), (0, 2))
        self.assertEqual(subprocess.run(search, capture_output=True).returncode, 0)

    def test_merge_of_nothing(self):
        result = batch("--merge", "-o", self.out)
        self.assertEqual(result.returncode, 2)
        self.assertIn("nothing was done", result.stderr)

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
