"""What universal potentials say of LiCoO2, LiFePO4 and graphite, how far off that is, and what to declare instead.

The page ``docs/real-hosts.md`` shows the tables that this prints. Run with ``python examples/hosts_from_potentials.py``, and
with ``--figure real_hosts.svg`` to draw the curves.
"""

import argparse
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from scipy.optimize import brentq

import a2c_pybamm as a2c
from a2c_pybamm.constants import BOLTZMANN, ELEMENTARY_CHARGE, FARADAY, GAS_CONSTANT
from a2c_pybamm.estimators import leave_one_out
from a2c_pybamm.estimators.thermodynamics.vibrations import harmonic
from a2c_pybamm.laws.thermodynamics.free_energy import LITHIUM_ENTROPY
from a2c_pybamm.parameter_set import base_values, evaluate_base
from a2c_pybamm.sets import DEMO, sets_folder

HERE = Path(__file__).parent / "data"
POTENTIALS = ("chgnet-0.3.0", "chgnet-r2scan", "7net-0")
ALL = "all three"
COLUMNS = {"energy_column": "E_per_fu_eV", "structure_column": "id", "converged_column": "converged"}
T = 298.15
DRAWS = 500
ROOM = 3
"""Gaps that a curve has room for: the fits of graphite make up to two."""

NOISE = 0.025 * FARADAY
"""Of LiFePO4's energies: how badly a law of one interaction predicts an energy left out. Five compositions cannot tell it."""
RELAXED = 0.005 * FARADAY
"""Of an end member's energy, relaxed to 0.03 eV/Å."""
REGULAR = 1.8560e-20 / ELEMENTARY_CHARGE, 0.03
"""LiFePO4's interaction in phase-field models and its std [eV]: solubilities measured at room temperature, 0.05 and 0.11
(Yamada et al., Nature Mater. 5, 357 (2006)), want 0.03 and 0.05 eV less."""
REFERENCE = 4.0, 0.05
"""Mean voltage of LiCoO2 over 0.5 <= x <= 1 in measured curves, and its std [V]."""
MEAN_FIELD = 0.045
"""Declared as in the shipped set: ideal mixing and few interactions cannot bend into the measured plateau at 3.9 V [V]."""
PLATEAU = 3.43
"""LiFePO4's measured plateau [V]."""
SOFT = 0.1
"""Relative std of all frequencies: universal potentials are soft (Deng et al., npj Comput. Mater. 11, 9 (2025))."""


@dataclass(frozen=True)
class Host:
    """A host, its energies, and the measured curve that it is held against."""

    name: str
    files: Path
    base: str
    side: str
    between: tuple[float, float]
    """Compositions between which distances are taken."""
    window: tuple[float, float] = (0.0, 1.0)
    """Compositions between which the law's mean voltage is taken."""
    other: tuple[str, float] | None = None
    """A second measured curve, and its x over its stoichiometry."""

    @property
    def x(self) -> np.ndarray:
        return np.linspace(*self.between, 121)

    @property
    def measured(self) -> np.ndarray:
        return evaluate_base(base_values(self.base), f"{self.side} electrode OCP [V]", self.x)

    @property
    def measured_again(self) -> np.ndarray:
        base, stretch = self.other
        return evaluate_base(base_values(base), f"{self.side} electrode OCP [V]", self.x / stretch)


SHIPPED = sets_folder() / DEMO / "data/lithiation"
OWN = HERE / "lithiation"
LCO = Host("lco", SHIPPED, "Ai2020", "Positive", (0.5, 0.97), (0.5, 1.0), ("Marquis2019", 1.062))
LFP = Host("lfp", OWN, "Prada2013", "Positive", (0.05, 0.9))
GRAPHITE = Host("c6", OWN, "Ai2020", "Negative", (0.05, 0.95), other=("Marquis2019", 1.0))
TITLES = {"lco": "LiCoO2", "lfp": "LiFePO4", "c6": "graphite"}


@cache
def tables(host: Host) -> tuple[a2c.EnergyTable, ...]:
    """The energies of a host by each potential."""
    return tuple(a2c.read_energies(host.files / f"energies_{p}_{host.name}.csv", label=p, **COLUMNS) for p in POTENTIALS)


@cache
def fits(host: Host, shape: str = "plain") -> tuple[a2c.RedlichKister, dict[str, a2c.Estimate]]:
    """One law, and its coefficients by each potential and by all three, their spread an error."""
    few = host is LFP
    order = a2c.choose_order(tables(host), orders=(0,) if few else (0, 1, 2, 3), scatter_known=few)
    law = a2c.RedlichKister(TITLES[host.name], order.highest, window=host.window, shape=shape, reference_temperature=T)
    known = {"energy_std": NOISE} if few else {}
    own = {table.label: a2c.fit_free_energy(table, law, choice=order, **known) for table in tables(host)}
    return law, {**own, ALL: a2c.combine_members(own)}


def entropy(law: a2c.RedlichKister) -> a2c.Estimate:
    """Declared: at the reference temperature it moves no voltage, but the law wants it."""
    return a2c.declare([law.entropy_name], [25.0], std=[10.0], source="vibrations", reason="harmonic lithium in an oxide")


@dataclass(frozen=True)
class Curve:
    """A voltage with its band."""

    mean: np.ndarray
    quantile: np.ndarray
    """2.5, 16, 50, 84 and 97.5 % (5, n)."""
    std: float
    """Mean over the compositions [V]."""

    def against(self, host: Host) -> tuple[float, float, float]:
        """Root-mean-square and largest distance [mV] from the measured curve, and the share of it within the 95 % band."""
        away = 1e3 * (self.mean - host.measured)
        inside = (host.measured > self.quantile[0]) & (host.measured < self.quantile[4])
        return float(np.sqrt(np.mean(away**2))), float(np.abs(away).max()), float(inside.mean())


def curve(law: a2c.RedlichKister | a2c.MeasuredOCP, estimates: list[a2c.Estimate], x: np.ndarray) -> Curve:
    """Equilibrium voltage, plateaus where the law has gaps."""
    joint = a2c.Joint(estimates)
    whole = a2c.TwoPhase(law, gaps=ROOM) if isinstance(law, a2c.RedlichKister) else law
    draws = np.vstack([joint.mean, joint.draw(DRAWS, np.random.default_rng(0))])
    columns = {name: draws[:, [k]] for name, k in zip(law.names, joint.rows(law.names), strict=True)}
    values = whole.open_circuit_voltage(columns, x, T)
    quantile = np.quantile(values[1:], [0.025, 0.16, 0.5, 0.84, 0.975], axis=0)
    return Curve(values[0], quantile, float(values[1:].std(axis=0).mean()))


@cache
def from_energies(host: Host, label: str) -> Curve:
    """What the energies alone say."""
    law, own = fits(host)
    return curve(law, [own[label], entropy(law)], host.x)


def regular_lfp(label: str) -> tuple[a2c.RedlichKister, list[a2c.Estimate]]:
    """LiFePO4 as a declared two-phase reaction between end members that the potentials know."""
    law = a2c.RedlichKister("LiFePO4", 0, reference_temperature=T)
    ends = {table.label: a2c.fit_end_members(table, law, energy_std=RELAXED) for table in tables(LFP)}
    ends[ALL] = a2c.combine_members(ends)
    interaction = a2c.declare(
        law.interaction_names,
        REGULAR[:1],
        std=REGULAR[1:],
        source="two-phase reaction (declared)",
        reason="phase-field models",
    )
    return law, [ends[label], interaction, entropy(law)]


def shifted_lco(label: str) -> tuple[a2c.RedlichKister, list[a2c.Estimate]]:
    """LiCoO2's shape from the potentials, its mean voltage declared; interactions in coordinates that stay repulsive."""
    law, own = fits(LCO, "ratio")
    voltage, std = REFERENCE
    reference = a2c.declare([law.voltage_name], [voltage], std=[std], source="measured mean voltage", reason="curves of LiCoO2")
    reference = reference.add_source("mean-field law (declared)", a2c.Factor(np.array([[MEAN_FIELD]]), ("law",)))
    return law, [own[label].select(law.interaction_names), reference, entropy(law)]


def measured_graphite() -> tuple[a2c.MeasuredOCP, list[a2c.Estimate]]:
    """Graphite's measured curve in the place of a free energy."""
    law = a2c.measured_ocp("Ai2020", "negative", "graphite", stoichiometry=a2c.StoichiometryMap(), theta_min=0.1)
    return law, [a2c.declare(law.names, [0.0], std=[0.005], source="measured curve", reason="between cells of one make")]


@cache
def declared(host: Host, label: str = ALL) -> Curve:
    """What is declared instead."""
    make = {LCO: shifted_lco, LFP: regular_lfp}.get(host)
    law, estimates = make(label) if make else measured_graphite()
    return curve(law, estimates, host.x)


@cache
def probability_of_a_gap(host: Host, label: str) -> float:
    """How likely the energies alone hold it that the host separates into phases."""
    law, own = fits(host)
    return float(a2c.phase_diagram(law, a2c.Joint([own[label], entropy(law)]), T, n_draw=DRAWS).probability_of_a_gap[0])


def percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def show(title: str, head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Print a table as the documentation has it."""
    print(f"{title}\n")
    widths = [max(len(row[k]) for row in [head, *rows]) for k in range(len(head))]
    for row in (head, tuple("-" * width for width in widths), *rows):
        print("| " + " | ".join(f"{text:{width}}" for text, width in zip(row, widths, strict=True)) + " |")
    print()


def energies_table() -> None:
    """Hulls: what each potential says before any law."""
    rows = []
    for host in (LCO, LFP, GRAPHITE):
        for table in tables(host):
            hull = a2c.hull_voltages(table)
            mean = a2c.fit_end_members(table, a2c.RedlichKister("host", 0), energy_std=RELAXED).mean[0]
            between = ", ".join(f"{x:.2f}" for x in hull.x[1:-1]) or "none"
            steps = ", ".join(f"{v:.2f}" for v in hull.voltage).replace("-0.00", "0.00")
            off = 1e3 * np.sqrt(np.mean((from_energies(host, table.label).mean - hull.at(host.x)) ** 2))
            rows.append((TITLES[host.name], table.label, f"{mean:.2f}", between, steps, f"{off:.0f}"))
    head = ("host", "potential", "mean, 0–1 [V]", "stable in between, x", "voltages of the steps [V]", "law off the steps [mV]")
    show("Energies alone", head, rows)


def distance_table() -> None:
    """Fitted curves: gaps, and distances from measured curves before anything is declared."""
    rows = []
    for host in (LCO, LFP, GRAPHITE):
        for label in (*POTENTIALS, ALL):
            found = from_energies(host, label)
            likely = percent(probability_of_a_gap(host, label))
            rows.append((TITLES[host.name], label, likely, *distances(host, found)))
    head = ("host", "potential", "gap likely", "own std [mV]", "off, rms [mV]", "off, most [mV]", "inside 95 %")
    show("Against measured curves, nothing declared", head, rows)


def order_table() -> None:
    """Graphite once more, by laws of one order each: whether there is a gap depends on it."""
    rows, likely = [], np.empty((len(POTENTIALS), 3))
    for k, table in enumerate(tables(GRAPHITE)):
        for order in range(3):
            law = a2c.RedlichKister("graphite", order, reference_temperature=T)
            joint = a2c.Joint([a2c.fit_free_energy(table, law), entropy(law)])
            likely[k, order] = a2c.phase_diagram(law, joint, T, n_draw=DRAWS).probability_of_a_gap[0]
        errors = (f"{1e3 * leave_one_out(table, order):.0f}" for order in range(3))
        rows.append((table.label, *errors, *map(percent, likely[k])))
    head = ("potential", *(f"order {n}, left out [meV]" for n in range(3)), *(f"order {n}, gap likely" for n in range(3)))
    show("Graphite by laws of one order", head, rows)
    assert (likely[:, 0] < 0.3).all(), "a law of one interaction sees no gap in the same energies"
    assert (likely[:, 2] > 0.8).all()


def declared_table() -> None:
    """The same with what is declared."""
    rows = []
    what = {LCO: "mean voltage 4.0 V", LFP: "two-phase reaction"}
    for host in (LCO, LFP):
        for label in (*POTENTIALS, ALL):
            rows.append((TITLES[host.name], what[host], label, *distances(host, declared(host, label))))
    rows.append((TITLES["c6"], "Ai2020's curve", "none", *distances(GRAPHITE, declared(GRAPHITE))))
    for host in (LCO, GRAPHITE):
        away = 1e3 * (host.measured_again - host.measured)
        numbers = ("", f"{np.sqrt(np.mean(away**2)):.0f}", f"{np.abs(away).max():.0f}", "")
        rows.append((TITLES[host.name], "Marquis2019's curve, for comparison", "none", *numbers))
    head = ("host", "declared", "potential", "own std [mV]", "off, rms [mV]", "off, most [mV]", "inside 95 %")
    show("Against measured curves, with what is declared", head, rows)


def distances(host: Host, found: Curve) -> tuple[str, ...]:
    """Own std, distances from the measured curve, and how much of it the band holds, as text."""
    rms, largest, inside = found.against(host)
    return f"{1e3 * found.std:.0f}", f"{rms:.0f}", f"{largest:.0f}", percent(inside)


def lfp_table() -> None:
    """The declared reaction's phase diagram, beside roots found another way."""
    law, estimates = regular_lfp(ALL)
    joint = a2c.Joint(estimates)
    c = dict(zip(joint.names, joint.mean, strict=True))
    diagram = a2c.phase_diagram(law, joint, T, n_draw=DRAWS)
    gap = diagram.gaps[0]
    both = [a2c.TwoPhase(law, branch=way).plateaus(c).voltage[0, 0] for way in ("delithiation", "lithiation")]
    chi = REGULAR[0] * ELEMENTARY_CHARGE / (BOLTZMANN * T)

    def potential(x: float) -> float:
        return float(np.log(x / (1 - x)) + chi * (1 - 2 * x))

    spinodal = brentq(lambda x: 1 / (x * (1 - x)) - 2 * chi, 1e-6, 0.5, xtol=1e-14)
    binodal = brentq(potential, 1e-9, spinodal, xtol=1e-14)
    width = 2 * potential(spinodal) * GAS_CONSTANT * T / FARADAY
    ours = (gap.low[0, 0], gap.high[0, 0], *diagram.spinodals[0], both[0] - both[1])
    theirs = (binodal, 1 - binodal, spinodal, 1 - spinodal, width)
    assert np.allclose(ours, theirs, rtol=0, atol=1e-10), "common tangents and spinodals are those of another root-finder"
    assert abs(1e3 * width - 73.8) < 0.05, "the gap that phase-field models of LiFePO4 quote"
    ranges = diagram.interval(0, 0, 0.68)
    errors = [f"{a:.3f} to {b:.3f}" for a, b in (ranges["low"], ranges["high"])] + [""] * 3
    names = ("poor phase, x", "rich phase, x", "spinodal, poor, x", "spinodal, rich, x", "between the two branches [mV]")
    scaled = [(1e3 if k == 4 else 1.0, 2 if k == 4 else 5) for k in range(5)]
    rows = [
        (name, f"{s * a:.{n}f}", f"{s * b:.{n}f}", error)
        for name, (s, n), a, b, error in zip(names, scaled, ours, theirs, errors, strict=True)
    ]
    rows.append(("plateau [V]", f"{gap.voltage[0, 0]:.2f}", "", "{:.2f} to {:.2f}".format(*ranges["voltage"])))
    rows.append(("probability of a gap", percent(diagram.probability_of_a_gap[0]), "", ""))
    show("LiFePO4, the declared two-phase reaction", ("", "a2c", "brentq", "68 % by the declared error"), rows)
    voltage = law.voltage_name
    assert abs(gap.voltage[0, 0] - PLATEAU) < joint.std[joint.names.index(voltage)], "the declared error admits the plateau"
    assert diagram.probability_of_a_gap[0] > 0.95


def vibrations_table() -> None:
    """What vibrations add to LiFePO4's mean voltage and entropic change."""
    law = a2c.RedlichKister("LiFePO4", 0, reference_temperature=T)
    empty, full, metal = (
        a2c.read_thermal(HERE / f"phonons/thermal_{name}_chgnet-0.3.0.csv", sites=sites)
        for name, sites in (("FePO4", 4), ("LiFePO4", 4), ("Li", 1))
    )
    for table, atoms in ((empty, 6), (full, 7), (metal, 1)):
        hot = table.heat_capacity[-1] / (3 * GAS_CONSTANT * atoms)
        assert 0.9 < hot < 1, "a wrong number of sites would break Dulong and Petit's rule"
    static = a2c.fit_end_members(tables(LFP)[0], law, energy_std=RELAXED)
    moving = a2c.add_vibrations(static, law, {0.0: empty, 1.0: full}, lithium=metal, frequency_std=SOFT)
    guess = entropy(law)
    before, change = ((s - LITHIUM_ENTROPY) / FARADAY for s in (guess.mean[0], moving.mean[1]))
    rows = [
        ("mean voltage [V]", f"{static.mean[0]:.3f} ± {static.std[0]:.3f}", f"{moving.mean[0]:.3f} ± {moving.std[0]:.3f}"),
        ("ds/dx [J/mol/K]", f"{guess.mean[0]:.0f} ± {guess.std[0]:.0f}", f"{moving.mean[1]:.1f} ± {moving.std[1]:.1f}"),
        (
            "dU/dT, mean over x [mV/K]",
            f"{1e3 * before:.2f} ± {1e3 * guess.std[0] / FARADAY:.2f}",
            f"{1e3 * change:.2f} ± {1e3 * moving.std[1] / FARADAY:.2f}",
        ),
    ]
    show("LiFePO4 by chgnet-0.3.0, with vibrations", ("", "declared", "with phonons"), rows)
    assert abs(harmonic(metal, T)[1] - LITHIUM_ENTROPY) < 1, "the metal's entropy is the measured one"
    assert 0.005 < moving.mean[0] - static.mean[0] < 0.03, "vibrations are no cure for a wrong voltage"
    assert abs(moving.mean[1] - guess.mean[0]) < guess.std[0], "the declared entropy admits the computed one"


def check_what_is_wrong_in_kind() -> None:
    """Statements that hold whatever the version: where the potentials fail, the numbers must say so."""
    for table in tables(LFP):
        hull = a2c.hull_voltages(table)
        assert len(hull.x) > 2, "no potential knows that nothing between FePO4 and LiFePO4 is stable"
        assert np.ptp(hull.voltage) > 0.15, "where a plateau is measured, steps"
    for label in POTENTIALS:
        assert probability_of_a_gap(LFP, label) < 0.2, "so the fits see no gap where the host has one"
    assert probability_of_a_gap(LFP, ALL) < 0.5, "three that agree on it by chance do not exclude one"
    for label in (*POTENTIALS, ALL):
        assert probability_of_a_gap(GRAPHITE, label) > 0.8, "graphite has gaps, if not these"
    assert from_energies(LFP, ALL).against(LFP)[0] > declared(LFP).against(LFP)[0]
    for host in (LCO, LFP):
        assert declared(host).against(host)[2] > 0.9, "the declared error must admit the measured curve"
    assert declared(LCO).against(LCO)[0] < 150
    before = [from_energies(LCO, label).against(LCO)[0] for label in POTENTIALS]
    assert min(before) > 200, "each potential is too low, as PBE is"
    means = [a2c.hull_voltages(t).voltage @ np.diff(a2c.hull_voltages(t).x) for t in tables(GRAPHITE)]
    assert np.ptp(means) > 2 * GRAPHITE.measured.mean(), "potentials differ by more than graphite's whole voltage"
    assert min(a2c.hull_voltages(tables(GRAPHITE)[2]).voltage) < 0, "SevenNet-0 would rather plate lithium"
    again = np.sqrt(np.mean((GRAPHITE.measured_again - GRAPHITE.measured) ** 2))
    assert all(from_energies(GRAPHITE, label).against(GRAPHITE)[0] > 1e3 * again for label in POTENTIALS)


def draw(path: Path) -> None:
    """Curves of the three hosts: potentials with their steps, the measured curve, and what is declared."""
    import matplotlib
    from matplotlib.figure import Figure

    colors = dict(zip(POTENTIALS, ("#0072B2", "#D55E00", "#009E73"), strict=True))
    with matplotlib.rc_context({"svg.hashsalt": path.stem, "svg.fonttype": "path", "path.simplify_threshold": 0.2}):
        figure = Figure(figsize=(9.0, 6.4), layout="constrained")
        grid = figure.subplots(2, 3, sharex="col", sharey="col")
        for k, host in enumerate((LCO, LFP, GRAPHITE)):
            for table in tables(host):
                own, color = from_energies(host, table.label), colors[table.label]
                grid[0, k].fill_between(host.x, own.quantile[0], own.quantile[4], color=color, alpha=0.15, linewidth=0)
                grid[0, k].plot(host.x, own.mean, color=color, label=table.label)
                grid[0, k].plot(host.x, a2c.hull_voltages(table).at(host.x), color=color, linestyle=":", linewidth=1.2)
            own = declared(host)
            grid[1, k].fill_between(host.x, own.quantile[0], own.quantile[4], color="#CC79A7", alpha=0.3, linewidth=0)
            grid[1, k].plot(host.x, own.mean, color="#CC79A7", label="with what is declared")
            for axes in grid[:, k]:
                axes.plot(host.x, host.measured, color="black", linestyle="--", label="measured (PyBaMM's set)")
                axes.grid(alpha=0.25)
                axes.spines[["top", "right"]].set_visible(False)
            grid[0, k].set_title(TITLES[host.name], fontsize=10)
            grid[1, k].set_xlabel("x")
        grid[0, 0].plot([], color="#888888", linestyle=":", label="steps of the energies")
        grid[0, 2].set_ylim(-0.8, 1.5)
        grid[0, 0].set_ylabel("potentials alone [V]")
        grid[1, 0].set_ylabel("declared [V]")
        handles = {h.get_label(): h for axes in grid[:, 0] for h in axes.get_legend_handles_labels()[0]}
        figure.legend(handles.values(), handles, fontsize=8.5, frameon=False, loc="outside lower center", ncols=3)
        figure.savefig(path, format="svg", metadata={"Date": None})


def main(figure: Path | None = None) -> None:
    energies_table()
    distance_table()
    order_table()
    declared_table()
    lfp_table()
    vibrations_table()
    check_what_is_wrong_in_kind()
    if figure:
        draw(figure)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--figure", type=Path, help="where to draw the curves (SVG)")
    main(parser.parse_args().figure)
