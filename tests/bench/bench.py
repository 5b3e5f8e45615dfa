"""Runs exhibit and its peers alternately over the same data, and prints ratios.

    tests/bench/bench.py BINARY [--data DIR] [--rounds N] [--megabytes N] [--cases N]

Before anything is timed, both sides must give the same answer. Times are medians of wall
clock with a warm cache; the spread is (slowest - fastest) / median. Memory is the largest
resident set of the run.
"""
import argparse
import hashlib
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import audit_log

TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path[:0] = [TESTS, os.path.join(TESTS, "batch")]
import cases  # noqa: E402
from made_checkpoint import make_dump  # noqa: E402

ROUNDS = 5


def run(command, cwd=None):
    """Seconds and peak KiB of one run; the output is thrown away."""
    begun = time.monotonic()
    child = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return time.monotonic() - begun, usage.ru_maxrss, child.returncode


def compare(title, sides, size, rounds, cwd=None):
    """sides: {name: (command, statuses that are right)}; the first one is exhibit's."""
    times = {name: [] for name in sides}
    peak = dict.fromkeys(sides, 0)
    for _ in range(rounds):
        for name, (command, right) in sides.items():
            seconds, memory, status = run(command, cwd)
            if status not in right:
                sys.exit(f"{title}: {name} ended with status {status}: {command}")
            times[name].append(seconds)
            peak[name] = max(peak[name], memory)
    ours = statistics.median(times[next(iter(sides))])
    print(f"\n{title} ({size / 1e6:.0f} MB)")
    print(f"  {'':24} {'seconds':>8} {'MB/s':>8} {'spread':>7} {'peak MiB':>9}  exhibit is")
    for name, values in times.items():
        middle = statistics.median(values)
        spread = (max(values) - min(values)) / middle
        # A child begins with the memory of this script, so less than that cannot be seen.
        floor = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        memory = f"{'<' if peak[name] <= floor else ''}{peak[name] / 1024:.0f}"
        print(f"  {name:24} {middle:8.3f} {size / 1e6 / middle:8.0f} {spread:6.0%} "
              f"{memory:>9}  {middle / ours:.2f} x")


def make_package(folder, megabytes):
    """Large files and many small ones, under a manifest of sha256sum."""
    generator = random.Random(1)
    block = generator.randbytes(10 << 20)
    os.makedirs(f"{folder}/small")
    for i in range(max(1, megabytes // 10)):
        with open(f"{folder}/large-{i:04d}", "wb") as f:
            f.write(block[i * 997:] + block[:i * 997])
    for i in range(20000):
        with open(f"{folder}/small/{i:05d}", "wb") as f:
            f.write(block[i:i + 500 + i % 3000])
    names = sorted(os.path.relpath(os.path.join(d, f), folder)
                   for d, _, files in os.walk(folder) for f in files)
    with open(f"{folder}/manifest.sha256", "w") as f:
        for name in names:
            with open(f"{folder}/{name}", "rb") as g:
                f.write(f"{hashlib.sha256(g.read()).hexdigest()}  {name}\n")
    return sum(os.path.getsize(f"{folder}/{n}") for n in names)


def have(tool):
    return shutil.which(tool) is not None


def bench_verify(exhibit, folder, size, rounds):
    verdict = json.loads(subprocess.run([exhibit, "verify", "--json", folder],
                                        capture_output=True, check=True).stdout)
    if verdict["verdict"] != "unsealed":
        sys.exit(f"exhibit does not verify the package: {verdict['verdict']}")
    sides = {"exhibit verify": ([exhibit, "verify", folder], {0}),
             "sha256sum -c": (["sha256sum", "-c", "--quiet", "manifest.sha256"], {0})}
    if have("rhash"):
        sides["rhash -c"] = (["rhash", "-c", "--skip-ok", "manifest.sha256"], {0})
    compare("verify a directory: large files and 20,000 small ones", sides, size, rounds, folder)


def bench_archives(exhibit, folder, work, size, rounds):
    for ending, option in (("tar.zst", "--zstd"), ("tar.gz", "-z")):
        archive = f"{work}/package.{ending}"
        subprocess.run(["tar", option, "-cf", archive, "-C", folder, "."], check=True)
        sides = {"exhibit verify": ([exhibit, "verify", archive], {0})}
        if have("bsdtar"):
            sides["bsdtar mtree sha256"] = (
                ["bsdtar", "-cf", "/dev/null", "--format=mtree", "--options=mtree:sha256",
                 f"@{archive}"], {0})
        compare(f"verify the same package as {ending}", sides, size, rounds)
        os.unlink(archive)


def bench_audit(exhibit, work, megabytes, rounds):
    package = f"{work}/case"
    shutil.copytree("corpus/packages/inventory", package)
    size = audit_log.write(f"{package}/audit-cluster.log", megabytes * 1000000)
    out = f"{work}/out"
    sides = {"exhibit analyze": (["sh", "-c", f"rm -rf {out}; {exhibit} analyze --quiet "
                                  f"{package} -o {out}"], {0, 1}),
             "sha256sum": (["sha256sum", f"{package}/audit-cluster.log"], {0})}
    if have("jq"):
        sides["jq, one filter"] = (["jq", "-c", 'select(.verb=="create")',
                                    f"{package}/audit-cluster.log"], {0})
    compare("analyze a case with a large audit log, all built-in rules", sides, size, rounds)


def bench_checkpoint(exhibit, work, megabytes, rounds):
    dump = f"{work}/dump"
    size = make_dump(dump, megabytes)
    pages = [f"{dump}/{n}" for n in sorted(os.listdir(dump)) if n.startswith("pages-")]
    out = f"{work}/out"
    sides = {"exhibit analyze": (["sh", "-c", f"rm -rf {out}; {exhibit} analyze --quiet "
                                  f"{dump} -o {out}"], {0, 1}),
             "openssl dgst -sha256": (["openssl", "dgst", "-sha256", *pages], {0})}
    compare("analyze a checkpoint: all processes, all memory", sides, size, rounds)
    sides = {"exhibit checkpoint search": ([exhibit, "checkpoint", dump, "search",
                                            "NO-SUCH-TEXT-ANYWHERE"], {1}),
             "grep -c -a -F": (["grep", "-c", "-a", "-F", "NO-SUCH-TEXT-ANYWHERE", *pages], {1})}
    compare("search a checkpoint's memory for a text", sides, size, rounds)
    shutil.rmtree(dump)


QUERIES = ("203.0.113.21", "203.0.113.*", "c2.bad.example", "mallory", "registry.example/*",
           "rule:runtime_reverse_shell", "technique:T1059*", "text:reverse shell",
           "digest:e3b0*", "nothing that any case has")


def bench_archive(exhibit, work, count, rounds):
    """Cases a second by batch, and how long a search over them takes."""
    root, out = f"{work}/archive", f"{work}/results"
    cases.make(root, count, extra=False)
    time.sleep(3)  # what changed a moment ago would be hashed again
    begun = time.monotonic()
    run([exhibit, "batch", root, "-o", out, "--quiet"])
    seconds = time.monotonic() - begun
    begun = time.monotonic()
    run([exhibit, "batch", root, "-o", out, "--quiet"])
    print(f"\nbatch over {count} small cases: {seconds:.1f} s, {count / seconds:.0f} cases a "
          f"second; again, with nothing changed: {time.monotonic() - begun:.1f} s")
    size = os.path.getsize(f"{out}/search.db")
    print(f"search over them ({size / 1e6:.0f} MB index), process and all")
    for query in QUERIES:
        times = [run([exhibit, "search", out, query])[0] for _ in range(rounds)]
        print(f"  {query:28} {statistics.median(times) * 1000:6.1f} ms, "
              f"slowest {max(times) * 1000:.1f} ms")
    begun = time.monotonic()
    run(["grep", "-rlF", "--include=timeline.jsonl", QUERIES[0], out])
    print(f"  grep -rlF over the timelines {(time.monotonic() - begun) * 1000:6.1f} ms")


def machine():
    with open("/proc/cpuinfo") as f:
        text = f.read()
    model = next((l.split(":")[1].strip() for l in text.splitlines()
                  if l.startswith("model name")), "unknown")
    flags = next((l for l in text.splitlines() if l.startswith("flags")), "").split()
    wide = [f for f in ("sha_ni", "avx2", "avx512bw") if f in flags]
    print(f"{os.cpu_count()} processors, {model}, {' '.join(wide)}; load "
          f"{os.getloadavg()[0]:.1f}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--data", default=None)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--megabytes", type=int, default=2000)
    parser.add_argument("--audit", type=int, default=1074, help="megabytes of audit log")
    parser.add_argument("--cases", type=int, default=1000)
    options = parser.parse_args()
    exhibit = os.path.abspath(options.binary)
    machine()
    with tempfile.TemporaryDirectory(dir=options.data) as work:
        folder = f"{work}/package"
        size = make_package(folder, options.megabytes)
        bench_verify(exhibit, folder, size, options.rounds)
        bench_archives(exhibit, folder, work, size, options.rounds)
        shutil.rmtree(folder)
        bench_audit(exhibit, work, options.audit, options.rounds)
        bench_archive(exhibit, work, options.cases, options.rounds)
        bench_checkpoint(exhibit, work, options.megabytes, options.rounds)


if __name__ == "__main__":
    main()
