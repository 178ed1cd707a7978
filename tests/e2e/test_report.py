"""The report of the bundled model, on sentences that it was not trained on."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from pages import Page

from sign2gpt.cli.evaluate import evaluate, report
from sign2gpt.cli.signing import synth
from sign2gpt.common.errors import UserError
from sign2gpt.data.corpus import Corpus
from sign2gpt.evaluation.plots.curves import TrainingLog
from sign2gpt.evaluation.plots.gates import gates_in
from sign2gpt.evaluation.report.html import Section, Table, render
from sign2gpt.inference.explain import inspect
from sign2gpt.inference.translator import Translator

KEYS = ["signing.seed=1", "signing.train=1", "signing.dev=1", "signing.test=40", "signing.test_unseen_signer=0"]


@pytest.mark.slow
def test_the_report_of_the_bundled_model_is_complete(tmp_path: Path) -> None:
    pytest.importorskip("sklearn", reason="the page's maps need scikit-learn, of the extra report")
    synth("demo", tmp_path / "corpus", KEYS, workers=1)
    evaluate("demo", str(tmp_path / "corpus"), output=tmp_path / "demo.json", device="cpu")
    systems = [f"bundled={tmp_path / 'demo.json'}"]
    report(systems, tmp_path / "page.html", str(tmp_path / "corpus"), figures=tmp_path / "figures", device="cpu")
    read = Page()
    read.feed((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert read.open == []
    assert sum(tag == "video" for tag, _ in read.tags) == 10
    assert len(list((tmp_path / "figures").iterdir())) == 2 * sum(tag == "svg" for tag, _ in read.tags)
    density = re.search(r"SDR (0\.\d+)", read.text)
    assert density is not None
    assert 0.2 < float(density[1]) < 0.8


@pytest.mark.slow
def test_words_come_from_where_their_signs_are(tmp_path: Path) -> None:
    synth("demo", tmp_path / "corpus", KEYS, workers=1)
    translator = Translator.from_pretrained("demo", "cpu")
    inside, chance = 0.0, 0.0
    for row in Corpus.open(tmp_path / "corpus").rows("test"):
        seen = inspect(translator.reader, row, row.text)
        assert seen.attention is not None
        assert seen.localisation is not None
        spans = {gloss.gloss: (gloss.start_s, gloss.end_s) for gloss in seen.localisation.placed(0.3)}
        step = seen.attention.seconds_per_token
        for word, weights in zip(seen.attention.words, seen.attention.weights, strict=True):
            if word in spans:
                start, end = (round(edge / step) for edge in spans[word])
                near = slice(max(start - 1, 0), end + 1)
                inside += float(weights[near].sum())
                chance += len(weights[near]) / len(weights)
    assert inside > 1.5 * chance


def test_a_training_logs_its_gates(world: Path) -> None:
    pretraining, translation = (TrainingLog.read(world / stage / "log.jsonl") for stage in ("pretrain", "translate"))
    assert [(epoch, [len(layer) for layer in gates]) for epoch, gates in gates_in(translation)] == [(1, [2]), (2, [2])]
    assert gates_in(pretraining) == []


def test_a_run_without_results_is_an_error(world: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no results of split test; create them with `sign2gpt evaluate"):
        report([str(world / "translate")], tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


def test_a_phone_shows_the_whole_width(tmp_path: Path) -> None:
    playwright = pytest.importorskip("playwright.sync_api", reason="browser tests need playwright")
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no chromium is installed")
    name = "signed_phoenix14t_2cpu_without_pretraining"
    shown = Table(f"Scores of {name}", ["", name, name], [[name, "1", "2"]])
    section = Section("errors", name, {"unit": "words", "first": name, "reading": [name], "tables": [shown]})
    path = tmp_path / "page.html"
    page = render("report.html", title=name, about=name, notice=name, licence=name, sections=[section])
    path.write_text(page, encoding="utf-8")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=program, args=["--no-sandbox"])
        phone = browser.new_page(viewport={"width": 390, "height": 800})
        phone.goto(path.as_uri())
        assert phone.evaluate("document.documentElement.scrollWidth") == 390
        browser.close()
