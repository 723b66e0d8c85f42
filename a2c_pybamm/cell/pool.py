"""A cell's batches solved by several processes.

What goes to a process is a plain specification of the cell, never a live simulation; each process builds its own model from it,
once, and keeps it.
"""

from __future__ import annotations

import json
import math
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Literal

import xarray as xr

from a2c_pybamm.cell.cell import SAMPLES_AT_A_TIME, Cell, Progress, SimulationFailed
from a2c_pybamm.cell.declared_outputs import DeclaredOutput, TraceFunction
from a2c_pybamm.cell.protocol import Protocol
from a2c_pybamm.estimate import Array
from a2c_pybamm.files import parse_set, set_document

ENVIRONMENT = {
    # processes share the cores already; further threads in each would slow them down
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    "PYBAMM_DISABLE_TELEMETRY": "true",
}
"""Environment of new processes; numerical libraries read theirs when they are loaded."""


@dataclass(frozen=True)
class ChunkSchedule:
    """Settings by which a batch is divided into chunks and processes are started."""

    start_seconds: float = 4.0
    """Time [s] until a new process has imported PyBaMM and built a model (July 2026): less work is done in this process."""
    chunk_seconds: float = 1.5
    """Solving time [s] of one chunk: long beside the milliseconds of its transfer, short beside the wait for the last one."""
    chunks_per_worker: int = 4
    """Least number of chunks for each process, so that one slow chunk does not keep the others waiting."""
    trial_samples: int = 5
    """Samples solved in this process at first, from which the time of the others is estimated."""


@dataclass(frozen=True)
class Specification:
    """Settings of a cell as plain values that can be sent to other processes."""

    document: str
    """Parameter set as the text of ``set.json``, which is exact."""
    model: str
    options: str
    """Options of the model, JSON."""
    protocol: Protocol
    voltage_limits: tuple[float, float]
    soc: float
    outputs: tuple[str | DeclaredOutput, ...]
    compile: bool | None
    names: tuple[str, ...]
    """Coefficients in the order of the samples' columns."""

    def build(self) -> Cell:
        """The cell; ``SimulationFailed`` if it takes other coefficients here than where it was specified."""
        cell = Cell(
            parse_set(self.document, "set.json"),
            model=self.model,
            options=json.loads(self.options),
            protocol=self.protocol,
            voltage_limits=self.voltage_limits,
            soc=self.soc,
            outputs=self.outputs,
            compile=self.compile,
        )
        if cell.names != self.names:
            raise SimulationFailed(
                f"cell: built in process {os.getpid()} it takes the coefficients {', '.join(cell.names)} instead of "
                f"{', '.join(self.names)}; install the same a2c_pybamm and PyBaMM wherever the executor works"
            )
        return cell


def specify(cell: Cell) -> Specification:
    """Specification of a cell.

    Raises
    ------
    ValueError
        If the set cannot be written and read again, one of its laws is known to this process alone, or so is a function of
        a declared output.
    """
    for output in cell.outputs.declared:
        if isinstance(output, TraceFunction):
            output.validate_portable()
    document = json.dumps(set_document(cell.parameter_set), ensure_ascii=False, allow_nan=False)
    try:
        parse_set(document, "set.json")
    except ValueError as error:
        raise ValueError(f"set {cell.parameter_set.name} cannot go to other processes: {error}") from error
    low, high = cell.voltage_limits
    return Specification(
        document=document,
        model=cell.model,
        options=json.dumps(cell.options, sort_keys=True),
        protocol=cell.protocol,
        voltage_limits=(low, high),
        soc=cell.soc,
        outputs=cell.outputs.wanted,
        compile=cell.compile,
        names=cell.names,
    )


_ONE_AT_A_TIME = threading.Lock()
"""Some executors run tasks in threads of one process; PyBaMM's expressions must not be shared by threads."""


@lru_cache(maxsize=2)
def _process_cell(specification: Specification) -> Cell:
    """The cell of this process: built at its first chunk, then kept."""
    return specification.build()


def solve_chunk(specification: Specification, samples: Array, batch: int) -> xr.Dataset:
    """Outputs of samples (n_sample, n_coefficient) from a batch of so many, solved by this process's cell."""
    with _ONE_AT_A_TIME:
        return _process_cell(specification).solve(samples, batch=batch)


class ParallelCell:
    """A cell whose batches are shared out among processes; the outputs are those of the cell, bit for bit.

    A small batch is solved in this process: processes are started once the time of the first samples shows that the others take
    longer than that. Once started they stay, for the next batch, until ``close`` or the end of a ``with``.

    Parameters
    ----------
    cell
        The cell.
    executor
        Where to solve instead of in a pool of its own: anything with the ``submit`` of ``concurrent.futures.Executor``, its
        workers being processes that can import this package. It is not closed here.
    workers
        Processes of its own pool; of a given executor, how many samples it solves at the same time.
    schedule
        When processes are started, and how large a chunk is.

    Raises
    ------
    ValueError
        If the executor works with threads, or the set has a law that other processes cannot find.
    """

    def __init__(
        self,
        cell: Cell,
        executor: Executor | None = None,
        *,
        workers: int = 2,
        schedule: ChunkSchedule = ChunkSchedule(),
    ) -> None:
        if workers < 1:
            raise ValueError(f"parallel cell: workers is {workers}; give the number of processes, 1 or more")
        if isinstance(executor, ThreadPoolExecutor):
            raise ValueError(
                "parallel cell: a ThreadPoolExecutor was given, but PyBaMM's models cannot be shared by threads; "
                "give an executor of processes, or none"
            )
        if executor is not None and not callable(getattr(executor, "submit", None)):
            raise ValueError(
                f"parallel cell: {type(executor).__name__} has no submit; give an executor as in concurrent.futures "
                "(of a Dask client: client.get_executor())"
            )
        self.cell, self.executor, self.workers, self.schedule = cell, executor, workers, schedule
        self.specification = specify(cell)
        self._running: Executor | None = None
        self._seconds = 0.0

    @property
    def names(self) -> tuple[str, ...]:
        """Coefficients that the simulation depends on, in the order of the columns of ``solve``."""
        return self.cell.names

    def solve(self, samples: Array, *, progress: Progress | None = None) -> xr.Dataset:
        """Outputs of all samples (n_sample, n_coefficient), those of ``Cell.solve`` in their order.

        ``progress`` is called with the number of samples of each chunk when it is solved, in any order.

        Raises
        ------
        SimulationFailed
            If a process ends by itself. The failure of one sample is in its ``reason``, as with ``Cell.solve``.
        """
        unsolved = self.cell.inputs.as_samples(samples)
        batch = max(1, len(unsolved))
        chunks: list[xr.Dataset] = []
        if self._running is None or not len(unsolved):
            chunks, unsolved = self._solve_first(unsolved, batch, progress)
        if len(unsolved):
            chunks += self._distribute(unsolved, batch, progress)
        return xr.concat(chunks, "sample", data_vars="all", coords="minimal", compat="override", join="exact")

    @property
    def versions(self) -> dict[str, str]:
        """Versions of the libraries that solve it."""
        return self.cell.versions

    def jacobian(self, mean: Array, *, method: Literal["auto", "sensitivities", "differences"] = "auto") -> xr.Dataset:
        """Total derivatives of all outputs at ``mean`` (n_coefficient,), from the cell in this process."""
        return self.cell.jacobian(mean, method=method)

    def _solve_first(self, samples: Array, batch: int, progress: Progress | None) -> tuple[list[xr.Dataset], Array]:
        """Outputs of the first samples, and the samples that processes solve sooner."""
        # a first solve also sets the solver up: its time is not that of the others
        chunks, done = [self.cell.solve(samples[:1], progress=progress, batch=batch)], 1
        gain = 1 - 1 / self.workers
        while done < len(samples):
            chunk, started = samples[done : done + max(self.schedule.trial_samples, done)], time.perf_counter()
            chunks.append(self.cell.solve(chunk, progress=progress, batch=batch))
            done += len(chunk)
            self._seconds = (time.perf_counter() - started) / len(chunk)
            if (len(samples) - done) * self._seconds * gain > self.schedule.start_seconds:
                break
        return chunks, samples[done:]

    def _distribute(self, samples: Array, batch: int, progress: Progress | None) -> list[xr.Dataset]:
        """Outputs of chunks in their order, solved by the executor in any order."""
        largest = SAMPLES_AT_A_TIME
        if self._seconds * largest > self.schedule.chunk_seconds:
            largest = max(1, int(self.schedule.chunk_seconds / self._seconds))
        size = min(largest, math.ceil(len(samples) / (self.schedule.chunks_per_worker * self.workers)))
        futures: list[Future[xr.Dataset]] = []
        try:
            executor = self._start()
            # a pool starts its processes with its first tasks
            with nullcontext() if self.executor is not None else _environment(ENVIRONMENT):
                for k in range(0, len(samples), size):
                    futures.append(executor.submit(solve_chunk, self.specification, samples[k : k + size], batch))
            for future in as_completed(futures):
                data = future.result()
                if progress:
                    progress(data.sizes["sample"])
        except BrokenExecutor as error:
            self.close()
            raise SimulationFailed(
                "cell: a process ended while it was solving samples. A script must start its work under "
                "if __name__ == '__main__': (new processes import it first); if it does, take fewer workers (memory), "
                "or workers=1 to solve in this process"
            ) from error
        finally:  # after an error or an interrupt chunks that have not begun are dropped
            for future in futures:
                future.cancel()
        return [future.result() for future in futures]

    def _start(self) -> Executor:
        """The executor; its own pool is made at the first use."""
        if self._running is None:
            self._running = _own_pool(self.workers) if self.executor is None else self.executor
        return self._running

    def close(self) -> None:
        """End the processes of its own pool; the next batch that needs them starts new ones."""
        running, self._running = self._running, None
        if running is not None and self.executor is None:
            running.shutdown(cancel_futures=True)

    def __enter__(self) -> ParallelCell:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _own_pool(workers: int) -> ProcessPoolExecutor:
    """Pool of fresh processes: a copy of this one (fork) would inherit locks of threads that it does not have.

    Raises
    ------
    SimulationFailed
        If new processes could not import the main module, as each of them does first.
    """
    main = sys.modules["__main__"]
    path = getattr(main, "__file__", None)
    if getattr(main, "__spec__", None) is None and path is not None and not Path(path).exists():
        raise SimulationFailed(
            f"cell: new processes import the main program first, and {path!r} is no file: save the script to a file and run "
            "that, or take workers=1"
        )
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_follow_parent)


def _follow_parent() -> None:
    """Leave Ctrl-C to the parent process, and end with it, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def _environment(settings: Mapping[str, str]) -> Iterator[None]:
    """Context with these environment variables, for processes that are started in it."""
    old = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in old.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
