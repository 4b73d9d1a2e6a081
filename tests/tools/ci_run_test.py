# SPDX-License-Identifier: Apache-2.0
"""`.ci/run` must be red as soon as one of its steps is: it runs here in a copy, with programs that only note their call
and fail when told to."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """#!/bin/bash
echo "$(basename "$0") $*" >> "$CALLS"
[ -z "$BREAK" ] || case "$(basename "$0") $*" in *"$BREAK"*) exit 8 ;; esac
"""
STEPS = ("check_layers", "check_style", "check_tests", "--build --preset clang", "ctest --preset clang",
         "--build --preset tsan", "ctest --preset tsan", "--build --preset release", "ctest --preset release")


class Ci_Run_Test(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tree = Path(folder.name)
        for path in (".ci/run", "tools/test", "tools/common.sh"):
            (self.tree / path).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / path, self.tree / path)
        for path in ("bin/cmake", "bin/ctest", "bin/apt-get", "bin/dpkg-query", "bin/sudo", "bin/g++",
                     "tools/check_layers.py", "tools/check_style.py", "tools/check_tests.py"):
            self.program(path)

    def program(self, path):
        (self.tree / path).parent.mkdir(exist_ok=True)
        (self.tree / path).write_text(PROGRAM)
        (self.tree / path).chmod(0o755)

    def run_with(self, broken):
        """The exit code of .ci/run, and which commands it came to."""
        calls = self.tree / "calls"
        calls.write_text("")
        path = f"{self.tree}/bin:{os.environ['PATH']}"
        environment = os.environ | {"PATH": path, "CALLS": str(calls), "BREAK": broken}
        ran = subprocess.run([self.tree / ".ci/run"], env=environment, capture_output=True, check=False)
        return ran.returncode, calls.read_text()

    def test_it_is_green_when_every_step_is(self):
        code, calls = self.run_with("")
        self.assertEqual(code, 0, calls)
        places = [calls.find(step) for step in STEPS]
        self.assertNotIn(-1, places, calls)
        self.assertEqual(places, sorted(places), calls)

    def test_it_is_red_when_any_step_is_and_goes_no_further(self):
        for number, step in enumerate(STEPS):
            code, calls = self.run_with(step)
            self.assertNotEqual(code, 0, step)
            for later in STEPS[number + 1:]:
                self.assertNotIn(later, calls, step)

    def test_it_is_red_when_a_package_cannot_be_installed(self):
        self.assertNotEqual(self.run_with("install")[0], 0)

    def test_ctest_is_red_without_tests(self):
        presets = json.loads((ROOT / "CMakePresets.json").read_text())["testPresets"]
        base = [one for one in presets if one["name"] == "base"][0]
        self.assertEqual(base["execution"]["noTestsAction"], "error")
        self.assertTrue(all(one.get("inherits") == "base" for one in presets if one is not base))


if __name__ == "__main__":
    unittest.main()
