"""exhibit batch --reverify: what changed since a case was worked on, and what soon ends.
Seals are made by openssl with certificates that end soon."""
import json
import os
import pathlib
import shutil
import subprocess

from schema_kit import SCHEMAS, problems
from verify_kit import EXHIBIT, INVENTORY, PKI, VerifyCase, run

LIMITS = ["--memory-limit", "0"] if "/san/" in EXHIBIT else []
CA = """
[ca]
default_ca = ca
[ca]
new_certs_dir = .
database = index
serial = serial
default_md = sha256
policy = policy
email_in_dn = no
unique_subject = no
[policy]
commonName = supplied
[seal]
keyUsage = digitalSignature
[tsa]
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
"""


class Reverify(VerifyCase):
    """Judged as of moments that the certificates' dates are chosen around."""

    def setUp(self):
        super().setUp()
        self.root, self.out = self.folder / "root", self.folder / "out"
        self.package = self.root / "case"
        self.package.mkdir(parents=True)
        self.pki = self.folder / "pki"
        self.pki.mkdir()
        (self.pki / "ca.cnf").write_text(CA)
        (self.pki / "index").write_text("")
        (self.pki / "serial").write_text("01")
        self.issue("root", "20200101000000Z", "20600101000000Z", root=True)
        self.trust = ["--trust", str(self.pki / "root.pem")]

    def issue(self, name, begin, end, use="seal", key=("EC", "P-256"), root=False):
        parameter = f"ec_paramgen_curve:{key[1]}" if key[0] == "EC" else f"rsa_keygen_bits:{key[1]}"
        run("openssl", "genpkey", "-algorithm", key[0], "-pkeyopt", parameter, "-out",
            self.pki / f"{name}.key")
        run("openssl", "req", "-new", "-key", self.pki / f"{name}.key", "-subj", f"/CN={name}",
            "-out", self.pki / f"{name}.csr")
        signing = ["-selfsign", "-keyfile", f"{name}.key"] if root else \
            ["-cert", "root.pem", "-keyfile", "root.key", "-extensions", use]
        run("openssl", "ca", "-batch", "-config", "ca.cnf", "-notext", "-in", f"{name}.csr",
            "-out", f"{name}.pem", "-startdate", begin, "-enddate", end, *signing, cwd=self.pki)

    def seal(self, name):
        """The manifest, signed by `name`."""
        self.files()
        path = self.manifest()
        run("openssl", "cms", "-sign", "-binary", "-in", path, "-signer", self.pki / f"{name}.pem",
            "-inkey", self.pki / f"{name}.key", "-outform", "DER", "-out", f"{path}.p7s")
        return pathlib.Path(f"{path}.p7s")

    def stamp_by(self, path, name, out):
        """A token by `name` over a file, at the machine's time."""
        (self.pki / "tsa.cnf").write_text(
            f"[tsa]\ndefault_tsa=t\n[t]\nserial=./tsaserial\nsigner_cert={name}.pem\n"
            f"certs=root.pem\nsigner_key={name}.key\nsigner_digest=sha256\n"
            "default_policy=1.2.3\ndigests=sha256\ncrypto_device=builtin\n")
        (self.pki / "tsaserial").write_text("01")
        run("openssl", "ts", "-query", "-data", path, "-sha256", "-cert", "-out", "q", cwd=self.pki)
        run("openssl", "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "q", "-out", out,
            cwd=self.pki)

    def batch(self, *arguments):
        return subprocess.run([EXHIBIT, "batch", str(self.root), "-o", str(self.out), *LIMITS,
                               *self.trust, *arguments], capture_output=True, text=True)

    def work(self, at):
        result = self.batch("--at", at, "--verify-only")
        self.assertIn(result.returncode, (0, 1), result.stderr)

    def look(self, at, *arguments):
        """{what: [change]} of the one case, after checking status against the report."""
        result = self.batch("--reverify", "--json", "--at", at, *arguments)
        document = json.loads(result.stdout)
        kept = self.out / "reverify.json"
        self.assertEqual(document, json.loads(kept.read_text()))
        self.assertEqual(problems([(SCHEMAS / "reverify.json", kept)]), {})
        self.assertEqual(result.returncode, 1 if document["cases"] else 0, result.stderr)
        changes = {}
        for case in document["cases"]:
            for change in case["changes"]:
                changes.setdefault(change["what"], []).append(change)
        return changes

    def test_nothing_changed(self):
        self.issue("custodian", "20260101000000Z", "20340101000000Z")
        self.seal("custodian")
        self.work("2027-01-01T00:00:00Z")
        self.assertEqual(self.look("2028-01-01T00:00:00Z"), {})
        result = self.batch("--reverify", "--at", "2028-01-01T00:00:00Z", "--quiet")
        self.assertEqual((result.returncode, result.stdout), (0, ""))

    def test_a_certificate_that_ends(self):
        self.issue("custodian", "20260101000000Z", "20280301000000Z")
        self.seal("custodian")
        self.work("2027-01-01T00:00:00Z")
        self.assertEqual(self.look("2027-11-01T00:00:00Z"), {})
        soon = self.look("2028-01-01T00:00:00Z")  # 60 days before
        self.assertEqual(set(soon), {"certificate-ends", "will-not-hold"})
        self.assertEqual(soon["certificate-ends"][0]["until"], "2028-03-01T00:00:00Z")
        self.assertIn("CN=custodian", soon["certificate-ends"][0]["detail"])
        self.assertEqual(self.look("2028-01-01T00:00:00Z", "--within", "30"), {})
        late = self.look("2028-04-01T00:00:00Z")
        self.assertIn("certificate-ends", late)
        self.assertIn("was verified", late["verdict"][0]["detail"])

    def test_a_time_stamp_carries_a_signature_until_its_own_authority_ends(self):
        # The token has the machine's time, so the certificates surround it.
        self.issue("custodian", "20200101000000Z", "20580301000000Z")
        self.issue("authority", "20200101000000Z", "20590601000000Z", "tsa")
        signature = self.seal("custodian")
        self.stamp_by(signature, "authority", str(signature) + ".tsr")
        self.work("2058-01-01T00:00:00Z")
        # The signer's certificate ends on 2058-03-01; the token proves that it was in time.
        before = self.look("2058-02-01T00:00:00Z")
        self.assertNotIn("certificate-ends", before)
        self.assertNotIn("timestamp-ends", before)
        self.assertNotIn("will-not-hold", before)
        soon = self.look("2059-05-01T00:00:00Z")
        self.assertEqual(soon["timestamp-ends"][0]["until"], "2059-06-01T00:00:00Z")
        # A second token over the same signature, by an authority that lasts, renews it.
        self.issue("younger", "20200101000000Z", "20591231000000Z", "tsa")
        self.stamp_by(signature, "younger", str(signature) + ".2.tsr")
        self.assertNotIn("timestamp-ends", self.look("2059-05-01T00:00:00Z"))

    def test_algorithms_that_weakened(self):
        self.issue("custodian", "20260101000000Z", "20500101000000Z", key=("RSA", "2048"))
        self.seal("custodian")
        self.work("2027-01-01T00:00:00Z")
        self.assertEqual(self.look("2030-09-01T00:00:00Z"), {})
        ends = self.look("2030-11-01T00:00:00Z")["algorithm-ends"]
        self.assertEqual([(c["until"], "RSA 2048" in c["detail"]) for c in ends],
                         [("2030-12-31T00:00:00Z", True)])
        self.assertIn("algorithm-ends", self.look("2031-06-01T00:00:00Z"))

    def test_files_that_only_weak_digests_speak_for(self):
        self.files()
        (self.package / "md5sums").write_bytes(run("md5sum", "a.bin", "b.bin", cwd=self.package))
        self.trust = []
        self.work("2027-01-01T00:00:00Z")
        weak = self.look("2027-02-01T00:00:00Z")["weak-algorithm-only"]
        self.assertEqual([c["detail"].split(":")[0] for c in weak], ["a.bin", "b.bin"])

    def test_retention_that_ends(self):
        shutil.rmtree(self.package)
        shutil.copytree(INVENTORY, self.package)
        self.trust = ["--trust", str(PKI / "ca.pem")]
        self.work("2027-01-01T00:00:00Z")
        # It is locked until 2033-11-23; the curve of its seals is good until 2035.
        self.assertEqual(self.look("2033-08-01T00:00:00Z"), {})
        self.assertEqual(self.look("2033-10-01T00:00:00Z")["retention-ends"][0]["until"],
                         "2033-11-23T00:00:00Z")

    def test_bit_rot_and_what_is_new_in_a_report(self):
        self.issue("custodian", "20260101000000Z", "20340101000000Z")
        self.seal("custodian")
        self.work("2027-01-01T00:00:00Z")
        kept = os.stat(self.package / "a.bin")
        (self.package / "a.bin").write_bytes(b"alphA\n")  # the same size and time
        os.utime(self.package / "a.bin", ns=(kept.st_atime_ns, kept.st_mtime_ns))
        (self.package / "c.bin").write_bytes(b"more")
        (self.package / "b.bin").unlink()
        at = "2028-01-01T00:00:00Z"
        first = self.look(at)
        self.assertEqual([c["detail"] for c in first["file-changed"]], ["a.bin"])
        self.assertEqual([c["detail"] for c in first["file-added"]], ["c.bin"])
        self.assertEqual([c["detail"] for c in first["file-missing"]], ["b.bin"])
        self.assertTrue(first["verdict"][0]["detail"].startswith("failed, was verified"))
        self.assertTrue(all(c["new"] for some in first.values() for c in some))
        again = self.look(at)  # still told, and not as news
        self.assertEqual(set(again), set(first))
        self.assertFalse(any(c["new"] for some in again.values() for c in some))
        text = self.batch("--reverify", "--at", at, "--quiet")
        self.assertEqual(text.returncode, 1)
        self.assertIn("file-changed: a.bin", text.stdout)
        history = (self.out / "reverify-history.jsonl").read_text().splitlines()
        self.assertEqual([json.loads(line)["new"] for line in history], [4, 0, 0])

    def test_a_package_that_is_gone(self):
        self.files()
        self.manifest()
        self.trust = []
        self.work("2027-01-01T00:00:00Z")
        shutil.rmtree(self.package)
        gone = self.look("2028-01-01T00:00:00Z")
        self.assertIn("gone", gone["not-verified"][0]["detail"])

    def test_what_the_package_installs(self):
        run("packaging/batch.sh", "/usr", "/lib/systemd/system", self.folder / "d")
        installed = sorted(str(p.relative_to(self.folder / "d"))
                           for p in (self.folder / "d").rglob("*") if p.is_file())
        self.assertEqual(installed, ["lib/systemd/system/exhibit-reverify.service",
                                     "lib/systemd/system/exhibit-reverify.timer",
                                     "usr/share/exhibit/exhibit.sbatch"])
        unit = (self.folder / "d" / installed[0]).read_text()
        self.assertIn("ExecStart=/usr/bin/exhibit batch ", unit)
        command = next(line for line in unit.splitlines() if line.startswith("ExecStart="))
        known = subprocess.run([EXHIBIT, "batch", "--help"], capture_output=True, text=True).stdout
        options = [word for word in command.split() if word.startswith("--")]
        self.assertIn("--reverify", options)
        for option in options:
            self.assertIn(option, known)
