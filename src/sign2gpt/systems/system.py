"""What a system is to the rest of the house: its name, its keys, its stages, and the model of its runs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from sign2gpt.model.config import ModelConfig
    from sign2gpt.model.language.tokenizer import Tokenizer
    from sign2gpt.model.runs.run import StageName
    from sign2gpt.model.sign_model import SignModel
    from sign2gpt.training.config import OptimisationConfig, TrainConfig
    from sign2gpt.training.stage import Stage


class System(ABC):
    """A system of the field. Loading it costs nothing: torch is imported where a model or a stage is made.

    Attributes:
        name: what ``model.system`` calls it.
        title: what a model card calls it, with its source.
        stages: the stages that it has, in their order.
        model, pretrain, train: its keys of the recipe's sections of these names.
    """

    name: str
    title: str
    stages: tuple[StageName, ...]
    model: type[ModelConfig]
    pretrain: type[OptimisationConfig]
    train: type[TrainConfig]

    @abstractmethod
    def stage(self, name: StageName) -> Stage:
        """A stage of ``stages``: how it checks, trains and saves."""

    @abstractmethod
    def build(
        self,
        config: ModelConfig,
        *,
        glosses: list[str] | None,
        tokenizer: Tokenizer | None,
        read: Collection[str] | None = None,
        device: str = "cpu",
    ) -> SignModel:
        """The model of a run, before the run's weights are loaded.

        Args:
            glosses: what its head tells apart; None: it has no such head.
            tokenizer: of the sentences that it writes; None: it writes none.
            read: the parts, of `SignModel.references`, whose frozen weights are read from where they came [default:
                all].
            device: "cpu", or "meta": sizes alone, nothing is read.

        Raises:
            UserError: a part is not available, or its weights do not fit.
        """

    def tokenizer(self, folder: Path, config: ModelConfig) -> Tokenizer | None:
        """The tokenizer that a run folder holds; None where the system has none."""
        return None

    def origin(self, part: str, config: ModelConfig) -> str | None:
        """Where the frozen weights of a part, of `SignModel.references`, came from; None: drawn at random."""
        return None
