// SPDX-License-Identifier: Apache-2.0
#include <ctime>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/Seam.h"
#include "linux/Native.h"

namespace strata::inline v1::os::native {
namespace {

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));

Raw futex(const std::atomic<std::uint32_t>& word, int operation, std::uint32_t value, const timespec* timeout) {
  return raw_of(syscall(SYS_futex, &word, operation, value, timeout, nullptr, 0));
}

}  // namespace

Raw park(const std::atomic<std::uint32_t>& word, std::uint32_t expected, Duration timeout) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(timeout);
  const timespec limit{static_cast<std::time_t>(seconds.count()), static_cast<long>((timeout - seconds).count())};
  return futex(word, FUTEX_WAIT_PRIVATE, expected, timeout < Duration::zero() ? nullptr : &limit);
}

Raw unpark(const std::atomic<std::uint32_t>& word, unsigned most) {
  return futex(word, FUTEX_WAKE_PRIVATE, most, nullptr);
}

}  // namespace strata::inline v1::os::native
