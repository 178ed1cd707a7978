"""The site is built without a warning, needs no network, and every link in it leads somewhere."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest
from fences import ROOT

pytest.importorskip("mkdocs", reason="needs the extra docs")
pytest.importorskip("mkdocstrings", reason="needs the extra docs")

FETCHED = re.compile(r'<(?:script|img|iframe)[^>]* src="https?:[^"]*"|<link rel="stylesheet" href="https?:')


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    built = subprocess.run(command, cwd=ROOT, env=os.environ, check=False, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return folder


def test_every_link_leads_somewhere_and_nothing_is_fetched(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert {"index.html", "quickstart.html", "own-corpus.html", "api.html"} <= {page.name for page in pages}
    missing, fetched = [], []
    for page in pages:
        text = page.read_text(encoding="utf-8")
        for link in re.findall(r'\b(?:href|src)="(?!https?:|data:|#|mailto:)([^"#?]+)', text):
            target = site / link.lstrip("/") if link.startswith("/") else page.parent / unquote(link)
            missing += [] if target.exists() else [f"{page.name}: {link}"]
        fetched += re.findall(
            r'<(?:script|img|iframe)[^>]* src="https?:[^"]*"|<link rel="stylesheet" href="https?:', text
        )
    assert (missing, fetched) == ([], [])


def test_the_api_page_tells_arguments_and_errors(site: Path) -> None:
    text = (site / "api.html").read_text(encoding="utf-8")
    assert all(
        name in text for name in ("from_pretrained", "push_to_hub", "write_corpus", "pseudo_glosses", "UserError")
    )


def test_an_example_of_the_api_is_code_and_no_quotation(site: Path) -> None:
    text = (site / "api.html").read_text(encoding="utf-8")
    assert "<blockquote>" not in text
    assert "from_pretrained" in re.sub(r"<[^>]+>", "", text[text.index("&gt;&gt;&gt;") :][:800])


def test_a_page_stands_once_in_the_navigation_and_leads_to_its_neighbours(site: Path) -> None:
    text = (site / "captions.html").read_text(encoding="utf-8")
    listed = re.findall(r'<a href="([\w/.-]+)" class="md-nav__link', text)
    assert len(listed) == len(set(listed))
    footer = re.findall(r'href="([^"]+)" class="md-footer__link md-footer__link--(\w+)"', text)
    assert footer == [("translating.html", "prev"), ("app.html", "next")]
    assert text.count('data-md-color-scheme="slate"') == 1, "one button for each of two schemes"


@pytest.mark.slow
def test_it_is_searched_from_a_folder(site: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("needs Chromium")
    address = f"{(site / 'index.html').as_uri()}?q=consent"
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=10000", "--dump-dom"]
    shown = subprocess.run([browser, *options, address], check=True, capture_output=True, text=True).stdout
    assert "md-search-result__item" in shown
