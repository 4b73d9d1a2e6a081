// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <strata/wrappers/Message_Block.h>

inline strata::Message_Block block_of(std::string_view text) {
  return strata::Message_Block::copy(strata::as_bytes(text)).value();
}

/// The unread bytes of a whole chain, through `gather`.
inline std::string text_of(const strata::Message_Block& chain) {
  std::vector<strata::Const_Bytes> parts(16);
  while (chain.gather(parts) == parts.size()) parts.resize(parts.size() * 2);
  parts.resize(chain.gather(parts));
  std::string text;
  for (const strata::Const_Bytes part : parts) text += strata::as_text(part);
  return text;
}
