r"""Answers of a result after the run, without another solve: tables, covariance of a curve, its polynomial, its generator.

A discharge with two errors: the logarithm of a diffusivity (from molecular dynamics) and the level of the voltage (from
energies). Three numbers come out of it, one straight, one curved and one with a kink, and for each of them another method is to
be taken: `read_recommendation` gives it as a member of `Recommendation`, by which a script can decide.

To take away: the whole curve is in the result with its covariance :math:`C`, so that any weighted mean of it,
:math:`w^\mathsf{T}V`, has its variance :math:`w^\mathsf{T}Cw` without a further output; all of it works on a file.

Run with ``python examples/questions_to_a_result.py``.
"""

import tempfile
from pathlib import Path

import chaospy
import numpy as np
from scipy.integrate import trapezoid

import a2c_pybamm as a2c

NAMES = ("ln(D [m2.s-1])", "OCV offset [V]")
MEAN, STD = np.array([-32.0, 0.0]), np.array([0.8, 0.02])
DURATION, CURRENT = 3000.0, 1.0  # s, A
TIME = np.linspace(0.0, DURATION, 25)
WEIGHT = trapezoid(np.eye(len(TIME)), TIME) / DURATION
"""Trapezoidal weights of the time average (n_time,)."""
OUTPUTS = {"voltage": "V", "start_voltage": "V", "mean_voltage": "V", "charge": "A.h"}
CHAOS = a2c.PolynomialChaos(order=3)


def discharge(samples: np.ndarray) -> dict[str, np.ndarray]:
    """A voltage that falls the faster the slower diffusion is; the charge until 3.5 V or the end, whichever is first."""
    start = 4.1 + samples[:, 1]
    fall = (0.5 + 0.2 * np.exp(-0.5 * (samples[:, 0] - MEAN[0]))) / 3600
    voltage = start[:, None] - fall[:, None] * TIME
    charge = CURRENT * np.minimum((start - 3.5) / fall, DURATION) / 3600
    return {"voltage": voltage, "start_voltage": start, "mean_voltage": voltage @ WEIGHT, "charge": charge}


def recommendations(result: a2c.Result) -> None:
    """The kind of answer to take, one for each number."""
    expected = {
        "start_voltage": a2c.Recommendation.FIRST_ORDER,  # straight
        "mean_voltage": a2c.Recommendation.CHAOS,  # curved: exponential in ln D
        "charge": a2c.Recommendation.SAMPLING,  # a kink where 3.5 V is reached just at the end
    }
    for output, kind in expected.items():
        print(f"{output}: take {a2c.read_recommendation(result, output)}")
        assert a2c.read_recommendation(result, output) is kind


def tables(result: a2c.Result) -> None:
    """All statistics, all draws and all points of the designs, as tables of pandas."""
    numbers = a2c.to_dataframe(result).query("output == 'mean_voltage'").set_index("approach")
    print(numbers[["mean", "std", "error"]].round(5).to_string())
    exact = STD[1] ** 2 + (0.1 * DURATION / 3600) ** 2 * np.exp(STD[0] ** 2 / 4) * np.expm1(STD[0] ** 2 / 4)
    # the terms of an exponential beyond the cubic one have 1.3 % of its standard deviation
    assert abs(numbers.loc[CHAOS.label, "std"] / np.sqrt(exact) - 1) < 0.013
    assert abs(numbers.loc["sampling", "std"] / np.sqrt(exact) - 1) < 4 * numbers.loc["sampling", "error"]

    # Every draw is kept with its coefficients: what have the poorest cells in common?
    draws = a2c.draws_to_dataframe(result)
    poorest = draws.nsmallest(len(draws) // 20, "charge")
    slow = (poorest[NAMES[0]].mean() - MEAN[0]) / STD[0]
    print(f"the poorest twentieth, below {poorest['charge'].max():.3f} A.h, has ln D {slow:+.1f} standard deviations off")
    assert slow < -1.5

    # Points of a design are no sample; every one of them is a solve of the model.
    design = a2c.design_to_dataframe(result)
    solves = result["n_solves"].drop_sel(approach="sampling").to_series()
    assert design["approach"].value_counts().to_dict() == solves.to_dict()
    for table in (draws, design):
        np.testing.assert_allclose(table["charge"], discharge(table[list(NAMES)].to_numpy())["charge"], rtol=1e-12)


def weighted_means(result: a2c.Result, joint: a2c.Joint) -> None:
    """The variance of the mean voltage from the covariance of the curve: that of the output of this name."""
    for approach in ("first order", CHAOS.label):
        covariance = a2c.curve_covariance(result, "voltage", approach=approach, joint=joint)["covariance"].values
        variance = result["mean_voltage"]["var"].sel(approach=approach).item()
        correlation = covariance[0, -1] / np.sqrt(covariance[0, 0] * covariance[-1, -1])
        print(f"{approach}: voltages at the start and the end have a correlation of {correlation:.2f}")
        np.testing.assert_allclose(WEIGHT @ covariance @ WEIGHT, variance, rtol=1e-9)
        # errors at different times are correlated: were they independent, they would nearly cancel in the mean
        assert WEIGHT**2 @ np.diag(covariance) < variance / 10


def polynomial(result: a2c.Result) -> None:
    """The polynomial as one of chaospy, whose own moments are those of the result."""
    surrogate, germ = a2c.to_chaospy(result, "mean_voltage")
    node = result["mean_voltage"].to_dataset().sel(approach=CHAOS.label)
    np.testing.assert_allclose(chaospy.E(surrogate, germ), node["mean"].item(), rtol=1e-9)
    np.testing.assert_allclose(chaospy.Var(surrogate, germ), node["var"].item(), rtol=1e-8)


def main() -> None:
    joint = a2c.Joint(
        [
            a2c.declare(NAMES[:1], MEAN[:1], std=STD[:1], source="MD (sampling)", reason="example"),
            a2c.declare(NAMES[1:], MEAN[1:], std=STD[1:], source="energies (fit)", reason="example"),
        ]
    )
    model = a2c.from_function(discharge, NAMES, outputs=OUTPUTS)
    methods = a2c.FirstOrder(), CHAOS, a2c.MonteCarlo(2000)
    made = a2c.propagate(model, joint, *methods, rng=np.random.default_rng(1))
    with tempfile.TemporaryDirectory() as folder:
        result = a2c.read_result(a2c.write_result(Path(folder) / "result.nc", made))
    recommendations(result)
    tables(result)
    weighted_means(result, joint)
    polynomial(result)
    # The file holds the generator as it stood before the run: the same numbers again, to the last digit.
    again = a2c.propagate(model, joint, *methods, rng=a2c.generator_of(result))
    assert again.identical(made)
    print(f"made again from {result.attrs['seed']}")


if __name__ == "__main__":
    main()
