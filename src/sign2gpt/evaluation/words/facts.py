"""Patterns for the facts of a weather forecast in German, English and Chinese: numbers, months, weekdays, regions.

Group 1 of a pattern is what must agree: "montagabend" and "montag" are the same day.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_TENS = "zwanzig|dreißig|vierzig|fünfzig|sechzig|siebzig|achtzig|neunzig"
_UNITS = "null|eins|zwei|drei|vier|fünf|sechs|sieben|acht|neun|elf|zwölf|erste[nrsm]?|dritte[nrsm]?|siebte[nrsm]?"
NUMBER = re.compile(
    rf"[\W]*(\d+\S*|((\w+und)?({_TENS})|(drei|vier|fünf|sech|sieb|acht|neun)?zehn|{_UNITS})(s?te[nrsm]?)?"
    r"|zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|(twen|thir|for|fif|six|seven|eigh|nine)ty"
    r"|[零一二两三四五六七八九十百千万])",
    re.IGNORECASE,
)
"""Numbers in digits and in words."""
PUNCTUATION = re.compile(r"""[.,;:!?…'"’”»)\]。，！？]+$""")

_DAYS_DE = "montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag"
_MONTHS_DE = "januar|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember"
_POINTS_DE = "(?:nord|nörd|süd)(?:ost|öst|west)?|ost|öst|west"
_AREAS_DE = "en|hälfte|lich|deutschland|europa|bayern|sachsen|friesland|frankreich|italien|skandinavien|küste|rand"
_PLACES_DE = (
    "nordsee|ostsee|nordseeküste|ostseeküste|küste|mitte|alpen|alpenrand|alpenvorland|alpenraum|bergland|mittelgebirge|"
    "oberrhein|niederrhein|hochrhein|rhein|donau|elbe|vogtland|emsland|sauerland|saarland|rheinland|münsterland|"
    "flachland|schwarzwald|westerwald|harz|eifel|erzgebirge|bodensee|bayern|niederbayern|oberbayern|sachsen|thüringen|"
    "hessen|franken|niedersachsen|westfalen|württemberg|brandenburg|mecklenburg|holstein|schleswig|berlin|hamburg|"
    "nordfriesland|ostfriesland|deutschland|mitteleuropa|schottland|england|irland|island|russland|griechenland"
)
_DAYS_EN = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_MONTHS_EN = "january|february|march|april|june|july|august|september|october|november|december"
_POINTS_EN = "(?:north|south)(?:-?east|-?west)?|east|west"


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE)


PATTERNS: Mapping[str, Mapping[str, re.Pattern[str]]] = {
    "de": {
        "months": _words(f"({_MONTHS_DE})s?"),
        "weekdays": _words(f"({_DAYS_DE})s?(?:früh|morgen|vormittag|mittag|nachmittag|abend|nacht)?s?"),
        "regions": _words(f"((?:{_POINTS_DE})(?:{_AREAS_DE})?|{_PLACES_DE})(?:e[nrsm]?|n|s)?"),
    },
    "en": {
        "months": _words(f"({_MONTHS_EN})"),
        "weekdays": _words(f"({_DAYS_EN})s?"),
        "regions": _words(f"((?:{_POINTS_EN})(?:ern)?|coasts?|midlands|highlands|alps)"),
    },
    "zh": {
        "numbers": re.compile(
            r"(?<!星期)(?<!礼拜)(?<!周)(\d++(?:\.\d++)?|[零〇一二两三四五六七八九十百千万亿]++)(?!月)"
        ),
        "months": re.compile(r"(\d+|[一二三四五六七八九十]+)月"),
        "weekdays": re.compile(r"(?:星期|礼拜|周)([一二三四五六日天末])"),
        "regions": re.compile(r"([东西南北]+|中)(?:部|方|边)"),
    },
}
"""Language -> kind -> pattern. May is missing in English: in lower-cased text it is mostly a verb."""


def numbers(text: str) -> list[str]:
    """The words of a text that are numbers, in lower case, without punctuation after them.

    All tables use this definition; a tagger's numerals differ, such as 'both' and 'a few'.
    """
    words = (PUNCTUATION.sub("", word) for word in text.lower().split())
    return [word for word in words if NUMBER.fullmatch(word)]


def is_number(word: str) -> bool:
    return bool(numbers(word))
