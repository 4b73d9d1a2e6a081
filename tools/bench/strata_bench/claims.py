# SPDX-License-Identifier: Apache-2.0
"""What the figures must show, and whether they do. A claim is judged on values paired by round."""
import dataclasses

from . import stats
from .cache import LOADS as CACHE_LOADS
from .load import WORKLOADS
from .servers import PEERS, STRATA_MODELS

FLOOR = "floor_epoll"
ECHOES = ("echo", "models", "completions")  # groups with an echo on every server
TIMER_SIZES = (1_000, 10_000, 100_000, 1_000_000)
TIMER_OPS = ("schedule", "cancel", "refresh", "expire")
TIMER_PEERS = ("libevent_heap", "libevent_common", "libuv", "asio", "ace_heap", "ace_wheel", "ace_hash")


class Samples:
    """values[metric][subject][round]"""

    def __init__(self):
        self.values = {}

    def add(self, round_number, metric, subject, value):
        self.values.setdefault(metric, {}).setdefault(subject, {})[round_number] = value

    def of(self, metric, subject):
        return self.values.get(metric, {}).get(subject, {})

    def ratios(self, metric, subject, reference):
        ours, theirs = self.of(metric, subject), self.of(metric, reference)
        return [value / theirs[number] for number, value in ours.items() if theirs.get(number)]


@dataclasses.dataclass(frozen=True)
class Ratio:
    """The subject's value over the reference's in the same round."""
    metric: str
    subject: str
    reference: str
    limit: float

    def text(self):
        return f"{self.metric}: {self.subject} ≤ {self.limit:.3g} × {self.reference}"

    def judge(self, samples):
        values = samples.ratios(self.metric, self.subject, self.reference)
        if not values:
            return None, None
        summary = stats.summarise(values)
        return summary, stats.verdict(summary, self.limit)


@dataclasses.dataclass(frozen=True)
class Absolute:
    """A figure in its own unit, which hardly varies: the whole interval must lie within 3 % of the limit."""
    metric: str
    subject: str
    limit: float
    least_rounds: int = 1
    digits: int = 3  # after the point: a call for each batch is not one for each message
    reference: str = None

    def text(self):
        return f"{self.metric}: {self.subject} ≤ {self.limit:g}"

    def judge(self, samples):
        values = list(samples.of(self.metric, self.subject).values())
        if not values:
            return None, None
        summary = stats.summarise([round(value, self.digits) for value in values])
        return summary, stats.plain_verdict(summary, self.limit, self.least_rounds)


@dataclasses.dataclass(frozen=True)
class Same:
    """A floor makes exactly the system calls that it stands for, give or take 3 %."""
    metric: str
    subject: str
    limit: float
    reference: str = None

    def text(self):
        return f"{self.metric}: {self.subject} = {self.limit:g}"

    def judge(self, samples):
        values = list(samples.of(self.metric, self.subject).values())
        if not values:
            return None, None
        summary = stats.summarise(values)
        return summary, stats.REACHED if abs(summary.median / self.limit - 1) <= 0.03 else stats.MISSED


@dataclasses.dataclass(frozen=True)
class Unbeaten:
    """No peer's whole interval (of its ratio to the floor) lies under the subject's."""
    metric: str
    subject: str
    reference: str = FLOOR

    def text(self):
        return f"{self.metric}: no peer under {self.subject}"

    def judge(self, samples):
        values = samples.ratios(self.metric, self.subject, self.reference)
        if not values:
            return None, None
        ours = stats.summarise(values)
        ratios = [samples.ratios(self.metric, peer, self.reference) for peer in PEERS]
        theirs = [stats.summarise(found) for found in ratios if found]
        if ours.rounds < stats.MIN_ROUNDS or not theirs:
            return ours, stats.UNDECIDED
        return ours, stats.MISSED if any(peer.high < ours.low for peer in theirs) else stats.REACHED


def _echo():
    for workload in WORKLOADS:
        cpu = f"echo/{workload}/cpu"
        yield Ratio(cpu, "strata", FLOOR, 1.03 if workload == "churn" else 1.05)
        yield Unbeaten(cpu, "strata")
    yield Ratio("echo/churn/cpu", "strata_defer", FLOOR, 0.92)
    yield Ratio("echo/churn/cpu", "strata_defer", "floor_defer", 1.05)
    yield Ratio("echo/1x64/p50", "strata_spin", "strata", 0.4)
    yield Ratio("echo/churn/cpu", "strata_spin", "strata", 1.05)
    yield Ratio("echo/100x64/cpu", "strata_spin", "strata", 1.05)


def _timers():
    for size in TIMER_SIZES:
        if size != 10_000:
            yield Ratio(f"timers/{size}/schedule", "strata", "bare_wheel", 2)
            yield Ratio(f"timers/{size}/cancel", "strata", "bare_wheel", 2)
            yield Ratio(f"timers/{size}/refresh", "strata", "lazy_heap", 4 if size == 1_000_000 else 2)
            yield Ratio(f"timers/{size}/expire", "strata", "bare_wheel", 1)
        for op in TIMER_OPS:
            for peer in TIMER_PEERS:
                yield Ratio(f"timers/{size}/{op}", "strata", peer, 1)
                if peer != "libevent_common":
                    yield Ratio(f"timers/{size}/{op}", "strata_callback", peer, 1)


def _rest():
    yield Ratio("post/post1", "strata", "libuv", 1 / 0.95)
    yield Ratio("post/post2", "strata", "libuv", 1 / 1.2)
    yield Ratio("post/wake", "strata", "floor", 1.1)
    for op in ("receive", "now"):
        yield Absolute(f"seam/{op}", "added", 1, least_rounds=stats.MIN_ROUNDS)
    yield Absolute("memory/idle", "strata", 128, least_rounds=3)
    yield Absolute("syscalls/1x64/beyond_wait", "strata", 2, digits=1)
    yield Absolute("syscalls/100x64/beyond_wait", "strata", 2, digits=1)
    yield Absolute("syscalls/churn/beyond_wait", "strata", 6, digits=1)
    yield Same("syscalls/100x64/beyond_wait", FLOOR, 2)
    yield Same("syscalls/churn/beyond_wait", FLOOR, 7)
    yield Same("syscalls/100x64/beyond_wait", "floor_tuned", 2)
    yield Same("syscalls/churn/beyond_wait", "floor_tuned", 6)
    yield Same("syscalls/churn/beyond_wait", "floor_defer", 6)
    yield Same("syscalls/1x64/all", "floor_uring", 2)
    yield Absolute("syscalls/100x64/all", "floor_uring", 0.1)
    for workload in ("1x64", "100x64", "churn"):
        yield Absolute(f"syscalls/{workload}/beyond_wait", "floor_uring", 0, digits=1)
    for load in ("get1", "set1"):
        yield Ratio(f"cache/{load}/cpu", "cache", "memcached", 1)
    yield Ratio("cache/get16/cpu", "cache", "memcached", 0.3)
    yield Ratio("cache/memory/item", "cache", "memcached", 1.1)
    yield Absolute("cache/memory/capped_mib", "cache", 64 * 1.1, least_rounds=3)
    yield Absolute("faults/descriptors/cpu_percent", "strata", 3, least_rounds=5)
    yield Absolute("faults/descriptors/recovery_ms", "strata", 50, least_rounds=5)


def _faults():
    for subject in ("strata", *STRATA_MODELS):
        yield Absolute("faults/drip/p99_ratio", subject, 1.5, least_rounds=stats.MIN_ROUNDS)
        yield Absolute("faults/pipeline/p99_ratio", subject, 2, least_rounds=stats.MIN_ROUNDS)


# What `proactor: auto` is judged by: both engines, so the better one, whichever that is.
AUTO = {"strata_auto": {"io_uring": "strata_proactor", "epoll": "strata"},
        "cache_auto": {"io_uring": "cache_proactor", "epoll": "cache"}}


def auto_ratios(samples):
    """{workload: {engine: median of auto's ratios to it}} of all workloads of `completions` that have both."""
    found = {}
    for auto, engines in AUTO.items():
        for workload in (*WORKLOADS, *(f"cache_{name}" for name in CACHE_LOADS)):
            metric = f"completions/{workload}/cpu"
            ratios = {engine: samples.ratios(metric, auto, name) for engine, name in engines.items()}
            if all(ratios.values()):
                found[workload] = {engine: stats.summarise(values).median for engine, values in ratios.items()}
    return found


def _completions():
    for workload in WORKLOADS:
        cpu = f"completions/{workload}/cpu"
        yield Ratio(cpu, "strata_proactor", "floor_uring", 1.05)
        yield Ratio(cpu, "strata_emulated", "strata", 1.05)
        yield Ratio(cpu, "strata_operations_emulated", "strata_readiness", 1.05)
        yield from (Ratio(cpu, "strata_auto", engine, 1.05) for engine in AUTO["strata_auto"].values())
    for name in CACHE_LOADS:
        cpu = f"completions/cache_{name}/cpu"
        yield Ratio(cpu, "cache_emulated", "cache", 1.05)
        yield from (Ratio(cpu, "cache_auto", engine, 1.05) for engine in AUTO["cache_auto"].values())
    yield Ratio("completions/churn/cpu", "strata_proactor", FLOOR, 0.92)
    yield Ratio("completions/10000x64/cpu", "strata_proactor", FLOOR, 0.95)
    yield Absolute("syscalls/100x64/all", "strata_proactor", 0.1)
    yield Absolute("completions/memory/idle", "strata_proactor", 256, least_rounds=3)


def _models():
    for subject, limit in (("strata_mr1", 1.05), ("strata_wp4", 1.6), ("strata_lf4", 1.35)):
        yield Ratio("models/100x64/cpu", subject, "strata", limit)
    yield Ratio("models/100x64/cpu", "strata_lf4", "ace_tp", 0.5)
    for subject in ("strata_lf4", "strata_wp4"):
        yield Ratio("models/1000x64/cpu", subject, "ace_tp", 0.2)
        yield Absolute("models/block10ms/p99", subject, 2_000, least_rounds=stats.MIN_ROUNDS)
    for subject in ("strata_mr2", "strata_wp2", "strata_wp4"):
        yield Ratio("models/cpu100us/gap", subject, "strata", 1 / 1.7)
    for subject in ("strata", *STRATA_MODELS):
        yield Absolute("models/fairness/p99", subject, 5_000, least_rounds=stats.MIN_ROUNDS)
    for subject in STRATA_MODELS:
        yield Absolute("memory/idle", subject, 144, least_rounds=3)


ALL = [*_echo(), *_timers(), *_rest(), *_models(), *_completions(), *_faults()]


def valid(samples):
    """Whether the machine was fit to judge: libuv's ratio at 100×64. None where that was not measured."""
    values = [value for of in ECHOES for value in samples.ratios(f"{of}/100x64/cpu", "libuv", FLOOR)]
    if not values:
        return None, None
    median = stats.summarise(values).median
    return 0.95 <= median <= 1.12, median
