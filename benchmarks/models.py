"""The model of a recipe at its full size with random weights, or at a size that the tests run."""

from __future__ import annotations

from sign2gpt.model.language.language_model import LanguageModelSizes
from sign2gpt.pipeline import job_of
from sign2gpt.recipe import Recipe, load
from sign2gpt.systems.sign2gpt.model import Sign2GPT, build_model
from sign2gpt.systems.sign2gpt.pretraining import sign2gpt_config

QUICK = [
    "model.width=64",
    "model.heads=4",
    "model.mlp=128",
    "frames.size=70",
    "model.spatial.backbone_args={embed_dim: 48, depth: 4, num_heads: 3, img_size: 70}",
]
QUICK_SIZES = LanguageModelSizes(vocabulary=1000, width=64, mlp=256, layers=2, heads=4, pad_id=1, end_id=2)


def full_size(
    name: str, language_model: str, precision: str, *, quick: bool, changes: tuple[str, ...] = ()
) -> tuple[Recipe, list[str], Sign2GPT]:
    """The recipe, what was changed in it, and its translation model on the CPU."""
    overrides = [
        f"model.decoder.language_model={language_model}",
        "model.decoder.random_weights=true",
        "model.spatial.weights=null",
        f"train.precision={precision}",
        *changes,
        *(QUICK if quick else []),
    ]
    recipe = load(name, overrides)
    config, sizes = sign2gpt_config(job_of(recipe)), QUICK_SIZES if quick else None
    return recipe, overrides, build_model(config, glosses=None, decoder=True, sizes=sizes)
