from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from sign2gpt.cli.evaluate import evaluate
from sign2gpt.common.errors import UserError
from sign2gpt.evaluation.record import Record
from sign2gpt.evaluation.results import read_reported_runs
from sign2gpt.recipe import Recipe

app = typer.Typer()
app.command()(evaluate)


def test_a_record_on_stdout_and_in_a_file(tiny: Recipe, tmp_path: Path) -> None:
    path = tmp_path / "new" / "record.json"
    arguments = [tiny.train.output, "--split", "dev", "--device", "cpu", "-o", str(path), "--json"]
    found = json.loads(CliRunner().invoke(app, arguments, catch_exceptions=False).stdout)
    assert set(found["scores"]["bleu4"]) == {"score", "low", "high", "signature"}
    assert set(found["controls"]) == {"shuffled_video", "text_only", "frequent_sentence"}
    assert len(found["sentences"]) == 2
    assert found["sentences"] == Record.read(path).to_json()["sentences"]


def test_it_says_how_it_was_decoded_otherwise(tiny: Recipe) -> None:
    changes = ["--set", "beams=1", "--set", "length_penalty=0.5"]
    arguments = [tiny.train.output, "--split", "dev", "--device", "cpu", "--json", *changes]
    found = json.loads(CliRunner().invoke(app, arguments, catch_exceptions=False).stdout)
    assert "| beam 1, max_ids 8, length_penalty 0.5 |" in found["protocol_line"]
    assert found["recipe"]["model"]["decoding"]["beams"] == 1
    with pytest.raises(UserError, match="unknown key beam"):
        CliRunner().invoke(app, [*arguments, "--set", "beam=1"], catch_exceptions=False)


def test_a_table_for_people(tiny: Recipe) -> None:
    arguments = [tiny.train.output, "--split", "dev", "--device", "cpu", "--protocol", "phoenix14t"]
    shown = CliRunner().invoke(app, arguments, catch_exceptions=False).stdout
    for words in (
        "BLEU-4",
        "without dot",
        "control: text only",
        "beam 2",
        "recall",
        "words that no gloss supports, 2 sentences with glosses",
        "Invented signs, not a sign language.",
    ):
        assert words in shown


def test_an_unknown_protocol_is_told_before_anything_is_translated(tiny: Recipe) -> None:
    arguments = [tiny.train.output, "--device", "cpu", "--protocol", "phoenix"]
    with pytest.raises(UserError, match="did you mean 'phoenix14t'"):
        CliRunner().invoke(app, arguments, catch_exceptions=False)


def test_a_pretraining_is_refused_before_anything_else_and_recommended_nowhere(
    tiny: Recipe, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UserError, match="is a pretraining run"):
        CliRunner().invoke(
            app, [tiny.pretrain.output, "--corpus", "nowhere", "--device", "cpu"], catch_exceptions=False
        )
    assert "translate test" not in capfd.readouterr().err
    with pytest.raises(UserError, match="is a pretraining run"):
        read_reported_runs([tiny.pretrain.output], "test")
    with pytest.raises(UserError, match=r"`sign2gpt evaluate RUN --split test -o absent\.json`"):
        read_reported_runs(["absent.json"], "test")
