"""`sign2gpt convert` makes runs, backbones and language models that the other commands read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer as Backend
from tokenizers import models

from sign2gpt.cli.convert import convert
from sign2gpt.common.errors import UserError
from sign2gpt.common.files import write_json
from sign2gpt.inference.translator import Translator
from sign2gpt.model.frontends.spatial import create_backbone
from sign2gpt.model.language.language_model import LanguageModelSizes, read_weights
from sign2gpt.systems import load_run

CASES = Path(__file__).parents[2] / "parity" / "cases"
SIZES = LanguageModelSizes(vocabulary=120, width=64, mlp=256, layers=3, heads=4, pad_id=1, end_id=3)
RECIPE = """
name: small official model
model:
  width: 64
  heads: 4
  mlp: 256
  spatial: {backbone_args: {embed_dim: 48, depth: 4, num_heads: 3, img_size: 70}}
  decoder: {start_id: 2, end_id: 3}
"""


@pytest.fixture
def recipe(tmp_path: Path) -> str:
    path = tmp_path / "small.yaml"
    path.write_text(RECIPE)
    return str(path)


@pytest.fixture
def words(tmp_path: Path) -> Path:
    """A folder with the language model's sizes and a tokenizer, without weights."""
    folder = tmp_path / "words"
    folder.mkdir()
    write_json(folder / "config.json", SIZES.to_config())
    vocabulary = {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3} | {f"w{number}": number for number in range(4, 120)}
    Backend(models.WordLevel(vocabulary, unk_token="<unk>")).save(str(folder / "tokenizer.json"))
    return folder


def test_a_second_stage_checkpoint_becomes_a_run(tmp_path: Path, recipe: str, words: Path):
    weights = load_file(CASES / "short.weights.safetensors")
    torch.save({"model": weights, "trainer": {"epoch": 9}}, tmp_path / "best.pt")
    names = [f"gloss {number}" for number in range(40)]
    (tmp_path / "names.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
    out = tmp_path / "run"
    convert(tmp_path / "best.pt", out, recipe, vocabulary=tmp_path / "names.txt", language_model=str(words))
    run = load_run(out)
    assert run.glosses == names
    assert run.info["converted_from"] == "best.pt"
    io = load_file(CASES / "short.io.safetensors")
    lengths = torch.tensor([1])
    with torch.inference_mode():
        logits = run.model(io["frames"], lengths, io["input_ids"])
        scores = run.model.presence(io["frames"], lengths).scores
    torch.testing.assert_close(logits, io["logits"], atol=2e-4, rtol=0)
    torch.testing.assert_close(scores, io["gloss_scores"], atol=2e-4, rtol=0)
    found = Translator(run).translate(np.zeros((3, 256, 256, 3), np.uint8))
    assert all(word.startswith("w") for word in found.text.split())


def test_a_first_stage_checkpoint_becomes_a_pretraining_run(
    tmp_path: Path, recipe: str, capsys: pytest.CaptureFixture[str]
):
    weights = load_file(CASES / "short.weights.safetensors")
    first = {key.removeprefix("sign_model."): value for key, value in weights.items() if key.startswith("sign_model.")}
    save_file(first, tmp_path / "stage1.safetensors")
    convert(tmp_path / "stage1.safetensors", tmp_path / "run", recipe)
    run = load_run(tmp_path / "run")
    assert run.about.stage == "pretrain"
    assert run.glosses is not None
    assert run.glosses[:2] == ["#0", "#1"]
    assert "--vocabulary FILE" in capsys.readouterr().err.replace("\n", " ")


def test_a_missing_and_an_unknown_key_are_listed_and_nothing_is_written(tmp_path: Path, recipe: str, words: Path):
    weights = load_file(CASES / "short.weights.safetensors")
    del weights["sign_model.sign_model.spatial_model.lin.bias"]
    weights["sign_model.sign_model.spatial_model.lon.bias"] = torch.zeros(64)
    save_file(weights, tmp_path / "odd.safetensors")
    with pytest.raises(UserError) as error:
        convert(tmp_path / "odd.safetensors", tmp_path / "run", recipe, language_model=str(words))
    assert "1 missing weights: spatial.linear.bias" in str(error.value)
    assert "1 unknown weights: sign_model.sign_model.spatial_model.lon.bias" in str(error.value)
    assert not (tmp_path / "run").exists()


def test_names_that_are_too_few_are_told(tmp_path: Path, recipe: str, words: Path):
    (tmp_path / "names.txt").write_text("regen\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"names.txt: 1 names for the 40 pseudo-glosses"):
        convert(
            CASES / "short.weights.safetensors",
            tmp_path / "run",
            recipe,
            vocabulary=tmp_path / "names.txt",
            language_model=str(words),
        )


def test_dinov2_becomes_a_file_of_every_key(tmp_path: Path, recipe: str):
    name = "vit_small_patch14_dinov2.lvd142m"
    backbone = create_backbone(name, embed_dim=48, depth=4, num_heads=3, img_size=70)
    torch.save(backbone.state_dict(), tmp_path / "dinov2.pth")
    convert(tmp_path / "dinov2.pth", tmp_path / "dinov2.safetensors", recipe)
    assert load_file(tmp_path / "dinov2.safetensors").keys() == backbone.state_dict().keys()
    torch.save({"head.bias": torch.zeros(1), **backbone.state_dict()}, tmp_path / "more.pth")
    with pytest.raises(UserError, match=r"1 unknown weights: head\.bias"):
        convert(tmp_path / "more.pth", tmp_path / "more.safetensors", recipe)


def test_an_xglm_folder_becomes_one_that_transformers_loads(tmp_path: Path, recipe: str, words: Path):
    from transformers import AutoModelForCausalLM, XGLMConfig, XGLMForCausalLM

    torch.manual_seed(0)
    model = XGLMForCausalLM(XGLMConfig(**SIZES.to_config()))
    torch.save(model.state_dict(), words / "pytorch_model.bin")
    convert(words, tmp_path / "xglm", recipe)
    assert all(torch.equal(value, model.state_dict()[key]) for key, value in read_weights(tmp_path / "xglm").items())
    again = AutoModelForCausalLM.from_pretrained(tmp_path / "xglm")
    ids = torch.tensor([[2, 5, 7]])
    torch.testing.assert_close(again(ids).logits, model.eval()(ids).logits)
    assert json.loads((tmp_path / "xglm" / "config.json").read_text())["d_model"] == 64


def test_what_is_there_is_never_overwritten(tmp_path: Path, recipe: str):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "mine").touch()
    with pytest.raises(UserError, match="run: already exists"):
        convert(CASES / "short.weights.safetensors", tmp_path / "run", recipe)
