"""What an account did all along is told once and as no more than low; what somebody else does
with the same account stands beside it. Both the work and the intrusion are written down here."""
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made_cases import Case, account, lines  # noqa: E402

EXHIBIT = os.path.abspath(os.environ.get("EXHIBIT", "build/exhibit"))

SIGNER = account("signing", "signer")
WEB = account("shop", "web")
CLIENT = "signer-controller/v2.1 (linux/amd64) signing/$Format"
HOME, POD = "10.8.1.4", "10.8.2.9"
SIGN = 3 * 3600  # when the sensor sees the first shell


def ordinary(c):
    """A controller that watches all secrets, a builder, and a person who looks in."""
    c.request(1, SIGNER, "list", "secrets", agent=CLIENT, source=HOME)
    for i in range(30):
        c.request(10 + 430 * i, SIGNER, "watch", "secrets", agent=CLIENT, source=HOME)
    for i in range(20):
        c.request(100 + 600 * i, account("ci", "builder"), "create", f"pods ci/build-{i}", 201,
                  agent="builder/1.0", source="10.8.3.3",
                  body={"metadata": {"name": f"build-{i}"}, "spec": {"containers": [
                      {"name": "b", "image": "docker:dind",
                       "securityContext": {"privileged": True}}]}})


def pod(c):
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "web-1", "namespace": "shop", "uid": c.uid("pod"),
                         "creationTimestamp": c.time(0)[:19] + "Z"},
            "spec": {"serviceAccountName": "web", "nodeName": "n1",
                     "containers": [{"name": "web", "image": "shop/web:1"}]},
            "status": {"podIP": POD, "containerStatuses": [
                {"name": "web", "containerID": "containerd://" + "ab" * 32}]}}


def intrusion(c):
    c.alert(SIGN, "Run shell untrusted", "shop/web-1", "sh -c id", container="ab" * 32)
    own = dict(agent="curl/8.5.0", source=POD)
    c.request(SIGN + 20, WEB, "list", "secrets shop/", **own)
    c.request(SIGN + 40, WEB, "create", "pods/exec signing/signer-0", 101, **own,
              query="?command=cat&command=%2Fvar%2Frun%2Fsecrets%2Fkubernetes.io%2F"
                    "serviceaccount%2Ftoken")
    # The stolen token, with the name of the client that belongs to it.
    c.request(SIGN + 60, SIGNER, "list", "secrets", agent=CLIENT, source=POD)
    # From its own pod, with a tool.
    c.request(SIGN + 80, SIGNER, "list", "secrets", agent="kubectl/v1.30.2", source=HOME)


def analyze(c, *files):
    """The findings, and the scope."""
    with tempfile.TemporaryDirectory() as folder:
        package, out = Path(folder) / "package", Path(folder) / "out"
        package.mkdir()
        (package / "audit.log").write_text(lines(c.records()))
        for name, text in files:
            (package / name).write_text(text)
        done = subprocess.run([EXHIBIT, "analyze", package, "-o", out], capture_output=True,
                              text=True, check=False)
        assert done.returncode in (0, 1), done.stderr
        database = sqlite3.connect(out / "case.db")
        scope = database.execute("SELECT content FROM document WHERE name = 'scope'").fetchone()
        database.close()
        return (json.loads((out / "findings.json").read_text())["findings"],
                json.loads(scope[0]))


def of(found, rule, actor=None):
    return [f for f in found if f["rule"] == rule and not f["not_decidable"] and
            (actor is None or f["arguments"].get("actor") == actor)]


class WithoutAnIncident(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        c = Case("quiet", "2026-07-01")
        ordinary(c)
        cls.found, _ = analyze(c)

    def test_work_is_told_once_and_low(self):
        for rule, count in (("audit_secrets_listed_by_component", "31"),
                            ("audit_hazardous_workload_by_component", "20")):
            findings = of(self.found, rule)
            self.assertEqual(len(findings), 1, rule)
            self.assertEqual(findings[0]["severity"], "low", rule)
            self.assertEqual(findings[0]["arguments"]["count"], count)
            self.assertIn("all along", findings[0]["arguments"]["routine"])


class Outside(unittest.TestCase):
    """Nodes that reach a managed control plane by public addresses, and what runs on their
    network. A thief with a node's certificate does not make his own address the node's."""
    NODE, EGRESS, THIEF = "system:node:aks-pool1-0", "203.0.113.40", "198.51.100.7"
    CSI = account("kube-system", "csi-azuredisk-node-sa")

    def severities(self, *more):
        c = Case("outside", "2026-07-01")
        for i in range(10):
            c.request(10 + 60 * i, self.NODE, "patch", "nodes/status aks-pool1-0",
                      agent="kubelet/v1.30.1", source=self.EGRESS)
        for at, (user, source, agent) in enumerate(more):
            what = (("create", "pods/binding shop/a") if user.startswith("system:kube-") else
                    ("get", "csinodes aks-pool1-0"))
            c.request(300 + at, user, *what, agent=agent, source=source)
        found, _ = analyze(c)
        return [(f["severity"], f["arguments"].get("inside", ""))
                for rule in ("audit_cluster_identity_from_outside", "audit_component_from_outside")
                for f in of(found, rule, more[-1][0])]

    def test_an_agent_on_the_nodes_network(self):
        [(severity, why)] = self.severities((self.CSI, self.EGRESS, "azurediskplugin/v1.30.4"))
        self.assertEqual(severity, "info")
        self.assertIn(f"{self.NODE} calls from that address", why)

    def test_the_same_by_a_managed_control_plane(self):
        [(severity, _)] = self.severities(
            ("system:kube-scheduler", "203.0.113.99", "kube-scheduler/v1.30.1"),
            (self.CSI, "203.0.113.99", "azurediskplugin/v1.30.4"))
        self.assertEqual(severity, "info")

    def test_elsewhere_and_by_hand_it_stays_as_grave(self):
        for source, agent, grave in ((self.THIEF, "azurediskplugin/v1.30.4", "medium"),
                                     (self.THIEF, "kubectl/v1.30.2", "high"),
                                     (self.EGRESS, "kubectl/v1.30.2", "high")):
            self.assertEqual(self.severities((self.CSI, source, agent)), [(grave, "")])

    def test_a_stolen_certificate_of_a_node_excuses_nothing(self):
        self.assertEqual(self.severities((self.NODE, self.THIEF, "kubelet/v1.30.1"),
                                         (self.CSI, self.THIEF, "azurediskplugin/v1.30.4")),
                         [("medium", "")])


class WithAnIncident(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        c = Case("stolen", "2026-07-01")
        ordinary(c)
        intrusion(c)
        cls.found, cls.scope = analyze(c, ("pod.json", json.dumps(pod(c))),
                                       ("falco.json", lines(c.alerts())))

    def test_the_owners_work_is_low_and_the_thiefs_is_not(self):
        listed = (of(self.found, "audit_secrets_listed_by_component", SIGNER) +
                  of(self.found, "audit_secrets_listed_cluster_wide", SIGNER))
        told = {(f["arguments"]["agent"], f["arguments"]["source"]): f["severity"]
                for f in listed}
        self.assertEqual(told, {(CLIENT, HOME): "low", (CLIENT, POD): "high",
                                ("kubectl/v1.30.2", HOME): "high"})

    def test_what_is_used_from_the_pods_own_address_is_stolen(self):
        reached = {r["what"]: r for r in self.scope["identities"]}
        self.assertEqual(reached[SIGNER]["only_from"], POD)


class FromTheBeginning(unittest.TestCase):
    def test_a_log_that_begins_with_the_attack_excuses_nothing(self):
        c = Case("short", "2026-07-01")
        for i in range(12):  # twelve times within ten minutes
            c.request(50 * i, SIGNER, "list", "secrets", agent=CLIENT, source=HOME)
        found, _ = analyze(c)
        self.assertEqual({f["severity"] for f in of(found, "audit_secrets_listed_by_component")},
                         {"medium"})

    def test_a_person_is_not_excused_by_repetition(self):
        c = Case("person", "2026-07-01")
        for i in range(12):
            c.request(600 * i, "eve@example.org", "list", "secrets", source=HOME)
        found, _ = analyze(c)
        self.assertEqual({f["severity"] for f in of(found, "audit_secrets_listed_cluster_wide")},
                         {"high"})


if __name__ == "__main__":
    unittest.main()
