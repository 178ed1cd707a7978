"""Text protocols: what is done to hypothesis and reference, alike, before they are compared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sign2gpt.common.errors import UserError, nearest
from sign2gpt.metrics.function_words import FUNCTION_WORDS

UNSPACED_SCRIPT = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
FINAL_DOT = re.compile(r"\s*\.$")
PUNCTUATION = re.compile(r"[^\w\s] ?")
MARK = re.compile(r"[^\w\s']")
BETWEEN_CHARACTERS = re.compile(r"(?<=\S)(?=\S)")


@dataclass(frozen=True)
class Protocol:
    """What is compared; ``beside`` are variants whose scores stand next to it, since others may have used them."""

    name: str
    about: str
    lowercase: bool = False
    final_dot: str | None = None  # none: as it stands; else what stands at the end on both sides
    characters: bool = False
    punctuation: bool = True
    without: frozenset[str] = frozenset()  # words that are dropped, and all punctuation with them; case does not count
    beside: tuple[Protocol, ...] = ()

    @property
    def tokenize(self) -> str:
        """sacreBLEU's tokenizer."""
        return "char" if self.characters else "13a"

    @property
    def told(self) -> str:
        """What is done to the text, in words."""
        dots = {None: "final dot as it stands", "": "no final dot"}
        done = [
            "characters" if self.characters else "13a tokens",
            "lower case" if self.lowercase else "case kept",
            dots.get(self.final_dot, f"'{self.final_dot}' at the end of both sides"),
            "punctuation kept" if self.punctuation and not self.without else "no punctuation",
        ]
        return ", ".join([*done, *([f"without {len(self.without)} function words"] if self.without else [])])

    def prepare(self, text: str) -> str:
        """The text as it is scored; both sides go through the same steps."""
        text = text.strip()
        if self.lowercase:
            text = text.lower()
        if not self.punctuation:
            text = PUNCTUATION.sub("", text).strip()
        if self.without:
            words = MARK.sub("", text.replace("’", "'")).split()
            text = " ".join(word for word in words if word.lower() not in self.without)
        if self.final_dot is not None:
            text = f"{FINAL_DOT.sub('', text)}{self.final_dot}".strip()
        if self.characters:
            text = BETWEEN_CHARACTERS.sub(" ", text)
        return text

    def check(self, texts: Sequence[str], where: str) -> None:
        """Refuses sentences without blanks where words are compared.

        Raises:
            UserError: the texts are Chinese or Japanese without blanks and the protocol compares words.
        """
        if not self.characters and without_blanks(texts):
            raise UserError(
                f"{where}: no blanks between characters, so protocol {self.name} would take whole sentences for "
                f"words (1.54 BLEU-4 where characters give 15.99): use protocol csl-daily, which compares characters"
            )


def without_blanks(texts: Iterable[str]) -> bool:
    """Whether the texts are Chinese or Japanese, written with no blanks between words, so that characters count."""
    written = [token for text in texts for token in text.split() if UNSPACED_SCRIPT.search(token)]
    return sum(len(UNSPACED_SCRIPT.findall(token)) for token in written) > 3 * len(written)


_PHOENIX = Protocol(
    "phoenix14t",
    "lower case; a final dot is taken off and ' .' put at the end on both sides; 13a",
    lowercase=True,
    final_dot=" .",
)
_CSL = Protocol("csl-daily", "characters; punctuation kept", characters=True)
_HOW2SIGN = Protocol("how2sign", "text as it stands: case and punctuation kept; 13a")
_REDUCED = replace(_HOW2SIGN, name="reduced", without=FUNCTION_WORDS)

PROTOCOLS: dict[str, Protocol] = {
    protocol.name: protocol
    for protocol in (
        replace(_PHOENIX, beside=(replace(_PHOENIX, name="without_dot", final_dot=""),)),
        replace(_CSL, beside=(replace(_CSL, name="without_punctuation", punctuation=False),)),
        replace(_HOW2SIGN, beside=(replace(_HOW2SIGN, name="lower_case", lowercase=True), _REDUCED)),
        Protocol("plain", "text as it stands: words, punctuation and case kept; 13a"),
    )
}


def protocol(name: str | Protocol) -> Protocol:
    """A protocol by its name; a protocol is its own.

    Raises:
        UserError: there is none of that name; the known ones are told.
    """
    if isinstance(name, Protocol):
        return name
    if name not in PROTOCOLS:
        raise UserError(f"no protocol {name!r}{nearest(name, PROTOCOLS)}")
    return PROTOCOLS[name]


def reduced(chosen: Protocol, words: Sequence[str]) -> Protocol:
    """The protocol with other function words dropped in its variant `reduced`, such as a list published with a paper.

    Raises:
        UserError: the protocol has no such variant.
    """
    if all(not variant.without for variant in chosen.beside):
        raise UserError(f"protocol {chosen.name} drops no function words: reduced BLEU is of how2sign")
    lowered = frozenset(word.strip().lower() for word in words) - {""}
    variants = (replace(variant, without=lowered) if variant.without else variant for variant in chosen.beside)
    return replace(chosen, beside=tuple(variants))


def check_sides(hypotheses: Sequence[str], references: Sequence[str], chosen: Protocol) -> None:
    """Refuses sentences that cannot be scored.

    Raises:
        UserError: unequal or no sentences, an empty reference, or text that does not fit the protocol.
    """
    if len(hypotheses) != len(references):
        raise UserError(f"{len(hypotheses)} hypotheses for {len(references)} references: they go line by line")
    if not references:
        raise UserError("there are no sentences to score")
    empty = [str(line) for line, text in enumerate(references, 1) if not text.strip()]
    if empty:
        raise UserError(f"{len(empty)} references are empty, on line {', '.join(empty[:10])}: a reference has words")
    chosen.check(references, "the references")
