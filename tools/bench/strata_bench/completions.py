# SPDX-License-Identifier: Apache-2.0
"""Echo and cache by completions, beside the floors of both kinds, the same services on readiness, and peers."""
from . import cache, load
from .claims import FLOOR
from .groups import Echo_Group, Memory_Group
from .load import WORKLOADS
from .servers import ALL, COMPLETIONS, Server, resident_bytes

BESIDE = (FLOOR, "libuv", "asio", "strata")  # the floor, what judges the machine, a peer, and the plain reactor
KIBIBYTE = 1024


class Completion_Memory_Group(Memory_Group):
    """Beside the slope, what all connections share: growth of a fresh daemon's RSS by a load of 16 KiB."""

    messages = 5_000  # of 16 KiB: a ring has filled each buffer that such a load needs

    def __init__(self, servers, binaries):
        super().__init__(servers, binaries, "completions/memory")

    def measure(self, subject):
        yield from super().measure(subject)
        with Server(ALL[subject], self.binaries) as server:
            before = resident_bytes(server.pid)
            load.run(self.binaries, server, "100x16k", messages=self.messages, seconds=60)
            server.wait_until_quiet()
            yield f"{self.name}/shared_kib", subject, (resident_bytes(server.pid) - before) / KIBIBYTE


def groups(names, binaries, fleet):
    """`names` are the servers present."""
    subjects = [name for name in names if name in BESIDE or name in COMPLETIONS]
    return [*(Echo_Group(workload, subjects, fleet, "completions") for workload in WORKLOADS),
            *cache.completion_groups(binaries), Completion_Memory_Group(subjects, binaries)]
