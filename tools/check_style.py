#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints Strata's own marks and fails when one is broken (docs/STYLE.md). An exception stands in style_exceptions.txt.

usage: tools/check_style.py [ROOT]"""
import ast
import re
import sys
from pathlib import Path
from statistics import median

from check_layers import OS_MACRO
from check_report import Exceptions, finish, root_from
from cpp_source import FOLDERS, Include_Graph, directives, files, functions, is_public

MARKS = ("file-lines", "function-lines", "spdx", "columns", "platform-if")
FILE_MEDIAN, FILE_MOST = 150, 500
FUNCTION_P90, FUNCTION_MOST = 20, 60
CLOSURE_MEDIAN = 10
ROOT_CMAKE_MOST = 80
COLUMNS = 120
SPDX = re.compile(r"^(?://|#) SPDX-License-Identifier: Apache-2\.0$")


def p90(values):
    return sorted(values)[max(0, -(-len(values) * 9 // 10) - 1)] if values else 0


def sources(root):
    """Every source that people write: C++, Python, shell and CMake."""
    found = files(root, (".h", ".cpp", ".py", ".sh", ".cmake", "CMakeLists.txt"), FOLDERS)
    found += [path for path in (root / "CMakeLists.txt", root / ".ci/run") if path.exists()]
    found += [path for path in sorted((root / "tools").glob("*")) if path.is_file() and not path.suffix]
    return [path.relative_to(root) for path in found]


def python_functions(text):
    """(name, line, length) of every function."""
    return [(node.name, node.lineno, node.end_lineno - node.lineno + 1) for node in ast.walk(ast.parse(text))
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]


def all_functions(texts):
    """(path, name, line, length) of every function in C++ and Python."""
    found = []
    for path, text in texts.items():
        if path.suffix in (".h", ".cpp"):
            found += [(path, one.name, one.line, one.lines) for one in functions(text)]
        elif path.suffix == ".py":
            found += [(path, *one) for one in python_functions(text)]
    return found


def first_line(text):
    """The line that the licence belongs to: the first, or the second of a script."""
    lines = text.split("\n", 2)
    return lines[1] if lines[0].startswith("#!") and len(lines) > 1 else lines[0]


def file_problems(path, text, excused):
    found, lines = [], text.splitlines()
    if len(lines) > FILE_MOST and not excused("file-lines", path):
        found.append(f"{path}:{FILE_MOST + 1}: file of {len(lines)} lines; at most {FILE_MOST}")
    if not SPDX.match(first_line(text)) and not excused("spdx", path):
        found.append(f"{path}:1: the first line must be 'SPDX-License-Identifier: Apache-2.0' as a comment")
    if path.suffix == ".h" and "#pragma once" not in lines[1:2] and not excused("spdx", path):
        found.append(f"{path}:2: the second line of a header must be '#pragma once'")
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS and not excused("columns", path):
            found.append(f"{path}:{number}: {len(line)} columns; at most {COLUMNS}")
        if "\t" in line or line != line.rstrip():
            found.append(f"{path}:{number}: a tab, or a blank at the end of the line")
    return found


def function_problems(found, excused):
    return [f"{path}:{line}: function {name} of {length} lines; at most {FUNCTION_MOST}"
            for path, name, line, length in found
            if length > FUNCTION_MOST and not excused("function-lines", f"{path}:{name}")]


def platform_ifs(texts):
    """(path, line) of every #if about an operating system."""
    return [(path, line) for path, text in texts.items() if path.suffix in (".h", ".cpp")
            for line, directive in directives(text)
            if re.match(r"#\s*(?:el)?if", directive) and OS_MACRO.search(directive)]


def conditional_bodies(texts):
    """Each #if inside a function of os_adapter/src: a platform is a file, not a branch."""
    found = []
    for path, text in texts.items():
        if str(path).startswith("os_adapter/src/") and path.suffix in (".h", ".cpp"):
            spans = [(one.line, one.last) for one in functions(text)]
            found += [f"{path}:{line}: #if inside a function: a platform is a file"
                      for line, directive in directives(text)
                      if directive.startswith("#if") and any(first < line < last for first, last in spans)]
    return found


class Marks:
    """The table of figures; a broken one is a problem."""

    def __init__(self):
        self.rows, self.problems = [], []

    def add(self, name, value, most):
        broken = most is not None and value > most
        bound = "" if most is None else f"at most {most}"
        self.rows.append(f"  {name:<42}{value:>8g}   {bound}{'   BROKEN' if broken else ''}")
        if broken:
            self.problems.append(f"mark broken: {name} is {value:g}; at most {most}")


def marks_of(root, texts, lengths, graph):
    marks = Marks()
    cpp = [len(text.splitlines()) for path, text in texts.items() if path.suffix in (".h", ".cpp")]
    closures = [len(graph.closure(path)) for path in graph.paths if is_public(path)]
    marks.add("C++ files", len(cpp), None)
    marks.add("C++ lines", sum(cpp), None)
    marks.add("file lines, median", median(cpp or [0]), FILE_MEDIAN)
    marks.add("file lines, p90", p90(cpp), None)
    marks.add("function lines, median", median(lengths or [0]), None)
    marks.add("function lines, p90", p90(lengths), FUNCTION_P90)
    marks.add("function lines, longest", max(lengths, default=0), None)
    marks.add("headers a public header drags in, median", median(closures or [0]), CLOSURE_MEDIAN)
    marks.add("headers a public header drags in, most", max(closures, default=0), None)
    marks.add("include cycles", len(graph.cycles()), 0)
    marks.add("root CMakeLists lines", len((root / "CMakeLists.txt").read_text().splitlines()), ROOT_CMAKE_MOST)
    return marks


def main():
    root = root_from(sys.argv)
    exceptions, graph = Exceptions(root), Include_Graph(root)
    texts = {path: Path(root, path).read_text(encoding="utf-8") for path in sources(root)}
    found = all_functions(texts)
    marks = marks_of(root, texts, [one[3] for one in found], graph)
    above = [(path, line) for path, line in platform_ifs(texts)
             if not str(path).startswith("os_adapter/src/") and not exceptions.covers("platform-if", path)]
    marks.add("platform #if above os_adapter/src", len(above), 0)

    problems = [problem for path, text in texts.items() for problem in file_problems(path, text, exceptions.covers)]
    problems += function_problems(found, exceptions.covers)
    problems += [f"{path}:{line}: #if about an operating system" for path, line in above]
    problems += conditional_bodies(texts) + marks.problems + exceptions.stale(MARKS)
    print("\n".join(marks.rows))
    finish("style", problems, f"{len(texts)} files, {len(found)} functions")


if __name__ == "__main__":
    main()
