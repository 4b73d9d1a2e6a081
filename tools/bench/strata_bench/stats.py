# SPDX-License-Identifier: Apache-2.0
"""Medians with their intervals, and the verdict on one figure."""
import dataclasses
import math
import statistics

MIN_ROUNDS = 15
MAX_ROUNDS = 60

REACHED, MISSED, UNDECIDED = "reached", "missed", "undecided"


@dataclasses.dataclass(frozen=True)
class Summary:
    rounds: int
    median: float
    mad: float
    min: float
    max: float
    low: float   # 95 % interval of the median
    high: float


def _rank(n):
    """The largest k for which [k-th least, k-th greatest] holds the median with at least 95 % (order statistics)."""
    tail, k = 0.0, 0
    while k < n // 2:
        tail += math.comb(n, k) / 2**n
        if 2 * tail > 0.05:
            break
        k += 1
    return max(k, 1)


def summarise(values):
    ordered = sorted(values)
    median = statistics.median(ordered)
    k = _rank(len(ordered))
    return Summary(rounds=len(ordered), median=median, mad=statistics.median(abs(v - median) for v in ordered),
                   min=ordered[0], max=ordered[-1], low=ordered[k - 1], high=ordered[-k])


def verdict(summary, limit):
    """Whether a ratio's `median <= limit` is shown; what is not is undecided, never reached."""
    if summary.rounds < MIN_ROUNDS:
        return UNDECIDED
    if summary.low > limit:
        return MISSED
    narrow = (summary.high - summary.low) / 2 <= 0.05 * summary.median
    return REACHED if summary.median <= limit and narrow and summary.high <= limit + 0.03 else UNDECIDED


def plain_verdict(summary, limit, least_rounds):
    """The same for a figure in a unit: as wide an interval as it likes, if it ends by the limit."""
    if summary.rounds < least_rounds:
        return UNDECIDED
    if summary.low > limit:
        return MISSED
    return REACHED if summary.median <= limit and summary.high <= 1.03 * limit else UNDECIDED
