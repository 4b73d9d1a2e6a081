// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cppunit/TestAssert.h>
#include <cppunit/extensions/HelperMacros.h>
#include <strata/logging/Log_System.h>
#include <strata/os/Socket.h>
#include <strata/reactor/Reactor.h>
#include <strata/reactor/Reactor_Metrics.h>
#include <strata/reactor/Reactor_Options.h>
#include <strata_test/Backend.h>

namespace strata_test {

namespace os = strata::os;
using namespace std::chrono_literals;
using strata::Event_Mask;
using strata::Handler_Ref;

/// A handler on one end of a connected pair that writes down what happens to it, and does what the test says.
class Probe : public strata::Event_Handler {
 public:
  using Act = std::function<strata::Result<>()>;

  Probe(std::string name, std::string& diary, os::Unique_Handle handle)
      : name_(std::move(name)), diary_(diary), handle_(std::move(handle)) {}
  ~Probe() override { note("~"); }

  os::Handle handle() const noexcept override { return handle_.get(); }
  strata::Result<> handle_input() override {
    note("i");
    return on_input ? on_input() : read();
  }
  strata::Result<> handle_output() override {
    note("o");
    return on_output ? on_output() : strata::Result<>{};
  }
  strata::Result<> handle_timeout(strata::Timer_Id) override {
    note("t");
    return on_timeout ? on_timeout() : strata::Result<>{};
  }
  void handle_close(std::error_code why) noexcept override {
    note("c");
    reason = why;
    if (on_close) on_close();
  }

  /// One byte; the peer's FIN closes.
  strata::Result<> read() {
    std::byte byte{};
    const strata::Result<std::size_t> got = os::receive(handle(), {&byte, 1});
    if (!got) return strata::fail(got.error());
    if (*got == 0) return strata::fail(strata::errc::end_of_stream);
    return {};
  }

  Act on_input, on_output, on_timeout;
  std::function<void()> on_close;
  std::error_code reason;

 private:
  void note(std::string_view what) {
    static std::mutex pen;  // in a pool, handlers write at once
    const std::lock_guard held{pen};
    (diary_ += name_).append(what) += ' ';
  }

  std::string name_;
  std::string& diary_;
  os::Unique_Handle handle_;
};

/// A reactor in its world, and what a test of it says. The diary reads: name, then i(nput), o(utput), t(imeout),
/// c(lose), ~ (freed).
struct Reactor_Rig {
  explicit Reactor_Rig(Backend& world, strata::Reactor_Options options = {}) : backend(world) {
    strata::Log_System::process().set_level("", strata::Log_Level::off);
    options.demultiplexer = world.demultiplexer();
    auto opened = strata::Reactor::open(options);
    CPPUNIT_ASSERT(opened.has_value());
    reactor = std::move(*opened);
  }

  Backend& backend;
  std::string diary;
  std::unique_ptr<strata::Reactor> reactor;
  std::vector<os::Unique_Handle> peers;

  /// A probe in the reactor; its peer is peers[n], in the order of making.
  struct Guest {
    Probe* probe;
    Handler_Ref ref;
    std::size_t peer;
  };
  std::unique_ptr<Probe> make(std::string name) {
    auto pair = os::socket_pair();
    CPPUNIT_ASSERT(pair.has_value());
    peers.push_back(std::move(pair->second));
    return std::make_unique<Probe>(std::move(name), diary, std::move(pair->first));
  }
  Guest adopt(std::string name, Event_Mask interest = Event_Mask::input, strata::Adopt_Options options = {}) {
    auto probe = make(std::move(name));
    Probe* borrowed = probe.get();
    const auto ref = reactor->adopt(std::move(probe), interest, options);
    CPPUNIT_ASSERT(ref.has_value());
    return {borrowed, *ref, peers.size() - 1};
  }

  void send(const Guest& guest, std::string_view text = "x") {
    const auto sent = os::send(peers[guest.peer].get(), strata::as_bytes(text));
    CPPUNIT_ASSERT(sent.has_value());
  }
  void hang_up(const Guest& guest) { peers[guest.peer].reset(); }
  void turn() { expect_ok(reactor->poll()); }
  void turns(int count) {
    for (int i = 0; i < count; ++i) turn();
  }
  void run_for(strata::Duration time) { expect_ok(reactor->run_for(time)); }

  static void expect_ok(const strata::Result<>& result) {
    CPPUNIT_ASSERT_MESSAGE(result ? "" : result.error().message(), result.has_value());
  }
  template <class T>
  static void expect_error(std::error_condition wanted, const strata::Result<T>& result) {
    CPPUNIT_ASSERT(!result.has_value());
    CPPUNIT_ASSERT_EQUAL(wanted.message(), result.error().message());
  }
  /// What was written since the last look.
  void expect_diary(std::string_view wanted) {
    std::string got = std::exchange(diary, {});
    if (!got.empty()) got.pop_back();
    CPPUNIT_ASSERT_EQUAL(std::string{wanted}, got);
  }
};

inline std::error_condition condition(std::errc e) { return std::make_error_condition(e); }
inline std::error_condition condition(strata::errc e) {
  return {static_cast<int>(e), strata::strata_category()};
}

/// One way to run: a mechanism, a queue of timers, and which threads run upcalls.
struct Variant {
  std::string_view backend;
  strata::Reactor_Options options;
  std::string name;
};

inline std::vector<Variant> variants(std::initializer_list<std::pair<strata::Dispatch, unsigned>> models) {
  std::vector<Variant> all;
  for (const std::string_view backend : backends()) {
    for (const strata::Timer_Kind timers : {strata::Timer_Kind::wheel, strata::Timer_Kind::heap}) {
      for (const auto& [dispatch, threads] : models) {
        strata::Reactor_Options options;
        options.timers = timers;
        options.dispatch = dispatch;
        options.threads = threads;
        constexpr std::array<std::string_view, 3> words{"", ", worker pool", ", leader/followers"};
        std::string name{backend};
        name += timers == strata::Timer_Kind::wheel ? ", wheel" : ", heap";
        name += words[static_cast<std::size_t>(dispatch)];
        all.push_back({backend, options, name});
      }
    }
  }
  return all;
}

template <class Test>
void run_variants(const std::vector<Variant>& all, Test test) {
  for (const Variant& one : all) {
    try {
      Backend backend{one.backend};
      Reactor_Rig rig{backend, one.options};
      test(rig);
    } catch (CppUnit::Exception& failure) {
      failure.setMessage(CppUnit::Message{"on " + one.name, failure.message().details()});
      throw;
    }
  }
}

/// Runs a test of what one thread alone promises: the order among handlers within a turn.
template <class Test>
void on_each_mechanism(Test test) {
  run_variants(variants({{strata::Dispatch::single, 1}}), test);
}

using Model = std::pair<strata::Dispatch, unsigned>;
inline constexpr Model one_thread{strata::Dispatch::single, 1}, pool_of_one{strata::Dispatch::leader_followers, 1},
    followers{strata::Dispatch::leader_followers, 3}, workers{strata::Dispatch::worker_pool, 2};

/// Runs a test over every mechanism, wheel and heap, the simulator, and each model with one thread that runs upcalls:
/// for what needs an order among handlers, or a clock that does not move while they run.
template <class Test>
void on_each_backend(Test test) {
  run_variants(variants({one_thread, pool_of_one}), test);
}

/// The same, and on pools of several threads.
template <class Test>
void on_each_model(Test test) {
  run_variants(variants({one_thread, pool_of_one, followers, workers}), test);
}

}  // namespace strata_test
