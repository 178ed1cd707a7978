from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from sign2gpt.cli.score import score
from sign2gpt.common.errors import UserError
from sign2gpt.common.files import read_lines

app = typer.Typer()
app.command()(score)


def _files(folder: Path, *texts: str) -> list[Path]:
    paths = [folder / f"{place}.txt" for place in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, encoding="utf-8")
    return paths


def _arguments(hypotheses: Path, references: Path, protocol: str) -> list[str]:
    return ["--hypotheses", str(hypotheses), "--references", str(references), "--protocol", protocol]


def test_json_has_plain_numbers_on_top(tmp_path: Path) -> None:
    files = _files(tmp_path, "am tag viel regen\nwind\n", "am tag viel regen\nsturm\n")
    found = json.loads(CliRunner().invoke(app, [*_arguments(files[0], files[1], "plain"), "--json"]).stdout)
    assert all(isinstance(found[name], float) for name in ("bleu1", "bleu2", "bleu3", "bleu4", "rouge_l"))
    assert found["rouge_l"] == 50.0
    assert found["scores"]["bleu1"]["low"] <= found["bleu1"] <= found["scores"]["bleu1"]["high"]
    assert found["sentences"] == 2


def test_the_known_score(shared: Path) -> None:
    sides = [shared / "metrics" / f"csl-daily.test.{side}.txt" for side in ("hyp", "ref")]
    found = json.loads(
        CliRunner().invoke(app, [*_arguments(sides[0], sides[1], "csl-daily"), "--json", "--bootstrap", "0"]).stdout
    )
    assert (found["bleu4"], found["rouge_l"]) == (15.9927, 45.4867)


def test_a_baseline_is_compared(tmp_path: Path) -> None:
    good, references, bad = _files(tmp_path, "am tag regen\n" * 20, "am tag regen\n" * 20, "nachts wind\n" * 20)
    run = CliRunner().invoke(app, [*_arguments(good, references, "plain"), "--baseline", str(bad), "--json"])
    found = json.loads(run.stdout)["difference"]["bleu1"]
    assert found["low"] > 0
    assert found["p_randomisation"] == pytest.approx(1 / 1001)
    shown = CliRunner().invoke(app, [*_arguments(good, references, "plain"), "--baseline", str(bad)]).stdout
    assert "<= 0.001" in shown
    assert " 0.001 " not in shown.replace("<= 0.001", "")
    unspaced, *_ = _files(tmp_path, "今天星期几。\n" * 20)
    with pytest.raises(UserError, match="no spaces between words"):
        CliRunner().invoke(app, [*_arguments(references, references, "plain"), "--baseline", str(unspaced)],
                           catch_exceptions=False)  # fmt: skip


def test_mistakes_are_told(tmp_path: Path) -> None:
    one, two, empty = _files(tmp_path, "a\n", "a\nb\n", "\n")
    told = {"1 hypotheses for 2": _arguments(one, two, "plain"), "known": _arguments(one, one, "x")}
    for match, arguments in told.items():
        with pytest.raises(UserError, match=match):
            CliRunner().invoke(app, arguments, catch_exceptions=False)
    one.write_text("今天星期几。\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"0\.txt: no spaces .* csl-daily"):
        CliRunner().invoke(app, _arguments(one, two, "plain"), catch_exceptions=False)
    with pytest.raises(UserError, match="is empty"):
        read_lines(empty)
    with pytest.raises(UserError, match="no such file"):
        read_lines(tmp_path / "absent")
    one.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="UTF-8"):
        read_lines(one)


def test_an_empty_hypothesis_keeps_its_line(tmp_path: Path) -> None:
    (path,) = _files(tmp_path, "\ufeffa  b\r\n\nc\u2028d")
    assert read_lines(path) == ["a  b", "", "c d"]


def test_the_protocol_stands_with_the_numbers(tmp_path: Path) -> None:
    files = _files(tmp_path, "am montag viel regen\n", "am montag viel schnee\n", "schnee\n")
    arguments = [*_arguments(files[0], files[1], "phoenix14t"), "--language", "de"]
    shown = CliRunner().invoke(app, arguments).stdout
    for words in ("phoenix14t: 13a tokens, lower case", "without dot: 13a", "1 sentences", "weekdays"):
        assert words in shown
    found = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)
    assert found["content"]["kinds"]["weekdays"]["recall"] == 100
    assert "no final dot" not in found["protocol_line"]
    words = ["--function-words", str(files[2])]
    with pytest.raises(UserError, match="how2sign"):
        CliRunner().invoke(app, [*arguments, *words], catch_exceptions=False)
    shown = CliRunner().invoke(app, [*_arguments(files[0], files[1], "how2sign"), *words]).stdout
    assert "without 1 function words" in " ".join(shown.split())
