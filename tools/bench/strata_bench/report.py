# SPDX-License-Identifier: Apache-2.0
"""The figures as Markdown tables, and as JSON with every sample."""
import dataclasses
import json
import os
import platform
import time

from . import claims, stats


def _table(title, header, rows):
    if not rows:
        return
    print(f"\n### {title}\n\n| {' | '.join(header)} |\n|{'---|' * len(header)}")
    for row in rows:
        print(f"| {' | '.join(row)} |")


def _number(value):
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _subjects(samples, metrics):
    found = {}
    for metric in metrics:
        found.update(dict.fromkeys(samples.values.get(metric, {})))
    return sorted(found, key=lambda name: (not name.startswith("floor"), not name.startswith("strata"), name))


def _grid(samples, title, columns, cell):
    """columns: metric by heading. One row a subject."""
    columns = {heading: metric for heading, metric in columns.items() if metric in samples.values}
    rows = [[subject, *(cell(metric, subject) if samples.of(metric, subject) else "–" for metric in columns.values())]
            for subject in _subjects(samples, columns.values())]
    _table(title, ["", *columns], rows)


def _median(samples, scale=1.0):
    return lambda metric, subject: _number(stats.summarise(list(samples.of(metric, subject).values())).median / scale)


def _cpu_cell(samples):
    def cell(metric, subject):
        least = min(samples.of(metric, subject).values()) / 1000
        ratios = samples.ratios(metric, subject, claims.FLOOR)
        return f"{_number(least)} ({stats.summarise(ratios).median:.2f})" if ratios else _number(least)
    return cell


def _ending(samples, prefix, suffix=""):
    """Columns: what stands between prefix and suffix in the metrics' names."""
    return {metric[len(prefix):len(metric) - len(suffix)]: metric for metric in samples.values
            if metric.startswith(prefix) and metric.endswith(suffix) and "/call/" not in metric}


def _echo_tables(samples, group, name):
    def columns(figure):
        return {workload: f"{group}/{workload}/{figure}" for workload in claims.WORKLOADS}
    title = f"{name}: server CPU, least µs a message (median ratio to {claims.FLOOR} of the same round)"
    _grid(samples, title, columns("cpu"), _cpu_cell(samples))
    _grid(samples, f"{name}: thousand messages a second, median", columns("throughput"), _median(samples, 1000))
    _grid(samples, f"{name}: p50 µs, median", columns("p50"), _median(samples))
    _grid(samples, f"{name}: p99 µs, median", columns("p99"), _median(samples))


def _completion_tables(samples):
    _echo_tables(samples, "completions", "Completions")
    _grid(samples, "Completions: cache, CPU ns a command, median", _ending(samples, "completions/cache_", "/cpu"),
          _median(samples))
    _grid(samples, "Completions: RSS bytes for an idle connection; KiB that all share, once each buffer was filled",
          _ending(samples, "completions/memory/"), _median(samples))
    _auto_table(claims.auto_ratios(samples))


def _auto_table(ratios):
    """How far `auto` is from the better engine: the one that it has the greater ratio to."""
    if not ratios:
        return
    worst = {workload: max(of.values()) for workload, of in ratios.items()}
    rows = [[workload, *(f"{ratio:.3f}" for ratio in of.values()), max(of, key=of.get)]
            for workload, of in ratios.items()]
    _table("Auto: its CPU to that of each engine, median of the ratios", ["", *next(iter(ratios.values())), "better"],
           rows)
    workload = max(worst, key=worst.get)
    print(f"\nauto at its worst: {worst[workload]:.3f} × the better engine, in {workload}")


def _model_tables(samples):
    title = f"Models: server CPU on one core, least µs a message (median ratio to {claims.FLOOR} of the same round)"
    _grid(samples, title, _ending(samples, "models/", "/cpu"), _cpu_cell(samples))
    _grid(samples, "Models: thousand messages a second, median; cpu100us on both cores",
          _ending(samples, "models/", "/throughput"), _median(samples, 1000))
    _grid(samples, "Models: p50 µs, median", _ending(samples, "models/", "/p50"), _median(samples))
    _grid(samples, "Models: p99 µs, median", _ending(samples, "models/", "/p99"), _median(samples))
    _grid(samples, "Models: messages of the flood, thousands a second, median", _ending(samples, "models/", "/flood"),
          _median(samples, 1000))
    _grid(samples, "Models: (most - least) / mean of connections by reactor, median",
          _ending(samples, "models/", "/skew"), _median(samples))


def _claims_table(samples):
    rows, counts = [], {}
    for claim in claims.ALL:
        summary, verdict = claim.judge(samples)
        if summary is None:
            continue
        counts[verdict] = counts.get(verdict, 0) + 1
        interval = f"{_number(summary.low)} – {_number(summary.high)}"
        extent = f"{_number(summary.min)} – {_number(summary.max)}"
        rows.append([claim.text(), _number(summary.median), interval, _number(summary.mad), extent, str(summary.rounds),
                     f"**{verdict}**"])
    _table("Claims", ["claim", "median", "95 % interval", "MAD", "min – max", "rounds", "verdict"], rows)
    if counts:
        print("\n" + ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items())))


def _validity(samples):
    good, ratio = claims.valid(samples)
    if good is None:
        return "libuv at 100x64 was not measured: nothing here can be judged for the record"
    state = "counts" if good else "does NOT count"
    return f"libuv at 100x64 is {ratio:.3f} × {claims.FLOOR} (must lie in 0.95–1.12): this run {state}"


def print_markdown(run):
    samples = run.samples
    _echo_tables(samples, "echo", "Echo")
    _completion_tables(samples)
    _model_tables(samples)
    _grid(samples, "Instructions a message, user", _ending(samples, "instructions/", "/message"), _median(samples))
    _grid(samples, "System calls a message", _ending(samples, "syscalls/"), _median(samples))
    _grid(samples, "Memory: RSS bytes for an idle connection", _ending(samples, "memory/"), _median(samples))
    _grid(samples, "Cache: CPU ns a command, median", _ending(samples, "cache/", "/cpu"), _median(samples))
    _grid(samples, "Cache: bytes an item adds, MiB under a cap of 64, median", _ending(samples, "cache/memory/"),
          _median(samples))
    for size in claims.TIMER_SIZES:
        columns = _ending(samples, f"timers/{size}/")
        _grid(samples, f"Timers: {size:,}, ns an operation, median", columns, _median(samples))
    _grid(samples, "Posts: ns each, median", _ending(samples, "post/"), _median(samples))
    _grid(samples, "Files: CPU ns an operation, median", _ending(samples, "files/", "/cpu"), _median(samples))
    _grid(samples, "Files: thousand operations a second, median", _ending(samples, "files/", "/throughput"),
          _median(samples, 1000))
    _grid(samples, "The seam: ns a call, median", _ending(samples, "seam/"), _median(samples))
    _grid(samples, "Faults", _ending(samples, "faults/"), _median(samples))
    _claims_table(samples)
    if any(metric.split("/")[0] in claims.ECHOES for metric in samples.values):
        print("\n" + _validity(samples))
    for failure, times in run.failures.items():
        print(f"\nfailed {times} ×: {failure}")


def write_json(run, path):
    judged = []
    for claim in claims.ALL:
        summary, verdict = claim.judge(run.samples)
        if summary is not None:
            judged.append({"claim": claim.text(), "limit": getattr(claim, "limit", None), "verdict": verdict,
                           **dataclasses.asdict(summary)})
    values = {metric: {subject: list(rounds.values()) for subject, rounds in subjects.items()}
              for metric, subjects in run.samples.values.items()}
    good, ratio = claims.valid(run.samples)
    path.write_text(json.dumps({"time": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "machine": platform.platform(),
                                "cores": os.cpu_count(), "counts": good, "libuv_ratio": ratio, "claims": judged,
                                "failures": run.failures, "samples": values}, indent=1) + "\n")
