"""A comparison as tables on a terminal, in Markdown and in LaTeX, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from sign2gpt.common.measures import heading
from sign2gpt.evaluation.compare import Comparison, MeanScore
from sign2gpt.evaluation.tables import difference_cells, in_words

Rows = list[list[str]]
LATEX = str.maketrans(
    {
        "&": r"\&",
        "%": r"\%",
        "#": r"\#",
        "_": r"\_",
        "$": r"\$",
        "{": r"\{",
        "}": r"\}",
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "±": r"$\pm$",
        "|": r"$|$",
        "<": r"$<$",
        ">": r"$>$",
        "≤": r"$\leq$",
    }
)


def score_rows(found: Comparison) -> Rows:
    """A header, and a row per system: the mean over runs, the deviation over several, the interval over sentences."""
    head = ["system", "runs", *map(heading, found.systems[0].scores)]
    return [head, *([row.name, str(row.runs), *map(_shown, row.scores.values())] for row in found.systems)]


def content_rows(found: Comparison) -> Rows:
    """A header, and a row per system: F1 of each kind of word; empty if none was counted."""
    kinds = list(found.systems[0].content)
    rows = [[row.name, *(f"{row.content[kind]:.1f}" for kind in kinds)] for row in found.systems]
    return [["F1 of words", *(in_words(kind) for kind in kinds)], *rows] if kinds else []


def difference_rows(found: Comparison) -> Rows:
    """A header, and a row for each measure of each system except the first."""
    head = [f"minus {found.systems[0].name}", "measure", "difference", f"{found.confidence:.0%} interval"]
    head += ["p bootstrap", "p randomised"]
    return [
        head,
        *(
            [row.name, heading(name), *difference_cells(difference, found.resamples)]
            for row in found.systems[1:]
            for name, difference in row.differences.items()
        ),
    ]


def notes(found: Comparison) -> list[str]:
    """Warnings, and the settings of the comparison."""
    return [
        *(f"warning: {warning}" for warning in found.warnings),
        found.protocol_line,
        f"{found.resamples} resamples, seed {found.seed}; brackets: {found.confidence:.0%} interval over sentences; "
        f"± standard deviation over runs; p is at least {1 / (found.resamples + 1):.2g} with this many resamples",
        f"references SHA-256 {found.references_sha256}",
    ]


def to_table(found: Comparison) -> Group:
    """One column per system, which fits a terminal better than rows."""
    parts: list[RenderableType] = []
    columns = [[list(row) for row in zip(*rows, strict=True)] for rows in (score_rows(found), content_rows(found))]
    for rows in filter(None, (*columns, difference_rows(found))):
        table = Table(box=None, header_style="bold")
        for index, name in enumerate(rows[0]):
            table.add_column(name, justify="right" if index else "left")
        for row in rows[1:]:
            table.add_row(*row)
        parts += [table, ""]
    return Group(*parts, Text("\n".join(notes(found)), style="dim"))


def to_markdown(found: Comparison) -> str:
    def table(rows: Rows) -> str:
        rule = ["---", *["---:"] * (len(rows[0]) - 1)]
        cells = [[cell.replace("|", r"\|") for cell in row] for row in rows]
        return "\n".join(f"| {' | '.join(row)} |" for row in (cells[0], rule, *cells[1:]))

    lines = "\n".join(f"- {note}" for note in notes(found))
    return "\n\n".join([*map(table, _filled(found)), lines])


def to_latex(found: Comparison) -> str:
    """Tabulars with booktabs rules, and the notes as comments."""

    def table(rows: Rows) -> str:
        head, *body = [" & ".join(cell.replace("<=", "≤").translate(LATEX) for cell in row) + r" \\" for row in rows]
        columns = "l" + "r" * (len(rows[0]) - 1)
        lines = [rf"\begin{{tabular}}{{{columns}}}", r"\toprule", head, r"\midrule", *body, r"\bottomrule"]
        return "\n".join([*lines, r"\end{tabular}"])

    comments = "\n".join(f"% {note}" for note in notes(found))
    return comments + "\n" + "\n\n".join(map(table, _filled(found)))


def to_json(found: Comparison) -> str:
    return json.dumps(asdict(found), ensure_ascii=False, indent=2)


FORMATS: dict[str, Callable[[Comparison], RenderableType]] = {
    "table": to_table,
    "markdown": to_markdown,
    "latex": to_latex,
    "json": to_json,
}


def _filled(found: Comparison) -> list[Rows]:
    return [rows for rows in (score_rows(found), content_rows(found), difference_rows(found)) if rows]


def _shown(found: MeanScore) -> str:
    spread = "" if found.deviation is None else f" ± {found.deviation:.2f}"
    return f"{found.mean:.2f}{spread} [{found.low:.1f}, {found.high:.1f}]"
