"""`sign2gpt params`: how many parameters a recipe's model has, and how many train."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sign2gpt.cli.options import JsonOption, RecipeArgument, SetOption, emit

if TYPE_CHECKING:
    from sign2gpt.model.language_model import LanguageModelSizes
    from sign2gpt.model.sign2gpt import Sign2GPT
    from sign2gpt.recipe import Recipe


def params(recipe: RecipeArgument, overrides: SetOption = None, as_json: JsonOption = False) -> None:
    """Count the parameters of each part, all and trainable, without reading any weights."""
    from rich.table import Table

    from sign2gpt.model.build import build_model, parameter_table
    from sign2gpt.recipe import load

    loaded = load(recipe, overrides or [])
    model = build_model(loaded.model, glosses=None, decoder=True, sizes=planned_sizes(loaded), device="meta")
    counts = parameter_table(model)
    table = Table("part", "all", "trainable", box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    for name, row in counts.items():
        table.add_row(name.replace("_", " "), f"{row['total']:,}", f"{row['trainable']:,}")
    emit(counts, table, as_json)
    for note in notes(model):
        print(note, file=sys.stderr if as_json else sys.stdout)


def notes(model: Sign2GPT) -> list[str]:
    """What a reader must know to compare the table with others'."""
    mask_token = getattr(model.spatial.backbone, "mask_token", None)
    if mask_token is None:
        return []
    count = mask_token.numel()
    without = sum(parameter.numel() for parameter in model.spatial.parameters()) - count
    return [
        f"The backbone's mask token, {count} values, is counted and unused: "
        f"without it spatial has {without:,}, and the total is {count} less."
    ]


def planned_sizes(recipe: Recipe) -> LanguageModelSizes | None:
    """Sizes of the language model that `sign2gpt lm` will make for this recipe; None: it is there already."""
    from sign2gpt.model.language_model import LanguageModelSizes

    plan, folder = recipe.lm, Path(recipe.model.decoder.language_model)
    if folder.exists() or folder != Path(plan.output):
        return None
    return LanguageModelSizes(plan.vocabulary, plan.width, 4 * plan.width, plan.layers, plan.heads, pad_id=1, end_id=2)
