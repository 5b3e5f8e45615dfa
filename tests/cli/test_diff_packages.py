"""Who owns what: databases that dpkg itself writes, and others by hand with python's hashes."""
import base64
import gzip
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from layer_truth import diff, run
from test_diff import layout_of, tar_of


class Roots(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.dir)
        for side in ("base", "layer"):
            os.mkdir(f"{self.dir}/{side}")

    def put(self, name, data, mode=0o644):
        path = os.path.join(self.dir, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data.encode() if isinstance(data, str) else data)
        os.chmod(path, mode)
        return path

    def diff(self, *options):
        document = diff(f"{self.dir}/base", f"{self.dir}/layer", *options)
        return document, {c["path"]: c for c in document["changes"]}


def can_dpkg():
    return os.geteuid() == 0 and shutil.which("dpkg-deb") is not None


@unittest.skipUnless(can_dpkg(), "needs dpkg and root")
class RealDpkg(Roots):
    """dpkg installs, upgrades and removes packages below the two roots."""

    def deb(self, name, version, files, conffiles=()):
        top = f"{self.dir}/{name}-{version}"
        self.put(f"{top}/DEBIAN/control", f"Package: {name}\nVersion: {version}\nArchitecture: "
                 "all\nMaintainer: x <x@example.org>\nDescription: x\n")
        if conffiles:
            self.put(f"{top}/DEBIAN/conffiles", "".join(c + "\n" for c in conffiles))
        for path, (data, mode) in files.items():
            self.put(top + path, data, mode)
        sums = "".join(hashlib.md5(d.encode()).hexdigest() + f"  {p[1:]}\n"
                       for p, (d, _) in files.items() if p not in conffiles)
        self.put(f"{top}/DEBIAN/md5sums", sums)
        subprocess.run(["dpkg-deb", "--root-owner-group", "--build", top, top + ".deb"],
                       check=True, capture_output=True)
        return top + ".deb"

    def dpkg(self, side, *arguments):
        root = f"{self.dir}/{side}"
        for name in ("updates", "info", "triggers"):
            os.makedirs(f"{root}/var/lib/dpkg/{name}", exist_ok=True)
        for name in ("status", "available"):
            open(f"{root}/var/lib/dpkg/{name}", "a").close()
        r = subprocess.run(["dpkg", "--root=" + root, "--force-not-root", "--force-bad-path",
                            "--log=/dev/null", *arguments], capture_output=True, text=True,
                           env=dict(os.environ, DPKG_MAINTSCRIPT_DEBUG="0"))
        self.assertEqual(r.returncode, 0, r.stderr)

    def setUp(self):
        super().setUp()
        tool = self.deb("tool", "1.0", {"/usr/bin/tool": ("tool 1\n", 0o755),
                                        "/usr/share/doc/tool/x": ("doc\n", 0o644),
                                        "/etc/tool.conf": ("a=1\n", 0o644)}, ["/etc/tool.conf"])
        lib = self.deb("lib", "2.0", {"/usr/lib/lib.so.2": ("lib 2\n", 0o644)})
        self.dpkg("base", "-i", tool, lib)
        shutil.rmtree(f"{self.dir}/layer")
        shutil.copytree(f"{self.dir}/base", f"{self.dir}/layer", symlinks=True)

    def test_what_was_installed_upgraded_and_removed(self):
        self.dpkg("layer", "-i",
                  self.deb("tool", "1.1", {"/usr/bin/tool": ("tool 1.1\n", 0o755)}),
                  self.deb("new", "3", {"/usr/bin/new": ("new\n", 0o755)}))
        self.dpkg("layer", "-r", "lib")
        document, changes = self.diff("--as", "root")
        p = document["packages"]
        self.assertEqual(p["base"], {"dpkg": 2})
        self.assertEqual([x["name"] for x in p["installed"]], ["new"])
        self.assertEqual([(x["name"], x["version"]) for x in p["removed"]], [("lib", "2.0")])
        self.assertEqual([(x["name"], x["version_before"], x["version"]) for x in p["changed"]],
                         [("tool", "1.0", "1.1")])
        for path in ("/usr/bin/tool", "/usr/bin/new", "/usr/lib/lib.so.2",
                     "/var/lib/dpkg/info/new.list", "/var/lib/dpkg/status"):
            self.assertTrue(changes[path].get("explained_by_packages"), path)
        self.assertEqual(changes["/usr/bin/tool"]["package"]["digest"], "matches")
        self.assertEqual(changes["/usr/bin/tool"]["package_before"]["version"], "1.0")
        self.assertEqual(changes["/usr/lib/lib.so.2"]["package"]["name"], "lib")

    def test_what_is_not_what_the_package_brought_is_not_explained(self):
        self.dpkg("layer", "-i", self.deb("new", "3", {"/usr/bin/new": ("new\n", 0o755)}))
        self.put("layer/usr/bin/new", "another\n", 0o755)
        self.put("layer/usr/bin/beside", "beside\n", 0o755)
        self.put("layer/var/lib/dpkg/info/tool.postinst", "#!/bin/sh\n", 0o755)
        _, changes = self.diff("--as", "root")
        self.assertEqual(changes["/usr/bin/new"]["package"]["digest"], "differs")
        for path in ("/usr/bin/new", "/usr/bin/beside", "/var/lib/dpkg/info/tool.postinst"):
            self.assertNotIn("explained_by_packages", changes[path], path)
        self.assertNotIn("package", changes["/usr/bin/beside"])

    def test_a_trojan_is_named_with_its_package(self):
        self.put("layer/usr/bin/tool", "evil\n", 0o755)
        document, changes = self.diff("--as", "root")
        package = changes["/usr/bin/tool"]["package"]
        self.assertEqual((package["system"], package["name"], package["version"],
                          package["digest"]), ("dpkg", "tool", "1.0", "differs"))
        self.assertEqual(document["packages"]["installed"], [])
        text = run(f"{self.dir}/base", f"{self.dir}/layer", "--as", "root").decode()
        self.assertIn("dpkg package tool 1.0, but NOT what its database says", text)

    def test_the_base_against_its_own_database_as_dpkg_verifies_it(self):
        self.put("base/usr/lib/lib.so.2", "implant\n")
        self.put("base/etc/tool.conf", "a=2\n")
        os.remove(f"{self.dir}/base/usr/share/doc/tool/x")
        check = self.diff("--as", "root")[0]["packages"]["base_check"]
        verified = subprocess.run(["dpkg", "--root=" + self.dir + "/base", "-V"],
                                  capture_output=True, text=True).stdout.split("\n")
        # "??5?????? c /etc/tool.conf", "missing     /usr/…"
        theirs = {l.split()[-1] for l in verified if l[2:3] == "5" and " c " not in l}
        self.assertEqual({d["path"] for d in check["differing"]}, theirs)
        self.assertEqual({d["path"] for d in check["differing"]}, {"/usr/lib/lib.so.2"})
        self.assertEqual(check["differing"][0]["name"], "lib")
        self.assertEqual((check["checked"], check["matching"], check["configured"],
                          check["absent"]), (3, 1, 1, 1))


class Databases(Roots):
    def md5(self, text):
        return hashlib.md5(text.encode()).hexdigest()

    def test_listed_paths_go_through_links_of_the_root(self):
        self.put("base/usr/bin/true", "true", 0o755)
        os.symlink("usr/bin", f"{self.dir}/base/bin")
        self.put("base/var/lib/dpkg/status", "Package: coreutils\nStatus: install ok installed\n"
                 "Version: 9\nArchitecture: amd64\n")
        self.put("base/var/lib/dpkg/info/coreutils.md5sums", self.md5("true") + "  bin/true\n")
        self.put("layer/usr/bin/true", "evil", 0o755)
        document, changes = self.diff("--as", "layer")
        self.assertEqual(changes["/usr/bin/true"]["package"]["name"], "coreutils")
        self.assertEqual(document["packages"]["base_check"]["matching"], 1)

    def test_diversions(self):
        self.put("base/usr/bin/x", "of b", 0o755)
        self.put("base/usr/bin/x.real", "of a", 0o755)
        self.put("base/var/lib/dpkg/status", "".join(
            f"Package: {n}\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n\n"
            for n in "ab"))
        self.put("base/var/lib/dpkg/diversions", "/usr/bin/x\n/usr/bin/x.real\nb\n")
        for n in "ab":
            self.put(f"base/var/lib/dpkg/info/{n}.list", "/usr/bin/x\n")
        self.put("layer/usr/bin/x", "1", 0o755)
        self.put("layer/usr/bin/x.real", "2", 0o755)
        _, changes = self.diff("--as", "layer")
        self.assertEqual(changes["/usr/bin/x"]["package"]["name"], "b")
        self.assertEqual(changes["/usr/bin/x.real"]["package"]["name"], "a")

    def test_distroless(self):
        self.put("base/usr/lib/libc.so", "libc")
        self.put("base/var/lib/dpkg/status.d/libc6", "Package: libc6\nVersion: 2.36\n"
                 "Architecture: amd64\n")
        self.put("base/var/lib/dpkg/status.d/libc6.md5sums", self.md5("libc") +
                 "  usr/lib/libc.so\n")
        self.put("layer/usr/lib/libc.so", "evil")
        document, changes = self.diff("--as", "layer")
        self.assertEqual(changes["/usr/lib/libc.so"]["package"]["version"], "2.36")
        self.assertEqual(document["packages"]["base_check"]["matching"], 1)

    def test_lists_without_a_package_explain_nothing(self):
        self.put("base/var/lib/dpkg/status", "Package: a\nStatus: install ok installed\n"
                 "Version: 1\nArchitecture: all\n")
        self.put("layer/usr/bin/x", "x", 0o755)
        self.put("layer/var/lib/dpkg/info/x.md5sums", self.md5("x") + "  usr/bin/x\n")
        self.put("layer/var/lib/dpkg/info/x.list", "/usr/bin/x\n")
        document, changes = self.diff("--as", "layer")
        self.assertEqual(document["packages"]["installed"], [])
        self.assertNotIn("explained_by_packages", changes["/usr/bin/x"])

    def test_a_package_takes_a_file_that_was_nobodys(self):
        """Its owner before is asked for although it has none: read through NULL once."""
        packages = [f"Package: {p}\nStatus: install ok installed\nVersion: 1\n"
                    "Architecture: all\n\n" for p in "ab"]
        self.put("base/usr/bin/a", "a", 0o755)
        self.put("base/usr/bin/x", "x", 0o644)
        self.put("base/var/lib/dpkg/status", packages[0])
        self.put("base/var/lib/dpkg/info/a.md5sums", self.md5("a") + "  usr/bin/a\n")
        self.put("layer/usr/bin/x", "x", 0o755)
        self.put("layer/var/lib/dpkg/status", "".join(packages))
        self.put("layer/var/lib/dpkg/info/b.md5sums", self.md5("x") + "  usr/bin/x\n")
        os.utime(f"{self.dir}/layer/usr/bin/x", (0, 0))
        document, changes = self.diff("--as", "layer")
        self.assertNotIn("content", changes["/usr/bin/x"]["kinds"])
        self.assertEqual(changes["/usr/bin/x"]["package"]["name"], "b")
        self.assertEqual(document["packages"]["base_check"]["matching"], 1)

    def apk(self, name, files):
        q1 = lambda d: "Q1" + base64.b64encode(hashlib.sha1(d.encode()).digest()).decode()
        return f"C:Q1x\nP:{name}\nV:1-r0\nA:x86_64\n" + "".join(
            f"F:{os.path.dirname(p)}\nR:{os.path.basename(p)}\nZ:{q1(d)}\n"
            for p, d in files.items()) + "\n"

    def test_apk(self):
        self.put("base/bin/busybox", "busybox", 0o755)
        os.symlink("/bin/busybox", f"{self.dir}/base/bin/sh")
        self.put("base/etc/odd", "changed in the image")
        db = self.apk("busybox", {"bin/busybox": "busybox", "bin/sh": "/bin/busybox",
                                  "etc/odd": "as packaged"})
        self.put("base/lib/apk/db/installed", db)
        self.put("layer/bin/busybox", "evil", 0o755)
        self.put("layer/usr/bin/nmap", "nmap", 0o755)
        self.put("layer/lib/apk/db/installed", db + self.apk("nmap", {"usr/bin/nmap": "nmap"}))
        document, changes = self.diff("--as", "layer")
        check = document["packages"]["base_check"]
        self.assertEqual((check["checked"], [d["path"] for d in check["differing"]]),
                         (3, ["/etc/odd"]))
        self.assertEqual(changes["/bin/busybox"]["package"]["digest"], "differs")
        self.assertEqual([x["name"] for x in document["packages"]["installed"]], ["nmap"])
        self.assertTrue(changes["/usr/bin/nmap"]["explained_by_packages"])
        self.assertNotIn("explained_by_packages", changes["/bin/busybox"])

    def rpm(self, side, log):
        """rpm's database with the header of a package that rpmbuild made; with `log` the
        package is in the write-ahead log alone."""
        folder = f"{self.dir}/{side}/usr/lib/sysimage/rpm"
        os.makedirs(folder)
        with open("corpus/fuzz/rpm/probe", "rb") as f:
            header = f.read()
        made = f"{self.dir}/made.sqlite"
        db = sqlite3.connect(made)
        if log:
            db.execute("pragma journal_mode=wal")
        db.execute("create table Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, "
                   "blob BLOB NOT NULL)")
        db.commit()
        if log:
            db.execute("pragma wal_checkpoint(truncate)")
        db.execute("insert into Packages(blob) values (?)", (header,))
        db.commit()
        for suffix in ("", "-wal"):
            if os.path.exists(made + suffix):
                shutil.copy(made + suffix, folder + "/rpmdb.sqlite" + suffix)
        db.close()
        os.remove(made)

    def test_rpm(self):
        for log in (False, True):
            with self.subTest(log=log):
                shutil.rmtree(self.dir + "/base")
                self.put("base/usr/bin/probe", "#!/bin/sh\n", 0o755)
                self.put("base/etc/probe.conf", "a=2\n")
                self.rpm("base", log)
                self.put("layer/usr/bin/probe", "evil\n", 0o755)
                document, changes = self.diff("--as", "layer")
                package = changes["/usr/bin/probe"]["package"]
                self.assertEqual((package["system"], package["version"], package["digest"]),
                                 ("rpm", "1:1.2-3", "differs"))
                check = document["packages"]["base_check"]
                self.assertEqual((check["checked"], check["matching"], check["configured"]),
                                 (2, 1, 1))

    def test_forms_of_rpm_that_are_not_read_are_said(self):
        self.put("base/var/lib/rpm/Packages", bytes(12) + b"\x61\x15\x06\0" + bytes(100))
        self.put("layer/x", "x")
        document, _ = self.diff("--as", "layer")
        self.assertTrue(any("Berkeley" in l for l in document["limits"]), document["limits"])

    def test_python_and_npm(self):
        def record(data):
            return "sha256=" + base64.urlsafe_b64encode(
                hashlib.sha256(data.encode()).digest()).decode().rstrip("=")
        site = "layer/usr/lib/python3/site-packages/"
        self.put("base/x", "x")
        self.put(site + "flask/__init__.py", "code")
        self.put(site + "flask/evil.py", "not as recorded")
        self.put(site + "flask/beside.py", "not recorded")
        self.put("layer/usr/bin/flask", "#!/usr/bin/python3\n", 0o755)
        info = site + "flask-2.3.dist-info/"
        self.put(info + "METADATA", "Metadata-Version: 2.1\nName: flask\nVersion: 2.3\n\n")
        self.put(info + "RECORD", f"flask/__init__.py,{record('code')},4\nflask/evil.py,"
                 f"{record('good')},4\n../../../bin/flask,{record('#!/usr/bin/python3' + chr(10))},19"
                 "\nflask-2.3.dist-info/RECORD,,\nflask-2.3.dist-info/METADATA,,\n")
        self.put("layer/srv/node_modules/left-pad/package.json",
                 '{"name": "left-pad", "version": "1.3.0"}')
        self.put("layer/srv/node_modules/left-pad/index.js", "x")
        document, changes = self.diff("--as", "layer")
        self.assertEqual([(x["system"], x["name"], x["version"])
                          for x in document["packages"]["installed"]],
                         [("python", "flask", "2.3"), ("npm", "left-pad", "1.3.0")])
        explained = {p for p, c in changes.items() if c.get("explained_by_packages")}
        lib = "/usr/lib/python3/site-packages/"
        self.assertEqual({p for p in explained if "node_modules" not in p},
                         {lib + "flask/__init__.py", "/usr/bin/flask",
                          lib + "flask-2.3.dist-info/RECORD",
                          lib + "flask-2.3.dist-info/METADATA"})
        self.assertEqual(changes["/srv/node_modules/left-pad/index.js"]["package"]["name"],
                         "left-pad")
        self.assertEqual(changes[lib + "flask/evil.py"]["package"]["digest"], "differs")

    def test_two_images(self):
        db = self.apk("tool", {"bin/tool": "one"})
        images = []
        for name, tool, more in (("a", b"one", ""), ("b", b"two", self.apk("nmap", {}))):
            layer = tar_of(("bin/tool", {"mode": 0o755}, tool),
                           ("lib/apk/db/installed", {}, (db + more).encode()),
                           ("etc/motd", {}, b"hello " + tool + b"\n"))
            images.append(layout_of(f"{self.dir}/{name}.tar", [layer], squeeze=gzip.compress))
        document = diff(*images)
        changes = {c["path"]: c for c in document["changes"]}
        self.assertEqual(changes["/bin/tool"]["package"]["digest"], "differs")
        self.assertEqual(changes["/bin/tool"]["package"]["digest_before"], "matches")
        self.assertEqual([x["name"] for x in document["packages"]["installed"]], ["nmap"])
        self.assertIn("-hello one\n+hello two\n", changes["/etc/motd"]["diff"])

    def test_databases_in_archives(self):
        self.put("base/bin/busybox", "busybox", 0o755)
        self.put("base/lib/apk/db/installed", self.apk("busybox", {"bin/busybox": "busybox"}))
        self.put("layer/bin/busybox", "evil", 0o755)
        for side in ("base", "layer"):
            subprocess.run(["tar", "-C", f"{self.dir}/{side}", "-cJf",
                            f"{self.dir}/{side}.tar.xz", "."], check=True)
        document = diff(f"{self.dir}/base.tar.xz", f"{self.dir}/layer.tar.xz", "--as", "layer")
        change = [c for c in document["changes"] if c["path"] == "/bin/busybox"][0]
        self.assertEqual(change["package"]["digest"], "differs")
        self.assertEqual(document["packages"]["base_check"]["matching"], 1)


if __name__ == "__main__":
    unittest.main()
