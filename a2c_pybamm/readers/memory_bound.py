"""A bound on the memory that a foreign reader may take for a file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ALLOWANCE = 2**30
"""Bytes that reading any file may take beside what the process has (1 GiB)."""
PER_BYTE = 20
"""Bytes of memory that a byte of the file may take: a number in text becomes an object of about four times its size."""


@contextmanager
def memory_bound(size: int) -> Iterator[None]:
    """A stretch of code that gets a ``MemoryError`` where it takes more memory than a file of ``size`` bytes can need.

    A header of a few bytes may announce arrays of gigabytes, which readers of other packages make before they look at what
    follows. The bound is the process's limit of address space, lowered for the moment: Linux keeps to it, other systems
    leave the memory without bound.
    """
    try:
        import resource

        taken = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    except (ImportError, OSError):
        yield
        return
    bound = int(taken + ALLOWANCE + PER_BYTE * size)
    if soft != resource.RLIM_INFINITY and soft <= bound:
        yield
        return
    resource.setrlimit(resource.RLIMIT_AS, (bound, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
