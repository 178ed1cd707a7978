"""Texts become ids as transformers makes them, with start, end and padding told by the language model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from families import write_bytes, write_family
from tokenizers import Tokenizer as Backend
from tokenizers import decoders, models, pre_tokenizers

from sign2gpt.common.errors import UserError
from sign2gpt.model.config import DecoderConfig
from sign2gpt.model.language.tokenizer import IGNORED, Tokenizer


@pytest.fixture
def pieces(language_model: Path, tmp_path: Path) -> Path:
    """A folder with a tokenizer of pieces, as XGLM's, that lacks most characters."""
    folder = tmp_path / "pieces"
    folder.mkdir()
    known = ["<s>", "<pad>", "</s>", "<unk>", "▁", "a", "b", "c", "▁a", "bc"]
    backend = Backend(models.Unigram([(piece, -float(place)) for place, piece in enumerate(known)], unk_id=3))
    backend.pre_tokenizer = pre_tokenizers.Metaspace()  # type: ignore[assignment]
    backend.decoder = decoders.Metaspace()  # type: ignore[assignment]
    backend.add_special_tokens(known[:4])
    backend.save(str(folder / "tokenizer.json"))
    (folder / "config.json").write_text((language_model / "config.json").read_text())
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False})
    )
    return folder


def test_input_starts_and_labels_end(language_model: Path):
    tokenizer = Tokenizer.open(language_model)
    input_ids, labels = tokenizer.encode(["a b c", "h"])
    assert input_ids.tolist() == [[2, 4, 5, 6], [2, 11, 1, 1]]
    assert labels.tolist() == [[4, 5, 6, 2], [11, 2, IGNORED, IGNORED]]
    assert input_ids.dtype == labels.dtype == torch.int64


def test_start_and_end_are_keys_of_their_own_and_zero_is_an_id(language_model: Path):
    tokenizer = Tokenizer.open(language_model, DecoderConfig(start_id=0, end_id=1))
    input_ids, labels = tokenizer.encode(["a"])
    assert (input_ids.tolist(), labels.tolist()) == ([[0, 4]], [[4, 1]])


def test_a_long_text_is_cut_and_still_ends(language_model: Path):
    tokenizer = Tokenizer.open(language_model, DecoderConfig(max_ids=4))
    input_ids, labels = tokenizer.encode(["a b c d e f"])
    assert (input_ids.tolist(), labels.tolist()) == ([[2, 4, 5, 6]], [[4, 5, 6, 2]])


def test_an_empty_text_is_start_and_end(language_model: Path):
    input_ids, labels = Tokenizer.open(language_model).encode([""])
    assert (input_ids.tolist(), labels.tolist()) == ([[2]], [[2]])


def test_it_agrees_with_transformers(pieces: Path):
    from transformers import AutoTokenizer

    ours, theirs = Tokenizer.open(pieces), AutoTokenizer.from_pretrained(pieces)
    for text in ("abc a", "a bc cb", " b  a"):
        ids = theirs(text, add_special_tokens=False)["input_ids"]
        assert ours.encode([text])[0][0, 1:].tolist() == ids
        assert ours.decode(ids) == theirs.decode(ids, skip_special_tokens=True)


def test_missing_characters_get_ids_after_the_language_models_rows(pieces: Path, tmp_path: Path):
    tokenizer = Tokenizer.open(pieces)
    texts = ["a 雨 b", "雪雨"]
    assert tokenizer.add_missing(texts) == ["雨", "雪"]
    assert tokenizer.new_tokens == 2
    assert tokenizer.missing(texts) == []
    input_ids, _ = tokenizer.encode(["雪雨"])
    assert input_ids[0][input_ids[0] >= tokenizer.sizes.vocabulary].tolist() == [20, 19]
    tokenizer.save(tmp_path / "saved")
    again = Tokenizer.open(tmp_path / "saved")
    assert again.new_tokens == 2
    assert torch.equal(again.encode(texts)[0], tokenizer.encode(texts)[0])
    assert "雨" in again.decode(again.encode(["a 雨 b"])[0][0].tolist())


def test_adding_twice_adds_once(pieces: Path):
    tokenizer = Tokenizer.open(pieces)
    tokenizer.add_missing(["雨"])
    assert tokenizer.add_missing(["雨"]) == []
    assert tokenizer.new_tokens == 1


def test_a_tokenizer_of_words_takes_no_characters(language_model: Path):
    assert Tokenizer.open(language_model).add_missing(["a unseen"]) == []


def test_a_language_model_without_an_end_is_refused(language_model: Path):
    config = json.loads((language_model / "config.json").read_text())
    del config["eos_token_id"]
    (language_model / "config.json").write_text(json.dumps(config))
    with pytest.raises(UserError, match="eos_token_id"):
        Tokenizer.open(language_model)


@pytest.mark.parametrize("content", ["{}", "[]", "no json"])
def test_what_is_no_tokenizer_is_told(language_model: Path, content: str):
    (language_model / "tokenizer.json").write_text(content)
    with pytest.raises(UserError, match=r"tokenizer\.json"):
        Tokenizer.open(language_model)


@pytest.mark.parametrize("older", [False, True])
def test_a_tokenizer_of_bytes_gives_every_text_back(older: bool, tmp_path: Path):
    text = "Am Tag 12°, im Süden 你好."
    known = write_bytes(tmp_path, [text])
    write_family(tmp_path, "opt", vocab_size=known)
    if older:  # as OPT's are published
        model = json.loads((tmp_path / "tokenizer.json").read_text())["model"]
        (tmp_path / "vocab.json").write_text(json.dumps(model["vocab"]))
        (tmp_path / "merges.txt").write_text(
            "\n".join(["#version: 0.2", *(" ".join(pair) for pair in model["merges"])])
        )
        (tmp_path / "tokenizer.json").unlink()
    tokenizer = Tokenizer.open(tmp_path)
    inputs, labels = tokenizer.encode([text])
    assert (tokenizer.start_id, tokenizer.end_id) == (inputs[0, 0], labels[0, -1]) == (0, 2)
    assert tokenizer.decode(labels[0, :-1].tolist()) == text
    assert tokenizer.add_missing([text]) == []


def test_words_know_the_places_of_their_ids(pieces: Path):
    tokenizer = Tokenizer.open(pieces)
    assert tokenizer.words("abc a") == [("abc", [0, 1]), ("a", [2])]
    assert tokenizer.words("") == []


def test_without_blanks_each_id_is_a_word(tmp_path: Path):
    vocabulary = {"<s>": 0, "<pad>": 1, "</s>": 2, "明天": 3, "雨": 4}
    backend = Backend(models.Unigram([(piece, -1.0) for piece in vocabulary], unk_id=0))
    backend.save(str(tmp_path / "tokenizer.json"))
    sizes = {"model_type": "xglm", "vocab_size": 5, "d_model": 8, "ffn_dim": 8, "num_layers": 1, "attention_heads": 1}
    ids = {"pad_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 2}
    (tmp_path / "config.json").write_text(json.dumps(sizes | ids))
    assert Tokenizer.open(tmp_path).words("明天雨") == [("明天", [0]), ("雨", [1])]
