"""Containment, exposure, rights and claims where the responders' work is hard to read, against
the truth of made_responses.py."""
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import made_responses  # noqa: E402
from kube_case import Made  # noqa: E402


class Response(Made):
    def containment(self):
        return self.documents["containment"]

    def moments(self):
        """(from, labels, policies, ingress closed, egress closed)"""
        return [(m["from"][11:16] if m["from"] else None, set(m["labels"].items()),
                 m["policies"],
                 m["ingress"]["state"].startswith("closed: "),
                 m["egress"]["state"].startswith("closed: "))
                for m in self.containment()["isolation"]]

    def may(self, identity):
        (one,) = [i for i in self.documents["exposure"]["reach"]["identities"]
                  if i["identity"] == identity]
        return {(c["may"], c["where"]): c for c in one["capabilities"]}, one

    def judged(self):
        return {c["claim"]: (c["verdict"], c["why"]) for c in self.documents["claims"]["claims"]}


class Kubelet(Response):
    make = made_responses.kubelet

    def test_labels_and_policies_at_each_moment(self):
        app, held = {("app", "scraper")}, {("app", "scraper"), ("ir", "hold")}
        self.assertEqual([m[1:] for m in self.moments()], [
            (app, [], False, False), (held, [], False, False),
            (held, ["ir-hold"], True, False), (held, ["ir-hold"], True, True)])
        self.assertEqual([m[0] for m in self.moments()[1:]], ["13:30", "13:31", "13:33"])
        self.assertEqual(self.containment()["isolation"][-1]["until"][11:16], "13:40")
        self.assertEqual(self.containment()["contained"][11:16], "13:33")

    def test_a_dry_run_is_no_act(self):
        self.assertNotIn("13:32", {a["time"][11:16] for a in self.containment()["actions"]})

    def test_the_hole_is_named(self):
        paths = {p["to"]: p["allowed"]
                 for p in self.containment()["isolation"][2]["egress"]["paths"]}
        self.assertEqual(paths, {"kube-system/kube-dns:53": True, "169.254.169.254:80": False})

    def test_a_binding_from_before_the_log_is_taken_away(self):
        self.assertIn(("revoke", "scraper", "ivan@corp.example"), self.acts())
        may, _ = self.may("system:serviceaccount:telemetry:scraper")
        grant = may["reach kubelets through the API server", "the whole cluster"]
        self.assertFalse(grant["at_the_end"])
        self.assertEqual(grant["until"][11:16], "13:42")

    def test_an_account_used_from_the_pods_own_address_is_stolen(self):
        self.assertIn("system:serviceaccount:kube-system:etcd-backup", self.identities())
        first = self.documents["exposure"]["secrets"][0]
        self.assertEqual((first["name"], first["why"]),
                         ("etcd-backup", "seen in use by the attacker"))
        self.assertTrue(self.documents["exposure"]["cluster"]["etcd"]["lost"].startswith("yes"))
        self.assertEqual(
            self.documents["exposure"]["cluster"]["certificate_authorities"]["lost"],
            "not decidable")

    def test_a_role_that_kubernetes_brings(self):
        may, _ = self.may("system:serviceaccount:kube-system:etcd-backup")
        self.assertIn("assumed", may["everything", "the whole cluster"])

    def test_the_pods_token_ends_with_the_pod(self):
        token = self.secrets()["service-account-token", "telemetry", "scraper"]
        self.assertTrue(token["rotation"]["seen"])
        self.assertEqual(token["rotation"]["by"]["action"], "create pods/eviction")

    def test_claims(self):
        judged = self.judged()
        self.assertEqual(
            judged["Ivan applied the network policy ir-hold; the pod was isolated"],
            ("contradicted", ["the network policies left egress open then"]))
        self.assertEqual([v for v, _ in judged.values()],
                         ["supported", "contradicted", "supported", "neither"])
        self.assertEqual(judged["Ivan captured a checkpoint of the pod"][1],
                         ["the package holds no checkpoint"])


class KubeletBackwards(Kubelet):
    """As the lines of an export to object storage come: in no order."""

    @classmethod
    def change(cls, package):
        log = package / "audit.log"
        log.write_text("".join(reversed(log.read_text().splitlines(keepends=True))))


class Store(Response):
    make = made_responses.store

    def test_everything_the_pod_could_read(self):
        secrets = self.secrets()
        for kind, namespace, name in (
                ("external-secret", "shop", "prod/db"), ("external-secret", "shop", "prod/stripe"),
                ("secret", "shop", "store-more"), ("secret", "storage", "storage-cred"),
                ("pod-certificate", "shop", "corp.example/internal"),
                ("cloud-identity", "shop", "arn:aws:iam::111122223333:role/store")):
            self.assertIn((kind, namespace, name), secrets)
        token = secrets["service-account-token", "shop", "store"]
        self.assertIn("another service", token["why"])

    def test_a_label_is_no_rotation(self):
        secrets = self.secrets()
        self.assertFalse(secrets["secret", "shop", "store-synced"]["rotation"]["seen"])
        written = secrets["secret", "settle", "ledger-db"]["rotation"]
        self.assertTrue(written["seen"])
        self.assertIn("does not tell", written["how_sure"])

    def test_the_made_pods_token_ends_with_it(self):
        token = self.secrets()["service-account-token", "settle", "settler"]
        self.assertEqual(token["why"], "seen in use by the attacker")
        self.assertEqual(token["rotation"]["by"]["object"], "settle/audit-helper")

    def test_policies_that_miss(self):
        notes = {a["object"]: a.get("note") for a in self.containment()["actions"]}
        self.assertIn("in another namespace", notes["settle/q"])
        self.assertEqual({(p["selects_the_pod"], p["effect"])
                          for p in self.containment()["plugin_policies"]},
                         {("yes", "leaves ingress open; closes egress, 1 rule denies")})
        # Cilium adds them up: default-deny closes ingress but for team edge, hold all egress.
        before, held = self.containment()["isolation"]
        self.assertEqual(before["egress"]["state"][:5], "open:")
        self.assertEqual((held["ingress"]["state"], held["egress"]["state"]),
                         ("closed but for the rules listed", "closed: nothing is allowed"))
        self.assertEqual(held["policies"], ["CiliumNetworkPolicy hold", "default-deny"])
        self.assertEqual(self.containment()["contained"][11:16], "08:30")

    def test_what_a_namespace_s_labels_would_tell(self):
        ingress = self.containment()["isolation"][-1]["ingress"]
        [pod] = [p for p in ingress["peers"] if p["kind"] == "pod"]
        self.assertEqual((pod["peer"], pod["undecided"], pod["why"]), (
            "settle/audit-helper", "every port",
            "the labels of its namespace are not in the evidence"))
        self.assertEqual(ingress["stays_open"], (
            "nothing that the evidence knows; not decidable (the labels of its namespace are "
            "not in the evidence): pod settle/audit-helper (every port)"))

    def test_rights(self):
        may, _ = self.may("system:serviceaccount:shop:store")
        (grant,) = may.values()
        self.assertEqual((grant["at_the_end"], grant["until"][11:16]), (False, "08:50"))
        may, one = self.may("system:serviceaccount:settle:settler")
        self.assertIn(("read secrets by name", "settle"), may)
        self.assertEqual(one["roles_not_in_the_package"], ["made-elsewhere"])

    def test_claims(self):
        self.assertEqual({c: v for c, (v, _) in self.judged().items()}, {
            "attacker | created pod audit-helper in settle": "supported",
            "rui | secret store-synced rotated": "contradicted",
            "rui | Cilium policy hold applied": "supported",
            "attacker | no further activity by the attacker": "contradicted"})


class Swapped(Response):
    make = made_responses.swapped
    options = ("--pod", "batch/render-6f7d8-aaaa1")

    def test_a_deleted_pod_that_comes_back_is_not_contained(self):
        (deleted,) = [a for a in self.containment()["actions"] if a["what"] == "delete-pod"]
        self.assertEqual(deleted["replaced_by"], "render-6f7d8-bbbb2")
        self.assertIn("which the attacker had written", deleted["note"])
        self.assertEqual(self.containment()["contained"][11:16], "02:40")

    def test_what_the_policy_lets_through(self):
        self.assertEqual([m[2] for m in self.moments()], [[], [], ["stop"]])
        last = self.containment()["isolation"][-1]
        self.assertFalse(last["ingress"]["isolated"])
        self.assertEqual({p["to"]: p["allowed"] for p in last["egress"]["paths"]}, {
            "kube-system/kube-dns:53": False, "169.254.169.254:80": True,
            "198.51.100.9:3333": False})

    def test_claims(self):
        judged = self.judged()
        self.assertEqual(judged["Olga created the network policy stop, the pod was isolated"],
                         ("contradicted", ["no network policy selected the pod then"]))
        self.assertEqual([v for v, _ in judged.values()],
                         ["supported", "contradicted", "supported"])


class Insider(Response):
    make = made_responses.insider

    def test_who(self):
        self.assertIn("kim", self.identities())
        self.assertNotIn("lee", self.identities())
        self.assertIn(("kube.insider", "kim"), self.rules())

    def test_the_policy_that_was_deleted_and_made_anew(self):
        self.assertEqual([m[2:] for m in self.moments()], [
            ([], False, False), (["deny-all"], True, True), ([], False, False),
            (["deny-all"], True, True)])
        self.assertEqual(self.containment()["contained"][11:16], "22:45")
        self.assertEqual([r["action"] for r in self.containment()["after"]["requests"]],
                         ["list secrets"])

    def test_exposure(self):
        first = self.documents["exposure"]["secrets"][0]
        self.assertEqual((first["kind"], first["name"]), ("user-credential", "kim"))
        may, _ = self.may("kim")
        self.assertIn("system:masters", may["everything", "the whole cluster"]["binding_kind"])
        cluster = self.documents["exposure"]["cluster"]
        self.assertEqual(cluster["client_certificates"]["lost"], "yes")
        self.assertTrue(cluster["etcd"]["lost"].startswith("yes"))

    def test_what_the_log_leaves_out(self):
        rules = self.documents["coverage"]["audit_policy"]
        self.assertEqual([(r["level"], r["what"]) for r in rules],
                         [("None", "configmaps"), ("Metadata", "everything")])
        judged = self.judged()
        self.assertEqual(judged["kim deleted the configmap payroll-settings"][0], "neither")
        self.assertEqual(judged["lee deleted the clusterrolebinding kim-admin"][0],
                         "contradicted")
        self.assertEqual(judged["kim が payroll-0 に exec した"][0], "supported")


class Described(Response):
    make = made_responses.described

    def test_labels_of_the_description(self):
        labels = {("app", "web"), ("tier", "front")}
        self.assertEqual(self.moments(), [(None, labels, [], False, False),
                                          ("09:30", labels, ["q"], False, True)])
        self.assertEqual(self.containment()["isolation"][-1]["until"][11:16], "09:40")

    def test_the_pod_went_with_its_namespace(self):
        self.assertEqual(self.containment()["contained"][11:16], "09:40")

    def test_claims(self):
        judged = self.judged()
        self.assertEqual([v for v, _ in judged.values()],
                         ["contradicted", "supported", "supported"])
        self.assertEqual(list(judged.values())[0][1],
                         ["the network policies left ingress open then"])


del Made, Response

if __name__ == "__main__":
    unittest.main()
