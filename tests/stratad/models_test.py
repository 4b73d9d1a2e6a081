#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One configuration line chooses which threads run the handlers: echo, by operations too, and cache behave alike.
usage: models_test.py STRATAD PLUGINS"""
import socket
import sys
import threading
import unittest

from stratad_process import Stratad

MODELS = ("model: single", "model: worker-pool, workers: 3", "model: leader-followers, threads: 3",
          "model: multi-reactor, reactors: 2",
          "model: multi-reactor, reactors: 2, workers: 2",
          "model: multi-reactor, reactors: 2, accept: least-loaded",
          "model: multi-reactor, reactors: 2, accept: reuseport",
          "model: multi-reactor, reactors: 2, accept: exclusive")
ENGINES = ("demultiplexer: epoll", "demultiplexer: io_uring", "demultiplexer: poll", "demultiplexer: select",
           "proactor: io_uring", "proactor: emulated")  # where a ring is forbidden: as auto (rings_test.py)
CLIENTS, ROUNDS = 8, 50


def configuration(model, engine, kind):
    file = {"digest": "libdigest.so", "block-echo": "libblock_echo.so"}.get(kind)
    library = f", library: {Models.plugins}/{file}" if file else ""
    return (f"strata: 1\ndaemon: {{ {engine}, concurrency: {{ {model} }} }}\n"
            f"services:\n  - {{ name: s, kind: {kind}{library}, listen: \"tcp://127.0.0.1:0\", idle_timeout: 60s }}\n")


def digest(text):
    value = 2166136261
    for byte in text * 1000:
        value = (value ^ byte) * 16777619 % 2**32
    return value


def line_of(file):
    return file.readline().decode()


class Models(unittest.TestCase):
    def in_each(self, kind, client):
        """Runs `client(number, connection)` in threads against a daemon of each model; none may fail."""
        for model in MODELS:
            for engine in ENGINES:
                with self.subTest(model=model, engine=engine, kind=kind):
                    self.serve(configuration(model, engine, kind), client)

    def serve(self, yaml, client):
        with Stratad(yaml) as daemon:
            port = int(daemon.wait_line(r"ready: s tcp://127\.0\.0\.1:(\d+)")[1])
            failures = []

            def run(number):
                try:
                    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
                        client(number, connection)
                except Exception as failure:  # told in the test's own thread
                    failures.append(failure)

            threads = [threading.Thread(target=run, args=(number,)) for number in range(CLIENTS)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual([], failures)
            daemon.process.terminate()
            self.assertEqual(0, daemon.process.wait(60))

    def test_an_address_in_use_ends_the_start(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            for model in MODELS:
                yaml = configuration(model, "proactor: auto", "echo") + (
                    f"  - {{ name: t, kind: echo, listen: \"tcp://127.0.0.1:{taken.getsockname()[1]}\" }}\n")
                with self.subTest(model=model), Stratad(yaml) as daemon:
                    self.assertEqual(69, daemon.process.wait(60))

    def test_each_echoes_every_byte_in_order(self):
        def client(number, connection):
            file = connection.makefile("rb")
            for round_number in range(ROUNDS):
                text = f"{number}:{round_number}:" + "x" * (round_number * 97) + "\n"
                connection.sendall(text.encode())
                self.assertEqual(text, line_of(file))

        for kind in ("echo", "block-echo"):
            self.in_each(kind, client)

    def test_what_is_given_away_is_answered_in_order(self):
        def client(number, connection):
            file = connection.makefile("rb")
            lines = [f"{number}:{round_number % 5}" for round_number in range(ROUNDS)]
            connection.sendall("".join(line + "\n" for line in lines).encode())
            for line in lines:
                self.assertEqual(f"{sums[line]}\n", line_of(file))

        sums = {line: digest(line.encode()) for line in (f"{n}:{r}" for n in range(CLIENTS) for r in range(5))}
        self.in_each("digest", client)

    def test_the_connections_of_a_cache_share_what_they_store(self):
        def client(number, connection):
            file = connection.makefile("rb")

            def ask(text):
                connection.sendall(text.encode())
                return line_of(file)

            ask("add all 0 0 1\r\n0\r\n")
            for round_number in range(ROUNDS):
                self.assertEqual("STORED\r\n", ask(f"set k{number} 0 0 3\r\n{round_number:03}\r\n"))
                self.assertEqual(f"VALUE k{number} 0 3\r\n", ask(f"get k{number}\r\n"))
                self.assertEqual(f"{round_number:03}\r\n", line_of(file))
                self.assertEqual("END\r\n", line_of(file))
                ask("incr all 1\r\n")  # all of all clients are counted, or the lock has failed
            with self.count_lock:
                self.done += 1
                if self.done == CLIENTS:
                    self.done = 0
                    self.assertEqual("VALUE all 0 3\r\n", ask("get all\r\n"))
                    self.assertEqual(f"{CLIENTS * ROUNDS}\r\n", line_of(file))

        self.count_lock, self.done = threading.Lock(), 0
        self.in_each("cache", client)


if __name__ == "__main__":
    Stratad.program, Models.plugins = sys.argv.pop(1), sys.argv.pop(1)
    unittest.main()
