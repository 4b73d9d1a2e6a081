// SPDX-License-Identifier: Apache-2.0
#include "Record_Buffer.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace strata {
inline namespace v1 {

namespace {

struct Head {
  std::int64_t time_ns;
  std::uint64_t connection;
  std::uint32_t pairs;
  Log_Level level;
};

}  // namespace

Record_Buffer::Record_Buffer(std::size_t capacity)
    : block_(std::make_unique_for_overwrite<char[]>(capacity)), capacity_(capacity) {}

bool Record_Buffer::push(const Log_Record& record) {
  end_ = size_;
  if (!put_record(record)) return false;
  size_ = end_;
  return true;
}

bool Record_Buffer::put_record(const Log_Record& record) {
  const Head head{record.time_ns, record.context.connection, static_cast<std::uint32_t>(record.pairs.size()),
                  record.level};
  return put(&head, sizeof head) && put_text(record.category) && put_text(record.context.service) &&
         put_value(record.context.peer) && put_text(record.message) &&
         std::ranges::all_of(record.pairs, [this](const Log_Value& value) { return put_value(value); });
}

bool Record_Buffer::put(const void* data, std::size_t size) {
  if (capacity_ - end_ < size) return false;
  if (size > 0) std::memcpy(block_.get() + end_, data, size);
  end_ += size;
  return true;
}

bool Record_Buffer::put_text(std::string_view text) {
  text = text.substr(0, Log_Record::max_text + 1);  // one beyond: whoever formats it sees that it was cut
  const auto size = static_cast<std::uint32_t>(text.size());
  return put(&size, sizeof size) && put(text.data(), size);
}

bool Record_Buffer::put_value(const Log_Value& value) {
  using Kind = Log_Value::Kind;
  const bool as_text = value.kind() == Kind::error || value.kind() == Kind::rendered;
  const Kind kind = as_text ? Kind::text : value.kind();
  if (!put(&kind, sizeof kind)) return false;
  if (value.kind() == Kind::text) return put_text(value.text());
  if (!as_text) return put(&value, sizeof value);
  scratch_.clear();
  if (value.kind() == Kind::error) scratch_ = value.error().message();
  else value.render(scratch_);
  return put_text(scratch_);
}

bool Record_Buffer::pop(Log_Record& record) {
  if (read_ == size_) {
    read_ = size_ = 0;
    return false;
  }
  Head head;
  get(&head, sizeof head);
  record.time_ns = head.time_ns;
  record.level = head.level;
  record.category = get_text();
  record.context.service = get_text();
  record.context.connection = head.connection;
  record.context.peer = get_value();
  record.message = get_text();
  pairs_.clear();
  for (std::uint32_t i = 0; i < head.pairs; ++i) pairs_.push_back(get_value());
  record.pairs = pairs_;
  return true;
}

void Record_Buffer::get(void* data, std::size_t size) {
  std::memcpy(data, block_.get() + read_, size);
  read_ += size;
}

std::string_view Record_Buffer::get_text() {
  std::uint32_t size;
  get(&size, sizeof size);
  const std::string_view text{block_.get() + read_, size};
  read_ += size;
  return text;
}

Log_Value Record_Buffer::get_value() {
  Log_Value::Kind kind;
  get(&kind, sizeof kind);
  if (kind == Log_Value::Kind::text) return Log_Value{get_text()};
  Log_Value value;
  get(&value, sizeof value);
  return value;
}

}  // namespace v1
}  // namespace strata
