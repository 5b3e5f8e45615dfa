"""A log with more writes than are kept one by one, all of them before the incident: what components
and workloads repeat takes no room from what was done to the pod, by people, or for the first time."""
import json
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from kube_case import EXHIBIT  # noqa: E402
from made_cases import KCM, Case, account, lines  # noqa: E402
from made_responses import INSIDE  # noqa: E402
from test_kube_reach import Reach, shop  # noqa: E402

CASE = Path(__file__).parents[2] / "corpus/packages/inventory"
PODS, LEASES, WORKLOADS = 101000, 500, 100
CONTROLLER = account("kube-system", "replicaset-controller")
DAEMONS = account("kube-system", "daemon-set-controller")
WEB = account("shop", "web")
STOLEN = {"agent": "curl/8.5.0", "source": "198.51.100.7", "groups": INSIDE}


def templates(day):
    """Two records whose account, name, id and time are still to be filled in."""
    c = Case("filler", day)
    for resource, verb, user, agent, group, answer in (
            ("pods", "create", CONTROLLER, KCM, "", {"kind": "Pod", "metadata": {
                "name": "@name", "namespace": "batch", "ownerReferences": [
                    {"kind": "ReplicaSet", "name": "old-5d9", "controller": True}]}}),
            ("leases", "update", "@user", "operator/1.2", "coordination.k8s.io", None)):
        c.request(0, user, verb, f"{resource} batch/@name", agent=agent, group=group, answer=answer)
        record = c.audit[-1][1]
        record.update(auditID="@id", requestReceivedTimestamp="@time", stageTimestamp="@time")
    return [json.dumps(r, separators=(",", ":")) + "\n" for r in c.records()]


def filler(day):
    """From midnight to ten o'clock, when a Case begins."""
    pod, lease = templates(day)
    works = [(pod, "", f"old-{i}") for i in range(PODS)]
    works += [(lease, account("ops", f"operator-{w}"), f"lock-{w}")
              for w in range(WORKLOADS) for _ in range(LEASES)]
    for i, (template, user, name) in enumerate(works):
        second = i * 36000 // len(works)
        time = f"{day}T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}.{i:06d}Z"
        yield (template.replace("@id", f"00000000-0000-4000-8000-{i:012d}").replace("@time", time)
               .replace("@name", name).replace("@user", user))


def kept_of(documents):
    """Every finding about the cluster but that of the log's size."""
    return {(f["rule"], f["subject"]) for f in documents["findings"]["findings"]
            if f["rule"].startswith("kube.") and f["rule"] != "kube.requests-counted-only"}


class RealCase(unittest.TestCase):
    def analyze(self, *more):
        with tempfile.TemporaryDirectory() as folder:
            package, out = Path(folder) / "package", Path(folder) / "out"
            shutil.copytree(CASE, package)
            for name, text in more:
                (package / name).write_text(text)
            done = subprocess.run([EXHIBIT, "analyze", package, "-o", out], capture_output=True,
                                  text=True, check=False)
            self.assertIn(done.returncode, (0, 1), done.stderr)
            return {p.stem: json.loads(p.read_text()) for p in out.glob("*.json")}

    def test_all_is_found_that_is_found_without_the_rest_of_the_log(self):
        with open(CASE / "audit.log", encoding="utf-8") as f:
            day = json.loads(f.readline())["requestReceivedTimestamp"][:10]
        alone = self.analyze()
        full = self.analyze(("audit-0.log", "".join(filler(day))))
        self.assertEqual(kept_of(alone) - kept_of(full), set())
        verdicts = [[(c["claim"], c["verdict"]) for c in d["claims"]["claims"]] for d in (alone, full)]
        self.assertEqual(*verdicts)
        (told,) = [f for f in full["findings"]["findings"] if f["rule"] == "kube.requests-counted-only"]
        left, kept = (int(told["arguments"][k]) for k in ("counted only", "kept"))
        self.assertGreater(left, PODS // 2)
        # Beside the filler there are the case's own requests, less than three thousand.
        self.assertLess(left + kept - PODS - LEASES * WORKLOADS, 3000)
        self.assertEqual(left, full["identities"]["requests_not_kept"])
        self.assertFalse([f for f in alone["findings"]["findings"]
                          if f["rule"] == "kube.requests-counted-only"])


class Behind(Reach):
    def test_what_controllers_make_of_the_attackers_objects(self):
        """The pod's account makes a DaemonSet; its controller makes the pods on both nodes."""
        c = Case("full", "2026-07-01")
        made = {"kind": "DaemonSet", "metadata": {"name": "agent", "namespace": "kube-system"}}
        c.request(600, WEB, "list", "secrets", **STOLEN)
        c.request(700, WEB, "create", "daemonsets kube-system/agent", 201, group="apps", body=made,
                  answer=made, **STOLEN)
        for i, node in enumerate(("n1", "n2")):
            body = {"kind": "Pod", "metadata": {
                "name": f"agent-{i}", "namespace": "kube-system", "ownerReferences": [
                    {"kind": "DaemonSet", "name": "agent", "controller": True}]}}
            c.request(702 + i, DAEMONS, "create", f"pods kube-system/agent-{i}", 201, agent=KCM,
                      body=body, answer=body)
        for at in (800, 1100):
            c.request(at, "dave@corp.example", "list", "nodes")
        sentences = ("10:11:42 pod kube-system/agent-0 was created by the attacker",
                     "10:11:43 pod kube-system/agent-1 was created by the attacker",
                     "10:12:30 node n2 was deleted by the attacker",
                     "10:12:30 pod batch/old-7 was deleted",
                     "10:12:30 pod batch/another was created",
                     "10:18:20 dave listed the nodes")
        self.analyze({"audit-0.log": "".join(filler("2026-07-01")), "audit.log": lines(c.records()),
                      "pod.json": json.dumps(shop(c)),
                      "timeline.md": "".join(f"- 2026-07-01T{s[:8]}Z {s[9:]}\n" for s in sentences)})
        verdicts = [x["verdict"] for x in self.documents["claims"]["claims"]]
        # No deletion was left out, the log would have it; of pods that were made some were.
        self.assertEqual(verdicts, ["supported", "supported", "contradicted", "contradicted",
                                    "neither", "supported"])
        self.assertIn("more requests of that kind", self.documents["claims"]["claims"][4]["why"][0])

    def test_a_noisy_rule_hides_no_other(self):
        """51,000 pods that somebody enters, one after the other; then another binds himself."""
        c = Case("noisy", "2026-07-01")
        c.request(0, "bot@corp.example", "get", "pods/exec batch/@name", 101, query="?command=sh")
        c.audit[0][1]["auditID"] = "@id"
        template = lines(c.records())
        body = {"kind": "ClusterRoleBinding", "metadata": {"name": "mine"}, "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
                "subjects": [{"kind": "User", "name": "eve@corp.example"}]}
        c.request(900, "eve@corp.example", "create", "clusterrolebindings mine", 201,
                  group="rbac.authorization.k8s.io", body=body, answer=body, source="198.51.100.9")
        noise = "".join(template.replace("@id", f"00000000-0000-4000-8000-{i:012d}")
                        .replace("@name", f"job-{i}") for i in range(51000))
        self.analyze({"audit-0.log": noise, "audit.log": lines(c.records()[1:]),
                      "pod.json": json.dumps(shop(c))})
        told = [f for f in self.documents["findings"]["findings"]
                if f["arguments"].get("actor") == "eve@corp.example"]
        self.assertIn("mine", {f["subject"].split("/")[-1] for f in told})

    def test_what_is_counted_only_is_counted_once(self):
        """More accounts than patterns are counted, each refused once."""
        c = Case("crowd", "2026-07-01")
        c.request(0, "@user", "delete", "pods shop/old", 403)
        c.audit[0][1]["auditID"] = "@id"
        template, count = lines(c.records()), 200500
        self.analyze({"audit.log": "".join(
            template.replace("@id", f"00000000-0000-4000-8000-{i:012d}").replace("@user", f"u{i}")
            for i in range(count)), "pod.json": json.dumps(shop(c))})
        (told,) = self.found("kube.requests-counted-only")
        self.assertEqual(sum(int(told["arguments"][k]) for k in ("counted only", "kept")), count)


if __name__ == "__main__":
    unittest.main()
