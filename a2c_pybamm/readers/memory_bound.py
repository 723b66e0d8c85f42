"""A bound on the memory that a foreign reader may take for a file."""

from __future__ import annotations

from pathlib import Path

try:
    import resource
except ImportError:  # Windows: no bound
    resource = None  # type: ignore[assignment]


class MemoryBound:
    """Stretches of code that get a ``MemoryError`` where they take more memory than a file of ``size`` bytes can need.

    A header of a few bytes may announce arrays of gigabytes, which readers of other packages make before they read what
    follows. The bound is the process's limit of address space, lowered within ``with`` and set back behind it; it counts from
    what the process has. Linux keeps to it, other systems leave the memory without bound.

    Parameters
    ----------
    size
        Bytes of the file.
    allowed_bytes
        Bytes that reading any file may take beside what the process has (1 GiB).
    bytes_per_byte
        Bytes of memory that a byte of the file may take: a number in text becomes an object of about four times its size.
    measured_every
        Stretches of code from one measurement of the process's memory to the next, which takes as long as reading a small
        frame.
    """

    def __init__(self, size: int, *, allowed_bytes: int = 2**30, bytes_per_byte: int = 20, measured_every: int = 100) -> None:
        self._allowed = allowed_bytes + bytes_per_byte * size
        self._measured_every = measured_every
        self._bound = 0
        self._n = 0

    def __enter__(self) -> None:
        if self._n % self._measured_every == 0:
            taken = _address_space()
            self._bound = taken + self._allowed if taken else 0
        self._n += 1
        if self._bound:
            self._before = soft, hard = resource.getrlimit(resource.RLIMIT_AS)
            if soft == resource.RLIM_INFINITY or soft > self._bound:
                resource.setrlimit(resource.RLIMIT_AS, (self._bound, hard))

    def __exit__(self, *_: object) -> None:
        if self._bound:
            resource.setrlimit(resource.RLIMIT_AS, self._before)


def _address_space() -> int:
    """Bytes of address space that the process has; 0 where that is not known."""
    if resource is None:
        return 0
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    except OSError:
        return 0
