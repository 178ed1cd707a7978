"""A recipe: every setting of a corpus, a training and an evaluation, in one YAML file."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import resources
from os import PathLike, fspath
from pathlib import Path
from typing import Any, cast

from pydantic import Field, create_model

from sign2gpt.common.config import Config, build, read_yaml
from sign2gpt.common.errors import UserError, nearest
from sign2gpt.common.files import user_path
from sign2gpt.data.config import DataConfig
from sign2gpt.evaluation.config import EvaluationConfig
from sign2gpt.model.config import ModelConfig
from sign2gpt.signing.config import SigningConfig
from sign2gpt.systems import system_named
from sign2gpt.training.config import LanguageModelConfig, OptimisationConfig, SaveConfig, TrainConfig
from sign2gpt.video.config import FramesConfig

SIGN2GPT = "sign2gpt"
"""The system of a recipe that names none."""


class Recipe(Config):
    """All sections; ``model.system`` decides which keys `model`, `pretrain` and `train` have."""

    name: str = Field(description="name in reports")
    notes: str = Field("", description="data, purpose and limits of the result; shown with every score")
    seed: int = Field(0, description="seed for initial weights, order, dropout and augmentation")
    signing: SigningConfig | None = Field(None, description="settings of the procedural signer, if it makes the corpus")
    data: DataConfig = DataConfig()
    frames: FramesConfig = FramesConfig()
    model: ModelConfig = ModelConfig()
    lm: LanguageModelConfig = LanguageModelConfig()
    pretrain: OptimisationConfig = OptimisationConfig()
    train: TrainConfig = TrainConfig()
    save: SaveConfig = SaveConfig()
    evaluation: EvaluationConfig = EvaluationConfig()

    @classmethod
    def for_values(cls, values: dict[str, Any]) -> type[Recipe]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The recipe with the keys of the system that ``values`` name."""
        model = values.get("model")
        named = cast(dict[str, Any], model).get("system") if isinstance(model, dict) else None
        return recipe_of(str(named or SIGN2GPT))


@cache
def recipe_of(system: str) -> type[Recipe]:
    """The recipe of a system.

    Raises:
        UserError: there is no such system.
    """
    known = system_named(system)
    sections = {"model": known.model, "pretrain": known.pretrain, "train": known.train}
    fields: Any = {name: (section, section()) for name, section in sections.items()}
    return create_model("Recipe", __base__=Recipe, __module__=__name__, **fields)


def shipped() -> dict[str, Path]:
    """The files of the bundled recipes by name; in a checkout, those in ``recipes/``."""
    bundled = Path(str(resources.files("sign2gpt"))) / "recipes"
    folder = bundled if bundled.is_dir() else Path(__file__).parents[2] / "recipes"
    paths = sorted(folder.rglob("*.yaml"))
    return {str(path.relative_to(folder).with_suffix("")): path for path in paths}


def find(name: str | PathLike[str]) -> Path:
    """The file of a recipe, from its path or its name.

    Raises:
        UserError: there is neither a file nor a bundled recipe of that name.
    """
    path, name = user_path(name, "the name of a recipe"), fspath(name)
    if path.suffix in (".yaml", ".yml") and path.exists():
        return path
    known = shipped()
    if name in known:
        return known[name]
    raise UserError(f"no recipe {name}{nearest(name, known)}; `sign2gpt recipes` lists the bundled recipes")


def load(name: str | PathLike[str], overrides: Sequence[str] = ()) -> Recipe:
    """Reads a recipe by path or name, with overrides such as ``model.window=9`` on top.

    A recipe with the key ``extends`` contains only what differs from the recipe of that path or name.

    Raises:
        UserError: no such recipe, a recipe that extends itself, or unknown keys and invalid values (all at once).
    """
    path = find(name)
    return build(Recipe, _values(path), overrides, where=f"recipe {path}")


def _values(path: Path, extending: tuple[Path, ...] = ()) -> dict[str, Any]:
    """The keys of a recipe over those of the recipe that it extends, if any."""
    if path.resolve() in extending:
        raise UserError(f"recipe {path}: extends itself through {len(extending)} recipes")
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
