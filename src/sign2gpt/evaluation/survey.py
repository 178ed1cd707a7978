"""Whether pretraining on a corpus' pseudo-glosses can work, told from its tables alone: no clip, no GPU."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import Field

from sign2gpt.common.config import Config
from sign2gpt.data.config import VectorsConfig
from sign2gpt.data.corpus import ClipRow, Corpus
from sign2gpt.data.pseudo_glosses import PseudoGlosses
from sign2gpt.data.taggers import Tagger
from sign2gpt.data.vectors import unknown
from sign2gpt.evaluation.config import EvaluationConfig
from sign2gpt.evaluation.proxy import Proxy, proxy
from sign2gpt.evaluation.support import Support, support
from sign2gpt.metrics.protocols import without_blanks

TRAIN = "train"
OFTEN = 10
"""Sentences from which on a pseudo-gloss is called seen often."""


class Vectors(Config):
    """Pseudo-glosses that the word vectors do not hold as a whole; ``remark`` says how that is known, or why not."""

    remark: str
    pieced: list[str] = Field(default_factory=list)
    random: list[str] = Field(default_factory=list)


class Survey(Config):
    """Figures of the sentences that the vocabulary was built from, and ``support`` of the splits beside training.

    ``targets`` are pseudo-glosses of the vocabulary in a clip, on average, each once; ``seen_often`` the share of them
    that stand in ten sentences or more.
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
    """What a corpus' tables tell of its pseudo-glosses, which ``tagger`` made; ``vectors`` are searched where given."""
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
    """The protocol that is asked for; where none is, characters if a split has no blanks between words."""
    asked = "protocol" in config.model_fields_set
    unspaced = any(without_blanks(row.text for row in split) for split in rows.values())
    return "csl-daily" if unspaced and not asked else config.protocol


def _support(rows: Sequence[ClipRow], tagger: Tagger, config: EvaluationConfig, seed: int) -> Support | None:
    return support([row.text for row in rows], [row.glosses for row in rows], None, tagger, config, seed)


def _vectors(vocabulary: list[str], config: VectorsConfig) -> Vectors:
    if config.file is None:
        return Vectors(remark="None: they are trained on the corpus' own text, which has every pseudo-gloss.")
    path = Path(config.file)
    if not path.is_file():
        return Vectors(remark=f"{path} is not there, so which pseudo-glosses it does not know is not known.")
    pieced, random = unknown(vocabulary, path)
    return Vectors(remark=f"Those that {path.name} does not hold.", pieced=pieced, random=random)
