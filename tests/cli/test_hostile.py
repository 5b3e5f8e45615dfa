"""Hostile packages: each is refused or reported with its place, in bounded memory and time.
The samples are made here by python, tar, zip and truncate, or put together by hand where no
tool writes such a thing."""

import gzip
import io
import json
import os
import struct
import subprocess
import tarfile
import threading
import unittest
import warnings
import zipfile

from gzip_quine import quine
from tar_kit import END, header, member, pax
from verify_kit import EXHIBIT, VerifyCase, run, sha256, verify

SANITIZED = "/san/" in EXHIBIT
MEMORY = (4 if SANITIZED else 1) * 300_000  # KiB of resident memory that are enough
SECONDS = 120  # an upper bound that holds on a busy machine; unbounded work exceeds it


def zstd_of_zeros(size):
    """RFC 8878: blocks of one repeated byte, 4 octets for 128 KiB."""
    block = 128 << 10
    count = size // block
    blocks = b"".join(((block << 3) | 2 | (i == count - 1)).to_bytes(3, "little") + b"\0"
                      for i in range(count))
    return bytes.fromhex("28b52ffd") + b"\x00\x38" + blocks


class Hostile(VerifyCase):
    def judge(self, data, name="case.tar"):
        """Findings as {(id, fault or None, offset or None)} of a package that is not good."""
        path = self.folder / name
        if data is not None:
            path.write_bytes(data)
        process = subprocess.Popen([EXHIBIT, "verify", "--json", path],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        timer = threading.Timer(SECONDS, process.kill)
        timer.start()
        text = process.stdout.read()
        error = process.stderr.read()
        process.stdout.close()
        process.stderr.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        timer.cancel()
        self.assertEqual(process.returncode, 1, error)
        self.assertLess(usage.ru_maxrss, MEMORY)
        self.document = json.loads(text)
        self.assertIn(self.document["verdict"], ("incomplete", "failed"))
        return {(f["id"][10:], f["arguments"].get("fault"),
                 int(f["arguments"]["offset"]) if "offset" in f["arguments"] else None)
                for f in self.document["findings"]}

    def subjects(self, kind):
        return [f["subject"] for f in self.document["findings"]
                if f["id"] == "integrity." + kind]

    def tar(self, *members):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as t:
            for name, options in members:
                info = tarfile.TarInfo(name)
                for key, value in options.items():
                    setattr(info, key, value)
                t.addfile(info)
        return out.getvalue()

    # -- names and links ---------------------------------------------------------------

    def test_traversal_and_absolute_names(self):
        names = ("../../etc/passwd", "/etc/shadow", "a/../../b")
        self.judge(self.tar(("ok", {}), *((n, {}) for n in names)))
        self.assertEqual(len(self.subjects("unsafe-path")), 3)
        self.assertEqual([f["arguments"].get("name", f["subject"])
                          for f in self.document["findings"]
                          if f["id"] == "integrity.unsafe-path"], list(names))
        self.assertFalse((self.folder.parent / "b").exists())

    def test_zip_slip(self):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as z:
            for name in ("../../x", "/abs", "C:\\x", "..\\..\\y", "ok"):
                z.writestr(name, "x")
        self.judge(out.getvalue(), "case.zip")
        self.assertEqual(len(self.subjects("unsafe-path")), 4)

    def test_links_that_escape_and_what_is_written_through_them(self):
        self.judge(self.tar(
            ("abs", {"type": tarfile.SYMTYPE, "linkname": "/etc"}),
            ("up", {"type": tarfile.SYMTYPE, "linkname": "../.."}),
            ("here", {"type": tarfile.SYMTYPE, "linkname": "sub"}), ("here/file", {}),
            ("hard", {"type": tarfile.LNKTYPE, "linkname": "../../etc/passwd"})))
        self.assertEqual(self.subjects("unsafe-path"), ["abs", "up", "here/file", "hard"])
        self.assertEqual([f["arguments"].get("target") for f in self.document["findings"]
                          if f["id"] == "integrity.unsafe-path"],
                         ["/etc", "../..", None, "../../etc/passwd"])

    def test_hard_links_in_a_circle(self):
        self.judge(self.tar(
            ("a", {"type": tarfile.LNKTYPE, "linkname": "b"}),
            ("b", {"type": tarfile.LNKTYPE, "linkname": "a"}),
            ("self", {"type": tarfile.LNKTYPE, "linkname": "self"}),
            ("nowhere", {"type": tarfile.LNKTYPE, "linkname": "gone"})))
        self.assertEqual(self.subjects("dangling-link"), ["a", "self", "nowhere"])

    def test_a_hard_link_has_the_bytes_that_it_leads_to(self):
        """Behind what it names, before it, under another spelling, and to nothing."""
        data = b"the same"
        digest = sha256(data)
        names = ("z", "y", "d/x", "w")
        manifest = "".join(f"{digest}  {n}\n" for n in ("a", *names)).encode()
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as t:
            for name, content in (("w", None), ("a", data), ("SHA256SUMS", manifest)):
                info = tarfile.TarInfo(name)
                if content is None:
                    info.type, info.linkname = tarfile.LNKTYPE, "a"
                    t.addfile(info)
                    continue
                info.size = len(content)
                t.addfile(info, io.BytesIO(content))
            for name, target in (("z", "a"), ("y", "./a"), ("d/x", "a"), ("n", "gone")):
                info = tarfile.TarInfo(name)
                info.type, info.linkname = tarfile.LNKTYPE, target
                t.addfile(info)
        self.judge(out.getvalue())
        verdicts = {i["path"]: i["verdict"] for i in self.document["items"]}
        for name in ("a", *names):
            self.assertEqual(verdicts[name], "verified", name)
        self.assertEqual(verdicts["n"], "unlisted")

    def test_duplicate_entries(self):
        self.judge(member(b"a", b"one") + member(b"a", b"two") + END)
        self.assertEqual(self.subjects("duplicate-entry"), ["a"])

    def test_device_nodes_and_fifos(self):
        self.judge(self.tar(("c", {"type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 3}),
                            ("b", {"type": tarfile.BLKTYPE, "devmajor": 8}),
                            ("f", {"type": tarfile.FIFOTYPE})))
        self.assertEqual(self.subjects("special-file"), ["c", "b", "f"])

    def test_names_with_newlines_controls_and_bidi(self):
        self.judge(self.tar(("a\nb", {}), ("x\u202egnp.exe", {}), ("\x1b[2J", {}),
                            ("zero\u200bwidth", {})))
        self.assertEqual(len(self.subjects("unsafe-path")), 4)
        text = subprocess.run([EXHIBIT, "verify", self.folder / "case.tar"], check=False,
                              capture_output=True).stdout
        for raw in (b"a\nb", "\u202e".encode(), b"\x1b[2J", "\u200b".encode()):
            self.assertNotIn(raw, text)

    # -- bombs -------------------------------------------------------------------------

    def test_sparse_bomb(self):
        big = self.folder / "big"
        run("truncate", "-s", "60G", big)
        run("tar", "cSf", self.folder / "case.tar", "-C", self.folder, "big")
        self.assertIn(("limit", "limit", 256 << 20), self.judge(None))

    def test_ratio_bomb(self):
        found = self.judge(zstd_of_zeros(400 << 20), "case.zst")
        self.assertIn(("limit", "limit", 256 << 20), found)

    @unittest.skipIf(SANITIZED, "gigabytes of hashing")
    def test_the_ceilings_of_large_streams(self):
        """The more comes out, the less it may grow: what is stored is made so large, by
        a frame that is skipped, that the ratio lies between two ceilings."""
        for size, ratio, ceiling in ((4 << 30, 3000, 2000), (12 << 30, 1500, 1000)):
            with self.subTest(size):
                self.judge(self.grown(size + (64 << 20), ratio), "case.zst")
                limits = [f["arguments"] for f in self.document["findings"]
                          if f["id"] == "integrity.limit"]
                self.assertEqual({f["want"] for f in limits}, {str(ceiling)})
                self.assertTrue(all(size - (1 << 20) < int(f["offset"]) <= size
                                    for f in limits if f["offset"] != "0"))

    @unittest.skipIf(SANITIZED, "gigabytes of hashing")
    def test_growth_between_the_ceilings_is_read_on(self):
        """5,000 times is too much beyond 4 GiB and allowed before, 1,900 also behind."""
        for size, ratio in ((3 << 30, 5000), ((4 << 30) + (64 << 20), 1900)):
            self.judge(self.grown(size, ratio), "case.zst")
            found = {f["id"] for f in self.document["findings"]}
            self.assertIn("integrity.expansion", found)
            self.assertNotIn("integrity.limit", found)

    def grown(self, size, ratio):
        zeros = zstd_of_zeros(size)
        filler = size // ratio - len(zeros)
        return struct.pack("<II", 0x184D2A50, filler) + bytes(filler) + zeros

    def test_growth_below_the_ceiling_is_told(self):
        # Piece by piece: what this process holds counts for the children that it starts.
        packed = io.BytesIO()
        with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1) as z:
            for _ in range(300):
                z.write(bytes(1 << 20))
        data = packed.getvalue()
        found = {kind for kind, _, _ in self.judge(data * 3, "case.gz")}
        if len(data) * 500 < 300 << 20:
            self.assertIn("expansion", found)

    def test_archives_in_archives_without_end(self):
        data = b"innermost"
        for depth in range(30):
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
                z.writestr(f"{depth}.zip", data)
            data = out.getvalue()
        self.assertIn(("limit", "limit", 0), self.judge(data, "case.zip"))
        data = b"innermost"
        for _ in range(100):
            data = gzip.compress(data)
        self.assertIn(("limit", "limit", 0), self.judge(data, "case.gz"))

    def test_gzip_that_decompresses_to_itself(self):
        data = quine()
        self.assertEqual(gzip.decompress(data), data)
        self.assertIn(("limit", "limit", 0), self.judge(data, "case.gz"))
        self.assertEqual({f["arguments"]["want"] for f in self.document["findings"]
                          if f["id"] == "integrity.limit"}, {"8"})

    @unittest.skipIf(SANITIZED, "four gigabytes of hashing")
    def test_many_small_bombs(self):
        """Like 42.zip: no archive in it grows beyond the ratio, all together do."""
        inner = zstd_of_zeros(200 << 20)
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
            for i in range(16):
                z.writestr(f"{i}.zst", inner)
        level = out.getvalue()
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
            for i in range(16):
                z.writestr(f"{i}.zip", level)
        self.judge(out.getvalue(), "case.zip")
        self.assertIn(str(4 << 30), {f["arguments"].get("want")
                                     for f in self.document["findings"]
                                     if f["id"] == "integrity.limit"})

    def test_very_many_empty_entries(self):
        path = self.folder / "case.tar"
        with open(path, "wb") as f:
            for i in range(100_000):
                f.write(header(b"%06d" % i))
            f.write(END)
        self.judge(None)
        self.assertEqual(len(self.document["items"]), 100_000)
        self.assertEqual(self.document["findings_not_listed"], 90_000)

    def test_cpio_whose_name_is_most_of_it(self):
        path = self.folder / "case.cpio"
        with open(path, "wb") as f:
            f.write(b"070701" + b"%08x" % 1 + b"000081a4" + b"%08x" % 0 * 2 + b"%08x" % 1
                    + b"%08x" % 0 * 6 + b"%08x" % (1 << 30) + b"%08x" % 0 + b"n" * 1000)
            f.truncate((1 << 30) + 4096)
        self.assertIn(("limit", "limit", 110), self.judge(None, "case.cpio"))

    # -- tar: what is said twice ---------------------------------------------------------

    def test_pax_size_that_hides_an_entry(self):
        """One reader sees `hidden` as content, another as an entry."""
        hidden = member(b"hidden", b"abc")
        data = pax(size=b"%d" % len(hidden)) + header(b"visible") + hidden + END
        self.assertIn(("fault", "two-sizes", 1024), self.judge(data))

    def test_entries_without_data_that_announce_some(self):
        for kind in b"23456":
            data = header(b"d", 512, kind=bytes([kind])) + member(b"inside") + END
            with self.subTest(chr(kind)):
                self.assertIn(("fault", "no-data", 0), self.judge(data))

    def test_sizes_that_no_file_has(self):
        """Base-256 of 95 bits, below nothing, and in PAX more than 64 bits hold."""
        for size in (b"\x80" + b"\xff" * 11, b"\xff" * 12):
            with self.subTest(size):
                block = bytearray(header(b"a.txt", 2))
                block[124:136], block[148:156] = size, b" " * 8
                block[148:156] = b"%06o\0 " % sum(block)
                self.assertIn(("fault", "bad-size", 0),
                              self.judge(bytes(block) + b"xx".ljust(512, b"\0") + END))
        for size in (b"99999999999999999999", b"-5", b"abc", b"9223372036854775808"):
            with self.subTest(size):
                record = b"%d size=%s\n" % (len(size) + 9, size)
                self.assertEqual(int(record.split()[0]), len(record))
                data = header(b"p", len(record), b"x") + record.ljust(512, b"\0")
                self.assertIn(("fault", "bad-size", 0), self.judge(
                    data + header(b"a.txt", 2) + b"xx".ljust(512, b"\0") + END))

    def test_two_long_names_for_one_entry(self):
        data = (member(b"././@LongLink", b"gnu-name\0", kind=b"L") + pax(path=b"pax-name")
                + member(b"short") + END)
        self.assertIn(("fault", "inconsistent", 2048), self.judge(data))

    def test_nul_in_a_pax_name(self):
        found = self.judge(pax(path=b"good\0evil") + member(b"short") + END)
        self.assertIn(("fault", "bad-value", 0), found)

    def test_malformed_pax_record(self):
        for body in (b"99 path=x\n", b"x path=x\n", b"9 path=ab\n", b"0 \n"):
            data = member(b"pax", body, kind=b"x") + member(b"short") + END
            with self.subTest(body):
                self.assertIn(("fault", "syntax", 0), self.judge(data))

    def test_name_for_all_that_follows(self):
        data = member(b"g", b"13 path=evil\n", kind=b"g") + member(b"a") + END
        self.assertIn(("fault", "bad-value", 0), self.judge(data))

    def test_negative_size(self):
        data = bytearray(member(b"a"))
        data[124:136] = b"\xff" * 12
        data[148:156] = b" " * 8
        data[148:156] = b"%06o\0 " % sum(data[:512])
        self.judge(bytes(data) + END)
        self.assertTrue({"fault", "unreadable"} & {
            f["id"][10:] for f in self.document["findings"]})

    def test_header_whose_checksum_does_not_hold(self):
        """GNU tar skips to the next that does, and lists c; libarchive ends."""
        data = member(b"a") + member(b"b", wrong_sum=1) + member(b"c") + END
        self.assertIn(("fault", "no-entry", 1536), self.judge(data))

    def test_two_archives_concatenated(self):
        one, two = member(b"a") + END, member(b"b") + END
        self.assertIn(("fault", "trailing-data", len(one)), self.judge(one + two))
        found = self.judge(gzip.compress(one) + gzip.compress(two), "case.tar.gz")
        self.assertIn(("fault", "trailing-data", len(one)), found)

    def test_data_after_the_end(self):
        one = member(b"a") + END
        self.assertIn(("fault", "trailing-data", len(one)), self.judge(one + b"payload"))
        packed = gzip.compress(one)
        found = self.judge(packed + b"payload", "case.tar.gz")
        self.assertIn(("fault", "trailing-data", len(packed)), found)
        packed = run("zstd", "-q", stdin=one)
        found = self.judge(packed + b"payload", "case.tar.zst")
        self.assertIn(("fault", "trailing-data", len(packed)), found)

    def test_truncated_streams(self):
        one = member(b"a", os.urandom(5000)) + END
        self.assertIn(("fault", "truncated", 3000), self.judge(one[:3000]))
        for name, packed in (("case.tar.gz", gzip.compress(one)),
                             ("case.tar.zst", run("zstd", "-q", stdin=one)),
                             ("case.tar.xz", run("xz", stdin=one)),
                             ("case.tar.bz2", run("bzip2", stdin=one)),
                             ("case.tar.lz4", run("lz4", "-q", stdin=one))):
            with self.subTest(name):
                found = self.judge(packed[:len(packed) // 2], name)
                self.assertIn("truncated", {fault for _, fault, _ in found})

    def test_archive_whose_end_is_not_marked(self):
        """It may have been cut off between two entries."""
        self.assertIn(("fault", "missing-field", 1024), self.judge(member(b"a")))

    # -- zip -----------------------------------------------------------------------------

    def zip(self, *members):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as z:
            for name, data in members:
                z.writestr(name, data)
        return bytearray(out.getvalue())

    def test_zip_whose_header_and_index_differ(self):
        for field, what in ((30, "name"), (8, "method"), (14, "checksum"), (22, "size")):
            data = self.zip(("aaaa", "content"))
            data[field] ^= 1
            with self.subTest(what):
                self.assertIn(("fault", "inconsistent", 0), self.judge(data, "case.zip"))

    def test_every_fault_of_a_zip_is_told(self):
        data = self.zip(*((f"name{i:04}", "content") for i in range(100)))
        index = data.index(b"PK\1\2")
        wrong = [data.index(b"name%04d" % i) for i in (3, 50, 97)]
        for at in wrong:
            data = data[:at] + b"X" + data[at + 1:]
        self.assertLess(max(wrong), index)
        found = self.judge(data, "case.zip")
        self.assertEqual({offset for _, fault, offset in found if fault == "inconsistent"},
                         {at - 30 for at in wrong})

    def test_of_very_many_faults_the_first_are_told_and_the_others_counted(self):
        data = self.zip(*((f"name{i:04}", "content") for i in range(200)))
        index = data.index(b"PK\1\2")
        data = data[:index].replace(b"name", b"Name") + data[index:]
        self.judge(data, "case.zip")
        told = [f["arguments"] for f in self.document["findings"]
                if f["arguments"].get("fault") == "inconsistent"]
        self.assertEqual(len(told), 64)
        self.assertEqual([f["not_shown"] for f in told if "not_shown" in f], ["136"])

    def test_zip_content_that_was_changed(self):
        data = self.zip(("a", "content"))
        data[data.find(b"content")] ^= 1
        self.assertIn("checksum", {f for _, f, _ in self.judge(data, "case.zip")})

    def test_zip_with_data_around_and_between(self):
        data = self.zip(("a", "content"))
        found = self.judge(bytes(data) + b"more", "case.zip")
        self.assertIn(("fault", "trailing-data", len(data)), found)
        one, two = self.zip(("a", "1")), self.zip(("b", "2"))
        local = two[:two.find(b"PK\1\2")]
        hidden = bytearray(one)
        at = hidden.find(b"PK\1\2")
        hidden[at:at] = local  # an entry that the index does not have
        end = hidden.rfind(b"PK\5\6")
        struct.pack_into("<I", hidden, end + 16, at + len(local))
        found = self.judge(hidden, "case.zip")
        self.assertIn(("fault", "inconsistent", at), found)

    def test_zip_extra_field_that_is_longer_than_its_room(self):
        """Found by fuzzing: the reader stood still at it."""
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as z:
            info = zipfile.ZipInfo("a")
            info.extra = struct.pack("<HH", 0x5455, 4) + b"abcd"
            z.writestr(info, "content")
        data = bytearray(out.getvalue())
        index = data.rfind(b"PK\1\2")
        struct.pack_into("<H", data, index + 46 + 1 + 2, 0x4000)
        self.judge(data, "case.zip")

    def test_zip_members_over_each_other(self):
        """One compressed block, many entries: how a small zip becomes gigabytes."""
        data = self.zip(("a", "x" * 50), ("a", "x" * 50))
        second = data.rfind(b"PK\1\2")
        struct.pack_into("<I", data, second + 42, 0)
        self.judge(data, "case.zip")
        self.assertIn("inconsistent", {f["arguments"].get("fault")
                                       for f in self.document["findings"]})

    def test_zip_of_other_tools_is_not_blamed(self):
        self.files()
        self.manifest()
        for name, command in (("i.zip", ("zip", "-qr", "../i.zip", ".")),
                              ("s.zip", ("bash", "-c", "cat a.bin | zip -q ../s.zip -")),
                              ("b.zip", ("bsdtar", "-acf", "../b.zip", ".")),
                              ("7.zip", ("7z", "a", "-bd", "../7.zip", "."))):
            run(*command, cwd=self.package)
            done = run("bash", "-c", f"{EXHIBIT} verify --json {self.folder / name}; true")
            self.assertEqual([f["id"] for f in json.loads(done)["findings"]
                              if f["id"] == "integrity.fault"], [], name)


class Headers(VerifyCase):
    """What is said of a member's name or type cites the header that says so; where that
    stands, python's tarfile and zipfile tell."""

    NAMES = ("a.txt", "../evil", "x" * 60 + "/" + "y" * 60 + "\u202e.txt", "a.txt", "/abs", "empty")

    def cited(self, path):
        _, document = verify(path)
        return {(f["subject"], s["offset"], s["length"]) for f in document["findings"]
                for s in f["spans"] if f["id"].startswith(("integrity.unsafe", "integrity.dup",
                                                           "integrity.dangling", "integrity.empty"))}

    def shown(self, name):
        return name.lstrip("/").replace("\u202e", "\\u{202E}")

    def test_tar(self):
        for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
            path = self.folder / f"{form}.tar"
            with tarfile.open(path, "w", format=form) as tar:
                for name in self.NAMES:
                    entry = tarfile.TarInfo(name)
                    data = b"" if name == "empty" else name.encode() * 7
                    entry.size = len(data)
                    tar.addfile(entry, io.BytesIO(data))
                entry = tarfile.TarInfo("link")
                entry.type, entry.linkname = tarfile.LNKTYPE, "nowhere"
                tar.addfile(entry)
            with tarfile.open(path) as tar:
                truth = {(self.shown(m.name), m.offset, m.offset_data - m.offset)
                         for m in tar.getmembers() if m.name != "a.txt" or m.offset > 0}
            self.assertEqual(self.cited(path), truth)
            run("gzip", "-k", path)
            self.assertEqual(self.cited(path.with_name(path.name + ".gz")), truth)

    def test_zip(self):
        path = self.folder / "a.zip"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with zipfile.ZipFile(path, "w") as archive:
                for name in self.NAMES[:-1]:
                    archive.writestr(name, name.encode() * 9000)
        members = zipfile.ZipFile(path).infolist()
        self.assertEqual(self.cited(path), {
            (self.shown(m.filename), m.header_offset, 30 + len(m.filename.encode()))
            for m in members[1:]})


class Names(VerifyCase):
    """Names in UTF-8 and UTF-16 are those of the manifest, whatever the locale."""

    def test_zip_and_7z(self):
        self.files({"Prüfbericht.txt": b"1", "日本/語.txt": b"2", "\U0001f600.txt": b"3"})
        self.manifest()
        with zipfile.ZipFile(self.folder / "a.zip", "w") as archive:
            for path in sorted(self.package.rglob("*")):
                archive.write(path, path.relative_to(self.package))
        run("7z", "a", "-bd", self.folder / "a.7z", ".", cwd=self.package)
        run("7z", "a", "-bd", self.folder / "b.zip", ".", cwd=self.package)
        for name in ("a.zip", "b.zip", "a.7z"):
            for locale in ("C", "C.UTF-8"):
                with self.subTest(f"{name} {locale}"):
                    done = run("env", f"LC_ALL={locale}", EXHIBIT, "verify", "--json",
                               self.folder / name)
                    document = json.loads(done)
                    self.assertEqual(document["verdict"], "unsealed", document["reasons"])
                    self.assertEqual(document["manifests"][0]["verified"], 3)


if __name__ == "__main__":
    unittest.main()
