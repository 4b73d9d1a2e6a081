// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Signal_Source.h>

#include <array>

#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "linux/Native.h"

namespace strata::inline v1::os::native {
namespace {

constexpr std::array<int, 10> numbers{SIGINT,  SIGTERM, SIGHUP,  SIGUSR1, SIGUSR2,
                                      SIGCHLD, SIGQUIT, SIGCONT, SIGSTOP, SIGKILL};  // by Signal
static_assert(numbers.size() == static_cast<std::size_t>(Signal::kill) + 1);

}  // namespace

int number_of(Signal signal) noexcept { return numbers[static_cast<std::size_t>(signal)]; }

Raw signal_open(const Signal* signals, std::size_t count) {
  sigset_t wanted;
  sigset_t before;
  sigemptyset(&wanted);
  for (std::size_t i = 0; i < count; ++i) sigaddset(&wanted, number_of(signals[i]));
  if (const int error = pthread_sigmask(SIG_BLOCK, &wanted, &before); error != 0) return -Raw{error};
  const Raw raw = raw_of(signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
  if (raw < 0) pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return raw;
}

Raw signal_read(Handle handle) {
  signalfd_siginfo info;
  if (::read(handle.value(), &info, sizeof info) < 0) return -Raw{errno};  // whole records only: signalfd(2)
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (static_cast<std::uint32_t>(numbers[i]) == info.ssi_signo) return static_cast<Raw>(i);
  }
  return -Raw{EAGAIN};
}

}  // namespace strata::inline v1::os::native
