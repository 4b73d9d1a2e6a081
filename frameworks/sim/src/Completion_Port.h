// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <span>
#include <vector>

#include <strata/os/Completion_Port.h>
#include <strata/os/Operations.h>

#include "Object.h"

namespace strata::inline v1::sim {

struct World;
class Socket;

/// The operations of a simulated ring. The next wait begins what was submitted; from then on an operation acts as soon
/// as its object lets it, as the call of its name would, faults included. The seed says in which order, and whether
/// that, or to be told of it, comes a wait later; how soon a receive into lent buffers must be made anew; how many of
/// these there are, and how long.
///
/// Invariants: what finds its object ready acts in the order of submission, of those that take from it and of those
/// that give. An operation that was begun keeps its object open. What changes during a wait counts for the next one.
class Simulated_Port final : public os::Completion_Port {
 public:
  explicit Simulated_Port(World& world);
  ~Simulated_Port();
  Simulated_Port(const Simulated_Port&) = delete;
  Simulated_Port& operator=(const Simulated_Port&) = delete;

  void submit(os::Submission& operation) noexcept override;
  void cancel(os::Submission& operation) noexcept override;
  void cancel_all() noexcept override;
  std::size_t abandon(std::span<os::Ready> out) noexcept override;
  std::size_t outstanding() const noexcept override { return outstanding_; }
  bool accepts_many() const noexcept override { return !shared_; }
  std::size_t take(os::Submission& operation, std::span<os::Ready> out) noexcept override;
  Result<> lend_buffers() override;
  Bytes lent(const os::Ready& completion) const noexcept override;
  bool give_back(std::uint16_t buffer) noexcept override;
  std::size_t lent_size() const noexcept override { return buffers_ ? buffer_count_ * buffer_size_ : 0; }
  void register_memory(Bytes) noexcept override {}
  void unregister_memory(Bytes) noexcept override {}

  // --- For the demultiplexer ---
  void share() noexcept { shared_ = true; }
  /// Whether the thread that runs may wait: operations that were begun stay with the one that did, unless all share.
  bool may_wait() const noexcept;
  void begin_wait();
  void end_wait() noexcept { waited_in_ = false; }
  void next_look() noexcept { ++looks_; }  ///< what was put off may go on
  bool any_ready() const;
  std::size_t collect(std::span<os::Ready> out);

 private:
  enum class Stage : std::uint8_t { submitted, begun, starved, resting };
  enum class Lane : std::uint8_t { none, in, out };
  struct Entry {
    os::Submission* operation;
    Stage stage = Stage::submitted;
    bool canceled = false;    ///< its user wants it to end
    bool fresh = true;        ///< begun, and not tried yet
    bool was_put_off = false;
    std::uint64_t put_off = 0;          ///< the look that has put it off
    std::uint64_t starved_since = 0;    ///< for their order
    std::shared_ptr<Object> object{};   ///< of one begun
  };
  struct Outcome {
    os::Submission* operation;
    os::Request request;
    os::Handle handle;
    os::Ready ready;
    bool was_put_off = false;
    bool ends_rest = false;  ///< when it is told, the operation is submitted anew
    std::uint64_t put_off = 0;
  };
  using Entries = std::list<Entry>;

  void may_use(std::string_view call, const os::Submission* operation);
  void take_returned();
  std::size_t fed() const;
  void feed_starved();
  void begin(Entries::iterator entry);
  void end_canceled(Entries::iterator entry);
  bool can_act(const Entry& entry) const;
  bool is_first_of_lane(Entries::iterator entry);
  static bool same_lane(const Entry& one, const Entry& other) noexcept;
  void act_all();
  bool chance_puts_off(Entry& entry);
  void put_off(const Entry& entry);
  void act(Entries::iterator entry);
  os::Raw outcome_of(const Entry& entry) const;
  void accept_all(Entries::iterator entry, Socket& socket);
  void rest(Entry& entry);
  void fill_buffers(Entries::iterator entry, Socket& socket);
  void come_to(Entry& entry, std::uint8_t set, std::uint16_t buffer, os::Raw result);
  void finish(Entries::iterator entry, os::Raw result, std::uint8_t set = 0, std::uint16_t buffer = 0);
  void drop(Outcome& outcome);
  void submit_anew(const os::Submission& operation);
  std::size_t tell(std::span<os::Ready> out);
  os::Ready told(const Outcome& outcome);
  static Lane lane_of(os::Request request) noexcept;
  std::byte* buffer(std::size_t index) const noexcept { return buffers_.get() + buffer_size_ * index; }

  World& world_;
  Entries entries_;               ///< in order of submission
  std::deque<Outcome> outcomes_;  ///< not told yet
  std::vector<Entries::iterator> candidates_;  ///< reused by each look
  std::size_t outstanding_ = 0;
  bool cancel_all_ = false, shared_ = false, waited_ = false, waited_in_ = false;
  std::uint64_t looks_ = 0, starvations_ = 0, thread_ = 0;
  const double delay_, early_;  ///< probabilities: that something is put off, that a receive is to be made anew

  const std::size_t buffer_count_, buffer_size_;
  std::unique_ptr<std::byte[]> buffers_;
  std::deque<std::uint16_t> free_;
  std::vector<std::uint16_t> returned_;  ///< free from the next wait on, or when one is missing
  std::vector<bool> lent_;               ///< by index
};

}  // namespace strata::inline v1::sim
