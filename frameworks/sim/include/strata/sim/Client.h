// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <strata/os/Clock.h>
#include <strata/os/Socket_Address.h>
#include <strata/sim/Random.h>
#include <strata/sim/Simulator.h>

namespace strata::inline v1::sim {

/// How a scripted peer leaves, once it has sent `Client_Script::bytes`.
enum class Farewell : std::uint8_t {
  half_close,  ///< sends FIN, reads to the end
  when_echoed, ///< reads as many bytes as it sent, then closes
  close,       ///< closes at once, whatever is unread
  reset,       ///< closes with RST
  vanish,      ///< neither reads, writes nor closes any more
};

/// What a simulated peer does. A value.
struct Client_Script {
  os::Socket_Address to;
  os::Socket_Address from{};      ///< the host that it connects from; none: loopback. Its port is always drawn
  Duration start{};               ///< after the client is made
  std::size_t bytes = 1000;       ///< to send in all
  std::size_t send_most = 1000;   ///< one send takes 1 to so many
  std::size_t read_most = 65536;  ///< one read takes 1 to so many; 0: it never reads
  Duration pause{};               ///< up to so much before each act
  Farewell farewell = Farewell::half_close;

  static Client_Script drawn(Random&, const os::Socket_Address& to);
};

/// A peer outside of the system under test: connects, sends a pattern of its own and checks what comes back against it.
/// Driven by the virtual clock, random by the simulator's seed. Stops acting when destroyed, without a word to the
/// other side. @threads loop
class Client {
 public:
  enum class State : std::uint8_t {
    connecting,
    talking,
    ended,   ///< read the server's FIN
    left,    ///< by its own farewell
    failed,  ///< see error()
  };

  Client(Simulator&, const Client_Script&);
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  State state() const noexcept;
  bool over() const noexcept { return state() >= State::ended; }
  std::size_t sent() const noexcept;
  std::size_t received() const noexcept;
  const Client_Script& script() const noexcept;
  std::errc error() const noexcept;     ///< why a connect or the connection failed
  std::uint16_t port() const noexcept;  ///< its own, once it connects
  /// What no echo may do, in words: a byte that differs, more than was sent. Empty: nothing wrong so far.
  const std::string& complaint() const noexcept;

 private:
  struct Actor;
  std::shared_ptr<Actor> actor_;
};

}  // namespace strata::inline v1::sim
