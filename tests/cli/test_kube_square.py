"""Evidence of which a careless analysis compares everything with everything: very many alerts, and
as many records that each of them could explain. Each case takes some seconds; its square minutes."""
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made_cases import Case, lines  # noqa: E402
from test_kube_reach import shop  # noqa: E402
from verify_kit import EXHIBIT  # noqa: E402

KUBELET = {"agent": "kubelet/v1.31.4 (linux/amd64) kubernetes/a78aa47", "source": "10.0.0.11",
           "groups": ("system:nodes",)}
MOST = 60


@unittest.skipIf("/san/" in EXHIBIT, "a sanitizer's time says nothing of ours")
class KubeSquare(unittest.TestCase):
    def analyze(self, c, **files):
        with tempfile.TemporaryDirectory() as folder:
            package, out = Path(folder, "package"), Path(folder, "out")
            package.mkdir()
            for name, text in {"pod.json": json.dumps(shop(c, hostPID=True)),
                               "audit.log": lines(c.records()), "falco.json": lines(c.alerts()),
                               **files}.items():
                (package / name).write_text(text)
            subprocess.run([EXHIBIT, "analyze", package, "-o", out], capture_output=True,
                           timeout=MOST, check=False)
            return {name: json.loads((out / f"{name}.json").read_text())
                    for name in ("containment", "claims") if (out / f"{name}.json").exists()}

    def test_static_pods_on_a_node_that_very_many_alerts_tell_of(self):
        """Each pod asks when the node was had, and the first of the alerts says it."""
        c = Case("square", "2026-08-03")
        for i in range(16_000):
            c.alert(600 + i / 100, "Launch Privileged Nsenter", "shop/web-0", f"nsenter -t 1 {i}",
                    priority="Critical", container="ab" * 32)
        for i in range(20_000):
            name = f"u{i}-n{i % 2}"
            c.request(1800 + i / 100, f"system:node:n{i % 2}", "create", f"pods kube-system/{name}",
                      201, body={"apiVersion": "v1", "kind": "Pod", "spec": {"nodeName": f"n{i % 2}"},
                                 "metadata": {"name": name, "namespace": "kube-system"}}, **KUBELET)
        valid = self.analyze(c)["containment"]["still_valid"]
        self.assertEqual({one["what"].rpartition("-")[2] for one in valid
                          if one["what"].startswith("static pod")}, {"n1"})

    def test_claims_of_a_way_out_and_very_many_alerts_of_none(self):
        c = Case("square", "2026-08-03")
        c.request(60, "bo@shop.example", "get", "pods shop/web-0")
        for i in range(8000):
            c.alert(600 + i / 100, "Read sensitive file untrusted", "shop/web-0",
                    f"cat /etc/shadow {i}", tags=("T1555",), container="ab" * 32)
        said = "".join(f"- 10:{i:02d} the attacker escaped to the node\n" for i in range(30))
        claims = self.analyze(c, **{"timeline.md": f"# 2026-08-03, UTC\n\n{said}"})["claims"]
        self.assertEqual([one["verdict"] for one in claims["claims"]], ["neither"] * 30)


if __name__ == "__main__":
    unittest.main()
