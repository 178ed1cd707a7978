"""The page on signed corpora: its commands run as they stand there, and its numbers are those of the real tables."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections import Counter
from pathlib import Path
from typing import get_args

import pytest
from csl_release import annotated, write_release
from releases import phoenix14t
from worlds import SMALL_DEMO

from sign2gpt.cli.main import main
from sign2gpt.data.corpus import Corpus
from sign2gpt.data.importers.annotations import ANNOTATED, read_annotations
from sign2gpt.recipe import load
from sign2gpt.signing.annotated import SPLITS
from sign2gpt.signing.body.motion import fitted, natural_seconds
from sign2gpt.signing.config import Annotations
from sign2gpt.signing.language.lexicon import Lexicon
from sign2gpt.signing.language.transcription import transcribe

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


@pytest.mark.parametrize("corpus", get_args(Annotations))
def test_its_counts_are_those_of_the_tables(shared: Path, tmp_path: Path, corpus: Annotations) -> None:
    folder = shared / "corpora" / "PHOENIX-2014-T"
    if corpus == "csl_daily":
        folder = tmp_path / "release"
        write_release(folder, annotated(shared), [])
    real, lexicon = ANNOTATED[corpus], Lexicon(0)
    signed = [entry for entry in read_annotations(real, folder) if entry.glosses]
    longer = Counter[int]()
    for entry in signed:
        signs, wanted = transcribe(entry.glosses or "", corpus, lexicon), entry.num_frames
        natural_s = natural_seconds(signs)
        pace = fitted(natural_s, len(signs), wanted / real.frame_rate)
        count = round(real.frame_rate * pace.seconds(natural_s, len(signs)))
        longer[(count > wanted) - (count < wanted)] += 1
    splits = Counter(entry.split for entry in signed)
    glosses = {gloss for entry in signed for gloss in (entry.glosses or "").split()}
    assert figures("train, dev, test", corpus) == [splits[split] for split in SPLITS]
    assert figures("different glosses", corpus) == [len(glosses)]
    assert figures("clips with exactly as many frames as the real one", corpus) == [longer[0], len(signed)]
    assert figures("clips that are longer, shorter", corpus) == [longer[1], longer[-1]]


def figures(row: str, corpus: Annotations) -> list[int]:
    """The numbers of a corpus in a row of the page's table, which has a column for each."""
    (cells,) = re.findall(rf"^\| {re.escape(row)} \|(.+)\|$", PAGE, re.MULTILINE)
    cell = cells.split("|")[get_args(Annotations).index(corpus)]
    return [int(number.replace(",", "")) for number in re.findall(r"\d+(?:,\d{3})*", cell)]
