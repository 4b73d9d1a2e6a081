// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <system_error>
#include <type_traits>

#include <strata/os/Handle.h>
#include <strata/os/Operations.h>
#include <strata/os/Result.h>

// What the os:: functions are made of: the table in force, the retry of EINTR, and Raw turned into Result. All inline,
// so that an os:: function costs a load and an indirect call more than the entry itself.
namespace strata::inline v1::os {

extern const Operations native_table;  // constant-initialised: usable before main
extern std::atomic<const Operations*> table_in_force;

inline const Operations& table() noexcept { return *table_in_force.load(std::memory_order_acquire); }

constexpr Raw raw_error(std::errc e) noexcept { return -static_cast<Raw>(e); }
inline constexpr Raw interrupted = raw_error(std::errc::interrupted);

/// To the system a name ends at a NUL: one that has a NUL inside would be another.
inline bool is_whole(const std::string& name) noexcept { return name.find('\0') == name.npos; }

template <class T>
inline constexpr bool is_name = std::is_same_v<std::remove_cv_t<T>, std::string>;

template <class T>
decltype(auto) as_passed(T& argument) noexcept {
  if constexpr (is_name<T>) {
    return argument.c_str();
  } else {
    return (argument);
  }
}

template <class T>
bool may_be_passed(const T& argument) noexcept {
  if constexpr (is_name<T>) return is_whole(argument);
  return true;
}

/// Calls `entry` until it says something else than EINTR; EINVAL for a name with a NUL inside.
template <class... Parameters, class... Arguments>
inline Raw retry(Raw (*entry)(Parameters...), Arguments&&... arguments) {
  if (!(may_be_passed(arguments) && ...)) return raw_error(std::errc::invalid_argument);
  Raw raw = entry(as_passed(arguments)...);
  while (raw == interrupted) raw = entry(as_passed(arguments)...);
  return raw;
}

inline std::error_code code_of(Raw raw) noexcept { return {static_cast<int>(-raw), std::generic_category()}; }
inline std::unexpected<std::error_code> failure(Raw raw) noexcept { return std::unexpected{code_of(raw)}; }

inline Result<> done(Raw raw) noexcept {
  if (raw < 0) [[unlikely]] return failure(raw);
  return {};
}

inline Result<std::size_t> counted(Raw raw) noexcept {
  if (raw < 0) [[unlikely]] return failure(raw);
  return static_cast<std::size_t>(raw);
}

inline Result<Unique_Handle> owned(Raw raw) noexcept {
  if (raw < 0) [[unlikely]] return failure(raw);
  return Unique_Handle{Handle{static_cast<std::int32_t>(raw)}};
}

}  // namespace strata::inline v1::os
