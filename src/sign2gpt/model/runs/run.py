"""A run folder: all that a finished training leaves, readable here or elsewhere.

``run.json``            format, system, stage, what it can do, version, glosses, references to frozen weights, info
``recipe.yaml``         the resolved recipe
``model.safetensors``   the weights; without the frozen ones that ``run.json`` refers to
``localizer.safetensors``  optional: encoder weights of before the last stage, which localise better
``language_model/``     the language model's config and tokenizer, where the system writes sentences with one
``README.md``           the model card
``trust.json``          optional: what is usual on clips like those of the training (``sign2gpt calibrate``)
``SHA256SUMS``          sums of all these but the card, compared when a run is loaded; older runs have none
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import torch
from pydantic import TypeAdapter, ValidationError
from torch import Tensor

from sign2gpt.common.cards import write_card
from sign2gpt.common.checksums import SUMS, check_sums, resummed, write_sums
from sign2gpt.common.config import build, read_yaml, to_yaml
from sign2gpt.common.errors import UserError
from sign2gpt.common.files import atomic_file, read_json, write_json, write_text
from sign2gpt.common.version import __version__
from sign2gpt.model.claims import check_held
from sign2gpt.model.config import ModelConfig
from sign2gpt.model.language.tokenizer import Tokenizer
from sign2gpt.model.runs.calibration import Calibration
from sign2gpt.model.runs.card import model_card
from sign2gpt.model.sign_model import Capability, SignModel
from sign2gpt.model.weights import fingerprint, load_exactly, read_tensors, write_tensors

FORMAT, TRUST_FORMAT = 2, 1
FIRST = {"system": "sign2gpt", "title": "Sign2GPT (Wong, Camgoz, Bowden, ICLR 2024)"}
"""The one system of runs of format 1."""
ABOUT, RECIPE, LANGUAGE_MODEL, TRUST = "run.json", "recipe.yaml", "language_model", "trust.json"
WEIGHTS, LOCALIZER = "model.safetensors", "localizer.safetensors"
WHOLE_BYTES = 500_000_000

StageName = Literal["pretrain", "train"]


class Family(Protocol):
    """What a run folder needs of its system (`sign2gpt.systems.system.System`)."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def model(self) -> type[ModelConfig]: ...

    def build(
        self,
        config: ModelConfig,
        *,
        glosses: list[str] | None,
        tokenizer: Tokenizer | None,
        read: Collection[str] | None = None,
        device: str = "cpu",
    ) -> SignModel: ...

    def tokenizer(self, folder: Path, config: ModelConfig) -> Tokenizer | None: ...

    def origin(self, part: str, config: ModelConfig) -> str | None: ...


@dataclass(frozen=True)
class Reference:
    """Frozen weights that a run names instead of holding them: a folder, file or hub name, and their `fingerprint`."""

    name: str
    sha256: str


@dataclass(frozen=True)
class About:
    """What ``run.json`` contains; ``glosses`` are what the model's head tells apart, in its order."""

    system: str
    title: str
    stage: StageName
    can: list[Capability]
    version: str
    glosses: list[str] | None
    references: dict[str, Reference]
    info: dict[str, Any]


@dataclass(frozen=True)
class Run:
    """A loaded run.

    ``localizer`` is the encoder of before the last stage where the run kept it, ``calibration`` what was measured after
    its training, if it was.
    """

    folder: Path
    about: About
    model: SignModel
    config: ModelConfig
    recipe: dict[str, Any]
    localizer: SignModel | None
    calibration: Calibration | None = None

    @property
    def glosses(self) -> list[str] | None:
        return self.about.glosses

    @property
    def info(self) -> dict[str, Any]:
        return self.about.info


@dataclass(frozen=True)
class Finished:
    """What a stage leaves in its run folder besides the weights.

    Args:
        glosses: what the model's head tells apart.
        info: figures and facts for ``run.json``.
        tokenizer: of the sentences that the model writes.
        localizer: `encoder_weights` of before the stage, to localise with.
    """

    stage: StageName
    glosses: list[str] | None = None
    info: dict[str, Any] = field(default_factory=dict)
    tokenizer: Tokenizer | None = None
    localizer: dict[str, Tensor] | None = None


def save_run(
    folder: Path,
    family: Family,
    model: SignModel,
    recipe: dict[str, Any],
    finished: Finished,
    *,
    whole: Literal["auto", "yes", "no"] = "auto",
    half: bool = False,
) -> None:
    """Writes a run into ``folder``, next to what else lies there; ``run.json`` makes it one, its sums come last.

    Args:
        recipe: the whole resolved recipe.
        whole: store frozen weights too; auto: when they are under 500 MB, else refer to them by name and hash.
        half: store matrices in float16.
    """
    config = build(family.model, dict(recipe["model"]), where="recipe: model")
    state = {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}
    frozen = {part: names for part, names in model.references().items() if family.origin(part, config)}
    small = sum(state[name].nbytes for names in frozen.values() for name in names) < WHOLE_BYTES
    if whole == "yes" or (whole == "auto" and small):
        frozen = {}
    references = {
        part: Reference(str(family.origin(part, config)), fingerprint({name: state[name] for name in names}))
        for part, names in frozen.items()
    }
    named = {name for names in frozen.values() for name in names}
    for name in (ABOUT, TRUST, SUMS):
        (folder / name).unlink(missing_ok=True)
    _write({name: value for name, value in state.items() if name not in named}, folder / WEIGHTS, half)
    (folder / LOCALIZER).unlink(missing_ok=True)
    if finished.localizer is not None:
        changed = {name: value for name, value in finished.localizer.items() if not torch.equal(value, state[name])}
        _write(changed, folder / LOCALIZER, half)
    if finished.tokenizer is not None:
        finished.tokenizer.save(folder / LANGUAGE_MODEL)
    write_text(folder / RECIPE, to_yaml(recipe))
    about = About(
        family.name,
        family.title,
        finished.stage,
        sorted(model.can),
        __version__,
        finished.glosses,
        references,
        finished.info,
    )
    write_card(folder, model_card(family.title, finished.stage, recipe, finished.info))
    write_json(folder / ABOUT, {"format": FORMAT, **asdict(about)})
    words = (path.relative_to(folder).as_posix() for path in (folder / LANGUAGE_MODEL).glob("*"))
    write_sums(folder, [ABOUT, RECIPE, WEIGHTS, LOCALIZER, *words])


def read_about(folder: Path) -> About:
    """What a run contains, without its weights.

    Raises:
        UserError: there is no finished run, it is damaged, or of a newer format.
    """
    path = folder / ABOUT
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; a run is a folder that `pretrain` or `train` has written")
    if not path.is_file():
        raise UserError(f"{folder}: holds no finished run ({ABOUT} is absent)")
    check_sums(folder, [ABOUT])
    found = read_json(path)
    if not isinstance(found, dict) or not isinstance(found.get("format"), int):
        raise UserError(f"{path}: has no format; it was not written by sign2gpt")
    if found["format"] > FORMAT:
        by = f"sign2gpt {found.get('version')}"
        raise UserError(
            f"{folder}: format {found['format']} is newer than {FORMAT}, which this version reads; it is by {by}"
        )
    try:
        return TypeAdapter(About).validate_python(_of_format_1(found) if found["format"] == 1 else found)
    except ValidationError as error:
        first = error.errors()[0]
        raise UserError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}; copy the run again") from None


def _of_format_1(found: dict[str, Any]) -> dict[str, Any]:
    """What a run of one system, and of two stages with other names, contains in today's words."""
    translates = found.get("stage") == "translate"
    can = [*(["localise"] if found.get("glosses") is not None else []), *(["translate"] if translates else [])]
    stage = "train" if translates else found.get("stage")
    return {**FIRST, **found, "stage": stage, "can": can}


def cannot(folder: Path, about: About, capability: Capability) -> UserError | None:
    """The error of a run that is asked for what it cannot do; None where it can."""
    if capability in about.can:
        return None
    if about.stage == "pretrain" and capability == "translate":
        return UserError(f"{folder}: is a pretraining run, it has no decoder to translate with; train from it")
    able = ", ".join(about.can) or "nothing"
    return UserError(f"{folder}: cannot {capability}, this {about.system} run can {able}")


def load_run(folder: Path, families: Callable[[str], Family], device: str | torch.device = "cpu") -> Run:
    """Builds the model of a run, in float32 and evaluation mode.

    Args:
        families: finds a system by its name.

    Raises:
        UserError: there is no run, a part of it is damaged, or frozen weights that it refers to are not available.
    """
    about = read_about(folder)
    check_sums(folder)
    family = families(about.system)
    recipe = read_yaml(folder / RECIPE)
    config = build(family.model, recipe.get("model", {}), where=str(folder / RECIPE))
    tokenizer = family.tokenizer(folder, config) if "translate" in about.can else None
    _check_size(folder, family, about, config, tokenizer)
    try:  # weights that the run holds itself are not read
        model = family.build(config, glosses=about.glosses, tokenizer=tokenizer, read=about.references.keys())
    except UserError as error:
        raise UserError(f"{folder}: cannot be built from its {RECIPE}: {error}") from None
    named = _check_references(model, about, folder)
    load_exactly(model, read_tensors(folder / WEIGHTS), str(folder / WEIGHTS), optional=named.__contains__)
    localizer = None
    if (folder / LOCALIZER).is_file():
        localizer = family.build(config, glosses=about.glosses, tokenizer=None, read=())
        state = model.state_dict()
        own = {name: state[name] for name in localizer.state_dict()}
        load_exactly(localizer, own | read_tensors(folder / LOCALIZER), str(folder / LOCALIZER))
        localizer = localizer.to(device).eval()
    return Run(folder, about, model.to(device).eval(), config, recipe, localizer, read_calibration(folder))


def write_calibration(folder: Path, calibration: Calibration) -> None:
    """Puts beside a run what is usual on clips like those of its training."""
    with resummed(folder, TRUST):
        write_json(folder / TRUST, {"format": TRUST_FORMAT, **asdict(calibration)})


def read_calibration(folder: Path) -> Calibration | None:
    """What `write_calibration` wrote, None where it never did.

    Raises:
        UserError: the file is damaged, or of a newer format.
    """
    path = folder / TRUST
    if not path.is_file():
        return None
    found = read_json(path)
    if not isinstance(found, dict) or found.get("format") != TRUST_FORMAT:
        raise UserError(f"{path}: has a format that this version does not read; run `sign2gpt calibrate` again")
    try:
        return TypeAdapter(Calibration).validate_python(found)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise UserError(f"{path}: {where}: {first['msg']}; run `sign2gpt calibrate` again") from None


def start_from(model: SignModel, folder: Path) -> About:
    """Starts ``model`` from a run: the parts that both have.

    Raises:
        UserError: there is no run, its sizes are not the model's, or it was trained on other frozen weights.
    """
    about = read_about(folder)
    check_sums(folder)
    stored, own = read_tensors(folder / WEIGHTS), model.state_dict()
    shared = {_part(name) for name in stored} & {_part(name) for name in own}
    named = _check_references(model, about, folder)
    taken = model.fit_start({name: value for name, value in stored.items() if _part(name) in shared})
    where = f"{folder} does not fit the recipe"
    load_exactly(model, taken, where, optional=lambda name: _part(name) not in shared or name in named)
    return about


def _check_size(folder: Path, family: Family, about: About, config: ModelConfig, tokenizer: Tokenizer | None) -> None:
    """Raises where a run's recipe and config ask for a larger model than its weights can be of."""
    try:
        claimed = family.build(config, glosses=about.glosses, tokenizer=tokenizer, device="meta")
    except UserError as error:
        raise UserError(f"{folder}: cannot be built from its {RECIPE}: {error}") from None
    references = claimed.references()
    named = {name for part in about.references for name in references.get(part, [])}
    check_held(claimed, claimed.state_dict().keys() - named, [folder / WEIGHTS], str(folder / WEIGHTS))


def _check_references(model: SignModel, about: About, folder: Path) -> set[str]:
    """Names of the weights that a run refers to, of the parts that the model has; they must have the run's hashes."""
    state, frozen, named = model.state_dict(), model.references(), set()
    for part, reference in about.references.items():
        names = frozen.get(part, [])
        if names and fingerprint({name: state[name] for name in names}) != reference.sha256:
            raise UserError(f"{folder}: was trained on other weights of {reference.name} than those that are there now")
        named.update(names)
    return named


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
