"""`sign2gpt params` prints Table 1b from sizes alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sign2gpt.cli.validate import params


@pytest.fixture
def recipe(tmp_path: Path) -> str:
    path = tmp_path / "full.yaml"
    path.write_text("name: full size\n")
    return str(path)


def test_the_table_is_json_and_the_note_stands_beside_it(recipe: str, capsys: pytest.CaptureFixture[str]):
    params(recipe, as_json=True)
    printed = capsys.readouterr()
    table = json.loads(printed.out)
    assert list(table) == ["spatial", "sign_encoder", "decoder", "total"]
    assert table["total"] == {"total": 1_771_652_608, "trainable": 16_689_024}
    assert "mask token, 384 values" in printed.err


def test_people_get_a_table(recipe: str, capsys: pytest.CaptureFixture[str]):
    params(recipe, ["model.decoder.language_model=facebook/xglm-564M"])
    printed = capsys.readouterr().out
    assert "12,613,632" in printed
    assert "22,328,064" in printed


def test_a_language_model_that_is_yet_to_be_trained_is_counted_as_planned(
    recipe: str, capsys: pytest.CaptureFixture[str]
):
    planned = ["model.decoder.language_model=planned/lm", "lm.output=planned/lm", "lm.vocabulary=100", "lm.width=32"]
    params(recipe, planned, as_json=True)
    assert json.loads(capsys.readouterr().out)["decoder"]["total"] < 200_000
