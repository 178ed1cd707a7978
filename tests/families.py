"""A tiny language model of each family that a decoder is built on, as transformers writes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import CONFIG_MAPPING, AutoModelForCausalLM, PreTrainedModel

from sign2gpt.model.language.causal_lm import CausalLMSizes
from sign2gpt.model.language.gated_causal_lm import GatedCausalLM
from sign2gpt.model.language.gated_layer import LoraArgs

VOCABULARY, PAD, START, END = 23, 1, 0, 2
COMMON = {"vocab_size": VOCABULARY, "pad_token_id": PAD, "bos_token_id": START, "eos_token_id": END}
SMALL = {"num_hidden_layers": 2, "num_attention_heads": 4, "hidden_size": 16, "max_position_embeddings": 64}
GROUPED = SMALL | {"num_key_value_heads": 2, "intermediate_size": 24}
SLIDING = {"sliding_window": 3, "layer_types": ["sliding_attention", "full_attention"]}
FAMILIES: dict[str, dict[str, Any]] = {
    "llama": GROUPED,  # SmolLM and SmolLM2 are Llamas too
    "qwen2": GROUPED,
    "qwen3": GROUPED | {"head_dim": 6},
    "gemma2": GROUPED | SLIDING | {"head_dim": 6, "query_pre_attn_scalar": 9, "final_logit_softcapping": 2.0},
    "gemma3_text": GROUPED | SLIDING | {"head_dim": 6},
    "smollm3": GROUPED | {"no_rope_layers": [1, 0]},
    "gpt2": SMALL,
    "opt": SMALL | {"ffn_dim": 24, "word_embed_proj_dim": 16},
}


def write_family(folder: Path, name: str, **changes: Any) -> PreTrainedModel:
    """Writes a language model with weights in which every term matters; returns it in evaluation mode."""
    torch.manual_seed(0)
    config = CONFIG_MAPPING[name](**(COMMON | FAMILIES.get(name, SMALL) | changes))
    model = AutoModelForCausalLM.from_config(config).eval()
    for parameter in model.parameters():
        parameter.data += torch.randn_like(parameter) * 0.2
    model.save_pretrained(folder)
    return model


def write_bytes(folder: Path, texts: list[str]) -> int:
    """Writes a tokenizer of byte pairs, as Llama's, Qwen's and GPT-2's are; returns how many tokens it has."""
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)  # type: ignore[assignment]
    backend.decoder = decoders.ByteLevel()  # type: ignore[assignment]
    trainer = trainers.BpeTrainer(
        vocab_size=280,
        special_tokens=["<|begin|>", "<|pad|>", "<|end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    backend.train_from_iterator(texts, trainer)
    backend.save(str(folder / "tokenizer.json"))
    return backend.get_vocab_size()


def build_gated(sizes: CausalLMSizes, seed: int = 0, new_tokens: int = 0) -> GatedCausalLM:
    """A decoder of such a language model for features (T, 12), without the language model's weights."""
    torch.manual_seed(seed)
    lora = LoraArgs(rank=2, alpha=4.0, dropout=0.1, init_std=0.2)
    return GatedCausalLM(
        sizes,
        lora=lora,
        cross_lora=lora,
        features=12,
        memory_positions="sinusoidal",
        memory_tokens=5,
        start_id=sizes.start_id,
        end_id=sizes.end_id,
        new_tokens=new_tokens,
    )
