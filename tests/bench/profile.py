"""Where the time goes, by stage: tests/bench/profile.py BUILD [--data DIR] [--megabytes N]

perf(1) samples exhibit over the data of the benchmarks; every sample counts for the stage
that its function belongs to. What no stage claims is listed by name.
"""
import argparse
import collections
import os
import re
import subprocess
import sys
import tempfile

import data

# Library or function (regular expressions), first match counts.
STAGES = (
    ("hash", r"exhibit", r"compress_|sha256_|fill_part|refill"),
    ("hash", r"libcrypto", r""),
    ("decompress", r"libzstd|libisal|libz\.|liblzma|libbz2|liblz4", r""),
    ("walk archives", r"libarchive", r""),
    ("parse JSON", r"libsimdjson|libjansson", r""),
    ("parse YAML", r"libyaml", r""),
    ("case file", r"libsqlite3", r""),
    ("match patterns", r"libpcre2|libyara", r""),
    ("file types", r"libmagic", r""),
    ("read files", r"kernel", r"copy_to_iter|filemap|read|folio|page_cache"),
    ("open and list files", r"kernel", r"open|lookup|dentry|path|inode|stat|getdents|xattr|close"),
    ("memory of the process", r"kernel", r"fault|clear_page|mmap|munmap|zap_|charge|pmd|pte"),
    ("wait and switch threads", r"kernel", r"futex|sched|wake|switch|spin_unlock_irqrestore"),
    ("other system time", r"kernel", r""),
    ("copy and search bytes", r"exhibit", r"bytes_find|find_in_"),
    ("copy and search bytes", r"libc\.", r"mem(move|cpy|set|mem|chr|cmp)|str"),
    ("allocate", r"libc\.", r"alloc|free"),
)


def stage_of(library, function):
    return next((s for s, l, f in STAGES if re.search(l, library) and re.search(f, function)),
                None)


def profile(title, command, work, right):
    samples = f"{work}/perf.data"
    status = subprocess.run(["perf", "record", "-q", "-F", "3000", "-o", samples, *command],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                            check=False).returncode
    if status not in right:
        sys.exit(f"{title}: status {status}")
    text = subprocess.run(["perf", "report", "-i", samples, "--stdio", "--no-children", "-q",
                           "--sort", "dso,sym"], capture_output=True, text=True,
                          check=True).stdout
    stages, rest = collections.Counter(), collections.Counter()
    for line in text.splitlines():
        found = re.match(r"\s*([\d.]+)%\s+(\S+)\s+\[.\]\s+(.*\S)", line)
        if not found:
            continue
        share, library, function = float(found[1]), found[2], found[3]
        stage = stage_of(library, function)
        stages[stage or "exhibit's own and the rest"] += share
        if not stage:
            rest[function] += share
    print(f"\n{title}")
    for stage, share in stages.most_common():
        print(f"  {share:5.1f} %  {stage}")
    print("         of the rest: " + ", ".join(f"{f} {s:.1f} %" for f, s in rest.most_common(8)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--data", default=None)
    parser.add_argument("--megabytes", type=int, default=500)
    options = parser.parse_args()
    exhibit = os.path.abspath(f"{options.build}/exhibit")
    with tempfile.TemporaryDirectory(dir=options.data) as work:
        folder, case = f"{work}/package", f"{work}/case"
        data.make_package(folder, options.megabytes, 20000)
        data.make_case(case, options.megabytes)
        verify = [exhibit, "verify", "--policy", data.make_policy(work)]
        profile("verify a directory", [*verify, folder], work, (0,))
        for ending, compressor in (("tar.zst", "zstd -q -3 -T0"), ("tar.gz", "gzip -6")):
            archive = f"{work}/package.{ending}"
            subprocess.run(["sh", "-c", f"tar -C {folder} -cf - . | {compressor} > {archive}"],
                           check=True)
            profile(f"verify a {ending}", [*verify, archive], work, (0,))
        profile("analyze a case", [exhibit, "analyze", "--quiet", case, "-o", f"{work}/out"],
                work, (0, 1))


if __name__ == "__main__":
    main()
