"""The schema of results files: in docs, in the code, in a new file, and in files of older versions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sign2gpt.common.errors import UserError
from sign2gpt.data.corpus import Corpus
from sign2gpt.evaluation.config import EvaluationConfig
from sign2gpt.evaluation.record import VERSION, Record, record_schema
from sign2gpt.evaluation.runner import evaluate
from sign2gpt.inference.translator import Translator

DOCS = Path(__file__).parents[3] / "docs" / "record.schema.json"
VERSION_3 = Path(__file__).parents[2] / "fixtures" / "results_version_3.json"
SINCE_VERSION_2 = ("protocol_line", "checkpoint", "content", "frequent_sentence", "support")


@pytest.fixture(scope="module")
def record(translator: Translator, corpus: Corpus) -> Record:
    return evaluate(translator, corpus, "test", EvaluationConfig(bootstrap=20, protocol="phoenix14t"))


def test_the_docs_hold_the_schema_of_the_code() -> None:
    written = json.loads(DOCS.read_text(encoding="utf-8"))
    assert written == record_schema(), "run tools/record_schema.py, and raise VERSION where old files no longer fit"
    assert written["properties"]["format"]["default"] == VERSION


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
    assert set(record.variants) == {"without_dot"}
    assert record.content is not None
    assert record.content.kinds["content_words"].words > 12
    assert record.controls["frequent_sentence"].sentence
    assert record.controls["shuffled_video"].sentence is None
    assert record.support is not None
    assert record.support.sentences == 12
    assert record.support.exact.matching_ngrams is not None
    assert record.counts["repeated"] == 12 - len({s.reference for s in record.sentences})


def test_version_3_is_read() -> None:
    document = json.loads(VERSION_3.read_text(encoding="utf-8"))
    record = Record.read(VERSION_3)
    assert (record.format, record.task) == (VERSION, "translation")
    for name, scores in document["controls"].items():
        assert record.controls[name].scores["bleu1"].score == scores["bleu1"]["score"]
    sentences = {name: control.sentence for name, control in record.controls.items()}
    assert sentences == {
        "shuffled_video": None,
        "text_only": document["text_only_sentence"],
        "frequent_sentence": document["frequent_sentence"],
    }
    assert set(record.variants) == set(document["beside"]) == {"without_dot"}
    assert set(record.subsets) == set(document["parts"])
    assert [s.hypothesis for s in record.sentences] == [s["hypothesis"] for s in document["sentences"]]


def test_an_older_file_is_the_same_after_it_is_written_again(tmp_path: Path) -> None:
    record = Record.read(VERSION_3)
    record.write(tmp_path / "new.json")
    assert Record.read(tmp_path / "new.json") == record


def test_version_1_is_read(tmp_path: Path) -> None:
    document: dict[str, Any] = json.loads(VERSION_3.read_text(encoding="utf-8")) | {"format": 1}
    for name in SINCE_VERSION_2:
        del document[name]
    del document["controls"]["frequent_sentence"]
    for part in document["parts"].values():
        del part["about"]
    path = tmp_path / "old.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    old = Record.read(path)
    assert old.references_sha256 == Record.read(VERSION_3).references_sha256
    assert (old.decoding, old.content, old.protocol_line) == ("beam 2, max_ids 8", None, "")
    assert set(old.controls) == {"shuffled_video", "text_only"}


@pytest.mark.parametrize("controls", [None, 3, {"text_only": 3}])
def test_a_damaged_older_file_is_refused(controls: object, tmp_path: Path) -> None:
    document = json.loads(VERSION_3.read_text(encoding="utf-8")) | {"controls": controls}
    path = tmp_path / "old.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(UserError, match=r"old\.json.*controls"):
        Record.read(path)
