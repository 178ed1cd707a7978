"""The JSON that translations are printed as: one form for the command line, `bulk` and the page's API.

A sentence has the same names everywhere, alone or as one of a video's captions. `documents_schema` is the form as JSON
Schema, which docs/translation.schema.json holds.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from sign2gpt.common.config import Config
from sign2gpt.inference.translation import FORMAT, Alternative, PlacedGloss
from sign2gpt.inference.trust import Trust


class _Document(Config):
    format: Literal[1] = Field(description="version of this form")


class _Sentence(Config):
    text: str
    log_probability: float = Field(description="sum over the tokens of the sentence")
    score: float = Field(description="what the search ranks by: that sum divided by the length of the sentence")
    alternatives: list[Alternative] = Field(description="the other beams, best first")
    pseudo_glosses: list[PlacedGloss] | None = Field(description="null: the run has no pretraining head")
    trust: Trust = Field(description="whether there is a doubt; not `calibrated`: the run cannot tell when it guesses")


class TranslationDocument(_Document, _Sentence):
    """One clip's sentence: an entry of `translate --json`, a line of `bulk`'s translations.jsonl."""

    model_config = ConfigDict(title="translation")

    id: str = Field(description="path of the video")
    timings: dict[str, float] = Field(default={}, description="seconds that each part took; absent from `bulk`")
    crc32: str | None = Field(default=None, description="of `bulk`: CRC-32 of the other entries")
    seen_s: float | None = Field(default=None, description="of `translate --stream`: seconds of video")
    final: bool | None = Field(default=None, description="of `translate --stream`: this is the whole clip")


class FailureDocument(_Document):
    """A video without a translation, in its place in the list of `translate --json`."""

    model_config = ConfigDict(title="failure")

    id: str = Field(description="path of the video")
    error: str = Field(description="what is wrong with the video, in one line")


class CaptionDocument(_Sentence):
    """One sentence of a video."""

    model_config = ConfigDict(title="caption")

    start_s: float
    end_s: float


class CaptionsDocument(_Document):
    """A long video's sentences: `caption --json`, `caption -o captions.json`."""

    model_config = ConfigDict(title="captions")

    video: str = Field(description="path of the video")
    until_s: float | None = Field(description="where an incomplete captioning ends; null: the whole video has captions")
    captions: list[CaptionDocument]


class AnswerDocument(_Document):
    """What the page's endpoint /translate returns for a video of one sentence or several."""

    model_config = ConfigDict(title="answer")

    text: str = Field(description="the sentences, one a line")
    duration_s: float = Field(description="length of the video")
    captions: list[CaptionDocument]
    timings: dict[str, float] = Field(description="seconds that it took")


class LocalisationDocument(_Document):
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
    """What stands in a list of translations for a video that could not be translated."""
    return {"format": FORMAT, "id": name, "error": why}


def documents_schema() -> dict[str, Any]:
    """The form of all documents as JSON Schema."""
    schema: dict[str, Any] = TypeAdapter(Document).json_schema()
    dialect, title = "https://json-schema.org/draft/2020-12/schema", "sign2gpt translations"
    return {"$schema": dialect, "$id": f"urn:sign2gpt:translation:{FORMAT}", "title": title, **schema}
