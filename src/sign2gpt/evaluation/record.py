"""A score is a record: all that it was made from, and every sentence, in one JSON file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from sign2gpt.common.config import Config
from sign2gpt.common.errors import UserError
from sign2gpt.common.files import read_json, write_json
from sign2gpt.inference.translation import PlacedGloss
from sign2gpt.metrics.scores import Score

Scores = dict[str, Score]


class Sentence(Config):
    """One clip: what was signed, what came out, and what was seen in it."""

    id: str
    signer: str
    reference: str
    english: str
    hypothesis: str
    log_probability: float
    pseudo_glosses: list[PlacedGloss] | None
    targets: list[str] | None
    in_train: bool


class Part(Config):
    """Some of the sentences, scored apart."""

    sentences: int
    scores: Scores


class CorpusRecord(Config):
    name: str
    language: str
    licence: str
    notice: str
    split: str
    metadata_sha256: str


class Record(Config):
    """An evaluation.

    ``parts`` splits the sentences by whether their reference stands verbatim in the training split. ``controls`` are
    `shuffled_video` and `text_only`. ``pseudo_glosses`` of a sentence are those placed in time; ``targets`` are those
    of its reference. Scores are 0..100, with the bounds of their bootstrap interval.
    """

    format: Literal[1] = 1
    name: str
    notes: str
    run: str
    system: dict[str, Any]
    corpus: CorpusRecord
    recipe: dict[str, Any]
    seed: int
    protocol: str
    bootstrap: int
    confidence: float
    counts: dict[str, int]
    scores: Scores
    beside: dict[str, Scores]
    parts: dict[str, Part]
    controls: dict[str, Scores]
    text_only_sentence: str
    timings: dict[str, float]
    sentences: list[Sentence]

    def to_json(self) -> dict[str, Any]:
        return self.model_dump(mode="json")

    def write(self, path: Path) -> None:
        write_json(path, self.to_json())

    @classmethod
    def read(cls, path: Path) -> Record:
        """Reads a record.

        Raises:
            UserError: the file is absent, or is no record of this format.
        """
        try:
            return cls.model_validate(read_json(path))
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            raise UserError(f"{path}: is no evaluation record of format 1 ({place}: {first['msg']})") from None
