"""A visitor's text, signed in a run's invented language: glosses, or a German sentence of the weather report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sign2gpt.app.limits import Refused
from sign2gpt.common.config import build
from sign2gpt.common.errors import UserError
from sign2gpt.common.seeds import derive
from sign2gpt.signing.body.render import NOTICE
from sign2gpt.signing.body.signers import signers
from sign2gpt.signing.clips import sign_script
from sign2gpt.signing.config import SigningConfig
from sign2gpt.signing.language.german import Reading, read_german
from sign2gpt.signing.script import read_glosses
from sign2gpt.video.encode import write_clip

SIZE = 256
"""Side of the avatar's video in pixels: large enough for its notice to be legible."""


@dataclass(frozen=True)
class Signed:
    """Glosses that were signed, words that were left out, and the video's seconds."""

    glosses: str
    left_out: tuple[str, ...]
    seconds: float


def sign(text: str, out: Path, signing: Mapping[str, Any], most: int) -> Signed:
    """Writes a video of ``text``; ``signing`` is that section of the run's recipe, which defines the language.

    Raises:
        Refused: there is nothing to sign, or more than ``most`` signs.
    """
    reading = read(text)
    glosses = reading.script.glosses
    if len(glosses) > most:
        raise Refused("too_many_glosses", {"glosses": len(glosses), "most": most})
    config = build(SigningConfig, {**signing, "size": SIZE}, where="signing")
    seed = derive(0, "app", *glosses)
    signer = signers(config.signer_seed, config.signers)[seed % config.signers]
    frames = sign_script(reading.script, signer, config, seed)
    count = write_clip(out, frames, config.frame_rate, comment=NOTICE)
    return Signed(" ".join(glosses), reading.left_out, count / config.frame_rate)


def read(text: str) -> Reading:
    """A text in capital letters as glosses, any other as German.

    Raises:
        Refused: it is empty, or contains no word of the weather report.
    """
    if not any(sign.isalnum() for sign in text):
        raise Refused("no_glosses")
    if text == text.upper():
        return Reading(read_glosses(text), ())
    try:
        return read_german(text)
    except UserError:
        raise Refused("no_known_word") from None
