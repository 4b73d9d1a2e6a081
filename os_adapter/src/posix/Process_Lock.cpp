// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Process_Lock.h>

#include <cerrno>

#include <pthread.h>
#include <time.h>

namespace strata::inline v1::os {
namespace {

static_assert(sizeof(pthread_mutex_t) <= process_lock_size && alignof(pthread_mutex_t) <= 16);

pthread_mutex_t* mutex_at(void* memory) noexcept { return static_cast<pthread_mutex_t*>(memory); }

std::unexpected<std::error_code> failed(int error) noexcept {
  return std::unexpected{std::error_code{error, std::generic_category()}};
}
Result<> done(int error) noexcept {
  if (error != 0) return failed(error);
  return {};
}
Result<Former_Owner> locked(int error) noexcept {
  if (error == 0) return Former_Owner::unlocked;
  if (error == EOWNERDEAD) return Former_Owner::died;
  return failed(error);
}

int prepare(pthread_mutexattr_t* attributes) noexcept {
  int error = pthread_mutexattr_setpshared(attributes, PTHREAD_PROCESS_SHARED);
  if (error == 0) error = pthread_mutexattr_setrobust(attributes, PTHREAD_MUTEX_ROBUST);
  if (error == 0) error = pthread_mutexattr_settype(attributes, PTHREAD_MUTEX_ERRORCHECK);
  return error;
}

}  // namespace

Result<> make_process_lock(void* memory) noexcept {
  pthread_mutexattr_t attributes;
  if (const int error = pthread_mutexattr_init(&attributes); error != 0) return failed(error);
  int error = prepare(&attributes);
  if (error == 0) error = pthread_mutex_init(mutex_at(memory), &attributes);
  pthread_mutexattr_destroy(&attributes);
  return done(error);
}

void destroy_process_lock(void* memory) noexcept { pthread_mutex_destroy(mutex_at(memory)); }

Result<Former_Owner> lock_process_lock(void* memory) noexcept { return locked(pthread_mutex_lock(mutex_at(memory))); }

Result<Former_Owner> lock_process_lock_until(void* memory, Time_Point deadline) noexcept {
  const std::int64_t ns = deadline.time_since_epoch().count();
  constexpr std::int64_t second = 1'000'000'000;
  const timespec until{.tv_sec = static_cast<time_t>(ns / second), .tv_nsec = static_cast<long>(ns % second)};
  return locked(pthread_mutex_clocklock(mutex_at(memory), CLOCK_MONOTONIC, &until));
}

Result<Former_Owner> try_process_lock(void* memory) noexcept {
  return locked(pthread_mutex_trylock(mutex_at(memory)));
}

Result<> unlock_process_lock(void* memory) noexcept { return done(pthread_mutex_unlock(mutex_at(memory))); }
Result<> mend_process_lock(void* memory) noexcept { return done(pthread_mutex_consistent(mutex_at(memory))); }

}  // namespace strata::inline v1::os
