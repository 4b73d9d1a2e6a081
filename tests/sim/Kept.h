// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

namespace strata_test {

/// Keeps what threads that sleep for ever, after a deadlock in the simulator, may still refer to: never destroyed.
template <class T>
void keep(std::unique_ptr<T> object) {
  static auto& kept = *new std::vector<std::unique_ptr<T>>;
  kept.push_back(std::move(object));
}

}  // namespace strata_test
