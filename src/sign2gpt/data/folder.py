"""A corpus from tables and videos of one's own: ``sign2gpt prepare folder``."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sign2gpt.common.config import build
from sign2gpt.common.engine import Workers, parallel_map
from sign2gpt.common.errors import Problems, UserError
from sign2gpt.common.progress import say, tell, track
from sign2gpt.data.corpus import CorpusInfo
from sign2gpt.data.paths import spellings
from sign2gpt.data.tables import Listed, read_tables
from sign2gpt.data.writer import ClipSource, write_corpus
from sign2gpt.video.container import MISSING_S
from sign2gpt.video.decode import ClipInfo, frames_to_store, held_seconds, probe
from sign2gpt.video.geometry import Box, Fit, Frame

SHOWN = 10
"""Videos of another spelling that are reported before they are only counted."""
UNLIKE = 1.1
"""How much wider than the narrowest shape of a corpus the widest may be without a word."""


@dataclass(frozen=True)
class FolderOptions:
    """How a folder becomes a corpus; ``frame_rate`` none takes the videos' most common one.

    ``allow_missing`` leaves out clips whose videos are missing or damaged.
    """

    name: str
    language: str
    licence: str = "unknown"
    frame_rate: float | None = None
    size: int = 256
    fit: Fit = "stretch"
    allow_missing: bool = False


@dataclass(frozen=True)
class Video:
    """What a video says about itself, and how much of it is really there."""

    info: ClipInfo
    held_s: float


@dataclass(frozen=True)
class Cut:
    """The frames of a clip out of its video, when called; may be pickled to another process."""

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
    """Makes a corpus of the tables train, dev and test (.tsv or .csv) and the videos that they name.

    Raises:
        UserError: everything that is wrong in the tables at once, videos that cannot be read, or no room on the disk.
    """
    named = {"name": options.name, "language": options.language, "licence": options.licence, "size": options.size}
    info = build(CorpusInfo, named | {"frame_rate": options.frame_rate or 1.0}, where="options")
    clips, videos = _checked(source, options, workers)
    if options.frame_rate is None:
        info.frame_rate = common_rate([video.info for video in videos.values()])
    if options.fit == "stretch":
        _tell_shapes([clip.crop for clip in clips], [videos[clip.video].info for clip in clips])
    sources = [_source(source, clip, videos[clip.video], info, options.fit) for clip in clips]
    write_corpus(corpus, info, sources, workers, allow_damaged=options.allow_missing)


def _checked(source: Path, options: FolderOptions, workers: Workers) -> tuple[list[Listed], dict[str, Video]]:
    """The clips to make, and what each of their videos says about itself."""
    if not source.is_dir():
        raise UserError(
            f"{source}: no such folder; it should hold the tables train, dev and test (.tsv or .csv) and videos"
        )
    problems = Problems(str(source))
    clips, absent = _found(source, read_tables(source, problems))
    clips = _without(clips, absent, options.allow_missing, problems)
    problems.raise_if_any()
    names = sorted({clip.video for clip in clips})
    found = parallel_map(_probe, [source / name for name in names], workers if len(names) > 1 else 1)
    told = dict(zip(names, track(found, "reading videos", len(names)), strict=True))
    videos = {name: video for name, video in told.items() if isinstance(video, Video)}
    damaged = {clip.id: why for clip in clips if (why := _damage(clip, told[clip.video]))}
    clips = _without(clips, damaged, options.allow_missing, problems)
    for clip in clips:
        _check_fit(clip, videos[clip.video], problems)
    problems.raise_if_any()
    return clips, videos


def _found(source: Path, clips: list[Listed]) -> tuple[list[Listed], dict[str, str]]:
    """The clips with their videos as they are spelled in the folder, and why there is none, by id."""
    found: list[Listed] = []
    absent: dict[str, str] = {}
    renamed: list[str] = []
    for clip in clips:
        if not (source / clip.video).exists():
            match spellings(source, clip.video):
                case [name]:
                    renamed.append(f"{clip.where}: {clip.video} is spelled {name} in the folder; that is taken")
                    clip = replace(clip, video=name)
                case []:
                    absent[clip.id] = f"no video {clip.video}"
                case several:
                    absent[clip.id] = f"no video {clip.video}, but {' and '.join(several)}; name one of them"
        found.append(clip)
    tell(renamed, SHOWN)
    return found, absent


def _without(clips: list[Listed], lost: dict[str, str], allowed: bool, problems: Problems) -> list[Listed]:
    """The clips that are not in ``lost``, which holds why by id; those are told, or are problems if not allowed."""
    told = [f"{clip.where}: {lost[clip.id]}" for clip in clips if clip.id in lost]
    if allowed:
        tell([f"left out: {why}" for why in told])
    else:
        problems.extend(f"{why} (--allow-missing leaves such clips out)" for why in told)
    kept = [clip for clip in clips if clip.id not in lost]
    for split in dict.fromkeys(clip.split for clip in clips if allowed):
        if split not in {clip.split for clip in kept}:
            problems.add(f"{split}: none of its videos can be read")
    return kept


def _damage(clip: Listed, video: Video | str) -> str | None:
    """Why a clip cannot be read from its video, if so: that is damaged, or ends before the clip does."""
    if isinstance(video, str):
        return video
    declared = video.info.duration_s
    if clip.start_s < declared and min(clip.end_s or math.inf, declared) > video.held_s + MISSING_S:
        return f"{clip.video}: ends at {video.held_s:.2f} s of {declared:.2f} s, so it is cut; copy it again"
    return None


def _probe(path: Path) -> Video | str:
    try:
        return Video(probe(path), held_seconds(path))
    except UserError as error:
        return str(error)


def _check_fit(clip: Listed, video: Video, problems: Problems) -> None:
    """Whether a clip's cut and crop lie inside its video; its end may lie past the end."""
    info, where = video.info, f"{clip.where}: {clip.video}"
    if clip.start_s >= info.duration_s:
        problems.add(f"{where}: start {clip.start_s:g} s is past its end ({info.duration_s:.2f} s)")
    if clip.crop is not None:
        x, y, width, height = clip.crop
        if x + width > info.width or y + height > info.height:
            problems.add(f"{where}: the crop leaves its {info.width}x{info.height} pixels")


def common_rate(videos: Sequence[ClipInfo]) -> float:
    """The most common frame rate of videos, of several the highest; told on stderr."""
    rates = Counter(round(info.frame_rate, 3) for info in videos)
    rate, count = max(rates.items(), key=lambda item: (item[1], item[0]))
    say(f"{rate:g} frames a second, as in {count:,} of {len(videos):,} videos (--frame-rate changes it)")
    return rate


def _tell_shapes(crops: Sequence[Box | None], videos: Sequence[ClipInfo]) -> None:
    """Tells on stderr where clips have unlike shapes: stretched, a person is thin in one and broad in another."""
    sizes = [(*(crop[2:] if crop else (v.width, v.height)), v.aspect) for crop, v in zip(crops, videos, strict=True)]
    shares = [width * aspect / height for width, height, aspect in sizes]
    if max(shares) > UNLIKE * min(shares):
        shapes = f"{min(shares):.2f} to {max(shares):.2f} times as wide as high"
        say(f"clips are {shapes}, and stretched to squares: people will be thin in one and broad in another")
        say("--fit crop takes the middle square instead, --fit pad keeps all with black beside it")


def _source(source: Path, clip: Listed, told_by: Video, info: CorpusInfo, fit: Fit) -> ClipSource:
    video = source / clip.video
    count = round((min(clip.end_s or math.inf, told_by.info.duration_s) - clip.start_s) * info.frame_rate)
    told = [clip.video, video.stat().st_size, clip.start_s, clip.end_s, clip.crop, fit]
    frames = Cut(video, clip.start_s, clip.end_s, clip.crop, info.frame_rate, info.size, fit)
    return ClipSource(
        clip.split,
        clip.id,
        clip.text,
        frames,
        clip.signer,
        clip.glosses,
        made_from=repr(told),
        num_frames=count,
    )
