# SPDX-License-Identifier: Apache-2.0
"""Echoes by completions, beside the floors of both kinds and the same service on readiness."""
from .claims import FLOOR
from .groups import Echo_Group
from .load import WORKLOADS
from .servers import COMPLETIONS

BESIDE = (FLOOR, "libuv", "strata")  # the floor, what judges the machine, and the plain reactor


def groups(names, fleet):
    """`names` are the servers present."""
    subjects = [name for name in names if name in BESIDE or name in COMPLETIONS]
    return [Echo_Group(workload, subjects, fleet, "completions") for workload in WORKLOADS]
