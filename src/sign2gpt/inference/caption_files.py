"""Captions as files: WebVTT, SRT, ELAN, JSON."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sign2gpt.inference.captions import Caption

KINDS = (".vtt", ".srt", ".eaf", ".json", ".mp4")


def write_captions(path: Path, captions: Sequence[Caption], video: Path) -> None:
    """Writes captions as the suffix of ``path`` says; ``.mp4`` is the video with the sentences burnt in.

    Raises:
        UserError: the suffix is none of `KINDS`.
    """
    raise NotImplementedError
