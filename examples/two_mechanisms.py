r"""Two mechanisms in one network of hops, and a host in which counting hops is wrong.

A layered oxide: an ion hops into a single vacancy along the edge that two oxygens make (ODH), or into a pair of vacancies
through the empty tetrahedron next to it (TSH). The second has the lower barrier and needs one more vacancy:

    D_J = (1-x) [D_ODH + (1-x) D_TSH].

Barriers and frequencies are round numbers of the right size, not results. Run with ``python examples/two_mechanisms.py``.
"""

import numpy as np

import a2c_pybamm as a2c

MATERIAL, T, JUMP = "LCO", 300.0, 2.8e-10
BARRIERS = {"ODH": 0.40, "TSH": 0.32}  # eV
KT = 8.617333e-5 * T


def hop(name: str, barrier: float) -> a2c.Estimate:
    """Coefficients ln D0 and E_a of one mechanism; the functional errs by 0.05 eV, by the same germ in both."""
    functional = a2c.Factor(np.array([[0.05]]), ("PBE+U",))
    return a2c.hopping_diffusivity(
        a2c.Estimate((f"{name} [eV]",), np.array([barrier]), {"functional": functional}),
        material=MATERIAL,
        hop=name,
        jump_length=JUMP,
        coordination=6,
        dimension=2,
        attempt_frequency=1e13,
        attempt_frequency_std_ln=0.5,
        source=f"{name} attempt frequency",
    )


def layered_oxide() -> None:
    """Ln D_J per vacancy at several x, its error by source, and which mechanism carries it."""
    layer = a2c.lattice("triangular", jump_length=JUMP)
    joint = a2c.Joint([hop(name, barrier) for name, barrier in BARRIERS.items()])
    hops = a2c.Estimate(joint.names, joint.mean, joint.factors)
    D = {name: 6 * JUMP**2 * 1e13 / 4 * np.exp(-barrier / KT) for name, barrier in BARRIERS.items()}
    stds = {}
    print("   x    D_J [m2/s]   ± ln D: functional   ODH frequency   TSH frequency")
    for x in (0.5, 0.9, 0.99, 0.9999):
        pair = a2c.lattice("triangular", jump_length=JUMP, rate=1 - x)  # the second vacancy is there in 1-x of all cases
        network = a2c.superpose({"ODH": layer, "TSH": pair})
        alone = a2c.superpose({"ODH": layer, "TSH": layer})
        rates = a2c.activated_rates(alone, hops, material=MATERIAL, T=T)
        made = a2c.effective_diffusivity_estimate(network, rates, name="LCO ln(D [m2.s-1])")
        std = {source: float(np.linalg.norm(factor.values)) for source, factor in made.factors.items()}
        stds[x] = std
        odh, tsh = std["ODH attempt frequency"], std["TSH attempt frequency"]
        print(f"{x:6g}     {(1 - x) * np.exp(made.mean[0]):.2e}   {std['functional']:18.2f}   {odh:13.2f}   {tsh:13.2f}")
        # All sites are alike: the network gives the sum of both mechanisms.
        assert np.isclose(made.mean[0], np.log(D["ODH"] + (1 - x) * D["TSH"]), rtol=0, atol=1e-5)
        # The functional's error is common to both barriers, whichever carries: 0.05 eV/kT.
        assert np.isclose(std["functional"], 0.05 / KT, rtol=1e-6)
    # The frequency that counts is that of the mechanism which carries; with few vacancies pairs are rare.
    assert stds[0.5]["TSH attempt frequency"] > 5 * stds[0.5]["ODH attempt frequency"]
    assert stds[0.9999]["ODH attempt frequency"] > 10 * stds[0.9999]["TSH attempt frequency"]
    f = a2c.tracer_correlation_factor(layer)
    print(f"a marked ion, x near 1: D_tr = {f:.7f} D_J")
    assert abs(f - 0.5600570) < 1e-7


def paired_host() -> None:
    """Sites in pairs along a: fast inside a pair, slow between pairs; hops along b are slow everywhere."""
    fast, slow, side = 1e12, 1e9, 3e8
    network = a2c.HopNetwork(
        cell=np.diag([6e-10, 4e-10]),
        sites=np.array([[0.0, 0.0], [0.5, 0.0]]),
        from_site=np.array([0, 1, 1, 0, 0, 0, 1, 1]),
        to_site=np.array([1, 0, 0, 1, 0, 0, 1, 1]),
        translation=np.array([[0, 0], [0, 0], [1, 0], [-1, 0], [0, 1], [0, -1], [0, 1], [0, -1]]),
        rate=np.array([fast, fast, slow, slow, side, side, side, side]),
        path=("inside",) * 2 + ("between",) * 2 + ("side",) * 4,
    )
    D = a2c.effective_diffusivity(network)
    counted = (network.flow[:, None] * network.displacement).T @ network.displacement / 2
    print(
        f"\npaired host: D along a {D[0, 0]:.2e}, along b {D[1, 1]:.2e} m2/s; counting hops gives {counted[0, 0]:.2e} along a"
    )
    # Two barriers in a row: times add, not rates. Along b all sites are alike, and counting is right.
    assert np.isclose(D[0, 0], 6e-10**2 / (2 * (1 / fast + 1 / slow)), rtol=1e-9)
    assert np.isclose(D[1, 1], 4e-10**2 * side, rtol=1e-9)
    assert counted[0, 0] > 200 * D[0, 0]
    # What makes the fast hop faster is lost; the slow hop decides.
    rates = a2c.declare(["inside", "between", "side"], [0.0, 0.0, 0.0], std=0.3, source="rates", reason="example")
    made = a2c.effective_diffusivity_estimate(network, rates, name="ln D along a", direction=[1, 0])
    assert np.isclose(made.std[0], 0.3 * np.hypot(slow, fast) / (slow + fast), rtol=1e-6)
    assert np.isclose(np.exp(made.mean[0]), D[0, 0], rtol=1e-9)


if __name__ == "__main__":
    layered_oxide()
    paired_host()
