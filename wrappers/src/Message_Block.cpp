// SPDX-License-Identifier: Apache-2.0
#include <strata/wrappers/Message_Block.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>
#include <utility>

#include "Message_Storage.h"

namespace strata {
inline namespace v1 {
namespace {

constexpr std::size_t append_allocation = 4096;

void copy_bytes(Bytes to, Const_Bytes from) noexcept {
  if (!from.empty()) std::memcpy(to.data(), from.data(), from.size());  // memcpy(3): null is undefined even for 0
}

}  // namespace

struct Message_Block::Foreign : Storage {
  Foreign(Const_Bytes bytes, Release&& how) noexcept : Storage(&dispose_foreign, bytes), release(std::move(how)) {}

  static void dispose_foreign(Storage* storage) noexcept {
    auto* self = static_cast<Foreign*>(storage);
    Release release = std::move(self->release);
    delete self;
    if (release) release();
  }

  Release release;
};

Result<Message_Block> Message_Block::make(std::size_t capacity) noexcept {
  if (capacity > max_capacity) return fail(std::errc::value_too_large);
  Storage* storage = Storage::make(capacity);
  if (storage == nullptr) return fail(std::errc::not_enough_memory);
  return Message_Block(&storage->first, 0);
}

Result<Message_Block> Message_Block::copy(Const_Bytes bytes) noexcept {
  Result<Message_Block> block = make(bytes.size());
  if (!block) return block;
  copy_bytes(block->writable(), bytes);
  block->first_->size = block->length_ = bytes.size();
  return block;
}

Result<Message_Block> Message_Block::wrap(Const_Bytes bytes, Release release) noexcept {
  if (bytes.size() > max_length) return fail(std::errc::value_too_large);
  auto* storage = new (std::nothrow) Foreign(bytes, std::move(release));
  if (storage == nullptr) return fail(std::errc::not_enough_memory);
  return Message_Block(&storage->first, bytes.size());
}

Result<Message_Block> Message_Block::duplicate() const noexcept {
  Message_Block copy;
  for (const Block* block = first_; block != nullptr; block = block->next) {
    auto* twin = new (std::nothrow) Block{nullptr, block->storage, block->data, block->size};
    if (twin == nullptr) return fail(std::errc::not_enough_memory);
    block->storage->acquire();
    (copy.first_ == nullptr ? copy.first_ : copy.last_->next) = twin;
    copy.last_ = twin;
    copy.length_ += twin->size;
  }
  return copy;
}

Const_Bytes Message_Block::readable() const noexcept {
  return first_ == nullptr ? Const_Bytes{} : Const_Bytes{first_->data, first_->size};
}

Result<> Message_Block::consume(std::size_t size) noexcept {
  if (size > length_) return fail(std::errc::result_out_of_range);
  length_ -= size;
  while (size > 0) {
    if (size < first_->size) {
      first_->data += size;
      first_->size -= size;
      break;
    }
    Block* read = first_;
    size -= read->size;
    first_ = read->next;
    if (first_ == nullptr) last_ = nullptr;
    release(read);
  }
  return {};
}

std::size_t Message_Block::gather(std::span<Const_Bytes> parts) const noexcept {
  if (length_ == 0) return 0;
  std::size_t count = 0;
  for (const Block* block = first_; block != nullptr && count < parts.size(); block = block->next) {
    parts[count++] = {block->data, block->size};
  }
  return count;
}

Bytes Message_Block::writable() noexcept {
  if (last_ == nullptr || last_->storage->capacity == 0) return {};
  Storage& storage = *last_->storage;
  // acquire: what former holders on other threads did with this memory is over before the caller writes to it.
  if (storage.references.load(std::memory_order_acquire) != 1) return {};
  const auto used = static_cast<std::size_t>(last_->data - storage.memory) + last_->size;
  return {storage.memory + used, storage.capacity - used};
}

Result<> Message_Block::commit(std::size_t size) noexcept {
  if (size > writable().size()) return fail(std::errc::result_out_of_range);
  if (size > max_length - length_) return fail(std::errc::value_too_large);
  if (size == 0) return {};
  last_->size += size;
  length_ += size;
  return {};
}

Result<> Message_Block::cont(Message_Block&& next) noexcept {
  if (next.length_ > max_length - length_) return fail(std::errc::value_too_large);
  if (next.length_ == 0) {
    next.clear();
  } else if (length_ == 0) {
    *this = std::move(next);
  } else {
    last_->next = std::exchange(next.first_, nullptr);
    last_ = std::exchange(next.last_, nullptr);
    length_ += std::exchange(next.length_, 0);
  }
  return {};
}

Result<> Message_Block::append(Const_Bytes bytes) noexcept {
  if (bytes.size() > max_length - length_) return fail(std::errc::value_too_large);
  const Bytes room = writable();
  const Const_Bytes head = bytes.first(std::min(room.size(), bytes.size()));
  const Const_Bytes rest = bytes.subspan(head.size());

  Message_Block more;
  if (!rest.empty()) {
    Result<Message_Block> made = make(std::max(rest.size(), append_allocation - sizeof(Storage)));
    if (!made) return fail(made.error());
    more = std::move(*made);
    copy_bytes(more.writable(), rest);
    more.last_->size = more.length_ = rest.size();
  }
  copy_bytes(room, head);
  if (!head.empty()) last_->size += head.size();
  length_ += head.size();
  return cont(std::move(more));
}

void Message_Block::release_all() noexcept {
  last_ = nullptr;
  length_ = 0;
  Block* block = std::exchange(first_, nullptr);
  while (block != nullptr) release(std::exchange(block, block->next));
}

void Message_Block::release(Block* block) noexcept {
  Storage* storage = block->storage;
  if (block != &storage->first) delete block;
  storage->drop();
}

}  // namespace v1
}  // namespace strata
