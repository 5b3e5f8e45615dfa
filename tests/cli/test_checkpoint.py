"""exhibit checkpoint: against what /proc, podman and gdb say, and on broken dumps."""
import hashlib
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import tempfile
import unittest

from made_checkpoint import image, message

EXHIBIT = os.environ["EXHIBIT"]
PACKAGE = "corpus/packages/inventory"
LAYER = PACKAGE + "/inventory-api-6d4cf56db6-9wq7m-layer.tar"
HOST = "corpus/checkpoints/criu-host.tar.zst"
TRUTH = json.loads(pathlib.Path("corpus/checkpoints/criu-host.truth.json").read_text())


def run(*arguments, status=0):
    r = subprocess.run(
        [EXHIBIT, "checkpoint", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert r.returncode == status, (arguments, r.returncode, r.stderr)
    return r.stdout


def processes(path, *more):
    return {p["pid"]: p for p in json.loads(run(path, "ps", "--json", *more))["processes"]}


def findings(path):
    return json.loads(run(path, "findings", "--json"))


def ids(path):
    return {f["id"] for f in findings(path)}


class Inventory(unittest.TestCase):
    def test_tree_equals_podman_top(self):
        lines = pathlib.Path("corpus/packages/inventory.top.txt").read_text().splitlines()[1:]
        want = {tuple(re.split(r"\s+", l.strip(), maxsplit=3))[:2] + (re.split(r"\s+", l.strip(), maxsplit=3)[3],) for l in lines}
        have = {(str(p["pid"]), str(p["ppid"]), p["command"]) for p in processes(PACKAGE).values()}
        self.assertEqual(have, want)

    def test_hidden_executables(self):
        tar = subprocess.run(
            ["tar", "xOf", LAYER, "--wildcards", "*usr/bin/dbus-helper"], stdout=subprocess.PIPE
        )
        dropper = hashlib.sha256(tar.stdout).hexdigest()
        all = processes(PACKAGE)
        self.assertEqual(all[14]["exe"]["path"], "/tmp/.cache-x")
        self.assertTrue(all[14]["exe"]["deleted"])
        self.assertEqual(all[14]["exe"]["content"]["sha256"], dropper)
        self.assertTrue(all[19]["exe"]["memfd"])
        self.assertEqual(all[19]["exe"]["sha256"], dropper)
        self.assertFalse(all[1]["exe"]["deleted"] or all[1]["exe"]["memfd"])
        memfd = run(PACKAGE, "extract", "memfd:kworker")
        self.assertEqual(hashlib.sha256(memfd).hexdigest(), dropper)

    def test_deleted_file(self):
        self.assertEqual(run(PACKAGE, "extract", "/tmp/.loot"), b"LOOT-MARKER-card-4000-0000\n")

    def test_attack_is_found_and_nothing_else_is_blamed(self):
        by_process = {(f["id"], f["subject"].split()[1]) for f in findings(PACKAGE) if f["subject"].startswith("pid ")}
        for want in [("process.exe-deleted", "14"), ("process.exe-memfd", "19"),
                     ("process.kernel-thread-name", "19"), ("process.shell-on-socket", "7"),
                     ("process.writable-executable-memory", "14"), ("process.open-deleted-file", "7")]:
            self.assertIn(want, by_process)
        self.assertFalse([x for x in by_process if x[1] == "1" and x[0].startswith("process.exe")])
        # CRIU's habits are no findings: the page of its parasite, and a whole dump agrees.
        self.assertFalse([x for x in ids(PACKAGE) if x.startswith("checkpoint.")])
        self.assertNotIn("process.code-modified", ids(PACKAGE))

    def test_secrets_are_masked_unless_revealed(self):
        for what in (["env"], ["env", "--json"], ["ps", "--json"], ["search", "VAULT_TOKEN"], ["info"]):
            self.assertNotIn(b"hunter2", run(PACKAGE, *what), what)
        self.assertIn(b"hunter2-lab", run(PACKAGE, "env", "--reveal"))

    def test_sockets(self):
        s = json.loads(run(PACKAGE, "sockets", "--json"))
        shell = [x for x in s if x.get("remote", {}).get("port") == 4444]
        self.assertEqual(shell[0]["state"], "established")
        self.assertEqual({(o["pid"], o["fd"]) for o in shell[0]["owners"]}, {(7, 0), (7, 1)})
        self.assertEqual({x["local"]["port"] for x in s if x["state"] == "listen"}, {8080})

    def test_core_shows_the_marker_at_its_address(self):
        hit = json.loads(run(PACKAGE, "search", "exec 9>/tmp/.loot", "--json").splitlines()[0])
        with tempfile.TemporaryDirectory() as there:
            core = os.path.join(there, "core")
            run(PACKAGE, "core", "--pid", str(hit["pid"]), "-o", core)
            gdb = subprocess.run(["gdb", "-nx", "-batch", "-c", core, "-ex", "x/s " + hit["address"],
                                  "-ex", "info threads"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            self.assertIn(b"exec 9>/tmp/.loot; echo LOOT-MARKER-card-4000-0000", gdb.stdout)
            self.assertIn(b"LWP 7", gdb.stdout)


class Host(unittest.TestCase):
    """A process of our own, compared with what its /proc showed when it was dumped."""

    def test_argv_environment_threads(self):
        p = processes(HOST, "--reveal")[TRUTH["pid"]]
        self.assertEqual(p["argv"], TRUTH["cmdline"])
        have = [e["name"] + ("" if e["value"] is None else "=" + e["value"]) for e in p["environment"]]
        self.assertEqual(have, TRUTH["environ"])
        self.assertEqual(sorted(t["tid"] for t in p["threads"]), TRUTH["tids"])

    def test_zombie(self):
        z = processes(HOST)[TRUTH["zombie"]]
        self.assertEqual((z["state"], z["exit_status"], z["argv"]), ("dead", TRUTH["zombie_exit"], []))

    def test_contents(self):
        for name, key in (("memfd:payload", "memfd_sha256"), ("/srv/victim/ghost.bin", "ghost_sha256")):
            self.assertEqual(hashlib.sha256(run(HOST, "extract", name)).hexdigest(), TRUTH[key], name)
        p = processes(HOST)[TRUTH["pid"]]
        unread = [f["file"]["unread"]["text"] for f in p["files"] if f["file"].get("unread")]
        self.assertIn(TRUTH["unread"]["pipe"], unread)
        self.assertIn(TRUTH["unread"]["fifo"], unread)
        queues = [[m["text"] for m in s["queue"]] for s in p["sockets"] if s.get("queue")]
        self.assertEqual(queues, [TRUTH["unread"]["datagrams"]])

    def test_search_finds_what_memory_held_at_its_address(self):
        for marker in ("BORDER-MARKER-ACROSS-PAGES", "THREAD-MARKER-0"):
            hits = [json.loads(l) for l in run(HOST, "search", marker, "--json").splitlines()]
            for address, _ in TRUTH["markers"][marker]:
                self.assertIn(address, {h["address"] for h in hits}, marker)
        shared = json.loads(run(HOST, "search", "SHARED-MARKER-5000", "--json").splitlines()[0])
        self.assertEqual(shared["address"], hex(5000))  # once, in the object itself
        self.assertTrue(run(HOST, "search", "re:UTF8-M..rker"))
        self.assertTrue(run(HOST, "search", "hex:424f52444552 2d4d41524b4552"))
        run(HOST, "search", "NOT-IN-THERE-AT-ALL-%d" % os.getpid(), status=1)

    def test_strings(self):
        out = run(HOST, "strings", "--json")
        kinds = {json.loads(l)["text"]: json.loads(l)["encoding"] for l in out.splitlines()}
        self.assertEqual(kinds["BORDER-MARKER-ACROSS-PAGES"], "ascii")
        self.assertEqual(kinds["UTF8-M\u00e4rker-\u20ac"], "utf-8")
        self.assertTrue([k for k, v in kinds.items() if v == "utf-16le"])

    def test_spans_cite_the_bytes(self):
        hit = json.loads(run(HOST, "search", "THREAD-MARKER-0", "--json").splitlines()[0])
        s = hit["span"]
        shown = subprocess.run([EXHIBIT, "show", "--raw", HOST, "%d@%d+%d" % (s["item"], s["offset"], s["length"])],
                               stdout=subprocess.PIPE).stdout
        self.assertEqual(shown, b"THREAD-MARKER-0")

    def test_core_has_all_threads(self):
        with tempfile.TemporaryDirectory() as there:
            core = os.path.join(there, "core")
            run(HOST, "core", "--pid", str(TRUTH["pid"]), "-o", core)
            address = TRUTH["markers"]["BORDER-MARKER-ACROSS-PAGES"][0][0]
            gdb = subprocess.run(["gdb", "-nx", "-batch", "-c", core, "-ex", "info threads", "-ex", "x/s " + address,
                                  "-ex", "info auxv", "-ex", "info proc mappings"],
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.decode()
            for tid in TRUTH["tids"]:
                self.assertIn("LWP %d" % tid, gdb)
            self.assertIn("BORDER-MARKER-ACROSS-PAGES", gdb)
            self.assertIn("AT_ENTRY", gdb)
            self.assertIn("/srv/victim/victim", gdb)

    def test_core_through_a_pipe_is_the_same(self):
        with tempfile.TemporaryDirectory() as there:
            core = os.path.join(there, "core")
            run(HOST, "core", "--pid", str(TRUTH["pid"]), "-o", core)
            self.assertEqual(pathlib.Path(core).read_bytes(), run(HOST, "core", "--pid", str(TRUTH["pid"])))

    def test_yara(self):
        with tempfile.TemporaryDirectory() as there:
            rules = os.path.join(there, "r.yar")
            pathlib.Path(rules).write_text('rule marker { strings: $a = "BORDER-MARKER" condition: $a }')
            hits = [json.loads(l) for l in run(HOST, "search", "--yara", rules, "--json").splitlines()]
            self.assertEqual({h["rule"] for h in hits}, {"marker"})
            pathlib.Path(rules).write_text("rule broken {")
            run(HOST, "search", "--yara", rules, status=2)


class Broken(unittest.TestCase):
    """One thing at a time is broken: it is told, and the rest is still shown."""

    def setUp(self):
        self.there = tempfile.TemporaryDirectory()
        subprocess.run(["tar", "xf", HOST, "-C", self.there.name], check=True)
        self.images = os.path.join(self.there.name, "images")
        self.pid = TRUTH["pid"]

    def tearDown(self):
        self.there.cleanup()

    def path(self, name):
        return os.path.join(self.images, name)

    def read(self, name):
        return pathlib.Path(self.path(name)).read_bytes()

    def write(self, name, content):
        pathlib.Path(self.path(name)).write_bytes(content)

    def test_whole_dump_is_consistent(self):
        self.assertFalse([x for x in ids(self.images) if x.startswith("checkpoint.")])

    def test_missing_core_costs_its_thread_only(self):
        os.remove(self.path("core-%d.img" % TRUTH["tids"][1]))
        p = processes(self.images)[self.pid]
        self.assertEqual(p["argv"], TRUTH["cmdline"])
        self.assertEqual(len([t for t in p["threads"] if t.get("missing")]), 1)
        self.assertIn("checkpoint.dangling-reference", ids(self.images))

    def test_cut_pages(self):
        self.write("pages-1.img", self.read("pages-1.img")[:-4096])
        self.assertIn("checkpoint.pages-size", ids(self.images))

    def test_changed_pagemap_disagrees_with_statistics(self):
        head, rest = self.read("pagemap-%d.img" % self.pid), b""
        r = message(f1=0x10000, f4=4, f5=1)
        self.write("pagemap-%d.img" % self.pid, head + struct.pack("<I", len(r)) + r)
        got = ids(self.images)
        self.assertIn("checkpoint.statistics", got)
        self.assertIn("checkpoint.pages-size", got)

    def test_pages_outside_of_all_areas(self):
        self.write("pagemap-%d.img" % self.pid,
                   image(0x56084025, message(f1=1), message(f1=0x1000, f4=4, f5=1)))
        self.assertIn("checkpoint.pages-outside-maps", ids(self.images))

    def test_orphan_and_duplicate(self):
        self.write("pstree.img", self.read("pstree.img") + b"".join(
            struct.pack("<I", len(r)) + r for r in
            [message(f1=999, f2=998, f3=999, f4=999), message(f1=self.pid, f2=0, f3=1, f4=1)]))
        got = ids(self.images)
        self.assertIn("checkpoint.orphan", got)
        self.assertIn("checkpoint.duplicate-pid", got)

    def test_stale_image(self):
        shutil.copy(self.path("core-%d.img" % self.pid), self.path("core-4242.img"))
        self.assertIn("checkpoint.stale-image", ids(self.images))

    def test_record_cut_off_keeps_what_stands_before(self):
        files = self.read("files.img")
        self.write("files.img", files[:-20])
        out = json.loads(run(self.images, "decode", "files.img", status=1))
        self.assertEqual(out["faults"][0]["fault"], "truncated")
        self.assertGreater(len(out["entries"]), 10)
        self.assertEqual(processes(self.images)[self.pid]["argv"], TRUTH["cmdline"])

    def test_broken_message_and_unknown_field(self):
        good = self.read("pstree.img")
        bad = struct.pack("<I", 4) + b"\xff\xff\xff\xff"
        newer = message(f1=77, f2=self.pid, f3=77, f4=77, f99=5)
        self.write("pstree.img", good[:8] + bad + good[8:] + struct.pack("<I", len(newer)) + newer)
        out = json.loads(run(self.images, "decode", "pstree.img", status=1))
        self.assertEqual({f["fault"]: f["offset"] for f in out["faults"]}["unknown-field"], len(good) + 8 + 4 + len(newer) - 3)
        self.assertIn(77, processes(self.images))
        self.assertIn("checkpoint.unknown-fields", ids(self.images))

    def test_what_a_broken_pstree_lost_is_taken_from_cores(self):
        """The tree of a dump of 8 processes, cut in the middle, and with a broken length."""
        there = os.path.join(self.there.name, "zoo")
        os.mkdir(there)
        subprocess.run(["tar", "xf", "corpus/checkpoints/criu-container.tar.zst", "-C", there], check=True)
        tree = pathlib.Path(there, "images/pstree.img")
        whole, good = tree.read_bytes(), processes(there)
        for broken in (whole[:len(whole) // 2], whole[:40] + b"\xff\xff\xff\x7f" + whole[44:]):
            tree.write_bytes(broken)
            got = processes(there)
            self.assertEqual({pid: (p["argv"], len(p["files"])) for pid, p in got.items()},
                             {pid: (p["argv"], len(p["files"])) for pid, p in good.items()})
            self.assertIn("checkpoint.image-broken", ids(there))

    def test_lost_pstree_is_rebuilt_from_cores(self):
        os.remove(self.path("pstree.img"))
        self.assertEqual(processes(self.images)[self.pid]["argv"], TRUTH["cmdline"])

    def test_parent_dump(self):
        """The pages move to a pre-dump; the dump says of each of them: in the parent."""
        name = "pagemap-%d.img" % self.pid
        entries = json.loads(run(self.images, "decode", name))["entries"]
        want = hashlib.sha256(run(self.images, "core", "--pid", str(self.pid))).hexdigest()
        before = os.path.join(self.there.name, "pre-checkpoint")
        os.mkdir(before)
        pages = "pages-%d.img" % entries[0]["pages_id"]
        for moved in (name, pages):
            shutil.move(self.path(moved), os.path.join(before, moved))
        shutil.copy(self.path("inventory.img"), before)
        self.write(name, image(0x56084025, message(f1=entries[0]["pages_id"]), *[
            message(f1=e["vaddr"], f4=1, f5=e.get("nr_pages") or e["compat_nr_pages"]) for e in entries[1:]]))
        self.write(pages, b"")
        os.symlink("../pre-checkpoint", self.path("parent"))
        package = self.there.name
        self.assertEqual(hashlib.sha256(run(package, "core", "--pid", str(self.pid))).hexdigest(), want)
        shutil.rmtree(before)
        self.assertIn("checkpoint.parent-missing", ids(self.images))
        self.assertEqual(processes(self.images)[self.pid]["argv"], [])  # not known, not zero

    def test_every_prefix_and_garbage_of_each_image_is_survived(self):
        for name in sorted(os.listdir(self.images)):
            content = self.read(name)
            for broken in (b"", content[: len(content) // 2], content[:11], b"\xff" * 64):
                self.write(name, broken)
                r = subprocess.run([EXHIBIT, "checkpoint", self.images, "findings", "--json"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                self.assertIn(r.returncode, (0, 1, 2), (name, r.stderr))
                if r.returncode < 2:
                    json.loads(r.stdout)
            self.write(name, content)


class Analyze(unittest.TestCase):
    def analyze(self, *more):
        out = os.path.join(self.there.name, "out")
        r = subprocess.run([EXHIBIT, "analyze", PACKAGE, "-o", out, "--quiet", *more],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return r.returncode, out

    def setUp(self):
        self.there = tempfile.TemporaryDirectory()

    def tearDown(self):
        self.there.cleanup()

    def test_processes_json_and_events(self):
        status, out = self.analyze()
        self.assertEqual(status, 0)
        document = json.loads(pathlib.Path(out, "processes.json").read_text())
        self.assertEqual(document["schema"], "exhibit/processes/1")
        self.assertEqual([p["pid"] for p in document["processes"]], [1, 7, 14, 19])
        self.assertEqual(document["checkpoints"][0]["container"]["engine"], "podman")
        self.assertNotIn("hunter2", json.dumps(document))
        lines = pathlib.Path(out, "timeline.jsonl").read_text().splitlines()
        times = {(e["action"], e["datetime"]) for e in map(json.loads, lines)}
        # config.dump's createdTime, and the ghost's mtime as crit shows it
        self.assertIn(("container created", "2026-11-23T09:45:25.851737888Z"), times)
        self.assertIn(("Content Modified", "2026-11-23T09:45:48.522711Z"), times)

    def test_yara(self):
        rules = os.path.join(self.there.name, "r.yar")
        pathlib.Path(rules).write_text('rule loot { strings: $a = "LOOT-MARKER" condition: $a }')
        status, out = self.analyze("--yara", rules)
        self.assertEqual(status, 0)
        self.assertIn("memory.yara", pathlib.Path(out, "findings.json").read_text())
        pathlib.Path(rules).write_text("rule broken {")
        self.assertEqual(self.analyze("--yara", rules)[0], 2)


class Layouts(unittest.TestCase):
    def test_every_checkpoint_of_the_corpus(self):
        want = {"podman-loop.tar.gz": ("podman", 2), "podman-fifo.tar.gz": ("podman", 4),
                "runc-images.tar.zst": ("runc or crun", 4), "containerd-oci.tar.zst": ("containerd", 1)}
        for name, (engine, count) in want.items():
            path = "corpus/checkpoints/" + name
            info = json.loads(run(path, "info", "--json"))
            self.assertEqual((info["container"]["engine"], info["processes"]), (engine, count), name)
            self.assertFalse([x for x in ids(path) if x.startswith("checkpoint.")], name)

    def test_usage(self):
        run(HOST, "nonsense", status=2)
        run("corpus/pki", status=2)
        run(HOST, "ps", "--pid", "1", status=2)
        run(status=2)


if __name__ == "__main__":
    unittest.main()
