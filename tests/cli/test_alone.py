"""Packages that hold one source alone, and one whose files were changed: what cannot be
answered is said, and nothing is claimed that no source shows."""
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

EXHIBIT = os.environ["EXHIBIT"]
CORPUS = Path(__file__).resolve().parents[2] / "corpus"
CASE = CORPUS / "packages/inventory"
POD = "inventory/inventory-api-6d4cf56db6-9wq7m"


class Alone(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.at = Path(folder.name)

    def analyze(self, *patterns, more=()):
        package = self.at / "case"
        shutil.rmtree(package, ignore_errors=True)
        package.mkdir()
        for pattern in patterns:
            for path in CASE.glob(pattern):
                shutil.copy(path, package)
        return self.run_on(package, *more)

    def run_on(self, package, *more):
        self.out = self.at / "out"
        done = subprocess.run([EXHIBIT, "analyze", package, "-o", self.out, *more], capture_output=True,
                              text=True, timeout=120)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        self.documents = {p.stem: json.loads(p.read_text()) for p in self.out.glob("*.json")}
        self.page = (self.out / "report.html").read_text()
        return done.stdout

    def questions(self):
        return " ".join(q["question"] for q in self.documents["story"]["open_questions"])

    def assert_not_decidable(self):
        for answer in self.documents["exposure"]["cluster"].values():
            self.assertEqual((answer["lost"], answer["spans"]), ("not decidable", []))

    def test_an_audit_log(self):
        said = self.analyze("audit.log")
        self.assertIn("--pod NAMESPACE/NAME", said)
        self.assertNotIn("First ", said)
        self.assertIn("Which pod is it about?", self.questions())
        self.assertIn("cannot be answered", self.page)
        said = self.analyze("audit.log", more=("--pod", POD))
        self.assertIn("asked which rights it has", said)
        self.assertNotIn("Which pod is it about?", self.questions())
        self.assertIn("no runtime alerts", self.questions())

    def test_an_audit_log_that_tells_of_sessions(self):
        """Two people go into one pod, one into another: the first is proposed."""
        package = self.at / "case"
        package.mkdir()
        with open(package / "audit.log", "w") as f:
            for i, pod in enumerate(("api-1", "web-1", "api-1")):
                f.write(json.dumps({
                    "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata",
                    "auditID": f"00000000-0000-0000-0000-00000000000{i}", "verb": "create",
                    "stage": "ResponseComplete", "user": {"username": f"person-{i}@example.org"},
                    "requestURI": f"/api/v1/namespaces/shop/pods/{pod}/exec?command=sh&stdin=true",
                    "sourceIPs": ["192.0.2.9"], "userAgent": "kubectl/v1.33.1",
                    "objectRef": {"resource": "pods", "namespace": "shop", "name": pod,
                                  "apiVersion": "v1", "subresource": "exec"},
                    "responseStatus": {"code": 101},
                    "requestReceivedTimestamp": f"2026-03-01T10:00:0{i}.000000Z",
                    "stageTimestamp": f"2026-03-01T10:00:0{i}.100000Z"}) + "\n")
        said = self.run_on(package)
        self.assertIn("--pod shop/api-1 (most refused requests and sessions are of it)", said)
        self.assertRegex(self.page, r"perhaps <strong>shop/api-1</strong>")
        self.assertIn("1 item, ", said)

    def test_nothing_that_is_known(self):
        package = self.at / "case"
        package.mkdir()
        (package / "dump.bin").write_bytes(bytes(range(1, 256)) * 40)
        said = self.run_on(package)
        self.assertIn("nothing here was taken for evidence", said)
        self.assertNotIn("--pod", said)

    def test_a_log_of_attempts(self):
        """Whether the program did what was asked stands nowhere: neither is denied."""
        said = self.analyze("pod-logs-IR.txt")
        self.assertIn("the log shows attempts, and nothing what came of them", said)
        self.assertNotIn("nothing here shows an intrusion", said)

    def test_alerts(self):
        said = self.analyze("falco.jsonl")
        self.assertIn(f"--pod {POD}", said)
        self.assertEqual(self.documents["scope"]["most_named"], POD)
        self.assertIn("no audit log", self.questions())
        self.assert_not_decidable()

    def test_a_checkpoint(self):
        said = self.analyze("*checkpoint.tar.zst")
        first = re.search(r"^First +(\S+)\n +(.*)$", said, re.M)
        self.assertIn("The container logged a request", first[2])
        self.assertEqual(first[1], self.documents["patient_zero"]["time"])
        self.assertIn("no audit log", self.questions())
        self.assert_not_decidable()

    def test_a_layer_without_its_image(self):
        said = self.analyze("*layer.tar")
        self.assertIn("--pod", said)
        self.assert_not_decidable()

    def test_statements_that_rest_on_changed_files_say_so(self):
        package = self.at / "changed"
        shutil.copytree(CASE, package)
        timeline = package / "timeline.md"
        timeline.write_text(timeline.read_text().replace("Checkpoint taken", "Checkpoint made "))
        self.run_on(package, "--trust", CORPUS / "pki/ca.pem")
        self.assertEqual(self.documents["verdict"]["verdict"], "failed")
        short = re.search(r'<ul class="summary">(.*?)<h3>Step by step', self.page, re.S)[1]
        marked = [line for line in short.split("</li>") if 'badge mismatch' in line]
        self.assertEqual(len(marked), 1)
        self.assertIn("written timeline", marked[0])
        summary = (self.out / "summary.md").read_text()
        self.assertRegex(summary, r"- The written timeline says .*timeline\.md, which is: \*\*mismatch")

    def test_whose_act_a_claim_names_supports_it(self):
        """"inventory-api listed secrets" is not shown by somebody else's list."""
        self.analyze("*")
        [claim] = [c for c in self.documents["claims"]["claims"] if "listed secrets" in c["claim"]]
        self.assertEqual([(s["user"], s["object"]) for s in claim["supports"]],
                         [("system:serviceaccount:inventory:inventory-api", "all namespaces")])

    def test_findings_before_the_first_sign_are_marked(self):
        self.analyze("*")
        for title, marked in (("Administrator role bound</span> <span class=\"subject\">sre-admin", True),
                              ("An identity in scope read secrets", False)):
            [line] = [x for x in re.findall(r"<summary>.*?</summary>", self.page, re.S) if title in x][:1]
            self.assertEqual("before the first sign" in line, marked, line)


if __name__ == "__main__":
    unittest.main()
