// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <functional>
#include <optional>
#include <system_error>
#include <vector>

#include <strata/os/Operations.h>
#include <strata/os/Socket.h>

namespace strata_test {

namespace os = strata::os;

/// An errno as the seam's entries return it.
constexpr os::Raw raw(std::errc e) { return -static_cast<os::Raw>(e); }

/// Lies over the table in force, counts what the code under test asks of it, and answers as the test says. What a Peer
/// does passes untouched, and a call that is interrupted is not counted: it is made again. One at a time.
class Seam {
 public:
  /// Instead of the call; nothing: the call takes place.
  using Answer = std::function<std::optional<os::Raw>()>;

  Seam() : table_(bent()), scope_(table_) {
    assert(current == nullptr);
    current = this;
  }
  ~Seam() {
    current = nullptr;
    below = nullptr;
  }
  Seam(const Seam&) = delete;
  Seam& operator=(const Seam&) = delete;

  Answer on_accept;
  std::function<std::optional<os::Raw>(const os::Socket_Address&)> on_connect;
  /// Given the size, how many bytes the kernel takes; negative: an error.
  std::function<os::Raw(std::size_t)> on_send;
  std::size_t sends = 0, receives = 0, accepts = 0;
  std::vector<std::size_t> sent;  ///< bytes taken by each send that took any

  /// While one lives, calls of its thread are a peer's.
  struct Quiet {
    Quiet() { ++quiet; }
    ~Quiet() { --quiet; }
  };

 private:
  static inline Seam* current = nullptr;
  static inline const os::Operations* below = nullptr;
  static inline thread_local int quiet = 0;

  static os::Raw counted(std::size_t& calls, os::Raw result) {
    if (result != raw(std::errc::interrupted)) ++calls;
    return result;
  }
  static bool watching() { return quiet == 0 && current != nullptr; }
  static std::size_t total(const strata::Const_Bytes* parts, std::size_t count) {
    std::size_t size = 0;
    for (std::size_t i = 0; i < count; ++i) size += parts[i].size();
    return size;
  }
  static os::Raw gathered(os::Handle h, const strata::Const_Bytes* parts, std::size_t count) {
    if (!watching()) return below->send_gathered(h, parts, count);
    const std::size_t size = total(parts, count);
    const os::Raw allowed = current->on_send ? current->on_send(size) : static_cast<os::Raw>(size);
    if (allowed < 0) return counted(current->sends, allowed);
    std::array<strata::Const_Bytes, os::max_gather> cut;
    std::size_t left = static_cast<std::size_t>(allowed), used = 0;
    while (used < count && left != 0) {
      cut[used] = parts[used].first(std::min(left, parts[used].size()));
      left -= cut[used++].size();
    }
    if (used == 0) return counted(current->sends, raw(std::errc::operation_would_block));
    const os::Raw taken = counted(current->sends, below->send_gathered(h, cut.data(), used));
    if (taken > 0) current->sent.push_back(static_cast<std::size_t>(taken));
    return taken;
  }
  static os::Raw send(os::Handle h, const std::byte* data, std::size_t size) {
    const strata::Const_Bytes part{data, size};
    return gathered(h, &part, 1);
  }
  static os::Raw receive(os::Handle h, std::byte* data, std::size_t size) {
    const os::Raw got = below->receive(h, data, size);
    return watching() ? counted(current->receives, got) : got;
  }
  static os::Raw accept(os::Handle h, os::Socket_Address* peer) {
    if (!watching()) return below->accept(h, peer);
    const auto answer = current->on_accept ? current->on_accept() : std::nullopt;
    return counted(current->accepts, answer ? *answer : below->accept(h, peer));
  }
  static os::Raw connect(os::Handle h, const os::Socket_Address& to) {
    if (!watching()) return below->connect(h, to);
    const auto answer = current->on_connect ? current->on_connect(to) : std::nullopt;
    return answer ? *answer : below->connect(h, to);
  }
  static os::Operations bent() {
    below = &os::operations();
    os::Operations table = *below;
    table.send = send;
    table.send_gathered = gathered;
    table.receive = receive;
    table.accept = accept;
    table.connect = connect;
    return table;
  }

  os::Operations table_;
  os::Operations_Scope scope_;
};

}  // namespace strata_test
