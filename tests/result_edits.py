"""Results that differ from a sound one in one node."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import xarray as xr

from a2c_pybamm.result import OUTPUTS, Result


def datasets(result: xr.DataTree) -> dict[str, xr.Dataset]:
    """Datasets of all nodes by path."""
    return {node.path: node.to_dataset(inherit=False) for node in result.subtree}


def edited(result: xr.DataTree, path: str, change: Callable[[xr.Dataset], xr.Dataset]) -> Result:
    """The same result with one node changed; ``path`` begins with "/", that of an output is its name."""
    nodes = datasets(result)
    path = path if path.startswith("/") else f"/{OUTPUTS}/{path}"
    return Result.from_dict({**nodes, path: change(nodes[path])})


def with_attrs(result: xr.DataTree, attrs: Mapping[str, Any]) -> Result:
    """The same result with further attributes."""
    return edited(result, "/", lambda root: root.assign_attrs(attrs))
