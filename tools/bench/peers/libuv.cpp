// SPDX-License-Identifier: Apache-2.0
// libuv: one shared read buffer, uv_try_write, uv_write for what the peer cannot take. `peer_libuv [--port N]`
#include <uv.h>

#include <array>
#include <memory>
#include <vector>

#include "common/Server_Setup.h"

namespace {

std::array<char, 64 * 1024> buffer;

struct Pending_Write {
  uv_write_t request;
  std::vector<char> data;
};

void on_alloc(uv_handle_t*, size_t, uv_buf_t* lent) { *lent = uv_buf_init(buffer.data(), buffer.size()); }

void on_closed(uv_handle_t* handle) { delete reinterpret_cast<uv_tcp_t*>(handle); }

void write_later(uv_stream_t* stream, const char* data, size_t size) {
  auto* pending = new Pending_Write{.request = {}, .data = std::vector<char>(data, data + size)};
  pending->request.data = pending;
  const uv_buf_t rest = uv_buf_init(pending->data.data(), static_cast<unsigned>(size));
  uv_write(&pending->request, stream, &rest, 1,
           [](uv_write_t* request, int) { delete static_cast<Pending_Write*>(request->data); });
}

void on_read(uv_stream_t* stream, ssize_t received, const uv_buf_t*) {
  if (received == 0) return;
  if (received < 0) return uv_close(reinterpret_cast<uv_handle_t*>(stream), on_closed);
  const uv_buf_t reply = uv_buf_init(buffer.data(), static_cast<unsigned>(received));
  const int sent = uv_try_write(stream, &reply, 1);
  const ssize_t done = sent > 0 ? sent : 0;
  if (done < received) write_later(stream, buffer.data() + done, static_cast<size_t>(received - done));
}

void on_connection(uv_stream_t* listener, int status) {
  if (status < 0) return;
  auto* peer = new uv_tcp_t;
  uv_tcp_init(listener->loop, peer);
  auto* stream = reinterpret_cast<uv_stream_t*>(peer);
  if (uv_accept(listener, stream) == 0) {
    uv_tcp_nodelay(peer, 1);
    uv_read_start(stream, on_alloc, on_read);
  } else {
    uv_close(reinterpret_cast<uv_handle_t*>(peer), on_closed);
  }
}

}  // namespace

int main(int argc, char** argv) {
  bench::raise_descriptor_limit();
  uv_tcp_t listener;
  uv_tcp_init(uv_default_loop(), &listener);
  const sockaddr_in address = bench::loopback(bench::port_argument(argc, argv));
  bench::require(uv_tcp_bind(&listener, reinterpret_cast<const sockaddr*>(&address), 0) == 0, "uv_tcp_bind");
  bench::require(uv_listen(reinterpret_cast<uv_stream_t*>(&listener), bench::backlog, on_connection) == 0, "uv_listen");
  sockaddr_in bound{};
  int size = sizeof bound;
  uv_tcp_getsockname(&listener, reinterpret_cast<sockaddr*>(&bound), &size);
  bench::announce(ntohs(bound.sin_port));
  return uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
