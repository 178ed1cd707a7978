"""The record's form in docs: that of the code, and that of a record that was just made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sign2gpt.data.corpus import Corpus
from sign2gpt.evaluation.config import EvaluationConfig
from sign2gpt.evaluation.record import FORMAT, Record, record_schema
from sign2gpt.evaluation.runner import evaluate
from sign2gpt.inference.translator import Translator

DOCS = Path(__file__).parents[3] / "docs" / "record.schema.json"
SINCE_FORMAT_2 = ("protocol_line", "checkpoint", "content", "frequent_sentence", "support")


@pytest.fixture(scope="module")
def record(translator: Translator, corpus: Corpus) -> Record:
    return evaluate(translator, corpus, "test", EvaluationConfig(bootstrap=20, protocol="phoenix14t"))


def test_the_docs_hold_the_schema_of_the_code() -> None:
    written = json.loads(DOCS.read_text(encoding="utf-8"))
    assert written == record_schema(), "run tools/record_schema.py, and raise FORMAT where old records no longer fit"
    assert written["properties"]["format"]["default"] == FORMAT


def test_a_record_fits_its_schema(record: Record) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(json.loads(DOCS.read_text(encoding="utf-8")))
    document = record.to_json()
    validator.validate(document)
    document["scores"]["bleu4"]["score"] = "much"
    document["surprise"] = 1
    assert len(list(validator.iter_errors(document))) == 2


def test_the_record_tells_what_its_numbers_depend_on(record: Record) -> None:
    for fact in (
        "phoenix14t: 13a tokens, lower case",
        "beam 2",
        "checkpoint: best BLEU-4 on dev",
        "case:lc",
        "12 sent",
    ):
        assert fact in record.protocol_line
    assert set(record.beside) == {"without_dot"}
    assert record.content is not None
    assert record.content.kinds["content_words"].words > 12
    assert record.frequent_sentence
    assert record.support is not None
    assert record.support.sentences == 12
    assert record.support.exact.matching_ngrams is not None
    assert record.counts["repeated"] == 12 - len({s.reference for s in record.sentences})


def test_a_record_of_format_1_is_read(record: Record, tmp_path: Path) -> None:
    document: dict[str, Any] = record.to_json() | {"format": 1}
    for name in SINCE_FORMAT_2:
        del document[name]
    for part in document["parts"].values():
        del part["about"]
    path = tmp_path / "old.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    old = Record.read(path)
    assert old.references_sha256 == record.references_sha256
    assert (old.decoding, old.content, old.protocol_line) == ("beam 2, max_ids 8", None, "")


def test_a_record_of_format_2_is_read(record: Record, tmp_path: Path) -> None:
    document = record.to_json() | {"format": 2}
    del document["support"]
    path = tmp_path / "old.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    assert Record.read(path).support is None
