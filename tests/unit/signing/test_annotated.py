"""Sentences of a real corpus: their own length, smaller draws within larger ones, test sentences by a second signer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sign2gpt.signing.annotated import AnnotatedSentence, annotated_clips, sampled
from sign2gpt.signing.clips import UNSEEN, SignedClip
from sign2gpt.signing.config import SigningConfig

SIZES = {"train": 30, "dev": 10, "test": 10, "test_unseen_signer": 10}
LISTED = [AnnotatedSentence(f"clip-{n}", f"satz {n}", "MORGEN REGEN IM-VERLAUF IX", 2 + n / 25) for n in range(60)]
SENTENCES = {"train": LISTED[:30], "dev": LISTED[30:40], "test": LISTED[40:]}


def _clips(**changes: int) -> list[SignedClip]:
    return list(annotated_clips(SigningConfig(annotations="phoenix14t", **(SIZES | changes)), SENTENCES))


def _frames(sentence: AnnotatedSentence, **changes: float) -> int:
    config = SigningConfig.model_validate({"annotations": "phoenix14t", "train": 1, **changes})
    (clip,) = annotated_clips(config, {"train": [sentence], "dev": [], "test": []})
    return sum(1 for _ in clip.frames())


@pytest.mark.parametrize("size", [32, 192])
@pytest.mark.parametrize("count", [31, 44, 61, 97])
def test_a_clip_has_as_many_frames_as_the_real_one(size: int, count: int) -> None:
    assert _frames(AnnotatedSentence("a", "morgen regen", "MORGEN REGEN IX NORD", count / 25), size=size) == count


def test_a_length_at_another_rate_is_kept_in_seconds() -> None:
    assert _frames(AnnotatedSentence("a", "morgen regen", "MORGEN REGEN IX NORD", 2.0), frame_rate=30, size=32) == 60


def test_a_length_that_nobody_knows_is_the_natural_one() -> None:
    sentence = AnnotatedSentence("a", "morgen regen", "MORGEN REGEN IX NORD")
    assert 45 < _frames(sentence, size=32) < 80
    assert _frames(sentence, size=32, tempo=2.0) < 40


def test_no_sentence_is_too_long_or_too_short_to_be_signed() -> None:
    assert _frames(AnnotatedSentence("a", "kurz", "MORGEN REGEN IX NORD", 0.04), size=32) > 10
    assert _frames(AnnotatedSentence("a", "lang", "REGEN", 60.0), size=32) < 60


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 5))
def test_a_smaller_draw_is_a_part_of_a_larger_one_in_the_same_order(small: int, large: int, seed: int) -> None:
    small, large = sorted((small, large))
    few, many = (sampled(SENTENCES["train"], "train", size, seed) for size in (small, large))
    assert len(few) == small
    assert [sentence for sentence in many if sentence in few] == few
    assert sorted(many, key=LISTED.index) == many


def test_a_small_corpus_is_a_part_of_a_large_one() -> None:
    few, many = _clips(train=7, dev=1, test=3, test_unseen_signer=2), _clips()
    assert {clip.made_from for clip in few} < {clip.made_from for clip in many}


def test_the_held_out_signer_signs_test_sentences_again_and_nothing_else_changes() -> None:
    clips = _clips(test_unseen_signer=4)
    test = {clip.id: clip for clip in clips if clip.split == "test"}
    again = [clip for clip in clips if clip.split == UNSEEN]
    assert len(again) == 4
    assert {clip.signer for clip in again}.isdisjoint({clip.signer for clip in clips if clip.split != UNSEEN})
    for clip in again:
        first = test[clip.id.removesuffix(f"-{clip.signer}")]
        assert (clip.script, clip.num_frames) == (first.script, first.num_frames)
        assert sum(1 for _ in clip.frames()) == sum(1 for _ in first.frames()) == clip.num_frames
    assert len({clip.id for clip in clips}) == len(clips)


def test_a_question_is_asked_with_the_face() -> None:
    sentences = {
        "train": [AnnotatedSentence("a", "你 好 吗？", "你 好"), AnnotatedSentence("b", "你 好。", "你 好")],
        "dev": [],
        "test": [],
    }
    asked, told = annotated_clips(SigningConfig(annotations="csl_daily"), sentences)
    assert (asked.script.question, told.script.question) == (True, False)
