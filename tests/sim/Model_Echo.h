// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include <strata/connection/Svc_Handler.h>

#include "Echo_Ledger.h"

namespace strata_test {

/// An echo that does, at random, whatever a handler may: puts in pieces, holds bytes back until a timer, a post or
/// another connection's hook puts them, leaves bytes unread, suspends itself, closes itself and others, throws.
/// Checks on the way what the reactor promises about hooks and timers.
class Model_Echo final : public strata::Svc_Handler {
 public:
  static constexpr auto first_speaker = strata::First_Speaker::client;

  explicit Model_Echo(strata::Service&);
  ~Model_Echo() override;
  Result<> open() override;
  Result<> handle_data(Bytes) override;
  Result<> handle_end() override;
  Result<> handle_writable() override;
  void handle_drain() override;
  void handle_close(std::error_code reason) noexcept override;

  Result<> release();  ///< puts what was held back, if it may

 private:
  class Upcall;
  enum class Style : std::uint8_t { plain, pieces, hold, block };

  Result<> reply(Bytes);
  Result<> put_counted(Bytes);
  Result<> put_pieces(Bytes);
  Result<> hold(Bytes);
  Result<> misbehave();
  void meddle();
  void suffer(std::uint64_t way);
  void haunt();
  void arm_tick();
  void pause_input();
  void close_noted(bool abortive);

  Echo_Ledger& ledger_;
  Life& life_;
  Style style_;
  std::string held_;
  int ticks_ = 0;
  bool in_hook_ = false;
  strata::Timer tick_, release_later_, resume_later_;
};

}  // namespace strata_test
