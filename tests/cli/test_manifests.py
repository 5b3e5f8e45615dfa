"""Manifests of every format, made by the tools that define them, and their traps."""

import base64
import hashlib
import json
import os
import pathlib
import unittest

import verify_kit
from verify_kit import INVENTORY, VerifyCase, run, sha256

A, B = b"alpha\n", b"beta\n"


class Sums(VerifyCase):
    def write(self, text, name="manifest.sha256"):
        self.files()
        (self.package / name).write_bytes(text if isinstance(text, bytes) else text.encode())

    def subjects(self, document, kind):
        return [f["subject"] for f in document["findings"] if f["id"] == kind]

    def test_each_tool_of_coreutils(self):
        for tool in ("sha224sum", "sha256sum", "sha384sum", "sha512sum", "b2sum"):
            for options in ([], ["--binary"], ["--tag"]):
                with self.subTest(tool=tool, options=options):
                    self.files()
                    name = f"{tool}.{'sha256' if tool == 'sha256sum' else 'txt'}"
                    for old in self.package.glob("*sum.*"):
                        old.unlink()
                    out = run(tool, *options, "a.bin", "b.bin", cwd=self.package)
                    (self.package / name).write_bytes(out)
                    document = self.assert_verdict("unsealed")
                    self.assertEqual(self.findings(document), set())
                    self.assertEqual(self.item(document, "a.bin")["verdict"], "verified")
                    (self.package / "a.bin").write_bytes(b"Alpha\n")
                    self.assertEqual(self.findings(self.assert_verdict("failed")),
                                     {("integrity.mismatch", "a.bin")})

    def test_weak_digests_alone_verify_nothing(self):
        for tool in ("md5sum", "sha1sum"):
            with self.subTest(tool):
                self.files()
                self.manifest("list.txt", tool)
                document = self.assert_verdict("unsealed")
                self.assertEqual(self.item(document, "a.bin")["verdict"], "unchecked")
                self.assertIn(("integrity.weak-digest", "a.bin"), self.findings(document))
                (self.package / "list.txt").unlink()

    def test_weak_and_strong_must_agree(self):
        self.files()
        self.manifest("SHA256SUMS")
        lines = run("md5sum", "a.bin", "b.bin", cwd=self.package)
        (self.package / "MD5SUMS").write_bytes(lines)
        (self.package / "SHA256SUMS").write_bytes(
            run("sha256sum", "a.bin", "b.bin", cwd=self.package))
        self.assert_verdict("unsealed")
        (self.package / "MD5SUMS").write_bytes(lines.replace(lines[:4], b"0000"))
        document = self.assert_verdict("failed")
        self.assertEqual(self.subjects(document, "integrity.mismatch"), ["a.bin"])

    def test_bsd_lines_of_mixed_algorithms(self):
        self.write(f"SHA256 (a.bin) = {sha256(A)}\n"
                   f"SHA512 (b.bin) = {hashlib.sha512(B).hexdigest()}\n"
                   f"MD5 (b.bin) = {hashlib.md5(B).hexdigest()}\n")
        self.assert_verdict("unsealed")

    def test_openssl_dgst_lines(self):
        self.files()
        out = run("openssl", "dgst", "-sha256", "a.bin", "b.bin", cwd=self.package)
        (self.package / "m.sha256").write_bytes(out)
        self.assert_verdict("unsealed")

    def test_cksum_base64(self):
        digest = base64.b64encode(hashlib.sha256(A).digest()).decode()
        self.write(f"SHA256 (a.bin) = {digest}\nSHA256 (b.bin) = {sha256(B)}\n")
        self.assert_verdict("unsealed")

    def test_crlf_comments_blank_lines_upper_case_leading_blanks(self):
        self.write(f"# made on Windows\r\n\r\n  {sha256(A).upper()}  a.bin\r\n"
                   f"{sha256(B)} *b.bin\r\n")
        self.assert_verdict("unsealed")

    def test_a_manifest_as_large_as_a_million_files_need(self):
        """Most of it comments: what counts is that it is read to its last line."""
        filler = "# " + "x" * 97 + "\n"
        self.write(f"{sha256(A)}  a.bin\n" + filler * (110 * 10**6 // len(filler)) +
                   f"{sha256(B)}  b.bin\n")
        self.assert_verdict("unsealed")

    def test_escaped_names(self):
        names = {"new\nline": A, "back\\slash": B, "carriage\rreturn": A, "plain": B}
        self.files(names)
        self.manifest()
        document = self.assert_verdict("unsealed")
        self.assertEqual(document["counts"]["verified"], 4)

    def test_reversed_lines_of_old_bsd(self):
        self.write(f"{sha256(A)} a.bin\n{sha256(B)} b.bin\n")
        self.assert_verdict("unsealed")

    def test_mixture_of_standard_and_reversed_is_malformed(self):
        self.write(f"{sha256(A)}  a.bin\n{sha256(B)} b.bin\n")
        document = self.assert_verdict("incomplete")
        self.assertIn(("integrity.malformed-manifest", "manifest.sha256"),
                      self.findings(document))

    def test_folders_and_dot_slash(self):
        self.files({"logs/x.log": A, "y.log": B})
        (self.package / "manifest.sha256").write_text(
            f"{sha256(A)}  ./logs/x.log\n{sha256(B)}  logs/../y.log\n")
        self.assert_verdict("unsealed")

    def test_manifest_in_a_folder_of_its_own(self):
        self.files()
        self.files({"meta/SHA256SUMS": f"{sha256(A)}  ../a.bin\n{sha256(B)}  ../b.bin\n"
                    .encode()})
        self.assert_verdict("unsealed")
        self.files({"meta/SHA256SUMS": f"{sha256(A)}  a.bin\n{sha256(B)}  b.bin\n".encode()})
        self.assert_verdict("unsealed")

    def test_manifest_that_lists_itself(self):
        self.write(f"{sha256(A)}  a.bin\n{sha256(B)}  b.bin\n{sha256(b'')}  manifest.sha256\n")
        self.assert_verdict("unsealed")

    def test_listed_twice_with_the_same_digest(self):
        self.write(f"{sha256(A)}  a.bin\n{sha256(A)}  ./a.bin\n{sha256(B)}  b.bin\n")
        self.assertEqual(self.findings(self.assert_verdict("unsealed")),
                         {("integrity.duplicate-claim", "./a.bin")})

    def test_listed_twice_with_different_digests(self):
        self.write(f"{sha256(A)}  a.bin\n{sha256(B)}  a.bin\n{sha256(B)}  b.bin\n")
        self.assertIn(("integrity.mismatch", "a.bin"),
                      self.findings(self.assert_verdict("failed")))

    def test_two_manifests_that_disagree(self):
        self.write(f"{sha256(A)}  a.bin\n{sha256(B)}  b.bin\n")
        (self.package / "other.sha256").write_text(f"{sha256(B)}  a.bin\n")
        self.assertEqual(self.findings(self.assert_verdict("failed")),
                         {("integrity.mismatch", "a.bin")})

    def test_names_in_other_case_or_normal_form(self):
        self.files({"N\u00fa\u00f1ez.txt": A, "README": B})
        (self.package / "manifest.sha256").write_text(
            f"{sha256(A)}  Nu\u0301n\u0303ez.txt\n{sha256(B)}  readme\n")
        document = self.assert_verdict("unsealed")
        self.assertEqual(len(self.subjects(document, "integrity.confusable-names")), 2)

    def test_two_files_whose_names_fold_to_one(self):
        self.files({"case.txt": A, "CASE.txt": B, "stra\u00dfe": A, "STRASSE": A})
        self.manifest()
        document = self.assert_verdict("unsealed")
        self.assertEqual(len(self.subjects(document, "integrity.confusable-names")), 2)

    def test_no_manifest(self):
        self.files()
        self.assertIn("integrity.no-manifest",
                      {f["id"] for f in self.assert_verdict("incomplete")["findings"]})

    def test_nested_archive_speaks_for_itself(self):
        inner = self.folder / "inner"
        inner.mkdir()
        (inner / "x").write_bytes(A)
        (inner / "SHA256SUMS").write_text(f"{sha256(B)}  x\n")
        self.files({"a.bin": A})
        run("tar", "-cf", self.package / "inner.tar", "-C", inner, ".")
        self.manifest()
        document = self.assert_verdict("failed")
        self.assertEqual({f["subject"] for f in document["findings"]
                          if f["id"] == "integrity.mismatch"}, {"inner.tar//x"})

    def test_archive_with_other_digests_is_read_again_once(self):
        self.files({f"f{i}": str(i).encode() * 1000 for i in range(40)})
        self.manifest("SHA512SUMS", "sha512sum")
        run("tar", "--zstd", "-cf", self.folder / "p.tar.zst", "-C", self.package, ".")
        self.package = self.folder / "p.tar.zst"
        self.assertEqual(self.assert_verdict("unsealed")["counts"]["verified"], 40)


class WherePeersFail(VerifyCase):
    """Defects reproduced in sha256sum, hashdeep, rhash, bagit-python and bsdtar."""

    def manifest_text(self, text, name="manifest.sha256"):
        self.files()
        (self.package / name).write_bytes(text)

    def test_nul_in_a_name_is_not_verified_as_its_prefix(self):
        self.manifest_text(f"{sha256(A)}  a.bin\0.exe\n{sha256(B)}  b.bin\n".encode())
        document = self.assert_verdict("incomplete")
        self.assertEqual(self.item(document, "a.bin")["verdict"], "unlisted")

    def test_fifo_does_not_block(self):
        self.manifest_text(f"{sha256(A)}  a.bin\n{sha256(B)}  b.bin\n{sha256(A)}  pipe\n"
                           .encode())
        os.mkfifo(self.package / "pipe")
        document = self.assert_verdict("incomplete")
        self.assertIn(("integrity.missing", "pipe"), self.findings(document))

    def test_symlink_is_not_followed(self):
        self.manifest_text(f"{sha256(A)}  a.bin\n{sha256(B)}  b.bin\n{sha256(A)}  link\n"
                           .encode())
        (self.package / "link").symlink_to("a.bin")
        self.assertIn(("integrity.missing", "link"),
                      self.findings(self.assert_verdict("incomplete")))

    def test_paths_out_of_the_package_are_not_read(self):
        outside = self.folder / "outside"
        outside.write_bytes(A)
        for name in ("../outside", str(outside), "x/../../outside"):
            with self.subTest(name):
                self.manifest_text(f"{sha256(A)}  a.bin\n{sha256(B)}  b.bin\n"
                                   f"{sha256(A)}  {name}\n".encode())
                document = self.assert_verdict("incomplete")
                self.assertIn(("integrity.outside-claim", name), self.findings(document))

    def test_truncated_digest_line_is_not_dropped(self):
        self.manifest_text(f"{sha256(A)}  a.bin\n{sha256(B)[:-2]}  b.bin\n".encode())
        document = self.assert_verdict("incomplete")
        self.assertIn(("integrity.malformed-manifest", "manifest.sha256"),
                      self.findings(document))
        fault = next(f for f in document["findings"]
                     if f["id"] == "integrity.malformed-manifest")
        self.assertEqual(fault["spans"][0]["offset"], len(sha256(A)) + len("  a.bin\n"))

    def test_byte_order_mark(self):
        """sha256sum takes it for a part of the first digest and passes the line over."""
        text = f"{sha256(A)}  a.bin\r\n{sha256(B)} *b.bin\r\n"
        for data in (b"\xef\xbb\xbf" + text.encode(), text.encode("utf-16"),
                     b"\xfe\xff" + text.encode("utf-16-be")):
            for name in ("manifest.sha256", "list.txt"):
                with self.subTest(data[:3], name=name):
                    self.files()
                    (self.package / name).write_bytes(data)
                    document = self.assert_verdict("unsealed")
                    self.assertIn(("integrity.odd-name", name),
                                  {(f["id"], f["subject"]) for f in document["findings"]})
                    (self.package / "b.bin").write_bytes(b"changed\n")
                    self.assertEqual({s for f, s in self.findings(
                        self.assert_verdict("failed")) if f == "integrity.mismatch"},
                        {"b.bin"})
                    (self.package / name).unlink()

    def test_empty_manifest_is_no_pass(self):
        for text in (b"", b"# nothing\n", b"\n\n"):
            with self.subTest(text):
                self.manifest_text(text)
                self.assert_verdict("incomplete")

    def test_digest_and_name_in_the_wrong_order(self):
        self.manifest_text(f"a.bin  {sha256(A)}\nb.bin  {sha256(B)}\n".encode())
        self.assert_verdict("incomplete")

    def test_hashdeep_size_and_each_digest_count(self):
        self.files()
        good = run("hashdeep", "-c", "md5,sha256", "-l", "a.bin", "b.bin",
                   cwd=self.package).decode().replace("./", "")
        for old, new in ((None, None), (f"\n{len(A)},", f"\n{len(A) + 1},"),
                         (hashlib.md5(A).hexdigest(), "0" * 32)):
            with self.subTest(old):
                text = good.replace(old, new) if old else good
                (self.package / "list.hashdeep").write_text(text)
                document = self.assert_verdict("failed" if old else "unsealed")
                self.assertEqual({f["subject"] for f in document["findings"]
                                  if f["id"] == "integrity.mismatch"},
                                 {"a.bin"} if old else set())

    def test_hashdeep_newline_in_a_name_breaks_the_record(self):
        self.files({"two\nlines": A, "b.bin": B})
        text = run("hashdeep", "-c", "sha256", "-l", "two\nlines", "b.bin",
                   cwd=self.package)
        (self.package / "list.hashdeep").write_bytes(text)
        self.assertIn(("integrity.malformed-manifest", "list.hashdeep"),
                      self.findings(self.assert_verdict("incomplete")))

    def test_sparse_members_have_the_digest_of_their_bytes(self):
        self.package.mkdir()
        for name, layout in (("holes", ((0, b"x"), (1 << 20, b"y"), ((3 << 20) - 1, b"z"))),
                             ("all-hole", (((2 << 20) - 1, b"\0"),))):
            with open(self.package / name, "wb") as f:
                for at, data in layout:
                    f.seek(at)
                    f.write(data)
        with open(self.package / "all-hole", "r+b") as f:
            f.truncate(0)
            f.truncate(2 << 20)
        self.manifest()
        for form in ("gnu", "posix"):
            with self.subTest(form):
                archive = self.folder / f"{form}.tar"
                run("tar", "-cSf", archive, f"--format={form}", "-C", self.package, ".")
                keep, self.package = self.package, archive
                self.assertEqual(self.assert_verdict("unsealed")["counts"]["verified"], 2)
                self.package = keep

    def test_text_file_is_no_archive(self):
        self.files({"notes": b"#mtree\n", "eleven": b"hello world"})
        names = ("eleven", "notes")
        (self.package / "manifest.sha256").write_bytes(
            run("sha256sum", *names, cwd=self.package))
        document = self.assert_verdict("unsealed")  # nor does it list anything
        self.assertEqual(self.item(document, "eleven")["verdict"], "verified")


class OtherFormats(VerifyCase):
    def test_mtree_of_bsdtar(self):
        self.files({"a.bin": A, "folder/with space": B})
        out = run("bsdtar", "--format=mtree", "--options=!all,type,size,sha256", "-cf", "-",
                  "a.bin", "folder", cwd=self.package)
        (self.package / "list.mtree").write_bytes(out)
        self.assert_verdict("unsealed")
        (self.package / "folder/with space").write_bytes(b"BETA\n")
        self.assertEqual(self.findings(self.assert_verdict("failed")),
                         {("integrity.mismatch", "folder/with space")})

    def test_mtree_classic_folders(self):
        self.files({"a.bin": A, "deep/er/b.bin": B})
        (self.package / "list.mtree").write_text(
            "#mtree v2.0\n/set type=file\n. type=dir\n"
            f"    a.bin size={len(A)} sha256digest={sha256(A)}\ndeep type=dir\n"
            f"er type=dir\n  b.bin size={len(B)} \\\n  sha256={sha256(B)}\n..\n..\n..\n")
        self.assert_verdict("unsealed")

    def test_json_forms(self):
        self.files()
        forms = (
            {"a.bin": sha256(A), "b.bin": "sha256:" + sha256(B)},
            {"files": {"a.bin": sha256(A), "b.bin": sha256(B)}},
            {"files": [{"path": "a.bin", "sha256": sha256(A), "size": len(A)},
                       {"path": "b.bin", "sha256": sha256(B), "size": len(B)}]},
            [{"name": "a.bin", "digest": {"sha512": hashlib.sha512(A).hexdigest()}},
             {"name": "b.bin", "hash": sha256(B)}],
            {"_type": "https://in-toto.io/Statement/v1", "predicateType": "x",
             "subject": [{"name": "a.bin", "digest": {"sha256": sha256(A)}},
                         {"name": "b.bin", "digest": {"sha256": sha256(B)}}]},
        )
        for form in forms:
            with self.subTest(form):
                (self.package / "manifest.json").write_text(json.dumps(form))
                self.assert_verdict("unsealed")
        wrong = json.dumps(forms[2]).replace(f'"size": {len(A)}', '"size": 99')
        (self.package / "manifest.json").write_text(wrong)
        self.assertEqual(self.findings(self.assert_verdict("failed")),
                         {("integrity.mismatch", "a.bin")})

    def test_json_with_a_duplicate_key_is_refused(self):
        self.files()
        (self.package / "manifest.json").write_text(
            f'{{"a.bin": "{sha256(A)}", "b.bin": "{sha256(B)}", "a.bin": "{sha256(A)}"}}')
        self.assert_verdict("incomplete")


class WhichAreManifests(VerifyCase):
    """Digests and names stand in many documents. One that is not called a manifest must
    name what is here."""

    def package_with(self, name, text):
        self.files()
        self.manifest()
        (self.package / name).write_text(text)
        self.manifest()
        return self.package / name

    def test_a_stray_json_with_a_digest_is_none(self):
        for text in ({"a": sha256(A)}, [{"name": "nginx", "digest": "sha256:" + sha256(B)}],
                     {"files": [{"path": "/bin/sh", "sha256": sha256(B)}]},
                     {"items": [{"name": "x", "sha256": sha256(A)}]},
                     {"a.bin": sha256(B), "x": sha256(A), "y": sha256(A)}):
            with self.subTest(text):
                self.package_with("notes.json", json.dumps(text))
                document = self.assert_verdict("unsealed")
                self.assertEqual(self.item(document, "notes.json")["role"], "unknown")
                self.assertEqual(self.item(document, "notes.json")["verdict"], "verified")

    def test_stray_json_alone_lists_nothing(self):
        self.files()
        (self.package / "notes.json").write_text(json.dumps({"a": sha256(A)}))
        document = self.assert_verdict("incomplete")
        self.assertIn("integrity.no-manifest", {f["id"] for f in document["findings"]})

    def test_json_of_any_name_that_lists_what_is_here(self):
        self.files()
        text = {"a.bin": sha256(A), "b.bin": sha256(A)}
        (self.package / "collected.json").write_text(json.dumps(text))
        self.assertEqual(self.findings(self.assert_verdict("failed")),
                         {("integrity.mismatch", "b.bin")})

    def test_what_is_called_a_manifest_is_one_though_all_are_missing(self):
        self.files()
        for name in ("manifest.json", "SHA256.json", "checksums.json", "hashes.json"):
            with self.subTest(name):
                (self.package / name).write_text(json.dumps({"gone.bin": sha256(A)}))
                self.assertIn(("integrity.missing", "gone.bin"),
                              self.findings(self.assert_verdict("incomplete")))
                (self.package / name).unlink()

    def test_what_is_sealed_is_one(self):
        self.files()
        path = self.package / "list.json"
        path.write_text(json.dumps({"gone.bin": sha256(A)}))
        self.sign(path)
        self.assertIn(("integrity.missing", "gone.bin"),
                      self.findings(self.assert_verdict("incomplete")))

    def test_digests_of_the_containers_programs_are_evidence(self):
        """`kubectl exec … sha256sum /usr/bin/*`, collected with the rest."""
        lines = f"{sha256(A)}  /usr/bin/ls\n{sha256(B)}  /usr/bin/cat\n"
        self.package_with("programs.txt", lines)
        document = self.assert_verdict("unsealed")
        self.assertEqual(self.item(document, "programs.txt")["verdict"], "verified")

    def test_json_longer_than_its_head(self):
        content = {f"logs/{i:05}.log": b"%d\n" % i for i in range(1500)}
        self.files(content)
        digests = {name: sha256(data) for name, data in content.items()}
        for text in (digests, {"tool": "x", "files": digests},
                     [{"path": n, "size": len(content[n]), "sha256": d}
                      for n, d in digests.items()],
                     {"files": {n: {"sha256": d, "size": len(content[n]), "mode": "0644"}
                                for n, d in digests.items()}}):
            with self.subTest(str(text)[:60]):
                (self.package / "collected.json").write_text(json.dumps(text))
                document = self.assert_verdict("unsealed")
                self.assertEqual(document["manifests"][0]["verified"], len(content))


class NamesOfOtherMachines(VerifyCase):
    """Lists that were made in another folder or on another system."""

    def listed(self, prefix="/cases/17/", name="SHA256SUMS"):
        self.files({"a.bin": A, "logs/b.bin": B})
        (self.package / name).write_text(
            f"{sha256(A)}  {prefix}a.bin\n{sha256(B)}  {prefix}logs/b.bin\n")

    def test_are_read_below_their_common_folder(self):
        for prefix in ("/cases/17/", "/", "/home/a b/x/", "case17/", "./case17/",
                       "../case17/", "cases/2026/17/"):
            with self.subTest(prefix):
                self.listed(prefix)
                document = self.assert_verdict("unsealed")
                self.assertIn(("integrity.odd-name", "SHA256SUMS"),
                              {(f["id"], f["subject"]) for f in document["findings"]})

    def test_from_a_folder_of_manifests(self):
        (self.package / "meta").mkdir(parents=True)
        self.listed(name="meta/SHA256SUMS")
        self.assert_verdict("unsealed")

    def test_changes_and_losses_are_found(self):
        self.listed()
        (self.package / "logs/b.bin").write_bytes(b"other\n")
        self.assertEqual(self.findings(self.assert_verdict("failed")),
                         {("integrity.mismatch", "logs/b.bin")})
        (self.package / "logs/b.bin").unlink()
        self.assertEqual(self.findings(self.assert_verdict("incomplete")),
                         {("integrity.missing", "logs/b.bin")})

    def test_of_windows(self):
        for prefix in ("", ".\\", "C:\\cases\\17\\", "\\\\server\\share\\17\\", "17\\"):
            with self.subTest(prefix):
                self.files({"a.bin": A, "logs/b.bin": B})
                (self.package / "SHA256SUMS").write_text(
                    f"{sha256(A)} *{prefix}a.bin\r\n{sha256(B)} *{prefix}logs\\b.bin\r\n")
                document = self.assert_verdict("unsealed")
                self.assertIn("backslashes", str(document["findings"]))
                (self.package / "logs/b.bin").unlink()
                (self.package / "SHA256SUMS").write_text(
                    f"{sha256(A)} *{prefix or 'x/../'}a.bin\r\n"
                    f"{sha256(B)} *{prefix}logs\\b.bin\r\n")
                self.assertIn("integrity.missing",
                              {f for f, _ in self.findings(self.assert_verdict("incomplete"))})

    def test_a_file_that_has_a_backslash_in_its_name(self):
        self.files({"a\\b": A, "a/b": B})
        self.manifest()
        self.assert_verdict("unsealed")
        (self.package / "a\\b").write_bytes(b"changed")
        self.assertEqual(self.findings(self.assert_verdict("failed")),
                         {("integrity.mismatch", "a\\b")})

    def test_a_digest_beside_its_file(self):
        for text in (sha256(A), sha256(A).upper() + "\r\n", f"{sha256(A)}  -\n",
                     f"{sha256(A)} *-\n", f"SHA256(stdin)= {sha256(A)}\n",
                     f"{sha256(A)}  a.bin\n"):
            with self.subTest(text):
                self.files()
                (self.package / "a.bin.sha256").write_text(text)
                (self.package / "b.bin.sha512").write_text(hashlib.sha512(B).hexdigest())
                self.assert_verdict("unsealed")
                (self.package / "a.bin").write_bytes(b"changed\n")
                self.assertEqual(self.findings(self.assert_verdict("failed")),
                                 {("integrity.mismatch", "a.bin")})

    def test_the_systems_own_files_are_not_read(self):
        self.files()
        self.manifest()
        with open(self.package / "manifest.sha256", "a") as file:
            file.write(f"{sha256(pathlib.Path('/etc/passwd').read_bytes())}  /etc/passwd\n")
        self.assertEqual(self.findings(self.assert_verdict("incomplete")),
                         {("integrity.outside-claim", "/etc/passwd")})


class AsTheyStand(VerifyCase):
    def test_names_that_hold_from_a_folder_above_are_not_cut(self):
        """An image's manifest lies in blobs/sha256 and names what lies beside it from the
        layout's root; its names must not be shortened to fit."""
        self.inventory()
        document = self.assert_verdict("verified", "--trust", verify_kit.PKI / "ca.pem")
        self.assertEqual(document["findings"], [])


class OciLayout(VerifyCase):
    """Content descriptors of an image layout, as the OCI specification has them."""

    def blob(self, data, media="application/octet-stream"):
        digest = sha256(data)
        path = self.package / "blobs/sha256" / digest
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return {"mediaType": media, "digest": f"sha256:{digest}", "size": len(data)}

    def layout(self):
        layer = self.blob(b"layer bytes")
        config = self.blob(json.dumps({"rootfs": {"type": "layers", "diff_ids": [
            layer["digest"]]}}).encode())
        manifest = self.blob(json.dumps({"schemaVersion": 2, "config": config,
                                         "layers": [layer]}).encode())
        absent = {"digest": "sha256:" + "0" * 64, "size": 7,
                  "platform": {"architecture": "arm64"}}
        (self.package / "index.json").write_text(json.dumps(
            {"schemaVersion": 2, "manifests": [manifest, absent]}))
        (self.package / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
        return self.package / "blobs/sha256" / layer["digest"][7:]

    def test_layout(self):
        layer = self.layout()
        name = str(layer.relative_to(self.package))
        document = self.assert_verdict("unsealed")
        self.assertEqual(self.item(document, name)["verdict"], "verified")
        layer.write_bytes(b"other bytes")
        self.assertEqual(self.findings(self.assert_verdict("failed")),
                         {("integrity.mismatch", name)})
        layer.unlink()
        self.assertIn(("integrity.missing", name),
                      self.findings(self.assert_verdict("incomplete")))

    def image(self, diff_ids=None, compress=(("gzip", "-nc"), ("zstd", "-qc"), ("cat",))):
        """Layers by tar, each compressed in another way; diffIDs by sha256sum."""
        layers, ids = [], []
        for n, command in enumerate(compress):
            (self.folder / "file").write_bytes(b"layer %d\n" % n)
            data = run("tar", "cf", "-", "-C", self.folder, "file")
            ids.append("sha256:" + sha256(data))
            layers.append(self.blob(run(*command, stdin=data)))
        config = self.blob(json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {
            "type": "layers", "diff_ids": diff_ids(ids) if diff_ids else ids}}).encode())
        manifest = self.blob(json.dumps({"schemaVersion": 2, "config": config,
                                         "layers": layers}).encode())
        (self.package / "index.json").write_text(json.dumps(
            {"schemaVersion": 2, "manifests": [manifest]}))
        (self.package / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
        return [f"blobs/sha256/{layer['digest'][7:]}" for layer in layers]

    def config_of(self, document):
        return next(m for m in document["manifests"] if m["format"] == "oci-config")

    def test_diff_ids_are_of_the_decompressed_layers(self):
        self.image()
        config = self.config_of(self.assert_verdict("unsealed"))
        self.assertEqual((config["claims"], config["verified"]), (3, 3))

    def test_diff_id_of_other_content(self):
        """All descriptors hold: only the config contradicts what the layer holds."""
        names = self.image(lambda ids: [ids[0], "sha256:" + "0" * 64, ids[2]])
        document = self.assert_verdict("failed")
        (finding,) = [f for f in document["findings"] if f["id"] == "integrity.mismatch"]
        self.assertTrue(finding["subject"].startswith(names[1] + "//"))
        self.assertEqual(self.config_of(document)["mismatched"], 1)

    def test_config_with_another_number_of_layers(self):
        self.image(lambda ids: ids[:2])
        self.assertIn("integrity.malformed-manifest",
                      {f["id"] for f in self.assert_verdict("incomplete")["findings"]})

    def test_diff_ids_of_docker_save(self):
        self.files({"layer/layer.tar": run("tar", "cf", "-", "-C", self.folder, ".")})
        layer = self.package / "layer/layer.tar"
        for wanted, verdict in ((sha256(layer.read_bytes()), "unsealed"),
                                ("0" * 64, "failed")):
            (self.package / "c.json").write_text(json.dumps({"rootfs": {
                "type": "layers", "diff_ids": ["sha256:" + wanted]}}))
            (self.package / "manifest.json").write_text(json.dumps([
                {"Config": "c.json", "RepoTags": ["a:1"], "Layers": ["layer/layer.tar"]}]))
            self.assert_verdict(verdict)

    def test_layout_in_an_archive_in_a_package(self):
        layer = self.layout()
        layer.write_bytes(b"other bytes")
        archive = self.folder / "image.tar"
        run("tar", "-cf", archive, "-C", self.package, ".")
        self.package = self.folder / "outer"
        self.files({"image.tar": archive.read_bytes()})
        self.manifest()
        document = self.assert_verdict("failed")
        self.assertEqual([f["subject"] for f in document["findings"]
                          if f["id"] == "integrity.mismatch"],
                         [f"image.tar//blobs/sha256/{layer.name}"])


class Bags(VerifyCase):
    """RFC 8493, made by hand because its rules are about what tools do not write."""

    def bag(self, payload=None, version="1.0", algorithms=("sha256", "sha512")):
        payload = payload or {"data/a.txt": A, "data/sub/b.txt": B}
        info = f"Payload-Oxum: {sum(map(len, payload.values()))}.{len(payload)}\n"
        tags = {"bagit.txt": (f"BagIt-Version: {version}\n"
                              "Tag-File-Character-Encoding: UTF-8\n").encode(),
                "bag-info.txt": info.encode()}
        for algorithm in algorithms:
            tags[f"manifest-{algorithm}.txt"] = self.lines(payload, algorithm)
        listed = dict(tags)
        for algorithm in algorithms:
            tags[f"tagmanifest-{algorithm}.txt"] = self.lines(listed, algorithm)
        self.files({**payload, **tags})

    @staticmethod
    def lines(files, algorithm):
        return "".join(f"{hashlib.new(algorithm, data).hexdigest()}  {name}\n"
                       for name, data in sorted(files.items())).encode()

    def retag(self):
        for tag in self.package.glob("tagmanifest-*.txt"):
            algorithm = tag.stem.split("-")[1]
            names = [p for p in self.package.glob("*.txt")
                     if not p.name.startswith("tagmanifest")]
            tag.write_bytes(self.lines({p.name: p.read_bytes() for p in names}, algorithm))

    def edit(self, name, old, new):
        path = self.package / name
        text = path.read_bytes()
        self.assertIn(old, text)
        path.write_bytes(text.replace(old, new))
        self.retag()

    def broken(self, verdict="failed"):
        document = self.assert_verdict(verdict)
        return " ".join(str(f["arguments"].get("why")) for f in document["findings"])

    def test_valid(self):
        self.bag()
        document = self.assert_verdict("unsealed")
        self.assertEqual(self.findings(document), set())
        self.assertEqual({m["format"] for m in document["manifests"]}, {"bagit"})

    def test_valid_in_archives(self):
        self.bag()
        for name, command in (("bag.tar", ("tar", "-cf")), ("bag.zip", ("zip", "-qr"))):
            with self.subTest(name):
                run(*command, self.folder / name, "package", cwd=self.folder)
                keep, self.package = self.package, self.folder / name
                self.assert_verdict("unsealed")
                self.package = keep

    def test_sealed_by_a_signed_tag_manifest(self):
        from verify_kit import PKI
        self.bag()
        self.sign(self.package / "tagmanifest-sha256.txt")
        (self.package / "tagmanifest-sha512.txt").unlink()
        self.assert_verdict("verified", "--trust", PKI / "ca.pem")

    def test_payload_changed_removed_added(self):
        self.bag()
        (self.package / "data/a.txt").write_bytes(b"ALPHA\n")
        self.assertEqual(self.findings(self.assert_verdict("failed")),
                         {("integrity.mismatch", "data/a.txt")})
        (self.package / "data/a.txt").write_bytes(A)
        (self.package / "data/sub/b.txt").unlink()
        self.assertIn(("integrity.missing", "data/sub/b.txt"),
                      self.findings(self.assert_verdict("failed")))
        (self.package / "data/sub/b.txt").write_bytes(B)
        (self.package / "data/c.txt").write_bytes(B)
        self.assertIn(("integrity.unlisted", "data/c.txt"),
                      self.findings(self.assert_verdict("failed")))

    def test_oxum_change_still_names_the_file(self):
        self.bag()
        (self.package / "data/a.txt").write_bytes(b"longer than before\n")
        found = self.findings(self.assert_verdict("failed"))
        self.assertIn(("integrity.mismatch", "data/a.txt"), found)
        self.assertIn(("integrity.manifest-structure", "bag-info.txt"), found)

    def test_declaration(self):
        for old, new in ((b"BagIt-Version: 1.0", b"BagIt-Version : 1.0"),
                         (b"BagIt-Version: 1.0", b"BagIt-Version: 1.0 "),
                         (b"BagIt-Version: 1.0", b"BagIt-Version: .97"),
                         (b"BagIt-Version: 1.0", b"BagIt-Version: 2.0"),
                         (b"BagIt-Version", b"\xef\xbb\xbfBagIt-Version"),
                         (b"Tag-File-Character-Encoding: UTF-8\n", b""),
                         (b"UTF-8\n", b"UTF-8\nmore\n")):
            with self.subTest(new):
                self.bag()
                self.edit("bagit.txt", old, new)
                self.assertIn("2.1.1", self.broken())

    def test_declaration_missing(self):
        self.bag()
        (self.package / "bagit.txt").unlink()
        self.retag()
        self.assertIn("no bagit.txt", self.broken())

    def test_every_manifest_lists_every_file(self):
        self.bag()
        line = f"{hashlib.sha512(A).hexdigest()}  data/a.txt\n".encode()
        self.edit("manifest-sha512.txt", line, b"")
        self.assertIn("manifest-sha512.txt does not list it", self.broken())
        self.bag(version="0.97")
        self.edit("manifest-sha512.txt", line, b"")
        self.assert_verdict("unsealed")

    def test_algorithms_must_agree(self):
        self.bag()
        self.edit("manifest-sha512.txt", hashlib.sha512(A).hexdigest().encode(), b"0" * 128)
        self.assertIn(("integrity.mismatch", "data/a.txt"),
                      self.findings(self.assert_verdict("failed")))

    def test_tag_manifest_must_list_payload_manifests(self):
        self.bag(algorithms=("sha256",))
        path = self.package / "tagmanifest-sha256.txt"
        lines = [l for l in path.read_bytes().splitlines(True) if b"manifest-" not in l]
        path.write_bytes(b"".join(lines))
        self.assertIn("2.2.1", self.broken())

    def test_payload_manifest_lists_only_payload(self):
        self.bag(algorithms=("sha256",))
        info = (self.package / "bag-info.txt").read_bytes()
        self.edit("manifest-sha256.txt", b"  data/a.txt",
                  b"  data/a.txt\n" + sha256(info).encode() + b"  bag-info.txt")
        self.assertIn("2.1.3", self.broken())

    def test_duplicate_lines(self):
        line = f"{sha256(A)}  data/a.txt\n".encode()
        self.bag(algorithms=("sha256",))
        self.edit("manifest-sha256.txt", line, line + line)
        self.assertIn("twice", self.broken())
        self.bag(version="0.97", algorithms=("sha256",))
        self.edit("manifest-sha256.txt", line, line + line)
        self.assert_verdict("unsealed")

    def test_percent_encoding(self):
        payload = {"data/100%.txt": A, "data/new\nline": B, "data/%7Etilde": A}
        self.bag(payload, algorithms=("sha256",))
        text = (f"{sha256(A)}  data/100%25.txt\n{sha256(B)}  data/new%0Aline\n"
                f"{sha256(A)}  data/%7Etilde\n").encode()
        (self.package / "manifest-sha256.txt").write_bytes(text)
        self.retag()
        self.assert_verdict("unsealed")

    def test_line_ends(self):
        for end in (b"\r", b"\r\n"):
            with self.subTest(end):
                self.bag(algorithms=("sha256",))
                for path in self.package.glob("*.txt"):
                    path.write_bytes(path.read_bytes().replace(b"\n", end))
                self.retag()
                tag = self.package / "tagmanifest-sha256.txt"
                tag.write_bytes(tag.read_bytes().replace(b"\n", end))
                self.assert_verdict("unsealed")

    def test_tag_files_in_utf16_and_latin1(self):
        for name, codec in (("UTF-16", "utf-16"), ("ISO-8859-1", "latin-1")):
            with self.subTest(name):
                self.bag({"data/\u00fc.txt": A}, algorithms=("sha256",))
                (self.package / "bagit.txt").write_text(
                    f"BagIt-Version: 1.0\nTag-File-Character-Encoding: {name}\n")
                for path in self.package.glob("*.txt"):
                    if path.name != "bagit.txt" and not path.name.startswith("tag"):
                        path.write_bytes(path.read_bytes().decode().encode(codec))
                self.retag()
                tag = self.package / "tagmanifest-sha256.txt"
                tag.write_bytes(tag.read_bytes().decode().encode(codec))
                self.assert_verdict("unsealed")

    def test_fetch_is_reported_never_followed(self):
        self.bag(algorithms=("sha256",))
        (self.package / "fetch.txt").write_text("http://localhost:1/a - data/a.txt\n")
        self.retag()
        self.assert_verdict("unsealed")  # it is there already
        (self.package / "data/a.txt").unlink()
        self.assertIn("exhibit fetches nothing", self.broken("failed"))

    def test_fetch_out_of_the_payload(self):
        for name in ("../../x", "/tmp/x", "~/x", "~root/x", "bag-info.txt"):
            with self.subTest(name):
                self.bag(algorithms=("sha256",))
                (self.package / "fetch.txt").write_text(f"http://localhost:1/a - {name}\n")
                self.retag()
                self.assertIn(("integrity.outside-claim", name),
                              self.findings(self.assert_verdict("incomplete")))

    def test_no_payload_folder(self):
        self.files({"bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
                    "manifest-sha256.txt": b""})
        self.assertIn("no data/ folder", self.broken())

    def test_oxum_twice_or_malformed(self):
        self.bag(algorithms=("sha256",))
        self.edit("bag-info.txt", b"Payload-Oxum: ", b"Payload-Oxum: 1.1\nPayload-Oxum: ")
        self.assertIn("twice", self.broken())
        self.bag(algorithms=("sha256",))
        self.edit("bag-info.txt", b".2", b"")
        self.assertIn("OCTETS.FILES", self.broken())

    def test_elements_of_bag_info(self):
        for text in (b"Contact-Name: A\n more of it\n\tand more\n", b"A: \nB:\tb\nB: c\r\n",
                     b"Source Organization: Lab\n"):
            with self.subTest(text):
                self.bag(algorithms=("sha256",))
                self.edit("bag-info.txt", b"Payload-Oxum", text + b"Payload-Oxum")
                self.assert_verdict("unsealed")
        for text in (b"no element\n", b": value\n", b"A : b\n", b"A:b\n", b"\n more\n"):
            with self.subTest(text):
                self.bag(algorithms=("sha256",))
                self.edit("bag-info.txt", b"Payload-Oxum", text + b"Payload-Oxum")
                self.assertIn("section 2.2.2", self.broken())
        self.bag(version="0.97", algorithms=("sha256",))
        self.edit("bag-info.txt", b"Payload-Oxum", b"A : b\nPayload-Oxum")
        self.assert_verdict("unsealed")

    def test_fetch_needs_an_absolute_address(self):
        for address in ("/a.txt", "a.txt", "1a:b", ":x"):
            with self.subTest(address):
                self.bag(algorithms=("sha256",))
                (self.package / "fetch.txt").write_text(f"{address} - data/a.txt\n")
                self.retag()
                self.assertIn("section 2.2.3", self.broken())

    def test_other_lists_are_not_judged_by_the_rules_of_bags(self):
        """md5sum may name a file twice; only a bag's own manifests may not."""
        self.bag({"data/a.txt": A, "data/list.sha256": f"{sha256(A)}  a.txt\n".encode() * 2})
        self.assert_verdict("unsealed")

    def test_evidence_package_inside_a_bag(self):
        payload = {f"data/{p.name}": p.read_bytes() for p in INVENTORY.iterdir()}
        self.bag(payload)
        self.assert_verdict("unsealed")


if __name__ == "__main__":
    unittest.main()
