"""One of everything that CRIU freezes, with a pre-dump: against what /proc showed.

corpus/checkpoints/criu-zoo.c made it all; criu-zoo.truth.json is what it says it made, and
what /proc said of each process before the dump."""
import hashlib
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from made_checkpoint import image

EXHIBIT = os.environ["EXHIBIT"]
ZOO = "corpus/checkpoints/criu-zoo.tar.zst"
TRUTH = json.loads(pathlib.Path("corpus/checkpoints/criu-zoo.truth.json").read_text())
MADE = TRUTH["made"]
PROC = {int(pid): p for pid, p in TRUTH["processes"].items()}
MAIN = MADE["pid"]
WORK = "/srv/zoo/work/"


def run(*arguments, status=0, dump=ZOO):
    r = subprocess.run([EXHIBIT, "checkpoint", dump, *arguments],
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert r.returncode == status, (arguments, r.returncode, r.stderr)
    return r.stdout


def ask(*arguments, dump=ZOO):
    return json.loads(run(*arguments, "--json", dump=dump))


class Zoo(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.processes = {p["pid"]: p for p in ask("ps", "--reveal")["processes"]}
        cls.files = {f["fd"]: f for f in cls.processes[MAIN]["files"]}
        cls.sockets = {o["fd"]: s for s in ask("sockets") for o in s["owners"] if o["pid"] == MAIN}

    def file(self, fd):
        return self.files[fd]["file"]

    # -- processes ---------------------------------------------------------------------

    def test_processes_are_as_proc_showed_them(self):
        self.assertEqual(set(self.processes), set(PROC))
        for pid, want in PROC.items():
            p = self.processes[pid]
            self.assertEqual((p["pgid"], p["sid"], p["comm"]), (want["pgid"], want["sid"], want["comm"]))
            self.assertEqual(p["ppid"], 0 if pid == MAIN else want["ppid"])
            self.assertEqual(p["argv"], want["cmdline"])
            self.assertEqual(sorted(t["tid"] for t in p["threads"]), want["tids"])
            have = [e["name"] if e["value"] is None else e["name"] + "=" + e["value"] for e in p["environment"]]
            self.assertEqual(have, want["environ"])

    def test_states(self):
        state = {k: self.processes[MADE[k]]["state"] for k in ("zombie", "stopped", "filtered")}
        self.assertEqual(state, {"zombie": "dead", "stopped": "stopped", "filtered": "alive"})
        self.assertEqual(self.processes[MADE["zombie"]]["exit_status"], 7)

    def test_executables(self):
        deleted, memfd = (self.processes[MADE[k]]["exe"] for k in ("deleted", "in_memfd"))
        self.assertEqual((deleted["path"], deleted["deleted"]), (WORK + "dropper", True))
        self.assertEqual(deleted["content"]["sha256"], TRUTH["program_sha256"])
        self.assertTrue(memfd["memfd"])
        self.assertEqual(memfd["sha256"], TRUTH["program_sha256"])
        for what in (WORK + "dropper", "memfd:dropper"):
            self.assertEqual(hashlib.sha256(run("extract", what)).hexdigest(), TRUTH["program_sha256"])

    def test_privileges(self):
        names = ask("ps", "--pid", str(MADE["weak"]))["processes"][0]
        self.assertEqual(names["capabilities"]["effective"], ["CAP_CHOWN", "CAP_NET_BIND_SERVICE"])
        self.assertNotIn("CAP_NET_RAW", names["capabilities"]["bounding"])
        self.assertEqual(names["groups"], [int(g) for g in PROC[MADE["weak"]]["Groups"].split()])
        self.assertEqual(names["sid"], MADE["weak"])
        filtered = self.processes[MADE["filtered"]]
        self.assertTrue(filtered["no_new_privs"])
        self.assertEqual(filtered["threads"][0]["seccomp"], "filter")

    def test_seccomp_program(self):
        (f,) = ask("seccomp")
        self.assertEqual(f["threads"], [MADE["filtered"]])
        self.assertEqual(f["answers"], ["errno", "allow"])
        self.assertEqual(f["program"], ["ld [nr]", "jeq #0xa5, 2, 3  ; mount", "ret errno(1)", "ret allow"])

    def test_signals_and_timers(self):
        threads = {t["comm"]: t for t in self.processes[MAIN]["threads"]}
        self.assertEqual([p["signal"] for p in threads["blocked"]["pending"]], ["USR2"])
        s = self.processes[MAIN]["signals"]
        self.assertEqual([(p["signal"], p["pid"], p["value"]) for p in s["pending"]], [(37, MAIN, "0x%x" % 4711)])
        self.assertEqual(s["blocked"], ["USR1", 37])
        self.assertIn("PIPE", s["ignored"])
        self.assertIn("TERM", [h["signal"] for h in s["handlers"]])
        timers = {t["timer"]: t for t in self.processes[MAIN]["timers"]}
        self.assertEqual((timers["real"]["interval_seconds"], timers[0]["interval_seconds"]), (0, 3600))
        self.assertEqual(self.processes[MAIN]["limits"]["nofile"], [512, 1024])

    # -- descriptors -------------------------------------------------------------------

    def test_every_descriptor_is_there_with_its_position(self):
        for pid, want in PROC.items():
            have = {f["fd"]: f for f in self.processes[pid].get("files", [])}
            self.assertEqual(set(have), {int(fd) for fd in want["fds"]}, pid)
            for fd, f in have.items():
                shown, link = f["target"], want["fds"][str(fd)]["link"]
                if link.startswith("/memfd:"):
                    self.assertEqual(shown, link[1:].replace(" (deleted)", ""))
                elif link.startswith("/") and f["file"]["type"] == "file":
                    self.assertEqual(shown, link)
                    self.assertEqual(f["file"]["position"], int(want["fds"][str(fd)]["pos"]))

    def test_kinds(self):
        kinds = {110: "pipe", 107: "fifo", 112: "memfd", 116: "namespace", 117: "tty", 119: "pidfd",
                 130: "eventfd", 131: "epoll", 132: "inotify", 133: "signalfd", 134: "timerfd",
                 140: "inet-socket", 152: "packet-socket", 153: "netlink-socket", 160: "unix-socket"}
        self.assertEqual({fd: self.file(fd)["type"] for fd in kinds}, kinds)

    def test_deleted_files(self):
        ghost = self.file(101)
        self.assertTrue(ghost["deleted"])
        c = ghost["content"]
        self.assertEqual((c["uid"], c["gid"], c["mode"], c["size"]), (1234, 5678, 0o604, 32))
        self.assertEqual((c["accessed"], c["modified"]),
                         ("2023-11-14T22:13:20.123456Z", "2020-09-13T12:26:40.654321Z"))
        self.assertEqual(run("extract", WORK + "ghost"), b"GHOST-CONTENT-OF-A-DELETED-FILE\n")
        holes = bytearray(300000)
        holes[20000:20011] = b"FIRST-CHUNK"
        holes[250000:250012] = b"SECOND-CHUNK"
        self.assertEqual(run("extract", WORK + "holes"), bytes(holes))
        self.assertEqual(self.file(102)["content"]["sha256"], hashlib.sha256(holes).hexdigest())
        self.assertTrue(self.file(103)["kept_as"].startswith(WORK + "link_remap."))
        self.assertTrue(self.file(108)["deleted"])

    def test_unread_data(self):
        self.assertEqual(self.file(107)["unread"]["text"], "FIFO-UNREAD")
        for end in (110, 111):
            self.assertEqual(self.file(end)["unread"]["text"], "PIPE-UNREAD-DATA")
        self.assertEqual([self.file(117)["unread"]["text"]], ["TTY-OUTPUT"])
        self.assertEqual(run("extract", "memfd:payload"), b"\x7fELF-NOT-REALLY MEMFD-CONTENT")
        self.assertEqual(self.file(112)["seals"], ["shrink", "grow"])

    def test_waiters(self):
        self.assertEqual(self.file(130)["counter"], 77)
        watched = {w["fd"]: w for w in self.file(131)["watched"]}
        self.assertEqual((set(watched), watched[110]["data"]), ({110, 130}, "0x1122334455667788"))
        (watch,) = self.file(132)["watched"]
        self.assertEqual((watch["path"], watch["mask"]), (WORK + "kept", "0x402"))
        self.assertEqual(self.file(133)["signals"], ["USR1", 37])
        self.assertEqual(self.file(134)["interval_seconds"], 3600)
        self.assertEqual(self.file(119)["pid"], MAIN)

    def test_locks(self):
        have = [(l["fd"], l["kind"], l["type"], l["start"], l["length"]) for l in ask("info")["locks"]]
        self.assertEqual(have, [(113, "posix", "write", 2, 5), (114, "flock", "write", 0, "to the end"),
                                (115, "open-file-description", "read", 0, "to the end")])

    # -- sockets -----------------------------------------------------------------------

    def test_tcp_queues(self):
        for family, port, address in ((140, 18080, "127.0.0.1"), (143, 18081, "::1")):
            listener, client, server = (self.sockets[family + i] for i in range(3))
            self.assertEqual((listener["state"], listener["local"]), ("listen", {"address": address, "port": port}))
            self.assertEqual(client["remote"], {"address": address, "port": port})
            self.assertEqual((server["remote"], client["state"]), (client["local"], "established"))
            self.assertEqual(server["tcp"]["unread"]["text"], "TCP-UNREAD-REQUEST")
            self.assertEqual(client["tcp"]["unread"]["text"], "TCP-UNREAD-RESPONSE-LONGER")

    def test_datagram_raw_packet_netlink(self):
        udp, raw, packet, netlink = (self.sockets[n] for n in (150, 151, 152, 153))
        self.assertEqual((udp["protocol"], udp["local"]["port"], udp["remote"]["port"]), ("udp", 15353, 15354))
        self.assertEqual((raw["type"], raw["protocol"]), ("raw", "icmp"))
        self.assertEqual((packet["family"], packet["protocol"], packet["filter"]), ("packet", "all", ["ret #0"]))
        self.assertEqual((netlink["protocol"], netlink["groups"]), ("route", [1]))

    def test_unix_queues(self):
        def queue(fd):
            return [m["text"] for m in self.sockets[fd].get("queue", [])]
        self.assertEqual(queue(161), ["UNIX-STREAM-QUEUED"])
        self.assertEqual(queue(163), ["UNIX-DGRAM-ONE", "UNIX-DGRAM-TWO"])
        self.assertEqual(queue(164), ["UNIX-SEQPACKET"])
        self.assertEqual(self.sockets[160]["peer_id"], self.sockets[161]["id"])
        self.assertEqual((self.sockets[166]["path"], self.sockets[166]["state"]), (WORK + "socket", "listen"))
        self.assertEqual(self.sockets[167]["path"], "@zoo-abstract")
        (message,) = self.sockets[169]["queue"]
        self.assertEqual(message["passed_files"], [self.file(100)["id"]])

    def test_ipc(self):
        ipc = ask("info")["ipc"]
        self.assertEqual(ipc["shared_memory"][0]["key"], "0x5a4f4f")
        self.assertEqual([(m["type"], m["bytes"]) for m in ipc["message_queues"][0]["messages"]], [(42, 13), (7, 5)])
        self.assertEqual(ipc["message_queues"][0]["messages"][0]["text"], "SYSV-MESSAGE\\x00")
        self.assertEqual(ipc["semaphores"][0]["values"], [3, 0, 9])

    # -- memory, all of it through the pre-dump ----------------------------------------

    def found(self, text):
        hits = [json.loads(l) for l in run("search", text, "--json", status=0).splitlines()]
        return {(h.get("pid"), int(h["address"], 16)) for h in hits}

    def test_markers_at_their_addresses(self):
        self.assertIn((MAIN, MADE["border"]), self.found("BORDER-MARKER-ACROSS-PAGES"))
        self.assertIn((MAIN, MADE["hidden"]), self.found("DONTDUMP-MARKER"))
        self.assertIn((MAIN, MADE["library"]), self.found("WRITTENFILE-CONTENT"))
        self.assertTrue(self.found("SHARED-MARKER-5000"))
        self.assertTrue(self.found("SYSV-SHM-MARKER"))
        wide = [s for s in (json.loads(l) for l in run("strings", "--pid", str(MAIN), "--json").splitlines())
                if s["text"] == "WIDE-MARKER-UTF16" and s["encoding"] != "ascii"]
        self.assertEqual([(s["encoding"], int(s["address"], 16)) for s in wide], [("utf-16le", MADE["wide"])])

    def test_areas_are_as_proc_showed_them(self):
        have = [(m["start"][2:], m["end"][2:], m["protection"]) for m in self.processes[MAIN]["maps"]]
        want = []
        for line in PROC[MAIN]["maps"]:
            start, end = line[0].split("-")
            if want and line[-1] == "[vvar_vclock]":  # one area for CRIU
                start = want.pop()[0]
            want.append((start.lstrip("0"), end.lstrip("0"), line[1]))
        self.assertEqual(have, want)

    def test_areas_say_what_was_written_and_advised(self):
        maps = self.processes[MAIN]["maps"]
        (hidden,) = [m for m in maps if "not-for-core-files" in m.get("advice", []) and m["name"] == "[anonymous]"]
        self.assertEqual(int(hidden["start"], 16), MADE["hidden"])
        # Code is clean but for CRIU's own page; a shared or anonymous area is of no file to differ from.
        dirty = {(m["name"], m["protection"]): m.get("dirty_bytes") for m in maps}
        libc = next(name for name, _ in dirty if "libc.so" in name)
        self.assertEqual((dirty[libc, "r-xp"], dirty[libc, "rw-p"] > 0, dirty["[stack]", "rw-p"]), (0, True, None))

    def test_core(self):
        with tempfile.TemporaryDirectory() as there:
            core = os.path.join(there, "core")
            run("core", "--pid", str(MAIN), "-o", core)
            out = subprocess.run(
                ["gdb", "-nx", "-batch", "-c", core, "-ex", "info threads", "-ex", "bt", "-ex", "x/s %d" % MADE["border"],
                 "-ex", "x/s %d" % MADE["shared"], "-ex", "x/s %d" % MADE["segment"], "-ex", "info proc mappings"],
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.decode()
        for tid in PROC[MAIN]["tids"]:
            self.assertIn("LWP %d" % tid, out)
        self.assertRegex(out, r"#0 +0x[0-9a-f]+ in ")
        for marker in ("BORDER-MARKER-ACROSS-PAGES", "SHARED-MARKER-5000", "SYSV-SHM-MARKER", "/srv/zoo/zoo"):
            self.assertIn(marker, out)

    # -- findings ----------------------------------------------------------------------

    def test_findings(self):
        all = ask("findings")
        by = {(f["id"], int(re.match(r"pid (\d+)", f["subject"])[1])) for f in all if f["subject"].startswith("pid ")}
        for want in (("process.exe-deleted", MADE["deleted"]), ("process.exe-memfd", MADE["in_memfd"]),
                     ("process.kernel-thread-name", MADE["deleted"]), ("process.packet-socket", MAIN),
                     ("process.writable-executable-memory", MAIN)):
            self.assertIn(want, by)
        self.assertEqual({f["id"] for f in all if f["id"].startswith("checkpoint.")}, set())
        code = [f for f in all if f["id"] == "process.writable-executable-memory"][0]["arguments"]
        self.assertEqual(code["begins"], "4831c0b03c4831ff0f05cccccccccccc")
        secret = [f for f in all if f["id"] == "memory.credential"]
        self.assertEqual([f["arguments"]["kind"] for f in secret], ["password"])

    def test_one_process_only(self):
        """What it holds together with others is its own as well."""
        pid = str(MADE["deleted"])
        for f in ask("findings", "--pid", pid):
            pids = f["arguments"].get("pids", f["subject"].split()[1]).split()
            self.assertIn(pid, pids)
        self.assertIn("process.exe-deleted", {f["id"] for f in ask("findings", "--pid", pid)})


class References(unittest.TestCase):
    """Every number that one image uses must be found in another: each is taken out once."""

    def test_each_missing_one_is_named(self):
        empty = {"tty-info.img": (0x59453036, "terminal"), "memfd.img": (0x48453499, "memory file"),
                 "seccomp.img": (0x64413049, "seccomp filter"), "files.img": (0x56303138, "open file")}
        with tempfile.TemporaryDirectory() as there:
            subprocess.run(["tar", "xf", ZOO, "-C", there], check=True)
            images = os.path.join(there, "images")

            def missing(which="number", argument="what"):
                return {f["arguments"][argument] for f in ask("findings", dump=there)
                        if f["id"] == "checkpoint.dangling-" + which}
            self.assertEqual((missing(), missing("reference")), (set(), set()))
            for name, (magic, what) in empty.items():
                path = pathlib.Path(images, name)
                whole = path.read_bytes()
                path.write_bytes(image(magic, b"") if name == "seccomp.img" else image(magic))
                self.assertIn(what, missing(), name)
                path.write_bytes(whole)
            os.remove(os.path.join(images, "fdinfo-2.img"))
            self.assertIn("fdinfo-2.img", missing("reference", "missing"))


class Container(unittest.TestCase):
    """The same in namespaces of its own, all six, with a root of its own and tmpfs."""

    DUMP = "corpus/checkpoints/criu-container.tar.zst"
    TRUTH = json.loads(pathlib.Path("corpus/checkpoints/criu-container.truth.json").read_text())

    def test_processes_have_the_numbers_of_their_namespace(self):
        have = {str(p["pid"]): p for p in ask("ps", dump=self.DUMP)["processes"]}
        self.assertEqual(set(have), set(self.TRUTH["processes"]))
        for pid, want in self.TRUTH["processes"].items():
            self.assertEqual(have[pid]["argv"], want["cmdline"])
            self.assertEqual(have[pid]["state"], {"S": "alive", "Z": "dead", "T": "stopped"}[want["state"]])
            self.assertEqual(len(have[pid]["threads"]), want["threads"])

    def test_mounts(self):
        mounts = {m["path"]: m for m in ask("mounts", dump=self.DUMP)}
        self.assertEqual(set(mounts), {path for path, _ in self.TRUTH["mounts"]})
        for path, kind in self.TRUTH["mounts"]:
            if kind != "ext4":  # CRIU does not say which file system a disk has
                self.assertEqual(mounts[path]["type"], kind)
        self.assertEqual(mounts["/secret"]["external"], "secret")
        content = {f["name"]: f for f in mounts["/scratch"]["content"]}
        for name, text in self.TRUTH["scratch"].items():
            self.assertEqual(content[name]["sha256"], hashlib.sha256(text.encode()).hexdigest())
            self.assertEqual(run("extract", "/scratch/" + name, dump=self.DUMP).decode(), text)
        self.assertEqual(content["notes"]["modified"], "2026-01-02T03:04:05Z")
        self.assertEqual(content["fifo"]["type"], "fifo")

    def test_deleted_file_with_another_link(self):
        """CRIU linked it anew, so its content is in the archive of the tmpfs."""
        self.assertEqual(run("extract", "/scratch/linked", dump=self.DUMP), b"LINKED-CONTENT\n")

    def test_network(self):
        n = ask("network", dump=self.DUMP)
        self.assertEqual([(d["name"], d["type"], d["up"]) for d in n["devices"]], [("lo", "loopback", True)])
        addresses = {(a["kind"], a["address"], a["prefix"]) for a in n["addresses"] if "address" in a}
        for want in (("address", "127.0.0.9", 8), ("address", "::1", 128), ("route", "10.1.2.0", 24)):
            self.assertIn(want, addresses)
        rules = [r["rule"] for r in n["firewall"] if not r.get("by_criu") and r["rule"].startswith("-A")]
        self.assertEqual(rules, ["-A INPUT -p tcp -m tcp --dport 4444 -j DROP"])
        self.assertTrue([r for r in n["firewall"] if r.get("by_criu")])

    def test_images_without_records_are_decoded_too(self):
        """Which crit cannot: netlink dumps, rules, archives, pages."""
        names = [n.split("/")[-1] for n in subprocess.run(
            ["tar", "tf", self.DUMP], stdout=subprocess.PIPE).stdout.decode().split()]
        def decode(stem):
            (name,) = [n for n in names if n.startswith(stem)][:1]
            return json.loads(run("decode", name, dump=self.DUMP))
        self.assertIn("127.0.0.9", [e["address"] for e in decode("ifaddr-")["entries"]])
        self.assertIn("10.1.2.0", [e.get("address") for e in decode("route-")["entries"]])
        self.assertIn("-A INPUT -p tcp -m tcp --dport 4444 -j DROP", [e["rule"] for e in decode("iptables-")["entries"]])
        archives = [n for n in names if n.startswith("tmpfs-dev-")]
        inside = {e["name"] for n in archives for e in json.loads(run("decode", n, dump=self.DUMP))["entries"]}
        self.assertIn(".hidden/implant", inside)
        number = json.loads(run("decode", "pagemap-1.img", dump=self.DUMP))["entries"][0]["pages_id"]
        self.assertEqual(decode("pages-%d.img" % number)["pagemaps"], ["pagemap-1.img"])

    def test_namespaces(self):
        info = ask("info", dump=self.DUMP)
        self.assertEqual(info["namespaces"]["uts"][0]["nodename"], "zoo-container")
        first, lower, count = (int(n) for n in self.TRUTH["uid_map"])
        self.assertEqual(info["namespaces"]["user"][0]["uid_map"],
                         [{"first": first, "lower_first": lower, "count": count}])
        found = {f["id"] for f in ask("findings", dump=self.DUMP)}
        self.assertFalse([f for f in found if f.startswith("checkpoint.") or "namespace" in f])


class Rare(unittest.TestCase):
    """criu-rare.c: what few containers have."""
    DUMP = "corpus/checkpoints/criu-rare.tar.zst"

    def test_files(self):
        (p,) = ask("files", dump=self.DUMP)
        self.assertEqual(p["comm"], "rare\tname")
        files = {f["fd"]: f for f in p["files"]}
        self.assertEqual((files[3]["target"], files[3]["file"]["device"]), ("tun covert0", "covert0"))
        self.assertEqual([files[fd]["file"]["unread"]["text"] for fd in (4, 5)], ["typed\\x0D\n", "typed\n"])
        self.assertEqual(files[6]["file"]["seals"], ["shrink", "write"])
        self.assertEqual(files[6]["file"]["sha256"], hashlib.sha256(b"SEALED").hexdigest())

    def test_namespaces(self):
        n = ask("info", dump=self.DUMP)["namespaces"]
        self.assertEqual(n["user"][0]["uid_map"], [{"first": 0, "lower_first": 0, "count": 1}])
        clocks = n["time"][0]
        self.assertEqual(clocks["boottime"]["tv_sec"] - clocks["monotonic"]["tv_sec"], 1000)
        self.assertEqual([d["type"] for d in ask("network", dump=self.DUMP)["devices"]], ["loopback", "tun"])

    def test_areas(self):
        (p,) = ask("maps", dump=self.DUMP)
        self.assertIn("[aio]", [m["name"] for m in p["maps"]])


if __name__ == "__main__":
    unittest.main()
