"""JSON that is not one record on each line, behind what a program said before it: a banner, a
warning, the header of a terminal's log. And texts in folders of logs that are none."""
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from kube_case import EXHIBIT  # noqa: E402
from made_cases import Case, lines  # noqa: E402
from test_kube_reach import Reach, shop  # noqa: E402

BANNERS = ("# exported by a tool, version 1.2\n", "Warning: v1 [beta] is deprecated {soon}\n\n",
           'Script started on "tty1"\nTerm: xterm\n')


class Banners(Reach):
    def case(self):
        c = Case("banners", "2026-07-01")
        c.request(10, "ana@corp.example", "list", "secrets", 200)
        c.request(20, "ana@corp.example", "delete", "pods shop/web-0", 200)
        c.alert(30, "Run shell untrusted", "shop/web-0", "sh -c id", container="ab" * 32)
        return c

    def roles(self):
        return {s["item"]: (s["role"], s["records"]) for s in self.documents["coverage"]["sources"]}

    def test_records_are_found_behind_it(self):
        c = self.case()
        requests, alerts = c.records(), c.alerts()
        for banner in BANNERS:
            for text in (json.dumps(requests, indent=2), json.dumps(
                    {"kind": "EventList", "items": requests}, indent=1),
                    "".join(json.dumps(r, indent=4) + "\n" for r in requests)):
                self.analyze({"x1.json": banner + text, "pod.json": json.dumps(shop(c)),
                              "x2.json": banner + json.dumps(alerts, indent=2)})
                self.assertEqual(self.roles()["x1.json"], ("audit-log", 2), banner + text[:40])
                self.assertEqual(self.roles()["x2.json"], ("falco-alerts", 1), banner)
                self.assertEqual(len(self.found("audit_secrets_listed_cluster_wide")), 1)

    def test_places_are_those_in_the_file(self):
        c = self.case()
        text = BANNERS[1] + json.dumps(c.records(), indent=2)
        self.analyze({"x.json": text, "pod.json": json.dumps(shop(c))})
        (found,) = self.found("audit_secrets_listed_cluster_wide")
        at = found["spans"][0]
        told = text.encode()[at["offset"]:at["offset"] + at["length"]]
        self.assertEqual(json.loads(told), c.records()[0])

    def test_objects(self):
        c = self.case()
        self.analyze({"x.json": BANNERS[1] + json.dumps(shop(c), indent=2),
                      "audit.log": lines(c.records())})
        self.assertEqual(self.documents["scope"]["pod"], "web-0")

    def test_lines_stay_lines(self):
        c = self.case()
        for banner in BANNERS:
            self.analyze({"audit.log": banner + lines(c.records()),
                          "pod.json": json.dumps(shop(c))})
            self.assertEqual(self.roles()["audit.log"], ("audit-log", 2))


class Folders(unittest.TestCase):
    def roles(self, files):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                path = Path(folder) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            done = subprocess.run([EXHIBIT, "list", "--json", folder], capture_output=True,
                                  text=True, check=True)
            return {i["path"]: i["role"] for i in json.loads(done.stdout)["items"]}

    def test_a_text_in_a_folder_of_logs(self):
        """What it says, or whose logs the folder says it has; not that it ends in "logs"."""
        letter, log = "Dear all,\nthis is a letter.\n", "2026-07-01T10:00:00.5Z stdout F started\n"
        roles = self.roles({
            "node-logs/letter.txt": letter, "case_logs/a/letter.txt": letter,
            "catalogs/letter.txt": letter, "case_logs/a/web.txt": log, "logs/web.txt": letter,
            "pod-logs/web.txt": letter, "x/container_logs/web.txt": letter,
            "case_logs/a/web.log": letter})
        log_paths = {p for p, role in roles.items() if role == "container-log"}
        self.assertEqual(log_paths, {"case_logs/a/web.txt", "logs/web.txt", "pod-logs/web.txt",
                                     "x/container_logs/web.txt", "case_logs/a/web.log"})


if __name__ == "__main__":
    unittest.main()
