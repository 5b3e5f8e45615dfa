#!/usr/bin/env python3
"""The page of a large case: a package with so many events in scope is made, analysed, and
its report.html opened in headless Chromium. Prints the figures that people wait for.

    tests/bench/page.py build/exhibit [EVENTS]
"""
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "browser"))
from driver import Browser  # noqa: E402

START = 1795427100 * 10**9
POD, UID = "api-0", "0b5a5a52-7f0c-4f0e-9d6e-3a5c2f1b9a01"
MANIFEST = (f"apiVersion: v1\nkind: Pod\nmetadata:\n  name: {POD}\n  namespace: shop\n"
            f"  uid: {UID}\nspec:\n  nodeName: worker-1\n  serviceAccountName: api\n"
            "  containers:\n  - name: api\n    image: shop/api:1\n")


def stated(t, digits=9):
    whole, fraction = divmod(t, 10**9)
    return (datetime.fromtimestamp(whole, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S") +
            "." + f"{fraction:09d}"[:digits] + "Z")


def audit(i, t, chance):
    # What a busy account does: it reads; now and then it writes, and touches a secret.
    rare = chance.random()
    verb = "patch" if rare < 0.002 else chance.choice(["get", "get", "list"])
    name = f"object-{chance.randrange(2000)}"
    resource = "secrets" if rare > 0.995 else chance.choice(["configmaps", "pods", "services"])
    return json.dumps({
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata",
        "auditID": f"{chance.getrandbits(32):08x}-0000-4000-8000-{i:012d}",
        "stage": "ResponseComplete", "requestURI": f"/api/v1/namespaces/shop/{resource}/{name}",
        "verb": verb, "user": {"username": "system:serviceaccount:shop:api"},
        "sourceIPs": ["10.0.0.7"], "userAgent": "kubectl/v1.30.0 (linux/amd64)",
        "objectRef": {"resource": resource, "namespace": "shop", "name": name,
                      "apiVersion": "v1"},
        "responseStatus": {"code": 403 if chance.random() < 0.01 else 200},
        "requestReceivedTimestamp": stated(t, 6), "stageTimestamp": stated(t + 4_000_000, 6)})


def falco(i, t, chance):
    command = f"sh -c curl http://10.0.{chance.randrange(255)}.{chance.randrange(255)}/{i}"
    return json.dumps({
        "time": stated(t), "rule": f"Rule {chance.randrange(40)}", "priority": "Notice",
        "source": "syscall", "hostname": "worker-1", "output": f"Command run ({command})",
        "output_fields": {"container.id": "ab" * 6, "k8s.ns.name": "shop", "k8s.pod.name": POD,
                          "proc.name": "sh", "proc.cmdline": command, "user.name": "root"}})


def make(folder, events):
    chance = random.Random(1)
    (folder / "pod.yaml").write_text(MANIFEST)
    log = folder / f"pods/shop_{POD}_{UID}/api/0.log"
    log.parent.mkdir(parents=True)
    with open(folder / "audit.log", "w") as a, open(folder / "falco.jsonl", "w") as f, \
            open(log, "w") as lines:
        for i in range(events):
            t = START + i * 37_000_003
            if i % 5 < 3:
                print(audit(i, t, chance), file=a)
            elif i % 5 == 3:
                print(falco(i, t, chance), file=f)
            else:
                print(f"{stated(t)} stdout F request GET /item/{i}?session="
                      f"{chance.getrandbits(48):012x} answered in {i % 97} ms", file=lines)


def cdp(browser, command, **params):
    return browser.call("POST", "/goog/cdp/execute", {"cmd": command, "params": params})


def busy(browser):
    """Seconds of CPU that the page's main thread has used: other work does not count."""
    metrics = cdp(browser, "Performance.getMetrics")["metrics"]
    return next(m["value"] for m in metrics if m["name"] == "TaskDuration")


def timed(browser, script):
    """Milliseconds until the script's work is shown: the status line has settled (text is
    looked for 60 ms after the last key) and the frame after it is painted."""
    return browser.call("POST", "/execute/async", {"args": [65], "script": (
        "const done = arguments[arguments.length - 1], begun = performance.now();" + script +
        ";const settle = (wait) => setTimeout(() => requestAnimationFrame(() => setTimeout(() =>"
        " done(performance.now() - begun), 0)), wait); settle(arguments[0])")})


ACTIONS = {
    "filter by text": "const s = document.querySelector('input[type=search]');"
                      "s.value = 'object-17'; s.dispatchEvent(new Event('input'))",
    "filter by other text": "const s = document.querySelector('input[type=search]');"
                            "s.value = 'session=ab'; s.dispatchEvent(new Event('input'))",
    "clear": "document.querySelectorAll('.controls button')[0].click()",
    "filter by source": "document.querySelector('.chip').click()",
    "scroll to the end": "const r = document.querySelector('.rows'); r.scrollTop = r.scrollHeight",
}


def look(page):
    browser = Browser()
    try:
        opened = []
        for _ in range(3):
            browser.call("POST", "/url", {"url": "about:blank"})
            cdp(browser, "Performance.enable", timeDomain="threadTicks")
            begun, cpu = time.monotonic(), busy(browser)
            browser.open(page)
            browser.wait("document.documentElement.dataset.ready === 'true'")
            opened.append((time.monotonic() - begun, busy(browser) - cpu))
        wall, cpu = (statistics.median(o[k] for o in opened) for k in (0, 1))
        print(f"open: {wall:.2f} s, of which the page's thread computed {cpu:.2f} s "
              "(medians of three)")
        print("rows:", browser.run("return document.querySelector('.status').textContent"))
        for name, script in ACTIONS.items():
            cpu = busy(browser)
            wall = timed(browser, script)
            print(f"{name}: {wall:.0f} ms, computed {1000 * (busy(browser) - cpu):.0f} ms,",
                  browser.run("return document.querySelector('.status').textContent"))
    finally:
        browser.close()



def main():
    exhibit, events = Path(sys.argv[1]).resolve(), int((sys.argv[2:] or ["200000"])[0])
    if exhibit.suffix == ".html":
        look(exhibit)
        return
    with tempfile.TemporaryDirectory() as scratch:
        package, out = Path(scratch) / "case", Path(scratch) / "out"
        package.mkdir()
        make(package, events)
        before = os.times()
        done = subprocess.run([exhibit, "analyze", package, "-o", out, "--quiet"])
        if done.returncode > 1:  # 1: the package has no manifest
            sys.exit("analyze failed")
        after = os.times()
        page = out / "report.html"
        print(f"events {events}, report.html {page.stat().st_size / 1e6:.1f} MB, case.db "
              f"{(out / 'case.db').stat().st_size / 1e6:.1f} MB, analyze "
              f"{after.children_user + after.children_system - before.children_user - before.children_system:.1f} s of CPU")
        look(page)


if __name__ == "__main__":
    main()
