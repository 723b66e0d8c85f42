"""Sections of declared numbers: coefficients, further errors, factors on the base set's entries, values in their place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationInfo

from a2c_pybamm.estimate.canonical_factor import SYMMETRY_TOLERANCE
from a2c_pybamm.study.fields import Factor, MeanLn, Number, Section, StdLn, parse_in_unit, repeated, unit_of


def bounds_mistakes(bounds: tuple[float, float], unit: str = "") -> Iterator[str]:
    """Line on bounds of which the first is not below the second."""
    low, high = bounds
    if not low < high:
        numbers = " to ".join(f"{value:g} {unit}".strip() for value in bounds)
        yield f"bounds run from {numbers}; give the lower one, then the upper one"


class Declared(Section):
    """Coefficients with errors that are declared, not derived."""

    names: tuple[str, ...] = Field(min_length=1, description="Coefficient names", examples=[["LCO ODH E_a [eV]"]])
    values: tuple[Number, ...] | None = Field(
        None, description="Values in the coefficients' own units, beside std or covariance", examples=[[0.5]]
    )
    std: tuple[Annotated[Number, Field(ge=0)], ...] | None = Field(None, description="Standard deviations", examples=[[0.1]])
    covariance: tuple[tuple[Number, ...], ...] | None = Field(
        None, description="Or the whole covariance matrix", examples=[[[0.01]]]
    )
    bounds: tuple[tuple[Number, Number], ...] | None = Field(
        None,
        description="Or the lowest and the highest value of each, between which all are as probable, in the place of values",
        examples=[[[0.4, 0.6]]],
    )
    source: str = Field(min_length=1, description="Name of the error's source", examples=["literature"])
    reason: str = Field(description="Where the numbers come from", examples=["mean of three papers"])

    def _mistakes(self) -> Iterator[str]:
        if twice := repeated(list(self.names)):
            yield f"coefficient {twice} is declared twice; keep one"
        if sum(given is not None for given in (self.std, self.covariance, self.bounds)) != 1:
            yield "give either std or covariance, or bounds"
            return
        if (self.values is None) == (self.bounds is None):
            yield "give values with std or covariance; bounds are given alone, the mean is their middle"
            return
        yield from (line for pair in self.bounds or () for line in bounds_mistakes(pair))
        errors = self.std or self.covariance or self.bounds or ()
        rows = [len(errors if self.values is None else self.values), len(errors), *(len(row) for row in self.covariance or ())]
        if any(n != len(self.names) for n in rows):
            yield (
                f"{len(self.names)} names, but {', '.join(map(str, rows))} values, errors or entries in a row; "
                "give each name its own"
            )


class Systematic(Section):
    """A further error that moves several coefficients together."""

    source: str = Field(min_length=1, description="Name of the error's source", examples=["functional (barriers)"])
    std: dict[str, Number] = Field(
        min_length=1,
        description="Change of each by one standard deviation of it",
        examples=[{"LCO ODH E_a [eV]": 0.05}],
    )
    reason: str = Field(description="Where it comes from", examples=["PBE barriers against experiment"])


class Scale(Section):
    """Factors on the base set's own numbers or functions, for quantities that no file of the study gives."""

    parameter: str | None = Field(
        None, min_length=1, description="PyBaMM's key, or give parameters", examples=["Electrolyte conductivity [S.m-1]"]
    )
    parameters: tuple[str, ...] = Field(
        (),
        description="Several keys whose factors are correlated",
        examples=[["Electrolyte conductivity [S.m-1]", "Electrolyte diffusivity [m2.s-1]"]],
    )
    std: StdLn | tuple[StdLn, ...] | None = Field(
        None, description="Standard deviation of the factor's logarithm, a list for parameters", examples=[0.2, [0.2, 0.2]]
    )
    correlation: tuple[tuple[Number, ...], ...] | None = Field(
        None, description="Correlations of the logarithms, beside std", examples=[[[1.0, 0.8], [0.8, 1.0]]]
    )
    covariance: tuple[tuple[Number, ...], ...] | None = Field(
        None, description="Or their covariance, in the place of std and correlation", examples=[[[0.04, 0.032], [0.032, 0.04]]]
    )
    bounds: tuple[Factor, Factor] | tuple[tuple[Factor, Factor], ...] | None = Field(
        None,
        description="Or the lowest and the highest factor, all logarithms between as probable; pairs for parameters",
        examples=[[0.8, 1.25], [[0.8, 1.25], [0.5, 2.0]]],
    )
    mean: MeanLn | tuple[MeanLn, ...] | None = Field(
        None, description="Mean of the logarithm, a list for parameters; 0 keeps the base set's as the median", examples=[0.0]
    )
    source: str = Field(min_length=1, description="Name of the error's source", examples=["electrolyte (literature)"])
    reason: str = Field(min_length=1, description="Where the numbers come from", examples=["spread of three measurements"])

    def _checks(self) -> tuple[Callable[[], Iterator[str]], ...]:
        return (self._mistakes, self._shape_mistakes, self._bounds_mistakes)

    def _mistakes(self) -> Iterator[str]:
        if (self.parameter is None) == (not self.parameters):
            yield "give either parameter or parameters"
        if twice := repeated(list(self.parameters)):
            yield f"parameter {twice} is listed twice; keep one"
        if sum(given is not None for given in (self.std, self.covariance, self.bounds)) != 1:
            yield "give either std or covariance, or bounds"
        if self.bounds is not None and self.mean is not None:
            yield "mean goes with std or covariance; that of bounds is the middle of their logarithms"
        if self.correlation is not None and self.std is None:
            yield "correlation goes with std; a covariance holds the correlations already"

    def _shape_mistakes(self) -> Iterator[str]:
        if (self.parameter is None) == (not self.parameters):
            return
        n = len(self.keys)
        for name in ("std", "mean"):
            yield from self._length_mistakes(name, n)
        for name in ("correlation", "covariance"):
            matrix = getattr(self, name)
            if matrix is not None and [len(row) for row in matrix] != [n] * n:
                yield f"{name} must be {n} rows of {n} numbers, a row for each parameter"
                return
        if self.correlation and any(abs(self.correlation[k][k] - 1) > SYMMETRY_TOLERANCE for k in range(n)):
            yield "correlation of a parameter with itself, on the diagonal, is 1; variances go into covariance"

    def _bounds_mistakes(self) -> Iterator[str]:
        if self.bounds is None or (self.parameter is None) == (not self.parameters):
            return
        pairs = [pair for pair in self.pairs if isinstance(pair, tuple) and all(isinstance(end, float) for end in pair)]
        if len(pairs) != len(self.keys) or len(pairs) != len(self.pairs):
            yield (
                "bounds of one parameter are two factors"
                if self.parameter
                else f"bounds must be a list of {len(self.keys)} pairs of factors, one for each of parameters"
            )
            return
        yield from (line for pair in pairs for line in bounds_mistakes(pair))

    def _length_mistakes(self, name: str, n: int) -> Iterator[str]:
        values = getattr(self, name)
        if values is None or (self.parameter and not isinstance(values, tuple)):
            return
        if self.parameter:
            yield f"{name} of one parameter is one number, not a list"
        elif not isinstance(values, tuple) or len(values) != n:
            yield f"{name} must be a list of {n} numbers, one for each of parameters"

    @property
    def keys(self) -> tuple[str, ...]:
        """PyBaMM's keys."""
        return (self.parameter,) if self.parameter else self.parameters

    @property
    def pairs(self) -> tuple[Any, ...]:
        """Lowest and highest factor of each parameter; none without bounds."""
        return () if self.bounds is None else (self.bounds,) if self.parameter else self.bounds


def _in_the_keys_unit(value: Any, info: ValidationInfo) -> Any:
    """The number, or each of a list, in the unit of the parameter's key; 0 where the key itself is invalid, and has no unit."""
    parameter = info.data.get("parameter")
    if isinstance(value, list):
        return [_in_the_keys_unit(item, info) for item in value]
    return parse_in_unit(value, unit_of(parameter)) if isinstance(parameter, str) else 0.0


class Value(Section):
    """A number, with its error, in the place of an entry of the base set."""

    parameter: str = Field(min_length=1, description="PyBaMM's key", examples=["Contact resistance [Ohm]"])
    value: Annotated[Number | None, BeforeValidator(_in_the_keys_unit)] = Field(
        None, description="Its value, in the unit that the key names, beside std", examples=["0.01 Ohm"]
    )
    std: Annotated[Annotated[Number, Field(ge=0)] | None, BeforeValidator(_in_the_keys_unit)] = Field(
        None, description="Its standard deviation, in that unit", examples=["0.002 Ohm"]
    )
    bounds: Annotated[tuple[Number, Number] | None, BeforeValidator(_in_the_keys_unit)] = Field(
        None,
        description="Or its lowest and highest value, in that unit, between which all are as probable",
        examples=[["0.008 Ohm", "0.012 Ohm"]],
    )
    source: str = Field(min_length=1, description="Name of the error's source", examples=["contact resistance (measured)"])
    reason: str = Field(min_length=1, description="Where the numbers come from", examples=["impedance of five cells"])

    def _mistakes(self) -> Iterator[str]:
        from a2c_pybamm.parameter_set import value_error

        if (self.value is None) != (self.std is None) or (self.std is None) == (self.bounds is None):
            yield "give value and std, or bounds alone"
            return
        if self.bounds:
            yield from bounds_mistakes(self.bounds, unit_of(self.parameter))
        for value in [self.value] if self.value is not None else self.bounds or ():
            if reason := value_error(self.parameter, value):
                yield reason
