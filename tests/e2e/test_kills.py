"""What makes corpora and pseudo-glosses, killed at random moments and started again, ends with the same bytes."""

from __future__ import annotations

import csv
import gzip
import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from csl_release import Signed, write_release
from kills import contents, killed, wait_until, workers_of
from releases import FRAMES, ROOT, how2sign, packed, phoenix14t

from sign2gpt.common.config import dump_yaml
from sign2gpt.common.seeds import draw
from sign2gpt.data.corpus import COLUMNS, CorpusInfo
from sign2gpt.data.tables import INFO
from sign2gpt.video.encode import write_clip

POINTS = 20
WORDS = ("am", "im", "zum", "regen", "schnee", "wind", "sonne", "nacht", "norden", "süden", "freundlich", "kommt")
RECIPE = "name: tiny\nsigning: {train: 16, dev: 2, test: 2, test_unseen_signer: 2, size: 48, tempo: 2.5}\n"
SIGNED = "name: tiny\nsigning: {annotations: phoenix14t, train: 4, size: 48}\n"


@dataclass(frozen=True)
class Victim:
    """A command: what writes all that it reads into a folder, and its words, given that folder and the corpus.

    ``at_once``: its corpus is there whole or not at all; ``leaves_out``: a damaged clip is left out of it.
    """

    lay: Callable[[Path, pytest.FixtureRequest], object]
    words: Callable[[Path, Path], list[object]]
    at_once: bool = True
    leaves_out: bool = False


def videos(source: Path, _: pytest.FixtureRequest) -> None:
    rng = np.random.default_rng(0)
    for video in range(3):
        write_clip(source / f"{video}.mp4", rng.integers(0, 255, (60, 96, 128, 3), dtype=np.uint8), 25)
    for split in ("train", "dev", "test"):
        rows = [f"{split}{n}\t{n % 3}.mp4\tsatz {n}\t{n / 100}\n" for n in range(8)]
        (source / f"{split}.tsv").write_text("id\tvideo\ttext\tstart\n" + "".join(rows))


def archive(source: Path, request: pytest.FixtureRequest) -> None:
    """With a damaged image, so that clips are left out at every attempt."""
    made = phoenix14t(source / "made", request.getfixturevalue("shared"), clips=5, most_frames=60)
    next((made / ROOT / FRAMES / "train").rglob("images0005.png")).write_bytes(b"no image")
    packed(made, source / "phoenix-2014-T.v3.tar.gz")


def csl_daily(source: Path, _: pytest.FixtureRequest) -> None:
    splits = ("train", "dev", "test")
    clips = [Signed(f"S{n:06}_P000{n % 10}_T00", splits[n % 3], ["你", "好"], f"你好{n}！", 30) for n in range(1, 25)]
    write_release(source / "release", clips, [clip.name for clip in clips])


def gfslt(source: Path, request: pytest.FixtureRequest) -> None:
    videos(source, request)
    (source / "labels").mkdir()
    for split in ("train", "dev", "test"):
        names = [f"{split}/{split}{n}" for n in range(8)]
        rows = {name: {"name": name, "text": "satz", "video_path": f"{n % 3}.mp4"} for n, name in enumerate(names)}
        (source / "labels" / f"labels.{split}").write_bytes(gzip.compress(pickle.dumps(rows)))


def recipe(source: Path, _: pytest.FixtureRequest) -> None:
    (source / "recipe.yaml").write_text(RECIPE)


def annotated(source: Path, request: pytest.FixtureRequest) -> None:
    """Of six sentences a split, so that two of train are left to a language model."""
    phoenix14t(source / "made", request.getfixturevalue("shared"), clips=6, most_frames=30, list_all=False)
    (source / "recipe.yaml").write_text(SIGNED)


def texts(source: Path, _: pytest.FixtureRequest) -> None:
    """A corpus of tables alone."""
    (source / "corpus" / "train").mkdir(parents=True)
    info = CorpusInfo(name="words", language="de", frame_rate=25, size=64, licence="CC0-1.0")
    (source / "corpus" / "corpus.yaml").write_text(dump_yaml(info))
    with (source / "corpus" / "train" / "metadata.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        sentences = (" ".join(draw(number, "sentence").choices(WORDS, k=12)) for number in range(3000))
        table.writerows([f"{number}.mp4", sentence, "", "", 100] for number, sentence in enumerate(sentences))


def tagging(source: Path, corpus: Path) -> list[object]:
    shutil.copytree(source / "corpus", corpus, dirs_exist_ok=True)
    return ["glosses", corpus]


def importing(kind: str, release: str, *options: object) -> Callable[[Path, Path], list[object]]:
    return lambda source, corpus: ["prepare", kind, source / release, corpus, "--workers", 2, *options]


VICTIMS = {
    "prepare folder": Victim(videos, importing("folder", ".", "--language", "de", "--size", 128)),
    "prepare phoenix14t": Victim(
        archive,
        importing("phoenix14t", "phoenix-2014-T.v3.tar.gz", "--size", 128, "--allow-missing"),
        leaves_out=True,
    ),
    "prepare csl-daily": Victim(csl_daily, importing("csl-daily", "release", "--size", 64)),
    "prepare how2sign": Victim(
        lambda source, _: how2sign(source), importing("how2sign", ".", "--size", 64, "--allow-missing")
    ),
    "prepare gfslt": Victim(
        gfslt,
        lambda source, corpus: [
            *("prepare", "gfslt", source / "labels", source, corpus, "--language", "de", "--size", 128, "--workers", 2)
        ],
    ),
    "synth": Victim(recipe, lambda source, corpus: ["synth", source / "recipe.yaml", corpus, "--workers", 2]),
    "synth --annotations": Victim(
        annotated,
        lambda source, corpus: [
            *("synth", source / "recipe.yaml", corpus, "--annotations", source / "made", "--workers", 2)
        ],
    ),
    "glosses": Victim(texts, tagging, at_once=False),
}


FAST = ("prepare folder", "prepare phoenix14t", "synth", "glosses")
"""One of each way to write: the other importers write as `prepare folder` does."""


@dataclass
class Subject:
    """A victim with what it reads, what a run that nobody kills writes, and the seconds that the quickest one took."""

    name: str
    victim: Victim
    source: Path
    expected: dict[str, bytes]
    seconds: float

    def survives(self, folder: Path, moments: Sequence[float], first_with_workers: bool = True) -> int:
        """Attempts killed at these shares of the time, and one left alone, end as if nothing had been.

        Returns:
            How many were still running when their moment came.
        """
        corpus = folder / "corpus"
        words = self.victim.words(self.source, corpus)
        caught = 0
        for number, moment in enumerate(moments):
            with_workers, begun = first_with_workers == (number % 2 == 0), time.monotonic()
            in_time = killed(lambda: run(words, folder), moment * self.seconds, with_workers=with_workers)
            caught += in_time
            if number == 0 and not in_time:  # the machine was busier when the first run was timed
                self.seconds = min(self.seconds, time.monotonic() - begun)
            if self.victim.at_once:
                assert not corpus.exists() or contents(corpus) == self.expected, moments
        assert finished(words, folder) == self.expected, moments
        return caught


def run(
    words: Sequence[object], folder: Path, told: int = subprocess.DEVNULL, on_ctrl_c: signal.Handlers = signal.SIG_DFL
) -> subprocess.Popen[bytes]:
    """Starts a command, with a cache of its own beside ``folder``.

    Args:
        told: where its errors go.
        on_ctrl_c: what its shell would have set; these tests may themselves run in the background.
    """
    return subprocess.Popen(
        [sys.executable, "-m", "sign2gpt", *map(str, words)],
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=told,
        env=os.environ | {"SIGN2GPT_CACHE": str(folder.with_name(f"{folder.name}-cache"))},
        preexec_fn=lambda: signal.signal(signal.SIGINT, on_ctrl_c),
    )


def begun(
    words: Sequence[object], folder: Path, on_ctrl_c: signal.Handlers = signal.SIG_DFL
) -> subprocess.Popen[bytes]:
    """Starts a command that makes a corpus; its first clip is written."""
    started = run(words, folder, subprocess.PIPE, on_ctrl_c)
    wait_until(lambda: any(folder.glob(".corpus.building/clips/*-*.mp4")), started)
    return started


def finished(words: Sequence[object], folder: Path) -> dict[str, bytes]:
    assert run(words, folder).wait() == 0
    assert [path.name for path in folder.iterdir()] == ["corpus"]
    return contents(folder / "corpus")


@pytest.fixture(
    scope="module",
    params=[name if name in FAST else pytest.param(name, marks=pytest.mark.slow) for name in VICTIMS],
)
def subject(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Subject:
    victim, source = VICTIMS[request.param], tmp_path_factory.mktemp("source")
    victim.lay(source, request)
    folder = tmp_path_factory.mktemp("unharmed")
    words, begun = victim.words(source, folder / "corpus"), time.monotonic()
    expected = finished(words, folder)
    assert (b"left_out:\n- train/" in expected.get(INFO, b"")) == victim.leaves_out
    return Subject(request.param, victim, source, expected, time.monotonic() - begun)


def test_two_kills_on_the_way_change_nothing(subject: Subject, tmp_path: Path) -> None:
    moments = [draw(point, subject.name, "two").uniform(0.4, 0.75) for point in range(2)]
    assert any(subject.survives(tmp_path / f"{attempt}", moments) for attempt in range(3))


@pytest.mark.slow
def test_a_kill_at_any_point_changes_nothing(subject: Subject, tmp_path: Path) -> None:
    moments = [draw(point, subject.name, "any").uniform(0.1, 0.95) for point in range(POINTS)]
    caught = (subject.survives(tmp_path / f"{n}", [moment], n % 2 == 0) for n, moment in enumerate(moments))
    assert sum(caught) > 0.75 * POINTS


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds the workers in /proc")
@pytest.mark.parametrize("subject", ["prepare folder", "synth"], indirect=True)
def test_a_killed_worker_ends_the_command_in_a_line_and_the_next_one_goes_on(subject: Subject, tmp_path: Path) -> None:
    words = subject.victim.words(subject.source, tmp_path / "corpus")
    stopped = begun(words, tmp_path)
    os.kill(workers_of(stopped.pid)[0], signal.SIGKILL)
    told = stopped.communicate()[1].decode()
    assert stopped.returncode == 2
    assert re.search(
        r"error: a worker process \(working on (train|dev|test)\S*/.* was killed, .* fewer --workers\n$", told
    )
    assert "Traceback" not in told
    assert finished(words, tmp_path) == subject.expected


@pytest.mark.parametrize("subject", ["synth"], indirect=True)
def test_ctrl_c_ends_a_command_and_its_workers_in_a_line(subject: Subject, tmp_path: Path) -> None:
    stopped = begun(subject.victim.words(subject.source, tmp_path / "corpus"), tmp_path)
    os.killpg(stopped.pid, signal.SIGINT)
    told = stopped.communicate()[1].decode()
    assert stopped.returncode == 130, told
    assert told.endswith("\ninterrupted; run the same command to resume\n")
    assert "Traceback" not in told


@pytest.mark.parametrize("subject", ["synth"], indirect=True)
def test_a_command_in_the_background_and_its_workers_do_not_hear_ctrl_c(subject: Subject, tmp_path: Path) -> None:
    working = begun(subject.victim.words(subject.source, tmp_path / "corpus"), tmp_path, signal.SIG_IGN)
    os.killpg(working.pid, signal.SIGINT)
    told = working.communicate()[1].decode()
    assert working.returncode == 0, told
    assert contents(tmp_path / "corpus") == subject.expected


def test_what_a_killed_run_had_begun_is_cleared_away(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    texts(tmp_path / "source", request)
    words = tagging(tmp_path / "source", tmp_path / "out" / "corpus")
    expected = finished(words, tmp_path / "out")
    (tmp_path / "out" / "corpus" / ".pseudo_glosses-x.partial.json").write_text('{"half": ')
    assert finished(words, tmp_path / "out") == expected
