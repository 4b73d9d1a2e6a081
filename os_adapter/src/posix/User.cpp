// SPDX-License-Identifier: Apache-2.0
#include <strata/os/User.h>

#include <vector>

#include <pwd.h>
#include <unistd.h>

#include "common/Seam.h"

namespace strata::inline v1::os {
namespace {

/// Calls getpwnam_r or getpwuid_r with a buffer that grows until the entry fits.
template <class Look_Up>
Result<User> found(Look_Up look_up) {
  constexpr std::size_t largest = 1 << 20;
  for (std::vector<char> buffer(1024);; buffer.resize(buffer.size() * 4)) {
    passwd entry{};
    passwd* answer = nullptr;
    const int error = look_up(&entry, buffer.data(), buffer.size(), &answer);
    if (error == EINTR || (error == ERANGE && buffer.size() < largest)) continue;
    if (error != 0) return failure(-Raw{error});
    if (answer == nullptr) return fail(std::errc::invalid_argument);
    return User{answer->pw_uid, answer->pw_gid, answer->pw_name};
  }
}

}  // namespace

User User::effective() {
  User user{geteuid(), getegid(), {}};
  const auto known = found([&user](auto... rest) { return getpwuid_r(user.id, rest...); });
  if (known) user.name = known->name;
  return user;
}

Result<User> User::find(const std::string& name) {
  return found([&name](auto... rest) { return getpwnam_r(name.c_str(), rest...); });
}

}  // namespace strata::inline v1::os
