"""What is handed out: man pages, completions, schemas, help with examples for every command."""
import os
import pty
import re
import select
import shutil
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

EXHIBIT = os.environ["EXHIBIT"]


def run(*args):
    return subprocess.run([EXHIBIT, *args], capture_output=True, text=True, timeout=60)


def commands():
    return re.findall(r"^  ([a-z]+) +\S", run("--help").stdout, re.M)


class Packaging(unittest.TestCase):
    def test_every_command_has_help_with_examples(self):
        self.assertGreaterEqual(len(commands()), 10)
        for command in commands():
            with self.subTest(command):
                done = run(command, "--help")
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertRegex(done.stdout, r"^usage: exhibit " + command)
                examples = done.stdout.split("examples:")
                self.assertEqual(len(examples), 2, "no examples")
                self.assertIn("exhibit " + command, examples[1])

    def test_man_pages_say_what_the_program_says_and_are_well_formed(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["packaging/man.sh", EXHIBIT, folder], check=True, timeout=60)
            pages = {p.name for p in Path(folder).iterdir()}
            self.assertEqual(pages, {"exhibit.1"} | {f"exhibit-{c}.1" for c in commands()})
            for page in Path(folder).iterdir():
                text = page.read_text()
                self.assertTrue(text.startswith(".TH "))
                # No line of the help is taken for a request of roff.
                bodies = [b.split(".fi\n")[0] for b in text.split(".nf\n")[1:]]
                self.assertEqual([line for b in bodies for line in b.splitlines()
                                  if line[:1] in (".", "'")], [])
                for section in ("NAME", "SYNOPSIS", "DESCRIPTION", "EXIT STATUS", "SEE ALSO"):
                    self.assertIn(f".SH {section}\n", text, page.name)
                told = re.sub(r"\\([-&e])", lambda m: {"-": "-", "&": "", "e": "\\"}[m[1]],
                              "".join(bodies))
                help_text = run(*page.stem.split("-")[1:], "--help").stdout
                for line in help_text[help_text.index("usage: "):].splitlines():
                    if line != "examples:":
                        self.assertIn(line.removeprefix("usage: ").strip(), told, page.name)

    def test_completions_parse_and_ask_the_program(self):
        subprocess.run(["bash", "-n", "packaging/exhibit.bash-completion"], check=True)
        zsh = Path("packaging/exhibit.zsh-completion").read_text()
        self.assertTrue(zsh.startswith("#compdef exhibit"))
        self.assertIn("--help", zsh)

    def test_bash_completes_commands_and_options(self):
        script = ("source packaging/exhibit.bash-completion;"
                  "COMP_WORDS=(%s); COMP_CWORD=%d; %s; printf '%%s\\n' \"${COMPREPLY[@]}\"")
        text = Path("packaging/exhibit.bash-completion").read_text()
        function = re.search(r"complete .*-F (\w+)", text).group(1)

        def complete(*words):
            quoted = " ".join(f"'{w}'" for w in words)
            done = subprocess.run(["bash", "-c", script % (quoted, len(words) - 1, function)],
                                  capture_output=True, text=True, timeout=20,
                                  env={**os.environ, "PATH": str(Path(EXHIBIT).parent) + ":" + os.environ["PATH"]})
            return done.stdout.split()
        for command in commands():
            self.assertIn(command, complete(EXHIBIT, command[:2]))
        self.assertIn("--format", complete(EXHIBIT, "report", "--fo"))

    @unittest.skipUnless(shutil.which("zsh"), "zsh is not installed")
    def test_zsh_completes_commands_options_and_formats(self):
        """A shell on a terminal, as somebody types: Tab, and what stands there then."""
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy("packaging/exhibit.zsh-completion", Path(folder, "_exhibit"))
            Path(folder, ".zshrc").write_text(
                f"fpath=({folder} $fpath)\nautoload -Uz compinit && compinit -u -D\n"
                "zstyle ':completion:*' list-prompt ''\nPS1='READY> '\nunsetopt beep\n"
                "zle -C all complete-word _generic\n")
            env = {**os.environ, "ZDOTDIR": folder, "HOME": folder, "TERM": "dumb", "COLUMNS": "200",
                   "PATH": str(Path(EXHIBIT).resolve().parent) + ":" + os.environ["PATH"]}

            def typed(line, wanted):
                master, slave = pty.openpty()
                process = subprocess.Popen(["zsh", "-i"], stdin=slave, stdout=slave, stderr=slave,
                                           env=env, cwd=folder, start_new_session=True)
                os.close(slave)
                shown, sent, end = "", False, time.monotonic() + 30
                while time.monotonic() < end and wanted not in shown.split("READY> ")[-1]:
                    if select.select([master], [], [], 0.2)[0]:
                        shown += os.read(master, 65536).decode(errors="replace")
                    if "READY> " in shown and not sent:
                        os.write(master, (line + "\t").encode())
                        sent = True
                process.kill()
                process.wait()
                os.close(master)
                return shown
            for line, wanted in (("exhibit ver", "exhibit verify"), ("exhibit report --sch", "--schema"),
                                 ("exhibit report x --format mark", "markdown")):
                self.assertIn(wanted, typed(line, wanted), line)


if __name__ == "__main__":
    unittest.main()
