"""The page on signed corpora: its commands run as they stand there, and its numbers are those of the real tables."""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path

import pytest
from csl_release import annotated, write_release
from releases import phoenix14t
from worlds import SMALL_DEMO

from sign2gpt.cli.main import main
from sign2gpt.data.annotations import read_annotations
from sign2gpt.data.corpus import Corpus
from sign2gpt.recipe import load
from sign2gpt.signing.lexicon import Lexicon
from sign2gpt.signing.motion import natural_seconds
from sign2gpt.signing.pace import fitted
from sign2gpt.signing.transcription import transcribe

PAGE = (Path(__file__).parents[2] / "docs" / "signed-corpora.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^sign2gpt (synth .*)$", PAGE, re.MULTILINE)
TRAINING = re.findall(r"^sign2gpt (demo .*)$", PAGE, re.MULTILINE)
CHANGES = re.findall(r"--set ([^ `]+)", PAGE)


def test_the_pages_commands_sign_both_corpora(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    phoenix14t(tmp_path / "PHOENIX-2014-T", shared, clips=1, most_frames=20, list_all=False)
    write_release(tmp_path / "CSL-Daily", [clip for clip in annotated(shared) if clip.name == "S000000_P0000_T00"], [])
    for command in COMMANDS:
        runs(command, monkeypatch)
    assert Corpus.open(tmp_path / "signed_phoenix14t" / "corpus").splits == [
        "train",
        "dev",
        "test",
        "test_unseen_signer",
    ]
    assert Corpus.open(tmp_path / "signed_csl_daily" / "corpus").splits == ["train"]


@pytest.mark.slow
def test_its_training_ends_with_scores(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    phoenix14t(tmp_path / "PHOENIX-2014-T", shared, clips=4, most_frames=20, list_all=False)
    (command,) = TRAINING
    runs(shlex.join([*shlex.split(command), *(f"--set={change}" for change in SMALL_DEMO)]), monkeypatch)
    scores = json.loads((tmp_path / "signed_phoenix14t_2cpu" / "scores.json").read_text())
    assert {"bleu4", "bleu4_no_pretraining_equal_steps", "bleu4_unseen_signer"} <= scores.keys()
    told = "sign2gpt " + command.replace("PHOENIX-2014-T", "DIR")
    assert told in (tmp_path / "signed_phoenix14t_2cpu" / "report.html").read_text()


def runs(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["sign2gpt", *shlex.split(command)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code, command


def test_its_changes_are_keys_of_the_recipes() -> None:
    assert len(CHANGES) >= 8
    for change in CHANGES:
        load("signed_phoenix14t", [change])


def test_its_counts_are_those_of_the_tables(shared: Path) -> None:
    entries = read_annotations("phoenix14t", shared / "corpora" / "PHOENIX-2014-T")
    signed = [entry for entry in entries if entry.glosses]
    exact = 0
    for entry in signed:
        signs = transcribe(entry.glosses or "", "phoenix14t", Lexicon(0))
        natural_s, pace = natural_seconds(signs), fitted(natural_seconds(signs), len(signs), entry.num_frames / 25)
        exact += round(25 * (natural_s / pace.speed + len(signs) * pace.pause_s)) == entry.num_frames
    assert f"| {exact:,} of {len(signed):,} |" in PAGE
    counts = [sum(entry.split == split for entry in signed) for split in ("train", "dev", "test")]
    assert f"| train, dev, test | {', '.join(f'{count:,}' for count in counts)} |" in PAGE
    glosses = {gloss for entry in signed for gloss in (entry.glosses or "").split()}
    assert f"| different glosses | {len(glosses):,} |" in PAGE
