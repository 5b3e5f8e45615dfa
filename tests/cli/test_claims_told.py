"""What people write beside plain acts: plans and orders, what they found out later, numbers,
"only", names, and what is no part of a cluster. The case is made here, and beside each sentence
stands what is true of it."""
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made_cases import Case, account, lines  # noqa: E402
from made_responses import NET  # noqa: E402
from test_kube_reach import STOLEN, WEB, Reach, shop  # noqa: E402

ANA, BO, CARL = "ana@corp.example", "bo.lang@corp.example", "carl@corp.example"
BOX, TOKEN = "ab" * 32, "/var/run/secrets/kubernetes.io/serviceaccount/token"


def at(hour, minute, second=0):
    return (hour - 10) * 3600 + minute * 60 + second


def files():
    """10:20 a shell in web-0; until 10:35 the attacker works with its account; from 11:00 Ana
    and Bo answer. The log has a request every five minutes from 10:00 to 14:00."""
    c = Case("told", "2026-06-10")
    for i in range(0, 14400, 300):
        c.request(i, account("kube-system", "job-controller"), "list", "jobs", 200)
    c.request(at(10, 5), CARL, "patch", "deployments shop/web", group="apps",
              body={"spec": {"replicas": 2}})
    c.request(at(10, 6), CARL, "get", "secrets shop/tls")
    c.alert(at(10, 20), "Terminal shell in container", "shop/web-0", "sh -i", container=BOX)
    c.alert(at(10, 20, 30), "Read sensitive file untrusted", "shop/web-0", f"cat {TOKEN}",
            container=BOX, more={"fd.name": TOKEN})
    c.request(at(10, 22), WEB, "list", "secrets shop/", **STOLEN)
    c.request(at(10, 22, 30), WEB, "get", "secrets shop/db-password", **STOLEN)
    c.request(at(10, 23), WEB, "get", "secrets vault/master", 403, **STOLEN)
    for i in (1, 2, 3):
        c.request(at(10, 24, 10 * i), WEB, "create", f"pods shop/miner-{i}", 201, **STOLEN)
        c.request(at(11, 5, 5 * i), ANA, "delete", f"pods shop/miner-{i}")
    c.request(at(10, 26), WEB, "create", "clusterrolebindings", 403, **STOLEN)
    c.request(at(10, 30), WEB, "create", "pods/exec shop/cache-0", 101, **STOLEN,
              query="?command=bash&stdin=true&tty=true",
              stages=("ResponseStarted", "ResponseComplete"))
    c.request(at(10, 35), WEB, "delete", "pods shop/cache-1", **STOLEN)
    c.request(at(11, 0), ANA, "patch", "pods shop/web-0",
              body={"metadata": {"labels": {"quarantine": "yes"}}})
    c.request(at(11, 2), ANA, "create", "networkpolicies shop/deny-web", 201, group=NET, body={
        "apiVersion": NET + "/v1", "kind": "NetworkPolicy",
        "metadata": {"name": "deny-web", "namespace": "shop"},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}})
    c.request(at(11, 10), BO, "patch", "nodes n1", body={"spec": {"unschedulable": True}})
    c.request(at(11, 15), BO, "patch", "secrets shop/db-password", body={"data": {"p": "eA=="}})
    c.request(at(11, 20), BO, "delete", "pods shop/web-0")
    c.request(at(11, 25), BO, "patch", "deployments/scale shop/web", group="apps",
              body={"spec": {"replicas": 0}})
    return {"pod.json": json.dumps(shop(c)), "audit.log": lines(c.records()),
            "falco.json": lines(c.alerts())}


class Told(Reach):
    def expect(self, text):
        """Each line: the verdict's first letter, the time, the sentence."""
        rows = [line.strip().split(" ", 2) for line in text.strip().splitlines()]
        head = "# Timeline 2026-06-10, all times UTC\n\n"
        self.analyze({**files(), "timeline.md": head + "".join(
            f"- {time} {said}\n" for _, time, said in rows)})
        claims = sorted(self.documents["claims"]["claims"],
                        key=lambda c: c["spans"][0]["offset"])
        self.assertEqual([c["claim"] for c in claims], [said for _, _, said in rows])
        wrong = [(want, c["verdict"], c["claim"], c["why"])
                 for (want, _, _), c in zip(rows, claims) if c["verdict"][0] != want]
        self.assertEqual(wrong, [])
        return claims

    def test_what_is_meant_or_asked_is_not_done(self):
        """True or not, none of it says that something was done."""
        self.expect("""
            n 10:50 Decision: we will delete the pod web-0 later
            n 10:50 Plan: isolate web-0, rotate secret db-password, delete web-0
            n 10:50 Ana asked Bo to delete pod web-0
            n 10:50 TODO: rotate secret db-password
            n 10:50 We considered deleting the pod web-0
            n 10:55 Is pod web-0 isolated?
            n 10:55 Ana is about to cordon node n1
            n 10:55 Pod web-0 soll isoliert werden
            s 11:10 Node n1 was cordoned by Bo, as planned
            s 11:20 Bo deleted pod web-0 as Ana had asked""")

    def test_what_could_not_be_done(self):
        self.expect("""
            s 10:23 Attacker could not read secret vault/master
            s 10:23 The attacker was not able to read vault/master
            c 10:23 Attacker could read secret vault/master
            s 10:26 RBAC prevented the attacker from creating a cluster role binding
            c 10:22 Attacker could not read secret db-password""")

    def test_how_many(self):
        self.expect("""
            s 10:24 Attacker created three pods: miner-1, miner-2 and miner-3
            s 10:24 3 miner pods were deployed
            p 10:24 Attacker created five pods in namespace shop
            c 10:24 Attacker created only one pod, miner-2
            c 11:05 Only miner-1 was deleted by Ana
            s 11:05 Two of the miner pods deleted
            s 11:20 Only pod web-0 was deleted
            c 10:22 The only secret read by the attacker was tls""")

    def test_who(self):
        self.expect("""
            c 10:30 Carl opened a shell in cache-0
            s 10:30 Attacker exec'd into cache-0 and got a shell
            s 11:00 Ana put a label on pod web-0
            c 11:00 Carl put a label on pod web-0
            c 11:00 Bo labelled pod web-0
            s 11:10 Bo marked node n1 unschedulable
            s 10:24 pod shop/miner-2 created by system:serviceaccount:shop:web
            c 10:24 pod shop/miner-2 created by carl@corp.example
            s 10:22 web-0's service account dumped every secret in the shop namespace
            p 11:20 ana.sousa deleted web-0""")

    def test_to_what(self):
        self.expect("""
            s 11:02 web-0 isolated
            c 10:50 web-0 isolated
            s 11:20 Compromised pod web-0 killed by Bo
            n 10:40 Ana killed the miner process in pod web-0
            c 10:22 Secrets in namespace payments were listed by the attacker
            c 10:23 The attacker read secret billing/key""")

    def test_what_is_denied_of_its_time(self):
        """The first two are true: the pod was isolated, and pods were deleted, later."""
        claims = self.expect("""
            n 10:05 No secret was read by the attacker
            n 10:25 No pod was deleted by the attacker
            c 10:25 The attacker never deleted a pod
            c 11:30 No secret was read by the attacker
            n 11:30 No secret of namespace vault was read
            c 11:30 The attacker never read secret tls
            n 11:30 No node was deleted by the attacker""")
        # Handed out with all of its namespace; the token that the sensor saw is another one.
        self.assertEqual([r["action"] for r in claims[5]["contradicts"]], ["list secrets"])

    def test_what_was_found_out_later(self):
        self.expect("""
            s 10:45 Ana found that the attacker deleted pod cache-1
            s 10:45 Ana noticed that secrets had been listed by the attacker
            c 10:45 Ana confirmed that pod cache-1 was deleted by Carl""")

    def test_perhaps(self):
        self.expect("""
            n 10:50 The attacker probably deleted node n1
            c 10:50 The attacker deleted node n1
            s 10:35 The attacker probably deleted pod cache-1""")

    def test_what_is_no_part_of_the_cluster(self):
        """All of it is true, and the API server's log has none of it."""
        self.expect("""
            n 10:50 Runbook "delete pod" opened
            n 10:50 New alert created for secret access
            n 10:50 Ana deleted her local copy of the kubeconfig secret
            n 10:50 Git repository: secret removed from values.yaml
            n 10:50 Laptop of carl isolated
            n 10:50 Memory dump of the node started
            n 10:50 Wiki page for the incident created with the list of pods
            n 10:50 List of affected pods and secrets sent to management
            n 10:50 Backups of secret store checked, access to vault reviewed
            n 10:50 ConfigMap change from yesterday reviewed""")
