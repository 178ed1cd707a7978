"""What a type checker sees of the public names: it finds the mistakes that a program would only make when it runs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """
from pathlib import Path

from sign2gpt import Translation, Translator, UserError

with Translator.from_pretrained(Path("run"), device="cuda:1", frozen_precision="int8") as translator:
    one: Translation = translator.translate("clip.mp4", beams=1, sampling={"top_p": 0.9}, streamer=print)
    several: list[Translation] = translator.translate(Path().glob("*.mp4"), frame_rate=25)
    translator.translate("clip.mp4", beems=1)
    translator.translate("clip.mp4", beams="1")
    translator.translate(3)
    Translator.from_pretrained("run", frozen_precision="int4")
    print(UserError, [found.text for found in translator.stream([], every_s=2.0, sampling={"top_q": 1})])
"""


def test_a_type_checker_finds_wrong_arguments(tmp_path: Path) -> None:
    pytest.importorskip("pyright")
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    settings = {"extraPaths": [str(ROOT / "src")], "pythonVersion": "3.11", "typeCheckingMode": "standard"}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    line = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, "-p", str(tmp_path)]
    found = json.loads(subprocess.run(line, capture_output=True, text=True, check=False).stdout)
    errors = {diagnostic["range"]["start"]["line"] + 1 for diagnostic in found["generalDiagnostics"]}
    assert errors == {9, 10, 11, 12, 13}, found["generalDiagnostics"]


def test_the_keys_are_those_of_the_recipe() -> None:
    from sign2gpt.inference.decoding import DecodingKeys, SamplingKeys
    from sign2gpt.model.config import DecodingConfig, SamplingConfig

    assert DecodingKeys.__annotations__.keys() == DecodingConfig.model_fields.keys()
    assert SamplingKeys.__annotations__.keys() == SamplingConfig.model_fields.keys()
