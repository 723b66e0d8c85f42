"""Inputs of PyBaMM's model for samples of coefficients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from a2c_pybamm.estimate import Array
from a2c_pybamm.parameter_set import ParameterSet


@dataclass(frozen=True, eq=False)
class SampleInputs:
    """The set's inputs, sorted into coefficients of the samples, constants at their mean, and derived inputs."""

    parameter_set: ParameterSet
    names: tuple[str, ...]
    """Coefficients that the simulation depends on: the columns of samples."""
    columns: list[int]
    """Their places in the joint."""
    constants: Mapping[str, float]
    """Means of coefficients that the model requires a value of without depending on it."""
    derived: tuple[int, ...]
    """Places of the derived inputs that the model requires, among the set's inputs."""

    @classmethod
    def of(cls, parameter_set: ParameterSet, active: set[str], required: set[str]) -> SampleInputs:
        """Inputs of a model whose results depend on ``active`` inputs, and that requires values of further ones."""
        joint, inputs = parameter_set.joint, parameter_set.input_names
        coefficients = set(active)
        for law in parameter_set.deriving_laws:
            coefficients |= set(law.names) if active & set(law.derived_names) else set()
        names = tuple(name for name in joint.names if name in coefficients)
        mean = dict(zip(joint.names, map(float, joint.mean), strict=True))
        constants = {name: mean[name] for name in joint.names if name in required - coefficients}
        derived = tuple(k for k, name in enumerate(inputs) if k >= len(joint.names) and name in required)
        return cls(parameter_set, names, joint.rows(names), constants, derived)

    @property
    def mean(self) -> Array:
        """The joint's mean (1, n_coefficient) as one sample."""
        return self.parameter_set.joint.mean[self.columns][None]

    @property
    def std(self) -> Array:
        """Standard deviations (n_coefficient,)."""
        return self.parameter_set.joint.std[self.columns]

    def as_samples(self, samples: Array) -> Array:
        """Samples as floats (n_sample, n_coefficient); a single one (n_coefficient,) becomes a row."""
        samples = np.atleast_2d(np.asarray(samples, float))
        if samples.shape[1] != len(self.names):
            raise ValueError(f"cell: samples have {samples.shape[1]} columns for {len(self.names)} coefficients")
        return samples

    def all_coefficients(self, samples: Array) -> Array:
        """Samples with all the joint's coefficients (n_sample, n_joint), the others at their means."""
        rows = np.tile(self.parameter_set.joint.mean, (len(samples), 1))
        rows[:, self.columns] = samples
        return rows

    def with_derived(self, samples: Array) -> Array:
        """Samples with all coefficients and derived inputs (n_sample, n_input)."""
        return self.parameter_set.with_derived(self.all_coefficients(samples))

    def of_model(self, samples: Array, state: Mapping[str, Array]) -> list[dict[str, float]]:
        """PyBaMM's inputs for each sample; ``state`` are those of its initial state (n_sample,) by name."""
        further = {name: values.tolist() for name, values in state.items()}
        if self.derived:
            complete = self.with_derived(samples)
            further |= {self.parameter_set.input_names[k]: complete[:, k].tolist() for k in self.derived}
        return [
            {
                **self.constants,
                **dict(zip(self.names, row, strict=True)),
                **{name: values[k] for name, values in further.items()},
            }
            for k, row in enumerate(samples.tolist())
        ]
