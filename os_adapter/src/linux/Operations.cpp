// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Operations.h>

#include "common/Seam.h"
#include "linux/Native.h"

namespace strata::inline v1::os {

constinit const Operations native_table{
    .close = native::close,
    .read = native::read,
    .write = native::write,
    .is_regular_file = native::is_regular_file,
    .duplicate = native::duplicate,
    .pipe_open = native::pipe_open,
    .adopt = native::adopt,
    .event_open = native::event_open,

    .socket = native::linux_socket,
    .socket_pair = native::linux_socket_pair,
    .bind = native::bind,
    .listen = native::listen,
    .accept = native::linux_accept,
    .connect = native::connect,
    .receive = native::linux_receive,
    .send = native::linux_send,
    .send_gathered = native::send_gathered,
    .shutdown = native::shutdown,
    .set_option = native::linux_set_option,
    .get_option = native::linux_get_option,
    .local_address = native::local_address,
    .peer_address = native::peer_address,
    .receive_datagrams = native::receive_datagrams,
    .send_datagrams = native::send_datagrams,
    .send_handles = native::send_handles,
    .receive_handles = native::receive_handles,
    .set_membership = native::set_membership,
    .resolve = native::resolve,

    .epoll_open = native::epoll_open,
    .epoll_control = native::epoll_control,
    .epoll_wait = native::epoll_wait,
    .ring_open = native::ring_open,
    .ring_lend = native::ring_lend,
    .ring_enter = native::ring_enter,
    .poll = native::poll,
    .select = native::select,
    .open_demultiplexer = native::open_demultiplexer,

    .monotonic_ns = native::monotonic_ns,
    .timer_open = native::timer_open,
    .timer_set = native::timer_set,
    .wall_ns = native::wall_ns,
    .entropy = native::entropy,

    .file_open = native::file_open,
    .file_status = native::file_status,
    .file_sync = native::file_sync,
    .file_read_at = native::file_read_at,
    .file_write_at = native::file_write_at,
    .file_resize = native::file_resize,
    .memory_map = native::memory_map,
    .memory_unmap = native::memory_unmap,
    .memory_sync = native::memory_sync,
    .shared_memory_open = native::shared_memory_open,
    .shared_memory_remove = native::shared_memory_remove,
    .file_rename = native::file_rename,
    .file_remove = native::file_remove,
    .path_status = native::path_status,
    .path_set_permissions = native::path_set_permissions,
    .path_set_owner = native::path_set_owner,
    .directory_list = native::directory_list,

    .thread_start = native::thread_start,
    .thread_join = native::thread_join,
    .park = native::park,
    .unpark = native::unpark,
    .process_id = native::process_id,
    .signal_open = native::signal_open,
    .signal_read = native::signal_read,
    .raise_descriptor_limit = native::raise_descriptor_limit,
};

}  // namespace strata::inline v1::os
