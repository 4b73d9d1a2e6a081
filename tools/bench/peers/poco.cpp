// SPDX-License-Identifier: Apache-2.0
// POCO: ServerSocket and StreamSocket on a PollSet, which is its epoll. `peer_poco [--port N]`
#include <Poco/Net/NetException.h>
#include <Poco/Net/PollSet.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/StreamSocket.h>

#include <array>

#include "common/Server_Setup.h"

namespace {

using Poco::Net::PollSet;
using Poco::Net::Socket;

std::array<char, 64 * 1024> buffer;

bool echo(Poco::Net::StreamSocket peer) {
  try {
    const int received = peer.receiveBytes(buffer.data(), buffer.size());
    if (received <= 0) return false;
    for (int sent = 0; sent < received;) sent += peer.sendBytes(buffer.data() + sent, received - sent);
    return true;
  } catch (const Poco::Exception&) {
    return false;
  }
}

void accept(Poco::Net::ServerSocket listener, PollSet& set) {
  Poco::Net::StreamSocket peer = listener.acceptConnection();
  peer.setNoDelay(true);
  set.add(peer, PollSet::POLL_READ);
}

}  // namespace

int main(int argc, char** argv) {
  bench::raise_descriptor_limit();
  const Poco::Net::SocketAddress address("127.0.0.1", bench::port_argument(argc, argv));
  const Poco::Net::ServerSocket listener(address, bench::backlog);
  PollSet set;
  set.add(listener, PollSet::POLL_READ);
  bench::announce(listener.address().port());
  for (;;) {
    const PollSet::SocketModeMap ready = set.poll(Poco::Timespan(1, 0));
    for (const auto& [socket, mode] : ready) {
      if (socket == listener) {
        accept(listener, set);
      } else if (!echo(socket)) {
        set.remove(socket);
        Socket(socket).close();
      }
    }
  }
}
