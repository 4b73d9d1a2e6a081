// SPDX-License-Identifier: Apache-2.0
// What can be started: each gets its buffer, and a handle and a place where it has them.
#include <strata/proactor/Service_Handler.h>

#include <algorithm>
#include <utility>

#include <strata/os/Datagram.h>

#include "Asynch_Operation.h"
#include "Proactor_Core.h"

namespace strata {
inline namespace v1 {

using Kind = Operation_Kind;

namespace {

/// Null: memory is out.
Asynch_Operation* made_with(Asynch_Operation* one, Message_Block&& block, std::uint64_t place) noexcept {
  if (one == nullptr) return nullptr;
  one->block = std::move(block);
  one->place = place;
  return one;
}

/// Of a file (off_t); to a ring the last one means something else.
bool is_place(std::uint64_t offset) noexcept { return offset >> 63 == 0; }

bool has_room(Datagrams& rooms) noexcept {
  return !rooms.empty() && std::ranges::none_of(rooms, [](Datagram& each) { return each.block.writable().empty(); });
}

/// Each leaves from one place.
bool is_whole(const Datagrams& datagrams) noexcept {
  return std::ranges::all_of(datagrams, [](const Datagram& each) {
    return each.block.readable().size() == each.block.length();
  });
}

}  // namespace

/// One that has what few have. Null: memory is out.
Asynch_Operation* Service_Handler::make_rare(Operation_Kind kind, os::Handle other) noexcept {
  Asynch_Operation* const one = core().make(kind);
  if (one == nullptr) return nullptr;
  if (!one->make_rare()) {
    core().take_back(one);
    return nullptr;
  }
  one->rare->other = other;
  return one;
}

Result<> Service_Handler::read(Operation_Options options) {
  if (const Result<> lends = core().open_lending(); !lends) return lends;
  Asynch_Operation* const one = core().make(Kind::read);
  if (one != nullptr) one->lends = true;
  return start(one, options);
}

Result<> Service_Handler::read(std::size_t most, Operation_Options options) {
  Result<Message_Block> made = Message_Block::make(most);
  return made ? read(std::move(*made), std::move(options)) : fail(made.error());
}

Result<> Service_Handler::read(Message_Block&& into, Operation_Options options) {
  if (into.writable().empty()) return fail(std::errc::invalid_argument);
  return start(made_with(core().make(Kind::read), std::move(into), 0), options);
}

Result<> Service_Handler::read(Pipe_Block&& into, Operation_Options options) {
  if (!into.empty() || !into.pipe().write_handle().valid()) return fail(std::errc::invalid_argument);
  Asynch_Operation* const one = make_rare(Kind::read_pipe);
  if (one != nullptr) one->rare->pipe = std::move(into);
  return start(one, options);
}

Result<> Service_Handler::write(Message_Block&& message, Operation_Options options) {
  return start(made_with(core().make(Kind::write), std::move(message), 0), options);
}

Result<> Service_Handler::write(Pipe_Block&& from, Operation_Options options) {
  Asynch_Operation* const one = make_rare(Kind::write_pipe);
  if (one != nullptr) one->rare->pipe = std::move(from);
  return start(one, options);
}

Result<> Service_Handler::accept(Operation_Options options) {
  return start(core().make(Kind::accept), options);
}

Result<> Service_Handler::connect(const os::Socket_Address& peer, Operation_Options options) {
  Asynch_Operation* const one = make_rare(Kind::connect);
  if (one != nullptr) one->rare->peer = peer;
  return start(one, options);
}

Result<> Service_Handler::receive_datagrams(Datagrams&& rooms, Operation_Options options) {
  if (rooms.size() > os::max_datagrams || !has_room(rooms)) return fail(std::errc::invalid_argument);
  Asynch_Operation* const one = make_rare(Kind::receive_datagrams);
  if (one != nullptr) one->rare->datagrams = std::move(rooms);
  return start(one, options);
}

Result<> Service_Handler::send_datagrams(Datagrams&& datagrams, Operation_Options options) {
  if (datagrams.size() > os::max_datagrams || !is_whole(datagrams)) return fail(std::errc::invalid_argument);
  Asynch_Operation* const one = make_rare(Kind::send_datagrams);
  if (one != nullptr) one->rare->datagrams = std::move(datagrams);
  return start(one, options);
}

Result<> Service_Handler::send_file(os::Handle file, std::uint64_t offset, std::uint64_t size,
                                    Operation_Options options) {
  Asynch_Operation* const one = make_rare(Kind::send_file, file);
  if (one != nullptr) {
    one->place = offset;
    one->wanted = size;
  }
  return start(one, options);
}

Result<> Service_Handler::poll(os::Interest direction, Operation_Options options) {
  if (direction != os::Interest::input && direction != os::Interest::output) return fail(std::errc::invalid_argument);
  return start(core().make(direction == os::Interest::input ? Kind::poll_input : Kind::poll_output),
               options);
}

Result<> Service_Handler::wait_exit(Operation_Options options) { return start(make_rare(Kind::wait_exit), options); }

Result<> Service_Handler::wait(Duration after, Operation_Options options) {
  options.deadline = after;
  return start(core().make(Kind::timer), options);
}

Result<> Service_Handler::read_at(Message_Block&& into, std::uint64_t offset, Operation_Options options) {
  if (into.writable().empty() || !is_place(offset)) return fail(std::errc::invalid_argument);
  return start(made_with(core().make(Kind::read_at), std::move(into), offset), options);
}

Result<> Service_Handler::write_at(Message_Block&& bytes, std::uint64_t offset, Operation_Options options) {
  if (!is_place(offset)) return fail(std::errc::invalid_argument);
  return start(made_with(core().make(Kind::write_at), std::move(bytes), offset), options);
}

Result<> Service_Handler::sync(Operation_Options options) {
  return start(core().make(Kind::sync), options);
}

Result<> Service_Handler::open_file(os::Handle folder, std::string name, os::Open_Mode mode,
                                    Operation_Options options) {
  Asynch_Operation* const one = make_rare(Kind::open, folder);
  if (one != nullptr) {
    one->rare->name = std::move(name);
    one->rare->mode = mode;
  }
  return start(one, options);
}

Result<> Service_Handler::status(os::Handle file, Operation_Options options) {
  return start(make_rare(Kind::status, file), options);
}

Result<> Service_Handler::list(os::Handle folder, std::size_t most, Operation_Options options) {
  if (most == 0) return fail(std::errc::invalid_argument);
  Asynch_Operation* const one = make_rare(Kind::list, folder);
  if (one != nullptr) one->wanted = most;
  return start(one, options);
}

Result<> Service_Handler::close_file(os::Unique_Handle file, Operation_Options options) {
  Asynch_Operation* const one = make_rare(Kind::close);
  if (one != nullptr) one->rare->given = std::move(file);
  return start(one, options);
}

}  // namespace v1
}  // namespace strata
