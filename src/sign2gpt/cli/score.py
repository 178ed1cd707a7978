"""`sign2gpt score` and `sign2gpt compare`: sentences against references, and systems against each other."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from sign2gpt.cli.options import JsonOption, complete_protocol, emit
from sign2gpt.common.errors import UserError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from sign2gpt.metrics.protocols import Protocol

STDIN = Path("-")


HypRefArgument = Annotated[
    list[Path] | None,
    typer.Argument(metavar="HYP REF", help="Translations and references, UTF-8, one sentence per line; - reads stdin."),
]
ProtocolOption = Annotated[
    str,
    typer.Option(
        help="How both texts are normalised before they are compared (see above).", autocompletion=complete_protocol
    ),
]
BaselineOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Translations of another system: also test the difference (paired bootstrap)."),
]
LanguageOption = Annotated[
    str | None, typer.Option(help="Language of the texts (de, en, zh): also score content words and facts.")
]
FunctionWordsOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Words that reduced BLEU of how2sign leaves out, one per line.  \\[default: built-in list]",
    ),
]
ConfidenceOption = Annotated[float, typer.Option(min=0.01, max=0.999, help="Confidence level of the intervals.")]
SeedOption = Annotated[int, typer.Option(help="Seed for the resamples.")]


def score(
    protocol: ProtocolOption,
    files: HypRefArgument = None,
    hypotheses: Annotated[Path | None, typer.Option(metavar="FILE", help="Translations, instead of HYP.")] = None,
    references: Annotated[Path | None, typer.Option(metavar="FILE", help="References, instead of REF.")] = None,
    baseline: BaselineOption = None,
    language: LanguageOption = None,
    function_words: FunctionWordsOption = None,
    bootstrap: Annotated[int, typer.Option(min=0, help="Resamples for the intervals; 0 for none.")] = 1000,
    confidence: ConfidenceOption = 0.95,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Score translations: BLEU-1..4, ROUGE-L and chrF (0..100) with intervals.

    Compare scores only under the same protocol:

    phoenix14t: lower case, ' .' at the end of both sides

    csl-daily: characters, punctuation kept

    how2sign: text as it stands; also lower case, and reduced BLEU

    plain: text as it stands
    """
    from rich.console import Group

    from sign2gpt.common.files import read_lines
    from sign2gpt.evaluation.tables import protocol_lines, score_table
    from sign2gpt.metrics.protocols import protocol as find_protocol
    from sign2gpt.metrics.protocols import reduced
    from sign2gpt.metrics.scores import protocol_line
    from sign2gpt.metrics.scores import score as measure

    hyp, ref = _sides(files or [], hypotheses, references)
    ours, theirs = _lines(hyp), _lines(ref)
    chosen = find_protocol(protocol)
    chosen.check(ours, str(hyp))
    if function_words is not None:
        chosen = reduced(chosen, read_lines(function_words))
    settings: dict[str, Any] = {"bootstrap": bootstrap, "seed": seed, "confidence": confidence}
    card = measure(ours, theirs, chosen, **settings)
    line = protocol_line(chosen, card.sentences)
    document: dict[str, Any] = {name: found.score for name, found in card.scores.items()}
    document |= asdict(card) | settings | {"protocol_line": line}
    shown: list[RenderableType] = [score_table(card, confidence, *protocol_lines(chosen, line))]
    if language is not None:
        document["content"], table = _content(ours, theirs, language, protocol, settings)
        shown += ["", table]
    if baseline is not None:
        document["difference"], table = _difference(ours, baseline, theirs, chosen, settings)
        shown.append(table)
    emit(document, Group(*shown), as_json)


def _content(
    hypotheses: list[str], references: list[str], language: str, protocol: str, settings: dict[str, Any]
) -> tuple[dict[str, Any], RenderableType]:
    """Content words and facts, for JSON and as a table."""
    from sign2gpt.evaluation.config import EvaluationConfig
    from sign2gpt.evaluation.tables import content_table
    from sign2gpt.evaluation.words.content import content

    confidence = settings["confidence"]
    config = EvaluationConfig(protocol=protocol, bootstrap=settings["bootstrap"], confidence=confidence)
    found = content(hypotheses, references, language, config, settings["seed"])
    return found.model_dump(), content_table(found, confidence)


def _difference(
    hypotheses: list[str], baseline: Path, references: list[str], protocol: Protocol, settings: dict[str, Any]
) -> tuple[dict[str, Any], RenderableType]:
    """Differences from a baseline's translations, for JSON and as a table."""
    from sign2gpt.common.files import read_lines
    from sign2gpt.evaluation.tables import difference_table
    from sign2gpt.metrics.paired import compare as compare_paired

    others = read_lines(baseline)
    protocol.check(others, str(baseline))
    resamples = settings["bootstrap"] or 1000
    found = compare_paired(hypotheses, others, references, protocol, **(settings | {"bootstrap": resamples}))
    table = difference_table(found, settings["confidence"], resamples)
    return {name: vars(difference) for name, difference in found.items()}, table


def _sides(files: list[Path], hypotheses: Path | None, references: Path | None) -> tuple[Path, Path]:
    """Translations and references: from the options, and the others from ``files`` in their order.

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


def compare(
    systems: Annotated[
        list[str],
        typer.Argument(
            metavar="[NAME=]RESULTS...",
            help="Results files of `evaluate -o`, or run folders with one; the first is the baseline. "
            "Several seeds of a system: NAME=RESULTS,RESULTS,RESULTS.",
        ),
    ],
    layout: Annotated[
        Literal["table", "markdown", "latex", "json"], typer.Option("--format", help="Format of the tables.")
    ] = "table",
    split: Annotated[str, typer.Option(help="Split whose results are read from a run folder.")] = "test",
    resamples: Annotated[
        int, typer.Option(min=1, help="Resamples of the bootstrap, and of the randomisation test.")
    ] = 1000,
    confidence: ConfidenceOption = 0.95,
    seed: SeedOption = 0,
    force: Annotated[
        bool, typer.Option("--force", help="Compare the common sentences even if protocols or references differ.")
    ] = False,
) -> None:
    """Compare systems: scores with intervals, and paired tests against the first system.

    The tests are paired bootstrap and approximate randomisation.
    """
    from sign2gpt.common.text import Screen
    from sign2gpt.evaluation.compare import compare_systems
    from sign2gpt.evaluation.compare_tables import FORMATS
    from sign2gpt.evaluation.results import read_system

    read = [read_system(system, split) for system in systems]
    found = compare_systems(read, resamples=resamples, seed=seed, confidence=confidence, force=force)
    shown = FORMATS[layout](found)
    if isinstance(shown, str):
        print(shown)
    else:
        Screen().print(shown)
