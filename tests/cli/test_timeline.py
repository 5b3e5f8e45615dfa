"""The timeline against the truth: every step that some source recorded stands in it, at its
time, and cites exactly the bytes that say so. Then: damaged and odd logs."""
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from datetime import datetime, timezone
from pathlib import Path

EXHIBIT = os.environ["EXHIBIT"]
CASE = Path("corpus/packages/inventory")
TRUTH = json.loads(Path("corpus/packages/inventory.truth.json").read_text())


def run(*args, **kwargs):
    return subprocess.run([EXHIBIT, *map(str, args)], capture_output=True, timeout=300, **kwargs)


def analyze(package, out, *more):
    done = run("analyze", package, "-o", out, "--quiet", *more)
    events = [json.loads(line) for line in (out / "timeline.jsonl").read_text().splitlines()]
    return done, events


def seconds(text):
    whole, fraction = re.fullmatch(r"(.{19})(?:\.(\d+))?Z", text).groups()
    moment = datetime.strptime(whole, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
    return moment.timestamp() + float(f"0.{fraction or 0}")


# What must be found for each step: (source, pattern over action, object and message). A
# step's time is when the command was given, or for api: and respond: when it returned.
SHOWN = {
    "container-start": ("container-log", "listening on 8080"),
    "exploit-probe": ("container-log", r"GET /report\?name=x;id"),
    "reverse-shell": ("falco", "Redirect stdout/stdin to network connection"),
    "api:whoami": ("audit", "create selfsubjectrulesreviews"),
    "c2:recon": ("falco", "shell was spawned"),
    "api:list-secrets-all": ("audit", "inventory-api list secrets"),
    "api:get-stripe": ("audit", "get secrets payments/stripe"),
    "api:create-crb-denied": ("audit", "create clusterrolebindings.*403"),
    "c2:download": ("falco", "Ingress remote file copy tool"),
    "api:escalate-clusterrole": ("audit", "patch clusterroles inventory-reader"),
    "c2:start-implant": ("falco", "Executing binary not part of base image"),
    "api:exec-other-pod": ("audit", "payments/pay-0"),
    "api:privileged-pod": ("audit", "create pods kube-system/kube-proxy-gw"),
    "api:create-backdoor-sa": ("audit", "create serviceaccounts kube-system/metrics-agent"),
    "c2:download2": ("falco", "Setuid or setgid bit"),
    "api:bind-backdoor": ("audit", "create clusterrolebindings metrics-agent"),
    "c2:fileless": ("falco", "memfd_create"),
    "c2:cron": ("layer", "/etc/cron.d/update"),
    "c2:sshkey": ("layer", "/root/.ssh/authorized_keys"),
    "c2:preload": ("layer", "/etc/ld.so.preload"),
    "c2:adduser": ("layer", "/etc/passwd"),
    "c2:clear-logs": ("falco", "Log files were tampered"),
    "respond:describe": ("audit", "alice@shop.example get pods inventory/"),
    "respond:label": ("audit", "alice@shop.example patch pods inventory/"),
    "respond:netpol": ("audit", "create networkpolicies inventory/quarantine"),
    "respond:netpol-yaml": ("audit", "get networkpolicies inventory/quarantine"),
    "respond:cordon": ("audit", "patch nodes worker-2"),
    "respond:pod-yaml": ("audit", "alice@shop.example get pods inventory/"),
    "checkpoint-begin": ("timeline", "Checkpoint taken"),
    "after:delete-privileged-pod": ("audit", "delete pods kube-system/kube-proxy-gw"),
    "after:rotate-db": ("audit", "patch secrets inventory/inventory-db"),
    "after:delete-crb": ("audit", "delete clusterrolebindings metrics-agent"),
}
# Reading a file, removing one that left no trace, and writing to a deleted one are recorded
# by no source of this package; the end of the baseline and of the checkpoint are no acts.
NOT_RECORDED = {"baseline-done", "c2:read-token", "c2:unlink-implant", "c2:ghost",
                "checkpoint-end"}


class OfTheCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.out = Path(cls.folder.name) / "out"
        cls.done, cls.events = analyze(CASE, cls.out, "--trust", "corpus/pki/ca.pem")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_every_recorded_step_stands_at_its_time(self):
        self.assertEqual({s["step"] for s in TRUTH}, set(SHOWN) | NOT_RECORDED)
        for step in TRUTH:
            if step["step"] in NOT_RECORDED:
                continue
            source, pattern = SHOWN[step["step"]]
            when = seconds(step["time"])
            near = [e for e in self.events if e["source"] == source
                    and -1.6 < seconds(e["datetime"]) - when < 0.2]
            said = [f'{e["action"]} {e["object"]} {e["message"]}' for e in near]
            self.assertTrue(any(re.search(pattern, s) for s in said), (step["step"], said))

    def test_order_is_total(self):
        keys = [(seconds(e["datetime"]), e["item_id"], e["offset"]) for e in self.events]
        self.assertEqual(keys, sorted(keys))

    def test_every_span_shows_the_record(self):
        for event in self.events:
            span = f'{event["item"]}@{event["offset"]}+{event["length"]}'
            if event["source"] not in ("audit", "falco", "container-log", "timeline"):
                continue
            shown = run("show", CASE, span, "--raw").stdout
            self.assertEqual(len(shown), event["length"], span)
            if event["source"] == "audit":
                record = json.loads(shown)
                self.assertEqual(record["auditID"], event["fields"]["audit_id"])
                self.assertEqual(seconds(record["stageTimestamp"]), seconds(event["datetime"]))
                self.assertEqual(record["user"]["username"], event["actor"])
                self.assertEqual(record["verb"], event["fields"]["verb"])
            elif event["source"] == "falco":
                self.assertEqual(json.loads(shown)["rule"], event["action"])
            elif event["source"] == "container-log":
                self.assertTrue(shown.endswith(event["message"].encode()), shown)
                self.assertNotIn(b"\n", shown)
            else:
                said = "somebody wrote: "  # a claim must not read like a record of an act
                self.assertTrue(event["message"].startswith(said), event["message"])
                self.assertIn(event["message"].removeprefix(said).encode(), shown)

    def test_objects_and_events_cite_their_own_text(self):
        for event in self.events:
            if event["source"] not in ("events", "objects"):
                continue
            data = (CASE / event["item"]).read_bytes()
            text = data[event["offset"]:event["offset"] + event["length"]].decode()
            self.assertIn(event["datetime"][:19], text)

    def test_coverage_counts_what_is_there(self):
        coverage = json.loads((self.out / "coverage.json").read_text())
        by_item = {s["item"]: s for s in coverage["sources"]}
        audit = [json.loads(x) for x in (CASE / "audit.log").read_text().splitlines()]
        seen = by_item["audit.log"]
        self.assertEqual(seen["records"], len(audit))
        times = sorted(a["stageTimestamp"] for a in audit)
        self.assertEqual(seconds(seen["first"]), seconds(times[0]))
        self.assertEqual(seconds(seen["last"]), seconds(times[-1]))
        for level in {a["level"] for a in audit}:
            self.assertEqual(seen["levels"][level], sum(a["level"] == level for a in audit))
        self.assertEqual(seen["malformed"]["count"], 0)
        falco = (CASE / "falco.jsonl").read_text().splitlines()
        self.assertEqual(by_item["falco.jsonl"]["records"], len(falco))


class OfOtherPackages(unittest.TestCase):
    """The case's pod with logs in other forms, or damaged."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.package = Path(self.folder.name) / "package"
        self.package.mkdir()
        shutil.copy(next(CASE.glob("*spec.yaml")), self.package)
        self.lines = (CASE / "audit.log").read_text().splitlines()

    def analyze(self, *more):
        done, events = analyze(self.package, Path(self.folder.name) / "out", *more)
        self.assertIn(done.returncode, (0, 1), done.stderr)  # 1: the package lacks artefacts
        out = Path(self.folder.name) / "out"
        self.findings = json.loads((out / "findings.json").read_text())
        self.coverage = json.loads((out / "coverage.json").read_text())
        return events

    def audit_ids(self, events):
        return [e["fields"]["audit_id"] for e in events if e["source"] == "audit"]

    def source(self, name):
        return next(s for s in self.coverage["sources"] if s["item"].startswith(name))

    def test_the_same_requests_in_every_export(self):
        records = [json.loads(x) for x in self.lines]
        forms = {
            "lines": "\n".join(self.lines),
            "list": json.dumps({"kind": "EventList", "apiVersion": "audit.k8s.io/v1",
                                "items": records}),
            "pretty list": json.dumps({"kind": "EventList", "items": records}, indent=2),
            "pretty records": "\n".join(json.dumps(r, indent=4) for r in records),
            "array": json.dumps(records),
            "batches": "\n".join(json.dumps({"kind": "EventList",
                                             "apiVersion": "audit.k8s.io/v1",
                                             "items": records[i:i + 7]})
                                 for i in range(0, len(records), 7)),
            "cloudwatch": json.dumps({"events": [{"timestamp": 1, "message": x}
                                                 for x in self.lines]}),
            "subscription": "\n".join(json.dumps({
                "messageType": "DATA_MESSAGE", "logGroup": "/aws/eks/c/cluster",
                "logStream": "kube-apiserver-audit-1",
                "logEvents": [{"id": "1", "timestamp": 1, "message": x}]})
                for x in self.lines),
            "s3": "\n".join(f"2026-11-23T09:45:00.000Z {x}" for x in self.lines),
            "azure string": "\n".join(json.dumps({"category": "kube-audit",
                                                  "properties": {"log": x}})
                                      for x in self.lines),
            "azure object": json.dumps({"records": [{"category": "kube-audit",
                                                     "properties": {"log": r}}
                                                    for r in records]}),
            "elastic": json.dumps({"hits": {"total": {"value": 1}, "hits": [
                {"_source": {"kubernetes": {"audit": r}}} for r in records]}}),
            "splunk": "\n".join(json.dumps({"preview": False, "result": {"_raw": x}})
                                for x in self.lines),
            "crlf": "\r\n".join(self.lines) + "\r\n",
        }
        want = None
        for name, text in forms.items():
            with self.subTest(form=name):
                log = self.package / "audit.log"
                log.write_text(text, newline="")
                got = self.audit_ids(self.analyze("--as", "audit-log=audit.log"))
                want = want or got
                self.assertGreater(len(want), 40)
                self.assertEqual(got, want)
                self.assertEqual(self.source("audit.log")["records"], len(records))

    def test_rotated_compressed_and_shuffled(self):
        (self.package / "audit.log").write_text("\n".join(self.lines) + "\n")
        want = self.audit_ids(self.analyze())
        (self.package / "audit.log").unlink()
        (self.package / "audit-2.log").write_text("\n".join(reversed(self.lines[:100])) + "\n")
        (self.package / "audit-1.log").write_text("\n".join(self.lines[100:]) + "\n")
        subprocess.run(["gzip", self.package / "audit-2.log"], check=True)
        got = self.audit_ids(self.analyze())
        self.assertGreater(len(set(got) & set(want)), 0.8 * len(set(want)))

    def test_damage_is_told_with_its_place_and_the_rest_is_read(self):
        lines = list(self.lines)
        lines[10] = lines[10][:300]
        lines[20] = "\x00\x01garbage"
        lines[30] = '{"broken":'
        lines[40] = lines[40].replace('"verb":"', '"verb":"get","verb":"', 1)
        text = "\n".join(lines) + "\n" + lines[0][:200]
        (self.package / "audit.log").write_text(text)
        self.analyze()
        seen = self.source("audit.log")
        offsets = [0]
        for line in lines:
            offsets.append(offsets[-1] + len(line.encode()) + 1)
        cut = [p["span"]["offset"] for p in seen["cut_off"]["places"]]
        self.assertEqual(cut, [offsets[10], offsets[-1]])
        malformed = [p["span"]["offset"] for p in seen["malformed"]["places"]]
        self.assertEqual(malformed, [offsets[20], offsets[30]])
        twice = [p["span"]["offset"] for p in seen["contradictory"]["places"]]
        self.assertEqual(twice, [offsets[40]])
        self.assertEqual(seen["other_lines"], 0)
        self.assertEqual(seen["records"], len(lines) - 2 + 1)
        kinds = {f["rule"] if "rule" in f else f["id"] for f in self.findings["findings"]}
        for kind in ("malformed-record", "cut-record", "contradictory-record"):
            self.assertIn(f"coverage.{kind}", kinds)

    def test_a_gap_against_the_own_rhythm(self):
        late = []
        for i, line in enumerate(self.lines * 2):
            record = json.loads(line)
            hour = "09" if i < len(self.lines) else "11"
            record["stageTimestamp"] = record["stageTimestamp"].replace("T09", f"T{hour}")
            late.append(json.dumps(record))
        (self.package / "audit.log").write_text("\n".join(late) + "\n")
        self.analyze()
        gaps = self.source("audit.log")["gaps"]
        self.assertEqual(len(gaps), 1)
        self.assertEqual(gaps[0]["from"][:16], "2026-11-23T09:45")
        self.assertEqual(gaps[0]["to"][:16], "2026-11-23T11:45")

    def test_falco_tells_that_it_lost_events(self):
        shutil.copy("corpus/samples/falco/issue-variants.jsonl", self.package / "falco.jsonl")
        self.analyze()
        seen = self.source("falco.jsonl")
        self.assertEqual(seen["drop_notices"]["count"], 1)
        self.assertEqual(seen["dropped_events"], 815508)
        self.assertEqual(seen["clock_mismatches"]["count"], 1)

    def test_parts_of_a_line_are_joined(self):
        where = self.package / "pods/inventory_inventory-api-6d4cf56db6-9wq7m_u/api"
        where.mkdir(parents=True)
        parts = ["2026-11-23T09:45:26.1Z stdout P one ", "2026-11-23T09:45:26.2Z stderr F err",
                 "2026-11-23T09:45:26.3Z stdout P two ", "2026-11-23T09:45:26.4Z stdout F three",
                 "2026-11-23T09:45:26.5Z stdout P left"]
        (where / "0.log").write_text("\n".join(parts) + "\n")
        lines = [e for e in self.analyze() if e["source"] == "container-log"]
        self.assertEqual([e["message"] for e in lines], ["one two three", "err", "left"])
        self.assertEqual(lines[0]["fields"]["container"], "api")
        self.assertEqual(lines[0]["length"], len("\n".join(parts[:4])))

    def test_empty_random_and_other_types(self):
        for name, data in {"empty": b"", "zeros": bytes(5000), "random": os.urandom(70000),
                           "newlines": b"\n" * 1000, "open": b"[" * 5000,
                           "json": b'{"a":' * 300}.items():
            with self.subTest(data=name):
                for role in ("audit-log", "falco-alerts", "container-log", "runtime-log",
                             "kubernetes-events", "kubernetes-objects", "written-timeline"):
                    (self.package / "thing").write_bytes(data)
                    self.analyze("--as", f"{role}=thing")


if __name__ == "__main__":
    unittest.main()
