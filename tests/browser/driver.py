"""Chromium through chromedriver, with nothing but the standard library (W3C WebDriver)."""
import base64
import json
import re
import shutil
import subprocess
import tempfile
import time
import urllib.request

FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-extensions", "--no-proxy-server", "--hide-scrollbars"]
OF_THE_BROWSER = ("chrome:", "chrome-untrusted:", "about:", "data:")


class Browser:
    def __init__(self, width=1400, height=1000, script=True):
        self.profile = tempfile.mkdtemp(prefix="exhibit-browser-")
        self.process = subprocess.Popen(["chromedriver", "--port=0"], text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for line in self.process.stdout:
            found = re.search(r"successfully on port (\d+)", line)
            if found:
                self.base = "http://127.0.0.1:" + found.group(1)
                break
        options = {"args": FLAGS + [f"--user-data-dir={self.profile}",
                                    f"--window-size={width},{height}"]}
        if not script:
            options["prefs"] = {"profile.managed_default_content_settings.javascript": 2}
        wanted = {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}}}
        self.session = None
        self.session = self.call("POST", "/session", wanted)["sessionId"]

    def call(self, method, path, body=None):
        at = self.base + (f"/session/{self.session}" if self.session else "") + path
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(at, data, {"Content-Type": "application/json"},
                                         method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=120) as answer:
            return json.load(answer)["value"]

    def open(self, path, fragment=""):
        """Also waits until the page's script has done its work; gives the seconds."""
        begun = time.monotonic()
        self.call("POST", "/url", {"url": f"file://{path}{fragment}"})
        return time.monotonic() - begun

    def run(self, script, *arguments):
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def wait(self, condition, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.run("return " + condition):
                return True
            time.sleep(0.05)
        return False

    def keys(self, text):
        actions = []
        for key in text:
            actions += [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        self.call("POST", "/actions", {"actions": [
            {"type": "key", "id": "keyboard", "actions": actions}]})

    def drag(self, x0, y0, x1, y1):
        self.call("POST", "/actions", {"actions": [
            {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"},
             "actions": [{"type": "pointerMove", "duration": 0, "x": int(x0), "y": int(y0)},
                         {"type": "pointerDown", "button": 0},
                         {"type": "pointerMove", "duration": 50, "x": int(x1), "y": int(y1)},
                         {"type": "pointerUp", "button": 0}]}]})

    def screenshot(self, path):
        with open(path, "wb") as out:
            out.write(base64.b64decode(self.call("GET", "/screenshot")))

    def pdf(self):
        return base64.b64decode(self.call("POST", "/print", {
            "background": True, "page": {"width": 21.0, "height": 29.7}}))

    def log(self):
        return self.call("POST", "/se/log", {"type": "browser"})

    def errors(self):
        return [e["message"] for e in self.log() if e["level"] in ("SEVERE", "WARNING")]

    def requests(self):
        """Everything that was asked for, but by the browser's own pages (its new tab)."""
        urls = []
        for entry in self.call("POST", "/se/log", {"type": "performance"}):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                urls.append(message["params"]["request"]["url"])
        return [u for u in urls if not u.startswith(OF_THE_BROWSER)]

    def close(self):
        try:
            self.call("DELETE", "")
        finally:
            self.process.terminate()
            self.process.wait()
            self.process.stdout.close()
            shutil.rmtree(self.profile, ignore_errors=True)
