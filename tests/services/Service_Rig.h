// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <strata/configurator/Linked_Kinds.h>
#include <strata/configurator/Service_Repository.h>
#include <strata/configurator/Yaml_Reader.h>
#include <strata/os/Process.h>
#include <strata/proactor/Proactors.h>
#include <strata/reactor/Reactor.h>
#include <strata/reactor/Reactor_Options.h>
#include <strata/wrappers/Endpoint.h>
#include <strata/wrappers/SOCK_Connector.h>
#include <strata_test/Descriptor_Guard.h>

namespace strata_test {

using namespace strata;

/// A service as stratad makes it, and clients in the same thread: they act between two turns of the reactor.
class Service_Rig : public CppUnit::TestFixture {
 public:
  void setUp() override {
    CPPUNIT_ASSERT(os::raise_descriptor_limit());
    descriptors_.emplace();
  }
  void tearDown() override {
    stop();
    descriptors_->check();
  }

 protected:
  void start(const std::string& kind, const std::string& demultiplexer = "auto", const std::string& options = "",
             const std::string& listen = "tcp://127.0.0.1:0") {
    Reactor_Options reactor;
    reactor.demultiplexer = demultiplexer;
    reactor_ = std::move(Reactor::open(reactor).value());
    services_ = std::make_unique<Service_Repository>(linked_kinds());
    CPPUNIT_ASSERT_EQUAL(std::string{}, configure(*services_, kind, listen, options));
    std::array<Reactor*, 1> home{reactor_.get()};
    proactors_ = std::move(Proactors::open(home).value());
    CPPUNIT_ASSERT(services_->prepare({.home = *reactor_, .budget = nullptr, .proactors = proactors_.get()}));
    CPPUNIT_ASSERT(services_->start());
  }
  /// What `--check` would say.
  std::string errors_of(const std::string& kind, const std::string& listen, const std::string& options) {
    Service_Repository services{linked_kinds()};
    return configure(services, kind, listen, options);
  }

  void begin_stop(Duration drain) {
    services_->stop(drain, [this] { stopped_ = true; });
  }
  void stop() {
    if (!services_) return;
    begin_stop({});
    turn_until([this] { return stopped_; });
    services_.reset();
    reactor_->end(errc::stopping);
    proactors_.reset();
    reactor_.reset();
    stopped_ = false;
  }

  template <class Condition>
  void turn_until(Condition met) {
    constexpr int patience = 100'000;  // turns without waiting
    for (int turn = 0; turn < patience; ++turn) {
      if (met()) return;
      CPPUNIT_ASSERT(reactor_->poll());
    }
    CPPUNIT_FAIL("what the test waits for never came");
  }
  void turns(int count) {
    for (int turn = 0; turn < count; ++turn) CPPUNIT_ASSERT(reactor_->poll());
  }
  void run_for(Duration time) { CPPUNIT_ASSERT(reactor_->run_for(time)); }
  bool stopped() const { return stopped_; }
  std::size_t handlers() const { return reactor_->size(); }  ///< the listener's, too

  os::Socket_Address address() const {
    const std::string endpoint = services_->endpoints().front().substr(std::string_view{"x "}.size());
    return resolve(Endpoint::parse(endpoint).value(), true)->front();
  }
  SOCK_Stream connect() {
    SOCK_Stream peer = SOCK_Connector::start(address()).value();
    turn_until([&peer] { return SOCK_Connector::complete(peer).has_value(); });
    return peer;
  }

  /// What `peer` gets until it has as much, or the stream ends.
  std::string receive(SOCK_Stream& peer, std::size_t size) {
    std::string got;
    std::array<std::byte, 65536> buffer;
    turn_until([&] {
      const Result<std::size_t> taken = peer.receive(buffer);
      if (!taken) return false;
      got += as_text(Const_Bytes{buffer}.first(*taken));
      return *taken == 0 || got.size() >= size;
    });
    return got;
  }

  void send(SOCK_Stream& peer, std::string_view text) {
    turn_until([&] {
      const Result<std::size_t> taken = peer.send(as_bytes(text));
      text.remove_prefix(taken.value_or(0));
      return text.empty();
    });
  }

 private:
  static std::string configure(Service_Repository& services, const std::string& kind, const std::string& listen,
                               const std::string& options) {
    const auto root = read_yaml("{ name: x, kind: " + kind + ", listen: '" + listen + "', " + options + " }", "a.yaml");
    Config_Errors errors;
    Service_Config config;
    config.name = "x";
    config.kind = kind;
    config.node = *root;
    services.configure({config}, errors);
    return errors.text();
  }

  std::optional<Descriptor_Guard> descriptors_;
  std::unique_ptr<Reactor> reactor_;
  std::unique_ptr<Proactors> proactors_;
  std::unique_ptr<Service_Repository> services_;
  bool stopped_ = false;
};

}  // namespace strata_test
