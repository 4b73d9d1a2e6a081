// SPDX-License-Identifier: Apache-2.0
#include "Demultiplexer.h"

#include <algorithm>
#include <utility>

#include "World.h"

namespace strata::inline v1::sim {

using os::Handle;
using os::Interest;
using os::Ready;

namespace {

Result<> result(os::Raw raw) {
  if (raw >= 0) return {};
  return fail(static_cast<std::errc>(-raw));
}

}  // namespace

Simulated_Demultiplexer::Entry* Simulated_Demultiplexer::find(Handle handle) {
  const std::shared_ptr<Object> object = world_.descriptors.share(handle);
  const auto entry = std::ranges::find_if(
      entries_, [&](const Entry& each) { return each.handle == handle && each.object.lock() == object; });
  return object == nullptr || entry == entries_.end() ? nullptr : &*entry;
}

os::Raw Simulated_Demultiplexer::unknown(Handle handle) const {
  const bool open = world_.descriptors.find(handle) != nullptr;
  return error(open ? std::errc::no_such_file_or_directory : std::errc::bad_file_descriptor);
}

Result<> Simulated_Demultiplexer::add(Handle handle, Interest interest, std::uint64_t token) {
  may_change();
  const std::shared_ptr<Object> object = world_.descriptors.share(handle);
  os::Raw outcome = 0;
  if (object == nullptr) {
    outcome = error(std::errc::bad_file_descriptor);
  } else if (dynamic_cast<const Real_File*>(object.get()) != nullptr) {
    outcome = error(std::errc::operation_not_permitted);
  } else if (find(handle) != nullptr) {
    outcome = error(std::errc::file_exists);
  } else {
    entries_.push_back({handle, object, interest, token});
  }
  return result(world_.record("add", handle.value(), static_cast<int>(interest), outcome));
}

Result<> Simulated_Demultiplexer::add_shared(Handle handle, Interest interest, std::uint64_t token) {
  if (Result<> added = add(handle, interest, token); !added) return added;
  Entry& entry = entries_.back();
  entry.shared = std::make_shared<Shared_Interest>(this, false);
  entry.object.lock()->tell_also(entry.shared);
  return {};
}

Result<> Simulated_Demultiplexer::modify(Handle handle, Interest interest, std::uint64_t token) {
  may_change();
  Entry* const entry = find(handle);
  if (entry != nullptr) {
    entry->interest = interest;
    entry->token = token;
  }
  const os::Raw outcome = entry != nullptr ? 0 : unknown(handle);
  return result(world_.record("modify", handle.value(), static_cast<int>(interest), outcome));
}

Result<> Simulated_Demultiplexer::remove(Handle handle) {
  may_change();
  Entry* const entry = find(handle);
  const os::Raw outcome = entry != nullptr ? 0 : unknown(handle);
  if (entry != nullptr) entries_.erase(entries_.begin() + (entry - entries_.data()));
  return result(world_.record("remove", handle.value(), 0, outcome));
}

// The close that follows does it, as epoll's would; without one the interest stays, and is reported.
void Simulated_Demultiplexer::forget(Handle handle) noexcept { world_.record("forget", handle.value(), 0, 0); }

Result<bool> Simulated_Demultiplexer::add_waker(Handle handle, std::uint64_t token) {
  if (Result<> added = add(handle, Interest::input, token); !added) return fail(added.error());
  Entry& entry = entries_.back();
  entry.edge = port_ || world_.wakers_are_edges;
  return entry.edge;
}

std::uint8_t Simulated_Demultiplexer::report(const Entry& entry, const Object& object) const {
  const std::uint8_t now = object.readiness();
  if (entry.shared != nullptr && !entry.shared->told) return 0;
  if (entry.edge) return object.edges() != entry.edges_seen ? Ready::input : std::uint8_t{0};
  unsigned wanted = Ready::error | Ready::hangup;
  if (any(entry.interest & Interest::input)) wanted |= Ready::input | Ready::read_end;
  if (any(entry.interest & Interest::output)) wanted |= Ready::output;
  return static_cast<std::uint8_t>(now & wanted);
}

/// Readiness and completions have no order among them; where there is no room, the one goes first now and then.
std::size_t Simulated_Demultiplexer::collect(std::span<Ready> out) {
  if (!port_) return collect_readiness(out);
  if (world_.roll(0.5)) {
    const std::size_t ready = collect_readiness(out);
    return ready + port_->collect(out.subspan(ready));
  }
  const std::size_t completed = port_->collect(out);
  return completed + collect_readiness(out.subspan(completed));
}

std::size_t Simulated_Demultiplexer::collect_readiness(std::span<Ready> out) {
  std::erase_if(entries_, [](const Entry& each) { return each.object.expired(); });
  ready_.clear();
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].shared != nullptr && entries_[i].object.lock()->readiness() == 0) entries_[i].shared->told = false;
    if (report(entries_[i], *entries_[i].object.lock()) != 0) ready_.push_back(i);
  }
  const std::size_t count = std::min(ready_.size(), out.size());
  for (std::size_t i = 0; i < count; ++i) {
    std::swap(ready_[i], ready_[i + world_.random.below(ready_.size() - i)]);
    Entry& entry = entries_[ready_[i]];
    const std::shared_ptr<Object> object = entry.object.lock();
    out[i] = {entry.token, report(entry, *object)};
    entry.edges_seen = object->edges();
    world_.record("ready", entry.handle.value(), out[i].set, static_cast<os::Raw>(i));
  }
  return count;
}

bool Simulated_Demultiplexer::any_ready() const {
  if (port_ && port_->any_ready()) return true;
  return std::ranges::any_of(entries_, [this](const Entry& each) {
    const std::shared_ptr<Object> object = each.object.lock();
    return object != nullptr && report(each, *object) != 0;
  });
}

bool Simulated_Demultiplexer::concurrent() const noexcept { return !port_ && world_.concurrent_sets; }

Result<> Simulated_Demultiplexer::share() {
  if (port_) port_->share();
  return {};
}

/// What epoll bears and poll and select do not: that they are changed while a thread waits.
void Simulated_Demultiplexer::may_change() {
  world_.threads.may_switch();
  if (waiting_ != 0 && !concurrent()) {
    world_.threads.give_up("a demultiplexer that is not concurrent was changed while a thread waits in it");
  }
}

Result<std::size_t> Simulated_Demultiplexer::wait(std::span<Ready> out, Duration timeout) {
  world_.threads.may_switch();
  if (port_ && !port_->may_wait()) return fail(std::errc::operation_not_permitted);
  if (port_) port_->begin_wait();
  if (world_.roll(world_.faults.interrupt)) {
    if (port_) port_->end_wait();
    world_.record("wait", static_cast<std::int64_t>(out.size()), timeout.count(), error(std::errc::interrupted));
    return std::size_t{0};
  }
  const Result<std::size_t> count = wait_for(out, timeout);
  if (port_) port_->end_wait();
  if (!count) return count;
  world_.record("wait", static_cast<std::int64_t>(out.size()), timeout.count(), static_cast<os::Raw>(*count));
  world_.threads.may_switch();
  if (world_.calls_now <= world_.calls_at_once) return count;
  return give_up("the loop spins: " + std::to_string(world_.calls_at_once) + " calls at one instant");
}

Result<std::size_t> Simulated_Demultiplexer::wait_for(std::span<Ready> out, Duration timeout) {
  const Time_Point start = world_.agenda.now();
  const Time_Point limit = world_.agenda.limit(timeout);
  world_.agenda.run_due();
  std::size_t count = collect(out);
  if (count == 0 && limit == start) {
    world_.threads.pass_on();  // or else one that polls would let nobody run
    count = collect(out);
  }
  while (count == 0 && world_.agenda.now() < limit) {
    if (start > world_.horizon) return give_up("the run does not end: its virtual time is over");
    if (port_) port_->next_look();
    ++waiting_;
    const bool goes_on = world_.threads.wait(*this, limit);
    --waiting_;
    if (!goes_on) return fail(std::errc::resource_deadlock_would_occur);
    count = collect(out);
  }
  return count;
}

Result<std::size_t> Simulated_Demultiplexer::give_up(const std::string& why) {
  world_.threads.diagnose(why);
  return fail(std::errc::resource_deadlock_would_occur);
}

}  // namespace strata::inline v1::sim
