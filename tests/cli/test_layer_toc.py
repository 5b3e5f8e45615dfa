"""Tables of contents of eStargz and zstd:chunked layers, written by their specifications, against
the tars beside them; and one that skopeo writes."""
import base64
import copy
import gzip
import io
import json
import os
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from layer_truth import EXHIBIT, diff
from test_diff import DIR, layout_of, sha, tar_of

CAPABILITY = struct.pack("<IIIII", 0x02000001, 1 << 13, 0, 0, 0)
MEMBERS = (("usr", DIR, b""), ("usr/bin", DIR, b""),
           ("usr/bin/tool", {"mode": 0o4755, "uid": 3, "pax_headers": {
               "SCHILY.xattr.security.capability": CAPABILITY.decode()}}, b"tool" * 100),
           ("usr/bin/alias", {"type": b"2", "linkname": "tool"}, b""),
           ("usr/bin/same", {"type": b"1", "linkname": "usr/bin/tool"}, b""),
           ("usr/empty", {}, b""))
TAR = tar_of(*MEMBERS)


def table():
    """What both formats say of the tar, after docs/estargz.md."""
    entries = []
    with tarfile.open(fileobj=io.BytesIO(TAR)) as t:
        for m in t:
            e = {"name": m.name + "/" * m.isdir(), "mode": m.mode, "uid": m.uid, "gid": m.gid,
                 "type": {"0": "reg", "1": "hardlink", "2": "symlink", "5": "dir"}[m.type.decode()]}
            if m.isreg():
                data = t.extractfile(m).read()
                e.update(size=m.size, digest=sha(data), offset=10)
            if m.linkname:
                e["linkName"] = m.linkname
            x = {k[len("SCHILY.xattr."):]: base64.b64encode(v.encode()).decode()
                 for k, v in m.pax_headers.items() if k.startswith("SCHILY.xattr.")}
            if x:
                e["xattrs"] = x
            entries.append(e)
    return {"version": 1, "entries": entries}


def unended():
    """The tar without the zeros at its end."""
    return TAR[:-(-len(TAR.rstrip(b"\0")) // 512) * 512]


def entry(t, name):
    return next(e for e in t["entries"] if e["name"].rstrip("/") == name)


class Tables(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.dir)
        with open(self.path("l.tar"), "wb") as f:
            f.write(tar_of(("srv/new", {}, b"new")))

    def path(self, name):
        return os.path.join(self.dir, name)

    def stargz(self, t, digest=None, offset=None):
        """The tar, its end included, in members; the table as its last file; the footer."""
        j = json.dumps(t).encode()
        end = unended()
        last = tar_of(("stargz.index.json", {}, j))
        body = gzip.compress(end)
        tail = b"\x1f\x8b\x08\x04" + bytes(5) + b"\xff" + struct.pack("<H", 26) + b"SG" + \
            struct.pack("<H", 22) + b"%016xSTARGZ" % (len(body) if offset is None else offset) + \
            b"\x01\x00\x00\xff\xff" + bytes(8)
        blob = body + gzip.compress(last) + tail
        return layout_of(self.path("base.tar"), [end + last], squeeze=lambda b: blob, annotations={
            "containerd.io/snapshot/stargz/toc.digest": digest or sha(j)})

    def chunked(self, t, digest=None, inflated=None, footer=None, stated=True):
        """`footer`: octets by which it points elsewhere; None: there is none."""
        def zstd(data):
            return subprocess.run(["zstd", "-c"], input=data, capture_output=True, check=True).stdout

        def skippable(data):
            return struct.pack("<II", 0x184D2A50, len(data)) + data
        j = json.dumps(t).encode()
        packed = zstd(j)
        head = zstd(TAR[:1024]) + zstd(TAR[1024:])
        place = f"{len(head) + 8}:{len(packed)}:{inflated or len(j)}:1"
        blob = head + skippable(packed)
        if footer is not None:
            blob += skippable(struct.pack("<7Q8s", len(head) + 8 + footer, len(packed), len(j), 1,
                                          0, 0, 0, b"GnUlInUx"))
        return layout_of(self.path("base.tar"), [TAR], squeeze=lambda b: blob, annotations={} if not stated else {
            "io.github.containers.zstd-chunked.manifest-position": place,
            "io.github.containers.zstd-chunked.manifest-checksum": digest or sha(packed)})

    def differences(self, base, status):
        document = diff(base, self.path("l.tar"), status=status)
        told = document["base"]["layers"][0]["table_of_contents"]
        self.assertEqual(told["check"], "mismatch" if status else "verified")
        return [(d["what"], d.get("path")) for d in told["differences"]]

    def test_a_table_that_says_the_same(self):
        self.assertEqual(self.differences(self.stargz(table()), 0), [])
        self.assertEqual(self.differences(self.chunked(table()), 0), [])

    def test_whatever_is_different_is_told(self):
        def change(name, **more):
            t = table()
            entry(t, name).update(more)
            return t
        tool, gone, more, twice = "usr/bin/tool", table(), table(), table()
        gone["entries"].remove(entry(gone, "usr/empty"))
        more["entries"].append({"name": "etc/cron.d/x", "type": "reg", "size": 0, "mode": 420})
        twice["entries"].append(copy.deepcopy(entry(twice, "usr/empty")))
        bare = table()
        del entry(bare, tool)["xattrs"]
        cases = [(change(tool, digest=sha(b"evil")), [("digest", tool)]),
                 (change(tool, size=401), [("size", tool)]),
                 (change(tool, mode=0o755), [("mode", tool)]),
                 (change(tool, uid=0), [("owner", tool)]),
                 (change(tool, type="dir"), [("type", tool)]),
                 (change(tool, offset=1 << 40), [("offset", tool)]),
                 (change(tool, xattrs={"security.capability": "AAAA"}), [("xattr", tool)]),
                 (bare, [("xattr", tool)]),
                 (change("usr/bin/alias", linkName="/tmp/x"), [("link", "usr/bin/alias")]),
                 (change("usr/bin/same", linkName="usr/empty"), [("link", "usr/bin/same")]),
                 (gone, [("not in the table", "usr/empty")]),
                 (more, [("not in the tar", "etc/cron.d/x")]),
                 (twice, [("twice in it", "usr/empty")])]
        for t, wanted in cases:
            for write in (self.stargz, self.chunked):
                self.assertEqual(self.differences(write(t), 1), wanted)

    def test_a_table_that_is_not_the_one_that_the_manifest_names(self):
        wrong = sha(b"another")
        self.assertEqual(self.differences(self.stargz(table(), digest=wrong), 1),
                         [("digest of the table", None)])
        self.assertEqual(self.differences(self.chunked(table(), digest=wrong), 1),
                         [("digest of the table", None)])
        self.assertEqual(self.differences(self.chunked(table(), inflated=7), 1),
                         [("size of the table", None)])
        for offset in (0, 5, 1 << 40):
            self.assertTrue(self.differences(self.stargz(table(), offset=offset), 1))

    def test_a_table_that_only_the_end_of_the_blob_names(self):
        self.assertEqual(self.differences(self.chunked(table(), footer=0, stated=False), 0), [])
        self.assertEqual(self.differences(self.chunked(table(), footer=0), 0), [])
        evil = table()
        entry(evil, "usr/bin/tool").update(digest=sha(b"evil"))
        self.assertEqual(self.differences(self.chunked(evil, footer=0, stated=False), 1),
                         [("digest", "usr/bin/tool")])

    def test_an_end_that_names_another_table(self):
        self.assertEqual(self.differences(self.chunked(table(), footer=1), 1),
                         [("place of the table in the footer", None)])

    def test_it_is_a_finding(self):
        os.mkdir(self.path("case"))
        shutil.copy(self.path("l.tar"), self.path("case/pod-layer.tar"))
        for t, wanted in ((table(), []), ({"version": 1, "entries": []}, ["layer.table-of-contents"])):
            base, out = self.chunked(t), self.path("out")
            shutil.rmtree(out, ignore_errors=True)
            subprocess.run([EXHIBIT, "analyze", self.path("case"), "--base", base, "-o", out,
                            "--quiet"], capture_output=True, timeout=120)
            with open(out + "/findings.json") as f:
                found = [f for f in json.load(f)["findings"] if "contents" in f["rule"]]
            self.assertEqual([f["rule"] for f in found], wanted)
        self.assertEqual(found[0]["arguments"], {"form": "zstd:chunked", "differences": "6",
                                                 "first": "not in the table: /usr"})

    @unittest.skipUnless(shutil.which("skopeo"), "needs skopeo")
    def test_what_skopeo_writes(self):
        # skopeo 1.9 leaves out what is behind the two blocks that end a tar.
        layout_of(self.path("plain.tar"), [unended() + bytes(1024)])
        subprocess.run(["skopeo", "copy", "--insecure-policy", "--dest-compress-format", "zstd:chunked",
                        "oci-archive:" + self.path("plain.tar"), "oci:" + self.path("image") + ":1"],
                       check=True, capture_output=True)
        self.assertEqual(self.differences(self.path("image"), 0), [])


if __name__ == "__main__":
    unittest.main()
