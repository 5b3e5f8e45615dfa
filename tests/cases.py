#!/usr/bin/env python3
"""How many cases `exhibit verify` is held to: packages that the tests made with openssl,
ssh-keygen, minisign, signify, coreutils, 7z, zip and python, each with an expected outcome.
Counted while the suites run, each set of bytes and arguments once."""

import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SUITES = ("manifests", "verify", "seals", "seal_forms", "sigstore", "evidence_records",
          "opentimestamps", "retention", "retention_printed", "policy", "custody", "split",
          "windows_lists")


def count(suite):
    with tempfile.NamedTemporaryFile("r") as cases:
        done = subprocess.run(
            [sys.executable, "-m", "unittest", "-b", HERE / f"cli/test_{suite}.py"],
            capture_output=True, text=True, check=False, cwd=HERE.parent,
            env={**os.environ, "EXHIBIT_CASES": cases.name,
                 "PYTHONPATH": f"{HERE}:{HERE}/cli"})
        return done.returncode, set(cases.read().split())


def main():
    every, failed = set(), 0
    for suite in SUITES:
        status, cases = count(suite)
        failed += status != 0
        every |= cases
        print(f"{suite:20} {len(cases):4} cases{'' if status == 0 else ', FAILED'}")
    print(f"{'distinct':20} {len(every):4} cases, each with its expected outcome")
    return failed > 0 or len(every) < 150


if __name__ == "__main__":
    sys.exit(main())
