"""index.html of batch in headless Chromium: hostile names of cases are text, links lead to
the reports, nothing is asked of the network."""
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "batch")]
import cases  # noqa: E402
from driver import Browser  # noqa: E402

EXHIBIT = os.environ["EXHIBIT"]
NAMES = [cases.HOSTILE, "<img src=x onerror=window.owned=1>", "a'\"><svg onload=window.owned=2>",
         "javascript:window.owned=3", "%2e%2e", "a#b?c", "&lt;b&gt;"]


class Index(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        root, out = Path(cls.folder.name, "root"), Path(cls.folder.name, "out")
        for i in range(24):
            cases.write_case(str(root), i)
        for i, name in enumerate(NAMES):
            files = cases.contents(100 + i)
            files["SHA256SUMS"] = cases.manifest(files)
            cases.write_directory(str(root / name), files)
        limits = ["--memory-limit", "0"] if "/san/" in EXHIBIT else []
        subprocess.run([EXHIBIT, "batch", root, "-o", out, "--quiet", *limits], timeout=300,
                       check=False)
        cls.page = out / "index.html"
        cls.browser = Browser()

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.folder.cleanup()

    def open(self):
        b = self.browser
        b.requests()
        b.errors()
        b.open(self.page)
        return b

    def test_hostile_names_are_text(self):
        b = self.open()
        self.assertIsNone(b.run("return window.owned ?? null"))
        self.assertEqual(b.run("return document.querySelectorAll('script,img,svg').length"), 0)
        shown = b.run("return [...document.querySelectorAll('#cases + table td:first-child')]"
                      ".map(e => e.textContent)")
        for name in NAMES[1:]:
            self.assertIn(name, shown)
        self.assertEqual(len(shown), 24 + len(NAMES))
        asked = b.requests()
        self.assertEqual({u.split("#")[0] for u in asked}, {f"file://{self.page}"})

    def test_links_lead_to_the_reports(self):
        b = self.open()
        links = b.run("return [...document.querySelectorAll('#cases + table a')]"
                      ".map(e => decodeURIComponent(e.pathname))")
        self.assertEqual(len(links), 24 + len(NAMES))
        for link in links:
            self.assertTrue(os.path.isfile(link), link)

    def test_the_worst_first_and_what_is_shared(self):
        b = self.open()
        verdicts = b.run("return [...document.querySelectorAll('#cases + table td.v')]"
                         ".map(e => e.textContent)")
        self.assertEqual(verdicts, sorted(verdicts, key=["failed", "incomplete"].index))
        self.assertIn("failed", verdicts)
        kinds = b.run("return [...document.querySelectorAll('h3')].map(e => e.textContent)")
        self.assertEqual(kinds, ["Addresses", "Domains", "Images", "Accounts"])


if __name__ == "__main__":
    unittest.main()
