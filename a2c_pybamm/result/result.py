"""A result as a tree of xarray that shows itself as the table of its answers."""

from __future__ import annotations

import html

import xarray as xr

from a2c_pybamm.formatting import MESSAGE_LENGTH, cut, plain, text_table
from a2c_pybamm.result.nodes import OUTPUTS
from a2c_pybamm.result.rows import approaches, output_cells, output_heads, output_names, output_rows

MOST_RESULT_ROWS = 60
"""Rows of the table that a result shows; of more the first are shown and the rest counted."""


class Result(xr.DataTree):  # type: ignore[no-untyped-call]
    """Result of `propagate`: a node for each output under ``outputs``, each with the same statistics.

    ``result["capacity"]["std"].sel(approach="sampling")`` reads one; ``result["outputs/capacity/std"]`` is the same. Beside
    them stand the nodes ``draws``, ``design``, ``failures`` and ``expansion``. Everything else is `xarray.DataTree`'s own.
    """

    __slots__ = ()

    def __getitem__(self, key: str) -> xr.DataTree | xr.DataArray:
        """The node, variable or coordinate at a path; the name of an output is its node."""
        if isinstance(key, str) and OUTPUTS in self.children and key.split("/")[0] in self.children[OUTPUTS].children:
            return self.children[OUTPUTS][key]
        return super().__getitem__(key)

    def __repr__(self) -> str:  # type: ignore[override]
        if OUTPUTS not in self.children:
            return super().__repr__()
        rows, hidden = _rows(self)
        table = text_table(rows, heads=output_heads(self)) if rows else []
        return "\n".join([_heading(self), *table, *hidden, _nodes(self)])

    def __str__(self) -> str:
        return repr(self)

    def _repr_html_(self) -> str:
        if OUTPUTS not in self.children:
            return str(super()._repr_html_())  # type: ignore[no-untyped-call]
        rows, hidden = _rows(self)
        head = "".join(f"<th>{html.escape(name)}</th>" for name in (output_heads(self) if rows else ()))
        body = "".join("<tr>" + "".join(f"<td>{html.escape(plain(cell))}</td>" for cell in row) + "</tr>" for row in rows)
        beneath = "".join(f"<p>{html.escape(plain(text))}</p>" for text in [*hidden, _nodes(self)])
        return f"<p>{html.escape(plain(_heading(self)))}</p><table><tr>{head}</tr>{body}</table>{beneath}"


def _rows(result: xr.DataTree) -> tuple[list[list[str]], list[str]]:
    """Cells of the table, and a line on the rows that are left out."""
    if "approach" not in result.coords or "point" in result.dims:
        return [], []
    rows = output_rows(result)
    left = len(rows) - MOST_RESULT_ROWS
    return [output_cells(row) for row in rows[:MOST_RESULT_ROWS]], [f"… and {left} more rows"] if left > 0 else []


def _heading(result: xr.DataTree) -> str:
    points = f" at {result.sizes['point']} points" if "point" in result.sizes else ""
    return f"<a2c_pybamm.Result: {len(output_names(result))} outputs by {len(approaches(result))} methods{points}>"


def _nodes(result: xr.DataTree) -> str:
    """Names of the nodes, with the sizes of those that hold samples."""
    parts = []
    for name, node in result.children.items():
        sizes = {str(dim): size for dim, size in node.sizes.items() if dim not in result.sizes}
        inside = ", ".join(map(str, node.children) if node.children else (f"{dim} {size}" for dim, size in sizes.items()))
        parts.append(f"{name} ({cut(inside, MESSAGE_LENGTH)})" if inside else str(name))
    return f"Nodes: {', '.join(parts)}"
