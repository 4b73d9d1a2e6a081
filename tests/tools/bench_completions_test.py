# SPDX-License-Identifier: Apache-2.0
import contextlib
import io
import pathlib
import stat
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools/bench"))

from strata_bench import cache, claims, cli, completions, report, servers  # noqa: E402
from strata_bench.groups import Fleet, Program_Group  # noqa: E402
from strata_bench.load import WORKLOADS  # noqa: E402


class Binaries(unittest.TestCase):
    """A folder where programs are as good as built."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.binaries = pathlib.Path(folder.name)

    def program(self, name, text=""):
        path = self.binaries / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)


class Menu_Test(Binaries):
    def groups(self, names):
        return {group.name: group for group in completions.groups(names, self.binaries, Fleet(self.binaries))}

    def test_each_workload_each_load_of_the_cache_and_idle_memory_have_a_group(self):
        wanted = [*WORKLOADS, *(f"cache_{name}" for name in cache.LOADS), "memory"]
        self.assertEqual([f"completions/{name}" for name in wanted], list(self.groups(servers.ALL)))

    def test_an_echo_is_compared_on_each_engine_with_floors_peers_and_readiness(self):
        self.assertEqual({"floor_epoll", "floor_uring", "libuv", "asio", "strata", "strata_proactor", "strata_emulated",
                          "strata_auto", "strata_operations", "strata_operations_emulated", "strata_readiness"},
                         set(self.groups(servers.ALL)["completions/churn"].subjects))

    def test_only_servers_that_are_present_take_part(self):
        subjects = self.groups(["floor_epoll", "strata", "strata_wp4"])["completions/100x64"].subjects
        self.assertEqual(["floor_epoll", "strata"], subjects)

    def test_a_cache_that_is_not_built_is_left_out(self):
        self.assertEqual([], self.groups(servers.ALL)["completions/cache_get1"].subjects)
        for name in ("cache_load", "stratad"):
            self.program(name)
        subjects = self.groups(servers.ALL)["completions/cache_get1"].subjects
        self.assertEqual(["cache", "cache_proactor", "cache_emulated", "cache_auto"],
                         [name for name in subjects if name != "memcached"])

    def test_auto_names_no_demultiplexer(self):
        for definition in (servers.ALL["strata_auto"], cache._definitions(64)["cache_auto"]):
            text = servers.configuration(definition)
            self.assertIn("proactor: auto", text)
            self.assertNotIn("demultiplexer", text)

    def test_files_are_read_by_both_engines(self):
        for name in ("files_strata", "files_pool"):
            self.program(name)
        group = Program_Group("files", cli.PROGRAMS["files"], [], self.binaries)
        self.assertEqual(["files_strata io_uring", "files_strata emulated", "files_pool"], group.subjects)

    def test_a_program_is_told_its_own_words_before_those_of_all(self):
        self.program("counter", """echo '{"peer":"'$1'","op":"'$2'/cpu","n":1,"ns":5.50}'""")
        group = Program_Group("files", ("counter ring",), ["read"], self.binaries)
        self.assertEqual([("files/read/cpu", "ring", 5.5)], list(group.measure("counter ring")))


class Auto_Test(unittest.TestCase):
    def setUp(self):
        self.samples = claims.Samples()

    def add(self, workload, **values):
        for subject, rounds in values.items():
            for number, value in enumerate(rounds):
                self.samples.add(number, f"completions/{workload}/cpu", subject, value)

    def test_each_workload_has_the_median_of_autos_ratios_to_each_engine(self):
        self.add("churn", strata_auto=[10, 20, 30], strata_proactor=[5, 20, 60], strata=[10, 10, 30])
        self.assertEqual({"churn": {"io_uring": 1, "epoll": 1}}, claims.auto_ratios(self.samples))

    def test_what_was_not_measured_on_both_engines_is_left_out(self):
        self.add("churn", strata_auto=[10], strata_proactor=[5])
        self.assertEqual({}, claims.auto_ratios(self.samples))

    def test_a_run_tells_the_worst_ratio_to_the_better_engine(self):
        self.add("churn", strata_auto=[10], strata_proactor=[8], strata=[10])
        self.add("100x64", strata_auto=[10], strata_proactor=[20], strata=[9])
        self.add("cache_get1", cache_auto=[10], cache_proactor=[10], cache=[11])
        told = io.StringIO()
        with contextlib.redirect_stdout(told):
            report._auto_table(claims.auto_ratios(self.samples))
        self.assertIn("| churn | 1.250 | 1.000 | io_uring |", told.getvalue())
        self.assertIn("| 100x64 | 0.500 | 1.111 | epoll |", told.getvalue())
        self.assertIn("| cache_get1 | 1.000 | 0.909 | io_uring |", told.getvalue())
        self.assertIn("auto at its worst: 1.250 × the better engine, in churn", told.getvalue())

    def test_auto_is_claimed_to_be_near_both_engines_in_every_workload(self):
        claimed = {(claim.metric, claim.reference) for claim in claims.ALL
                   if claim.subject in claims.AUTO and claim.limit == 1.05}
        for workload in WORKLOADS:
            for engine in ("strata_proactor", "strata"):
                self.assertIn((f"completions/{workload}/cpu", engine), claimed)
        for name in cache.LOADS:
            for engine in ("cache_proactor", "cache"):
                self.assertIn((f"completions/cache_{name}/cpu", engine), claimed)

    def test_claims_about_completions_name_servers_that_exist(self):
        known = {*servers.ALL, *cache.ENGINES}
        for claim in claims.ALL:
            if claim.metric.startswith("completions/"):
                self.assertIn(claim.subject, known)
                self.assertIn(claim.reference, {None, *known})


if __name__ == "__main__":
    unittest.main()
