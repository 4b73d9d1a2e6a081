// SPDX-License-Identifier: Apache-2.0
// Operations of a reactor on a ring, in every model: each completes once, whoever ends it.
#include <strata/reactor/Completion_Handler.h>

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <strata_test/Descriptor_Guard.h>

#include "Pool_Rig.h"

namespace {

using namespace strata_test;
using strata::Completion_Handler;
using os::Request;

constexpr std::int32_t canceled = -static_cast<std::int32_t>(std::errc::operation_canceled);

/// Counts what it is told, and has an upcall made of each completion.
struct Operation final : Completion_Handler {
  Operation(Reactor& of, Request what, os::Handle on) : Completion_Handler(what), reactor(of) { handle = on; }
  void handle_completion(const os::Ready& completion) noexcept override {
    result = completion.result;
    if (completion.is(os::Ready::lent)) reactor.give_back(completion.buffer);
    if (completion.is(os::Ready::last)) ++last;
    ++told;
    if (upcall != nullptr && !reactor.invoke(ref, upcall)) ++refused;
  }

  Reactor& reactor;
  Handler_Ref ref;
  Reactor::Hook upcall = nullptr;
  std::atomic<std::int32_t> result{0};
  std::atomic<int> told{0}, last{0}, refused{0};
};

class Completion_Handler_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Completion_Handler_Test);
  CPPUNIT_TEST(each_operation_completes_once);
  CPPUNIT_TEST(a_thread_that_sleeps_hands_over_what_an_upcall_submits);
  CPPUNIT_TEST(a_receive_tells_of_its_bytes_until_an_upcall_cancels_it);
  CPPUNIT_TEST(buffers_given_back_late_feed_who_waits_for_them);
  CPPUNIT_TEST(the_upcall_of_a_completion_may_submit_the_next);
  CPPUNIT_TEST(a_handler_that_has_closed_gets_no_upcall);
  CPPUNIT_TEST(operations_end_with_those_who_run_them);
  CPPUNIT_TEST(the_end_of_the_reactor_tells_of_each_last_completion);
  CPPUNIT_TEST(a_thread_that_never_ran_it_ends_its_operations_too);
  CPPUNIT_TEST(what_a_last_completion_submits_ends_too);
  CPPUNIT_TEST(posts_and_readiness_go_on_beside_them);
  CPPUNIT_TEST_SUITE_END();

  using Operations = std::vector<std::unique_ptr<Operation>>;

  /// Over each model, with two guests; run in a thread of its own.
  template <class Test>
  static void in_each_model(Test test) {
    if (!io_uring_allowed()) return;
    for (const Dispatch dispatch : {Dispatch::single, Dispatch::worker_pool, Dispatch::leader_followers}) {
      const Descriptor_Guard guard;
      {
        Operations operations;  // outlive the reactor, whose end tells of them
        Pool pool{dispatch, 3, 2, "io_uring"};
        CPPUNIT_ASSERT(pool.reactor->completion_port() != nullptr);
        CPPUNIT_ASSERT(pool.reactor->completion_port()->lend_buffers().has_value());
        test(pool, operations);
        if (pool.runner.joinable()) end(pool);
        pool.reactor.reset();
        for (const auto& one : operations) CPPUNIT_ASSERT(!one->outstanding());
      }
      guard.check();
    }
  }
  /// Of a ring that is one thread's, that one ends the operations.
  static void start(Pool& pool) {
    pool.runner = std::move(*os::spawn("runs", [&pool] {
      pool.ran = pool.reactor->run();
      pool.reactor->end_operations();
    }));
  }
  static void end(Pool& pool) {
    pool.stop();
    CPPUNIT_ASSERT(pool.ran.has_value());
  }
  static Operation& make(Pool& pool, Operations& operations, Request what, os::Handle on, std::size_t place = 0) {
    operations.push_back(std::make_unique<Operation>(*pool.reactor, what, on));
    operations.back()->ref = pool.places[place].ref;
    return *operations.back();
  }
  /// In an upcall of the guest; returns when it is over.
  template <class Call>
  static void in_upcall(Pool& pool, Call call, std::size_t place = 0) {
    std::atomic<bool> over{false};
    CPPUNIT_ASSERT(pool.reactor->post(pool.places[place].ref, [&] {
      call();
      over = true;
    }).has_value());
    CPPUNIT_ASSERT(comes([&] { return over.load(); }));
  }
  static os::Handle_Pair link() { return std::move(*os::socket_pair()); }

 public:
  void each_operation_completes_once() {
    in_each_model([](Pool& pool, Operations& operations) {
      auto [near, far] = link();
      std::array<std::byte, 100> bytes{};
      for (int i = 0; i < 100; ++i) {
        Operation& one = make(pool, operations, Request::send, near.get());
        one.data = &bytes[static_cast<std::size_t>(i)];
        one.size = 1;
      }
      start(pool);
      in_upcall(pool, [&] { for (const auto& one : operations) pool.reactor->submit(*one); });
      for (const auto& one : operations) CPPUNIT_ASSERT(comes([&] { return one->last == 1; }));
      std::array<std::byte, 200> room;
      CPPUNIT_ASSERT_EQUAL(std::size_t{100}, os::receive(far.get(), room).value_or(0));
      end(pool);
      for (const auto& one : operations) CPPUNIT_ASSERT(one->told == 1 && one->result == 1);
    });
  }

  void a_thread_that_sleeps_hands_over_what_an_upcall_submits() {
    in_each_model([](Pool& pool, Operations& operations) {
      auto [near, far] = link();
      std::byte byte{};
      start(pool);
      for (int i = 0; i < 50; ++i) {
        Operation& one = make(pool, operations, Request::send, near.get());
        one.data = &byte;
        one.size = 1;
        // The upcall goes on: only another thread, which sleeps by now, can hand it over.
        const bool others = pool.reactor->pooled();
        in_upcall(pool, [&] {
          pool.reactor->submit(one);
          if (others) CPPUNIT_ASSERT(comes([&] { return one.last == 1; }));
        });
        CPPUNIT_ASSERT(comes([&] { return one.last == 1; }));
      }
    });
  }

  void a_receive_tells_of_its_bytes_until_an_upcall_cancels_it() {
    in_each_model([](Pool& pool, Operations& operations) {
      auto [near, far] = link();
      Operation& one = make(pool, operations, Request::receive_lent, near.get());
      start(pool);
      in_upcall(pool, [&] { pool.reactor->submit(one); });
      for (int i = 1; i <= 20; ++i) {
        CPPUNIT_ASSERT(os::send(far.get(), strata::as_bytes("x")).has_value());
        CPPUNIT_ASSERT(comes([&] { return one.told == i; }));
      }
      CPPUNIT_ASSERT_EQUAL(0, one.last.load());
      in_upcall(pool, [&] {
        pool.reactor->cancel(one);
        pool.reactor->cancel(one);
      }, 1);
      CPPUNIT_ASSERT(comes([&] { return one.last == 1; }));
      CPPUNIT_ASSERT_EQUAL(canceled, one.result.load());
      in_upcall(pool, [&] { pool.reactor->cancel(one); });  // nothing is outstanding
      end(pool);
      CPPUNIT_ASSERT_EQUAL(21, one.told.load());
    });
  }

  /// Somebody keeps all; whoever has given them back sleeps nowhere near the ring.
  void buffers_given_back_late_feed_who_waits_for_them() {
    in_each_model([](Pool& pool, Operations& operations) {
      struct Keeper final : Completion_Handler {
        explicit Keeper(os::Handle on) : Completion_Handler(Request::receive_lent) { handle = on; }
        void handle_completion(const os::Ready& completion) noexcept override {
          if (completion.is(os::Ready::lent)) kept[count++] = completion.buffer;
          if (completion.is(os::Ready::last)) over = true;
        }
        std::array<std::uint16_t, 1'024> kept{};
        std::atomic<std::size_t> count{0};
        std::atomic<bool> over{false};
      };
      auto [near, far] = link();
      Keeper keeper{near.get()};
      start(pool);
      in_upcall(pool, [&] { pool.reactor->submit(keeper); });
      const std::size_t all = 256;
      for (std::size_t i = 1; i <= all; ++i) {
        CPPUNIT_ASSERT(os::send(far.get(), strata::as_bytes("x")).has_value());
        CPPUNIT_ASSERT(comes([&] { return keeper.count == i; }));
      }
      auto [other_near, other_far] = link();
      Operation& hungry = make(pool, operations, Request::receive_lent, other_near.get());
      in_upcall(pool, [&] { pool.reactor->submit(hungry); });
      CPPUNIT_ASSERT(os::send(other_far.get(), strata::as_bytes("x")).has_value());
      in_upcall(pool, [] {});
      CPPUNIT_ASSERT_EQUAL(0, hungry.told.load());
      in_upcall(pool, [&] { for (std::size_t i = 0; i < all; ++i) pool.reactor->give_back(keeper.kept[i]); });
      CPPUNIT_ASSERT(comes([&] { return hungry.told == 1; }));
      CPPUNIT_ASSERT_EQUAL(1, hungry.result.load());
      end(pool);
      CPPUNIT_ASSERT(keeper.over.load());
      CPPUNIT_ASSERT_EQUAL(1, hungry.last.load());
    });
  }

  void the_upcall_of_a_completion_may_submit_the_next() {
    in_each_model([](Pool& pool, Operations& operations) {
      static Operation* next;
      static std::atomic<int> rounds;
      auto [near, far] = link();
      std::byte byte{};
      next = &make(pool, operations, Request::send, near.get());
      next->data = &byte;
      next->size = 1;
      rounds = 0;
      next->upcall = [](strata::Event_Handler&, void*) -> Result<> {
        if (++rounds < 100) next->reactor.submit(*next);
        return {};
      };
      start(pool);
      in_upcall(pool, [&] { pool.reactor->submit(*next); });
      CPPUNIT_ASSERT(comes([] { return rounds == 100; }));
      CPPUNIT_ASSERT_EQUAL(100, next->last.load());
    });
  }

  void a_handler_that_has_closed_gets_no_upcall() {
    in_each_model([](Pool& pool, Operations& operations) {
      static std::atomic<int> upcalls;
      upcalls = 0;
      auto [near, far] = link();
      Operation& one = make(pool, operations, Request::receive_lent, near.get());
      one.upcall = [](strata::Event_Handler&, void*) -> Result<> { return ++upcalls, Result<>{}; };
      std::atomic<int> freed{0};
      pool.places[0].guest->freed = &freed;
      start(pool);
      in_upcall(pool, [&] {
        pool.reactor->submit(one);
        CPPUNIT_ASSERT(pool.reactor->close(one.ref, strata::errc::canceled).has_value());
      });
      CPPUNIT_ASSERT(comes([&] { return freed == 1; }));
      CPPUNIT_ASSERT(os::send(far.get(), strata::as_bytes("x")).has_value());
      CPPUNIT_ASSERT(comes([&] { return one.refused == 1; }));
      end(pool);
      CPPUNIT_ASSERT_EQUAL(1, one.last.load());
      CPPUNIT_ASSERT_EQUAL(0, upcalls.load());
    });
  }

  void operations_end_with_those_who_run_them() {
    in_each_model([](Pool& pool, Operations& operations) {
      std::vector<os::Handle_Pair> links;
      for (int i = 0; i < 40; ++i) {
        links.push_back(link());
        make(pool, operations, Request::receive_lent, links.back().first.get());
        make(pool, operations, Request::poll, links.back().first.get()).size = 0;
      }
      start(pool);
      in_upcall(pool, [&] { for (const auto& one : operations) pool.reactor->submit(*one); });
      end(pool);
      for (const auto& one : operations) CPPUNIT_ASSERT(one->last == 1 && one->result == canceled);
    });
  }

  void the_end_of_the_reactor_tells_of_each_last_completion() {
    in_each_model([](Pool& pool, Operations& operations) {
      std::vector<os::Handle_Pair> links;
      for (int i = 0; i < 40; ++i) {
        links.push_back(link());
        pool.reactor->submit(make(pool, operations, Request::receive_lent, links.back().first.get()));
        if (i == 20) CPPUNIT_ASSERT(pool.reactor->poll().has_value());  // of the rest the kernel knows nothing
      }
      pool.reactor->end(strata::errc::stopping);
      for (const auto& one : operations) CPPUNIT_ASSERT(one->last == 1 && one->result == canceled);
    });
  }

  /// Of a ring that is another thread's it can only abandon them: each is told of all the same.
  void a_thread_that_never_ran_it_ends_its_operations_too() {
    in_each_model([](Pool& pool, Operations& operations) {
      std::vector<os::Handle_Pair> links;
      for (int i = 0; i < 40; ++i) {
        links.push_back(link());
        make(pool, operations, Request::receive_lent, links.back().first.get());
      }
      pool.start();
      in_upcall(pool, [&] { for (const auto& one : operations) pool.reactor->submit(*one); });
      in_upcall(pool, [] {});
      in_upcall(pool, [&] { for (std::size_t i = 0; i < 10; ++i) pool.reactor->cancel(*operations[i]); });
      end(pool);
      pool.reactor->end(strata::errc::stopping);
      for (const auto& one : operations) CPPUNIT_ASSERT(one->told == 1 && one->last == 1 && one->result == canceled);
    });
  }

  void what_a_last_completion_submits_ends_too() {
    in_each_model([](Pool& pool, Operations&) {
      struct Stubborn final : Completion_Handler {
        Stubborn(Reactor& of, os::Handle on) : Completion_Handler(Request::receive_lent), reactor(of) { handle = on; }
        void handle_completion(const os::Ready& completion) noexcept override {
          if (completion.is(os::Ready::last) && ++ends < 3) reactor.submit(*this);
        }
        Reactor& reactor;
        std::atomic<int> ends{0};
      };
      auto [near, far] = link();
      Stubborn one{*pool.reactor, near.get()};
      start(pool);
      in_upcall(pool, [&] { pool.reactor->submit(one); });
      end(pool);
      CPPUNIT_ASSERT_EQUAL(3, one.ends.load());
    });
  }

  void posts_and_readiness_go_on_beside_them() {
    in_each_model([](Pool& pool, Operations& operations) {
      constexpr int rounds = 300;
      auto [near, far] = link();
      Operation& one = make(pool, operations, Request::receive_lent, near.get());
      std::atomic<int> posted{0}, heard{0};
      pool.places[1].guest->on_input = [&] { heard += 1; };
      start(pool);
      in_upcall(pool, [&] { pool.reactor->submit(one); });
      for (int i = 0; i < rounds; ++i) {
        CPPUNIT_ASSERT(os::send(far.get(), strata::as_bytes("x")).has_value());
        pool.say(1);
        CPPUNIT_ASSERT(pool.reactor->post([&] { ++posted; }).has_value());
        if (i % 10 == 0) CPPUNIT_ASSERT(comes([&] { return posted == i + 1 && heard > 0 && one.told > 0; }));
      }
      CPPUNIT_ASSERT(comes([&] { return posted == rounds; }));
      in_upcall(pool, [&] { pool.reactor->cancel(one); });
      CPPUNIT_ASSERT(comes([&] { return one.last == 1; }));
      end(pool);
      CPPUNIT_ASSERT_EQUAL(0, pool.places[1].guest->overlaps.load());
    });
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Completion_Handler_Test);
