// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include <cppunit/TestAssert.h>
#include <strata/connection/Service.h>
#include <strata/connection/Svc_Handler.h>

#include "Hook_Watch.h"
#include "Model_Peers.h"
#include "Shared_Seam.h"

namespace strata_test {

class Actor;

/// A service whose handlers do what the test says, in whichever threads.
class Shared_Stage final : public strata::Service, public Hook_Counts {
 public:
  using strata::Service::Service;

  // Set before the threads start.
  std::function<strata::Result<>(Actor&)> on_open, on_end;
  std::function<strata::Result<>(Actor&, strata::Bytes)> on_data;
  std::function<void(Actor&, std::error_code)> on_close;
};

/// The handler of these tests.
class Actor final : public strata::Svc_Handler {
 public:
  explicit Actor(strata::Service& service) : stage(static_cast<Shared_Stage&>(service)) {}

  Result<> open() override {
    return watch_.open([&] { return stage.on_open ? stage.on_open(*this) : Result<>{}; });
  }
  Result<> handle_data(Bytes bytes) override {
    return watch_.run([&] { return stage.on_data ? stage.on_data(*this, bytes) : put(bytes); });
  }
  Result<> handle_end() override {
    return watch_.run([&] { return stage.on_end ? stage.on_end(*this) : Svc_Handler::handle_end(); });
  }
  void handle_close(std::error_code reason) noexcept override {
    watch_.close([&] {
      if (stage.on_close) stage.on_close(*this, reason);
    });
  }

  Shared_Stage& stage;
  strata::Timer timer;
  std::size_t number = 0;  ///< the test's

 private:
  Hook_Watch watch_{stage};
};

/// A Shared_Stage in one model, with its peers in the test's thread, and a seam between.
struct Fault_Rig : Model_Peers {
  Fault_Rig(const Service_Model& model, std::string_view engine, const strata::Stream_Options& stream)
      : models(model, engine) {
    constexpr std::size_t unlimited = strata::Budget::unlimited;
    service = std::make_unique<Shared_Stage>("test", *models.main, stream, nullptr, unlimited, models.serving());
  }
  ~Fault_Rig() { models.halt(); }

  /// With a cap, never reached, each accept is a call through the seam, beside a ring, too.
  void accept_by_calls() { accept.max_connections = 100'000; }
  void listen() { address = models.listen<Actor>(*service, accept); }
  void start() {
    if (address.port() == 0) listen();
    models.start();
  }
  /// Of each of these, accept may fail by itself.
  std::size_t listeners() const {
    const bool each = models.model.accept == strata::Accept_Mode::reuseport ||
                      models.model.accept == strata::Accept_Mode::exclusive;
    return each ? models.model.reactors : 1;
  }
  void expect_all_served();
  /// All is gone, one handle_close each.
  void finish() {
    if (!models.main) return;  // already
    const bool ended = models.end(*service);
    peers.clear();
    CPPUNIT_ASSERT_MESSAGE("connections were left at the end", ended);
    service->expect_one_close_each();
    CPPUNIT_ASSERT_EQUAL(service->made.load(), service->freed.load());
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, service->budget().used());
  }

  std::atomic<bool> flag{false};  ///< these three are the test's, for what it has run in other threads
  std::atomic<std::uint64_t> calls{0}, events{0};
  Model_Rig models;
  std::unique_ptr<Shared_Stage> service;
  Shared_Seam seam;
  strata::Acceptor_Options accept;
};

/// One byte, once; whether something has come back.
inline bool echoes(Peer& peer) {
  if (peer.got.empty()) {
    (void)peer.push("x");
    peer.read();
  }
  return !peer.got.empty();
}

inline void Fault_Rig::expect_all_served() {
  for (Peer& peer : peers) until([&] { return echoes(peer); });
}

/// Runs `test(rig)` in every model on every engine.
template <class Test>
void on_each_service_model(const strata::Stream_Options& stream, Test test) {
  in_models(service_engines(), any_model, [&](const Service_Model& model, std::string_view engine) {
    Fault_Rig rig{model, engine, stream};
    test(rig);
    rig.finish();
  });
}
template <class Test>
void on_each_service_model(Test test) {
  on_each_service_model(strata::Stream_Options{}, test);
}

}  // namespace strata_test
