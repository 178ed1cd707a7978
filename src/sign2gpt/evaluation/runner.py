"""Evaluates a run on a split: translates, scores, and computes the controls."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence, Set
from typing import TYPE_CHECKING

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import sha256
from sign2gpt.common.progress import bar
from sign2gpt.common.provenance import provenance
from sign2gpt.data.corpus import ClipRow, Corpus
from sign2gpt.data.glosses.pseudo_glosses import FILE, PseudoGlosses
from sign2gpt.data.tables import METADATA
from sign2gpt.evaluation.config import EvaluationConfig
from sign2gpt.evaluation.controls import control_scores, distinct, most_frequent, subset_scores
from sign2gpt.evaluation.record import EvaluatedCorpus, Record, ScoredSentence
from sign2gpt.evaluation.words.content import content, tagger_of
from sign2gpt.evaluation.words.support import Support, support
from sign2gpt.inference.translation import Translation
from sign2gpt.metrics.protocols import protocol
from sign2gpt.metrics.scores import protocol_line

if TYPE_CHECKING:
    from sign2gpt.inference.translator import Translator


def evaluate(translator: Translator, corpus: Corpus, split: str, config: EvaluationConfig, *decoding: str) -> Record:
    """Translates every clip of ``split`` and scores the sentences against the raw references.

    Args:
        decoding: changes to the run's recipe, such as ``beams=1``; they become part of the recipe in the results.

    Raises:
        UserError: no such split, no such key, a clip that cannot be read, or text that does not fit the protocol.
    """
    translator.require("translate")
    rows = corpus.rows(split)
    used = translator.decoding(*decoding)
    started = time.perf_counter()
    with bar(f"translate {split}", len(rows)) as shown:
        done = translator.translate_rows(rows, config.batch, shown.advance, **used.model_dump())
    seconds = time.perf_counter() - started
    recipe = translator.run.recipe
    if decoding:
        recipe = recipe | {"model": recipe["model"] | {"decoding": used.model_dump(mode="json")}}
    seed = int(recipe["seed"])
    train = [row.text for row in corpus.rows("train")] if "train" in corpus.splits else []
    sentences = _sentences(rows, done, _targets(corpus, translator.run.glosses), set(train))
    hypotheses, references = [s.hypothesis for s in sentences], [s.reference for s in sentences]
    card = config.score(hypotheses, references, seed)
    constant = {"text_only": translator.text_only(**used.model_dump()), "frequent_sentence": most_frequent(train)}
    checkpoint = _checkpoint(translator)
    frames = sum(row.num_frames for row in rows)
    return Record(
        name=recipe["name"],
        notes=recipe["notes"],
        run=str(translator.run.folder),
        system=provenance() | {"device": str(translator.device)},
        corpus=_described(corpus, split),
        recipe=recipe,
        seed=seed,
        protocol=config.protocol,
        protocol_line=protocol_line(protocol(config.protocol), len(rows), used.describe(), checkpoint),
        checkpoint=checkpoint,
        bootstrap=config.bootstrap,
        confidence=config.confidence,
        counts={
            "sentences": len(rows),
            "frames": frames,
            "in_train": sum(s.in_train for s in sentences),
            "repeated": len(sentences) - len(distinct(sentences)),
        },
        scores=card.scores,
        variants=card.variants,
        subsets=subset_scores(sentences, config, seed),
        content=content(hypotheses, references, corpus.info.language, config, seed),
        support=_support(rows, hypotheses, corpus.info.language, config, seed),
        controls=control_scores(hypotheses, references, constant, config, seed),
        timings={"seconds": round(seconds, 3), "clips_per_s": round(len(rows) / seconds, 3)},
        sentences=sentences,
    )


def _sentences(
    rows: Sequence[ClipRow], done: Sequence[Translation], targets: Mapping[str, list[str]], known: Set[str]
) -> list[ScoredSentence]:
    """Each clip with its hypothesis; ``known`` are the references of training."""
    return [
        ScoredSentence(
            id=row.id,
            signer=row.signer,
            reference=row.text,
            english=row.extra.get("english", ""),
            hypothesis=translation.text,
            log_probability=round(translation.log_probability, 4),
            pseudo_glosses=translation.pseudo_glosses,
            targets=targets.get(row.id),
            in_train=row.text in known,
        )
        for row, translation in zip(rows, done, strict=True)
    ]


def _support(
    rows: Sequence[ClipRow], hypotheses: Sequence[str], language: str, config: EvaluationConfig, seed: int
) -> Support | None:
    """Which words the clips' own glosses support; None without glosses or without the language's tagger."""
    try:
        tagger = tagger_of(language)
    except UserError:
        return None
    return support([r.text for r in rows], [r.glosses for r in rows], hypotheses, tagger, config, seed)


def _targets(corpus: Corpus, vocabulary: Sequence[str] | None) -> dict[str, list[str]]:
    """The pseudo-glosses of each reference that the run knows; empty if run or corpus has none."""
    if vocabulary is None or not (corpus.folder / FILE).exists():
        return {}
    return PseudoGlosses.open(corpus.folder).targets(vocabulary)


def _checkpoint(translator: Translator) -> str:
    """How training chose the weights, if the run states it."""
    run = translator.run
    dev = run.info.get("dev", {})
    if "bleu4" not in dev:
        return "checkpoint unknown"
    training = run.recipe["train"]
    if not training["keep_best"]:
        return "checkpoint: the last epoch"
    few = training.get("dev_clips")
    on = f"up to {few} clips of dev" if few else "dev"
    return f"checkpoint: best BLEU-4 on {on} ({dev['bleu4']:.2f}, epoch {dev['epoch']})"


def _described(corpus: Corpus, split: str) -> EvaluatedCorpus:
    info = corpus.info
    return EvaluatedCorpus(
        name=info.name,
        language=info.language,
        licence=info.licence,
        notice=info.notice,
        split=split,
        metadata_sha256=sha256(corpus.folder / split / METADATA),
    )
