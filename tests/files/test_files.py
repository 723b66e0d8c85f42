"""Files: a set comes back to the last bit, a wrong or cut one is refused, and no half file is ever seen."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pybamm
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import a2c_pybamm as a2c
from a2c_pybamm.files import read_result, read_set, save, set_document, write_result
from a2c_pybamm.files.writing import write_text, write_with, written_together
from a2c_pybamm.sets import DEMO, copy_study, set_names, sets_folder
from a2c_pybamm.study import read_study
from tests.result_edits import datasets, with_attrs

SHIPPED = sets_folder() / DEMO


@pytest.fixture(scope="module")
def shipped() -> a2c.ParameterSet:
    return a2c.load(DEMO)


# ---- set.json ----------------------------------------------------------------------------------------------------------


def same_bits(first: a2c.ParameterSet, second: a2c.ParameterSet) -> None:
    """Every number of both sets is the same to the last bit, and so is all that is said about it."""
    assert first.joint.names == second.joint.names
    assert first.joint.sources == second.joint.sources
    assert first.joint.germ_families == second.joint.germ_families
    for a, b in (
        (first.joint.mean, second.joint.mean),
        (first.joint.covariance, second.joint.covariance),
        (first.joint.root, second.joint.root),
    ):
        assert a.tobytes() == b.tobytes()
    for one, other in zip(first.joint.estimates, second.joint.estimates, strict=True):
        assert (one.names, one.method, dict(one.provenance)) == (other.names, other.method, dict(other.provenance))
        assert {s: f.labels for s, f in one.factors.items()} == {s: f.labels for s, f in other.factors.items()}
    assert dict(first.attach) == dict(second.attach)
    assert (first.name, first.base, first.temperature, first.citations, dict(first.notes)) == (
        second.name,
        second.base,
        second.temperature,
        second.citations,
        dict(second.notes),
    )


def test_shipped_set_survives_a_round_trip(shipped: a2c.ParameterSet, tmp_path: Path) -> None:
    same_bits(shipped, read_set(save(shipped, tmp_path / "set.json")))
    assert (tmp_path / "set.json").read_bytes() == save(read_set(tmp_path / "set.json"), tmp_path / "two.json").read_bytes()


@settings(max_examples=30)
@given(
    mean=arrays(float, 2, elements=st.floats(-16, 700)),  # logarithms of volumes: concentrations up to 9e6 mol/m3
    values=arrays(float, (2, 3), elements=st.floats(-1e9, 1e9)),
    temperature=st.floats(200, 400),
    text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
)
def test_any_set_survives_a_round_trip(
    tmp_path_factory: pytest.TempPathFactory, mean: np.ndarray, values: np.ndarray, temperature: float, text: str
) -> None:
    """Floats to the last bit, and any text as a source, label or note."""
    law = a2c.SiteDensity("A"), a2c.SiteDensity("B")
    names = (*law[0].names, *law[1].names)
    factors = {text: a2c.Factor(values, ("a", "b", text + "c")), "bounded": a2c.Factor(values[:, :1], ("u",), "uniform")}
    estimate = a2c.Estimate(names, mean, factors, text, {"file": text, "n": 3, "list": [1.5, None]})
    attach = {
        f"Maximum concentration in {side} electrode [mol.m-3]": a2c.Attachment(own, "maximum_concentration")
        for side, own in zip(("negative", "positive"), law, strict=True)
    }
    made = a2c.ParameterSet("any", "Ai2020", attach, a2c.Joint([estimate]), temperature, (text,), text, {"note": text})
    same_bits(made, read_set(save(made, tmp_path_factory.getbasetemp() / "any.json")))


@pytest.mark.slow
@pytest.mark.parametrize("name", set_names())
def test_shipped_set_is_what_its_study_derives(name: str) -> None:
    remedy = f"run 'a2c derive parameter_sets/{name}' and commit set.json"
    derived = set_document(a2c.derive(read_study(sets_folder() / name)))
    written = set_document(a2c.load(name))
    compare(derived, written, "", remedy)


@pytest.mark.slow
@pytest.mark.parametrize("name", set_names())
def test_pybamm_finds_every_shipped_set(name: str) -> None:
    """By its name, as any set of its own; the nominal cell starts full."""
    values = pybamm.ParameterValues(name)
    assert values["Upper voltage cut-off [V]"] == a2c.load(name).nominal()["Upper voltage cut-off [V]"]


def test_shipped_set_says_how_well_its_committees_are_known(shipped: a2c.ParameterSet) -> None:
    """Three members: their spread is known to 1/√4, and correlations from fewer than eight are flagged."""
    notes = {key: text for key, text in shipped.notes.items() if key.startswith("committee of")}
    assert len(notes) == 2
    assert all("known to ±50%" in text and "hardly known" in text for text in notes.values())


def compare(derived: Any, written: Any, place: str, remedy: str) -> None:
    """Same keys and texts; numbers to nine digits: other machines round the last bits of a fit otherwise.

    Labels that are fingerprints of such numbers are left out, and the factors' columns with them: their signs are free.
    """
    if isinstance(derived, dict):
        assert list(derived) == list(written), f"{place}: {remedy}"
        for key in derived:
            if key == "sources":
                for source in derived[key]:
                    own = [np.array(d[key][source]["values"], float) for d in (derived, written)]
                    covariances = [a @ a.T for a in own]
                    np.testing.assert_allclose(*covariances, rtol=1e-8, atol=1e-16, err_msg=f"{place}.{source}: {remedy}")
                assert list(derived[key]) == list(written[key]), f"{place}: {remedy}"
            else:
                compare(derived[key], written[key], f"{place}.{key}", remedy)
    elif isinstance(derived, list | tuple):
        assert len(derived) == len(written), f"{place}: {remedy}"
        for k, (one, other) in enumerate(zip(derived, written, strict=True)):
            compare(one, other, f"{place}[{k}]", remedy)
    elif isinstance(derived, float):
        np.testing.assert_allclose(derived, written, rtol=1e-9, atol=1e-12, err_msg=f"{place}: {remedy}")
    elif not place.startswith(".notes"):  # notes tell numbers in words
        assert derived == written, f"{place}: {remedy}"


def change(*path: str | int, to: Any) -> Callable[[Any], None]:
    """An edit of one entry of a document."""

    def edit(document: Any) -> None:
        for key in path[:-1]:
            document = document[key]
        document[path[-1]] = to

    return edit


OCP = "Positive electrode OCP [V]"
WRONG_SETS: dict[str, tuple[Callable[[Any], None], str]] = {
    "other format": (change("format", to="BPX"), "not a parameter set of a2c_pybamm"),
    "newer version": (change("version", to=2), "format version 2.*update the package"),
    "no version": (lambda d: d.pop("version"), "format version None"),
    "unknown law": (change("laws", "LCO redlich-kister", "kind", to="margules"), "'margules' is unknown.*redlich-kister"),
    "code as law": (change("laws", "LCO redlich-kister", "kind", to="os:system"), "'os:system' is unknown"),
    "setting missing": (lambda d: d["laws"]["LCO redlich-kister"]["settings"].pop("order"), "order"),
    "setting unknown": (change("laws", "LCO redlich-kister", "settings", "orderr", to=1), "orderr"),
    "setting out of range": (change("laws", "LCO redlich-kister", "settings", "order", to=-1), "order -1 is negative"),
    "window out of range": (change("laws", "LCO redlich-kister", "settings", "window", to=[0.5, 1.5]), "window"),
    "shape unknown": (change("laws", "LCO redlich-kister", "settings", "shape", to="round"), "'round' is unknown"),
    "floor not positive": (change("laws", "graphite measured-ocp", "settings", "theta_min", to=0), "theta_min = 0"),
    "law not there": (change("attach", OCP, "law", to="nobody"), "nobody"),
    "method not there": (change("attach", OCP, "method", to="voltage"), "no method 'voltage'"),
    "key unknown": (lambda d: d["attach"].update({"Colour": d["attach"][OCP]}), "no law can stand in for 'Colour'"),
    "map out of range": (change("attach", OCP, "slope", to=2.0), "must rise within"),
    "map not a number": (change("attach", OCP, "offset", to="a"), "set.json: "),
    "coefficient missing": (lambda d: d["estimates"].pop(0), "which no estimate gives"),
    "coefficient twice": (lambda d: d["estimates"].append(d["estimates"][0]), "occurs more than once"),
    "mean too short": (change("estimates", 1, "mean", to=[1.0]), "2 names but 1 values"),
    "mean is text": (change("estimates", 0, "mean", to=["a"]), r"estimates\[0\].mean\[0\] is 'a', not a number"),
    "mean is huge": (change("estimates", 0, "mean", to=[10**400]), "too large"),
    "factor of other shape": (
        lambda d: next(iter(d["estimates"][1]["sources"].values())).update(values=[[1.0]]),
        "1 rows of length 1 for 2 names and 1 labels",
    ),
    "family unknown": (lambda d: next(iter(d["estimates"][0]["sources"].values())).update(family="beta"), "'beta' is unknown"),
    "estimates no list": (change("estimates", to=3), "set.json: "),
    "laws a list": (change("laws", to=[]), "set.json: "),
    "base unknown": (change("base", to="Nobody2020"), "no parameter set 'Nobody2020'"),
    "base no text": (change("base", to=[1]), "set.json: "),
    "temperature negative": (change("temperature_K", to=-5.0), "temperature_K is -5"),
    "temperature is text": (change("temperature_K", to="warm"), "warm"),
    "entry missing": (lambda d: d.pop("attach"), "no entry 'attach'.*derive"),
}


@pytest.mark.parametrize("case", WRONG_SETS)
def test_wrong_set_is_refused_with_its_file(tmp_path: Path, case: str) -> None:
    edit, words = WRONG_SETS[case]
    document = json.loads((SHIPPED / "set.json").read_text(encoding="utf-8"))
    edit(document)
    path = tmp_path / "set.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(ValueError, match=words) as error:
        read_set(path)
    assert str(error.value).startswith(str(path))


@pytest.mark.parametrize("part", [0.0, 1e-4, 0.3, 0.9, 0.9999])
def test_cut_off_set_is_refused(tmp_path: Path, part: float) -> None:
    content = (SHIPPED / "set.json").read_bytes()
    (tmp_path / "set.json").write_bytes(content[: int(part * len(content))])
    with pytest.raises(ValueError, match=r"set\.json: (not JSON|the file is empty)"):
        read_set(tmp_path / "set.json")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"format": NaN}', "NaN is no number"),
        (b'{"format": -Infinity}', "-Infinity is no number"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "not a table"),
        ('{"a": 1}'.encode("utf-16"), "not UTF-8"),
    ],
)
def test_file_that_is_no_set_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "set.json").write_bytes(content)
    with pytest.raises(ValueError, match=words):
        read_set(tmp_path / "set.json")


def test_set_with_nan_cannot_be_saved(shipped: a2c.ParameterSet, tmp_path: Path) -> None:
    path = save(shipped, tmp_path / "set.json")
    before = path.read_bytes()
    odd = a2c.ParameterSet(
        shipped.name, shipped.base, shipped.attach, shipped.joint, shipped.temperature, notes={"measured": float("nan")}
    )
    with pytest.raises(ValueError, match="JSON compliant"):
        save(odd, path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["set.json"]


# ---- load --------------------------------------------------------------------------------------------------------------


def test_load_by_name_file_folder_and_link(shipped: a2c.ParameterSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(shipped, tmp_path / "set.json")
    (tmp_path / "link").symlink_to(tmp_path / "set.json")
    monkeypatch.chdir(tmp_path)
    for name in (DEMO, tmp_path, tmp_path / "set.json", "set.json", ".", "link"):
        same_bits(shipped, a2c.load(name))
    assert DEMO in set_names()


def test_load_of_nothing_says_what_there_is(tmp_path: Path) -> None:
    for name in ("Nobody2020", tmp_path, tmp_path / "set.json"):
        with pytest.raises(ValueError, match=DEMO):
            a2c.load(name)


@pytest.mark.slow
def test_pybamm_finds_the_shipped_set() -> None:
    import pybamm

    values = pybamm.ParameterValues(DEMO)
    assert values["Maximum concentration in positive electrode [mol.m-3]"] == pytest.approx(
        a2c.load(DEMO).nominal()["Maximum concentration in positive electrode [mol.m-3]"], rel=1e-15
    )


# ---- the shipped study -------------------------------------------------------------------------------------------------


def test_copy_of_the_study_keeps_what_is_changed(tmp_path: Path) -> None:
    copy_study(tmp_path / "s")
    copy_study(tmp_path / "s")
    data = next((tmp_path / "s" / "data").rglob("*.csv"))
    data.write_text("mine")
    (tmp_path / "s" / "README.md").unlink()
    with pytest.raises(ValueError, match=r"differs from the shipped file, and is kept") as error:
        copy_study(tmp_path / "s")
    assert str(error.value).startswith(str(data))
    assert data.read_text() == "mine"
    assert not (tmp_path / "s" / "README.md").exists(), "nothing is written where something is refused"


# ---- writing -----------------------------------------------------------------------------------------------------------


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_failing_writer_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = write_text(tmp_path / "a.txt", "old")

    def half(beside: Path) -> None:
        beside.write_text("ne")
        raise RuntimeError("the disk is gone")

    with pytest.raises(RuntimeError):
        write_with(path, half)
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_stopped_writer_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = write_text(tmp_path / "a.txt", "old")

    def stopped(beside: Path) -> None:
        beside.write_text("ne")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_with(path, stopped)
    assert (path.read_text(), names(tmp_path)) == ("old", ["a.txt"])


def test_writer_that_is_not_allowed_says_so(tmp_path: Path) -> None:
    path = write_text(tmp_path / "a.txt", "old")

    def refused(beside: Path) -> None:
        raise PermissionError(13, "Permission denied")

    with pytest.raises(ValueError, match=r"a\.txt: cannot be written \(Permission denied\).*permissions"):
        write_with(path, refused)
    assert (path.read_text(), names(tmp_path)) == ("old", ["a.txt"])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("no/where.txt", "does not exist; create it"),
        ("", "a folder stands here"),
        ("n" * 300 + ".txt", "cannot be written .*; check its name"),
    ],
)
def test_place_that_cannot_be_written_is_refused(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(ValueError, match=words):
        write_text(tmp_path / "folder" / name, "new")
    assert names(tmp_path) == ["folder"]
    assert names(tmp_path / "folder") == []


def test_reader_never_sees_a_part(tmp_path: Path) -> None:
    """While the new file is being written the name still holds the whole old one."""
    path = write_text(tmp_path / "a.txt", "old")
    seen = []

    def slow(beside: Path) -> None:
        beside.write_text("n")
        seen.append(path.read_text())
        beside.write_text("new")

    write_with(path, slow)
    assert (seen, path.read_text()) == (["old"], "new")


# ---- result.nc ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def result(shipped: a2c.ParameterSet) -> a2c.Result:
    model = a2c.from_function(lambda s: s @ np.arange(1.0, s.shape[1] + 1), shipped.joint.names, outputs={"sum": "1"})
    return a2c.propagate(model, shipped.joint, a2c.FirstOrder(), a2c.MonteCarlo(30), rng=np.random.default_rng(1))


@pytest.mark.slow
def test_result_comes_back_as_written(result: a2c.Result, tmp_path: Path) -> None:
    written = with_attrs(result, {"cell": "SPM"})
    found = read_result(write_result(tmp_path / "result.nc", written))
    for path, dataset in datasets(written).items():
        xr.testing.assert_identical(datasets(found)[path], dataset)
    assert found.attrs["cell"] == "SPM"


@pytest.mark.parametrize("part", [0.0, 0.1, 0.6, 0.98])
def test_cut_off_result_is_refused(result: a2c.Result, tmp_path: Path, part: float) -> None:
    path = write_result(tmp_path / "result.nc", result)
    content = path.read_bytes()
    path.write_bytes(content[: int(part * len(content))])
    with pytest.raises(ValueError, match=r"result\.nc: (not a netCDF file|the file is empty|no variable|no group)"):
        read_result(path)


def test_file_that_is_no_result_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "result.nc"
    with pytest.raises(ValueError, match="no such file; make it with 'a2c propagate'"):
        read_result(path)
    shutil.copyfile(SHIPPED / "study.toml", path)
    with pytest.raises(ValueError, match="not a netCDF file"):
        read_result(path)
    write_result(path, xr.DataTree.from_dict({"/": xr.Dataset({"a": ("x", [1.0])}), "outputs": None}))
    with pytest.raises(ValueError, match="no variable 'approach'"):
        read_result(path)


def test_result_of_an_earlier_version_is_named(tmp_path: Path) -> None:
    xr.Dataset({"capacity_std": ("approach", [1.0])}).to_netcdf(tmp_path / "result.nc", engine="h5netcdf")
    with pytest.raises(ValueError, match=r"written by an earlier version, .*make it with 'a2c propagate'"):
        read_result(tmp_path / "result.nc")


def test_result_that_cannot_be_written_leaves_the_old_one(result: a2c.Result, tmp_path: Path) -> None:
    path = write_result(tmp_path / "result.nc", result)
    before = path.read_bytes()
    with pytest.raises((TypeError, ValueError)):
        write_result(path, with_attrs(result, {"odd": object()}))
    assert path.read_bytes() == before
    assert names(tmp_path) == ["result.nc"]


def test_files_written_together_are_all_there_or_none(tmp_path: Path) -> None:
    """If one cannot be written, or anything else fails, the files of before stay and nothing else is left."""
    (tmp_path / "a.txt").write_text("old")

    def write(last: str) -> None:
        with written_together():
            write_text(tmp_path / "a.txt", "new")
            assert (tmp_path / "a.txt").read_text() == "old", "until all are written"
            write_text(tmp_path / last, "new")

    with pytest.raises(ValueError, match=r"folder .* does not exist"):
        write("missing/b.txt")
    with suppress(KeyboardInterrupt), written_together():
        write_text(tmp_path / "a.txt", "new")
        raise KeyboardInterrupt
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a.txt": "old"}
    write("b.txt")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a.txt": "new", "b.txt": "new"}


def test_file_that_could_not_be_written_is_left_out_of_those_together(tmp_path: Path) -> None:
    """A failure that the caller passes over leaves no half of a file behind."""

    def half(path: Path) -> None:
        path.write_text("half")
        raise OSError(28, "No space left on device")

    with written_together():
        write_text(tmp_path / "a.txt", "new")
        with pytest.raises(ValueError, match="No space left"):
            write_with(tmp_path / "b.txt", half)
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
