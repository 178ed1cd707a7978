"""The kinds of sentences in a weather report: random content, put into words and signs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from sign2gpt.signing.language import clauses, weather
from sign2gpt.signing.language.clauses import Clause, Comment
from sign2gpt.signing.language.weather import Phrase
from sign2gpt.signing.script import Script

COMMENTS: list[tuple[Callable[[Random], Comment], int]] = [
    (clauses.event, 20),
    (clauses.thing, 26),
    (clauses.condition, 20),
    (clauses.wind, 12),
    (clauses.movement, 10),
    (clauses.temperature, 12),
]


def sentence(rng: Random) -> Script:
    """Any sentence of a weather report."""
    kinds: list[Callable[[Random], Script]] = [report, pair, contrast, degrees, announcement, question, farewell]
    return rng.choices(kinds, [46, 18, 10, 5, 12, 5, 4])[0](rng)


def report(rng: Random) -> Script:
    """`am montag regnet es im norden häufig`"""
    said = clause(rng)
    return compose([said], said.german(), said.english)


def pair(rng: Random) -> Script:
    """`im norden weht der wind stark aus westen sonst bleibt es trocken`"""
    first = clause(rng)
    comment = _comment(rng)
    second = Clause(comment, place=_maybe(rng, 0.5, weather.REGIONS) if comment.placed else None)
    link = rng.choice(weather.ADVERBIAL_LINKS + weather.CONJUNCTIONS)
    if link in weather.ADVERBIAL_LINKS:
        german = second.german(opening=link.german)
    else:
        german = f"{link.german} {second.german()}"
    return compose(
        [first, link, second], f"{first.german()} {german}", f"{first.english}, {link.english} {second.english}"
    )


def contrast(rng: Random) -> Script:
    """Without verbs: `morgen im norden starker regen im süden sonne`"""
    here, there = rng.sample(weather.REGIONS, 2)
    parts = [_time(rng), here, _noun(rng), there, _noun(rng)]
    return compose(parts, _said(parts), " ".join(part.english for part in parts))


def degrees(rng: Random) -> Script:
    """`am tag zehn grad im norden und drei grad in den alpen`"""
    time, (here, there) = _time(rng), rng.sample(weather.REGIONS, 2)
    first, second = clauses.grades(rng, ranged=False), clauses.grades(rng, ranged=False)
    return compose(
        [time, here, first, there, second],
        f"{time.german} {first.german} {here.german} und {second.german} {there.german}",
        f"{time.english} {first.english} {here.english} and {second.english} {there.english}",
    )


def announcement(rng: Random) -> Script:
    """`und nun das wetter für morgen montag den dritten august`"""
    weekday, day, month = rng.choice(weather.WEEKDAYS), rng.choice(weather.DAYS), rng.choice(weather.MONTHS)
    opening = [weather.NOW, *([weather.TOMORROW] if rng.random() < 0.5 else []), weekday]
    english = " ".join(part.english for part in opening)
    return compose(
        [*opening, day, month],
        f"{_said(opening)} den {day.german} {month.german}",
        f"{english} {month.english} {day.english}",
    )


def question(rng: Random) -> Script:
    """`wie wird das wetter am montag im norden`, or only the brows ask: `regnet es morgen im norden`"""
    time, place = _time(rng), _maybe(rng, 0.6, weather.REGIONS)
    adverbials = [phrase for phrase in (time, place) if phrase]
    where = " ".join(phrase.english for phrase in adverbials)
    if rng.random() < 0.5:
        how = weather.HOW
        return compose(
            [*adverbials, how], f"{how.german} {_said(adverbials)}", f"{how.english} {where}?", question=True
        )
    comment = rng.choice([clauses.event, clauses.condition, clauses.thing])(rng)
    german = " ".join(part for part in (comment.inverted, _said(adverbials), comment.rest) if part)
    return compose([Clause(comment, time, place)], german, f"{where}: {comment.english}?", question=True)


def farewell(rng: Random) -> Script:
    """`morgen bleibt es trocken ich wünsche ihnen einen schönen abend`"""
    said, wish = clause(rng), rng.choice(weather.WISHES)
    return compose([said, wish], f"{said.german()} {wish.german}", f"{said.english}, {wish.english}")


def clause(rng: Random) -> Clause:
    """A comment, usually with a time, often with a place; sometimes the place is pointed at."""
    comment = _comment(rng)
    time = _time(rng) if rng.random() < 0.8 else None
    place = _maybe(rng, 0.6, weather.REGIONS) if comment.placed else None
    return Clause(comment, time, place, topic=bool(time and place) and rng.random() < 0.2)


def compose(parts: Sequence[Clause | Phrase], text: str, english: str, question: bool = False) -> Script:
    """A script with the signs of its parts, in order; the head shakes at negated comments."""
    glosses = tuple(gloss for part in parts for gloss in part.glosses)
    negation = tuple(shake for part in parts for shake in _shakes(part))
    return Script(text, glosses, english, question, negation)


def _shakes(part: Clause | Phrase) -> list[bool]:
    if isinstance(part, Phrase) or not part.comment.negated:
        return [False] * len(part.glosses)
    before = len(part.glosses) - len(part.comment.glosses)
    return [index >= before for index in range(len(part.glosses))]


def _comment(rng: Random) -> Comment:
    kinds, weights = zip(*COMMENTS, strict=True)
    return rng.choices(kinds, weights)[0](rng)


def _time(rng: Random) -> Phrase:
    kind = rng.choices(["moment", "weekday", "part", "month"], [45, 25, 15, 15])[0]
    if kind == "moment":
        return rng.choice(weather.MOMENTS)
    if kind == "month":
        month = rng.choice(weather.MONTHS)
        return Phrase(month.glosses, f"im {month.german}", f"in {month.english}")
    day = rng.choice(weather.WEEKDAYS)
    if kind == "weekday":
        return Phrase(day.glosses, f"am {day.german}", f"on {day.english}")
    part = rng.choice(weather.PARTS)
    return Phrase(day.glosses + part.glosses, f"am {day.german} {part.german}", f"on {day.english} {part.english}")


def _noun(rng: Random) -> Phrase:
    """A noun without a verb: `starker regen`."""
    what = rng.choice([*weather.THINGS, weather.SUN])
    quality = clauses.quality_of(rng, what, 0.4)
    glosses = (what.gloss, *(quality.glosses if quality else ()))
    english = f"{clauses.english_quality(what, quality)} {what.english}".strip()
    return Phrase(glosses, clauses.described(what, quality, "er"), english)


def _maybe(rng: Random, share: float, phrases: list[Phrase]) -> Phrase | None:
    return rng.choice(phrases) if rng.random() < share else None


def _said(parts: Sequence[Phrase]) -> str:
    return " ".join(part.german for part in parts)
