from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer
from pages import LINKS, Page
from typer.testing import CliRunner

from sign2gpt.cli.evaluate import report
from sign2gpt.common.errors import UserError
from sign2gpt.data.corpus import Corpus
from sign2gpt.evaluation.analysis import Aligned
from sign2gpt.evaluation.config import EvaluationConfig
from sign2gpt.evaluation.inside import Inside
from sign2gpt.evaluation.plots import style as fonts
from sign2gpt.evaluation.plots.curves import TrainingLog
from sign2gpt.evaluation.record import Record, ScoredSentence
from sign2gpt.evaluation.report.clips import _hypothesis
from sign2gpt.evaluation.report.errors import errors
from sign2gpt.evaluation.report.figures import Figures
from sign2gpt.evaluation.report.html import Section, Table, render, templates
from sign2gpt.evaluation.report.learning import learning
from sign2gpt.evaluation.report.page import Report, write_report
from sign2gpt.evaluation.results import ReportedRun, other_splits, read_reported_runs
from sign2gpt.evaluation.runner import evaluate
from sign2gpt.evaluation.words.alignment import align
from sign2gpt.inference.translator import Translator
from sign2gpt.recipe import Recipe

app = typer.Typer()
app.command()(report)
pytest.importorskip("sklearn", reason="the page's maps need scikit-learn, of the extra report")


@dataclass(frozen=True)
class Written:
    """A page as it was read, and the folder of its pictures."""

    page: Page
    figures: Path


@pytest.fixture(scope="module")
def records(translator: Translator, corpus: Corpus) -> dict[str, Record]:
    config = EvaluationConfig(bootstrap=20)
    return {split: evaluate(translator, corpus, split, config) for split in ("test", "dev")}


@pytest.fixture(scope="module")
def written(
    records: dict[str, Record], corpus: Corpus, tiny: Recipe, tmp_path_factory: pytest.TempPathFactory
) -> Written:
    folder = tmp_path_factory.mktemp("report")
    run = Path(shutil.copytree(tiny.train.output, folder / "run"))
    (run / "log.jsonl").write_text(json.dumps({"kind": "evaluation", "epoch": 1, "bleu4": 2.0}) + "\n")
    made = Report(
        title="A <tiny> report",
        about="What it is.",
        arms=[
            ReportedRun("with pretraining", records["test"], Path(tiny.train.output), "a & b"),
            ReportedRun("<without>", records["test"], run),
            ReportedRun("elsewhere", records["test"]),
        ],
        command="make demo",
        unseen={"on dev": records["dev"]},
        timings={"train": 61.0, "evaluate": 2.0},
    )
    write_report(folder / "report.html", made, corpus, figures=folder / "figures", device="cpu", clips=3)
    return Written(parsed(folder / "report.html"), folder / "figures")


@pytest.fixture(scope="module")
def page(written: Written) -> Page:
    return written.page


def parsed(path: Path) -> Page:
    found = Page()
    found.feed(path.read_text(encoding="utf-8"))
    assert found.open == []
    return found


def markup(section: Section | None) -> str:
    return render("section.html", section=section)


def piece(call: str, it: object) -> str:
    """What one of the macros makes of ``it``."""
    return templates().from_string("{% import 'macros.html' as macros %}{{ macros." + call + " }}").render(it=it)


@pytest.mark.parametrize(
    ("after", "kept", "expected"),
    [
        (0.55, True, "0.55 after it. The run also keeps the pretrained encoder"),
        (0.85, False, "0.85 after it. It fell too little to keep the pretrained encoder as well"),
        (0.92, False, "0.92 after it. It did not fall"),
        (0.94, False, "0.94 after it. It did not fall"),
    ],
)
def test_the_change_of_the_head_is_reported(after: float, kept: bool, expected: str) -> None:
    presence = [{"precision": f1, "recall": f1, "f1": f1, "f1_at_0.2": f1} for f1 in (0.92, after)]
    run = Inside(log=None, gates=None, through=[], signs=None, presence=presence, localizer=kept)  # type: ignore[arg-type]
    shown = markup(learning(None, {"demo": run}, Figures(None)))
    assert f"F1 on dev at threshold 0.2 was 0.92 before the translation training and {expected}" in shown


def test_edits_may_exceed_the_words_of_the_reference() -> None:
    sentence = ScoredSentence(
        id="x", signer="", reference="regen im norden", english="", hypothesis="so viel wind und schnee morgen",
        log_probability=-2.0, pseudo_glosses=None, targets=None, in_train=False,
    )  # fmt: skip
    near = sentence.model_copy(update={"hypothesis": "regen im süden"})
    for one, edits in ((sentence, "6 edits, reference of 3 words"), (near, "1 edit, reference of 3 words")):
        shown = _hypothesis("demo", Aligned(one, align(one.reference.split(), one.hypothesis.split())))
        assert edits in shown.verdict


def test_the_page_needs_nothing_from_outside(page: Page) -> None:
    sources = [value for _, attrs in page.tags for name, value in attrs.items() if name in LINKS]
    assert sources
    assert all(value is not None and value.startswith(("data:", "#")) for value in sources)


def test_clips_play_in_the_page(page: Page) -> None:
    videos = [attrs for tag, attrs in page.tags if tag == "video"]
    assert len(videos) == 3
    for video in videos:
        assert {"autoplay", "loop", "muted", "aria-label"} <= set(video)
        assert str(video["src"]).startswith("data:video/mp4;base64,")


def test_pictures_have_labels_and_ids_are_unique(page: Page) -> None:
    pictures = [attrs for tag, attrs in page.tags if tag == "svg"]
    assert len(pictures) >= 3 + 2
    assert all(picture["role"] == "img" and picture["aria-label"] for picture in pictures)
    ids = [attrs["id"] for tag, attrs in page.tags if "id" in attrs and tag in ("g", "h2", "button", "svg")]
    assert len(ids) == len(set(ids))


def test_the_page_has_the_facts(page: Page) -> None:
    for words in (
        "A <tiny> report",
        "Invented signs, not a sign language.",
        "control: shuffled videos",
        "control: no video",
        "control: most frequent training sentence",
        "13a tokens, case kept",
        "Recall, %",
        "Precision, %",
        "F1 of <without>",
        "Words without a supporting gloss in their clip, in 12 sentences with glosses",
        "By part of speech of the reference's word: errors per 100 words",
        "F1 on dev at threshold 0.2",
        "with pretraining, split dev (2 sentences)",
        "Rows that name another split score its sentences.",
        "of 2 heads have a gate above 0.05",
        "The training log of <without> has no gates",
        "sign density ratio",
        "1 min 01 s",
        "make demo",
        "protocol:plain",
    ):
        assert words in page.text, words


def test_the_inside_is_shown_only_for_available_runs(page: Page) -> None:
    labels = [str(attrs.get("aria-label")) for tag, attrs in page.tags if tag == "svg"]
    for start, count in {"Gates of ": 2, "Map of ": 2, "Presence of": 3, "Pretraining: F1": 1}.items():
        assert sum(label.startswith(start) for label in labels) == count, start


def test_the_sections_are_linked(page: Page) -> None:
    links = {str(attrs["href"])[1:] for tag, attrs in page.tags if tag == "a"}
    assert links == {attrs["id"] for tag, attrs in page.tags if tag == "h2"}
    assert {"scores", "clips", "learning", "inside", "errors", "method"} == links


def test_every_picture_is_a_file_too(written: Written) -> None:
    shown = sum(tag == "svg" for tag, _ in written.page.tags)
    names = sorted(path.name for path in written.figures.iterdir())
    assert len(names) == 2 * shown
    assert {"gates-without.pdf", "gates-with-pretraining.svg", "bleu4.pdf", "signs-with-pretraining.pdf"} <= set(names)


def test_results_of_other_sentences_cannot_share_a_page(
    records: dict[str, Record], corpus: Corpus, tmp_path: Path
) -> None:
    arms = [ReportedRun("one", records["test"]), ReportedRun("two", records["dev"])]
    with pytest.raises(UserError, match=r"different references .* cannot share a page"):
        write_report(tmp_path / "page.html", Report("", "", arms, ""), corpus)
    foreign = records["test"].model_copy(deep=True)
    foreign.sentences[3].reference = "nie gesagt"
    with pytest.raises(UserError, match=rf"clip {foreign.sentences[3].id} .* pass the corpus"):
        write_report(tmp_path / "page.html", Report("", "", [ReportedRun("one", foreign)], ""), corpus)
    assert not (tmp_path / "page.html").exists()


def test_missing_letters_are_reported_first(
    records: dict[str, Record], corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fonts, "CHINESE", ())
    foreign = records["test"].model_copy(deep=True)
    foreign.sentences[3].hypothesis = "天气"
    made = Report("", "", [ReportedRun("one", foreign)], "")
    with pytest.raises(UserError, match="no installed font has the letters 天 气"):
        write_report(tmp_path / "page.html", made, corpus, figures=tmp_path / "figures")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def run(tiny: Recipe, records: dict[str, Record], tmp_path: Path) -> Path:
    """A run folder with its records of test and dev."""
    folder = Path(shutil.copytree(tiny.train.output, tmp_path / "run"))
    for split, record in records.items():
        record.write(folder / f"{split}.json")
    return folder


def test_the_command_reads_the_results_of_a_run(run: Path, tmp_path: Path) -> None:
    arguments = [str(run), "--split", "dev", "-o", str(tmp_path / "one.html"), "--device", "cpu"]
    assert CliRunner().invoke(app, arguments, catch_exceptions=False).stdout == ""
    page = parsed(tmp_path / "one.html")
    assert "tiny: run" in page.text
    assert f"sign2gpt report {run} --split dev" in page.text
    assert "errors per 100 words" in page.text
    assert "test" in page.text.split("control:")[0]
    assert sum(tag == "video" for tag, _ in page.tags) == 2


def test_systems_need_different_names(run: Path, tiny: Recipe, records: dict[str, Record], tmp_path: Path) -> None:
    moved = tmp_path / "moved.json"
    records["test"].model_copy(update={"run": "gone"}).write(moved)
    first, second = read_reported_runs([f"a=b={run}", str(moved)], "test")
    assert (first.name, first.run, second.name, second.run) == ("a=b", run, "moved", None)
    assert set(other_splits(first)) == {"dev"}
    assert other_splits(second) == {}
    (own,) = read_reported_runs([str(run / "dev.json")], "test")
    assert (own.record.corpus.split, own.run) == ("dev", Path(tiny.train.output))
    for arguments, message in {
        (str(run), str(run)): "two systems have the same name",
        (str(run), "gone"): "gone: no such run or results file",
        (f"{run},{run}",): "one run of a system",
        (tiny.pretrain.output,): "is a pretraining run",
    }.items():
        with pytest.raises(UserError, match=message):
            read_reported_runs(arguments, "test")


def test_differences_are_marked() -> None:
    pairs = [("am", "am"), ("<tag>", None), ("regen", "wind"), (None, "stark")]
    assert (
        piece("difference(it)", pairs) == "am <del>&lt;tag&gt;</del> <del>regen</del> <ins>wind</ins> <ins>stark</ins>"
    )


def test_characters_are_named_as_the_unit(records: dict[str, Record]) -> None:
    shown = markup(errors({"one": records["test"].model_copy(update={"protocol": "csl-daily"})}))
    for words in ("Characters of reference", "errors per 100 characters", "of the reference&#39;s character", "up to"):
        assert words in shown, words
    assert "100 words" not in shown
    assert piece("difference(it, '')", [("今", "今"), ("天", "日")]) == "今<del>天</del><ins>日</ins>"


def test_tables_name_their_rows_and_columns() -> None:
    shown = piece("table(it)", Table("What", ["", "a&b"], [["row", "1"]]))
    assert '<th scope="row">row</th><td data-label="a&amp;b">1</td>' in shown
    assert "<caption>What</caption>" in shown


def test_a_log_may_end_in_the_middle_of_a_line(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    lines = [{"kind": "step", "step": n, "epoch": n // 2, "loss": 4.0 - n} for n in range(4)]
    lines.append({"kind": "evaluation", "step": 4, "epoch": 2, "bleu4": 12.5})
    path.write_text("\n".join(map(json.dumps, lines)) + '\n{"kind": "st')
    log = TrainingLog.read(path)
    assert log.loss() == [(1.0, 3.5), (2.0, 1.5)]
    assert log.measured("bleu4") == [(2.0, 12.5)]
    assert log.measured("f1") == []
    path.write_text('broken\n{"kind": "step"}\n')
    with pytest.raises(UserError, match=r"log\.jsonl:1"):
        TrainingLog.read(path)


def test_a_corpus_may_be_a_url(run: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"memory://nowhere/shards\.json: no such file"):
        report([str(run)], tmp_path / "page.html", "memory://nowhere", device="cpu")
