"""Whether pretraining on a corpus' pseudo-glosses can work, judged from its tables without clips or a GPU."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import Field
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from sign2gpt.common.config import Config
from sign2gpt.common.text import titled
from sign2gpt.data.config import VectorsConfig
from sign2gpt.data.corpus import ClipRow, Corpus
from sign2gpt.data.glosses.pseudo_glosses import PseudoGlosses
from sign2gpt.data.glosses.taggers import Tagger
from sign2gpt.data.glosses.vectors import unknown
from sign2gpt.evaluation.config import EvaluationConfig
from sign2gpt.evaluation.glosses.proxy import GlossPart, Proxy, proxy
from sign2gpt.evaluation.words.support import READINGS, Support, support
from sign2gpt.metrics.protocols import without_blanks

TRAIN = "train"
OFTEN = 10
"""Sentences that make a pseudo-gloss frequent."""
AGREEMENT = ("Precision, %", "with related", "Recall, %", "with related")


class Vectors(Config):
    """Pseudo-glosses that the word vectors lack; ``remark`` states how they were found, or why they are unknown."""

    remark: str
    pieced: list[str] = Field(default_factory=list)
    random: list[str] = Field(default_factory=list)


class Survey(Config):
    """Figures of the sentences that the vocabulary was built from, and ``support`` of all splits but training.

    ``targets`` is the mean number of distinct pseudo-glosses per clip; ``seen_often`` the share of them that are in ten
    sentences or more.
    """

    corpus: str
    targets: float
    seen_often: float
    vectors: Vectors | None
    proxy: Proxy | None
    protocol: str
    support: dict[str, Support]


def survey(
    corpus: Corpus,
    made: PseudoGlosses,
    tagger: Tagger,
    config: EvaluationConfig,
    seed: int,
    vectors: VectorsConfig | None = None,
) -> Survey:
    """Surveys the pseudo-glosses that ``tagger`` made, and looks them up in ``vectors`` where given."""
    rows = {split: corpus.rows(split) for split in corpus.splits}
    read = [row for split in made.splits for row in rows[split]]
    words = tagger.tag(row.text for row in read)
    targets = made.targets(made.vocabulary)
    held = [target for row in read for target in targets[row.id]]
    chosen = config.model_copy(update={"protocol": _protocol(rows, config), "bootstrap": 0})
    return Survey(
        corpus=corpus.info.name,
        targets=round(len(held) / max(len(read), 1), 2),
        seen_often=round(sum(made.counts[target] >= OFTEN for target in held) / max(len(held), 1), 4),
        vectors=_vectors(made.vocabulary, vectors) if vectors else None,
        proxy=proxy([(tagged, row.glosses or "") for tagged, row in zip(words, read, strict=True)]),
        protocol=chosen.protocol,
        support={
            split: found for split in rows if split != TRAIN and (found := _support(rows[split], tagger, chosen, seed))
        },
    )


def _protocol(rows: Mapping[str, Sequence[ClipRow]], config: EvaluationConfig) -> str:
    """The requested protocol; without a request, characters if a split has no spaces between words."""
    asked = "protocol" in config.model_fields_set
    unspaced = any(without_blanks(row.text for row in split) for split in rows.values())
    return "csl-daily" if unspaced and not asked else config.protocol


def _support(rows: Sequence[ClipRow], tagger: Tagger, config: EvaluationConfig, seed: int) -> Support | None:
    return support([row.text for row in rows], [row.glosses for row in rows], None, tagger, config, seed)


def _vectors(vocabulary: list[str], config: VectorsConfig) -> Vectors:
    if config.file is None:
        return Vectors(
            remark="None: the vectors are trained on the corpus' own text, which contains every pseudo-gloss."
        )
    path = Path(config.file)
    if not path.is_file():
        return Vectors(remark=f"Unknown: {path} does not exist.")
    pieced, random = unknown(vocabulary, path)
    return Vectors(remark=f"Pseudo-glosses that {path.name} does not contain.", pieced=pieced, random=random)


def survey_tables(found: Survey) -> list[RenderableType]:
    """Agreement with the glosses, words without a supporting gloss, and a verdict."""
    shown: list[RenderableType] = []
    if found.proxy is not None:
        shown += [_proxy_table(found.proxy), ""]
    if found.support:
        shown += [_support_table(found), ""]
    return [*shown, Text("\n".join(verdict(found)))]


def proxy_row(name: str, exact: GlossPart, related: GlossPart) -> list[str]:
    """A part of speech, whether it is kept, its words; precision and recall in %, each under both readings."""
    shares = (exact.precision, related.precision, exact.recall, related.recall)
    return [name, "kept" if exact.kept else "dropped", f"{exact.words:,}", *(f"{100 * share:.1f}" for share in shares)]


def _proxy_table(found: Proxy) -> Group:
    title = f"agreement of pseudo-glosses with the glosses of {found.sentences:,} sentences"
    table = Table(box=None)
    table.add_column("", no_wrap=True)
    for name in ("", "words", *AGREEMENT):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_row(*proxy_row("all pseudo-glosses", found.exact.all, found.related.all))
    for pos, part in found.exact.parts_of_speech.items():
        table.add_row(*proxy_row(pos, part, found.related.parts_of_speech[pos]))
    return titled(title, table)


def _support_table(found: Survey) -> Group:
    table = Table(box=None)
    table.add_column("", no_wrap=True)
    for name in ("words", *READINGS.values(), f"BLEU-4 ({found.protocol}) without them"):
        table.add_column(name, justify="right")
    for split, by_reading in found.support.items():
        sides = (by_reading.exact, by_reading.related)
        shares = (f"{100 * side.words.share:.1f}%" for side in sides)
        scores = " and ".join(f"{side.ceiling['bleu4'].score:.2f}" for side in sides)
        table.add_row(split, f"{by_reading.exact.words.all:,}", *shares, scores)
    return titled("words without a supporting gloss", table)


class Yardstick(NamedTuple):
    """The survey of a public corpus with our taggers; recall and precision, exact and with related words, are 0..1."""

    name: str
    targets: float
    seen_often: float
    recall: tuple[float, float]
    precision: tuple[float, float]


YARDSTICKS = (
    Yardstick("PHOENIX14T", 9.03, 0.944, recall=(0.430, 0.572), precision=(0.339, 0.458)),
    Yardstick("CSL-Daily", 6.69, 0.806, recall=(0.488, 0.647), precision=(0.468, 0.628)),
)
AS_MUCH, LESS = 0.8, 0.5
"""Lowest shares of the lower yardstick that are judged as enough, or as less than that."""


def verdict(found: Survey) -> list[str]:
    """The figures in sentences; the last one states whether pretraining can work."""
    targets = (
        f"A clip has {found.targets:.1f} pseudo-glosses on average; {found.seen_often:.0%} of them are in {OFTEN} "
        f"sentences or more ({_yardsticks(lambda y: f'{y.targets:.1f} and {y.seen_often:.0%}')})."
    )
    enough = found.targets * found.seen_often / min(y.targets * y.seen_often for y in YARDSTICKS)
    if found.proxy is None:
        return [
            targets,
            "The corpus has no glosses, so agreement with them is unknown.",
            f"Judging by the sentences alone, {judgement(enough)}.",
        ]
    exact, wide = found.proxy.exact.all, found.proxy.related.all
    recall, precision = (min(side) for side in zip(*((y.recall[0], y.precision[0]) for y in YARDSTICKS), strict=True))
    judged = judgement(min(enough, exact.recall / recall, exact.precision / precision))
    return [
        targets,
        f"Recall: {_span(exact.recall, wide.recall)} of the glosses match a pseudo-gloss "
        f"({_yardsticks(lambda y: _span(*y.recall))}).",
        f"Precision: {_span(exact.precision, wide.precision)} of the pseudo-glosses match a gloss "
        f"({_yardsticks(lambda y: _span(*y.precision))}).",
        f"Overall, {judged}.",
    ]


def judgement(share: float) -> str:
    """The judgement for a share of the lower yardstick."""
    if share >= AS_MUCH:
        return "pretraining has about as much to learn from as on corpora where it helps"
    if share >= LESS:
        return "pretraining has less to learn from than on corpora where it helps, so expect a smaller gain"
    return "pretraining has little to learn from; try another tagger or more sentences before you rent a GPU"


def _yardsticks(describe: Callable[[Yardstick], str]) -> str:
    return ", ".join(f"{yardstick.name} {describe(yardstick)}" for yardstick in YARDSTICKS)


def _span(low: float, high: float) -> str:
    return f"{100 * low:.0f} to {high:.0%}"
