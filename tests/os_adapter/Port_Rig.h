// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <strata/os/Completion_Port.h>
#include <strata/os/Thread.h>

#include "Demultiplexer_Rig.h"

namespace strata_test {

namespace os = strata::os;
using namespace std::chrono_literals;
using strata::os::Ready;
using strata::os::Request;
using strata::os::Submission;

struct Operation : Submission {
  Operation(Request what, strata::os::Handle on, strata::Bytes bytes = {}) : Submission(what) {
    handle = on;
    data = bytes.data();
    size = bytes.size();
  }
};

struct Connect : Operation {
  Connect(strata::os::Handle client, strata::os::Socket_Address& to) : Operation(Request::connect, client) {
    data = reinterpret_cast<std::byte*>(&to);
  }
};

/// What one operation has told.
struct Told {
  int completions = 0;
  int ends = 0;
  std::int32_t result = 0;  ///< the last
  std::string bytes;        ///< that were lent
};

/// A ring and its port, and what it has told of each operation.
struct Port_Rig : Demultiplexer_Rig {
  strata::os::Completion_Port& port;
  std::map<const void*, Told> told;
  bool keeps = false;  ///< lent buffers are not given back
  std::vector<std::uint16_t> kept;

  Port_Rig() : Demultiplexer_Rig("io_uring"), port(*demultiplexer->completion_port()) {}

  /// One wait; how many completions it told of.
  std::size_t take(strata::Duration timeout = {}) {
    std::size_t completions = 0;
    for (const Ready& one : wait(256, timeout)) completions += take(one) ? 1 : 0;
    return completions;
  }
  bool take(const Ready& one) {
    if (!one.is(Ready::completed)) return false;
    Told& of = told[reinterpret_cast<const void*>(one.token)];
    ++of.completions;
    of.result = one.result;
    if (one.is(Ready::last)) ++of.ends;
    if (one.is(Ready::lent)) {
      of.bytes += strata::as_text(port.lent(one));
      if (keeps) {
        kept.push_back(one.buffer);
      } else {
        port.give_back(one.buffer);
      }
    }
    return true;
  }
  const Told& of(const Submission& operation) { return told[&operation]; }
  /// Waits until it has ended, once.
  std::int32_t result_of(const Submission& operation) {
    while (operation.outstanding()) take(10s);
    CPPUNIT_ASSERT_EQUAL(1, of(operation).ends);
    return of(operation).result;
  }
  std::int32_t run(Submission& operation) {
    told.erase(&operation);
    port.submit(operation);
    return result_of(operation);
  }
  void end_all() {
    port.cancel_all();
    while (port.outstanding() != 0) take(10s);
  }
};

constexpr std::int32_t negated(std::errc e) { return -static_cast<std::int32_t>(e); }
inline constexpr std::int32_t canceled = negated(std::errc::operation_canceled);

inline strata::Bytes bytes_of(std::string& text) { return std::as_writable_bytes(std::span{text}); }

/// Receives into lent buffers, one for each of a crowd.
struct Audience {
  Crowd crowd;
  std::deque<Operation> all;

  Audience(Port_Rig& rig, std::size_t count, Request how = Request::receive_lent) : crowd(count) {
    expect_done(rig.port.lend_buffers());
    for (std::size_t i = 0; i < count; ++i) rig.port.submit(all.emplace_back(how, crowd.handle(i)));
  }
};

/// Takes until a few waits in a row have brought nothing.
inline void take_all(Port_Rig& rig) {
  for (int quiet = 0; quiet < 3; ++quiet) {
    if (rig.take() != 0) quiet = -1;
  }
}

inline void give_back_all(Port_Rig& rig) {
  for (const std::uint16_t buffer : std::exchange(rig.kept, {})) rig.port.give_back(buffer);
}

template <class Body>
void in_another_thread(Body body) {
  value_of(os::spawn("other", body)).join();
}

/// What one wait in another thread says.
inline strata::Result<std::size_t> wait_elsewhere(Port_Rig& rig) {
  strata::Result<std::size_t> waited = 0;
  in_another_thread([&] {
    Ready ready[1];
    waited = rig->wait(ready, 0s);
  });
  return waited;
}

}  // namespace strata_test
