"""A published release becomes a corpus: what its tables list, compared with what is there, then clip by clip."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sign2gpt.common.engine import Workers
from sign2gpt.common.errors import Problems, UserError
from sign2gpt.common.files import LONGEST_TEXT
from sign2gpt.common.progress import console, say
from sign2gpt.common.text import normalised
from sign2gpt.data.check import check_corpus
from sign2gpt.data.corpus import CorpusInfo
from sign2gpt.data.paths import unfit
from sign2gpt.data.summary import summary
from sign2gpt.data.writer import ClipSource, Stream, write_corpus
from sign2gpt.video.geometry import Fit

SHOWN = 10
"""Clips that a message names before it only counts them."""
LONGEST = 300
"""Characters of a clip's name with its fault: what is longer is no name."""
USUAL_FRAMES = 150
MOST_FRAMES = 100_000
"""A table that tells of a clip that it has more, about an hour of them, is damaged."""


@dataclass(frozen=True)
class Entry(ClipSource):
    """A clip as a release lists it; ``made_from`` names what its frames depend on beside id, size and fit.

    Attributes:
        where: file and line that list it.
        missing: why its video is not there; empty: it is.
    """

    num_frames: int = USUAL_FRAMES
    where: str = ""
    missing: str = ""

    @property
    def named(self) -> str:
        """The clip and where it is listed, for messages."""
        return f"{self.id} ({self.where})" if self.where else self.id


@dataclass(frozen=True)
class ImportOptions:
    """How a release becomes a corpus; the paper stretches its frames. A damaged clip is a missing one."""

    size: int = 256
    fit: Fit = "stretch"
    allow_missing: bool = False
    workers: Workers = None


def import_release(
    corpus: Path,
    info: CorpusInfo,
    entries: Iterable[Entry],
    known: Mapping[str, int],
    options: ImportOptions,
    stream: Stream | None = None,
) -> None:
    """Writes a release's clips as a corpus, and tells on stderr how the release differs from what is known of it.

    Args:
        known: rows of each split in the release as it was published.
        stream: where the frames of an archive come from, in its order.

    Raises:
        UserError: clips listed twice, unfit ids, missing videos that were not allowed; all of them at once. And what
            `write_corpus` raises.
    """
    entries = list(entries)
    _tell_counts(Counter(entry.split for entry in entries), known)
    kept = kept_entries(entries, info.name, options.allow_missing)
    sources = [replace(entry, made_from=repr((entry.made_from, options.fit))) for entry in kept]
    if write_corpus(corpus, info, sources, options.workers, stream, allow_damaged=options.allow_missing):
        console.print(summary(check_corpus(corpus, decode=False)))


def shortened(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return f"{', '.join(name[:LONGEST] for name in names[:SHOWN])}{more}"


def _tell_counts(counts: Counter[str], known: Mapping[str, int]) -> None:
    for split in dict.fromkeys([*known, *counts]):
        listed, expected = counts[split], known.get(split, 0)
        differs = "" if listed == expected else f"; the release as it was published has {expected:,}"
        say(f"{split}: {listed:,} clips listed{differs}")


def kept_entries(entries: Sequence[Entry], name: str, allow_missing: bool) -> list[Entry]:
    """The entries to write, their texts `normalised`; what is wrong with the others is told, or raised."""
    entries = [_normalised(entry) for entry in entries]
    problems = Problems(name)
    seen: dict[str, Entry] = {}
    for entry in entries:
        if problem := unfit(entry.id):
            problems.add(f"{entry.where}: id {problem}")
        if entry.id in seen:
            problems.add(f"{entry.where}: {entry.id} is listed in {seen[entry.id].where} already")
        seen.setdefault(entry.id, entry)
        for text in (entry.text, entry.glosses or "", entry.signer):
            if "\0" in text:
                problems.add(f"{entry.where}: {entry.id} has a NUL in its text; copy the table again")
            if len(text) > LONGEST_TEXT:
                problems.add(f"{entry.where}: {entry.id} has {len(text):,} characters of text; copy the table again")
    silent = [entry for entry in entries if not entry.text.strip()]
    missing = [entry for entry in entries if entry.missing and entry.text.strip()]
    if silent:
        say(f"left out, no text: {counted([entry.named for entry in silent])}")
    if missing:
        told = counted([f"{entry.named}: {entry.missing}" for entry in missing])
        if allow_missing:
            say(f"left out, not there: {told}")
        else:
            problems.add(f"not there: {told} (--allow-missing leaves such clips out)")
    problems.raise_if_any(SHOWN)
    kept = [entry for entry in entries if entry.text.strip() and not entry.missing]
    if not kept:
        raise UserError(f"{name}: no clip is left to write; is this the whole release?")
    return kept


def _normalised(entry: Entry) -> Entry:
    text, signer, glosses = (normalised(text) for text in (entry.text, entry.signer, entry.glosses or ""))
    return replace(entry, text=text, signer=signer, glosses=glosses or None)


def counted(names: Sequence[str]) -> str:
    """``2 clips: a, b``; of many the first ones."""
    return f"{len(names):,} clip{'s' * (len(names) > 1)}: {shortened(names)}"
