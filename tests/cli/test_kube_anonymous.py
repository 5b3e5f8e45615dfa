"""An administrator gives anonymous requests all rights, and somebody makes a DaemonSet with them.
Who opened the door, who came in, on which nodes it ran, what ended the pod, and a timeline kept
in a spreadsheet."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made_cases import KCM, Case, lines  # noqa: E402
from test_kube_reach import Reach  # noqa: E402

ANYONE, EVIL, ADMIN = "system:anonymous", "45.95.147.236", "kubernetes-admin"
CONTROLLER = "system:serviceaccount:kube-system:daemon-set-controller"
RULE = 'RBAC: allowed by ClusterRoleBinding "fix" of ClusterRole "cluster-admin" to User "x"'
SPEC = {"hostPID": True, "containers": [{"name": "m", "image": "alpine:3", "securityContext": {
    "privileged": True}}], "volumes": [{"name": "r", "hostPath": {"path": "/"}}]}
SET = {"kind": "DaemonSet", "apiVersion": "apps/v1", "metadata": {
    "name": "prox", "namespace": "kube-system", "uid": "d"},
    "spec": {"template": {"metadata": {"labels": {"a": "p"}}, "spec": SPEC}}}


class Anonymous(Reach):
    def pod(self, name, **spec):
        return {"kind": "Pod", "apiVersion": "v1", "metadata": {
            "name": name, "namespace": "kube-system", "labels": {"a": "p"}, "ownerReferences": [
                {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "prox", "uid": "d",
                 "controller": True}]}, "spec": {**SPEC, **spec}}

    def setUp(self):
        c = Case("anonymous", "2026-11-06")
        binding = {"kind": "ClusterRoleBinding", "metadata": {"name": "fix"},
                   "subjects": [{"kind": "User", "name": ANYONE}],
                   "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}}
        c.request(0, ADMIN, "create", "clusterrolebindings fix", 201, body=binding,
                  group="rbac.authorization.k8s.io")
        nobody = {"source": EVIL, "agent": "Go-http-client/1.1", "reason": RULE,
                  "groups": ("system:unauthenticated",)}
        c.request(1200, ANYONE, "list", "secrets", **nobody)
        c.request(1260, ANYONE, "create", "daemonsets kube-system/prox", 201, body=SET,
                  group="apps", **nobody)
        for name, node in (("prox-a", "n1"), ("prox-b", "n2")):
            c.request(1260.2, CONTROLLER, "create", f"pods kube-system/{name}", 201,
                      body=self.pod(name), agent=KCM)
            c.request(1260.4, "system:kube-scheduler", "create",
                      f"pods/binding kube-system/{name}", 201, agent="kube-scheduler/v1.29.4",
                      body={"kind": "Binding", "target": {"kind": "Node", "name": node}})
        c.request(2400, ADMIN, "patch", "daemonsets kube-system/prox", group="apps",
                  body={"spec": {"template": {"spec": {"nodeSelector": {"ir": "none"}}}}})
        for name in ("prox-a", "prox-b"):
            c.request(2401, CONTROLLER, "delete", f"pods kube-system/{name}", agent=KCM)
        c.request(2700, ADMIN, "delete", "clusterrolebindings fix",
                  group="rbac.authorization.k8s.io")
        c.request(3000, ANYONE, "list", "pods", 403, **nobody)
        pod = self.pod("prox-a", nodeName="n1")
        pod["metadata"]["creationTimestamp"] = "2026-11-06T10:21:00Z"
        self.analyze({"pod.json": json.dumps(pod), "audit.log": lines(c.records()),
                      "Ablauf.csv": "Zeit (UTC);Ereignis;Wer\n"
                      "2026-11-06 10:21;DaemonSet prox vom Angreifer angelegt;kim\n"
                      "2026-11-06 10:45;ClusterRoleBinding fix gelöscht;kim\n"
                      "2026-11-06 10:46;Secret smtp rotiert;kim\n",
                      "load.csv": "time;cpu\n2026-11-06 10:21;3\n2026-11-06 10:22;4\n"
                      "2026-11-06 10:23;5\n"})

    def test_who_came_in_and_who_had_opened(self):
        (found,) = self.found("kube.anonymous-acted")
        self.assertEqual((found["subject"], found["time"][11:19]), (ANYONE, "10:20:00"))
        self.assertEqual(self.found("kube.account-at-new-place"), [])
        self.assertIn(f"had been given before: {ADMIN} created cluster role binding fix",
                      self.summary)
        self.assertNotIn(("user-credential", ANYONE), self.secrets())
        self.assertIn("rotate every secret of the cluster", self.terminal)

    def test_every_node_that_a_pod_of_it_came_to(self):
        self.assertEqual({(p["pod"], p.get("node")): p["ran"]
                          for p in self.documents["exposure"]["node"]["pods"]},
                         {("prox-a", "n1"): "yes", ("prox-b", "n2"): "yes"})

    def test_its_controller_ended_the_pod_for_the_responder(self):
        contained = self.documents["containment"]
        self.assertEqual(contained["contained"][11:19], "10:40:00")
        self.assertEqual([(a["what"], a["by"]) for a in contained["actions"]],
                         [("scale", ADMIN), ("revoke", ADMIN)])

    def test_what_was_refused_afterwards_is_no_more_than_medium(self):
        self.assertEqual([f["severity"] for f in self.found("kube.acted-after-containment")],
                         ["medium"])

    def test_a_spreadsheet_of_acts_is_a_timeline_and_one_of_figures_is_not(self):
        self.assertEqual([x["verdict"] for x in self.documents["claims"]["claims"]],
                         ["supported", "supported", "contradicted"])


if __name__ == "__main__":
    unittest.main()
