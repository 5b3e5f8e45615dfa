"""Logs of tools that exhibit does not read are told as what they look like, with coverage; what
only resembles them is what it was."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from audit_forms import compact, lines, record  # noqa: E402
from test_inputs import Inputs  # noqa: E402

TIME = "2026-03-01T10:00:00Z"
# name: what it holds, a word of what it must be called
FOREIGN = {
    "defender.json": (json.dumps({"value": [{"type": "Microsoft.Security/Locations/alerts",
                                             "properties": {"severity": "High"}}]}, indent=1), "Defender"),
    "sentinel.json": (lines([{"TimeGenerated": TIME, "AlertName": "x", "SystemAlertId": "i"}]), "Sentinel"),
    "scc.json": (json.dumps([{"finding": {"category": "x", "findingClass": "THREAT"}}]),
                 "Security Command Center"),
    "hub.json": (json.dumps({"Findings": [{"ProductArn": "arn", "AwsAccountId": "1"}]}), "Security Hub"),
    "wazuh.json": (lines([{"timestamp": TIME, "rule": {"level": 12}, "agent": {"id": "1"},
                           "manager": {"name": "m"}, "location": "x"}]), "Wazuh"),
    "sysdig.json": (lines([{"id": "x", "severity": 4, "content": {"ruleName": "r"}}]), "Sysdig"),
    "gadget.json": (lines([{"k8s": {"podName": "p"}, "timestamp": TIME, "proc": {"comm": "cat"}}]),
                    "Inspektor Gadget"),
    "gadget-old.json": (lines([{"pod": "p", "mountnsid": 1, "pid": 7, "comm": "cat"}]),
                        "Inspektor Gadget"),
    "otel.json": (lines([{"resourceLogs": [{"scopeLogs": []}]}]), "OpenTelemetry"),
    "eve.json": (lines([{"timestamp": TIME, "flow_id": 1, "event_type": "alert", "src_ip": "a"}]), "Suricata"),
    "windows.json": (lines([{"Event": {"System": {"EventID": 4688, "TimeCreated": {
        "SystemTime": TIME}}}}]), "Windows"),
    "audit.log": ('type=SYSCALL msg=audit(1772359200.123:4): arch=c000003e syscall=59\n', "auditd"),
    "flows.log": ("2 123456789010 eni-1235b8ca1 10.0.0.1 10.0.0.2 20641 22 6 20 4249 1 2 ACCEPT OK\n",
                  "VPC"),
    "monotonic.txt": ("[  123.456789] node-1 kubelet[700]: started\n", "machine's start"),
    "node.txt": ("Name:               node-1\nRoles:              <none>\nLabels:             a=b\n"
                 "Unschedulable:      true\nConditions:\n", "describe"),
    "system.journal": (b"LPKSHHRH" + bytes(200), "journalctl"),
    "security.evtx": (b"ElfFile\0" + bytes(200), "evtx"),
    "net.pcap": (b"\xd4\xc3\xb2\xa1\x02\0\x04\0" + bytes(200), "pcap"),
}


class Unread(Inputs):
    def test_each_is_told_for_what_it_looks_like(self):
        for name, (data, _) in FOREIGN.items():
            self.put(name, data)
        self.analyze()
        told = {f["subject"]: f["arguments"]["looks_like"] for f in self.findings
                if f["rule"] == "coverage.not-read"}
        self.assertEqual(set(told), set(FOREIGN))
        for name, (_, word) in FOREIGN.items():
            with self.subTest(name):
                seen = self.source(name)
                self.assertEqual((seen["role"], seen["records"]), ("unread-log", 0))
                self.assertIn(word, seen["looks_like"])
                self.assertEqual(told[name], seen["looks_like"])
                self.assertEqual(seen["malformed"]["count"], 0)
        [asked] = [q for q in self.coverage["cannot_answer"] if "other tools" in q["question"]]
        self.assertEqual(sorted(asked["sources"]), sorted(FOREIGN))
        self.assertEqual([e for e in self.events if e["path"] in FOREIGN], [])

    def test_what_is_read_stays_so(self):
        """Their names within what is known, and in a program's own lines."""
        names = {"customerIDString": 1, "event": 2, "resourceLogs": 3, "scopeLogs": 4}
        self.put("audit.log", lines([record(n, requestObject=names) for n in range(3)]))
        self.put("app.log", "2026-03-01T10:00:00Z type=SYSCALL msg=audit(1:2): x\n")
        self.put("bracket.log", "[1.5] [123456.7] a server's own line\n[ab.cdefgh] x\n")
        self.put("raw.log", f"started\n{compact(names)}\ntype=SYSCALL msg=audit(1:2): x\n")
        self.analyze()
        self.assertEqual({s["item"]: s["role"] for s in self.coverage["sources"]
                          if s["item"].endswith("log")},
                         {"audit.log": "audit-log", "app.log": "container-log",
                          "raw.log": "container-log", "bracket.log": "container-log"})
        self.assertEqual(self.source("audit.log")["records"], 3)


if __name__ == "__main__":
    unittest.main()
