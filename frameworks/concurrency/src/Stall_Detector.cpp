// SPDX-License-Identifier: Apache-2.0
#include <strata/concurrency/Stall_Detector.h>

#include <array>
#include <cstdint>
#include <mutex>
#include <utility>

#include <strata/logging/Log_System.h>
#include <strata/os/Monitor.h>
#include <strata/os/Stack.h>
#include <strata/os/Thread.h>
#include <strata/reactor/Reactor.h>
#include <strata/reactor/Reactor_Metrics.h>

#include "Guarded_Call.h"

namespace strata {
inline namespace v1 {

namespace {

constexpr Duration patience = std::chrono::milliseconds{100};  // for the thread that is asked what it does
constexpr std::size_t most_frames = 32;

void log_stall(const Stall& stall) {
  std::string stack;
  for (const std::string& frame : stall.stack) stack += (stack.empty() ? "" : " < ") + frame;
  Log_System::process().logger("reactor").warning("an upcall holds up its thread", "reactor", stall.reactor, "handler",
                                                  stall.handler, "for", stall.so_far, "stack", stack);
}

}  // namespace

class Stall_Detector::State {
 public:
  State(std::span<Reactor* const> reactors, Duration limit, On_Stall told)
      : limit_(limit), told_(told ? std::move(told) : log_stall) {
    for (std::size_t i = 0; i < reactors.size(); ++i) {
      for (Run_Context* context : reactors[i]->contexts()) watched_.push_back({context, reactors[i], i});
    }
  }

  void look() {
    const Time_Point now = Clock::now();
    for (Watched& one : watched_) {
      const std::uint64_t upcalls = one.context->upcalls.load(std::memory_order_relaxed);
      const bool runs = one.context->running.load(std::memory_order_relaxed) != nullptr;
      if (!runs || upcalls != one.upcalls) {
        one.upcalls = upcalls;
        one.since = now;
        one.told = false;
      } else if (!one.told && now - one.since >= limit_) {
        one.told = true;
        tell(one, now - one.since);
      }
    }
  }

  Result<> start() {
    ending_ = false;
    Result<os::Thread> thread = os::spawn("stalls", [this] {
      std::unique_lock held{monitor_};
      while (!ending_) {
        held.unlock();  // who is told may take his time
        auto one_look = [this] { look(); };
        guarded_.call("a stall detector", one_look);
        held.lock();
        if (!ending_) ended_.wait(monitor_, limit_);
      }
    });
    if (!thread) return fail(thread.error());
    thread_ = std::move(*thread);
    return {};
  }

  void stop() noexcept {
    {
      const std::lock_guard held{monitor_};
      ending_ = true;
      ended_.notify_all();
    }
    thread_.join();
  }

 private:
  struct Watched {
    Run_Context* context;
    Reactor* reactor;
    std::size_t index;
    std::uint64_t upcalls = 0;
    Time_Point since{};
    bool told = false;
  };

  void tell(const Watched& one, Duration so_far) {
    one.reactor->metrics().stalls.add();
    Stall stall{one.index, "?", so_far};
    std::array<const void*, most_frames> frames;
    Running_Upcall running;
    const auto ask = [](void* answer) { *static_cast<Running_Upcall*>(answer) = running_upcall(); };
    const Result<std::size_t> depth =
        os::look_into(one.context->thread.load(std::memory_order_relaxed), ask, &running, frames, patience);
    if (depth) {
      // Meanwhile it may have gone on: then this is another's stack.
      if (one.context->upcalls.load(std::memory_order_relaxed) != one.upcalls) return;
      stall.handler = running.type == nullptr ? "a callback" : os::class_name(running.type);
      for (std::size_t i = 0; i < *depth; ++i) stall.stack.push_back(os::code_at(frames[i]));
    }
    told_(stall);
  }

  const Duration limit_;
  const On_Stall told_;
  std::vector<Watched> watched_;
  Guarded_Call guarded_;
  os::Monitor monitor_;
  os::Condition ended_;
  bool ending_ = false;
  os::Thread thread_;
};

Stall_Detector::Stall_Detector(std::span<Reactor* const> reactors, Duration limit, On_Stall told)
    : state_(std::make_unique<State>(reactors, limit, std::move(told))) {}

Stall_Detector::~Stall_Detector() { stop(); }

Result<> Stall_Detector::start() { return state_->start(); }

void Stall_Detector::stop() noexcept { state_->stop(); }

void Stall_Detector::look() { state_->look(); }

}  // namespace v1
}  // namespace strata
