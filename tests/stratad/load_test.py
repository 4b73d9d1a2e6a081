#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Daemons under load: files that change while they are sent, an echo and a cache, with wrong input among it; while
signals come, while descriptors are short, at caps, and when the daemon ends. Every byte is looked at, and afterwards
nothing is left. STRATA_FULL: a hundred times as many connections.
usage: load_test.py STRATAD"""
import itertools
import os
import random
import re
import resource
import signal
import sys
import tempfile
import unittest
from collections import Counter
from pathlib import Path

from load import Crew
from load_scripts import Tree, all_scripts
from stratad_process import PATIENCE, Stratad, receive_exactly

ENGINES = ("proactor: none", "proactor: emulated", "proactor: emulated, demultiplexer: poll", "proactor: io_uring")
MODELS = ("model: single", "model: worker-pool, workers: 3", "model: leader-followers, threads: 3",
          "model: multi-reactor, reactors: 2")
FULL = "STRATA_FULL" in os.environ
CONNECTIONS = 24 * (100 if FULL else 1)  # of a process
ANYWHERE = "tcp://127.0.0.1:0"
PROCESSES, AT_ONCE = 2, 100 if FULL else 16
SEED = int(os.environ.get("STRATA_SEED", random.SystemRandom().randrange(1 << 32)))
FILE_THREADS = 2  # of a reactor, begun when first needed
GROWTH = 24 << 20  # bytes that memory may grow by, between the middle of a load and its end


def configuration(engine, model, root, more="", drain="60s"):
    kinds = ("files", "echo", "cache")
    options = {"files": f", root: '{root}'"}
    services = "".join(f"  - {{ name: {kind}, kind: {kind}{more}{options.get(kind, '')}, listen: '{ANYWHERE}' }}\n"
                       for kind in kinds)
    return (f"strata: 1\ndaemon: {{ {engine}, concurrency: {{ {model} }}, shutdown: {{ drain: {drain} }} }}\n"
            f"services:\n{services}")


def address_of(endpoint):
    host, port = endpoint.removeprefix("tcp://").rsplit(":", 1)
    return host, int(port)


class Run:
    """A daemon with its load."""

    def __init__(self, test, yaml, tree, seed, at_once=AT_ONCE, short=False, turned_away=False):
        self.test, self.tree, self.dice, self.turns = test, tree, random.Random(seed), 0
        self.daemon, self.said = Stratad(yaml), b""
        addresses = {name: address_of(at) for name, at in self.daemon.ready().items()}
        self.before = self.state()
        self.crew = Crew(all_scripts, (tree, addresses, short), PROCESSES, seed=seed, count=CONNECTIONS,
                         at_once=at_once, turned_away=turned_away)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.crew.close()
        self.daemon.__exit__()

    def state(self):
        process = Path("/proc", str(self.daemon.process.pid))
        fields = dict(line.split(":\t") for line in (process / "status").read_text().splitlines())
        return {"descriptors": len(os.listdir(process / "fd")), "threads": int(fields["Threads"]),
                "resident": int(fields["VmRSS"].split()[0]) << 10, "size": int(fields["VmSize"].split()[0]) << 10}

    def disturb(self):
        self.turns += 1
        self.tree.change(self.dice)
        if self.turns % 16 == 0:
            self.daemon.signal(self.dice.choice((signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)))
        self.daemon.take_lines()

    def loaded(self, disturbed=True):
        """All has come as it should."""
        results = self.crew.results(self.disturb if disturbed else self.daemon.take_lines)
        self.test.assertEqual(PROCESSES, len(results))
        self.test.assertEqual([], [each for one in results for each in one["failures"]], self.daemon.told[-2_000:])
        for one in results:
            self.test.totals.update(one["ends"], bytes=one["bytes"], replies=one["replies"])

    def have_few_descriptors(self):
        most = self.before["descriptors"] + 25
        resource.prlimit(self.daemon.process.pid, resource.RLIMIT_NOFILE, (most, most))

    def end_it(self):
        self.crew.tell("end")
        self.crew.await_all("ending", self.disturb)
        self.daemon.signal(signal.SIGTERM)
        self.loaded(disturbed=False)

    def nothing_is_left(self, middle):
        """Who has gone is known to the daemon a little later; what it says of itself is asked for until then."""
        for number in range(PATIENCE * 100):
            self.said += self.daemon.told
            self.daemon.told = b""
            self.daemon.signal(signal.SIGUSR1)
            self.daemon.wait_line("a service name=files")
            counts = [Counter(dict((key, int(value)) for key, value in re.findall(r"(\w+)=(\d+)\b", line)))
                      for line in self.daemon.told.decode().splitlines() if "a reactor index=" in line]
            total = sum(counts, Counter())
            now = self.state()
            whole = "a reactor index=0" in self.daemon.told.decode()  # else it is the end of what was asked for before
            if whole and total["accepted"] == total["closed"] and now["descriptors"] <= self.before["descriptors"]:
                break
        self.test.assertGreater(total["accepted"], 0)
        self.test.assertEqual(total["accepted"], total["closed"], total)
        self.test.assertEqual((total["exceptions"], total["posts_waiting"]), (0, 0), total)
        self.test.assertLessEqual(now["descriptors"], self.before["descriptors"])
        self.test.assertLessEqual(now["threads"], self.before["threads"] + FILE_THREADS * len(counts))
        if now["size"] < 1 << 40:  # sanitizers keep what is freed
            self.test.assertLess(now["resident"], middle["resident"] + GROWTH)

    def ended(self, told="(?!)"):
        """In order; it has said nothing unexpected."""
        code, rest = self.daemon.end()
        log = self.said.decode() + rest
        self.test.assertEqual(code, 0, log[-4_000:])
        bad = [line for line in log.splitlines() if re.search(r" (ERROR|WARN|FATAL|CRIT) ", line)]
        self.test.assertEqual([], [line for line in bad if not re.search(told, line)][:5])
        return log


class Loads(unittest.TestCase):
    totals = Counter()

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.tree = Tree(cls.folder.name)

    @classmethod
    def tearDownClass(cls):
        totals = ", ".join(f"{name} {count}" for name, count in sorted(cls.totals.items()))
        print(f"seed {SEED}: {totals}", file=sys.stderr)

    def in_some(self, use, which=slice(None), **how):
        """In each engine and model; the suite takes `which` of them."""
        pairs = list(itertools.product(ENGINES, MODELS))
        options = {name: how.pop(name) for name in ("more", "drain") if name in how}
        for number, (engine, model) in enumerate(pairs if FULL else pairs[which]):
            with self.subTest(engine=engine, model=model, seed=SEED):
                yaml = configuration(engine, model, self.tree.root, **options)
                with Run(self, yaml, self.tree, SEED + number, **how) as run:
                    use(run)

    def test_every_byte_comes_while_files_change_and_signals_come(self):
        def use(run):
            run.crew.await_all("half", run.disturb)
            middle = run.state()
            run.loaded()
            run.nothing_is_left(middle)
            run.daemon.signal(signal.SIGTERM)
            run.ended()

        self.in_some(use)

    def test_what_was_asked_is_answered_when_the_daemon_ends(self):
        def use(run):
            run.crew.await_all("half", run.disturb)
            run.crew.tell("hold")
            run.crew.await_all("held", run.disturb)
            run.end_it()
            self.assertNotIn("cut off", run.ended())

        self.in_some(use, slice(0, None, 2))

    def test_what_was_answered_is_right_when_the_daemon_ends_while_more_is_asked(self):
        def use(run):
            run.crew.await_all("half", run.disturb)
            run.end_it()
            self.assertNotIn("cut off", run.ended())

        self.in_some(use, slice(1, None, 2))

    def test_out_of_descriptors_peers_wait(self):
        def use(run):
            run.have_few_descriptors()
            run.crew.await_all("half", run.disturb)
            middle = run.state()
            run.loaded()
            run.nothing_is_left(middle)
            run.daemon.signal(signal.SIGTERM)
            self.assertIn("accepting paused", run.ended("accepting paused"))

        self.in_some(use, slice(2, None, 3), short=True, at_once=60)

    def test_out_of_descriptors_peers_are_turned_away(self):
        def use(run):
            run.have_few_descriptors()
            run.loaded()
            run.nothing_is_left(run.state())
            run.daemon.signal(signal.SIGTERM)
            run.ended("accepting paused")

        self.in_some(use, slice(3, None, 5), short=True, at_once=60, turned_away=True, more=", shed_when_full: true")

    def test_out_of_descriptors_it_ends(self):
        def use(run):
            run.have_few_descriptors()
            run.crew.await_all("half", run.disturb)
            run.end_it()
            self.assertNotIn("cut off", run.ended("accepting paused"))

        self.in_some(use, slice(0, None, 5), short=True, at_once=60, turned_away=True)

    def test_at_a_cap_peers_wait(self):
        def use(run):
            run.loaded()
            run.nothing_is_left(run.state())
            run.daemon.signal(signal.SIGTERM)
            run.ended()

        self.in_some(use, slice(1, None, 5), more=", max_connections: 7")

    def test_of_one_source_others_are_turned_away(self):
        def use(run):
            run.loaded()
            run.nothing_is_left(run.state())
            run.daemon.signal(signal.SIGTERM)
            run.ended("a source has too many connections")

        self.in_some(use, slice(2, None, 5), more=", max_per_source: 12", turned_away=True)

    def test_who_never_reads_is_cut_off_when_the_drain_is_over(self):
        def use(run):
            peers = [run.daemon.connect("files") for _ in range(5)]
            for peer in peers:
                peer.sendall(b"get large\n")
                self.assertEqual(receive_exactly(peer, 3), b"ok ")
            run.loaded()
            run.daemon.signal(signal.SIGTERM)
            self.assertIn("service=files connections=5", run.ended("connections were cut off"))
            for peer in peers:
                peer.close()

        self.in_some(use, slice(3, None, 5), drain="300ms")


if __name__ == "__main__":
    Stratad.program = sys.argv.pop(1)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    unittest.main()
