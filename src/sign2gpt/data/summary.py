"""What a corpus holds, as a table for people."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table

from sign2gpt.common.screen import titled
from sign2gpt.data.check import CorpusReport, Spread

BARS = " ▁▂▃▄▅▆▇█"


def summary(report: CorpusReport) -> RenderableType:
    info = report.corpus
    facts = (info["language"], f"{info['frame_rate']:g} frames/s", f"{info['size']} px", f"licence {info['licence']}")
    title = f"{info['name']}: {', '.join(facts)}"
    counts = Table("split", "clips", "hours", "signers", "different texts", "vocabulary", box=None)
    spreads = Table("split", "per clip", "mean", "least", "5%", "median", "95%", "most", "distribution", box=None)
    for name, split in report.splits.items():
        signers = str(len([signer for signer in split.signers if signer]) or "unknown")
        row = [f"{split.clips:,}", f"{split.hours:.2f}", signers, f"{split.texts:,}", f"{split.vocabulary:,}"]
        counts.add_row(name, *row)
        for measure, spread in (("seconds", split.seconds), ("words", split.words)):
            numbers = [f"{value:.1f}" for value in (spread.mean, *spread.quantiles.values())]
            spreads.add_row(name, measure, *numbers, _bars(spread))
    return Group(titled(title, counts), "", spreads, *([info["notice"]] if info["notice"] else []))


def _bars(spread: Spread) -> str:
    """Ten steps from the least to the most, each as high as the clips in it."""
    highest = max(spread.histogram)
    return "".join(BARS[-(-count * (len(BARS) - 1) // highest)] for count in spread.histogram)
