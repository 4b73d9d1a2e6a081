// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/epoll.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>

#include <strata/os/Operations.h>
#include <strata/reactor/Event_Handler.h>

namespace strata_test {

/// An epoll whose descriptors need not exist: from `first` upwards a number is what the test says it is. Answers EEXIST
/// and ENOENT as epoll does, and `wait` returns what `ready` chooses. One at a time.
class Scripted_Epoll {
 public:
  static constexpr std::int32_t first = 1'000'000;
  using Interests = std::map<std::int32_t, epoll_event>;  ///< by number

  Scripted_Epoll() : scope_(table_) { current = this; }
  ~Scripted_Epoll() { current = nullptr; }
  Scripted_Epoll(const Scripted_Epoll&) = delete;
  Scripted_Epoll& operator=(const Scripted_Epoll&) = delete;

  Interests interests;
  std::uint64_t deletions = 0;
  /// Fills the events of one wait, at most `capacity`, and returns how many.
  std::function<std::size_t(epoll_event* events, std::size_t capacity)> ready;

 private:
  using Raw = strata::os::Raw;
  using Handle = strata::os::Handle;
  static constexpr Raw error(std::errc e) { return -static_cast<Raw>(e); }

  static Raw control(Handle epoll, int operation, Handle handle, epoll_event* event) {
    if (handle.value() < first) return strata::os::native_operations().epoll_control(epoll, operation, handle, event);
    Interests& interests = current->interests;
    const auto found = interests.find(handle.value());
    if (operation == EPOLL_CTL_ADD) {
      return interests.try_emplace(handle.value(), *event).second ? 0 : error(std::errc::file_exists);
    }
    if (found == interests.end()) return error(std::errc::no_such_file_or_directory);
    if (operation == EPOLL_CTL_MOD) return found->second = *event, 0;
    ++current->deletions;
    interests.erase(found);
    return 0;
  }
  static Raw wait(Handle, epoll_event* events, int capacity, strata::Duration) {
    return current->ready ? static_cast<Raw>(current->ready(events, static_cast<std::size_t>(capacity))) : 0;
  }
  static strata::os::Operations scripted() {
    strata::os::Operations table = strata::os::native_operations();
    table.epoll_control = control;
    table.epoll_wait = wait;
    return table;
  }

  static inline Scripted_Epoll* current = nullptr;
  strata::os::Operations table_ = scripted();
  strata::os::Operations_Scope scope_;
};

/// A handler of a number that only a Scripted_Epoll knows.
class Numbered : public strata::Event_Handler {
 public:
  explicit Numbered(std::int32_t number) : handle_(number) { ++alive; }
  ~Numbered() override { --alive; }
  strata::os::Handle handle() const noexcept override { return handle_; }

  static inline std::int64_t alive = 0;

 private:
  strata::os::Handle handle_;
};

}  // namespace strata_test
