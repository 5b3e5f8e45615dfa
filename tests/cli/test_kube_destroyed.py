"""What an attacker destroyed is told step by step, whatever kind of thing it was; what the cluster
deleted in consequence is not told as his, and what the account did every day is no step."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made_cases import KCM, Case, account, lines  # noqa: E402
from test_kube_reach import Reach  # noqa: E402

GROUPS = ("system:serviceaccounts", "system:authenticated")
FRONT, POD = account("shop", "front"), "front-7d9f8-abcde"
# What was deleted, in order, and how it is told.
DELETED = [("backups velero/daily-1", "velero.io", "deleted backup velero/daily-1"),
           ("volumesnapshots shop/db", "snapshot.storage.k8s.io", "deleted volume snapshot shop/db"),
           ("statefulsets shop/db", "apps", "deleted stateful set shop/db"),
           ("namespaces analytics", "", "deleted namespace analytics"),
           ("configmaps shop/prices", "", "deleted config map shop/prices")]


def case():
    c = Case("destroyed", "2026-08-14")
    inside = dict(source="10.244.4.4", groups=GROUPS)
    for i in range(30):  # every day it reads its settings, and renews what it writes
        c.request(60 * i, FRONT, "get", "configmaps shop/settings", agent="front/1.0", **inside)
        c.request(60 * i + 1, FRONT, "update", "configmaps shop/cache", agent="front/1.0", **inside)
    c.alert(2400, "Launch Suspicious Network Tool in Container", f"shop/{POD}", "curl 203.0.113.50/a",
            container="9a" * 32)
    thief = dict(agent="curl/8.5.0", extra={"authentication.kubernetes.io/pod-name": [POD]}, **inside)
    c.request(2430, FRONT, "create", "selfsubjectaccessreviews", 201, group="authorization.k8s.io", **thief)
    for i, (what, group, _) in enumerate(DELETED):
        c.request(2500 + 10 * i, FRONT, "delete", what, group=group, **thief)
    c.request(2560, FRONT, "deletecollection", "persistentvolumeclaims shop/", **thief)
    c.request(2570, FRONT, "patch", "deployments/scale kube-system/coredns", group="apps",
              body={"spec": {"replicas": 0}}, **thief)
    c.request(2575, FRONT, "patch", "deployments shop/cart", group="apps",
              body=[{"op": "replace", "path": "/spec/replicas", "value": 0}], **thief)
    c.request(2580, FRONT, "delete", "nodes n9", 403, **thief)
    note = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "read-me", "namespace": "shop"}}
    c.request(2590, FRONT, "create", "configmaps shop/read-me", 201, body=note, **thief)
    for i in range(3):
        c.request(2600 + 60 * i, FRONT, "update", "configmaps shop/cache", agent="front/1.0", **inside)
    component = dict(agent=KCM, source="10.0.0.2", groups=GROUPS)
    c.request(2541, account("kube-system", "namespace-controller"), "deletecollection", "secrets analytics/",
              **component)
    c.request(2521, account("kube-system", "generic-garbage-collector"), "delete", "pods shop/db-0", **component)
    manifest = {"apiVersion": "v1", "kind": "Pod",
                "metadata": {"name": POD, "namespace": "shop", "uid": c.uid("pod"),
                             "creationTimestamp": "2026-08-01T00:00:00Z"},
                "spec": {"serviceAccountName": "front", "containers": [{"name": "front", "image": "front:9"}]},
                "status": {"podIP": "10.244.4.4", "containerStatuses": [
                    {"name": "front", "image": "front:9", "containerID": "containerd://" + "9a" * 32}]}}
    claims = ("attacker deleted all PVCs in namespace shop", "attacker deleted the statefulset shop/db")
    c.files = {"pod.json": json.dumps(manifest), "audit.log": lines(c.records()),
               "falco.json": lines(c.alerts()),
               "timeline.md": "# Timeline 2026-08-14 (UTC)\n\n" + "".join(f"- 10:42 {s}\n" for s in claims)}
    return c, claims


class Destroyed(Reach):
    def setUp(self):
        made, self.claimed = case()
        self.analyze(made.files)
        self.facts = {f["sentence"]: p["phase"] for p in self.documents["story"]["phases"] for f in p["facts"]}

    def told(self, what):
        return self.facts.get(f"Service account shop/front {what}")

    def test_each_is_told(self):
        for *_, sentence in DELETED:
            self.assertEqual(self.told(sentence), "impact", sentence)
        self.assertEqual(self.told("deleted all persistentvolumeclaims of namespace shop"), "impact")
        self.assertEqual(self.told("scaled deployment kube-system/coredns to 0"), "impact")
        self.assertEqual(self.told("scaled deployment shop/cart to 0"), "impact")

    def test_what_he_left(self):
        self.assertIsNotNone(self.told("created config map shop/read-me"))

    def test_ordinary_writes_are_no_steps(self):
        self.assertFalse([s for s in self.facts if "shop/cache" in s])

    def test_the_clusters_own_deletions_are_no_steps(self):
        self.assertFalse([s for s in self.facts if "shop/db-0" in s or "secrets of namespace analytics" in s])

    def test_the_summary_says_how_many_more(self):
        """Eight steps at most are told; of nine that destroyed or were grave one is left."""
        steps = [one for one in self.documents["story"]["summary"] if one.get("steps")]
        self.assertEqual(len(steps[0]["steps"]), 8)
        more = steps[0]["more_steps"]
        self.assertEqual(f"- and {more} more" in self.summary, more > 0)
        self.assertIn("deleted namespace analytics", self.summary)

    def test_claims(self):
        judged = {c["claim"]: c["verdict"] for c in self.documents["claims"]["claims"]}
        self.assertEqual(judged, dict.fromkeys(self.claimed, "supported"))


if __name__ == "__main__":
    unittest.main()
