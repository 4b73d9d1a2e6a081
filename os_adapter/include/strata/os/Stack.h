// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <strata/os/Clock.h>
#include <strata/os/Export.h>
#include <strata/os/Result.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {
namespace os {

/// The calling thread, for `look_into`. A system call the first time.
std::uint64_t current_thread() noexcept;

/// Has another thread call `look(argument)` in the middle of what it does, and write down where it stands: the return
/// addresses of its stack, innermost first; how many. By a signal (SIGURG, ignored by who does not know it; a call that
/// it interrupts is restarted, or fails with EINTR: signal(7) lists which): `look` may do what a handler of signals may
/// (signal-safety(7)). Waits at most `patience`. One at a time: others wait. @threads any
/// Errors: timed_out (it did not come to it; `look` will not be called), no_such_process.
Result<std::size_t> look_into(std::uint64_t thread, void (*look)(void*), void* argument, std::span<const void*> frames,
                              Duration patience);

std::string code_at(const void* address);    ///< "libecho.so Echo::handle_data(…)", as far as it is known
std::string class_name(const char* mangled); ///< of std::type_info::name()

}  // namespace os
}  // namespace v1
}  // namespace strata
