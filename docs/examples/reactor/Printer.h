// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include <strata/os/Socket.h>
#include <strata/reactor/Event_Handler.h>

/// Prints what its peer sends, and what becomes of itself.
class Printer final : public strata::Event_Handler {
 public:
  Printer(std::string name, strata::os::Unique_Handle handle) : name_(std::move(name)), handle_(std::move(handle)) {}
  ~Printer() override { print("freed"); }

  strata::os::Handle handle() const noexcept override { return handle_.get(); }

  strata::Result<> handle_input() override {
    std::array<std::byte, 64> buffer;
    const strata::Result<std::size_t> size = strata::os::receive(handle(), buffer);
    if (!size) return strata::fail(size.error());
    if (*size == 0) return strata::fail(strata::errc::end_of_stream);
    print(std::string{strata::as_text(strata::Const_Bytes{buffer}.first(*size))});
    return {};
  }

  void handle_close(std::error_code reason) noexcept override { print("handle_close, " + reason.message()); }

 private:
  void print(const std::string& text) const { std::printf("%s: %s\n", name_.c_str(), text.c_str()); }

  std::string name_;
  strata::os::Unique_Handle handle_;
};
