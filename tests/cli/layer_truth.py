"""What layers mean, read a second time without exhibit: snapshots of roots on disk, tars
read by python's tarfile, and what differs between two snapshots."""
import gzip
import hashlib
import io
import json
import os
import re
import stat
import subprocess
import tarfile

EXHIBIT = os.environ["EXHIBIT"]
CASE = "corpus/packages/inventory"
LAYER = CASE + "/inventory-api-6d4cf56db6-9wq7m-layer.tar"
DRIVER = ("trusted.overlay.", "user.overlay.", "user.fuseoverlayfs.")


def run(*args, status=0):
    out = subprocess.run([EXHIBIT, "diff", *args], capture_output=True, timeout=300)
    assert out.returncode == status, (out.returncode, out.stderr)
    return out.stdout


def diff(*args, status=0):
    return json.loads(run("--json", *args, status=status))


def shown(path):
    """A path as outputs have it: bytes that are no UTF-8 are "\\xFF"."""
    return re.sub("[\udc80-\udcff]", lambda m: "\\x%02X" % (ord(m[0]) - 0xdc00), path)


def found(document):
    """{path: (change, kinds)}"""
    return {c["path"]: (c["change"], tuple(c["kinds"])) for c in document["changes"]}


# -- a second opinion: snapshots of a root, and what differs between two ------------------


class Node:
    """What stands at a path."""

    def __init__(self, kind, mode, uid, gid, mtime, data=None, link=None, rdev=None,
                 xattrs=None, inode=None):
        self.kind, self.mode, self.uid, self.gid = kind, mode, uid, gid
        self.mtime, self.data, self.link, self.rdev = mtime, data, link, rdev
        self.xattrs, self.inode = xattrs or {}, inode


def snapshot(root):
    """A root on disk, links not followed."""
    nodes = {}
    for folder, folders, files in os.walk(root):
        for name in folders + files + ([""] if folder == root else []):
            path = os.path.join(folder, name) if name else root
            s = os.lstat(path)
            x = {n: os.getxattr(path, n, follow_symlinks=False)
                 for n in os.listxattr(path, follow_symlinks=False)
                 if not n.startswith(DRIVER)}
            kind = stat.S_IFMT(s.st_mode)
            data = link = None
            if stat.S_ISREG(s.st_mode):
                with open(path, "rb") as f:
                    data = hashlib.sha256(f.read()).hexdigest()
            if stat.S_ISLNK(s.st_mode):
                link = os.readlink(path)
            shared = (s.st_dev, s.st_ino) if stat.S_ISREG(s.st_mode) and s.st_nlink > 1 else None
            nodes["/" + os.path.relpath(path, root) if name else "/"] = Node(
                kind, stat.S_IMODE(s.st_mode), s.st_uid, s.st_gid, s.st_mtime_ns, data, link,
                s.st_rdev, x, shared)
    return {p.replace("/./", "/"): n for p, n in nodes.items()}


def differences(before, after, seconds=False, xattrs=True):
    """{path: (change, kinds)} by the definition, without knowing how either was stored."""
    out = {}
    for path in set(before) | set(after):
        a, b = before.get(path), after.get(path)
        if not a or not b:
            out[shown(path)] = ("added" if b else "deleted", ())
            continue
        kinds = []
        if a.kind != b.kind:
            kinds.append("type")
        else:
            if a.data != b.data:
                kinds.append("content")
            if a.mode != b.mode and a.kind != stat.S_IFLNK:
                kinds.append("mode")
            if (a.uid, a.gid) != (b.uid, b.gid):
                kinds.append("owner")
            if xattrs and a.xattrs != b.xattrs:
                kinds.append("xattr")
            unit = 10**9 if seconds or a.mtime % 10**9 == 0 or b.mtime % 10**9 == 0 else 1
            if a.mtime // unit != b.mtime // unit:
                kinds.append("time")
            if a.link != b.link:
                kinds.append("link")
        folder = a.kind == b.kind == stat.S_IFDIR
        if folder and kinds == ["time"] and entries(before, path) != entries(after, path):
            continue
        if kinds:
            out[shown(path)] = ("modified", tuple(kinds))
    return out


def entries(nodes, folder):
    prefix = folder.rstrip("/") + "/"
    return {p: (n.kind, n.data, n.link, n.mode, n.mtime) for p, n in nodes.items()
            if p.startswith(prefix) and p != "/" and "/" not in p[len(prefix):]}


# -- tars, read by tarfile alone ----------------------------------------------------------

KIND = {tarfile.REGTYPE: stat.S_IFREG, tarfile.DIRTYPE: stat.S_IFDIR,
        tarfile.SYMTYPE: stat.S_IFLNK, tarfile.CHRTYPE: stat.S_IFCHR,
        tarfile.BLKTYPE: stat.S_IFBLK, tarfile.FIFOTYPE: stat.S_IFIFO}


def below(nodes, path):
    return [p for p in nodes if p == path or p.startswith(path.rstrip("/") + "/")]


def nanoseconds(m):
    text = m.pax_headers.get("mtime")
    if not text:
        return int(m.mtime) * 10**9
    whole, _, fraction = text.partition(".")
    return int(whole) * 10**9 + int((fraction + "000000000")[:9])


def apply_tar(nodes, tar, overlay):
    members = tar.getmembers()
    path_of = lambda m: "/" + os.path.normpath(m.name).lstrip("./") if m.name != "." else "/"
    for m in members:
        path, name = path_of(m), os.path.basename(m.name)
        opaque = m.pax_headers.get("SCHILY.xattr.trusted.overlay.opaque") == "y"
        gone = []
        if overlay and m.type == tarfile.CHRTYPE and (m.devmajor, m.devminor) == (0, 0):
            gone = below(nodes, path)
        elif not overlay and name == ".wh..wh..opq":
            gone = [p for p in below(nodes, os.path.dirname(path)) if p != os.path.dirname(path)]
        elif not overlay and name.startswith(".wh."):
            gone = below(nodes, os.path.join(os.path.dirname(path), name[4:]))
        elif overlay and opaque:
            gone = [p for p in below(nodes, path) if p != path]
        for p in gone:
            nodes.pop(p, None)
    for m in members:
        path, name = path_of(m), os.path.basename(m.name)
        if (overlay and m.type == tarfile.CHRTYPE and (m.devmajor, m.devminor) == (0, 0)) or \
                (not overlay and name.startswith(".wh.")):
            continue
        if m.islnk():
            nodes[path] = nodes["/" + os.path.normpath(m.linkname).lstrip("./")]
            continue
        old = nodes.get(path)
        if old and not (old.kind == stat.S_IFDIR and m.isdir()):
            for p in below(nodes, path):
                del nodes[p]
        data = hashlib.sha256(tar.extractfile(m).read()).hexdigest() if m.isreg() else None
        x = {k[13:]: v for k, v in m.pax_headers.items() if k.startswith("SCHILY.xattr.")
             and not k[13:].startswith(DRIVER)}
        nodes[path] = Node(KIND[m.type], m.mode & 0o7777, m.uid, m.gid, nanoseconds(m), data,
                           m.linkname or None, (m.devmajor, m.devminor), x)
    return nodes


def flatten(layout):
    """The root of an OCI layout in a tar, by the layer list of its manifest."""
    with open(layout, "rb") as f:
        tar = tarfile.open(fileobj=io.BytesIO(f.read()))
    blob = lambda d: tar.extractfile("blobs/" + d.replace(":", "/")).read()
    index = json.load(tar.extractfile("index.json"))
    manifest = json.loads(blob(index["manifests"][0]["digest"]))
    nodes = {}
    for layer in manifest["layers"]:
        data = blob(layer["digest"])
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
        apply_tar(nodes, tarfile.open(fileobj=io.BytesIO(data)), overlay=False)
    nodes.setdefault("/", Node(stat.S_IFDIR, 0o755, 0, 0, 0))
    return nodes
