"""`sign2gpt convert`: weights of others become ours."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sign2gpt.cli.options import SetOption
from sign2gpt.common.errors import UserError

if TYPE_CHECKING:
    from torch import Tensor

    from sign2gpt.recipe import Recipe

DEFAULT_RECIPES = {"stage1": "phoenix14t_pretrain", "stage2": "phoenix14t_translate"}

Checkpoint = Annotated[
    Path,
    typer.Argument(
        help="The official implementation's checkpoint of either stage, DINOv2's .pth, or an XGLM's folder."
    ),
]
Out = Annotated[
    Path, typer.Argument(help="Run folder to write; for DINOv2 a .safetensors file, for an XGLM a model folder.")
]
RecipeOption = Annotated[
    str | None, typer.Option("--recipe", help="The recipe with the checkpoint's sizes.  \\[default: PHOENIX14T's]")
]
VocabularyOption = Annotated[
    Path | None,
    typer.Option("--vocabulary", help="Names of the pseudo-glosses, one a line, in the order of their numbers."),
]
LanguageModelOption = Annotated[
    str | None, typer.Option("--language-model", help="Folder or hub name of the XGLM, for its sizes and tokenizer.")
]
FrameRateOption = Annotated[
    float, typer.Option("--frame-rate", min=1, help="Frames a second that it was trained at; CSL-Daily's is 30.")
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
    """Convert official checkpoints, DINOv2 or XGLM weights; every key must be accounted for."""
    from sign2gpt.model.convert import kind_of
    from sign2gpt.model.weights import read_tensors
    from sign2gpt.recipe import load

    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise UserError(f"{out}: is there already; nothing is overwritten")
    weights = None if checkpoint.is_dir() else read_tensors(checkpoint)
    kind = "xglm" if weights is None else kind_of(weights, str(checkpoint))
    changes = [*(overrides or []), *([f"model.decoder.language_model={language_model}"] if language_model else [])]
    loaded = load(recipe or DEFAULT_RECIPES.get(kind, "phoenix14t_translate"), changes)
    if weights is None:
        _language_model(checkpoint, out, loaded)
    elif kind == "xglm":
        raise UserError(
            f"{checkpoint}: an XGLM's weights alone; name their folder, which holds config.json and tokenizer"
        )
    elif kind == "dinov2":
        _backbone(weights, out, loaded)
    else:
        corpus = {"frame_rate": frame_rate, "size": STORED_SIZE}
        _run(checkpoint, weights, out, loaded, vocabulary, corpus, translates=kind == "stage2")
    print(out)


def _backbone(weights: dict[str, Tensor], out: Path, recipe: Recipe) -> None:
    from sign2gpt.common.files import atomic_file
    from sign2gpt.model.build import build_model
    from sign2gpt.model.weights import write_tensors

    if out.suffix != ".safetensors":
        raise UserError(f"{out}: a backbone becomes one file, its name must end with .safetensors")
    build_model(recipe.model, glosses=None, decoder=False, device="meta").spatial.load_backbone(weights)
    with atomic_file(out) as partial:
        write_tensors({name: value.contiguous() for name, value in weights.items()}, partial)


def _language_model(folder: Path, out: Path, recipe: Recipe) -> None:
    from sign2gpt.common.files import atomic_folder
    from sign2gpt.model.build import build_model
    from sign2gpt.model.language_model import read_sizes, read_weights
    from sign2gpt.model.text import Tokenizer
    from sign2gpt.model.weights import write_tensors

    sizes, weights = read_sizes(str(folder)), read_weights(folder)
    decoder = build_model(recipe.model, glosses=None, decoder=True, sizes=sizes, device="meta").decoder
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
    from sign2gpt.model.build import build_model
    from sign2gpt.model.convert import convert_state_dict, load_converted
    from sign2gpt.model.hub import save_run
    from sign2gpt.model.text import Tokenizer

    tokenizer = Tokenizer.open(recipe.model.decoder.language_model, recipe.model.decoder) if translates else None
    ours = convert_state_dict(weights, vocabulary=tokenizer.sizes.vocabulary if tokenizer else None)
    vectors = ours.get("prototypes.vectors")
    names = None if vectors is None else _names(vocabulary, len(vectors))
    model = build_model(
        recipe.model,
        glosses=None if names is None else len(names),
        decoder=translates,
        sizes=tokenizer.sizes if tokenizer else None,
        new_tokens=tokenizer.new_tokens if tokenizer else 0,
        weights=False,
    )
    load_converted(model, ours, f"{checkpoint} does not fit the recipe {recipe.name}")
    save_run(
        out,
        model,
        stage="translate" if translates else "pretrain",
        config=recipe.model,
        recipe=recipe.model_dump(mode="json"),
        tokenizer=tokenizer,
        glosses=names,
        info={"converted_from": checkpoint.name, "sha256": sha256(checkpoint), "corpus": corpus},
        whole="yes",
    )


def _names(vocabulary: Path | None, count: int) -> list[str]:
    """The pseudo-glosses' names; a checkpoint holds only their number."""
    from sign2gpt.common.files import read_lines
    from sign2gpt.common.progress import say

    if vocabulary is None:
        say("the checkpoint does not name its pseudo-glosses: they are numbered; --vocabulary names them")
        return [f"#{number}" for number in range(count)]
    names = read_lines(vocabulary)
    if len(names) != count:
        raise UserError(f"{vocabulary}: holds {len(names)} names, the checkpoint {count} pseudo-glosses")
    return names
