// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include <strata/os/Export.h>
#include <strata/os/Result.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {
namespace os {

/// For the seam: what a new thread runs. `body` is called once, on it.
struct Thread_Start {
  const char* name;  ///< at most 15 bytes are kept (pthread_setname_np(3))
  void (*body)(void*);
  void* argument;
  std::uint64_t* id;  ///< filled on success; for thread_join
  int core = -1;      ///< the processor that it runs on; < 0: any
};

/// A thread started through the seam; joins in its destructor. Move-only.
class Thread {
 public:
  Thread() noexcept = default;
  Thread(Thread&& other) noexcept;
  Thread& operator=(Thread&& other) noexcept;
  ~Thread();
  bool joinable() const noexcept { return id_ != 0; }
  void join() noexcept;

 private:
  friend Result<Thread> spawn(std::string name, std::move_only_function<void()> body, int core);
  std::uint64_t id_ = 0;
};

/// Starts a thread; all signals are blocked in it, so that they stay the first thread's. An exception from `body`
/// terminates. `core`: the only processor that it runs on; < 0: any. Errors: resource_unavailable_try_again,
/// not_enough_memory, invalid_argument (no such core, or not for this process).
Result<Thread> spawn(std::string name, std::move_only_function<void()> body, int core = -1);

/// One of several: named NAME/NUMBER; where `cores` are given, on one of these, in turn. Numbers begin at 1.
Result<Thread> spawn_one_of(const std::string& name, std::size_t number, std::span<const int> cores,
                            std::move_only_function<void()> body);

/// Keeps the calling thread, and those that it starts meanwhile, on the processor that it runs on: for threads of which
/// one runs at a time, whose turns would else be wake-ups from one processor to another. Where the system refuses,
/// nothing happens. @threads its maker's
/// Source: sched_setaffinity(2).
class One_Processor {
 public:
  One_Processor() noexcept;
  One_Processor(const One_Processor&) = delete;
  One_Processor& operator=(const One_Processor&) = delete;
  ~One_Processor();  ///< as before, for the calling thread

 private:
  std::array<std::byte, 128> before_;  // processors that were allowed, a bit each
  bool kept_ = false;
};

/// How many processors the calling thread may use; at least 1.
unsigned processors() noexcept;

}  // namespace os
}  // namespace v1
}  // namespace strata
