"""The results file of an evaluation: scores, everything they depend on, and every sentence, as JSON."""

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
from sign2gpt.evaluation.words.content import Content
from sign2gpt.evaluation.words.support import Support
from sign2gpt.inference.decoding import decoding_told
from sign2gpt.inference.translation import PlacedGloss
from sign2gpt.metrics.scores import Score

VERSION = 4
CONSTANT = {"text_only": "text_only_sentence", "frequent_sentence": "frequent_sentence"}
"""Controls of one sentence for all clips, and the key of that sentence in versions 1 to 3."""

Scores = dict[str, Score]
Text = Annotated[str, AfterValidator(normalised)]


class ScoredSentence(Config):
    """One clip: its reference, its hypothesis, and the pseudo-glosses found in it."""

    id: str
    signer: str
    reference: Text
    english: Text
    hypothesis: Text
    log_probability: float
    pseudo_glosses: list[PlacedGloss] | None = Field(description="those placed in time")
    targets: list[str] | None = Field(description="pseudo-glosses of the reference that the model knows")
    in_train: bool = Field(description="whether the training split has the same reference")


class SubsetScores(Config):
    """Scores of some of the sentences."""

    sentences: int
    about: str = Field(default="", description="which sentences, where the subset's name does not state it")
    scores: Scores


class ControlScores(Config):
    """Scores of sentences that the system did not write for their clips."""

    scores: Scores
    sentence: Text | None = Field(default=None, description="the sentence scored for every clip, if it is always one")


class EvaluatedCorpus(Config):
    """The corpus and split that were evaluated; the hash is of the split's table."""

    name: str
    language: str
    licence: str
    notice: str
    split: str
    metadata_sha256: str


class Record(Config):
    """An evaluation. Scores are 0 to 100, with the bounds of their bootstrap interval."""

    model_config = ConfigDict(title="sign2gpt results file")

    format: Literal[4] = Field(default=VERSION, description="version of this schema")
    task: Literal["translation"] = Field(default="translation", description="what the system does")
    name: str
    notes: str
    run: str
    system: dict[str, Any]
    corpus: EvaluatedCorpus
    recipe: dict[str, Any]
    seed: int
    protocol: str
    protocol_line: str = Field(default="", description="all settings that the scores depend on")
    checkpoint: str = Field(default="", description="how the run's weights were chosen, if known")
    bootstrap: int
    confidence: float
    counts: dict[str, int]
    scores: Scores
    variants: dict[str, Scores] = Field(description="scores under variants of the protocol, by variant")
    subsets: dict[str, SubsetScores] = Field(
        description="known and new references, each reference once, thirds by length"
    )
    content: Content | None = Field(default=None, description="recall and precision of content words and facts")
    support: Support | None = Field(default=None, description="which words the clips' own glosses support")
    controls: dict[str, ControlScores] = Field(description="what is reached without the right video, by control")
    timings: dict[str, float]
    sentences: list[ScoredSentence]

    @property
    def decoding(self) -> str:
        """The beam, and the decoding settings that differ from their defaults; empty if unknown."""
        return decoding_told(self.recipe, f"results of {self.run}")

    @property
    def references_sha256(self) -> str:
        return references_hash(s.reference for s in self.sentences)

    def to_json(self) -> dict[str, Any]:
        return self.model_dump(mode="json")

    def write(self, path: Path) -> None:
        write_json(path, self.to_json())

    @classmethod
    def read(cls, path: Path) -> Record:
        """Reads a results file of this version or an older one.

        Raises:
            UserError: the file is absent, or is no results file.
        """
        try:
            return cls.model_validate(_current(read_json(path, LARGEST_LISTS)))
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(map(str, first["loc"]))
            raise UserError(f"{path}: not a results file of version 1 to {VERSION} ({key}: {first['msg']})") from None


def references_hash(references: Iterable[str]) -> str:
    """SHA-256 of the references in their order: the same for two results files of the same sentences."""
    return hashlib.sha256("\n".join(references).encode()).hexdigest()


def record_schema() -> dict[str, Any]:
    """The JSON Schema of a results file, which is also in docs/record.schema.json."""
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": dialect, "$id": f"urn:sign2gpt:record:{VERSION}", **Record.model_json_schema()}


def _current(document: Any) -> Any:
    """A document of version 1 to 3 in the form of version 4; any other as it is, for the schema to judge."""
    if not isinstance(document, dict) or document.get("format") not in (1, 2, 3):
        return document
    found: dict[str, Any] = {**document}
    for old, new in (("beside", "variants"), ("parts", "subsets")):
        if old in found:
            found[new] = found.pop(old)
    sentences = {name: found.pop(key, None) for name, key in CONSTANT.items()}
    if isinstance(controls := found.get("controls"), dict):
        found["controls"] = {
            name: {"scores": scores, "sentence": sentences.get(name)} for name, scores in controls.items()
        }
    return found | {"format": VERSION}
