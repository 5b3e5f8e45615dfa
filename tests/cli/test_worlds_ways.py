"""Policies of network plugins that leave one way: the cluster's DNS, which no document of the package
shows, or the cloud's metadata service. A pod is held back, and not wholly. The truth is made here."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made_cases import Case, account, lines  # noqa: E402
from made_responses import INSIDE  # noqa: E402
from test_kube_reach import WEB, Reach, shop  # noqa: E402

ANA = "ana@corp.example"
DNS = {"toEndpoints": [{"matchLabels": {"k8s:io.kubernetes.pod.namespace": "kube-system",
                                        "k8s-app": "kube-dns"}}],
       "toPorts": [{"ports": [{"port": "53", "protocol": "UDP"}]}]}
METADATA = {"toCIDR": ["169.254.169.254/32"]}


class Ways(Reach):
    """10:05 a shell in web-0, 10:20 Ana's policy holds it back but for one rule."""

    def judge(self, rule, *sentences):
        c = Case("ways", "2026-07-20")
        c.alert(300, "Run shell untrusted", "shop/web-0", "sh -c id", container="ab" * 32)
        c.request(360, WEB, "list", "secrets shop/", agent="curl/8", source="10.244.1.5",
                  groups=INSIDE)
        made = {"apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy",
                "metadata": {"name": "lock", "namespace": "shop"}, "spec": {
                    "endpointSelector": {"matchLabels": {"app": "web"}},
                    "ingress": [{}], "egress": [rule]}}
        c.request(1200, ANA, "create", "ciliumnetworkpolicies shop/lock", 201, group="cilium.io",
                  body=made, answer=made, source="192.0.2.9")
        c.request(7200, account("kube-system", "job-controller"), "list", "jobs", 200)
        self.analyze({"pod.json": json.dumps(shop(c)), "audit.log": lines(c.records()),
                      "falco.json": lines(c.alerts()), "timeline.md": "# 2026-07-20, UTC\n\n" + "".join(
                          f"- {one}\n" for one in sentences)})
        last = self.documents["containment"]["isolation"][-1]
        return last["egress"]["stays_open"], [
            (claim["verdict"], " ".join(claim["why"]))
            for claim in self.documents["claims"]["claims"]]

    SAID = "10:25 pod web-0 fully isolated"

    def test_dns(self):
        way, ((verdict, why),) = self.judge(DNS, self.SAID)
        for told in (way, why, self.terminal):
            self.assertIn("CiliumNetworkPolicy lock lets through", told)
        self.assertIn("kube-dns", way)
        self.assertEqual(verdict, "partly")

    def test_the_metadata_service(self):
        way, ((verdict, why),) = self.judge(METADATA, self.SAID)
        self.assertEqual(way, "169.254.169.254 (every port)")
        self.assertEqual((verdict, way in why), ("partly", True))

    def test_a_rule_that_names_nobody_lets_nobody_through(self):
        self.assertEqual(self.judge({}, self.SAID, "10:25 web-0 is isolated now"), (
            "nothing that the evidence knows", [("supported", "")] * 2))


if __name__ == "__main__":
    unittest.main()
