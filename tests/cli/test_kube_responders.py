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


class Responders(Reach):
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


if __name__ == "__main__":
    unittest.main()
