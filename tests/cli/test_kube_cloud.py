"""A key of the cloud is stolen: its user makes an entry to the cluster for itself, works there,
and uses the role of a pod from outside. What CloudTrail shows of it is of the incident, what
others did in the same account is not."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made_cases import KCM, Case, account, lines  # noqa: E402
from made_responses import INSIDE  # noqa: E402
from test_cloudtrail import ADMIN  # noqa: E402
from test_kube_reach import WEB, Reach, shop  # noqa: E402

IAM = "arn:aws:iam::111122223333:"
CI, SEC = IAM + "user/ci", "arn:aws:sts::111122223333:assumed-role/Sec/kim"
ROLE, EVIL, OFFICE = IAM + "role/web-s3", "91.219.236.14", "203.0.113.80"


def trail(at, who, name, asked, address, service="eks", **more):
    return {"eventVersion": "1.09", "userIdentity": {"type": "IAMUser", "arn": who},
            "eventTime": f"2026-10-14T10:{at // 60:02d}:{at % 60:02d}Z",
            "eventSource": f"{service}.amazonaws.com", "eventName": name,
            "awsRegion": "eu-central-1", "sourceIPAddress": address, "userAgent": "aws-cli/2.15.0",
            "requestParameters": asked, "responseElements": None,
            "eventID": f"00000000-0000-4000-8000-{at:012d}", "eventType": "AwsApiCall",
            "readOnly": name.startswith("Assume"), **more}


class Cloud(Reach):
    TRAIL = [
        trail(60, CI, "CreateUser", {"userName": "robot"}, OFFICE, "iam"),
        trail(300, CI, "CreateAccessEntry", {"name": "shop", "principalArn": CI}, EVIL),
        trail(310, CI, "AssociateAccessPolicy", {
            "name": "shop", "principalArn": CI.replace(":", "%3A").replace("/", "%2F"),
            "policyArn": ADMIN}, EVIL),
        trail(900, WEB, "AssumeRoleWithWebIdentity", {"roleArn": ROLE}, EVIL, "sts"),
        trail(1000, WEB, "AssumeRoleWithWebIdentity", {"roleArn": ROLE}, OFFICE, "sts"),
        trail(1800, SEC, "DeleteAccessEntry", {"name": "shop", "principalArn": CI}, OFFICE),
        trail(1810, SEC, "DeleteAccessEntry", {"name": "shop", "principalArn": IAM + "user/old"},
              OFFICE),
        trail(1820, SEC, "UpdateAccessKey", {"userName": "ci", "status": "Inactive"}, OFFICE,
              "iam")]

    def setUp(self):
        c = Case("cloud", "2026-10-14")
        c.request(0, WEB, "get", "configmaps shop/web", agent="web/1.0", source="10.8.2.9",
                  groups=INSIDE)
        c.request(400, CI, "list", "secrets", source=EVIL)
        c.request(600, CI, "create", "pods/exec shop/web-0", 101, source=EVIL,
                  query="?command=bash")
        body = {"kind": "ClusterRoleBinding", "metadata": {"name": "back"},
                "subjects": [{"kind": "ServiceAccount", "name": "back", "namespace": "shop"}],
                "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}}
        c.request(700, CI, "create", "clusterrolebindings back", 201, source=EVIL, body=body,
                  group="rbac.authorization.k8s.io")
        c.request(3000, account("kube-system", "job-controller"), "list", "jobs", agent=KCM)
        text = ("Times are UTC, 2026-10-14\n\n- 10:05 Access entry for ci created by the attacker\n"
                "- 10:15 AWS role web-s3 assumed with the pod's web identity\n"
                "- 10:30 kim deleted the access entry of ci\n"
                "- 10:30 Access entry of carla deleted\n- 10:40 Access key of ci deleted\n")
        self.analyze({"pod.json": json.dumps(shop(c)), "audit.log": lines(c.records()),
                      "cloudtrail.jsonl": lines(self.TRAIL), "timeline.md": text})

    def test_what_came_from_the_attackers_address(self):
        found = self.found("kube.cloud-from-attackers-address")
        self.assertEqual({f["subject"] for f in found}, {CI, WEB})
        self.assertEqual([len(f["spans"]) for f in found if f["subject"] == WEB], [1])
        self.assertEqual(self.documents["patient_zero"]["time"][11:19], "10:05:00")
        self.assertIn("asked the cloud for CreateAccessEntry", self.summary)

    def test_what_led_up_to_the_session_is_the_attackers(self):
        self.assertIn("all namespaces", [f["subject"] for f in self.found("kube.secrets-read")])

    def test_who_took_it_away(self):
        acts = [(a["what"], a["action"], a["object"])
                for a in self.documents["containment"]["actions"]]
        self.assertEqual(acts, [("revoke", "DeleteAccessEntry", f"shop/{CI}"),
                                ("revoke", "UpdateAccessKey", "ci")])
        self.assertTrue(self.secrets()[("user-credential", CI)]["rotation"]["seen"])

    def test_claims(self):
        self.assertEqual([x["verdict"] for x in self.documents["claims"]["claims"]],
                         ["supported", "supported", "supported", "neither", "neither"])


class Rights(Reach):
    """What access policies of EKS give is documented by AWS; the package has no RBAC at all. Ci is
    a user, the deployer a role, each of whose sessions is a user of its own."""
    DEPLOYER = IAM + "role/teams/deployer"
    SESSION = "arn:aws:sts::111122223333:assumed-role/deployer/s1"

    def grant(self, at, name, who, policy=None, scope=None, **more):
        asked = {"name": "shop", "principalArn": who}
        if policy:
            asked["policyArn"] = f"arn:aws:eks::aws:cluster-access-policy/{policy}"
        if scope:
            asked["accessScope"] = scope
        return trail(at, SEC, name, asked, OFFICE, **more)

    def judge(self, *records):
        c = Case("rights", "2026-10-14")
        for who in (CI, self.SESSION):
            c.request(400, who, "create", "pods/exec shop/web-0", 101, source=EVIL,
                      query="?command=bash")
            body = {"kind": "ClusterRoleBinding", "metadata": {"name": "back"},
                    "subjects": [{"kind": "User", "name": "other"}],
                    "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}}
            c.request(500, who, "create", "clusterrolebindings back", 403, source=EVIL, body=body,
                      group="rbac.authorization.k8s.io")
            c.request(500, who, "list", "secrets", source=EVIL)
            c.request(510, who, "create", "serviceaccounts/token kube-system/a", 201, source=EVIL)
        c.request(3000, account("kube-system", "job-controller"), "list", "jobs", agent=KCM)
        self.analyze({"pod.json": json.dumps(shop(c)), "audit.log": lines(c.records()),
                      "trail.jsonl": lines(records)})
        return {i["identity"]: i for i in self.documents["exposure"]["reach"]["identities"]}

    def test_what_the_policies_give(self):
        found = self.judge(
            self.grant(60, "AssociateAccessPolicy", CI, "AmazonEKSClusterAdminPolicy",
                       {"type": "cluster"}),
            self.grant(61, "AssociateAccessPolicy", self.DEPLOYER, "AmazonEKSEditPolicy",
                       {"type": "namespace", "namespaces": ["shop", "dev"]}))
        ci = [c for c in found[CI]["capabilities"] if c["may"] == "everything"]
        self.assertEqual([(c["where"], c["binding_kind"], c["role"], c["before_the_incident"])
                          for c in ci], [("the whole cluster", "access entry of EKS",
                                          "AmazonEKSClusterAdminPolicy", True)])
        self.assertEqual(len(ci[0]["spans"]), 1)
        may = {(c["may"], c["where"]) for c in found[self.SESSION]["capabilities"]}
        for where in ("shop", "dev"):
            self.assertIn(("list secrets with their content", where), may)
            self.assertIn(("run commands in pods (SPDY)", where), may)
            self.assertNotIn(("issue tokens of service accounts", where), may)
            self.assertNotIn(("write bindings of a namespace", where), may)
        self.assertEqual({w for _, w in may}, {"shop", "dev"})

    def test_who_may_see_secrets(self):
        found = self.judge(
            self.grant(60, "AssociateAccessPolicy", CI, "AmazonEKSViewPolicy", {"type": "cluster"}),
            self.grant(60, "AssociateAccessPolicy", self.DEPLOYER, "AmazonEKSAdminViewPolicy",
                       {"type": "cluster"}))
        sees = {who: any("list secrets" in c["may"] for c in i["capabilities"])
                for who, i in found.items()}
        self.assertEqual((sees[CI], sees[self.SESSION]), (False, True))

    def test_what_was_taken_refused_or_is_anothers(self):
        scope = {"type": "cluster"}
        found = self.judge(
            self.grant(60, "AssociateAccessPolicy", CI, "AmazonEKSClusterAdminPolicy", scope),
            self.grant(450, "DeleteAccessEntry", CI),
            self.grant(60, "AssociateAccessPolicy", self.DEPLOYER, "AmazonEKSAdminPolicy", scope,
                       errorCode="AccessDenied"),
            self.grant(70, "AssociateAccessPolicy", IAM + "role/other",
                       "AmazonEKSClusterAdminPolicy", scope))
        [everything] = [c for c in found[CI]["capabilities"] if c["may"] == "everything"]
        self.assertEqual((everything["at_the_end"], everything["until"][11:19]),
                         (False, "10:07:30"))
        self.assertEqual(found[self.SESSION]["capabilities"], [])

    def test_a_policy_that_is_not_known(self):
        found = self.judge(self.grant(60, "AssociateAccessPolicy", CI, "AmazonNewPolicy",
                                      {"type": "cluster"}))
        self.assertEqual(found[CI]["capabilities"], [])
        self.assertEqual(found[CI]["roles_not_in_the_package"], ["AmazonNewPolicy"])


STS = "arn:aws:sts::111122223333:assumed-role/"


class StolenRole(Reach):
    """The pod's token is exchanged for its role where the attacker works; the session's key then
    reads from other addresses, too. The node's role is used from there as well. The pod and a
    person read on with sessions of their own."""
    ROLE = ROLE.replace("web-s3", "web-data")

    def session(self, role, name, key):
        return {"type": "AssumedRole", "arn": f"{STS}{role}/{name}", "accessKeyId": key}

    def read(self, at, service, name, asked, who, address="198.51.100.200", **more):
        return trail(at, None, name, asked, address, service, userIdentity=who, readOnly=True,
                     **more)

    def setUp(self):
        evil = self.session("web-data", "botocore-1", "ASIAEVILEVILEVILEVIL")
        own = self.session("web-data", "botocore-0", "ASIAPODPODPODPODPODP")
        node = self.session("eks-node", "i-0abc", "ASIANODENODENODENODE")
        given = {"credentials": {"accessKeyId": "ASIAEVILEVILEVILEVIL"},
                 "assumedRoleUser": {"arn": evil["arn"]}}
        records = [
            self.read(100, "secretsmanager", "GetSecretValue", {"secretId": "early"}, own),
            trail(900, WEB, "AssumeRoleWithWebIdentity", {"roleArn": self.ROLE}, EVIL, "sts",
                  responseElements=given),
            self.read(910, "secretsmanager", "GetSecretValue", {"secretId": "prod/db"}, evil),
            self.read(911, "secretsmanager", "GetSecretValue", {"secretId": "prod/denied"}, evil,
                      errorCode="AccessDenied"),
            self.read(912, "ssm", "GetParameters", {"names": ["/app/key", "/app/salt"]}, evil),
            self.read(913, "kms", "Decrypt", {"keyId": "alias/app"}, evil),
            self.read(914, "secretsmanager", "GetSecretValue", {"secretId": "pods"}, own),
            self.read(915, "ecr", "GetAuthorizationToken", {}, node, EVIL),
            self.read(916, "ecr", "GetAuthorizationToken", {"registryIds": ["1"]}, node),
            *(self.read(920 + n, "s3", "GetObject", {"bucketName": "crm", "key": f"{n}.csv"}, evil)
              for n in range(40))]
        c = Case("role", "2026-10-14")
        c.alert(300, "Run shell untrusted", "shop/web-0", "sh -c id", container="ab" * 32)
        c.request(400, WEB, "list", "secrets shop/", source=EVIL, agent="curl/8", groups=INSIDE)
        c.request(3000, account("kube-system", "job-controller"), "list", "jobs", agent=KCM)
        who = {"kind": "ServiceAccount", "apiVersion": "v1", "metadata": {
            "name": "web", "namespace": "shop",
            "annotations": {"eks.amazonaws.com/role-arn": self.ROLE}}}
        self.analyze({"pod.json": json.dumps(shop(c)), "audit.log": lines(c.records()),
                      "falco.json": lines(c.alerts()), "account.json": json.dumps(who), "trail.jsonl": lines(records)})

    def test_what_the_cloud_handed_out(self):
        handed = {name: s for (kind, name), s in self.secrets().items()
                  if kind == "external-secret"}
        self.assertEqual(set(handed), {"prod/db", "/app/key", "/app/salt", "alias/app",
                                       "ecr.amazonaws.com", *(f"crm/{n}.csv" for n in range(40))})
        self.assertEqual({n for n, s in handed.items() if "handed out by the cloud" in s["why"]},
                         {"prod/db", "/app/key", "/app/salt"})
        [how] = handed["prod/db"]["exposed"]
        self.assertEqual((how["via"], how["by"]), ("GetSecretValue", STS + "web-data/botocore-1"))
        self.assertEqual(len(how["spans"]), 1)
        not_rotated = {f["subject"] for f in self.found("kube.not-rotated")}
        self.assertLessEqual({"prod/db", "/app/key", "/app/salt"}, not_rotated)
        self.assertNotIn("crm/0.csv", not_rotated)

    def test_the_roles_are_taken(self):
        roles = {name: s for (kind, name), s in self.secrets().items()
                 if kind == "cloud-identity"}
        self.assertEqual({n: s["why"] for n, s in roles.items()},
                         {self.ROLE: "seen in use by the attacker",
                          IAM + "role/eks-node": "seen in use by the attacker"})
        self.assertIn("annotation of the service account",
                      [h["via"] for h in roles[self.ROLE]["exposed"]])
        self.assertLessEqual(len(roles[self.ROLE]["exposed"]), 9)

    def test_many_files_are_one_step(self):
        told = [f["sentence"] for p in self.documents["story"]["phases"] for f in p["facts"]
                if "GetObject" in f["sentence"]]
        self.assertEqual(told, [f"{STS}web-data/botocore-1 asked the cloud for GetObject of "
                                "crm/0.csv, and of 39 more"])


class LongTrail(Reach):
    """The same change of rights at the cloud 50,500 times, one from somewhere else, and then
    what a person wrote: 50,000 requests are kept at most (limits.h), half of it for what is
    repeated, and they take no statement's place."""

    def test_what_is_new_and_what_is_written_find_room(self):
        c = Case("long", "2026-10-14")
        c.request(60, WEB, "list", "secrets shop/", agent="curl/8.5.0", source=EVIL, groups=INSIDE)
        c.request(3000, account("kube-system", "job-controller"), "list", "jobs", agent=KCM)
        one = json.dumps(trail(30, SEC, "AttachRolePolicy", {"roleName": "r"}, OFFICE, "iam"))
        other = json.dumps(trail(90, SEC, "CreateAccessKey", {"userName": "ops"}, EVIL, "iam"))
        text = "Times are UTC, 2026-10-14\n\n- 10:01 web listed the secrets of namespace shop\n"
        self.analyze({"pod.json": json.dumps(shop(c)), "audit.log": lines(c.records()),
                      "a-trail.jsonl": (one + "\n") * 50500 + other + "\n", "timeline.md": text})
        self.assertEqual([x["verdict"] for x in self.documents["claims"]["claims"]], ["supported"])
        identities = self.documents["identities"]
        self.assertEqual((identities["cloud_requests_not_kept"],
                          identities["other_events_not_kept"]), (25500, 0))
        self.assertIn("Of its changes of rights, 25500 found no room",
                      json.dumps(self.documents["story"]["open_questions"]))
        self.assertIn("CreateAccessKey", json.dumps(self.documents["story"]["phases"]))


if __name__ == "__main__":
    unittest.main()
