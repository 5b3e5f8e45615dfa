"""The pipeline of threads: the same answers with one thread and with many, against digests
that Python computes; evidence that changes, blocks or ends while it is read."""
import bz2
import gzip
import hashlib
import io
import json
import lzma
import os
import random
import shutil
import subprocess
import tarfile
import tempfile
import threading
import time
import unittest
import zipfile

EXHIBIT = os.environ["EXHIBIT"]


def run(*arguments):
    return subprocess.run([EXHIBIT, *arguments], capture_output=True, text=True, timeout=120,
                          check=False)


def digest(data):
    return hashlib.sha256(data).hexdigest()


def members(generator):
    """Name and content: sizes around those of blocks, and some that make streams long."""
    sizes = [0, 1, 63, 64, 65, 511, 512, 513, 4096, 262143, 262144, 262145, 5 << 20, 9 << 20]
    sizes += [generator.randrange(3000) for _ in range(300)]
    for i, size in enumerate(sizes):
        noise = generator.randbytes(min(size, 70000))
        yield f"files/{i:04d}", (noise * (size // max(1, len(noise)) + 1))[:size]


def tar_of(contents):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in contents:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return out.getvalue()


def gzip_members(data, size):
    return b"".join(gzip.compress(data[i:i + size], 1, mtime=0)
                    for i in range(0, len(data), size))


def zstd_frames(data, size):
    return b"".join(subprocess.run(["zstd", "-q", "-1", "-c"], input=data[i:i + size],
                                   capture_output=True, check=True).stdout
                    for i in range(0, len(data), size))


def xz_blocks(data, size):
    return subprocess.run(["xz", "-1", "-c", "-T2", f"--block-size={size}"], input=data,
                          capture_output=True, check=True).stdout


def zip_of(contents):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents:
            archive.writestr(name, content)
    return out.getvalue()


class Archives(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.contents = list(members(random.Random(11)))
        cls.tar = tar_of(cls.contents)

    def listing(self, data, name, threads):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, name)
            with open(path, "wb") as f:
                f.write(data)
            done = run("list", "--all", "--json", "--threads", str(threads), path)
            self.assertEqual(done.returncode, 0, done.stderr)
            return done.stdout

    def check(self, data, name, contents, inner=None):
        """Every member's digest, that of the archive behind compression, and no fault."""
        text = self.listing(data, name, 1)
        for threads in (2, 8):
            self.assertEqual(self.listing(data, name, threads), text)
        items = json.loads(text)["items"]
        self.assertFalse([i for i in items if i["size"] and "fault" in i])
        got = {i["path"].split("//")[-1]: i["sha256"] for i in items}
        for path, content in contents:
            self.assertEqual(got[path], digest(content), path)
        if inner:
            self.assertIn(digest(inner), [i["sha256"] for i in items])

    def test_plain_tar(self):
        self.check(self.tar, "a.tar", self.contents)

    def test_one_stream(self):
        for name, data in (("a.tar.gz", gzip.compress(self.tar, 1)),
                           ("a.tar.zst", zstd_frames(self.tar, 1 << 30)),
                           ("a.tar.xz", lzma.compress(self.tar, preset=0)),
                           ("a.tar.bz2", bz2.compress(self.tar, 1))):
            with self.subTest(name):
                self.check(data, name, self.contents, self.tar)

    def test_streams_of_many_parts(self):
        for name, data in (("a.tar.gz", gzip_members(self.tar, 1 << 20)),
                           ("b.tar.gz", gzip_members(self.tar, 60000)),
                           ("a.tar.zst", zstd_frames(self.tar, 1 << 20)),
                           ("a.tar.xz", xz_blocks(self.tar, 1 << 20)),
                           ("b.tar.xz", xz_blocks(self.tar, 60000))):
            with self.subTest(name):
                self.check(data, name, self.contents, self.tar)

    def test_zip(self):
        self.check(zip_of(self.contents), "a.zip", self.contents)

    def test_archives_in_archives(self):
        inner = gzip_members(self.tar, 500000)
        outer = [("x/before", b"before"), ("x/inner.tar.gz", inner), ("x/after", b"after" * 9)]
        contents = self.contents + [outer[0], outer[2]]
        self.check(zstd_frames(tar_of(outer), 3 << 20), "a.tar.zst", contents, self.tar)

    def test_cut_off_and_broken(self):
        for name, data in (("a.tar.gz", gzip_members(self.tar, 1 << 20)),
                           ("a.tar.zst", zstd_frames(self.tar, 1 << 30)),
                           ("b.tar.zst", zstd_frames(self.tar, 1 << 20)),
                           ("a.tar.xz", xz_blocks(self.tar, 1 << 20))):
            with self.subTest(name):
                self.check_damaged(name, data)

    def test_an_offset_of_zero_ends_a_zstd_stream(self):
        """libzstd 1.5.4 decodes it, other decoders refuse it (RFC 8878, 3.1.1.5)."""
        good = zstd_frames(self.tar, 1 << 20)
        bad = bytes.fromhex("28b52ffd0000 500000" + "00" * 10 + "3d0000 00 01 54 00 01 00 03")
        for data in (good + bad, good + bad + good):
            text = self.listing(data, "a.tar.zst", 1)
            self.assertEqual(self.listing(data, "a.tar.zst", 8), text)
            inner = json.loads(text)["items"][0]
            self.assertEqual(inner["fault"]["code"], "bad-value")
            self.assertEqual(inner["size"], len(self.tar) + 13)
            self.assertEqual(inner["sha256"], "")

    def check_damaged(self, name, data):
        """Nothing comes out of zstd before its first block is there."""
        for at in (200000 if "zst" in name else 1000, len(data) // 3, len(data) // 2 + 7, len(data) - 5):
            broken = bytearray(data)
            broken[at] ^= 0x20
            for bad in (data[:at], bytes(broken)):
                text = self.listing(bad, name, 1)
                self.assertEqual(self.listing(bad, name, 8), text)
                items = json.loads(text)["items"]
                self.assertTrue([i for i in items if i["size"] and "fault" in i])


class Folders(unittest.TestCase):
    """Small files are read when they are first opened, others when all sizes are known."""

    def test_every_file_is_read_whatever_it_is_and_is_called(self):
        tar = tar_of([("m", b"member")])
        large = random.Random(3).randbytes(70000)
        files = {"text": b"a text\n", "empty": b"", "large": large, "large.txt": large,
                 "a.tar.gz": gzip.compress(tar), "a.tar": tar, "b.txt": gzip.compress(tar),
                 "c.json": tar, "a.zip": b"no archive", "d/e/f.log": b"\0\1", "z.001": large}
        with tempfile.TemporaryDirectory() as folder:
            for name, content in files.items():
                os.makedirs(os.path.dirname(f"{folder}/{name}"), exist_ok=True)
                with open(f"{folder}/{name}", "wb") as f:
                    f.write(content)
            os.symlink("text", f"{folder}/link")
            texts = [run("list", "--all", "--json", "--threads", n, folder).stdout
                     for n in ("1", "2", "8")]
            self.assertEqual(texts[1:], texts[:1] * 2)
            items = {i["path"]: i for i in json.loads(texts[0])["items"]}
            for name, content in files.items():
                self.assertEqual(items[name]["sha256"], digest(content), name)
                self.assertEqual(items[name]["size"], len(content), name)
            for name in ("a.tar.gz//m", "a.tar//m", "b.txt//m", "c.json//m"):
                self.assertEqual(items[name]["sha256"], digest(b"member"), name)

    @unittest.skipIf(os.geteuid() == 0 and not shutil.which("setpriv"), "root reads all")
    def test_a_file_that_may_not_be_read(self):
        # Root without the right to pass over modes; another user could not get into the
        # folders above.
        user = (["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
                if os.geteuid() == 0 else [])
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            for name in ("closed", "open"):
                with open(f"{folder}/{name}", "wb") as f:
                    f.write(b"bytes")
            os.chmod(f"{folder}/closed", 0)
            done = subprocess.run([*user, EXHIBIT, "verify", "--json", folder],
                                  capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 1, done.stderr)
            items = {i["path"]: i for i in json.loads(done.stdout)["items"]}
            self.assertEqual(items["closed"]["fault"]["code"], "read-error")
            self.assertIsNone(items["closed"]["sha256"])
            self.assertEqual(items["open"]["sha256"], digest(b"bytes"))


class LiveEvidence(unittest.TestCase):
    """What happens to a folder while it is read is told, and never kills or blocks."""

    def test_fifo_does_not_block(self):
        with tempfile.TemporaryDirectory() as folder:
            os.mkfifo(f"{folder}/pipe")
            with open(f"{folder}/manifest.sha256", "w", encoding="utf-8") as f:
                f.write(f"{'0' * 64}  pipe\n")
            done = run("verify", folder)
            self.assertEqual(done.returncode, 1)
            self.assertIn("pipe", done.stdout)

    def test_file_that_is_cut_off_while_it_is_read(self):
        for name in ("large", "large.tar"):
            with tempfile.TemporaryDirectory() as folder:
                path = f"{folder}/{name}"
                body = tar_of([("f", b"")])[:512] if name.endswith("tar") else b""
                with open(path, "wb") as f:
                    f.write(body)
                    f.truncate(1 << 40)  # a hole: hours of reading
                child = subprocess.Popen([EXHIBIT, "verify", "--json", folder],
                                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                cutter = threading.Timer(0.5, os.truncate, (path, 700))
                cutter.start()
                out, errors = child.communicate(timeout=60)
                cutter.join()
                self.assertEqual(child.returncode, 1, errors)
                (item,) = [i for i in json.loads(out)["items"] if i["path"] == name]
                self.assertEqual(item["fault"]["code"], "truncated")
                self.assertIsNone(item["sha256"])

    def test_file_that_grows_while_it_is_read(self):
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/log"
            with open(path, "wb") as f:
                f.write(b"begin\n")
            stop = time.monotonic() + 1
            child = subprocess.Popen([EXHIBIT, "verify", "--json", folder],
                                     stdout=subprocess.PIPE)
            with open(path, "ab") as f:
                while child.poll() is None and time.monotonic() < stop:
                    f.write(b"more\n" * 1000)
            out, _ = child.communicate(timeout=60)
            self.assertEqual(child.returncode, 1, "no manifest lists it")
            (item,) = json.loads(out)["items"]
            self.assertGreaterEqual(item["size"], 6)
            self.assertIsNone(item["fault"])


class Direct(unittest.TestCase):
    """--direct gives the pages of the evidence back, and the same answer."""

    def resident(self, path):
        done = subprocess.run(["fincore", "-b", "-n", "-o", "RES", path], capture_output=True,
                              text=True, check=True)
        return int(done.stdout or 0)

    def test_pages_do_not_stay(self):
        data = random.Random(9).randbytes(20 << 20)
        with tempfile.TemporaryDirectory(dir=os.path.dirname(EXHIBIT)) as folder:
            for name, content in (("log", data), ("parts.tar", tar_of([("f", data)]))):
                with open(f"{folder}/{name}", "wb") as f:
                    f.write(content)
                    os.fsync(f.fileno())  # what is not written yet cannot be given back
            command = ("verify", "--json", "--at", "2026-11-26T00:00:00Z")
            plain = run(*command, folder)
            names = ("log", "parts.tar")
            for name in names:  # tmpfs has no other place for its pages
                with open(f"{folder}/{name}", "rb") as f:
                    os.posix_fadvise(f.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
                if self.resident(f"{folder}/{name}"):
                    self.skipTest("this file system keeps its pages")
            self.assertEqual(run(*command, folder).stdout, plain.stdout)
            for name in names:
                self.assertGreaterEqual(self.resident(f"{folder}/{name}"), 20 << 20)
            self.assertEqual(run(*command, "--direct", folder).stdout, plain.stdout)
            for name in names:
                self.assertLess(self.resident(f"{folder}/{name}"), 1 << 20, name)


class Manifests(unittest.TestCase):
    """What besides SHA-256 is listed, in lanes and through OpenSSL, on any number of threads."""

    def test_other_algorithms(self):
        for algorithm in ("sha512", "sha384", "sha1", "md5", "sha224"):
            with self.subTest(algorithm), tempfile.TemporaryDirectory() as folder:
                lines = []
                for i, (_, content) in enumerate(members(random.Random(5))):
                    with open(f"{folder}/{i}", "wb") as f:
                        f.write(content)
                    lines.append(f"{hashlib.new(algorithm, content).hexdigest()}  {i}\n")
                with open(f"{folder}/{algorithm.upper()}SUMS", "w", encoding="utf-8") as f:
                    f.writelines(lines)
                for threads in ("1", "3"):
                    verdict = json.loads(run("verify", "--json", "--threads", threads,
                                             folder).stdout)
                    claims = [c for i in verdict["items"] for c in i["claims"]]
                    self.assertEqual(len(claims), len(lines))
                    self.assertEqual({c["verdict"] for c in claims}, {"verified"})
                with open(f"{folder}/7", "ab") as f:
                    f.write(b"x")
                verdict = json.loads(run("verify", "--json", folder).stdout)
                self.assertEqual([i["path"] for i in verdict["items"]
                                  if i["verdict"] == "mismatch"], ["7"])


if __name__ == "__main__":
    unittest.main()
