"""What clouds keep of an API server: Google's Admin Activity and Azure's kube-audit-admin have what was
written alone, Google's has no command of a session; and an account of the cloud that the pod gets
credentials of is let into the cluster by its own name."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made_cases import KCM, Case, account, gke_entry, lines  # noqa: E402
from test_kube_reach import WEB, Reach, shop  # noqa: E402

READS = ("get", "list", "watch")
EVIL, OFFICE, DANA, BOB = "198.51.100.9", "192.0.2.20", "dana@acme.example", "bob@acme.example"
GSA = "web-prod@acme-prod.iam.gserviceaccount.com"
ROLE = "arn:aws:iam::111122223333:role/apps/web-prod"
SESSION = "arn:aws:sts::111122223333:assumed-role/web-prod/botocore-1"
RBAC = "rbac.authorization.k8s.io"
TOOL = {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "node-tool", "namespace": "kube-system"}, "spec": {
    "hostPID": True, "containers": [{"name": "c", "image": "alpine", "securityContext": {"privileged": True}}]}}
SUPPORT = {"kind": "ClusterRoleBinding", "metadata": {"name": "support"},
           "subjects": [{"kind": "User", "name": "ops@example.org"}],
           "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}}


def google(record):
    entry = gke_entry(record)
    log = "data_access" if record["verb"] in READS else "activity"
    entry["logName"] = f"projects/acme-prod/logs/cloudaudit.googleapis.com%2F{log}"
    return entry


def of_project(at, c):
    """Another service of the project, in the same export."""
    return {"logName": "projects/acme-prod/logs/cloudaudit.googleapis.com%2Factivity", "timestamp": c.time(at),
            "protoPayload": {"serviceName": "iam.googleapis.com", "methodName": "google.iam.admin.v1.DisableServiceAccount",
                             "authenticationInfo": {"principalEmail": DANA}, "status": {}}}


def azure(record, category):
    return {"time": record["stageTimestamp"], "category": category,
            "resourceId": "/SUBSCRIPTIONS/S/PROVIDERS/MICROSOFT.CONTAINERSERVICE/MANAGEDCLUSTERS/PROD",
            "properties": {"log": json.dumps(record) + "\n", "stream": "stdout", "pod": "kube-apiserver-1"}}


def story(c, who, address=EVIL, groups=("system:authenticated",)):
    """10:40 a shell in the pod; from 10:42 an account that is let in by its own name; 11:10 the answer."""
    there = dict(agent="kubectl/v1.31.0 (linux/amd64) kubernetes/9edcffc", source=address, groups=groups)
    for i in range(30):
        c.request(100 * i + 3, WEB, "patch", "configmaps shop/web-state", agent="web/3", source="10.8.1.25")
        c.request(100 * i + 13, WEB, "get", "configmaps shop/web-conf", agent="web/3", source="10.8.1.25")
    c.alert(2400, "Run shell untrusted", "shop/web-0", "sh -c id", container="ab" * 32)
    c.request(2520, who, "list", "secrets", **there)
    c.request(2580, who, "create", "pods kube-system/node-tool", 201, body=TOOL, answer=TOOL, **there)
    c.request(2600, who, "create", "pods/exec kube-system/node-tool", 101, query="?command=chroot&command=%2Fhost&command=bash", **there)
    c.request(2640, who, "create", "clusterrolebindings support", 201, group=RBAC, body=SUPPORT, answer=SUPPORT, **there)
    c.request(4260, DANA, "delete", "pods kube-system/node-tool", source=OFFICE)
    c.request(4290, DANA, "delete", "clusterrolebindings support", group=RBAC, source=OFFICE)
    c.request(5400, account("kube-system", "job-controller"), "create", "jobs kube-system/x", 201, group="batch", agent=KCM)
    return c


class Platforms(Reach):
    def judge(self, c, log, *sentences, annotations=None):
        files = {"pod.json": json.dumps(shop(c)), "falco.json": lines(c.alerts()), **log,
                 "timeline.md": "# 5 November 2026 (UTC)\n\n" + "".join(f"- {s}\n" for s in sentences)}
        if annotations:
            files["account.json"] = json.dumps({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {
                "name": "web", "namespace": "shop", "annotations": annotations}})
        self.analyze(files)
        judged = {x["claim"]: x["verdict"] for x in self.documents["claims"]["claims"]}
        return [judged[s[6:]] for s in sentences]

    def of_google(self, *sentences, reads, annotations=None, address=EVIL):
        c = story(Case("gke", "2026-11-05"), GSA, address)
        log = [google(r) for r in c.records() if reads or r["verb"] not in READS] + [of_project(4400, c)]
        log.sort(key=lambda e: e["timestamp"], reverse=True)  # as gcloud gives them
        return self.judge(c, {"gcloud.json": json.dumps(log, indent=2)}, *sentences, annotations=annotations)

    def of_azure(self, *sentences, categories):
        c = story(Case("aks", "2026-11-05"), "masterclient", groups=("system:masters", "system:authenticated"))
        log = {f"{k}.json": lines(azure(r, k) for r in c.records() if k == "kube-audit" or r["verb"] not in READS) for k in categories}
        return self.judge(c, log, *sentences)

    def asks_for_reads(self):
        return any("What was read" in q["question"] for q in self.documents["coverage"]["cannot_answer"])


class Reads(Platforms):
    SAID = ("10:42 attacker listed all secrets", "10:20 Bob listed the secrets of namespace shop")

    def test_admin_activity_says_nothing_of_what_was_read(self):
        self.assertEqual(self.of_google(*self.SAID, reads=False), ["neither", "neither"])
        self.assertTrue(self.asks_for_reads())

    def test_data_access_does(self):
        self.assertEqual(self.of_google(*self.SAID, reads=True), ["neither", "contradicted"])
        self.assertFalse(self.asks_for_reads())

    def test_kube_audit_admin_says_nothing_of_what_was_read(self):
        self.assertEqual(self.of_azure(*self.SAID, categories=["kube-audit-admin"]), ["neither", "neither"])
        self.assertTrue(self.asks_for_reads())

    def test_kube_audit_does(self):
        for categories in (["kube-audit"], ["kube-audit", "kube-audit-admin"]):
            self.assertEqual(self.of_azure(self.SAID[1], categories=categories), ["contradicted"])

    def test_what_was_written_is_absent_from_either(self):
        said = "10:20 Bob deleted the secret web-db"
        self.assertEqual(self.of_google(said, reads=False), ["contradicted"])
        self.assertEqual(self.of_azure(said, categories=["kube-audit-admin"]), ["contradicted"])


class CloudAccounts(Platforms):
    GOOGLE = {"iam.gke.io/gcp-service-account": GSA}

    def assert_attackers(self, who, true=True):
        held = {i["what"] for i in self.documents["scope"]["identities"]}
        self.assertEqual(who in held, true)
        self.assertEqual(bool(self.found("kube.rights-changed")), true)

    def test_of_google(self):
        self.of_google(reads=False, annotations=self.GOOGLE)
        self.assert_attackers(GSA)
        [exposed] = [s for s in self.documents["exposure"]["secrets"] if s["name"] == GSA]
        self.assertEqual((exposed["kind"], exposed["why"]), ("cloud-identity", "seen in use by the attacker"))

    def test_of_amazon(self):
        c = story(Case("eks", "2026-11-05"), SESSION)
        self.judge(c, {"audit.log": lines(c.records())}, annotations={"eks.amazonaws.com/role-arn": ROLE})
        self.assert_attackers(SESSION)
        self.assertEqual([s["kind"] for s in self.documents["exposure"]["secrets"] if s["name"] in (ROLE, SESSION)], ["cloud-identity"])

    def test_who_may_do_everything_has_no_constraints_where_there_are_none(self):
        self.of_google(reads=False, annotations=self.GOOGLE)
        reach = json.dumps(self.documents["exposure"]["reach"])
        self.assertIn("everything", reach)
        self.assertNotIn("constraints", reach)

    def test_another_pods_account_and_one_from_inside_are_not(self):
        self.of_google(reads=False, annotations={"iam.gke.io/gcp-service-account": GSA.replace("web", "pay")})
        self.assert_attackers(GSA, False)
        self.of_google(reads=False, annotations=self.GOOGLE, address="10.8.1.99")
        self.assert_attackers(GSA, False)

    def test_what_the_pod_always_writes_does_not_remain(self):
        self.of_google(reads=True, annotations=self.GOOGLE)
        self.assertNotIn("shop/web-state", {f["subject"] for f in self.found("kube.not-reverted")})

    def test_who_answered(self):
        self.of_google(reads=False, annotations=self.GOOGLE)
        self.assertEqual([(a["what"], a["by"]) for a in self.documents["containment"]["actions"]],
                         [("delete-pod", DANA), ("revoke", DANA)])


class SharedAdministrator(Platforms):
    """10:40 Azure hands the administrator's kubeconfig out; from 10:42 on everybody's account enters the pod."""
    SAM = "sam@acme.example"

    def case(self, listed_from):
        c = Case("admin", "2026-11-05")
        for i in range(8):
            c.request(200 * i, self.SAM, "list", "pods shop/", agent="kubelogin/v0.1", source=OFFICE)
        there = dict(source=EVIL, groups=("system:masters", "system:authenticated"))
        c.request(2520, "masterclient", "create", "pods/exec shop/web-0", 101, query="?command=bash", **there)
        c.request(2580, "masterclient", "create", "pods kube-system/node-tool", 201, body=TOOL, answer=TOOL, **there)
        c.request(4260, DANA, "delete", "pods kube-system/node-tool", source=OFFICE)
        c.request(5400, account("kube-system", "job-controller"), "create", "jobs kube-system/x", 201, group="batch", agent=KCM)
        handed = {"time": c.time(2400), "category": "Administrative", "resultType": "Success", "caller": self.SAM,
                  "callerIpAddress": listed_from, "correlationId": "c",
                  "resourceId": "/SUBSCRIPTIONS/S/PROVIDERS/MICROSOFT.CONTAINERSERVICE/MANAGEDCLUSTERS/PROD",
                  "operationName": "MICROSOFT.CONTAINERSERVICE/MANAGEDCLUSTERS/LISTCLUSTERADMINCREDENTIAL/ACTION"}
        self.judge(c, {"kube-audit.json": lines(azure(r, "kube-audit") for r in c.records()), "activity.json": json.dumps([handed])},
                   "10:43 attacker created pod node-tool")
        return {i["what"]: i.get("only_from") for i in self.documents["scope"]["identities"]}

    def test_who_had_it_handed_out(self):
        held = self.case(EVIL)
        self.assertEqual(held[self.SAM], EVIL)
        self.assertIn("masterclient", held)
        self.assertEqual([f["subject"] for f in self.found("kube.token-issued-to")], [self.SAM])
        self.assertTrue(self.found("audit_admin_credential_handed_out"))

    def test_who_had_it_elsewhere_is_not_known_to_be_it(self):
        self.assertNotIn(self.SAM, self.case("203.0.113.5"))


class Sessions(Platforms):
    SAID = "10:43 attacker opened a shell in pod node-tool"

    def test_google_does_not_tell_what_ran(self):
        self.assertEqual(self.of_google(self.SAID, reads=True, annotations=CloudAccounts.GOOGLE), ["neither"])
        self.assertIn("does not tell what it ran", json.dumps(self.documents["claims"]))

    def test_a_shell_behind_chroot_and_who_opened_it(self):
        c = story(Case("plain", "2026-11-05"), SESSION)
        role = {"eks.amazonaws.com/role-arn": ROLE}
        log = {"audit.log": lines(c.records())}
        self.assertEqual(self.judge(c, log, self.SAID, annotations=role), ["supported"])
        self.assertEqual(self.judge(c, log, self.SAID), ["neither"])

    def test_what_may_be_the_attackers_happened_when_it_is_said(self):
        """Another list of the attacker, earlier, does not say that this one was not."""
        c = Case("admin", "2026-11-05")
        c.request(2430, WEB, "list", "secrets shop/", agent="curl/8.5.0", source="10.8.1.25")
        story(c, "masterclient", groups=("system:masters", "system:authenticated"))
        self.assertEqual(self.judge(c, {"audit.log": lines(c.records())}, "10:42 attacker listed all secrets"), ["neither"])


if __name__ == "__main__":
    unittest.main()
