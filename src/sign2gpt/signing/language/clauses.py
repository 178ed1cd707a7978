"""Clauses of the weather report: a time, a place and a comment, put into German and into sign order."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from sign2gpt.signing.language import weather
from sign2gpt.signing.language.weather import Phrase, Thing
from sign2gpt.signing.script import NEGATIONS

COLDEST = 5  # index in `weather.NUMBERS` of the most degrees below zero


@dataclass(frozen=True)
class Comment:
    """What happens at the time and place of a clause.

    ``straight`` opens a German clause by itself (`es regnet`), ``inverted`` follows an adverbial (`regnet es`),
    ``rest`` comes after the place.
    """

    glosses: tuple[str, ...]
    straight: str
    inverted: str
    rest: str
    english: str
    negated: bool = False
    placed: bool = True


@dataclass(frozen=True)
class Clause:
    """A comment with its time and place; as the topic, a place is pointed at (IX) and comes first in German."""

    comment: Comment
    time: Phrase | None = None
    place: Phrase | None = None
    topic: bool = False

    @property
    def glosses(self) -> tuple[str, ...]:
        """Sign order: time, place, comment."""
        time = self.time.glosses if self.time else ()
        place = self.place.glosses if self.place else ()
        return (*time, *place, *(("IX",) if self.topic else ()), *self.comment.glosses)

    def german(self, opening: str = "") -> str:
        """The German main clause, its verb in second place; ``opening`` takes the first place if given."""
        comment = self.comment
        adverbials = [phrase.german for phrase in (self.time, self.place) if phrase]
        if self.topic:
            adverbials.reverse()
        if opening:
            adverbials.insert(0, opening)
        if not adverbials:
            return _joined(comment.straight, comment.rest)
        return _joined(adverbials[0], comment.inverted, *adverbials[1:], comment.rest)

    @property
    def english(self) -> str:
        return _joined(*(phrase.english for phrase in (self.time, self.place) if phrase), self.comment.english)


def event(rng: Random) -> Comment:
    """It rains, it snows, the sun shines: with an adverb, or negated."""
    what, how = rng.choice(weather.EVENTS), rng.choice(weather.ADVERBS) if rng.random() < 0.7 else None
    *subject, verb = what.german.split()
    return Comment(
        glosses=what.glosses + (how.glosses if how else ()),
        straight=what.german,
        inverted=_joined(verb, *subject),
        rest=how.german if how else "",
        english=_happens(what, how),
        negated=_negative(how),
    )


def thing(rng: Random) -> Comment:
    """There is strong rain, there are no clouds."""
    what = rng.choice(weather.THINGS)
    if rng.random() < 0.2:
        none = "keine" if what.plural else "keinen"
        return Comment((what.gloss, "KEIN"), "es gibt", "gibt es", f"{none} {what.german}", _there(what, "no"), True)
    quality = quality_of(rng, what, 0.7)
    glosses = (what.gloss, *(quality.glosses if quality else ()))
    english = _there(what, english_quality(what, quality))
    if what.falls and rng.random() < 0.5:
        return Comment((*glosses, "FALLEN"), "es fällt", "fällt", described(what, quality, "er"), english)
    return Comment(glosses, "es gibt", "gibt es", described(what, quality, "en"), english)


def quality_of(rng: Random, what: Thing, share: float) -> Phrase | None:
    """An adjective that fits a thing, in a ``share`` of the cases."""
    wanted = rng.random() < share
    return weather.QUALITIES[rng.choice(what.qualities)] if wanted and what.qualities else None


def described(what: Thing, quality: Phrase | None, singular: str) -> str:
    """The German noun with its adjective; ``singular`` is the ending for a masculine singular (nominative `er`)."""
    if quality is None:
        return what.german
    counted = quality.glosses[0] in ("VIEL", "WENIG")
    ending = "e" if what.plural else "" if counted else singular
    return f"{quality.german}{ending} {what.german}"


def english_quality(what: Thing, quality: Phrase | None) -> str:
    """The adjective in English, which differs for countable nouns: `many clouds`, `much rain`."""
    if quality is None:
        return ""
    return {"much": "many", "little": "few"}.get(quality.english, quality.english) if what.plural else quality.english


def condition(rng: Random) -> Comment:
    """It is cold, stays dry, gets warmer, is not clear."""
    kind = rng.choice(["is", "is", "stays", "gets", "not", "where"])
    what = rng.choice(weather.COMPARATIVES if kind == "gets" else weather.STATES)
    if kind == "gets":
        return Comment(what.glosses, "es wird", "wird es", what.german, f"it gets {what.english}")
    if kind == "stays":
        return Comment((*what.glosses, "BLEIBEN"), "es bleibt", "bleibt es", what.german, f"it stays {what.english}")
    fitting = [adverb for adverb in weather.ADVERBS if _negative(adverb) == (kind == "not")]
    how = rng.choice(fitting) if kind in ("not", "where") else None
    return Comment(
        glosses=what.glosses + (how.glosses if how else ()),
        straight="es ist",
        inverted="ist es",
        rest=_joined(how.german if how else "", what.german),
        english=_joined("it is", *_ordered(what.english, how)),
        negated=kind == "not",
    )


def wind(rng: Random) -> Comment:
    """The wind blows strongly from the west."""
    how = rng.choice(weather.STRENGTHS)
    origin = rng.choice(weather.ORIGINS) if rng.random() < 0.6 else None
    return Comment(
        glosses=("WIND", *(origin.glosses if origin else ()), *how.glosses),
        straight="der wind weht",
        inverted="weht der wind",
        rest=_joined(how.german, origin.german if origin else ""),
        english=_joined("the wind blows", how.english, origin.english if origin else ""),
        negated=_negative(how),
    )


def movement(rng: Random) -> Comment:
    """Clouds come from the west; a high comes; the fog disappears."""
    kind = rng.choice(["comes", "pressure", "goes"])
    origin = rng.choice(weather.ORIGINS)
    if kind == "pressure":
        gloss, noun, english = rng.choice([("HOCH", "ein hoch", "a high"), ("TIEF", "ein tief", "a low")])
        verb = "kommt"
    else:
        what = rng.choice([what for what in weather.THINGS if what.gloss not in ("HAGEL", "FROST")])
        gloss, noun, english, verb = what.gloss, what.german, what.english, "kommen" if what.plural else "kommt"
        if kind == "goes":
            verb = "verschwinden" if what.plural else "verschwindet"
            noun = f"die {noun}" if what.plural else f"der {noun}"
            return Comment(
                (gloss, "VERSCHWINDEN"),
                f"{noun} {verb}",
                f"{verb} {noun}",
                "",
                f"the {english} {'clear' if what.plural else 'clears'}",
            )
    return Comment(
        glosses=(gloss, "KOMMEN", *origin.glosses),
        straight=f"{noun} {verb}",
        inverted=f"{verb} {noun}",
        rest=origin.german,
        english=f"{english} {'come' if verb == 'kommen' else 'comes'} {origin.english}",
        placed=False,
    )


def temperature(rng: Random) -> Comment:
    """It will be ten to thirteen degrees; the temperature rises to twenty degrees."""
    degrees = grades(rng, ranged=rng.random() < 0.5)
    change = rng.choice([None, None, ("STEIGEN", "steigt", "rises"), ("SINKEN", "sinkt", "falls")])
    if change is None:
        english = f"it will be {degrees.english}"
        return Comment(degrees.glosses, "es werden", "werden es", degrees.german, english)
    gloss, verb, meaning = change
    return Comment(
        glosses=("TEMPERATUR", gloss, *degrees.glosses),
        straight=f"die temperatur {verb}",
        inverted=f"{verb} die temperatur",
        rest=f"auf {degrees.german}",
        english=f"the temperature {meaning} to {degrees.english}",
    )


def grades(rng: Random, ranged: bool) -> Phrase:
    """Degrees: one number, a range upwards, or a number below zero."""
    low = rng.randrange(len(weather.NUMBERS))
    number = weather.NUMBERS[low]
    if ranged and low < len(weather.NUMBERS) - 1:
        high = weather.NUMBERS[min(low + rng.randint(1, 2), len(weather.NUMBERS) - 1)]
        glosses = (*number.glosses, "BIS", *high.glosses, "GRAD")
        return Phrase(glosses, f"{number.german} bis {high.german} grad", f"{number.english} to {high.english} degrees")
    if 0 < low <= COLDEST and rng.random() < 0.4:
        return Phrase(("MINUS", *number.glosses, "GRAD"), f"minus {number.german} grad", f"-{number.english} degrees")
    return Phrase((*number.glosses, "GRAD"), f"{number.german} grad", f"{number.english} degrees")


def _there(what: Thing, how: str) -> str:
    return _joined("there are" if what.plural else "there is", how, what.english)


def _happens(what: Phrase, how: Phrase | None) -> str:
    *subject, verb = what.english.split()
    if how is not None and how.glosses == ("NICHT",):
        return _joined(*subject, "does not", verb)
    return _joined(*subject, *_ordered(f"{verb}s", how))


def _ordered(word: str, how: Phrase | None) -> tuple[str, ...]:
    """English puts `often`, `hardly`, `not` before the word and other adverbs after it."""
    if how is None:
        return (word,)
    return (how.english, word) if how.glosses == ("OFT",) or _negative(how) else (word, how.english)


def _negative(how: Phrase | None) -> bool:
    return how is not None and not NEGATIONS.isdisjoint(how.glosses)


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)
