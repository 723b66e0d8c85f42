"""An MSMR electrode whose sites carry errors: each site's potential is a coefficient, and PyBaMM's MSMR keys take them.

PyBaMM describes the cathode of its set "MSMR_Example" by four kinds of sites. Here each site's standard potential is given an
error of 1 mV, the set is written as PyBaMM's own JSON and read back without importing what the file names, and a cell that
cannot exist says so. What to take away: at a fixed potential the error of the filling is that of the sites times dx/dU, so
that it is largest on the plateaus.
"""

import tempfile
from pathlib import Path

import numpy as np
import pybamm

import a2c_pybamm as a2c

SITES = 4
STD = 0.001
LAW = a2c.SiteSum("NMC", SITES)


def sites_of_pybamm() -> list[float]:
    """PyBaMM's own numbers of the electrode, in the law's coordinates; the entropy that leaves its potentials as they are."""
    base, stem = pybamm.ParameterValues("MSMR_Example"), "Positive electrode host site"
    fraction = np.array([base[f"{stem} occupancy fraction ({j})"] for j in range(SITES)])
    potential = [base[f"{stem} standard potential ({j}) [V]"] for j in range(SITES)]
    width = [np.log(base[f"{stem} ideality factor ({j})"]) for j in range(SITES)]
    return [*potential, *width, *np.log(fraction[:-1] / fraction[-1]), 29.12]


def main() -> None:
    std = [STD] * SITES + [0.0] * (len(LAW.names) - SITES)
    sites = a2c.declare(LAW.names, sites_of_pybamm(), std=std, source="standard potentials", reason="1 mV each")
    parameters = a2c.ParameterSet("sites", "MSMR_Example", a2c.msmr_attachments(LAW, "positive"), a2c.Joint([sites]))

    # the error of the filling at a potential, against small shifts of each site by hand
    voltage = np.linspace(3.5, 4.2, 15)
    mean, draws = sites.mean, a2c.Joint([sites]).draw(4000, np.random.default_rng(0))

    def filling(values: np.ndarray) -> np.ndarray:
        return LAW.stoichiometry(dict(zip(LAW.names, values.T[:, :, None], strict=True)), voltage[None, :], 298.15)

    shift = STD * np.eye(SITES, len(mean))
    by_hand = np.sqrt((((filling(mean + shift) - filling(mean - shift)) / 2) ** 2).sum(axis=0))
    sampled = filling(draws).std(axis=0)
    largest = voltage[sampled.argmax()]
    print(f"error of the filling: {sampled.min():.5f} to {sampled.max():.5f}, largest at {largest:.2f} V")
    np.testing.assert_allclose(sampled, by_hand, rtol=0.05)  # four standard errors of 4000 draws, and 1 %

    # PyBaMM's JSON and back
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "values.json"
        parameters.nominal().to_json(str(path))
        values = a2c.read_parameter_values(path)
    key = "Positive electrode host site occupancy fraction (1)"
    assert abs(float(values[key]) - float(pybamm.ParameterValues("MSMR_Example")[key])) < 1e-9
    print(f"read back: {key} = {float(values[key]):.4f}")

    # a window above every potential that this cell has
    try:
        a2c.Cell(a2c.load("LCO_graphite_universal_potentials"), model="SPM", voltage_limits=(5.5, 5.6))
    except a2c.SimulationFailed as error:
        print(f"no such cell: {str(error)[:100]}")
    else:
        raise AssertionError("a cell between 5.5 and 5.6 V cannot be")


if __name__ == "__main__":
    main()
