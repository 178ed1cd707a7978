"""The clips of a corpus: every sentence with its signer and a function that renders its frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from sign2gpt.common.seeds import derive, draw
from sign2gpt.signing.body.render import Frame, drawing, render
from sign2gpt.signing.body.signers import Signer, signers
from sign2gpt.signing.config import SigningConfig
from sign2gpt.signing.language.grammar import scripts
from sign2gpt.signing.language.lexicon import Lexicon
from sign2gpt.signing.language.phonology import Marked
from sign2gpt.signing.script import Script

UNSEEN = "test_unseen_signer"


@dataclass(frozen=True)
class SignedClip:
    """A clip; ``frames()`` yields (size, size, 3) uint8 and can be pickled for another process."""

    split: str
    id: str
    script: Script
    signer: str
    frames: Callable[[], Iterator[Frame]]
    made_from: str
    """Everything that the frames depend on."""
    num_frames: int | None = None
    """About how many frames there will be, if that is known before they are rendered."""


def signed_clips(config: SigningConfig) -> Iterator[SignedClip]:
    """All clips of a corpus, split by split; ``test_unseen_signer`` has a signer who is in no other split."""
    *known, stranger = signers(config.signer_seed, config.signers + 1)
    for split, sentences in scripts(config).items():
        for number, script in enumerate(sentences):
            seed = derive(config.seed, "clip", split, number)
            signer = stranger if split == UNSEEN else draw(seed, "signer").choice(known)
            frames = partial(sign_script, script, signer, config, seed)
            manner = (drawing(config.size), config.lexicon_seed, config.size, config.frame_rate, config.tempo)
            made_from = " ".join(map(str, [*manner, seed, signer, script]))
            yield SignedClip(split, f"{split}_{number:05d}", script, signer.name, frames, made_from)


def sign_script(script: Script, signer: Signer, config: SigningConfig, seed: int) -> Iterator[Frame]:
    """Yields the frames of a script in the language of ``config.lexicon_seed``."""
    return render(marked(script, config.lexicon_seed), signer, config, seed, question=script.question)


def marked(script: Script, lexicon_seed: int) -> list[Marked]:
    """The signs of a script, with negation."""
    lexicon = Lexicon(lexicon_seed)
    negation = script.negation or (False,) * len(script.glosses)
    return [Marked(lexicon.sign(gloss), no) for gloss, no in zip(script.glosses, negation, strict=True)]
