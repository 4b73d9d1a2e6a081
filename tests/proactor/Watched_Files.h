// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <optional>

#include <strata/os/File.h>
#include <strata/os/Operations.h>

#include "Proactor_Rig.h"

namespace strata_test {

/// While it lives, threads wait in `send_file` until they are let go; and it tells who rests for a moment, and how
/// often a status was asked for.
class Watched_Files {
 public:
  Watched_Files() {
    held_ = true;
    sending_ = false;
    pauses_ = asked_ = 0;
    before_ = table_;
    table_.send_file = [](os::Handle socket, os::Handle file, std::uint64_t offset, std::size_t size) -> os::Raw {
      sending_ = true;
      held_.wait(true);
      return before_.send_file(socket, file, offset, size);
    };
    table_.file_status = [](os::Handle file, os::File_Status& status) -> os::Raw {
      ++asked_;
      return before_.file_status(file, status);
    };
    table_.park = [](const std::atomic<std::uint32_t>& word, std::uint32_t expected, strata::Duration time) -> os::Raw {
      pauses_ += time == 1ms ? 1 : 0;
      return before_.park(word, expected, time);
    };
    scope_.emplace(table_);
  }
  ~Watched_Files() { let_go(); }
  void let_go() {
    held_ = false;
    held_.notify_all();
  }
  bool sending() const { return sending_; }
  int pauses() const { return pauses_; }
  int asked() const { return asked_; }

 private:
  static inline std::atomic<bool> held_, sending_;
  static inline std::atomic<int> pauses_, asked_;
  static inline os::Operations before_;
  os::Operations table_ = os::operations();
  std::optional<os::Operations_Scope> scope_;
};

}  // namespace strata_test
