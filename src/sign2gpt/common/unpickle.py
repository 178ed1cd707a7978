"""Pickles from elsewhere, read without running code: only what builds plain values is understood.

A pickle is a program for a small machine. Opcodes that look up a class or call something have no meaning here: Python's
unpickler is not used, `pickletools` only splits the bytes into opcodes.
"""

from __future__ import annotations

import gzip
import pickletools
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import open_file


@dataclass(frozen=True)
class Limits:
    """Limits of a pickle: bytes after decompression, steps of its program (each makes or stores one item at most), and
    nested containers. With the defaults, reading takes less than 1 GiB and half a minute."""

    bytes: int = 128 << 20
    steps: int = 8_000_000
    depth: int = 64


LIMITS = Limits()
KEYS = 1 << 32
"""Keys are smaller than this: larger ones can be chosen so that a dict becomes very slow."""


class _DamagedError(ValueError):
    """The program is invalid."""


class _RefusedError(ValueError):
    """The program does what no plain value needs, which is the message."""


def read_plain(path: Path, limits: Limits = LIMITS) -> Any:
    """Reads a pickle, gzip-compressed or not, of lists, tuples, dicts, strings, numbers, booleans and None.

    Keys of a dict are strings or integers. Values that the pickle refers to twice are one object, as in Python's own
    unpickler; a value that contains itself is refused.

    Raises:
        UserError: the file is absent, damaged, over the limits, or contains anything else.
    """
    try:
        data = _unpacked(path, limits.bytes + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise UserError(f"{path}: its gzip compression is damaged; copy it again") from None
    if len(data) > limits.bytes:
        raise UserError(f"{path}: over the limit of {limits.bytes >> 20} MiB for a pickle")
    return plain(data, str(path), limits)


def plain(data: bytes, where: str, limits: Limits = LIMITS) -> Any:
    """As `read_plain`, for the bytes of a pickle that errors call ``where``."""
    machine, at = _Machine(), 0
    try:
        for step, (opcode, argument, position) in enumerate(pickletools.genops(data)):
            at = position or 0
            if step >= limits.steps:
                raise _RefusedError(f"over {limits.steps:,} steps")
            machine.run(opcode.name, argument)
        if at + 1 != len(data):
            raise _DamagedError
        value = machine.result()
        if _is_container(value):
            _height(value, limits.depth, machine.shared, {})
    except _RefusedError as error:
        raise UserError(f"{where}: refused, {error} (at byte {at}); only plain values are read") from None
    except (ValueError, IndexError, KeyError):
        raise UserError(f"{where}: not a pickle, or a damaged one (at byte {at})") from None
    return value


def _unpacked(path: Path, most: int) -> bytes:
    with open_file(path) as file:
        if file.read(2) != b"\x1f\x8b":
            file.seek(0)
            return file.read(most)
        file.seek(0)
        with gzip.open(file) as unpacked:
            return unpacked.read(most)


@dataclass
class _Machine:
    """The part of the pickle machine that builds plain values: a stack, marks in it, and numbered memory."""

    stack: list[Any] = field(default_factory=list[Any])
    marks: list[int] = field(default_factory=list[int])
    memo: dict[int, Any] = field(default_factory=dict[int, Any])
    shared: set[int] = field(default_factory=set[int])
    """Identities of the containers that may be inside several others."""

    def run(self, opcode: str, argument: Any) -> None:
        if opcode in _VALUES:
            self.stack.append(argument)
        elif opcode in _STEPS:
            _STEPS[opcode](self, argument)
        elif opcode not in _NOTHING:
            raise _RefusedError(f"it contains {opcode}, which plain values do not need")

    def result(self) -> Any:
        if len(self.stack) != 1 or self.marks:
            raise _DamagedError
        return self.stack[0]

    def pop(self) -> Any:
        if len(self.stack) <= (self.marks[-1] if self.marks else 0):
            raise _DamagedError
        return self.stack.pop()

    def mark(self, _: Any) -> None:
        self.marks.append(len(self.stack))

    def marked(self) -> list[Any]:
        """Takes the items above the last mark, and the mark."""
        start = self.marks.pop()
        items = self.stack[start:]
        del self.stack[start:]
        return items

    def string(self, text: str) -> None:
        if not text.isascii():
            text.encode()  # raises for halves of surrogate pairs, which no file can contain
        self.stack.append(text)

    def old_string(self, text: str) -> None:
        self.stack.append(text.encode("latin-1").decode())  # Python 2's bytes

    def constant(self, value: Any) -> None:
        self.stack.append(value)

    def tuple_of(self, count: int) -> None:
        self.stack.append(tuple(reversed([self.pop() for _ in range(count)])))

    def extend(self, items: list[Any]) -> None:
        self._top(list).extend(items)

    def update(self, items: list[Any]) -> None:
        target = self._top(dict)
        if len(items) % 2:
            raise _DamagedError
        for key, value in zip(items[::2], items[1::2], strict=True):
            if type(key) is not str and not (type(key) is int and abs(key) < KEYS):
                raise _RefusedError("it has a dict with keys other than strings and integers below 2^32")
            target[key] = value

    def new_dict(self, items: list[Any]) -> None:
        self.stack.append({})
        self.update(items)

    def remember(self, index: int | None) -> None:
        self.memo[len(self.memo) if index is None else index] = self._top(object)

    def recall(self, index: int) -> None:
        value = self.memo[index]
        if _is_container(value):
            self.shared.add(id(value))
        self.stack.append(value)

    def pair(self) -> list[Any]:
        return list(reversed([self.pop(), self.pop()]))

    def _top(self, kind: type) -> Any:
        """The item on top, which stays there."""
        value = self.pop()
        if not isinstance(value, kind):
            raise _DamagedError
        self.stack.append(value)
        return value


_NOTHING = {"PROTO", "FRAME", "STOP"}
_VALUES = {"INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"}
_STEPS: dict[str, Callable[[_Machine, Any], None]] = {
    **dict.fromkeys(("UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"), _Machine.string),
    **dict.fromkeys(("STRING", "SHORT_BINSTRING", "BINSTRING"), _Machine.old_string),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"), _Machine.remember),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _Machine.recall),
    "NONE": lambda machine, _: machine.constant(None),
    "NEWTRUE": lambda machine, _: machine.constant(True),
    "NEWFALSE": lambda machine, _: machine.constant(False),
    "MARK": _Machine.mark,
    "EMPTY_LIST": lambda machine, _: machine.constant([]),
    "EMPTY_DICT": lambda machine, _: machine.constant({}),
    "EMPTY_TUPLE": lambda machine, _: machine.constant(()),
    "LIST": lambda machine, _: machine.constant(machine.marked()),
    "DICT": lambda machine, _: machine.new_dict(machine.marked()),
    "TUPLE": lambda machine, _: machine.constant(tuple(machine.marked())),
    "TUPLE1": lambda machine, _: machine.tuple_of(1),
    "TUPLE2": lambda machine, _: machine.tuple_of(2),
    "TUPLE3": lambda machine, _: machine.tuple_of(3),
    "APPEND": lambda machine, _: machine.extend([machine.pop()]),
    "APPENDS": lambda machine, _: machine.extend(machine.marked()),
    "SETITEM": lambda machine, _: machine.update(machine.pair()),
    "SETITEMS": lambda machine, _: machine.update(machine.marked()),
}


def _is_container(value: Any) -> bool:
    return isinstance(value, list | tuple | dict)


def _inside(container: Any) -> Iterable[Any]:
    return cast("dict[Any, Any]", container).values() if isinstance(container, dict) else container


def _height(value: Any, room: int, shared: set[int], known: dict[int, int]) -> int:
    """Depth of nested containers, ``value`` counted; each is visited once, and none deeper than ``room``."""
    height = known.get(id(value), 1)
    if height > room:
        raise _RefusedError("it has containers nested too deeply, or inside themselves")
    if id(value) not in known:
        deeper = (_height(item, room - 1, shared, known) for item in _inside(value) if _is_container(item))
        height += max(deeper, default=0)
        if id(value) in shared:
            known[id(value)] = height
    return height
