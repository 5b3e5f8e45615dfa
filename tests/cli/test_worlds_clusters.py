"""Two clusters' logs in one package, stage and production: the same namespaces, pods, accounts
and people. What was done in the one is no act in the other. The truth is made here."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made_cases import Case, account, lines  # noqa: E402
from made_responses import INSIDE, NET, pod, policy  # noqa: E402
from test_kube_reach import Reach  # noqa: E402

API, ANA, KIM = account("pay", "api"), "ana@corp.example", "kim@corp.example"
DENY = policy("deny-all", "pay", {"podSelector": {"matchLabels": {"app": "api"}},
                                  "policyTypes": ["Ingress", "Egress"]})


def at(hour, minute):
    return (hour - 10) * 3600 + minute * 60


def ordinary(c, node, address):
    """The identifier of each account is the cluster's own: Case makes it of its name."""
    for i in range(0, 9000, 60):
        c.request(i, API, "get", "configmaps pay/settings", agent="api/2", source=address,
                  groups=INSIDE)
        c.request(i + 3, f"system:node:{node}", "patch", f"nodes/status {node}",
                  agent="kubelet/v1.30", source="10.0.0.11", groups=("system:nodes",))


class Clusters(Reach):
    """Production: 10:30 a shell in api-0, 10:32 its token from outside, 11:00 Ana's policy, and the
    pod lives on. Stage: Kim's ordinary work, who enters, isolates nothing, takes a policy away and
    deletes the pod of the same name."""

    def judge(self, *sentences, stage="stage", nodes=("prod-n1", "stage-n1"), merge=False):
        p, s = Case("prod", "2026-06-20"), Case(stage, "2026-06-20")
        ordinary(p, nodes[0], "10.10.1.7")
        ordinary(s, nodes[1], "10.20.1.7")
        desk = {"source": "192.0.2.30"}
        s.request(at(10, 25), KIM, "get", "secrets pay/stage-db", **desk)
        s.request(at(10, 31), KIM, "create", "pods/exec pay/api-0", 101, **desk,
                  query="?command=sh&stdin=true&tty=true",
                  stages=("ResponseStarted", "ResponseComplete"))
        s.request(at(11, 20), KIM, "delete", "networkpolicies pay/deny-all", group=NET, **desk)
        s.request(at(11, 25), KIM, "delete", "pods pay/api-0", **desk)
        s.request(at(11, 30), API, "create", "pods pay/job-1", 201, agent="api/2",
                  source="10.20.1.7", groups=INSIDE)
        p.alert(at(10, 30), "Run shell untrusted", "pay/api-0", "sh -c id", container="ab" * 32)
        p.request(at(10, 32), API, "list", "secrets pay/", agent="curl/8", source="198.51.100.9",
                  groups=INSIDE)
        p.request(at(11, 0), ANA, "create", "networkpolicies pay/deny-all", 201, group=NET,
                  body=DENY, answer=DENY, source="192.0.2.40")
        p.request(at(12, 20), ANA, "list", "pods pay/", source="192.0.2.40")
        manifest = pod(p, "pay/api-0", {"serviceAccountName": "api", "nodeName": "prod-n1",
                                        "containers": [{"name": "api", "image": "reg/api:2"}]},
                       "ab" * 32, {"app": "api"}, owner="StatefulSet/api", ip="10.10.1.7")
        both = p.audit + s.audit
        logs = {"a.log": lines(p.records()), "b.log": lines(s.records())} if not merge else {
            "audit.log": lines(r for _, r in sorted(both, key=lambda x: x[0]))}
        self.analyze({"pod.json": json.dumps(manifest), "falco.json": lines(p.alerts()), **logs,
                      "timeline.md": "# 2026-06-20, UTC\n\n" + "".join(
                          f"- {one}\n" for one in sentences)})
        return [claim["verdict"] for claim in self.documents["claims"]["claims"]]

    def told(self):
        return [(f["subject"], f["arguments"]["left out"][:3].strip(":"))
                for f in self.found("kube.other-cluster")]

    def test_what_was_done_in_stage_is_no_act_here(self):
        self.judge()
        held = self.documents["containment"]
        self.assertEqual(self.told(), [("b.log", "yes")])
        self.assertEqual([(a["what"], a["by"]) for a in held["actions"]], [("network-policy", ANA)])
        self.assertEqual(held["contained"][:16], "2026-06-20T11:00")
        self.assertEqual(held["remains"], [])
        self.assertEqual({n for _, n in self.secrets()}, {"api", "settings"})
        self.assertNotIn("kim", json.dumps([self.documents[n] for n in (
            "story", "scope", "identities", "exposure", "slices")]))
        grave = [f["rule"] for f in self.documents["findings"]["findings"]
                 if f["severity"] != "info" and f["rule"] != "kube.other-cluster"
                 and any(s["item"] == "b.log" for s in f["spans"])]
        self.assertEqual(grave, [])
        self.assertIn("b.log is of another cluster", self.summary)

    def test_sentences_about_the_other_one_are_not_false(self):
        self.assertEqual(self.judge("11:00 Ana created the network policy deny-all",
                                    "11:20 Kim deleted the network policy deny-all",
                                    "11:25 pod api-0 deleted by Kim",
                                    "11:40 pod api-0 deleted by Kim"),
                         ["supported", "neither", "neither", "contradicted"])

    def test_where_nothing_tells_whose_the_pod_is_it_is_said(self):
        """Nodes of both are called alike: nothing is left out, and the reader is told."""
        self.judge(nodes=("prod-n1", "prod-n1"))
        self.assertEqual([left for _, left in self.told()], ["no"])
        self.assertIn("nothing tells of which one the pod is", self.summary)
        self.judge(merge=True)
        self.assertEqual(self.told(), [("audit.log", "no")])

    def test_logs_of_one_cluster_are_one(self):
        """Two API servers of it: each kubelet holds on to one of them."""
        self.judge(stage="prod")
        self.assertEqual(self.told(), [])
        self.assertEqual(self.documents["containment"]["actions"][-1]["what"], "delete-pod")


class Again(Reach):
    def test_an_account_that_is_made_anew_is_of_the_same_cluster(self):
        """Deleted and made again at 11:00, with another identifier; the log is rotated at 10:50."""
        c, again = Case("one", "2026-06-20"), Case("two", "2026-06-20")
        ordinary(c, "n1", "10.10.1.7")
        ordinary(again, "n1", "10.10.1.7")
        records = [r for when, r in sorted(c.audit, key=lambda x: x[0]) if when < 3600] + [
            r for when, r in sorted(again.audit, key=lambda x: x[0]) if when >= 3600]
        manifest = pod(c, "pay/api-0", {"nodeName": "n1", "containers": [
            {"name": "api", "image": "a"}]}, "ab" * 32, {})
        self.analyze({"pod.json": json.dumps(manifest), "audit.log.1": lines(records[:100]),
                      "audit.log": lines(records[100:])})
        self.assertEqual(self.found("kube.other-cluster"), [])

    def test_identifiers_that_were_made_up_tell_nothing(self):
        """Whoever took the real ones out put one of a dozen into each record."""
        c = Case("one", "2026-06-20")
        ordinary(c, "n1", "10.10.1.7")
        records = list(c.records())
        manifest = pod(c, "pay/api-0", {"nodeName": "n1", "containers": [
            {"name": "api", "image": "a"}]}, "ab" * 32, {})
        for kinds, told in ((12, 0), (2, 1)):
            for i, record in enumerate(records):
                record["user"]["uid"] = f"00000000-0000-4000-8000-{i // 2 % kinds:012d}"
            self.analyze({"pod.json": json.dumps(manifest), "audit.log": lines(records)})
            self.assertEqual(len(self.found("kube.other-cluster")), told, kinds)


if __name__ == "__main__":
    unittest.main()
