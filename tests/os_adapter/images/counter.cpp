// SPDX-License-Identifier: Apache-2.0
// A binary to load: it counts its own calls, so that two copies of it can be told apart.
extern "C" {
[[gnu::visibility("default")]] int count_call() {
  static int calls = 0;
  return ++calls;
}
}
