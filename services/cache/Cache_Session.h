// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <strata/connection/Line_Handler.h>

#include "Cache_State.h"
#include "Text_Command.h"

namespace cache {

/// One peer that speaks memcached's text protocol (memcached's doc/protocol.txt; what that leaves open is as memcached
/// 1.6 does it). All commands of a read are answered in one write.
class Cache_Session final : public strata::Line_Handler {
 public:
  static constexpr auto first_speaker = strata::First_Speaker::client;
  using Options = Cache_Options;

  explicit Cache_Session(strata::Service& service)
      : Line_Handler(strata::Run_Context::unread_size), state_(service.state<Cache_State>()) {}
  ~Cache_Session() override;

 private:
  enum class Store_Mode : std::uint8_t { set, add, replace, append, prepend, cas };
  struct Command;
  /// A value that is on its way.
  struct Incoming {
    Store_Mode mode{};
    bool noreply = false;
    bool swallowed = false;  // an answer is given already
    std::uint32_t flags = 0, expires = 0;
    std::uint64_t cas = 0;
    std::size_t size = 0;  // without CR LF
    std::string key;
    std::string bytes;  // as long as it comes in pieces
    std::size_t charged = 0;
  };

  Result<> handle_line(std::string_view line) override;
  Result<> handle_block(Bytes part, std::size_t missing) override;
  Result<> handle_writable() override;
  Result<> handle_long_line() override;

  Item_Store& store() noexcept { return state_.store(); }
  Cache_Counts& counts() noexcept { return state_.counts(); }
  Result<> answer(std::string_view text, bool noreply) { return noreply ? Result<>{} : put(text); }

  // Cache_Retrieval.cpp
  Result<> get(std::string_view keys, bool with_cas, const std::uint32_t* touch);
  Result<> get_and_touch(Words words, bool with_cas);
  Result<> send(const Item& item, bool with_cas, std::string_view after);
  Result<> send_value(std::string_view value);
  Result<> send_stats(Words words);
  std::string general_stats();
  std::uint64_t threads();

  // Cache_Storage.cpp
  static const Command* find_command(std::string_view name) noexcept;
  Result<> store_command(const Arguments& words, Store_Mode mode);
  Result<> begin_value(const Arguments& words, Store_Mode mode, bool noreply);
  Result<> swallow(std::size_t size, std::string_view text, bool noreply);
  Result<> keep_piece(Bytes part);
  Result<> end_value(std::string_view value_and_end);
  std::string_view store_value(std::string_view value);
  std::string_view store_joined(Item& former, std::string_view value);
  bool write(std::string_view key, std::string_view value, std::uint32_t flags, std::uint32_t expires);
  void forget_value();

  // Cache_Session.cpp
  Result<> increment(const Arguments& words, bool down);
  Result<> write_number(Item& item, std::uint64_t number, bool noreply);
  Result<> remove(const Arguments& words);
  Result<> touch(const Arguments& words);
  Result<> flush_all(const Arguments& words);
  Result<> verbosity(const Arguments& words);

  Cache_State& state_;
  Incoming incoming_;
  std::string waiting_keys_;  // of a get whose answers the peer takes too slowly
  bool waiting_cas_ = false;
  std::uint32_t waiting_touch_ = 0;
  bool waiting_touches_ = false;
};

}  // namespace cache
