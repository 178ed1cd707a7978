"""Whatever bytes a parser is given, arbitrary ones or those of mutated files, it reads them or tells why not."""

from __future__ import annotations

import io
import json
import pickle
import struct
import tarfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
import torch
from damage.cases import cut, flipped, noise, shuffled
from damage.whole import record
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save

from sign2gpt.common.errors import Problems, UserError
from sign2gpt.common.files import read_json, read_lines
from sign2gpt.common.plain_yaml import parse
from sign2gpt.data.corpus import Corpus
from sign2gpt.data.glosses.fasttext import read_bin, read_vec, width
from sign2gpt.data.importers.archive import members
from sign2gpt.data.importers.csl_daily import read_labels
from sign2gpt.data.importers.folder_tables import read_tables
from sign2gpt.evaluation.record import Record
from sign2gpt.model.runs.run import read_about
from sign2gpt.model.weights import read_tensors
from sign2gpt.recipe import load

TAGGED = [f"!!{tag} 'x'" for tag in ("bool", "int", "float", "timestamp", "binary", "set", "omap", "pairs", "null")]
WORDS = ["rot", "blau", "grün"]
INFO = b"format: 1\nname: tiny\nlanguage: de\nframe_rate: 25\nsize: 32\nlicence: CC0\n"
VEC = b"2 3\nrot 1 2 3\nblau 1 2 3\n"
LABEL = {"name": "S000001_P0001_T00", "length": 3, "label_gloss": ["你"], "label_char": ["你", "好"]}
ABOUT = {"format": 1, "system": "sign2gpt", "stage": "translate", "version": "0.1.0", "glosses": ["rot"], "info": {}}
ABOUT |= {"references": {"backbone": {"name": "timm/x", "sha256": "00"}}}
BIN = (
    struct.pack("<14id3i2q", 793_712_314, 12, 3, *[1] * 7, 2, 3, 6, 1, 1e-4, 2, 2, 0, 9, 0)
    + b"rot\0"
    + bytes(9)
    + b"blau\0"
    + bytes(9)
    + struct.pack("<?2q", False, 4, 3)
    + struct.pack("<12f", *range(12))
)


def tar(name: str, content: bytes) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as packed:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        packed.addfile(info, io.BytesIO(content))
    return held.getvalue()


def read_corpus(path: Path) -> object:
    """The table at ``path`` as that of a corpus' split."""
    (path.parent / "corpus.yaml").write_bytes(INFO)
    (path.parent / "train").mkdir(exist_ok=True)
    path.replace(path.parent / "train" / "metadata.csv")
    return Corpus.open(path.parent).rows("train")


def read_info(path: Path) -> object:
    (path.parent / "train").mkdir(exist_ok=True)
    (path.parent / "train" / "metadata.csv").write_text("file_name,text,num_frames\n")
    return Corpus.open(path.parent)


def read_source(path: Path) -> object:
    for split in ("dev", "test"):
        (path.parent / f"{split}.tsv").write_text(f"id\tvideo\ttext\n{split}\tb.mp4\tc\n")
    problems = Problems("source")
    read_tables(path.parent, problems)
    problems.raise_if_any()
    return None


READERS: dict[str, tuple[Callable[[Path], object], bytes]] = {
    "metadata.csv": (read_corpus, b"file_name,text,signer,glosses,num_frames\na.mp4,\"am, montag\",S,A B,5\n"),
    "corpus.yaml": (read_info, INFO),
    "train.tsv": (read_source, "id\tvideo\ttext\tstart\tcrop\na\tb.mp4\tgrüßt\t0.5\t1,2,30,40\n".encode()),
    "train.csv": (read_source, 'id;video;text;start\na;b.mp4;"grüßt; ""ja""";0.5\n'.encode()),
    "recipe.yaml": (lambda path: load(str(path)), b"name: mine\nmodel: {window: 9}\ntrain: {epochs: 3, rate: 1e-3}\n"),
    "labels.pkl": (read_labels, pickle.dumps({"info": [LABEL]})),
    "x.tar": (lambda path: [member.content(1000) for member in members(path)], tar("a/one.txt", b"one")),
    "model.safetensors": (read_tensors, save({"a": torch.ones(2, 3), "b": torch.zeros(4)})),
    "words.vec": (lambda path: (width(path), read_vec(path, WORDS)), VEC),
    "words.bin": (lambda path: (width(path), read_bin(path, WORDS)), BIN),
    "run.json": (lambda path: read_about(path.parent), json.dumps(ABOUT).encode()),
    "record.json": (Record.read, json.dumps(record()).encode()),
    "lines.txt": (read_lines, "am montag\nim süden\n".encode()),
    "odd.json": (read_json, b'{"a": [1, 2.5, "\\ud83d\\ude00", null]}'),
}  # fmt: skip


def told(name: str, folder: Path, content: bytes) -> str | None:
    """Why the reader of ``name`` refuses ``content``, if it does; whatever else it raises fails the test."""
    path = folder / name
    path.write_bytes(content)
    try:
        READERS[name][0](path)
    except UserError as error:
        return str(error)
    return None


@pytest.mark.parametrize("name", READERS)
def test_whole_files_are_read(name: str, tmp_path: Path) -> None:
    assert told(name, tmp_path, READERS[name][1]) is None


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_bytes_are_read_or_refused(name: str, tmp_path: Path, data: st.DataObject) -> None:
    whole = READERS[name][1]
    mutations = st.sampled_from([cut, flipped, shuffled, noise])
    seeds = st.integers(0, 2**32)
    mutated = st.builds(lambda change, seed: change(whole, Random(seed)), mutations, seeds)
    spliced = st.builds(
        lambda at, more: whole[:at] + more + whole[at:], st.integers(0, len(whole)), st.binary(max_size=20)
    )
    told(name, tmp_path, data.draw(st.binary(max_size=300) | mutated | spliced))


@settings(max_examples=200)
@given(text=st.text("{}[]&*a: -\n\"'!?|<>.,0123456789#%@=~", max_size=60) | st.text(max_size=40))
def test_any_text_is_yaml_or_is_refused(text: str) -> None:
    with suppress(ValueError):
        parse(text)


@pytest.mark.parametrize("form", ["{}", "a: {}", "? {}\n: 1", "- {}", "<<: {}"])
def test_what_yaml_has_beyond_plain_values_is_read_or_refused(form: str) -> None:
    for scalar in (*TAGGED, "2024-13-45", "0001-01-01T00:00:00+23:59", "=", "<<"):
        with suppress(ValueError):
            parse(form.format(scalar))
