"""`sign2gpt synth`: renders a corpus of the procedural signer; its signs are invented."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sign2gpt.cli.options import RecipeArgument, SetOption

if TYPE_CHECKING:
    from sign2gpt.data.corpus import CorpusInfo
    from sign2gpt.signing.annotated import Sentence
    from sign2gpt.signing.config import SigningConfig


def synth(
    recipe: RecipeArgument,
    out: Annotated[Path, typer.Argument(help="Folder of the corpus to make.")],
    overrides: SetOption = None,
    annotations: Annotated[
        Path | None,
        typer.Option(help="Release (or tables) of the corpus that `signing.annotations` names, to sign its sentences."),
    ] = None,
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
    if config.annotations and annotations is None:
        raise UserError(f"recipe {recipe} signs the sentences of {config.annotations}; name them: --annotations DIR")
    if annotations is not None and not config.annotations:
        raise UserError(f"recipe {recipe} has no key signing.annotations: it signs weather reports, not {annotations}")
    synthesise(config, out, workers, annotations)


def synthesise(
    config: SigningConfig, folder: Path, workers: int | None = None, annotations: Path | None = None
) -> None:
    """Writes the signer's corpus: joins `signing`, which makes clips, to `data`, which reads tables and stores clips.

    ``annotations`` is where the sentences of the corpus ``config.annotations`` are.
    """
    from sign2gpt.data.writer import ClipSource, write_corpus
    from sign2gpt.signing.annotated import annotated_clips
    from sign2gpt.signing.clips import signed_clips

    clips = signed_clips(config) if annotations is None else annotated_clips(config, _sentences(config, annotations))
    sources = (
        ClipSource(
            split=clip.split,
            id=clip.id,
            text=clip.script.text,
            frames=clip.frames,
            signer=clip.signer,
            glosses=" ".join(clip.script.glosses),
            extra={"english": clip.script.english} if clip.script.english else {},
            made_from=clip.made_from,
            num_frames=clip.num_frames or 0,
        )
        for clip in clips
    )
    write_corpus(folder, _info(config), sources, workers=workers)


def _info(config: SigningConfig) -> CorpusInfo:
    from sign2gpt.data.annotations import ANNOTATED
    from sign2gpt.data.corpus import CorpusInfo
    from sign2gpt.signing.render import LEGIBLE, NOTICE

    name, language, licence = f"invented weather {config.seed}", "de", f"Apache-2.0; {NOTICE}"
    if config.annotations:
        real = ANNOTATED[config.annotations]
        name, language = f"signed {real.name} {config.seed}", real.language
        licence = f"texts and glosses of {real.name}: {real.licence}; video: {licence}"
    return CorpusInfo(
        name=name,
        language=language,
        frame_rate=config.frame_rate,
        size=config.size,
        licence=licence,
        notice=f"{NOTICE}: a program drew every sign at random (lexicon {config.lexicon_seed}); "
        f"below {LEGIBLE} pixels a white corner of the frame stands for this line",
    )


def _sentences(config: SigningConfig, folder: Path) -> dict[str, list[Sentence]]:
    """The sentences of each split; those that have nothing to sign are told and left out."""
    from sign2gpt.common.progress import console
    from sign2gpt.data.annotations import ANNOTATED, read_annotations
    from sign2gpt.data.importing import counted
    from sign2gpt.signing.annotated import SPLITS, Sentence
    from sign2gpt.signing.lexicon import Lexicon
    from sign2gpt.signing.transcription import transcribe

    assert config.annotations is not None, "a recipe names the corpus whose annotations are given"
    entries, lexicon = read_annotations(config.annotations, folder), Lexicon(config.lexicon_seed)
    silent = {entry.id for entry in entries if not transcribe(entry.glosses or "", config.annotations, lexicon)}
    if silent:
        console.print(
            f"left out, no glosses to sign: {counted([entry.named for entry in entries if entry.id in silent])}",
            markup=False,
        )
    rate = ANNOTATED[config.annotations].frame_rate
    sentences: dict[str, list[Sentence]] = {split: [] for split in SPLITS}
    for entry in entries:
        if entry.id in silent:
            continue
        seconds = entry.num_frames / rate if entry.num_frames else None
        sentences[entry.split].append(Sentence(entry.id, entry.text, entry.glosses or "", seconds))
    return sentences
