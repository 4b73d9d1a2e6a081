// SPDX-License-Identifier: Apache-2.0
#include <strata/daemon/Daemon_Config.h>

#include <string>

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <strata/configurator/Yaml_Reader.h>

using namespace strata;
using namespace std::chrono_literals;

class Daemon_Config_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Daemon_Config_Test);
  CPPUNIT_TEST(the_shortest_file_brings_the_defaults);
  CPPUNIT_TEST(every_key_is_read);
  CPPUNIT_TEST(what_the_file_must_say_is_asked_for);
  CPPUNIT_TEST(another_version_is_refused);
  CPPUNIT_TEST(a_proactor_is_read);
  CPPUNIT_TEST(a_ring_that_completes_is_the_demultiplexer_or_refused_with_its_place);
  CPPUNIT_TEST(another_concurrency_model_is_refused_with_its_place);
  CPPUNIT_TEST(each_model_has_its_keys);
  CPPUNIT_TEST(a_key_of_another_model_is_refused_with_its_place);
  CPPUNIT_TEST(a_processor_that_no_thread_can_stay_on_is_told_with_its_place);
  CPPUNIT_TEST(a_stall_limit_too_short_to_look_at_is_refused_with_its_place);
  CPPUNIT_TEST(mistakes_of_all_parts_are_told_together);
  CPPUNIT_TEST(logging_that_no_sink_could_honour_is_refused);
  CPPUNIT_TEST_SUITE_END();

  static constexpr const char* services = "services: [{ name: a, kind: k }]\n";

  Config_Errors errors_;

  Daemon_Config read(const std::string& text) {
    errors_ = {};
    const auto root = read_yaml(text, "a.yaml");
    CPPUNIT_ASSERT_MESSAGE(root ? "" : root.error().text(), root.has_value());
    Daemon_Config config = read_daemon_config(*root, errors_);
    errors_.sort();
    return config;
  }

  Daemon_Config read_well(const std::string& text) {
    Daemon_Config config = read("strata: 1\n" + text + services);
    CPPUNIT_ASSERT_EQUAL(std::string{}, errors_.text());
    return config;
  }

  /// Told of `text`, which begins in line 2.
  void expect(const std::string& mistakes, const std::string& text) {
    read("strata: 1\n" + text + '\n' + services);
    CPPUNIT_ASSERT_EQUAL(mistakes, errors_.text());
  }

  void the_shortest_file_brings_the_defaults() {
    const Daemon_Config config = read_well("");
    CPPUNIT_ASSERT(config.daemon.name == "stratad" && config.daemon.demultiplexer == "auto");
    CPPUNIT_ASSERT(config.daemon.shutdown.drain == 10s && config.daemon.spin == 0s && config.daemon.queue_limit == 0);
    CPPUNIT_ASSERT(config.logging.level == Log_Level::info && config.logging.file.empty());
    CPPUNIT_ASSERT(config.services.size() == 1 && config.services[0].kind == "k");
  }

  void every_key_is_read() {
    const Daemon_Config config = read_well(
        "daemon:\n"
        "  { name: n, demultiplexer: poll, spin: 50us, queue_limit: 1GiB, concurrency: { model: single },\n"
        "    shutdown: { drain: 1s } }\n"
        "logging:\n"
        "  { level: warning, levels: { reactor: debug, service.echo: trace }, format: json, file: /tmp/x.log,\n"
        "    rotation: { size: 1MiB, interval: 24h, archives: 3 }, queue: 128KiB }\n");
    CPPUNIT_ASSERT(config.daemon.name == "n" && config.daemon.demultiplexer == "poll" && config.daemon.spin == 50us);
    CPPUNIT_ASSERT(config.daemon.queue_limit == 1 << 30 && config.daemon.shutdown.drain == 1s);
    const Log_Options& log = config.logging;
    CPPUNIT_ASSERT(log.level == Log_Level::warning && log.format == Log_Format::json && log.file == "/tmp/x.log");
    CPPUNIT_ASSERT(log.categories.at("reactor") == Log_Level::debug);
    CPPUNIT_ASSERT(log.categories.at("service.echo") == Log_Level::trace);
    CPPUNIT_ASSERT(log.rotation.size == 1 << 20 && log.rotation.interval == 24h && log.rotation.archives == 3);
    CPPUNIT_ASSERT_EQUAL(std::size_t{128 * 1024}, log.queue_bytes);
  }

  void what_the_file_must_say_is_asked_for() {
    read("daemon: {}");
    CPPUNIT_ASSERT_EQUAL(
        std::string{"a.yaml:1:1: error: the key \"strata\" is missing: the version of this form, 1\n"
                    "a.yaml:1:1: error: the key \"services\" is missing: the list of what it serves\n"},
        errors_.text());
    read("strata: 1\nservices: []");
    CPPUNIT_ASSERT_EQUAL(std::string{"a.yaml:2:11: error: services: is empty: there is nothing to serve\n"},
                         errors_.text());
    read("just text");
    CPPUNIT_ASSERT_EQUAL(std::string{"a.yaml:1:1: error: expected a mapping of keys and values, found \"just text\"\n"},
                         errors_.text());
  }

  void another_version_is_refused() {
    read(std::string{"strata: 2\n"} + services);
    CPPUNIT_ASSERT_EQUAL(std::string{"a.yaml:1:9: error: strata: version 2 is not known; this is for version 1\n"},
                         errors_.text());
  }

  void a_proactor_is_read() {
    using enum strata::Proactor_Choice;
    const auto chosen = [this](const std::string& keys) {
      return read_well("daemon: { " + keys + " }\n").daemon.proactor;
    };
    CPPUNIT_ASSERT(chosen("") == none && chosen("proactor: auto") == automatic);
    CPPUNIT_ASSERT(chosen("proactor: emulated, demultiplexer: poll") == emulated);
    CPPUNIT_ASSERT(chosen("proactor: io_uring") == io_uring);
    CPPUNIT_ASSERT(chosen("demultiplexer: io_uring, proactor: io_uring") == io_uring);
    CPPUNIT_ASSERT(chosen("demultiplexer: auto, proactor: io_uring") == io_uring);
    expect("a.yaml:2:21: error: proactor: \"iocp\" is not one of: none auto io_uring emulated\n",
           "daemon: { proactor: iocp }");
  }

  void a_ring_that_completes_is_the_demultiplexer_or_refused_with_its_place() {
    expect("a.yaml:2:46: error: demultiplexer: with the proactor io_uring the ring is the demultiplexer, not epoll\n",
           "daemon: { proactor: io_uring, demultiplexer: epoll }");
    expect("a.yaml:2:26: error: demultiplexer: with the proactor io_uring the ring is the demultiplexer, not select\n",
           "daemon: { demultiplexer: select, proactor: io_uring }");
  }

  void another_concurrency_model_is_refused_with_its_place() {
    expect("a.yaml:2:33: error: model: \"half-sync\" is not one of: single worker-pool "
           "multi-reactor leader-followers\n",
           "daemon: { concurrency: { model: half-sync } }");
  }

  void each_model_has_its_keys() {
    using enum strata::Concurrency_Model;
    using strata::Concurrency_Config;
    const auto read_model = [this](const std::string& keys) {
      return read_well("daemon: { concurrency: { " + keys + " } }\n").daemon.concurrency;
    };
    CPPUNIT_ASSERT(read_model("model: worker-pool, workers: 4").workers == 4);
    CPPUNIT_ASSERT(read_model("model: leader-followers, threads: auto").threads == 0);
    const Concurrency_Config multi = read_model("model: multi-reactor, reactors: auto, accept: reuseport, cores: [0]");
    CPPUNIT_ASSERT(multi.model == multi_reactor && multi.reactors == 0 && multi.cores.size() == 1);
    CPPUNIT_ASSERT(multi.accept == strata::Accept_Mode::reuseport);
  }

  void a_key_of_another_model_is_refused_with_its_place() {
    expect("a.yaml:2:41: error: workers is not of the model single\n",
           "daemon: { concurrency: { model: single, workers: 4 } }");
    expect("a.yaml:2:46: error: threads is not of the model worker-pool\n"
           "a.yaml:2:60: error: spin is not for the model worker-pool: its threads share one wait\n",
           "daemon: { concurrency: { model: worker-pool, threads: 4 }, spin: 5us }");
  }

  void a_processor_that_no_thread_can_stay_on_is_told_with_its_place() {
    expect("a.yaml:2:66: error: cores: no thread of this process can stay on the processor 65535\n",
           "daemon: { concurrency: { model: worker-pool, workers: 2, cores: [65535] } }");
    CPPUNIT_ASSERT(errors_.all_outside());
    expect("a.yaml:2:59: error: \"65536\" is not within 0 and 65535\n"
           "a.yaml:2:66: error: \"-1\" is not within 0 and 65535\n",
           "daemon: { concurrency: { model: multi-reactor, cores: [0, 65536, -1] } }");
  }

  void a_stall_limit_too_short_to_look_at_is_refused_with_its_place() {
    expect("a.yaml:2:24: error: stall_limit: \"1ns\" is less than 10ms; 0s: never\n", "daemon: { stall_limit: 1ns }");
    expect("a.yaml:2:24: error: stall_limit: \"9999us\" is less than 10ms; 0s: never\n",
           "daemon: { stall_limit: 9999us }");
    CPPUNIT_ASSERT(read_well("daemon: { stall_limit: 10ms }\n").daemon.stall_limit == 10ms);
    CPPUNIT_ASSERT(read_well("daemon: { stall_limit: 0s }\n").daemon.stall_limit == 0s);
  }

  void mistakes_of_all_parts_are_told_together() {
    expect(
        "a.yaml:2:1: error: unknown key \"deamon\"; did you mean \"daemon\"?\n"
        "a.yaml:3:30: error: drain: \"5\" has no unit; write 5s or 5ms\n"
        "a.yaml:4:19: error: level: \"warn\" is not one of: trace debug info warning error critical off\n"
        "a.yaml:5:1: error: unknown key \"service\"; did you mean \"services\"?\n",
        "deamon: {}\ndaemon: { shutdown: { drain: 5 } }\nlogging: { level: warn }\nservice: x");
  }

  void logging_that_no_sink_could_honour_is_refused() {
    expect("a.yaml:2:10: error: logging: file: must be an absolute path\n", "logging: { file: x.log }");
    expect("a.yaml:2:10: error: logging: rotation: needs a file\n", "logging: { rotation: { size: 1MiB } }");
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Daemon_Config_Test);
