// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <system_error>

#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// What a call to the world returns: a value, or the reason that there is none. Never thrown.
template <class T = void>
using Result = std::expected<T, std::error_code>;

/// The reasons that are Strata's own; all others are the system's (std::errc).
enum class errc {
  end_of_stream = 1,  ///< the peer sent FIN
  idle_timeout,       ///< nothing was received or sent for `idle_timeout`
  write_timeout,      ///< the peer took nothing for `write_timeout`
  overflow,           ///< the send queue passed its high-water mark under `overflow: close`
  shed,               ///< closed to save the process: a cap on connections, bytes or descriptors
  stopping,           ///< the reactor or the service ends
  canceled,           ///< the owner withdrew the operation
};

/// Category "strata"; `overflow`, `idle_timeout` etc. compare equal to no std::errc.
const std::error_category& strata_category() noexcept;
inline std::error_code make_error_code(errc e) noexcept { return {static_cast<int>(e), strata_category()}; }

/// `return fail(std::errc::file_exists);`
inline std::unexpected<std::error_code> fail(std::errc e) { return std::unexpected{std::make_error_code(e)}; }
inline std::unexpected<std::error_code> fail(errc e) { return std::unexpected{make_error_code(e)}; }
inline std::unexpected<std::error_code> fail(std::error_code e) { return std::unexpected{e}; }

}  // namespace v1
}  // namespace strata

template <>
struct std::is_error_code_enum<strata::errc> : std::true_type {};
