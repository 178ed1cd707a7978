"""What is usual: how low the signals of clips like those of a run's training are."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from sign2gpt.common.errors import UserError
from sign2gpt.data.corpus import ClipRow
from sign2gpt.inference.translator import Translator
from sign2gpt.model.runs.calibration import Calibration

FALSE_ALARMS = 0.05
"""Share of clips like those of the training that may be called unlike them."""


def calibrate(
    translator: Translator,
    rows: Sequence[ClipRow],
    false_alarms: float = FALSE_ALARMS,
    progress: Callable[[int], None] | None = None,
) -> Calibration:
    """Measures what is usual on clips that the run was not trained on, such as those of dev.

    Raises:
        UserError: there are too few clips for that share of false alarms.
    """
    check_enough(rows, false_alarms)
    nothing = Calibration({}, rows[0].split, len(rows), 0.0)
    telling = Translator(replace(translator.run, calibration=nothing), translator.device, translator.longest_s)
    done = telling.translate_rows(rows, progress=progress)
    values = [found.trust.values for found in done if found.trust is not None]
    least = usual(values, false_alarms)
    share = sum(any(clip[name] < limit for name, limit in least.items()) for clip in values) / len(values)
    return replace(nothing, least=least, false_alarms=round(share, 4))


def check_enough(rows: Sequence[ClipRow], false_alarms: float = FALSE_ALARMS) -> None:
    """Raises a `UserError` where that share is less than one clip."""
    needed = math.ceil(round(1 / false_alarms, 6))
    if len(rows) < needed:
        split = f" {rows[0].split}" if rows else ""
        raise UserError(f"Needs at least {needed}{split} clips; this corpus has {len(rows)}")


def usual(values: Sequence[Mapping[str, float]], false_alarms: float) -> dict[str, float]:
    """The largest limits, as many clips below each, that at most that share of all clips lies below one of.

    Signals go together: shared out beforehand, the alarms would be fewer than allowed.
    """
    columns = {name: sorted(clip[name] for clip in values) for name in values[0]}
    limits = {name: column[0] for name, column in columns.items()}
    for rank in range(1, len(values)):
        higher = {name: column[rank] for name, column in columns.items()}
        if sum(any(clip[name] < limit for name, limit in higher.items()) for clip in values) > false_alarms * len(
            values
        ):
            break
        limits = higher
    return limits
