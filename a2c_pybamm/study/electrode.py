"""Sections of one electrode: its data files and the numbers declared beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from a2c_pybamm.study.conduction import Conduction
from a2c_pybamm.study.fields import (
    HIGHEST_TEMPERATURE,
    WORD,
    DataFile,
    DataFileOrFolder,
    DataFiles,
    Flag,
    Frequency,
    Length,
    Name,
    Number,
    Section,
    StdLn,
    Temperature,
    Time,
    Whole,
    repeated,
)
from a2c_pybamm.study.free_energy_sections import FreeEnergyOfAnyLaw, phase_treatment
from a2c_pybamm.study.kinetics import BarrierEnergy, Kinetics
from a2c_pybamm.study.mechanics import Mechanics
from a2c_pybamm.study.thermal import Thermal
from a2c_pybamm.study.thermodynamics import MeasuredOCP
from a2c_pybamm.study.transport_efficiency import TransportEfficiency

Slope = Annotated[Number, Field(ge=1e-3)]
"""Change of x over the whole range of PyBaMM's stoichiometry: one of less than a thousandth holds no lithium."""
Order = Annotated[Whole, Field(ge=0, le=4)]
"""Order of a polynomial in x: that of five compositions, more than studies by molecular dynamics have."""


class Stoichiometry(Section):
    """Occupied fraction x from PyBaMM's stoichiometry: x = offset + slope · sto."""

    offset: Number = Field(0.0, description="x where PyBaMM's stoichiometry is 0", examples=[0.0])
    slope: Slope = Field(
        1.0,
        description="Change of x from stoichiometry 0 to 1; 1 where the maximum concentration is the density of sites",
        examples=[1.0],
    )


class Barrier(Section):
    """One method's barrier of a hop: a path, single energies, or a value."""

    label: str = Field(description="The method's name, shared by all it made", examples=["chgnet-0.3.0"])
    path: DataFileOrFolder | None = Field(
        None, description="Images in order, any format that ase reads", examples=["data/neb/odh.extxyz"]
    )
    images: DataFile | None = Field(
        None, description="CSV of single energies on a path: the highest counts", examples=["data/single.csv"]
    )
    where: dict[str, str] = Field({}, description="Which rows of it", examples=[{"model": "7net-0"}])
    energy_column: str = Field("energy_eV", description="Column of the energy; its ending is its unit", examples=["energy_eV"])
    band: DataFiles | None = Field(
        None, description="Files with an image each, in the order of their names", examples=[["neb/0*/OUTCAR"]]
    )
    value: BarrierEnergy | None = Field(None, description="A barrier known otherwise", examples=["0.30 eV"])
    std: BarrierEnergy | None = Field(
        None, description="Standard deviation of single energies or of a value", examples=["30 meV"]
    )
    environment: Name | None = Field(
        None,
        description="Surroundings in which the hop has this barrier; all of a host combine as rates side by side",
        examples=["four Co"],
    )
    share: Annotated[Number, Field(gt=0)] = Field(
        1.0, description="How often these surroundings occur, to the others", examples=[0.25]
    )

    def _mistakes(self) -> Iterator[str]:
        if sum(item is not None for item in (self.path, self.band, self.images, self.value)) != 1:
            yield "give exactly one of path, band, images and value"
        elif self.path is None and self.band is None and self.std is None:
            yield "images and value need a declared std"


CellVector = tuple[Length, Length, Length]
"""One vector of a cell [m]."""


class TrajectoryFile(Section):
    """A molecular-dynamics run at one temperature and composition; several at one place are replicas."""

    file: DataFile = Field(
        description="npz, npy, a dump of LAMMPS, xtc, trr, dcd, or any format that ase reads",
        examples=["data/md/700K.lammpstrj"],
    )
    symbols: tuple[str, ...] | None = Field(
        None,
        min_length=1,
        description="Of each type of a dump without 'element', or of each atom of npy, xtc, trr and dcd",
        examples=[["Li", "S"]],
    )
    cell: tuple[CellVector, CellVector, CellVector] | None = Field(
        None,
        description="Cell vectors, where the file has none and positions are wrapped",
        examples=[[["10 angstrom", "0 angstrom", "0 angstrom"], ["0 nm", "1 nm", "0 nm"], ["0 nm", "0 nm", "1 nm"]]],
    )
    inertial: Flag = Field(
        True, description="False for walks without inertia, whose steps follow from no temperature", examples=[False]
    )
    stride: Annotated[Whole, Field(ge=1)] | None = Field(
        None, description="Configurations from frame to frame, where the file numbers them and lacks some", examples=[5]
    )
    temperature: Temperature | None = Field(
        None, gt=0, le=HIGHEST_TEMPERATURE, description="If the file has none", examples=["700 K"]
    )
    x: Number | None = Field(
        None, ge=0, lt=1, description="Occupied fraction of sites in this run, in the place of the common one", examples=[0.7]
    )
    interval: Time | None = Field(None, gt=0, description="Time between frames, if the file has none", examples=["12.5 fs"])
    discard: Time = Field(0.0, ge=0, description="Equilibration to leave out", examples=["1 ps"])
    window: tuple[Annotated[Time, Field(gt=0)], Annotated[Time, Field(gt=0)]] | None = Field(
        None, description="First and last lag of the fit, in the place of the criterion", examples=[["2 ps", "50 ps"]]
    )


class MolecularDynamics(Section):
    """Diffusivity over temperatures, and over compositions if there are several, in the place of a barrier."""

    species: str = Field(description="Mobile species", examples=["Li"])
    x: Number | None = Field(
        None,
        ge=0,
        lt=1,
        description="Occupied fraction of sites in the runs that do not give their own; D is taken per (1 − x)^vacancies",
        examples=[0.9],
    )
    trajectories: tuple[TrajectoryFile, ...] = Field(min_length=2, description="Runs at two temperatures or more")
    motion: Literal["tracer", "collective"] = Field(
        "tracer",
        description="Of single ions, or of all together: the jump diffusivity itself, without a Haven ratio, from longer runs",
        examples=["collective"],
    )
    haven_std_ln: StdLn | None = Field(
        None,
        description="Standard deviation of ln H_R; the Haven ratio is taken as 1 (tracer only)",
        examples=[0.5],
    )
    prefactor_order: Order | None = Field(
        None, description="Order in x of ln D0, Legendre polynomials; for several compositions", examples=[1]
    )
    barrier_order: Order | None = Field(None, description="Order in x of the barrier; for several compositions", examples=[1])
    average_orders: Flag = Field(
        False, description="Average over the orders from 0 to these, with their spread a source", examples=[True]
    )

    def _mistakes(self) -> Iterator[str]:
        if missing := next((item for item in self.trajectories if item.x is None and self.x is None), None):
            yield f"x is missing: {missing.file.name} has none of its own; give one for all runs, or each its own"
            return
        if self.motion == "tracer" and self.haven_std_ln is None:
            yield "motion = 'tracer' needs haven_std_ln, the uncertainty of a Haven ratio of 1"
        if self.motion == "collective" and self.haven_std_ln is not None:
            yield "motion = 'collective' measures the jump diffusivity itself; remove haven_std_ln"
        orders = (self.prefactor_order, self.barrier_order)
        if len(self.compositions) > 1 and None in orders:
            n = len(self.compositions)
            yield f"runs at {n} compositions need prefactor_order and barrier_order; 0 is one for all x"
        if len(self.compositions) == 1 and (any(orders) or self.average_orders):
            yield (
                f"all runs are at x = {self.compositions[0]:g}, which shows no order in x; remove prefactor_order, "
                "barrier_order and average_orders, or give trajectories their own x"
            )
        if self.average_orders and not any(orders):
            yield "average_orders averages up to prefactor_order and barrier_order, which are 0; raise one"

    @property
    def compositions(self) -> tuple[float, ...]:
        """Compositions of the runs, each once."""
        return tuple(sorted({self.composition(item) for item in self.trajectories}))

    def composition(self, run: TrajectoryFile) -> float:
        """Occupied fraction of sites in a run."""
        x = self.x if run.x is None else run.x
        return float("nan") if x is None else x


class Hop(Section):
    """One way to hop."""

    name: Name = Field(description="Its name", examples=["ODH"])
    vacancies: Whole = Field(ge=0, le=9, description="Vacancies it needs: the power of 1 − x", examples=[1])
    jump_length: Length | None = Field(
        None, ge=1e-11, le=1e-8, description="Distance from site to site of the lattice", examples=["2.83 angstrom"]
    )
    coordination: Whole | None = Field(None, ge=1, le=100, description="Equivalent neighbours", examples=[6])
    dimension: Literal[1, 2, 3] | None = Field(None, description="Directions in which the hop leads", examples=[2])
    frequencies: DataFile | None = Field(
        None, description="JSON of frequencies for Vineyard's attempt frequency", examples=["data/neb/odh.json"]
    )
    attempt_frequency: Frequency | None = Field(
        None, ge=1e9, le=1e15, description="Attempt frequency, if declared", examples=["5 THz"]
    )
    attempt_frequency_std_ln: StdLn | None = Field(None, description="Standard deviation of its logarithm", examples=[1.0])
    barriers: tuple[Barrier, ...] = Field((), description="One for each method; several make a committee")
    molecular_dynamics: MolecularDynamics | None = Field(None, description="Trajectories in the place of barriers")

    def _mistakes(self) -> Iterator[str]:
        lattice = (self.jump_length, self.coordination, self.dimension, self.attempt_frequency_std_ln)
        if self.barriers and self.molecular_dynamics:
            yield "give barriers or molecular_dynamics, not both"
        if self.barriers and (None in lattice or (self.frequencies is None) == (self.attempt_frequency is None)):
            yield (
                "a barrier needs jump_length, coordination, dimension, attempt_frequency_std_ln, "
                "and one of frequencies and attempt_frequency"
            )
        if any(barrier.environment for barrier in self.barriers):
            yield from self._environment_mistakes()
        elif twice := repeated([barrier.label for barrier in self.barriers]):
            yield f"two barriers have the label {twice}; a label names one method, give each its own, or its environment"

    def _environment_mistakes(self) -> Iterator[str]:
        """Environments that are not the same for each method."""
        if any(barrier.environment is None for barrier in self.barriers):
            yield "a barrier has no environment, and others have; give each its own"
            return
        of_labels: dict[str, dict[str, float]] = {}
        for barrier in self.barriers:
            shares = of_labels.setdefault(barrier.label, {})
            if str(barrier.environment) in shares:
                yield f"two barriers of {barrier.label!r} are in the environment {barrier.environment!r}; give each its own"
            shares[str(barrier.environment)] = barrier.share
        first = next(iter(of_labels))
        if others := [label for label, shares in of_labels.items() if shares != of_labels[first]]:
            yield f"{others[0]!r} has other environments or shares than {first!r}; give all methods the same"
        if len(of_labels[first]) == 1:
            yield "a hop with one environment needs none; leave environment out"


class Geometry(Section):
    """Factor from an anisotropic crystal's fast directions to PyBaMM's sphere."""

    factor: Number = Field(1.0, gt=0, le=100, description="Factor on D; 1 for an isotropic host", examples=[0.577])
    std_ln: StdLn = Field(0.0, description="Standard deviation of its logarithm", examples=[0.144])
    reason: str = Field("isotropic", description="The choice", examples=["layer: trace/3 gives 2/3, effective medium 1/2"])


class GapDiffusivity(Section):
    """Effective diffusivity in a miscibility gap: a line between the logarithms at both phases, times a factor."""

    factor: Number = Field(1.0, gt=0, le=1e6, description="Factor on that line", examples=[1.0])
    std_ln: StdLn = Field(description="Standard deviation of its logarithm", examples=[1.0])
    reason: str = Field(description="Where they come from", examples=["a moving boundary is no diffusion"])


class Mobility(Section):
    """Hops in parallel."""

    hops: tuple[Hop, ...] = Field(min_length=1, description="All hops that carry ions")
    geometry: Geometry = Field(Geometry(), description="Anisotropy")
    gap_diffusivity: GapDiffusivity | None = Field(None, description="Within a miscibility gap, where its phases are treated")

    def _mistakes(self) -> Iterator[str]:
        if twice := repeated([hop.name for hop in self.hops]):
            yield f"two hops are called {twice}; name them apart"
        over_x = [h for h in self.hops if h.molecular_dynamics and len(h.molecular_dynamics.compositions) > 1]
        if over_x and len(self.hops) > 1:
            name = over_x[0].name
            yield f"hop {name!r} has runs at several compositions, which show all hops at once; leave out the others"


class Electrode(Section):
    """One electrode's quantities from atomistic data; the base set gives the others."""

    entries_independent: ClassVar[bool] = True
    material: str = Field(pattern=WORD, max_length=100, description="First word of its coefficients", examples=["LCO"])
    stoichiometry: Stoichiometry = Field(Stoichiometry(), description="The atoms' x from PyBaMM's stoichiometry")
    site_density: Flag = Field(
        False, description="Maximum concentration from the volume at x = 1 in the energy tables", examples=[True]
    )
    free_energy: FreeEnergyOfAnyLaw | None = Field(None, description="Open-circuit voltage from energies")
    measured_ocp: MeasuredOCP | None = Field(None, description="Open-circuit voltage from the base set")
    mobility: Mobility | None = Field(None, description="Diffusivity")
    conduction: Conduction | None = Field(None, description="Electronic conductivity of the solids, carbon included")
    transport_efficiency: TransportEfficiency | None = Field(
        None, description="Conductivity and diffusivity of the porous layer over those of its phases"
    )
    kinetics: Kinetics | None = Field(None, description="Exchange current and its form")
    mechanics: Mechanics | None = Field(None, description="Stress and change of volume of the particles")
    thermal: Thermal | None = Field(None, description="Density, heat capacity and thermal conductivity, all phases included")

    @property
    def names_host(self) -> bool:
        """True where a voltage is given, or a mobility, which needs one."""
        return bool(self.free_energy or self.measured_ocp or self.mobility)

    def _checks(self) -> tuple[Callable[[], Iterator[str]], ...]:
        return (self._mistakes, self._gap_mistakes, self._density_mistakes, self._kinetics_mistakes, self._mechanics_mistakes)

    def _mistakes(self) -> Iterator[str]:
        if self.free_energy and self.measured_ocp:
            yield "give free_energy or measured_ocp, not both: voltage and diffusivity share one thermodynamics"
        if not (self.free_energy or self.measured_ocp) and (
            self.mobility
            or not (self.kinetics or self.conduction or self.mechanics or self.thermal or self.transport_efficiency)
        ):
            yield (
                "mobility needs free_energy or measured_ocp: chemical diffusivity holds a thermodynamic factor"
                if self.mobility
                else "nothing is derived here; give free_energy or measured_ocp, or leave the electrode to the base set"
            )

    def _gap_mistakes(self) -> Iterator[str]:
        if not (self.free_energy or self.measured_ocp) or not self.mobility:
            return
        treated = self.free_energy is not None and phase_treatment(self.free_energy) != "refuse"
        if (self.mobility.gap_diffusivity is not None) != treated:
            yield (
                "mobility.gap_diffusivity goes with phases = 'common tangent' or 'hysteresis': in a gap nothing derives a "
                "diffusivity, so that one is declared there with its std_ln, and nowhere else"
            )

    def _kinetics_mistakes(self) -> Iterator[str]:
        if self.kinetics and self.kinetics.needs_host and not (self.free_energy or self.measured_ocp):
            yield (
                "kinetics needs free_energy or measured_ocp: overpotentials are counted from the host's voltage; add one, or "
                "give barriers with scale = 'overpotential'"
            )

    def _mechanics_mistakes(self) -> Iterator[str]:
        if not self.mechanics:
            return
        if self.mechanics.volume and not (self.free_energy and self.free_energy.energies):
            yield "mechanics.volume needs free_energy.energies with a volume_column; add them, or give declared_volume"
        if self.mechanics.stress_assisted_diffusion and not self.mobility:
            yield "mechanics.stress_assisted_diffusion adds to the diffusivity of mobility; give that, or set it to false"
        if (1.0 if self.mechanics.reference is None else self.mechanics.reference) < self.stoichiometry.offset:
            yield (
                f"mechanics.reference must be at least stoichiometry.offset, {self.stoichiometry.offset:g}: PyBaMM's particle "
                "is empty there"
            )

    def _density_mistakes(self) -> Iterator[str]:
        if not self.site_density or not (self.free_energy or self.measured_ocp):
            return
        if not (self.free_energy and self.free_energy.energies):
            yield "site_density needs free_energy.energies with a volume_column"
        if (self.stoichiometry.offset, self.stoichiometry.slope) != (0.0, 1.0):
            yield "site_density makes PyBaMM's stoichiometry the atoms' x; leave stoichiometry out, or site_density"
