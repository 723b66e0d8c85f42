"""Files of VASP's runs, as small as readers of them allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

TITLES = {"Li": "PAW_PBE Li_sv 10Sep2004", "Co": "PAW_PBE Co 02Aug2007", "O": "PAW_PBE O 08Apr2002"}
"""Titles of pseudopotentials by element."""


def vasprun(
    energies: Sequence[tuple[float, float]],
    *,
    symbols: Sequence[str] = ("Li", "Co", "O", "O"),
    incar: Mapping[str, str] | None = None,
    parameters: Mapping[str, str] | None = None,
    titles: Mapping[str, str] = TITLES,
    n_electronic: int = 1,
) -> str:
    """What is read of a ``vasprun.xml``: free energies and energies(sigma->0) of the ionic steps, tags and pseudopotentials."""
    vectors = "".join(f"<v>{a} {b} {c}</v>" for a, b, c in 3.0 * np.eye(3))
    places = "".join(f"<v>{0.2 * k} 0 0</v>" for k in range(len(symbols)))
    structure = f'<crystal><varray name="basis">{vectors}</varray></crystal><varray name="positions">{places}</varray>'
    steps = "".join(
        "<calculation>\n"
        + f'<scstep><energy><i name="e_fr_energy">{free}</i><i name="e_0_energy">{zero}</i></energy></scstep>\n' * n_electronic
        + f'<structure>{structure}</structure><energy><i name="e_fr_energy">{free}</i></energy></calculation>\n'
        for free, zero in energies
    )
    atoms = "".join(f"<rc><c>{symbol}</c><c>1</c></rc>" for symbol in symbols)
    kinds = "".join(
        f"<rc><c>1</c><c>{symbol} </c><c>1.0</c><c>1.0</c><c>  {titles[symbol]}   </c></rc>"
        for symbol in dict.fromkeys(symbols)
    )
    return (
        '<?xml version="1.0" encoding="ISO-8859-1"?>\n<modeling>\n'
        f"<incar>\n{_tags(incar or {})}</incar>\n"
        '<kpoints><varray name="kpointlist"><v>0 0 0</v></varray><varray name="weights"><v>1</v></varray></kpoints>\n'
        f'<parameters><separator name="electronic">\n{_tags(parameters or {})}</separator></parameters>\n'
        f'<atominfo><array name="atoms"><set>{atoms}</set></array><array name="atomtypes"><set>{kinds}</set></array></atominfo>'
        f'\n<structure name="initialpos">{structure}</structure>\n{steps}</modeling>\n'
    )


def _tags(values: Mapping[str, str]) -> str:
    return "".join(
        f'<{"v" if " " in text else "i"} name="{key}"> {text} </{"v" if " " in text else "i"}>\n'
        for key, text in values.items()
    )
