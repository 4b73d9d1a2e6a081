// SPDX-License-Identifier: Apache-2.0
// A binary that needs what nobody has.
extern "C" {
int nobody_defines_this();
[[gnu::visibility("default")]] int count_call() { return nobody_defines_this(); }
}
