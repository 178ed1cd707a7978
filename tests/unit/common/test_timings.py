"""Stages and their seconds, over several attempts."""

from __future__ import annotations

from pathlib import Path

import pytest

from sign2gpt.common.timings import finished, seconds_of, timed


def test_a_stage_that_was_stopped_is_done_again_and_one_that_ended_is_not(tmp_path: Path) -> None:
    path, done = tmp_path / "timings.json", []

    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        timed(path, "first", stop)
    assert not finished(path, "first")
    for name in ("first", "first", "second"):
        timed(path, name, lambda name=name: done.append(name))
    assert done == ["first", "second"]
    assert finished(path, "first")
    assert list(seconds_of(path)) == ["first", "second"]
    assert all(seconds >= 0 for seconds in seconds_of(path).values())
