"""Runs for others: what of a run folder is passed on, copied, sent to the Hugging Face hub and brought from there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from sign2gpt.common.cards import CARD, own_card
from sign2gpt.common.checksums import SUMS
from sign2gpt.common.config import read_yaml
from sign2gpt.common.errors import UserError
from sign2gpt.common.files import atomic_folder, check_file, user_path, write_text
from sign2gpt.common.hugging_face import download, may_be_hub_name, upload
from sign2gpt.model.language.tokenizer import FILES
from sign2gpt.model.runs.card import Measured, model_card
from sign2gpt.model.runs.run import ABOUT, LANGUAGE_MODEL, LOCALIZER, RECIPE, TRUST, WEIGHTS, read_about

PUBLISHED = (ABOUT, RECIPE, WEIGHTS, LOCALIZER, TRUST, SUMS, *(f"{LANGUAGE_MODEL}/{name}" for name in FILES))
"""What others need. Logs and checkpoints stay, and so does ``clips.json``, which names the clips and thus people."""


def run_folder(name: str | os.PathLike[str], revision: str | None = None) -> Path:
    """The folder of a run: itself, or that of a run on the hub, from the local cache where it is there.

    Raises:
        UserError: there is none, or a folder was named with a revision.
    """
    folder, text = user_path(name, "the name of a run"), os.fspath(name)
    if may_be_hub_name(text):
        return download(text, PUBLISHED, what="run", revision=revision)
    if revision is not None:
        raise UserError(f"{name}: is no name on the hub, OWNER/NAME, and only those have revisions")
    return folder


def copy_run(folder: Path, to: Path) -> None:
    """Copies what of a run is passed on into a new folder.

    Raises:
        UserError: there is no run, or the folder is taken.
    """
    if to.exists() and not (to.is_dir() and not any(to.iterdir())):
        raise UserError(f"{to}: is there already; nothing is overwritten")
    text, files = run_card(folder), _files(folder)
    with atomic_folder(to) as partial:
        for name, path in files.items():
            (partial / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(path, partial / name)
        write_text(partial / CARD, text)


def push_run(
    folder: Path,
    name: str,
    *,
    revision: str | None = None,
    private: bool | None = None,
    measured: Sequence[Measured] = (),
) -> str:
    """Sends a run to the hub, with its card; the address of the commit.

    Args:
        name: OWNER/NAME.
        revision: branch; none: main.
        private: of a model that is made; none: as its owner's settings are.
        measured: evaluations that the card tells.

    Raises:
        UserError: there is no run, or the hub does not take it.
    """
    text = run_card(folder, name, measured).encode()
    return upload(name, {**_files(folder), CARD: text}, revision=revision, private=private)


def run_card(folder: Path, address: str = "FOLDER", measured: Sequence[Measured] = ()) -> str:
    """The card of a run: a person's own where there is one, else ours.

    Args:
        address: what others load the run by.

    Raises:
        UserError: there is no run.
    """
    about = read_about(folder)
    own = own_card(folder)
    recipe = read_yaml(folder / RECIPE)
    return own or model_card(about.title, about.stage, recipe, about.info, address=address, measured=measured)


def _files(folder: Path) -> dict[str, Path]:
    """Files that are passed on as they are, by their names in the run."""
    found = {name: folder / name for name in PUBLISHED if (folder / name).exists()}
    cached = (
        folder.absolute().parents[1] if folder.absolute().parent.name == "snapshots" else folder
    )  # where the hub's cache links to
    for path in found.values():
        check_file(path)
        if not path.resolve().is_relative_to(cached.resolve()):
            raise UserError(f"{path}: is a link that leaves {folder}; it is not passed on, copy the file there instead")
    return found
