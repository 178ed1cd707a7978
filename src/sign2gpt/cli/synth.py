"""`sign2gpt synth`: renders a corpus of the procedural signer; its signs are invented."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sign2gpt.cli.options import RecipeArgument, SetOption

if TYPE_CHECKING:
    from sign2gpt.signing.config import SigningConfig


def synth(
    recipe: RecipeArgument,
    out: Annotated[Path, typer.Argument(help="Folder of the corpus to make.")],
    overrides: SetOption = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes that render; all cores where not given.")
    ] = None,
) -> None:
    """Render the corpus of a recipe's `signing` section; a run that was stopped goes on where it was."""
    from sign2gpt.common.errors import UserError
    from sign2gpt.recipe import load

    config = load(recipe, overrides or []).signing
    if config is None:
        raise UserError(f"recipe {recipe} has no section signing, so there is nothing to render")
    synthesise(config, out, workers)


def synthesise(config: SigningConfig, folder: Path, workers: int | None = None) -> None:
    """Writes the signer's corpus: joins `signing`, which makes clips, to `data`, which stores them."""
    from sign2gpt.data.corpus import CorpusInfo
    from sign2gpt.data.writer import ClipSource, write_corpus
    from sign2gpt.signing.clips import signed_clips
    from sign2gpt.signing.render import LEGIBLE, NOTICE

    info = CorpusInfo(
        name=f"invented weather {config.seed}",
        language="de",
        frame_rate=config.frame_rate,
        size=config.size,
        licence=f"Apache-2.0; {NOTICE}",
        notice=f"{NOTICE}: a program drew every sign at random (lexicon {config.lexicon_seed}); "
        f"below {LEGIBLE} pixels a white corner of the frame stands for this line",
    )
    sources = (
        ClipSource(
            split=clip.split,
            id=clip.id,
            text=clip.script.text,
            frames=clip.frames,
            signer=clip.signer,
            glosses=" ".join(clip.script.glosses),
            extra={"english": clip.script.english},
            made_from=clip.made_from,
        )
        for clip in signed_clips(config)
    )
    write_corpus(folder, info, sources, workers=workers)
