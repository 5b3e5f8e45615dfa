"""Containment by automation: a bot's first policy leaves a path open, a person closes it later. The
truth is made here, with Kubernetes' kind of policy and with Cilium's."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made_cases import Case, account, lines  # noqa: E402
from made_responses import NET, policy  # noqa: E402
from test_kube_reach import STOLEN, WEB, Reach, shop  # noqa: E402

BOT, DANA, OUT = account("falco", "responder"), "dana@corp.example", "198.51.100.0/24"
APP = {"matchLabels": {"app": "web"}}


def kubernetes(still_open):
    to = [{"to": [{"ipBlock": {"cidr": OUT}}], "ports": [{"port": 443, "protocol": "TCP"}]}]
    return policy("hold", "shop", {"podSelector": APP, "policyTypes": ["Ingress", "Egress"],
                                   **({"egress": to} if still_open else {})})


def cilium(still_open):
    to = {"toCIDR": [OUT], "toPorts": [{"ports": [{"port": "443", "protocol": "TCP"}]}]}
    return {"apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy",
            "metadata": {"name": "hold", "namespace": "shop"},
            "spec": {"endpointSelector": APP, "ingress": [{}], "egress": [to if still_open else {}]}}


class Automation(Reach):
    """10:01 the alert, 10:02 the stolen token; 10:03 the bot's policy, 10:20 Dana's change of it."""

    def judge(self, kind, group, make, changed, claims=()):
        c = Case("automation", "2026-07-01")
        c.alert(60, "Run shell untrusted", "shop/web-0", "sh -c id", container="ab" * 32)
        c.request(120, WEB, "list", "secrets shop/", 200, **STOLEN)
        for at, user, verb, still_open in ((180, BOT, "create", True), (1200, DANA, "update", changed)):
            body = make(still_open)
            c.request(at, user, verb, f"{kind} shop/hold", 201 if verb == "create" else 200,
                      group=group, body=body, answer=body, agent="responder/1")
        c.request(1800, DANA, "get", "pods shop/web-0", 200)
        self.analyze({"pod.json": json.dumps(shop(c)), "audit.log": lines(c.records()),
                      "falco.json": lines(c.alerts()),
                      "timeline.md": "# 2026-07-01, UTC\n\n" + "".join(f"- {s}\n" for s in claims)})
        return next(l for l in self.summary.splitlines() if "The pod was held back" in l)

    KINDS = (("networkpolicies", NET, kubernetes), ("ciliumnetworkpolicies", "cilium.io", cilium))

    def test_what_was_open_until_the_policy_was_changed(self):
        for kind in self.KINDS:
            said = self.judge(*kind, False)
            self.assertIn("10:03:00", said)
            self.assertRegex(said, r"It could reach: 198\.51\.100\.0/24 \(TCP 443\); when the evidence "
                                   r"ends: nothing")
            self.assertIn("reached from: nothing that the evidence knows.", said)

    def test_what_stayed_open_is_said_once(self):
        for kind in self.KINDS:
            said = self.judge(*kind, True)
            self.assertIn("It could reach: 198.51.100.0/24 (TCP 443).", said)
            self.assertNotIn("when the evidence ends", said)

    def test_a_policy_of_any_kind_is_a_network_policy(self):
        claims = {"10:03 responder applied the network policy": "supported",
                  "10:20 Dana changed the network policy": "supported",
                  "10:10 Dana applied the network policy": "contradicted"}
        for kind in self.KINDS:
            self.judge(*kind, False, claims)
            judged = {c["claim"]: c["verdict"] for c in self.documents["claims"]["claims"]}
            self.assertEqual(judged, {s[6:]: verdict for s, verdict in claims.items()}, kind)


if __name__ == "__main__":
    unittest.main()
