"""From a recipe's model section to modules, and the table of their parameters."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from sign2gpt.common.seeds import derive
from sign2gpt.model.claims import check_held, unfilled
from sign2gpt.model.config import LoraConfig, ModelConfig
from sign2gpt.model.decoder import Decoder, DecoderArgs
from sign2gpt.model.gated_decoder import GatedDecoder
from sign2gpt.model.gated_layer import LoraArgs
from sign2gpt.model.language_model import LanguageModelSizes, Sizes, find, read_sizes, read_weights, weight_files
from sign2gpt.model.prototypes import PrototypeHead
from sign2gpt.model.sign2gpt import Sign2GPT
from sign2gpt.model.sign_encoder import SignEncoder
from sign2gpt.model.spatial import SpatialEncoder
from sign2gpt.model.weights import read_tensors

FROM_TIMM = "timm"


def build_model(
    config: ModelConfig,
    *,
    glosses: int | None,
    decoder: bool,
    vectors: np.ndarray | None = None,
    sizes: Sizes | None = None,
    new_tokens: int = 0,
    seed: int = 0,
    weights: bool = True,
    device: str = "cpu",
) -> Sign2GPT:
    """The model as a recipe tells it; the same seed gives the same start.

    Args:
        glosses: V, prototypes of the pretraining head; None: no head.
        decoder: whether there is a language model.
        vectors: (V, D) word vectors of the pseudo-glosses.
        sizes: of the language model; None: read from its folder or name.
        new_tokens: rows for characters that the tokenizer lacked.
        weights: read the frozen weights; False where others are loaded over them (the decoder's then have no memory).
        device: "cpu", or "meta": sizes alone, nothing is read.

    Raises:
        UserError: a backbone or language model is not to be had, or its weights do not fit.
    """
    weights = weights and device != "meta"
    with torch.random.fork_rng(devices=[]), unfilled() if device == "meta" else nullcontext():
        torch.manual_seed(derive(seed, "model"))
        spatial = _spatial(config, weights)
        sign_encoder = _sign_encoder(config)
        head = None if glosses is None else _head(config, glosses, vectors)
        language = _decoder(config, sizes, new_tokens, weights) if decoder else None
    return Sign2GPT(spatial, sign_encoder, head, language)


def _spatial(config: ModelConfig, weights: bool) -> SpatialEncoder:
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


def _sign_encoder(config: ModelConfig) -> SignEncoder:
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


def _head(config: ModelConfig, glosses: int, vectors: np.ndarray | None) -> PrototypeHead:
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


def _decoder(config: ModelConfig, sizes: Sizes | None, new_tokens: int, weights: bool) -> Decoder:
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
    from sign2gpt.model.gated_causal_lm import GatedCausalLM

    return GatedCausalLM(sizes, lora=lora, cross_lora=cross_lora, **args)


def _lora(part: LoraConfig) -> LoraArgs:
    return LoraArgs(part.rank, part.alpha, part.dropout, part.init_std)


def parameter_table(model: Sign2GPT) -> dict[str, dict[str, int]]:
    """Counts under spatial, sign_encoder, decoder and total, each ``total`` and ``trainable`` (MODEL.md 7)."""
    parts: dict[str, nn.Module | None] = {
        "spatial": model.spatial,
        "sign_encoder": model.sign_encoder,
        "decoder": model.decoder,
    }
    table = {name: _count(part) for name, part in parts.items() if part is not None}
    table["total"] = {key: sum(row[key] for row in table.values()) for key in ("total", "trainable")}
    return table


def _count(part: nn.Module) -> dict[str, int]:
    parameters = list(part.parameters())
    return {
        "total": sum(parameter.numel() for parameter in parameters),
        "trainable": sum(parameter.numel() for parameter in parameters if parameter.requires_grad),
    }


def moving_weights(model: nn.Module) -> dict[str, Tensor]:
    """All of a model's state but its frozen parameters, on the CPU: what a checkpoint has to hold."""
    frozen = {name for name, parameter in model.named_parameters() if not parameter.requires_grad}
    state = model.state_dict()
    return {name: tensor.detach().cpu().contiguous() for name, tensor in state.items() if name not in frozen}
