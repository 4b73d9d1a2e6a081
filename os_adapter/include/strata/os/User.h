// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include <strata/os/Export.h>
#include <strata/os/Result.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {
namespace os {

/// Who runs this process. Not behind the seam: it neither fails nor orders an upcall. Source: credentials(7).
struct User {
  std::uint32_t id = 0;
  std::uint32_t group = 0;
  std::string name;  ///< empty where the system knows none
  static User effective();
  static Result<User> find(const std::string& name);  ///< errors: invalid_argument for no such user
  static Result<std::uint32_t> find_group(const std::string& name);  ///< its number; invalid_argument for none
  bool is_superuser() const noexcept { return id == 0; }
};

}  // namespace os
}  // namespace v1
}  // namespace strata
