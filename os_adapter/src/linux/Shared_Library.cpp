// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Shared_Library.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <utility>

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include "linux/Image.h"

namespace strata::inline v1::os {
namespace {

/// A descriptor that no seam may replace: the loader opens it by its number.
class Memory_File {
 public:
  Memory_File() = default;
  explicit Memory_File(int descriptor) noexcept : descriptor_(descriptor) {}
  Memory_File(const Memory_File&) = delete;
  Memory_File& operator=(const Memory_File&) = delete;
  ~Memory_File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int get() const noexcept { return descriptor_; }
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

  bool fill(Const_Bytes image) const noexcept {
    while (!image.empty()) {
      const ssize_t count = ::write(descriptor_, image.data(), image.size());
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return false;
      image = image.subspan(static_cast<std::size_t>(count));
    }
    return fcntl(descriptor_, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0;
  }

 private:
  int descriptor_ = -1;
};

struct Range {
  std::uintptr_t begin = UINTPTR_MAX;
  std::uintptr_t end = 0;
  bool contains(std::uintptr_t address) const noexcept { return address >= begin && address < end; }
};

/// What is mapped under that name; empty where nothing is.
Range find_mapped(const std::string& path) noexcept {
  struct Search {
    const std::string& path;
    Range range;
  } search{path, {}};
  const auto visit = [](dl_phdr_info* info, std::size_t, void* data) {
    auto& wanted = *static_cast<Search*>(data);
    if (wanted.path != info->dlpi_name) return 0;
    for (std::size_t i = 0; i < info->dlpi_phnum; ++i) {
      const ElfW(Phdr)& part = info->dlpi_phdr[i];
      if (part.p_type != PT_LOAD) continue;
      wanted.range.begin = std::min<std::uintptr_t>(wanted.range.begin, info->dlpi_addr + part.p_vaddr);
      wanted.range.end = std::max<std::uintptr_t>(wanted.range.end, info->dlpi_addr + part.p_vaddr + part.p_memsz);
    }
    return 1;
  };
  dl_iterate_phdr(visit, &search);
  return search.range;
}

/// "/proc/self/fd/7: undefined symbol: x" names a path that means nothing to a person.
std::unexpected<Error> format_error(std::string what) {
  return std::unexpected{Error{std::make_error_code(std::errc::executable_format_error), std::move(what)}};
}

std::unexpected<Error> loader_error(const std::string& path) {
  const char* said = dlerror();
  std::string text = said == nullptr ? "the loader failed" : said;
  if (text.starts_with(path + ": ")) text.erase(0, path.size() + 2);
  return format_error(std::move(text));
}

}  // namespace

/// The memory file stays open while its image is mapped: the loader takes one path for one library, and the path is
/// the descriptor's number.
struct Shared_Library::State {
  explicit State(int descriptor) noexcept : file(descriptor) {}
  Memory_File file;
  std::string path;
  void* handle = nullptr;
  Range range;
};

Shared_Library::Shared_Library(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
Shared_Library::Shared_Library(Shared_Library&&) noexcept = default;
Shared_Library& Shared_Library::operator=(Shared_Library&& other) noexcept {
  if (this != &other) {
    static_cast<void>(unload());
    state_ = std::move(other.state_);
  }
  return *this;
}
Shared_Library::~Shared_Library() { static_cast<void>(unload()); }

std::vector<std::string_view> Shared_Library::notes(Const_Bytes image, std::string_view owner, std::uint32_t type) {
  return Image{image}.notes(owner, type);
}

std::vector<std::string_view> Shared_Library::unique_symbols(Const_Bytes image) {
  return Image{image}.unique_symbols();
}

Outcome<> Shared_Library::check(Const_Bytes image) {
  const std::string_view defect = Image{image}.defect();
  return defect.empty() ? Outcome<>{} : format_error(std::string{defect});
}

Outcome<Shared_Library> Shared_Library::load(Const_Bytes image, const std::string& name) {
  if (const Outcome<> sound = check(image); !sound) return std::unexpected{sound.error()};
  auto state = std::make_unique<State>(memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (state->file.get() < 0 || !state->file.fill(image)) {
    return fail(std::error_code{errno, std::generic_category()}, "a private copy");
  }
  state->path = state->file.path();
  state->handle = dlopen(state->path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (state->handle == nullptr) return loader_error(state->path);
  state->range = find_mapped(state->path);
  return Shared_Library{std::move(state)};
}

const void* Shared_Library::find(const char* symbol) const noexcept {
  const void* address = dlsym(state_->handle, symbol);
  return contains(address) ? address : nullptr;
}

bool Shared_Library::contains(const void* address) const noexcept {
  return state_ && state_->range.contains(reinterpret_cast<std::uintptr_t>(address));
}

bool Shared_Library::unload() noexcept {
  if (!state_) return true;
  dlclose(state_->handle);
  const bool gone = find_mapped(state_->path).end == 0;
  if (gone) {
    state_.reset();
  } else {  // while it is mapped its path must not be given to another: the descriptor stays open with it
    static auto* const kept = new std::vector<std::unique_ptr<State>>;
    kept->push_back(std::move(state_));
  }
  return gone;
}

}  // namespace strata::inline v1::os
