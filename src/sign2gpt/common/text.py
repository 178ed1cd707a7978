"""Text as it is read: one form for what looks the same, and which scripts have no blanks between words."""

from __future__ import annotations

import functools
import re
import unicodedata
from itertools import groupby

IDEOGRAPHIC = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9d\U00020000-\U0003ffff"
"""Chinese characters and kana, as a range of a pattern: a word has one to three."""
SYLLABIC = "\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\uaa60-\uaa7f"
"""Thai, Lao, Tibetan, Burmese and Khmer, as a range of a pattern: a word has up to a dozen characters."""
UNSPACED = re.compile(f"[{IDEOGRAPHIC}{SYLLABIC}]")

_SPACE = re.compile(r"\s")


def normalised(text: str) -> str:
    """Unicode's composed form (NFC), and a blank for every tab, no-break space or other white space.

    Every text that comes from outside passes through here; file names do not.

    >>> normalised("fu\u0308r\u00a0dich")
    'für dich'
    """
    return _SPACE.sub(" ", unicodedata.normalize("NFC", text))


@functools.cache
def marks() -> str:
    """All combining marks, as ranges of a pattern: part of a word, though Python's ``\\w`` leaves them out."""
    found = [code for code in range(0x300, 0x20000) if unicodedata.category(chr(code))[0] == "M"]
    runs = (list(run) for _, run in groupby(enumerate(found), key=lambda item: item[1] - item[0]))
    return "".join(f"{chr(run[0][1])}-{chr(run[-1][1])}" for run in runs)
