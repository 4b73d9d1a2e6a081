// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>

#include "Echo_World.h"

namespace strata_test {

/// What the peer of every connection sends at that place.
std::byte echo_byte(std::uint64_t place);

class Echo_World::Echo_Service final : public strata::Service {
 public:
  Echo_Service(Echo_World& of, strata::Reactor& home, const strata::Stream_Options& stream,
               std::span<strata::Reactor* const> serving)
      : Service{"echo", home, stream, nullptr, strata::Budget::unlimited, serving}, world{of} {}
  Echo_World& world;
};

/// A hook, or what counts as one, for a scope.
class Echo_World::Inside {
 public:
  Inside(Echo_World& world, Life& life, bool last = false);
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
  ~Inside();

 private:
  Life& life_;
};

class Echo_World::Handler final : public strata::Svc_Handler {
 public:
  explicit Handler(strata::Service& service);
  ~Handler() override { ++world_.freed_; }

  Result<> open() override;
  Result<> handle_data(Bytes bytes) override;
  Result<> handle_end() override;
  Result<> handle_writable() override;
  void handle_drain() override;
  void handle_close(std::error_code reason) noexcept override;

 private:
  Result<> behave();
  Result<> end_by_chance();
  Result<> echo(Bytes bytes);
  Result<> keep_unread(Bytes rest);
  Result<> offload_echo(Bytes bytes);
  void rest_a_while();
  void touch_timer();
  void post_to_itself();
  void post_to_another();

  Echo_World& world_;
  Life& life_;
  strata::Timer timer_, resume_;
};

}  // namespace strata_test
