"""Pseudo-glosses beside the signs: counted by hand."""

from __future__ import annotations

import pytest

from sign2gpt.data.glosses.taggers import Tagged
from sign2gpt.evaluation.glosses.proxy import Missed, Proxy, proxy


def words(line: str) -> list[Tagged]:
    """``regen/NOUN`` for a word that stays, ``im/ADP!`` for one that is dropped."""
    parted = (item.split("/") for item in line.split())
    return [Tagged(word, word, pos.rstrip("!"), not pos.endswith("!")) for word, pos in parted]


@pytest.fixture(scope="module")
def found() -> Proxy:
    made = proxy(
        [
            (words("morgen/ADV regen/NOUN im/ADP! norden/NOUN regen/NOUN ./PUNCT!"), "REGEN REGEN NORD"),
            (words("heute/ADV sonne/NOUN bis/ADP! süden/NOUN"), "SONNE BIS IX"),
            (words("nebel/NOUN"), ""),
        ]
    )
    assert made is not None
    return made


def test_precision_and_recall_count_words_and_glosses_once_in_a_sentence(found: Proxy) -> None:
    everything = found.exact.all
    assert found.sentences == 2, "the third has no glosses"
    assert (everything.words, everything.signed, everything.named, everything.glosses) == (6, 2, 2, 5)
    assert (everything.precision, everything.recall) == (pytest.approx(2 / 6), pytest.approx(2 / 5))
    assert found.related.all.recall == pytest.approx(3 / 5), "norden begins as NORD does"


def test_parts_of_speech_share_the_glosses_and_dropped_ones_show_what_they_would_add(found: Proxy) -> None:
    parts = found.exact.parts_of_speech
    assert list(parts) == ["NOUN", "ADV", "ADP"], "kept ones first, punctuation is none"
    assert (parts["NOUN"].words, parts["NOUN"].signed) == (4, 2)
    assert (parts["ADP"].kept, parts["ADP"].recall) == (False, pytest.approx(1 / 5))


def test_dropped_words_akin_to_a_gloss_would_add_it_too() -> None:
    made = proxy([(words("regen/NOUN gegenüber/ADP!"), "REGEN GEGEN")])
    assert made is not None
    assert made.exact.parts_of_speech["ADP"].named == 0
    assert made.related.parts_of_speech["ADP"].named == 1
    assert made.related.all.named == 1, "what is dropped is no pseudo-gloss"


def test_what_never_meets_a_counterpart(found: Proxy) -> None:
    assert [missed.name for missed in found.never_named] == ["BIS", "IX"]
    assert [missed.name for missed in found.never_signed] == ["heute", "morgen", "süden"]
    assert found.unnamed == [Missed(name="BIS", sentences=1, without=1), Missed(name="IX", sentences=1, without=1)]


def test_without_glosses_there_is_nothing_to_compare() -> None:
    assert proxy([(words("nebel/NOUN"), "")]) is None
