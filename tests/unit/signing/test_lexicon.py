"""The invented lexicon: any gloss has a sign, signs can be told apart, families look alike."""

from __future__ import annotations

from itertools import combinations
from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sign2gpt.signing.config import SigningConfig
from sign2gpt.signing.language.grammar import scripts
from sign2gpt.signing.language.lexicon import MONTHS, UNITS, WEEKDAYS, Lexicon
from sign2gpt.signing.language.phonology import DRAWN, HANDSHAPES, ORIENTATIONS, PLACES, distance


@given(gloss=st.text(), seed=st.integers(min_value=0, max_value=2**31))
def test_any_string_has_one_sign(gloss: str, seed: int) -> None:
    sign = Lexicon(seed).sign(gloss)
    assert sign == Lexicon(seed).sign(gloss)
    assert {sign.start, sign.end, sign.base} <= HANDSHAPES.keys()
    assert sign.place in PLACES
    assert sign.orientation in ORIENTATIONS


def test_inventory_holds_at_least_24_hand_shapes_and_no_two_are_the_same() -> None:
    assert len(DRAWN) >= 24
    assert len({tuple(HANDSHAPES[name].vector()) for name in DRAWN}) == len(DRAWN)


def test_spelling_of_umlauts_and_case_do_not_matter() -> None:
    assert Lexicon(3).sign("fünf") == Lexicon(3).sign("FUENF") == Lexicon(3).sign("5")


@pytest.mark.parametrize("seed", range(5))
def test_signs_of_the_weather_report_can_be_told_apart(seed: int) -> None:
    lexicon = Lexicon(seed)
    vocabulary = {gloss for split in scripts(SigningConfig()).values() for script in split for gloss in script.glosses}
    assert len(vocabulary) > 90
    nearest = min(distance(lexicon.sign(a), lexicon.sign(b)) for a, b in combinations(sorted(vocabulary), 2))
    assert nearest >= 0.7


@pytest.mark.parametrize("family", [UNITS[:6], MONTHS, WEEKDAYS])
def test_members_of_a_family_look_alike(family: tuple[str, ...]) -> None:
    lexicon = Lexicon(0)
    signs = [lexicon.sign(name) for name in family]
    assert len(set(signs)) == len(signs)
    assert len({(sign.path.kind, sign.orientation, sign.hands) for sign in signs}) == 1
    strangers = [lexicon.sign(name) for name in ("REGEN", "WOLKE", "SONNE", "NEBEL")]
    within = mean(distance(a, b) for a, b in combinations(signs, 2))
    across = mean(distance(sign, stranger) for sign in signs for stranger in strangers)
    assert within < across


def test_another_seed_is_another_language() -> None:
    words = [f"WORD{i}" for i in range(50)]
    same = sum(Lexicon(0).sign(word) == Lexicon(1).sign(word) for word in words)
    assert same == 0


def test_known_glosses_do_not_depend_on_the_others() -> None:
    lexicon = Lexicon(0)
    before = lexicon.sign("REGEN")
    for i in range(100):
        lexicon.sign(f"OTHER{i}")
    assert lexicon.sign("REGEN") == before
