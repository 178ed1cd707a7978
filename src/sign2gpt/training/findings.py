"""What a look at a recipe before the first step found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sign2gpt.common.errors import Problems, UserError
from sign2gpt.common.progress import say_lines
from sign2gpt.data.corpus import ClipRow, Corpus
from sign2gpt.model.runs.run import StageName

T = TypeVar("T")


@dataclass
class Findings:
    """What was looked at (facts), what stands in the way (problems) and what one should know (warnings).

    Attributes:
        corpus: None where it could not be opened; ``rows`` are the clips of train and dev that it lists.
    """

    stage: StageName
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    corpus: Corpus | None = field(default=None, repr=False)
    rows: list[ClipRow] = field(default_factory=list, repr=False)

    def attempt(self, work: Callable[[], T]) -> T | None:
        """What ``work`` returns; its mistake becomes a problem, and None."""
        try:
            return work()
        except UserError as error:
            if str(error) not in self.problems:
                self.problems.append(str(error))
            return None

    @property
    def trained(self) -> list[ClipRow]:
        """The rows of train."""
        return [row for row in self.rows if row.split == "train"]

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {key: getattr(self, key) for key in ("stage", "problems", "warnings", "facts")}

    def report(self) -> None:
        """Prints the warnings on stderr.

        Raises:
            UserError: something stands in the way.
        """
        problems = Problems(self.stage)
        problems.extend(self.problems)
        problems.raise_if_any()
        say_lines([f"{self.stage}: {warning}" for warning in self.warnings])
