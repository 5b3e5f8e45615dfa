"""Each of the findings about processes that has no other test: one dump where it is, one where it is not."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from made_checkpoint import CODE, MAGIC, OWNER, PAGE, REG, STACK, area, image, make_processes, message, regular, write_images

EXHIBIT = os.environ["EXHIBIT"]
AT = 0x7F0000000000
INETSK, UNIXSK = 4, 5
APP = {"exe": 1, "comm": b"app", "argv": [b"app"]}
OPTIONS = message(f1=1, f2=1, f3=0, f4=0, f5=0, f6=0)
SYS_ADMIN, CHOWN = 1 << 21, 1
CREDS = lambda effective: message(f1=0, f2=0, f10=message(f1=0, f2=0, f3=0, f4=0, f5=0, f6=0, f7=0, f8=0,
                                                          f11=[effective, 0], f13=0))


def word(address):
    return int.from_bytes(bytes(int(n) for n in address.split(".")), "little")


def tcp(id, remote="127.0.0.1", port=443, state=1, local=40000):
    return message(f1=INETSK, f2=id, f4=message(f1=id, f2=id, f3=2, f4=1, f5=6, f6=state, f7=local, f8=port, f9=2, f10=0,
                                                f11=[word("10.0.0.2")], f12=[word(remote)], f13=OWNER, f14=OPTIONS))


def unix(id, name):
    return message(f1=UNIXSK, f2=id, f16=message(f1=id, f2=id, f3=1, f4=1, f5=2, f6=1, f7=0, f8=0, f9=OWNER, f10=OPTIONS,
                                                 f11=name))


def registers(ip):
    return message(**{"f%d" % i: ip if i == 17 else 0 for i in range(1, 28)})


class Rules(unittest.TestCase):
    def setUp(self):
        self.there = tempfile.TemporaryDirectory()
        self.root = self.there.name

    def tearDown(self):
        self.there.cleanup()

    def found(self, which, processes, files=(), spec=None, root_ids=b""):
        with tempfile.TemporaryDirectory() as root:
            self.root = root
            make_processes(root, processes, [regular(1, b"/usr/bin/app"), *files], spec, root_ids)
            return self.ask(which)

    def ask(self, which):
        out = subprocess.run([EXHIBIT, "checkpoint", self.root, "findings", "--json"], stdout=subprocess.PIPE,
                             check=True).stdout
        return [f["arguments"] | {"subject": f["subject"]} for f in json.loads(out) if f["id"] == which]

    def one(self, which, *dump, **options):
        found = self.found(which, *dump, **options)
        self.assertEqual(len(found), 1, which)
        return found[0]

    def none(self, which, *dump, **options):
        self.assertEqual(self.found(which, *dump, **options), [], which)

    # -- names -------------------------------------------------------------------------

    def test_name_mismatch(self):
        self.one("process.name-mismatch", {1: {**APP, "argv": [b"sshd"]}})
        self.none("process.name-mismatch", {1: APP})
        self.none("process.name-mismatch", {1: {**APP, "exe": 2, "argv": [b"ls"]}}, [regular(2, b"/bin/busybox")])

    def test_interpreter_without_script(self):
        python, null = regular(2, b"/usr/bin/python3.11"), regular(3, b"/dev/null")
        run = lambda *argv: {1: {**APP, "exe": 2, "argv": list(argv), "fds": {0: (REG, 3)}}}
        self.one("process.interpreter-without-script", run(b"python3", b"-c", b"import os"), [python, null])
        self.one("process.interpreter-without-script", run(b"python3"), [python, null])
        self.none("process.interpreter-without-script", run(b"python3", b"/srv/app.py"), [python, null])

    # -- environment -------------------------------------------------------------------

    def test_preload(self):
        for entry in (b"LD_PRELOAD=/tmp/x.so", b"LD_AUDIT=/tmp/x.so"):
            self.assertEqual(self.one("process.preload", {1: {**APP, "env": [b"A=1", entry]}})["variable"], entry.decode())
        for entry in (b"LD_PRELOAD=", b"MY_LD_PRELOAD=/x.so", b"LD_LIBRARY_PATH=/lib"):
            self.none("process.preload", {1: {**APP, "env": [entry]}})

    def test_history(self):
        for entry in (b"HISTFILE=/dev/null", b"HISTFILE=", b"HISTSIZE=0", b"HISTFILESIZE=0"):
            self.one("process.history-disabled", {1: {**APP, "env": [entry]}})
        for entry in (b"HISTFILE=/root/.sh_history", b"HISTSIZE=1000"):
            self.none("process.history-disabled", {1: {**APP, "env": [entry]}})

    # -- memory ------------------------------------------------------------------------

    def test_executable_memory_of_no_file(self):
        self.one("process.executable-anonymous-memory", {1: {**APP, "areas": [area(AT, AT + PAGE, 5)], "pages": {AT: b"\xc3"}}})
        self.none("process.executable-anonymous-memory", {1: {**APP, "areas": [area(AT, AT + PAGE, 3)]}})

    def test_executing_outside_of_files(self):
        run = lambda ip: {1: {**APP, "areas": [area(AT, AT + PAGE, 5)], "registers": message(f1=0, f2=registers(ip))}}
        self.assertEqual(self.one("process.executing-anonymous", run(AT + 16))["instruction"], hex(AT + 16))
        self.none("process.executing-anonymous", run(CODE + 16))

    def test_private_key(self):
        body = b"MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ\n" * 4
        page = lambda kind: b"-----BEGIN %s-----\n%s-----END %s-----\n" % (kind, body, kind)
        areas = [area(AT, AT + PAGE)]
        found = self.one("memory.private-key", {1: {**APP, "areas": areas, "pages": {AT: page(b"PRIVATE KEY")}}})
        self.assertEqual((found["address"], found["kind"]), (hex(AT + len("-----BEGIN PRIVATE KEY-----\n")), "private-key"))
        self.none("memory.private-key", {1: {**APP, "areas": areas, "pages": {AT: page(b"CERTIFICATE")}}})

    def test_thousands_of_names_take_no_room_from_a_key(self):
        """60,000 addresses in a proxy's memory, and then one key; of a kind 4,096 are told."""
        body = b"MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ\n" * 4
        names = b"".join(b"host-%05d.shop-site.com\n" % i for i in range(60000))
        pages = {AT + at: names[at:at + PAGE] for at in range(0, len(names), PAGE)}
        end = AT + len(pages) * PAGE
        pages[end] = b"-----BEGIN PRIVATE KEY-----\n%s-----END PRIVATE KEY-----\n" % body
        dump = {1: {**APP, "areas": [area(AT, end + PAGE)], "pages": pages}}
        self.assertEqual(self.one("memory.private-key", dump)["kind"], "private-key")
        left = self.one("memory.values-left", dump)
        self.assertEqual((left["subject"], left["told"], left["places of others"]), ("domain", "4096", "55904"))
        few = {at: pages[at] for at in list(pages)[:20]}
        self.none("memory.values-left", {1: {**APP, "areas": [area(AT, end)], "pages": few}})

    # -- files and sockets -------------------------------------------------------------

    def test_secret_file(self):
        held = {1: {**APP, "fds": {3: (REG, 2)}}}
        for path in (b"/var/run/secrets/kubernetes.io/serviceaccount/token", b"/etc/shadow", b"/root/.ssh/id_ed25519"):
            self.assertEqual(self.one("process.secret-file-open", held, [regular(2, path)])["target"], path.decode())
        self.none("process.secret-file-open", held, [regular(2, b"/etc/passwd")])

    def test_runtime_socket(self):
        held = {1: {**APP, "fds": {3: (UNIXSK, 2)}}}
        self.one("process.runtime-socket", held, [unix(2, b"/run/containerd/containerd.sock\0")])
        self.none("process.runtime-socket", held, [unix(2, b"/run/app.sock\0")])

    def test_connection(self):
        held = {1: {**APP, "fds": {3: (INETSK, 2)}}, 2: {**APP, "ppid": 1, "fds": {3: (INETSK, 2)}}}
        self.assertEqual(self.one("process.external-connection", held, [tcp(2, "198.18.0.1", 9)])["pids"], "1 2")
        for private in ("10.1.2.3", "172.31.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "127.0.0.1"):
            self.none("process.external-connection", held, [tcp(2, private)])
        self.one("process.external-connection", held, [tcp(2, "172.32.0.1")])

    def test_listener(self):
        held, pod = {1: {**APP, "fds": {3: (INETSK, 2)}}}, {
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "n", "uid": "1"},
            "spec": {"containers": [{"name": "c", "image": "i", "ports": [{"containerPort": 8080}]}]}}
        for port, times in ((8080, 0), (4444, 1)):
            with tempfile.TemporaryDirectory() as root:
                self.root = root
                make_processes(root, held, [regular(1, b"/usr/bin/app"), tcp(2, "0.0.0.0", 0, 10, port)])
                self.assertEqual(self.ask("process.undeclared-listener"), [])  # nobody declared anything
                pathlib.Path(root, "pod.json").write_text(json.dumps(pod))
                self.assertEqual([f["port"] for f in self.ask("process.undeclared-listener")], [str(port)] * times)

    # -- privileges --------------------------------------------------------------------

    def test_capability(self):
        run = lambda effective: {1: {**APP, "thread": CREDS(effective)}}
        found = self.one("process.capability", run(SYS_ADMIN | CHOWN))
        self.assertEqual(found["capabilities"], "CAP_SYS_ADMIN")
        self.assertIn("no specification was there", found["compared_with"])
        self.none("process.capability", run(CHOWN))
        spec = {"ociVersion": "1.0.2", "process": {"args": ["app"], "capabilities": {"bounding": ["CAP_SYS_ADMIN"]}}}
        self.none("process.capability", run(SYS_ADMIN), spec=spec)
        found = self.one("process.capability", run(SYS_ADMIN | CHOWN), spec=spec)
        self.assertEqual(found["capabilities"], "CAP_CHOWN")
        self.assertIn("specification", found["compared_with"])

    def test_seccomp(self):
        run = lambda mode: {1: {**APP, "thread": message(f1=0, f2=0, f11=mode)}}
        spec = {"ociVersion": "1.0.2", "process": {"args": ["app"]}, "linux": {"seccomp": {"defaultAction": "SCMP_ACT_ERRNO"}}}
        self.one("process.seccomp-off", run(0), spec=spec)
        self.none("process.seccomp-off", run(2), spec=spec)
        self.none("process.seccomp-off", run(0))

    def test_namespaces(self):
        ids = lambda net, mount: message(f6=net, f9=mount)
        host = message(f1=1, f2=1, f3=1, f4=1) + ids(2, 6)
        run = lambda first, second: {1: {**APP, "ids": first}, 2: {**APP, "ppid": 1, "ids": second}}
        self.assertEqual(self.one("process.host-namespace", run(ids(2, 6), ids(2, 6)), root_ids=host)["namespaces"],
                         "network mount")
        self.none("process.host-namespace", run(ids(9, 8), ids(9, 8)), root_ids=host)
        found = self.one("process.foreign-namespace", run(ids(9, 8), ids(10, 8)), root_ids=host)
        self.assertEqual((found["subject"], found["namespaces"]), ("pid 2 (app)", "network"))
        self.none("process.foreign-namespace", run(ids(9, 8), ids(9, 8)), root_ids=host)

    # -- the dump ----------------------------------------------------------------------

    def test_one_pages_file_for_two(self):
        two = {1: APP, 2: {**APP, "ppid": 1}}
        self.none("checkpoint.shared-pages-file", two)
        make_processes(self.root, two, [regular(1, b"/usr/bin/app")])
        write_images(os.path.join(self.root, "checkpoint"),
                     pagemap__2=image(MAGIC["pagemap"], message(f1=1), message(f1=STACK, f2=0, f4=4, f5=1)))
        self.assertEqual(len(self.ask("checkpoint.shared-pages-file")), 1)

    def test_compressed_pages(self):
        """As unreleased CRIU writes them, in either of the two proposed forms."""
        self.none("checkpoint.unsupported", {1: APP})
        sizes = b"\xac\x02"  # one block of 300 bytes
        for field in (sizes, message(f1=sizes, f2=300, f3=1)):
            with tempfile.TemporaryDirectory() as root:
                self.root = root
                make_processes(root, {1: APP}, [regular(1, b"/usr/bin/app")])
                write_images(os.path.join(root, "checkpoint"), pagemap__1=image(
                    MAGIC["pagemap"], message(f1=1), message(f1=STACK, f2=0, f4=4, f5=1, f6=field)))
                self.assertEqual([f["subject"] for f in self.ask("checkpoint.unsupported")], ["pagemap-1.img"])


if __name__ == "__main__":
    unittest.main()
