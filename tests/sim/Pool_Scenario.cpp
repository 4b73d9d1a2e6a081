// SPDX-License-Identifier: Apache-2.0
// A pool of threads under posts, bytes, timers and closes, all by chance: hooks of one handler never overlap and keep
// their order, nothing that was accepted is lost, each handler is closed and freed once.
#include <algorithm>
#include <array>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <strata/os/Socket.h>
#include <strata/os/Thread.h>
#include <strata/reactor/Reactor.h>
#include <strata/reactor/Reactor_Options.h>
#include <strata/sim/Simulator.h>

#include "Kept.h"
#include "Scenario.h"

namespace strata_test {
namespace {

namespace os = strata::os;
using namespace std::chrono_literals;
using strata::Result;

/// What one handler has lived through; outlives it.
struct Diary {
  std::string complaint;
  std::array<std::uint64_t, 2> next_post{};  ///< the number that each producer's next post must have
  std::size_t sent = 0, received = 0;
  int timeouts = 0, closes = 0;
  bool freed = false, closing = false;
};

class Inmate final : public strata::Event_Handler {
 public:
  Inmate(os::Unique_Handle handle, Diary& diary, strata::sim::Simulator& world)
      : handle_{std::move(handle)}, diary_{diary}, world_{world} {}
  ~Inmate() override { diary_.freed = true; }

  os::Handle handle() const noexcept override { return handle_.get(); }
  Result<> handle_input() override {
    const Hook hook{*this, "handle_input"};
    std::array<std::byte, 64> room;
    const Result<std::size_t> size = os::receive(handle(), room);
    if (!size) return strata::fail(size.error());
    if (*size == 0) return strata::fail(strata::errc::end_of_stream);
    diary_.received += *size;
    return {};
  }
  Result<> handle_timeout(strata::Timer_Id) override {
    const Hook hook{*this, "handle_timeout"};
    ++diary_.timeouts;
    return {};
  }
  Result<> handle_post(strata::Callback& callback) override {
    const Hook hook{*this, "handle_post"};
    callback();
    return {};
  }
  void handle_close(std::error_code) noexcept override {
    const Hook hook{*this, "handle_close"};
    ++diary_.closes;
  }

 private:
  /// Others may go on while it lasts, by chance also for some time.
  struct Hook {
    Hook(Inmate& of, const char* name) : inmate{of} {
      Diary& diary = inmate.diary_;
      if (inmate.inside_) diary.complaint = std::string{"two hooks at once: "} + name;
      if (diary.closes != 0) diary.complaint = std::string{"a hook after handle_close: "} + name;
      inmate.inside_ = true;
      if (inmate.world_.random().chance(0.1)) inmate.world_.advance(2ms);  // so long that others must take over
      inmate.world_.may_switch();
    }
    ~Hook() { inmate.inside_ = false; }
    Inmate& inmate;
  };

  os::Unique_Handle handle_;
  Diary& diary_;
  strata::sim::Simulator& world_;
  bool inside_ = false;
};

class Pool_Run {
 public:
  Pool_Run(std::uint64_t seed, strata::sim::Simulator& world) : random_{seed ^ 0x9001}, world_{world} {}

  void run() {
    strata::Reactor_Options options;
    options.dispatch = random_.chance(0.5) ? strata::Dispatch::worker_pool : strata::Dispatch::leader_followers;
    options.threads = static_cast<unsigned>(random_.between(1, 4));
    options.timers = random_.chance(0.5) ? strata::Timer_Kind::wheel : strata::Timer_Kind::heap;
    options.post_capacity = random_.chance(0.5) ? 8 : 1024;
    reactor_ = std::move(*strata::Reactor::open(options));
    const std::uint64_t guests = random_.between(1, 5);
    for (std::uint64_t i = 0; i < guests; ++i) add();
    for (int round = random_.chance(0.3) ? 2 : 1; round > 0; --round) run_once();
    for (Place& place : places_) place.timer.cancel();
    check();
    reactor_.reset();
    for (const Place& place : places_) {
      if (place.diary->closes != 1 || !place.diary->freed) complain("a handler was not closed and freed once");
    }
    places_.clear();
    if (world_.open_descriptors() != 0) complain("descriptors are left");
  }
  const std::string& complaint() const { return complaint_; }

 private:
  struct Place {
    strata::Handler_Ref ref;
    os::Unique_Handle peer;
    strata::Timer timer;
    std::unique_ptr<Diary> diary = std::make_unique<Diary>();
  };

  void add() {
    auto pair = std::move(*os::socket_pair());
    Place& place = places_.emplace_back();
    const strata::Adopt_Options options{.strand = random_.chance(0.3) ? strata::Strand_Of::reactor
                                                                      : strata::Strand_Of::handler};
    auto inmate = std::make_unique<Inmate>(std::move(pair.first), *place.diary, world_);
    place.ref = *reactor_->adopt(std::move(inmate), strata::Event_Mask::input, options);
    place.peer = std::move(pair.second);
    if (random_.chance(0.5)) place.timer = reactor_->schedule(place.ref, 1ms, 1ms);
  }

  void run_once() {
    Result<> ran;
    {
      os::Thread runner = std::move(*os::spawn("runs", [&] { ran = reactor_->run(); }));
      {
        os::Thread other = std::move(*os::spawn("posts", [this] { produce(1); }));
        produce(0);
      }
      world_.advance(50ms);
      reactor_->stop();
    }
    if (!ran) complain("the run failed: " + ran.error().message() + "; " + world_.diagnosis());
  }

  void produce(std::size_t producer) {
    for (int i = 0; i < 30 && complaint_.empty(); ++i) {
      Place& place = places_[random_.below(places_.size())];
      if (random_.chance(0.2)) world_.advance(std::chrono::microseconds{random_.below(3'000)});
      const std::uint64_t way = random_.below(20);
      if (way < 8) {
        post(place, producer);
      } else if (way < 16) {
        const auto sent = os::send(place.peer.get(), strata::as_bytes("some bytes"));
        if (sent) place.diary->sent += *sent;
      } else if (way < 18) {
        post_to_strand();
      } else if (way == 18 && random_.chance(0.3)) {
        close_later(place);
      }
    }
  }

  void post(Place& place, std::size_t producer) {
    Diary& diary = *place.diary;
    const std::uint64_t number = numbers_[producer];
    const Result<> posted = reactor_->post(place.ref, [this, &diary, producer, number] {
      if (diary.next_post[producer] > number) complain("posts of one producer change places");
      diary.next_post[producer] = number + 1;
      ++ran_;
    });
    if (posted) ++numbers_[producer], ++accepted_;
  }

  void close_later(Place& place) {
    const Result<> posted = reactor_->post([this, &place] {
      place.diary->closing = true;
      (void)reactor_->close(place.ref, strata::errc::canceled);
    });
    (void)posted;
  }

  void post_to_strand() {
    const Result<> posted = reactor_->post([this] {
      if (std::exchange(on_strand_, true)) complain("two callbacks of the strand at once");
      world_.may_switch();
      on_strand_ = false;
      ++strand_ran_;
    });
    if (posted) ++strand_accepted_;
  }

  void check() {
    bool any_closed = false;
    for (const Place& place : places_) {
      const Diary& diary = *place.diary;
      if (!diary.complaint.empty()) complain(diary.complaint);
      any_closed = any_closed || diary.closing;
      if (!diary.closing && diary.received != diary.sent) {
        complain(std::to_string(diary.sent) + " bytes were sent, " + std::to_string(diary.received) + " received");
      }
    }
    if (strand_ran_ != strand_accepted_) complain("a post to the strand was lost or ran twice");
    if (ran_ > accepted_ || (!any_closed && ran_ != accepted_)) complain("a post was lost or ran twice");
  }

  void complain(const std::string& what) {
    if (complaint_.empty()) complaint_ = what;
  }

  strata::sim::Random random_;
  strata::sim::Simulator& world_;
  std::unique_ptr<strata::Reactor> reactor_;
  std::vector<Place> places_;
  std::array<std::uint64_t, 2> numbers_{};
  std::uint64_t accepted_ = 0, ran_ = 0, strand_accepted_ = 0, strand_ran_ = 0;
  bool on_strand_ = false;
  std::string complaint_;
};

}  // namespace

Verdict run_pool(std::uint64_t seed, std::ostream* trace) {
  strata::sim::Simulator world{seed};
  world.trace().print_live(trace);
  world.end_after(10s);
  auto run = std::make_unique<Pool_Run>(seed, world);
  if (world.run([&run] { run->run(); })) return {world.trace().hash(), run->complaint()};
  keep(std::move(run));
  return {world.trace().hash(), world.diagnosis()};
}

}  // namespace strata_test
