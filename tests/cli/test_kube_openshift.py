"""OpenShift: DeploymentConfigs, projects, routes and image streams are served by a server of their
own, which keeps a log of its own; `oc adm node-logs` puts the node before each line. Rights to run
privileged pods are given by a binding, or in the security context constraints themselves."""
import copy
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made_cases import KCM, Case, account, lines  # noqa: E402
from test_kube_reach import Reach  # noqa: E402

API, CI, ERIN, POD = account("shop", "api"), account("shop", "ci-bot"), "erin", "api-3-x7k2p"
EVIL, OFFICE = "198.51.100.7", "192.0.2.30"
OC = "oc/4.14.0 (linux/amd64) kubernetes/286cfa5"
GROUPS = ("system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated")
INSIDE = dict(agent="curl/8.5.0", source="10.131.0.25", groups=GROUPS)
STOLEN = dict(agent=OC, source=EVIL, groups=GROUPS)
OFFICIAL = dict(agent=OC, source=OFFICE, groups=("system:authenticated:oauth", "system:authenticated"),
                extra={"scopes.authorization.openshift.io": ["user:full"]})
RBAC, SECURITY = "rbac.authorization.k8s.io", "security.openshift.io"
USES = "system:openshift:scc:privileged"
BINDING = {"kind": "RoleBinding", "metadata": {"name": USES, "namespace": "shop"},
           "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": "shop"}],
           "roleRef": {"kind": "ClusterRole", "name": USES, "apiGroup": RBAC}}
SCC = {"kind": "SecurityContextConstraints", "metadata": {"name": "privileged"},
       "users": ["system:admin", "system:serviceaccount:shop:default"]}
AGENT = {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "metrics-agent", "namespace": "shop"}, "spec": {
    "serviceAccountName": "default", "hostPID": True, "containers": [
        {"name": "m", "image": "quay.example/m:1", "securityContext": {"privileged": True}}]}}


class Cluster(Case):
    """Two servers: what the second serves stands in both logs, by the same id."""

    def __init__(self):
        super().__init__("openshift", "2026-11-03")
        self.second = []

    def handed_on(self, at, user, verb, target, *rest, **more):
        before = len(self.audit)
        self.request(at, user, verb, target, *rest, **more)
        for time, record in self.audit[before:]:
            again = copy.deepcopy(record)
            again["sourceIPs"].append("10.130.0.2")  # the first server's own
            again["requestReceivedTimestamp"] = self.time(at + 0.002)
            self.second.append((time, again))
            if verb == "create":  # only who decodes the body knows it
                record["objectRef"].pop("name", None)

    def login(self, at, user, address):
        """The OAuth server's record: until it is answered the request is nobody's."""
        self.request(at, "system:anonymous", "get", "oauth", 302, groups=("system:unauthenticated",),
                     agent="Go-http-client/1.1", source=address)
        record = self.audit[-1][1]
        record["requestURI"] = "/oauth/authorize?client_id=openshift-challenging-client"
        del record["objectRef"]
        record["annotations"] |= {"authentication.openshift.io/decision": "allow",
                                  "authentication.openshift.io/username": user}

    def logs(self, files):
        files["kube-apiserver-audit.log"] = of_node(self.records())
        files["openshift-apiserver-audit.log"] = of_node(r for _, r in self.second)
        return files


def of_node(records):
    return "".join(f"master-0.shop.example {line}\n" for line in lines(records).splitlines())


def ordinary(c):
    controller = account("openshift-infra", "deploymentconfig-controller")
    for i in range(40):
        c.request(60 * i + 5, API, "get", "configmaps shop/settings", agent="api/3", source="10.131.0.25", groups=GROUPS)
    for i in range(12):
        c.request(200 * i + 30, CI, "get", "configmaps shop/build", agent="ci/2.1", source="10.0.4.4", groups=GROUPS)
        c.request(200 * i + 40, controller, "update", "replicationcontrollers shop/api-3", source="10.128.0.4",
                  agent="openshift-controller-manager/v0.0.0 (linux/amd64) kubernetes/$Format")
        c.handed_on(200 * i + 50, ERIN, "list", "deploymentconfigs shop/", group="apps.openshift.io", **OFFICIAL)


def attack(c):
    """10:41 from the pod; from 10:44 with the account whose token lay in a secret."""
    c.request(2460, API, "create", "selfsubjectrulesreviews", 201, group="authorization.k8s.io", **INSIDE)
    c.request(2470, API, "list", "secrets shop/", **INSIDE)
    c.handed_on(2640, CI, "get", "users ~", group="user.openshift.io", **STOLEN)
    c.request(2700, CI, "create", f"rolebindings shop/{USES}", 201, group=RBAC, body=BINDING, answer=BINDING, **STOLEN)
    c.request(2760, CI, "create", "pods shop/metrics-agent", 201, body=AGENT, answer=AGENT, **STOLEN)
    c.request(2790, CI, "create", "pods/exec shop/metrics-agent", 101, **STOLEN,
              query="?command=%2Fbin%2Fsh&command=-c&command=TERM%3D%22xterm%22+%2Fbin%2Fsh&container=m")
    c.request(3010, CI, "update", "securitycontextconstraints privileged", group=SECURITY, body=SCC, answer=SCC, **STOLEN)
    c.handed_on(3060, CI, "update", "imagestreamtags shop/api:latest", group="image.openshift.io", **STOLEN)
    c.handed_on(3120, CI, "create", "routes shop/metrics", 201, group="route.openshift.io", **STOLEN)
    c.handed_on(3130, CI, "create", "projectrequests staging-tools", 201, group="project.openshift.io", **STOLEN)
    c.handed_on(3140, CI, "create", "deploymentconfigs staging-tools/sync", 201, group="apps.openshift.io", **STOLEN)


def debug_node(c):
    """`oc debug node/worker-1`, from 10:57."""
    body = {"kind": "Pod", "apiVersion": "v1", "metadata": {
        "name": "worker-1-debug-8kq2z", "namespace": "shop",
        "annotations": {"debug.openshift.io/source-resource": "/v1, Resource=nodes/worker-1"}},
        "spec": {"nodeName": "worker-1", "hostPID": True, "volumes": [{"name": "host", "hostPath": {"path": "/"}}],
                 "containers": [{"name": "c", "image": "tools", "securityContext": {"privileged": True}}]}}
    c.request(3420, CI, "create", "pods shop/worker-1-debug-8kq2z", 201, body=body, answer=body, **STOLEN)
    c.request(3426, CI, "create", "pods/attach shop/worker-1-debug-8kq2z", 101, **STOLEN)
    c.request(3500, CI, "delete", "pods shop/worker-1-debug-8kq2z", **STOLEN)


def must_gather(c):
    space, name = "openshift-must-gather-v9t2d", "must-gather-8nmlp"
    made = {"kind": "ClusterRoleBinding", "metadata": {"generateName": "must-gather-", "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": space}],
            "roleRef": {"kind": "ClusterRole", "name": "cluster-admin", "apiGroup": RBAC}}
    runs = {"kind": "Pod", "metadata": {"generateName": "must-gather-", "name": "must-gather-l2zjk", "namespace": space},
            "spec": {"containers": [{"name": "gather", "image": "must-gather", "command": ["/usr/bin/gather"]}]}}
    c.request(4500, ERIN, "create", f"namespaces {space}", 201, body={"kind": "Namespace", "metadata": {"name": space}}, **OFFICIAL)
    c.request(4501, ERIN, "create", f"clusterrolebindings {name}", 201, group=RBAC, body=made, answer=made, **OFFICIAL)
    c.request(4502, ERIN, "create", f"pods {space}/must-gather-l2zjk", 201, body=runs, answer=runs, **OFFICIAL)
    c.request(4660, ERIN, "delete", f"clusterrolebindings {name}", group=RBAC, **OFFICIAL)
    c.request(4661, ERIN, "delete", f"namespaces {space}", **OFFICIAL)


def response(c):
    c.login(4200, ERIN, OFFICE)
    c.login(4950, "olga", OFFICE)
    c.handed_on(4320, ERIN, "update", "deploymentconfigs/scale shop/api", group="apps.openshift.io", **OFFICIAL,
                body={"kind": "Scale", "spec": {"replicas": 0}})
    c.request(4322, account("kube-system", "replication-controller"), "delete", f"pods shop/{POD}", agent=KCM, source="10.0.0.2")
    c.request(4380, ERIN, "delete", "pods shop/metrics-agent", **OFFICIAL)
    c.request(4390, ERIN, "delete", f"rolebindings shop/{USES}", group=RBAC, **OFFICIAL)
    before = {**SCC, "users": ["system:admin"]}
    c.request(4395, ERIN, "update", "securitycontextconstraints privileged", group=SECURITY, body=before, answer=before, **OFFICIAL)
    c.handed_on(4400, ERIN, "delete", "routes shop/metrics", group="route.openshift.io", **OFFICIAL)
    c.handed_on(4405, ERIN, "delete", "projects staging-tools", group="project.openshift.io", **OFFICIAL)
    c.request(4410, ERIN, "delete", "secrets shop/ci-bot-token-x2x4z", **OFFICIAL)
    c.request(5400, account("kube-system", "job-controller"), "list", "jobs", agent=KCM, source="10.0.0.2")


def case(*sentences):
    c = Cluster()
    for part in (ordinary, attack, debug_node, response, must_gather):
        part(c)
    return files_of(c, *sentences)


def files_of(c, *sentences):
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {
        "name": POD, "namespace": "shop", "uid": c.uid("pod"), "creationTimestamp": "2026-10-30T00:00:00Z",
        "labels": {"deployment": "api-3", "deploymentconfig": "api"},
        "annotations": {"openshift.io/scc": "restricted-v2"},
        "ownerReferences": [{"kind": "ReplicationController", "name": "api-3", "controller": True, "uid": c.uid("rc")}]},
        "spec": {"serviceAccountName": "api", "nodeName": "worker-1", "containers": [{"name": "api", "image": "api:3"}]},
        "status": {"podIP": "10.131.0.25", "containerStatuses": [{"name": "api", "containerID": "cri-o://" + "5f" * 32}]}}
    return c.logs({"pod.json": json.dumps(pod), "timeline.md": "# 3 November 2026 (UTC)\n\n" + "".join(
        f"- {s}\n" for s in sentences)})


class OpenShift(Reach):
    def judged(self, *sentences):
        self.analyze(case(*sentences))
        timed = {(c["time"][11:16], c["claim"]): c["verdict"] for c in self.documents["claims"]["claims"]}
        return [timed[s[:5], s[6:]] for s in sentences]

    def test_who_did_what_against_it(self):
        self.judged("10:40 a note")
        acts = [(a["what"], a["action"], a["object"]) for a in self.documents["containment"]["actions"] if a["by"] == ERIN]
        self.assertEqual(acts, [
            ("scale", "update deploymentconfigs/scale", "shop/api"), ("delete-pod", "delete pods", "shop/metrics-agent"),
            ("revoke", "delete rolebindings", f"shop/{USES}"), ("revoke", "update securitycontextconstraints", "privileged"),
            ("delete", "delete routes", "shop/metrics"), ("delete", "delete projects", "staging-tools")])
        self.assertEqual(len(acts), len(self.documents["containment"]["actions"]))

    def test_a_firewall_of_the_namespace(self):
        """OVN-Kubernetes' of the pod's own namespace, at 11:14; what it leaves open is not computed."""
        c = Cluster()
        ordinary(c)
        attack(c)
        for at, space in ((4440, "shop"), (4450, "other")):
            wall = {"kind": "EgressFirewall", "metadata": {"name": "default", "namespace": space},
                    "spec": {"egress": [{"type": "Deny", "to": {"cidrSelector": "0.0.0.0/0"}}]}}
            c.request(at, ERIN, "create", f"egressfirewalls {space}/default", 201, group="k8s.ovn.org", body=wall, answer=wall, **OFFICIAL)
        self.analyze(files_of(c, "11:14 Erin created the egress firewall default", "11:14 Olga created the egress firewall default"))
        acts = [(a["what"], a["action"], a["object"]) for a in self.documents["containment"]["actions"]]
        self.assertEqual(acts, [("network-policy", "create egressfirewalls", "shop/default")])
        self.assertEqual([f["not_decidable"] for f in self.found("kube.not-isolated")], [True])
        self.assertEqual({x["claim"][:4]: x["verdict"] for x in self.documents["claims"]["claims"]}["Erin"], "supported")

    def test_what_remains(self):
        """The DeploymentConfig went with its project; who gave the image its new content is not undone."""
        self.judged("10:40 a note")
        self.assertEqual([f["subject"] for f in self.found("kube.not-reverted")], ["shop/api:latest"])

    def test_who_may_have_pods_with_power_over_their_node(self):
        """By the role that oc makes with the binding, which no document holds, until 11:13."""
        self.judged("10:40 a note")
        [may] = [c for i in self.documents["exposure"]["reach"]["identities"] if i["identity"] == account("shop", "default")
                 for c in i["capabilities"]]
        self.assertEqual((may["where"], may["only_names"], may["at_the_end"]), ("shop", ["privileged"], False))

    def test_an_old_token_ends_with_its_secret(self):
        self.judged("10:40 a note")
        token = self.secrets()[("service-account-token", "ci-bot")]["rotation"]
        self.assertEqual((token["seen"], token["by"]["object"]), (True, "shop/ci-bot-token-x2x4z"))
        self.assertIn("old-style", token["how_sure"])
        self.assertFalse(self.secrets()[("service-account-token", "default")]["rotation"]["seen"])

    def test_a_request_in_two_logs_is_one(self):
        self.judged("10:40 a note")
        routes = [f["sentence"] for p in self.documents["story"]["phases"] for f in p["facts"] if "route shop/metrics" in f["sentence"]]
        self.assertEqual(len([s for s in routes if "created" in s]), 1, routes)
        self.assertEqual(len([s for s in routes if "deleted" in s]), 1, routes)

    def test_what_controllers_always_do_is_no_turning_point(self):
        self.judged("10:40 a note")
        self.assertNotIn("deploymentconfig-controller", self.summary)

    def test_true_claims(self):
        told = ("10:41 attacker listed the secrets of project shop with the pod's service account",
                "10:45 attacker granted the privileged SCC to service account default",
                "10:50 attacker changed the SCC privileged", "10:51 attacker changed the image stream tag api:latest",
                "10:52 attacker created the route metrics", "10:52 attacker created project staging-tools",
                "10:52 attacker created DeploymentConfig sync", "11:12 Erin scaled DeploymentConfig api to 0",
                "11:13 Erin removed the privileged SCC from service account default",
                "11:13 Erin deleted the route metrics", "11:13 Erin deleted project staging-tools")
        self.assertEqual(dict(zip(told, self.judged(*told))), dict.fromkeys(told, "supported"))

    def test_false_claims(self):
        told = ("10:50 Erin changed the SCC privileged", "10:45 Erin granted the privileged SCC to service account default",
                "11:12 the attacker scaled DeploymentConfig api to 0", "11:05 Erin deleted project staging-tools")
        self.assertEqual(dict(zip(told, self.judged(*told))), dict.fromkeys(told, "contradicted"))

    def test_who_logged_in(self):
        told = {"11:10 Erin logged in with oc login": "supported", "11:22 Erin logged in": "contradicted",
                "11:10 Olga logged in": "contradicted", "11:22 Olga hat sich eingeloggt": "supported",
                "11:10 the attacker logged in": "neither", "11:10 Sam logged in": "neither",
                "11:15 Sam logged in to the console": "neither"}
        self.assertEqual(dict(zip(told, self.judged(*told))), told)

    def test_a_session_on_the_node(self):
        self.assertEqual(self.judged("10:57 attacker ran oc debug node/worker-1", "10:57 Erin ran oc debug node/worker-1"),
                         ["supported", "contradicted"])
        self.assertNotEqual(self.judged("10:57 attacker ran oc debug node/worker-2"), ["supported"])

    def test_what_rules_say_of_constraints_and_of_the_collection(self):
        self.judged("10:40 a note")
        grave = {(f["rule"], f["subject"]) for f in self.documents["findings"]["findings"]
                 if f["severity"] in ("critical", "high") and f["rule"].startswith("audit_")}
        self.assertLessEqual({("audit_constraints_granted", f"shop/{USES}"), ("audit_constraints_opened", "privileged")}, grave)
        self.assertFalse([g for g in grave if "must-gather" in g[1] or g[1] == ERIN], grave)
        self.assertEqual(len(self.found("audit_must_gather")), 1)

    def test_without_the_second_log_nothing_is_said_against_what_it_would_hold(self):
        files = case("10:58 attacker created the build config nightly")
        del files["openshift-apiserver-audit.log"]
        self.analyze(files)
        self.assertEqual([c["verdict"] for c in self.documents["claims"]["claims"]], ["neither"])


if __name__ == "__main__":
    unittest.main()
