"""Connections that alerts and a checkpoint show while policies hold: what the policies say of each."""
import json
import os
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from kube_case import Made  # noqa: E402
from made_checkpoint import make_processes, message, regular  # noqa: E402
from made_responses import NET, Day, clock, lines, objects, pod, policy  # noqa: E402

INETSK, ESTABLISHED, LISTEN, TCP = 4, 1, 10, 6
OWNER = message(f1=0, f2=0, f3=0, f4=0, f5=0)
OPTIONS = message(f1=0, f2=0, f3=0, f4=0, f5=0, f6=0)


def word(address):
    return int.from_bytes(bytes(int(part) for part in address.split(".")), "little")


def socket(id, state, local, port=0, peer="0.0.0.0"):
    return message(f1=INETSK, f2=id, f4=message(
        f1=id, f2=id, f3=2, f4=1, f5=TCP, f6=state, f7=local, f8=port, f9=2, f10=0,
        f11=[word("10.1.0.4")], f12=[word(peer)], f13=OWNER, f14=OPTIONS))


def held():
    c = Day("held", "2026-11-02")
    where, ann = "shop/api-0", "ann@corp.example"
    own = pod(c, where, {"serviceAccountName": "api", "nodeName": "n1", "containers": [
        {"name": "c", "image": "reg/api:1", "ports": [{"name": "http", "containerPort": 8080}]}]},
        "ab" * 32, {"app": "api"}, "StatefulSet/api", "10.1.0.4")
    c.files["api.yaml"] = json.dumps(own)
    db = pod(c, "shop/db-0", {"containers": [{"name": "c", "image": "reg/db:1", "ports": [
        {"name": "sql", "containerPort": 5432}]}]}, "cd" * 32, {"app": "db"}, "StatefulSet/db",
        "10.1.0.9")
    service = {"apiVersion": "v1", "kind": "Service",
               "metadata": {"name": "db", "namespace": "shop"},
               "spec": {"clusterIP": "10.96.0.7", "selector": {"app": "db"}, "ports": [
                   {"port": 3306, "targetPort": 5432}, {"port": 80, "targetPort": 8080}]}}
    c.files["objects.json"] = objects(
        service,
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {}}}, db)
    c.alert(clock(9, 0), "Run shell untrusted", where, "sh -c id", image="reg/api",
            container="ab" * 32)
    hold = policy("hold", "shop", {
        "podSelector": {"matchLabels": {"app": "api"}}, "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"team": "ir"}}}]}],
        "egress": [{"to": [{"podSelector": {"matchLabels": {"app": "db"}}}],
                    "ports": [{"port": 5432}]}]})
    c.request(clock(9, 30), ann, "create", "networkpolicies shop/hold", 201, group=NET, body=hold,
              answer=hold, source="192.0.2.4")
    for at, peer, port in ((clock(9, 10), "198.51.100.9", 3333),
                           (clock(9, 40), "198.51.100.9", 3333), (clock(9, 41), "10.1.0.9", 5432),
                           (clock(9, 42), "10.96.0.7", 3306), (clock(9, 43), "10.96.0.7", 80),
                           (clock(9, 44), "10.1.0.4", 8080)):
        c.alert(at, "Outbound connection", where, "nc", image="reg/api", container="ab" * 32,
                more={"fd.sip": peer, "fd.sport": port, "fd.l4proto": "tcp"})
    c.request(clock(9, 50), ann, "list", "nodes", source="192.0.2.4")
    c.files["audit.log"], c.files["falco.jsonl"] = lines(c.records()), lines(c.alerts())
    return c


class Seen(Made):
    make = staticmethod(held)
    options = ("--pod", "shop/api-0")

    @classmethod
    def change(cls, package):
        root = package / "dump"
        make_processes(root, {1: {"exe": 1, "comm": b"api", "argv": [b"api"], "fds": {
            3: (INETSK, 2), 4: (INETSK, 3), 5: (INETSK, 4)}}}, [
            regular(1, b"/app/api"), socket(2, LISTEN, 8080),
            socket(3, ESTABLISHED, 8080, 50000, "10.9.0.5"),
            socket(4, ESTABLISHED, 41000, 4444, "198.51.100.9")])
        at = 1793612400 + 5 * 60  # 2026-11-02T09:45:00Z
        os.utime(root / "checkpoint" / "inventory.img", (at, at))

    def connections(self):
        return {(c["time"][11:16], c["peer"]): c
                for c in self.documents["containment"]["connections"]}

    def test_what_the_policies_say_of_each(self):
        self.assertEqual({k: (c["direction"], c["seen_in"], c["policies"])
                          for k, c in self.connections().items()}, {
            ("09:40", "198.51.100.9:3333"): ("egress", "an alert", "held back"),
            ("09:41", "10.1.0.9:5432"): ("egress", "an alert", "let through"),
            # Through the service, to the port of the pods behind it.
            ("09:42", "10.96.0.7:3306"): ("egress", "an alert", "let through"),
            ("09:43", "10.96.0.7:80"): ("egress", "an alert", "held back"),
            ("09:45", "198.51.100.9:4444"): ("egress", "the checkpoint", "held back"),
            ("09:45", "10.9.0.5"): ("ingress", "the checkpoint", "not decidable")})

    def test_whose_they_are(self):
        seen = self.connections()
        self.assertEqual(seen["09:41", "10.1.0.9:5432"]["whose"], "shop/db-0")
        unknown = seen["09:45", "10.9.0.5"]
        self.assertEqual((unknown["own_port"], unknown["why"]),
                         (8080, "whose address it is is not in the evidence"))

    def test_what_is_held_back_and_seen_is_a_finding(self):
        found = [f for f in self.documents["findings"]["findings"]
                 if f["rule"] == "kube.connection-held-back"]
        self.assertEqual({f["arguments"]["peer"] for f in found},
                         {"198.51.100.9:3333", "198.51.100.9:4444", "10.96.0.7:80"})

    def test_the_one_line(self):
        last = self.documents["containment"]["isolation"][-1]
        self.assertEqual(last["egress"]["stays_open"], "pod shop/db-0 (TCP 5432)")
        self.assertEqual(last["ingress"]["stays_open"].split("{")[0],
                         "nothing that the evidence knows; NetworkPolicy hold lets through ")


if __name__ == "__main__":
    unittest.main()
