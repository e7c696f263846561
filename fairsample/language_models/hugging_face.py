"""Any causal language model checkpoint, fine-tuned on rows, held to their grammar."""

from numbers import Integral, Real
from os import PathLike

import numpy as np
import pandas as pd
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted
from tqdm.auto import tqdm

from fairsample.causal.backend import RowBackend
from fairsample.language_models.checkpoint import (
    check_checkpoint,
    checkpoint_files,
    load_checkpoint,
    restore_files,
)
from fairsample.language_models.constrained_writing import most_tokens, write_values
from fairsample.language_models.llm_extra import import_llm_package
from fairsample.language_models.row_text import RowText
from fairsample.language_models.row_tokens import RowTokenizer
from fairsample.language_models.text_training import FineTuning, fine_tune
from fairsample.language_models.token_states import GrammarTokens
from fairsample.training.device import check_device, choose_device
from fairsample.training.estimator_seeds import draw_seed, stream_of
from fairsample.training.seeding import seeded, torch_generator

__all__ = ["HuggingFaceLM"]


class HuggingFaceLM(RowBackend):
    """Write rows with a causal language model of your own, from a folder or a hub.

    Rows become lines of JSON with the columns' names as keys, in causal order; the
    checkpoint is fine-tuned on them, and its tokens are masked while it writes, so that
    every row is one of the table: known categories, numbers within the bounds and with
    the decimals of their column, times of the calendar, null only where values were
    missing. Loss is counted on values, of held-out rows too, where training stops.

    A model that has read about the world may know what a small table does not show.
    It may also know what is not so in your data: compare the effects. Texts are those
    of the rows it was fitted on, so drop columns that identify persons. It needs the
    extra ``[llm]`` (transformers, llguidance, peft). Nothing is sent anywhere; an id
    that is no folder is downloaded by transformers, without running code of others.

    Parameters
    ----------
    path_or_id : str or path
        A folder with a checkpoint and its tokenizer, as ``save_pretrained`` writes
        them, or the id of a model.
    max_epochs : int, default=10
        Passes over the rows.
    batch_size : int, default=16
        Rows a training step.
    learning_rate : float, default=5e-5
        Highest one, of one cycle. Weights that start at random, and adapters, want
        more.
    validation_fraction : float, default=0.1
        Share of rows held out to stop by; 0 trains for all epochs.
    patience : int, default=3
        Epochs without a better held-out loss before training stops; the best weights
        are kept.
    lora : int or dict, default=None
        Rank of low-rank adapters [1]_, or arguments of ``peft.LoraConfig``; they are
        merged after training. None trains all weights.
    temperature : float, default=1.0
        Logits are divided by it; 1 writes what was learned.
    max_levels : int, default=128
        A column of numbers or times with at most this many distinct ones holds no
        others.
    rows_per_batch : int, default=128
        Rows written at a time.
    dtype : {"float32", "bfloat16", "float16"}, default="float32"
        What weights are held in.
    local_files_only : bool, default=False
        Never download: an id is looked up among downloaded models.
    device : str, default="auto"
        Where torch works: a GPU if there is one, or what torch takes.
    callbacks : list of skorch callbacks, default=None
        Added to training.
    verbose : int, default=0
        1 shows progress bars, 2 a line for each epoch.

    Attributes
    ----------
    order_ : list of str
        The columns, in the order of writing.
    rejected_ : dict of str to int
        Rows that outgrew what the model can read, if any.
    model_ : transformers.PreTrainedModel
        The fine-tuned model, on the CPU.
    rows_ : RowTokenizer
        Rows <-> tokens.
    history_ : list of dict
        Training, epoch by epoch; losses are nats of a row's values.

    See Also
    --------
    ScratchLanguageModel : A small transformer on the table's own tokens, much faster.

    References
    ----------
    .. [1] Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", ICLR 2022.
    .. [2] Borisov et al., "Language Models are Realistic Tabular Data Generators",
       ICLR 2023.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.causal import HuggingFaceLM
    >>> rows = pd.DataFrame({"sex": ["F", "M"] * 10, "ill": ["no", "yes"] * 10})
    >>> HuggingFaceLM("./no-such-folder").fit(rows, ["sex", "ill"])
    Traceback (most recent call last):
    ...
    ValueError: './no-such-folder' is no folder. Give the folder of a checkpoint, ...
    """

    is_costly = True
    most_rows_to_check = 5000

    _parameter_constraints: dict = {
        "path_or_id": [str, PathLike],
        "max_epochs": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "validation_fraction": [Interval(Real, 0, 1, closed="left")],
        "patience": [Interval(Integral, 1, None, closed="left")],
        "lora": [Interval(Integral, 1, None, closed="left"), dict, None],
        "temperature": [Interval(Real, 0, None, closed="neither")],
        "max_levels": [Interval(Integral, 1, None, closed="left")],
        "rows_per_batch": [Interval(Integral, 1, None, closed="left")],
        "dtype": [StrOptions({"float32", "bfloat16", "float16"})],
        "local_files_only": ["boolean"],
        "device": [str],
        "callbacks": [list, None],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        path_or_id,
        *,
        max_epochs=10,
        batch_size=16,
        learning_rate=5e-5,
        validation_fraction=0.1,
        patience=3,
        lora=None,
        temperature=1.0,
        max_levels=128,
        rows_per_batch=128,
        dtype="float32",
        local_files_only=False,
        device="auto",
        callbacks=None,
        verbose=0,
    ):
        self.path_or_id = path_or_id
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.lora = lora
        self.temperature = temperature
        self.max_levels = max_levels
        self.rows_per_batch = rows_per_batch
        self.dtype = dtype
        self.local_files_only = local_files_only
        self.device = device
        self.callbacks = callbacks
        self.verbose = verbose

    def fit(self, rows, order, *, context=None, random_state=None):
        """Fine-tune the checkpoint on rows.

        Parameters
        ----------
        rows : DataFrame of shape (n, n_columns)
            Real rows.
        order : list of str
            All columns, in causal order.
        context : CausalContext, default=None
            Not needed.
        random_state : int, RandomState instance or None, default=None
            Held-out rows, batches, adapters and dropout.

        Returns
        -------
        self : HuggingFaceLM

        Raises
        ------
        ValueError
            If there is no checkpoint, it is no causal language model, or cannot spell
            a value or read a row as long as these.
        ImportError
            If a package of the extra ``[llm]`` is not installed.
        """
        self._validate_params()
        check_device(self.device)
        checkpoint = check_checkpoint(self.path_or_id)
        for package in ("transformers", "llguidance", "peft")[: 2 + bool(self.lora)]:
            import_llm_package(package)
        text = RowText.from_frame(rows[list(order)], max_levels=self.max_levels)
        seed = draw_seed(random_state)
        with seeded(seed):
            model, tokenizer = load_checkpoint(
                checkpoint, dtype=self.dtype, local_files_only=self.local_files_only
            )
        row_tokenizer = _row_tokenizer(text, model, tokenizer)
        tokenized = row_tokenizer.rows(rows[list(order)])
        if tokenized.longest > (most_tokens(model) or np.inf):
            raise ValueError(
                f"A row takes {tokenized.longest} tokens, and {checkpoint!r} reads at "
                f"most {most_tokens(model)}. Drop columns, shorten their names or "
                "values, or take a checkpoint that reads more."
            )
        self.model_, self.history_ = fine_tune(
            model, tokenized, self._fine_tuning(), seed
        )
        self.rows_, self.order_, self.rejected_ = row_tokenizer, list(order), {}
        return self

    def _fine_tuning(self):
        return FineTuning(
            max_epochs=self.max_epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            validation_fraction=self.validation_fraction,
            patience=self.patience,
            lora=self.lora,
            device=choose_device(self.device),
            callbacks=tuple(self.callbacks or ()),
            verbose=self.verbose,
        )

    def sample(self, prefixes, n, *, until=None, random_state=None):
        """Write rows, or continue them; every row is valid.

        Parameters
        ----------
        prefixes : DataFrame of shape (n, n_given) or None
            The first columns of each row, in order.
        n : int
            Rows to write.
        until : str, default=None
            The last column to write; None writes whole rows.
        random_state : int, RandomState instance or None, default=None
            What draws.

        Returns
        -------
        rows : DataFrame of shape (at most n, n_columns)
            What was given, unchanged, and what was written. The index says which
            prefix a row continues; a row that is longer than the model can read is
            left out and counted in `rejected_`.

        Raises
        ------
        ValueError
            If `prefixes` has not n rows or not the first columns, holds a category that
            was never seen, or `until` is no column after them.
        """
        check_is_fitted(self, "model_")
        stop = self._stop(until)
        given = pd.DataFrame(index=range(n)) if prefixes is None else prefixes
        if len(given) != n or given.shape[1] > stop:
            raise ValueError(
                f"Prefixes of shape {given.shape} cannot be continued to {n} rows of "
                f"{stop} columns. Give one prefix a row, and no column after `until`."
            )
        stream = stream_of(random_state)
        texts, fits = self._write(self.rows_.values(given), n, stop, stream)
        given = given.reset_index(drop=True)
        columns = {i: given.iloc[:, i] for i in range(given.shape[1])}
        for position in range(len(columns), stop):
            column = self.rows_.text.columns[position]
            columns[position] = column.read(texts[position - given.shape[1]], stream)
        frame = pd.DataFrame(columns, index=pd.RangeIndex(n))
        frame.columns = self.rows_.text.schema.names[:stop]
        if not fits.all():
            reason = "longer than the model can read"
            n_rejected = self.rejected_.get(reason, 0) + int((~fits).sum())
            self.rejected_[reason] = n_rejected
        return frame if fits.all() else frame[fits]

    def _stop(self, until):
        if until is None:
            return len(self.order_)
        if until not in self.order_:
            raise ValueError(f"until={until!r} is none of the columns {self.order_}.")
        return self.order_.index(until) + 1

    def _write(self, given, n, stop, stream):
        """Write the values of the columns after those given, batch after batch."""
        device = choose_device(self.device)
        generator = torch_generator(stream, device)
        texts, fits = [[] for _ in range(len(given), stop)], [np.zeros(0, dtype=bool)]
        model = self.model_.to(device)
        try:
            for start in tqdm(
                range(0, n if texts else 0, self.rows_per_batch),
                disable=not self.verbose,
            ):
                batch = slice(start, min(start + self.rows_per_batch, n))
                written, batch_fits = write_values(
                    model,
                    self.rows_,
                    [values[batch] for values in given],
                    batch.stop - batch.start,
                    stop,
                    temperature=self.temperature,
                    generator=generator,
                )
                for column, column_texts in zip(texts, written, strict=True):
                    column.extend(column_texts)
                fits.append(batch_fits)
        finally:
            self.model_ = model.cpu()
        return texts, np.concatenate(fits) if texts else np.ones(n, dtype=bool)

    def state(self):
        """Give everything that was fitted, without pickle.

        Returns
        -------
        dict
            Plain JSON types, and the checkpoint's files as arrays of bytes. Parameters
            but for `callbacks`, which are code, are in it.
        """
        check_is_fitted(self, "model_")
        parameters = self.get_params(deep=False)
        del parameters["callbacks"]
        parameters["path_or_id"] = str(self.path_or_id)
        return {
            "parameters": parameters,
            "files": checkpoint_files(self.model_, self.rows_.tokens.tokenizer),
            "text": self.rows_.text.to_json(),
            "history": self.history_,
            "rejected": dict(self.rejected_),
        }

    @classmethod
    def from_state(cls, state):
        """Make a fitted backend of what `state` gave.

        Parameters
        ----------
        state : dict
            What `state` gave. The folder that was fine-tuned need not exist any more.

        Returns
        -------
        HuggingFaceLM
            It writes what the other one would have written.
        """
        backend = cls(**state["parameters"])
        with seeded(0):
            model, tokenizer = restore_files(state["files"], backend.dtype)
        text = RowText.from_json(state["text"])
        backend.model_ = model.eval()
        backend.rows_ = _row_tokenizer(text, model, tokenizer)
        backend.order_ = text.names
        backend.history_ = state["history"]
        backend.rejected_ = dict(state["rejected"])
        return backend


def _row_tokenizer(text, model, tokenizer):
    n_tokens = model.get_input_embeddings().num_embeddings
    return RowTokenizer(text, GrammarTokens(tokenizer, n_tokens))
