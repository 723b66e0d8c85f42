"""The memo of solves: bit for bit what was written, whole after any end, and one line where the file is not sound."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from a2c_pybamm.files import MemoError, SolveMemo
from a2c_pybamm.files.dataset_layout import DatasetLayout
from a2c_pybamm.files.solve_memo import SCHEMA, Answer, SolveKey

KEY = SolveKey("set", "cell", "usual")
LAYOUT = DatasetLayout.of(
    xr.Dataset(
        {
            "capacity": ("sample", [1.0, 2.0], {"units": "A.h", "long_name": "capacity", "maximum": np.float64(1 / 3)}),
            "voltage": (("time", "sample"), np.ones((3, 2)), {"units": "V"}),
        },
        coords={
            "time": ("time", np.array([0.0, 0.1, 1 / 3]), {"units": "s"}),
            "step": ("time", np.arange(3)),
            "text": ("time", np.array(["a", "bc", "é"])),
            "label": ("sample", ["x", "y"]),
        },
    )
)
ROWS = {b"one": np.array([-0.0, 1e-320, np.pi, np.nan]), b"two": np.array([np.inf, 1 / 3, 1.0, 2.0])}


def written(path: Path, **answers: Answer) -> Path:
    """A memo with two solves and further ones."""
    with SolveMemo(path) as memo:
        memo.write(KEY, LAYOUT, {sample: Answer(row) for sample, row in ROWS.items()})
        memo.write(KEY, LAYOUT, {name.encode(): answer for name, answer in answers.items()})
    return path


def test_answers_are_those_written_bit_for_bit(tmp_path: Path) -> None:
    path = written(
        tmp_path / "m", bad=Answer(None, True, "solver", "reason: é\n'x'"), half=Answer(ROWS[b"one"], True, "c", "r")
    )
    with SolveMemo(path) as memo:
        layout, answers = memo.read(KEY, [b"one", b"two", b"bad", b"half", b"never"])
        assert (memo.n_found, memo.n_written, memo.count(KEY)) == (4, 0, 4)
    assert layout is not None
    assert layout.text == LAYOUT.text
    assert {sample: answers[sample].outputs.tobytes() for sample in ROWS} == {s: row.tobytes() for s, row in ROWS.items()}  # type: ignore[union-attr]
    assert vars(answers[b"bad"]) == {"outputs": None, "failed": True, "cause": "solver", "reason": "reason: é\n'x'"}
    assert answers[b"half"].failed
    assert b"never" not in answers


def test_answers_of_another_cell_set_or_kind_do_not_count(tmp_path: Path) -> None:
    with SolveMemo(written(tmp_path / "m")) as memo:
        for key in (SolveKey("other", "cell", "usual"), SolveKey("set", "other", "usual"), SolveKey("set", "cell", "compiled")):
            assert memo.read(key, list(ROWS)) == (None, {})
            assert memo.count(key) == 0


def test_layout_gives_the_dataset_again() -> None:
    """Names, axes in any order, coordinates of any kind, attributes; coordinates of samples are theirs, not the layout's."""
    data = xr.Dataset(
        {"y": (("part", "sample"), np.arange(6.0).reshape(2, 3), {"units": "1", "n": np.int64(3), "flag": True})},
        coords={"part": [0.25, 0.5], "name": ("part", ["a", "bc"]), "number": np.int32(7)},
        attrs={"method": "m", "n_solves": 4},
    )
    layout = DatasetLayout.of_text(DatasetLayout.of(data).text)
    xr.testing.assert_identical(layout.dataset(layout.rows(data)), data.transpose("sample", ...))
    one = data.isel(sample=1)
    layout = DatasetLayout.of_text(DatasetLayout.of(one).text)
    found = layout.dataset(layout.rows(one), samples=False)
    xr.testing.assert_identical(found, one)
    assert found["name"].dtype == one["name"].dtype


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d.assign_coords(part=("part", np.array([1 + 1j, 2]))), "coordinate 'part' holds complex128"),
        (lambda d: d.assign_attrs(a=[1, 2]), "attribute 'a' of the Dataset is a list"),
    ],
)
def test_dataset_that_no_layout_describes(change: Callable[[xr.Dataset], xr.Dataset], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        DatasetLayout.of(change(xr.Dataset({"y": ("part", [0.0, 1.0])})))


def test_write_is_whole_or_not_at_all(tmp_path: Path) -> None:
    with SolveMemo(written(tmp_path / "m")) as memo:
        with pytest.raises(AttributeError):
            memo.write(KEY, LAYOUT, {b"three": Answer(ROWS[b"one"]), b"four": None})  # type: ignore[dict-item]
        assert memo.read(KEY, [b"three", b"four"])[1] == {}
        memo.write(KEY, LAYOUT, {b"three": Answer(ROWS[b"one"])})
        assert memo.count(KEY) == 3


def test_two_processes_may_share_a_memo(tmp_path: Path) -> None:
    """Two connections in turns, as those of two scripts; what both solve is kept once."""
    with SolveMemo(tmp_path / "m") as one, SolveMemo(tmp_path / "m") as other:
        one.write(KEY, LAYOUT, {b"one": Answer(ROWS[b"one"])})
        other.write(KEY, LAYOUT, {b"one": Answer(ROWS[b"one"]), b"two": Answer(ROWS[b"two"])})
        assert one.count(KEY) == 2
        assert len(one.read(KEY, [b"one", b"two"])[1]) == 2
        assert (one.n_found, other.n_found) == (0, 0), "what was written since is no solve of before"


def test_unfinished_write_of_a_killed_process_is_left_out(tmp_path: Path) -> None:
    """The files as they stand in the middle of a run, the last write cut off anywhere: all writes before it are there."""
    path = tmp_path / "m"
    with SolveMemo(path) as memo:
        for k in range(4):
            memo.write(KEY, LAYOUT, {bytes([k]): Answer(ROWS[b"two"])})
        whole, log = path.read_bytes(), path.with_name("m-wal").read_bytes()
        memo.write(KEY, LAYOUT, {b"last": Answer(ROWS[b"two"])})
        longer = path.with_name("m-wal").read_bytes()
    assert len(longer) > len(log) > 0
    for length in range(len(log), len(longer), 511):
        copy = tmp_path / f"copy {length}"
        copy.write_bytes(whole)
        copy.with_name(f"{copy.name}-wal").write_bytes(longer[:length])
        with SolveMemo(copy) as memo:
            assert memo.count(KEY) == 4
            assert len(memo.read(KEY, [bytes([k]) for k in range(4)])[1]) == 4


# ---- files that are not sound ------------------------------------------------------------------------------------------


def sql(*statements: str) -> Callable[[Path], object]:
    def change(path: Path) -> None:
        connection = sqlite3.connect(path, isolation_level=None)
        for statement in statements:
            connection.execute(statement)
        connection.close()

    return change


def flipped(what: bytes) -> Callable[[Path], object]:
    """A bit changed in the first place where the file holds these bytes."""

    def change(path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[content.index(what)] ^= 1
        path.write_bytes(content)

    return change


def pages_overwritten(path: Path) -> None:
    """Noise behind the first page."""
    content = path.read_bytes()
    size = int.from_bytes(content[16:18])
    path.write_bytes(content[:size] + np.random.default_rng(1).bytes(len(content) - size))


DAMAGED: dict[str, tuple[Callable[[Path], object], str]] = {
    "cut off": (lambda path: os.truncate(path, 6000), "damaged .*malformed.*; delete it, or start anew"),
    "noise": (pages_overwritten, "damaged .*malformed.*; delete it, or start anew"),
    "a bit of an output": (flipped(ROWS[b"two"].tobytes()), "damaged .a solve does not have its checksum.; delete it"),
    "a bit of the layout": (flipped(b"capacity"), "damaged .the outputs of a cell do not have their checksum.; delete it"),
    "newer": (sql("PRAGMA user_version = 7"), "memo version 7, this a2c_pybamm reads 1; delete it, or start anew"),
    "a table more": (sql("CREATE TABLE more (a)"), "damaged .its tables are not those of a memo."),
    "a trigger": (
        sql("CREATE TRIGGER t AFTER INSERT ON solve BEGIN DELETE FROM solve; END"),
        "damaged .its tables are not those of a memo.",
    ),
    "too few numbers": (sql("UPDATE solve SET outputs = x'00', checksum = 0"), "damaged .a solve does not have its checksum."),
    "text for a number": (sql("UPDATE solve SET outputs = 'abc'"), "damaged .a solve does not have its checksum."),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_damaged_memo_is_one_line_and_can_be_made_anew(tmp_path: Path, case: str) -> None:
    change, words = DAMAGED[case]
    path = written(tmp_path / "m")
    change(path)
    with pytest.raises(MemoError, match=rf"^[^\n]*m: {words}[^\n]*$"), SolveMemo(path) as memo:
        memo.read(KEY, list(ROWS))
    with SolveMemo(path, fresh=True) as memo:
        assert memo.read(KEY, list(ROWS)) == (None, {})


def other_database(path: Path) -> None:
    sql("CREATE TABLE important (a)", "PRAGMA application_id = 5")(path)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (other_database, "a database of another program, no memo of solves; move it away"),
        (sql("CREATE TABLE important (a)"), "a database of another program, no memo of solves; move it away"),
        (lambda path: path.write_text("name = 'a study'\n" * 100), "it is no memo of solves; move it away or delete it"),
        (lambda path: path.mkdir(), "a folder stands here; give a file name"),
    ],
)
@pytest.mark.parametrize("fresh", [False, True])
def test_file_of_another_program_is_kept(tmp_path: Path, make: Callable[[Path], object], words: str, fresh: bool) -> None:
    path = tmp_path / "m"
    make(path)
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises((ValueError, MemoError), match=words):
        SolveMemo(path, fresh=fresh)
    assert before == (path.read_bytes() if path.is_file() else b"")


def test_write_protected_memo_is_named_when_it_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is solved in vain; an administrator may write into any file, so the system's answer is given here."""
    path = written(tmp_path / "m")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(
        MemoError, match=r"m: cannot be used \(the file is write-protected\); check the permissions of the file"
    ):
        SolveMemo(path)
    monkeypatch.undo()
    with SolveMemo(path) as memo:
        assert memo.count(KEY) == 2


def test_full_disk_is_one_line_and_nothing_is_lost(tmp_path: Path) -> None:
    """SQLite's own limit of pages stands for the disk: it ends a write as a full disk does."""
    path = written(tmp_path / "m")
    with SolveMemo(path) as memo:
        pages = memo._connection.execute("PRAGMA page_count").fetchone()[0]
        memo._connection.execute(f"PRAGMA max_page_count = {pages}")
        many = {f"{k}".encode(): Answer(ROWS[b"two"]) for k in range(2000)}
        with pytest.raises(MemoError, match=r"m: cannot be used \(database or disk is full\); make space and run again"):
            memo.write(KEY, LAYOUT, many)
        assert memo.count(KEY) == 2
    with SolveMemo(path) as memo:
        assert set(memo.read(KEY, [*ROWS, *many])[1]) == set(ROWS)
        memo.write(KEY, LAYOUT, many)
        assert memo.count(KEY) == 2002


def test_outputs_of_other_axes_for_the_same_cell_are_refused(tmp_path: Path) -> None:
    other = DatasetLayout.of(xr.Dataset({"capacity": ("sample", [1.0])}))
    with (
        SolveMemo(written(tmp_path / "m")) as memo,
        pytest.raises(MemoError, match="holds outputs of other names or axes for the same cell"),
    ):
        memo.write(KEY, other, {b"three": Answer(np.ones(1))})


def test_fresh_forgets(tmp_path: Path) -> None:
    path = written(tmp_path / "m")
    with SolveMemo(path, fresh=True) as memo:
        assert memo.count(KEY) == 0
    with SolveMemo(tmp_path / "none", fresh=True) as memo:
        assert memo.count(KEY) == 0


def test_file_holds_two_tables_and_no_code(tmp_path: Path) -> None:
    connection = sqlite3.connect(written(tmp_path / "m"))
    assert dict(connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL")) == SCHEMA
    connection.close()
