"""A log with more writes than are kept one by one, all of them before the incident: what components
and workloads repeat takes no room from what was done to the pod, by people, or for the first time."""
import json
import shutil
import subprocess
import sys
import tempfile
import unittest
from datetime import datetime, timedelta
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


class Real(unittest.TestCase):
    def analyze(self, *more):
        """The real package, with more files in it."""
        with tempfile.TemporaryDirectory() as folder:
            package, out = Path(folder) / "package", Path(folder) / "out"
            shutil.copytree(CASE, package)
            for name, text in more:
                (package / name).write_text(text)
            done = subprocess.run([EXHIBIT, "analyze", package, "-o", out], capture_output=True,
                                  text=True, check=False)
            self.assertIn(done.returncode, (0, 1), done.stderr)
            return {p.stem: json.loads(p.read_text()) for p in out.glob("*.json")}


class RealCase(Real):
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


ALERTS = 75000
POD = {"k8s.ns.name": "inventory", "k8s.pod.name": "inventory-api-6d4cf56db6-9wq7m",
       "container.id": "820eca1b75db", "container.name": "inventory-api"}
OTHER = {"k8s.ns.name": "monitoring", "k8s.pod.name": "collector-0",
         "container.id": "aaaabbbbcccc", "container.name": "collector"}


def moments(first, number, apart):
    return ((first + timedelta(seconds=apart * i)).strftime("%Y-%m-%dT%H:%M:%SZ")
            for i in range(number))


def before(number, apart=1):
    """So many moments, the last of them an hour before the case."""
    return moments(datetime(2026, 11, 23, 8, 45) - timedelta(seconds=apart * number), number, apart)


def during(number):
    """Each second from the first sign on."""
    return moments(datetime(2026, 11, 23, 9, 45, 33), number, 1)


def alerts(place, commands, times=None):
    for i, time in enumerate(times or before(ALERTS)):
        yield json.dumps({
            "time": time, "rule": "Noisy", "priority": "Notice", "source": "syscall",
            "output": f"{time}: a program read its environment ({i})", "hostname": "worker-2",
            "output_fields": {**place, "proc.name": "agent", "proc.pname": "init",
                              "proc.cmdline": f"agent --run {i % commands}"}}) + "\n"


def start(time, binary, arguments, number=0):
    return json.dumps({"process_exec": {"process": {
        "exec_id": f"{number:x}", "pid": 100 + number % 9000, "uid": 0, "cwd": "/", "binary": binary,
        "arguments": arguments, "flags": "execve", "start_time": time,
        "pod": {"namespace": POD["k8s.ns.name"], "name": POD["k8s.pod.name"], "container": {
            "id": "containerd://" + POD["container.id"] * 5, "name": POD["container.name"]}}}},
        "node_name": "worker-2", "time": time}) + "\n"


class Sensors(Real):
    """Sensors and scanners that fill a month before the case: its account stays what it is."""

    @staticmethod
    def told(documents):
        zero = documents["patient_zero"]
        return {"facts": {(f["time"], f["sentence"]) for p in documents["story"]["phases"]
                          for f in p["facts"] if (f["time"] or "9") >= "2026-11-23T09"},
                "zero": (zero["time"], zero["alert"]["rule"], zero["alert"]["time"]),
                "claims": [(c["claim"], c["verdict"]) for c in documents["claims"]["claims"]]}

    @classmethod
    def setUpClass(cls):
        cls.alone = cls().analyze()

    def same(self, left, name, noise, own=""):
        """Of a file that has the noise before its own records, and of one that has these alone."""
        alone = self.analyze((name, own)) if own else self.alone
        documents = self.analyze((name, noise + own))
        self.assertEqual(self.told(documents), self.told(alone))
        self.assertEqual(alone["identities"][left], 0)
        self.assertGreater(documents["identities"][left], 0)

    def test_a_rule_that_says_the_same_of_the_pod(self):
        self.same("alerts_not_kept", "falco-0.jsonl", "".join(alerts(POD, 1)))

    def test_a_rule_that_says_something_else_each_time(self):
        self.same("alerts_not_kept", "falco-0.jsonl", "".join(alerts(POD, ALERTS)))

    def test_a_rule_that_speaks_of_another_pod(self):
        self.same("alerts_not_kept", "falco-0.jsonl", "".join(alerts(OTHER, 7)))

    def test_a_scanner_at_the_door(self):
        """Its lines come first: the log's name is the first of the package."""
        self.same("other_events_not_kept", "aa.log", "".join(
            f"{t[:-1]}.000000000Z request GET /report?name=x{i};id\n"
            for i, t in enumerate(before(30000, 60))))

    def test_a_program_that_is_started_all_the_time(self):
        noise = (start(t, "/bin/true", f"--check {i}", i) for i, t in enumerate(before(30000)))
        attack = start("2026-11-23T09:45:33.050000000Z", "/bin/nc", "127.0.0.1 4444 -e sh", 60000)
        self.same("other_events_not_kept", "tetragon.json", "".join(noise), attack)

    def goes_on(self, name, noise):
        """All that is told without the noise is told with it, and little more."""
        alone = self.told(self.alone)
        documents = self.analyze((name, noise))
        self.assertEqual(alone["facts"] - self.told(documents)["facts"], set())
        self.assertLess(len(self.told(documents)["facts"]), len(alone["facts"]) + 50)
        steps = [{s["what"] for part in d["story"]["summary"] for s in part.get("steps", [])
                  if part["lead"] != "In the container"} for d in (self.alone, documents)]
        self.assertEqual(*steps)
        self.assertLess(len(documents["containment"]["after"]["alerts"]), 600)
        return documents

    def test_a_rule_that_goes_on_saying_the_same(self):
        documents = self.goes_on("falco-1.jsonl", "".join(alerts(POD, 1, during(3000))))
        (told,) = {f["sentence"] for p in documents["story"]["phases"] for f in p["facts"]
                   if "times more" in f["sentence"]}
        self.assertIn("and 2997 times more until 2026-11-23T10:35:32", told)
        (after,) = [a for a in documents["containment"]["after"]["alerts"] if a["rule"] == "Noisy"]
        # From 09:45:53 on: the pod was held back a second before.
        self.assertEqual((after["times"], after["last"][:19]), (2980, "2026-11-23T10:35:32"))

    def test_a_rule_that_goes_on_saying_something_else(self):
        self.goes_on("falco-1.jsonl", "".join(alerts(POD, 3000, during(3000))))

    def test_a_scanner_that_goes_on(self):
        self.goes_on("zz.log", "".join(f"{t[:-1]}.000000000Z request GET /report?name=x{i};id\n"
                                       for i, t in enumerate(during(3000))))

    def test_a_pod_that_asks_the_api_all_the_time(self):
        """Its account renews a lease and reads a map 80,000 times: an operator's ordinary day."""
        c = Case("operator", "2026-11-23")
        for verb, target in (("update", "leases inventory/lock"), ("get", "configmaps inventory/flags")):
            c.request(0, account("inventory", "inventory-api"), verb, target, agent="inventoryd/2.3",
                      source="127.0.0.1", groups=("system:serviceaccounts", "system:authenticated"))
        for _, record in c.audit:
            record.update(auditID="@id", requestReceivedTimestamp="@time", stageTimestamp="@time")
        both = [json.dumps(r, separators=(",", ":")) + "\n" for r in c.records()]
        self.same("requests_not_kept", "audit-0.log", "".join(
            both[i % 2].replace("@id", f"00000000-0000-4000-8000-{i:012d}")
            .replace("@time", t.replace("Z", ".000000Z")) for i, t in enumerate(before(80000))))


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

    def test_a_scanner_and_a_deployer_leave_room_for_a_person(self):
        """Somebody without a name asks for 60,000 paths, and a build service writes into 500
        namespaces 100 times each; then eve, of whom nobody knows yet, makes three objects."""
        c = Case("crowd", "2026-07-01")
        c.request(0, "system:anonymous", "get", "secrets @ns/@name", 403, agent="scan/1", source="203.0.113.9")
        c.request(0, account("ci", "deployer"), "patch", "configmaps @ns/@name", agent="helm/3", source="10.0.7.7")
        for _, record in c.audit:
            record.update(auditID="@id", requestReceivedTimestamp="@time", stageTimestamp="@time")
        scan, deploy = [json.dumps(r, separators=(",", ":")) + "\n" for r in c.records()]
        times = moments(datetime(2026, 6, 30), 110000, 0.3)
        c.audit.clear()
        noise = []
        for i, time in enumerate(times):
            template, namespace = (scan, f"probe-{i}") if i < 60000 else (deploy, f"team-{i % 500}")
            noise.append(template.replace("@id", f"00000000-0000-4000-8000-{i:012d}")
                         .replace("@time", time.replace("Z", ".000000Z"))
                         .replace("@ns", namespace).replace("@name", f"o-{i}"))
        for i, target in enumerate(("serviceaccounts kube-system/sync", "configmaps kube-system/sync",
                                    "pods kube-system/sync")):
            c.request(900 + 60 * i, "eve@corp.example", "create", target, 201, source="198.51.100.9")
        c.request(1200, "dave@corp.example", "list", "nodes")
        self.analyze({"audit-0.log": "".join(noise), "audit.log": lines(c.records()),
                      "pod.json": json.dumps(shop(c)),
                      "timeline.md": "- 2026-07-01T10:15:00Z eve created service account kube-system/sync\n"
                                     "- 2026-07-01T10:16:00Z eve created configmap kube-system/sync\n"
                                     "- 2026-07-01T10:17:00Z eve created pod kube-system/sync\n"
                                     "- 2026-07-01T10:17:30Z eve deleted pod kube-system/sync\n"})
        self.assertEqual([x["verdict"] for x in self.documents["claims"]["claims"]],
                         ["supported"] * 3 + ["contradicted"])
        made = {r["object"] for r in self.documents["slices"]["users"]["requests"]}
        self.assertEqual(made, {"kube-system/sync"})

    def test_how_often_in_a_minute_among_many_accounts(self):
        """Seventy accounts take turns, five requests each a minute; web makes four more in the last."""
        c = Case("busy", "2026-07-01")
        accounts = [WEB] + [account("ops", f"operator-{w}") for w in range(69)]
        for minute in range(6):
            for turn in range(5):
                for i, user in enumerate(accounts):
                    c.request(60 * minute + 10 * turn + i / 10, user, "get", "configmaps shop/flags",
                              agent="operator/1.2")
        c.request(345, WEB, "list", "secrets", **STOLEN)
        for i in range(3):
            c.request(350 + i, WEB, "get", f"secrets shop/s{i}", **STOLEN)
        self.analyze({"audit.log": lines(c.records()), "pod.json": json.dumps(shop(c))})
        (web,) = [a for a in self.documents["baseline"]["accounts"] if a["user"] == WEB]
        self.assertEqual((web["most_per_minute_before"], web["most_per_minute_after"]), (5, 9))

    def test_a_slice_has_what_is_rare_in_it(self):
        """A workload that is refused every second, and one that reads its secret as often."""
        c = Case("slices", "2026-07-01")
        for i in range(2500):
            c.request(i, account("ops", "broken"), "list", "nodes", 403, agent="collector/1.0")
            c.request(i + 0.5, account("ops", "reader"), "get", "secrets ops/own", agent="reader/1.0")
        c.request(2600, WEB, "create", "pods shop/next", 403, **STOLEN)
        c.request(2610, WEB, "get", "secrets shop/db", **STOLEN)
        c.request(2620, WEB, "list", "secrets", 403, **STOLEN)
        self.analyze({"audit.log": lines(c.records()), "pod.json": json.dumps(shop(c))})
        slices = self.documents["slices"]
        for name, of_web in (("denials", ["create pods", "list secrets"]),
                             ("secrets", ["get secrets", "list secrets"])):
            rows = slices[name]["requests"]
            self.assertEqual([r["action"] for r in rows if r["user"] == WEB], of_web)
            self.assertEqual(len(rows) + slices[name]["more"], 2502)
            self.assertEqual(sorted(r["time"] for r in rows), [r["time"] for r in rows])

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
