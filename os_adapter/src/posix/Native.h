// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <pthread.h>
#include <signal.h>

#include <strata/os/Demultiplexer.h>
#include <strata/os/Operations.h>
#include <strata/os/Socket.h>

// Entries of the seam that any POSIX system can use as they are. A platform's table names those it takes.
namespace strata::inline v1::os::native {

/// The convention of POSIX calls (-1 and errno) to that of the seam.
inline Raw raw_of(std::int64_t result) noexcept { return result < 0 ? -Raw{errno} : result; }

Raw close(Handle);
Raw read(Handle, std::byte* data, std::size_t size);
Raw write(Handle, const std::byte* data, std::size_t size);
Raw is_regular_file(Handle);
Raw duplicate(Handle);
Raw adopt(Handle);

Raw bind(Handle, const Socket_Address&);
Raw listen(Handle, int backlog);
Raw connect(Handle, const Socket_Address&);
Raw send_gathered(Handle, const Const_Bytes* parts, std::size_t count);
Raw shutdown(Handle, Shutdown);
Raw set_option(Handle, Socket_Option, int value);  ///< -ENOPROTOOPT for what POSIX systems do not share
Raw get_option(Handle, Socket_Option);
Raw set_integer_option(Handle, int level, int name, int value);
Raw get_integer_option(Handle, int level, int name);
Raw local_address(Handle, Socket_Address&);
Raw peer_address(Handle, Socket_Address&);
Raw resolve(const Resolve_Query&, std::vector<Socket_Address>&);
int domain_of(Family) noexcept;  ///< AF_…; AF_UNSPEC where there is none
int type_of(Socket_Kind) noexcept;

int poll_timeout(Duration) noexcept;  ///< milliseconds for poll(2) and epoll_wait(2), rounded up; -1 for ever
extern const short poll_read_end;      ///< POLLRDHUP, or 0 on a platform that lacks it
Raw poll(pollfd*, std::size_t count, Duration timeout);
Raw select(int limit, void* readable, void* writable, void* broken, Duration timeout);
Result<std::unique_ptr<Demultiplexer>> open_poll();
Result<std::unique_ptr<Demultiplexer>> open_select();

std::int64_t monotonic_ns();
std::int64_t wall_ns();

Raw file_open(const char* path, Open_Mode, unsigned permissions);
Raw file_open_now(const char* path, Open_Mode, unsigned permissions);
Raw folder_open(const char* path);
int open_flags(Open_Mode) noexcept;  ///< of open(2)
/// What was opened with O_NONBLOCK; closed again if it is nothing to write to.
Raw opened(Raw descriptor, Open_Mode) noexcept;
void block_broken_pipe() noexcept;  ///< in this thread, for good
Raw file_status(Handle, File_Status&);
Raw file_sync(Handle);
Raw file_read_at(Handle, std::byte* data, std::size_t size, std::uint64_t offset);
Raw file_write_at(Handle, const std::byte* data, std::size_t size, std::uint64_t offset);
Raw file_resize(Handle, std::uint64_t size);
Raw memory_map(Handle, std::uint64_t offset, std::size_t size, Map_Access, void** address);
Raw memory_unmap(void* address, std::size_t size);
Raw memory_sync(void* address, std::size_t size);
Raw shared_memory_remove(const char* name);
Raw file_rename(const char* from, const char* to);
Raw file_remove(const char* path);
Raw path_status(const char* path, File_Status&);
Raw path_set_permissions(const char* path, unsigned permissions);
Raw path_set_owner(const char* path, std::uint32_t user, std::uint32_t group);
Raw directory_list(const char* path, std::size_t most, std::vector<std::string>& names);
Raw folder_list(Handle folder, std::size_t most, std::vector<std::string>& names);

inline constexpr int look_signal = SIGURG;  ///< of look_into: no thread blocks it
Raw thread_start(const Thread_Start&);
Raw thread_join(std::uint64_t thread);
void name_this_thread(const char* name) noexcept;  ///< each platform has its own, of this and the next
int set_affinity(pthread_attr_t&, int core) noexcept;  ///< 0 or an errno

Raw process_id();
Raw raise_descriptor_limit();

}  // namespace strata::inline v1::os::native
