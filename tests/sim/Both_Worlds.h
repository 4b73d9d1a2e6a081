// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include <strata/os/Demultiplexer.h>
#include <strata/os/Socket.h>
#include <strata/sim/Simulator.h>

namespace strata_test {

using strata::os::Handle;
using strata::os::Handle_Pair;
using strata::os::Interest;
using strata::os::Ready;
using strata::os::Unique_Handle;

/// Verbs of a test whose body runs over the real kernel and over the simulator: what both must answer alike.
class Both_Worlds : public CppUnit::TestFixture {
 protected:
  enum class Transport { tcp, unix_path };

  /// A listener and a connected pair; `first` is the one that connected.
  struct Peers {
    Unique_Handle listener, first, second;
  };

  template <class Body>
  void in_both(Body body) {
    world_ = "in the kernel";
    body();
    const strata::sim::Simulator simulator{1};
    world_ = "in the simulator";
    body();
  }

  strata::os::Socket_Address loopback() const {
    constexpr std::uint8_t address[]{127, 0, 0, 1};
    return strata::os::Socket_Address::ipv4(address, 0);
  }

  /// A name in the abstract space, so that no file is left (unix(7)).
  strata::os::Socket_Address unix_name() {
    const std::string name = std::string(1, '\0') + "strata-both-worlds-" + std::to_string(++names_) + "-" +
                             std::to_string(reinterpret_cast<std::uintptr_t>(this));
    return *strata::os::Socket_Address::local(name);
  }

  Unique_Handle socket(Transport transport = Transport::tcp) const {
    const auto family = transport == Transport::tcp ? strata::os::Family::ipv4 : strata::os::Family::local;
    return got(strata::os::open_socket(family, strata::os::Socket_Kind::stream));
  }

  Unique_Handle listening(Transport transport = Transport::tcp, int backlog = 8) {
    Unique_Handle listener = socket(transport);
    expect("bind", strata::os::bind(listener.get(), transport == Transport::tcp ? loopback() : unix_name()));
    expect("listen", strata::os::listen(listener.get(), backlog));
    return listener;
  }

  /// Starts a connect to `listener`; in_progress is as good as done.
  Unique_Handle connecting(Handle listener, Transport transport = Transport::tcp) {
    Unique_Handle client = socket(transport);
    const auto outcome = strata::os::connect(client.get(), got(strata::os::local_address(listener)));
    const bool begun = outcome || outcome.error() == std::errc::operation_in_progress;
    CPPUNIT_ASSERT_MESSAGE(world_, begun);
    return client;
  }

  Peers connected(Transport transport = Transport::tcp) {
    Peers peers;
    peers.listener = listening(transport);
    peers.first = connecting(peers.listener.get(), transport);
    expect_ready(peers.listener.get(), Ready::input);
    peers.second = got(strata::os::accept(peers.listener.get()));
    return peers;
  }

  template <class T>
  T got(strata::Result<T> result) const {
    CPPUNIT_ASSERT_MESSAGE(world_ + ": " + (result ? "" : result.error().message()), result.has_value());
    return std::move(*result);
  }

  template <class T>
  void expect(std::string_view what, const strata::Result<T>& result, std::errc wanted = {}) const {
    const std::error_code code = result ? std::error_code{} : result.error();
    const std::error_code asked = wanted == std::errc{} ? std::error_code{} : std::make_error_code(wanted);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string{what} + ' ' + world_, asked.message(), code.message());
  }

  void say(Handle handle, std::string_view text) const {
    const auto count = got(strata::os::send(handle, strata::as_bytes(text)));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(world_, text.size(), count);
  }

  void expect_say(Handle handle, std::errc wanted) const {
    expect("send", strata::os::send(handle, strata::as_bytes("x")), wanted);
  }

  /// Reads once: `text`, or "" for the end.
  void expect_hear(Handle handle, std::string_view text) const {
    char buffer[256];
    const auto count = got(strata::os::receive(handle, std::as_writable_bytes(std::span{buffer})));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(world_, std::string{text}, std::string(buffer, count));
  }

  void expect_hear(Handle handle, std::errc wanted) const {
    std::byte buffer[8];
    expect("receive", strata::os::receive(handle, buffer), wanted);
  }

  /// What a demultiplexer says of `handle` when asked for everything. The kernel may deliver on loopback a moment later
  /// than the call that caused it returns: other sets are waited out, for two real seconds.
  void expect_ready(Handle handle, unsigned wanted) const {
    const auto demultiplexer = got(strata::os::open_demultiplexer("epoll"));
    expect("add", demultiplexer->add(handle, Interest::both, 7));
    const auto clock = strata::os::native_operations().monotonic_ns;
    const std::int64_t limit = clock() + 2'000'000'000;
    unsigned set = 0;
    do {
      Ready ready[1];
      const bool any = got(demultiplexer->wait(ready, strata::Duration::zero())) != 0;
      set = any ? ready[0].set : 0;
    } while (set != wanted && world_ == "in the kernel" && clock() < limit);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(world_, names(wanted), names(set));
  }

  /// Sends until the other side's buffers are full; how much they took.
  std::size_t fill(Handle handle) const {
    const std::vector<std::byte> block(16'384);
    std::size_t total = 0;
    for (auto count = strata::os::send(handle, block); count; count = strata::os::send(handle, block)) total += *count;
    return total;
  }

  std::size_t drain(Handle handle) const {
    std::vector<std::byte> block(65'536);
    std::size_t total = 0;
    auto count = strata::os::receive(handle, block);
    for (; count && *count != 0; count = strata::os::receive(handle, block)) total += *count;
    return total;
  }

  static std::string names(unsigned set) {
    std::string text;
    const char* const bits[] = {"input ", "output ", "error ", "hangup ", "read_end "};
    for (unsigned bit = 0; bit < 5; ++bit) text += (set >> bit & 1) != 0 ? bits[bit] : "";
    return text;
  }

  std::string world_;

 private:
  int names_ = 0;
};

}  // namespace strata_test
