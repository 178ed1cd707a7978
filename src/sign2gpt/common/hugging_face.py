"""Folders on the Hugging Face hub, named OWNER/NAME: downloads, from its cache where possible, and uploads."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from sign2gpt.common.errors import UserError


def may_be_hub_name(name: str | Path) -> bool:
    """Whether ``name`` can be OWNER/NAME: there is no such folder, and no folder OWNER."""
    path = Path(name)
    return (
        not path.exists() and len(path.parts) == 2 and not path.parent.is_dir() and not str(name).startswith((".", "~"))
    )


def download(name: str, patterns: Sequence[str], *, what: str, revision: str | None = None) -> Path:
    """The folder with the matching files of ``name``, from the cache if possible (``HF_HUB_OFFLINE=1``: only then).

    Args:
        what: is downloaded, for errors: "run", "language model".
        revision: branch, tag or commit. [default: the newest]

    Raises:
        UserError: there is no such name on the hub, or the hub cannot be reached.
    """
    from huggingface_hub import snapshot_download  # pyright: ignore[reportUnknownVariableType]
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, allow_patterns=list(patterns), revision=revision))
    except HFValidationError:
        raise UserError(f"{what} {name}: no such folder, and not a name on the hub (OWNER/NAME)") from None
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise UserError(f"{what} {name}: no such folder, and no download from the hub ({_first_line(error)})") from None


def upload(
    name: str, files: Mapping[str, Path | bytes], *, revision: str | None = None, private: bool | None = None
) -> str:
    """Uploads files to the model ``name`` in one commit; makes the model and the branch if needed.

    Args:
        files: by their names on the hub.
        revision: branch. [default: main]
        private: for a new model. [default: the settings of its owner]

    Returns:
        The address of the commit.

    Raises:
        UserError: you are not logged in, the hub refuses, or it cannot be reached.
    """
    from huggingface_hub import CommitOperationAdd, HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    # the error of the HTTP client, which differs between versions of the library
    http_error = cast(type[Exception], HfHubHTTPError.__mro__[1])
    hub, added = HfApi(), [CommitOperationAdd(path, content) for path, content in files.items()]
    try:
        hub.create_repo(name, private=private, exist_ok=True)
        if revision is not None:
            hub.create_branch(name, branch=revision, exist_ok=True)
        return hub.create_commit(name, added, commit_message="Upload with sign2gpt", revision=revision).commit_url
    except HFValidationError:
        raise UserError(f"{name}: not a name on the hub, which has the form OWNER/NAME") from None
    except (http_error, OSError, RuntimeError, ValueError) as error:  # the last two come from large files
        why = _first_line(error.__cause__ or error)
        raise UserError(f"{name}: upload failed ({why}); `hf auth login` logs in") from None


def _first_line(error: BaseException) -> str:
    """The message of an error, up to the end of its first line that does not end with a colon."""
    message = re.sub(r":\s*\n", ": ", str(error).strip())
    return next(iter(message.splitlines()), type(error).__name__)
