// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <vector>

#include <strata/os/Export.h>
#include <strata/os/Result.h>
#include <strata/proactor/Proactor.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// A Proactor for each of the reactors that serve, whose Service_Handlers' connections are spread over them. To be
/// destroyed before the reactors, after their `end`. @threads any
class Proactors {
 public:
  /// Errors: those of Proactor::open.
  static Result<std::unique_ptr<Proactors>> open(std::span<Reactor* const> reactors,
                                                 const Proactor_Options& options = {});

  Proactor& of(const Reactor& reactor) const noexcept;  ///< one of those
  void end() noexcept;  ///< Proactor::end of each

 private:
  Proactors() noexcept = default;
  std::vector<std::unique_ptr<Proactor>> all_;
};

}  // namespace v1
}  // namespace strata
