"""A small XGLM with its own tokenizer, trained on text alone, as plain transformers loads it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from torch.nn import functional as F
from transformers import PreTrainedTokenizerFast, XGLMConfig, XGLMForCausalLM
from transformers.utils.logging import disable_progress_bar

from sign2gpt.common.checksums import write_sums
from sign2gpt.common.errors import UserError
from sign2gpt.common.files import atomic_folder, recover_folder, write_json
from sign2gpt.common.locks import lock_next_to, locked
from sign2gpt.common.progress import Bar, bar
from sign2gpt.common.seeds import derive, draw
from sign2gpt.model.language.tokenizer import IGNORED
from sign2gpt.training.claim import CLAIM, State, look
from sign2gpt.training.config import LanguageModelConfig
from sign2gpt.training.optim import cosine

START, PAD, END, UNKNOWN = "<s>", "<pad>", "</s>", "<unk>"
SPECIALS = [START, PAD, END, UNKNOWN]
"""In XGLM's order: pad is 1, and 2 both begins and ends a text."""
PAD_ID, END_ID = 1, 2
BUCKET = 16
"""Batches whose sentences are sorted by length together, so that little is padded."""
FLOOR, WARMUP_SHARE, CLIP_NORM, WEIGHT_DECAY = 0.01, 0.05, 1.0, 0.01


def train_language_model(config: LanguageModelConfig, texts: Sequence[str], seed: int) -> State:
    """Trains a tokenizer and a model on ``texts`` and writes them to ``config.output``, whole or not at all.

    Returns:
        FINISHED where the same model was there already, else NEW.

    Raises:
        UserError: there is no text, or the output folder holds something else or another command writes there.
    """
    texts = [text for text in texts if text.strip()]
    if not texts:
        raise UserError("there is no text to train a language model on")
    folder = Path(config.output)
    with locked(folder, lock_next_to(folder)):
        return _train(folder, config, texts, seed)


def _train(folder: Path, config: LanguageModelConfig, texts: list[str], seed: int) -> State:
    identity = identify(config, texts, seed)
    recover_folder(folder)
    usual = {"lm": LanguageModelConfig.model_construct().model_dump(mode="json")}
    if look(folder, identity, usual) is State.FINISHED:
        return State.FINISHED
    tokenizer = make_tokenizer(texts, config.tokenizer, config.vocabulary)
    sentences = [tokenizer.encode(text, add_special_tokens=False) for text in texts]
    torch.manual_seed(derive(seed, "language model"))
    model = make_model(config, len(tokenizer), longest=max(map(len, sentences)) + 1)
    loss = fit(model, sentences, config, seed)
    with atomic_folder(folder) as partial:
        disable_progress_bar()  # transformers' own, of one small file
        model.eval().save_pretrained(partial)
        tokenizer.save_pretrained(partial)
        write_sums(partial, [path.name for path in partial.iterdir()])
        write_json(partial / CLAIM, {"identity": identity, "finished": True, "perplexity": math.exp(loss)})
    return State.NEW


def identify(config: LanguageModelConfig, texts: Sequence[str], seed: int) -> dict[str, object]:
    """All that the model depends on."""
    digest = hashlib.sha256("\n".join(texts).encode()).hexdigest()
    return {
        "lm": config.model_dump(mode="json", exclude={"output", "text", "dev_text"}),
        "seed": seed,
        "text_sha256": digest,
    }


def make_tokenizer(texts: Sequence[str], kind: str, size: int) -> PreTrainedTokenizerFast:
    """A tokenizer of whole words or of byte-pair pieces; it gives back every text with single blanks as it was."""
    if kind == "word":
        trained = Tokenizer(models.WordLevel(unk_token=UNKNOWN))
        trained.pre_tokenizer = pre_tokenizers.WhitespaceSplit()  # type: ignore[assignment]
        trainer = trainers.WordLevelTrainer(vocab_size=size, special_tokens=SPECIALS, show_progress=False)
    else:
        trained = Tokenizer(models.BPE(unk_token=UNKNOWN))
        trained.pre_tokenizer = pre_tokenizers.Metaspace()  # type: ignore[assignment]
        trained.decoder = decoders.Metaspace()  # type: ignore[assignment]
        trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=SPECIALS, show_progress=False)
    trained.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=trained,
        bos_token=START,
        pad_token=PAD,
        eos_token=END,
        unk_token=UNKNOWN,
        clean_up_tokenization_spaces=False,
    )


def make_model(config: LanguageModelConfig, vocabulary: int, longest: int) -> XGLMForCausalLM:
    """An untrained XGLM of the recipe's size."""
    sizes = XGLMConfig(
        vocab_size=vocabulary,
        d_model=config.width,
        ffn_dim=4 * config.width,
        num_layers=config.layers,
        attention_heads=config.heads,
        max_position_embeddings=max(256, 2 * longest),
        dropout=config.dropout,
        attention_dropout=config.dropout,
        layerdrop=0.0,
        use_cache=False,
        decoder_start_token_id=END_ID,
    )
    return XGLMForCausalLM(sizes)


def fit(model: XGLMForCausalLM, sentences: list[list[int]], config: LanguageModelConfig, seed: int) -> float:
    """Trains in place; returns the mean loss of the last epoch's tokens."""
    epoch_steps = math.ceil(len(sentences) / config.batch)
    steps = epoch_steps * config.epochs
    optimizer = torch.optim.AdamW(model.parameters(), lr=config.rate, weight_decay=WEIGHT_DECAY, fused=True)
    model.train()
    loss = math.nan
    with bar("language model", steps) as shown:
        for epoch in range(config.epochs):
            loss = _epoch(model, optimizer, sentences, config, seed, epoch, steps, shown)
    return loss


def _epoch(
    model: XGLMForCausalLM,
    optimizer: torch.optim.Optimizer,
    sentences: list[list[int]],
    config: LanguageModelConfig,
    seed: int,
    epoch: int,
    steps: int,
    shown: Bar,
) -> float:
    total, tokens = 0.0, 0
    first = epoch * math.ceil(len(sentences) / config.batch)
    for step, batch in enumerate(_batches(sentences, config.batch, seed, epoch), start=first):
        torch.manual_seed(derive(seed, "language model", step))
        for group in optimizer.param_groups:
            group["lr"] = config.rate * cosine(step, steps, WARMUP_SHARE * steps, FLOOR)
        ids, labels = padded(batch)
        logits = model(input_ids=ids, attention_mask=(ids != PAD_ID).long()).logits
        loss = F.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORED)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP_NORM)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        count = int((labels >= 0).sum())
        total, tokens = total + loss.item() * count, tokens + count
        shown.advance(note=f"loss {loss.item():.3f}")
    return total / tokens


def _batches(sentences: list[list[int]], size: int, seed: int, epoch: int) -> Iterator[list[list[int]]]:
    """Batches of sentences of like length, in an order of the epoch's own."""
    random = draw(seed, "language model order", epoch)
    order = list(range(len(sentences)))
    random.shuffle(order)
    batches: list[list[int]] = []
    for start in range(0, len(order), size * BUCKET):
        alike = sorted(order[start : start + size * BUCKET], key=lambda index: len(sentences[index]))
        batches += [alike[at : at + size] for at in range(0, len(alike), size)]
    random.shuffle(batches)
    for batch in batches:
        yield [sentences[index] for index in batch]


def padded(sentences: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Input (B, L), which starts with the end token, and labels (B, L), which end with it; `IGNORED` where padded."""
    length = max(map(len, sentences)) + 1
    ids = torch.full((len(sentences), length), PAD_ID)
    labels = torch.full((len(sentences), length), IGNORED)
    for row, sentence in enumerate(sentences):
        ids[row, : len(sentence) + 1] = torch.tensor([END_ID, *sentence])
        labels[row, : len(sentence) + 1] = torch.tensor([*sentence, END_ID])
    return ids, labels
