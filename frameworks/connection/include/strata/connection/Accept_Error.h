// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <system_error>

#include <strata/os/Clock.h>
#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// What the failure of an accept is about. Source: accept(2).
enum class Accept_Error : std::uint8_t {
  of_one,        ///< the one connection, which has gone: the next may be accepted
  of_resources,  ///< descriptors or memory are out: to be tried again after a while
  of_listener,   ///< that is gone, or was never one
};

inline Accept_Error classify_accept(std::error_code e) noexcept {
  if (e == std::errc::too_many_files_open || e == std::errc::too_many_files_open_in_system ||
      e == std::errc::no_buffer_space || e == std::errc::not_enough_memory) {
    return Accept_Error::of_resources;
  }
  const bool lost = e == std::errc::bad_file_descriptor || e == std::errc::invalid_argument ||
                    e == std::errc::not_a_socket || e == std::errc::operation_not_supported;
  return lost ? Accept_Error::of_listener : Accept_Error::of_one;
}

/// How long a listener waits after an error `of_resources`, given how long it did the last time: 5 to 40 ms.
inline Duration next_accept_pause(Duration last) noexcept {
  return std::clamp<Duration>(last * 2, std::chrono::milliseconds{5}, std::chrono::milliseconds{40});
}

}  // namespace v1
}  // namespace strata
