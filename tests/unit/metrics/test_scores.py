"""Scores against known answers: the field's own figures, sacreBLEU, and arithmetic by hand."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from sign2gpt.common.errors import UserError
from sign2gpt.metrics.bleu import bleu, bleu_counts
from sign2gpt.metrics.chrf import chrf, chrf_counts
from sign2gpt.metrics.measures import measures
from sign2gpt.metrics.paired import compare
from sign2gpt.metrics.protocols import protocol
from sign2gpt.metrics.scores import score

KNOWN = {"bleu1": 46.8315, "bleu2": 32.2006, "bleu3": 22.3482, "bleu4": 15.9927, "rouge_l": 45.4867}
SENTENCES = st.lists(st.lists(st.sampled_from(["regen", "im", "norden", "Sonne", ".", "12"]), min_size=1).map(" ".join))


@pytest.fixture(scope="module")
def csl_daily(shared: Path) -> tuple[list[str], list[str]]:
    folder = shared / "metrics"
    sides = [(folder / f"csl-daily.test.{side}.txt").read_text(encoding="utf-8") for side in ("hyp", "ref")]
    hypotheses, references = (text.rstrip("\n").split("\n") for text in sides)
    return hypotheses, references


def test_known_score_to_four_decimals(csl_daily: tuple[list[str], list[str]]) -> None:
    card = score(*csl_daily, "csl-daily", bootstrap=0)
    assert {name: round(card[name].score, 4) for name in KNOWN} == KNOWN
    assert card.sentences == 1176


def test_unspaced_text_scores_by_character_too(csl_daily: tuple[list[str], list[str]]) -> None:
    unspaced = [[text.replace(" ", "") for text in side] for side in csl_daily]
    card = score(*unspaced, "csl-daily", bootstrap=0)
    assert round(card["bleu4"].score, 4) == KNOWN["bleu4"]
    assert round(card["rouge_l"].score, 4) == 45.5068  # double blanks, which the field counts as tokens, are gone


def test_punctuation_removed_stands_beside(csl_daily: tuple[list[str], list[str]]) -> None:
    card = score(*csl_daily, "csl-daily", bootstrap=0)
    assert card.variants["without_punctuation"]["bleu4"].score == pytest.approx(15.15, abs=0.01)


@pytest.mark.parametrize("name", ["plain", "how2sign", "phoenix14t"])
def test_unspaced_chinese_is_refused_where_words_are_compared(name: str) -> None:
    with pytest.raises(UserError, match="csl-daily"):
        score(["今天星期几。"], ["今天想吃面条。"], name)
    assert score(["今天星期几。"], ["今 天 想 吃 面 条 。"], name, bootstrap=0)["bleu4"].score < 1


@given(hypotheses=SENTENCES, references=SENTENCES)
def test_summed_counts_give_sacrebleus_corpus_scores(hypotheses: list[str], references: list[str]) -> None:
    count = min(len(hypotheses), len(references))
    if not count:
        return
    hypotheses, references = hypotheses[:count], references[:count]
    counts = bleu_counts(hypotheses, references, tokenize="13a", lowercase=True).sum(axis=0)
    for order in range(1, 5):
        expected = BLEU(lowercase=True, max_ngram_order=order).corpus_score(hypotheses, [references]).score
        assert bleu(counts, order) == pytest.approx(expected)
    expected = CHRF().corpus_score(hypotheses, [references]).score
    assert chrf(chrf_counts(hypotheses, references, lowercase=False).sum(axis=0)) == pytest.approx(expected)


def test_blocks_of_chrf_are_sacrebleus_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"{word} {number} im norden" for number in range(7) for word in ("regen", "sonne", "")]
    whole = CHRF()._extract_corpus_statistics(texts, [texts[::-1]])
    for block in (1, 4, 21, 500):
        monkeypatch.setattr("sign2gpt.metrics.chrf.BLOCK", block)
        assert chrf_counts(texts, texts[::-1], lowercase=False).tolist() == whole


def test_chrf_holds_the_ngrams_of_a_block_alone() -> None:
    texts = [f"{number} regen im norden und im süden wind {number}" for number in range(6000)]
    tracemalloc.start()
    chrf_counts(texts, texts, lowercase=False)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20e6  # of all sentences at once: 83 MB


def test_perfect_is_100_and_nothing_is_0() -> None:
    texts = ["am tag regen und im norden wind", "in der nacht klar bei minus drei grad"]
    perfect = score(texts, texts, "plain", bootstrap=50)
    assert all(found.score == pytest.approx(100) for found in perfect.scores.values())
    assert perfect["bleu4"].low == pytest.approx(100)
    nothing = score(["", ""], texts, "phoenix14t", bootstrap=0)
    assert nothing["bleu4"].score < 1
    assert nothing.variants["without_dot"]["rouge_l"].score == 0


def test_interval_holds_the_score_and_repeats_with_the_seed() -> None:
    hypotheses = [f"heute {word} im norden und im süden {word}" for word in ("regen", "sonne", "wind", "schnee") * 10]
    references = [f"heute {word} im norden und im westen regen" for word in ("regen", "sonne", "nebel", "schnee") * 10]
    first = score(hypotheses, references, "plain", bootstrap=200, seed=3)
    assert first == score(hypotheses, references, "plain", bootstrap=200, seed=3)
    for found in first.scores.values():
        assert found.low is not None
        assert found.high is not None
        assert found.low < found.score < found.high
    narrow = score(hypotheses, references, "plain", bootstrap=200, seed=3, confidence=0.5)
    assert narrow["bleu4"].low > first["bleu4"].low  # type: ignore[operator]


def test_paired_bootstrap_tells_better_from_equal() -> None:
    references = [f"am {day} regen im norden und sonne im süden" for day in ("montag", "dienstag", "freitag") * 10]
    worse = [text.replace("norden", "westen") for text in references]
    better = compare(references, worse, references, "plain", bootstrap=200)["bleu4"]
    assert better.low > 0
    assert better.p < 0.05
    assert better.p_randomisation < 0.05
    equal = compare(worse, worse, references, "plain", bootstrap=200)["bleu4"]
    assert (equal.difference, equal.low, equal.high, equal.p, equal.p_randomisation) == (0, 0, 0, 1, 1)


@pytest.mark.parametrize(
    ("hypotheses", "references", "name", "match"),
    [
        (["a"], ["a", "b"], "plain", "1 hypotheses for 2 references"),
        ([], [], "plain", "no sentences"),
        (["a", "b"], ["a", " "], "plain", "line 2"),
        (["a"], ["a"], "phoenix14", "did you mean 'phoenix14t'"),
    ],
)
def test_mistakes_are_told(hypotheses: list[str], references: list[str], name: str, match: str) -> None:
    with pytest.raises(UserError, match=match):
        score(hypotheses, references, name)


def test_signatures_say_what_was_done() -> None:
    found = measures(["a b"], ["a b"], protocol("phoenix14t"))
    assert "case:lc" in found["bleu4"].signature
    assert found["bleu4"].signature.endswith("order:4|protocol:phoenix14t")
    assert "tok:char" in measures(["a b"], ["a b"], protocol("csl-daily"))["bleu1"].signature
    assert found["rouge_l"].signature == "beta:1.2|case:lc|split:blank|mean:sentences|protocol:phoenix14t"
