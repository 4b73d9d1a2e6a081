// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <strata/configurator/Service.h>
#include <strata/configurator/Service_Config.h>
#include <strata/configurator/Service_Object.h>

namespace strata_test {

/// A service that writes down what it is asked, in one trace for all: "a:start". Its options tell where it fails and
/// whether its stop waits for the test.
class Recorder final : public strata::Service_Object {
 public:
  struct Options {
    std::string fail = "never";
    bool lingers = false;
    static constexpr auto fields() {
      return std::array{strata::field<&Options::fail>("fail", "the hook that fails"),
                        strata::field<&Options::lingers>("lingers", "whether a stop takes time")};
    }
  };
  inline static std::vector<std::string> trace;
  inline static std::map<std::string, std::function<void(strata::Error)>> failed;  ///< what each got, by its name
  inline static int failing_starts = 0;  ///< the next ones, of any
  inline static std::vector<strata::Callback> lingering;  ///< the `stopped` of those that linger

  void configure(const strata::Service_Config& config, strata::Config_Errors& errors) override {
    name_ = config.name;
    strata::read_options(config, options_, errors);
  }
  strata::Outcome<> prepare(const strata::Service_Context& context) override {
    failed[name_] = context.failed;
    return note("prepare");
  }
  strata::Outcome<> start() override { return note("start"); }
  void stop(strata::Duration drain, strata::Callback stopped) override {
    static_cast<void>(note(drain > strata::Duration{} ? "drain" : "stop"));
    if (options_.lingers && drain > strata::Duration{}) {
      lingering.push_back(std::move(stopped));
    } else {
      stopped();
    }
  }
  std::vector<std::string> endpoints() const override { return {"at:" + name_}; }

 private:
  strata::Outcome<> note(const std::string& hook) {
    trace.push_back(name_ + ':' + hook);
    const bool fails = options_.fail == hook || (hook == "start" && failing_starts > 0 && failing_starts-- > 0);
    if (!fails) return {};
    return strata::fail(std::make_error_code(std::errc::io_error), name_);
  }

  std::string name_;
  Options options_;
};

}  // namespace strata_test
