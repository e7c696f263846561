import json

import numpy as np
import pandas as pd
import torch

from fairsample.training.seeding import seeded

N_POSITIONS = 192


def mixed_rows(n=120, seed=0):
    """Rows of all kinds of columns, in causal order, with awkward texts."""
    rng = np.random.default_rng(seed)
    days = pd.Timestamp("2023-12-20") + pd.to_timedelta(rng.integers(0, 400, n), "D")
    rows = pd.DataFrame(
        {
            "age": rng.integers(18, 90, n),
            "weight": rng.normal(70, 12, n).round(1),
            "risk": rng.normal(0, 1e-3, n),
            "seen": days,
            "stay": pd.to_timedelta(rng.integers(1, 50, n), "h"),
            "children": pd.array(rng.integers(0, 4, n), dtype="Int8"),
            "note": rng.choice(['say "hi"', "naïve/é\\", "a,b}", "{x: 1}"], n),
            "smokes": rng.random(n) < 0.3,
            "group": rng.choice(["A", "B"], n),
            "stage": pd.Categorical(
                rng.choice(["I", "II"], n), ["I", "II", "III"], ordered=True
            ),
            "ill": rng.choice(["no", "yes"], n),
        }
    )
    rows.loc[::7, ["weight", "seen", "children"]] = None
    rows.loc[::5, "note"] = np.nan
    return rows


def dependent_rows(n=240):
    """The group decides the outcome, and nothing else does."""
    group = np.where(np.arange(n) % 2, "A", "B")
    return pd.DataFrame(
        {
            "age": np.arange(n) % 5 + 30,
            "group": group,
            "ill": np.where(group == "A", "no", "yes"),
        }
    )


def byte_level_tokenizer(texts, vocab_size=400, special_token="<|endoftext|>"):
    """A byte-level BPE tokenizer, trained on texts."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=[special_token],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=special_token, eos_token=special_token
    )


def save_tiny_checkpoint(folder, rows, *, seed=0, n_positions=N_POSITIONS, width=32):
    """Save a GPT-2 with random weights whose tokens come from these rows."""
    from transformers import GPT2Config, GPT2LMHeadModel

    lines = [json.dumps(row, default=str) for row in rows.to_dict("records")]
    tokenizer = byte_level_tokenizer(lines)
    config = GPT2Config(
        vocab_size=len(tokenizer),
        n_positions=n_positions,
        n_embd=width,
        n_layer=2,
        n_head=2,
        bos_token_id=0,
        eos_token_id=0,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
    )
    with seeded(seed), torch.no_grad():
        model = GPT2LMHeadModel(config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
