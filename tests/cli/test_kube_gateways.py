"""Rancher, Teleport and their like ask the API server with accounts of their own, in the name of the
people whom they let in: what people do so is theirs, and told by their names."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made_cases import KCM, KUBECTL, Case, account, lines  # noqa: E402
from test_kube_reach import WEB, Reach, shop  # noqa: E402

GROUPS = ("system:serviceaccounts", "system:authenticated")
RBAC = "rbac.authorization.k8s.io"
HOST = {"kind": "Pod", "metadata": {"name": "helper", "namespace": "shop"}, "spec": {
    "hostPID": True, "containers": [{"name": "h", "image": "x:1", "securityContext": {"privileged": True}}]}}
BACK = {"kind": "ClusterRoleBinding", "metadata": {"name": "back"},
        "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": "shop"}],
        "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}}


def rancher(name):
    """Its users have numbers; the name stands beside."""
    uid = "u-" + {"jane": "4kd2v", "max": "9xw7c"}[name]
    return (account("cattle-impersonation-system", "cattle-impersonation-" + uid),
            {"username": uid, "groups": ["system:authenticated", "system:cattle:authenticated"],
             "extra": {"principalid": ["local://" + uid], "username": [name]}}, uid)


def teleport(name):
    user = name + "@shop.example"
    return account("teleport-agent", "teleport-kube-agent"), {"username": user, "groups": ["system:masters"]}, user


def arc(name):
    user = name + "@shop.example"
    return account("azure-arc", "azure-arc-kube-aad-proxy-sa"), {"username": user, "groups": ["9f1c"]}, user


class Asked(Case):
    def __init__(self, gateway):
        super().__init__("gateway", "2026-11-04")
        self.gateway = gateway

    def by(self, at, name, verb, target, *rest, agent=KUBECTL, **more):
        user, person, _ = self.gateway(name)
        before = len(self.audit)
        self.request(at, user, verb, target, *rest, agent=agent, source="10.42.0.15", groups=GROUPS, **more)
        for _, record in self.audit[before:]:
            record["impersonatedUser"] = person


def ordinary(c):
    for i in range(40):
        c.request(60 * i + 5, WEB, "get", "configmaps shop/settings", agent="web/3", source="10.42.1.25", groups=GROUPS)
    for i in range(12):
        c.by(200 * i + 30, "jane", "list", "pods shop/")
        c.by(200 * i + 70, "max", "list", "deployments shop/", group="apps", agent="Mozilla/5.0")


def response(c, who, what, **more):
    policy = {"kind": "NetworkPolicy", "metadata": {"name": "quarantine", "namespace": "shop"},
              "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}}
    c.by(4230, "jane", "create", "networkpolicies shop/quarantine", 201, group="networking.k8s.io", body=policy)
    c.by(4380, who, "delete", what, agent="Mozilla/5.0", **more)
    c.by(4400, "jane", "delete", "pods shop/web-0")
    c.request(5400, account("kube-system", "job-controller"), "list", "jobs", agent=KCM, source="10.0.0.2")


def from_the_pod(gateway):
    c = Asked(gateway)
    ordinary(c)
    c.alert(2400, "Run shell untrusted", "shop/web-0", "sh -c id", container="ab" * 32)
    c.request(2490, WEB, "create", "pods shop/helper", 201, body=HOST, agent="curl/8.5.0", source="10.42.1.25", groups=GROUPS)
    response(c, "max", "pods shop/helper")
    return c


def by_max(gateway):
    """10:41 a shell in the pod, then rights and a pod of the host."""
    c = Asked(gateway)
    ordinary(c)
    c.by(2460, "max", "create", "pods/exec shop/web-0", 101, query="?command=bash")
    c.by(2500, "max", "create", "clusterrolebindings back", 201, group=RBAC, body=BACK)
    c.by(2520, "max", "create", "pods shop/helper", 201, body=HOST, answer=HOST)
    c.by(2540, "max", "list", "secrets")
    response(c, "jane", "clusterrolebindings back", group=RBAC)
    return c


class Gateways(Reach):
    def judge(self, c, *sentences):
        self.analyze({"pod.json": json.dumps(shop(c)), "audit.log": lines(c.records()),
                      "falco.json": lines(c.alerts()) or "\n",
                      "timeline.md": "# 4 November 2026 (UTC)\n\n" + "".join(f"- {s}\n" for s in sentences)})
        return {x["claim"]: x["verdict"] for x in self.documents["claims"]["claims"]}

    def test_who_contained_it(self):
        for gateway in (rancher, teleport, arc):
            self.judge(from_the_pod(gateway))
            jane, mx = gateway("jane")[2], gateway("max")[2]
            acts = self.documents["containment"]["actions"]
            self.assertEqual([(a["what"], a["by"]) for a in acts],
                             [("network-policy", jane), ("delete-pod", mx), ("delete-pod", jane)])
            self.assertEqual({a["via"] for a in acts}, {gateway("jane")[0], gateway("max")[0]})
            people = {i["user"] for i in self.documents["identities"]["identities"] if i["kind"] == "person or external"}
            self.assertEqual(people, {jane, mx})

    def test_claims_by_the_names_that_people_have(self):
        told = {"Jane created the network policy quarantine": "supported", "Max deleted pod helper": "supported",
                "Jane deleted pod helper": "contradicted", "Max deleted pod web-0": "contradicted"}
        at = dict(zip(told, ("11:10", "11:13", "11:13", "11:13")))
        for gateway in (rancher, teleport):
            self.assertEqual(self.judge(from_the_pod(gateway), *(f"{at[s]} {s}" for s in told)), told)

    def test_known_as(self):
        self.judge(from_the_pod(rancher))
        self.assertIn("u-4kd2v (jane) created network policy", self.summary)
        known = {i["user"]: i.get("known_as") for i in self.documents["identities"]["identities"]}
        self.assertEqual(known["u-9xw7c"], "max")

    def test_an_insider_is_the_person(self):
        for gateway in (rancher, teleport):
            self.judge(by_max(gateway))
            people = [i["what"] for i in self.documents["scope"]["identities"] if "system:" not in i["what"]]
            self.assertEqual(people, [gateway("max")[2]])

    def test_people_are_no_service_accounts(self):
        for gateway in (rancher, teleport):
            self.judge(by_max(gateway))
            found = {f["rule"] for f in self.documents["findings"]["findings"]}
            self.assertFalse(found & {"audit_exec_by_service_account", "audit_service_account_changes_rbac",
                                      "audit_service_account_bare_client", "audit_impersonation",
                                      "audit_impersonation_privileged"}, found)
            self.assertIn("audit_cluster_admin_bound", found)

    def test_it_is_said_that_their_addresses_are_not_here(self):
        self.judge(from_the_pod(rancher))
        self.assertIn("through a gateway?", self.summary)

    def test_another_account_that_impersonates_is_no_gateway(self):
        c = from_the_pod(lambda name: (account("shop", "web"), {"username": "root", "groups": ["system:masters"]}, "root"))
        self.judge(c)
        self.assertNotIn("through a gateway?", self.summary)
        self.assertTrue(self.found("audit_impersonation_privileged"))


if __name__ == "__main__":
    unittest.main()
