// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "posix/Native.h"

// Entries of the seam that only Linux has, or has better.
namespace strata::inline v1::os::native {

Raw event_open();
Raw timer_open();
Raw timer_set(Handle timer, std::int64_t monotonic_ns);
Raw linux_socket(Family, Socket_Kind);
Raw linux_socket_pair(Handle pair[2]);
Raw linux_accept(Handle, Socket_Address* peer);
Raw linux_receive(Handle, std::byte* data, std::size_t size);
Raw linux_send(Handle, const std::byte* data, std::size_t size);
Raw pipe_open(Handle pair[2]);
Raw send_handles(Handle, const std::byte* data, std::size_t size, const Handle* passed, std::size_t count);
Raw receive_handles(Handle, std::byte* data, std::size_t size, Handle* passed, std::size_t& count);
Raw send_file(Handle socket, Handle file, std::uint64_t offset, std::size_t size);
Raw splice(Handle from, Handle to, std::size_t size);
Raw file_open_beneath(Handle folder, const char* name, Open_Mode, unsigned permissions);
Raw shared_memory_open(const char* name, Shared_Open, unsigned permissions);
Raw receive_datagrams(Handle, Datagram_In* slots, std::size_t count);
Raw send_datagrams(Handle, const Datagram_Out* datagrams, std::size_t count);
Raw set_membership(Handle, const Socket_Address& group, std::uint32_t interface, bool join);
Raw linux_set_option(Handle, Socket_Option, int value);
Raw linux_get_option(Handle, Socket_Option);

Raw epoll_open();
Raw epoll_control(Handle epoll, int operation, Handle, epoll_event*);
Raw epoll_wait(Handle epoll, epoll_event*, int capacity, Duration timeout);
Result<std::unique_ptr<Demultiplexer>> open_epoll();
Raw ring_open(io_uring*, unsigned entries, unsigned completions, bool one_thread);
Raw ring_lend(io_uring*, void* buffers, unsigned count, unsigned group);
Raw ring_register(io_uring*, void* memory, std::size_t size);
Raw ring_enter(io_uring*, unsigned wanted, Duration timeout);
Result<std::unique_ptr<Demultiplexer>> open_io_uring();
Result<std::unique_ptr<Demultiplexer>> open_demultiplexer(std::string_view name);

Raw park(const std::atomic<std::uint32_t>& word, std::uint32_t expected, Duration timeout);
Raw unpark(const std::atomic<std::uint32_t>& word, unsigned most);
Raw entropy(std::byte* data, std::size_t size);
Raw signal_open(const Signal* signals, std::size_t count);
Raw signal_read(Handle);
int number_of(Signal) noexcept;  ///< SIG…
Raw process_start(const Process_Start&);
Raw process_open(std::int64_t id);
Raw process_reap(Handle process, Exit_Status&);
Raw process_signal(Handle process, Signal);

}  // namespace strata::inline v1::os::native
