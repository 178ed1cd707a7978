"""What the house knows of a system's model: its parts, what it can do, and how it reads clips.

B clips, packed one after another: N sampled frames in all, M tokens after encoding, C their width, V pseudo-glosses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, NamedTuple

from torch import Tensor, nn

from sign2gpt.common.errors import UserError
from sign2gpt.model.config import DecodingConfig
from sign2gpt.model.decoding.hypotheses import Hypothesis, Streamer
from sign2gpt.model.language.decoder import Decoder

Capability = Literal["translate", "recognise", "localise"]


class Encoded(NamedTuple):
    """Features z (M, C) of clips, packed, and their lengths (B,) on the CPU."""

    z: Tensor
    lengths: Tensor


@dataclass(frozen=True)
class Presence:
    """All packed and float32: cosines S (M, V+1), presence E (M, V+1), and E summed over each clip (B, V)."""

    similarity: Tensor
    presence: Tensor
    scores: Tensor


@dataclass(frozen=True)
class Translated:
    """Each clip's hypotheses, best first, and what `SignModel.signals` needs to judge them."""

    hypotheses: list[list[Hypothesis]]
    context: Any = field(default=None, repr=False)


class SignModel(nn.Module):
    """A system's model. What a system cannot do it leaves as it is here.

    Attributes:
        stride: sampled frames that one token of `encode` stands for.
        place_threshold: presence over this places a pseudo-gloss at a token.
        encoder_parts: names of the parts that `see` and `encode_seen` use; without gradients there, features are kept.
    """

    stride: int = 1
    place_threshold: float = 1.0
    encoder_parts: ClassVar[tuple[str, ...]] = ()

    @property
    def can(self) -> frozenset[Capability]:
        """What this model can do, which depends on the heads that it was built with."""
        return frozenset()

    # Parts, for learning rates, freezing, tables, profiles and checkpoints.

    def parts(self) -> dict[str, nn.Module]:
        """The model's parts by name; together they hold every parameter."""
        return dict(self.named_children())

    def rate_of(self, parameter: str) -> str:
        """The key of the recipe's ``rates`` that a parameter follows, from its name in the state dict."""
        return parameter.partition(".")[0]

    def references(self) -> dict[str, list[str]]:
        """Names of the frozen weights that came from elsewhere, by what they came from."""
        return {}

    @property
    def language_model(self) -> Decoder | None:
        """The frozen language model with what was added to it, if there is one."""
        return None

    def prepare_training(self, *, checkpoint: bool, compiled: bool) -> None:
        """Makes training take less memory or time; what it computes stays the same.

        Raises:
            UserError: this model cannot.
        """
        if checkpoint or compiled:
            key = "checkpoint" if checkpoint else "compile"
            raise UserError(f"{key}: {type(self).__name__} cannot; leave it false")

    def notes(self) -> list[str]:
        """What a reader must know to compare the table of parameters with others'."""
        return []

    def fit_start(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        """Another run's weights in this model's shapes, before they are loaded to start from."""
        return weights

    # Reading clips.

    def see(self, frames: Tensor) -> Tensor:
        """What is done to each frame alone: (N, ...) -> (N, C)."""
        raise NotImplementedError

    def encode_seen(self, seen: Tensor, lengths: Tensor) -> Encoded:
        """What `see` made of B clips' frames -> their tokens."""
        raise NotImplementedError

    def encode(self, frames: Tensor, lengths: Tensor) -> Encoded:
        """Packed frames (N, ...) and lengths (B,) -> tokens (M, C) and their lengths (B,)."""
        return self.encode_seen(self.see(frames), lengths)

    # Capabilities.

    def translate(self, encoded: Encoded, decoding: DecodingConfig, streamer: Streamer | None = None) -> Translated:
        """Each clip's ``decoding.beams`` hypotheses; ``streamer`` gets a clip's number and its next id."""
        raise NotImplementedError

    def text(self, ids: Sequence[int]) -> str:
        """The sentence of a hypothesis' ids."""
        raise NotImplementedError

    def without_video(self, decoding: DecodingConfig) -> Hypothesis | None:
        """What the model writes when it sees no clip; None: it cannot write without one."""
        return None

    def localise(self, encoded: Encoded) -> Presence | None:
        """Where each pseudo-gloss is; None without a head for it."""
        return None

    # What it shows of itself.

    def signals(self, translated: Translated) -> list[dict[str, float]]:
        """For each clip, what tells a guess from a translation, besides the log-probability."""
        return [{} for _ in translated.hypotheses]

    def gates(self) -> list[list[float]]:
        """How far each head's gate to the clip is open, 0..1: a list per layer; empty without gates."""
        return []

    def attention(self, z: Tensor, text: str) -> tuple[list[str], Tensor] | None:
        """The words of a text and where in one clip z (T, C) each comes from, (W, T); None: it does not show this."""
        return None


def encoder_weights(model: SignModel) -> dict[str, Tensor]:
    """A copy of the weights of `SignModel.encoder_parts`, on the CPU."""
    prefixes = tuple(f"{part}." for part in model.encoder_parts)
    state: Mapping[str, Tensor] = model.state_dict()
    return {name: value.detach().cpu().clone() for name, value in state.items() if name.startswith(prefixes)}


def moving_weights(model: nn.Module) -> dict[str, Tensor]:
    """All of a model's state but its frozen parameters, on the CPU: what a checkpoint has to hold."""
    frozen = {name for name, parameter in model.named_parameters() if not parameter.requires_grad}
    state = model.state_dict()
    return {name: tensor.detach().cpu().contiguous() for name, tensor in state.items() if name not in frozen}


def parameter_table(model: SignModel) -> dict[str, dict[str, int]]:
    """Counts of each part and of all, each ``total`` and ``trainable`` (MODEL.md 7)."""
    table = {name: _count(part) for name, part in model.parts().items()}
    table["total"] = {key: sum(row[key] for row in table.values()) for key in ("total", "trainable")}
    return table


def _count(part: nn.Module) -> dict[str, int]:
    parameters = list(part.parameters())
    return {
        "total": sum(parameter.numel() for parameter in parameters),
        "trainable": sum(parameter.numel() for parameter in parameters if parameter.requires_grad),
    }
