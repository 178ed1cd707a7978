"""Makes a corpus from your own tables and videos: ``sign2gpt prepare folder``."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sign2gpt.common.config import build
from sign2gpt.common.engine import Workers, parallel_map
from sign2gpt.common.errors import Problems, UserError
from sign2gpt.common.progress import say, say_lines, track
from sign2gpt.data.corpus import CorpusInfo
from sign2gpt.data.importers.folder_tables import ListedClip, read_tables
from sign2gpt.data.tables import similar_paths
from sign2gpt.data.writer import ClipSource, write_corpus
from sign2gpt.video.container import MISSING_S
from sign2gpt.video.decode import ClipInfo, frames_to_store, held_seconds, probe
from sign2gpt.video.geometry import Box, Fit, Frame

SHOWN = 10
"""Videos with another spelling that are listed before they are only counted."""
UNLIKE = 1.1
"""Largest ratio between the aspect ratios of clips that is not worth a warning."""


@dataclass(frozen=True)
class FolderOptions:
    """How to make a corpus from a folder.

    Attributes:
        frame_rate: frames per second [default: the videos' most common rate].
        allow_missing: leave out clips whose videos are missing or damaged.
    """

    name: str
    language: str
    licence: str = "unknown"
    frame_rate: float | None = None
    size: int = 256
    fit: Fit = "stretch"
    allow_missing: bool = False


@dataclass(frozen=True)
class ProbedVideo:
    """The header of a video, and how many seconds of it can be read."""

    info: ClipInfo
    readable_s: float


@dataclass(frozen=True)
class CutClip:
    """Yields the frames of a clip from its video when called; can be pickled for another process."""

    video: Path
    start_s: float
    end_s: float | None
    crop: Box | None
    frame_rate: float
    size: int
    fit: Fit

    def __call__(self) -> Iterator[Frame]:
        return frames_to_store(
            self.video,
            frame_rate=self.frame_rate,
            size=self.size,
            fit=self.fit,
            start_s=self.start_s,
            end_s=self.end_s,
            crop=self.crop,
        )


def prepare_folder(source: Path, corpus: Path, options: FolderOptions, workers: Workers = None) -> None:
    """Makes a corpus from the tables train, dev and test (.tsv or .csv) and the videos that they list.

    Raises:
        UserError: the tables have errors (all are listed), videos cannot be read, or the disk is full.
    """
    named = {"name": options.name, "language": options.language, "licence": options.licence, "size": options.size}
    info = build(CorpusInfo, named | {"frame_rate": options.frame_rate or 1.0}, where="options")
    clips, videos = _checked(source, options, workers)
    if options.frame_rate is None:
        info.frame_rate = common_rate([video.info for video in videos.values()])
    if options.fit == "stretch":
        _warn_of_shapes([clip.crop for clip in clips], [videos[clip.video].info for clip in clips])
    sources = [_source(source, clip, videos[clip.video], info, options.fit) for clip in clips]
    write_corpus(corpus, info, sources, workers, allow_damaged=options.allow_missing)


def _checked(source: Path, options: FolderOptions, workers: Workers) -> tuple[list[ListedClip], dict[str, ProbedVideo]]:
    """The clips to make, and their videos."""
    if not source.is_dir():
        raise UserError(
            f"{source}: no such folder; it must contain the tables train, dev and test (.tsv or .csv) and the videos"
        )
    problems = Problems(str(source))
    clips, absent = _with_videos(source, read_tables(source, problems))
    clips = _without(clips, absent, options.allow_missing, problems)
    problems.raise_if_any()
    names = sorted({clip.video for clip in clips})
    found = parallel_map(_probe, [source / name for name in names], workers if len(names) > 1 else 1)
    probed = dict(zip(names, track(found, "reading videos", len(names)), strict=True))
    videos = {name: video for name, video in probed.items() if isinstance(video, ProbedVideo)}
    damaged = {clip.id: why for clip in clips if (why := _damage(clip, probed[clip.video]))}
    clips = _without(clips, damaged, options.allow_missing, problems)
    for clip in clips:
        _check_fit(clip, videos[clip.video], problems)
    problems.raise_if_any()
    return clips, videos


def _with_videos(source: Path, clips: list[ListedClip]) -> tuple[list[ListedClip], dict[str, str]]:
    """The clips with their videos as spelled in the folder, and by id why a video is missing."""
    found: list[ListedClip] = []
    absent: dict[str, str] = {}
    renamed: list[str] = []
    for clip in clips:
        if not (source / clip.video).exists():
            match similar_paths(source, clip.video):
                case [name]:
                    renamed.append(f"{clip.where}: {clip.video} is spelled {name} in the folder; using that file")
                    clip = replace(clip, video=name)
                case []:
                    absent[clip.id] = f"no video {clip.video}"
                case several:
                    absent[clip.id] = f"no video {clip.video}, but {' and '.join(several)}; use one of these names"
        found.append(clip)
    say_lines(renamed, SHOWN)
    return found, absent


def _without(clips: list[ListedClip], lost: dict[str, str], allowed: bool, problems: Problems) -> list[ListedClip]:
    """The clips whose id is not in ``lost``; the lost ones are reported with the reason, or added to ``problems``."""
    lines = [f"{clip.where}: {lost[clip.id]}" for clip in clips if clip.id in lost]
    if allowed:
        say_lines([f"left out: {line}" for line in lines])
    else:
        problems.extend(f"{line} (--allow-missing leaves such clips out)" for line in lines)
    kept = [clip for clip in clips if clip.id not in lost]
    for split in dict.fromkeys(clip.split for clip in clips if allowed):
        if split not in {clip.split for clip in kept}:
            problems.add(f"{split}: none of its videos can be read")
    return kept


def _damage(clip: ListedClip, video: ProbedVideo | str) -> str | None:
    """Why a clip cannot be read from its video, if so: the video is damaged, or ends before the clip does."""
    if isinstance(video, str):
        return video
    declared = video.info.duration_s
    if clip.start_s < declared and min(clip.end_s or math.inf, declared) > video.readable_s + MISSING_S:
        return f"{clip.video}: incomplete, ends at {video.readable_s:.2f} s of {declared:.2f} s; copy it again"
    return None


def _probe(path: Path) -> ProbedVideo | str:
    try:
        return ProbedVideo(probe(path), held_seconds(path))
    except UserError as error:
        return str(error)


def _check_fit(clip: ListedClip, video: ProbedVideo, problems: Problems) -> None:
    """Checks that a clip's start and crop are inside its video; its end may be after the video's."""
    info, where = video.info, f"{clip.where}: {clip.video}"
    if clip.start_s >= info.duration_s:
        problems.add(f"{where}: start {clip.start_s:g} s is after the video's end ({info.duration_s:.2f} s)")
    if clip.crop is not None:
        x, y, width, height = clip.crop
        if x + width > info.width or y + height > info.height:
            problems.add(f"{where}: crop {x},{y},{width},{height} exceeds the {info.width}x{info.height} pixels")


def common_rate(videos: Sequence[ClipInfo]) -> float:
    """The most common frame rate of videos (of several the highest), which is reported."""
    rates = Counter(round(info.frame_rate, 3) for info in videos)
    rate, count = max(rates.items(), key=lambda item: (item[1], item[0]))
    say(f"{rate:g} frames per second, as in {count:,} of {len(videos):,} videos (--frame-rate changes it)")
    return rate


def _warn_of_shapes(crops: Sequence[Box | None], videos: Sequence[ClipInfo]) -> None:
    """Warns if clips have different aspect ratios: stretched, people are thin in some and broad in others."""
    sizes = [(*(crop[2:] if crop else (v.width, v.height)), v.aspect) for crop, v in zip(crops, videos, strict=True)]
    ratios = [width * aspect / height for width, height, aspect in sizes]
    if max(ratios) > UNLIKE * min(ratios):
        shapes = f"aspect ratios from {min(ratios):.2f} to {max(ratios):.2f}"
        say(f"clips have {shapes} and are stretched to squares: people will be thin in some and broad in others")
        say("use --fit crop to take the middle square instead, or --fit pad to add black borders")


def _source(source: Path, clip: ListedClip, probed: ProbedVideo, info: CorpusInfo, fit: Fit) -> ClipSource:
    video = source / clip.video
    count = round((min(clip.end_s or math.inf, probed.info.duration_s) - clip.start_s) * info.frame_rate)
    made_from = [clip.video, video.stat().st_size, clip.start_s, clip.end_s, clip.crop, fit]
    frames = CutClip(video, clip.start_s, clip.end_s, clip.crop, info.frame_rate, info.size, fit)
    return ClipSource(
        clip.split,
        clip.id,
        clip.text,
        frames,
        clip.signer,
        clip.glosses,
        made_from=repr(made_from),
        num_frames=count,
    )
