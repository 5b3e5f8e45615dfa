"""A made incident, written into a folder, analysed, and what came out of it."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

EXHIBIT = os.path.abspath(os.environ.get("EXHIBIT", "build/exhibit"))


class Made(unittest.TestCase):
    make = None
    options = ()

    @classmethod
    def change(cls, package):
        pass

    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="exhibit-case-"))
        cls.case = cls.make()
        cls.case.write(cls.folder / "package")
        cls.change(cls.folder / "package")
        cls.out = cls.folder / "out"
        done = subprocess.run([EXHIBIT, "analyze", cls.folder / "package", "-o", cls.out,
                               *cls.options], capture_output=True, text=True, check=False)
        assert done.returncode in (0, 1), done.stderr
        cls.terminal = done.stdout
        cls.documents = {p.stem: json.loads(p.read_text()) for p in cls.out.glob("*.json")}

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder, ignore_errors=True)

    def near(self, time, at, within=1.0):
        self.assertEqual(time[:10], self.case.day)
        hour, minute, second = time[11:].rstrip("Z").split(":")
        seen = (int(hour) - 10) * 3600 + int(minute) * 60 + float(second)
        self.assertAlmostEqual(seen, at, delta=within)

    def rules(self, prefix=""):
        return {(f["rule"], f["subject"]) for f in self.documents["findings"]["findings"]
                if f["rule"].startswith(prefix)}

    def identities(self):
        return {i["what"] for i in self.documents["scope"]["identities"]}

    def acts(self):
        return [(a["what"], a.get("object"), a["by"])
                for a in self.documents["containment"]["actions"]]

    def secrets(self):
        return {(s["kind"], s.get("namespace"), s["name"]): s
                for s in self.documents["exposure"]["secrets"]}

    def remains(self):
        return {(r["action"], r["object"]): r["reverted"]
                for r in self.documents["containment"]["remains"]}

    def claims(self):
        return {c["claim"]: c["verdict"] for c in self.documents["claims"]["claims"]}
