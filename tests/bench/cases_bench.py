"""Cases a second by batch, and how long a search over them takes."""
import os
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "batch"))
import cases  # noqa: E402

QUERIES = ("203.0.113.21", "203.0.113.*", "c2.bad.example", "mallory", "registry.example/*",
           "rule:runtime_reverse_shell", "technique:T1059*", "text:reverse shell",
           "digest:e3b0*", "nothing that any case has")


def measure(exhibit, work, count, rounds, run):
    """`run` runs a command and has its `wall` time."""
    root, out = f"{work}/archive", f"{work}/results"
    cases.make(root, count, extra=False)
    time.sleep(3)  # what changed a moment ago would be hashed again
    batch = [exhibit, "batch", root, "-o", out, "--quiet"]
    first, again = run(batch).wall, run(batch).wall
    print(f"\nbatch over {count} small cases: {first:.1f} s, {count / first:.0f} cases a "
          f"second; again, with nothing changed: {again:.1f} s")
    size = os.path.getsize(f"{out}/search.db")
    print(f"search over them ({size / 1e6:.0f} MB index), process and all")
    for query in QUERIES:
        times = [run([exhibit, "search", out, query]).wall for _ in range(rounds)]
        print(f"  {query:28} {statistics.median(times) * 1000:6.1f} ms, "
              f"slowest {max(times) * 1000:.1f} ms")
    grep = run(["grep", "-rlF", "--include=timeline.jsonl", QUERIES[0], out])
    print(f"  grep -rlF over the timelines {grep.wall * 1000:6.1f} ms")
