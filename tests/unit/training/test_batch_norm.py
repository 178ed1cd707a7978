from __future__ import annotations

import timm
import torch

from sign2gpt.training.parallel.batch_norm import SynchronisedBatchNorm, synchronise


def test_norms_with_an_activation_of_their_own_keep_it() -> None:
    torch.manual_seed(0)
    backbone = timm.create_model("mobilenetv3_small_050", num_classes=0).eval()
    frames, before = torch.randn(2, 3, 32, 32), backbone.state_dict()
    expected = backbone(frames)
    synchronise(backbone)
    assert any(isinstance(module, SynchronisedBatchNorm) for module in backbone.modules())
    assert backbone.state_dict().keys() == before.keys()
    torch.testing.assert_close(backbone.eval()(frames), expected)
