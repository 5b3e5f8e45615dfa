"""Pods that no document shows: the answers to GET and LIST in the audit log do. What they are is
written down here; the same must be told as where kubectl's own output lies in the package."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made_cases import Case, account, lines  # noqa: E402
from made_responses import NET, objects, policy  # noqa: E402
from test_kube_reach import Reach  # noqa: E402

ANA = "ana@corp.example"
NODE = {"agent": "kubelet/v1.30.0 (linux/amd64) kubernetes/1", "source": "10.0.0.4"}


def pod(name, labels, ip, spec=None, made="2026-06-30T08:00:00Z"):
    return {"metadata": {"name": name, "namespace": "shop", "uid": f"uid-{name}",
                         "creationTimestamp": made, "labels": labels},
            "spec": {"nodeName": "n1", "containers": [{"name": "app", "image": f"{name}:1"}],
                     **(spec or {})},
            "status": {"phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}],
                       "containerStatuses": [{"name": "app", "image": f"{name}:1", "imageID": "x",
                                              "containerID": "containerd://" + "ab" * 32}]}}


WEB = pod("web-0", {"app": "web"}, "10.1.0.5", {"serviceAccountName": "web", "containers": [
    {"name": "app", "image": "web:1", "env": [{"name": "P", "valueFrom": {"secretKeyRef": {
        "name": "web-db", "key": "p"}}}], "livenessProbe": {"tcpSocket": {"port": 1}}}]})
DB = pod("db-0", {"app": "db"}, "10.1.0.6", {"volumes": [
    {"name": "s", "secret": {"secretName": "web-db"}}]})
CACHE = pod("cache-0", {"app": "cache"}, "10.1.0.7")
LIST = {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": [DB, WEB, CACHE]}
ONLY_DB = policy("only-db", "shop", {
    "podSelector": {"matchLabels": {"app": "web"}}, "policyTypes": ["Ingress", "Egress"],
    "egress": [{"to": [{"podSelector": {"matchLabels": {"app": "db"}}}]}]},
    creationTimestamp="2026-06-01T00:00:00Z")


def table(*pods, wide=True, include="Metadata"):
    """What the API server answers to `kubectl get pods`, with -o wide an address is in it."""
    names = ["Name", "Ready", "Status", "Restarts", "Age"] + ["IP", "Node"] * wide
    rows = []
    for p in pods:
        cells = [p["metadata"]["name"], "1/1", "Running", 0, "1d"]
        row = {"cells": cells + [p["status"]["podIP"], p["spec"]["nodeName"]] * wide}
        if include == "Metadata":
            row["object"] = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
                             "metadata": p["metadata"]}
        elif include == "Object":
            row["object"] = {"kind": "Pod", "apiVersion": "v1", **p}
        rows.append(row)
    return {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {},
            "columnDefinitions": [{"name": n, "type": "string"} for n in names], "rows": rows}


class Shown(Reach):
    def case(self):
        return Case("shown", "2026-07-01")

    def judge(self, c, *documents):
        c.request(3600, account("kube-system", "job-controller"), "list", "jobs", 200)
        files = {"audit.log": lines(c.records()), "policy.json": json.dumps(ONLY_DB)}
        if documents:
            files["pods.json"] = objects(*({"kind": "Pod", "apiVersion": "v1", **d}
                                           for d in documents))
        self.analyze(files, "--pod", "shop/web-0")

    def peers(self, which=-1):
        """The pods that the case's pod can reach."""
        told = self.documents["containment"]["isolation"][which]["egress"]
        return {p["peer"] for p in told["peers"] if "open" in p}

    def consumers(self):
        return {x["name"]: {y["name"] for y in x["rotation"]["consumers"]}
                for x in self.documents["exposure"]["secrets"]}

    def test_a_list_tells_as_much_as_a_document(self):
        c = self.case()
        c.request(60, ANA, "list", "pods shop/", 200, answer=LIST)
        self.judge(c)
        self.assertEqual(self.consumers(), {"web": {"web-0"}, "web-db": {"web-0", "db-0"}})
        self.assertEqual(self.peers(), {"shop/db-0"})
        scope = self.documents["scope"]
        self.assertEqual((scope["node"], scope["uid"], scope["service_account"]),
                         ("n1", "uid-web-0", account("shop", "web")))
        self.assertEqual([(x["name"], x["id"]) for x in scope["containers"]],
                         [("app", "ab" * 32)])
        shown = self.consumers(), self.peers()
        c = self.case()
        self.judge(c, DB, WEB, CACHE)
        self.assertEqual((self.consumers(), self.peers()), shown)

    def test_components_ask_as_well(self):
        """A kubelet's own reads are no events, and still show what they show."""
        c = self.case()
        for one in (WEB, DB):
            c.request(60, "system:node:n1", "get", "pods shop/" + one["metadata"]["name"], 200,
                      answer={"kind": "Pod", "apiVersion": "v1", **one}, **NODE)
        self.judge(c)
        self.assertEqual(self.consumers()["web-db"], {"web-0", "db-0"})
        self.assertEqual(self.peers(), {"shop/db-0"})

    def test_a_table_names_pods(self):
        """kubectl asks for Tables: labels and addresses are in them, and no more."""
        for wide in (True, False):
            c = self.case()
            c.request(60, ANA, "list", "pods shop/", 200, answer=table(DB, WEB, CACHE, wide=wide))
            self.judge(c)
            self.assertEqual(self.peers(), {"shop/db-0"})
            self.assertNotIn("service_account", self.documents["scope"])
            self.assertEqual(self.consumers(), {})

    def test_a_table_with_whole_objects_tells_as_much_as_a_list(self):
        c = self.case()
        c.request(60, ANA, "list", "pods shop/", 200, answer=table(DB, WEB, include="Object"))
        self.judge(c)
        self.assertEqual(self.consumers()["web-db"], {"web-0", "db-0"})
        self.assertEqual(self.documents["scope"]["service_account"], account("shop", "web"))

    def test_a_table_without_objects_names_nothing_that_counts(self):
        c = self.case()
        c.request(60, ANA, "list", "pods shop/", 200, answer=table(DB, WEB, include="None"))
        self.judge(c)
        self.assertEqual(self.documents["containment"]["isolation"], [])

    def test_a_table_takes_nothing_away(self):
        """At 10:01 all of db-0 is shown, at 10:02 its metadata, with another label."""
        c = self.case()
        c.request(60, ANA, "list", "pods shop/", 200, answer=LIST)
        c.request(120, ANA, "get", "pods shop/db-0", 200, answer=table(
            {**DB, "metadata": {**DB["metadata"], "labels": {"app": "old"}}}))
        self.judge(c)
        self.assertEqual(self.consumers()["web-db"], {"web-0", "db-0"})
        self.assertEqual(self.peers(), set())

    def test_a_table_among_the_documents(self):
        """As `kubectl get --raw` writes it: other pods' labels; no manifest of the pod."""
        c = self.case()
        c.request(3600, account("kube-system", "job-controller"), "list", "jobs", 200)
        for files in ({"pods.json": json.dumps(table(DB, WEB, CACHE))},
                      {"a.json": json.dumps(table(DB)), "b.json": json.dumps(table(CACHE))}):
            self.analyze({"audit.log": lines(c.records()), "policy.json": json.dumps(ONLY_DB),
                          "web.json": objects({"kind": "Pod", "apiVersion": "v1", **WEB}),
                          **files})
            self.assertEqual(self.documents["scope"]["pod"], "web-0")
            self.assertEqual(self.documents["scope"]["service_account"], account("shop", "web"))
            self.assertEqual(self.peers(), {"shop/db-0"})

    def test_items_of_a_typed_list_are_of_its_version(self):
        """What the API answers: the list tells kind and version, its items do not."""
        item = {k: v for k, v in ONLY_DB.items() if k not in ("kind", "apiVersion")}
        c = self.case()
        c.request(60, ANA, "list", "pods shop/", 200, answer=LIST)
        self.analyze({"audit.log": lines(c.records()), "policies.json": json.dumps(
            {"kind": "NetworkPolicyList", "apiVersion": NET + "/v1", "items": [item]})},
            "--pod", "shop/web-0")
        self.assertEqual(self.peers(), {"shop/db-0"})

    def test_a_table_of_secrets_names_what_a_list_handed_out(self):
        c = self.case()
        c.alert(60, "Run shell untrusted", "shop/web-0", "sh -c id", container="ab" * 32)
        c.request(90, account("shop", "web"), "list", "secrets shop/", 200)
        rows = [{"cells": ["tls-1", "Opaque", 1, "1d"], "object": {
            "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
            "metadata": {"name": "tls-1", "namespace": namespace}}}
            for namespace in ("shop", "vault")]
        columns = [{"name": n, "type": "string"} for n in ("Name", "Type", "Data", "Age")]
        self.analyze({"audit.log": lines(c.records()), "secrets.json": json.dumps(
            {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {},
             "columnDefinitions": columns, "rows": rows}),
            "pod.json": objects({"kind": "Pod", "apiVersion": "v1", **WEB})})
        told = {(x.get("namespace"), x["name"]) for x in self.documents["exposure"]["secrets"]}
        self.assertIn(("shop", "tls-1"), told)
        self.assertNotIn(("vault", "tls-1"), told)

    def test_labels_change_with_time(self):
        """At 10:01 db-0 is no db any more, at 10:02 web-0 is labelled; no write is in the log."""
        c = self.case()
        c.request(30, ANA, "list", "pods shop/", 200, answer=LIST)
        c.request(60, ANA, "get", "pods shop/db-0", 200,
                  answer={**DB, "metadata": {**DB["metadata"], "labels": {"app": "old"}}})
        c.request(120, ANA, "get", "pods shop/web-0", 200, answer={
            **WEB, "metadata": {**WEB["metadata"], "labels": {"app": "quarantined"}}})
        c.request(180, ANA, "get", "pods shop/web-0", 200, answer={
            **WEB, "metadata": {**WEB["metadata"], "labels": {"app": "quarantined"}}})
        self.judge(c)
        told = [(m["from"][:19], m["labels"]["app"], m["egress"]["isolated"])
                for m in self.documents["containment"]["isolation"]]
        self.assertEqual(told, [("2026-06-30T08:00:00", "web", True),
                                ("2026-07-01T10:02:00", "quarantined", False)])
        self.assertEqual(self.peers(0), set())  # as it was last, until 10:02

    def test_every_character_comes_through(self):
        odd = 'a"b\\c\nd\te\u0001f\u202eg\u00e9\U0001f600'
        c = self.case()
        c.request(60, ANA, "get", "pods shop/web-0", 200, answer={
            "kind": "Pod", "apiVersion": "v1", **WEB,
            "metadata": {**WEB["metadata"], "labels": {"app": "web", "odd": odd}}})
        self.judge(c)
        (moment,) = self.documents["containment"]["isolation"]
        shown = self.documents
        c = self.case()
        self.judge(c, {**WEB, "metadata": {**WEB["metadata"],
                                           "labels": {"app": "web", "odd": odd}}})
        (other,) = self.documents["containment"]["isolation"]
        self.assertEqual(moment["labels"], other["labels"])
        self.assertEqual(shown["scope"]["containers"], self.documents["scope"]["containers"])

    def test_answers_that_show_no_pod(self):
        c = self.case()
        c.request(60, ANA, "list", "pods shop/", 200, answer={
            "kind": "PodList", "items": [None, 7, {"metadata": {"name": "half"}}, {}]})
        c.request(61, ANA, "get", "pods shop/web-0", 404, answer={
            "kind": "Status", "metadata": {}, "code": 404})
        c.request(62, ANA, "get", "pods/log shop/web-0", 200, answer=WEB)
        self.judge(c)
        self.assertNotIn("node", self.documents["scope"])
        self.assertEqual(self.consumers(), {})

    def test_what_does_not_fit_is_counted(self):
        """A list of 2,000 pods of 4 KiB: the pod of the case is kept, wherever it stands."""
        many = [pod(f"db-{i}", {"app": "db"}, f"10.2.{i // 250}.{i % 250}",
                    {"hostname": "x" * 4000}) for i in range(2000)]
        c = self.case()
        c.request(60, ANA, "list", "pods shop/", 200,
                  answer={**LIST, "items": [*many, WEB, CACHE]})
        self.judge(c)
        self.assertEqual(self.documents["scope"]["node"], "n1")
        self.assertGreater(self.documents["containment"]["isolation"][-1]["egress"]
                           ["peers_left_out"], 1700)

    def test_a_set_of_addresses_that_grows(self):
        """The log has the whole of it: made at 10:01 with one block, a second one at 10:02."""
        policy = {"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy",
                  "metadata": {"name": "g", "creationTimestamp": "2026-06-01T00:00:00Z"},
                  "spec": {"types": ["Egress"], "egress": [
                      {"action": "Allow", "destination": {"selector": "role == 'out'"}}]}}
        made = {"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkSet",
                "metadata": {"name": "s", "labels": {"role": "out"}},
                "spec": {"nets": ["198.51.100.0/24"]}}
        more = {"spec": {"nets": ["198.51.100.0/24", "203.0.113.0/24"]}}
        c = self.case()
        c.request(60, ANA, "create", "globalnetworksets s", 201, body=made,
                  group="crd.projectcalico.org")
        c.request(120, ANA, "patch", "globalnetworksets s", 200, body=more,
                  group="crd.projectcalico.org")
        c.request(3600, account("kube-system", "job-controller"), "list", "jobs", 200)
        pod = {"kind": "Pod", "apiVersion": "v1", **WEB}
        self.analyze({"audit.log": lines(c.records()), "objects.json": objects(pod, policy)})
        self.assertEqual([(m["from"][11:16], m["egress"].get("stays_open").split(";")[0])
                          for m in self.documents["containment"]["isolation"]][-3:],
                         [("08:00", "nothing that the evidence knows"),
                          ("10:01", "198.51.100.0/24 (every port)"),
                          ("10:02", "198.51.100.0/24, 203.0.113.0/24 (every port)")])


if __name__ == "__main__":
    unittest.main()
