# SPDX-License-Identifier: Apache-2.0
"""Runs the ```console blocks of a document and compares what is printed: `$ command`, then its output, in which `…`
stands for anything. The blocks of a document are one session, in a copy of config/ and docs/examples/, with the plugins
of the examples where the release has them. `stratad -c …` (tools/run, another …d) goes on in the background until the
next one or the end, where Ctrl-C must end it with 0; ports 7000 to 7099 become free ones. What builds or installs is
not run: it must only exist.

usage: run_sessions.py ROOT BIN_FOLDER DOCUMENT"""
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from markdown import blocks

PATIENCE = 20  # seconds for a command, or for a daemon to listen
NOT_RUN = re.compile(r"^(?:tools/(?:test|dev)|sudo|apt-get|git|cd|cmake|ctest)\b")
DAEMON = re.compile(r"^(?:env \w+=\S+ )?(?:\S*/)?\w+d -c\b(?!.*--(?:check|explain|list-kinds|version|help))")
PORT = re.compile(r"\b70\d\d\b")


def commands(block):
    """(line, command, expected output) of each `$ command`; a line that ends in \\ goes on."""
    found, lines = [], block.text.splitlines()
    for number, text in enumerate(lines):
        if text.startswith("$ "):
            found.append([block.line + number, text[2:], []])
        elif found and found[-1][1].endswith("\\"):
            found[-1][1] = found[-1][1][:-1] + text
        elif found and text != "^C":
            found[-1][2].append(text)
    return found


def matches(expected, said):
    """Whether `said` is `expected`, in which … stands for anything, a line … for any lines."""
    lines = [r"(?:[^\n]*\n)*" if line.strip() == "…" else re.escape(line.rstrip()).replace("…", "[^\n]*") + "\n"
             for line in expected]
    return re.fullmatch("".join(lines), "".join(line.rstrip() + "\n" for line in said.splitlines())) is not None


def free_port(taken):
    """A free port of four digits, so that columns in a file stay as they are; none of those taken."""
    while True:
        port = random.randrange(2000, 7000)
        with socket.socket() as one:
            try:
                one.bind(("127.0.0.1", port))
            except OSError:
                continue
        if str(port) not in taken:
            return str(port)


class Session:
    def __init__(self, root, binaries, text):
        self.root, self.problems, self.daemon, self.ports = root, [], None, {}
        self.with_free_ports(text)
        self.folder = Path(tempfile.mkdtemp(prefix="strata-docs-"))
        self.environment = os.environ | {"PATH": f"{binaries}:{os.environ['PATH']}"}
        for name in ("config", "docs/examples"):
            if (root / name).is_dir():
                shutil.copytree(root / name, self.folder / name)
        if (binaries.parent / "plugins").is_dir():  # as if they had been built here
            shutil.copytree(binaries.parent / "plugins", self.folder / "build/release/plugins")
        for path in self.folder.rglob("*.yaml"):
            path.write_text(self.with_free_ports(path.read_text()))

    def with_free_ports(self, text):
        for port in sorted(set(PORT.findall(text)) - self.ports.keys()):
            self.ports[port] = free_port(self.ports.values())
        return PORT.sub(lambda m: self.ports[m[0]], text)

    def with_known_ports(self, text):
        for known, free in self.ports.items():
            text = re.sub(rf"\b{free}\b", known, text)
        return text

    def expect(self, line, command, expected, said, code):
        said = self.with_known_ports(said)
        if code != 0 and not expected:
            self.problems.append(f"{line}: `{command}` ended with {code}: {said}")
        elif not matches(expected, said):
            self.problems.append(f"{line}: `{command}` said:\n{said}instead of:\n" + "\n".join(expected))

    def run(self, line, command, expected):
        plain = command.replace("tools/run", "stratad -c config/examples/echo.yaml")
        plain = re.sub(r"\bbuild/[\w-]+/bin/", "", plain)
        if NOT_RUN.match(plain):
            tool = plain.split()[0]
            if "/" in tool and not os.access(self.root / tool, os.X_OK):
                self.problems.append(f"{line}: there is no {tool}")
        elif DAEMON.match(plain):
            self.start(line, plain, expected)
        else:
            ran = subprocess.run(["bash", "-c", self.with_free_ports(plain)], cwd=self.folder, env=self.environment,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                 text=True, timeout=PATIENCE, check=False)
            self.expect(line, command, expected, ran.stdout, ran.returncode)

    def start(self, line, command, expected):
        self.stop()
        output = open(self.folder / "daemon.out", "w+", encoding="utf-8")
        process = subprocess.Popen(["bash", "-c", "exec " + self.with_free_ports(command)], cwd=self.folder,
                                   env=self.environment, stdin=subprocess.DEVNULL,
                                   stdout=output, stderr=subprocess.STDOUT)
        self.daemon = (process, output, line, command, expected)
        until = time.monotonic() + PATIENCE
        while process.poll() is None and not self.listens(process) and time.monotonic() < until:
            time.sleep(0.01)

    def listens(self, process):
        """Whether one of our ports is listened to (/proc/net/tcp: state 0A): asked without disturbing the daemon."""
        try:
            tables = "".join(Path(f"/proc/{process.pid}/net/{name}").read_text() for name in ("tcp", "tcp6"))
        except OSError:  # it has ended
            return False
        return any(re.search(rf":{int(port):04X} 0+:0000 0A", tables) for port in self.ports.values())

    def stop(self):
        if not self.daemon:
            return
        process, output, line, command, expected = self.daemon
        self.daemon = None
        process.send_signal(signal.SIGINT)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
        output.seek(0)
        said = output.read()
        output.close()
        if process.wait() != 0:
            self.problems.append(f"{line}: `{command}` ended with {process.returncode}: {said}")
        self.expect(line, command, expected or ["…"], said, 0)

    def close(self):
        self.stop()
        shutil.rmtree(self.folder)


def main():
    root, binaries, document = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), Path(sys.argv[3])
    text = (root / document).read_text(encoding="utf-8")
    session, count = Session(root, binaries, text), 0
    try:
        for block in blocks(text):
            for line, command, expected in commands(block) if block.language == "console" else []:
                session.run(line, command, expected)
                count += 1
    finally:
        session.close()
    for problem in session.problems:
        print(f"{document}:{problem}")
    print(f"session of {document}: {len(session.problems)} problems in {count} commands")
    sys.exit(bool(session.problems) or count == 0)


if __name__ == "__main__":
    main()
