"""A corpus' card counts what its tables hold, repeats terms and notice, and is the hub's own way to load it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import yaml

from sign2gpt.common.cards import CARD, MARK, licence_keys
from sign2gpt.common.config import dump_yaml
from sign2gpt.data.card import write_corpus_card
from sign2gpt.data.corpus import Corpus, CorpusInfo
from sign2gpt.data.remove import choose, take_out
from sign2gpt.data.tables import INFO
from sign2gpt.data.writer import ClipSource, write_corpus

NOTICE = "invented signs | not a sign language"


def frames() -> list[np.ndarray]:
    return [np.zeros((32, 32, 3), np.uint8)] * 50


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    info = CorpusInfo(name="Small: one", language="zh-Hans", frame_rate=25, size=32, licence="CC0-1.0; ours")
    clips = [("train", "a", "雨"), ("train", "b", "雨"), ("dev", "c", "风"), ("test_unseen_signer", "d", "云")]
    sources = [ClipSource(split, name, text, frames, signer="Anna") for split, name, text in clips]
    write_corpus(tmp_path / "corpus", info, sources, workers=1)
    return tmp_path / "corpus"


def test_it_counts_and_repeats_terms(folder: Path) -> None:
    _, front, text = (folder / CARD).read_text(encoding="utf-8").split("---\n", 2)
    keys = yaml.safe_load(front)
    assert (keys["language"], keys["license"], keys["pretty_name"]) == (["zh-Hans"], "cc0-1.0", "Small: one")
    assert "| train | 2 | 0.00 | 1 | 1 | 0 |" in text
    assert "CC0-1.0; ours" in text
    assert "withdraw consent" in text


def test_it_follows_a_removal_and_leaves_a_persons_card_alone(folder: Path) -> None:
    take_out(folder, choose(Corpus.open(folder), ["a"], []))
    assert "| train | 1 | 0.00 | 1 | 1 | 0 |" in (folder / CARD).read_text(encoding="utf-8")
    (folder / CARD).write_text((folder / CARD).read_text(encoding="utf-8").replace(MARK, "ours"), encoding="utf-8")
    take_out(folder, choose(Corpus.open(folder), ["b"], []))
    assert "| train | 1 | 0.00 | 1 | 1 | 0 |" in (folder / CARD).read_text(encoding="utf-8")


def test_datasets_loads_each_split_by_it(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets")
    found = datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
    assert {split: len(rows) for split, rows in found.items()} == {"train": 2, "dev": 1, "test_unseen_signer": 1}


@pytest.mark.parametrize(
    ("terms", "keys"),
    [
        ("Apache-2.0; invented signs", {"license": "apache-2.0"}),
        ("CC BY-NC-SA 3.0", {"license": "cc-by-nc-sa-3.0"}),
        ("research only, by agreement", {"license": "other", "license_name": "research-only-by-agreement"}),
        ("", {"license": "other", "license_name": "unknown"}),
        ("Mitteilung", {"license": "other", "license_name": "mitteilung"}),
    ],
)
def test_terms_that_the_hub_knows_get_its_name(terms: str, keys: dict[str, str]) -> None:
    assert licence_keys(terms) == keys


def test_what_others_wrote_is_shown_as_text(folder: Path) -> None:
    hostile = "<img src=https://x.example/p.png> ![p](https://x.example/p.png) [here](javascript:alert(1))\n# Heading"
    info = Corpus.open(folder).info.model_copy(update=dict.fromkeys(("name", "licence", "notice"), hostile))
    (folder / INFO).write_text(dump_yaml(info.model_copy(update={"left_out": [hostile]})), encoding="utf-8")
    write_corpus_card(Corpus.open(folder))
    _, _, text = (folder / CARD).read_text(encoding="utf-8").split("---\n", 2)
    assert text.count("&lt;img") == 4
    assert "<img" not in text
    assert "![" not in text
    assert not re.search(r"(?<!\\)\]", text)
    assert "\n# Heading" not in text
