#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails on an upward, sideways or cyclic include, on an OS macro or a system header outside os_adapter/src, and on a
foreign library in a public header or below configurator. docs/ARCHITECTURE.md says the same in words.

usage: tools/check_layers.py [ROOT]"""
import re
import sys

from check_report import Exceptions, finish, root_from
from cpp_source import Include_Graph, directives, includes, is_public

MARKS = ("system-header", "os-macro", "foreign")
# Rank of each module; a module includes itself and lower ranks. Modules of one rank do not see each other.
RANKS = {"os_adapter": 0, "wrappers": 1}
for rank, names in enumerate(("logging", "metrics", "timers", "reactor", "concurrency", "connection",
                              "proactor streams sim", "logging/sinks", "configurator", "daemon"), 2):
    RANKS |= {f"frameworks/{name}": rank for name in names.split()}
FOREIGN_FROM = RANKS["frameworks/logging/sinks"]
SERVICES, TOOLS, OUTSIDE = 20, 21, 30  # tests and examples may see everything

OS_MACRO = re.compile(r"\b(?:__linux(?:__)?|__gnu_linux__|__unix(?:__)?|__APPLE__|__MACH__|__(?:Free|Net|Open)BSD__"
                      r"|__DragonFly__|__sun|_AIX|__ANDROID__|__CYGWIN__|__MINGW(?:32|64)__|_?WIN(?:32|64)|_MSC_VER)\b")
FOREIGN = re.compile(r"^(?:Poco|yaml-cpp|CLI|nlohmann|valijson|fmt|cppunit|openssl|boost|liburing)(?:/|\.h)")
# The ring's library is a part of the kernel's face, and seen there alone; a floor is written against the kernel itself,
# and what stands in for an older kernel is a part of it.
RINGS_FROM = ("os_adapter/src/linux/", "tools/bench/floor/", "tests/support/Old_Ring.cpp")
STD = frozenset("""algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv chrono
cinttypes climits clocale cmath codecvt compare complex concepts condition_variable coroutine csetjmp csignal cstdarg
cstddef cstdint cstdio cstdlib cstring ctime cuchar cwchar cwctype deque exception execution expected filesystem
flat_map flat_set format forward_list fstream functional future generator initializer_list iomanip ios iosfwd iostream
istream iterator latch limits list locale map mdspan memory memory_resource mutex new numbers numeric optional ostream
print queue random ranges ratio regex scoped_allocator semaphore set shared_mutex source_location span spanstream
sstream stack stacktrace stdexcept stdfloat stop_token streambuf string string_view strstream syncstream
system_error thread tuple type_traits typeindex typeinfo unordered_map unordered_set utility valarray variant vector
version""".split())


def module_of(path):
    """The folder that is one target: os_adapter, frameworks/reactor, services/echo, …"""
    parts = path.parts
    if "/".join(parts[:3]) in RANKS:
        return "/".join(parts[:3])
    return "/".join(parts[:2]) if parts[0] in ("frameworks", "services", "tools") else parts[0]


def rank_of(module):
    return RANKS.get(module, {"services": SERVICES, "tools": TOOLS}.get(module.split("/")[0], OUTSIDE))


def kind_of(name):
    """std, strata, foreign, or system: whatever else stands in angle brackets."""
    if name in STD:
        return "std"
    if name.startswith(("strata/", "strata_test/")):
        return "strata"
    return "foreign" if FOREIGN.match(name) else "system"


def layer_problem(path, target):
    mine, theirs = module_of(path), module_of(target)
    if mine == theirs or rank_of(mine) == OUTSIDE:
        return None
    if rank_of(theirs) == OUTSIDE:
        return f"{mine} includes {target}: tests and examples are seen by nobody"
    if rank_of(theirs) > rank_of(mine):
        return f"{mine} includes upward: {target}"
    if rank_of(theirs) == rank_of(mine):
        return f"{mine} includes sideways: {target}"
    if not is_public(target):
        return f"{mine} includes {target}, which is private to {theirs}"
    return None


def include_problem(path, name, excused):
    """What is wrong with an include of something that is not the project's."""
    kind = kind_of(name)
    if kind == "strata":
        return f"<{name}> is no header of the project"
    if kind == "system" and not str(path).startswith("os_adapter/src/") and not excused("system-header", path):
        return f"system header <{name}> outside os_adapter/src"
    if name.startswith("liburing"):
        return None if str(path).startswith(RINGS_FROM) else f"<{name}> outside {RINGS_FROM[0]}"
    if kind == "foreign" and rank_of(module_of(path)) != OUTSIDE:
        if is_public(path):
            return f"<{name}> in a public header: users would need that library too"
        if rank_of(module_of(path)) < FOREIGN_FROM and not excused("foreign", path):
            return f"<{name}> below configurator: the standard library and the kernel only"
    return None


def problems_of(graph, path, excused):
    found = []
    if path.parts[0] == "frameworks" and module_of(path) not in RANKS:
        found.append(f"{path}:1: {module_of(path)} has no rank in tools/check_layers.py")
    for one in includes(graph.texts[path]):
        target = graph.resolve(path, one)
        if target:
            problem = layer_problem(path, target)
        else:
            problem = f'"{one.name}" is not found' if one.quoted else include_problem(path, one.name, excused)
        if problem:
            found.append(f"{path}:{one.line}: {problem}")
    if not str(path).startswith("os_adapter/src/"):
        for line, text in directives(graph.texts[path]):
            if (macro := OS_MACRO.search(text)) and not excused("os-macro", path):
                found.append(f"{path}:{line}: OS macro {macro[0]} outside os_adapter/src: {text}")
    return found


def main():
    root = root_from(sys.argv)
    graph, exceptions = Include_Graph(root), Exceptions(root)
    problems = [problem for path in graph.paths for problem in problems_of(graph, path, exceptions.covers)]
    problems += [f"{cycle[0]}:1: include cycle: {' > '.join(map(str, cycle + cycle[:1]))}" for cycle in graph.cycles()]
    edges = sum(map(len, graph.edges.values()))
    finish("layers", problems + exceptions.stale(MARKS), f"{len(graph.paths)} files, {edges} includes of our own")


if __name__ == "__main__":
    main()
