"""Makes a corpus from a published release: checks the clips that its tables list, then writes them one by one.

Every importer of a release builds the entries and calls `import_release`.
"""

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
from sign2gpt.data.check import check_corpus, summary
from sign2gpt.data.corpus import CorpusInfo
from sign2gpt.data.tables import id_problem
from sign2gpt.data.writer import ClipSource, Stream, write_corpus
from sign2gpt.video.geometry import Fit

SHOWN = 10
"""Clips that a message lists before it only counts them."""
LONGEST = 300
"""Most characters shown of a clip's name and problem."""
USUAL_FRAMES = 150
MOST_FRAMES = 100_000
"""A table that lists more frames for a clip, about an hour, is damaged."""


@dataclass(frozen=True)
class Entry(ClipSource):
    """A clip listed in a release; ``made_from`` is what its frames depend on in addition to id, size and fit.

    Attributes:
        where: file and line that list the clip.
        missing: why the clip's video is missing; empty if it is not.
    """

    num_frames: int = USUAL_FRAMES
    where: str = ""
    missing: str = ""

    @property
    def named(self) -> str:
        """The clip with file and line, for messages."""
        return f"{self.id} ({self.where})" if self.where else self.id


@dataclass(frozen=True)
class ImportOptions:
    """How to make a corpus from a release; ``allow_missing`` leaves out missing and damaged clips.

    The paper stretches frames to squares.
    """

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
    """Writes the clips of a release as a corpus, and reports how the release differs from the published one.

    Args:
        known: number of clips of each split in the published release.
        stream: source of the frames in an archive, in its order.

    Raises:
        UserError: clips are listed twice, have unsuitable ids, or their videos are missing and that is not allowed; all
            are listed at once. Also as `write_corpus`.
    """
    entries = list(entries)
    _report_counts(Counter(entry.split for entry in entries), known)
    kept = kept_entries(entries, info.name, options.allow_missing)
    sources = [replace(entry, made_from=repr((entry.made_from, options.fit))) for entry in kept]
    if write_corpus(corpus, info, sources, options.workers, stream, allow_damaged=options.allow_missing):
        console.print(summary(check_corpus(corpus, decode=False)))


def shortened(names: Sequence[str]) -> str:
    """The first names, and the number of the others."""
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return f"{', '.join(name[:LONGEST] for name in names[:SHOWN])}{more}"


def _report_counts(counts: Counter[str], known: Mapping[str, int]) -> None:
    for split in dict.fromkeys([*known, *counts]):
        listed, expected = counts[split], known.get(split, 0)
        differs = "" if listed == expected else f"; the published release has {expected:,}"
        say(f"{split}: {listed:,} clips listed{differs}")


def kept_entries(entries: Sequence[Entry], name: str, allow_missing: bool) -> list[Entry]:
    """The entries to write, their texts `normalised`; others are reported or raised as errors."""
    entries = [_normalised(entry) for entry in entries]
    problems = Problems(name)
    _check_entries(entries, problems)
    silent = [entry for entry in entries if not entry.text.strip()]
    missing = [entry for entry in entries if entry.missing and entry.text.strip()]
    if silent:
        say(f"left out, no text: {counted([entry.named for entry in silent])}")
    if missing:
        listed = counted([f"{entry.named}: {entry.missing}" for entry in missing])
        if allow_missing:
            say(f"left out, video missing: {listed}")
        else:
            problems.add(f"video missing: {listed} (--allow-missing leaves such clips out)")
    problems.raise_if_any(SHOWN)
    kept = [entry for entry in entries if entry.text.strip() and not entry.missing]
    if not kept:
        raise UserError(f"{name}: no clip can be written; check that this is the complete release")
    return kept


def _check_entries(entries: Sequence[Entry], problems: Problems) -> None:
    seen: dict[str, Entry] = {}
    for entry in entries:
        if problem := id_problem(entry.id):
            problems.add(f"{entry.where}: id {problem}")
        if entry.id in seen:
            problems.add(f"{entry.where}: {entry.id} is already listed in {seen[entry.id].where}")
        seen.setdefault(entry.id, entry)
        for text in (entry.text, entry.glosses or "", entry.signer):
            if "\0" in text:
                problems.add(f"{entry.where}: the text of {entry.id} contains a NUL character; copy the table again")
            if len(text) > LONGEST_TEXT:
                problems.add(f"{entry.where}: {entry.id} has {len(text):,} characters of text; copy the table again")


def _normalised(entry: Entry) -> Entry:
    text, signer, glosses = (normalised(text) for text in (entry.text, entry.signer, entry.glosses or ""))
    return replace(entry, text=text, signer=signer, glosses=glosses or None)


def counted(names: Sequence[str]) -> str:
    """Number and names, such as ``2 clips: a, b``; of many only the first names."""
    return f"{len(names):,} clip{'s' * (len(names) > 1)}: {shortened(names)}"
