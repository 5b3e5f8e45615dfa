"""What the written timeline claims, against an audit log that shows something else: who did
it, whether it was let through, what it was done to. The truth is the log that is made here."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made_cases import Case, account, lines  # noqa: E402
from test_kube_reach import STOLEN, WEB, Reach, shop  # noqa: E402

ANA, BO = "ana@corp.example", "bo@corp.example"


class Claims(Reach):
    """10:01 the first alert; a minute later what the attacker did, from 10:10 the response."""

    def judge(self, *sentences, name="timeline.md"):
        c = Case("claims", "2026-07-01")
        c.alert(60, "Run shell untrusted", "shop/web-0", "sh -c id", container="ab" * 32)
        c.request(90, WEB, "get", "secrets shop/db-password", 200, **STOLEN)
        c.request(100, WEB, "get", "secrets vault/master", 403, **STOLEN)
        c.request(110, WEB, "create", "clusterrolebindings", 403, **STOLEN)
        c.request(120, WEB, "create", "pods shop/runner-7", 201, **STOLEN)
        c.request(130, WEB, "get", "secrets shop/absent", 404, **STOLEN)
        c.request(600, ANA, "patch", "pods shop/web-0", 200,
                  body={"metadata": {"labels": {"quarantine": "yes"}}})
        c.request(610, ANA, "delete", "pods shop/runner-7", 200)
        c.request(900, BO, "delete", "clusterrolebindings leftover-9", 403)
        c.request(3000, account("kube-system", "job-controller"), "list", "jobs", 200)
        text = "Times are UTC, 2026-07-01\n\n" + "".join(f"- {s}\n" for s in sentences)
        self.analyze({"pod.json": json.dumps(shop(c)), name: text,
                      "audit.log": lines(c.records()), "falco.json": lines(c.alerts())})
        found = {x["claim"]: x for x in self.documents["claims"]["claims"]}
        self.assertEqual(len(found), len(sentences))
        return [found[s.split(" ", 1)[1]] for s in sentences]

    def verdicts(self, *sentences):
        return [c["verdict"] for c in self.judge(*sentences)]

    def test_what_was_refused_was_not_done(self):
        [read, tried, bound, absent, all_of_it] = self.judge(
            "10:01:40 Attacker read secret vault/master",
            "10:01:40 Attacker tried to read secret vault/master and was denied",
            "10:01:50 Attacker created a cluster role binding",
            "10:02:10 Attacker read secret absent",
            "10:01:30 Attacker read secret db-password")
        self.assertEqual([c["verdict"] for c in (read, tried, bound, absent, all_of_it)],
                         ["contradicted", "supported", "contradicted", "contradicted",
                          "supported"])
        self.assertEqual(read["why"], [
            f"it was asked for at 2026-07-01T10:01:40.000Z by {WEB}, and was refused: status 403"])
        self.assertEqual([(r["object"], r["code"]) for r in read["contradicts"]],
                         [("vault/master", 403)])
        self.assertEqual([(r["object"], r["code"]) for r in tried["supports"]],
                         [("vault/master", 403)])
        self.assertEqual(absent["why"], [
            f"it was asked for at 2026-07-01T10:02:10.000Z by {WEB}, and failed: status 404"])

    def test_what_is_said_to_be_refused_was_let_through(self):
        [read, mixed] = self.judge(
            "10:01:30 Attacker tried to read secret db-password and was denied",
            "10:02:00 Pod runner-7 created by the attacker; creating a binding was denied")
        self.assertEqual(read["verdict"], "contradicted")
        self.assertIn("and was let through: status 200", read["why"][0])
        self.assertEqual(mixed["verdict"], "supported")

    def test_only_tried_says_nothing_of_the_end(self):
        self.assertEqual(self.verdicts("10:01:30 Attacker attempted to read secret db-password",
                                       "10:01:40 Attacker attempted to read secret vault/master"),
                         ["supported", "supported"])

    def test_a_refusal_of_somebody_else_is_not_the_attackers(self):
        [other] = self.judge("10:15:00 Attacker deleted clusterrolebinding leftover-9")
        self.assertNotIn("was refused", " ".join(other["why"]))
        [own] = self.judge("10:15:00 Bo deleted clusterrolebinding leftover-9")
        self.assertEqual(own["verdict"], "contradicted")
        self.assertIn(f"by {BO}, and was refused", own["why"][0])

    def test_who_did_it(self):
        said = self.judge("10:10:10 ana deleted pod runner-7",
                          "10:10:10 Attacker deleted pod runner-7",
                          "10:10:11 Pod runner-7 deleted by the attacker",
                          "10:10:10 Attacker pod runner-7 deleted",
                          "10:10:10 Attacker's pod runner-7 was deleted",
                          "10:02:00 ana created pod runner-7",
                          "10:02:00 Pod runner-7 created")
        self.assertEqual([c["verdict"] for c in said],
                         ["supported", "contradicted", "contradicted", "supported", "supported",
                          "contradicted", "supported"])
        self.assertEqual(said[1]["why"], [f"it was done by {ANA}, and by nobody else that the "
                                          "evidence shows"])

    def test_the_name_of_what_it_was_done_to(self):
        self.assertEqual(self.verdicts("10:02:00 Attacker created pod miner-1",
                                       "10:02:00 Attacker created a pod"),
                         ["contradicted", "supported"])

    def test_reads_are_missing_only_where_the_log_has_reads(self):
        self.assertEqual(self.verdicts("10:05:00 Attacker read secret tls-9",
                                       "10:05:00 Attacker read /run/secrets/tls-9",
                                       "10:05:00 Attacker read config map feature-1"),
                         ["contradicted", "neither", "neither"])


if __name__ == "__main__":
    unittest.main()
