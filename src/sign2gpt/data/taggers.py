"""Taggers: a sentence's words with their parts of speech, each word in the form that makes a pseudo-gloss."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from typing import Any, NamedTuple, Protocol

from sign2gpt.common.errors import UserError, nearest
from sign2gpt.common.extras import require
from sign2gpt.data import segment
from sign2gpt.data.tagsets import JIEBA, KEPT, STTS

BY_LANGUAGE = {"de": "hanta", "zh": "jieba"}
"""The tagger of a language where none is named; `words` for every other language."""


class Tagged(NamedTuple):
    """A word in order of speech: its pseudo-gloss, its universal part of speech, whether it stays."""

    gloss: str
    pos: str
    kept: bool


class Tagger(Protocol):
    """What a tagger offers; its name and version are written into what it made."""

    name: str
    version: str

    def tag(self, texts: Iterable[str]) -> Iterator[list[Tagged]]:
        """Yields each text's words, in the order of the texts."""
        ...


class Words:
    """Every word is a pseudo-gloss: the paper's ablation, and what is left for a language without a tagger."""

    name = "words"
    version = "1"

    def tag(self, texts: Iterable[str]) -> Iterator[list[Tagged]]:
        for text in texts:
            yield [Tagged(word, "X", True) for word in segment.words(text)]


class HanTa:
    """The Hanover Tagger for German: lower-cased lemmas. Its model ships in its package."""

    name = "hanta"

    def __init__(self) -> None:
        self._tagger = require("HanTa.HanoverTagger", "glosses").HanoverTagger("morphmodel_ger.pgz")
        self._lemma = functools.cache(lambda word, tag: self._tagger.analyze(word, tag)[0].lower())
        self.version = version("HanTa")

    def tag(self, texts: Iterable[str]) -> Iterator[list[Tagged]]:
        for text in texts:
            words = segment.tokens(text)
            # A corpus in lower case says nothing about nouns; a text with capitals inside does.
            cased = text[1:] != text[1:].lower()
            tags = self._tagger.tag_sent(words, taglevel=0, casesensitive=cased)
            yield [_tagged(self._lemma(word, tag), STTS.get(tag, "X")) for word, tag in zip(words, tags, strict=True)]


class Jieba:
    """jieba for Chinese: segmented words."""

    name = "jieba"

    def __init__(self) -> None:
        self._tagger = require("jieba.posseg", "glosses").POSTokenizer(segment.chinese_segmenter())
        self.version = version("jieba")

    def tag(self, texts: Iterable[str]) -> Iterator[list[Tagged]]:
        for text in texts:
            yield [_tagged(word, JIEBA.get(flag, "X")) for word, flag in self._tagger.cut(text)]


class SpaCy:
    """Any spaCy pipeline, by the name it is installed under; the paper's are de_core_news_lg and zh_core_web_lg."""

    def __init__(self, name: str) -> None:
        spacy = require("spacy", "spacy")
        if not spacy.util.is_package(name):
            raise UserError(
                f"tagger {name}: no such spaCy pipeline is installed; get it with `python -m spacy download {name}` "
                "(not with pip alone: the index may hold a stranger's package of that name), "
                f"or name one of ours{nearest(name, _OURS)}"
            )
        self._pipeline = spacy.load(name, exclude=["ner", "parser"])
        self.name = name
        self.version = f"{self._pipeline.meta['version']} (spaCy {spacy.__version__})"

    def tag(self, texts: Iterable[str]) -> Iterator[list[Tagged]]:
        for document in self._pipeline.pipe(texts):
            yield [_tagged(_lemma(token), token.pos_) for token in document if not token.is_space]


_OURS = {"hanta": HanTa, "jieba": Jieba, "words": Words}


def open_tagger(name: str | None, language: str) -> Tagger:
    """The tagger called ``name``; without a name the one of ``language`` (a code such as ``de`` or ``zh-CN``).

    Raises:
        UserError: there is no such tagger, or what it needs is not installed.
    """
    name = name or BY_LANGUAGE.get(language.lower().split("-")[0], "words")
    if name in _OURS:
        return _OURS[name]()
    if "_" not in name:
        raise UserError(f"no tagger {name}{nearest(name, _OURS)}, or a spaCy pipeline such as de_core_news_lg")
    return SpaCy(name)


def _tagged(gloss: str, pos: str) -> Tagged:
    gloss = gloss.strip().lower()
    return Tagged(gloss, pos, pos in KEPT and segment.is_word(gloss))


def _lemma(token: Any) -> str:
    """Chinese pipelines have no lemmas."""
    return token.lemma_ or token.text
