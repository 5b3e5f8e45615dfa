"""What KubeArmor and Amazon GuardDuty found, in the forms in which their findings are handed on.
The records are made from the documents of each; the truth stands in `POLICIES` and `FINDINGS`."""
import gzip
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from audit_forms import compact, lines  # noqa: E402
from test_inputs import CONTAINER, NAMESPACE, POD, UID, Inputs  # noqa: E402

START = 1772359200
TOKEN = "/run/secrets/kubernetes.io/serviceaccount/..2026/token"
# operation, resource, the process that did it and its parent, was it let through; then the program
# and the target that the event must have, and the rules that find it.
POLICIES = [
    ("Process", "/usr/bin/id -u", ("/usr/bin/id", "/bin/sh"), True, "/usr/bin/id -u", "/usr/bin/id",
     ["kubearmor_policy"]),
    ("Process", "/usr/bin/nmap -sT 10.0.0.0/24", ("/usr/bin/nmap", "/bin/sh"), False, "/bin/sh",
     "/usr/bin/nmap -sT 10.0.0.0/24", ["kubearmor_policy"]),
    ("File", TOKEN, ("/bin/cat", "/bin/sh"), True, "/bin/cat x", TOKEN,
     ["kubearmor_credentials", "kubearmor_policy"]),
    ("Network", "remoteip=198.51.100.9 port=4444 protocol=TCP", ("/bin/nc", "/bin/sh"), True,
     "/bin/nc x", "198.51.100.9:4444", ["kubearmor_policy"]),
]
# type, severity, the action; then its target, program and rule.
FINDINGS = [
    ("Execution:Runtime/ReverseShell", 8, {}, None, "/bin/sh", "guardduty_intrusion"),
    ("Discovery:Kubernetes/MaliciousIPCaller", 5.5,
     {"actionType": "KUBERNETES_API_CALL", "kubernetesApiCallAction": {
         "requestUri": "/api/v1/secrets", "verb": "list"}}, "/api/v1/secrets", None,
     "guardduty_finding_medium"),
    ("CryptoCurrency:Runtime/BitcoinTool.B!DNS", 9.0,
     {"actionType": "DNS_REQUEST", "dnsRequestAction": {"domain": "pool.example"}}, "pool.example",
     None, "guardduty_finding"),
    ("Backdoor:Runtime/C&CActivity.B", 2,
     {"actionType": "NETWORK_CONNECTION", "networkConnectionAction": {
         "remoteIpDetails": {"ipAddressV4": "198.51.100.9"}, "remotePortDetails": {"port": 4444}}},
     "198.51.100.9:4444", None, None),
]


def armor(n, operation, resource, processes, let):
    own, parent = processes
    return {"Timestamp": START + n, "UpdatedTime": f"2026-03-01T10:00:0{n}.25Z", "ClusterName": "c",
            "HostName": "node-1", "NamespaceName": NAMESPACE, "PodName": POD, "Labels": "app=web",
            "ContainerID": CONTAINER, "ContainerName": "app", "ContainerImage": "web:1",
            "ParentProcessName": parent, "ProcessName": own, "PPID": 3, "PID": 7, "UID": 33,
            "PolicyName": "ksp-1", "Severity": "7", "Type": "MatchedPolicy",
            "Source": parent if operation == "Process" else own + " x", "Operation": operation,
            "Resource": resource, "Data": "syscall=SYS_X", "Enforcer": "AppArmor",
            "Action": "Audit" if let else "Block",
            "Result": "Passed" if let else "Permission denied"}


def duty(n, kind, severity, action, program, pod=POD, uid=UID):
    seen = {"serviceName": "guardduty", "action": action, "count": 4,
            "additionalInfo": {"type": "default", "value": "{}"},
            "eventFirstSeen": f"2026-03-01T10:00:0{n}.000Z",
            "eventLastSeen": f"2026-03-01T10:30:0{n}.000Z"}
    if program:
        seen["runtimeDetails"] = {"process": {
            "name": "sh", "executablePath": program, "namespacePid": 7, "userId": 0,
            "lineage": [{"executablePath": "/usr/sbin/nginx"}]}, "context": {}}
    return {"schemaVersion": "2.0", "accountId": "1", "region": "r", "id": str(n),
            "arn": f"arn:aws:guardduty:r:1:detector/d/finding/{n}", "type": kind, "resource": {
                "resourceType": "EKSCluster", "eksClusterDetails": {"name": "c"},
                "kubernetesDetails": {"kubernetesWorkloadDetails": {
                    "name": pod, "type": "pods", "uid": uid, "namespace": NAMESPACE}}},
            "service": seen, "severity": severity, "createdAt": "2026-03-01T11:00:00.000Z",
            "updatedAt": "2026-03-01T11:00:00.000Z", "title": "Found: " + kind}


def capitals(value):
    if isinstance(value, dict):
        return {k[0].upper() + k[1:]: capitals(v) for k, v in value.items()}
    return [capitals(v) for v in value] if isinstance(value, list) else value


def bridge(finding):
    return {"version": "0", "detail-type": "GuardDuty Finding", "source": "aws.guardduty",
            "time": "2026-03-01T11:05:00Z", "detail": finding}


class Findings(Inputs):
    def rules_at(self, name, events):
        """Of each event the rules that cite it, of these two sensors."""
        cited = {}
        for f in self.findings:
            for s in f["spans"]:
                if f["rule"].startswith(("kubearmor_", "guardduty_")) and s["item"].startswith(name):
                    cited.setdefault(s["offset"], []).append(f["rule"])
        return [sorted(cited.get(e["offset"], [])) for e in events]

    def test_kubearmor(self):
        made = [armor(n, *p[:4]) for n, p in enumerate(POLICIES)]
        forms = {"alerts.json": lines(made), "list.json": json.dumps(made, indent=2),
                 "shipped.json": lines({"log": compact(r), "stream": "stdout"} for r in made),
                 "relay.log": "".join(f"2026-03-01T10:00:09.5Z stdout F {compact(r)}\n" for r in made)}
        for name, text in forms.items():
            with self.subTest(name):
                self.put(name, text)
                self.analyze()
                events = self.of(name, "runtime")
                self.assertEqual(
                    [(e["time"], e["actor"], e["fields"]["target"]) for e in events],
                    [((START + n) * 10**9 + 250000000, p[4], p[5])
                     for n, p in enumerate(POLICIES)])
                for e, p in zip(events, POLICIES):
                    self.assertEqual((e["fields"]["tool"], e["fields"]["rule"],
                                      e["fields"]["severity"]), ("kubearmor", "ksp-1", "7"))
                    self.assertIn(p[1], e["message"])
                    self.assertIn("Passed" if p[3] else "Permission denied", e["message"])
                    self.assertIn(p[1], text[e["offset"]:e["offset"] + e["length"]])
                self.assertEqual(self.rules_at(name, events), [p[6] for p in POLICIES])
                (self.package / name).unlink()

    def test_guardduty(self):
        made = [duty(n, *f[:3], f[4]) for n, f in enumerate(FINDINGS)]
        forms = {"console.json": json.dumps(made, indent=2), "events.jsonl": lines(map(bridge, made)),
                 "export.jsonl.gz": gzip.compress(lines(made).encode()),
                 "cli.json": json.dumps({"Findings": capitals(made)}, indent=4)}
        for name, text in forms.items():
            with self.subTest(name):
                self.put(name, text)
                self.analyze()
                self.assertEqual((self.source(name)["role"], self.source(name)["records"]),
                                 ("runtime-log", len(FINDINGS)))
                events = self.of(name, "runtime")
                self.assertEqual(
                    [(e["time"], e["time_end"], e["action"], e["fields"].get("target"),
                      e["fields"].get("exe")) for e in events],
                    [((START + n) * 10**9, (START + 1800 + n) * 10**9, f[0], f[3], f[4])
                     for n, f in enumerate(FINDINGS)])
                self.assertEqual({(e["fields"]["pod"], e["clock"]) for e in events},
                                 {(POD, "store")})
                self.assertEqual(self.rules_at(name, events), [[f[5]] if f[5] else []
                                                              for f in FINDINGS])
                (self.package / name).unlink()

    def test_the_story_tells_what_was_found(self):
        self.put("found.jsonl", lines(duty(n, *f[:3], f[4]) for n, f in enumerate(FINDINGS)))
        self.analyze()
        story = json.loads((self.folder / "out" / "story.json").read_text())
        zero = json.loads((self.folder / "out" / "patient_zero.json").read_text())
        self.assertTrue(zero["intrusion_shown"])
        first = story["summary"][0]["text"]
        self.assertIn("Found: Execution:Runtime/ReverseShell", first)
        self.assertIn("/bin/sh", first)
        self.assertNotIn("sensor on the node", json.dumps(story))

    def test_the_story_names_the_file(self):
        """Once, where the command line does not."""
        said = [("File", TOKEN, ("/bin/cat", "/bin/sh"), True), ("Process", "/bin/cat " + TOKEN,
                                                                ("/bin/cat", "/bin/sh"), True)]
        self.put("alerts.json", lines(armor(n, *p) for n, p in enumerate(said)))
        self.analyze()
        story = json.loads((self.folder / "out" / "story.json").read_text())
        told = " ".join(s["text"] for s in story["summary"])
        self.assertIn(f"/bin/cat x, with {TOKEN}", told)
        self.assertIn(f"/bin/cat {TOKEN}", told)
        self.assertNotIn(f"{TOKEN}, with", told)

    def test_of_another_pod_it_is_no_event_of_this_one(self):
        self.put("found.jsonl", lines([duty(0, *FINDINGS[0][:3], "/bin/sh", "db-0", "other")]))
        self.analyze()
        self.assertEqual(self.of("found.jsonl", "runtime"), [])
        self.assertEqual([f["rule"] for f in self.findings if f["rule"].startswith("guardduty")],
                         ["guardduty_intrusion"])

    def test_samples_of_guardduty_are_no_finding(self):
        made = duty(0, *FINDINGS[0][:3], "/bin/sh")
        made["service"]["additionalInfo"] = {"sample": True, "value": '{"sample":true}'}
        self.put("found.jsonl", lines([made, bridge(made)]))
        self.put("cli.json", json.dumps({"Findings": [capitals(made)]}))
        self.analyze()
        self.assertEqual([f for f in self.findings if f["rule"].startswith("guardduty")], [])

    def test_what_only_names_them_is_not_theirs(self):
        """A security hub's finding about GuardDuty being switched off, and a program's own line."""
        self.put("hub.json", json.dumps({"SchemaVersion": "2018-10-08", "AwsAccountId": "1",
                                         "ProductArn": "arn:aws:securityhub:r::product/aws/guardduty",
                                         "Resources": [], "Title": "GuardDuty should be enabled"}))
        self.put("app.json", lines([{"Operation": "File", "Resource": "x", "level": "info"}]))
        self.analyze()
        self.assertEqual([s["item"] for s in self.coverage["sources"]
                          if s["role"] == "runtime-log"], [])


if __name__ == "__main__":
    unittest.main()
