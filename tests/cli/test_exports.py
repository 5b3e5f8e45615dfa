"""The exports, read by something that is not ours, over text that wants to do harm."""
import csv
import html.parser
import io
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "browser"))
import made_case  # noqa: E402
import schema_kit  # noqa: E402

EXHIBIT = os.environ["EXHIBIT"]
HOSTILE = ("=cmd|'/c calc'!A1", "+1+1", "-1", "@SUM(1)", "\t=1", "\r=1",
           "a|b|c", "<script>alert(1)</script>", "[x](javascript:alert(1))",
           "\u202egnp.exe", "\x1b[31mred", "a\nb", "`code`", "![x](http://x.invalid/)")


# Harmless to a terminal, and markup to Markdown in one of the places where it is put.
MARKUP = ("- item", "1. item", "2) item", "# head", "> quote", "---", "===", "    code", "*a* **b**",
          "_a_ __b__", "a_b_c", "`x`", "~~x~~", "[a]: http://x.invalid", "[x][a]", "<a@x.invalid>",
          "a@x.invalid", "http://x.invalid/", "www.x.invalid", "ftp://x.invalid", "a | b",
          "&lt;b&gt;", "&#65;", "<!-- x -->", "a\\", "\\", "- [x] task", "+ [ ] task",
          "https://x.invalid/a_b_c", "|---|", "<b>", "x  ")


class Elements(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.names, self.attributes, self.text = set(), set(), ""

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        self.attributes.update(attrs)

    def handle_comment(self, data):
        if data != " ":
            self.names.add("comment")

    def handle_data(self, data):
        self.text += data


def render(db, name):
    done = subprocess.run([EXHIBIT, "report", db, "--format", name], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Exports(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.db = made_case.make(Path(cls.folder.name) / "plain.db", 60)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def hostile(self, text):
        return made_case.make(Path(self.folder.name) / "hostile.db", 6, text)

    def test_stix_ids_are_well_formed_and_references_resolve(self):
        bundle = json.loads(render(self.db, "stix"))
        self.assertEqual(bundle["type"], "bundle")
        ids = [o["id"] for o in bundle["objects"]]
        self.assertEqual(len(ids), len(set(ids)))
        for o in bundle["objects"] + [bundle]:
            kind, name = o["id"].split("--")
            self.assertEqual(kind, o["type"])
            self.assertEqual(uuid.UUID(name).version, 5)
            self.assertEqual(uuid.UUID(name).variant, uuid.RFC_4122)
        for o in bundle["objects"]:
            self.assertEqual(o["spec_version"], "2.1")
            for key, value in o.items():
                if key.endswith("_ref"):
                    self.assertIn(value, ids)
                if key.endswith("_refs"):
                    self.assertTrue(value)
                    self.assertEqual(set(value) - set(ids), set())
            if o["type"] != "file":
                self.assertRegex(o["created"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        file = next(o for o in bundle["objects"] if o["type"] == "file")
        space = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
        known = json.dumps({"hashes": file["hashes"], "name": file["name"]}, separators=(",", ":"))
        self.assertEqual(file["id"], "file--" + str(uuid.uuid5(space, known)))

    def test_sarif_indices_and_levels(self):
        run = json.loads(render(self.db, "sarif"))["runs"][0]
        rules = run["tool"]["driver"]["rules"]
        self.assertEqual(len(run["results"]), 5)
        for result in run["results"]:
            self.assertEqual(rules[result["ruleIndex"]]["id"], result["ruleId"])
            self.assertIn(result["level"], ("error", "warning", "note"))
            region = result["locations"][0]["physicalLocation"]["region"]
            self.assertEqual(region["byteLength"], 180)

    def test_case_uco_hashes_are_as_the_ontology_wants_them(self):
        """UCO 1.4: the method a plain string of its vocabulary, the value xsd:hexBinary."""
        graph = json.loads(render(self.db, "case-uco"))["@graph"]
        hashes = [h for node in graph for facet in node.get("uco-core:hasFacet", [])
                  for h in facet.get("uco-observable:hash", [])]
        self.assertTrue(hashes)
        for h in hashes:
            self.assertEqual(h["uco-types:hashMethod"], "SHA256")
            self.assertEqual(h["uco-types:hashValue"]["@type"], "xsd:hexBinary")
            self.assertRegex(h["uco-types:hashValue"]["@value"], "^[0-9a-f]{64}$")

    def test_case_uco_is_read_by_rdflib(self):
        """JSON-LD by another hand, where Debian's python3-rdflib is installed."""
        path = Path(self.folder.name) / "case.jsonld"
        path.write_bytes(render(self.db, "case-uco"))
        script = ("import sys, rdflib; g = rdflib.Graph(); g.parse(sys.argv[1], format='json-ld');"
                  "U = 'https://ontology.unifiedcyberontology.org/uco/';"
                  "print(len(set(g.subjects(rdflib.RDF.type, rdflib.URIRef(U + 'observable/File')))))")
        done = subprocess.run(["/usr/bin/python3", "-c", script, path], capture_output=True, text=True)
        if "ModuleNotFoundError" in done.stderr or "No plugin" in done.stderr:
            self.skipTest("python3-rdflib is not installed")
        files = sqlite3.connect(self.db).execute(
            "SELECT count(*) FROM item WHERE type = 'file' AND path <> ''").fetchone()[0]
        self.assertEqual((done.stdout.strip(), done.stderr), (str(files), ""))

    def test_case_uco_references_resolve(self):
        graph = json.loads(render(self.db, "case-uco"))["@graph"]
        ids = {node["@id"] for node in graph}
        self.assertEqual(len(ids), len(graph))
        action = next(n for n in graph if "case-investigation:InvestigativeAction" in n["@type"])
        for reference in action["uco-action:object"] + action["uco-action:result"] + [
                action["uco-action:instrument"]]:
            self.assertIn(reference["@id"], ids)

    def test_case_uco_has_the_findings_and_who_examined(self):
        out = Path(self.folder.name) / "examined"
        for name in (None, "A. Person \u202e"):
            subprocess.run([EXHIBIT, "analyze", "corpus/packages/inventory", "-o", out, "--quiet",
                            *(("--examiner", name) if name else ())],
                           check=True, capture_output=True, timeout=120)
            graph = json.loads((out / "case-uco.jsonld").read_text())["@graph"]
            nodes = {n["@id"]: n for n in graph}
            action = next(n for n in graph if "uco-analysis:Analysis" in n["@type"])
            told = json.loads((out / "findings.json").read_text())["findings"]
            results = [nodes[r["@id"]] for r in action["uco-action:result"]]
            written = [n for n in results if "uco-analysis:AnalyticResult" in n["@type"]]
            self.assertEqual([n["uco-core:name"] for n in written], [f["title"] for f in told])
            files = {n["@id"] for n in graph if n["@type"] == "uco-observable:File"}
            for n in written:
                self.assertEqual(n["uco-analysis:originatingAnalysis"]["@id"], action["@id"])
                objects = [o["@id"] for o in n.get("uco-core:object", [])]
                self.assertEqual("uco-core:Annotation" in n["@type"], bool(objects))
                self.assertLessEqual(set(objects), files)
                self.assertEqual(len(objects), len(set(objects)))
            self.assertEqual("uco-action:performer" in action, name is not None)
            if name:
                performer = nodes[action["uco-action:performer"]["@id"]]
                self.assertEqual((performer["@type"], performer["uco-core:name"]),
                                 ("uco-identity:Identity", "A. Person \\u{202E}"))
            shutil.rmtree(out)

    def test_other_peoples_formats_hold_to_their_standards(self):
        """Schemas written from the standards (tests/schema), read by Debian's jsonschema:
        no validator of STIX, SARIF or CASE is in Debian 12."""
        out = Path(self.folder.name) / "out"
        subprocess.run([EXHIBIT, "analyze", "corpus/packages/inventory", "-o", out, "--quiet"],
                       check=True, capture_output=True, timeout=120)
        files = {"sarif": "findings.sarif", "stix": "stix.json", "case-uco": "case-uco.jsonld"}
        pairs = [(Path("tests/schema") / f"{name}.json", out / file) for name, file in files.items()]
        for name in files:
            for kind, text in (("plain", ""), ("hostile", HOSTILE[7] + HOSTILE[9])):
                db = self.db if not text else self.hostile(text)
                path = Path(self.folder.name) / f"{kind}-{name}.json"
                path.write_bytes(render(db, name))
                pairs.append((Path("tests/schema") / f"{name}.json", path))
        self.assertEqual(schema_kit.problems(pairs), {})

    def test_mactime_reads_the_bodyfile(self):
        body = Path(self.folder.name) / "timeline.body"
        body.write_bytes(render(self.db, "bodyfile"))
        done = subprocess.run(["mactime", "-y", "-d", "-z", "UTC", "-b", body],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = list(csv.reader(io.StringIO(done.stdout)))
        # The columns that a file's time leaves open are rows of the year 0.
        dated = [row for row in rows[1:] if not row[0].startswith("0000")]
        self.assertEqual(len(dated), 60)
        self.assertEqual(dated, sorted(dated, key=lambda row: row[0]))
        self.assertTrue(dated[0][0].startswith("2026-11-23T09:45:27Z"), dated[0])

    def test_hostile_text_in_csv_is_no_formula(self):
        for text in HOSTILE:
            rows = list(csv.reader(io.StringIO(render(self.hostile(text), "csv").decode(), newline="")))
            self.assertEqual(len(rows), 7, repr(text))
            for row in rows[1:]:
                self.assertEqual(len(row), len(rows[0]), repr(text))
                for cell in row:
                    self.assertFalse(cell[:1] in ("=", "+", "@", "\t", "\r"), repr(cell))
                    self.assertFalse(re.match(r"-[^0-9]|-1$", cell), repr(cell))

    def test_hostile_text_stays_in_its_field(self):
        for text in HOSTILE:
            db = self.hostile(text)
            for line in render(db, "bodyfile").decode().splitlines():
                self.assertEqual(line.count("|"), 10, repr(line))
            lines = render(db, "jsonl").decode().splitlines()
            self.assertEqual(len(lines), 6)
            for line in lines:
                json.loads(line)
            for name in ("findings", "stix", "sarif", "case-uco", "json"):
                json.loads(render(db, name))
            markdown = render(db, "markdown").decode()
            self.assertNotIn("<script", markdown)
            self.assertNotRegex(markdown, r"(?<!\\)\]\(")
            summary = subprocess.run([EXHIBIT, "report", db], capture_output=True).stdout
            self.assertNotIn(b"\x1b", summary)
            self.assertNotIn("\u202e".encode(), summary)
            for name in ("markdown", "bodyfile", "csv", "jsonl"):
                out = render(db, name)
                self.assertNotIn(b"\x1b", out, (name, text))
                self.assertNotIn("\u202e".encode(), out, (name, text))

    @unittest.skipUnless(shutil.which("cmark-gfm"), "cmark-gfm is not installed")
    def test_markdown_of_hostile_text_is_text_to_github(self):
        """Read as GitHub reads it: no element but ours, no link, and the text as it was."""
        ours = {"h1", "h2", "p", "strong", "code", "ul", "li", "table", "thead", "tbody", "tr",
                "th", "td"}
        extensions = [x for e in ("table", "autolink", "strikethrough", "tagfilter", "tasklist")
                      for x in ("-e", e)]
        for text in HOSTILE + MARKUP:
            page = subprocess.run(["cmark-gfm", "--unsafe", *extensions], check=True,
                                  input=render(self.hostile(text), "markdown"),
                                  capture_output=True).stdout.decode()
            read = Elements()
            read.feed(page)
            self.assertEqual(read.names - ours, set(), repr(text))
            self.assertEqual(read.attributes, set(), repr(text))
            if text in MARKUP:
                self.assertIn(text.strip(), read.text, repr(text))


class Reader(unittest.TestCase):
    def test_damaged_case_files_are_refused_not_crashed_on(self):
        with tempfile.TemporaryDirectory() as folder:
            good = Path(made_case.make(Path(folder) / "good.db", 200)).read_bytes()
            bad = Path(folder) / "bad.db"
            for cut in (0, 1, 100, 4096, len(good) // 2, len(good) - 1):
                bad.write_bytes(good[:cut])
                done = subprocess.run([EXHIBIT, "report", bad, "--format", "json"], capture_output=True)
                self.assertIn(done.returncode, (0, 2, 3), cut)
            for at in range(200, len(good), len(good) // 40):
                data = bytearray(good)
                data[at:at + 64] = os.urandom(64)
                bad.write_bytes(data)
                for name in ("html", "jsonl", "findings"):
                    done = subprocess.run([EXHIBIT, "report", bad, "--format", name], capture_output=True)
                    self.assertIn(done.returncode, (0, 1, 2, 3), at)


if __name__ == "__main__":
    unittest.main()
