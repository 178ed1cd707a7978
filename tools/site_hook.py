"""The site's hook for MkDocs: links that lead out of docs/ work as they do in the repository.

README.md is the first page, other Markdown that pages link to becomes pages too, and files are copied beside them.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"(\]\()(?!\w+:|#)([^)#\s]+)")
FRONT = "README.md"
OUTSIDE = "repository"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the front page and all that pages link to outside docs/."""
    found, waiting = (
        set[str](),
        [FRONT, "CHANGELOG.md", *(f"docs/{file.src_uri}" for file in files.documentation_pages())],
    )
    while waiting:
        path = waiting.pop()
        if path in found or not (ROOT / path).is_file():
            continue
        found.add(path)
        if not path.startswith("docs/"):
            files.append(File.generated(config, _place(path), abs_src_path=str(ROOT / path)))
        if path.endswith(".md"):
            text = (ROOT / path).read_text(encoding="utf-8")
            waiting += [_target(path, link) for _, link in LINK.findall(text)]
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turns links of the repository into links of the site."""
    path = _path(page.file.src_uri)
    here = posixpath.dirname(page.file.src_uri)

    def moved(found: re.Match[str]) -> str:
        return found[1] + posixpath.relpath(_place(_target(path, found[2])), here or ".")

    return LINK.sub(moved, markdown)


def _target(path: str, link: str) -> str:
    """The path in the repository that a link of the page at ``path`` names."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), link))


def _place(path: str) -> str:
    """Where a file of the repository lies in the site's sources."""
    if path == FRONT:
        return "index.md"
    return path.removeprefix("docs/") if path.startswith("docs/") else f"{OUTSIDE}/{path}"


def _path(place: str) -> str:
    """The other way round."""
    if place == "index.md":
        return FRONT
    return place.removeprefix(f"{OUTSIDE}/") if place.startswith(f"{OUTSIDE}/") else f"docs/{place}"
