"""Young's modulus of LiCoO2, LiFePO4 and LiC6 from strained cells of four universal potentials, beside published values.

Run it as a script: ``python examples/moduli_of_electrode_hosts.py``. Each potential's stresses give elastic constants under the
crystal's point group, with two errors: noise, and the strains' finite size. They become the moduli of a polycrystal, whose
bounds are a source of their own, and the potentials together a committee, whose disagreement is the largest error of all but
the layered hosts'. A crystal that is not stable beyond its error gives no moduli, and is named.
"""

from pathlib import Path

import numpy as np

import a2c_pybamm as a2c

DATA = Path(__file__).parent / "data/elastic"
POTENTIALS = ("chgnet-0.3.0", "chgnet-r2scan", "7net-0", "7net-l3i5")
PUBLISHED = {
    "LiCoO2": "measured, dense polycrystal, 191 GPa (Cheng et al., J. Asian Ceram. Soc. 5, 113 (2017)); Ai2020 has 375 GPa",
    "LiFePO4": "PBE+U 123.9 GPa (from the constants of Maxisch and Ceder, Phys. Rev. B 73, 174112 (2006))",
    "LiC6": "density functional theory 108.7 GPa (Qi et al., J. Electrochem. Soc. 157, A558 (2010)); Ai2020 has 15 GPa",
}
"""Young's moduli in the literature, and in PyBaMM's set Ai2020."""
GPA = {"LiCoO2": 191.0, "LiFePO4": 123.9, "LiC6": 108.67}
"""Young's moduli to compare with."""
OLIVINE = {
    "C11": 138.9,
    "C12": 72.8,
    "C13": 52.5,
    "C22": 198.0,
    "C23": 45.8,
    "C33": 173.0,
    "C44": 36.8,
    "C55": 50.6,
    "C66": 47.6,
}
"""Constants of LiFePO4 by PBE+U [GPa] (Maxisch and Ceder 2006), in the axes of Pnma."""


def moduli(host: str, potential: str) -> a2c.Estimate:
    """Young's modulus and Poisson's ratio of a host by one potential."""
    data = a2c.read_strained_stresses(
        DATA / f"stress_strain_{host}_{potential}.csv",
        structure=DATA / f"reference_{host}_{potential}.extxyz",
        energy_column="energy_eV",
        converged_column="converged",
    )
    constants = a2c.fit_elastic_tensor(data, material=host, source=f"{host} {potential} (noise)")
    listed = ", ".join(
        f"{name.split()[1]} {mean / 1e9:.0f} ± {std / 1e9:.0f}"
        for name, mean, std in zip(constants.names, constants.mean, constants.std, strict=True)
    )
    print(f"  {potential:14s} {data.point_group}: {listed} GPa")
    return a2c.polycrystal_moduli(constants, material=host)


def shares(estimate: a2c.Estimate) -> dict[str, float]:
    """Standard deviation of ln E by source."""
    return {source: float(np.linalg.norm(factor.values[0])) for source, factor in estimate.factors.items()}


def shown(estimate: a2c.Estimate) -> str:
    E, nu = np.exp(estimate.mean[0]) / 1e9, estimate.mean[1]
    return f"E = {E:.0f} GPa (factor {np.exp(estimate.std[0]):.2f}), ν = {nu:.2f} ± {estimate.std[1]:.2f}"


committees = {}
for host, published in PUBLISHED.items():
    print(host)
    members = {}
    for potential in POTENTIALS:
        if not (DATA / f"stress_strain_{host}_{potential}.csv").exists():
            continue
        try:
            members[potential] = moduli(host, potential)
        except ValueError as refusal:
            print(f"  {'':14s} refused: {refusal}")
            continue
        print(f"  {'':14s} {shown(members[potential])}")
    committees[host] = a2c.combine_members(members)
    print(f"  all {len(members)}: {shown(committees[host])}\n  {published}\n")
    assert len(members) == (2 if host == "LiC6" else 3), "each layered host has potentials that are too rough, or unstable"

    # Physics that holds whatever the version
    bounds = f"{host} polycrystal (Voigt to Reuss)"
    z = (np.log(GPA[host] * 1e9) - committees[host].mean[0]) / committees[host].std[0]
    assert abs(z) < 2, f"{host}: the error of four potentials admits the published modulus (z = {z:.1f})"
    own = [np.hypot(*(std for source, std in shares(m).items() if source != bounds)) for m in members.values()]
    spread = np.std([m.mean[0] for m in members.values()], ddof=1)
    if host != "LiC6":
        assert spread > 2 * np.median(own), f"{host}: potentials differ by more than each one's own error"
    else:
        assert shares(committees[host])[bounds] > 0.5, "a layered crystal has no one modulus: its grains' arrangement decides"

olivine = a2c.Estimate.from_covariance(
    [f"LiFePO4 {symbol} [Pa]" for symbol in OLIVINE],
    1e9 * np.array(list(OLIVINE.values())),
    np.diag((1e9 * np.ones(len(OLIVINE))) ** 2),
    source="PBE+U (1 GPa declared)",
)
published = a2c.polycrystal_moduli(olivine, material="LiFePO4", point_group="mmm")
assert abs(np.exp(published.mean[0]) / 1e9 - 123.9) < 0.1, "Hill's mean of the published constants is the published modulus"
for host in ("LiCoO2", "LiFePO4"):
    assert all(0 < nu < 0.5 for nu in committees[host].mean[1:])
