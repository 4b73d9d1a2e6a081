// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <system_error>

#include <strata/os/Handle.h>
#include <strata/os/Socket_Address.h>
#include <strata/proactor/Service_Handler.h>
#include <strata/reactor/Completion_Handler.h>
#include <strata/timers/Timer.h>
#include <strata/wrappers/Message_Block.h>

namespace strata {
inline namespace v1 {

/// One operation from its start to its completion. Where the engine is a ring it is the ring's submission.
struct Asynch_Operation final : Completion_Handler {
  enum class Kind : std::uint8_t { read, write, accept, connect, read_at, write_at, sync };

  Asynch_Operation() noexcept : Completion_Handler(os::Request::poll) {}
  void handle_completion(const os::Ready& completion) noexcept override {
    owner->arrived(*this, completion.result, true);
  }
  bool of_a_file() const noexcept { return kind >= Kind::read_at; }
  bool sends() const noexcept { return kind == Kind::write || kind == Kind::connect; }

  Service_Handler* owner = nullptr;
  Asynch_Operation* next_one = nullptr;  ///< in the list that it is in
  Asynch_Operation* arrived_before = nullptr;
  std::uint64_t id = 0;
  Message_Block block;
  os::Socket_Address peer;
  std::uint64_t place = 0;   ///< in a file
  std::size_t moved = 0;
  std::error_code error;
  std::error_code asked;     ///< why it is to end early
  os::Unique_Handle accepted;
  Timer deadline;
  std::int32_t result = 0;   ///< from the engine, not looked at
  Kind kind = Kind::read;
  bool away = false;         ///< the engine has it
  bool begun = false;        ///< its turn has come
  std::uint8_t ending = 0;   ///< the emulation takes it back: 2, and 1 from the next flush on
};

}  // namespace v1
}  // namespace strata
