"""A study: one TOML file that says which data make which parameters of which cell, checked before anything runs."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from a2c_pybamm.readers.units import UNITS, parse_quantity


class Quantity:
    """Marks a field that is written as text with a unit and held in SI."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def __call__(self, value: Any) -> float:
        return parse_quantity(value, self.kind, "value")


def _quantity(kind: str) -> Any:
    marker = Quantity(kind)
    return Annotated[float, BeforeValidator(marker), marker]


def _beside_study(path: Path, info: ValidationInfo) -> Path:
    return (info.context or {}).get("folder", Path()) / path


Energy, Length, Time, Frequency = (_quantity(kind) for kind in ("energy", "length", "time", "frequency"))
Temperature, Voltage, Entropy = (_quantity(kind) for kind in ("temperature", "voltage", "entropy"))
DataFile = Annotated[Path, AfterValidator(_beside_study)]


class Section(BaseModel):
    """A part of the file; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Stoichiometry(Section):
    """How the atoms' x follows from PyBaMM's stoichiometry: x = offset + slope · sto."""

    offset: float = Field(0.0, description="x where PyBaMM's stoichiometry is 0", examples=[0.0])
    slope: float = Field(
        1.0, description="Change of x from stoichiometry 0 to 1; 1 where the maximum concentration is the density of sites", examples=[1.0]
    )


class EnergyFile(Section):
    """A CSV table of energies by one method."""

    label: str = Field(description="The method's name, shared by all it made", examples=["chgnet-0.3.0"])
    file: DataFile = Field(description="CSV table, relative to the study", examples=["data/energies.csv"])
    x_column: str = Field("x", description="Column of the occupied fraction", examples=["x"])
    energy_column: str = Field("energy_eV", description="Column of the energy per site; its ending is its unit", examples=["E_per_fu_eV"])
    structure_column: str = Field("structure", description="Column of the structure's name", examples=["id"])
    volume_column: str | None = Field(None, description="Column of the volume per site; its ending is its unit", examples=["volume_A3"])
    converged_column: str | None = Field(None, description="Column that says whether the relaxation converged", examples=["converged"])
    lithium: str = Field("Li_metal", description="Any entry of lithium metal's row, or its energy", examples=["Li_metal", "-1.90 eV"])


class Reference(Section):
    """A measured mean voltage that replaces the calculated one."""

    mean_voltage: Voltage = Field(description="Mean voltage over the law's window", examples=["4.0 V"])
    std: Voltage = Field(description="Its standard deviation", examples=["50 mV"])
    reason: str = Field(description="Where it comes from", examples=["measured curves of several groups"])


class VibrationalEntropy(Section):
    """Change of the host's vibrational entropy by lithium, ds/dx."""

    value: Entropy | None = Field(None, description="Its value, or give frequencies", examples=["25 J/mol/K"])
    frequencies: DataFile | None = Field(
        None, description="JSON file with the ion's frequencies at its site, for a harmonic value", examples=["data/neb/hop.json"]
    )
    std: Entropy = Field(description="Standard deviation", examples=["10 J/mol/K"])
    reason: str = Field(description="Where it comes from", examples=["no phonons of the empty host"])

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.value is None) == (self.frequencies is None):
            raise ValueError("give either value or frequencies")
        return self


class FreeEnergy(Section):
    """Redlich–Kister free energy from energies of orderings."""

    energies: tuple[EnergyFile, ...] = Field((), description="One table for each method; several make a committee")
    order: int | Literal["leave-one-out"] = Field(
        "leave-one-out", description="Last interaction, or chosen by leave-one-out error", examples=["leave-one-out", 1]
    )
    window: tuple[float, float] = Field((0.0, 1.0), description="Compositions between which the mean voltage is taken", examples=[[0.5, 1.0]])
    shape: Literal["plain", "ratio"] = Field("plain", description="Coordinates: L_k, or ln(−L0) and L_k/L0", examples=["ratio"])
    energy_std: Energy | None = Field(None, description="Standard deviation of an energy; from the fit's residual if absent", examples=["5 meV"])
    reference: Reference | None = Field(None, description="Measured mean voltage in the place of the calculated one")
    vibrational_entropy: VibrationalEntropy = Field(description="Needed for the entropic change")


class MeasuredOCP(Section):
    """The base set's own open-circuit potential in the place of a free energy."""

    theta_min: float = Field(gt=0, description="Floor of the thermodynamic factor on plateaus", examples=[0.1])
    offset_std: Voltage = Field(description="Standard deviation of the measured potential", examples=["5 mV"])
    reason: str = Field(description="Why the measured curve is taken, and where its error comes from", examples=["staging"])


class Barrier(Section):
    """One method's barrier of a hop: a path, single energies, or a value."""

    label: str = Field(description="The method's name, shared by all it made", examples=["chgnet-0.3.0"])
    path: DataFile | None = Field(None, description="Images in order, any format that ase reads", examples=["data/neb/odh.extxyz"])
    images: DataFile | None = Field(None, description="CSV of single energies on a path: the highest counts", examples=["data/single.csv"])
    where: dict[str, str] = Field({}, description="Which rows of it", examples=[{"model": "7net-0"}])
    energy_column: str = Field("energy_eV", description="Column of the energy; its ending is its unit", examples=["energy_eV"])
    value: Energy | None = Field(None, description="A barrier known otherwise", examples=["0.30 eV"])
    std: Energy | None = Field(None, description="Standard deviation of single energies or of a value", examples=["30 meV"])

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(item is not None for item in (self.path, self.images, self.value)) != 1:
            raise ValueError("give exactly one of path, images and value")
        if self.path is None and self.std is None:
            raise ValueError("images and value need a declared std")
        return self


class TrajectoryFile(Section):
    """A molecular-dynamics run at one temperature."""

    file: DataFile = Field(description="npz, or any format that ase reads", examples=["data/md/700K.npz"])
    temperature: Temperature | None = Field(None, description="If the file does not tell", examples=["700 K"])
    interval: Time | None = Field(None, description="Time between frames, if the file does not tell", examples=["12.5 fs"])
    discard: Time = Field(0.0, description="Equilibration to leave out", examples=["1 ps"])


class MolecularDynamics(Section):
    """Tracer diffusivity over temperatures, in the place of a barrier."""

    species: str = Field(description="Mobile species", examples=["Li"])
    trajectories: tuple[TrajectoryFile, ...] = Field(min_length=2, description="Runs at two temperatures or more")
    haven_std_ln: float = Field(ge=0, description="Standard deviation of ln H_R; the Haven ratio is taken as 1", examples=[0.5])


class Hop(Section):
    """One way to hop."""

    name: str = Field(description="Its name", examples=["ODH"])
    vacancies: int = Field(ge=0, description="Vacancies it needs: the power of 1 − x", examples=[1])
    jump_length: Length | None = Field(None, description="Distance from site to site of the lattice", examples=["2.83 angstrom"])
    coordination: int | None = Field(None, ge=1, description="Equivalent neighbours", examples=[6])
    dimension: Literal[1, 2, 3] | None = Field(None, description="Directions in which the hop leads", examples=[2])
    frequencies: DataFile | None = Field(None, description="JSON of frequencies for Vineyard's attempt frequency", examples=["data/neb/odh.json"])
    attempt_frequency: Frequency | None = Field(None, description="Attempt frequency, if declared", examples=["5 THz"])
    attempt_frequency_std_ln: float | None = Field(None, ge=0, description="Standard deviation of its logarithm", examples=[1.0])
    barriers: tuple[Barrier, ...] = Field((), description="One for each method; several make a committee")
    molecular_dynamics: MolecularDynamics | None = Field(None, description="Trajectories in the place of barriers")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        lattice = (self.jump_length, self.coordination, self.dimension, self.attempt_frequency_std_ln)
        if self.barriers and self.molecular_dynamics:
            raise ValueError("give barriers or molecular_dynamics, not both")
        if self.barriers and (None in lattice or (self.frequencies is None) == (self.attempt_frequency is None)):
            raise ValueError(
                "a barrier needs jump_length, coordination, dimension, attempt_frequency_std_ln, and one of frequencies and attempt_frequency"
            )
        labels = [barrier.label for barrier in self.barriers]
        if len(set(labels)) < len(labels):
            raise ValueError("two barriers have the same label")
        return self


class Geometry(Section):
    """What an anisotropic crystal's fast directions count for in PyBaMM's sphere."""

    factor: float = Field(1.0, gt=0, description="Factor on D; 1 for an isotropic host", examples=[0.577])
    std_ln: float = Field(0.0, ge=0, description="Standard deviation of its logarithm", examples=[0.144])
    reason: str = Field("isotropic", description="The choice", examples=["layer: trace/3 gives 2/3, effective medium 1/2"])


class Mobility(Section):
    """Hops in parallel."""

    hops: tuple[Hop, ...] = Field(min_length=1, description="All hops that carry ions")
    geometry: Geometry = Field(Geometry(), description="Anisotropy")


class Electrode(Section):
    """What the atoms say of one electrode; the base set says the rest."""

    material: str = Field(min_length=1, description="First word of its coefficients", examples=["LCO"])
    stoichiometry: Stoichiometry = Field(Stoichiometry(), description="The atoms' x from PyBaMM's stoichiometry")
    site_density: bool = Field(False, description="Maximum concentration from the volume at x = 1 in the energy tables", examples=[True])
    free_energy: FreeEnergy | None = Field(None, description="Open-circuit voltage from energies")
    measured_ocp: MeasuredOCP | None = Field(None, description="Open-circuit voltage from the base set")
    mobility: Mobility | None = Field(None, description="Diffusivity")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.free_energy and self.measured_ocp:
            raise ValueError("give free_energy or measured_ocp, not both: voltage and diffusivity share one thermodynamics")
        if self.mobility and not (self.free_energy or self.measured_ocp):
            raise ValueError("mobility needs free_energy or measured_ocp: chemical diffusivity holds a thermodynamic factor")
        if self.site_density and not (self.free_energy and self.free_energy.energies):
            raise ValueError("site_density needs free_energy.energies with a volume_column")
        return self


class Declared(Section):
    """Coefficients that a person vouches for."""

    names: tuple[str, ...] = Field(min_length=1, description="Coefficient names", examples=[["LCO ODH E_a [eV]"]])
    values: tuple[float, ...] = Field(description="Values in the coefficients' own units", examples=[[0.5]])
    std: tuple[float, ...] | None = Field(None, description="Standard deviations", examples=[[0.1]])
    covariance: tuple[tuple[float, ...], ...] | None = Field(None, description="Or the whole covariance matrix", examples=[[[0.01]]])
    source: str = Field(description="Name of the error's source", examples=["literature"])
    reason: str = Field(description="Where the numbers come from", examples=["mean of three papers"])

    @model_validator(mode="after")
    def _shapes(self) -> Self:
        if (self.std is None) == (self.covariance is None):
            raise ValueError("give either std or covariance")
        rows = [len(self.values), len(self.std or self.covariance or ()), *(len(row) for row in self.covariance or ())]
        if any(n != len(self.names) for n in rows):
            raise ValueError(f"{len(self.names)} names, but {', '.join(map(str, rows))} values, errors or entries in a row")
        return self


class Systematic(Section):
    """A further error that moves several coefficients together."""

    source: str = Field(description="Name of the error's source", examples=["functional (barriers)"])
    std: dict[str, float] = Field(min_length=1, description="What one standard deviation of it does to each", examples=[{"LCO ODH E_a [eV]": 0.05}])
    reason: str = Field(description="Where it comes from", examples=["PBE barriers against experiment"])


class CellSettings(Section):
    """The simulation."""

    model: Literal["SPM", "SPMe", "DFN"] = Field("SPMe", description="PyBaMM model", examples=["SPMe"])
    c_rate: float = Field(1.0, gt=0, description="Discharge current over the base set's nominal capacity per hour", examples=[1.0])
    voltage_limits: tuple[Voltage, Voltage] | None = Field(None, description="Cut-off and full charge", examples=[["3.0 V", "4.1 V"]])


class PropagationSettings(Section):
    """How the error is carried to the cell."""

    first_order: bool = Field(True, description="First order", examples=[True])
    chaos_order: int = Field(2, ge=0, le=4, description="Order of polynomial chaos; 0 for none", examples=[2])
    samples: int = Field(1000, ge=0, description="Random samples; 0 for none", examples=[1000])
    seed: int = Field(1, ge=0, description="Seed of the random numbers", examples=[1])
    max_failed: float = Field(0.05, gt=0, le=1, description="Largest share of samples that may fail", examples=[0.05])

    @model_validator(mode="after")
    def _any(self) -> Self:
        if not (self.first_order or self.chaos_order or self.samples):
            raise ValueError("no method is left; set first_order, chaos_order or samples")
        return self


class SweepSettings(Section):
    """A design of experiments: every combination of these settings."""

    c_rate: tuple[float, ...] = Field((), description="Discharge currents", examples=[[0.5, 1.0, 2.0]])
    upper_voltage: tuple[Voltage, ...] = Field((), description="Full-charge voltages", examples=[["4.1 V", "4.2 V"]])
    uncertainty: bool = Field(True, description="Propagate at each point (first order and chaos), or mean values alone", examples=[True])

    @model_validator(mode="after")
    def _any(self) -> Self:
        if not (self.c_rate or self.upper_voltage):
            raise ValueError("nothing is swept; list values of c_rate or upper_voltage")
        return self


class Study(Section):
    """The whole file."""

    name: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]*$", description="Name of the parameter set", examples=["LCO_graphite"])
    title: str = Field("", description="One line on what it is", examples=["LiCoO2 | graphite from universal potentials"])
    base: str = Field(description="PyBaMM's set that supplies everything else", examples=["Ai2020"])
    temperature: Temperature = Field(298.15, description="Temperature of the study", examples=["298.15 K"])
    citations: tuple[str, ...] = Field((), description="What to cite", examples=[["Ai et al., J. Electrochem. Soc. 167, 013512 (2020)"]])
    positive: Electrode | None = Field(None, description="Positive electrode")
    negative: Electrode | None = Field(None, description="Negative electrode")
    declared: tuple[Declared, ...] = Field((), description="Coefficients that are declared")
    systematic: tuple[Systematic, ...] = Field((), description="Further errors")
    independent: tuple[str, ...] = Field((), description="Sources that are named alike but are not one realisation", examples=[["MD (sampling)"]])
    cell: CellSettings = Field(CellSettings(), description="The simulation")
    propagation: PropagationSettings = Field(PropagationSettings(), description="Methods")
    sweep: SweepSettings | None = Field(None, description="Design of experiments")

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.positive is None and self.negative is None:
            raise ValueError("neither [positive] nor [negative] is there; the study derives nothing")
        if self.positive and self.negative and self.positive.material == self.negative.material:
            raise ValueError(f"both electrodes are called {self.positive.material!r}; name them apart")
        return self


def read_study(path: str | Path) -> Study:
    """The study in a TOML file, its data files taken relative to it.

    Raises
    ------
    ValueError
        One line naming file, key and remedy: the file is not there or not TOML, a key is unknown or missing, a unit does not
        fit, a value is out of range.
    """
    path = Path(path)
    if path.is_dir():
        path = path / "study.toml"
    if not path.is_file():
        raise ValueError(f"{path}: no such study; make one with 'a2c new DIR', or run 'a2c demo DIR'")
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: not a TOML file ({error})") from error
    try:
        return Study.model_validate(table, context={"folder": path.parent})
    except ValidationError as error:
        raise ValueError(f"{path}: {_first_problem(error)}") from None


def _first_problem(error: ValidationError) -> str:
    """One line on the first thing wrong, and how many more there are."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"]) or "study"
    message = first["msg"].removeprefix("Value error, ").removeprefix("value: ")
    if first["type"] == "extra_forbidden":
        message = f"unknown key; known here: {', '.join(_known(first['loc'][:-1]))}"
    elif first["type"] == "missing":
        message = "this key is missing"
    more = error.error_count() - 1
    return f"{where}: {message}" + (f" (and {more} more)" if more else "")


def _models(annotation: Any) -> list[type[Section]]:
    """Sections that a field's type mentions."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return [annotation]
    return [model for part in getattr(annotation, "__args__", ()) for model in _models(part)]


def _known(location: tuple[int | str, ...]) -> list[str]:
    """Keys of the section at this place in the file."""
    model: type[Section] = Study
    for part in location:
        if isinstance(part, str) and part in model.model_fields:
            model = _models(model.model_fields[part].annotation)[0]
    return list(model.model_fields)


def reference_page() -> str:
    """The study file's reference in Markdown: every section and key with unit, meaning, default and example."""
    lines = ["# Study file: reference", "", "Made from the schema that checks the file. Paths are relative to the file.", ""]
    queue: list[tuple[str, type[Section]]] = [("", Study)]
    while queue:
        place, model = queue.pop(0)
        lines += [f"## `{place or 'study.toml'}`", "", (model.__doc__ or "").splitlines()[0], ""]
        lines += ["| key | unit | meaning | default | example |", "|---|---|---|---|---|"]
        for key, info in model.model_fields.items():
            inner = _models(info.annotation)
            if inner:
                queue.append((f"{place}.{key}".lstrip("."), inner[0]))
            lines.append(f"| `{key}` | {_unit(info)} | {info.description} | {_default(info, bool(inner))} | {_example(info)} |")
        lines.append("")
    return "\n".join(lines)


def _unit(info: Any) -> str:
    markers = [m for m in info.metadata if isinstance(m, Quantity)] + _quantities(info.annotation)
    return ", ".join(f"`{u}`" for u in UNITS[markers[0].kind] if u) if markers else ""


def _quantities(annotation: Any) -> list[Quantity]:
    own = [m for m in getattr(annotation, "__metadata__", ()) if isinstance(m, Quantity)]
    return own + [q for part in getattr(annotation, "__args__", ()) for q in _quantities(part)]


def _default(info: Any, section: bool) -> str:
    if info.is_required():
        return "required"
    return "" if section or info.default in (None, ()) else f"`{info.default}`"


def _example(info: Any) -> str:
    return f"`{info.examples[0]}`" if info.examples else ""
