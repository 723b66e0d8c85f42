"""Conditions on scales: planted violations are found, each alone; nothing is found where nothing is planted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from a2c_pybamm.estimate import Estimate
from a2c_pybamm.scales import (
    AtomisticScales,
    BodyScales,
    ConditionKind,
    ContinuumScales,
    LayerScales,
    ScaleCondition,
    ScaleQuantity,
    ScaleReport,
    ScaleStatus,
    ScaleThresholds,
    compare_scales,
    condition_rows,
    consequences,
)
from a2c_pybamm.scales.averaging import averaging_length
from a2c_pybamm.scales.rows import quantity_text

NM, UM = 1e-9, 1e-6


def length(name: str, value: float, std_ln: float = 0.0) -> ScaleQuantity:
    return ScaleQuantity(name, value, "m", {name: std_ln} if std_ln else {})


def time(name: str, value: float, std_ln: float = 0.0) -> ScaleQuantity:
    return ScaleQuantity(name, value, "s", {name: std_ln} if std_ln else {})


def diffusivity(value: float) -> ScaleQuantity:
    return ScaleQuantity("D", value, "m2.s-1")


ATOMS = AtomisticScales(
    "X",
    "run",
    correlation_length=length("xi", 0.5 * NM, 0.05),
    correlation_time=time("t_c", 1e-12, 0.1),
    cell_width=length("cell", 5 * NM),
    run_length=time("run", 2e-9),
)
BODY = BodyScales(
    "X",
    "particle",
    length("R", 5 * UM),
    (length("L_c", 20 * UM), length("L_mu", 10 * UM)),
    (diffusivity(1e-14), diffusivity(1e-13)),
    time("t_M", 3600.0),
    time("change", 100.0),
)
LAYER = LayerScales(
    "negative electrode",
    length("L", 1e-3),
    length("d", 1 * UM),
    length("pore", 0.5 * UM),
    (length("L_e", 2e-3),),
    diffusivity(1e-10),
    time("t_M", 3600.0),
)


def report_of(atoms: AtomisticScales = ATOMS, body: BodyScales = BODY, layer: LayerScales = LAYER) -> ScaleReport:
    return compare_scales(atoms, ContinuumScales((body,), (layer,)))


def kinds(conditions: tuple[ScaleCondition, ...]) -> set[ConditionKind]:
    return {condition.kind for condition in conditions}


def test_nothing_is_found_where_nothing_is_planted() -> None:
    report = report_of()
    assert {condition.status for condition in report.conditions} == {ScaleStatus.HOLDS}
    assert len(report.conditions) == 15
    assert consequences(report.conditions) == []
    assert not report.error_sources


PLANTED = {
    "cell smaller than the correlation length": (
        {"atoms": replace(ATOMS, cell_width=length("cell", 0.4 * NM))},
        {ConditionKind.CELL_WIDTH},
        np.exp(-0.8),
    ),
    "run of three correlation times": (
        {"atoms": replace(ATOMS, run_length=time("run", 3e-12))},
        {ConditionKind.RUN_LENGTH},
        np.sqrt(2 / 3),
    ),
    "particle of 5 nm": (
        {"body": replace(BODY, size=length("R", 5 * NM))},
        {ConditionKind.CORRELATION, ConditionKind.BODY},
        0.1,
    ),
    "memory of ten seconds": (
        {"atoms": replace(ATOMS, correlation_time=time("t_c", 10.0), run_length=time("run", 1e5))},
        {
            *(ConditionKind.BODY, ConditionKind.GRADIENT, ConditionKind.MEMORY_DIFFUSION),
            *(ConditionKind.DIFFUSION_PROCESS, ConditionKind.MEMORY_CHANGE),
        },
        0.2,  # l² = 10 √(t_c D) · R/10, so that (l/R)² = t_c D/l² = 1/5
    ),
    "layer of three particles": (
        {"layer": replace(LAYER, thickness=length("L", 3 * UM))},
        {ConditionKind.MICROSTRUCTURE, ConditionKind.LAYER},
        1 / 3,
    ),
}


@pytest.mark.parametrize("case", PLANTED)
def test_planted_violation_is_found_and_no_other(case: str) -> None:
    parts, expected, effect = PLANTED[case]
    report = report_of(**parts)  # type: ignore[arg-type]
    assert kinds(report.violated) == expected
    assert max(condition.effect for condition in report.violated) == pytest.approx(effect, rel=1e-9)
    assert len(consequences(report.conditions)) == len(expected)


def test_effects_are_those_of_the_ratio() -> None:
    report = report_of()
    by_kind = {condition.kind: condition for condition in report.conditions}
    assert by_kind[ConditionKind.MEMORY_PROCESS].effect == pytest.approx(1e-12 / 3600)
    assert by_kind[ConditionKind.CELL_WIDTH].effect == pytest.approx(np.exp(-10))
    assert by_kind[ConditionKind.RUN_LENGTH].effect == pytest.approx(np.sqrt(2e-3 / 2))


def test_error_bars_decide_what_is_uncertain() -> None:
    def status(width: float, std_ln: float) -> ScaleStatus:
        atoms = replace(ATOMS, correlation_length=length("xi", NM, std_ln), cell_width=length("cell", width * NM))
        return next(c.status for c in report_of(atoms).conditions if c.kind is ConditionKind.CELL_WIDTH)

    wanted = ScaleThresholds().cell_width
    assert status(wanted, 0.0) is ScaleStatus.HOLDS
    assert status(wanted * (1 - 1e-15), 0.0) is ScaleStatus.HOLDS, "round-off decides nothing"
    assert status(0.998 * wanted, 0.0) is ScaleStatus.VIOLATED
    assert status(1.20 * wanted, 0.1) is ScaleStatus.UNCERTAIN  # ln 1.20 = 0.18 < 2·0.1
    assert status(1.24 * wanted, 0.1) is ScaleStatus.HOLDS
    assert status(0.84 * wanted, 0.1) is ScaleStatus.UNCERTAIN
    assert status(0.80 * wanted, 0.1) is ScaleStatus.VIOLATED


def test_cause_that_both_scales_share_counts_once() -> None:
    """Time between hops and time of diffusion hang on one barrier: their ratio does not."""
    shared = {"barrier": 5.0, "geometry": 0.1}
    condition = ScaleCondition(
        ConditionKind.MEMORY_DIFFUSION,
        "X",
        ScaleQuantity("hop", 1e-9, "s", {"barrier": 5.0}),
        ScaleQuantity("l2/D", 1e-6, "s", shared),
        100.0,
        2.0,
    )
    assert condition.ratio_std_ln == pytest.approx(0.1)
    assert condition.status is ScaleStatus.HOLDS


def test_unknown_scales_are_not_guessed() -> None:
    bare = AtomisticScales("X", "energies", cell_width=length("cell", NM))
    report = report_of(bare)
    unknown = kinds(report.with_status(ScaleStatus.NOT_KNOWN))
    assert unknown == {
        ConditionKind.CORRELATION,
        ConditionKind.MEMORY_DIFFUSION,
        ConditionKind.MEMORY_PROCESS,
        ConditionKind.MEMORY_CHANGE,
        ConditionKind.CELL_WIDTH,
    }
    assert not report.violated
    assert all("not known" in text and "[[scales.material]]" in text for text in consequences(report.conditions))


def test_reason_of_an_estimator_is_repeated() -> None:
    bare = AtomisticScales("X", "run", missing={"correlation_length": "χ² = 325"}, hop_length=length("hop", 0.3 * NM))
    assert any("χ² = 325" in text for text in consequences(report_of(bare).conditions))


def test_crystal_has_no_correlation_length() -> None:
    crystal = replace(ATOMS, correlation_length=None, no_plateau=True, hop_length=length("hop", 0.3 * NM))
    report = report_of(crystal)
    absent = {condition.kind for condition in report.with_status(ScaleStatus.NOT_APPLICABLE)}
    assert absent == {ConditionKind.CORRELATION, ConditionKind.CELL_WIDTH}
    hop = next(condition for condition in report.conditions if condition.kind is ConditionKind.HOP)
    assert hop.status is ScaleStatus.HOLDS


def test_material_without_a_body_has_no_size() -> None:
    report = compare_scales(ATOMS, ContinuumScales())
    assert ConditionKind.BODY in kinds(report.with_status(ScaleStatus.NOT_KNOWN))
    assert ConditionKind.RUN_LENGTH in kinds(report.with_status(ScaleStatus.HOLDS))


def test_estimate_stands_for_a_quantity() -> None:
    name = "X ln(correlation length [m])"
    estimate = Estimate.from_covariance([name], [np.log(NM)], [[0.04]], source="X MD (sampling)")
    atoms = AtomisticScales("X", correlation_length=estimate)
    quantity = atoms.correlation_length
    assert isinstance(quantity, ScaleQuantity)
    assert (quantity.value, quantity.std_ln) == pytest.approx((NM, 0.2))
    assert "X MD (sampling)" in quantity.source


def test_two_runs_of_a_material_are_each_held_against_the_longest() -> None:
    short = replace(ATOMS, label="short", correlation_length=None, cell_width=length("cell", 2 * NM))
    report = compare_scales([ATOMS, short], ContinuumScales((BODY,)))
    widths = [condition for condition in report.conditions if condition.kind is ConditionKind.CELL_WIDTH]
    assert [(c.place, c.status) for c in widths] == [("X, run", ScaleStatus.HOLDS), ("X, short", ScaleStatus.VIOLATED)]


def test_violations_become_sources_of_error() -> None:
    atoms = replace(ATOMS, cell_width=length("cell", NM), run_length=time("run", 3e-12))
    sources = report_of(atoms).error_sources
    assert sources == {"X, run (finite simulation cell)": pytest.approx(np.exp(-2))}


def test_thresholds_are_settable() -> None:
    strict = compare_scales(ATOMS, ContinuumScales((BODY,)), thresholds=ScaleThresholds(cell_width=20.0))
    assert kinds(strict.violated) == {ConditionKind.CELL_WIDTH}
    assert "≥ 20" in {row[4] for row in condition_rows(strict.conditions)}


def worst_margin(chosen: float, lower: list[ScaleQuantity], upper: list[ScaleQuantity], D: float) -> float:
    """Smallest of all ratios over their thresholds, those of times by their square roots."""
    thresholds = ScaleThresholds()
    across = {"m": chosen, "s": chosen**2 / D}
    least = {"m": lambda ratio: ratio / thresholds.length, "s": lambda ratio: np.sqrt(ratio / thresholds.time)}
    below = [least[q.unit](across[q.unit] / q.value) for q in lower]
    return float(min(below + [least[q.unit](q.value / across[q.unit]) for q in upper]))


def test_averaging_length_makes_the_worst_ratio_best() -> None:
    rng = np.random.default_rng(5)
    for _ in range(50):
        lengths = 10 ** rng.uniform(-10, -3, 4)
        D = float(10 ** rng.uniform(-16, -8))
        lower = [*(length("a", value) for value in lengths[:2]), time("t", 1e-12)]
        upper = [*(length("b", value) for value in lengths[2:]), time("T", 1e3)]
        of_both = diffusivity(D)
        chosen = averaging_length(lower, upper, slowest=of_both, fastest=of_both, thresholds=ScaleThresholds())
        assert chosen is not None
        others = [worst_margin(chosen.value * factor, lower, upper, D) for factor in np.logspace(-3, 3, 31)]
        assert worst_margin(chosen.value, lower, upper, D) >= max(others) * (1 - 1e-9)


def test_averaging_length_without_a_scale_on_one_side() -> None:
    above = [length("R", 1 * UM)]
    chosen = averaging_length([], above, slowest=None, fastest=None, thresholds=ScaleThresholds())
    assert chosen is not None
    assert chosen.value == pytest.approx(0.1 * UM)
    assert averaging_length(above, [], slowest=None, fastest=None, thresholds=ScaleThresholds()) is None


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ScaleQuantity("R", -1.0, "m"), "positive"),
        (lambda: ScaleQuantity("R", float("nan"), "m"), "positive"),
        (lambda: ScaleQuantity("R", 1.0, "km"), "take one of"),
        (lambda: ScaleQuantity("R", 1.0, "m", {"a": float("inf")}), "no finite number"),
        (lambda: ScaleQuantity("R", "1 nm", "m"), "'1 nm' m; give a positive"),  # type: ignore[arg-type]
        (lambda: replace(ATOMS, correlation_length=5e-10), "give a ScaleQuantity"),
        (lambda: replace(BODY, size=5e-6), "give a ScaleQuantity"),
        (lambda: replace(BODY, diffusivities=BODY.diffusivities[::-1]), "is above the largest one"),  # type: ignore[index]
        (lambda: ScaleThresholds(time="100"), "1 or more"),  # type: ignore[arg-type]
        (lambda: AtomisticScales("X", correlation_time=length("t_c", NM)), "give it in s"),
        (lambda: replace(ATOMS, no_plateau=True), "keep one"),
        (lambda: replace(BODY, size=time("R", 1.0)), "give it in m"),
        (lambda: replace(LAYER, process_time=length("t", 1.0)), "give it in s"),
        (lambda: ScaleThresholds(length=0.5), "1 or more"),
        (lambda: ScaleThresholds(time=float("nan")), "1 or more"),
    ],
)
def test_bad_input_is_one_line(make: object, words: str) -> None:
    with pytest.raises(ValueError, match=words) as error:
        make()  # type: ignore[operator]
    assert "\n" not in str(error.value)


def test_numbers_are_shown_with_the_prefix_of_what_is_shown() -> None:
    assert quantity_text(ScaleQuantity("time", 1 - 1e-9, "s"), "time") == "time 1.00 s"
    assert quantity_text(ScaleQuantity("time", 0.999, "s"), "time") == "time 999 ms"
