r"""Ions in the pores of a cell, by three choices: Bruggeman's exponent, a bound of Hashin and Shtrikman, measured tortuosities.

A porous layer conducts by its phases, their shares of the volume, and how they lie. The shares alone give bounds:
of pores with porosity ε in a solid that does not conduct, an isotropic layer has at most 2ε/(3 − ε) of the electrolyte's
conductivity and diffusivity, and at least nothing. What a layer has below the bound is a choice, and its error one of the
sources of the cell's voltage.

The voltage at the start of a discharge, before the concentrations have moved, falls by the electrolyte's resistance

    R = [L_n/(3 B_n) + L_s/B_s + L_p/(3 B_p)]/(κ A)

with B the layers' transport efficiencies, L their thicknesses, κ the electrolyte's conductivity and A the area (SPMe: the
reaction is uniform in each electrode, and a third of its layer carries the whole current). What is asserted: the choices differ
by this formula at the start, first order's error is that of the formula there, the bound gives the highest voltage after ten
minutes, and no efficiency is above what phases side by side have.

Run with ``python examples/effective_transport.py``.
"""

import numpy as np

import a2c_pybamm as a2c

BASE, CURRENT, C_RATE = "Chen2020", 5.0, 1.0
"""1C of this set's 5 A.h."""
LAYERS = ("negative", "separator", "positive")
MEASURED = {"negative": (5.2, 0.15), "separator": (2.0, 0.1), "positive": (2.6, 0.15)}
"""Tortuosity factors and the standard deviations of their logarithms, as impedance with a blocking electrolyte has them."""
START, LATER = "voltage at the start", "voltage after 10 min"


def laws() -> dict[str, a2c.TransportEfficiency]:
    return {
        layer: a2c.TransportEfficiency(f"{layer} pores", a2c.phase_fraction(BASE, layer, "electrolyte")) for layer in LAYERS
    }


def choices() -> dict[str, list[a2c.Estimate]]:
    """Estimates of the layers' efficiencies by each choice, each layer a source of its own."""
    found: dict[str, list[a2c.Estimate]] = {"Bruggeman 1.5 ± 0.2": [], "upper bound, less up to half": [], "tortuosity": []}
    for layer, law in laws().items():
        tortuosity, std_ln = MEASURED[layer]
        by_exponent = a2c.efficiency_by_exponent(law, 1.5, std=0.2, source=layer, reason="spheres")
        by_bound = a2c.efficiency_by_bounds(law, choice="upper", shortfall=0.5, source=layer, reason="pores around grains")
        measured = a2c.efficiency_by_tortuosity(law, tortuosity, std_ln=std_ln, source=layer, reason="impedance")
        for estimates, estimate in zip(found.values(), (by_exponent, by_bound, measured), strict=True):
            estimates.append(estimate)
    return found


def cell_of(name: str, estimates: list[a2c.Estimate]) -> a2c.Cell:
    """A discharge at 1C with its voltage at the start and after ten minutes."""
    attach = {key: item for layer, law in laws().items() for key, item in a2c.efficiency_attachments(law, layer).items()}
    parameters = a2c.ParameterSet(name, BASE, attach, a2c.Joint(estimates))
    outputs = [
        a2c.VariableAt(name=START, variable="Voltage [V]", time=0.0),
        a2c.VariableAt(name=LATER, variable="Voltage [V]", time=600.0),
    ]
    return a2c.Cell(parameters, model="SPMe", protocol=a2c.ConstantCurrent(C_RATE), outputs=outputs)


def weights() -> dict[str, float]:
    """Resistance of each layer's electrolyte, were its efficiency 1 [Ohm]."""
    base = a2c.ParameterSet("base", BASE, {}, a2c.Joint([])).mean_values
    c_e, T = base["Initial concentration in electrolyte [mol.m-3]"], base["Reference temperature [K]"]
    kappa = float(base.evaluate(base["Electrolyte conductivity [S.m-1]"](c_e, T)))
    area = base["Electrode height [m]"] * base["Electrode width [m]"]
    keys = ("Negative electrode thickness [m]", "Separator thickness [m]", "Positive electrode thickness [m]")
    lengths = np.array([base[key] for key in keys]) * [1 / 3, 1, 1 / 3]
    return dict(zip(LAYERS, lengths / (kappa * area), strict=True))


def main() -> None:
    resistance = weights()
    voltages, drops, later = [], [], []
    for name, estimates in choices().items():
        cell = cell_of(name.replace(" ", "_"), estimates)
        joint = cell.parameter_set.joint
        result = a2c.propagate(cell, joint, a2c.FirstOrder(), rng=np.random.default_rng(1))
        efficiencies = dict(zip(LAYERS, (float(np.exp(e.mean[0])) for e in estimates), strict=True))
        drop = {layer: CURRENT * resistance[layer] / efficiencies[layer] for layer in LAYERS}
        print(f"{name}:")
        for (layer, law), estimate in zip(laws().items(), estimates, strict=True):
            share = float(result[LATER]["share"].sel(source=layer, approach="first order"))
            print(
                f"   {layer:10} {efficiencies[layer]:.3f} of the electrolyte's ± {estimate.std[0]:.0%}, "
                f"tortuosity factor {law.tortuosity_factor(dict(zip(law.names, estimate.mean, strict=True))):.2f}, "
                f"{share:4.0%} of the variance of the {LATER}"
            )
            assert 0 < efficiencies[layer] <= a2c.wiener_bounds([1.0, 0.0], [law.volume_fraction, 1 - law.volume_fraction])[1]
        start, end = (result[output].sel(approach="first order") for output in (START, LATER))
        print(f"   {START} {float(start['mean']):.4f} V ± {1e3 * float(start['std']):.2f} mV")
        print(f"   {LATER} {float(end['mean']):.4f} V ± {1e3 * float(end['std']):.2f} mV")
        # dV/d ln B of a layer is its drop
        formula = np.sqrt(sum((drop[layer] * e.std[0]) ** 2 for layer, e in zip(LAYERS, estimates, strict=True)))
        assert np.isclose(float(start["std"]), formula, rtol=0.01)
        shares = end["share"].to_series()
        assert np.isclose(shares.sum(), 1, atol=1e-6)
        voltages.append(float(start["mean"]))
        drops.append(sum(drop.values()))
        later.append(float(end["mean"]))
    found, formulas = (1e3 * sign * np.diff(values).round(5) for sign, values in ((1, voltages), (-1, drops)))
    print(f"between the choices at the start: {found} mV, by the formula {formulas} mV")
    # a mesh of twenty points in each layer, and a solver's 1e-4 V
    assert np.allclose(np.diff(voltages), -np.diff(drops), rtol=5e-3, atol=2e-5)
    exact = [a2c.efficiency_by_bounds(law, choice="upper", source=layer, reason="bound") for layer, law in laws().items()]
    highest = float(cell_of("bound", exact).solve(a2c.Joint(exact).mean[None])[LATER].values[0])
    print(f"{LATER} at the upper bound itself: {highest:.4f} V")
    assert highest > max(later)


if __name__ == "__main__":
    main()
