"""From a trajectory to rates of hops, the diffusivity of their network, and the correlation factor, all of one run.

Run it as a script: ``python examples/hops_from_trajectory.py``. Two hosts whose rates are known take the place of molecular
dynamics: one with sites of two kinds in pairs, few ions; and a layer that is half full, where ions are in each other's way.
The first is also computed from the energies of its sites and saddles; a third, close packed, has one vacancy.
"""

import tempfile
from pathlib import Path

import ase
import ase.io
import numpy as np

import a2c_pybamm as a2c
from a2c_pybamm.constants import BOLTZMANN, ELEMENTARY_CHARGE
from a2c_pybamm.estimators import combine, repeat
from a2c_pybamm.synthetic import independent_walk, lattice_gas_walk, migration_path, network_sites, rattling_trajectory

INTERVAL = 2e-13  # s between frames
RATTLE = 0.4e-10  # m, standard deviation about the sites along each direction


def pairs(fast: float, slow: float, ratio: float) -> a2c.HopNetwork:
    """Rows of pairs of an A and a B site: rates from A inside and between pairs, from B over ``ratio``."""
    return a2c.HopNetwork(
        cell=np.diag([6e-10, 4e-10]),
        sites=np.array([[0.0, 0.0], [0.4, 0.0]]),
        from_site=np.array([0, 1, 1, 0]),
        to_site=np.array([1, 0, 0, 1]),
        translation=np.array([[0, 0], [0, 0], [1, 0], [-1, 0]]),
        rate=np.array([fast, fast / ratio, slow / ratio, slow]),
        path=("inside", "inside", "between", "between"),
    )


def read_kinds(sites: a2c.Sites) -> a2c.Sites:
    """The same sites from a structure file that has each of them filled, their kinds in a column."""
    atoms = ase.Atoms(["Li"] * len(sites.kind), scaled_positions=sites.positions, cell=sites.cell * 1e10, pbc=True)
    atoms.set_array("kind", np.array(sites.kind))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sites.extxyz"
        ase.io.write(path, atoms)
        return a2c.read_sites(path, species="Li")


def paired_host() -> None:
    """Fast hops inside pairs of an A and a B site, slow ones between pairs; a walker stays on B twice as long as on A."""
    fast, slow = 5e10, 1e10
    network = pairs(fast, slow, 2)
    exact = a2c.effective_diffusivity(network)[0, 0]
    rng = np.random.default_rng(1)
    walk = independent_walk(network, n_frame=4000, n_walker=40, interval=INTERVAL, rng=rng)
    trajectory = rattling_trajectory(walk, interval=INTERVAL, rng=rng, rattle=RATTLE)
    sites = read_kinds(network_sites(network, ("A", "B")))

    # These walkers ignore one another (exclusive=False): 40 dilute ions in one run.
    hops: a2c.SiteOccupation = a2c.assign_sites(trajectory, "Li", sites, exclusive=False)
    observed = a2c.observed_network(hops)
    # Longer hops than these two are two hops between frames. As rates they are left out, as flows (below) they count.
    seen = a2c.keep_paths(observed, [path for path in observed.paths if float(path.split()[1]) < 4])
    print(f"{len(observed.paths)} paths occur, {', '.join(seen.paths)} are single hops")
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
    flows = a2c.fit_hop_rates(hops, observed, material="host", source="MD (hops)", quantity="flow")
    by_hops = a2c.effective_diffusivity_estimate(observed, flows, name="host ln(D [m2.s-1])", direction=[1, 0, 0])
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
    factor = a2c.fit_correlation_factor(
        hops, name="layer ln(f)", source="MD (f)", criterion=a2c.MemoryCriterion(start_factor=4)
    )
    print(f"\nrate into an empty site {np.exp(rates.mean[0]):.2e} per s ± {rates.std[0]:.0%}, exactly {rate:.2e}")
    print(f"correlation factor {np.exp(factor.mean[0]):.3f} ± {factor.std[0]:.0%}; by long kinetic Monte Carlo 0.80")
    for source, part in factor.factors.items():
        print(f"  {source}: {np.linalg.norm(part.values):.1%}")
    assert abs(rates.mean[0] - np.log(rate)) < 3 * rates.std[0]
    assert abs(factor.mean[0] - np.log(0.80)) < 3 * factor.std[0]
    assert factor.mean[0] < -factor.std[0]  # ions that hop back are seen

    # The motion from site to site has the same diffusivity as the ions, without their rattling: M(0) is 4 times its square.
    by_atoms, by_sites = (
        a2c.mean_squared_displacement(run, "Li", directions=[0, 1]) for run in (trajectory, a2c.site_trajectory(hops))
    )
    rattling = (by_atoms.value - by_sites.value)[: len(by_atoms.lag) // 4].mean()
    print(f"rattling by displacements less hops {np.sqrt(rattling / 4) * 1e10:.2f} Å, exactly {RATTLE * 1e10:.2f} Å")
    np.testing.assert_allclose(rattling, 4 * RATTLE**2, rtol=0.2)


def energies_of_the_pairs() -> None:
    """The paired host's diffusivity from energies of sites and saddles, one of them the highest point of a path of images."""
    temperature, attempt = 700.0, 1e13
    kT = BOLTZMANN * temperature / ELEMENTARY_CHARGE
    path: a2c.MigrationPath = migration_path(7, barrier=0.35, rng=np.random.default_rng(3))
    inside = a2c.fit_barrier(path, name="host E_a inside [eV]", source="path (interpolation)")
    declared = a2c.declare(
        ["host A [eV]", "host B [eV]", "host E_a between [eV]"],
        [0.0, -0.06, 0.45],
        std=[1e-6, 0.02, 0.03],
        source="potential (declared)",
        reason="example",
    )
    mean = np.array([0.0, -0.06, inside.mean[0], 0.45])  # sites in their order, then saddles in that of the paths
    names = [*declared.names[:2], *inside.names, declared.names[2]]
    energies = combine([declared, inside], np.eye(4)[[0, 1, 3, 2]], names, mean, method="declared, but for one barrier")
    frequencies = pairs(attempt, attempt, 1)
    D = a2c.diffusivity_from_energies(frequencies, energies, T=temperature, name="host ln(D [m2.s-1])", direction=[1, 0])
    fast, slow = (attempt * np.exp(-saddle / kT) for saddle in mean[2:])
    exact = a2c.effective_diffusivity(pairs(fast, slow, np.exp(0.06 / kT)))[0, 0]
    print(f"\nD from energies {np.exp(D.mean[0]):.2e} m2/s ± {D.std[0]:.0%}, with its rates written out {exact:.2e}")
    for source, part in D.factors.items():
        print(f"  {source}: {np.linalg.norm(part.values):.1%}")
    np.testing.assert_allclose(np.exp(D.mean[0]), exact, rtol=1e-9)
    # The saddle between pairs is the bottleneck: its 30 meV are nearly all of the error.
    assert 0.9 * 0.03 / kT < D.std[0] < 1.1 * np.hypot(0.03, 0.02) / kT


def one_vacancy() -> None:
    """Tracer diffusion by one vacancy in two close packings: hexagonal, along the layers and across them, and cubic."""
    a, c = 1.0, np.sqrt(8 / 3)
    cell = np.array([[a, 0, 0], [a / 2, a * np.sqrt(3) / 2, 0], [0, 0, c]])
    hexagonal = a2c.neighbour_hops(cell, np.array([[0.0, 0.0, 0.0], [1 / 3, 1 / 3, 1 / 2]]))
    assert len(hexagonal.rate) == 2 * 12
    tensor = a2c.tracer_diffusivity_by_vacancies(hexagonal)
    factors = np.diag(tensor) / np.diag(a2c.effective_diffusivity(hexagonal))
    cubic = a2c.tracer_correlation_factor(a2c.lattice("fcc"))
    print(f"correlation factors of one vacancy: hcp {factors[0]:.4f} and {factors[2]:.4f} across the layers, fcc {cubic:.4f}")
    np.testing.assert_allclose(factors[0], factors[1], atol=1e-6)
    np.testing.assert_allclose(factors, cubic, atol=1e-3)  # twelve neighbours in both


if __name__ == "__main__":
    paired_host()
    half_full_layer()
    energies_of_the_pairs()
    one_vacancy()
