# SPDX-License-Identifier: Apache-2.0
"""A small tree that all checkers like, in which a test then breaks one rule."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOOLS = Path(__file__).resolve().parents[2] / "tools"
SPDX = "// SPDX-License-Identifier: Apache-2.0\n"
CMAKE = "# SPDX-License-Identifier: Apache-2.0\n"

HEADER = SPDX + """#pragma once

namespace strata {
class Reactor {
 public:
  int run();
};
}  // namespace strata
"""
FIXTURE = SPDX + """#include <cppunit/extensions/HelperMacros.h>

#include <strata/reactor/Reactor.h>

class Reactor_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Reactor_Test);
  CPPUNIT_TEST(it_runs);
  CPPUNIT_TEST_SUITE_END();

  void expect_idle() { CPPUNIT_ASSERT(true); }

 public:
  void it_runs() { expect_idle(); }
};
CPPUNIT_TEST_SUITE_REGISTRATION(Reactor_Test);
"""
CLEAN = {
    "CMakeLists.txt": CMAKE,
    "os_adapter/include/strata/os/Result.h": SPDX + "#pragma once\n\n#include <expected>\n",
    "os_adapter/src/linux/Epoll.cpp": SPDX + "#include <sys/epoll.h>\n\n#if defined(__linux__)\nint epoll();\n#endif\n",
    "frameworks/timers/include/strata/timers/Timer.h": SPDX + "#pragma once\n\n#include <strata/os/Result.h>\n",
    "frameworks/reactor/include/strata/reactor/Reactor.h": HEADER,
    "frameworks/reactor/src/Reactor.cpp": SPDX + "#include <strata/reactor/Reactor.h>\n\nint run() { return 1'000; }\n",
    "frameworks/configurator/src/Yaml.cpp": SPDX + "#include <yaml-cpp/yaml.h>\n",
    "tests/reactor/CMakeLists.txt": CMAKE + "strata_test(reactor SOURCES Reactor_Test.cpp)\n",
    "tests/reactor/Reactor_Test.cpp": FIXTURE,
    "tools/style_exceptions.txt": "# none\n",
}


class Checker_Test(unittest.TestCase):
    """A fixture for one checker: `tree`, `write`, `expect_red`, `expect_green`."""
    checker = ""

    def setUp(self):
        self._folder = tempfile.TemporaryDirectory()
        self.addCleanup(self._folder.cleanup)
        self.tree = Path(self._folder.name)
        for path, text in CLEAN.items():
            self.write(path, text)

    def write(self, path, text):
        (self.tree / path).parent.mkdir(parents=True, exist_ok=True)
        (self.tree / path).write_text(text)

    def replace(self, path, old, new):
        text = (self.tree / path).read_text()
        self.assertIn(old, text)
        self.write(path, text.replace(old, new))

    def excuse(self, line):
        self.write("tools/style_exceptions.txt", line + "\n")

    def check(self):
        words = [sys.executable, "-B", TOOLS / self.checker, self.tree]
        ran = subprocess.run(words, capture_output=True, text=True, check=False)
        return ran.returncode, ran.stdout + ran.stderr

    def expect_green(self):
        code, said = self.check()
        self.assertEqual(code, 0, said)

    def expect_red(self, message):
        """Exit 1, and exactly one problem, which says `message`."""
        code, said = self.check()
        self.assertEqual(code, 1, said)
        self.assertIn(message, said)
        self.assertIn(": 1 problem;", said)
