"""What a person declares: coefficients, further errors, factors on the base set's entries, values in their place."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from a2c_pybamm.study.electrode import LARGEST_STD_LN
from a2c_pybamm.study.fields import Number, Section, amount, repeated, unit_of

LARGEST_MEAN_LN = 30.0
"""A mean of a logarithm of 30 is a factor of 1e13: beyond, something other than the base set's entry is meant."""
StdLn = Annotated[Number, Field(ge=0, le=LARGEST_STD_LN)]
MeanLn = Annotated[Number, Field(ge=-LARGEST_MEAN_LN, le=LARGEST_MEAN_LN)]
ROUND_OFF = 1e-8


class Declared(Section):
    """Coefficients that a person vouches for."""

    names: tuple[str, ...] = Field(min_length=1, description="Coefficient names", examples=[["LCO ODH E_a [eV]"]])
    values: tuple[Number, ...] = Field(description="Values in the coefficients' own units", examples=[[0.5]])
    std: tuple[Annotated[Number, Field(ge=0)], ...] | None = Field(None, description="Standard deviations", examples=[[0.1]])
    covariance: tuple[tuple[Number, ...], ...] | None = Field(
        None, description="Or the whole covariance matrix", examples=[[[0.01]]]
    )
    source: str = Field(min_length=1, description="Name of the error's source", examples=["literature"])
    reason: str = Field(description="Where the numbers come from", examples=["mean of three papers"])

    @model_validator(mode="after")
    def _shapes(self) -> Self:
        if (self.std is None) == (self.covariance is None):
            raise ValueError("give either std or covariance")
        if twice := repeated(list(self.names)):
            raise ValueError(f"coefficient {twice} is declared twice; keep one")
        rows = [len(self.values), len(self.std or self.covariance or ()), *(len(row) for row in self.covariance or ())]
        if any(n != len(self.names) for n in rows):
            raise ValueError(f"{len(self.names)} names, but {', '.join(map(str, rows))} values, errors or entries in a row")
        return self


class Systematic(Section):
    """A further error that moves several coefficients together."""

    source: str = Field(min_length=1, description="Name of the error's source", examples=["functional (barriers)"])
    std: dict[str, Number] = Field(
        min_length=1, description="What one standard deviation of it does to each", examples=[{"LCO ODH E_a [eV]": 0.05}]
    )
    reason: str = Field(description="Where it comes from", examples=["PBE barriers against experiment"])


class Scale(Section):
    """Factors on the base set's own numbers or functions, for what no file of the study tells."""

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
    mean: MeanLn | tuple[MeanLn, ...] | None = Field(
        None, description="Mean of the logarithm, a list for parameters; 0 keeps the base set's as the median", examples=[0.0]
    )
    source: str = Field(min_length=1, description="Name of the error's source", examples=["electrolyte (literature)"])
    reason: str = Field(min_length=1, description="Where the numbers come from", examples=["spread of three measurements"])

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.parameter is None) == (not self.parameters):
            raise ValueError("give either parameter or parameters")
        if twice := repeated(list(self.parameters)):
            raise ValueError(f"parameter {twice} is listed twice; keep one")
        if (self.std is None) == (self.covariance is None):
            raise ValueError("give either std or covariance")
        if self.correlation is not None and self.std is None:
            raise ValueError("correlation goes with std; a covariance holds the correlations already")
        n = len(self.keys)
        for name in ("std", "mean"):
            self._check_length(name, n)
        for name in ("correlation", "covariance"):
            matrix = getattr(self, name)
            if matrix is not None and [len(row) for row in matrix] != [n] * n:
                raise ValueError(f"{name} must be {n} rows of {n} numbers, a row for each parameter")
        if self.correlation and any(abs(self.correlation[k][k] - 1) > ROUND_OFF for k in range(n)):
            raise ValueError("correlation of a parameter with itself, on the diagonal, is 1; variances go into covariance")
        return self

    def _check_length(self, name: str, n: int) -> None:
        given = getattr(self, name)
        if given is None or (self.parameter and not isinstance(given, tuple)):
            return
        if self.parameter:
            raise ValueError(f"{name} of one parameter is one number, not a list")
        if not isinstance(given, tuple) or len(given) != n:
            raise ValueError(f"{name} must be a list of {n} numbers, one for each of parameters")

    @property
    def keys(self) -> tuple[str, ...]:
        """PyBaMM's keys."""
        return (self.parameter,) if self.parameter else self.parameters


class Value(Section):
    """A number, with its error, in the place of an entry of the base set."""

    parameter: str = Field(min_length=1, description="PyBaMM's key", examples=["Contact resistance [Ohm]"])
    value: Number = Field(description="Its value, in the unit that the key names", examples=["0.01 Ohm"])
    std: Annotated[Number, Field(ge=0)] = Field(description="Its standard deviation, in that unit", examples=["0.002 Ohm"])
    source: str = Field(min_length=1, description="Name of the error's source", examples=["contact resistance (measured)"])
    reason: str = Field(min_length=1, description="Where the numbers come from", examples=["impedance of five cells"])

    @field_validator("value", "std", mode="before")
    @classmethod
    def _in_the_keys_unit(cls, value: Any, info: ValidationInfo) -> Any:
        # a key that is itself refused has no unit to hold the value to
        return amount(value, unit_of(info.data["parameter"])) if "parameter" in info.data else 0.0
