"""Optimisation (MODEL.md 6), one section for each command that trains."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from sign2gpt.common.config import Config, Place

Moment = Annotated[float, Field(ge=0, lt=1)]


class RatesConfig(Config):
    """Factors on the learning rate of a model's parts; a part without one has 1. Each system names its own."""


Optimiser = Literal["adamw", "adam", "sgd"]
Schedule = Literal["one_cycle", "cosine", "plateau", "exponential", "constant"]


class OptimisationConfig(Config):
    """What every training has; a system's stages add their own keys."""

    output: Place = Field(default="runs/run", description="run folder, relative to where the command runs")
    epochs: int = Field(default=100, ge=1, description="passes over the training split")
    batch: int = Field(
        default=8,
        ge=1,
        description="clips a step and process; a training goes on with other numbers of both, their product the same",
    )
    frames_a_step: int | None = Field(
        default=None,
        ge=1,
        description="training: frames a step of all processes together, in clips of like length, instead of `batch` "
        "clips: even steps that fill a card, but of unlike many clips; under Sign(Z) features count",
    )
    accumulate: int = Field(default=1, ge=1, description="steps whose gradients are added before the optimiser moves")
    rate: float = Field(default=3e-4, gt=0, description="learning rate at its peak")
    rates: RatesConfig = RatesConfig()
    optimizer: Optimiser = Field(
        default="adamw", description="AdamW, Adam (weight decay joins the gradient), or SGD with `momentum`"
    )
    betas: tuple[Moment, Moment] = Field(default=(0.9, 0.999), description="moments of AdamW and Adam")
    momentum: Moment = Field(default=0.9, description="SGD's momentum")
    nesterov: bool = Field(default=False, description="SGD looks ahead along its momentum")
    weight_decay: float = Field(
        default=1e-3, ge=0, description="none on biases, norms, embeddings, layer scales, gates, temperatures"
    )
    schedule: Schedule = Field(
        default="one_cycle",
        description="learning rate after the warm-up: one_cycle and cosine fall to `floor`, plateau is multiplied by "
        "`decay` when dev has not improved for `patience` evaluations, exponential by `decay` after each epoch",
    )
    warmup_epochs: float = Field(default=5.0, ge=0, description="linear warm-up from `floor`; cosine has none")
    floor: float = Field(default=0.01, ge=0, le=1, description="share of the peak rate at the start and the end")
    decay: float = Field(default=0.5, gt=0, le=1, description="factor of the schedules plateau and exponential")
    patience: int = Field(default=8, ge=0, description="evaluations without a better figure that plateau waits for")
    clip_value: float | None = Field(default=1.0, gt=0, description="gradients are clipped to this value first")
    clip_norm: float | None = Field(default=1.0, gt=0, description="and then to this norm")
    precision: Literal["bf16", "fp32"] = Field(
        default="bf16", description="autocast; bf16 is slower than fp32 on most CPUs"
    )
    frozen_precision: Literal["int8", "nf4", "bf16", "fp32"] = Field(
        default="fp32",
        description="frozen matrices while training; bf16 halves their memory on a GPU and spares a cast at each step, "
        "int8 and nf4 (4 bits) halve the language model's again, once and twice, and cost time: extra `quantised`",
    )
    shard: bool = Field(
        default=False,
        description="several processes: each keeps a part of every frozen matrix and they gather it for each product; "
        "less memory, more traffic, the same numbers",
    )
    checkpoint: bool = Field(
        default=False,
        description="compute layers of the backbone that train again in the backward pass: less memory, more time",
    )
    compile: bool = Field(
        default=False, description="torch.compile the layers of a ViT backbone: minutes at the start; no gain on a CPU"
    )
    save_minutes: float = Field(
        default=10.0, ge=0, description="minutes between checkpoints inside an epoch; 0 after every step"
    )
    evaluate_epochs: int = Field(default=1, ge=1, description="epochs between evaluations on dev")
    keep_best: bool = Field(default=True, description="the run ends with the best epoch on dev, else with the last")

    @property
    def reads_features(self) -> bool:
        """Whether nothing before the features trains, so that they are computed once."""
        return False

    @model_validator(mode="after")
    def _rounded_under_autocast(self) -> OptimisationConfig:
        if self.frozen_precision != "fp32" and self.precision == "fp32":
            raise ValueError(f"frozen_precision {self.frozen_precision} needs precision bf16; precision is fp32")
        if self.shard and self.frozen_precision not in ("bf16", "fp32"):
            raise ValueError(f"shard takes frozen_precision bf16 or fp32, not {self.frozen_precision}")
        return self


class TrainConfig(OptimisationConfig):
    """Training to translate; systems add their own keys."""

    output: Place = Field(default="runs/translate", description="run folder, relative to where the command runs")
    init: Place | None = Field(default=None, description="run to start from: a pretraining or another translation run")
    freeze: list[str] = Field(default=[], description="parts that stay as they are")
    label_smoothing: float = Field(
        default=0.1, ge=0, lt=1, description="share of the target spread over the vocabulary"
    )
    dev_clips: int | None = Field(
        default=None, ge=1, description="dev clips translated at each evaluation [default: all]"
    )


class LanguageModelConfig(Config):
    """A small XGLM with its own tokenizer, for small worlds and tests."""

    output: Place = Field(default="language_model", description="folder of the model and its tokenizer")
    text: Place | None = Field(
        default=None,
        description="text file, a sentence a line; none: the corpus' own, of those without clips if it has such",
    )
    dev_text: Place | None = Field(
        default=None, description="text file whose perplexity is told; none: the corpus' dev text, where `text` is none"
    )
    tokenizer: Literal["word", "bpe"] = Field(default="word", description="whole words, or byte-pair pieces")
    vocabulary: int = Field(default=2000, ge=8, le=1 << 20, description="tokens at most")
    layers: int = Field(default=3, ge=1, le=256, description="decoder layers")
    width: int = Field(default=128, ge=8, le=16384, description="M: width of the model")
    heads: int = Field(default=4, ge=1, le=1024, description="attention heads")
    epochs: int = Field(default=12, ge=1, description="passes over the text")
    batch: int = Field(default=32, ge=1, description="sentences a step")
    rate: float = Field(default=2e-3, gt=0, description="learning rate at its peak")
    dropout: float = Field(default=0.1, ge=0, lt=1, description="dropout of the model")

    @model_validator(mode="after")
    def _heads_fit(self) -> LanguageModelConfig:
        if self.width % self.heads or self.width % 2:
            raise ValueError(f"width ({self.width}) must be even and a multiple of heads ({self.heads})")
        return self


class SaveConfig(Config):
    whole: Literal["auto", "yes", "no"] = Field(
        default="auto",
        description="store frozen weights in the run: auto when they are under 500 MB, else by name and hash",
    )
    half: bool = Field(default=False, description="store the finished run's weights in float16")
