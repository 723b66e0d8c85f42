"""The report: complete, exact, self-contained, and never half written."""

from __future__ import annotations

import dataclasses
import os
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from a2c_pybamm.constants import GAS_CONSTANT
from a2c_pybamm.derivation.host_free_energy import HULLS
from a2c_pybamm.estimate import Estimate, Factor, Joint
from a2c_pybamm.formatting import plain
from a2c_pybamm.laws import RedlichKister, Scale, VacancyMobility, Value, barrier_name, prefactor_name
from a2c_pybamm.parameter_set import Attachment, ParameterSet, StoichiometryMap, base_values, evaluate_base
from a2c_pybamm.propagation import (
    AdaptiveChaos,
    FirstOrder,
    MonteCarlo,
    PolynomialChaos,
    from_function,
    propagate,
    sensitivity_indices,
    survival,
)
from a2c_pybamm.propagation.answer import Status
from a2c_pybamm.report import thermodynamics_figure, write_figure, write_report
from a2c_pybamm.report.coefficient_indices import coefficient_indices, index_rows
from a2c_pybamm.report.electrodes import DIFFUSIVITY, OCP, CurveBand, band_panels, curve_bands
from a2c_pybamm.report.figures import (
    BAND_LEVELS,
    N_DRAW,
    PAGE_SEED,
    band_figure,
    correlation_figure,
    share_bars,
    share_curves,
    svg,
)
from a2c_pybamm.report.markup import figure_of, table, tree
from a2c_pybamm.report.sections import fits, thermodynamics
from a2c_pybamm.report.survival import how_long_it_lasts, survival_curves, survival_figure
from a2c_pybamm.result import Result
from a2c_pybamm.tables import output_rows, parameter_rows
from tests.result_edits import datasets, edited, with_attrs

LAW = RedlichKister("LCO", 0)
MOBILITY = VacancyMobility("LCO", (("ODH", 1),), LAW)
OWN = (prefactor_name("LCO", "ODH"), barrier_name("LCO", "ODH"), MOBILITY.geometry_name)
TEMPERATURE = 310.0
TIME = np.linspace(0, 3600, 25)
HOSTILE = 'fit <img src="http://example.org/x.png" onerror="alert(1)"> & co'
"""A source's name that would load and run something, were it not escaped."""


UNSEEN = "\x1b[31m\x9b2J\u202e\ufeff\u2028 $\\x$ 鋰"
"""Codes that steer a terminal, marks that cannot be seen, a broken formula, and a character that matplotlib's font lacks."""


def small_set(source: str = HOSTILE) -> ParameterSet:
    energies = Estimate(
        LAW.names,
        np.array([4.0, -0.3, 20.0]),
        {
            source: Factor(np.diag([0.03, 0.05, 3.0]), ("f", "g", "h")),
            "potential": Factor(np.array([[0.04], [0.02], [0.0]]), ("a",)),
        },
        "lowest energies",
        {"parts": [{"file": "energies.csv", "sha256": "ab12" * 16}], "order": 0},
    )
    hop = Estimate(OWN, np.array([-14.0, 0.4, -0.5]), {"potential": Factor(np.array([[0.0], [0.03], [0.0]]), ("a",))}, "NEB")
    where = StoichiometryMap(0.1, 0.85)
    attach = {
        "Positive electrode OCP [V]": Attachment(LAW, "open_circuit_voltage", where),
        "Positive particle diffusivity [m2.s-1]": Attachment(MOBILITY, "chemical_diffusivity", where),
    }
    notes = {"floor of Θ used": {"share": 0.25}}
    return ParameterSet(
        "small <set>", "Ai2020", attach, Joint([energies, hop]), TEMPERATURE, ("Nobody, J. None 1 (1900)",), notes=notes
    )


def discharge(samples: np.ndarray) -> dict[str, np.ndarray]:
    """A voltage that falls at a rate set by the barrier and is cut off at 3 V; a draw far out fails."""
    start, rate = samples[:, 0], np.exp(4 * (samples[:, 4] - 0.4))
    voltage = start[:, None] - 0.7 * rate[:, None] * TIME / 3000
    voltage[voltage < 3.0] = np.nan
    capacity = np.where(start > 4.1, np.nan, (start - 3.0) / rate)
    return {"capacity": capacity, "mean_voltage": (start + 3) / 2, "voltage": voltage}


@pytest.fixture(scope="module")
def result() -> xr.DataTree:
    joint = small_set().joint
    model = from_function(discharge, joint.names, outputs={"capacity": "A.h", "mean_voltage": "V", "voltage": "V"})
    methods = (FirstOrder(), PolynomialChaos(order=2), MonteCarlo(300))
    found = propagate(model, joint, *methods, rng=np.random.default_rng(0), max_failed=0.2)
    axis = xr.Variable(("time",), TIME, {"units": "s", "long_name": "time"})
    for path in ("voltage", "/expansion/chaos of order 2"):
        found = edited(found, path, lambda node: node.rename({"voltage index": "time"}).assign_coords(time=axis))
    return found


class Page(HTMLParser):
    """What a browser would find: text, exact numbers, attributes, tags, headings."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text, self.numbers, self.tags, self.headings = "", [], [], []
        self.attributes: list[tuple[str, str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag == "data":
            self.numbers.append(float(dict(attrs)["value"] or ""))

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.tags[-1:] == ["h2"] and data.strip():
            self.headings.append(data)


@pytest.fixture(scope="module")
def page(result: xr.DataTree, tmp_path_factory: pytest.TempPathFactory) -> Page:
    path = tmp_path_factory.mktemp("report") / "report.html"
    assert write_report(path, small_set(), result, title="Cell & <co>", cell_text="SPMe at 1C") == path
    return Page(path.read_bytes().decode("utf-8"))


def test_sections_come_in_order(page: Page) -> None:
    assert page.headings == [
        "Recommended answers",
        "Methods compared",
        "Failed solves",
        "Curves with their bands",
        "Which source makes the variance",
        "Which coefficient makes the variance",
        "Derived parameters",
        "Electrodes against the base set",
        "Thermodynamics",
        "Correlations",
        "Notes and provenance",
    ]


def test_everything_is_said(page: Page, result: xr.DataTree) -> None:
    joint = small_set().joint
    told = [
        *joint.names,
        *joint.sources,
        *(row.verdict for row in output_rows(result)),
        *(row.method for row in parameter_rows(small_set())),
    ]
    told += ["Cell & <co>", "SPMe at 1C", "Ai2020", "Nobody, J. None 1 (1900)", "floor of Θ used", "energies.csv", "ab12" * 16]
    told += [str(reason) for reason in result["failures"]["reason"].values[:1]] + ["FirstOrder(", "a2c_pybamm"]
    assert [text for text in told if text not in page.text] == []


def test_numbers_are_the_datasets(page: Page, result: xr.DataTree) -> None:
    expected = [(row.mean, row.std, row.error, float(row.n_solves)) for row in output_rows(result)]
    np.testing.assert_array_equal(np.reshape(page.numbers[: 4 * len(expected)], (-1, 4)), expected)
    rows = parameter_rows(small_set())
    own = [x for row in rows for x in ([row.mean] if row.plain is None else [row.mean, row.plain])]
    assert page.numbers[-len(own) :] == own


def hostile(result: xr.DataTree) -> xr.DataTree:
    """The result with unseen characters in each text that is free: labels, sentences, units, attributes."""
    fixed = {"coefficient", "cause", "germ_family", "status", "recommendation"}
    kept = {"sampling", "potential"}

    def change(node: xr.Dataset) -> xr.Dataset:
        new = node.copy()
        for name in map(str, node.variables):
            if node[name].dtype.kind in "UOT" and name not in fixed:
                texts = [text if text in kept else f"{text}{UNSEEN}" for text in node[name].values.ravel().tolist()]
                new[name] = (node[name].dims, np.reshape(np.array(texts, object), node[name].shape), dict(node[name].attrs))
            attrs = new[name].attrs
            attrs.update({key: f"{attrs[key]}{UNSEEN}" for key in ("long_name", "units") if key in attrs})
        return new

    found = with_attrs(result, {"cell": UNSEEN, "versions": UNSEEN})
    nodes = {path: change(node) for path, node in datasets(found).items() if "chaos" not in path}
    polynomials = change(datasets(found)["/expansion/chaos of order 2"])
    return Result.from_dict({**nodes, f"/expansion/chaos of order 2{UNSEEN}": polynomials})


def test_unseen_characters_stand_as_their_escapes(result: xr.DataTree) -> None:
    """Raw codes would reach a terminal by ``cat`` or by matplotlib's warnings, which are errors here."""
    bars = share_bars(hostile(result))
    assert bars is not None
    text = figure_of(bars, "shares", UNSEEN) + table((UNSEEN,), [(UNSEEN,)], caption=UNSEEN) + tree({UNSEEN: [UNSEEN]})
    assert plain(text, keep="\n") == text
    assert text.count(r"\x1b[31m\x9b2J\u202e\ufeff\u2028 $\x$ 鋰") == 6


@pytest.mark.slow
def test_nothing_unseen_reaches_page_or_figures(result: xr.DataTree, tmp_path: Path) -> None:
    named = dataclasses.replace(small_set(HOSTILE + UNSEEN), description=UNSEEN + "\nand on", notes={UNSEEN: UNSEEN})
    text = write_report(tmp_path / "r.html", named, hostile(result), title=UNSEEN, cell_text=UNSEEN + "\ud800").read_text(
        "utf-8"
    )
    assert plain(text, keep="\n") == text
    assert text.count(r"\x1b[31m\x9b2J\u202e\ufeff\u2028 $\x$ 鋰") > 20
    assert "and on" in text
    drawing = thermodynamics_figure(
        dataclasses.replace(named, notes={HULLS: {"LCO": {UNSEEN: {"x": [0, 1], "voltage": [4.0]}}}})
    )
    assert drawing is not None
    text = write_figure(tmp_path / "t.svg", drawing).read_text("utf-8")
    assert plain(text, keep="\n") == text


def test_failures_are_told(page: Page, result: xr.DataTree) -> None:
    n = int((result["failures"]["sample_approach"] == "sampling").sum())
    assert n > 0
    after = page.numbers[4 * len(output_rows(result)) :]
    assert [n, 512, n / 512] in [after[k : k + 3] for k in range(0, 36, 3)]


FIT_RECORD = {
    "chi2": 26.0,
    "degrees of freedom": 10.0,
    "chi2 per degree of freedom": 2.6,
    "noise declared": True,
    "worst-fitted x": 0.33,
    "its residual [V or eV]": 0.004,
    "its residual over its std": 4.2,
    "largest |U_law - U_data| [V]": 0.041,
    "at x": 0.58,
}


def with_provenance(provenance: dict) -> ParameterSet:
    """The small set, the estimate of its voltage with this history."""
    made = small_set()
    first, *others = made.joint.estimates
    joint = Joint([dataclasses.replace(first, provenance=provenance), *others])
    return dataclasses.replace(made, joint=joint)


def test_fits_stand_in_a_table() -> None:
    """A row for each member of a committee, marked where declared noise is exceeded; nothing without a record."""
    assert fits(small_set()) == ""
    quiet = {**FIT_RECORD, "chi2 per degree of freedom": 0.9, "noise declared": False, "largest |U_law - U_data| [V]": np.nan}
    roughness = {"share of noise in the variance of U": 0.34}
    parts = [
        {"names": list(LAW.names), "method": "", "provenance": {"label": "A", "fit": FIT_RECORD, "roughness": roughness}},
        {"names": list(LAW.names), "method": "", "provenance": {"label": "B", "fit": quiet}},
    ]
    html = fits(with_provenance({"parts": parts}))
    rows = [re.sub("<.*?>", "|", row) for row in re.findall("<tr>(.*?)</tr>", html, re.DOTALL)]
    cells = [[cell.strip() for cell in row.split("|") if cell.strip()] for row in rows]
    assert cells[1:] == [
        ["LCO, A", "(!) 2.6", "declared", "0.041 V at x = 0.58", "x = 0.33 (4.2 errors)", "34 %"],
        ["LCO, B", "0.90", "from the scatter", "–", "x = 0.33 (4.2 errors)", "–"],
    ]
    assert html in thermodynamics(with_provenance({"parts": parts}))


def test_page_loads_nothing(page: Page) -> None:
    assert not {"script", "link", "iframe", "object", "embed", "img"} & set(page.tags)
    for tag, name, value in page.attributes:
        assert not name.startswith("on"), (tag, name)
        if name in ("src", "href", "xlink:href"):
            assert value.startswith(("#", "data:image/png;base64,")), (tag, value)
        assert "url(" not in value or "url(#" in value
    policy = [value for tag, name, value in page.attributes if (tag, name) == ("meta", "content") and "default-src" in value]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]


def test_ids_are_unique_and_references_resolve(page: Page) -> None:
    ids = [value for _, name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids)) > 0
    used = {value[1:] for _, name, value in page.attributes if name.endswith("href") and value.startswith("#")}
    used |= {value[5:-1] for _, _, value in page.attributes if value.startswith("url(#")}
    assert used
    assert used <= set(ids)


@pytest.mark.slow
def test_same_input_gives_the_same_page(tmp_path: Path) -> None:
    first = write_report(tmp_path / "a.html", small_set(), None).read_bytes()
    assert write_report(tmp_path / "b.html", small_set(), None).read_bytes() == first
    assert b"No propagation has been run" in first


@pytest.mark.slow
def test_failed_write_leaves_the_old_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")

    def full(descriptor: int) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(ValueError, match=r"report\.html: cannot be written \(disk full\)"):
            write_report(path, small_set(), None)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["report.html"]


def test_wrong_input_is_refused(tmp_path: Path, result: xr.DataTree) -> None:
    with pytest.raises(ValueError, match="does not exist; create it first"):
        write_report(tmp_path / "nowhere" / "report.html", small_set(), None)
    names = [f"x {name}" for name in result["coefficient"].values]
    other = edited(result, "/", lambda root: root.assign_coords(coefficient=names))
    with pytest.raises(ValueError, match=r"coefficient 'x LCO .* belongs to another set"):
        write_report(tmp_path / "report.html", small_set(), other)


def test_bands_of_factors_and_values() -> None:
    """Laws of no argument: a factor multiplies the base set's curve, a value is the same at every stoichiometry."""
    factor, number = Scale("D"), Value("own D", "m2.s-1")
    estimate = Estimate.from_covariance((*factor.names, *number.names), [0.5, 2e-14], np.diag([0.04, 1e-30]), source="s")
    keys = {"Positive": (factor, "factor"), "Negative": (number, "value")}
    attach = {f"{side} {DIFFUSIVITY}": Attachment(law, method) for side, (law, method) in keys.items()}
    parameter_set = ParameterSet("made", "Chen2020", attach, Joint([estimate]))
    negative, positive = curve_bands(parameter_set, DIFFUSIVITY)
    np.testing.assert_allclose(negative.nominal, 2e-14)
    np.testing.assert_allclose(positive.nominal, np.exp(0.5) * positive.base, rtol=1e-12)
    assert (positive.quantile[-1] > positive.nominal).all()


def test_bands_are_quantiles_of_draws() -> None:
    parameter_set = small_set()
    draws = parameter_set.joint.draw(N_DRAW, np.random.default_rng(PAGE_SEED))
    for key, law, method in ((OCP, LAW, "open_circuit_voltage"), (DIFFUSIVITY, MOBILITY, "chemical_diffusivity")):
        (band,) = curve_bands(parameter_set, key)
        assert band.side == "Positive"
        for k in (0, 60, 196):
            x = 0.1 + 0.85 * band.stoichiometry[k]
            drawn = [getattr(law, method)(dict(zip(parameter_set.joint.names, d, strict=True)), x, TEMPERATURE) for d in draws]
            np.testing.assert_allclose(band.quantile[:, k], np.quantile(drawn, BAND_LEVELS), rtol=1e-12)
            mean = getattr(law, method)(
                dict(zip(parameter_set.joint.names, parameter_set.joint.mean, strict=True)), x, TEMPERATURE
            )
            assert band.nominal[k] == pytest.approx(mean, rel=1e-12)


def test_base_curves_are_at_the_sets_temperature() -> None:
    """LCO of Ai et al., J. Electrochem. Soc. 167, 013512 (2020): D = 5.387e-15 m2/s at 298.15 K, activated by 5000 J/mol."""
    (voltage,), (diffusivity,) = curve_bands(small_set(), OCP), curve_bands(small_set(), DIFFUSIVITY)
    expected = 5.387e-15 * np.exp(5000 / GAS_CONSTANT * (1 / 298.15 - 1 / TEMPERATURE))
    np.testing.assert_allclose(diffusivity.base, expected, rtol=1e-5)
    values, sto = base_values("Ai2020"), voltage.stoichiometry
    at_reference = evaluate_base(values, "Positive electrode OCP [V]", sto)
    entropy = evaluate_base(values, "Positive electrode OCP entropic change [V.K-1]", sto)
    np.testing.assert_allclose(voltage.base, at_reference + (TEMPERATURE - 298.15) * entropy, rtol=1e-12)
    assert np.ptp(entropy) > 0
    # without a temperature: the set's own reference
    assert evaluate_base(values, "Positive particle diffusivity [m2.s-1]", np.array([0.5]))[0] == pytest.approx(5.387e-15)


def test_figures_draw_the_dataset(result: xr.DataTree) -> None:
    top, middle, bottom = band_figure(result, "voltage").axes
    for axes, statistic in ((top, "mean"), (middle, "std"), (bottom, "running_fraction")):
        for line, approach in zip(axes.lines, result["approach"].values, strict=False):
            np.testing.assert_array_equal(line.get_ydata(), result["voltage"][statistic].sel(approach=approach))
            np.testing.assert_array_equal(line.get_xdata(), TIME / 3600)
    band = top.collections[0].get_paths()[0].vertices[:, 1]
    quantile = result["voltage"]["quantile"].sel(approach="sampling").values
    assert (np.nanmin(band), np.nanmax(band)) == (np.nanmin(quantile[0]), np.nanmax(quantile[-1]))
    bars = share_bars(result)
    assert bars is not None
    for axes, output in zip(bars.axes, ("capacity", "mean_voltage"), strict=True):
        labels = [label.get_text().replace("\n", " ") for label in bars.axes[0].get_yticklabels()]
        for container, approach in zip(
            [c for c in axes.containers if hasattr(c, "patches")], result["approach"].values, strict=True
        ):
            widths = {label: patch.get_width() for label, patch in zip(labels, container.patches, strict=True)}
            assert widths["potential"] == float(result[output]["share"].sel(approach=approach, source="potential"))
    lines = share_curves(result, "voltage")
    assert lines is not None
    drawn = {line.get_label(): line.get_ydata() for line in lines.axes[0].lines}
    np.testing.assert_array_equal(
        drawn["potential"], result["voltage"]["share"].sel(approach="first order", source="potential")
    )


def test_dollar_signs_are_text_in_figures() -> None:
    """Two of them would be read as a formula, and a bad one ends the drawing."""
    estimate = Estimate.from_covariance(("a $x^{$ [eV]", "b [eV]"), [0.0, 0.0], np.eye(2), source="s")
    correlation_figure(Joint([estimate])).savefig(os.devnull, format="svg")


def test_long_labels_leave_room_for_the_axes(result: xr.DataTree) -> None:
    """Otherwise matplotlib gives the layout up, with a warning, which is an error here."""
    names = [f"{source} {'word ' * 1000}" for source in result["source"].values]
    bars = share_bars(edited(result, "/", lambda root: root.assign_coords(source=names)))
    assert bars is not None
    assert svg(bars, {}).endswith("</svg>\n")


def test_correlations_are_drawn() -> None:
    joint = small_set().joint
    mesh = correlation_figure(joint).axes[0].collections[0]
    np.testing.assert_array_equal(np.ravel(mesh.get_array()), joint.correlation.ravel())


@pytest.mark.slow
def test_unstable_diffusivity_still_draws() -> None:
    """A lower edge below zero leaves a logarithmic axis without a number there, not the figure."""
    sto = np.linspace(0.01, 0.99, 50)
    quantile = np.array([-2e-15, -1e-15, 2e-15, 3e-15, 4e-15])[:, None] * np.ones(50)
    figure = band_panels(
        [CurveBand("Positive", DIFFUSIVITY, sto, quantile[2], quantile, quantile[2], quantile)], "base", "D", log=True
    )
    low, high = figure.axes[0].get_ylim()
    assert 0 < low < 2e-15 < 3e-15 < high
    figure.savefig(os.devnull, format="svg")


# ---- lifetimes, and coefficients to blame ------------------------------------------------------------------------------


def lasting(n: int = 3, *, fails: bool = True, family: str = "normal", methods: tuple[object, ...] = ()) -> xr.Dataset:
    """A straight end time of n correlated coefficients, given up where the first is far out."""
    names = tuple(f"c{k}" for k in range(n))
    root = np.eye(n) + 0.3 * np.eye(n, k=1)
    factors = (
        {"s": Factor(root, tuple(names))}
        if family == "normal"
        else {k: Factor(np.eye(n)[:, [i]], (k,), "uniform") for i, k in enumerate(names)}
    )  # type: ignore[arg-type]
    joint = Joint([Estimate(names, np.zeros(n), factors)])

    def end(samples: np.ndarray) -> np.ndarray:
        time = 3600 + 100 * samples @ np.arange(1.0, n + 1)
        return np.where(samples[:, 0] > 2.2, np.nan, time) if fails else time

    model = from_function(end, names, outputs={"end_time": "s"})
    chosen = methods or (AdaptiveChaos(), MonteCarlo(200))
    return propagate(model, joint, *chosen, rng=np.random.default_rng(0), max_failed=0.3)  # type: ignore[arg-type]


@pytest.mark.slow
def test_lifetimes_are_drawn_with_their_interval() -> None:
    result = lasting(fails=False)
    chaos = lasting(fails=False, methods=(AdaptiveChaos(),))
    curves = {**survival_curves(result), **survival_curves(chaos)}
    assert list(curves) == ["sampling", "adaptive chaos"]
    for found, (approach, curve) in zip((result, chaos), curves.items(), strict=True):
        line = survival_figure(found, {approach: curve}).axes[0].lines[0]
        np.testing.assert_array_equal(line.get_ydata(), curve["survival"])
        np.testing.assert_array_equal(line.get_xdata(), curve["threshold"].values / 3600)
    xr.testing.assert_identical(curves["sampling"], survival(result, "end_time"))
    html = how_long_it_lasts(result)
    assert "from 256 draws" in html
    assert "failed" not in html
    failing = lasting(methods=(MonteCarlo(400),))
    n = int(failing["n_failed"][0])
    assert f"{n} draws that failed are left out" in how_long_it_lasts(failing)
    assert len(survival_figure(failing, survival_curves(failing)).axes[0].lines) == 3
    assert how_long_it_lasts(lasting(fails=False, methods=(FirstOrder(),))) == "", "neither draws nor a polynomial"


def test_coefficient_indices_have_the_exact_indices() -> None:
    result = lasting(fails=False)
    indices = sensitivity_indices(result, "end_time")
    rows = index_rows(result)
    assert [row.coefficient for row in rows] == ["c2", "c1", "c0"]
    for row in rows:
        own = indices.sel(coefficient=row.coefficient)
        expected = (own["shapley"].item(), own["kucherenko_first"].item(), own["kucherenko_total"].item())
        assert (row.shapley, row.first, row.total) == pytest.approx(expected, abs=1e-12)
    numbers = Page(coefficient_indices(result)).numbers
    assert numbers == [x for row in rows for x in (row.shapley, row.first, row.total)]


def test_many_coefficients_are_shown_by_their_largest() -> None:
    """Fourteen of growing weight: the last seven alone, the first seven together, and all of the variance."""
    rows = index_rows(lasting(14, fails=False, methods=(PolynomialChaos(1),)))
    assert sorted(row.coefficient for row in rows) == sorted([*(f"c{k}" for k in range(7, 14)), "7 others together"])
    assert sum(row.shapley for row in rows) == pytest.approx(1, abs=1e-9)


def test_no_indices_are_shown_where_they_mean_nothing(result: xr.DataTree) -> None:
    assert "are exact for normal errors alone" in coefficient_indices(lasting(family="uniform", fails=False))
    assert "Without polynomial chaos" in coefficient_indices(result.filter(lambda node: not node.path.startswith("/expansion")))
    bad = edited(result, "capacity", lambda node: node.assign(status=("approach", [str(Status.FAILS)] * 3)))
    assert "Chaos does not hold for capacity" in coefficient_indices(bad)
    assert {row.output for row in index_rows(bad)} <= {"mean_voltage"}


@pytest.mark.slow
def test_a_result_of_curves_alone_still_makes_a_page(tmp_path: Path) -> None:
    """A step's axis has words for values; no output is one number."""
    joint = small_set().joint
    model = from_function(lambda s: {"step_duration": 1000 + s[:, :2]}, joint.names, outputs={"step_duration": "s"})
    found = propagate(model, joint, FirstOrder(), AdaptiveChaos(), MonteCarlo(50), rng=np.random.default_rng(0))
    found = edited(found, "step_duration", lambda node: node.rename({"step_duration index": "step"}))
    found = edited(found, "step_duration", lambda node: node.assign_coords(step=["1: Rest", "2: Charge"]))
    page = Page(write_report(tmp_path / "r.html", small_set(), found).read_text(encoding="utf-8"))
    assert "No output is one number" in page.text
    assert "How long it lasts" not in page.headings
