# SPDX-License-Identifier: Apache-2.0
"""Whether this machine lets a process have an io_uring, and how a process is forbidden it, as containers do."""
import ctypes
import functools
import os

SETUP, ENTER, REGISTER = 425, 426, 427  # the same numbers on every architecture (syscalls since Linux 5.1)
libc = ctypes.CDLL(None, use_errno=True)


@functools.cache
def allowed():
    """Asked of the kernel itself: a ring is set up, with IORING_SETUP_SUBMIT_ALL (Linux 5.18), and entered."""
    parameters = (ctypes.c_uint32 * 30)(0, 0, 1 << 7)  # struct io_uring_params; the third is `flags`
    ring = libc.syscall(SETUP, 1, parameters)
    if ring < 0:
        return False
    entered = libc.syscall(ENTER, ring, 0, 0, 0, None, 0)
    os.close(ring)
    return entered == 0


class Filter(ctypes.Structure):
    """struct sock_filter: linux/filter.h"""
    _fields_ = [("code", ctypes.c_uint16), ("jt", ctypes.c_uint8), ("jf", ctypes.c_uint8), ("k", ctypes.c_uint32)]


class Program(ctypes.Structure):
    """struct sock_fprog"""
    _fields_ = [("length", ctypes.c_uint16), ("filters", ctypes.POINTER(Filter))]


def forbidding(call, error):
    """For Popen's preexec_fn: from then on `call` fails with `error` (seccomp(2)); needs no rights."""
    load, jump_if_equal, give = 0x20, 0x15, 0x06  # BPF_LD|BPF_W|BPF_ABS, BPF_JMP|BPF_JEQ|BPF_K, BPF_RET|BPF_K
    filters = (Filter * 4)((load, 0, 0, 0), (jump_if_equal, 0, 1, call), (give, 0, 0, 0x00050000 | error),
                           (give, 0, 0, 0x7fff0000))  # SECCOMP_RET_ERRNO, SECCOMP_RET_ALLOW
    program = Program(len(filters), filters)

    def install():
        no_new_privileges, set_seccomp, mode_filter = 38, 22, 2
        if libc.prctl(no_new_privileges, 1, 0, 0, 0) or libc.prctl(set_seccomp, mode_filter, ctypes.byref(program)):
            raise OSError(ctypes.get_errno(), "prctl")

    return install
