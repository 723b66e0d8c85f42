"""Peak temperature of a fast discharge: its error bar, and what makes it.

LiCoO2 | graphite (Ai2020's cell) at 3C, one temperature for the whole cell, hardly cooled. The heat capacity of LiCoO2 follows
from its phonons (CHGNet, with an error of all frequencies together), and is mixed with electrolyte, binder and carbon, since
PyBaMM's number is the electrode's; graphite's is declared. Beside it stand the cooling, the exchange currents and the
electrolyte's conductivity. What is asserted: first order and chaos agree; cooling and reaction make most of the error, the heat
capacities a few per cent; and without cooling a cell of twice the heat capacity warms about half as much.

Run with ``python examples/heat_of_a_cell.py``; about ten seconds.
"""

import tempfile
from pathlib import Path

import numpy as np

import a2c_pybamm as a2c

PHONONS = Path(__file__).parent / "data" / "phonons" / "thermal_LiCoO2_chgnet-0.3.0.csv"
PHASE = """name = "{name}"
density = "{density} g/cm3"
density_std_ln = 0.02
heat_capacity = "{capacity} J/kg/K"
heat_capacity_std_ln = 0.05
source = "{name} (handbook)"
reason = "handbook"
"""
ELECTROLYTE = PHASE.format(name="electrolyte", density=1.2, capacity=1600)
CARBON = PHASE.format(name="carbon and binder", density=1.85, capacity=900)
STUDY = f"""
name = "heat"
base = "Ai2020"

[positive]
material = "LCO"
[positive.thermal]
formula = "LiCoO2"
[positive.thermal.vibrations]
file = '{PHONONS}'
sites = 1.0
frequency_std = 0.15
dilation_std = 0.03
[positive.thermal.declared_density]
density = "5.05 g/cm3"
std_ln = 0.01
expansion = "4e-5 1/K"
expansion_std = "1e-5 1/K"
source = "LCO density (X-ray)"
reason = "lattice constants"
[positive.thermal.pores]
{ELECTROLYTE}
[[positive.thermal.remainder]]
share = 1.0
{CARBON}

[negative]
material = "graphite"
[negative.thermal.declared_density]
density = "2.26 g/cm3"
std_ln = 0.01
expansion = "2.5e-5 1/K"
expansion_std = "1e-5 1/K"
source = "graphite density (X-ray)"
reason = "lattice constants"
[negative.thermal.declared_heat_capacity]
heat_capacity = "710 J/kg/K"
std_ln = 0.03
slope = "3e-3 1/K"
slope_std = "5e-4 1/K"
source = "graphite heat capacity (measured)"
reason = "calorimetry"
[negative.thermal.pores]
{ELECTROLYTE}
[[negative.thermal.remainder]]
share = 1.0
{CARBON}

[[value]]
parameter = "Total heat transfer coefficient [W.m-2.K-1]"
value = "5 W.m-2.K-1"
std = "1 W.m-2.K-1"
source = "cooling"
reason = "natural convection and radiation"

[[scale]]
parameters = ["Positive electrode exchange-current density [A.m-2]", "Negative electrode exchange-current density [A.m-2]"]
std = [0.3, 0.3]
source = "exchange currents (literature)"
reason = "spread between cells"

[[scale]]
parameter = "Electrolyte conductivity [S.m-1]"
std = 0.1
source = "electrolyte conductivity (literature)"
reason = "spread between measurements"

[cell]
model = "SPMe"
options = {{ thermal = "lumped" }}
c_rate = 3.0
outputs = ["peak_temperature", "capacity"]
"""
CHAOS = "adaptive chaos"


def derived() -> tuple[a2c.ParameterSet, a2c.Cell]:
    """The set of the study, and its cell."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "study.toml"
        path.write_text(STUDY, encoding="utf-8")
        study = a2c.read_study(path)
        made = a2c.derive(study)
    settings = study.cell
    return made, a2c.Cell(
        made, model=settings.model, options=settings.options, c_rate=settings.c_rate, outputs=settings.outputs
    )


def rises(made: a2c.ParameterSet, cell: a2c.Cell) -> tuple[float, float, float]:
    """Rise of the temperature [K] at the means, without cooling, and without cooling at twice the heat capacity."""
    place = {name: k for k, name in enumerate(cell.names)}
    mean = made.joint.mean[[made.joint.names.index(name) for name in cell.names]]
    cooling = next(name for name in cell.names if "heat transfer" in name)
    adiabatic = mean.copy()
    adiabatic[place[cooling]] = 1e-9
    heavy = adiabatic.copy()
    for name in cell.names:
        if "ln(rho" in name:
            heavy[place[name]] += np.log(2)
    peaks = cell.solve(np.vstack([mean, adiabatic, heavy]))["peak_temperature"].values
    return tuple(float(peak) - made.temperature for peak in peaks)


def main() -> None:
    made, cell = derived()
    print(made.notes["LCO heat"])
    result = a2c.propagate(cell, made.joint, a2c.FirstOrder(), a2c.AdaptiveChaos(tolerance=0.05), rng=np.random.default_rng(1))
    peak = result["peak_temperature"]
    shares = {}
    for approach in ("first order", CHAOS):
        mean, std = (float(np.ravel(peak[name].sel(approach=approach))[0]) for name in ("mean", "std"))
        shares[approach] = peak["share"].sel(approach=approach).to_series().dropna()
        print(f"{approach}: peak temperature {mean - 273.15:.1f} ± {std:.1f} °C")
    print(f"{'share of the variance':40} first order   chaos")
    for source in shares[CHAOS].sort_values(ascending=False).index[:6]:
        print(f"  {source:38} {shares['first order'][source]:10.1%} {shares[CHAOS][source]:7.1%}")

    std = [float(np.ravel(peak["std"].sel(approach=approach))[0]) for approach in shares]
    assert abs(std[1] / std[0] - 1) < 0.1, "first order and chaos agree"
    for share in shares.values():
        assert abs(float(share.sum()) - 1) < 0.05
        assert share.idxmax() in ("cooling", "exchange currents (literature)")
        heat = sum(
            float(value) for source, value in share.items() if any(word in source for word in ("LCO", "handbook", "graphite"))
        )
        assert 0.005 < heat < 0.5, "the heat capacity counts, and is not what to refine first"

    cooled, adiabatic, heavy = rises(made, cell)
    print(f"rise {cooled:.1f} K; without cooling {adiabatic:.1f} K, with both electrodes twice as heavy {heavy:.1f} K")
    assert cooled < adiabatic
    # electrodes have most of the cell's heat capacity, collectors and separator the rest: between one half and one
    assert 0.5 < heavy / adiabatic < 0.8


if __name__ == "__main__":
    main()
