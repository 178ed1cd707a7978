"""Pickles of strangers: plain values come back as they were, all else is refused in one line and never run."""

from __future__ import annotations

import datetime
import gzip
import os
import pickle
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sign2gpt.common.errors import UserError
from sign2gpt.common.unpickle import Limits, plain, read_plain

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
keys = st.text() | st.integers(-(2**32) + 1, 2**32 - 1)
values = st.recursive(
    leaves,
    lambda inside: st.lists(inside) | st.lists(inside).map(tuple) | st.dictionaries(keys, inside),
    max_leaves=30,
)


class Trap:
    """Breaks the test where it is called."""

    def __reduce__(self) -> tuple[Any, ...]:
        return exec, ("raise SystemExit('a pickle was run')",)


def refusal(data: bytes, limits: Limits = Limits()) -> str:
    with pytest.raises(UserError) as told:
        plain(data, "labels.train", limits)
    message = str(told.value)
    assert message.startswith("labels.train: ")
    assert "\n" not in message
    return message


@given(values, st.sampled_from(PROTOCOLS))
def test_plain_values_come_back_at_every_protocol(value: Any, protocol: int) -> None:
    found = plain(pickle.dumps(value, protocol), "labels.train")
    assert repr(found) == repr(value)


def test_what_lies_in_two_places_is_one_object() -> None:
    shared = ["eins"]
    found = plain(pickle.dumps({"a": shared, "b": (shared, shared)}), "labels.train")
    assert found["a"] is found["b"][0] is found["b"][1]


def test_strings_of_python_2_are_taken_for_utf_8() -> None:
    text = "grüßt".encode()
    assert plain(b"U" + bytes([len(text)]) + text + b".", "labels.train") == "grüßt"


@settings(max_examples=500)
@given(st.binary(max_size=200))
def test_random_bytes_are_refused_in_one_line(data: bytes) -> None:
    assert_plain(outcome(data))


@settings(max_examples=500)
@given(values, st.sampled_from(PROTOCOLS), st.data())
def test_mutated_pickles_give_plain_values_or_one_line(value: Any, protocol: int, data: st.DataObject) -> None:
    pickled = bytearray(pickle.dumps({"trap": value, "name": ["S000000_P0000_T00"]}, protocol))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(pickled) - 1))
        pickled[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        pickled = pickled or bytearray(b".")
    assert_plain(outcome(bytes(pickled)))


def outcome(data: bytes) -> Any:
    """What a pickle holds, or the one line that refuses it."""
    try:
        return plain(data, "labels.train")
    except UserError as error:
        return "refused" if "\n" not in str(error) else error


def assert_plain(value: Any) -> None:
    assert type(value) in (list, tuple, dict, str, int, float, bool, type(None))
    if isinstance(value, list | tuple):
        for item in value:
            assert_plain(item)
    elif isinstance(value, dict):
        assert {type(key) for key in value} <= {str, int}
        for item in value.values():
            assert_plain(item)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "value",
    [Trap(), [Trap()], {"a": (1, Trap())}, os.system, datetime.date(2024, 1, 1), {1, 2}, b"bytes", 1j, Path("a")],
    ids=lambda value: type(value).__name__,
)
def test_all_but_plain_values_is_refused_and_never_run(value: Any, protocol: int) -> None:
    assert "refused, it contains" in refusal(pickle.dumps(value, protocol))


@pytest.mark.parametrize(
    "data",
    [
        b"cos\nsystem\n(S'true'\ntR.",
        b"(S'true'\nios\nsystem\n.",
        b"\x80\x04\x8c\x05posix\x8c\x06system\x93.",
        b"\x80\x02\x82\x01.",
        b"Pknown to the reader\n.",
        b"\x80\x02NQ.",
        b"\x80\x05\x97.",
        b"}}b.",
    ],
)
def test_opcodes_that_reach_outside_are_refused(data: bytes) -> None:
    assert "refused, it contains" in refusal(data)


def test_deep_and_endless_nesting_is_refused() -> None:
    refusal(b"(" * 1_000_000 + b"t" * 1_000_000 + b".", Limits(steps=3_000_000))
    assert "too deep" in refusal(b"]" * 100_000 + b"a" * 99_999 + b".")
    assert "too deep" in refusal(b"]q\x00h\x00a.")
    assert "too deep" in refusal(b"]q\x00(h\x00ta.")


def test_a_value_that_doubles_at_every_level_is_read_at_once() -> None:
    value: list[Any] = []
    for _ in range(60):
        value = [value, value]
    assert len(plain(pickle.dumps(value), "labels.train")) == 2
    assert "too deep" in refusal(pickle.dumps([[[[[value]]]]]))


def test_sizes_that_lie_and_long_lists_are_refused_before_memory_is_taken() -> None:
    refusal(b"\x80\x04\x8d" + struct.pack("<Q", 1 << 60) + b"text.")
    refusal(b"\x80\x04X" + struct.pack("<I", 0xFFFFFFFF) + b"text.")
    refusal(b"\x80\x04\x95" + struct.pack("<Q", 1 << 62) + b"r" + struct.pack("<I", 0xFFFFFFFF) + b".")
    refusal(b"\x80\x02\x8b" + struct.pack("<i", 0x7FFFFFFF) + b"1.")
    refusal(b"L" + b"9" * 100_000 + b"L\n.")
    assert "over 1,000 steps" in refusal(pickle.dumps([None] * 1_000_000), Limits(steps=1_000))


def test_keys_are_strings_or_small_whole_numbers() -> None:
    for key in (1.5, None, True, (1, 2), 2**61 - 1):
        assert "keys" in refusal(pickle.dumps({key: 1}))


def test_halves_of_surrogate_pairs_are_refused() -> None:
    refusal(pickle.dumps(["\ud800"]))


@pytest.mark.parametrize("packed", [True, False], ids=["gzip", "bare"])
def test_files_are_read_packed_or_bare_and_damage_is_told(tmp_path: Path, packed: bool) -> None:
    path, value = tmp_path / "labels.dev", {"dev/a": {"text": "grüßt", "imgs_path": ["dev/a/1.png"] * 3}}
    data = gzip.compress(pickle.dumps(value)) if packed else pickle.dumps(value)
    path.write_bytes(data)
    assert read_plain(path) == value
    for damaged in (data[:-5], data[: len(data) // 2], data[:1], b"", data + b"x", b"no pickle\n" * 10):
        path.write_bytes(damaged)
        with pytest.raises(UserError, match=r"labels\.dev: [^\n]*$"):
            read_plain(path)


def test_a_bomb_and_an_absent_file_are_told(tmp_path: Path) -> None:
    path = tmp_path / "labels.dev"
    with pytest.raises(UserError, match="no such file"):
        read_plain(path)
    path.write_bytes(gzip.compress(b"N" * 3_000_000))
    with pytest.raises(UserError, match="limit of 1 MiB"):
        read_plain(path, Limits(bytes=1 << 20))
