"""Movement of a sentence: from rest to rest, smooth, bent by its neighbours, marked by face and head."""

from __future__ import annotations

import numpy as np

from sign2gpt.signing.body.motion import Tracks, tracks
from sign2gpt.signing.body.signers import signers
from sign2gpt.signing.body.strokes import REST, Manner, figure, stroke
from sign2gpt.signing.language.lexicon import Lexicon
from sign2gpt.signing.language.phonology import Face, Marked, Path, Sign

SIGNER = signers(0, 1)[0]
PLAIN = Manner(movement=1.0, length=1.0, shift=np.zeros(3), hand=1.0)


def _tracks(*signs: Sign, negated: bool = False, question: bool = False, tempo: float = 1.0) -> Tracks:
    return tracks([Marked(sign, negated) for sign in signs], SIGNER, 25.0, seed=1, tempo=tempo, question=question)


def _signs(*glosses: str) -> list[Sign]:
    return [Lexicon(0).sign(gloss) for gloss in glosses]


def test_a_sentence_begins_and_ends_at_rest() -> None:
    moves = _tracks(*_signs("REGEN", "MORGEN", "NORDEN"))
    assert np.allclose(moves.hands[:, 0], REST)
    assert np.abs(moves.hands[:, -1, :3] - REST[:3]).max() < 0.02


def test_no_jump_between_two_frames() -> None:
    moves = _tracks(*_signs("REGEN", "MORGEN", "WOLKE", "FUENF", "MONTAG", "MAI"))
    steps = np.linalg.norm(np.diff(moves.hands[:, :, :3], axis=1), axis=-1)
    assert steps.max() < 0.25


def test_a_gloss_takes_about_twelve_frames_and_tempo_shortens_it() -> None:
    glosses = _signs("REGEN", "MORGEN", "WOLKE", "SONNE", "MONTAG", "NORDEN", "WIND", "MAI")
    frames = _tracks(*glosses).hands.shape[1]
    around = 25 * 0.44 / SIGNER.tempo
    assert 10 <= (frames - around) / len(glosses) <= 14
    assert _tracks(*glosses, tempo=2.0).hands.shape[1] < 0.6 * frames


def test_the_sign_before_bends_the_start_of_the_next() -> None:
    target = Sign("flat", "flat", "chest", "up-out", Path("hold"))
    high, low = (Sign("flat", "flat", place, "up-out", Path("hold")) for place in ("forehead", "belly"))
    after_high, after_low = (_tracks(before, target).hands[0, :, 1] for before in (high, low))
    middle = range(len(after_high) // 2, len(after_high) // 2 + 4)
    assert all(after_high[t] < after_low[t] for t in middle)
    assert abs(after_high[-9] - after_low[-9]) < 0.02


def test_negation_shakes_the_head_and_a_question_raises_the_brows() -> None:
    sign = Sign("flat", "flat", "chest", "up-out", Path("line"), face=Face())
    plain, negated, asked = _tracks(sign), _tracks(sign, negated=True), _tracks(sign, question=True)
    assert np.ptp(plain.head[:, 0]) < 0.01
    assert np.ptp(negated.head[:, 0]) > 0.8
    assert negated.brows.min() < -0.9
    assert asked.brows.min() > 0.9


def test_hands_in_symmetry_move_alike_and_alternating_ones_do_not() -> None:
    u = np.linspace(0, 1, 9)
    mirror = Sign("five", "five", "front", "up-out", Path("line", 2), hands="mirror")
    alternate = Sign("five", "five", "front", "up-out", Path("line", 2), hands="alternate")
    assert np.allclose(stroke(mirror, PLAIN, u, other=False), stroke(mirror, PLAIN, u, other=True))
    one, other = (stroke(alternate, PLAIN, u, other=hand)[:, 1] for hand in (False, True))
    assert np.allclose(one, other[::-1])
    assert not np.allclose(one, other)


def test_paths_differ_and_stay_within_their_length() -> None:
    u = np.linspace(0, 1, 40)
    seen = [figure(Path(kind, 1, 0.15, 1), u) for kind in ("hold", "line", "arc", "circle", "zigzag", "tap")]
    assert all(np.abs(way).max() <= 0.15 for way in seen)
    assert all(np.abs(a - b).max() > 0.02 for i, a in enumerate(seen) for b in seen[:i])


def test_the_eyes_blink_but_are_mostly_open() -> None:
    lids = _tracks(*_signs(*"ABCDEFGHIJ")).lids
    assert lids.min() < 0.3
    assert np.mean(lids > 0.9) > 0.7
