"""Folders on the Hugging Face hub, under names OWNER/NAME: brought from there or from its cache, and sent there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from sign2gpt.common.errors import UserError


def may_be_hub_name(name: str | Path) -> bool:
    """Whether ``name`` can be OWNER/NAME: there is no such folder, and none that would hold it."""
    path = Path(name)
    return (
        not path.exists() and len(path.parts) == 2 and not path.parent.is_dir() and not str(name).startswith((".", "~"))
    )


def download(name: str, patterns: Sequence[str], *, what: str, revision: str | None = None) -> Path:
    """The files of ``name`` that match, from the local cache where they are there (``HF_HUB_OFFLINE=1``: only there).

    Args:
        what: is to be had, for errors: "run", "language model".
        revision: branch, tag or commit; none: the newest.

    Raises:
        UserError: there is nothing to be had under that name.
    """
    from huggingface_hub import snapshot_download  # pyright: ignore[reportUnknownVariableType]
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, allow_patterns=list(patterns), revision=revision))
    except HFValidationError:
        raise UserError(f"{what} {name}: no such folder, and no name of the form OWNER/NAME") from None
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise UserError(f"{what} {name}: no such folder, and the hub gives none ({_first_line(error)})") from None


def upload(
    name: str, files: Mapping[str, Path | bytes], *, revision: str | None = None, private: bool | None = None
) -> str:
    """Sends files to the model ``name`` in one commit; the model and the branch are made where they are absent.

    Args:
        files: by their names there.
        revision: branch; none: main.
        private: of a model that is made; none: as its owner's settings are.

    Returns:
        The address of the commit.

    Raises:
        UserError: nobody is logged in, the hub refuses, or it cannot be reached.
    """
    from huggingface_hub import CommitOperationAdd, HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    # the error of the HTTP client that the hub's library has, which is another one from version to version
    http_error = cast(type[Exception], HfHubHTTPError.__mro__[1])
    hub, added = HfApi(), [CommitOperationAdd(path, held) for path, held in files.items()]
    try:
        hub.create_repo(name, private=private, exist_ok=True)
        if revision is not None:
            hub.create_branch(name, branch=revision, exist_ok=True)
        return hub.create_commit(name, added, commit_message="Upload with sign2gpt", revision=revision).commit_url
    except HFValidationError:
        raise UserError(f"{name}: is no name on the hub; it must be OWNER/NAME") from None
    except (http_error, OSError, RuntimeError, ValueError) as error:  # the last two: of large files
        why = _first_line(error.__cause__ or error)
        raise UserError(f"{name}: the hub does not take it ({why}); `hf auth login` logs in") from None


def _first_line(error: BaseException) -> str:
    """What an error tells, up to the end of its first line that ends in no colon."""
    told = re.sub(r":\s*\n", ": ", str(error).strip())
    return next(iter(told.splitlines()), type(error).__name__)
