"""Every JSON output against its schema file, by an independent validator; over packages
that are whole, that lack things, and that are damaged."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import schema_kit

EXHIBIT = os.environ["EXHIBIT"]
CASE = Path("corpus/packages/inventory")
LINES = {"timeline": "timeline.jsonl"}


def schema_names():
    return sorted(p.stem for p in schema_kit.SCHEMAS.glob("*.json"))


def file_of(name):
    return LINES.get(name, name.replace("-", "_") + ".json")


class Schemas(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.at = Path(cls.folder.name)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def analyze(self, package, *more):
        out = self.at / ("out-" + package.name)
        done = subprocess.run([EXHIBIT, "analyze", package, "-o", out, "--quiet", *more],
                              capture_output=True, timeout=120)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        return out

    def without(self, name, *patterns):
        package = self.at / name
        shutil.copytree(CASE, package)
        for pattern in patterns:
            for path in package.glob(pattern):
                path.unlink()
        return package

    def assert_valid(self, out, least=10):
        pairs = [(schema_kit.SCHEMAS / f"{name}.json", out / file_of(name))
                 for name in schema_names() if (out / file_of(name)).exists()]
        self.assertGreaterEqual(len(pairs), least)
        self.assertEqual(schema_kit.problems(pairs), {})

    def test_the_whole_case(self):
        out = self.analyze(CASE, "--trust", "corpus/pki/ca.pem", "--at", "2026-11-24",
                           "--retain-until", "2033-01-01")
        self.assert_valid(out, 16)

    def test_packages_that_lack_things(self):
        for name, patterns in {"no-checkpoint": ["*checkpoint*"], "no-layer": ["*layer*"],
                               "no-audit": ["audit.log", "rbac.json"],
                               "no-logs": ["falco*", "*.log", "pod-logs*"],
                               "no-manifest": ["manifest*"], "no-pod": ["*spec.yaml"]}.items():
            with self.subTest(name):
                self.assert_valid(self.analyze(self.without(name, *patterns)))

    def test_damaged_and_empty_packages(self):
        empty = self.at / "empty"
        empty.mkdir()
        odd = self.without("odd")
        for path in list(odd.iterdir())[::2]:
            data = path.read_bytes()
            path.write_bytes(data[:len(data) // 2] + b"\xff\x00{" * 9)
        for package in (empty, odd):
            with self.subTest(package.name):
                self.assert_valid(self.analyze(package), 9)

    def test_what_other_commands_print(self):
        pairs = self.printed()
        archive = self.at / "archive"
        shutil.copytree(CASE, archive / "one")
        subprocess.run([EXHIBIT, "batch", archive, "-o", self.at / "results",
                        "--memory-limit", "0"],
                       capture_output=True, timeout=120)
        pairs.append((schema_kit.SCHEMAS / "index.json", self.at / "results/index.json"))
        self.assertEqual(schema_kit.problems(pairs), {})

    def printed(self):
        """Every mode of every command that prints JSON; lines are documents by themselves."""
        case = self.analyze(CASE) / "case.db"
        zoo = Path("corpus/checkpoints/criu-zoo.tar.zst")
        commands = [("list", ["list", "--json", "--all", CASE]),
                    ("verdict", ["verify", "--json", CASE]),
                    ("case", ["report", case, "--format", "json"]),
                    ("search", ["search", case, "198.51.100.23", "--json"]),
                    ("diff", ["diff", CASE / "base-image.tar", next(CASE.glob("*layer.tar")), "--json"]),
                    ("rules", ["rules", "list", "--json"]),
                    ("rules", ["rules", "check", "analyze/rules/builtin", "--json"]),
                    ("rules", ["rules", "test", "corpus/rules", "--json"])]
        for checkpoint in (CASE, zoo):
            for mode in ("ps", "info", "env", "files", "sockets", "mounts", "maps", "network", "threads",
                         "seccomp", "findings", "strings", "search 0"):
                commands.append(("checkpoint", ["checkpoint", checkpoint, *mode.split(), "--json"]))
        pairs = []
        for i, (name, command) in enumerate(commands):
            done = subprocess.run([EXHIBIT, *map(str, command)], capture_output=True, timeout=120)
            self.assertIn(done.returncode, (0, 1), (command, done.stderr))
            self.assertTrue(done.stdout, command)
            lines = name == "search" or command[-2] in ("strings", "0")
            path = self.at / f"printed-{i}.json{'l' if lines else ''}"
            path.write_bytes(done.stdout)
            pairs.append((schema_kit.SCHEMAS / f"{name}.json", path))
        return pairs

    def test_what_a_document_must_have_cannot_be_left_out(self):
        """Of each kind of document a valid one is spoiled: a member more, each member less."""
        out = self.analyze(CASE, "--trust", "corpus/pki/ca.pem", "--at", "2026-11-24")
        pairs = [(schema_kit.SCHEMAS / f"{name}.json", out / file_of(name))
                 for name in schema_names() if (out / file_of(name)).exists()]
        pairs += [p for p in self.printed() if p[0].stem in ("list", "search", "rules", "case")]
        spoiled = []
        for schema, path in pairs:
            text = path.read_text()
            document = json.loads(text.splitlines()[0] if path.suffix == ".jsonl" else text)
            required = json.loads(schema.read_text()).get("required", ["rules"])
            for i, change in enumerate([None, *required]):
                wrong = dict(document)
                if change is None:
                    wrong["not ours"] = 1
                else:
                    del wrong[change]
                at = self.at / f"spoiled-{len(spoiled)}-{i}.json"
                at.write_text(json.dumps(wrong))
                spoiled.append((schema, at))
        found = schema_kit.problems(spoiled)
        self.assertEqual([str(p) for p in spoiled if str(p[1]) not in found], [])

    def test_a_wrong_document_is_refused(self):
        """The validator is awake: what the schema forbids is told."""
        path = self.at / "wrong.json"
        for change in ({"findings": [{"id": 1}]}, {"schema": "exhibit/findings/2"},
                       {"findings": "none"}):
            path.write_text(json.dumps({"schema": "exhibit/findings/1", "findings": [], **change}))
            self.assertTrue(schema_kit.problems([(schema_kit.SCHEMAS / "findings.json", path)]))

    def test_the_program_carries_its_schemas(self):
        for name in schema_names():
            done = subprocess.run([EXHIBIT, "report", "--schema", name], capture_output=True,
                                  timeout=20)
            self.assertEqual(done.stdout, (schema_kit.SCHEMAS / f"{name}.json").read_bytes())
        done = subprocess.run([EXHIBIT, "report", "--schema", "nothing"], capture_output=True)
        self.assertEqual(done.returncode, 2)

    def test_every_json_file_of_analyze_has_a_schema(self):
        """Those of other people's formats have theirs elsewhere (test_exports.py)."""
        out = self.analyze(CASE)
        ours = {file_of(name) for name in schema_names()}
        written = {p.name for p in out.iterdir() if p.suffix in (".json", ".jsonl")}
        self.assertEqual(written - ours, {"stix.json"})


if __name__ == "__main__":
    unittest.main()
