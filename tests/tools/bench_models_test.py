# SPDX-License-Identifier: Apache-2.0
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools/bench"))

from strata_bench import claims, models, servers  # noqa: E402

LOG = """bench ready: echo tcp://127.0.0.1:7007
2026-01-01 00:00:00.000 INFO  [daemon] a service name=echo state=running failures=0 error=""
2026-01-01 00:00:00.000 INFO  [daemon] a reactor index=0 turns=7 accepted=0 open=0
2026-01-01 00:00:00.000 INFO  [daemon] a reactor index=1 turns=7 accepted=3 open=1
2026-01-01 00:00:00.000 INFO  [daemon] a reactor index=2 turns=9 accepted=5 open=1
"""


class Bench_Models_Test(unittest.TestCase):
    def test_connections_are_read_for_each_reactor_by_name(self):
        self.assertEqual({1: 3, 2: 5}, models.connections_by_reactor(LOG))

    def test_the_last_line_of_a_reactor_counts(self):
        self.assertEqual({1: 8, 2: 5}, models.connections_by_reactor(LOG + "[daemon] a reactor accepted=8 index=1\n"))

    def test_the_only_reactor_has_them_itself(self):
        self.assertEqual({0: 2}, models.connections_by_reactor("[daemon] a reactor index=0 accepted=2\n"))

    def test_a_log_without_reactors_has_no_connections(self):
        self.assertEqual({}, models.connections_by_reactor(LOG.replace("reactor", "loop")))

    def test_skew_is_nothing_when_all_have_as_many_and_two_when_one_of_two_has_all(self):
        self.assertEqual(0, models.skew([1000, 1000]))
        self.assertEqual(2, models.skew([2000, 0]))

    def test_a_model_and_its_keys_stand_under_concurrency(self):
        text = servers.configuration(servers.ALL["strata_mr2w4"])
        self.assertIn("concurrency: { model: multi-reactor, reactors: 2, workers: 4 }", text)

    def test_a_daemon_of_one_thread_does_not_speak_of_concurrency(self):
        self.assertNotIn("concurrency", servers.configuration(servers.ALL["strata"]))

    def test_the_working_daemon_has_the_same_model_and_the_plugin(self):
        working = models._working(servers.ALL["strata_wp4"], pathlib.Path("/bin"), (0, 1))
        text = servers.configuration(working)
        self.assertIn("workers: 4", text)
        self.assertIn('kind: work, listen: "tcp://127.0.0.1:0"', text)
        self.assertIn("libwork.so", text)

    def test_claims_about_models_name_servers_that_exist(self):
        for claim in claims.ALL:
            if claim.metric.startswith("models/"):
                self.assertIn(claim.subject, servers.ALL)
                self.assertIn(claim.reference, (None, *servers.ALL))


if __name__ == "__main__":
    unittest.main()
