"""The data of the benchmarks: as compressible as evidence is, the same for every run."""
import hashlib
import io
import json
import os
import random
import shutil
import subprocess
import sys
import tarfile

import audit_log

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from made_checkpoint import make_dump  # noqa: E402

CASE = "corpus/packages/inventory"
CHUNK = 4 << 20


def audit_lines():
    with open(f"{CASE}/audit.log", "rb") as f:
        return f.read().splitlines(True)


def audit_text(generator, size):
    """Audit records with identifiers and times of their own."""
    lines, out, have = audit_lines(), [], 0
    serial = generator.randrange(1 << 40)
    while have < size:
        serial += generator.randrange(1, 1000)
        line = generator.choice(lines).replace(
            b'"auditID":"', b'"auditID":"%012x' % (serial * 7919 & 0xffffffffffff), 1)
        out.append(line.replace(b'Z"', b'%03d%dZ"' % (serial % 1000, serial % 7), 2))
        have += len(line)
    return b"".join(out)


def memory(generator, size):
    """Pages of a process: empty ones, repeated words, noise."""
    words = [generator.randbytes(8) for _ in range(64)]
    pages = []
    while len(pages) * 4096 < size:
        kind = generator.random()
        if kind < .35:
            pages.append(bytes(4096))
        elif kind < .6:
            pages.append(b"".join(generator.choice(words) for _ in range(512)))
        else:
            pages.append(generator.randbytes(3000) + bytes(1096))
    return b"".join(pages)


def write_varied(path, generator, block, size):
    """`size` bytes: `block` again and again, each time turned."""
    with open(path, "wb") as f:
        while size > 0:
            cut = generator.randrange(len(block))
            piece = (block[cut:] + block[:cut])[:size]
            f.write(piece)
            size -= len(piece)


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as f:
        while block := f.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def write_manifest(folder):
    """manifest.sha256 over every file; the bytes of all of them."""
    names = sorted(os.path.relpath(os.path.join(d, f), folder)
                   for d, _, files in os.walk(folder) for f in files)
    with open(f"{folder}/manifest.sha256", "w", encoding="utf-8") as f:
        f.writelines(f"{sha256(f'{folder}/{name}')}  {name}\n" for name in names)
    return sum(os.path.getsize(f"{folder}/{n}") for n in names)


def make_package(folder, megabytes, small):
    """A file for each 10 MB, of very different sizes: 40 % audit log, 30 % noise, 30 %
    memory; and `small` files of 40 to 4,000 bytes, under a manifest of sha256sum."""
    generator = random.Random(1)
    os.makedirs(f"{folder}/small")
    text = audit_text(generator, CHUNK)
    kinds = [text] * 4 + [generator.randbytes(CHUNK)] * 3 + [memory(generator, CHUNK)] * 3
    shares = [min(7.2, max(.0054, generator.lognormvariate(0, 1.1)))
              for _ in range(megabytes // 10)]
    for i, share in enumerate(shares):
        write_varied(f"{folder}/large-{i:04d}", generator, kinds[i % 10],
                     int(share * megabytes * 1e6 / sum(shares)))
    for i in range(small):
        at = generator.randrange(len(text) - 4000)
        with open(f"{folder}/small/{i:05d}", "wb") as f:
            f.write(text[at:at + generator.randrange(40, 4000)])
    return write_manifest(folder)


def make_policy(folder):
    """A policy that requires no artefact; its path."""
    artefacts = ("pod-manifest", "writable-layer", "container-log", "falco-alerts",
                 "audit-log", "network-policy", "written-timeline", "criu-checkpoint")
    with open(f"{folder}/policy.json", "w", encoding="utf-8") as f:
        json.dump({"schema": "exhibit.policy/1",
                   "artefacts": dict.fromkeys(artefacts, "optional")}, f)
    return f.name


def add_bytes(archive, name, data):
    member = tarfile.TarInfo(name)
    member.size = len(data)
    archive.addfile(member, io.BytesIO(data))


def add_file(archive, name, path):
    member = tarfile.TarInfo(name)
    member.size = os.path.getsize(path)
    with open(path, "rb") as f:
        archive.addfile(member, f)


def make_image(path, content):
    """A docker archive with one layer, which holds the file `content`."""
    layer = f"{path}.layer"
    with tarfile.open(layer, "w") as archive:
        add_file(archive, "opt/application/data", content)
    config = json.dumps({"architecture": "amd64", "os": "linux", "config": {},
                         "rootfs": {"type": "layers",
                                    "diff_ids": [f"sha256:{sha256(layer)}"]}}).encode()
    with tarfile.open(path, "w") as archive:
        add_bytes(archive, "config.json", config)
        add_file(archive, "layer.tar", layer)
        add_bytes(archive, "manifest.json", json.dumps(
            [{"Config": "config.json", "RepoTags": ["bench:1"],
              "Layers": ["layer.tar"]}]).encode())
    os.unlink(layer)


def make_case(folder, megabytes):
    """The case of the corpus with an audit log, a checkpoint, a layer and an image of a
    quarter of `megabytes` each."""
    generator = random.Random(2)
    quarter = megabytes * 1000000 // 4
    shutil.copytree(CASE, folder)
    for seal in ("manifest.sha256", "manifest.sha256.p7s", "manifest.sha256.tsr"):
        os.unlink(f"{folder}/{seal}")
    audit_log.write(f"{folder}/audit-cluster.log", quarter)
    (checkpoint,) = [n for n in os.listdir(folder) if n.endswith("-checkpoint.tar.zst")]
    dump = f"{folder}/checkpoint"
    make_dump(dump, quarter // 1000000)
    subprocess.run(["tar", "--zstd", "-cf", checkpoint, "checkpoint"], cwd=folder, check=True)
    shutil.rmtree(dump)
    large = f"{folder}/large"
    write_varied(large, generator, memory(generator, CHUNK), quarter)
    (layer,) = [n for n in os.listdir(folder) if n.endswith("-layer.tar")]
    with tarfile.open(f"{folder}/{layer}", "a") as archive:
        add_file(archive, "var/lib/application/data", large)
    make_image(f"{folder}/base-image.tar", large)
    os.unlink(large)
    return write_manifest(folder)


def make_growing(path, gigabytes):
    """A tar.zst of so many GiB in files of 64 MiB."""
    generator = random.Random(3)
    block = audit_text(generator, CHUNK)
    with open(path, "wb") as f, subprocess.Popen(
            ["zstd", "-q", "-1", "-T0"], stdin=subprocess.PIPE, stdout=f) as zstd:
        with tarfile.open(fileobj=zstd.stdin, mode="w|") as archive:
            for i in range(gigabytes * 16):
                cut = generator.randrange(CHUNK)
                add_bytes(archive, f"log-{i:04d}", (block[cut:] + block[:cut]) * 16)
        zstd.stdin.close()
    return gigabytes << 30


def make_many(path, entries):
    """A tar of so many small files, as the layer of a large image has."""
    with tarfile.open(path, "w") as archive:
        for i in range(entries):
            add_bytes(archive, f"usr/share/application/{i // 1000:04d}/file-{i:07d}.txt",
                      b"%d\n" % i)
    return os.path.getsize(path)
