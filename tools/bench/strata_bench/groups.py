# SPDX-License-Identifier: Apache-2.0
"""What is measured in one go: a group is a few subjects that take turns within every round."""
import dataclasses
import json
import subprocess

from . import load, stats
from .servers import ALL, Absent, Server, resident_bytes


@dataclasses.dataclass
class Group:
    name: str
    subjects: list
    least: int = stats.MIN_ROUNDS
    most: int = stats.MAX_ROUNDS

    def measure(self, subject):
        """Yields (metric, subject, value)."""
        raise NotImplementedError

    def close(self):
        pass


class Fleet:
    """The servers, alive side by side; one that has died is started again."""

    def __init__(self, binaries, definitions=None):
        self.binaries = binaries
        self._definitions = definitions or ALL
        self._running = {}

    def server(self, name):
        running = self._running.get(name)
        if running is None or not running.alive():
            running = self._running[name] = Server(self._definitions[name], self.binaries)
        return running

    def close(self):
        for server in self._running.values():
            server.__exit__()
        self._running.clear()


class Echo_Group(Group):
    """One workload on every server that can hold its connections."""

    def __init__(self, workload, servers, fleet, prefix="echo"):
        connections = (load.WORKLOADS | load.MODEL_WORKLOADS)[workload][0]
        able = [name for name in servers if ALL[name].most_connections >= connections]
        super().__init__(f"{prefix}/{workload}", able)
        self.workload, self.fleet = workload, fleet

    def measure(self, subject):
        server = self.fleet.server(subject)
        report = load.run(self.fleet.binaries, server, self.workload)
        server.wait_until_quiet()
        for key, metric in (("cpu_ns", "cpu"), ("p50_us", "p50"), ("p99_us", "p99"), ("throughput", "throughput")):
            yield f"{self.name}/{metric}", subject, report[key]

    def close(self):
        self.fleet.close()


class Memory_Group(Group):
    """The daemon's memory for one idle connection: the slope of its RSS from 1,000 to 10,000, in a fresh process."""

    def __init__(self, servers, binaries, name="memory"):
        subjects = [name for name in servers if ALL[name].most_connections >= 10_000]
        super().__init__(name, subjects, least=3, most=3)
        self.binaries = binaries

    def measure(self, subject):
        first, more = 1_000, 9_000
        with Server(ALL[subject], self.binaries) as server, load.Held_Connections(self.binaries, server, first):
            server.wait_until_quiet()
            before = resident_bytes(server.pid)
            with load.Held_Connections(self.binaries, server, more):
                server.wait_until_quiet()
                yield f"{self.name}/idle", subject, (resident_bytes(server.pid) - before) / more


class Program_Group(Group):
    """Programs, each with what it is always told, that print one JSON line {peer, op, n, ns} a figure; {…, per_second}
    where it is a rate."""

    def __init__(self, name, programs, arguments, binaries):
        super().__init__(name, [each for each in programs if (binaries / each.split()[0]).exists()])
        self.arguments, self.binaries = arguments, binaries

    def measure(self, subject):
        program, *told = subject.split()
        command = [str(self.binaries / program), *told, *self.arguments]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=600)
        if done.returncode != 0:
            raise load.Load_Failed(f"{subject}: exit status {done.returncode}")
        for line in done.stdout.splitlines():
            if line.startswith("{"):
                row = json.loads(line)
                value = row.get("ns", row.get("per_second"))
                if value is not None:
                    yield f"{self.name}/{row['op']}", row["peer"], value


def present(names, binaries, asked):
    """Those that are built; absent ones are named, and an absent one that was asked for is an error."""
    found = []
    for name in names:
        if (binaries / ALL[name].program).exists():
            found.append(name)
        elif name in asked:
            raise Absent(f"{name}: no {binaries / ALL[name].program}")
        else:
            print(f"left out: {name} (no {ALL[name].program})", flush=True)
    return found
