"""The whole file system of a container beside its image (docker export): which of the two is
the container's is told by the name, and only where there are two."""
import io
import json
import os
import subprocess
import tarfile
import tempfile
import unittest
from pathlib import Path

EXHIBIT = os.path.abspath(os.environ.get("EXHIBIT", "build/exhibit"))
IMAGE = {"bin/sh": b"\x7fELF" + b"s" * 100, "etc/passwd": b"root:x:0:0::/root:/bin/sh\n",
         "usr/bin/web": b"\x7fELF" + b"w" * 100}
CONTAINER = {**IMAGE, "tmp/.x/run": b"\x7fELF" + b"x" * 100}


def root(files):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o755
            tar.addfile(member, io.BytesIO(content))
    return data.getvalue()


class Exported(unittest.TestCase):
    def roles(self, files, *options):
        with tempfile.TemporaryDirectory() as folder:
            package, out = Path(folder) / "package", Path(folder) / "out"
            package.mkdir()
            for name, data in files.items():
                (package / name).write_bytes(data)
            done = subprocess.run([EXHIBIT, "list", "--json", package], capture_output=True,
                                  text=True, check=True)
            subprocess.run([EXHIBIT, "analyze", package, "-o", out, *options],
                           capture_output=True, check=False)
            self.found = {(f["rule"], f["subject"]) for f in json.loads(
                (out / "findings.json").read_text())["findings"]}
            return {i["path"]: i["role"] for i in json.loads(done.stdout)["items"]
                    if i["path"] in files}

    def test_beside_its_image(self):
        roles = self.roles({"web-image.tar": root(IMAGE), "web-0-export.tar": root(CONTAINER)})
        self.assertEqual(roles, {"web-image.tar": "base-image",
                                 "web-0-export.tar": "writable-layer"})
        self.assertIn(("layer.executable-in-temporary-folder", "/tmp/.x/run"), self.found)
        self.assertFalse({s for r, s in self.found if r.startswith("layer")
                          and s in ("/bin/sh", "/usr/bin/web", "/etc/passwd")})

    def test_alone_or_twice_nothing_is_guessed(self):
        self.assertEqual(self.roles({"web-0-export.tar": root(CONTAINER)}),
                         {"web-0-export.tar": "base-image"})
        self.assertEqual(set(self.roles({"a-export.tar": root(IMAGE),
                                         "b-export.tar": root(CONTAINER)}).values()),
                         {"base-image"})


if __name__ == "__main__":
    unittest.main()
