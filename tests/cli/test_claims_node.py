"""Who left the container goes on from its node, and the pod's end does not stop it: what a written
timeline says of that. The truth stands in OnTheNode."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made_cases import Case, lines  # noqa: E402
from test_kube_reach import Reach, shop  # noqa: E402

NODE, OWN = "system:node:n1", "kubelet/v1.31.4 (linux/amd64) kubernetes/a78aa47"
KUBELET = {"agent": OWN, "source": "10.0.0.11", "groups": ("system:nodes",)}
PERSON = {"source": "192.0.2.10", "groups": ("sre", "system:authenticated")}


class OnTheNode(Reach):
    """10:10 out of the container; from 10:20 the node's certificate in kubectl, at the node's own
    address: pods listed, secrets refused, a token of deployer issued and used to bind helper; 10:40
    Carol deletes the pod; 10:50 the certificate is used again; 11:10 Carol debugs the node."""

    def judge(self, *sentences):
        c = Case("on the node", "2026-08-03")
        for at in range(0, 7200, 36):
            c.request(at, NODE, "get", "configmaps shop/conf", **KUBELET)
        for at in range(5, 7200, 600):
            c.request(at, NODE, "create", "serviceaccounts/token shop/web", 201, **KUBELET)
        c.alert(600, "Launch Privileged Nsenter", "shop/web-0", "nsenter -t 1 -m sh",
                priority="Critical", container="ab" * 32)
        held = {"source": "10.0.0.11", "groups": ("system:nodes",)}
        c.request(1200, NODE, "list", "pods", **held)
        c.request(1210, NODE, "list", "secrets", 403, **held)
        c.request(1320, NODE, "create", "serviceaccounts/token shop/deployer", 201, **held)
        c.request(1380, "system:serviceaccount:shop:deployer", "create", "rolebindings shop/helper", 201,
                  group="rbac.authorization.k8s.io", source="10.0.0.11", body={
                      "kind": "RoleBinding", "metadata": {"name": "helper", "namespace": "shop"},
                      "roleRef": {"kind": "ClusterRole", "name": "admin"},
                      "subjects": [{"kind": "User", "name": "helper"}]})
        c.request(2400, "carol@shop.example", "delete", "pods shop/web-0", **PERSON)
        c.request(3000, NODE, "get", "secrets shop/db", **held)
        debugger = {"apiVersion": "v1", "kind": "Pod",
                    "metadata": {"name": "node-debugger-n1-x7k2p", "namespace": "default"},
                    "spec": {"nodeName": "n1", "hostPID": True, "containers": [
                        {"name": "debugger", "image": "busybox"}]}}
        c.request(4200, "carol@shop.example", "create", "pods default/node-debugger-n1-x7k2p", 201,
                  body=debugger, **PERSON)
        c.request(4203, "carol@shop.example", "create", "pods/attach default/node-debugger-n1-x7k2p", 101,
                  query="?container=debugger&stdin=true&stdout=true&tty=true", **PERSON)
        self.analyze({"pod.json": json.dumps(shop(c, hostPID=True)), "audit.log": lines(c.records()),
                      "falco.json": lines(c.alerts()),
                      "timeline.md": "# 2026-08-03, UTC\n\n" + "".join(f"- {s}\n" for s in sentences)})
        return [claim["verdict"] for claim in self.documents["claims"]["claims"]]

    def all_are(self, verdict, *sentences):
        self.assertEqual(self.judge(*sentences), [verdict] * len(sentences))

    def test_what_was_done_from_the_node_is_told(self):
        self.judge("10:10 a note")
        story = self.summary.split("## Open questions")[0]
        for step in ("listed pods of all namespaces", "tried to list secrets", "shop/deployer",
                     "created role binding shop/helper"):
            self.assertIn(step, story)
        self.assertNotIn("shop/conf", story)
        self.assertRegex(story, r"pod was ended at \S+10:40:00.*used afterwards as well, at \S+10:50:00\S+ "
                                r"system:node:n1 read secret shop/db")

    def test_true_sentences(self):
        self.all_are("supported",
                     "10:10 the attacker escaped to the node", "10:10 nsenter was run in web-0",
                     "10:20 the attacker listed all pods with the node's certificate",
                     "10:20 the attacker tried to list all secrets and was refused",
                     "10:22 the attacker obtained a token for service account deployer",
                     "10:23 the attacker bound helper to admin", "10:40 Carol deleted the pod web-0",
                     "11:10 Carol debugged node n1", "11:10 Carol started a node debug pod")

    def test_another_node_was_not_debugged(self):
        self.all_are("contradicted", "11:10 Carol debugged node n2")

    def test_deleting_the_pod_did_not_lock_out_who_was_on_the_node(self):
        self.all_are("contradicted", "10:41 incident contained", "10:41 the attacker was locked out",
                     "10:41 the attacker had no further access")

    def test_afterwards_nothing_more_is_seen_and_the_certificate_still_opens_the_api(self):
        self.all_are("partly", "11:20 incident contained", "11:20 the attacker was locked out")


if __name__ == "__main__":
    unittest.main()
