// SPDX-License-Identifier: Apache-2.0
#include "Echo_World.h"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "Echo_World_Handler.h"

namespace strata_test {

using namespace std::chrono_literals;
using strata::Result;

std::byte echo_byte(std::uint64_t place) { return static_cast<std::byte>(place * 7 + place / 251); }

Echo_World::Inside::Inside(Echo_World& world, Life& life, bool last) : life_(life) {
  world.check(!life.inside.exchange(true, std::memory_order_relaxed), "two upcalls of one connection at once");
  world.check(!life.closed, last ? "a second handle_close" : "an upcall after handle_close");
  world.check(last || !life.closing, "an upcall after its own hook has closed it");
}
Echo_World::Inside::~Inside() { life_.inside.store(false, std::memory_order_relaxed); }

Echo_World::Echo_World(const Service_Model& model, std::string_view engine, std::uint64_t seed)
    : seed_(seed), rig_(model, engine) {
  strata::Stream_Options stream;
  stream.high_water = 32 * 1024;
  stream.low_water = 8 * 1024;
  service_ = std::make_unique<Echo_Service>(*this, *rig_.main, stream, rig_.serving());
  if (seed % 2 == 0) service_->set_workers(rig_.add_workers());
  address_ = rig_.listen<Handler>(*service_);
}
Echo_World::~Echo_World() = default;

void Echo_World::complain(std::string_view what) {
  const std::lock_guard held{book_};
  if (complaint_.empty()) complaint_ = what;
}

std::string Echo_World::complaint() {
  const std::lock_guard held{book_};
  return complaint_;
}

Echo_World::Life& Echo_World::born() {
  ++made_;
  const std::lock_guard held{book_};
  return lives_.emplace_back(seed_ * 1'000'003 + lives_.size());
}

void Echo_World::enrol(const Target& one) {
  const std::lock_guard held{book_};
  open_.push_back(one);
}

void Echo_World::strike(const Life& life) {
  const std::lock_guard held{book_};
  std::erase_if(open_, [&](const Target& one) { return one.life == &life; });
}

Echo_World::Target Echo_World::target(Random& random) {
  const std::lock_guard held{book_};
  return open_.empty() ? Target{} : open_[random.below(open_.size())];
}

// --- A run ---

void Echo_World::run(std::uint64_t operations) {
  limit_ = operations;
  rig_.start();
  {
    std::vector<os::Thread> threads;
    for (std::size_t i = 0; i < outsiders; ++i) {
      threads.push_back(std::move(*os::spawn("outside", [this, i] { outside(i); })));
    }
  }
  check(rig_.end(*service_), "connections were left at the end");
  check(opened_ == closed_, "not one handle_close for each connection");
  check(made_ == freed_, "a handler was not freed");
  check(service_->budget().used() == 0, "bytes of closed connections are charged");
  check(service_->metrics().accepted.value() == service_->metrics().closed.value(), "not all that opened have closed");
  compare();
}

/// Who sent its FIN and was told of an end has all of its echo, but where its handler went by chance.
void Echo_World::compare() {
  for (const Record& record : whole_) {
    if (record.sent == record.heard) continue;
    const auto of = [&](const Life& life) { return life.port == record.port; };
    if (std::ranges::count_if(lives_, of) != 1) continue;  // a port that came again, or one that was never opened
    check(std::ranges::find_if(lives_, of)->spoilt, "a peer lost a part of its echo");
  }
}

// --- Peers ---

void Echo_World::outside(std::size_t producer) {
  Random random{seed_ * 31 + producer};
  std::unordered_map<Life*, std::uint64_t> sent;
  std::deque<Client> clients;
  while (take_turn()) {
    if (clients.empty() || (clients.size() < 6 && random.below(8) == 0)) {
      clients.emplace_back(address_);
    }
    const std::size_t which = random.below(clients.size());
    if (random.below(4) == 0) {
      const Target to = target(random);
      if (to.life != nullptr) post_to(to, producer, sent[to.life]);
    } else {
      act(clients[which], random);
    }
    if (clients[which].ended || clients[which].error || !clients[which].handle()) {
      clients.erase(clients.begin() + static_cast<std::ptrdiff_t>(which));
    }
    if (random.below(4) == 0) std::this_thread::yield();
  }
  for (Client& client : clients) await_end(client);
}

void Echo_World::act(Client& client, Random& random) {
  switch (random.below(32)) {
    case 0:
      client.send_fin();
      break;
    case 1:
      return client.reset();
    case 2:
      return client.close();
    default:
      break;
  }
  if (random.below(2) == 0) return hear(client, 1 + random.below(20'000));
  write(client, random);
}

void Echo_World::write(Client& client, Random& random) {
  if (client.finished) return;
  std::string text(1 + random.below(random.below(4) == 0 ? 40'000 : 500), '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(echo_byte(client.sent + i));
  client.sent += client.push(text);
}

void Echo_World::hear(Client& client, std::size_t most) {
  client.read(most);
  for (const char c : client.got) {
    check(static_cast<std::byte>(c) == echo_byte(client.heard++), "an echo in another order than its bytes");
  }
  client.got.clear();
  check(client.heard <= client.sent, "more came back than was sent");
  if (!client.ended || !client.finished) return;
  const std::lock_guard held{book_};
  whole_.push_back({client.sent, client.heard, client.port});
}

/// Every connection ends when its peer has sent its FIN and reads.
void Echo_World::await_end(Client& client) {
  client.send_fin();
  check(comes_true([&] { return hear(client, 65'536), client.ended || client.error; }), "a connection did not end");
}

void Echo_World::post_to(const Target& to, std::size_t producer, std::uint64_t& sent) {
  const Result<> done = to.ref.reactor()->post(to.ref, [this, life = to.life, producer, number = sent] {
    const Inside inside{*this, *life};
    check(life->next[producer]++ == number, "posts in another order than their producer's");
  });
  if (done) ++sent;
  check(done || done.error() == std::errc::no_buffer_space || done.error() == std::errc::identifier_removed,
        "a post was refused");
}

}  // namespace strata_test
