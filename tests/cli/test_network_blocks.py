"""Policies that name more blocks of addresses than are looked at (LIMIT_NETWORK_BLOCKS): what was
left out is told, and nothing is called closed that may stand open in it."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made_cases import Case, account, lines  # noqa: E402
from made_responses import policy  # noqa: E402
from test_kube_reach import Reach, shop  # noqa: E402

MOST = 4096


class Blocks(Reach):
    def state(self, *blocks):
        c = Case("blocks", "2026-07-01")
        c.alert(60, "Run shell untrusted", "shop/web-0", "sh -c id", container="ab" * 32)
        c.request(3600, account("kube-system", "job-controller"), "list", "jobs", 200)
        peers = [{"ipBlock": {"cidr": b}} for b in blocks]
        only = policy("only", "shop", {"podSelector": {}, "policyTypes": ["Ingress", "Egress"],
                                       "egress": [{"to": peers}]},
                      creationTimestamp="2026-06-01T00:00:00Z")
        self.analyze({"pod.json": json.dumps(shop(c)), "audit.log": lines(c.records()),
                      "falco.json": lines(c.alerts()), "policy.json": json.dumps(only)})
        return self.documents["containment"]["isolation"][-1]["egress"]

    def single(self, n):
        return [f"192.0.2.{i % 16}/32" for i in range(n)]

    def test_as_many_as_there_may_be(self):
        state = self.state(*self.single(MOST))
        self.assertNotIn("blocks_left_out", state)
        self.assertEqual(state["state"], "closed but for the rules listed")
        self.assertEqual(self.found("kube.blocks-left-out"), [])

    def test_more_are_told_and_nothing_is_called_closed(self):
        """The last one is a part of the Internet that nothing else names."""
        state = self.state(*self.single(MOST), "8.0.0.0/8")
        self.assertEqual(state["blocks_left_out"], 1)
        self.assertIn("1 blocks of addresses that rules name were not looked at",
                      state["stays_open"])
        self.assertIn("not decidable", state["state"])
        self.assertIn("closed", self.documents["containment"]["isolation"][-1]["ingress"]["state"])
        (found,) = self.found("kube.blocks-left-out")
        self.assertEqual(found["arguments"]["left out"], f"1, of {MOST + 1}")


if __name__ == "__main__":
    unittest.main()
