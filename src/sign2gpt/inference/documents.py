"""The JSON form of translations, the same for the command line, `bulk` and the page's API.

A sentence has the same keys everywhere, alone or as one of a video's captions. `documents_schema` is the form as JSON
Schema, stored in docs/translation.schema.json.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from sign2gpt.common.config import Config
from sign2gpt.inference.translation import FORMAT, Alternative, PlacedGloss
from sign2gpt.inference.trust import Trust


class _Versioned(Config):
    format: Literal[1] = Field(description="version of this format")


class _SentenceKeys(Config):
    text: str
    log_probability: float = Field(description="sum over the tokens of the sentence")
    score: float = Field(description="log_probability divided by the length of the sentence; the search ranks by it")
    alternatives: list[Alternative] = Field(description="the other beams, best first")
    pseudo_glosses: list[PlacedGloss] | None = Field(description="null if the run has no pretraining head")
    trust: Trust = Field(description="whether the confidence is low; unknown if the run is not `calibrated`")


class TranslationDocument(_Versioned, _SentenceKeys):
    """One clip's sentence: an entry of `translate --json`, a line of `bulk`'s translations.jsonl."""

    model_config = ConfigDict(title="translation")

    id: str = Field(description="path of the video")
    timings: dict[str, float] = Field(default={}, description="seconds that each part took; not in `bulk`")
    crc32: str | None = Field(default=None, description="only in `bulk`: CRC-32 of the other keys")
    seen_s: float | None = Field(default=None, description="only in `translate --stream`: seconds of video so far")
    final: bool | None = Field(default=None, description="only in `translate --stream`: whether this is the whole clip")


class FailureDocument(_Versioned):
    """An entry of `translate --json` for a video that could not be translated."""

    model_config = ConfigDict(title="failure")

    id: str = Field(description="path of the video")
    error: str = Field(description="the problem, in one line")


class CaptionDocument(_SentenceKeys):
    """One sentence of a video."""

    model_config = ConfigDict(title="caption")

    start_s: float
    end_s: float


class CaptionsDocument(_Versioned):
    """A long video's sentences: `caption --json`, `caption -o captions.json`."""

    model_config = ConfigDict(title="captions")

    video: str = Field(description="path of the video")
    until_s: float | None = Field(description="where incomplete captions end; null if they are complete")
    captions: list[CaptionDocument]


class AnswerDocument(_Versioned):
    """The answer of the page's endpoint /translate, for a video of one sentence or several."""

    model_config = ConfigDict(title="answer")

    text: str = Field(description="the sentences, one a line")
    duration_s: float = Field(description="length of the video")
    captions: list[CaptionDocument]
    timings: dict[str, float] = Field(description="seconds that each part took")


class LocalisationDocument(_Versioned):
    """Where pseudo-glosses are in a video: `localize --json`, `localize -o places.json`."""

    model_config = ConfigDict(title="localisation")

    video: str = Field(description="path of the video")
    duration_s: float
    pseudo_glosses: list[PlacedGloss]


Document = (
    list[TranslationDocument | FailureDocument]
    | TranslationDocument
    | CaptionsDocument
    | AnswerDocument
    | LocalisationDocument
)


def failure(name: str, why: str) -> dict[str, Any]:
    """A `FailureDocument` as plain containers."""
    return {"format": FORMAT, "id": name, "error": why}


def documents_schema() -> dict[str, Any]:
    """All documents as JSON Schema."""
    schema: dict[str, Any] = TypeAdapter(Document).json_schema()
    dialect, title = "https://json-schema.org/draft/2020-12/schema", "sign2gpt translations"
    return {"$schema": dialect, "$id": f"urn:sign2gpt:translation:{FORMAT}", "title": title, **schema}
