"""exhibit list and show, against what tar, zstd and hashlib say."""
import gzip
import hashlib
import io
import json
import os
import subprocess
import tarfile
import tempfile
import unittest
import zipfile

EXHIBIT = os.environ["EXHIBIT"]
CASE = "corpus/packages/inventory"
CHECKPOINT = "inventory-api-6d4cf56db6-9wq7m-checkpoint.tar.zst"


def run(*args, **kwargs):
    return subprocess.run([EXHIBIT, *args], capture_output=True, timeout=120, **kwargs)


def listing(package, *more):
    out = run("list", "--json", *more, package)
    assert out.returncode == 0, out.stderr
    return {i["path"]: i for i in json.loads(out.stdout)["items"]}


def unzstd(path):
    return subprocess.run(["zstd", "-dc", path], capture_output=True, check=True).stdout


class ListOfTheCase(unittest.TestCase):
    def test_every_file_has_its_sha256_and_size(self):
        items = listing(CASE)
        names = sorted(os.listdir(CASE))
        self.assertEqual(sorted(items), names)
        for name in names:
            with open(os.path.join(CASE, name), "rb") as f:
                data = f.read()
            self.assertEqual(items[name]["sha256"], hashlib.sha256(data).hexdigest(), name)
            self.assertEqual(items[name]["size"], len(data), name)

    def test_roles_follow_content(self):
        items = listing(CASE)
        expected = {
            "api-0.log": "container-log", "audit.log": "audit-log",
            "base-image.tar": "base-image", "describe.txt": "pod-describe",
            "events.json": "kubernetes-events", "falco.jsonl": "falco-alerts",
            CHECKPOINT: "criu-checkpoint",
            "inventory-api-6d4cf56db6-9wq7m-layer.tar": "writable-layer",
            "inventory-api-6d4cf56db6-9wq7m-spec.yaml": "pod-manifest",
            "manifest.sha256": "manifest", "manifest.sha256.p7s": "signature",
            "manifest.sha256.tsr": "timestamp", "netpol-quarantine.yaml": "network-policy",
            "pod-logs-IR.txt": "container-log", "rbac.json": "kubernetes-objects",
            "retention.json": "retention", "timeline.md": "written-timeline",
        }
        self.assertEqual({p: i["role"] for p, i in items.items()}, expected)

    def test_members_of_nested_archives(self):
        items = listing(CASE, "--all")
        tar = tarfile.open(fileobj=io.BytesIO(unzstd(os.path.join(CASE, CHECKPOINT))))
        for member in tar.getmembers():
            path = f"{CHECKPOINT}//{member.name.rstrip('/')}"
            self.assertIn(path, items)
            if member.isfile():
                data = tar.extractfile(member).read()
                self.assertEqual(items[path]["sha256"], hashlib.sha256(data).hexdigest(), path)

    def test_names_do_not_matter(self):
        with tempfile.TemporaryDirectory() as d:
            for i, name in enumerate(sorted(os.listdir(CASE))):
                with open(os.path.join(CASE, name), "rb") as f, \
                        open(os.path.join(d, f"{i:02d}"), "wb") as g:
                    g.write(f.read())
            by_name = sorted(i["role"] for i in listing(CASE).values())
            by_content = sorted(i["role"] for i in listing(d).values())
            # Also of the timeline: its heading says what it is.
            self.assertEqual(by_content, by_name)


class ShowPrintsTheBytes(unittest.TestCase):
    def show(self, item, package=CASE):
        """The bytes, after a check that the command succeeded."""
        out = run("show", "--raw", package, item)
        self.assertEqual(out.returncode, 0, (package, out.stderr))
        return out.stdout

    def test_file_and_range(self):
        with open(os.path.join(CASE, "audit.log"), "rb") as f:
            data = f.read()
        self.assertEqual(self.show("audit.log"), data)
        self.assertEqual(self.show("audit.log@1000+77"), data[1000:1077])
        self.assertEqual(self.show("audit.log@233500+9999"), data[233500:])
        self.assertEqual(self.show("audit.log@5"), data[5:])

    def test_by_number_and_by_path(self):
        for path, item in listing(CASE, "--all").items():
            if item["type"] != "file" or item["size"] > 100000:
                continue
            data = self.show(str(item["id"]))
            self.assertEqual(hashlib.sha256(data).hexdigest(), item["sha256"], path)
            self.assertEqual(self.show(path), data, path)

    def test_inside_nested_archives(self):
        tar = tarfile.open(fileobj=io.BytesIO(unzstd(os.path.join(CASE, CHECKPOINT))))
        pages = tar.extractfile("checkpoint/pages-2.img").read()
        self.assertEqual(self.show(f"{CHECKPOINT}//checkpoint/pages-2.img@4096+300"),
                         pages[4096:4396])

    def test_same_bytes_from_every_kind_of_archive(self):
        with tempfile.TemporaryDirectory() as d:
            with tarfile.open(f"{d}/c.tar.gz", "w:gz") as t:
                t.add(CASE, "inventory")
            with tarfile.open(f"{d}/c.tar.xz", "w:xz") as t:
                t.add(CASE, "inventory")
            with zipfile.ZipFile(f"{d}/c.zip", "w", zipfile.ZIP_DEFLATED) as z:
                for name in os.listdir(CASE):
                    z.write(os.path.join(CASE, name), f"inventory/{name}")
            subprocess.run(["7z", "a", "-bd", "-y", f"{d}/c.7z", "inventory"], check=True,
                           cwd=os.path.dirname(CASE), stdout=subprocess.DEVNULL)
            with open(os.path.join(CASE, "describe.txt"), "rb") as f:
                data = f.read()
            for name in ("c.tar.gz", "c.tar.xz", "c.zip", "c.7z"):
                self.assertEqual(self.show("describe.txt", f"{d}/{name}"), data, name)
                self.assertEqual(self.show("inventory/describe.txt", f"{d}/{name}"), data, name)

    def test_escaped_on_a_terminal_form(self):
        with tempfile.TemporaryDirectory() as d:
            with open(f"{d}/x.bin", "wb") as f:
                f.write(b"red \x1b[31mtext\x07 \xff\xe2\x80\xaeevil\n")
            out = run("show", d, "x.bin").stdout
            for byte in (b"\x1b", b"\x07", b"\xff", b"\xe2\x80\xae"):
                self.assertNotIn(byte, out)
            self.assertIn(b"red ", out)

    def test_errors_say_what_to_do(self):
        for args, words in ((("show", CASE, "nope"), b"no such item"),
                            (("show", CASE, "audit.log@99999999"), b"behind the end"),
                            (("show", CASE, "audit.log@1+x"), b"ITEM"),
                            (("show", "/nonexistent", "1"), b"cannot open"),
                            (("list", "/dev/null"), b"neither a directory nor a file"),
                            (("frobnicate",), b"no such command")):
            out = run(*args)
            self.assertEqual(out.returncode, 2, args)
            self.assertIn(words, out.stderr, args)


class HostileArchives(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = os.path.join(self.folder.name, "hostile")

    def write(self, data):
        with open(self.path, "wb") as f:
            f.write(data)

    def faults(self):
        return {p: i["fault"]["code"] for p, i in listing(self.path, "--all").items()
                if "fault" in i}

    def test_cut_off_gzip(self):
        self.write(gzip.compress(b"x" * 100000)[:-9])
        out = run("list", self.path)
        self.assertEqual(out.returncode, 0)
        self.assertIn(b"truncated", out.stdout)

    def test_gzip_with_wrong_checksum(self):
        data = bytearray(gzip.compress(b"evidence" * 1000))
        data[-6] ^= 1
        self.write(data)
        self.assertIn(b"checksum", run("list", self.path).stdout)

    def test_bytes_after_the_end_of_a_tar(self):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as t:
            t.addfile(tarfile.TarInfo("a"))
        self.write(buffer.getvalue() + b"\0" * 512 + b"hidden")
        self.assertIn(b"trailing-data", run("list", self.path).stdout)

    def test_sparse_bomb_is_stopped(self):
        # GNU tar's old sparse format: 60 GB of hole in one header.
        subprocess.run(["truncate", "-s", "60G", f"{self.folder.name}/big"], check=True)
        subprocess.run(["tar", "-S", "-cf", self.path, "-C", self.folder.name, "big"], check=True)
        self.assertEqual(self.faults().get("big"), "limit")

    def test_gzip_quine_like_nesting_ends(self):
        data = b"the innermost"
        for _ in range(40):
            data = gzip.compress(data)
        self.write(data)
        self.assertIn("limit", self.faults().values())

    def test_symlinks_fifos_and_devices_are_not_opened(self):
        d = os.path.join(self.folder.name, "package")
        os.mkdir(d)
        os.symlink("/etc/passwd", f"{d}/link")
        os.mkfifo(f"{d}/fifo")
        items = listing(d)
        self.assertEqual(items["link"]["type"], "symlink")
        self.assertEqual(items["link"]["size"], 0)
        self.assertEqual(items["fifo"]["type"], "fifo")

    def test_sparse_member_is_hashed_with_its_holes(self):
        name = f"{self.folder.name}/sparse"
        with open(name, "wb") as f:
            f.truncate(3 << 20)
            f.seek(1 << 20)
            f.write(b"middle")
        subprocess.run(["tar", "-S", "-cf", self.path, "-C", self.folder.name, "sparse"],
                       check=True)
        with open(name, "rb") as f:
            digest = hashlib.sha256(f.read()).hexdigest()
        self.assertEqual(listing(self.path, "--all")["sparse"]["sha256"], digest)


if __name__ == "__main__":
    unittest.main()
