"""Python in README and docs runs as it stands there, in a folder in which what it names is there."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fences import Block, blocks

from sign2gpt import Translator
from sign2gpt.common.measures import NAMES
from sign2gpt.data.corpus import CorpusInfo
from sign2gpt.data.writer import ClipSource, write_corpus
from sign2gpt.inference.bulk.outputs import Features
from sign2gpt.inference.bulk.runner import BulkJob, make_files
from sign2gpt.inference.translator import shipped_examples
from sign2gpt.metrics.measures import MEASURES

ELSEWHERE = {
    "OWNER/NAME": "a hub: tests/e2e/test_hub.py",
    "gradio_client": "a server: tests/e2e/test_page.py",
    "WordsSystem": "a copy of the package: tests/e2e/test_own_system.py",
    "class Words(": "the same",
    "class WordsTask(": "the same",
}
"""What blocks name that do not run here, and what they need."""
RUN = [block for block in blocks("python", "py") if not any(name in block.text for name in ELSEWHERE)]


@pytest.fixture(autouse=True)
def measures() -> Iterator[None]:
    """Removes the measures that a page adds, so that no other test sees them."""
    before = set(MEASURES)
    yield
    for added in MEASURES.keys() - before:
        del MEASURES[added], NAMES[added]


@pytest.mark.parametrize("block", RUN, ids=lambda block: block.page)
def test_it_runs(block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for name in ("clip.mp4", "lecture.mp4"):
        shutil.copy(shipped_examples()[0], name)
    Path("test.json").write_text(json.dumps({"sentences": [{"hypothesis": "regen", "reference": "regen"}]}))
    if "load_dataset" in block.text:
        pytest.importorskip("datasets")
        monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
        write_mycorpus()
    names: dict[str, Any] = {"__name__": "__main__"}
    if block.language == "py":  # goes on where a page began
        names |= {
            "translator": Translator.from_pretrained("demo", "cpu"),
            "camera": np.zeros((40, 64, 64, 3), np.uint8),
        }
        write_features()
    exec(compile(block.text, block.page, "exec"), names)


def write_features() -> None:
    videos = {"train/clip.mp4": Path("clip.mp4")}
    make_files(BulkJob("demo", "cpu", Features(), Path("features")), videos, workers=1)


def write_mycorpus() -> None:
    info = CorpusInfo(name="mine", language="de", frame_rate=25, size=32, licence="CC0-1.0")
    clips = [ClipSource(split, split, "hallo", lambda: [np.zeros((32, 32, 3), np.uint8)]) for split in ("train", "dev")]
    write_corpus(Path("mycorpus"), info, clips, workers=1)
