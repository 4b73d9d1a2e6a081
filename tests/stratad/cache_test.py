#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The cache beside the real memcached: the same commands, the same answers, byte by byte; and libmemcached's clients.

usage: cache_test.py STRATAD [CLASS…]"""
import random
import re
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from stratad_process import PATIENCE, Stratad

CACHE = "strata: 1\nservices:\n  - { name: cache, kind: cache, listen: 'tcp://127.0.0.1:0', memory: 64MiB }\n"
LONG = "k" * 251
# One command an entry, with the value that belongs to it. None of them flushes: memcached's flush has the granularity
# of a second, and takes what was stored in the second of it along.
SCRIPT = [
    "set a 0 0 5\r\nhello", "get a", "get a b a", "gets a", "get", "gets", "set a 0 0", "set a 0 0 -1",
    "set a x 0 1", "set a 0 x 1", "set a 0 0 x", "incr a 1", "set n 0 0 1\r\n5", "incr n 1", "get n", "incr n x",
    "incr n -1", "incr n +1", "incr n", "incr n 1 2 3", "decr n 100", "incr zz 1", "delete a 0", "delete a",
    "delete a 5", "delete", "delete a b c d", "touch n 10", "touch n", "touch n x", "touch zz 1", "gat 0 n m",
    "gats 0 n", "gat n", "gat x n", "gat 0", "verbosity", "verbosity 1", "verbosity 1 2", "verbosity x", "bogus",
    "x", "GET n", " get n", "get  n", "get n ", "", "add q 0 -1 1\r\nx", "get q", "set n 0 0 2\r\n10", "decr n 1",
    "get n", "incr n 5", "get n", "incr n 100", "get n", "set m 7 0 20\r\n18446744073709551615", "incr m 1", "get m",
    "append n 5 0 2\r\nxy", "get n", "prepend n 0 0 2\r\nab", "get n", "replace zz 0 0 1\r\nx", "add n 0 0 1\r\nx",
    "append zz 0 0 1\r\n1", "prepend zz 0 0 1\r\n1", "cas n 0 0 1 999999\r\ny", "cas zz 0 0 1 5\r\ny", "cas n 0 0 1",
    "cas n 0 0 1 x", f"get {LONG}", f"get n {LONG}", f"get n {LONG} n", f"set {LONG} 0 0 1", f"incr {LONG} 1",
    f"delete {LONG}", f"touch {LONG} 1", f"get {LONG[1:]}", f"set {LONG[1:]} 0 0 1\r\nx", f"get {LONG[1:]}",
    "set n 0 0 1 noreply\r\nz", "get n", "delete n noreply", "get n", "incr n 1 noreply", "verbosity 1 noreply",
    "set a 0 0 x noreply", "set a 0 0 1 noreply\r\nab", "get a", "stats foo", "set c 4294967295 0 1\r\n1", "get c",
    "set c 4294967297 0 1\r\n1", "get c", "set c -1 0 1", "touch c -1", "get c", "set a 0 0 0\r\n", "get a",
    "append a 0 0 3\r\nabc", "get a", "set b 0 2592001 1\r\n1", "get b", "set b 0 2592000 1\r\n1", "get b",
    "set b 0 4000000000 1\r\n1", "gats 0 a a a", "set d 0 0 3\r\nabcdef", "set", "versions", "stats reset",
    "quit now a", "set e 1 0 2 no\r\nab", "get e", "set big 0 0 100000\r\n" + "z" * 100000, "get big",
    "append big 0 0 2\r\n!!", "get big", "set too 0 0 2000000\r\n" + "y" * 2000000, "get too", "set w 0 0 1\r\nx",
    "set w 0 0 2000000\r\n" + "y" * 2000000, "get w", "incr big 1", "set s 0 0 3\r\n 12", "incr s 1",
    "set s 0 0 3\r\n12 ", "incr s 1", "get s", "set s 0 0 1\r\n-", "incr s 1", "set s 0 0 2\r\n-1", "incr s 1",
    "set s 0 0 23\r\n00000000000000000000001", "incr s 1", "set s 0 0 22\r\n0000000000000000000001", "incr s 1",
    "get s", "set s 0 0 21\r\n184467440737095516160", "incr s 1",
]
UNSURE = {"quit now a"}  # ends the connection


class Server:
    """A peer that tells where an answer ends: behind it stands that of `version`."""

    def __init__(self, address):
        self.peer = socket.create_connection(address)
        self.peer.settimeout(PATIENCE)
        self.got = b""

    def more(self):
        try:
            data = self.peer.recv(1 << 20)
        except TimeoutError:
            data = b""
        if not data:
            raise AssertionError(f"nothing follows {self.got[-200:]!r}")
        self.got += data

    def ask(self, command):
        self.peer.sendall(command.encode() + b"\r\n")
        self.peer.sendall(b"version\r\n")
        while not re.search(rb"VERSION [^\r]*\r\n\Z", self.got):
            self.more()
        answer, self.got = self.got, b""
        return re.sub(rb"VERSION [^\r]*\r\n\Z", b"", answer)

    def expect(self, command, size):
        """As `ask`, but the second command is sent when the answer is there: memcached drops the answers before an
        error of a get when they are asked for in one write."""
        self.peer.sendall(command.encode() + b"\r\n")
        while len(self.got) < size:
            self.more()
        return self.ask_on()

    def ask_on(self):
        self.peer.sendall(b"version\r\n")
        while not re.search(rb"VERSION [^\r]*\r\n\Z", self.got):
            self.more()
        answer, self.got = self.got, b""
        return re.sub(rb"VERSION [^\r]*\r\n\Z", b"", answer)


def without_cas(answer):
    """Of a `gets`: both count, but not the same things."""
    return re.sub(rb"(VALUE \S+ \d+ \d+) \d+\r\n", rb"\1 #\r\n", answer)


class Pair(unittest.TestCase):
    def setUp(self):
        self.assertTrue(shutil.which("memcached"), "memcached is not installed")
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        # Its background threads hold items now and then, and an incr then leaves another length behind.
        quiet = ["-o", "no_lru_crawler,no_lru_maintainer"]
        self.memcached = subprocess.Popen(["memcached", "-u", "root", "-l", "127.0.0.1", "-p", str(port), "-t", "1",
                                           "-m", "64", *quiet], stderr=subprocess.DEVNULL)
        self.addCleanup(self.memcached.wait)
        self.addCleanup(self.memcached.kill)
        self.daemon = Stratad(CACHE)
        self.addCleanup(self.daemon.__exit__)
        host, ours = self.daemon.ready()["cache"].removeprefix("tcp://").rsplit(":", 1)
        self.theirs = Server(self.when_up((host, port)))
        self.ours = Server((host, int(ours)))
        self.port = ours
        self.addCleanup(self.theirs.peer.close)
        self.addCleanup(self.ours.peer.close)

    @staticmethod
    def when_up(address):
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit:
            with socket.socket() as probe:
                if probe.connect_ex(address) == 0:
                    return address
            select.select([], [], [], 0.01)
        raise AssertionError("memcached does not start")

    def compare(self, command):
        ours = self.ours.ask(command)
        theirs = self.theirs.expect(command, len(ours))
        self.assertEqual(without_cas(theirs), without_cas(ours), command[:200])


class Commands(Pair):
    def test_each_command_is_answered_as_memcached_does(self):
        for command in SCRIPT:
            if command not in UNSURE:
                self.compare(command)

    def test_random_commands_are_answered_as_memcached_does(self):
        dice = random.Random(7)
        for _ in range(4000):
            self.compare(self.random_command(dice))

    @staticmethod
    def random_command(dice):
        if dice.randrange(4) == 0:
            return Commands.random_arithmetic(dice)
        key = lambda: f"key{dice.randrange(8)}"
        value = dice.choice(["", "7", "12345", "x" * dice.randrange(300), "18446744073709551614"])
        stored = f"{dice.choice([0, 3])} 0 {len(value)}\r\n{value}"
        kind = dice.choice(["set", "add", "replace", "append", "prepend", "cas", "get", "delete", "touch", "gat"])
        if kind == "cas":
            return f"cas {key()} 0 0 {len(value)} {dice.randrange(10)}00000\r\n{value}"
        if kind in ("set", "add", "replace", "append", "prepend"):
            return f"{kind} {key()} {stored}"
        if kind == "touch":
            return f"touch {key()} {dice.choice([0, 1000, -1])}"
        if kind == "gat":
            return f"gat {dice.choice([0, 1000])} {key()} {key()}"
        return f"{kind} {key()}" + (f" {key()} {key()}" if kind == "get" else "")

    @staticmethod
    def random_arithmetic(dice):
        """Of keys of their own, which nobody reads: when another thread of memcached holds an item, it leaves a number
        without the spaces that it has else."""
        key = f"number{dice.randrange(4)}"
        value = dice.choice(["0", "7", "12345", "18446744073709551614", "none", " 7", "7 7"])
        if dice.randrange(3) == 0:
            return f"set {key} 0 0 {len(value)}\r\n{value}"
        return f"{dice.choice(['incr', 'decr'])} {key} {dice.choice([0, 1, 99, 18446744073709551615])}"

    def test_pipelined_commands_are_answered_in_order(self):
        commands = b"".join(b"set p%d 0 0 3\r\nabc\r\nget p%d\r\n" % (i, i) for i in range(2000))
        for server in (self.ours, self.theirs):
            answer = b"".join(b"STORED\r\nVALUE p%d 0 3\r\nabc\r\nEND\r\n" % i for i in range(2000))
            self.assertEqual(server.ask(commands.decode().removesuffix("\r\n")), answer)

    def test_cas_stores_what_nobody_has_changed(self):
        for server in (self.ours, self.theirs):
            server.ask("set c 0 0 1\r\n1")
            unique = server.ask("gets c").split()[4].decode()
            self.assertEqual(server.ask(f"cas c 0 0 1 {unique}\r\n2"), b"STORED\r\n")
            self.assertEqual(server.ask(f"cas c 0 0 1 {unique}\r\n3"), b"EXISTS\r\n")
            self.assertEqual(server.ask("get c"), b"VALUE c 0 1\r\n2\r\nEND\r\n")

    def test_a_flush_takes_all(self):
        for server in (self.ours, self.theirs):
            server.ask("set f 0 0 1\r\n1")
            self.assertEqual(server.ask("flush_all"), b"OK\r\n")
            self.assertEqual(server.ask("get f"), b"END\r\n")
            self.assertEqual(server.ask("flush_all noreply"), b"")
            self.assertEqual(server.ask("flush_all x"), b"CLIENT_ERROR invalid exptime argument\r\n")
            self.assertEqual(server.ask("flush_all 0 noreply"), b"")
            self.assertEqual(server.ask("flush_all 0 0 0"), b"ERROR\r\n")

    def test_quit_and_http_end_the_connection(self):
        for last in (b"quit\r\n", b"POST / HTTP/1.1\r\n"):
            for server in (self.ours, self.theirs):
                with socket.create_connection(server.peer.getpeername()) as peer:
                    peer.settimeout(PATIENCE)
                    peer.sendall(b"get a\r\n" + last)
                    answer = b""
                    while more := peer.recv(1000):
                        answer += more
                    self.assertEqual(answer, b"END\r\n")

    def test_stats_have_memcacheds_names(self):
        names = [set(re.findall(rb"STAT (\S+) ", server.ask("stats"))) for server in (self.ours, self.theirs)]
        self.assertLessEqual(names[0], names[1])
        self.assertIn(b"curr_items", names[0])


class Clients(Pair):
    """libmemcached's programs."""

    def run_client(self, name, *arguments):
        done = subprocess.run([name, f"--servers=127.0.0.1:{self.port}", *arguments], capture_output=True, text=True,
                              timeout=PATIENCE)
        return done.returncode, done.stdout

    def test_a_file_is_copied_shown_and_removed(self):
        with tempfile.NamedTemporaryFile("w", prefix="strata") as file:
            file.write("what is in the file")
            file.flush()
            name = file.name.rsplit("/", 1)[1]
            self.assertEqual(self.run_client("memccp", file.name)[0], 0)
            self.assertEqual(self.run_client("memcexist", name)[0], 0)
            self.assertEqual(self.run_client("memccat", name), (0, "what is in the file\n"))
            self.assertEqual(self.run_client("memctouch", "--expire=1000", name)[0], 0)
            self.assertEqual(self.run_client("memcrm", name)[0], 0)
            self.assertNotEqual(self.run_client("memcexist", name)[0], 0)

    def test_it_is_pinged_flushed_and_asked_for_stats(self):
        self.assertEqual(self.run_client("memcping")[0], 0)
        self.assertEqual(self.run_client("memcflush")[0], 0)
        code, text = self.run_client("memcstat")
        self.assertEqual(code, 0)
        self.assertIn("limit_maxbytes: 67108864", text)

    def test_it_passes_the_ascii_part_of_memccapable(self):
        done = subprocess.run(["memccapable", "-h", "127.0.0.1", "-p", self.port, "-a"], capture_output=True, text=True,
                              timeout=PATIENCE)
        self.assertIn("All tests passed", done.stdout + done.stderr, done.stdout)


if __name__ == "__main__":
    Stratad.program = sys.argv.pop(1)
    unittest.main(argv=["cache_test", "-v", *sys.argv[1:]], verbosity=2)
