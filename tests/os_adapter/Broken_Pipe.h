// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>
#include <thread>

namespace strata_test {

/// Runs `body` in a thread that SIGPIPE would end, and the process with it.
template <class Body>
void where_a_broken_pipe_kills(Body body) {
  std::thread{[&body] {
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_UNBLOCK, &pipe, nullptr);
    body();
  }}.join();
}

}  // namespace strata_test
