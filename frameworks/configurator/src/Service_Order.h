// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include <strata/configurator/Config_Error.h>
#include <strata/configurator/Service_Config.h>

namespace strata {
inline namespace v1 {

/// In which order services start: that of the file, but each behind those that it names. Services are their places in
/// the file.
class Service_Order {
 public:
  /// Tells names that nobody has, required services that are not enabled, and rings of services that wait for each
  /// other.
  Service_Order(const std::vector<Service_Config>& configs, Config_Errors& errors);

  const std::vector<std::size_t>& before(std::size_t index) const noexcept { return before_[index]; }
  const std::vector<std::size_t>& start() const noexcept { return start_; }

 private:
  enum class Mark : unsigned char { none, open, done };
  void read(std::size_t index, std::string_view key, const std::vector<std::string>& names, Config_Errors& errors);
  void place(std::size_t index, Config_Errors& errors);

  const std::vector<Service_Config>& configs_;
  std::vector<std::vector<std::size_t>> before_;
  std::vector<Mark> marks_;
  std::vector<std::size_t> path_;  // from one that waits to what it waits for
  std::vector<std::size_t> start_;
};

}  // namespace v1
}  // namespace strata
