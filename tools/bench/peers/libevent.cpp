// SPDX-License-Identifier: Apache-2.0
// libevent: evconnlistener and bufferevents; with several bases each has a thread and a listening socket of its own.
// `peer_libevent [--port N] [--bases N]`
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

#include "common/Crew.h"
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

void run(int fd) {
  event_base* base = event_base_new();
  constexpr unsigned flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC;
  constexpr int listening = 0;  // what evconnlistener_new takes as "it listens already"
  bench::require(evconnlistener_new(base, on_accept, nullptr, flags, listening, fd) != nullptr, "evconnlistener_new");
  event_base_dispatch(base);
}

}  // namespace

int main(int argc, char** argv) {
  bench::raise_descriptor_limit();
  const unsigned bases = bench::count_argument(argc, argv, "--bases");
  const std::vector<int> listeners = bench::listen_shared(bench::port_argument(argc, argv), bases);
  bench::run_crew(bases, [&](unsigned index) { run(listeners[index]); });
}
