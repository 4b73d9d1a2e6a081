// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>

namespace bench {

// One connection to 127.0.0.1:port from an address of 127.0.0.0/8 that changes every so often, so that neither 10,000
// connections nor the ports that a churn leaves in TIME_WAIT use up one address's ports.
class Client_Socket {
 public:
  Client_Socket() = default;
  explicit Client_Socket(std::uint16_t port);  // exits where the system refuses
  Client_Socket(Client_Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Client_Socket& operator=(Client_Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Client_Socket();

  [[nodiscard]] int fd() const noexcept { return fd_; }
  void reset_on_close() const;  // leaves no TIME_WAIT behind

 private:
  int fd_ = -1;
};

}  // namespace bench
