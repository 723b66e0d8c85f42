r"""A free energy with error bars that hold on a curve that no law made: NMC811's, and a chain whose answer is exact.

The open-circuit potential of the positive electrode in PyBaMM's set Chen2020 is sampled at 25 compositions with noise of 2 mV.
A logit spline follows it; a Redlich–Kister polynomial of four terms cannot, and its misfit is an error of its own. The
spline is then fitted to the energies of all orderings of a ring of 48 sites, whose infinite chain is solved exactly.

To take away: the default law's 95 % intervals hold the curve and its thermodynamic factor, every draw is a host of one
phase, and a polynomial's intervals hold the curve because the misfit makes them more than ten times wider.

Run with ``python examples/free_energy_of_a_real_curve.py``.
"""

import numpy as np
import pybamm
from numpy.typing import NDArray

import a2c_pybamm as a2c
from a2c_pybamm.constants import FARADAY, GAS_CONSTANT
from a2c_pybamm.laws import Expansion
from a2c_pybamm.synthetic.chain import chain_curves, ring_energies

T, NOISE = 298.15, 2e-3  # K, V
WINDOW = (0.25, 0.95)
Array = NDArray[np.float64]


def measured_curve(x: Array) -> Array:
    """Open-circuit potential of NMC811 [V] at stoichiometries (n,)."""
    function = pybamm.ParameterValues("Chen2020")["Positive electrode OCP [V]"]
    return np.ravel(function(pybamm.Vector(x)).evaluate())


def held(law: Expansion, estimate: a2c.Estimate, x: Array, truth: Array, method: str) -> tuple[float, float]:
    """Share of compositions at which 95 % of 1000 draws hold a curve, and the median standard deviation."""
    joint = a2c.Joint([estimate])
    draws = joint.draw(1000, np.random.default_rng(0))
    c = {name: draws[:, [k]] for k, name in enumerate(joint.names)} | {law.entropy_name: law.metal_entropy}
    curves = getattr(law, method)(c, x, T)
    assert method != "thermodynamic_factor" or law.kind != "logit-spline" or (curves > 0).all()
    low, high = np.quantile(curves, [0.025, 0.975], axis=0)
    return float(((low <= truth) & (truth <= high)).mean()), float(np.median(curves.std(axis=0)))


def on_a_measured_curve() -> None:
    """Intervals of both laws against the curve itself."""
    x = np.linspace(*WINDOW, 25)
    voltage = measured_curve(x) + NOISE * np.random.default_rng(1).standard_normal(len(x))
    std = np.full(len(x), NOISE * FARADAY)
    data = a2c.ChemicalPotentials("NMC811", x, np.full(len(x), T), -FARADAY * voltage, std)
    fine = np.linspace(*WINDOW, 101)
    truth = measured_curve(fine)

    law = a2c.logit_spline("NMC", data, stable=True)
    estimate = a2c.fit_logit_spline(data, law)
    share, error = held(law, estimate, fine, truth, "open_circuit_voltage")
    step = 1e-4
    slope = (measured_curve(fine + step) - measured_curve(fine - step)) / (2 * step)
    exact_factor = -fine * slope * FARADAY / (GAS_CONSTANT * T)
    factor, _ = held(law, estimate, fine, exact_factor, "thermodynamic_factor")
    print(f"logit spline: U held at {share:.0%} of x (std {1e3 * error:.1f} mV), Θ at {factor:.0%}")
    assert share > 0.8
    assert factor > 0.7
    assert error < 2 * NOISE

    few = a2c.RedlichKister("NMC", 3, WINDOW)
    polynomial = a2c.fit_chemical_potential(data, few)
    wide, misfit = held(few, polynomial, fine, truth, "open_circuit_voltage")
    quality = polynomial.provenance["fit"]
    reduced, distance = quality["chi2 per degree of freedom"], quality["largest |U_law - U_data| [V]"]
    print(f"Redlich-Kister: χ²/ν {reduced:.0f}, up to {1e3 * distance:.0f} mV from the data;", end=" ")
    print(f"U held at {wide:.0%} of x (std {1e3 * misfit:.0f} mV)")
    assert "NMC redlich-kister (misfit)" in polynomial.factors
    assert wide > 0.9
    assert misfit > 10 * error


def on_an_exact_chain() -> None:
    """All orderings of a ring of 48 sites, corrected for its size, against the infinite chain."""
    sites, interaction, voltage = 48, 0.05, 4.0
    table = ring_energies(sites, interaction, voltage)
    law = a2c.logit_spline("chain", table, stable=True, entropies=True)
    estimate = a2c.fit_logit_spline(table, law, ensemble="boltzmann", sites=sites)
    x = np.linspace(0.05, 0.95, 91)
    exact = chain_curves(x, interaction, voltage, T)
    c = dict(zip(estimate.names, estimate.mean, strict=True)) | {law.entropy_name: law.metal_entropy}
    error = np.abs(law.open_circuit_voltage(c, x, T) - exact.voltage).max()
    shares = [
        held(law, estimate, x, truth, method)[0]
        for method, truth in (
            ("open_circuit_voltage", exact.voltage),
            ("entropic_change", exact.entropic_change),
            ("thermodynamic_factor", exact.thermodynamic_factor),
        )
    ]
    print(
        f"ring of {sites}: U within {1e3 * error:.2f} mV of the infinite chain; U, dU/dT, Θ held at",
        *(f"{s:.0%}" for s in shares),
    )
    assert error < 4e-4
    assert min(shares) >= 0.9


if __name__ == "__main__":
    on_a_measured_curve()
    on_an_exact_chain()
