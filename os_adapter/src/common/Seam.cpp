// SPDX-License-Identifier: Apache-2.0
#include "common/Seam.h"

#include <strata/os/Demultiplexer.h>

namespace strata::inline v1::os {

constinit std::atomic<const Operations*> table_in_force{&native_table};

const Operations& native_operations() noexcept { return native_table; }
const Operations& operations() noexcept { return table(); }

Operations_Scope::Operations_Scope(const Operations& in_force) noexcept
    : previous_(table_in_force.exchange(&in_force, std::memory_order_acq_rel)) {}
Operations_Scope::~Operations_Scope() { table_in_force.store(previous_, std::memory_order_release); }

void close(Handle handle) noexcept { table().close(handle); }
Result<Unique_Handle> duplicate(Handle handle) { return owned(retry(table().duplicate, handle)); }

Result<Handle_Pair> open_pipe() {
  Handle pair[2];
  const Raw raw = retry(table().pipe_open, pair);
  if (raw < 0) return failure(raw);
  return Handle_Pair{Unique_Handle{pair[0]}, Unique_Handle{pair[1]}};
}

Result<std::size_t> read(Handle handle, Bytes out) noexcept {
  return counted(retry(table().read, handle, out.data(), out.size()));
}

Result<std::size_t> write(Handle handle, Const_Bytes bytes) noexcept {
  return counted(retry(table().write, handle, bytes.data(), bytes.size()));
}

Result<Unique_Handle> adopt(Handle inherited) {
  const Raw raw = retry(table().adopt, inherited);
  if (raw < 0) return failure(raw);
  return Unique_Handle{inherited};
}

bool is_refusal(const std::error_code& error) noexcept {
  return error == std::errc::function_not_supported || error == std::errc::not_supported ||
         error == std::errc::operation_not_permitted || error == std::errc::permission_denied;
}

Result<std::unique_ptr<Demultiplexer>> open_demultiplexer(std::string_view name) {
  return table().open_demultiplexer(name);
}

}  // namespace strata::inline v1::os
