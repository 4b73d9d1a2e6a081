// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <system_error>

#include <strata/os/Operations.h>

namespace strata_test {

/// What an injected entry of the seam does and has seen. One state an entry, for entries are plain functions.
template <auto Entry, class Function>
struct Injected;

template <auto Entry, class... Parameters>
struct Injected<Entry, strata::os::Raw (*)(Parameters...)> {
  static inline int failures_left = 0;
  static inline int calls = 0;
  static inline strata::os::Raw error = 0;

  static strata::os::Raw call(Parameters... parameters) {
    ++calls;
    if (failures_left == 0) return (strata::os::native_operations().*Entry)(parameters...);
    --failures_left;
    return error;
  }
};

template <class Function>
Function type_of_entry(Function strata::os::Operations::*);

/// The native table with faults, in force while it lives. `faults.fail<&os::Operations::send>(std::errc::timed_out, 3)`
class Fault_Table {
 public:
  template <auto Entry>
  using State = Injected<Entry, decltype(type_of_entry(Entry))>;

  /// The next `times` calls return `error`; later ones reach the system.
  template <auto Entry>
  void fail(std::errc error, int times) {
    State<Entry>::error = -static_cast<strata::os::Raw>(error);
    State<Entry>::failures_left = times;
    State<Entry>::calls = 0;
    table_.*Entry = State<Entry>::call;
  }

  template <auto Entry>
  int calls() const {
    return State<Entry>::calls;
  }

  strata::os::Operations& table() { return table_; }  ///< to replace an entry by a function of one's own

 private:
  strata::os::Operations table_ = strata::os::native_operations();
  strata::os::Operations_Scope scope_{table_};
};

}  // namespace strata_test
