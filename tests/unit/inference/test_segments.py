"""Long videos into sentences: at rests, at cuts of the film, and where they would be too long."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, count, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sign2gpt.common.errors import UserError
from sign2gpt.inference.captions.movement import ActivityTracker
from sign2gpt.inference.captions.segments import MARGIN_S, Segment, Segmentation, segments
from sign2gpt.signing.body.signers import signers
from sign2gpt.signing.config import SigningConfig
from sign2gpt.signing.language.grammar import scripts
from sign2gpt.signing.long import sign_scripts

RATE, SIDE, HOME = 25.0, 32, 4
SIGNING = SigningConfig(train=6, dev=1, test=1, test_unseen_signer=0, tempo=1.3)
SHORT = Segmentation(longest_s=4.0)


def picture(place: int, wall: int = 30) -> np.ndarray:
    """A hand before a wall."""
    frame = np.full((SIDE, SIDE, 3), wall, np.uint8)
    frame[8:24, place : place + 8] = 220
    return frame


def moving(frames: int) -> list[np.ndarray]:
    """A hand that is in another place in every frame, and never at home."""
    return [picture(12 + 3 * (number % 4)) for number in range(frames)]


def still(frames: int, place: int = HOME, wall: int = 30) -> list[np.ndarray]:
    return [picture(place, wall)] * frames


def cut(video: list[np.ndarray], config: Segmentation = SHORT) -> list[Segment]:
    return list(segments(video, RATE, config))


def spans(found: list[Segment]) -> list[tuple[int, int]]:
    return [(round(one.start_s * RATE), round(one.end_s * RATE)) for one in found]


def test_sentences_of_the_signer_are_found():
    frames, signed = sign_scripts(scripts(SIGNING)["train"], signers(0, 3)[2], SIGNING, seed=1, rest_s=0.4)
    found = list(segments(frames, RATE, Segmentation()))
    assert len(found) == len(signed)
    for one, (start_s, end_s) in zip(found, signed, strict=True):
        assert one.start_s == pytest.approx(start_s, abs=0.2)
        assert one.end_s == pytest.approx(end_s, abs=0.2)


def test_movement_does_not_depend_on_how_many_frames_come_at_once():
    video = [*still(20), *moving(30), *still(20), *moving(25), *still(9, place=20)]
    at_once, one_by_one = ActivityTracker(60, rest=4), ActivityTracker(60, rest=4)
    at_once.add(video)
    for frame in video:
        one_by_one.add([frame])
    one_by_one.add([])
    expected, found = at_once.activity(50), one_by_one.activity(50)
    np.testing.assert_array_equal(found.movement, expected.movement)
    np.testing.assert_array_equal(found.resting, expected.resting)
    assert expected.resting[:15].all()  # the second rest: frames 54 to 69 of the video
    assert not expected.resting[20:40].any()


def test_a_rest_ends_a_sentence_and_stays_at_both_of_its_ends():
    margin = round(MARGIN_S * RATE)
    found = spans(cut([*still(20), *moving(30), *still(20), *moving(40), *still(20)]))
    assert found == [(20 - margin, 51 + margin), (70 - margin, 111 + margin)]  # the way back is a frame


def test_a_held_sign_is_no_rest():
    held = still(8, place=20)
    assert len(cut([*still(30), *moving(20), *held, *moving(20), *still(30)])) == 1


def test_a_rest_that_is_shorter_than_asked_for_ends_nothing():
    video = [*still(20), *moving(30), *still(8), *moving(30), *still(20)]
    assert len(cut(video)) == 2
    assert len(cut(video, Segmentation(rest_s=0.4, longest_s=4.0))) == 1


def test_nothing_is_said_where_nothing_moves_or_only_for_a_moment():
    assert cut(still(400)) == []
    assert cut([*still(50), *moving(6), *still(50)]) == []
    assert cut([]) == []


def test_another_camera_between_two_rests_is_no_movement():
    assert len(cut([*still(20), *moving(30), *still(4), *still(4, wall=90), *[f + 60 for f in moving(30)]])) == 2


def test_signing_without_rest_is_cut_where_least_moves():
    quiet = 85  # in the second half of the first 100 frames
    video = [*moving(quiet), *still(3, place=12), *moving(112)]
    found = spans(cut(video))
    assert found[0][0] == 0
    assert found[0][1] in range(quiet - 2, quiet + 4)
    assert all(before[1] == after[0] for before, after in pairwise(found))
    assert found[-1][1] == len(video)
    assert all(end - start <= 4 * RATE for start, end in found)


def test_no_more_is_read_than_a_sentence_can_last():
    read = count()
    endless: Iterator[np.ndarray] = (frame for frame in chain.from_iterable(still(20) + moving(60) for _ in count()))
    found = segments((frame for frame in endless if next(read) >= 0), RATE, SHORT)
    for _ in range(50):
        ahead = next(found).end_s
        assert next(read) / RATE - ahead < SHORT.longest_s + 2


@settings(max_examples=25)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 60)), max_size=8))
def test_sentences_are_stretches_of_the_video_in_order(parts: list[tuple[bool, int]]):
    video = [frame for moves, frames in parts for frame in (moving(frames) if moves else still(frames))]
    found = cut(video)
    assert all(before[1] <= after[0] for before, after in pairwise(spans(found)))
    for one, (start, end) in zip(found, spans(found), strict=True):
        assert np.array_equal(one.frames, np.stack(video[start:end]))
        assert one.end_s - one.start_s <= SHORT.longest_s + 2 * MARGIN_S


def test_lengths_that_do_not_fit_together_are_an_error():
    for wrong in ({"rest_s": 0.0}, {"longest_s": 0.5}, {"rest_s": 3.0, "longest_s": 4.0}):
        with pytest.raises(UserError, match="at least twice"):
            Segmentation(**wrong)
