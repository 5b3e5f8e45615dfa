"""Four incidents whose responses are hard to read: a policy that is patched, one that selects
nothing, one in the wrong namespace, policies of plugins; rights, accounts and policies from
before the log begins that are taken away; a label that is called a rotation; an insider. The
truth is written in test_kube_responses.py, as the story is told here."""
import json

from made_cases import KCM, Case, account, lines

NET = "networking.k8s.io"
RBAC = "rbac.authorization.k8s.io"
MINUTE = 60


class Day(Case):
    """`at` is seconds after midnight."""

    def time(self, at, digits=6):
        seconds = int(at)
        fraction = f"{round((at - seconds) * 10 ** digits):0{digits}d}"
        return (f"{self.day}T{seconds // 3600:02d}:{seconds // 60 % 60:02d}:"
                f"{seconds % 60:02d}.{fraction}Z")


def clock(hour, minute, second=0):
    return hour * 3600 + minute * MINUTE + second


def policy(name, namespace, spec, **metadata):
    return {"apiVersion": NET + "/v1", "kind": "NetworkPolicy",
            "metadata": {"name": name, "namespace": namespace, **metadata}, "spec": spec}


def binding(kind, name, role, subject, namespace=None, role_kind="ClusterRole", **metadata):
    own, account_name = subject.split("/")
    place = {"namespace": namespace} if namespace else {}
    return {"apiVersion": RBAC + "/v1", "kind": kind,
            "metadata": {"name": name, **place, **metadata},
            "roleRef": {"kind": role_kind, "name": role},
            "subjects": [{"kind": "ServiceAccount", "name": account_name, "namespace": own}]}


def pod(case, where, spec, container, labels, owner=None, ip=None, created="2026-05-20T00:00:00Z"):
    namespace, name = where.split("/")
    metadata = {"name": name, "namespace": namespace, "uid": case.uid(where),
                "creationTimestamp": created, "labels": labels}
    if owner:
        kind, owner_name = owner.split("/")
        metadata["ownerReferences"] = [{"kind": kind, "name": owner_name, "controller": True}]
    name = spec["containers"][0]["name"]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec,
            "status": {"podIP": ip, "containerStatuses": [
                {"name": name, "containerID": "containerd://" + container}]}}


def objects(*items):
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(items)})


INSIDE = ("system:serviceaccounts", "system:authenticated")


# -- commands through a kubelet -------------------------------------------------------------

def kubelet():
    """A scraper may use nodes/proxy; by it a command in a pod of kube-system, whose token is
    used from the scraper's own address. The pod was made before the log begins, and the log
    holds what was sent, not what was answered. The policy first leaves DNS open."""
    c = Day("kubelet", "2026-06-03")
    scraper, backup = account("telemetry", "scraper"), account("kube-system", "etcd-backup")
    ivan, office, where = "ivan@corp.example", "192.0.2.20", "telemetry/scraper-5c9f8d7b4-k2m9x"
    spec = {"serviceAccountName": "scraper", "nodeName": "gke-n1", "containers": [
        {"name": "scraper", "image": "reg.corp/scraper:2",
         "env": [{"name": "RW", "valueFrom": {"secretKeyRef": {"name": "remote-write",
                                                               "key": "token"}}}],
         "volumeMounts": [{"name": "api", "mountPath":
                           "/var/run/secrets/kubernetes.io/serviceaccount"}]}],
        "volumes": [{"name": "api", "projected": {"sources": [
            {"serviceAccountToken": {"path": "token", "expirationSeconds": 3607}}]}}]}
    c.files["pod.yaml"] = json.dumps(pod(
        c, where, spec, "ab" * 32, {"app": "scraper", "ir": "hold"},
        "ReplicaSet/scraper-5c9f8d7b4", "10.8.1.77"))
    inside = {"source": "10.8.1.77", "groups": INSIDE}
    for i in range(50):
        c.request(clock(12, 20) + MINUTE * i, scraper, "get", "nodes/proxy gke-n1",
                  agent="prometheus/2.53", query="/metrics", **inside)
    c.alert(clock(13, 10), "Run shell untrusted", where, "sh -c id", image="reg.corp/scraper",
            container="ab" * 32)
    curl = {"agent": "curl/8.7.1", **inside}
    c.request(clock(13, 12), scraper, "create", "nodes/proxy gke-n1",
              query="/run/kube-system/etcd-backup-0/c?cmd=cat%20token", **curl)
    c.request(clock(13, 14), backup, "list", "secrets", **curl)
    c.request(clock(13, 14, 10), backup, "get", "secrets payments/psp", **curl)
    sent = {"source": office, "level": "Request"}
    c.request(clock(13, 30), ivan, "patch", f"pods {where}",
              body={"metadata": {"labels": {"ir": "hold"}}}, **sent)
    c.request(clock(13, 31), ivan, "create", "networkpolicies telemetry/ir-hold", 201, group=NET,
              body=policy("ir-hold", "telemetry", {
                  "podSelector": {"matchLabels": {"ir": "hold"}},
                  "policyTypes": ["Ingress", "Egress"],
                  "egress": [{"ports": [{"protocol": "UDP", "port": 53}]}]}), **sent)
    c.request(clock(13, 32), ivan, "delete", "networkpolicies telemetry/ir-hold", group=NET,
              query="?dryRun=All", **sent)
    c.request(clock(13, 33), ivan, "patch", "networkpolicies telemetry/ir-hold", group=NET,
              body=[{"op": "remove", "path": "/spec/egress/0"}], **sent)
    c.request(clock(13, 40), ivan, "create", f"pods/eviction {where}", 201, source=office)
    c.request(clock(13, 42), ivan, "delete", "clusterrolebindings scraper", group=RBAC,
              source=office)
    c.request(clock(13, 50), ivan, "list", "nodes", source=office)
    c.files["audit.log"], c.files["falco.jsonl"] = lines(c.records()), lines(c.alerts())
    c.files["rbac.yaml"] = objects(
        {"apiVersion": RBAC + "/v1", "kind": "ClusterRole", "metadata": {"name": "scraper"},
         "rules": [{"apiGroups": [""], "resources": ["nodes/proxy"], "verbs": ["get", "create"]}]},
        binding("ClusterRoleBinding", "scraper", "scraper", "telemetry/scraper",
                creationTimestamp="2026-01-01T00:00:00Z"),
        binding("ClusterRoleBinding", "etcd-backup", "cluster-admin", "kube-system/etcd-backup"))
    c.files["zeitleiste.md"] = """# Zeitleiste, 3. Juni 2026 (alle Zeiten CEST)

- 15:10 Uhr Angreifer öffnet eine Shell im Pod scraper
- 15.31 Uhr Ivan applied the network policy ir-hold; the pod was isolated
- 15:33 Ivan hat die NetworkPolicy ir-hold geändert, Pod isoliert
- 15:38 Ivan captured a checkpoint of the pod
"""
    return c


# -- a secret store and another namespace ---------------------------------------------------

def store():
    """A shop's pod reads a secret store by CSI and has a role at the cloud; with a right in
    another namespace it makes a pod there. The responders' policies miss it."""
    c = Day("store", "2026-07-14")
    shop, settler = account("shop", "store"), account("settle", "settler")
    rui, office, where = "rui@corp.example", "192.0.2.31", "shop/store-7d4b9c6f5-zz8qp"
    spec = {"serviceAccountName": "store", "nodeName": "ip-10-1-2-3", "containers": [
        {"name": "web", "image": "reg/store:4",
         "env": [{"name": "AWS_ROLE_ARN", "value": "arn:aws:iam::111122223333:role/store"},
                 {"name": "STRIPE", "valueFrom": {"secretKeyRef": {"name": "store-synced",
                                                                   "key": "stripe"}}}],
         "volumeMounts": [{"name": "sec", "mountPath": "/mnt/secrets"},
                          {"name": "aws", "mountPath": "/aws"},
                          {"name": "cert", "mountPath": "/tls"},
                          {"name": "data", "mountPath": "/data"}]}],
        "volumes": [
            {"name": "sec", "csi": {"driver": "secrets-store.csi.k8s.io", "volumeAttributes": {
                "secretProviderClass": "store-secrets"}}},
            {"name": "aws", "projected": {"sources": [{"serviceAccountToken": {
                "audience": "sts.amazonaws.com", "path": "token"}}]}},
            {"name": "cert", "projected": {"sources": [{"podCertificate": {
                "signerName": "corp.example/internal", "credentialBundlePath": "b.pem"}}]}},
            {"name": "data", "persistentVolumeClaim": {"claimName": "store-data"}}]}
    c.files["store.yaml"] = json.dumps(pod(
        c, where, spec, "cd" * 32, {"app": "store"}, "ReplicaSet/store-7d4b9c6f5", "10.1.2.77"))
    cilium = {"apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy",
              "metadata": {"name": "hold", "namespace": "shop"},
              "spec": {"endpointSelector": {"matchLabels": {"k8s:app": "store"}},
                       "egressDeny": [{"toEntities": ["all"]}]}}
    c.files["objects.json"] = objects(
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {
            "name": "store", "namespace": "shop", "annotations": {
                "eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/store"}}},
        {"apiVersion": "secrets-store.csi.x-k8s.io/v1", "kind": "SecretProviderClass",
         "metadata": {"name": "store-secrets", "namespace": "shop"}, "spec": {
             "parameters": {"objects": "- objectName: prod/db\n- objectName: \"prod/stripe\"\n"},
             "secretObjects": [{"secretName": "store-synced"}, {"secretName": "store-more"}]}},
        {"apiVersion": "v1", "kind": "PersistentVolumeClaim",
         "metadata": {"name": "store-data", "namespace": "shop"}, "spec": {"volumeName": "pv-77"}},
        {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "pv-77"},
         "spec": {"csi": {"driver": "nfs", "nodeStageSecretRef": {
             "name": "storage-cred", "namespace": "storage"}}}},
        policy("default-deny", "shop", {
            "podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"from": [
                {"namespaceSelector": {"matchLabels": {"team": "edge"}}}]}]},
            creationTimestamp="2026-01-05T00:00:00Z"),
        cilium,
        {"apiVersion": RBAC + "/v1", "kind": "Role",
         "metadata": {"name": "deployer", "namespace": "settle"},
         "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["create"]}]},
        binding("RoleBinding", "store-deployer", "deployer", "shop/store", "settle", "Role",
                creationTimestamp="2026-03-01T00:00:00Z"),
        binding("RoleBinding", "settler", "edit", "settle/settler", "settle"),
        binding("RoleBinding", "more", "made-elsewhere", "settle/settler", "settle"))
    inside = {"agent": "curl/8.5.0", "groups": INSIDE}
    c.alert(clock(8, 0), "Run shell untrusted", where, "sh -c id", image="reg/store",
            container="cd" * 32)
    made = {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "audit-helper", "namespace": "settle"},
            "spec": {"serviceAccountName": "settler", "containers": [{"name": "c", "image": "a"}]}}
    c.request(clock(8, 5), shop, "create", "pods settle/audit-helper", 201, body=made,
              answer=made, source="10.1.2.77", **inside)
    c.request(clock(8, 8), settler, "get", "secrets settle/ledger-db", source="10.1.9.4",
              extra={"authentication.kubernetes.io/pod-name": ["audit-helper"]}, **inside)
    c.request(clock(8, 30), rui, "create", "ciliumnetworkpolicies shop/hold", 201, source=office,
              group="cilium.io", body=cilium, answer=cilium)
    wrong = policy("q", "settle", {"podSelector": {"matchLabels": {"app": "store"}},
                                   "policyTypes": ["Ingress", "Egress"]})
    c.request(clock(8, 32), rui, "create", "networkpolicies settle/q", 201, source=office,
              group=NET, body=wrong, answer=wrong)
    c.request(clock(8, 36), shop, "list", "pods settle/", source="10.1.2.77", **inside)
    c.request(clock(8, 40), rui, "patch", "secrets shop/store-synced", source=office,
              level="Request", body={"metadata": {"labels": {"rotated": "true"}}})
    c.request(clock(8, 41), rui, "update", "secrets settle/ledger-db", source=office)
    c.request(clock(8, 45), rui, "delete", "pods settle/audit-helper", source=office)
    c.request(clock(8, 50), rui, "delete", "rolebindings settle/store-deployer", group=RBAC,
              source=office)
    c.request(clock(9, 10), rui, "list", "nodes", source=office)
    c.files["audit.log"], c.files["falco.jsonl"] = lines(c.records()), lines(c.alerts())
    c.files["timeline.csv"] = "\n".join((
        "Date,Time (UTC),Who,What", "14/07/2026,08:05,attacker,created pod audit-helper in settle",
        "14/07/2026,08:40,rui,secret store-synced rotated",
        "14/07/2026,08:30,rui,Cilium policy hold applied",
        "14/07/2026,08:31,attacker,no further activity by the attacker", ""))
    return c


# -- an image swapped -------------------------------------------------------------------------

def swapped():
    """A build account's token, from outside, puts a miner into a Deployment. A policy selects
    nothing, the deleted pod comes back, then the Deployment is scaled to nothing."""
    c = Day("swapped", "2026-08-02")
    deployer, olga, office = account("ci", "deployer"), "olga@corp.example", "192.0.2.60"
    evil, image = {"agent": "kubectl/v1.31.0", "source": "203.0.113.50"}, "docker.io/evil/xmrig"
    component = {"agent": KCM, "source": "10.0.0.2"}
    for i in range(40):
        c.request(clock(0, 30) + 2 * MINUTE * i, deployer, "patch", "deployments batch/render",
                  agent="argocd/2.9", source="10.3.0.9", group="apps", level="Request",
                  body={"spec": {"replicas": 2}})
    template = {"spec": {"template": {"spec": {"containers": [{"name": "r", "image": image}]}}}}
    c.request(clock(2, 0), deployer, "patch", "deployments batch/render", group="apps",
              level="Request", body=template, **evil)
    owned = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {
        "name": "render-6f7d8", "namespace": "batch",
        "ownerReferences": [{"kind": "Deployment", "name": "render", "controller": True}]}}
    c.request(clock(2, 0, 1), account("kube-system", "deployment-controller"), "create",
              "replicasets batch/render-6f7d8", 201, group="apps", body=owned, answer=owned,
              **component)
    for at, name, container in ((clock(2, 0, 2), "aaaa1", "77"), (clock(2, 25, 1), "bbbb2", "88")):
        made = pod(c, f"batch/render-6f7d8-{name}", {
            "serviceAccountName": "render", "nodeName": "aks-2",
            "containers": [{"name": "r", "image": image}]}, container * 32, {"app": "render"},
            "ReplicaSet/render-6f7d8")
        c.request(at, account("kube-system", "replicaset-controller"), "create",
                  f"pods batch/render-6f7d8-{name}", 201, body=made, answer=made, **component)
        c.alert(at + 20, "Detect outbound connections to common miner pool ports",
                f"batch/render-6f7d8-{name}", "xmrig -o 198.51.100.9:3333", image=image,
                container=container * 32, priority="Critical",
                more={"fd.sip": "::ffff:198.51.100.9", "fd.sport": 3333, "fd.l4proto": "tcp"})
    both = ["Ingress", "Egress"]
    for at, verb, code, spec in (
            (clock(2, 10), "create", 201, {"podSelector": {"matchLabels": {"app": "rendr"}},
                                           "policyTypes": both}),
            (clock(2, 20), "update", 200, {
                "podSelector": {"matchLabels": {"app": "render"}}, "policyTypes": ["Egress"],
                "egress": [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0",
                                                "except": ["198.51.100.0/24"]}}],
                            "ports": [{"port": 1, "endPort": 65535}]}]})):
        body = policy("stop", "batch", spec)
        c.request(at, olga, verb, "networkpolicies batch/stop", code, source=office, group=NET,
                  body=body, answer=body)
    c.request(clock(2, 25), olga, "delete", "pods batch/render-6f7d8-aaaa1", source=office)
    c.request(clock(2, 40), olga, "patch", "deployments/scale batch/render", source=office,
              group="apps", level="Request", body={"spec": {"replicas": 0}})
    c.request(clock(2, 50), olga, "list", "nodes", source=office)
    c.files["audit.log"], c.files["falco.jsonl"] = lines(c.records()), lines(c.alerts())
    c.files["timeline.txt"] = """Incidente del 2 agosto 2026, tutte le ore in UTC

02:00 Attacker changed the deployment render
02:10 Olga created the network policy stop, the pod was isolated
02:25 Olga deleted the pod render-6f7d8-aaaa1
"""
    return c


# -- an insider -------------------------------------------------------------------------------

def insider():
    """Kim, of system:masters, enters the payroll from her own desk, reads secrets, makes herself
    a certificate, deletes the policy and the events. What the log keeps follows a policy."""
    c = Day("insider", "2026-09-10")
    desk = {"source": "10.1.1.5", "groups": ("system:masters", "system:authenticated"), "extra": {
        "authentication.kubernetes.io/credential-id": ["X509SHA256=" + "0f" * 32]}}
    lee = {"source": "10.1.1.8", "groups": ("system:masters", "system:authenticated")}
    spec = {"serviceAccountName": "payroll", "nodeName": "w3", "containers": [
        {"name": "app", "image": "reg/payroll:9",
         "envFrom": [{"secretRef": {"name": "payroll-db"}}]}]}
    c.files["payroll-0.yaml"] = json.dumps(pod(
        c, "hr/payroll-0", spec, "99" * 32, {"app": "payroll"}, "StatefulSet/payroll",
        "10.244.3.9"))
    for i in range(100):
        c.request(clock(18, 0) + 2 * MINUTE * i, "kim", "list", "pods dev/", **desk)
    at = clock(22, 0)
    c.request(at, "kim", "get", "pods/exec hr/payroll-0", 101, query="?command=bash&stdin=true",
              stages=("ResponseStarted", "ResponseComplete"), **desk)
    c.alert(at + 1, "Terminal shell in container", "hr/payroll-0", "bash", image="reg/payroll",
            container="99" * 32)
    c.request(at + 300, "kim", "get", "secrets hr/payroll-db", **desk)
    c.request(at + 320, "kim", "list", "secrets", **desk)
    asked = {"apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest",
             "metadata": {"name": "kim-2"}, "spec": {
                 "request": "", "signerName": "kubernetes.io/kube-apiserver-client",
                 "usages": ["client auth"]}}
    c.request(at + 600, "kim", "create", "certificatesigningrequests kim-2", 201, body=asked,
              answer=asked, group="certificates.k8s.io", **desk)
    c.request(at + 610, "kim", "update", "certificatesigningrequests/approval kim-2",
              group="certificates.k8s.io", **desk)
    c.request(at + 720, "kim", "delete", "networkpolicies hr/deny-all", group=NET, **desk)
    c.request(at + 900, "kim", "deletecollection", "events hr/", **desk)
    closed = policy("deny-all", "hr", {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]})
    c.files["netpol.yaml"] = json.dumps(policy("deny-all", "hr", closed["spec"],
                                               creationTimestamp="2026-08-01T00:00:00Z"))
    c.request(clock(22, 45), "lee", "create", "networkpolicies hr/deny-all", 201, group=NET,
              body=closed, answer=closed, **lee)
    c.request(clock(22, 50), "kim", "list", "secrets hr/", **desk)
    c.files["audit.log"], c.files["falco.jsonl"] = lines(c.records()), lines(c.alerts())
    c.files["policy.yaml"] = """apiVersion: audit.k8s.io/v1
kind: Policy
rules:
- level: None
  resources: [{group: '', resources: [configmaps]}]
- level: Metadata
"""
    c.files["timeline.csv"] = "\n".join((
        "日時,内容", "2026年9月10日 22時00分,kim が payroll-0 に exec した",
        "2026/09/10 22:12 UTC,kim deleted the network policy deny-all",
        "2026/09/10 22:20 UTC,kim deleted the configmap payroll-settings",
        "2026/09/10 22:46 UTC,lee deleted the clusterrolebinding kim-admin", ""))
    return c


# -- what a description and a log without bodies tell ------------------------------------------

DESCRIPTION = """Name:             web-6c8f-abcde
Namespace:        front
Service Account:  web
Node:             n7/10.0.0.7
Labels:           app=web
                  tier=front
Controlled By:  ReplicaSet/web-6c8f
Containers:
  web:
    Container ID:   containerd://{container}
    Image:          reg/web:1
    Environment:
      DB:  <set to the key 'password' in secret 'web-db'>  Optional: false
"""


def described():
    """No manifest and no bodies: labels stand in a description, the policy in a file; it
    isolates one way only, and all goes with the namespace."""
    c = Day("described", "2026-10-05")
    mia, office, where = "mia@corp.example", "192.0.2.9", "front/web-6c8f-abcde"
    c.alert(clock(9, 0), "Run shell untrusted", where, "sh -c id", image="reg/web",
            container="aa" * 32)
    for at, verb, target, group in (
            (clock(9, 30), "create", "networkpolicies front/q", NET),
            (clock(9, 31), "patch", f"pods {where}", ""),
            (clock(9, 40), "delete", "namespaces front", "")):
        c.request(at, mia, verb, target, source=office, group=group)
    c.request(clock(9, 50), mia, "list", "nodes", source=office)
    c.files["audit.log"], c.files["falco.jsonl"] = lines(c.records()), lines(c.alerts())
    c.files["describe.txt"] = DESCRIPTION.format(container="aa" * 32)
    c.files["q.yaml"] = json.dumps(policy("q", "front", {
        "podSelector": {"matchLabels": {"tier": "front"}}, "policyTypes": ["Egress"]}))
    c.files["timeline.md"] = """**Date:** Monday, October 5th, 2026 (times in UTC)

| When | Who | What |
| --- | --- | --- |
| 9:30 AM | Mia | Applied network policy q, the pod was isolated |
| 9:31 AM | Mia | Labelled web-6c8f-abcde |
| 9:40 AM | Mia | Namespace front deleted |
"""
    return c
