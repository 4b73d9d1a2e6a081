// SPDX-License-Identifier: Apache-2.0
#include <strata_test/Mechanisms.h>

#include <algorithm>
#include <vector>

#include <linux/io_uring.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <strata/os/Demultiplexer.h>

namespace strata_test {
namespace {

bool ask_for_a_ring() {
  io_uring_params parameters{};
  parameters.flags = IORING_SETUP_SUBMIT_ALL;  // Linux 5.18
  const long ring = ::syscall(SYS_io_uring_setup, 1, &parameters);
  if (ring < 0) return false;
  const bool entered = ::syscall(SYS_io_uring_enter, ring, 0, 0, 0, nullptr, 0) == 0;
  ::close(static_cast<int>(ring));
  return entered && (parameters.features & IORING_FEAT_CQE_SKIP) != 0;
}

std::vector<std::string_view> usable_names() {
  const auto names = strata::os::demultiplexer_names().subspan(1);
  std::vector<std::string_view> usable{names.begin(), names.end()};
  if (!io_uring_allowed()) std::erase(usable, "io_uring");
  usable.push_back("sim");
  return usable;
}

}  // namespace

bool io_uring_allowed() {
  static const bool allowed = ask_for_a_ring();
  return allowed;
}

std::span<const std::string_view> backends() {
  static const std::vector<std::string_view> names = usable_names();
  return names;
}

std::span<const std::string_view> engines() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> all{backends().begin(), backends().end()};
    if (io_uring_allowed()) all.insert(all.end(), {"completions", "old-ring"});
    all.push_back("sim-ring");
    return all;
  }();
  return names;
}

std::span<const std::string_view> mechanisms() { return backends().first(backends().size() - 1); }

}  // namespace strata_test
