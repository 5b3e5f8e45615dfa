"""The Kubernetes part of an analysis against what really happened (inventory.truth.json)."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest

EXHIBIT = os.path.abspath(os.environ.get("EXHIBIT", "build/exhibit"))
PACKAGE = "corpus/packages/inventory"
POD_ACCOUNT = "system:serviceaccount:inventory:inventory-api"
AGGREGATOR = "system:serviceaccount:kube-system:clusterrole-aggregation-controller"


def seconds(text):
    """Seconds within the hour: all of the case happens in one."""
    clock = text.split("T")[1].rstrip("Z")
    _, minutes, rest = clock.split(":")
    return int(minutes) * 60 + float(rest)


class Inventory(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.out = out = os.path.join(cls.folder.name, "out")
        subprocess.run([EXHIBIT, "analyze", PACKAGE, "-o", out], check=True,
                       capture_output=True)
        cls.documents = {}
        for name in ("scope", "patient_zero", "identities", "slices", "baseline",
                     "containment", "exposure", "claims", "story", "findings"):
            with open(os.path.join(out, name + ".json"), encoding="utf-8") as f:
                cls.documents[name] = json.load(f)
        with open(PACKAGE + ".truth.json", encoding="utf-8") as f:
            cls.truth = {step["step"]: step["time"] for step in json.load(f)}

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def near(self, time, step, within=1.0):
        """kubectl's step ends after its request: the request comes just before."""
        gap = seconds(self.truth[step]) - seconds(time)
        self.assertTrue(-0.05 <= gap <= within, f"{step}: {time} against {self.truth[step]}")

    def finding(self, rule, subject):
        for f in self.documents["findings"]["findings"]:
            if f["rule"] == rule and f["subject"] == subject:
                return f
        self.fail(f"no {rule} about {subject}")

    def test_scope(self):
        scope = self.documents["scope"]
        self.assertEqual(scope["pod"], "inventory-api-6d4cf56db6-9wq7m")
        self.assertEqual(scope["node"], "worker-2")
        ids = {c.get("id") for c in scope["containers"]}
        self.assertIn("820eca1b75db73472665ffc4e0d30f2dd49f905dbe300063e9fbbb221b550183", ids)
        self.assertEqual({i["what"] for i in scope["identities"]},
                         {POD_ACCOUNT, AGGREGATOR, "system:serviceaccount:kube-system:default",
                          "system:serviceaccount:kube-system:metrics-agent"})

    def test_patient_zero_is_the_first_injection(self):
        zero = self.documents["patient_zero"]
        self.assertEqual(zero["time"], "2026-11-23T09:45:32.032033113Z")
        self.assertIn("/report?name=x;id", zero["log_line"]["message"])
        self.assertEqual(zero["alert"]["rule"], "Run shell untrusted")

    def test_every_api_step_of_the_attacker(self):
        for rule, subject, user, step in (
                ("kube.secrets-read", "all namespaces", POD_ACCOUNT, "api:list-secrets-all"),
                ("kube.secrets-read", "payments/stripe", POD_ACCOUNT, "api:get-stripe"),
                ("kube.rights-denied", "create clusterrolebindings", POD_ACCOUNT,
                 "api:create-crb-denied"),
                ("kube.rights-changed", "inventory-reader", AGGREGATOR,
                 "api:escalate-clusterrole"),
                ("kube.host-pod", "kube-system/kube-proxy-gw", POD_ACCOUNT,
                 "api:privileged-pod"),
                ("kube.account-created", "kube-system/metrics-agent", POD_ACCOUNT,
                 "api:create-backdoor-sa"),
                ("kube.rights-changed", "metrics-agent", POD_ACCOUNT, "api:bind-backdoor")):
            f = self.finding(rule, subject)
            self.assertEqual(f["arguments"]["user"], user)
            self.near(f["time"], step)
            self.assertTrue(f["spans"])
        self.finding("kube.token-stolen", AGGREGATOR)

    def test_containment_when_and_who(self):
        acts = {(a["what"], a["object"]): a
                for a in self.documents["containment"]["actions"] if "object" in a}
        for what, name, step in (
                ("label", "inventory/inventory-api-6d4cf56db6-9wq7m", "respond:label"),
                ("network-policy", "inventory/quarantine", "respond:netpol"),
                ("cordon", "worker-2", "respond:cordon"),
                ("delete-pod", "kube-system/kube-proxy-gw", "after:delete-privileged-pod"),
                ("rotate", "inventory/inventory-db", "after:rotate-db"),
                ("revoke", "metrics-agent", "after:delete-crb")):
            self.assertEqual(acts[what, name]["by"], "alice@shop.example")
            self.near(acts[what, name]["time"], step)

    def test_what_the_policy_blocks(self):
        moments = self.documents["containment"]["isolation"]
        self.assertFalse(moments[-2]["ingress"]["isolated"])
        last = moments[-1]
        self.assertEqual(last["policies"], ["quarantine"])
        self.assertTrue(last["egress"]["isolated"])
        self.assertEqual(last["egress"]["open"], [])
        self.assertEqual(len(last["ingress"]["open"]), 1)
        self.assertTrue(last["ingress"]["open"][0]["responders_path"])
        self.assertEqual(last["ingress"]["stays_open"], (
            "any pod of namespace forensics (every port), as responders need it"))
        self.assertEqual({p["peer"]: p.get("open") for p in last["ingress"]["peers"]}, {
            "forensics": "every port", "kube-system/kube-proxy-gw": None, "worker-2": None})
        self.assertEqual(last["ingress"]["addresses"], [{"addresses": "every address"}])

    def test_what_was_not_taken_back(self):
        remains = {r["object"]: r["reverted"] for r in self.documents["containment"]["remains"]}
        self.assertEqual(remains, {"inventory-reader": False,
                                   "kube-system/kube-proxy-gw": True,
                                   "kube-system/metrics-agent": False,
                                   "metrics-agent": True})

    def test_exposure_is_complete(self):
        secrets = {(s["kind"], s["namespace"], s["name"]): s
                   for s in self.documents["exposure"]["secrets"]}
        for key in (("secret", "inventory", "inventory-db"),
                    ("secret", "inventory", "inventory-tls"),
                    ("secret", "inventory", "inventory-api-token-qv9rf"),
                    ("secret", "inventory", "regcred"),
                    ("secret", "payments", "stripe"),
                    ("configmap", "inventory", "inventory-conf"),
                    ("configmap", "inventory", "ca"),
                    ("value", "inventory", "VAULT_TOKEN"),
                    ("service-account-token", "inventory", "inventory-api")):
            self.assertIn(key, secrets)
        self.assertTrue(secrets["secret", "payments", "stripe"]["read"])
        self.assertIn("listed_by", secrets["secret", "inventory", "regcred"])
        self.assertEqual(
            secrets["service-account-token", "inventory", "inventory-api"]["audience"], "vault")
        rotated = {k for k, s in secrets.items() if s["rotation"]["seen"]}
        self.assertEqual(rotated, {("secret", "inventory", "inventory-db")})
        self.assertEqual([s["order"] for s in self.documents["exposure"]["secrets"]],
                         list(range(1, len(secrets) + 1)))

    def test_plain_values_are_masked(self):
        text = json.dumps(self.documents)
        self.assertNotIn("s.labtokenlabtoken", text)

    def test_rights_grow_with_the_patched_role(self):
        for identity in self.documents["exposure"]["reach"]["identities"]:
            if identity["identity"] == POD_ACCOUNT:
                rights = {(c["may"], c["where"]): c for c in identity["capabilities"]}
        lists = rights["list secrets with their content", "the whole cluster"]
        self.assertTrue(lists["before_the_incident"])
        everything = rights["everything", "the whole cluster"]
        self.assertFalse(everything["before_the_incident"])
        self.assertEqual(everything["granted_by"], AGGREGATOR)
        self.assertTrue(everything["at_the_end"])

    def test_the_false_claim(self):
        verdicts = {c["claim"]: c["verdict"] for c in self.documents["claims"]["claims"]}
        self.assertEqual(verdicts.pop("Node worker-2 was deleted by the attacker"),
                         "contradicted")
        self.assertEqual(len(verdicts), 5)
        self.assertNotIn("contradicted", verdicts.values())
        self.assertEqual(verdicts["inventory-api listed secrets in all namespaces"], "supported")
        self.assertEqual(verdicts["Pod labelled quarantine=true"], "supported")

    def test_baseline_says_how_thin_it_is(self):
        accounts = {a["user"]: a for a in self.documents["baseline"]["accounts"]}
        self.assertEqual(accounts[POD_ACCOUNT]["baseline_requests"], 4)
        self.assertEqual(accounts[AGGREGATOR]["baseline"], "no baseline")

    def test_slices(self):
        denials = self.documents["slices"]["denials"]["requests"]
        self.assertEqual([(d["user"], d["code"]) for d in denials], [(POD_ACCOUNT, 403)])

    def test_a_log_in_which_nobody_ran_anything_says_so(self):
        """exec-other-pod ended at the lookup of the pod: no request for exec was made."""
        with open(os.path.join(self.out, "slice-exec.tsv"), encoding="utf-8") as f:
            head, *rows = f.read().splitlines()
        self.assertTrue(head.startswith("time\tuser\t"))
        self.assertEqual(rows, [])

    def test_without_an_audit_log_there_are_no_slices_of_it(self):
        with tempfile.TemporaryDirectory() as folder:
            case, out = os.path.join(folder, "case"), os.path.join(folder, "out")
            os.mkdir(case)
            shutil.copy(PACKAGE + "/falco.jsonl", case)
            # Without a manifest the package is incomplete, which is no failure of ours.
            status = subprocess.run([EXHIBIT, "analyze", case, "-o", out],
                                    check=False, capture_output=True).returncode
            self.assertEqual(status, 1)
            self.assertEqual([n for n in os.listdir(out) if n.startswith("slice-")], [])
            with open(os.path.join(out, "slices.json"), encoding="utf-8") as f:
                self.assertEqual(list(json.load(f)), ["schema"])

    def test_the_story_tells_what_was_done(self):
        """Steps of inventory.truth.json, from whichever source shows them."""
        story = self.documents["story"]
        told = "\n".join(f["sentence"] for p in story["phases"] for f in p["facts"])
        for step in ("GET /report?name=x;id", "nc 127.0.0.1:4444 -e sh",
                     "tried to read pod payments/pay-0, which failed with status 404",
                     "asked which rights it has", "listed secrets of all namespaces",
                     "read secret payments/stripe", "tried to create cluster role binding, and was refused",
                     "changed cluster role inventory-reader", "created pod kube-system/kube-proxy-gw",
                     "created service account kube-system/metrics-agent",
                     "created cluster role binding metrics-agent", "wget -q -O /tmp/.cache-x",
                     "/usr/bin/dbus-helper", "/etc/cron.d/update", "/etc/cron.d/nightly",
                     "/root/.ssh/authorized_keys", "/etc/ld.so.preload", "/etc/passwd",
                     "/var/log/inventory", "/etc/inventory.conf", "pid 19", "pid 14",
                     "(its labels)", "network policy inventory/quarantine", "cordoned node worker-2",
                     "A checkpoint was made", "deleted pod kube-system/kube-proxy-gw",
                     "changed secret inventory/inventory-db",
                     "deleted cluster role binding metrics-agent"):
            self.assertIn(step, told)
        # Copies of a line are one step with three places.
        line = next(f for p in story["phases"] for f in p["facts"] if "name=x;id" in f["sentence"])
        self.assertEqual(len({s["item"] for s in line["spans"]}), 3)

    def test_every_step_says_how_sure_it_is_and_what_speaks_against_it(self):
        for phase in self.documents["story"]["phases"]:
            for fact in phase["facts"]:
                self.assertIn(fact["confidence"], ("low", "medium", "high"))
                if phase["phase"] != "response" and fact["findings"]:
                    self.assertTrue(fact["against"] or "Redirect" in fact["sentence"], fact)

    def test_what_is_read_first_has_its_places(self):
        story = self.documents["story"]
        self.assertGreaterEqual(len(story["summary"]), 5)
        for said in story["summary"]:
            self.assertTrue(said["spans"], said["text"])
        asked = "\n".join(q["question"] for q in story["open_questions"])
        self.assertIn("kube-system/kube-proxy-gw", asked)

    def test_every_story_sentence_has_its_proof(self):
        facts = [f for p in self.documents["story"]["phases"] for f in p["facts"]]
        self.assertGreater(len(facts), 20)
        for fact in facts:
            self.assertTrue(fact["spans"], fact["sentence"])


if __name__ == "__main__":
    unittest.main()
