// SPDX-License-Identifier: Apache-2.0
// What one operation does, and how far it has come.
#include "Asynch_Operation.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <new>
#include <numeric>
#include <type_traits>
#include <utility>

#include <strata/os/Datagram.h>
#include <strata/os/File.h>
#include <strata/os/Process.h>
#include <strata/os/Socket.h>
#include <strata/os/Splice.h>

#include "Proactor_Core.h"
#include "Raw_Result.h"

namespace strata {
inline namespace v1 {

using Kind = Operation_Kind;

namespace {

constexpr std::uint64_t most_at_once = std::uint64_t{1} << 20;  // bytes that a thread sends of a file: others wait
constexpr std::size_t pipe_room = 64 * 1024;                    // pipe(7)

/// As the seam has it: a number, or a std::errc negated.
template <class T>
std::int32_t raw_of(const Result<T>& result) noexcept {
  if (!result) return -result.error().value();
  if constexpr (std::is_void_v<T>) {
    return 0;
  } else {
    return static_cast<std::int32_t>(*result);
  }
}

/// The same of a new descriptor, which `made` then owns.
std::int32_t raw_of(Result<os::Unique_Handle>&& result, os::Unique_Handle& made) noexcept {
  if (!result) return -result.error().value();
  made = std::move(*result);
  return 0;
}

/// Of a datagram that was sent before (udp(7)).
bool is_of_another(const std::error_code& error) noexcept {
  return error == std::errc::connection_refused || error == std::errc::host_unreachable ||
         error == std::errc::network_unreachable;
}

/// Until it tells of itself.
template <class Call>
std::int32_t past_others(Call call) noexcept {
  Result<std::size_t> done = call();
  for (std::size_t i = 0; i < os::max_datagrams && !done && is_of_another(done.error()); ++i) done = call();
  return raw_of(done);
}

/// Given back to its reactor it ends at home, and has a handler flushed. A post may find no room, and no memory.
class Stop_Teller final : public Event_Handler {
 public:
  ~Stop_Teller() override {
    if (of) (void)of.reactor()->flush_later(of);
  }
  os::Handle handle() const noexcept override { return {}; }
  Handler_Ref of;
};

}  // namespace

void Asynch_Operation::clear() noexcept {
  deadline = Timer{};
  block.clear();
  made.reset();
  if (rare != nullptr) rare.reset();
  place = moved = charged = 0;
  error = asked = {};
  polled = told = full = connecting = begun = finished = lends = idle = false;
  away = false;  // it is still set where the handler was closed before the engine gave it back
  ending = 0;
}

void Asynch_Operation::handle_completion(const os::Ready& completion) noexcept {
  if (completion.is(os::Ready::lent)) lent = completion.buffer;
  owner->arrived(*this, completion.result, true);
}

/// What a ring has lent is its own again at once: how many blocks are out, and for how long, is up to who reads them.
void Asynch_Operation::take_lent() noexcept {
  Reactor& home = owner->home();
  const Bytes bytes = home.completion_port()->lent({0, os::Ready::lent, *lent, result});
  Result<Message_Block> room = owner->core().lend(bytes.size());
  if (room) {
    block = std::move(*room);
    std::memcpy(block.writable().data(), bytes.data(), bytes.size());
  } else {
    result = -room.error().value();
  }
  give_lent_back();
}

void Asynch_Operation::give_lent_back() noexcept { owner->home().give_back(*std::exchange(lent, std::nullopt)); }

bool Asynch_Operation::stop_by(const std::stop_token& token, Handler_Ref ref) noexcept {
  if (!make_rare()) return false;
  rare->stop_teller.reset(new (std::nothrow) Reactor::Returned);
  if (rare->stop_teller == nullptr) return false;
  rare->stop_teller->handler.reset(new (std::nothrow) Stop_Teller);
  if (rare->stop_teller->handler == nullptr) return false;
  rare->stop.emplace(token, Stop{rare.get(), owner, ref});
  return true;
}

/// One teller is enough for all that have asked by then.
void Asynch_Operation::ask(Rare& of, Service_Handler& owner, Handler_Ref ref) noexcept {
  of.stop_asked.store(true, std::memory_order_relaxed);
  if (owner.stops_asked_.exchange(true, std::memory_order_acq_rel)) return;
  static_cast<Stop_Teller&>(*of.stop_teller->handler).of = ref;
  Reactor::Returned& room = *of.stop_teller;
  ref.reactor()->keep(room, std::move(room.handler));
  ref.reactor()->give_back(std::move(of.stop_teller));
}

Asynch_Operation::Way Asynch_Operation::way() const noexcept {
  const bool on_ring = owner->core().on_ring;
  switch (kind) {
    case Kind::read: return on_ring && (!lends || owner->core().lends_by_ring()) ? Way::ring : Way::readiness;
    case Kind::write:
    case Kind::accept:
    case Kind::connect: return on_ring ? Way::ring : Way::readiness;
    case Kind::read_at:
    case Kind::write_at:
    case Kind::sync: return on_ring ? Way::ring : Way::thread;
    case Kind::open:
    case Kind::status:
    case Kind::list:
    case Kind::close: return Way::thread;
    case Kind::send_file: return full ? Way::readiness : Way::thread;
    case Kind::timer: return Way::none;
    default: return Way::readiness;
  }
}

bool Asynch_Operation::has_nothing_to_do() const noexcept {
  switch (kind) {
    case Kind::write:
    case Kind::write_at: return block.empty();
    case Kind::write_pipe: return rare->pipe.empty();
    case Kind::send_datagrams: return rare->datagrams.empty();
    case Kind::send_file: return wanted == 0;
    default: return false;
  }
}

std::size_t Asynch_Operation::waiting_bytes() const noexcept {
  switch (kind) {
    case Kind::write: return block.length();
    case Kind::write_pipe: return rare->pipe.size();
    case Kind::send_datagrams:
      return std::accumulate(rare->datagrams.begin(), rare->datagrams.end(), std::size_t{0},
                             [](std::size_t sum, const Datagram& each) { return sum + each.block.length(); });
    default: return 0;
  }
}

std::int32_t Asynch_Operation::try_now() noexcept {
  const os::Handle own = owner->handle();
  switch (kind) {
    case Kind::read: return receive();
    case Kind::write: {
      if (block.readable().size() == block.length()) return raw_of(os::send(own, block.readable()));
      std::array<Const_Bytes, os::max_gather> room;
      const std::size_t parts = block.gather(room);
      return raw_of(os::send(own, std::span<const Const_Bytes>{room}.first(parts)));
    }
    case Kind::accept: return raw_of(os::accept(own), made);
    case Kind::connect: return connect_now();
    case Kind::receive_datagrams: return receive_some();
    case Kind::send_datagrams: return send_some();
    case Kind::read_pipe: return raw_of(os::splice(own, rare->pipe.pipe().write_handle(), pipe_room));
    case Kind::write_pipe: return raw_of(os::splice(rare->pipe.pipe().read_handle(), own, rare->pipe.size()));
    case Kind::wait_exit: {
      const Result<os::Exit_Status> ended = os::reap(own);
      if (ended) rare->exit = *ended;
      return ended ? 0 : -ended.error().value();
    }
    default: return std::exchange(told, false) ? 0 : raw_would_block;  // a poll
  }
}

std::int32_t Asynch_Operation::receive() noexcept {
  if (!lends) return raw_of(os::receive(owner->handle(), block.writable()));
  Result<Message_Block> room = owner->core().lend();
  if (!room) return -room.error().value();
  const std::int32_t came = raw_of(os::receive(owner->handle(), room->writable().first(Proactor::lent_size)));
  if (came > 0) block = std::move(*room);
  return came;
}

std::int32_t Asynch_Operation::connect_now() noexcept {
  const os::Handle own = owner->handle();
  if (connecting) {
    const std::error_code failed = os::pending_error(own);
    if (!failed && !os::peer_address(own)) return raw_would_block;  // this was no event of it
    return -failed.value();
  }
  const std::int32_t begun_so = raw_of(os::connect(own, rare->peer));
  connecting = begun_so == -static_cast<std::int32_t>(std::errc::operation_in_progress);
  return connecting ? raw_would_block : begun_so;
}

std::int32_t Asynch_Operation::receive_some() noexcept {
  std::array<os::Datagram_In, os::max_datagrams> slots;
  Datagrams& rooms = rare->datagrams;
  for (std::size_t i = 0; i < rooms.size(); ++i) slots[i].buffer = rooms[i].block.writable();
  const std::int32_t came =
      past_others([&] { return os::receive_datagrams(owner->handle(), std::span{slots}.first(rooms.size())); });
  for (std::int32_t i = 0; i < came; ++i) {
    const auto at = static_cast<std::size_t>(i);
    (void)rooms[at].block.commit(slots[at].size);  // never more than its room
    rare->carried += slots[at].size;
    rooms[at].peer = slots[at].peer;
    rooms[at].truncated = slots[at].truncated;
  }
  return came;
}

std::int32_t Asynch_Operation::send_some() noexcept {
  std::array<os::Datagram_Out, os::max_datagrams> out;
  const Datagrams& all = rare->datagrams;
  const std::size_t count = all.size() - moved;
  for (std::size_t i = 0; i < count; ++i) out[i] = {all[moved + i].block.readable(), all[moved + i].peer};
  const std::int32_t sent =
      past_others([&] { return os::send_datagrams(owner->handle(), std::span{out}.first(count)); });
  for (std::int32_t i = 0; i < sent; ++i) rare->carried += out[static_cast<std::size_t>(i)].bytes.size();
  return sent;
}

std::int32_t Asynch_Operation::block_on_it() noexcept try {
  const os::Handle own = owner->handle();
  switch (kind) {
    case Kind::read_at: return raw_of(os::read_at(own, block.writable(), place));
    case Kind::write_at: return raw_of(os::write_at(own, block.readable(), place));
    case Kind::sync: return raw_of(os::sync(own));
    case Kind::open: return raw_of(os::open_beneath(rare->other, rare->name, rare->mode), made);
    case Kind::status: {
      const Result<os::File_Status> known = os::file_status(rare->other);
      if (known) rare->status = *known;
      return known ? 0 : -known.error().value();
    }
    case Kind::list: return list_names();
    case Kind::close: return rare->given.reset(), 0;
    case Kind::send_file: return send_of_file();
    default: assert(false); return raw_canceled;
  }
} catch (const std::bad_alloc&) {
  return -static_cast<std::int32_t>(std::errc::not_enough_memory);
}

std::int32_t Asynch_Operation::list_names() {
  const Result<os::Folder_Names> listed = os::list_directory(rare->other, wanted);
  if (!listed) return -listed.error().value();
  rare->more = listed->more;
  for (const std::string& each : listed->names) {
    if (const Result<> added = block.append(as_bytes(std::string_view{each.c_str(), each.size() + 1})); !added) {
      return raw_of(added);
    }
  }
  return 0;
}

/// Until the socket is full, the file has ended, or others are to have their turn.
std::int32_t Asynch_Operation::send_of_file() noexcept {
  const std::uint64_t share = std::min(wanted - moved, most_at_once);
  std::uint64_t sent = 0;
  while (sent < share) {
    const Result<std::size_t> taken =
        os::send_file(owner->handle(), rare->other, place + sent, static_cast<std::size_t>(share - sent));
    if (!taken && sent == 0) return raw_of(taken);
    full = !taken;
    if (!taken || *taken == 0) break;
    sent += *taken;
  }
  return static_cast<std::int32_t>(sent);
}

bool Asynch_Operation::describe() noexcept {
  handle = owner->handle();
  const auto buffer = [this](os::Request what, Const_Bytes bytes) {
    request = what;
    data = const_cast<std::byte*>(bytes.data());  // a write only reads it
    size = std::min(bytes.size(), std::size_t{1} << 30);
    offset = place;
    return true;
  };
  switch (kind) {
    case Kind::read:
      if (!lends) return buffer(os::Request::receive, block.writable());
      request = os::Request::receive_lent_once;
      return owner->core().lends_by_ring() || wait_for(os::Interest::input);
    case Kind::read_at: return buffer(os::Request::read_at, block.writable());
    case Kind::write_at: return buffer(os::Request::write_at, block.readable());
    case Kind::sync: return request = os::Request::sync, true;
    case Kind::accept: return request = os::Request::accept, true;
    case Kind::connect:
      request = os::Request::connect;
      data = reinterpret_cast<std::byte*>(&rare->peer);
      return true;
    case Kind::write:
      if (block.readable().size() == block.length()) return buffer(os::Request::send, block.readable());
      if (!make_rare()) return false;
      rare->parts.count = block.gather(rare->parts.parts);
      request = os::Request::send_gathered;
      data = reinterpret_cast<std::byte*>(&rare->parts);
      return true;
    default: return wait_for(direction == 0 ? os::Interest::input : os::Interest::output);
  }
}

/// Is told when it would not block.
bool Asynch_Operation::wait_for(os::Interest interest) noexcept {
  request = os::Request::poll;
  size = static_cast<std::size_t>(interest);
  return polled = true;
}

bool Asynch_Operation::take(std::int32_t came_to) noexcept {
  if (came_to == raw_would_block && kind == Kind::send_file && !asked) return !(full = true);
  if (came_to < 0) {
    error = came_to == raw_would_block && asked ? asked : code_of(came_to);
    if (came_to == raw_canceled) error = asked ? asked : std::error_code{errc::canceled};
    return true;
  }
  const auto bytes = static_cast<std::size_t>(came_to);
  switch (kind) {
    case Kind::read:
    case Kind::read_at:
      (void)block.commit(bytes);  // never more than its room
      return take_read(bytes);
    case Kind::accept:
      if (!made) made = os::Unique_Handle{os::Handle{came_to}};  // by the ring
      return true;
    case Kind::read_pipe: rare->pipe.size_ += bytes; return take_read(bytes);
    case Kind::receive_datagrams: moved = bytes; return true;
    case Kind::write_pipe: rare->pipe.size_ -= bytes; return take_written(bytes);
    case Kind::write:
    case Kind::write_at:
      (void)block.consume(bytes);  // never more than was given
      return take_written(bytes);
    case Kind::send_file:
    case Kind::send_datagrams: return take_written(bytes);
    default: return true;
  }
}

bool Asynch_Operation::take_read(std::size_t bytes) noexcept {
  moved = bytes;
  if (bytes == 0) error = errc::end_of_stream;
  return true;
}

/// On with the rest, if it is not to end.
bool Asynch_Operation::take_written(std::size_t bytes) noexcept {
  moved += bytes;
  place += bytes;
  std::uint64_t left = block.length();
  if (kind == Kind::write_pipe) left = rare->pipe.size();
  if (kind == Kind::send_file) left = wanted - moved;
  if (kind == Kind::send_datagrams) left = rare->datagrams.size() - moved;
  if (left == 0) return true;
  if (asked) {
    error = asked;
  } else if (bytes == 0) {  // no progress and no reason: never spin
    error = kind == Kind::send_file ? std::error_code{errc::end_of_stream} : std::make_error_code(std::errc::io_error);
  } else {
    return false;
  }
  return true;
}

}  // namespace v1
}  // namespace strata
