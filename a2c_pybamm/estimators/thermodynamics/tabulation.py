"""A curve with a covariance as a table with a few modes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from a2c_pybamm.estimate import PIVOT_SHARE, Array, Estimate, Joint
from a2c_pybamm.laws.law import material_name
from a2c_pybamm.laws.thermodynamics.free_energy import FreeEnergy
from a2c_pybamm.laws.thermodynamics.ion import ion_of
from a2c_pybamm.laws.thermodynamics.tabulated_ocp import TabulatedOCP
from a2c_pybamm.laws.thermodynamics.two_phase import TwoPhase


def tabulate_ocp(
    law: FreeEnergy,
    estimate: Estimate | Joint,
    x: Array,
    T: float,
    *,
    share: float = 0.999,
    material: str | None = None,
) -> tuple[TabulatedOCP, Estimate]:
    r"""A law's open-circuit potential at compositions as a table with Karhunen–Loève modes, and the modes' amplitudes.

    With :math:`\Sigma_U = J\Sigma J^\mathsf{T}` of the curve and trapezoidal weights w, the modes are the eigenvectors of
    :math:`w^{1/2}\Sigma_U w^{1/2}`; as many are kept as have ``share`` of the mean variance over x. The amplitudes have mean 0
    and unit variance, and keep the sources of the estimate: the amplitudes' factors are those of the sources.

    Parameters
    ----------
    x
        Compositions of the table, ascending (n_x,).
    T
        Temperature that becomes the table's reference [K].

    Raises
    ------
    ValueError
        If the share is not between 0 and 1, compositions do not ascend inside (0, 1), the curve carries no error, or the law
        has plateaus.

    References
    ----------
    Loève, Probability Theory II, 4th ed. (1978), sec. 37.5.
    """
    if not 0 < share <= 1:
        raise ValueError(f"tabulated OCP: share is {share:g}; give a share of the variance between 0 and 1")
    x = np.asarray(x, float)
    if isinstance(law, TwoPhase):
        raise ValueError(f"tabulated OCP of {law.material}: a plateau has no slope, and its ends move; attach the law itself")
    if x.ndim != 1 or len(x) < 4 or not (np.diff(x) > 0).all() or not (x[0] > 0 and x[-1] < 1):
        raise ValueError("tabulated OCP: x must be four compositions or more, ascending inside (0, 1)")
    joint = Joint.of(estimate)
    rows = joint.rows(law.names)
    mean, std = joint.mean[rows], joint.std[rows]

    def curve(theta: Array, method: str) -> Array:
        c: Mapping[str, Any] = dict(zip(law.names, map(float, theta), strict=True))
        return np.broadcast_to(np.asarray(getattr(law, method)(c, x, T), float), x.shape)

    # central differences by a thousandth of each standard deviation
    steps = 1e-3 * np.where(std > 0, std, 1.0)
    offsets = np.diag(steps)
    up, down = (np.array([curve(mean + sign * offset, "open_circuit_voltage") for offset in offsets]) for sign in (1, -1))
    jacobian = ((up - down) / (2 * steps[:, None])).T
    gaps = np.diff(x)
    weight = np.sqrt(np.concatenate([[gaps[0]], gaps[1:] + gaps[:-1], [gaps[-1]]]) / 2)
    root = weight[:, None] * (jacobian @ joint.root[rows])
    left, singular, _ = np.linalg.svd(root, full_matrices=False)
    total = float(np.sum(singular**2))
    if not total > 0:
        raise ValueError(f"tabulated OCP of {law.kind}: the curve carries no error; take the nominal curve instead")
    n = int(np.searchsorted(np.cumsum(singular**2), share * total * (1 - 1e-12))) + 1
    left = left[:, :n] * _signs(left[:, :n])
    modes = left * singular[:n] / weight[:, None]
    table = TabulatedOCP(
        material or material_name(law),
        tuple(map(float, x)),
        tuple(map(float, curve(mean, "open_circuit_voltage"))),
        tuple(map(float, curve(mean, "entropic_change"))),
        tuple(tuple(map(float, mode)) for mode in modes.T),
        T,
        ion_of(law).symbol,
    )
    onto = (left / singular[:n]).T @ (weight[:, None] * jacobian)
    kept = float(np.sum(singular[:n] ** 2) / total)
    provenance = {"modes": n, "share of the variance": kept, "of": [e.provenance.get("label", "") for e in joint.estimates]}
    amplitudes = joint.select(law.names).map(table.names, np.zeros(n), onto)
    method = f"{n} mode(s) of the curve's covariance, {kept:.2%}"
    return table, replace(amplitudes, method=method, provenance=provenance)


def _signs(modes: Array) -> Array:
    """Sign of each mode (n_mode,) that makes its first large entry positive, whatever the decomposition's own sign."""
    large = np.abs(modes) >= PIVOT_SHARE * np.abs(modes).max(axis=0)
    return np.sign(modes[large.argmax(axis=0), np.arange(modes.shape[1])])
