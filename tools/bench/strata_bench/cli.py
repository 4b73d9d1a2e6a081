# SPDX-License-Identifier: Apache-2.0
"""The command line."""
import argparse
import fnmatch
import os
import pathlib
import sys

from . import cache, claims, completions, faults, models, report, servers
from .groups import Echo_Group, Fleet, Memory_Group, Program_Group, present
from .instructions import Instruction_Group
from .load import WORKLOADS
from .rounds import Run
from .syscalls import Syscall_Group

ROOT = pathlib.Path(__file__).resolve().parents[3]
COUNTED = ("1x64", "100x64", "churn")  # for system calls and instructions

PROGRAMS = {
    "timers": ("timers_strata", "timers_libevent", "timers_libuv", "timers_asio", "timers_ace"),
    "post": ("post_strata", "floor_post", "post_libuv", "post_asio"),
    "files": ("files_strata io_uring", "files_strata emulated", "files_pool", "files_libuv"),
    "seam": ("seam_bench",),
}


def _arguments():
    parser = argparse.ArgumentParser(prog="bench", description="Runs the benches and judges the figures.")
    parser.add_argument("--list", action="store_true", help="print the groups and servers")
    parser.add_argument("--filter", action="append", metavar="GLOB", help="only these groups, e.g. 'echo/*'")
    parser.add_argument("--server", action="append", default=[], choices=servers.ALL, metavar="NAME",
                        help="only these servers, and what they are judged by")
    parser.add_argument("--rounds", type=int, metavar="N", help="so many, instead of 15 to 60 until all is decided")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="also write every sample and verdict there")
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/bench/bin", metavar="DIR",
                        help="default: %(default)s")
    parser.add_argument("--faults", action="store_true", help="the figures of faults under load instead")
    return parser.parse_args()


def _servers(arguments):
    wanted = arguments.server or list(servers.ALL)
    judges = [claim.reference for claim in claims.ALL
              if claim.subject in wanted and claim.metric.split("/")[0] in claims.ECHOES
              and claim.reference in servers.ALL]
    wanted = dict.fromkeys([claims.FLOOR, "libuv", *judges, *wanted])
    return present(wanted, arguments.bin, asked=arguments.server)


def _groups(arguments, names):
    binaries, fleet = arguments.bin, Fleet(arguments.bin)
    # Models and completions have groups of their own, and the others where they are asked for.
    plain = [name for name in names if name in servers.SINGLE or name in arguments.server]
    counted = [name for name in names if name in plain or name in servers.COMPLETIONS]
    if arguments.faults:
        return faults.groups(names, binaries, fleet)
    groups = [Echo_Group(workload, plain, fleet) for workload in WORKLOADS]
    groups += models.groups(names, binaries, fleet) + completions.groups(names, binaries, fleet)
    ready = [name for name in names if name not in servers.COMPLETIONS or name in arguments.server]
    groups += [Memory_Group(ready, binaries), *cache.groups(binaries)]
    groups += [Syscall_Group(workload, counted, binaries) for workload in COUNTED]
    groups += [Instruction_Group(workload, plain, binaries) for workload in COUNTED]
    groups += [Program_Group(f"timers/{size}", PROGRAMS["timers"], [str(size)], binaries)
               for size in claims.TIMER_SIZES]
    groups += [*(Program_Group(name, PROGRAMS[name], [], binaries) for name in ("post", "files")),
               Program_Group("seam", PROGRAMS["seam"], ["--json"], binaries)]
    return groups


def _chosen(groups, globs):
    if not globs:
        return groups
    return [group for group in groups if any(fnmatch.fnmatch(group.name, glob) for glob in globs)]


def main():
    arguments = _arguments()
    try:
        names = _servers(arguments)
    except servers.Absent as absent:
        print(absent, file=sys.stderr)
        return 2
    groups = _chosen(_groups(arguments, names), arguments.filter)
    if arguments.list:
        for group in groups:
            print(f"{group.name}: {', '.join(group.subjects) or 'nothing built'}")
        return 0
    groups = [group for group in groups if group.subjects]
    if not groups or (os.cpu_count() or 1) < 2:
        print("nothing to measure: build with STRATA_BENCH=ON, and have two cores", file=sys.stderr)
        return 2
    run = Run(groups, arguments.rounds)
    run.run()
    report.print_markdown(run)
    if arguments.json:
        report.write_json(run, arguments.json)
    return 0
