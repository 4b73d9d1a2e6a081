# SPDX-License-Identifier: Apache-2.0
"""The cache beside memcached -t1 and -t2: CPU of a get and a set, memory of an item, and whether a cap holds."""
import json
import os
import pathlib
import socket
import subprocess
import time

from .groups import Group
from .load import Load_Failed
from .servers import LOAD_CORE, Definition, Server, resident_bytes

MEBIBYTE = 1024 * 1024
MEMCACHED = "/usr/bin/memcached"
LOADS = {"get1": ("get", 1), "set1": ("set", 1), "get16": ("get", 16), "set16": ("set", 16)}
ITEMS, VALUE = 10_000, 100  # bytes of a value


# Ours: on readiness, and as `daemon` has it.
ENGINES = {
    "cache": {},
    "cache_proactor": {"demultiplexer": "io_uring", "proactor": "io_uring"},
    "cache_emulated": {"proactor": "emulated"},
    "cache_auto": {"demultiplexer": None, "proactor": "auto"},
}


def _definitions(memory):
    service = {"name": "cache", "kind": "cache", "memory": f"{memory}MiB"}
    ours = [Definition(name, "stratad", daemon=daemon, service=service) for name, daemon in ENGINES.items()]
    theirs = [Definition(name, MEMCACHED, ("-u", "root", "-l", "127.0.0.1", "-t", threads, "-m", str(memory), "-p"))
              for name, threads in (("memcached", "1"), ("memcached_t2", "2"))]
    return {each.name: each for each in (*ours, *theirs)}


class Memcached(Server):
    """It is told its port, and does not say when it listens."""

    def __init__(self, definition, binaries):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        told = Definition(definition.name, definition.program, (*definition.arguments, str(self._port)))
        super().__init__(told, binaries)

    def _wait_until_ready(self, patience):
        end = time.monotonic() + patience
        while time.monotonic() < end and self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                    return self._port
            time.sleep(0.01)
        self.stop()
        raise RuntimeError(f"does not listen: {self.output().strip()[-200:]}")


def _start(name, memory, binaries):
    definition = _definitions(memory)[name]
    return (Memcached if definition.program == MEMCACHED else Server)(definition, binaries)


def _load(binaries, server, **options):
    command = [str(binaries / "cache_load"), "--port", str(server.port)]
    for name, value in options.items():
        command += (f"--{name}", str(value))
    done = subprocess.run(command, capture_output=True, text=True, timeout=300,
                          preexec_fn=lambda: os.sched_setaffinity(0, {LOAD_CORE}))
    if done.returncode != 0:
        raise Load_Failed(done.stderr.strip())
    return json.loads(done.stdout) if done.stdout else {}


def built(binaries, ours=("cache",), theirs=("memcached", "memcached_t2")):
    """Our own needs the bench's programs, the peer Debian's package."""
    if not all((binaries / program).exists() for program in ("cache_load", "stratad")):
        return []
    return [*ours, *(theirs if pathlib.Path(MEMCACHED).exists() else ())]


class Cache_Group(Group):
    """One connection, 10,000 items of 100 bytes; depth 1, or 16 commands in a write."""

    def __init__(self, load_name, subjects, binaries, prefix="cache/"):
        super().__init__(f"{prefix}{load_name}", subjects)
        self.binaries, self._running = binaries, {}
        self.operation, self.depth = LOADS[load_name]

    def measure(self, subject):
        server = self._running.get(subject)
        if server is None:
            server = self._running[subject] = _start(subject, 64, self.binaries)
            _load(self.binaries, server, op="fill", items=ITEMS, value=VALUE)
        report = _load(self.binaries, server, op=self.operation, depth=self.depth, items=ITEMS, value=VALUE,
                       seconds=0.4, pid=server.pid)
        yield f"{self.name}/cpu", subject, report["cpu_ns"]

    def close(self):
        for server in self._running.values():
            server.__exit__()
        self._running.clear()


class Cache_Memory_Group(Group):
    """What 200,000 items of 100 bytes add to the RSS, for each; and the RSS under ten times a cap of 64 MiB."""

    def __init__(self, binaries):
        super().__init__("cache/memory", built(binaries), least=15, most=15)
        self.binaries = binaries

    def measure(self, subject):
        items = 200_000
        with _start(subject, 256, self.binaries) as server:
            _load(self.binaries, server, op="fill", items=1, value=VALUE)
            before = resident_bytes(server.pid)
            _load(self.binaries, server, op="fill", items=items, value=VALUE)
            yield "cache/memory/item", subject, (resident_bytes(server.pid) - before) / items
        with _start(subject, 64, self.binaries) as server:
            _load(self.binaries, server, op="fill", items=640 * MEBIBYTE // 1000, value=1000)
            yield "cache/memory/capped_mib", subject, resident_bytes(server.pid) / MEBIBYTE


def groups(binaries):
    return [*(Cache_Group(name, built(binaries), binaries) for name in LOADS), Cache_Memory_Group(binaries)]


def completion_groups(binaries):
    """The same loads on each engine."""
    subjects = built(binaries, ENGINES, ("memcached",))
    return [Cache_Group(name, subjects, binaries, "completions/cache_") for name in LOADS]
