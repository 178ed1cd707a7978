"""Sizes and choices of the parts that systems share (MODEL.md 2 and 5), each with what it trades."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field, field_validator
from typing_extensions import TypedDict  # pydantic takes Python's own from 3.12 on

from sign2gpt.common.config import Config, Place

FROM_TIMM = "timm"
"""The weights of timm's own hub."""

Training = Literal["lora", "frozen", "full"]
Interpolation = Literal["dinov2", "size", "antialias"]
Positions = Literal["none", "zeros", "random", "sinusoidal"]


class LoraConfig(Config):
    """Low-rank adapters: x + (alpha / rank) B(A(dropout(x)))."""

    rank: int = Field(default=4, ge=1, le=4096, description="width of the bottleneck; parameters grow with it")
    alpha: float = Field(default=4.0, gt=0, description="strength; alpha / rank scales the change")
    dropout: float = Field(default=0.1, ge=0, lt=1, description="dropout before A")
    init_std: float = Field(default=0.02, gt=0, description="standard deviation of A at the start; B starts at zero")


class TextLoraConfig(LoraConfig):
    """The language model's adapters, which start wider."""

    init_std: float = Field(default=0.2, gt=0, description="standard deviation of A at the start; B starts at zero")


Rate = Annotated[float, Field(ge=0, lt=1)]


class BackboneArgs(TypedDict, total=False):
    """The arguments that a recipe may give to a backbone: sizes, rates and switches.

    timm knows others that name files (``checkpoint_path``, ``pretrained_cfg``, ...), which it would load and run.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")  # pyright: ignore[reportGeneralTypeIssues]

    img_size: Annotated[int, Field(ge=1, le=4096)]
    patch_size: Annotated[int, Field(ge=1, le=256)]
    embed_dim: Annotated[int, Field(ge=1, le=8192)]
    depth: Annotated[int, Field(ge=1, le=256)]
    num_heads: Annotated[int, Field(ge=1, le=256)]
    reg_tokens: Annotated[int, Field(ge=0, le=256)]
    mlp_ratio: Annotated[float, Field(gt=0, le=16)]
    init_values: Annotated[float, Field(gt=0, le=1)]
    qkv_bias: bool
    qk_norm: bool
    proj_bias: bool
    class_token: bool
    no_embed_class: bool
    pre_norm: bool
    final_norm: bool
    fc_norm: bool
    global_pool: Literal["token", "avg", "avgmax", "max"]
    base_width: Annotated[int, Field(ge=1, le=1024)]
    stem_width: Annotated[int, Field(ge=1, le=1024)]
    cardinality: Annotated[int, Field(ge=1, le=256)]
    stem_type: Literal["", "deep", "deep_tiered"]
    avg_down: bool
    zero_init_last: bool
    drop_rate: Rate
    pos_drop_rate: Rate
    patch_drop_rate: Rate
    proj_drop_rate: Rate
    attn_drop_rate: Rate
    drop_path_rate: Rate


class SpatialConfig(Config):
    """A frame becomes a token: backbone, linear, BatchNorm."""

    backbone: str = Field(default="vit_small_patch14_dinov2.lvd142m", description="any timm ViT or ResNet by name")
    backbone_args: BackboneArgs = Field(
        default={},
        description="sizes, rates and switches of timm's model, e.g. embed_dim for a small ViT trained from scratch",
    )
    weights: Place | None = Field(
        default=None,
        description="file (DINOv2's .pth, or safetensors), `timm` for its hub weights, none for a random start",
    )
    train: Training = Field(default="lora", description="what of the backbone trains")
    lora: LoraConfig = LoraConfig()
    lora_layers: int = Field(default=3, ge=0, le=256, description="how many of the top layers get adapters")
    position_interpolation: Interpolation = Field(
        default="dinov2",
        description="how the position grid is resized: DINOv2's offset scale factor, transformers' way, timm's way",
    )

    @field_validator("backbone")
    @classmethod
    def _named(cls, backbone: str) -> str:
        if not re.fullmatch(r"\w+(\.\w+)?", backbone):
            raise ValueError("must be the name of a timm model, such as resnet18: letters, digits, _ and one dot")
        return backbone


class DecoderConfig(Config):
    """The frozen language model and what is added to it."""

    language_model: Place = Field(
        default="facebook/xglm-1.7B", description="folder or hub name of a causal language model"
    )
    random_weights: bool = Field(
        default=False, description="build the language model untrained: speed and size checks only"
    )
    lora: TextLoraConfig = TextLoraConfig()
    cross_lora: TextLoraConfig = TextLoraConfig()
    memory_positions: Positions = Field(
        default="sinusoidal",
        description="positions of the memory: none, learnable from zeros, learnable random, sinusoidal",
    )
    memory_tokens: int = Field(
        default=512, ge=1, le=1 << 17, description="rows of learnable positions; tokens after those share the last"
    )
    start_id: int | None = Field(
        default=None,
        description="id the input starts with; none: the language model's own start id, in XGLM its end id",
    )
    end_id: int | None = Field(default=None, description="id the target ends with; none: the language model's end id")
    max_ids: int = Field(default=64, ge=2, le=1 << 14, description="longest text in ids, the start counted")

    def text_ids(self, start_id: int, end_id: int) -> tuple[int, int]:
        """The ids that a text starts and ends with; the language model's where unset."""
        return (
            start_id if self.start_id is None else self.start_id,
            end_id if self.end_id is None else self.end_id,
        )


class SamplingConfig(Config):
    """Drawing ids instead of searching for the likeliest; each key as in transformers."""

    temperature: float = Field(
        default=1.0, gt=0, description="logits are divided by it: below 1 likely words gain, above 1 rare ones do"
    )
    top_k: int = Field(default=0, ge=0, description="draw among so many ids, the likeliest; 0: all")
    top_p: float = Field(
        default=1.0, gt=0, le=1, description="draw among the likeliest ids that together have this probability"
    )
    seed: int = Field(default=0, ge=0, description="of the draws; a clip's do not depend on the clips beside it")


class DecodingConfig(Config):
    """From logits to sentences: beam search, or draws."""

    beams: int = Field(
        default=4, ge=1, le=1024, description="beam width, 1 is greedy; with `sampling`: how many sentences are drawn"
    )
    max_ids: int = Field(default=64, ge=2, le=1 << 14, description="longest hypothesis in ids, the start counted")
    count_start: bool = Field(
        default=True,
        description="score = log-probability / n, n counts ids with the start and without the end (the reference); "
        "off: with the end and without the start (transformers from 4.36)",
    )
    length_penalty: float = Field(
        default=1.0, description="score = log-probability / n ** penalty: over 1 favours long sentences, 0 short ones"
    )
    no_repeat_ngram_size: int = Field(
        default=0, ge=0, description="so many ids in a row come once in a sentence; 0: as often as they like"
    )
    sampling: SamplingConfig | None = Field(
        default=None, description="draw `beams` sentences, the one with the best score first; none: search for it"
    )

    def describe(self) -> str:
        """For a score's protocol: the beam, and every other key that is not at its default."""
        changed = self.model_dump(exclude_defaults=True, exclude={"beams", "sampling"})
        if self.sampling is not None:
            changed |= self.sampling.model_dump()
        width = f"beam {self.beams}" if self.sampling is None else f"the best of {self.beams} drawn"
        return ", ".join([width, *(f"{key} {value}" for key, value in changed.items())])


class ModelConfig(Config):
    """What every system's model has; each system adds its own keys."""

    head_sections: ClassVar[frozenset[str]] = frozenset({"decoding"})
    """Sections on which the features do not depend."""

    system: str = Field(default="sign2gpt", description="which system the model is of")
    decoding: DecodingConfig = DecodingConfig()

    @property
    def language_model(self) -> str | None:
        """Folder or hub name of the language model, where the system has one."""
        return None

    @property
    def published_weights(self) -> list[str]:
        """Files, and names on hubs, of the weights that it starts from."""
        return [self.language_model] if self.language_model else []

    @property
    def feature_width(self) -> int:
        """C, the width of the encoded tokens."""
        raise NotImplementedError
