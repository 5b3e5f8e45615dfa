"""exhibit diff of two images, where the second was made by umoci or buildah from the first:
against what stat, listxattr and sha256 say of both roots. What an engine loses is known: the
planted changes are those that differ between engines."""
import json
import os
import shutil
import subprocess
import struct
import tempfile
import unittest

import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from layer_truth import diff, differences, found, snapshot

TIME = 1700000000
CAP_NET_RAW = struct.pack("<IIIII", 0x02000001, 1 << 13, 0, 0, 0)
BASE = ["etc/apt/sources.list", "etc/apt/sources.d/a", "etc/cron.d/a", "etc/chmod", "etc/chown",
        "etc/mtime", "etc/xattr", "etc/same", "opt/old/deep/f", "opt/wipe/a", "opt/wipe/sub/b",
        "srv/gone", "root/.ssh/known_hosts", "usr/bin/env", "usr/bin/ping", "tmp/a"]


def make(root):
    for name in BASE:
        path = os.path.join(root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write("contents of " + name)
        os.chmod(path, 0o755 if "/bin/" in name else 0o644)
    for folder, _, files in os.walk(root, topdown=False):
        for name in [*files, "."]:
            os.utime(os.path.join(folder, name), (TIME, TIME))


def plant(root):
    """The changes of the detection matrix: each is of another kind."""
    at = lambda name: os.path.join(root, name)

    def put(name, text, mode=0o644):
        os.makedirs(os.path.dirname(at(name)), exist_ok=True)
        with open(at(name), "w") as f:
            f.write(text)
        os.chmod(at(name), mode)
    put("etc/ld.so.preload", "/tmp/x.so\n")
    put("etc/cron.d/x", "* * * * * root /tmp/.x\n")
    put("root/.ssh/authorized_keys", "ssh-ed25519 AAAA\n")
    put("tmp/.x", "#!/bin/sh\n", 0o755)
    put("dev/shm/s", "#!/bin/sh\n", 0o4755)
    put("var/www/html/s.php", "<?php system($_GET['c']);\n")
    os.link(at("tmp/.x"), at("usr/bin/linked"))
    put("tmp/sparse", "")
    os.truncate(at("tmp/sparse"), 1 << 20)
    os.symlink("/proc/1/root", at("tmp/r"))
    os.mknod(at("dev/sdx"), 0o60600, os.makedev(8, 0))
    os.mkfifo(at("tmp/fifo"))
    os.chmod(at("usr/bin/env"), 0o4755)
    os.setxattr(at("usr/bin/ping"), "security.capability", CAP_NET_RAW)
    put("etc/same", "Contents of etc/same")
    os.utime(at("etc/same"), (TIME, TIME))
    os.chmod(at("etc/chmod"), 0o666)
    os.chown(at("etc/chown"), 33, 33)
    os.utime(at("etc/mtime"), (TIME - 10**8, TIME - 10**8))
    os.setxattr(at("etc/xattr"), "user.note", b"hi")
    os.unlink(at("srv/gone"))
    shutil.rmtree(at("opt/old"))
    shutil.rmtree(at("opt/wipe"))
    put("opt/wipe/new", "n")
    shutil.rmtree(at("etc/apt"))
    os.symlink("/tmp/.x", at("etc/apt"))


@unittest.skipUnless(os.geteuid() == 0 and shutil.which("umoci"), "needs root and umoci")
class TwoImages(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.dir)
        self.umoci("init", "--layout", self.p("image"))
        self.umoci("new", "--image", self.p("image:empty"))
        self.umoci("unpack", "--image", self.p("image:empty"), self.p("bundle"))
        make(self.p("bundle/rootfs"))
        self.umoci("repack", "--image", self.p("image:base"), self.p("bundle"))
        shutil.rmtree(self.p("bundle"))
        self.umoci("unpack", "--image", self.p("image:base"), self.p("bundle"))

    def p(self, name):
        return os.path.join(self.dir, name)

    def umoci(self, *args):
        subprocess.run(["umoci", *args], check=True, capture_output=True, timeout=60)

    def alone(self, tag):
        """The layout with this image alone."""
        shutil.copytree(self.p("image"), self.p(tag))
        with open(self.p(tag + "/index.json")) as f:
            index = json.load(f)
        index["manifests"] = [m for m in index["manifests"] if tag ==
                              m["annotations"]["org.opencontainers.image.ref.name"]]
        with open(self.p(tag + "/index.json"), "w") as f:
            json.dump(index, f)
        return self.p(tag)

    def test_umoci(self):
        root = self.p("bundle/rootfs")
        before = snapshot(root)
        plant(root)
        truth = differences(before, snapshot(root), seconds=True)
        self.umoci("repack", "--image", self.p("image:changed"), self.p("bundle"))
        self.assertEqual(found(diff(self.alone("base"), self.alone("changed"))), truth)
        for path in ("/etc/same", "/etc/apt", "/dev/sdx", "/usr/bin/ping", "/opt/wipe/sub/b"):
            self.assertIn(path, truth)

    @unittest.skipUnless(shutil.which("buildah"), "needs buildah")
    def test_buildah_leaves_out_what_has_size_and_time_of_before(self):
        def buildah(*args):
            out = subprocess.run(
                ["buildah", "--root", self.p("store"), "--runroot", self.p("run"),
                 "--storage-driver", "vfs", *args], check=True, capture_output=True, text=True,
                cwd=self.dir, timeout=120).stdout
            return out.strip()
        # A relative path: it becomes the image's name, which may have no capitals.
        container = buildah("from", "--pull-never", "oci:image:base")
        root = buildah("mount", container)
        before = snapshot(root)
        plant(root)
        truth = differences(before, snapshot(root), seconds=True)
        buildah("umount", container)
        buildah("commit", container, "oci-archive:" + self.p("changed.tar"))
        told = found(diff(self.alone("base"), self.p("changed.tar")))
        self.assertEqual(truth.pop("/etc/same"), ("modified", ("content",)))
        told.pop("/etc/same", None)  # buildah 1.28 leaves it out; a later one may not
        self.assertEqual(told, truth)


if __name__ == "__main__":
    unittest.main()
