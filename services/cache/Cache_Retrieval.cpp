// SPDX-License-Identifier: Apache-2.0
// What is asked for: get, gets, gat, gats, stats.
#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>
#include <utility>

#include <strata/os/Process.h>
#include <strata/wrappers/Message_Block.h>

#include "Cache_Session.h"

namespace cache {
namespace {

constexpr std::string_view bad_format = "CLIENT_ERROR bad command line format\r\n";
constexpr std::string_view end_line = "END\r\n";

/// Longest: "VALUE ", a key, " ", 10 digits, " ", 10 digits, " ", 20 digits, CR LF.
class Value_Line {
 public:
  Value_Line(const Item& item, bool with_cas) noexcept {
    text("VALUE ");
    text(item.key());
    figure(item.flags);
    figure(item.value_size);
    if (with_cas) figure(item.cas);
    text("\r\n");
  }
  void text(std::string_view text) noexcept {
    end_ = std::copy(text.begin(), text.end(), end_);
  }
  std::string_view view() const noexcept { return {bytes_.data(), static_cast<std::size_t>(end_ - bytes_.data())}; }
  static constexpr std::size_t room = 1024;  ///< for a small value behind it

 private:
  void figure(std::uint64_t number) noexcept {
    *end_++ = ' ';
    end_ = std::to_chars(end_, end_ + 20, number).ptr;
  }
  std::array<char, 320 + room> bytes_;  // not initialised: only what is written is read
  char* end_ = bytes_.data();
};

bool all_keys_fit(std::string_view keys) noexcept {
  if (keys.size() <= longest_key) return true;
  Words words{keys};
  for (std::string_view key = words.next(); !key.empty(); key = words.next()) {
    if (key.size() > longest_key) return false;
  }
  return true;
}

}  // namespace

/// Answers key by key; while the peer takes too little the rest of them waits.
Cache_Session::Result<> Cache_Session::get(std::string_view keys, bool with_cas, const std::uint32_t* touch) {
  if (!all_keys_fit(keys)) return put(bad_format);
  Words words{keys};
  if (words.at_end() && touch == nullptr) return put("ERROR\r\n");
  while (!words.at_end()) {
    ++counts().gets;
    Item* item = store().find(words.next());
    if (item == nullptr) continue;
    ++counts().hits;
    if (touch != nullptr) store().touch(*item, *touch);
    const bool last = words.at_end();
    const Result<> sent = send(*item, with_cas, last ? end_line : std::string_view{});
    if (!sent || last) return sent;
    if (queued() <= service().stream().high_water) continue;
    waiting_keys_ = words.rest();
    waiting_cas_ = with_cas;
    waiting_touches_ = touch != nullptr;
    waiting_touch_ = touch != nullptr ? *touch : 0;
    suspend(strata::Suspension::high_water);
    return {};
  }
  return put(end_line);
}

Cache_Session::Result<> Cache_Session::handle_writable() {
  if (waiting_keys_.empty()) return {};
  const std::string keys = std::exchange(waiting_keys_, {});
  const Cache_State::Held held{state_};
  state_.look_at_clock(home().now());
  const Result<> done = get(keys, waiting_cas_, waiting_touches_ ? &waiting_touch_ : nullptr);
  if (done && waiting_keys_.empty()) resume(strata::Suspension::high_water);
  return done;
}

Cache_Session::Result<> Cache_Session::send(const Item& item, bool with_cas, std::string_view after) {
  Value_Line line{item, with_cas};
  if (item.value_size + Item::end_size + after.size() > Value_Line::room) {
    if (const Result<> sent = put(line.view()); !sent) return sent;
    if (const Result<> sent = send_value(item.value_and_end()); !sent) return sent;
    return after.empty() ? Result<>{} : put(after);
  }
  line.text(item.value_and_end());
  line.text(after);
  return put(line.view());
}

/// A long one goes to the system at once: of a copy, where others wait for the items.
Cache_Session::Result<> Cache_Session::send_value(std::string_view value) {
  if (value.size() < cork_limit || !state_.shared()) return put(value);
  strata::Result<strata::Message_Block> copy = strata::Message_Block::copy(strata::as_bytes(value));
  if (!copy) return strata::fail(copy.error());
  const Cache_State::Let_Go free{state_};
  return put(std::move(*copy));
}

Cache_Session::Result<> Cache_Session::get_and_touch(Words words, bool with_cas) {
  const std::string_view word = words.next();
  if (word.empty()) return put("ERROR\r\n");
  const auto exptime = number<std::int64_t>(word);
  if (!exptime) return put("CLIENT_ERROR invalid exptime argument\r\n");
  ++counts().touches;
  const std::uint32_t expires = state_.expiry(*exptime);
  return get(words.rest(), with_cas, &expires);
}

Cache_Session::Result<> Cache_Session::send_stats(Words words) {
  const std::string_view what = words.next();
  if (what == "reset") {
    counts() = {};
    return put("RESET\r\n");
  }
  if (!what.empty()) return put("ERROR\r\n");  // memcached's own insides
  return put(general_stats() + "END\r\n");
}

/// That run connections.
std::uint64_t Cache_Session::threads() {
  std::uint64_t all = 0;
  for (const strata::Reactor* one : service().serving()) all += one->contexts().size();
  return all;
}

std::string Cache_Session::general_stats() {
  const Cache_Counts& all = counts();
  const Store_Counts& kept = store().counts();
  const std::initializer_list<std::pair<std::string_view, std::uint64_t>> figures{
      {"pid", static_cast<std::uint64_t>(strata::os::process_id())},
      {"uptime", state_.uptime()},
      {"time", static_cast<std::uint64_t>(strata::os::wall_clock_ns() / 1'000'000'000)},
      {"pointer_size", 8 * sizeof(void*)},
      {"curr_connections", service().connections()},
      {"total_connections", service().metrics().accepted.value()},
      {"cmd_get", all.gets},
      {"cmd_set", all.sets},
      {"cmd_flush", all.flushes},
      {"cmd_touch", all.touches},
      {"get_hits", all.hits},
      {"get_misses", all.gets - all.hits},
      {"delete_misses", all.deletes - all.delete_hits},
      {"delete_hits", all.delete_hits},
      {"incr_misses", all.increments - all.increment_hits},
      {"incr_hits", all.increment_hits},
      {"decr_misses", all.decrements - all.decrement_hits},
      {"decr_hits", all.decrement_hits},
      {"cas_misses", all.cas_misses},
      {"cas_hits", all.cas_hits},
      {"cas_badval", all.cas_mismatches},
      {"touch_hits", all.touch_hits},
      {"touch_misses", all.touches - all.touch_hits},
      {"bytes_read", service().metrics().bytes_in.value()},
      {"bytes_written", service().metrics().bytes_out.value()},
      {"limit_maxbytes", state_.memory()},
      {"threads", threads()},
      {"bytes", store().live_bytes()},
      {"curr_items", store().size()},
      {"total_items", kept.stored},
      {"evictions", kept.evicted},
  };
  std::string text;
  for (const auto& [name, value] : figures) {
    text += "STAT " + std::string{name} + ' ' + std::to_string(value) + "\r\n";
  }
  return text;
}

}  // namespace cache
