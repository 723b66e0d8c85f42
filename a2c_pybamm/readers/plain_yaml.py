"""YAML of plain values: no tags, no anchors, no key twice, no aliases that would multiply on reading."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from yaml.resolver import Resolver

from a2c_pybamm.readers.source_file import FILE_LIMITS

PLAIN_TAGS = (None, "!")
"""Tags of plain values: ``!`` marks text."""
_TRUE = ("yes", "true", "on")


def plain_yaml(text: str, path: Path) -> Any:
    """The content of a YAML text of one document as dicts, lists, text, numbers, truth values and None.

    Made from the parser's events one by one, so that no tag is ever followed and no alias resolved. Dates are text.

    Raises
    ------
    ValueError
        Naming file and line: it is not YAML, has a tag, anchor or alias, a key twice or one that is no text or number, or is
        deeper or larger than any that phonopy writes.
    """
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    builder = _Builder(path)
    if text.count(",") + text.count("\n") > FILE_LIMITS.n_value:  # each value has an end: nothing needs to be parsed for it
        raise ValueError(f"{path}: more than {FILE_LIMITS.n_value} values; is it another file? leave out what is not needed")
    try:
        for event in yaml.parse(text, Loader=loader):
            builder.take(event)
    except (yaml.YAMLError, RecursionError) as error:
        detail = " ".join(str(error).split())[:160] or type(error).__name__
        raise ValueError(f"{path}: not YAML ({detail}); is it cut off?") from error
    return builder.content


class _Builder:
    """Values made from the events of a parser."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._resolver = Resolver()
        self._open: list[Any] = []
        """Lists and dicts that have begun, the outermost first."""
        self._keys: list[Any] = []
        """Key whose value is to come, of each of them; ``_NO_KEY`` where a key is to come, or in a list."""
        self._n = 0
        self.content: Any = None

    def take(self, event: Any) -> None:
        if isinstance(event, yaml.NodeEvent):
            self._check(event)
        if isinstance(event, yaml.ScalarEvent):
            self._add(self._value(event), event)
        elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            self._begin([] if isinstance(event, yaml.SequenceStartEvent) else {}, event)
        elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            self._open.pop()
            self._keys.pop()
        elif isinstance(event, yaml.DocumentStartEvent) and self._n:
            raise self._error(event, "a second document; keep one")

    def _check(self, event: Any) -> None:
        self._n += 1
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            raise self._error(event, f"the anchor or alias {event.anchor[:40]!r}, which no such file has; write its values out")
        if not isinstance(event, yaml.AliasEvent) and event.tag not in PLAIN_TAGS:
            raise self._error(event, f"the tag {event.tag[:60]!r}, which could make more than plain values; remove it")
        if self._n > FILE_LIMITS.n_value:
            raise self._error(
                event, f"more than {FILE_LIMITS.n_value} values; is it another file? leave out what is not needed"
            )

    def _begin(self, value: Any, event: Any) -> None:
        if len(self._open) >= FILE_LIMITS.n_level:
            raise self._error(event, f"more than {FILE_LIMITS.n_level} levels in each other; is it damaged? copy it again")
        self._add(value, event)
        self._open.append(value)
        self._keys.append(_NO_KEY)

    def _add(self, value: Any, event: Any) -> None:
        if not self._open:
            self.content = value
        elif isinstance(self._open[-1], list):
            self._open[-1].append(value)
        elif self._keys[-1] is _NO_KEY:
            if isinstance(value, list | dict) or value in self._open[-1]:
                raise self._error(event, f"the key {str(value)[:60]!r}, twice or no text; write each once")
            self._keys[-1] = value
        else:
            self._open[-1][self._keys[-1]] = value
            self._keys[-1] = _NO_KEY

    def _value(self, event: Any) -> Any:
        """A scalar by YAML's rules for plain ones: quoted is text."""
        text = event.value
        if not event.implicit[0]:
            return text
        kind = self._resolver.resolve(yaml.ScalarNode, text, (True, False)).rsplit(":", 1)[-1]
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() in _TRUE
        if kind in ("int", "float"):
            return self._number(text, event)
        return text

    def _number(self, text: str, event: Any) -> Any:
        plain = text.replace("_", "").lower()
        if len(text) > FILE_LIMITS.number_length or ":" in plain or plain.lstrip("+-").startswith(("0x", "0b")):
            raise self._error(
                event, f"{text[:40]!r}, no decimal number of at most {FILE_LIMITS.number_length} characters; correct it"
            )
        try:
            return int(plain)
        except ValueError:
            return float(plain.replace(".inf", "inf").replace(".nan", "nan"))

    def _error(self, event: Any, what: str) -> ValueError:
        return ValueError(f"{self._path}, line {event.start_mark.line + 1}: {what}")


_NO_KEY = object()
