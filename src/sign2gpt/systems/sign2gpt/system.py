"""Sign2GPT (Wong, Camgoz, Bowden, ICLR 2024) as the house knows it."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from sign2gpt.model.config import FROM_TIMM, ModelConfig
from sign2gpt.systems.sign2gpt.config import PretrainingConfig, Sign2GPTConfig, TranslationConfig
from sign2gpt.systems.system import System

if TYPE_CHECKING:
    from pathlib import Path

    from sign2gpt.model.language.tokenizer import Tokenizer
    from sign2gpt.model.runs.run import StageName
    from sign2gpt.systems.sign2gpt.model import Sign2GPT
    from sign2gpt.training.stage import Stage


class Sign2GPTSystem(System):
    name = "sign2gpt"
    title = "Sign2GPT (Wong, Camgoz, Bowden, ICLR 2024)"
    stages = ("pretrain", "train")
    model = Sign2GPTConfig
    pretrain = PretrainingConfig
    train = TranslationConfig

    def stage(self, name: StageName) -> Stage:
        if name == "pretrain":
            from sign2gpt.systems.sign2gpt.pretraining import Pretraining

            return Pretraining(self)
        from sign2gpt.systems.sign2gpt.translation import TranslationTraining

        return TranslationTraining(self)

    def build(
        self,
        config: ModelConfig,
        *,
        glosses: list[str] | None,
        tokenizer: Tokenizer | None,
        read: Collection[str] | None = None,
        device: str = "cpu",
    ) -> Sign2GPT:
        from sign2gpt.systems.sign2gpt.model import build_model

        assert isinstance(config, Sign2GPTConfig)
        return build_model(
            config,
            glosses=None if glosses is None else len(glosses),
            decoder=tokenizer is not None,
            tokenizer=tokenizer,
            read=read,
            device=device,
        )

    def tokenizer(self, folder: Path, config: ModelConfig) -> Tokenizer | None:
        from sign2gpt.model.language.tokenizer import Tokenizer
        from sign2gpt.model.runs.run import LANGUAGE_MODEL

        assert isinstance(config, Sign2GPTConfig)
        words = folder / LANGUAGE_MODEL
        return Tokenizer.open(words, config.decoder) if words.is_dir() else None

    def origin(self, part: str, config: ModelConfig) -> str | None:
        assert isinstance(config, Sign2GPTConfig)
        if part == "backbone":
            weights = config.spatial.weights
            return f"timm/{config.spatial.backbone}" if weights == FROM_TIMM else weights
        return None if config.decoder.random_weights else config.decoder.language_model
