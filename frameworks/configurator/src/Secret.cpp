// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Secret.h>

#include <strata/os/File.h>

#include "Config_Path.h"

namespace strata {
inline namespace v1 {
namespace {

constexpr std::uint32_t of_others = 0007;

/// Opened before it is looked at: what is read is what was judged.
Outcome<std::string> read_secret(const std::string& path) {
  Result<os::File> file = os::File::open(path, os::Open_Mode::read);
  if (!file) return fail(file.error(), path);
  const Result<os::File_Status> status = file->status();
  if (!status) return fail(status.error(), path);
  const auto refused = [&path](const char* why) {
    return std::unexpected{Error{std::make_error_code(std::errc::permission_denied), path + ": " + why}};
  };
  if (status->type != os::File_Type::regular) return refused("is no regular file");
  if ((status->permissions & of_others) != 0) return refused("others may use it; chmod o= would do");
  if (status->size > Secret::longest) return refused("is longer than 64 KiB");
  std::string text(Secret::longest, '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const Result<std::size_t> count = file->read(std::as_writable_bytes(std::span{text}.subspan(filled)));
    if (!count) return fail(count.error(), path);
    if (*count == 0) break;
    filled += *count;
  }
  text.resize(filled);
  return text;
}

}  // namespace

void Value_Type<Secret>::read(const Config_Node& node, const Field&, Secret& value, Config_Errors& errors) {
  if (!detail::expect_kind(node, Config_Node::Kind::scalar, errors)) return;
  Outcome<std::string> text = read_secret(path_of(node, node.scalar()));
  if (!text) return errors.at_value(node, text.error().what);
  if (text->ends_with('\n')) text->pop_back();
  if (text->ends_with('\r')) text->pop_back();
  value = Secret{node.scalar(), std::move(*text)};
}

}  // namespace v1
}  // namespace strata
