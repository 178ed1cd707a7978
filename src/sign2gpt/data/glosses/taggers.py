"""Taggers: the words of a sentence with their parts of speech and pseudo-glosses."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from sign2gpt.common.errors import UserError, nearest
from sign2gpt.common.installation import require
from sign2gpt.data import segment
from sign2gpt.data.glosses.tagsets import CLAWS5, JIEBA, KEPT, STTS

BY_LANGUAGE = {"de": "hanta", "en": "hanta", "zh": "jieba"}
"""The default tagger of a language; `words` for every other language."""


class Tagged(NamedTuple):
    """A word as written, its pseudo-gloss, its universal part of speech, and whether it becomes a pseudo-gloss."""

    word: str
    gloss: str
    pos: str
    kept: bool


class Tagger(Protocol):
    """The interface of a tagger; files of pseudo-glosses contain its name and version."""

    name: str
    version: str

    def tag(self, texts: Iterable[str]) -> Iterator[list[Tagged]]:
        """Yields the words of each text, in order."""
        ...


class WordTagger:
    """Every word is a pseudo-gloss: the paper's ablation, and the only choice for a language without a tagger."""

    name = "words"
    version = "1"

    def tag(self, texts: Iterable[str]) -> Iterator[list[Tagged]]:
        for text in texts:
            yield [Tagged(word, word.lower(), "X", True) for word in segment.written_words(text)]


class HantaModel(NamedTuple):
    """A model in HanTa's package: its file, the universal parts of speech of its tags, and how to split a text."""

    file: str
    tags: Mapping[str, str]
    tokens: Callable[[str], list[str]]


HANTA_MODELS = {
    "de": HantaModel("morphmodel_ger.pgz", STTS, segment.tokens),
    "en": HantaModel("morphmodel_en.pgz", CLAWS5, segment.english_tokens),
}


class HanTa:
    """The Hanover Tagger for German and English: lower-case lemmas. Its package includes the models."""

    name = "hanta"

    def __init__(self, language: str) -> None:
        if language not in HANTA_MODELS:
            raise UserError(f"tagger hanta supports {' and '.join(HANTA_MODELS)}, not {language}; use another tagger")
        self._model = HANTA_MODELS[language]
        module = require("HanTa.HanoverTagger", "glosses")
        # An absolute path: HanTa would prefer to unpickle a file of that name in the current folder.
        self._tagger = module.HanoverTagger(str(Path(module.__file__ or "").with_name(self._model.file)))
        self._lemma = functools.cache(lambda word, tag: self._tagger.analyze(word, tag)[0].lower())
        self.version = version("HanTa")

    def tag(self, texts: Iterable[str]) -> Iterator[list[Tagged]]:
        for text in texts:
            words = self._model.tokens(text)
            # Capitals mark nouns, unless the corpus is in lower case.
            cased = text[1:] != text[1:].lower()
            known = [word.replace("’", "'") for word in words]
            tags = self._tagger.tag_sent(known, taglevel=0, casesensitive=cased)
            yield [
                _tagged(word, self._lemma(plain, tag), self._model.tags.get(tag, "X"))
                for word, plain, tag in zip(words, known, tags, strict=True)
            ]


class Jieba:
    """jieba for Chinese: its words, unchanged."""

    name = "jieba"

    def __init__(self) -> None:
        self._tagger = require("jieba.posseg", "glosses").POSTokenizer(segment.chinese_segmenter())
        self.version = version("jieba")

    def tag(self, texts: Iterable[str]) -> Iterator[list[Tagged]]:
        for text in texts:
            yield [_tagged(word, word, JIEBA.get(flag, "X")) for word, flag in self._tagger.cut(text)]


class SpaCy:
    """Any installed spaCy pipeline, by name; the paper uses de_core_news_lg and zh_core_web_lg."""

    def __init__(self, name: str) -> None:
        spacy = require("spacy", "spacy")
        if not spacy.util.is_package(name):
            raise UserError(
                f"tagger {name}: this spaCy pipeline is not installed; run `python -m spacy download {name}` "
                "(not pip alone: its index may have a stranger's package of that name), "
                f"or use another tagger{nearest(name, TAGGERS)}"
            )
        self._pipeline = spacy.load(name, exclude=["ner", "parser"])
        self.name = name
        self.version = f"{self._pipeline.meta['version']} (spaCy {spacy.__version__})"

    def tag(self, texts: Iterable[str]) -> Iterator[list[Tagged]]:
        for document in self._pipeline.pipe(texts):
            yield [_tagged(token.text, _lemma(token), token.pos_) for token in document if not token.is_space]


class CachedTagger:
    """A tagger that tags each text only once and keeps the result."""

    def __init__(self, tagger: Tagger) -> None:
        self._tagger, self._known = tagger, dict[str, list[Tagged]]()
        self.name, self.version = tagger.name, tagger.version

    def tag(self, texts: Iterable[str]) -> Iterator[list[Tagged]]:
        texts = list(texts)
        unknown = [text for text in dict.fromkeys(texts) if text not in self._known]
        tagged = zip(unknown, self._tagger.tag(unknown), strict=True)  # one call, so that a tagger can use batches
        for text in texts:
            while text not in self._known:
                self._known.update([next(tagged)])
            yield self._known[text]


TAGGERS: dict[str, Callable[[str], Tagger]] = {
    "hanta": HanTa,
    "jieba": lambda language: Jieba(),
    "words": lambda language: WordTagger(),
}


def open_tagger(name: str | None, language: str) -> Tagger:
    """The tagger ``name`` [default: that of ``language``, a code such as ``de`` or ``zh-CN``].

    Raises:
        UserError: there is no such tagger, or a package that it needs is not installed.
    """
    code = language.lower().split("-")[0]
    name = name or BY_LANGUAGE.get(code, "words")
    if name in TAGGERS:
        return TAGGERS[name](code)
    if "_" not in name:
        known = nearest(name, TAGGERS)
        raise UserError(f"no tagger {name}{known}; a spaCy pipeline, such as de_core_news_lg, works too")
    return SpaCy(name)


def _tagged(word: str, gloss: str, pos: str) -> Tagged:
    gloss = gloss.strip().lower()
    return Tagged(word, gloss, pos, pos in KEPT and segment.is_word(gloss))


def _lemma(token: Any) -> str:
    """A token's lemma, or its text: Chinese pipelines have no lemmas."""
    return token.lemma_ or token.text
