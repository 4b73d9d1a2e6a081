// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>

#include "Byte_Queue.h"
#include "Object.h"

namespace strata::inline v1::sim {

/// What both ends of a pipe share. Source: pipe(7).
struct Pipe {
  static constexpr std::size_t capacity = 64 * 1024;
  static constexpr std::size_t atomic = 4096;  // PIPE_BUF: so many bytes are taken whole or not at all

  std::size_t room() const noexcept { return capacity - std::min(bytes.size(), capacity); }

  Byte_Queue bytes;
  bool has_reader = true;
  bool has_writer = true;
};

class Pipe_Reader final : public Object {
 public:
  explicit Pipe_Reader(std::shared_ptr<Pipe> pipe) noexcept : pipe_{std::move(pipe)} {}
  ~Pipe_Reader() override { pipe_->has_reader = false; }
  std::uint8_t readiness() const override;
  os::Raw read(Bytes) override;
  os::Raw write(Const_Bytes) override { return error(std::errc::bad_file_descriptor); }
  Pipe& pipe() const noexcept { return *pipe_; }

 private:
  std::shared_ptr<Pipe> pipe_;
};

class Pipe_Writer final : public Object {
 public:
  explicit Pipe_Writer(std::shared_ptr<Pipe> pipe) noexcept : pipe_{std::move(pipe)} {}
  ~Pipe_Writer() override { pipe_->has_writer = false; }
  std::uint8_t readiness() const override;
  os::Raw read(Bytes) override { return error(std::errc::bad_file_descriptor); }
  os::Raw write(Const_Bytes) override;
  Pipe& pipe() const noexcept { return *pipe_; }

 private:
  std::shared_ptr<Pipe> pipe_;
};

}  // namespace strata::inline v1::sim
