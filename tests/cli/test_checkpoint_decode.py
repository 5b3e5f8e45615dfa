"""`exhibit checkpoint X decode` against crit, the decoder of CRIU's own project."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

EXHIBIT = os.environ["EXHIBIT"]
PACKAGE = "corpus/packages/inventory/inventory-api-6d4cf56db6-9wq7m-checkpoint.tar.zst"
ARCHIVES = {
    "checkpoint": PACKAGE,
    "checkpoint ": "corpus/checkpoints/podman-loop.tar.gz",
    "images": "corpus/checkpoints/criu-host.tar.zst",
    "images ": "corpus/checkpoints/criu-zoo.tar.zst",
    "images  ": "corpus/checkpoints/criu-container.tar.zst",
    "pre": "corpus/checkpoints/criu-zoo.tar.zst",
    "checkpoint  ": "corpus/checkpoints/podman-fifo.tar.gz",
    "runc-dir": "corpus/checkpoints/runc-images.tar.zst",
    "images    ": "corpus/checkpoints/criu-conntrack.tar.zst",
    "images     ": "corpus/checkpoints/criu-i386.tar.zst",
    "images      ": "corpus/checkpoints/criu-rare.tar.zst",
}
# crit of Debian 12 is of CRIU 3.17 and does not know the fields that came later.
NEWER = {
    "nr_pages", "compat_nr_pages", "is_threaded", "dump_criu_run_id", "plugins_entry",
    "allow_uprobes", "cap_amb", "mode", "cg_set", "ttl", "tos", "tcp_opts", "ipv4_sysctl",
    "unix_conf", "membarrier_registration_mask", "stop_signo", "rseq_cs_pointer", "madv",
    "so_buf_lock", "so_linger", "mask_extended", "blk_sigset_extended", "no_new_privs",
    "pidfd", "cet",
}  # fmt: skip

# One process for all images of a folder; those that crit cannot read (pages, tar, netlink)
# are raw for it as well.
ALL_BY_CRIT = """
import json, os, sys
import pycriu
out = {}
for name in sorted(os.listdir(sys.argv[1])):
    path = os.path.join(sys.argv[1], name)
    try:
        with open(path, "rb") as f:
            out[name] = pycriu.images.load(f)
    except Exception:
        pass
json.dump(out, sys.stdout)
"""


CONTAINERD = "corpus/checkpoints/containerd-oci.tar.zst"
# What has no records and no magic.
RAW = {"pages", "ifaddr", "route", "route6", "rule", "iptables", "ip6tables", "nftables", "tmpfs"}


def descriptors(layout, index):
    """Those of an index, and of the indexes that it names."""
    for m in index["manifests"]:
        yield m
        path = pathlib.Path(layout, "blobs", m["digest"].replace(":", "/"))
        if m["mediaType"].endswith(("index.v1+json", "manifest.list.v2+json")) and path.exists():
            yield from descriptors(layout, json.loads(path.read_text()))


def number(value):
    """Text without line breaks of base64; digits (above 2^63) as a number."""
    if isinstance(value, str):
        value = value.replace("\n", "")
        return int(value) if value.lstrip("-").isdigit() else value
    return value


def run(*arguments):
    return subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@unittest.skipUnless(shutil.which("crit"), "crit (package criu) is not installed")
class DecodeAgrees(unittest.TestCase):
    def same(self, ours, theirs, at):
        if isinstance(theirs, dict):
            if ours.get("type") == "PIDFD":  # an enumerator that it does not know
                theirs = dict(theirs, type="PIDFD")
            self.assertFalse(set(theirs) - set(ours) - NEWER, at)
            self.assertFalse(set(ours) - set(theirs) - NEWER, at)
            for key in set(ours) & set(theirs) - {"nr_pages"}:
                self.same(ours[key], theirs[key], at + "." + key)
        elif isinstance(theirs, list):
            self.assertEqual(len(ours), len(theirs), at)
            for i, pair in enumerate(zip(ours, theirs)):
                self.same(*pair, "%s[%d]" % (at, i))
        else:
            self.assertEqual(number(ours), number(theirs), at)

    def compare_folder(self, archive, folder, prefix):
        """The images of a folder by crit, of the archive by exhibit; returns what was compared."""
        crit = run("/usr/bin/python3", "-c", ALL_BY_CRIT, folder)
        self.assertEqual(crit.returncode, 0, crit.stderr)
        theirs = json.loads(crit.stdout)
        self.assertGreater(len(theirs), 6)
        for name, image in theirs.items():
            ours = run(EXHIBIT, "checkpoint", archive, "decode", prefix + name)
            self.assertEqual(ours.returncode, 0, (name, ours.stderr))
            self.same(json.loads(ours.stdout), image, name)
        return set(theirs)

    def compare(self, archive, folder):
        with tempfile.TemporaryDirectory() as there:
            subprocess.run(["tar", "xf", archive, "-C", there, folder], check=True)
            self.compare_folder(archive, os.path.join(there, folder), folder + "/")

    def test_statistics_beside_the_images(self):
        for archive, path in ((PACKAGE, "stats-dump"), ("corpus/checkpoints/runc-images.tar.zst", "runc-work/stats-dump")):
            with tempfile.TemporaryDirectory() as there:
                subprocess.run(["tar", "xf", archive, "-C", there, path], check=True)
                crit = run("crit", "decode", "-i", os.path.join(there, path))
            ours = run(EXHIBIT, "checkpoint", archive, "decode", path)
            self.same(json.loads(ours.stdout), json.loads(crit.stdout), path)

    def test_images_in_a_blob_of_containerd(self):
        with tempfile.TemporaryDirectory() as there:
            subprocess.run(["tar", "xf", CONTAINERD, "-C", there], check=True)
            index = json.loads(pathlib.Path(there, "index.json").read_text())
            (blob,) = [m["digest"].replace(":", "/") for m in descriptors(there, index)
                       if m["mediaType"].endswith("criu.checkpoint.criu.tar")]
            folder = os.path.join(there, "criu")
            os.mkdir(folder)
            subprocess.run(["tar", "xf", os.path.join(there, "blobs", blob), "-C", folder], check=True)
            compared = self.compare_folder(CONTAINERD, folder, "")
            records = {n for n in os.listdir(folder) if n.endswith(".img")} - compared
            self.assertEqual({n.split("-")[0] for n in records} - RAW, set())

    def test_every_image(self):
        for folder, archive in ARCHIVES.items():
            with self.subTest(archive):
                self.compare(archive, folder.strip())


class DecodePages(unittest.TestCase):
    def test_page_counts_of_both_fields(self):
        # CRIU 4.2 counts in nr_pages; crit of 3.17 shows 0 there.
        out = run(EXHIBIT, "checkpoint", PACKAGE, "decode", "pagemap-14.img")
        entries = json.loads(out.stdout)["entries"]
        pages = sum(e.get("nr_pages") or e.get("compat_nr_pages", 0) for e in entries[1:])
        with tempfile.TemporaryDirectory() as there:
            name = "checkpoint/pages-%d.img" % entries[0]["pages_id"]
            subprocess.run(["tar", "xf", PACKAGE, "-C", there, name], check=True)
            self.assertEqual(pages * 4096, os.path.getsize(os.path.join(there, name)))


if __name__ == "__main__":
    unittest.main()
