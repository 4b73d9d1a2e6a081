# SPDX-License-Identifier: Apache-2.0
"""What the checkers know of C++: which files there are, their includes, and where their functions begin and end."""
import os
import re
from bisect import bisect_right
from pathlib import Path
from typing import NamedTuple

FOLDERS = ("os_adapter", "wrappers", "frameworks", "services", "tools", "tests", "docs/examples")
CPP = (".h", ".cpp")

# Longest first: an identifier or a number is taken whole, so that the ' in 1'000 opens no character.
_TOKEN = re.compile(
    r"""(?P<comment>//(?:\\\n|[^\n])*|/\*.*?\*/)
      |(?P<string>(?:u8|[uUL])?R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)"
        |(?:u8|[uUL])?"(?:\\.|[^"\\\n])*"|(?:u8|[uUL])?'(?:\\.|[^'\\\n])+')
      |\.?\d(?:[eEpP][+-]|'\w|[\w.])*|\w+""",
    re.DOTALL | re.VERBOSE)
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)
_DIRECTIVE = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.MULTILINE)


class Include(NamedTuple):
    line: int
    name: str
    quoted: bool


class Function(NamedTuple):
    name: str
    line: int
    last: int

    @property
    def lines(self):
        return self.last - self.line + 1


def _blank(text):
    return re.sub(r"[^\n]", " ", text)


def without_comments(text, strings=True):
    """The same text, places unchanged, with comments blank; without `strings` literals are blank too."""
    def replace(match):
        if match["comment"] or (match["string"] and not strings):
            return _blank(match[0])
        return match[0]
    return _TOKEN.sub(replace, text)


def files(root, endings=CPP, folders=FOLDERS):
    """Every file below `folders` with one of `endings` (or, without a dot, of that name), in a fixed order."""
    found = []
    for folder in folders:
        for place, below, names in os.walk(Path(root, folder)):
            below[:] = sorted(name for name in below if name != "__pycache__" and not name.startswith("."))
            found += [Path(place, name) for name in sorted(names) if name.endswith(endings) or name in endings]
    return found


def is_public(path):
    return path.suffix == ".h" and "include" in path.parts and "tests" not in path.parts


def includes(text):
    code = without_comments(text)
    return [Include(code.count("\n", 0, m.start()) + 1, m[2], m[1] == '"') for m in _INCLUDE.finditer(code)]


def directives(text):
    """(line, text) of each preprocessor line."""
    code = without_comments(text)
    return [(code.count("\n", 0, m.start()) + 1, m[0].strip()) for m in _DIRECTIVE.finditer(code)]


class Include_Graph:
    """Who includes whom among the project's own files. Paths are relative to the root."""

    def __init__(self, root):
        self.root = Path(root)
        self.paths = [path.relative_to(root) for path in files(root)]
        self._known = set(self.paths)
        self._public = {"/".join(path.parts[path.parts.index("include") + 1:]): path
                        for path in self.paths if "include" in path.parts}
        self.texts = {path: (self.root / path).read_text(encoding="utf-8") for path in self.paths}
        self.edges = {path: [(one.line, self.resolve(path, one)) for one in includes(self.texts[path])
                             if self.resolve(path, one)] for path in self.paths}

    def resolve(self, includer, include):
        """The project's file that `include` names, or None: <…> from an include root; "…" from beside the file, or from
        a folder above it or its src."""
        if not include.quoted:
            return self._public.get(include.name)
        for folder in includer.parents:
            for candidate in (folder / include.name, folder / "src" / include.name):
                candidate = Path(os.path.normpath(candidate))
                if candidate in self._known:
                    return candidate
        return None

    def closure(self, path):
        """All project headers that `path` drags in, itself apart."""
        seen, todo = set(), [path]
        while todo:
            for _, target in self.edges[todo.pop()]:
                if target not in seen:
                    seen.add(target)
                    todo.append(target)
        return seen - {path}

    def cycles(self):
        """Each cycle once, as the list of its files."""
        found, done = [], set()

        def visit(path, trail):
            if path in trail:
                found.append(trail[trail.index(path):])
            elif path not in done:
                for _, target in self.edges[path]:
                    visit(target, trail + [path])
                done.add(path)
        for path in self.paths:
            visit(path, [])
        return found


_TEMPLATE = re.compile(r"\btemplate\s*<")
_SCOPE = re.compile(r"^(?:(?:inline|typedef|static|const|constexpr)\s+)*(?:namespace|class|struct|union|extern)\b")
_NAME = re.compile(r"(operator\s*(?:\(\)|[^\s(]+|\w+)|[\w:~]+)\s*\($")
_LAMBDA = re.compile(r"\]\s*(?:<[^;{}]*>\s*)?(?:\([^;{}]*\)[^;{}=]*)?$")


def _close(code, start, pair="{}"):
    """The place of the bracket that closes the one at `start`; the end of the text where none does."""
    depth = 0
    for match in re.compile("[%s]" % re.escape(pair)).finditer(code, start):
        depth += 1 if match[0] == pair[0] else -1
        if depth == 0:
            return match.start()
    return len(code) - 1


def _plain(head):
    """The head of a declaration without template<…>, attributes and what stands in brackets: f() const."""
    while match := _TEMPLATE.search(head):
        head = head[:match.start()] + head[_close(head, match.end() - 1, "<>") + 1:]
    head = re.sub(r"\[\[.*?\]\]|\balignas\s*\([^)]*\)", " ", head, flags=re.DOTALL)
    flat, depth = "", 0
    for char in head:
        depth -= char in ")]"
        flat += char if depth == 0 else ""
        depth += char in "(["
    return flat.strip()


def _kind(head):
    """What the brace after `head` opens: a scope, a function, or a list of values (also that of a member, a_{1})."""
    plain = _plain(head)
    operatorless = re.sub(r"\boperator\s*(?:\(\)|[^\s\w(]+)", "operator_", plain)
    if _SCOPE.match(plain) and "(" not in plain:
        return "scope"
    if plain.startswith("enum") or "=" in operatorless or "(" not in operatorless:
        return "lambda" if _LAMBDA.search(head) else "values"
    after = operatorless[operatorless.index("("):]
    if re.search(r"(?<!:):(?!:)", after) and re.search(r"[\w>]$", after):
        return "member"
    return "function"


def _label(head):
    plain = _plain(head)
    match = _NAME.search(plain[:plain.index("(") + 1]) if "(" in plain else None
    return match[1] if match else "(lambda)"


def functions(text):
    """Every function with a body, lambdas outside of functions too; what stands in a function belongs to it."""
    code = _DIRECTIVE.sub(lambda m: _blank(m[0]), without_comments(text, strings=False))
    starts = [0] + [m.end() for m in re.finditer("\n", code)]
    found, head, place = [], 0, 0
    brackets = re.compile(r"[{};]|\b(?:public|protected|private)\s*:")
    while match := brackets.search(code, place):
        place = match.end()
        if match[0] != "{":
            head = place
            continue
        kind = _kind(code[head:match.start()])
        if kind in ("function", "lambda"):
            declaration = code[head:match.start()]
            begin = match.start() - len(declaration.lstrip())
            end = _close(code, match.start())
            found.append(Function(_label(declaration), bisect_right(starts, begin), bisect_right(starts, end)))
            head = place = end + 1
        elif kind == "member":
            place = _close(code, match.start()) + 1
        else:
            head = place
    return found
