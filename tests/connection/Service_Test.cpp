// SPDX-License-Identifier: Apache-2.0
#include <strata/connection/Service.h>

#include <strata/metrics/Metric_Registry.h>

#include "Connection_Rig.h"

namespace {

using namespace strata_test;
using strata::Bytes;
using Rig = Connection_Rig;

class Service_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Service_Test);
  CPPUNIT_TEST(it_knows_its_name_options_and_home);
  CPPUNIT_TEST(it_counts_connections_and_bytes);
  CPPUNIT_TEST(its_metrics_are_listed_under_its_name_while_it_lives);
  CPPUNIT_TEST(two_services_of_one_name_cannot_both_be_listed);
  CPPUNIT_TEST(drain_asks_every_connection);
  CPPUNIT_TEST(drain_spares_other_services);
  CPPUNIT_TEST(drain_in_a_hook_lets_that_hook_answer);
  CPPUNIT_TEST(close_all_closes_each_with_the_reason);
  CPPUNIT_TEST(the_last_release_is_told);
  CPPUNIT_TEST(connections_to_be_destroyed_still_count);
  CPPUNIT_TEST_SUITE_END();

 public:
  void it_knows_its_name_options_and_home() {
    Rig_Options options;
    options.stream.high_water = 77;
    on_each_backend(options, [](Rig& rig) {
      const auto& host = *rig.connect().host;
      CPPUNIT_ASSERT_EQUAL(std::string{"test"}, host.service().name());
      CPPUNIT_ASSERT_EQUAL(std::size_t{77}, host.service().stream().high_water);
      CPPUNIT_ASSERT(&host.home() == rig.reactor.get());
      CPPUNIT_ASSERT(&rig.stage->home() == rig.reactor.get());
    });
  }

  void it_counts_connections_and_bytes() {
    on_each_backend([](Rig& rig) {
      rig.stage->on_data = [](Host& h, Bytes) { return h.put("four"); };
      auto& client = rig.connect();
      rig.connect();
      client.send("seven!!");
      rig.expect_reply(client, "four");
      client.close();
      rig.expect_closed(errc::end_of_stream);
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.stage->connections());
      const strata::Service_Metrics& metrics = rig.stage->metrics();
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, metrics.accepted.value());
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, metrics.closed.value());
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{7}, metrics.bytes_in.value());
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{4}, metrics.bytes_out.value());
    });
  }

  void its_metrics_are_listed_under_its_name_while_it_lives() {
    on_each_backend([](Rig& rig) {
      strata::Metric_Registry registry;
      {
        strata::Service service{"web", *rig.reactor};
        CPPUNIT_ASSERT(service.publish(registry).has_value());
        service.metrics().pauses.add(3);
        const auto listed = registry.snapshot();
        CPPUNIT_ASSERT_EQUAL(std::size_t{13}, listed.size());
        CPPUNIT_ASSERT_EQUAL(std::string{"strata_service_accept_pauses_total"}, listed[1].metric.name);
        CPPUNIT_ASSERT(listed[1].metric.labels == strata::Metric_Labels({{"service", "web"}}));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{3}, listed[1].value);
      }
      CPPUNIT_ASSERT(registry.snapshot().empty());
    });
  }

  void two_services_of_one_name_cannot_both_be_listed() {
    on_each_backend([](Rig& rig) {
      strata::Metric_Registry registry;
      strata::Service first{"web", *rig.reactor}, second{"web", *rig.reactor};
      CPPUNIT_ASSERT(first.publish(registry).has_value());
      CPPUNIT_ASSERT(second.publish(registry).error().code == std::errc::file_exists);
      CPPUNIT_ASSERT_EQUAL(std::size_t{13}, registry.snapshot().size());
    });
  }

  void drain_asks_every_connection() {
    on_each_backend([](Rig& rig) {
      int asked = 0;
      rig.stage->on_drain = [&](Host&) { return ++asked, Result<>{}; };
      for (int i = 0; i < 10; ++i) rig.connect();
      rig.stage->drain();
      CPPUNIT_ASSERT_EQUAL(10, asked);
    });
  }

  void drain_spares_other_services() {
    on_each_backend([](Rig& rig) {
      rig.connect();
      strata::Service other{"other", *rig.reactor};
      other.drain();
      other.close_all(errc::stopping);
      rig.expect_open();
      CPPUNIT_ASSERT_EQUAL(std::string{"o"}, rig.stage->diary);
    });
  }

  void drain_in_a_hook_lets_that_hook_answer() {
    on_each_backend([](Rig& rig) {
      rig.stage->on_data = [&](Host& h, Bytes) {
        Rig::expect_ok(h.put("before "));
        rig.stage->drain();
        return h.put("after");
      };
      auto &asking = rig.connect(), &idle = rig.connect();
      asking.send("stop");
      rig.expect_end(asking);
      rig.expect_end(idle);
      CPPUNIT_ASSERT_EQUAL(std::string{"before after"}, asking.got);
    });
  }

  void close_all_closes_each_with_the_reason() {
    on_each_backend([](Rig& rig) {
      for (int i = 0; i < 10; ++i) rig.connect();
      rig.stage->close_all(errc::shed);
      rig.expect_closed(errc::shed, 10);
    });
  }

  void the_last_release_is_told() {
    on_each_backend([](Rig& rig) {
      std::size_t left = 99;
      rig.stage->when_released([&] { left = rig.stage->connections(); });
      rig.connect();
      rig.connect();
      rig.stage->close_all(errc::stopping);
      CPPUNIT_ASSERT_EQUAL(std::size_t{99}, left);
      rig.turn();
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, left);
      rig.stage->when_released({});
    });
  }

  void connections_to_be_destroyed_still_count() {
    on_each_backend([](Rig& rig) {
      rig.connect();
      rig.stage->close_all(errc::stopping);
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.stage->connections());
      rig.turn();
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.stage->connections());
    });
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Service_Test);

}  // namespace
