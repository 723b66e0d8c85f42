"""A base set's function times a law's factor, one function for each number of arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def factor_of_one(a: Any, base: Any, law: Any, c: Any) -> Any:
    """A base set's function of one argument times a law's factor.

    One function for each number of arguments: PyBaMM reads their names when it writes a set to JSON.
    """
    return law.factor(c) * base(a)


def factor_of_two(a: Any, b: Any, base: Any, law: Any, c: Any) -> Any:
    """A base set's function of two arguments times a law's factor."""
    return law.factor(c) * base(a, b)


def factor_of_three(a: Any, b: Any, d: Any, base: Any, law: Any, c: Any) -> Any:
    """A base set's function of three arguments times a law's factor."""
    return law.factor(c) * base(a, b, d)


def factor_of_four(a: Any, b: Any, d: Any, e: Any, base: Any, law: Any, c: Any) -> Any:
    """A base set's function of four arguments times a law's factor."""
    return law.factor(c) * base(a, b, d, e)


FACTORS: dict[int, Callable[..., Any]] = {1: factor_of_one, 2: factor_of_two, 3: factor_of_three, 4: factor_of_four}
