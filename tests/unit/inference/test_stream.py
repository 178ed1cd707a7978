"""A clip that is still coming: what is said on the way, and that the last word is the whole clip's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, count, repeat
from pathlib import Path

import numpy as np
import pytest
from worlds import colours

from sign2gpt.common.errors import UserError
from sign2gpt.inference.stream import streamed
from sign2gpt.inference.translator import Translator


@pytest.fixture(scope="module")
def translator(world: Path) -> Translator:
    return Translator.from_pretrained(world / "translate", "cpu")


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    return np.stack(list(colours(["rot", "blau", "grün", "rot", "gelb"])))


@pytest.mark.parametrize("length", [1, 2, 9, 20])
@pytest.mark.parametrize("frame_rate", [None, 10.0, 29.97, 60.0])
def test_the_last_word_is_the_whole_clips(
    translator: Translator, frames: np.ndarray, length: int, frame_rate: float | None
):
    *_, found = translator.stream(iter(frames[:length]), frame_rate, every_s=0.1)
    expected = translator.translate(frames[:length], frame_rate)
    assert found.final
    assert found.text == expected.text
    assert found.log_probability == pytest.approx(expected.log_probability, abs=1e-4)
    assert found.pseudo_glosses is not None
    assert expected.pseudo_glosses is not None
    assert [(g.gloss, g.start_s, g.end_s) for g in found.pseudo_glosses] == [
        (g.gloss, g.start_s, g.end_s) for g in expected.pseudo_glosses
    ]


def test_it_also_is_with_an_encoder_that_was_kept_to_localise(translator: Translator, world: Path, frames: np.ndarray):
    pretrained = Translator.from_pretrained(world / "pretrain", "cpu")
    kept = Translator(replace(translator.run, localizer=pretrained.run.model))
    *_, found = kept.stream(frames)
    expected = kept.translate(frames)
    assert (found.text, found.pseudo_glosses) == (expected.text, expected.pseudo_glosses)


def test_it_says_what_it_has_seen_and_looks_at_each_frame_once(translator: Translator, frames: np.ndarray):
    twice = Translator(translator.run)
    twice.reader.frames = translator.reader.frames.model_copy(update={"stride": 2})
    looked: list[int] = []
    hook = twice.reader.model.spatial.register_forward_hook(lambda module, given, made: looked.append(len(given[0])))
    clock = repeat(0.0)
    found = list(streamed(twice.reader, iter(frames), 25.0, 0.2, 9.0, twice.decoding(), lambda: next(clock)))
    hook.remove()
    assert [said.seen_s for said in found] == [0.2, 0.4, 0.6, 0.8, 0.8]
    assert [said.final for said in found] == [False, False, False, False, True]
    assert sum(looked) == len(range(0, len(frames), 2))
    for said in found:
        seen = frames[: round(said.seen_s * 25)]
        assert said.text == twice.translate(seen).text


def test_what_is_said_on_the_way_is_left_out_behind_the_clock(translator: Translator, frames: np.ndarray):
    slow = count(0.0, 1.0)
    found = list(streamed(translator.reader, iter(frames), 25.0, 0.2, 9.0, translator.decoding(), lambda: next(slow)))
    assert [said.final for said in found] == [True]
    assert found[0].text == translator.translate(frames).text


def test_a_stream_takes_frames_as_they_come(translator: Translator, frames: np.ndarray):
    taken: list[int] = []

    def camera() -> Iterator[np.ndarray]:
        for number, frame in enumerate(chain(frames, frames)):
            taken.append(number)
            yield frame

    first = next(translator.stream(camera(), every_s=0.2))
    assert first.seen_s == 0.2
    assert len(taken) == 5


def test_no_clip_no_sentence(translator: Translator, world: Path, frames: np.ndarray):
    for wrong, message in (
        ([], "there are no frames"),
        ([frames], r"a frame must be \(H, W, 3\) uint8"),
        ([frames[0].astype(np.float32)], r"a frame must be \(H, W, 3\) uint8"),
    ):
        with pytest.raises(UserError, match=message):
            list(translator.stream(wrong))
    short = Translator(translator.run, longest_s=0.4)
    with pytest.raises(UserError, match=r"longer than 0\.4 s"):
        list(short.stream(repeat(frames[0])))
    with pytest.raises(UserError, match="frame_rate must be over 0"):
        translator.stream(frames, frame_rate=0)
    with pytest.raises(UserError, match="every_s must be over 0"):
        translator.stream(frames, every_s=0)
    with pytest.raises(UserError, match="is a pretraining run"):
        Translator.from_pretrained(world / "pretrain", "cpu").stream(frames)


def test_a_run_decodes_otherwise_where_asked(translator: Translator, frames: np.ndarray):
    assert translator.translate(frames).alternatives
    assert translator.translate(frames, beams=1).alternatives == []
    *_, streamed_so = translator.stream(frames, beams=1)
    assert streamed_so.text == translator.translate(frames, beams=1).text
    told: list[str] = []
    assert translator.translate(frames, beams=1, streamer=told.append).text == (told or [""])[-1]
    drawn = translator.translate(frames, beams=3, sampling={"temperature": 2.0, "seed": 1})
    assert len(drawn.alternatives) == 2
    with pytest.raises(UserError, match="unknown key beam"):
        translator.translate(frames, beam=1)
    for several in (
        lambda: translator.translate(frames, streamer=print),
        lambda: translator.translate([frames], beams=1, streamer=print),
    ):
        with pytest.raises(UserError, match="with beams=1"):
            several()
