// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Service_Repository.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <map>
#include <ranges>
#include <utility>

#include <strata/logging/Log_System.h>
#include <strata/reactor/Reactor.h>

#include "Config_Path.h"
#include "Service_Order.h"
#include "Suggestion.h"

namespace strata {
inline namespace v1 {

using Phase = Service_State::Phase;

namespace {

void refuse_second_names(const std::vector<Service_Config>& configs, Config_Errors& errors) {
  std::map<std::string_view, const Config_Node*> known;
  for (const Service_Config& config : configs) {
    if (config.name.empty()) continue;
    const Config_Node& name = *config.node.find("name");
    const auto [first, fresh] = known.emplace(config.name, &name);
    if (fresh) continue;
    const Config_Node& other = *first->second;
    const std::string file = other.file() == name.file() ? "" : other.file() + ", ";
    errors.at_value(name, in_quotes(config.name) + " is taken by the service at " + file + to_text(other.mark()));
  }
}

Config_Error place_of(const Service_Config& config) {
  const Config_Node* listen = config.node.find("listen");
  const Config_Node& node = listen != nullptr ? *listen : config.node;
  return {node.file(), node.mark(), {}};
}

}  // namespace

std::unexpected<Error> Service_Repository::Entry::failed(const Error& why) const {
  return std::unexpected{
      Error{why.code, Config_Error{place.file, place.mark, "service " + name + ": " + why.what}.text()}};
}

Service_Repository::~Service_Repository() { assert(!running() || home_->ended()); }

/// Of the plugin that the service names, else of all that are known; what is wrong has been told.
const Service_Kind* Service_Repository::find(const Service_Config& config, Config_Errors& errors) const {
  if (config.kind.empty()) return nullptr;
  Service_Kinds kinds = kinds_.kinds();
  std::string where;
  if (const Config_Node* library = config.node.find("library"); library != nullptr && !config.library.empty()) {
    Outcome<Service_Kinds> opened = kinds_.open(path_of(*library, config.library));
    if (!opened) {
      errors.outside(*library, opened.error().what);
      return nullptr;
    }
    kinds = *opened;
    where = " in " + in_quotes(config.library);
  }
  const auto found = std::ranges::find(kinds, std::string_view{config.kind}, &Service_Kind::name);
  if (found != kinds.end()) return *found;
  std::vector<std::string_view> known;
  for (const Service_Kind* one : kinds) known.push_back(one->name);
  errors.at_value(*config.node.find("kind"),
                  "no kind" + where + " is called " + in_quotes(config.kind) + did_you_mean(config.kind, known));
  return nullptr;
}

void Service_Repository::configure(const std::vector<Service_Config>& configs, Config_Errors& errors) {
  assert(entries_.empty());
  refuse_second_names(configs, errors);
  for (const Service_Config& config : configs) {
    const Service_Kind* kind = find(config, errors);
    if (kind == nullptr) continue;
    entries_.push_back({config.name, place_of(config), kind->make(*kind), config.enabled, config.restart});
    entries_.back().object->configure(config, errors);
  }
  arrange(configs, errors);
}

/// What the names in `after` and `requires` mean, and the order of the start that follows from it.
void Service_Repository::arrange(const std::vector<Service_Config>& configs, Config_Errors& errors) {
  if (entries_.size() != configs.size()) return;  // some are not known: that has been told
  Service_Order order{configs, errors};
  for (std::size_t i = 0; i < configs.size(); ++i) entries_[i].before = order.before(i);
  order_ = order.start();
  std::erase_if(order_, [this](std::size_t index) { return !entries_[index].enabled; });
}

std::vector<std::vector<Option_Table>> Service_Repository::options_in_effect() const {
  std::vector<std::vector<Option_Table>> all;
  for (const Entry& entry : entries_) all.push_back(entry.object->options_in_effect());
  return all;
}

Outcome<> Service_Repository::prepare(const Service_Context& context) {
  home_ = &context.home;
  for (const std::size_t index : order_) {
    Entry& entry = entries_[index];
    Service_Context own = context;
    own.failed = [this, &entry](const Error& error) { fail_later(entry, error); };
    if (Outcome<> prepared = entry.object->prepare(own); !prepared) return entry.failed(prepared.error());
  }
  return {};
}

Outcome<> Service_Repository::start() {
  for (const std::size_t index : order_) {
    Entry& entry = entries_[index];
    if (Outcome<> started = entry.object->start(); started) {
      has_started(entry);
    } else if (entry.restart == Restart::on_failure) {
      note_failure(entry, started.error());
      start_later(entry);
    } else {
      stop({}, {});
      return entry.failed(started.error());
    }
  }
  return {};
}

void Service_Repository::has_started(Entry& entry) {
  entry.phase = Phase::running;
  entry.started = home_->now();
  entry.running = true;
  ++running_;
}

void Service_Repository::note_failure(Entry& entry, const Error& error) {
  ++entry.failures;
  entry.error = error.what;
  Log_System::process().logger("services").error("a service failed", "service", entry.name, "error", error.what);
}

/// Later, for the service itself may be on the stack.
void Service_Repository::fail_later(Entry& entry, const Error& error) {
  if (entry.phase != Phase::running || stopping_) return;
  entry.later = home_->schedule(Duration{}, [this, &entry] { end_failed(entry); });
  if (!entry.later.active()) return;  // no memory: it may tell it again
  entry.phase = Phase::failing;
  note_failure(entry, error);
}

void Service_Repository::end_failed(Entry& entry) {
  entry.object->stop({}, [this, &entry] { has_ended(entry); });
}

/// After a failure. Called from a callback that its service may drop meanwhile.
void Service_Repository::has_ended(Entry& entry) {
  entry.running = false;
  --running_;
  if (entry.restart == Restart::on_failure) {
    if (home_->now() - entry.started >= longest_restart_pause) entry.back_off.succeeded();
    return start_later(entry);
  }
  entry.phase = Phase::failed;
  const auto lives = [](const Entry& one) { return one.running || one.phase == Phase::waiting; };
  if (std::ranges::none_of(entries_, lives) && all_failed_) all_failed_();
}

void Service_Repository::start_later(Entry& entry) {
  entry.phase = Phase::waiting;
  const Duration pause = entry.back_off.next();
  Log_System::process().logger("services").info("a service starts again", "service", entry.name, "after", pause);
  entry.later = home_->schedule(pause, [this, &entry] { start_again(entry); });
}

void Service_Repository::start_again(Entry& entry) {
  const Outcome<> started = entry.object->start();
  if (started) {
    Log_System::process().logger("services").info("a service runs again", "service", entry.name);
    return has_started(entry);
  }
  note_failure(entry, started.error());
  start_later(entry);
}

void Service_Repository::stop(Duration drain, Callback stopped) {
  stopped_ = std::move(stopped);
  stopping_ = true;
  ++running_;  // this call itself: a service may stop at once
  if (home_ != nullptr) deadline_ = home_->now() + drain;
  for (Entry& entry : entries_) {
    entry.asked = false;
    entry.later.cancel();
    if (!entry.running) entry.phase = Phase::stopped;
  }
  ask_to_stop();
  one_less();
}

/// Somebody who runs starts behind it.
bool Service_Repository::awaited(std::size_t index) const noexcept {
  return std::ranges::any_of(entries_, [index](const Entry& other) {
    return other.running && std::ranges::find(other.before, index) != other.before.end();
  });
}

void Service_Repository::ask_to_stop() {
  for (const std::size_t index : order_ | std::views::reverse) {
    Entry& entry = entries_[index];
    if (!entry.running || entry.asked || awaited(index)) continue;
    entry.asked = true;
    entry.object->stop(std::max(deadline_ - home_->now(), Duration{}), [this, &entry] { has_stopped(entry); });
  }
}

/// Called from a callback that its service may drop meanwhile: nothing of it is used after this.
void Service_Repository::has_stopped(Entry& entry) {
  entry.running = false;
  entry.phase = Phase::stopped;
  ask_to_stop();
  one_less();
}

void Service_Repository::one_less() {
  --running_;
  if (running_ == 0 && stopped_) std::exchange(stopped_, {})();
}

std::vector<Service_State> Service_Repository::states() const {
  std::vector<Service_State> all;
  for (const Entry& entry : entries_) {
    if (entry.enabled) all.push_back({entry.name, entry.phase, entry.failures, entry.error});
  }
  return all;
}

std::string_view to_text(Service_State::Phase phase) noexcept {
  constexpr std::array<std::string_view, 5> words{"stopped", "running", "failing", "waiting", "failed"};
  return words[static_cast<std::size_t>(phase)];
}

std::vector<std::string> Service_Repository::endpoints() const {
  std::vector<std::string> lines;
  for (const Entry& entry : entries_) {
    if (!entry.running) continue;
    for (const std::string& endpoint : entry.object->endpoints()) lines.push_back(entry.name + ' ' + endpoint);
  }
  return lines;
}

}  // namespace v1
}  // namespace strata
