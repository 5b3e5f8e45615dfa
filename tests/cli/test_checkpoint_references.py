"""Does every number that one image uses stand in the other? Hit and miss for each kind."""
import json
import os
import re
import shutil
import struct
import subprocess
import tempfile
import unittest

from made_checkpoint import MAGIC, PAGE, area, image, message, records, write_images

EXHIBIT = os.environ["EXHIBIT"]
CONTAINER = "corpus/checkpoints/criu-container.tar.zst"
ZOO = "corpus/checkpoints/criu-zoo.tar.zst"
REAL = [CONTAINER, ZOO, "corpus/checkpoints/criu-host.tar.zst",
        "corpus/checkpoints/criu-conntrack.tar.zst", "corpus/checkpoints/criu-i386.tar.zst",
        "corpus/checkpoints/criu-rare.tar.zst", "corpus/checkpoints/containerd-oci.tar.zst",
        "corpus/checkpoints/podman-fifo.tar.gz", "corpus/checkpoints/podman-loop.tar.gz",
        "corpus/checkpoints/runc-images.tar.zst", "corpus/packages/inventory"]  # fmt: skip
OWNER, OPTIONS = message(f1=0, f2=0, f3=0, f4=0, f5=0), message(f1=1, f2=1, f3=0, f4=0, f5=0, f6=0)
FDINFO, UTSNS, MNTS, PIPES_DATA, PIDFD = 0x56213732, 0x54473203, 0x55563928, 0x56453709, 22
REG, PIPE, INETSK, UNIXSK, EVENTPOLL, TUN = 1, 2, 4, 5, 7, 15
STACK, CODE = 0x7FFE00000000, 0x555500000000
HOST, OWN = 1, 9  # numbers of namespaces: CRIU's own, the container's


def regular(id, path=b"/bin/app", mount=-1):
    zigzag = mount << 1 ^ mount >> 31
    return message(f1=REG, f2=id, f3=message(f1=id, f2=0, f3=0, f5=OWNER, f6=path, f7=zigzag))


def unix(id, ino, peer, state=1, name=b"", uflags=0, namespace=0):
    return message(f1=UNIXSK, f2=id, f16=message(
        f1=id, f2=ino, f3=1, f4=state, f5=2, f6=uflags, f7=0, f8=peer, f9=OWNER, f10=OPTIONS, f11=name, f16=namespace))


def pipe(id, number):
    return message(f1=PIPE, f2=id, f18=message(f1=id, f2=number, f3=0, f4=OWNER))


def tcp(id, state):
    return message(f1=INETSK, f2=id, f4=message(
        f1=id, f2=0xABC, f3=2, f4=1, f5=6, f6=state, f7=1, f8=2, f9=2, f10=0, f11=[1], f12=[1], f13=OWNER, f14=OPTIONS))


def mount(id, parent, point):
    return message(f1=5, f2=id, f3=1, f4=parent, f5=0, f6=b"/", f7=point, f8=b"tmpfs", f9=b"")


def findings(path):
    out = subprocess.run([EXHIBIT, "checkpoint", path, "findings", "--json"], stdout=subprocess.PIPE).stdout
    return [f for f in json.loads(out) if f["id"].startswith("checkpoint.")]


class Made(unittest.TestCase):
    def setUp(self):
        self.there = tempfile.TemporaryDirectory()
        self.root = self.there.name

    def tearDown(self):
        self.there.cleanup()

    def dump(self, files=(), fds=None, root=b"", ids=b"", tcp_close=0, run=b"4.1", **images):
        """One process that runs file 1; root, ids: more fields of its namespaces' numbers."""
        shutil.rmtree(self.root)
        numbers = message(f1=1, f2=1, f3=1, f4=1)
        inventory = struct.pack("<I", MAGIC["inventory"]) + records(
            message(f1=2, f2=1, f3=numbers + root, f4=1, f10=tcp_close, f13=run))
        write_images(
            self.root, inventory=inventory, files=image(MAGIC["files"], regular(1), *files),
            pstree=image(MAGIC["pstree"], message(f1=1, f2=0, f3=1, f4=1, f5=1)),
            core__1=image(MAGIC["core"], message(f1=1, f3=message(f1=1, f2=0, f6=b"app"))),
            mm__1=image(MAGIC["mm"], message(f12=1, f14=area(CODE, CODE + PAGE, 5, 2, 0x41, 0, 1))),
            ids__1=image(MAGIC["ids"], numbers + ids), fs__1=image(MAGIC["fs"], message(f1=1, f2=1, f3=18)),
            fdinfo__1=image(FDINFO, *[message(f1=id, f2=0, f3=kind, f4=fd) for fd, (kind, id) in (fds or {}).items()]),
            pagemap__1=image(MAGIC["pagemap"], message(f1=1)), pages__1=b"", **images)

    def numbers(self):
        return {(f["arguments"]["what"], f["arguments"]["missing"]) for f in findings(self.root)
                if f["id"] == "checkpoint.dangling-number"}

    def images(self):
        return {f["arguments"]["missing"] for f in findings(self.root) if f["id"] == "checkpoint.dangling-reference"}

    def test_nothing_is_missed_where_nothing_is_missing(self):
        self.dump()
        self.assertEqual(findings(self.root), [])

    # -- files -------------------------------------------------------------------------

    def test_a_deleted_folder_of_work_is_told(self):
        linked = message(f1=2, f2=3, f3=1)  # file 2 is kept under the name of file 3
        for remap, deleted in (((), None), ((linked,), True)):
            self.dump(files=[regular(2, b"/srv/gone"), regular(3, b"/srv/link_remap.3")],
                      remap_fpath=image(0x59133954, *remap))
            write_images(self.root, fs__1=image(MAGIC["fs"], message(f1=2, f2=1, f3=18)))
            done = subprocess.run([EXHIBIT, "checkpoint", self.root, "ps", "--json"], stdout=subprocess.PIPE)
            (process,) = json.loads(done.stdout)["processes"]
            self.assertEqual((process["cwd"], process.get("cwd_deleted")), ("/srv/gone", deleted))

    def test_what_an_epoll_watches(self):
        def epoll(*watched):
            return message(f1=EVENTPOLL, f2=7, f9=message(f1=7, f2=0, f3=OWNER, f4=[
                message(f1=7, f2=fd, f3=1, f4=0) for fd in watched]))
        held = {3: (EVENTPOLL, 7), 4: (REG, 1)}
        self.dump([epoll(4)], fds=held)
        self.assertEqual(findings(self.root), [])
        self.dump([epoll(4, 5)], fds=held)
        self.assertEqual(self.numbers(), {("descriptor that an epoll watches", "5")})

    def test_open_file(self):
        self.dump(fds={0: (REG, 1), 3: (REG, 77), 4: (REG, 78)})
        self.assertEqual(self.numbers(), {("open file", "77, 78")})

    def test_broken_files_are_not_missed_one_by_one(self):
        self.dump([regular(77)], fds={3: (REG, 77)})
        with open(self.root + "/files.img", "r+b") as f:
            f.truncate(os.path.getsize(self.root + "/files.img") - 3)
        self.assertEqual([f["id"] for f in findings(self.root)], ["checkpoint.image-broken"])
        os.remove(self.root + "/files.img")
        self.assertEqual((self.numbers(), self.images()), (set(), {"files.img"}))

    def test_kind_of_a_descriptor(self):
        self.dump([pipe(7, 70)], fds={3: (REG, 7), 5: (REG, 7)})
        (f,) = findings(self.root)
        self.assertEqual(f["arguments"]["times"], "2")
        self.assertEqual((f["id"], f["arguments"]["table"], f["arguments"]["file"]),
                         ("checkpoint.kinds-disagree", "file", "pipe"))
        self.dump([pipe(7, 70)], fds={3: (PIPE, 7)})
        self.assertEqual(findings(self.root), [])

    def test_end_of_a_tunnel_has_two_records(self):
        """CRIU writes its device node under the same number."""
        self.dump([regular(7, b"/dev/net/tun"), message(f1=TUN, f2=7, f11=message(f1=7, f2=b"covert0"))], fds={3: (TUN, 7)})
        self.assertEqual(findings(self.root), [])
        out = subprocess.run([EXHIBIT, "checkpoint", self.root, "files"], stdout=subprocess.PIPE).stdout
        self.assertIn(b"target tun covert0", out)

    def test_pipe_of_unread_data(self):
        data = lambda number: image(PIPES_DATA) + records(message(f1=number, f2=5)) + b"hello"
        self.dump([pipe(7, 70)], pipes__data=data(70))
        self.assertEqual(findings(self.root), [])
        self.dump([pipe(7, 70)], pipes__data=data(71))
        self.assertEqual(self.numbers(), {("pipe", "71")})

    def test_stream_of_a_connection(self):
        self.dump([tcp(7, state=1)])
        self.assertEqual(self.images(), {"tcp-stream-abc.img"})
        self.dump([tcp(7, state=10)])  # a listener has none
        self.assertEqual(findings(self.root), [])
        self.dump([tcp(7, state=1)], tcp_close=1)
        self.assertEqual(findings(self.root), [])
        self.dump([tcp(7, state=1)], run=[])  # an older CRIU, which may have been told to close them
        self.assertEqual(findings(self.root), [])

    # -- unix sockets ------------------------------------------------------------------

    def test_unix_peers(self):
        fine = [
            [unix(7, 70, 71), unix(8, 71, 70)],  # a pair
            [unix(7, 70, 71), unix(8, 71, 0, 10, b"/run/s\0")],  # not accepted yet
            [unix(7, 70, 71), unix(8, 71, 0, 7, b"/dev/log\0")],  # datagrams to a name
            [unix(7, 70, 99, uflags=1)],  # the peer is outside of the container
        ]  # fmt: skip
        for files in fine:
            self.dump(files)
            self.assertEqual(findings(self.root), [])
        self.dump([unix(7, 70, 99)])
        self.assertEqual(self.numbers(), {("unix socket", "99")})
        self.dump([unix(7, 70, 71), unix(8, 71, 72), unix(9, 72, 71)])
        (f,) = findings(self.root)
        self.assertEqual((f["id"], f["arguments"]), ("checkpoint.peers-disagree",
                                                     {"socket": "70", "peer": "71", "peer_of_the_peer": "72", "times": "1"}))

    # -- namespaces and mounts ---------------------------------------------------------

    UTS, MNT = dict(f8=HOST), dict(f9=HOST)

    def test_namespace_without_image(self):
        self.dump(root=message(f8=HOST), ids=message(f8=OWN))
        self.assertEqual(self.images(), {"utsns-9.img"})
        self.dump(root=message(f8=HOST), ids=message(f8=OWN), utsns__9=image(UTSNS, message(f1=b"a", f2=b"b")))
        self.assertEqual(findings(self.root), [])
        self.dump(root=message(f8=HOST), ids=message(f8=HOST))  # the node's own
        self.assertEqual(findings(self.root), [])

    def test_namespace_of_a_socket(self):
        self.dump([unix(7, 70, 0, 10, namespace=OWN)], ids=message(f6=OWN))
        self.assertEqual(findings(self.root), [])
        self.dump([unix(7, 70, 0, 10, namespace=OWN + 1)], ids=message(f6=OWN))
        self.assertEqual(self.numbers(), {("namespace", "10")})

    def test_mount_of_a_file_and_of_a_mount(self):
        where = dict(root=message(f9=HOST), ids=message(f9=OWN))
        mounts = image(MNTS, mount(50, 20, b"/"), mount(51, 50, b"/proc"))
        self.dump([regular(7, mount=51)], mountpoints__9=mounts, **where)
        self.assertEqual(findings(self.root), [])
        self.dump([regular(7, mount=52)], mountpoints__9=mounts, **where)
        self.assertEqual(self.numbers(), {("mount", "52")})
        self.dump(mountpoints__9=image(MNTS, mount(50, 20, b"/"), mount(51, 49, b"/proc")), **where)
        self.assertEqual(self.numbers(), {("mount", "49")})
        # A process that lives in the node's own mounts, of which CRIU writes no list.
        self.dump([regular(7, mount=52)], root=message(f9=HOST), ids=message(f9=HOST))
        self.assertEqual(findings(self.root), [])


class Real(unittest.TestCase):
    # What may be missing because it is empty in most dumps, or because nothing refers to it by number.
    UNMISSED = ("pipes-data", "fifo-data", "sk-queues", "filelocks", "ipcns-msg", "ipcns-sem", "ipcns-shm", "stats-",
                "remap-fpath", "tmpfs-", "timens", "ifaddr", "route", "rule", "iptables", "ip6tables", "nftables",
                "netdev", "netns-", "tty-data", "cgroup", "inventory", "pstree", "bpfmap-data", "descriptors")  # fmt: skip

    def test_no_false_hit(self):
        for path in REAL:
            self.assertEqual(findings(path), [], path)

    def test_images_of_another_dump_are_stale(self):
        """The same images once more, under numbers that nothing here has: each of them is told, and nothing else."""
        with tempfile.TemporaryDirectory() as there:
            subprocess.run(["tar", "xf", CONTAINER, "-C", there, "images"], check=True)
            images = os.path.join(there, "images")
            put = []
            for name in sorted(os.listdir(images)):
                if name.startswith(("utsns-", "ipcns-", "mountpoints-", "netns-", "netdev-", "ifaddr-", "route", "rule-",
                                    "iptables-", "ip6tables-", "userns-", "tmpfs-", "fs-", "mm-")):
                    put.append(re.sub(r"-\d+(\.tar\.gz)?\.img$", r"-4242\1.img", name))
                    shutil.copy(os.path.join(images, name), os.path.join(images, put[-1]))
            self.assertGreater(len(set(put)), 12)
            have = {(f["id"], f["subject"]) for f in findings(images)}
            self.assertEqual(have, {("checkpoint.stale-image", name) for name in put})

    def test_each_image_is_missed_by_name(self):
        for archive in (CONTAINER, ZOO):
            with tempfile.TemporaryDirectory() as there:
                subprocess.run(["tar", "xf", archive, "-C", there, "images"], check=True)
                images = os.path.join(there, "images")
                for name in sorted(os.listdir(images)):
                    path = os.path.join(images, name)
                    if name.startswith(self.UNMISSED) or os.path.islink(path) or not os.path.getsize(path):
                        continue
                    os.rename(os.path.join(images, name), os.path.join(there, "away"))
                    missing = {f["arguments"].get("missing") for f in findings(images)}
                    self.assertIn(name, missing, archive)
                    os.rename(os.path.join(there, "away"), os.path.join(images, name))


if __name__ == "__main__":
    unittest.main()
