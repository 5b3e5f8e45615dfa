"""Runs exhibit and its peers alternately over the same data, and prints ratios.

    tests/bench/bench.py BUILD [--only NAME]... [--data DIR] [--rounds N] [--megabytes N]

Before anything is timed, both sides must give the same answer. Times are medians of wall
clock with a warm cache; the spread is (slowest - fastest) / median; processor time is
beside them, because it stands when others use the machine too. Memory is the largest
resident set of the run. "wanted" is what exhibit is held to on two quiet cores.
"""
import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import audit_log
import cases_bench
import data


class Run:
    """One run of a command, its output thrown away: wall, processor time, peak KiB."""

    def __init__(self, command, cwd=None):
        begun = time.monotonic()
        child = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        self.status = child.returncode
        self.wall = time.monotonic() - begun
        self.cpu = usage.ru_utime + usage.ru_stime
        self.peak = usage.ru_maxrss


class Side:
    """A command that is compared; `wanted` is how many times as fast exhibit shall be."""

    def __init__(self, name, command, wanted=None, right=(0,)):
        self.name, self.command, self.wanted, self.right = name, command, wanted, right
        self.runs = []

    def run(self, cwd):
        run = Run(self.command, cwd)
        if run.status not in self.right:
            sys.exit(f"{self.name} ended with status {run.status}: {self.command}")
        self.runs.append(run)

    def median(self, what):
        return statistics.median(getattr(r, what) for r in self.runs)


def peak_text(side):
    # A child begins with the memory of this script, so less than that cannot be seen.
    floor = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak = max(r.peak for r in side.runs)
    return f"{'<' if peak <= floor else ''}{peak / 1024:.0f}"


def compare(title, sides, size, rounds, cwd=None):
    """The first side is exhibit's."""
    for _ in range(rounds):
        for side in sides:
            side.run(cwd)
    ours = sides[0].median("wall")
    print(f"\n{title} ({size / 1e6:.0f} MB)")
    print(f"  {'':26} {'seconds':>8} {'cpu s':>7} {'MB/s':>7} {'spread':>7} {'MiB':>6}"
          "  exhibit is")
    for side in sides:
        walls = [r.wall for r in side.runs]
        middle = side.median("wall")
        wanted = f"  (wanted {side.wanted})" if side.wanted else ""
        print(f"  {side.name:26} {middle:8.3f} {side.median('cpu'):7.2f} "
              f"{size / 1e6 / middle:7.0f} {(max(walls) - min(walls)) / middle:6.0%} "
              f"{peak_text(side):>6}  {middle / ours:.2f} x{wanted}", flush=True)
    return ours


def have(tool):
    return shutil.which(tool) is not None


def answer(command, **options):
    try:
        return subprocess.run(command, capture_output=True, check=True, **options).stdout
    except FileNotFoundError:
        sys.exit(f"{command[0]} is not there: make it by name")


class Bench:
    def __init__(self, build, work, options):
        self.exhibit = os.path.abspath(f"{build}/exhibit")
        self.limits = os.path.abspath(f"{build}/bench/limits")
        self.work, self.options = work, options
        self.folder = f"{work}/package"
        self.size = data.make_package(self.folder, options.megabytes, 20000)
        # The data are of no incident: no artefact is missing.
        self.command = [self.exhibit, "verify", "--policy", data.make_policy(work)]

    def verify(self, *arguments, wanted=None, right=(0,), name="exhibit verify"):
        return Side(name, [*self.command, *arguments], wanted, right)

    def small(self):
        """Files per second, where opening costs more than hashing."""
        folder = f"{self.work}/small"
        shutil.copytree(f"{self.folder}/small", folder)
        size = data.write_manifest(folder)
        sides = [self.verify(folder),
                 Side("sha256sum -c", ["sha256sum", "-c", "--quiet", "manifest.sha256"])]
        ours = compare("verify 20,000 small files", sides, size, self.options.rounds, folder)
        print(f"  {20000 / ours:.0f} files per second (wanted 180000)")

    def directory(self):
        verdict = json.loads(answer([*self.command, "--json", self.folder]))
        with open(f"{self.folder}/manifest.sha256", encoding="utf-8") as f:
            lines = dict(reversed(l.rstrip("\n").split("  ", 1)) for l in f)
        got = {i["path"]: i["sha256"] for i in verdict["items"] if i["claims"]}
        if verdict["verdict"] != "unsealed" or got != lines:
            sys.exit("exhibit does not say what the manifest says")
        # In an order of chance, or one process would get all the large files.
        names = "\0".join(data.random.Random(5).sample(sorted(lines), len(lines)))
        with open(f"{self.work}/names", "w", encoding="utf-8") as f:
            f.write(names)
        openssl = (f"xargs -0 -a {self.work}/names -P {os.cpu_count()} -n 1000 "
                   "openssl dgst -sha256 -r")
        # One process here: the lines of two would get mixed in the pipe.
        digests = answer(["sh", "-c", openssl.replace(f"-P {os.cpu_count()}", "-P 1")],
                         cwd=self.folder, text=True)
        if sorted(l.split(" *")[0] for l in digests.splitlines()) != sorted(lines.values()):
            sys.exit("openssl does not say what the manifest says")
        sides = [self.verify(self.folder),
                 Side("sha256sum -c", ["sha256sum", "-c", "--quiet", "manifest.sha256"], 15)]
        if have("rhash"):
            sides.append(Side("rhash -c", ["rhash", "-c", "--skip-ok", "manifest.sha256"], 3.5))
        sides.append(Side("openssl, all cores", ["sh", "-c", openssl], 1.8))
        if have("hashdeep"):
            with open(f"{self.work}/known", "wb") as f:
                f.write(answer(["hashdeep", "-c", "sha256", "-r", "-l", "."], cwd=self.folder))
            sides.append(Side("hashdeep -a", ["hashdeep", "-c", "sha256", "-r", "-l", "-a",
                                              "-k", f"{self.work}/known", "."]))
        compare("verify a directory: large files and 20,000 small ones", sides, self.size,
                self.options.rounds, self.folder)

    def same_members(self, archive):
        """Every digest that bsdtar computes is the one that exhibit computes."""
        items = json.loads(answer([self.exhibit, "list", "--all", "--json", archive]))["items"]
        ours = {i["path"].split("//", 1)[-1]: i["sha256"] for i in items}
        tree = answer(["bsdtar", "-cf", "-", "--format=mtree", "--options=mtree:sha256",
                       f"@{archive}"], text=True)
        theirs = [l.split() for l in tree.splitlines() if "sha256digest=" in l]
        for name, *words in theirs:
            (digest,) = [w[13:] for w in words if w.startswith("sha256digest=")]
            if ours.get(os.path.normpath(name)) != digest:
                sys.exit(f"exhibit and bsdtar do not agree on {name}")
        if len(theirs) < 20000:
            sys.exit(f"bsdtar sees only {len(theirs)} files in {archive}")

    def archives(self):
        kinds = (("tar.zst", "zstd -q -3 -T0", 1300), ("tar.gz", "pigz -6", 620),
                 ("tar.zst of frames (pzstd)", "pzstd -q -3", None))
        for title, compressor, wanted in kinds:
            if not have(compressor.split()[0]):
                continue
            archive = f"{self.work}/{title.split()[0]}"
            subprocess.run(["sh", "-c", f"tar -C {self.folder} -cf - . | {compressor} -c "
                            f"> {archive}"], check=True)
            sides = [self.verify(archive)]
            if have("bsdtar"):
                self.same_members(archive)
                sides.append(Side("bsdtar mtree sha256", [
                    "bsdtar", "-cf", "/dev/null", "--format=mtree", "--options=mtree:sha256",
                    f"@{archive}"], 2.5))
            ours = compare(f"verify the same as {title}", sides, self.size, self.options.rounds)
            if wanted:
                print(f"  {self.size / 1e6 / ours:.0f} MB/s (wanted {wanted})")
            os.unlink(archive)

    def threads(self):
        archive = f"{self.work}/threads.tar.zst"
        subprocess.run(["tar", "--zstd", "-cf", archive, "-C", self.folder, "."], check=True)
        for title, package in (("directory", self.folder), ("tar.zst", archive)):
            sides = [self.verify(package, name="all cores"),
                     self.verify("--threads", "1", package, name="one thread",
                                 wanted=1.8 if os.cpu_count() == 2 else None)]
            compare(f"verify a {title} with more cores", sides, self.size, self.options.rounds)
        os.unlink(archive)

    def analyze(self):
        case = f"{self.work}/case"
        size = data.make_case(case, 2 * self.options.megabytes)
        sides = [self.analyzing(case),
                 self.verify(case, right=(0, 1)),
                 Side("sha256sum -c", ["sha256sum", "-c", "--quiet", "manifest.sha256"])]
        ours = compare("analyze a case: audit log, checkpoint, layer, image", sides, size,
                       self.options.rounds, case)
        print(f"  {ours / sides[1].median('wall'):.2f} times the time of verify "
              f"(wanted: 1.5), {ours / sides[2].median('wall'):.2f} of sha256sum's (wanted: 1)")
        shutil.rmtree(case)

    def analyzing(self, package):
        out = f"{self.work}/out"
        return Side("exhibit analyze", ["sh", "-c", f"rm -rf {out}; {self.exhibit} analyze "
                                        f"--quiet {package} -o {out}"], right=(0, 1))

    def found(self):
        """What the last analysis says of the cluster."""
        with open(f"{self.work}/out/findings.json", encoding="utf-8") as f:
            return {(x["rule"], x["subject"]) for x in json.load(f)["findings"]
                    if x["rule"].startswith("kube.")}

    def audit(self):
        case = f"{self.work}/audit"
        log = f"{case}/audit-cluster.log"
        shutil.copytree(data.CASE, case)
        without = self.analyzing(case)
        for _ in range(self.options.rounds):
            without.run(None)
        found = self.found()
        size = audit_log.write(log, self.options.megabytes * 1000000 // 2)
        sides = [self.analyzing(case), Side("sha256sum", ["sha256sum", log])]
        if have("jq"):
            sides.append(Side("jq, one filter", ["jq", "-c", 'select(.verb=="create")', log]))
        ours = compare("analyze a case with a large audit log, all built-in rules", sides, size,
                       self.options.rounds)
        if found - self.found():
            sys.exit(f"behind the large log these are not found: {found - self.found()}")
        rest = without.median("wall")
        print(f"  {size / 1e6 / (ours - rest):.0f} MB/s of the log itself (wanted 500): the case "
              f"without it takes {rest:.2f} s", flush=True)
        shutil.rmtree(case)

    def checkpoint(self):
        dump = f"{self.work}/dump"
        size = data.make_dump(dump, self.options.megabytes)
        pages = [f"{dump}/{n}" for n in sorted(os.listdir(dump)) if n.startswith("pages-")]
        compare("analyze a checkpoint: all processes, all memory", [
            self.analyzing(dump), Side("openssl dgst -sha256", ["openssl", "dgst", "-sha256",
                                                                *pages])],
                size, self.options.rounds)
        text = "NO-SUCH-TEXT-ANYWHERE"
        compare("search a checkpoint's memory for a text", [
            Side("exhibit checkpoint search", [self.exhibit, "checkpoint", dump, "search", text],
                 right=(1,)),
            Side("grep -c -a -F", ["grep", "-c", "-a", "-F", text, *pages], right=(1,))],
                size, self.options.rounds)
        shutil.rmtree(dump)

    def layers(self):
        """A base image in gzip layers against a layer of 5,000 changes, all digests computed;
        then with an index of the base."""
        base, layer = f"{self.work}/base", f"{self.work}/layer.tar"
        # In a process of its own: what a child takes cannot be seen below what this one has.
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "made_image.py")
        size = int(answer([sys.executable, script, self.work, str(self.options.megabytes // 2),
                           "5000"]))
        diff = [self.exhibit, "diff", "--no-contents", base, layer]
        layers = json.loads(answer([*diff, "--json"]))["base"]["layers"]
        if {l[c] for l in layers for c in ("digest_check", "diff_id_check")} != {"verified"}:
            sys.exit("exhibit diff does not verify the image that was made")
        blobs = [f"{base}/blobs/sha256/{l['digest'][7:]}" for l in layers]
        limit = os.path.join(os.path.dirname(self.limits), "image_limit")
        compare("diff: an image in gzip layers, a layer of 5,000 changes",
                [Side("exhibit diff", diff),
                 Side("ISA-L and OpenSSL alone", [limit, *blobs], wanted=0.8)],
                size, self.options.rounds)
        known = [*diff, "--index", f"{self.work}/index"]
        answer(known)
        ours = compare("the same, the base known from an index",
                       [Side("exhibit diff --index", known), Side("exhibit diff", diff)],
                       size, self.options.rounds)
        print(f"  {ours:.2f} s (wanted 0.6)")
        shutil.rmtree(base)

    def cases(self):
        cases_bench.measure(self.exhibit, self.work, self.options.cases, self.options.rounds, Run)

    def growth(self):
        """Memory stays, time grows with the package."""
        archive, times = f"{self.work}/growing.tar.zst", []
        for gigabytes in (1, 10):
            size = data.make_growing(archive, gigabytes)
            side = self.verify(archive, right=(0, 1))
            times.append(compare(f"verify a tar.zst of {gigabytes} GiB", [side], size,
                                 self.options.rounds))
        print(f"  {times[1] / times[0]:.1f} times the time for 10 times the bytes")
        size = data.make_many(archive[:-4], 1000000)
        compare("verify a tar of a million files (wanted: under 256 MiB)",
                [self.verify(archive[:-4], right=(0, 1))], size, 1)
        os.unlink(archive)
        os.unlink(archive[:-4])

    def cold(self):
        """From the disk: everything else in this table is read from the page cache."""
        sides = [self.verify(self.folder),
                 Side("sha256sum -c", ["sha256sum", "-c", "--quiet", "manifest.sha256"])]
        os.sync()
        for side in sides:
            try:
                with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as f:
                    f.write("3")
            except OSError:
                print("\ncold: only root may empty the page cache")
                return
            side.run(self.folder)
        compare("verify a directory, cold", sides, self.size, 0)

    def machine(self):
        sample = f"{self.work}/sample"
        generator = data.random.Random(4)
        with open(sample, "wb") as f:
            f.write(data.audit_text(generator, 8 << 20) + data.memory(generator, 8 << 20))
        subprocess.run(["gzip", "-k", "-6", sample], check=True)
        subprocess.run(["zstd", "-q", "-3", sample], check=True)
        print("\none core of this machine, GB/s")
        for line in answer([self.limits, sample, f"{sample}.gz", f"{sample}.zst"],
                           text=True).splitlines():
            name, rate = line.split("\t")
            print(f"  {name:40} {rate:>6}")
        for tool in ("gzip", "pigz", "igzip", "zstd"):
            packed = f"{sample}.zst" if tool == "zstd" else f"{sample}.gz"
            if have(tool):
                run = Run([tool, "-dc", packed])
                print(f"  {tool + ' -dc':40} {(16 << 20) / run.cpu / 1e9:6.2f}")


def describe_machine():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        text = f.read()
    model = next((l.split(":")[1].strip() for l in text.splitlines()
                  if l.startswith("model name")), "unknown")
    flags = next((l for l in text.splitlines() if l.startswith("flags")), "").split()
    wide = [f for f in ("sha_ni", "avx2", "avx512bw") if f in flags]
    print(f"{os.cpu_count()} processors, {model}, {' '.join(wide)}; load "
          f"{os.getloadavg()[0]:.1f}")


def main():
    names = ("machine", "directory", "small", "archives", "threads", "analyze", "audit",
             "checkpoint", "layers", "cases", "growth", "cold")
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--only", action="append", choices=names)
    parser.add_argument("--data", default=None)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--megabytes", type=int, default=2000)
    parser.add_argument("--cases", type=int, default=1000)
    options = parser.parse_args()
    describe_machine()
    if options.data:
        os.makedirs(options.data, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.data) as work:
        bench = Bench(options.build, work, options)
        for name in options.only or names:
            getattr(bench, name)()


if __name__ == "__main__":
    main()
