from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sign2gpt.data.glosses.taggers import Tagged
from sign2gpt.evaluation.analysis import (
    Aligned,
    by_glosses_missed,
    by_length,
    by_part_of_speech,
    by_signer,
    by_word_kind,
    confusions,
    gloss_scores,
    rate_where_found,
)
from sign2gpt.evaluation.config import EvaluationConfig
from sign2gpt.evaluation.record import ScoredSentence
from sign2gpt.evaluation.words.alignment import align
from sign2gpt.evaluation.words.content import content, tagger_of
from sign2gpt.evaluation.words.facts import is_number
from sign2gpt.inference.translation import PlacedGloss

WORDS = st.lists(st.sampled_from("abcd"), max_size=8)


def _sentence(reference: str, hypothesis: str, signer: str = "", targets: str = "", placed: str = "") -> ScoredSentence:
    return ScoredSentence(
        id=reference,
        signer=signer,
        reference=reference,
        english="",
        hypothesis=hypothesis,
        log_probability=-1.0,
        pseudo_glosses=[PlacedGloss(gloss, 0.0, 1.0, 0.5) for gloss in placed.split()],
        targets=targets.split(),
        in_train=False,
    )


def _aligned(*sentences: ScoredSentence) -> list[Aligned]:
    return [Aligned(s, align(s.reference.split(), s.hypothesis.split())) for s in sentences]


@given(WORDS, WORDS)
def test_an_alignment_spells_both_sides_at_the_least_cost(reference: list[str], hypothesis: list[str]) -> None:
    pairs = align(reference, hypothesis)
    assert [word for word, _ in pairs if word is not None] == reference
    assert [word for _, word in pairs if word is not None] == hypothesis
    cost = sum(first != second for first, second in pairs)
    assert abs(len(reference) - len(hypothesis)) <= cost <= max(len(reference), len(hypothesis))
    assert cost == sum(first != second for first, second in align(hypothesis, reference))
    assert (cost == 0) == (reference == hypothesis)


def test_an_alignment_by_hand() -> None:
    pairs = align(["am", "tag", "starker", "regen"], ["am", "tag", "regen", "heute"])
    assert pairs == [("am", "am"), ("tag", "tag"), ("starker", None), ("regen", "regen"), (None, "heute")]


def test_errors_by_length_signer_and_kind_of_word() -> None:
    items = _aligned(
        _sentence("regen", "regen", "anna"),
        _sentence("regen im norden", "regen im norden", "anna"),
        _sentence("am tag elf grad im norden", "am tag zwölf grad im norden und", "ben"),
    )
    assert [group.errors for group in by_length(items)] == [0, 0, 2]
    ben = by_signer(items)[1]
    assert (ben.name, ben.sentences, ben.exact, ben.words) == ("ben", 1, 0, 6)
    assert ben.rate == pytest.approx(100 * 2 / 6)
    numbers, others = by_word_kind(items)
    assert (numbers.words, numbers.errors) == (1, 1)
    assert (others.words, others.errors) == (9, 1)
    assert confusions(items, 5) == [("elf", "zwölf", 1)]


@pytest.mark.parametrize(
    ("language", "texts", "count"),
    [
        ("de", ["am Montag zwölf Grad.", "um 12.", "minus drei bis plus 5 grad, elf.", "den dritten märz"], 6),
        ("en", ["twelve cups, and 3.5 pounds of flour.", "There were two, then ten."], 4),
    ],
)
def test_numbers_are_the_same_in_every_table(language: str, texts: list[str], count: int) -> None:
    items = _aligned(*(_sentence(text, text) for text in texts))
    kinds = {group.name: group.words for group in by_word_kind(items)}
    parts = {group.name: group.words for group in by_part_of_speech(items, tagger_of(language))}
    came_through = content(texts, texts, language, EvaluationConfig(bootstrap=0), seed=0).kinds
    assert kinds["numbers"] == parts["numbers"] == came_through["numbers"].words == count
    assert "number_words" not in came_through


def test_of_characters_those_of_numbers_are_named_so() -> None:
    sentence = _sentence("二 十 五 度", "二 十 六 度")
    items = [Aligned(sentence, align(sentence.reference.split(), sentence.hypothesis.split()), characters=True)]
    numbers, others = by_word_kind(items)
    assert (numbers.name, numbers.words, numbers.errors) == ("characters of numbers", 3, 1)
    assert (others.name, others.words, others.errors) == ("other characters", 1, 0)
    found = {group.name: (group.words, group.errors) for group in by_part_of_speech(items, tagger_of("zh"))}
    assert found["characters of numbers"] == (3, 1)


def test_a_sentence_with_other_blanks_and_decomposed_letters_is_exact() -> None:
    (item,) = _aligned(_sentence("regen\u00a0im su\u0308den", "regen\tim süden"))
    assert (item.words, item.errors, item.sentence.reference) == (3, 0, "regen im süden")


def test_errors_by_pseudo_glosses_missed() -> None:
    items = _aligned(
        _sentence("b", "x", targets="regen wind tag frost", placed="sonne"),
        _sentence("a", "a", targets="regen wind", placed="wind regen regen"),
    )
    assert [(group.name, group.errors) for group in by_glosses_missed(items)] == [
        ("all found", 0),
        ("three or more missed", 1),
    ]
    assert rate_where_found(items) == (0, 100)
    assert rate_where_found(items[:1]) == (None, 100)


def test_the_worst_pseudo_gloss_comes_first() -> None:
    sentences = [
        _sentence("a", "a", targets="regen wind", placed="regen"),
        _sentence("b", "b", targets="regen", placed="regen wind"),
        _sentence("c", "c", targets="frost", placed="regen"),
    ]
    found = gloss_scores(sentences)
    assert [score.gloss for score in found] == ["frost", "wind", "regen"]
    assert (found[2].precision, found[2].recall, found[2].support) == (pytest.approx(2 / 3), 1.0, 2)


@pytest.mark.parametrize("word", ["12", "-3", "12.", "elf", "einundzwanzigsten", "siebzehn", "ersten", "twenty", "十"])
def test_numbers(word: str) -> None:
    assert is_number(word)


@pytest.mark.parametrize("word", ["mäßig", "ein", "wenig", "sonnig", "tage", "", "einzeln"])
def test_other_words(word: str) -> None:
    assert not is_number(word)


class Lookup:
    """A tagger that knows a few words, and takes those with a hyphen apart."""

    name = "lookup"
    version = "1"
    parts: ClassVar = {"regen": "NOUN", "nord": "PROPN", "west": "PROPN", "drei": "NUM", "-": "PUNCT"}

    def tag(self, texts: Iterable[str]) -> Iterator[list[Tagged]]:
        for text in texts:
            words = re.findall(r"[^\s-]+|-", text)
            yield [Tagged(word, word, self.parts.get(word, "X"), True) for word in words]


def test_words_are_grouped_by_part_of_speech() -> None:
    items = _aligned(
        _sentence("drei grad regen", "vier grad regen regen"),
        _sentence("nord-west regen", "nord-west"),
        _sentence("regen", "regen"),
    )
    found = {group.name: (group.words, group.errors) for group in by_part_of_speech(items, Lookup())}
    assert found == {"nouns": (3, 1), "numbers": (1, 1), "names": (1, 0)}
