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

    def test_what_belongs_to_the_act(self):
        """All of it is true. What names an act without saying that it was done to something, or
        denies something else than the act, is not held against the log."""
        self.expect("""
            s 10:22 kubectl get secrets executed with web's token
            s 10:23 401/403 on secrets in namespace vault for the stolen account
            s 11:10 Node n1 was cordoned so that no new pods are scheduled there
            s 11:20 web-0 was deleted, without a memory image
            n 10:21 We saw no alert for the secrets access
            n 10:21 Nobody noticed the shell
            n 10:45 It is not clear how the attacker obtained the token
            n 10:45 No logs for the deletion of pod cache-1 available
            n 10:45 no one had rotated secret db-password since January
            n 10:45 Without the secret tls the attacker could not do more
            n 10:45 If secrets had been encrypted, the attacker would not have read them
            n 10:45 pod security policy would have prevented the creation of pods
            n 10:45 New pod web-0 expected after restart
            n 10:45 Carl's change to deployment web was ruled out
            n 10:45 First containment step: isolate pod web-0
            n 10:45 Deleting pod web-0 was postponed
            n 10:45 Ana wants to isolate the pod
            n 10:45 Security group changed to isolate node n1
            n 10:45 Evidence collection started on node n1
            n 10:45 Started pulling logs from pod web-0""")
        # And what is said plainly still is.
        self.expect("""
            c 10:26 Attacker became cluster admin by creating a cluster role binding
            c 10:30 ana exec'd into pod cache-0
            c 10:30 Exec into pod cache-1
            c 10:23 The attacker successfully read vault/master
            c 10:45 Node n1 was deleted
            c 10:45 The attacker created a daemonset""")

    def test_how_it_was_at_that_time(self):
        """Isolated at 11:02, which is how it was at 11:10; at 11:20 the pod is gone."""
        self.expect("""
            s 11:02 pod web-0 fully isolated
            s 11:10 web-0 is isolated now
            s 11:10 pod web-0 fully isolated
            c 10:50 pod web-0 fully isolated
            c 10:50 pod web-0 was completely isolated by Ana
            n 11:30 web-0 is isolated now
            n 11:10 pod cache-0 is fully isolated
            c 11:30 node n2 was finally deleted""")

    def test_what_sounds_like_an_act_of_the_cluster(self):
        """Somebody decided against it; a node's snapshot is no node, a gist no secret of the
        cluster, and a vault is a store of its own, unless it is said to be a namespace."""
        self.expect("""
            n 11:20 Deletion of pod rejected by Bo
            n 10:50 Bo rejected the deletion of pod web-0
            n 10:50 Removal of pod web-0 was declined by ana.sousa
            n 10:50 Deletion of node n1 vetoed by Dave
            s 10:23 Read of secret vault/master rejected by RBAC
            s 10:26 Creation of the cluster role binding was rejected by the API server
            n 10:50 node snapshot created
            n 10:50 Snapshot of node n1 created
            c 10:50 Node n1 created
            n 10:50 Created secret gist with notes
            n 10:50 secret removed from vault
            c 10:50 secret master removed from namespace vault
            c 10:45 The attacker deleted the vault pod
            n 10:50 war room in pod 3
            n 10:50 Fully isolated build environment created for analysis
            n 10:50 We rejected the idea to delete pod web-0
            s 10:26 Kubernetes rejected the creation of a cluster role binding""")

    def test_by_somebody_whom_the_log_does_not_know(self):
        self.expect("""
            p 11:20 Pod web-0 deleted by Dave
            p 11:20 Pod web-0 deleted by Dave Miller with kubectl
            p 11:20 Pod web-0 deleted by dave@corp.example
            n 10:50 Deleted by Dave
            c 11:20 Pod web-0 deleted by Ana
            s 11:20 Pod web-0 deleted by Bo Lang
            s 11:20 Pod web-0 deleted by hand
            s 11:20 Pod web-0 deleted by Security""")

    def test_who_speaks_of_himself(self):
        self.expect("""
            s 11:20 Bo: I deleted pod web-0
            c 11:20 Ana: I deleted pod web-0
            s 11:10 Bo Lang: I've cordoned node n1
            c 11:10 Carl: I have just cordoned node n1
            p 11:20 Dave: I deleted pod web-0
            s 11:05 Ana: miner pods deleted
            c 10:35 pod cache-1 deleted by Bo; false alarm""")

    def test_what_was_refused_and_done_elsewhere(self):
        """Refused at 10:23; a list of another namespace at 10:22 is no reason."""
        (claim,) = self.expect("""
            c 10:23 Attacker read secret vault/master""")
        self.assertIn("was refused", claim["why"][0])

    def test_before_after_about(self):
        self.expect_text("""
- before 11:30 Bo deleted pod web-0
- before 11:00 Bo deleted pod web-0
- after 11:15 Bo deleted pod web-0
- after 11:30 Bo deleted pod web-0
- until 10:30 no pod was deleted by the attacker
- since 10:30 no pod was deleted by the attacker
- ~10:40 the attacker deleted pod cache-1
- 10:40 the attacker deleted pod cache-1
- 1 minute later Bo rotated secret db-password
- Afterwards Bo deleted pod web-0
- At the same time Bo cordoned n1
""", "scscncscnsn")

    def test_what_stands_under_a_time(self):
        """The points are of their heading's or line's time, whose writer did not say when in it:
        an act of another time is not found there, and is not called false."""
        self.expect_text("""
## 10:35
The attacker deleted pod cache-1.

## 10:50 Containment
Bo cordoned node n1.

## Monday
- 10:22 Attacker listed secrets in shop
  - the attacker read secret db-password
  - the attacker deleted pod cache-1
""", "s" "ncssn")

    def test_no_time_at_all(self):
        self.expect_text("""
## What we know

The attacker deleted pod cache-1.

Ana deleted pod cache-1.

No secret was read by the attacker.

Node n2 was deleted by the attacker.

The weather was fine on that day.
""", "scnn", "undated")

    def expect_text(self, text, verdicts, where="claims"):
        self.analyze({**files(), "timeline.md":
                      "# Timeline 2026-06-10, all times UTC\n" + text})
        told = sorted(self.documents["claims"][where], key=lambda c: c["spans"][0]["offset"])
        self.assertEqual("".join(c["verdict"][0] for c in told), verdicts,
                         [(c["claim"], c["verdict"], c["why"]) for c in told])
        self.assertTrue(all((c["time"] is None) == (where == "undated") for c in told))

    def test_in_german(self):
        self.expect("""
            s 10:20 Im Pod web-0 wurde eine Shell geöffnet
            s 10:22 Der Angreifer listete alle Secrets in shop auf
            s 10:22 Das Geheimnis db-password wurde ausgelesen
            c 10:22 Das Secret master wurde vom Angreifer gelesen
            s 10:23 Der Zugriff auf das Secret master wurde abgelehnt
            s 10:23 Angreifer konnte das Secret vault/master nicht lesen
            s 10:24 Drei Pods wurden vom Angreifer angelegt
            p 10:24 Fünf Pods wurden vom Angreifer angelegt
            s 10:30 Der Angreifer führte eine Shell im Pod cache-0 aus
            s 10:35 Angreifer löschte den Pod cache-1
            s 10:35 Der Pod cache-1 ist gelöscht worden
            c 10:35 Der Pod cache-1 wurde von Bo gelöscht
            c 10:35 Carl löschte den Pod cache-1
            s 11:00 Ana hat den Pod web-0 mit einem Label versehen
            s 11:02 Ana hat eine NetworkPolicy angewendet
            s 11:05 Ana hat die Miner-Pods entfernt
            s 11:10 Bo hat den Knoten n1 für neue Pods gesperrt
            s 11:15 Bo hat das Secret db-password rotiert
            s 11:20 Bo hat den Pod web-0 gelöscht
            c 11:20 Ana hat den Pod web-0 gelöscht
            s 11:25 Bo hat das Deployment web auf 0 skaliert
            n 11:30 Kein Secret aus vault wurde gelesen
            c 11:30 Es wurde kein Secret gelesen
            c 11:30 Der Angreifer hat nie einen Pod gelöscht
            n 10:50 Wir wollen den Pod web-0 löschen
            n 10:50 Pod web-0 muss gelöscht werden
            n 10:50 Bo wird den Knoten n1 sperren
            n 10:50 Ana bittet Bo, den Pod web-0 zu löschen
            n 10:50 Vorschlag: Pod web-0 löschen
            n 10:50 Angreifer hat möglicherweise den Knoten n1 gelöscht
            n 10:50 Ticket INC-1 angelegt
            n 10:50 Die Log-Dateien des Pods web-0 wurden gesichert""")

    def test_in_french(self):
        self.expect("""
            s 10:20 Un shell a été ouvert dans le pod web-0
            s 10:22 L'attaquant a listé les secrets du namespace shop
            s 10:22 Le secret db-password a été lu
            c 10:22 Le secret master a été lu par l'attaquant
            s 10:23 L'accès au secret master a été refusé
            s 10:23 L'attaquant n'a pas pu lire le secret vault/master
            s 10:24 L'attaquant a créé trois pods
            s 10:24 Trois pods ont été créés par l'attaquant
            s 10:30 L'attaquant a exécuté un shell dans le pod cache-0
            s 10:35 L'attaquant a supprimé le pod cache-1
            c 10:35 Carl a supprimé le pod cache-1
            s 11:02 Ana a appliqué une politique réseau
            s 11:15 Bo a renouvelé le secret db-password
            s 11:20 Bo a supprimé le pod web-0
            c 11:20 Le pod web-0 a été supprimé par Ana
            n 11:30 Aucun secret de vault n'a été lu
            c 11:30 Aucun secret n'a été lu par l'attaquant
            n 10:50 Bo va supprimer le pod web-0
            n 10:50 Il faut supprimer le pod web-0
            n 10:50 Ana demande à Bo de supprimer le pod web-0
            n 10:50 L'attaquant a peut-être supprimé le nœud n1""")

    def test_in_spanish(self):
        self.expect("""
            s 10:20 Se abrió una shell en el pod web-0
            s 10:22 El atacante listó los secretos del namespace shop
            s 10:22 El secreto db-password fue leído
            c 10:22 El secreto master fue leído por el atacante
            s 10:23 Se denegó el acceso al secreto master
            s 10:23 El atacante no pudo leer el secreto vault/master
            s 10:24 El atacante creó tres pods
            s 10:24 Tres pods fueron creados por el atacante
            s 10:30 El atacante ejecutó una shell en el pod cache-0
            s 10:35 El atacante eliminó el pod cache-1
            c 10:35 Carl eliminó el pod cache-1
            s 11:02 Ana aplicó una política de red
            s 11:10 Bo acordonó el nodo n1
            s 11:15 Bo rotó el secreto db-password
            s 11:20 Bo borró el pod web-0
            c 11:20 El pod web-0 fue borrado por Ana
            n 11:30 Ningún secreto de vault fue leído
            c 11:30 Ningún secreto fue leído por el atacante
            n 10:50 Bo va a borrar el pod web-0
            n 10:50 Hay que borrar el pod web-0
            n 10:50 Ana pide a Bo que borre el pod web-0
            n 10:50 El atacante quizás eliminó el nodo n1""")

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
