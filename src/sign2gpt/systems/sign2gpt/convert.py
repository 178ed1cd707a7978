"""Weights under the official implementation's names become ours, every key accounted for."""

from __future__ import annotations

import re
from typing import Literal

import torch
from torch import Tensor, nn

from sign2gpt.common.errors import UserError
from sign2gpt.model.language.memory import sinusoid
from sign2gpt.model.weights import load_exactly

Kind = Literal["stage1", "stage2", "dinov2", "xglm"]

VISUAL = r"^sign_model\.sign_model\."
NETWORK = VISUAL + r"encoder\.network_block\.network\."

RENAMES = [  # applied one after the other
    (VISUAL + r"spatial_model\.spatial_model\.", "spatial.backbone."),
    (VISUAL + r"spatial_model\.lin\.", "spatial.linear."),
    (VISUAL + r"spatial_model\.bn\.", "spatial.norm."),
    (r"\.attn\.lora_w1_l", ".attn.qkv.lora_l"),
    (r"\.attn\.lora_w2_l", ".attn.proj.lora_l"),
    (r"\.mlp\.lora_w([12])_l", r".mlp.fc\1.lora_l"),
    (NETWORK + r"0\.", "sign_encoder.before."),
    (NETWORK + r"2\.", "sign_encoder.after."),
    (r"\.token_mixer\.in_proj_container\.q_proj\.", ".attention.query."),
    (r"\.token_mixer\.in_proj_container\.k_proj\.", ".attention.key."),
    (r"\.token_mixer\.in_proj_container\.v_proj\.", ".attention.value."),
    (r"\.token_mixer\.proj\.", ".attention.out."),
    (r"\.mlp\.mlp\.", ".mlp."),
    (r"\.layer_scale_", ".scale"),
    (r"^sign_model\.post_model\.fc_hidden\.", "prototypes.project."),
    (r"^sign_model\.post_model\.vocab_embedding$", "prototypes.vectors"),
    (r"^sign_model\.post_model\.((class|time)_temperature)$", r"prototypes.\1"),
    (r"^lang_model\.model\.", "decoder.model."),
    (r"\.self_attn\.adaptor_gate$", ".self_attn.gate"),
    (r"\.self_attn\.adaptor_lora_w([qkv])_l", r".self_attn.cross_lora.\1_l"),
    (r"\.self_attn\.lora_w([qkv])_l", r".self_attn.lora.\1_l"),
    (r"\.self_attn\.lora_wo_l", ".self_attn.lora.out_l"),
    (r"_l1\.weight$", ".a"),
    (r"_l2\.weight$", ".b"),
    (r"^post_model\.fc\.", "decoder.memory.linear."),
    (r"^post_model\.pos_encoder\.(pos|position_embeddings\.weight)$", "decoder.memory.positions"),
]
COMPUTED = re.compile(r"\.(inv_freq|pos_emb\.pos|embed_positions\.weights|num_batches_tracked)$")
OPTIONAL = {"spatial.backbone.mask_token", "spatial.norm.num_batches_tracked"}


def kind_of(weights: dict[str, Tensor], where: str = "weights") -> Kind:
    """Whose weights these are, by their names; ``where`` is what an error names.

    Raises:
        UserError: they are of no model that we can read.
    """
    if any(key.startswith(("lang_model.", "sign_model.sign_model.")) for key in weights):
        return "stage2"
    if any(key.startswith(("sign_model.", "post_model.fc_hidden.")) for key in weights):
        return "stage1"
    if "patch_embed.proj.weight" in weights:
        return "dinov2"
    if "model.embed_tokens.weight" in weights:
        return "xglm"
    some = ", ".join(sorted(weights)[:3])
    raise UserError(f"{where}: of an unknown model ({some}, ...); known: the official Sign2GPT, DINOv2, XGLM")


def convert_state_dict(reference: dict[str, Tensor], *, vocabulary: int | None = None) -> dict[str, Tensor]:
    """The official implementation's weights, of either stage, under our names and in our shapes.

    What can be computed or is stored twice is left out; a name that we do not know stays as it is, so that
    `load_converted` tells it.

    Args:
        vocabulary: size of the language model's own; embedding rows after it are new tokens.
    """
    if kind_of(reference) == "stage1":
        reference = {f"sign_model.{key}": value for key, value in reference.items()}
    ours = {rename(key): value for key, value in reference.items() if not _redundant(key, value, reference)}
    for key, value in ours.items():
        if key == "prototypes.vectors":
            ours[key] = value.flatten(1).T.contiguous()  # (D, V, 1) -> (V, D)
        elif key.endswith((".gate", "_temperature")):
            ours[key] = value.flatten()
        elif key == "decoder.memory.positions":
            ours[key] = value.view(value.shape[-2:])
    rows = ours.get("decoder.model.embed_tokens.weight")
    if rows is not None and vocabulary is not None and len(rows) > vocabulary:
        ours["decoder.model.embed_tokens.weight"], ours["decoder.new_tokens"] = rows[:vocabulary], rows[vocabulary:]
    return ours


def rename(key: str) -> str:
    """A name of the official implementation's second stage -> ours."""
    for pattern, ours in RENAMES:
        key = re.sub(pattern, ours, key)
    return key


def load_converted(model: nn.Module, ours: dict[str, Tensor], where: str = "checkpoint") -> None:
    """Loads converted weights.

    Raises:
        UserError: names are missing or unknown, or shapes differ; all of them in one error.
    """
    load_exactly(model, ours, where, optional=OPTIONAL.__contains__)


def _redundant(key: str, value: Tensor, reference: dict[str, Tensor]) -> bool:
    """Whether a tensor is computed, stored twice, or zero by definition."""
    if key == "lang_model.lm_head.weight":
        return torch.equal(value, reference.get("lang_model.model.embed_tokens.weight", value))
    if key == "sign_model.post_model.zero_embedding":
        return not value.any()
    if key == "post_model.pos_encoder.pos":
        return torch.allclose(value[0], sinusoid(torch.arange(value.shape[-2]), value.shape[-1]), atol=1e-3)
    return COMPUTED.search(key) is not None
