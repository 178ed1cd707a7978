"""Consent withdrawn, from end to end: which runs used a signer's clips, and the clips taken out for good."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import forked
import pytest

from sign2gpt.common.files import read_json, sha256
from sign2gpt.data.corpus import Corpus


def sign2gpt(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    return forked.sign2gpt(*words, cwd=folder)


@pytest.fixture
def copied(world: Path, tmp_path: Path) -> Path:
    """The tiny world's corpus and runs, to be changed."""
    for name in ("corpus", "pretrain", "translate"):
        shutil.copytree(world / name, tmp_path / name)
    return tmp_path


def test_runs_tell_which_clips_they_were_trained_on(copied: Path) -> None:
    clip = copied / "corpus" / "train" / "train0.mp4"
    told = sign2gpt(copied, "runs", "using", clip, "--json")
    assert told.returncode == 0, told.stderr
    runs = json.loads(told.stdout)["runs"]
    assert [(run["folder"], run["used"], run["trained_on"]) for run in runs] == [
        ("pretrain", ["train0"], 12),
        ("translate", ["train0"], 12),
    ]
    assert runs[1]["started_from"] == "pretrain"
    different = len({sha256(path) for path in (copied / "corpus").glob("*/*.mp4")})
    whole = json.loads(sign2gpt(copied, "runs", "using", "corpus", "--json").stdout)
    assert (whole["clips"], [len(run["used"]) for run in whole["runs"]]) == (different, [12, 12])
    shown = sign2gpt(copied, "runs", "using", "--sha256", sha256(clip), "--in", copied).stdout
    assert "2 of 2 runs were trained on some of these 1 clips" in shown


def test_a_run_that_only_started_from_such_a_run_is_listed_too(copied: Path) -> None:
    clips = read_json(copied / "translate" / "clips.json")
    (copied / "translate" / "clips.json").write_text(
        json.dumps({name: clips[name] for name in clips if name != "train0"})
    )
    told = sign2gpt(copied, "runs", "using", "corpus/train/train0.mp4", "--json")
    assert [(run["folder"], len(run["used"])) for run in json.loads(told.stdout)["runs"]] == [
        ("pretrain", 1),
        ("translate", 0),
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["runs", "using"], "nothing to look for"),
        (["runs", "using", "--sha256", "abc"], "not a SHA-256"),
        (["runs", "using", "nowhere"], "nowhere: no clip and no corpus here"),
        (["runs", "using", "corpus", "--signer", "Xaver"], "no signer Xaver"),
        (["runs", "using", "corpus", "--in", "nowhere"], "nowhere: no such folder"),
        (["corpus", "remove", "corpus"], "nothing to remove"),
        (["corpus", "remove", "corpus", "--id", "trian0"], "no clip trian0 (did you mean 'train0'?"),
        (["corpus", "remove", "nowhere", "--id", "a"], "nowhere: no such folder"),
    ],
)
def test_mistakes_are_one_line(copied: Path, words: list[str], message: str) -> None:
    told = sign2gpt(copied, *words)
    assert (told.returncode, told.stdout) == (2, "")
    assert message in told.stderr
    assert "Traceback" not in told.stderr


def test_clips_leave_for_good_and_the_runs_that_used_them_can_still_be_found(copied: Path) -> None:
    shutil.copy(copied / "corpus" / "dev" / "dev2.mp4", copied.parent)
    told = sign2gpt(copied, "corpus", "remove", "corpus", "--id", "train0", "--id", "dev1", "--json")
    assert told.returncode == 0, told.stderr
    assert "pseudo-glosses counted without the removed clips: 5 words before, 5 now" in " ".join(told.stderr.split())
    removed = json.loads(told.stdout)["removed"]
    assert [(clip["split"], clip["id"]) for clip in removed] == [("train", "train0"), ("dev", "dev1")]
    corpus = Corpus.open(copied / "corpus")
    assert (len(corpus.rows("train")), len(corpus.rows("dev"))) == (11, 3)
    assert sign2gpt(copied, "check", "corpus", "--workers", 1).returncode == 0
    again = sign2gpt(copied, "corpus", "remove", "corpus", "--id", "dev2", "--yes")
    assert again.stdout == f"{sha256(copied.parent / 'dev2.mp4')}  dev/dev2.mp4\n"
    assert "pseudo-glosses" not in again.stderr
    found = sign2gpt(copied, "runs", "using", *(word for clip in removed for word in ("--sha256", clip["sha256"])))
    assert "2 of 2 runs were trained on some of these 2 clips" in found.stdout
