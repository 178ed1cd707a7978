"""From a recipe to what the training room is given."""

from __future__ import annotations

from sign2gpt.recipe import Recipe
from sign2gpt.training.job import Job


def job_of(recipe: Recipe) -> Job:
    """The parts of a recipe that every stage shares."""
    return Job(
        seed=recipe.seed,
        data=recipe.data,
        frames=recipe.frames,
        model=recipe.model,
        save=recipe.save,
        protocol=recipe.evaluation.protocol,
        recipe=recipe.model_dump(mode="json"),
    )
