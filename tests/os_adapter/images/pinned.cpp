// SPDX-License-Identifier: Apache-2.0
// A binary that the loader never unmaps: it defines and uses a unique symbol (STB_GNU_UNIQUE), as g++ makes them for
// static members of templates.
asm(".data\n.globl pinned\n.type pinned, @gnu_unique_object\n.size pinned, 4\npinned: .long 1\n.text");
extern "C" {
extern int pinned;
[[gnu::visibility("default")]] int count_call() { return ++pinned; }
}
