"""`prepare csl-daily` from end to end: labels that hold code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from csl_release import Signed, write_release


def test_labels_with_code_end_with_one_line(tmp_path: Path) -> None:
    write_release(tmp_path / "release", [Signed("S000001_P0001_T00", "train", ["你"], "你！", 30)], [])
    (tmp_path / "release" / "sentence_label" / "csl2020ct_v2.pkl").write_bytes(
        b"cos\nsystem\n(S'touch %b'\ntR." % bytes(tmp_path / "ran")
    )
    command = [sys.executable, "-m", "sign2gpt", "prepare", "csl-daily", "release", "corpus"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (2, "")
    assert "refused, it holds GLOBAL" in run.stderr
    assert len(run.stderr.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["release"]
