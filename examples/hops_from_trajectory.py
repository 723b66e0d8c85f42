"""From a trajectory to rates of hops, the diffusivity of their network, and the correlation factor, all of one run.

Run it as a script: ``python examples/hops_from_trajectory.py``. Two hosts whose rates are known take the place of molecular
dynamics: one with sites of two kinds in pairs, few ions; and a layer that is half full, where ions are in each other's way.
"""

import numpy as np

import a2c_pybamm as a2c
from a2c_pybamm.estimators import repeat
from a2c_pybamm.synthetic import independent_walk, lattice_gas_walk, network_sites, rattling_trajectory

INTERVAL = 2e-13  # s between frames
RATTLE = 0.4e-10  # m, standard deviation about the sites along each direction


def paired_host() -> None:
    """Fast hops inside pairs of an A and a B site, slow ones between pairs; a walker stays on B twice as long as on A."""
    fast, slow = 5e10, 1e10
    network = a2c.HopNetwork(
        cell=np.diag([6e-10, 4e-10]),
        sites=np.array([[0.0, 0.0], [0.4, 0.0]]),
        from_site=np.array([0, 1, 1, 0]),
        to_site=np.array([1, 0, 0, 1]),
        translation=np.array([[0, 0], [0, 0], [1, 0], [-1, 0]]),
        rate=np.array([fast, fast / 2, slow / 2, slow]),
        path=("inside", "inside", "between", "between"),
    )
    exact = a2c.effective_diffusivity(network)[0, 0]
    rng = np.random.default_rng(1)
    walk = independent_walk(network, n_frame=4000, n_walker=40, interval=INTERVAL, rng=rng)
    trajectory = rattling_trajectory(walk, interval=INTERVAL, rng=rng, rattle=RATTLE)
    sites = network_sites(network, ("A", "B"))

    # These walkers ignore one another (exclusive=False): 40 dilute ions in one run.
    hops = a2c.assign_sites(trajectory, "Li", sites, exclusive=False)
    seen = a2c.observed_network(hops)
    alone = a2c.fit_hop_rates(hops, seen, material="host", source="MD (hops)")
    print(alone)
    for path, true in (("2.40", fast), ("3.60", slow)):
        (k,) = (k for k, name in enumerate(alone.names) if path in name)
        assert abs(alone.mean[k] - np.log(true)) < 3 * alone.std[k]

    # The nearest site alone takes rattling for hops: inside a pair the border is 1.2 Å away, three standard deviations.
    touching = a2c.assign_sites(trajectory, "Li", sites, hysteresis=1.0, exclusive=False)
    print(f"hops: {len(hops.hop_frame)} with cores, {len(touching.hop_frame)} by the nearest site")
    assert len(touching.hop_frame) > 1.2 * len(hops.hop_frame)

    # Diffusivity along the rows: by the network of the hops, by the displacements of the same run, and exactly.
    flows = a2c.fit_hop_rates(hops, seen, material="host", source="MD (hops)", quantity="flow")
    by_hops = a2c.effective_diffusivity_estimate(seen, flows, name="host ln(D [m2.s-1])", direction=[1, 0, 0])
    msd = a2c.mean_squared_displacement(trajectory, "Li", directions=[0])
    window = (1e-10, 4e-10)  # the fit may begin when pairs have been left
    by_msd = a2c.fit_tracer_diffusivity(msd, name="host ln(D_tr [m2.s-1])", source="MD", window=window)
    counted = (hops.hop_vector[:, 0] ** 2).sum() / (2 * hops.n_ion * hops.duration)
    for label, value, std in (
        ("network of hops", np.exp(by_hops.mean[0]), by_hops.std[0]),
        ("displacements", np.exp(by_msd.mean[0]), by_msd.std[0]),
    ):
        print(f"D by {label:16s} {value:.2e} m2/s ± {std:.0%}")
    print(f"D exactly            {exact:.2e};  hops counted as if independent {counted:.2e}")
    assert abs(by_hops.mean[0] - np.log(exact)) < 3 * by_hops.std[0]
    assert abs(by_hops.mean[0] - by_msd.mean[0]) < 3 * np.hypot(by_hops.std[0], by_msd.std[0])
    assert np.log(counted / exact) > 3 * by_hops.std[0]

    # The correlation factor of this run says the same: D over what independent hops would give.
    factor = a2c.fit_correlation_factor(hops, name="host ln(f)", source="MD (f)", directions=[0])
    assert abs(factor.mean[0] - np.log(exact / counted)) < 3 * factor.std[0]


def half_full_layer() -> None:
    """Ions on half of the sites of a triangular layer, one on each: rate into an empty site, and f = 0.80 at x = 0.5."""
    rate, times = 5e10, (8, 8)
    layer = a2c.lattice("triangular", jump_length=2.8e-10, rate=rate)
    rng = np.random.default_rng(2)
    walk = lattice_gas_walk(layer, times, occupancy=0.5, n_frame=4000, interval=INTERVAL, n_replica=1, rng=rng)
    trajectory = rattling_trajectory(walk[:, 0], interval=INTERVAL, rng=rng, rattle=RATTLE)
    hops = a2c.assign_sites(trajectory, "Li", network_sites(repeat(layer, times)))
    seen = a2c.observed_network(hops)
    rates = a2c.fit_hop_rates(hops, seen, material="layer", source="MD (hops)")
    factor = a2c.fit_correlation_factor(hops, name="layer ln(f)", source="MD (f)")
    print(f"\nrate into an empty site {np.exp(rates.mean[0]):.2e} per s ± {rates.std[0]:.0%}, exactly {rate:.2e}")
    print(f"correlation factor {np.exp(factor.mean[0]):.3f} ± {factor.std[0]:.0%}; by long kinetic Monte Carlo 0.80")
    for source, part in factor.factors.items():
        print(f"  {source}: {np.linalg.norm(part.values):.1%}")
    assert abs(rates.mean[0] - np.log(rate)) < 3 * rates.std[0]
    assert abs(factor.mean[0] - np.log(0.80)) < 3 * factor.std[0]
    assert factor.mean[0] < -factor.std[0]  # ions that hop back are seen


if __name__ == "__main__":
    paired_host()
    half_full_layer()
