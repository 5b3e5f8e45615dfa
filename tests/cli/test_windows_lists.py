"""Digest lists as Windows writes them: PowerShell's Get-FileHash in its formats, and certutil.
The texts are put together here as Microsoft's reference shows them."""

import hashlib
import json
import unittest

from verify_kit import EXHIBIT, VerifyCase, run, verify

# KiB that a command had resident at most.
PEAK = """import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"""
MEMORY = (4 if "/san/" in EXHIBIT else 1) * 300_000  # of this list 25,000 are needed

FILES = {"a.bin": b"alpha\n", "sub/b c.bin": b"beta\n", "sub/pod.log": b"gamma\n"}
BASE = "C:\\cases\\17\\"


def path_of(name, base=BASE):
    return base + name.replace("/", "\\")


def digests(algorithm="sha256", files=None):
    return [(path_of(n), hashlib.new(algorithm, d).hexdigest().upper())
            for n, d in (files or FILES).items()]


def wrapped(label, value, width):
    """Format-List goes on in the next line, under the value."""
    room, lines = width - 12, []
    for i in range(0, len(value), room):
        lines.append(("" if i else label.ljust(10) + ": ").rjust(12) + value[i:i + room])
    return "\r\n".join(lines) + "\r\n"


def format_list(rows, algorithm="SHA256", width=120):
    return "\r\n\r\n" + "\r\n".join(
        wrapped("Algorithm", algorithm, width) + wrapped("Hash", digest, width) +
        wrapped("Path", path, width) for path, digest in rows) + "\r\n\r\n\r\n"


def format_table(rows, algorithm="SHA256", width=140, ellipsis="..."):
    def row(a, h, p):
        room = width - 87
        p = p if len(p) <= room else p[:room - len(ellipsis)] + ellipsis
        return f"{a:<15} {h:<70} {p:<{room}}\r\n"
    return "\r\n" + row("Algorithm", "Hash", "Path") + row("---------", "----", "----") + "".join(
        row(algorithm, digest, path) for path, digest in rows) + "\r\n\r\n"


def export_csv(rows, separator=",", kind=False, algorithm="SHA256"):
    fields = [("Algorithm", "Hash", "Path")] + [(algorithm, d, p) for p, d in rows]
    return ("#TYPE Microsoft.Powershell.Utility.FileHash\r\n" if kind else "") + "".join(
        separator.join(f'"{f}"' for f in row) + "\r\n" for row in fields)


def certutil(rows, words="SHA256 hash of {}:", spaced=False,
             end="CertUtil: -hashfile command completed successfully."):
    return "".join(words.format(path) + "\r\n" +
                   (" ".join(d[i:i + 2] for i in range(0, len(d), 2)) if spaced else d).lower() +
                   "\r\n" + end + "\r\n" for path, d in rows)


class WindowsLists(VerifyCase):
    def check(self, text, name="hashes.txt", encoding="utf-8", verdict="unsealed"):
        self.files(FILES)
        (self.package / name).write_bytes(text.encode(encoding))
        document = self.assert_verdict(verdict)
        if verdict == "unsealed":
            claims = {i["path"]: [c["verdict"] for c in i["claims"]] for i in document["items"]
                      if i["path"] in FILES}
            self.assertEqual(claims, {n: ["verified"] for n in FILES})
        return document

    def test_lists(self):
        for what, text, encoding in (
                ("wide", format_list(digests()), "utf-8"),
                ("powershell 5.1 redirected", format_list(digests()), "utf-16"),
                ("broken lines", format_list(digests("sha512"), "SHA512", 40), "utf-8"),
                ("narrow paths", format_list(digests(), "SHA256", 30), "utf-8"),
                ("no algorithm", "\n".join(f"Hash : {h}\nPath : {p}\n" for p, h in digests()),
                 "utf-8")):
            with self.subTest(what):
                self.check(text, encoding=encoding)

    def test_utf16_that_is_broken_is_told(self):
        text = format_list(digests()).encode("utf-16")
        last = text.rindex("Algorithm".encode("utf-16-le"))
        lone = text[:last] + b"\x00\xd8" + text[last + 2:]
        for what, content, at, held in (("cut in a unit", text + b"\r", len(text), 3),
                                        ("half of a pair", lone, last, 2)):
            with self.subTest(what):
                self.files(FILES)
                (self.package / "hashes.txt").write_bytes(content)
                document = self.assert_verdict("incomplete")
                found = [f for f in document["findings"]
                         if f["id"] == "integrity.malformed-manifest"
                         and "encoding" in f["arguments"]["why"]]
                self.assertEqual([f["spans"][0]["offset"] for f in found], [at])
                claims = [c["verdict"] for i in document["items"] for c in i["claims"]]
                self.assertEqual(claims, ["verified"] * held)

    def test_tables(self):
        for what, text, encoding in (
                ("table", format_table(digests()), "utf-8"),
                ("powershell 5.1 redirected", format_table(digests()), "utf-16"),
                ("two tables", format_table(digests()[:1]) + format_table(digests()[1:]), "utf-8"),
                ("another order", "".join(f"{p:<40} {h}\n" for p, h in [
                    ("Path", "Hash"), ("----", "----"), *digests()]), "utf-8")):
            with self.subTest(what):
                self.check(text, encoding=encoding)

    def test_exports(self):
        for what, text in (
                ("plain", export_csv(digests())), ("typed", export_csv(digests(), kind=True)),
                ("of a country", export_csv(digests(), ";")),
                ("no quotes", export_csv(digests()).replace('"', "")),
                ("sha1 too", export_csv(digests(), kind=True) + "".join(
                    f'"SHA512","{h}","{p}"\r\n' for p, h in digests("sha512")))):
            with self.subTest(what):
                self.files(FILES)
                (self.package / "hashes.csv").write_text(text)
                self.assert_verdict("unsealed")

    def test_json(self):
        rows = [{"Algorithm": "SHA256", "Hash": h, "Path": p} for p, h in digests()]
        self.check(json.dumps(rows, indent=2), "hashes.json")
        (self.package / "hashes.json").unlink()
        for name in FILES:
            (self.package / name).unlink()
        self.files({"a.bin": FILES["a.bin"]})
        (self.package / "hashes.json").write_text(json.dumps(rows[0]))
        self.assert_verdict("unsealed")

    def test_certutil(self):
        prompt = "\r\nC:\\cases\\17>certutil -hashfile a.bin SHA256\r\n"
        for what, text in (
                ("windows 10", certutil(digests())),
                ("windows 7", certutil(digests(), "SHA256 hash of file {}:", spaced=True)),
                ("german", certutil(digests(), "SHA256-Hash von {}:",
                                    end="CertUtil: -hashfile-Befehl wurde erfolgreich "
                                        "ausgef\u00fchrt.")),
                ("french", certutil(digests(), "Hachage SHA256 de {} :")),
                ("echoed", prompt + prompt.join(certutil([row]) for row in digests())),
                ("names alone", certutil([(p[len(BASE):], h) for p, h in digests()]))):
            with self.subTest(what):
                self.check(text)

    def test_one_beside_its_file(self):
        self.files({"a.tar": b"x"})
        (self.package / "a.tar.sha256").write_text(
            certutil([("a.tar", hashlib.sha256(b"x").hexdigest())]))
        self.assert_verdict("unsealed")

    def test_what_does_not_hold(self):
        rows = digests()
        rows[1] = (rows[1][0], "0" * 64)
        for what, text in (("list", format_list(rows)), ("table", format_table(rows)),
                           ("csv", export_csv(rows)), ("certutil", certutil(rows))):
            with self.subTest(what):
                document = self.check(text, verdict="failed")
                self.assertEqual(self.item(document, "sub/b c.bin")["verdict"], "mismatch")

    def test_names_that_the_console_cut_off_are_not_guessed(self):
        for ellipsis in ("...", "\u2026"):
            with self.subTest(ellipsis):
                document = self.check(format_table(digests(), width=104, ellipsis=ellipsis),
                                      verdict="incomplete")
                self.assertIn(("integrity.malformed-manifest", "hashes.txt"),
                              self.findings(document))

    def test_digests_that_are_not_computed_here(self):
        document = self.check(export_csv([(p, "0" * 40) for p, _ in digests()],
                                         algorithm="RIPEMD160"), verdict="incomplete")
        self.assertIn("integrity.unknown-digest", {i for i, _ in self.findings(document)})

    def test_a_cut_digest_is_a_fault(self):
        for text in (certutil([(p, h[:-2]) for p, h in digests()]),
                     format_list([(p, h[:-2]) for p, h in digests()])):
            document = self.check(text, verdict="incomplete")
            self.assertIn(("integrity.malformed-manifest", "hashes.txt"),
                          self.findings(document))

    def test_a_long_export_takes_the_memory_of_its_length(self):
        """Each quoted field was copied with room for all that followed: 24 GB for 20,000."""
        self.files(FILES)
        rows = [(p[len(BASE):], h) for p, h in digests()]
        rows += [(f"gone\\{i:05}.bin", f"{i:064x}") for i in range(20000)]
        (self.package / "hashes.csv").write_text(export_csv(rows))
        done = run("/usr/bin/env", "python3", "-c", PEAK, EXHIBIT, "verify", self.package)
        self.assertLess(int(done), MEMORY)
        document = self.assert_verdict("incomplete")
        self.assertEqual(sum(i["verdict"] == "missing" for i in document["items"]), 20000)

    def test_other_texts_are_no_lists(self):
        self.files({"notes.txt": b"Path : /tmp\n", "table.txt": b"Hash Name\n---- ----\nab cd\n",
                    "x.csv": b"Hash,Count\r\n12,3\r\n", "log.txt": b"SHA256 hash of a:\nno\n"})
        _, document = verify(self.package)
        roles = {i["path"]: i["role"] for i in document["items"]}
        self.assertEqual(roles["table.txt"], "unknown")
        self.assertEqual(roles["x.csv"], "unknown")
        self.assertEqual(roles["log.txt"], "unknown")


if __name__ == "__main__":
    unittest.main()
