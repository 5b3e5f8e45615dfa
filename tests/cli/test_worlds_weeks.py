"""An incident of six weeks: rotated files of the log that overlap, a responder whose account is the
stolen one, and the attacker with the responder's own tools beside him. The truth is made here."""
import json
import sys
import unittest
from datetime import datetime, timedelta, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made_cases import Case, account, lines  # noqa: E402
from made_responses import INSIDE, RBAC, binding, pod  # noqa: E402
from test_kube_reach import Reach  # noqa: E402

SAM, LENA, HARVEST = "sam@corp.example", "lena@corp.example", account("crop", "harvest")
POD, HIS, EVILS = "harvest-7c9f8d6b5-x4k2p", "node-debugger-w1-7q2zx", "node-debugger-w1-m4b8t"
OUTSIDE = {"source": "185.100.87.5", "agent": "kubectl/v1.31.4 (darwin/arm64) kubernetes/bb"}
STOLEN = {"source": "185.100.87.5", "agent": "curl/8.4.0", "groups": INSIDE}
DESKS = {SAM: {"source": "10.9.0.5", "agent": "kubectl/v1.29.2 (linux/amd64) kubernetes/aa"},
         LENA: {"source": "10.9.0.8", "agent": "kubectl/v1.29.2 (linux/amd64) kubernetes/aa"}}
BY = 'RBAC: allowed by ClusterRoleBinding "sam-admin" of ClusterRole "cluster-admin" to User "%s"' % SAM
ZERO = datetime(2026, 3, 2, tzinfo=timezone.utc)


def at(text):
    then = datetime.strptime("2026-" + text, "%Y-%m-%d %H:%M").replace(tzinfo=timezone.utc)
    return int((then - ZERO).total_seconds())


class Days(Case):
    def time(self, at, digits=6):
        fraction = f"{round((at - int(at)) * 10 ** digits):0{digits}d}"
        return f"{ZERO + timedelta(seconds=int(at)):%Y-%m-%dT%H:%M:%S}.{fraction}Z"


class Weeks(Reach):
    """4 March, 02:10: Sam's kubeconfig from outside lists the secrets of crop, enters the pod, and its
    token goes out; 12 March: the pod's account is bound to cluster-admin; 25 March: it lists all
    secrets. 10 April: Sam labels the pod at 09:05 and debugs the node at 09:20; the attacker, with
    Sam's account, debugs it at 09:25 and takes the label away at 09:30. Lena takes the binding away
    at 09:40, Sam's own rights at 10:02, and scales the workload to nothing at 10:15; Sam deletes his
    debugger, and nobody the attacker's."""

    def debug(self, c, when, name, where):
        body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default"},
                "spec": {"nodeName": "w1", "hostPID": True, "hostNetwork": True, "containers": [
                    {"name": "debugger", "image": "busybox"}],
                         "volumes": [{"name": "r", "hostPath": {"path": "/"}}]}}
        c.request(when, SAM, "create", f"pods default/{name}", 201, body=body, answer=body,
                  reason=BY, **where)
        c.request(when + 4, SAM, "get", f"pods/attach default/{name}", 101, reason=BY, **where)

    def judge(self, *sentences, cleaned=False, kept=False):
        c = Days("weeks", "")
        for hour in range(0, at("04-10 10:00") // 3600, 2):
            c.request(hour * 3600 + 60, HARVEST, "get", "configmaps crop/settings", agent="harvest/3",
                      source="10.244.1.7", groups=INSIDE)
        for day in range(39):
            for who in (SAM, LENA):
                c.request(day * 86400 + 9 * 3600, who, "list", "pods crop/", **DESKS[who])
        c.request(at("03-04 02:10"), SAM, "list", "secrets crop/", reason=BY, **OUTSIDE)
        c.request(at("03-04 02:14"), SAM, "get", f"pods/exec crop/{POD}", 101, reason=BY,
                  query="?command=sh&stdin=true&tty=true", **OUTSIDE)
        c.alert(at("03-04 02:14") + 1, "Terminal shell in container", f"crop/{POD}", "sh",
                container="ab" * 32)
        c.request(at("03-04 02:20"), HARVEST, "get", "secrets crop/db", **STOLEN)
        bound = binding("ClusterRoleBinding", "metrics-view", "cluster-admin", "crop/harvest")
        c.request(at("03-12 23:40"), SAM, "create", "clusterrolebindings metrics-view", 201,
                  group=RBAC, body=bound, answer=bound, reason=BY, **OUTSIDE)
        c.request(at("03-25 03:00"), HARVEST, "list", "secrets", **STOLEN)
        for when, value, where in (("09:05", "yes", DESKS[SAM]), ("09:30", None, OUTSIDE)):
            c.request(at(f"04-10 {when}"), SAM, "patch", f"pods crop/{POD}", reason=BY,
                      body={"metadata": {"labels": {"quarantine": value}}}, **where)
        self.debug(c, at("04-10 09:20"), HIS, DESKS[SAM])
        self.debug(c, at("04-10 09:25"), EVILS, OUTSIDE)
        for when, who, verb, target, group in (
                ("09:40", LENA, "delete", "clusterrolebindings metrics-view", RBAC),
                ("09:55", SAM, "delete", f"pods default/{HIS}", ""),
                *(() if kept else (("10:02", LENA, "delete", "clusterrolebindings sam-admin", RBAC),)),
                *((("10:05", LENA, "delete", f"pods default/{EVILS}", ""),) if cleaned else ())):
            c.request(at(f"04-10 {when}"), who, verb, target, group=group,
                      reason=BY if who == SAM else "", **DESKS[who])
        c.request(at("04-10 10:15"), LENA, "patch", "deployments/scale crop/harvest", group="apps",
                  body={"spec": {"replicas": 0}}, **DESKS[LENA])
        c.request(at("04-10 10:15") + 1, account("kube-system", "replicaset-controller"), "delete",
                  f"pods crop/{POD}", agent="kube-controller-manager/v1.29", source="10.0.0.2")
        c.request(at("04-10 18:00"), LENA, "list", "pods crop/", **DESKS[LENA])
        manifest = pod(c, f"crop/{POD}", {"serviceAccountName": "harvest", "nodeName": "w1",
                                          "containers": [{"name": "app", "image": "h:3"}]},
                       "ab" * 32, {"app": "harvest"}, owner="ReplicaSet/harvest-7c9f8d6b5",
                       created="2026-02-27T08:00:00Z")
        records, step = c.records(), len(c.records()) // 7
        logs = {f"audit.log.{i}": lines(records[max(0, i - 15):i + step])
                for i in range(0, len(records), step)}
        self.repeated = 15 * (len(logs) - 1)
        self.analyze({"pod.json": json.dumps(manifest), "falco.json": lines(c.alerts()), **logs,
                      "timeline.md": "# 2026-04-10, UTC\n\n" + "".join(
                          f"- {one}\n" for one in sentences)})
        return [claim["verdict"] for claim in self.documents["claims"]["claims"]]

    def test_how_it_began_and_what_was_done(self):
        self.judge()
        self.assertEqual(self.documents["patient_zero"]["time"][:16], "2026-03-04T02:10")
        self.assertEqual(self.documents["coverage"]["repeated_audit_records"], self.repeated)
        self.assertEqual([(f["subject"], f["time"][:10]) for f in self.found("kube.secrets-read")],
                         [("namespace crop", "2026-03-04"), ("crop/db", "2026-03-04"),
                          ("all namespaces", "2026-03-25")])

    def test_the_same_account_on_both_sides(self):
        """From his desk Sam answers; what came from outside with his account is the attacker's."""
        self.judge()
        acts = [(a["what"], a["by"], a["time"][11:16])
                for a in self.documents["containment"]["actions"]]
        self.assertEqual(acts, [("label", SAM, "09:05"), ("debug-node", SAM, "09:20"),
                                ("revoke", LENA, "09:40"), ("revoke", LENA, "10:02"),
                                ("scale", LENA, "10:15")])
        told = {f["subject"]: f["severity"] for f in self.found("audit_host_pid")}
        self.assertEqual(told, {f"default/{HIS}": "low", f"default/{EVILS}": "high"})

    def test_what_is_left(self):
        """His rights went with the binding that let him through, as the server gave its reason."""
        said = "10:20 Attacker locked out"
        self.assertEqual(self.judge(said), ["partly"])
        self.assertEqual(self.documents["containment"]["still_valid"], [])
        self.assertIn(f"not deleted: default/{EVILS}", self.terminal)
        self.assertIn(f"nobody deleted: pods default/{EVILS}.", self.summary)
        self.assertEqual(self.judge(said, cleaned=True), ["supported"])
        self.assertNotIn("not deleted", self.terminal)
        self.assertEqual(self.judge(said, cleaned=True, kept=True), ["partly"])
        self.assertEqual([v["what"] for v in self.documents["containment"]["still_valid"]],
                         [f"the credentials of {SAM}"])


if __name__ == "__main__":
    unittest.main()
