// SPDX-License-Identifier: Apache-2.0
#include <strata_test/Old_Ring.h>

#include <atomic>
#include <system_error>

#include <liburing.h>

namespace strata_test {
namespace {

using strata::Duration;
using strata::os::Operations;
using strata::os::Raw;

const Operations* below = nullptr;
Kernel as = Kernel::newest;
std::atomic<std::uint64_t> refused{0};

Raw open_ring(io_uring* ring, unsigned entries, unsigned completions, bool one_thread) {
  if (one_thread && as == Kernel::before_6_1) return -static_cast<Raw>(std::errc::not_supported);
  return below->ring_open(ring, entries, completions, one_thread);
}

/// Has the kernel refuse it as an older one does its limit: EINVAL, for a second address that no receive has.
void spoil(io_uring_sqe& entry) {
  const bool has_limit = (entry.ioprio & IORING_RECV_MULTISHOT) != 0 && entry.file_index != 0;
  if (entry.opcode != IORING_OP_RECV || !has_limit) return;
  entry.addr2 = 1;
  ++refused;
}

/// Those entries are looked at that were made since the last call.
Raw enter(io_uring* ring, unsigned wanted, Duration timeout) {
  for (unsigned i = ring->sq.sqe_head; i != ring->sq.sqe_tail; ++i) spoil(ring->sq.sqes[i & *ring->sq.kring_mask]);
  return below->ring_enter(ring, wanted, timeout);
}

Operations older(Kernel kernel) {
  below = &strata::os::operations();
  as = kernel;
  Operations table = *below;
  if (kernel == Kernel::newest) return table;
  table.ring_open = open_ring;
  table.ring_enter = enter;
  return table;
}

}  // namespace

Old_Ring::Old_Ring(Kernel kernel) : table_(older(kernel)), scope_(table_) {}

std::uint64_t Old_Ring::refusals() { return refused; }

}  // namespace strata_test
