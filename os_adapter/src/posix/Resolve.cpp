// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <memory>
#include <new>
#include <string>

#include <netdb.h>
#include <sys/socket.h>

#include "posix/Native.h"

namespace strata::inline v1::os::native {
namespace {

Raw raw_of_resolver(int error) noexcept {
  switch (error) {
    case EAI_AGAIN: return -Raw{EAGAIN};
    case EAI_MEMORY: return -Raw{ENOMEM};
    case EAI_SYSTEM: return -Raw{errno};
    case EAI_FAIL: return -Raw{EIO};
    case EAI_FAMILY: return -Raw{EAFNOSUPPORT};
    default: return -Raw{EHOSTUNREACH};  // EAI_NONAME and its GNU kin EAI_NODATA, EAI_ADDRFAMILY
  }
}

void append(std::vector<Socket_Address>& addresses, const addrinfo* list) {
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_addrlen > Socket_Address::capacity) continue;
    Socket_Address& address = addresses.emplace_back();
    std::memcpy(address.data(), entry->ai_addr, entry->ai_addrlen);
    address.set_size(entry->ai_addrlen);
  }
}

}  // namespace

Raw resolve(const Resolve_Query& query, std::vector<Socket_Address>& addresses) {
  if (query.family == Family::local) return -Raw{EAFNOSUPPORT};
  addrinfo hints{};
  hints.ai_family = domain_of(query.family);
  hints.ai_socktype = SOCK_STREAM;  // else each address comes once for every protocol
  hints.ai_flags = AI_NUMERICSERV | (query.passive ? AI_PASSIVE : 0);
  addrinfo* list = nullptr;
  try {
    const int error = getaddrinfo(query.host.empty() ? nullptr : query.host.c_str(),
                                  std::to_string(query.port).c_str(), &hints, &list);
    if (error != 0) return raw_of_resolver(error);
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner{list, freeaddrinfo};
    addresses.clear();
    append(addresses, list);
  } catch (const std::bad_alloc&) {
    return -Raw{ENOMEM};
  }
  return 0;
}

}  // namespace strata::inline v1::os::native
