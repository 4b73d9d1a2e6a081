# SPDX-License-Identifier: Apache-2.0
"""User instructions a message, which no noise touches: callgrind over two loads of different length."""
import re
import shutil

from . import load
from .groups import Group
from .servers import ALL, Server

VALGRIND = ("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null")
SHORT, LONG = 1_000, 5_000


def _total(definition, binaries, workload, messages):
    with Server(definition, binaries, wrapper=VALGRIND) as server:
        load.run(binaries, server, workload, messages=messages, seconds=60)
        server.stop()
        return int(re.search(r"Collected : (\d+)", server.output())[1])


class Instruction_Group(Group):
    def __init__(self, workload, servers, binaries):
        subjects = servers if shutil.which(VALGRIND[0]) else []
        super().__init__(f"instructions/{workload}", subjects, least=1, most=1)
        self.workload, self.binaries = workload, binaries

    def measure(self, subject):
        definition = ALL[subject]
        short = _total(definition, self.binaries, self.workload, SHORT)
        long = _total(definition, self.binaries, self.workload, LONG)
        yield f"{self.name}/message", subject, (long - short) / (LONG - SHORT)
