"""Text protocols: how hypotheses and references are normalised before scoring."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sign2gpt.common.errors import UserError, nearest
from sign2gpt.common.text import IDEOGRAPHIC, SYLLABIC, marks, normalised
from sign2gpt.metrics.function_words import FUNCTION_WORDS

LONGEST_WORDS = ((re.compile(f"[{IDEOGRAPHIC}]"), 3), (re.compile(f"[{SYLLABIC}]"), 12))
"""Scripts without spaces between words, and the most characters that their words have on average."""
FINAL_DOT = re.compile(r"\s*\.$")
BETWEEN_CHARACTERS = re.compile(r"(?<=\S)(?=\S)")


@dataclass(frozen=True)
class Protocol:
    """How texts are normalised; ``variants`` are also reported, because published scores may have used them."""

    name: str
    about: str
    lowercase: bool = False
    final_dot: str | None = None  # the end of both sides; None keeps them as they are
    characters: bool = False
    punctuation: bool = True
    without: frozenset[str] = frozenset()  # words to remove, in any case; all punctuation goes too
    variants: tuple[Protocol, ...] = ()

    @property
    def tokenize(self) -> str:
        """sacreBLEU's tokenizer."""
        return "char" if self.characters else "13a"

    def describe(self) -> str:
        """The steps in words."""
        dots = {None: "final dot as it stands", "": "no final dot"}
        done = [
            "characters" if self.characters else "13a tokens",
            "lower case" if self.lowercase else "case kept",
            dots.get(self.final_dot, f"'{self.final_dot}' at the end of both sides"),
            "punctuation kept" if self.punctuation and not self.without else "no punctuation",
        ]
        return ", ".join([*done, *([f"without {len(self.without)} function words"] if self.without else [])])

    def prepare(self, text: str) -> str:
        """The text as it is scored."""
        text = normalised(text).strip()
        if self.lowercase:
            text = text.lower()
        if not self.punctuation:
            text = _punctuation(" ?").sub("", text).strip()
        if self.without:
            words = _punctuation(kept="'").sub("", text.replace("’", "'")).split()
            text = " ".join(word for word in words if word.lower() not in self.without)
        if self.final_dot is not None:
            text = f"{FINAL_DOT.sub('', text)}{self.final_dot}".strip()
        if self.characters:
            text = BETWEEN_CHARACTERS.sub(" ", text)
        return text

    def check(self, texts: Sequence[str], where: str) -> None:
        """Refuses sentences without spaces between words where words are compared.

        Raises:
            UserError: the texts have no spaces between words, and the protocol compares words.
        """
        if not self.characters and without_blanks(texts):
            raise UserError(
                f"{where}: no spaces between words, so protocol {self.name} would count each sentence as one word; "
                "use protocol csl-daily, which compares characters"
            )


def without_blanks(texts: Iterable[str]) -> bool:
    """Whether the texts are written without spaces between words, as Chinese or Thai are."""
    tokens = [token for text in texts for token in text.split()]
    for script, longest in LONGEST_WORDS:
        written = [letters for token in tokens if (letters := len(script.findall(token)))]
        if sum(written) > longest * len(written):
            return True
    return False


@functools.cache
def _punctuation(behind: str = "", kept: str = "") -> re.Pattern[str]:
    """Characters that are no letter, combining mark, digit, space or one of ``kept``, and ``behind`` after them."""
    return re.compile(rf"[^\w\s{kept}{marks()}]{behind}")


_PHOENIX = Protocol(
    "phoenix14t",
    "lower case; exactly one ' .' at the end of both sides; 13a",
    lowercase=True,
    final_dot=" .",
)
_CSL = Protocol("csl-daily", "characters; punctuation kept", characters=True)
_HOW2SIGN = Protocol("how2sign", "case and punctuation kept; 13a")
_REDUCED = replace(_HOW2SIGN, name="reduced", without=FUNCTION_WORDS)

PROTOCOLS: dict[str, Protocol] = {
    protocol.name: protocol
    for protocol in (
        replace(_PHOENIX, variants=(replace(_PHOENIX, name="without_dot", final_dot=""),)),
        replace(_CSL, variants=(replace(_CSL, name="without_punctuation", punctuation=False),)),
        replace(_HOW2SIGN, variants=(replace(_HOW2SIGN, name="lower_case", lowercase=True), _REDUCED)),
        Protocol("plain", "case and punctuation kept; 13a"),
    )
}


def protocol(name: str | Protocol) -> Protocol:
    """The protocol of a name; a `Protocol` is returned as it is.

    Raises:
        UserError: no protocol has that name.
    """
    if isinstance(name, Protocol):
        return name
    if name not in PROTOCOLS:
        raise UserError(f"no protocol {name!r}{nearest(name, PROTOCOLS)}")
    return PROTOCOLS[name]


def reduced(chosen: Protocol, words: Sequence[str]) -> Protocol:
    """The protocol with other function words for its variant `reduced`, such as a list published with a paper.

    Raises:
        UserError: the protocol has no such variant.
    """
    if all(not variant.without for variant in chosen.variants):
        raise UserError(
            f"protocol {chosen.name} has no list of function words: use how2sign, which has the variant `reduced`"
        )
    lowered = frozenset(normalised(word).strip().lower() for word in words) - {""}
    variants = (replace(variant, without=lowered) if variant.without else variant for variant in chosen.variants)
    return replace(chosen, variants=tuple(variants))


def check_sides(hypotheses: Sequence[str], references: Sequence[str], chosen: Protocol) -> None:
    """Refuses sentences that cannot be scored.

    Raises:
        UserError: unequal or no sentences, an empty reference, or text that does not fit the protocol.
    """
    if len(hypotheses) != len(references):
        raise UserError(
            f"{len(hypotheses)} hypotheses for {len(references)} references: both need the same number of lines"
        )
    if not references:
        raise UserError("no sentences to score")
    empty = [str(line) for line, text in enumerate(references, 1) if not text.strip()]
    if empty:
        raise UserError(
            f"{len(empty)} references are empty (line {', '.join(empty[:10])}): remove those lines from both files"
        )
    chosen.check(references, "the references")
