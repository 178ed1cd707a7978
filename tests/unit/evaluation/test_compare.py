"""`compare`: what it reads, what it refuses, and what it prints."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from sign2gpt.cli.score import compare
from sign2gpt.common.errors import UserError
from sign2gpt.evaluation.config import EvaluationConfig
from sign2gpt.evaluation.record import EvaluatedCorpus, Record, ScoredSentence
from sign2gpt.evaluation.tables import shown_p
from sign2gpt.evaluation.words.content import content
from sign2gpt.metrics.scores import score
from sign2gpt.model.runs.shipped import shipped_run

app = typer.Typer()
app.command()(compare)

TEXTS = [f"am {day} {what} im norden und im süden" for day in ("montag", "freitag") for what in ("regen", "wind")] * 3


def _record(path: Path, hypotheses: list[str], **changed: Any) -> str:
    """Writes a record of these sentences, and tells its path."""
    references = changed.pop("references", TEXTS)
    sentences = [
        ScoredSentence(id=str(place), signer="", reference=reference, english="", hypothesis=hypothesis,
                       log_probability=-1.0, pseudo_glosses=None, targets=None, in_train=False)
        for place, (reference, hypothesis) in enumerate(zip(references, hypotheses, strict=True))
    ]  # fmt: skip
    corpus = EvaluatedCorpus(name="c", language="de", licence="", notice="", split="test", metadata_sha256="")
    values: dict[str, Any] = {
        "name": "n", "notes": "", "run": "", "system": {}, "corpus": corpus, "seed": 0, "protocol": "plain",
        "recipe": {"model": {"decoding": {"beams": 4}}}, "bootstrap": 0, "confidence": 0.95, "counts": {}, "scores": {},
        "variants": {}, "subsets": {}, "controls": {}, "timings": {}, "sentences": sentences,
    }  # fmt: skip
    Record.model_validate(values | changed).write(path)
    return str(path)


def _run(*words: str) -> str:
    return CliRunner().invoke(app, [*words, "--resamples", "50"], catch_exceptions=False).stdout


@pytest.fixture
def good(tmp_path: Path) -> str:
    return _record(tmp_path / "good.json", TEXTS)


@pytest.fixture
def bad(tmp_path: Path) -> str:
    return _record(tmp_path / "bad.json", [text.replace("norden", "westen") for text in TEXTS])


def test_two_records_as_json(good: str, bad: str) -> None:
    found = json.loads(_run(good, bad, "--format", "json"))
    first, second = found["systems"]
    assert (first["name"], second["name"]) == ("good", "bad")
    assert first["scores"]["bleu4"]["mean"] == pytest.approx(100)
    expected = score([text.replace("norden", "westen") for text in TEXTS], TEXTS, "plain", bootstrap=0)
    assert second["scores"]["bleu4"]["mean"] == expected["bleu4"].score
    assert second["differences"]["bleu4"]["difference"] == pytest.approx(expected["bleu4"].score - 100)
    assert second["differences"]["bleu4"]["p_randomisation"] < 0.05
    assert first["differences"] == {}
    assert "plain: 13a tokens" in found["protocol_line"]
    assert "beam 4" in found["protocol_line"]
    assert "12 sentences" in found["protocol_line"]
    assert _run(good, bad, "--format", "json") == _run(good, bad, "--format", "json")


def test_the_line_tells_how_each_system_wrote_its_sentences(good: str, tmp_path: Path) -> None:
    def line(**decoding: Any) -> str:
        other = _record(tmp_path / "other.json", TEXTS, recipe={"model": {"decoding": decoding}})
        return json.loads(_run(good, other, "--format", "json"))["protocol_line"]

    assert "| good: beam 4; other: beam 4, length_penalty 2.0 |" in line(beams=4, length_penalty=2.0)
    assert "| good: beam 4; other: beam 1 |" in line(beams=1)
    assert "| beam 4 |" in line(beams=4)


def test_seeds_of_one_system_are_a_mean_and_a_deviation(good: str, bad: str) -> None:
    found = json.loads(_run(f"mine={good},{bad},{good}", bad, "--format", "json"))
    mine = found["systems"][0]
    assert (mine["name"], mine["runs"]) == ("mine", 3)
    worse = found["systems"][1]["scores"]["bleu4"]["mean"]
    assert mine["scores"]["bleu4"]["mean"] == pytest.approx((200 + worse) / 3, abs=1e-3)
    assert mine["scores"]["bleu4"]["deviation"] == pytest.approx((100 - worse) / 3**0.5, abs=1e-3)
    assert found["systems"][1]["scores"]["bleu4"]["deviation"] is None


def test_tables_for_people_and_papers(good: str, bad: str) -> None:
    arguments = (f"my_model={good}", f"50%|other={bad},{bad}")
    for words in ("my_model", "BLEU-4", "p randomised", "13a tokens"):
        assert words in _run(*arguments)
    lines = _run(*arguments, "--format", "markdown").splitlines()
    assert lines[0].startswith("| system | runs | BLEU-1 |")
    rows = [line for line in lines if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {9, 7}
    latex = _run(*arguments, "--format", "latex")
    assert r"my\_model & 1 & 100.00 [100.0, 100.0]" in latex
    assert r"50\%$|$other & 2" in latex
    assert latex.count(r"\begin{tabular}") == latex.count(r"\end{tabular}") == 2


def test_the_least_p_that_resamples_can_give_is_a_bound(good: str, bad: str) -> None:
    difference = json.loads(_run(good, bad, "--format", "json"))["systems"][1]["differences"]["bleu4"]
    assert difference["p_randomisation"] == pytest.approx(1 / 51)
    assert "<= 0.020" in _run(good, bad)
    assert "| <= 0.020 |" in _run(good, bad, "--format", "markdown")
    assert r"& $\leq$ 0.020 \\" in _run(good, bad, "--format", "latex")


@pytest.mark.parametrize(
    ("p", "resamples", "shown"),
    [
        (1 / 1001, 1000, "<= 0.001"),
        (2 / 1001, 1000, "0.002"),
        (0.5, 1000, "0.500"),
        (1 / 51, 50, "<= 0.020"),
        (1 / 3001, 3000, "<= 0.0004"),
        (1 / 10001, 10000, "<= 0.0001"),
        (2 / 10001, 10000, "0.0002"),
        (1.0, 1, "1.000"),
    ],
)
def test_p_is_shown_as_fine_as_the_resamples_are(p: float, resamples: int, shown: str) -> None:
    assert shown_p(p, resamples) == shown


def test_other_references_and_protocols_are_refused_unless_forced(good: str, bad: str, tmp_path: Path) -> None:
    other = _record(tmp_path / "other.json", TEXTS[:8], references=[f"{text}!" for text in TEXTS[:8]])
    lower = _record(tmp_path / "lower.json", TEXTS, protocol="phoenix14t")
    with pytest.raises(UserError, match=r"different references \(12 and 8 sentences\).*--force"):
        _run(good, other)
    with pytest.raises(UserError, match=r"protocol plain, lower phoenix14t"):
        _run(good, f"seeds={bad},{lower}".replace("seeds", "lower"))
    forced = json.loads(_run(good, other, lower, "--force", "--format", "json"))
    assert forced["sentences"] == 8
    assert len(forced["warnings"]) == 2
    assert forced["systems"][1]["scores"]["bleu1"]["mean"] < 100
    assert "warning: good and other have different references" in _run(good, other, "--force", "--format", "markdown")


def test_a_run_folder_holds_its_record(good: str, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    shutil.copy2(shipped_run() / "run.json", run)
    with pytest.raises(UserError, match=r"no results of split test.*sign2gpt evaluate"):
        _run(good, str(run))
    _record(run / "scores.json", TEXTS)
    found = json.loads(_run(good, str(run), "--format", "json"))
    assert found["systems"][1]["name"] == "run"
    _record(run / "again.json", TEXTS)
    with pytest.raises(UserError, match=r"several results files .*again\.json, scores\.json"):
        _run(good, str(run))


def test_mistakes_are_told(good: str, bad: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="at least two"):
        _run(good)
    with pytest.raises(UserError, match="same name"):
        _run(good, good)
    with pytest.raises(UserError, match=r"absent\.json: no such run or results file; .*`sign2gpt evaluate"):
        _run(good, str(tmp_path / "absent.json"))
    stranger = _record(tmp_path / "stranger.json", TEXTS[:1], references=["x"])
    Path(stranger).write_text(Path(stranger).read_text().replace('"id": "0"', '"id": "zzz"'))
    with pytest.raises(UserError, match="no sentence in common"):
        _run(good, stranger, "--force")


def test_a_name_may_hold_what_names_hold(good: str, tmp_path: Path) -> None:
    odd = _record(tmp_path / "a=b,c.json", TEXTS)
    found = json.loads(_run(good, odd, f"window=7={odd}", "--format", "json"))
    assert [system["name"] for system in found["systems"]] == ["good", "a=b,c", "window=7"]


def test_words_that_came_through_stand_beside(tmp_path: Path) -> None:
    config = EvaluationConfig(bootstrap=0)
    other = [text.replace("norden", "westen") for text in TEXTS]
    records = [
        _record(tmp_path / f"{name}.json", texts, content=content(texts, TEXTS, "de", config, seed=0))
        for name, texts in (("all", TEXTS), ("some", other))
    ]
    found = json.loads(_run(*records, "--format", "json"))["systems"]
    assert found[0]["content"]["regions"] == 100
    assert found[1]["content"]["regions"] == pytest.approx(50)
    assert "| F1 of words | content words |" in _run(*records, "--format", "markdown")
    assert "weekdays" in _run(*records)
    without = _record(tmp_path / "without.json", TEXTS)
    assert "F1 of words" not in _run(*records, without, "--format", "markdown")
