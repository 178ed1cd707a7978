"""Words that no gloss supports: counted by hand, and against sacreBLEU's own matches."""

from __future__ import annotations

from pathlib import Path

import csl_release
import pytest
import texts
from hypothesis import given
from hypothesis import strategies as st

from sign2gpt.data.corpus import Corpus
from sign2gpt.data.glosses.taggers import open_tagger
from sign2gpt.evaluation.config import EvaluationConfig
from sign2gpt.evaluation.words.alignment import character_marks, marked_matches, ngrams, token_marks, without
from sign2gpt.evaluation.words.support import Support, UnsupportedCount, support
from sign2gpt.metrics.bleu import ORDERS, bleu_counts
from sign2gpt.metrics.protocols import protocol
from sign2gpt.metrics.scores import score

CONFIG = EvaluationConfig(protocol="phoenix14t", bootstrap=0)
WORDS = open_tagger("words", "de")


def taken(references: list[str], glosses: list[str | None], hypotheses: list[str] | None = None) -> Support:
    found = support(references, glosses, hypotheses, WORDS, CONFIG, seed=0)
    assert found is not None
    return found


def test_words_by_hand() -> None:
    found = taken(["morgen regen im norden", "heute sonne", "nebel"], ["MORGEN REGEN NORD", "SONNE", None])
    assert found.sentences == 2, "a clip without glosses tells nothing"
    assert found.exact.words == UnsupportedCount(all=6, unsupported=3)
    assert found.related.words == UnsupportedCount(all=6, unsupported=2), "norden begins as NORD does"
    assert (found.exact.matching_words, found.exact.matching_ngrams) == (None, None)


def test_the_ceiling_is_the_score_of_the_references_without_their_unsupported_words() -> None:
    references = ["morgen regen im norden", "heute sonne und wind im süden"]
    found = taken(references, ["MORGEN REGEN NORD", "HEUTE SONNE WIND"])
    expected = score(["morgen regen", "heute sonne wind"], references, "phoenix14t", bootstrap=0)
    assert found.exact.ceiling == expected.scores
    assert taken(references, [text.upper() for text in references]).exact.ceiling["bleu4"].score == pytest.approx(100)


def test_matches_with_an_unsupported_word() -> None:
    found = taken(["morgen regen im norden"], ["MORGEN REGEN"], ["morgen regen im süden"]).exact
    assert found.matching_words == UnsupportedCount(all=3, unsupported=1)
    assert found.matching_ngrams == [
        UnsupportedCount(all=4, unsupported=1),  # the protocol's dot is no word
        UnsupportedCount(all=2, unsupported=1),
        UnsupportedCount(all=1, unsupported=1),
        UnsupportedCount(all=0, unsupported=0),
    ]


def test_no_glosses_no_figures() -> None:
    assert support(["regen"], [None], None, WORDS, CONFIG, seed=0) is None
    assert support([" "], ["REGEN"], None, WORDS, CONFIG, seed=0) is None


def test_blanks_between_chinese_characters_change_nothing() -> None:
    jieba, config = open_tagger("jieba", "zh"), EvaluationConfig(protocol="csl-daily", bootstrap=0)
    references, hypotheses = ["公司离家很远。", "明天下雨。"], ["公司很远。", "今天下雨。"]
    glosses = ["公司 家 远", "雨"]
    apart = [[" ".join(text) for text in side] for side in (references, hypotheses)]
    expected = support(references, glosses, hypotheses, jieba, config, seed=0)
    assert expected is not None
    assert expected.exact.words.unsupported > 0
    assert support(apart[0], glosses, apart[1], jieba, config, seed=0) == expected


SENTENCE = st.lists(st.sampled_from(["regen", "im", "norden", "grad,", "a.b"]), min_size=1, max_size=7).map(" ".join)


@given(st.lists(st.tuples(SENTENCE, SENTENCE), min_size=1, max_size=4))
def test_matches_are_those_that_bleu_counts(pairs: list[tuple[str, str]]) -> None:
    references, hypotheses = map(list, zip(*pairs, strict=True))
    found = taken(references, ["IM NORD"] * len(pairs), hypotheses).exact
    prepared = [[protocol("phoenix14t").prepare(text) for text in side] for side in (hypotheses, references)]
    matches = bleu_counts(*prepared, tokenize="13a", lowercase=True).sum(axis=0)[2 : 2 + ORDERS]
    assert found.matching_ngrams is not None
    assert [count.all for count in found.matching_ngrams] == matches.tolist()
    assert all(0 <= count.unsupported <= count.all for count in found.matching_ngrams)


def test_marks_go_from_words_to_characters_to_tokens() -> None:
    marks = character_marks("am so, mo", ["am", "so", "mo"], [False, True, True])
    assert [character for character, mark in zip("am so, mo", marks, strict=True) if mark] == list("somo")
    assert without("am so, mo", marks) == "am ,"
    assert token_marks(["am", "so", ",", "mo", "."], "am so, mo", marks) == [False, True, False, True, False]


def test_what_stands_marked_and_unmarked_matches_unmarked_first() -> None:
    wanted = [("a", True), ("a", False), ("b", True)]
    assert marked_matches(wanted, ["a", "b"]) == (2, 1)
    assert marked_matches(wanted, ["a", "a", "a"]) == (2, 1)
    assert ngrams("abc", 2) == [("a", "b"), ("b", "c")]


def test_real_forecasts_and_their_glosses(shared: Path, tmp_path: Path) -> None:
    rows = Corpus.open(texts.phoenix14t(tmp_path / "corpus", shared)).rows("test")
    tagger = open_tagger("hanta", "de")
    found = support([row.text for row in rows], [row.glosses for row in rows], None, tagger, CONFIG, seed=0)
    assert found is not None
    assert found.sentences == 642
    assert found.exact.words == UnsupportedCount(all=7816, unsupported=5919)
    assert found.related.words.unsupported < found.exact.words.unsupported
    assert found.exact.ceiling["bleu4"].score == pytest.approx(2.43, abs=0.01)
    assert found.exact.parts_of_speech["NUM"].share < 0.3 < 0.9 < found.exact.parts_of_speech["ADP"].share


def test_a_published_systems_sentences(shared: Path) -> None:
    clips = [clip for clip in csl_release.annotated(shared) if clip.split == "test"]
    said = (shared / "metrics/csl-daily.test.hyp.txt").read_text(encoding="utf-8").splitlines()
    config = EvaluationConfig(protocol="csl-daily", bootstrap=0)
    glosses = [" ".join(clip.glosses) for clip in clips]
    found = support([clip.text for clip in clips], glosses, said, open_tagger("jieba", "zh"), config, seed=0)
    assert found is not None
    assert found.exact.matching_words == UnsupportedCount(all=3192, unsupported=1131)
    shares = [[round(100 * c.share) for c in side.matching_ngrams or ()] for side in (found.exact, found.related)]
    assert shares == [[34, 38, 56, 64], [20, 22, 37, 46]]
