"""A pod of a stateful set comes back under its name, a pod comes to the node while the API
server's log has a gap, and a timeline is in the time of Brasília."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made_cases import KCM, Case, account, lines  # noqa: E402
from made_responses import INSIDE  # noqa: E402
from test_kube_reach import STOLEN, WEB, Reach, shop  # noqa: E402

SETS = account("kube-system", "statefulset-controller")


def journal(at, what, *pods):
    seconds = 1789725600 + at  # 2026-09-18T10:00:00Z
    names = ",".join(f'"{p}"' for p in pods)
    return {"__REALTIME_TIMESTAMP": str(seconds * 10**6), "_HOSTNAME": "n1",
            "SYSLOG_IDENTIFIER": "k3s", "_SYSTEMD_UNIT": "k3s.service", "MESSAGE":
            f'I0918 0{7 + at // 3600}:{at // 60 % 60:02d}:{at % 60:02d}.000000     812 '
            f'kubelet.go:2425] "SyncLoop {what}" source="api" pods=[{names}]'}


class Again(Reach):
    told = None

    def setUp(self):
        c = Case("again", "2026-09-18")
        own = {"authentication.kubernetes.io/pod-name": ["web-0"]}
        c.request(0, WEB, "get", "configmaps shop/web", agent="web/1.0", source="10.8.2.9",
                  groups=INSIDE, extra=own)
        c.request(600, WEB, "list", "secrets shop/", **STOLEN)
        c.request(660, WEB, "create", "pods shop/", 403, **STOLEN)
        c.request(4000, "bia", "delete", "pods shop/web-0")
        c.request(4030, SETS, "create", "pods shop/web-0", 201, agent=KCM)
        c.request(4100, "bia", "create", "secrets shop/ca", 201)
        c.request(4500, SETS, "list", "pods", agent=KCM)
        log = "".join(f"{c.time(5 + 60 * i, 9)} stdout F GET / 200\n" for i in range(40))
        node = [journal(1800, "ADD", "shop/node-shell"), journal(1900, "ADD", "shop/a", "shop/b"),
                journal(2000, "DELETE", "shop/node-shell"), journal(4031, "ADD", "shop/web-0")]
        text = ("# Linha do tempo, 18/09/2026 (horário de Brasília)\n\n"
                "- 07:10 Conta de serviço web listou os segredos do namespace shop\n"
                "- 07:30 Nenhum outro pod foi criado\n- 08:06 Pod web-0 apagado por bia\n"
                "- 08:08 Segredo ca substituído\n")
        name = "notes.md" if self.told else "linha_do_tempo.md"
        text = self.told or text
        self.analyze({"pod.json": json.dumps(shop(c)), "audit.log": lines(c.records()),
                      "web-0.log": log, "journal.json": lines(node), name: text})

    def test_a_pod_that_no_request_made(self):
        self.assertEqual([(f["subject"], f["time"][11:19])
                          for f in self.found("kube.pod-without-request")],
                         [("shop/node-shell", "10:30:00")])

    def test_the_later_pod_of_the_name_bounds_no_clock(self):
        said = json.dumps(self.documents["clocks"]) + json.dumps(self.documents["story"])
        self.assertNotIn("differ by at least", said)
        self.assertNotIn("at_least_seconds", said)

    def test_claims_in_the_time_of_brasilia(self):
        """That no other pod was created, the kubelet denies: it took node-shell in."""
        self.assertEqual([(x["time"][11:16], x["verdict"])
                          for x in self.documents["claims"]["claims"]],
                         [("10:10", "supported"), ("10:30", "contradicted"), ("11:06", "supported"),
                          ("11:08", "supported")])

    def test_a_local_time_without_its_zone_is_not_false(self):
        self.told = "# Incident timeline\n\n" \
                    "- 2026-09-18 07:10 web listed the secrets of namespace shop\n" \
                    "- 2026-09-18 07:37 web listed the secrets of namespace shop\n"
        self.setUp()
        self.assertEqual([x["verdict"] for x in self.documents["claims"]["claims"]],
                         ["neither", "contradicted"])

    def test_what_has_no_name_yet_is_in_its_namespace(self):
        self.assertIn("tried to create pod in namespace shop", json.dumps(self.documents["story"]))


if __name__ == "__main__":
    unittest.main()
