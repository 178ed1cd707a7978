"""`sign2gpt prepare`: corpora from elsewhere in our format."""

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

app = typer.Typer(help="Make a corpus of videos and sentences.", no_args_is_help=True)


@app.callback()
def prepare() -> None:
    """Make a corpus of videos and sentences."""


@app.command()
def folder(
    source: Annotated[Path, typer.Argument(metavar="SRC", help="Folder of the tables train, dev, test and of videos.")],
    corpus: CorpusToMake,
    language: Annotated[str | None, typer.Option(help="Language of the texts (BCP 47), such as de, en or zh.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the corpus.  \\[default: that of SRC]")] = None,
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
    """Cut, scale and store the clips that three tables list.

    Tables are UTF-8: .tsv with tabs, or .csv with commas or semicolons.

    Columns: id, video, text; where wanted start, end (seconds), signer, glosses,
    crop (x,y,width,height in pixels).

    After a kill the same command goes on where it was.
    """
    from sign2gpt.common.errors import UserError
    from sign2gpt.data.folder import FolderOptions, prepare_folder

    if language is None and sys.stdin.isatty():
        language = typer.prompt("Language of the texts (BCP 47, such as de)", err=True)
    if language is None:
        raise UserError("the language of the texts is not given; add --language, such as --language de")
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


@app.command()
def how2sign(
    release: Annotated[
        Path, typer.Argument(metavar="RELEASE", help="Folder of the realigned tables and the videos, at any depth.")
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
        typer.Option("--allow-missing", help="Leave out sentences without a whole video, and absent tables."),
    ] = False,
) -> None:
    """Import How2Sign (English, ASL): its realigned sentences, cut from whole videos or as clips of their own."""
    from sign2gpt.data.how2sign import prepare_how2sign
    from sign2gpt.data.importing import ImportOptions

    prepare_how2sign(release, corpus, ImportOptions(size, fit, allow_missing, workers_of(engine, workers)), frame_rate)
    print(corpus)


@app.command()
def phoenix14t(
    release: Annotated[
        Path, typer.Argument(metavar="RELEASE", help="The release's .tar.gz as it was downloaded, or its folder.")
    ],
    corpus: CorpusToMake,
    annotation: Annotated[
        Literal["plain", "complex"],
        typer.Option(help="Glosses of train: as papers use them, or with marks (loc-, cl-, -PLUSPLUS, __ON__)."),
    ] = "plain",
    size: SizeOption = 256,
    fit: FitOption = "stretch",
    workers: WorkersOption = None,
    engine: EngineOption = "local",
    allow_missing: AllowMissingOption = False,
) -> None:
    """Import RWTH-PHOENIX-Weather 2014 T (German, DGS); an archive is read as it is, without unpacking it."""
    from sign2gpt.data.importing import ImportOptions
    from sign2gpt.data.phoenix14t import prepare_phoenix14t

    options = ImportOptions(size, fit, allow_missing, workers_of(engine, workers))
    prepare_phoenix14t(release, corpus, options, annotation)
    print(corpus)


@app.command("csl-daily")
def csl_daily(
    release: Annotated[Path, typer.Argument(metavar="RELEASE", help="Folder that CSL-Daily was unpacked to.")],
    corpus: CorpusToMake,
    size: SizeOption = 256,
    fit: FitOption = "stretch",
    workers: WorkersOption = None,
    engine: EngineOption = "local",
    allow_missing: AllowMissingOption = False,
) -> None:
    """Import CSL-Daily (Chinese, CSL): sentence_label/ and sentence/frames_512x512/ as they are released."""
    from sign2gpt.data.csl_daily import prepare_csl_daily
    from sign2gpt.data.importing import ImportOptions

    prepare_csl_daily(release, corpus, ImportOptions(size, fit, allow_missing, workers_of(engine, workers)))
    print(corpus)


@app.command()
def gfslt(
    labels: Annotated[
        Path, typer.Argument(metavar="LABELS", help="Folder of labels.train, labels.dev and labels.test.")
    ],
    videos: Annotated[
        Path, typer.Argument(metavar="VIDEOS", help="Folder that their paths of images and videos start from.")
    ],
    corpus: CorpusToMake,
    language: Annotated[str, typer.Option(help="Language of the texts (BCP 47), such as de, en or zh.")],
    frame_rate: Annotated[
        float, typer.Option(min=1, max=120, help="Frames a second: the images', and what videos are brought to.")
    ] = 25.0,
    name: Annotated[
        str | None, typer.Option(help="Name of the corpus.  \\[default: that of the labels' folder]")
    ] = None,
    licence: Annotated[str, typer.Option(help="Terms under which clips and texts may be used.")] = "unknown",
    size: SizeOption = 256,
    fit: FitOption = "stretch",
    workers: WorkersOption = None,
    engine: EngineOption = "local",
    allow_missing: AllowMissingOption = False,
) -> None:
    """Import the label files of GFSLT-VLP and its followers: gzip-compressed pickles, read without running them."""
    from sign2gpt.common.config import build
    from sign2gpt.data.corpus import CorpusInfo
    from sign2gpt.data.gfslt import prepare_gfslt
    from sign2gpt.data.importing import ImportOptions

    told = {"name": name or labels.resolve().name, "language": language, "licence": licence}
    info = build(CorpusInfo, told | {"frame_rate": frame_rate, "size": size}, where="options")
    prepare_gfslt(labels, videos, corpus, info, ImportOptions(size, fit, allow_missing, workers_of(engine, workers)))
    print(corpus)
