"""Formulas of laws as Python source: expressions that record the operations on them, and the lines that compute them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from a2c_pybamm.laws import complementary_error_function, interpolate, invert

TIGHTEST_BINDING = 5
"""Binding of a name, a number or a call, tighter than that of any operator."""
PRECEDENCE: dict[str, tuple[int, ...]] = {"-{0}": (3, 3), "{0} ** {1}": (4, TIGHTEST_BINDING, 3)}
PRECEDENCE |= {"{0} + {1}": (1, 1, 2), "{0} - {1}": (1, 1, 2), "{0} * {1}": (2, 2, 3), "{0} / {1}": (2, 2, 3)}
"""Binding strength of an operator, and that from which each operand needs no brackets."""
TEMPLATES: dict[np.ufunc, str] = {np.negative: "-{0}", np.power: "{0} ** {1}"}
TEMPLATES |= {np.add: "{0} + {1}", np.subtract: "{0} - {1}", np.multiply: "{0} * {1}", np.divide: "{0} / {1}"}
TEMPLATES |= {
    f: f"np.{f.__name__}({{0}})"
    for f in (np.exp, np.log, np.log10, np.sqrt, np.sin, np.cos, np.sinh, np.cosh, np.tanh, np.arcsinh, np.arctan)
}
TEMPLATES |= {f: f"np.{f.__name__}({{0}}, {{1}})" for f in (np.maximum, np.minimum)}
TEMPLATES |= {np.greater: "({0} > {1})", np.less: "({0} < {1})"}
"""Operations that a law may use: those that PyBaMM's symbols have under numpy's names."""
LONGEST_OPERANDS = 90
"""Characters of all operands together, above which the longest get lines to themselves."""


@dataclass(eq=False)
class Tables:
    """Tables of a module by content, each once."""

    names: dict[tuple[float, ...], str] = field(default_factory=dict)

    def name(self, values: tuple[float, ...]) -> str:
        return self.names.setdefault(tuple(map(float, values)), f"TABLE_{len(self.names) + 1}")


@dataclass(eq=False)
class Recording:
    """The operations of one formula in the order they were made, like ones once."""

    tables: Tables
    rows: dict[tuple[str, tuple[int, ...]], int] = field(default_factory=dict)
    """Template and operands (positions of earlier rows), with the position of each row."""

    def add(self, template: str, *operands: Any) -> Expression:
        key = (template, tuple(self._position(operand) for operand in operands))
        return Expression(self, self.rows.setdefault(key, len(self.rows)))

    def _position(self, operand: Any) -> int:
        if isinstance(operand, Expression):
            if operand.recording is not self:
                raise ValueError("it mixes expressions of two formulas")
            return operand.position
        return self.add(_literal(operand)).position


def _literal(value: Any) -> str:
    """Source text of a number, exact."""
    if np.ndim(value) or isinstance(value, complex | np.complexfloating):
        raise ValueError("it combines a coefficient, composition or temperature with an array; write sums out")
    number = value.item() if isinstance(value, np.generic | np.ndarray) else value
    if not math.isfinite(number):
        raise ValueError(f"it contains the number {number}, which is not finite")
    return repr(number)


@dataclass(frozen=True, eq=False)
class Expression(np.lib.mixins.NDArrayOperatorsMixin):
    """A coefficient, a composition, a temperature, or a formula of them."""

    recording: Recording
    position: int

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **settings: Any) -> Any:
        if method != "__call__" or settings or ufunc not in TEMPLATES:
            raise ValueError(f"it uses numpy's {ufunc.__name__}, for which PyBaMM's symbols have nothing")
        plain = _without_effect(ufunc, inputs)
        return self.recording.add(TEMPLATES[ufunc], *inputs) if plain is None else plain

    def __bool__(self) -> bool:
        raise ValueError("it branches on the truth of an expression; a formula has no branches")


def _without_effect(ufunc: np.ufunc, inputs: tuple[Any, ...]) -> Any:
    """Value of a sum with 0, a product with 0 or 1, or a power of 0 or 1; None where an operation has to be written."""
    if len(inputs) != 2:
        return None
    left, right = (None if isinstance(x, Expression) or np.ndim(x) else x for x in inputs)
    if (ufunc in (np.add, np.subtract) and right == 0) or (ufunc in (np.multiply, np.divide, np.power) and right == 1):
        return inputs[0]
    if (ufunc is np.add and left == 0) or (ufunc is np.multiply and left == 1):
        return inputs[1]
    if (ufunc is np.multiply and 0 in (left, right)) or (ufunc is np.divide and left == 0):
        return 0.0
    return 1.0 if ufunc is np.power and right == 0 else None


@interpolate.register(Expression)
def _interpolate_expression(x: Expression, grid: tuple[float, ...], values: tuple[float, ...]) -> Expression:
    tables = x.recording.tables
    return x.recording.add(f"spline({{0}}, {tables.name(grid)}, {tables.name(values)})", x)


@complementary_error_function.register(Expression)
def _error_function_expression(x: Expression) -> Expression:
    return x.recording.add("pybamm.erfc({0})", x)


@invert.register(Expression)
def _invert_expression(x: Expression, voltages: Sequence[Any], widths: Sequence[Any], fractions: Sequence[Any]) -> Expression:
    operands = (x, *voltages, *widths, *fractions)
    return x.recording.add(f"site_voltage({', '.join(f'{{{k}}}' for k in range(len(operands)))})", *operands)


def formula_lines(result: Any) -> list[str]:
    """Assignments and the return statement that compute an expression; what is used more than once gets a name."""
    if not isinstance(result, Expression):
        return [f"return {_literal(result)}"]
    rows = list(result.recording.rows)
    uses = dict.fromkeys([result.position], 1)
    for position in range(result.position, -1, -1):  # operands stand before what is made of them
        for operand in rows[position][1] if position in uses else ():
            uses[operand] = uses.get(operand, 0) + 1
    lines: list[str] = []
    written: dict[int, tuple[str, int]] = {}

    def name(position: int) -> None:
        lines.append(f"v{len(lines) + 1} = {written[position][0]}")
        written[position] = f"v{len(lines)}", TIGHTEST_BINDING

    for position in sorted(uses):
        template, operands = rows[position]
        longest = sorted(operands, key=lambda operand: len(written[operand][0]), reverse=True)
        for operand in longest:
            total = sum(len(written[other][0]) for other in set(operands))
            if total > LONGEST_OPERANDS and rows[operand][1] and not written[operand][0].isidentifier():
                name(operand)
        written[position] = _write(template, [written[operand] for operand in operands])
        if uses[position] > 1 and (operands or template.startswith("c[")):
            name(position)
    return [*lines, f"return {written[result.position][0]}"]


def _write(template: str, operands: list[tuple[str, int]]) -> tuple[str, int]:
    """Text of an operation on written operands, brackets where they are needed, and how tightly it binds."""
    if not operands:
        return template, 3 if template.startswith("-") else TIGHTEST_BINDING
    binding, *needed = PRECEDENCE.get(template, (TIGHTEST_BINDING, *(0 for _ in operands)))
    texts = (text if binds >= least else f"({text})" for (text, binds), least in zip(operands, needed, strict=True))
    return template.format(*texts), binding
