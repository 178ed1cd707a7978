"""The corpus, its pseudo-glosses and word vectors, and how clips reach the model."""

from __future__ import annotations

from pydantic import Field

from sign2gpt.common.config import Config, Place

SHARDS_GB = 50.0
"""Of an address' shards that are kept on this machine."""


class VectorsConfig(Config):
    """fastText vectors of the pseudo-glosses."""

    file: Place | None = Field(
        default=None, description="a fastText .bin or .vec file; none: trained on the corpus' own text"
    )
    whiten: bool | None = Field(
        default=None, description="centre and whiten; none: only vectors of the corpus' own text"
    )
    dim: int = Field(default=300, ge=2, le=8192, description="width of vectors trained on the corpus' text")
    epochs: int = Field(default=20, ge=1, description="passes over the corpus' text")
    bucket: int = Field(
        default=20_000, ge=1, description="sub-word buckets; gensim's default of 2,000,000 takes 2.4 GB"
    )


class DataConfig(Config):
    corpus: Place = Field(
        default="corpus",
        description="folder of the corpus or of its shards, relative to where the command runs, or an address "
        "of shards, such as s3://bucket/corpus",
    )
    tagger: str | None = Field(
        default=None, description="words, hanta, jieba, or a spaCy pipeline; none: the language's own"
    )
    vocabulary_splits: list[str] = Field(
        default=["train"],
        description="splits that the pseudo-gloss vocabulary is built from; the paper's [train, dev, test] is a leak",
    )
    max_share: float = Field(
        default=0.4, gt=0, le=1, description="a pseudo-gloss in this share of sentences or more is no target"
    )
    vectors: VectorsConfig = VectorsConfig()
    cache_gb: float = Field(
        default=0,
        ge=0,
        description="GB of decoded clips of a split kept in the corpus' folder .cache, for all runs; 0: none",
    )
    shards_gb: float = Field(
        default=SHARDS_GB,
        ge=0,
        description="GB of shards at an address that are kept in the user's cache once they are read; clips of the "
        "others are fetched one by one in each epoch",
    )
    workers: int = Field(
        default=4, ge=0, le=1024, description="processes that decode ahead; 0 decodes in the training process"
    )
