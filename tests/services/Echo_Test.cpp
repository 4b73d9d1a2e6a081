// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <strata/configurator/Linked_Kinds.h>
#include <strata/configurator/Service_Repository.h>
#include <strata/configurator/Yaml_Reader.h>
#include <strata/os/Process.h>
#include <strata/reactor/Reactor.h>
#include <strata/reactor/Reactor_Options.h>
#include <strata/wrappers/Endpoint.h>
#include <strata/wrappers/SOCK_Connector.h>
#include <strata_test/Descriptor_Guard.h>

using namespace strata;

/// The echo service as stratad makes it, and clients in the same thread: they act between two turns of the reactor.
class Echo_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Echo_Test);
  CPPUNIT_TEST(bytes_come_back_on_every_demultiplexer);
  CPPUNIT_TEST(a_megabyte_comes_back_whole);
  CPPUNIT_TEST(a_thousand_connections_each_get_their_own_bytes_back);
  CPPUNIT_TEST(what_came_before_the_end_is_answered_before_the_end);
  CPPUNIT_TEST_SUITE_END();

  static constexpr int patience = 100'000;  // turns without waiting

  std::optional<strata_test::Descriptor_Guard> descriptors_;
  std::unique_ptr<Reactor> reactor_;
  std::unique_ptr<Service_Repository> services_;

 public:
  void setUp() override {
    CPPUNIT_ASSERT(os::raise_descriptor_limit());
    descriptors_.emplace();
  }
  void tearDown() override {
    stop();
    descriptors_->check();
  }

 private:
  void start(const std::string& demultiplexer = "auto") {
    Reactor_Options options;
    options.demultiplexer = demultiplexer;
    reactor_ = std::move(Reactor::open(options).value());
    const auto root = read_yaml("{ name: echo, kind: echo, listen: 'tcp://127.0.0.1:0' }", "a.yaml");
    services_ = std::make_unique<Service_Repository>(linked_kinds());
    Config_Errors errors;
    services_->configure({{"echo", "echo", *root}}, errors);
    CPPUNIT_ASSERT_EQUAL(std::string{}, errors.text());
    CPPUNIT_ASSERT(services_->prepare({*reactor_, nullptr}));
    CPPUNIT_ASSERT(services_->start());
  }

  void stop() {
    if (!services_) return;
    bool stopped = false;
    services_->stop({}, [&stopped] { stopped = true; });
    turn_until([&stopped] { return stopped; });
    services_.reset();
    reactor_.reset();
  }

  template <class Condition>
  void turn_until(Condition met) {
    for (int turn = 0; turn < patience; ++turn) {
      if (met()) return;
      CPPUNIT_ASSERT(reactor_->poll());
    }
    CPPUNIT_FAIL("what the test waits for never came");
  }

  SOCK_Stream connect() {
    const std::string endpoint = services_->endpoints().front().substr(std::string_view{"echo "}.size());
    const auto addresses = resolve(Endpoint::parse(endpoint).value(), false);
    SOCK_Stream peer = SOCK_Connector::start(addresses->front()).value();
    turn_until([&peer] { return SOCK_Connector::complete(peer).has_value(); });
    return peer;
  }

  /// What `peer` gets back until it has as much, or the stream ends.
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

  void bytes_come_back_on_every_demultiplexer() {
    for (const char* name : {"epoll", "poll", "select"}) {
      start(name);
      SOCK_Stream peer = connect();
      send(peer, "hello");
      CPPUNIT_ASSERT_EQUAL(std::string{"hello"}, receive(peer, 5));
      peer.close();
      stop();
    }
  }

  void a_megabyte_comes_back_whole() {
    start();
    SOCK_Stream peer = connect();
    std::string sent, got;
    for (int i = 0; i < 64; ++i) {
      const std::string part(16384, static_cast<char>('0' + i));
      send(peer, part);
      sent += part;
      got += receive(peer, part.size());
    }
    CPPUNIT_ASSERT(sent == got);
  }

  void a_thousand_connections_each_get_their_own_bytes_back() {
    start();
    std::vector<SOCK_Stream> peers;
    for (int i = 0; i < 1000; ++i) peers.push_back(connect());
    for (std::size_t i = 0; i < peers.size(); ++i) send(peers[i], "peer " + std::to_string(i));
    for (std::size_t i = 0; i < peers.size(); ++i) {
      const std::string wanted = "peer " + std::to_string(i);
      CPPUNIT_ASSERT_EQUAL(wanted, receive(peers[i], wanted.size()));
    }
  }

  void what_came_before_the_end_is_answered_before_the_end() {
    start();
    SOCK_Stream peer = connect();
    send(peer, "last words");
    CPPUNIT_ASSERT(peer.shutdown(os::Shutdown::send));
    CPPUNIT_ASSERT_EQUAL(std::string{"last words"}, receive(peer, 100));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Echo_Test);
