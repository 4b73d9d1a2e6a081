// SPDX-License-Identifier: Apache-2.0
// libuv: a read buffer for each loop, uv_try_write, uv_write for what the peer cannot take. With several loops each has
// a thread and a listening socket of its own. `peer_libuv [--port N] [--loops N]`
#include <uv.h>

#include <array>
#include <memory>
#include <vector>

#include "common/Crew.h"
#include "common/Server_Setup.h"

namespace {

thread_local std::array<char, 64 * 1024> buffer;

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

void run(int fd) {
  uv_loop_t loop;
  uv_loop_init(&loop);
  uv_tcp_t listener;
  uv_tcp_init(&loop, &listener);
  bench::require(uv_tcp_open(&listener, fd) == 0, "uv_tcp_open");
  bench::require(uv_listen(reinterpret_cast<uv_stream_t*>(&listener), bench::backlog, on_connection) == 0, "uv_listen");
  uv_run(&loop, UV_RUN_DEFAULT);
}

}  // namespace

int main(int argc, char** argv) {
  bench::raise_descriptor_limit();
  const unsigned loops = bench::count_argument(argc, argv, "--loops");
  const std::vector<int> listeners = bench::listen_shared(bench::port_argument(argc, argv), loops);
  bench::run_crew(loops, [&](unsigned index) { run(listeners[index]); });
}
