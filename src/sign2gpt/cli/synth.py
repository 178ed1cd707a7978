"""`sign2gpt synth`: renders a corpus of the procedural signer; its signs are invented."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sign2gpt.cli.options import EngineOption, RecipeArgument, SetOption, WorkersOption, workers_of

if TYPE_CHECKING:
    from sign2gpt.common.engine import Workers
    from sign2gpt.data.corpus import CorpusInfo
    from sign2gpt.signing.annotated import Sentence
    from sign2gpt.signing.clips import SignedClip
    from sign2gpt.signing.config import Annotations, SigningConfig


def synth(
    recipe: RecipeArgument,
    out: Annotated[Path, typer.Argument(help="Folder of the corpus to make.")],
    overrides: SetOption = None,
    annotations: Annotated[
        Path | None,
        typer.Option(help="Release (or tables) of the corpus that `signing.annotations` names, to sign its sentences."),
    ] = None,
    workers: WorkersOption = None,
    engine: EngineOption = "local",
) -> None:
    """Render the corpus of a recipe's `signing` section; a run that was stopped goes on where it was."""
    from sign2gpt.common.errors import UserError
    from sign2gpt.recipe import load

    config = load(recipe, overrides or []).signing
    if config is None:
        raise UserError(f"recipe {recipe} has no section signing, so there is nothing to render")
    synthesise(config, out, workers_of(engine, workers), annotations)


def synthesise(config: SigningConfig, folder: Path, workers: Workers = None, annotations: Path | None = None) -> None:
    """Writes the signer's corpus: joins `signing`, which makes clips, to `data`, which stores them."""
    from sign2gpt.data.writer import ClipSource, write_corpus

    made, unsigned = clips(config, annotations)
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
        for clip in made
    )
    write_corpus(folder, _info(config), sources, workers, unsigned=unsigned)


def clips(config: SigningConfig, annotations: Path | None = None) -> tuple[Iterator[SignedClip], list[str]]:
    """The clips of a corpus, and the training sentences that get none.

    Args:
        annotations: where the sentences of the corpus ``config.annotations`` are listed.

    Raises:
        UserError: only one of the two is given, or the sentences cannot be read.
    """
    from sign2gpt.common.errors import UserError
    from sign2gpt.signing.annotated import annotated_clips, unsigned
    from sign2gpt.signing.clips import signed_clips

    if config.annotations is None:
        if annotations is not None:
            raise UserError(f"nothing here signs {annotations}: the recipe has no key signing.annotations")
        return signed_clips(config), []
    if annotations is None:
        raise UserError(f"the recipe signs sentences of {config.annotations}; say where they are: --annotations DIR")
    sentences = _sentences(config, config.annotations, annotations)
    return annotated_clips(config, sentences), unsigned(config, sentences)


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


def _sentences(config: SigningConfig, corpus: Annotations, folder: Path) -> dict[str, list[Sentence]]:
    """The sentences of each split; those that have nothing to sign are told and left out."""
    from sign2gpt.common.errors import Problems
    from sign2gpt.common.progress import say
    from sign2gpt.data.annotations import ANNOTATED, read_annotations
    from sign2gpt.data.importing import SHOWN, counted
    from sign2gpt.signing.annotated import MOST_SIGNS, SPLITS, Sentence
    from sign2gpt.signing.lexicon import Lexicon
    from sign2gpt.signing.transcription import transcribe

    lexicon, real = Lexicon(config.lexicon_seed), ANNOTATED[corpus]
    sentences: dict[str, list[Sentence]] = {split: [] for split in SPLITS}
    silent, problems = list[str](), Problems(str(folder))
    for entry in read_annotations(real, folder):
        glosses, seconds = entry.glosses or "", entry.num_frames / real.frame_rate if entry.num_frames else None
        signs = len(transcribe(glosses, corpus, lexicon))
        if signs > MOST_SIGNS:
            problems.add(f"{entry.named} has {signs:,} signs; a sentence of over {MOST_SIGNS} is damaged")
        elif signs:
            sentences[entry.split].append(Sentence(entry.id, entry.text, glosses, seconds))
        else:
            silent.append(entry.named)
    problems.raise_if_any(SHOWN)
    if silent:
        say(f"left out, no glosses to sign: {counted(silent)}")
    return sentences
