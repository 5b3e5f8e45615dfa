"""What network policies let through, computed a second time from the documentation of each kind:
NetworkPolicy, AdminNetworkPolicy and its kin, Cilium's and Calico's. Simple and slow: one
connection at a time, in a cluster of which everything is known."""
import ipaddress
import random

PROTOCOLS = ("TCP", "UDP", "SCTP")


# -- label selectors ---------------------------------------------------------------------------

def holds(requirement, labels):
    key, operator = requirement["key"], requirement["operator"]
    if operator == "In":
        return labels.get(key) in requirement["values"]
    if operator == "NotIn":
        return labels.get(key) not in requirement["values"]
    return (key in labels) == (operator == "Exists")


def selected(selector, labels):
    return (all(labels.get(k) == v for k, v in selector.get("matchLabels", {}).items())
            and all(holds(r, labels) for r in selector.get("matchExpressions", [])))


def within(cidr, address):
    network = ipaddress.ip_network(cidr, strict=False)
    return network.version == address.version and address in network


class Peer:
    """A pod (with a namespace) or an address outside."""
    def __init__(self, address, namespace=None, name=None, labels=None, ports=(), account=None):
        self.address = ipaddress.ip_address(address)
        self.namespace, self.name, self.account = namespace, name, account
        self.labels, self.ports = labels or {}, ports  # (name, protocol, number)

    @property
    def is_pod(self):
        return self.namespace is not None

    def has(self, name, protocol, number):
        return (name, protocol, number) in self.ports


class World:
    def __init__(self, namespaces, pods, subject):
        self.namespaces, self.pods, self.subject = namespaces, pods, subject

    def labels_of(self, namespace):
        return {**self.namespaces[namespace], "kubernetes.io/metadata.name": namespace}

    def called(self, direction, peer):
        return self.subject if direction == "ingress" else peer


# -- NetworkPolicy -----------------------------------------------------------------------------

def np_types(spec):
    default = ["Ingress"] + (["Egress"] if spec.get("egress") else [])
    return [t.lower() for t in spec.get("policyTypes") or default]


def np_peer(world, policy, one, peer, blocks_mean_pods=True):
    if "ipBlock" in one:
        block = one["ipBlock"]
        return ((blocks_mean_pods or not peer.is_pod) and within(block["cidr"], peer.address)
                and not any(within(e, peer.address) for e in block.get("except", [])))
    if not peer.is_pod:
        return False
    if "namespaceSelector" in one:
        fits = selected(one["namespaceSelector"], world.labels_of(peer.namespace))
    else:
        fits = peer.namespace == policy["metadata"]["namespace"]
    return fits and selected(one.get("podSelector", {}), peer.labels)


def np_port(called, one, protocol, number):
    if one.get("protocol", "TCP") != protocol:
        return False
    port = one.get("port")
    if port is None:
        return True
    if isinstance(port, str):
        return called.has(port, protocol, number)
    return port <= number <= one.get("endPort", port)


def np_verdict(world, policies, direction, peer, protocol, number, blocks_mean_pods=True):
    """True, False, or None where none of them isolates the pod."""
    isolated = False
    for policy in policies:
        spec = policy["spec"]
        if (policy["metadata"]["namespace"] != world.subject.namespace
                or not selected(spec["podSelector"], world.subject.labels)
                or direction not in np_types(spec)):
            continue
        isolated = True
        for rule in spec.get(direction, []):
            peers = rule.get("from" if direction == "ingress" else "to", [])
            if peers and not any(np_peer(world, policy, p, peer, blocks_mean_pods)
                                 for p in peers):
                continue
            ports = rule.get("ports", [])
            if not ports or any(np_port(world.called(direction, peer), p, protocol, number)
                                for p in ports):
                return True
    return False if isolated else None


# -- the administrators' -----------------------------------------------------------------------

def admin_peer(world, one, peer):
    (kind, value), = one.items()
    if kind == "networks":
        return any(within(c, peer.address) for c in value)
    if not peer.is_pod or kind not in ("namespaces", "pods"):
        return False
    namespace = world.labels_of(peer.namespace)
    if kind == "namespaces":
        return selected(value, namespace)
    return selected(value["namespaceSelector"], namespace) and selected(value["podSelector"],
                                                                       peer.labels)


def admin_port(called, one, protocol, number):
    (kind, value), = one.items()
    if kind in ("namedPort", "destinationNamedPort"):
        return called.has(value, protocol, number)
    if kind == "portNumber":
        return value["protocol"] == protocol and value["port"] == number
    if kind == "portRange":
        return (value.get("protocol", "TCP") == protocol
                and value["start"] <= number <= value["end"])
    if kind.upper() != protocol:
        return False
    port = value.get("destinationPort")
    if port is None:
        return True
    if "number" in port:
        return port["number"] == number
    return port["range"]["start"] <= number <= port["range"]["end"]


def admin_verdict(world, policies, direction, peer, protocol, number):
    """"Allow", "Deny", "Pass", or None."""
    for policy in sorted(policies, key=lambda p: p["spec"].get("priority", 0)):
        spec = policy["spec"]
        if not admin_peer(world, spec["subject"], world.subject):
            continue
        for rule in spec.get(direction, []):
            ports = rule.get("ports", []) + rule.get("protocols", [])
            if (any(admin_peer(world, p, peer)
                    for p in rule["from" if direction == "ingress" else "to"])
                    and (not ports or any(admin_port(world.called(direction, peer), p, protocol,
                                                     number) for p in ports))):
                return "Allow" if rule["action"] == "Accept" else rule["action"]
    return None


def with_admin(world, policies, *connection):
    def of(*kinds, tier=None):
        return [p for p in policies if p["kind"] in kinds
                and p["spec"].get("tier", tier) == tier]
    first = admin_verdict(world, of("AdminNetworkPolicy") + of("ClusterNetworkPolicy",
                                                                tier="Admin"), *connection)
    if first in ("Allow", "Deny"):
        return first == "Allow"
    middle = np_verdict(world, of("NetworkPolicy"), *connection)
    if middle is not None:
        return middle
    last = admin_verdict(world, of("BaselineAdminNetworkPolicy") + of("ClusterNetworkPolicy",
                                                                       tier="Baseline"),
                         *connection)
    return last != "Deny"


# -- Cilium ------------------------------------------------------------------------------------

def cilium_labels(world, peer):
    labels = {"io.kubernetes.pod.namespace": peer.namespace,
              "io.cilium.k8s.policy.serviceaccount": peer.account, **peer.labels}
    for key, value in world.labels_of(peer.namespace).items():
        labels["io.cilium.k8s.namespace.labels." + key] = value
    return labels


def cilium_selected(world, policy, selector, peer):
    def plain(key):
        return key.split(":", 1)[1] if key.startswith(("k8s:", "any:")) else key
    own = {"matchLabels": {plain(k): v for k, v in selector.get("matchLabels", {}).items()},
           "matchExpressions": [{**r, "key": plain(r["key"])}
                                for r in selector.get("matchExpressions", [])]}
    keys = list(own["matchLabels"]) + [r["key"] for r in own["matchExpressions"]]
    named = any(k == "io.kubernetes.pod.namespace"
                or k.startswith("io.cilium.k8s.namespace.labels.") for k in keys)
    limited = policy["metadata"].get("namespace") if policy and not named else None
    return (selected(own, cilium_labels(world, peer))
            and limited in (None, peer.namespace))


def cilium_blocks(policies, one):
    """Of an element of CIDRSet: its own, or those of a group by name or by labels."""
    if "cidr" in one:
        return [one["cidr"]]
    groups = [p for p in policies if p["kind"] == "CiliumCIDRGroup"]
    return [b for g in groups for b in g["spec"]["externalCIDRs"]
            if g["metadata"]["name"] == one.get("cidrGroupRef") or (
                "cidrGroupSelector" in one
                and selected(one["cidrGroupSelector"], g["metadata"]["labels"]))]


def cilium_peer(world, policies, policy, rule, way, peer):
    kinds = [k for k in ("Endpoints", "Entities", "CIDR", "CIDRSet") if way + k in rule]
    if not kinds:
        return bool(rule.get("toPorts"))
    for entity in rule.get(way + "Entities", []):
        if entity == "all" or (entity == "cluster") == peer.is_pod and entity != "host":
            return True
    if peer.is_pod:
        return any(cilium_selected(world, policy, s, peer)
                   for s in rule.get(way + "Endpoints", []))
    return (any(within(c, peer.address) for c in rule.get(way + "CIDR", []))
            or any(any(within(b, peer.address) for b in cilium_blocks(policies, c))
                   and not any(within(e, peer.address) for e in c.get("except", []))
                   for c in rule.get(way + "CIDRSet", [])))


def cilium_port(called, rule, protocol, number):
    if rule.get("icmps"):
        return False
    if not rule.get("toPorts"):
        return True
    for one in (p for element in rule["toPorts"] for p in element["ports"]):
        if one.get("protocol", "ANY") not in ("ANY", protocol):
            continue
        if not one["port"].isdigit():
            if called.has(one["port"], protocol, number):
                return True
        elif one["port"] == "0" or (int(one["port"]) <= number
                                    <= one.get("endPort", int(one["port"]))):
            return True
    return False


def with_cilium(world, policies, direction, peer, protocol, number):
    way = "from" if direction == "ingress" else "to"
    isolated = allowed = False
    for policy in policies:
        if policy["kind"] in ("NetworkPolicy", "CiliumCIDRGroup") or (
                policy["metadata"].get("namespace", world.subject.namespace)
                != world.subject.namespace):
            continue
        for spec in policy.get("specs", [policy.get("spec")]):
            if not cilium_selected(world, None, spec["endpointSelector"], world.subject):
                continue
            default = bool(spec.get(direction)) or bool(spec.get(direction + "Deny"))
            isolated |= spec.get("enableDefaultDeny", {}).get(direction, default)
            for deny in (True, False):
                for rule in spec.get(direction + ("Deny" if deny else ""), []):
                    if (cilium_peer(world, policies, policy, rule, way, peer)
                            and cilium_port(world.called(direction, peer), rule, protocol,
                                            number)):
                        if deny:
                            return False
                        allowed = True
    # A denial behind an allowance still counts.
    plain = np_verdict(world, [p for p in policies if p["kind"] == "NetworkPolicy"], direction,
                       peer, protocol, number, blocks_mean_pods=False)
    if plain is None and not isolated:
        return True
    return allowed or bool(plain)


# -- Calico ------------------------------------------------------------------------------------

def calico_labels(peer):
    return {"projectcalico.org/namespace": peer.namespace,
            "projectcalico.org/orchestrator": "k8s",
            "projectcalico.org/serviceaccount": peer.account, **peer.labels}


def expression(tree, labels, namespaced=True):
    """Selector expressions are made as trees; their text is written beside them (written())."""
    kind, *rest = tree
    if kind in ("all", "global"):
        return namespaced == (kind == "all")
    if kind == "not":
        return not expression(rest[0], labels, namespaced)
    if kind in ("and", "or"):
        return (all if kind == "and" else any)(expression(t, labels, namespaced) for t in rest)
    key, value = rest[0], labels.get(rest[0])
    if kind == "has":
        return key in labels
    wanted = rest[1]
    return {"==": lambda: value == wanted, "!=": lambda: value != wanted,
            "in": lambda: value in wanted, "not in": lambda: value not in wanted,
            "contains": lambda: value is not None and wanted in value,
            "starts with": lambda: value is not None and value.startswith(wanted),
            "ends with": lambda: value is not None and value.endswith(wanted)}[kind]()


def written(tree, rng):
    kind, *rest = tree
    quote = rng.choice("'\"")
    if kind in ("all", "global"):
        return kind + "()"
    if kind == "not":
        return "!" + rng.choice(["", " "]) + "(" + written(rest[0], rng) + ")"
    if kind in ("and", "or"):
        return (" && " if kind == "and" else "||").join(
            "(" + written(t, rng) + ")" if t[0] in ("and", "or") else written(t, rng)
            for t in rest)
    if kind == "has":
        return f"has({rest[0]})"
    if kind in ("in", "not in"):
        return f"{rest[0]} {kind} {{" + ", ".join(f"'{v}'" for v in rest[1]) + "}"
    return f"{rest[0]} {kind} {quote}{rest[1]}{quote}"


SETS = ("GlobalNetworkSet", "NetworkSet")


def namespace_expression(world, tree, namespace):
    """Of what is in a namespace, or (None) of the cluster: all() and global() ask which."""
    if namespace is None:
        return expression(tree, {}, False)
    return expression(tree, {**world.labels_of(namespace), "projectcalico.org/name": namespace},
                      True)


def calico_labelled(world, policies, peer):
    """(labels, namespace) of all that has the peer's address: itself, and sets of blocks."""
    if peer.is_pod:
        yield calico_labels(peer), peer.namespace
    for one in policies:
        if one["kind"] in SETS and any(within(n, peer.address) for n in one["spec"]["nets"]):
            namespace = one["metadata"].get("namespace")
            added = {"projectcalico.org/namespace": namespace} if namespace else {}
            yield {**one["metadata"]["labels"], **added}, namespace


def calico_end(world, policies, policy, end, peer):
    """As Calico turns a rule's end into one selector (GetEntityRuleSelector): namespaces count as
    soon as any selector is given, and notSelector has none."""
    own = policy["metadata"].get("namespace")
    named, wanted, none_of = (end.get("~" + k) for k in ("namespaceSelector", "selector",
                                                         "notSelector"))
    accounts = end.get("serviceAccounts", {}).get("names")

    def is_meant(labels, namespace):
        if named:
            if not namespace_expression(world, named, namespace):
                return False
        elif own and namespace != own:
            return False
        if accounts and labels.get("projectcalico.org/serviceaccount") not in accounts:
            return False
        return not wanted or expression(wanted, labels)
    everybody = list(calico_labelled(world, policies, peer))
    if ((wanted or named or accounts or (none_of and own))
            and not any(is_meant(*one) for one in everybody)):
        return False
    if none_of and any(expression(none_of, labels) for labels, _ in everybody):
        return False
    if end.get("nets") and not any(within(n, peer.address) for n in end["nets"]):
        return False
    return not any(within(n, peer.address) for n in end.get("notNets", []))


def calico_port(called, ports, protocol, number):
    for port in ports:
        if isinstance(port, int):
            if port == number:
                return True
        elif ":" in port:
            low, high = port.split(":")
            if int(low) <= number <= int(high):
                return True
        elif called.has(port, protocol, number):
            return True
    return False


def calico_rule(world, policies, policy, rule, direction, peer, protocol, number):
    if "protocol" in rule and rule["protocol"] not in (protocol, {"TCP": 6, "UDP": 17,
                                                                 "SCTP": 132}[protocol]):
        return False
    if rule.get("notProtocol") == protocol:
        return False
    source, destination = rule.get("source", {}), rule.get("destination", {})
    ends = (peer, world.subject) if direction == "ingress" else (world.subject, peer)
    if not (calico_end(world, policies, policy, source, ends[0])
            and calico_end(world, policies, policy, destination, ends[1])):
        return False
    called = world.called(direction, peer)
    if destination.get("ports") and not calico_port(called, destination["ports"], protocol,
                                                    number):
        return False
    return not calico_port(called, destination.get("notPorts", []), protocol, number)


def calico_types(spec):
    if spec.get("types"):
        return [t.lower() for t in spec["types"]]
    if spec.get("egress"):
        return ["ingress", "egress"] if spec.get("ingress") else ["egress"]
    return ["ingress"]


def calico_policy(world, policies, policy, *connection):
    """An action of Calico's, "none" where no rule matches, None where it does not apply."""
    direction = connection[0]
    if policy["apiVersion"].startswith("networking.k8s.io"):
        verdict = np_verdict(world, [policy], *connection)
        return None if verdict is None else "Allow" if verdict else "none"
    spec, subject = policy["spec"], world.subject
    if (policy["metadata"].get("namespace", subject.namespace) != subject.namespace
            or not expression(spec.get("~selector", ["all"]), calico_labels(subject))
            or not namespace_expression(world, spec.get("~namespaceSelector", ["all"]),
                                        subject.namespace)
            or direction not in calico_types(spec)):
        return None
    for rule in spec.get(direction, []):
        if rule["action"] != "Log" and calico_rule(world, policies, policy, rule, *connection):
            return rule["action"]
    return "none"


def with_calico(world, policies, *connection):
    tiers = {"default": (1e6, "Deny")}
    for p in policies:
        if p["kind"] == "Tier":
            tiers[p["metadata"]["name"]] = (p["spec"]["order"],
                                            p["spec"].get("defaultAction", "Deny"))
    for tier, (_, default) in sorted(tiers.items(), key=lambda t: t[1][0]):
        applied = False
        of_tier = [p for p in policies if p["kind"] not in ("Tier", *SETS)
                   and not p["kind"].startswith("Staged")
                   and p["spec"].get("tier", "default") == tier]

        def order(p):
            kubernetes = p["apiVersion"].startswith("networking.k8s.io")
            return (1000 if kubernetes else p["spec"].get("order", float("inf")),
                    p["metadata"]["name"])
        verdict = None
        for policy in sorted(of_tier, key=order):
            verdict = calico_policy(world, policies, policy, *connection)
            applied |= verdict is not None
            if verdict in ("Allow", "Deny", "Pass"):
                break
        if verdict in ("Allow", "Deny"):
            return verdict == "Allow"
        if verdict != "Pass" and applied and default == "Deny":
            return False
    return True


# -- random clusters ---------------------------------------------------------------------------

APPS, TIERS = ("web", "db", "api"), ("x", "y")
PORTS = (("http", "TCP", 8080), ("dns", "UDP", 53), ("metrics", "TCP", 9100))
BLOCKS = ("10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "198.51.100.0/24", "198.51.100.128/25",
          "0.0.0.0/0", "203.0.113.7/32", "192.0.0.0/3", "2001:db8::/32", "::/0")
OUTSIDE = ("198.51.100.9", "198.51.100.200", "203.0.113.7", "8.8.8.8", "2001:db8::5",
           "2600::1")


class Maker:
    def __init__(self, seed):
        self.rng = random.Random(seed)

    def one(self, of):
        return self.rng.choice(of)

    def often(self, p):
        return self.rng.random() < p

    def labels(self):
        labels = {"app": self.one(APPS)}
        if self.often(0.5):
            labels["tier"] = self.one(TIERS)
        return labels

    def world(self):
        namespaces = {n: ({"team": self.one(TIERS)} if self.often(0.7) else {})
                      for n in ("alpha", "beta", "gamma")}
        pods = []
        for i, namespace in enumerate(("alpha", "alpha", "alpha", "beta", "beta", "gamma")):
            ports = [p for p in PORTS if self.often(0.6)]
            pods.append(Peer(f"10.{1 + i % 2}.{1 + i % 3}.{10 + i}", namespace, f"pod-{i}",
                             self.labels(), ports, self.one(("robot", "default"))))
        return World(namespaces, pods, pods[0])

    def selector(self, keys=("app", "tier"), values=APPS + TIERS):
        selector = {}
        if self.often(0.5):
            key = self.one(keys)
            selector["matchLabels"] = {key: self.one(values)}
        if self.often(0.35):
            operator = self.one(("In", "NotIn", "Exists", "DoesNotExist"))
            one = {"key": self.one(keys), "operator": operator}
            if operator in ("In", "NotIn"):
                one["values"] = self.rng.sample(values, 2)
            selector["matchExpressions"] = [one]
        return selector

    def subject(self):
        return {} if self.often(0.4) else self.selector()

    def namespaces(self):
        if self.often(0.3):
            return {"matchLabels": {"kubernetes.io/metadata.name": self.one(("alpha", "beta"))}}
        return self.selector(("team",), TIERS)

    def some(self, make, most=3):
        return [make() for _ in range(self.rng.randint(1, most))]

    # NetworkPolicy

    def np_peer(self):
        kind = self.one(("block", "pods", "namespaces", "both"))
        if kind == "block":
            cidr = self.one(BLOCKS)
            block = {"cidr": cidr}
            if self.often(0.4):
                net = ipaddress.ip_network(cidr)
                block["except"] = [b for b in BLOCKS if ipaddress.ip_network(b).version
                                   == net.version and ipaddress.ip_network(b).subnet_of(net)
                                   and b != cidr][:2]
            return {"ipBlock": block}
        peer = {}
        if kind != "namespaces":
            peer["podSelector"] = self.selector()
        if kind != "pods":
            peer["namespaceSelector"] = self.namespaces()
        return peer

    def np_port(self):
        port = {}
        if self.often(0.6):
            port["protocol"] = self.one(PROTOCOLS)
        if self.often(0.85):
            port["port"] = self.one((53, 80, 8080, 9100, 443, "http", "dns"))
            if isinstance(port["port"], int) and self.often(0.3):
                port["endPort"] = port["port"] + self.rng.randint(1, 9000)
        return port

    def np_rule(self, way):
        rule = {}
        if self.often(0.75):
            rule[way] = self.some(self.np_peer)
        if self.often(0.6):
            rule["ports"] = self.some(self.np_port, 2)
        return rule

    def np(self, number):
        spec = {"podSelector": self.subject()}
        if self.often(0.6):
            spec["policyTypes"] = self.one((["Ingress"], ["Egress"], ["Ingress", "Egress"]))
        for direction, way in (("ingress", "from"), ("egress", "to")):
            if self.often(0.7):
                spec[direction] = [self.np_rule(way) for _ in range(self.rng.randint(0, 2))]
        return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "spec": spec,
                "metadata": {"name": f"np-{number}",
                             "namespace": self.one(("alpha", "alpha", "alpha", "beta"))}}

    # the administrators'

    def admin_peer(self, egress):
        kind = self.one(("namespaces", "pods") + (("networks",) * 2 if egress else ()))
        if kind == "networks":
            return {"networks": self.rng.sample(BLOCKS, 2)}
        if kind == "namespaces":
            return {"namespaces": self.namespaces()}
        return {"pods": {"namespaceSelector": self.namespaces(), "podSelector": self.selector()}}

    def admin_port(self):
        low = self.one((53, 80, 8080))
        return self.one(({"portNumber": {"protocol": self.one(PROTOCOLS), "port": low}},
                         {"portRange": {"protocol": "TCP", "start": low, "end": low + 2000}},
                         {"namedPort": self.one(("http", "dns"))}))

    def cluster_port(self):
        low, protocol = self.one((53, 80, 8080)), self.one(("tcp", "udp", "sctp"))
        return self.one(({protocol: {"destinationPort": {"number": low}}},
                         {protocol: {"destinationPort": {"range": {"start": low,
                                                                    "end": low + 2000}}}},
                         {protocol: {}}, {"destinationNamedPort": self.one(("http", "dns"))}))

    def admin(self, number, kind):
        newer = kind == "ClusterNetworkPolicy"
        tier = self.one(("Admin", "Baseline")) if newer else None
        baseline = kind.startswith("Baseline")
        actions = ["Accept" if newer else "Allow", "Deny"] + ([] if baseline else ["Pass"])
        spec = {"subject": self.one(({"namespaces": self.namespaces()},
                                     {"pods": {"namespaceSelector": {},
                                               "podSelector": self.subject()}}))}
        if not baseline:
            spec["priority"] = number
        if tier:
            spec["tier"] = tier
        for direction, way in (("ingress", "from"), ("egress", "to")):
            rules = []
            for _ in range(self.rng.randint(0, 3)):
                rule = {"action": self.one(actions),
                        way: self.some(lambda d=direction: self.admin_peer(d == "egress"), 2)}
                if self.often(0.5):
                    rule["protocols" if newer else "ports"] = self.some(
                        self.cluster_port if newer else self.admin_port, 2)
                rules.append(rule)
            spec[direction] = rules
        return {"apiVersion": "policy.networking.k8s.io/" + ("v1alpha2" if newer else "v1alpha1"),
                "kind": kind, "spec": spec,
                "metadata": {"name": "default" if baseline else f"admin-{number}"}}

    # Cilium

    def cilium_selector(self):
        selector = self.selector()
        if self.often(0.3):
            selector.setdefault("matchLabels", {})[
                self.one(("k8s:", "any:", "")) + "io.kubernetes.pod.namespace"] = self.one(
                    ("alpha", "beta", "gamma"))
        elif self.often(0.2):
            selector.setdefault("matchLabels", {})[
                "k8s:io.cilium.k8s.namespace.labels.team"] = self.one(TIERS)
        return selector

    def cilium_ports(self):
        ports = []
        for _ in range(self.rng.randint(1, 2)):
            port = {"port": self.one(("53", "80", "8080", "http", "0"))}
            if self.often(0.7):
                port["protocol"] = self.one(PROTOCOLS + ("ANY",))
            if port["port"] in ("53", "8080") and self.often(0.3):
                port["endPort"] = 9000
            ports.append(port)
        return {"ports": ports}

    def cilium_rule(self, way):
        rule = {}
        kind = self.one(("Endpoints", "Endpoints", "Entities", "CIDR", "CIDRSet", None))
        if kind == "Endpoints":
            rule[way + kind] = [self.cilium_selector() for _ in range(self.rng.randint(0, 2))]
        elif kind == "Entities":
            rule[way + kind] = self.rng.sample(("world", "cluster", "all"), 1)
        elif kind == "CIDR":
            rule[way + kind] = self.rng.sample(BLOCKS, 2)
        elif kind == "CIDRSet":
            rule[way + kind] = [self.one((
                {"cidr": "198.51.100.0/24", "except": ["198.51.100.128/25"]},
                {"cidrGroupRef": self.one(("group-0", "group-1"))},
                {"cidrGroupSelector": self.selector()}))]
        if self.often(0.4):
            rule["toPorts"] = self.some(self.cilium_ports, 2)
        elif self.often(0.1):
            rule["icmps"] = [{"fields": [{"type": 8}]}]
        return rule

    def cilium_spec(self):
        spec = {"endpointSelector": self.subject()}
        for direction, way in (("ingress", "from"), ("egress", "to")):
            if self.often(0.6):
                spec[direction] = [self.cilium_rule(way) for _ in range(self.rng.randint(0, 2))]
            if self.often(0.3):
                spec[direction + "Deny"] = [self.cilium_rule(way)]
        if self.often(0.2):
            spec["enableDefaultDeny"] = {self.one(("ingress", "egress")): self.often(0.5)}
        return spec

    def cilium(self, number):
        wide = self.often(0.3)
        policy = {"apiVersion": "cilium.io/v2",
                  "kind": "CiliumClusterwideNetworkPolicy" if wide else "CiliumNetworkPolicy",
                  "metadata": {"name": f"c-{number}"}}
        if not wide:
            policy["metadata"]["namespace"] = self.one(("alpha", "alpha", "beta"))
        if self.often(0.2):
            policy["specs"] = self.some(self.cilium_spec, 2)
        else:
            policy["spec"] = self.cilium_spec()
        return policy

    # Calico

    def tree(self, keys=("app", "tier"), values=APPS + TIERS, depth=0):
        if depth < 2 and self.often(0.35):
            kind = self.one(("and", "or", "not"))
            parts = [self.tree(keys, values, depth + 1) for _ in range(1 if kind == "not" else 2)]
            return [kind, *parts]
        kind = self.one(("==", "==", "!=", "has", "in", "not in", "starts with", "ends with",
                         "contains", "all"))
        if kind == "all":
            return ["all"]
        key = self.one(keys)
        if kind == "has":
            return [kind, key]
        if kind in ("in", "not in"):
            return [kind, key, self.rng.sample(values, 2)]
        value = self.one(values)
        return [kind, key, value[:1] if kind in ("starts with", "contains") else
                value[-1:] if kind == "ends with" else value]

    def put(self, into, name, tree):
        into["~" + name] = tree
        into[name] = written(tree, self.rng)

    def calico_end(self, is_peer):
        end = {}
        if not is_peer:
            return end
        if self.often(0.45):
            self.put(end, "selector", self.tree())
        if self.often(0.35):
            tree = self.tree(("team", "projectcalico.org/name"), TIERS + ("alpha", "beta"))
            self.put(end, "namespaceSelector", self.one((tree, tree, ["global"],
                                                         ["or", ["global"], tree])))
        if self.often(0.15):
            self.put(end, "notSelector", self.tree())
        if self.often(0.25):
            end["nets"] = self.rng.sample(BLOCKS, 2)
        if self.often(0.15):
            end["notNets"] = self.rng.sample(BLOCKS[:5], 1)
        if self.often(0.1):
            end["serviceAccounts"] = {"names": ["robot"]}
        return end

    def calico_rule(self, direction):
        rule = {"action": self.one(("Allow", "Allow", "Deny", "Pass", "Log"))}
        rule["source"] = self.calico_end(direction == "ingress")
        rule["destination"] = self.calico_end(direction == "egress")
        if self.often(0.5):
            rule["protocol"] = self.one(PROTOCOLS + (6, 17, "ICMP"))
            if self.often(0.6) and rule["protocol"] != "ICMP":
                rule["destination"]["ports"] = self.rng.sample((53, 80, "8000:9000", "http"), 2)
            elif self.often(0.3) and rule["protocol"] != "ICMP":
                rule["destination"]["notPorts"] = [80, "8000:9000"]
        elif self.often(0.1):
            rule["notProtocol"] = "UDP"
        return rule

    def calico(self, number):
        wide = self.often(0.5)
        spec = {}
        if self.often(0.6):
            self.put(spec, "selector", self.tree())
        if wide and self.often(0.3):
            self.put(spec, "namespaceSelector", self.tree(("team",), TIERS))
        if self.often(0.7):
            spec["order"] = self.one((1, 10.5, 500, 1500)) + number / 100
        if self.often(0.35):
            spec["tier"] = self.one(("security", "platform", "default"))
        if self.often(0.5):
            spec["types"] = self.one((["Ingress"], ["Egress"], ["Ingress", "Egress"]))
        for direction in ("ingress", "egress"):
            if self.often(0.7) and direction.capitalize() in spec.get("types", ["Ingress",
                                                                                "Egress"]):
                spec[direction] = [self.calico_rule(direction)
                                   for _ in range(self.rng.randint(0, 3))]
        kind = "GlobalNetworkPolicy" if wide else "NetworkPolicy"
        if self.often(0.1):
            kind = "Staged" + kind
        policy = {"apiVersion": "projectcalico.org/v3", "kind": kind, "spec": spec,
                  "metadata": {"name": f"cal-{number}"}}
        if not wide:
            policy["metadata"]["namespace"] = self.one(("alpha", "alpha", "beta"))
        return policy

    def network_set(self, number):
        wide = self.often(0.5)
        made = {"apiVersion": "projectcalico.org/v3", "kind": SETS[not wide],
                "metadata": {"name": f"set-{number}", "labels": self.labels()},
                "spec": {"nets": self.rng.sample(BLOCKS[:5] + BLOCKS[6:9:2], 2)}}
        if not wide:
            made["metadata"]["namespace"] = self.one(("alpha", "beta"))
        return made

    def cidr_group(self, number):
        return {"apiVersion": "cilium.io/v2alpha1", "kind": "CiliumCIDRGroup",
                "metadata": {"name": f"group-{number}", "labels": self.labels()},
                "spec": {"externalCIDRs": self.rng.sample(BLOCKS[3:], 2)}}

    def policies(self, family):
        made = [self.np(i) for i in range(self.rng.randint(0, 3))]
        if family == "admin":
            for i, kind in enumerate(("AdminNetworkPolicy", "AdminNetworkPolicy",
                                      "BaselineAdminNetworkPolicy", "ClusterNetworkPolicy",
                                      "ClusterNetworkPolicy")):
                if self.often(0.5):
                    made.append(self.admin(i, kind))
            if any(p["kind"] == "BaselineAdminNetworkPolicy" for p in made):
                made = [p for p in made if p["spec"].get("tier") != "Baseline"]
        elif family == "cilium":
            made += [self.cilium(i) for i in range(self.rng.randint(1, 3))]
            made += [self.cidr_group(i) for i in range(2)]
        elif family == "calico":
            made += [self.calico(i) for i in range(self.rng.randint(1, 4))]
            made += [self.network_set(i) for i in range(self.rng.randint(0, 3))]
            for name, order in (("security", 100), ("platform", self.one((200, 2e6)))):
                made.append({"apiVersion": "projectcalico.org/v3", "kind": "Tier",
                             "metadata": {"name": name},
                             "spec": {"order": order, **({"defaultAction": "Pass"}
                                                         if self.often(0.3) else {})}})
        return made


VERDICTS = {"plain": with_admin, "admin": with_admin, "cilium": with_cilium,
            "calico": with_calico}


def without_trees(node):
    if isinstance(node, dict):
        return {k: without_trees(v) for k, v in node.items() if not k.startswith("~")}
    return [without_trees(v) for v in node] if isinstance(node, list) else node


def objects(world, policies):
    """The cluster as `kubectl get -o json` has it."""
    items = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": n, "labels": l}}
             for n, l in world.namespaces.items()]
    for p in world.pods:
        items.append({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": p.name, "namespace": p.namespace, "labels": p.labels,
                         "creationTimestamp": "2026-01-01T00:00:00Z"},
            "spec": {"serviceAccountName": p.account, "containers": [
                {"name": "c", "image": "i", "ports": [
                    {"name": n, "protocol": q, "containerPort": c} for n, q, c in p.ports]}]},
            # Of the subject alone it is not told whether it has an address of IPv6 as well.
            "status": {"podIP": str(p.address),
                       **({} if p is world.subject else {"podIPs": [{"ip": str(p.address)}]})}})
    return {"apiVersion": "v1", "kind": "List", "items": items + without_trees(policies)}
