// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Thread.h>

#include <cstring>
#include <memory>
#include <new>

#include <pthread.h>
#include <signal.h>

#include "posix/Native.h"

namespace strata::inline v1::os::native {
namespace {

struct Start {
  char name[16] = {};  // 15 bytes and a NUL
  void (*body)(void*);
  void* argument;
};

extern "C" void* strata_thread_main(void* argument) noexcept {
  const std::unique_ptr<Start> start{static_cast<Start*>(argument)};
  name_this_thread(start->name);
  start->body(start->argument);
  return nullptr;
}

}  // namespace

Raw thread_start(const Thread_Start& wanted) {
  std::unique_ptr<Start> start{new (std::nothrow) Start{{}, wanted.body, wanted.argument}};
  if (!start) return -Raw{ENOMEM};
  std::strncpy(start->name, wanted.name, sizeof start->name - 1);
  pthread_t thread{};
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  int error = wanted.core < 0 ? 0 : set_affinity(attributes, wanted.core);
  sigset_t all, before;
  sigfillset(&all);
  sigdelset(&all, look_signal);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // signals are the first thread's, through its Signal_Source
  if (error == 0) error = pthread_create(&thread, &attributes, strata_thread_main, start.get());
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  if (error != 0) return -Raw{error};
  static_cast<void>(start.release());  // the thread's now
  static_assert(sizeof thread <= sizeof *wanted.id);
  *wanted.id = 0;
  std::memcpy(wanted.id, &thread, sizeof thread);
  return 0;
}

Raw thread_join(std::uint64_t id) {
  pthread_t thread{};
  std::memcpy(&thread, &id, sizeof thread);
  return -Raw{pthread_join(thread, nullptr)};
}

}  // namespace strata::inline v1::os::native
