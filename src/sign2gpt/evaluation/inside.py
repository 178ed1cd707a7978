"""What is read from a run itself for a report: its gates, and its features of the signs of a split."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sign2gpt.common.progress import bar
from sign2gpt.data.corpus import ClipRow
from sign2gpt.evaluation.curves import Log
from sign2gpt.evaluation.density import Signs, placed_signs
from sign2gpt.evaluation.gates import Gates, gates_in
from sign2gpt.evaluation.record import Record, Sentence

if TYPE_CHECKING:
    from sign2gpt.inference.translator import Translator

LOG = "log.jsonl"


@dataclass(frozen=True)
class Inside:
    """A run's logs, its gates at the end and after each evaluation of its training, and its signs.

    ``presence`` are figures of its pretraining head on dev, before and after the translation training, where it has one
    that was there before; ``localizer``: the encoder of before was kept beside it.
    """

    log: Log | None
    gates: Gates
    through: Sequence[tuple[float, Gates]]
    signs: Signs
    presence: Sequence[Mapping[str, float]]
    localizer: bool


def look_inside(translator: Translator, rows: Mapping[str, ClipRow], places: Sequence[Sentence], seed: int) -> Inside:
    """Reads the clips of ``places`` once more; where their pseudo-glosses were placed is where the signs are taken.

    ``seed`` draws the signs of common glosses, the same for every run that it is the same for.
    """
    from sign2gpt.inference.looking import opened_gates

    log, presence = read_log(translator.run.folder), translator.run.info.get("presence") or []
    clips = _features(translator, [rows[sentence.id] for sentence in places], places)
    return Inside(
        log=log,
        gates=opened_gates(translator),
        through=gates_in(log),
        signs=placed_signs(clips, translator.seconds_per_token, seed),
        presence=presence if all(presence) else [],
        localizer=translator.run.localizer is not None,
    )


def placing(records: Sequence[Record]) -> list[Sentence]:
    """The sentences of the first record that has pseudo-glosses placed in them; empty where none has."""
    for record in records:
        placed = [sentence for sentence in record.sentences if sentence.pseudo_glosses]
        if placed:
            return placed
    return []


def read_log(run: Path) -> Log | None:
    """The log of a run's training; None where the run came without it."""
    return Log.read(run / LOG) if (run / LOG).is_file() else None


def _features(
    translator: Translator, rows: Sequence[ClipRow], places: Sequence[Sentence]
) -> Iterator[tuple[Sentence, np.ndarray]]:
    from sign2gpt.inference.looking import sign_features
    from sign2gpt.inference.together import CLIPS

    with bar("sign features", len(rows)) as shown:
        yield from zip(places, sign_features(translator, rows, CLIPS, shown.advance), strict=True)
