"""The frozen language model as transformers stores it: where it is, how large it is, its weights."""

from __future__ import annotations

import reprlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from sign2gpt.common.checksums import check_sums
from sign2gpt.common.errors import Problems, UserError
from sign2gpt.common.files import read_json
from sign2gpt.common.hugging_face import download
from sign2gpt.model.language.causal_lm import CausalLMSizes
from sign2gpt.model.weights import read_tensors

WHAT = "language model"
SMALL_FILES = ["config.json", "tokenizer*", "sentencepiece*", "vocab.json", "merges.txt", "special_tokens_map.json"]

REQUIRED = {"vocab_size": "vocabulary", "d_model": "width", "ffn_dim": "mlp", "num_layers": "layers"} | {
    "attention_heads": "heads",
    "pad_token_id": "pad_id",
    "eos_token_id": "end_id",
}
OPTIONAL = {name: name for name in ("dropout", "attention_dropout", "activation_dropout")}
LARGEST = 1 << 20
"""Over every size and id of a language model; the largest XGLM has 256,008 words."""
MOST_LAYERS = 1 << 10
EXPECTED = {"activation_function": "gelu", "scale_embedding": True, "add_cross_attention": False, "layerdrop": 0}


@dataclass(frozen=True)
class LanguageModelSizes:
    """An XGLM's sizes and ids, as its ``config.json`` tells them."""

    vocabulary: int
    width: int
    mlp: int
    layers: int
    heads: int
    pad_id: int
    end_id: int
    dropout: float = 0.1
    attention_dropout: float = 0.1
    activation_dropout: float = 0.0

    @classmethod
    def from_config(cls, config: dict[str, Any], where: str) -> LanguageModelSizes:
        """Reads the keys of transformers' ``XGLMConfig``.

        Raises:
            UserError: a size or id is missing or another than XGLM's; all problems at once.
        """
        problems = Problems(where)
        for key in REQUIRED:
            most = MOST_LAYERS if key == "num_layers" else LARGEST
            if type(config.get(key)) is not int or not 0 <= config[key] < most:
                problems.add(f"{key} must be one whole number, it is {reprlib.repr(config.get(key))}")
        for key in OPTIONAL:
            if not (isinstance(config.get(key, 0.0), float | int) and 0 <= config.get(key, 0.0) < 1):
                problems.add(f"{key} must be a share from 0 to 1, it is {reprlib.repr(config[key])}")
        for key, value in EXPECTED.items():
            if config.get(key, value) != value:
                problems.add(f"{key} is {reprlib.repr(config[key])}; XGLM has {value!r}")
        problems.raise_if_any()
        known = REQUIRED | {key: name for key, name in OPTIONAL.items() if key in config}
        return cls(**{name: config[key] for key, name in known.items()})

    @property
    def start_id(self) -> int:
        """XGLM's texts start with what ends them."""
        return self.end_id

    def to_config(self) -> dict[str, Any]:
        """The ``config.json`` from which transformers and `from_config` build the same model."""
        values = asdict(self)
        names = {key: values[name] for key, name in (REQUIRED | OPTIONAL).items()}
        return {"model_type": "xglm", "architectures": ["XGLMForCausalLM"], **names, **EXPECTED}


Sizes = LanguageModelSizes | CausalLMSizes

KNOWN = {
    "facebook/xglm-564M": LanguageModelSizes(256008, 1024, 4096, 24, 16, pad_id=1, end_id=2),
    "facebook/xglm-1.7B": LanguageModelSizes(256008, 2048, 8192, 24, 16, pad_id=1, end_id=2),
}


def sizes_of(config: Any, where: str) -> Sizes:
    """Sizes and ids that a ``config.json`` tells: of XGLM, or of any other family.

    Raises:
        UserError: it is of no language model that can be watched with.
    """
    if not isinstance(config, dict):
        raise UserError(f"{where}: must hold keys with values, holds {type(config).__name__}")
    family = LanguageModelSizes if config.get("model_type") == "xglm" else CausalLMSizes
    return family.from_config(config, where)


def read_sizes(name: str) -> Sizes:
    """Sizes of the language model in a folder or under a hub name; the paper's two need no network.

    Raises:
        UserError: there is no such model, or none that can be watched with.
    """
    if not Path(name).is_dir() and name in KNOWN:
        return KNOWN[name]
    path = find(name, weights=False) / "config.json"
    return sizes_of(read_json(path), str(path))


def find(name: str, *, weights: bool = True) -> Path:
    """The folder of a language model: itself, or the hub's, from the local cache where it is there.

    Raises:
        UserError: no such folder and nothing to be had under that name.
    """
    folder = Path(name)
    if folder.is_dir():
        return folder
    if len(folder.parts) > 1 and folder.parent.is_dir():
        raise UserError(f"language model {name}: no such folder; `sign2gpt lm` trains a small one")
    if not weights:
        return download(name, SMALL_FILES, what=WHAT)
    folder = download(name, [*SMALL_FILES, "*.safetensors", "*.safetensors.index.json"], what=WHAT)
    if any(folder.glob("*.safetensors")):
        return folder
    return download(name, [*SMALL_FILES, "pytorch_model*.bin", "pytorch_model.bin.index.json"], what=WHAT)


def weight_files(folder: Path) -> list[Path]:
    """The files that hold a model's weights: one, or the shards that an index lists; safetensors first.

    Raises:
        UserError: there are none.
    """
    for stem in ("model.safetensors", "pytorch_model.bin"):
        if (folder / stem).exists():
            return [folder / stem]
        if (folder / f"{stem}.index.json").exists():
            return _shards(folder / f"{stem}.index.json")
    raise UserError(f"{folder}: holds neither model.safetensors nor pytorch_model.bin (nor an index of their parts)")


def _shards(index: Path) -> list[Path]:
    """The files beside an index that hold the weights it lists."""
    match read_json(index):
        case {"weight_map": dict() as listed} if listed and all(isinstance(name, str) for name in listed.values()):
            return [index.parent / Path(name).name for name in sorted(set(listed.values()))]
        case _:
            raise UserError(f"{index}: does not list files of weights; download it again")


def read_weights(folder: Path) -> dict[str, Tensor]:
    """The frozen weights as they were stored, in float32.

    Raises:
        UserError: a file is absent, cannot be read, or differs from the folder's ``SHA256SUMS`` where it has them.
    """
    weights: dict[str, Tensor] = {}
    files = weight_files(folder)
    check_sums(folder, [path.name for path in files])
    for path in files:
        weights |= read_tensors(path)
    return {key: value.float() for key, value in weights.items()}
