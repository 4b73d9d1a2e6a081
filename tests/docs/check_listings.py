# SPDX-License-Identifier: Apache-2.0
"""Every listing of C++, YAML or CMake in a document names the file that it comes from (```cpp path/from/root.cpp) and
shows that file as it is: whole, or runs of its lines in their order with a line `…` (or `// …`, `# …`) where some are
left out. A listed source must be one that the build compiles.

usage: check_listings.py ROOT BUILD_FOLDER"""
import json
import re
import sys
from pathlib import Path
from textwrap import dedent

from markdown import blocks, documents

LANGUAGES = ("cpp", "yaml", "cmake")
_GAP = re.compile(r"^[ \t]*(?://|#)?[ \t]*…[ \t]*$", re.MULTILINE)


def normal(lines):
    return dedent("\n".join(line.rstrip() for line in lines)).strip("\n")


def find(piece, lines, start):
    """The line after `piece` in `lines`, from `start` on; None where it does not stand there."""
    size = piece.count("\n") + 1
    for first in range(start, len(lines) - size + 1):
        if normal(lines[first:first + size]) == piece:
            return first + size
    return None


def problem_of(block, root, compiled):
    """What is wrong with a listing, or None."""
    path = root / block.name
    if not block.name:
        return f"a {block.language} listing must name its file: ```{block.language} path"
    if not path.is_file():
        return f"{block.name} does not exist"
    if path.suffix == ".cpp" and path not in compiled:
        return f"{block.name} is not compiled by the build"
    lines, place = path.read_text(encoding="utf-8").splitlines(), 0
    for piece in _GAP.split(block.text):
        piece = normal(piece.splitlines())
        if piece and (place := find(piece, lines, place)) is None:
            return f"{block.name} does not say (any more): {piece.splitlines()[0].strip()} …"
    return None


def main():
    root, build = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    compiled = {Path(one["file"]).resolve() for one in json.loads((build / "compile_commands.json").read_text())}
    count, problems = 0, 0
    for document in documents(root):
        for block in blocks(document.read_text(encoding="utf-8")):
            if block.language in LANGUAGES:
                count += 1
                if problem := problem_of(block, root, compiled):
                    problems += 1
                    print(f"{document.relative_to(root)}:{block.line}: {problem}")
    print(f"listings: {problems} problems in {count}")
    sys.exit(problems > 0 or count == 0)


if __name__ == "__main__":
    main()
