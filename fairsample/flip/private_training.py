"""Training on private rows: clipped gradients, noise, and nothing that remains."""

import math
import warnings
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import torch
from skorch import NeuralNet
from tqdm import tqdm

from fairsample.flip.private_vae import row_losses
from fairsample.flip.secure_noise import SecureNoise

__all__ = ["GroupTreatment", "PoissonSteps", "PrivateNet"]

ROWS_AT_ONCE = 4096  # bounds the memory
AVERAGED = 0.98  # of the weights before, in their moving average
LEAST_SHARE = 0.02  # of the learning rate, at the end


class GroupTreatment(NamedTuple):
    """What a mechanism says of the rows of each group.

    Attributes
    ----------
    rates : ndarray of float of shape (n_groups,)
        How probably a row takes part in a step.
    clips : ndarray of float of shape (n_groups,)
        The largest norm of a row's gradient.
    noise_multiplier : float
        Standard deviation of the noise over the largest of the clips.
    """

    rates: np.ndarray
    clips: np.ndarray
    noise_multiplier: float

    @classmethod
    def of(cls, mechanism, n_groups, max_grad_norm):
        """Read a mechanism; its groups, if it has any, come in the order of codes.

        Parameters
        ----------
        mechanism : Mechanism
            What the ledger holds of the training.
        n_groups : int
            Number of groups.
        max_grad_norm : float
            The largest clip.

        Returns
        -------
        GroupTreatment
        """
        if mechanism.groups is None:
            rates = np.full(n_groups, mechanism.sample_rate)
            noises = np.full(n_groups, mechanism.noise_multiplier)
        else:
            rates, noises = np.array(list(mechanism.groups.values())).T
        if len(rates) != n_groups:
            raise ValueError(
                f"The mechanism {mechanism.name!r} is about {len(rates)} groups, the "
                f"rows about {n_groups}."
            )
        return cls(rates, max_grad_norm * noises.min() / noises, noises.min())


class PoissonSteps:
    """Steps of rows that each take part by a toss of their own.

    Parameters
    ----------
    columns : LongTensor of shape (n, n_columns)
        Rows of codes, the group first.
    rates : ndarray of float of shape (n_groups,)
        How probably a row of each group takes part.
    n_steps : int
        Number of steps.
    noise : SecureNoise
        The tosses.
    """

    def __init__(self, columns, rates, n_steps, noise):
        self.columns, self.n_steps, self.noise = columns, n_steps, noise
        self.rates = np.asarray(rates)[columns[:, 0].numpy()]

    def __len__(self):
        return self.n_steps

    def __iter__(self):
        for _ in range(self.n_steps):
            takes_part = self.noise.uniform(len(self.columns)) < self.rates
            yield self.columns[torch.from_numpy(np.flatnonzero(takes_part))]


class PrivateNet(NeuralNet):
    """Train a `PrivateVae` by DP-SGD, with Opacus.

    What its mechanism says is done, so that what enters a ledger is what happens: the
    sampling rate and the clip of each group, the number of steps, the noise. The sum
    of clipped gradients is divided by a number that does not depend on who takes part.
    Nothing else reads rows: there are no validation rows, callbacks or records of
    losses, and a net trains once.  `weights_` is all that is kept.

    Noise, tosses and the latents' randomness come from the operating system. If latents
    could be drawn again, one row less would give the rows after it other latents, which
    no clip bounds.

    Parameters
    ----------
    module : type
        `PrivateVae`; its arguments are given as ``module__...``.
    mechanism : Mechanism
        Steps, rates and noise.
    expected_rows : float
        Rows that a step has on average, from public or noisy numbers.
    max_grad_norm : float, default=1.0
        The largest norm of a row's gradient.
    beta : float, default=1.0
        Weight of the divergence in `row_losses`.
    offset : ndarray of shape (n_classes, n_codes), default=None
        Logits that are known beforehand.
    **kwargs : dict
        What `skorch.NeuralNet` takes, but ``train_split`` and ``callbacks``.

    Attributes
    ----------
    weights_ : dict of str to ndarray
        Averaged over steps.

    References
    ----------
    Abadi et al., "Deep learning with differential privacy", CCS 2016.

    Li, Tramer, Liang, Hashimoto, "Large language models can be strong differentially
    private learners", ICLR 2022, for norms without gradients of single rows.
    """

    def __init__(
        self,
        module,
        *,
        mechanism,
        expected_rows,
        max_grad_norm=1.0,
        beta=1.0,
        offset=None,
        **kwargs,
    ):
        self.mechanism, self.expected_rows = mechanism, expected_rows
        self.max_grad_norm, self.beta, self.offset = max_grad_norm, beta, offset
        kwargs = {"train_split": None, "callbacks": "disable", "verbose": 0, **kwargs}
        kwargs.setdefault("criterion", torch.nn.Identity)
        kwargs.setdefault("optimizer", torch.optim.Adam)
        super().__init__(module, **kwargs)

    def initialize(self):
        """Initialise everything, and forget what was trained."""
        self.n_steps_, self.weights_ = 0, None
        super().initialize()
        if self.offset is not None:
            with torch.no_grad():
                self.module_.offset.copy_(torch.as_tensor(self.offset))
        return self

    @property
    def treatment(self):
        """What is done with the rows of each group: GroupTreatment."""
        n_groups = self.module_.n_groups
        return GroupTreatment.of(self.mechanism, n_groups, self.max_grad_norm)

    def get_iterator(self, dataset, training=False):
        """Draw the rows of each step."""
        steps = self.mechanism.n_steps
        return PoissonSteps(dataset, self.treatment.rates, steps, SecureNoise())

    def get_split_datasets(self, X, y=None, **fit_params):
        """Keep all rows for training."""
        return X, None

    def fit_loop(self, X, y=None, epochs=None, **fit_params):
        """Take all the steps of the mechanism, once.

        Raises
        ------
        ValueError
            If rows would be read in another way too.
        """
        if self.train_split is not None or self.callbacks != "disable":
            raise ValueError(
                "train_split and callbacks see losses of private rows, which are not "
                "accounted for; leave them out."
            )
        if self.n_steps_:
            raise ValueError(
                "A private net trains once: further steps are not accounted for. Add "
                "them to the mechanism, or initialize the net anew."
            )
        with self._noisy_optimizer():
            super().fit_loop(X, y, epochs=1, **fit_params)
        return self

    @contextmanager
    def _noisy_optimizer(self):
        """Let the optimizer see clipped sums with noise only, and clear up."""
        from opacus.grad_sample import GradSampleHooksFastGradientClipping
        from opacus.optimizers import DPOptimizerFastGradientClipping

        treatment = self.treatment
        self.clips_ = torch.as_tensor(treatment.clips, dtype=torch.float32)
        self.clips_ = self.clips_.to(self.device)
        self.average_ = {name: w.clone() for name, w in self._module_weights()}
        self.latent_noise_ = SecureNoise().torch_generator(self.device)
        self.hooks_ = GradSampleHooksFastGradientClipping(
            self.module_,
            loss_reduction="sum",
            strict=False,  # allows the buffer, which no step changes
            max_grad_norm=self.max_grad_norm,
        )
        self.optimizer_ = DPOptimizerFastGradientClipping(
            self.optimizer_,
            noise_multiplier=treatment.noise_multiplier,
            max_grad_norm=self.max_grad_norm,
            expected_batch_size=None,
            loss_reduction="sum",
            generator=SecureNoise().torch_generator(self.device),
            secure_mode=True,
        )
        self.optimizer_.attach_step_hook(self._normalise)
        try:
            with warnings.catch_warnings():
                # The layers that read rows have inputs without gradients, rightly.
                warnings.filterwarnings("ignore", "Full backward hook is firing")
                yield
            self.weights_ = {k: w.numpy(force=True) for k, w in self.average_.items()}
        finally:
            self.hooks_.cleanup()
            for parameter in self.module_.parameters():
                parameter.grad = None
                vars(parameter).clear()
            for layer in self.module_.modules():
                vars(layer).pop("activations", None)  # rows, after an error
            del self.hooks_, self.optimizer_, self.average_, self.latent_noise_
            del self.clips_

    def _module_weights(self):
        return self.module_.state_dict().items()

    def _normalise(self, optimizer):
        """Divide what the optimizer is about to see."""
        for parameter in optimizer.params:
            parameter.grad /= self.expected_rows

    def run_single_epoch(self, iterator, training, prefix, step_fn, **fit_params):
        """Take steps without a record of them."""
        if iterator is None:
            return
        shown = {"desc": "private steps", "unit": "step", "disable": not self.verbose}
        for batch in tqdm(iterator, **shown):
            step_fn(batch)

    def train_step(self, batch, **fit_params):
        """Take a step on rows, (n, n_columns), of which there may be none."""
        self._set_training(True)
        self._set_learning_rate()
        parameters = list(self.module_.parameters())
        totals = [torch.zeros_like(parameter) for parameter in parameters]
        for columns in batch.split(ROWS_AT_ONCE):
            columns = columns.to(self.device)
            shape = len(columns), self.module_.n_latents
            noise = torch.randn(shape, generator=self.latent_noise_, device=self.device)
            for total, gradient in zip(
                totals, self.clipped_sum(columns, noise), strict=True
            ):
                total += gradient
        for parameter, total in zip(parameters, totals, strict=True):
            parameter.grad = total
        self.optimizer_.step()
        self.optimizer_.zero_grad(set_to_none=True)
        self.n_steps_ += 1
        self._average_weights()

    def clipped_sum(self, columns, noise):
        """Sum up the clipped gradients of rows.

        Two passes: norms of each row's gradient, then the gradient of the losses times
        factors.  A row whose gradient is not finite is left out.

        Parameters
        ----------
        columns : LongTensor of shape (n, n_columns)
            Rows of codes, the group first.
        noise : Tensor of shape (n, n_latents)
            The latents' randomness.

        Returns
        -------
        list of Tensor
            One for each parameter of the module.
        """
        parameters = list(self.module_.parameters())
        if not len(columns):
            return [torch.zeros_like(parameter) for parameter in parameters]
        losses = row_losses(self.module_, columns, noise, self.beta)
        losses.sum().backward(retain_graph=True)
        norms = self.hooks_.get_norm_sample()
        self.module_.zero_grad(set_to_none=True)
        finite = norms.isfinite() & losses.detach().isfinite()
        if not finite.all():
            return self.clipped_sum(columns[finite], noise[finite])
        factors = (self.clips_[columns[:, 0]] / (norms + 1e-6)).clamp(max=1)
        self.hooks_.disable_hooks()
        (factors * losses).sum().backward()
        self.hooks_.enable_hooks()
        gradients = [parameter.grad for parameter in parameters]
        self.module_.zero_grad(set_to_none=True)
        return gradients

    def _set_learning_rate(self):
        """Let the learning rate fall along a cosine."""
        share = (1 + math.cos(math.pi * self.n_steps_ / self.mechanism.n_steps)) / 2
        for group in self.optimizer_.param_groups:
            group["lr"] = self.lr * max(share, LEAST_SHARE)

    @torch.no_grad()
    def _average_weights(self):
        kept = min(AVERAGED, self.n_steps_ / (self.n_steps_ + 9))
        for name, weight in self._module_weights():
            self.average_[name].lerp_(weight, 1 - kept)
