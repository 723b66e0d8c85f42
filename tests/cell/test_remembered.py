"""Solves that are kept: the outputs are the model's own bit for bit, and nothing that was written is solved again."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from importlib import invalidate_caches
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import numpy as np
import pybamm
import pytest
import xarray as xr

import a2c_pybamm as a2c
from a2c_pybamm.cell import ChunkSchedule, SolveIdentity, remembered
from a2c_pybamm.cell.solve_identity import solve_identity
from a2c_pybamm.files import MemoError, SolveMemo
from a2c_pybamm.files.dataset_layout import DatasetLayout
from a2c_pybamm.parameter_set import base_values
from a2c_pybamm.parameter_set.value_document import ExpressionFunction

NAMES = ("a", "b")
JOINT = a2c.Joint([a2c.Estimate.from_covariance(NAMES, [1.0, 2.0], [[0.04, 0.01], [0.01, 0.09]], source="data")])

IDENTITY = SolveIdentity("set", "cell")


@dataclass
class Counting:
    """A function model that counts its solves; some samples fail, others lack a number or have an infinite one."""

    solve_identity: SolveIdentity = IDENTITY
    names: tuple[str, ...] = NAMES
    solved: list[bytes] = field(default_factory=list)
    derived: int = 0

    def solve(self, samples: np.ndarray, *, progress: Any = None) -> xr.Dataset:
        self.solved += [row.tobytes() for row in samples]
        y = np.sin(samples[:, 0]) + samples[:, 1] ** 2
        curve = y[:, None] * np.linspace(0, 1, 4)
        curve[:, 3:] = np.nan
        failed, lacking = samples[:, 0] < 0, samples[:, 1] > 2.3
        z = np.where(lacking, np.nan, np.where(samples[:, 1] < 1.5, np.inf, samples[:, 1]))
        y[failed], z[failed], curve[failed] = np.nan, np.nan, np.nan
        attrs = {"units": "1", "long_name": "y"}
        return xr.Dataset(
            {"y": ("sample", y, attrs), "z": ("sample", z), "curve": (("sample", "time"), curve, {"units": "V"})},
            coords={"time": ("time", np.linspace(0, 1, 4), {"units": "s"})},
        ).assign(
            failed=("sample", failed),
            cause=("sample", np.where(failed, "solver", "").astype(object)),
            reason=("sample", np.where(failed, "solver: a is negative", np.where(lacking, "z: none", "")).astype(object)),
        )


class WithJacobian(Counting):
    """The same with derivatives."""

    def jacobian(self, mean: np.ndarray) -> xr.Dataset:
        self.derived += 1
        gradient = np.array([np.cos(mean[0]), 2 * mean[1]])
        data = xr.Dataset(
            {
                "y": ("coefficient", gradient),
                "z": ("coefficient", np.array([0.0, 1.0])),
                "curve": (("coefficient", "time"), gradient[:, None] * np.linspace(0, 1, 4)),
            },
            coords={"coefficient": list(self.names)},
        )
        return data.assign_attrs(n_solves=3, method="by hand")


def draws(n: int, seed: int = 1) -> np.ndarray:
    return JOINT.draw(n, np.random.default_rng(seed)) - [0.7, 0.0]  # some fail


def test_outputs_are_the_models_own_and_solved_once(tmp_path: Path) -> None:
    samples, plain, model = draws(50), Counting(), Counting()
    expected = plain.solve(samples)
    assert 0 < int(expected["failed"].sum()) < int(expected["z"].isnull().sum()) < 50
    assert bool(np.isinf(expected["z"]).any())
    told: list[int] = []
    with remembered(model, tmp_path / "m") as kept:
        xr.testing.assert_identical(kept.solve(samples[:20]), expected.isel(sample=slice(20)))
        xr.testing.assert_identical(kept.solve(samples, progress=told.append), expected)
    assert sum(told) == 50
    assert sorted(model.solved) == sorted(plain.solved)
    for fresh, n_solved in ((False, 50), (True, 100)):
        with remembered(model, tmp_path / "m", fresh=fresh) as kept:
            xr.testing.assert_identical(kept.solve(samples), expected)
            assert (kept.memo.n_found, kept.memo.n_written, kept.n_kept) == ((0, 50, 50) if fresh else (50, 0, 50))
        assert len(model.solved) == n_solved


def test_sample_that_is_asked_for_twice_is_solved_once(tmp_path: Path) -> None:
    samples, model, told = draws(7)[[0, 1, 0, 2, 3, 3, 4, 5, 6, 0]], Counting(), []
    with remembered(model, tmp_path / "m") as kept:
        xr.testing.assert_identical(kept.solve(samples, progress=told.append), Counting().solve(samples))
    assert len(model.solved) == len(set(model.solved)) == 7
    assert sum(told) == 10


def test_no_samples(tmp_path: Path) -> None:
    with remembered(Counting(), tmp_path / "m") as kept:
        assert kept.solve(np.zeros((0, 2))).sizes["sample"] == 0


@pytest.mark.parametrize("stop", [1, 7, 30, 83, 160])
@pytest.mark.parametrize("kind", [Counting, WithJacobian])
def test_propagation_that_was_stopped_goes_on(tmp_path: Path, stop: int, kind: type[Counting]) -> None:
    """Stopped after so many solves; with the same seed the result is that of a run that was not, and no solve is done twice."""
    methods = a2c.FirstOrder(), a2c.PolynomialChaos(2), a2c.MonteCarlo(100)

    def run(model: Any, progress: Callable[[int], None] | None = None) -> a2c.Result:
        return a2c.propagate(model, JOINT, *methods, rng=np.random.default_rng(3), progress=progress, max_failed=0.5)

    done = 0

    def interrupt(n: int) -> None:
        nonlocal done
        done += n
        if done >= stop:
            raise KeyboardInterrupt

    expected, first, second = run(kind()), kind(), kind()
    with pytest.raises(KeyboardInterrupt), remembered(first, tmp_path / "m") as kept:
        run(kept, interrupt)
    with remembered(second, tmp_path / "m") as kept:
        found = run(kept)
    xr.testing.assert_identical(found, expected)
    texts = [DatasetLayout.of(result["y"].to_dataset()[["mean"]]).text for result in (found, expected)]
    assert texts[0] == texts[1], "the same to the last byte in a file"
    assert first.solved
    assert not set(first.solved) & set(second.solved)
    assert first.derived + second.derived == (kind is WithJacobian)


def test_points_of_a_sweep_share_their_memo_and_their_samples(tmp_path: Path) -> None:
    """Each design has its own answers to the same samples; a sweep again, or a point alone, solves nothing."""
    models = {k: Counting(SolveIdentity("set", f"{k}")) for k in (1.0, 2.0)}
    for k in (1, 2):
        with SolveMemo(tmp_path / "m") as memo:
            design = {"k": [1.0, 2.0]}
            result = a2c.sweep(
                lambda k, memo=memo: remembered(models[k], memo),
                design,
                JOINT,
                a2c.MonteCarlo(64),
                rng=np.random.default_rng(3),
            )
            alone = a2c.propagate(remembered(models[2.0], memo), JOINT, a2c.MonteCarlo(64), rng=np.random.default_rng(3))
    assert result["y"]["mean"].isel(point=0).item() == result["y"]["mean"].isel(point=1).item() == alone["y"]["mean"].item()
    assert models[1.0].solved == models[2.0].solved
    assert len(models[1.0].solved) == 64
    assert result.attrs["seed"] == alone.attrs["seed"]


def test_memo_that_fails_ends_a_sweep(tmp_path: Path) -> None:
    """It is no failure of a point, which would be kept with its reason while all others are solved in vain."""

    def full(*_: Any) -> None:
        raise MemoError("full")

    with SolveMemo(tmp_path / "m") as memo:
        memo.write = full  # type: ignore[method-assign]
        with pytest.raises(MemoError, match="full"):
            a2c.sweep(lambda k: remembered(Counting(), memo), {"k": [1]}, JOINT, rng=np.random.default_rng(3))


def test_memo_that_fails_ends_first_order(tmp_path: Path) -> None:
    """It is no derivative that could not be solved, in whose place differences are taken."""
    with remembered(WithJacobian(), tmp_path / "m") as kept:
        write = kept.memo.write

        def full_once(*arguments: Any) -> None:
            kept.memo.write = write  # type: ignore[method-assign]
            raise MemoError("full")

        kept.memo.write = full_once  # type: ignore[method-assign]
        with pytest.raises(MemoError, match="full"):
            a2c.propagate(kept, JOINT, a2c.FirstOrder(), rng=np.random.default_rng(3))


def test_memo_that_is_closed_is_one_line(tmp_path: Path) -> None:
    with remembered(Counting(), tmp_path / "m") as kept:
        kept.solve(draws(3))
    with pytest.raises(MemoError, match=r"m: cannot be used here \(Cannot operate on a closed database\); open it again"):
        kept.solve(draws(3))


def test_model_without_identity_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"_FunctionModel has no solve_identity, .* give a Cell or a ParallelCell"):
        remembered(a2c.from_function(lambda s: s[:, 0], NAMES), tmp_path / "m")
    assert not (tmp_path / "m").exists()


# ---- cells -------------------------------------------------------------------------------------------------------------

SET = "LCO_graphite_universal_potentials"
SETTINGS: dict[str, Any] = {"model": "SPM", "voltage_limits": (3.0, 4.1)}


@pytest.fixture(scope="module")
def cell() -> a2c.Cell:
    return a2c.Cell(a2c.load(SET), **SETTINGS)


@pytest.fixture(scope="module")
def samples(cell: a2c.Cell) -> np.ndarray:
    """A dozen draws, one of which is no cell."""
    joint = cell.parameter_set.joint
    found = joint.draw(12, np.random.default_rng(5))[:, joint.rows(cell.names)]
    found[3, cell.names.index("LCO mean voltage 0.5–1 [V]")] = 8.0
    return np.asarray(found)


@pytest.mark.slow
@pytest.mark.parametrize("schedule", [ChunkSchedule(), ChunkSchedule(start_seconds=0.0)], ids=["here", "another process"])
def test_cell_that_was_stopped_goes_on(
    cell: a2c.Cell, samples: np.ndarray, tmp_path: Path, process: ProcessPoolExecutor, schedule: ChunkSchedule
) -> None:
    """In this process and in another; the failure with its cause and reason, derivatives too."""
    expected, mean = cell.solve(samples), cell.inputs.mean[0]

    def interrupt(n: int) -> None:
        if n < 5:  # five are read, the first of the others is solved alone
            raise KeyboardInterrupt

    with a2c.ParallelCell(cell, process, schedule=schedule) as parallel:
        with remembered(parallel, tmp_path / "m") as kept:
            kept.solve(samples[:5])
            with pytest.raises(KeyboardInterrupt):
                kept.solve(samples, progress=interrupt)
        with remembered(parallel, tmp_path / "m") as kept:
            assert 5 < kept.n_kept < 12
            xr.testing.assert_identical(kept.solve(samples), expected)
            assert kept.n_kept == 12
            derivatives = [kept.jacobian(mean) for _ in range(2)]
    with remembered(cell, tmp_path / "m") as kept:
        xr.testing.assert_identical(kept.solve(samples[::-1]), expected.isel(sample=slice(None, None, -1)))
        assert kept.memo.n_written == 0
        for found in (*derivatives, kept.jacobian(mean)):
            xr.testing.assert_identical(found, cell.jacobian(mean))


@pytest.mark.slow
def test_experiment_is_the_same_whatever_is_solved_beside(tmp_path: Path) -> None:
    """Steps: the samples alone, in parts, and together; the whole again without a solve."""
    steps = ["Discharge at 1C until 3.2 V", "Rest for 5 minutes", "Charge at C/2 until 3.6 V"]
    outputs = ["capacity", "energy", "end_time", "mean_voltage", "voltage"]
    cell = a2c.Cell(a2c.load(SET), **SETTINGS, protocol=steps, outputs=outputs)
    joint = cell.parameter_set.joint
    samples = joint.draw(12, np.random.default_rng(5))[:, joint.rows(cell.names)]
    expected = cell.solve(samples)
    with remembered(cell, tmp_path / "m") as kept:
        kept.solve(samples[[4]])
        kept.solve(samples[:7])
        xr.testing.assert_identical(kept.solve(samples), expected)
        xr.testing.assert_identical(kept.solve(samples), expected)


@pytest.mark.slow
def test_identity_is_of_all_that_moves_an_output(cell: a2c.Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every setting, the set's numbers, the code, the libraries; not the set's texts, nor whether functions are compiled."""
    parameters = cell.parameter_set
    same = [
        a2c.Cell(a2c.load(SET), **SETTINGS),
        a2c.Cell(replace(parameters, name="other", notes={"made from": "x"}), **SETTINGS, compile=False),
        a2c.ParallelCell(cell, workers=1),
    ]
    assert {solve_identity(model) for model in same} == {solve_identity(cell)}
    *others, last = parameters.joint.estimates
    moved = a2c.Joint([*others, replace(last, mean=np.nextafter(last.mean, 0))], independent=parameters.joint.independent)
    changed = [
        a2c.Cell(parameters, **SETTINGS | {"model": "SPMe"}),
        a2c.Cell(parameters, **SETTINGS | {"voltage_limits": (3.0, 4.05)}),
        a2c.Cell(parameters, **SETTINGS, c_rate=2.0),
        a2c.Cell(parameters, **SETTINGS, soc=0.9),
        a2c.Cell(parameters, **SETTINGS, outputs=["capacity"]),
        a2c.Cell(parameters, **SETTINGS, options={"thermal": "lumped"}),
        a2c.Cell(parameters, **SETTINGS, protocol=a2c.DriveCycle([0, 10, 20], [1, 1, 0.5])),
        a2c.Cell(parameters, **SETTINGS, protocol=a2c.DriveCycle([0, 10, 20], [1, 1, 0.6])),
        a2c.Cell(replace(parameters, joint=moved), **SETTINGS),
        a2c.Cell(replace(parameters, temperature=299.0), **SETTINGS),
    ]
    identities = [solve_identity(model) for model in changed]
    monkeypatch.setattr("a2c_pybamm.cell.solve_identity._code_hash", lambda: "another version")
    identities.append(solve_identity(cell))
    assert len({*identities}) == len(identities)
    monkeypatch.undo()
    assert [k for k, identity in enumerate(identities) if identity == solve_identity(cell)] == []


def test_base_set_of_another_package_counts_with_its_file(
    cell: a2c.Cell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its functions may change under the same names."""
    module = tmp_path / "foreign_set.py"
    monkeypatch.syspath_prepend(tmp_path)
    identities = [solve_identity(cell)]
    points = [EntryPoint(cell.parameter_set.base, "foreign_set:values", "pybamm_parameter_sets")]
    monkeypatch.setattr("a2c_pybamm.cell.solve_identity.entry_points", lambda **_: points)
    with pytest.raises(ValueError, match=r"remembered: module 'foreign_set' has .* but no file"):
        solve_identity(cell)
    for text in ("", "# changed\n"):
        module.write_text(text)
        invalidate_caches()
        identities += [solve_identity(cell), solve_identity(cell)]
    assert identities[1] == identities[2]
    assert identities[3] == identities[4]
    assert len(set(identities)) == 3


def test_expressions_of_a_base_set_count(cell: a2c.Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package may keep its set as PyBaMM's JSON, whose functions have no code: another factor is another cell."""
    identities = []
    for kind in ("function", "expression"):
        for factor in (1.0, 2.0, 2.0):
            values = base_values(cell.parameter_set.base)
            expression = factor * (pybamm.Parameter("c") if kind == "function" else pybamm.t)
            written = pybamm.ExpressionFunctionParameter("k", expression, "k", ["c"])
            values.update(
                {"Electrolyte conductivity [S.m-1]": ExpressionFunction(written) if kind == "function" else expression}
            )
            monkeypatch.setattr("a2c_pybamm.cell.solve_identity.base_values", lambda _, values=values: values)
            identities.append(solve_identity(cell))
    assert [identities[0] == identities[1], identities[1] == identities[2]] == [False, True]
    assert [identities[3] == identities[4], identities[4] == identities[5]] == [False, True]


def test_compiled_solves_are_kept_apart(cell: a2c.Cell, samples: np.ndarray, tmp_path: Path) -> None:
    """Compiled functions differ in the last bits: which of them solve follows from the size of the batch."""
    with remembered(cell, tmp_path / "m") as kept:
        kept.solve(samples[3:4])  # no cell, so nothing is solved
        cell_of_many = remembered(_Compiling(cell), kept.memo)
        cell_of_many.solve(samples[3:4])
        assert (kept.memo.n_written, kept.n_kept) == (2, 2)


class _Compiling:
    """The cell as it is for a large batch."""

    def __init__(self, cell: a2c.Cell) -> None:
        self.names, self.solve, self.solve_identity = cell.names, cell.solve, solve_identity(cell)

    def compiles(self, batch: int) -> bool:
        return True
