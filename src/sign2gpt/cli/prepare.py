"""`sign2gpt prepare`: videos and sentences become a corpus."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from sign2gpt.cli.options import EngineOption, WorkersOption, workers_of

CorpusToMake = Annotated[Path, typer.Argument(metavar="CORPUS", help="Folder of the corpus to make.")]
SizeOption = Annotated[int, typer.Option(min=16, max=1024, help="Side of the square frames in pixels.")]
FitOption = Annotated[
    Literal["stretch", "pad", "crop"], typer.Option(help="How other shapes become a square; the paper stretches.")
]
AllowMissingOption = Annotated[
    bool, typer.Option("--allow-missing", help="Leave out clips whose video or images are missing or damaged.")
]

commands = typer.Typer(help="Make a corpus of videos and sentences.", no_args_is_help=True)


@commands.callback()
def prepare() -> None:
    """Make a corpus of videos and sentences."""


@commands.command()
def folder(
    source: Annotated[
        Path, typer.Argument(metavar="SRC", help="Folder with the tables train, dev, test and the videos.")
    ],
    corpus: CorpusToMake,
    language: Annotated[str | None, typer.Option(help="Language of the texts (BCP 47), such as de, en or zh.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the corpus.  \\[default: name of SRC]")] = None,
    frame_rate: Annotated[
        float | None, typer.Option(min=1, max=120, help="Frames per second.  \\[default: the videos' most common rate]")
    ] = None,
    size: SizeOption = 256,
    fit: FitOption = "stretch",
    licence: Annotated[str, typer.Option(help="Terms under which clips and texts may be used.")] = "unknown",
    workers: WorkersOption = None,
    engine: EngineOption = "local",
    allow_missing: AllowMissingOption = False,
) -> None:
    """Make a corpus of the clips that three tables list: cut, scaled and stored.

    Tables are UTF-8: .tsv with tabs, or .csv with commas or semicolons.

    Columns: id, video, text; optional: start, end (seconds), signer, glosses,
    crop (x,y,width,height in pixels).

    Run the same command to resume after a stop.
    """
    from sign2gpt.common.errors import UserError
    from sign2gpt.data.importers.folder import FolderOptions, prepare_folder

    if language is None and sys.stdin.isatty():
        language = typer.prompt("Language of the texts (BCP 47, such as de)", err=True)
    if language is None:
        raise UserError("the language of the texts is missing; add --language, such as --language de")
    options = FolderOptions(
        name=name or source.resolve().name,
        language=language,
        licence=licence,
        frame_rate=frame_rate,
        size=size,
        fit=fit,
        allow_missing=allow_missing,
    )
    prepare_folder(source, corpus, options, workers_of(engine, workers))
    print(corpus)


@commands.command()
def how2sign(
    release: Annotated[
        Path, typer.Argument(metavar="RELEASE", help="Folder with the realigned tables and the videos, at any depth.")
    ],
    corpus: CorpusToMake,
    frame_rate: Annotated[
        float | None, typer.Option(min=1, max=120, help="Frames per second.  \\[default: the videos' most common rate]")
    ] = None,
    size: SizeOption = 256,
    fit: FitOption = "stretch",
    workers: WorkersOption = None,
    engine: EngineOption = "local",
    allow_missing: Annotated[
        bool,
        typer.Option(
            "--allow-missing", help="Leave out sentences whose video is missing or damaged, and missing tables."
        ),
    ] = False,
) -> None:
    """Import How2Sign (English, ASL): the realigned sentences, from whole videos or from clips."""
    from sign2gpt.data.importers.how2sign import prepare_how2sign
    from sign2gpt.data.importers.release import ImportOptions

    prepare_how2sign(release, corpus, ImportOptions(size, fit, allow_missing, workers_of(engine, workers)), frame_rate)
    print(corpus)


@commands.command()
def phoenix14t(
    release: Annotated[
        Path, typer.Argument(metavar="RELEASE", help="Downloaded .tar.gz of the release, or its folder.")
    ],
    corpus: CorpusToMake,
    annotation: Annotated[
        Literal["plain", "complex"],
        typer.Option(
            help="Glosses of train: plain as in papers, or complex with marks (loc-, cl-, -PLUSPLUS, __ON__)."
        ),
    ] = "plain",
    size: SizeOption = 256,
    fit: FitOption = "stretch",
    workers: WorkersOption = None,
    engine: EngineOption = "local",
    allow_missing: AllowMissingOption = False,
) -> None:
    """Import RWTH-PHOENIX-Weather 2014 T (German, DGS), from the archive or its folder."""
    from sign2gpt.data.importers.phoenix14t import prepare_phoenix14t
    from sign2gpt.data.importers.release import ImportOptions

    options = ImportOptions(size, fit, allow_missing, workers_of(engine, workers))
    prepare_phoenix14t(release, corpus, options, annotation)
    print(corpus)


@commands.command("csl-daily")
def csl_daily(
    release: Annotated[Path, typer.Argument(metavar="RELEASE", help="Folder of the unpacked release.")],
    corpus: CorpusToMake,
    size: SizeOption = 256,
    fit: FitOption = "stretch",
    workers: WorkersOption = None,
    engine: EngineOption = "local",
    allow_missing: AllowMissingOption = False,
) -> None:
    """Import CSL-Daily (Chinese, CSL), with the folders sentence_label and sentence/frames_512x512."""
    from sign2gpt.data.importers.csl_daily import prepare_csl_daily
    from sign2gpt.data.importers.release import ImportOptions

    prepare_csl_daily(release, corpus, ImportOptions(size, fit, allow_missing, workers_of(engine, workers)))
    print(corpus)


@commands.command()
def gfslt(
    labels: Annotated[
        Path, typer.Argument(metavar="LABELS", help="Folder with labels.train, labels.dev and labels.test.")
    ],
    videos: Annotated[Path, typer.Argument(metavar="VIDEOS", help="Folder that the paths in the labels start from.")],
    corpus: CorpusToMake,
    language: Annotated[str, typer.Option(help="Language of the texts (BCP 47), such as de, en or zh.")],
    frame_rate: Annotated[
        float, typer.Option(min=1, max=120, help="Frames per second of the images, and of the clips made from videos.")
    ] = 25.0,
    name: Annotated[str | None, typer.Option(help="Name of the corpus.  \\[default: name of LABELS]")] = None,
    licence: Annotated[str, typer.Option(help="Terms under which clips and texts may be used.")] = "unknown",
    size: SizeOption = 256,
    fit: FitOption = "stretch",
    workers: WorkersOption = None,
    engine: EngineOption = "local",
    allow_missing: AllowMissingOption = False,
) -> None:
    """Import the label files of GFSLT-VLP: gzip-compressed pickles, read without running code."""
    from sign2gpt.common.config import build
    from sign2gpt.data.corpus import CorpusInfo
    from sign2gpt.data.importers.gfslt import prepare_gfslt
    from sign2gpt.data.importers.release import ImportOptions

    named = {"name": name or labels.resolve().name, "language": language, "licence": licence}
    info = build(CorpusInfo, named | {"frame_rate": frame_rate, "size": size}, where="options")
    prepare_gfslt(labels, videos, corpus, info, ImportOptions(size, fit, allow_missing, workers_of(engine, workers)))
    print(corpus)
