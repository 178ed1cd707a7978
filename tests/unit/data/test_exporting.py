"""multimodalhugs' tables, read back as its own loader reads them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas
import pytest

from sign2gpt.cli.corpus import export
from sign2gpt.data.corpus import CorpusInfo
from sign2gpt.data.writer import ClipSource, write_corpus

TEXTS = ['er sagt "ja", grüßt', "你好！", "=1+1", "zwei  teile"]


def frames() -> list[np.ndarray]:
    return [np.zeros((32, 32, 3), np.uint8)] * 3


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    info = CorpusInfo(name="mine", language="de", frame_rate=25, size=32, licence="CC0-1.0")
    sources = [ClipSource("train", f"clip{n}", text, frames) for n, text in enumerate(TEXTS)]
    write_corpus(tmp_path / "corpus", info, [*sources, ClipSource("dev", "other", "drei", frames)], workers=1)
    return tmp_path / "corpus"


def test_each_split_is_a_table_that_names_its_clips(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    export(Path("corpus"), Path("out"), encoder_prompt="__dgs__", decoder_prompt="__de__")
    assert capsys.readouterr().out.split() == ["out/train.tsv", "out/dev.tsv"]
    table = pandas.read_csv("out/train.tsv", sep="\t")
    columns = ["signal", "signal_start", "signal_end", "encoder_prompt", "decoder_prompt", "output"]
    assert list(table.columns) == columns
    assert list(table["output"]) == TEXTS
    assert list(table["signal"]) == [str(corpus / f"train/clip{n}.mp4") for n in range(4)]
    assert all(Path(signal).is_file() for signal in table["signal"])
    assert set(table["signal_start"]) == set(table["signal_end"]) == {0}
    assert (set(table["encoder_prompt"]), set(table["decoder_prompt"])) == ({"__dgs__"}, {"__de__"})
