"""`glosses` and `synth`, killed at random moments and started again, end with the bytes of a run that was not."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from kills import after_kills, contents

from sign2gpt.common.config import dump_yaml
from sign2gpt.common.seeds import draw
from sign2gpt.data.corpus import COLUMNS, CorpusInfo

WORDS = ("am", "im", "zum", "regen", "schnee", "wind", "sonne", "nacht", "norden", "süden", "freundlich", "kommt")
SENTENCES = 3000
RECIPE = "name: tiny\nsigning: {train: 16, dev: 2, test: 2, test_unseen_signer: 2, size: 48, tempo: 2.5}\n"

Make = Callable[[Path, Sequence[float]], dict[str, bytes]]
Unharmed = tuple[dict[str, bytes], float]


def started(*words: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "sign2gpt", *map(str, words)]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, start_new_session=True, stdout=quiet, stderr=quiet, env=os.environ)


def glossed(folder: Path, moments: Sequence[float] = ()) -> dict[str, bytes]:
    """A corpus of tables alone with its pseudo-glosses, after attempts that were killed at these seconds."""
    corpus = folder / "corpus"
    (corpus / "train").mkdir(parents=True)
    info = CorpusInfo(name="words", language="de", frame_rate=25, size=64, licence="CC0-1.0")
    (corpus / "corpus.yaml").write_text(dump_yaml(info))
    with (corpus / "train" / "metadata.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for number in range(SENTENCES):
            text = " ".join(draw(number, "sentence").choices(WORDS, k=12))
            table.writerow([f"{number}.mp4", text, "", "", 100])
    return after_kills(lambda: started("glosses", corpus), corpus, moments)


def synthesised(folder: Path, moments: Sequence[float] = ()) -> dict[str, bytes]:
    """A rendered corpus, after attempts that were killed at these seconds."""
    recipe = folder.parent / f"{folder.name}.yaml"
    recipe.write_text(RECIPE)
    corpus = folder / "corpus"
    return after_kills(lambda: started("synth", recipe, corpus, "--workers", 2), corpus, moments)


MADE: dict[str, Make] = {"glosses": glossed, "synth": synthesised}


@pytest.fixture(scope="module", params=MADE)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Make, Unharmed]:
    """How it is made, what a run that nobody kills writes, and the seconds it takes."""
    make, begun = MADE[request.param], time.monotonic()
    expected = make(tmp_path_factory.mktemp("unharmed"), ())
    return make, (expected, time.monotonic() - begun)


def test_two_kills_on_the_way_change_nothing(made: tuple[Make, Unharmed], tmp_path: Path) -> None:
    make, (expected, seconds) = made
    moments = [seconds * draw(point, "glosses and synth", "two").uniform(0.4, 1) for point in range(2)]
    assert make(tmp_path, moments) == expected


@pytest.mark.slow
@pytest.mark.parametrize("point", range(20))
def test_a_kill_at_any_point_changes_nothing(made: tuple[Make, Unharmed], tmp_path: Path, point: int) -> None:
    make, (expected, seconds) = made
    moment = seconds * draw(point, "glosses and synth", "any").uniform(0.1, 1.05)
    assert make(tmp_path, [moment]) == expected


def test_what_a_killed_run_had_begun_is_cleared_away(tmp_path: Path) -> None:
    expected = glossed(tmp_path / "whole")
    corpus = tmp_path / "whole" / "corpus"
    (corpus / ".pseudo_glosses-x.partial.json").write_text('{"half": ')
    assert started("glosses", corpus).wait() == 0
    assert contents(corpus) == expected
