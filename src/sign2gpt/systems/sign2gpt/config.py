"""Sign2GPT's keys of a recipe (MODEL.md 3, 4 and 6), each with what it trades."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from sign2gpt.common.config import Config, Place
from sign2gpt.model.config import FROM_TIMM, DecoderConfig, ModelConfig, SpatialConfig
from sign2gpt.training.config import OptimisationConfig, RatesConfig, TrainConfig

Layers = Annotated[int, Field(ge=0, le=256)]


class PrototypesConfig(Config):
    """Pseudo-gloss pretraining's head."""

    dim: int = Field(default=300, ge=2, le=8192, description="width of the word vectors")
    dropout: float = Field(default=0.2, ge=0, lt=1, description="dropout before the projection")
    trainable: bool = Field(default=False, description="let the prototypes move")
    class_temperature: float = Field(
        default=0.1, ge=0.01, le=1, description="tau_U at the start: softmax over prototypes; held within 0.01..1"
    )
    time_temperature: float = Field(
        default=0.1, ge=0.01, le=1, description="tau_T at the start: softmax over tokens; held within 0.01..1"
    )
    loss_scale: float = Field(default=10.0, gt=0, description="factor on the binary cross entropy")
    place_threshold: float = Field(
        default=0.2, ge=0, le=1, description="E_ij over this places a pseudo-gloss at a token"
    )


class Sign2GPTConfig(ModelConfig):
    """The whole model; the sign encoder's keys stand here, the other parts have sections."""

    head_sections = frozenset({"prototypes", "decoder", "decoding"})

    system: Literal["sign2gpt"] = Field(default="sign2gpt", description="which system the model is of")
    width: int = Field(default=512, ge=8, le=16384, description="C: width of the sign encoder")
    heads: int = Field(default=8, ge=1, le=1024, description="attention heads of the sign encoder")
    layers: tuple[Layers, Layers] = Field(
        default=(2, 2), description="sign encoder layers before and after the temporal pooling"
    )
    window: int = Field(
        default=7, ge=0, description="tokens that a token attends to, itself in the middle (odd); 0: all of the clip"
    )
    downsample: bool = Field(
        default=True, description="halve the tokens between the layers; off doubles the decoder's memory"
    )
    mlp: int = Field(default=2048, ge=1, le=1 << 17, description="width inside the MLPs")
    dropout: float = Field(default=0.1, ge=0, lt=1, description="dropout in attention and MLP")
    drop_path: float = Field(default=0.1, ge=0, lt=1, description="largest drop path, reached in the last layer")
    layer_scale: float = Field(
        default=1e-5, gt=0, description="layer scale at the start; shallow models learn faster from 0.1"
    )
    spatial: SpatialConfig = SpatialConfig()
    prototypes: PrototypesConfig = PrototypesConfig()
    decoder: DecoderConfig = DecoderConfig()

    @property
    def language_model(self) -> str:
        return self.decoder.language_model

    @property
    def published_weights(self) -> list[str]:
        weights = self.spatial.weights
        backbone = f"{FROM_TIMM}/{self.spatial.backbone}" if weights == FROM_TIMM else weights
        return [name for name in (backbone, None if self.decoder.random_weights else self.language_model) if name]

    @property
    def feature_width(self) -> int:
        return self.width

    @field_validator("window")
    @classmethod
    def _odd(cls, window: int) -> int:
        if window and window % 2 == 0:
            raise ValueError(
                f"must be odd, so that a token has as many neighbours on each side, or 0 for all; try {window + 1}"
            )
        return window

    @model_validator(mode="after")
    def _heads_fit(self) -> Sign2GPTConfig:
        if self.width % self.heads:
            raise ValueError(f"width ({self.width}) must be a multiple of heads ({self.heads})")
        if self.width // self.heads % 2:
            raise ValueError("width / heads must be even for the rotary embedding")
        return self


class Sign2GPTRates(RatesConfig):
    """Factors on the learning rate of a part; 1 is the paper's."""

    spatial: float = Field(default=1.0, ge=0, description="backbone, its adapters, linear and BatchNorm")
    sign_encoder: float = Field(default=1.0, ge=0, description="sign encoder")
    head: float = Field(default=1.0, ge=0, description="projection, temperatures and prototypes of pretraining")
    memory: float = Field(default=1.0, ge=0, description="linear and positions from features to the decoder's memory")
    adapters: float = Field(default=1.0, ge=0, description="LoRA and new token rows of the decoder")
    gates: float = Field(default=1.0, ge=0, description="gates of cross-attention")


class PretrainingConfig(OptimisationConfig):
    """Pseudo-gloss pretraining."""

    output: Place = Field(default="runs/pretrain", description="run folder, relative to where the command runs")
    rates: Sign2GPTRates = Sign2GPTRates()
    threshold: float = Field(default=0.5, ge=0, le=1, description="presence over this counts as found")


class TranslationConfig(TrainConfig):
    """Translation training, from a pretraining or from nothing."""

    rates: Sign2GPTRates = Sign2GPTRates()
    freeze: list[Literal["spatial", "sign_encoder"]] = Field(
        default=[], description="parts that stay as they are; both: Sign(Z), whose features are computed once"
    )
    gate_range: tuple[float, float] | None = Field(
        default=None,
        description="stored gates are kept within these after each step; they act clamped to 0..1 either way",
    )

    @field_validator("gate_range")
    @classmethod
    def _ordered(cls, limits: tuple[float, float] | None) -> tuple[float, float] | None:
        if limits is not None and limits[0] > limits[1]:
            raise ValueError("must go from the lower limit to the upper one")
        return limits

    @property
    def reads_features(self) -> bool:
        return set(self.freeze) == {"spatial", "sign_encoder"}
