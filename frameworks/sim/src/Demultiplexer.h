// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <strata/os/Demultiplexer.h>

#include "Completion_Port.h"
#include "Object.h"

namespace strata::inline v1::sim {

struct World;

/// epoll(7)'s semantics on simulated objects: level-triggered; an interest lasts as long as the object, not the number;
/// what is ready comes in an order that the seed draws. A wait with nothing ready moves the virtual clock. As a ring it
/// has operations beside, and is never `concurrent`.
class Simulated_Demultiplexer final : public os::Demultiplexer {
 public:
  Simulated_Demultiplexer(World& world, bool ring) : world_{world} {
    if (ring) port_.emplace(world);
  }
  std::string_view name() const noexcept override { return port_ ? "io_uring" : "sim"; }
  os::Completion_Port* completion_port() noexcept override { return port_ ? &*port_ : nullptr; }
  Result<> share() override;
  Result<> add(os::Handle, os::Interest, std::uint64_t token) override;
  Result<> add_shared(os::Handle, os::Interest, std::uint64_t token) override;
  Result<> modify(os::Handle, os::Interest, std::uint64_t token) override;
  Result<> remove(os::Handle) override;
  void forget(os::Handle) noexcept override;
  bool concurrent() const noexcept override;
  Result<std::size_t> wait(std::span<os::Ready> out, Duration timeout) override;
  Result<bool> add_waker(os::Handle, std::uint64_t token) override;
  bool waited_in() const noexcept { return waiting_ != 0; }
  bool any_ready() const;  ///< for who decides which thread goes on

 private:
  struct Entry {
    os::Handle handle;
    std::weak_ptr<Object> object;
    os::Interest interest;
    std::uint64_t token;
    bool edge = false;
    std::uint64_t edges_seen = 0;
    std::shared_ptr<Shared_Interest> shared{};  // null: it is always told
  };
  Entry* find(os::Handle);
  os::Raw unknown(os::Handle) const;
  std::uint8_t report(const Entry&, const Object&) const;
  std::size_t collect(std::span<os::Ready> out);
  std::size_t collect_readiness(std::span<os::Ready> out);
  Result<std::size_t> wait_for(std::span<os::Ready> out, Duration timeout);
  void may_change();
  Result<std::size_t> give_up(const std::string& why);

  World& world_;
  std::vector<Entry> entries_;
  int waiting_ = 0;                 // threads inside of wait
  std::vector<std::size_t> ready_;  // indices, reused by each collect
  std::optional<Simulated_Port> port_;
};

}  // namespace strata::inline v1::sim
