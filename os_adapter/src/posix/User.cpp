// SPDX-License-Identifier: Apache-2.0
#include <strata/os/User.h>

#include <utility>
#include <vector>

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include "common/Seam.h"

namespace strata::inline v1::os {
namespace {

/// Calls getpwnam_r, getpwuid_r or getgrnam_r with a buffer that grows until the entry fits; `take` is given it.
template <class Entry, class Look_Up, class Take>
auto found(Look_Up look_up, Take take) -> Result<decltype(take(std::declval<const Entry&>()))> {
  constexpr std::size_t largest = 1 << 20;
  for (std::vector<char> buffer(1024);; buffer.resize(buffer.size() * 4)) {
    Entry entry{};
    Entry* answer = nullptr;
    const int error = look_up(&entry, buffer.data(), buffer.size(), &answer);
    if (error == EINTR || (error == ERANGE && buffer.size() < largest)) continue;
    if (error != 0) return failure(-Raw{error});
    if (answer == nullptr) return fail(std::errc::invalid_argument);
    return take(*answer);
  }
}

using Group_Entry = struct group;  // a member of User has its name

User user_of(const passwd& entry) { return {entry.pw_uid, entry.pw_gid, entry.pw_name}; }

}  // namespace

User User::effective() {
  User user{geteuid(), getegid(), {}};
  const auto known = found<passwd>([&user](auto... rest) { return getpwuid_r(user.id, rest...); }, user_of);
  if (known) user.name = known->name;
  return user;
}

Result<User> User::find(const std::string& name) {
  if (!is_whole(name)) return fail(std::errc::invalid_argument);
  return found<passwd>([&name](auto... rest) { return getpwnam_r(name.c_str(), rest...); }, user_of);
}

Result<std::uint32_t> User::find_group(const std::string& name) {
  if (!is_whole(name)) return fail(std::errc::invalid_argument);
  const auto number = [](const Group_Entry& entry) -> std::uint32_t { return entry.gr_gid; };
  return found<Group_Entry>([&name](auto... rest) { return getgrnam_r(name.c_str(), rest...); }, number);
}

}  // namespace strata::inline v1::os
