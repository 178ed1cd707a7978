from __future__ import annotations

from pathlib import Path

import pytest
from pictures import ramp

from sign2gpt.video.encode import write_clip


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds at 25 frames a second, frame n grey of level 3 n."""
    path = tmp_path_factory.mktemp("clip") / "ramp.mp4"
    write_clip(path, ramp(75), 25)
    return path
