"""No credential in any output unless --reveal: more than twenty kinds are planted in every
source that a package can have, each with a value of its own, and all outputs are searched
for all values, the case file among them."""
import base64
import io
import json
import os
import pty
import random
import string
import subprocess
import tarfile
import tempfile
import unittest
from pathlib import Path
from urllib.parse import quote

from made_checkpoint import MAGIC, PAGE, area, image, inventory, message, write_images

EXHIBIT = os.environ["EXHIBIT"]
TIME = "2026-11-23T09:45:%02d.%06dZ"
POD, UID = "api-0", "0b5a5a52-7f0c-4f0e-9d6e-3a5c2f1b9a01"
chance = random.Random(20)


def word(n, letters=string.ascii_letters + string.digits):
    return "".join(chance.choice(letters) for _ in range(n))


def b64(text):
    return base64.b64encode(text.encode()).decode()


def kinds():
    """{kind: (text with the secret in it, the secret)}, fresh on each call."""
    hexed = string.hexdigits[:16]
    jwt = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (
        b'{"alg":"RS256","typ":"JWT"}', json.dumps({"sub": word(20)}).encode(), word(48).encode()))
    made = {
        "password": ("password=%s", word(14)),
        "password option": ("mysqldump --password=%s shop", word(14)),
        "curl user": ("curl -u admin:%s http://10.0.0.9", word(14)),
        "url": ("postgres://app:%s@db.shop:5432/shop", word(14)),
        "bearer": ("Authorization: Bearer %s", word(40)),
        "basic": ("Authorization: Basic %s", b64("admin:" + word(16))),
        "jwt": ("token %s", jwt),
        "aws secret": ("aws_secret_access_key=%s", word(40)),
        "github": ("%s", "ghp_" + word(36)),
        "github fine": ("%s", "github_pat_" + word(22) + "_" + word(59)),
        "gitlab": ("%s", "glpat-" + word(20)),
        "slack": ("%s", "xoxb-" + word(12, string.digits) + "-" + word(12, string.digits) + "-" + word(24)),
        "stripe": ("%s", "sk_live_" + word(24)),
        "google": ("%s", "AIza" + word(35)),
        "npm": ("%s", "npm_" + word(36)),
        "pypi": ("%s", "pypi-AgEIcHlwaS5vcmc" + word(60)),
        "sendgrid": ("%s", "SG." + word(22) + "." + word(43)),
        "vault": ("%s", "hvs." + word(24)),
        "digitalocean": ("%s", "dop_v1_" + word(64, hexed[:16].lower())),
        "azure": ("AccountKey=%s;", b64(word(64))),
        "environment": ("export MYSQL_PWD=%s", word(14)),
        "client secret": ("client_secret=%s", word(32)),
        "bootstrap": ("kubeadm join --token %s", word(6, string.ascii_lowercase + string.digits) + "." +
                      word(16, string.ascii_lowercase + string.digits)),
    }
    return {kind: (text % secret, secret) for kind, (text, secret) in made.items()}


class Planted:
    """Texts in every source; `texts` makes {kind: (text, what to look for)} for each place."""

    def __init__(self, folder, texts):
        self.folder, self.texts, self.secrets, self.at = folder, texts, {}, 0

    def moment(self):
        self.at += 1
        return TIME % (self.at // 1000 % 60, self.at % 1000 * 1000)

    def lines(self, name, place, line, skip=()):
        """One line of a log for each kind."""
        with open(self.folder / name, "a") as f:
            for kind, (text, secret) in self.texts().items():
                if kind in skip:
                    continue
                self.secrets[secret] = (kind, place)
                f.write(line(text, self.moment()) + "\n")

    def one(self, place, skip=()):
        for kind, (text, secret) in self.texts().items():
            if kind not in skip:
                self.secrets[secret] = (kind, place)
                yield kind, text


def audit(time, **more):
    record = {"kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "RequestResponse",
              "auditID": word(8) + "-0000-4000-8000-" + word(12), "stage": "ResponseComplete",
              "requestURI": f"/api/v1/namespaces/shop/pods/{POD}", "verb": "patch",
              "user": {"username": "system:serviceaccount:shop:api"}, "sourceIPs": ["10.0.0.7"],
              "userAgent": "kubectl/v1.30.0", "responseStatus": {"code": 200},
              "objectRef": {"resource": "pods", "namespace": "shop", "name": POD, "apiVersion": "v1"},
              "requestReceivedTimestamp": time, "stageTimestamp": time}
    record.update(more)
    return json.dumps(record)


def exec_of(text, time):
    words = "".join("&command=" + quote(w, safe="") for w in text.split())
    return audit(time, verb="create", requestURI=f"/api/v1/namespaces/shop/pods/{POD}/exec?container=api{words}",
                 objectRef={"resource": "pods", "namespace": "shop", "name": POD,
                            "apiVersion": "v1", "subresource": "exec"}, responseStatus={"code": 101})


def pod_body(**more):
    return {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": POD, "namespace": "shop", **more}}


def falco(time, **fields):
    return json.dumps({"time": time, "rule": "Terminal shell in container", "priority": "Notice",
                       "source": "syscall", "hostname": "worker-1",
                       "output": fields.pop("output", "a shell"),
                       "output_fields": {"container.id": "ab" * 6, "k8s.ns.name": "shop",
                                         "k8s.pod.name": POD, "proc.name": "sh", **fields}})


def write_layer(planted, folder):
    with tarfile.open(folder / "base-image.tar", "w") as base, \
            tarfile.open(folder / f"{POD}-layer.tar", "w", format=tarfile.PAX_FORMAT) as layer:
        def add(archive, name, content=b"", **more):
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(content), 1795427132
            for key, value in more.items():
                setattr(member, key, value)
            archive.addfile(member, io.BytesIO(content))
        add(base, "etc/app.conf", b"mode=plain\nlog=on\n")
        add(base, "bin/sh", b"\x7fELF" + bytes(60))
        lines = [text for _, text in planted.one("changed file")]
        add(layer, "etc/app.conf", ("mode=plain\n" + "\n".join(lines) + "\n").encode())
        add(layer, "etc/cron.d/job", ("* * * * * root " + "\n* * * * * root ".join(
            text for _, text in planted.one("added file")) + "\n").encode())
        for n, (_, text) in enumerate(planted.one("file name", skip=("url",))):
            add(layer, f"tmp/{n}/" + text.replace("/", "_"))
        for n, (_, text) in enumerate(planted.one("link target")):
            add(layer, f"opt/link{n}", type=tarfile.SYMTYPE, linkname=text)
        for n, (_, text) in enumerate(planted.one("extended attribute")):
            add(layer, f"srv/x{n}", pax_headers={"SCHILY.xattr.user.note": text,
                                                  "SCHILY.xattr.user.blob": f"\x01\x02{text}\x7f"})


def write_checkpoint(planted, folder):
    """One process: its arguments and environment, and the name of its program."""
    argv = b"sh\0" + b"".join(t.encode() + b"\0" for _, t in planted.one("arguments of a process"))
    env = b"".join(b"V%d=%s\0" % (n, t.encode()) for n, (_, t) in
                   enumerate(planted.one("environment of a process")))
    path = next(text for _, text in planted.one("program of a process", skip=("url", "curl user")))
    start, pages = 0x7FFE00000000, -(-len(argv + env) // PAGE)
    end = start + pages * PAGE
    write_images(
        folder, inventory=inventory(), pstree=image(MAGIC["pstree"], message(f1=1, f2=0, f3=1, f4=1, f5=1)),
        core__1=image(MAGIC["core"], message(f1=1, f3=message(f1=1, f2=0, f6=b"sh"))),
        mm__1=image(MAGIC["mm"], message(
            f8=start, f9=start + len(argv), f10=start + len(argv), f11=start + len(argv + env),
            f12=5, f14=area(start, end))),
        files=image(MAGIC["files"], message(f1=1, f2=5, f3=message(
            f1=5, f2=0, f3=0, f4=0, f5=message(f1=0, f2=0, f3=0), f6=("/srv/" + path).encode()))),
        pagemap__1=image(MAGIC["pagemap"], message(f1=1), message(f1=start, f2=pages)),
        pages__1=(argv + env).ljust(pages * PAGE, b"\0"))


def write_seal(planted, scratch, manifest):
    """A CMS signature over the manifest; X.509 names hold 64 characters in a value."""
    subject = "/CN=signer" + "".join(
        f"/OU={text}" for _, text in planted.one("subject of a certificate")
        if len(text.encode()) <= 64 and not set(text) & set("/\\+\n"))
    key, certificate = scratch / "signer.key", scratch / "signer.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", subject,
                    "-keyout", key, "-out", certificate], check=True, capture_output=True)
    subprocess.run(["openssl", "cms", "-sign", "-binary", "-in", manifest, "-signer", certificate,
                    "-inkey", key, "-outform", "DER", "-out", f"{manifest}.p7s"],
                   check=True, capture_output=True)


def plant(folder, texts=kinds):
    p = Planted(folder, texts)
    env = "".join(f"    - name: V{n}\n      value: {json.dumps(text)}\n"
                  for n, (_, text) in enumerate(p.one("environment of the manifest")))
    notes = "".join(f"    note{n}: {json.dumps(text)}\n"
                    for n, (_, text) in enumerate(p.one("annotation of the manifest")))
    args = "".join(f"    - {json.dumps(text)}\n" for _, text in p.one("arguments of the manifest"))
    (folder / "pod.yaml").write_text(
        f"apiVersion: v1\nkind: Pod\nmetadata:\n  name: {POD}\n  namespace: shop\n  uid: {UID}\n"
        f"  annotations:\n{notes}spec:\n  nodeName: worker-1\n  serviceAccountName: api\n"
        f"  containers:\n  - name: api\n    image: shop/api:1\n    args:\n{args}    env:\n{env}")
    p.lines("audit.log", "audit: command of exec", exec_of)
    p.lines("audit.log", "audit: user agent", lambda text, t: audit(t, userAgent=text))
    p.lines("audit.log", "audit: query", lambda text, t: audit(
        t, requestURI=f"/api/v1/namespaces/shop/pods/{POD}?x=" + quote(text, safe="")))
    p.lines("audit.log", "audit: message", lambda text, t: audit(
        t, responseStatus={"code": 403, "message": text, "status": "Failure"}))
    p.lines("audit.log", "audit: annotation of the object", lambda text, t: audit(
        t, requestObject=pod_body(annotations={"note": text}), responseObject=pod_body(annotations={"n": text})))
    p.lines("audit.log", "audit: environment of a new pod", lambda text, t: audit(
        t, verb="create", requestObject={**pod_body(), "spec": {"containers": [
            {"name": "c", "image": "i", "command": ["sh", "-c", text],
             "env": [{"name": "A", "value": text}], "securityContext": {"privileged": True}}]}}))
    p.lines("audit.log", "audit: name of an object", lambda text, t: audit(
        t, verb="delete", objectRef={"resource": "configmaps", "namespace": "shop", "name": text,
                                     "apiVersion": "v1"}))
    p.lines("audit.log", "audit: account", lambda text, t: audit(
        t, user={"username": text}, verb="create"))
    p.lines("falco.jsonl", "falco: output", lambda text, t: falco(t, output=text))
    p.lines("falco.jsonl", "falco: command", lambda text, t: falco(t, **{"proc.cmdline": "sh -c " + text}))
    p.lines("falco.jsonl", "falco: file", lambda text, t: falco(t, **{"fd.name": "/tmp/" + text}))
    p.lines(f"0.log", "log of the container", lambda text, t: f"{t} stdout F GET /?x=1;id {text}")
    p.lines("pod-logs.txt", "log as kubectl prints it", lambda text, t: f"{t} {text}")
    p.lines("ab-json.log", "log of Docker", lambda text, t: json.dumps(
        {"log": text + "\n", "stream": "stdout", "time": t}))
    p.lines("journal.jsonl", "journal", lambda text, t: json.dumps({
        "__REALTIME_TIMESTAMP": "1795427132000000", "_HOSTNAME": "worker-1",
        "SYSLOG_IDENTIFIER": "containerd", "_SYSTEMD_UNIT": "containerd.service",
        "MESSAGE": f"pod {POD} namespace shop {UID} {text}"}))
    p.lines("tetragon.jsonl", "tetragon", lambda text, t: json.dumps({
        "process_exec": {"process": {"exec_id": "x", "pid": 7, "uid": 0, "binary": "/bin/sh",
                                     "arguments": "-c " + text, "start_time": t,
                                     "pod": {"namespace": "shop", "name": POD}}},
        "node_name": "worker-1", "time": t}))
    p.lines("timeline.md", "written timeline", lambda text, t: f"- {t} found {text}")
    events = [{"kind": "Event", "apiVersion": "v1", "metadata": {"name": f"e{n}", "namespace": "shop"},
               "involvedObject": {"kind": "Pod", "namespace": "shop", "name": POD, "uid": UID},
               "reason": "Failed", "message": text, "type": "Warning", "count": 1,
               "firstTimestamp": "2026-11-23T09:45:30Z", "lastTimestamp": "2026-11-23T09:45:30Z"}
              for n, (_, text) in enumerate(p.one("Kubernetes event"))]
    (folder / "events.json").write_text(json.dumps({"kind": "List", "apiVersion": "v1", "items": events}))
    (folder / "netpol.json").write_text(json.dumps({
        "kind": "NetworkPolicy", "apiVersion": "networking.k8s.io/v1",
        "metadata": {"name": "quarantine", "namespace": "shop", "annotations": {
            f"note/{n}": text for n, (_, text) in enumerate(p.one("network policy"))}},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"]}}))
    (folder / "describe.txt").write_text(
        f"Name:         {POD}\nNamespace:    shop\nNode:         worker-1/10.0.0.1\nAnnotations:  "
        + "\n              ".join(f"n{n}: {text}" for n, (_, text) in enumerate(p.one("describe"))) + "\nStatus:       Running\n")
    # A '/' ends a name: what needs one to be known as a credential is none in a name.
    for n, (_, text) in enumerate(p.one("name of an item", skip=("url",))):
        (folder / f"{n} {text.replace('/', '_')[:200]}").write_text("x")
    (folder / "SHA256SUMS").write_text("".join(
        f"{'0' * 64}  gone/{n}/{text}\n" for n, (_, text) in enumerate(p.one("name in a manifest", skip=("url",)))))
    write_layer(p, folder)
    write_checkpoint(p, folder / "checkpoint")
    write_seal(p, folder.parent, folder / "SHA256SUMS")
    return p.secrets


class Masking(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.at = Path(cls.folder.name)
        cls.package = cls.at / "case"
        cls.package.mkdir()
        cls.secrets = plant(cls.package)
        cls.key, cls.certificate = cls.at / "key.pem", cls.at / "cert.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj",
                        "/CN=examiner", "-keyout", cls.key, "-out", cls.certificate],
                       check=True, capture_output=True)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def analyze(self, name, *more):
        out = self.at / name
        done = subprocess.run([EXHIBIT, "analyze", self.package, "-o", out, *more],
                              capture_output=True, timeout=300)
        self.assertIn(done.returncode, (0, 1), done.stderr[-2000:])
        texts = {p.name: p.read_bytes() for p in out.iterdir()}
        texts["the terminal"] = done.stdout + done.stderr
        return texts

    def found(self, texts):
        """{(kind, place): outputs}"""
        leaks = {}
        for name, text in texts.items():
            for secret, where in self.secrets.items():
                if secret.encode() in text or secret.encode().hex().encode() in text:
                    leaks.setdefault(where, []).append(name)
        return leaks

    def test_no_output_shows_a_credential(self):
        self.assertGreaterEqual(len({kind for kind, _ in self.secrets.values()}), 20)
        leaks = self.found(self.analyze("masked"))
        self.assertEqual(leaks, {}, f"{len(leaks)} of {len(self.secrets)} leak")

    def test_reveal_shows_them_so_that_the_search_is_awake(self):
        leaks = self.found(self.analyze("revealed", "--reveal"))
        self.assertGreater(len({kind for kind, _ in leaks}), 20)
        self.assertGreater(len({place for _, place in leaks}), 15)

    def test_the_progress_on_a_terminal_shows_none(self):
        """It names the item that is worked on."""
        master, slave = pty.openpty()
        process = subprocess.Popen([EXHIBIT, "analyze", self.package, "-o", self.at / "watched"],
                                   stdout=slave, stderr=slave, stdin=slave)
        os.close(slave)
        shown = b""
        while True:
            try:
                block = os.read(master, 65536)
            except OSError:  # the other end is closed
                break
            if not block:
                break
            shown += block
        os.close(master)
        self.assertIn(process.wait(), (0, 1))
        self.assertIn(b"report.html", shown)
        self.assertEqual(self.found({"the terminal": shown}), {})

    def run_all(self, *more):
        """What each command prints and writes of the planted package: {command: bytes}."""
        base, layer = self.package / "base-image.tar", self.package / f"{POD}-layer.tar"
        seal = self.at / f"seal{len(more)}"
        seal.mkdir(exist_ok=True)
        commands = {
            "list": ["list", "--all", self.package],
            "list --json": ["list", "--all", "--json", self.package],
            "verify": ["verify", self.package],
            "verify --json": ["verify", "--json", self.package],
            "verify --seal": ["verify", "--seal", self.key, self.certificate, "-o", seal,
                              "--custody", seal / "custody.log", self.package],
            "diff": ["diff", base, layer],
            "diff --json": ["diff", "--json", base, layer],
            "diff --patch": ["diff", "--patch", base, layer],
            "diff --bodyfile": ["diff", "--bodyfile", base, layer],
        }
        for what in ("ps", "info", "env", "files", "maps", "threads", "findings"):
            commands[f"checkpoint {what}"] = ["checkpoint", self.package, what]
            commands[f"checkpoint {what} --json"] = ["checkpoint", self.package, what, "--json"]
        commands["checkpoint strings"] = ["checkpoint", self.package, "strings"]
        commands["checkpoint search"] = ["checkpoint", self.package, "search", "re:[a-z]{3,}"]
        commands["checkpoint decode"] = ["checkpoint", self.package, "decode", "files.img"]
        for name in ("audit.log", "pod.yaml", "falco.jsonl"):
            commands[f"show {name}"] = ["show", self.package, name]
            commands[f"show {name} --hex"] = ["show", "--hex", self.package, name]
        texts = {}
        for name, words in commands.items():
            done = subprocess.run([EXHIBIT, words[0], *more, *words[1:]],
                                  capture_output=True, timeout=60)
            self.assertIn(done.returncode, (0, 1), (name, done.stderr))
            texts[name] = done.stdout + done.stderr
        return texts | {f"verify --seal: {f.name}": f.read_bytes() for f in seal.iterdir()}

    def test_no_command_prints_a_credential(self):
        leaks = self.found(self.run_all())
        self.assertEqual(leaks, {}, f"{len(leaks)} of {len(self.secrets)} leak")

    def test_each_command_reveals_when_asked(self):
        leaks = self.found(self.run_all("--reveal"))
        shown = {name for names in leaks.values() for name in names}
        self.assertLessEqual({"list", "list --json", "verify", "verify --json", "diff",
                              "diff --json", "diff --patch", "diff --bodyfile",
                              "checkpoint ps", "checkpoint ps --json", "checkpoint env",
                              "checkpoint env --json", "checkpoint strings", "checkpoint search",
                              "checkpoint decode", "show audit.log", "show pod.yaml",
                              "verify --seal: verdict.json", "verify --seal: certificate.txt",
                              "verify --seal: certificate.html"}, shown)
        self.assertIn(("npm", "link target"), leaks)
        self.assertIn(("npm", "extended attribute"), leaks)
        self.assertIn(("npm", "name of an item"), leaks)
        self.assertIn(("npm", "name in a manifest"), leaks)
        self.assertIn(("npm", "subject of a certificate"), leaks)
        for place in ("arguments of a process", "environment of a process"):
            self.assertGreater(sum(where == place for _, where in leaks), 20)

    def show(self, *words):
        return subprocess.run([EXHIBIT, "show", *words], capture_output=True, check=True).stdout

    def test_show_masks_what_a_span_holds_a_part_of(self):
        secret = "ghp_" + "a1B2" * 9
        text = "x" * 3_000_000 + f" token {secret} end\n"
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "big.log").write_text(text)
            at = text.index(secret)
            for span in ("", f"@{at}", f"@{at + 10}+12", f"@{at - 5}+20"):
                for more in ([], ["--hex"]):
                    out = self.show(*more, folder, "big.log" + span)
                    self.assertNotIn(b"a1B2", out)
                    self.assertIn(b"**" if more else b"<github-token 40 bytes #", out)
                    self.assertNotIn(b"61 31 42 32", out)
            whole = self.show(folder, "big.log").decode()
            self.assertRegex(whole[-80:], r"x token <github-token 40 bytes #[0-9a-f]{8}> end\n\n$")
            self.assertEqual(whole[:3_000_000], "x" * 3_000_000)
            self.assertEqual(self.show("--reveal", folder, "big.log").decode(), text + "\n")
            self.assertEqual(self.show("--raw", folder, "big.log").decode(), text)
            self.assertEqual(self.show(folder, f"big.log@{at - 6}+5"), b"token\n")
            self.assertEqual(self.show("--reveal", folder, f"big.log@{at}+8"), b"ghp_a1B2\n")

    def test_what_holds_a_credential_in_its_path_is_still_cited(self):
        done = subprocess.run([EXHIBIT, "list", "--json", self.package],
                              capture_output=True, check=True)
        item = next(i for i in json.loads(done.stdout)["items"] if "<npm-token" in i["path"])
        shown = subprocess.run([EXHIBIT, "show", "--raw", self.package, str(item["id"])],
                               capture_output=True, check=True)
        self.assertEqual(shown.stdout, b"x")


if __name__ == "__main__":
    unittest.main()
