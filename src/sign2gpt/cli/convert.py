"""`sign2gpt convert`: published weights in the format of this package."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sign2gpt.cli.options import SetOption
from sign2gpt.common.errors import UserError

if TYPE_CHECKING:
    from torch import Tensor

    from sign2gpt.recipe import Recipe
    from sign2gpt.systems.sign2gpt.config import Sign2GPTConfig

DEFAULT_RECIPES = {"stage1": "phoenix14t_pretrain", "stage2": "phoenix14t_translate"}

Checkpoint = Annotated[
    Path,
    typer.Argument(
        help="Checkpoint of the official implementation (either stage), DINOv2 .pth file, or folder of an XGLM."
    ),
]
Out = Annotated[
    Path, typer.Argument(help="Run folder to write; for DINOv2 a .safetensors file, for an XGLM a model folder.")
]
RecipeOption = Annotated[
    str | None, typer.Option("--recipe", help="Recipe with the sizes of the checkpoint.  \\[default: PHOENIX14T's]")
]
VocabularyOption = Annotated[
    Path | None,
    typer.Option(
        "--vocabulary", metavar="FILE", help="Names of the pseudo-glosses, one per line, in the order of their numbers."
    ),
]
LanguageModelOption = Annotated[
    str | None,
    typer.Option(
        "--language-model",
        help="Folder or hub name of the XGLM, for its sizes and tokenizer.  \\[default: from the recipe]",
    ),
]
FrameRateOption = Annotated[
    float, typer.Option("--frame-rate", min=1, help="Frames per second of its training clips; 30 for CSL-Daily.")
]
STORED_SIZE = 256
"""Side in pixels of the official implementation's stored clips."""


def convert(
    checkpoint: Checkpoint,
    out: Out,
    recipe: RecipeOption = None,
    overrides: SetOption = None,
    vocabulary: VocabularyOption = None,
    language_model: LanguageModelOption = None,
    frame_rate: FrameRateOption = 25.0,
) -> None:
    """Convert official checkpoints, DINOv2 or XGLM weights.

    Missing and unknown keys are errors.
    """
    from sign2gpt.model.weights import read_tensors
    from sign2gpt.recipe import load
    from sign2gpt.systems.sign2gpt.convert import kind_of

    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise UserError(f"{out}: already exists; name another path")
    weights = None if checkpoint.is_dir() else read_tensors(checkpoint)
    kind = "xglm" if weights is None else kind_of(weights, str(checkpoint))
    changes = [*(overrides or []), *([f"model.decoder.language_model={language_model}"] if language_model else [])]
    loaded = load(recipe or DEFAULT_RECIPES.get(kind, "phoenix14t_translate"), changes)
    if weights is None:
        _language_model(checkpoint, out, loaded)
    elif kind == "xglm":
        raise UserError(
            f"{checkpoint}: these are only the weights of an XGLM; name their folder, with config.json and tokenizer"
        )
    elif kind == "dinov2":
        _backbone(weights, out, loaded)
    else:
        corpus = {"frame_rate": frame_rate, "size": STORED_SIZE}
        _run(checkpoint, weights, out, loaded, vocabulary, corpus, translates=kind == "stage2")
    print(out)


def _backbone(weights: dict[str, Tensor], out: Path, recipe: Recipe) -> None:
    from sign2gpt.common.files import atomic_file
    from sign2gpt.model.weights import write_tensors
    from sign2gpt.systems.sign2gpt.model import build_model

    if out.suffix != ".safetensors":
        raise UserError(f"{out}: name a file that ends with .safetensors; a backbone becomes one file")
    build_model(_sign2gpt(recipe), glosses=None, decoder=False, device="meta").spatial.load_backbone(weights)
    with atomic_file(out) as partial:
        write_tensors({name: value.contiguous() for name, value in weights.items()}, partial)


def _language_model(folder: Path, out: Path, recipe: Recipe) -> None:
    from sign2gpt.common.files import atomic_folder
    from sign2gpt.model.language.language_model import read_sizes, read_weights
    from sign2gpt.model.language.tokenizer import Tokenizer
    from sign2gpt.model.weights import write_tensors
    from sign2gpt.systems.sign2gpt.model import build_model

    sizes, weights = read_sizes(str(folder)), read_weights(folder)
    decoder = build_model(_sign2gpt(recipe), glosses=None, decoder=True, sizes=sizes, device="meta").decoder
    assert decoder is not None
    decoder.load_language_model(weights, str(folder))
    tokenizer = Tokenizer.open(folder)
    with atomic_folder(out) as partial:
        own = {name: decoder.get_parameter(name).contiguous() for name in decoder.frozen_names}
        write_tensors(own, partial / "model.safetensors")
        tokenizer.save(partial)


def _run(
    checkpoint: Path,
    weights: dict[str, Tensor],
    out: Path,
    recipe: Recipe,
    vocabulary: Path | None,
    corpus: dict[str, float],
    *,
    translates: bool,
) -> None:
    from sign2gpt.common.files import sha256
    from sign2gpt.model.language.tokenizer import Tokenizer
    from sign2gpt.model.runs.run import Finished, save_run
    from sign2gpt.systems import system_named
    from sign2gpt.systems.sign2gpt.convert import convert_state_dict, load_converted
    from sign2gpt.systems.sign2gpt.model import build_model

    config = _sign2gpt(recipe)
    tokenizer = Tokenizer.open(config.decoder.language_model, config.decoder) if translates else None
    ours = convert_state_dict(weights, vocabulary=tokenizer.sizes.vocabulary if tokenizer else None)
    vectors = ours.get("prototypes.vectors")
    names = None if vectors is None else _names(vocabulary, len(vectors))
    glosses = None if names is None else len(names)
    model = build_model(config, glosses=glosses, decoder=translates, tokenizer=tokenizer, read=())
    load_converted(model, ours, f"{checkpoint} does not fit the recipe {recipe.name}")
    info = {"converted_from": checkpoint.name, "sha256": sha256(checkpoint), "corpus": corpus}
    finished = Finished("train" if translates else "pretrain", names, info, tokenizer)
    save_run(out, system_named(config.system), model, recipe.model_dump(mode="json"), finished, whole="yes")


def _sign2gpt(recipe: Recipe) -> Sign2GPTConfig:
    """The model section, which must be Sign2GPT's."""
    from sign2gpt.systems.sign2gpt.config import Sign2GPTConfig

    if not isinstance(recipe.model, Sign2GPTConfig):
        raise UserError(f"recipe {recipe.name}: model.system is {recipe.model.system}, must be sign2gpt")
    return recipe.model


def _names(vocabulary: Path | None, count: int) -> list[str]:
    """The names of the pseudo-glosses; a checkpoint contains only their number."""
    from sign2gpt.common.files import read_lines
    from sign2gpt.common.progress import say

    if vocabulary is None:
        say("the checkpoint has no names for its pseudo-glosses, so they are numbered; --vocabulary FILE names them")
        return [f"#{number}" for number in range(count)]
    names = read_lines(vocabulary)
    if len(names) != count:
        raise UserError(f"{vocabulary}: {len(names)} names for the {count} pseudo-glosses of the checkpoint")
    return names
