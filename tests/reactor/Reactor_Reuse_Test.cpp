// SPDX-License-Identifier: Apache-2.0
// Descriptor numbers that come again in one batch of events, and interest that must not outlive its handler (faults 13
// and 14); the table of handlers as it grows.
#include <strata/reactor/Reactor.h>
#include <strata/reactor/Reactor_Metrics.h>

#include <memory>
#include <vector>

#include <strata/sim/Random.h>
#include <strata_test/Scale.h>

#include "Reactor_Rig.h"
#include "Scripted_Epoll.h"

namespace {

using namespace strata_test;
using strata::errc;
using Rig = Reactor_Rig;

/// Handlers that replace each other, number and all, while events of the replaced are still in the batch.
struct Reuse_World {
  static constexpr std::int32_t numbers = 64;

  class Member final : public Numbered {
   public:
    Member(Reuse_World& world, std::int32_t number) : Numbered(number), world_(world), born_(world.turn) {}
    strata::Result<> handle_input() override {
      world_.upcalls += 1;
      world_.stale += closed_ || born_ == world_.turn;
      return world_.act(handle().value() - Scripted_Epoll::first);
    }
    void handle_close(std::error_code) noexcept override {
      world_.closes += 1;
      world_.stale += closed_;
      closed_ = true;
    }

   private:
    Reuse_World& world_;
    std::uint64_t born_;
    bool closed_ = false;
  };

  explicit Reuse_World(strata::Descriptor kind, strata::Dispatch dispatch) : descriptor(kind) {
    auto opened = strata::Reactor::open({.demultiplexer = "epoll", .dispatch = dispatch});
    CPPUNIT_ASSERT(opened.has_value());
    reactor = std::move(*opened);
    epoll.ready = [this](epoll_event* events, std::size_t) {
      std::size_t count = 0;
      for (const auto& [number, interest] : epoll.interests) events[count++] = {EPOLLIN, interest.data};
      return count;
    };
    for (std::int32_t i = 0; i < numbers; ++i) replace(i);
  }

  void replace(std::int32_t which) {
    if (members[which]) {
      Rig::expect_ok(reactor->close(members[which], errc::canceled));
      // What the system does as its only owner closes it.
      if (descriptor == strata::Descriptor::exclusive) epoll.interests.erase(Scripted_Epoll::first + which);
    }
    auto member = std::make_unique<Member>(*this, Scripted_Epoll::first + which);
    const auto ref = reactor->adopt(std::move(member), Event_Mask::input, {descriptor, 0});
    CPPUNIT_ASSERT(ref.has_value());
    members[which] = *ref;
    ++adopted;
  }

  /// Replaces another, itself, or nobody.
  strata::Result<> act(std::int32_t self) {
    const auto other = static_cast<std::int32_t>(random.below(numbers));
    if (random.below(8) == 0) replace(self);
    if (random.below(4) == 0 && other != self) replace(other);
    return {};
  }

  void run(std::uint64_t events) {
    for (std::uint64_t offered = 0; offered < events; offered += numbers) {
      ++turn;
      Rig::expect_ok(reactor->poll());
    }
  }

  Scripted_Epoll epoll;
  strata::Descriptor descriptor;
  std::unique_ptr<strata::Reactor> reactor;
  Handler_Ref members[numbers];
  strata::sim::Random random{13};
  std::uint64_t turn = 1, upcalls = 0, stale = 0, closes = 0, adopted = 0;
};

class Reactor_Reuse_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Reactor_Reuse_Test);
  CPPUNIT_TEST(events_of_a_replaced_handler_never_reach_its_successor);
  CPPUNIT_TEST(nor_do_they_where_closing_deregisters);
  CPPUNIT_TEST(nor_do_they_in_a_pool);
  CPPUNIT_TEST(a_shared_descriptor_is_deregistered_before_its_close);
  CPPUNIT_TEST(an_exclusive_descriptor_costs_no_call_to_deregister);
  CPPUNIT_TEST(interest_that_stayed_in_the_kernel_is_taken_over);
  CPPUNIT_TEST(the_table_grows_and_every_handler_is_found);
  CPPUNIT_TEST(slots_are_used_again_with_new_generations);
  CPPUNIT_TEST_SUITE_END();

  static void expect_no_stale_upcall(strata::Descriptor kind, strata::Dispatch dispatch = strata::Dispatch::single) {
    Reuse_World world{kind, dispatch};
    const std::uint64_t events = count(100'000'000);
    world.run(events);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, world.stale);
    CPPUNIT_ASSERT(world.upcalls < events - events / 20);  // there was something to mistake
    const bool told_each = dispatch == strata::Dispatch::single;  // a pool forgets what waits for a closed handler
    CPPUNIT_ASSERT(!told_each || world.upcalls + world.reactor->metrics().stale.value() >= events);
    CPPUNIT_ASSERT_EQUAL(std::size_t{Reuse_World::numbers}, world.reactor->size());
    CPPUNIT_ASSERT_EQUAL(std::int64_t{Reuse_World::numbers}, Numbered::alive);
    CPPUNIT_ASSERT_EQUAL(std::size_t{Reuse_World::numbers}, world.epoll.interests.size());
    world.reactor.reset();
    CPPUNIT_ASSERT_EQUAL(world.adopted, world.closes);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, Numbered::alive);
  }

  static std::vector<Handler_Ref> adopt(strata::Reactor& reactor, std::size_t handlers, strata::Adopt_Options options) {
    std::vector<Handler_Ref> refs;
    for (std::size_t i = 0; i < handlers; ++i) {
      const auto number = static_cast<std::int32_t>(Scripted_Epoll::first + i);
      const auto ref = reactor.adopt(std::make_unique<Numbered>(number), Event_Mask::input, options);
      CPPUNIT_ASSERT(ref.has_value());
      refs.push_back(*ref);
    }
    return refs;
  }

 public:
  void events_of_a_replaced_handler_never_reach_its_successor() { expect_no_stale_upcall(strata::Descriptor::shared); }
  void nor_do_they_where_closing_deregisters() { expect_no_stale_upcall(strata::Descriptor::exclusive); }
  void nor_do_they_in_a_pool() {  // of one thread: all events of a turn wait in its queue while upcalls replace
    for (const auto kind : {strata::Descriptor::shared, strata::Descriptor::exclusive}) {
      expect_no_stale_upcall(kind, strata::Dispatch::leader_followers);
    }
  }

  void a_shared_descriptor_is_deregistered_before_its_close() {
    Scripted_Epoll epoll;
    const auto reactor = std::move(*strata::Reactor::open({.demultiplexer = "epoll"}));
    const auto refs = adopt(*reactor, 3, {});
    Rig::expect_ok(reactor->close(refs[1], errc::canceled));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, epoll.deletions);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{3}, Numbered::alive);
    Rig::expect_ok(reactor->poll());
    CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, Numbered::alive);
  }

  void an_exclusive_descriptor_costs_no_call_to_deregister() {
    Scripted_Epoll epoll;
    const auto reactor = std::move(*strata::Reactor::open({.demultiplexer = "epoll"}));
    const auto refs = adopt(*reactor, 3, {strata::Descriptor::exclusive, 0});
    Rig::expect_ok(reactor->close(refs[1], errc::canceled));
    Rig::expect_ok(reactor->poll());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, epoll.deletions);
  }

  void interest_that_stayed_in_the_kernel_is_taken_over() {
    Scripted_Epoll epoll;
    const auto reactor = std::move(*strata::Reactor::open({.demultiplexer = "epoll"}));
    const auto refs = adopt(*reactor, 1, {strata::Descriptor::exclusive, 0});
    Rig::expect_ok(reactor->close(refs[0], errc::canceled));
    const auto again = adopt(*reactor, 1, {strata::Descriptor::exclusive, 0});
    CPPUNIT_ASSERT_EQUAL(again[0].token(), std::uint64_t{epoll.interests.at(Scripted_Epoll::first).data.u64});
  }

  void the_table_grows_and_every_handler_is_found() {
    Scripted_Epoll epoll;
    const auto reactor = std::move(*strata::Reactor::open({.demultiplexer = "epoll"}));
    const std::size_t handlers = count(100'000);
    const std::uint32_t group = reactor->new_group();
    const auto refs = adopt(*reactor, handlers, {strata::Descriptor::exclusive, group});
    for (std::size_t i = 0; i < handlers; ++i) {
      const auto* found = reactor->find(refs[i]);
      CPPUNIT_ASSERT(found != nullptr);
      CPPUNIT_ASSERT_EQUAL(static_cast<std::int32_t>(Scripted_Epoll::first + i), found->handle().value());
    }
    const auto close = [](void*, Handler_Ref ref, strata::Event_Handler&) {
      Rig::expect_ok(ref.reactor()->close(ref, errc::shed));
    };
    reactor->for_each(group, close, nullptr);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, reactor->size());
    Rig::expect_ok(reactor->poll());
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, Numbered::alive);
  }

  void slots_are_used_again_with_new_generations() {
    Scripted_Epoll epoll;
    const auto reactor = std::move(*strata::Reactor::open({.demultiplexer = "epoll"}));
    std::vector<Handler_Ref> stale;
    for (std::uint64_t i = 0; i < count(100'000); ++i) {
      stale.push_back(adopt(*reactor, 1, {}).front());
      Rig::expect_ok(reactor->close(stale.back(), errc::canceled));
      if (i % 100 == 0) Rig::expect_ok(reactor->poll());
    }
    for (const Handler_Ref ref : stale) {
      CPPUNIT_ASSERT(reactor->find(ref) == nullptr);
      CPPUNIT_ASSERT_EQUAL(0U, static_cast<std::uint32_t>(ref.token()));  // all in the first slot
    }
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Reactor_Reuse_Test);
