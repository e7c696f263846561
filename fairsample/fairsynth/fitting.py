"""The two phases of training: likelihood, then likelihood and penalty."""

from typing import NamedTuple

import torch

from fairsample.fairsynth.halo import Halo
from fairsample.fairsynth.net import HaloNet
from fairsample.fairsynth.training_plan import plan_fine_tuning, plan_training
from fairsample.training.device import placement
from fairsample.training.net_state import net_state, restore_net
from fairsample.training.records import Records
from fairsample.training.schedule import one_cycle, progress, stop_early
from fairsample.training.seeding import seeded

__all__ = [
    "NetSettings",
    "fine_tune",
    "fit_plain_generator",
    "restore_generator",
    "train_plain_generator",
]


class NetSettings(NamedTuple):
    """What both phases need to know of the net.

    Attributes
    ----------
    module : dict
        Arguments of `Halo`.
    learning_rate : float
        Highest one of the first phase; the second has half of it throughout.
    validation_fraction : float
        Share of patients held out.
    patience : int
        Epochs without a better validation loss before the first phase stops.
    batch_size, max_epochs, fairness_epochs : int or None
        None chooses by the number of rows.
    device : str
        Where torch works, as the user says it.
    """

    module: dict
    learning_rate: float
    validation_fraction: float
    patience: int
    batch_size: int | None
    max_epochs: int | None
    fairness_epochs: int | None
    device: str

    def net(self, plan, learning_rate, callbacks, verbose):
        """Configure a net that is not initialised yet."""
        return HaloNet(
            Halo,
            **{f"module__{name}": value for name, value in self.module.items()},
            optimizer=torch.optim.AdamW,
            optimizer__fused=True,
            lr=learning_rate,
            validation_fraction=self.validation_fraction,
            batch_size=plan.batch_size,
            max_epochs=plan.max_epochs,
            callbacks=[*callbacks, *progress(verbose)],
            **placement(self.device),
            verbose=int(verbose > 1),
        )


def fit_plain_generator(arrays, settings, seed, callbacks=(), verbose=0):
    """Train the plain generator; a function of its arguments, so that it can be kept.

    Parameters
    ----------
    arrays : tuple of ndarray or None
        What `Records` takes.
    settings : NetSettings
        Of the net.
    seed : int
        Torch's randomness.
    callbacks : sequence of skorch callbacks
        Added to the net's own.
    verbose : int
        1 shows a progress bar, 2 a line for each epoch.

    Returns
    -------
    dict
        See `net_state`.
    """
    records = Records(*(None if a is None else torch.as_tensor(a) for a in arrays))
    return train_plain_generator(records, settings, seed, callbacks, verbose)


def train_plain_generator(records, settings, seed, callbacks=(), verbose=0):
    """Train the plain generator on `Records` or `CodedRecords`; see above."""
    plan = plan_training(
        len(records), batch_size=settings.batch_size, max_epochs=settings.max_epochs
    )
    own = [one_cycle(settings.learning_rate, plan.n_steps(len(records)))]
    if int(settings.validation_fraction * len(records)):
        own.append(stop_early(settings.patience))
    net = settings.net(plan, settings.learning_rate, own + list(callbacks), verbose)
    with seeded(seed, net.device):
        net.fit(records, None)
    return net_state(net)


def restore_generator(state, settings, callbacks=(), verbose=0):
    """Make the net that `fit_plain_generator` trained: HaloNet."""
    plan = plan_training(1)  # restore_net sets what was used
    net = settings.net(plan, settings.learning_rate, list(callbacks), verbose)
    return restore_net(net, state)


def fine_tune(net, records, penalty, settings, seed):
    """Train on under a penalty, at half the learning rate.

    Parameters
    ----------
    net : HaloNet
        The plain generator; it is changed.
    records : Records
        Real rows.
    penalty : callable
        ``(module) -> loss``.
    settings : NetSettings
        Of the net.
    seed : int
        Torch's randomness.

    Returns
    -------
    HaloNet
        The same net.
    """
    plan = plan_fine_tuning(
        len(records), net.batch_size, max_epochs=settings.fairness_epochs
    )
    net.set_params(max_epochs=plan.max_epochs, lr=settings.learning_rate / 2)
    for group in net.optimizer_.param_groups:
        group["initial_lr"] = group["lr"]  # a caller's scheduler goes on from here
    with seeded(seed, net.device), net.fairness_phase(penalty):
        return net.partial_fit(records, None)
