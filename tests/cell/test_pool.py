"""The cell on several processes: the same outputs bit for bit, and an end to everything that goes wrong there."""

import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import xarray as xr

from a2c_pybamm import (
    Attachment,
    Cell,
    Joint,
    MonteCarlo,
    ParameterSet,
    RedlichKister,
    SimulationFailed,
    declare,
    load,
    propagate,
)
from a2c_pybamm.cell import ChunkSchedule, ParallelCell, pool

LIMITS_V = (3.0, 4.1)
NAME = "LCO_graphite_universal_potentials"
AT_ONCE = ChunkSchedule(start_seconds=0.0)
"""Processes are started behind the first trial, however short the work."""


@pytest.fixture(scope="module")
def cell() -> Cell:
    return Cell(load(NAME), model="SPM", voltage_limits=LIMITS_V)


@pytest.fixture(scope="module")
def samples(cell: Cell) -> np.ndarray:
    """Twenty draws, in places 3, 9, 12 and 19 one that is no cell: impossible, unstable, not a number, hardly diffusing."""
    joint = cell.parameter_set.joint
    draws = joint.draw(20, np.random.default_rng(5))[:, joint.rows(cell.names)]
    draws[[3, 9, 12, 19]] = joint.mean[joint.rows(cell.names)]
    draws[3, cell.names.index("LCO mean voltage 0.5–1 [V]")] = 8.0
    draws[9, cell.names.index("LCO L1/L0")] = 1.5
    draws[12, 0] = np.nan
    draws[19, cell.names.index("graphite in-plane E_a [eV]")] = 3.0
    return draws


@pytest.fixture(scope="module")
def expected(cell: Cell, samples: np.ndarray) -> xr.Dataset:
    return cell.solve(samples)


@pytest.fixture(scope="module")
def parallel(cell: Cell, samples: np.ndarray) -> Iterator[ParallelCell]:
    """Two processes at work, started from an environment that asks for seven threads."""
    with ParallelCell(cell, schedule=AT_ONCE) as model, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "7")
        patch.delenv("MKL_NUM_THREADS", raising=False)
        model.solve(samples[:10])
        assert model._running is not None
        assert (os.environ["OMP_NUM_THREADS"], os.environ.get("MKL_NUM_THREADS")) == ("7", None)
        patch.undo()
        yield model


def ask(model: ParallelCell, question: Callable[..., Any], *arguments: Any) -> Any:
    """The answer of one of the processes."""
    assert model._running is not None
    return model._running.submit(question, *arguments).result(timeout=60)


def cells_built() -> int:
    return pool._process_cell.cache_info().misses


def test_outputs_are_the_cells_own_bit_for_bit(parallel: ParallelCell, samples: np.ndarray, expected: xr.Dataset) -> None:
    """Values, order, missing values, failures with their reasons, units; the samples' capacities all differ."""
    found = parallel.solve(samples)
    xr.testing.assert_identical(found, expected)
    assert list(np.flatnonzero(found["failed"])[:3]) == [3, 9, 12]
    assert [reason.split(":")[0] for reason in found["reason"].values[[3, 9, 12]]] == ["infeasible", "unstable", "infeasible"]
    capacities = found["capacity"].values[~found["failed"].values]
    assert len(set(capacities)) == len(capacities)
    assert {name: a.dtype for name, a in found.items()} == {name: a.dtype for name, a in expected.items()}


def test_chunks_that_return_in_another_order_are_put_in_place(
    cell: Cell, samples: np.ndarray, expected: xr.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An executor that finishes the last chunk first."""
    handed: list[tuple[Future[Any], Any]] = []

    class Backwards:
        def submit(self, function: Any, specification: Any, chunk: np.ndarray, batch: int) -> Future[Any]:
            future: Future[Any] = Future()
            handed.append((future, chunk))
            return future

    def all_at_once(futures: list[Future[Any]]) -> Iterator[Future[Any]]:
        for future, chunk in reversed(handed):
            future.set_result(cell.solve(chunk))
            yield future

    monkeypatch.setattr(pool, "as_completed", all_at_once)
    xr.testing.assert_identical(ParallelCell(cell, Backwards(), schedule=AT_ONCE).solve(samples), expected)  # type: ignore[arg-type]
    assert len(handed) > 4


def test_progress_counts_every_sample_once(parallel: ParallelCell, samples: np.ndarray) -> None:
    told: list[int] = []
    parallel.solve(samples, progress=told.append)
    assert sum(told) == len(samples)
    assert len(told) == parallel.workers * parallel.schedule.chunks_per_worker - 1  # chunks of three


@pytest.mark.slow
def test_processes_have_one_thread_no_telemetry_and_one_model(parallel: ParallelCell, samples: np.ndarray) -> None:
    assert {ask(parallel, os.getenv, name) for name in pool.ENVIRONMENT} == {"1", "true"}
    parallel.solve(samples)
    assert [ask(parallel, cells_built) for _ in range(8)] == [1] * 8


def test_few_samples_are_solved_without_a_pool(cell: Cell, samples: np.ndarray, expected: xr.Dataset) -> None:
    with ParallelCell(cell, workers=4) as model:
        xr.testing.assert_identical(model.solve(samples), expected)
        assert model._running is None


def test_one_worker_is_this_process(cell: Cell, samples: np.ndarray) -> None:
    told: list[int] = []
    model = ParallelCell(cell, workers=1, schedule=AT_ONCE)
    model.solve(samples, progress=told.append)
    assert model._running is None
    assert sum(told) == len(samples)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_any_number_of_samples(parallel: ParallelCell, samples: np.ndarray, cell: Cell, count: int) -> None:
    for model in (parallel, ParallelCell(cell)):
        xr.testing.assert_identical(model.solve(samples[:count]), cell.solve(samples[:count]))


def test_samples_of_the_wrong_width_are_refused(parallel: ParallelCell) -> None:
    with pytest.raises(ValueError, match=r"samples have 3 columns"):
        parallel.solve(np.zeros((20, 3)))


@pytest.mark.slow
def test_it_is_a_model_for_propagation(parallel: ParallelCell, cell: Cell) -> None:
    joint, method = cell.parameter_set.joint, MonteCarlo(n=20)
    first, second = (
        propagate(model, joint, method, rng=np.random.default_rng(2), max_failed=0.2) for model in (parallel, cell)
    )
    np.testing.assert_array_equal(first["capacity"]["mean"], second["capacity"]["mean"])
    mean = joint.mean[joint.rows(cell.names)]
    xr.testing.assert_identical(parallel.jacobian(mean), cell.jacobian(mean))


class SubmitOnly:
    """What Dask's ``get_executor`` has in common with a pool; keeps what it was asked."""

    def __init__(self, model: ParallelCell) -> None:
        self.running = model._running
        self.futures: list[Future[Any]] = []

    def submit(self, function: Any, *arguments: Any) -> Future[Any]:
        assert self.running is not None
        self.futures.append(self.running.submit(function, *arguments))
        return self.futures[-1]


def test_given_executor_is_used_and_left_open(
    parallel: ParallelCell, cell: Cell, samples: np.ndarray, expected: xr.Dataset
) -> None:
    executor = SubmitOnly(parallel)
    with ParallelCell(cell, executor, schedule=AT_ONCE) as model:  # type: ignore[arg-type]
        xr.testing.assert_identical(model.solve(samples), expected)
    assert len(executor.futures) > 2
    assert ask(parallel, os.getpid) != os.getpid()


@pytest.mark.slow
def test_threads_inside_a_worker_take_turns(cell: Cell, samples: np.ndarray, expected: xr.Dataset) -> None:
    """Dask's workers run their tasks in threads of one process: one model for all of them, one at a time."""
    specification = pool.specify(cell)
    before = cells_built()
    try:
        with ThreadPoolExecutor(3) as threads:
            parts = list(threads.map(pool.solve_chunk, [specification] * 5, np.split(samples, 5), [len(samples)] * 5))
        assert cells_built() == before + 1
        xr.testing.assert_identical(xr.concat(parts, "sample", data_vars="all"), expected)
    finally:
        pool._process_cell.cache_clear()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"executor": ThreadPoolExecutor(1)}, "cannot be shared by threads"),
        ({"executor": map}, "type has no submit"),
        ({"workers": 0}, "workers is 0"),
    ],
)
def test_settings_are_checked(cell: Cell, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ParallelCell(cell, **settings)


@pytest.mark.slow
def test_specification_makes_the_same_cell(cell: Cell) -> None:
    """Through a pickle, as to another process: coefficients, current and limits to the last bit; equal ones are one key."""
    specification = pool.specify(cell)
    travelled = pickle.loads(pickle.dumps(specification))
    assert travelled == specification
    assert hash(travelled) == hash(specification)
    other = travelled.build()
    assert (other.names, other.current, other.voltage_limits) == (cell.names, cell.current, cell.voltage_limits)
    np.testing.assert_array_equal(other.parameter_set.joint.mean, cell.parameter_set.joint.mean)


@pytest.mark.slow
def test_worker_with_another_version_is_found_out(cell: Cell) -> None:
    """Columns would be taken for other coefficients."""
    specification = replace(pool.specify(cell), names=cell.names[::-1])
    with pytest.raises(SimulationFailed, match="install the same"):
        specification.build()


@pytest.mark.slow
def test_error_in_a_process_is_raised_here(parallel: ParallelCell, samples: np.ndarray) -> None:
    good = parallel.specification
    parallel.specification = replace(good, voltage_limits=(3.0, 7.0))
    try:
        with pytest.raises(SimulationFailed, match=r"mean coefficients: infeasible"):
            parallel.solve(samples)
    finally:
        parallel.specification = good


@pytest.mark.slow
def test_interrupt_leaves_nothing_waiting(
    parallel: ParallelCell, cell: Cell, samples: np.ndarray, expected: xr.Dataset
) -> None:
    executor = SubmitOnly(parallel)

    def interrupt(n: int) -> None:
        if executor.futures:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ParallelCell(cell, executor, schedule=AT_ONCE).solve(np.tile(samples, (3, 1)), progress=interrupt)  # type: ignore[arg-type]
    assert any(future.cancelled() for future in executor.futures)
    xr.testing.assert_identical(parallel.solve(samples), expected)


@dataclass(frozen=True)
class OwnLaw(RedlichKister):
    """A law that no package brings."""

    kind: ClassVar[str] = "own"


@pytest.mark.slow
def test_law_that_other_processes_cannot_find_is_named() -> None:
    law = OwnLaw("M", 0)
    estimate = declare(law.names, [4.2, -0.05, 20.0], std=[0.01, 0.001, 1.0], source="s", reason="test")
    made = ParameterSet(
        "own", "Ai2020", {"Positive electrode OCP [V]": Attachment(law, "open_circuit_voltage")}, Joint([estimate])
    )
    with pytest.raises(ValueError, match=r"set own cannot go to other processes: .*law kind 'own' is unknown"):
        ParallelCell(Cell(made, model="SPM", voltage_limits=LIMITS_V))


def test_main_program_that_is_no_file_is_named(cell: Cell, samples: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", None)
    monkeypatch.setattr(sys.modules["__main__"], "__file__", "<stdin>", raising=False)  # a worker of pytest has none
    with pytest.raises(SimulationFailed, match=r"'<stdin>' is no file"):
        ParallelCell(cell, schedule=AT_ONCE).solve(samples)


@pytest.mark.slow
def test_process_that_dies_is_an_error_and_the_next_batch_starts_anew(
    parallel: ParallelCell, samples: np.ndarray, expected: xr.Dataset
) -> None:
    many = np.tile(samples, (20, 1))

    def kill(n: int) -> None:
        os.kill(next(iter(multiprocessing.active_children())).pid, signal.SIGKILL)  # type: ignore[arg-type]

    with pytest.raises(SimulationFailed, match="a process ended while it was solving"):
        parallel.solve(many, progress=kill)
    assert parallel._running is None
    xr.testing.assert_identical(parallel.solve(samples), expected)
    assert parallel._running is not None


SCRIPT = f"""
import os
import numpy as np
import a2c_pybamm as a2c
from a2c_pybamm.cell import ChunkSchedule, ParallelCell

at_once = ChunkSchedule(start_seconds=0.0)
parameters = a2c.load({NAME!r})
cell = a2c.Cell(parameters, model="SPM", voltage_limits={LIMITS_V})
samples = parameters.joint.draw(2000, np.random.default_rng(0))[:, parameters.joint.rows(cell.names)]


def tell(n):
    print(*(child.pid for child in __import__("multiprocessing").active_children()), flush=True)

"""


@pytest.mark.slow
def test_script_without_a_guard_ends_with_the_remedy(tmp_path: Path) -> None:
    """Each new process runs the script again as it imports it: none of them may start further ones."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT + "ParallelCell(cell, schedule=at_once).solve(samples)\n")
    run = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120)
    assert run.returncode == 1
    assert "SimulationFailed: cell: a process ended" in run.stderr.splitlines()[-1]
    assert "__name__ == '__main__'" in run.stderr.splitlines()[-1]


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "kill") or sys.platform == "win32", reason="needs SIGKILL")
def test_processes_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        SCRIPT + "if __name__ == '__main__':\n    ParallelCell(cell, schedule=at_once).solve(samples, progress=tell)\n"
    )
    run = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    children = next(line.split() for line in run.stdout if line.strip())
    run.kill()
    run.wait()
    run.stdout.close()
    deadline = time.monotonic() + 30
    while alive := [pid for pid in children if running(int(pid))]:
        assert time.monotonic() < deadline, f"still running: {alive}"
        time.sleep(0.2)


def running(pid: int) -> bool:
    """Whether a process exists and is no zombie that waits to be fetched."""
    run = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return run.stdout.strip()[:1] not in ("", "Z")
