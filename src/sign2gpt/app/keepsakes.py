"""What a visitor may take along of a translation: captions in the usual formats, a picture of the pseudo-glosses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from sign2gpt.common.errors import UserError
from sign2gpt.inference.caption_files import WRITERS, write_captions
from sign2gpt.inference.captions import Caption
from sign2gpt.inference.translator import Translator


def write_keepsakes(
    translator: Translator, video: Path, captions: Sequence[Mapping[str, Any]], folder: Path
) -> list[str]:
    """Writes all files of the captions of ``video`` into ``folder`` and returns their names.

    A picture comes where the video is one sentence, the run places pseudo-glosses and a font here has their letters.

    Raises:
        UserError: the video cannot be read again.
    """
    found = TypeAdapter(list[Caption]).validate_python(captions)
    names = [f"captions{suffix}" for suffix in WRITERS]
    for name in names:
        write_captions(folder / name, found, video)
    if len(found) == 1 and found[0].pseudo_glosses is not None:
        from sign2gpt.evaluation.localisation import save_picture

        placed, frames = translator.localize(video)
        with suppress(UserError):
            save_picture(folder / "pseudo-glosses.png", frames, placed, found[0].pseudo_glosses)
            names.append("pseudo-glosses.png")
    return names
