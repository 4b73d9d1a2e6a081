// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Stack.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string_view>

#include <cxxabi.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <strata/os/Operations.h>

#include "common/Seam.h"
#include "linux/Native.h"
#include "posix/Native.h"

namespace strata::inline v1::os {
namespace {

constinit thread_local std::uint64_t this_thread = 0;

// What is asked of another thread. It takes the question only while it is `asked`: one who has gone is not answered.
constexpr std::uint32_t idle = 0, asked = 1, taken = 2, answered = 3;
struct Question {
  std::mutex one_at_a_time;
  std::atomic<std::uint32_t> state{idle};
  std::atomic<pid_t> thread{0};
  void (*look)(void*) = nullptr;
  void* argument = nullptr;
  std::array<void*, 64> frames{};
  int depth = 0;
};
constinit Question question;

extern "C" void strata_look(int) {
  const int error = errno;
  std::uint32_t expected = asked;
  if (static_cast<pid_t>(syscall(SYS_gettid)) == question.thread &&
      question.state.compare_exchange_strong(expected, taken, std::memory_order_acquire)) {
    question.depth = backtrace(question.frames.data(), static_cast<int>(question.frames.size()));
    question.look(question.argument);
    question.state.store(answered, std::memory_order_release);
    native::unpark(question.state, 1);
  }
  errno = error;
}

bool listens() {
  static const bool done = [] {
    std::array<void*, 2> frames;
    backtrace(frames.data(), 2);  // the first call loads a library, which no handler of signals may
    struct sigaction action{};
    action.sa_handler = strata_look;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    return sigaction(native::look_signal, &action, nullptr) == 0;
  }();
  return done;
}

/// False when the time is over and nobody has taken the question.
bool wait_for_answer(Duration patience) {
  const auto now = [] { return Duration{native_operations().monotonic_ns()}; };  // where tests move the clock, too
  const Duration end = now() + patience;
  for (std::uint32_t state = asked; state != answered; state = question.state.load(std::memory_order_acquire)) {
    const Duration left = end - now();
    if (left <= Duration::zero() && state == asked && question.state.compare_exchange_strong(state, idle)) return false;
    native::park(question.state, state, std::max<Duration>(left, std::chrono::milliseconds{1}));
  }
  return true;
}

// The frames above the one that was interrupted: strata_look, and what calls it.
constexpr std::size_t own_frames = 2;

}  // namespace

std::uint64_t current_thread() noexcept {
  static const bool forgets = pthread_atfork(nullptr, nullptr, [] { this_thread = 0; }) == 0;
  if (this_thread == 0 || !forgets) this_thread = static_cast<std::uint64_t>(syscall(SYS_gettid));
  return this_thread;
}

Result<std::size_t> look_into(std::uint64_t thread, void (*look)(void*), void* argument, std::span<const void*> frames,
                              Duration patience) {
  const std::lock_guard held{question.one_at_a_time};
  if (!listens()) return fail(std::errc::not_supported);
  question.thread = static_cast<pid_t>(thread);
  question.look = look;
  question.argument = argument;
  question.state.store(asked, std::memory_order_release);
  if (syscall(SYS_tgkill, getpid(), question.thread.load(), native::look_signal) != 0) {
    const int error = errno;
    question.state = idle;
    return failure(-Raw{error});
  }
  if (!wait_for_answer(patience)) return fail(std::errc::timed_out);
  question.state = idle;
  const std::span known{question.frames.data(), static_cast<std::size_t>(question.depth)};
  const std::span theirs = known.subspan(std::min(own_frames, known.size()));
  const std::size_t count = std::min(theirs.size(), frames.size());
  std::ranges::copy(theirs.first(count), frames.begin());
  return count;
}

std::string class_name(const char* mangled) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> name{abi::__cxa_demangle(mangled, nullptr, nullptr, &status), std::free};
  return name != nullptr ? name.get() : mangled;
}

std::string code_at(const void* address) {
  Dl_info info{};
  if (dladdr(address, &info) == 0 || info.dli_fname == nullptr) return "?";
  std::string_view file = info.dli_fname;
  std::string text{file.substr(file.rfind('/') + 1)};
  if (info.dli_sname != nullptr) return text + ' ' + class_name(info.dli_sname);
  const auto offset = static_cast<const char*>(address) - static_cast<const char*>(info.dli_fbase);
  std::array<char, 24> digits{};
  std::snprintf(digits.data(), digits.size(), "+0x%tx", offset);
  return text + digits.data();
}

}  // namespace strata::inline v1::os
