"""Taggers: the paper's example sentences, text with and without capitals, and errors that help."""

from __future__ import annotations

import sys

import pytest

from sign2gpt.common.errors import UserError
from sign2gpt.data import segment
from sign2gpt.data.taggers import Tagged, Tagger, open_tagger
from sign2gpt.data.tagsets import JIEBA, KEPT, STTS


@pytest.fixture(scope="module")
def hanta() -> Tagger:
    return open_tagger("hanta", "de")


@pytest.fixture(scope="module")
def jieba() -> Tagger:
    return open_tagger("jieba", "zh")


def glosses(tagger: Tagger, text: str) -> list[str]:
    (words,) = tagger.tag([text])
    return [word.gloss for word in words if word.kept]


@pytest.mark.parametrize(
    ("text", "paper"),
    [
        (
            "in den übrigen gebieten viel sonne und nur ein paar lockere wolken .",
            "übrig gebiet sonne nur locker wolke",
        ),
        # The paper has mäßig in brackets; HanTa keeps it.
        (
            "dazu weht ein schwacher bis mäßiger wind aus südost bis süd .",
            "dazu wehen schwach mäßig wind südost süd",
        ),
    ],
)
def test_hanta_on_the_papers_sentences_gives_the_papers_line(hanta: Tagger, text: str, paper: str) -> None:
    assert glosses(hanta, text) == paper.split()


def test_jieba_on_the_papers_sentence_gives_the_papers_line(jieba: Tagger) -> None:
    paper = ["公司", "离家", "很", "远", "他", "为什么", "不", "打车"]
    assert glosses(jieba, "公司离家很远，他为什么不打车？") == paper


def test_hanta_differs_from_spacy_in_a_word_that_it_does_not_know_as_a_verb(hanta: Tagger) -> None:
    # "klart ... auf" is the verb aufklaren; a full parse would give `klaren`, HanTa reads an adjective.
    assert glosses(hanta, "im norden klart es auf") == ["norden", "klart", "es"]


def test_hanta_finds_nouns_without_their_capitals(hanta: Tagger) -> None:
    cased = "Am Mittwoch scheint im Süden die Sonne, abends ziehen dichte Wolken auf."
    expected = ["mittwoch", "scheinen", "süden", "sonne", "abends", "ziehen", "dicht", "wolke"]
    assert glosses(hanta, cased) == expected
    assert glosses(hanta, cased.lower()) == expected


def test_hanta_drops_auxiliaries_modals_articles_and_particles(hanta: Tagger) -> None:
    (words,) = hanta.tag(["es kann nicht der wind gewesen sein"])
    assert [(word.gloss, word.pos) for word in words if not word.kept] == [
        ("können", "AUX"),
        ("nicht", "PART"),
        ("der", "DET"),
        ("sein", "AUX"),
        ("sein", "AUX"),
    ]


def test_every_tag_of_hantas_model_is_in_the_table(hanta: Tagger) -> None:
    model = hanta._tagger  # pyright: ignore[reportAttributeAccessIssue]
    tags = {model.int2tag[number] for number in model.LP_wtag}
    assert tags - set(STTS) == {"FM", "TRUNC", "XY"}, "foreign words, halves of words and signs are X"


def test_tables_know_no_part_of_speech_beyond_the_universal_ones() -> None:
    dropped = {"ADP", "AUX", "CCONJ", "DET", "INTJ", "PART", "PUNCT", "SCONJ", "X"}
    assert set(STTS.values()) | set(JIEBA.values()) <= KEPT | dropped


def test_words_keeps_every_word_and_no_punctuation() -> None:
    words = open_tagger("words", "de")
    assert list(words.tag(["Heute 3,5 Grad, nicht mehr!", "他不打车？"])) == [
        [Tagged(word, "X", True) for word in ("heute", "3,5", "grad", "nicht", "mehr")],
        [Tagged(word, "X", True) for word in ("他", "不", "打车")],
    ]


@pytest.mark.parametrize("text", ["", "   ", "...", "。？"])
@pytest.mark.parametrize("name", ["hanta", "jieba", "words"])
def test_text_without_words_has_no_pseudo_gloss(name: str, text: str) -> None:
    assert glosses(open_tagger(name, "de"), text) == []


@pytest.mark.parametrize(
    ("language", "name"), [("de", "hanta"), ("de-AT", "hanta"), ("zh", "jieba"), ("ZH-Hans", "jieba"), ("en", "words")]
)
def test_the_default_follows_the_language(language: str, name: str) -> None:
    assert open_tagger(None, language).name == name


def test_jieba_keeps_its_cache_in_our_folder(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGN2GPT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "shared"))
    segment.chinese_segmenter.cache_clear()
    try:
        assert segment.words("他不打车") == ["他", "不", "打车"]
        assert [path.name for path in (tmp_path / "cache").rglob("*.cache")] == ["dictionary.cache"]
        assert not (tmp_path / "shared").exists()
    finally:
        segment.chinese_segmenter.cache_clear()


def test_an_unknown_tagger_names_the_nearest() -> None:
    with pytest.raises(UserError, match=r"no tagger hant .did you mean 'hanta'"):
        open_tagger("hant", "de")


def test_an_absent_spacy_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spacy", None)
    with pytest.raises(UserError, match=r"sign2gpt\[spacy\]"):
        open_tagger("de_core_news_lg", "de")


def test_an_absent_pipeline_says_how_spacy_gets_it() -> None:
    pytest.importorskip("spacy", reason="spaCy is an extra")
    with pytest.raises(UserError, match="python -m spacy download de_core_news_xyz"):
        open_tagger("de_core_news_xyz", "de")


def test_a_spacy_pipeline_gives_lemmas_and_parts_of_speech(tmp_path) -> None:
    spacy = pytest.importorskip("spacy", reason="spaCy is an extra")
    pytest.importorskip("de_core_news_lg", reason="the pipeline is not installed")
    assert spacy
    text = "in den übrigen gebieten viel sonne und nur ein paar lockere wolken ."
    assert glosses(open_tagger("de_core_news_lg", "de"), text) == ["übrig", "gebiet", "sonne", "nur", "locker", "wolke"]
