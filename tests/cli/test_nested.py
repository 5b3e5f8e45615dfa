"""zip and 7z, which must be sought in, inside archives that cannot be: the large ones go
through a file without a name, and what is in them is verified like everything else."""

import hashlib
import json
import os
import subprocess
import unittest

from verify_kit import EXHIBIT, VerifyCase, run, verify

SIZE = 9 << 20
COUNT = 8  # together more than LIMIT_DOCUMENT


class Nested(VerifyCase):
    def inner(self, spoil=None):
        """A folder with its own manifest; `spoil` is a file that was changed since."""
        folder = self.folder / "inner"
        folder.mkdir()
        for i in range(COUNT):
            (folder / f"{i}.bin").write_bytes(os.urandom(SIZE))
        names = [f"{i}.bin" for i in range(COUNT)]
        (folder / "SHA256SUMS").write_bytes(run("sha256sum", *names, cwd=folder))
        if spoil:
            with open(folder / spoil, "r+b") as file:
                file.seek(SIZE - 1)
                last = file.read(1)
                file.seek(SIZE - 1)
                file.write(bytes([last[0] ^ 1]))
        return folder

    def pack(self, kind, **options):
        """inner.zip or inner.7z in a tar.zst, with a manifest beside it."""
        folder = self.inner(**options)
        self.package.mkdir()
        packed = self.package / f"inner.{kind}"
        if kind == "zip":
            run("zip", "-q", "-1", "-r", packed, ".", cwd=folder)
        else:
            run("7z", "a", "-mx=0", packed, ".", cwd=folder)
        self.assertGreater(packed.stat().st_size, 64 << 20)
        self.manifest()
        out = self.folder / "package.tar.zst"
        run("tar", "-I", "zstd -1", "-cf", out, "package", cwd=self.folder)
        return out

    def listed(self, path):
        text = run(EXHIBIT, "list", "--all", "--json", path)
        return {i["path"].split("//")[-1]: i for i in json.loads(text)["items"]}

    def again(self):
        run("rm", "-rf", "inner", "package", cwd=self.folder)

    def test_members_have_their_digests(self):
        for kind in ("zip", "7z"):
            with self.subTest(kind):
                self.again()
                items = self.listed(self.pack(kind))
                for file in (self.folder / "inner").glob("*.bin"):
                    self.assertEqual(items[file.name]["sha256"],
                                     hashlib.sha256(file.read_bytes()).hexdigest())

    def test_what_was_changed_is_found(self):
        for kind in ("zip", "7z"):
            with self.subTest(kind):
                self.again()
                code, document = verify(self.pack(kind, spoil="6.bin"))
                self.assertEqual((code, document["verdict"]), (1, "failed"))
                self.assertEqual([s.split("//")[-1] for f, s in self.findings(document)
                                  if f == "integrity.mismatch"], ["6.bin"])

    def test_nothing_is_left_behind(self):
        spool = self.folder / "spool"
        spool.mkdir()
        subprocess.run([EXHIBIT, "verify", self.pack("zip")], check=True,
                       env=os.environ | {"TMPDIR": str(spool)},
                       stdout=subprocess.DEVNULL)
        self.assertEqual(list(spool.iterdir()), [])

    def test_without_room_it_is_told(self):
        """A file system of 100 MiB is never filled (LIMIT_SPOOL_RESERVE)."""
        spool = self.folder / "spool"
        spool.mkdir()
        package = self.pack("zip")
        script = f"mount -t tmpfs -o size=100m none {spool} && exec {EXHIBIT} verify {package}"
        done = subprocess.run(["unshare", "-rm", "sh", "-c", script], check=False,
                              env=os.environ | {"TMPDIR": str(spool)},
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if b"unshare" in done.stderr or b"mount" in done.stderr:
            self.skipTest("no mount namespace")
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"incomplete", done.stdout)
        self.assertIn(b"inner.zip", done.stdout)


if __name__ == "__main__":
    unittest.main()
