"""The page on PHOENIX14T: its commands run as they stand there, and its numbers are those of the real tables."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest
from releases import packed, phoenix14t

from sign2gpt.cli.main import main
from sign2gpt.data.check import check_corpus
from sign2gpt.data.importers.phoenix14t import CLIPS, FRAMES

PAGE = (Path(__file__).parents[2] / "docs" / "phoenix14t.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^sign2gpt (.*)$", PAGE, re.MULTILINE)


def run(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["sign2gpt", *shlex.split(command)])
    code: int | str | None = 0
    try:
        main()
    except SystemExit as ended:
        code = ended.code
    assert not code, command


def cells(title: str) -> list[str]:
    (row,) = re.findall(rf"^\| {re.escape(title)} \|(.*)\|$", PAGE, re.MULTILINE)
    return [cell.strip() for cell in row.split("|")]


def test_the_pages_commands_prepare_check_and_gloss(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SIGN2GPT_CACHE", str(tmp_path / "cache"))
    packed(phoenix14t(tmp_path / "made", shared, 8, 5, list_all=False), tmp_path / "phoenix-2014-T.v3.tar.gz")
    stages = ["prepare", "check", "glosses", "validate", "pretrain", "train", "evaluate", "compare"]
    assert [command.split()[0] for command in COMMANDS] == stages
    for command in COMMANDS[:3]:
        run(command, monkeypatch)
    assert (tmp_path / "corpora" / "phoenix14t" / "pseudo_glosses.json").exists()


def test_its_counts_and_durations_are_those_of_the_tables(shared: Path) -> None:
    assert cells("clips") == [f"{count:,}" for count in CLIPS.values()]
    assert cells("frames") == [f"{count:,}" for count in FRAMES.values()]
    for split, hours in zip(FRAMES, cells("hours"), strict=True):
        table = shared / "corpora" / "PHOENIX-2014-T" / f"frames.{split}.tsv"
        counts = [int(line.split("\t")[1]) for line in table.read_text().splitlines()[1:]]
        assert (len(counts), sum(counts)) == (CLIPS[split], FRAMES[split])
        assert hours == f"{sum(counts) / 25 / 3600:.2f}"


@pytest.mark.slow
def test_the_whole_release_gives_the_pages_counts_and_a_second_run_does_nothing(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SIGN2GPT_CACHE", str(tmp_path / "cache"))
    packed(phoenix14t(tmp_path / "made", shared, 10**6, most_frames=1), tmp_path / "phoenix-2014-T.v3.tar.gz")
    run(COMMANDS[0], monkeypatch)
    report = check_corpus(tmp_path / "corpora" / "phoenix14t", decode=False)
    assert report.problems == []
    assert cells("clips") == [f"{split.clips:,}" for split in report.splits.values()]
    assert cells("different words") == [f"{split.vocabulary:,}" for split in report.splits.values()]
    assert cells("different sentences") == [f"{split.texts:,}" for split in report.splits.values()]
    assert cells("signers") == [str(len(split.signers)) for split in report.splits.values()]
    capsys.readouterr()
    run(COMMANDS[0], monkeypatch)
    assert "is already complete" in capsys.readouterr().err
