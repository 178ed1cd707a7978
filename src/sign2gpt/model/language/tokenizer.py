"""Text to ids and back, with the language model's own tokenizer."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import AddedToken
from tokenizers import Tokenizer as Backend
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from sign2gpt.common.checksums import check_sums
from sign2gpt.common.errors import UserError
from sign2gpt.common.files import open_file, read_json, write_json, write_text
from sign2gpt.common.text import UNSPACED
from sign2gpt.model.config import DecoderConfig
from sign2gpt.model.language.causal_lm import plain_values
from sign2gpt.model.language.language_model import Sizes, find, sizes_of

IGNORED = -100  # labels of padding, which no loss counts
BACKEND, SIZES = "tokenizer.json", "config.json"
OLDER = ("sentencepiece.bpe.model", "tokenizer.model", "vocab.json")
OLDER_BESIDE = ("merges.txt", "added_tokens.json", "vocab.txt")
BESIDE = ("tokenizer_config.json", "special_tokens_map.json")
FILES = (SIZES, BACKEND, *BESIDE)
"""What `Tokenizer.save` writes."""
LARGEST = 128 << 20
"""Bytes of a tokenizer's file: those of 256,000 words have 17 to 35 million."""


class Tokenizer:
    """Texts as the decoder reads and writes them: input starts with ``start_id``, labels end with ``end_id``.

    Args:
        sizes: of the language model, whose rows come first; new tokens take the ids after them.
        max_ids: the longest text in ids, the start counted; longer ones are cut.
        folder: where it was read.
    """

    def __init__(
        self, backend: Backend, sizes: Sizes, *, start_id: int, end_id: int, max_ids: int, folder: Path
    ) -> None:
        self.backend, self.sizes, self.folder = backend, sizes, folder
        self.start_id, self.end_id, self.max_ids = start_id, end_id, max_ids

    @classmethod
    def open(cls, name: str | Path, config: DecoderConfig | None = None) -> Tokenizer:
        """Reads the tokenizer beside a language model, in a folder or under a hub name.

        Raises:
            UserError: there is none, or the language model's ``config.json`` does not tell its ids.
        """
        config = config or DecoderConfig()
        folder = find(str(name), weights=False)
        check_sums(folder, (SIZES, BACKEND, *OLDER, *BESIDE))
        sizes = sizes_of(read_json(folder / SIZES), str(folder / SIZES))
        start_id, end_id = config.text_ids(sizes.start_id, sizes.end_id)
        backend = _read(folder)
        backend.no_padding()
        backend.no_truncation()
        return cls(backend, sizes, start_id=start_id, end_id=end_id, max_ids=config.max_ids, folder=folder)

    @property
    def new_tokens(self) -> int:
        """Tokens after the language model's own rows."""
        return max(0, self.backend.get_vocab_size() - self.sizes.vocabulary)

    def encode(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Input ids and labels, both int64 (B, L): labels are the inputs' next ids, `IGNORED` behind the end."""
        ids = [
            found.ids[: self.max_ids - 1] for found in self.backend.encode_batch(list(texts), add_special_tokens=False)
        ]
        inputs = [torch.tensor([self.start_id, *text]) for text in ids]
        labels = [torch.tensor([*text, self.end_id]) for text in ids]
        return (
            pad_sequence(inputs, batch_first=True, padding_value=self.sizes.pad_id),
            pad_sequence(labels, batch_first=True, padding_value=IGNORED),
        )

    def words(self, text: str) -> list[tuple[str, list[int]]]:
        """The words of a text, each with the places of its ids among those that `encode` makes of it.

        Where a script has no blanks, each id is a word.
        """
        spans = self.backend.encode(text, add_special_tokens=False).offsets[: self.max_ids - 1]
        if UNSPACED.search(text):
            return [(text[start:end], [place]) for place, (start, end) in enumerate(spans)]
        places: dict[int, list[int]] = defaultdict(list)
        for place, (_, end) in enumerate(spans):
            places[max(len(text[:end].split()) - 1, 0)].append(place)
        return [(text.split()[number], several) for number, several in places.items()]

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids, special tokens left out."""
        return self.backend.decode(list(ids), skip_special_tokens=True)

    def missing(self, texts: Iterable[str]) -> list[str]:
        """Characters of ``texts`` that come out as unknown, in order of their code points.

        A tokenizer of whole words knows no characters; its unknown words stay unknown.
        """
        model = json.loads(self.backend.to_str())["model"]
        unknown = model.get("unk_id")
        if unknown is None and model.get("unk_token") is not None:
            unknown = self.backend.token_to_id(model["unk_token"])
        if unknown is None or model["type"] == "WordLevel":
            return []
        characters = sorted({character for text in texts for character in text if not character.isspace()})
        return [c for c in characters if unknown in self.backend.encode(c, add_special_tokens=False).ids]

    def add_missing(self, texts: Iterable[str]) -> list[str]:
        """Gives each character that is missing in ``texts`` an id after the language model's rows; returns them."""
        missing = self.missing(texts)
        if missing:
            known = self.backend.get_vocab_size()
            self.backend.add_special_tokens([f"<unused{i}>" for i in range(known, self.sizes.vocabulary)])
            self.backend.add_tokens([AddedToken(character, normalized=False) for character in missing])
        return missing

    def save(self, folder: Path) -> None:
        """Writes the tokenizer with the language model's ``config.json``: `open` and transformers read it back."""
        write_text(folder / BACKEND, self.backend.to_str(pretty=True))
        write_json(folder / SIZES, self.sizes.to_config())
        for name in BESIDE:
            if (self.folder / name).exists() and self.folder != folder:
                write_json(folder / name, plain_values(_mapping(self.folder / name)))


def _read(folder: Path) -> Backend:
    """``tokenizer.json``, or what transformers makes of an older form."""
    path = folder / BACKEND
    if path.exists():
        read_json(path, most=LARGEST)
        try:
            return Backend.from_file(str(path))
        except Exception as error:  # the library raises nothing narrower
            raise UserError(f"{path}: is no tokenizer ({error})") from None
    older = next((folder / name for name in OLDER if (folder / name).exists()), None)
    if older is None:
        raise UserError(f"{folder}: holds no tokenizer, neither {BACKEND} nor {', '.join(OLDER)}")
    with tempfile.TemporaryDirectory(prefix="sign2gpt-") as held:
        _copy_older(folder, Path(held))
        return _converted(Path(held), older)


def _copy_older(folder: Path, to: Path) -> None:
    """The files of an older form, without what their configs say of code and of other files."""
    for name in (*OLDER, *OLDER_BESIDE):
        if (folder / name).exists():
            with open_file(folder / name, LARGEST) as file, (to / name).open("wb") as copy:
                shutil.copyfileobj(file, copy)
    for name in (SIZES, *BESIDE):
        if (folder / name).exists():
            stored = plain_values(_mapping(folder / name))
            write_json(to / name, {key: value for key, value in stored.items() if not key.endswith("_file")})


def _converted(folder: Path, older: Path) -> Backend:
    """What transformers makes of an older form."""
    from transformers import AutoTokenizer

    try:
        found = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
        return found.backend_tokenizer
    except Exception as error:  # a damaged file ends in whatever its reader stumbles over
        why = " ".join(str(error).split())[:200] or type(error).__name__
        raise UserError(f"{older}: cannot be read as a tokenizer ({why})") from None


def _mapping(path: Path) -> dict[str, Any]:
    found = read_json(path)
    if not isinstance(found, dict):
        raise UserError(f"{path}: must hold keys with values, holds {type(found).__name__}")
    return found
