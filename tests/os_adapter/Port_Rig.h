// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <strata/os/Completion_Port.h>

#include "Demultiplexer_Rig.h"

namespace strata_test {

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

inline constexpr std::int32_t canceled = -static_cast<std::int32_t>(std::errc::operation_canceled);

inline strata::Bytes bytes_of(std::string& text) { return std::as_writable_bytes(std::span{text}); }

}  // namespace strata_test
