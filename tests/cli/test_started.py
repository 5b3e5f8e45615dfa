"""Rules for Linux' process_creation, as the public ones are, on what sensors saw started."""
import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

EXHIBIT = os.path.abspath(os.environ.get("EXHIBIT", "build/exhibit"))
CASE = Path(__file__).parents[2] / "corpus/packages/inventory"

RULE = """title: A listener
id: 5a0c7f0e-6f5b-4d2f-9d4c-0e2d6a1b7c11
logsource: {product: linux, category: process_creation}
detection:
    selection:
        Image|endswith: /nc
        CommandLine|contains: ' -l '
    condition: selection
level: high
"""
PARENT = """title: A shell of the web server
id: 5a0c7f0e-6f5b-4d2f-9d4c-0e2d6a1b7c12
logsource: {category: process_creation}
detection:
    selection:
        Image|endswith: /sh
        ParentImage|endswith: /nginx
        ParentCommandLine|contains: worker
        CurrentDirectory|startswith: /srv
        User: root
    condition: selection
level: medium
"""
POD = {"namespace": "shop", "name": "web-0",
       "container": {"id": "containerd://" + "ab" * 32, "name": "c"}}


def tetragon(binary, arguments, kind="process_exec", cwd="/", parent=("/bin/init", "")):
    return {kind: {"process": {"exec_id": "e", "pid": 7, "uid": 0, "cwd": cwd,
                               "binary": binary, "arguments": arguments, "pod": POD},
                   "parent": {"pid": 1, "binary": parent[0], "arguments": parent[1]}},
            "node_name": "n", "time": "2026-03-01T10:00:00Z"}


def tracee(*words):
    return {"timestamp": 1772359200000000000, "processId": 7, "userId": 0, "processName": words[0],
            "hostName": "web-0", "eventName": "sched_process_exec", "args": [
                {"name": "pathname", "type": "const char*", "value": words[0]},
                {"name": "argv", "type": "const char**", "value": list(words)}]}


def tracee_beta(*words):
    return {"timestamp": "2026-03-01T10:00:00Z", "id": "sched_process_exec",
            "name": "sched_process_exec", "workload": {"process": {
                "executable": {"path": words[0]}, "pid": 7, "thread": {"name": "x"}}},
            "data": [{"name": "pathname", "str": words[0]},
                     {"name": "argv", "strArray": {"value": list(words)}}]}


def found(*records):
    """Titles of what the two rules find in a package of these records."""
    with tempfile.TemporaryDirectory() as folder:
        package, out = Path(folder) / "package", Path(folder) / "out"
        rules = Path(folder) / "rules"
        package.mkdir()
        rules.mkdir()
        (rules / "a.yml").write_text(RULE)
        (rules / "b.yml").write_text(PARENT)
        (package / "sensor.json").write_text("".join(json.dumps(r) + "\n" for r in records))
        done = subprocess.run([EXHIBIT, "analyze", package, "-o", out, "--rules", rules],
                              capture_output=True, text=True, check=False)
        assert done.returncode in (0, 1), done.stderr
        findings = json.loads((out / "findings.json").read_text())["findings"]
        return sorted(f["title"] for f in findings if f["title"].startswith("A "))


class Started(unittest.TestCase):
    def test_each_sensor(self):
        for record in (tetragon("/usr/bin/nc", "-l -p 99"), tracee("/usr/bin/nc", "-l", "99"),
                       tracee_beta("/usr/bin/nc", "-l", "99")):
            self.assertEqual(found(record), ["A listener"], record)

    def test_processes_of_a_checkpoint(self):
        """The shell of the corpus' case is busybox, in the root folder of its container."""
        for start, want in (("/", 1), ("/elsewhere", 0)):
            with tempfile.TemporaryDirectory() as folder:
                rule, out = Path(folder) / "r.yml", Path(folder) / "out"
                text = RULE.replace("/nc", "/busybox").replace("|contains: ' -l '", ": sh")
                more = f"        CurrentDirectory|startswith: {start}\n    condition"
                rule.write_text(text.replace("    condition", more))
                subprocess.run([EXHIBIT, "analyze", CASE, "-o", out,
                                "--rules", rule], capture_output=True, check=False)
                found_here = json.loads((out / "findings.json").read_text())["findings"]
                self.assertEqual(len([f for f in found_here if f["title"] == "A listener"]), want)

    def test_another_command_and_another_program(self):
        for record in (tetragon("/usr/bin/nc", "-z db 99"), tetragon("/usr/bin/ncat", "-l 99"),
                       tracee("/usr/bin/nc", "-z", "db"), tracee_beta("/usr/bin/ls", "-l", "a")):
            self.assertEqual(found(record), [], record)

    def test_the_end_of_a_program_is_no_start(self):
        self.assertEqual(found(tetragon("/usr/bin/nc", "-l -p 99", "process_exit")), [])

    def test_parent_directory_and_user(self):
        start = tetragon("/bin/sh", "-c id", cwd="/srv/www", parent=("/usr/sbin/nginx", "worker"))
        self.assertEqual(found(start), ["A shell of the web server"])
        start["process_exec"]["process"]["uid"] = 33
        self.assertEqual(found(start), [])
        other = tetragon("/bin/sh", "-c id", cwd="/srv", parent=("/usr/sbin/nginx", "master"))
        self.assertEqual(found(other), [])


if __name__ == "__main__":
    unittest.main()
