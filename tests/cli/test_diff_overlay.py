"""exhibit diff, against what stat, listxattr and sha256 say of real overlay mounts."""
import calendar
import json
import os
import shutil
import stat
import struct
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from layer_truth import EXHIBIT, diff, differences, found, run, snapshot

# setfacl -m u:1000:rw: version 2, then tag, permissions, id of each entry.
ACL = struct.pack("<I" + "HHI" * 5, 2, 1, 6, 2**32 - 1, 2, 6, 1000, 4, 4, 2**32 - 1,
                  16, 6, 2**32 - 1, 32, 4, 2**32 - 1)
CAP_NET_RAW = struct.pack("<IIIII", 0x02000001, 1 << 13, 0, 0, 0)


def can_mount():
    if os.geteuid() != 0:
        return False
    with tempfile.TemporaryDirectory() as d:
        for name in ("l", "u", "w", "m"):
            os.mkdir(f"{d}/{name}")
        ok = subprocess.run(["mount", "-t", "overlay", "overlay", "-o",
                             f"lowerdir={d}/l,upperdir={d}/u,workdir={d}/w", d + "/m"],
                            capture_output=True).returncode == 0
        if ok:
            subprocess.run(["umount", d + "/m"], check=True)
    return ok


def put(path, data=b"", mode=0o644, time=1700000000):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)
    os.chmod(path, mode)
    os.utime(path, (time, time))


def make_base(root):
    for name, data, mode in (
            ("bin/tool", b"\x7fELF tool", 0o755), ("bin/ping", b"\x7fELF ping", 0o755),
            ("bin/trojan", b"\x7fELF good", 0o755), ("etc/passwd", b"root:x:0:0\n", 0o644),
            ("etc/mode", b"m", 0o644), ("etc/owner", b"o", 0o644), ("etc/time", b"t", 0o644),
            ("etc/attr", b"a", 0o644), ("etc/acl", b"l", 0o644), ("etc/gone", b"g", 0o644), ("etc/same", b"s", 0o644),
            ("opt/dir/a", b"a", 0o644), ("opt/dir/b", b"b", 0o644),
            ("lib/mod/a", b"moved a", 0o644), ("lib/mod/sub/b", b"moved b", 0o644),
            ("srv/wiped/old", b"old", 0o644), ("srv/wiped/kept", b"kept", 0o644),
            ("usr/share/doc/x", b"x", 0o644), ("var/log/app.log", b"line\n" * 9, 0o644)):
        put(os.path.join(root, name), data, mode)
    for folder, _, _ in os.walk(root, topdown=False):
        os.utime(folder, (1700000000, 1700000000))


def plant(root):
    """The 22 changes; returns what must be found of each."""
    p = lambda name: os.path.join(root, name)
    now = 1710000000.123456789
    put(p("etc/ld.so.preload"), b"/usr/lib/x.so\n", time=now)
    put(p("etc/cron.d/job"), b"* * * * * root x\n", time=now)
    put(p("root/.ssh/authorized_keys"), b"ssh-ed25519 A\n", 0o600, now)
    put(p("tmp/.x/miner"), b"\x7fELF miner", 0o755, now)
    put(p("dev/shm/su"), b"\x7fELF su", 0o4755, now)
    put(p("var/www/html/s.php"), b"<?php eval($_POST[0]);", time=now)
    os.link(p("tmp/.x/miner"), p("tmp/.x/linked"))
    with open(p("tmp/sparse"), "wb") as f:
        f.truncate(5 << 20)
        f.seek(3 << 20)
        f.write(b"middle")
    os.symlink("/etc/shadow", p("tmp/link"))
    os.mknod(p("dev/disk"), 0o600 | stat.S_IFBLK, os.makedev(8, 0))
    os.mkfifo(p("tmp/fifo"))
    os.chmod(p("bin/tool"), 0o4755)
    os.setxattr(p("bin/ping"), "security.capability", CAP_NET_RAW)
    s = os.stat(p("bin/trojan"))
    with open(p("bin/trojan"), "r+b") as f:
        f.seek(5)
        f.write(b"e")
    os.utime(p("bin/trojan"), ns=(s.st_atime_ns, s.st_mtime_ns))
    os.chmod(p("etc/mode"), 0o600)
    os.chown(p("etc/owner"), 33, 33)
    os.utime(p("etc/time"), (1600000000, 1600000000))
    os.setxattr(p("etc/attr"), "user.note", b"planted")
    os.setxattr(p("etc/acl"), "system.posix_acl_access", ACL)
    with open(os.path.join(os.fsencode(root), b"tmp/\xff\xfe\n raw"), "wb") as f:
        f.write(b"raw")
    os.remove(p("etc/gone"))
    shutil.rmtree(p("opt/dir"))
    shutil.rmtree(p("srv/wiped"))
    put(p("srv/wiped/new"), b"new", time=now)
    shutil.move(p("lib/mod"), p("lib/renamed"))
    os.remove(p("lib/renamed/sub/b"))
    shutil.rmtree(p("usr/share/doc"))
    os.symlink("/tmp/.x", p("usr/share/doc"))
    return {
        "/etc/ld.so.preload": "added", "/etc/cron.d/job": "added",
        "/root/.ssh/authorized_keys": "added", "/tmp/.x/miner": "added",
        "/dev/shm/su": "added", "/var/www/html/s.php": "added", "/tmp/.x/linked": "added",
        "/tmp/sparse": "added", "/tmp/link": "added", "/dev/disk": "added",
        "/tmp/fifo": "added", "/bin/tool": "mode", "/bin/ping": "xattr",
        "/bin/trojan": "content", "/etc/mode": "mode", "/etc/owner": "owner",
        "/etc/time": "time", "/etc/attr": "xattr", "/etc/gone": "deleted",
        "/opt/dir": "deleted", "/srv/wiped/old": "deleted", "/usr/share/doc": "type"}


@unittest.skipUnless(can_mount(), "needs root and overlay mounts")
class RealOverlay(unittest.TestCase):
    maxDiff = None
    options = "redirect_dir=off,metacopy=off,"

    @classmethod
    def setUpClass(cls):
        cls.dir = tempfile.mkdtemp()
        cls.p = staticmethod(lambda name: os.path.join(cls.dir, name))
        for name in ("lower", "upper", "work", "merged"):
            os.mkdir(cls.p(name))
        make_base(cls.p("lower"))
        cls.before = snapshot(cls.p("lower"))
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o",
                        cls.options + ",".join(f"{k}dir={cls.p(v)}" for k, v in
                                 (("lower", "lower"), ("upper", "upper"), ("work", "work"))),
                        cls.p("merged")], check=True)
        cls.planted = plant(cls.p("merged"))
        # Opened for writing and closed again: copied up, and not changed.
        os.close(os.open(cls.p("merged/etc/same"), os.O_RDWR))
        cls.after = snapshot(cls.p("merged"))
        subprocess.run(["umount", cls.p("merged")], check=True)
        cls.truth = differences(cls.before, cls.after)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.dir)

    def check(self, layer, xattrs=True):
        document = diff(self.p("lower"), layer)
        truth = self.truth if xattrs else differences(self.before, self.after, xattrs=False)
        self.assertEqual(found(document), truth)
        for path, what in self.planted.items():
            if not xattrs and what == "xattr":
                continue
            change, kinds = found(document)[path]
            self.assertIn(what, (change, *kinds), path)
        return document

    def test_the_upper_folder_as_it_lies(self):
        document = self.check(self.p("upper"))
        self.assertEqual(document["unchanged"], ["/etc/same"])
        by_path = {c["path"]: c for c in document["changes"]}
        self.assertEqual(by_path["/bin/ping"]["after"]["capabilities"], "cap_net_raw=ep")
        self.assertEqual(by_path["/srv/wiped/old"]["deleted_by"], "opaque")
        self.assertEqual((by_path["/etc/acl"]["after"]["acl"], by_path["/etc/acl"]["kinds"]),
                         ("user::rw-,user:1000:rw-,group::r--,mask::rw-,other::r--",
                          ["mode", "xattr"]))
        self.assertEqual(by_path["/tmp/.x/linked"]["hard_link_with"], "/tmp/.x/miner")

    def test_a_deletion_has_bounds(self):
        """The folder was written to when the whiteout was made, or later."""
        by_path = {c["path"]: c for c in diff(self.p("lower"), self.p("upper"))["changes"]}
        for path, folder in (("/etc/gone", "etc"), ("/opt/dir", "opt")):
            whole, fraction = by_path[path]["not_after"].rstrip("Z").split(".")
            seconds = calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S"))
            self.assertEqual(seconds * 10**9 + int(fraction),
                             os.stat(self.p("upper/" + folder)).st_mtime_ns)
        self.assertNotIn("not_after", by_path["/opt/dir/a"])

    def test_the_bodyfile_has_what_stat_says(self):
        rows = {}
        for line in run(self.p("lower"), self.p("upper"), "--bodyfile").decode().splitlines():
            fields = line.split("|")
            self.assertEqual(len(fields), 11, line)
            rows[fields[1]] = fields
        for name in ("tmp/.x/miner", "dev/disk", "bin/tool", "etc/owner"):
            s = os.lstat(self.p("upper/" + name))
            row = next(r for n, r in rows.items() if n.startswith(f"/{name} ("))
            self.assertEqual(row[3][2:], stat.filemode(s.st_mode)[0].replace("-", "r") +
                             stat.filemode(s.st_mode)[1:])
            self.assertEqual(row[2], str(s.st_ino))
            self.assertEqual(row[4:6], [str(s.st_uid), str(s.st_gid)])
            if "metacopy=on" not in self.options:
                self.assertEqual(row[6], str(s.st_size if stat.S_ISREG(s.st_mode) else 0))
            self.assertEqual(row[8:10], [str(s.st_mtime_ns // 10**9), str(s.st_ctime_ns // 10**9)])
        self.assertEqual(rows["/etc/gone (deleted, at the latest)"][9],
                         str(os.stat(self.p("upper/etc")).st_mtime_ns // 10**9))

    def test_gnu_tar_with_xattrs(self):
        for name, options in {
                "pax": ["--format=posix"], "sparse": ["--format=posix", "-S"],
                "sparse 0.0": ["--format=posix", "-S", "--sparse-version=0.0"],
                "sparse 0.1": ["--format=posix", "-S", "--sparse-version=0.1"],
                "absolute": ["--format=posix", "-P", r"--transform=s,^\./,/,"],
                "with acls": ["--format=posix", "--acls", "--selinux"]}.items():
            with self.subTest(name):
                subprocess.run(["tar", "-C", self.p("upper"), "-cf", self.p("u.tar"), "--xattrs",
                                "--xattrs-include=*", *options, "."], check=True,
                               capture_output=True)
                self.check(self.p("u.tar"))

    def test_without_entries_for_folders(self):
        """What the folders' own attributes would say is lost; all else is as it was."""
        if "metacopy=on" in self.options:
            self.skipTest("renames are attributes of folders")
        names = [os.path.relpath(os.path.join(d, f), self.p("upper")) for d, folders, files in
                 os.walk(self.p("upper")) for f in files + [n for n in folders if os.path.islink(
                     os.path.join(d, n))]]
        subprocess.run(["tar", "-C", self.p("upper"), "--no-recursion", "-cf", self.p("f.tar"),
                        "--format=posix", "--xattrs", "--xattrs-include=*", "--null", "-T", "-"],
                       input=b"\0".join(map(os.fsencode, names)), check=True, capture_output=True)
        document = found(diff(self.p("lower"), self.p("f.tar")))
        self.assertEqual({p for p in self.truth if document.get(p) != self.truth[p]},
                         {"/srv/wiped/old", "/srv/wiped/kept", "/lib/renamed/sub"})

    def test_compressed_and_in_a_folder(self):
        subprocess.run(["tar", "-C", self.dir, "-cJf", self.p("f.tar.xz"), "--format=posix",
                        "--xattrs", "--xattrs-include=*", "upper"], check=True,
                       capture_output=True)
        self.check(self.p("f.tar.xz"))

    def test_gnu_tar_without_xattrs_loses_what_it_says_it_loses(self):
        subprocess.run(["tar", "-C", self.p("upper"), "-cf", self.p("n.tar"),
                        "--format=posix", "."], check=True, capture_output=True)
        document = diff(self.p("lower"), self.p("n.tar"))
        self.assertTrue(any("attribute" in limit for limit in document["limits"]))
        lost = {p for p in self.truth if found(document).get(p) != self.truth[p]}
        if "metacopy=on" in self.options:
            return
        # The attributes themselves, and what the opaque mark would have hidden.
        self.assertEqual(lost, {"/bin/ping", "/etc/attr", "/etc/acl", "/srv/wiped/old",
                                "/srv/wiped/kept"})

    @unittest.skipUnless(shutil.which("bsdtar"), "needs bsdtar")
    def test_cpio_gives_the_bytes_of_linked_names_with_the_last(self):
        subprocess.run(["bsdtar", "-C", self.p("upper"), "--format=newc", "-cf",
                        self.p("n.cpio"), "."], check=True, capture_output=True)
        by_path = {c["path"]: c for c in diff(self.p("lower"), self.p("n.cpio"))["changes"]}
        for name in ("/tmp/.x/miner", "/tmp/.x/linked"):
            self.assertEqual(by_path[name]["after"]["sha256"], self.after[name].data)

    @unittest.skipUnless(shutil.which("bsdtar"), "needs bsdtar")
    def test_bsdtar_writes_attributes_twice(self):
        subprocess.run(["bsdtar", "-C", self.p("upper"), "--format=pax", "-cf",
                        self.p("b.tar"), "."], check=True, capture_output=True)
        self.check(self.p("b.tar"))

    def test_oci_layer(self):
        """Whiteouts by name, as umoci writes them (all attributes kept)."""
        subprocess.run(["tar", "-C", self.p("upper"), "-cf", self.p("u.tar"),
                        "--format=posix", "--xattrs", "--xattrs-include=*", "."], check=True,
                       capture_output=True)
        with tarfile.open(self.p("u.tar")) as src, \
                tarfile.open(self.p("oci.tar.gz"), "w:gz", format=tarfile.PAX_FORMAT) as out:
            for m in src:
                if m.ischr() and (m.devmajor, m.devminor) == (0, 0):
                    w = tarfile.TarInfo(os.path.join(os.path.dirname(m.name), ".wh." +
                                                     os.path.basename(m.name)))
                    out.addfile(w)
                    continue
                opaque = any(m.pax_headers.get(f"SCHILY.xattr.{k}.overlay.opaque") for k in
                             ("trusted", "user"))
                for key in [k for k in m.pax_headers if ".overlay." in k]:
                    del m.pax_headers[key]
                out.addfile(m, src.extractfile(m) if m.isreg() else None)
                if opaque:
                    out.addfile(tarfile.TarInfo(m.name + "/.wh..wh..opq"))
        if "metacopy=on" in self.options:
            self.skipTest("a layer of names cannot say what is in redirects")
        document = self.check(self.p("oci.tar.gz"))
        self.assertEqual(document["subject"]["dialect"], "oci")

    def test_a_whole_root_against_the_base(self):
        self.assertEqual(diff(self.p("lower"), self.p("lower"))["changes"], [])

    def test_findings_of_the_planted_changes(self):
        package = self.p("package")
        os.makedirs(package)
        subprocess.run(["tar", "-C", self.p("upper"), "-cf", package + "/pod-layer.tar",
                        "--format=posix", "--xattrs", "--xattrs-include=*", "."], check=True,
                       capture_output=True)
        subprocess.run(["tar", "-C", self.p("lower"), "-cf", package + "/base.tar",
                        "--format=posix", "."], check=True, capture_output=True)
        out = subprocess.run([EXHIBIT, "analyze", package, "-o", self.p("out")],
                             capture_output=True, timeout=120)
        self.assertIn(out.returncode, (0, 1), out.stderr)
        with open(self.p("out/findings.json")) as f:
            text = f.read()
        for path, title in {
                "/etc/ld.so.preload": "T1574.006", "/etc/cron.d/job": "T1053.003",
                "/root/.ssh/authorized_keys": "T1098.004", "/dev/shm/su": "T1548.001",
                "/tmp/.x/miner": "T1036.005", "/var/www/html/s.php": "T1505.003",
                "/bin/trojan": "T1554", "/bin/ping": "T1548.001", "/bin/tool": "T1548.001",
                "/dev/disk": "T1611"}.items():
            hits = [f for f in json.loads(text)["findings"]
                    if f["subject"] == path and title in json.dumps(f)]
            self.assertTrue(hits, (path, title))

@unittest.skipUnless(can_mount(), "needs root and overlay mounts")
class RealOverlayOfUsers(RealOverlay):
    """The marks as attributes that users may set: rootless engines."""
    options = "userxattr,"


@unittest.skipUnless(can_mount(), "needs root and overlay mounts")
class RealOverlayWithRedirects(RealOverlay):
    """Renamed folders stay in the lower layer, and so do bytes under changed metadata."""
    options = "redirect_dir=on,metacopy=on,"

    def test_the_rename_is_told(self):
        by_path = {c["path"]: c for c in diff(self.p("lower"), self.p("upper"))["changes"]}
        self.assertEqual(by_path["/lib/renamed"]["renamed_from"], "/lib/mod")
        self.assertEqual(by_path["/lib/renamed/a"]["renamed_from"], "/lib/mod/a")


if __name__ == "__main__":
    unittest.main()
