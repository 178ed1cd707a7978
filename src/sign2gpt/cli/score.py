"""`sign2gpt score`: sentences against references, under a named protocol."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from sign2gpt.cli.completion import protocols
from sign2gpt.cli.options import JsonOption, emit
from sign2gpt.common.errors import UserError

STDIN = Path("-")


def score(
    protocol: Annotated[
        str, typer.Option(help="What is done to both texts before they are compared (above).", autocompletion=protocols)
    ],
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="HYP REF", help="Translations and references, UTF-8, one sentence per line; -: stdin."),
    ] = None,
    hypotheses: Annotated[Path | None, typer.Option(help="Translations, instead of HYP.")] = None,
    references: Annotated[Path | None, typer.Option(help="References, instead of REF.")] = None,
    baseline: Annotated[
        Path | None, typer.Option(help="Another system's translations: also tests the difference (paired bootstrap).")
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="Language of the texts (de, en, zh): also counts content words and facts.")
    ] = None,
    function_words: Annotated[
        Path | None,
        typer.Option(help="Words that how2sign's reduced BLEU drops, one per line.  \\[default: our own list]"),
    ] = None,
    bootstrap: Annotated[int, typer.Option(min=0, help="Resamples of the intervals; 0 leaves intervals out.")] = 1000,
    confidence: Annotated[float, typer.Option(min=0.01, max=0.999, help="Confidence level of the intervals.")] = 0.95,
    seed: Annotated[int, typer.Option(help="Seed for the resamples.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Score translations: BLEU-1..4, ROUGE-L and chrF (0..100) with intervals.

    Protocols, which scores must share to be compared:

    phoenix14t: lower case, ' .' at the end of both sides

    csl-daily: characters, punctuation kept

    how2sign: text as it stands; also lower case, and reduced BLEU

    plain: text as it stands
    """
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

    hyp, ref = _sides(files or [], hypotheses, references)
    ours, theirs = _lines(hyp), _lines(ref)
    chosen = find_protocol(protocol)
    chosen.check(ours, str(hyp))
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


def _sides(files: list[Path], hypotheses: Path | None, references: Path | None) -> tuple[Path, Path]:
    """Translations and references: those named by options, the others in the order of ``files``.

    Raises:
        UserError: there are not two, or both come from stdin.
    """
    left = list(files)
    sides = [side or (left.pop(0) if left else None) for side in (hypotheses, references)]
    hyp, ref = sides
    if hyp is None or ref is None or left:
        raise UserError("name two files: sign2gpt score HYP REF --protocol NAME")
    if hyp == ref == STDIN:
        raise UserError("stdin holds one side; name a file for the other")
    return hyp, ref


def _lines(path: Path) -> list[str]:
    from sign2gpt.common.files import LARGEST_LISTS, lines_of, read_lines

    return lines_of(sys.stdin.buffer.read(LARGEST_LISTS), "stdin") if path == STDIN else read_lines(path)
