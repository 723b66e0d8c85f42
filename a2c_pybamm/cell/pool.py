"""A cell's batches solved by several processes.

What goes to a process is a plain specification of the cell, never a live simulation; each process builds its own model from it,
once, and keeps it.
"""

from __future__ import annotations

import importlib
import json
import math
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from contextlib import closing, contextmanager, nullcontext
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

    def largest_chunk(self, seconds: float) -> int:
        """Samples of a chunk that take so many seconds each: what is not solved yet when a run is stopped is lost."""
        if seconds * SAMPLES_AT_A_TIME <= self.chunk_seconds:
            return SAMPLES_AT_A_TIME
        return max(1, int(self.chunk_seconds / seconds))


@dataclass(frozen=True)
class Specification:
    """Settings of a cell as plain values that can be sent to other processes."""

    document: str
    """Parameter set as the text of ``set.json``, which is exact."""
    modules: tuple[str, ...]
    """Modules of the user's that hold functions of its base set: imported before the set is read."""
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
        for module in self.modules:
            importlib.import_module(module)
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
        If the set cannot be written and read again: one of its laws is known to this process alone, or so is a function of a
        declared output; or the model is of a class of the main program.
    """
    if cell.model.startswith("__main__:"):
        raise ValueError(
            f"cell: model {cell.model!r} is a class of the main program, which other processes do not find; put it into a "
            "module"
        )
    for output in cell.outputs.declared:
        if isinstance(output, TraceFunction):
            output.validate_portable()
    document = json.dumps(set_document(cell.parameter_set), ensure_ascii=False, allow_nan=False)
    try:
        parse_set(document, "set.json")
    except ValueError as error:
        raise ValueError(f"set {cell.parameter_set.name} cannot go to other processes: {error}") from error
    low, high = cell.voltage_limits
    base = cell.parameter_set.base
    functions = () if isinstance(base, str) else base.functions
    return Specification(
        document=document,
        modules=tuple(sorted({reference.partition(":")[0] for _, reference in functions})),
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
        chunks: dict[int, xr.Dataset] = {}
        with closing(self.chunks(samples)) as solved:  # after an error or an interrupt nothing goes on
            for rows, data in solved:
                chunks[rows.start] = data
                if progress:
                    progress(len(rows))
        ordered = [chunks[start] for start in sorted(chunks)]
        return xr.concat(ordered, "sample", data_vars="all", coords="minimal", compat="override", join="exact")

    def chunks(self, samples: Array, *, batch: int | None = None) -> Generator[tuple[range, xr.Dataset]]:
        """Outputs of parts of the samples, each with the rows that it holds, as soon as they are solved and in any order.

        ``batch`` is the number of samples of the whole batch, where these are a part of it.

        Raises
        ------
        SimulationFailed
            If a process ends by itself.
        """
        samples = self.cell.inputs.as_samples(samples)
        batch, done = batch or max(1, len(samples)), 0
        if self._running is None or not len(samples):
            for rows, data in self._solve_first(samples, batch):
                done = rows.stop
                yield rows, data
        if done < len(samples):
            yield from self._distribute(samples, done, batch)

    @property
    def versions(self) -> dict[str, str]:
        """Versions of the libraries that solve it."""
        return self.cell.versions

    @property
    def origin(self) -> dict[str, str]:
        """Attributes of a result that name the set behind it."""
        return self.cell.origin

    def compiles(self, batch: int) -> bool:
        """True where samples of a batch of so many are solved by compiled functions."""
        return self.cell.compiles(batch)

    def jacobian(self, mean: Array, *, method: Literal["auto", "sensitivities", "differences"] = "auto") -> xr.Dataset:
        """Total derivatives of all outputs at ``mean`` (n_coefficient,), from the cell in this process."""
        return self.cell.jacobian(mean, method=method)

    def _solve_first(self, samples: Array, batch: int) -> Iterator[tuple[range, xr.Dataset]]:
        """Outputs of the first samples, up to those that processes solve sooner."""
        # a first solve also sets the solver up: its time is not that of the others
        done = min(1, len(samples))
        yield range(done), self.cell.solve(samples[:1], batch=batch)
        gain = 1 - 1 / self.workers
        while done < len(samples):
            size = min(max(self.schedule.trial_samples, done), self.schedule.largest_chunk(self._seconds))
            chunk, started = samples[done : done + size], time.perf_counter()
            data = self.cell.solve(chunk, batch=batch)
            self._seconds = (time.perf_counter() - started) / len(chunk)
            yield range(done, done + len(chunk)), data
            done += len(chunk)
            if (len(samples) - done) * self._seconds * gain > self.schedule.start_seconds:
                break

    def _distribute(self, samples: Array, start: int, batch: int) -> Iterator[tuple[range, xr.Dataset]]:
        """Outputs of chunks of the samples behind the first ``start``, solved by the executor in any order."""
        n = len(samples)
        size = min(
            self.schedule.largest_chunk(self._seconds),
            math.ceil((n - start) / (self.schedule.chunks_per_worker * self.workers)),
        )
        futures: dict[Future[xr.Dataset], range] = {}
        try:
            executor = self._start()
            # a pool starts its processes with its first tasks
            with nullcontext() if self.executor is not None else _environment(ENVIRONMENT):
                for k in range(start, n, size):
                    future = executor.submit(solve_chunk, self.specification, samples[k : k + size], batch)
                    futures[future] = range(k, min(k + size, n))
            for future in as_completed(list(futures)):
                yield futures[future], future.result()
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
