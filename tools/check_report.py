# SPDX-License-Identifier: Apache-2.0
"""What the checkers share: the list of exceptions, and how they report."""
import sys
from pathlib import Path

LIST = "tools/style_exceptions.txt"


class Exceptions:
    """Lines `mark  place  reason`. A place is a path, a path and a function (path:name), or a folder (ending in /)."""

    def __init__(self, root):
        self._reasons, self._used = {}, set()
        path = Path(root, LIST)
        for number, line in enumerate(path.read_text().splitlines() if path.exists() else [], 1):
            if line.strip() and not line.startswith("#"):
                parts = line.split(None, 2)
                if len(parts) < 3:
                    raise SystemExit(f"{LIST}:{number}: a mark, a place and a reason, please")
                self._reasons[parts[0], parts[1]] = number

    def covers(self, mark, place):
        place = str(place)
        for listed in self._reasons:
            if listed[0] == mark and (listed[1] == place or (listed[1].endswith("/") and place.startswith(listed[1]))):
                self._used.add(listed)
                return True
        return False

    def stale(self, marks):
        """Exceptions to one of `marks` that excuse nothing any more."""
        return [f"{LIST}:{number}: nothing breaks '{mark}' at {place} any more: delete this line"
                for (mark, place), number in self._reasons.items() if mark in marks and (mark, place) not in self._used]


def root_from(arguments):
    return Path(arguments[1] if len(arguments) > 1 else Path(__file__).parent.parent).resolve()


def finish(checker, problems, summary):
    """Prints and ends the program: 0, or 1 with problems."""
    for problem in problems:
        print(problem)
    print(f"{checker}: {len(problems)} problem{'s' * (len(problems) != 1)}; {summary}")
    sys.exit(1 if problems else 0)
