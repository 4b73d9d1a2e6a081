// SPDX-License-Identifier: Apache-2.0
// A line of the protocol, and the commands that store or ask for no value.
#include "Cache_Session.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace cache {
namespace {

constexpr std::string_view bad_format = "CLIENT_ERROR bad command line format\r\n";
constexpr std::string_view error = "ERROR\r\n", ok = "OK\r\n", not_found = "NOT_FOUND\r\n";
/// Clients look at it to know what they may expect: what memcached 1.6 does, but for its meta commands.
constexpr std::string_view version = "VERSION 1.6.0-strata\r\n";

std::string_view digits(std::uint64_t number, std::array<char, 20>& room) {
  return {room.data(), std::to_chars(room.data(), room.data() + room.size(), number).ptr};
}

/// As memcached reads a value: spaces, digits, and then the end or a space, whatever follows it; spaces alone are 0.
std::optional<std::uint64_t> stored_number(std::string_view value) {
  const std::size_t at = std::min(value.find_first_not_of(' '), value.size());
  std::uint64_t result = 0;
  const auto [end, failure] = std::from_chars(value.data() + at, value.data() + value.size(), result);
  if (failure == std::errc::result_out_of_range) return std::nullopt;
  if (failure != std::errc{}) return at == 0 ? std::nullopt : std::optional{result};
  return end == value.data() + value.size() || *end == ' ' ? std::optional{result} : std::nullopt;
}

}  // namespace

/// How often a line has words is judged here, what they say by the command.
struct Cache_Session::Command {
  static constexpr std::size_t any = 1'000'000;
  std::string_view name;
  std::size_t least, most;  // arguments; `any`: the command counts them
  Result<> (*run)(Cache_Session&, Words);
};

const Cache_Session::Command* Cache_Session::find_command(std::string_view name) noexcept {
  using Self = Cache_Session;
  using Mode = Store_Mode;
  static constexpr Command commands[] = {
      {"get", 0, Command::any, [](Self& s, Words w) { return s.get(w.rest(), false, nullptr); }},
      {"set", 0, Command::any, [](Self& s, Words w) { return s.store_command(Arguments{w}, Mode::set); }},
      {"gets", 0, Command::any, [](Self& s, Words w) { return s.get(w.rest(), true, nullptr); }},
      {"add", 0, Command::any, [](Self& s, Words w) { return s.store_command(Arguments{w}, Mode::add); }},
      {"replace", 0, Command::any, [](Self& s, Words w) { return s.store_command(Arguments{w}, Mode::replace); }},
      {"append", 0, Command::any, [](Self& s, Words w) { return s.store_command(Arguments{w}, Mode::append); }},
      {"prepend", 0, Command::any, [](Self& s, Words w) { return s.store_command(Arguments{w}, Mode::prepend); }},
      {"cas", 0, Command::any, [](Self& s, Words w) { return s.store_command(Arguments{w}, Mode::cas); }},
      {"incr", 2, 3, [](Self& s, Words w) { return s.increment(Arguments{w}, false); }},
      {"decr", 2, 3, [](Self& s, Words w) { return s.increment(Arguments{w}, true); }},
      {"delete", 1, 3, [](Self& s, Words w) { return s.remove(Arguments{w}); }},
      {"touch", 2, 3, [](Self& s, Words w) { return s.touch(Arguments{w}); }},
      {"gat", 0, Command::any, [](Self& s, Words w) { return s.get_and_touch(w, false); }},
      {"gats", 0, Command::any, [](Self& s, Words w) { return s.get_and_touch(w, true); }},
      {"flush_all", 0, 2, [](Self& s, Words w) { return s.flush_all(Arguments{w}); }},
      {"stats", 0, Command::any, [](Self& s, Words w) { return s.send_stats(w); }},
      {"version", 0, Command::any, [](Self& s, Words) { return s.put(version); }},
      {"verbosity", 1, 2, [](Self& s, Words w) { return s.verbosity(Arguments{w}); }},
      {"quit", 0, Command::any, [](Self& s, Words) { return s.close_when_flushed(), Result<>{}; }},
  };
  for (const Command& command : commands) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

Cache_Session::Result<> Cache_Session::handle_line(std::string_view line) {
  Words words{line};
  const Command* const command = find_command(words.next());
  if (command == nullptr) {
    const std::size_t last = line.rfind(' ') + 1;  // a browser, or who would use one against us: no answer
    return line.substr(last).starts_with("HTTP/") ? strata::fail(std::errc::protocol_error) : put(error);
  }
  const Cache_State::Held held{state_};
  state_.look_at_clock(home().now());
  if (command->most == Command::any) return command->run(*this, words);
  Words counted{words};
  std::size_t count = 0;
  while (count <= command->most && !counted.next().empty()) ++count;
  if (count < command->least || count > command->most) return put(error);
  return command->run(*this, words);
}

/// As memcached: who sends so much without an end of line speaks another protocol.
Cache_Session::Result<> Cache_Session::handle_long_line() { return strata::fail(std::errc::message_size); }

Cache_Session::Result<> Cache_Session::increment(const Arguments& words, bool down) {
  const bool noreply = words.last() == "noreply";
  if (words[0].size() > longest_key) return answer(bad_format, noreply);
  const auto delta = number<std::uint64_t>(words[1]);
  if (!delta) return answer("CLIENT_ERROR invalid numeric delta argument\r\n", noreply);
  ++(down ? counts().decrements : counts().increments);
  Item* const item = store().find(words[0]);
  if (item == nullptr) return answer(not_found, noreply);
  ++(down ? counts().decrement_hits : counts().increment_hits);
  const auto value = stored_number(item->value());
  if (!value) return answer("CLIENT_ERROR cannot increment or decrement non-numeric value\r\n", noreply);
  return write_number(*item, down ? *value - std::min(*value, *delta) : *value + *delta, noreply);  // 64 bits wrap
}

/// A shorter number than the former is filled up with spaces, as the protocol has it.
Cache_Session::Result<> Cache_Session::write_number(Item& item, std::uint64_t number, bool noreply) {
  std::array<char, 20> room;
  const std::string_view text = digits(number, room);
  if (text.size() <= item.value_size) {
    char* const value = item.text() + item.key_size;
    std::memset(value + text.size(), ' ', item.value_size - text.size());
    std::memcpy(value, text.data(), text.size());
    store().renew(item);
  } else if (!write(std::string{item.key()}, text, item.flags, item.expires)) {
    return answer("SERVER_ERROR out of memory\r\n", noreply);
  }
  if (noreply) return {};
  if (const Result<> said = put(text); !said) return said;
  return put("\r\n");
}

Cache_Session::Result<> Cache_Session::remove(const Arguments& words) {
  const bool noreply = words.last() == "noreply" && words.count > 1;
  const bool zero = words[1] == "0";  // a time that old clients send
  const bool valid =
      words.count == 1 || (words.count == 2 && (zero || noreply)) || (words.count == 3 && zero && noreply);
  if (!valid) return answer("CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]\r\n", noreply);
  if (words[0].size() > longest_key) return answer(bad_format, noreply);
  ++counts().deletes;
  Item* const item = store().find(words[0], false);
  if (item == nullptr) return answer(not_found, noreply);
  ++counts().delete_hits;
  store().remove(*item);
  return answer("DELETED\r\n", noreply);
}

Cache_Session::Result<> Cache_Session::touch(const Arguments& words) {
  const bool noreply = words.last() == "noreply";
  if (words[0].size() > longest_key) return answer(bad_format, noreply);
  const auto exptime = number<std::int64_t>(words[1]);
  if (!exptime) return answer("CLIENT_ERROR invalid exptime argument\r\n", noreply);
  ++counts().touches;
  Item* const item = store().find(words[0]);
  if (item == nullptr) return answer(not_found, noreply);
  ++counts().touch_hits;
  store().touch(*item, state_.expiry(*exptime));
  return answer("TOUCHED\r\n", noreply);
}

Cache_Session::Result<> Cache_Session::flush_all(const Arguments& words) {
  const bool noreply = words.last() == "noreply";
  std::optional<std::int64_t> exptime = 0;
  if (words.count != (noreply ? 1u : 0u)) exptime = number<std::int64_t>(words[0]);
  if (!exptime) return answer("CLIENT_ERROR invalid exptime argument\r\n", noreply);
  state_.flush_at(*exptime);
  return answer(ok, noreply);
}

/// There is one log, whose levels are configured: this is taken and changes nothing.
Cache_Session::Result<> Cache_Session::verbosity(const Arguments& words) {
  const bool noreply = words.last() == "noreply";
  return answer(number<std::uint32_t>(words[0]) ? ok : bad_format, noreply);
}

}  // namespace cache
