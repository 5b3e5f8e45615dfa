"""What only an answer in the audit log names: the secrets of a list, the secrets that a pod reads
which no document shows. The names are written down here; no value of them may be shown."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made_cases import Case, account, lines  # noqa: E402
from made_responses import INSIDE, objects  # noqa: E402
from test_kube_reach import STOLEN, WEB, Reach, shop  # noqa: E402

VALUE = "c2VjcmV0LXZhbHVlLW9mLXRoZS1hbnN3ZXI="  # must stand in no output
WORKER = "billing/worker-0"


def secret(namespace, name):
    return {"metadata": {"namespace": namespace, "name": name}, "data": {"key": VALUE},
            "type": "Opaque"}


def listed(*secrets):
    return {"kind": "SecretList", "apiVersion": "v1", "metadata": {}, "items": list(secrets)}


def printed(*secrets):
    return {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {}, "rows": [
        {"cells": [s["metadata"]["name"], "Opaque", 1, "1d"], "object": {
            "kind": "PartialObjectMetadata", "metadata": s["metadata"]}} for s in secrets]}


def worker(kind=None):
    return {**(kind or {}), "metadata": {"name": "worker-0", "namespace": "billing"}, "spec": {
        "serviceAccountName": "worker", "containers": [{
            "name": "c", "image": "worker:1",
            "envFrom": [{"secretRef": {"name": "worker-env"}}],
            "volumeMounts": [{"name": "v", "mountPath": "/v"}]}],
        "volumes": [{"name": "v", "secret": {"secretName": "worker-files"}}]}}


class Handed(Reach):
    def case(self):
        c = Case("handed", "2026-07-01")
        c.alert(60, "Run shell untrusted", "shop/web-0", "sh -c id", container="ab" * 32)
        return c

    def judge(self, c, **files):
        c.request(3600, account("kube-system", "job-controller"), "list", "jobs", 200)
        self.text = lines(c.records())
        self.analyze({"audit.log": self.text, "falco.json": lines(c.alerts()),
                      "pod.json": objects(shop(c)), **files})
        shown = json.dumps(self.documents) + self.summary + self.terminal
        self.assertNotIn(VALUE, shown)

    def names(self):
        return {(s.get("namespace"), s["name"]) for s in self.documents["exposure"]["secrets"]
                if s["kind"] == "secret"}

    def told(self, name):
        return next(s for s in self.documents["exposure"]["secrets"]
                    if (s["kind"], s["name"]) == ("secret", name))

    def test_the_answer_to_a_list_names_them(self):
        for answer in (listed, printed):
            c = self.case()
            c.request(90, WEB, "list", "secrets shop/", 200, **STOLEN, answer=answer(
                secret("shop", "stripe"), secret("shop", "tls")))
            self.judge(c)
            self.assertEqual(self.names(), {("shop", "stripe"), ("shop", "tls")})
            (how,) = self.told("tls")["exposed"]
            self.assertEqual((how["via"], how["by"]), ("answer to a list of secrets", WEB))
            (span,) = how["spans"]
            cited = self.text.encode()[span["offset"]:span["offset"] + span["length"]]
            self.assertEqual(json.loads(cited)["requestURI"], "/api/v1/namespaces/shop/secrets")

    def test_what_the_answer_leaves_out_was_not_handed_out(self):
        """Ana reads "other" by name: it exists. The list is by a label, and has no "other"; a
        list whose answer the log leaves out may have had it."""
        for answer, expected in ((listed(secret("shop", "tls")), {("shop", "tls")}),
                                 (listed(), set()), (None, {("shop", "other")})):
            c = self.case()
            c.request(30, "ana@corp.example", "get", "secrets shop/other", 200)
            c.request(90, WEB, "list", "secrets shop/", 200, **STOLEN, answer=answer)
            self.judge(c)
            self.assertEqual(self.names(), expected)

    def test_only_the_attackers_lists_count(self):
        c = self.case()
        c.request(90, "ana@corp.example", "list", "secrets shop/", 200,
                  answer=listed(secret("shop", "tls")))
        c.request(91, WEB, "list", "secrets shop/", 403, **STOLEN,
                  answer={"kind": "Status", "metadata": {"name": "odd"}})
        self.judge(c)
        self.assertEqual(self.names(), set())

    def test_more_names_than_a_record_may_leave(self):
        """16,000 names of 40 bytes: those that fit are told, and those known from elsewhere."""
        c = self.case()
        many = [secret("shop", f"s{i:05d}-{'x' * 30}") for i in range(16000)]
        c.request(30, "ana@corp.example", "get", "secrets shop/other", 200)
        c.request(90, WEB, "list", "secrets shop/", 200, **STOLEN, answer=listed(*many))
        self.judge(c)
        self.assertIn(("shop", many[0]["metadata"]["name"]), self.names())
        self.assertIn(("shop", "other"), self.names())
        self.assertLess(len(self.names()), 8000)

    def test_a_pod_that_was_entered(self):
        """Its spec stands in a document, in an answer to a GET, or where it was made."""
        made = account("kube-system", "statefulset-controller")
        pod = {"kind": "Pod", "apiVersion": "v1"}
        for where in ("document", "answer", "create", "nowhere"):
            c = self.case()
            files = {}
            if where == "create":
                c.request(10, made, "create", f"pods {WORKER}", 201, answer=worker(pod),
                          agent="kube-controller-manager/v1.30.0", source="10.0.0.1")
            if where == "answer":
                c.request(20, "ana@corp.example", "get", f"pods {WORKER}", answer=worker(pod))
            if where == "document":
                files["worker.json"] = json.dumps(worker(pod))
            c.request(90, WEB, "get", f"pods/exec {WORKER}", 101, **STOLEN,
                      query="?command=env&container=c")
            self.judge(c, **files)
            expected = {("billing", "worker-env"), ("billing", "worker-files")}
            self.assertEqual(self.names(), set() if where == "nowhere" else expected, where)

    def test_a_pod_that_was_only_looked_at_or_refused(self):
        c = self.case()
        pod = {"kind": "Pod", "apiVersion": "v1"}
        c.request(80, WEB, "get", f"pods {WORKER}", 200, **STOLEN, answer=worker(pod))
        c.request(90, WEB, "get", f"pods/exec {WORKER}", 403, **STOLEN)
        c.request(91, WEB, "create", f"pods/portforward {WORKER}", 101, **STOLEN)
        self.judge(c)
        self.assertEqual(self.names(), set())

    def test_the_pod_itself_by_what_made_it(self):
        """No document shows it, nobody asked for it: the answer to its creation is in the log."""
        c = self.case()
        c.request(5, account("kube-system", "statefulset-controller"), "create",
                  f"pods {WORKER}", 201, answer=worker({"kind": "Pod", "apiVersion": "v1"}),
                  agent="kube-controller-manager/v1.30.0", source="10.0.0.1",
                  groups=INSIDE)
        c.request(3600, account("kube-system", "job-controller"), "list", "jobs", 200)
        self.analyze({"audit.log": lines(c.records())}, "--pod", WORKER)
        self.assertEqual(self.names(), {("billing", "worker-env"), ("billing", "worker-files")})
        self.assertEqual(self.documents["scope"]["service_account"], account("billing", "worker"))


if __name__ == "__main__":
    unittest.main()
