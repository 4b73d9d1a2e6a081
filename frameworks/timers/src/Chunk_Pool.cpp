// SPDX-License-Identifier: Apache-2.0
#include <strata/timers/Chunk_Pool.h>

#include <algorithm>
#include <new>
#include <utility>

namespace strata {
inline namespace v1 {

Chunk_Pool::~Chunk_Pool() {
  delete[] headers_;
  delete[] dead_;
}

// Headers first: entries without headers would be used.
bool Chunk_Pool::grow() noexcept {
  const std::uint32_t chunks = (entries_.size() + decltype(entries_)::block_size) / capacity;
  return (chunks <= header_count_ || grow_headers(std::max(chunks, 2 * header_count_))) && entries_.grow();
}

bool Chunk_Pool::grow_headers(std::uint32_t chunks) noexcept {
  Header* headers = new (std::nothrow) Header[chunks];
  std::uint8_t* dead = new (std::nothrow) std::uint8_t[chunks];
  const bool grown = headers != nullptr && dead != nullptr;
  if (grown) {
    header_count_ = chunks;
    std::copy_n(headers_, headers_ != nullptr ? fresh_ : 0, headers);
    std::copy_n(dead_, dead_ != nullptr ? fresh_ : 0, dead);
    std::swap(headers, headers_);
    std::swap(dead, dead_);
  }
  delete[] headers;
  delete[] dead;
  return grown;
}

}  // namespace v1
}  // namespace strata
