"""An image and a layer over it, of the size of real ones, made here: contents are cut from this
machine's own libraries and texts, so that they compress as files of images do."""
import concurrent.futures
import gzip
import hashlib
import io
import json
import os
import random
import sys
import tarfile

POOL = 96 << 20
SHARES = (0.4, 0.3, 0.2, 0.1)  # of the layers in the image


def contents():
    """Bytes as images have them: programs, libraries, texts."""
    taken, size = [], 0
    for top in ("/usr/lib", "/usr/bin", "/usr/share"):
        for folder, folders, files in os.walk(top):
            folders.sort()
            for name in sorted(files):
                path = os.path.join(folder, name)
                if os.path.islink(path) or not os.path.isfile(path) or size >= POOL:
                    continue
                with open(path, "rb") as f:
                    taken.append(f.read(4 << 20))
                size += len(taken[-1])
    return b"".join(taken)


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def member(name, size=0, kind=tarfile.REGTYPE, mtime=1700000000):
    m = tarfile.TarInfo(name)
    m.size, m.type, m.mtime = size, kind, mtime
    m.mode = 0o755 if kind == tarfile.DIRTYPE else 0o644
    return m


def layer_of(content, wanted, prefix, generator, names):
    """The bytes of a tar; `names` gets what is in it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as t:
        t.addfile(member(prefix, kind=tarfile.DIRTYPE))
        while out.tell() < wanted:
            folder = f"{prefix}/{len(names) // 40:05d}"
            if len(names) % 40 == 0:
                t.addfile(member(folder, kind=tarfile.DIRTYPE))
            size = min(int(generator.lognormvariate(9, 1.8)), 24 << 20)
            at = generator.randrange(len(content) - min(size, len(content) - 1))
            data = content[at:at + size]
            names.append(f"{folder}/{len(names)}")
            t.addfile(member(names[-1], len(data)), io.BytesIO(data))
    return out.getvalue()


def put(folder, data):
    name = digest(data)
    path = os.path.join(folder, "blobs", "sha256", name[7:])
    with open(path, "wb") as f:
        f.write(data)
    return {"digest": name, "size": len(data)}


def make_image(folder, megabytes):
    """An OCI layout with gzip layers; returns (uncompressed bytes, names of files)."""
    generator, content, names = random.Random(5), contents(), []
    os.makedirs(os.path.join(folder, "blobs", "sha256"))
    tars = [layer_of(content, int(share * megabytes * 10**6), f"usr/{number}", generator, names)
            for number, share in enumerate(SHARES)]
    total, diff_ids = sum(map(len, tars)), [digest(tar) for tar in tars]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as threads:
        blobs = list(threads.map(lambda tar: gzip.compress(tar, 6, mtime=0), tars))
    layers = [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", **put(folder, blob)}
              for blob in blobs]
    config = put(folder, json.dumps({"os": "linux", "architecture": "amd64", "rootfs": {
        "type": "layers", "diff_ids": diff_ids}}).encode())
    manifest = put(folder, json.dumps({"schemaVersion": 2, "config": {
        "mediaType": "application/vnd.oci.image.config.v1+json", **config},
        "layers": layers}).encode())
    for name, value in (("index.json", {"schemaVersion": 2, "manifests": [
            {"mediaType": "application/vnd.oci.image.manifest.v1+json", **manifest}]}),
                        ("oci-layout", {"imageLayoutVersion": "1.0.0"})):
        with open(os.path.join(folder, name), "w") as f:
            json.dump(value, f)
    return total, names


def make_layer(path, names, changes):
    """A layer of the OCI dialect: a third each of new, changed and deleted files."""
    generator = random.Random(6)
    chosen = generator.sample(names, changes * 2 // 3)
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as t:
        for i in range(changes - len(chosen)):
            data = generator.randbytes(2000)
            t.addfile(member(f"usr/new-{i}", len(data), mtime=1710000000), io.BytesIO(data))
        for name in chosen[::2]:
            data = generator.randbytes(3000)
            t.addfile(member(name, len(data), mtime=1710000000), io.BytesIO(data))
        for name in chosen[1::2]:
            head, tail = os.path.split(name)
            t.addfile(member(f"{head}/.wh.{tail}"))


def main():
    """made_image.py FOLDER MEGABYTES CHANGES: base/ and layer.tar; prints the size unpacked."""
    folder, megabytes, changes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    size, names = make_image(os.path.join(folder, "base"), megabytes)
    make_layer(os.path.join(folder, "layer.tar"), names, min(changes, len(names)))
    print(size)


if __name__ == "__main__":
    main()
