"""A cell's settings checked by themselves, where there is no parameter set to build it from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pybamm

from a2c_pybamm.cell.declared_outputs import DeclaredOutput
from a2c_pybamm.cell.outputs import Outputs
from a2c_pybamm.cell.protocol import Protocol, as_protocol, validate_direction
from a2c_pybamm.cell.pybamm_model import build_model, building, described, known_variables
from a2c_pybamm.parameter_set import BaseSet, base_values, kind_options


def setting_mistakes(
    base: str | BaseSet | None,
    *,
    model: str,
    options: Mapping[str, Any],
    protocol: Any,
    c_rate: float,
    soc: float | None,
    outputs: Sequence[str | DeclaredOutput] | None,
) -> Iterator[ValueError]:
    """Errors of `Cell` that do not depend on its set, each by itself: model and options, protocol, outputs, base entries.

    Without a valid base set its entries are not checked.
    """
    results: list[Any] = []

    def attempt(check: Callable[[], Any]) -> Iterator[ValueError]:
        try:
            results.append(check())
        except ValueError as error:
            results.append(None)
            yield error

    yield from attempt(lambda: build_model(model, options))
    yield from attempt(lambda: _protocol(protocol, c_rate, soc))
    built, steps = results
    if steps is not None:
        yield from attempt(lambda: Outputs.of(outputs, steps))
    wanted = results[2] if len(results) > 2 else None
    if built is not None and wanted is not None:
        yield from attempt(lambda: known_variables(model, built, wanted.needs, wanted.along_time))
    if built is not None and base is not None:
        yield from attempt(lambda: _build_alone(base, model, options))


def _protocol(protocol: Any, c_rate: float, soc: float | None) -> Protocol:
    made = as_protocol(protocol, c_rate)
    validate_direction(made, made.default_soc if soc is None else soc)
    return made


def _build_alone(base: str | BaseSet, model: str, options: Mapping[str, Any]) -> None:
    """Build a model from a base set as it is."""
    values = base_values(base)
    with building(described(model, options), base):
        pybamm.Simulation(build_model(model, {**kind_options(values), **options}), parameter_values=values).build()
