// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include <cppunit/TestAssert.h>
#include <strata/connection/Service.h>
#include <strata/connection/Svc_Handler.h>

#include "Model_Rig.h"
#include "Peer.h"
#include "Shared_Seam.h"

namespace strata_test {

class Actor;

/// A service whose handlers do what the test says, in whichever threads; what it counts may be read from any.
class Shared_Stage final : public strata::Service {
 public:
  using strata::Service::Service;

  // Set before the threads start.
  std::function<strata::Result<>(Actor&)> on_open, on_end;
  std::function<strata::Result<>(Actor&, strata::Bytes)> on_data;
  std::function<void(Actor&, std::error_code)> on_close;

  std::atomic<std::size_t> made{0}, freed{0}, opened{0}, closed{0}, overlaps{0}, late{0};
};

/// The handler of these tests. Two hooks at once, or one after handle_close, are counted.
class Actor final : public strata::Svc_Handler {
 public:
  explicit Actor(strata::Service& service) : stage(static_cast<Shared_Stage&>(service)) { ++stage.made; }
  ~Actor() override { ++stage.freed; }

  Result<> open() override {
    ++stage.opened;
    return hook([&] { return stage.on_open ? stage.on_open(*this) : Result<>{}; });
  }
  Result<> handle_data(Bytes bytes) override {
    return hook([&] { return stage.on_data ? stage.on_data(*this, bytes) : put(bytes); });
  }
  Result<> handle_end() override {
    return hook([&] { return stage.on_end ? stage.on_end(*this) : Svc_Handler::handle_end(); });
  }
  void handle_close(std::error_code reason) noexcept override {
    (void)hook([&]() -> Result<> {
      if (stage.on_close) stage.on_close(*this, reason);
      ++stage.closed;  // for who waits until all that has been done
      return {};
    });
    closed_ = true;
  }

  Shared_Stage& stage;
  strata::Timer timer;
  std::size_t number = 0;  ///< the test's

 private:
  template <class Body>
  Result<> hook(Body body) {
    struct Inside {
      explicit Inside(Actor& of) : actor(of) {
        if (actor.inside_.exchange(true, std::memory_order_relaxed)) ++actor.stage.overlaps;
        if (actor.closed_) ++actor.stage.late;
      }
      ~Inside() { actor.inside_.store(false, std::memory_order_relaxed); }
      Actor& actor;
    } const inside{*this};
    return body();
  }

  std::atomic<bool> inside_{false};
  bool closed_ = false;
};

/// A Shared_Stage in one model, with its peers in the test's thread, and a seam between.
struct Fault_Rig {
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
  void knock(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) peers.push_back(Peer::connect(address));
  }
  void expect_all_served();
  /// All is gone, one handle_close each.
  void finish() {
    if (!models.main) return;  // already
    const bool ended = models.end(*service);
    peers.clear();
    CPPUNIT_ASSERT_MESSAGE("connections were left at the end", ended);
    CPPUNIT_ASSERT_EQUAL(service->opened.load(), service->closed.load());
    CPPUNIT_ASSERT_EQUAL(service->made.load(), service->freed.load());
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, service->overlaps + service->late);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, service->budget().used());
  }

  std::atomic<bool> flag{false};  ///< these three are the test's, for what it has run in other threads
  std::atomic<std::uint64_t> calls{0}, events{0};
  Model_Rig models;
  std::unique_ptr<Shared_Stage> service;
  Shared_Seam seam;
  strata::Acceptor_Options accept;
  os::Socket_Address address;
  std::deque<Peer> peers;
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
  for (const Service_Model& model : service_models) {
    for (const std::string_view engine : service_engines()) {
      try {
        const Descriptor_Guard guard;
        {
          Fault_Rig rig{model, engine, stream};
          test(rig);
          rig.finish();
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
void on_each_service_model(Test test) {
  on_each_service_model(strata::Stream_Options{}, test);
}

}  // namespace strata_test
