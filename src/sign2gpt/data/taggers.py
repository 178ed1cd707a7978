"""Taggers: a sentence's words with their parts of speech, each word in the form that makes a pseudo-gloss."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from sign2gpt.common.errors import UserError, nearest
from sign2gpt.common.extras import require
from sign2gpt.data import segment
from sign2gpt.data.tagsets import CLAWS5, JIEBA, KEPT, STTS

BY_LANGUAGE = {"de": "hanta", "en": "hanta", "zh": "jieba"}
"""The tagger of a language where none is named; `words` for every other language."""


class Tagged(NamedTuple):
    """A word in order of speech: as it is written, its pseudo-gloss, its universal part of speech, whether it stays."""

    word: str
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
            yield [Tagged(word, word.lower(), "X", True) for word in segment.written_words(text)]


class HantaModel(NamedTuple):
    """A model that comes in HanTa's package: its file, how its tags are read, how its text is split."""

    file: str
    tags: Mapping[str, str]
    tokens: Callable[[str], list[str]]


HANTA_MODELS = {
    "de": HantaModel("morphmodel_ger.pgz", STTS, segment.tokens),
    "en": HantaModel("morphmodel_en.pgz", CLAWS5, segment.english_tokens),
}


class HanTa:
    """The Hanover Tagger for German and English: lower-cased lemmas. Its models ship in its package."""

    name = "hanta"

    def __init__(self, language: str) -> None:
        if language not in HANTA_MODELS:
            raise UserError(f"tagger hanta reads {' and '.join(HANTA_MODELS)}, not {language}; name another tagger")
        self._model = HANTA_MODELS[language]
        module = require("HanTa.HanoverTagger", "glosses")
        # By its whole path: HanTa would rather unpickle a file of that name that lies where the command runs.
        self._tagger = module.HanoverTagger(str(Path(module.__file__ or "").with_name(self._model.file)))
        self._lemma = functools.cache(lambda word, tag: self._tagger.analyze(word, tag)[0].lower())
        self.version = version("HanTa")

    def tag(self, texts: Iterable[str]) -> Iterator[list[Tagged]]:
        for text in texts:
            words = self._model.tokens(text)
            # A corpus in lower case says nothing about nouns; a text with capitals inside does.
            cased = text[1:] != text[1:].lower()
            known = [word.replace("’", "'") for word in words]
            tags = self._tagger.tag_sent(known, taglevel=0, casesensitive=cased)
            yield [
                _tagged(word, self._lemma(plain, tag), self._model.tags.get(tag, "X"))
                for word, plain, tag in zip(words, known, tags, strict=True)
            ]


class Jieba:
    """jieba for Chinese: segmented words."""

    name = "jieba"

    def __init__(self) -> None:
        self._tagger = require("jieba.posseg", "glosses").POSTokenizer(segment.chinese_segmenter())
        self.version = version("jieba")

    def tag(self, texts: Iterable[str]) -> Iterator[list[Tagged]]:
        for text in texts:
            yield [_tagged(word, word, JIEBA.get(flag, "X")) for word, flag in self._tagger.cut(text)]


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
            yield [_tagged(token.text, _lemma(token), token.pos_) for token in document if not token.is_space]


class Remembering:
    """A tagger that tags no text twice: what was tagged for one table is there for the next."""

    def __init__(self, tagger: Tagger) -> None:
        self._tagger, self._known = tagger, dict[str, list[Tagged]]()
        self.name, self.version = tagger.name, tagger.version

    def tag(self, texts: Iterable[str]) -> Iterator[list[Tagged]]:
        texts = list(texts)
        unknown = [text for text in dict.fromkeys(texts) if text not in self._known]
        tagged = zip(unknown, self._tagger.tag(unknown), strict=True)  # in one call, so that a tagger may take batches
        for text in texts:
            while text not in self._known:
                self._known.update([next(tagged)])
            yield self._known[text]


_OURS: dict[str, Callable[[str], Tagger]] = {
    "hanta": HanTa,
    "jieba": lambda language: Jieba(),
    "words": lambda language: Words(),
}


def open_tagger(name: str | None, language: str) -> Tagger:
    """The tagger called ``name``; without a name the one of ``language`` (a code such as ``de`` or ``zh-CN``).

    Raises:
        UserError: there is no such tagger, or what it needs is not installed.
    """
    code = language.lower().split("-")[0]
    name = name or BY_LANGUAGE.get(code, "words")
    if name in _OURS:
        return _OURS[name](code)
    if "_" not in name:
        raise UserError(f"no tagger {name}{nearest(name, _OURS)}, or a spaCy pipeline such as de_core_news_lg")
    return SpaCy(name)


def _tagged(word: str, gloss: str, pos: str) -> Tagged:
    gloss = gloss.strip().lower()
    return Tagged(word, gloss, pos, pos in KEPT and segment.is_word(gloss))


def _lemma(token: Any) -> str:
    """Chinese pipelines have no lemmas."""
    return token.lemma_ or token.text
