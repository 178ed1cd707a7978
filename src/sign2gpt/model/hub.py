"""A run folder: all that a finished training leaves, readable here or elsewhere.

``run.json``            format, system, stage, version, pseudo-glosses, references to frozen weights, info
``recipe.yaml``         the resolved recipe
``model.safetensors``   the weights; without the frozen ones that ``run.json`` refers to
``localizer.safetensors``  optional: visual weights before the translation training, which localise better
``language_model/``     the language model's config and tokenizer (translation runs)
``README.md``           the model card
``trust.json``          optional: what is usual on clips like those of the training (``sign2gpt calibrate``)
``SHA256SUMS``          sums of all these but the card, compared when a run is loaded; older runs have none
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from pydantic import TypeAdapter, ValidationError
from torch import Tensor

import sign2gpt
from sign2gpt.common.cards import write_card
from sign2gpt.common.checksums import SUMS, check_sums, resummed, write_sums
from sign2gpt.common.config import build, read_yaml, to_yaml
from sign2gpt.common.errors import UserError
from sign2gpt.common.files import atomic_file, read_json, write_json, write_text
from sign2gpt.model.build import FROM_TIMM, build_model
from sign2gpt.model.calibration import Calibration
from sign2gpt.model.card import model_card
from sign2gpt.model.claims import check_held
from sign2gpt.model.config import ModelConfig
from sign2gpt.model.sign2gpt import Sign2GPT
from sign2gpt.model.text import Tokenizer
from sign2gpt.model.weights import fingerprint, load_exactly, read_tensors, write_tensors

FORMAT = 1
SYSTEM = "sign2gpt"
ABOUT, RECIPE, LANGUAGE_MODEL, TRUST = "run.json", "recipe.yaml", "language_model", "trust.json"
WEIGHTS, LOCALIZER = "model.safetensors", "localizer.safetensors"
WHOLE_BYTES = 500_000_000
VISUAL = ("spatial", "sign_encoder")
NEW_TOKENS = "decoder.new_tokens"

Stage = Literal["pretrain", "translate"]


@dataclass(frozen=True)
class Reference:
    """Frozen weights that a run names instead of holding them: a folder, file or hub name, and their `fingerprint`."""

    name: str
    sha256: str


@dataclass(frozen=True)
class About:
    """What ``run.json`` tells; ``glosses`` are the pretraining head's pseudo-glosses, in its order."""

    stage: Stage
    version: str
    glosses: list[str] | None
    references: dict[str, Reference]
    info: dict[str, Any]


@dataclass(frozen=True)
class Run:
    """A loaded run.

    ``localizer`` is the pretrained visual part where the run kept it beside its own, ``calibration`` what was measured
    after its training, if it was.
    """

    folder: Path
    stage: Stage
    model: Sign2GPT
    config: ModelConfig
    recipe: dict[str, Any]
    tokenizer: Tokenizer | None
    glosses: list[str] | None
    info: dict[str, Any]
    localizer: Sign2GPT | None
    calibration: Calibration | None = None


def save_run(
    folder: Path,
    model: Sign2GPT,
    *,
    stage: Stage,
    config: ModelConfig,
    recipe: dict[str, Any],
    tokenizer: Tokenizer | None,
    glosses: list[str] | None,
    info: dict[str, Any],
    whole: Literal["auto", "yes", "no"] = "auto",
    half: bool = False,
    localizer: dict[str, Tensor] | None = None,
) -> None:
    """Writes a run into ``folder``, beside what else lies there; ``run.json`` makes it one, its sums come last.

    Args:
        recipe: the whole resolved recipe; its ``model`` section must be ``config``.
        whole: store frozen weights too; auto: when they are under 500 MB, else refer to them by name and hash.
        half: store matrices in float16.
        localizer: `visual_weights` of before the translation training, to localise with.
    """
    state = {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}
    frozen = {} if whole == "yes" else {part: names for part, names in _frozen(model).items() if _source(part, config)}
    if whole == "auto" and sum(state[name].nbytes for names in frozen.values() for name in names) < WHOLE_BYTES:
        frozen = {}
    references = {
        part: Reference(str(_source(part, config)), fingerprint({name: state[name] for name in names}))
        for part, names in frozen.items()
    }
    named = {name for names in frozen.values() for name in names}
    for name in (ABOUT, TRUST, SUMS):
        (folder / name).unlink(missing_ok=True)
    _write({name: value for name, value in state.items() if name not in named}, folder / WEIGHTS, half)
    (folder / LOCALIZER).unlink(missing_ok=True)
    if localizer is not None:
        changed = {name: value for name, value in localizer.items() if not torch.equal(value, state[name])}
        _write(changed, folder / LOCALIZER, half)
    if tokenizer is not None:
        tokenizer.save(folder / LANGUAGE_MODEL)
    write_text(folder / RECIPE, to_yaml(recipe))
    about = About(stage, sign2gpt.__version__, glosses, references, info)
    write_card(folder, model_card(stage, recipe, info))
    write_json(folder / ABOUT, {"format": FORMAT, "system": SYSTEM, **asdict(about)})
    words = (path.relative_to(folder).as_posix() for path in (folder / LANGUAGE_MODEL).glob("*"))
    write_sums(folder, [ABOUT, RECIPE, WEIGHTS, LOCALIZER, *words])


def read_about(folder: Path) -> About:
    """What a run says of itself, without its weights.

    Raises:
        UserError: there is no finished run, it is damaged, of a newer format, or of another system.
    """
    path = folder / ABOUT
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; a run is a folder that `pretrain` or `train` has written")
    if not path.is_file():
        raise UserError(f"{folder}: holds no finished run ({ABOUT} is absent)")
    check_sums(folder, [ABOUT])
    found = read_json(path)
    if not isinstance(found, dict) or not isinstance(found.get("format"), int):
        raise UserError(f"{path}: tells no format; it was not written by sign2gpt")
    if found["format"] > FORMAT:
        by = f"sign2gpt {found.get('version')}"
        raise UserError(
            f"{folder}: format {found['format']} is newer than {FORMAT}, which this version reads; it is by {by}"
        )
    if found.get("system") != SYSTEM:
        raise UserError(f"{folder}: is a run of {found.get('system')!r}, not of {SYSTEM}")
    try:
        return TypeAdapter(About).validate_python(found)
    except ValidationError as error:
        first = error.errors()[0]
        raise UserError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}; copy the run again") from None


def load_run(folder: Path, device: str | torch.device = "cpu") -> Run:
    """Builds the model of a run, in float32 and evaluation mode.

    Raises:
        UserError: there is no run, a part of it is damaged, or frozen weights that it refers to are not to be had.
    """
    about = read_about(folder)
    check_sums(folder)
    recipe = read_yaml(folder / RECIPE)
    config = build(ModelConfig, recipe.get("model", {}), where=str(folder / RECIPE))
    glosses = None if about.glosses is None else len(about.glosses)
    tokenizer = Tokenizer.open(folder / LANGUAGE_MODEL, config.decoder) if about.stage == "translate" else None
    spatial = config.spatial.model_copy(update={} if "backbone" in about.references else {"weights": None})
    _check_size(folder, about, config, glosses, tokenizer)
    try:
        model = build_model(
            config.model_copy(update={"spatial": spatial}),  # weights that the run holds itself are not read
            glosses=glosses,
            decoder=tokenizer is not None,
            sizes=tokenizer.sizes if tokenizer else None,
            new_tokens=tokenizer.new_tokens if tokenizer else 0,
            weights=bool(about.references),
        )
    except UserError as error:
        raise UserError(f"{folder}: cannot be built from its {RECIPE}: {error}") from None
    named = _check_references(model, about, folder)
    load_exactly(model, read_tensors(folder / WEIGHTS), str(folder / WEIGHTS), optional=named.__contains__)
    localizer = None
    if (folder / LOCALIZER).is_file():
        localizer = build_model(config, glosses=glosses, decoder=False, weights=False)
        visual = {name: value for name, value in model.state_dict().items() if not name.startswith("decoder.")}
        load_exactly(localizer, visual | read_tensors(folder / LOCALIZER), str(folder / LOCALIZER))
        localizer = localizer.to(device).eval()
    model = model.to(device).eval()
    calibration = read_calibration(folder)
    return Run(folder, about.stage, model, config, recipe, tokenizer, about.glosses, about.info, localizer, calibration)


def write_calibration(folder: Path, calibration: Calibration) -> None:
    """Puts beside a run what is usual on clips like those of its training."""
    with resummed(folder, TRUST):
        write_json(folder / TRUST, {"format": FORMAT, **asdict(calibration)})


def read_calibration(folder: Path) -> Calibration | None:
    """What `write_calibration` wrote, None where it never did.

    Raises:
        UserError: the file is damaged, or of a newer format.
    """
    path = folder / TRUST
    if not path.is_file():
        return None
    found = read_json(path)
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise UserError(f"{path}: is of no format that this version reads; run `sign2gpt calibrate` again")
    try:
        return TypeAdapter(Calibration).validate_python(found)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise UserError(f"{path}: {where}: {first['msg']}; run `sign2gpt calibrate` again") from None


def start_from(model: Sign2GPT, folder: Path) -> About:
    """Starts ``model`` from a run: the visual part, and head and decoder where both have them.

    Raises:
        UserError: there is no run, its sizes are not the model's, or it was trained on other frozen weights.
    """
    about = read_about(folder)
    check_sums(folder)
    stored, own = read_tensors(folder / WEIGHTS), model.state_dict()
    shared = {_part(name) for name in stored} & {_part(name) for name in own}
    named = _check_references(model, about, folder)
    taken = {name: value for name, value in stored.items() if _part(name) in shared}
    rows, more = taken.get(NEW_TOKENS), own.get(NEW_TOKENS)
    if more is not None:  # a corpus of one's own may have brought further characters
        taken[NEW_TOKENS] = more if rows is None else torch.cat([rows.to(more), more[len(rows) :]])
    where = f"{folder} does not fit the recipe"
    load_exactly(model, taken, where, optional=lambda name: _part(name) not in shared or name in named)
    return about


def visual_weights(model: Sign2GPT) -> dict[str, Tensor]:
    """A copy of the spatial and sign encoder's weights, on the CPU."""
    state = model.state_dict()
    return {name: value.detach().cpu().clone() for name, value in state.items() if _part(name) in VISUAL}


def _check_size(
    folder: Path, about: About, config: ModelConfig, glosses: int | None, tokenizer: Tokenizer | None
) -> None:
    """Raises where a run's recipe and config ask for a larger model than its weights can be of."""
    try:
        claimed = build_model(
            config,
            glosses=glosses,
            decoder=tokenizer is not None,
            sizes=tokenizer.sizes if tokenizer else None,
            new_tokens=tokenizer.new_tokens if tokenizer else 0,
            device="meta",
        )
    except UserError as error:
        raise UserError(f"{folder}: cannot be built from its {RECIPE}: {error}") from None
    named = {name for part in about.references for name in _frozen(claimed).get(part, [])}
    check_held(claimed, claimed.state_dict().keys() - named, [folder / WEIGHTS], str(folder / WEIGHTS))


def _check_references(model: Sign2GPT, about: About, folder: Path) -> set[str]:
    """Names of the weights that a run refers to, of the parts that the model has; they must have the run's hashes."""
    state, named = model.state_dict(), set()
    for part, reference in about.references.items():
        names = _frozen(model).get(part, [])
        if names and fingerprint({name: state[name] for name in names}) != reference.sha256:
            raise UserError(f"{folder}: was trained on other weights of {reference.name} than those that are there now")
        named.update(names)
    return named


def _frozen(model: Sign2GPT) -> dict[str, list[str]]:
    """Names of frozen weights that came from elsewhere, by the part that they are of."""
    frozen: dict[str, list[str]] = {}
    if model.spatial.how != "full":
        own = [name for name, _ in model.spatial.backbone.named_parameters() if ".lora." not in name]
        frozen["backbone"] = [f"spatial.backbone.{name}" for name in own]
    if model.decoder is not None:
        frozen["language_model"] = [f"decoder.{name}" for name in model.decoder.frozen_names]
    return frozen


def _source(part: str, config: ModelConfig) -> str | None:
    """What the frozen weights of a part came from; None: drawn at random."""
    if part == "backbone":
        weights = config.spatial.weights
        return f"timm/{config.spatial.backbone}" if weights == FROM_TIMM else weights
    return None if config.decoder.random_weights else config.decoder.language_model


def _part(name: str) -> str:
    return name.partition(".")[0]


def _write(state: dict[str, Tensor], path: Path, half: bool) -> None:
    """Vectors (norms, statistics, layer scales) stay in float32: they are small, and float16 is coarse near zero."""
    if half:
        state = {
            name: value.half() if value.is_floating_point() and value.dim() > 1 else value
            for name, value in state.items()
        }
    with atomic_file(path) as partial:
        write_tensors(state, partial)
