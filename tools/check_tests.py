#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Finds the tests that CppUnit and CMake would silently forget: methods not registered, fixtures not registered, files
not listed in strata_test(), types without a test file of their name; and tests that sleep.

usage: tools/check_tests.py [ROOT]"""
import re
import sys
from pathlib import Path

from check_layers import module_of
from check_report import Exceptions, finish, root_from
from cpp_source import files, functions, is_public, without_comments

MARKS = ("untested", "sleep")
_CLASS = re.compile(r"\b(?:class|struct)\s+(\w+)[^;{}()]*\{")
_METHOD = re.compile(r"\bvoid\s+(\w+)\s*\(\s*(?:void)?\s*\)\s*(?:\{|;)")
_REGISTERED = re.compile(r"\bCPPUNIT_TEST(?:_EXCEPTION|_FAIL|_PARAMETERIZED)?\s*\(\s*(\w+)")
_SUITE = re.compile(r"\bCPPUNIT_TEST_(?:SUB_)?SUITE\s*\(\s*(\w+)")
_REGISTRATION = re.compile(r"\bCPPUNIT_TEST_SUITE_(?:NAMED_)?REGISTRATION\s*\(\s*([\w:<>]+)")
_SLEEP = re.compile(r"\b(?:sleep_for|sleep_until|usleep|nanosleep|sleep)\s*\(")
_LISTED = re.compile(r"\bstrata_test\s*\(([^)]*)\)")


def body_of(code, opening):
    depth = 0
    for match in re.finditer(r"[{}]", code[opening:]):
        depth += 1 if match[0] == "{" else -1
        if depth == 0:
            return code[opening:opening + match.start() + 1]
    return code[opening:]


def line_of(code, place):
    return code.count("\n", 0, place) + 1


def suites(code):
    """(name, place, body) of each class that has a CPPUNIT_TEST_SUITE of its own."""
    for match in _CLASS.finditer(code):
        body = body_of(code, match.end() - 1)
        inner = _CLASS.search(body)
        suite = _SUITE.search(body)
        if suite and not (inner and inner.start() < suite.start() and match[1] != suite[1]):
            yield match[1], match.start(), match.end() - 1, body


def is_used(method, code):
    """Called, or its address taken, somewhere in the file."""
    mentions = len(re.findall(rf"\b{method}\s*\(|&\s*\w+::{method}\b", code))
    return mentions > len(re.findall(rf"\bvoid\s+(?:\w+::)?{method}\s*\(", code))


def method_problems(path, code):
    """A `void method()` of a fixture that nobody calls is a test: it must be registered, and once."""
    found = []
    for name, _, start, body in suites(code):
        registered = _REGISTERED.findall(body)
        for method in _METHOD.finditer(body):
            if method[1] not in registered + ["setUp", "tearDown"] and not is_used(method[1], code):
                found.append(f"{path}:{line_of(code, start + method.start())}: {name}::{method[1]} is not registered")
        defined = {method[1] for method in _METHOD.finditer(body)}
        for test in sorted(set(registered)):
            if registered.count(test) > 1:
                found.append(f"{path}:{line_of(code, start)}: {name}::{test} is registered twice")
            if test not in defined:
                found.append(f"{path}:{line_of(code, start)}: {name}::{test} is registered but not there")
        if not registered and "CPPUNIT_TEST_SUITE_ADD" not in body and "CPPUNIT_TEST_SUB_SUITE" not in body:
            found.append(f"{path}:{line_of(code, start)}: {name} registers no test")
    return found


def fixture_problems(path, code):
    """A *_Test.cpp holds a fixture of its own name, registered under it."""
    if not path.name.endswith("_Test.cpp"):
        return []
    if path.stem not in re.findall(r"\b(?:class|struct)\s+(\w+)", code):
        return [f"{path}:1: no fixture {path.stem} in it"]
    if not any(path.stem in one for one in _REGISTRATION.findall(code)) and f'"{path.stem}"' not in code:
        return [f"{path}:1: {path.stem} is not registered: CPPUNIT_TEST_SUITE_REGISTRATION({path.stem});"]
    return []


def listing_problems(root, path):
    """Every *_Test.cpp stands in a strata_test() of its folder."""
    if not path.name.endswith("_Test.cpp"):
        return []
    listed = ""
    for lists in sorted((root / path).parent.glob("CMakeLists.txt")):
        text = re.sub(r"#[^\n]*", "", lists.read_text())
        listed += " ".join(_LISTED.findall(text))
    if path.name not in listed.replace("\n", " ").split():
        return [f"{path}:1: not in a strata_test() of {path.parent}/CMakeLists.txt: it never runs"]
    return []


def sleep_problems(path, code, excused):
    return [f"{path}:{line_of(code, match.start())}: a test must not sleep: {match[0]}…)"
            for match in _SLEEP.finditer(code) if not excused("sleep", path)]


def has_behaviour(root, path):
    """A public header whose functions stand in a source of the same name, or that has more than one-liners itself."""
    module = root / module_of(path)
    if any(module.glob(f"src/**/{path.stem}.cpp")):
        return True
    return any(one.lines > 4 for one in functions((root / path).read_text(encoding="utf-8")))


def untested(root, excused):
    """Each type with behaviour has a test file of its name below tests/: X_Test.cpp or X_Something_Test.cpp, or
    X_Suite.h for the fixtures of all that implement X. X_Base is the part of the template X that is none, and is tested
    as X."""
    tested = [path.name for path in files(root, ("_Test.cpp", "_Suite.h"), ("tests",))]
    found = []
    for path in files(root, (".h",), ("os_adapter", "wrappers", "frameworks", "services")):
        path = path.relative_to(root)
        name = path.stem.removesuffix("_Base")
        if is_public(path) and has_behaviour(root, path) and not any(one.startswith(name + "_") for one in tested):
            if not excused("untested", path):
                found.append(f"{path}:1: no {name}_Test.cpp below tests/")
    return found


def main():
    root = root_from(sys.argv)
    exceptions, problems, tests = Exceptions(root), [], 0
    for path in (one.relative_to(root) for one in files(root, folders=("tests",))):
        code = without_comments(Path(root, path).read_text(encoding="utf-8"))
        problems += method_problems(path, code) + fixture_problems(path, code) + listing_problems(root, path)
        problems += sleep_problems(path, code, exceptions.covers)
        tests += len(_REGISTERED.findall(code))
    problems += untested(root, exceptions.covers) + exceptions.stale(MARKS)
    if tests == 0:
        problems.append("tests: there are none")
    finish("tests", problems, f"{tests} tests registered")


if __name__ == "__main__":
    main()
