// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

#include <strata/configurator/Options.h>
#include <strata/connection/Service.h>
#include <strata/proactor/Service_Handler.h>

#include "Files_Request.h"

namespace files {

struct Files_Options {
  strata::Folder root;
  strata::Duration stall_timeout = std::chrono::seconds{30};
  int max_list = 10'000;
  static constexpr auto fields() {
    using strata::field;
    return std::array{
        field<&Files_Options::root>("root", "the folder that is served, and all below it").must(),
        field<&Files_Options::stall_timeout>("stall_timeout", "closes when a peer takes longer for 1 MiB; 0s: never")
            .within(0, strata::Duration{std::chrono::hours{24}}.count()),
        field<&Files_Options::max_list>("max_list", "names that one list reads; the answer tells if there are more")
            .within(1, 100'000)};
  }
};

/// One peer of the file server. It reads a line when the answer to the one before has been taken: a peer that does not
/// read is not read from, and nothing is queued for it but one answer. It knows one open file.
class Files_Session final : public strata::Service_Handler {
 public:
  static constexpr auto first_speaker = strata::First_Speaker::client;
  using Options = Files_Options;

  explicit Files_Session(strata::Service& service) : options_(service.options<Options>()) {}

 private:
  using Verb = Request::Verb;
  static constexpr std::size_t longest_line = 4'200;  ///< a verb, a name, an end

  Result<> open() override { return read(); }
  Result<> handle_read(Completed got) override;
  Result<> handle_write(Completed written) override;
  Result<> handle_done(Completed done) override;
  Result<> handle_failure(Completed failed) override;
  void handle_drain() override;

  Result<> next_request();
  Result<> begin(const Request& request);
  Result<> known(const strata::os::File_Status& status);
  std::size_t most_names() const noexcept { return static_cast<std::size_t>(options_.max_list); }
  Result<> listed(strata::Message_Block& names, bool more);
  Result<> send_piece();
  Result<> answer(std::string text);
  Result<> refuse(std::string_view why);
  Result<> end_request();
  Result<> end_answers(std::error_code why = {});

  const Options& options_;
  std::string input_;  ///< what has come and was not asked yet
  Verb verb_ = Verb::quit;
  strata::os::Unique_Handle file_;
  std::uint64_t sent_ = 0, size_ = 0;  ///< of the file
  bool ended_ = false;                 ///< the peer asks no more
  bool over_ = false;                  ///< nothing is answered any more
  std::error_code why_;                ///< of that
};

}  // namespace files
