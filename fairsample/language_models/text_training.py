"""A causal language model fine-tuned on rows of text, by skorch."""

import warnings
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from skorch import NeuralNet
from skorch.callbacks import EarlyStopping, LRScheduler, ProgressBar
from skorch.utils import noop

from fairsample.language_models.llm_extra import import_llm_package
from fairsample.training.records import RecordLoader
from fairsample.training.seeding import seeded

__all__ = ["FineTuning", "RowTextNet", "fine_tune"]


class RowTextNet(NeuralNet):
    """Train a causal language model on `TokenizedRows`.

    The loss is a row's nats, counted on the tokens of values: keys are always given.

    Parameters
    ----------
    module : transformers.PreTrainedModel
        A model with its weights.
    validation_fraction : float, default=0.1
        Share of rows held out for early stopping; 0 for none.
    **kwargs : dict
        What `skorch.NeuralNet` takes.
    """

    def __init__(self, module, *, validation_fraction=0.1, **kwargs):
        self.validation_fraction = validation_fraction
        kwargs.setdefault("criterion", torch.nn.Identity)
        kwargs.setdefault("train_split", True)
        super().__init__(module, **kwargs)

    def get_split_datasets(self, X, y=None, **fit_params):
        """Hold out rows."""
        n_valid = int(self.validation_fraction * len(X))
        if not n_valid:
            return X, None
        order = torch.randperm(len(X)).tolist()
        return X.take(order[n_valid:]), X.take(order[:n_valid])

    def get_iterator(self, dataset, training=False):
        """Iterate over `TokenBatch` objects."""
        return RecordLoader(dataset, self.batch_size, shuffle=training)

    def infer(self, x, **fit_params):
        """Run the model on a `TokenBatch`: logits."""
        batch = x.to(self.device)
        mask = batch.is_real.long()
        output = self.module_(batch.tokens, attention_mask=mask, use_cache=False)
        return output.logits

    def get_loss(self, y_pred, y_true, X=None, training=False):
        """Mean nats of a row's values."""
        batch = X.to(y_pred.device)
        counted = batch.is_value[:, 1:]
        logits, tokens = y_pred[:, :-1][counted], batch.tokens[:, 1:][counted]
        return F.cross_entropy(logits.float(), tokens, reduction="sum") / len(batch)


@dataclass(frozen=True)
class FineTuning:
    """How a model is fine-tuned.

    Parameters
    ----------
    max_epochs, batch_size : int
        Passes over the rows, and rows a step.
    learning_rate : float
        Highest one.
    validation_fraction : float
        Share of rows held out.
    patience : int
        Epochs without a better validation loss before training stops.
    lora : int, dict or None
        Rank, or arguments of `peft.LoraConfig`; None trains all weights.
    device : str
        Where torch works.
    callbacks : sequence of skorch callbacks
        Added to the net's own.
    verbose : int
        1 shows a progress bar, 2 a line for each epoch.
    """

    max_epochs: int
    batch_size: int
    learning_rate: float
    validation_fraction: float
    patience: int
    lora: object
    device: str
    callbacks: tuple = ()
    verbose: int = 0

    def net(self, model, n):
        """Configure a net that is not initialised yet, for n rows."""
        n_valid = int(self.validation_fraction * n)
        n_steps = self.max_epochs * -(-(n - n_valid) // self.batch_size)
        one_cycle = LRScheduler(
            torch.optim.lr_scheduler.OneCycleLR,
            max_lr=self.learning_rate,
            total_steps=n_steps + 1,
            step_every="batch",
        )
        callbacks = [("one_cycle", one_cycle)]
        if n_valid:
            stop = EarlyStopping(patience=self.patience, load_best=True, sink=noop)
            callbacks.append(("early_stopping", stop))
        callbacks += self.callbacks
        if self.verbose:
            callbacks.append(("progress", ProgressBar()))
        return RowTextNet(
            model,
            validation_fraction=self.validation_fraction,
            optimizer=torch.optim.AdamW,
            lr=self.learning_rate,
            batch_size=self.batch_size,
            max_epochs=self.max_epochs,
            callbacks=callbacks,
            device=self.device,
            verbose=int(self.verbose > 1),
        )


def fine_tune(model, rows, settings, seed):
    """Fine-tune a model on rows.

    Parameters
    ----------
    model : transformers.PreTrainedModel
        Starting weights; it is changed.
    rows : TokenizedRows
        Real rows.
    settings : FineTuning
        How.
    seed : int
        Torch's randomness.

    Returns
    -------
    model : transformers.PreTrainedModel
        On the CPU, adapters merged into its weights.
    history : list of dict
        What skorch noted of each epoch.
    """
    with seeded(seed, settings.device):
        if settings.lora is not None:
            model = _with_adapters(model, settings.lora)
        net = settings.net(model, len(rows)).fit(rows, None)
    model = net.module_
    if settings.lora is not None:
        model = model.merge_and_unload()
    return model.cpu().eval(), net.history.to_list()


def _with_adapters(model, lora):
    """Freeze the weights and add adapters of low rank to the linear layers."""
    peft = import_llm_package("peft")
    transformers_layers = import_llm_package("transformers.pytorch_utils")
    options = lora if isinstance(lora, dict) else {"r": lora, "lora_alpha": 2 * lora}
    options = {
        "task_type": "CAUSAL_LM",
        "target_modules": "all-linear",
        "fan_in_fan_out": any(
            isinstance(layer, transformers_layers.Conv1D) for layer in model.modules()
        ),
    } | options
    with warnings.catch_warnings():
        # peft asks transformers for names that are going to change.
        warnings.simplefilter("ignore", FutureWarning)
        return peft.get_peft_model(model, peft.LoraConfig(**options))
