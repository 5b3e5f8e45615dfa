"""Sentences that say that something did not happen, against what the node's journal and the
runtime sensor have seen of it. The truth is the evidence that is made here."""
import json
import sys
import unittest
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made_cases import Case, account, lines  # noqa: E402
from made_responses import INSIDE  # noqa: E402
from test_kube_reach import STOLEN, WEB, Reach, shop  # noqa: E402

KCM = {"agent": "kube-controller-manager/v1.30.0", "source": "10.0.0.1", "groups": INSIDE}
NO_POD = "10:20:00 No other pod was created on the node"
NO_SHELL = "10:20:00 No shell was opened in the pod"
NOT_NODE = "10:20:00 The attacker did not reach the node"
NO_SECRET = "10:20:00 No secrets were read"


class Denied(Reach):
    """10:01 the sensor's first sign, 10:01:30 what the attacker does with the pod's token."""

    def case(self):
        c = Case("denied", "2026-07-01")
        c.alert(60, "Outbound connection", "shop/web-0", "nc 198.51.100.7 9", container="ab" * 32,
                priority="Critical")
        c.request(90, WEB, "list", "configmaps shop/", 200, **STOLEN)
        return c

    def judge(self, c, *sentences, journal=(), **files):
        c.request(3000, account("kube-system", "job-controller"), "list", "jobs", 200)
        text = "Times are UTC, 2026-07-01\n\n" + "".join(f"- {s}\n" for s in sentences)
        entries = [{"__REALTIME_TIMESTAMP": str(self.micros(c, at)), "SYSLOG_IDENTIFIER": who,
                    "_HOSTNAME": "n1", "MESSAGE": said} for at, who, said in journal]
        self.analyze({"pod.json": json.dumps(shop(c)), "timeline.md": text,
                      "audit.log": lines(c.records()), "falco.json": lines(c.alerts()),
                      **({"journal.json": lines(entries)} if entries else {}), **files})
        found = {x["claim"]: x for x in self.documents["claims"]["claims"]}
        return [found[s.split(" ", 1)[1]] for s in sentences]

    @staticmethod
    def micros(c, at):
        return int(datetime.fromisoformat(c.time(at).replace("Z", "+00:00")).timestamp() * 1e6)

    @staticmethod
    def added(at, pod):
        return (at, "kubelet", f'I0701 10:00:00.0 1 kubelet.go:1] "SyncLoop ADD" source="api" '
                               f'pods=["{pod}"]')

    @staticmethod
    def sandbox(at, pod, attempt):
        namespace, name = pod.split("/")
        return (at, "containerd", 'time="2026-07-01T10:05:00Z" level=info msg="RunPodSandbox for '
                f"&PodSandboxMetadata{{Name:{name},Uid:u-{name},Namespace:{namespace},"
                f'Attempt:{attempt},}} returns sandbox id \\"{"5a" * 32}\\""')

    @staticmethod
    def crio(at, pod):
        return (at, "crio", f'time="2026-07-01T10:05:00Z" level=info msg="Ran pod sandbox '
                            f'{"6b" * 32} with infra container: {pod}/POD" id=1')

    def refuted(self, claim, *objects):
        self.assertEqual(claim["verdict"], "contradicted", claim)
        self.assertEqual([x["object"] for x in claim["contradicts"]], list(objects))
        self.assertTrue(all(x["spans"] for x in claim["contradicts"]))

    def test_a_pod_that_no_request_shows(self):
        for entry in (self.added(300, "dev/miner"), self.sandbox(300, "dev/miner", 0),
                      self.crio(300, "dev/miner")):
            [claim] = self.judge(self.case(), NO_POD, journal=[entry])
            self.refuted(claim, "dev/miner")

    def test_what_the_journal_has_and_nobody_means(self):
        """The pod itself; a sandbox made again; a pod of the morning; one that a controller made
        of itself."""
        c = self.case()
        c.request(290, account("kube-system", "job-controller"), "create", "pods dev/nightly-1",
                  201, **KCM)
        [claim] = self.judge(c, NO_POD, journal=[
            self.added(300, "shop/web-0"), self.sandbox(301, "dev/old", 1),
            self.added(10, "dev/early"), self.added(302, "dev/nightly-1")])
        self.assertEqual(claim["verdict"], "neither")

    def test_what_a_person_made(self):
        c = self.case()
        c.request(290, "ana@corp.example", "create", "pods dev/hers", 201)
        [claim] = self.judge(c, NO_POD, journal=[self.added(300, "dev/hers")])
        self.assertEqual(claim["verdict"], "contradicted")
        self.assertEqual({x["object"] for x in claim["contradicts"]}, {"dev/hers"})

    def test_whether_it_was_the_attacker_the_journal_cannot_tell(self):
        said = "10:20:00 The attacker created no other pods"
        [claim] = self.judge(self.case(), said, journal=[self.added(300, "dev/miner")])
        self.assertEqual(claim["verdict"], "neither")

    def test_a_shell_that_the_sensor_saw(self):
        c = self.case()
        [claim] = self.judge(c, NO_SHELL)
        self.assertEqual(claim["verdict"], "neither")
        c = self.case()
        c.alert(200, "Terminal shell in container", "shop/web-0", "bash -i", container="ab" * 32)
        [claim] = self.judge(c, NO_SHELL)
        self.assertEqual(claim["verdict"], "contradicted")
        self.assertEqual(claim["contradicts"][0]["rule"], "Terminal shell in container")

    def test_a_responders_shell_is_not_the_attackers(self):
        c = self.case()
        c.request(200, "ana@corp.example", "get", "pods/exec shop/web-0", 101)
        c.alert(200.4, "Terminal shell in container", "shop/web-0", "bash", container="ab" * 32)
        [his, any_] = self.judge(c, "10:20:00 The attacker opened no shell", NO_SHELL)
        self.assertEqual((his["verdict"], any_["verdict"]), ("neither", "contradicted"))

    def test_the_node(self):
        """What the attacker did elsewhere says nothing of the node; an escape does, and so does
        what was asked of its kubelet."""
        late = dict(STOLEN)
        c = self.case()
        c.request(1500, WEB, "list", "secrets shop/", 200, **late)
        c.request(1600, WEB, "get", "nodes/proxy n1", 403, **late)
        [claim] = self.judge(c, NOT_NODE)
        self.assertEqual(claim["verdict"], "neither", claim)
        c = self.case()
        c.alert(200, "Detect release_agent File Container Escapes", "shop/web-0", "sh -c x",
                container="ab" * 32, tags=("T1611", "container"))
        [claim] = self.judge(c, NOT_NODE)
        self.assertEqual(claim["verdict"], "contradicted")
        c = self.case()
        c.request(200, WEB, "get", "nodes/proxy n1", 200, **late)
        [claim] = self.judge(c, NOT_NODE)
        self.assertEqual(claim["verdict"], "contradicted")

    def test_secrets_that_the_sensor_saw_read(self):
        c = self.case()
        c.alert(200, "Read sensitive file", "shop/web-0", "cat /etc/nginx.conf",
                container="ab" * 32, more={"fd.name": "/etc/nginx.conf"})
        [claim] = self.judge(c, NO_SECRET)
        self.assertEqual(claim["verdict"], "neither")
        c = self.case()
        token = "/var/run/secrets/kubernetes.io/serviceaccount/token"
        c.alert(200, "Read sensitive file", "shop/web-0", f"cat {token}", container="ab" * 32,
                more={"fd.name": token})
        [claim] = self.judge(c, NO_SECRET)
        self.assertEqual(claim["verdict"], "contradicted")


if __name__ == "__main__":
    unittest.main()
