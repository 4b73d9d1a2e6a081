// SPDX-License-Identifier: Apache-2.0
// An echo of messages of one size whose handler burns or blocks first, as the message's first byte says.
#include <array>
#include <chrono>
#include <cstddef>

#include <strata/configurator/Options.h>
#include <strata/configurator/Service.h>
#include <strata/connection/Acceptor.h>
#include <strata/connection/Svc_Handler.h>

#include "common/Work.h"

class Work final : public strata::Svc_Handler {
 public:
  struct Options {
    int size = 64;
    strata::Duration burn = std::chrono::microseconds{100};
    strata::Duration block = std::chrono::milliseconds{10};
    static constexpr auto fields() {
      return std::array{strata::field<&Options::size>("size", "bytes of a message").within(1, 4096),
                        strata::field<&Options::burn>("burn", "CPU time of a message that begins with b"),
                        strata::field<&Options::block>("block", "time a message that begins with s blocks")};
    }
  };

  explicit Work(strata::Service& service) : options_(service.options<Options>()) {}

 private:
  Result<> handle_data(Bytes data) override {
    const auto size = static_cast<std::size_t>(options_.size);
    const std::size_t whole = data.size() - data.size() % size;
    for (std::size_t at = 0; at < whole; at += size) work(static_cast<bench::Mark>(data[at]));
    const Result<> sent = put(data.first(whole));
    return sent ? unread(data.subspan(whole)) : sent;
  }

  void work(bench::Mark mark) const {
    if (mark == bench::Mark::burn) bench::burn(options_.burn);
    if (mark == bench::Mark::block) bench::block(options_.block);
  }

  Options options_;
};
STRATA_SERVICE(Acceptor<Work>, "work")
