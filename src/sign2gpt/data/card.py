"""The dataset card of a corpus: counts, language, terms, notice, and clips that were left out."""

from __future__ import annotations

from typing import Any

from sign2gpt.common.cards import card, licence_keys, plain, slug, table, write_card
from sign2gpt.data.corpus import Corpus

USE = """## Use

```sh
sign2gpt check CORPUS
```

Each split is a folder with clips (H.264) and `metadata.csv`: file_name, text, signer, glosses, num_frames."""

CONSENT = """## Signers and consent

The clips show people, and their faces are part of sign language. Signers can withdraw consent: `sign2gpt corpus
remove` removes their clips, `sign2gpt runs using` finds the models that were trained on them."""


def write_corpus_card(corpus: Corpus) -> None:
    """Writes the card of a corpus from its current tables, unless a person has edited it."""
    info = corpus.info
    rows = {split: corpus.rows(split) for split in corpus.splits}
    counts = [
        [
            plain(split),
            f"{len(clips):,}",
            f"{sum(clip.num_frames for clip in clips) / info.frame_rate / 3600:.2f}",
            f"{len({clip.text for clip in clips}):,}",
            str(len({clip.signer for clip in clips if clip.signer}) or "unknown"),
            f"{sum(clip.glosses is not None for clip in clips):,}",
        ]
        for split, clips in rows.items()
    ]
    clips = sum(map(len, rows.values()))
    parts = [
        f"# {plain(info.name)}",
        f"**{plain(info.notice)}**" if info.notice else "",
        f"Videos of sentences in a sign language, with the sentences in {info.language}: {info.frame_rate:g} frames "
        f"per second, {info.size}x{info.size} pixels.",
        table(["split", "clips", "hours", "distinct sentences", "signers", "clips with glosses"], counts),
        f"Clips left out because they were damaged: {', '.join(map(plain, info.left_out))}." if info.left_out else "",
        f"## Terms\n\n{plain(info.licence)}",
        "" if info.notice else CONSENT,
        USE,
    ]
    write_card(corpus.folder, card(_front(corpus, clips), parts))


def _front(corpus: Corpus, clips: int) -> dict[str, Any]:
    """The front matter that the Hugging Face Hub reads (https://huggingface.co/docs/hub/datasets-cards)."""
    info = corpus.info
    files = [{"split": slug(split).replace("-", "_"), "path": f"{split}/**"} for split in corpus.splits]
    return {
        "language": [info.language],
        **licence_keys(info.licence),
        "pretty_name": info.name,
        "tags": ["sign-language-translation", "video"],
        "size_categories": [_size(clips)],
        "configs": [{"config_name": "default", "data_files": files}],
    }


def _size(clips: int) -> str:
    steps = {1_000: "n<1K", 10_000: "1K<n<10K", 100_000: "10K<n<100K"}
    return next((name for most, name in steps.items() if clips < most), "100K<n<1M")
