# SPDX-License-Identifier: Apache-2.0
"""Interleaved rounds: in each, every group's subjects take turns in random order, until every claim is decided."""
import collections
import random
import subprocess
import sys

from . import claims, stats
from .load import Load_Failed


class Run:
    def __init__(self, groups, rounds=None):
        self.groups = groups
        self.rounds = rounds
        self.samples = claims.Samples()
        self.failures = collections.Counter()

    def _decided(self, group):
        """Whether another round of the group could change a verdict."""
        for claim in claims.ALL:
            if claim.metric.startswith(group.name + "/"):
                _, verdict = claim.judge(self.samples)
                if verdict == stats.UNDECIDED:
                    return False
        return True

    def _ends(self, group, done):
        if self.rounds is not None:
            return done >= min(self.rounds, group.most)
        return done >= group.most or (done >= group.least and self._decided(group))

    def _measure(self, number, group, subject):
        try:
            for metric, name, value in group.measure(subject):
                self.samples.add(number, metric, name, value)
        except (Load_Failed, RuntimeError, OSError, subprocess.SubprocessError) as failure:
            text = f"{group.name}, {subject}: {failure}"
            self.failures[text] += 1
            print(f"round {number}: {text}", file=sys.stderr, flush=True)

    def run(self):
        """Ctrl-C ends it with what there is."""
        active, number, watched = list(self.groups), 0, sys.stderr.isatty()
        try:
            while active:
                number += 1
                random.shuffle(active)
                for group in active:
                    if watched:
                        print(f"\rround {number}: {group.name:<24}", end="", file=sys.stderr, flush=True)
                    for subject in random.sample(group.subjects, len(group.subjects)):
                        self._measure(number, group, subject)
                active = [group for group in active if not self._ends(group, number)]
        except KeyboardInterrupt:
            print("\ninterrupted", file=sys.stderr)
        finally:
            for group in self.groups:
                group.close()
        return number
