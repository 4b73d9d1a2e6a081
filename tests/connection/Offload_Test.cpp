// SPDX-License-Identifier: Apache-2.0
#include <strata/connection/Offload.h>

#include <atomic>
#include <latch>
#include <memory>
#include <stdexcept>
#include <string>

#include <cppunit/TestFixture.h>
#include <strata/concurrency/Reactor_Pool.h>
#include <strata/concurrency/Thread_Pool.h>
#include <strata/os/Thread.h>

#include "Connection_Rig.h"
#include "Model_Rig.h"

namespace {

using namespace strata_test;

/// Counts down when it is destroyed.
struct Mark {
  explicit Mark(std::atomic<int>& of) : count(&of) { ++*count; }
  Mark(Mark&& other) noexcept : count(std::exchange(other.count, nullptr)) {}
  ~Mark() {
    if (count != nullptr) --*count;
  }
  std::atomic<int>* count;
};

/// Holds up workers until it is told, or gone with a test that failed.
class Go {
 public:
  ~Go() { count_down(); }
  void wait() const {
    const auto mine = latch_;
    mine->wait();
  }
  void count_down() {
    if (!std::exchange(told_, true)) latch_->count_down();
  }

 private:
  std::shared_ptr<std::latch> latch_ = std::make_shared<std::latch>(1);
  bool told_ = false;
};

class Offload_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Offload_Test);
  CPPUNIT_TEST(what_work_returns_comes_home_as_a_hook);
  CPPUNIT_TEST(input_waits_so_that_replies_keep_their_order);
  CPPUNIT_TEST(of_several_each_then_waits_for_those_before);
  CPPUNIT_TEST(work_may_return_nothing_and_then_an_error);
  CPPUNIT_TEST(an_exception_of_work_closes_at_home);
  CPPUNIT_TEST(then_is_dropped_when_the_connection_has_closed);
  CPPUNIT_TEST(the_object_lives_until_its_work_has_returned);
  CPPUNIT_TEST(a_drain_waits_for_the_reply);
  CPPUNIT_TEST(the_idle_timeout_does_not_count_work);
  CPPUNIT_TEST(workers_with_too_much_to_do_refuse);
  CPPUNIT_TEST(work_that_ends_between_two_runs_comes_home);
  CPPUNIT_TEST(a_closed_connection_refuses);
  CPPUNIT_TEST(a_reactor_that_ends_frees_what_comes_back_late);
  CPPUNIT_TEST(under_load_every_request_is_answered_once_in_order);
  CPPUNIT_TEST_SUITE_END();

  /// On every engine, with the work done by itself and, where there are threads, by workers.
  template <class Test>
  static void each_way(Test test, const Rig_Options& options = {}) {
    on_each_backend(options, [&](Connection_Rig& rig) { test(rig); });
    with_workers([&](Connection_Rig& rig, strata::Thread_Pool&) { test(rig); }, options);
  }
  template <class Test>
  static void with_workers(Test test, const Rig_Options& options = {}, std::size_t capacity = 1024) {
    for (const std::string_view engine : service_engines()) {
      auto around = [&](Connection_Rig& rig) {
        auto pool = std::move(*strata::Thread_Pool::open({.threads = 2, .capacity = capacity}));
        CPPUNIT_ASSERT(pool->start().has_value());
        rig.stage->set_workers(pool.get());
        test(rig, *pool);
        rig.acceptor.reset();
        pool->stop();
      };
      on_backend(engine, options, around);
    }
  }

  /// A client whose request waits for `go`, to be answered with "reply".
  static Connection_Rig::Client& asked(Connection_Rig& rig, const Go& go) {
    rig.stage->on_data = [&go](Host& host, strata::Bytes) {
      return host.offload([&go] { go.wait(); }, [&host] { return host.put("reply"); });
    };
    auto& client = rig.connect();
    client.send("x");
    rig.until([&] { return client.host->offloads(); });
    return client;
  }

 public:
  void what_work_returns_comes_home_as_a_hook() {
    each_way([](Connection_Rig& rig) {
      rig.stage->on_data = [](Host& host, strata::Bytes bytes) {
        return host.offload([text = std::string{strata::as_text(bytes)}] { return text + "!"; },
                            [&host](const std::string& reply) {
                              CPPUNIT_ASSERT(host.home().at_home(host.ref()));
                              return host.put(reply);
                            });
      };
      auto& client = rig.connect();
      client.send("hello");
      rig.expect_reply(client, "hello!");
      CPPUNIT_ASSERT(!client.host->offloads());
      client.send("again");
      rig.expect_reply(client, "hello!again!");
    });
  }

  void input_waits_so_that_replies_keep_their_order() {
    with_workers([](Connection_Rig& rig, strata::Thread_Pool&) {
      Go go;
      rig.stage->on_data = [&](Host& host, strata::Bytes bytes) -> Result<> {
        if (strata::as_text(bytes) != "1") return host.put(bytes);
        return host.offload([&go] { go.wait(); }, [&host] { return host.put("1"); });
      };
      auto& client = rig.connect();
      client.send("1");
      rig.until([&] { return client.host->offloads(); });
      client.send("2");
      client.finish();
      rig.settle();
      CPPUNIT_ASSERT_EQUAL(std::string{"1"}, rig.stage->received);
      CPPUNIT_ASSERT(!client.host->takes_data());
      go.count_down();
      rig.expect_reply(client, "12");
      rig.expect_end(client);
    });
  }

  void of_several_each_then_waits_for_those_before() {
    with_workers([](Connection_Rig& rig, strata::Thread_Pool&) {
      std::latch second_worked{1};
      rig.stage->on_data = [&](Host& host, strata::Bytes) -> Result<> {
        (void)host.offload([&] { second_worked.wait(); }, [&host] { return host.put("1"); });
        return host.offload([&] { second_worked.count_down(); }, [&host] { return host.put("2"); });
      };
      auto& client = rig.connect();
      client.send("x");
      rig.expect_reply(client, "12");
    });
  }

  void work_may_return_nothing_and_then_an_error() {
    each_way([](Connection_Rig& rig) {
      rig.stage->on_data = [](Host& host, strata::Bytes) {
        return host.offload([] {}, []() -> Result<> { return strata::fail(std::errc::protocol_error); });
      };
      rig.connect().send("x");
      rig.expect_closed(std::errc::protocol_error);
    });
  }

  void an_exception_of_work_closes_at_home() {
    each_way([](Connection_Rig& rig) {
      rig.stage->on_data = [](Host& host, strata::Bytes) {
        return host.offload([]() -> int { throw std::runtime_error{"no"}; }, [](int) {});
      };
      rig.connect().send("x");
      rig.expect_closed(std::errc::state_not_recoverable);
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, rig.reactor->metrics().exceptions.value());
    });
  }

  void then_is_dropped_when_the_connection_has_closed() {
    with_workers([](Connection_Rig& rig, strata::Thread_Pool& pool) {
      Go go;
      std::atomic<int> alive{0};
      bool called = false;
      rig.stage->on_data = [&](Host& host, strata::Bytes) {
        return host.offload([&, mark = Mark{alive}] { go.wait(); }, [&, mark = Mark{alive}] { called = true; });
      };
      auto& client = rig.connect();
      client.send("x");
      rig.until([&] { return pool.running() == 1; });
      client.host->close(errc::canceled);
      rig.expect_closed(errc::canceled);
      go.count_down();
      rig.until([&] { return rig.stage->connections() == 0; });
      CPPUNIT_ASSERT(!called);
      CPPUNIT_ASSERT_EQUAL(0, alive.load());
    });
  }

  void the_object_lives_until_its_work_has_returned() {
    with_workers([](Connection_Rig& rig, strata::Thread_Pool&) {
      Go go;
      std::atomic<bool> begun{false};
      std::atomic<std::size_t> seen{0};
      rig.stage->on_data = [&](Host& host, strata::Bytes) {
        return host.offload([&] {
          begun = true;
          go.wait();
          seen = host.to_text().size() + 1;  // its memory is good, though it has closed
        }, [] {});
      };
      auto& client = rig.connect();
      client.send("x");
      rig.until([&] { return begun.load(); });
      client.host->close();
      rig.expect_end(client);  // the peer need not wait
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.stage->connections());
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.stage->reasons.size());
      go.count_down();
      rig.until([&] { return rig.stage->connections() == 0; });
      CPPUNIT_ASSERT(seen != 0);
    });
  }

  void a_drain_waits_for_the_reply() {
    with_workers([](Connection_Rig& rig, strata::Thread_Pool&) {
      Go go;
      auto& client = asked(rig, go);
      rig.stage->drain();
      rig.expect_open();
      go.count_down();
      rig.expect_reply(client, "reply");
      rig.expect_end(client);
    });
  }

  void the_idle_timeout_does_not_count_work() {
    Rig_Options options;
    options.stream.idle_timeout = 1s;
    with_workers([](Connection_Rig& rig, strata::Thread_Pool&) {
      Go go;
      auto& client = asked(rig, go);
      rig.run_for(5s);
      rig.expect_open();
      go.count_down();
      rig.expect_reply(client, "reply");
      rig.run_for(3s);
      rig.expect_closed(errc::idle_timeout);
    }, options);
  }

  void workers_with_too_much_to_do_refuse() {
    with_workers([](Connection_Rig& rig, strata::Thread_Pool& pool) {
      Go go;
      for (unsigned i = 0; i < pool.threads(); ++i) CPPUNIT_ASSERT(pool.post([&] { go.wait(); }).has_value());
      rig.until([&] { return pool.running() == pool.threads(); });
      CPPUNIT_ASSERT(pool.post([] {}).has_value() && pool.post([] {}).has_value());
      rig.stage->on_data = [&](Host& host, strata::Bytes) {
        Connection_Rig::expect_error(std::errc::no_buffer_space, host.offload([] {}, [] {}));
        CPPUNIT_ASSERT(!host.offloads() && host.takes_data());
        return host.put("busy");
      };
      auto& client = rig.connect();
      client.send("x");
      rig.expect_reply(client, "busy");
      go.count_down();
      rig.until([&] { return pool.running() == 0; });  // they look at `go` until then
    }, {}, 2);
  }

  /// A reactor may be stopped and run again (Reactor::run).
  void work_that_ends_between_two_runs_comes_home() {
    with_workers([](Connection_Rig& rig, strata::Thread_Pool& pool) {
      Go go;
      auto& client = asked(rig, go);
      rig.reactor->stop();
      CPPUNIT_ASSERT(rig.reactor->run().has_value());
      go.count_down();
      while (pool.running() != 0) std::this_thread::yield();
      rig.expect_reply(client, "reply");
    });
  }

  void a_closed_connection_refuses() {
    on_each_backend([](Connection_Rig& rig) {
      rig.stage->on_data = [](Host& host, strata::Bytes) {
        host.close(errc::canceled);
        Connection_Rig::expect_error(std::errc::broken_pipe, host.offload([] {}, [] {}));
        return Result<>{};
      };
      rig.connect().send("x");
      rig.expect_closed(errc::canceled);
    });
  }

  void a_reactor_that_ends_frees_what_comes_back_late() {
    with_workers([](Connection_Rig& rig, strata::Thread_Pool& pool) {
      Go go;
      rig.stage->on_data = [&](Host& host, strata::Bytes) {
        return host.offload([&] { go.wait(); }, [] { CPPUNIT_FAIL("it has closed"); });
      };
      auto& client = rig.connect();
      client.send("x");
      rig.until([&] { return pool.running() == 1; });
      client.host->close();
      rig.settle();
      rig.acceptor.reset();
      go.count_down();
      pool.stop();
      rig.reactor.reset();
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.stage->connections());
    });
  }

  void under_load_every_request_is_answered_once_in_order() {
    for (const auto dispatch : {strata::Dispatch::single, strata::Dispatch::worker_pool,
                                strata::Dispatch::leader_followers}) {
      load("auto", dispatch);
      if (io_uring_allowed()) load("completions", dispatch);
    }
  }

 private:
  static void load(std::string_view engine, strata::Dispatch dispatch);
};

/// One byte a request, upper case the reply; each of them by the workers.
class Upper final : public strata::Svc_Handler {
  Result<> handle_data(Bytes bytes) override {
    const char c = static_cast<char>(bytes[0]);
    if (bytes.size() > 1) (void)unread(bytes.subspan(1));
    return offload([c] { return static_cast<char>(c - 'a' + 'A'); },
                   [this](char reply) { return put(std::string_view{&reply, 1}); });
  }
};

/// Several reactors, several workers, clients that hang up in the middle.
void Offload_Test::load(std::string_view engine, strata::Dispatch dispatch) {
  const Service_Model model{"several reactors", 2, dispatch, 2};
  const Descriptor_Guard guard;
  {
    Model_Rig rig{model, engine};
    strata::Service service{"upper", *rig.main, {}, nullptr, strata::Budget::unlimited, rig.serving()};
    service.set_workers(rig.add_workers(3, 100'000));
    const auto address = rig.listen<Upper>(service);
    rig.start();
    const auto requests = static_cast<std::size_t>(strata_test::count(1'000'000));
    std::vector<Peer> peers;
    for (int i = 0; i < 8; ++i) peers.push_back(Peer::connect(address));
    std::string sent, wanted;
    for (std::size_t i = 0; i < requests; ++i) {
      sent += static_cast<char>('a' + i % 26);
      wanted += static_cast<char>('A' + i % 26);
    }
    for (std::size_t i = 0; i < peers.size(); ++i) {
      peers[i].push(sent);
      if (i % 4 == 3) peers[i].reset();
    }
    for (std::size_t i = 0; i < peers.size(); ++i) {
      if (i % 4 == 3) continue;
      while (peers[i].got.size() < wanted.size() && !peers[i].ended && !peers[i].error) {
        peers[i].read();
        std::this_thread::yield();
      }
      CPPUNIT_ASSERT(peers[i].got == wanted);
    }
    peers.clear();
    while (service.connections() != 0) std::this_thread::yield();
    CPPUNIT_ASSERT(rig.end(service));
  }
  guard.check();
}

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Offload_Test);
