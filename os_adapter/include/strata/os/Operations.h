// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <strata/os/Bytes.h>
#include <strata/os/Clock.h>
#include <strata/os/Export.h>
#include <strata/os/Handle.h>
#include <strata/os/Result.h>

struct epoll_event;  // forward declarations only: no system header reaches a public one
struct io_uring;
struct pollfd;

namespace strata {
inline namespace STRATA_EXPORT v1 {
namespace os {

class Demultiplexer;
class Socket_Address;
enum class Family : std::uint8_t;
enum class Socket_Kind : std::uint8_t;
enum class Socket_Option : std::uint8_t;
enum class Shutdown : std::uint8_t;
enum class Open_Mode : std::uint8_t;
enum class Map_Access : std::uint8_t;
enum class Shared_Open : std::uint8_t;
struct Datagram_In;
struct Datagram_Out;
enum class Signal : std::uint8_t;
struct Thread_Start;
struct Resolve_Query;
struct File_Status;
struct Process_Start;
struct Exit_Status;

/// What an operation of the seam returns: a value ≥ 0, or a std::errc negated, as the kernel itself does.
using Raw = std::int64_t;

/// The seam: every call to the operating system that can order an upcall or fail (faults.md) goes through one table of
/// functions. The `os::` functions call it, handle EINTR, and turn `Raw` into `Result`; nothing else may. A test copies
/// `native_operations()`, replaces some entries and installs the copy; the simulator replaces nearly all.
///
/// Entries never throw, never block (but `wait`s, `resolve` and files) and never retry. Descriptors they make are
/// close-on-exec and, for sockets, non-blocking. An entry that a platform lacks returns -ENOSYS. @threads any
struct Operations {
  // Descriptors
  Raw (*close)(Handle);
  Raw (*read)(Handle, std::byte* data, std::size_t size);
  Raw (*write)(Handle, const std::byte* data, std::size_t size);
  Raw (*is_regular_file)(Handle);  ///< 1, 0, or -EBADF
  Raw (*duplicate)(Handle);        ///< the new descriptor
  Raw (*pipe_open)(Handle pair[2]);  ///< the end to read from, then the one to write to
  Raw (*adopt)(Handle);            ///< makes an inherited one close-on-exec, non-blocking; -EEXIST: it is ours already
  Raw (*event_open)();             ///< a counter that is readable while not zero (eventfd(2)); see Waker

  // Sockets
  Raw (*socket)(Family, Socket_Kind);
  Raw (*socket_pair)(Handle pair[2]);  ///< connected, stream
  Raw (*bind)(Handle, const Socket_Address&);
  Raw (*listen)(Handle, int backlog);
  Raw (*accept)(Handle, Socket_Address* peer);  ///< the new descriptor; `peer` may be null
  Raw (*connect)(Handle, const Socket_Address&);
  Raw (*receive)(Handle, std::byte* data, std::size_t size);
  Raw (*send)(Handle, const std::byte* data, std::size_t size);
  Raw (*send_gathered)(Handle, const Const_Bytes* parts, std::size_t count);
  Raw (*shutdown)(Handle, Shutdown);
  Raw (*set_option)(Handle, Socket_Option, int value);
  Raw (*get_option)(Handle, Socket_Option);
  Raw (*local_address)(Handle, Socket_Address&);
  Raw (*peer_address)(Handle, Socket_Address&);
  Raw (*receive_datagrams)(Handle, Datagram_In* slots, std::size_t count);  ///< how many came
  Raw (*send_datagrams)(Handle, const Datagram_Out* datagrams, std::size_t count);  ///< how many were taken
  Raw (*send_handles)(Handle, const std::byte* data, std::size_t size, const Handle* passed, std::size_t count);
  Raw (*receive_handles)(Handle, std::byte* data, std::size_t size, Handle* passed, std::size_t& count);
  Raw (*send_file)(Handle socket, Handle file, std::uint64_t offset, std::size_t size);  ///< bytes taken
  Raw (*splice)(Handle from, Handle to, std::size_t size);  ///< bytes moved; one of both is a pipe
  Raw (*set_membership)(Handle, const Socket_Address& group, std::uint32_t interface, bool join);
  Raw (*resolve)(const Resolve_Query&, std::vector<Socket_Address>&);  ///< blocks

  // Waiting: the real mechanisms, for injection; the choice by name, for the simulator to answer with its own.
  Raw (*epoll_open)();
  Raw (*epoll_control)(Handle epoll, int operation, Handle, epoll_event*);
  Raw (*epoll_wait)(Handle epoll, epoll_event*, int capacity, Duration timeout);  ///< timeout < 0: for ever
  Raw (*ring_open)(io_uring*, unsigned entries, unsigned completions, bool one_thread);  ///< how long its queues are
  /// Makes a ring of buffers, page-aligned memory, the one that receives of `group` take theirs from.
  Raw (*ring_lend)(io_uring*, void* buffers, unsigned count, unsigned group);
  Raw (*ring_register)(io_uring*, void* memory, std::size_t size);  ///< in place of what was; 0: none
  /// Hands over what is queued, and waits for `wanted` completions; how many there are. timeout < 0: for ever
  Raw (*ring_enter)(io_uring*, unsigned wanted, Duration timeout);
  Raw (*poll)(pollfd*, std::size_t count, Duration timeout);
  Raw (*select)(int limit, void* readable, void* writable, void* broken, Duration timeout);  ///< three fd_set
  Result<std::unique_ptr<Demultiplexer>> (*open_demultiplexer)(std::string_view name);

  // Time and chance
  std::int64_t (*monotonic_ns)();
  Raw (*timer_open)();  ///< readable from a point of monotonic time on, and edge-triggered then (timerfd(2)); see Alarm
  Raw (*timer_set)(Handle, std::int64_t monotonic_ns);
  std::int64_t (*wall_ns)();
  Raw (*entropy)(std::byte* data, std::size_t size);

  // Files
  Raw (*file_open)(const char* path, Open_Mode, unsigned permissions);
  Raw (*file_open_now)(const char* path, Open_Mode, unsigned permissions);  ///< waits for no FIFO, either way
  Raw (*file_open_beneath)(Handle folder, const char* name, Open_Mode, unsigned permissions);  ///< the same
  Raw (*folder_open)(const char* path);
  Raw (*file_status)(Handle, File_Status&);
  Raw (*file_sync)(Handle);
  Raw (*file_read_at)(Handle, std::byte* data, std::size_t size, std::uint64_t offset);
  Raw (*file_write_at)(Handle, const std::byte* data, std::size_t size, std::uint64_t offset);
  Raw (*file_resize)(Handle, std::uint64_t size);
  Raw (*memory_map)(Handle, std::uint64_t offset, std::size_t size, Map_Access, void** address);
  Raw (*memory_unmap)(void* address, std::size_t size);
  Raw (*memory_sync)(void* address, std::size_t size);
  Raw (*shared_memory_open)(const char* name, Shared_Open, unsigned permissions);  ///< name null: without one
  Raw (*shared_memory_remove)(const char* name);
  Raw (*file_rename)(const char* from, const char* to);
  Raw (*file_remove)(const char* path);
  Raw (*path_status)(const char* path, File_Status&);
  Raw (*path_set_permissions)(const char* path, unsigned permissions);
  Raw (*path_set_owner)(const char* path, std::uint32_t user, std::uint32_t group);
  /// At most so many names, without `.` and `..`, in no order; 1: there are more.
  Raw (*directory_list)(const char* path, std::size_t most, std::vector<std::string>& names);
  Raw (*folder_list)(Handle folder, std::size_t most, std::vector<std::string>& names);  ///< so, time and again

  // Processes, threads, signals
  Raw (*thread_start)(const Thread_Start&);
  Raw (*thread_join)(std::uint64_t thread);
  Raw (*park)(const std::atomic<std::uint32_t>& word, std::uint32_t expected, Duration timeout);  ///< see Monitor.h
  Raw (*unpark)(const std::atomic<std::uint32_t>& word, unsigned most);  ///< how many it has woken
  Raw (*process_id)();
  Raw (*process_start)(const Process_Start&);  ///< a descriptor that is readable once the process has ended
  Raw (*process_open)(std::int64_t id);        ///< the same
  Raw (*process_reap)(Handle process, Exit_Status&);  ///< -EAGAIN while it lives
  Raw (*process_signal)(Handle process, Signal);
  Raw (*signal_open)(const Signal* signals, std::size_t count);  ///< blocks them and makes a source: signalfd(2)
  Raw (*signal_read)(Handle);                                     ///< the next Signal's value, or -EAGAIN
  Raw (*raise_descriptor_limit)();                                ///< soft limit to the hard one; the limit in force
};

/// The operating system itself.
const Operations& native_operations() noexcept;

/// The table in force: native unless an `Operations_Scope` lives.
const Operations& operations() noexcept;

/// Puts a table in force for its lifetime; they nest. For tests and the simulator. The table must outlive the scope.
/// Install it while no other thread is inside `os::`; then any thread may call.
class Operations_Scope {
 public:
  explicit Operations_Scope(const Operations& table) noexcept;
  Operations_Scope(const Operations_Scope&) = delete;
  Operations_Scope& operator=(const Operations_Scope&) = delete;
  ~Operations_Scope();

 private:
  const Operations* previous_;
};

}  // namespace os
}  // namespace v1
}  // namespace strata
