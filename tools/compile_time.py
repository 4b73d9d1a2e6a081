#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What it costs to compile one source, as the build compiles it but without a cache: user + system seconds, best of 5.
Exit 1 over the budget of 1.0 s.

usage: tools/compile_time.py BUILD_FOLDER SOURCE"""
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

ROUNDS, BUDGET = 5, 1.0


def command_of(build, source):
    for entry in json.loads(Path(build, "compile_commands.json").read_text()):
        if Path(entry["file"]).resolve() == Path(source).resolve():
            words = shlex.split(entry["command"])
            if Path(words[0]).name == "ccache":
                words = words[1:]
            words[words.index("-o") + 1] = os.devnull
            return words, entry["directory"]
    raise SystemExit(f"{build} does not compile {source}")


def seconds(words, folder):
    before = os.times()
    subprocess.run(words, cwd=folder, check=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def main():
    words, folder = command_of(sys.argv[1], sys.argv[2])
    times = sorted(seconds(words, folder) for _ in range(ROUNDS))
    print(f"{sys.argv[2]}: best {times[0]:.2f} s, worst {times[-1]:.2f} s, at most {BUDGET:.2f} s")
    sys.exit(times[0] > BUDGET)


if __name__ == "__main__":
    main()
