"""Sign2GPT: frames -> tokens -> features of the signs -> pseudo-glosses, or a sentence (MODEL.md).

B clips, packed one after another: N frames in all, M tokens after the sign encoder, C its width, L ids of text.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from sign2gpt.common.seeds import derive
from sign2gpt.model.claims import check_held, unfilled
from sign2gpt.model.config import FROM_TIMM, DecodingConfig, LoraConfig
from sign2gpt.model.decoding.generation import generate
from sign2gpt.model.decoding.hypotheses import Hypothesis, Streamer
from sign2gpt.model.frontends.spatial import SpatialEncoder
from sign2gpt.model.language.attention_maps import attention_lengths, cross_attention, gates
from sign2gpt.model.language.decoder import Decoder, DecoderArgs, Memory
from sign2gpt.model.language.gated_decoder import GatedDecoder
from sign2gpt.model.language.gated_layer import LoraArgs
from sign2gpt.model.language.language_model import (
    LanguageModelSizes,
    Sizes,
    find,
    read_sizes,
    read_weights,
    weight_files,
)
from sign2gpt.model.language.tokenizer import Tokenizer
from sign2gpt.model.sign_model import Capability, Encoded, Presence, SignModel, Translated
from sign2gpt.model.weights import read_tensors
from sign2gpt.systems.sign2gpt.config import Sign2GPTConfig
from sign2gpt.systems.sign2gpt.prototypes import PrototypeHead
from sign2gpt.systems.sign2gpt.sign_encoder import SignEncoder

NEW_TOKENS = "decoder.new_tokens"


class Sign2GPT(SignModel):
    """Its parts can be used alone: ``decoder`` and ``prototypes`` also take features that were computed once.

    Args:
        stride: frames that one token stands for.
        place_threshold: presence over this places a pseudo-gloss at a token.
        tokenizer: of the sentences that the decoder writes.
    """

    encoder_parts = ("spatial", "sign_encoder")

    def __init__(
        self,
        spatial: SpatialEncoder,
        sign_encoder: SignEncoder,
        prototypes: PrototypeHead | None = None,
        decoder: Decoder | None = None,
        *,
        place_threshold: float = 0.2,
        tokenizer: Tokenizer | None = None,
    ) -> None:
        super().__init__()
        self.spatial = spatial
        self.sign_encoder = sign_encoder
        self.prototypes = prototypes
        self.decoder = decoder
        self.stride = sign_encoder.stride
        self.place_threshold = place_threshold
        self.tokenizer = tokenizer

    @property
    def can(self) -> frozenset[Capability]:
        heads: dict[Capability, object] = {"translate": self.decoder, "localise": self.prototypes}
        return frozenset(name for name, head in heads.items() if head is not None)

    def forward(self, frames: Tensor, lengths: Tensor, input_ids: Tensor) -> Tensor:
        """Logits (B, L, vocabulary) of the ids that follow ``input_ids`` (B, L)."""
        assert self.decoder is not None, "the model was built without a decoder"
        return self.decoder(input_ids, self.decoder.remember(*self.encode(frames, lengths)))

    def presence(self, frames: Tensor, lengths: Tensor) -> Presence:
        """Which pseudo-glosses the clips hold, and where."""
        assert self.prototypes is not None, "the model was built without a pretraining head"
        return self.prototypes(*self.encode(frames, lengths))

    # Parts.

    def rate_of(self, parameter: str) -> str:
        part, _, rest = parameter.partition(".")
        if part == "prototypes":
            return "head"
        if part != "decoder" or self.decoder is None:
            return part
        if rest.startswith("memory."):
            return "memory"
        return "gates" if rest in self.decoder.gate_names else "adapters"

    def references(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        if self.spatial.how != "full":
            own = [name for name, _ in self.spatial.backbone.named_parameters() if ".lora." not in name]
            found["backbone"] = [f"spatial.backbone.{name}" for name in own]
        if self.decoder is not None:
            found["language_model"] = [f"decoder.{name}" for name in self.decoder.frozen_names]
        return found

    @property
    def language_model(self) -> Decoder | None:
        return self.decoder

    def prepare_training(self, *, checkpoint: bool, compiled: bool) -> None:
        self.spatial.prepare_training(checkpoint=checkpoint, compiled=compiled)

    def notes(self) -> list[str]:
        mask_token = getattr(self.spatial.backbone, "mask_token", None)
        if mask_token is None:
            return []
        count = mask_token.numel()
        without = sum(parameter.numel() for parameter in self.spatial.parameters()) - count
        return [
            f"The backbone's mask token, {count} values, is counted and unused: "
            f"without it spatial has {without:,}, and the total is {count} less."
        ]

    def fit_start(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        """A corpus of one's own may have brought further characters: their rows start as this model's do."""
        if self.decoder is None or self.decoder.new_tokens is None:
            return weights
        own, known = self.decoder.new_tokens.detach(), weights.get(NEW_TOKENS)
        rows = own if known is None else torch.cat([known.to(own), own[len(known) :]])
        return weights | {NEW_TOKENS: rows}

    # Reading clips.

    def see(self, frames: Tensor) -> Tensor:
        """uint8 frames (N, 3, H, W) -> (N, C)."""
        return self.spatial(frames)

    def encode_seen(self, seen: Tensor, lengths: Tensor) -> Encoded:
        return Encoded(*self.sign_encoder(seen, lengths))

    # Capabilities.

    def translate(self, encoded: Encoded, decoding: DecodingConfig, streamer: Streamer | None = None) -> Translated:
        assert self.decoder is not None, "the model was built without a decoder"
        memory = self.decoder.remember(*encoded)
        return Translated(generate(self.decoder, memory, decoding, streamer), memory)

    def text(self, ids: Sequence[int]) -> str:
        assert self.tokenizer is not None, "the model was built without a tokenizer"
        return self.tokenizer.decode(ids)

    def without_video(self, decoding: DecodingConfig) -> Hypothesis | None:
        """The decoder's sentence with its gates shut, all else as trained."""
        return None if self.decoder is None else generate(self.decoder, None, decoding)[0][0]

    def localise(self, encoded: Encoded) -> Presence | None:
        return None if self.prototypes is None else self.prototypes(*encoded)

    # What it shows of itself.

    def signals(self, translated: Translated) -> list[dict[str, float]]:
        """``video_share``: the clip's part in what the decoder's attention adds up to."""
        assert self.decoder is not None, "the model was built without a decoder"
        memory: Memory = translated.context
        shares = attention_lengths(self.decoder, memory, [best.ids for best, *_ in translated.hypotheses])
        return [{"video_share": round(share, 5)} for share in shares]

    def gates(self) -> list[list[float]]:
        return [] if self.decoder is None else gates(self.decoder)

    def attention(self, z: Tensor, text: str) -> tuple[list[str], Tensor] | None:
        if self.decoder is None or self.tokenizer is None:
            return None
        words = self.tokenizer.words(text)
        input_ids, _ = self.tokenizer.encode([text])
        weights = cross_attention(self.decoder, z, input_ids.to(z.device)) if words else None
        if weights is None:
            return None
        return [word for word, _ in words], torch.stack([weights[ids].mean(0) for _, ids in words])


def build_model(
    config: Sign2GPTConfig,
    *,
    glosses: int | None,
    decoder: bool,
    vectors: np.ndarray | None = None,
    tokenizer: Tokenizer | None = None,
    sizes: Sizes | None = None,
    new_tokens: int = 0,
    seed: int = 0,
    read: Collection[str] | None = None,
    device: str = "cpu",
) -> Sign2GPT:
    """The model of a recipe; the same seed gives the same start.

    Args:
        glosses: V, prototypes of the pretraining head; None: no head.
        decoder: whether there is a language model.
        vectors: (V, D) word vectors of the pseudo-glosses.
        tokenizer: the language model's, which knows its sizes and new tokens.
        sizes, new_tokens: of a language model without a tokenizer [default: read from its folder or name].
        read: the parts ("backbone", "language_model") whose frozen weights are read [default: both]; others' weights
            are loaded over them, and the language model's have no memory until then.
        device: "cpu", or "meta": sizes alone, nothing is read.

    Raises:
        UserError: a backbone or language model is not available, or its weights do not fit.
    """
    wanted = {"backbone", "language_model"} if read is None else set(read)
    if device == "meta":
        wanted.clear()
    with torch.random.fork_rng(devices=[]), unfilled() if device == "meta" else nullcontext():
        torch.manual_seed(derive(seed, "model"))
        spatial = _spatial(config, "backbone" in wanted)
        sign_encoder = _sign_encoder(config)
        head = None if glosses is None else _head(config, glosses, vectors)
        if tokenizer is not None:
            sizes, new_tokens = tokenizer.sizes, tokenizer.new_tokens
        language = _decoder(config, sizes, new_tokens, "language_model" in wanted) if decoder else None
    threshold = config.prototypes.place_threshold
    return Sign2GPT(spatial, sign_encoder, head, language, place_threshold=threshold, tokenizer=tokenizer)


def _spatial(config: Sign2GPTConfig, weights: bool) -> SpatialEncoder:
    part = config.spatial
    spatial = SpatialEncoder(
        config.width,
        backbone=part.backbone,
        backbone_args=dict(part.backbone_args),
        train=part.train,
        lora_layers=part.lora_layers,
        lora=part.lora.model_dump(),
        position_interpolation=part.position_interpolation,
        pretrained=weights and part.weights == FROM_TIMM,
    )
    if weights and part.weights not in (None, FROM_TIMM):
        spatial.load_backbone(read_tensors(Path(part.weights)))
    return spatial


def _sign_encoder(config: Sign2GPTConfig) -> SignEncoder:
    return SignEncoder(
        config.width,
        heads=config.heads,
        layers=config.layers,
        window=config.window,
        downsample=config.downsample,
        mlp=config.mlp,
        dropout=config.dropout,
        drop_path=config.drop_path,
        layer_scale=config.layer_scale,
    )


def _head(config: Sign2GPTConfig, glosses: int, vectors: np.ndarray | None) -> PrototypeHead:
    part = config.prototypes
    return PrototypeHead(
        config.width,
        glosses=glosses,
        dim=part.dim,
        dropout=part.dropout,
        class_temperature=part.class_temperature,
        time_temperature=part.time_temperature,
        trainable=part.trainable,
        vectors=None if vectors is None else torch.from_numpy(vectors),
    )


def _decoder(config: Sign2GPTConfig, sizes: Sizes | None, new_tokens: int, weights: bool) -> Decoder:
    part = config.decoder
    sizes = sizes or read_sizes(part.language_model)
    start_id, end_id = part.text_ids(sizes.start_id, sizes.end_id)
    args: DecoderArgs = {
        "features": config.width,
        "memory_positions": part.memory_positions,
        "memory_tokens": part.memory_tokens,
        "start_id": start_id,
        "end_id": end_id,
        "new_tokens": new_tokens,
    }
    if not weights or part.random_weights:
        decoder = _language_model(sizes, _lora(part.lora), _lora(part.cross_lora), args)
        if weights:
            decoder.draw_language_model()
        return decoder
    folder = find(part.language_model)
    with unfilled():
        claimed = _language_model(sizes, _lora(part.lora), _lora(part.cross_lora), args)
    check_held(claimed, claimed.frozen_names, weight_files(folder), f"language model {folder}")
    decoder = _language_model(sizes, _lora(part.lora), _lora(part.cross_lora), args)
    decoder.load_language_model(read_weights(folder), f"language model {folder}")
    return decoder


def _language_model(sizes: Sizes, lora: LoraArgs, cross_lora: LoraArgs, args: DecoderArgs) -> Decoder:
    """XGLM is our own; every other family is transformers'."""
    if isinstance(sizes, LanguageModelSizes):
        return GatedDecoder(sizes, lora=lora, cross_lora=cross_lora, **args)
    from sign2gpt.model.language.gated_causal_lm import GatedCausalLM

    return GatedCausalLM(sizes, lora=lora, cross_lora=cross_lora, **args)


def _lora(part: LoraConfig) -> LoraArgs:
    return LoraArgs(part.rank, part.alpha, part.dropout, part.init_std)
