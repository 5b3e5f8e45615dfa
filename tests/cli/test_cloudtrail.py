"""What was done to the cluster through its cloud: CloudTrail in every form in which it is handed
on. The story and what must be found are written here."""
import gzip
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from audit_forms import NAMESPACE, POD, compact, lines, record  # noqa: E402
from test_inputs import Inputs  # noqa: E402

ROLE = "arn:aws:iam::111122223333:role/backdoor"
DANA = "arn:aws:iam::111122223333:user/dana"
ADMIN = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
LOGGING = {"name": "shop", "logging": {"clusterLogging": [{"types": ["audit"], "enabled": False}]}}


def event(n, name, asked, service="eks", **more):
    """A record as the User Guide has it ("CloudTrail record contents")."""
    return {"eventVersion": "1.09", "userIdentity": {
                "type": "IAMUser", "arn": DANA, "accountId": "111122223333", "userName": "dana",
                "accessKeyId": "AKIAIOSFODNN7EXAMPLE"},
            "eventTime": f"2026-03-01T10:00:{n:02d}Z", "eventSource": f"{service}.amazonaws.com",
            "eventName": name, "awsRegion": "eu-central-1", "sourceIPAddress": "198.51.100.7",
            "userAgent": "aws-cli/2.15.0", "requestParameters": asked, "responseElements": None,
            "eventID": f"00000000-0000-4000-8000-{n:012d}", "readOnly": name.startswith("Describe"),
            "eventType": "AwsApiCall", "managementEvent": True,
            "recipientAccountId": "111122223333", **more}


STORY = [event(0, "DescribeCluster", {"name": "shop"}),
         event(1, "CreateAccessEntry", {"name": "shop", "principalArn": ROLE, "type": "STANDARD"}),
         event(2, "AssociateAccessPolicy", {"name": "shop", "principalArn": ROLE,
                                            "policyArn": ADMIN}),
         event(3, "UpdateClusterConfig", LOGGING),
         event(4, "PutObject", {"bucketName": "b"}, "s3"),
         event(5, "DeleteCluster", {"name": "shop"}, errorCode="AccessDenied",
               errorMessage="not authorized"),
         event(6, "StopLogging", {"name": "trail"}, "cloudtrail")]
CHANGES = [1, 2, 3, 5]
RULES = {"cloud_access_entry": [1], "cloud_access_policy_admin": [2], "cloud_logging_disabled": [3],
         "cloud_cluster_denied": [5], "cloud_trail_stopped": [6]}

FORMS = {
    "111122223333_CloudTrail_eu-central-1.json.gz": gzip.compress(
        compact({"Records": STORY}).encode()),
    "pretty.json": json.dumps({"Records": STORY}, indent=2),
    "lines.jsonl": lines(STORY),
    "array.json": json.dumps(STORY),
    "lookup-events.json": json.dumps({"Events": [
        {"EventId": e["eventID"], "EventName": e["eventName"], "EventTime": 1.0,
         "EventSource": e["eventSource"], "Username": "dana", "Resources": [],
         "CloudTrailEvent": compact(e)} for e in STORY]}, indent=4),
    "event-bridge.jsonl": lines({"version": "0", "detail-type": "AWS API Call via CloudTrail",
                                 "source": "aws.eks", "detail": e} for e in STORY),
    "log-events.json": json.dumps({"events": [
        {"timestamp": 1, "message": compact(e), "ingestionTime": 2} for e in STORY]}),
    "splunk.jsonl": lines({"preview": False, "result": {"_raw": compact(e)}} for e in STORY),
}


class CloudTrail(Inputs):
    def test_every_form(self):
        for name, data in FORMS.items():
            with self.subTest(name):
                for old in self.package.iterdir():
                    if old.name != "pod.yaml":
                        old.unlink()
                self.put(name, data)
                self.put("audit.log", lines(record(n) for n in range(3)))
                self.analyze()
                self.check(name, data)

    def check(self, name, data):
        seen = self.source(name)
        self.assertEqual((seen["role"], seen["records"], seen["malformed"]["count"]),
                         ("cloud-log", len(STORY), 0))
        events = self.of(name, "cloud")
        stored = [int(e["fields"]["event_id"][-12:]) for e in events]
        self.assertEqual([n for n in stored if n in CHANGES], CHANGES)
        self.assertNotIn(0, stored)
        self.assertNotIn(4, stored)
        text = gzip.decompress(data) if isinstance(data, bytes) else data.encode()
        for e in events:
            self.assertEqual((e["actor"], e["fields"]["source_ip"]), (DANA, "198.51.100.7"))
            cited = text[e["offset"]:e["offset"] + e["length"]]
            self.assertIn(e["fields"]["event_id"].encode(), cited)
            self.assertEqual(e["time"] // 10**9 % 60, int(e["fields"]["event_id"][-12:]))
        self.assertEqual([(e["action"], e["object"]) for e in events if e["time"] // 10**9 % 60 < 3],
                         [("CreateAccessEntry", f"shop/{ROLE}"),
                          ("AssociateAccessPolicy", f"shop/{ROLE}")])
        cloud = {f["rule"] for f in self.findings if f["rule"].startswith("cloud_")}
        self.assertEqual(cloud, set(RULES))

    def test_it_is_no_audit_log_of_the_cluster(self):
        """Beside it the log of the API server is what it was; alone it is none."""
        self.put("audit.log", lines(record(n) for n in range(3)))
        self.analyze()
        alone = [e for e in self.events if e["source"] == "audit"]
        self.put("trail.json", FORMS["pretty.json"])
        self.analyze()
        self.assertEqual([e["message"] for e in self.events if e["source"] == "audit"],
                         [e["message"] for e in alone])
        self.assertEqual(self.source("audit.log")["role"], "audit-log")

    def test_what_is_cut_off_is_told(self):
        text = compact(STORY[1])
        self.put("trail.jsonl", text + "\n" + text[:200] + "\n" + compact(STORY[2]) + "\n")
        self.analyze()
        seen = self.source("trail.jsonl")
        self.assertEqual((seen["records"], seen["malformed"]["count"]), (2, 1))


del Inputs  # its own tests are run where it stands

if __name__ == "__main__":
    unittest.main()
