// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include <strata/os/Handle.h>
#include <strata/reactor/Event_Handler.h>
#include <strata/reactor/Reactor.h>
#include <strata/sim/Random.h>

#include "Api_Fuzz.h"

namespace strata_test {

/// A handler on one end of a socket pair: each hook is the fuzz's business.
class Fuzz_Handler final : public strata::Event_Handler {
 public:
  Fuzz_Handler(Api_Fuzz& fuzz, Fuzz_Guest& guest, strata::os::Unique_Handle handle) noexcept
      : fuzz_{fuzz}, guest_{guest}, number_{handle.get()}, handle_{std::move(handle)} {}
  strata::os::Handle handle() const noexcept override { return number_; }
  strata::Result<> handle_input() override { return fuzz_.input(guest_, number_); }
  strata::Result<> handle_output() override { return fuzz_.output(guest_); }
  strata::Result<> handle_timeout(strata::Timer_Id id) override { return fuzz_.timeout(guest_, id); }
  void handle_close(std::error_code reason) noexcept override { fuzz_.closed(guest_, reason, handle_); }

 private:
  Api_Fuzz& fuzz_;
  Fuzz_Guest& guest_;
  const strata::os::Handle number_;
  strata::os::Unique_Handle handle_;  ///< may be handed on in handle_close
};

/// What the model knows of one handler.
struct Fuzz_Guest {
  enum class Stage : std::uint8_t { open, closing, closed };

  Fuzz_Guest(std::string called, std::uint64_t seed) : name{std::move(called)}, random{seed} {}
  bool open() const noexcept { return stage == Stage::open; }
  strata::Event_Mask effective() const noexcept { return suspended == 0 ? interest : strata::Event_Mask::none; }
  bool wants(strata::Event_Mask direction) const noexcept { return open() && any(effective() & direction); }
  bool readable() const noexcept { return unread != 0 || peer_shut; }

  const std::string name;
  strata::sim::Random random;  ///< of its own hooks
  std::string diary;           ///< each upcall: a letter and the turn
  strata::os::Handle number;
  strata::os::Unique_Handle peer;
  strata::Handler_Ref ref;
  strata::Registration registration;           ///< of a borrowed one
  std::unique_ptr<Fuzz_Handler> borrowed;
  Stage stage = Stage::open;
  std::error_code reason;
  strata::Event_Mask interest = strata::Event_Mask::none;
  unsigned suspended = 0;
  std::size_t unread = 0;
  bool peer_shut = false;   ///< its FIN, or its close, stands behind the bytes
  bool peer_closed = false;
  bool must_read = false, must_write = false;  ///< in the turn that runs, if it is wanted when its turn comes
  bool must_flush = false, flush_next = false;
};

}  // namespace strata_test
