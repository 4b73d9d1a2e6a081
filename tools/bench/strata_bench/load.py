# SPDX-License-Identifier: Apache-2.0
"""echo_load on its core."""
import dataclasses
import json
import os
import subprocess

from .servers import LOAD_CORE

# name: (connections, seconds of one measurement)
WORKLOADS = {
    "1x64": (1, 0.4),
    "100x64": (100, 0.4),
    "1000x64": (1_000, 0.4),
    "10000x64": (10_000, 0.5),
    "100x64d16": (100, 0.4),
    "100x16k": (100, 0.4),
    "1of10k": (10_000, 0.4),
    "churn": (100, 0.5),
}
# The same for servers with models; the rivals are counted.
MODEL_WORKLOADS = {
    "cpu100us": (32, 0.5),
    "block10ms": (51, 1.0),
    "fairness": (51, 0.5),
    "quiet": (50, 0.5),
    "pipeline": (51, 0.5),
    "drip": (550, 0.5),
}


class Load_Failed(Exception):
    pass


def _command(binaries, server, workload, options):
    command = [str(binaries / "echo_load")]
    for name, value in {"port": server.port, "workload": workload, "pid": server.pid, **options}.items():
        command += (f"--{name}", str(value))
    return command


def _on_cores(cores=(LOAD_CORE,)):
    return lambda: os.sched_setaffinity(0, set(cores))


def run(binaries, server, workload, cores=(LOAD_CORE,), **options):
    """One load; its report as a dictionary. Wrong or lost bytes are a failure."""
    options.setdefault("seconds", (WORKLOADS | MODEL_WORKLOADS).get(workload, (1, 1))[1])
    command = _command(binaries, server, workload, options)
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, preexec_fn=_on_cores(cores))
    if done.returncode != 0:
        raise Load_Failed(done.stderr.strip())
    report = json.loads(done.stdout)
    if report["errors"] or not report["messages"]:
        raise Load_Failed(f"{report['errors']} errors in {report['messages']} messages")
    return report


@dataclasses.dataclass
class Held_Connections:
    """Idle connections, each after one echo, until the end of the `with`."""
    binaries: object
    server: object
    count: int

    def __enter__(self):
        options = {"connections": self.count}
        command = [*_command(self.binaries, self.server, "idle", options), "--hold"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                         preexec_fn=_on_cores())
        if not self._process.stdout.readline():
            raise Load_Failed(f"cannot hold {self.count} idle connections")
        return self

    def __exit__(self, *_):
        self._process.communicate()
