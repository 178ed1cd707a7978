"""Captions as files: WebVTT, SRT, ELAN, JSON, or burnt into the video."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import write_json, write_text
from sign2gpt.common.text import CONTROL
from sign2gpt.inference.captions.captions import Caption, captions_document
from sign2gpt.inference.captions.elan import write_eaf
from sign2gpt.video.container import VideoFile
from sign2gpt.video.subtitles import burn_in

Writer = Callable[[Path, Sequence[Caption], VideoFile, float | None], None]
"""Writes captions of a video to a path; the seconds are where incomplete captions end, None if they are complete."""
DOUBT = "(?) "
"""Precedes a sentence of low confidence."""


def write_captions(path: Path, captions: Sequence[Caption], video: VideoFile, until_s: float | None = None) -> None:
    """Writes captions in the format of the suffix of ``path``; ``.mp4`` is the video with its sentences burnt in.

    Args:
        until_s: where incomplete captions end, in seconds: JSON and WebVTT state it, a video ends there.

    Raises:
        UserError: the suffix is not in `WRITERS`, or the video cannot be read again.
    """
    caption_writer(path)(path, captions, video, until_s)


def caption_writer(path: Path) -> Writer:
    """The writer for the suffix of ``path``.

    Raises:
        UserError: there is none.
    """
    if path.suffix.lower() not in WRITERS:
        raise UserError(f"{path}: cannot write captions as {path.suffix or 'a file without a suffix'}; {CHOICE}")
    return WRITERS[path.suffix.lower()]


def shown(caption: Caption) -> str:
    """A caption's text in one line without control characters, marked if its confidence is low."""
    doubted = caption.trust is not None and caption.trust.doubt
    return (DOUBT if doubted else "") + " ".join(CONTROL.sub(" ", caption.text).split())


def write_vtt(path: Path, captions: Sequence[Caption], video: VideoFile, until_s: float | None) -> None:
    """WebVTT (https://www.w3.org/TR/webvtt1/): ``&``, ``<`` and ``>`` are escaped, so no text is read as a time."""
    cues = [f"{_time(c.start_s, '.')} --> {_time(c.end_s, '.')}\n{escape(shown(c), quote=False)}\n" for c in captions]
    notes = [] if until_s is None else [f"NOTE incomplete: the captions end at {_time(until_s, '.')}\n"]
    write_text(path, "\n".join(["WEBVTT\n", *notes, *cues]))


def write_srt(path: Path, captions: Sequence[Caption], video: VideoFile, until_s: float | None) -> None:
    """SubRip, which has no escapes: ``-->`` becomes an arrow, and a space after ``<`` prevents tags."""
    cues = [
        f"{number}\n{_time(c.start_s, ',')} --> {_time(c.end_s, ',')}\n{_plain(shown(c))}\n"
        for number, c in enumerate(captions, start=1)
    ]
    write_text(path, "\n".join(cues))


def write_elan(path: Path, captions: Sequence[Caption], video: VideoFile, until_s: float | None) -> None:
    """ELAN's tiers: sentences, pseudo-glosses if the run locates them, and reasons for low confidence."""
    glosses = [gloss for caption in captions for gloss in caption.pseudo_glosses or []]
    doubted = [(c.start_s, c.end_s, c.trust.describe()) for c in captions if c.trust is not None and c.trust.doubt]
    tiers = {
        "sentences": [(c.start_s, c.end_s, c.text) for c in captions],
        "pseudo-glosses": [(gloss.start_s, gloss.end_s, gloss.gloss) for gloss in glosses],
        "doubts": doubted,
    }
    write_eaf(
        path,
        video if isinstance(video, Path) else None,
        {name: spans for name, spans in tiers.items() if spans or name == "sentences"},
    )


def write_document(path: Path, captions: Sequence[Caption], video: VideoFile, until_s: float | None) -> None:
    """JSON: `captions_document`."""
    write_json(path, captions_document(video, captions, until_s))


def write_video(path: Path, captions: Sequence[Caption], video: VideoFile, until_s: float | None) -> None:
    """A copy of the video, with each sentence at the bottom."""
    lines = [(caption.start_s, caption.end_s, shown(caption)) for caption in captions]
    burn_in(video, path, lines, end_s=until_s)


WRITERS: dict[str, Writer] = {
    ".vtt": write_vtt,
    ".srt": write_srt,
    ".eaf": write_elan,
    ".json": write_document,
    ".mp4": write_video,
}
CHOICE = f"use {', '.join(WRITERS)}"


def _time(seconds: float, point: str) -> str:
    """``00:00:07.520``, with two or more digits of hours."""
    milliseconds = round(seconds * 1000)
    minutes, left = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{left // 1000:02d}{point}{left % 1000:03d}"


def _plain(text: str) -> str:
    return text.replace("-->", "→").replace("<", "< ")
