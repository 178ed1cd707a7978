"""Clips to try a run on: those of the demo, or of a run's own corpus as it is now, and none of anything else."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sign2gpt.app.limits import PageLimits
from sign2gpt.app.worker.service import Service
from sign2gpt.data.corpus import REMOVAL, Corpus
from sign2gpt.data.remove import choose, take_out
from sign2gpt.inference.examples import examples_of
from sign2gpt.model.runs.run import Run
from sign2gpt.model.runs.shipped import shipped_examples, shipped_run
from sign2gpt.systems import load_run
from sign2gpt.video.decode import probe


@pytest.fixture
def run(world: Path, tmp_path: Path) -> Run:
    """A run whose recipe names a corpus of its own."""
    shutil.copytree(world / "corpus", tmp_path / "corpus")
    loaded = load_run(world / "translate")
    return replace(loaded, recipe=loaded.recipe | {"data": {"corpus": str(tmp_path / "corpus")}})


def texts(run: Run) -> list[str]:
    return [example.text for example in examples_of(run)]


def test_the_demos_are_shown_larger_than_they_are_read() -> None:
    found = examples_of(load_run(shipped_run()))
    assert [example.path for example in found] == shipped_examples()
    assert [probe(example.path).width for example in found] == [64, 64, 64]
    assert [probe(example.shown).width for example in found] == [256, 256, 256]
    for example in found:
        assert probe(example.shown).duration_s == pytest.approx(probe(example.path).duration_s, abs=0.05)  # a frame


def test_a_run_of_ones_own_has_clips_of_its_dev_split(run: Run, tmp_path: Path) -> None:
    rows = Corpus.open(tmp_path / "corpus").rows("dev")
    assert [(str(example.path), example.text) for example in examples_of(run)] == [
        (str(row), row.text) for row in rows[:3]
    ]


def test_clips_that_were_removed_are_not_shown_and_none_are_during_a_removal(run: Run, tmp_path: Path) -> None:
    first, *others = Corpus.open(tmp_path / "corpus").rows("dev")
    take_out(tmp_path / "corpus", choose(Corpus.open(tmp_path / "corpus"), ids=[first.id], signers=[]))
    assert texts(run) == [row.text for row in others[:3]]
    (tmp_path / "corpus" / REMOVAL).write_text("{}")
    assert texts(run) == []


@pytest.mark.parametrize("place", ["", "/nowhere", "s3://bucket/corpus"])
def test_where_the_corpus_is_not_here_there_are_none(run: Run, place: str) -> None:
    assert texts(replace(run, recipe=run.recipe | {"data": {"corpus": place}})) == []


def test_another_corpus_in_its_place_has_none(run: Run) -> None:
    corpus: dict[str, Any] = run.info["corpus"] | {"made_from": "another"}
    assert texts(replace(run, about=replace(run.about, info=run.info | {"corpus": corpus}))) == []


def test_people_are_shown_to_nobody_else(world: Path) -> None:
    for public, count in ((False, 3), (True, 0)):
        service = Service([str(world / "translate")], PageLimits(), "cpu", public=public)
        service.close()
        assert len(service.examples) == count
        assert not service.about[0]["signs"]
