// SPDX-License-Identifier: Apache-2.0
#include "linux/Image.h"

#include <algorithm>
#include <array>
#include <cstdint>

// The header of the binary that this is linked into, by the linker: what the process can load has the same machine.
extern "C" [[gnu::visibility("hidden")]] const ElfW(Ehdr) __ehdr_start;

namespace strata::inline v1::os {
namespace {

using Segment = Image::Segment;
using Dynamic = Image::Dynamic;
constexpr std::uint64_t largest = 1ULL << 30;  // of an image in memory; no sum of such numbers overflows
constexpr std::uint64_t page = 4096;           // the smallest there is
constexpr unsigned most_segments = 256;

bool covers(const Segment& segment, std::uint64_t address, std::uint64_t size) noexcept {
  return address >= segment.p_vaddr && size <= segment.p_memsz && address - segment.p_vaddr <= segment.p_memsz - size;
}

std::string_view header_defect(const Image::Header& header) {
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return "not an ELF file";
  const auto* const own = __ehdr_start.e_ident;
  if (header.e_ident[EI_CLASS] != own[EI_CLASS]) return "for another word size";
  if (header.e_ident[EI_DATA] != own[EI_DATA]) return "for another byte order";
  if (header.e_machine != __ehdr_start.e_machine) return "for another machine";
  if (header.e_type != ET_DYN) return "not a shared library";
  if (header.e_ident[EI_VERSION] != EV_CURRENT || header.e_version != EV_CURRENT) return "of an unknown ELF version";
  if (header.e_phentsize != sizeof(Segment) || header.e_phnum == 0 || header.e_phnum > most_segments) {
    return "damaged: its program header";
  }
  return {};
}

bool is_sound(const Segment& load, std::uint64_t file_size) noexcept {
  return load.p_filesz <= load.p_memsz && load.p_memsz <= largest && load.p_vaddr <= largest &&
         load.p_offset <= file_size && load.p_filesz <= file_size - load.p_offset && load.p_align >= page &&
         load.p_align <= largest && (load.p_align & (load.p_align - 1)) == 0 &&
         load.p_vaddr % load.p_align == load.p_offset % load.p_align && (load.p_flags & PF_R) != 0 &&
         (load.p_filesz == load.p_memsz || (load.p_flags & PF_W) != 0);
}

std::string_view loads_defect(const std::vector<Segment>& segments, std::uint64_t file_size) {
  std::uint64_t end = 0;
  bool executable = false;
  bool writable = false;
  for (const Segment& one : segments) {
    if (one.p_type != PT_LOAD) continue;
    if (!is_sound(one, file_size) || one.p_vaddr < end) return "truncated or damaged: a segment";
    end = one.p_vaddr + one.p_memsz;
    executable = executable || (one.p_flags & PF_X) != 0;
    writable = writable || (one.p_flags & PF_W) != 0;
  }
  return executable && writable ? std::string_view{} : "damaged: no code or no data";
}

const Segment* find_load(const std::vector<Segment>& segments, std::uint64_t address, std::uint64_t size) noexcept {
  const auto holds = [&](const Segment& one) { return one.p_type == PT_LOAD && covers(one, address, size); };
  const auto found = std::ranges::find_if(segments, holds);
  return found == segments.end() ? nullptr : &*found;
}

/// The tables that the loader follows without looking, each with the tag that tells its size, or 0.
struct Dynamic_Table {
  std::int64_t address;
  std::int64_t size;
};
constexpr std::array<Dynamic_Table, 12> followed{{{DT_STRTAB, DT_STRSZ},
                                                  {DT_SYMTAB, 0},
                                                  {DT_RELA, DT_RELASZ},
                                                  {DT_JMPREL, DT_PLTRELSZ},
                                                  {DT_INIT_ARRAY, DT_INIT_ARRAYSZ},
                                                  {DT_FINI_ARRAY, DT_FINI_ARRAYSZ},
                                                  {DT_GNU_HASH, 0},
                                                  {DT_HASH, 0},
                                                  {DT_INIT, 0},
                                                  {DT_FINI, 0},
                                                  {DT_VERSYM, 0},
                                                  {DT_VERNEED, 0}}};

std::uint64_t value_of(const std::vector<Dynamic>& entries, std::int64_t tag) noexcept {
  const auto found = std::ranges::find(entries, tag, &Dynamic::d_tag);
  return found == entries.end() ? 0 : found->d_un.d_val;
}

std::string_view dynamic_defect(const std::vector<Segment>& segments, const std::vector<Dynamic>& entries) {
  const auto end = std::ranges::find(entries, DT_NULL, &Dynamic::d_tag);
  if (end == entries.end()) return "damaged: its dynamic table has no end";
  for (const std::int64_t tag : {DT_STRTAB, DT_SYMTAB, DT_STRSZ}) {
    if (value_of(entries, tag) == 0) return "damaged: its dynamic table";
  }
  for (const Dynamic_Table& table : followed) {
    const std::uint64_t address = value_of(entries, table.address);
    if (address == 0) continue;
    const std::uint64_t size = table.size == 0 ? 1 : value_of(entries, table.size);
    if (find_load(segments, address, size) == nullptr) return "damaged: its dynamic table";
  }
  return {};
}

/// Those beside the loads lie within one: the loader reads or protects what they say.
std::string_view others_defect(const std::vector<Segment>& segments) {
  for (const Segment& one : segments) {
    if (one.p_type == PT_LOAD || one.p_type == PT_GNU_STACK || one.p_memsz == 0) continue;
    const Segment* load = find_load(segments, one.p_vaddr, one.p_type == PT_TLS ? one.p_filesz : one.p_memsz);
    if (load == nullptr || one.p_memsz > largest || one.p_filesz > one.p_memsz || one.p_align > largest) {
      return "damaged: a segment";
    }
    if (one.p_vaddr - load->p_vaddr != one.p_offset - load->p_offset) return "damaged: a segment";
    if (one.p_type == PT_GNU_RELRO && (load->p_flags & PF_W) == 0) return "damaged: a segment";
  }
  return {};
}

/// The loader would make this process's stacks executable.
bool wants_executable_stack(const std::vector<Segment>& segments) noexcept {
  const auto stack = std::ranges::find(segments, PT_GNU_STACK, &Segment::p_type);
  return stack == segments.end() || (stack->p_flags & PF_X) != 0;
}

/// What the linker says of the parts must agree with what the loader is told of the whole. A file without section
/// headers has nothing to compare.
std::string_view sections_defect(const std::vector<Segment>& segments, const std::vector<Image::Section>& sections) {
  for (const Image::Section& section : sections) {
    if ((section.sh_flags & SHF_ALLOC) == 0 || section.sh_size == 0) continue;
    if (section.sh_type == SHT_NOBITS && (section.sh_flags & SHF_TLS) != 0) continue;
    const Segment* load = find_load(segments, section.sh_addr, section.sh_size);
    if (load == nullptr) return "truncated or damaged: a section";
    const std::uint64_t within = section.sh_addr - load->p_vaddr;
    if (section.sh_type == SHT_NOBITS) {
      if (within < load->p_filesz) return "damaged: a section";
    } else if (section.sh_offset < load->p_offset || section.sh_offset - load->p_offset != within ||
               section.sh_size > load->p_filesz || within > load->p_filesz - section.sh_size) {
      return "damaged: a section";
    }
  }
  return {};
}

}  // namespace

Image::Header Image::header() const {
  const std::vector<Header> one = table<Header>(0, 1);
  return one.empty() ? Header{} : one.front();
}

std::vector<Segment> Image::segments() const {
  const Header h = header();
  return h.e_phentsize == sizeof(Segment) ? table<Segment>(h.e_phoff, h.e_phnum) : std::vector<Segment>{};
}

std::vector<Image::Section> Image::sections() const {
  const Header h = header();
  return h.e_shentsize == sizeof(Section) ? table<Section>(h.e_shoff, h.e_shnum) : std::vector<Section>{};
}

Const_Bytes Image::part(std::uint64_t offset, std::uint64_t size) const noexcept {
  if (offset > bytes_.size() || size > bytes_.size() - offset) return {};
  return bytes_.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
}

std::string_view Image::defect() const {
  if (bytes_.size() < sizeof(Header)) return "too short to be an ELF file";
  if (const std::string_view found = header_defect(header()); !found.empty()) return found;
  const std::vector<Segment> all = segments();
  if (all.empty()) return "truncated: its program header";
  if (const std::string_view found = loads_defect(all, bytes_.size()); !found.empty()) return found;
  if (const std::string_view found = others_defect(all); !found.empty()) return found;
  if (wants_executable_stack(all)) return "it wants an executable stack";
  if (const std::string_view found = sections_defect(all, sections()); !found.empty()) return found;
  if (std::ranges::count(all, PT_DYNAMIC, &Segment::p_type) != 1) return "damaged: it has no dynamic table";
  const Segment& dynamic = *std::ranges::find(all, PT_DYNAMIC, &Segment::p_type);
  const Segment* load = find_load(all, dynamic.p_vaddr, dynamic.p_memsz);
  if (load == nullptr || (load->p_flags & PF_W) == 0) return "damaged: its dynamic table";
  return dynamic_defect(all, table<Dynamic>(dynamic.p_offset, dynamic.p_filesz / sizeof(Dynamic)));
}

std::vector<std::string_view> Image::notes(std::string_view owner, std::uint32_t type) const {
  constexpr auto padded = [](std::uint64_t size) { return (size + 3) / 4 * 4; };
  std::vector<std::string_view> texts;
  for (const Segment& segment : segments()) {
    if (segment.p_type != PT_NOTE || segment.p_align > 4) continue;
    for (std::uint64_t at = 0; at < segment.p_filesz;) {
      const auto head = table<ElfW(Nhdr)>(segment.p_offset + at, 1);
      if (head.empty()) break;
      const std::uint64_t name = segment.p_offset + at + sizeof head.front();
      const Const_Bytes named = part(name, head[0].n_namesz);
      const Const_Bytes text = part(name + padded(head[0].n_namesz), head[0].n_descsz);
      const std::string_view found{reinterpret_cast<const char*>(named.data()), named.size()};
      if (head[0].n_type == type && found.substr(0, found.find('\0')) == owner && !text.empty()) {
        texts.emplace_back(reinterpret_cast<const char*>(text.data()), text.size());
      }
      at += sizeof head.front() + padded(head[0].n_namesz) + padded(head[0].n_descsz);
    }
  }
  return texts;
}

std::vector<std::string_view> Image::unique_symbols() const {
  using Symbol = ElfW(Sym);
  std::vector<std::string_view> names;
  const std::vector<Section> all = sections();
  for (const Section& section : all) {
    if (section.sh_type != SHT_DYNSYM || section.sh_link >= all.size()) continue;
    const Const_Bytes letters = part(all[section.sh_link].sh_offset, all[section.sh_link].sh_size);
    const std::string_view text{reinterpret_cast<const char*>(letters.data()), letters.size()};
    for (const Symbol& symbol : table<Symbol>(section.sh_offset, section.sh_size / sizeof(Symbol))) {
      if (symbol.st_info >> 4 != STB_GNU_UNIQUE || symbol.st_shndx == SHN_UNDEF || symbol.st_name >= text.size()) {
        continue;
      }
      const std::string_view rest = text.substr(symbol.st_name);
      names.push_back(rest.substr(0, rest.find('\0')));
    }
    break;  // there is one
  }
  return names;
}

}  // namespace strata::inline v1::os
