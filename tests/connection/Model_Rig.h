// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <cppunit/Exception.h>
#include <cppunit/TestAssert.h>
#include <strata/concurrency/Reactor_Pool.h>
#include <strata/concurrency/Thread_Pool.h>
#include <strata/connection/Acceptor.h>
#include <strata/logging/Log_System.h>
#include <strata/os/Operations.h>
#include <strata/os/Thread.h>
#include <strata/proactor/Completion_Transports.h>
#include <strata/reactor/Reactor_Options.h>
#include <strata_test/Descriptor_Guard.h>
#include <strata_test/Interruptions.h>
#include <strata_test/Mechanisms.h>

namespace strata_test {

/// Which reactors serve, which threads run them, who accepts.
struct Service_Model {
  std::string_view name;
  unsigned reactors;  ///< beside the main one; 0: that serves
  strata::Dispatch dispatch = strata::Dispatch::single;  ///< of those that serve
  unsigned threads = 1;
  strata::Accept_Mode accept = strata::Accept_Mode::handoff;
};

inline constexpr std::array service_models{
    Service_Model{"one thread", 0},
    Service_Model{"a worker pool", 0, strata::Dispatch::worker_pool, 3},
    Service_Model{"leader and followers", 0, strata::Dispatch::leader_followers, 3},
    Service_Model{"several reactors, handoff", 2},
    Service_Model{"several reactors, least loaded", 2, strata::Dispatch::single, 1, strata::Accept_Mode::least_loaded},
    Service_Model{"several reactors, reuseport", 2, strata::Dispatch::single, 1, strata::Accept_Mode::reuseport},
    Service_Model{"several reactors, exclusive", 2, strata::Dispatch::single, 1, strata::Accept_Mode::exclusive},
    Service_Model{"several pools", 2, strata::Dispatch::leader_followers, 2},
};
/// What each of them runs on: mechanisms of readiness, and a ring's completions where this machine allows a ring.
inline std::span<const std::string_view> service_engines() {
  static constexpr std::array<std::string_view, 4> names{"epoll", "poll", "select", "completions"};
  return std::span{names}.first(io_uring_allowed() ? 4 : 3);
}

/// Whether it comes within half a minute of the system's time; meanwhile this thread gives way.
template <class Condition>
bool comes_true(Condition reached) {
  const auto clock = strata::os::native_operations().monotonic_ns;
  for (const std::int64_t limit = clock() + 30'000'000'000; clock() < limit; std::this_thread::yield()) {
    if (reached()) return true;
  }
  return false;
}
template <class Condition>
void until(Condition reached) {
  CPPUNIT_ASSERT_MESSAGE("what was awaited has not come", comes_true(reached));
}

/// Runs `test(model, engine)` in those models that are `such`, on each of the engines. Nothing may be left open.
template <class Such, class Test>
void in_models(std::span<const std::string_view> engines, Such such, Test test) {
  for (const Service_Model& model : service_models) {
    if (!such(model)) continue;
    for (const std::string_view engine : engines) {
      try {
        const Descriptor_Guard guard;
        test(model, engine);
        guard.check();
      } catch (CppUnit::Exception& failure) {
        const std::string where = "in " + std::string{model.name} + " on " + std::string{engine};
        failure.setMessage(CppUnit::Message{where, failure.message().details()});
        throw;
      }
    }
  }
}
inline bool any_model(const Service_Model&) { return true; }

/// The reactors of a model, and the threads that run them.
class Model_Reactors {
 public:
  Model_Reactors(const Service_Model& of, std::string_view engine) : model(of), completes(engine == "completions") {
    strata::Log_System::process().set_level("", strata::Log_Level::off);
    if (Interruptions::wanted()) interruptions_.emplace();
    strata::Reactor_Options options;
    options.demultiplexer = completes ? "io_uring" : engine;
    strata::Reactor_Options serving = options;
    serving.dispatch = model.dispatch;
    serving.threads = model.threads;
    main = std::move(*strata::Reactor::open(model.reactors == 0 ? serving : options));
    if (model.reactors != 0) pool_ = std::move(*strata::Reactor_Pool::open(*main, model.reactors, serving));
  }

  std::span<strata::Reactor* const> serving() const {
    return pool_ ? pool_->serving() : std::span<strata::Reactor* const>{};
  }
  /// The main one first.
  std::vector<strata::Reactor*> reactors() const {
    std::vector<strata::Reactor*> all{main.get()};
    all.insert(all.end(), serving().begin(), serving().end());
    return all;
  }
  /// At home of the service.
  template <class Call>
  void at_home(Call call) {
    until([&] { return main->post(call).has_value(); });
  }

  const Service_Model& model;
  const bool completes;  ///< on a ring
  std::unique_ptr<strata::Reactor> main;

 protected:
  ~Model_Reactors() = default;
  void start_threads() {
    CPPUNIT_ASSERT(!pool_ || pool_->start());
    runner_ = std::move(*strata::os::spawn("main", [this] {
      ran_ = main->run();
      main->end_operations();  // no other thread may
    }));
  }
  void stop_threads() {
    if (pool_) pool_->stop();
    if (runner_.joinable()) main->stop();
    runner_.join();
  }
  void free_reactors() {
    pool_.reset();
    main.reset();
  }
  bool has_run() const { return ran_.has_value(); }  ///< without an error

 private:
  std::optional<Interruptions> interruptions_;
  std::unique_ptr<strata::Reactor_Pool> pool_;
  strata::Result<> ran_;
  strata::os::Thread runner_;
};

/// A service of the test's class stands on them.
class Model_Rig : public Model_Reactors {
 public:
  Model_Rig(const Service_Model& of, std::string_view engine) : Model_Reactors(of, engine) {
    if (completes) transports_ = std::move(*strata::Completion_Transports::open(reactors()));
  }
  ~Model_Rig() { halt(); }

  /// Threads that `offload`ed work runs in; before `start`.
  strata::Thread_Pool* add_workers(unsigned threads = 2, std::size_t capacity = 1024) {
    workers_ = std::move(*strata::Thread_Pool::open({.threads = threads, .capacity = capacity}));
    return workers_.get();
  }
  /// On a port of the system's choice.
  template <class Handler>
  strata::os::Socket_Address listen(strata::Service& service, strata::Acceptor_Options options = {}) {
    options.accept = model.accept;
    service.set_transports(transports_.get());
    acceptor_ = std::make_unique<strata::Acceptor<Handler>>(service);
    const std::array any{strata::os::Socket_Address::ipv4(std::array<std::uint8_t, 4>{127, 0, 0, 1}, 0)};
    const auto opened = acceptor_->open(any, options);
    CPPUNIT_ASSERT_MESSAGE(opened ? "" : opened.error().what, opened.has_value());
    return acceptor_->addresses().at(0);
  }
  void start() {
    CPPUNIT_ASSERT(!workers_ || workers_->start());
    start_threads();
  }
  /// As a daemon ends: acceptor, connections, threads. False where connections were left after all.
  bool end(strata::Service& service) {
    at_home([this, &service] {
      acceptor_->close();
      service.close_all(strata::errc::stopping);
    });
    const bool idle = comes_true([&] { return service.idle(); });
    halt();
    return idle && has_run();
  }
  /// The threads alone, and what they ran: for a test that has failed. Idempotent.
  void halt() {
    if (workers_) workers_->stop();
    stop_threads();
    acceptor_.reset();
    free_reactors();
  }
  strata::Acceptor_Base& acceptor() { return *acceptor_; }

 private:
  std::unique_ptr<strata::Completion_Transports> transports_;  // outlives the reactors, whose operations end last
  std::unique_ptr<strata::Thread_Pool> workers_;
  std::unique_ptr<strata::Acceptor_Base> acceptor_;
};

}  // namespace strata_test
