"""A small language model of a table's rows, trained from scratch."""

from numbers import Integral, Real

import numpy as np
import torch
from scipy.special import ndtr
from sklearn.utils._param_validation import Interval

from fairsample.autoregressive import column_nll
from fairsample.causal.encoded_backend import EncodedBackend
from fairsample.encoding import TableEncoder
from fairsample.language_models.causal_transformer import CausalTransformer
from fairsample.language_models.language_model_plan import LanguageModelPlan
from fairsample.training.device import check_device, placement, usable_device
from fairsample.training.net_state import net_state, restore_net
from fairsample.training.precision import fast_matmul
from fairsample.training.record_net import RecordNet
from fairsample.training.records import Records
from fairsample.training.schedule import one_cycle, progress, stop_early
from fairsample.training.seeding import seeded, torch_generator

__all__ = ["LanguageModelNet", "ScratchLanguageModel"]

TOKENS_AT_ONCE = 2**16


class LanguageModelNet(RecordNet):
    """Train `CausalTransformer` on `Records`: mean nats of a row.

    Parameters
    ----------
    module : type
        `CausalTransformer`; its arguments are given as ``module__...``.
    **kwargs : dict
        What `RecordNet` takes.
    """

    def infer(self, x, **fit_params):
        """Run the module on a `RecordBatch`."""
        return self.module_(x.columns.to(self.device))

    def get_loss(self, y_pred, y_true, X=None, training=False):
        """Mean nats of a row."""
        columns = X.columns.to(y_pred.device)
        return column_nll(y_pred, columns, self.module_.block_sizes).sum(1).mean()


class ScratchLanguageModel(EncodedBackend):
    """Write rows by a small causal transformer that learned from the table alone.

    A row is a sentence whose words are the codes of its columns, in causal order. Each
    word is drawn from the codes of its own column, so every row is valid, and a row
    goes on from any first columns that are given. Nothing but the table is known to
    it: below some 3,000 rows it loses weak effects, and `ConditionalChain` keeps them.

    Parameters
    ----------
    embedding : int, default=None
        Width of the transformer; None is 64.
    n_layers, n_heads : int, default=2, 4
        Its layers, and the attention heads in each.
    dropout : float, default=None
        Dropout everywhere; None is 0.1, and 0.05 from 10,000 rows on.
    max_epochs, batch_size : int, default=None
        Passes over the rows, and rows a step; None goes by the number of rows.
    learning_rate : float, default=2e-3
        The highest one.
    weight_decay : float, default=1.0
        Of all parameters, in units of the learning rate.
    validation_fraction : float, default=0.1
        Share of rows held out for early stopping; 0 for none.
    patience : int, default=8
        Epochs without a better validation loss before training stops; the best epoch
        counts. While the learning rate is high, better ones are still to come.
    max_levels : int, default=128
        Up to this many distinct numbers are codes of their own.
    n_bins : int, default=100
        Bins of the other numeric columns.
    device : str, default="auto"
        Where torch works: "auto" is a GPU where there is one.
    callbacks : list of skorch callbacks, default=None
        Added to the net's own.
    verbose : int, default=0
        1 shows a progress bar, 2 a line for each epoch.

    Attributes
    ----------
    order_ : list
        The columns, in the order of writing.
    encoder_ : TableEncoder
        Columns <-> codes.
    net_ : skorch.NeuralNet
        The trained net.
    rejected_ : dict
        Empty: every row is valid.

    See Also
    --------
    ConditionalChain : One scikit-learn model a column, for fewer rows.

    References
    ----------
    .. [1] Solatorio and Dupriez, "REaLTabFormer: Generating Realistic Relational and
       Tabular Data using Transformers", arXiv:2302.02041.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from fairsample.causal import ScratchLanguageModel
    >>> group = np.repeat(["A", "B"], 50)
    >>> ill = np.where(group == "A", "no", "yes")
    >>> rows = pd.DataFrame({"group": group, "ill": ill})
    >>> model = ScratchLanguageModel().fit(rows, ["group", "ill"], random_state=0)
    >>> written = model.sample(rows[["group"]], 100, random_state=0)
    >>> bool((written["ill"] == rows["ill"]).mean() > 0.95)
    True
    """

    _parameter_constraints: dict = {
        "embedding": [Interval(Integral, 1, None, closed="left"), None],
        "n_layers": [Interval(Integral, 1, None, closed="left")],
        "n_heads": [Interval(Integral, 1, None, closed="left")],
        "dropout": [Interval(Real, 0, 1, closed="left"), None],
        "max_epochs": [Interval(Integral, 1, None, closed="left"), None],
        "batch_size": [Interval(Integral, 1, None, closed="left"), None],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "validation_fraction": [Interval(Real, 0, 1, closed="left")],
        "patience": [Interval(Integral, 1, None, closed="left")],
        "max_levels": [Interval(Integral, 1, None, closed="left")],
        "n_bins": [Interval(Integral, 1, None, closed="left")],
        "device": [str],
        "callbacks": [list, None],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        embedding=None,
        *,
        n_layers=2,
        n_heads=4,
        dropout=None,
        max_epochs=None,
        batch_size=None,
        learning_rate=2e-3,
        weight_decay=1.0,
        validation_fraction=0.1,
        patience=8,
        max_levels=128,
        n_bins=100,
        device="auto",
        callbacks=None,
        verbose=0,
    ):
        self.embedding = embedding
        self.n_layers = n_layers
        self.n_heads = n_heads
        self.dropout = dropout
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.max_levels = max_levels
        self.n_bins = n_bins
        self.device = device
        self.callbacks = callbacks
        self.verbose = verbose

    def _validate_params(self):
        super()._validate_params()
        check_device(self.device, shared=True)
        plan = self._plan(1)
        if plan.embedding % plan.n_heads:
            raise ValueError(
                f"n_heads={self.n_heads} does not divide embedding={plan.embedding}."
            )

    def _plan(self, n_rows):
        fields = LanguageModelPlan._fields
        plan = LanguageModelPlan(**{name: getattr(self, name) for name in fields})
        return plan.settled(n_rows)

    def _learn(self, codes, seed):
        counts = [
            np.bincount(codes[:, j], minlength=size)
            for j, size in enumerate(self.encoder_.block_sizes_)
        ]
        net = self._make_net(self._plan(len(codes)), np.concatenate(counts))
        with seeded(seed, net.device):
            self.net_ = net.fit(Records(torch.as_tensor(codes)), None)

    def _make_net(self, plan, level_counts):
        """Configure a net that is not initialised yet."""
        n_rows = int(sum(level_counts[: self.encoder_.block_sizes_[0]]))
        n_valid = int(self.validation_fraction * n_rows)
        n_steps = plan.max_epochs * -(-(n_rows - n_valid) // plan.batch_size)
        own = [one_cycle(self.learning_rate, n_steps)]
        if n_valid:
            own.append(stop_early(self.patience))
        return LanguageModelNet(
            CausalTransformer,
            module__block_sizes=self.encoder_.block_sizes_,
            module__level_ranks=_level_ranks(self.encoder_),
            module__level_counts=level_counts,
            module__embedding=plan.embedding,
            module__n_layers=plan.n_layers,
            module__n_heads=plan.n_heads,
            module__dropout=plan.dropout,
            optimizer=torch.optim.AdamW,
            optimizer__fused=True,
            optimizer__weight_decay=self.weight_decay,
            lr=self.learning_rate,
            validation_fraction=self.validation_fraction,
            batch_size=plan.batch_size,
            max_epochs=plan.max_epochs,
            callbacks=[*own, *(self.callbacks or []), *progress(self.verbose)],
            **placement(self.device),
            verbose=int(self.verbose > 1),
        )

    def _write(self, given, until, seed):
        module = self.net_.module_.eval()
        device = module.first.device
        generator = torch_generator(seed, device)
        n_at_once = max(TOKENS_AT_ONCE // len(self.order_), 1)
        parts = torch.as_tensor(given).split(n_at_once)
        with fast_matmul():
            written = [module.write(p.to(device), until, generator) for p in parts]
        return torch.cat(written).cpu().numpy()

    @torch.no_grad()
    def _losses(self, codes):
        module = self.net_.module_.eval()
        device, losses = module.first.device, [np.empty((0, len(self.order_)))]
        n_at_once = max(TOKENS_AT_ONCE // len(self.order_), 1)
        for part in torch.as_tensor(codes).split(n_at_once):
            part = part.to(device)
            nats = column_nll(module(part), part, module.block_sizes)
            losses.append(nats.double().numpy(force=True))
        return np.concatenate(losses)

    def state(self):
        """Give everything in JSON types and arrays: dict.

        See Also
        --------
        fairsample.encoding.json_values.value_to_json : What writes it.
        """
        parameters = self.get_params()
        del parameters["callbacks"]  # code
        module = self.net_.get_params()
        return {
            "parameters": parameters,
            "encoder": self.encoder_.to_json(),
            "plan": {
                name: module.get(name, module.get(f"module__{name}"))
                for name in LanguageModelPlan._fields
            },
            "net": net_state(self.net_),
        }

    @classmethod
    def from_state(cls, state):
        """Rebuild a fitted model from `state`."""
        device = usable_device(state["parameters"]["device"])
        model = cls(**state["parameters"] | {"device": device})
        model.encoder_ = TableEncoder.from_json(state["encoder"])
        model.order_, model.rejected_ = model.encoder_.columns_, {}
        net = model._make_net(
            LanguageModelPlan(**state["plan"]),
            np.ones(sum(model.encoder_.block_sizes_), dtype=np.int64),
        )
        model.net_ = restore_net(net, state["net"])
        return model


def _level_ranks(encoder):
    """Read where in its column each level stands, NaN where there is no order."""
    ranks = [
        np.full(size, np.nan) if scores is None else ndtr(scores)
        for size, scores in zip(
            encoder.block_sizes_, encoder.level_values_, strict=True
        )
    ]
    return np.concatenate(ranks)
