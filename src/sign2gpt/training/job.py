"""What a training is given: the parts of a recipe that it shares with other commands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sign2gpt.data.config import DataConfig
from sign2gpt.model.config import ModelConfig
from sign2gpt.training.config import SaveConfig
from sign2gpt.video.config import FramesConfig


@dataclass(frozen=True)
class Job:
    """A recipe without the section of the stage that is run.

    Args:
        protocol: text protocol of the scores on dev.
        recipe: the whole resolved recipe, which travels with the run.
    """

    seed: int
    data: DataConfig
    frames: FramesConfig
    model: ModelConfig
    save: SaveConfig
    protocol: str
    recipe: dict[str, Any]
