// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <system_error>

#include <strata/os/Bytes.h>
#include <strata/os/Operations.h>

namespace strata::inline v1::sim {

constexpr os::Raw error(std::errc e) noexcept { return -static_cast<os::Raw>(e); }

class Simulated_Demultiplexer;

/// One of several demultiplexers that wait for the same object (epoll_ctl(2), EPOLLEXCLUSIVE): it sees what comes only
/// where it was told.
struct Shared_Interest {
  const Simulated_Demultiplexer* set;
  bool told;
};

/// What a descriptor stands for: the kernel's open file description. Descriptors share it; it dies with the last one.
class Object {
 public:
  Object() = default;
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;
  virtual ~Object() = default;

  virtual std::uint8_t readiness() const { return 0; }  ///< os::Ready bits
  /// Grows with every event that an edge-triggered wait reports.
  virtual std::uint64_t edges() const { return 0; }
  /// From now on `interest` is told of what comes, or another one is.
  virtual void tell_also(const std::shared_ptr<Shared_Interest>& interest) { interest->told = true; }
  virtual os::Raw read(Bytes) { return error(std::errc::invalid_argument); }
  virtual os::Raw write(Const_Bytes) { return error(std::errc::invalid_argument); }
};

}  // namespace strata::inline v1::sim
