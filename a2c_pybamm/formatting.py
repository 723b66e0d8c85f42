"""Numbers as text, rounded to their error; text without effect on what shows it."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence

DIGITS = 2
"""Significant digits of a standard deviation."""
PLAIN_RANGE = (1e-4, 1e5)
"""Numbers are written without a power of ten between these."""
HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
"""Unicode categories of what steers a terminal or cannot be seen: control codes, formats (bidi), surrogates, ends of lines."""


def plain(text: str, *, keep: str = "") -> str:
    r"""The text, each character that steers a terminal or cannot be seen as its escape (``\x1b``), but for ``keep``."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c in keep or unicodedata.category(c) not in HIDDEN else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def significant(value: float, digits: int = DIGITS + 1) -> str:
    """A number with so many significant digits, trailing zeros kept; "–" where there is none."""
    if not math.isfinite(value):
        return "–" if math.isnan(value) else ("∞" if value > 0 else "-∞")
    if value == 0:
        return "0"
    if not PLAIN_RANGE[0] <= abs(value) < PLAIN_RANGE[1]:
        return f"{value:.{digits - 1}e}"
    rounded = float(f"{value:.{digits - 1}e}")  # 9.996 becomes 10.0, one digit more before the point
    return f"{rounded:.{max(0, digits - 1 - _power(rounded))}f}"


def to_error(value: float, error: float) -> str:
    """A number rounded to the second significant digit of its error; to six digits where it has none."""
    return _pair(value, error)[0]


def with_error(value: float, error: float, *, digits: int = DIGITS) -> str:
    """A number with its error, both to that many significant digits of it: "4.012 ± 0.051", "(1.23 ± 0.12)e-14"."""
    number, spread, power = _pair(value, error, digits)[1:]
    if not spread:
        return to_error(value, error)
    return f"({number} ± {spread})e{power}" if power else f"{number} ± {spread}"


def percent(fraction: float) -> str:
    """A fraction in per cent, two significant digits."""
    if not math.isfinite(fraction):
        return significant(fraction)
    return f"{float(f'{100 * fraction:.1e}'):g} %"


def text_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Cells in columns as text, the first to the left and the others to the right; lines where a heading ends."""
    cells = [[plain(cell) for cell in row] for row in (heads, *rows)]
    widths = [max(len(row[k]) for row in cells) for k in range(len(heads))]

    def line(row: Sequence[str]) -> str:
        first, *others = row
        right = (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
        return "  ".join([first.ljust(widths[0]), *right]).rstrip()

    return "\n".join([line(cells[0]), "  ".join("-" * w for w in widths), *map(line, cells[1:])])


def _power(value: float) -> int:
    return math.floor(math.log10(abs(value)))


def _pair(value: float, error: float, n: int = DIGITS) -> tuple[str, str, str, int]:
    """Number by itself, then number, error and power of ten as they stand together."""
    if not (math.isfinite(value) and math.isfinite(error) and error > 0):
        own = significant(value, 6)
        return own, own, "", 0
    size = max(abs(value), error)
    power = 0 if PLAIN_RANGE[0] <= error and size < PLAIN_RANGE[1] else _power(size)
    error = float(f"{error:.{n - 1}e}")
    digits = max(0, n - 1 - _power(error) + power)
    number, spread = f"{value / 10.0**power + 0.0:.{digits}f}", f"{error / 10.0**power:.{digits}f}"
    number = number.removeprefix("-") if float(number) == 0 else number
    return (f"{number}e{power}" if power else number), number, spread, power
