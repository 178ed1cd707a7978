"""`sign2gpt localize`: where in a video each pseudo-gloss is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sign2gpt.cli.options import JsonOption, RunArgument, emit, video_of


def localize(
    run: RunArgument,
    video: Annotated[str, typer.Argument(help="A video, a GIF or a folder of images; - reads a video from a pipe.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Picture (.png, .svg, .pdf), .json, or ELAN's .eaf.")
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Presence over this places a pseudo-gloss.  \\[default: the recipe's]"),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Place pseudo-glosses in time, as in the paper's Figure 4."""
    from rich.markup import escape
    from rich.table import Table

    from sign2gpt.common.errors import UserError
    from sign2gpt.common.files import check_output, write_json
    from sign2gpt.inference.translation import FORMAT
    from sign2gpt.inference.translator import Translator

    kinds = (".png", ".svg", ".pdf", ".json", ".eaf")
    if output is not None and output.suffix.lower() not in kinds:
        raise UserError(f"{output}: cannot write {output.suffix or 'a file without an ending'}; use {', '.join(kinds)}")
    if output is not None:
        check_output(output)
    translator = Translator.from_pretrained(run)
    source = video_of(video)
    found, frames = translator.localize(source)
    placed = found.placed(translator.run.config.prototypes.place_threshold if threshold is None else threshold)
    document = {
        "format": FORMAT,
        "video": str(source),
        "duration_s": found.duration_s,
        "pseudo_glosses": [vars(gloss) for gloss in placed],
    }
    if output is not None and output.suffix.lower() == ".json":
        write_json(output, document)
    elif output is not None and output.suffix.lower() == ".eaf":
        from sign2gpt.inference.elan import write_eaf

        write_eaf(
            output,
            source if isinstance(source, Path) else None,
            {"pseudo-glosses": [(g.start_s, g.end_s, g.gloss) for g in placed]},
        )
    elif output is not None:
        from sign2gpt.evaluation.localisation import save_picture

        save_picture(output, frames, found, placed)
    table = Table("pseudo-gloss", "from", "to", "presence", box=None)
    for gloss in placed:
        table.add_row(escape(gloss.gloss), f"{gloss.start_s:.2f} s", f"{gloss.end_s:.2f} s", f"{gloss.score:.2f}")
    emit(document, table, as_json)
