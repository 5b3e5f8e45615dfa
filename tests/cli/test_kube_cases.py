"""The Kubernetes part of an analysis against two made incidents and their truth."""
import csv
import gzip
import json
import sqlite3
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import made_cases  # noqa: E402
from audit_forms import in_parts, table  # noqa: E402
from kube_case import Made  # noqa: E402



class Ledger(Made):
    make = made_cases.ledger

    def test_scope_and_the_stolen_kubeconfig(self):
        scope = self.documents["scope"]
        self.assertEqual((scope["pod"], scope["owner_kind"], scope["node"]),
                         ("ledger-0", "StatefulSet", "ip-10-0-3-7"))
        self.assertEqual(self.identities(), {
            self.case.token, self.case.bob, made_cases.account("kube-system", "default")})
        bob = next(i for i in scope["identities"] if i["what"] == self.case.bob)
        self.assertEqual(bob["only_from"], self.case.evil)
        self.assertIn(("kube.account-from-attackers-address", self.case.bob), self.rules())

    def test_first_sign_and_the_containers_first_break(self):
        zero = self.documents["patient_zero"]
        self.near(zero["time"], self.case.start)
        self.assertEqual(zero["alert"]["rule"], "Read sensitive file untrusted")
        self.near(zero["alert"]["time"], self.case.start + 60.9)

    def test_one_exec_over_both_transports_and_all_stages(self):
        (run,) = self.documents["slices"]["exec"]["requests"]
        self.assertEqual(run["records"], 4)
        self.assertIn("serviceaccount/token", run["command"])
        with open(self.out / "slice-exec.tsv", encoding="utf-8", newline="") as f:
            (row,) = csv.DictReader(f, delimiter="\t")
        self.assertEqual((row["user"], row["object"], row["outcome"]),
                         (self.case.bob, "billing/ledger-0", "allowed"))

    def test_controllers_work_is_traced_to_the_person(self):
        users = {(r["action"], r.get("object")): r.get("caused_by", r["user"])
                 for r in self.documents["slices"]["users"]["requests"]}
        self.assertEqual(users["create pods", "billing/metrics-sync-1-abcde"], self.case.bob)
        self.assertEqual(users["create jobs", "billing/metrics-sync-1"], self.case.bob)

    def test_what_was_done_late_is_in_the_timeline(self):
        db = sqlite3.connect(self.out / "case.db")
        seen = set(db.execute("SELECT actor, action, object FROM event WHERE in_scope"))
        db.close()
        for action, name in (("create selfsubjectrulesreviews", ""),
                             ("create pods", "kube-system/dns-helper"),
                             ("create cronjobs", "billing/metrics-sync")):
            self.assertIn((self.case.bob, action, name), seen)
        self.assertNotIn("erin@corp.example", {actor for actor, _, _ in seen})

    def test_containment(self):
        acts = self.acts()
        for act in (("network-policy", "billing/hold"), ("cordon", "ip-10-0-3-7"),
                    ("delete-pod", "kube-system/dns-helper"), ("scale", "billing/ledger"),
                    ("rotate", "billing/ledger-db")):
            self.assertIn((*act, self.case.dana), acts)
        self.assertFalse([a for a in acts if a[2] == self.case.bob])
        # Not by the first one: all of the Internet was allowed.
        self.near(self.documents["containment"]["isolated"], self.case.start + 1000)
        _, holed, closed = self.documents["containment"]["isolation"]
        self.assertIn("0.0.0.0/0", holed["egress"]["open"][0]["rule"])
        self.assertEqual(closed["egress"]["open"], [])
        self.assertTrue(closed["egress"]["isolated"] and closed["ingress"]["isolated"])

    def test_after_containment_and_what_remains(self):
        after = self.documents["containment"]["after"]["requests"]
        self.assertEqual([(r["action"], r["outcome"]) for r in after],
                         [("list secrets", "denied")])
        self.assertEqual(self.remains(), {("create pods", "kube-system/dns-helper"): True,
                                          ("create cronjobs", "billing/metrics-sync"): False})

    def test_destroyed_before_it_was_captured(self):
        self.assertEqual({s for r, s in self.rules("kube.evidence-destroyed")},
                         {"kube-system/dns-helper", "billing/ledger"})

    def test_exposure(self):
        secrets = self.secrets()
        for kind, name in (("secret", "ledger-db"), ("secret", "ledger-migrate"),
                           ("secret", "ledger-tls"), ("secret", "ledger-mixed"),
                           ("secret", "vault-auth"), ("secret", "registry-pull"),
                           ("secret", "ledger-api"), ("secret", "unrelated"),
                           ("external-secret", "ledger-vault"),
                           ("configmap", "debug-settings"),
                           ("service-account-token", "ledger")):
            self.assertIn((kind, "billing", name), secrets)
        self.assertNotIn(("secret", "payments", "card-key"), secrets)  # it was refused
        self.assertTrue(secrets["secret", "billing", "ledger-db"]["rotation"]["seen"])
        audiences = {s.get("audience") for s in self.documents["exposure"]["secrets"]
                     if s["kind"] == "service-account-token" and s["name"] == "ledger"}
        self.assertIn("bank.example", audiences)
        pods = {p["pod"]: p for p in self.documents["exposure"]["node"]["pods"]}
        self.assertEqual(pods["dns-helper"]["node"], "ip-10-0-1-1")
        self.assertEqual(pods["dns-helper"]["root_on_the_node"], "yes")

    def test_reach_by_groups_aggregation_and_names(self):
        (reach,) = [i for i in self.documents["exposure"]["reach"]["identities"]
                    if i["identity"] == self.case.token]
        may = {(c["may"], c["where"]): c for c in reach["capabilities"]}
        self.assertIn(("list secrets with their content", "billing"), may)
        self.assertEqual(may["read secrets by name", "archive"]["only_names"], ["card-key"])

    def test_claims(self):
        claims = self.claims()
        self.assertEqual(claims.pop("Dana deleted the cronjob metrics-sync"), "contradicted")
        self.assertEqual(set(claims.values()), {"supported"})
        self.assertEqual(len(claims), 5)

    def test_beyond_the_pattern(self):
        (account,) = [a for a in self.documents["baseline"]["accounts"]
                      if a["user"] == self.case.token]
        self.assertEqual(account["baseline_requests"], 40)
        news = {n["action"]: n["new"] for n in account["new"]}
        self.assertEqual(news["list secrets"], ["action", "agent", "source"])

    def test_who_reads_secrets_for_the_first_time(self):
        (reader,) = self.documents["baseline"]["new_readers_of_secrets"]
        self.assertEqual((reader["user"], reader["source"], reader["new"]),
                         (self.case.token, self.case.evil, ["account", "agent", "source"]))
        self.assertIn(("kube.secrets-new-reader", self.case.token), self.rules())


class LedgerInOtherWords(Made):
    """The same incident, written down by several people in several ways."""
    make = made_cases.ledger
    WRITTEN = {
        "timeline.md": """# Incident timeline, 2 April 2026

| Time (UTC) | What | Who |
|---|---|---|
| 10:51 | Attacker exec'd into pod `ledger-0` | unknown |
| 2026-04-02 10:53:20 | Privileged pod `dns-helper` created in kube-system | attacker |

- **11:06:50** node ip-10-0-3-7 cordoned by dana
- 11:07:10Z: dns-helper pod deleted
- 2026-04-02T13:08:20+02:00 scaled ledger to zero replicas
* 11:20 Secret `ledger-tls` rotated
""",
        "ir-timeline.csv": """Date,Time,Analyst,Description
2026-04-02,11:10:00,dana,"Rotated secret ledger-db"
2026-04-02,10:40:00,erin,"Attacker listed all secrets, in billing"
""",
        "timeline-notes.txt": """2026-04-02 10:52:00 UTC attacker lists secrets in billing
[2026-04-02 11:05:00] dana created network policy hold
02 Apr 2026 11:06:40 dana updated network policy hold
"""}

    @classmethod
    def change(cls, package):
        (package / "timeline.csv").unlink()
        for name, text in cls.WRITTEN.items():
            (package / name).write_text(text)

    def test_verdicts(self):
        claims = self.claims()
        self.assertEqual(len(claims), 11)
        self.assertEqual(claims.pop("Secret `ledger-tls` rotated"), "neither")
        self.assertEqual(claims.pop("erin | Attacker listed all secrets, in billing"),
                         "contradicted")
        self.assertEqual(set(claims.values()), {"supported"})


class LedgerWithoutManifest(Made):
    """The same package, but nothing says what the pod was; its log is compressed."""
    make = made_cases.ledger
    options = ("--pod", "billing/ledger-0")

    @classmethod
    def change(cls, package):
        (package / "ledger-0.yaml.json").unlink()
        log = package / "audit-export-000000"
        log.with_suffix(".gz").write_bytes(gzip.compress(log.read_bytes()))
        log.unlink()

    def test_the_bound_token_tells_the_account(self):
        account, *_ = self.documents["scope"]["identities"]
        self.assertEqual((account["what"], account["how"]),
                         (self.case.token, "is the account of"))
        self.assertIn(self.case.bob, self.identities())

    def test_the_stolen_accounts_work_is_in_the_timeline_from_a_compressed_log(self):
        db = sqlite3.connect(self.out / "case.db")
        seen = set(db.execute("SELECT actor, action, object FROM event WHERE in_scope"))
        db.close()
        self.assertIn((self.case.bob, "create cronjobs", "billing/metrics-sync"), seen)

    def test_isolation_is_not_decidable(self):
        self.assertNotIn("isolated", self.documents["containment"])
        self.assertIn("not decidable", self.documents["containment"]["after"]["said"])
        self.assertNotIn("kube.not-isolated", {r for r, _ in self.rules()})

    def test_claims(self):
        self.assertEqual([c for c, v in self.claims().items() if v != "supported"],
                         ["Dana deleted the cronjob metrics-sync"])


class LedgerAsTable(Made):
    """The log as a person takes it from the console: a table. What turns out to belong to
    the incident at the end is read from its rows once more."""
    make = made_cases.ledger

    @classmethod
    def change(cls, package):
        log = package / "audit-export-000000"
        records = [line.split(" ", 1)[1] for line in log.read_text().splitlines()]
        log.unlink()
        cls.put(package, records)

    @classmethod
    def put(cls, package, records):
        (package / "logs-insights-results.csv").write_text(
            table(["@timestamp", "@message"], [["2026-01-01 00:00:00.000", r] for r in records]))

    def test_the_stolen_accounts_work(self):
        db = sqlite3.connect(self.out / "case.db")
        seen = set(db.execute("SELECT actor, action, object FROM event WHERE in_scope"))
        db.close()
        self.assertIn((self.case.bob, "create cronjobs", "billing/metrics-sync"), seen)


class LedgerInParts(LedgerAsTable):
    """From the output of the API server's pod, where the runtime cut the lines."""

    @classmethod
    def put(cls, package, records):
        (package / "apiserver.log").write_text(
            "".join(in_parts(r, i % 1000) for i, r in enumerate(records)))


class Agent(Made):
    make = made_cases.agent

    def test_the_account_in_short(self):
        """Each act once, in its own word; nothing of seals where the package has none."""
        short = [one["text"] for one in self.documents["story"]["summary"]]
        [ended] = [text for text in short if "was ended" in text]
        self.assertIn("carol@ops.example evicted pod monitoring/node-agent-x7k2p", ended)
        [acts] = [text for text in short if text.startswith("Through the API")]
        self.assertEqual(acts.count("read secret vault/root"), 1)
        self.assertNotIn("unlisted", (self.out / "summary.md").read_text().split("## Findings")[0])

    def test_scope(self):
        self.assertEqual(self.documents["scope"]["owner_kind"], "DaemonSet")
        self.assertEqual(self.identities(), {self.case.token, self.case.deployer})

    def test_patient_zero_is_the_request_in_the_log(self):
        zero = self.documents["patient_zero"]
        self.near(zero["time"], self.case.start)
        self.assertIn("jndi", zero["log_line"]["message"])

    def test_every_step_is_found(self):
        rules = self.rules()
        for rule, subject in (("kube.secrets-read", "all namespaces"),
                              ("kube.secrets-read", "vault/root"),
                              ("kube.rights-changed", "ci-view"),
                              ("audit_node_proxy_command", "aks-pool-1"),
                              ("audit_token_requested", "ci/deployer"),
                              ("kube.host-access", "node-agent-x7k2p")):
            self.assertIn((rule, subject), rules)
        self.assertTrue(self.documents["exposure"]["node"]["kubelet_by_proxy"])

    def test_a_policy_that_selects_nothing_isolates_nothing(self):
        for moment in self.documents["containment"]["isolation"]:
            self.assertFalse(moment["ingress"]["isolated"] or moment["egress"]["isolated"])
        self.assertNotIn("isolated", self.documents["containment"])
        self.assertIn(("kube.not-isolated", "node-agent-x7k2p"), self.rules())
        self.near(self.documents["containment"]["contained"], self.case.start + 460)

    def test_evicted_before_it_was_captured(self):
        self.assertIn(("kube.evidence-destroyed", "monitoring/node-agent-x7k2p"), self.rules())

    def test_went_on_afterwards(self):
        after = self.documents["containment"]["after"]["requests"]
        self.assertEqual([(r["user"], r["object"]) for r in after],
                         [(self.case.deployer, "vault/root")])
        self.assertEqual(self.remains(), {("create clusterrolebindings", "ci-view"): True})

    def test_exposure(self):
        secrets = self.secrets()
        self.assertTrue(secrets["secret", "vault", "root"]["read"])
        self.assertIn(("value", "monitoring", "API_KEY"), secrets)
        self.assertIn(("service-account-token", "ci", "deployer"), secrets)
        text = "".join(p.read_text(errors="replace") for p in self.out.glob("*.json"))
        self.assertNotIn("AKIAIOSFODNN7EXAMPLE", text)

    def test_claims_of_a_text(self):
        claims = self.claims()
        self.assertEqual(len(claims), 5)
        self.assertEqual({c for c, v in claims.items() if v != "supported"},
                         {"carol rotated the secret root in vault"})


class Debugging(Made):
    make = made_cases.debugging

    def test_nothing_is_called_an_intrusion(self):
        zero = self.documents["patient_zero"]
        self.assertIs(zero["intrusion_shown"], False)
        self.near(zero["time"], self.case.start + 0.8)
        rules = {rule for rule, _ in self.rules("kube.")}
        self.assertIn("kube.first-unusual", rules)
        self.assertFalse({"kube.patient-zero", "kube.not-rotated", "kube.not-isolated",
                          "kube.evidence-destroyed"} & rules)

    def test_whose_session_it_was(self):
        self.assertEqual(self.documents["patient_zero"]["entered_by"]["user"], self.case.dev)
        short = " ".join(one["text"] for one in self.documents["story"]["summary"])
        self.assertIn("Nothing in the evidence shows an intrusion", short)
        self.assertIn(self.case.dev, short)
        self.assertNotIn("first sign of the intrusion", short)
        questions = " ".join(one["question"] for one in self.documents["story"]["open_questions"])
        self.assertIn("work of the person", questions)
        self.assertNotIn("attacker", questions)

    def test_what_was_not_decided_comes_last(self):
        """The pods of a deployment that was changed are not in a log without bodies."""
        open_ones = [f.get("not_decidable", False) for f in self.documents["findings"]["findings"]]
        self.assertIn(True, open_ones)
        self.assertEqual(open_ones, sorted(open_ones))
        self.assertFalse(open_ones[0])
        self.assertNotIn("not decidable", self.terminal)

    def test_the_terminal_says_whom_to_ask(self):
        self.assertIn(f"ask {self.case.dev} whether it was their work", self.terminal)
        self.assertNotIn("rotate secret", self.terminal)


class DebuggingByAContainer(Made):
    """`kubectl debug`: a container is put into the pod, which nobody attaches to through exec."""
    @staticmethod
    def make():
        return made_cases.debugging(session=("patch", "pods/ephemeralcontainers", 200))

    def test_whose_session_it_was(self):
        zero = self.documents["patient_zero"]
        self.assertIs(zero["intrusion_shown"], False)
        self.assertEqual(zero["entered_by"]["user"], self.case.dev)


class DebuggingWithAStolenToken(Made):
    @staticmethod
    def make():
        return made_cases.debugging(stolen=True)

    def test_work_does_not_explain_it(self):
        zero = self.documents["patient_zero"]
        self.assertIs(zero["intrusion_shown"], True)
        self.assertEqual(zero["entered_by"]["user"], self.case.dev)
        rules = {rule for rule, _ in self.rules("kube.")}
        self.assertIn("kube.patient-zero", rules)
        self.assertIn("kube.not-rotated", rules)
        self.assertNotIn("kube.first-unusual", rules)


class Miner(Made):
    make = made_cases.miner

    def test_the_first_sign_is_what_the_stolen_account_did_first(self):
        zero = self.documents["patient_zero"]
        self.near(zero["time"], self.case.start)
        self.assertEqual(zero["request"]["user"], self.case.dev)
        self.assertIn(("kube.patient-zero-account", "cache-7d9f-p0"), self.rules())
        self.assertIn(("kube.account-at-new-place", self.case.dev), self.rules())

    def test_the_pod_is_traced_to_the_person_and_to_the_address(self):
        [dev] = [i for i in self.documents["scope"]["identities"] if i["what"] == self.case.dev]
        self.assertEqual(dev["only_from"], "203.0.113.200")
        short = " ".join(one["text"] for one in self.documents["story"]["summary"])
        self.assertIn("created deployment web/cache", short)
        self.assertIn("listed secrets of namespace web", short)

    def test_the_owners_own_work_is_not_the_attackers(self):
        remains = {r["object"] for r in self.documents["containment"]["remains"]}
        self.assertEqual(remains, {"web/cache"})
        self.assertNotIn("kube.acted-after-containment", {rule for rule, _ in self.rules()})

    def test_who_ended_it(self):
        self.assertIn(("delete", "web/cache", self.case.lead), self.acts())
        [deletion] = [o for o in self.documents["containment"]["order"]
                      if o["rule"] == "capture before the pod is destroyed"]
        self.near(deletion["second"], self.case.start + 900)
        self.near(self.documents["containment"]["contained"], self.case.start + 900)


class Disguise(Made):
    make = made_cases.disguise

    def test_the_user_of_the_certificate_is_the_attackers(self):
        self.assertIn(self.case.backdoor, self.identities())
        self.assertIn(("kube.secrets-read", "billing/card"), self.rules())

    def test_who_was_impersonated_did_her_own_work(self):
        self.assertIn(self.case.alice, self.identities())
        remains = {r["object"] for r in self.documents["containment"]["remains"]}
        self.assertIn("shop/web", remains)
        self.assertNotIn("billing/pay", remains)

    def test_an_account_that_was_got_at_goes_on_with_its_own_work(self):
        self.assertIn("system:serviceaccount:shop:metrics", self.identities())
        remains = {r["object"] for r in self.documents["containment"]["remains"]}
        self.assertIn("shop/hidden", remains)
        self.assertNotIn("shop/metrics", remains)


class Takeover(Made):
    """Only an audit log: no pod to begin from."""
    make = made_cases.takeover

    def test_who_and_since_when(self):
        zero = self.documents["patient_zero"]
        self.near(zero["time"], self.case.start)
        self.assertIn(("kube.account-at-new-place", self.case.admin), self.rules())
        self.assertIn(("kube.patient-zero-account", self.case.admin), self.rules())
        self.assertIn(("kube.host-pod", "kube-system/node-helper"), self.rules())

    def test_what_was_done_from_there_is_told_and_nothing_else(self):
        with sqlite3.connect(self.out / "case.db") as db:
            scope = [row[0] for row in db.execute(
                "SELECT action FROM event WHERE in_scope AND source = 'audit' ORDER BY time")]
        self.assertEqual(scope, ["list namespaces", "list secrets", "create daemonsets"])


class MinerInWords(Made):
    """What `kubectl describe pod` says stands in for the manifest."""
    make = made_cases.miner

    @classmethod
    def change(cls, package):
        (package / "pod.json").unlink()
        (package / "describe.txt").write_text(f"""Name:             cache-7d9f-p0
Namespace:        web
Priority:         0
Service Account:  default
Node:             n1/10.0.3.20
Start Time:       Tue, 01 Sep 2026 10:27:41 +0000
Labels:           app=cache
Annotations:      <none>
Status:           Running
IP:               10.244.9.9
Controlled By:    ReplicaSet/cache-7d9f
Containers:
  c:
    Container ID:  containerd://{'aa' * 32}
    Image:         docker.io/evil/xmrig:6
    Image ID:      <none>
    State:         Running
      Started:     Tue, 01 Sep 2026 10:27:45 +0000
    Environment Variables from:
      cache-env  Secret     Optional: false
      cache-conf ConfigMap  Optional: false
    Environment:
      WALLET:  <set to the key 'wallet' in secret 'pool'>  Optional: false
      DEBUG:   no
    Mounts:
      /var/run/secrets/kubernetes.io/serviceaccount from kube-api-access-x (ro)
Conditions:
  Type    Status
  Ready   True
Volumes:
  tls:
    Type:        Secret (a volume populated by a Secret)
    SecretName:  cache-tls
    Optional:    false
  kube-api-access-x:
    Type:                    Projected (a volume that contains injected data)
    TokenExpirationSeconds:  3607
    ConfigMapName:           kube-root-ca.crt
    ConfigMapOptional:       <nil>
""")

    def test_the_pod_is_found(self):
        scope = self.documents["scope"]
        self.assertEqual((scope["namespace"], scope["pod"], scope["node"],
                          scope["service_account"], scope["owner_kind"], scope["owner_name"]),
                         ("web", "cache-7d9f-p0", "n1", "system:serviceaccount:web:default",
                          "ReplicaSet", "cache-7d9f"))
        [container] = scope["containers"]
        self.assertEqual((container["name"], container["id"], container["image"]),
                         ("c", "aa" * 32, "docker.io/evil/xmrig:6"))
        self.assertIn(self.case.dev, self.identities())

    def test_what_it_could_read(self):
        exposed = {(kind, name) for (kind, namespace, name) in self.secrets()
                   if namespace == "web"}
        self.assertEqual(exposed, {("secret", "cache-env"), ("secret", "pool"),
                                   ("secret", "cache-tls"), ("configmap", "cache-conf"),
                                   ("configmap", "kube-root-ca.crt"),
                                   ("service-account-token", "default")})

    def test_a_policy_of_the_plugin_is_an_act_whose_effect_is_not_claimed(self):
        self.assertIn(("network-policy", "web/lock", self.case.lead), self.acts())
        [told] = [f for f in self.documents["findings"]["findings"]
                  if f["rule"] == "kube.not-isolated"]
        self.assertIs(told["not_decidable"], True)
        [policy] = self.documents["containment"]["plugin_policies"]
        self.assertEqual((policy["kind"], policy["selects_the_pod"], policy["effect"]),
                         ("CiliumNetworkPolicy", "not decidable", "not decidable"))


class MinerOfTheOwner(Made):
    """The account's own place and client: nothing says that somebody else held it."""
    @staticmethod
    def make():
        return made_cases.miner(moved=False)

    def test_nobody_is_accused(self):
        self.assertNotIn(self.case.dev, self.identities())
        self.assertNotIn("kube.account-at-new-place", {rule for rule, _ in self.rules()})
        zero = self.documents["patient_zero"]
        self.near(zero["time"], self.case.start + 70)


del Made

if __name__ == "__main__":
    unittest.main()
