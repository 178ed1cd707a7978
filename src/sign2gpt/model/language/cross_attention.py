"""Zero-gated cross-attention beside a frozen attention module that is left as it is (MODEL.md 5).

B clips, R = B x beams rows of text, L tokens of text, T tokens of memory, M width, H heads, d width of a head.
What is added stands on the module's own projections, as hooks: adapters change what they make, and what was seen of the
clip joins the heads on their way into the output projection. So whatever lies between them (rotary positions, norms of
queries and keys, sliding windows, the cache, the kernel) stays transformers'.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from sign2gpt.model.language.attention_parts import AttentionParts, widths
from sign2gpt.model.language.gated_layer import CrossAttention, Gated, LayerMemory, LoraArgs, open_gate


class GatedCrossAttention(Gated):
    """All that trains in one layer; it puts itself beside the frozen projections of ``parts``.

    Positions in attention, such as rotary ones, count tokens of text: queries to the clip are taken before they are
    applied, and the memory has positions of its own. XGLM, the paper's, has none in attention.
    """

    def __init__(self, parts: AttentionParts, lora: LoraArgs, cross_lora: LoraArgs) -> None:
        super().__init__()
        self.parts = parts
        joined, width = widths(parts.out)
        sizes = {role: (width, made) for role, made in parts.widths.items()}
        self.lora = nn.ModuleDict({role: lora.make(*size) for role, size in (sizes | {"out": (joined, width)}).items()})
        self.cross_lora = nn.ModuleDict(
            {role: cross_lora.make(*size, torch_start=role != "q") for role, size in sizes.items()}
        )
        self.gate = nn.Parameter(torch.zeros(parts.heads))
        self.cross_attention = CrossAttention(parts.scale)
        self.seen: LayerMemory | None = None
        """What the rows of the present step may see; None shuts the gates."""
        self.query: Tensor | None = None
        for roles, projection in parts.inputs.items():
            projection.register_forward_hook(partial(self._adapt, roles))
        parts.out.register_forward_pre_hook(self._join)
        parts.out.register_forward_hook(partial(self._adapt, ["out"]))

    def remember(self, memory: Tensor, mask: Tensor | None) -> LayerMemory:
        """Memory (B, T, M) -> its keys and values, those that heads share repeated for each."""
        x = self.parts.norm(memory)
        made: dict[str, Tensor] = {}
        for roles, projection in self.parts.inputs.items():
            if roles != "q":
                frozen = projection.forward(x)  # called by its name a module runs no hooks: they are the text's
                made |= zip(roles, frozen.split([self.parts.widths[role] for role in roles], -1), strict=True)
        keys, values = (self._split(role, self.cross_lora[role](x, made[role])) for role in "kv")
        shared = self.parts.heads // keys.shape[1]
        return LayerMemory(keys.repeat_interleave(shared, 1), values.repeat_interleave(shared, 1), mask)

    def _adapt(self, roles: str | list[str], projection: nn.Module, args: tuple[Tensor], made: Tensor) -> Tensor:
        """What a projection made of (R, L, M), with its adapters'; keeps the query to the clip."""
        (x,) = args
        if "q" in roles and self.seen is not None:
            self.query = self.cross_lora["q"](x, made[..., : self.parts.widths["q"]])
        if len(roles) == 1:
            return self.lora[roles[0]](x, made)
        parts = made.split([self.parts.widths[role] for role in roles], -1)
        return torch.cat([self.lora[role](x, part) for role, part in zip(roles, parts, strict=True)], -1)

    def _join(self, projection: nn.Module, args: tuple[Tensor]) -> tuple[Tensor] | None:
        """The joined heads (R, L, H d) of the self-attention, with what they see of the clip behind their gates."""
        if self.seen is None or self.query is None:
            return None
        watched = self.cross_attention(self._split("q", self.query), self.seen)  # (R, H, L, d)
        self.query = None
        (joined,) = args
        gated = open_gate(self.gate).to(watched.dtype)[:, None, None] * watched
        return (self.seen.join(joined, gated.transpose(1, 2).flatten(2)),)

    def _split(self, role: str, x: Tensor) -> Tensor:
        """(R, L, heads d) -> (R, heads, L, d), each head normalised where the family does so."""
        x = x.unflatten(-1, (-1, self.parts.head_width))
        return (self.parts.head_norms[role](x) if role in self.parts.head_norms else x).transpose(1, 2)
