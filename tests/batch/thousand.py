#!/usr/bin/env python3
"""Many cases by exhibit batch, killed at random moments and resumed, against a run that
nobody disturbed:

    tests/batch/thousand.py BINARY [COUNT [KILLS]]      (1,000 and 10)

One case crashes, one hangs, one eats memory, one is a bomb, every ninth is damaged. The
results must be equal byte for byte, nothing may be done twice, nothing be lost. Prints how
busy the processes were. tests/cli/test_batch.py does the same with fewer cases.
"""
import contextlib
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

import cases


def build_misbehaviour(folder):
    """tests/batch/misbehave.c as a library; what LD_PRELOAD is to be."""
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "misbehave.c")
    library = os.path.join(folder, "misbehave.so")
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", library, source], check=True)
    return library


class Archive:
    """An archive of cases and the way to run batch over it."""

    def __init__(self, exhibit, folder, count, time_limit=20):
        self.exhibit, self.folder = os.path.abspath(exhibit), folder
        self.root = os.path.join(folder, "root")
        cases.make(self.root, count)
        self.options = ["--time-limit", str(time_limit), "--memory-limit", "512M", "--quiet"]
        self.environment = dict(os.environ, SOURCE_DATE_EPOCH="1795430000",
                                LD_PRELOAD=build_misbehaviour(folder))

    def start(self, out):
        return subprocess.Popen([self.exhibit, "batch", self.root, "-o", out, *self.options],
                                env=self.environment, stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, text=True, start_new_session=True)


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as f:
            return [int(child) for child in f.read().split()]
    except OSError:
        return []


def kill_all(process):
    """Batch and all that it started, as the end of power would."""
    group = children(process.pid)
    os.killpg(process.pid, signal.SIGKILL)
    for child in group:
        try:
            os.kill(child, signal.SIGKILL)
        except ProcessLookupError:
            pass
    process.wait()
    process.stderr.close()


def done_cases(out):
    """{path: inode of its outputs}: another inode is another time that it was done."""
    journal = os.path.join(out, "journal.db")
    if not os.path.exists(journal):
        return {}
    with contextlib.closing(sqlite3.connect(journal)) as db:
        try:
            rows = db.execute("SELECT path FROM work WHERE state = 1").fetchall()
        except sqlite3.OperationalError:  # killed before the table was made
            return {}
    return {path: os.stat(os.path.join(out, "cases", path)).st_ino for path, in rows}


def run_disturbed(archive, out, kills, longest, seed=8):
    """Kills some runs and lets the last one come to its end."""
    dice = random.Random(seed)
    done = {}
    for _ in range(kills):
        process = archive.start(out)
        try:
            process.wait(dice.uniform(0.05, longest))
            process.stderr.close()
        except subprocess.TimeoutExpired:
            kill_all(process)
        now = done_cases(out)
        lost = [path for path in done if now.get(path) != done[path]]
        if lost:
            raise AssertionError(f"lost or done twice: {lost}")
        done = now
    process = archive.start(out)
    said = process.communicate()[1]
    if process.returncode != 3:  # for the three that cannot be done
        raise AssertionError(f"the last run ended with {process.returncode}: {said}")
    now = done_cases(out)
    twice = [path for path in done if now.get(path) != done[path]]
    if twice:
        raise AssertionError(f"done twice: {twice}")


def database(path):
    """What a case file says, in an order that does not depend on how it was written."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return hashlib.sha256("\n".join(db.iterdump()).encode()).hexdigest()


def search_index(path):
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        terms = db.execute("SELECT name, kind, value, times, flagged, what, time, item, offset, "
                           "length FROM term JOIN source ON source.id = term.source "
                           "JOIN place ON place.id = term.place").fetchall()
        words = db.execute("SELECT name, item, offset, length, text FROM words JOIN place "
                           "ON place.id = words.rowid JOIN source ON source.id = place.source")
        return sorted(map(repr, terms)), sorted(map(repr, words))


def results(out):
    found = {}
    for folder, _, names in os.walk(out):
        for name in names:
            path = os.path.join(folder, name)
            key = os.path.relpath(path, out)
            if name == "case.db":
                found[key] = database(path)
            elif name == "search.db":
                found[key] = search_index(path)
            elif not name.startswith("journal.db"):
                with open(path, "rb") as f:
                    found[key] = hashlib.sha256(f.read()).hexdigest()
    return found


def differences(out, other):
    ours, theirs = results(out), results(other)
    return sorted(k for k in ours.keys() | theirs.keys() if ours.get(k) != theirs.get(k))


def wrong_outcomes(out):
    """Cases whose outcome is not what was done to them."""
    right = {"changed": "failed", "truncated": "failed", "emptied": "failed",
             "missing": "incomplete", "unlisted": "incomplete", "renamed": "incomplete"}
    reasons = {"bad/crash": "crashed with signal 11", "bad/hang": "stopped at the time limit",
               "bad/hungry": "at its memory limit"}
    wrong = []
    with open(os.path.join(out, "index.json")) as f:
        index = json.load(f)["cases"]
    for case in index:
        how = case["path"].split(".")[0].rsplit("-", 1)[-1]
        if case["path"] in reasons:
            good = case["state"] == "failed" and reasons[case["path"]] in case["reason"]
        else:
            good = case["state"] == "done" and right.get(how, "incomplete") == case["verdict"]
        if not good:
            wrong.append(case)
    with open(os.path.join(out, "cases/bad/bomb/verdict.json")) as f:
        if not any(finding["id"] == "integrity.limit" for finding in json.load(f)["findings"]):
            wrong.append("the bomb is not reported")
    return wrong


class Watch(threading.Thread):
    """Of two processors: how many had a process of batch to run, sampled."""

    def __init__(self, pid, jobs):
        super().__init__()
        self.pid, self.jobs, self.samples, self.ended = pid, jobs, [], False
        self.start()

    def run(self):
        while not self.ended:
            self.samples.append(min(len(children(self.pid)), self.jobs))
            time.sleep(0.01)

    def busy(self):
        self.ended = True
        self.join()
        return sum(self.samples) / max(1, len(self.samples)) / self.jobs


def measure(archive, out):
    jobs = len(os.sched_getaffinity(0))
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    process = archive.start(out)
    watch = Watch(process.pid, jobs)
    process.communicate()
    seconds, busy = time.monotonic() - begun, watch.busy()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"undisturbed: {seconds:.1f} s, {cpu:.1f} s of processor time, "
          f"{cpu / seconds / jobs:.0%} of {jobs} processors; "
          f"their places for cases were taken {busy:.0%} of the time (load "
          f"{os.getloadavg()[0]:.1f})", flush=True)
    return seconds


def main():
    exhibit = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    kills = int(sys.argv[3]) if len(sys.argv) > 3 else 10
    with tempfile.TemporaryDirectory() as folder:
        archive = Archive(exhibit, folder, count)
        calm, out = os.path.join(folder, "calm"), os.path.join(folder, "out")
        seconds = measure(archive, calm)
        wrong = wrong_outcomes(calm)
        begun = time.monotonic()
        run_disturbed(archive, out, kills, seconds / kills)
        print(f"killed {kills} times: {time.monotonic() - begun:.1f} s in all", flush=True)
        different = differences(out, calm)
        print(f"{count} cases: {len(wrong)} wrong outcomes, {len(different)} of "
              f"{len(results(calm))} outputs differ between the two runs")
        for what in wrong[:5] + different[:5]:
            print("  ", what)
        return 1 if wrong or different else 0


if __name__ == "__main__":
    sys.exit(main())
