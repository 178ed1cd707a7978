"""The builder gives the paper's sizes, and the same start for the same seed."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sign2gpt.common.errors import UserError
from sign2gpt.model.config import DecodingConfig
from sign2gpt.model.decoding.generation import generate
from sign2gpt.model.decoding.hypotheses import Hypothesis
from sign2gpt.model.language.language_model import LanguageModelSizes
from sign2gpt.model.sign_model import moving_weights, parameter_table
from sign2gpt.systems.sign2gpt.config import Sign2GPTConfig
from sign2gpt.systems.sign2gpt.model import Sign2GPT, build_model

SIZES = LanguageModelSizes(vocabulary=20, width=16, mlp=32, layers=1, heads=4, pad_id=1, end_id=2)
BACKBONE = {"img_size": 28, "patch_size": 14, "embed_dim": 12, "depth": 2, "num_heads": 2}


def config(**changes: object) -> Sign2GPTConfig:
    small = {
        "width": 16,
        "heads": 2,
        "mlp": 32,
        "spatial": {"backbone": "vit_tiny_patch16_224", "backbone_args": BACKBONE, "lora_layers": 1},
        "prototypes": {"dim": 6},
        "decoder": {"random_weights": True},
    }
    return Sign2GPTConfig.model_validate(small | changes)


def test_the_papers_model_has_the_papers_parameters():
    model = build_model(Sign2GPTConfig(), glosses=None, decoder=True, device="meta")
    assert parameter_table(model) == {
        "spatial": {"total": 22_328_448, "trainable": 271_872},
        "sign_encoder": {"total": 12_613_632, "trainable": 12_613_632},
        "decoder": {"total": 1_736_710_528, "trainable": 3_803_520},
        "total": {"total": 1_771_652_608, "trainable": 16_689_024},
    }


def test_the_smaller_language_model_is_known_too():
    changed = {"decoder": {"language_model": "facebook/xglm-564M"}}
    model = build_model(Sign2GPTConfig.model_validate(changed), glosses=None, decoder=True, device="meta")
    assert parameter_table(model)["decoder"]["total"] == 564_463_616 + 24 * (2 * 7 * 4 * 1024 + 16) + 513 * 1024


def test_a_seed_gives_the_same_start_and_leaves_the_global_draw_alone():
    torch.manual_seed(5)
    state = torch.get_rng_state()
    first, again, other = (build_model(config(), glosses=3, decoder=True, sizes=SIZES, seed=n) for n in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), state)
    pairs = zip(first.state_dict().values(), again.state_dict().values(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    name = "sign_encoder.before.0.mlp.0.weight"
    assert not torch.equal(first.get_parameter(name), other.get_parameter(name))


def test_the_encoders_start_does_not_depend_on_what_follows_it():
    alone = build_model(config(), glosses=None, decoder=False)
    whole = build_model(config(), glosses=4, decoder=True, sizes=SIZES)
    for name, value in alone.state_dict().items():
        assert torch.equal(value, whole.state_dict()[name]), name


def sentences(model: Sign2GPT, frames: torch.Tensor, lengths: torch.Tensor) -> list[Hypothesis]:
    """The best of each clip."""
    assert model.decoder is not None
    memory = model.decoder.remember(*model.encode(frames, lengths))
    return [best for best, *_ in generate(model.decoder, memory, DecodingConfig(beams=3, max_ids=8))]


def test_the_whole_model_runs_and_each_clip_is_the_same_alone():
    model = build_model(config(), glosses=3, decoder=True, sizes=SIZES, vectors=np.eye(3, 6, dtype=np.float32)).eval()
    for parameter in model.parameters():
        parameter.data += torch.randn(parameter.shape, generator=torch.Generator().manual_seed(0)) * 0.05
    frames = torch.randint(0, 256, (12, 3, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    lengths, ids = torch.tensor([5, 7]), torch.tensor([[2, 4], [2, 9]])
    logits, presence = model(frames, lengths, ids), model.presence(frames, lengths)
    found = sentences(model, frames, lengths)
    for row, part in enumerate(frames.split(lengths.tolist())):
        length = lengths[row : row + 1]
        torch.testing.assert_close(logits[row], model(part, length, ids[row : row + 1])[0], atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(presence.scores[row], model.presence(part, length).scores[0], atol=1e-5, rtol=1e-5)
        assert sentences(model, part, length)[0].ids == found[row].ids


def test_a_checkpoint_holds_what_moves():
    names = set(moving_weights(build_model(config(), glosses=3, decoder=True, sizes=SIZES)))
    assert "spatial.norm.running_mean" in names
    assert "decoder.model.layers.0.self_attn.gate" in names
    assert not {name for name in names if name.startswith(("decoder.model.embed", "spatial.backbone.pos_embed"))}
    assert "prototypes.prototypes" not in names


def test_a_language_model_that_is_nowhere_is_told(tmp_path):
    changed = config(decoder={"language_model": str(tmp_path / "absent")})
    with pytest.raises(UserError, match="no such folder"):
        build_model(changed, glosses=None, decoder=True, sizes=SIZES)
