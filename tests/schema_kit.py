"""Validation by Debian's python3-jsonschema, which knows nothing of exhibit.

Runs as a program of its own, with the system's Python where ours has not the module."""
import json
import subprocess
import sys
from pathlib import Path

SCHEMAS = Path(__file__).resolve().parents[1] / "analyze/report/schema"


def pythons():
    yield sys.executable
    yield "/usr/bin/python3"


def interpreter():
    for python in pythons():
        if subprocess.run([python, "-c", "import jsonschema"], capture_output=True).returncode == 0:
            return python
    raise RuntimeError("python3-jsonschema is not installed")


def problems(pairs):
    """[(schema file, document file)] to {document: first problem}. A document whose name
    ends in .jsonl is validated line by line."""
    done = subprocess.run([interpreter(), __file__], input=json.dumps([[str(a), str(b)] for a, b in pairs]),
                          capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)


def main():
    import jsonschema
    found = {}
    for schema_path, path in json.load(sys.stdin):
        schema = json.loads(Path(schema_path).read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        text = Path(path).read_text()
        documents = text.splitlines() if path.endswith(".jsonl") else [text]
        for number, one in enumerate(documents, 1):
            error = next(validator.iter_errors(json.loads(one)), None)
            if error:
                where = "/".join(str(p) for p in error.absolute_path)
                found.setdefault(path, f"document {number}, {where}: {error.message[:300]}")
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
