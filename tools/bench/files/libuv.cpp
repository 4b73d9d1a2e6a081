// SPDX-License-Identifier: Apache-2.0
// libuv's file operations, on its pool of four threads: `files_libuv [--folder FOLDER]`
#include <uv.h>

#include "files/File_Bench.h"

namespace {

class Files {
 public:
  struct Request : bench::File_Request {
    uv_fs_t fs{};
    uv_buf_t buffer{};
  };

  Files() { uv_loop_init(&loop_); }
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;
  ~Files() { uv_loop_close(&loop_); }

  void read(Request& request) { submit(uv_fs_read, request); }
  void write(Request& request) { submit(uv_fs_write, request); }
  void run() { uv_run(&loop_, UV_RUN_DEFAULT); }

 private:
  template <typename Function>
  void submit(Function function, Request& request) {
    request.buffer = uv_buf_init(request.data, static_cast<unsigned>(request.size));
    request.fs.data = &request;
    bench::require(function(&loop_, &request.fs, request.fd, &request.buffer, 1, request.offset, done) == 0, "uv_fs");
  }

  static void done(uv_fs_t* fs) {
    const auto result = fs->result;
    auto& request = *static_cast<Request*>(fs->data);
    uv_fs_req_cleanup(fs);
    request.done(request, result);
  }

  uv_loop_t loop_{};
};

}  // namespace

int main(int argc, char** argv) { bench::File_Bench<Files>("libuv", argc, argv).run(); }
