"""An audit log as clusters write it: kubelets, controllers, accounts of pods, people; some
2.2 KB a record, most with bodies. Every record has an id of its own."""
import json
import random

NODES, DAYS = 40, 28
BLOCK = 64 * 1000 * 1000  # written over and over, each time with other ids and another day
NAMESPACES = ("shop", "payments", "web", "batch", "monitoring")
APPS = ("api", "cart", "front", "worker", "etl")


class Cluster:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.second = 0

    def hex(self, digits):
        return f"{self.random.getrandbits(4 * digits):0{digits}x}"

    def pod(self, namespace, name):
        return {
            "kind": "Pod", "apiVersion": "v1",
            "metadata": {"name": name, "namespace": namespace, "uid": self.hex(32),
                         "labels": {"app": name.split("-")[0], "pod-template-hash": "6d4cf56db6"},
                         "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet",
                                              "name": name[:-6], "uid": self.hex(32),
                                              "controller": True}]},
            "spec": {"containers": [{
                "name": "app", "image": f"registry.example/{name.split('-')[0]}:1.{self.hex(1)}",
                "env": [{"name": f"SETTING_{i}", "value": "v" * self.random.randrange(30)}
                        for i in range(8)],
                "resources": {"limits": {"cpu": "1", "memory": "512Mi"}},
                "volumeMounts": [{"name": "kube-api-access", "readOnly": True, "mountPath":
                                  "/var/run/secrets/kubernetes.io/serviceaccount"}]}],
                "serviceAccountName": "default",
                "nodeName": f"worker-{self.random.randrange(NODES)}"},
            "status": {"phase": "Running", "conditions": [
                {"type": t, "status": "True", "lastTransitionTime": "2026-11-23T09:45:27Z"}
                for t in ("Ready", "PodScheduled", "Initialized")]}}

    def record(self, user, groups, agent, verb, uri, ref, code, bodies=None, extra=None):
        self.second += 1
        clock = (f"2026-01-00T{self.second // 3600 % 24:02d}:{self.second // 60 % 60:02d}:"
                 f"{self.second % 60:02d}.{self.random.randrange(10 ** 6):06d}Z")
        account = {"username": user, "uid": self.hex(16), "groups": groups}
        if extra:
            account["extra"] = extra
        made = {"kind": "Event", "apiVersion": "audit.k8s.io/v1",
                "level": "RequestResponse" if bodies else "Metadata",
                "auditID": f"{self.hex(8)}-{self.hex(4)}-4{self.hex(3)}-{self.hex(12)}",
                "stage": "ResponseComplete", "requestURI": uri, "verb": verb, "user": account,
                "sourceIPs": [f"10.0.{self.random.randrange(9)}.{self.random.randrange(250)}"],
                "userAgent": agent, "objectRef": ref,
                "responseStatus": {"metadata": {}, "code": code}}
        if bodies:
            made["requestObject"], made["responseObject"] = bodies
        made["requestReceivedTimestamp"] = made["stageTimestamp"] = clock
        made["annotations"] = {
            "authorization.k8s.io/decision": "allow",
            "authorization.k8s.io/reason": 'RBAC: allowed by ClusterRoleBinding "system:nodes" '
                                           'of ClusterRole "system:node" to Group "system:nodes"'}
        return made

    def next(self):
        kind = self.random.random()
        namespace, app = self.random.choice(NAMESPACES), self.random.choice(APPS)
        name = f"{app}-6d4cf56db6-{self.hex(5)}"
        uri = f"/api/v1/namespaces/{namespace}/pods/{name}"
        ref = {"resource": "pods", "namespace": namespace, "name": name, "apiVersion": "v1"}
        if kind < 0.45:
            pod = self.pod(namespace, name)
            return self.record(f"system:node:worker-{self.random.randrange(NODES)}",
                               ["system:nodes", "system:authenticated"],
                               "kubelet/v1.29.3 (linux/amd64) kubernetes/6813625", "patch",
                               uri + "/status", {**ref, "subresource": "status"}, 200,
                               ({"status": pod["status"]}, pod))
        if kind < 0.70:
            lease = {"kind": "Lease", "spec": {"holderIdentity": f"cp-1_{self.hex(32)}"}}
            return self.record("system:kube-controller-manager", ["system:authenticated"],
                               "kube-controller-manager/v1.29.3 (linux/amd64)/leader-election",
                               "update", "/apis/coordination.k8s.io/v1/namespaces/kube-system/"
                               "leases/kube-controller-manager",
                               {"resource": "leases", "namespace": "kube-system",
                                "name": "kube-controller-manager", "apiVersion": "v1",
                                "apiGroup": "coordination.k8s.io"}, 200, (lease, lease))
        if kind < 0.90:
            pod = self.pod(namespace, name)
            return self.record("system:serviceaccount:kube-system:replicaset-controller",
                               ["system:serviceaccounts", "system:authenticated"],
                               "kube-controller-manager/v1.29.3 (linux/amd64)", "create",
                               f"/api/v1/namespaces/{namespace}/pods", ref, 201, (pod, pod))
        if kind < 0.985:
            return self.record(f"system:serviceaccount:{namespace}:{app}",
                               ["system:serviceaccounts", "system:authenticated"],
                               f"{app}/v0.0.0 (linux/amd64) kubernetes/$Format", "get",
                               f"/api/v1/namespaces/{namespace}/configmaps/settings",
                               {"resource": "configmaps", "namespace": namespace,
                                "name": "settings", "apiVersion": "v1"}, 200, None,
                               {"authentication.kubernetes.io/pod-name": [name]})
        person = f"dev{self.random.randrange(9)}@example.org"
        if kind < 0.998:
            return self.record(person, ["developers"], "kubectl/v1.29.3 (linux/amd64)", "list",
                               f"/api/v1/namespaces/{namespace}/pods?limit=500",
                               {"resource": "pods", "namespace": namespace}, 200)
        return self.record(person, ["developers"], "kubectl/v1.29.3 (linux/amd64)", "create",
                           uri + "/exec?command=sh&container=app&stdin=true&tty=true",
                           {**ref, "subresource": "exec"}, 101)


def write(path, size):
    """At least `size` bytes; returns how many."""
    cluster, lines, n = Cluster(5), [], 0
    while n < min(size, BLOCK):
        lines.append(json.dumps(cluster.next(), separators=(",", ":")) + "\n")
        n += len(lines[-1])
    block, written, turn = "".join(lines).encode(), 0, 0
    with open(path, "wb") as f:
        while written < size:
            again = block.replace(b'"auditID":"', b'"auditID":"%02x' % turn)
            again = again.replace(b"2026-01-00T", b"2026-01-%02dT" % (turn % DAYS + 1))
            written += f.write(again)
            turn += 1
    return written
