// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <utility>

#include <strata/reactor/Event_Handler.h>

#include "Pool_World.h"

namespace strata_test {

using strata::Reactor;

/// A hook of that life, for a scope.
class Pool_World::Inside {
 public:
  Inside(Pool_World& world, Life& life, bool last = false);
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
  ~Inside();

 private:
  Life& life_;
};

/// Code of the reactor's strand, for a scope.
class Pool_World::In_Lane {
 public:
  explicit In_Lane(Pool_World& world);
  In_Lane(const In_Lane&) = delete;
  In_Lane& operator=(const In_Lane&) = delete;
  ~In_Lane();

 private:
  Lane& lane_;
};

/// A handler of a Pool_World.
class Pool_World::Member final : public strata::Event_Handler {
 public:
  Member(Pool_World& world, Life& life, strata::os::Unique_Handle handle)
      : world_(world), life_(&life), number_(handle.get()), owned_(std::move(handle)) {}
  ~Member() override {
    if (!borrowed) ++world_.freed_;
  }

  strata::os::Handle handle() const noexcept override { return number_; }
  strata::Result<> handle_input() override {
    return hook([&] { return world_.input(*life_, number_); });
  }
  strata::Result<> handle_output() override {
    return hook([&] { return world_.output(*life_); });
  }
  strata::Result<> handle_timeout(strata::Timer_Id id) override {
    return hook([&] { return world_.timeout(*life_, id); });
  }
  strata::Result<> handle_post(strata::Callback& callback) override {
    return hook([&] { return callback(), world_.behave(*life_); });
  }
  void handle_close(std::error_code) noexcept override {
    const Inside inside{world_, *life_, true};
    std::optional<In_Lane> in_lane;
    if (life_->common) in_lane.emplace(world_);
    world_.closed(*life_, *this);
  }

  Pool_World& world() { return world_; }
  Life& life() { return *life_; }
  void live_again(Life& life) { life_ = &life; }
  /// To a successor with the same descriptor.
  strata::os::Unique_Handle give_handle() { return std::move(owned_); }
  bool borrowed = false;

 private:
  template <class Body>
  strata::Result<> hook(Body body) {
    const Inside inside{world_, *life_};
    std::optional<In_Lane> in_lane;
    if (life_->common) in_lane.emplace(world_);
    return body();
  }

  Pool_World& world_;
  Life* life_;
  const strata::os::Handle number_;
  strata::os::Unique_Handle owned_;
};

}  // namespace strata_test
