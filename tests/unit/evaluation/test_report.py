from __future__ import annotations

import json
from pathlib import Path

import pytest
from pages import LINKS, Page

from sign2gpt.common.errors import UserError
from sign2gpt.data.corpus import Corpus
from sign2gpt.evaluation.config import EvaluationConfig
from sign2gpt.evaluation.curves import Log
from sign2gpt.evaluation.html import difference, table
from sign2gpt.evaluation.report import Arm, Report, write_report
from sign2gpt.evaluation.runner import evaluate
from sign2gpt.inference.translator import Translator
from sign2gpt.recipe import Recipe


@pytest.fixture(scope="module")
def page(translator: Translator, corpus: Corpus, tiny: Recipe, tmp_path_factory: pytest.TempPathFactory) -> Page:
    config = EvaluationConfig(bootstrap=20)
    record = evaluate(translator, corpus, "test", config)
    log = Path(tiny.train.output) / "log.jsonl"
    report = Report(
        title="A <tiny> report",
        about="What it is.",
        arms=[Arm("with pretraining", record, log, "a & b"), Arm("without", record)],
        command="make demo",
        unseen={"on dev": evaluate(translator, corpus, "dev", config)},
        pretraining={"dev, threshold 0.2": {"precision": 0.8, "recall": 0.7, "f1": 0.75}},
        pretraining_log=Path(tiny.pretrain.output) / "log.jsonl",
        timings={"train": 61.0, "evaluate": 2.0},
    )
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(path, report, corpus, translator, clips=3)
    parsed = Page()
    parsed.feed(path.read_text(encoding="utf-8"))
    assert parsed.open == []
    return parsed


def test_the_page_needs_nothing_from_outside(page: Page) -> None:
    sources = [value for _, attrs in page.tags for name, value in attrs.items() if name in LINKS]
    assert sources
    assert all(value is not None and value.startswith(("data:", "#")) for value in sources)


def test_clips_play_beside_what_was_said(page: Page) -> None:
    videos = [attrs for tag, attrs in page.tags if tag == "video"]
    assert len(videos) == 3
    for video in videos:
        assert {"autoplay", "loop", "muted", "aria-label"} <= set(video)
        assert str(video["src"]).startswith("data:video/mp4;base64,")


def test_pictures_have_words_and_ids_stand_once(page: Page) -> None:
    pictures = [attrs for tag, attrs in page.tags if tag == "svg"]
    assert len(pictures) >= 3 + 2
    assert all(picture["role"] == "img" and picture["aria-label"] for picture in pictures)
    ids = [attrs["id"] for tag, attrs in page.tags if "id" in attrs and tag in ("g", "h2", "button", "svg")]
    assert len(ids) == len(set(ids))


def test_what_the_page_says(page: Page) -> None:
    assert "A <tiny> report" in page.text
    assert "Invented signs, not a sign language." in page.text
    assert "control: shuffled videos" in page.text
    assert "control: no video" in page.text
    assert "control: training's most frequent sentence" in page.text
    assert "13a tokens, case kept" in page.text
    assert "came through" in page.text
    assert "Words that no gloss of their clip supports, in 12 sentences with glosses" in page.text
    assert "1 min 01 s" in page.text
    assert "make demo" in page.text
    assert "protocol:plain" in page.text


def test_differences_are_marked() -> None:
    pairs = [("am", "am"), ("<tag>", None), ("regen", "wind"), (None, "stark")]
    assert difference(pairs) == "am <del>&lt;tag&gt;</del> <del>regen</del> <ins>wind</ins> <ins>stark</ins>"


def test_tables_name_their_rows_and_columns() -> None:
    shown = table("What", ["", "a&b"], [["row", "1"]])
    assert '<th scope="row">row</th><td data-label="a&amp;b">1</td>' in shown
    assert "<caption>What</caption>" in shown


def test_a_log_that_a_kill_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    lines = [{"kind": "step", "step": n, "epoch": n // 2, "loss": 4.0 - n} for n in range(4)]
    lines.append({"kind": "evaluation", "step": 4, "epoch": 2, "bleu4": 12.5})
    path.write_text("\n".join(map(json.dumps, lines)) + '\n{"kind": "st')
    log = Log.read(path)
    assert log.loss() == [(1.0, 3.5), (2.0, 1.5)]
    assert log.measured("bleu4") == [(2.0, 12.5)]
    assert log.measured("f1") == []
    path.write_text('broken\n{"kind": "step"}\n')
    with pytest.raises(UserError, match=r"log\.jsonl:1"):
        Log.read(path)
