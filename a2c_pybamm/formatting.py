"""Numbers as text, rounded to their error; text of bounded length and without control characters."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence

DIGITS = 2
"""Significant digits of a standard deviation (GUM, JCGM 100:2008, 7.2.6: one or two)."""
PLAIN_RANGE = (1e-4, 1e5)
"""Sizes between which a number is written without a power of ten (the second excluded); ``%g`` has the same lower one."""
SHOWN_LENGTH = 60
"""Characters of a value or name that a message repeats: half a line of a terminal."""
MESSAGE_LENGTH = 200
"""Characters of another library's message, or of one line of a list, that are shown: less than three lines of a terminal."""
SHOWN_ROWS = 12
"""Rows of a table, or entries of a list, that a ``repr`` shows: with its head it fits a terminal of 24 lines."""


def plain(text: str, *, keep: str = "") -> str:
    r"""The text, each control or invisible character as its escape (``\x1b``), but for those in ``keep``."""
    if text.isprintable():
        return text
    shown = (c in keep or c.isprintable() or unicodedata.category(c) == "Zs" for c in text)  # Zs: spaces of any width
    return "".join(c if ok else c.encode("unicode_escape").decode("ascii") for c, ok in zip(text, shown, strict=True))


def capitalised(text: str) -> str:
    """The text with a capital first letter; the others stay, as units and names of variables need."""
    return text[:1].upper() + text[1:]


def cut(text: str, length: int = SHOWN_LENGTH) -> str:
    """The text's first characters, with " …" where there are more than ``length``."""
    return text if len(text) <= length else f"{text[:length]} …"


def message_line(error: BaseException) -> str:
    """The message of an error on one line, `MESSAGE_LENGTH` characters at most."""
    return cut(" ".join(str(error).split()), MESSAGE_LENGTH)


def abbreviated(items: Sequence[str], most: int = SHOWN_ROWS) -> list[str]:
    """The first ``most`` entries of a list, then "… and 12 more" where it has others."""
    return [*items[:most], *([f"… and {len(items) - most} more"] if len(items) > most else [])]


def text_table(rows: Sequence[Sequence[str]], *, heads: Sequence[str] = ()) -> list[str]:
    """Lines of a table with aligned columns, without control characters, cells cut to `SHOWN_LENGTH`; a rule below headings."""
    cells = [[cut(plain(cell)) for cell in row] for row in ([heads, *rows] if heads else rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    return [lines[0], "  ".join("-" * width for width in widths), *lines[1:]] if heads else lines


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
    """A number rounded to the second significant digit of its error; to six significant digits where it has none."""
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


def _power(value: float) -> int:
    return math.floor(math.log10(abs(value)))


def _pair(value: float, error: float, n: int = DIGITS) -> tuple[str, str, str, int]:
    """The number alone, then number, error and power of ten as they are written together."""
    if not (math.isfinite(value) and math.isfinite(error) and error > 0):
        text = significant(value, 6)
        return text, text, "", 0
    size = max(abs(value), error)
    power = 0 if PLAIN_RANGE[0] <= error and size < PLAIN_RANGE[1] else _power(size)
    error = float(f"{error:.{n - 1}e}")
    digits = max(0, n - 1 - _power(error) + power)
    number, spread = f"{value / 10.0**power + 0.0:.{digits}f}", f"{error / 10.0**power:.{digits}f}"
    number = number.removeprefix("-") if float(number) == 0 else number
    return (f"{number}e{power}" if power else number), number, spread, power
