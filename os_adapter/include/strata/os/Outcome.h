// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include <strata/os/Export.h>
#include <strata/os/Result.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// An error that a person reads: "bind 0.0.0.0:80: Permission denied". For set-up, not for a message's path.
struct Error {
  std::error_code code;
  std::string what;  ///< complete sentence fragment, with its place and the system's text
};

/// What set-up returns: `Acceptor::open`, plugin loading, the hooks of `Service_Object`.
template <class T = void>
using Outcome = std::expected<T, Error>;

/// `return fail(ec, "bind 0.0.0.0:80")` makes "bind 0.0.0.0:80: Permission denied".
inline std::unexpected<Error> fail(std::error_code code, std::string subject) {
  return std::unexpected{Error{code, std::move(subject) + ": " + code.message()}};
}

}  // namespace v1
}  // namespace strata
