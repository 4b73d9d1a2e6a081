// SPDX-License-Identifier: Apache-2.0
// Operations where several threads run a reactor's upcalls, with real threads and real time.
#include <strata/proactor/Service_Handler.h>

#include <atomic>
#include <deque>
#include <thread>

#include <strata/os/Shared_Memory.h>

#include "Service_Pool_Rig.h"

namespace {

using namespace strata_test;
using strata::Completed;
using strata::Proactor;
using strata::Reactor;

/// Answers, and tells whether two of its hooks were ever at once.
class Watched_Echo final : public strata::Service_Handler {
 public:
  explicit Watched_Echo(std::atomic<int>& overlaps) : overlaps_(overlaps) {}
  Result<> open() override { return read(4096); }
  Result<> handle_read(Completed got) override {
    const Inside inside{*this};
    return write(std::move(got.block));
  }
  Result<> handle_write(Completed) override {
    const Inside inside{*this};
    return read(4096, {.deadline = 10s});
  }

 private:
  struct Inside {
    explicit Inside(Watched_Echo& of) : echo(of) {
      if (echo.inside_.exchange(true)) ++echo.overlaps_;
    }
    ~Inside() { echo.inside_ = false; }
    Watched_Echo& echo;
  };
  std::atomic<int>& overlaps_;
  std::atomic<bool> inside_{false};
};

/// Writes a block behind the other, reads all back, and stops the reactor as the last of its kind.
class Scribe final : public strata::Service_Handler {
 public:
  static constexpr int blocks = 50;
  Scribe(std::atomic<int>& left, std::atomic<int>& wrong) : left_(left), wrong_(wrong) {}
  Result<> open() override { return write_at(block_of(std::string(1000, 'a')), 0); }
  Result<> handle_write(Completed written) override {
    if (written.size != 1000) ++wrong_;
    if (++written_ == blocks) return sync();
    const char letter = static_cast<char>('a' + written_ % 26);
    return write_at(block_of(std::string(1000, letter)), static_cast<std::uint64_t>(written_) * 1000);
  }
  Result<> handle_done(Completed) override { return read_at(*Message_Block::make(blocks * 1000), 0); }
  Result<> handle_read(Completed read) override {
    const std::string text = text_of(read.block);
    for (int i = 0; i < blocks; ++i) {
      const std::string wanted(1000, static_cast<char>('a' + i % 26));
      if (text.substr(static_cast<std::size_t>(i) * 1000, 1000) != wanted) ++wrong_;
    }
    if (--left_ == 0) home().stop();
    close();
    return {};
  }

 private:
  std::atomic<int>& left_;
  std::atomic<int>& wrong_;
  int written_ = 0;
};

class Service_Handler_Pool_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Service_Handler_Pool_Test);
  CPPUNIT_TEST(hooks_of_one_never_overlap_and_all_bytes_come_back);
  CPPUNIT_TEST(files_are_written_and_read_in_order);
  CPPUNIT_TEST(an_end_under_load_completes_all);
  CPPUNIT_TEST_SUITE_END();

 public:
  void hooks_of_one_never_overlap_and_all_bytes_come_back() {
    on_each_pool([](Reactor& reactor, Proactor& proactor) {
      constexpr int peers = 8, rounds = 100;
      std::atomic<int> overlaps{0};
      std::deque<os::Unique_Handle> ends = adopt_echoes(proactor, peers, overlaps);
      std::thread client{[&] {
        for (int i = 0; i < rounds; ++i) {
          const std::string text(static_cast<std::size_t>(1 + i * 13), static_cast<char>('a' + i % 26));
          for (const os::Unique_Handle& end : ends) (void)os::send(end.get(), strata::as_bytes(text));
          for (const os::Unique_Handle& end : ends) take(end.get(), text.size());
        }
        reactor.stop();
      }};
      const auto ran = reactor.run();
      client.join();
      CPPUNIT_ASSERT(ran.has_value());
      CPPUNIT_ASSERT_EQUAL(0, overlaps.load());
    });
  }

  void files_are_written_and_read_in_order() {
    on_each_pool([](Reactor& reactor, Proactor& proactor) {
      std::atomic<int> left{8}, wrong{0};
      for (int i = 0; i < 8; ++i) {
        auto file = os::make_shared_memory();
        CPPUNIT_ASSERT(proactor.adopt_file(std::make_unique<Scribe>(left, wrong), std::move(*file)).has_value());
      }
      CPPUNIT_ASSERT(reactor.run().has_value());
      CPPUNIT_ASSERT_EQUAL(0, wrong.load());
    });
  }

  void an_end_under_load_completes_all() {
    on_each_pool([](Reactor& reactor, Proactor& proactor) {
      constexpr int peers = 8;
      std::atomic<int> overlaps{0};
      std::deque<os::Unique_Handle> ends = adopt_echoes(proactor, peers, overlaps);
      std::atomic<bool> over{false};
      std::thread client{[&] {
        for (int i = 0; !over; ++i) {
          const os::Unique_Handle& end = ends[static_cast<std::size_t>(i % peers)];
          (void)os::send(end.get(), strata::as_bytes("some bytes"));
          std::array<std::byte, 4096> room;
          (void)os::receive(end.get(), room);
          if (i == 2'000) reactor.stop();
        }
      }};
      const auto ran = reactor.run();
      reactor.end(errc::stopping);
      over = true;
      client.join();
      CPPUNIT_ASSERT(ran.has_value());
      CPPUNIT_ASSERT_EQUAL(proactor.started(), proactor.completed());
    });
  }

 private:
  static std::deque<os::Unique_Handle> adopt_echoes(Proactor& proactor, int peers, std::atomic<int>& overlaps) {
    std::deque<os::Unique_Handle> ends;
    for (int i = 0; i < peers; ++i) {
      auto pair = os::socket_pair();
      ends.push_back(std::move(pair->second));
      CPPUNIT_ASSERT(proactor.adopt(std::make_unique<Watched_Echo>(overlaps), std::move(pair->first)).has_value());
    }
    return ends;
  }

  static void take(os::Handle from, std::size_t size) {
    std::array<std::byte, 4096> room;
    while (size != 0) {
      const auto got = os::receive(from, std::span{room}.first(std::min(size, room.size())));
      if (got) size -= *got;
      if (!got) std::this_thread::yield();
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Service_Handler_Pool_Test);

}  // namespace
