"""Somebody with rights of their own has a token issued and works with it, under the names of
others as well: whose account that was, since when, what it opened, and what the written
timeline, in Portuguese and Italian, says truly and falsely of it."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made_cases import KCM, Case, account, lines  # noqa: E402
from made_responses import INSIDE  # noqa: E402
from test_kube_reach import WEB, Reach, shop  # noqa: E402

RUI, ANA = "oidc:rui.matos@corp.example", "oidc:ana.sousa@corp.example"
DESK, TOKEN = "10.200.4.17", "JTI=7d1f0a6e-2f55-4a6b-9a43-1f2a2d0f7b11"
RULE = 'RBAC: allowed by ClusterRoleBinding "admins-rui" of ClusterRole "cluster-admin"'


class Issued(Reach):
    """From 10:20 on Rui reads secrets, has a token made and uses it; 11:00 Ana responds."""

    def case(self, named=True, used="list secrets shop/", source=DESK):
        c = Case("issued", "2026-10-08")
        for at in (0, 300, 600):
            c.request(at, RUI, "list", "pods shop/", source=DESK, reason=RULE)
        c.request(1200, RUI, "list", "secrets shop/", source=DESK, reason=RULE)
        c.request(1500, RUI, "create", "serviceaccounts/token shop/web", 201, source=DESK,
                  reason=RULE)
        if named:
            c.audit[-1][1]["annotations"][
                "authentication.kubernetes.io/issued-credential-id"] = TOKEN
        for at, verb, what in ((1560, "create", "pods/exec shop/web-old"),
                               (1580, "get", "secrets vault/keys")):
            c.request(at, RUI, verb, what, 101 if verb == "create" else 200, source=DESK,
                      reason=RULE, query="?command=sh" if verb == "create" else "")
            c.audit[-1][1]["impersonatedUser"] = {"username": ANA, "groups": []}
        verb, _, what = used.partition(" ")
        c.request(1800, WEB, verb, what, agent="curl/8.7.1", source=source, groups=INSIDE,
                  extra={"authentication.kubernetes.io/credential-id": [TOKEN]} if named else None)
        c.request(2400, RUI, "delete", "pods shop/web-old", source=DESK, reason=RULE)
        c.request(2431, "system:node:n1", "delete", "pods shop/web-old", source="10.0.0.1",
                  agent="kubelet/v1.30.4 (linux/amd64) kubernetes/a51b3b7")
        c.request(3600, ANA, "delete", "clusterrolebindings admins-rui", source="10.200.4.30",
                  group="rbac.authorization.k8s.io")
        c.request(3650, ANA, "patch", "nodes n1", source="10.200.4.30",
                  body={"spec": {"unschedulable": True}})
        c.request(3700, ANA, "patch", "deployments shop/web", source="10.200.4.30", group="apps",
                  level="Metadata")
        c.request(3800, account("kube-system", "job-controller"), "list", "jobs")
        c.request(3801, account("kube-system", "job-controller"), "list", "jobs billing/")
        return c

    def tell(self, c, *sentences):
        text = "Times are UTC, 2026-10-08\n\n" + "".join(f"- {s}\n" for s in sentences)
        self.analyze({"pod.json": json.dumps(shop(c)), "audit.log": lines(c.records()),
                      "timeline.md": text})
        return [x["verdict"] for x in self.documents["claims"]["claims"]]

    def issuers(self):
        return [f["subject"] for f in self.found("kube.token-issued-to")]

    def test_whose_token_it_was_and_what_led_up_to_it(self):
        self.tell(self.case())
        self.assertEqual(self.issuers(), [RUI])
        self.assertEqual(self.documents["patient_zero"]["time"][11:19], "10:20:00")
        self.assertIn(("secret", "keys"), self.secrets())
        acts = {(a["what"], a["object"]) for a in self.documents["containment"]["actions"]}
        self.assertIn(("revoke", "admins-rui"), acts)
        self.assertIn("shop/web-old",
                      [f["subject"] for f in self.found("kube.evidence-destroyed")])
        asked = " ".join(q["question"] for q in self.documents["story"]["open_questions"])
        self.assertIn(f"Who used the account of {RUI}", asked)

    def test_a_token_without_a_name_is_known_by_its_place(self):
        self.tell(self.case(named=False))
        self.assertEqual(self.issuers(), [RUI])
        self.tell(self.case(named=False, source="10.9.9.9"))
        self.assertEqual(self.issuers(), [])

    def test_a_token_that_does_nothing_grave_accuses_nobody(self):
        self.tell(self.case(used="list pods shop/"))
        self.assertEqual(self.issuers(), [])

    def test_claims(self):
        for said, want in (
                ("10:20 Rui Matos listou os segredos do namespace shop", "supported"),
                ("10:25 Rui Matos criou um token para a conta de serviço web", "supported"),
                ("10:26 Ana Sousa entrou no pod web-old", "contradicted"),
                ("10:26 Nenhum segredo de vault foi lido", "contradicted"),
                ("10:26 Nessun segreto di billing letto da fuori", "neither"),
                ("10:40 O pod web-old foi apagado pelo ReplicaSet", "contradicted"),
                ("10:40 Il pod web-old è stato cancellato da Rui Matos", "supported"),
                (f"10:30 The token was used from {DESK}", "supported"),
                ("10:30 The token was used from 10.200.4.1", "neither"),
                ("11:01:40 Deployment web reiniciado", "supported"),
                ("11:01:40 Deployment web restarted", "supported"),
                ("10:30 Deployment api restarted", "neither"),
                ("10:30 rui.matos entered the node", "neither"),
                ("11:01 Node n1 cordoned", "supported"),
                ("10:35 Alarm in namespace shop listed by the on-call list", "neither")):
            with self.subTest(said):
                self.assertEqual(self.tell(self.case(), said), [want])


class NobodyCameIn(Reach):
    """Ann attaches to a container that she put in; the timeline, in Dutch, blames an attacker."""

    def test_that_it_was_an_attacker_is_not_supported(self):
        c = Case("debug", "2026-11-02")
        c.request(0, "ann@corp.example", "list", "pods shop/")
        c.request(600, "ann@corp.example", "create", "pods/attach shop/web-0", 101)
        c.alert(600.3, "Terminal shell in container", "shop/web-0", "sh", container="ab" * 32)
        c.request(3600, account("kube-system", "job-controller"), "list", "jobs", agent=KCM)
        text = ("Tijdlijn melding 4471, 2 november 2026, alle tijden in Europe/Amsterdam\n\n"
                "11:10  Aanvaller opende een shell in pod web-0\n"
                "11:10  Shell geopend in pod web-0\n"
                "11:20  Pod geïsoleerd met een netwerkbeleid\n")
        self.analyze({"pod.json": json.dumps(shop(c)), "audit.log": lines(c.records()),
                      "falco.json": lines(c.alerts()), "tijdlijn.txt": text})
        claims = self.documents["claims"]["claims"]
        self.assertEqual([(x["time"][11:16], x["verdict"]) for x in claims],
                         [("10:10", "partly"), ("10:10", "supported"),
                          ("10:20", "contradicted")])
        self.assertIn("by ann@corp.example", claims[0]["why"][0])


if __name__ == "__main__":
    unittest.main()
