"""exhibit analyze and report: the same bytes every time, no file of anybody else's touched,
and every format accepted by an independent reader."""
import csv
import html
import io
import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import tempfile
import unittest
from pathlib import Path

EXHIBIT = os.environ["EXHIBIT"]
CASE = "corpus/packages/inventory"
TRUST = ["--trust", "corpus/pki/ca.pem"]


def run(*args, **kwargs):
    return subprocess.run([EXHIBIT, *map(str, args)], capture_output=True, timeout=300, **kwargs)


def dump(path):
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    lines = list(db.iterdump())
    db.close()
    return lines


class OfTheCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.out = Path(cls.folder.name) / "out"
        cls.done = run("analyze", CASE, "-o", cls.out, *TRUST)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_succeeds_and_says_where_the_report_is(self):
        self.assertEqual(self.done.returncode, 0, self.done.stderr)
        self.assertIn(b"verified", self.done.stdout)
        self.assertIn(str(self.out / "report.html").encode(), self.done.stdout)
        self.assertEqual(self.done.stderr, b"")
        self.assertLess(self.done.stdout.count(b"\n"), 40)

    def test_same_bytes_with_other_threads_locale_and_zone(self):
        other = Path(self.folder.name) / "other"
        environment = dict(os.environ, LC_ALL="tr_TR.UTF-8", TZ="Pacific/Chatham", LANG="de_DE")
        for threads in ("1", "8"):
            shutil.rmtree(other, ignore_errors=True)
            done = run("analyze", CASE, "-o", other, "--threads", threads, *TRUST, env=environment)
            self.assertEqual(done.returncode, 0, done.stderr)
            names = sorted(os.listdir(self.out))
            self.assertEqual(names, sorted(os.listdir(other)))
            for name in names:
                if name == "case.db":
                    self.assertEqual(dump(self.out / name), dump(other / name))
                else:
                    self.assertEqual((self.out / name).read_bytes(),
                                     (other / name).read_bytes(), name)

    def test_report_renders_the_same_from_the_case_file_alone(self):
        names = {"html": "report.html", "jsonl": "timeline.jsonl", "timesketch": "timeline.jsonl",
                 "csv": "timeline.csv", "bodyfile": "timeline.body", "findings": "findings.json",
                 "verdict": "verdict.json", "markdown": "summary.md", "stix": "stix.json",
                 "case-uco": "case-uco.jsonld", "sarif": "findings.sarif"}
        with tempfile.TemporaryDirectory() as alone:
            moved = shutil.copy(self.out / "case.db", Path(alone) / "moved.db")
            for name, file in names.items():
                done = run("report", moved, "--format", name, cwd=alone) if EXHIBIT.startswith("/") \
                    else run("report", moved, "--format", name)
                self.assertEqual(done.returncode, 0, (name, done.stderr))
                self.assertEqual(done.stdout, (self.out / file).read_bytes(), name)

    def test_the_database_holds_together(self):
        db = sqlite3.connect(f"file:{self.out / 'case.db'}?mode=ro", uri=True)
        self.assertEqual(db.execute("PRAGMA foreign_key_check").fetchall(), [])
        self.assertEqual(db.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
        self.assertEqual(db.execute("SELECT count(*) FROM event e JOIN event f ON f.id = e.id + 1"
                                    " WHERE f.time < e.time").fetchone(), (0,))
        for view in ("timeline", "finding_evidence", "process", "change"):
            db.execute(f"SELECT * FROM {view}").fetchall()
        listed = db.execute("SELECT sha256 FROM item WHERE path = 'audit.log'").fetchone()[0]
        told = subprocess.run(["sha256sum", f"{CASE}/audit.log"], capture_output=True, text=True)
        self.assertEqual(listed, told.stdout.split()[0])
        db.close()

    def test_what_is_cited_is_what_show_prints(self):
        findings = json.loads((self.out / "findings.json").read_text())["findings"]
        for finding in findings[:40]:
            self.assertTrue(finding["spans"], finding["rule"])
            for span in finding["spans"][:2]:
                if span["length"] == 0:
                    continue
                done = run("show", "--raw", CASE, f"{span['item_id']}@{span['offset']}+{span['length']}")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(len(done.stdout), span["length"], finding["rule"])

    def test_the_page_shows_what_its_commands_print(self):
        """Every exhibit: its bytes, but for runs that are counted, are those of `show`."""
        page = (self.out / "report.html").read_text()
        exhibits = re.findall(r'<article class="exhibit.*?</article>', page, re.S)
        self.assertGreater(len(exhibits), 200)
        for exhibit in exhibits:
            command = shlex.split(html.unescape(
                re.search(r'class="command"><code>(.*?)</code>', exhibit)[1]))
            self.assertEqual(command[:3], ["exhibit", "show", "inventory"])
            done = run("show", CASE, command[3])
            self.assertEqual(done.returncode, 0, (command, done.stderr))
            shown = re.search(r'<pre class="bytes">(.*?)</pre>', exhibit, re.S)
            if not shown:
                continue
            text = re.sub(r'(\\x..)<span class="run"> × (\d+) </span>',
                          lambda m: m[1] * int(m[2]), shown[1])
            self.assertTrue(done.stdout.decode().startswith(html.unescape(text)), command)

    def test_timeline_in_all_forms_has_the_same_rows(self):
        lines = (self.out / "timeline.jsonl").read_text().splitlines()
        rows = [json.loads(line) for line in lines]
        table = list(csv.DictReader(io.StringIO((self.out / "timeline.csv").read_text(), newline="")))
        self.assertEqual(len(rows), len(table))
        for row, cells in zip(rows, table):
            self.assertEqual({"message", "datetime", "timestamp", "timestamp_desc", "tag", "source",
                              "kind", "actor", "object", "item", "offset", "length",
                              "item_sha256", "item_verdict", "findings"} - set(row), set())
            self.assertEqual(str(row["offset"]), cells["offset"])
            self.assertEqual(row["item_sha256"], cells["item_sha256"])
        body = (self.out / "timeline.body").read_text().splitlines()
        self.assertEqual(len(body), sum(r["datetime"] is not None for r in rows))
        for line in body:
            self.assertEqual(len(line.split("|")), 11)

    def test_no_secret_of_the_case_stands_in_any_output(self):
        # The values that the processes' memory, the manifests and the API's answers hold.
        for secret in (b"hunter2-lab", b"s.labtokenlabtoken", b"c2tfbGFiXzAwMA", b"sk_lab_000"):
            for name in sorted(os.listdir(self.out)):
                self.assertNotIn(secret, (self.out / name).read_bytes(), (name, secret))

    def test_an_earlier_analysis_is_replaced(self):
        done = run("analyze", CASE, "-o", self.out, *TRUST)
        self.assertEqual(done.returncode, 0, done.stderr)


class Refusals(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.at = Path(self.folder.name)

    def tearDown(self):
        self.folder.cleanup()

    def refused(self, *args):
        done = run(*args)
        self.assertEqual(done.returncode, 2, done)
        self.assertNotEqual(done.stderr, b"")
        return done.stderr

    def test_never_inside_the_package(self):
        package = self.at / "package"
        package.mkdir()
        (package / "a.log").write_text("x\n")
        for inside in (package, package / "out", package / "deep/er", self.at / "package/../package/o"):
            self.assertIn(b"inside the package", self.refused("analyze", package, "-o", inside))
        os.symlink(package, self.at / "link")
        self.assertIn(b"inside the package", self.refused("analyze", package, "-o", self.at / "link/out"))
        self.assertEqual(os.listdir(package), ["a.log"])

    def test_a_foreign_directory_is_left_alone(self):
        mine = self.at / "mine"
        mine.mkdir()
        (mine / "thesis.txt").write_text("years of work")
        self.refused("analyze", CASE, "-o", mine)
        self.assertEqual(os.listdir(mine), ["thesis.txt"])

    def test_usage(self):
        self.refused("analyze", CASE)
        self.refused("analyze", "-o", self.at / "out")
        self.refused("analyze", self.at / "nothing", "-o", self.at / "out")
        self.refused("analyze", CASE, "-o", self.at / "out", "--threads", "0")
        self.refused("analyze", CASE, "-o", self.at / "out", "--since", "yesterday")
        self.refused("analyze", CASE, "-o", self.at / "out", "--as", "nonsense=x")
        self.refused("analyze", CASE, "-o", self.at / "out", "--fail-on", "huge")
        self.refused("report", CASE + "/audit.log")
        self.refused("report", self.at / "nothing.db")
        self.assertEqual(run("analyze", "--help").returncode, 0)
        self.assertEqual(run("report", "--help").returncode, 0)

    def test_a_database_of_something_else(self):
        other = self.at / "other.db"
        db = sqlite3.connect(other)
        db.execute("CREATE TABLE t (x)")
        db.commit()
        db.close()
        self.assertIn(b"not a case file", self.refused("report", other))

    def test_a_damaged_package_is_told_and_analysed(self):
        package = self.at / "package"
        shutil.copytree(CASE, package)
        data = bytearray((package / "audit.log").read_bytes())
        data[1000] ^= 1
        (package / "audit.log").write_bytes(data)
        done = run("analyze", package, "-o", self.at / "out", *TRUST)
        self.assertEqual(done.returncode, 1, done.stderr)
        verdict = json.loads((self.at / "out/verdict.json").read_text())
        self.assertEqual(verdict["verdict"], "failed")
        self.assertIn(b"failed", done.stdout)
        self.assertTrue((self.at / "out/report.html").exists())


if __name__ == "__main__":
    unittest.main()
