"""Timelines as people write them, over the real case of corpus/packages/inventory: each claim is
true or false by corpus/packages/inventory's own truth, which is written beside it here."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

EXHIBIT = os.path.abspath(os.environ.get("EXHIBIT", "build/exhibit"))
CASE = Path(__file__).resolve().parents[2] / "corpus/packages/inventory"

# Name of the file, text, and of each claim in the order of the text: s(upported),
# c(ontradicted), n(either).
TIMELINES = {
    "md": ("incident-notes.md", """# Incident notes inventory

All times UTC, written by the on-call responder.

## Monday, 23 November 2026

- 09:45:32 - command injection in the report endpoint
- 09:45:33 reverse shell opened by the attacker
- **09:45** attacker listed secrets in all namespaces
- 9:45:35 am: attacker read secret payments/stripe
- 9:45:36 AM attacker tried to create a clusterrolebinding and was denied
- 9:45:36 AM attacker created a cluster role binding evil-admin
- 09:45:37 clusterrole inventory-reader was changed by the attacker
- 09:45:38 attacker executed a command in pod pay-0
- 09:45:39 attacker created pod kube-proxy-gw in kube-system
- 09:45:39 alice created pod kube-proxy-gw in kube-system
- 09:45:40 service account metrics-agent created
- 09:45:41 metrics-agent bound to cluster-admin
- 09:45:51 alice labelled the pod quarantine=true
- 09:45:52 networkpolicy quarantine created by alice
- 09:45:53 alice cordoned worker-2
- 09:45:53 attacker cordoned worker-2
- 09:45:54 checkpoint of the container taken
- 09:45:55 alice deleted pod kube-proxy-gw
- 09:45:55 the attacker deleted pod kube-proxy-gw
- 09:45:56 secret inventory-db rotated
- 09:45:56 clusterrolebinding metrics-agent deleted
- 09:45:50 no secret was read by the attacker
- 09:45:55 secret payments/stripe rotated
- 09:45:30 attacker read secret inventory-db

## Tuesday, 24 November 2026

- 10:00 Pod kube-proxy-gw deleted
- 10:05 report handed over to legal
""", "ssssscscscssssscsscssccscn"),
    "us": ("timeline.csv", """Date,Time,Who,What
11/23/2026,9:45:32 AM,IR,Command injection against report endpoint
11/23/2026,9:45:34 AM,IR,inventory-api listed secrets cluster-wide
11/23/2026,9:45:36 AM,IR,"Creation of a clusterrolebinding by inventory-api was forbidden (403)"
11/23/2026,9:45:53 AM,alice,cordoned node worker-2
11/23/2026,10:45:53 AM,alice,cordoned node worker-2
""", "ssssc"),
    "de": ("zeitleiste.csv", """Zeit;Wer;Was
23.11.2026 10:45:34;IR;Angreifer hat Secrets aufgelistet
23.11.2026 10:45:40;IR;ServiceAccount metrics-agent angelegt
23.11.2026 10:45:53;alice;Knoten worker-2 gesperrt
23.11.2026 10:45:56;alice;ClusterRoleBinding metrics-agent gelöscht
23.11.2026 10:15:00;alice;Knoten worker-2 gelöscht
# alle Zeiten in MEZ
""", "ssssc"),
    "tabs": ("timeline.tsv", """When (UTC)\tWho\tWhat
2026-11-23 09:45:35\tattacker\tread secret stripe in payments
2026-11-23 09:45:37\tattacker\tescalated clusterrole inventory-reader
2026-11-23 09:45:52\talice\tNetworkPolicy quarantine applied
2026-11-23 09:45:52\tattacker\tNetworkPolicy quarantine deleted
""", "sssc"),
    "rel": ("timeline.txt", """Incident timeline
T+0 = 2026-11-23 09:45:32 UTC (first exploit)

T+0 command injection
T+1s reverse shell
T+2s attacker listed secrets
T+8s attacker created service account metrics-agent
T+20s alice labelled the pod
T+5m attacker deleted the pod kube-proxy-gw
T-10m attacker created service account metrics-agent
""", "sssssscc"),
    "iana": ("timeline.md", """# Timeline
Timezone: Europe/Berlin

* 2026-11-23 10:45:34 attacker listed secrets
* 2026-11-23 04:45:53 America/New_York alice cordoned worker-2
* 2026-11-23 15:15:40 Asia/Kolkata service account metrics-agent created
* 2026-11-23 15:15:40 IST service account metrics-agent created
""", "sss"),
    "iana2": ("timeline.csv", """Time (America/New_York),What
2026-11-23 04:45:34,attacker listed secrets
2026-11-23 04:45:53,alice cordoned worker-2
""", "ss"),
    "prose": ("incident-notes.txt", """Incident 2026-11-23, shift log (times: CET)

• 10:45:33 Mallory's shell came up: reverse shell to 127.0.0.1:4444
• At 10:45:36 the attacker downloaded /tmp/.cache-x with wget
• around 10:45 the service account inventory-api read the secret stripe
• 10:45:36: creating a cluster role binding was refused for inventory-api
• 10:45:36: creating a cluster role binding was refused for alice
• 10:45:39 privileged pod kube-proxy-gw started in kube-system by the attacker
• 10:45:40 metrics-agent got cluster-admin (clusterrolebinding metrics-agent created)
• 10:45:51 - 10:45:53 Alice labelled the pod and applied the network policy quarantine
• 10:45:53 Bob cordoned node worker-2
• 10:45:54 We took a checkpoint
• 10:45:55 kube-proxy-gw pod deleted by alice
• 10:45:56 alice rotated secret inventory-db
• 10:45:56 inventory-api rotated secret inventory-db
• 10:45:57 alice removed the clusterrolebinding metrics-agent
• 10:45:56 alice removed the clusterrolebinding cluster-admin
• 10:50 nothing further by the attacker
• 10:40 attacker listed secrets
• 10:45:45 attacker deleted the deployment inventory-api
• 10:45:41 attacker accessed the host through /var/run/docker.sock
• 10:45:47 attacker cleared logs in /var/log/inventory
• 10:45:42 attacker added a cron job /etc/cron.d/update
• 10:45:59 alice drained worker-2
""", "sssscssssssscscnccnsss"),
    "us12": ("timeline.csv", """Date;Time;TZ;Event
Nov 23, 2026;4:45:34 a.m.;America/New_York;attacker listed secrets
11/23/2026;4:45 AM;EST;attacker read secret stripe
23rd of November 2026;9:45:53 am;UTC;alice cordoned worker-2
2026/11/23;01:45:52 AM;PST;networkpolicy quarantine created by alice
11/23/2026;9:45 PM;UTC;alice cordoned worker-2
""", "ssssc"),
    "title": ("case.md", """# Timeline for the inventory case

| Zeit (Europe/Berlin) | Wer | Was |
|---|---|---|
| 23.11.2026 10:45:34 | Angreifer | Secrets aufgelistet |
| 23.11.2026, 10.45 Uhr | alice | Knoten worker-2 gesperrt |
| 23. November 2026 10:45:56 Uhr | alice | Secret inventory-db rotiert |
| 23.11.2026 11:45:56 | alice | Secret inventory-db rotiert |
""", "sssc"),
    "order": ("incident-notes.md", """# Notes, all times UTC, 2026-11-23
- 09:45:35 After the reverse shell was opened, the attacker read secret payments/stripe
- 09:45:55 Before isolation the attacker deleted pod kube-proxy-gw
- 09:45:55 Before isolation alice deleted pod kube-proxy-gw
- 09:45:55 alice deleted pod kube-proxy-gw after networkpolicy quarantine was created
- 09:45:53 alice cordoned worker-2 before she labelled the pod
- 09:45:53 alice cordoned worker-2 after she labelled the pod
- 09:45:53 alice cordoned worker-2 and labelled the pod
- 09:45:40 service account metrics-agent created before 10:00
""", "sccscsss"),
    "fr": ("chronologie.txt", """Chronologie de l'incident du 23 novembre 2026 (heures UTC)
- 9h45 : l'attaquant a lu le secret payments/stripe
- 9h45 : alice a supprimé le pod kube-proxy-gw
- 9h45 : l'attaquant a supprimé le pod kube-proxy-gw
""", "ssc"),
}


class Timelines(unittest.TestCase):
    def verdicts(self, name, text):
        with tempfile.TemporaryDirectory() as folder:
            package, out = Path(folder) / "package", Path(folder) / "out"
            package.mkdir()
            for item in CASE.iterdir():
                if not item.name.startswith(("manifest", "timeline", "retention", "rbac")):
                    shutil.copyfile(item, package / item.name)
            (package / name).write_text(text, encoding="utf-8")
            done = subprocess.run([EXHIBIT, "analyze", package, "-o", out, "--quiet"],
                                  capture_output=True, text=True, check=False)
            self.assertIn(done.returncode, (0, 1), done.stderr)
            claims = json.loads((out / "claims.json").read_text())["claims"]
            return sorted(claims, key=lambda c: c["spans"][0]["offset"])

    def test_each_claim(self):
        for which, (name, text, want) in TIMELINES.items():
            claims = self.verdicts(name, text)
            told = "".join(c["verdict"][0] for c in claims)
            wrong = [(w, c["verdict"], c["claim"], c["why"]) for w, c in zip(want, claims)
                     if c["verdict"][0] != w]
            with self.subTest(which):
                self.assertEqual((told, wrong), (want, []))


if __name__ == "__main__":
    unittest.main()
