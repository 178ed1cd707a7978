"""`sign2gpt pretrain`: pseudo-gloss pretraining."""

from __future__ import annotations

from sign2gpt.cli.options import RecipeArgument, SetOption


def pretrain(recipe: RecipeArgument, overrides: SetOption = None) -> None:
    """Pretrain on pseudo-glosses; the same command goes on after a stop."""
    from sign2gpt.cli.jobs import job_of
    from sign2gpt.recipe import load
    from sign2gpt.training import stages

    loaded = load(recipe, overrides or ())
    print(stages.pretrain(job_of(loaded), loaded.pretrain))
