"""Currents of the emitted laws of charge transfer in PyBaMM's models, and what the cell and files make of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pybamm
import pytest

import a2c_pybamm as a2c
from a2c_pybamm.constants import FARADAY
from a2c_pybamm.estimators import declare
from a2c_pybamm.files import read_set, save
from a2c_pybamm.files.bpx_file import bpx_document, bpx_losses
from a2c_pybamm.files.pybamm_module import pybamm_module
from a2c_pybamm.laws import MHC_FORM, ButlerVolmer, ChargeTransfer, Marcus, MarcusHushChidsey
from a2c_pybamm.parameter_set import StoichiometryMap, evaluate_entry, kinetics_attachments

T = 298.15
C_MAX = 63104.0
"""Maximum concentration in the positive electrode of Chen2020 [mol.m-3]."""


def made(law: ChargeTransfer, form: float, side: Any = "positive", **settings: Any) -> a2c.ParameterSet:
    """A set with this law on one electrode; ``form`` is its third coefficient."""
    covariance = 0.01 * np.array([[1.0, 0.3, 0.9], [0.3, 1.0, 0.2], [0.9, 0.2, 1.0]]) * np.outer([1, 0.3, 0.3], [1, 0.3, 0.3])
    estimate = a2c.Estimate.from_covariance(law.own_names, [np.log(2e-6), 0.4, form], covariance, source="declared")
    return a2c.ParameterSet("kinetics", "Chen2020", kinetics_attachments(law, side, settings.get("sto")), a2c.Joint([estimate]))


def ramp(parameter_set: a2c.ParameterSet, model: str) -> dict[str, np.ndarray]:
    """Overpotential, current, exchange-current density and concentrations while the current goes from −5 to 5 A in 20 s."""
    values = parameter_set.nominal()
    values["Current function [A]"] = 5 * (pybamm.t / 10 - 1)
    values.set_initial_state(0.5)
    built = getattr(pybamm.lithium_ion, model)(dict(parameter_set.model_options))
    solution = pybamm.Simulation(built, parameter_values=values).solve(np.linspace(0, 20, 21))
    x, sides = ("P", "") if model == "DFN" else ("X-averaged p", "X-averaged ")
    salt = solution["Electrolyte concentration [mol.m-3]" if model == "DFN" else f"{sides}electrolyte concentration [mol.m-3]"]
    return {
        "eta": solution[f"{x}ositive electrode reaction overpotential [V]"].entries,
        "j": solution[f"{x}ositive electrode interfacial current density [A.m-2]"].entries,
        "j0": solution[f"{x}ositive electrode exchange current density [A.m-2]"].entries,
        "c_s": solution[f"{x}ositive particle surface concentration [mol.m-3]"].entries,
        "c_e": salt.entries[-20:] if model == "DFN" else salt.entries,
    }


def regularized(x: np.ndarray, exponent: float, scale: float, delta: float = 1e-3) -> np.ndarray:
    """PyBaMM's power, which is linear near zero."""
    ratio = x / scale
    return ratio * (ratio**2 + delta**2) ** ((exponent - 1) / 2) * scale**exponent


@pytest.mark.parametrize("alpha", [0.3, 0.5, 0.7])
@pytest.mark.parametrize("model", ["SPM", "DFN"])
def test_current_over_the_overpotential_comes_back(model: str, alpha: float) -> None:
    """Currents i0 [e^((1−α)f) − e^(−αf)] from 100 mV one way to 250 mV the other, at each point; i0 with its exponents.

    PyBaMM regularizes the powers in i0: with its own the current agrees to round-off, with plain ones to 3e-6.
    """
    law = ButlerVolmer("X")
    parameter_set = made(law, alpha)
    found = ramp(parameter_set, model)
    assert np.ptp(found["eta"]) > 0.29
    # the salt of SPM is a number, whose power stays plain
    salt = regularized(found["c_e"], 1 - alpha, 1000.0) if model == "DFN" else found["c_e"] ** (1 - alpha)
    own = FARADAY * 2e-6 * salt / 1000 ** (1 - alpha) / C_MAX
    own = own * regularized(C_MAX - found["c_s"], 1 - alpha, C_MAX) * regularized(found["c_s"], alpha, C_MAX)
    f = pybamm.constants.F.value * found["eta"] / (pybamm.constants.R.value * T)
    expected = own * (np.exp((1 - alpha) * f) - np.exp(-alpha * f))
    np.testing.assert_allclose(found["j"], expected, rtol=1e-10, atol=1e-12 * np.abs(expected).max())
    c = dict(zip(law.names, parameter_set.joint.mean, strict=True))
    plain = law.exchange_current(c, found["c_e"], found["c_s"], C_MAX, T)
    np.testing.assert_allclose(found["j0"], plain, rtol=5e-6)


@pytest.mark.parametrize("law", [Marcus("X"), MarcusHushChidsey("X")], ids=["marcus", "mhc"])
def test_forms_with_a_reorganization_energy_come_back(law: Marcus | MarcusHushChidsey) -> None:
    """The law's own form times the exchange current, although PyBaMM's prefactor is 10 to 40 times that."""
    parameter_set = made(law, np.log(0.4))
    found = ramp(parameter_set, "SPM")
    c = dict(zip(law.names, parameter_set.joint.mean, strict=True))
    exchange = found["j0"] / law.prefactor(c, T)
    np.testing.assert_allclose(found["j"], exchange * law.relative_current(c, found["eta"], T), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(exchange, law.exchange_current(c, found["c_e"], found["c_s"], C_MAX, T), rtol=5e-6)


def exchange_current(parameter_set: a2c.ParameterSet, c_s: float, side: str = "positive") -> float:
    """PyBaMM's exchange-current density with its regularization [A.m-2], at 1 mol/L."""
    values, parameters = parameter_set.nominal(), pybamm.LithiumIonParameters()
    domain = getattr(parameters, side[0])
    symbol = domain.prim.j0(pybamm.Scalar(1000.0), c_s * pybamm.t, pybamm.Scalar(T))
    return float(values.process_symbol(symbol).evaluate(t=1.0))


@pytest.mark.parametrize("alpha", [0.3, 0.7])
def test_derivative_is_finite_at_an_empty_and_a_full_host(alpha: float) -> None:
    """PyBaMM recognizes the bases c_e, c_s and c_max − c_s: near 0 and c_max the current is linear in what is left."""
    law = ButlerVolmer("X")
    parameter_set = made(law, alpha)
    c = dict(zip(law.names, parameter_set.joint.mean, strict=True))
    for filled, exponent in ((1e-6, alpha), (1 - 1e-6, 1 - alpha)):
        found = exchange_current(parameter_set, filled * C_MAX)
        plain = law.exchange_current(c, 1000.0, filled * C_MAX, C_MAX, T)
        assert 0 < found < plain
        # linear within 1e-3 of the end: (1e-6) (1e-3)^(a−1) in the place of (1e-6)^a
        assert found / plain == pytest.approx(1e-3 ** (1 - exponent), rel=1e-2)


def test_a_map_of_stoichiometry_moves_the_filled_share() -> None:
    """Filled sites x = 0.1 + 0.8 sto are the bases of the powers, in the set and in the module alike."""
    law = ButlerVolmer("X")
    parameter_set = made(law, 0.4, sto=StoichiometryMap(0.1, 0.8))
    c = dict(zip(law.names, parameter_set.joint.mean, strict=True))
    found = exchange_current(parameter_set, 0.5 * C_MAX)
    assert found == pytest.approx(law.exchange_current(c, 1000.0, 0.5 * C_MAX, C_MAX, T), rel=1e-5)
    found = exchange_current(parameter_set, 0.25 * C_MAX)
    assert found == pytest.approx(law.exchange_current(c, 1000.0, 0.3 * C_MAX, C_MAX, T), rel=1e-5)
    module: dict[str, Any] = {}
    exec(compile(pybamm_module(parameter_set), "module", "exec"), module)
    key = "Positive electrode exchange-current density [A.m-2]"
    arguments = [pybamm.Scalar(value) for value in (1000.0, 0.25 * C_MAX, C_MAX, T)]
    assert module["get_parameter_values"]()[key](*arguments).evaluate() == pytest.approx(found, rel=1e-5)
    assert module["OPTIONS"] == {"intercalation kinetics": ("symmetric Butler-Volmer", "asymmetric Butler-Volmer")}


def test_cell_takes_the_options_of_its_set() -> None:
    """A pair, negative first; the base set's unread transfer coefficient has no part; contradictions are one line."""
    both = ButlerVolmer("N"), Marcus("P")
    estimates = [
        declare(law.own_names, [np.log(1e-5), 0.3, form], std=[0.1, 0.01, 0.01], source=law.material, reason="test")
        for law, form in zip(both, (0.4, np.log(0.5)), strict=True)
    ]
    attach = kinetics_attachments(both[0], "negative") | kinetics_attachments(both[1], "positive")
    parameter_set = a2c.ParameterSet("kinetics", "Chen2020", attach, a2c.Joint(estimates))
    options = {"intercalation kinetics": ("asymmetric Butler-Volmer", "Marcus")}
    assert parameter_set.model_options == options
    cell = a2c.Cell(parameter_set, model="SPM", outputs=["capacity"])
    assert cell.options == options
    solved = cell.solve(np.array([cell.inputs.mean[0]]))
    assert float(solved["capacity"][0]) > 3
    assert parameter_set.nominal()["Negative electrode Butler-Volmer transfer coefficient"] == pytest.approx(0.6)
    for given in ("Marcus", ("symmetric Butler-Volmer", "Marcus")):
        with pytest.raises(ValueError, match=r"option 'intercalation kinetics' is .* for the negative electrode, whose law"):
            a2c.Cell(parameter_set, options={"intercalation kinetics": given})


def test_half_cell_has_its_own_law_and_lithiums() -> None:
    law = ButlerVolmer("X")
    estimate = declare(law.own_names, [np.log(1e-6), 0.4, 0.4], std=[0.1, 0.01, 0.01], source="s", reason="test")
    parameter_set = a2c.ParameterSet("half", "Xu2019", kinetics_attachments(law, "positive"), a2c.Joint([estimate]))
    cell = a2c.Cell(parameter_set, model="SPM", outputs=["capacity"])
    assert cell.options["working electrode"] == "positive"
    assert float(cell.solve(np.array([cell.inputs.mean[0]]))["capacity"][0]) > 0


def test_correlation_of_rate_and_transfer_coefficient_is_kept_in_the_file(tmp_path: Path) -> None:
    parameter_set = made(ButlerVolmer("X"), 0.4)
    again = read_set(save(parameter_set, tmp_path / "set.json"))
    np.testing.assert_array_equal(again.joint.covariance, parameter_set.joint.covariance)
    std = np.sqrt(np.diag(again.joint.covariance))
    order = [again.joint.names.index(name) for name in ButlerVolmer("X").own_names]
    correlation = (again.joint.covariance / np.outer(std, std))[order[0], order[2]]
    assert correlation == pytest.approx(0.9, abs=1e-12)


def test_one_law_at_both_keys() -> None:
    """An exchange-current density without its transfer coefficient is refused, and one of another law."""
    law = ButlerVolmer("X")
    both = kinetics_attachments(law, "positive")
    estimate = declare(law.own_names, [np.log(1e-6), 0.4, 0.4], std=[0.1, 0.01, 0.01], source="s", reason="test")
    for left_out in both:
        attach = {key: value for key, value in both.items() if key != left_out}
        with pytest.raises(ValueError, match=r"needs 'Positive electrode .*from the same law .* take kinetics_attachments"):
            a2c.ParameterSet("k", "Chen2020", attach, a2c.Joint([estimate]))
    with pytest.raises(ValueError, match=r"side 'anode' is unknown"):
        kinetics_attachments(law, "anode")  # type: ignore[arg-type]


def test_a_poor_form_is_taken_by_consent_alone() -> None:
    """λ = 0.7 eV with Marcus, Hush and Chidsey needs the source of PyBaMM's approximation."""
    law = MarcusHushChidsey("X")
    with pytest.raises(ValueError, match=r"poor at a reorganization energy of 0\.7 eV \(limit 0\.5 eV\); add its error by"):
        made(law, np.log(0.7))
    estimate = declare(law.own_names, [np.log(1e-6), 0.4, np.log(0.7)], std=[0.1, 0.01, 0.01], source="s", reason="test")
    with pytest.raises(ValueError, match=r"0\.7 eV, where PyBaMM's Marcus-Hush-Chidsey form misses the current by 22% at 150"):
        a2c.with_form_error(estimate, law)
    accepted = a2c.with_form_error(estimate, law, accept=True)
    taken = a2c.ParameterSet("k", "Chen2020", kinetics_attachments(law, "positive"), a2c.Joint([accepted]))
    assert MHC_FORM in taken.joint.sources


def test_bpx_has_one_form_alone() -> None:
    """A transfer coefficient other than 1/2 is a loss with its size; prefactors of other forms are no exchange currents."""
    losses = "\n".join(bpx_losses(made(ButlerVolmer("X"), 0.4)))
    assert "positive electrode: cathodic transfer coefficient 0.4, 0.5 in BPX; the current is 47" in losses
    assert "cathodic" not in "\n".join(bpx_losses(made(ButlerVolmer("X"), 0.5)))
    section = bpx_document(made(ButlerVolmer("X"), 0.5))["Parameterisation"]["Positive electrode"]
    assert section["Reaction rate constant [mol.m-2.s-1]"] == pytest.approx(2e-6, rel=1e-6)
    with pytest.raises(ValueError, match=r"the positive electrode's charge transfer is of law 'marcus', and BPX has symmetric"):
        bpx_document(made(Marcus("X"), np.log(0.4)))


def test_pybamms_json_keeps_the_values(tmp_path: Path) -> None:
    values = made(ButlerVolmer("X"), 0.4).nominal()
    again = pybamm.ParameterValues.from_json(json.loads(json.dumps(values.to_json())))
    arguments = (1000.0, np.linspace(0.01, 0.99, 9) * C_MAX, C_MAX, T)
    numbers = [evaluate_entry(v, "Positive electrode exchange-current density [A.m-2]", *arguments) for v in (values, again)]
    np.testing.assert_allclose(*numbers, rtol=1e-12)
