"""Checkpoints of causal language models: found, loaded, kept as arrays."""

import tempfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from fairsample.language_models.llm_extra import import_llm_package

__all__ = ["check_checkpoint", "checkpoint_files", "load_checkpoint", "restore_files"]

_CONFIG = ("config.json",)
_WEIGHTS = (
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
)
_TOKENIZER = ("tokenizer.json", "tokenizer.model", "vocab.json")


def check_checkpoint(path_or_id):
    """Refuse a folder that holds no checkpoint.

    Parameters
    ----------
    path_or_id : str or path
        A folder, or the id of a model of a hub, which is not looked at.

    Returns
    -------
    checkpoint : str
        The folder, or the id.

    Raises
    ------
    ValueError
        If the folder does not exist or lacks a configuration, weights or a tokenizer.

    Examples
    --------
    >>> from fairsample.language_models.checkpoint import check_checkpoint
    >>> check_checkpoint("openai-community/gpt2")
    'openai-community/gpt2'
    >>> check_checkpoint("./no-such-folder")
    Traceback (most recent call last):
    ...
    ValueError: './no-such-folder' is no folder. Give the folder of a checkpoint, ...
    """
    folder = Path(path_or_id).expanduser()
    if not folder.is_dir():
        if _is_hub_id(path_or_id) and not folder.exists():
            return str(path_or_id)
        raise ValueError(
            f"{str(path_or_id)!r} is no folder. Give the folder of a checkpoint, as "
            "save_pretrained writes it, or the id of a model."
        )
    wanted = {"configuration": _CONFIG, "weights": _WEIGHTS, "tokenizer": _TOKENIZER}
    for part, names in wanted.items():
        if not any((folder / name).is_file() for name in names):
            raise ValueError(
                f"The folder {str(path_or_id)!r} is no checkpoint of a language model: "
                f"it has no {part} ({' or '.join(names)}). Model and tokenizer write "
                "theirs by save_pretrained."
            )
    return str(folder)


def _is_hub_id(path_or_id):
    """Whether a text could be "name" or "owner/name" and is not written as a path."""
    text = str(path_or_id)
    plain = isinstance(path_or_id, str) and text.count("/") <= 1
    return plain and bool(text.strip("/")) and text[:1] not in "./~\\"


def load_checkpoint(checkpoint, *, dtype="float32", local_files_only=False):
    """Load a causal language model and its tokenizer.

    Parameters
    ----------
    checkpoint : str
        What `check_checkpoint` gave.
    dtype : str, default="float32"
        What the weights are held in.
    local_files_only : bool, default=False
        Whether an id is looked up among downloaded models only.

    Returns
    -------
    model : transformers.PreTrainedModel
        On the CPU.
    tokenizer : transformers.PreTrainedTokenizerFast

    Raises
    ------
    ValueError
        If there is none of that name, or it is another kind of model.
    """
    transformers = import_llm_package("transformers")
    options = {"local_files_only": local_files_only}
    try:
        with _without_progress_bars(transformers):
            tokenizer = transformers.AutoTokenizer.from_pretrained(
                checkpoint, **options
            )
            model = transformers.AutoModelForCausalLM.from_pretrained(
                checkpoint, dtype=dtype, **options
            )
    except ImportError:
        raise
    except Exception as error:  # damaged files raise whatever their reader raises
        which = "The folder" if Path(checkpoint).is_dir() else "No folder, and as an id"
        raise ValueError(
            f"{which} {checkpoint!r} cannot be loaded as a causal language model and "
            f"its tokenizer: {error}"
        ) from error
    if not isinstance(tokenizer, transformers.PreTrainedTokenizerFast):
        raise ValueError(
            f"{checkpoint!r} has a {type(tokenizer).__name__}; a fast tokenizer "
            "(tokenizer.json) is needed."
        )
    if getattr(model, "_is_stateful", False):
        raise ValueError(
            f"{checkpoint!r} is a {type(model).__name__}, which keeps a recurrent "
            "state. Take a transformer, whose keys and values can be cached."
        )
    return model, tokenizer


def checkpoint_files(model, tokenizer):
    """Give a model and its tokenizer as the files of a checkpoint.

    Parameters
    ----------
    model : transformers.PreTrainedModel
        The model.
    tokenizer : transformers.PreTrainedTokenizerFast
        Its tokenizer.

    Returns
    -------
    files : dict of str to ndarray of uint8
        The content of each file.
    """
    transformers = import_llm_package("transformers")
    with tempfile.TemporaryDirectory() as folder:
        with _without_progress_bars(transformers):
            model.save_pretrained(folder)
            tokenizer.save_pretrained(folder)
        return {
            path.name: np.fromfile(path, dtype=np.uint8)
            for path in sorted(Path(folder).iterdir())
        }


def restore_files(files, dtype="float32"):
    """Make the model and the tokenizer that `checkpoint_files` was given.

    Parameters
    ----------
    files : dict of str to ndarray of uint8
        The content of each file.
    dtype : str, default="float32"
        What the weights are held in.

    Returns
    -------
    model, tokenizer
        See `load_checkpoint`.
    """
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            if Path(name).name != name:
                raise ValueError(f"{name!r} is no name of a checkpoint's file.")
            content.tofile(Path(folder, name))
        return load_checkpoint(folder, dtype=dtype, local_files_only=True)


@contextmanager
def _without_progress_bars(transformers):
    """Hide the bars of loading and saving, as the caller's logging settings go on."""
    logging = transformers.utils.logging
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()
