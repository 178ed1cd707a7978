"""Taggers: the paper's example sentences, text with and without capitals, and errors that help."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sign2gpt.common.errors import UserError
from sign2gpt.data import segment
from sign2gpt.data.glosses.taggers import CachedTagger, Tagged, Tagger, WordTagger, open_tagger
from sign2gpt.data.glosses.tagsets import CLAWS5, JIEBA, KEPT, STTS

tagger_called = functools.cache(functools.partial(open_tagger, language="de"))


@pytest.fixture(scope="module")
def hanta() -> Tagger:
    return open_tagger("hanta", "de")


@pytest.fixture(scope="module")
def jieba() -> Tagger:
    return open_tagger("jieba", "zh")


@pytest.fixture(scope="module")
def english() -> Tagger:
    return open_tagger("hanta", "en")


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


# Sentences as instructions are: cased, with punctuation, clitics and numbers.
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "And I call them decorative elements because all they're meant to do is to enrich the page.",
            "i call they decorative element they mean do enrich page",
        ),
        ("My name is Scott McCay, and I'm here on behalf of Expert Village.",
         "my name scott mccay i here behalf expert village"),
        ("You don't want to put 2 cups of the white sugar into this, it'll be too sweet!",
         "you want put 2 cup white sugar it too sweet"),
        ("Now we’re gonna take our left foot and cannot step forward.", "now we go take our left foot step forward"),
    ],
)  # fmt: skip
def test_hanta_on_english_instructions_with_and_without_capitals(english: Tagger, text: str, expected: str) -> None:
    assert glosses(english, text) == expected.split()
    assert glosses(english, text.lower()) == expected.split()


def test_english_drops_auxiliaries_articles_and_prepositions(english: Tagger) -> None:
    (words,) = english.tag(["I can't have been at the house's door"])
    assert [(word.word, word.pos) for word in words if not word.kept] == [
        ("ca", "AUX"),
        ("n't", "PART"),
        ("have", "AUX"),
        ("been", "AUX"),
        ("at", "ADP"),
        ("the", "DET"),
        ("'s", "PART"),
    ]


def test_every_tag_of_hantas_english_model_is_in_the_table(english: Tagger) -> None:
    model = english._tagger  # pyright: ignore[reportAttributeAccessIssue]
    tags = {model.int2tag[number] for number in model.LP_wtag}
    assert tags - set(CLAWS5) == {"!!!", "UNC", "ZZ0"}, "scraps, foreign words and single letters are X"


def test_hanta_never_opens_a_model_that_lies_where_the_command_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "morphmodel_ger.pgz").write_bytes(b"a stranger's pickle")
    monkeypatch.chdir(tmp_path)
    assert glosses(open_tagger("hanta", "de"), "viel sonne") == ["sonne"]


@pytest.mark.parametrize("name", ["hanta", "jieba", "words"])
@given(text=st.text("abcß .,-'’3打车今天\n", max_size=30))
def test_words_stand_in_the_text_in_their_order(name: str, text: str) -> None:
    (words,) = tagger_called(name).tag([text])
    place = 0
    for word in words:
        place = text.index(word.word, place) + len(word.word)


def test_a_tagger_that_remembers_says_the_same(hanta: Tagger) -> None:
    texts = ["morgen regen im norden", "heute sonne", "morgen regen im norden"]
    cached = CachedTagger(hanta)
    assert list(cached.tag(texts)) == list(cached.tag(texts)) == list(hanta.tag(texts))
    assert (cached.name, cached.version) == ("hanta", hanta.version)


def test_a_tagger_that_remembers_asks_once_for_all_that_is_new_and_answers_as_it_comes() -> None:
    asked: list[list[str]] = []
    tagged: list[str] = []

    class Asked(WordTagger):
        def tag(self, texts: Iterable[str]) -> Iterator[list[Tagged]]:
            asked.append(list(texts))
            for text in asked[-1]:
                tagged.append(text)
                yield from super().tag([text])

    cached = CachedTagger(Asked())
    answers = cached.tag(["a", "b", "a", "c"])
    assert [word.gloss for word in next(answers)] == ["a"]
    assert tagged == ["a"]
    assert [[word.gloss for word in words] for words in answers] == [["b"], ["a"], ["c"]]
    list(cached.tag(["c", "d"]))
    assert asked == [["a", "b", "c"], ["d"]]


def test_tables_know_no_part_of_speech_beyond_the_universal_ones() -> None:
    dropped = {"ADP", "AUX", "CCONJ", "DET", "INTJ", "PART", "PUNCT", "SCONJ", "X"}
    assert set(STTS.values()) | set(CLAWS5.values()) | set(JIEBA.values()) <= KEPT | dropped


def test_words_keeps_every_word_and_no_punctuation() -> None:
    words = open_tagger("words", "de")
    assert list(words.tag(["Heute 3,5 Grad, nicht mehr!", "他不打车？"])) == [
        [Tagged(word, word.lower(), "X", True) for word in ("Heute", "3,5", "Grad", "nicht", "mehr")],
        [Tagged(word, word, "X", True) for word in ("他", "不", "打车")],
    ]


@pytest.mark.parametrize("text", ["", "   ", "...", "。？"])
@pytest.mark.parametrize("name", ["hanta", "jieba", "words"])
def test_text_without_words_has_no_pseudo_gloss(name: str, text: str) -> None:
    assert glosses(open_tagger(name, "de"), text) == []


@pytest.mark.parametrize(
    ("language", "name"),
    [("de", "hanta"), ("de-AT", "hanta"), ("zh", "jieba"), ("ZH-Hans", "jieba"), ("en-US", "hanta"), ("fr", "words")],
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


def test_hanta_says_which_languages_it_reads() -> None:
    with pytest.raises(UserError, match="tagger hanta supports de and en, not nl"):
        open_tagger("hanta", "nl")


def test_an_absent_spacy_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spacy", None)
    with pytest.raises(UserError, match=r"sign2gpt\[spacy\]"):
        open_tagger("de_core_news_lg", "de")


def test_an_absent_pipeline_says_how_spacy_gets_it() -> None:
    pytest.importorskip("spacy", reason="spaCy is an extra")
    with pytest.raises(UserError, match="python -m spacy download de_core_news_xyz"):
        open_tagger("de_core_news_xyz", "de")


@pytest.mark.parametrize(
    ("pipeline", "text", "expected"),
    [
        (
            "de_core_news_lg",
            "in den übrigen gebieten viel sonne und nur ein paar lockere wolken .",
            "übrig gebiet sonne nur locker wolke",
        ),
        ("en_core_web_sm", "The children are running to the house.", "child run house"),
        ("en_core_web_lg", "The children are running to the house.", "child run house"),
    ],
)
def test_a_spacy_pipeline_gives_lemmas_and_parts_of_speech(pipeline: str, text: str, expected: str) -> None:
    pytest.importorskip("spacy", reason="spaCy is an extra")
    pytest.importorskip(pipeline, reason="the pipeline is not installed")
    assert glosses(open_tagger(pipeline, pipeline[:2]), text) == expected.split()
