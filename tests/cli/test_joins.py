"""What several kinds of sources name is shown with its places: the same container, program,
address. The truth is the bytes themselves."""
import hashlib
import html
import os
import re
import subprocess
import tarfile
import tempfile
import unittest
from pathlib import Path

EXHIBIT = os.environ["EXHIBIT"]
CASE = Path(__file__).resolve().parents[2] / "corpus/packages/inventory"


class Joins(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([EXHIBIT, "analyze", CASE, "-o", folder, "--quiet"], check=True,
                           timeout=120)
            page = (Path(folder) / "report.html").read_text()
        section = page[page.index('<section id="joins"'):page.index('<section id="claims"')]
        cls.rows = {}
        for row in re.findall(r"<tr><td>.*?</tr>", section, re.S):
            cells = [html.unescape(re.sub("<[^>]+>", " ", c)).split()
                     for c in re.findall(r"<td.*?>(.*?)</td>", row, re.S)]
            cls.rows[cells[1][0]] = cells
        cls.exhibits = dict(re.findall(r'id="(e\d+)"><h3>E\d+ <span>(.*?)</span>', page))

    def sources(self, value):
        return {w for w in self.rows[value][2] if re.fullmatch("[a-z-]+", w)}

    def test_the_container_by_either_length_of_its_id(self):
        self.assertEqual(self.sources("820eca1b75db"), {"objects", "checkpoint", "falco", "layer"})

    def test_the_program_in_memory_is_the_file_on_disk(self):
        with tarfile.open(CASE / "inventory-api-6d4cf56db6-9wq7m-layer.tar") as layer:
            [member] = [m for m in layer if m.name.endswith("usr/bin/dbus-helper")]
            digest = hashlib.sha256(layer.extractfile(member).read()).hexdigest()
        self.assertEqual(self.sources(digest), {"checkpoint", "layer"})
        names = " ".join(self.rows[digest][1])
        for name in ("/tmp/.cache-x", "memfd:kworker", "/usr/bin/dbus-helper"):
            self.assertIn(name, names)

    def test_pod_node_account_file_and_address(self):
        for value, sources in (
                ("inventory/inventory-api-6d4cf56db6-9wq7m",
                 {"objects", "audit", "container-log", "events", "falco"}),
                ("worker-2", {"objects", "audit", "events", "falco"}),
                ("system:serviceaccount:inventory:inventory-api", {"objects", "audit"}),
                ("/etc/cron.d/update", {"layer", "falco"}),
                ("127.0.0.1:4444", {"timeline", "falco", "checkpoint"})):
            self.assertEqual(self.sources(value), sources, value)

    def test_what_one_source_names_alone_joins_nothing(self):
        self.assertNotIn("metrics-agent", str(self.rows))
        for cells in self.rows.values():
            self.assertGreater(len(self.sources(cells[1][0])), 1)


if __name__ == "__main__":
    unittest.main()
