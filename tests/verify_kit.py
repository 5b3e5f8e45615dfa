"""What the tests of `exhibit verify` share: packages made with the tools that define the
formats (openssl, sha256sum, ssh-keygen, minisign, signify), never with exhibit."""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
EXHIBIT = os.environ.get("EXHIBIT", str(ROOT / "build/exhibit"))
PKI = ROOT / "corpus/pki"
INVENTORY = ROOT / "corpus/packages/inventory"
AT = "2026-11-24T00:00:00Z"


def run(*command, stdin=None, cwd=None):
    """Runs a tool that must succeed; returns its output as bytes."""
    done = subprocess.run([str(c) for c in command], input=stdin, cwd=cwd,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{command}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def note_case(arguments):
    """For tests/cases.py: what is verified, by the bytes of all that is given."""
    h = hashlib.sha256()
    for argument in arguments:
        path = pathlib.Path(str(argument))
        parts = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        for part in parts if path.exists() else ():
            h.update(str(part.relative_to(path)).encode() + hashlib.sha256(part.read_bytes()).digest())
        h.update(b"" if path.exists() else str(argument).encode() + b"\0")
    with open(os.environ["EXHIBIT_CASES"], "a", encoding="utf-8") as f:
        f.write(h.hexdigest() + "\n")


def verify(*arguments, at=AT):
    """(exit status, verdict.json) of `exhibit verify --json`."""
    if "EXHIBIT_CASES" in os.environ:
        note_case(arguments)
    command = [EXHIBIT, "verify", "--json", *[str(a) for a in arguments]]
    if at:
        command += ["--at", at]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=120, check=False)
    if not done.stdout:
        raise AssertionError(done.stderr.decode(errors="replace"))
    return done.returncode, json.loads(done.stdout)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class VerifyCase(unittest.TestCase):
    """A folder for each test; `self.package` in it is the package to be made."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="exhibit-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.package = self.folder / "package"

    def inventory(self):
        shutil.copytree(INVENTORY, self.package)
        return self.package

    def files(self, content=None):
        """A small package of two files."""
        self.package.mkdir(exist_ok=True)
        for name, data in (content or {"a.bin": b"alpha\n", "b.bin": b"beta\n"}).items():
            path = self.package / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return self.package

    def manifest(self, name="manifest.sha256", tool="sha256sum"):
        """Written by the tool itself over everything in the package."""
        names = sorted(str(p.relative_to(self.package))
                       for p in self.package.rglob("*") if p.is_file() and p.name != name)
        (self.package / name).write_bytes(run(tool, "--", *names, cwd=self.package))
        return self.package / name

    def sign(self, path, signer="custodian", out=None, *options):
        out = out or path.with_name(path.name + ".p7s")
        run("openssl", "cms", "-sign", "-binary", "-in", path, "-signer",
            PKI / f"{signer}.pem", "-inkey", PKI / f"{signer}.key", "-outform", "DER",
            "-out", out, *options)
        return out

    def stamp(self, path, out=None, algorithm="sha256"):
        """A token by the lab's authority, at the machine's time."""
        query = self.folder / "query.tsq"
        out = out or path.with_name(path.name + ".tsr")
        run("openssl", "ts", "-query", "-data", path, f"-{algorithm}", "-cert", "-out",
            query)
        work = self.folder / "tsa"
        if not work.exists():
            shutil.copytree(PKI, work)
        run("openssl", "ts", "-reply", "-config", "tsa.cnf", "-queryfile", query, "-out",
            out, cwd=work)
        return out

    def assert_verdict(self, verdict, *arguments, at=AT, status=None):
        code, document = verify(*arguments, self.package, at=at)
        self.assertEqual(document["verdict"], verdict, document["reasons"])
        expected = 0 if verdict in ("verified", "unsealed") else 1
        self.assertEqual(code, expected if status is None else status)
        return document

    def findings(self, document):
        """{(id, subject)} of everything but remarks."""
        return {(f["id"], f["subject"]) for f in document["findings"]
                if f["severity"] not in ("info", "low")}

    def item(self, document, path):
        return next(i for i in document["items"] if i["path"] == path)
