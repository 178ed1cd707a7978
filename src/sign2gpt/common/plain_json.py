"""JSON from elsewhere: a key that an object has twice is an error, because readers would disagree on its value."""

from __future__ import annotations

import json
import json.decoder
import json.scanner
from typing import Any

_DECODER: Any = json.decoder  # the parts in Python, which the standard library does not declare
_SCANNER: Any = json.scanner


class TwiceError(ValueError):
    """A key that an object has twice."""


def parse(text: str) -> Any:
    """The value of a JSON document.

    Raises:
        ValueError: it is not JSON, or an object has a key twice; the message names the line.
        RecursionError: values are nested too deeply.
    """
    try:
        return json.loads(text, object_pairs_hook=_object)
    except TwiceError:
        return _Placing().decode(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        raise TwiceError(next(repr(key) for key, _ in pairs if key in seen or seen.add(key)))
    return found


class _Placing(json.JSONDecoder):
    """A slower decoder, which knows the line of an object that has a key twice."""

    def __init__(self) -> None:
        super().__init__(object_pairs_hook=_object)
        self.parse_object = self._placed
        self.scan_once: Any = _SCANNER.py_make_scanner(self)

    def _placed(self, text_and_start: tuple[str, int], *rest: Any) -> tuple[Any, int]:
        text, start = text_and_start
        try:
            return _DECODER.JSONObject(text_and_start, *rest)
        except TwiceError as error:
            line = text.count("\n", 0, start) + 1
            raise ValueError(f"the object that begins in line {line} has the key {error} twice") from None
