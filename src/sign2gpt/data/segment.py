"""Splits text into words: by a pattern for scripts with spaces, by jieba for Chinese."""

from __future__ import annotations

import functools
import logging
import re
from contextlib import suppress
from typing import Any

from sign2gpt.common.files import cache_folder
from sign2gpt.common.installation import require
from sign2gpt.common.text import marks

TIED = re.compile(r"(?<=\w)(?=n['’]t$|['’](?:s|re|ve|ll|d|m)$)|(?<=^can)(?=not$)|(?<=^gon)(?=na$)", re.IGNORECASE)
"""Where two English words are written as one: do|n't, we|'re, can|not, gon|na."""
CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")


def tokens(text: str) -> list[str]:
    """Words, numbers and single punctuation marks of a text with spaces.

    >>> tokens("am mittwoch 3,5 grad, mehr nicht.")
    ['am', 'mittwoch', '3,5', 'grad', ',', 'mehr', 'nicht', '.']
    """
    return _token().findall(text)


def english_tokens(text: str) -> list[str]:
    """As `tokens`, with contractions split as English taggers expect.

    >>> english_tokens("Don't say we're Ann's well-known guests")
    ['Do', "n't", 'say', 'we', "'re", 'Ann', "'s", 'well-known', 'guests']
    """
    return [part for token in tokens(text) for part in TIED.split(token)]


def written_words(text: str) -> list[str]:
    """The words of a text as written, without punctuation; jieba splits Chinese."""
    found = chinese_segmenter().lcut(text) if CHINESE.search(text) else tokens(text)
    return [word for word in found if is_word(word)]


def words(text: str) -> list[str]:
    """As `written_words`, in lower case."""
    return [word.lower() for word in written_words(text)]


def unspaced(text: str) -> str:
    """Chinese without the spaces that some corpora put between its characters; other text is unchanged."""
    return text.replace(" ", "") if CHINESE.search(text) else text


def is_word(text: str) -> bool:
    """Whether ``text`` contains a letter or a digit."""
    return any(character.isalnum() for character in text)


@functools.cache
def _token() -> re.Pattern[str]:
    letter = rf"[\w{marks()}]"
    return re.compile(rf"\d+(?:[.,:]\d+)*|{letter}+(?:['’-]{letter}+)*|[^\w\s]")


@functools.cache
def chinese_segmenter() -> Any:
    """jieba's tokenizer, with its derived dictionary in our cache folder and not in one that every user can write."""
    jieba = require("jieba", "glosses")
    jieba.setLogLevel(logging.CRITICAL)
    segmenter = jieba.Tokenizer()
    segmenter.tmp_dir = str(cache_folder() / f"jieba-{jieba.__version__}")
    segmenter.cache_file = "dictionary.cache"
    with suppress(OSError):
        (cache_folder() / f"jieba-{jieba.__version__}").mkdir(parents=True, exist_ok=True)
    return segmenter
