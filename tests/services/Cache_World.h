// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <strata/connection/Acceptor.h>
#include <strata/logging/Log_System.h>
#include <strata/reactor/Reactor.h>
#include <strata/sim/Simulator.h>
#include <strata/wrappers/SOCK_Connector.h>

#include "../../services/cache/Cache_Session.h"

namespace strata_test {

/// A cache and its peers in a simulated world.
class Cache_World {
 public:
  explicit Cache_World(cache::Cache_Options options = {}, strata::Stream_Options stream = {}) {
    strata::Log_System::process().set_level("", strata::Log_Level::off);
    service_ = std::make_unique<strata::Service>("cache", *reactor_, stream);
    service_->set_options(strata::Any_Options::of<cache::Cache_Options>(options));
    acceptor_ = std::make_unique<strata::Acceptor<cache::Cache_Session>>(*service_);
    opened_ = acceptor_->open(std::array{address()}).has_value();
  }
  ~Cache_World() {
    peers_.clear();
    acceptor_->close();
    service_->close_all(strata::errc::stopping);
    turns(2);
  }

  bool opened() const { return opened_; }
  strata::Service& service() { return *service_; }
  cache::Item_Store& store() { return service_->state<cache::Cache_State>().store(); }

  /// The peer of that number, connected when it is first asked for.
  strata::SOCK_Stream& peer(std::size_t number = 0) {
    while (peers_.size() <= number) {
      peers_.push_back(*strata::SOCK_Connector::start(address()));
      turns(3);
    }
    return peers_[number];
  }
  void say(std::string_view text, std::size_t number = 0) {
    while (!text.empty()) {
      const auto taken = peer(number).send(strata::as_bytes(text));
      if (!taken && taken.error() != std::errc::operation_would_block) return;
      text.remove_prefix(taken.value_or(0));
      turns(1);
    }
  }
  /// What has come by the time that nothing more comes.
  std::string heard(std::size_t number = 0) {
    std::string all;
    std::array<std::byte, 65536> room;
    for (int silent = 0; silent < 3;) {
      turns(1);
      const auto got = peer(number).receive(room);
      silent = got && *got != 0 ? 0 : silent + 1;
      if (got) all += strata::as_text(strata::Const_Bytes{room}.first(*got));
    }
    return all;
  }
  std::string ask(std::string_view text, std::size_t number = 0) {
    say(text, number);
    return heard(number);
  }
  void pass(strata::Duration time) { simulator_.advance(time); }
  void turns(int count) {
    for (int i = 0; i < count; ++i) static_cast<void>(reactor_->poll());
  }

 private:
  static strata::os::Socket_Address address() {
    return strata::os::Socket_Address::ipv4(std::array<std::uint8_t, 4>{127, 0, 0, 1}, 11211);
  }
  strata::sim::Simulator simulator_{1};
  std::unique_ptr<strata::Reactor> reactor_ = *strata::Reactor::open();
  std::unique_ptr<strata::Service> service_;
  std::unique_ptr<strata::Acceptor_Base> acceptor_;
  std::vector<strata::SOCK_Stream> peers_;
  bool opened_ = false;
};

}  // namespace strata_test
