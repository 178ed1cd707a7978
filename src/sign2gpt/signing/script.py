"""The content of a clip: a sentence with its signs in order."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sign2gpt.common.errors import UserError
from sign2gpt.common.text import normalised

NEGATIONS = frozenset({"NICHT", "KEIN", "KAUM"})

_ASCII = str.maketrans({"Ä": "AE", "Ö": "OE", "Ü": "UE", "ẞ": "SS"})


@dataclass(frozen=True)
class Script:
    """A sentence and how it is signed.

    ``negation`` is True for glosses at which the head shakes, or empty. ``question`` raises the brows throughout.
    ``english`` is for readers only: no model sees it.
    """

    text: str
    glosses: tuple[str, ...]
    english: str
    question: bool = False
    negation: tuple[bool, ...] = ()

    def __post_init__(self) -> None:
        assert len(self.negation) in (0, len(self.glosses)), "negation must have a value for each gloss, or none"


def read_glosses(line: str) -> Script:
    """A script from glosses as people write them: ``REGEN MORGEN NORDEN``.

    Umlauts become AE, OE, UE; a final ``?`` makes a question; the head shakes at negations and at ``neg-GLOSS``.

    Raises:
        UserError: the line contains no gloss.
    """
    question = line.rstrip().endswith("?")
    words = re.findall(r"[^\s?]+", normalised(line))
    if not words:
        raise UserError("no glosses to sign; separate them by spaces, such as 'REGEN MORGEN NORDEN'")
    marked = [word.lower().startswith("neg-") for word in words]
    plain = [word[4:] if mark else word for word, mark in zip(words, marked, strict=True)]
    glosses = tuple(word.replace("ß", "ss").upper().translate(_ASCII) for word in plain)
    negation = tuple(mark or gloss in NEGATIONS for gloss, mark in zip(glosses, marked, strict=True))
    shown = " ".join(glosses)
    return Script(text=shown, glosses=glosses, english=shown, question=question, negation=negation)
