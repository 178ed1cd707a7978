from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer
from pages import LINKS, Page
from typer.testing import CliRunner

from sign2gpt.cli.report import report
from sign2gpt.common.errors import UserError
from sign2gpt.data.corpus import Corpus
from sign2gpt.evaluation import fonts
from sign2gpt.evaluation.alignment import align
from sign2gpt.evaluation.analysis import Aligned
from sign2gpt.evaluation.arms import Arm, read_arms, records_beside
from sign2gpt.evaluation.config import EvaluationConfig
from sign2gpt.evaluation.curves import Log
from sign2gpt.evaluation.figures import Figures
from sign2gpt.evaluation.html import difference, table
from sign2gpt.evaluation.inside import Inside
from sign2gpt.evaluation.record import Record, Sentence
from sign2gpt.evaluation.report import Report, write_report
from sign2gpt.evaluation.report_clips import _said
from sign2gpt.evaluation.report_errors import errors
from sign2gpt.evaluation.report_learning import learning
from sign2gpt.evaluation.runner import evaluate
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
            Arm("with pretraining", records["test"], Path(tiny.train.output), "a & b"),
            Arm("<without>", records["test"], run),
            Arm("elsewhere", records["test"]),
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


@pytest.mark.parametrize(
    ("after", "kept", "said"),
    [
        (0.55, True, "is 0.55 after it. The pretrained encoder is kept as well, and places the pseudo-glosses."),
        (0.85, False, "is 0.85 after it. That is less, but not by enough to keep the pretrained encoder as well:"),
        (0.92, False, "is 0.92 after it. It did not fall: the encoder that translates also places"),
        (0.94, False, "is 0.94 after it. It did not fall: the encoder that translates also places"),
    ],
)
def test_what_became_of_the_head_is_said_as_it_is(after: float, kept: bool, said: str) -> None:
    presence = [{"precision": f1, "recall": f1, "f1": f1, "f1_at_0.2": f1} for f1 in (0.92, after)]
    run = Inside(log=None, gates=None, through=[], signs=None, presence=presence, localizer=kept)  # type: ignore[arg-type]
    shown = learning(None, {"demo": run}, Figures(None))
    assert f"F1 on dev at threshold 0.2 was 0.92 before the translation training and {said}" in shown


def test_edits_stand_against_words_and_may_be_more() -> None:
    sentence = Sentence(
        id="x", signer="", reference="regen im norden", english="", hypothesis="so viel wind und schnee morgen",
        log_probability=-2.0, pseudo_glosses=None, targets=None, in_train=False,
    )  # fmt: skip
    near = sentence.model_copy(update={"hypothesis": "regen im süden"})
    for one, edits in ((sentence, "6 edits against 3 words of the reference"), (near, "1 edit against 3 words")):
        said = _said(Aligned(one, align(one.reference.split(), one.hypothesis.split())), "de")
        assert edits in said


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
    for words in (
        "A <tiny> report",
        "Invented signs, not a sign language.",
        "control: shuffled videos",
        "control: no video",
        "control: training's most frequent sentence",
        "13a tokens, case kept",
        "came through",
        "F1 of <without>",
        "Words that no gloss of their clip supports, in 12 sentences with glosses",
        "By part of speech of the reference's word: errors for 100 words",
        "F1 on dev at threshold 0.2",
        "with pretraining, split dev (2 sentences)",
        "Rows that name another split are of its sentences.",
        "of 2 heads are open over 0.05",
        "Of <without> the log tells none",
        "sign density ratio",
        "1 min 01 s",
        "make demo",
        "protocol:plain",
    ):
        assert words in page.text, words


def test_a_look_inside_only_where_the_run_is(page: Page) -> None:
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


def test_records_of_other_sentences_do_not_share_a_page(
    records: dict[str, Record], corpus: Corpus, tmp_path: Path
) -> None:
    arms = [Arm("one", records["test"]), Arm("two", records["dev"])]
    with pytest.raises(UserError, match=r"other references .* do not belong on one page"):
        write_report(tmp_path / "page.html", Report("", "", arms, ""), corpus)
    foreign = records["test"].model_copy(deep=True)
    foreign.sentences[3].reference = "nie gesagt"
    with pytest.raises(UserError, match=rf"clip {foreign.sentences[3].id} .* name the corpus"):
        write_report(tmp_path / "page.html", Report("", "", [Arm("one", foreign)], ""), corpus)
    assert not (tmp_path / "page.html").exists()


def test_letters_that_no_font_has_are_told_first(
    records: dict[str, Record], corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fonts, "CHINESE", ())
    foreign = records["test"].model_copy(deep=True)
    foreign.sentences[3].hypothesis = "天气"
    made = Report("", "", [Arm("one", foreign)], "")
    with pytest.raises(UserError, match="no font here has the letters 天 气"):
        write_report(tmp_path / "page.html", made, corpus, figures=tmp_path / "figures")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def run(tiny: Recipe, records: dict[str, Record], tmp_path: Path) -> Path:
    """A run folder with its records of test and dev."""
    folder = Path(shutil.copytree(tiny.train.output, tmp_path / "run"))
    for split, record in records.items():
        record.write(folder / f"{split}.json")
    return folder


def test_the_command_reads_the_records_of_a_run(run: Path, tmp_path: Path) -> None:
    arguments = [str(run), "--split", "dev", "-o", str(tmp_path / "one.html"), "--device", "cpu"]
    assert CliRunner().invoke(app, arguments, catch_exceptions=False).stdout == ""
    page = parsed(tmp_path / "one.html")
    assert "tiny: run" in page.text
    assert f"sign2gpt report {run} --split dev" in page.text
    assert "errors for 100 words" in page.text
    assert "test" in page.text.split("control:")[0]
    assert sum(tag == "video" for tag, _ in page.tags) == 2


def test_systems_are_told_apart(run: Path, tiny: Recipe, records: dict[str, Record], tmp_path: Path) -> None:
    moved = tmp_path / "moved.json"
    records["test"].model_copy(update={"run": "gone"}).write(moved)
    first, second = read_arms([f"a=b={run}", str(moved)], "test")
    assert (first.name, first.run, second.name, second.run) == ("a=b", run, "moved", None)
    assert set(records_beside(first)) == {"dev"}
    assert records_beside(second) == {}
    (own,) = read_arms([str(run / "dev.json")], "test")
    assert (own.record.corpus.split, own.run) == ("dev", Path(tiny.train.output))
    for arguments, message in {
        (str(run), str(run)): "two systems have one name",
        (str(run), "gone"): "gone: no such run or record; make a record with",
        (f"{run},{run}",): "one run of a system",
        (tiny.pretrain.output,): "is a pretraining run",
    }.items():
        with pytest.raises(UserError, match=message):
            read_arms(arguments, "test")


def test_differences_are_marked() -> None:
    pairs = [("am", "am"), ("<tag>", None), ("regen", "wind"), (None, "stark")]
    assert difference(pairs) == "am <del>&lt;tag&gt;</del> <del>regen</del> <ins>wind</ins> <ins>stark</ins>"


def test_characters_are_called_so(records: dict[str, Record]) -> None:
    told = errors({"one": records["test"].model_copy(update={"protocol": "csl-daily"})})
    for words in ("Characters of reference", "errors for 100 characters", "of the reference&#x27;s character", "up to"):
        assert words in told, words
    assert "100 words" not in told
    assert difference([("今", "今"), ("天", "日")], "") == "今<del>天</del><ins>日</ins>"


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


def test_a_corpus_may_be_an_address(run: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"memory://nowhere/shards\.json: no such file"):
        report([str(run)], tmp_path / "page.html", "memory://nowhere", device="cpu")
