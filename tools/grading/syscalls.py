"""Which system calls a notebook may not make: a seccomp filter, as bubblewrap takes it.

It closes two ways out of the limits. With namespaces and mounts of its own, a notebook run as root
could make a larger disk. And some calls make memory that belongs to no process, or that stays when
a process lets go of it, so that nobody who adds up processes would see it.
"""

from __future__ import annotations

import errno
import platform
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

# For each machine: its number in the kernel's audit, and the numbers of the calls (asm/unistd.h).
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
REFUSED = {
    "x86_64": {
        **{"unshare": 272, "setns": 308, "mount": 165, "umount2": 166, "pivot_root": 155},
        **{"memfd_create": 319, "shmget": 29, "semget": 64, "msgget": 68, "bpf": 321},
    },
    "aarch64": {
        **{"unshare": 97, "setns": 268, "mount": 40, "umount2": 39, "pivot_root": 41},
        **{"memfd_create": 279, "shmget": 194, "semget": 190, "msgget": 186, "bpf": 280},
    },
}
REFUSED_EVERYWHERE = {  # younger calls have one number on all machines
    **{"io_uring_setup": 425, "open_tree": 428, "move_mount": 429, "fsopen": 430},
    **{"fsmount": 432, "mount_setattr": 442, "memfd_secret": 447},
}
CLONE = {"x86_64": 56, "aarch64": 220}
MMAP = {"x86_64": 9, "aarch64": 222}
CLONE3 = 435
OF_X32 = 0x4000_0000  # x86_64's calls by other numbers begin here
NEW_NAMESPACES = 0x7E02_0000  # CLONE_NEWNS, -CGROUP, -UTS, -IPC, -USER, -PID, -NET
KIND, SHARED, SHARED_VALIDATE, ANONYMOUS = 0x0F, 0x01, 0x03, 0x20  # flags of mmap

# Where struct seccomp_data has what, and BPF's instructions that are needed (linux/bpf_common.h).
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16
LOAD, AND, RETURN, EQUAL, AT_LEAST, ANY_BIT = 0x20, 0x54, 0x06, 0x15, 0x35, 0x45
ALLOW, REFUSE = 0x7FFF_0000, 0x0005_0000


def missing() -> str:
    """Return why there is no filter for this machine, as a sentence, or ""."""
    machine = platform.machine()
    if machine in ARCHITECTURES:
        return ""
    known = " and ".join(ARCHITECTURES)
    return f"The sandbox knows the system calls of {known}, and this machine is {machine}."


@contextmanager
def as_file() -> Iterator[int]:
    """Put the filter for this machine into a file without a name, and give its descriptor."""
    with tempfile.TemporaryFile() as file:
        file.write(program(platform.machine()))
        file.seek(0)
        yield file.fileno()


def program(machine: str) -> bytes:
    """The filter: every other architecture's calls are refused, then the calls above one by one."""
    refuse, allow = _do(RETURN, REFUSE | errno.EPERM), _do(RETURN, ALLOW)
    lines = [_do(LOAD, ARCHITECTURE), _do(EQUAL, ARCHITECTURES[machine], 1, 0), refuse]
    lines += [_do(LOAD, NUMBER), _do(AT_LEAST, OF_X32, 0, 1), refuse]
    for number in (REFUSED[machine] | REFUSED_EVERYWHERE).values():
        lines += [_do(EQUAL, number, 0, 1), refuse]
    # As if this kernel were older: libc then takes clone, whose flags can be seen from here.
    lines += [_do(EQUAL, CLONE3, 0, 1), _do(RETURN, REFUSE | errno.ENOSYS)]
    lines += [_do(EQUAL, CLONE[machine], 0, 4), _do(LOAD, ARGUMENTS)]
    lines += [_do(ANY_BIT, NEW_NAMESPACES, 0, 1), refuse, allow]
    # Shared memory of no file stays when a process says that it needs it no more.
    lines += [_do(EQUAL, MMAP[machine], 0, 5), _do(LOAD, ARGUMENTS + 3 * 8)]
    lines += [_do(AND, KIND | ANONYMOUS), _do(EQUAL, SHARED | ANONYMOUS, 1, 0)]
    lines += [_do(EQUAL, SHARED_VALIDATE | ANONYMOUS, 0, 1), refuse, allow]
    return b"".join(lines)


def _do(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    """One instruction; `then` and `otherwise` say how many lines it jumps over."""
    return struct.pack("=HBBI", code, then, otherwise, value)
