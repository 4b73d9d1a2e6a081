# SPDX-License-Identifier: Apache-2.0
"""Figures for faults.md: row 1, a daemon out of descriptors; rows 9 and 10, who waits for whom."""
import selectors
import socket
import time

from . import load
from .groups import Group
from .servers import ALL, MODELS, STRATA_MODELS, Server

DESCRIPTORS = 64
WATCHED_SECONDS = 1.0


def _connect(port):
    peer = socket.create_connection(("127.0.0.1", port), timeout=5)
    peer.sendall(b"x")
    return peer


def _answered(peers, seconds):
    """Those of the peers that have their echo within the time; stops at the first silence of 200 ms."""
    with selectors.DefaultSelector() as selector:
        for peer in peers:
            selector.register(peer, selectors.EVENT_READ)
        served, end = [], time.monotonic() + seconds
        while time.monotonic() < end and (ready := selector.select(0.2)):
            for key, _ in ready:
                selector.unregister(key.fileobj)
                if key.fileobj.recv(1):
                    served.append(key.fileobj)
        return served


class Descriptor_Group(Group):
    """CPU while no descriptor is left and peers wait; time from a descriptor freed until the next peer is served."""

    def __init__(self, servers, binaries):
        super().__init__("faults/descriptors", servers, least=5, most=5)
        self.binaries = binaries

    def measure(self, subject):
        with Server(ALL[subject], self.binaries, descriptors=DESCRIPTORS) as server:
            peers = [_connect(server.port) for _ in range(2 * DESCRIPTORS)]
            try:
                served = _answered(peers, 5)
                waiting = [peer for peer in peers if peer not in served]
                if not served or not waiting:
                    raise load.Load_Failed(f"{subject}: {len(served)} served with {DESCRIPTORS} descriptors")
                before = server.cpu()
                time.sleep(WATCHED_SECONDS)
                yield f"{self.name}/cpu_percent", subject, 100 * (server.cpu() - before) / WATCHED_SECONDS
                yield f"{self.name}/recovery_ms", subject, _recovery(served[0], waiting)
            finally:
                for peer in peers:
                    peer.close()


def _recovery(served, waiting):
    freed = time.monotonic()
    served.close()
    with selectors.DefaultSelector() as selector:
        for peer in waiting:
            selector.register(peer, selectors.EVENT_READ)
        if not selector.select(10):
            raise load.Load_Failed("not served within 10 s of a descriptor freed")
    return (time.monotonic() - freed) * 1000


class Others_Group(Group):
    """p99 of 50 connections beside 500 that send a byte each 100 ms (`drip`), or beside one with 100,000 messages in
    flight (`pipeline`), to their p99 alone just before, on the same server."""

    def __init__(self, workload, servers, fleet):
        super().__init__(f"faults/{workload}", servers)
        self.workload, self.fleet = workload, fleet

    def measure(self, subject):
        server = self.fleet.server(subject)
        alone, beside = (load.run(self.fleet.binaries, server, each) for each in ("quiet", self.workload))
        if not beside["rival_messages"]:
            raise load.Load_Failed("the rivals were never answered")
        yield f"{self.name}/p99", subject, beside["p99_us"]
        yield f"{self.name}/p99_ratio", subject, beside["p99_us"] / alone["p99_us"]

    def close(self):
        self.fleet.close()


COMPARED = ("floor_epoll", "libuv", "asio", "ace_tp", "asio_strands4")  # a figure, and no claim


def groups(names, binaries, fleet):
    """`names` are the servers present."""
    single = [name for name in names if ALL[name].is_strata and name not in MODELS]
    all_of_them = [name for name in names if name in (*COMPARED, "strata", "strata_uring", *STRATA_MODELS)]
    return [Descriptor_Group(single, binaries),
            *(Others_Group(workload, all_of_them, fleet) for workload in ("drip", "pipeline"))]
