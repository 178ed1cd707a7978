"""A recipe: everything that a corpus, a training or an evaluation depends on, in one YAML file."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from os import PathLike, fspath
from pathlib import Path
from typing import Any, cast

from pydantic import Field, model_validator

from sign2gpt.common.config import Config, build, read_yaml
from sign2gpt.common.errors import UserError, nearest
from sign2gpt.common.files import user_path
from sign2gpt.data.config import DataConfig
from sign2gpt.evaluation.config import EvaluationConfig
from sign2gpt.model.config import ModelConfig
from sign2gpt.signing.config import SigningConfig
from sign2gpt.training.config import LanguageModelConfig, PretrainConfig, SaveConfig, TrainConfig
from sign2gpt.video.config import FramesConfig


class Recipe(Config):
    name: str = Field(description="what a report calls it")
    notes: str = Field("", description="what the result was made from and is good for; shown with every score")
    seed: int = Field(0, description="draws every start, order, dropout and augmentation")
    signing: SigningConfig | None = Field(None, description="only where the corpus is made by the procedural signer")
    data: DataConfig = DataConfig()
    frames: FramesConfig = FramesConfig()
    model: ModelConfig = ModelConfig()
    lm: LanguageModelConfig = LanguageModelConfig()
    pretrain: PretrainConfig = PretrainConfig()
    train: TrainConfig = TrainConfig()
    save: SaveConfig = SaveConfig()
    evaluation: EvaluationConfig = EvaluationConfig()

    @model_validator(mode="after")
    def _fits(self) -> Recipe:
        if self.model.width % self.model.heads:
            raise ValueError(f"model.width ({self.model.width}) must be a multiple of model.heads ({self.model.heads})")
        if self.model.width // self.model.heads % 2:
            raise ValueError("model.width / model.heads must be even for the rotary embedding")
        return self


def shipped() -> dict[str, Path]:
    """The recipes packed into the package (in a checkout: those in ``recipes/``), by bare name."""
    packed = Path(str(resources.files("sign2gpt"))) / "recipes"
    folder = packed if packed.is_dir() else Path(__file__).parents[2] / "recipes"
    paths = sorted(folder.rglob("*.yaml"))
    return {str(path.relative_to(folder).with_suffix("")): path for path in paths}


def find(name: str | PathLike[str]) -> Path:
    """A recipe's file from its path or its bare name.

    Raises:
        UserError: there is neither a file nor a shipped recipe of that name; the nearest names are told.
    """
    path, name = user_path(name, "the name of a recipe"), fspath(name)
    if path.suffix in (".yaml", ".yml") and path.exists():
        return path
    known = shipped()
    if name in known:
        return known[name]
    raise UserError(f"no recipe {name}{nearest(name, known)}; `sign2gpt recipes` lists those that come along")


def load(name: str | PathLike[str], overrides: Sequence[str] = ()) -> Recipe:
    """Reads a recipe by path or bare name, with overrides such as ``model.window=9`` on top.

    A recipe whose ``extends`` names another (path or bare name) holds only what differs from it.

    Raises:
        UserError: no such recipe, one that extends itself, or keys and values that do not fit (all of them at once).
    """
    path = find(name)
    return build(Recipe, _values(path), overrides, where=f"recipe {path}")


def _values(path: Path, extending: tuple[Path, ...] = ()) -> dict[str, Any]:
    """A recipe's keys over those of the recipe that it extends, if it names one."""
    if path.resolve() in extending:
        raise UserError(f"recipe {path}: extends itself, by way of {len(extending)} recipes")
    values = read_yaml(path)
    base = values.pop("extends", None)
    if base is None:
        return values
    try:
        found = find(str(base))
    except UserError as error:
        raise UserError(f"recipe {path}: extends: {error}") from None
    return _over(_values(found, (*extending, path.resolve())), values)


def _over(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in changes.items():
        inner = merged.get(key)
        both = isinstance(inner, dict) and isinstance(value, dict)
        merged[key] = _over(cast(dict[str, Any], inner), cast(dict[str, Any], value)) if both else value
    return merged
