# SPDX-License-Identifier: Apache-2.0
"""Figures for faults.md: row 1, a daemon out of descriptors."""
import selectors
import socket
import time

from . import load
from .groups import Group
from .servers import ALL, Server

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
