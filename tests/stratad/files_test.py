#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The file server with real clients: on each engine and in each model every byte comes, to the slow, too.
usage: files_test.py STRATAD PLUGINS"""
import itertools
import os
import random
import shutil
import socket
import sys
import tempfile
import threading
import unittest
from pathlib import Path

from stratad_process import PATIENCE, Stratad, receive_exactly, run

MODELS = ("model: single", "model: worker-pool, workers: 3", "model: leader-followers, threads: 3",
          "model: multi-reactor, reactors: 2")
ENGINES = ("none", "emulated", "io_uring")
SIZES = (0, 1, 4_095, 4_096, 65_537, 300_000, 1_048_576, 1_048_577)
LARGE = 12_000_000  # more than two sockets hold
CLIENTS, ROUNDS = 8, 12


def configuration(engine, model, root, more=""):
    return (f"strata: 1\ndaemon: {{ proactor: {engine}, concurrency: {{ {model} }}, shutdown: {{ drain: 30s }} }}\n"
            f"services:\n  - {{ name: s, kind: files{more}, listen: 'tcp://127.0.0.1:0', root: '{root}' }}\n")


def descriptors(daemon):
    return len(os.listdir(f"/proc/{daemon.process.pid}/fd"))


def head_of(peer):
    """The first line of an answer, and no byte of what follows."""
    line = b""
    while not line.endswith(b"\n"):
        line += receive_exactly(peer, 1)
    return line


class Files(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.root = Path(cls.folder.name, "root")
        cls.root.mkdir()
        dice = random.Random(5)
        cls.contents = {f"f{number}": dice.randbytes(size) for number, size in enumerate(SIZES)}
        cls.large = dice.randbytes(LARGE)
        for name, content in (*cls.contents.items(), ("large", cls.large)):
            (cls.root / name).write_bytes(content)

    def in_each(self, use, models=MODELS):
        for engine, model in itertools.product(ENGINES, models):
            with self.subTest(engine=engine, model=model), Stratad(configuration(engine, model, self.root)) as daemon:
                daemon.ready()
                use(daemon)
                if daemon.process.poll() is None:
                    daemon.signal(15)
                code, log = daemon.end()
                self.assertEqual(code, 0, log)

    def get(self, peer, *names):
        """Several are asked for in one packet."""
        peer.sendall(b"".join(b"get %s\n" % name.encode() for name in names))
        for name in names:
            self.assertEqual(head_of(peer), b"ok %d\n" % len(self.contents[name]))
            self.assertEqual(receive_exactly(peer, len(self.contents[name])), self.contents[name], name)

    def at_once(self, client, count=CLIENTS):
        """Runs `client(number)` in threads; none may fail."""
        failures = []

        def guarded(number):
            try:
                client(number)
            except (AssertionError, OSError) as failure:  # told in the test's own thread
                failures.append(failure)

        threads = [threading.Thread(target=guarded, args=(number,)) for number in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([], failures)

    def test_many_clients_get_every_byte(self):
        def use(daemon):
            def client(number):
                dice = random.Random(number)
                with daemon.connect("s") as peer:
                    for _ in range(ROUNDS):
                        self.get(peer, *dice.choices(list(self.contents), k=dice.randint(1, 3)))

            self.at_once(client)

        self.in_each(use)

    def test_one_that_does_not_read_holds_nobody_up_and_gets_all_later(self):
        def use(daemon):
            with daemon.connect("s") as slow:
                slow.sendall(b"get large\n")
                self.assertEqual(head_of(slow), b"ok %d\n" % LARGE)
                with daemon.connect("s") as other:
                    self.get(other, *self.contents)
                self.assertEqual(receive_exactly(slow, LARGE), self.large)

        self.in_each(use)

    def test_files_on_their_way_come_whole_when_the_daemon_ends(self):
        def use(daemon):
            peers = [daemon.connect("s") for _ in range(4)]
            for peer in peers:
                peer.sendall(b"get large\n")
                self.assertEqual(head_of(peer), b"ok %d\n" % LARGE)
            daemon.signal(15)
            daemon.wait_line("stopping")

            def client(number):
                with peers[number] as peer:
                    self.assertEqual(receive_exactly(peer, LARGE), self.large)
                    self.assertEqual(peer.recv(1), b"")

            self.at_once(client, len(peers))

        self.in_each(use)

    def test_descriptors_are_given_back(self):
        def use(daemon):
            def once():
                with daemon.connect("s") as peer:
                    self.get(peer, "f1")
                    peer.sendall(b"get none\nlist\nquit\n")
                    while peer.recv(65_536):
                        pass

            once()
            before = descriptors(daemon)
            for _ in range(1_000):
                once()
            for _ in range(PATIENCE * 100):  # another thread may be about to close the last one
                if descriptors(daemon) <= before:
                    break
                once()
            self.assertLessEqual(descriptors(daemon), before)

        self.in_each(use, MODELS[2:3])

    def test_a_root_that_is_missing_is_told_with_its_place(self):
        file = Path(self.folder.name, "missing.yaml")
        file.write_text(configuration("auto", MODELS[0], "nowhere"))
        code, out, told = run("-c", str(file), "--check")
        self.assertEqual((code, out), (78, ""))
        self.assertRegex(told, rf"^\S*missing.yaml:4:\d+: error: root: \S*nowhere: No such file or directory\n$")
        column = file.read_text().splitlines()[3].index("'nowhere'") + 1
        self.assertIn(f"missing.yaml:4:{column}: ", told)

    def test_it_is_a_plugin_too(self):
        shutil.copy(Path(self.plugins, "libfiles.so"), self.folder.name)
        file = Path(self.folder.name, "plugin.yaml")
        for engine in ENGINES:
            file.write_text(configuration(engine, MODELS[2], "root", ", library: ./libfiles.so"))
            with self.subTest(engine=engine), Stratad(None, "-c", str(file)) as daemon:
                with daemon.connect("s") as peer:
                    self.get(peer, *self.contents)
                self.assertTrue("libfiles.so" in Path(f"/proc/{daemon.process.pid}/maps").read_text())
                code, log = daemon.terminate()
                self.assertEqual(code, 0, log)


if __name__ == "__main__":
    Stratad.program, Files.plugins = sys.argv.pop(1), sys.argv.pop(1)
    unittest.main()
