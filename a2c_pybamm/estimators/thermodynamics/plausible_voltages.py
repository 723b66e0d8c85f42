"""Refusal of voltages that no host has, with the slip that is likely behind them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from a2c_pybamm.constants import FARADAY, GAS_CONSTANT, RELATIVE_ROUND_OFF
from a2c_pybamm.data import ChemicalPotentials, EnergyTable
from a2c_pybamm.estimate import Array
from a2c_pybamm.estimators.thermodynamics.convex_hull import HullVoltages, hull_voltages
from a2c_pybamm.estimators.thermodynamics.orderings import SAME_COMPOSITION, by_composition
from a2c_pybamm.ions import known_ion

Window = tuple[float, float]
"""Lowest and highest voltage [V]."""
STANDARD_POTENTIALS = {"Li": 0.0, "Ca": 0.17, "K": 0.11, "Na": 0.33, "Mg": 0.67, "Al": 1.38, "Zn": 2.28}
"""Standard potentials of metals against lithium's [V], of aqueous ions at 298 K (CRC Handbook: Li -3.04, K -2.93, Ca -2.87,
Na -2.71, Mg -2.37, Al -1.66, Zn -0.76 V)."""


@dataclass(frozen=True)
class PlausibleLimits:
    """Numbers beyond which voltages and energies are those of no host."""

    lowest_voltage: float = -0.1
    """[V]: below 0 the metal is plated instead; calculations of graphite reach some hundredths below."""
    highest_voltage: float = 6.0
    """Against lithium [V]: LiCoPO4 and LiNiPO4 have 4.8 and 5.1 V, fluorides up to 5.5 V by calculation, and a functional adds
    some tenths of a volt."""
    undeclared_energy_error: float = 0.01
    """Standard deviation [eV per site] of an energy where none is declared, a choice of ours: relaxations and round-off leave
    some meV, which make volts of a step that is narrow enough."""
    most_errors: float = 3.0
    """Standard deviations up to which a number is not refused."""
    most_sites_read_as_one: int = 64
    """Sites of a cell whose energies may have been read as per site: larger ratios are those of units (1 eV is 96.5 kJ/mol)."""
    largest_height: float = 0.3
    """Height [eV per site] above the straight line between the ends, at x = 1/2, that no solid solution has: a regular solution
    with it has its critical temperature at 7000 K, where no crystal is left; LiFePO4's is 0.03 eV."""
    mixed_cells_height: float = 2.0
    """Distance [eV per site] of a composition's lowest energy from the hull, or from the line between the ends, that none has
    in one cell: orderings differ by tenths of an electronvolt, energies of cells of different size by tens."""
    largest_rise: float = 0.2
    """Rise of a voltage along x [V] that no metastable curve has: a regular solution with it has its critical temperature above
    1100 K; LiFePO4's curve rises by 0.09 V."""
    calculation_error: float = 1.5
    """Difference [V] of a calculated mean voltage from a measured one that no functional makes: PBE without U is up to 1 V too
    low (Zhou, Cococcioni, Marianetti, Morgan and Ceder, Phys. Rev. B 70, 235121 (2004))."""
    unit_ratio: float = 1e3
    """A unit over its milli-unit."""


PLAUSIBLE = PlausibleLimits()
"""The limits that are applied."""


class Slip(Enum):
    """Likely cause of voltages that no host has, as a question to the user."""

    OTHER_END = "is x counted from the other end (the fraction taken out), or the metal's energy wrong?"
    FORMATION = "are these formation energies (0 at x = 0)? then give formation_voltage"
    WHOLE_CELLS = (
        "are these energies of whole cells, of {n} sites or more? take energy_of = 'cell' with sites_column, or correct the "
        "metal's energy"
    )
    MIXED_CELLS = (
        "are energies of cells of different size read as per site? take energy_of = 'cell' with sites_column, or leave it out"
    )
    ENERGY_UNIT = "is the unit of the column right (meV or kJ/mol read as eV)?"
    POTENTIAL_UNIT = "is the unit of the column right (millivolts read as volts, meV as eV)?"
    SIGN = "does the column hold the other quantity (quantity = 'mu' or 'voltage')?"
    ONE_STRUCTURE = "is one of the two structures wrong or not relaxed?"


def default_window(ion: str = "Li") -> Window:
    """Voltages [V] that hosts have against the ion's metal; those against lithium for a metal that is not in the table."""
    return PLAUSIBLE.lowest_voltage, PLAUSIBLE.highest_voltage - STANDARD_POTENTIALS.get(ion, 0.0)


def _limits(window: Window | None, table: EnergyTable | ChemicalPotentials) -> Window:
    """The window that is declared, or that of hosts of the ion [V].

    Raises
    ------
    ValueError
        If it is not a lowest and a highest voltage.
    """
    if window is None:
        return default_window(table.ion)
    if len(window) != 2 or not window[0] < window[1]:
        raise ValueError(f"{table.label}: voltage_window {tuple(window)} must be the lowest voltage, then the highest [V]")
    return window


def validate_voltages(table: EnergyTable, *, window: Window | None = None, energy_std: float | None = None) -> None:
    r"""Nothing, if all voltages of a table of energies are such as a host has.

    Voltages are those of the hull at 0 K, :math:`U = -\Delta E/(F\,\Delta x)`, each step and the mean between the outermost
    compositions. The plausible window is -0.1 to 6 V against lithium, less the standard potential of another metal, widened
    by three standard deviations of the step: to :math:`-3\sqrt 2\,\sigma/(F\,\Delta x)` if that is lower, and by as much above.

    Parameters
    ----------
    window
        Lowest and highest voltage [V] in the place of both bounds, without any margin.
    energy_std
        Standard deviation of an energy [J.mol-1]; 10 meV per site if not given.

    Raises
    ------
    ValueError
        If a voltage lies outside; if one composition lies 2 eV or more above the hull; or if all that are between the ends lie
        above the straight line by more than any solid solution. The likely slip is named.
    """
    if len(by_composition(table.x)) < 2:
        return  # no step: the estimators say what is missing
    hull = hull_voltages(table)
    limits = _limits(window, table)
    std = PLAUSIBLE.undeclared_energy_error * FARADAY if energy_std is None else energy_std
    _validate_steps(table, hull, limits, 0.0 if window else std)
    _validate_heights(table, hull)


def _validate_steps(table: EnergyTable, hull: HullVoltages, limits: Window, std: float) -> None:
    """Raise ``ValueError`` where a step of the hull or the mean voltage lies outside; the worst is named."""
    low = np.append(hull.x[:-1], hull.x[0])
    high = np.append(hull.x[1:], hull.x[-1])
    voltage = np.append(hull.voltage, mean_voltage(hull))
    margin = PLAUSIBLE.most_errors * np.sqrt(2) * std / (known_ion(table.ion).valence * FARADAY * (high - low))
    lower = np.minimum(limits[0], -margin) if std else np.full_like(margin, limits[0])
    outside = np.maximum(lower - voltage, voltage - limits[1] - margin)
    steps = outside[:-1]
    worst = int(np.argmax(steps)) if steps.max() > 0 else len(steps)  # the mean only where no step is outside
    if not outside[worst] > 0:
        return
    ends = " to ".join(f"x = {x:g} ({_lowest_structure(table, x)!r})" for x in (low[worst], high[worst]))
    slip = likely_slip(table, hull, limits)
    raise ValueError(
        f"energies of {table.label}: {voltage[worst]:.4g} V from {ends}, no host has that ({_window_text(limits)}); {slip} "
        "(if it is right, declare voltage_window)"
    )


def likely_slip(table: EnergyTable, hull: HullVoltages, limits: Window) -> str:
    """The question to the user that fits the voltages of a hull of which one lies outside the limits [V]."""
    lowest, highest = min(hull.voltage), max(hull.voltage)
    size = PLAUSIBLE.mixed_cells_height * FARADAY
    both = lowest < limits[0] and highest > limits[1]
    if (both and max(np.abs(_above_line(hull))) > size) or max(hull.above) > size * max(1.0, highest / limits[1]):
        return Slip.MIXED_CELLS.value
    if both:
        return Slip.ONE_STRUCTURE.value
    if highest <= limits[1]:
        formed = hull.x[0] == 0 and abs(hull.energy[0]) <= RELATIVE_ROUND_OFF * max(np.abs(table.energy))
        return (Slip.FORMATION if formed else Slip.OTHER_END).value
    n = int(np.ceil(highest / limits[1]))
    if n > PLAUSIBLE.most_sites_read_as_one:
        return Slip.ENERGY_UNIT.value
    # one wrong structure makes one step: whole cells make all of them too high
    return Slip.WHOLE_CELLS.value.format(n=n) if mean_voltage(hull) > limits[1] else Slip.ONE_STRUCTURE.value


def _above_line(hull: HullVoltages) -> Array:
    """Height of every composition's lowest energy above the straight line between the outermost ones [J.mol-1]."""
    line = np.interp(hull.compositions, hull.x[[0, -1]], hull.energy[[0, -1]])
    return np.asarray(hull.above + np.interp(hull.compositions, hull.x, hull.energy) - line)


def _validate_heights(table: EnergyTable, hull: HullVoltages) -> None:
    """Raise ``ValueError`` where a composition lies above the hull as no ordering does, or all of them as no solution does."""
    worst = int(np.argmax(hull.above))
    if hull.above[worst] > PLAUSIBLE.mixed_cells_height * FARADAY:
        x = hull.compositions[worst]
        raise ValueError(
            f"energies of {table.label}: {hull.above[worst] / FARADAY:.3g} eV per site above the hull at x = {x:g} "
            f"({_lowest_structure(table, x)!r}), no ordering is; {Slip.MIXED_CELLS.value}"
        )
    x = (hull.compositions - hull.x[0]) / (hull.x[-1] - hull.x[0])
    # of a regular solution of the same height: at x = 1/2 it is the height itself
    heights = _above_line(hull)[1:-1] / ((2 * x[1:-1]) * (2 * (1 - x[1:-1]))) / FARADAY
    if len(heights) and min(heights) > PLAUSIBLE.largest_height:
        raise ValueError(
            f"energies of {table.label}: all compositions between x = {hull.x[0]:g} and {hull.x[-1]:g} lie above the straight "
            f"line, as if by {np.median(heights):.3g} eV per site at x = 1/2, no solid solution has "
            f"{PLAUSIBLE.largest_height:g}; is x wrong, or the unit of the energies? (if they are right, leave these "
            "compositions out)"
        )


def _lowest_structure(table: EnergyTable, x: float) -> str:
    """Name of the structure with the lowest energy at a composition."""
    rows = np.flatnonzero(np.abs(table.x - x) <= SAME_COMPOSITION)
    return table.structure[rows[np.argmin(table.energy[rows])]]


def _window_text(limits: Window) -> str:
    return f"{limits[0]:g} to {limits[1]:g} V"


def mean_voltage(hull: HullVoltages, window: Window = (0.0, 1.0)) -> float:
    """Mean voltage [V] of the hull between two compositions, or as far as they are in the table."""
    low, high = np.clip(window, hull.x[0], hull.x[-1])
    edges = np.unique([low, *hull.x[(hull.x > low) & (hull.x < high)], high])
    if len(edges) == 1:
        return float(hull.at(edges)[0])
    return float(np.diff(edges) @ hull.at(edges[:-1]) / (high - low))


def mean_of_potentials(data: ChemicalPotentials, window: Window = (0.0, 1.0)) -> float:
    """Mean voltage [V] of tabulated potentials between two compositions, or as far as they are in the table, by trapezoids.

    Of several temperatures the one with most points counts, the lowest of equals.
    """
    temperatures, counts = np.unique(data.temperature, return_counts=True)
    rows = data.temperature == temperatures[np.argmax(counts)]
    order = np.argsort(data.x[rows], kind="stable")
    x, voltage = data.x[rows][order], _voltages(data)[rows][order]
    low, high = np.clip(window, x[0], x[-1])
    edges = np.unique([low, *x[(x > low) & (x < high)], high])
    values = np.interp(edges, x, voltage)
    return float(np.diff(edges) @ (values[1:] + values[:-1]) / 2 / (high - low)) if high > low else float(values[0])


def _voltages(data: ChemicalPotentials) -> Array:
    r""":math:`-\mu/zF` [V] (n,)."""
    return np.asarray(-data.potential / (known_ion(data.ion).valence * FARADAY))


def validate_potentials(data: ChemicalPotentials, *, window: Window | None = None) -> None:
    r"""Nothing, if tabulated voltages :math:`U = -\mu/F` are such as a host has.

    A voltage is outside where it is so both with and without the ideal entropy of mixing, :math:`-(RT/F)\ln[x/(1-x)]`, which
    takes any host out of any window close enough to x = 0 and 1, and by more than three of its standard deviations.

    Parameters
    ----------
    window
        Lowest and highest voltage [V] in the place of -0.1 to 6 V against lithium; voltages may then rise along x.

    Raises
    ------
    ValueError
        If a voltage lies outside the window, or rises along x at one temperature: the rank correlation with x is positive, and
        the straight line through the points rises by 0.2 V more than three of its errors. The likely slip is named.
    """
    limits = _limits(window, data)
    voltage, z = _voltages(data), known_ion(data.ion).valence
    unmixed = voltage + GAS_CONSTANT * data.temperature / (z * FARADAY) * np.log(data.x / (1 - data.x))
    margin = np.zeros_like(voltage) if data.std is None else PLAUSIBLE.most_errors * data.std / (z * FARADAY)
    outside = np.maximum(limits[0] - np.maximum(voltage, unmixed), np.minimum(voltage, unmixed) - limits[1]) - margin
    worst = int(np.argmax(outside))
    if outside[worst] > 0:
        raise ValueError(
            f"potentials of {data.label}: {voltage[worst]:.4g} V at x = {data.x[worst]:g}, no host has that "
            f"({_window_text(limits)}); {_potential_slip(voltage, limits)} (if it is right, declare voltage_window)"
        )
    for temperature in np.unique(data.temperature) if window is None else ():
        _validate_fall(data, data.temperature == temperature)


def _potential_slip(voltage: Array, limits: Window) -> str:
    """The question to the user that fits tabulated voltages [V] of which one lies outside the limits."""
    typical = float(np.median(voltage))
    if limits[0] <= -typical <= limits[1]:
        return Slip.SIGN.value
    if abs(typical) > PLAUSIBLE.unit_ratio * abs(PLAUSIBLE.lowest_voltage):
        return Slip.POTENTIAL_UNIT.value
    return Slip.OTHER_END.value


def _validate_fall(data: ChemicalPotentials, rows: Array) -> None:
    """Raise ``ValueError`` where the voltages of some rows rise along x on the whole."""
    x, voltage = data.x[rows], _voltages(data)[rows]
    if len(np.unique(x)) < 2 or np.ptp(voltage) == 0:
        return
    ranks = [np.searchsorted(np.sort(v), v, "left") + np.searchsorted(np.sort(v), v, "right") for v in (x, voltage)]
    if (ranks[0] - len(x)) @ (ranks[1] - len(x)) <= 0:  # Spearman's correlation, ranks counted twice less their mean
        return
    weight = (x - x.mean()) / ((x - x.mean()) @ (x - x.mean())) * np.ptp(x)
    std = np.zeros_like(x) if data.std is None else data.std[rows] / (known_ion(data.ion).valence * FARADAY)
    rise, error = float(weight @ voltage), PLAUSIBLE.most_errors * float(np.sqrt(weight**2 @ std**2))
    if rise > PLAUSIBLE.largest_rise + error:
        raise ValueError(
            f"potentials of {data.label}: the voltage rises by {rise:.3g} V from x = {x.min():g} to {x.max():g}, of a "
            f"stable host it falls; {Slip.OTHER_END.value}"
        )


def validate_reference(calculated: float, std: float, declared: float, declared_std: float, *, label: str) -> str:
    r"""Note on a calculated mean voltage [V] that a declared one replaces; empty where both agree within three errors.

    The joint error is :math:`\sigma = \sqrt{\sigma_\mathrm{calc}^2 + \sigma_\mathrm{decl}^2}`.

    Parameters
    ----------
    calculated, std
        Mean voltage of a table of energies or potentials over the law's window, and its standard deviation [V].
    declared, declared_std
        The same of the reference.
    label
        The method, named in messages.

    Raises
    ------
    ValueError
        If they differ by more than 1.5 V, which no functional does, and more than three joint errors.
    """
    joint = PLAUSIBLE.most_errors * float(np.hypot(std, declared_std))
    difference, most = calculated - declared, max(PLAUSIBLE.calculation_error, joint)
    reference = f"{declared:.3g} ± {declared_std:.2g} V"
    text = f"{label} has a mean voltage of {calculated:.3g} V, {difference:+.2f} V from the declared {reference}"
    if abs(difference) > most:
        raise ValueError(
            f"{text}, more than any functional's error ({most:.2g} V); correct the reference, or {Slip.OTHER_END.value}"
        )
    return text if abs(difference) > joint else ""
