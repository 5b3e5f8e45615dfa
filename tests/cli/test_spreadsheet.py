"""LibreOffice, where it is installed, reads the tables as they are meant: every column, every
row, and no cell becomes a formula. It is large, so nothing else asks for it."""
import csv
import json
import os
import shutil
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree as ET
from pathlib import Path

EXHIBIT = os.environ["EXHIBIT"]
CASE = Path(__file__).resolve().parents[2] / "corpus/packages/inventory"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
FORMULAS = ['=1+2', '+1+2', '-1+2', '@SUM(1)', '=HYPERLINK("http://example.invalid","x")',
            '"=1+2"', ';=1+2', '=cmd|\' /C calc\'!A0', '\t=1+2', '=1+2,3']


def cells(row):
    """Repeated cells are written once; the empty rest of a sheet is one cell."""
    found = []
    for cell in row.iter(TABLE + "table-cell"):
        text = "\n".join("".join(p.itertext()) for p in cell.iter(TEXT + "p"))
        found += [text] * min(int(cell.get(TABLE + "number-columns-repeated", 1)), 64)
    while found and not found[-1]:
        found.pop()
    return found


@unittest.skipUnless(shutil.which("soffice"), "LibreOffice is not installed")
class Spreadsheet(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.at = Path(cls.folder.name)
        package = cls.at / "case"
        shutil.copytree(CASE, package)
        with open(package / "api-0.log", "a") as log:
            for i, text in enumerate(FORMULAS):
                log.write(f"2026-11-23T09:45:34.{i:09d}Z stdout F {text}\n")
        audit = json.loads((package / "audit.log").read_text().splitlines()[-1])
        with open(package / "audit.log", "a") as log:
            for i, text in enumerate(FORMULAS):
                audit["auditID"] = f"00000000-0000-4000-8000-{i:012d}"
                audit["user"]["username"] = audit["userAgent"] = text
                log.write(json.dumps(audit) + "\n")
        cls.out = cls.at / "out"
        subprocess.run([EXHIBIT, "analyze", package, "-o", cls.out, "--quiet"], capture_output=True,
                       timeout=120)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def sheet(self, path, separator):
        """As LibreOffice has it, formulas evaluated: the last word of the filter asks for it."""
        words = f"{ord(separator)},34,76,1,,0,false,false,false,false,false,0,true"
        subprocess.run(["soffice", "--headless", f"-env:UserInstallation=file://{self.at}/profile",
                        f"--infilter=Text - txt - csv (StarCalc):{words}",
                        "--convert-to", "fods", "--outdir", self.at / "sheets", path],
                       check=True, capture_output=True, timeout=300)
        return ET.parse(self.at / "sheets" / (Path(path).stem + ".fods"))

    @staticmethod
    def formulas(sheet):
        return [c.get(TABLE + "formula") for c in sheet.iter(TABLE + "table-cell")
                if c.get(TABLE + "formula")]

    def opened(self, name, separator):
        sheet = self.sheet(self.out / name, separator)
        self.assertEqual(self.formulas(sheet), [])
        return [r for r in map(cells, sheet.iter(TABLE + "table-row")) if r]

    def test_a_formula_would_be_seen(self):
        raw = self.at / "raw.csv"
        raw.write_text("a,b\n=1+2,x\n")
        self.assertEqual(len(self.formulas(self.sheet(raw, ","))), 1)

    def test_the_timeline(self):
        with open(self.out / "timeline.csv", newline="") as file:
            meant = list(csv.reader(file))
        rows = self.opened("timeline.csv", ",")
        self.assertEqual(rows[0], meant[0])
        self.assertEqual(len(rows), len(meant))
        column = meant[0].index("message")
        shown = [row[column] for row in rows]
        for text in FORMULAS:
            self.assertTrue(any(text.strip() in cell for cell in shown), text)

    def test_the_slices(self):
        for path in sorted(self.out.glob("slice-*.tsv")):
            with self.subTest(path.name):
                meant = [line.split("\t") for line in path.read_text().splitlines()]
                rows = self.opened(path.name, "\t")
                self.assertEqual(rows[0], meant[0])
                self.assertEqual(len(rows), len(meant))


if __name__ == "__main__":
    unittest.main()
