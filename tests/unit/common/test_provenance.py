from __future__ import annotations

from pathlib import Path

import pytest

from sign2gpt.common.provenance import git_commit, provenance


def test_versions_of_what_matters_are_told() -> None:
    found = provenance()
    packages = found["packages"]
    assert isinstance(packages, dict)
    assert {"torch", "transformers", "sacrebleu"} <= set(packages)


def test_the_commit_is_that_of_our_own_checkout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    here = git_commit()
    monkeypatch.chdir(tmp_path)
    assert git_commit() == here
    assert here is None or len(here.removesuffix("+changes")) == 40


def test_no_commit_without_git(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert git_commit() is None
