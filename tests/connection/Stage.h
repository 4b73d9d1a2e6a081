// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <strata/connection/Service.h>
#include <strata/connection/Svc_Handler.h>

namespace strata_test {

class Host;

/// A service whose handlers do what the test says, and write down what happens to them.
class Stage : public strata::Service {
 public:
  using strata::Service::Service;
  using Act = std::function<strata::Result<>(Host&)>;
  using Act_On_Data = std::function<strata::Result<>(Host&, strata::Bytes)>;

  Act on_make, on_open, on_end, on_writable, on_drain;
  Act_On_Data on_data;
  std::function<void(Host&, std::error_code)> on_close;

  /// o(pen), d(ata), e(nd), w(ritable), r (drain), c(lose); the same again and again is written once.
  std::string diary;
  std::string received;  ///< by all, in order
  std::vector<std::error_code> reasons;
  std::vector<Host*> hosts;  ///< in the order of open(); dead ones stay
  std::size_t made = 0, deliveries = 0, largest = 0;

  void note(char what) {
    if (diary.empty() || diary.back() != what) diary += what;
  }
};

/// The handler of the tests.
class Host : public strata::Svc_Handler {
 public:
  explicit Host(strata::Service& service) : stage(static_cast<Stage&>(service)) {
    ++stage.made;
    if (stage.on_make) (void)stage.on_make(*this);
  }

  Result<> open() override {
    stage.note('o');
    stage.hosts.push_back(this);
    return stage.on_open ? stage.on_open(*this) : Result<>{};
  }
  Result<> handle_data(Bytes bytes) override {
    stage.note('d');
    ++stage.deliveries;
    stage.largest = std::max(stage.largest, bytes.size());
    stage.received += strata::as_text(bytes);
    return stage.on_data ? stage.on_data(*this, bytes) : Result<>{};
  }
  Result<> handle_end() override {
    stage.note('e');
    return stage.on_end ? stage.on_end(*this) : Svc_Handler::handle_end();
  }
  Result<> handle_writable() override {
    stage.note('w');
    return stage.on_writable ? stage.on_writable(*this) : Result<>{};
  }
  void handle_drain() override {
    stage.note('r');
    if (!stage.on_drain) return Svc_Handler::handle_drain();
    (void)stage.on_drain(*this);
  }
  void handle_close(std::error_code reason) noexcept override {
    stage.note('c');
    stage.reasons.push_back(reason);
    if (stage.on_close) stage.on_close(*this, reason);
  }

  Stage& stage;
  strata::Timer timer;
};

/// The same, for protocols whose client speaks first.
class Polite_Host final : public Host {
 public:
  static constexpr auto first_speaker = strata::First_Speaker::client;
  using Host::Host;
};

}  // namespace strata_test
