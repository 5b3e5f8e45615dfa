"""Random policies of every kind, against what network_truth.py says of each connection."""
import ipaddress
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from network_truth import (Maker, OUTSIDE, PROTOCOLS, Peer, VERDICTS,  # noqa: E402
                           objects)

EXHIBIT = os.path.abspath(os.environ.get("EXHIBIT", "build/exhibit"))
ROUNDS = int(os.environ.get("ROUNDS", "6"))
PORTS = (1, 52, 53, 54, 79, 80, 81, 442, 443, 444, 2053, 2054, 7999, 8000, 8080, 8081, 9000,
         9001, 9099, 9100, 9101, 10080, 10081, 20000, 65535)


def analysed(cluster, folder):
    package, out = Path(folder) / "package", Path(folder) / "out"
    package.mkdir(parents=True, exist_ok=True)
    (package / "cluster.json").write_text(json.dumps(cluster))
    done = subprocess.run([EXHIBIT, "analyze", package, "-o", out, "--pod", "alpha/pod-0"],
                          capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return json.loads((out / "containment.json").read_text())


def ports_in(text, protocol):
    """The ports of a protocol in "TCP 80, 443, 8000-8999; UDP 53"."""
    if text == "every port":
        return [(1, 65535)]
    found = []
    for part in filter(None, text.split("; ")):
        name, _, ranges = part.partition(" ")
        if name != protocol:
            continue
        for one in ranges.split(", "):
            low, _, high = one.partition("-")
            found.append((1, 65535) if one == "every port" else (int(low), int(high or low)))
    return found


def has_port(text, protocol, number):
    return any(low <= number <= high for low, high in ports_in(text, protocol))


def has_address(text, address):
    if text.startswith("every address but "):
        return not has_address(text[len("every address but "):], address)
    if text == "every address":
        return True
    for one in text.split(", "):
        version = re.fullmatch(r"every IPv([46]) address", one)
        if version:
            if int(version[1]) == address.version:
                return True
        elif "-" in one:
            low, high = (ipaddress.ip_address(a) for a in one.split("-"))
            if low.version == address.version and low <= address <= high:
                return True
        elif address in ipaddress.ip_network(one):
            return True
    return False


def with_less(cluster, rng):
    """The same cluster where less was recorded: no labels of some namespaces, no addresses, ports
    or accounts of some pods; the policies of some are but a name."""
    items = []
    for item in cluster["items"]:
        kind, name = item["kind"], item["metadata"]["name"]
        if kind == "Namespace" and rng.random() < 0.4:
            continue
        if kind == "Pod" and name != "pod-0" and rng.random() < 0.4:
            item = {**item, "status": {}}
        if kind == "Pod" and name != "pod-0" and rng.random() < 0.3:
            item = {**item, "spec": {}}
        if kind.endswith(("Policy", "NetworkSet", "CIDRGroup")) and rng.random() < 0.15:
            item = {k: v for k, v in item.items() if k not in ("spec", "specs")}
        items.append(item)
    return {**cluster, "items": items}


class Random(unittest.TestCase):
    family = "plain"
    less = False

    def told(self, state, peer):
        """(open, undecided) ports of a peer."""
        if "peers" not in state:
            return "every port", ""
        if peer.is_pod:
            [one] = [p for p in state["peers"] if p["kind"] == "pod"
                     and p["peer"] == f"{peer.namespace}/{peer.name}"]
        else:
            [one] = [a for a in state["addresses"] if "more ranges" in a["addresses"]
                     or has_address(a["addresses"], peer.address)] or [{}]
        return one.get("open", ""), one.get("undecided", "")

    def test_every_connection(self):
        compared = 0
        for seed in range(ROUNDS):
            maker = Maker(f"{self.family} {seed}")
            world = maker.world()
            policies = maker.policies(self.family)
            with tempfile.TemporaryDirectory() as folder:
                cluster = objects(world, policies)
                if self.less:
                    cluster = with_less(cluster, maker.rng)
                document = analysed(cluster, folder)
            moment = document["isolation"][-1]
            peers = world.pods[1:] + [Peer(a) for a in OUTSIDE]
            for direction in ("ingress", "egress"):
                for peer in peers:
                    if any("more ranges" in a["addresses"]
                           for a in moment[direction].get("addresses", [])) and not peer.is_pod:
                        continue
                    told, undecided = self.told(moment[direction], peer)
                    where = (f"seed {seed}, {direction}, {peer.namespace}/{peer.name} "
                             f"{peer.address}: {told!r}")
                    if not self.less:
                        self.assertEqual(undecided, "", where)
                    for protocol in PROTOCOLS:
                        for number in PORTS:
                            truth = VERDICTS[self.family](world, policies, direction, peer,
                                                          protocol, number)
                            if has_port(undecided, protocol, number):
                                continue
                            compared += 1
                            self.assertEqual(has_port(told, protocol, number), truth,
                                             f"{where}, {protocol} {number}")
        self.assertGreater(compared, (300 if self.less else 1000) * ROUNDS)


class RandomAdmin(Random):
    family = "admin"


class RandomCilium(Random):
    family = "cilium"


class RandomCalico(Random):
    family = "calico"


class LessKnown(Random):
    """What is told for sure must still be so; the rest may be told as not decidable."""
    less = True


class LessKnownAdmin(RandomAdmin):
    less = True


class LessKnownCilium(RandomCilium):
    less = True


class LessKnownCalico(RandomCalico):
    less = True


SIG, CALICO = "policy.networking.k8s.io/", "projectcalico.org/v3"


def made(api, kind, name, spec, namespace=None):
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec}


class Fixed(unittest.TestCase):
    """One pod, alpha/pod-0 with the label app=web."""

    def containment(self, *items, spec=None, namespace=True, addresses=None):
        own = {"apiVersion": "v1", "kind": "Pod",
               "metadata": {"name": "pod-0", "namespace": "alpha", "labels": {"app": "web"},
                            "creationTimestamp": "2026-01-01T00:00:00Z"},
               "spec": {"containers": [{"name": "c", "image": "i"}], **(spec or {})},
               "status": {"podIP": "10.0.0.1",
                          **({"podIPs": [{"ip": a} for a in addresses]} if addresses else {})}}
        first = [{"apiVersion": "v1", "kind": "Namespace",
                  "metadata": {"name": "alpha", "labels": {"team": "a"}}}] if namespace else []
        with tempfile.TemporaryDirectory() as folder:
            return analysed({"apiVersion": "v1", "kind": "List",
                             "items": first + [own, *items]}, folder)

    def last(self, *items, **more):
        return self.containment(*items, **more)["isolation"][-1]

    def test_administrators_close_everything(self):
        everything = [{"namespaces": {}}, {"networks": ["0.0.0.0/0", "::/0"]}]
        spec = {"tier": "Admin", "priority": 1, "subject": {"namespaces": {}},
                "ingress": [{"action": "Deny", "from": [{"namespaces": {}}]}],
                "egress": [{"action": "Deny", "to": everything}]}
        moment = self.last(made(SIG + "v1alpha2", "ClusterNetworkPolicy", "lock", spec))
        self.assertEqual(moment["policies"], ["ClusterNetworkPolicy lock"])
        self.assertEqual((moment["egress"]["isolated"], moment["egress"]["state"]),
                         (True, "closed: nothing is allowed"))
        # Addresses outside are no namespace: they still come in.
        self.assertEqual((moment["ingress"]["isolated"], moment["ingress"]["state"]),
                         (False, "open, but for what rules deny"))
        self.assertEqual(moment["ingress"]["stays_open"], "every address (every port)")

    def test_addresses_of_a_family_that_the_pod_does_not_have(self):
        """Nothing is denied to IPv6, to which a pod with IPv4 alone has no way."""
        spec = {"tier": "Admin", "priority": 1, "subject": {"namespaces": {}},
                "egress": [{"action": "Deny", "to": [{"namespaces": {}},
                                                     {"networks": ["0.0.0.0/0"]}]}]}
        policy = made(SIG + "v1alpha2", "ClusterNetworkPolicy", "lock", spec)
        for addresses, open_to in ((["10.0.0.1"], None),
                                   (["10.0.0.1", "fd00::7"], "every IPv6 address"),
                                   (None, "every IPv6 address")):
            egress = self.last(policy, addresses=addresses)["egress"]
            self.assertEqual(egress["isolated"], open_to is None, addresses)
            if open_to:
                self.assertIn(open_to, egress["stays_open"])
            else:
                self.assertEqual(egress["state"], "closed: nothing is allowed")

    def test_a_subject_by_labels_that_nobody_recorded(self):
        spec = {"priority": 1, "subject": {"namespaces": {"matchLabels": {"team": "a"}}},
                "egress": [{"action": "Deny", "to": [{"networks": ["0.0.0.0/0", "::/0"]}]}]}
        policy = made(SIG + "v1alpha1", "AdminNetworkPolicy", "a", spec)
        document = self.containment(policy, namespace=False)
        self.assertEqual(document["plugin_policies"][0]["selects_the_pod"], "not decidable")
        self.assertEqual(self.containment(policy)["plugin_policies"][0]["selects_the_pod"], "yes")

    def test_equal_priorities_are_noted(self):
        spec = {"priority": 7, "subject": {"namespaces": {}}}
        pair = [made(SIG + "v1alpha1", "AdminNetworkPolicy", n, spec) for n in "ab"]
        for policies, noted in ((pair, [True, True]), (pair[:1], [False])):
            told = self.containment(*policies)["plugin_policies"]
            self.assertEqual(["same priority" in p.get("note", "") for p in told], noted)

    def test_a_tier_that_is_not_in_the_evidence(self):
        policy = made(CALICO, "GlobalNetworkPolicy", "g", {"tier": "security", "types": ["Egress"]})
        tier = made(CALICO, "Tier", "security", {"order": 5})
        self.assertIn("order of its tier", self.containment(policy)["plugin_policies"][0]["note"])
        self.assertNotIn("note", self.containment(policy, tier)["plugin_policies"][0])

    def test_staged_policies_enforce_nothing(self):
        spec = {"selector": "all()", "types": ["Ingress", "Egress"]}
        staged = made(CALICO, "StagedNetworkPolicy", "s", spec, "alpha")
        document = self.containment(staged)
        self.assertEqual(document["plugin_policies"][0]["effect"], "staged: it enforces nothing")
        self.assertEqual(document["isolation"][-1]["egress"]["state"][:5], "open:")
        enforced = self.last(made(CALICO, "NetworkPolicy", "s", spec, "alpha"))
        self.assertEqual(enforced["egress"]["state"], "closed: nothing is allowed")

    def test_a_pod_on_its_nodes_network(self):
        closed = made("networking.k8s.io/v1", "NetworkPolicy", "n",
                      {"podSelector": {}, "policyTypes": ["Egress"]}, "alpha")
        self.assertIn("on its node's network",
                      self.last(closed, spec={"hostNetwork": True})["egress"]["state"])
        self.assertEqual(self.last(closed)["egress"]["state"], "closed: nothing is allowed")

    ALLOW = {"selector": "all()", "types": ["Egress"], "egress": [
        {"action": "Allow", "destination": {"selector": "role == 'partner'",
                                            "namespaceSelector": "global()"}}]}
    PARTNER = {"apiVersion": CALICO, "kind": "GlobalNetworkSet",
               "metadata": {"name": "p", "labels": {"role": "partner"}},
               "spec": {"nets": ["198.51.100.0/24"]}}

    def test_sets_of_addresses_by_labels(self):
        policy = made(CALICO, "NetworkPolicy", "n", self.ALLOW, "alpha")
        unknown = ("nothing that the evidence knows; NetworkPolicy n lets through "
                   + json.dumps(self.ALLOW["egress"][0], separators=(",", ":")))
        self.assertEqual(self.last(policy)["egress"]["stays_open"], unknown)
        self.assertEqual(self.last(policy, self.PARTNER)["egress"]["stays_open"],
                         "198.51.100.0/24 (every port)")
        # One of a namespace is not of the cluster, and other labels are not the partner's.
        for metadata, kind in (({"name": "p", "namespace": "alpha",
                                 "labels": {"role": "partner"}}, "NetworkSet"),
                               ({"name": "p", "labels": {"role": "other"}}, "GlobalNetworkSet")):
            other = {**self.PARTNER, "kind": kind, "metadata": metadata}
            self.assertEqual(self.last(policy, other)["egress"]["stays_open"], unknown)

    def test_sets_of_which_not_all_is_known(self):
        policy = made(CALICO, "NetworkPolicy", "n", self.ALLOW, "alpha")
        names = {**self.PARTNER, "spec": {"nets": ["198.51.100.0/24"],
                                          "allowedEgressDomains": ["*.example.org"]}}
        state = self.last(policy, names)["egress"]["stays_open"]
        self.assertIn("198.51.100.0/24 (every port)", state)
        self.assertIn("not decidable (which addresses the domain names of a network set have", state)
        large = {**self.PARTNER, "spec": {"nets": [f"203.0.{i // 256}.{i % 256}"
                                                   for i in range(3000)]}}
        self.assertIn("not decidable (what a network set of Calico holds",
                      self.last(policy, large)["egress"]["stays_open"])

    def test_a_group_that_is_not_in_the_evidence(self):
        spec = {"endpointSelector": {}, "egress": [
            {"toCIDRSet": [{"cidrGroupRef": "vpn"}]}, {"toFQDNs": [{"matchName": "a.example"}]}]}
        policy = made("cilium.io/v2", "CiliumNetworkPolicy", "c", spec, "alpha")
        group = {"apiVersion": "cilium.io/v2", "kind": "CiliumCIDRGroup",
                 "metadata": {"name": "vpn"}, "spec": {"externalCIDRs": ["198.51.100.0/24"]}}
        self.assertIn("not decidable (what its groups of addresses hold",
                      self.last(policy)["egress"]["stays_open"])
        told = self.last(policy, group)["egress"]["stays_open"]
        self.assertIn("198.51.100.0/24 (every port)", told)
        self.assertIn("not decidable (which addresses its domain names have", told)

    def test_kinds_that_are_not_computed(self):
        antrea = made("crd.antrea.io/v1beta1", "ClusterNetworkPolicy", "x", {})
        [told] = self.containment(antrea)["plugin_policies"]
        self.assertEqual((told["selects_the_pod"], told["effect"]),
                         ("not decidable", "not computed"))

    def test_namespaces_that_only_a_policy_names(self):
        policy = made("networking.k8s.io/v1", "NetworkPolicy", "n", {
            "podSelector": {}, "ingress": [{"from": [{"namespaceSelector": {"matchExpressions": [{
                "key": "kubernetes.io/metadata.name", "operator": "In",
                "values": ["ops", "dfir"]}]}}], "ports": [{"port": 22}]}]}, "alpha")
        peers = {p["peer"]: p.get("open") for p in self.last(policy)["ingress"]["peers"]}
        self.assertEqual((peers["ops"], peers["dfir"]), ("TCP 22", "TCP 22"))


if __name__ == "__main__":
    unittest.main()
