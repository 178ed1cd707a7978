"""The conventions of two corpora: what each gloss string becomes."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sign2gpt.signing.config import Annotations
from sign2gpt.signing.language.lexicon import LETTERS, Lexicon
from sign2gpt.signing.language.phonology import PLACES, Marked, distance
from sign2gpt.signing.language.transcription import PALM_UP, POINTING, transcribe

LEXICON = Lexicon(0)


def german(glosses: str) -> list[Marked]:
    return transcribe(glosses, "phoenix14t", LEXICON)


def chinese(glosses: str) -> list[Marked]:
    return transcribe(glosses, "csl_daily", LEXICON)


def plain(*names: str) -> list[Marked]:
    return [Marked(LEXICON.sign(name)) for name in names]


def spelled(*letters: str) -> list[Marked]:
    return [Marked(LEXICON.letter(letter)) for letter in letters]


REGEN = LEXICON.sign("REGEN")


@pytest.mark.parametrize(
    ("glosses", "signs"),
    [
        ("REGEN MORGEN", plain("REGEN", "MORGEN")),
        ("__ON__ REGEN __OFF__", plain("REGEN")),
        ("__EMOTION__ __LEFTHAND__ __EPENTHESIS__", []),
        ("__PU__", [Marked(PALM_UP)]),
        ("IX", [Marked(POINTING)]),
        ("WG", plain("WG")),
        ("WIE-AUSSEHEN", plain("WIE-AUSSEHEN")),
        ("T-SHIRT", plain("T-SHIRT")),
        ("NICHT", [Marked(LEXICON.sign("NICHT"), negated=True)]),
        ("neg-REGEN", [Marked(REGEN, negated=True)]),
        ("neg-" * 2000 + "REGEN", [Marked(REGEN, negated=True)]),
        ("neg-NICHT-MEHR", [Marked(LEXICON.sign("NICHT-MEHR"), negated=True)]),
        ("lh-REGEN", plain("REGEN")),
        ("qu-REGEN", [Marked(replace(REGEN, face=replace(REGEN.face, brows=1.0)))]),
        ("poss-MEIN", [Marked(LEXICON.possessive("MEIN"))]),
        ("REGEN-PLUSPLUS", plain("REGEN", "REGEN")),
        ("REGEN" + 300 * "PLUSPLUS", plain("REGEN", "REGEN")),
        ("REGEN++", plain("REGEN", "REGEN")),
        ("poss-MEIN++", 2 * [Marked(LEXICON.possessive("MEIN"))]),
        ("REGEN+", plain("REGEN", "REGEN")),
        ("J+U+L+I", spelled("J", "U", "L", "I")),
        ("SCH+H", spelled("SCH", "H")),
        ("G+U+NN+E+R", spelled("G", "U", "NN", "E", "R")),
        ("S", spelled("S")),
        ("S0NNE HABEN2", plain("SONNE", "HABEN")),
        ("ZWANZIG", plain("20")),
        ("-", plain("-")),
        ("neg-", plain("neg-")),
        ("neg-__ON__", []),
    ],
)
def test_transcriptions_of_phoenix14t(glosses: str, signs: list[Marked]) -> None:
    assert german(glosses) == signs


@pytest.mark.parametrize(
    ("glosses", "signs"),
    [
        ("你们 好", plain("你们", "好")),
        ("1 50", plain("EINS", "FUENFZIG")),
        ("500", plain("5", "0", "0")),
        ("APP", spelled("A", "P", "P")),
        ("b", spelled("B")),
        ("爱-1", plain("爱-1")),
        ("爱(1)", plain("爱(1)")),
        ("３", plain("3")),
        ("， 。 （ ）", []),
    ],
)
def test_transcriptions_of_csl_daily(glosses: str, signs: list[Marked]) -> None:
    assert chinese(glosses) == signs


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["REGEN", "NORD", "FUENF", "SIEBEN", "SONNE", "KOMMEN"])
def test_each_prefix_shows(name: str, seed: int) -> None:
    variants = [f"{prefix}-{name}" for prefix in ("loc", "neg", "negalp", "poss")]
    signs = [repr(transcribe(gloss, "phoenix14t", Lexicon(seed))) for gloss in [name, *variants]]
    assert len(set(signs)) == len(signs)


def test_a_classifier_moves_like_its_sign() -> None:
    (mark,) = german("cl-KOMMEN")
    assert mark.sign.path == LEXICON.sign("KOMMEN").path
    assert mark.sign.start == mark.sign.end


def test_letters_are_a_family_whose_members_can_be_told_apart() -> None:
    signs = [LEXICON.letter(letter) for letter in LETTERS]
    assert len({(sign.place, sign.path, sign.hands) for sign in signs}) == 1
    assert min(distance(a, b) for a, b in combinations(signs, 2)) >= 0.7


def test_who_owns_shows() -> None:
    signs = [LEXICON.possessive(owner) for owner in ("MEIN", "EUCH", "SEIN", "BEI-UNS")]
    assert all(distance(a, b) > 0 for a, b in combinations(signs, 2))


@given(glosses=st.text(), convention=st.sampled_from(["phoenix14t", "csl_daily"]))
def test_any_string_goes_through(glosses: str, convention: Annotations) -> None:
    assert all(mark.sign.place in PLACES for mark in transcribe(glosses, convention, LEXICON))
