"""The metric of docs/adding.md goes through `score`, `evaluate`, `compare`, `report` and the model card."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fences import blocks
from typer.testing import CliRunner

from sign2gpt.cli.main import command_line
from sign2gpt.common.measures import NAMES
from sign2gpt.metrics.measures import MEASURES

KEY, LABEL = "exact_match", "Exact match"
(FENCE,) = [block for block in blocks("python", page="docs/adding.md") if "add_measure" in block.text]
VERSION_3 = Path(__file__).parents[1] / "fixtures" / "results_version_3.json"


@pytest.fixture(autouse=True)
def metric() -> Iterator[None]:
    """Runs the page's code, and removes its metric afterwards."""
    exec(compile(FENCE.text, FENCE.page, "exec"), {"__name__": "page"})
    yield
    del MEASURES[KEY], NAMES[KEY]


@pytest.fixture(scope="module")
def results(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the results of the world's run are written."""
    return tmp_path_factory.mktemp("results") / "dev.json"


def run(*words: str | Path) -> str:
    done = CliRunner().invoke(command_line(), [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return str(done.stdout)


def test_score(tmp_path: Path) -> None:
    (tmp_path / "ours.txt").write_text("regen im norden\nsonne im süden\n")
    (tmp_path / "theirs.txt").write_text("regen im norden\nsonne im norden\n")
    sides = (tmp_path / "ours.txt", tmp_path / "theirs.txt", "--protocol", "plain", "--bootstrap", "20")
    found = json.loads(run("score", *sides, "--json"))
    assert found[KEY] == 50
    assert found["scores"][KEY]["signature"] == "exact:1.0|protocol:plain"
    shown = run("score", *sides, "--baseline", tmp_path / "ours.txt")
    assert shown.count(LABEL) == 3, "a score, its signature, and the difference"


def test_evaluate_compare_report_and_card(world: Path, results: Path) -> None:
    trained = world / "translate"
    shown = run("evaluate", trained, "--split", "dev", "--protocol", "phoenix14t", "--device", "cpu", "-o", results)
    assert LABEL in shown
    document = json.loads(results.read_text(encoding="utf-8"))
    assert set(document["scores"]) == set(MEASURES)
    assert all(KEY in control["scores"] for control in document["controls"].values())
    for layout in ("table", "markdown", "latex"):
        compared = run("compare", results, VERSION_3, "--format", layout, "--resamples", "20")
        assert compared.count(LABEL) == 2, "a column or row of scores, and a difference"
    pytest.importorskip("sklearn", reason="the page's maps need scikit-learn, of the extra report")
    page = results.with_suffix(".html")
    # the older file has no such score
    run("report", f"new={results}", f"old={VERSION_3}", "--corpus", world / "corpus", "--split", "dev", "-o", page)
    assert LABEL in page.read_text(encoding="utf-8")
    card = run("push", trained, "owner/name", "--record", results, "--card-only")
    assert f"| {LABEL} |" in card
    assert f"type: {KEY}" in card
    assert f"- {KEY}" in card


def test_older_results_alone(world: Path, tmp_path: Path) -> None:
    page = tmp_path / "old.html"
    run("report", VERSION_3, "--corpus", world / "corpus", "--split", "dev", "-o", page)
    text = page.read_text(encoding="utf-8")
    assert json.loads(VERSION_3.read_text(encoding="utf-8"))["text_only_sentence"] in text
    assert "BLEU-4" in text
