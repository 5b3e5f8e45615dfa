"""Times at both ends of what 64 bits of nanoseconds hold, and none at all: whoever writes a log
can write them. They are far from everything, and change nothing of what the rest tells."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made_cases import Case, account, lines  # noqa: E402
from test_kube_reach import STOLEN, WEB, Reach, shop  # noqa: E402

FIRST, LAST = "1677-09-21T00:12:44Z", "2262-04-11T23:47:16Z"
RULES = """title: taken
name: taken
logsource: {product: kubernetes, service: audit}
detection:
  s: {verb: delete, objectRef.resource: endpoints}
  condition: s
---
title: taken often
name: often
correlation:
  type: event_count
  rules: [taken]
  group-by: [user.username]
  timespan: 1m
  condition: {gte: 2}
"""


def dated(records, time):
    for r in records:
        for key in ("requestReceivedTimestamp", "stageTimestamp"):
            if time:
                r[key] = time
            else:
                r.pop(key)
    return records


def one_of_each(user):
    """What is asked of the pod, its workload and its account, each once."""
    c = Case(f"far {user}", "2026-07-01")
    for verb, what in (("create", "pods/exec shop/web-0"), ("delete", "pods shop/web-0"),
                       ("create", "pods shop/other"), ("patch", "deployments shop/web"),
                       ("get", "secrets shop/web"), ("create", "networkpolicies shop/web"),
                       ("create", "serviceaccounts/token shop/web")):
        c.request(0, user, verb, what)
    c.request(1, user, "get", "pods/exec shop/web-0", code=500)
    return c.records()


class Far(Reach):
    def incident(self):
        c = Case("far", "2026-07-01")
        c.request(60, "mallory", "create", "pods/exec shop/web-0", 101, source="198.51.100.7")
        c.request(70, WEB, "list", "secrets shop/", **STOLEN)
        c.alert(75, "Shell in container", "shop/web-0", "sh -i", priority="Critical",
                container="ab" * 32)
        return c

    def told(self, *records, more=None):
        c = self.incident()
        self.analyze({"pod.json": json.dumps(shop(c)), "audit.log": lines(c.records()),
                      "falco.jsonl": lines(c.alerts()), "far.log": lines(records), **(more or {})},
                     "--rules", "../rules.yml")

    def test_the_rest_is_told_beside_them(self):
        for who in ("mallory", "bob@corp.example", WEB,
                    account("kube-system", "replicaset-controller")):
            for times in ((FIRST,), (LAST,), (None,), (FIRST, None, LAST)):
                with self.subTest(who=who, times=times):
                    far = [r for i, t in enumerate(times)
                           for r in dated(one_of_each(who), t)]
                    for i, r in enumerate(far):
                        r["auditID"] = f"00000000-0000-4000-8000-{i:012d}"
                    self.told(*far, more={"../rules.yml": RULES})
                    events = self.documents["findings"]["findings"]
                    self.assertTrue([f for f in events if "Shell in container" in json.dumps(f)])

    def test_alerts_statements_and_documents(self):
        for time in (FIRST, LAST):
            c = self.incident()
            far = [{**a, "time": time} for a in c.alerts()]
            made = shop(c)
            made["metadata"]["creationTimestamp"] = time
            said = time.replace("T", " ").replace("Z", " UTC")
            self.told(more={"../rules.yml": RULES, "far.jsonl": lines(far), "made.json": json.dumps(made),
                            "notes-IR.txt": f"{said} the pod web-0 was deleted before the policy\n"})

    def often(self, *times):
        c = Case("often", "2026-07-01")
        for i, _ in enumerate(times):
            c.request(i, "eve", "delete", f"endpoints shop/e{i}", agent="curl/8.5.0")
        records = c.records()
        for r, t in zip(records, times):
            dated([r], t)
        self.told(*records, more={"../rules.yml": RULES})
        return [f for f in self.documents["findings"]["findings"] if f["title"] == "taken often"]

    def test_six_centuries_are_no_minute(self):
        self.assertEqual(len(self.often("2026-07-01T10:00:00Z", "2026-07-01T10:00:59Z")), 1)
        self.assertEqual(self.often(FIRST, LAST), [])

    def test_an_account_centuries_after_secrets_were_read_is_not_soon_after(self):
        for read, soon in (("2026-07-01T10:01:20Z", True), (FIRST, False), (None, False)):
            c = self.incident()
            for i in range(100):
                c.request(i / 2, account("ops", "deploy"), "get", "deployments ops/app", agent="deployer/1")
            c.request(80, WEB, "list", "secrets", **STOLEN)
            c.request(90, account("ops", "deploy"), "list", "pods ops/", agent="curl/8.6.0",
                      source="203.0.113.9")
            records = c.records()
            dated([r for r in records if r["user"]["username"] == WEB], read)
            self.analyze({"pod.json": json.dumps(shop(c)), "audit.log": lines(records)})
            self.assertEqual("soon after secrets were read" in json.dumps(self.documents), soon, read)


if __name__ == "__main__":
    unittest.main()
