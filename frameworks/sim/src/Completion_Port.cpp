// SPDX-License-Identifier: Apache-2.0
#include "Completion_Port.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <iterator>
#include <new>
#include <utility>

#include <strata/os/Socket_Address.h>

#include "Socket.h"
#include "Socket_Operations.h"
#include "World.h"

namespace strata::inline v1::sim {

using os::Interest;
using os::Raw;
using os::Ready;
using os::Request;
using os::Submission;

namespace {

constexpr std::size_t fair_share = 64 * 1024;  // bytes of one stream a wait, so that no other waits
constexpr Raw would_block = error(std::errc::operation_would_block);

template <class T, std::size_t size>
T drawn(Random& random, const std::array<T, size>& from) {
  return from[random.below(size)];
}

std::size_t size_of_buffers(World& world) {
  const std::size_t of_the_seed = drawn(world.random, std::array<std::size_t, 4>{100, 1'000, 4'096, 16'384});
  return world.lent != 0 ? world.lent : of_the_seed;
}

std::uint64_t token_of(Submission& operation) noexcept { return reinterpret_cast<std::uintptr_t>(&operation); }

/// Errors and ends are told unasked (poll(2)).
std::uint8_t polled(const Submission& operation, const Object& object) {
  const auto interest = static_cast<Interest>(operation.size);
  unsigned wanted = Ready::error | Ready::hangup;
  if (any(interest & Interest::input)) wanted |= Ready::input | Ready::read_end;
  if (any(interest & Interest::output)) wanted |= Ready::output;
  return static_cast<std::uint8_t>(object.readiness() & wanted);
}

const os::Socket_Address& address_of(const Submission& operation) {
  return *reinterpret_cast<const os::Socket_Address*>(operation.data);
}

Raw connect(Socket& socket, const os::Socket_Address& to, bool begins) {
  if (!begins) return socket.connect_settled() ? -static_cast<Raw>(socket.take_error()) : would_block;
  const Raw started = socket.connect(to);
  return started == error(std::errc::operation_in_progress) ? would_block : started;
}

Raw send_gathered(Socket& socket, const os::Gathered& from) {
  const std::span<const Const_Bytes> parts{from.parts.data(), from.count};
  std::size_t size = 0;
  for (const Const_Bytes part : parts) size += part.size();
  return socket_operations::send_some(socket, parts, size);
}

Raw on_file(World& world, const Submission& operation, const Object& object) {
  const auto* const file = dynamic_cast<const Real_File*>(&object);
  if (operation.request == Request::sync) {
    return file == nullptr ? error(std::errc::invalid_argument) : os::native_operations().file_sync(file->real());
  }
  if (file == nullptr) return error(std::errc::invalid_seek);
  const bool reads = operation.request == Request::read_at;
  const std::size_t most = world.cut(operation.size, reads ? world.faults.short_read : world.faults.short_write);
  return reads ? os::native_operations().file_read_at(file->real(), operation.data, most, operation.offset)
               : os::native_operations().file_write_at(file->real(), operation.data, most, operation.offset);
}

}  // namespace

Simulated_Port::Simulated_Port(World& world)
    : world_{world},
      delay_{drawn(world.random, std::array{0.0, 0.05, 0.2, 0.5})},
      early_{drawn(world.random, std::array{0.0, 0.1, 0.5})},
      buffer_count_{drawn(world.random, std::array<std::size_t, 5>{1, 2, 8, 64, 256})},
      buffer_size_{size_of_buffers(world)} {}

Simulated_Port::~Simulated_Port() {
  for (Outcome& each : outcomes_) drop(each);
}

// --- For the user ---

/// What a mechanism for one thread bears.
void Simulated_Port::may_use(std::string_view call, const Submission* operation) {
  world_.threads.may_switch();
  if (waited_in_ && !shared_) {
    world_.threads.give_up("a completion port that is not shared was used while a thread waits in it");
  }
  if (operation != nullptr) {
    world_.record(call, operation->handle.value(), static_cast<int>(operation->request), 0);
  }
}

void Simulated_Port::submit(Submission& operation) noexcept {
  assert(!operation.outstanding());
  may_use("submit", &operation);
  set_outstanding(operation, true);
  ++outstanding_;
  entries_.push_back({.operation = &operation});
}

/// One that has come to something is told of that.
void Simulated_Port::cancel(Submission& operation) noexcept {
  may_use("cancel", &operation);
  const auto entry = std::ranges::find(entries_, &operation, &Entry::operation);
  if (entry == entries_.end()) return;
  if (operation.request == Request::accept_many && !shared_) return finish(entry, error(std::errc::operation_canceled));
  entry->canceled = true;
}

void Simulated_Port::cancel_all() noexcept {
  may_use("cancel_all", nullptr);
  cancel_all_ = true;
}

std::size_t Simulated_Port::abandon(std::span<Ready> out) noexcept {
  cancel_all_ = false;
  while (!entries_.empty()) finish(entries_.begin(), error(std::errc::operation_canceled));
  for (Outcome& each : outcomes_) {
    drop(each);
    each.ready = {each.ready.token, static_cast<std::uint8_t>(each.ready.set & ~Ready::lent), 0,
                  -static_cast<std::int32_t>(std::errc::operation_canceled)};
    each.was_put_off = true;
  }
  std::erase_if(outcomes_, [](const Outcome& each) { return !each.ready.is(Ready::last); });
  next_look();
  return tell(out);
}

Result<> Simulated_Port::lend_buffers() {
  if (buffers_ != nullptr) return {};
  buffers_.reset(new (std::nothrow) std::byte[buffer_count_ * buffer_size_]);
  if (buffers_ == nullptr) return fail(std::errc::not_enough_memory);
  lent_.assign(buffer_count_, false);
  for (std::size_t i = 0; i < buffer_count_; ++i) free_.push_back(static_cast<std::uint16_t>(i));
  return {};
}

Bytes Simulated_Port::lent(const Ready& completion) const noexcept {
  assert(lent_[completion.buffer]);
  return {buffer(completion.buffer), static_cast<std::size_t>(completion.result)};
}

bool Simulated_Port::give_back(std::uint16_t index) noexcept {
  world_.threads.may_switch();
  assert(lent_[index]);
  lent_[index] = false;
  std::ranges::fill(std::span{buffer(index), buffer_size_}, std::byte{0xdb});  // who reads it still is found out
  returned_.push_back(index);
  return std::ranges::any_of(entries_, [](const Entry& each) { return each.stage == Stage::starved; });
}

// --- What a wait begins ---

bool Simulated_Port::may_wait() const noexcept {
  if (shared_ || !waited_ || thread_ == world_.threads.running_id()) return true;
  const bool begun = std::ranges::any_of(entries_, [](const Entry& each) { return each.stage == Stage::begun; });
  return !begun && outcomes_.empty();
}

void Simulated_Port::begin_wait() {
  thread_ = world_.threads.running_id();
  waited_ = waited_in_ = true;
  next_look();
  take_returned();
  if (std::exchange(cancel_all_, false)) {
    for (Entry& each : entries_) each.canceled = true;
  }
  for (auto each = entries_.begin(); each != entries_.end();) {
    const auto entry = each++;
    if (entry->canceled) {
      end_canceled(entry);
    } else if (entry->stage == Stage::submitted) {
      begin(entry);
    }
  }
}

void Simulated_Port::take_returned() {
  free_.insert(free_.end(), returned_.begin(), returned_.end());
  returned_.clear();
}

/// How many of the starved may look for a buffer now.
std::size_t Simulated_Port::fed() const {
  const auto looks = [](const Entry& each) {
    return each.stage == Stage::begun && each.fresh && each.starved_since != 0;
  };
  const auto looking = static_cast<std::size_t>(std::ranges::count_if(entries_, looks));
  return free_.size() - std::min(free_.size(), looking);
}

/// As many as there are buffers, first in, first out. One for which no bytes have come takes none: the next one looks.
void Simulated_Port::feed_starved() {
  for (std::size_t free = fed(); free > 0; --free) {
    Entry* first = nullptr;
    for (Entry& each : entries_) {
      if (each.stage != Stage::starved) continue;
      if (first == nullptr || each.starved_since < first->starved_since) first = &each;
    }
    if (first == nullptr) return;
    first->stage = Stage::begun;
    first->fresh = true;
  }
}

void Simulated_Port::begin(Entries::iterator entry) {
  entry->object = world_.descriptors.share(entry->operation->handle);
  if (entry->object == nullptr) return finish(entry, error(std::errc::bad_file_descriptor));
  entry->stage = Stage::begun;
}

/// It may have come to something before the system heard of it.
void Simulated_Port::end_canceled(Entries::iterator entry) {
  const std::size_t before = entries_.size();
  if (can_act(*entry) && is_first_of_lane(entry) && world_.roll(0.5)) act(entry);
  if (entries_.size() == before) finish(entry, error(std::errc::operation_canceled));
}

// --- What operations do ---

Simulated_Port::Lane Simulated_Port::lane_of(Request request) noexcept {
  switch (request) {
    case Request::accept:
    case Request::accept_many:
    case Request::receive:
    case Request::receive_lent:
    case Request::receive_lent_once: return Lane::in;
    case Request::connect:
    case Request::send:
    case Request::send_gathered:
    case Request::send_now: return Lane::out;
    default: return Lane::none;
  }
}

bool Simulated_Port::same_lane(const Entry& one, const Entry& other) noexcept {
  const Lane lane = lane_of(one.operation->request);
  return lane != Lane::none && one.object == other.object && lane == lane_of(other.operation->request);
}

bool Simulated_Port::is_first_of_lane(Entries::iterator entry) {
  const auto before = [&](const Entry& each) { return each.stage == Stage::begun && same_lane(each, *entry); };
  return std::find_if(entries_.begin(), entry, before) == entry;
}

bool Simulated_Port::can_act(const Entry& entry) const {
  if (entry.stage != Stage::begun) return false;
  const Submission& operation = *entry.operation;
  if (operation.request == Request::connect) {
    const auto* const socket = dynamic_cast<const Socket*>(entry.object.get());
    if (socket == nullptr) return true;
    return entry.fresh ? !world_.network.full(address_of(operation)) : socket->connect_settled();
  }
  if (entry.fresh) return true;
  const std::uint8_t now = entry.object->readiness();
  constexpr unsigned broken = Ready::error | Ready::hangup;
  switch (lane_of(operation.request)) {
    case Lane::in: return (now & (Ready::input | broken)) != 0;
    case Lane::out: return (now & (Ready::output | broken)) != 0;
    case Lane::none: break;
  }
  return polled(operation, *entry.object) != 0;
}

/// Those that can, in any order but that of a lane.
void Simulated_Port::act_all() {
  candidates_.clear();
  for (auto each = entries_.begin(); each != entries_.end(); ++each) {
    if (each->put_off != looks_ && can_act(*each)) candidates_.push_back(each);
  }
  while (!candidates_.empty()) {
    const auto drawn = candidates_.begin() + static_cast<std::ptrdiff_t>(world_.random.below(candidates_.size()));
    const auto before = [&](const Entries::iterator& each) { return same_lane(*each, **drawn); };
    const auto first = std::find_if(candidates_.begin(), drawn, before);
    const Entries::iterator entry = *first;
    candidates_.erase(first);
    if (entry->put_off == looks_) continue;  // one before it was
    if (chance_puts_off(*entry)) {
      put_off(*entry);
    } else {
      act(entry);
    }
  }
}

/// Once before each act: who waits for nothing more to come need not wait long.
bool Simulated_Port::chance_puts_off(Entry& entry) {
  if (entry.was_put_off || !world_.roll(delay_)) return false;
  return entry.was_put_off = true;
}

/// With all that stand behind it.
void Simulated_Port::put_off(const Entry& entry) {
  bool behind = false;
  for (Entry& each : entries_) {
    behind = behind || &each == &entry;
    if (&each == &entry || (behind && same_lane(each, entry))) each.put_off = looks_;
  }
}

void Simulated_Port::act(Entries::iterator entry) {
  const Request request = entry->operation->request;
  if (lane_of(request) != Lane::none && request != Request::connect && world_.roll(world_.faults.would_block)) {
    return request == Request::send_now ? finish(entry, would_block) : put_off(*entry);
  }
  auto* const socket = dynamic_cast<Socket*>(entry->object.get());
  const bool borrows = request == Request::receive_lent || request == Request::receive_lent_once;
  if (borrows && socket != nullptr) {
    entry->fresh = false;
    return fill_buffers(entry, *socket);
  }
  if (request == Request::accept_many && socket != nullptr) return accept_all(entry, *socket);
  const Raw result = outcome_of(*entry);
  entry->fresh = false;
  world_.record("act", entry->operation->handle.value(), static_cast<int>(request), result);
  if (result != would_block || request == Request::send_now) finish(entry, result);
}

/// One that ends early goes on all the same: the next wait makes it anew.
void Simulated_Port::accept_all(Entries::iterator entry, Socket& socket) {
  entry->fresh = false;
  for (;;) {
    const Raw result = socket_operations::accept_next(socket, nullptr);
    if (result == would_block) return;
    if (result < 0) return finish(entry, result);
    come_to(*entry, 0, 0, result);
    if (world_.roll(early_ / 16)) return rest(*entry);
  }
}

void Simulated_Port::rest(Entry& entry) {
  entry.stage = Stage::resting;
  entry.object = nullptr;
  outcomes_.back().ends_rest = true;
}

/// would_block: it goes on.
Raw Simulated_Port::outcome_of(const Entry& entry) const {
  const Submission& operation = *entry.operation;
  if (operation.request == Request::poll) {
    const std::uint8_t set = polled(operation, *entry.object);
    return set == 0 ? would_block : set;
  }
  if (lane_of(operation.request) == Lane::none) return on_file(world_, operation, *entry.object);
  auto* const socket = dynamic_cast<Socket*>(entry.object.get());
  if (socket == nullptr) return error(std::errc::not_a_socket);
  const Const_Bytes bytes{operation.data, operation.size};
  switch (operation.request) {
    case Request::accept: return socket_operations::accept_next(*socket, nullptr);
    case Request::connect: return connect(*socket, address_of(operation), entry.fresh);
    case Request::send_gathered: return send_gathered(*socket, *reinterpret_cast<const os::Gathered*>(operation.data));
    case Request::send:
    case Request::send_now: return socket_operations::send_some(*socket, {&bytes, 1}, bytes.size());
    default: return socket_operations::receive_some(*socket, {operation.data, operation.size});
  }
}

/// One after the other, until it has had its share: the next wait makes it anew.
void Simulated_Port::fill_buffers(Entries::iterator entry, Socket& socket) {
  if (buffers_ == nullptr) return finish(entry, error(std::errc::invalid_argument));
  for (std::size_t share = 0;;) {
    if (free_.empty()) take_returned();  // when it was given back, nobody waited for it
    if (free_.empty()) {
      entry->stage = Stage::starved;
      entry->starved_since = ++starvations_;
      world_.record("starve", entry->operation->handle.value(), 0, 0);
      return;
    }
    const std::uint16_t index = free_.front();
    const Raw result = socket_operations::receive_some(socket, {buffer(index), buffer_size_});
    world_.record("fill", entry->operation->handle.value(), index, result);
    if (result == would_block) return;
    if (result <= 0) return finish(entry, result);
    free_.pop_front();
    lent_[index] = true;
    if (entry->operation->request == Request::receive_lent_once) return finish(entry, result, Ready::lent, index);
    come_to(*entry, Ready::lent, index, result);
    share += static_cast<std::size_t>(result);
    if (share < fair_share && !world_.roll(early_)) continue;
    return rest(*entry);
  }
}

void Simulated_Port::come_to(Entry& entry, std::uint8_t set, std::uint16_t buffer, Raw result) {
  Submission& operation = *entry.operation;
  outcomes_.push_back({&operation, operation.request, operation.handle,
                       {token_of(operation), static_cast<std::uint8_t>(Ready::completed | set), buffer,
                        static_cast<std::int32_t>(result)},
                       std::exchange(entry.was_put_off, false)});
}

void Simulated_Port::finish(Entries::iterator entry, Raw result, std::uint8_t set, std::uint16_t buffer) {
  come_to(*entry, static_cast<std::uint8_t>(Ready::last | set), buffer, result);
  const std::shared_ptr<Object> last = std::move(entry->object);  // what its end sets off finds this in order
  entries_.erase(entry);
}

// --- What is told ---

/// Nobody will hear of it.
void Simulated_Port::drop(Outcome& outcome) {
  if (outcome.ready.is(Ready::lent)) {
    lent_[outcome.ready.buffer] = false;
    returned_.push_back(outcome.ready.buffer);
  }
  const bool accepts = outcome.request == Request::accept || outcome.request == Request::accept_many;
  if (!accepts || outcome.ready.result < 0) return;
  (void)world_.descriptors.close(os::Handle{outcome.ready.result});
  outcome.ready.result = -1;
}

/// Unless it was canceled meanwhile.
void Simulated_Port::submit_anew(const Submission& operation) {
  const auto entry = std::ranges::find(entries_, &operation, &Entry::operation);
  if (entry == entries_.end()) return;
  entry->stage = Stage::submitted;
  entry->fresh = true;
  entry->starved_since = 0;
}

bool Simulated_Port::any_ready() const {
  if (!outcomes_.empty() && outcomes_.front().put_off != looks_) return true;
  const bool feeds = fed() > 0;
  return std::ranges::any_of(entries_, [this, feeds](const Entry& each) {
    return (feeds && each.stage == Stage::starved) || (each.put_off != looks_ && can_act(each));
  });
}

std::size_t Simulated_Port::collect(std::span<Ready> out) {
  feed_starved();
  act_all();
  return tell(out);
}

std::size_t Simulated_Port::tell(std::span<Ready> out) {
  std::size_t count = 0;
  while (count < out.size() && !outcomes_.empty() && outcomes_.front().put_off != looks_) {
    if (std::ranges::none_of(outcomes_, &Outcome::was_put_off) && world_.roll(delay_)) {
      for (Outcome& each : outcomes_) each.was_put_off = true, each.put_off = looks_;
      break;
    }
    const Outcome first = outcomes_.front();
    outcomes_.pop_front();
    out[count++] = told(first);
  }
  return count;
}

std::size_t Simulated_Port::take(Submission& operation, std::span<Ready> out) noexcept {
  std::size_t count = 0;
  for (auto each = outcomes_.begin(); each != outcomes_.end() && count < out.size();) {
    if (each->operation != &operation) {
      ++each;
      continue;
    }
    const Outcome one = *each;
    each = outcomes_.erase(each);
    out[count++] = told(one);
  }
  return count;
}

Ready Simulated_Port::told(const Outcome& outcome) {
  world_.record("complete", outcome.handle.value(), outcome.ready.set, outcome.ready.result);
  if (outcome.ready.is(Ready::last)) {
    set_outstanding(*outcome.operation, false);
    --outstanding_;
  }
  if (outcome.ends_rest) submit_anew(*outcome.operation);
  return outcome.ready;
}

}  // namespace strata::inline v1::sim
