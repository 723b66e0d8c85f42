"""Pieces of a self-contained HTML page: escaped text, numbers, tables, figures as inline SVG."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape as html_escape
from typing import Any

from matplotlib.figure import Figure

from a2c_pybamm.formatting import plain
from a2c_pybamm.report.figures import svg

STYLE = """
body { font: 15px/1.45 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; color: #1b1b1b; max-width: 66rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.7rem; margin-bottom: .2rem; }
h2 { font-size: 1.25rem; margin-top: 2.4rem; border-bottom: 1px solid #bbb; padding-bottom: .2rem; }
h3 { font-size: 1.05rem; margin-bottom: .3rem; }
p.note, figcaption, caption { color: #444; font-size: .9rem; text-align: left; max-width: 56rem; }
caption { padding-bottom: .4rem; }
table { border-collapse: collapse; font-size: .88rem; margin: .6rem 0 1.2rem; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid #ddd; text-align: left; vertical-align: top; }
thead th { border-bottom: 2px solid #666; }
tbody th { font-weight: 600; }
td.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
figure { margin: 1rem 0 1.6rem; break-inside: avoid; }
svg { max-width: 100%; height: auto; }
dl { font-size: .88rem; margin: .2rem 0 .2rem 1rem; }
dt { font-weight: 600; }
dd { margin-left: 1.2rem; overflow-wrap: anywhere; }
ul { margin: .2rem 0; padding-left: 1.2rem; }
.wide { overflow-x: auto; }
@media print { body { font-size: 10pt; max-width: none; margin: 0; } tr { break-inside: avoid; } .wide { overflow: visible; }
  h2, h3 { break-after: avoid; } }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""Content security policy of the page: it may load nothing."""


@dataclass(frozen=True)
class Number:
    """A number as it is shown, with its exact value kept in the page's source."""

    value: float
    text: str


@dataclass(frozen=True)
class Markup:
    """Text that is HTML already."""

    html: str


Content = str | Number | Markup


def escape(text: str) -> str:
    """HTML of a text; what cannot be seen stands as its escape, but for ends of lines, which are white space in HTML."""
    return html_escape(plain(text, keep="\n"))


def html_of(content: Content) -> str:
    """HTML of a piece: text is escaped, a number carries its exact value."""
    if isinstance(content, Markup):
        return content.html
    if isinstance(content, Number):
        return f'<data value="{content.value!r}">{escape(content.text)}</data>'
    return escape(content)


def paragraph(text: Content, *, note: bool = False) -> str:
    """A paragraph; a note is smaller."""
    start = '<p class="note">' if note else "<p>"
    return f"{start}{html_of(text)}</p>"


def table(heads: Sequence[str], rows: Iterable[Sequence[Content]], *, caption: str = "") -> str:
    """A table; equal neighbours in the first column become one cell."""
    rows = [list(row) for row in rows]
    body, k = [], 0
    while k < len(rows):
        same = next((m for m in range(k, len(rows)) if rows[m][0] != rows[k][0]), len(rows)) - k
        for m in range(k, k + same):
            head = f'<th scope="rowgroup" rowspan="{same}">{html_of(rows[m][0])}</th>' if m == k else ""
            body.append(f"<tr>{head}{''.join(map(_cell, rows[m][1:]))}</tr>")
        k += same
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f'<div class="wide"><table>{title}<thead><tr>{head}</tr></thead><tbody>{"".join(body)}</tbody></table></div>'


def _cell(content: Content) -> str:
    start = '<td class="number">' if isinstance(content, Number) else "<td>"
    return f"{start}{html_of(content)}</td>"


def tree(value: Any) -> str:
    """JSON values as nested lists."""
    if isinstance(value, Mapping):
        return f"<dl>{''.join(f'<dt>{escape(str(k))}</dt><dd>{tree(v)}</dd>' for k, v in value.items())}</dl>"
    if isinstance(value, (list, tuple)):
        if all(isinstance(item, (str, int, float, type(None))) for item in value):
            return escape(", ".join(map(_scalar, value)))
        return f"<ul>{''.join(f'<li>{tree(item)}</li>' for item in value)}</ul>"
    return escape(_scalar(value))


def _scalar(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def figure_of(figure: Figure, name: str, caption: Content) -> str:
    """A figure as inline SVG with its caption; ``name`` makes its ids the only ones of their kind in the page."""
    drawing = svg(figure, {"Date": None, "Creator": None, "Format": None, "Type": None})
    drawing = drawing[drawing.index("<svg") :]
    ids = {old: f"{name}-{k}" for k, old in enumerate(dict.fromkeys(re.findall(r'\bid="([^"]+)"', drawing)))}
    # matplotlib's ids are random and repeat from figure to figure
    drawing = re.sub(r'\bid="([^"]+)"', lambda found: f'id="{ids[found[1]]}"', drawing)
    drawing = re.sub(r'href="#([^"]+)"', lambda found: f'href="#{ids[found[1]]}"', drawing)
    drawing = re.sub(r"url\(#([^)]+)\)", lambda found: f"url(#{ids[found[1]]})", drawing)
    drawing = re.sub(r"<!--.*?-->\n?", "", drawing, flags=re.DOTALL)
    drawing = drawing.replace("<svg", f'<svg role="img" aria-label="{escape(name)}"', 1)
    return f"<figure>{drawing}<figcaption>{html_of(caption)}</figcaption></figure>"


def page(title: str, sections: Iterable[tuple[str, str]], *, lead: str) -> str:
    """The whole page: sections of (heading, HTML) in their order."""
    body = "".join(f"<section><h2>{escape(heading)}</h2>\n{html}\n</section>\n" for heading, html in sections)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{escape(title)}</h1>\n{lead}\n{body}</body>\n</html>\n"
    )
