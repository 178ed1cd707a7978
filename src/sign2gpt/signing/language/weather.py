"""The vocabulary of the German weather report: glosses, German words and English words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Phrase:
    """A part of a sentence: the signs and the words for it."""

    glosses: tuple[str, ...]
    german: str
    english: str


@dataclass(frozen=True)
class Thing:
    """Something in the sky; ``qualities`` are adjectives that fit it, ``falls`` is whether it can fall."""

    gloss: str
    german: str
    english: str
    plural: bool
    qualities: tuple[str, ...]
    falls: bool = False


def _phrases(table: str) -> list[Phrase]:
    """Reads lines of `GLOSSES | german | english`."""
    rows = [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]
    return [Phrase(tuple(glosses.split()), german, english) for glosses, german, english in rows]


WEEKDAYS = _phrases("""
    MONTAG | montag | monday
    DIENSTAG | dienstag | tuesday
    MITTWOCH | mittwoch | wednesday
    DONNERSTAG | donnerstag | thursday
    FREITAG | freitag | friday
    SAMSTAG | samstag | saturday
    SONNTAG | sonntag | sunday
""")

MONTHS = _phrases("""
    JANUAR | januar | january
    FEBRUAR | februar | february
    MAERZ | märz | march
    APRIL | april | april
    MAI | mai | may
    JUNI | juni | june
    JULI | juli | july
    AUGUST | august | august
    SEPTEMBER | september | september
    OKTOBER | oktober | october
    NOVEMBER | november | november
    DEZEMBER | dezember | december
""")

MOMENTS = _phrases("""
    HEUTE | heute | today
    MORGEN | morgen | tomorrow
    HEUTE NACHT | heute nacht | tonight
    HEUTE ABEND | heute abend | this evening
    MORGEN VORMITTAG | morgen vormittag | tomorrow morning
    MORGEN NACHMITTAG | morgen nachmittag | tomorrow afternoon
    TAG | am tag | during the day
    NACHT | in der nacht | in the night
    ABEND | am abend | in the evening
    VORMITTAG | am vormittag | in the morning
    NACHMITTAG | am nachmittag | in the afternoon
    WOCHENENDE | am wochenende | at the weekend
""")

PARTS = _phrases("""
    VORMITTAG | vormittag | morning
    NACHMITTAG | nachmittag | afternoon
    ABEND | abend | evening
""")

REGIONS = _phrases("""
    NORDEN | im norden | in the north
    SUEDEN | im süden | in the south
    WESTEN | im westen | in the west
    OSTEN | im osten | in the east
    NORDWESTEN | im nordwesten | in the north-west
    NORDOSTEN | im nordosten | in the north-east
    SUEDWESTEN | im südwesten | in the south-west
    SUEDOSTEN | im südosten | in the south-east
    MITTE | in der mitte | in the middle
    ALPEN | in den alpen | in the alps
    KUESTE | an der küste | on the coast
    BERG | in den bergen | in the mountains
    FLUSS | am fluss | by the river
""")

ORIGINS = _phrases("""
    NORDEN | aus norden | from the north
    SUEDEN | aus süden | from the south
    WESTEN | aus westen | from the west
    OSTEN | aus osten | from the east
    NORDWESTEN | aus nordwesten | from the north-west
    NORDOSTEN | aus nordosten | from the north-east
    SUEDWESTEN | aus südwesten | from the south-west
    SUEDOSTEN | aus südosten | from the south-east
""")

# Impersonal verbs; the English verb is without its ending.
EVENTS = _phrases("""
    REGNEN | es regnet | it rain
    SCHNEIEN | es schneit | it snow
    SONNE | die sonne scheint | the sun shine
""")

ADVERBS = _phrases("""
    OFT | häufig | often
    MANCHMAL | manchmal | at times
    LANGE | lange | for long
    OERTLICH | örtlich | in places
    UEBERALL | überall | everywhere
    KAUM | kaum | hardly
    NICHT | nicht | not
""")

THINGS = [
    Thing("REGEN", "regen", "rain", False, ("STARK", "LEICHT", "VIEL", "WENIG"), falls=True),
    Thing("SCHNEE", "schnee", "snow", False, ("STARK", "LEICHT", "VIEL", "WENIG"), falls=True),
    Thing("HAGEL", "hagel", "hail", False, ("STARK", "VIEL", "WENIG"), falls=True),
    Thing("SCHAUER", "schauer", "showers", True, ("STARK", "LEICHT", "VIEL", "WENIG")),
    Thing("GEWITTER", "gewitter", "thunderstorms", True, ("STARK", "LEICHT", "VIEL", "WENIG")),
    Thing("WOLKE", "wolken", "clouds", True, ("DICHT", "VIEL", "WENIG")),
    Thing("NEBEL", "nebel", "fog", False, ("DICHT", "VIEL", "WENIG")),
    Thing("FROST", "frost", "frost", False, ("STARK", "LEICHT")),
    Thing("STURM", "sturm", "storm", False, ()),
]

SUN = Thing("SONNE", "sonne", "sunshine", False, ("VIEL", "WENIG"))

QUALITIES = {
    "STARK": Phrase(("STARK",), "stark", "strong"),
    "LEICHT": Phrase(("LEICHT",), "leicht", "light"),
    "DICHT": Phrase(("DICHT",), "dicht", "dense"),
    "VIEL": Phrase(("VIEL",), "viel", "much"),
    "WENIG": Phrase(("WENIG",), "wenig", "little"),
}

STATES = _phrases("""
    TROCKEN | trocken | dry
    FREUNDLICH | freundlich | pleasant
    KLAR | klar | clear
    KALT | kalt | cold
    WARM | warm | warm
    HEISS | heiß | hot
    WECHSELHAFT | wechselhaft | changeable
    GLATT | glatt | slippery
""")

COMPARATIVES = _phrases("""
    FREUNDLICH MEHR | freundlicher | more pleasant
    KALT MEHR | kälter | colder
    WARM MEHR | wärmer | warmer
    HEISS MEHR | heißer | hotter
""")

STRENGTHS = _phrases("""
    SCHWACH | schwach | gently
    MAESSIG | mäßig | moderately
    STARK | stark | strongly
    KAUM | kaum | hardly
""")

# These are in first position of a German clause, so that its verb follows immediately.
ADVERBIAL_LINKS = _phrases("""
    DANN | dann | then
    SONST | sonst | otherwise
    SPAETER | später | later
    DAZU | dazu | besides
""")
CONJUNCTIONS = _phrases("""
    ABER | aber | but
    UND | und | and
""")

NOW = Phrase(("JETZT", "WETTER"), "und nun das wetter für", "and now the weather for")
TOMORROW = Phrase(("MORGEN",), "morgen", "tomorrow")
HOW = Phrase(("WETTER", "WIE"), "wie wird das wetter", "how will the weather be")

WISHES = _phrases("""
    SCHOEN ABEND WUENSCHEN | ich wünsche ihnen einen schönen abend | i wish you a nice evening
    SCHOEN TAG WUENSCHEN | ich wünsche ihnen einen schönen tag | i wish you a nice day
    SCHOEN NACHT WUENSCHEN | ich wünsche ihnen eine schöne nacht | i wish you a nice night
    SCHOEN WOCHENENDE WUENSCHEN | ich wünsche ihnen ein schönes wochenende | i wish you a nice weekend
""")

# Not in one sentence with months of the opposite season.
WINTER = frozenset({"SCHNEE", "SCHNEIEN", "FROST", "GLATT", "MINUS", "NULL"})
WINTER_MONTHS = frozenset({"NOVEMBER", "DEZEMBER", "JANUAR", "FEBRUAR"})
SUMMER = frozenset({"HEISS", "GEWITTER", "ZWANZIG"})
SUMMER_MONTHS = frozenset({"MAI", "JUNI", "JULI", "AUGUST", "SEPTEMBER"})

# Only some temperatures and days: all numbers would be a third of the vocabulary.
NUMBERS = _phrases("""
    NULL | null | 0
    ZWEI | zwei | 2
    FUENF | fünf | 5
    ACHT | acht | 8
    ZEHN | zehn | 10
    ZWOELF | zwölf | 12
    FUENF ZEHN | fünfzehn | 15
    ACHT ZEHN | achtzehn | 18
    ZWANZIG | zwanzig | 20
    FUENF ZWANZIG | fünfundzwanzig | 25
""")

DAYS = _phrases("""
    EINS | ersten | 1st
    DREI | dritten | 3rd
    FUENF | fünften | 5th
    ACHT | achten | 8th
    ZEHN | zehnten | 10th
    ZWOELF | zwölften | 12th
""")
