// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <strata/connection/Service.h>
#include <strata/os/Thread.h>
#include <strata/proactor/Asynch_Acceptor.h>

#include "../connection/Model_Rig.h"
#include "../connection/Peer.h"
#include "Proactor_Rig.h"

namespace strata_test {

class Party;

/// A service whose handlers do what the test says, in whichever threads; what it counts may be read from any.
class Party_Service final : public strata::Service {
 public:
  using strata::Service::Service;
  using Act = std::function<Result<>(Party&, strata::Completed&)>;

  // Set before the threads start. Default: an echo.
  std::function<Result<>(Party&)> on_open;
  Act on_read, on_write, on_done, on_failure;
  std::function<void(Party&, std::error_code)> on_close;
  std::function<void(Party&)> on_drain;

  std::atomic<std::size_t> made{0}, freed{0}, opened{0}, closed{0}, completions{0}, overlaps{0}, late{0};
};

/// The handler of these tests. Two hooks at once, or one after handle_close, are counted.
class Party final : public strata::Service_Handler {
 public:
  explicit Party(strata::Service& service) : stage(static_cast<Party_Service&>(service)) { ++stage.made; }
  ~Party() override { ++stage.freed; }

  Result<> open() override {
    ++stage.opened;
    return hook([&] { return stage.on_open ? stage.on_open(*this) : read(4096); });
  }
  Result<> handle_read(Completed got) override {
    return told(got, stage.on_read, [&] { return write(std::move(got.block)); });
  }
  Result<> handle_write(Completed written) override {
    return told(written, stage.on_write, [&] { return read(4096); });
  }
  Result<> handle_done(Completed done) override {
    return told(done, stage.on_done, [] { return Result<>{}; });
  }
  Result<> handle_failure(Completed failed) override {
    return told(failed, stage.on_failure, [&] { return Service_Handler::handle_failure(std::move(failed)); });
  }
  void handle_drain() override {
    (void)hook([&]() -> Result<> {
      stage.on_drain ? stage.on_drain(*this) : Service_Handler::handle_drain();
      return {};
    });
  }
  void handle_close(std::error_code reason) noexcept override {
    (void)hook([&]() -> Result<> {
      if (stage.on_close) stage.on_close(*this, reason);
      ++stage.closed;
      return {};
    });
    closed_ = true;
  }

  Party_Service& stage;
  os::Unique_Handle file;  ///< these are the test's
  Message_Block kept;
  std::stop_source stop;
  std::size_t number = 0;

 private:
  template <class Body>
  Result<> hook(Body body) {
    struct Inside {
      explicit Inside(Party& of) : party(of) {
        if (party.inside_.exchange(true, std::memory_order_relaxed)) ++party.stage.overlaps;
        if (party.closed_) ++party.stage.late;
      }
      ~Inside() { party.inside_.store(false, std::memory_order_relaxed); }
      Party& party;
    } const inside{*this};
    return body();
  }
  template <class Else>
  Result<> told(Completed& completed, const Party_Service::Act& act, Else otherwise) {
    ++stage.completions;
    return hook([&] { return act ? act(*this, completed) : otherwise(); });
  }

  std::atomic<bool> inside_{false};
  bool closed_ = false;
};

/// A Party_Service in one model on one engine, run by threads of its own; its peers are in the test's.
class Service_Models_Rig {
 public:
  Service_Models_Rig(const Service_Model& of, std::string_view engine, std::size_t byte_limit) : model(of) {
    strata::Log_System::process().set_level("", strata::Log_Level::off);
    if (Interruptions::wanted()) interruptions_.emplace();
    const bool ring = engine == "completions";
    strata::Reactor_Options options;
    options.demultiplexer = ring ? "io_uring" : engine;
    strata::Reactor_Options each = options;
    each.dispatch = model.dispatch;
    each.threads = model.threads;
    main = std::move(*Reactor::open(model.reactors == 0 ? each : options));
    reactors_.push_back(main.get());
    if (model.reactors != 0) pool_ = std::move(*strata::Reactor_Pool::open(*main, model.reactors, each));
    reactors_.insert(reactors_.end(), serving().begin(), serving().end());
    proactors = std::move(*strata::Proactors::open(
        reactors_, {.engine = ring ? strata::Proactor_Engine::io_uring : strata::Proactor_Engine::emulated}));
    service = std::make_unique<Party_Service>("test", *main, strata::Stream_Options{}, nullptr, byte_limit, serving());
    acceptor_ = std::make_unique<strata::Asynch_Acceptor<Party>>(*service, *proactors);
  }
  ~Service_Models_Rig() { halt(); }

  std::span<strata::Reactor* const> serving() const {
    return pool_ ? pool_->serving() : std::span<strata::Reactor* const>{};
  }
  /// On a port of the system's choice.
  void start() {
    accept.accept = model.accept;
    const auto opened = acceptor_->open(std::array{any()}, accept);
    CPPUNIT_ASSERT_MESSAGE(opened ? "" : opened.error().what, opened.has_value());
    address = acceptor_->addresses().at(0);
    CPPUNIT_ASSERT(!pool_ || pool_->start());
    runner_ = std::move(*os::spawn("main", [this] {
      ran_ = main->run();
      main->end_operations();  // no other thread may
    }));
  }
  Peer& knock() { return peers.emplace_back(Peer::connect(address)); }
  void knock(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) knock();
  }
  template <class Call>
  void at_home(Call call) {
    until([&] { return main->post(call).has_value(); });
  }
  void send(Peer& peer, std::string_view text) {
    while (!text.empty()) until([&] { return text.remove_prefix(peer.push(text)), true; });
  }
  void expect(Peer& peer, std::string_view text) {
    until([&] { return peer.read(), peer.got.size() >= text.size() || peer.ended || peer.error; });
    CPPUNIT_ASSERT_EQUAL(text.size(), peer.got.size());
    CPPUNIT_ASSERT(peer.got == text);
    peer.got.clear();
  }
  void expect_end(Peer& peer) {
    until([&] { return peer.read(), peer.ended || peer.error; });
  }
  /// As a daemon ends.
  void close_all() {
    at_home([this] {
      acceptor_->close();
      service->close_all(errc::stopping);
    });
    until([&] { return service->idle(); });
  }
  void close_acceptor() { acceptor_->close(); }
  /// All is gone, by a handle_close each, and all that was started has completed.
  void finish() {
    close_all();
    stop();
    CPPUNIT_ASSERT(ran_.has_value());
    expect_all_complete();
    halt();
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, left_);
  }
  /// The threads, and what is left then: as a daemon ends whose time is up.
  void stop() {
    if (pool_) pool_->stop();
    if (runner_.joinable()) {
      main->stop();
      runner_.join();
    }
    for (auto one = reactors_.rbegin(); one != reactors_.rend(); ++one) (*one)->end(errc::stopping);
  }
  void expect_all_complete() {
    for (Reactor* const one : reactors_) {
      const strata::Proactor& of = proactors->of(*one);
      until([&] {  // what a thread of files has, it ends by itself
        one->end(errc::stopping);
        return of.started() == of.completed();
      });
    }
    CPPUNIT_ASSERT_EQUAL(service->opened.load(), service->closed.load());
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, service->overlaps + service->late);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, service->budget().used());
  }

  using Reactor = strata::Reactor;
  const Service_Model& model;
  strata::Acceptor_Options accept;
  std::unique_ptr<Reactor> main;
  std::unique_ptr<strata::Proactors> proactors;
  std::unique_ptr<Party_Service> service;
  os::Socket_Address address;
  std::deque<Peer> peers;
  std::atomic<bool> flag{false};  ///< these are the test's, for what it has run in other threads
  std::atomic<std::uint64_t> events{0};

 private:
  /// Idempotent; for a test that has failed, too.
  void halt() {
    if (!main) return;
    stop();
    peers.clear();
    acceptor_.reset();
    proactors.reset();
    left_ = service->made - service->freed;
    service.reset();
    reactors_.clear();
    pool_.reset();
    main.reset();
  }

  std::optional<Interruptions> interruptions_;
  std::vector<Reactor*> reactors_;
  std::unique_ptr<strata::Reactor_Pool> pool_;
  std::unique_ptr<strata::Asynch_Acceptor_Base> acceptor_;
  Result<> ran_;
  std::size_t left_ = 0;
  os::Thread runner_;
};

/// What carries operations out: emulated over two mechanisms, and a ring where this machine allows one.
inline std::span<const std::string_view> operation_engines() {
  static constexpr std::array<std::string_view, 3> names{"epoll", "select", "completions"};
  return std::span{names}.first(io_uring_allowed() ? 3 : 2);
}

/// Runs `test(rig)` in those models that are `such`, on every engine.
template <class Such, class Test>
void in_service_models(Such such, Test test, std::size_t byte_limit = strata::Budget::unlimited) {
  for (const Service_Model& model : service_models) {
    if (!such(model)) continue;
    for (const std::string_view engine : operation_engines()) {
      try {
        const Descriptor_Guard guard;
        {
          Service_Models_Rig rig{model, engine, byte_limit};
          test(rig);
        }
        guard.check();
      } catch (CppUnit::Exception& failure) {
        const std::string where = "in " + std::string{model.name} + " on " + std::string{engine};
        failure.setMessage(CppUnit::Message{where, failure.message().details()});
        throw;
      }
    }
  }
}
template <class Test>
void in_each_service_model(Test test) {
  in_service_models([](const Service_Model&) { return true; }, test);
}

}  // namespace strata_test
