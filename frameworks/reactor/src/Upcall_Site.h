// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>

namespace strata {
inline namespace v1 {

class Reactor_Core;
class Run_Context;
class Upcall_Pool;

/// How far a run goes.
enum class Run_Until : std::uint8_t {
  stop,
  turn,  ///< one, that waits at most so long
  time,  ///< turns for so long
};

/// Where a thread stands: the innermost reactor in `run` on its stack, and in a pool whose upcall it runs. "Home" is
/// asked of this, never of a thread's id.
struct Upcall_Site {
  const Reactor_Core* core = nullptr;
  Run_Context* context = nullptr;
  std::uint64_t token = 0;  ///< of the handler (in a pool alone); 0: the reactor's own
  const Upcall_Pool* locked = nullptr;  ///< the pool whose monitor it holds
};
extern constinit thread_local Upcall_Site here;

/// An upcall of `token` for the scope.
class Upcall_Of {
 public:
  explicit Upcall_Of(std::uint64_t token) noexcept : outer_(std::exchange(here.token, token)) {}
  Upcall_Of(const Upcall_Of&) = delete;
  Upcall_Of& operator=(const Upcall_Of&) = delete;
  ~Upcall_Of() { here.token = outer_; }

 private:
  const std::uint64_t outer_;
};

}  // namespace v1
}  // namespace strata
