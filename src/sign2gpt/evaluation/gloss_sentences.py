"""The gloss report's sentences: what became of each word, and which of the clip's glosses it stands for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from sign2gpt.common.seeds import draw
from sign2gpt.data.corpus import ClipRow, Corpus
from sign2gpt.data.pseudo_glosses import PseudoGlosses
from sign2gpt.data.segment import is_word
from sign2gpt.data.taggers import Tagged, Tagger
from sign2gpt.evaluation.signs import EXACT, NOTHING, RELATED, Signs

SHOWN = 300


@dataclass(frozen=True)
class Fate:
    """What can become of a word, or of a gloss: its class in the page's style, an example, and what that means."""

    style: str
    example: str
    meaning: str


TARGET = Fate("target", "a solid line", "a pseudo-gloss that pretraining looks for; its basic form stands above it")
TOO_FREQUENT = Fate("frequent", "a double line", "in too many sentences, so no target")
UNSEEN = Fate("unseen", "a dotted line", "no target, since the vocabulary's sentences do not have it")
DROPPED = Fate("dropped", "no line", "dropped for its part of speech, whose universal tag stands above it")
NAMED = Fate("named", "framed", "a gloss that equals one of the pseudo-glosses")
AKIN = Fate("akin", "framed with dashes", "a gloss akin to one: they begin alike, or in Chinese one holds the other")
UNNAMED = Fate("unnamed", "not framed", "a gloss for which no pseudo-gloss stands")

WORDS, GLOSSES = (TARGET, TOO_FREQUENT, UNSEEN, DROPPED), (NAMED, AKIN, UNNAMED)


def shown_sentences(corpus: Corpus, made: PseudoGlosses, tagger: Tagger, seed: int) -> str:
    """A section with a drawn sample of the sentences, in the order of the corpus."""
    rows = [row for split in corpus.splits for row in corpus.rows(split)]
    drawn = sorted(draw(seed, "gloss report").sample(range(len(rows)), min(SHOWN, len(rows))))
    chosen = [rows[place] for place in drawn]
    fates = dict.fromkeys(made.vocabulary, TARGET) | dict.fromkeys(made.too_frequent, TOO_FREQUENT)
    language = escape(corpus.info.language)
    items = [
        _sentence(row, words, fates, language)
        for row, words in zip(chosen, tagger.tag(row.text for row in chosen), strict=True)
    ]
    legends = [_legend("Words", WORDS)]
    if any(row.glosses for row in chosen):
        legends.append(_legend("Glosses of the clip", GLOSSES))
    rule = f"All {len(rows):,} sentences."
    if len(chosen) < len(rows):
        rule = f"{len(chosen)} of {len(rows):,} sentences of all splits, drawn with seed {seed}, in the corpus' order."
    return (
        '<section aria-labelledby="sentences"><h2 id="sentences">What became of the sentences</h2>'
        f'<p>{rule}</p><div class="legends">{"".join(legends)}</div>'
        f'<ol class="sentences">{"".join(items)}</ol></section>'
    )


def _sentence(row: ClipRow, words: Sequence[Tagged], fates: Mapping[str, Fate], language: str) -> str:
    text = " ".join(_word(word, fates.get(word.gloss, UNSEEN) if word.kept else DROPPED) for word in words)
    signs = ""
    if row.glosses:
        signs = f'<p class="signs" lang="{language}">{_glosses(row.glosses, words)}</p>'
    return f'<li><p class="from">{escape(row.split)} · {escape(row.id)}</p><p lang="{language}">{text}</p>{signs}</li>'


def _word(word: Tagged, fate: Fate) -> str:
    """The word, above it its pseudo-gloss or why it was dropped; marks stand as they are."""
    if not is_word(word.word):
        return escape(word.word)
    above = word.pos.lower() if fate is DROPPED else word.gloss
    above = "" if above == word.word else above
    return f'<ruby class="{fate.style}">{escape(word.word)}<rt>{escape(above)}</rt></ruby>'


def _glosses(glosses: str, words: Sequence[Tagged]) -> str:
    signs = Signs(glosses)
    equal, akin = (
        NOTHING.union(*(signs.supporting(word, reading) for word in words if word.kept)) for reading in (EXACT, RELATED)
    )
    fates = {gloss: NAMED if gloss in equal else AKIN if gloss in akin else UNNAMED for gloss in signs.names}
    return " ".join(
        f'<span class="{fates.get(gloss, UNNAMED).style}">{escape(gloss)}</span>' for gloss in glosses.split()
    )


def _legend(name: str, fates: Sequence[Fate]) -> str:
    lines = "".join(
        f'<dt><span class="{fate.style}">{escape(fate.example)}</span></dt><dd>{escape(fate.meaning)}</dd>'
        for fate in fates
    )
    return f"<div><h3>{escape(name)}</h3><dl>{lines}</dl></div>"
