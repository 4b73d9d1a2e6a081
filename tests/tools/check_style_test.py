# SPDX-License-Identifier: Apache-2.0
import unittest

from seeded_tree import SPDX, Checker_Test

WHEEL = "frameworks/timers/src/Wheel.cpp"


def body(lines):
    return "  f();\n" * lines


class Check_Style_Test(Checker_Test):
    checker = "check_style.py"

    def test_a_clean_tree_passes(self):
        self.expect_green()

    def test_a_file_over_500_lines_is_refused(self):
        self.write(WHEEL, SPDX + "int a;\n" * 499)
        self.expect_green()
        self.write(WHEEL, SPDX + "int a;\n" * 500)
        self.expect_red(f"{WHEEL}:501: file of 501 lines")

    def test_a_function_over_60_lines_is_refused(self):
        short = "".join(f"void f{i}() {{}}\n" for i in range(20))
        self.write(WHEEL, SPDX + short + "void Wheel::turn(int n = 3) const noexcept {\n" + body(58) + "}\n")
        self.expect_green()
        self.write(WHEEL, SPDX + short + "void Wheel::turn(int n = 3) const noexcept {\n" + body(59) + "}\n")
        self.expect_red(f"{WHEEL}:22: function Wheel::turn of 61 lines")

    def test_a_constructor_with_braced_members_is_measured_whole(self):
        short = "".join(f"void f{i}() {{}}\n" for i in range(20))
        self.write(WHEEL, SPDX + short + "Wheel::Wheel(int a)\n    : a_{a}, b_{} {\n" + body(70) + "}\n")
        self.expect_red("function Wheel::Wheel of 73 lines")

    def test_braces_in_literals_and_comments_do_not_count(self):
        self.write(WHEEL, SPDX + "void f() {\n  g('{', \"{\", R\"({)\", 1'000);  // {\n}\n" + "int a;\n" * 100)
        self.expect_green()

    def test_a_lambda_in_a_table_is_measured(self):
        short = "".join(f"void f{i}() {{}}\n" for i in range(20))
        self.write(WHEEL, SPDX + short + "const Table table = {.run = [](int n) {\n" + body(70) + "}};\n")
        self.expect_red("function (lambda) of 72 lines")

    def test_long_functions_break_the_mark_of_the_90th_percentile(self):
        self.write(WHEEL, SPDX + ("void f() {\n" + body(20) + "}\n") * 9)
        self.expect_red("function lines, p90 is 22")

    def test_a_long_python_function_is_refused(self):
        short = "".join(f"def f{i}(): pass\n" for i in range(20))
        spdx = "# SPDX-License-Identifier: Apache-2.0\n"
        self.write("tools/long.py", spdx + short + "def g():\n" + "    f0()\n" * 60)
        self.expect_red("tools/long.py:22: function g of 61 lines")

    def test_long_files_break_the_mark_of_the_median(self):
        for path in self.tree.glob("**/*.[hc]*"):
            if path.suffix in (".h", ".cpp"):
                path.write_text(path.read_text() + "int a;\n" * 160)
        self.expect_red("file lines, median is 16")

    def test_a_wide_include_closure_breaks_its_mark(self):
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        for letter in letters:
            includes = "".join(f"#include <strata/timers/{one}.h>\n" for one in letters if one < letter)
            self.write(f"frameworks/timers/include/strata/timers/{letter}.h", SPDX + "#pragma once\n" + includes)
        self.expect_red("drags in, median is")

    def test_an_include_cycle_breaks_its_mark(self):
        for one, other in ("AB", "BA"):
            self.write(f"frameworks/timers/include/strata/timers/{one}.h",
                       SPDX + f"#pragma once\n#include <strata/timers/{other}.h>\n")
        self.expect_red("include cycles is 1")

    def test_a_platform_if_above_the_adapter_is_refused(self):
        self.write(WHEEL, SPDX + "#if defined(__linux__)\n#endif\n")
        code, said = self.check()
        self.assertEqual(code, 1)
        self.assertIn(f"{WHEEL}:2: #if about an operating system", said)

    def test_an_if_inside_a_function_of_the_adapter_is_refused(self):
        self.write("os_adapter/src/linux/Epoll.cpp", SPDX + "int f() {\n#ifdef EPOLLRDHUP\n  return 1;\n#endif\n}\n")
        self.expect_red("os_adapter/src/linux/Epoll.cpp:3: #if inside a function")

    def test_a_root_cmakelists_over_80_lines_is_refused(self):
        self.write("CMakeLists.txt", "# SPDX-License-Identifier: Apache-2.0\n" * 81)
        self.expect_red("root CMakeLists lines is 81")

    def test_a_file_without_its_licence_line_is_refused(self):
        self.write(WHEEL, "int a;\n")
        self.expect_red(f"{WHEEL}:1: the first line must be")

    def test_a_header_without_pragma_once_is_refused(self):
        self.replace("frameworks/reactor/include/strata/reactor/Reactor.h", "#pragma once\n", "")
        self.expect_red("Reactor.h:2: the second line of a header must be")

    def test_a_line_over_120_columns_is_refused(self):
        self.write(WHEEL, SPDX + f"// {'x' * 117}\n")
        self.expect_green()
        self.write(WHEEL, SPDX + f"// {'x' * 118}\n")
        self.expect_red(f"{WHEEL}:2: 121 columns")

    def test_a_tab_is_refused(self):
        self.write(WHEEL, SPDX + "\tint a;\n")
        self.expect_red(f"{WHEEL}:2: a tab")


if __name__ == "__main__":
    unittest.main()
