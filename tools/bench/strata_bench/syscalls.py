# SPDX-License-Identifier: Apache-2.0
"""System calls a message: `strace -c` on the server over two loads; their difference has no set-up in it."""
import re
import signal
import subprocess
import tempfile

from . import load
from .groups import Group
from .servers import ALL, Server

WAITS = {"epoll_wait", "epoll_pwait", "epoll_pwait2", "poll", "ppoll", "select", "pselect6", "io_uring_enter"}
SHORT, LONG = 2_000, 10_000
ROW = re.compile(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", re.M)


def _counts(binaries, server, workload, messages):
    """Calls by name while the server answers that many messages."""
    with tempfile.NamedTemporaryFile("r") as table:
        strace = subprocess.Popen(["strace", "-f", "-c", "-o", table.name, "-p", str(server.pid)],
                                  stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if "attached" not in strace.stderr.readline():
            raise load.Load_Failed("strace cannot attach")
        try:
            load.run(binaries, server, workload, messages=messages, seconds=60)
            server.wait_until_quiet()
        finally:
            strace.send_signal(signal.SIGINT)
            strace.wait()
            strace.stderr.close()
        return {name: int(calls) for calls, name in ROW.findall(table.read()) if name != "total"}


class Syscall_Group(Group):
    def __init__(self, workload, servers, binaries):
        connections = load.WORKLOADS[workload][0]
        subjects = [name for name in servers if ALL[name].most_connections >= connections]
        super().__init__(f"syscalls/{workload}", subjects, least=1, most=1)
        self.workload, self.binaries = workload, binaries

    def measure(self, subject):
        with Server(ALL[subject], self.binaries) as server:
            load.run(self.binaries, server, self.workload, messages=SHORT, seconds=60)  # warms up
            short = _counts(self.binaries, server, self.workload, SHORT)
            long = _counts(self.binaries, server, self.workload, LONG)
        each = {name: (calls - short.get(name, 0)) / (LONG - SHORT) for name, calls in long.items()}
        yield f"{self.name}/all", subject, sum(each.values())
        yield f"{self.name}/beyond_wait", subject, sum(n for name, n in each.items() if name not in WAITS)
        for name, calls in each.items():
            if calls >= 0.005:
                yield f"{self.name}/call/{name}", subject, calls
