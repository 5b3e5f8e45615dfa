"""exhibit batch as a job array on a real cluster: Debian's slurmctld, munge and two slurmd
on loopback. Each node is a PID namespace, so that killing it is what a loss of power is."""
import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "batch"))
import cases  # noqa: E402

EXHIBIT = os.path.abspath(os.environ["EXHIBIT"])
SCRIPT = os.path.abspath("batch/exhibit.sbatch")
LIMITS = ["--memory-limit", "0"] if "/san/" in EXHIBIT else []
CONFIGURATION = """
ClusterName=exhibit
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool.%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
SchedulerType=sched/builtin
SchedulerParameters=batch_sched_delay=0,sched_interval=1
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
SlurmdTimeout=4
ReturnToService=2
KillWait=2
JobRequeue=1
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={port1} CPUs=1 RealMemory=1000
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={port2} CPUs=1 RealMemory=1000
PartitionName=all Nodes=ALL Default=YES State=UP
"""


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Cluster:
    """Its daemons end with it, whatever happens in between."""

    def __init__(self, folder):
        self.folder, self.daemons = folder, {}
        os.makedirs(f"{folder}/state")
        port, port1, port2 = free_ports(3)
        with open(f"{folder}/slurm.conf", "w") as f:
            f.write(CONFIGURATION.format(host=socket.gethostname().split(".")[0],
                                         folder=folder, port=port, port1=port1, port2=port2))
        with open(f"{folder}/munge.key", "wb") as f:
            os.fchmod(f.fileno(), 0o400)
            f.write(os.urandom(128))
        self.environment = dict(os.environ, SLURM_CONF=f"{folder}/slurm.conf",
                                SOURCE_DATE_EPOCH="1795430000",
                                PATH=os.path.dirname(EXHIBIT) + ":/usr/sbin:/usr/bin:/sbin:/bin")

    def start(self):
        self.daemon("munged", "--foreground", "--force", f"--key-file={self.folder}/munge.key",
                    f"--socket={self.folder}/munge.socket", f"--pid-file={self.folder}/munge.pid",
                    f"--log-file={self.folder}/munge.log", f"--seed-file={self.folder}/munge.seed")
        self.wait("munge answers", lambda: os.path.exists(f"{self.folder}/munge.socket"))
        self.daemon("slurmctld", "-D", "-c")
        for node in ("n1", "n2"):
            self.daemon(node, "unshare", "--pid", "--fork", "--kill-child", "--mount-proc",
                        "slurmd", "-D", "-N", node)
        self.wait("both nodes are idle", lambda: self.run(
            "sinfo", "-h", "-N", "-o", "%N %t", check=False).split() == ["n1", "idle", "n2", "idle"])

    def daemon(self, name, *command):
        if command[0].startswith("-"):
            command = (name, *command)
        with open(f"{self.folder}/{name}.out", "wb") as log:
            self.daemons[name] = subprocess.Popen(command, env=self.environment, stdout=log,
                                                  stderr=log, stdin=subprocess.DEVNULL,
                                                  preexec_fn=die_with_parent)

    def run(self, *command, check=True):
        result = subprocess.run(command, env=self.environment, capture_output=True, text=True,
                                cwd=self.folder, timeout=60)
        if check and result.returncode:
            raise AssertionError(f"{command}: {result.stderr}{self.logs()}")
        return result.stdout

    def wait(self, what, condition, seconds=90):
        end = time.monotonic() + seconds
        while not condition():
            for name, daemon in self.daemons.items():
                if daemon.poll() is not None:
                    raise AssertionError(f"{name} ended before {what}{self.logs()}")
            if time.monotonic() > end:
                raise AssertionError(f"not seen: {what}{self.logs()}")
            time.sleep(0.05)

    def kill(self, name):
        daemon = self.daemons.pop(name)
        daemon.kill()
        daemon.wait()

    def stop(self):
        for name in ("n1", "n2", "slurmctld", "munged"):
            if name in self.daemons:
                self.kill(name)

    def logs(self):
        text = ""
        for name in sorted(os.listdir(self.folder)):
            if name.endswith((".log", ".out")):
                with open(f"{self.folder}/{name}", errors="replace") as f:
                    text += f"\n--- {name}\n" + f.read()[-3000:]
        return text


def results(out):
    """Every output of every case, and the index, but the databases."""
    found = {}
    for folder, _, names in os.walk(out):
        for name in names:
            path = os.path.join(folder, name)
            if not name.startswith(("case.db", "journal", "search.db", "plan")):
                with open(path, "rb") as f:
                    found[os.path.relpath(path, out)] = f.read()
    return found


class Slurm(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(dir="/tmp")  # a socket's path is short
        self.addCleanup(shutil.rmtree, self.folder)
        self.root, self.out = self.folder + "/root", self.folder + "/out"
        cases.make(self.root, 40, extra=False)
        for i in range(8):  # some seconds of work for each node, four for each part
            path = f"{self.root}/large/{i}"
            os.makedirs(path)
            with open(path + "/pages", "wb") as f:
                f.truncate((300 + i) << 20)

    def batch(self, *arguments):
        return subprocess.run([EXHIBIT, "batch", *arguments], capture_output=True, text=True,
                              env=dict(os.environ, SOURCE_DATE_EPOCH="1795430000"))

    def test_a_node_killed_in_the_middle(self):
        whole = self.folder + "/whole"
        alone = self.batch(self.root, "-o", whole, *LIMITS)
        self.assertEqual(alone.returncode, 1, alone.stderr)
        self.assertEqual(self.batch(self.root, "-o", self.out, "--plan").returncode, 0)
        cluster = Cluster(self.folder + "/c")
        self.addCleanup(cluster.stop)
        cluster.start()
        job = cluster.run("sbatch", "--parsable", "--array=1-2", "--cpus-per-task=1", "--mem=0",
                          SCRIPT, self.root, self.out, *LIMITS).strip()
        self.kill_one_node(cluster)
        cluster.wait("the job has ended", lambda: cluster.run(
            "squeue", "-h", "-j", job, check=False).strip() == "")
        self.check_history(cluster, job)
        merged = self.batch("--merge", "-o", self.out)
        self.assertEqual(merged.returncode, 1, merged.stderr)
        ours, theirs = results(self.out), results(whole)
        self.assertEqual(sorted(ours), sorted(theirs))
        self.assertEqual([name for name in ours if ours[name] != theirs[name]], [])
        with open(self.out + "/index.json") as f:
            self.assertEqual({c["state"] for c in json.load(f)["cases"]}, {"done"})

    def kill_one_node(self, cluster):
        """While its part has results and goes on."""
        # Each part has four of the eight: the fifth is not of one part alone.
        cluster.wait("results of both nodes", lambda: len(self.done()) >= 5)
        running = cluster.run("squeue", "-h", "-t", "R", "-o", "%N").split()
        self.assertEqual(sorted(running), ["n1", "n2"])
        cluster.kill("n1")

    def done(self):
        path = self.out + "/cases/large"
        return os.listdir(path) if os.path.isdir(path) else []

    def check_history(self, cluster, job):
        """Slurm started a part again, and it did only what was left."""
        shown = cluster.run("scontrol", "show", "job", job)
        self.assertIn("Restarts=1", shown)
        self.assertEqual(shown.count("JobState=COMPLETED"), 2, shown)
        said = ""
        for name in os.listdir(cluster.folder):
            if name.startswith("slurm-"):
                with open(f"{cluster.folder}/{name}") as f:
                    said += f.read()
        lines = [line for line in said.splitlines() if "done now" in line]
        self.assertEqual(len(lines), 2, said)
        kept = sum(int(line.split(" done now, ")[1].split()[0]) for line in lines)
        self.assertGreater(kept, 0, said)


if __name__ == "__main__":
    unittest.main()
