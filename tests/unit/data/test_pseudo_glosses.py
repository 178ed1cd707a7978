"""Pseudo-glosses: what becomes a target, the file they are kept in, and the same result in every process."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sign2gpt.common.errors import UserError
from sign2gpt.data.config import DataConfig
from sign2gpt.data.glosses.pseudo_glosses import FILE, PseudoGlosses, from_sentences
from sign2gpt.data.glosses.taggers import open_tagger

SENTENCES = {
    "train": [
        ("t1", "morgen regen im norden"),
        ("t2", "morgen regen im norden"),
        ("t3", "heute sonne im süden und sonne im westen"),
        ("t4", "heute wind im norden"),
        ("t5", "es regnet"),
    ],
    "dev": [("d1", "am abend sonne im norden"), ("d2", "nebel")],
}
WORDS = open_tagger("words", "de")


@pytest.fixture(scope="module")
def made() -> PseudoGlosses:
    return from_sentences(SENTENCES, open_tagger("hanta", "de"), DataConfig(max_share=0.6))


def test_the_vocabulary_is_of_train_alone_and_in_a_stable_order(made: PseudoGlosses) -> None:
    assert made.vocabulary == ["heute", "morgen", "regen", "es", "regnen", "sonne", "süden", "westen", "wind"]
    assert "abend" not in made.vocabulary
    assert made.splits == ["train"]


def test_counts_are_of_sentences(made: PseudoGlosses) -> None:
    assert made.counts["sonne"] == 1, "twice in one sentence is one sentence"
    assert made.counts["regen"] == 2, "the same text of two clips counts twice"


def test_what_reaches_max_share_is_no_target_but_told(made: PseudoGlosses) -> None:
    assert made.too_frequent == {"norden": 3}, "3 of 5 is the share itself"
    assert "norden" not in made.vocabulary
    assert made.clips["t4"] == ["heute", "wind", "norden"]


def test_clips_keep_spoken_order_and_repetitions(made: PseudoGlosses) -> None:
    assert made.clips["t3"] == ["heute", "sonne", "süden", "sonne", "westen"]


def test_targets_are_what_a_vocabulary_holds_each_once(made: PseudoGlosses) -> None:
    targets = made.targets(made.vocabulary)
    assert targets["t3"] == ["heute", "sonne", "süden", "westen"]
    assert targets["d1"] == ["sonne"]
    assert targets["d2"] == []
    assert made.without_target == 1
    assert made.targets(["norden", "wind"])["t4"] == ["wind", "norden"], "another corpus' vocabulary"


def test_other_splits_enter_the_vocabulary_when_asked() -> None:
    config = DataConfig(vocabulary_splits=["train", "dev"])
    assert "nebel" in from_sentences(SENTENCES, WORDS, config).vocabulary


def test_what_was_dropped_is_counted_by_part_of_speech(made: PseudoGlosses) -> None:
    dropped = {name: part for name, part in made.parts_of_speech.items() if not part.kept}
    assert dropped["ADP"].frequent == ["in"]
    assert dropped["CCONJ"].words == 1


def test_a_file_gives_back_what_was_saved(made: PseudoGlosses, tmp_path: Path) -> None:
    made.save(tmp_path)
    assert PseudoGlosses.open(tmp_path) == made
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "no such file; make it with `sign2gpt glosses"),
        ("{", "not valid JSON"),
        ("[]", "not a file of pseudo-glosses"),
        ('{"format": 2}', "format 2 is newer than 1"),
        ('{"format": 1, "tagger": "words"}', "problems"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_words(tmp_path: Path, content: str | None, told: str) -> None:
    if content is not None:
        (tmp_path / FILE).write_text(content)
    with pytest.raises(UserError, match=told):
        PseudoGlosses.open(tmp_path)


def test_mistakes_are_told() -> None:
    with pytest.raises(UserError, match=r"no split trian .did you mean 'train'"):
        from_sentences(SENTENCES, WORDS, DataConfig(vocabulary_splits=["trian"]))
    with pytest.raises(UserError, match="no pseudo-glosses in 1 sentences"):
        from_sentences({"train": [("a", "regen")]}, WORDS, DataConfig())
    with pytest.raises(UserError, match="test/t1: another clip has the same name"):
        from_sentences({**SENTENCES, "test": [("t1", "schnee")]}, WORDS, DataConfig())


TEXTS = st.lists(st.text(alphabet="ab .", max_size=12), min_size=1, max_size=12)


@given(TEXTS, st.floats(0.1, 1.0))
def test_every_kept_word_is_a_target_or_too_frequent(texts: list[str], share: float) -> None:
    rows = [(str(number), text) for number, text in enumerate(texts)]
    try:
        made = from_sentences({"train": rows}, WORDS, DataConfig(max_share=share))
    except UserError:
        return
    found = {word for clip in made.clips.values() for word in clip}
    assert found == {*made.vocabulary, *made.too_frequent}
    assert all(count < share * len(rows) for count in made.counts.values())
    for clip, held in made.targets(made.vocabulary).items():
        assert len(held) == len(set(held))
        assert set(held) == set(made.clips[clip]) & set(made.counts)


def test_the_same_bytes_with_any_hash_seed(tmp_path: Path) -> None:
    code = (
        "import json, sys; from pathlib import Path\n"
        "from sign2gpt.data.config import DataConfig\n"
        "from sign2gpt.data.glosses.pseudo_glosses import from_sentences\n"
        "from sign2gpt.data.glosses.taggers import open_tagger\n"
        "texts = ['am montag viel regen und schnee im norden', 'heute sonne im süden', 'zum abend hin klart es auf']\n"
        "rows = [(str(n), text) for n, text in enumerate(texts)]\n"
        "from_sentences({'train': rows}, open_tagger('hanta', 'de'), DataConfig()).save(Path(sys.argv[1]))\n"
    )
    written = []
    for seed in ("1", "2"):
        folder = tmp_path / seed
        subprocess.run(
            [sys.executable, "-c", code, str(folder)], env={**os.environ, "PYTHONHASHSEED": seed}, check=True
        )
        written.append((folder / FILE).read_bytes())
    assert written[0] == written[1]


def test_vocabularies_of_phoenix14t(shared: Path) -> None:
    path = shared / "corpora/PHOENIX-2014-T/PHOENIX-2014-T.train.corpus.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = [(row["name"], row["translation"]) for row in _table(file)]
    words = from_sentences({"train": rows}, WORDS, DataConfig())
    assert len(words.vocabulary) + len(words.too_frequent) == 2887, "the paper's count of words"
    assert list(words.too_frequent) == ["und"]


def test_hanta_tags_real_weather_reports(shared: Path) -> None:
    path = shared / "corpora/PHOENIX-2014-T/PHOENIX-2014-T.dev.corpus.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = [(row["name"], row["translation"]) for row in _table(file)]
    made = from_sentences({"train": rows}, open_tagger("hanta", "de"), DataConfig())
    assert len(made.vocabulary) == 709
    assert made.vocabulary[:5] == ["es", "auch", "morgen", "grad", "nacht"]
    assert made.without_target == 0


def _table(file: object) -> csv.DictReader:
    return csv.DictReader(file, delimiter="|", quoting=csv.QUOTE_NONE)  # type: ignore[arg-type]


def test_the_command_writes_the_file_and_prints_json(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    (corpus / "train").mkdir(parents=True)
    (corpus / "corpus.yaml").write_text("{name: c, language: de, frame_rate: 25, size: 64, licence: CC0-1.0}\n")
    lines = ["file_name,text,num_frames", "a.mp4,heute sonne im süden,3", "b.mp4,regen,3", "c.mp4,und nebel,3"]
    (corpus / "train/metadata.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    code = "from sign2gpt.cli.glosses import glosses\nfrom pathlib import Path\nimport sys\n"
    run = subprocess.run(
        [sys.executable, "-c", f"{code}glosses(Path(sys.argv[1]), as_json=True)", str(corpus)],
        check=True,
        capture_output=True,
        text=True,
    )
    printed = json.loads(run.stdout)
    assert printed["vocabulary"] == ["heute", "nebel", "regen", "sonne", "süden"]
    assert PseudoGlosses.open(corpus).tagger == "hanta"
