# SPDX-License-Identifier: Apache-2.0
"""A stratad of one test: started with a configuration, watched through its standard error. Nothing here sleeps: what is
waited for is a line, a byte or the end of the process."""
import os
import re
import select
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

PATIENCE = 60  # seconds until a test gives up; a sanitizer on a busy machine is slow


class Stratad:
    program = None

    def __init__(self, yaml, *arguments, **how):
        self.folder = tempfile.TemporaryDirectory()
        if yaml is not None:
            file = Path(self.folder.name, "a.yaml")
            file.write_text(yaml)
            arguments = ("-c", str(file), *arguments)
        command = [*how.pop("before", ()), self.program, *arguments]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, **how)
        self.told = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stderr.close()
        self.folder.cleanup()

    def wait_line(self, pattern):
        """The first line that matches, told before or from now on."""
        limit = time.monotonic() + PATIENCE
        while True:
            for line in self.told.decode(errors="replace").splitlines():
                found = re.search(pattern, line)
                if found:
                    return found
            if not select.select([self.process.stderr], [], [], max(0, limit - time.monotonic()))[0]:
                raise AssertionError(f"no line like {pattern!r} in {self.told!r}")
            more = os.read(self.process.stderr.fileno(), 65536)
            if not more:
                raise AssertionError(f"ended with {self.process.wait()} before a line like {pattern!r}: {self.told!r}")
            self.told += more

    def take_lines(self):
        """Keeps those that have been told: who does not read them holds the daemon's log up."""
        while select.select([self.process.stderr], [], [], 0)[0]:
            more = os.read(self.process.stderr.fileno(), 65536)
            if not more:
                return
            self.told += more

    def ready(self):
        """Service names and where they listen."""
        line = self.wait_line(r"^\S+ ready: (.*)$")[1]
        return dict(entry.split(" ", 1) for entry in line.split(", "))

    def connect(self, name="echo"):
        scheme, address = self.ready()[name].split("://")
        if scheme == "unix":
            peer = socket.socket(socket.AF_UNIX)
            peer.connect(address)
        else:
            host, port = address.rsplit(":", 1)
            peer = socket.create_connection((host.strip("[]"), int(port)))
        peer.settimeout(PATIENCE)
        return peer

    def signal(self, *signals):
        for one in signals:
            self.process.send_signal(one)

    def end(self):
        """(exit code, all of standard error)."""
        rest = self.process.communicate(timeout=PATIENCE)[1]
        return self.process.returncode, (self.told + rest).decode(errors="replace")

    def terminate(self):
        self.signal(signal.SIGTERM)
        return self.end()


def run(*arguments):
    """Exit code, standard output, standard error of a stratad that ends by itself."""
    done = subprocess.run([Stratad.program, *arguments], capture_output=True, text=True, timeout=PATIENCE)
    return done.returncode, done.stdout, done.stderr


def receive_exactly(peer, size):
    data = b""
    while len(data) < size:
        more = peer.recv(size - len(data))
        if not more:
            raise AssertionError(f"the stream ended after {len(data)} of {size} bytes")
        data += more
    return data


def echoes(peer, data):
    peer.sendall(data)
    return receive_exactly(peer, len(data)) == data
