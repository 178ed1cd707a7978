"""A container file carried out line by line in bare Debian roots, where no container engine is at hand."""

from __future__ import annotations

import json
import os
import posixpath
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

CERTIFICATES = "/machine.pem"
"""Where a root finds the certificates that this machine trusts."""
OUTSIDE = ("http_proxy", "https_proxy", "no_proxy", "PIP_INDEX_URL")
SEARCHED = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
START = 'ip link set lo up && mount -t proc proc "$0/proc" && mount -t tmpfs tmpfs "$0/dev/shm" && exec "$@"'


@dataclass
class Image:
    """A root folder, and what the lines so far say of it."""

    root: Path
    variables: dict[str, str] = field(default_factory=lambda: {"PATH": SEARCHED})
    arguments: dict[str, str] = field(default_factory=dict)
    folder: str = "/"
    user: str = "0"
    told: dict[str, str] = field(default_factory=dict)

    def run(self, script: str, **more: str) -> str:
        """What a shell's ``script`` prints, as the image's user and in its folder."""
        return self._run(["unshare", "--mount"], script, more)

    def run_offline(self, script: str) -> str:
        """The same where there is no network; what it started ends with it."""
        return self._run(["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child"], script, {})

    def words(self, instruction: str) -> list[str]:
        """The list of words that an instruction gives in its exec form."""
        return json.loads(self.told[instruction][self.told[instruction].index("[") :])

    def _run(self, apart: list[str], script: str, more: dict[str, str]) -> str:
        users = [line.split(":") for line in (self.root / "etc/passwd").read_text().splitlines()]
        (home,) = (user[5] for user in users if user[2] == self.user)
        known = {"HOME": home, **self.arguments, **self.variables, **more}
        inside = ["env", "--ignore-environment", *(f"{name}={value}" for name, value in known.items())]
        inside += ["sh", "-c", f"cd {self.folder} && {script}"]
        chroot = ["chroot", f"--userspec={self.user}:{self.user}", str(self.root), *inside]
        command = [*apart, "sh", "-c", START, str(self.root), *chroot]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def instructions(file: Path) -> Iterator[tuple[str, str]]:
    """Each instruction's word and what follows it."""
    text = re.sub(r"^\s*#.*\n", "", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for line in text.replace("\\\n", " ").splitlines():
        if line.strip():
            word, _, rest = line.partition(" ")
            yield word, rest.strip()


def let_through(ignore: Path) -> set[str]:
    """Names at the top of the project that its ``.dockerignore``, which leaves out all others, lets through."""
    return {line[1:] for line in ignore.read_text(encoding="utf-8").splitlines() if line.startswith("!")}


def build(file: Path, project: Path, folder: Path, arguments: dict[str, str]) -> Image:
    """The image of the last stage; every stage has its root in ``folder``."""
    stages: dict[str, Image] = {}
    image = Image(folder)
    for word, rest in instructions(file):
        match word, rest.split():
            case "FROM", [base, *name]:
                image = Image(_root(base, folder, len(stages)))
                stages[name[-1] if name else "last"] = image
            case "ARG", [declared]:
                name, _, value = declared.partition("=")
                image.arguments[name] = arguments.get(name, value)
            case "ENV", pairs:
                for name, _, value in (pair.partition("=") for pair in pairs):
                    image.variables[name] = value.replace(f"${name}", image.variables.get(name, ""))
            case "WORKDIR", [path]:
                image.folder = posixpath.join(image.folder, path)
                (image.root / image.folder.lstrip("/")).mkdir(parents=True, exist_ok=True)
            case "USER", [user]:
                image.user = user
            case "COPY", [option, source, target] if option.startswith("--from="):
                _copy(stages[option.partition("=")[2]].root, [source], image, target, "--link")
            case "COPY", [*sources, target]:
                assert set(sources) <= let_through(project / ".dockerignore"), f"COPY {rest}: left out"
                _copy(project, sources, image, target)
            case "RUN", _:
                image.run(rest, **_outside(image), DEBIAN_FRONTEND="noninteractive")
            case (("CMD" | "ENTRYPOINT" | "HEALTHCHECK" | "EXPOSE" | "VOLUME"), _):
                image.told[word] = rest
            case _:
                raise ValueError(f"no such instruction here: {word} {rest}")
    return image


def _root(base: str, folder: Path, number: int) -> Path:
    """A root as ``debian:SUITE-slim`` holds it: the packages that Debian calls required, and apt."""
    suite = base.removeprefix("debian:").removesuffix("-slim")
    bare, root = folder / suite, folder / str(number)
    if not bare.exists():
        subprocess.run(["debootstrap", "--variant=minbase", suite, str(bare)], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cp", "--archive", str(bare), str(root)], check=True)
    (root / "etc/hosts").write_text("127.0.0.1 localhost\n")  # as engines do
    trusted = ssl.get_default_verify_paths().cafile
    if trusted:
        shutil.copy(trusted, root / CERTIFICATES.lstrip("/"))
    return root


def _outside(image: Image) -> dict[str, str]:
    """How this machine reaches the network: no part of the image."""
    found = {name: os.environ[name] for name in OUTSIDE if name in os.environ}
    return found | ({"PIP_CERT": CERTIFICATES} if (image.root / CERTIFICATES.lstrip("/")).exists() else {})


def _copy(origin: Path, sources: list[str], image: Image, target: str, *options: str) -> None:
    place = image.root / posixpath.join(image.folder, target).lstrip("/")
    for source in (origin / name.lstrip("/") for name in sources):
        if source.is_dir():
            place.mkdir(parents=True, exist_ok=True)
        whole = f"{source}/." if source.is_dir() else str(source)
        subprocess.run(["cp", "--archive", *options, whole, str(place)], check=True)
