"""The wire between server and worker: whole messages, in time, or none."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sign2gpt.app.worker.wire import Wire

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@pytest.fixture
def ends() -> Iterator[tuple[Wire, socket.socket]]:
    """Ours, and the other side's socket itself."""
    here, there = socket.socketpair()
    with here, there:
        yield Wire(here), there


@settings(deadline=None)
@given(st.lists(st.lists(JSON, min_size=2, max_size=2), min_size=1, max_size=4))
def test_messages_come_whole_and_in_order(messages: list[list[object]]) -> None:
    here, there = map(Wire, socket.socketpair())
    assert not there.waiting()
    for message in messages:
        here.send(*message)
    for number, message in enumerate(messages):
        assert there.waiting()
        assert there.receive(10) == message, number
    assert not there.waiting()
    here.close()
    with pytest.raises(EOFError):
        there.receive(10)
    there.close()


def test_half_a_message_holds_nobody(ends: tuple[Wire, socket.socket]) -> None:
    wire, there = ends
    there.sendall(b'["answer", {"text"')
    with pytest.raises(TimeoutError):
        wire.receive(0.01)
    there.sendall(b": 3}]\n")
    assert wire.receive(10) == ["answer", {"text": 3}]


def test_who_never_ends_is_received_no_longer_than_the_time(ends: tuple[Wire, socket.socket]) -> None:
    wire, there = ends
    there.sendall(b"[1, 2]\n" * 3)
    assert wire.receive(10) == [1, 2]
    with pytest.raises(TimeoutError):
        wire.receive(0)


def test_who_does_not_listen_holds_nobody(ends: tuple[Wire, socket.socket]) -> None:
    wire, _ = ends
    with pytest.raises(TimeoutError):
        wire.send("x" * (8 << 20), seconds=0.01)


@pytest.mark.parametrize("said", [b"{\n", b"[" * 100_000 + b"\n", b"\xff\n"])
def test_what_is_no_message_is_as_good_as_none(ends: tuple[Wire, socket.socket], said: bytes) -> None:
    wire, there = ends
    there.sendall(said)
    with pytest.raises(EOFError):
        wire.receive(10)
