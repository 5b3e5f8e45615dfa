"""Archives in several files, cut by split(1) and 7z: read as the one that they were."""

import json
import shutil
import subprocess
import unittest

from verify_kit import EXHIBIT, INVENTORY, PKI, VerifyCase, run, verify

TRUST = ("--trust", PKI / "ca.pem")
STUB = b"#!/bin/sh\nexec unzip $0; exit\n"
FORMS = {".001": ("-d", "-a3", "--numeric-suffixes=1"), ".00": ("-d", "-a2"),
         ".part1": ("-d", "-a1", "--numeric-suffixes=1"), ".part01": (
             "-d", "-a2", "--numeric-suffixes=1"), ".aa": ("-a2",), ".partaa": ("-a2",),
         "-part001": ("-d", "-a3", "--numeric-suffixes=1")}


class Split(VerifyCase):
    def archive(self, *packed):
        shutil.copytree(INVENTORY, self.folder / "case")
        path = self.folder / "case.tar"
        run("tar", "cf", path, "case", cwd=self.folder)
        if packed:
            run(*packed, path)
            path = next(p for p in self.folder.glob("case.tar.*"))
        return path

    def cut(self, path, first, options, size=60000):
        """Returns the name of the first part; the whole is deleted."""
        separator = first.rstrip("0123456789") if first[-1].isdigit() else first[:-2]
        run("split", "-b", str(size), *options, path.name, path.name + separator,
            cwd=path.parent)
        path.unlink()
        return path.with_name(path.name + first)

    def holds(self, first):
        code, document = verify(*TRUST, first)
        self.assertEqual((code, document["verdict"]), (0, "verified"))
        return document

    def test_each_way_to_name_parts(self):
        whole = self.archive("zstd", "-q", "--rm")
        data = whole.read_bytes()
        listing = self.holds(whole)["package"]["listing_sha256"]
        for first, options in FORMS.items():
            with self.subTest(first):
                whole.write_bytes(data)
                document = self.holds(self.cut(whole, first, options, len(data) // 7))
                self.assertEqual(document["package"]["listing_sha256"], listing)
                for part in self.folder.glob("case.tar.zst[.-]*"):
                    part.unlink()

    def test_plain_tar_cut_where_headers_begin(self):
        self.holds(self.cut(self.archive(), ".001", FORMS[".001"], 512 * 40))

    def test_gzip_and_more_than_a_thousand_parts(self):
        path = self.archive("gzip")
        size = path.stat().st_size // 1100
        run("split", "-b", str(size), "-d", "-a4", "--numeric-suffixes=1", path.name,
            "case.tar.gz.", cwd=self.folder)
        path.unlink()
        first = self.folder / "case.tar.gz.0001"
        self.assertGreater(len(list(self.folder.glob("case.tar.gz.*"))), 1000)
        self.holds(first)

    def test_volumes_of_7z(self):
        """The index stands at the end: they are sought in across files."""
        self.archive()
        run("7z", "a", "-v50k", "out.7z", "case", cwd=self.folder)
        self.assertTrue((self.folder / "out.7z.002").exists())
        self.holds(self.folder / "out.7z.001")

    def test_zip_that_was_cut(self):
        self.archive()
        run("zip", "-qr", "case.zip", "case", cwd=self.folder)
        self.holds(self.cut(self.folder / "case.zip", ".part1", FORMS[".part1"], 150000))

    def test_missing_part_in_the_middle_and_at_the_end(self):
        first = self.cut(self.archive("zstd", "-q", "--rm"), ".001", FORMS[".001"])
        parts = sorted(self.folder.glob("case.tar.zst.*"))
        kept = parts[2].read_bytes()
        parts[2].unlink()
        code, document = verify(first)
        self.assertEqual(code, 1)
        fault = next(f for f in document["findings"] if f["arguments"].get("fault")
                     == "missing-part")
        self.assertEqual(int(fault["arguments"]["offset"]), 120000)
        parts[2].write_bytes(kept)
        self.holds(first)
        parts[-1].unlink()
        self.assertEqual(verify(first)[0], 1)

    def test_changed_byte_in_a_later_part(self):
        first = self.cut(self.archive(), ".001", FORMS[".001"])
        part = self.folder / "case.tar.004"
        data = bytearray(part.read_bytes())
        data[30000] ^= 1
        part.write_bytes(data)
        self.assertEqual(verify(*TRUST, first)[0], 1)

    def test_a_later_part_is_refused_with_advice(self):
        first = self.cut(self.archive("zstd", "-q", "--rm"), ".001", FORMS[".001"])
        done = subprocess.run([EXHIBIT, "verify", str(first)[:-1] + "3"], check=False,
                              capture_output=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"give the first part", done.stderr)

    def test_files_that_only_look_like_parts(self):
        """Rotated logs, and archives of their own with numbers."""
        self.files({"audit.log.1": b"one\n", "audit.log.2": b"two\n"})
        for n in "12":
            run("tar", "czf", f"day.0{n}", f"audit.log.{n}", cwd=self.package)
        self.manifest()
        document = self.assert_verdict("unsealed")
        self.assertEqual({i["path"] for i in document["items"]} & {"day", "audit.log"},
                         set())
        done = run(EXHIBIT, "list", "--all", self.package).decode()
        self.assertIn("day.02//audit.log.2", done)

    # -- volumes of zip ---------------------------------------------------------------

    def volumes(self, folder=None, *options):
        """case.z01, case.z02, …, case.zip, as zip itself cuts."""
        self.archive()
        folder = folder or self.folder / "volumes"
        folder.mkdir()
        run("zip", "-q", "-r", "-s", "64k", *options, folder / "case.zip", "case",
            cwd=self.folder)
        self.assertGreater(len(list(folder.glob("case.z*"))), 3)
        return folder / "case.zip"

    def test_zip_volumes_by_the_last_or_the_first(self):
        last = self.volumes()
        listing = self.holds(last)["package"]["listing_sha256"]
        self.assertEqual(self.holds(last.with_name("case.z01"))["package"]
                         ["listing_sha256"], listing)
        self.assertEqual(self.holds(last)["findings"],
                         self.holds(self.folder / "case.tar")["findings"])

    def test_zip_volumes_of_stored_members(self):
        self.holds(self.volumes(None, "-0"))

    def test_the_last_volume_alone(self):
        last = self.volumes()
        last.with_name("case.z01").unlink()
        code, document = verify(*TRUST, last)
        self.assertEqual((code, document["verdict"]), (1, "incomplete"))
        self.assertIn("missing-part", [f["arguments"].get("fault")
                                       for f in document["findings"]])

    def test_a_zip_volume_that_is_missing_or_was_changed(self):
        last = self.volumes()
        second = last.with_name("case.z02")
        data = second.read_bytes()
        second.unlink()
        self.assertEqual(verify(*TRUST, last)[0], 1)
        second.write_bytes(data[:20000] + bytes([data[20000] ^ 1]) + data[20001:])
        self.assertEqual(verify(*TRUST, last)[0], 1)
        second.write_bytes(data)
        self.holds(last)
        last.unlink()
        self.assertEqual(verify(*TRUST, last.with_name("case.z01"))[0], 1)

    def test_zip_volumes_in_a_package(self):
        self.package.mkdir()
        self.volumes(self.package / "v")
        self.manifest()
        document = self.assert_verdict("unsealed")
        self.assertNotIn("integrity.fault", {f["id"] for f in document["findings"]})
        self.assertTrue(run(EXHIBIT, "show", self.package, "v/case.z01//case/audit.log"))

    # -- zip behind other data -----------------------------------------------------------

    def prefixed(self, adjust=False):
        self.archive()
        path = self.folder / "case.zip"
        run("zip", "-qr", path, "case", cwd=self.folder)
        path.write_bytes(STUB + path.read_bytes())
        if adjust:
            run("zip", "-qA", path)
        return path

    def test_zip_that_extracts_itself(self):
        for adjust in (False, True):
            with self.subTest(adjust):
                code, document = verify(*TRUST, self.prefixed(adjust))
                faults = [f["arguments"] for f in document["findings"]
                          if f["id"] == "integrity.fault"]
                self.assertEqual([(f["fault"], f["have"]) for f in faults],
                                 [("leading-data", str(len(STUB)))])
                self.assertEqual((code, document["verdict"]), (1, "incomplete"))
                self.assertGreater(document["counts"]["verified"], 5)
                shutil.rmtree(self.folder / "case")

    def test_one_among_the_files_of_a_package(self):
        """Its own bytes are listed as they are: it says no more than that."""
        path = self.prefixed()
        self.files()
        shutil.copy(path, self.package / "tool.run")
        shutil.copy("/bin/ls", self.package / "ls")
        self.manifest()
        document = self.assert_verdict("unsealed")
        self.assertEqual([f["subject"] for f in document["findings"]
                          if f["arguments"].get("fault") == "leading-data"], ["tool.run"])
        self.assertTrue(run(EXHIBIT, "show", self.package, "tool.run//case/audit.log"))

    # -- parts among the files of a package ------------------------------------------

    def in_package(self, listed):
        """A checkpoint in three files; the manifest lists those or what they were."""
        self.package.mkdir()
        path = self.package / "dump.tar.zst"
        shutil.copy(next(INVENTORY.glob("*-checkpoint.tar.zst")), path)
        if listed == "whole":
            self.manifest()
        self.cut(path, ".part1", FORMS[".part1"], 20000)
        if listed == "parts":
            self.manifest()
        policy = self.folder / "policy.json"
        policy.write_text(json.dumps({"artefacts": {
            "criu-checkpoint": "required", **dict.fromkeys((
                "pod-manifest", "falco-alerts", "audit-log", "network-policy",
                "written-timeline", "container-log", "writable-layer"), "optional")}}))
        return "--policy", policy

    def test_parts_that_a_manifest_lists(self):
        options = self.in_package("parts")
        document = self.assert_verdict("unsealed", *options)
        self.assertEqual([c["artefact"] for c in document["completeness"]
                          if c["present"]], ["criu-checkpoint"])
        shown = run(EXHIBIT, "show", "--raw", self.package,
                    "dump.tar.zst.part1//checkpoint/inventory.img")
        whole = b"".join((self.package / f"dump.tar.zst.part{n}").read_bytes()
                         for n in (1, 2, 3))
        inner = run("bash", "-c", "zstd -dc | tar xO checkpoint/inventory.img",
                    stdin=whole)
        self.assertEqual(shown, inner)
        (self.package / "dump.tar.zst.part2").unlink()
        self.assert_verdict("incomplete", *options)

    def test_whole_that_a_manifest_lists(self):
        options = self.in_package("whole")
        document = self.assert_verdict("unsealed", *options)
        self.assertEqual(self.item(document, "dump.tar.zst.part2")["verdict"], "verified")
        part = self.package / "dump.tar.zst.part3"
        part.write_bytes(part.read_bytes() + b"x")
        self.assert_verdict("failed", *options)

    # -- parts in an archive -------------------------------------------------------------

    def parts(self, name, first, options, pack=("zstd", "-q", "--rm")):
        """The case's files, packed and cut, in a folder of their own."""
        folder = self.folder / "inner"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        shutil.copytree(INVENTORY, folder / "case")
        run("tar", "cf", name, "case", cwd=folder)
        shutil.rmtree(folder / "case")
        if pack:
            run(*pack, name, cwd=folder)
        path = next(folder.iterdir())
        whole = path.read_bytes()
        self.cut(path, first, options, len(whole) // 5)
        return folder, whole

    def holds_inside(self, package, case):
        """What is in the parts is what the files were."""
        for name in ("manifest.sha256", "audit.log"):
            shown = run(EXHIBIT, "show", "--raw", package, f"{case}//case/{name}")
            self.assertEqual(shown, (INVENTORY / name).read_bytes())
        listed = json.loads(run(EXHIBIT, "list", "--all", "--json", package))
        faults = {i["fault"]["code"] for i in listed["items"] if i.get("fault")}
        self.assertLessEqual(faults, {"empty"})

    def test_parts_in_an_archive_of_any_form(self):
        for first, options in FORMS.items():
            with self.subTest(first):
                folder, _ = self.parts("case.tar", first, options)
                for pack, outer in (("cf", "outer.tar"), ("czf", "outer.tar.gz")):
                    run("tar", pack, outer, "inner", cwd=self.folder)
                    self.holds_inside(self.folder / outer, f"inner/case.tar.zst{first}")
                run("7z", "a", "-bd", "outer.7z", "inner", cwd=self.folder)
                self.holds_inside(self.folder / "outer.7z", f"inner/case.tar.zst{first}")
                (self.folder / "outer.7z").unlink()
                shutil.rmtree(folder)

    def test_parts_in_an_archive_in_a_folder_and_parts_of_that(self):
        folder, _ = self.parts("case.tar", ".001", FORMS[".001"])
        case = folder / "case.tar.zst.001"
        (folder / "alone.tar.gz.001").write_bytes(run("tar", "cz", "-C", INVENTORY,
                                                      "audit.log"))
        self.package.mkdir()
        run("tar", "cf", self.folder / "middle.tar", "inner", cwd=self.folder)
        size = (self.folder / "middle.tar").stat().st_size
        self.cut(self.folder / "middle.tar", ".part1", FORMS[".part1"], size // 3)
        run("bash", "-c", f"tar cJf {self.package}/outer.tar.xz middle.tar.part*",
            cwd=self.folder)
        inner = "outer.tar.xz//middle.tar.part1//inner"
        for place, data in ((f"{inner}/alone.tar.gz.001//audit.log",
                             (INVENTORY / "audit.log").read_bytes()),
                            (f"{inner}/case.tar.zst.001", case.read_bytes()),
                            (f"{inner}/case.tar.zst.001//case/audit.log",
                             (INVENTORY / "audit.log").read_bytes())):
            self.assertEqual(run(EXHIBIT, "show", "--raw", self.package, place), data)

    def test_volumes_of_7z_in_an_archive(self):
        folder = self.folder / "inner"
        folder.mkdir()
        shutil.copytree(INVENTORY, self.folder / "case")
        run("7z", "a", "-bd", "-v100k", folder / "case.7z", "case", cwd=self.folder)
        run("tar", "cf", "outer.tar", "inner", cwd=self.folder)
        self.holds_inside(self.folder / "outer.tar", "inner/case.7z.001")

    def test_a_part_in_an_archive_that_is_missing(self):
        folder, _ = self.parts("case.tar", ".001", FORMS[".001"])
        (folder / "case.tar.zst.003").unlink()
        self.package.mkdir()
        run("tar", "cf", self.package / "outer.tar", "inner", cwd=self.folder)
        self.manifest()
        _, document = verify(self.package)
        self.assertIn("missing-part", {f["arguments"].get("fault")
                                       for f in document["findings"]})

    def test_parts_in_an_archive_that_a_manifest_lists(self):
        folder, whole = self.parts("case.tar", ".part1", FORMS[".part1"])
        for listed in ("parts", "whole"):
            with self.subTest(listed):
                names = sorted(p.name for p in folder.glob("*.part*"))
                if listed == "parts":
                    (folder / "manifest.sha256").write_bytes(
                        run("sha256sum", *names, cwd=folder))
                else:
                    digest = run("sha256sum", "-", stdin=whole).decode().split()[0]
                    (folder / "manifest.sha256").write_text(f"{digest}  case.tar.zst\n")
                run("tar", "cf", "outer.tar", "-C", folder, ".", cwd=self.folder)
                code, document = verify(self.folder / "outer.tar")
                self.assertEqual((code, document["verdict"]), (0, "unsealed"))
                last = folder / names[-1]
                data = last.read_bytes()
                last.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
                run("tar", "cf", "outer.tar", "-C", folder, ".", cwd=self.folder)
                code, document = verify(self.folder / "outer.tar")
                self.assertEqual((code, document["verdict"]), (1, "failed"))
                last.write_bytes(data)

    def test_zip_volumes_in_an_archive(self):
        shutil.copytree(INVENTORY, self.folder / "case")
        folder = self.folder / "inner"
        folder.mkdir()
        run("zip", "-q", "-r", "-s", "100k", folder / "case.zip", "case", cwd=self.folder)
        run("tar", "cf", "outer.tar", "inner", cwd=self.folder)
        self.holds_inside(self.folder / "outer.tar", "inner/case.z01")


if __name__ == "__main__":
    unittest.main()
