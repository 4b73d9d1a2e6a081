// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Service_Repository.h>

#include <algorithm>
#include <cassert>
#include <map>
#include <ranges>
#include <utility>

#include "Suggestion.h"

namespace strata {
inline namespace v1 {
namespace {

void refuse_second_names(const std::vector<Service_Config>& configs, Config_Errors& errors) {
  std::map<std::string_view, Mark> known;
  for (const Service_Config& config : configs) {
    if (config.name.empty()) continue;
    const Config_Node& name = *config.node.find("name");
    const auto [first, fresh] = known.emplace(config.name, name.mark());
    if (fresh) continue;
    errors.at_value(name, in_quotes(config.name) + " is taken by the service at " + to_text(first->second));
  }
}

Config_Error place_of(const Service_Config& config) {
  const Config_Node* listen = config.node.find("listen");
  const Config_Node& node = listen != nullptr ? *listen : config.node;
  return {node.file(), node.mark(), {}};
}

}  // namespace

std::unexpected<Error> Service_Repository::Entry::failed(const Error& error) const {
  return std::unexpected{
      Error{error.code, Config_Error{place.file, place.mark, "service " + name + ": " + error.what}.text()}};
}

Service_Repository::~Service_Repository() { assert(!running()); }

const Service_Kind* Service_Repository::find(std::string_view kind) const noexcept {
  const auto found = std::ranges::find(kinds_, kind, &Service_Kind::name);
  return found == kinds_.end() ? nullptr : *found;
}

void Service_Repository::configure(const std::vector<Service_Config>& configs, Config_Errors& errors) {
  assert(entries_.empty());
  refuse_second_names(configs, errors);
  for (const Service_Config& config : configs) {
    const Service_Kind* kind = find(config.kind);
    if (kind != nullptr) {
      entries_.push_back({config.name, place_of(config), kind->make(*kind), false});
      entries_.back().object->configure(config, errors);
    } else if (!config.kind.empty()) {
      std::vector<std::string_view> known;
      for (const Service_Kind* one : kinds_) known.push_back(one->name);
      errors.at_value(*config.node.find("kind"),
                      "no kind is called " + in_quotes(config.kind) + did_you_mean(config.kind, known));
    }
  }
}

std::vector<std::vector<Option_Table>> Service_Repository::options_in_effect() const {
  std::vector<std::vector<Option_Table>> all;
  for (const Entry& entry : entries_) all.push_back(entry.object->options_in_effect());
  return all;
}

Outcome<> Service_Repository::prepare(const Service_Context& context) {
  for (Entry& entry : entries_) {
    if (Outcome<> prepared = entry.object->prepare(context); !prepared) {
      return entry.failed(prepared.error());
    }
  }
  return {};
}

Outcome<> Service_Repository::start() {
  for (Entry& entry : entries_) {
    if (Outcome<> started = entry.object->start(); !started) {
      stop({}, {});
      return entry.failed(started.error());
    }
    entry.running = true;
    ++running_;
  }
  return {};
}

void Service_Repository::stop(Duration drain, Callback stopped) {
  stopped_ = std::move(stopped);
  ++running_;  // this call itself: a service may stop at once
  for (Entry& entry : entries_ | std::views::reverse) {
    if (entry.running)
      entry.object->stop(drain, [this, &entry] {
        entry.running = false;
        one_less();
      });
  }
  one_less();
}

void Service_Repository::one_less() {
  --running_;
  if (running_ == 0 && stopped_) std::exchange(stopped_, {})();
}

std::vector<std::string> Service_Repository::endpoints() const {
  std::vector<std::string> lines;
  for (const Entry& entry : entries_) {
    for (const std::string& endpoint : entry.object->endpoints()) lines.push_back(entry.name + ' ' + endpoint);
  }
  return lines;
}

}  // namespace v1
}  // namespace strata
