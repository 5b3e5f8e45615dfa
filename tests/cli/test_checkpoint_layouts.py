"""Checkpoint archives as each runtime lays them out.

The images are podman's and runc's own dumps; around them stands what CRI-O, containerd,
the kubelet and Docker write, by their sources (CRI-O's annotations.go and
container_checkpoint.go, containerd's container_checkpoint_linux.go, checkpointctl's
metadata.go, moby's container package). No such runtime runs where this was written.
"""
import gzip
import hashlib
import io
import json
import os
import pathlib
import subprocess
import tarfile
import tempfile
import unittest

EXHIBIT = os.environ["EXHIBIT"]
FIFO = "corpus/checkpoints/podman-fifo.tar.gz"
ID = "4f1c9a" + "0" * 58
POD_UID = "0b9e6c3e-7d5f-4f57-8a4e-3f9f6d0b5a11"
DIGEST = "registry.example/shop/api@sha256:" + "ab" * 32
CREATED = "2026-03-01T10:20:30.123456789Z"
FROZEN = "2026-03-02T11:22:33.000000001Z"
PROCESS = {"args": ["/usr/bin/inventoryd"], "env": ["PATH=/bin"], "cwd": "/"}


def info(path, *more):
    r = subprocess.run([EXHIBIT, "checkpoint", path, "info", "--json", *more],
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert r.returncode == 0, r.stderr
    return json.loads(r.stdout)


def config(**more):
    """config.dump of CRI-O and containerd (checkpointctl's ContainerConfig)."""
    return dict({"id": ID, "name": "k8s_api_api-0_shop_%s_3" % POD_UID,
                 "rootfsImageName": "registry.example/shop/api:1.4",
                 "rootfsImageRef": DIGEST, "runtime": "runc", "createdTime": CREATED,
                 "checkpointedTime": FROZEN, "restoredTime": "0001-01-01T00:00:00Z",
                 "restored": False}, **more)


class Layouts(unittest.TestCase):
    def setUp(self):
        self.there = tempfile.TemporaryDirectory()
        self.root = self.there.name
        self.source = os.path.join(self.root, "source")
        os.mkdir(self.source)
        subprocess.run(["tar", "xf", FIFO, "-C", self.source], check=True)
        os.remove(os.path.join(self.source, "checkpoint/parent"))

    def tearDown(self):
        self.there.cleanup()

    def archive(self, name, documents, keep=("checkpoint", "stats-dump", "rootfs-diff.tar")):
        """A plain tar of the images and of these documents."""
        path = os.path.join(self.root, name)
        with tarfile.open(path, "w") as tar:
            for part in keep:
                tar.add(os.path.join(self.source, part), part)
            for file, content in documents.items():
                if not isinstance(content, bytes):
                    content = json.dumps(content).encode()
                entry = tarfile.TarInfo(file)
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
        return path

    def crio_spec(self, attempt=3):
        metadata = {"name": "api", "attempt": attempt} if attempt else {"name": "api"}
        labels = {"io.kubernetes.container.name": "api", "io.kubernetes.pod.name": "api-0",
                  "io.kubernetes.pod.namespace": "shop", "io.kubernetes.pod.uid": POD_UID}
        return {"ociVersion": "1.1.0", "process": PROCESS, "hostname": "api-0", "annotations": {
            "io.container.manager": "cri-o",
            "io.kubernetes.cri-o.Metadata": json.dumps(metadata),
            "io.kubernetes.cri-o.Labels": json.dumps(labels),
            "io.kubernetes.cri-o.Annotations": json.dumps(
                {"io.kubernetes.container.restartCount": str(attempt)}),
            "io.kubernetes.cri-o.ContainerID": ID,
            "io.kubernetes.cri-o.SandboxID": "5" * 64,
            "io.kubernetes.cri-o.ImageName": "registry.example/shop/api:1.4",
            "io.kubernetes.cri-o.ImageRef": "c" * 64,
            "io.kubernetes.cri-o.ImageRepoDigests": DIGEST + ",mirror.example/api@sha256:" + "ab" * 32,
            "io.kubernetes.cri-o.IP.0": "10.88.0.7",
            "io.kubernetes.cri-o.Created": CREATED,
            "io.kubernetes.cri-o.LogPath": "/var/log/pods/shop_api-0_%s/api/3.log" % POD_UID,
            "io.kubernetes.pod.name": "api-0", "io.kubernetes.pod.namespace": "shop",
            "io.kubernetes.pod.uid": POD_UID}}

    def expect_api(self, c, restarts=3):
        self.assertEqual((c["id"], c["name"]), (ID, "api"))
        self.assertEqual(c["pod"]["name"], "api-0")
        self.assertEqual(c["pod"]["namespace"], "shop")
        self.assertEqual(c["image"]["name"], "registry.example/shop/api:1.4")
        self.assertEqual(c["image"]["digest"], DIGEST)
        self.assertEqual((c["created"], c["checkpointed"]), (CREATED, FROZEN))
        self.assertEqual(c["restart_count"], restarts)
        self.assertEqual(c["arguments"], ["/usr/bin/inventoryd"])

    def test_crio(self):
        mounts = [{"source": "/var/lib/kubelet/pods/x/volumes/kubernetes.io~projected/kube-api-access-1",
                   "destination": "/var/run/secrets/kubernetes.io/serviceaccount",
                   "file_type": "directory", "permissions": 493}]
        path = self.archive("checkpoint-api-0_shop-api-2026-03-02T11:22:33Z.tar", {
            "config.dump": config(rootfsImageRef="c" * 64), "spec.dump": self.crio_spec(), "bind.mounts": mounts,
            "io.kubernetes.cri-o.LogPath": b"2026-03-02T11:22:32.000000001Z stdout F a line\n", "dump.log": b"(00.000001) x\n", "implant": b"?"})
        c = info(path)["container"]
        self.assertEqual(c["engine"], "cri-o")
        self.expect_api(c)
        self.assertEqual(c["pod"]["uid"], POD_UID)
        self.assertEqual(c["pod"]["sandbox"], "5" * 64)
        self.assertEqual(c["pod"]["address"], "10.88.0.7")
        self.assertEqual(c["bind_mounts"], mounts)
        self.assertEqual(c["image"]["id"], "c" * 64)
        listing = subprocess.run([EXHIBIT, "list", "--all", path], stdout=subprocess.PIPE).stdout.decode()
        self.assertRegex(listing, r"container-log.*io\.kubernetes\.cri-o\.LogPath")
        self.assertEqual(c["labels"]["io.kubernetes.pod.uid"], POD_UID)
        self.assertEqual(c["archive_name"], {
            "pod": "api-0", "namespace": "shop", "container": "api",
            "time": "2026-03-02T11:22:33.000000000Z"})
        self.assertNotIn("missing", c)
        self.assertEqual(c["unexpected"], ["implant"])

    def test_a_layer_with_little_in_it_is_still_the_layer(self):
        """podman's of a container that made one folder of its own."""
        layer = io.BytesIO()
        with tarfile.open(fileobj=layer, mode="w") as tar:
            folder = tarfile.TarInfo("data")
            folder.type = tarfile.DIRTYPE
            tar.addfile(folder)
        path = self.archive("c.tar", {"spec.dump": self.crio_spec(), "config.dump": config(),
                                      "rootfs-diff.tar": layer.getvalue()}, keep=["checkpoint"])
        out = subprocess.run([EXHIBIT, "list", "--all", path], stdout=subprocess.PIPE).stdout.decode()
        self.assertRegex(out, r"writable-layer +name .*rootfs-diff\.tar")

    def test_crio_first_start_and_missing_parts(self):
        """A first attempt is left out of the JSON; what is not there is named."""
        path = self.archive("c.tar", {"spec.dump": self.crio_spec(attempt=0)}, keep=["checkpoint"])
        c = info(path)["container"]
        self.assertEqual((c["engine"], c["restart_count"]), ("cri-o", 0))
        self.assertEqual(c["missing"], ["config.dump"])
        self.assertEqual((c["id"], c["created"]), (ID, CREATED))

    def test_containerd_cri(self):
        """Times in nanoseconds; the writable layer is gzip in spite of its name."""
        status = {"id": ID, "metadata": {"name": "api", "attempt": 3}, "state": 1,
                  "created_at": 1772360430123456789, "started_at": 1772360431000000000,
                  "image": {"image": "registry.example/shop/api:1.4"}, "image_ref": DIGEST,
                  "labels": {"io.kubernetes.container.name": "api", "io.kubernetes.pod.name": "api-0",
                             "io.kubernetes.pod.namespace": "shop", "io.kubernetes.pod.uid": POD_UID},
                  "annotations": {"io.kubernetes.container.restartCount": "3"},
                  "log_path": "/var/log/pods/shop_api-0/api/3.log"}
        spec = {"ociVersion": "1.1.0", "process": PROCESS, "annotations": {
            "io.kubernetes.cri.container-name": "api", "io.kubernetes.cri.container-type": "container",
            "io.kubernetes.cri.image-name": "registry.example/shop/api:1.4",
            "io.kubernetes.cri.sandbox-id": "6" * 64, "io.kubernetes.cri.sandbox-name": "api-0",
            "io.kubernetes.cri.sandbox-namespace": "shop", "io.kubernetes.cri.sandbox-uid": POD_UID}}
        layer = gzip.compress(pathlib.Path(self.source, "rootfs-diff.tar").read_bytes())
        path = self.archive("containerd.tar", {
            "config.dump": config(name="", runtime="io.containerd.runc.v2"), "spec.dump": spec,
            "status.dump": status, "status": {"Version": "v1", "Pid": 4711, "CreatedAt": 1772360430123456789},
            "container.log": b"", "rootfs-diff.tar": layer}, keep=["checkpoint", "stats-dump"])
        c = info(path)["container"]
        self.assertEqual(c["engine"], "containerd")
        self.expect_api(c)
        self.assertEqual(c["started"], "2026-03-01T10:20:31.000000000Z")
        self.assertEqual((c["pod"]["uid"], c["pod"]["sandbox"]), (POD_UID, "6" * 64))
        self.assertEqual((c["host_pid"], c["runtime"]), (4711, "io.containerd.runc.v2"))
        self.assertNotIn("missing", c)
        self.assertNotIn("unexpected", c)
        listing = subprocess.run([EXHIBIT, "list", "--all", path], stdout=subprocess.PIPE)
        self.assertIn(b"writable-layer", listing.stdout)
        out = os.path.join(self.root, "out")
        subprocess.run([EXHIBIT, "analyze", path, "-o", out, "--quiet"], check=False)
        lines = map(json.loads, pathlib.Path(out, "timeline.jsonl").read_text().splitlines())
        starts = [(e["datetime"], e["message"]) for e in lines if e.get("action") == "container started"]
        self.assertEqual(len(starts), 1)
        self.assertEqual(starts[0][0], "2026-03-01T10:20:31.000000000Z")
        self.assertIn("the first process of the container was started", starts[0][1])

    def test_docker(self):
        """containers/ID/checkpoints/NAME below Docker's data root."""
        folder = os.path.join(self.root, "docker/containers", ID, "checkpoints")
        os.makedirs(folder)
        os.rename(os.path.join(self.source, "checkpoint"), os.path.join(folder, "cp1"))
        pathlib.Path(folder, "../config.v2.json").write_text(json.dumps({
            "ID": ID, "Name": "/shop-api", "Created": CREATED, "Image": "sha256:" + "cd" * 32,
            "RestartCount": 2, "State": {"Pid": 815, "StartedAt": "2026-03-01T10:20:31Z"},
            "Config": {"Image": "shop/api:1.4"}, "NetworkSettings": {"IPAddress": "172.17.0.2"},
            "LogPath": "/var/lib/docker/containers/x/x-json.log"}))
        o = info(os.path.join(self.root, "docker"))
        c = o["container"]
        self.assertEqual((c["engine"], o["processes"]), ("docker", 4))
        self.assertEqual((c["id"], c["name"], c["restart_count"]), (ID, "/shop-api", 2))
        self.assertEqual(c["image"], {"name": "shop/api:1.4", "id": "sha256:" + "cd" * 32})
        self.assertEqual((c["created"], c["host_pid"]), (CREATED, 815))
        self.assertEqual(c["started"], "2026-03-01T10:20:31.000000000Z")

    def test_runc_work_directory(self):
        """The statistics lie in the work directory, wherever that is."""
        o = info("corpus/checkpoints/runc-images.tar.zst")
        self.assertEqual(o["container"]["engine"], "runc or crun")
        self.assertEqual(o["statistics"]["pages_written"], 56)

    def test_oci_image_of_a_checkpoint(self):
        """checkpointctl build and podman --create-image: one layer, facts as annotations."""
        layer = pathlib.Path(self.archive("layer.tar", {})).read_bytes()
        digest = lambda b: hashlib.sha256(b).hexdigest()
        manifest = json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": "sha256:" + digest(b"{}"), "size": 2},
            "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": "sha256:" + digest(layer),
                        "size": len(layer)}],
            "annotations": {"org.criu.checkpoint.container.name": "api", "org.criu.checkpoint.pod.name": "api-0",
                            "org.criu.checkpoint.pod.namespace": "shop", "org.criu.checkpoint.engine.name": "cri-o",
                            "org.criu.checkpoint.rootfsImageName": "registry.example/shop/api:1.4"}}).encode()
        index = json.dumps({"schemaVersion": 2, "manifests": [
            {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": "sha256:" + digest(manifest),
             "size": len(manifest)}]}).encode()
        path = os.path.join(self.root, "image.tar")
        with tarfile.open(path, "w") as tar:
            for name, content in {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}', "index.json": index,
                                  "blobs/sha256/" + digest(b"{}"): b"{}", "blobs/sha256/" + digest(manifest): manifest,
                                  "blobs/sha256/" + digest(layer): layer}.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
        o = info(path)
        self.assertEqual(o["processes"], 4)
        c = o["container"]
        self.assertEqual((c["name"], c["pod"]), ("api", {"name": "api-0", "namespace": "shop"}))
        self.assertEqual(c["image"]["name"], "registry.example/shop/api:1.4")

    def test_inside_of_a_package(self):
        """Any of them in an archive in a folder of the package; two checkpoints at once."""
        package = os.path.join(self.root, "case", "collected")
        os.makedirs(package)
        first = self.archive("a.tar", {"config.dump": config(), "spec.dump": self.crio_spec()})
        os.rename(first, os.path.join(package, "a.tar"))
        subprocess.run(["zstd", "-q", "corpus/checkpoints/../checkpoints/podman-loop.tar.gz", "-o",
                        os.path.join(package, "b.tar.gz.zst")], check=True)
        names = set()
        for number in ("1", "2"):
            names.add(info(os.path.dirname(package), "--dump", number)["container"]["name"])
        self.assertEqual(names, {"api", "t1"})

    # -- files of mounts that are memory -----------------------------------------------

    def plant(self, name, archive_mode):
        """A program in a tmpfs, as tar writes it."""
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode=archive_mode, format=tarfile.GNU_FORMAT) as tar:
            entry = tarfile.TarInfo("./.hidden/implant")
            entry.size, entry.mode, entry.mtime, entry.uid = 5, 0o755, 1772447000, 33
            tar.addfile(entry, io.BytesIO(b"EVIL\n"))
        pathlib.Path(self.source, name).write_bytes(out.getvalue())

    def test_files_in_tmpfs(self):
        """In CRIU's archive of the mount, and in podman's of /dev/shm."""
        self.plant("checkpoint/tmpfs-dev-47.tar.gz.img", "w:gz")
        self.plant("devshm-checkpoint.tar", "w")
        r = subprocess.run([EXHIBIT, "checkpoint", self.source, "mounts", "--json"], stdout=subprocess.PIPE, check=True)
        mounts = {m["path"]: m for m in json.loads(r.stdout) if "content" in m}
        digest = hashlib.sha256(b"EVIL\n").hexdigest()
        for path in ("/sys/fs/cgroup", "/dev/shm"):
            (file,) = [f for f in mounts[path]["content"] if f["name"] == ".hidden/implant"]
            self.assertEqual((file["mode"], file["uid"], file["size"], file["sha256"]), (0o755, 33, 5, digest))
            self.assertEqual(file["modified"], "2026-03-02T10:23:20Z")
            out = subprocess.run([EXHIBIT, "checkpoint", self.source, "extract", path + "/.hidden/implant"],
                                 stdout=subprocess.PIPE, check=True).stdout
            self.assertEqual(out, b"EVIL\n")
        case = os.path.join(self.root, "out")
        subprocess.run([EXHIBIT, "analyze", self.source, "-o", case, "--quiet"], stdout=subprocess.DEVNULL)
        events = [json.loads(l) for l in pathlib.Path(case, "timeline.jsonl").read_text().splitlines()]
        times = {(e["object"], e["datetime"]) for e in events if e["kind"] == "file-time"}
        for path in ("/sys/fs/cgroup", "/dev/shm"):
            self.assertIn((path + "/.hidden/implant", "2026-03-02T10:23:20Z"), times)


if __name__ == "__main__":
    unittest.main()
