"""A runner's cluster: job pods come and go by the minute, one of them is an attacker's. He reads a
secret, and what was in it works from outside soon after. The truth stands in `runner_case`."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made_cases import Case, account, lines  # noqa: E402
from test_kube_reach import Reach  # noqa: E402

GROUPS = ("system:serviceaccounts", "system:authenticated")
RUNNER, BUILD, DEPLOYER = account("ci", "gitlab-runner"), account("ci", "build"), account("prod", "deployer")
POD, ADDRESS, EVIL = "job-77", "10.244.6.31", "203.0.113.99"
JONAS = "jonas@shop.example"


def job(name):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "ci", "labels": {"job": name}},
            "spec": {"serviceAccountName": "build", "nodeName": "n3", "containers": [
                {"name": "build", "image": "registry.example/builder:12",
                 "envFrom": [{"secretRef": {"name": "registry-push"}}]}]}}


def made_by_runner(c, at, name, gone_after=None):
    kw = dict(agent="gitlab-runner 17.2.0 linux/amd64", source="10.244.2.5", groups=GROUPS)
    c.request(at, RUNNER, "create", f"pods ci/{name}", 201, body=job(name), answer=job(name), **kw)
    c.request(at + 12, RUNNER, "create", f"pods/attach ci/{name}", 101, **kw)
    if gone_after:
        c.request(at + gone_after, RUNNER, "delete", f"pods ci/{name}", **kw)


def runner_case(reads=True, timeline=""):
    c = Case("runner", "2026-06-09")  # begins at 10:00
    for i in range(20):
        made_by_runner(c, 30 + 100 * i, f"job-{i}", 40)
        c.request(70 + 100 * i, DEPLOYER, "patch", "deployments prod/orders", agent="helm/3.15",
                  source="10.244.2.77", groups=GROUPS, group="apps")
    made_by_runner(c, 3000, POD)  # 10:50
    inside = dict(agent="curl/8.5.0", source=ADDRESS, groups=GROUPS,
                  extra={"authentication.kubernetes.io/pod-name": [POD]})
    c.alert(3070, "Contact K8S API Server From Container", f"ci/{POD}", "curl -sk https://kubernetes.default/api",
            container="ab" * 32)
    c.request(3080, BUILD, "create", "selfsubjectrulesreviews", 201, group="authorization.k8s.io", **inside)
    if reads:  # 10:52
        c.request(3120, BUILD, "get", "secrets ci/deploy-config", **inside)
    outside = dict(source=EVIL, groups=GROUPS)  # with kubectl, from 10:53:30
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "db-maint", "namespace": "prod"},
           "spec": {"containers": [{"name": "c", "image": "postgres:16",
                                    "envFrom": [{"secretRef": {"name": "orders-db"}}]}]}}
    c.request(3210, DEPLOYER, "list", "pods prod/", **outside)
    c.request(3240, DEPLOYER, "create", "pods prod/db-maint", 201, body=pod, answer=pod, **outside)
    c.request(3280, DEPLOYER, "create", "pods/exec prod/db-maint", 101,
              query="?command=sh&command=-c&command=pg_dump+orders&container=c&stdout=true", **outside)
    policy = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
              "metadata": {"name": "quarantine", "namespace": "ci"},
              "spec": {"podSelector": {"matchLabels": {"quarantine": "true"}}, "policyTypes": ["Ingress", "Egress"]}}
    c.request(4860, JONAS, "create", "networkpolicies ci/quarantine", 201, group="networking.k8s.io",
              body=policy, answer=policy, source="192.0.2.40")
    labelled = job(POD)
    labelled["metadata"]["labels"]["quarantine"] = "true"
    c.request(4920, JONAS, "patch", f"pods ci/{POD}", body={"metadata": {"labels": {"quarantine": "true"}}},
              answer=labelled, source="192.0.2.40")  # 11:22
    c.request(6000, JONAS, "delete", f"pods ci/{POD}", source="192.0.2.40")  # 11:40
    manifest = job(POD)
    manifest["metadata"].update(uid=c.uid("pod"), creationTimestamp="2026-06-09T10:50:00Z")
    manifest["status"] = {"podIP": ADDRESS, "containerStatuses": [
        {"name": "build", "image": "registry.example/builder:12", "containerID": "containerd://" + "ab" * 32}]}
    c.files = {"pod.json": json.dumps(manifest), "audit.log": lines(c.records()), "falco.json": lines(c.alerts())}
    if timeline:
        c.files["timeline.md"] = "# Timeline (all times UTC, 2026-06-09)\n\n" + timeline
    return c


class Runner(Reach):
    def judge(self, made):
        self.analyze(made.files)
        return self.documents

    def secret(self, documents, name):
        found = [s for s in documents["exposure"]["secrets"] if s["name"] == name and s["kind"] == "secret"]
        self.assertEqual(len(found), 1, name)
        return found[0]

    def test_what_was_in_the_secret_works_from_outside(self):
        documents = self.judge(runner_case())
        reached = {r["what"]: r for r in documents["scope"]["identities"]}
        self.assertEqual(reached[DEPLOYER]["only_from"], EVIL)
        self.assertEqual(reached[DEPLOYER]["since"], "2026-06-09T10:53:30.000000Z")
        self.assertIn("ran a command in pod prod/db-maint", self.summary)
        self.secret(documents, "orders-db")  # what the attacker's own pod was given

    def test_no_secret_was_read(self):
        """Then nothing joins the two: who deploys may have moved."""
        documents = self.judge(runner_case(reads=False))
        self.assertNotIn(DEPLOYER, [r["what"] for r in documents["scope"]["identities"]])

    def test_pods_that_are_gone_need_no_restart(self):
        documents = self.judge(runner_case())
        consumers = self.secret(documents, "registry-push")["rotation"]["consumers"]
        self.assertEqual([c["name"] for c in consumers], [POD])

    def test_the_label_held_it_back(self):
        """The policy selected nothing until the pod was labelled; its deletion came later."""
        documents = self.judge(runner_case())
        self.assertEqual(documents["containment"]["contained"][:19], "2026-06-09T11:22:00")
        said = [line for line in self.summary.splitlines() if "2026-06-09T11:22:00" in line]
        self.assertTrue(any("held back" in line and "labels" in line for line in said), said)
        self.assertNotIn("ended at", self.summary)

    def test_what_was_run(self):
        """pg_dump was, by the record of the session; no other program."""
        claims = {"The attacker ran pg_dump in db-maint": "supported",
                  "pg_dump was run in db-maint by the attacker": "supported",
                  "Angreifer führt pg_dump in db-maint aus": "supported",
                  "L'attaquant a exécuté pg_dump dans db-maint": "supported",
                  "El atacante ejecutó pg_dump en db-maint": "supported",
                  "Attacker executed xmrig in db-maint": "neither",
                  "xmrig was executed in db-maint": "neither",
                  f"The deployer account was used from {EVIL}": "supported"}
        text = "".join(f"- 10:54 {claim}\n" for claim in claims)
        documents = self.judge(runner_case(timeline=text))
        judged = {c["claim"]: c for c in documents["claims"]["claims"]}
        self.assertEqual({k: v["verdict"] for k, v in judged.items()}, claims)
        self.assertIn("the session of that moment ran something else",
                      judged["Attacker executed xmrig in db-maint"]["why"])

    def test_what_others_do_elsewhere_is_no_intrusion(self):
        """A shell that nobody explains, and somebody who makes a colleague administrator of the cluster:
        the first is not shown to be an attack by the second."""
        c = Case("alarm", "2026-06-09")
        binding = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "x"},
                   "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
                   "subjects": [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "olga@shop.example"}]}
        c.request(60, JONAS, "list", "pods ci/", source="192.0.2.40")
        c.alert(600, "Terminal shell in container", f"ci/{POD}", "sh", container="ab" * 32)
        c.request(1800, JONAS, "create", "clusterrolebindings x", 201, group="rbac.authorization.k8s.io", body=binding,
                  answer=binding, source="192.0.2.40")
        manifest = job(POD)
        manifest["status"] = {"podIP": ADDRESS, "containerStatuses": [
            {"name": "build", "image": "x", "containerID": "containerd://" + "ab" * 32}]}
        c.files = {"pod.json": json.dumps(manifest), "audit.log": lines(c.records()), "falco.json": lines(c.alerts())}
        documents = self.judge(c)
        rules = {f["rule"]: f["severity"] for f in documents["findings"]["findings"]}
        self.assertEqual(rules["audit_cluster_admin_bound"], "critical")
        self.assertFalse(documents["patient_zero"]["intrusion_shown"])


if __name__ == "__main__":
    unittest.main()
