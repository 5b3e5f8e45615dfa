"""The corpus case's own logs, handed over as people and accidents leave them: what is in them stays the same, and what
cannot be read is told. The package as it is, without its seals, is what the others are compared with."""
import gzip
import io
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
import unittest

EXHIBIT = os.path.abspath(os.environ["EXHIBIT"])
CASE = pathlib.Path("corpus/packages/inventory")
FILES = ("audit.log", "api-0.log", "describe.txt", "events.json", "falco.jsonl", "netpol-quarantine.yaml", "rbac.json",
         "inventory-api-6d4cf56db6-9wq7m-spec.yaml", "timeline.md")
AUDIT = (CASE / "audit.log").read_bytes()
LINES = AUDIT.splitlines(True)
ALERTS = (CASE / "falco.jsonl").read_bytes()
OUTPUT = (CASE / "api-0.log").read_bytes()
EVENTS = (CASE / "events.json").read_bytes()
SPEC = (CASE / FILES[7]).read_bytes()


def wide(content):
    return content.decode().encode("utf-16")


def packed(name, content):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return out.getvalue()


def facts(**instead):
    """Events and rules of the case with files instead of one of its own: {its name: {name: content}}."""
    with tempfile.TemporaryDirectory() as there:
        package, out = pathlib.Path(there, "package"), pathlib.Path(there, "out")
        package.mkdir()
        given = {k: v for k, v in (i for files in instead.values() for i in files.items())}
        for name in FILES:
            if not any(name.startswith(old) for old in instead):
                shutil.copy(CASE / name, package)
        for name, content in given.items():
            path = package / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        done = subprocess.run([EXHIBIT, "analyze", package, "-o", out, "--at", "2026-11-26"], stdout=subprocess.DEVNULL,
                              check=False)
        assert done.returncode in (0, 1)
        db = sqlite3.connect(out / "case.db")
        events = db.execute("SELECT source, kind, time, actor, action, object, message, in_scope FROM event "
                            "WHERE in_scope OR source = 'objects' ORDER BY 1, 2, 3, 4, 5, 6, 7").fetchall()
        rules = db.execute("SELECT rule, count(*) FROM finding WHERE rule NOT LIKE 'integrity%' GROUP BY 1").fetchall()
        told = db.execute("SELECT rule, json_extract(arguments, '$.fault') FROM finding WHERE rule LIKE 'coverage%'")
        return events, dict(rules), set(told.fetchall())


class Hostile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.events, cls.rules, _ = facts()

    def test_what_is_the_same_stays_the_same(self):
        third = len(LINES) // 3
        rotated = {"audit.log": b"".join(LINES[2 * third:]), "audit.log.1": b"".join(LINES[third:2 * third]),
                   "audit.log.2.gz": gzip.compress(b"".join(LINES[:third]))}
        loki = json.dumps({"status": "success", "data": {"resultType": "streams", "result": [
            {"stream": {}, "values": [["1", line.decode()]]} for line in ALERTS.splitlines()]}}).encode()
        for what, old, files in (
                ("an answer of Loki", "falco", {"falco.json": loki}),
                ("a rotated set, the newest first", "audit", rotated),
                ("twice", "audit", {"audit.log": AUDIT, "copy.log": AUDIT}),
                ("packed on the node", "audit", {"node.tar.gz": packed("var/log/kubernetes/audit.log", AUDIT)}),
                ("no line's end", "audit", {"audit.log": AUDIT.replace(b"\n", b"")}),
                ("each line packed by itself", "audit", {"audit.log.gz": b"".join(map(gzip.compress, LINES))}),
                ("PowerShell's >", "falco", {"falco.jsonl": wide(ALERTS)}),
                ("PowerShell's > of lines", "api", {"api-0.log": wide(OUTPUT)}),
                ("PowerShell's > of records", "audit", {"audit.log.gz": gzip.compress(wide(AUDIT))}),
                ("PowerShell's > of a document", "inventory", {"pod.yaml": wide(SPEC)}),
                # What only says that it is UTF-16 hides nothing.
                ("its mark before ASCII", "falco", {"alerts": b"\xff\xfe\n" + ALERTS}),
                ("the other order of octets", "events", {"events.json": ("\ufeff" + EVENTS.decode()).encode("utf-16-be")}),
                ("the pod among others", "inventory", {"all.yaml": b"kind: ConfigMap\napiVersion: v1\nmetadata:\n"
                                                       b"  name: x\n  namespace: inventory\n---\n" + SPEC})):
            with self.subTest(what):
                events, rules, _ = facts(**{old: files})
                self.assertEqual(rules, self.rules)
                self.assertEqual(events, self.events)

    def test_what_cannot_be_read_is_told_and_the_rest_is_read(self):
        zeros = b"\0" * 64
        names = ("rule", "priority", "output", "time")
        columns = json.dumps({"meta": names, "data": [[json.loads(line)[n] for n in names]
                                                      for line in ALERTS.splitlines()]}).encode()
        long = b"2026-11-23T10:00:00.5Z stdout F " + b"A" * 20_000_000 + b"\n"
        for what, old, files, rule, lost in (
                ("zeros before a record", "api", {"api-0.log": OUTPUT[:73] + b"\n" + zeros + OUTPUT[74:]},
                 ("coverage.malformed-record", "syntax"), ()),
                ("zeros in a line of their own", "falco", {"falco.jsonl": zeros + b"\n" + ALERTS},
                 ("coverage.malformed-record", "syntax"), ()),
                ("a form that is not known", "falco", {"falco.json": columns}, ("coverage.nothing-read", None), ("falco",)),
                ("a line without end", "api", {"api-0.log": OUTPUT + long},
                 ("coverage.malformed-record", "truncated"), ())):
            with self.subTest(what):
                events, _, told = facts(**{old: files})
                self.assertIn(rule, told)
                self.assertEqual([e for e in events if "AAAA" not in e[6]], [e for e in self.events if e[0] not in lost])


if __name__ == "__main__":
    unittest.main()
