"""Any causal language model that transformers has: what its ``config.json`` tells, and its layers.

transformers is imported where such a model is used, and only there: XGLM does without.
"""

from __future__ import annotations

import re
import reprlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from sign2gpt.common.errors import Problems, UserError

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel

T = TypeVar("T")

LARGEST = {"vocab_size": 1 << 20, "hidden_size": 1 << 16, "num_hidden_layers": 1 << 10}
MOST_PARTS = 1 << 10
"""Over every count of layers, blocks or experts in a config: each is a module of its own."""
_PARTS = re.compile(r"(^|_)(n|num)_\w*(layer|block|expert)s?$|_layers$")
SCALED = ("logit_scale", "logits_scaling", "lm_head_multiplier")
"""Keys of the families that multiply their logits, which a decoder does not."""
CODE = "auto_map"
"""Where a config names code of its own; it is never run."""
IGNORED = {CODE, "attn_implementation", "experts_implementation", "use_kernels", "quantization_config", "name_or_path"}
"""Keys that make transformers import or download code, as every key that begins with an underscore may."""


@dataclass(frozen=True)
class CausalLMSizes:
    """Sizes and ids of a language model, and its ``config.json`` as it was stored."""

    stored: dict[str, Any] = field(repr=False)
    vocabulary: int
    width: int
    layers: int
    start_id: int
    end_id: int
    pad_id: int

    @classmethod
    def from_config(cls, stored: dict[str, Any], where: str) -> CausalLMSizes:
        """Reads what transformers takes for the ``model_type``; keys that are not stored have its defaults.

        Raises:
            UserError: it is no language model of text alone that transformers has, or a size or id is wrong.
        """
        config = _config(stored, where)
        problems = Problems(where)
        for key, most in LARGEST.items():
            value = getattr(config, key, None)
            if type(value) is not int or not 0 < value <= most:
                problems.add(f"{key} must be a whole number from 1 to {most}, it is {reprlib.repr(value)}")
        problems.raise_if_any()
        start, end, pad = (_first(getattr(config, f"{name}_token_id", None)) for name in ("bos", "eos", "pad"))
        ids = (end if start is None else start, end, end if pad is None else pad)
        if not all(type(value) is int and 0 <= value < config.vocab_size for value in ids):
            told = f"bos {start}, eos {end}, pad {pad}"
            raise UserError(f"{where}: {told}: eos_token_id must be an id of the vocabulary, the others too or none")
        return cls(stored, config.vocab_size, config.hidden_size, config.num_hidden_layers, *ids)

    def to_config(self) -> dict[str, Any]:
        """The ``config.json`` from which transformers and `from_config` build the same model."""
        return self.stored


def drawn_model(sizes: CausalLMSizes) -> PreTrainedModel:
    """The model with random weights, as transformers starts one.

    Raises:
        UserError: values of the config do not go together.
    """
    import torch
    from transformers import AutoModelForCausalLM

    config = _config(sizes.stored, "config.json")
    return _accepted(
        lambda: AutoModelForCausalLM.from_config(config, dtype=torch.float32, trust_remote_code=False), "config.json"
    )


def frozen_model(sizes: CausalLMSizes) -> PreTrainedModel:
    """The model without gradients and, until weights are loaded, without memory for them; raises as `drawn_model`."""
    import torch
    from torch.nn.modules.module import register_module_parameter_registration_hook

    def without_memory(_module: Any, _name: str, parameter: torch.nn.Parameter | None) -> Any:
        return None if parameter is None else torch.nn.Parameter(parameter.to("meta"), parameter.requires_grad)

    hook = register_module_parameter_registration_hook(without_memory)  # buffers, such as rotary frequencies, stay
    try:
        return drawn_model(sizes).requires_grad_(False)
    finally:
        hook.remove()


def _config(stored: dict[str, Any], where: str) -> PreTrainedConfig:
    from transformers import CONFIG_MAPPING

    kind = stored.get("model_type")
    if not isinstance(kind, str) or kind not in CONFIG_MAPPING:
        code = "; it brings code of its own, which is never run" if CODE in stored else ""
        raise UserError(f"{where}: model_type {reprlib.repr(kind)} is none that transformers has{code}")
    family = CONFIG_MAPPING[kind]
    values = {key: value for key, value in plain_values(stored).items() if key != "model_type"}
    _check_values(values, family, where)
    config: PreTrainedConfig = _accepted(lambda: family(**values), where)
    if config.is_encoder_decoder or config.get_text_config() is not config:
        what = "encoder-decoder" if config.is_encoder_decoder else "model of more than text"
        raise UserError(f"{where}: {kind} is a {what}; a decoder needs a causal language model of text alone")
    scaled = [key for key in SCALED if getattr(config, key, None) not in (None, 1)]
    if scaled:
        raise UserError(f"{where}: {scaled[0]} multiplies the logits of {kind}, which is not supported")
    return config


def plain_values(stored: dict[str, Any]) -> dict[str, Any]:
    """A config without the keys that lead transformers to code; the values in it are looked through as well."""
    kept = {key: value for key, value in stored.items() if key not in IGNORED and not str(key).startswith("_")}
    return {key: plain_values(value) if isinstance(value, dict) else value for key, value in kept.items()}


def _check_values(values: dict[str, Any], family: type, where: str) -> None:
    """Raises where a key would replace a method, or a number of parts is beyond all models."""
    problems = Problems(where)
    for key, value in values.items():
        if callable(getattr(family, key, None)):
            problems.add(f"unknown key {key}")
        if type(value) is int and value > MOST_PARTS and _PARTS.search(key):
            problems.add(f"{key} must be at most {MOST_PARTS}, it is {reprlib.repr(value)}")
    problems.raise_if_any(shown=10)


def _accepted(make: Callable[[], T], where: str) -> T:
    """What transformers makes of a config's values, or its complaint in one line."""
    from huggingface_hub.errors import StrictDataclassError

    wrong = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
    try:
        return make()
    except (StrictDataclassError, *wrong) as error:
        why = " ".join(str(error).split())
        raise UserError(f"{where}: transformers does not accept it ({reprlib.repr(why)})") from None


def _first(ids: Any) -> Any:
    """Some families have several ends; texts are written with the first."""
    return ids[0] if isinstance(ids, list) and ids else ids
