// SPDX-License-Identifier: Apache-2.0
// The adaptive spin: it polls before a sleep only while that pays.
#include <strata/reactor/Reactor.h>

#include <functional>

#include "Reactor_Rig.h"

namespace {

using namespace strata_test;
using Rig = Reactor_Rig;

/// A clock that each poll moves by `step`, and each sleep by its timeout.
class Spin_World {
 public:
  explicit Spin_World(strata::Duration spin) : scope_(table_) {
    current = this;
    options.spin = spin;
    options.demultiplexer = "epoll";
    auto opened = strata::Reactor::open(options);
    CPPUNIT_ASSERT(opened.has_value());
    reactor = std::move(*opened);
  }
  ~Spin_World() {
    reactor.reset();
    current = nullptr;
  }
  Spin_World(const Spin_World&) = delete;
  Spin_World& operator=(const Spin_World&) = delete;

  struct Guest {
    os::Unique_Handle peer;
    Handler_Ref ref;
  };
  Guest adopt() {
    auto pair = os::socket_pair();
    CPPUNIT_ASSERT(pair.has_value());
    const auto ref = reactor->adopt(std::make_unique<Probe>("a", diary, std::move(pair->first)), Event_Mask::input);
    CPPUNIT_ASSERT(ref.has_value());
    return {std::move(pair->second), *ref};
  }
  /// Turns of 1 ms in which nothing happens.
  void idle(int turns) {
    for (int i = 0; i < turns; ++i) {
      const strata::Timer tick = reactor->schedule(1ms, [] {});
      Rig::expect_ok(reactor->run_one());
    }
  }

  int polls = 0, sleeps = 0;
  strata::Duration step = 1us;
  std::function<void()> on_poll;
  std::string diary;
  std::unique_ptr<strata::Reactor> reactor;

 private:
  static os::Raw wait(os::Handle epoll, epoll_event* events, int capacity, strata::Duration timeout) {
    Spin_World& world = *current;
    if (timeout == strata::Duration::zero()) {
      ++world.polls;
      world.now += world.step;
      if (world.on_poll) world.on_poll();
      return os::native_operations().epoll_wait(epoll, events, capacity, timeout);
    }
    ++world.sleeps;
    if (timeout > strata::Duration::zero()) world.now += timeout;
    return os::native_operations().epoll_wait(epoll, events, capacity, strata::Duration::zero());
  }
  static os::Operations spinning() {
    os::Operations table = os::native_operations();
    table.epoll_wait = wait;
    table.monotonic_ns = [] { return std::int64_t{current->now.count()}; };
    return table;
  }

  static inline Spin_World* current = nullptr;
  strata::Duration now = 1h;
  strata::Reactor_Options options;
  os::Operations table_ = spinning();
  os::Operations_Scope scope_;
};

constexpr int settled = 100;  // turns after which a spin would have begun

class Reactor_Spin_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Reactor_Spin_Test);
  CPPUNIT_TEST(without_the_option_the_loop_sleeps_at_once);
  CPPUNIT_TEST(an_answer_that_comes_soon_is_found_without_a_sleep);
  CPPUNIT_TEST(in_vain_it_rests_longer_and_longer);
  CPPUNIT_TEST(it_turns_itself_off_under_churn);
  CPPUNIT_TEST(it_turns_itself_off_when_many_are_served);
  CPPUNIT_TEST(a_spin_ends_at_its_limit);
  CPPUNIT_TEST(timers_are_not_late);
  CPPUNIT_TEST(a_post_ends_a_spin);
  CPPUNIT_TEST_SUITE_END();

 public:
  void without_the_option_the_loop_sleeps_at_once() {
    Spin_World world{0us};
    world.idle(settled);
    CPPUNIT_ASSERT_EQUAL(0, world.polls);
    CPPUNIT_ASSERT_EQUAL(settled, world.sleeps);
  }

  void an_answer_that_comes_soon_is_found_without_a_sleep() {
    Spin_World world{50us};
    auto guest = world.adopt();
    world.idle(settled);
    world.on_poll = [&] {
      if (world.polls % 10 == 0) CPPUNIT_ASSERT(os::send(guest.peer.get(), strata::as_bytes("x")).has_value());
    };
    for (int i = 0; i < 100; ++i) Rig::expect_ok(world.reactor->run_one());
    world.diary.clear();
    const int sleeps = world.sleeps;
    for (int i = 0; i < 100; ++i) Rig::expect_ok(world.reactor->run_one());
    CPPUNIT_ASSERT_EQUAL(sleeps, world.sleeps);
    CPPUNIT_ASSERT_EQUAL(std::size_t{300}, world.diary.size());  // "ai " each time
  }

  void in_vain_it_rests_longer_and_longer() {
    Spin_World world{50us};
    auto guest = world.adopt();
    world.idle(10'000);
    CPPUNIT_ASSERT(world.polls > 0);
    CPPUNIT_ASSERT(world.polls < 20 * 51);  // 2 + 4 + … + 1,024 turns of rest between spins
  }

  void it_turns_itself_off_under_churn() {
    Spin_World world{50us};
    for (int i = 0; i < 1000; ++i) {
      auto guest = world.adopt();
      Rig::expect_ok(world.reactor->close(guest.ref, strata::errc::canceled));
      Rig::expect_ok(world.reactor->poll());
      const int before = world.polls;
      world.idle(1);
      CPPUNIT_ASSERT_EQUAL(before, world.polls);
    }
  }

  void it_turns_itself_off_when_many_are_served() {
    Spin_World world{50us};
    std::vector<Spin_World::Guest> guests;
    for (int i = 0; i < 9; ++i) guests.push_back(world.adopt());
    const auto serve = [&] {
      for (const auto& guest : guests) CPPUNIT_ASSERT(os::send(guest.peer.get(), strata::as_bytes("x")).has_value());
      Rig::expect_ok(world.reactor->run_one());
    };
    serve();
    for (int i = 0; i < 2 * settled; ++i) serve();
    CPPUNIT_ASSERT_EQUAL(0, world.polls);
  }

  void a_spin_ends_at_its_limit() {
    Spin_World world{50us};
    auto guest = world.adopt();
    while (world.polls == 0) world.idle(1);
    CPPUNIT_ASSERT_EQUAL(50, world.polls);
  }

  void timers_are_not_late() {
    Spin_World world{700us};
    world.step = 300us;
    auto guest = world.adopt();
    for (int i = 0; i < 1000; ++i) {
      const strata::Time_Point start = world.reactor->refresh_now();
      strata::Time_Point fired{};
      const strata::Timer timer = world.reactor->schedule(3ms, [&] { fired = world.reactor->now(); });
      while (fired == strata::Time_Point{}) Rig::expect_ok(world.reactor->run_one());
      CPPUNIT_ASSERT(fired - start >= 3ms);
      CPPUNIT_ASSERT(fired - start <= 4ms + world.step);
    }
    CPPUNIT_ASSERT(world.polls > 0);
  }

  void a_post_ends_a_spin() {
    Spin_World world{50us};
    auto guest = world.adopt();
    world.idle(settled);
    int ran = 0;
    world.on_poll = [&] { (void)world.reactor->post([&] { ++ran; }); };
    while (ran == 0) world.idle(1);
    CPPUNIT_ASSERT_EQUAL(1, ran);
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Reactor_Spin_Test);
