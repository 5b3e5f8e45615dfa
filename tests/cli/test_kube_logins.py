"""A password that was guessed, as the OAuth server of OpenShift logs it: where the account is
the incident's, that is how it began. The truth is made here."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made_cases import Case, lines  # noqa: E402
from test_kube_reach import Reach, shop  # noqa: E402

JO, EVIL = "jo@corp.example", "198.51.100.9"
OC = {"agent": "oc/4.16.0 (linux/amd64) kubernetes/1", "source": EVIL}


class Logins(Reach):
    """Jo works from 10:00 on, with kubectl. From 10:20 his password is tried, six times, and at
    10:26 it is found; from 10:30 on somebody lists secrets as him, from that address."""

    def login(self, c, at, accepted, user=JO, source=EVIL):
        c.request(at, "system:anonymous", "get", "oauth", 302 if accepted else 401,
                  groups=("system:unauthenticated",), agent="Go-http-client/1.1", source=source)
        record = c.audit[-1][1]
        record["requestURI"] = "/oauth/authorize?client_id=openshift-challenging-client"
        del record["objectRef"]
        record["annotations"] |= {"authentication.openshift.io/decision":
                                  "allow" if accepted else "deny",
                                  "authentication.openshift.io/username": user}

    def case(self, *, refused=6, accepted=True, user=JO, source=EVIL, theft=True):
        c = Case("logins", "2026-07-01")
        for i in range(12):
            c.request(60 * i, JO, "get", "configmaps shop/flags", 200)
        for i in range(refused):
            self.login(c, 1200 + 30 * i, False, user, source)
        if accepted:
            self.login(c, 1560, True, user, source)
        if theft:
            c.request(1800, JO, "list", "secrets", 200, **OC)
            c.request(1810, JO, "create", "pods/exec shop/web-0", 101, **OC,
                      query="?command=sh&container=web")
        c.request(3000, JO, "get", "configmaps shop/flags", 200)
        self.analyze({"pod.json": json.dumps(shop(c)), "audit.log": lines(c.records())})
        return self.documents["story"].get("first_sign")

    def test_the_login_is_the_first_sign(self):
        self.assertEqual(self.case()[:19], "2026-07-01T10:26:00")
        self.assertEqual(len(self.found("audit_password_guessed")), 1)
        steps = [f["sentence"] for p in self.documents["story"]["phases"] for f in p["facts"]]
        self.assertIn(JO, steps[0])
        self.assertIn("password", steps[0])
        self.assertIn("10:26:00", self.terminal)

    def test_who_is_not_of_the_incident_only_has_a_finding(self):
        for other in ({"user": "lee@corp.example"}, {"source": "203.0.113.50"}):
            self.assertEqual(self.case(**other)[:19], "2026-07-01T10:30:00", other)
            self.assertEqual(len(self.found("audit_password_guessed")), 1)

    def test_a_login_that_nothing_follows_is_no_incident(self):
        self.assertIsNone(self.case(theft=False))

    def test_few_tries_or_none_that_helped(self):
        for other in ({"refused": 2}, {"accepted": False}):
            self.assertEqual(self.case(**other)[:19], "2026-07-01T10:30:00", other)
            self.assertEqual(self.found("audit_password_guessed"), [])


if __name__ == "__main__":
    unittest.main()
