// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <ranges>
#include <stop_token>
#include <string>
#include <string_view>
#include <system_error>

#include <strata/connection/Service.h>
#include <strata/proactor/Asynch_Acceptor.h>

#include "../connection/Hook_Watch.h"
#include "../connection/Model_Peers.h"
#include "Proactor_Rig.h"

namespace strata_test {

class Party;

/// A service whose handlers do what the test says, in whichever threads.
class Party_Service final : public strata::Service, public Hook_Counts {
 public:
  using strata::Service::Service;
  using Act = std::function<Result<>(Party&, strata::Completed&)>;

  // Set before the threads start. Default: an echo.
  std::function<Result<>(Party&)> on_open;
  Act on_read, on_write, on_done, on_failure;
  std::function<void(Party&, std::error_code)> on_close;
  std::function<void(Party&)> on_drain;

  std::atomic<std::size_t> completions{0};
};

/// The handler of these tests.
class Party final : public strata::Service_Handler {
 public:
  explicit Party(strata::Service& service) : stage(static_cast<Party_Service&>(service)) {}

  Result<> open() override {
    return watch_.open([&] { return stage.on_open ? stage.on_open(*this) : read(); });
  }
  Result<> handle_read(Completed got) override {
    return told(got, stage.on_read, [&] { return write(std::move(got.block)); });
  }
  Result<> handle_write(Completed written) override {
    return told(written, stage.on_write, [&] { return read(); });
  }
  Result<> handle_done(Completed done) override {
    return told(done, stage.on_done, [] { return Result<>{}; });
  }
  Result<> handle_failure(Completed failed) override {
    return told(failed, stage.on_failure, [&] { return Service_Handler::handle_failure(std::move(failed)); });
  }
  void handle_drain() override {
    watch_.run([&] { stage.on_drain ? stage.on_drain(*this) : Service_Handler::handle_drain(); });
  }
  void handle_close(std::error_code reason) noexcept override {
    watch_.close([&] {
      if (stage.on_close) stage.on_close(*this, reason);
    });
  }

  Party_Service& stage;
  os::Unique_Handle file;  ///< these are the test's
  Message_Block kept;
  std::stop_source stop;
  std::size_t number = 0;

 private:
  template <class Else>
  Result<> told(Completed& completed, const Party_Service::Act& act, Else otherwise) {
    ++stage.completions;
    return watch_.run([&] { return act ? act(*this, completed) : otherwise(); });
  }

  Hook_Watch watch_{stage};
};

/// A Party_Service in one model on one engine, run by threads of its own; its peers are in the test's.
class Service_Models_Rig : public Model_Reactors, public Model_Peers {
 public:
  Service_Models_Rig(const Service_Model& of, std::string_view engine, std::size_t byte_limit)
      : Model_Reactors(of, engine) {
    using strata::Proactor_Engine;
    proactors = std::move(*strata::Proactors::open(
        reactors(), {.engine = completes ? Proactor_Engine::io_uring : Proactor_Engine::emulated}));
    service = std::make_unique<Party_Service>("test", *main, strata::Stream_Options{}, nullptr, byte_limit, serving());
    acceptor_ = std::make_unique<strata::Asynch_Acceptor<Party>>(*service, *proactors);
  }
  ~Service_Models_Rig() { halt(); }

  /// On a port of the system's choice.
  void start() {
    accept.accept = model.accept;
    const auto opened = acceptor_->open(std::array{any()}, accept);
    CPPUNIT_ASSERT_MESSAGE(opened ? "" : opened.error().what, opened.has_value());
    address = acceptor_->addresses().at(0);
    start_threads();
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
    CPPUNIT_ASSERT(has_run());
    expect_all_complete();
    halt();
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, left_);
  }
  /// The threads, and what is left then: as a daemon ends whose time is up.
  void stop() {
    stop_threads();
    for (strata::Reactor* const one : std::views::reverse(reactors())) one->end(errc::stopping);
  }
  void expect_all_complete() {
    for (strata::Reactor* const one : reactors()) {
      const strata::Proactor& of = proactors->of(*one);
      until([&] {  // what a thread of files has, it ends by itself
        one->end(errc::stopping);
        return of.started() == of.completed();
      });
    }
    service->expect_one_close_each();
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, service->budget().used());
  }

  strata::Acceptor_Options accept;
  std::unique_ptr<strata::Proactors> proactors;
  std::unique_ptr<Party_Service> service;
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
    free_reactors();
  }

  std::unique_ptr<strata::Asynch_Acceptor_Base> acceptor_;
  std::size_t left_ = 0;
};

/// What carries operations out: emulated over two mechanisms, and a ring where this machine allows one.
inline std::span<const std::string_view> operation_engines() {
  static constexpr std::array<std::string_view, 3> names{"epoll", "select", "completions"};
  return std::span{names}.first(io_uring_allowed() ? 3 : 2);
}

/// Runs `test(rig)` in those models that are `such`, on every engine.
template <class Such, class Test>
void in_service_models(Such such, Test test, std::size_t byte_limit = strata::Budget::unlimited) {
  in_models(operation_engines(), such, [&](const Service_Model& model, std::string_view engine) {
    Service_Models_Rig rig{model, engine, byte_limit};
    test(rig);
  });
}
template <class Test>
void in_each_service_model(Test test) {
  in_service_models(any_model, test);
}

}  // namespace strata_test
