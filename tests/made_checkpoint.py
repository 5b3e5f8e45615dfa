"""Checkpoints made by hand: the wire form of CRIU's images, and dumps of any size."""
import json
import os
import pathlib
import random
import struct

MAGIC = {
    "inventory": 0x58313116, "pstree": 0x50273030, "core": 0x55053847, "mm": 0x57492820,
    "pagemap": 0x56084025, "ids": 0x54432030, "fs": 0x51403912, "files": 0x56303138,
}  # fmt: skip
PAGE = 4096


def varint(n):
    n &= (1 << 64) - 1
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def message(**fields):
    """f1=… is field 1: a number, bytes (text, a nested message), or a list of either."""
    out = b""
    for key, value in sorted(fields.items(), key=lambda item: int(item[0][1:])):
        number = int(key[1:])
        for v in value if isinstance(value, list) else [value]:
            if isinstance(v, bytes):
                out += varint(number << 3 | 2) + varint(len(v)) + v
            else:
                out += varint(number << 3) + varint(v)
    return out


def records(*messages):
    return b"".join(struct.pack("<I", len(m)) + m for m in messages)


def image(magic, *messages):
    return struct.pack("<II", 0x54564319, magic) + records(*messages)


def write_images(folder, **images):
    """name__1=… is name-1.img; underscores stand for dashes."""
    os.makedirs(folder, exist_ok=True)
    for name, content in images.items():
        name = name.replace("__", "-").replace("_", "-")
        pathlib.Path(folder, name + ".img").write_bytes(content)


def inventory(version=2):
    return struct.pack("<I", MAGIC["inventory"]) + records(message(f1=version, f2=1))


def area(start, end, prot=3, flags=0x22, status=0x201, offset=0, shmid=0):
    """A vma_entry; private anonymous memory unless told otherwise."""
    return message(f1=start, f2=end, f3=offset, f4=shmid, f5=prot, f6=flags, f7=status, f8=-1)


STACK, CODE, FDINFO, REG = 0x7FFE00000000, 0x555500000000, 0x56213732, 1
OWNER = message(f1=0, f2=0, f3=0, f4=0, f5=0)


def regular(id, path):
    return message(f1=REG, f2=id, f3=message(f1=id, f2=0o100002, f3=0, f5=OWNER, f6=path, f7=-1))


def make_processes(root, processes, files, spec=None, root_ids=b""):
    """A dump in root/checkpoint: {pid: {exe, comm, argv, env, fds: {fd: (kind, id)}, areas, pages, personality, ppid,
    registers, thread, ids}}; the last three are messages, or fields of them, as CRIU writes them."""
    images = {"files": image(MAGIC["files"], *files),
              "inventory": struct.pack("<I", MAGIC["inventory"]) + records(message(f1=2, f2=1, f3=root_ids)),
              "pstree": image(MAGIC["pstree"], *[
                  message(f1=pid, f2=p.get("ppid", 0), f3=pid, f4=1, f5=pid) for pid, p in processes.items()])}
    for pid, p in processes.items():
        argv, env = (b"".join(s + b"\0" for s in p.get(key, [])) for key in ("argv", "env"))
        areas = [area(CODE, CODE + PAGE, 5, 2, 0x41, 0, p["exe"])] + p.get("areas", [])
        areas.append(area(STACK, STACK + PAGE))
        more = {key: p[name] for key, name in (("f2", "registers"), ("f5", "thread")) if name in p}
        images[f"core__{pid}"] = image(MAGIC["core"], message(f1=1, f3=message(
            f1=1, f2=0, f3=p.get("personality", 0), f6=p["comm"]), **more))
        end = STACK + len(argv)
        images[f"mm__{pid}"] = image(MAGIC["mm"], message(
            f8=STACK, f9=end, f10=end, f11=end + len(env), f12=p["exe"], f14=areas))
        images[f"ids__{pid}"] = image(MAGIC["ids"], message(f1=pid, f2=pid, f3=pid, f4=pid) + p.get("ids", b""))
        images[f"fdinfo__{pid}"] = image(FDINFO, *[
            message(f1=id, f2=0, f3=kind, f4=fd) for fd, (kind, id) in p.get("fds", {}).items()])
        content = p.get("pages", {}) | {STACK: (argv + env).ljust(PAGE, b"\0")}
        images[f"pagemap__{pid}"] = image(MAGIC["pagemap"], message(f1=pid), *[
            message(f1=at, f2=0, f4=4, f5=1) for at in sorted(content)])
        images[f"pages__{pid}"] = b"".join(content[at].ljust(PAGE, b"\0") for at in sorted(content))
    write_images(os.path.join(root, "checkpoint"), **images)
    if spec:
        pathlib.Path(root, "spec.dump").write_text(json.dumps(spec))


def sample_pages(megabytes):
    """Pages as memory has them: pointers and small numbers, log lines, code, noise, zeros."""
    generator = random.Random(7)
    log = pathlib.Path("corpus/packages/inventory/audit.log").read_bytes()
    program = pathlib.Path("/usr/bin/python3").resolve().read_bytes()
    words = [w for w in log.split(b'"') if 3 < len(w) < 40]
    for i in range(megabytes << 8):
        kind = i % 10
        if kind < 3:
            page = b"".join(
                struct.pack("<QQI", 0x7F0000000000 + generator.getrandbits(24) * 16,
                            generator.getrandbits(8), i) + generator.choice(words)[:12].ljust(12, b"\0")
                for _ in range(PAGE // 32))  # fmt: skip
        elif kind < 6:
            at = generator.randrange(len(log) - PAGE)
            page = log[at:at + PAGE]
        elif kind < 8:
            at = generator.randrange(len(program) - PAGE)
            page = program[at:at + PAGE]
        else:
            page = generator.randbytes(PAGE) if kind == 8 else bytes(PAGE)
        yield page


def make_dump(folder, megabytes, processes=4):
    """A dump of so much memory in all; returns the bytes of its pages files."""
    os.makedirs(folder)
    write = lambda name, content: pathlib.Path(folder, name).write_bytes(content)
    block = b"".join(sample_pages(min(megabytes, 64)))
    each = (megabytes << 20) // processes
    write("inventory.img", inventory())
    tree = []
    for pid in range(1, processes + 1):
        start = 0x7F1000000000
        tree.append(message(f1=pid, f2=pid - 1, f3=1, f4=1, f5=pid))
        write(f"mm-{pid}.img", image(MAGIC["mm"], message(f12=0, f14=area(start, start + each))))
        write(f"core-{pid}.img", image(MAGIC["core"], message(f1=1, f3=message(f1=1, f2=0, f6=b"made"))))
        runs = [message(f1=start + at, f2=0, f4=4, f5=min(1 << 20, each - at) // PAGE)
                for at in range(0, each, 1 << 20)]
        write(f"pagemap-{pid}.img", image(MAGIC["pagemap"], message(f1=pid), *runs))
        with open(f"{folder}/pages-{pid}.img", "wb") as f:
            for at in range(0, each, len(block)):
                # Never the same again: no cache of any kind can help.
                shift = (at // len(block) * 31 + pid) * 4099 % len(block)
                f.write((block[shift:] + block[:shift])[:each - at])
    write("pstree.img", image(MAGIC["pstree"], *tree))
    return each * processes
