// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include <strata/os/Clock.h>
#include <strata/os/Result.h>

namespace strata {
inline namespace v1 {

/// A bounded queue with threads that serve it: what can be part of a cycle of full queues. @threads any
class Served {
 public:
  /// Waits until it takes more, but where the calling thread serves a queue itself, not for a room that can never come:
  /// when every thread of every queue in reach waits for a full one. Who closes such a cycle is refused; the others go
  /// on when it serves its own queue again. Errors: timed_out, errc::canceled, resource_deadlock_would_occur.
  Result<> await_room(Time_Point deadline);

  /// So many threads will serve it, whether they have begun or not; std::bad_alloc. And the opposite.
  void enlist(std::size_t threads);
  void discharge(std::size_t threads) noexcept;

  /// Marks the calling thread as one of those, for a scope, and discharges it.
  class Serving {
   public:
    explicit Serving(Served& queue) noexcept;
    Serving(const Serving&) = delete;
    Serving& operator=(const Serving&) = delete;
    ~Serving();

   private:
    Served* const outer_;
  };

 protected:
  ~Served() = default;
  virtual bool full() noexcept = 0;
  virtual Result<> wait_for_room(Time_Point deadline) = 0;

 private:
  bool goes_on() noexcept;
  bool stuck() noexcept;
  void forget() noexcept;

  std::size_t threads_ = 0;       ///< that serve it
  std::vector<Served*> awaited_;  ///< the queues that those of its threads wait for that wait
  bool seen_ = false;             ///< by the search under way
};

}  // namespace v1
}  // namespace strata
