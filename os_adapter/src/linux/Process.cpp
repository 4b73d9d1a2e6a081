// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Process.h>

#include <array>
#include <limits>
#include <new>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "linux/Native.h"

namespace strata::inline v1::os::native {
namespace {

// By number: in glibc 2.36 their header declares them for C alone.
Raw handle_of(pid_t id) noexcept { return raw_of(syscall(SYS_pidfd_open, id, 0)); }

/// What posix_spawn(3) is told, step by step; each returns 0 or an errno.
class Spawning {
 public:
  Spawning() noexcept {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
  }
  Spawning(const Spawning&) = delete;
  Spawning& operator=(const Spawning&) = delete;
  ~Spawning() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
    for (const int copy : copies_) {
      if (copy >= 0) ::close(copy);
    }
  }

  int stream(int target, Handle given) noexcept {
    if (!given) return posix_spawn_file_actions_addopen(&actions_, target, "/dev/null", O_RDWR, 0);
    const int flags = fcntl(given.value(), F_GETFL);
    if (flags < 0) return errno;
    if ((flags & O_NONBLOCK) != 0 && fcntl(given.value(), F_SETFL, flags & ~O_NONBLOCK) != 0) return errno;
    int source = given.value();
    if (source < beyond && source != target) {  // may be another stream by the time that it is its turn
      source = copies_[static_cast<std::size_t>(target)] = fcntl(source, F_DUPFD_CLOEXEC, beyond);
      if (source < 0) return errno;
    }
    return posix_spawn_file_actions_adddup2(&actions_, source, target);  // the copy stays open over exec
  }

  int only_streams() noexcept { return posix_spawn_file_actions_addclosefrom_np(&actions_, beyond); }

  int fresh_signals() noexcept {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    return posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }

  int run(const Process_Start& wanted, pid_t& id) {
    std::vector<char*> arguments;
    arguments.reserve(wanted.arguments.size() + 2);
    arguments.push_back(const_cast<char*>(wanted.program.c_str()));  // posix_spawn(3) only reads them
    for (const std::string& one : wanted.arguments) arguments.push_back(const_cast<char*>(one.c_str()));
    arguments.push_back(nullptr);
    return posix_spawn(&id, wanted.program.c_str(), &actions_, &attributes_, arguments.data(), environ);
  }

 private:
  static constexpr int beyond = STDERR_FILENO + 1;

  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
  std::array<int, beyond> copies_{-1, -1, -1};
};

int spawn(const Process_Start& wanted, pid_t& id) {
  Spawning spawning;
  int error = spawning.stream(STDIN_FILENO, wanted.input);
  if (error == 0) error = spawning.stream(STDOUT_FILENO, wanted.output);
  if (error == 0) error = spawning.stream(STDERR_FILENO, wanted.error);
  if (error == 0) error = spawning.only_streams();
  if (error == 0) error = spawning.fresh_signals();
  return error == 0 ? spawning.run(wanted, id) : error;
}

/// A child that nobody could ever ask after.
void give_up(pid_t id) noexcept {
  kill(id, SIGKILL);
  while (waitpid(id, nullptr, 0) < 0 && errno == EINTR) continue;
}

}  // namespace

Raw process_start(const Process_Start& wanted) {
  pid_t id = 0;
  try {
    if (const int error = spawn(wanted, id); error != 0) return -Raw{error};
  } catch (const std::bad_alloc&) {
    return -Raw{ENOMEM};
  }
  const Raw process = handle_of(id);  // its id is its own until it is reaped, even if it has ended
  if (process < 0 && process != -Raw{ESRCH}) give_up(id);
  return process;
}

Raw process_open(std::int64_t id) {
  if (id <= 0 || id > std::numeric_limits<pid_t>::max()) return -Raw{ESRCH};
  return handle_of(static_cast<pid_t>(id));
}

Raw process_reap(Handle process, Exit_Status& status) {
  siginfo_t info{};
  if (waitid(P_PIDFD, static_cast<id_t>(process.value()), &info, WEXITED | WNOHANG) != 0) return -Raw{errno};
  if (info.si_pid == 0) return -Raw{EAGAIN};
  status = info.si_code == CLD_EXITED ? Exit_Status{.code = info.si_status} : Exit_Status{.signal = info.si_status};
  return 0;
}

Raw process_signal(Handle process, Signal signal) {
  return raw_of(syscall(SYS_pidfd_send_signal, process.value(), number_of(signal), nullptr, 0));
}

}  // namespace strata::inline v1::os::native
