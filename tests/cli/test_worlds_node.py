"""A node's credential in other hands: what was done with it may be the attacker's, as may the static
pod that the kubelet only registers; what the kubelet does with its own client is the cluster's."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made_cases import Case, lines  # noqa: E402
from test_kube_reach import Reach, shop  # noqa: E402

NODE, OWN = "system:node:n1", "kubelet/v1.31.4 (linux/amd64) kubernetes/a78aa47"
KUBELET = {"agent": OWN, "source": "10.0.0.11", "groups": ("system:nodes",)}


class Node(Reach):
    """10:10 out of the container; 10:20 the node's certificate in kubectl, 10:25 in curl elsewhere;
    10:30 the static pod shows; 10:40 the kubelet itself deletes a pod."""

    def judge(self, *sentences, node=NODE, agent="curl/8.5.0"):
        c = Case("node", "2026-08-03")
        for at in range(0, 3600, 36):
            c.request(at, NODE, "get", "configmaps shop/conf", **KUBELET)
        c.alert(600, "Launch Privileged Nsenter", "shop/web-0", "nsenter -t 1 -m sh",
                priority="Critical", container="ab" * 32)
        c.request(1200, NODE, "get", "secrets shop/db", source="10.0.0.11", groups=("system:nodes",))
        c.request(1500, node, "get", "secrets shop/tls", source="203.0.113.77", agent=agent,
                  groups=("system:nodes",))
        mirror = {"apiVersion": "v1", "kind": "Pod",
                  "metadata": {"name": "updater-n1", "namespace": "kube-system",
                               "annotations": {"kubernetes.io/config.mirror": "1f"}},
                  "spec": {"nodeName": "n1", "containers": [{"name": "u", "image": "u:1"}]}}
        c.request(1800, NODE, "create", "pods kube-system/updater-n1", 201, body=mirror, **KUBELET)
        c.request(2400, NODE, "delete", "pods shop/web-1", **KUBELET)
        c.request(2700, "carol@shop.example", "update", "certificatesigningrequests/approval helper",
                  group="certificates.k8s.io")
        self.analyze({"pod.json": json.dumps(shop(c, hostPID=True)), "audit.log": lines(c.records()),
                      "falco.json": lines(c.alerts()),
                      "timeline.md": "# 2026-08-03, UTC\n\n" + "".join(f"- {s}\n" for s in sentences)})
        return [claim["verdict"] for claim in self.documents["claims"]["claims"]]

    def test_anothers_client_does_not_say_that_it_was_the_kubelet(self):
        self.assertNotIn("contradicted", self.judge("10:20 the attacker read secret shop/db",
                                                    "10:25 the attacker read secret shop/tls"))

    def reached(self, **other):
        self.judge("10:25 a note", **other)
        return {i["what"] for i in self.documents["scope"]["identities"]}

    def test_the_pods_node_elsewhere_with_a_new_client_is_the_attackers(self):
        self.assertIn(NODE, self.reached())
        self.assertIn(("secret", "tls"), self.secrets())
        self.assertNotIn("kube-system/updater-n1", self.summary.split("## Open questions")[0])

    def test_a_kubelet_at_a_new_address_and_another_node_are_not(self):
        self.reached(agent=OWN)
        self.assertNotIn(("secret", "tls"), self.secrets())
        self.assertNotIn("system:node:n2", self.reached(node="system:node:n2"))

    def test_on_the_node_the_client_tells_the_two_apart(self):
        """Since 10:20, after the way out at 10:10, and only with kubectl."""
        self.judge("10:25 a note")
        held = [i for i in self.documents["scope"]["identities"]
                if i["what"] == NODE and i.get("only_from") == "10.0.0.11"]
        self.assertEqual([i["since"][11:16] for i in held], ["10:20"])
        self.assertTrue(held[0]["only_with"].startswith("kubectl/"))
        self.assertIn(("secret", "db"), self.secrets())
        self.assertNotIn("configmaps shop/conf", self.summary)

    def test_who_laid_the_static_pod_is_not_the_kubelet_that_mirrors_it(self):
        self.assertNotIn("contradicted", self.judge("10:30 the attacker created the pod updater-n1"))

    def test_the_kubelets_own_work_is_not_the_attackers(self):
        self.assertEqual(self.judge("10:40 the attacker deleted the pod web-1"), ["contradicted"])

    def test_who_approved_a_request_for_a_certificate(self):
        """Carol did, at 10:45."""
        self.assertEqual(self.judge("10:20 Carol approved the CSR helper",
                                    "10:45 Carol approved the certificate signing request helper",
                                    "10:45 Carol genehmigte den CSR helper"),
                         ["contradicted", "supported", "supported"])


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

    def test_afterwards_nothing_more_is_seen(self):
        self.all_are("neither", "11:20 incident contained", "11:20 the attacker was locked out")


if __name__ == "__main__":
    unittest.main()
