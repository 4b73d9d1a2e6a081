// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>

#include <strata/os/Export.h>
#include <strata/os/Result.h>
#include <strata/wrappers/Pipe.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// Bytes that pass through this process without being copied into it: a pipe, into which one connection is read and
/// from which another is written (splice(2)). The Message_Block of who only passes on. Move-only; owns two descriptors.
/// @threads any; one object from one thread at a time
class Pipe_Block {
 public:
  Pipe_Block() noexcept = default;  ///< none
  Pipe_Block(Pipe_Block&& other) noexcept : pipe_(std::move(other.pipe_)), size_(std::exchange(other.size_, 0)) {}
  Pipe_Block& operator=(Pipe_Block&& other) noexcept {
    pipe_ = std::move(other.pipe_);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }
  static Result<Pipe_Block> make() {
    Result<Pipe> made = Pipe::open();
    return made ? Result<Pipe_Block>{Pipe_Block{std::move(*made)}} : fail(made.error());
  }

  std::size_t size() const noexcept { return size_; }  ///< bytes in it
  bool empty() const noexcept { return size_ == 0; }
  const Pipe& pipe() const noexcept { return pipe_; }

 private:
  friend struct Asynch_Operation;
  explicit Pipe_Block(Pipe made) noexcept : pipe_(std::move(made)) {}
  Pipe pipe_;
  std::size_t size_ = 0;
};

}  // namespace v1
}  // namespace strata
