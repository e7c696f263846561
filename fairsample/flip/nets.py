"""The skorch nets that train FLIP's autoencoder and its denoiser."""

from contextlib import contextmanager

import torch

from fairsample.autoregressive import at_least_float32, column_nll
from fairsample.flip.diffusion import denoising_loss, draw_noise_levels
from fairsample.flip.vae import kl_to_normal, kl_to_uniform
from fairsample.training.record_net import RecordNet

__all__ = ["DenoiserNet", "VaeNet"]


class VaeNet(RecordNet):
    """Train `TableVae` on `Records`.

    The loss is the reconstruction's negative log-likelihood and the divergence of the
    posterior to N(0, I) as far as a column's is above `free_nats`, in nats a row.
    Inside `alignment_phase` a penalty is added, and a share of the group's
    reconstruction gives way to pushing it to be unreadable: the divergence of its
    softmax to uniform.

    NOTE[DIFF]: TabSyn weighs the divergence with a small weight that falls.  Beside a
    detokenizer that reads columns too, a small weight has the latents hold everything,
    which the denoiser then has to get right, and a weight of 1 nothing.  What is free
    [1]_ says how much they hold.

    NOTE[DIFF]: equation 3 takes the batch's mean softmax, which a net that knows every
    row's group can make uniform; row by row it cannot.  The share grows with the
    fairness weight, so that a small weight changes little.

    Parameters
    ----------
    module : type
        `TableVae`; its arguments are given as ``module__...``.
    free_nats : sequence of float, length n_columns
        Divergence of each column's latents, mean over a batch, that costs nothing.
    **kwargs : dict
        What `RecordNet` takes.

    References
    ----------
    .. [1] Kingma et al., "Improving Variational Inference with Inverse Autoregressive
       Flow", NeurIPS 2016, appendix C.8.
    """

    def __init__(self, module, *, free_nats, **kwargs):
        self.free_nats = free_nats
        super().__init__(module, **kwargs)

    def initialize(self):
        """Initialise everything; a new net has no penalty."""
        self.penalty_, self.hidden_share_ = None, 0
        return super().initialize()

    @contextmanager
    def alignment_phase(self, penalty, hidden_share):
        """Add ``penalty(module) -> loss`` and hide a share of the group, in a block."""
        self.penalty_, self.hidden_share_ = penalty, hidden_share
        try:
            yield self
        finally:
            self.penalty_, self.hidden_share_ = None, 0

    def infer(self, x, **fit_params):
        """Run the module on a `RecordBatch`."""
        read = self.module_(x.columns.to(self.device), **fit_params)
        return type(read)(*map(at_least_float32, read))

    def get_loss(self, y_pred, y_true, X=None, training=False):
        """Mean nats of a row, and the penalty."""
        columns, module = X.columns.to(y_pred.logits.device), self.module_
        nats = column_nll(y_pred.logits, columns, module.block_sizes)
        hidden = kl_to_uniform(module.group_logits(y_pred.logits))
        group = torch.lerp(nats[:, 0], hidden, self.hidden_share_)
        rates = kl_to_normal(y_pred.mean, y_pred.log_variance).mean(0)
        rate = (rates - rates.new_tensor(self.free_nats)).clamp_min(0).sum()
        loss = (group + nats[:, 1:].sum(1)).mean() + rate
        return loss if self.penalty_ is None else loss + self.penalty_(module)


class DenoiserNet(RecordNet):
    """Train `LatentDenoiser` on `LatentRows`.

    Parameters
    ----------
    module : type
        `LatentDenoiser`; its arguments are given as ``module__...``.
    **kwargs : dict
        What `RecordNet` takes.
    """

    def infer(self, x, **fit_params):
        """Noise a `LatentBatch` and estimate what it was: estimate, clean, levels."""
        batch, module = x.to(self.device), self.module_
        clean = module.to_scale(batch.latents)
        sigma = draw_noise_levels(len(clean), clean.device)
        noisy = clean + sigma * torch.randn_like(clean)
        return module(noisy, sigma, batch.group, batch.label), clean, sigma

    def get_loss(self, y_pred, y_true, X=None, training=False):
        """Mean weighted squared error."""
        return denoising_loss(*y_pred).mean()
