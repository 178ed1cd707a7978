"""The corpus, its pseudo-glosses and word vectors, and how clips are read."""

from __future__ import annotations

from pydantic import Field

from sign2gpt.common.config import Config, Place

SHARDS_GB = 50.0
"""Shards at an address that are kept on this machine by default."""


class VectorsConfig(Config):
    """fastText vectors of the pseudo-glosses."""

    file: Place | None = Field(
        default=None, description="a fastText .bin or .vec file [default: train on the corpus' text]"
    )
    whiten: bool | None = Field(
        default=None, description="centre and whiten the vectors [default: only if trained on the corpus' text]"
    )
    dim: int = Field(default=300, ge=2, le=8192, description="width of vectors trained on the corpus' text")
    epochs: int = Field(default=20, ge=1, description="passes over the corpus' text")
    bucket: int = Field(
        default=20_000, ge=1, description="sub-word buckets; gensim's default of 2,000,000 takes 2.4 GB"
    )


class DataConfig(Config):
    corpus: Place = Field(
        default="corpus",
        description="folder of a corpus or of its shards, relative to the current folder, or an address of shards "
        "such as s3://bucket/corpus",
    )
    tagger: str | None = Field(
        default=None,
        description="words, hanta, jieba, or a spaCy pipeline [default: hanta for de and en, jieba for zh, else words]",
    )
    vocabulary_splits: list[str] = Field(
        default=["train"],
        description="splits that the pseudo-gloss vocabulary is built from; the paper's [train, dev, test] leaks "
        "test data",
    )
    max_share: float = Field(
        default=0.4, gt=0, le=1, description="pseudo-glosses in this share of the sentences or more are no targets"
    )
    vectors: VectorsConfig = VectorsConfig()
    cache_gb: float = Field(
        default=0,
        ge=0,
        description="GB of decoded clips per split, cached in the corpus' folder .cache for all runs; 0: no cache",
    )
    shards_gb: float = Field(
        default=SHARDS_GB,
        ge=0,
        description="GB of shards at an address that are kept in the user's cache once read; clips of other shards are "
        "fetched one by one in each epoch",
    )
    workers: int = Field(
        default=4, ge=0, le=1024, description="processes that decode clips ahead; 0: decode in the training process"
    )
