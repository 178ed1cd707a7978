"""`sign2gpt glosses`: what pretraining looks for, from the sentences of a corpus."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sign2gpt.cli.completion import recipes
from sign2gpt.cli.options import CorpusArgument, JsonOption, SetOption, emit

if TYPE_CHECKING:
    from rich.console import Group

    from sign2gpt.data.pseudo_glosses import PseudoGlosses
    from sign2gpt.evaluation.survey import Survey

LONGEST_LIST = 15


def glosses(
    corpus: CorpusArgument,
    tagger: Annotated[
        str | None,
        typer.Option(
            help="hanta (German, English), jieba (Chinese), words or a spaCy pipeline.  \\[default: the language's]"
        ),
    ] = None,
    recipe: Annotated[
        str | None, typer.Option(help="Recipe whose `data`, `evaluation` and `seed` are used.", autocompletion=recipes)
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Write a page: what became of the sentences, and whether pretraining can work.")
    ] = None,
    changes: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a corpus' pseudo-glosses: tag its sentences, build the vocabulary from the training split."""
    from sign2gpt.common.config import build
    from sign2gpt.common.files import check_output, clear_partial
    from sign2gpt.common.locks import LOCK, held
    from sign2gpt.common.progress import say
    from sign2gpt.data.corpus import Corpus
    from sign2gpt.data.pseudo_glosses import FILE, make_pseudo_glosses
    from sign2gpt.data.taggers import Remembering, open_tagger
    from sign2gpt.evaluation.survey import survey
    from sign2gpt.recipe import Recipe, load

    read = load(recipe, changes or []) if recipe else build(Recipe, {"name": "glosses"}, changes or [], "--set")
    if report is not None:
        check_output(report)
    opened = Corpus.open(corpus)
    opened.need_files("make pseudo-glosses in")
    by = Remembering(open_tagger(tagger or read.data.tagger, opened.info.language))
    with held(corpus, corpus / LOCK):
        made = make_pseudo_glosses(opened, read.data, by)
        found = survey(opened, made, by, read.evaluation, read.seed, read.data.vectors if report else None)
        clear_partial(corpus)
        made.save(corpus)
    if report is not None:
        from sign2gpt.evaluation.gloss_report import write_gloss_report

        write_gloss_report(report, opened, made, found, by, read.seed)
        say(f"report: {report}")
    document = made.model_dump(exclude={"clips"}) | {"file": str(corpus / FILE), "without_target": made.without_target}
    emit(document | {"survey": found.model_dump()}, _shown(made, found), as_json)


def _shown(made: PseudoGlosses, found: Survey) -> Group:
    from rich.console import Group
    from rich.table import Table

    from sign2gpt.evaluation.survey_tables import survey_tables

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
