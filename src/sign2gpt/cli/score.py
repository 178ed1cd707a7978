"""`sign2gpt score`: sentences against references, under a named protocol."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from sign2gpt.cli.options import JsonOption, emit


def score(
    hypotheses: Annotated[Path, typer.Option(help="Translations, UTF-8, a sentence a line.")],
    references: Annotated[Path, typer.Option(help="References, UTF-8, a sentence a line.")],
    protocol: Annotated[str, typer.Option(help="phoenix14t, csl-daily, how2sign or plain.")],
    baseline: Annotated[
        Path | None, typer.Option(help="Another system's translations: also tests the difference (paired bootstrap).")
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="Language of the texts (de, en, zh): also counts content words and facts.")
    ] = None,
    function_words: Annotated[
        Path | None, typer.Option(help="Words that how2sign's reduced BLEU drops, one a line; none: our own list.")
    ] = None,
    bootstrap: Annotated[int, typer.Option(min=0, help="Resamples of the intervals; 0: none.")] = 1000,
    confidence: Annotated[float, typer.Option(min=0.01, max=0.999, help="Mass of the intervals.")] = 0.95,
    seed: Annotated[int, typer.Option(help="Draws the resamples.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """BLEU-1..4, ROUGE-L and chrF (0..100) with intervals; the field's protocols make them comparable."""
    from rich.console import Group, RenderableType

    from sign2gpt.common.files import read_lines
    from sign2gpt.evaluation.config import EvaluationConfig
    from sign2gpt.evaluation.content import content
    from sign2gpt.evaluation.tables import content_table, difference_table, protocol_lines, score_table
    from sign2gpt.metrics.paired import compare
    from sign2gpt.metrics.protocols import protocol as find_protocol
    from sign2gpt.metrics.protocols import reduced
    from sign2gpt.metrics.scores import protocol_line
    from sign2gpt.metrics.scores import score as scored

    ours, theirs = read_lines(hypotheses), read_lines(references)
    chosen = find_protocol(protocol)
    chosen.check(ours, str(hypotheses))
    if function_words is not None:
        chosen = reduced(chosen, read_lines(function_words))
    draw = {"bootstrap": bootstrap, "seed": seed, "confidence": confidence}
    card = scored(ours, theirs, chosen, **draw)
    line = protocol_line(chosen, card.sentences)
    document: dict[str, Any] = {name: found.score for name, found in card.scores.items()}
    document |= asdict(card) | draw | {"protocol_line": line}
    shown: list[RenderableType] = [score_table(card, confidence, *protocol_lines(chosen, line))]
    if language is not None:
        config = EvaluationConfig(protocol=protocol, bootstrap=bootstrap, confidence=confidence)
        found = content(ours, theirs, language, config, seed)
        document["content"] = found.model_dump()
        shown += ["", content_table(found, confidence)]
    if baseline is not None:
        others = read_lines(baseline)
        chosen.check(others, str(baseline))
        resamples = bootstrap or 1000
        differences = compare(ours, others, theirs, chosen, **(draw | {"bootstrap": resamples}))
        document["difference"] = {name: vars(found) for name, found in differences.items()}
        shown.append(difference_table(differences, confidence, resamples))
    emit(document, Group(*shown), as_json)
