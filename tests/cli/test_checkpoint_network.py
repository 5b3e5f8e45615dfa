"""The network of a dump: connections that the kernel kept in mind, against what it said in /proc; firewall rules."""
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import tempfile
import unittest

EXHIBIT = os.environ["EXHIBIT"]
DUMP = "corpus/checkpoints/criu-conntrack.tar.zst"
TRUTH = pathlib.Path("corpus/checkpoints/criu-conntrack.truth.txt").read_text().splitlines()
MADE_AT = "2026-11-26T16:37:4"


def ask(what, dump=DUMP, *more):
    r = subprocess.run([EXHIBIT, "checkpoint", dump, *what, "--json"], stdout=subprocess.PIPE)
    return json.loads(r.stdout)


def truth(line):
    """A line of /proc/net/nf_conntrack: both directions, each with its counters."""
    def short(address):
        return address.replace("fd00:0000:0000:0000:0000:0000:0000:0007", "fd00::7")
    protocol, left = line.split()[2], int(line.split()[4])
    ends = [(short(a), short(b)) for a, b in re.findall(r"src=(\S+) dst=(\S+)", line)]
    ports = [(int(a), int(b)) for a, b in re.findall(r"sport=(\d+) dport=(\d+)", line)] or [(None, None)] * 2
    counted = [{"packets": int(a), "bytes": int(b)} for a, b in re.findall(r"packets=(\d+) bytes=(\d+)", line)]
    state = re.search(r" ([A-Z_]+) src=", line)
    return {"protocol": protocol, "source": (ends[0][0], ports[0][0]), "destination": (ends[0][1], ports[0][1]),
            "answers_from": (ends[1][0], ports[1][0]), "sent": counted[0], "answered": counted[1],
            "state": state and state.group(1).lower().replace("_", "-"),
            "assured": "[ASSURED]" in line, "unanswered": "[UNREPLIED]" in line, "left": left,
            "mark": int(re.search(r"mark=(\d+)", line).group(1))}


def end(o):
    return o["address"], o.get("port")


class Connections(unittest.TestCase):
    def check(self, have):
        self.assertEqual(len(have), len(TRUTH))
        for c, want in zip(have, map(truth, TRUTH)):
            self.assertEqual(c["protocol"], want["protocol"])
            self.assertEqual((end(c["source"]), end(c["destination"])), (want["source"], want["destination"]))
            translated = end(c["translated_destination"]) if "translated_destination" in c else None
            self.assertEqual(translated, None if want["answers_from"] == want["destination"] or want["protocol"] == "icmp"
                             else want["answers_from"])
            self.assertEqual((c["sent"], c["answered"]), (want["sent"], want["answered"]))
            self.assertEqual(c.get("state"), want["state"])
            self.assertEqual("assured" in c["status"], want["assured"])
            self.assertEqual("answered" not in c["status"], want["unanswered"])
            self.assertEqual(int(c.get("mark", "0x0"), 16), want["mark"])
            self.assertLessEqual(want["left"] - c["seconds_left"], 2)
            self.assertTrue(c["started"].startswith(MADE_AT), c["started"])

    def test_as_the_kernel_told_them(self):
        self.check(ask(["network"])["connections"])

    def test_of_a_machine_with_the_other_order_of_bytes(self):
        """s390: headers of messages and attributes are turned around, what is in them is not."""
        def turn_attributes(body, nested):
            out = b""
            while len(body) >= 4:
                length, kind = struct.unpack_from("<HH", body)
                value = body[4:length]
                if kind & 0x8000:
                    value = turn_attributes(value, nested)
                padded = (length + 3) & ~3
                out += (struct.pack(">HH", length, kind) + value).ljust(min(padded, len(body)), b"\0")
                body = body[padded:]
            return out

        with tempfile.TemporaryDirectory() as there:
            subprocess.run(["tar", "--zstd", "-xf", DUMP, "-C", there], check=True)
            image = pathlib.Path(there, "images/netns-ct-9.img")
            data, turned = image.read_bytes(), b""
            while data:
                length, kind, flags, sequence, port = struct.unpack_from("<IHHII", data)
                turned += struct.pack(">IHHII", length, kind, flags, sequence, port) + data[16:20]
                turned += turn_attributes(data[20:length], 0)
                data = data[length + 3 & ~3:]
            image.write_bytes(turned)
            self.check(ask(["network"], there)["connections"])

    def test_spans_cite_the_messages(self):
        for c in ask(["network"])["connections"]:
            bytes_ = subprocess.run([EXHIBIT, "show", "--raw", DUMP, "%s@%d+%d" % (
                c["span"]["item"], c["span"]["offset"], c["span"]["length"])], stdout=subprocess.PIPE).stdout
            self.assertEqual(struct.unpack_from("<IH", bytes_), (c["span"]["length"], 0x100))

    def test_what_no_process_holds(self):
        held = {end(c["source"]): c["held"] for c in ask(["network"])["connections"] if c["source"].get("port")}
        self.assertEqual({port: is_held for (_, port), is_held in held.items() if 40000 < port < 40010},
                         {40001: True, 40002: False, 40003: False, 40004: True})
        past = [f["subject"] for f in ask(["findings"]) if f["id"] == "process.past-connection"]
        self.assertEqual(sorted(past), ["tcp 10.9.8.7:40002 -> 203.0.113.9:443", "udp 10.9.8.7:40003 -> 198.51.100.23:53"])

    def test_in_the_timeline(self):
        with tempfile.TemporaryDirectory() as there:
            shutil.copy(DUMP, there)
            subprocess.run([EXHIBIT, "analyze", there, "-o", there + "/../out-" + os.path.basename(there)],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            out = pathlib.Path(there + "/../out-" + os.path.basename(there))
            events = [json.loads(line) for line in (out / "timeline.jsonl").read_text().splitlines()]
            page = (out / "report.html").read_text()
            shutil.rmtree(out)
        rows = re.findall(r"<tr><td>(\w+)</td><td>([\w-]*)</td><td class=\"path\">([^<]*)</td><td class=\"path\">([^<]*)</td>", page)
        self.assertIn(("tcp", "time-wait", "10.9.8.7:40002", "203.0.113.9:443"), rows)
        self.assertIn(("udp", "unconnected", "[fd00::7]:9999", "[::]:*"), rows)
        self.assertEqual(page.count("the kernel kept it in mind"), 3)
        began = [e["object"] for e in events if e["kind"] == "connection"]
        self.assertEqual(len(began), len(TRUTH))
        self.assertIn("tcp 10.9.8.7:40002 -> 203.0.113.9:443", began)

    def test_asked_for_twice(self):
        """CRIU's request for expectations gives the connections again: told by decode alone."""
        entries = ask(["decode", "netns-exp-9.img"])["entries"]
        self.assertEqual(len(entries), len(TRUTH))

    def test_expectation(self):
        """A helper of FTP waits for a second connection from 10.0.0.2's port 21."""
        with tempfile.TemporaryDirectory() as there:
            subprocess.run(["tar", "--zstd", "-xf", DUMP, "-C", there], check=True)
            shutil.copy("corpus/fuzz/criu_conntrack/expectation", there + "/images/netns-exp-9.img")
            (e,) = [c for c in ask(["network"], there)["connections"] if c.get("expected")]
            self.assertEqual((e["helper"], end(e["master_destination"]), e["destination"]["port"], e["seconds_left"]),
                             ("ftp", ("10.0.0.2", 21), 5000, 300))

    def test_cut_off(self):
        with tempfile.TemporaryDirectory() as there:
            subprocess.run(["tar", "--zstd", "-xf", DUMP, "-C", there], check=True)
            image = pathlib.Path(there, "images/netns-ct-9.img")
            whole = image.read_bytes()
            image.write_bytes(whole[:-10])
            self.assertEqual(len(ask(["network"], there)["connections"]), len(TRUTH) - 1)
            (f,) = [f for f in ask(["findings"], there) if f["id"] == "checkpoint.image-broken"]
            last = ask(["network"])["connections"][-1]["span"]
            self.assertEqual((f["subject"], f["arguments"]["offset"]), ("netns-ct-9.img", str(last["offset"])))


class Firewall(unittest.TestCase):
    def test_rules_by_family_and_table(self):
        rules = {(r["family"], r["table"], r["rule"]) for r in ask(["network"])["firewall"] if not r.get("by_criu")}
        for want in (("ipv4", "nat", "-A OUTPUT -d 10.9.8.7/32 -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8080"),
                     ("ipv4", "mangle", "-A OUTPUT -p udp -m udp --dport 5353 -j CONNMARK --set-xmark 0x2a/0xffffffff"),
                     ("ipv6", "filter", "-A INPUT -m conntrack --ctstate INVALID -j DROP"),
                     ("ipv4", "filter", "-A INPUT -s 203.0.113.9/32 -m comment --comment CRIU -j ACCEPT")):
            self.assertIn(want, rules)

    def test_criu_s_own_lock(self):
        own = [r["rule"] for r in ask(["network"])["firewall"] if r.get("by_criu") and r["family"] == "ipv4"]
        self.assertEqual(own, [":CRIU - [0:0]", "-A INPUT -j CRIU", "-A OUTPUT -j CRIU",
                               "-A CRIU -m mark --mark 0xc114 -j ACCEPT", "-A CRIU -j DROP"])

    def test_nft(self):
        with tempfile.TemporaryDirectory() as there:
            subprocess.run(["tar", "--zstd", "-xf", DUMP, "-C", there], check=True)
            pathlib.Path(there, "images/nftables-9.img").write_text(
                "table inet CRIU-202 {\n\tchain output {\n\t\tmeta mark 0x0000c114 accept\n\t}\n}\n"
                "table ip mine {\n\tchain c {\n\t\tmeta mark 0x0000c114 accept\n\t}\n}\n")
            rules = [(r["rule"], r.get("by_criu", False)) for r in ask(["network"], there)["firewall"] if "family" not in r]
            self.assertIn(("meta mark 0x0000c114 accept", True), rules)
            self.assertIn(("meta mark 0x0000c114 accept", False), rules)


if __name__ == "__main__":
    unittest.main()
