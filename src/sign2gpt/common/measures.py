"""What scores are called, in tables, on model cards and on the Hugging Face hub.

The formulas are in `metrics`; the names are here because model cards need them too.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MeasureName:
    """A measure's key in files, its label for people, the hub's name for it, and which direction is better."""

    key: str
    label: str
    hub_name: str = ""
    higher_is_better: bool = True

    @property
    def heading(self) -> str:
        """The label for a table; it states the direction where less is better."""
        return self.label if self.higher_is_better else f"{self.label} (lower is better)"


BLEU = tuple(MeasureName(f"bleu{order}", f"BLEU-{order}", "bleu" if order == 4 else "") for order in (1, 2, 3, 4))
ROUGE_L = MeasureName("rouge_l", "ROUGE-L", "rouge")
CHRF = MeasureName("chrf", "chrF2", "chrf")

NAMES = {name.key: name for name in (*BLEU, ROUGE_L, CHRF)}
"""By key, in the order of the tables; `metrics.measures.add_measure` adds to it."""


def heading(key: str) -> str:
    """The heading of a measure, or its key in words where nothing is known of it, as of a results file of others."""
    return NAMES[key].heading if key in NAMES else key.replace("_", " ")
