"""Files of PyBaMM's own JSON."""

from __future__ import annotations

from pathlib import Path

import pybamm

from a2c_pybamm.files.json_document import read_document
from a2c_pybamm.parameter_set import read_values
from a2c_pybamm.readers.source_file import naming


def read_parameter_values(path: str | Path) -> pybamm.ParameterValues:
    """The parameter values in a file that ``pybamm.ParameterValues.to_json`` has written.

    Raises
    ------
    ValueError
        Naming the file and the entry: a class that is none of PyBaMM's expressions, or something that PyBaMM does not read.
    """
    path = Path(path)
    document = read_document(path)
    with naming(path):
        return read_values(document)
