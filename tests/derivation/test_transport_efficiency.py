"""Studies that declare the transport efficiency of porous layers."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from a2c_pybamm.derivation import derive
from a2c_pybamm.files import read_set, save
from a2c_pybamm.parameter_set import ParameterSet, base_values
from a2c_pybamm.study import read_study

WHY = 'source = "layer"\nreason = "by hand"\n'
POSITIVE = '\n[positive]\nmaterial = "NMC"\n'
LAYERS = f"""{POSITIVE}
[positive.transport_efficiency.electrolyte]
bruggeman = 1.9
bruggeman_std = 0.2
source = "exponent"
reason = "spheres"

[positive.transport_efficiency.electrode]
bound = "upper"
shortfall = 0.4
source = "network of solids"
reason = "contacts"

[separator.transport_efficiency]
tortuosity = 2.5
tortuosity_std_ln = 0.1
source = "impedance"
reason = "blocking electrolyte"
"""
CONDUCTION = """
[positive.conduction]
whole_electrode = true
mixing = "upper"
mixing_std_ln = 1.0
carbon_fraction = 0.1
active_conductivity = "0.02 S/m"
active_std_ln = 1.0
carbon_conductivity = "1 S/cm"
carbon_std_ln = 0.5
source = "conductivities"
reason = "pellets"
"""


def made(folder: Path, text: str, base: str = "Chen2020") -> ParameterSet:
    (folder / "study.toml").write_text(f'name = "porous"\nbase = "{base}"\n{text}', encoding="utf-8")
    return derive(read_study(folder / "study.toml"))


def test_layers_of_a_study(tmp_path: Path) -> None:
    """Means and errors by hand, in the set and in the set that is read again; the notes say what was declared."""
    of_study = made(tmp_path, LAYERS)
    for of_set in (of_study, read_set(save(of_study, tmp_path / "set.json"))):
        values = of_set.nominal()
        assert values["Positive electrode Bruggeman coefficient (electrolyte)"] == pytest.approx(1.9, rel=1e-12)
        bound = 2 * 0.665 / (3 - 0.665)
        middle = np.sqrt(0.6) * bound  # of the logarithms of 0.6 and 1
        assert 0.665 ** values["Positive electrode Bruggeman coefficient (electrode)"] == pytest.approx(middle, rel=1e-12)
        assert 0.47 ** values["Separator Bruggeman coefficient (electrolyte)"] == pytest.approx(0.47 / 2.5, rel=1e-12)
        stds = dict(zip(of_set.joint.names, np.sqrt(np.diag(of_set.joint.covariance)), strict=True))
        assert stds == pytest.approx(
            {
                "NMC pores ln(transport efficiency [1])": 0.2 * -np.log(0.335),
                "NMC solids ln(transport efficiency [1])": -np.log(0.6) / np.sqrt(12),
                "separator ln(transport efficiency [1])": 0.1,
            },
            rel=1e-9,
        )
        assert set(of_set.joint.sources) == {"exponent", "network of solids", "impedance"}
    note = of_study.notes["NMC pores transport"]
    assert "exponent 1.9 ± 0.2" in note
    assert "draws above" not in note  # 0.07 %
    note = made(tmp_path, LAYERS.replace("bruggeman = 1.9", "bruggeman = 1.5")).notes["NMC pores transport"]
    assert note.endswith("; 12% of the draws above the upper bound of an isotropic mixture")


def test_middle_of_bounds_with_another_conducting_phase(tmp_path: Path) -> None:
    text = (
        f'{POSITIVE}[positive.transport_efficiency.electrolyte]\nbound = "middle"\n{WHY}'
        "others = [{fraction = 0.6, conductivity = 0.01}, {fraction = 0.065, conductivity = 0.1}]\n"
    )
    of_study = made(tmp_path, text)
    assert of_study.joint.names == ("NMC pores ln(transport efficiency [1])",)
    assert 0 < of_study.nominal()["Positive electrode Bruggeman coefficient (electrolyte)"] < 4
    short = text.replace("0.6,", "0.5,")
    with pytest.raises(ValueError, match=r"positive: transport_efficiency\.electrolyte: NMC pores: .* sum to 1"):
        made(tmp_path, short)


def test_solids_whose_pores_take_nothing_are_noted(tmp_path: Path) -> None:
    """Chen2020's exponent of solids is 0: its conductivity is the layer's, that of a mixture of solids is not."""
    of_study = made(tmp_path, POSITIVE + CONDUCTION)
    assert of_study.notes["NMC solids"].endswith("declare [positive.transport_efficiency.electrode]")
    given = f"\n[positive.transport_efficiency.electrode]\nbruggeman = 1.5\nbruggeman_std = 0.3\n{WHY}"
    assert "NMC solids" not in made(tmp_path, POSITIVE + CONDUCTION + given).notes


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("", "no choice given; give one of bruggeman, tortuosity and bound"),
        ('bruggeman = 1.5\nbruggeman_std = 0.1\nbound = "upper"\n', "bruggeman and bound given; give one of"),
        ("bruggeman = 1.5\n", "bruggeman and bruggeman_std go together"),
        ("bruggeman = 0.8\nbruggeman_std = 0.1\n", "bruggeman"),
        ('bound = "upper"\n', "shortfall goes with bound = 'upper'"),
        ('bound = "middle"\nshortfall = 0.1\n', "shortfall goes with bound = 'upper'"),
        ('bound = "middle"\n', "the lower bound is 0, as a phase does not conduct"),
        ("tortuosity = 2.0\ntortuosity_std_ln = 0.1\nothers = [{fraction = 0.5, conductivity = 1.0}]\n", "others are phases"),
    ],
)
def test_mistakes_are_one_line_each(tmp_path: Path, lines: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as error:
        made(tmp_path, f"[separator.transport_efficiency]\n{lines}{WHY}")
    assert re.search(r"separator(\.|: )transport_efficiency", str(error.value))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[separator]\n", "nothing is derived here; give transport_efficiency"),
        (f"{POSITIVE}[positive.transport_efficiency]\n", "neither electrolyte nor electrode is given"),
        (
            f'{LAYERS}[[value]]\nparameter = "Separator porosity"\nvalue = 0.47\nstd = 0.01\n{WHY}',
            "'Separator porosity' has a law of its own",
        ),
        (
            f'{LAYERS}[[scale]]\nparameter = "Separator Bruggeman coefficient (electrolyte)"\nmean = 0.0\nstd = 0.1\n{WHY}',
            "'Separator Bruggeman coefficient .*' is derived already",
        ),
    ],
)
def test_sections_that_contradict(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        made(tmp_path, text)


def test_half_cell_has_one_porous_electrode(tmp_path: Path) -> None:
    """Each exponent is of its layer's porosity."""
    of_study = made(tmp_path, LAYERS, base="Xu2019")
    assert len(of_study.attach) == 3
    attachment = of_study.attach["Separator Bruggeman coefficient (electrolyte)"]
    exponent = attachment.law.bruggeman_coefficient(of_study._mean)
    porosity = base_values("Xu2019")["Separator porosity"]
    assert porosity**exponent == pytest.approx(porosity / 2.5, rel=1e-12)
