"""A score is a record: all that it was made from, and every sentence, in one JSON file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, ValidationError

from sign2gpt.common.config import Config
from sign2gpt.common.errors import UserError
from sign2gpt.common.files import LARGEST_LISTS, read_json, write_json
from sign2gpt.common.text import normalised
from sign2gpt.evaluation.content import Content
from sign2gpt.evaluation.support import Support
from sign2gpt.inference.decoding import decoding_told
from sign2gpt.inference.translation import PlacedGloss
from sign2gpt.metrics.scores import Score

FORMAT = 3
Scores = dict[str, Score]


Text = Annotated[str, AfterValidator(normalised)]


class Sentence(Config):
    """One clip: what was signed, what came out, and what was seen in it."""

    id: str
    signer: str
    reference: Text
    english: Text
    hypothesis: Text
    log_probability: float
    pseudo_glosses: list[PlacedGloss] | None
    targets: list[str] | None
    in_train: bool


class Part(Config):
    """Some of the sentences, scored apart."""

    sentences: int
    about: str = Field(default="", description="which ones, where the part's name does not say it")
    scores: Scores


class CorpusRecord(Config):
    """What was translated; the hash is of the split's table."""

    name: str
    language: str
    licence: str
    notice: str
    split: str
    metadata_sha256: str


class Record(Config):
    """An evaluation.

    ``parts`` are sentences whose reference stands verbatim in the training split and the others, each reference once,
    and thirds by length. ``controls`` are `shuffled_video`, `text_only` and `frequent_sentence`. ``pseudo_glosses`` of
    a sentence are those placed in time; ``targets`` are those of its reference. Scores are 0..100, with the bounds of
    their bootstrap interval. Format 2 added all fields that have a default, but for ``support``, which format 3 added;
    records of both older formats are read too.
    """

    model_config = ConfigDict(title="sign2gpt evaluation record")

    format: Literal[1, 2, 3] = Field(default=FORMAT, description="version of this form")
    name: str
    notes: str
    run: str
    system: dict[str, Any]
    corpus: CorpusRecord
    recipe: dict[str, Any]
    seed: int
    protocol: str
    protocol_line: str = Field(default="", description="what every number of the record was taken with")
    checkpoint: str = Field(default="", description="how the run's weights were chosen, where that is known")
    bootstrap: int
    confidence: float
    counts: dict[str, int]
    scores: Scores
    beside: dict[str, Scores]
    parts: dict[str, Part]
    content: Content | None = Field(default=None, description="which words and facts came through")
    support: Support | None = Field(default=None, description="which words the clips' own glosses support")
    controls: dict[str, Scores]
    text_only_sentence: str
    frequent_sentence: str = Field(default="", description="the training split's most frequent sentence")
    timings: dict[str, float]
    sentences: list[Sentence]

    @property
    def decoding(self) -> str:
        """How sentences were written: the beam, and what else is not at its default; empty where that is not known."""
        return decoding_told(self.recipe, f"record of {self.run}")

    @property
    def references_sha256(self) -> str:
        return references_hash(s.reference for s in self.sentences)

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
            return cls.model_validate(read_json(path, LARGEST_LISTS))
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            raise UserError(
                f"{path}: is no evaluation record of format 1 to {FORMAT} ({place}: {first['msg']})"
            ) from None


def references_hash(references: Iterable[str]) -> str:
    """SHA-256 of the references in their order, by which two records are known to be of the same sentences."""
    return hashlib.sha256("\n".join(references).encode()).hexdigest()


def record_schema() -> dict[str, Any]:
    """The form of a record as JSON Schema, which docs/record.schema.json holds."""
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": dialect, "$id": f"urn:sign2gpt:record:{FORMAT}", **Record.model_json_schema()}
