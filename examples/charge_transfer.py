"""Current over the overpotential with a band, from barriers of charge transfer by three methods.

Barriers of reduction and oxidation of Li at a LiCoO2 surface (synthetic: two parabolas with work of approach, noise on saddle
and ends) at five potentials and three temperatures. Each method is fitted against the voltage of the host, the methods make a
committee, and the current follows with its error. Run with ``python examples/charge_transfer.py``.
"""

from pathlib import Path

import numpy as np

import a2c_pybamm as a2c

DATA = Path(__file__).parent / "data" / "kinetics"
T, UNIT = 298.15, 8.314462618 * 298.15 / 96485.33212
COMPOSITION = 0.6
LAW = a2c.ButlerVolmer("LCO", composition=COMPOSITION)


def host_voltage() -> tuple[a2c.MeasuredOCP, a2c.Estimate]:
    """The measured curve of Ai2020's LiCoO2, with an error of 20 mV."""
    law = a2c.measured_ocp("Ai2020", "positive", "LCO", stoichiometry=a2c.StoichiometryMap(), theta_min=0.5)
    return law, a2c.declare(law.names, [0.0], std=[0.02], source="LCO OCP (measured)", reason="spread of cells")


def fits(host: a2c.MeasuredOCP, voltage: a2c.Estimate, *, oxidation: bool) -> a2c.Estimate:
    """The committee's coefficients, from both directions or from reduction alone."""
    members = {}
    for path in sorted(DATA.glob("method_*.csv")):
        data = a2c.read_charge_transfer_barriers(
            path,
            std="12 meV",
            saddle_std="10 meV",
            composition=COMPOSITION,
            scale_std="0.1 V",
            scale_source="absolute potential",
        )
        if not oxidation:
            rows = data.of_reduction
            columns = (data.potential, data.temperature, data.barrier, data.of_reduction, data.std)
            data = a2c.ChargeTransferBarriers(
                data.label,
                *(column[rows] for column in columns),
                composition=COMPOSITION,
                scale_std=data.scale_std,
                scale_source=data.scale_source,
                provenance=data.provenance,
            )
        members[path.stem] = a2c.fit_charge_transfer(
            data,
            LAW,
            sites=a2c.SurfaceSites.counted("LCO (104)", 2, 2.9e-19),
            sites_std_ln=0.3,
            source="LCO barriers",
            equilibrium=a2c.step_potentials(host, [voltage], COMPOSITION, data.temperatures),
        )
        report = members[path.stem].provenance["fit"]
        if oxidation:
            p, curvature = report["detailed balance p-value"], report["curvature over that of two parabolas"]
            std = report["its std"]
            print(f"{path.stem}: detailed balance p = {p:.2f}, curvature {curvature:+.1f} ± {std:.1f} of two parabolas'")
            assert p > 0.01, "the tables obey detailed balance"
    return a2c.combine_members(members, level=0.6827)


def currents(estimate: a2c.Estimate, volts: np.ndarray, n: int = 4000) -> np.ndarray:
    """Currents [A.m-2] of draws at half filling and 1 mol/L (n, n_volt)."""
    joint = a2c.Joint([estimate])
    draws = joint.draw(n, np.random.default_rng(1))
    c = {name: draws[:, [k]] for k, name in enumerate(joint.names)}
    return LAW.exchange_current(c, 1000.0, 0.5, 1.0, T) * LAW.relative_current(c, volts, T)


def band(estimate: a2c.Estimate) -> None:
    """Median and 68 % band of i(η), with the methods' spread as the largest part."""
    volts = np.array([-0.15, -0.1, -0.05, 0.05, 0.1, 0.15])
    low, middle, high = np.quantile(currents(estimate, volts), (0.16, 0.5, 0.84), axis=0)
    print("  η [mV]   i [A/m²]   68 % of draws")
    for row in zip(1e3 * volts, middle, low, high, strict=True):
        print("{:8.0f} {:10.3g}   {:.3g} … {:.3g}".format(*row))
    # the slope of ln|i| far from equilibrium is α on the side of reduction, 1 − α on that of oxidation, F/RT each
    alpha = estimate.mean[estimate.names.index(LAW.transfer_name)]
    c = dict(zip(estimate.names, estimate.mean, strict=True))
    for side, expected in ((-1, alpha), (1, 1 - alpha)):
        ends = LAW.relative_current(c, side * np.array([0.25, 0.3]), T)
        assert abs(np.log(ends[1] / ends[0]) * UNIT / 0.05 - expected) < 1e-3
    # k0 moves all currents alike; α, known to a few per cent, adds nothing to them below 100 mV
    width = np.log(high / low)
    assert np.ptp(np.abs(width)) < 0.25 * np.abs(width).max()


def in_a_cell(host: a2c.MeasuredOCP, voltage: a2c.Estimate, estimate: a2c.Estimate) -> None:
    """Capacity and energy at 1C, the error of the voltage and that of the current joined."""
    attach = {
        "Positive electrode OCP [V]": a2c.Attachment(host, "open_circuit_voltage"),
        "Positive electrode OCP entropic change [V.K-1]": a2c.Attachment(host, "entropic_change"),
        **a2c.kinetics_attachments(LAW, "positive"),
    }
    made = a2c.ParameterSet("LCO_kinetics", "Ai2020", attach, a2c.Joint([voltage, estimate]))
    print(f"PyBaMM's options: {made.model_options}")
    cell = a2c.Cell(made, model="SPM", outputs=["mean_voltage"])
    result = a2c.propagate(cell, made.joint, a2c.FirstOrder(), rng=np.random.default_rng(1))
    mean, std = (float(np.ravel(result["mean_voltage"][name])[0]) for name in ("mean", "std"))
    print(f"mean voltage at 1C: {mean:.3f} ± {std:.3f} V")
    assert 3.6 < mean < 4.0
    assert 0.01 < std < 0.2


def main() -> None:
    """All of it, with what is known of the synthetic barriers held against what comes out."""
    host, voltage = host_voltage()
    both = fits(host, voltage, oxidation=True)
    alone = fits(host, voltage, oxidation=False)
    print(both)
    # two parabolas have α = 1/2, and the mean barrier of the tables is 0.753 eV at 300 K
    rate, alpha = (both.names.index(name) for name in (LAW.rate_name, LAW.transfer_name))
    assert abs(both.mean[alpha] - 0.5) < 2 * both.std[alpha]
    attempt = 2 / (6.02214076e23 * 2.9e-19) * 1.380649e-23 * T / 6.62607015e-34
    assert abs(both.mean[rate] - np.log(attempt) + 0.753 / UNIT) < 0.5
    # 0.1 V of the absolute potential is a factor of seven where barriers are of reduction alone
    shift = abs(alone.factors["absolute potential"].values[rate, 0])
    held = abs(both.factors["absolute potential"].values[rate, 0])
    print(f"0.1 V of the potentials' zero: a factor of {np.exp(shift):.1f} by reduction alone, {np.exp(held):.2f} by both")
    assert 5 < np.exp(shift) < 9
    assert np.exp(held) < 1.2
    band(both)
    in_a_cell(host, voltage, both)


if __name__ == "__main__":
    main()
