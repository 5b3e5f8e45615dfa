"""A workload that the attacker writes: its pods run what stands in the template, with the
account that is named there."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made_cases import KCM, Case, account, lines  # noqa: E402
from test_kube_reach import STOLEN, WEB, Reach, shop  # noqa: E402

MAIL = account("shop", "mail")
GRANTED = 'RBAC: allowed by RoleBinding "ops/shop" of Role "ops"'


def template(image):
    return {"spec": {"serviceAccountName": "mail", "containers": [{"name": "c", "image": image}]}}


def cron(image, **metadata):
    return {"apiVersion": "batch/v1", "kind": "CronJob",
            "metadata": {"name": "tidy", "namespace": "shop", **metadata},
            "spec": {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": template(image)}}}}


class Template(Reach):
    def of(self, verb, body, answer):
        """web-0's token is stolen and writes a CronJob; later mail's account reads a secret."""
        c = Case("template", "2026-05-04")
        for at in range(0, 3600, 300):
            c.request(at, MAIL, "get", "configmaps shop/mail-settings", agent="mailer/2",
                      source="10.4.0.9")
        c.request(4000, WEB, "list", "secrets shop/", reason=GRANTED, **STOLEN)
        c.request(4060, WEB, verb, "cronjobs shop/tidy", 201, group="batch", body=body,
                  answer=answer, reason=GRANTED, **STOLEN)
        c.request(4120, account("kube-system", "cronjob-controller"), "create", "jobs shop/tidy-1",
                  201, group="batch", agent=KCM, source="10.0.0.2")
        c.request(4121, account("kube-system", "job-controller"), "create", "pods shop/tidy-1-x",
                  201, agent=KCM, source="10.0.0.2")
        c.request(4140, MAIL, "get", "secrets shop/smtp", agent="curl/8.1", source="10.4.0.77",
                  reason=GRANTED)
        c.request(4200, MAIL, "get", "configmaps shop/mail-settings", agent="mailer/2",
                  source="10.4.0.9")
        self.analyze({"pod.json": json.dumps(shop(c)), "audit.log": lines(c.records())})
        (mail,) = [i for i in self.documents["identities"]["identities"] if i["user"] == MAIL]
        read = [r for r in self.documents["slices"]["secrets"]["requests"] if r["user"] == MAIL]
        return mail["in_scope"], [r["in_scope"] for r in read]

    def test_a_cron_job_that_was_made(self):
        self.assertEqual(self.of("create", cron("evil"), None), (True, [True]))
        (reached,) = [i for i in self.documents["exposure"]["reach"]["identities"]
                      if i["identity"] == MAIL]
        self.assertEqual((reached["how"], reached["by"]), ("runs a pod created by", WEB))

    def test_a_template_that_was_patched(self):
        """The patch names no account; the answer does."""
        image = {"spec": {"jobTemplate": {"spec": {"template": {"spec": {"containers": [
            {"name": "c", "image": "evil"}]}}}}}}
        self.assertEqual(self.of("patch", image, cron("evil")), (True, [True]))

    def test_a_patch_of_something_else(self):
        marks = {"metadata": {"annotations": {"a": "b"}}}
        self.assertEqual(self.of("patch", marks, cron("ours", annotations={"a": "b"})),
                         (False, [False]))


if __name__ == "__main__":
    unittest.main()
