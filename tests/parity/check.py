"""Compares our model with reference tensors: ``check.py DIR [--json]``, exit code 1 when any differs.

Cases are known by what is in them, under any name: whole models and decoders (NAME.json, NAME.weights.safetensors,
NAME.io.safetensors), position grids and prototype heads (one file each). cases/README.md tells their fields.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import read_json
from sign2gpt.model import packed
from sign2gpt.model.config import DecodingConfig, SpatialConfig
from sign2gpt.model.decoding.beam_search import Hypothesis, beam_candidates
from sign2gpt.model.frontends.spatial import SpatialEncoder
from sign2gpt.model.language.gated_decoder import GatedDecoder, LoraArgs, Memory
from sign2gpt.model.language.language_model import LanguageModelSizes
from sign2gpt.model.weights import load_exactly, read_tensors
from sign2gpt.systems.sign2gpt.config import Sign2GPTConfig
from sign2gpt.systems.sign2gpt.convert import convert_state_dict, load_converted
from sign2gpt.systems.sign2gpt.model import Sign2GPT, build_model
from sign2gpt.systems.sign2gpt.prototypes import PrototypeHead
from sign2gpt.training.losses import presence_loss, sentence_loss

LIMIT = 2e-4
LONGEST = 24  # ids of a whole model's hypotheses
SMOOTHING = 0.1
INPUTS = {"frames", "gloss_targets", "input_ids", "labels"}
Results = dict[str, Any]  # tensors, and hypotheses under their ids' names


@dataclass(frozen=True)
class Comparison:
    """The largest difference of one tensor; ids are equal (0) or not (infinity)."""

    case: str
    tensor: str
    difference: float

    @property
    def agrees(self) -> bool:
        return self.difference <= LIMIT


@torch.inference_mode()
def check(folder: Path) -> list[Comparison]:
    """Every tensor of every case in ``folder``.

    Raises:
        UserError: a case is incomplete or of no known kind, its weights do not fit, or a tensor has no counterpart.
    """
    found: list[Comparison] = []
    for name, ours, reference in cases(folder):
        unknown = reference.keys() - ours.keys()
        if unknown:
            raise UserError(f"{folder / name}: nothing of ours to compare {', '.join(sorted(unknown))} with")
        found += [Comparison(name, key, difference(ours[key], value)) for key, value in reference.items()]
    return found


def difference(ours: Tensor | Hypothesis, reference: Tensor) -> float:
    if isinstance(ours, Hypothesis):
        return 0.0 if ours.ids == reference.tolist() else math.inf
    apart = (ours.double() - reference.double().reshape(ours.shape)).abs().max().item()
    return math.inf if math.isnan(apart) else apart


def cases(folder: Path) -> Iterator[tuple[str, Results, dict[str, Tensor]]]:
    """The name, our results and the reference's of each case."""
    for path in sorted(folder.glob("*.json")):
        sizes = read_json(path)
        weights = read_tensors(path.with_suffix(".weights.safetensors"))
        io = read_tensors(path.with_suffix(".io.safetensors"))
        whole = any(key.startswith("sign_model.") for key in weights)
        run = whole_model if whole else decoder_alone
        inputs = INPUTS if whole else INPUTS | {"decoder_memory"}
        expected = {key: value for key, value in io.items() if key not in inputs}
        for key in expected.keys() & {"greedy_ids", "beam4_ids"}:
            expected[key] = between(expected[key], sizes)
        yield path.stem, run(sizes, weights, io, path.stem), expected
    for path in sorted(folder.glob("*.safetensors")):
        if path.name.endswith((".weights.safetensors", ".io.safetensors")):
            stem = path.name.removesuffix(".safetensors").removesuffix(".io").removesuffix(".weights")
            if not path.with_name(f"{stem}.json").exists():
                raise UserError(f"{path}: {stem}.json with its sizes is absent")
            continue
        tensors = read_tensors(path)
        run = position_grids if any(re.fullmatch(r"grid\d+", key) for key in tensors) else prototype_heads
        yield path.stem, *run(tensors, path.stem)


def between(ids: Tensor, sizes: dict[str, Any]) -> Tensor:
    """Ids without the start, the end and the padding."""
    text = ids.flatten().tolist()[1:]
    ends = [place for place, token in enumerate(text) if token in (sizes["eos"], sizes["pad"])]
    return torch.tensor(text[: ends[0]] if ends else text)


def whole_model(sizes: dict[str, Any], weights: dict[str, Tensor], io: dict[str, Tensor], name: str) -> Results:
    model = build_model(config_of(sizes), glosses=sizes["glosses"], decoder=True, sizes=language_model(sizes), read=())
    load_converted(model, convert_state_dict(weights), name)
    return run(model.eval(), io)


def run(model: Sign2GPT, io: dict[str, Tensor]) -> Results:
    """Every stage of the model on one clip."""
    assert model.prototypes is not None
    assert model.decoder is not None
    frames, lengths = io["frames"], torch.tensor([len(io["frames"])])
    features = model.spatial(frames)
    embedded, first, pooled, z = model.sign_encoder.stages(features, lengths)
    tokens = model.sign_encoder.lengths_out(lengths)
    found = model.prototypes(z, tokens)
    targets = torch.zeros_like(found.scores).index_fill(1, io["gloss_targets"], 1)
    memory = model.decoder.remember(z, tokens)
    hidden = model.decoder.hidden(io["input_ids"], memory)
    losses = sentence_loss(model.decoder.predict, hidden, io["labels"], SMOOTHING, new_tokens=model.decoder.new_tokens)
    return {
        "cls_token": model.spatial.class_tokens(frames),
        "spatial_features": features,
        "enc_after_embedding": embedded,
        "enc_stage_0": first,
        "enc_stage_1": pooled,
        "enc_stage_2": z,
        "sign_features": model.encode(frames, lengths)[0],
        "similarity": found.similarity,
        "presence": found.presence,
        "gloss_scores": found.scores,
        "pretrain_bce": presence_loss(found.scores, targets, scale=1.0) / targets.numel(),
        "decoder_memory": model.decoder.memory(packed.pad(z, tokens)),
        "logits": model(frames, lengths, io["input_ids"]),
        "translation_ce": losses / io["labels"].numel(),
        "greedy_ids": search(model.decoder, memory, 1, LONGEST),
        "beam4_ids": search(model.decoder, memory, 4, LONGEST),
    }


def decoder_alone(sizes: dict[str, Any], weights: dict[str, Tensor], io: dict[str, Tensor], name: str) -> Results:
    lora = LoraArgs(sizes["lora_rank"], sizes["lora_alpha"], dropout=0.0, init_std=0.2)
    decoder = GatedDecoder(
        language_model(sizes),
        features=1,
        lora=lora,
        cross_lora=lora,
        memory_positions="none",
        memory_tokens=1,
        start_id=sizes["bos"],
        end_id=sizes["eos"],
    )
    only_weights = nn.ModuleDict({"decoder": decoder})
    load_exactly(only_weights, convert_state_dict(weights), name, optional=lambda key: "decoder.memory." in key)
    memory = io["decoder_memory"]
    kept = decoder.eval().keep(memory, torch.tensor([memory.shape[1]]))
    return {
        "logits": decoder(io["input_ids"], kept),
        "greedy_ids": search(decoder, kept, 1, sizes["max_length"]),
        "beam4_ids": search(decoder, kept, 4, sizes["max_length"]),
    }


def search(decoder: GatedDecoder, memory: Memory, beams: int, max_ids: int) -> Hypothesis:
    count_start = DecodingConfig().count_start
    return beam_candidates(decoder, memory, beams=beams, max_ids=max_ids, count_start=count_start)[0][0]


def position_grids(tensors: dict[str, Tensor], name: str) -> tuple[Results, dict[str, Tensor]]:
    """The largest grid is what a backbone stores, the others what it makes of it at other image sizes."""
    stored = max(tensors, key=lambda key: tensors[key].shape[1])
    width = tensors[stored].shape[2]
    spatial = SpatialEncoder(
        width,
        backbone=SpatialConfig().backbone,
        backbone_args={"embed_dim": width, "depth": 1, "num_heads": 1},
        train="frozen",
        lora_layers=0,
        lora={},
        position_interpolation=SpatialConfig().position_interpolation,
    )
    spatial.backbone.pos_embed.copy_(tensors[stored])
    sides = {key: math.isqrt(tensors[key].shape[1]) * 14 for key in tensors}
    return {key: spatial.positions(torch.empty(1, 3, side, side)) for key, side in sides.items()}, tensors


def prototype_heads(tensors: dict[str, Tensor], name: str) -> tuple[Results, dict[str, Tensor]]:
    ours: Results = {}
    prefixes = {key.removesuffix("vocab_embedding") for key in tensors if key.endswith("vocab_embedding")}
    if not prefixes:
        raise UserError(f"{name}: neither position grids nor prototype heads")
    for prefix in prefixes:
        part = {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
        io = {key: part.pop(key) for key in ("z", "similarity", "presence", "gloss_scores")}
        dim, glosses, _ = part["vocab_embedding"].shape
        head = PrototypeHead(
            io["z"].shape[2],
            glosses=glosses,
            dim=dim,
            dropout=0.0,
            class_temperature=0.1,
            time_temperature=0.1,
            trainable=False,
        )
        official = {f"post_model.{key}": value for key, value in part.items()}
        load_converted(nn.ModuleDict({"prototypes": head}), convert_state_dict(official), name)
        found = head.eval()(io["z"][0], torch.tensor([io["z"].shape[1]]))
        results = {"similarity": found.similarity, "presence": found.presence, "gloss_scores": found.scores}
        ours |= {f"{prefix}{key}": value for key, value in results.items()}
    outputs = ("similarity", "presence", "gloss_scores")
    return ours, {key: value for key, value in tensors.items() if key.endswith(outputs)}


def config_of(sizes: dict[str, Any]) -> Sign2GPTConfig:
    """Our recipe's keys from the reference's sizes."""
    lora = {"rank": sizes["lora_rank"], "alpha": sizes["lora_alpha"]}
    vit = {"embed_dim": sizes["vit"], "depth": sizes["vit_depth"], "num_heads": sizes["vit_heads"]}
    ids = {"start_id": sizes["bos"], "end_id": sizes["eos"]}
    return Sign2GPTConfig.model_validate(
        {
            "width": sizes["model"],
            "heads": sizes["heads"],
            "layers": sizes["layers"],
            "window": sizes["window"],
            "mlp": 4 * sizes["model"],
            "spatial": {"backbone_args": vit | {"img_size": sizes["pos_img"]}, "lora": lora, "lora_layers": 3},
            "decoder": {"lora": lora, "cross_lora": lora, **ids},
        }
    )


def language_model(sizes: dict[str, Any]) -> LanguageModelSizes:
    return LanguageModelSizes(
        vocabulary=sizes["vocab"],
        width=sizes["lm"],
        mlp=4 * sizes["lm"],
        layers=sizes["lm_layers"],
        heads=sizes["lm_heads"],
        pad_id=sizes["pad"],
        end_id=sizes["eos"],
    )


def main(arguments: list[str]) -> int:
    folders = [argument for argument in arguments if argument != "--json"]
    if len(folders) != 1:
        print("usage: check.py DIR [--json]", file=sys.stderr)
        return 2
    try:
        found = check(Path(folders[0]))
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    worst = max((comparison.difference for comparison in found), default=math.inf)
    passed = bool(found) and worst <= LIMIT
    if "--json" in arguments:
        rows = [asdict(row) | {"agrees": row.agrees} for row in found]
        for row in rows:
            row["difference"] = row["difference"] if math.isfinite(row["difference"]) else None
        print(json.dumps({"passed": passed, "limit": LIMIT, "tensors": rows}, indent=2))
    else:
        for row in found:
            print(f"{'ok  ' if row.agrees else 'FAIL'} {row.difference:8.1e}  {row.case}  {row.tensor}")
        print(f"{len(found)} tensors, largest difference {worst:.1e}" if found else f"no case in {folders[0]}")
    return 0 if passed else 1


if __name__ == "__main__":
    torch.set_num_threads(1)
    sys.exit(main(sys.argv[1:]))
