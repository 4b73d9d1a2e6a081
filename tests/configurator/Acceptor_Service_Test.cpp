// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <strata/configurator/Service.h>
#include <strata/configurator/Service_Repository.h>
#include <strata/connection/Acceptor.h>
#include <strata/connection/Svc_Handler.h>
#include <strata/os/File.h>
#include <strata/os/Process.h>
#include <strata/proactor/Asynch_Acceptor.h>
#include <strata/reactor/Reactor.h>
#include <strata/wrappers/Endpoint.h>
#include <strata/wrappers/SOCK_Connector.h>
#include <strata_test/Descriptor_Guard.h>
#include <strata_test/Virtual_Time.h>

#include "Sample_Options.h"

using namespace strata_test;

namespace {

/// Stays until it is closed from outside, and says so by nothing.
class Clinging final : public Svc_Handler {
 public:
  void handle_drain() override {}

 private:
  Result<> handle_data(Bytes) override { return {}; }
};

class Answering final : public Svc_Handler {
  Result<> handle_data(Bytes data) override { return put(data); }
};

/// The same by operations.
class Clinging_Worker final : public Service_Handler {
  Result<> open() override { return read(64); }
  void handle_drain() override {}
};
class Answering_Worker final : public Service_Handler {
 public:
  struct Options {
    std::string answer = "yes";
    static constexpr auto fields() { return std::array{field<&Options::answer>("answer", "to all that is asked")}; }
  };

 private:
  Result<> open() override { return read(64); }
  Result<> handle_read(Completed) override {
    return write(Message_Block::copy(as_bytes(service().options<Options>().answer)).value());
  }
  Result<> handle_write(Completed) override { return read(64); }
};

template <class A>
constexpr Service_Kind kind_of(std::string_view name) {
  return {name, &detail::make_acceptor_service, &detail::acceptor_options, &detail::acceptor_kind<A>};
}
constexpr Service_Kind clinging_kind = kind_of<Acceptor<Clinging>>("clinging");
constexpr Service_Kind answering_kind = kind_of<Acceptor<Answering>>("answering");
constexpr Service_Kind clinging_worker_kind = kind_of<Asynch_Acceptor<Clinging_Worker>>("clinging-worker");
constexpr Service_Kind answering_worker_kind = kind_of<Asynch_Acceptor<Answering_Worker>>("answering-worker");
constexpr std::array<const Service_Kind*, 4> kinds{&clinging_kind, &answering_kind, &clinging_worker_kind,
                                                   &answering_worker_kind};
constexpr std::array<const char*, 2> clinging_kinds{"clinging", "clinging-worker"};
constexpr std::array<const char*, 2> answering_kinds{"answering", "answering-worker"};

}  // namespace

class Acceptor_Service_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Acceptor_Service_Test);
  CPPUNIT_TEST(a_drain_ends_with_the_last_connection);
  CPPUNIT_TEST(a_connection_that_clings_is_closed_when_the_drain_is_over);
  CPPUNIT_TEST(a_second_stop_closes_at_once);
  CPPUNIT_TEST(a_stop_refuses_new_connections);
  CPPUNIT_TEST(a_taken_address_is_told_with_its_place_and_nothing_runs);
  CPPUNIT_TEST(a_socket_file_is_gone_after_the_stop);
  CPPUNIT_TEST(options_that_contradict_each_other_are_told);
  CPPUNIT_TEST(a_small_high_water_mark_brings_a_smaller_low_one);
  CPPUNIT_TEST(a_kind_that_works_by_operations_has_no_water_marks);
  CPPUNIT_TEST(a_kind_that_works_by_operations_needs_proactors);
  CPPUNIT_TEST(a_handler_with_operations_has_its_options);
  CPPUNIT_TEST_SUITE_END();

  std::optional<Descriptor_Guard> descriptors_;
  std::optional<Virtual_Time> time_;
  std::unique_ptr<Reactor> reactor_;
  std::unique_ptr<Proactors> proactors_;
  std::unique_ptr<Service_Repository> services_;
  Config_Errors errors_;
  bool stopped_ = false;

 public:
  void setUp() override {
    descriptors_.emplace();
    time_.emplace();
    reactor_ = std::move(Reactor::open().value());
    proactors_ = std::move(Proactors::open(std::array{reactor_.get()}).value());
    stopped_ = false;
  }
  void tearDown() override {
    if (services_ && services_->running()) stop_and_wait({});
    services_.reset();
    proactors_.reset();
    reactor_.reset();
    time_.reset();
    descriptors_->check();
  }

 private:
  void configure(const std::string& services) {
    errors_ = {};
    std::vector<Service_Config> configs;
    constexpr Field list{};
    Value_Type<std::vector<Service_Config>>::read(tree_of(services), list, configs, errors_);
    services_ = std::make_unique<Service_Repository>(Service_Kinds{kinds});
    services_->configure(configs, errors_);
  }

  Outcome<> start(const std::string& services) {
    configure(services);
    CPPUNIT_ASSERT_EQUAL(std::string{}, errors_.text());
    Service_Context context{*reactor_, nullptr};
    context.proactors = proactors_.get();
    if (Outcome<> prepared = services_->prepare(context); !prepared) return prepared;
    return services_->start();
  }

  void start_one(const std::string& kind) {
    const Outcome<> started = start("[{ name: a, kind: " + kind + ", listen: 'tcp://127.0.0.1:0' }]");
    CPPUNIT_ASSERT_MESSAGE(started ? "" : started.error().what, started.has_value());
  }

  void stop(Duration drain) {
    stopped_ = false;
    services_->stop(drain, [this] { stopped_ = true; });
  }
  void turns_until_stopped() {
    for (int turn = 0; turn < 100 && !stopped_; ++turn) CPPUNIT_ASSERT(reactor_->run_one());
    CPPUNIT_ASSERT(stopped_);
  }
  void stop_and_wait(Duration drain) {
    stop(drain);
    turns_until_stopped();
  }

  std::string endpoint() const { return services_->endpoints().front().substr(2); }

  /// A client that the service has accepted.
  SOCK_Stream connect() {
    const auto addresses = resolve(Endpoint::parse(endpoint()).value(), false);
    SOCK_Stream client = SOCK_Connector::start(addresses->front()).value();
    const std::size_t before = reactor_->size();
    for (int turn = 0; turn < 100 && reactor_->size() == before; ++turn) CPPUNIT_ASSERT(reactor_->poll());
    CPPUNIT_ASSERT_EQUAL(before + 1, reactor_->size());
    return client;
  }

  void expect(const std::string& mistakes, const std::string& options) {
    configure("- { name: a, kind: answering, listen: 'tcp://*:0', " + options + " }");
    CPPUNIT_ASSERT_EQUAL(mistakes, errors_.text());
  }

  void a_drain_ends_with_the_last_connection() {
    for (const char* kind : answering_kinds) {
      start_one(kind);
      const SOCK_Stream first = connect(), second = connect();
      const Time_Point start = time_->now();
      stop_and_wait(10s);
      CPPUNIT_ASSERT(time_->now() - start < 10s);
    }
  }

  void a_connection_that_clings_is_closed_when_the_drain_is_over() {
    for (const char* kind : clinging_kinds) {
      start_one(kind);
      const SOCK_Stream client = connect();
      const Time_Point start = time_->now();
      stop_and_wait(10s);
      CPPUNIT_ASSERT(time_->now() - start >= 10s && time_->now() - start < 11s);
    }
  }

  void a_second_stop_closes_at_once() {
    for (const char* kind : clinging_kinds) {
      start_one(kind);
      const SOCK_Stream client = connect();
      const Time_Point start = time_->now();
      stop(10s);
      CPPUNIT_ASSERT(!stopped_);
      stop_and_wait({});
      CPPUNIT_ASSERT(time_->now() == start);
    }
  }

  void a_stop_refuses_new_connections() {
    start_one("clinging");
    const SOCK_Stream client = connect();
    const std::string address = endpoint();
    stop(10s);
    CPPUNIT_ASSERT(reactor_->poll());
    const auto late = resolve(Endpoint::parse(address).value(), false);
    auto refused = SOCK_Connector::start(late->front());
    CPPUNIT_ASSERT(!refused || !SOCK_Connector::complete(*refused));
  }

  void a_taken_address_is_told_with_its_place_and_nothing_runs() {
    start_one("clinging");
    const std::string taken = endpoint();
    const auto first = std::exchange(services_, nullptr);
    const Outcome<> started = start(
        "- { name: a, kind: answering, listen: 'tcp://127.0.0.1:0' }\n"
        "- { name: b, kind: answering, listen: '" +
        taken + "' }");
    CPPUNIT_ASSERT(!started && started.error().code == std::errc::address_in_use);
    CPPUNIT_ASSERT_EQUAL("a.yaml:2:39: error: service b: bind " + taken.substr(6) + ": Address already in use",
                         started.error().what);
    CPPUNIT_ASSERT(!services_->running());
    services_.reset();
    first->stop({}, [this] { stopped_ = true; });
    turns_until_stopped();
  }

  void a_socket_file_is_gone_after_the_stop() {
    const std::string path = "strata-test-" + std::to_string(os::process_id()) + ".sock";
    CPPUNIT_ASSERT(start("[{ name: a, kind: answering, listen: 'unix:///tmp/" + path + "' }]"));
    CPPUNIT_ASSERT_EQUAL("unix:///tmp/" + path, endpoint());
    const SOCK_Stream client = connect();
    stop_and_wait({});
    CPPUNIT_ASSERT(!os::remove_file("/tmp/" + path));
  }

  void options_that_contradict_each_other_are_told() {
    expect("a.yaml:1:63: error: low_water: is above the high-water mark of 1MiB\n", "low_water: 2MiB");
    expect("a.yaml:1:66: error: defer_accept: only for kinds whose client speaks first; others would make it wait\n",
           "defer_accept: 1s");
    configure("- { name: a, kind: answering, listen: 'udp://*:0' }");
    CPPUNIT_ASSERT_EQUAL(
        std::string{"a.yaml:1:39: error: listen: this kind accepts connections: "
                    "expected tcp://, unix://, fd:// or systemd://\n"},
        errors_.text());
  }

  void a_small_high_water_mark_brings_a_smaller_low_one() { expect("", "high_water: 64KiB"); }

  void a_kind_that_works_by_operations_has_no_water_marks() {
    for (const std::string key : {"high_water: 1MiB", "low_water: 1", "overflow: shed", "write_timeout: 1s"}) {
      configure("- { name: a, kind: answering-worker, listen: 'tcp://*:0', " + key + " }");
      CPPUNIT_ASSERT_MESSAGE(errors_.text(), errors_.text().find("unknown key") != std::string::npos);
    }
    configure("- { name: a, kind: answering-worker, listen: 'tcp://*:0', queue_limit: 64KiB, idle_timeout: 1s }");
    CPPUNIT_ASSERT_EQUAL(std::string{}, errors_.text());
  }

  void a_kind_that_works_by_operations_needs_proactors() {
    proactors_.reset();
    const Outcome<> started = start("[{ name: a, kind: answering-worker, listen: 'tcp://127.0.0.1:0' }]");
    CPPUNIT_ASSERT(!started && started.error().code == std::errc::not_supported);
    CPPUNIT_ASSERT(started.error().what.ends_with("its kind needs proactors"));
  }

  void a_handler_with_operations_has_its_options() {
    const Outcome<> started =
        start("[{ name: a, kind: answering-worker, listen: 'tcp://127.0.0.1:0', answer: no, max_connections: 1 }]");
    CPPUNIT_ASSERT_MESSAGE(started ? "" : started.error().what, started.has_value());
    SOCK_Stream client = connect();
    CPPUNIT_ASSERT(client.send(as_bytes("hello")));
    std::array<std::byte, 16> room;
    std::size_t got = 0;
    for (int turn = 0; turn < 100 && got == 0; ++turn) {
      CPPUNIT_ASSERT(reactor_->poll());
      got = client.receive(room).value_or(0);
    }
    CPPUNIT_ASSERT(as_text(std::span{room}.first(got)) == "no");
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Acceptor_Service_Test);
