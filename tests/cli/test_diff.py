"""exhibit diff, against a second reading of the same tars by python's tarfile."""
import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from layer_truth import CASE, LAYER, apply_tar, diff, differences, flatten, found, run


class TheCase(unittest.TestCase):
    def test_equals_what_the_two_tars_say(self):
        before = flatten(CASE + "/base-image.tar")
        with tarfile.open(LAYER) as layer:
            after = apply_tar(dict(before), layer, overlay=True)
        document = diff(CASE + "/base-image.tar", LAYER)
        self.assertEqual(found(document), differences(before, after))

    def test_every_state_is_told_exactly(self):
        before = flatten(CASE + "/base-image.tar")
        with tarfile.open(LAYER) as layer:
            after = apply_tar(dict(before), layer, overlay=True)
        for c in diff(CASE + "/base-image.tar", LAYER)["changes"]:
            for side, nodes in (("before", before), ("after", after)):
                if side not in c or c[side].get("implied"):
                    continue
                n = nodes[c["path"]]
                self.assertEqual(int(c[side]["mode"], 8), n.mode, c["path"])
                self.assertEqual(c[side]["uid"], n.uid)
                self.assertEqual(c[side].get("sha256"), n.data)
                self.assertEqual(c[side].get("link"), n.link)

    def test_digests_of_the_image_are_verified(self):
        base = diff(CASE + "/base-image.tar", LAYER)["base"]
        self.assertEqual(base["manifest_check"], "verified")
        for layer in base["layers"]:
            self.assertEqual((layer["digest_check"], layer["diff_id_check"]),
                             ("verified", "verified"))

    def test_chain_id_is_computed_as_the_specification_says(self):
        base = diff(CASE + "/base-image.tar", LAYER)["base"]
        a, b = (layer["diff_id"] for layer in base["layers"])
        chain = hashlib.sha256(f"{a} {b}".encode()).hexdigest()
        self.assertEqual(base["chain_id"], "sha256:" + chain)

    def test_a_checkpoint_says_less_and_says_so(self):
        full = found(diff(CASE + "/base-image.tar", LAYER))
        part = diff(CASE, CASE + "/inventory-api-6d4cf56db6-9wq7m-checkpoint.tar.zst")
        self.assertEqual(part["subject"]["dialect"], "deletions-listed")
        for path, change in found(part).items():
            self.assertEqual(full[path], change, path)
        self.assertNotIn("/etc/inventory.conf", found(part))
        self.assertTrue(any("rootfs-diff.tar" in limit for limit in part["limits"]))


# -- damaged and strange images -----------------------------------------------------------


def sha(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def tar_of(*members):
    """members: (name, {TarInfo attributes}, data)"""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as t:
        for name, attributes, data in members:
            m = tarfile.TarInfo(name)
            m.mtime = 1700000000
            for key, value in attributes.items():
                setattr(m, key, value)
            m.size = len(data) if m.isreg() else 0
            t.addfile(m, io.BytesIO(data))
    return out.getvalue()


def layout_of(path, layers, change=None, media="application/vnd.oci.image.layer.v1.tar",
              squeeze=lambda b: b, diff_ids=None, annotations=None):
    """An OCI layout of uncompressed layers; `change` may alter the files before writing."""
    blobs = [squeeze(b) for b in layers]
    config = json.dumps({"architecture": "amd64", "os": "linux", "created": "2024-01-01T00:00:00Z",
                         "rootfs": {"type": "layers",
                                    "diff_ids": diff_ids or [sha(b) for b in layers]}}).encode()
    manifest = json.dumps({"schemaVersion": 2, "config": {"mediaType": "application/vnd.oci.image."
                           "config.v1+json", "digest": sha(config), "size": len(config)},
                           "layers": [dict({"mediaType": media, "digest": sha(b), "size": len(b)},
                                           **{"annotations": annotations} if annotations else {})
                                      for b in blobs]}).encode()
    index = json.dumps({"schemaVersion": 2, "manifests": [
        {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": sha(manifest),
         "size": len(manifest)}]}).encode()
    files = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}', "index.json": index}
    files.update({"blobs/" + sha(b).replace(":", "/"): b for b in [config, manifest, *blobs]})
    if change:
        change(files, blobs)
    with tarfile.open(path, "w") as t:
        for name, data in files.items():
            m = tarfile.TarInfo(name)
            m.size = len(data)
            t.addfile(m, io.BytesIO(data))
    return path


DIR = {"type": tarfile.DIRTYPE, "mode": 0o755}
CHAR = {"type": tarfile.CHRTYPE, "mode": 0}


class Images(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.dir)
        self.path = lambda name: os.path.join(self.dir, name)

    def write(self, name, data):
        with open(self.path(name), "wb") as f:
            f.write(data)
        return self.path(name)

    base = tar_of(("etc", DIR, b""), ("etc/a", {}, b"one"), ("etc/b", {}, b"two"),
                  ("srv", DIR, b""), ("srv/x", {}, b"x"), ("srv/y", {}, b"y"))

    def test_compressed_layers_are_the_same_layers(self):
        empty = self.write("empty.tar", tar_of((".", DIR, b"")))
        for name, squeeze in {
                "gz": gzip.compress,
                "two members": lambda b: gzip.compress(b[:700]) + gzip.compress(b[700:]),
                "zstd": lambda b: subprocess.run(["zstd", "-c"], input=b, stdout=-1).stdout,
                "xz": lambda b: subprocess.run(["xz", "-c"], input=b, stdout=-1).stdout,
                "bzip2": lambda b: subprocess.run(["bzip2", "-c"], input=b, stdout=-1).stdout,
                "plain": lambda b: b}.items():
            base = layout_of(self.path("base.tar"), [self.base], squeeze=squeeze)
            document = diff(base, empty)
            self.assertEqual(document["base"]["layers"][0]["diff_id_check"], "verified", name)
            self.assertEqual(document["base"]["layers"][0]["entries"], 6, name)

    def test_a_damaged_blob_is_named(self):
        def damage(files, blobs):
            name = "blobs/" + sha(blobs[0]).replace(":", "/")
            files[name] = files[name][:600] + b"!" + files[name][601:]
        base = layout_of(self.path("base.tar"), [self.base], damage)
        document = diff(base, self.write("l.tar", tar_of(("n", {}, b""))), status=1)
        self.assertEqual(document["base"]["layers"][0]["digest_check"], "mismatch")
        self.assertEqual(document["base"]["layers"][0]["diff_id_check"], "mismatch")

    def test_a_wrong_diff_id_is_seen_though_the_blob_is_right(self):
        base = layout_of(self.path("base.tar"), [self.base], diff_ids=["sha256:" + "0" * 64])
        document = diff(base, self.write("l.tar", tar_of(("n", {}, b""))), status=1)
        self.assertEqual(document["base"]["layers"][0]["digest_check"], "verified")
        self.assertEqual(document["base"]["layers"][0]["diff_id_check"], "mismatch")

    def test_bytes_behind_the_end_of_the_tar_are_in_the_diff_id(self):
        longer = self.base + b"hidden" * 100
        base = layout_of(self.path("base.tar"), [longer], squeeze=gzip.compress)
        document = diff(base, self.write("l.tar", tar_of(("n", {}, b""))))
        self.assertEqual(document["base"]["layers"][0]["diff_id_check"], "verified")
        self.assertTrue(any("trailing" in l and str(len(self.base)) in l
                            for l in document["limits"]), document["limits"])

    def test_a_layer_that_is_cut_is_said(self):
        base = layout_of(self.path("base.tar"), [self.base])
        whole = tar_of(("etc/a", {}, b"new"), ("big", {}, bytes(range(256)) * 40))
        for name, data in (("cut.tar", whole[:6000]),
                           ("cut.tar.gz", gzip.compress(whole)[:-20])):
            document = diff(base, self.write(name, data), status=1)
            self.assertIn("/etc/a", found(document))
            self.assertTrue(any("the layer: " in l for l in document["limits"]),
                            document["limits"])

    def test_a_missing_blob_is_missing(self):
        def drop(files, blobs):
            del files["blobs/" + sha(blobs[1]).replace(":", "/")]
        base = layout_of(self.path("base.tar"), [self.base, tar_of(("late", {}, b""))], drop)
        document = diff(base, self.write("l.tar", tar_of(("n", {}, b""))), status=1)
        self.assertEqual([l["digest_check"] for l in document["base"]["layers"]],
                         ["verified", "missing"])
        self.assertTrue(any("missing" in limit for limit in document["limits"]))

    def test_layer_order_comes_from_the_manifest(self):
        first = tar_of(("f", {}, b"old"))
        second = tar_of(("f", {}, b"new"))
        for layers, content in (([first, second], b"new"), ([second, first], b"old")):
            base = layout_of(self.path("base.tar"), layers)
            document = diff(base, self.write("l.tar", tar_of(("f", {}, b"x"))))
            self.assertEqual(document["changes"][0]["before"]["sha256"], sha(content)[7:])

    def test_whiteouts_of_the_oci_dialect(self):
        base = layout_of(self.path("base.tar"), [self.base])
        layer = self.write("l.tar", tar_of(
            ("srv/z", {}, b"z"), ("srv/.wh..wh..opq", {}, b""), ("etc/.wh.a", {}, b""),
            ("etc/.wh..wh.plnk", {}, b"")))
        self.assertEqual(found(diff(base, layer)), {
            "/etc/a": ("deleted", ()), "/srv/x": ("deleted", ()), "/srv/y": ("deleted", ()),
            "/srv/z": ("added", ())})

    def test_a_whiteout_hides_nothing_of_its_own_layer(self):
        base = layout_of(self.path("base.tar"), [self.base])
        for order in (0, 1):
            members = [("etc/.wh.a", {}, b""), ("etc/a", {}, b"new")]
            layer = self.write("l.tar", tar_of(*(members[::-1] if order else members)))
            self.assertEqual(found(diff(base, layer)), {"/etc/a": ("modified", ("content",))})

    def test_whiteout_names_in_an_upper_folder_delete_nothing(self):
        base = layout_of(self.path("base.tar"), [self.base])
        layer = self.write("l.tar", tar_of(("etc", DIR, b""), ("etc/b", CHAR, b""),
                                           ("etc/.wh.a", {}, b"")))
        document = diff(base, layer)
        self.assertEqual(found(document), {"/etc/b": ("deleted", ()),
                                           "/etc/.wh.a": ("added", ())})
        self.assertIn("whiteout-name-in-upper-folder",
                      [o["what"] for o in document["subject"]["oddities"]])

    def test_a_redirected_folder_brings_its_content(self):
        base = layout_of(self.path("base.tar"), [self.base])
        moved = dict(DIR, pax_headers={"SCHILY.xattr.trusted.overlay.redirect": "/srv"})
        layer = self.write("l.tar", tar_of(("srv", CHAR, b""), ("data", moved, b"")))
        document = diff(base, layer)
        self.assertEqual(found(document), {
            "/srv": ("deleted", ()), "/srv/x": ("deleted", ()), "/srv/y": ("deleted", ()),
            "/data": ("added", ()), "/data/x": ("added", ()), "/data/y": ("added", ())})
        by_path = {c["path"]: c for c in document["changes"]}
        self.assertEqual(by_path["/data"]["renamed_from"], "/srv")
        self.assertEqual(by_path["/data/x"]["renamed_from"], "/srv/x")
        self.assertEqual(by_path["/data/x"]["after"]["sha256"], sha(b"x")[7:])

    def test_metacopy_keeps_the_lower_bytes(self):
        base = layout_of(self.path("base.tar"), [self.base])
        meta = {"mode": 0o4755, "pax_headers": {"SCHILY.xattr.trusted.overlay.metacopy": ""}}
        layer = self.write("l.tar", tar_of(("etc", DIR, b""), ("etc/a", meta, b"\0\0\0")))
        document = diff(base, layer)
        self.assertEqual(found(document), {"/etc/a": ("modified", ("mode",))})
        self.assertEqual(document["changes"][0]["after"]["sha256"], sha(b"one")[7:])

    def test_links_are_resolved_inside_the_root(self):
        merged = tar_of(("usr", DIR, b""), ("usr/bin", DIR, b""),
                        ("usr/bin/true", {}, b"t"),
                        ("bin", {"type": tarfile.SYMTYPE, "linkname": "usr/bin"}, b""),
                        ("out", {"type": tarfile.SYMTYPE, "linkname": "../../../etc"}, b""))
        base = layout_of(self.path("base.tar"), [merged])
        layer = self.write("l.tar", tar_of(("bin/.wh.true", {}, b""), ("bin/new", {}, b"n")))
        self.assertEqual(found(diff(base, layer)), {"/usr/bin/true": ("deleted", ()),
                                                    "/usr/bin/new": ("added", ())})

    def test_renamed_and_copied_files_are_found_by_content(self):
        base = layout_of(self.path("base.tar"), [self.base])
        layer = self.write("l.tar", tar_of(("etc/.wh.a", {}, b""), ("moved", {}, b"one"),
                                           ("copy", {}, b"two")))
        by_path = {c["path"]: c for c in diff(base, layer)["changes"]}
        self.assertEqual(by_path["/moved"]["renamed_from"], "/etc/a")
        self.assertEqual(by_path["/copy"]["copied_from"], "/etc/b")

    def test_changes_come_bytewise_by_path(self):
        # "-" and "." come before "/", letters and UTF-8 after it.
        files = ["a/b/c", "a-b/c", "a.b", "a/b.c", "a!", "ab", "a\u00e9/x", "a/b-c/d", "B",
                 "a/bc", "z/" * 40 + "z", "z/" * 39 + "z-"]
        base = layout_of(self.path("base.tar"), [self.base])
        layer = self.write("l.tar", tar_of(*((name, {}, b"n") for name in files)))
        paths = [c["path"] for c in diff(base, layer)["changes"]]
        self.assertLess({"/" + name for name in files}, set(paths))
        self.assertEqual(paths, sorted(paths, key=str.encode))

    def test_what_was_only_copied_up_is_not_a_change(self):
        base = layout_of(self.path("base.tar"), [self.base])
        layer = self.write("l.tar", tar_of(("etc", DIR, b""), ("etc/a", {}, b"one")))
        document = diff(base, layer)
        self.assertEqual(document["changes"], [])
        self.assertEqual(document["unchanged"], ["/etc/a"])

    def test_the_same_bytes_written_again_change_only_the_time(self):
        base = layout_of(self.path("base.tar"), [self.base])
        layer = self.write("l.tar", tar_of(("etc/a", {"mtime": 1700000999}, b"one")))
        self.assertEqual(found(diff(base, layer)), {"/etc/a": ("modified", ("time",))})

    def test_a_hard_link_to_a_lower_layer_has_its_bytes(self):
        base = layout_of(self.path("base.tar"), [self.base])
        link = {"type": tarfile.LNKTYPE, "linkname": "etc/a"}
        layer = self.write("l.tar", tar_of(("etc/same", link, b"")))
        change = diff(base, layer)["changes"][0]
        self.assertEqual((change["path"], change["hard_link_with"], change["after"]["sha256"]),
                         ("/etc/same", "/etc/a", sha(b"one")[7:]))

    def test_a_flat_root_is_compared_as_a_whole(self):
        many = [("d%d" % i, {}, b"%d" % i) for i in range(40)]
        base = layout_of(self.path("base.tar"), [tar_of(*many)])
        layer = self.write("export.tar", tar_of(*many[1:], ("new", {}, b"n")))
        document = diff(base, layer)
        self.assertEqual(document["subject"]["dialect"], "whole-root")
        self.assertEqual(found(document), {"/d0": ("deleted", ()), "/new": ("added", ())})
        self.assertEqual(found(diff("--as", "layer", base, layer)), {"/new": ("added", ())})

    def test_docker_archive_with_links_for_repeated_layers(self):
        config = json.dumps({"os": "linux", "rootfs": {"type": "layers",
                             "diff_ids": [sha(self.base)] * 2}}).encode()
        manifest = json.dumps([{"Config": "c.json", "RepoTags": ["app:1"],
                                "Layers": ["1/layer.tar", "2/layer.tar"]}]).encode()
        path = self.path("save.tar")
        with tarfile.open(path, "w") as t:
            for name, data in (("1/layer.tar", self.base), ("c.json", config),
                               ("manifest.json", manifest)):
                m = tarfile.TarInfo(name)
                m.size = len(data)
                t.addfile(m, io.BytesIO(data))
            m = tarfile.TarInfo("2/layer.tar")
            m.type, m.linkname = tarfile.SYMTYPE, "../1/layer.tar"
            t.addfile(m)
        document = diff(path, self.write("l.tar", tar_of(("n", {}, b""))))
        self.assertEqual(document["base"]["form"], "docker-archive")
        self.assertEqual([l["diff_id_check"] for l in document["base"]["layers"]],
                         ["verified", "verified"])

    def test_platforms_of_an_index(self):
        def split(files, blobs):
            index = json.loads(files["index.json"])
            arm = tar_of(("arm", {}, b""))
            config = json.dumps({"os": "linux", "architecture": "arm64",
                                 "rootfs": {"type": "layers", "diff_ids": [sha(arm)]}}).encode()
            manifest = json.dumps({"schemaVersion": 2, "config": {"digest": sha(config),
                                   "size": len(config)}, "layers": [{"digest": sha(arm),
                                   "size": len(arm)}]}).encode()
            index["manifests"][0]["platform"] = {"os": "linux", "architecture": "amd64"}
            index["manifests"].append({"digest": sha(manifest), "size": len(manifest),
                                       "platform": {"os": "linux", "architecture": "arm64"}})
            files["index.json"] = json.dumps(index).encode()
            for b in (arm, config, manifest):
                files["blobs/" + sha(b).replace(":", "/")] = b
        base = layout_of(self.path("base.tar"), [self.base], split)
        layer = self.write("l.tar", tar_of(("n", {}, b"")))
        run(base, layer, status=2)  # it asks
        self.assertEqual(diff("--platform", "linux/amd64", base, layer)["base"]["architecture"],
                         "amd64")
        arm = diff("--platform", "linux/arm64", base, layer)["base"]
        self.assertEqual((arm["architecture"], arm["other_images"]), ("arm64", 1))

    def test_nothing_that_can_be_compared_is_status_2(self):
        text = self.write("text", b"hello")
        layer = self.write("l.tar", tar_of(("n", {}, b"")))
        run(text, layer, status=2)
        run(layer, text, status=2)
        run(layer, status=2)

    def test_hostile_names_are_left_out_and_said(self):
        base = layout_of(self.path("base.tar"), [self.base])
        layer = self.write("l.tar", tar_of(("../../etc/passwd", {}, b"!"),
                                           ("/etc/a", {}, b"abs"), ("ok\x1b[31m", {}, b"k")))
        document = diff(base, layer)
        self.assertEqual(found(document)["/etc/a"], ("modified", ("content",)))
        self.assertEqual([o["what"] for o in document["subject"]["oddities"]], ["unsafe-path"])
        self.assertNotIn(b"\x1b", run(base, layer))


if __name__ == "__main__":
    unittest.main()
