r"""A host whose ions attract each other: critical temperature, gap and plateau from energies, against closed forms.

The free energy of mixing is :math:`RT\,[x\ln x + (1-x)\ln(1-x)] + F x(1-x)\,[L_0 + L_1 z]` with :math:`z = 1-2x`. Its
curvature is zero (spinodal) at the temperature

.. math:: T_s(x) = \frac{F}{2R}\,(1-z^2)(L_0 + 3 L_1 z),

whose maximum is the critical point. Of a regular solution, :math:`L_1 = 0`, :math:`\Omega = F L_0`, it is
:math:`T_c = \Omega/2R` at :math:`x = 1/2`, and there is a gap from :math:`x` to :math:`1-x` at
:math:`T = \Omega(1-2x)/(R\ln\frac{1-x}{x})`.

Noisy energies of a regular solution are fitted with :math:`L_0` and :math:`L_1`. Above the critical temperature the voltage is
one smooth curve, and `tabulate_ocp` makes a table of it with the largest modes of its error, for programs without the law.

To take away: near the critical temperature the ends of a gap have no error bar, since some draws have no gap; the gap has a
probability.

Run with ``python examples/miscibility_gap.py``.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import trapezoid
from scipy.special import logit

import a2c_pybamm as a2c
from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.laws.thermodynamics.free_energy import LITHIUM_ENTROPY
from a2c_pybamm.synthetic import redlich_kister_energies

VOLTAGE, L0, ENTROPY = 3.4, 0.1, 20.0  # V, eV, J/mol/K
NOISE = 20.0
"""Standard deviation of each energy [J.mol-1 per site], 0.2 meV."""
T_C = FARADAY * L0 / (2 * GAS_CONSTANT)
LOW = 0.1
"""Composition of the lithium-poor phase at the temperature `T_GAP`."""
T_GAP = FARADAY * L0 * (1 - 2 * LOW) / (GAS_CONSTANT * np.log((1 - LOW) / LOW))
SHARE = 0.95
"""Least share of the voltage's variance in the modes of the table."""
N_DRAW = 4000

Array = NDArray[np.float64]


def spinodal_temperature(interactions: Array, x: Array) -> Array:
    """Temperature [K] of zero curvature at a composition, of L0 and L1 [eV] (2, …)."""
    z = 1 - 2 * x
    return FARADAY / (2 * GAS_CONSTANT) * (1 - z**2) * (interactions[0] + 3 * interactions[1] * z)


def critical_composition(interactions: Array) -> Array:
    """Composition of the highest spinodal temperature: there 9 L1 z² + 2 L0 z - 3 L1 = 0."""
    first, second = interactions
    return (1 - 3 * second / (first + np.sqrt(first**2 + 27 * second**2))) / 2


def fitted_host(rng: np.random.Generator) -> tuple[a2c.RedlichKister, a2c.Joint]:
    """A law with its coefficients: from 21 noisy energies, the vibrational entropy declared."""
    law = a2c.RedlichKister("host", 1)
    truth = dict(zip(law.names, (VOLTAGE, L0, 0.0, ENTROPY), strict=True))
    table = redlich_kister_energies(law, truth, np.linspace(0, 1, 21), rng=rng, energy_std=NOISE)
    energies = a2c.fit_free_energy(table, law, energy_std=NOISE)
    entropy = a2c.declare([law.entropy_name], [20.3], std=[0.5], source="vibrations", reason="example")
    return law, a2c.Joint([energies, entropy])


def gap(law: a2c.RedlichKister, joint: a2c.Joint) -> None:
    """Critical point; gap, plateau and spinodals well below it; the probability of a gap close to it."""
    point = a2c.critical_point(law, joint)
    (T, x), (T_std, x_std) = point.mean, point.std
    print(f"critical point at {T:.1f} ± {T_std:.1f} K and x = {x:.3f} ± {x_std:.3f}; exactly {T_C:.1f} K and 0.5")
    assert (np.abs(point.mean - [T_C, 0.5]) < 3 * point.std).all()
    fitted = joint.select(law.interaction_names).mean
    np.testing.assert_allclose(x, critical_composition(fitted), rtol=1e-9)
    np.testing.assert_allclose(T, spinodal_temperature(fitted, x), rtol=1e-9)

    near = T + T_std * np.array([-1.0, 0.0, 1.0])
    diagram: a2c.PhaseDiagram = a2c.phase_diagram(law, joint, [T_GAP, *near], rng=np.random.default_rng(1), n_draw=N_DRAW)
    ends = {name: "{:.3f} to {:.3f}".format(*pair) for name, pair in diagram.interval(0, 0).items()}
    print(f"{T_GAP:.0f} K: a gap with ends at x = {ends['low']} and {ends['high']} (95 %); exactly {LOW:g} and {1 - LOW:g}")
    edges, plateau = diagram.edges[0], VOLTAGE + (T_GAP - law.reference_temperature) * (ENTROPY - LITHIUM_ENTROPY) / FARADAY
    assert (np.abs(edges.mean - [logit(LOW), logit(1 - LOW), plateau]) < 3 * edges.std).all()
    np.testing.assert_allclose(spinodal_temperature(fitted, diagram.spinodals[0]), T_GAP, rtol=1e-9)

    # So many draws of the closed form that the binomial error is that of the diagram's draws alone.
    drawn = joint.draw(50 * N_DRAW, np.random.default_rng(2))[:, joint.rows(law.interaction_names)].T
    critical = spinodal_temperature(drawn, critical_composition(drawn))
    for temperature, found in zip(near, diagram.probability_of_a_gap[1:], strict=True):
        exact = float((critical > temperature).mean())
        print(f"{temperature:.1f} K: a gap in {found:.1%} of draws, {exact:.1%} by the closed form")
        assert abs(found - exact) < 3 * np.sqrt(exact * (1 - exact) / N_DRAW)


def voltage_covariance(law: a2c.RedlichKister, joint: a2c.Joint, x: Array, T: float) -> Array:
    """Covariance of the voltage [V²] at compositions (n_x, n_x): it is affine in the coefficients."""
    rows = joint.rows(law.names)

    def voltage(values: Array) -> Array:
        return np.asarray(law.open_circuit_voltage(dict(zip(law.names, values, strict=True)), x, T))

    zero = np.zeros(len(rows))
    jacobian = np.array([voltage(unit) - voltage(zero) for unit in np.eye(len(rows))]).T
    return jacobian @ joint.covariance[np.ix_(rows, rows)] @ jacobian.T


def modes_covariance(table: a2c.TabulatedOCP, amplitudes: a2c.Estimate) -> Array:
    """Covariance of the table's voltage [V²] between its compositions (n_x, n_x)."""
    modes = np.array(table.modes).T
    return modes @ amplitudes.covariance @ modes.T


def table_with_modes(law: a2c.RedlichKister, joint: a2c.Joint) -> None:
    """The voltage above the critical temperature as a table, whose modes have the stated share of its variance."""
    x, T = np.linspace(0.02, 0.98, 97), 1.2 * T_C
    table, amplitudes = a2c.tabulate_ocp(law, joint, x, T, share=SHARE)
    stated = amplitudes.provenance["share of the variance"]
    exact = voltage_covariance(law, joint, x, T)
    rest = exact - modes_covariance(table, amplitudes)
    weight = trapezoid(np.eye(len(x)), x)
    missing = weight @ np.diag(rest) / (weight @ np.diag(exact))
    n, largest = len(table.names), 1e3 * np.sqrt([np.diag(exact).max(), np.diag(rest).max()])
    print(f"{n} modes have {1 - missing:.2%} of the voltage's variance by {len(law.names)} coefficients, {stated:.2%} stated")
    print(f"largest standard deviation of the voltage {largest[0]:.2f} mV, of what the modes leave out {largest[1]:.2f} mV")
    np.testing.assert_allclose(1 - missing, stated, rtol=1e-7)  # the table's derivatives are differences: round-off of 1e-9
    assert SHARE <= stated < 1
    # What is left out is a covariance too, so that no weighted mean of the voltage has a larger error by the table.
    spectrum = np.linalg.eigvalsh(rest)
    assert spectrum[0] > -1e-7 * spectrum[-1]
    # The amplitudes keep their sources, and move the voltage as the modes say.
    assert set(amplitudes.factors) == set(joint.sources)
    shifted = table.open_circuit_voltage(dict.fromkeys(table.names, 0.0) | {table.names[0]: 1.0}, x, T)
    np.testing.assert_allclose(shifted - table.voltage, table.modes[0], atol=1e-12)


def main() -> None:
    law, joint = fitted_host(np.random.default_rng(0))
    gap(law, joint)
    table_with_modes(law, joint)


if __name__ == "__main__":
    main()
