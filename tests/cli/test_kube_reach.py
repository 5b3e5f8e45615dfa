"""How far it went: what the account's own words change, when etcd counts as lost, who is a
responder, whose work the ordinary days show, and what lists of several kinds hold. Each case
is made here, beside what must be said of it."""
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from kube_case import EXHIBIT  # noqa: E402
from made_cases import Case, account, lines  # noqa: E402
from made_responses import INSIDE, NET, RBAC, binding, objects, pod, policy  # noqa: E402

WEB = account("shop", "web")
STOLEN = {"agent": "curl/8.5.0", "source": "198.51.100.7", "groups": INSIDE}


def shop(c, **spec):
    return pod(c, "shop/web-0", {"serviceAccountName": "web", "nodeName": "n1", "containers": [
        {"name": "web", "image": "shop/web:1"}], **spec}, "ab" * 32, {"app": "web"},
        created=c.time(0, 0)[:19] + "Z")


class Reach(unittest.TestCase):
    def analyze(self, files, *options):
        with tempfile.TemporaryDirectory() as folder:
            package, out = Path(folder) / "package", Path(folder) / "out"
            package.mkdir()
            for name, text in files.items():
                where = package if not name.startswith("../") else Path(folder)
                (where / Path(name).name).write_text(text)
            done = subprocess.run(
                [EXHIBIT, "analyze", package, "-o", out,
                 *(str(Path(folder) / o[3:]) if o.startswith("../") else o for o in options)],
                capture_output=True, text=True, check=False)
            self.assertIn(done.returncode, (0, 1), done.stderr)
            self.terminal = done.stdout
            self.documents = {p.stem: json.loads(p.read_text()) for p in out.glob("*.json")}
            self.summary = (out / "summary.md").read_text()

    def found(self, rule):
        return [f for f in self.documents["findings"]["findings"] if f["rule"] == rule]

    def secrets(self):
        return {(s["kind"], s["name"]): s for s in self.documents["exposure"]["secrets"]}


class Tokens(Reach):
    TOKEN = {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/service-account-token",
             "metadata": {"name": "web-old", "namespace": "shop", "annotations": {
                 "kubernetes.io/service-account.name": "web"}}}
    OTHERS = {**TOKEN, "metadata": {"name": "db-old", "namespace": "shop", "annotations": {
        "kubernetes.io/service-account.name": "db"}}}

    def of(self, refuses, **spec):
        c = Case("tokens", "2026-07-01")
        who = {"apiVersion": "v1", "kind": "ServiceAccount",
               "metadata": {"name": "web", "namespace": "shop"}}
        if refuses:
            who["automountServiceAccountToken"] = False
        self.analyze({"pod.json": json.dumps(shop(c, **spec)),
                      "objects.json": objects(who, self.TOKEN, self.OTHERS)})
        return set(self.secrets())

    def test_the_account_may_refuse_its_token_and_the_pod_has_the_last_word(self):
        token = ("service-account-token", "web")
        self.assertIn(token, self.of(False))
        self.assertNotIn(token, self.of(True))
        self.assertIn(token, self.of(True, automountServiceAccountToken=True))
        self.assertNotIn(token, self.of(False, automountServiceAccountToken=False))

    def test_old_tokens_of_the_account_and_of_no_other(self):
        secrets = self.of(True)
        self.assertIn(("secret", "web-old"), secrets)
        self.assertNotIn(("secret", "db-old"), secrets)


class Sessions(Reach):
    """Who was in the pod before the first sign belongs to what was done through the API."""
    WHO = "mal@corp.example"

    def account(self, who=WHO, at=600, first=640, before=()):
        c = Case("sessions", "2026-07-01")
        exec_ = {"query": "?command=sh&command=-c&command=id", "source": "198.51.100.9"}
        for i in (*before, at):
            c.request(i, who, "create", "pods/exec shop/web-0", 101, **exec_)
        c.alert(first, "Run shell untrusted", "shop/web-0", "sh -c id", container="ab" * 32)
        c.request(first + 60, WEB, "list", "secrets", **STOLEN)
        c.request(3000, "ana@corp.example", "create", "pods/exec shop/web-0", 101)
        self.analyze({"pod.json": json.dumps(shop(c)), "audit.log": lines(c.records()),
                      "falco.json": lines(c.alerts())})
        told = [one for one in self.documents["story"]["summary"]
                if one.get("lead") == "Through the API"]
        return [(s["time"][11:19], s["who"], s["what"], len(s["spans"]))
                for one in told for s in one["steps"]]

    def test_it_is_told_first_with_its_origin_and_place(self):
        said = "ran a command in pod shop/web-0: sh -c id, from 198.51.100.9 with kubectl/v1.30.2"
        listed = ("Service account shop/web", "listed secrets of all namespaces", 1)
        for who, lead in ((self.WHO, self.WHO),
                          (account("ci", "deploy"), "Service account ci/deploy")):
            for first in (601, 640):
                self.assertEqual(self.account(who, first=first), [
                    ("10:10:00", lead, said, 1),
                    (f"10:{first // 60 + 1}:{first % 60:02d}", *listed)])
        (phase,) = [p for p in self.documents["story"]["phases"] if p["phase"] == "initial access"]
        self.assertIn("Somebody's own work in the pod begins in the same way.",
                      phase["facts"][0]["against"])

    def test_daily_work_and_what_was_long_before_lead_to_nothing(self):
        self.assertEqual(len(self.account(before=range(0, 600, 60))), 1)
        self.assertEqual(len(self.account(first=1500)), 1)
        (phase,) = [p for p in self.documents["story"]["phases"] if p["phase"] == "response"]
        self.assertIn("ana@corp.example ran a command", phase["facts"][0]["sentence"])


class Etcd(Reach):
    def of(self, *made, node=None):
        c = Case("etcd", "2026-07-01")
        c.alert(60, "Run shell untrusted", "shop/web-0", "sh -c id", container="ab" * 32)
        for i, (verb, target, body) in enumerate(made):
            c.request(90 + i, WEB, verb, target, 201, body=body, answer=body,
                      query="?command=cat" if "exec" in target else "", **STOLEN)
        files = {"pod.json": json.dumps(shop(c)), "audit.log": lines(c.records()),
                 "falco.json": lines(c.alerts())}
        if node:
            files["nodes.json"] = objects(node)
        self.analyze(files)
        cluster = self.documents["exposure"]["cluster"]
        return cluster["etcd"]["lost"], cluster["certificate_authorities"]["lost"]

    @staticmethod
    def node(name, **labels):
        return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": {
            k.replace("_", "-"): v for k, v in labels.items()}}}

    @staticmethod
    def digger(path, node):
        return ("create", "pods shop/digger", {"kind": "Pod", "apiVersion": "v1", "metadata": {
            "name": "digger", "namespace": "shop"}, "spec": {
                "nodeName": node, "containers": [{"name": "c", "image": "i"}],
                "volumes": [{"name": "v", "hostPath": {"path": path}}]}})

    def test_a_session_in_etcds_pod(self):
        self.assertEqual(self.of(("create", "pods/exec kube-system/etcd-cp1", None)),
                         ("yes", "not decidable"))

    def test_a_path_of_a_node_that_is_of_the_control_plane(self):
        control = {"node-role.kubernetes.io/control-plane": ""}
        for path in ("/var/lib/etcd", "/etc/kubernetes/pki", "/"):
            self.assertEqual(self.of(self.digger(path, "cp1"), node=self.node("cp1", **control)),
                             ("yes", "yes"), path)

    def test_another_node_or_another_path(self):
        control = {"node-role.kubernetes.io/control-plane": ""}
        self.assertEqual(self.of(self.digger("/var/lib/etcd", "n7"),
                                 node=self.node("cp1", **control)),
                         ("not decidable", "not decidable"))
        self.assertEqual(self.of(self.digger("/srv/data", "cp1"),
                                 node=self.node("cp1", **control)), ("no sign", "no sign"))

    def test_commands_to_a_kubelet_of_the_control_plane(self):
        control = {"node-role.kubernetes.io/control-plane": ""}
        made = ("create", "nodes/proxy cp1", None)
        self.assertEqual(self.of(made, node=self.node("cp1", **control)), ("yes", "yes"))
        self.assertEqual(self.of(made)[1], "not decidable")


class Responder(Reach):
    """The token is used from elsewhere; no alert tells of it. Lee answers: she looks into the
    pod, then deletes the policy and the binding that were made."""

    def test_who_answers_is_no_insider(self):
        c = Case("responder", "2026-07-01")
        lee = {"source": "10.1.1.8", "groups": ("system:masters", "system:authenticated")}
        bound = binding("ClusterRoleBinding", "web-admin", "cluster-admin", "shop/web")
        open_policy = policy("open", "shop", {"podSelector": {}, "ingress": [{}]})
        for i in range(30):
            c.request(60 * i, WEB, "get", "configmaps shop/web", agent="web/1.0",
                      source="10.8.2.9", groups=INSIDE)
        c.request(3600, WEB, "list", "secrets", **STOLEN)
        c.request(3610, WEB, "create", "clusterrolebindings web-admin", 201, group=RBAC,
                  body=bound, answer=bound, **STOLEN)
        c.request(3620, WEB, "create", "networkpolicies shop/open", 201, group=NET,
                  body=open_policy, answer=open_policy, **STOLEN)
        c.request(4200, "lee", "create", "pods/exec shop/web-0", 101, query="?command=bash", **lee)
        c.request(4260, "lee", "delete", "networkpolicies shop/open", group=NET, **lee)
        c.request(4270, "lee", "delete", "clusterrolebindings web-admin", group=RBAC, **lee)
        c.request(4280, "lee", "list", "secrets", **lee)
        c.request(4290, "lee", "deletecollection", "events shop/", **lee)
        self.analyze({"pod.json": json.dumps(shop(c)), "audit.log": lines(c.records())})
        self.assertEqual(self.found("kube.insider"), [])
        self.assertNotIn("lee", {i["what"] for i in self.documents["scope"]["identities"]})
        self.assertTrue(self.found("kube.patient-zero-account"))


class OwnWork(Reach):
    """What the pod's program always did goes on after containment."""

    def after(self, *later):
        c = Case("work", "2026-07-01")
        denial = policy("deny", "shop", {"podSelector": {"matchLabels": {"app": "web"}},
                                         "policyTypes": ["Ingress", "Egress"]})
        for i in range(90):
            c.request(60 * i, WEB, "get", "secrets shop/web", agent="web/1.0",
                      source="10.8.2.9", groups=INSIDE)
        c.request(3600, WEB, "list", "secrets", agent="curl/8.5.0", source="10.8.2.9",
                  groups=INSIDE)
        c.request(4000, "lee", "create", "networkpolicies shop/deny", 201, group=NET,
                  body=denial, answer=denial, source="10.1.1.8")
        for at in later:
            c.request(at, WEB, "list", "secrets", agent="curl/8.5.0", source="10.8.2.9",
                      groups=INSIDE)
        self.analyze({"pod.json": json.dumps(shop(c)), "audit.log": lines(c.records())})
        return ([f["severity"] for f in self.found("kube.acted-after-containment")],
                self.documents["containment"]["after"]["said"])

    def test_it_is_no_act_of_the_attacker(self):
        severities, said = self.after()
        self.assertEqual(severities, ["low"])
        self.assertIn("what its program did before", said)

    def test_and_hides_none(self):
        severities, said = self.after(4500)
        self.assertEqual(sorted(severities), ["critical", "low"])
        self.assertEqual(said, "the pod or its identities went on")

    def fresh(self, begins, agent="web/1.0", then="10.8.2.9"):
        """The program's work begins that long before the alert at 10:10 and goes on until the pod
        is deleted at 10:30; from 10:31 on, where its next pod is."""
        c = Case("fresh", "2026-07-01")
        for at in range(600 - begins, 1800, 30):
            c.request(at, WEB, "patch", "configmaps shop/state", agent=agent, source="10.8.2.9",
                      groups=INSIDE)
        c.alert(600, "Run shell untrusted", "shop/web-0", "sh -c id", container="ab" * 32)
        c.request(620, WEB, "list", "secrets", agent="curl/8.5.0", source="10.8.2.9", groups=INSIDE)
        c.request(1800, "lee", "delete", "pods shop/web-0", source="10.1.1.8")
        for at in range(1860, 2400, 30):
            c.request(at, WEB, "patch", "configmaps shop/state", agent=agent, source=then,
                      groups=INSIDE)
        self.analyze({"pod.json": json.dumps(shop(c)), "audit.log": lines(c.records()),
                      "falco.json": lines(c.alerts())})
        return [(f["severity"], f["confidence"]) for f in self.found("kube.acted-after-containment")]

    def test_a_program_that_had_only_begun(self):
        self.assertEqual(self.fresh(60), [("medium", "low")])
        self.assertEqual(self.fresh(60, agent="curl/8.5.0"), [("critical", "high")])
        self.assertEqual(self.fresh(-60), [("critical", "high")])

    def test_the_next_pod_of_the_workload_has_another_address(self):
        self.assertEqual(self.fresh(600, then="10.8.7.7"), [("low", "low")])
        self.assertEqual(self.fresh(600, then="203.0.113.9"), [("critical", "high")])
        self.assertEqual(self.fresh(600, agent="curl/8.5.0", then="10.8.7.7"), [("critical", "high")])


class NothingHappened(Reach):
    def test_nobody_is_told_to_rotate(self):
        c = Case("nothing", "2026-07-01")
        for i in range(20):
            c.request(60 * i, WEB, "get", "configmaps shop/web", agent="web/1.0",
                      source="10.8.2.9", groups=INSIDE)
        self.analyze({"pod.json": json.dumps(shop(c)), "audit.log": lines(c.records())})
        self.assertIn("nothing here shows an intrusion: ask the owners of the pod",
                      self.terminal)
        self.assertNotIn("  rotate ", self.terminal)


class OrdinaryDays(Reach):
    SIGNER = account("signing", "signer")

    def listed(self, c, start, count, every):
        for i in range(count):
            c.request(start + every * i, self.SIGNER, "list", "secrets",
                      agent="signer-controller/v2.1", source="10.8.1.4", groups=INSIDE)

    def severity(self, *options, days=True):
        c, before = Case("short", "2026-07-02"), Case("days", "2026-07-01")
        self.listed(c, 30, 2, 400)
        self.listed(before, 0, 40, 600)
        c.alert(900, "Run shell untrusted", "shop/web-0", "sh -c id", container="ab" * 32)
        c.request(960, WEB, "list", "secrets", **STOLEN)
        self.analyze({"pod.json": json.dumps(shop(c)), "audit.log": lines(c.records()),
                      "falco.json": lines(c.alerts()), "../days.log": lines(before.records())},
                     *options)
        return {f["arguments"].get("actor"): f["severity"]
                for rule in ("cluster_wide", "by_component")
                for f in self.found("audit_secrets_listed_" + rule)}

    def test_the_days_of_the_baseline_show_whose_work_it_is(self):
        self.assertEqual(self.severity()[self.SIGNER], "medium")
        told = self.severity("--baseline", "../days.log")
        self.assertEqual((told[self.SIGNER], told[WEB]), ("low", "high"))


class Lists(Reach):
    def complete(self, *items):
        c = Case("lists", "2026-07-01")
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "all.json").write_text(objects(*items))
            (Path(folder) / "audit.log").write_text(lines([{
                "kind": "Event", "apiVersion": "audit.k8s.io/v1", "auditID": c.uid("x"),
                "level": "Metadata", "verb": "get"}]))
            done = subprocess.run([EXHIBIT, "verify", "--json", folder], capture_output=True,
                                  text=True, check=False)
            return {a["artefact"] for a in json.loads(done.stdout)["completeness"] if a["present"]}

    def test_what_stands_second_in_a_list_is_there(self):
        c = Case("lists", "2026-07-01")
        service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}}
        closed = policy("deny", "shop", {"podSelector": {}})
        there = self.complete(service, shop(c), closed)
        self.assertLessEqual({"pod-manifest", "network-policy"}, there)
        # What only refers to a pod is none.
        referring = {"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "web"},
                     "subsets": [{"addresses": [{"ip": "10.8.2.9", "nodeName": "n1",
                                                 "targetRef": {"kind": "Pod", "name": "web-0",
                                                               "namespace": "shop"}}]}]}
        self.assertFalse({"pod-manifest", "network-policy"} &
                         self.complete(service, referring))


class Questions(Reach):
    def test_the_summary_asks_what_each_source_leaves_open(self):
        c = Case("questions", "2026-07-01")
        c.request(10, "eve", "get", "pods shop/web-0")
        self.analyze({"pod.json": json.dumps(shop(c)), "audit.log": lines(c.records())})
        asked = self.summary.split("## Open questions")[1].split("## ")[0]
        self.assertIn("What was typed in a session", asked)
        self.assertIn("(audit.log)", asked)
        self.assertEqual(asked.count("\n- "),
                         len(self.documents["coverage"]["cannot_answer"]))


if __name__ == "__main__":
    unittest.main()
