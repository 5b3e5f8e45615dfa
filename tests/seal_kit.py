"""Certificates, signatures and time-stamps of a laboratory's own authority, by openssl and,
where a time must be chosen that is not now, put together from DER here."""

import datetime
import hashlib
import pathlib
import shutil
import tempfile

import der
from verify_kit import AT, VerifyCase, run

MANIFEST = "manifest.sha256"
LATER = "2039-01-01T00:00:00Z"  # tokens are made at the machine's time


def in_days(n):
    return (datetime.datetime.utcnow() + datetime.timedelta(n)).strftime("%Y%m%d%H%M%SZ")


class Authority:
    """A certification authority made by openssl for one test class."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "index.txt").write_text("")
        (folder / "serial").write_text("1000\n")
        (folder / "crlnumber").write_text("01\n")
        (folder / "ca.cnf").write_text(
            "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\n"
            "crlnumber=crlnumber\ndefault_md=sha256\npolicy=p\ncertificate=ca.pem\n"
            "private_key=ca.key\nunique_subject=no\n[p]\ncommonName=supplied\n"
            "[seal]\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=emailProtection\n"
            "[code]\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning\n"
            "[document]\nkeyUsage=critical,nonRepudiation\n"
            "extendedKeyUsage=1.3.6.1.5.5.7.3.36\n"
            "[encrypt]\nkeyUsage=critical,keyEncipherment\nextendedKeyUsage=emailProtection\n"
            "[plain]\nbasicConstraints=CA:FALSE\n"
            "[tsa]\nkeyUsage=critical,digitalSignature\n"
            "extendedKeyUsage=critical,timeStamping\n"
            "[badtsa]\nkeyUsage=critical,digitalSignature\n"
            "extendedKeyUsage=timeStamping,emailProtection\n"
            "[inter]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n")
        run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out", "ca.csr",
            "-subj", "/CN=Test CA", cwd=folder)
        run("openssl", "ca", "-batch", "-notext", "-selfsign", "-config", "ca.cnf", "-in",
            "ca.csr", "-keyfile", "ca.key", "-out", "ca.pem", "-extensions", "inter",
            "-startdate", "20200101000000Z", "-enddate", "20400101000000Z", cwd=folder)

    def issue(self, name, extensions="seal", start="20200101000000Z",
              end="20400101000000Z", key=("ec", "ec_paramgen_curve:P-256"), issuer=None):
        run("openssl", "req", "-new", "-newkey", key[0], *(
            x for o in key[1:] for x in ("-pkeyopt", o)), "-nodes", "-keyout",
            f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}", cwd=self.folder)
        sign = ("-cert", f"{issuer}.pem", "-keyfile", f"{issuer}.key") if issuer else ()
        run("openssl", "ca", "-batch", "-notext", "-config", "ca.cnf", "-in", f"{name}.csr",
            "-out", f"{name}.pem", "-extensions", extensions, "-startdate", start,
            "-enddate", end, *sign, cwd=self.folder)

    def crl(self, out, last, following):
        run("openssl", "ca", "-config", "ca.cnf", "-gencrl", "-out", out, "-crl_lastupdate",
            last, "-crl_nextupdate", following, cwd=self.folder)
        return self.folder / out


class SealCase(VerifyCase):
    @classmethod
    def setUpClass(cls):
        cls.pki = pathlib.Path(tempfile.mkdtemp(prefix="exhibit-pki-"))
        cls.addClassCleanup(shutil.rmtree, cls.pki, ignore_errors=True)
        cls.authority = Authority(cls.pki)
        cls.trust = ("--trust", cls.pki / "ca.pem")

    def setUp(self):
        super().setUp()
        self.files()
        self.manifest()
        self.target = self.package / MANIFEST

    def cms(self, signer, *options, out=None, form="DER"):
        out = out or self.package / (MANIFEST + ".p7s")
        run("openssl", "cms", "-sign", "-binary", "-in", self.target, "-signer",
            self.pki / f"{signer}.pem", "-inkey", self.pki / f"{signer}.key", "-outform",
            form, "-out", out, *options)
        return out

    def token(self, path, out, signer="tsa", algorithm="sha256", query=(), config=""):
        request = self.folder / "q.tsq"
        (self.pki / "tsaserial").write_text("01\n")
        (self.pki / "tsa.cnf").write_text(
            f"[tsa]\ndefault_tsa=t\n[t]\nserial=tsaserial\nsigner_cert={signer}.pem\n"
            f"certs=ca.pem\nsigner_key={signer}.key\nsigner_digest=sha256\n"
            "default_policy=1.2.3.4.5\ndigests=sha1,sha256,sha384,sha512\naccuracy=secs:2\n"
            + (config or "ess_cert_id_alg=sha256\n"))
        run("openssl", "ts", "-query", "-data", path, f"-{algorithm}", "-cert", "-out",
            request, *query)
        run("openssl", "ts", "-reply", "-config", "tsa.cnf", "-queryfile", request, "-out",
            out, cwd=self.pki)
        return out

    def seal(self, verdict, *arguments, at=AT):
        document = self.assert_verdict(verdict, *self.trust, *arguments, at=at)
        return document["signatures"][0] if document["signatures"] else document


ALGORITHMS = {"sha1": "1.3.14.3.2.26", "sha256": "2.16.840.1.101.3.4.2.1",
              "sha384": "2.16.840.1.101.3.4.2.2", "sha512": "2.16.840.1.101.3.4.2.3"}


def algorithm_id(name):
    return der.sequence(der.oid(ALGORITHMS[name]))


def attribute(dotted, value):
    return der.sequence(der.oid(dotted), der.set_of(value))


def token_at(folder, signer, imprint, when, *, algorithm="sha256", nonce=None):
    """An RFC 3161 token over a digest, at a chosen time; `openssl ts` only knows now."""
    certificate = run("openssl", "x509", "-in", folder / f"{signer}.pem", "-outform", "DER")
    _, fields, _ = der.read(der.read(certificate)[1])
    parts, at = [], 0
    while at < len(fields):
        _, _, end = der.read(fields, at)
        parts.append(fields[at:end])
        at = end
    serial, issuer = parts[1], parts[3]
    info = der.sequence(
        der.integer(1), der.oid("1.2.3.4.5"),
        der.sequence(algorithm_id(algorithm), der.octets(imprint)), der.integer(7),
        der.generalized_time(when), *([der.integer(nonce)] if nonce else ()))
    content = der.oid("1.2.840.113549.1.9.16.1.4")
    signed = sorted([
        attribute("1.2.840.113549.1.9.3", content),
        attribute("1.2.840.113549.1.9.4", der.octets(hashlib.sha256(info).digest())),
        attribute("1.2.840.113549.1.9.16.2.47", der.sequence(der.sequence(
            der.sequence(der.octets(hashlib.sha256(certificate).digest())))))])
    (folder / "attributes").write_bytes(der.der(0x31, *signed))
    value = run("openssl", "dgst", "-sha256", "-sign", folder / f"{signer}.key",
                folder / "attributes")
    return der.sequence(der.oid("1.2.840.113549.1.7.2"), der.context(0, der.sequence(
        der.integer(3), der.set_of(algorithm_id("sha256")),
        der.sequence(content, der.context(0, der.octets(info))),
        der.context(0, certificate),
        der.set_of(der.sequence(
            der.integer(1), der.sequence(issuer, serial), algorithm_id("sha256"),
            der.context(0, *signed), der.sequence(der.oid("1.2.840.10045.4.3.2")),
            der.octets(value))))))
