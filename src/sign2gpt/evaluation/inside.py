"""What a report reads from a run folder: training logs, gates, and features of the signs of a split."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sign2gpt.common.progress import bar
from sign2gpt.data.corpus import ClipRow
from sign2gpt.evaluation.plots.curves import TrainingLog
from sign2gpt.evaluation.plots.density import PlacedSigns, placed_signs
from sign2gpt.evaluation.plots.gates import Gates, gates_in
from sign2gpt.evaluation.record import Record, ScoredSentence

if TYPE_CHECKING:
    from sign2gpt.inference.translator import Translator

LOG = "log.jsonl"


@dataclass(frozen=True)
class Inside:
    """A run's log, its final gates, its gates after each evaluation in training, and its signs.

    ``presence`` has the scores of the pretraining head on dev, before and after the translation training, if the run
    has such a head. ``localizer`` states whether the pretrained encoder was kept too.
    """

    log: TrainingLog | None
    gates: Gates
    through: Sequence[tuple[float, Gates]]
    signs: PlacedSigns
    presence: Sequence[Mapping[str, float]]
    localizer: bool


def look_inside(
    translator: Translator, rows: Mapping[str, ClipRow], places: Sequence[ScoredSentence], seed: int
) -> Inside:
    """Reads the clips of ``places`` again, and takes the features where their pseudo-glosses were placed.

    ``seed`` selects the signs of frequent glosses, the same ones for every run.
    """
    log, presence = read_log(translator.run.folder), translator.run.info.get("presence") or []
    clips = _features(translator, [rows[sentence.id] for sentence in places], places)
    return Inside(
        log=log,
        gates=translator.reader.model.gates(),
        through=gates_in(log),
        signs=placed_signs(clips, translator.reader.seconds_per_token, seed),
        presence=presence if all(presence) else [],
        localizer=translator.run.localizer is not None,
    )


def placed_sentences(records: Sequence[Record]) -> list[ScoredSentence]:
    """The sentences with placed pseudo-glosses, from the first results file that has any."""
    for record in records:
        placed = [sentence for sentence in record.sentences if sentence.pseudo_glosses]
        if placed:
            return placed
    return []


def read_log(run: Path) -> TrainingLog | None:
    """The log of a run's training; None where the run came without it."""
    return TrainingLog.read(run / LOG) if (run / LOG).is_file() else None


def _features(
    translator: Translator, rows: Sequence[ClipRow], places: Sequence[ScoredSentence]
) -> Iterator[tuple[ScoredSentence, np.ndarray]]:
    from sign2gpt.inference.clip_reader import CLIPS
    from sign2gpt.inference.explain import sign_features

    with bar("sign features", len(rows)) as shown:
        yield from zip(places, sign_features(translator.reader, rows, CLIPS, shown.advance), strict=True)
