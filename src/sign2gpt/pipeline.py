"""What is made from a recipe, step by step: corpus, pseudo-glosses, language model, pretraining, translation training.

The command line and the demo call these functions. Each resumes where it was stopped, and leaves finished work alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sign2gpt.common.errors import Problems, UserError
from sign2gpt.common.progress import bar, say

if TYPE_CHECKING:
    from sign2gpt.common.engine import Workers
    from sign2gpt.data.corpus import ClipRow, Corpus, CorpusInfo
    from sign2gpt.data.glosses.pseudo_glosses import PseudoGlosses
    from sign2gpt.data.glosses.taggers import CachedTagger
    from sign2gpt.evaluation.glosses.survey import Survey
    from sign2gpt.inference.translator import Translator
    from sign2gpt.model.runs.calibration import Calibration
    from sign2gpt.model.runs.run import StageName
    from sign2gpt.recipe import Recipe
    from sign2gpt.signing.annotated import AnnotatedSentence
    from sign2gpt.signing.clips import SignedClip
    from sign2gpt.signing.config import Annotations, SigningConfig
    from sign2gpt.training.job import Job
    from sign2gpt.training.stage import Stage


def signing_of(recipe: Recipe) -> SigningConfig:
    """A recipe's section `signing`.

    Raises:
        UserError: it has none.
    """
    if recipe.signing is None:
        raise UserError(f"recipe {recipe.name} has no section signing, so there is nothing to render")
    return recipe.signing


def synthesise(config: SigningConfig, folder: Path, workers: Workers = None, annotations: Path | None = None) -> None:
    """Writes the procedural signer's corpus: the room `signing` makes the clips, the room `data` stores them.

    Raises:
        UserError: as `clips`, or the corpus cannot be written.
    """
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
    write_corpus(folder, _corpus_info(config), sources, workers, unsigned=unsigned)


def clips(config: SigningConfig, annotations: Path | None = None) -> tuple[Iterator[SignedClip], list[str]]:
    """The clips of a corpus, and the training sentences that get none.

    Args:
        annotations: folder with the sentences of the corpus that ``config.annotations`` names.

    Raises:
        UserError: only one of the two is given, or the sentences cannot be read.
    """
    from sign2gpt.signing.annotated import annotated_clips, unsigned
    from sign2gpt.signing.clips import signed_clips

    if config.annotations is None:
        if annotations is not None:
            raise UserError(f"--annotations {annotations}: the recipe has no key signing.annotations")
        return signed_clips(config), []
    if annotations is None:
        raise UserError(f"the recipe signs sentences of {config.annotations}; name their folder: --annotations DIR")
    sentences = _sentences(config, config.annotations, annotations)
    return annotated_clips(config, sentences), unsigned(config, sentences)


def _corpus_info(config: SigningConfig) -> CorpusInfo:
    from sign2gpt.data.corpus import CorpusInfo
    from sign2gpt.data.importers.annotations import ANNOTATED
    from sign2gpt.signing.body.render import LEGIBLE, NOTICE

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


def _sentences(config: SigningConfig, corpus: Annotations, folder: Path) -> dict[str, list[AnnotatedSentence]]:
    """The sentences of each split; those without glosses are reported and left out."""
    from sign2gpt.data.importers.annotations import ANNOTATED, read_annotations
    from sign2gpt.data.importers.release import SHOWN, counted
    from sign2gpt.signing.annotated import MOST_SIGNS, SPLITS, AnnotatedSentence
    from sign2gpt.signing.language.lexicon import Lexicon
    from sign2gpt.signing.language.transcription import transcribe

    lexicon, real = Lexicon(config.lexicon_seed), ANNOTATED[corpus]
    sentences: dict[str, list[AnnotatedSentence]] = {split: [] for split in SPLITS}
    silent, problems = list[str](), Problems(str(folder))
    for entry in read_annotations(real, folder):
        glosses, seconds = entry.glosses or "", entry.num_frames / real.frame_rate if entry.num_frames else None
        signs = len(transcribe(glosses, corpus, lexicon))
        if signs > MOST_SIGNS:
            problems.add(f"{entry.named} has {signs:,} signs; a sentence of over {MOST_SIGNS} is damaged")
        elif signs:
            sentences[entry.split].append(AnnotatedSentence(entry.id, entry.text, glosses, seconds))
        else:
            silent.append(entry.named)
    problems.raise_if_any(SHOWN)
    if silent:
        say(f"left out, no glosses to sign: {counted(silent)}")
    return sentences


@dataclass(frozen=True)
class GlossesMade:
    """Pseudo-glosses as they were stored with a corpus, and what was measured on the way."""

    corpus: Corpus
    tagger: CachedTagger
    glosses: PseudoGlosses
    survey: Survey


def make_glosses(folder: Path, recipe: Recipe, tagger: str | None = None, *, neighbours: bool = False) -> GlossesMade:
    """Tags a corpus' sentences and stores the pseudo-glosses with it.

    Args:
        tagger: its name. [default: from the recipe, or that of the corpus' language]
        neighbours: also compare the glosses' word vectors, which takes longer.

    Raises:
        UserError: no such tagger, or a corpus without sentences or without a folder of its own.
    """
    from sign2gpt.common.files import clear_partial
    from sign2gpt.common.locks import LOCK, locked
    from sign2gpt.data.corpus import Corpus
    from sign2gpt.data.glosses.pseudo_glosses import make_pseudo_glosses
    from sign2gpt.data.glosses.taggers import CachedTagger, open_tagger
    from sign2gpt.evaluation.glosses.survey import survey

    corpus = Corpus.open(folder)
    corpus.need_files("make pseudo-glosses in")
    by = CachedTagger(open_tagger(tagger or recipe.data.tagger, corpus.info.language))
    with locked(folder, folder / LOCK):
        made = make_pseudo_glosses(corpus, recipe.data, by)
        found = survey(corpus, made, by, recipe.evaluation, recipe.seed, recipe.data.vectors if neighbours else None)
        clear_partial(folder)
        made.save(folder)
    return GlossesMade(corpus, by, made, found)


def train_lm(recipe: Recipe) -> Path:
    """Trains the small language model and its tokenizer, and stores its perplexity on dev; returns its folder.

    Raises:
        UserError: there are no sentences, or the folder already exists with other settings.
    """
    from sign2gpt.common.files import read_lines, write_json
    from sign2gpt.data.corpus import Corpus
    from sign2gpt.training.claim import State
    from sign2gpt.training.language_model import train_language_model
    from sign2gpt.training.perplexity import perplexity

    plan, corpus = recipe.lm, None
    folder = Path(plan.output)
    if plan.text is None:
        corpus = Corpus.open(recipe.data.corpus, recipe.data.shards_gb)
        sentences = corpus.sentences()
    else:
        sentences = read_lines(Path(plan.text))
    if train_language_model(plan, sentences, recipe.seed) is State.FINISHED:
        say(f"{folder} is finished; nothing to train")
    dev: list[str] = []
    if plan.dev_text is not None:
        dev = read_lines(Path(plan.dev_text))
    elif corpus and "dev" in corpus.splits:
        dev = [row.text for row in corpus.rows("dev")]
    if dev:
        found = perplexity(folder, dev)
        write_json(folder / "perplexity.json", found.model_dump())
        say(f"dev: {found}")
    return folder


def job_of(recipe: Recipe) -> Job:
    """The parts of a recipe that both trainings share."""
    from sign2gpt.training.job import Job

    return Job(
        seed=recipe.seed,
        data=recipe.data,
        frames=recipe.frames,
        model=recipe.model,
        save=recipe.save,
        protocol=recipe.evaluation.protocol,
        recipe=recipe.model_dump(mode="json"),
    )


def stage_of(recipe: Recipe, name: StageName) -> Stage:
    """A stage of the recipe's system.

    Raises:
        UserError: the system has no such stage.
    """
    from sign2gpt.systems import system_named

    system = system_named(recipe.model.system)
    if name not in system.stages:
        raise UserError(f"model.system {system.name} has no stage {name}; it has {' and '.join(system.stages)}")
    return system.stage(name)


def run_recipe(recipe: Recipe, name: StageName) -> Path:
    """Runs a stage of a recipe; the run folder. See `sign2gpt.training.stage.run_stage`."""
    from sign2gpt.training.stage import run_stage

    return run_stage(stage_of(recipe, name), job_of(recipe), getattr(recipe, name))


def train(recipe: Recipe) -> Path:
    """Trains to translate, then calibrates the run; returns its folder."""
    folder = run_recipe(recipe, "train")
    _calibrate_once(folder, recipe)
    return folder


def _calibrate_once(folder: Path, recipe: Recipe) -> None:
    """Calibrates a finished training on all of dev, unless that is done or dev is too small; one process does it."""
    from sign2gpt.common.processes import Processes
    from sign2gpt.data.corpus import Corpus
    from sign2gpt.inference.calibrate import FALSE_ALARMS, check_enough
    from sign2gpt.inference.translator import Translator
    from sign2gpt.model.runs.run import TRUST

    if not Processes().main or (folder / TRUST).exists():
        return
    rows = Corpus.open(recipe.data.corpus, recipe.data.shards_gb).rows("dev")
    try:
        check_enough(rows)
    except UserError as error:
        say(f"{folder} is not calibrated, so its translations carry no warning where they are guesses. {error}")
        return
    calibrate(Translator.from_pretrained(folder), rows, FALSE_ALARMS)


def calibrate(translator: Translator, rows: Sequence[ClipRow], false_alarms: float) -> Calibration:
    """Measures what is usual on clips like those of a run's training, and stores it with the run.

    Raises:
        UserError: too few clips, or a run that does not translate.
    """
    from sign2gpt.inference.calibrate import calibrate as measure
    from sign2gpt.inference.calibrate import check_enough
    from sign2gpt.model.runs.run import write_calibration

    check_enough(rows, false_alarms)
    translator.require("translate")  # a run without one is refused before the bar begins
    with bar(f"calibrate on {rows[0].split}", len(rows)) as shown:
        found = measure(translator, rows, false_alarms, shown.advance)
    write_calibration(translator.run.folder, found)
    return found
