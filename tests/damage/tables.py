"""Damaged tables: those of folders, corpora and releases, whose rows name files and hold what people said."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from releases import ROOT

from damage.cases import HARMLESS, REFUSED, SKIPPED, Case


@dataclass(frozen=True)
class Sheet:
    """A table that commands read; ``path`` and ``text`` are the columns that name files and hold sentences."""

    name: str
    place: str
    separator: str
    words: tuple[str, ...]
    path: int
    text: int
    number: int | None = None
    quoted: bool = False
    """Whether it is CSV, with quotes and records over several lines."""
    links: str = ""
    """A file or folder that its first row names."""


Cells = list[list[str]]
Change = Callable[[Cells, Sheet, Random], "Cells | bytes"]
PREPARED = ("out", "--size", "32", "--workers", "1")
SHEETS = [
    Sheet(
        "source",
        "train.tsv",
        "\t",
        ("prepare", "folder", "in", *PREPARED, "--language", "de"),
        path=1,
        text=2,
        number=3,
        links="one.mp4",
    ),
    Sheet(
        "corpus",
        "dev/metadata.csv",
        ",",
        ("check", "in", "--workers", "1"),
        path=0,
        text=1,
        number=4,
        quoted=True,
        links="dev/dev0.mp4",
    ),
    Sheet(
        "corpus",
        "train/metadata.csv",
        ",",
        ("glosses", "in", "--tagger", "words", "--set", "data.max_share=1"),
        path=0,
        text=1,
        number=4,
        quoted=True,
        links="train/train0.mp4",
    ),
    Sheet(
        "phoenix",
        f"{ROOT}/annotations/manual/PHOENIX-2014-T.dev.corpus.csv",
        "|",
        ("prepare", "phoenix14t", "in", *PREPARED),
        path=0,
        text=6,
        links=f"{ROOT}/features/fullFrame-210x260px/dev/dev1",
    ),
    Sheet(
        "how2sign",
        "how2sign_realigned_val.csv",
        "\t",
        ("prepare", "how2sign", "in", *PREPARED),
        path=1,
        text=6,
        number=4,
        links="val/val1.mp4",
    ),
    Sheet(
        "csl",
        "sentence_label/split_1.txt",
        "|",
        ("prepare", "csl-daily", "in", *PREPARED),
        path=0,
        text=1,
        links="sentence/frames_512x512/S000000_P0001_T00",
    ),
]

SIGNED = ("synth", "signed_phoenix14t", "out", "--annotations", "in", "--workers", "1", "--set", "signing.size=32")
TRANSCRIBED = Sheet("annotated", "PHOENIX-2014-T.train.corpus.csv", "|", SIGNED, path=0, text=5)
"""A table whose glosses are signed."""
LENGTHS = Sheet("annotated", "frames.train.tsv", "\t", SIGNED, path=0, text=1, number=1)


def _with(cells: Cells, column: int, value: str, row: int = 1) -> Cells:
    changed = [list(line) for line in cells]
    changed[row][column] = value
    return changed


def _renamed(cells: Cells, sheet: Sheet, random: Random) -> Cells:
    return _with(cells, sheet.path, cells[0][sheet.path] + "s", row=0)


def _dropped(cells: Cells, sheet: Sheet, random: Random) -> Cells:
    return [line[: sheet.text] + line[sheet.text + 1 :] for line in cells]


def _more(cells: Cells, sheet: Sheet, random: Random) -> Cells:
    return [*cells[:2], [*cells[2], "more"], *cells[3:]]


def _fewer(cells: Cells, sheet: Sheet, random: Random) -> Cells:
    return [*cells[:2], cells[2][:-1], *cells[3:]]


def _twice(cells: Cells, sheet: Sheet, random: Random) -> Cells:
    return [*cells, cells[-1]]


def _joined(cells: Cells, sheet: Sheet) -> bytes:
    """The table as it is laid out, whatever its cells hold."""
    return "".join(sheet.separator.join(line) + "\n" for line in cells).encode(errors="surrogatepass")


def _encoded(encoding: str) -> Change:
    def change(cells: Cells, sheet: Sheet, random: Random) -> bytes:
        return _joined(_with(cells, sheet.text, "grüßt für"), sheet).decode().encode(encoding)

    return change


def _cell(value: str) -> Change:
    return lambda cells, sheet, random: _with(cells, sheet.text, value)


def _path(value: str) -> Change:
    return lambda cells, sheet, random: _with(cells, sheet.path, value)


def _number(value: str) -> Change:
    return lambda cells, sheet, random: _with(cells, sheet.path if sheet.number is None else sheet.number, value)


def _bytes(content: bytes) -> Change:
    return lambda cells, sheet, random: content


def _flips(cells: Cells, sheet: Sheet, random: Random) -> bytes:
    data = bytearray(_joined(cells, sheet))
    for _ in range(random.randint(1, 8)):
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    return bytes(data)


COLUMNS: dict[str, Change] = {
    "a column of another name": _renamed,
    "a column missing": _dropped,
    "a cell too many": _more,
    "a cell too few": _fewer,
    "a row twice": _twice,
    "no header": lambda cells, sheet, random: cells[1:],
    "another separator": lambda cells, sheet, random: _joined(cells, sheet).replace(sheet.separator.encode(), b";"),
    "emptied": _bytes(b""),
    "blank lines alone": _bytes(b"\n\n\n"),
    "old line ends": lambda cells, sheet, random: _joined(cells, sheet).replace(b"\n", b"\r"),
}
QUOTES: dict[str, Change] = {
    "a quote that does not end": _cell('"am montag'),
    "a quote inside": _cell('am "montag" regen'),
    "text behind a quote": _cell('"am" montag'),
    "quotes of typesetters": _cell("„am montag“"),
}
ENCODINGS: dict[str, Change] = {
    "Latin-1": _encoded("latin-1"),
    "UTF-16": _encoded("utf-16"),
    "UTF-8 with its mark": _encoded("utf-8-sig"),
    "halves of surrogate pairs": _cell("\udce4"),
    "a NUL": _cell("am\0montag"),
    "NULs alone": _bytes(bytes(5000)),
    "an escape sequence": _path("\x1b[2J\x1b[31mhacked"),
    "text from right to left": _cell("\u202eam montag"),
    "flipped bits": _flips,
}
LARGE: dict[str, Change] = {
    "10 MB of a sentence": _cell("wort " * 2_000_000),
    "10 MB of a name": _path("a" * 10_000_000),
    "10 MB of a number": _number("9" * 10_000_000),
    "5,000 digits": _number("9" * 5000),
    "a million cells": lambda cells, sheet, random: [*cells, ["x"] * 1_000_000],
    "100,000 wrong rows": lambda cells, sheet, random: [*cells, *[["x"]] * 100_000],
}
FORMULAS: dict[str, Change] = {
    "a sum": _cell("=1+1"),
    "a command": _cell("=cmd'/c touch ran'!A0"),
    "a link": _cell('=HYPERLINK("http://127.0.0.1/")'),
    "markup": _cell("[bold red]am[/] <script>alert(1)</script>"),
    "a template": _cell("{{7*7}} ${PATH} %s %n $(touch ran)"),
    "a command as name": _path("=cmd'/c touch ran'!A0"),
}
PATHS: dict[str, Change] = {
    "absolute": _path("/etc/passwd"),
    "upwards": _path("../secret"),
    "upwards inside": _path("a/../../secret"),
    "of Windows": _path("..\\secret.mp4"),
    "with a drive": _path("C:\\secret.mp4"),
    "of the network": _path("\\\\host\\secret.mp4"),
    "a device": _path("/dev/zero"),
    "a protocol": _path("http://127.0.0.1/x.mp4"),
    "none": _path(""),
    "a dot": _path("."),
    "300 bytes": _path("ä" * 150),
}
NUMBERS: dict[str, Change] = {
    value: _number(value) for value in ("nan", "inf", "-1", "1e999", "ten", "0x10", "²", "0", "1_0", "999999999999")
}

GLOSSES: dict[str, Change] = {
    "repetitions of repetitions": _cell("REGEN" + "PLUSPLUS" * 1000),
    "plus signs": _cell("REGEN" + "+" * 9000),
    "2,000 prefixes": _cell("neg-loc-" * 1000 + "REGEN"),
    "half a prefix": _cell("neg- -PLUSPLUS ++ __"),
    "nothing that is signed": _cell("__ON__ __OFF__"),
    "no glosses": _cell(" "),
    "many signs": _cell("REGEN " * 1000),
    "a long word to spell": _cell("+".join("A" * 5000)),
    "10 MB of a gloss": _cell("R" * 10_000_000),
    "a NUL": _cell("REGEN\0"),
    "an escape sequence": _cell("\x1b[2JREGEN"),
    "another script": _cell("مطر ١٢ 雨"),
}

MAY_PASS = {*QUOTES, *FORMULAS, "UTF-8 with its mark", "text from right to left", "flipped bits", "old line ends", "0"}
"""What is a sentence like any other, or read as it was meant; only some tables take it for damage."""

SIGNS = {"repetitions of repetitions", "plus signs", "2,000 prefixes", "half a prefix", "nothing that is signed"}
SIGNS |= {"no glosses", "an escape sequence", "another script"}
"""Transcriptions that can be signed, or a sentence that is left out for want of signs."""


def transcriptions(kind: str) -> Callable[[int, Random, Path], Case]:
    """Each damage to the glosses of a clip in turn."""

    def made(number: int, random: Random, whole: Path) -> Case:
        name = list(GLOSSES)[number % len(GLOSSES)]
        case = _case(kind, name, GLOSSES[name], TRANSCRIBED, random, whole)
        return replace(case, outcomes=(HARMLESS,)) if name in SIGNS else case

    return made


def lengths(kind: str) -> Callable[[int, Random, Path], Case]:
    """Each damage to a table of clips and their numbers of frames in turn."""

    def made(number: int, random: Random, whole: Path) -> Case:
        changes = NUMBERS | {name: COLUMNS[name] for name in ("a column of another name", "a cell too many", "emptied")}
        name = list(changes)[number % len(changes)]
        return replace(_case(kind, name, changes[name], LENGTHS, random, whole), outcomes=(REFUSED,))

    return made


def table(kind: str, changes: dict[str, Change]) -> Callable[[int, Random, Path], Case]:
    """Each damage in turn, each table in turn."""

    def made(number: int, random: Random, whole: Path) -> Case:
        name = list(changes)[number % len(changes)]
        sheet = SHEETS[(number + number // len(changes)) % len(SHEETS)]
        return _case(kind, name, changes[name], sheet, random, whole)

    return made


def _case(kind: str, name: str, change: Change, sheet: Sheet, random: Random, whole: Path) -> Case:
    allowed = sheet.words[0] == "prepare" and random.random() < 0.3

    def write(folder: Path) -> None:
        shutil.copytree(whole / sheet.name, folder / "in")
        path = folder / "in" / sheet.place
        text = path.read_text(encoding="utf-8").replace("\r\n", "\n")
        cells = [line.split(sheet.separator) for line in text.splitlines()]
        changed = change(cells, sheet, random)
        path.write_bytes(changed if isinstance(changed, bytes) else _joined(changed, sheet))

    words = (*sheet.words, *(["--allow-missing"] if allowed else []))
    named = Path(sheet.place).name
    return Case(kind, f"{named}: {name}", words, named, write, _outcomes(name, allowed))


def _outcomes(name: str, allowed: bool) -> tuple[str, ...]:
    refused = (REFUSED, SKIPPED) if allowed else (REFUSED,)
    return (*refused, HARMLESS) if name in MAY_PASS else refused


def links(kind: str) -> Callable[[int, Random, Path], Case]:
    """What a table names is a link out of the corpus: the file, its folder, or what is in it."""

    def made(number: int, random: Random, whole: Path) -> Case:
        sheet = SHEETS[number % len(SHEETS)]
        parent = number // len(SHEETS) % 2 == 1

        def write(folder: Path) -> None:
            shutil.copytree(whole / sheet.name, folder / "in")
            linked = folder / "in" / sheet.links
            linked = linked.parent if parent and linked.parent != folder / "in" else linked
            linked.rename(folder / "outside")
            linked.symlink_to(folder / "outside")

        allowed = sheet.words[0] == "prepare" and random.random() < 0.5
        words = (*sheet.words, *(["--allow-missing"] if allowed else []))
        outcomes = (SKIPPED, REFUSED) if allowed else (REFUSED,)
        if parent and sheet.name == "csl":
            outcomes = (*outcomes, HARMLESS)  # its images may lie on another disk
        what = "the folder of a clip" if parent else "a clip"
        return Case(kind, f"{sheet.name}: {what} is a link", words, "" if parent else "link", write, outcomes)

    return made
