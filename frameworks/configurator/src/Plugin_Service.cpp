// SPDX-License-Identifier: Apache-2.0
#include "Plugin_Service.h"

#include <algorithm>
#include <exception>
#include <utility>

#include <strata/logging/Log_System.h>
#include <strata/reactor/Reactor.h>

#include "Plugin_File.h"

namespace strata {
inline namespace v1 {
namespace {

using namespace std::chrono_literals;

constexpr Duration least_pause = 1ms;  // between two looks at whether the plugin's code is in use
constexpr Duration longest_pause = 100ms;
constexpr Duration longest_survey = 1s;  // until a reactor that does not answer counts as one that uses it

std::unexpected<Error> threw(const char* what) {
  return std::unexpected{Error{std::make_error_code(std::errc::state_not_recoverable), std::string{"threw "} + what}};
}

/// What a plugin throws stops here: its exception's class goes with the plugin.
template <class Call>
Outcome<> guarded(Call call) {
  try {
    return call();
  } catch (const std::exception& error) {
    return threw(error.what());
  } catch (...) {
    return threw("what is no std::exception");
  }
}

}  // namespace

Plugin_Service::Plugin_Service(const Plugin_Kind& kind)
    : kind_(kind), values_(kind.own().defaults()), log_(Log_System::process().logger("plugins")) {}

/// Where its stop has not come to its end, the loop is dead, and what it left may run the plugin's code still.
Plugin_Service::~Plugin_Service() {
  object_.reset();
  forget_survey();
  if (stopping_ && module_ != nullptr) Plugin_Module::keep(std::move(module_));
  let_go();
}

Acceptor_Settings::Kind Plugin_Service::acceptor_kind() const noexcept {
  return {kind_.client_speaks_first(), kind_.by_operations()};
}

void Plugin_Service::configure(const Service_Config& config, Config_Errors& errors) {
  config_ = config;
  const Fields_Of own{kind_.own().fields(), &values_};
  if (kind_.accepts()) {
    settings_.emplace<Acceptor_Settings>().read(config, acceptor_kind(), own, errors);
  } else if (kind_.takes_datagrams()) {
    settings_.emplace<Dgram_Settings>().read(config, kind_.reflects(), own, errors);
  } else {
    read_fields(config.node, {own}, errors, service_keys);
  }
}

std::vector<Option_Table> Plugin_Service::options_in_effect() const {
  std::vector<Option_Table> tables;
  if (const auto* of = std::get_if<Acceptor_Settings>(&settings_)) {
    tables.push_back({Acceptor_Settings::fields(acceptor_kind()), of});
  }
  if (const auto* of = std::get_if<Dgram_Settings>(&settings_)) tables.push_back({Dgram_Settings::fields(), of});
  tables.push_back({kind_.own().fields(), &values_});
  return tables;
}

Outcome<> Plugin_Service::prepare(const Service_Context& context) {
  home_ = &context.home;
  context_.emplace(context);
  Outcome<std::shared_ptr<Plugin_Module>> module = kind_.file().load();
  if (!module) return std::unexpected{std::move(module.error())};
  module_ = std::move(*module);
  for (const std::string& symbol : kind_.file().unique_symbols()) {
    log_.warning("the plugin cannot be unloaded; build it with -fno-gnu-unique", "plugin", module_->name(), "symbol",
                 symbol);
  }
  return guarded([&] { return make(context); });
}

Outcome<> Plugin_Service::make(const Service_Context& context) {
  const Service_Kind* kind = module_->find(kind_.name);
  if (kind == nullptr) {
    return std::unexpected{Error{std::make_error_code(std::errc::executable_format_error),
                                 kind_.file().path() + ": its note tells of a kind that it does not have"}};
  }
  object_ = kind->make(*kind);
  Config_Errors errors;
  object_->configure(config_, errors);
  if (errors.empty()) return object_->prepare(context);
  std::string first = errors.begin()->message;
  return std::unexpected{Error{std::make_error_code(std::errc::invalid_argument), std::move(first)}};
}

Outcome<> Plugin_Service::start() {
  if (object_ == nullptr) {  // again: its stop has unloaded the plugin
    if (Outcome<> prepared = prepare(Service_Context{*context_}); !prepared) return prepared;
  }
  return guarded([this] { return object_->start(); });
}

void Plugin_Service::stop(Duration drain, Callback stopped) {
  stopped_ = std::move(stopped);
  stopping_ = true;
  patience_ = drain;
  if (object_ == nullptr) return await_unused();
  // Not at once: this may be called by the object itself.
  const auto leave = [this] { next_look_ = home_->schedule(Duration{}, [this] { release(); }); };
  const Outcome<> asked = guarded([&]() -> Outcome<> {
    object_->stop(drain, leave);
    return {};
  });
  if (asked) return;
  log_.error("a hook failed", "service", config_.name, "hook", "stop", "error", asked.error().what);
  leave();
}

void Plugin_Service::release() {
  object_.reset();
  pause_ = least_pause;
  await_unused();
}

/// Asks the other reactors, each at its home: so the answer comes behind the upcall that runs there.
void Plugin_Service::await_unused() {
  if (module_.use_count() > 1) return end();
  forget_survey();
  survey_ = std::make_shared<Survey>(this);
  for (Reactor* one : context_->serving) {
    if (one == home_) continue;
    if (one->ended()) {  // nobody runs it, or looks at it elsewhere
      survey_->unused = survey_->unused && module_->uses_of(*one).empty();
      continue;
    }
    const auto ask = [survey = survey_, one, home = home_, module = module_.get()] {
      (void)home->post([survey, unused = module->uses_of(*one).empty()] { answer(*survey, unused); });
    };
    if (const Result<> asked = one->post(ask)) {
      ++survey_->open;
    } else if (asked.error() != errc::stopping) {  // else its run is over
      survey_->unused = false;                     // too busy to say
    }
  }
  if (survey_->open == 0) return judge();
  next_look_ = home_->schedule(longest_survey, [this] { judge(); });
}

void Plugin_Service::forget_survey() noexcept {
  if (survey_ != nullptr) survey_->asks = nullptr;
}

void Plugin_Service::answer(Survey& survey, bool unused) {
  survey.unused = survey.unused && unused;
  if (--survey.open == 0 && survey.asks != nullptr) survey.asks->judge();
}

void Plugin_Service::judge() {
  const bool unused = survey_->open == 0 && survey_->unused && module_->uses_of(*home_).empty();
  forget_survey();
  if (unused || patience_ <= Duration{}) return end();
  patience_ -= pause_;
  next_look_ = home_->schedule(pause_, [this] { await_unused(); });
  pause_ = std::min(2 * pause_, longest_pause);
}

void Plugin_Service::end() {
  next_look_.cancel();
  stopping_ = false;
  let_go();
  if (stopped_) std::exchange(stopped_, {})();
}

void Plugin_Service::let_go() {
  if (module_ == nullptr || module_.use_count() > 1) return module_.reset();
  std::string uses = module_->uses_of(*home_);
  if (uses.empty() && survey_ != nullptr && (survey_->open != 0 || !survey_->unused)) uses = "another reactor";
  survey_.reset();
  if (!uses.empty()) {
    log_.warning("the plugin stays loaded", "plugin", module_->name(), "in use by", uses);
    Plugin_Module::keep(std::move(module_));
  } else if (!module_->unload()) {
    log_.warning("the plugin stays mapped", "plugin", module_->name());
  }
  module_.reset();
}

std::vector<std::string> Plugin_Service::endpoints() const {
  std::vector<std::string> found;
  const Outcome<> asked = guarded([&]() -> Outcome<> {
    if (object_ != nullptr) found = object_->endpoints();
    return {};
  });
  if (!asked) log_.error("a hook failed", "service", config_.name, "hook", "endpoints", "error", asked.error().what);
  return found;
}

}  // namespace v1
}  // namespace strata
