// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <strata/os/Demultiplexer.h>
#include <strata/os/Socket.h>
#include <strata_test/Mechanisms.h>

#include "Loopback.h"
#include "Os_Fixture.h"

namespace strata_test {

/// One mechanism and what a test of it says: a test is a function of a rig, run over every mechanism that is here.
struct Demultiplexer_Rig {
  std::unique_ptr<strata::os::Demultiplexer> demultiplexer;
  strata::os::Handle_Pair pair = value_of(strata::os::socket_pair());

  explicit Demultiplexer_Rig(std::string_view name) : demultiplexer(value_of(strata::os::open_demultiplexer(name))) {}

  strata::os::Demultiplexer& operator*() const { return *demultiplexer; }
  strata::os::Demultiplexer* operator->() const { return demultiplexer.get(); }
  strata::os::Handle handle() const { return pair.first.get(); }
  bool is(std::string_view name) const { return demultiplexer->name() == name; }
  void add(strata::os::Interest interest, std::uint64_t token) { expect_done((*this)->add(handle(), interest, token)); }
  void modify(strata::os::Interest interest, std::uint64_t token) {
    expect_done((*this)->modify(handle(), interest, token));
  }
  void peer_sends(std::string_view text = "x") { send_text(pair.second.get(), text); }

  std::vector<strata::os::Ready> wait(std::size_t most = 64, strata::Duration timeout = {}) {
    std::vector<strata::os::Ready> ready(most);
    ready.resize(value_of((*this)->wait(ready, timeout)));
    return ready;
  }

  /// select(2) cannot tell an end or an error from data: what it lacks is not expected of it.
  void expect_ready(std::uint64_t token, std::uint8_t set) {
    if (is("select")) set &= strata::os::Ready::input | strata::os::Ready::output;
    if (set == 0) return expect_nothing();
    const auto ready = wait();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ready.size());
    CPPUNIT_ASSERT_EQUAL(token, ready[0].token);
    CPPUNIT_ASSERT_EQUAL(int{set}, int{ready[0].set});
  }
  void expect_nothing() { CPPUNIT_ASSERT_EQUAL(std::size_t{0}, wait().size()); }
};

template <class Test>
void on_each_mechanism(Test test) {
  for (const std::string_view name : mechanisms()) {
    try {
      Demultiplexer_Rig rig{name};
      test(rig);
    } catch (CppUnit::Exception& failure) {
      failure.setMessage(CppUnit::Message{"on " + std::string{name}, failure.message().details()});
      throw;
    }
  }
}

/// Connected pairs, each token its index; the first of each is what is watched.
struct Crowd {
  std::vector<strata::os::Handle_Pair> pairs;

  explicit Crowd(std::size_t count) {
    while (pairs.size() < count) pairs.push_back(value_of(strata::os::socket_pair()));
  }
  strata::os::Handle handle(std::size_t index) const { return pairs[index].first.get(); }
  void all_peers_send() const {
    for (const auto& pair : pairs) send_text(pair.second.get(), "x");
  }
};

inline std::vector<std::uint64_t> sorted_tokens(const std::vector<strata::os::Ready>& ready) {
  std::vector<std::uint64_t> tokens;
  for (const auto& one : ready) tokens.push_back(one.token);
  std::ranges::sort(tokens);
  return tokens;
}

}  // namespace strata_test
