// SPDX-License-Identifier: Apache-2.0
#include "Transfer_Operations.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

#include "Pipe.h"
#include "Socket.h"
#include "Socket_Operations.h"
#include "Switching.h"
#include "World.h"

namespace strata::inline v1::sim {
namespace {

using os::Handle;
using os::Raw;

constexpr std::size_t most_at_once = 64 * 1024;

World& world() { return *active_world(); }

std::size_t cut(std::size_t size, double probability) {
  return size > 1 && world().roll(probability) ? world().random.between(1, size - 1) : size;
}

Raw pipe_open(Handle pair[2]) {
  const bool too_many = world().descriptors.count() + 2 > world().descriptors.limit();
  const bool denied = world().roll(world().faults.no_descriptor) || too_many;
  if (denied) return world().record("pipe", 0, 0, error(std::errc::too_many_files_open));
  const auto pipe = std::make_shared<Pipe>();
  pair[0] = Handle{static_cast<std::int32_t>(world().descriptors.open(std::make_shared<Pipe_Reader>(pipe)))};
  pair[1] = Handle{static_cast<std::int32_t>(world().descriptors.open(std::make_shared<Pipe_Writer>(pipe)))};
  return world().record("pipe", pair[0].value(), pair[1].value(), 0);
}

bool transfers(Handle handle) {
  const Descriptors& all = world().descriptors;
  return all.find_as<Socket>(handle) != nullptr || all.find_as<Real_File>(handle) != nullptr ||
         all.find_as<Pipe_Reader>(handle) != nullptr || all.find_as<Pipe_Writer>(handle) != nullptr;
}

/// Faults of a socket are drawn by its own calls.
Raw take(Handle from, Bytes out) {
  if (world().descriptors.find_as<Socket>(from) != nullptr) {
    return socket_operations::receive(from, out.data(), out.size());
  }
  return world().descriptors.share(from)->read(out.first(cut(out.size(), world().faults.short_read)));
}

Raw give(Handle to, Const_Bytes in) {
  if (world().descriptors.find_as<Socket>(to) != nullptr) return socket_operations::send(to, in.data(), in.size());
  return world().descriptors.share(to)->write(in.first(cut(in.size(), world().faults.short_write)));
}

/// Nothing is taken that the pipe has no room for.
Raw into_pipe(Handle from, Pipe& pipe, std::size_t size) {
  if (!pipe.has_reader) return error(std::errc::broken_pipe);
  if (pipe.room() == 0) return error(std::errc::operation_would_block);
  std::vector<std::byte> bytes(std::min(size, pipe.room()));
  const Raw count = take(from, bytes);
  if (count > 0) pipe.bytes.push(Const_Bytes{bytes}.first(static_cast<std::size_t>(count)));
  return count;
}

/// What is not taken stays in the pipe.
Raw out_of_pipe(Pipe& pipe, Handle to, std::size_t size) {
  if (pipe.bytes.empty()) return pipe.has_writer ? error(std::errc::operation_would_block) : 0;
  const Raw count = give(to, pipe.bytes.front(size));
  if (count > 0) pipe.bytes.pop(static_cast<std::size_t>(count));
  return count;
}

Raw spliced(Handle from, Handle to, std::size_t size) {
  const Descriptors& all = world().descriptors;
  if (all.find(from) == nullptr || all.find(to) == nullptr) return error(std::errc::bad_file_descriptor);
  if (all.find_as<Pipe_Writer>(from) != nullptr || all.find_as<Pipe_Reader>(to) != nullptr) {
    return error(std::errc::bad_file_descriptor);  // each is open for the other direction
  }
  auto* const source = all.find_as<Pipe_Reader>(from);
  auto* const sink = all.find_as<Pipe_Writer>(to);
  const bool itself = source != nullptr && sink != nullptr && &source->pipe() == &sink->pipe();
  if (itself || (source == nullptr && sink == nullptr)) return error(std::errc::invalid_argument);
  if (!transfers(from) || !transfers(to)) return error(std::errc::invalid_argument);
  if (size == 0) return 0;
  if (world().roll(world().faults.interrupt)) return error(std::errc::interrupted);
  if (world().roll(world().faults.would_block)) return error(std::errc::operation_would_block);
  return sink != nullptr ? into_pipe(from, sink->pipe(), size) : out_of_pipe(source->pipe(), to, size);
}

Raw splice(Handle from, Handle to, std::size_t size) {
  return world().record("splice", from.value(), to.value(), spliced(from, to, size));
}

Raw file_sent(Handle socket, Handle file, std::uint64_t offset, std::size_t size) {
  const Descriptors& all = world().descriptors;
  if (all.find(socket) == nullptr || all.find(file) == nullptr) return error(std::errc::bad_file_descriptor);
  auto* const source = all.find_as<Real_File>(file);
  if (source == nullptr) return error(std::errc::invalid_seek);
  if (all.find_as<Socket>(socket) == nullptr) return error(std::errc::invalid_argument);
  std::vector<std::byte> bytes(std::min(size, most_at_once));
  const Raw count = os::native_operations().file_read_at(source->real(), bytes.data(), bytes.size(), offset);
  if (count <= 0) return count;
  return socket_operations::send(socket, bytes.data(), static_cast<std::size_t>(count));
}

Raw send_file(Handle socket, Handle file, std::uint64_t offset, std::size_t size) {
  return world().record("send_file", socket.value(), file.value(), file_sent(socket, file, offset, size));
}

}  // namespace

void transfer_operations::fill(os::Operations& table) {
  table.pipe_open = switching<pipe_open>;
  table.splice = switching<splice>;
  table.send_file = switching<send_file>;
}

}  // namespace strata::inline v1::sim
