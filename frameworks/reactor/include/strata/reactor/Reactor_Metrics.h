// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <strata/metrics/Counter.h>
#include <strata/metrics/Histogram.h>
#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// What one reactor counts of itself, and its connections of theirs. Nothing of it costs a message more than a plain
/// addition. @threads any may read
struct Reactor_Metrics {
  Local_Counter turns;       ///< waits that returned
  Local_Counter events;      ///< that they brought
  Local_Counter stale;       ///< events of handlers already closed, filtered by generation
  Local_Counter exceptions;  ///< hooks and callbacks that threw
  Local_Counter wakeups;     ///< sleeps ended by a post or stop
  Counter accepted, closed;  ///< connections that live, or lived, in it
  Counter shed;              ///< turned away or dropped to save the process
  Counter stalls;            ///< upcalls that ran for too long (Stall_Detector)
  Histogram upcall_time;     ///< of one upcall in `Run_Context::sampled`
  Histogram lag;             ///< how late timers were
};

}  // namespace v1
}  // namespace strata
