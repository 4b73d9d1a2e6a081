// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <cppunit/TestAssert.h>

#include <strata/configurator/Service_Repository.h>
#include <strata/reactor/Reactor.h>

#include "Recorder.h"
#include "Sample_Options.h"

namespace strata_test {

/// A repository of Recorders.
struct Recorder_Rig {
  static constexpr Service_Kind kind{"recorder", &detail::make_object<Recorder>, &detail::object_options<Recorder>};
  static constexpr std::array<const Service_Kind*, 1> kinds{&kind};

  std::unique_ptr<Reactor> reactor;
  std::unique_ptr<Service_Repository> services;
  Config_Errors errors;
  int stopped = 0;

  void open() {
    reactor = std::move(Reactor::open().value());
    Recorder::trace.clear();
    Recorder::lingering.clear();
    Recorder::failed.clear();
    Recorder::failing_starts = 0;
    stopped = 0;
  }
  void close() { services.reset(); }

  /// Each service on a line of its own, the first on line 1: "{ name: a, kind: recorder, … }".
  void configure(const std::vector<std::string>& entries) {
    std::string text;
    for (const std::string& entry : entries) text += "- " + entry + '\n';
    errors = {};
    std::vector<Service_Config> configs;
    constexpr Field list{};
    Value_Type<std::vector<Service_Config>>::read(tree_of(text), list, configs, errors);
    services = std::make_unique<Service_Repository>(Service_Kinds{kinds});
    services->configure(configs, errors);
  }
  Outcome<> prepare() { return services->prepare({*reactor, nullptr}); }
  void start(const std::vector<std::string>& entries) {
    configure(entries);
    CPPUNIT_ASSERT_EQUAL(std::string{}, errors.text());
    CPPUNIT_ASSERT(prepare());
    Recorder::trace.clear();
    CPPUNIT_ASSERT(services->start());
  }
  void stop(Duration drain) {
    services->stop(drain, [this] { ++stopped; });
  }
};

inline std::string recorder(const std::string& name, const std::string& rest = "") {
  return "{ name: " + name + ", kind: recorder" + rest + " }";
}

/// What has been asked of all Recorders.
inline void expect_trace(const std::vector<std::string>& wanted) {
  std::string all, got;
  for (const std::string& one : wanted) all += one + ' ';
  for (const std::string& one : Recorder::trace) got += one + ' ';
  CPPUNIT_ASSERT_EQUAL(all, got);
}

}  // namespace strata_test
