// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include <strata/connection/Transport.h>
#include <strata/os/Export.h>
#include <strata/os/Result.h>
#include <strata/reactor/Reactor.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// Has connections served by completions of their reactors' ports instead of readiness: their handlers notice nothing.
/// Bytes come in buffers that the port lends, the same for all connections; replies of a hook are handed over together
/// at the end of the turn. Must outlive the connections. @threads any
class Completion_Transports final : public Transports {
 public:
  /// For connections that live in `reactors`, which must outlive this. Errors: not_supported (a reactor without a
  /// completion port), not_enough_memory, or the system's.
  static Result<std::unique_ptr<Completion_Transports>> open(std::span<Reactor* const> reactors);
  ~Completion_Transports();

  std::unique_ptr<Accepting> accept(Reactor& home, os::Handle listening) noexcept override;
  Transport* make(Reactor& home, os::Handle handle) noexcept override;
  /// Bytes of the buffers that the reactors' connections share.
  std::size_t shared_size() const noexcept;

 private:
  struct Impl;
  explicit Completion_Transports(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace v1
}  // namespace strata
