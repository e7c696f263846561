"""The phases of training: autoencoder and denoiser, then both under alignment."""

import math

import torch
from scipy.stats import entropy

from fairsample.flip.alignment_penalty import AlignmentPenalty
from fairsample.flip.diffusion import LatentDenoiser
from fairsample.flip.latent_rows import encode_rows
from fairsample.flip.nets import DenoiserNet, VaeNet
from fairsample.flip.vae import TableVae
from fairsample.training.device import choose_device, placement
from fairsample.training.net_state import net_state, restore_net
from fairsample.training.records import Records
from fairsample.training.schedule import one_cycle, progress
from fairsample.training.seeding import seeded

__all__ = ["align_network", "fit_plain_network", "hidden_share", "restore_network"]

NATS_WITHOUT_DOUBT = 2.0
FULL_WEIGHT = 4.0  # where the paper's fairness no longer grows with the weight


def fit_plain_network(columns, block_sizes, settings, seed, callbacks=(), verbose=0):
    """Train autoencoder and denoiser without a fairness term.

    A function of its arguments that knows no fairness weight, so that it can be kept
    and shared by all of them.

    Parameters
    ----------
    columns : ndarray of int of shape (n, n_columns)
        Levels, group and outcome first.
    block_sizes : list of int
        Levels of each column.
    settings : NetworkSettings
        Settled ones.
    seed : int
        Torch's randomness.
    callbacks : sequence of skorch callbacks
        Added to both nets' own.
    verbose : int
        1 shows progress bars, 2 a line for each epoch.

    Returns
    -------
    dict
        ``vae`` and ``denoiser``; see `net_state`.
    """
    columns = torch.as_tensor(columns)
    n, settings_of = len(columns), (settings, block_sizes)
    with seeded(seed, choose_device(settings.device)):
        n_steps = settings.max_epochs * -(-n // settings.batch_size)
        own = [one_cycle(settings.learning_rate, n_steps)]
        vae = make_vae(*settings_of, [*own, *callbacks], verbose)
        vae.set_params(free_nats=count_free_nats(columns, settings.latent_share))
        vae.fit(Records(columns), None)
        latents = encode_rows(vae.module_, columns)
        n_steps = settings.denoiser_epochs * -(-n // (2 * settings.batch_size))
        own = [one_cycle(settings.learning_rate, n_steps)]
        denoiser = make_denoiser(*settings_of, [*own, *callbacks], verbose).initialize()
        denoiser.module_.standardise(*latents.moments())
        denoiser.partial_fit(latents, None)
    return {"vae": net_state(vae), "denoiser": net_state(denoiser)}


def align_network(
    state, columns, block_sizes, settings, weight, seed, callbacks=(), verbose=0
):
    """Train on under the alignment penalty: autoencoder, then denoiser.

    Parameters
    ----------
    state : dict
        From `fit_plain_network`.
    columns, block_sizes, settings, seed, callbacks, verbose
        As there.
    weight : float
        The fairness weight, above 0.

    Returns
    -------
    dict
        As there.
    """
    columns = torch.as_tensor(columns)
    vae, denoiser = restore_network(state, block_sizes, settings, callbacks, verbose)
    vae.set_params(max_epochs=settings.fairness_epochs, lr=settings.learning_rate / 4)
    denoiser.set_params(
        max_epochs=-(-settings.denoiser_epochs // 4), lr=settings.learning_rate / 4
    )
    vae.set_params(free_nats=count_free_nats(columns, settings.latent_share))
    penalty = AlignmentPenalty(vae.module_, columns, weight)
    with seeded(seed, vae.device):
        with vae.alignment_phase(penalty, hidden_share(weight)):
            vae.partial_fit(Records(columns), None)
        latents = encode_rows(vae.module_, columns)
        denoiser.module_.standardise(*latents.moments())
        denoiser.partial_fit(latents, None)
    return {"vae": net_state(vae), "denoiser": net_state(denoiser)}


def hidden_share(fairness_weight):
    """Give the share of the group's information that the weight takes away.

    Examples
    --------
    >>> from fairsample.flip.network_fitting import hidden_share
    >>> hidden_share(1.0), hidden_share(4.0), hidden_share(9.0)
    (0.25, 1.0, 1.0)
    """
    return min(fairness_weight / FULL_WEIGHT, 1.0)


def restore_network(state, block_sizes, settings, callbacks=(), verbose=0):
    """Make the nets that were trained: VaeNet and DenoiserNet."""
    vae = make_vae(settings, block_sizes, list(callbacks), verbose)
    denoiser = make_denoiser(settings, block_sizes, list(callbacks), verbose)
    return restore_net(vae, state["vae"]), restore_net(denoiser, state["denoiser"])


def make_vae(settings, block_sizes, callbacks, verbose):
    """Configure an autoencoder's net that is not initialised yet."""
    names = "width", "n_layers", "n_heads", "n_latents", "units_per_column"
    return VaeNet(
        TableVae,
        module__block_sizes=block_sizes,
        **{f"module__{name}": getattr(settings, name) for name in names},
        free_nats=[0.0] * len(block_sizes),
        batch_size=settings.batch_size,
        max_epochs=settings.max_epochs,
        **shared_arguments(settings, callbacks, verbose),
    )


def make_denoiser(settings, block_sizes, callbacks, verbose):
    """Configure a denoiser's net that is not initialised yet."""
    n_groups, n_classes = block_sizes[:2]
    return DenoiserNet(
        LatentDenoiser,
        module__n_features=len(block_sizes) * settings.n_latents,
        module__n_groups=n_groups,
        module__n_classes=n_classes,
        module__hidden=settings.hidden,
        module__n_blocks=settings.n_blocks,
        batch_size=2 * settings.batch_size,
        max_epochs=settings.denoiser_epochs,
        **shared_arguments(settings, callbacks, verbose),
    )


def count_free_nats(columns, latent_share):
    """Count what each column's latents may hold: a share of the column's entropy.

    The group's may tell the groups apart without doubt, so that what depends on the
    group can be written from the latents alone.

    Parameters
    ----------
    columns : LongTensor of shape (n, n_columns)
        Levels, group first.
    latent_share : float
        Share of the entropy.

    Returns
    -------
    list of float, length n_columns
    """
    counts = [column.unique(return_counts=True)[1].numpy() for column in columns.T]
    without_doubt = math.log(len(counts[0])) + NATS_WITHOUT_DOUBT
    return [without_doubt, *(latent_share * float(entropy(c)) for c in counts[1:])]


def shared_arguments(settings, callbacks, verbose):
    """Arguments that both nets have alike."""
    return {
        "optimizer": torch.optim.AdamW,
        "optimizer__fused": True,
        "validation_fraction": 0.0,
        "lr": settings.learning_rate,
        "callbacks": [*callbacks, *progress(verbose)],
        **placement(settings.device),
        "verbose": int(verbose > 1),
    }
