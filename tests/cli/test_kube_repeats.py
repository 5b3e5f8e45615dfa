"""One secret is read in a loop: that is one act, told once, with how often and until when."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made_cases import Case, lines  # noqa: E402
from made_responses import NET, policy  # noqa: E402
from test_kube_reach import STOLEN, WEB, Reach, shop  # noqa: E402

TIMES = 300


class Repeats(Reach):
    def setUp(self):
        c = Case("repeats", "2026-07-01")
        c.alert(30, "Run shell untrusted", "shop/web-0", "sh -c id", container="ab" * 32)
        closed = policy("closed", "shop", {"podSelector": {},
                                           "policyTypes": ["Ingress", "Egress"]})
        c.request(60, "ana@corp.example", "create", "networkpolicies shop/closed", 201, group=NET,
                  body=closed, answer=closed)
        for i in range(TIMES):
            c.request(100 + i, WEB, "get", "secrets vault/root", 200, **STOLEN)
        c.request(150.5, WEB, "get", "secrets vault/root", 403, **STOLEN)
        c.request(151.5, WEB, "get", "secrets vault/root", 200, **{**STOLEN, "agent": "wget/1"})
        c.request(152.5, WEB, "get", "secrets vault/other", 200, **STOLEN)
        self.log = lines(c.records())
        self.analyze({"pod.json": json.dumps(shop(c)), "audit.log": self.log,
                      "falco.json": lines(c.alerts())})

    def cited(self, span):
        return json.loads(self.log.encode()[span["offset"]:span["offset"] + span["length"]])

    def test_what_went_on(self):
        after = self.documents["containment"]["after"]["requests"]
        self.assertEqual([(r["time"][11:19], r["object"], r["code"], r.get("times"),
                           r.get("last", "")[11:19]) for r in after],
                         [("10:01:40", "vault/root", 200, TIMES, "10:06:39"),
                          ("10:02:30", "vault/root", 403, None, ""),
                          ("10:02:31", "vault/root", 200, None, ""),
                          ("10:02:32", "vault/other", 200, None, "")])
        self.assertEqual([len(r["spans"]) for r in after], [8, 1, 1, 1])
        times = [self.cited(s)["requestReceivedTimestamp"][11:19] for s in after[0]["spans"]]
        self.assertEqual(times, [f"10:01:{40 + i}" for i in range(8)])

    def test_findings(self):
        for rule, agents in (("kube.secrets-read", 3), ("kube.acted-after-containment", 4)):
            found = self.found(rule)
            self.assertEqual(len(found), agents)
            self.assertEqual([f["arguments"]["times"] for f in found
                              if "times" in f["arguments"]],
                             ["300, until 2026-07-01T10:06:39.000000Z"])

    def test_exposure_counts_each(self):
        [root] = [s for s in self.documents["exposure"]["secrets"] if s["name"] == "root"]
        self.assertEqual(root["reads"], TIMES + 1)


if __name__ == "__main__":
    unittest.main()
