"""Hostile text in every source of a package: what comes out is inert, and visible as what
it is; in the page, in spreadsheets, in a terminal, in Markdown."""
import csv
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "cli")]
import test_masking  # noqa: E402
from driver import Browser  # noqa: E402

EXHIBIT = os.environ["EXHIBIT"]
TEXTS = {
    "script": "</script><script>window.owned=1</script>",
    "image": "<img src=http://hostile.invalid/x onerror=window.owned=2>",
    "attribute": "\"'><svg onload=window.owned=3>",
    "comment": "--><base href=http://hostile.invalid/></style></title>",
    "template": "@@data@@ ${window.owned=4} {{7*7}}",
    "link": "[x](javascript:window.owned=5) ![y](http://hostile.invalid/y)",
    "formula": "=HYPERLINK(\"http://hostile.invalid\")",
    "formula plus": "+cmd|'/c calc'!A1",
    "formula at": "@SUM(1)",
    "escape": "\x1b[31mred\x1b]0;title\x07",
    "bidi": "gnp.\u202eexe\u2066",
    "invisible": "ad\u200bmin\ufeff",
    "bar": "a|b|c",
}


def hostile():
    return {kind: (text, kind) for kind, text in TEXTS.items()}


class Hostile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        at = Path(cls.folder.name)
        cls.package, cls.out = at / "case", at / "out"
        cls.package.mkdir()
        test_masking.plant(cls.package, hostile)
        # What is no UTF-8 at all, and a field of ten megabytes, in the two kinds of logs.
        with open(cls.package / "0.log", "ab") as f:
            f.write(b"2026-11-23T09:45:50.000000Z stdout F \xff\xfe\xc0\x80 ;id\n")
            f.write(b"2026-11-23T09:45:51.000000Z stdout F " + b"A" * 10_000_000 + b"\n")
        with open(cls.package / "audit.log", "a") as f:
            f.write(test_masking.audit("2026-11-23T09:45:52.000000Z",
                                       requestURI="/api/v1/" + "<b>" * 3_400_000) + "\n")
        with open(cls.package / "falco.jsonl", "a") as f:
            f.write(test_masking.falco("2026-11-23T09:45:53.000000Z", output="=" * 10_000_000) + "\n")
        begun = time.monotonic()
        cls.done = subprocess.run([EXHIBIT, "analyze", cls.package, "-o", cls.out],
                                  capture_output=True, timeout=300)
        cls.seconds = time.monotonic() - begun

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def read(self, name):
        return (self.out / name).read_text(encoding="utf-8")

    def test_it_is_analysed_to_its_end(self):
        self.assertIn(self.done.returncode, (0, 1), self.done.stderr[-500:])
        for path in self.out.iterdir():
            self.assertLess(path.stat().st_size, 60_000_000, path.name)

    def test_no_control_or_bidi_character_reaches_any_text(self):
        deceptive = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u202a-\u202e\u2066-\u2069\ufeff]")
        for path in self.out.iterdir():
            if path.suffix != ".db":
                found = deceptive.search(path.read_text(encoding="utf-8"))
                self.assertIsNone(found, f"{path.name}: {found}")
        self.assertIsNone(deceptive.search(self.done.stdout.decode()))

    def test_no_cell_of_the_spreadsheet_is_a_formula(self):
        with open(self.out / "timeline.csv", newline="", encoding="utf-8") as f:
            rows = list(csv.reader(f))
        self.assertGreater(len(rows), 150)
        for row in rows[1:]:
            self.assertEqual(len(row), len(rows[0]))
            for cell in row:
                self.assertNotRegex(cell, r"^[=+@\t\r]")
                if cell.startswith("-"):
                    self.assertRegex(cell, r"^-\d+$")

    def test_every_line_of_the_timeline_is_json_and_the_text_is_there(self):
        events = [json.loads(line) for line in self.read("timeline.jsonl").splitlines()]
        text = "\n".join(e["message"] for e in events)
        for visible in (TEXTS["script"], TEXTS["image"], "\\x1B[31m", "\\u{202E}"):
            self.assertIn(visible, text)

    def test_markdown_has_no_live_link(self):
        text = self.read("summary.md")
        self.assertNotRegex(text, r"(?<!\\)\]\((?!#)")
        self.assertNotIn("<script", text)

    def test_the_page_runs_nothing_and_asks_for_nothing(self):
        page = self.out / "report.html"
        browser = Browser()
        self.addCleanup(browser.close)
        browser.requests()
        browser.errors()
        browser.open(page)
        self.assertTrue(browser.wait("document.documentElement.dataset.ready === 'true'", 60))
        browser.run("for (const a of document.querySelectorAll('#contents a')) a.click();"
                    "for (const d of document.querySelectorAll('details')) d.open = true;"
                    "for (const a of [...document.querySelectorAll('a.ev')].slice(0, 400)) a.click()")
        browser.run("document.getElementById('drawer').close();"
                    "for (const r of document.querySelectorAll('.rows .row')) r.click()")
        self.assertIsNone(browser.run("return window.owned || null"))
        self.assertEqual(browser.run("return document.scripts.length"), 2)
        self.assertEqual(browser.run(
            "return document.querySelectorAll('img, base, iframe, object, embed, form, main script,"
            " a[href^=javascript], a[href^=http], main svg:not(.histogram)').length"), 0)
        self.assertIn(TEXTS["script"], browser.run("return document.querySelector('main').textContent"))
        self.assertEqual(browser.errors(), [])
        asked = {u.split("#")[0] for u in browser.requests()}
        self.assertEqual(asked, {f"file://{page}"})


if __name__ == "__main__":
    unittest.main()
