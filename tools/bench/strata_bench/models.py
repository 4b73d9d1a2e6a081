# SPDX-License-Identifier: Apache-2.0
"""Models of concurrency: what a message costs on one core, what both cores gain, and who waits for whom."""
import dataclasses
import re
import signal
import time

from . import load
from .claims import FLOOR
from .groups import Echo_Group, Fleet, Group
from .servers import ALL, LOAD_CORE, MODELS, SERVER_CORE, STRATA_MODELS, Server

BOTH_CORES = (SERVER_CORE, LOAD_CORE)
ECHOES = ("100x64", "1000x64")
BESIDE = (FLOOR, "libuv", "strata")  # of one thread: the floor, what judges the machine, and what models are ratios of
ACCEPTS = ("strata_mr2", "strata_mr2_handoff", "strata_mr2_leastloaded", "strata_mr2_exclusive")
LIBRARY = "libwork.so"
BURN_NS, BLOCK_SECONDS = 100_000, 0.010

# On SIGUSR1 the daemon writes such a line for each reactor; the main one, 0, owns no connections beside others.
REACTOR, INDEX, ACCEPTED = "reactor", "index", "accepted"


def connections_by_reactor(log):
    """{index: connections}, from the last line of each reactor."""
    lines = [dict(re.findall(r"(\w+)=(\d+)", line)) for line in re.findall(rf"\b{REACTOR} .*", log)]
    found = {int(fields[INDEX]): int(fields[ACCEPTED]) for fields in lines if INDEX in fields and ACCEPTED in fields}
    return {index: count for index, count in found.items() if index != 0 or len(found) == 1}


def skew(counts):
    """(most - least) / mean: 0 when all have as many, 2 when one of two has all."""
    return (max(counts) - min(counts)) * len(counts) / sum(counts)


def _working(definition, binaries, cores):
    """The same daemon with the service that burns and blocks."""
    library = (binaries / LIBRARY).resolve()
    service = {**definition.service, "name": "work", "kind": "work", "library": f'"{library}"'}
    return dataclasses.replace(definition, service=service, cores=cores)


class Work_Group(Echo_Group):
    """A workload whose marks a Strata service heeds; `cores` are those of its threads and of the load."""

    def __init__(self, workload, servers, binaries, cores, load_cores):
        ours = [name for name in servers if ALL[name].is_strata and (binaries / LIBRARY).exists()]
        definitions = {name: _working(ALL[name], binaries, cores) for name in ours}
        super().__init__(workload, ours, Fleet(binaries, definitions), "models")
        self._load_cores = load_cores

    def report(self, subject):
        report = load.run(self.fleet.binaries, self.fleet.server(subject), self.workload, self._load_cores)
        self.check(report)
        return report

    def check(self, report):
        """What came back without its work is no figure."""
        raise NotImplementedError


class Burn_Group(Work_Group):
    """The time between two answers, when each costs 100 µs of CPU and both cores may be used: the load needs little."""

    def __init__(self, servers, binaries):
        super().__init__("cpu100us", servers, binaries, BOTH_CORES, BOTH_CORES)

    def check(self, report):
        if report["cpu_ns"] < BURN_NS:
            raise load.Load_Failed(f"a message took {report['cpu_ns']:.0f} ns of CPU: it was not burnt")

    def measure(self, subject):
        report = self.report(subject)
        yield f"{self.name}/throughput", subject, report["throughput"]
        yield f"{self.name}/gap", subject, 1e9 / report["throughput"]


class Block_Group(Work_Group):
    """How long 50 wait when the handler of one more blocks 10 ms at a time."""

    def __init__(self, servers, binaries):
        super().__init__("block10ms", servers, binaries, (SERVER_CORE,), (LOAD_CORE,))

    def check(self, report):
        most = report["seconds"] / BLOCK_SECONDS + 1
        if not 0 < report["rival_messages"] <= most:
            raise load.Load_Failed(f"{report['rival_messages']} messages blocked, not 1 to {most:.0f}")

    def measure(self, subject):
        report = self.report(subject)
        yield f"{self.name}/p50", subject, report["p50_us"]
        yield f"{self.name}/p99", subject, report["p99_us"]


class Fairness_Group(Echo_Group):
    """How long 50 wait beside one that has 4,096 messages in flight, always."""

    def __init__(self, servers, fleet):
        super().__init__("fairness", servers, fleet, "models")

    def measure(self, subject):
        report = load.run(self.fleet.binaries, self.fleet.server(subject), self.workload)
        if not report["rival_messages"]:
            raise load.Load_Failed("the flood was never answered")
        yield f"{self.name}/p50", subject, report["p50_us"]
        yield f"{self.name}/p99", subject, report["p99_us"]
        yield f"{self.name}/flood", subject, report["rival_messages"] / report["seconds"]


class Accept_Group(Group):
    """How evenly 2,000 connections are spread over the reactors of a fresh daemon, by its own account."""

    connections = 2_000

    def __init__(self, servers, binaries):
        super().__init__("models/accept", [name for name in servers if name in ACCEPTS], least=3, most=3)
        self.binaries = binaries

    def measure(self, subject):
        with Server(ALL[subject], self.binaries) as server, \
                load.Held_Connections(self.binaries, server, self.connections):
            counts = _told(server, ALL[subject].daemon["concurrency"]["reactors"])
        if sum(counts) != self.connections:
            raise load.Load_Failed(f"its log tells of {sum(counts)} connections, not {self.connections}")
        yield f"{self.name}/skew", subject, skew(counts)


def _told(server, reactors, patience=2.0):
    server.process.send_signal(signal.SIGUSR1)
    found, end = {}, time.monotonic() + patience
    while len(found) < reactors and time.monotonic() < end:
        time.sleep(0.02)
        found = connections_by_reactor(server.output())
    if len(found) != reactors:
        raise load.Load_Failed(f"its log tells of {len(found)} reactors, not {reactors}")
    return list(found.values())


def groups(names, binaries, fleet):
    """`names` are the servers present."""
    all_of_them = [name for name in names if name in BESIDE or name in MODELS]
    ours = [name for name in names if name == "strata" or name in STRATA_MODELS]
    return [*(Echo_Group(workload, all_of_them, fleet, "models") for workload in ECHOES),
            Burn_Group(ours, binaries), Block_Group(ours, binaries), Fairness_Group(all_of_them, fleet),
            Accept_Group(ours, binaries)]
