// SPDX-License-Identifier: Apache-2.0
// libevent: evconnlistener and bufferevents. `peer_libevent [--port N]`
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

#include "common/Server_Setup.h"

namespace {

void on_read(bufferevent* connection, void*) {
  evbuffer_add_buffer(bufferevent_get_output(connection), bufferevent_get_input(connection));
}

void on_event(bufferevent* connection, short what, void*) {
  if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) != 0) bufferevent_free(connection);
}

void on_accept(evconnlistener* listener, evutil_socket_t fd, sockaddr*, int, void*) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  bufferevent* connection = bufferevent_socket_new(evconnlistener_get_base(listener), fd, BEV_OPT_CLOSE_ON_FREE);
  bufferevent_setcb(connection, on_read, nullptr, on_event, nullptr);
  bufferevent_enable(connection, EV_READ | EV_WRITE);
}

}  // namespace

int main(int argc, char** argv) {
  bench::raise_descriptor_limit();
  event_base* base = event_base_new();
  const int fd = bench::bind_loopback(bench::port_argument(argc, argv));
  constexpr unsigned flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC;
  evconnlistener* listener = evconnlistener_new(base, on_accept, nullptr, flags, bench::backlog, fd);
  bench::require(listener != nullptr, "evconnlistener_new");
  bench::start_listening(fd);
  return event_base_dispatch(base);
}
