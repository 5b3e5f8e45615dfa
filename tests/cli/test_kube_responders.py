"""What responders do themselves: a checkpoint through the node proxy, the deletion of the
attacker's policy. The same of anybody else is what the rules say. The truth is made here."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made_cases import Case, account, lines  # noqa: E402
from made_responses import NET, policy  # noqa: E402
from test_kube_reach import STOLEN, WEB, Reach, shop  # noqa: E402

ANA, BO = "ana@corp.example", "bo@corp.example"
OPEN = policy("open", "shop", {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{}]})
PROXY, REMOVED = "audit_node_proxy", "audit_network_policy_removed"


class Made(Reach):
    """10:01 the first alert, 10:02 the attacker with the token of the pod; what follows, by each
    case: ana labels the pod at 10:10."""

    def case(self, label=200, **place):
        c = Case("responders", "2026-07-01")
        c.alert(60, "Run shell untrusted", "shop/web-0", "sh -c id", container="ab" * 32)
        c.request(120, WEB, "list", "secrets", 200, **STOLEN)
        c.request(130, WEB, "create", "networkpolicies shop/open", 201, body=OPEN, group=NET,
                  **STOLEN)
        if label:
            c.request(600, ANA, "patch", "pods shop/web-0", label,
                      body={"metadata": {"labels": {"quarantine": "yes"}}}, **place)
        return c

    def checkpoint(self, c, at, user, path="shop/web-0/web", **place):
        """kubectl create --raw /api/v1/nodes/n1/proxy/checkpoint/NS/POD/CONTAINER"""
        c.request(at, user, "create", "nodes/proxy n1", 200, **place)
        c.audit[-1][1]["requestURI"] = f"/api/v1/nodes/n1/proxy/checkpoint/{path}"

    def judge(self, c):
        c.request(3600, account("kube-system", "job-controller"), "list", "jobs", 200)
        self.analyze({"pod.json": json.dumps(shop(c)), "audit.log": lines(c.records()),
                      "falco.json": lines(c.alerts())})

    def levels(self, rule):
        return [(f["severity"], "response" in f["arguments"]) for f in self.found(rule)]

    def acts(self):
        return [(a["what"], a["by"]) for a in self.documents["containment"]["actions"]]


class Responders(Made):
    def test_a_responders_checkpoint_is_collection(self):
        c = self.case()
        self.checkpoint(c, 660, ANA, "shop/web-0/web?timeout=60")
        self.judge(c)
        self.assertEqual(self.levels(PROXY), [("info", True)])
        self.assertEqual(self.acts(), [("label", ANA), ("checkpoint", ANA)])

    def test_the_attackers_checkpoint_is_an_attack(self):
        c = self.case()
        self.checkpoint(c, 300, WEB, **STOLEN)
        self.judge(c)
        self.assertEqual([level for level, _ in self.levels(PROXY)], ["high"])

    def test_who_held_nothing_back_is_no_responder(self):
        for label, place in ((None, {}), (403, {}), (200, {"source": "203.0.113.9"})):
            c = self.case(label, **place)
            self.checkpoint(c, 660, ANA)
            self.judge(c)
            self.assertEqual(self.levels(PROXY), [("high", False)], (label, place))
        c = self.case()
        self.checkpoint(c, 660, BO)
        self.judge(c)
        self.assertEqual(self.levels(PROXY), [("high", False)])

    def test_only_the_incidents_pods_and_only_checkpoints(self):
        for path in ("vault/vault-0/vault", "../run/shop/web-0/web?cmd=id", "shop/web-0",
                     "shop%2Fweb-0/x/y", "shop/web-0/web/more"):
            c = self.case()
            self.checkpoint(c, 660, ANA, path)
            self.judge(c)
            self.assertEqual(self.levels(PROXY), [("high", False)], path)
        c = self.case()
        self.checkpoint(c, 660, ANA, "")
        c.audit[-1][1]["requestURI"] = "/api/v1/nodes/n1/proxy/run/shop/web-0/web?cmd=/checkpoint/"
        self.judge(c)
        self.assertNotIn(("checkpoint", ANA), self.acts())
        self.assertIn(("high", False), self.levels(PROXY))

    def test_before_the_first_sign_nobody_responds(self):
        c = self.case()
        self.checkpoint(c, 10, ANA)
        self.judge(c)
        self.assertEqual(self.levels(PROXY), [("high", False)])

    def test_the_attackers_policy_is_taken_back(self):
        c = self.case()
        c.request(700, ANA, "delete", "networkpolicies shop/open", 200, group=NET)
        self.judge(c)
        self.assertEqual(self.levels(REMOVED), [("info", True)])
        self.assertIn(("network-policy-removed", ANA), self.acts())

    def test_another_policy_is_missed(self):
        """One that was there before, also where the attacker had changed it; and the attacker
        deletes what he likes."""
        c = self.case()
        c.request(700, ANA, "delete", "networkpolicies shop/deny-all", 200, group=NET)
        self.judge(c)
        self.assertEqual(self.levels(REMOVED), [("high", False)])
        c = self.case()
        c.request(140, WEB, "update", "networkpolicies shop/deny-all", 200, body=OPEN, group=NET,
                  **STOLEN)
        c.request(700, ANA, "delete", "networkpolicies shop/deny-all", 200, group=NET)
        self.judge(c)
        self.assertEqual(self.levels(REMOVED), [("high", False)])
        c = self.case()
        c.request(150, WEB, "delete", "networkpolicies shop/open", 200, group=NET, **STOLEN)
        self.judge(c)
        self.assertEqual([level for level, _ in self.levels(REMOVED)], ["high"])
        c = self.case()
        c.request(700, BO, "delete", "networkpolicies shop/open", 200, group=NET)
        self.judge(c)
        self.assertEqual(self.levels(REMOVED), [("high", False)])


class DebugPods(Made):
    """kubectl debug node/n1, as kubectl 1.30 makes it with the profile sysadmin; then a session."""
    NAME = "node-debugger-n1-4kx7w"
    POD = {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": NAME, "namespace": "default"},
           "spec": {"nodeName": "n1", "hostPID": True, "hostIPC": True, "hostNetwork": True,
                    "containers": [{"name": "debugger", "image": "busybox", "tty": True,
                                    "securityContext": {"privileged": True},
                                    "volumeMounts": [{"name": "host-root", "mountPath": "/host"}]}],
                    "volumes": [{"name": "host-root", "hostPath": {"path": "/"}}]}}

    def debugged(self, who, name=NAME, node="n1", label=200, **place):
        c = self.case(label)
        body = json.loads(json.dumps(self.POD))
        body["metadata"]["name"], body["spec"]["nodeName"] = name, node
        where = f"default/{name}"
        c.request(700, who, "create", f"pods {where}", 201, body=body, answer=body, **place)
        c.request(705, who, "create", f"pods/attach {where}", 101, **place)
        c.request(710, who, "create", f"pods/exec {where}", 101, **place)
        self.judge(c)
        return {f["severity"] for f in self.documents["findings"]["findings"]
                if f["rule"].startswith("audit_") and name in json.dumps(f)}

    def test_the_responders_own(self):
        self.assertEqual(self.debugged(ANA) - {"info"}, {"low"})
        self.assertIn(("debug-node", ANA), self.acts())
        self.assertIn(self.NAME, json.dumps(self.documents["story"]))

    def test_of_anybody_else_it_is_grave(self):
        for who, more in ((BO, {}), (ANA, {"label": None}), (ANA, {"source": "203.0.113.9"}),
                          (ANA, {"node": "n2"}), (ANA, {"name": "helper"}), (WEB, STOLEN)):
            self.assertIn("critical", self.debugged(who, **more), (who, more))


class OwnPolicies(Made):
    """ana isolates the pod at 10:10:50 and takes her policy back at 10:20."""
    HOLD = policy("hold", "shop", {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]})

    def policies(self, *acts, c=None, who=ANA):
        c = c or self.case(None)
        c.request(650, ANA, "create", "networkpolicies shop/hold", 201, body=self.HOLD, group=NET,
                  answer=self.HOLD)
        for at, verb, target in acts:
            c.request(at, ANA, verb, target)
        c.request(1200, who, "delete", "networkpolicies shop/hold", 200, group=NET)
        self.judge(c)
        return self.levels(REMOVED)

    @staticmethod
    def clean():
        """The attacker made no policy of his own."""
        c = Case("responders", "2026-07-01")
        c.alert(60, "Run shell untrusted", "shop/web-0", "sh -c id", container="ab" * 32)
        c.request(120, WEB, "list", "secrets", 200, **STOLEN)
        return c

    def notes(self):
        return [a.get("note") for a in self.documents["containment"]["actions"]
                if a["what"] == "network-policy-removed"]

    def test_after_the_pods_end_it_is_cleanup(self):
        gone = (900, "delete", "pods shop/web-0")
        self.assertEqual(self.policies(gone, c=self.clean()), [("info", True)])
        self.assertEqual(self.notes(), ["by whoever had made it"])
        self.assertEqual(self.policies(gone, c=self.clean(), who=BO), [("high", False)])

    def test_while_the_pod_lives_it_ends_the_containment(self):
        self.assertEqual(self.policies(c=self.clean()), [("high", False)])
        self.assertIn("the pod, which lives, is open again", self.notes()[0])
        self.assertIn("opened again", self.documents["containment"]["after"]["said"])
        told = " ".join(one.get("text", "") for one in self.documents["story"]["summary"])
        self.assertIn("from 2026-07-01T10:10:50.004000Z until 2026-07-01T10:20:00.004000Z only, when "
                      "ana@corp.example deleted network policy shop/hold", told)

    def test_where_it_held_back_one_way_that_ends(self):
        """The attacker's policy lets everything out; the other way was closed."""
        self.assertEqual(self.policies(), [("high", False)])
        self.assertIn("open again", self.notes()[0])

    def test_where_another_policy_holds_the_pod_all_the_same(self):
        c = self.clean()
        c.request(600, BO, "create", "networkpolicies shop/all", 201, group=NET,
                  **dict.fromkeys(("body", "answer"), {**self.HOLD, "metadata": {
                      "name": "all", "namespace": "shop"}}))
        self.assertEqual(self.policies(c=c), [("info", True)])

    def test_a_false_alarm(self):
        c = Case("responders", "2026-07-01")
        c.request(120, "dev@corp.example", "list", "pods shop/", 200)
        self.assertEqual(self.policies(c=c), [("info", True)])
        c = Case("responders", "2026-07-01")
        c.request(120, "dev@corp.example", "list", "pods shop/", 200)
        self.assertEqual(self.policies(c=c, who=BO), [("high", False)])


if __name__ == "__main__":
    unittest.main()
