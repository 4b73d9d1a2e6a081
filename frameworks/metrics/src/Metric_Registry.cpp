// SPDX-License-Identifier: Apache-2.0
#include <strata/metrics/Metric_Registry.h>

#include <algorithm>
#include <cassert>
#include <string_view>

namespace strata {
inline namespace v1 {

namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Source: Prometheus, "Data model": labels have no colon, and those that begin with two underscores are its own.
bool is_label(std::string_view name) {
  return !name.empty() && !is_digit(name[0]) && !name.starts_with("__") &&
         std::ranges::all_of(name, [](char c) { return is_letter(c) || is_digit(c); });
}
bool is_name(std::string_view name) {
  return !name.empty() && !is_digit(name[0]) &&
         std::ranges::all_of(name, [](char c) { return is_letter(c) || is_digit(c) || c == ':'; });
}

std::unexpected<Error> refuse(std::errc code, const Metric_Name& metric, std::string_view why) {
  return std::unexpected{Error{std::make_error_code(code), "metric " + metric.name + ": " + std::string{why}}};
}

}  // namespace

Metric_Registration::~Metric_Registration() {
  if (registry_ != nullptr) registry_->remove(*entry_);
}

Metric_Registry::~Metric_Registry() { assert(entries_.empty() && "a registration outlives its registry"); }

Outcome<Metric_Registration> Metric_Registry::insert(Metric_Name metric, Entry entry) {
  if (!is_name(metric.name)) return refuse(std::errc::invalid_argument, metric, "not a name");
  for (const auto& [label, value] : metric.labels) {
    if (!is_label(label)) return refuse(std::errc::invalid_argument, metric, "\"" + label + "\" is not a label");
  }
  const std::lock_guard lock{mutex_};
  const auto family = entries_.lower_bound(Metric_Name{metric.name, {}});
  if (family != entries_.end() && family->first.name == metric.name && family->second.kind != entry.kind) {
    return refuse(std::errc::invalid_argument, metric, "its family is of the other kind");
  }
  const auto [place, is_new] = entries_.try_emplace(std::move(metric), entry);
  if (!is_new) return refuse(std::errc::file_exists, place->first, "is registered already");
  return Metric_Registration{this, &place->first};
}

void Metric_Registry::remove(const Metric_Name& entry) noexcept {
  const std::lock_guard lock{mutex_};
  entries_.erase(entries_.find(entry));
}

std::vector<Metric_Sample> Metric_Registry::snapshot() const {
  const std::lock_guard lock{mutex_};
  std::vector<Metric_Sample> samples;
  samples.reserve(entries_.size());
  for (const auto& [metric, entry] : entries_) samples.push_back({metric, entry.kind, entry.read(entry.metric)});
  return samples;
}

}  // namespace v1
}  // namespace strata
