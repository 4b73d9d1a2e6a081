// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <strata/os/Completion_Port.h>
#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// An operation of a Reactor's completion port, and who is told of its completions (POSA2, Proactor). It must live
/// until the last. What a user is to do about it is done in an upcall: `Reactor::invoke`, or a post.
class Completion_Handler : public os::Submission {
 public:
  using Submission::Submission;

  /// In the loop, between upcalls; in a pool under what guards the reactor, so it does no more than ask for upcalls.
  virtual void handle_completion(const os::Ready& completion) noexcept = 0;

 protected:
  ~Completion_Handler() = default;
};

}  // namespace v1
}  // namespace strata
