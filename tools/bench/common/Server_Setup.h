// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace bench {

// What every server of the bench does before its loop: the same limits, listener and first line, so that only loops
// differ.
constexpr int backlog = 4096;

[[noreturn]] inline void die(const char* what) {
  std::perror(what);
  std::exit(EXIT_FAILURE);
}

inline void require(bool good, const char* what) {
  if (!good) die(what);
}

inline void raise_descriptor_limit() {
  rlimit limit{};
  require(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
  limit.rlim_cur = limit.rlim_max;
  require(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
}

// The value behind `name` on the command line, or `otherwise`.
inline const char* argument(int argc, char** argv, const char* name, const char* otherwise) {
  for (int i = 1; i + 1 < argc; ++i)
    if (std::strcmp(argv[i], name) == 0) return argv[i + 1];
  return otherwise;
}

inline bool has_flag(int argc, char** argv, const char* name) {
  for (int i = 1; i < argc; ++i)
    if (std::strcmp(argv[i], name) == 0) return true;
  return false;
}

inline std::uint16_t port_argument(int argc, char** argv) {
  return static_cast<std::uint16_t>(std::strtoul(argument(argc, argv, "--port", "0"), nullptr, 10));
}

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

inline void set_option(int fd, int level, int option, int value) {
  require(setsockopt(fd, level, option, &value, sizeof value) == 0, "setsockopt");
}

// A bound TCP socket on the loopback, not yet listening, so that options which accepted sockets inherit can be set.
// `shared`: other sockets may be bound to the same port, and the kernel spreads the connections (SO_REUSEPORT).
inline int bind_loopback(std::uint16_t port, bool shared = false) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  require(fd >= 0, "socket");
  set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (shared) set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
  const sockaddr_in address = loopback(port);
  require(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "bind");
  return fd;
}

// The line that the runner waits for.
inline void announce(unsigned port) {
  std::printf("listening %u\n", port);
  std::fflush(stdout);
}

inline std::uint16_t port_of(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  require(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0, "getsockname");
  return ntohs(address.sin_port);
}

inline void start_listening(int fd) {
  require(listen(fd, backlog) == 0, "listen");
  announce(port_of(fd));
}

// One listening socket for each loop of a server with several; a connection belongs to one from the start.
inline std::vector<int> listen_shared(std::uint16_t port, unsigned loops) {
  std::vector<int> listeners;
  for (unsigned each = 0; each < loops; ++each) {
    listeners.push_back(bind_loopback(port, loops > 1));
    require(listen(listeners.back(), backlog) == 0, "listen");
    port = port_of(listeners.back());
  }
  announce(port);
  return listeners;
}

}  // namespace bench
