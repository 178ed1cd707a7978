"""A Hugging Face Space that shows a run: the demo, or the one that ``SIGN2GPT_RUN`` names."""

from __future__ import annotations

import os

from sign2gpt.app.limits import PageLimits
from sign2gpt.app.serving import served, wait

if __name__ == "__main__":
    limits = PageLimits(seconds=30, megabytes=20)
    with served([os.environ.get("SIGN2GPT_RUN", "demo")], limits, host="0.0.0.0", port=7860):
        wait()
