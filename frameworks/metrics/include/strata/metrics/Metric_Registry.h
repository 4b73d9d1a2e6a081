// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <strata/metrics/Counter.h>
#include <strata/metrics/Gauge.h>
#include <strata/os/Export.h>
#include <strata/os/Outcome.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

using Metric_Labels = std::map<std::string, std::string>;  ///< {{"service", "echo"}}

enum class Metric_Kind : std::uint8_t { counter, gauge };

/// What a metric is called. The same name with other labels is another member of one family.
struct Metric_Name {
  std::string name;  ///< [a-zA-Z_:][a-zA-Z0-9_:]*, in base units: "strata_bytes_received_total"
  Metric_Labels labels;
  friend auto operator<=>(const Metric_Name&, const Metric_Name&) = default;
};

/// A metric and its value when it was asked for.
struct Metric_Sample {
  Metric_Name metric;
  Metric_Kind kind;
  std::int64_t value;  ///< of a counter modulo 2^64: cast to std::uint64_t
};

class Metric_Registry;

/// Keeps a metric listed; its end takes it off the list. Declare it after the metric, so that it goes first. Move-only.
/// @threads any; one token from one thread at a time
class [[nodiscard]] Metric_Registration {
 public:
  Metric_Registration() noexcept = default;
  Metric_Registration(Metric_Registration&& other) noexcept
      : registry_(std::exchange(other.registry_, nullptr)), entry_(other.entry_) {}
  Metric_Registration& operator=(Metric_Registration&& other) noexcept {
    Metric_Registration moved{std::move(other)};
    std::swap(registry_, moved.registry_);
    std::swap(entry_, moved.entry_);
    return *this;
  }
  ~Metric_Registration();

 private:
  friend class Metric_Registry;
  Metric_Registration(Metric_Registry* registry, const Metric_Name* entry) noexcept
      : registry_(registry), entry_(entry) {}
  Metric_Registry* registry_ = nullptr;
  const Metric_Name* entry_ = nullptr;
};

/// Knows the metrics of a daemon by name; owns none of them. Outlives its registrations (asserted). @threads any
class Metric_Registry {
 public:
  Metric_Registry() = default;
  Metric_Registry(const Metric_Registry&) = delete;
  Metric_Registry& operator=(const Metric_Registry&) = delete;
  ~Metric_Registry();

  /// Lists a Counter, Local_Counter, Gauge or Local_Gauge, which is borrowed until the token ends.
  /// Errors: invalid_argument (a name or label that is not well formed; the family is of the other kind), file_exists.
  template <class Metric>
    requires requires(const Metric& metric) {
      { metric.value() } -> std::integral;
    }
  Outcome<Metric_Registration> add(Metric_Name name, const Metric& metric) {
    constexpr bool counts = std::same_as<decltype(metric.value()), std::uint64_t>;
    return insert(std::move(name), {counts ? Metric_Kind::counter : Metric_Kind::gauge, &metric, &read<Metric>});
  }

  std::vector<Metric_Sample> snapshot() const;  ///< by name, then by labels

 private:
  friend class Metric_Registration;
  struct Entry {
    Metric_Kind kind;
    const void* metric;
    std::int64_t (*read)(const void*) noexcept;
  };
  template <class Metric>
  static std::int64_t read(const void* metric) noexcept {
    return static_cast<std::int64_t>(static_cast<const Metric*>(metric)->value());
  }
  Outcome<Metric_Registration> insert(Metric_Name, Entry);
  void remove(const Metric_Name&) noexcept;

  mutable std::mutex mutex_;
  std::map<Metric_Name, Entry> entries_;
};

}  // namespace v1
}  // namespace strata
