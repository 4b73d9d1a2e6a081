// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <utility>

#include <strata/connection/Acceptor_Options.h>
#include <strata/connection/Service.h>
#include <strata/connection/Stream_Options.h>
#include <strata/proactor/Asynch_Acceptor.h>

#include "Proactor_Rig.h"

namespace strata_test {

/// A service of handlers H on the rig's reactor, at a port of the system's choice; the clients are the test's.
template <class H>
class Asynch_Service {
 public:
  explicit Asynch_Service(Proactor_Rig& on, const strata::Acceptor_Options& options = {},
                          const strata::Stream_Options& stream = {},
                          std::size_t byte_limit = strata::Budget::unlimited)
      : rig(on), service("test", *on.reactor, stream, nullptr, byte_limit) {
    const std::array reactors{on.reactor.get()};
    const bool ring = on.backend.completes();
    proactors = std::move(*strata::Proactors::open(
        reactors, {.engine = ring ? strata::Proactor_Engine::io_uring : strata::Proactor_Engine::emulated}));
    acceptor.emplace(service, *proactors);
    const std::array anywhere{any()};
    const auto opened = acceptor->open(anywhere, options);
    CPPUNIT_ASSERT_MESSAGE(opened ? "" : opened.error().what, opened.has_value());
    address = acceptor->addresses().at(0);
  }
  ~Asynch_Service() {
    acceptor->close();
    service.close_all(errc::stopping);
    for (int i = 0; i < 100'000 && !service.idle() && !rig.reactor->ended(); ++i) (void)rig.reactor->poll();
    if (!service.idle()) rig.reactor->end(errc::stopping);
  }

  os::Unique_Handle connect() const {
    auto client = os::open_socket(os::Family::ipv4, os::Socket_Kind::stream);
    CPPUNIT_ASSERT(client.has_value());
    (void)os::connect(client->get(), address);
    return std::move(*client);
  }
  /// One that the service has.
  os::Unique_Handle connected() {
    const std::size_t before = service.connections();
    os::Unique_Handle client = connect();
    rig.until([&] { return service.connections() == before + 1; });
    return client;
  }
  void send(const os::Unique_Handle& client, std::string_view text) {
    rig.until([&] { return os::send(client.get(), strata::as_bytes(text)).has_value(); });
  }
  void expect(const os::Unique_Handle& client, std::string_view text) {
    std::string got;
    rig.until([&] {
      std::array<std::byte, 4096> room;
      const auto size = os::receive(client.get(), room);
      got += strata::as_text(std::span{room}.first(size.value_or(0)));
      return got.size() >= text.size();
    });
    CPPUNIT_ASSERT_EQUAL(std::string{text}, got);
  }
  /// Whatever came before.
  void expect_end(const os::Unique_Handle& client) {
    rig.until([&] {
      std::array<std::byte, 4096> room;
      const auto got = os::receive(client.get(), room);
      return got ? *got == 0 : got.error() != std::errc::operation_would_block;
    });
  }

  Proactor_Rig& rig;
  strata::Service service;
  std::unique_ptr<strata::Proactors> proactors;
  std::optional<strata::Asynch_Acceptor<H>> acceptor;
  os::Socket_Address address{};
};

}  // namespace strata_test
