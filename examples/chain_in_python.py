"""The whole chain in a notebook's words: energies and paths in, a set with error bars out, through a cell, to the culprit.

What ``a2c run`` does, step by step with the same public functions, on the data of the shipped study.

Run with ``python examples/chain_in_python.py``.
"""

import numpy as np

import a2c_pybamm as a2c
from a2c_pybamm.sets import DEMO, sets_folder

DATA = sets_folder() / DEMO / "data"
COLUMNS = {
    "energy_column": "E_per_fu_eV",
    "structure_column": "id",
    "volume_column": "volume_per_fu_A3",
    "converged_column": "converged",
}
POTENTIALS = ("chgnet-0.3.0", "chgnet-r2scan", "7net-0")


def main() -> None:
    # 1. files → data
    tables = [a2c.read_energies(DATA / f"lithiation/energies_{p}_lco.csv", label=p, **COLUMNS) for p in POTENTIALS]
    path = a2c.read_neb(DATA / "neb/lco_tsh_chgnet-0.3.0.extxyz")

    # 2. data + law → estimates; the spread between potentials is a source of error like any other
    order = a2c.choose_order(tables)
    law = a2c.RedlichKister("LCO", order.highest, window=(0.5, 1.0), shape="ratio")
    # one standard deviation is then that of a further potential
    shape = a2c.combine_members({t.label: a2c.fit_free_energy(t, law, choice=order) for t in tables}, level=0.6827)
    reference = a2c.declare([law.voltage_name], [4.0], std=[0.05], source="measured mean voltage", reason="curves of LiCoO2")
    entropy = a2c.declare([law.entropy_name], [25.0], std=[10.0], source="vibrations", reason="harmonic lithium")
    barrier = a2c.fit_barrier(path, name="LCO TSH E_a [eV]", source="path (interpolation)")
    hop = a2c.hopping_diffusivity(
        barrier,
        material="LCO",
        hop="TSH",
        jump_length=2.833e-10,
        coordination=6,
        dimension=2,
        attempt_frequency=1.7e12,
        attempt_frequency_std_ln=0.7,
        source="attempt frequency",
    )
    geometry = a2c.declare(["LCO ln(particle geometry)"], [0.0], std=[0.14], source="layers in a sphere", reason="choice")
    print(shape, hop, sep="\n")

    # 3. estimates → parameter set; voltage and diffusivity hold the same free energy
    mobility = a2c.VacancyMobility("LCO", (("TSH", 2),), law)
    parameter_set = a2c.ParameterSet(
        "LCO by hand",
        "Ai2020",
        {
            "Positive electrode OCP [V]": a2c.Attachment(law, "open_circuit_voltage"),
            "Positive electrode OCP entropic change [V.K-1]": a2c.Attachment(law, "entropic_change"),
            "Positive particle diffusivity [m2.s-1]": a2c.Attachment(mobility, "chemical_diffusivity"),
        },
        a2c.Joint([shape.select(law.interaction_names), reference, entropy, hop, geometry]),
    )
    values = parameter_set.nominal()  # a plain pybamm.ParameterValues, for any script of yours
    print(f"{len(values)} PyBaMM values, {len(parameter_set.attach)} of them from the atoms")

    # 4. set → cell → error bars, and the source that makes most of them
    early = a2c.VariableAt(name="voltage after 0.1 A.h", variable="Voltage [V]", capacity=0.1)
    cell = a2c.Cell(parameter_set, model="SPM", voltage_limits=(3.0, 4.1), outputs=["capacity", "voltage", early])
    methods = (a2c.FirstOrder(), a2c.PolynomialChaos(order=2), a2c.MonteCarlo(300))
    result = a2c.propagate(cell, parameter_set.joint, *methods, rng=np.random.default_rng(0))
    capacity = result["capacity"]
    for approach in result["approach"].values:
        mean, std, verdict = (capacity[name].sel(approach=approach).item() for name in ("mean", "std", "verdict"))
        print(f"{approach}: capacity {mean:.2f} ± {std:.2f} Ah; {verdict}")
    shares = capacity["share"].sel(approach="chaos of order 2")
    largest = shares.idxmax().item()
    print(f"refine next: {largest} ({float(shares.max()):.0%} of the capacity's variance)")
    print(f"{early.name}: {result[early.name]['decision'].item()}")

    assert largest == "potential (model form)"
    # divacancy hops make LiCoO2 so fast that its diffusion adds nothing at 1C
    assert float(shares.sel(source="attempt frequency")) < 0.01
    # the potentials disagree on the slope of the voltage by more than a first order bears
    assert float(capacity["q2"].sel(approach="chaos of order 2")) > 0.95
    assert 3.0 < float(result[early.name]["mean"].sel(approach="sampling")) < 4.1
    std = capacity["std"]
    assert float(std.sel(approach="sampling")) > 1.05 * float(std.sel(approach="first order"))


if __name__ == "__main__":
    main()
