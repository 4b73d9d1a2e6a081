# SPDX-License-Identifier: Apache-2.0
"""The echo servers: what to start, and how to know that it listens."""
import dataclasses
import os
import pathlib
import re
import resource
import signal
import subprocess
import tempfile
import time

SERVER_CORE, LOAD_CORE = 0, 1
PEER_READY = re.compile(r"^listening (\d+)$", re.M)
STRATA_READY = re.compile(r"tcp://127\.0\.0\.1:([1-9]\d*)")


@dataclasses.dataclass(frozen=True)
class Definition:
    name: str
    program: str
    arguments: tuple = ()
    most_connections: int = 10_000
    cores: tuple = (SERVER_CORE,)
    daemon: dict = None   # Strata alone: keys over the plain configuration
    service: dict = None

    @property
    def is_strata(self):
        return self.program == "stratad"

    @property
    def is_peer(self):
        return self.program.startswith("peer_")


def _strata(name, daemon=None, service=None, **more):
    return Definition(name, "stratad", daemon=daemon or {}, service={"idle_timeout": "60s", **(service or {})}, **more)


def _model(name, model, **more):
    return _strata(name, {"concurrency": {"model": model, **more}})


FD_SETSIZE_CONNECTIONS = 1_000

SINGLE = {each.name: each for each in (
    Definition("floor_epoll", "floor_epoll"),
    Definition("floor_tuned", "floor_epoll_tuned"),
    Definition("floor_defer", "floor_epoll_tuned", ("--defer",)),
    Definition("floor_spin", "floor_epoll_tuned", ("--spin", "50")),
    _strata("strata"),
    _strata("strata_uring", {"demultiplexer": "io_uring"}),
    _strata("strata_poll", {"demultiplexer": "poll"}),
    _strata("strata_select", {"demultiplexer": "select"}, most_connections=FD_SETSIZE_CONNECTIONS),
    _strata("strata_spin", {"spin": "50us"}),
    _strata("strata_defer", service={"defer_accept": "1s"}),
    _strata("strata_noidle", service={"idle_timeout": None}),
    Definition("ace", "peer_ace"),
    Definition("ace_select", "peer_ace", ("--select",), most_connections=FD_SETSIZE_CONNECTIONS),
    Definition("libevent", "peer_libevent"),
    Definition("libuv", "peer_libuv"),
    Definition("asio", "peer_asio"),
    Definition("poco", "peer_poco"),
)}
# Those with more than one thread, or a reactor for the listeners alone.
MODELS = {each.name: each for each in (
    _model("strata_wp2", "worker-pool", workers=2),
    _model("strata_wp4", "worker-pool", workers=4),
    _model("strata_lf4", "leader-followers", threads=4),
    _model("strata_mr1", "multi-reactor", reactors=1),
    _model("strata_mr2", "multi-reactor", reactors=2, accept="reuseport"),
    _model("strata_mr2_handoff", "multi-reactor", reactors=2, accept="handoff"),
    _model("strata_mr2_leastloaded", "multi-reactor", reactors=2, accept="least-loaded"),
    _model("strata_mr2_exclusive", "multi-reactor", reactors=2, accept="exclusive"),
    _model("strata_mr2w4", "multi-reactor", reactors=2, workers=4),
    Definition("ace_tp", "peer_ace", ("--tp", "4"), most_connections=FD_SETSIZE_CONNECTIONS),
    Definition("libevent_2", "peer_libevent", ("--bases", "2")),
    Definition("libuv_2", "peer_libuv", ("--loops", "2")),
    Definition("asio_strands4", "peer_asio", ("--threads", "4")),
    Definition("asio_2", "peer_asio", ("--contexts", "2")),
)}
# Those that work by completions; `strata_readiness` is what the same program as `strata_operations` does without them.
COMPLETIONS = {each.name: each for each in (
    Definition("floor_uring", "floor_uring"),
    _strata("strata_proactor", {"demultiplexer": "io_uring", "proactor": "io_uring"}),
    _strata("strata_emulated", {"proactor": "emulated"}),
    _strata("strata_auto", {"demultiplexer": None, "proactor": "auto"}),
    Definition("strata_operations", "operations_echo", ("io_uring",)),
    Definition("strata_operations_emulated", "operations_echo", ("emulated",)),
    Definition("strata_readiness", "operations_echo", ("none",)),
)}
ALL = SINGLE | MODELS | COMPLETIONS
STRATA_MODELS = [name for name, each in MODELS.items() if each.is_strata]
PEERS = [name for name, each in ALL.items() if each.is_peer]


def _flow(value):
    if not isinstance(value, dict):
        return str(value)
    return "{ " + ", ".join(f"{key}: {_flow(each)}" for key, each in value.items() if each is not None) + " }"


def configuration(definition):
    daemon = {"name": "bench", "demultiplexer": "epoll", **definition.daemon}
    service = {"name": "echo", "kind": "echo", "listen": '"tcp://127.0.0.1:0"', **definition.service}
    return f"strata: 1\ndaemon: {_flow(daemon)}\nservices:\n  - {_flow(service)}\n"


def cpu_seconds(pid):
    """User and system time of all threads of a process, exact even while it runs (CLOCK_PROCESS of another process)."""
    return time.clock_gettime((~pid << 3) | 2)


def resident_bytes(pid):
    rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Rss:\s+(\d+) kB$", rollup, re.M)[1]) * 1024


class Absent(Exception):
    """The server's program has not been built."""


class Server:
    """One running server on its core; its output goes to a file, so that it never blocks."""

    def __init__(self, definition, binaries, descriptors=None, wrapper=()):
        self.definition = definition
        program = binaries / definition.program
        if not program.exists():
            raise Absent(f"{definition.name}: no {program}")
        self._directory = tempfile.TemporaryDirectory(prefix="strata_bench_")
        folder = pathlib.Path(self._directory.name)
        arguments = list(definition.arguments)
        if definition.is_strata:
            (folder / "bench.yaml").write_text(configuration(definition))
            arguments = ["-c", str(folder / "bench.yaml")]
        self._output = folder / "output"
        with open(self._output, "wb") as output:
            self.process = subprocess.Popen([*wrapper, program, *arguments], stdin=subprocess.DEVNULL, stdout=output,
                                            stderr=output, preexec_fn=lambda: self._prepare(descriptors))
        self.port = self._wait_until_ready(patience=60 if wrapper else 10)

    @property
    def pid(self):
        return self.process.pid

    def _prepare(self, descriptors):
        os.sched_setaffinity(0, set(self.definition.cores))
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        limit = descriptors or hard
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))

    def _wait_until_ready(self, patience):
        ready = STRATA_READY if self.definition.is_strata else PEER_READY
        end = time.monotonic() + patience
        while time.monotonic() < end and self.process.poll() is None:
            if found := ready.search(self.output()):
                return int(found[1])
            time.sleep(0.01)
        self.stop()
        raise RuntimeError("does not listen: " + "; ".join(self.output().strip().splitlines())[-300:])

    def output(self):
        """Without its folder, whose name differs from run to run."""
        return self._output.read_text(errors="replace").replace(f"{self._output.parent}/", "")

    def alive(self):
        return self.process.poll() is None

    def cpu(self):
        return cpu_seconds(self.pid)

    def wait_until_quiet(self, patience=2.0):
        """What the last load left behind (10,000 closes) must not fall into the next one's account."""
        end = time.monotonic() + patience
        before = self.cpu()
        while time.monotonic() < end:
            time.sleep(0.01)
            now = self.cpu()
            if now - before < 0.0005:
                return
            before = now

    def stop(self):
        if self.alive():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        self._directory.cleanup()
