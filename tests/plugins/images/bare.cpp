// SPDX-License-Identifier: Apache-2.0
// A shared library like any other, and no plugin.
extern "C" [[gnu::visibility("default")]] int answer() { return 42; }
