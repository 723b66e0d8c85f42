"""A host that separates into phases: plateaus in the place of concave stretches of its free energy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from a2c_pybamm.constants import FARADAY
from a2c_pybamm.laws.law import COMPLEX_STEP, Coefficients, Count, coefficient, material_name
from a2c_pybamm.laws.thermodynamics.free_energy import FreeEnergy, PhaseForming
from a2c_pybamm.laws.thermodynamics.ion import ion_of
from a2c_pybamm.laws.thermodynamics.phases import END_WIDTH, Gaps, branch, gaps
from a2c_pybamm.schema import conform_fields

Array = NDArray[np.float64]


class PlateauNames(NamedTuple):
    """Names of the derived inputs of one plateau."""

    low: str
    high: str
    voltage: str
    entropic_change: str


@dataclass(frozen=True)
class TwoPhase(FreeEnergy):
    r"""A free energy with common tangents: between two coexisting compositions the voltage is that of the plateau.

    .. math::
        U(x) = \begin{cases} U_k & a_k < x < b_k \\ -\frac1{zF}\left(\frac{\partial g}{\partial x} - \mu_\mathrm{M}\right)
        & \text{elsewhere}\end{cases} \qquad
        \mu(a_k) = \mu(b_k) = \frac{g(b_k) - g(a_k)}{b_k - a_k}

    The compositions, voltages and entropic changes of its plateaus are *derived inputs*: numbers that follow from a sample's
    coefficients, computed for every sample anew and handed to PyBaMM beside them. ``branch`` takes instead of the equilibrium
    the metastable curve up to the spinodal, as it is followed on lithiation or delithiation (hysteresis).

    Plateaus are those at the law's reference temperature, and their compositions are kept at others; the
    voltage of a plateau follows by its entropic change, to first order. Inside a gap the thermodynamic factor is zero: a
    diffusivity there is declared (``across_gaps``), not derived.

    ============================  ========================================  ======
    derived input                 name                                      unit
    ============================  ========================================  ======
    :math:`a_k`                   ``<m> gap <k> low [1]``                   1
    :math:`b_k`                   ``<m> gap <k> high [1]``                  1
    :math:`U_k`                   ``<m> gap <k> voltage [V]``               V
    :math:`\partial_T U_k`        ``<m> gap <k> entropic change [V.K-1]``   V/K
    ============================  ========================================  ======

    References
    ----------
    Gibbs, Trans. Conn. Acad. 3, 108 (1876): common tangents; Dreyer et al., Nature Mater. 9, 448 (2010): the two branches.
    """

    free_energy: PhaseForming
    gaps: Count = 1
    """Plateaus that the set has room for."""
    branch: Literal["equilibrium", "lithiation", "delithiation"] = "equilibrium"
    kind: ClassVar[str] = "two-phase"

    def __post_init__(self) -> None:
        conform_fields(self, name=self.kind)
        if self.gaps < 1:
            raise ValueError(f"{self.material}: room for {self.gaps} gaps; give at least one, or take the free energy itself")

    @property
    def material(self) -> str:
        """First word of the coefficients."""
        return material_name(self.free_energy)

    @property
    def ion(self) -> str:
        """Symbol of the ion of the free energy."""
        return ion_of(self.free_energy).symbol

    @property
    def reference_temperature(self) -> float:
        """Temperature [K] of the plateaus."""
        return float(self.free_energy.reference_temperature)

    @property
    def names(self) -> tuple[str, ...]:
        return self.free_energy.names

    @cached_property
    def _plateau_names(self) -> tuple[PlateauNames, ...]:
        stem = "gap" if self.branch == "equilibrium" else f"{self.branch} plateau"
        return tuple(
            PlateauNames(
                coefficient(self.material, f"{stem} {k} low", "1"),
                coefficient(self.material, f"{stem} {k} high", "1"),
                coefficient(self.material, f"{stem} {k} voltage", "V"),
                coefficient(self.material, f"{stem} {k} entropic change", "V.K-1"),
            )
            for k in range(1, self.gaps + 1)
        )

    @property
    def derived_names(self) -> tuple[str, ...]:
        """Names of the numbers that follow from the coefficients of each sample."""
        return tuple(name for names in self._plateau_names for name in names)

    def plateaus(self, c: Coefficients) -> Gaps:
        """All plateaus of the samples at the reference temperature, whether there is room for them or not."""
        if self.branch == "equilibrium":
            return gaps(self.free_energy, c, self.reference_temperature)
        return branch(self.free_energy, c, self.reference_temperature, lithiation=self.branch == "lithiation")

    def derive(self, c: Coefficients, plateaus: Gaps | None = None) -> dict[str, Array]:
        """The derived inputs by name (n_sample,); a plateau that a sample does not have lies between a point and itself.

        Of more plateaus than there is room for the widest are taken; `untreated` lists such samples. ``plateaus`` are those of
        the same coefficients where they are known already.
        """
        sized = (plateaus or self.plateaus(c)).sized(self.gaps)
        columns = {name: np.atleast_1d(np.asarray(c[name], float)).reshape(-1) for name in self.names}
        absent = ~np.isfinite(sized.low)
        point = np.where(absent[:, [0]], 0.5, sized.low[:, [0]])
        low, high = (np.where(absent, point, side) for side in (sized.low, sized.high))
        numbers = (sized.voltage, self._entropic_changes(columns, sized))
        values = (low, high, *(np.where(absent, 0.0, number) for number in numbers))
        return {
            name: value[:, k] for k, names in enumerate(self._plateau_names) for name, value in zip(names, values, strict=True)
        }

    def untreated(self, c: Coefficients, plateaus: Gaps | None = None) -> dict[int, str]:
        """Samples that the plateaus do not treat, each with the reason: too many of them, or one from end to end."""
        every = plateaus or self.plateaus(c)
        plural = "gaps" if self.branch == "equilibrium" else f"{self.branch} plateaus"
        reasons = {
            int(k): f"{self.material} has {every.count[k]} {plural}, more than the {self.gaps} that the set has room for"
            for k in np.flatnonzero(every.count > self.gaps)
        }
        complete = ((every.low <= END_WIDTH) & (every.high >= 1 - END_WIDTH)).any(axis=1)
        text = f"{self.material} separates from empty to full: neither phase takes or gives ions"
        return {int(k): text for k in np.flatnonzero(complete)} | reasons

    def _entropic_changes(self, columns: dict[str, Array], plateaus: Gaps) -> Array:
        r""":math:`\partial U_k/\partial T` (n_sample, n_gap): of the tangent at fixed compositions, or at the spinodal."""
        c = {name: column[:, None] for name, column in columns.items()}
        T = self.reference_temperature
        if self.branch == "equilibrium":
            # the tangent touches where its slope does not change with its ends
            warm, charge = T + 1j * COMPLEX_STEP, self.valence * FARADAY
            with np.errstate(invalid="ignore"):
                low, high = (self.free_energy.free_energy(c, x, warm).imag for x in (plateaus.low, plateaus.high))
                return np.asarray(-(high - low) / COMPLEX_STEP / (plateaus.high - plateaus.low) / charge)
        start = plateaus.low if self.branch == "lithiation" else plateaus.high
        with np.errstate(invalid="ignore"):
            return np.asarray(self.free_energy.entropic_change(c, start, T))

    def _with_derived(self, c: Coefficients) -> Coefficients:
        """Coefficients with the derived inputs, computed here where they are not given."""
        if self._plateau_names[0].low in c:
            return c
        if any(np.iscomplexobj(c[name]) for name in self.names):
            raise ValueError(
                f"{self.material}: plateaus have no complex form; differentiate by the coefficients by differences"
            )
        shape = np.broadcast_shapes(*(np.shape(c[name]) for name in self.names))
        return {**c, **{name: value.reshape(shape)[()] for name, value in self.derive(c).items()}}

    def _bridged(self, c: Coefficients, x: Any, value: Any, plateau: Callable[[PlateauNames], Any]) -> Any:
        """A curve with the number of each plateau in its place."""
        for names in self._plateau_names:
            inside = (x > c[names.low]) * (x < c[names.high])
            value = value + inside * (plateau(names) - value)
        return value

    def open_circuit_voltage(self, c: Coefficients, x: Any, T: Any) -> Any:
        """Voltage against the ion's metal [V]."""
        c = self._with_derived(c)
        warming = T - self.reference_temperature

        def plateau(names: PlateauNames) -> Any:
            return c[names.voltage] + warming * c[names.entropic_change]

        return self._bridged(c, x, self.free_energy.open_circuit_voltage(c, x, T), plateau)

    def entropic_change(self, c: Coefficients, x: Any, T: Any) -> Any:
        """Its derivative by temperature [V.K-1]."""
        c = self._with_derived(c)
        return self._bridged(c, x, self.free_energy.entropic_change(c, x, T), lambda names: c[names.entropic_change])

    def thermodynamic_factor(self, c: Coefficients, x: Any, T: Any) -> Any:
        r""":math:`\Theta`, zero inside a gap."""
        c = self._with_derived(c)
        factor = self.free_energy.thermodynamic_factor(c, x, T)
        for names in self._plateau_names:
            factor = factor * (1 - (x > c[names.low]) * (x < c[names.high]))
        return factor

    def across_gaps(self, c: Coefficients, x: Any, diffusivity: Callable[[Coefficients, Any], Any], factor: Any) -> Any:
        """A diffusivity outside gaps; inside, the logarithms at both ends joined by a line, times a declared factor.

        ``diffusivity`` is a function of coefficients and composition that is positive wherever the host is stable.
        """
        c = self._with_derived(c)
        value = diffusivity(c, x)
        for names in self._plateau_names:
            low, high = c[names.low], c[names.high]
            # a phase that lies at an end has no diffusivity: the other's stands for both
            a, b = low + (low < END_WIDTH) * (high - low), high - (high > 1 - END_WIDTH) * (high - low)
            inside = (x > low) * (x < high)
            share = inside * (x - low) / (high - low + 1e-12)  # an absent plateau has no width
            joined = diffusivity(c, a) ** (1 - share) * diffusivity(c, b) ** share * factor
            value = value + inside * (joined - value)
        return value
