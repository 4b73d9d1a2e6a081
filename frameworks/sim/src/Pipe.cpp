// SPDX-License-Identifier: Apache-2.0
#include "Pipe.h"

#include <strata/os/Demultiplexer.h>

namespace strata::inline v1::sim {

using os::Raw;
using os::Ready;

std::uint8_t Pipe_Reader::readiness() const {
  const int input = pipe_->bytes.empty() ? 0 : Ready::input;
  return static_cast<std::uint8_t>(input | (pipe_->has_writer ? 0 : Ready::hangup));
}

Raw Pipe_Reader::read(Bytes out) {
  if (out.empty()) return 0;
  const Const_Bytes have = pipe_->bytes.front(out.size());
  if (have.empty()) return pipe_->has_writer ? error(std::errc::operation_would_block) : 0;
  std::ranges::copy(have, out.begin());
  const std::size_t count = have.size();
  pipe_->bytes.pop(count);
  return static_cast<Raw>(count);
}

std::uint8_t Pipe_Writer::readiness() const {
  const int output = pipe_->room() < Pipe::atomic ? 0 : Ready::output;
  return static_cast<std::uint8_t>(output | (pipe_->has_reader ? 0 : Ready::error));
}

Raw Pipe_Writer::write(Const_Bytes in) {
  if (in.empty()) return 0;
  if (!pipe_->has_reader) return error(std::errc::broken_pipe);
  const std::size_t count = std::min(in.size(), pipe_->room());
  if (count == 0 || (in.size() <= Pipe::atomic && count < in.size())) return error(std::errc::operation_would_block);
  pipe_->bytes.push(in.first(count));
  return static_cast<Raw>(count);
}

}  // namespace strata::inline v1::sim
