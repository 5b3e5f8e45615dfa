"""Findings as people read them: what one rule says of many subjects is one entry in the page,
in Markdown and on the terminal, and each by itself for machines."""
import fcntl
import json
import os
import pty
import re
import sqlite3
import struct
import subprocess
import sys
import tempfile
import termios
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "browser"))
import made_case  # noqa: E402

EXHIBIT = os.environ["EXHIBIT"]
JOBS = [f"shop/nightly-{n:03d}" for n in range(130)]


def made(path):
    """130 cron jobs by one rule, the first of them seen by a second rule as well, and one
    finding of the same rule that is less grave."""
    made_case.make(path, 60)
    db = sqlite3.connect(path)
    for n, job in enumerate(JOBS):
        made_case.add_finding(db, 100 + n, "high", rule="kube.cron", title="Cron job planted",
                              subject=job, time=made_case.START + n)
    made_case.add_finding(db, 300, "high", rule="kube.other", title="Seen by another rule",
                          subject=JOBS[0], part_of=100)
    made_case.add_finding(db, 301, "low", rule="kube.cron", title="Cron job planted",
                          subject="shop/harmless")
    db.commit()
    db.close()
    return path


def on_terminal(columns, rows, *command):
    """What the command writes to a terminal of that size."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    written = b""
    try:
        while block := os.read(ours, 65536):
            written += block
    except OSError:
        pass  # the other end was closed
    os.close(ours)
    assert process.wait() == 0
    text = re.sub(r"\x1b\[[0-9;]*[mK]", "", written.decode()).replace("\r\n", "\n")
    return text.splitlines()


class Folds(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.db = made(Path(cls.folder.name) / "made.db")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def render(self, *options):
        return subprocess.run([EXHIBIT, "report", self.db, *options], check=True, text=True,
                              capture_output=True, timeout=60).stdout

    def test_machines_get_each(self):
        findings = json.loads(self.render("--format", "findings"))["findings"]
        self.assertEqual([f["subject"] for f in findings if f["rule"] == "kube.cron"],
                         JOBS + ["shop/harmless"])

    def test_the_page_has_one_entry_with_all_in_it(self):
        page = self.render("--format", "html")
        entries = [e for e in page.split('<details class="finding"')[1:] if "Cron job planted" in e]
        self.assertEqual(len(entries), 2, "the grave ones, and the other")
        entry = entries[0]
        summary = entry[:entry.index("</summary>")]
        self.assertIn("130 subjects", summary)
        self.assertIn(", ".join(JOBS[:3]) + " and 127 more", summary)
        members = entry[entry.index('<ol class="members">'):entry.index("</ol>")]
        for n, job in enumerate(JOBS):
            self.assertEqual(f'<li id="f{100 + n}">' in members and job in members, n < 100, job)
        self.assertIn("and 30 more in findings.json", entry)
        self.assertIn("Seen by another rule", members.split("<li id=\"f101\">")[0])
        self.assertEqual(entry.count("<dt>Why it matters</dt>"), 1)
        self.assertNotIn("subjects</span>", entries[1].split("</summary>")[0])

    def test_markdown_and_terminal_have_one_line(self):
        told = "Cron job planted (130)"
        markdown = [x for x in self.render("--format", "markdown").splitlines() if told in x]
        self.assertEqual(len(markdown), 1)
        self.assertIn(", ".join(JOBS[:3]) + " and 127 more", markdown[0])
        terminal = [x for x in self.render().splitlines() if told in x]
        self.assertEqual(len(terminal), 1)

    def test_the_summary_fits_the_terminal(self):
        for columns, rows in ((80, 24), (60, 30), (200, 60)):
            lines = on_terminal(columns, rows, EXHIBIT, "report", self.db)
            self.assertLessEqual(max(map(len, lines)), columns)
            self.assertLess(len(lines), rows)
            self.assertIn("Top findings", lines)
        wide = "\n".join(lines)
        self.assertIn(" and 127 more", wide)


if __name__ == "__main__":
    unittest.main()
