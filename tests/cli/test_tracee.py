"""Tracee's records of three generations say the same: what was opened, loaded, traced, asked for
and started. The truth is `ACTS`; each form is written from it as Tracee's documents have it."""
import json
import os
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from test_inputs import CONTAINER, NAMESPACE, POD, UID, Inputs  # noqa: E402
from audit_forms import compact, lines  # noqa: E402

TOKEN = "/run/secrets/kubernetes.io/serviceaccount/..2026_03_01/token"
# second, what, program, arguments; then what the event must be about, and the rule that finds it.
ACTS = [
    (0, "sched_process_exec", "/bin/cat", {"pathname": "/bin/cat", "argv": ["cat", "/tmp/a b"]},
     "/bin/cat", None),
    (1, "security_file_open", "/bin/cat", {"pathname": TOKEN, "flags": "O_RDONLY"}, TOKEN,
     "tracee_files"),
    (2, "openat", "/opt/tool", {"dirfd": -100, "pathname": "/etc/shadow"}, "/etc/shadow",
     "tracee_files"),
    (3, "security_file_open", "/app/server", {"pathname": TOKEN}, TOKEN, None),
    (4, "shared_object_loaded", "/usr/sbin/nginx", {"pathname": "/dev/shm/.l.so"},
     "/dev/shm/.l.so", "tracee_library"),
    (5, "ptrace", "/opt/tool", {"request": "PTRACE_POKETEXT", "pid": 1}, None, "tracee_ptrace"),
    (6, "security_socket_connect", "/opt/tool", {"remote_addr": ("198.51.100.7", 4444)},
     "198.51.100.7:4444", None),
]


def old(second, what, program, arguments):
    def value(v):
        return v if not isinstance(v, tuple) else {
            "sa_family": "AF_INET", "sin_addr": v[0], "sin_port": str(v[1])}
    return {"timestamp": (1772359200 + second) * 10**9, "processId": 7, "parentProcessId": 3,
            "userId": 0, "processName": os.path.basename(program), "executable": {"path": program},
            "hostName": POD, "containerId": CONTAINER, "container": {"id": CONTAINER, "name": "app"},
            "kubernetes": {"podName": POD, "podNamespace": NAMESPACE, "podUID": UID},
            "eventId": "1", "eventName": what, "argsNum": len(arguments), "returnValue": 0,
            "args": [{"name": k, "type": "x", "value": value(v)} for k, v in arguments.items()]}


def workload(second, what, program, data, user):
    return {"timestamp": f"2026-03-01T10:00:0{second}Z", "id": 1031, "name": what,
            "policies": {"matched": ["p"]}, "workload": {
                "process": {"executable": {"path": program}, "pid": 7, user: {"id": 0},
                            "thread": {"name": os.path.basename(program)},
                            "ancestors": [{"pid": 3, "executable": {"path": "/bin/parent"}}]},
                "container": {"id": CONTAINER, "name": "app", "started": True},
                "k8s": {"pod": {"name": POD, "uid": UID}, "namespace": {"name": NAMESPACE}}},
            "data": data}


def beta(second, what, program, arguments):
    """As protobuf's own JSON is: the kind of a value is its name."""
    def typed(v):
        return {"str": v} if isinstance(v, str) else {"int32": v} if isinstance(v, int) else \
            {"strArray": {"value": v}} if isinstance(v, list) else \
            {"sockaddr": {"saFamily": "AF_INET", "sinAddr": v[0], "sinPort": v[1]}}
    return workload(second, what, program, [{"name": k, **typed(v)} for k, v in arguments.items()],
                    "realUser")


def values(second, what, program, arguments):
    """As Tracee's own writer has it since."""
    def value(v):
        return v if not isinstance(v, tuple) else {"sa_family": 2, "sin_addr": v[0], "sin_port": v[1]}
    return workload(second, what, program,
                    [{"name": k, "value": value(v)} for k, v in arguments.items()], "real_user")


class Tracee(Inputs):
    def check(self, name, text):
        self.put(name, text)
        self.analyze()
        self.assertEqual(self.source(name)["role"], "runtime-log")
        events = self.of(name, "runtime")
        self.assertEqual([(e["time"] // 10**9 - 1772359200, e["action"], e["fields"].get("target"))
                          for e in events], [(a[0], a[1], a[4]) for a in ACTS])
        self.assertEqual([e["fields"]["exe"] for e in events], [a[2] for a in ACTS])
        self.assertEqual({e["fields"]["uid"] for e in events}, {"0"})
        self.assertEqual(events[0]["actor"], "/bin/cat /tmp/a b")
        for e in events:
            self.assertEqual((e["fields"]["namespace"], e["fields"]["pod"]), (NAMESPACE, POD))
        cited = sorted((f["rule"], s["offset"]) for f in self.findings
                       if f["rule"] in {a[5] for a in ACTS} for s in f["spans"])
        want = sorted((a[5], e["offset"]) for a, e in zip(ACTS, events) if a[5])
        self.assertEqual(cited, want)
        (self.package / name).unlink()

    def test_each_generation_in_each_wrap(self):
        for form in (old, beta, values):
            made = [form(*a[:4]) for a in ACTS]
            for wrap in (lines, lambda r: json.dumps(r, indent=2), lambda r: lines(
                    {"date": 1.5, "log": compact(x)} for x in r)):
                with self.subTest(form.__name__):
                    self.check("seen.json", wrap(made))

    def test_the_node_is_no_pod(self):
        """Of the node itself the same is everyday work."""
        made = [old(*a[:4]) for a in ACTS]
        for r in made:
            r.update(containerId="", container={}, kubernetes={})
        self.put("seen.json", lines(made))
        self.analyze()
        self.assertEqual([f["rule"] for f in self.findings if f["rule"] in {a[5] for a in ACTS}], [])


if __name__ == "__main__":
    unittest.main()
