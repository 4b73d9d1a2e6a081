// SPDX-License-Identifier: Apache-2.0
// Faults of operations where several threads run a reactor's upcalls, on both engines (faults.md, rows 18, 20, 23).
#include <strata/proactor/Service_Handler.h>

#include <atomic>
#include <deque>
#include <thread>

#include <strata/os/Shared_Memory.h>
#include <strata_test/Jumping_Clock.h>
#include <strata_test/Scale.h>

#include "Service_Pool_Rig.h"
#include "Stops.h"

namespace {

using namespace strata_test;
using strata::Completed;

/// Reads each byte of its file by an operation of its own, all at once; the last of its kind stops the reactor.
class Flood final : public strata::Service_Handler {
 public:
  static constexpr std::size_t bytes = 10'000;  ///< more than a queue of completions holds
  explicit Flood(std::atomic<int>& left) : left_(left) {}
  Result<> open() override {
    for (std::size_t i = 0; i < bytes; ++i) {
      const Result<> begun = read_at(*Message_Block::make(1), i, {.parallel = true});
      if (!begun) return begun;
    }
    return {};
  }
  Result<> handle_read(Completed got) override {
    came_ += got.size;
    if (came_ == bytes && --left_ == 0) home().stop();
    return {};
  }

 private:
  std::atomic<int>& left_;
  std::size_t came_ = 0;  // plain: hooks that overlapped would be a race for TSan
};

/// Has four reads under way; when all have ended, by bytes or as another thread or itself has canceled them, it begins
/// anew, so many times.
class Storm final : public strata::Service_Handler {
 public:
  Storm(Stops& stops, std::uint64_t rounds, std::atomic<int>& left) : stops_(stops), rounds_(rounds), left_(left) {}
  Result<> open() override { return begin(); }
  Result<> handle_read(Completed) override { return next(); }
  Result<> handle_failure(Completed failed) override {
    return failed.error == errc::canceled ? next() : strata::fail(failed.error);
  }

 private:
  Result<> next() {
    if (outstanding() != 0) return {};
    if (--rounds_ != 0) return begin();
    if (--left_ == 0) home().stop();
    return {};
  }
  Result<> begin() {
    for (int i = 0; i < 4; ++i) {
      const Result<> begun = read(1, {.stop = stops_.token()});
      if (!begun) return begun;
    }
    if (rounds_ % 3 == 0) cancel_all();
    return {};
  }

  Stops& stops_;
  std::uint64_t rounds_;
  std::atomic<int>& left_;
};

/// Reads with a deadline of an hour, and has a timer an hour, again and again.
class Patient final : public strata::Service_Handler {
 public:
  Patient(std::atomic<int>& late, std::atomic<int>& fired) : late_(late), fired_(fired) {}
  Result<> open() override {
    const Result<> reads = read(100, {.deadline = 1h});
    return reads ? wait(1h) : reads;
  }
  Result<> handle_failure(Completed failed) override {
    late_ += failed.error == std::errc::timed_out ? 1 : 0;
    return {};
  }
  Result<> handle_done(Completed) override {
    ++fired_;
    return wait(1h);
  }

 private:
  std::atomic<int>& late_;
  std::atomic<int>& fired_;
};

class Service_Pool_Fault_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Service_Pool_Fault_Test);
  CPPUNIT_TEST(fault_18_a_stopped_reactor_refuses);
  CPPUNIT_TEST(fault_20_more_complete_at_once_than_a_queue_holds);
  CPPUNIT_TEST(fault_20_a_storm_of_cancels_completes_all);
  CPPUNIT_TEST(fault_23_a_deadline_does_not_move_with_the_wall_clock);
  CPPUNIT_TEST_SUITE_END();

 public:
  void fault_18_a_stopped_reactor_refuses() {
    on_each_pool([](Reactor& reactor, Proactor& proactor) {
      Stops stops;
      std::atomic<int> left{1}, ran{0};
      const os::Unique_Handle peer = adopt(proactor, std::make_unique<Storm>(stops, 1'000'000'000, left));
      int accepted = 0;
      std::thread other{[&] {
        for (int i = 0; i < 100; ++i) accepted += reactor.post([&] { ++ran; }) ? 1 : 0;
        reactor.stop();
      }};
      CPPUNIT_ASSERT(reactor.run().has_value());
      other.join();
      CPPUNIT_ASSERT_EQUAL(accepted, ran.load());
      CPPUNIT_ASSERT(reactor.post([] {}).error() == errc::stopping);
      reactor.end(errc::stopping);
      stops.stop();  // what it would cancel has ended
      auto pair = os::socket_pair();
      const auto refused = proactor.adopt(std::make_unique<Echo>(), std::move(pair->first));
      CPPUNIT_ASSERT(!refused && refused.error() == errc::stopping);
      CPPUNIT_ASSERT_EQUAL(proactor.started(), proactor.completed());
    });
  }

  void fault_20_more_complete_at_once_than_a_queue_holds() {
    on_each_pool([](Reactor& reactor, Proactor& proactor) {
      std::atomic<int> left{3};
      for (int i = 0; i < 3; ++i) {
        auto file = os::make_shared_memory();
        const std::string text(Flood::bytes, 'x');
        CPPUNIT_ASSERT(os::write_at(file->get(), strata::as_bytes(text), 0).has_value());
        CPPUNIT_ASSERT(proactor.adopt_file(std::make_unique<Flood>(left), std::move(*file)).has_value());
      }
      CPPUNIT_ASSERT(reactor.run().has_value());
      CPPUNIT_ASSERT_EQUAL(0, left.load());
      CPPUNIT_ASSERT_EQUAL(proactor.started(), proactor.completed());
    });
  }

  void fault_20_a_storm_of_cancels_completes_all() {
    const std::uint64_t rounds = count(1'000'000) / 6 + 1;
    on_each_pool([&](Reactor& reactor, Proactor& proactor) {
      Stops stops;
      std::atomic<int> left{4};
      std::deque<os::Unique_Handle> peers;
      for (int i = 0; i < 4; ++i) peers.push_back(adopt(proactor, std::make_unique<Storm>(stops, rounds, left)));
      std::thread other{[&] {
        for (std::size_t i = 0; left != 0; ++i) {
          if (i % 3 == 0) (void)os::send(peers[i % 4].get(), strata::as_bytes("xx"));
          stops.stop();
          std::this_thread::yield();
        }
      }};
      const auto ran = reactor.run();
      other.join();
      CPPUNIT_ASSERT(ran.has_value());
      CPPUNIT_ASSERT_EQUAL(0, left.load());
      CPPUNIT_ASSERT_EQUAL(proactor.started(), proactor.completed());
    });
  }

  /// The wall's by ten years either way; then both clocks' by ten hours and a half, which is caught up with once.
  void fault_23_a_deadline_does_not_move_with_the_wall_clock() {
    on_each_pool([](Reactor& reactor, Proactor& proactor) {
      const Jumping_Clock clock;
      std::atomic<int> late{0}, fired{0}, wrong{0};
      const os::Unique_Handle peer = adopt(proactor, std::make_unique<Patient>(late, fired));
      std::thread other{[&] {
        for (const auto jump : {24h * 3650, -24h * 3650}) {
          Jumping_Clock::wall = std::chrono::nanoseconds{jump}.count();
          look(reactor);
          wrong += late + fired;
        }
        Jumping_Clock::monotonic = std::chrono::nanoseconds{10h + 30min}.count();
        while (late == 0 || fired == 0) look(reactor);
        look(reactor);
        reactor.stop();
      }};
      const auto ran = reactor.run();
      other.join();
      CPPUNIT_ASSERT(ran.has_value());
      CPPUNIT_ASSERT_EQUAL(0, wrong.load());
      CPPUNIT_ASSERT_EQUAL(1, late.load());
      CPPUNIT_ASSERT_EQUAL(1, fired.load());
    });
  }

 private:
  /// The other end.
  static os::Unique_Handle adopt(Proactor& proactor, std::unique_ptr<strata::Service_Handler> handler) {
    auto pair = os::socket_pair();
    CPPUNIT_ASSERT(proactor.adopt(std::move(handler), std::move(pair->first)).has_value());
    return std::move(pair->second);
  }
  /// Has the reactor look at its timers: a post wakes it, and they are looked at before the next.
  static void look(Reactor& reactor) {
    for (int i = 0; i < 3; ++i) {
      std::atomic<bool> looked{false};
      while (!reactor.post([&] { looked = true; })) std::this_thread::yield();
      while (!looked) std::this_thread::yield();
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Service_Pool_Fault_Test);

}  // namespace
