"""Damaged YAML, JSON, lines and word vectors: recipes, corpora, runs, records, sentences."""

from __future__ import annotations

import gzip
import json
import shutil
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import yaml

from damage.cases import EITHER, REFUSED, Case, Change, cut, emptied, flipped, instead, noise, shuffled

LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + inner] * 9)}]\n" for inner, name in zip("abcdefghi", "bcdefghij", strict=True)
)
MERGED = "a: &a {k0: 0}\n" + "".join(f"b{n}: &b{n} {{<<: [*{'a' if n == 0 else f'b{n - 1}'}]}}\n" for n in range(500))


def _line(text: str) -> Change:
    """A line more at the end."""
    return lambda data, random: data + text.encode(errors="surrogatepass")


def _anchors(key: str) -> Change:
    return lambda data, random: LAUGHS.encode() + data + f"\n{key}: *j\n".encode()


EXPLODING: dict[str, Change] = {
    "laughs": _anchors("notes"),
    "laughs as name": lambda data, random: LAUGHS.encode() + data.replace(b"name: ", b"name: *j #", 1),
    "laughs as key": lambda data, random: LAUGHS.encode() + data + b"\n? *j\n: 1\n",
    "merges upon merges": lambda data, random: MERGED.encode() + data,
    "a value within itself": _line("\nnotes: &n [*n]\n"),
    "a mapping within itself": _line("\ndata: &n {corpus: *n}\n"),
    "100,000 lists": _line("\nnotes: " + "[" * 100_000 + "\n"),
    "deep blocks": _line("\nnotes:\n" + "".join(" " * n + "- \n" for n in range(1, 1500))),
    "deep braces": _line("\nnotes: " + "{a: " * 5_000 + "1" + "}" * 5_000 + "\n"),
    "an anchor that is none": _line("\nnotes: *nobody\n"),
    "30 MB": lambda data, random: data + b"# " + b"x" * 30_000_000,
    "a million keys": lambda data, random: data + b"".join(b"k%d: 1\n" % n for n in range(1_000_000)),
}
YAML: dict[str, Change] = {
    "code": _line("\nnotes: !!python/object/apply:os.system ['touch ran']\n"),
    "a module": _line("\nnotes: !!python/module:antigravity\n"),
    "a tag": _line("\nnotes: !mine {a: 1}\n"),
    "a number of 5,000 digits": _line("\nseed: " + "9" * 5000 + "\n"),
    "a number of base 60": _line("\nseed: " + ":".join(["59"] * 2000) + "\n"),
    "a day that is none": _line("\nnotes: 2024-13-45\n"),
    "bytes": _line("\nnotes: !!binary '%%%'\n"),
    "keys that are numbers": _line("\n7: x\n? [a, b]\n: 1\n"),
    "a NUL": _line("\nnotes: a\0b\n"),
    "a tab": _line("\n\tnotes: a\n"),
    "two documents": _line("\n---\nname: other\n"),
    "not a number": _line("\ntrain: {rate: .nan, epochs: .inf}\nframe_rate: .nan\n"),
    "an endless size": _line("\nmodel: {width: 999999999999, heads: 1}\nsize: 999999999999\n"),
    "UTF-16": lambda data, random: data.decode().encode("utf-16"),
    "Latin-1": _line("\nnotes: grün\n".encode("latin-1").decode("latin-1").replace("ü", "\udcfc")),
    "it extends itself": _line("\nextends: in.yaml\n"),
    "it extends a device": _line("\nextends: /dev/zero\n"),
    "it extends a list": _line("\nextends: [a, b]\n"),
    "escape sequences": _line('\n"\\e[2J\\e[31m": "\\e[2J"\n'),
    "half a surrogate pair": _line('\nnotes: "\\ud800"\nname: "\\udfff"\n'),
    "emptied": emptied,
    "cut": cut,
    "bits flipped": flipped,
    "noise": noise,
    "a list": instead(b"- name: a\n"),
}


def _value(place: str, value: Any) -> Change:
    """Another value at a dotted place; ``*`` stands for any key."""

    def made(data: bytes, random: Random) -> bytes:
        document = json.loads(data)
        *parents, last = place.split(".")
        inner = document
        for key in parents:
            inner = inner[int(key) if isinstance(inner, list) else key]
        inner[int(last) if isinstance(inner, list) else last] = value
        return json.dumps(document).encode()

    return made


def _any(value: Any) -> Change:
    """Another value under one of the keys."""

    def made(data: bytes, random: Random) -> bytes:
        document = json.loads(data)
        document[random.choice(sorted(document))] = value
        return json.dumps(document).encode()

    return made


def _less(data: bytes, random: Random) -> bytes:
    document = json.loads(data)
    del document[random.choice(sorted(document))]
    return json.dumps(document).encode()


def _model(section: str, **values: Any) -> Change:
    """Other values in the recipe's section of the model, or in a part of it."""

    def made(data: bytes, random: Random) -> bytes:
        recipe = yaml.safe_load(data)
        (recipe["model"][section] if section else recipe["model"]).update(values)
        return yaml.safe_dump(recipe).encode()

    return made


def _any_of(**values: Any) -> Change:
    return lambda data, random: json.dumps(json.loads(data) | values).encode()


JSON: dict[str, Change] = {
    "deep lists": instead(b"[" * 100_000),
    "deep keys": instead(b'{"a":' * 100_000),
    "a number of 5,000 digits": lambda data, random: data.replace(b"{", b'{"format": ' + b"9" * 5000 + b", ", 1),
    "a value that is a list": _any([1]),
    "a value that is null": _any(None),
    "a value that is text": _any("x"),
    "a value that is a number": _any(-7),
    "a value that is not a number": _any(float("nan")),
    "a value of a thousand million": _any(10**9),
    "a value of deep keys": _any({"a": {"b": {"c": [{}]}}}),
    "a text of 10 MB": _any("x" * 10_000_000),
    "half a surrogate pair": _any("\ud800"),
    "escape sequences": _any("\x1b[2J"),
    "a key less": _less,
    "a list": instead(b"[1, 2]"),
    "null": instead(b"null"),
    "UTF-16": lambda data, random: data.decode().encode("utf-16"),
    "emptied": emptied,
    "cut": cut,
    "bits flipped": flipped,
    "noise": noise,
}
LINES: dict[str, Change] = {
    "Latin-1": instead("für\ngrün\n".encode("latin-1")),
    "UTF-16": instead("für\ngrün\n".encode("utf-16")),
    "one line less": instead(b"am montag regen\n"),
    "blank lines": instead(b"\n\n"),
    "emptied": emptied,
    "noise": noise,
    "NULs": instead(bytes(100)),
    "NULs inside": instead(b"a\0b\nc\0d\n"),
    "10 MB on a line": instead(b"wort " * 2_000_000 + b"\nb\n"),
    "escape sequences": instead(b"\x1b[2J\n\x1b[31mb\n"),
    "a formula": instead(b"=1+1\n=cmd\n"),
    "lines of other systems": instead("a\u2028b\nc\x85d\n".encode()),
}


def _vec(text: str) -> Change:
    return instead(text.encode())


def _bin(place: int, form: str, *values: int) -> Change:
    """Other numbers at a place of the header."""

    def made(data: bytes, random: Random) -> bytes:
        packed = struct.pack(form, *values)
        return data[:place] + packed + data[place + len(packed) :]

    return made


VEC: dict[str, Change] = {
    "no header": _vec("rot 1 2 3\n"),
    "a width of 10^30": _vec("5 " + "9" * 30 + "\nrot 1 2\n"),
    "a width of other rows": _vec("1 8\nrot 1 2\n"),
    "a count of 10^30": _vec("9" * 30 + " 8\nrot 1 2 3 4 5 6 7 8\n"),
    "words for numbers": _vec("1 8\nrot a b c d e f g h\n"),
    "numbers that are none": _vec("1 8\nrot nan inf 1 2 3 4 5 6\n"),
    "numbers beyond float32": _vec("1 8\nrot " + " ".join(["1e300"] * 8) + "\n"),
    "no word of ours": _vec("1 8\nxyz " + " ".join(["1"] * 8) + "\n"),
    "a line of 300 MB": lambda data, random: b"2 8\n" + b"x" * 300_000_000,
    "5,000 digits": _vec("9" * 50 + " " + "9" * 49 + "\n"),
    "bomb": lambda data, random: gzip.compress(b"2 8\n", 1) + gzip.compress(b"x" * (1 << 20), 1) * 1500,
}
BIN: dict[str, Change] = {
    "a width of 2^31": _bin(8, "<i", 2**31 - 1),
    "a width below 0": _bin(8, "<i", -8),
    "a width of 0": _bin(8, "<i", 0),
    "2^31 entries": _bin(64, "<i", 2**31 - 1),
    "words below 0": _bin(68, "<i", -1),
    "2^31 buckets": _bin(40, "<3i", 2**31 - 1, 3, 6),
    "n-grams of 2^31 letters": _bin(40, "<3i", 1, 1, 2**31 - 1),
    "2^62 pruned": _bin(84, "<q", 2**62),
    "another version": _bin(4, "<i", 99),
    "cut": cut,
    "emptied": emptied,
    "bits flipped": flipped,
    "noise": noise,
    "compressed": lambda data, random: gzip.compress(data),
    "a piece misplaced": shuffled,
}


@dataclass(frozen=True)
class Feed:
    """A file among the healthy ones, and the command that reads it: copied as ``in``, or as the file's own name."""

    source: str
    file: str
    words: tuple[str, ...]

    @property
    def named(self) -> str:
        """What a refusal names: the file, or the run that it is of; of two files that do not fit, only their counts."""
        return {"score": "", "compare": "", "convert": "", "translate": "error: in"}.get(
            self.words[0], Path(self.file).name
        )


RECIPES = [
    Feed("recipe.yaml", "in.yaml", ("validate", "in.yaml")),
    Feed("recipe.yaml", "in.yaml", ("params", "in.yaml")),
    Feed("recipe.yaml", "in.yaml", ("synth", "in.yaml", "out")),
    Feed("recipe.yaml", "in.yaml", ("train", "in.yaml", "--set", "train.output=out", "--set", "train.epochs=1")),
    Feed("corpus", "corpus.yaml", ("check", "in", "--workers", "1")),
    Feed("translate", "recipe.yaml", ("translate", "in", "CLIP")),
]
DOCUMENTS = [
    Feed("record.json", "in.json", ("compare", "in.json", "RECORD")),
    Feed("translate", "run.json", ("translate", "in", "CLIP")),
    Feed("translate", "language_model/config.json", ("translate", "in", "CLIP")),
    Feed("translate", "language_model/tokenizer.json", ("translate", "in", "CLIP")),
    Feed("corpus", "pseudo_glosses.json", ("evaluate", "RUN", "--corpus", "in", "--split", "dev", "-o", "out.json")),
    Feed("corpus", "pseudo_glosses.json", ("corpus", "remove", "in", "--id", "dev0", "--yes")),
    Feed("pretrain", "clips.json", ("runs", "using", "CLIP", "--in", ".")),
    Feed("pretrain", "training.json", ("runs", "using", "CLIP", "--in", ".")),
    Feed("pretrain", "training.json", ("pretrain", "RECIPE", "--set", "pretrain.output=in")),
]
SCORED = [
    Feed("lines.txt", "in.txt", ("score", "--hypotheses", "in.txt", "--references", "LINES", "--protocol", "plain")),
    Feed("lines.txt", "in.txt", ("score", "--hypotheses", "LINES", "--references", "in.txt", "--protocol", "how2sign")),
    Feed("lines.txt", "in.txt", ("lm", "RECIPE", "--set", "lm.text=in.txt", "--set", "lm.output=out")),
]
PRETRAINED = ("pretrain", "RECIPE", "--set", "pretrain.output=out", "--set", "data.vectors.file=")
TEXT_VECTORS = [Feed("words.vec", "in.vec", (*PRETRAINED[:-1], PRETRAINED[-1] + "in.vec"))]
BINARY_VECTORS = [Feed("words.bin", "in.bin", (*PRETRAINED[:-1], PRETRAINED[-1] + "in.bin"))]
CLAIMS: dict[str, Change] = {
    "a file of weights for timm": _model("spatial", backbone_args={"checkpoint_path": "evil.pth"}),
    "a configuration for timm": _model("spatial", backbone_args={"pretrained_cfg": "evil.json"}),
    "a backbone on a hub": _model("spatial", backbone="hf-hub:their/model"),
    "a backbone in a folder": _model("spatial", backbone="local-dir:/tmp"),
    "a backbone of 10^9 layers": _model("spatial", backbone_args={"depth": 10**9}),
    "a backbone of a width of 8,190": _model("spatial", backbone_args={"embed_dim": 8190, "depth": 200}),
    "an encoder of 256 wide layers": _model("", width=16384, heads=64, layers=[256, 256]),
    "an encoder of 10^9 layers": _model("", layers=[10**9, 1]),
    "adapters of a width of 10^9": _model("decoder", lora={"rank": 10**9}),
    "a key twice": lambda data, random: data + b"name: other\n",
    "a key twice in a section": lambda data, random: data + b"more: {a: 1, a: 2}\n",
}
CONFIGS: dict[str, Change] = {
    "a width of 10^9": _any_of(d_model=10**9),
    "10^6 layers": _any_of(num_layers=10**6),
    "wide layers": _any_of(d_model=1 << 16, ffn_dim=1 << 19, num_layers=96),
    "a million words": _any_of(vocab_size=(1 << 20) - 1, d_model=1 << 14),
    "a method replaced": _any_of(model_type="gpt2", get_text_config=1, bos_token_id=2),
    "masks of 2^38 values": _any_of(model_type="gpt2", n_positions=1 << 19, bos_token_id=2),
    "10^6 experts": _any_of(model_type="mixtral", num_local_experts=10**6, bos_token_id=2),
    "code of its own": _any_of(model_type="theirs", auto_map={"AutoConfig": "theirs.Theirs"}),
    "a key twice": lambda data, random: data.replace(b"{", b'{"d_model": 16, ', 1),
}
CLAIMING = [Feed("translate", "recipe.yaml", ("translate", "in", "CLIP"))]
CONFIGURED = [
    Feed("translate", "language_model/config.json", ("translate", "in", "CLIP")),
    Feed("language_model", "config.json", ("convert", "in", "out")),
]
NOTICED = {"code", "a module", "emptied", "deep lists", "deep keys", "null", "laughs", "100,000 lists", "UTF-16"}
"""Damage that no reader can pass over."""


def read(kind: str, feeds: list[Feed], changes: dict[str, Change]) -> Callable[[int, Random, Path], Case]:
    """Each damage in turn, each reader in turn."""

    def made(number: int, random: Random, whole: Path) -> Case:
        name = list(changes)[number % len(changes)]
        feed = feeds[(number + number // len(changes)) % len(feeds)]
        packed = name == "bomb"

        def write(folder: Path) -> None:
            if (whole / feed.source).is_dir():
                shutil.copytree(whole / feed.source, folder / "in")
                path = folder / "in" / feed.file
            else:
                path = folder / (feed.file + ".gz" if packed else feed.file)
                shutil.copy(whole / feed.source, path)
            path.write_bytes(changes[name](path.read_bytes(), random))

        places = {
            "CLIP": whole / "clip.mp4",
            "RECORD": f"other={whole / 'record.json'}",
            "RUN": whole / "translate",
            "LINES": whole / "lines.txt",
            "RECIPE": whole / "recipe.yaml",
        }
        words = tuple(str(places.get(word, word)) + ".gz" * (packed and word.endswith("in.vec")) for word in feed.words)
        unnamed = {"cut", "bits flipped"}  # what is left may be a recipe of other folders
        named = "" if name in unnamed else feed.named
        noticed = name in NOTICED or name in CLAIMS or name in CONFIGS
        surely = noticed and feed.words[0] != "corpus"  # `corpus remove` drops pseudo-glosses that are damaged
        outcomes = (REFUSED,) if surely else EITHER
        return Case(
            kind, f"{feed.words[0]} {feed.source}/{Path(feed.file).name}: {name}", words, named, write, outcomes
        )

    return made
