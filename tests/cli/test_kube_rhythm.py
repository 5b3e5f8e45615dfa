"""An account whose pods come and go: each night's has an address of its own. What they do goes on after
the first sign, and is not the attacker's, who sits in one pod. The truth stands in `incident`."""
import json
import sys
import unittest
from datetime import datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made_cases import account, lines  # noqa: E402
from test_kube_reach import Reach  # noqa: E402

REPORTER = account("batch", "reporter")
OWN, FIRST = "10.244.9.4", datetime(2026, 9, 28, 14)  # the pod's address; the first alert, a Monday


class Log:
    def __init__(self):
        self.records = []

    def request(self, at, verb, resource, name="", source="", agent="reporter/2.1", group="", code=200):
        ref = {"resource": resource, "namespace": "batch", "apiVersion": "v1", "name": name, "apiGroup": group}
        stamp = at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        self.records.append({
            "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata", "stage": "ResponseComplete",
            "auditID": f"{len(self.records):08x}-0000-4000-8000-{int(at.timestamp()):012d}", "verb": verb,
            "requestURI": f"/api/v1/namespaces/batch/{resource}/{name}", "userAgent": agent, "sourceIPs": [source],
            "user": {"username": REPORTER, "groups": ["system:serviceaccounts", "system:authenticated"]},
            "objectRef": {k: v for k, v in ref.items() if v}, "responseStatus": {"code": code},
            "requestReceivedTimestamp": stamp, "stageTimestamp": stamp,
            "annotations": {"authorization.k8s.io/decision": "allow", "authorization.k8s.io/reason": ""}})

    def night(self, day, number):
        self.request(day + timedelta(hours=2), "get", "secrets", "db", source=f"10.244.7.{number}")
        if day.weekday() == 1:
            self.request(day + timedelta(hours=10), "create", "jobs", f"weekly-{number}", group="batch", code=201,
                         source=f"10.244.7.{number}")


def ordinary_days(count=28):
    log = Log()
    for i in range(count):
        log.night(datetime(2026, 8, 31) + timedelta(days=i), i + 1)
    return lines(log.records)


def incident():
    """Tuesday's night and weekly job follow; the attacker's are those of 14:00, also the one that looks like
    the night's, from his own pod."""
    log = Log()
    log.night(datetime(2026, 9, 28), 101)
    log.request(FIRST + timedelta(seconds=10), "get", "secrets", "db", source=OWN)
    log.request(FIRST + timedelta(seconds=20), "get", "secrets", "stripe", source=OWN, agent="curl/8")
    log.request(FIRST + timedelta(seconds=30), "create", "jobs", "x", source=OWN, agent="curl/8", group="batch", code=201)
    log.night(datetime(2026, 9, 29), 102)
    return lines(log.records)


class Rhythm(Reach):
    def steps(self, baseline):
        pod = {"apiVersion": "v1", "kind": "Pod",
               "metadata": {"name": "api-0", "namespace": "batch", "creationTimestamp": "2026-09-27T00:00:00Z"},
               "spec": {"serviceAccountName": "reporter", "containers": [{"name": "c", "image": "reporter:2"}]},
               "status": {"podIP": OWN, "containerStatuses": [
                   {"name": "c", "image": "reporter:2", "containerID": "containerd://" + "3c" * 32}]}}
        alert = {"hostname": "n1", "output": "Run shell untrusted", "priority": "Warning",
                 "rule": "Run shell untrusted", "source": "syscall", "tags": ["T1059"],
                 "time": FIRST.strftime("%Y-%m-%dT%H:%M:%S.000000000Z"),
                 "output_fields": {"container.id": "3c" * 6, "k8s.ns.name": "batch", "k8s.pod.name": "api-0",
                                   "proc.cmdline": "sh -c id", "proc.name": "sh"}}
        self.analyze({"audit.log": incident(), "../ordinary.log": baseline, "pod.json": json.dumps(pod),
                      "falco.json": lines([alert])}, "--baseline", "../ordinary.log")
        return {(f["time"][8:13], f["sentence"].replace("Service account batch/reporter ", ""))
                for p in self.documents["story"]["phases"] for f in p["facts"] if "Service account" in f["sentence"]}

    HIS = {("28T14", "read secret batch/db"), ("28T14", "read secret batch/stripe"),
           ("28T14", "created job batch/x")}

    def test_what_other_pods_go_on_doing(self):
        self.assertEqual(self.steps(ordinary_days()), self.HIS)

    def test_few_days_show_no_rhythm(self):
        """Two nights: the account is not known to wander, and what follows may be his."""
        self.assertEqual(self.steps(ordinary_days(2)),
                         self.HIS | {("29T02", "read secret batch/db"), ("29T10", "created job batch/weekly-102")})


if __name__ == "__main__":
    unittest.main()
