"""How fast may the shipped LiCoO2 | graphite cell be charged, given what the potentials know of it?

Lithium may plate where the negative electrode's potential falls below that of lithium metal. Charged from 10 % at 1C and at
2C (SPMe, one temperature for the whole cell), the least potential at the separator is an output like any other; its error bar
comes from the same atoms as that of the capacity. What is asserted: twice the current brings the potential down, makes
plating more likely than not where it was the exception, warms the cell more, and needs less than half the time. And at 1C
first order is far too calm: near the mean little but the voltages moves the least potential, while in draws where graphite
diffuses slowly its surface is full long before the middle is.

Run with ``python examples/plating_on_fast_charge.py``; about half a minute.
"""

import numpy as np

import a2c_pybamm as a2c

DRAWS = 64
OUTPUTS = ["least_anode_potential", "charge_time", "peak_temperature", "voltage"]


def charged(parameters: a2c.ParameterSet, c_rate: float):
    """Statistics of a charge at this rate."""
    cell = a2c.Cell(parameters, options={"thermal": "lumped"}, protocol=a2c.ConstantCurrent(-c_rate), soc=0.1, outputs=OUTPUTS)
    return a2c.propagate(cell, parameters.joint, a2c.FirstOrder(), a2c.MonteCarlo(DRAWS), rng=np.random.default_rng(1))


def main() -> None:
    parameters = a2c.load("LCO_graphite_universal_potentials")
    found, first, plating, interval = {}, {}, {}, {}
    for c_rate in (1.0, 2.0):
        result = charged(parameters, c_rate)
        found[c_rate] = sampling = result.sel(approach="sampling")
        first[c_rate] = result.sel(approach="first order")
        safe = a2c.survival(result, "least_anode_potential", at=[0.0])
        plating[c_rate], *interval[c_rate] = (1 - float(safe[name][0]) for name in ("survival", "upper", "lower"))
        low, high = interval[c_rate]
        least = sampling["least_anode_potential"]
        print(f"{c_rate:g}C: least potential {1e3 * least['mean'].item():.0f} ± {1e3 * least['std'].item():.0f} mV")
        print(f"   below 0 with probability {plating[c_rate]:.2f} ({low:.2f} … {high:.2f})")
        minutes, peak = sampling["charge_time"]["mean"].item() / 60, sampling["peak_temperature"]["mean"].item() - 273.15
        print(f"   in {minutes:.0f} min, up to {peak:.1f} °C")
        shares = result["least_anode_potential"]["share"].sel(approach="first order").to_series().sort_values(ascending=False)
        print("   to first order by " + ", ".join(f"{source} {share:.0%}" for source, share in shares.head(3).items()))
        print(f"   {result['least_anode_potential']['decision'].item()}")
    slow, fast = found[1.0], found[2.0]
    assert float(fast["least_anode_potential"]["mean"]) < float(slow["least_anode_potential"]["mean"]) - 0.03
    assert plating[1.0] < 0.3
    # of 800 draws 76 % and 7 % are below 0: six and ten standard errors of 120 draws from one half
    assert interval[2.0][0] > 0.5 > interval[1.0][1]
    calm = float(first[1.0]["least_anode_potential"]["std"])
    assert float(slow["least_anode_potential"]["std"]) > 3 * calm, "the slow draws are beyond the tangent's sight"
    assert float(fast["peak_temperature"]["mean"]) > float(slow["peak_temperature"]["mean"]) + 1
    assert float(fast["charge_time"]["mean"]) < 0.5 * float(slow["charge_time"]["mean"])


if __name__ == "__main__":
    main()
