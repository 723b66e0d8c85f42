"""The balance of another cell in a set: what it attaches, and what it refuses."""

from typing import Any

import pybamm
import pytest

from a2c_pybamm import Attachment, Joint, ParameterSet, Scale, Value, declare, with_balance
from a2c_pybamm.parameter_set.keys import ACTIVE_FRACTIONS, FORMATION_LOSS, LITHIUM


def made(base: str = "Chen2020", key: str = "Negative electrode active material volume fraction") -> ParameterSet:
    law = Scale(key.split(" [")[0])
    return ParameterSet(
        "made", base, {key: Attachment(law, "factor")}, Joint([declare(law.names, [0.0], std=[0.1], source="s", reason="r")])
    )


DIFFUSIVITY = "Positive particle diffusivity [m2.s-1]"


@pytest.mark.parametrize(
    ("balance", "keys"),
    [
        ({"lithium": 5.0}, {LITHIUM: 5.0}),
        ({"formation_loss": 0.1}, {FORMATION_LOSS: 0.1}),
        ({"active_fraction": {"positive": 0.5}}, {ACTIVE_FRACTIONS["positive"]: 0.5, FORMATION_LOSS: 0.0}),
        ({"lithium": 5.0, "active_fraction": {"positive": 0.5}}, {ACTIVE_FRACTIONS["positive"]: 0.5, LITHIUM: 5.0}),
    ],
)
def test_numbers_become_values_without_an_error(balance: dict[str, Any], keys: dict[str, float]) -> None:
    balanced = with_balance(made(key=DIFFUSIVITY), **balance)
    found = {key: balanced.mean_values[key] for key in balanced.attach if key != DIFFUSIVITY}
    assert found == keys
    assert balanced.joint.sources == ("s",)


@pytest.mark.parametrize(
    ("fractions", "side"), [({}, "negative"), ({"positive": 0.5}, "negative"), ({"negative": 0.6}, "positive")]
)
def test_ratio_sets_the_electrode_that_is_not_given(fractions: dict[str, float], side: str) -> None:
    balanced = with_balance(made(key=DIFFUSIVITY), n_p_ratio=0.6, active_fraction=fractions)
    values, param = balanced.mean_values, pybamm.LithiumIonParameters()
    assert values.evaluate(param.n.Q_init) / values.evaluate(param.p.Q_init) == pytest.approx(0.6, rel=1e-12)
    assert ACTIVE_FRACTIONS[side] in balanced.attach
    assert balanced.lithium == pytest.approx(values.evaluate(param.p.Q_init), rel=1e-12)


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, "nothing is given; give lithium, formation_loss, n_p_ratio or an active fraction"),
    "lithium twice": ({"lithium": 1.0, "formation_loss": 0.1}, "both set the cell's lithium; keep one"),
    "ratio of two": ({"n_p_ratio": 1.0, "active_fraction": {"negative": 0.5, "positive": 0.5}}, "leave one of the three out"),
    "no lithium": ({"lithium": 0.0}, "lithium is 0 A.h; give a positive one"),
    "infinite lithium": ({"lithium": float("inf")}, "lithium is inf A.h"),
    "lithium that is no number": ({"lithium": float("nan")}, "lithium is nan A.h"),
    "all lost": ({"formation_loss": 1.0}, "formation_loss is 1; give a share from 0 to below 1"),
    "negative ratio": ({"n_p_ratio": -1.0}, "n_p_ratio is -1; give a positive one"),
    "unknown side": ({"active_fraction": {"anode": 0.5}}, "active_fraction of 'anode'"),
    "fraction above one": ({"active_fraction": {"positive": 1.2}}, "positive electrode is 1.2; give a share between 0 and 1"),
    "no room": ({"n_p_ratio": 1.2}, r"n_p_ratio 1\.2 needs .* of the negative electrode, .* smaller active fraction"),
    "no room beside pores": ({"active_fraction": {"positive": 0.9}}, r"is 0\.9, but its pores leave 0\.665 of the volume"),
    "factor there": ({"active_fraction": {"negative": 0.5}}, r"has a law already \(scale\); leave it out of the balance"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str) -> None:
    balance, message = REFUSED[case]
    with pytest.raises(ValueError, match=message) as error:
        with_balance(made(), **balance)
    assert str(error.value).startswith("set made")
    assert "\n" not in str(error.value)


def test_a_half_cell_has_none() -> None:
    half = made("Xu2019", DIFFUSIVITY)
    with pytest.raises(ValueError, match="a half cell's lithium metal never runs out; leave it out"):
        with_balance(half, lithium=1.0)
    with pytest.raises(ValueError, match="a half cell has no n_p_ratio"):
        with_balance(half, n_p_ratio=1.0)


def test_lithium_is_set_once_and_by_a_number() -> None:
    lithium, loss = Value("Cyclable lithium capacity", "A.h"), Value("Relative formation capacity loss")
    estimate = declare([*lithium.names, *loss.names], [5.0, 0.1], std=[0.1, 0.01], source="s", reason="r")
    attach = {LITHIUM: Attachment(lithium, "value"), FORMATION_LOSS: Attachment(loss, "value")}
    with pytest.raises(ValueError, match="both set the cell's lithium; keep one"):
        ParameterSet("made", "Chen2020", attach, Joint([estimate]))
    with pytest.raises(ValueError, match="the base set has no such entry; take a Value"):
        made(key=LITHIUM)
