"""`sign2gpt synth` and `sign2gpt sign`: video of the procedural signer; its signs are invented."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sign2gpt.cli.options import EngineOption, RecipeArgument, SetOption, WorkersOption, workers_of


def synth(
    recipe: RecipeArgument,
    out: Annotated[Path, typer.Argument(help="Folder of the corpus to make.")],
    overrides: SetOption = None,
    annotations: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Release or tables of the corpus that the key `signing.annotations` names, to sign its sentences.",
        ),
    ] = None,
    workers: WorkersOption = None,
    engine: EngineOption = "local",
) -> None:
    """Render the corpus of a recipe's section `signing`.

    Run the same command to resume after a stop.
    """
    from sign2gpt.pipeline import signing_of, synthesise
    from sign2gpt.recipe import load

    synthesise(signing_of(load(recipe, overrides or [])), out, workers_of(engine, workers), annotations)


def sign(
    glosses: Annotated[str, typer.Argument(help="Glosses separated by spaces; a last ? asks, neg-GLOSS negates.")],
    out: Annotated[Path, typer.Argument(help="Video to write: .mp4, .mkv, .mov ...")],
    size: Annotated[int, typer.Option(min=32, max=1024, help="Side of the frames in pixels.")] = 256,
    signer: Annotated[int, typer.Option(min=0, help="Number of the signer.")] = 0,
    seed: Annotated[int, typer.Option(help="Seed for the small variations of this clip.")] = 0,
    overrides: Annotated[
        list[str] | None, typer.Option("--set", help="Change a key: --set signing.lexicon_seed=1 (repeatable).")
    ] = None,
) -> None:
    """Sign a line such as "REGEN MORGEN NORDEN" in an invented language.

    Each lexicon seed is another language.
    """
    from sign2gpt.common.config import build
    from sign2gpt.signing.body.render import NOTICE
    from sign2gpt.signing.body.signers import signers
    from sign2gpt.signing.clips import sign_script
    from sign2gpt.signing.config import SigningConfig
    from sign2gpt.signing.script import read_glosses
    from sign2gpt.video.encode import write_clip

    script = read_glosses(glosses)
    changes = [change.removeprefix("signing.") for change in overrides or []]
    config = build(SigningConfig, {"size": size}, changes, where="signing")
    who = signers(config.signer_seed, signer + 1)[signer]
    count = write_clip(out, sign_script(script, who, config, seed), config.frame_rate, comment=NOTICE)
    print(f"{out}: {count} frames, {count / config.frame_rate:.1f} s, by {who.name} ({NOTICE})")
