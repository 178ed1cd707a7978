"""What a file is by the ending of its name; what a video really is, FFmpeg decides."""

from __future__ import annotations

import re

IMAGES = {".png", ".jpg", ".jpeg", ".bmp", ".webp"}
"""Images that a folder may hold as the frames of one clip."""
VIDEOS = {".3gp", ".avi", ".flv", ".gif", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".ogv"} | {
    *(".ts", ".vob", ".webm", ".wmv", ".y4m")
}
"""Common endings of videos. FFmpeg reads more: to find all videos, leave out `NO_VIDEO` instead."""
NO_VIDEO = re.compile(
    r"""\.(?:png|jpe?g|bmp|tiff?|heic|heif|avif|svg|ico|psd|xcf
        |wav|mp3|m4a|aac|flac|opus|wma|aiff?
        |txt|md|rst|log|csv|tsv|jsonl?|xml|ya?ml|toml|ini|html?|pdf|docx?|xlsx?|pptx?|od[st]|rtf|bib|tex
        |srt|vtt|ass|ssa|sbv|eaf|etf|pfsx|textgrid
        |zip|tar|t?gz|bz2|xz|7z|rar|zst
        |np[yz]|pth?|ckpt|pkl|pickle|safetensors|h5|hdf5|mat|parquet|feather|arrow|db|sqlite|md5|sha\d+|dvc
        |py|ipynb|sh|bat|js|css)$""",
    re.VERBOSE | re.IGNORECASE,
)
"""Endings of files next to videos that are none: images, sound, text, subtitles, archives, data, programs."""
