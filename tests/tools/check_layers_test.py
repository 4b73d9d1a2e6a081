# SPDX-License-Identifier: Apache-2.0
import unittest

from seeded_tree import SPDX, Checker_Test

TIMER = "frameworks/timers/include/strata/timers/Timer.h"
HEAD = SPDX + "#pragma once\n\n"


class Check_Layers_Test(Checker_Test):
    checker = "check_layers.py"

    def test_a_clean_tree_passes(self):
        self.expect_green()

    def test_an_upward_include_is_found_with_its_place(self):
        self.write(TIMER, HEAD + "#include <strata/reactor/Reactor.h>\n")
        self.expect_red(f"{TIMER}:4: frameworks/timers includes upward: frameworks/reactor/include/")

    def test_peers_of_one_rank_do_not_see_each_other(self):
        self.write("frameworks/sim/include/strata/sim/Simulator.h", HEAD)
        self.write("frameworks/streams/src/Stream.cpp", SPDX + "#include <strata/sim/Simulator.h>\n")
        self.expect_red("includes sideways")

    def test_services_do_not_see_each_other(self):
        self.write("services/echo/include/strata/echo/Echo.h", HEAD)
        self.write("services/chat/src/Chat.cpp", SPDX + "#include <strata/echo/Echo.h>\n")
        self.expect_red("includes sideways")

    def test_nobody_sees_tests(self):
        self.write("tests/support/include/strata_test/Clock.h", HEAD)
        self.write("tools/stratad/main.cpp", SPDX + "#include <strata_test/Clock.h>\n")
        self.expect_red("tests and examples are seen by nobody")

    def test_a_private_header_of_another_module_is_refused(self):
        self.write("os_adapter/src/Table.h", HEAD)
        self.write("frameworks/timers/src/Wheel.cpp", SPDX + '#include "../../../os_adapter/src/Table.h"\n')
        self.expect_red("private to os_adapter")

    def test_a_cycle_is_told_with_all_its_files(self):
        self.write("frameworks/timers/include/strata/timers/A.h", HEAD + "#include <strata/timers/B.h>\n")
        self.write("frameworks/timers/include/strata/timers/B.h", HEAD + "#include <strata/timers/A.h>\n")
        self.expect_red("include cycle: frameworks/timers/include/strata/timers/A.h > ")

    def test_a_system_header_above_the_adapter_is_refused(self):
        self.write(TIMER, HEAD + "#include <time.h>\n")
        self.expect_red(f"{TIMER}:4: system header <time.h>")

    def test_a_system_header_in_the_adapters_public_headers_is_refused(self):
        self.write("os_adapter/include/strata/os/Socket.h", HEAD + "#  include <sys/socket.h>\n")
        self.expect_red("system header <sys/socket.h>")

    def test_an_os_macro_above_the_adapter_is_refused(self):
        self.write("frameworks/timers/src/Wheel.cpp", SPDX + "#ifdef _WIN32\n#endif\n")
        self.expect_red("frameworks/timers/src/Wheel.cpp:2: OS macro _WIN32")

    def test_what_stands_in_a_comment_does_not_count(self):
        self.write("frameworks/timers/src/Wheel.cpp", SPDX + "// #include <unistd.h>\n/*\n#ifdef __linux__\n*/\n")
        self.expect_green()

    def test_a_foreign_library_below_configurator_is_refused(self):
        self.write("frameworks/reactor/src/Reactor.cpp", SPDX + "#include <Poco/URI.h>\n")
        self.expect_red("below configurator")

    def test_the_rings_library_is_seen_by_the_adapter_for_linux_alone(self):
        self.write("os_adapter/src/linux/Io_Uring.cpp", SPDX + "#include <liburing.h>\n")
        self.write("tools/bench/floor/uring.cpp", SPDX + "#include <liburing.h>\n")
        self.write("tests/support/Old_Ring.cpp", SPDX + "#include <liburing.h>\n")
        self.expect_green()
        self.write("os_adapter/src/posix/Poll.cpp", SPDX + "#include <liburing.h>\n")
        self.expect_red("<liburing.h> outside os_adapter/src/linux/")

    def test_a_foreign_library_in_a_public_header_is_refused(self):
        self.write("frameworks/configurator/include/strata/configurator/Yaml.h", HEAD + "#include <yaml-cpp/yaml.h>\n")
        self.expect_red("in a public header")

    def test_a_module_without_a_rank_is_refused(self):
        self.write("frameworks/novelty/src/New.cpp", SPDX)
        self.expect_red("frameworks/novelty has no rank")

    def test_an_exception_excuses_its_place_only(self):
        self.excuse("system-header tools/bench/ floors speak to the kernel")
        self.write("tools/bench/floor.cpp", SPDX + "#include <unistd.h>\n")
        self.write("tools/stratad/main.cpp", SPDX + "#include <unistd.h>\n")
        self.expect_red("tools/stratad/main.cpp:2")

    def test_an_exception_that_excuses_nothing_is_an_error(self):
        self.excuse("system-header tools/bench/ floors speak to the kernel")
        self.expect_red("tools/style_exceptions.txt:1: nothing breaks 'system-header'")


if __name__ == "__main__":
    unittest.main()
