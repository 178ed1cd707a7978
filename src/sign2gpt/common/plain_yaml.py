"""YAML from elsewhere: plain values, with limits of length, of depth, and of what its anchors expand to."""

from __future__ import annotations

from typing import Any

import yaml

CHARACTERS = 1 << 20
VALUES = 100_000
"""Most values, with aliases expanded: nine anchors of nine aliases each are 387 million values in half a kilobyte."""
DEPTH = 64


def parse(text: str) -> Any:
    """The value of one YAML document.

    Raises:
        ValueError: it is not YAML, has more than plain values, or is over the limits; the message has one line.
    """
    if len(text) > CHARACTERS:
        raise ValueError(f"more than {CHARACTERS:,} characters")
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if node is None:
            return None
        if _values(node, DEPTH, {}) > VALUES:
            raise ValueError(f"its anchors expand to more than {VALUES:,} values")
        return loader.construct_document(node)  # pyright: ignore[reportUnknownMemberType]
    except RecursionError:
        raise ValueError("values nested too deeply") from None
    except (
        yaml.YAMLError,
        ArithmeticError,
        AttributeError,
        LookupError,
        TypeError,
    ) as error:  # all from PyYAML
        raise ValueError(str(error).partition("\n")[0] or type(error).__name__) from None


def _values(node: yaml.Node, room: int, known: dict[int, int]) -> int:
    """Values in ``node``, itself counted, with every alias expanded; each node is visited once."""
    if not room:
        raise RecursionError
    if id(node) not in known:
        if isinstance(node, yaml.ScalarNode):
            node.value.encode()  # raises for halves of surrogate pairs, which no file and no terminal can contain
        parts: list[yaml.Node] = []
        if isinstance(node, yaml.SequenceNode):
            parts = node.value
        elif isinstance(node, yaml.MappingNode):
            _check_keys(node)
            parts = [part for pair in node.value for part in pair]
        known[id(node)] = 1 + sum(_values(part, room - 1, known) for part in parts)
    return known[id(node)]


def _check_keys(node: yaml.MappingNode) -> None:
    """Raises where a mapping has a key twice; the later value would silently replace the first."""
    lines: dict[tuple[str, str], int] = {}
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode):
            line, name = key.start_mark.line + 1, (key.tag, key.value)
            if name in lines:
                raise yaml.YAMLError(f"line {line}: the key {key.value[:40]!r} is already in line {lines[name]}")
            lines[name] = line
