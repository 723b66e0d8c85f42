"""Named numbers of a simulation: capacity, energy, peak temperature and others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from a2c_pybamm.cell.traces import CURRENT, VOLTAGE, Traces
from a2c_pybamm.estimate import Array

OPEN_CIRCUIT = "Bulk open-circuit voltage [V]"
TEMPERATURE = "Volume-averaged cell temperature [K]"
ANODE = "Negative electrode surface potential difference at separator interface [V]"
STRESSES = tuple(f"{side} particle surface tangential stress [Pa]" for side in ("Negative", "Positive"))
"""PyBaMM's variables that named numbers are computed from."""
PULSE_TIME = 10.0
"""Time [s] after a change of current at which the resistance of a pulse is taken, as in hybrid pulse power characterisation
(FreedomCAR battery test manual, DOE/ID-11069)."""


@dataclass(frozen=True)
class PulseCurrent:
    """Changes of current that count as a pulse."""

    change: float = 1e-3
    """Smallest change [A]: below it the solver's tolerance shows in the resistance."""
    share: float = 0.01
    """Share of a sample's largest current, where that is less: coin cells run at less than 1 mA."""
    noise: float = 1e-6
    """Change [A] that never counts: at equilibrium a hold's current is the solver's error, 1e-13 to 1e-8 A."""


PULSE_CURRENT = PulseCurrent()
"""Limits of the pulse whose resistance is taken."""
DISCHARGED_SHARE = 1e-5
"""Share of the charge taken up below which a sample counts as one that only charges: in a long hold the current swings about
0 by the solver's error, which delivers 1e-7 of it (Chen2020, 4.2 V for 30 h; November 2026)."""


def _delivered_or_taken(traces: Traces, out: Array, into: Array) -> Array:
    """Amounts delivered (n_sample,), or taken up of samples that only charge."""
    flow = traces.throughput
    return np.asarray(np.where(flow.charge_out > DISCHARGED_SHARE * flow.charge_in, out, into))


def capacity(traces: Traces) -> Array:
    """Discharge capacity [A.h] (n_sample,), or the charge of samples that only charge."""
    return _delivered_or_taken(traces, traces.throughput.charge_out, traces.throughput.charge_in)


def energy(traces: Traces) -> Array:
    """Discharge energy [W.h] (n_sample,), or the energy of samples that only charge."""
    return _delivered_or_taken(traces, traces.throughput.energy_out, traces.throughput.energy_in)


def mean_voltage(traces: Traces) -> Array:
    """Energy over capacity [V] (n_sample,)."""
    charge = capacity(traces)
    return np.divide(energy(traces), charge, out=np.full(len(charge), np.nan), where=charge > 0)


def pulse_resistance(traces: Traces) -> Array:
    r"""Change of voltage over change of current [Ohm], :math:`(V_0 - V_{10\,\mathrm{s}})/(I_{10\,\mathrm{s}} - I_0)`.

    For the first step whose current differs from that before it; before the first there is rest at open circuit. NaN where
    that step is shorter than ten seconds, or no current ever changes.
    """
    resistance = np.full(len(traces.t), np.nan)
    voltage, current = traces.cubic(VOLTAGE), traces.cubic(CURRENT)
    starts = np.hstack([np.zeros((len(traces.t), 1)), traces.step_ends[:, :-1]])
    share = PULSE_CURRENT.share * np.nanmax(np.abs(traces.values[CURRENT]), axis=1)
    least = np.clip(share, PULSE_CURRENT.noise, PULSE_CURRENT.change)
    before_v, before_i = traces.values[OPEN_CIRCUIT][:, 0], np.zeros(len(traces.t))
    for k in range(starts.shape[1]):
        moment = (starts[:, k] + PULSE_TIME)[:, None]
        after_v, after_i = voltage.at(moment)[:, 0], current.at(moment)[:, 0]
        inside = moment[:, 0] <= traces.step_ends[:, k] + 1e-9  # s: round-off of times
        change = after_i - before_i
        new = np.isnan(resistance) & inside & (np.abs(change) > least)
        resistance[new] = ((before_v - after_v) / np.where(new, change, 1.0))[new]
        end = np.nextafter(traces.step_ends[:, [k]], 0)
        before_v, before_i = voltage.at(end)[:, 0], current.at(end)[:, 0]
    return resistance


def _largest(variable: str) -> Callable[[Traces], Array]:
    return lambda traces: np.asarray(np.nanmax(traces.values[variable], axis=1))


def peak_stress(traces: Traces) -> Array:
    """Largest tangential stress [Pa] (n_sample,) at the surface of any particle."""
    largest = [np.nanmax(np.abs(traces.values[name]), axis=1) for name in STRESSES if name in traces.values]
    return np.asarray(np.max(largest, axis=0))


@dataclass(frozen=True)
class Scalar:
    """A named number of a simulation."""

    units: str
    text: str
    evaluate: Callable[[Traces], Array]
    """Its values (n_sample,) from solved samples."""
    needs: tuple[str, ...] = ()
    """PyBaMM's variables that it needs beside voltage and current."""


SCALARS = {
    "capacity": Scalar("A.h", "discharge capacity", capacity),
    "energy": Scalar("W.h", "discharge energy", energy),
    "specific_energy": Scalar("W.h.kg-1", "discharge energy over mass of the layers", lambda t: energy(t) / t.mass),
    "mean_voltage": Scalar("V", "discharge energy over capacity", mean_voltage),
    "end_time": Scalar("s", "time of the end", lambda traces: traces.end),
    "pulse_resistance": Scalar(
        "Ohm", f"resistance {PULSE_TIME:g} s after the current changes", pulse_resistance, (OPEN_CIRCUIT,)
    ),
    "peak_temperature": Scalar("K", "highest volume-averaged temperature", _largest(TEMPERATURE), (TEMPERATURE,)),
    "peak_stress": Scalar("Pa", "largest tangential stress at a particle's surface", peak_stress, STRESSES),
    "least_anode_potential": Scalar(
        "V",
        "least potential of the negative electrode against the electrolyte at the separator",
        lambda traces: np.asarray(np.nanmin(traces.values[ANODE], axis=1)),
        (ANODE,),
    ),
    "charge_time": Scalar("s", "time in which current flows into the cell", lambda traces: traces.throughput.time_in),
    "charge_out": Scalar("A.h", "charge that the cell delivers", lambda traces: traces.throughput.charge_out),
    "charge_in": Scalar("A.h", "charge that the cell takes up", lambda traces: traces.throughput.charge_in),
    "energy_out": Scalar("W.h", "energy that the cell delivers", lambda traces: traces.throughput.energy_out),
    "energy_in": Scalar("W.h", "energy that the cell takes up", lambda traces: traces.throughput.energy_in),
}
"""All of them, by their names."""
