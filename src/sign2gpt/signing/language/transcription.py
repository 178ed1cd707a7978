"""Converts the transcriptions of real corpora to signs: each gloss string becomes one or several signs, or none.

The conventions are those of the corpora (docs/signed-corpora.md); the signs are invented. The module
`evaluation.words.signs` interprets the same strings differently, as it needs the words that they stand for: there
__PU__ is no sign, 爱-1 stands for 爱, and S0NNE is not SONNE.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace

from sign2gpt.signing.config import Annotations
from sign2gpt.signing.language.lexicon import LETTERS, Lexicon
from sign2gpt.signing.language.phonology import Marked, Path, Sign
from sign2gpt.signing.script import NEGATIONS

POINTING = Sign("index", "index", "front", "away", Path("tap", direction=0, length=0.1))
PALM_UP = Sign("flat-thumb", "flat-thumb", "front-low", "in-self", Path("line", direction=4, length=0.12), "mirror")
CLASSIFIERS = ("flat", "index", "vee", "bent-vee", "claw", "five")
SPELLINGS = {"S0NNE": "SONNE", "HABEN2": "HABEN", "SECHSZEHN": "SECHZEHN"}
"""Variant spellings of a sign, with its usual spelling."""

_MARKER = re.compile(r"__[A-Z]+__")
_REPEATED = re.compile(r"(.*?[^-+])(?:-?PLUSPLUS|\+)+")


def transcribe(glosses: str, convention: Annotations, lexicon: Lexicon) -> list[Marked]:
    """The signs of a transcription, in order; empty if none of its glosses is signed."""
    read = _READERS[convention]
    return [mark for gloss in glosses.split() for mark in read(gloss, lexicon)]


def _phoenix14t(gloss: str, lexicon: Lexicon) -> list[Marked]:
    *prefixes, gloss = _unprefixed(gloss)
    repeated = _REPEATED.fullmatch(gloss)
    gloss = repeated[1] if repeated else gloss
    marks = _plain(gloss, lexicon)
    for prefix in reversed(prefixes):
        marks = [_PREFIXES[prefix](mark, gloss, lexicon) for mark in marks]
    return 2 * marks if repeated else marks


def _unprefixed(gloss: str) -> list[str]:
    """The distinct prefixes of a gloss, and the gloss without them."""
    found: dict[str, None] = {}
    prefix, _, rest = gloss.partition("-")
    while rest and prefix in _PREFIXES:
        found[prefix], gloss = None, rest
        prefix, _, rest = gloss.partition("-")
    return [*found, gloss]


def _plain(gloss: str, lexicon: Lexicon) -> list[Marked]:
    if gloss == "__PU__":
        return [Marked(PALM_UP)]
    if _MARKER.fullmatch(gloss):
        return []
    if gloss == "IX":
        return [Marked(POINTING)]
    if all(letter in LETTERS for letter in gloss.split("+")):
        return [Marked(lexicon.letter(letter)) for letter in gloss.split("+")]
    return [Marked(lexicon.sign(SPELLINGS.get(gloss, gloss)), gloss in NEGATIONS)]


def _csl_daily(gloss: str, lexicon: Lexicon) -> list[Marked]:
    """Numbers of three or more digits are signed digit by digit, Latin letters are spelled, punctuation is skipped."""
    gloss = unicodedata.normalize("NFKC", gloss)
    if gloss.isascii() and gloss.isalpha():
        return [Marked(lexicon.letter(letter)) for letter in gloss.upper()]
    if gloss.isascii() and gloss.isdigit():
        return [Marked(lexicon.sign(number)) for number in ([gloss] if len(gloss) < 3 else gloss)]
    return [Marked(lexicon.sign(gloss))] if any(letter.isalnum() for letter in gloss) else []


def _located(mark: Marked, _: str, __: Lexicon) -> Marked:
    """The sign at the signer's side; a sign that uses the other hand for support or counting becomes one-handed."""
    hands = "one" if mark.sign.hands in ("base", "both") else mark.sign.hands
    place = "side-high" if mark.sign.place == "side" else "side"
    return replace(mark, sign=replace(mark.sign, place=place, hands=hands))


def _classifier(mark: Marked, name: str, lexicon: Lexicon) -> Marked:
    """The movement of the sign, with a hand shape that represents the moving object."""
    shape = lexicon.choice("classifier", name, CLASSIFIERS)
    return replace(mark, sign=replace(mark.sign, start=shape, end=shape))


def _possessive(mark: Marked, name: str, lexicon: Lexicon) -> Marked:
    return replace(mark, sign=lexicon.possessive(name))


def _negated(mark: Marked, _: str, __: Lexicon) -> Marked:
    return replace(mark, negated=True)


def _alpha_negated(mark: Marked, _: str, __: Lexicon) -> Marked:
    """Negated by the hands too: they follow the arc of an alpha."""
    return Marked(replace(mark.sign, path=Path("arc", direction=2, length=0.17)), negated=True)


def _asked(mark: Marked, _: str, __: Lexicon) -> Marked:
    return replace(mark, sign=replace(mark.sign, face=replace(mark.sign.face, brows=1.0)))


def _unchanged(mark: Marked, _: str, __: Lexicon) -> Marked:
    return mark


_PREFIXES: dict[str, Callable[[Marked, str, Lexicon], Marked]] = {
    "loc": _located,
    "cl": _classifier,
    "poss": _possessive,
    "neg": _negated,
    "negalp": _alpha_negated,
    "qu": _asked,
    "lh": _unchanged,
}
_READERS: dict[Annotations, Callable[[str, Lexicon], list[Marked]]] = {
    "phoenix14t": _phoenix14t,
    "csl_daily": _csl_daily,
}
