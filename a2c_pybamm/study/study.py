"""The whole study file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from a2c_pybamm.estimate.germs import LEAST_DRAWS
from a2c_pybamm.readers.drive_cycle import CYCLE_LIMITS
from a2c_pybamm.study.balance import Balance
from a2c_pybamm.study.declared_sections import Declared, Scale, Systematic, Value
from a2c_pybamm.study.electrode import Electrode
from a2c_pybamm.study.electrolyte import ElectrolyteOfAnyLaw
from a2c_pybamm.study.fields import (
    FILE_NAME,
    MODEL_NAME,
    BaseName,
    Charge,
    DataFile,
    Duration,
    Flag,
    Name,
    Number,
    Section,
    Temperature,
    Voltage,
    Whole,
    repeated,
)
from a2c_pybamm.study.scales import Scales
from a2c_pybamm.study.transport_efficiency import Separator

PROTOCOLS = ("c_rate", "drive_cycle", "experiment")
"""Keys of the protocol, of which a study gives one at most."""


MOMENTS = ("time", "capacity", "event")
"""Keys of the moment of an output, of which each has one."""


class MomentOutput(Section):
    """An output of one's own: a PyBaMM variable at one moment. Of time, capacity and event one."""

    name: Name = Field(description="Name of the output", examples=["voltage after 10 min"])
    variable: str = Field(
        min_length=1,
        max_length=200,
        description='PyBaMM variable with one value at each time, or "voltage"; "Time [s]" gives the time of an event',
        examples=["Voltage [V]"],
    )
    time: Annotated[Duration, Field(ge=0)] | None = Field(None, description="Time since the start", examples=["10 min"])
    capacity: Charge | None = Field(
        None, description="Charge that has flowed out on balance, negative for charge that has flowed in", examples=["2 A.h"]
    )
    event: Annotated[str, Field(min_length=1, max_length=250)] | None = Field(
        None,
        description='"end", "end of step 2", or the first moment at which a variable has a value: "Voltage [V] = 3.5"',
        examples=["end of step 2"],
    )

    def _mistakes(self) -> Iterator[str]:
        given = [key for key in MOMENTS if getattr(self, key) is not None]
        if len(given) != 1:
            yield f"{' and '.join(given) or 'no moment'} given; give one of {', '.join(MOMENTS)}"


class CellSettings(Section):
    """The simulation: model and protocol. Of c_rate, drive_cycle and experiment one at most."""

    entries_independent: ClassVar[bool] = True
    model: str = Field(
        "SPMe", pattern=MODEL_NAME, max_length=60, description="PyBaMM model: SPM, SPMe, DFN, MSMR, …", examples=["SPMe"]
    )
    options: dict[str, str | tuple[str, str]] = Field(
        {}, description="Options of the model; a pair is one for each electrode", examples=[{"thermal": "lumped"}]
    )
    c_rate: Number = Field(
        1.0,
        ge=-CYCLE_LIMITS.c_rate,
        le=CYCLE_LIMITS.c_rate,
        description="Discharge current over the base set's nominal capacity per hour; negative to charge",
        examples=[1.0],
    )
    drive_cycle: DataFile | None = Field(
        None, description="CSV table with columns time_s and current_A (positive discharges)", examples=["drive_cycle.csv"]
    )
    experiment: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = Field(
        (), description="Steps of a PyBaMM experiment", examples=[["Discharge at 1C until 3.0 V", "Rest for 10 minutes"]]
    )
    initial_soc: Number | None = Field(
        None,
        ge=0,
        le=1,
        description="State of charge at the start; 1 if not given, 0 where a constant current charges",
        examples=[0.5],
    )
    outputs: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = Field(
        (),
        description="Named numbers and PyBaMM variables; capacity, energy, mean voltage, end time and voltage if not given",
        examples=[["capacity", "peak_temperature", "voltage"]],
    )
    output: tuple[MomentOutput, ...] = Field((), description="Outputs of one's own, beside those")
    voltage_limits: tuple[Voltage, Voltage] | None = Field(
        None, description="Cut-off and full charge", examples=[["3.0 V", "4.1 V"]]
    )
    compile: Flag | None = Field(
        None, description="Compile the solver's functions; if not given, where that saves time", examples=[False]
    )

    def _checks(self) -> tuple[Callable[[], Iterator[str]], ...]:
        return (self._limit_mistakes, self._protocol_mistakes, self._output_mistakes)

    def _limit_mistakes(self) -> Iterator[str]:
        if self.voltage_limits and not 0 < self.voltage_limits[0] < self.voltage_limits[1]:
            low, high = self.voltage_limits
            yield f"voltage_limits run from {low:g} V to {high:g} V; give the cut-off first, then full charge"

    def _protocol_mistakes(self) -> Iterator[str]:
        protocols = [name for name in PROTOCOLS if name in self.model_fields_set]
        if len(protocols) > 1:
            yield f"{' and '.join(protocols)} are given; keep one"
        if abs(self.c_rate) < CYCLE_LIMITS.least_c_rate:
            yield (
                f"c_rate is {self.c_rate:g}; give a positive one to discharge, a negative one to charge, of "
                f"{CYCLE_LIMITS.least_c_rate:g} at least"
            )

    def _output_mistakes(self) -> Iterator[str]:
        if twice := repeated([*self.outputs, *(output.name for output in self.output)]):
            yield f"output {twice} is listed twice; keep one"

    @property
    def at_constant_current(self) -> bool:
        """True where the protocol is a constant current."""
        return self.drive_cycle is None and not self.experiment


class PropagationSettings(Section):
    """Methods that carry the error to the cell, and their settings."""

    first_order: Flag = Field(True, description="First order", examples=[True])
    adaptive: Flag = Field(True, description="Chaos that chooses its own design", examples=[True])
    tolerance: Number = Field(
        0.02,
        gt=0,
        lt=1,
        description="Relative error of the standard deviation at which adaptive chaos stops",
        examples=[0.02],
    )
    budget: Whole = Field(400, ge=32, le=1_000_000, description="Most solves of adaptive chaos", examples=[400])
    chaos_order: Whole = Field(0, ge=0, le=4, description="Chaos of a fixed order beside it; 0 for none", examples=[2])
    samples: Whole = Field(
        1000, ge=0, le=1_000_000, description="Samples, 20 at least, rounded up to 8 · 2^k; 0 for none", examples=[1000]
    )
    points: Literal["sobol", "random"] = Field(
        "sobol",
        description="Samples: eight scramblings of Sobol' points, or independent draws (then not rounded)",
        examples=["sobol"],
    )
    seed: Whole = Field(1, ge=0, description="Seed of the random numbers", examples=[1])
    workers: Whole = Field(2, ge=1, le=64, description="Processes that solve, where that saves time", examples=[2])
    max_failed: Number = Field(
        0.05, gt=0, lt=1, description="Share of failed samples above which a decision begins with it", examples=[0.05]
    )

    def _mistakes(self) -> Iterator[str]:
        if not (self.first_order or self.adaptive or self.chaos_order or self.samples):
            yield "no method is left; set first_order, adaptive, chaos_order or samples"
        if 0 < self.samples < LEAST_DRAWS:
            yield f"{self.samples} samples are too few; take {LEAST_DRAWS} or more, or 0 for no sampling"


class SweepSettings(Section):
    """A design of experiments: every combination of these settings."""

    c_rate: tuple[Annotated[Number, Field(ge=CYCLE_LIMITS.least_c_rate, le=CYCLE_LIMITS.c_rate)], ...] = Field(
        (), description="Discharge currents", examples=[[0.5, 1.0, 2.0]]
    )
    upper_voltage: tuple[Annotated[Voltage, Field(gt=0)], ...] = Field(
        (), description="Full-charge voltages", examples=[["4.1 V", "4.2 V"]]
    )
    uncertainty: Flag = Field(
        True,
        description="Propagate at each point (first order and chaos; sampling if neither is chosen), or mean values alone",
        examples=[True],
    )

    def _mistakes(self) -> Iterator[str]:
        if not (self.c_rate or self.upper_voltage):
            yield "nothing is swept; list values of c_rate or upper_voltage"
        if twice := repeated(list(self.c_rate)) or repeated(list(self.upper_voltage)):
            yield f"{twice} is listed twice; each point once"


def _validate_module_name(name: str) -> str:
    from a2c_pybamm.parameter_set import module_name

    module_name(name)
    return name


class Study(Section):
    """The whole file."""

    entries_independent: ClassVar[bool] = True
    name: Annotated[str, AfterValidator(_validate_module_name)] = Field(
        pattern=FILE_NAME, max_length=100, description="Name of the parameter set", examples=["LCO_graphite"]
    )
    title: str = Field("", description="One line on what it is", examples=["LiCoO2 | graphite from universal potentials"])
    base: BaseName = Field(
        description="Set that supplies everything else: the name of PyBaMM's or of one that a package registers, or a file of "
        "BPX or PyBaMM's own JSON",
        examples=["Ai2020"],
    )
    temperature: Temperature = Field(298.15, ge=150, le=1000, description="Temperature of the study", examples=["298.15 K"])
    citations: tuple[str, ...] = Field(
        (), description="What to cite", examples=[["Ai et al., J. Electrochem. Soc. 167, 013512 (2020)"]]
    )
    positive: Electrode | None = Field(None, description="Positive electrode")
    negative: Electrode | None = Field(None, description="Negative electrode")
    separator: Separator | None = Field(None, description="Separator")
    electrolyte: ElectrolyteOfAnyLaw | None = Field(None, description="Electrolyte")
    scale: tuple[Scale, ...] = Field((), description="Factors on the base set's own entries, with their errors")
    value: tuple[Value, ...] = Field((), description="Numbers with their errors in the place of the base set's entries")
    balance: Balance | None = Field(None, description="The cell's lithium and active fractions in the place of the base set's")
    declared: tuple[Declared, ...] = Field((), description="Coefficients that are declared")
    systematic: tuple[Systematic, ...] = Field((), description="Further errors")
    independent: tuple[str, ...] = Field(
        (), description="Sources of equal names whose realisations differ", examples=[["MD (sampling)"]]
    )
    committee_level: Number = Field(
        0.95,
        gt=0.5,
        lt=1,
        description="Probability of the interval at which the few members of a committee are made predictive (Student)",
        examples=[0.6827],
    )
    cell: CellSettings = Field(CellSettings(), description="The simulation")
    propagation: PropagationSettings = Field(PropagationSettings(), description="Methods")
    sweep: SweepSettings | None = Field(None, description="Design of experiments")
    scales: Scales = Field(Scales(), description="Separation of scales")

    def _checks(self) -> tuple[Callable[[], Iterator[str]], ...]:
        checks = (self._mistakes, self._voltage_mistakes, self._rate_mistakes, self._source_mistakes)
        return (*checks, self._names_apart, self._scale_mistakes, self._fraction_mistakes)

    def _mistakes(self) -> Iterator[str]:
        sections_of_cell = (self.positive, self.negative, self.separator, self.electrolyte, self.balance)
        if not (any(sections_of_cell) or self.scale or self.value):
            sections = "[positive], [negative], [separator], [electrolyte], [[scale]], [[value]] or [balance]"
            yield f"no {sections} is there, the study derives nothing; add one"

    def _voltage_mistakes(self) -> Iterator[str]:
        limits, swept = self.cell.voltage_limits, self.sweep.upper_voltage if self.sweep else ()
        if limits and swept and min(swept) <= limits[0]:
            yield f"sweep: upper_voltage {min(swept):g} V is not above the cut-off of {limits[0]:g} V in voltage_limits"

    def _rate_mistakes(self) -> Iterator[str]:
        if self.sweep and self.sweep.c_rate and not self.cell.at_constant_current:
            yield "sweep: c_rate is swept, but the cell has a drive_cycle or an experiment; sweep upper_voltage alone"

    def _source_mistakes(self) -> Iterator[str]:
        if twice := repeated([item.source for item in self.systematic]):
            yield f"systematic: the source {twice} occurs twice; list all its coefficients in one std table"
        if twice := repeated([key for item in self.scale for key in item.keys] + [item.parameter for item in self.value]):
            yield f"{twice} stands in two of [[scale]] and [[value]]; keep one"

    def _fraction_mistakes(self) -> Iterator[str]:
        if not any(electrode and electrode.thermal for electrode in (self.negative, self.positive)):
            return
        from a2c_pybamm.parameter_set import SIDES, fraction_keys

        varied = {key for item in self.scale for key in item.keys} | {item.parameter for item in self.value}
        for side, electrode in zip(SIDES, (self.negative, self.positive), strict=True):
            thermal = electrode.thermal if electrode else None
            if thermal is None:
                continue
            active, pores = fraction_keys(side)
            moved = ({active} if self.balance and self.balance.moves_active_fraction else set()) | varied
            for key, entry, given in (
                (active, "active_fraction", thermal.active_fraction),
                (pores, "porosity", thermal.porosity),
            ):
                if key in moved and given is None:
                    yield (
                        f"{side}.thermal mixes by the base set's {key!r}, which this study replaces; declare {entry} in "
                        f"{side}.thermal"
                    )

    def _names_apart(self) -> Iterator[str]:
        if self.positive and self.negative and self.positive.material == self.negative.material:
            yield f"both electrodes are called {self.positive.material!r}; name them apart"
        hosts = [side.material for side in (self.positive, self.negative) if side]
        if self.electrolyte and self.electrolyte.material in hosts:
            yield f"electrolyte and an electrode are called {self.electrolyte.material!r}; name them apart"

    def _scale_mistakes(self) -> Iterator[str]:
        own = [part.material for part in (self.positive, self.negative, self.electrolyte) if part]
        if unknown := [item.material for item in self.scales.material if item.material not in own]:
            yield f"scales: no material {unknown[0]!r} is in the study (have {', '.join(own) or 'none'}); correct its name"
