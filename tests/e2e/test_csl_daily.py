"""`prepare csl-daily` from end to end: labels that hold code."""

from __future__ import annotations

from pathlib import Path

from csl_release import Signed, write_release
from forked import sign2gpt


def test_labels_with_code_end_with_one_line(tmp_path: Path) -> None:
    write_release(tmp_path / "release", [Signed("S000001_P0001_T00", "train", ["你"], "你！", 30)], [])
    (tmp_path / "release" / "sentence_label" / "csl2020ct_v2.pkl").write_bytes(
        b"cos\nsystem\n(S'touch %b'\ntR." % bytes(tmp_path / "ran")
    )
    run = sign2gpt("prepare", "csl-daily", "release", "corpus", cwd=tmp_path)
    assert (run.returncode, run.stdout) == (2, "")
    assert "refused, it contains GLOBAL" in run.stderr
    assert len(run.stderr.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["release"]
