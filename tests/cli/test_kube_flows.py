"""What Hubble and Dataplane V2 wrote down, against the policies that the package has. The truth is
made here: until 10:05 nothing governs the pod, from then on it may only reach shop/db-0."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made_cases import Case, account, lines  # noqa: E402
from made_responses import NET, objects, policy  # noqa: E402
from test_kube_reach import Reach  # noqa: E402
from test_kube_shown import DB, WEB  # noqa: E402

ANA, OUT, OWN = "ana@corp.example", "198.51.100.66", "10.1.0.5"
ONLY_DB = policy("only-db", "shop", {
    "podSelector": {"matchLabels": {"app": "web"}}, "policyTypes": ["Egress"],
    "egress": [{"to": [{"podSelector": {"matchLabels": {"app": "db"}}}],
                "ports": [{"port": 5432}]}]})
HERE = {"namespace": "shop", "pod_name": "web-0"}


class Flows(Reach):
    def hubble(self, at, verdict, to=OUT, port=443, *, side="EGRESS", inward=False, **more):
        ends = {"source": OWN, "destination": to}
        pods = {"source": HERE, "destination": {}}
        if inward:
            ends = {"source": to, "destination": OWN}
            pods = {"source": {}, "destination": HERE}
        return {"flow": {"time": self.c.time(at, 9), "verdict": verdict, "IP": ends, **pods,
                         "l4": {"TCP": {"source_port": 40000, "destination_port": port}},
                         "traffic_direction": side, **more}, "node_name": "n1"}

    def google(self, at, disposition, direction="egress"):
        return {"timestamp": self.c.time(at), "jsonPayload": {
            "disposition": disposition, "src": HERE, "dest": {"instance": OUT}, "node_name": "n1",
            "connection": {"protocol": "tcp", "src_ip": OWN, "src_port": 1, "dest_ip": OUT,
                           "dest_port": 443, "direction": direction}}}

    def judge(self, *flows):
        self.c.request(300, ANA, "create", "networkpolicies shop/only-db", 201, body=ONLY_DB,
                       group=NET)
        self.c.request(3600, account("kube-system", "job-controller"), "list", "jobs", 200)
        self.analyze({"audit.log": lines(self.c.records()), "hubble.ndjson": lines(flows),
                      "pods.json": objects({"kind": "Pod", "apiVersion": "v1", **WEB},
                                           {"kind": "Pod", "apiVersion": "v1", **DB})},
                     "--pod", "shop/web-0")
        return [(c["peer"], c["plugin"], c["policies"], c.get("contradicts", False))
                for c in self.documents["containment"]["connections"]]

    def setUp(self):
        self.c = Case("flows", "2026-07-01")

    def kinds(self):
        return sorted(f["rule"] for f in self.documents["findings"]["findings"]
                      if f["rule"] in ("kube.connection-held-back", "kube.policies-incomplete"))

    def test_what_both_say_alike_is_told_and_no_finding(self):
        told = self.judge(self.hubble(400, "DROPPED", drop_reason_desc="POLICY_DENIED"),
                          self.hubble(410, "FORWARDED", "10.1.0.6", 5432))
        self.assertEqual(told, [(f"{OUT}:443", "held back", "held back", False),
                                ("10.1.0.6:5432", "let through", "let through", False)])
        self.assertEqual(self.kinds(), [])

    def test_what_went_through_all_the_same(self):
        told = self.judge(self.hubble(200, "FORWARDED"), self.hubble(400, "FORWARDED"),
                          self.hubble(401, "FORWARDED"))
        self.assertEqual(told, [(f"{OUT}:443", "let through", "held back", True)])
        self.assertEqual(self.kinds(), ["kube.connection-held-back"])
        (found,) = self.found("kube.connection-held-back")
        self.assertEqual(found["time"][:19], "2026-07-01T10:06:40")

    def test_what_was_held_back_by_a_policy_that_is_not_here(self):
        told = self.judge(self.hubble(200, "DROPPED", drop_reason_desc="POLICY_DENIED"),
                          self.hubble(400, "DROPPED", "10.1.0.6", 5432))
        self.assertEqual(told, [(f"{OUT}:443", "held back", "let through", True),
                                ("10.1.0.6:5432", "held back", "let through", True)])
        self.assertEqual(self.kinds(), ["kube.policies-incomplete"] * 2)

    def test_what_is_no_verdict_of_the_pods_policies(self):
        """Answers, the other end's verdict, packets that were dropped for another reason."""
        self.assertEqual(self.judge(
            self.hubble(400, "FORWARDED", is_reply=True),
            self.hubble(400, "DROPPED", "10.1.0.6", 5432, side="INGRESS"),
            self.hubble(200, "DROPPED", drop_reason_desc="STALE_OR_UNROUTABLE_IP"),
            self.hubble(400, "AUDIT")), [])

    def test_towards_the_pod(self):
        told = self.judge(self.hubble(400, "DROPPED", port=8080, side="INGRESS", inward=True))
        self.assertEqual(told, [(OUT, "held back", "let through", True)])

    def test_dataplane_v2(self):
        told = self.judge(self.google(400, "deny"), self.google(500, "allow"))
        self.assertEqual(told, [(f"{OUT}:443", "held back", "held back", False),
                                (f"{OUT}:443", "let through", "held back", True)])


if __name__ == "__main__":
    unittest.main()
