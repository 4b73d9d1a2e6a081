// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <cppunit/TestAssert.h>
#include <cppunit/extensions/HelperMacros.h>
#include <strata/logging/Log_System.h>
#include <strata/os/Socket.h>
#include <strata/proactor/Proactor.h>
#include <strata/proactor/Service_Handler.h>
#include <strata/reactor/Reactor.h>
#include <strata/reactor/Reactor_Options.h>
#include <strata_test/Backend.h>
#include <strata_test/Descriptor_Guard.h>

namespace strata_test {

namespace os = strata::os;
using namespace std::chrono_literals;
using strata::errc;
using strata::Message_Block;
using strata::Operation;
using strata::Result;

inline std::error_condition condition(std::errc e) { return std::make_error_condition(e); }
inline std::error_condition condition(errc e) { return {static_cast<int>(e), strata::strata_category()}; }

inline std::string text_of(Message_Block& block) {
  std::string text;
  while (!block.empty()) {
    text += strata::as_text(block.readable());
    (void)block.consume(block.readable().size());
  }
  return text;
}
inline Message_Block block_of(std::string_view text) {
  auto made = Message_Block::copy(strata::as_bytes(text));
  CPPUNIT_ASSERT(made.has_value());
  return std::move(*made);
}

/// Bytes of which no part is another.
inline std::string text(std::size_t size) {
  std::string made(size, ' ');
  for (std::size_t i = 0; i < size; ++i) made[i] = static_cast<char>('a' + (i * i + i / 251) % 26);
  return made;
}

/// Some port of this machine.
inline os::Socket_Address any() { return os::Socket_Address::ipv4(std::array<std::uint8_t, 4>{127, 0, 0, 1}, 0); }

class Echo final : public strata::Service_Handler {
  Result<> open() override { return read(); }
  Result<> handle_read(Completed got) override { return write(std::move(got.block)); }
  Result<> handle_write(Completed) override { return read(); }
};

inline char letter_of(strata::Operation_Kind kind) {
  using enum strata::Operation_Kind;
  switch (kind) {
    case sync: return 's';
    case open: return 'o';
    case status: return 'i';
    case list: return 'l';
    case close: return 'x';
    case timer: return 't';
    case wait_exit: return 'e';
    case poll_input: return 'p';
    case poll_output: return 'P';
    default: return '?';
  }
}

/// Writes down what completes: r(ead) with its bytes, w(ritten) with their number, a(ccepted), n (connected), of others
/// a letter; ! and why not; c(lose). Does what the test says.
class Actor final : public strata::Service_Handler {
 public:
  using Act = std::function<Result<>(Actor&, Completed&)>;

  Actor(std::string& notes, Act act) : diary(notes), act_(std::move(act)) {}
  ~Actor() override { diary += '~'; }

  Result<> open() override {
    Completed nothing;
    return on_open ? on_open(*this, nothing) : Result<>{};
  }
  Result<> handle_read(Completed read) override {
    diary += 'r' + (brief ? std::to_string(read.size) : text_of(read.block));
    return next(read);
  }
  Result<> handle_write(Completed written) override {
    diary += 'w' + std::to_string(written.size);
    return next(written);
  }
  Result<> handle_accept(Completed accepted) override {
    diary += 'a';
    return next(accepted);
  }
  Result<> handle_connect(Completed connected) override {
    diary += 'n';
    return next(connected);
  }
  Result<> handle_done(Completed done) override {
    diary += letter_of(done.kind);
    return next(done);
  }
  Result<> handle_failure(Completed failed) override {
    ++failures;
    diary += failed.error == errc::canceled         ? "!canceled"
             : failed.error == errc::end_of_stream  ? "!end"
             : failed.error == std::errc::timed_out ? "!late"
                                                    : "!" + failed.error.message();
    if (on_failure) return on_failure(*this, failed);
    return Service_Handler::handle_failure(std::move(failed));
  }
  void handle_close(std::error_code reason) noexcept override {
    diary += 'c';
    why = reason;
    if (on_close) on_close(reason);
  }

  std::string& diary;
  Act on_open, on_failure;
  std::function<void(std::error_code)> on_close;
  std::error_code why;
  int failures = 0;
  bool brief = false;  ///< sizes, not bytes

 private:
  Result<> next(Completed& completed) { return act_ ? act_(*this, completed) : Result<>{}; }
  Act act_;
};

/// A proactor on one engine over one mechanism, and actors on the ends of socket pairs.
class Proactor_Rig {
 public:
  Proactor_Rig(Backend& world, strata::Proactor_Engine engine) : backend(world) {
    strata::Log_System::process().set_level("", strata::Log_Level::off);
    auto opened = strata::Reactor::open({.demultiplexer = world.demultiplexer()});
    CPPUNIT_ASSERT(opened.has_value());
    reactor = std::move(*opened);
    auto made = strata::Proactor::open(*reactor, {.engine = engine});
    CPPUNIT_ASSERT(made.has_value());
    proactor = std::move(*made);
  }
  ~Proactor_Rig() { end(); }
  void end() {
    if (reactor == nullptr) return;
    reactor->end(errc::stopping);
    proactor.reset();
    reactor.reset();
  }

  Actor& adopt(os::Unique_Handle handle, Actor::Act on_open, Actor::Act act = {}, bool file = false) {
    auto actor = std::make_unique<Actor>(diary, std::move(act));
    Actor& kept = *actor;
    kept.on_open = std::move(on_open);
    const auto adopted = file ? proactor->adopt_file(std::move(actor), std::move(handle))
                              : proactor->adopt(std::move(actor), std::move(handle));
    CPPUNIT_ASSERT_MESSAGE(adopted ? "" : adopted.error().message(), adopted.has_value());
    return kept;
  }
  /// An actor on one end of a connected pair; the other end is `peer`.
  Actor& pair(Actor::Act on_open, Actor::Act act = {}) {
    auto made = os::socket_pair();
    CPPUNIT_ASSERT(made.has_value());
    peer = std::move(made->second);
    return adopt(std::move(made->first), std::move(on_open), std::move(act));
  }
  void send(std::string_view text) {
    const auto sent = os::send(peer.get(), strata::as_bytes(text));
    CPPUNIT_ASSERT(sent.has_value() && *sent == text.size());
  }
  /// Takes what the peer has got; true at its end.
  bool receive(std::string& into) {
    for (;;) {
      std::array<std::byte, 65'536> room;
      const auto got = os::receive(peer.get(), room);
      if (!got) return got.error() != std::errc::operation_would_block;
      if (*got == 0) return true;
      into += strata::as_text(std::span{room}.first(*got));
    }
  }
  void turn() { CPPUNIT_ASSERT(reactor->poll().has_value()); }
  template <class Reached>
  void until(Reached reached) {
    for (int i = 0; i < 100'000; ++i) {
      if (reached()) return;
      turn();
      std::this_thread::yield();
    }
    CPPUNIT_FAIL("what was awaited has not come; diary: " + diary);
  }
  /// The same where time is to pass; threads may have to, too.
  template <class Reached>
  void run_until(Reached reached) {
    for (int i = 0; i < 100'000 && !reached(); ++i) {
      CPPUNIT_ASSERT(reactor->run_for(1ms).has_value());
      std::this_thread::yield();
    }
    CPPUNIT_ASSERT_MESSAGE("diary: " + diary, reached());
  }
  /// Until a byte has come to the peer.
  void until_something_comes() {
    std::array<std::byte, 1> room;
    until([&] { return os::receive(peer.get(), room).has_value(); });
  }
  void expect_diary(std::string_view wanted) {
    until([&] { return diary.size() >= wanted.size(); });
    for (int i = 0; i < 8; ++i) turn();
    CPPUNIT_ASSERT_EQUAL(std::string{wanted}, diary);
  }

  Backend& backend;
  std::string diary;
  std::unique_ptr<strata::Reactor> reactor;
  std::unique_ptr<strata::Proactor> proactor;
  os::Unique_Handle peer;
};

inline strata::Proactor_Engine engine_of(const Backend& backend) {
  return backend.completes() ? strata::Proactor_Engine::io_uring : strata::Proactor_Engine::emulated;
}

template <class Test>
void on_engine(std::string_view name, std::uint64_t world, Test& test) {
  std::optional<Descriptor_Guard> guard;
  if (!is_simulated(name)) guard.emplace();
  {
    Backend backend{name, world};
    {
      Proactor_Rig rig{backend, engine_of(backend)};
      test(rig);
      rig.end();
    }
    if (backend.simulator() != nullptr) CPPUNIT_ASSERT_EQUAL(std::size_t{0}, backend.simulator()->open_descriptors());
  }
  if (guard) guard->check();
}

/// Runs a test on the emulated engine over every mechanism and the simulator, and on both rings.
template <class Test>
void on_each_engine(Test test) {
  for (const std::string_view name : engines()) {
    for (std::uint64_t world = 1; world <= worlds_of(name); ++world) {
      try {
        on_engine(name, world, test);
      } catch (CppUnit::Exception& failure) {
        const std::string where = "on " + std::string{name} + ", world " + std::to_string(world);
        failure.setMessage(CppUnit::Message{where, failure.message().details()});
        throw;
      }
    }
  }
}

/// Where threads and all sockets are the system's.
template <class Test>
void on_each_real_engine(Test test) {
  on_each_engine([&](Proactor_Rig& rig) {
    if (rig.backend.simulator() == nullptr) test(rig);
  });
}

}  // namespace strata_test
