// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "common/Server_Setup.h"

namespace bench {

// One read or write of a file; `done` is called with the bytes moved, or a negative errno.
struct File_Request {
  void (*done)(File_Request& request, std::int64_t result) = nullptr;
  int fd = -1;
  char* data = nullptr;
  std::size_t size = 0;
  std::int64_t offset = 0;
  void* owner = nullptr;
};

// The file that is read, of words that tell their offsets, and the place of its copy: 256 MiB, in the page cache since
// they have just been written. Both are removed at the end.
class Test_File {
 public:
  static constexpr std::int64_t size = 256 * 1024 * 1024;

  explicit Test_File(const std::filesystem::path& folder)
      : name_((folder / ("strata_files_" + std::to_string(getpid()))).string()), copy_(name_ + ".copy") {
    fd_ = open(name_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    require(fd_ >= 0, name_.c_str());
    std::vector<std::int64_t> words(chunk / sizeof(std::int64_t));
    for (std::int64_t offset = 0; offset < size;) {
      for (std::int64_t& word : words) {
        word = offset;
        offset += static_cast<std::int64_t>(sizeof word);
      }
      require(write(fd_, words.data(), chunk) == static_cast<ssize_t>(chunk), "write");
    }
  }
  Test_File(const Test_File&) = delete;
  Test_File& operator=(const Test_File&) = delete;
  ~Test_File() {
    close(fd_);
    unlink(name_.c_str());
    unlink(copy_.c_str());
  }

  int fd() const { return fd_; }

  int open_copy() const {
    const int fd = open(copy_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    require(fd >= 0, copy_.c_str());
    return fd;
  }

  // Of what was read at `offset`: its first and its last word.
  static void check(const char* data, std::size_t bytes, std::int64_t offset) {
    std::int64_t first = 0;
    std::int64_t last = 0;
    std::memcpy(&first, data, sizeof first);
    std::memcpy(&last, data + bytes - sizeof last, sizeof last);
    require(first == offset && last == offset + static_cast<std::int64_t>(bytes - sizeof last), "wrong bytes");
  }

  static void check_all(int fd) {
    std::vector<std::int64_t> words(chunk / sizeof(std::int64_t));
    for (std::int64_t offset = 0; offset < size;) {
      require(pread(fd, words.data(), chunk, offset) == static_cast<ssize_t>(chunk), "pread");
      for (const std::int64_t word : words) {
        require(word == offset, "wrong bytes in the copy");
        offset += static_cast<std::int64_t>(sizeof word);
      }
    }
    require(std::filesystem::file_size("/proc/self/fd/" + std::to_string(fd)) == size, "size of the copy");
  }

 private:
  static constexpr std::size_t chunk = 1024 * 1024;

  std::string name_;
  std::string copy_;
  int fd_ = -1;
};

// The two workloads for files. A Files has
//   struct Request : File_Request   with what it needs for one operation; it may read to a place of its own: `data`
//   void read(Request&)             the whole block; on the thread of run(), which also calls request.done
//   void write(Request&)
//   void run()                      until nothing is in flight; done may ask for more
// Prints CPU (all threads) and rate of an operation: `read4k`, random reads of 4 KiB, 32 in flight; `copy`, a block of
// 64 KiB read and written, 8 in flight.
template <typename Files>
class File_Bench {
 public:
  template <typename... Arguments>
  File_Bench(const char* peer, int argc, char** argv, Arguments... of_files)
      : peer_(peer),
        file_(argument(argc, argv, "--folder", std::filesystem::temp_directory_path().c_str())),
        files_(of_files...) {}

  void run() {
    const Shape reads{.block = 4 * 1024, .in_flight = 32, .operations = 100'000, .done = read_done};
    measure("read4k", reads);
    copy_ = file_.open_copy();
    const Shape blocks{
        .block = 64 * 1024, .in_flight = 8, .operations = Test_File::size / (64 * 1024), .done = to_write};
    measure("copy", blocks);
    Test_File::check_all(copy_);
    close(copy_);
  }

 private:
  using Request = typename Files::Request;
  using Done = void (*)(File_Request&, std::int64_t);
  struct Shape {
    std::size_t block;
    std::size_t in_flight;
    std::int64_t operations;
    Done done;  // of the first part of an operation
  };

  static double cpu_ns() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
  }

  void measure(const char* op, const Shape& shape) {
    shape_ = shape;
    left_ = shape.operations;
    next_ = 0;
    std::vector<char> memory(shape.block * shape.in_flight);
    std::vector<Request> requests(shape.in_flight);
    const auto begin = std::chrono::steady_clock::now();
    const double cpu = cpu_ns();
    for (std::size_t i = 0; i < shape.in_flight; ++i) {
      requests[i].data = memory.data() + i * shape.block;
      requests[i].size = shape.block;
      requests[i].owner = this;
      start(requests[i]);
    }
    files_.run();
    const double used = cpu_ns() - cpu;
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
    require(left_ == 0 && finished(shape), "operations lost");
    report(op, "cpu", "ns", used / static_cast<double>(shape.operations));
    report(op, "throughput", "per_second", static_cast<double>(shape.operations) / time.count());
  }

  bool finished(const Shape& shape) { return std::exchange(finished_, 0) == shape.operations; }

  // An operation begins with a read, at a random block or the next.
  void start(Request& request) {
    if (left_ == 0) return;
    --left_;
    request.fd = file_.fd();
    request.done = shape_.done;
    request.offset = next_offset();
    files_.read(request);
  }

  std::int64_t next_offset() {
    const auto block = static_cast<std::int64_t>(shape_.block);
    if (copy_ < 0)
      return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(Test_File::size / block)) * block;
    return std::exchange(next_, next_ + block);
  }

  static File_Bench& bench_of(File_Request& request) { return *static_cast<File_Bench*>(request.owner); }

  void finish(File_Request& request) {
    ++finished_;
    start(static_cast<Request&>(request));
  }

  static void check_read(const File_Request& request, std::int64_t result) {
    require(result == static_cast<std::int64_t>(request.size), "read");
    Test_File::check(request.data, request.size, request.offset);
  }

  static void read_done(File_Request& request, std::int64_t result) {
    check_read(request, result);
    bench_of(request).finish(request);
  }

  static void to_write(File_Request& request, std::int64_t result) {
    check_read(request, result);
    File_Bench& self = bench_of(request);
    request.fd = self.copy_;
    request.done = [](File_Request& written, std::int64_t size) {
      require(size == static_cast<std::int64_t>(written.size), "write");
      bench_of(written).finish(written);
    };
    self.files_.write(static_cast<Request&>(request));
  }

  void report(const char* op, const char* figure, const char* unit, double value) const {
    std::printf("{\"peer\":\"%s\",\"op\":\"%s/%s\",\"n\":%zu,\"%s\":%.2f}\n", peer_, op, figure, shape_.in_flight, unit,
                value);
    std::fflush(stdout);
  }

  const char* peer_;
  Test_File file_;
  Files files_;
  Shape shape_{};
  std::int64_t left_ = 0;
  std::int64_t finished_ = 0;
  std::int64_t next_ = 0;
  int copy_ = -1;
  std::minstd_rand random_;
};

}  // namespace bench
