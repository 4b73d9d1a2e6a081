// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <strata/os/Clock.h>
#include <strata/sim/Random.h>

namespace strata::inline v1::sim {

/// What goes wrong in a simulated world. Probabilities (0 to 1) are drawn anew at each call, and each time an operation
/// of a ring acts; all are off by default.
struct Faults {
  double interrupt = 0;      ///< EINTR, from any call that may block, and from close
  double short_read = 0;     ///< a read takes a part of what is there
  double short_write = 0;    ///< a write takes a part of what there is room for
  double would_block = 0;    ///< EAGAIN although reported ready (select(2), BUGS); an operation goes on
  double reset = 0;          ///< the connection is reset in place of a delivery
  double refuse = 0;         ///< a connect is refused
  double lose_connect = 0;   ///< nobody answers a connect: it times out after two minutes
  double accept_error = 0;   ///< EPROTO, EPERM, ENOBUFS or ENOMEM from accept; the connection waits on
  double accept_abort = 0;   ///< ECONNABORTED from accept; the connection is gone
  double no_descriptor = 0;  ///< EMFILE or ENFILE from whatever makes a descriptor
  double no_thread = 0;      ///< EAGAIN from starting a thread
  double no_memory = 0;      ///< ENOBUFS from a send
  double late_wake = 0;      ///< the loop wakes up to `late_by` after something became ready
  Duration late_by{};
  Duration latency_min{};    ///< of each delivery, drawn between the two; bytes never overtake
  Duration latency_max{};
  Duration latency_spread{};  ///< of a connection, drawn once: so much more than others, up to this, all its life
  double lose = 0;           ///< a connection is reset by what is between both ends, `lose_within` of its beginning
  Duration lose_within{};
  Duration call_cost{};      ///< each call through the seam takes up to so much

  /// A plan from the seed: some kinds on, each at a rate of its own. `cutting` allows those that end connections.
  static Faults drawn(Random&, bool cutting = true);
};

}  // namespace strata::inline v1::sim
