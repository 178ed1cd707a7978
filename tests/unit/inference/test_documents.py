"""The JSON of translations: one form for all that print it, which the docs hold as a schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sign2gpt.app.limits import PageLimits
from sign2gpt.app.worker.tasks import Tasks
from sign2gpt.inference.captions.captions import caption_video, captions_document
from sign2gpt.inference.documents import documents_schema, failure
from sign2gpt.inference.translator import Translator

DOCS = Path(__file__).parents[3] / "docs" / "translation.schema.json"
LONG_S = 10.0


@pytest.fixture(scope="module")
def validator() -> Any:
    jsonschema = pytest.importorskip("jsonschema")
    return jsonschema.Draft202012Validator(json.loads(DOCS.read_text(encoding="utf-8")))


@pytest.fixture
def clip(world: Path) -> Path:
    return world / "corpus" / "dev" / "dev0.mp4"


def test_the_docs_hold_the_schema_of_the_code() -> None:
    assert json.loads(DOCS.read_text(encoding="utf-8")) == documents_schema(), "run tools/translation_schema.py"


def test_what_the_commands_print_fits_the_schema(world: Path, clip: Path, validator: Any) -> None:
    translator = Translator.from_pretrained(world / "translate", "cpu")
    found = translator.translate(str(clip)).to_json()
    validator.validate([found, failure("cut.mp4", "cut.mp4: damaged")])
    validator.validate(captions_document(clip, list(caption_video(translator, clip))))
    assert found["format"] == 1
    assert set(found["alternatives"][0]) == {"text", "log_probability", "score"}
    assert found["score"] >= max(other["score"] for other in found["alternatives"])
    del found["log_probability"]
    assert not validator.is_valid([found])


def test_the_page_answers_with_the_names_that_the_commands_print(world: Path, clip: Path, validator: Any) -> None:
    tasks = Tasks(str(world / "translate"), PageLimits(seconds=LONG_S), "cpu")
    *_, answer = tasks.translate(str(clip))
    validator.validate(answer)
    printed = tasks.translator.translate(str(clip)).to_json()
    (caption,) = answer["captions"]
    assert caption.keys() - {"start_s", "end_s"} == printed.keys() - {"format", "id", "timings"}
    assert caption["alternatives"][0]["text"] == printed["alternatives"][0]["text"]
    assert answer["duration_s"] == pytest.approx(caption["end_s"], abs=0.01)
