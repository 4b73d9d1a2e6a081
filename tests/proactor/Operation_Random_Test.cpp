// SPDX-License-Identifier: Apache-2.0
// Random programs of operations, cancels, deadlines and closes: what each handler is told is the same on every engine.
#include <strata/proactor/Operation.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <random>

#include <strata/proactor/Stop_Token.h>
#include <strata_test/Scale.h>

#include "Proactor_Rig.h"

namespace {

using namespace strata_test;
using Rig = Proactor_Rig;
using strata::Completed;

constexpr std::size_t pairs = 3;
constexpr int steps = 40;  // of one program

/// One connection of a program: an actor, and the test's end.
struct Place {
  std::string diary;
  Actor* actor = nullptr;  ///< null: it has closed
  os::Unique_Handle peer;
  std::vector<Operation> started;
  std::stop_source stop;
  strata::Pipe_Block pipe;  ///< what was read into it is not written yet
};

/// Carries out one program, and lets everything come to rest after each step: what was started then has completed, or
/// waits for a peer. So nothing is told that a race decides.
class Program {
 public:
  Program(Rig& rig, std::uint64_t seed) : rig_(rig), random_(seed) {
    for (Place& place : places_) {
      auto made = os::socket_pair();
      CPPUNIT_ASSERT(made.has_value());
      place.peer = std::move(made->second);
      auto actor = std::make_unique<Actor>(place.diary, [&place](Actor&, Completed& done) {
        if (done.kind == strata::Operation_Kind::read_pipe) place.pipe = std::move(done.pipe);
        return Result<>{};
      });
      place.actor = actor.get();
      place.actor->brief = true;
      place.actor->on_failure = [this](Actor&, Completed&) {
        return fails_close_ ? strata::fail(errc::shed) : Result<>{};
      };
      place.actor->on_close = [&place](std::error_code reason) {
        place.diary += reason.category() == strata::strata_category() ? std::to_string(reason.value()) : "x";
        place.actor = nullptr;
      };
      CPPUNIT_ASSERT(rig.proactor->adopt(std::move(actor), std::move(made->first)).has_value());
    }
  }

  std::string run() {
    for (int i = 0; i < steps; ++i) {
      step(places_[pick(pairs)]);
      rest();
    }
    fails_close_ = false;
    for (Place& place : places_) {
      if (place.actor != nullptr) place.actor->close(errc::canceled);
    }
    rig_.until([this] { return std::ranges::none_of(places_, [](const Place& p) { return p.actor != nullptr; }); });
    CPPUNIT_ASSERT_EQUAL(rig_.proactor->started(), rig_.proactor->completed());
    std::string trace;
    for (const Place& place : places_) trace += place.diary + '\n';
    return trace;
  }

 private:
  std::size_t pick(std::size_t below) { return std::uniform_int_distribution<std::size_t>{0, below - 1}(random_); }

  void step(Place& place) {
    const std::size_t what = pick(100), size = 1 + pick(2'000);
    if (what < 45) return start_one(place, what, size);
    if (what < 65 && place.peer.get().valid()) {
      const std::string text(size, '.');
      return (void)os::send(place.peer.get(), strata::as_bytes(text));
    }
    if (what < 78 && place.actor != nullptr) return end_some(place, what);
    if (what < 84) return (void)rig_.reactor->run_for(30ms);
    if (what < 86 && place.actor != nullptr) return place.actor->close(errc::overflow);
    if (what < 88) return place.peer.reset();
    if (what < 90) fails_close_ = !fails_close_;
    drain(place);
  }

  void start_one(Place& place, std::size_t what, std::size_t size) {
    if (what < 6) return start(place, [](Actor& a, auto options) { return a.read(options); });
    if (what < 15) return start(place, [=](Actor& a, auto options) { return a.read(size, options); });
    if (what < 27) {
      const std::string text(size, static_cast<char>('a' + pick(26)));
      return start(place, [&](Actor& a, auto options) { return a.write(block_of(text), options); });
    }
    if (what < 31) return start(place, [](Actor& a, auto options) { return a.poll(os::Interest::input, options); });
    if (what < 34) return start(place, [](Actor& a, auto options) { return a.poll(os::Interest::output, options); });
    if (what < 38) return start(place, [](Actor& a, auto options) { return a.wait(10ms, options); });
    if (what < 42 || place.pipe.empty()) {
      return start(place, [](Actor& a, auto options) { return a.read(*strata::Pipe_Block::make(), options); });
    }
    start(place, [&](Actor& a, auto options) { return a.write(std::exchange(place.pipe, {}), options); });
  }

  void end_some(Place& place, std::size_t what) {
    if (what >= 76) return place.actor->cancel_all();
    if (what >= 74) return (void)std::exchange(place.stop, std::stop_source{}).request_stop();
    if (!place.started.empty()) place.actor->cancel(place.started[pick(place.started.size())]);
  }

  template <class Start>
  void start(Place& place, Start start_on) {
    if (place.actor == nullptr) return;
    Operation started;
    strata::Operation_Options options{.started = &started};
    if (pick(4) == 0) options.deadline = 20ms;
    if (pick(4) == 0) options.stop = place.stop.get_token();
    place.diary += start_on(*place.actor, options) ? '+' : '-';
    if (started) place.started.push_back(started);
  }

  /// The peer takes what has come.
  static void drain(Place& place) {
    std::array<std::byte, 4096> room;
    while (place.peer.get().valid()) {
      const auto got = os::receive(place.peer.get(), room);
      if (!got || *got == 0) return;
    }
  }

  void rest() {
    std::size_t length = 0;
    for (int quiet = 0; quiet < 3; ++quiet) {
      rig_.turn();
      std::size_t now = 0;
      for (const Place& place : places_) now += place.diary.size();
      if (std::exchange(length, now) != now) quiet = -1;
    }
  }

  Rig& rig_;
  std::mt19937_64 random_;
  std::array<Place, pairs> places_;
  bool fails_close_ = false;
};

class Operation_Random_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Operation_Random_Test);
  CPPUNIT_TEST(every_engine_tells_the_same);
  CPPUNIT_TEST_SUITE_END();

 public:
  void every_engine_tells_the_same() {
    const std::uint64_t programs = count(10'000'000) / steps;
    for (std::uint64_t seed = 0; seed < programs; ++seed) {
      const std::string wanted = trace_of(engines().front(), seed);
      for (const std::string_view name : engines().subspan(1)) {
        const std::string where = "program " + std::to_string(seed) + " on " + std::string{name};
        CPPUNIT_ASSERT_EQUAL_MESSAGE(where, wanted, trace_of(name, seed));
      }
    }
  }

 private:
  static std::string trace_of(std::string_view name, std::uint64_t seed) {
    Backend backend{name, name == "sim-ring" ? seed : 1};
    if (backend.simulator() != nullptr) backend.simulator()->lent_size(strata::Proactor::lent_size);
    Rig rig{backend, engine_of(backend)};
    return Program{rig, seed}.run();
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Operation_Random_Test);

}  // namespace
