// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Operations.h>

#include <array>
#include <atomic>
#include <cstring>
#include <memory>
#include <type_traits>
#include <utility>

#include <strata/os/Demultiplexer.h>
#include <strata/os/File.h>
#include <strata/os/User.h>

#include "Demultiplexer.h"
#include "Socket.h"
#include "Socket_Operations.h"
#include "Switching.h"
#include "Transfer_Operations.h"
#include "World.h"

namespace strata::inline v1::sim {
namespace {

using os::Handle;
using os::Raw;

World& world() { return *active_world(); }

Raw close(Handle handle) {
  const Raw done = world().descriptors.close(handle);
  const bool interrupted = done == 0 && world().roll(world().faults.interrupt);  // closed all the same (close(2))
  return world().record("close", handle.value(), 0, interrupted ? error(std::errc::interrupted) : done);
}

Raw read(Handle handle, std::byte* data, std::size_t size) {
  if (world().descriptors.find_as<Socket>(handle) != nullptr) return socket_operations::receive(handle, data, size);
  const std::shared_ptr<Object> object = world().descriptors.share(handle);
  Raw outcome = error(std::errc::bad_file_descriptor);
  if (object != nullptr) {
    outcome = world().roll(world().faults.interrupt) ? error(std::errc::interrupted) : object->read({data, size});
  }
  return world().record("read", handle.value(), static_cast<std::int64_t>(size), outcome);
}

Raw write(Handle handle, const std::byte* data, std::size_t size) {
  if (world().descriptors.find_as<Socket>(handle) != nullptr) return socket_operations::send(handle, data, size);
  const std::shared_ptr<Object> object = world().descriptors.share(handle);
  Raw outcome = error(std::errc::bad_file_descriptor);
  if (object != nullptr) {
    outcome = world().roll(world().faults.interrupt) ? error(std::errc::interrupted) : object->write({data, size});
  }
  return world().record("write", handle.value(), static_cast<std::int64_t>(size), outcome);
}

Raw is_regular_file(Handle handle) {
  if (world().descriptors.find(handle) == nullptr) return error(std::errc::bad_file_descriptor);
  auto* const file = world().descriptors.find_as<Real_File>(handle);
  return file == nullptr ? 0 : os::native_operations().is_regular_file(file->real());
}

/// Gives a new object a number, unless fate or the limit denies one.
Raw open_object(std::string_view call, std::shared_ptr<Object> object) {
  const bool denied = world().roll(world().faults.no_descriptor);
  const Raw outcome =
      denied ? error(std::errc::too_many_files_open) : world().descriptors.open(std::move(object));
  return world().record(call, 0, 0, outcome);
}

Raw duplicate(Handle handle) {
  std::shared_ptr<Object> object = world().descriptors.share(handle);
  if (object == nullptr) return error(std::errc::bad_file_descriptor);
  return open_object("duplicate", std::move(object));
}

Raw event_open() { return open_object("event", std::make_shared<Counter>()); }

Raw signal_open(const os::Signal* signals, std::size_t count) {
  return open_object("signals", std::make_shared<Signal_Object>(world().signals, signals, count));
}

Raw signal_read(Handle handle) {
  auto* const source = world().descriptors.find_as<Signal_Object>(handle);
  const Raw outcome = source == nullptr ? error(std::errc::bad_file_descriptor) : source->next();
  return world().record("signal", handle.value(), 0, outcome);
}

std::int64_t monotonic_ns() {
  const std::int64_t now = world().agenda.now().time_since_epoch().count();
  world().record("clock", 0, 0, 0);
  return now;
}

/// 2030-01-01 at the start of each run.
std::int64_t wall_ns() {
  constexpr std::int64_t start = 1'893'456'000'000'000'000;
  return start + (world().agenda.now() - Agenda::start).count();
}

Raw entropy(std::byte* data, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) data[i] = static_cast<std::byte>(world().random.next());
  return world().record("entropy", 0, static_cast<std::int64_t>(size), static_cast<Raw>(size));
}

Raw open_real(std::string_view call, Raw real) {
  if (real < 0) return real;
  return open_object(call, std::make_shared<Real_File>(Handle{static_cast<std::int32_t>(real)}));
}

Raw file_open(const char* path, os::Open_Mode mode, unsigned permissions) {
  return open_real("file_open", os::native_operations().file_open(path, mode, permissions));
}

Raw file_open_now(const char* path, os::Open_Mode mode, unsigned permissions) {
  return open_real("file_open", os::native_operations().file_open_now(path, mode, permissions));
}

Raw folder_open(const char* path) { return open_real("folder_open", os::native_operations().folder_open(path)); }

Raw file_open_beneath(Handle handle, const char* name, os::Open_Mode mode, unsigned permissions) {
  auto* const folder = world().descriptors.find_as<Real_File>(handle);
  if (folder == nullptr) return error(std::errc::bad_file_descriptor);
  return open_real("file_open", os::native_operations().file_open_beneath(folder->real(), name, mode, permissions));
}

Raw shared_memory_open(const char* name, os::Shared_Open how, unsigned permissions) {
  return open_real("shared_memory", os::native_operations().shared_memory_open(name, how, permissions));
}

template <class... Parameters, class... Arguments>
Raw on_file(Raw (*operation)(Handle, Parameters...), Handle handle, Arguments&&... arguments) {
  auto* const file = world().descriptors.find_as<Real_File>(handle);
  return file == nullptr ? error(std::errc::bad_file_descriptor) : operation(file->real(), arguments...);
}
Raw file_status(Handle handle, os::File_Status& status) {
  return on_file(os::native_operations().file_status, handle, status);
}
Raw file_sync(Handle handle) { return on_file(os::native_operations().file_sync, handle); }
Raw file_read_at(Handle handle, std::byte* data, std::size_t size, std::uint64_t offset) {
  const std::size_t most = world().cut(size, world().faults.short_read);
  const Raw outcome = on_file(os::native_operations().file_read_at, handle, data, most, offset);
  return world().record("read_at", handle.value(), static_cast<std::int64_t>(offset), outcome);
}
Raw file_write_at(Handle handle, const std::byte* data, std::size_t size, std::uint64_t offset) {
  const std::size_t most = world().cut(size, world().faults.short_write);
  const Raw outcome = on_file(os::native_operations().file_write_at, handle, data, most, offset);
  return world().record("write_at", handle.value(), static_cast<std::int64_t>(offset), outcome);
}
Raw file_resize(Handle handle, std::uint64_t size) {
  return on_file(os::native_operations().file_resize, handle, size);
}
Raw memory_map(Handle handle, std::uint64_t offset, std::size_t size, os::Map_Access access, void** address) {
  return on_file(os::native_operations().memory_map, handle, offset, size, access, address);
}

Raw folder_list(Handle handle, std::size_t most, std::vector<std::string>& names) {
  return on_file(os::native_operations().folder_list, handle, most, names);
}

Raw path_status(const char* path, os::File_Status& status) {
  if (!world().network.has_path(path)) return os::native_operations().path_status(path, status);
  status = {.owner = os::User::effective().id, .permissions = 0755, .type = os::File_Type::socket};
  return 0;
}

Raw path_set_permissions(const char* path, unsigned permissions) {
  return world().network.has_path(path) ? 0 : os::native_operations().path_set_permissions(path, permissions);
}

Raw file_remove(const char* path) {
  return world().network.remove_path(path) ? 0 : os::native_operations().file_remove(path);
}

Result<std::unique_ptr<os::Demultiplexer>> open_demultiplexer(std::string_view name) {
  return std::make_unique<Simulated_Demultiplexer>(world(), name == "io_uring");
}

Raw thread_start(const os::Thread_Start& wanted) { return world().threads.start(wanted); }
Raw thread_join(std::uint64_t id) { return world().threads.join(id); }
Raw park(const std::atomic<std::uint32_t>& word, std::uint32_t expected, Duration timeout) {
  return world().threads.park(word, expected, timeout);
}
Raw unpark(const std::atomic<std::uint32_t>& word, unsigned most) { return world().threads.unpark(word, most); }

constexpr Raw refused = error(std::errc::function_not_supported);

void fill_processes(os::Operations& table) {
  table.thread_start = switching<thread_start>;
  table.thread_join = switching<thread_join>;
  table.park = switching<park>;
  table.unpark = switching<unpark>;
  table.process_id = []() -> Raw { return 1000; };
  table.process_start = [](const os::Process_Start&) { return refused; };
  table.process_open = [](std::int64_t) { return refused; };
  table.process_reap = [](Handle, os::Exit_Status&) { return refused; };
  table.process_signal = [](Handle, os::Signal) { return refused; };
  table.signal_open = signal_open;
  table.signal_read = signal_read;
  table.raise_descriptor_limit = [] { return static_cast<Raw>(world().descriptors.limit()); };
}

void fill_waiting(os::Operations& table) {
  table.epoll_open = [] { return refused; };
  table.epoll_control = [](Handle, int, Handle, epoll_event*) { return refused; };
  table.epoll_wait = [](Handle, epoll_event*, int, Duration) { return refused; };
  table.ring_open = [](io_uring*, unsigned, unsigned, bool) { return refused; };
  table.ring_lend = [](io_uring*, void*, unsigned, unsigned) { return refused; };
  table.ring_register = [](io_uring*, void*, std::size_t) { return refused; };
  table.ring_enter = [](io_uring*, unsigned, Duration) { return refused; };
  table.poll = [](pollfd*, std::size_t, Duration) { return refused; };
  table.select = [](int, void*, void*, void*, Duration) { return refused; };
  table.open_demultiplexer = open_demultiplexer;
  table.monotonic_ns = switching<monotonic_ns>;
  table.timer_open = [] { return refused; };
  table.timer_set = [](Handle, std::int64_t) { return refused; };
  table.wall_ns = wall_ns;
  table.entropy = entropy;
}

void fill_files(os::Operations& table) {
  table.is_regular_file = is_regular_file;
  table.file_open = file_open;
  table.file_open_now = file_open_now;
  table.file_open_beneath = file_open_beneath;
  table.folder_open = folder_open;
  table.folder_list = folder_list;
  table.file_status = file_status;
  table.file_sync = file_sync;
  table.file_read_at = switching<file_read_at>;
  table.file_write_at = switching<file_write_at>;
  table.file_resize = file_resize;
  table.memory_map = memory_map;
  table.shared_memory_open = shared_memory_open;
  table.file_remove = file_remove;
  table.path_status = path_status;
  table.path_set_permissions = path_set_permissions;
}

os::Operations make_table() {
  os::Operations table = os::native_operations();
  table.close = switching<close>;
  table.read = switching<read>;
  table.write = switching<write>;
  table.duplicate = switching<duplicate>;
  table.event_open = switching<event_open>;
  fill_files(table);
  fill_waiting(table);
  fill_processes(table);
  socket_operations::fill(table);
  transfer_operations::fill(table);
  return table;
}

}  // namespace

const os::Operations& simulated_operations() {
  static const os::Operations table = make_table();
  return table;
}

}  // namespace strata::inline v1::sim
