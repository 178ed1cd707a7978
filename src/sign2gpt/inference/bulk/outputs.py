"""What `bulk` and `features` write for each video: its sentence, or its sign features."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

from safetensors import safe_open
from safetensors.torch import save

from sign2gpt.common.checksums import is_sealed, sealed
from sign2gpt.common.errors import UserError
from sign2gpt.common.files import sha256
from sign2gpt.common.version import __version__
from sign2gpt.inference.clip_reader import ReadClip
from sign2gpt.inference.translation import Translation
from sign2gpt.inference.translator import Translator
from sign2gpt.model.runs.run import ABOUT, LOCALIZER, RECIPE, WEIGHTS
from sign2gpt.model.weights import CHANGED, CUT, tensors_crc32

TRANSLATIONS = "translations.jsonl"
Content = bytes | UserError
"""A video's file, or why the video cannot be read."""


class BulkOutput(Protocol):
    """A kind of file that a run writes for each video; pickled to the workers."""

    suffix: ClassVar[str]
    title: ClassVar[str]
    joined: ClassVar[str | None]
    """Name of the file in which those of all videos are joined, or None."""

    @property
    def together(self) -> int:
        """Number of neighbouring videos in a batch."""
        ...

    def made_by(self, translator: Translator) -> dict[str, Any]:
        """Everything that the files depend on in addition to the videos, as JSON.

        Raises:
            UserError: the run cannot make such files.
        """
        ...

    def contents(
        self, translator: Translator, videos: Mapping[str, Path], made_by: dict[str, Any]
    ) -> dict[str, Content]:
        """The file of each video of a batch, by the video's name."""
        ...

    def is_whole(self, file: Path) -> bool:
        """Whether a file is undamaged, by the checksum inside."""
        ...


@dataclass(frozen=True)
class Features:
    """Safetensors with ``z`` (T, C) in float32; ``made_by`` in their metadata is JSON with checksums of both."""

    suffix: ClassVar[str] = ".safetensors"
    title: ClassVar[str] = "features"
    joined: ClassVar[str | None] = None

    @property
    def together(self) -> int:
        return 1

    def made_by(self, translator: Translator) -> dict[str, Any]:
        return {"product": "features", **_of_run(translator)}

    def contents(
        self, translator: Translator, videos: Mapping[str, Path], made_by: dict[str, Any]
    ) -> dict[str, Content]:
        found: dict[str, Content] = {}
        for name, video in videos.items():
            try:
                found[name] = self._content(translator, video, name, made_by)
            except UserError as error:
                found[name] = error
        return found

    def _content(self, translator: Translator, video: Path, name: str, made_by: dict[str, Any]) -> bytes:
        tensors = {"z": translator.features(video)}
        origin = sealed({"video": name, **made_by, "z_crc32": tensors_crc32(tensors)})
        # one entry: the order of several would vary
        return save(tensors, {"made_by": json.dumps(origin, ensure_ascii=False)})

    def is_whole(self, file: Path) -> bool:
        try:
            with safe_open(file, "pt") as stored:
                origin = json.loads((stored.metadata() or {}).get("made_by", "null"))
                found = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118 (no mapping)
        except (*CUT, *CHANGED):
            return False
        return is_sealed(origin) and origin.get("z_crc32") == tensors_crc32(found)


@dataclass(frozen=True)
class Sentences:
    """One line of JSON, `Translation.to_json` without its timings and with a CRC-32.

    If ``together`` is over 1, the last digits of log-probabilities and scores depend on which videos share a batch.
    """

    decoding: tuple[str, ...] = ()
    together: int = 1

    suffix: ClassVar[str] = ".json"
    title: ClassVar[str] = "translate"
    joined: ClassVar[str | None] = TRANSLATIONS

    def made_by(self, translator: Translator) -> dict[str, Any]:
        translator.require("translate")
        decoding = translator.decoding(*self.decoding).model_dump(mode="json")
        grouped = {"together": self.together} if self.together > 1 else {}
        return {"product": "translations", **_of_run(translator), "decoding": decoding, **grouped}

    def contents(
        self, translator: Translator, videos: Mapping[str, Path], made_by: dict[str, Any]
    ) -> dict[str, Content]:
        found, names = dict[str, Content](), list[str]()

        def clips() -> Iterator[ReadClip]:
            for name, video in videos.items():
                try:
                    clip = translator.clips.read(video)
                except UserError as error:
                    found[name] = error
                else:
                    names.append(name)
                    yield clip

        done = list(translator.translate_each(clips(), **translator.decoding(*self.decoding).model_dump()))
        return found | {name: _document(one, name) for name, one in zip(names, done, strict=True)}

    def is_whole(self, file: Path) -> bool:
        try:
            content = file.read_bytes()
            document = json.loads(content)
        except (OSError, ValueError):
            return False
        return is_sealed(document) and _line(document) == content


def _document(translation: Translation, name: str) -> bytes:
    document = translation.to_json() | {"id": name}
    del document["timings"]
    return _line(sealed(document))


def _line(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, ensure_ascii=False) + "\n").encode()


def _of_run(translator: Translator) -> dict[str, Any]:
    """The run by the hashes of its files, and how it samples a video."""
    folder = translator.run.folder
    files = [folder / name for name in (ABOUT, RECIPE, WEIGHTS, LOCALIZER)]
    return {
        "sign2gpt": __version__,
        "run": {path.name: sha256(path) for path in files if path.is_file()},
        "frame_rate": translator.frame_rate,
        "size": translator.stored_size,
        "frames": translator.clips.frames.model_dump(mode="json"),
    }
