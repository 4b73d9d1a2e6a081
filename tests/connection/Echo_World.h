// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <strata/connection/Service.h>
#include <strata/connection/Svc_Handler.h>
#include <strata/sim/Random.h>

#include "Model_Rig.h"
#include "Peer.h"

namespace strata_test {

/// Random connections of an echo service in any model, with real threads. Peers write, read, send their FIN, reset and
/// post; handlers echo, and close, suspend, offload, set timers, throw and post by chance. What must hold whatever the
/// order is looked at in every hook and by every peer; the first breach is kept.
class Echo_World {
 public:
  Echo_World(const Service_Model& model, std::string_view engine, std::uint64_t seed);
  ~Echo_World();

  /// About so many operations; then all ends.
  void run(std::uint64_t operations);
  std::string complaint();

 private:
  class Handler;
  class Echo_Service;
  class Inside;
  using Random = strata::sim::Random;
  static constexpr std::size_t outsiders = 2, itself = outsiders, producers = outsiders + 1;

  /// One connection, from its handler's constructor on. Kept to the end.
  struct Life {
    explicit Life(std::uint64_t seed) : random(seed) {}
    std::atomic<bool> inside{false};
    // Its hooks' alone, and plain: hooks that are not ordered would be races for TSan.
    Random random;
    std::uint64_t heard = 0;                      ///< bytes that it has taken
    std::array<std::uint64_t, producers> next{};  ///< post that is to come, of each producer
    std::uint64_t sent_to_itself = 0, offloaded = 0, came_home = 0;
    std::uint16_t port = 0;    ///< its peer's
    bool spoilt = false;       ///< by chance, or a drain: its peer may miss some
    bool closing = false;      ///< by close or abort: no hook but handle_close
    bool flushing = false;     ///< by close_when_flushed: no data, no end
    bool opened = false, ended = false, closed = false;
  };
  struct Target {
    strata::Handler_Ref ref;
    Life* life = nullptr;
  };
  struct Client : Peer {
    explicit Client(const os::Socket_Address& to) : Peer(connect(to)) {
      port = os::local_address(handle()).value_or(os::Socket_Address{}).port();
    }
    void send_fin() {
      finished = true;
      (void)os::shutdown(handle(), os::Shutdown::send);  // it may be gone
    }
    std::uint64_t sent = 0, heard = 0;
    std::uint16_t port = 0;
    bool finished = false;  ///< has sent its FIN
  };
  /// What a peer has lived through.
  struct Record {
    std::uint64_t sent, heard;
    std::uint16_t port;
  };

  void complain(std::string_view what);
  void check(bool as_promised, std::string_view breach) {
    if (!as_promised) complain(breach);
  }
  bool take_turn() { return operations_.fetch_add(1, std::memory_order_relaxed) < limit_; }
  Life& born();
  void enrol(const Target&);
  void strike(const Life&);
  Target target(Random&);

  // Peers.
  void outside(std::size_t producer);
  void act(Client&, Random&);
  void hear(Client&, std::size_t most);
  void write(Client&, Random&);
  void post_to(const Target&, std::size_t producer, std::uint64_t& sent);
  void await_end(Client&);
  void compare();

  std::uint64_t seed_;
  Model_Rig rig_;
  std::unique_ptr<Echo_Service> service_;
  strata::os::Socket_Address address_;
  std::mutex book_;  ///< of what follows
  std::string complaint_;
  std::deque<Life> lives_;
  std::vector<Target> open_;
  std::vector<Record> whole_;  ///< of peers that finished and heard the end
  std::uint64_t limit_ = 0;
  std::atomic<std::uint64_t> operations_{0}, made_{0}, freed_{0}, opened_{0}, closed_{0};
};

}  // namespace strata_test
