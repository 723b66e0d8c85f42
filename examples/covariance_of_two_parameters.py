r"""What a covariance does to a voltage: two transport parameters of an electrolyte, correlated one way and the other.

With :math:`S_D = \partial V/\partial D` and :math:`S_t = \partial V/\partial t_+`,

    Var V = S_D² Var D + S_t² Var t₊ + 2 S_D S_t Cov(D, t₊).

The two sensitivities have one sign here (more diffusion and a larger transference number both raise the voltage under load),
so that a negative covariance narrows the voltage's error and a positive one widens it. An error bar that drops the
covariance is wrong either way.

Run with ``python examples/covariance_of_two_parameters.py``.
"""

import numpy as np

import a2c_pybamm as a2c

NAMES = ("ln(D [m2.s-1])", "transference number")
MEAN = np.array([np.log(2.0e-10), 0.30])
STD = np.array([0.15, 0.03])
CURRENT, THICKNESS, CONCENTRATION = 20.0, 2.0e-4, 1000.0  # A/m2, m, mol/m3
F, RT = 96485.33, 8.314 * 298.15


def voltage_loss(samples: np.ndarray) -> np.ndarray:
    """Concentration overpotential [V] of a separator at steady state; dilute 1:1 salt, Newman's equations.

    The flux of salt is (1 - t₊) I / F, so the concentrations at the two ends are c₀ ± (1 - t₊) I L / (2 F D), and the loss is
    (2RT/F) (1 - t₊) ln(c₁/c₂).
    """
    D, t = np.exp(samples[:, 0]), samples[:, 1]
    step = (1 - t) * CURRENT * THICKNESS / (2 * F * D)
    return -2 * RT / F * (1 - t) * np.log((CONCENTRATION + step) / (CONCENTRATION - step))


def main() -> None:
    step = 1e-5
    gradient = np.array([np.diff(voltage_loss(MEAN + np.outer([-step, step], axis)))[0] / (2 * step) for axis in np.eye(2)])
    model = a2c.from_function(voltage_loss, NAMES, outputs={"voltage": "V"})
    spread = {}
    for correlation in (-0.8, 0.0, 0.8):
        covariance = np.outer(STD, STD) * np.array([[1, correlation], [correlation, 1]])
        estimate = a2c.Estimate.from_covariance(NAMES, MEAN, covariance, source="trajectory (sampling)")
        methods = (a2c.FirstOrder(), a2c.PolynomialChaos(order=2), a2c.MonteCarlo(4000))
        result = a2c.propagate(model, a2c.Joint([estimate]), *methods, rng=np.random.default_rng(0))
        by_hand = (
            gradient[0] ** 2 * STD[0] ** 2 + gradient[1] ** 2 * STD[1] ** 2 + 2 * gradient[0] * gradient[1] * covariance[0, 1]
        )
        std = {str(a): 1e3 * float(result.sel(approach=a)["voltage"]["std"]) for a in result["approach"].values}
        print(
            f"correlation {correlation:+.1f}: formula {1e3 * np.sqrt(by_hand):.3f} mV; "
            + ", ".join(f"{k} {v:.3f} mV" for k, v in std.items())
        )
        assert np.isclose(std["first order"], 1e3 * np.sqrt(by_hand), rtol=1e-3)
        assert np.isclose(std["chaos of order 2"], std["sampling"], rtol=0.05)
        spread[correlation] = std["first order"]
    assert gradient[0] * gradient[1] > 0
    assert spread[-0.8] < spread[0.0] < spread[0.8]


if __name__ == "__main__":
    main()
