#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`daemon.demultiplexer: io_uring`, `daemon.proactor: io_uring`: had where the kernel allows it; elsewhere the daemon
serves all the same, by operations too, and says so once, however many reactors and kinds it has.
usage: rings_test.py STRATAD"""
import errno
import itertools
import sys
import unittest
from pathlib import Path

import rings
from stratad_process import Stratad, echoes, receive_exactly

YAML = """strata: 1
daemon: {{ {engine}, concurrency: {{ {model} }} }}
services:
  - {{ name: echo, kind: echo, listen: "tcp://127.0.0.1:0" }}
  - {{ name: files, kind: files, listen: "tcp://127.0.0.1:0", root: "{folder}" }}
"""
FOLDER = Path(__file__).resolve().parent
MODELS = ("model: single", "model: multi-reactor, reactors: 3", "model: leader-followers, threads: 2")
ENGINES = ("demultiplexer: io_uring", "proactor: io_uring")
SAID = "io_uring cannot be used here"
NO_COMPLETIONS = "completions cannot be used here"


class Rings(unittest.TestCase):
    def log_of(self, engine, model, **how):
        """What a daemon says that has served."""
        with Stratad(YAML.format(engine=engine, model=model, folder=FOLDER), **how) as daemon:
            with daemon.connect() as peer:
                self.assertTrue(echoes(peer, b"x" * 100_000))
            content = Path(__file__).read_bytes()
            answer = b"ok %d\n" % len(content) + content
            with daemon.connect("files") as peer:
                peer.sendall(f"get {Path(__file__).name}\n".encode() * 2)
                self.assertEqual(receive_exactly(peer, 2 * len(answer)), 2 * answer)
            code, log = daemon.terminate()
            self.assertEqual(code, 0, log)
            return log

    def test_it_is_had_or_replaced_as_the_machine_allows(self):
        for engine, model in itertools.product(ENGINES, MODELS):
            with self.subTest(engine=engine, model=model):
                log = self.log_of(engine, model)
                self.assertEqual(log.count(SAID), 0 if rings.allowed() else 1, log)
                self.assertNotIn(NO_COMPLETIONS, log)

    def test_where_it_is_forbidden_the_daemon_serves_and_says_so_once(self):
        calls = (rings.SETUP, rings.ENTER) if rings.allowed() else (rings.SETUP,)
        for call, error, engine, model in itertools.product(calls, (errno.EPERM, errno.ENOSYS), ENGINES, MODELS):
            with self.subTest(call=call, error=error, engine=engine, model=model):
                log = self.log_of(engine, model, preexec_fn=rings.forbidding(call, error))
                self.assertEqual(log.count(SAID), 1, log)
                self.assertIn("instead=epoll", log)
                self.assertNotIn(NO_COMPLETIONS, log)

    @unittest.skipUnless(rings.allowed(), "no ring at all")
    def test_a_ring_without_buffers_tells_of_readiness(self):
        for model in MODELS:
            with self.subTest(model=model):
                log = self.log_of("proactor: io_uring", model, preexec_fn=rings.forbidding(rings.REGISTER, errno.EPERM))
                self.assertEqual(log.count(NO_COMPLETIONS), 1, log)
                self.assertIn("instead=emulated", log)
                self.assertNotIn(SAID, log)

    def test_auto_says_nothing_of_it(self):
        for engine in ("demultiplexer: auto", "proactor: auto", "proactor: none", "proactor: emulated"):
            with self.subTest(engine=engine):
                log = self.log_of(engine, MODELS[1], preexec_fn=rings.forbidding(rings.SETUP, errno.EPERM))
                self.assertNotIn("io_uring", log)
                self.assertNotIn(NO_COMPLETIONS, log)


if __name__ == "__main__":
    Stratad.program = sys.argv.pop(1)
    unittest.main()
