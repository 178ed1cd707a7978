"""Clips of a real corpus' sentences, signed by the avatar: real text, real sign order, invented signs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from sign2gpt.common.seeds import derive, draw
from sign2gpt.signing.body.render import drawing, render
from sign2gpt.signing.body.signers import Signer, signers
from sign2gpt.signing.clips import UNSEEN, SignedClip
from sign2gpt.signing.config import SigningConfig
from sign2gpt.signing.language.lexicon import Lexicon
from sign2gpt.signing.language.transcription import transcribe
from sign2gpt.signing.script import Script

SPLITS = ("train", "dev", "test")
MOST_SIGNS = 200
"""The longest real sentence has 29; a clip with many more would not fit into memory."""


@dataclass(frozen=True)
class AnnotatedSentence:
    """A sentence of a real corpus; ``seconds`` is the length of its video, if known."""

    id: str
    text: str
    glosses: str
    seconds: float | None = None


def annotated_clips(
    config: SigningConfig, sentences: Mapping[str, Sequence[AnnotatedSentence]]
) -> Iterator[SignedClip]:
    """All clips of a corpus, split by split, then test sentences again by a signer who is in no other split.

    Signer and variation of a sentence do not depend on the sizes: a small corpus is a part of a large one. The two
    clips of a test sentence differ only in the signer.
    """
    *known, stranger = signers(config.signer_seed, config.signers + 1)
    for split in SPLITS:
        for sentence in sampled(sentences[split], split, getattr(config, split), config.seed):
            signer = draw(config.seed, "signer", sentence.id).choice(known)
            yield _clip(config, split, sentence.id, sentence, signer)
    for sentence in sampled(sentences["test"], "test", config.test_unseen_signer, config.seed):
        yield _clip(config, UNSEEN, f"{sentence.id}-{stranger.name}", sentence, stranger)


def unsigned(config: SigningConfig, sentences: Mapping[str, Sequence[AnnotatedSentence]]) -> list[str]:
    """The training sentences that are not signed, in their order."""
    signed = {sentence.id for sentence in sampled(sentences["train"], "train", config.train, config.seed)}
    return [sentence.text for sentence in sentences["train"] if sentence.id not in signed]


def sampled(sentences: Sequence[AnnotatedSentence], split: str, size: int, seed: int) -> list[AnnotatedSentence]:
    """At most ``size`` of a split's sentences, in their order; a smaller sample is a part of every larger one."""
    order = sorted(sentences, key=lambda sentence: derive(seed, "sentence", split, sentence.id))
    kept = {sentence.id for sentence in order[:size]}
    return [sentence for sentence in sentences if sentence.id in kept]


def _clip(config: SigningConfig, split: str, name: str, sentence: AnnotatedSentence, signer: Signer) -> SignedClip:
    assert config.annotations is not None
    signs = transcribe(sentence.glosses, config.annotations, Lexicon(config.lexicon_seed))
    question = sentence.text.rstrip().endswith(("?", "？"))
    num_frames = None if sentence.seconds is None else max(1, round(sentence.seconds * config.frame_rate))
    seed = derive(config.seed, "clip", sentence.id)
    script = Script(sentence.text, tuple(sentence.glosses.split()), english="", question=question)
    made_from = [
        drawing(config.size),
        config.size,
        config.frame_rate,
        config.tempo,
        num_frames,
        seed,
        signer,
        question,
        signs,
    ]
    frames = partial(render, signs, signer, config, seed, question, num_frames)
    return SignedClip(split, name, script, signer.name, frames, repr(made_from), num_frames)
