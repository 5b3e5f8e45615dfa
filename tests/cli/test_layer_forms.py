"""Where images and layers are found: as folders of a package, for several platforms, named by
lists, without a base; and what is said when a part is missing."""
import base64
import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
import unittest

import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from layer_truth import EXHIBIT, diff, found
from test_diff import CHAR, DIR, layout_of, sha, tar_of

BASE = tar_of(("etc", DIR, b""), ("etc/a", {}, b"one"), ("etc/b", {}, b"two"),
              ("usr", DIR, b""), ("usr/bin", DIR, b""), ("usr/bin/x", {"mode": 0o755}, b"x"))
UPPER = tar_of(("etc", DIR, b""), ("etc/b", CHAR, b""), ("etc/audit.log", {}, b"not ours\n"),
               ("tmp", DIR, b""), ("tmp/m", {"mode": 0o755}, b"evil"))
TRUTH = {"/etc/b": ("deleted", ()), "/etc/audit.log": ("added", ()), "/tmp": ("added", ()),
         "/tmp/m": ("added", ())}


def unpack(data, folder):
    os.makedirs(folder)
    subprocess.run(["tar", "-xf", "-", "-C", folder], input=data, check=True)


class Forms(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.dir)

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def analyze(self, package, *options):
        out = self.path("out")
        shutil.rmtree(out, ignore_errors=True)
        run = subprocess.run([EXHIBIT, "analyze", package, "-o", out, *options],
                             capture_output=True, timeout=120)
        self.assertIn(run.returncode, (0, 1), run.stderr)
        document = self.path("out", "diff.json")
        if not os.path.exists(document):
            return None
        with open(document) as f:
            return json.load(f)

    def roles(self, package):
        out = subprocess.run([EXHIBIT, "list", "--all", "--json", package], capture_output=True,
                             check=True, timeout=60)
        return {i["path"]: i["role"] for i in json.loads(out.stdout)["items"]}


@unittest.skipUnless(os.geteuid() == 0, "whiteouts are devices, which root alone makes")
class Folders(Forms):
    def package(self):
        unpack(UPPER, self.path("case", "evidence", "upper"))
        layout_of(self.path("base.tar"), [BASE])
        with open(self.path("base.tar"), "rb") as f:
            unpack(f.read(), self.path("case", "image"))
        return self.path("case")

    def test_folders_of_a_package_are_layer_and_image(self):
        case = self.package()
        roles = self.roles(case)
        self.assertEqual(roles["evidence/upper"], "writable-layer")
        self.assertEqual(roles["image"], "base-image")
        document = self.analyze(case)
        self.assertEqual(found(document), TRUTH)
        self.assertEqual(document["base"]["form"], "oci-layout")
        self.assertEqual(found(diff(case, case)), TRUTH)

    def test_what_is_in_them_is_the_containers(self):
        """A file of the layer that is named like evidence is none, and its devices are no
        surprise in the package."""
        case = self.package()
        self.assertEqual(self.roles(case)["evidence/upper/etc/audit.log"], "unknown")
        out = subprocess.run([EXHIBIT, "verify", "--json", case], capture_output=True, timeout=60)
        kinds = {f["id"] for f in json.loads(out.stdout)["findings"]}
        self.assertNotIn("integrity.special-file", kinds)

    def test_the_same_in_an_archive_of_the_package(self):
        case = self.package()
        subprocess.run(["tar", "-C", self.dir, "-czf", self.path("case.tgz"), "case"], check=True)
        self.assertEqual(found(self.analyze(self.path("case.tgz"))), TRUTH)

    def test_the_node_s_own_paths(self):
        layout_of(self.path("base.tar"), [BASE])
        unpack(UPPER, self.path("case", "var/lib/docker/overlay2/ab12/diff"))
        shutil.copy(self.path("base.tar"), self.path("case", "image.tar"))
        self.assertEqual(found(self.analyze(self.path("case"))), TRUTH)

    def test_an_archive_of_a_folder(self):
        """`tar c upper`, and the same without entries for folders."""
        layout_of(self.path("base.tar"), [BASE])
        unpack(UPPER, self.path("upper"))
        subprocess.run(["tar", "-C", self.dir, "-cf", self.path("l.tar"), "upper"], check=True)
        self.assertEqual(found(diff(self.path("base.tar"), self.path("l.tar"))), TRUTH)
        with open(self.path("n.tar"), "wb") as f:
            f.write(tar_of(("upper/etc/b", CHAR, b""), ("upper/tmp/m", {}, b"evil")))
        self.assertEqual(found(diff(self.path("base.tar"), self.path("n.tar"))),
                         {"/etc/b": ("deleted", ()), "/tmp": ("added", ()),
                          "/tmp/m": ("added", ())})

    def test_a_layer_that_holds_another_layer_is_itself(self):
        layout_of(self.path("base.tar"), [BASE])
        unpack(UPPER, self.path("upper"))
        unpack(UPPER, self.path("upper", "tmp", "stolen-layer"))
        shutil.copy(self.path("base.tar"), self.path("upper", "tmp", "image.tar"))
        changes = found(diff(self.path("base.tar"), self.path("upper")))
        self.assertIn("/tmp/stolen-layer/tmp/m", changes)
        self.assertIn("/etc/b", changes)

    def test_as_names_a_folder(self):
        layout_of(self.path("base.tar"), [BASE])
        unpack(tar_of(("app", DIR, b""), ("app/new", {}, b"n")), self.path("case", "copied"))
        shutil.copy(self.path("base.tar"), self.path("case", "image.tar"))
        document = self.analyze(self.path("case"), "--as", "writable-layer=copied")
        self.assertEqual(found(document), {"/app": ("added", ()), "/app/new": ("added", ())})


class Lists(Forms):
    def test_docker_diff_tells_names_alone(self):
        base = layout_of(self.path("base.tar"), [BASE])
        with open(self.path("diff.txt"), "w") as f:
            f.write("C /etc\nC /etc/a\nD /etc/b\nA /tmp\nA /tmp/m\n")
        document = diff(base, self.path("diff.txt"))
        self.assertEqual(found(document), {
            "/etc/a": ("modified", ()), "/etc/b": ("deleted", ()), "/tmp": ("added", ()),
            "/tmp/m": ("added", ())})
        changes = {c["path"]: c for c in document["changes"]}
        self.assertEqual(changes["/tmp/m"]["after"], {"type": "unknown"})
        self.assertEqual(changes["/etc/a"]["content"], "not-decidable")
        self.assertEqual(changes["/etc/b"]["before"]["sha256"], sha(b"two")[7:])
        self.assertTrue(any("names alone" in l for l in document["limits"]))

    def test_podman_s_json_says_the_same(self):
        base = layout_of(self.path("base.tar"), [BASE])
        with open(self.path("diff.json"), "w") as f:
            json.dump({"changed": ["/etc", "/etc/a"], "added": ["/tmp/m"],
                       "deleted": ["/etc/b"]}, f)
        self.assertEqual(found(diff(base, self.path("diff.json"))), {
            "/etc/a": ("modified", ()), "/etc/b": ("deleted", ()), "/tmp": ("added", ()),
            "/tmp/m": ("added", ())})

    def test_a_list_stands_beside_the_layer_itself(self):
        os.mkdir(self.path("case"))
        layout_of(self.path("case/base.tar"), [BASE])
        with open(self.path("case/pod-layer.tar"), "wb") as f:
            f.write(UPPER)
        with open(self.path("case/docker-diff.txt"), "w") as f:
            f.write("C /etc\nD /etc/b\nA /etc/audit.log\nA /tmp\nA /tmp/m\n")
        document = self.analyze(self.path("case"))
        self.assertEqual(document["subject"]["dialect"], "overlay")
        self.assertEqual([o["subject"]["dialect"] for o in document["others"]], ["names-only"])


class WithoutBase(Forms):
    def test_a_layer_alone_tells_what_its_marks_tell(self):
        os.mkdir(self.path("case"))
        origin = {"pax_headers": {"SCHILY.xattr.trusted.overlay.origin": "x"}}
        with open(self.path("case/pod-layer.tar"), "wb") as f:
            f.write(tar_of(("etc", dict(DIR, **origin), b""), ("etc/a", origin, b"changed"),
                           ("etc/b", CHAR, b""), ("etc/new", {}, b"n")))
        document = self.analyze(self.path("case"))
        self.assertEqual(document["base"]["form"], "none")
        self.assertEqual(found(document), {"/etc/a": ("modified", ()), "/etc/b": ("deleted", ()),
                                           "/etc/new": ("added", ())})
        self.assertTrue(any("no base image" in l for l in document["limits"]))


class Platforms(Forms):
    def layout(self, platforms, drop=None):
        """A layout with one image for each platform below a nested index, as registries have."""
        files, manifests = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}'}, []

        def put(data):
            files["blobs/" + sha(data).replace(":", "/")] = data
            return sha(data)

        for p in platforms:
            os_name, architecture = p.split("/")
            layer = tar_of(("etc", DIR, b""), ("etc/a", {}, p.encode()))
            config = json.dumps({"os": os_name, "architecture": architecture, "rootfs": {
                "type": "layers", "diff_ids": [sha(layer)]}, "history": [
                    {"created_by": "ENV x=y", "empty_layer": True},
                    {"created_by": "COPY " + p}]}).encode()
            manifest = json.dumps({"schemaVersion": 2, "config": {
                "digest": put(config), "size": len(config)}, "layers": [
                    {"digest": put(layer), "size": len(layer),
                     "mediaType": "application/vnd.oci.image.layer.v1.tar"}]}).encode()
            if p != drop:
                put(manifest)
            manifests.append({"digest": sha(manifest), "size": len(manifest), "platform": {
                "os": os_name, "architecture": architecture}})
        attestation = {"digest": put(b'{"layers": [], "config": {}}'), "size": 28, "platform": {
            "os": "unknown", "architecture": "unknown"}, "annotations": {
                "vnd.docker.reference.type": "attestation-manifest"}}
        index = json.dumps({"schemaVersion": 2, "manifests": [attestation, *manifests]}).encode()
        files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [
            {"mediaType": "application/vnd.oci.image.index.v1+json", "digest": put(index),
             "size": len(index)}]}).encode()
        with tarfile.open(self.path("base.tar"), "w") as t:
            for name, data in files.items():
                m = tarfile.TarInfo(name)
                m.size = len(data)
                t.addfile(m, io.BytesIO(data))
        with open(self.path("l.tar"), "wb") as f:
            f.write(tar_of(("etc/a", {}, b"new")))
        return self.path("base.tar"), self.path("l.tar"), sha(index)

    def before(self, *args):
        document = diff(*args)
        return document["changes"][0]["before"]["sha256"], document["base"]

    def test_several_platforms_are_asked_for(self):
        base, layer, index = self.layout(["linux/arm64", "linux/amd64"])
        out = subprocess.run([EXHIBIT, "diff", base, layer], capture_output=True)
        self.assertEqual(out.returncode, 2)
        self.assertIn(b"linux/arm64, linux/amd64", out.stderr)
        for p in ("linux/arm64", "linux/amd64"):
            content, image = self.before("--platform", p, base, layer)
            self.assertEqual(content, sha(p.encode())[7:])
            self.assertEqual(image["index_digest"], index)
            self.assertEqual(image["index_check"], "verified")
            self.assertEqual(image["layers"][0]["created_by"], "COPY " + p)

    def test_a_platform_that_is_not_there_is_said(self):
        base, layer, _ = self.layout(["linux/arm64", "linux/amd64"])
        out = subprocess.run([EXHIBIT, "diff", "--platform", "linux/s390x", base, layer],
                             capture_output=True)
        self.assertEqual(out.returncode, 2)
        self.assertIn(b"nothing for this platform", out.stderr)

    def test_the_only_one_that_was_saved_is_taken(self):
        base, layer, _ = self.layout(["linux/amd64", "linux/arm64"], drop="linux/amd64")
        self.assertEqual(self.before(base, layer)[0], sha(b"linux/arm64")[7:])

    def test_a_checkpoint_s_machine_decides(self):
        base, layer, _ = self.layout(["linux/arm64", "linux/amd64"])
        core = subprocess.run(
            ["tar", "-xOf", "corpus/checkpoints/podman-loop.tar.gz", "checkpoint/core-1.img"],
            capture_output=True).stdout
        self.assertTrue(core)
        with open(self.path("checkpoint.tar"), "wb") as f:
            f.write(tar_of(("checkpoint/core-1.img", {}, core), ("rootfs-diff.tar", {},
                           tar_of(("etc/a", {}, b"new")))))
        self.assertEqual(self.before(base, self.path("checkpoint.tar"))[0],
                         sha(b"linux/amd64")[7:])

    def test_a_missing_manifest_is_said(self):
        base, layer, _ = self.layout(["linux/amd64"], drop="linux/amd64")
        document = diff(base, layer, status=1)
        self.assertEqual(document["base"]["manifest_check"], "missing")
        self.assertTrue(any("manifest of the base is missing" in l for l in document["limits"]))


class Mounts(Forms):
    """What was mounted over the root is in no layer; a checkpoint holds some of it."""

    def checkpoint(self, *members):
        """podman-fifo's own images, with contents put into its tmpfs, shm and a volume."""
        path = self.path("checkpoint.tar")
        with tarfile.open("corpus/checkpoints/podman-fifo.tar.gz") as src, \
                tarfile.open(path, "w") as out:
            for m in src:
                if m.name.startswith("checkpoint/") and m.isreg() and "tmpfs" not in m.name:
                    out.addfile(m, src.extractfile(m))
            config = b'{"namedVolumes": [{"volumeName": "v", "dest": "/data"}]}'
            # Device 44 is mounted at /dev (crit: mountpoints-13.img).
            tmpfs = tar_of(("./null", {"type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 3}, b""),
                           ("./hidden", {"mode": 0o755}, b"dev"))
            for name, data in (("config.dump", config),
                               ("checkpoint/tmpfs-dev-44.tar.gz.img", gzip.compress(tmpfs)),
                               ("devshm-checkpoint.tar", tar_of(("./", DIR, b""),
                                                                ("./m", {"mode": 0o4755}, b"m"))),
                               ("volumes/v.tar", tar_of(("k", {}, b"k"),
                                                        (".wh.etc", {}, b""))), *members):
                m = tarfile.TarInfo(name)
                m.size = len(data)
                out.addfile(m, io.BytesIO(data))
        return path

    mounted = {"/dev/hidden": "tmpfs", "/dev/shm/m": "shm", "/data/k": "volume",
               "/data/.wh.etc": "volume"}

    def test_they_stand_beside_the_layer(self):
        base = layout_of(self.path("base.tar"), [BASE])
        document = diff(base, self.checkpoint(("rootfs-diff.tar", tar_of(("etc/a", {}, b"n")))))
        changes = {c["path"]: c for c in document["changes"]}
        self.assertEqual({p: c["mount"] for p, c in changes.items() if "mount" in c}, self.mounted)
        self.assertEqual(set(changes) - set(self.mounted), {"/etc/a"})
        self.assertEqual(changes["/dev/shm/m"]["after"]["sha256"], sha(b"m")[7:])
        self.assertEqual(changes["/dev/hidden"]["mounted_at"], "/dev")

    def test_without_a_layer_they_are_told_too(self):
        base = layout_of(self.path("base.tar"), [BASE])
        document = diff(base, self.checkpoint())
        self.assertEqual({c["path"] for c in document["changes"]}, set(self.mounted))
        self.assertTrue(any("no rootfs-diff.tar" in l for l in document["limits"]))
        document = self.analyze(self.checkpoint())
        self.assertEqual({c["path"] for c in document["changes"]}, set(self.mounted))

    def test_containerd_s_rootfs_diff_is_a_gzip_layer(self):
        base = layout_of(self.path("base.tar"), [BASE])
        layer = tar_of(("etc/.wh.b", {}, b""), ("etc/new", {}, b"n"))
        document = diff(base, self.checkpoint(("rootfs-diff.tar", gzip.compress(layer))))
        self.assertEqual(document["subject"]["dialect"], "oci")
        self.assertEqual(found(document)["/etc/b"], ("deleted", ()))
        self.assertTrue(any("containerd" in l for l in document["limits"]))


class Named(Forms):
    def sha512_layout(self, blob, name):
        """A layout whose only layer is named by SHA-512."""
        digest = lambda data: "sha512:" + hashlib.sha512(data).hexdigest()

        def change(files, blobs):
            config = json.dumps({"os": "linux", "rootfs": {
                "type": "layers", "diff_ids": [digest(BASE)]}}).encode()
            manifest = json.dumps({"schemaVersion": 2, "config": {
                "digest": sha(config), "size": len(config)}, "layers": [
                    {"digest": digest(name), "size": len(blob),
                     "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip"}]}).encode()
            files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [
                {"mediaType": "application/vnd.oci.image.manifest.v1+json",
                 "digest": sha(manifest), "size": len(manifest)}]}).encode()
            for data in (config, manifest):
                files["blobs/" + sha(data).replace(":", "/")] = data
            files["blobs/" + digest(name).replace(":", "/")] = blob
        return layout_of(self.path("base.tar"), [b""], change)

    def test_blobs_named_by_sha_512_are_checked(self):
        with open(self.path("l.tar"), "wb") as f:
            f.write(UPPER)
        blob = gzip.compress(BASE)
        document = diff(self.sha512_layout(blob, blob), self.path("l.tar"))
        self.assertEqual(document["base"]["layers"][0]["digest_check"], "verified")
        self.assertEqual(document["base"]["layers"][0]["diff_id_check"], "verified")
        document = diff(self.sha512_layout(blob, blob + b"x"), self.path("l.tar"), status=1)
        self.assertEqual(document["base"]["layers"][0]["digest_check"], "mismatch")

    def test_an_image_is_taken_by_its_name(self):
        files, manifests = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}'}, []
        for name in ("docker.io/library/shop:1", "docker.io/library/shop:2", "edge"):
            layer = tar_of(("etc", DIR, b""), ("etc/a", {}, name.encode()))
            config = json.dumps({"os": "linux", "rootfs": {"diff_ids": [sha(layer)]}}).encode()
            manifest = json.dumps({"schemaVersion": 2, "config": {
                "digest": sha(config), "size": len(config)}, "layers": [
                    {"digest": sha(layer), "size": len(layer)}]}).encode()
            for data in (layer, config, manifest):
                files["blobs/" + sha(data).replace(":", "/")] = data
            manifests.append({"digest": sha(manifest), "size": len(manifest), "annotations": {
                "org.opencontainers.image.ref.name": name}})
        files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": manifests}).encode()
        for path, data in (("base.tar", tar_of(*((n, {}, d) for n, d in files.items()))),
                           ("l.tar", tar_of(("etc/a", {}, b"new")))):
            with open(self.path(path), "wb") as f:
                f.write(data)
        for wish, taken in (("docker.io/library/shop:2", "docker.io/library/shop:2"),
                            ("shop:2", "docker.io/library/shop:2"), ("shop:1",
                            "docker.io/library/shop:1"), ("shop:edge", "edge"),
                            (manifests[1]["digest"], "docker.io/library/shop:2")):
            document = diff("--image", wish, self.path("base.tar"), self.path("l.tar"))
            self.assertEqual(document["changes"][0]["before"]["sha256"],
                             sha(taken.encode())[7:], wish)
        for wish in ("hop:2", "shop:3", "ab" * 32):
            run = subprocess.run([EXHIBIT, "diff", "--image", wish, self.path("base.tar"),
                                  self.path("l.tar")], capture_output=True)
            self.assertEqual(run.returncode, 2, wish)
            self.assertIn(wish.encode(), run.stderr)
        # Two images of one registry copy.
        both = self.path("base.tar")
        document = diff("--image", "base=shop:2", "--image", "layer=edge", both, both)
        self.assertEqual(document["subject"]["reference"], "edge")
        self.assertEqual(document["changes"][0]["before"]["sha256"],
                         sha(b"docker.io/library/shop:2")[7:])
        self.assertEqual(document["changes"][0]["after"]["sha256"], sha(b"edge")[7:])
        for layer in (both, self.path("l.tar")):
            run = subprocess.run([EXHIBIT, "diff", "--image", "shop:1", "--image", "layer=shop:9",
                                  both, layer], capture_output=True)
            self.assertEqual(run.returncode, 2)
            self.assertIn(b"LAYER holds no image of the digest or name shop:9", run.stderr)

    def test_rootless_storage_s_owners_are_the_container_s(self):
        def said(value):
            return {"uid": 100000, "gid": 100000, "mode": 0o644, "pax_headers": {
                "SCHILY.xattr.user.containers.override_stat": value}}
        base = layout_of(self.path("base.tar"), [BASE])
        with open(self.path("l.tar"), "wb") as f:
            f.write(tar_of(("etc/a", said("0:0:0644:file"), b"one"),
                           ("etc/b", said("33:33:4755:file"), b"two"),
                           ("dev/sda", said("0:6:0660:block-8-0"), b""),
                           ("etc/odd", said("root"), b"")))
        document = diff(base, self.path("l.tar"))
        changes = found(document)
        self.assertNotIn("/etc/a", {p for p, c in changes.items() if set(c[1]) & {"owner", "mode"}})
        self.assertEqual(set(changes["/etc/b"][1]) & {"owner", "mode", "content"},
                         {"owner", "mode"})
        after = {c["path"]: c["after"] for c in document["changes"]}
        self.assertEqual((after["/etc/b"]["uid"], after["/etc/b"]["mode"]), (33, "4755"))
        self.assertEqual(after["/dev/sda"]["type"], "block")
        self.assertTrue(any("override_stat" in l for l in document["limits"]))
        self.assertIn("malformed-overlay-attribute", json.dumps(document["subject"]))

    def test_docker_save_names_its_config_by_digest(self):
        for right in (True, False):
            config = json.dumps({"os": "linux", "rootfs": {"type": "layers",
                                 "diff_ids": [sha(BASE)]}}).encode()
            name = hashlib.sha256(config if right else b"").hexdigest() + ".json"
            manifest = json.dumps([{"Config": name, "RepoTags": ["a:1"],
                                    "Layers": ["1/layer.tar"]}]).encode()
            with open(self.path("save.tar"), "wb") as f:
                f.write(tar_of(("1/layer.tar", {}, BASE), (name, {}, config),
                               ("manifest.json", {}, manifest)))
            with open(self.path("l.tar"), "wb") as f:
                f.write(UPPER)
            document = diff(self.path("save.tar"), self.path("l.tar"), status=0 if right else 1)
            self.assertEqual(document["base"]["image_id_check"],
                             "verified" if right else "mismatch")

    def test_a_foreign_layer_that_is_missing_is_called_so(self):
        def drop(files, blobs):
            del files["blobs/" + sha(blobs[0]).replace(":", "/")]
        base = layout_of(self.path("base.tar"), [BASE], drop, media="application/vnd.oci.image."
                         "layer.nondistributable.v1.tar")
        with open(self.path("l.tar"), "wb") as f:
            f.write(UPPER)
        document = diff(base, self.path("l.tar"), status=1)
        self.assertTrue(any("foreign" in l for l in document["limits"]))

    def test_the_pod_s_status_names_the_image(self):
        base = layout_of(self.path("base.tar"), [BASE])
        document = diff(base, base)
        digest = document["base"]["manifest_digest"]
        for named, same in ((digest, True), ("sha256:" + "1" * 64, False)):
            shutil.rmtree(self.path("case"), ignore_errors=True)
            os.mkdir(self.path("case"))
            shutil.copy(base, self.path("case/base.tar"))
            with open(self.path("case/pod-layer.tar"), "wb") as f:
                f.write(UPPER)
            with open(self.path("case/pod.json"), "w") as f:
                json.dump({"apiVersion": "v1", "kind": "Pod", "metadata": {
                    "name": "p", "namespace": "n", "uid": "u"}, "spec": {"containers": [
                        {"name": "c", "image": "app:1"}]}, "status": {"containerStatuses": [
                            {"name": "c", "image": "app:1", "containerID": "containerd://" +
                             "a" * 64, "imageID": "registry.example/app@" + named}]}}, f)
            runtime = self.analyze(self.path("case"))["runtime"]
            self.assertEqual([(r["said_by"], r["same"]) for r in runtime], [("pod status", same)])
            with open(self.path("out/findings.json")) as f:
                ids = {x["rule"] for x in json.load(f)["findings"]}
            self.assertEqual("layer.other-image" in ids, not same)


def estargz(tar):
    """Each payload a gzip member of its own, then the table of contents, then the footer."""
    out, toc = [], []
    with tarfile.open(fileobj=io.BytesIO(tar)) as t:
        end = 0
        for m in t:
            out.append(gzip.compress(tar[end:m.offset_data]))
            end = m.offset_data + (m.size + 511) // 512 * 512
            if m.size:
                out.append(gzip.compress(tar[m.offset_data:end]))
            kind = {"0": "reg", "1": "hardlink", "2": "symlink", "5": "dir"}[m.type.decode()]
            toc.append({"name": m.name, "type": kind, "size": m.size, "mode": m.mode, "uid": m.uid,
                        "gid": m.gid, "linkName": m.linkname, "xattrs": {
                            k[13:]: base64.b64encode(v.encode()).decode()
                            for k, v in m.pax_headers.items() if k.startswith("SCHILY.xattr.")}})
    table = tar_of(("stargz.index.json", {}, json.dumps({"version": 1, "entries": toc}).encode()))
    out.append(gzip.compress(table))
    extra = b"SG" + (22).to_bytes(2, "little") + b"%016xSTARGZ" % sum(map(len, out[:-1]))
    footer = (b"\x1f\x8b\x08\x04\0\0\0\0\0\xff" + len(extra).to_bytes(2, "little") + extra +
              b"\x01\0\0\xff\xff" + bytes(8))
    return b"".join(out) + footer


def zstd_chunked(tar):
    """Frames for each payload, and skippable frames with the table at the end."""
    frames = [subprocess.run(["zstd", "-c"], input=tar[i:i + 1024], stdout=-1, check=True).stdout
              for i in range(0, len(tar), 1024)]
    table = subprocess.run(["zstd", "-c"], input=b'{"version":1,"entries":[]}', stdout=-1,
                           check=True).stdout
    skippable = b"\x50\x2a\x4d\x18" + len(table).to_bytes(4, "little") + table
    footer = b"\x50\x2a\x4d\x18" + (64).to_bytes(4, "little") + bytes(56) + b"GNUlInUx"
    return b"".join(frames) + skippable + footer


class Lazily(Forms):
    """Compressed so that parts can be fetched alone: for us gzip and zstd with more in them."""

    def test_the_layer_is_read_to_its_end(self):
        with open(self.path("l.tar"), "wb") as f:
            f.write(UPPER)
        plain = found(diff(layout_of(self.path("base.tar"), [BASE]), self.path("l.tar")))
        # In eStargz the table is a member of the tar, and so part of what diffID covers.
        whole = gzip.decompress(estargz(BASE))
        for name, squeeze, diff_id in (("estargz", estargz, sha(whole)),
                                       ("chunked", zstd_chunked, sha(BASE))):
            base = layout_of(self.path("base.tar"), [BASE], squeeze=squeeze, diff_ids=[diff_id])
            document = diff(base, self.path("l.tar"))
            layer = document["base"]["layers"][0]
            self.assertEqual((layer["digest_check"], layer["diff_id_check"]),
                             ("verified", "verified"), name)
            self.assertEqual(found(document), plain, name)


class AuditLog(Forms):
    def test_the_api_server_s_log_names_the_image(self):
        """The kubelet reports it when it updates the pod's status."""
        base = layout_of(self.path("base.tar"), [BASE])
        digest = diff(base, base)["base"]["manifest_digest"]
        for named, same in ((digest, True), ("sha256:" + "2" * 64, False)):
            shutil.rmtree(self.path("case"), ignore_errors=True)
            os.mkdir(self.path("case"))
            shutil.copy(base, self.path("case/base.tar"))
            with open(self.path("case/pod-layer.tar"), "wb") as f:
                f.write(UPPER)
            with open(self.path("case/pod.json"), "w") as f:
                json.dump({"apiVersion": "v1", "kind": "Pod", "metadata": {
                    "name": "p", "namespace": "n", "uid": "u"}, "spec": {"containers": [
                        {"name": "c", "image": "app:1"}]}}, f)
            with open(self.path("case/audit.log"), "w") as f:
                for pod, image in (("other", "sha256:" + "9" * 64), ("p", named)):
                    f.write(json.dumps({
                        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Request",
                        "auditID": pod, "stage": "ResponseComplete", "verb": "patch",
                        "requestURI": f"/api/v1/namespaces/n/pods/{pod}/status",
                        "user": {"username": "system:node:w1", "groups": ["system:nodes"]},
                        "sourceIPs": ["10.0.0.1"], "userAgent": "kubelet/v1.30.0",
                        "objectRef": {"resource": "pods", "namespace": "n", "name": pod,
                                      "apiVersion": "v1", "subresource": "status"},
                        "responseStatus": {"code": 200}, "requestObject": {"status": {
                            "containerStatuses": [{"name": "c", "imageID":
                                                   "registry.example/app@" + image}]}},
                        "requestReceivedTimestamp": "2026-11-23T09:45:00.000001Z",
                        "stageTimestamp": "2026-11-23T09:45:00.000002Z"}) + "\n")
            runtime = self.analyze(self.path("case"))["runtime"]
            self.assertEqual([(r["said_by"], r["same"]) for r in runtime], [("audit log", same)])
            self.assertEqual(runtime[0]["evidence"]["item"], "audit.log")


if __name__ == "__main__":
    unittest.main()
