"""exhibit rules: list, check, test."""
import json
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

EXHIBIT = os.environ["EXHIBIT"]


def run(*arguments):
    return subprocess.run([EXHIBIT, "rules", *arguments], capture_output=True, text=True)


class Rules(unittest.TestCase):
    def test_every_builtin_rule_meets_its_samples(self):
        done = run("test", "--json")
        rules = json.loads(done.stdout)["rules"]
        failed = [(r["rule"], r["why"]) for r in rules if not r["passed"]]
        self.assertEqual(failed, [])
        self.assertEqual(done.returncode, 0)
        self.assertGreaterEqual(len(rules), 90)
        self.assertTrue(all(r["hits"] and r["misses"] for r in rules))

    def test_every_builtin_rule_is_documented(self):
        rules = json.loads(run("list", "--json").stdout)["rules"]
        self.assertEqual(len({r["id"] for r in rules}), len(rules))
        for r in rules:
            for key in ("title", "description", "falsepositives", "attack", "level"):
                self.assertTrue(r[key], f"{r['name']} has no {key}")

    def test_what_other_rules_name_is_no_other_alert(self):
        folder = Path(__file__).parents[2] / "analyze/rules/builtin"
        names = {f.name: set(re.findall(r"^            - (.*)$", "".join(
            re.findall(r"^        rule:\n((?:            - .*\n)+)", f.read_text(), re.M)), re.M))
            for f in folder.glob("*.yml")
            if f.name.startswith(("runtime_", "falco_"))}
        known = names.pop("runtime_other_alert.yml")
        self.assertEqual(known, set().union(*names.values()))

    def test_check_tells_place_and_status(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "bad.yml")
            with open(path, "w") as f:
                f.write("title: t\nlogsource: {product: kubernetes, service: audit}\n"
                        "detection:\n  s:\n    verbs: get\n  condition: s\n")
            done = run("check", "--no-builtin", folder)
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"{path}:5: error: ", done.stdout)
            self.assertIn('did you mean "verb"', done.stdout)

    def test_a_wrong_expression_is_told_of_each_rule_that_has_it(self):
        rule = ("title: t%d\nlogsource: {product: kubernetes, service: audit}\n"
                "detection:\n  s:\n    verb|re: '%s'\n  condition: s\n")
        with tempfile.TemporaryDirectory() as folder:
            for i, expression in enumerate(("ge(t", "get", "ge(t", "get")):
                (Path(folder) / f"{i}.yml").write_text(rule % (i, expression))
            done = run("check", "--no-builtin", folder)
            told = [line for line in done.stdout.splitlines() if "regular expression ge(t" in line]
            self.assertEqual([re.search(r"(\d)\.yml:5: error", t)[1] for t in told], ["0", "2"])
            self.assertTrue(all("missing closing parenthesis" in t for t in told), told)

    def test_a_body_is_looked_into_as_text(self):
        """As rules do that were written for stores which keep it as text."""
        def event(privileged):
            return {"kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Request",
                    "auditID": "00000000-0000-4000-8000-000000000001", "verb": "create",
                    "stage": "ResponseComplete", "user": {"username": "eve"},
                    "requestURI": "/api/v1/namespaces/a/pods",
                    "objectRef": {"resource": "pods", "namespace": "a", "name": "b"},
                    "requestObject": {"spec": {"hostNetwork": False, "priority": 7, "containers": [
                        {"name": "c", "securityContext": {"privileged": privileged}}]}},
                    "stageTimestamp": "2026-03-01T10:00:00.000000Z"}
        fields = ("requestObject|contains: '\"privileged\":true'",
                  "requestObject.spec|re: '\"containers\":\\[\\{\"name\":\"c\".*true'",
                  "requestObject.spec.containers|contains: ':true'",
                  "requestObject|contains|all: ['\"priority\":7,', ':true']")
        for field in fields:
            with tempfile.TemporaryDirectory() as folder:
                rules, samples = Path(folder) / "rules", Path(folder) / "samples"
                (samples / "text").mkdir(parents=True)
                rules.mkdir()
                (samples / "text/hit.jsonl").write_text(json.dumps(event(True)) + "\n")
                (samples / "text/miss.jsonl").write_text(json.dumps(event(False)) + "\n")
                (rules / "text.yml").write_text(
                    "title: text\nname: text\ntags: [attack.T1611, attack.MS-TA9018]\n"
                    "logsource: {product: kubernetes, service: audit}\n"
                    f"detection:\n  s:\n    {field}\n  condition: s\n")
                done = run("test", "--no-builtin", "--rules", rules, samples)
                self.assertEqual(done.returncode, 0, field + done.stdout + done.stderr)
                listed = json.loads(run("list", "--no-builtin", "--json", rules).stdout)
                self.assertEqual(listed["rules"][0]["attack"], "T1611")

    def test_rules_of_other_makers_are_understood(self):
        """Names that Elastic, Datadog and authors without a taxonomy give to the same."""
        event = {"kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata",
                 "auditID": "00000000-0000-4000-8000-000000000001",
                 "stage": "ResponseComplete", "requestURI": "/api/v1/secrets", "verb": "list",
                 "user": {"username": "eve"}, "sourceIPs": ["203.0.113.9"],
                 "userAgent": "curl/8", "objectRef": {"resource": "secrets"},
                 "responseStatus": {"code": 403},
                 "stageTimestamp": "2026-03-01T10:00:00.000000Z",
                 "annotations": {"authorization.k8s.io/decision": "forbid"}}
        other = {**event, "verb": "get", "user": {"username": "adam"},
                 "sourceIPs": ["10.0.0.1"], "objectRef": {"resource": "pods"},
                 "responseStatus": {"code": 200}, "userAgent": "kubectl/v1.31",
                 "annotations": {"authorization.k8s.io/decision": "allow"}}
        fields = ("kubernetes.audit.verb: list", "'@objectRef.resource': secrets",
                  "event.action: list", "user.name: eve", "usr.id: eve",
                  "source.ip|cidr: 203.0.113.0/24", "network.client.ip: 203.0.113.9",
                  "'sourceIPs[0]': 203.0.113.9", "'sourceIPs[*]': 203.0.113.9",
                  "sourceIPs.0: 203.0.113.9", "http.status_code: 403",
                  "user_agent.original|startswith: curl",
                  "'kubernetes.audit.annotations.authorization_k8s_io/decision': forbid",
                  "'annotations.authorization\\.k8s\\.io/decision': forbid")
        sources = ("product: kubernetes", "product: k8s, service: audit",
                   "category: kubernetes, product: kubernetes_audit, service: audit_log",
                   "product: aws, service: eks", "product: azure, service: kube-audit")
        wanted = [(f, "product: kubernetes, service: audit") for f in fields] + \
                 [("verb: list", s) for s in sources]
        with tempfile.TemporaryDirectory() as folder:
            rules, samples = os.path.join(folder, "r"), os.path.join(folder, "s")
            os.makedirs(rules)
            for n, (field, source) in enumerate(wanted):
                with open(os.path.join(rules, f"r{n}.yml"), "w") as f:
                    f.write(f"title: t\nname: r{n}\nlogsource: {{{source}}}\ndetection:\n"
                            f"  s:\n    {field}\n  condition: s\nlevel: low\n")
                os.makedirs(os.path.join(samples, f"r{n}"))
                for name, made in (("hit", event), ("miss", other)):
                    with open(os.path.join(samples, f"r{n}", name + ".jsonl"), "w") as f:
                        f.write(json.dumps(made) + "\n")
            done = run("test", "--no-builtin", "--json", "--rules", rules, samples)
            told = {r["rule"]: r["why"] for r in json.loads(done.stdout)["rules"]
                    if r["passed"]}
            missing = [w for n, w in enumerate(wanted) if f"r{n}" not in told]
            self.assertEqual(missing, [], done.stdout)

    def correlated(self, kind, condition, *verbs):
        """The outcome of a correlation over rules named by the verb that they match."""
        with tempfile.TemporaryDirectory() as folder:
            path, samples = os.path.join(folder, "c.yml"), os.path.join(folder, "s", "c")
            os.makedirs(samples)
            with open(path, "w") as f:
                for verb in ("get", "list", "delete"):
                    f.write(f"title: t\nname: {verb}\nlogsource: {{product: kubernetes, "
                            f"service: audit}}\ndetection:\n  s: {{verb: {verb}}}\n"
                            "  condition: s\n---\n")
                f.write(f"title: c\nname: c\ncorrelation:\n  type: {kind}\n"
                        f"  condition: {condition}\n  group-by: [user.username]\n"
                        "  timespan: 1w\n")
            for name in ("hit", "miss"):
                with open(os.path.join(samples, name + ".jsonl"), "w") as f:
                    for n, verb in enumerate(verbs if name == "hit" else ("watch",)):
                        f.write(json.dumps({
                            "kind": "Event", "apiVersion": "audit.k8s.io/v1",
                            "level": "Metadata", "stage": "ResponseComplete", "verb": verb,
                            "auditID": f"00000000-0000-4000-8000-{n:012d}",
                            "user": {"username": "eve"}, "objectRef": {"resource": "pods"},
                            "stageTimestamp": f"2026-03-0{n + 1}T10:00:00.000000Z"}) + "\n")
            done = run("test", "--no-builtin", "--json", "--rules", path,
                       os.path.dirname(samples))
            told = [r for r in json.loads(done.stdout)["rules"] if r["rule"] == "c"]
            return told[0]["passed"] if told else None

    def test_conditions_of_correlations_in_words(self):
        both = "get or list and delete"  # "and" binds closer
        for condition, verbs, wanted in (
                ("get and list", ("list", "get"), True),
                ("get and list", ("list", "list"), False),
                (both, ("get",), True), (both, ("list",), False),
                ("(get or list) and delete", ("list", "delete"), True),
                ("(get or list) and delete", ("list", "get"), False),
                ("get and not delete", ("get", "list"), True),
                ("get and not delete", ("get", "delete"), False)):
            self.assertEqual(self.correlated("temporal", condition, *verbs), wanted,
                             (condition, verbs))
        self.assertTrue(self.correlated("temporal_ordered", "get and list", "get", "list"))
        self.assertFalse(self.correlated("temporal_ordered", "get and list", "list", "get"))
        for kind, condition in (("temporal", "get and"), ("temporal", "(get"),
                                ("temporal", "get nonsense"), ("temporal", "other"),
                                ("temporal_ordered", "get or list"),
                                ("temporal", "not " * 200 + "get")):
            self.assertIsNone(self.correlated(kind, condition, "get"), condition)

    def test_a_sample_that_is_wrong_fails(self):
        with tempfile.TemporaryDirectory() as folder:
            rules, samples = os.path.join(folder, "r"), os.path.join(folder, "s", "x")
            os.makedirs(rules)
            os.makedirs(samples)
            with open(os.path.join(rules, "x.yml"), "w") as f:
                f.write("title: t\nname: x\nlogsource: {product: falco}\n"
                        "detection:\n  s:\n    rule: A\n  condition: s\n")
            alert = ('{"rule":"%s","priority":"Notice","output":"o",'
                     '"time":"2026-11-23T10:00:00Z","output_fields":{}}\n')
            for name, rule in (("hit", "A"), ("miss", "A")):
                with open(os.path.join(samples, name + ".jsonl"), "w") as f:
                    f.write(alert % rule)
            where = os.path.dirname(samples)
            done = run("test", "--no-builtin", "--rules", rules, where)
            self.assertEqual(done.returncode, 1, done.stdout)
            self.assertIn("FAIL", done.stdout)
            with open(os.path.join(samples, "miss.jsonl"), "w") as f:
                f.write(alert % "B")
            done = run("test", "--no-builtin", "--rules", rules, where)
            self.assertEqual(done.returncode, 0, done.stdout)

    def test_the_attack_in_the_real_log_is_found_and_the_controllers_are_not(self):
        """What inventory.truth.json says, as findings of the analysis."""
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "out")
            subprocess.run([EXHIBIT, "analyze", "corpus/packages/inventory", "-o", out],
                           capture_output=True, check=False)
            with open(os.path.join(out, "findings.json")) as f:
                findings = json.dumps(json.load(f))
        for rule in ("audit_self_review", "audit_secrets_listed_cluster_wide",
                     "audit_secret_read_elsewhere", "audit_create_forbidden",
                     "audit_wildcard_role", "audit_controller_account_misused",
                     "audit_privileged_container", "audit_host_pid",
                     "audit_service_account_in_system_namespace",
                     "audit_cluster_admin_bound", "runtime_reverse_shell",
                     "runtime_new_binary", "runtime_fileless", "log_command_injection"):
            self.assertIn(rule, findings)
        self.assertNotIn("cronjob-controller", findings)
        self.assertNotIn("generic-garbage-collector", findings)

    def test_help_and_usage(self):
        self.assertEqual(run("--help").returncode, 0)
        self.assertEqual(run().returncode, 2)
        self.assertEqual(run("nonsense").returncode, 2)
        self.assertEqual(run("list", "/nonexistent").returncode, 2)


if __name__ == "__main__":
    unittest.main()
