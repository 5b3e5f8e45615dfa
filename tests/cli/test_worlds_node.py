"""A node's credential in other hands: what was done with it may be the attacker's, as may the static
pod that the kubelet only registers; what the kubelet does with its own client is the cluster's."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made_cases import Case, account, lines  # noqa: E402
from made_responses import INSIDE, RBAC, binding, objects  # noqa: E402
from test_kube_reach import WEB, Reach, shop  # noqa: E402

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
        """What was done with kubectl on the node itself is; neither of the two others."""
        for other in ({"agent": OWN}, {"node": "system:node:n2"}):
            self.assertNotIn("system:node:n2", self.reached(**other))
            self.assertNotIn(("secret", "tls"), self.secrets())

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


class OnTheNode(Reach):
    """The kubelet works from 10.0.0.11 all the time. 10:10 out of the container, 10:20 on its
    node somebody asks with the kubelet's certificate what it may do and reads a secret; what the
    kubelet asks with its own client goes on, a token for a pod and a CSR among it."""
    RIGHTS = {"group": "authorization.k8s.io"}

    def judge(self, agent="curl/8.5.0", escape=True, before=False, node=NODE):
        c = Case("onnode", "2026-08-03")
        here = {**KUBELET, "agent": agent}
        for at in range(0, 3600, 36):
            c.request(at, NODE, "get", "configmaps shop/conf", **KUBELET)
            c.request(at + 1, NODE, "create", "serviceaccounts/token shop/web", 201, **KUBELET)
            c.request(at + 2, NODE, "create", "events shop/x", 201, **KUBELET)
        if before:
            c.request(300, node, "get", "secrets shop/db", **here)
        rule, command = (("Launch Privileged Nsenter", "nsenter -t 1 -m sh") if escape else
                         ("Run shell untrusted", "sh -c id"))
        c.alert(600, rule, "shop/web-0", command, priority="Critical", container="ab" * 32)
        c.request(1200, node, "create", "selfsubjectrulesreviews", 201, **here, **self.RIGHTS)
        c.request(1210, node, "get", "secrets shop/db", **here)
        c.request(1800, NODE, "create", "certificatesigningrequests csr-x", 201, **KUBELET,
                  body={"kind": "CertificateSigningRequest", "spec": {
                      "signerName": "kubernetes.io/kube-apiserver-client-kubelet"}},
                  group="certificates.k8s.io")
        self.analyze({"pod.json": json.dumps(shop(c)), "audit.log": lines(c.records()),
                      "falco.json": lines(c.alerts())})
        return {f["subject"]: f for f in self.found("kube.nodes-account-misused")}

    def identities(self):
        return {i["what"]: i for i in self.documents["scope"]["identities"]}

    def test_what_no_kubelet_does_is_the_attackers(self):
        found = self.judge()
        self.assertEqual(found[NODE]["confidence"], "medium")
        self.assertEqual(self.identities()[NODE]["since"][11:19], "10:20:00")
        self.assertIn(("secret", "db"), self.secrets())
        (read,) = self.found("kube.secrets-read")
        self.assertEqual((read["subject"], read["confidence"]), ("shop/db", "medium"))

    def test_the_kubelets_name_on_a_request_that_it_never_makes(self):
        self.judge(agent=OWN)
        self.assertIn(NODE, self.identities())
        self.assertNotIn(("secret", "db"), self.secrets(), "a kubelet reads secrets of its pods")

    def test_what_the_kubelet_does_stays_its_own(self):
        self.judge()
        self.assertNotIn("csr-x", json.dumps(self.documents["story"]))
        self.assertEqual(self.documents["containment"]["remains"], [])

    def test_without_a_way_out_before_it_and_on_another_node_it_is_not(self):
        for other in ({"escape": False}, {"before": True}, {"node": "system:node:n2"}):
            self.assertEqual(self.judge(**other), {}, other)
            self.assertFalse({NODE, "system:node:n2"} & set(self.identities()), other)


class Contained(Reach):
    """10:10 out of the container, 10:20 the node's certificate in curl on the node. 10:50 ana
    deletes the pod: the certificate goes on to open the API. `more`: what else is done."""
    ANA = "ana@corp.example"

    def judge(self, *sentences, more=(), escape=True, after=False):
        c = Case("contained", "2026-08-03")
        for at in range(0, 3600, 36):
            c.request(at, NODE, "get", "configmaps shop/conf", **KUBELET)
        rule, command = (("Launch Privileged Nsenter", "nsenter -t 1 -m sh") if escape else
                         ("Run shell untrusted", "sh -c id"))
        c.alert(600, rule, "shop/web-0", command, priority="Critical", container="ab" * 32)
        c.request(1000, WEB, "list", "secrets shop/", agent="curl/8.5.0", source="10.244.1.7",
                  groups=INSIDE)
        if escape:
            c.request(1200, NODE, "get", "secrets shop/db", **{**KUBELET, "agent": "curl/8.5.0"})
        c.request(3000, self.ANA, "delete", "pods shop/web-0")
        for at, verb, target, body in more:
            c.request(at, self.ANA, verb, target, body=body)
        if after:
            c.request(3300, NODE, "get", "secrets shop/tls", **{**KUBELET, "agent": "curl/8.5.0"})
        c.request(3900, self.ANA, "list", "nodes")
        self.analyze({"pod.json": json.dumps(shop(c)), "audit.log": lines(c.records()),
                      "falco.json": lines(c.alerts()),
                      "timeline.md": "# 2026-08-03, UTC\n\n" + "".join(f"- {s}\n" for s in sentences)})
        return [claim["verdict"] for claim in self.documents["claims"]["claims"]]

    def valid(self):
        return {one["what"]: one["why"] for one in self.documents["containment"]["still_valid"]}

    SAID = ("10:50 ana deleted pod web-0", "10:50 pod web-0 deleted, incident contained",
            "10:52 Incident contained", "10:53 the pod was contained")
    CERTIFICATE = f"the certificate of node n1's kubelet ({NODE})"

    def test_the_nodes_certificate_outlives_the_pod(self):
        self.assertEqual(self.judge(*self.SAID), ["supported", "partly", "partly", "supported"])
        self.assertEqual(set(self.valid()), {self.CERTIFICATE})
        self.assertIn("neither closed to new pods", self.valid()[self.CERTIFICATE])
        self.assertIn(f"What outlives that: {self.CERTIFICATE}.",
                      json.dumps(self.documents["story"]["summary"]))
        self.assertEqual([f["subject"] for f in self.found("kube.outlives-containment")],
                         [self.CERTIFICATE])

    def test_a_debugger_that_looks_at_the_roots_of_the_container(self):
        """kubectl debug --target: process 1 is the container's, unless the pod sees the node's."""
        for sees, left in ((False, set()), (True, {self.CERTIFICATE})):
            c = Case("debugged", "2026-08-03")
            c.request(0, NODE, "get", "configmaps shop/conf", **KUBELET)
            c.alert(600, "Run shell untrusted", "shop/web-0", "ls /proc/1/root/app", priority="Critical",
                    container="ab" * 32)
            c.request(3000, self.ANA, "delete", "pods shop/web-0")
            c.request(3900, self.ANA, "list", "nodes")
            self.analyze({"pod.json": json.dumps(shop(c, hostPID=sees)), "audit.log": lines(c.records()),
                          "falco.json": lines(c.alerts())})
            self.assertTrue(self.found("runtime_escape"))
            self.assertEqual(set(self.valid()) & {self.CERTIFICATE}, left, sees)

    def test_a_node_that_is_closed_keeps_it_and_one_that_is_gone_does_not(self):
        cordon = (3100, "patch", "nodes n1", {"spec": {"unschedulable": True}})
        self.judge(more=[cordon])
        self.assertIn("only closed to new pods", self.valid()[self.CERTIFICATE])
        self.assertEqual(self.judge("10:56 Incident contained", more=[
            cordon, (3200, "delete", "nodes n1", None)]), ["supported"])
        self.assertEqual(self.valid(), {})

    def test_nothing_outlives_a_pod_that_was_not_left(self):
        """Its own token is bound to it and was used inside alone."""
        self.assertEqual(self.judge(*self.SAID, escape=False), ["supported"] * 4)
        self.assertEqual((self.valid(), self.found("kube.outlives-containment")), ({}, []))

    def test_what_was_done_since_contradicts_it(self):
        self.assertEqual(self.judge("10:20 attack contained", "10:20 the archive contained files",
                                    "10:52 Incident contained", after=True),
                         ["contradicted", "neither", "contradicted"])


class Holders(Reach):
    """Secrets of ci are read, and the account ci/deploy, whose token lay in one, comes from
    outside; then the pod is isolated and deleted, and the account forgotten, or not."""

    ANA, valid = Contained.ANA, Contained.valid
    BOUND = binding("RoleBinding", "deployers", "edit", "ci/deploy", "ci")
    STAYS = ({"the credentials of system:serviceaccount:ci:deploy"}, "partly")
    ENDED = (set(), "supported")

    def accounts(self, *more):
        c = Case("holders", "2026-08-03")
        deploy = account("ci", "deploy")
        for at in range(0, 3600, 60):
            c.request(at, deploy, "get", "configmaps ci/conf", agent="deploy/1.0",
                      source="10.244.2.2", groups=INSIDE)
        c.alert(600, "Run shell untrusted", "shop/web-0", "sh -c id", container="ab" * 32)
        c.request(1000, WEB, "list", "secrets", agent="curl/8.5.0", source="10.244.1.7",
                  groups=INSIDE)
        c.request(1500, deploy, "get", "secrets ci/registry", agent="curl/8.5.0",
                  source="203.0.113.77", groups=INSIDE)
        c.request(3000, self.ANA, "delete", "pods shop/web-0")
        for at, verb, target, *body in more:
            c.request(at, self.ANA, verb, target, body=body[0] if body else None,
                      group=RBAC if "bindings" in target else "")
        c.request(3900, self.ANA, "list", "nodes")
        self.analyze({"pod.json": json.dumps(shop(c)), "audit.log": lines(c.records()),
                      "falco.json": lines(c.alerts()), "objects.json": objects(self.BOUND),
                      "timeline.md": "# 2026-08-03, UTC\n\n- 11:00 incident contained\n"})
        return set(self.valid()), self.documents["claims"]["claims"][0]["verdict"]

    def test_anothers_token(self):
        self.assertEqual(self.accounts(), self.STAYS)
        self.assertEqual(self.accounts((3100, "delete", "secrets ci/deploy-token-x7k2p")), self.ENDED)
        self.assertEqual(self.accounts((3100, "delete", "serviceaccounts ci/deploy")), self.ENDED)

    def test_a_secret_that_is_written_anew_ends_the_token_in_it(self):
        """The server holds the token against it. A label on it ends nothing."""
        token = "secrets ci/deploy-token-x7k2p"
        self.assertEqual(self.accounts((3100, "update", token, {"data": {"token": "eA=="}})),
                         self.ENDED)
        self.assertEqual(self.accounts((3100, "patch", token, {
            "metadata": {"labels": {"case": "17"}}})), self.STAYS)

    def test_a_binding_that_is_written_ends_the_rights_of_whom_it_names_no_more(self):
        target = "rolebindings ci/deployers"
        other = [{"kind": "ServiceAccount", "name": "build", "namespace": "ci"}]
        self.assertEqual(self.accounts((3100, "delete", target)), self.ENDED)
        self.assertEqual(self.accounts((3100, "update", target, {**self.BOUND, "subjects": other})),
                         self.ENDED)
        self.assertEqual(self.accounts((3100, "update", target, {
            **self.BOUND, "subjects": self.BOUND["subjects"] + other})), self.STAYS)

    def test_a_secret_that_only_has_the_accounts_name_in_its_own(self):
        for name in ("deploy-registry", "predeploy-token"):
            self.assertEqual(self.accounts((3100, "delete", f"secrets ci/{name}")), (
                {"the credentials of system:serviceaccount:ci:deploy"}, "partly"))


MASTERS = Path(__file__).parents[2] / "corpus/fuzz/csr/named"  # O=system:masters, CN=backdoor


class Folder(Reach):
    """10:10 out of web-0 onto n1, 10:15 a manifest is laid into the folder of its kubelet, which
    mirrors it at 10:16. 10:20 the pod's account asks for a certificate of system:masters and
    approves it; 10:30 it is used from outside. 10:33 a command in vault-0, through the kubelet's
    port. 10:50 ana deletes pod and request."""
    ANA, valid = Contained.ANA, Contained.valid

    def judge(self, *sentences, name="updater-n1", before=False, node="n1"):
        c = Case("folder", "2026-08-03")
        kubelet = f"system:node:{node}"
        csr = {"kind": "CertificateSigningRequest", "metadata": {"name": "x"}, "spec": {
            "request": MASTERS.read_text(), "signerName": "kubernetes.io/kube-apiserver-client",
            "usages": ["client auth"]}}
        mirror = {"apiVersion": "v1", "kind": "Pod", "metadata": {
            "name": name, "namespace": "kube-system", "annotations": {
                "kubernetes.io/config.mirror": "1f", "kubernetes.io/config.source": "file"}},
                "spec": {"nodeName": node, "containers": [{"name": "u", "image": "u:1"}]}}
        inside = {"agent": "curl/8.5.0", "source": "10.244.1.7", "groups": INSIDE,
                  "group": "certificates.k8s.io"}
        for at in ((60,) if before else ()) + (960,):
            c.request(at, kubelet, "create", f"pods kube-system/{name}", 201, body=mirror,
                      answer=mirror, **KUBELET)
        c.alert(600, "Launch Privileged Nsenter", "shop/web-0", "nsenter -t 1 -m sh",
                priority="Critical", container="ab" * 32)
        c.request(1200, WEB, "create", "certificatesigningrequests x", 201, body=csr, answer=csr,
                  **inside)
        c.request(1210, WEB, "update", "certificatesigningrequests/approval x", **inside)
        c.request(1800, "backdoor", "list", "secrets", source="203.0.113.77", agent="curl/8.5.0",
                  groups=("system:masters", "system:authenticated"))
        c.request(3000, self.ANA, "delete", "pods shop/web-0")
        c.request(3100, self.ANA, "delete", "certificatesigningrequests x",
                  group="certificates.k8s.io")
        c.request(3150, self.ANA, "delete", f"pods kube-system/{name}")
        c.request(3900, self.ANA, "list", "nodes")
        self.analyze({"pod.json": json.dumps(shop(c)), "audit.log": lines(c.records()),
                      "falco.json": lines(c.alerts()),
                      "timeline.md": "# 2026-08-03, UTC\n\n" + "".join(f"- {s}\n" for s in sentences)})
        return [claim["verdict"] for claim in self.documents["claims"]["claims"]]

    def test_what_no_deletion_ends(self):
        self.assertEqual(self.judge("10:55 the incident was contained"), ["partly"])
        valid = self.valid()
        self.assertEqual(set(valid), {Contained.CERTIFICATE, "static pod kube-system/updater-n1",
                                      "the certificate of backdoor"})
        self.assertIn("no change of rights", valid["the certificate of backdoor"])
        self.assertIn("until the file is gone", valid["static pod kube-system/updater-n1"])

    def test_what_the_kubelet_announces_anew_or_elsewhere_is_not_told(self):
        for other in ({"before": True}, {"name": "kube-proxy-n1"}, {"node": "n2"}):
            self.judge(**other)
            self.assertFalse([w for w in self.valid() if w.startswith("static pod")], other)

    def test_the_kubelet_mirrors_and_its_own_port_is_not_in_the_log(self):
        self.assertEqual(self.judge(
            "10:16 the kubelet created the pod updater-n1",
            "10:33 the attacker executed a command in vault-0 through the kubelet",
            "10:34 the attacker used port 10250 to exec into the pod vault-0",
            "10:35 the attacker deleted pod vault-0"),
            ["supported", "neither", "neither", "contradicted"])


if __name__ == "__main__":
    unittest.main()
