"""`sign2gpt glosses`: the pseudo-glosses of a corpus, from its sentences."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sign2gpt.cli.options import CorpusArgument, JsonOption, SetOption, complete_recipe, emit

if TYPE_CHECKING:
    from rich.console import Group

    from sign2gpt.data.glosses.pseudo_glosses import PseudoGlosses
    from sign2gpt.evaluation.glosses.survey import Survey

LONGEST_LIST = 15
"""Words that a row of the tables lists."""


def glosses(
    corpus: CorpusArgument,
    tagger: Annotated[
        str | None,
        typer.Option(
            help="hanta (German, English), jieba (Chinese), words or a spaCy pipeline.  \\[default: by language]"
        ),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            help="Recipe with the keys `data`, `evaluation` and `seed`.  \\[default: all defaults]",
            autocompletion=complete_recipe,
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Page to write: the glosses of sentences, and whether pretraining can work."),
    ] = None,
    changes: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make the pseudo-glosses of a corpus: tag its sentences, build the vocabulary from the training split."""
    from sign2gpt.common.config import build
    from sign2gpt.common.files import check_output
    from sign2gpt.common.progress import say
    from sign2gpt.data.glosses.pseudo_glosses import FILE
    from sign2gpt.pipeline import make_glosses
    from sign2gpt.recipe import Recipe, load

    loaded = load(recipe, changes or []) if recipe else build(Recipe, {"name": "glosses"}, changes or [], "--set")
    if report is not None:
        check_output(report)
    found = make_glosses(corpus, loaded, tagger, neighbours=report is not None)
    made = found.glosses
    if report is not None:
        from sign2gpt.evaluation.glosses.report import write_gloss_report

        write_gloss_report(report, found.corpus, made, found.survey, found.tagger, loaded.seed)
        say(f"report: {report}")
    document = made.model_dump(exclude={"clips"}) | {"file": str(corpus / FILE), "without_target": made.without_target}
    emit(document | {"survey": found.survey.model_dump()}, _shown(made, found.survey), as_json)


def _shown(made: PseudoGlosses, found: Survey) -> Group:
    from rich.console import Group
    from rich.table import Table

    from sign2gpt.evaluation.glosses.survey import survey_tables

    facts = Table(box=None, show_header=False)
    facts.add_row("tagger", f"{made.tagger} {made.tagger_version}")
    facts.add_row(
        "vocabulary", f"{len(made.vocabulary):,} from {made.sentences:,} sentences ({', '.join(made.splits)})"
    )
    facts.add_row("most frequent", _listed({gloss: made.counts[gloss] for gloss in made.vocabulary[:LONGEST_LIST]}))
    facts.add_row(f"in {made.max_share:.0%} or more, so no target", _listed(made.too_frequent) or "none")
    facts.add_row("clips without any", f"{made.without_target:,} of {len(made.clips):,} (all splits)")
    parts = Table("part of speech", "", "words", "distinct", "most frequent", box=None)
    for name, part in made.parts_of_speech.items():
        counts = (f"{part.words:,}", f"{part.distinct:,}")
        parts.add_row(name, "kept" if part.kept else "dropped", *counts, " ".join(part.frequent[:LONGEST_LIST]))
    return Group(facts, "", parts, "", *survey_tables(found))


def _listed(counts: dict[str, int]) -> str:
    return " ".join(f"{gloss} ({count:,})" for gloss, count in counts.items())
