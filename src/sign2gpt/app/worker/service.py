"""What the page and its API can ask for: files are checked, then a worker does the work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sign2gpt.app.limits import PageLimits, Refused, check_bytes
from sign2gpt.app.worker.worker import Worker

Answer = dict[str, Any]


class Service:
    """One worker for each run.

    ``examples`` are clips of the first run; a ``public`` page shows none of people, who did not consent to that.

    Raises:
        UserError: a run cannot be loaded.
    """

    def __init__(self, runs: Sequence[str], limits: PageLimits, device: str = "auto", *, public: bool = False) -> None:
        self.limits = limits
        self.workers = [Worker(run, limits, device) for run in runs]
        self.about: list[Answer] = [worker.call("about") for worker in self.workers]
        shows_people = not self.about[0]["invented"]
        self.examples: list[Answer] = [] if shows_people and public else self.workers[0].call("examples")["examples"]

    def translate(self, video: str | None, run: int = 0) -> Iterator[Answer]:
        """The sentence as it grows, then the whole translation (`Tasks.translate`).

        Raises:
            Refused: for whatever reason.
        """
        if video is None:
            raise Refused("none")
        check_bytes(Path(video), self.limits)
        yield from self.workers[run].ask("translate", video=video)

    def sign(self, text: str, out: Path) -> Answer:
        """Writes the avatar's video of a text to ``out``: ``glosses``, ``left_out`` and ``seconds``.

        Raises:
            Refused: for whatever reason.
        """
        return self.workers[0].call("sign", text=text, out=str(out))

    def export(self, video: str, captions: Sequence[Mapping[str, Any]], folder: Path, run: int = 0) -> list[str]:
        """Writes the downloads of a translation into ``folder``; returns their names.

        Raises:
            Refused: for whatever reason.
        """
        check_bytes(Path(video), self.limits)
        return self.workers[run].call("export", video=video, captions=captions, folder=str(folder))["files"]

    def language(self, run: int = 0) -> str:
        """Language of a run's sentences, if its corpus states it."""
        return self.about[run]["corpus"]["language"]

    def close(self) -> None:
        for worker in self.workers:
            worker.close()
