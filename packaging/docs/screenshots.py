#!/usr/bin/env python3
"""The screenshots that README shows, of the report of corpus/packages/inventory:

    packaging/docs/screenshots.py build/exhibit
"""
import base64
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/browser"))
from driver import Browser  # noqa: E402

VIEWS = {"report-light.png": ("light", "#story"), "report-dark.png": ("dark", "#timeline")}


def main():
    exhibit = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        subprocess.run([exhibit, "analyze", ROOT / "corpus/packages/inventory", "-o", out, "--quiet",
                        "--trust", ROOT / "corpus/pki/ca.pem"], check=True)
        browser = Browser(width=1100, height=760)
        try:
            for name, (theme, fragment) in VIEWS.items():
                browser.call("POST", "/url", {"url": "about:blank"})
                browser.open(out / "report.html", fragment)
                browser.wait("document.documentElement.dataset.ready === 'true'")
                browser.run("document.documentElement.dataset.theme = arguments[0];"
                            "document.querySelector(arguments[1]).scrollIntoView()", theme, fragment)
                shot = browser.call("GET", "/screenshot")
                (Path(__file__).parent / name).write_bytes(base64.b64decode(shot))
        finally:
            browser.close()


if __name__ == "__main__":
    main()
