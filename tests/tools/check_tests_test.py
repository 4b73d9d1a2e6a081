# SPDX-License-Identifier: Apache-2.0
import unittest

from seeded_tree import CLEAN, SPDX, Checker_Test

TEST = "tests/reactor/Reactor_Test.cpp"


class Check_Tests_Test(Checker_Test):
    checker = "check_tests.py"

    def test_a_clean_tree_passes(self):
        self.expect_green()

    def test_a_method_that_is_not_registered_is_found(self):
        self.replace(TEST, " public:\n", " public:\n  void it_stops() { expect_idle(); }\n")
        self.expect_red(f"{TEST}:14: Reactor_Test::it_stops is not registered")

    def test_a_private_method_that_nobody_calls_is_found(self):
        self.replace(TEST, "  void expect_idle()", "  void it_stops() { expect_idle(); }\n  void expect_idle()")
        self.expect_red("Reactor_Test::it_stops is not registered")

    def test_a_registration_in_a_comment_is_none(self):
        self.replace(TEST, "  CPPUNIT_TEST(it_runs);", "  CPPUNIT_TEST(it_stops);\n  // CPPUNIT_TEST(it_runs);")
        self.replace(TEST, " public:\n", " public:\n  void it_stops() { expect_idle(); }\n")
        self.expect_red("Reactor_Test::it_runs is not registered")

    def test_a_registration_without_its_method_is_found(self):
        self.replace(TEST, "  CPPUNIT_TEST(it_runs);", "  CPPUNIT_TEST(it_runs);\n  CPPUNIT_TEST(it_stops);")
        self.expect_red("it_stops is registered but not there")

    def test_a_test_registered_twice_is_found(self):
        self.replace(TEST, "  CPPUNIT_TEST(it_runs);", "  CPPUNIT_TEST(it_runs);\n  CPPUNIT_TEST(it_runs);")
        self.expect_red("it_runs is registered twice")

    def test_a_fixture_that_is_not_registered_is_found(self):
        self.replace(TEST, "CPPUNIT_TEST_SUITE_REGISTRATION(Reactor_Test);", "")
        self.expect_red(f"{TEST}:1: Reactor_Test is not registered")

    def test_a_fixture_of_another_name_than_its_file_is_found(self):
        self.replace(TEST, "Reactor_Test", "Loop_Test")
        self.expect_red(f"{TEST}:1: no fixture Reactor_Test in it")

    def test_a_file_that_cmake_does_not_list_is_found(self):
        self.replace("tests/reactor/CMakeLists.txt", "Reactor_Test.cpp", "\n  # Reactor_Test.cpp\n  Other_Test.cpp")
        self.expect_red(f"{TEST}:1: not in a strata_test()")

    def test_a_type_without_its_test_is_found(self):
        self.write("frameworks/timers/src/Timer.cpp", SPDX)
        self.expect_red("frameworks/timers/include/strata/timers/Timer.h:1: no Timer_Test.cpp below tests/")

    def test_an_untested_type_can_be_excused_with_a_reason(self):
        self.write("frameworks/timers/src/Timer.cpp", SPDX)
        self.excuse("untested frameworks/timers/include/strata/timers/Timer.h covered by Reactor_Test")
        self.expect_green()

    def test_a_sleeping_test_is_refused(self):
        self.replace(TEST, "CPPUNIT_ASSERT(true)", "std::this_thread::sleep_for(10ms)")
        self.expect_red(f"{TEST}:11: a test must not sleep")

    def test_a_tree_without_tests_is_refused(self):
        (self.tree / TEST).unlink()
        (self.tree / "frameworks/reactor/src/Reactor.cpp").unlink()
        self.expect_red("tests: there are none")

    def test_a_suite_without_a_test_is_refused(self):
        self.write(TEST, CLEAN[TEST])
        self.write("tests/reactor/Empty.h", "class Empty : public CppUnit::TestFixture {\n"
                   "  CPPUNIT_TEST_SUITE(Empty);\n  CPPUNIT_TEST_SUITE_END();\n};\n")
        self.expect_red("Empty registers no test")


if __name__ == "__main__":
    unittest.main()
