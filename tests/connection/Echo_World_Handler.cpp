// SPDX-License-Identifier: Apache-2.0
#include "Echo_World_Handler.h"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>

namespace strata_test {

using namespace std::chrono_literals;
using strata::Result;

Echo_World::Handler::Handler(strata::Service& service)
    : world_(static_cast<Echo_Service&>(service).world), life_(world_.born()) {}

Result<> Echo_World::Handler::open() {
  const Inside inside{world_, life_};
  world_.check(!std::exchange(life_.opened, true), "a second open()");
  world_.check(home().at_home(ref()), "an open() that is not at home");
  ++world_.opened_;
  life_.port = peer().port();
  world_.enrol({ref(), &life_});
  if (life_.random.below(32) != 0) return {};
  life_.spoilt = life_.closing = true;
  if (life_.random.below(2) == 0) throw std::runtime_error{"as planned"};
  return strata::fail(strata::errc::shed);
}

Result<> Echo_World::Handler::handle_data(Bytes bytes) {
  const Inside inside{world_, life_};
  world_.check(life_.opened, "bytes before open()");
  world_.check(!life_.flushing && !life_.ended, "bytes after an end");
  world_.check(life_.offloaded == life_.came_home, "bytes while work is given away");
  world_.check(home().at_home(ref()), "a hook that is not at home");
  if (life_.random.below(8) == 0) return offload_echo(bytes);
  if (const Result<> done = echo(bytes); !done) return done;
  return behave();
}

/// What may be taken; the rest stays unread.
Result<> Echo_World::Handler::echo(Bytes bytes) {
  if (life_.random.below(16) == 0) rest_a_while();
  while (!bytes.empty() && (takes_data() || life_.random.below(4) == 0)) {
    const Bytes next = bytes.first(std::min<std::size_t>(bytes.size(), 1 + life_.random.below(12'000)));
    for (const std::byte byte : next) {
      world_.check(byte == echo_byte(life_.heard++), "bytes in another order than sent");
    }
    if (const Result<> done = put(next); !done) return life_.spoilt = life_.closing = true, done;
    bytes = bytes.subspan(next.size());
  }
  return bytes.empty() ? Result<>{} : keep_unread(bytes);
}

Result<> Echo_World::Handler::keep_unread(Bytes rest) {
  const Result<> kept = unread(rest);
  if (!kept) life_.spoilt = life_.closing = true;
  return kept;
}

Result<> Echo_World::Handler::offload_echo(Bytes bytes) {
  const Bytes some = bytes.first(1 + life_.random.below(bytes.size()));
  for (const std::byte byte : some) {
    world_.check(byte == echo_byte(life_.heard++), "bytes in another order than sent");
  }
  const Result<> given = offload([text = std::string{strata::as_text(some)}] { return text; },
                                 [this, number = life_.offloaded](const std::string& text) -> Result<> {
    const Inside inside{world_, life_};
    world_.check(life_.came_home++ == number, "work that came home in another order than given away");
    world_.check(home().at_home(ref()), "a then that is not at home");
    if (const Result<> done = put(text); !done) return life_.spoilt = life_.closing = true, done;
    return behave();
  });
  if (given) {
    ++life_.offloaded;
  } else if (const Result<> done = put(some); !done) {
    return life_.spoilt = life_.closing = true, done;
  }
  const Bytes rest = bytes.subspan(some.size());
  return rest.empty() ? Result<>{} : keep_unread(rest);
}

Result<> Echo_World::Handler::handle_end() {
  const Inside inside{world_, life_};
  world_.check(!life_.flushing && !std::exchange(life_.ended, true), "an end after an end");
  world_.check(life_.offloaded == life_.came_home, "an end while work is given away");
  if (const Result<> done = behave(); !done) return done;
  return Svc_Handler::handle_end();
}

Result<> Echo_World::Handler::handle_writable() {
  const Inside inside{world_, life_};
  return behave();
}

void Echo_World::Handler::handle_drain() {
  const Inside inside{world_, life_};
  life_.spoilt = true;
  Svc_Handler::handle_drain();
}

void Echo_World::Handler::handle_close(std::error_code reason) noexcept {
  const Inside inside{world_, life_, true};
  if (reason == strata::errc::stopping) life_.spoilt = true;
  life_.closed = true;
  timer_.cancel();
  resume_.cancel();
  world_.strike(life_);
  if (life_.opened) ++world_.closed_;
}

// --- By chance ---

Result<> Echo_World::Handler::behave() {
  if (!world_.take_turn() || life_.closing) return {};
  switch (life_.random.below(12)) {
    case 0:
      rest_a_while();
      return {};
    case 1:
    case 2:
      touch_timer();
      return {};
    case 3:
    case 4:
      post_to_itself();
      return {};
    case 5:
    case 6:
      post_to_another();
      return {};
    case 7:
      return life_.random.below(4) == 0 ? end_by_chance() : Result<>{};
    default:
      return {};
  }
}

Result<> Echo_World::Handler::end_by_chance() {
  life_.spoilt = true;
  switch (life_.random.below(6)) {
    case 0:
      close(strata::errc::shed);
      life_.closing = true;
      return {};
    case 1:
      abort(strata::errc::shed);
      life_.closing = true;
      return {};
    case 2:
      close_when_flushed(strata::errc::canceled);
      life_.flushing = true;
      return {};
    case 3:
      (void)shutdown_send();
      return {};
    case 4:
      life_.closing = true;
      throw std::runtime_error{"as planned"};
    default:
      life_.closing = true;
      return strata::fail(strata::errc::write_timeout);
  }
}

void Echo_World::Handler::rest_a_while() {
  suspend();
  resume_ = schedule(1ms, [this] {
    const Inside inside{world_, life_};
    resume();
  });
  if (!resume_.active()) resume();
}

void Echo_World::Handler::touch_timer() {
  if (!timer_.active()) {
    timer_ = schedule(std::chrono::microseconds{life_.random.below(2'000)}, [this] {
      const Inside inside{world_, life_};
      if (const Result<> done = behave(); !done) close(done.error());
    }, life_.random.below(2) == 0 ? 1ms : 0ms);
  } else if (life_.random.below(2) == 0) {
    (void)timer_.reset(1ms);
  } else {
    timer_.cancel();
  }
}

void Echo_World::Handler::post_to_itself() {
  for (int i = 0; i < 2; ++i) world_.post_to({ref(), &life_}, itself, life_.sent_to_itself);
}

/// In this reactor or another, at that one's home.
void Echo_World::Handler::post_to_another() {
  const Target other = world_.target(life_.random);
  if (other.life == nullptr || other.life == &life_) return;
  const Result<> done = other.ref.reactor()->post(other.ref, [&world = world_, other] {
    const Inside inside{world, *other.life};
    auto* handler = static_cast<Handler*>(other.ref.reactor()->find(other.ref));
    // In a pool the end of the service may close it from another thread meanwhile; its handle_close comes after this.
    world.check(handler != nullptr || other.ref.reactor()->pooled(), "a post to a handler that has gone");
    if (handler == nullptr) return;
    if (const Result<> acted = handler->behave(); !acted) handler->close(acted.error());
  });
  if (done || done.error() == std::errc::no_buffer_space || done.error() == std::errc::identifier_removed) return;
  world_.complain("a post to another was refused");
}

}  // namespace strata_test
