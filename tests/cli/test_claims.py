"""What the written timeline claims, against an audit log that shows something else: who did
it, whether it was let through, what it was done to. The truth is the log that is made here."""
import json
import subprocess
import sys
import unittest
from datetime import datetime, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).parent))
from kube_case import EXHIBIT  # noqa: E402
from made_cases import Case, account, lines  # noqa: E402
from made_responses import NET  # noqa: E402
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
        self.assertEqual(len(found), len(sentences), list(found))
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

    def test_a_pod_is_isolated_by_a_policy(self):
        """Only the policy stands in the log; that it lets nothing through is computed."""
        c = Case("isolated", "2026-07-01")
        policy = {"apiVersion": NET + "/v1", "kind": "NetworkPolicy",
                  "metadata": {"name": "deny-all", "namespace": "shop"},
                  "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}}
        c.request(600, ANA, "create", "networkpolicies shop/deny-all", 201, body=policy, group=NET)
        c.request(3000, account("kube-system", "job-controller"), "list", "jobs", 200)
        self.analyze({"pod.json": json.dumps(shop(c)), "audit.log": lines(c.records()),
                      "timeline.md": "Times are UTC, 2026-07-01\n\n- 10:10:00 Pod isolated\n"
                      "- 10:10:01 ana wrote a network policy; the pod was isolated\n"
                      "- 10:00:01 the pod was isolated\n"})
        self.assertEqual([x["verdict"] for x in self.documents["claims"]["claims"]],
                         ["contradicted", "supported", "supported"])

    def test_each_act_of_a_sentence_is_judged(self):
        """What the log has: the pod runner-7 made and deleted, no binding (it was refused)."""
        said = self.judge(
            "10:02:00 Attacker created pod runner-7 and read secret db-password",
            "10:02:00 Attacker created pod runner-7 and created a clusterrolebinding",
            "10:10:10 ana labelled the pod and deleted pod runner-7",
            "10:10:10 ana deleted pod runner-7 and took a checkpoint",
            "10:10:10 ana deleted pods runner-7 and runner-8",
            "10:10:10 ana deleted pod runner-7 and attacker deleted pod runner-7",
            "10:30:00 bo cordoned node n-1 and deleted deployment leftover-9")
        self.assertEqual([c["verdict"] for c in said],
                         ["supported", "contradicted", "supported", "partly", "contradicted",
                          "contradicted", "contradicted"])
        self.assertEqual([[(p["claim"], p["verdict"]) for p in c["parts"]] for c in said[1:6]], [
            [("Attacker created pod runner-7", "supported"),
             ("created a clusterrolebinding", "contradicted")],
            [("ana labelled the pod", "supported"), ("deleted pod runner-7", "supported")],
            [("ana deleted pod runner-7", "supported"), ("took a checkpoint", "neither")],
            [("ana deleted pods runner-7", "supported"), ("runner-8", "contradicted")],
            [("ana deleted pod runner-7", "supported"),
             ("attacker deleted pod runner-7", "contradicted")]])
        self.assertEqual([(r["object"], r["code"]) for r in said[0]["supports"]],
                         [("shop/runner-7", 201), ("shop/db-password", 200)])
        self.assertIn("was refused: status 403", said[1]["parts"][1]["why"][0])
        self.assertIn("the package holds no checkpoint", said[3]["why"])
        told = {f["subject"]: f["arguments"] for f in self.found("kube.claim-contradicted")}
        self.assertEqual(told[said[1]["claim"]]["part"], "created a clusterrolebinding")
        self.assertIn("was refused", told[said[1]["claim"]]["because"])

    def test_the_order_of_two_acts(self):
        """What the log has: 10:01:30 the secret read, 10:02 the pod made, 10:10:10 deleted."""
        first, other = "supported", "contradicted"
        said = {
            "10:02:00 After secret db-password was read, the attacker created pod runner-7": first,
            "10:01:30 After pod runner-7 was created, the attacker read secret db-password": other,
            "10:10:10 ana deleted pod runner-7 before secret db-password was read": other,
            "10:01:30 Attacker read secret db-password prior to creating pod runner-7": first,
            "10:10:10 ana deleted pod runner-7 after the attacker created pod runner-7": first,
            # long before the sentence's own time, and yet true
            "10:10:10 Following the read of secret db-password, ana deleted pod runner-7": first,
            "10:02:00 Attacker created pod runner-7, then read secret db-password": other,
            "10:01:30 Attacker read secret db-password, then created pod runner-7": first,
            # the shell (the alert) was at 10:01
            "10:01:30 After the shell was opened, secret db-password was read": first,
            "10:01:30 Before the shell was opened, secret db-password was read": other,
            # a time, and no act
            "10:02:00 After 10:01 the attacker created pod runner-7": first,
            "10:02:00 Attacker created pod runner-7 shortly after": first,
            # what came first was never done, or not by whom it says
            "10:02:00 After creating a clusterrolebinding, attacker created pod runner-7": other,
            "10:10:10 After secret absent-2 was read, ana deleted pod runner-7": "partly",
            # denials hold for their time alone
            "10:10:10 No secret was read after ana deleted pod runner-7": "partly",
            "10:10:10 No secret was read before ana deleted pod runner-7": other}
        told = self.judge(*said)
        self.assertEqual({s: c["verdict"] for s, c in zip(said, told)}, said)
        by_claim = {c["claim"]: c for c in told}
        swapped = by_claim["After pod runner-7 was created, the attacker read secret db-password"]
        self.assertEqual([p["verdict"] for p in swapped["parts"]], ["supported", "supported"])
        order = swapped["parts"][1]["order"]
        self.assertEqual(order["verdict"], "contradicted")
        self.assertIn("10:02:00.000Z", order["why"][0])
        self.assertIn("10:01:30.000Z", order["why"][0])
        because = {f["subject"]: f["arguments"]["because"]
                   for f in self.found("kube.claim-contradicted")}
        self.assertEqual(because[swapped["claim"]], order["why"][0])

    def test_clocks_that_nobody_compared_tell_no_order(self):
        [close] = self.judge("10:01:01 After the shell was opened, a pod was created")
        self.assertNotIn("contradicted", [p.get("order", {}).get("verdict")
                                          for p in close["parts"]])

    def test_the_name_of_what_it_was_done_to(self):
        self.assertEqual(self.verdicts("10:02:00 Attacker created pod miner-1",
                                       "10:02:00 Attacker created a pod"),
                         ["contradicted", "supported"])

    def test_reads_are_missing_only_where_the_log_has_reads(self):
        self.assertEqual(self.verdicts("10:05:00 Attacker read secret tls-9",
                                       "10:05:00 Attacker read /run/secrets/tls-9",
                                       "10:05:00 Attacker read config map feature-1"),
                         ["contradicted", "neither", "neither"])


ZONES = ("Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Asia/Kolkata",
         "Australia/Lord_Howe", "Pacific/Chatham", "Africa/Casablanca", "Asia/Tehran",
         "America/St_Johns", "Pacific/Kiritimati", "Europe/Dublin", "Antarctica/Troll")
# Summer, winter, hours that are there twice or never, years before and after the file's.
TIMES = ("2026-07-01 12:00", "2026-01-15 00:30", "2026-03-29 02:30", "2026-10-25 02:30",
         "2026-03-08 02:30", "2026-11-01 01:30", "2026-04-05 02:15", "1985-06-01 12:00",
         "2045-07-01 12:00", "2045-12-01 12:00")


class Words(Reach):
    def test_of_other_languages(self):
        c = Case("words", "2026-05-12")
        c.request(600, "jo", "create", "pods/exec shop/web-0", 101,
                  query="?command=%2Fbin%2Fbash&container=web")
        c.request(660, WEB, "list", "secrets", **STOLEN)
        c.request(720, WEB, "create", "pods shop/worker-2-debug-9x4tm", 201, **STOLEN)
        c.request(780, WEB, "deletecollection", "events shop/", **STOLEN)
        c.request(840, "lee", "create", "networkpolicies shop/ir-deny", 201, group=NET)
        said = {"Jemand \u00f6ffnet eine Shell im Pod web-0": "10:10",
                "Debug-Pod auf worker-2 angelegt": "10:12",
                "Events in shop gel\u00f6scht": "10:13",
                "Netzwerk-Policy ir-deny gesetzt": "10:14",
                "Netzwerkrichtlinie ir-deny angewendet": "10:14",
                "Politique r\u00e9seau ir-deny appliqu\u00e9e": "10:14"}
        text = "12. Mai 2026 (UTC)\n\n" + "".join(f"- {at} {x}\n" for x, at in said.items())
        self.analyze({"pod.json": json.dumps(shop(c)), "audit.log": lines(c.records()),
                      "zeitleiste.md": text})
        verdicts = {x["claim"]: x["verdict"] for x in self.documents["claims"]["claims"]}
        self.assertEqual(verdicts, {x: "supported" for x in said})


class Zones(Reach):
    """Against what Python's zoneinfo says of the same files: of a time that is there twice
    the first, of one that is not there the one counted on from before (PEP 495, fold 0)."""

    def statements(self, text, *options, name="timeline.md"):
        c = Case("zones", "2026-07-01")
        self.analyze({"pod.json": json.dumps(shop(c)), name: text}, *options)
        return {x["claim"]: x["time"] for x in self.documents["claims"]["claims"]}

    def truth(self, zone, text):
        local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
        return local.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

    def test_every_zone_and_time(self):
        want = {f"note {z} {t[:10]}".replace("/", "."): self.truth(z, t)
                for z in ZONES for t in TIMES}
        text = "".join(f"- {t} {z} note {z.replace('/', '.')} {t[:10]}\n"
                       for z in ZONES for t in TIMES)
        self.assertEqual(self.statements(text), want)

    def test_the_zone_of_the_document(self):
        for head in ("Timezone: {}", "(all times {})", "Times in {}, as the pager had them"):
            text = head.format("America/New_York") + "\n\n- 2026-07-01 12:00 a\n"
            self.assertEqual(self.statements(text), {"a": "2026-07-01T16:00:00Z"})
        self.assertEqual(self.statements("Time (Asia/Kolkata),What\n2026-07-01 12:00,a\n",
                                         name="timeline.csv"), {"a": "2026-07-01T06:30:00Z"})
        for head in ("When (CEST)", "Datum (MESZ)", "Wann (UTC+2)", "**Start** (UTC+2)"):
            rows = f"| {head} | What |\n|---|---|\n| 2026-07-01 12:00 | a |\n"
            self.assertEqual(self.statements(rows), {"a": "2026-07-01T10:00:00Z"}, head)
        told = "Start of the work of CEST colleagues\n\n- 2026-07-01 12:00 a\n"
        self.assertEqual(self.statements(told)["a"], "2026-07-01T12:00:00Z")

    def test_a_spreadsheet_writes_minutes_with_seconds(self):
        rows = "".join(f"2026-07-01T12:0{n}:{{0}}+02:00,Lee,looks {n}\n" for n in range(4))
        said = self.statements("when,who,what\n" + rows.format("00"), name="sheet1.csv")
        self.assertEqual(sorted(said.values()), [f"2026-07-01T10:0{n}:00Z" for n in range(4)])
        other = self.statements("when,who,what\n" + rows.format("17"), name="sheet1.csv")
        self.assertEqual(other, {})

    def test_an_account_is_known_by_its_lines_whatever_its_name(self):
        head = "Vermerk vom 1.7.2026, UTC\n\n"
        said = self.statements(head + "10:00 Lee calls\n10:05 Ann looks\n10:09 nothing\n",
                               name="vermerk.txt")
        self.assertEqual(said["Lee calls"], "2026-07-01T10:00:00Z")
        self.assertEqual(len(said), 3)
        for other in ("10:00:01 INFO a\n10:05:02 INFO b\n10:09:03 INFO c\n",
                      "10:00 a\n" + "and what else there is\n" * 9):
            self.assertEqual(self.statements(head + other, name="output.txt"), {})

    def test_the_time_of_a_place(self):
        for head, zone in (
                ("Chronologie (lundi 9 mars 2026, heure de Paris)", "Europe/Paris"),
                ("# Zeitleiste, alle Zeiten Berliner Zeit", "Europe/Berlin"),
                ("All times are New York time.", "America/New_York"),
                ("Hora local (Madrid)", "Europe/Madrid"), ("Ortszeit Wien", "Europe/Vienna"),
                ("Times in US Eastern", "US/Eastern"), ("ora di Roma", "Europe/Rome")):
            self.assertEqual(self.statements(f"{head}\n\n- 2026-07-01 12:00 a\n"),
                             {"a": self.truth(zone, "2026-07-01 12:00:00")}, head)

    def test_what_names_no_place_is_no_zone(self):
        for head in ("Time | What | Source", "Response time in Cluster", "Time of Pods",
                     "At 11:59 it was the time in London"):
            said = self.statements(f"{head}\n\n- 2026-07-01 12:00 a\n")
            self.assertEqual(said["a"], "2026-07-01T12:00:00Z", head)

    def test_what_is_ambiguous_or_not_known_is_told_and_can_be_given(self):
        text = "- 2026-07-01 12:00 IST a\n- 2026-07-01 12:00 Europe/Atlantis b\n"
        self.assertEqual(self.statements(text), {})
        (told,) = self.found("coverage.malformed-record")
        self.assertEqual(told["arguments"]["fault"], "ambiguous-zone")
        self.assertIn("--zone", told["arguments"]["remedy"])
        for zone, hour in (("Asia/Kolkata", "06:30"), ("+01:00", "11:00")):
            want = f"2026-07-01T{hour}:00Z"
            self.assertEqual(self.statements(text, "--zone", zone), {"a": want, "b": want})
        self.assertEqual(self.statements("- 2026-07-01 12:00 a\n", "--zone", "Europe/Paris"),
                         {"a": "2026-07-01T10:00:00Z"})

    def test_a_zone_that_is_none_is_wrong_usage(self):
        for zone in ("IST", "Europe/Atlantis", "../../etc/passwd", "Etc/../../passwd", ""):
            done = subprocess.run([EXHIBIT, "analyze", "x", "-o", "y", "--zone", zone],
                                  capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 2, zone)
            self.assertIn("--zone wants", done.stderr)


if __name__ == "__main__":
    unittest.main()
